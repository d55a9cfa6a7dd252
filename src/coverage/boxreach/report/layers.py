"""What stands and what it costs, and what else counts: other people, other demand, musts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from boxreach.arguments import kind_of
from boxreach.errors import Fault, InputError
from boxreach.report.details import (
    DemandRow,
    DemandTable,
    LayerRow,
    LayerTable,
    Merging,
    MustTable,
    StandingRow,
)
from boxreach.report.figures import (
    Namer,
    by_governorate,
    covers_of,
    nobody_known,
    number_of,
    require_columns,
    text_of,
    unknown_places,
)
from boxreach.report.model import Cover, GapTable, Name
from boxreach.tables import TOTAL

MOST_LAYERS = 4
"""So many columns of people at most are shown by governorate too."""

MUST_NAMED = 20
"""So many places that must be reached and are not are named at most."""

_STANDING = ("boxes", "vehicles", "officers", "cost_usd")
_DEMAND = ("layer", "unit", "area", "threshold_minutes", "total", "covered", "share")

ByThreshold = Mapping[float, pd.DataFrame]


def split_thresholds(areas: pd.DataFrame) -> dict[float, pd.DataFrame]:
    """Return the areas at each threshold, ascending, by governorate."""
    tidy = by_governorate(areas)
    thresholds = sorted(set(tidy["threshold_minutes"]))
    return {
        float(one): tidy[tidy["threshold_minutes"] == one].set_index("governorate")
        for one in thresholds
    }


def prepare_standing(at: ByThreshold, namer: Namer) -> tuple[StandingRow, ...]:
    """Prepare what stands in each governorate; nothing if the areas do not say it."""
    table = next(iter(at.values()))
    if not {*_STANDING} <= {*table}:
        return ()
    rows = []
    for area, row in table.iterrows():
        boxes, vehicles, cost = (
            number_of(row[name]) or 0.0 for name in ("boxes", "vehicles", "cost_usd")
        )
        officers = number_of(row["officers"])
        each = (number_of(row.get(f"people_per_{one}")) for one in ("box", "vehicle", "officer"))
        rows.append(
            StandingRow(
                None if area == TOTAL else namer(area),
                int(boxes),
                int(vehicles),
                None if officers is None else int(officers),
                cost,
                not nobody_known(row),
                *each,
            )
        )
    return tuple(rows)


def prepare_layers(at: ByThreshold, minutes: float, namer: Namer) -> LayerTable | None:
    """Prepare columns of people side by side; None if there is but one."""
    first = next(iter(at.values()))
    others = [
        name.removeprefix("share_").removesuffix("_covered")
        for name in first.columns.astype(str)
        if name.startswith("share_") and name.endswith("_covered") and name != "share_covered"
    ]
    layers = ["people", *(one for one in others if {one, f"{one}_covered"} <= {*first})]
    if len(layers) == 1:
        return None
    order = [one for one in first.index if one != TOTAL]
    chosen = minutes if minutes in at else next(iter(at))
    rows, sides = [], []
    for layer in layers:
        covers = {one: _covers(frame, layer, order) for one, frame in at.items()}
        unknown = [unknown_places(first.loc[one], layer) for one in (*order, TOTAL)]
        none = [nobody_known(first.loc[one], layer) for one in (*order, TOTAL)]
        whole = tuple(one[-1] for one in covers.values())
        rows.append(LayerRow(layer, unknown[-1], None if none[-1] else whole))
        sides.append(
            [None if not_one else one for one, not_one in zip(covers[chosen], none, strict=True)]
        )
    names: list[Name | None] = [*map(namer, order), None]
    areas = list(zip(names, zip(*sides, strict=True), strict=True))
    fits = len(layers) <= MOST_LAYERS
    return LayerTable(tuple(at), tuple(rows), chosen, tuple(areas) if fits else ())


def _covers(frame: pd.DataFrame, layer: str, order: list[str]) -> list[Cover]:
    shares = frame["share_covered" if layer == "people" else f"share_{layer}_covered"]
    whole, covered = frame[layer].fillna(0.0), frame[f"{layer}_covered"].fillna(0.0)
    return covers_of(whole, covered, order, shares)


def prepare_demand(demand: pd.DataFrame) -> DemandTable | None:
    """Prepare other demand in all."""
    advice = "give a row a layer, area and threshold, with the area 'total'"
    require_columns(demand, _DEMAND, "demand", advice)
    total = demand[demand["area"] == TOTAL]
    thresholds = sorted(set(total["threshold_minutes"].astype(float)))
    rows = []
    for layer, part in total.groupby("layer", sort=False):
        unit = text_of(part["unit"].iloc[0])
        counted = part[["total", "covered"]].to_numpy(dtype=float)
        digits = 1 if unit in {"km", "km2"} or (counted % 1 != 0).any() else 0
        if len(set(counted[:, 0].tolist())) > 1:
            what = f"the total of {layer!r} is another at another threshold"
            raise InputError(Fault(what, "demand", column="total", advice="give one run's"))
        whole = round(float(counted[0, 0]), digits)
        said = {
            minutes: Cover(whole, round(covered, digits), number_of(share))
            for minutes, covered, share in zip(
                part["threshold_minutes"], counted[:, 1].tolist(), part["share"], strict=True
            )
        }
        covers = tuple(said.get(minutes) for minutes in thresholds)
        rows.append(DemandRow(text_of(layer), unit, digits, whole, covers))
    return DemandTable(tuple(thresholds), tuple(rows)) if rows else None


def prepare_must(at: ByThreshold, gaps: GapTable, namer: Namer) -> MustTable | None:
    """Prepare how many of the places that must be reached are, and who is not; None if no mark."""
    first = next(iter(at.values()))
    if not {"must_reach", "must_reach_covered"} <= {*first}:
        return None
    rows = []
    for area in [*(one for one in first.index if one != TOTAL), TOTAL]:
        covers = []
        for frame in at.values():
            whole, inside = (
                int(number_of(frame.loc[area, name]) or 0)
                for name in ("must_reach", "must_reach_covered")
            )
            covers.append(Cover(whole, inside, inside / whole if whole else None))
        if covers[0].total:
            rows.append((None if area == TOTAL else namer(area), tuple(covers)))
    if not rows:
        return None
    named, unnamed = gaps.must[:MUST_NAMED], len(gaps.must[MUST_NAMED:])
    return MustTable(tuple(at), tuple(rows), gaps.minutes, named, unnamed)


def prepare_merging(merging: object) -> Merging:
    """Prepare how many rows were searched together."""
    said = ("rows", "searched", "largest_change_minutes")
    if not all(hasattr(merging, name) for name in said):
        advice = f"give an object with {', '.join(said)}"
        raise InputError(Fault(f"merging is {kind_of(merging)}", advice=advice))
    rows, searched, change = (number_of(getattr(merging, name)) for name in said)
    return Merging(int(rows or 0), int(searched or 0), change)
