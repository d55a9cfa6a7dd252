"""``[output]`` of a plan: languages, what the outputs say, and what they show or withhold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from boxreach.cli.plan_section import Section
from boxreach.cli.plan_values import Language, Languages, Number, Switch, Text, refuse
from boxreach.redaction import Redaction
from boxreach.tiles import TILES_ADVICE, Tiles, is_template


def _read_tiles(value: object) -> object:
    """Take an address for tiles of which nothing else is said."""
    return {"url": value} if isinstance(value, str) else value


def _check_template(url: str) -> str:
    if not is_template(url):
        refuse(f"{url!r} is no address of tiles", TILES_ADVICE)
    return url


def _read_marking(value: object) -> object:
    """Take one text for the same text in every language."""
    from boxreach.languages import LANGUAGES  # noqa: PLC0415 - reads the catalogue's files

    return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value


Digits = Literal["latn", "arab"]
"""Digits that numbers are written in: 0123, or ٠١٢٣ in the languages of Arabic script."""


class OnlineMap(Section):
    """Parameters of `boxreach.Tiles`."""

    url: Annotated[str, AfterValidator(_check_template)]
    attribution: str = ""
    max_zoom: Annotated[int, Field(strict=True, ge=0, le=24)] = 19


class Withheld(Section):
    """Parameters of `boxreach.Redaction`."""

    posts: Switch = True
    round_km: Annotated[Number, Field(gt=0, le=100)] | None = None


def _check_withheld(asked: Withheld | None) -> Withheld | None:
    if asked is not None and not asked.posts and asked.round_km is None:
        refuse("nothing is withheld", "write posts = true or round_km = 10, or leave redact out")
    return asked


class Output(Section):
    """What the outputs say besides the results, and what of them is shown."""

    languages: Languages = Field(default=["en", "ar", "ckb"])
    title: Text | None = None
    notes: list[Text] = Field(default=[])
    digits: Digits = "latn"
    marking: Annotated[
        dict[Language, str] | None,
        BeforeValidator(_read_marking, json_schema_input_type=str | dict[Language, str] | None),
    ] = None
    redact: Annotated[Withheld | None, AfterValidator(_check_withheld)] = None
    tiles: Annotated[
        OnlineMap | None,
        BeforeValidator(_read_tiles, json_schema_input_type=str | OnlineMap | None),
    ] = None
    map_isochrones: Switch = False

    def parameters(self) -> dict[str, Any]:
        """Return what of it changes an output, by key; titles and notes are told elsewhere."""
        return self.model_dump(exclude={"title", "notes"})

    def redaction(self) -> Redaction | None:
        """Return what map, report and sheets withhold."""
        return None if self.redact is None else Redaction(**self.redact.model_dump())

    def online_map(self) -> Tiles | None:
        """Return the tiles that the map shows where there is a network."""
        return None if self.tiles is None else Tiles(**self.tiles.model_dump())
