"""What a notebook shows of a result: a few figures and the first rows, however many there are.

It is plain markup without a script, a style sheet or anything fetched; whatever comes from data is
escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

import pandas as pd

from boxreach.text import escape_html

MOST_ROWS, MOST_LETTERS = 10, 60


def draw_figures(title: str, figures: Mapping[str, object], tables: Iterable[pd.DataFrame]) -> str:
    """Return figures by what they are called, and the first rows of some tables, as HTML.

    Parameters
    ----------
    title
        A line above all.
    figures
        Each with its name.
    tables
        Of each the first 10 rows are shown, without its index.

    Examples
    --------
    >>> draw_figures("Plan", {"status": "optimal"}, [])
    '<div><p><b>Plan</b></p><table><tr><th>status</th><td><bdi>optimal</bdi></td></tr></table></div>'
    """
    facts = "".join(f"<tr><th>{_shown(key)}</th>{_cell(one)}</tr>" for key, one in figures.items())
    shown = "".join(_draw_table(table) for table in tables if len(table))
    return f"<div><p><b>{_shown(title)}</b></p><table>{facts}</table>{shown}</div>"


def _draw_table(table: pd.DataFrame) -> str:
    heads = "".join(f"<th>{_shown(str(name))}</th>" for name in table.columns)
    rows = "".join(
        f"<tr>{''.join(map(_cell, row))}</tr>"
        for row in islice(table.itertuples(index=False, name=None), MOST_ROWS)
    )
    more = f"<p>and {len(table) - MOST_ROWS:,} more rows</p>" if len(table) > MOST_ROWS else ""
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _cell(value: object) -> str:
    return f"<td><bdi>{_shown(_written(value))}</bdi></td>"


def _written(value: object) -> str:
    """Return a value as it is read: whole numbers without a fraction, nothing where unknown."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN alone differs
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value % 1 == 0 else f"{value:,.2f}"
    return str(value)


def _shown(text: str) -> str:
    return escape_html(text, MOST_LETTERS)
