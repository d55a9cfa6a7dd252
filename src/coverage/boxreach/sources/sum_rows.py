"""Rows that are the sum of the others, as spreadsheets end with: they count all twice."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import shown
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.tables import NAMES
from boxreach.text import fold

_SUM = {
    fold(one)
    for one in (
        "total", "totals", "grand total", "overall total", "sum", "all",
        "المجموع", "مجموع", "المجموع الكلي", "المجموع العام", "الإجمالي", "الاجمالي العام",
        "إجمالي", "الكلي", "الجملة", "کۆ", "کۆی گشتی", "کۆی گشتیی", "سەرجەم", "هەموو",
        "kom", "tevahî", "giştî", "koma giştî",
    )
}  # fmt: skip
_BEGINS = tuple(fold(one) + " " for one in ("total", "subtotal", "sub total", "مجموع", "إجمالي"))
_ENDS = tuple(" " + fold(one) for one in ("total", "subtotal"))
"""How a sum of some rows is called, with the name of what they have in common."""

_MOST_NAMES = 1_000
"""A sum is among the largest rows; no more names are looked at."""
_ROUNDED = 1e-3
_FEW = 5
"""That one of so few rows is as much as the others together happens."""


@dataclass(frozen=True)
class Sums:
    """Positions of rows.

    Attributes
    ----------
    certain
        Called a sum, and as much as all others together.
    likely
        One of both.
    names
        What those are called that are called a sum.
    """

    certain: tuple[int, ...]
    likely: tuple[int, ...]
    names: dict[int, str]


def find_sums(texts: Sequence[Any], amounts: npt.NDArray[Any]) -> Sums:
    """Return the rows that are, or may be, a sum of others.

    Parameters
    ----------
    texts
        Columns of ids and names.
    amounts
        What each row counts; NaN where it is not known.

    Examples
    --------
    >>> find_sums([["a", "b", "Grand total"]], np.array([3.0, 4.0, 7.0])).certain
    (2,)
    """
    known = np.nan_to_num(amounts)
    largest = np.argsort(-known, kind="stable")[:_MOST_NAMES]
    names: dict[int, str] = {}
    for at in sorted(int(one) for one in largest if known[one] > 0):
        said = [str(column[at]) for column in texts]
        if (name := next(filter(_is_sum, said), None)) is not None:
            names[at] = name
    others = known.copy()
    others[list(names)] = 0.0
    whole = float(others.sum())
    certain = [at for at in names if abs(known[at] - whole) <= max(1.0, _ROUNDED * whole)]
    likely = [at for at in names if at not in certain]
    if not names and np.count_nonzero(known) > _FEW:
        first = int(largest[0])
        likely += [first] if abs(2 * known[first] - whole) <= 1e-9 * whole else []
    return Sums(tuple(certain), tuple(likely), names)


def _is_sum(text: str) -> bool:
    folded = fold(text[:100])
    return folded in _SUM or folded.startswith(_BEGINS) or folded.endswith(_ENDS)


def require_no_sums(
    table: pd.DataFrame,
    columns: Iterable[str],
    file: str,
    place: Callable[[list[Fault]], list[Fault]],
) -> None:
    """Raise `InputError` for rows that are the sum of all others, and warn of what may be one.

    Parameters
    ----------
    table
        As it was read, ids in the index.
    columns
        Those that count people, or something else.
    file
        Where it was read.
    place
        Returns faults of rows of the table, counted from 1, as those of the file.
    """
    texts = [table.index.to_numpy(dtype=object)]
    named = [name for name in (*NAMES, "governorate") if name in table]
    texts += [table[name].to_numpy(dtype=object) for name in named]
    faults: dict[int, Fault] = {}
    doubts: dict[int, Fault] = {}
    for column in columns:
        found = find_sums(texts, table[column].to_numpy(dtype=float, na_value=np.nan))
        for at in found.certain:
            what = f"it is called {shown(found.names[at])}, and is the sum of all other rows"
            faults.setdefault(at, _fault(what, at, column, file))
        for at in found.likely:
            what = "it counts as much as all other rows together"
            if at in found.names:
                what = f"it is called {shown(found.names[at])}, and may be a sum of other rows"
            doubts.setdefault(at, _fault(what, at, column, file, "if it is a sum, "))
    if faults:
        raise InputError(*place([*faults.values()]))
    for fault in place([*doubts.values()]):
        warnings.warn(DataWarning(fault), stacklevel=3)


def _fault(what: str, at: int, column: str, file: str, condition: str = "") -> Fault:
    advice = f"{condition}take the row out, or all it counts is counted twice"
    return Fault(what, file, at + 1, column, advice)
