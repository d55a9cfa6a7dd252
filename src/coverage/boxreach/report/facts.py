"""`Facts`: what is told of things on the ground, as columns of a frame and as lines to read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from boxreach.report.formatting import format_share
from boxreach.report.model import Name
from boxreach.report.wording import Wording
from boxreach.text import show_controls

_WHOLE = frozenset({"count", "people"})
_NUMBERS = _WHOLE | {"km", "minutes", "share", "usd"}


@dataclass(frozen=True)
class Fact:
    """One thing that is told of each row of a layer.

    Attributes
    ----------
    key
        The column.
    word
        The key of its words.
    form
        ``text``, ``name``, ``site`` (an id), ``reason``, ``flag``, ``count``, ``people``, ``km``,
        ``minutes``, ``share``, ``usd``, ``road_kind``, ``place_change`` or ``step``.
    cells
        One a row; None or blank where nothing is known, or there is none.
    blank
        The key of what a reader sees then; the line is left out if there is none.
    """

    key: str
    word: str
    form: str
    cells: Sequence[Any]
    blank: str = ""

    def column(self) -> pd.Series[Any]:
        """Return the cells as a column of a frame."""
        if self.form == "flag":
            return pd.Series([bool(one) for one in self.cells], dtype=bool)
        if self.form not in _NUMBERS:
            return pd.Series([_text(one) for one in self.cells], dtype=object)
        numbers = [math.nan if one is None else float(one) for one in self.cells]
        column = pd.Series(numbers, dtype=float)
        known = column.dropna()
        if self.form in _WHOLE and (known % 1 == 0).all() and (known.abs() < 2**53).all():
            return column.astype("Int64")
        return column


def _text(value: object) -> str | None:
    text = value.text or value.in_language("en") if isinstance(value, Name) else value
    return show_controls(str(text)) if text else None


def tell(
    facts: Sequence[Fact], names: Mapping[str, Name], wording: Wording | None
) -> tuple[str, ...]:
    """Return what is told of each row: a line a fact, for a reader or, without one, by keys.

    Parameters
    ----------
    facts
        Columns of the same length.
    names
        Of sites, by id.
    wording
        The reader's; None gives keys and codes as they are.

    Examples
    --------
    >>> gained = Fact("people_gained", "people_gained", "people", [1200.0, None])
    >>> tell([gained], {}, Wording("en"))
    ('People gained: 1,200', '')
    """
    columns = [_lines(fact, names, wording) for fact in facts]
    return tuple(
        show_controls("\n".join(line for line in row if line)) for row in zip(*columns, strict=True)
    )


def _lines(fact: Fact, names: Mapping[str, Name], wording: Wording | None) -> list[str]:
    title = wording.words[fact.word] if wording else fact.key
    blank = wording.words[fact.blank] if wording and fact.blank else ""
    written = _writer(fact.form, names, wording)
    empty = f"{title}: {blank}" if blank else ""
    texts = ("" if one is None or one == "" else written(one) for one in fact.cells)
    return [f"{title}: {one}" if one else empty for one in texts]


def _writer(form: str, names: Mapping[str, Name], wording: Wording | None) -> Callable[[Any], str]:
    """Return how values of a form are written."""
    if wording is None:
        return lambda value: _text(value) or "" if form in {"name", "text"} else _bare(value)
    figure, words = wording.figure, wording.words

    def site(value: str) -> str:
        name = wording.name(names[value]) if value in names else ""
        return f"{name} ({value})" if name and name != value else value

    writers: dict[str, Callable[[Any], str]] = {
        "name": wording.name,
        "site": site,
        "reason": lambda value: words.get(value, value),
        "flag": lambda value: words["ground_yes" if value else "ground_no"],
        "count": lambda value: figure(f"{value:,.0f}"),
        "people": lambda value: figure(f"{value:,.0f}"),
        "km": lambda value: figure(f"{value:,.1f}"),
        "minutes": lambda value: figure(format_minutes(value)),
        "share": lambda value: figure(format_share(value)),
        "usd": lambda value: figure(f"${value:,.0f}"),
        "road_kind": lambda value: words[f"what_if_kind_{value}"],
        "place_change": lambda value: words[f"what_if_change_{value}"],
        "step": lambda value: words[f"what_if_step_{value}"],
    }
    return writers.get(form, str)


def _bare(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def format_minutes(minutes: float) -> str:
    """Return minutes to a hundredth, rounded up: what lies beyond a threshold never reads within.

    Examples
    --------
    >>> format_minutes(30.001), format_minutes(12.5), format_minutes(8.0)
    ('30.01', '12.5', '8')
    """
    text = f"{math.ceil(minutes * 100 - 1e-6) / 100:,.2f}"
    return text.rstrip("0").rstrip(".")
