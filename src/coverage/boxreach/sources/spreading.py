"""Totals of areas spread over the places that lie in them, and where each total went."""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import require_kind
from boxreach.columns import name_faults
from boxreach.crs import Floats, to_wgs84
from boxreach.errors import DataWarning, Fault, FaultCollector, InputError
from boxreach.sources.areas import join_areas
from boxreach.sources.hierarchy import Hierarchy
from boxreach.sources.sum_rows import find_sums
from boxreach.tables import PEOPLE, Column, Schema, missing_faults, point_faults, value_faults

EVERYWHERE = "everywhere"
"""The level above all areas: all places that lie in any."""

_WEIGHT = Column("weight", "number", minimum=0, maximum=1e15)

_Members = dict[tuple[str, str], npt.NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Spread:
    """Totals spread over places.

    Attributes
    ----------
    places
        The places, in their order, with the new column: NaN where no total came.
    steps
        Where the total of each row went, in their order: ``total``, ``area_id``, ``level``,
        ``name`` of the area it was matched to, ``over_id``, ``over_level``, ``over_name`` of the
        area over whose places it was spread, ``places``: over how many, and ``reason``: blank where
        it is the area of the row, else ``"not matched"`` or ``"no place in it"``.
    """

    places: gpd.GeoDataFrame
    steps: pd.DataFrame


def spread_totals(
    places: gpd.GeoDataFrame,
    matches: pd.DataFrame,
    totals: pd.Series[float],
    levels: Mapping[str, gpd.GeoDataFrame],
    *,
    column: str,
    weight: str | None = None,
    within_km: float = 20.0,
) -> Spread:
    """Spread the total of each area over the places in it; none is lost and none made.

    A total whose row was not matched at the narrowest level goes to the places of the narrowest
    area that was, and one whose area holds no place to those of the area around it; at last
    to all places. Each such step is listed.

    Parameters
    ----------
    places
        Points with unique ids in the index.
    matches
        From `match_areas`, or any table with ``area_id`` and ``level`` (blank: not known).
    totals
        Persons, or whatever is spread, by the index of `matches`. NaN is unknown and not spread.
    levels
        The areas, as in `match_areas`.
    column
        The column to make.
    weight
        A column of the places; a total is shared in proportion to it, an unknown weight counting
        as 0. Without one, or where no place of an area has a weight above 0, evenly.
    within_km
        How far outside all areas a place may lie and still be in the nearest one.

    Returns
    -------
    Spread
        Places and steps. The sums of both are the sum of the known totals, to 1e-9 of it.

    Raises
    ------
    InputError
        If tables break their schema, totals do not fit the matches, or no place lies in any area.

    Warns
    -----
    DataWarning
        How many places lie in no area, how many no total came to, and how many totals and
        weights are unknown.

    Examples
    --------
    >>> from shapely import Point, box
    >>> areas = gpd.GeoDataFrame({"name": ["West", "East"]}, index=["w", "e"],
    ...     geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326)
    >>> towns = gpd.GeoDataFrame(index=["a", "b", "c"], crs=4326,
    ...     geometry=[Point(0.2, 0.5), Point(0.4, 0.5), Point(1.5, 0.5)])
    >>> matches = pd.DataFrame({"area_id": ["w", ""], "level": ["side", ""]})
    >>> spread = spread_totals(towns, matches, pd.Series([100.0, 30.0]), {"side": areas},
    ...     column="residents")
    >>> spread.places["residents"].tolist()
    [60.0, 60.0, 10.0]
    >>> spread.steps[["over_level", "places", "reason"]].to_numpy().tolist()
    [['side', 2, ''], ['everywhere', 3, 'not matched']]
    """
    hierarchy = Hierarchy.of(levels)
    places = to_wgs84(places, file="places")
    _require_arguments(places, matches, totals, hierarchy, column, weight)
    _require_no_sums(matches, totals)
    members = _members(places, hierarchy, within_km)
    steps = _steps(matches, totals, hierarchy, members)
    weights = np.ones(len(places))
    if weight is not None:
        weights = places[weight].to_numpy(dtype=float, na_value=np.nan)
    shares = _shares(steps, members, np.nan_to_num(weights))
    if unweighed := int(np.isnan(weights).sum()):
        what = f"the {weight} of {unweighed} of {len(places)} places is unknown and counts as 0"
        warnings.warn(what, DataWarning, stacklevel=2)
    if lost := int(np.isnan(totals.to_numpy(dtype=float, na_value=np.nan)).sum()):
        what = f"{lost} of {len(totals)} totals are unknown and spread over no place"
        warnings.warn(what, DataWarning, stacklevel=2)
    if empty := int(np.isnan(shares).sum()):
        what = f"no total came to {empty} of {len(places)} places; their {column} are unknown"
        warnings.warn(what, DataWarning, stacklevel=2)
    return Spread(places.assign(**{column: shares}), steps)


def _require_arguments(
    places: gpd.GeoDataFrame,
    matches: pd.DataFrame,
    totals: pd.Series[float],
    hierarchy: Hierarchy,
    column: str,
    weight: str | None,
) -> None:
    require_kind(matches, pd.DataFrame, "matches", "give what match_areas returned")
    require_kind(totals, pd.Series, "totals", "give a column of the table that was matched")
    faults = FaultCollector()
    faults.add(name_faults("the column", [column]))
    faults.add(point_faults(places, file="places"))
    faults.add(missing_faults(["area_id", "level"], [*map(str, matches)], file="matches"))
    if isinstance(column, str) and column in places:
        advice = "give the column another name, or drop it"
        faults.add(
            [Fault("the spread totals would take its place", "places", None, column, advice)]
        )
    if weight is not None:
        faults.add(missing_faults([str(weight)], [*map(str, places)], file="places"))
        faults.add(_number_faults(places.get(str(weight)), _WEIGHT, str(weight), "places"))
    if not totals.index.equals(matches.index):
        advice = "give a column of the table that was matched"
        faults.add([Fault("their ids are not those of the matches", "totals", advice=advice)])
    name = str(totals.name or "total")
    faults.add(_number_faults(totals, PEOPLE, name, "totals"))
    faults.raise_any()
    faults.add(_area_faults(matches, hierarchy))
    faults.raise_any()


def _require_no_sums(matches: pd.DataFrame, totals: pd.Series[float]) -> None:
    """Refuse a total of all others: it would be spread over all places once more."""
    said = [matches["said"].to_numpy(dtype=object)] if "said" in matches else []
    amounts = totals.to_numpy(dtype=float, na_value=np.nan)
    sums = find_sums([matches.index.to_numpy(dtype=object), *said], amounts)
    lost = (matches["level"] == "").to_numpy()
    found = [*sums.certain, *(at for at in sums.likely if at not in sums.names and lost[at])]
    if found:
        advice = "take the row out, or all it counts is counted twice"
        name = str(totals.name or "total")
        raise InputError(
            *(Fault("it is the sum of all other rows", "totals", at + 1, name, advice)
              for at in found)
        )  # fmt: skip


def _number_faults(
    values: pd.Series[float] | None, kind: Column, name: str, file: str
) -> list[Fault]:
    if values is None:
        return []
    frame = pd.DataFrame({kind.name: values.to_numpy()})
    found = value_faults(
        frame, Schema(file, "id", (), (kind,)), file=file, rows=np.arange(1, len(values) + 1)
    )
    return [Fault(one.what, one.file, one.row, name, one.advice) for one in found]


def _area_faults(matches: pd.DataFrame, hierarchy: Hierarchy) -> list[Fault]:
    return [
        Fault(f"no area of the level {level!r} has the id {area_id!r}", "matches", row, "area_id",
              "match the table to these levels")
        for row, (level, area_id) in enumerate(
            zip(matches["level"], matches["area_id"], strict=True), start=1
        )
        if level and (level not in hierarchy.areas or area_id not in hierarchy.parent[level])
    ]  # fmt: skip


def _members(places: gpd.GeoDataFrame, hierarchy: Hierarchy, within_km: float) -> _Members:
    """Return the positions of the places in each area of each level, and of those in any."""
    points = gpd.GeoDataFrame(geometry=places.geometry)
    members: _Members = {}
    for level, areas in hierarchy.areas.items():
        by_id = areas.assign(name=areas.index)
        with warnings.catch_warnings():
            if level != hierarchy.levels[0]:  # who lies outside is said once
                warnings.simplefilter("ignore", DataWarning)
            ids = join_areas(points, by_id, column="area", within_km=within_km)["area"].to_numpy()
        for area_id in areas.index:
            members[level, area_id] = np.flatnonzero(ids == area_id)
        if level == hierarchy.levels[0]:
            members[EVERYWHERE, ""] = np.flatnonzero(ids != "")
    if not len(members[EVERYWHERE, ""]):
        advice = "give places and areas of one country"
        raise InputError(Fault("no place lies in any area", "places", advice=advice))
    return members


def _steps(
    matches: pd.DataFrame, totals: pd.Series[float], hierarchy: Hierarchy, members: _Members
) -> pd.DataFrame:
    """Return over which places each total goes, and why not over those of its own area."""
    rows = []
    for level, area_id in zip(matches["level"], matches["area_id"], strict=True):
        over = (level, area_id) if level else (EVERYWHERE, "")
        while not len(members[over]):
            above = hierarchy.outer(*over)
            over = above if above[0] else (EVERYWHERE, "")
        reason = "not matched" if level != hierarchy.levels[-1] else ""
        if over != ((level, area_id) if level else (EVERYWHERE, "")):
            reason = f"{reason}, no place in it" if reason else "no place in it"
        rows.append((level, area_id, *over, reason))
    names = [
        ("" if not level else hierarchy.name(level, area_id),
         "" if over == EVERYWHERE else hierarchy.name(over, over_id))
        for level, area_id, over, over_id, _ in rows
    ]  # fmt: skip
    return pd.DataFrame(
        {
            "total": totals.to_numpy(dtype=float, na_value=np.nan),
            "area_id": [row[1] for row in rows],
            "level": [row[0] for row in rows],
            "name": [name for name, _ in names],
            "over_id": [row[3] for row in rows],
            "over_level": [row[2] for row in rows],
            "over_name": [name for _, name in names],
            "places": [len(members[row[2], row[3]]) for row in rows],
            "reason": [row[4] for row in rows],
        },
        index=matches.index,
    )


def _shares(steps: pd.DataFrame, members: _Members, weights: Floats) -> Floats:
    """Return what comes to each place; NaN where nothing was to be shared."""
    totals: dict[tuple[str, str], list[float]] = defaultdict(list)
    for level, area_id, total in zip(
        steps["over_level"], steps["over_id"], steps["total"], strict=True
    ):
        if not np.isnan(total):
            totals[level, area_id].append(total)
    parts: dict[int, list[float]] = defaultdict(list)
    for area, found in sorted(totals.items()):
        here = members[area]
        heavy = weights[here] if weights[here].sum() > 0 else np.ones(len(here))
        for place, share in zip(here, heavy / heavy.sum() * math.fsum(found), strict=True):
            parts[int(place)].append(float(share))
    return np.array(
        [math.fsum(parts[at]) if at in parts else np.nan for at in range(len(weights))],
        dtype=np.float64,
    )
