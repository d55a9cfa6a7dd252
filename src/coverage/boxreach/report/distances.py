"""How far people live, who lives farthest, and whether the thinly settled are reached too."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from boxreach.report.details import (
    Curve,
    CurveSet,
    DistanceRow,
    DistanceTable,
    FifthRow,
    FifthTable,
    WorstPlace,
    WorstRow,
)
from boxreach.report.figures import (
    Namer,
    by_governorate,
    name_of,
    number_of,
    require_columns,
    share_out,
    text_of,
)
from boxreach.report.model import Cover
from boxreach.tables import TOTAL

_MINUTES = ("median_minutes", "p90_minutes", "mean_minutes", "gini_minutes", "people_without_way")
_FIFTHS = (
    "threshold_minutes", "quintile", "density_from", "density_to", "people", "people_covered",
    "share_covered", "mean_minutes",
)  # fmt: skip


def prepare_distances(areas: pd.DataFrame, minutes: float, namer: Namer) -> DistanceTable | None:
    """Prepare how far people live; None if the areas do not say it."""
    tidy = by_governorate(areas)
    if not {*_MINUTES} <= {*tidy}:
        return None
    thresholds = sorted(set(tidy["threshold_minutes"]))
    chosen = minutes if minutes in thresholds else thresholds[0]
    table = tidy[tidy["threshold_minutes"] == chosen].set_index("governorate")
    order = [one for one in table.index if one != TOTAL]
    sums = table["people_without_way"].fillna(0.0)
    without = share_out([float(sums[one]) for one in order], float(sums[TOTAL]))
    without.append(round(float(sums[TOTAL])))
    two = table.get("share_two_boxes", pd.Series(np.nan, index=table.index))
    rows = []
    for area, alone in zip([*order, TOTAL], without, strict=True):
        row = table.loc[area]
        people = _lived_in(row)
        median, p90, mean, gini = (
            number_of(row[name]) if people else None for name in _MINUTES[:-1]
        )
        rows.append(
            DistanceRow(
                name=None if area == TOTAL else namer(area),
                people=people,
                median=median,
                p90=p90,
                mean=mean,
                gini=gini,
                without_way=int(alone) if people else None,
                two_boxes=number_of(two[area]) if people else None,
            )
        )
    return DistanceTable(float(chosen), any(one.two_boxes is not None for one in rows), tuple(rows))


def _lived_in(row: pd.Series) -> bool | None:
    """Tell whether people live in an area; None where that is not known."""
    if number_of(row["people"]):
        return True
    return None if number_of(row["places_unknown_people"]) else False


def prepare_curves(
    curves: pd.DataFrame, thresholds: Sequence[float], namer: Namer
) -> CurveSet | None:
    """Prepare what `boxreach.coverage_curves` returned; None if there is nobody in it."""
    advice = "give what coverage_curves() returned"
    require_columns(curves, ["minutes", "share_covered"], "curves", advice)
    drawn, undrawn = [], 0
    # As in coverage_curves, the first column holds the areas.
    for area, part in curves.groupby(curves.columns[0], sort=False):
        shares = part["share_covered"].astype(float)
        if shares.isna().all():
            undrawn += area != TOTAL
            continue
        name = None if area == TOTAL else namer(area)
        drawn.append(Curve(name, tuple(part["minutes"].astype(float)), tuple(shares)))
    last = max((curve.minutes[-1] for curve in drawn), default=0.0)
    marked = tuple(sorted({float(one) for one in thresholds if 0 < one <= last}))
    return CurveSet(tuple(drawn), marked, undrawn) if drawn and last > 0 else None


def prepare_fifths(quintiles: pd.DataFrame) -> FifthTable | None:
    """Prepare what `boxreach.density_quintiles` returned, the densest first."""
    require_columns(quintiles, _FIFTHS, "quintiles", "give what density_quintiles() returned")
    thresholds = sorted(set(quintiles["threshold_minutes"]))
    rows = []
    for quintile, part in quintiles.groupby("quintile"):
        by_minutes = part.set_index("threshold_minutes")
        first = by_minutes.iloc[0]
        covers = []
        for minutes in thresholds:
            at = by_minutes.loc[minutes]
            share = number_of(at["share_covered"])
            covers.append(Cover(round(at["people"]), round(at["people_covered"]), share))
        rows.append(
            FifthRow(
                quintile=int(str(quintile)),
                low=number_of(first["density_from"]),
                high=number_of(first["density_to"]),
                people=round(float(first["people"])),
                covers=tuple(covers),
                mean=number_of(first["mean_minutes"]),
            )
        )
    return FifthTable(tuple(thresholds), tuple(reversed(rows))) if rows else None


def prepare_worst(worst: pd.DataFrame, namer: Namer) -> tuple[WorstRow, ...]:
    """Prepare what `boxreach.worst_places` returned, a row a governorate, the total last."""
    needed = ["area", "rank", "id", "minutes"]
    require_columns(worst, needed, "worst", "give what worst_places() returned")
    rows = []
    for area, part in worst.groupby("area", sort=False):
        places = []
        for row in part.sort_values("rank").to_dict("records"):
            people = number_of(row.get("people", math.nan))
            places.append(
                WorstPlace(
                    name=name_of(row, row["id"]),
                    people=None if people is None else round(people),
                    minutes=number_of(row["minutes"]),
                )
            )
        rows.append(WorstRow(None if area == TOTAL else namer(text_of(area)), tuple(places)))
    return tuple(rows)
