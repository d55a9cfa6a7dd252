"""The catalogue: who offers what of a country, under which licence, and at which addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from boxreach.arguments import require_file, require_path
from boxreach.errors import Fault, InputError

_SHIPPED = Path(__file__).with_name("catalogue.toml")
_ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?")
_ADVICE = "see the catalogue that is shipped, sources/downloads/catalogue.toml"


def _check_address(address: str) -> str:
    try:
        sound = bool(_ADDRESS.fullmatch(address)) and bool(urlsplit(address).hostname)
    except ValueError:
        sound = False
    if not sound:
        raise ValueError(f"{address!r} is no address that begins with https:// or http://")
    return address


def _check_sum(template: str) -> str:
    if "{url}" not in template:
        raise ValueError(f"{template!r} does not say where {{url}} stands")
    return template


Address = Annotated[str, AfterValidator(_check_address)]


class Source(BaseModel):
    """Who offers data, and where.

    Attributes
    ----------
    title, page
        What it is called, and where it is described.
    licence, licence_url, credit
        Under which terms it is given, and whom they want named.
    date
        Of the data; blank where the server says it.
    file
        The address of a file, for every country.
    index
        The address of a list that says where files are.
    sum
        The address of the MD5 of a file, in which ``{url}`` is that of the file.
    sum_is_etag
        Whether an ETag of 32 hexadecimal digits is the MD5.
    at_most_mb
        Megabytes that a file has at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(min_length=1)]
    page: Address
    licence: Annotated[str, Field(min_length=1)]
    licence_url: Address
    credit: Annotated[str, Field(min_length=1)]
    date: str = ""
    file: Address | None = None
    index: Address | None = None
    sum: Annotated[str, AfterValidator(_check_sum)] | None = None
    sum_is_etag: Annotated[bool, Field(strict=True)] = False
    at_most_mb: Annotated[int, Field(gt=0, le=200_000, strict=True)] = 2000

    @model_validator(mode="after")
    def _has_address(self) -> Source:
        if self.file is None and self.index is None:
            raise ValueError("it has neither a file nor an index")
        return self

    @property
    def at_most_bytes(self) -> int:
        """Bytes that a file has at most."""
        return self.at_most_mb * 1_000_000


class People(Source):
    """Who offers a grid of people, and whether its values are people or people per km²."""

    unit: Literal["count", "density"] = "count"


class Boundaries(Source):
    """Who offers outlines of areas, and of which levels: the first of each that there is.

    Attributes
    ----------
    areas, districts
        Levels by the words that stand in addresses.
    area_id, name
        The columns that hold ids and names.
    """

    area_id: Annotated[str, Field(min_length=1)] = "shapeID"
    name: Annotated[str, Field(min_length=1)] = "shapeName"
    areas: Annotated[list[str], Field(min_length=1)] = ["ADM1", "ADM0"]
    districts: list[str] = ["ADM2"]


class Catalogue(BaseModel):
    """The four sources of a country's data; without terrain a plan has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roads: Source
    population: People
    boundaries: Boundaries
    terrain: Source | None = None


def read_catalogue(path: str | Path | None = None) -> Catalogue:
    """Read a catalogue.

    Parameters
    ----------
    path
        A file of the form of the shipped one, which None stands for.

    Raises
    ------
    InputError
        Everything that is wrong with the file.

    Examples
    --------
    >>> read_catalogue().roads.licence
    'ODbL 1.0'
    """
    path = _SHIPPED if path is None else require_path(path)
    require_file(path)
    try:
        return Catalogue.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"it is not TOML ({error})"
        raise InputError(Fault(what, path.name, advice="mend the line")) from error
    except ValidationError as error:
        raise InputError(
            *(
                Fault(
                    one["msg"].removeprefix("Value error, "),
                    path.name,
                    column=".".join(map(str, one["loc"])),
                    advice=_ADVICE,
                )
                for one in error.errors()
            )
        ) from error
