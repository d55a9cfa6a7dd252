"""Cells of result tables as the report says them: names, and figures that add up.

Figures are rounded here, and so that every table adds up: a reader with a pencil gets the totals
that are printed. Tables that contradict themselves are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import cast

import pandas as pd

from boxreach.arguments import require_kind
from boxreach.errors import InputError
from boxreach.report.model import Cover, Name
from boxreach.tables import TOTAL, TRANSLATIONS, missing_faults

Namer = Callable[[object], Name]
"""Gives a governorate's names in every script, from its English one."""

Cell = str | float | None

_AT_PLACE_KM = 0.5


def share_out(
    values: Sequence[float],
    total: float,
    digits: int = 0,
    caps: Sequence[float] | None = None,
    *,
    told: float | None = None,
) -> list[float]:
    """Round parts so that they add up to their total as it is told, by largest remainder.

    Parameters
    ----------
    values, total
        The parts, and what they make.
    digits
        Decimals of what is returned.
    caps
        What no part may be told above.
    told
        The total as it is told, up or down by less than one; without, it is rounded.

    Examples
    --------
    >>> share_out([1.4, 1.4, 1.2], 4.0)
    [2, 1, 1]
    >>> share_out([1.4, 1.3], 2.7, told=2)
    [1, 1]
    """
    scale = 10**digits
    scaled = [value * scale for value in values]
    units = [math.floor(value + 1e-6) for value in scaled]
    limits = [math.inf if caps is None else round(caps[i] * scale) for i in range(len(units))]
    missing = round((total if told is None else told) * scale) - sum(units)
    by_remainder = sorted(range(len(units)), key=lambda i: units[i] - scaled[i])
    for i in (*by_remainder, *by_remainder):  # a second round, where caps held back the first
        if missing > 0 and units[i] < limits[i]:
            units[i] += 1
            missing -= 1
    if missing or abs(math.fsum(values) - total) > 1e-6 * max(1.0, abs(total)):
        raise InputError(
            f"a table for the report does not add up: its rows make {sum(values)}, its total "
            f"says {total}; give rows and totals of the same run"
        )
    return [unit / scale if digits else unit for unit in units]


def people_of(now: pd.DataFrame) -> dict[str, int | None]:
    """Return the people of each community, by id; None where they are not known.

    They are rounded once for all tables, so that those within reach make up their rounded total,
    and those outside it theirs.

    Parameters
    ----------
    now
        The communities at one threshold, by id: ``people`` and ``covered``.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"people": [1.4, 1.4, 1.4, None], "covered": [True, False, False, True]},
    ...     index=["a", "b", "c", "d"],
    ... )
    >>> people_of(table)
    {'a': 1, 'b': 2, 'c': 1, 'd': None}
    """
    people: dict[str, int | None] = dict.fromkeys(map(str, now.index))
    known = now.loc[now["people"].notna(), ["people", "covered"]].astype({"people": float})
    known = known.assign(id_=known.index.map(str))
    known = known.sort_values(["people", "id_"], ascending=[False, True])
    covered = known["covered"].astype(bool)
    for rows in (known[~covered], known[covered]):
        counts = list(rows["people"])
        people |= zip(rows["id_"], map(int, share_out(counts, math.fsum(counts))), strict=True)
    return people


def covers_of(
    total: pd.Series,
    covered: pd.Series,
    order: Sequence[str],
    shares: pd.Series | None = None,
    digits: int = 0,
) -> list[Cover]:
    """Return the cover of each row in order and of the total, rounded so that all add up."""
    every = [*order, TOTAL]
    totals = share_out([total[key] for key in order], total[TOTAL], digits)
    reached = share_out([covered[key] for key in order], covered[TOTAL], digits, caps=totals)
    totals.append(round(float(total[TOTAL]), digits) if digits else round(total[TOTAL]))
    reached.append(round(float(covered[TOTAL]), digits) if digits else round(covered[TOTAL]))
    if shares is None:
        shares = covered / total.where(total > 0)
    return [
        Cover(whole, part, number_of(shares[key]))
        for key, whole, part in zip(every, totals, reached, strict=True)
    ]


def require_columns(table: object, needed: Sequence[str], name: str, advice: str) -> None:
    """Raise `InputError` unless a table is one and has the columns."""
    require_kind(table, pd.DataFrame, name, advice)
    columns = list(cast("pd.DataFrame", table).columns.astype(str))
    if faults := missing_faults(list(needed), columns, file=name):
        raise InputError(*faults)


def nobody_known(row: pd.Series, column: str = "people") -> bool:
    """Tell whether a row of a summary has places, and nobody's number is known in any of them.

    The tables of a run leave such people blank, `summarise` gives 0.
    """
    people, unknown = number_of(row[column]), unknown_places(row, column)
    return people is None or bool(unknown and not people and unknown >= row["places"])


def unknown_places(row: pd.Series, column: str = "people") -> int:
    """Return how many places of a row of a summary have an unknown number of people."""
    return int(number_of(row.get(f"places_unknown_{column}")) or 0)


def away_km(near_km: object) -> float | None:
    """Return how far a site is from the place it is named after, where that is worth saying."""
    km = number_of(near_km)
    return km if km is not None and km >= _AT_PLACE_KM else None


def text_of(value: object) -> str:
    """Return a cell of a table as text; a missing one is blank."""
    return "" if pd.isna(cast("Cell", value)) else str(value)


def number_of(value: object) -> float | None:
    """Return a cell of a table as a number; a missing or infinite one is None."""
    number = math.nan if pd.isna(cast("Cell", value)) else float(str(value))
    return number if math.isfinite(number) else None


def name_of(row: Mapping[Hashable, object], fallback: object = "") -> Name:
    """Return the names in a row of a table, or what stands for them."""
    texts = {code: text_of(row.get(f"name_{code}")) for code in TRANSLATIONS}
    name = Name(text_of(row.get("name")), {code: text for code, text in texts.items() if text})
    return name if name.in_language("en") else Name(text_of(fallback))


def governorate_namer(areas: pd.DataFrame | None) -> Namer:
    """Return what turns a governorate's English name into its names in every script."""
    known: dict[str, Name] = {}
    if areas is not None:
        for row in by_governorate(areas).to_dict("records"):
            known[text_of(row["governorate"])] = name_of({**row, "name": row["governorate"]})
    return lambda governorate: known.get(text_of(governorate), Name(text_of(governorate)))


def by_governorate(areas: pd.DataFrame) -> pd.DataFrame:
    """Return summaries with the governorate as a column, where it was the index too."""
    return areas if "governorate" in areas else areas.rename_axis("governorate").reset_index()
