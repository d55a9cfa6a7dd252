"""`candidate_posts`: where border posts may stand, and why they may not stand elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.arguments import (
    choice_faults,
    is_number,
    kind_of,
    range_faults,
    require_kind,
    shown,
)
from boxreach.border.candidate_table import (
    POST_KINDS,
    describe_places,
    number_places,
    order_columns,
)
from boxreach.border.high_points import Grounds
from boxreach.border.line_sides import own_signs, require_line
from boxreach.border.post_places import (
    lay_along_roads,
    lay_at_crossings,
    lay_high,
    lay_set_back,
    require_meeting,
)
from boxreach.candidates.screening import Candidates, Exclusions, divide_sites
from boxreach.crs import to_wgs84
from boxreach.errors import DataWarning, Fault, FaultCollector, InputError
from boxreach.network import RoadNetwork
from boxreach.sight import is_coarse
from boxreach.tables import NAMES, point_faults, tidy

_NEEDS = {"points": "points", "crossings": "crossings", "heights": "terrain"}
_MOST_SETBACK_KM = 50.0


def candidate_posts(
    network: RoadNetwork,
    line: gpd.GeoDataFrame,
    *,
    setback_km: tuple[float, float] = (0.3, 2.0),
    spacing_km: float = 0.5,
    road_km: float | None = 1.0,
    terrain: Grounds | None = None,
    slope_deg: float = 5.0,
    kinds: Sequence[str] | None = None,
    crossings: gpd.GeoDataFrame | None = None,
    points: gpd.GeoDataFrame | None = None,
    exclude: Exclusions | None = None,
) -> Candidates:
    """List places where border posts could stand, on the own side of the line, and screen them.

    The straight way from the nearest place of the line to a candidate that is kept meets the line
    nowhere else, and leaves it to the own side: so no post stands across a bend, a tongue or
    another part of the line. Within a gap of the line, and past its ends, none stands.

    Parameters
    ----------
    network
        From `build_network`; roads are those that its closures leave.
    line
        Segments from `read_frontier`, read with areas. Where it does not know its own side,
        candidates stand on the line itself and a `DataWarning` says so.
    setback_km
        How far from the line a post stands, from and to, to the metre.
    spacing_km
        How far apart candidates lie: along roads (as of `candidate_sites`), along the line, and
        high points from each other.
    road_km
        The farthest a road may be, in a straight line; None where maps lack the roads there are.
    terrain
        Heights, from `read_terrain` or `open_terrain`.
    slope_deg
        The steepest ground allowed, over two cells of `terrain`. Where the slope is not known
        nothing is dropped for it, and a `DataWarning` counts these.
    kinds
        Any of ``"roads"`` (points along roads within the setback, and on the other side of the
        line those that are dropped for it), ``"heights"`` (so too the high points of the ground:
        none within `spacing_km` higher, 5 m above the lowest there), ``"setback"`` (one straight
        inward of the line every `spacing_km`, at the near end of the setback), ``"crossings"``
        (one at each crossing, as near as the setback allows, within 2 km of it) and ``"points"``.
        If not given: all that what is given allows; high points not by cells longer than 100 m.
    crossings
        Points with ids in the index, as of `read_crossings`.
    points
        Any other places, with ids in the index; a ``name`` and a ``governorate`` stay theirs.
    exclude
        What else keeps a candidate out. Of slopes and distances to roads the stricter limit holds.

    Returns
    -------
    Candidates
        ``kept`` and ``dropped`` by chainage, then by setback, index ``site_id``: ``post-0001`` and
        so on, counted over both, so that an id does not depend on what is dropped. Columns:
        ``kind`` (``road``, ``height``, ``setback``, ``crossing``, ``point``); ``name``, that of
        the point or of the crossing held, else blank; ``chainage_km`` of the nearest place of the
        line, and ``setback_km`` to it; ``governorate`` of its segment, blank where not known;
        ``road_m``; ``slope_deg`` and ``height_m``, NaN where not known; ``crossing``, the id of
        the nearest crossing within 2 km, blank else; with `points` ``point``, the id of the point.
        Of those dropped the ``reason``, the first that holds: ``CLOSED``, ``FAR_SIDE`` (across
        the line, or farther back than the own ground goes there), ``NEAR_LINE``, ``FAR_BACK``,
        ``GAP`` (beyond an end of a part of the line), ``OUTSIDE``, ``STEEP``, ``WATER``,
        ``OFF_ROAD``, ``ON_ROAD``, ``STANDING``, ``DUPLICATE``; and ``same_as``.

    Raises
    ------
    InputError
        If an argument is wrong, all at once, or there is no such place at all.
    InfeasibleError
        If none is left; it says how many were dropped for each reason.

    Warns
    -----
    DataWarning
        If the line does not know its own side, or the terrain is not known or too coarse.

    Examples
    --------
    >>> from shapely import LineString
    >>> from boxreach.network import build_network
    >>> line = gpd.GeoDataFrame(
    ...     {"part": [1], "chainage_from_km": [0.0], "chainage_to_km": [5.547], "own_side": "left"},
    ...     geometry=[LineString([(41.0, 36.0), (41.0, 35.95)])], crs=4326)
    >>> road = gpd.GeoDataFrame(geometry=[LineString([(41.01, 36), (41.01, 35.99)])], crs=4326)
    >>> found = candidate_posts(build_network(road), line, spacing_km=3)
    >>> found.kept["kind"].to_dict()
    {'post-0001': 'setback', 'post-0002': 'road'}
    >>> found.kept[["chainage_km", "setback_km", "road_m"]].iloc[0].round(1).tolist()
    [0.0, 0.3, 601.7]
    >>> found.counts()
    {'OFF_ROAD': 2}
    """
    tables = _check_arguments(
        network, line, setback_km, spacing_km, road_km, terrain, slope_deg, kinds, crossings,
        points, exclude,
    )  # fmt: skip
    line = tables["line"]
    setback = _setback(line, setback_km)
    exclude = _join_limits(exclude, terrain, float(slope_deg), road_km)
    if exclude.terrain is not None:
        require_meeting(exclude.terrain, line)
    wanted = _choose_kinds(kinds, tables, exclude.terrain)
    laid = _lay_places(network, tables, exclude.terrain, wanted, setback, float(spacing_km))
    listed = pd.concat([places.assign(kind=POST_KINDS[name]) for name, places in laid])
    if not len(listed):
        advice = "name more kinds, or give more roads"
        raise InputError(Fault("there is no place of these kinds", "candidates", advice=advice))
    places, sides = number_places(listed, line)
    places = describe_places(places, sides, line, tables.get("crossings"), exclude.terrain)
    further = {
        "FAR_SIDE": ~sides.own & ~sides.beyond,
        "NEAR_LINE": sides.setback_km < setback[0],
        "FAR_BACK": sides.setback_km > setback[1],
        "GAP": sides.beyond,
    }
    found = divide_sites(network, places, exclude, further)
    return Candidates(kept=order_columns(found.kept), dropped=order_columns(found.dropped))


def _check_arguments(
    network: RoadNetwork,
    line: gpd.GeoDataFrame,
    setback_km: tuple[float, float],
    spacing_km: float,
    road_km: float | None,
    terrain: Grounds | None,
    slope_deg: float,
    kinds: Sequence[str] | None,
    crossings: gpd.GeoDataFrame | None,
    points: gpd.GeoDataFrame | None,
    exclude: Exclusions | None,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables that are given in EPSG:4326, or raise with all that is wrong."""
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    faults, tables = FaultCollector(), {}
    faults.add(_setback_faults(setback_km))
    limits = {"spacing_km": (0.01, 1000), "road_km": (0, 1000), "slope_deg": (0, 90)}
    given = {"spacing_km": spacing_km, "road_km": road_km, "slope_deg": slope_deg}
    for name, (low, high) in limits.items():
        if name != "road_km" or road_km is not None:
            faults.add(range_faults(name, given[name], low, high))
    for one, value, kind, advice in (
        ("terrain", terrain, Grounds, "read it with read_terrain"),
        ("exclude", exclude, Exclusions, "give Exclusions"),
    ):
        if value is not None and not isinstance(value, kind):
            faults.add([Fault(f"{one} is {kind_of(value)}", advice=advice)])
    there = {"points": points, "crossings": crossings, "terrain": terrain}
    if isinstance(exclude, Exclusions) and terrain is None:
        there["terrain"] = exclude.terrain
    faults.add(_kind_faults(kinds, {one for one, value in there.items() if value is not None}))
    with faults.attempt():
        tables["line"] = require_line(line)
    for name in ("points", "crossings"):
        if there[name] is not None:
            with faults.attempt():
                tables[name] = tidy(to_wgs84(there[name], file=name), (*NAMES, "governorate"))
                faults.add(point_faults(tables[name], file=name))
    faults.raise_any()
    return tables


def _setback(line: gpd.GeoDataFrame, setback_km: tuple[float, float]) -> tuple[float, float]:
    """Return how far from the line posts stand: on it, where it does not know its own side."""
    if own_signs(line).all():
        return float(setback_km[0]), float(setback_km[1])
    what = "the frontier does not know its own side, so posts stand on the line itself"
    warnings.warn(f"{what}; read it with areas= to set them back", DataWarning, stacklevel=3)
    return 0.0, 0.0


def _setback_faults(setback_km: object) -> list[Fault]:
    pair = list(setback_km) if isinstance(setback_km, tuple | list | np.ndarray) else []
    are_two = len(pair) == 2 and all(map(is_number, pair))
    if are_two and 0 <= pair[0] <= pair[1] <= _MOST_SETBACK_KM:
        return []
    advice = f"give two distances, from and to, from 0 to {_MOST_SETBACK_KM:g}"
    return [Fault(f"setback_km is {shown(setback_km)}", advice=advice)]


def _kind_faults(kinds: object, given: set[str]) -> list[Fault]:
    if kinds is None:
        return []
    if isinstance(kinds, str) or not isinstance(kinds, Sequence) or not kinds:
        return [Fault(f"kinds is {shown(kinds)}", advice='give words, like ["roads", "heights"]')]
    faults = [fault for one in kinds for fault in choice_faults("a kind", one, POST_KINDS)]
    return faults + [
        Fault(f"kinds has {name!r}, and there is no {layer}", advice=f"give {layer}")
        for name, layer in _NEEDS.items()
        if name in kinds and layer not in given
    ]


def _join_limits(
    exclude: Exclusions | None, terrain: Grounds | None, slope_deg: float, road_km: float | None
) -> Exclusions:
    """Return what excludes with the limits of posts; where there are two the stricter one."""
    exclude = Exclusions() if exclude is None else exclude
    terrain = exclude.terrain if terrain is None else terrain
    if exclude.slope_deg is not None:
        slope_deg = min(slope_deg, exclude.slope_deg)
    limits_km = [one for one in (road_km, exclude.road_km) if one is not None]
    return replace(
        exclude,
        terrain=terrain,
        slope_deg=None if terrain is None else slope_deg,
        road_km=min(limits_km, default=None),
    )


def _choose_kinds(
    kinds: Sequence[str] | None, tables: dict[str, gpd.GeoDataFrame], terrain: Grounds | None
) -> list[str]:
    """Return the kinds that are wanted, in their order."""
    wanted = {"roads", "setback", *tables} if kinds is None else {*kinds}
    if terrain is not None:
        coarse = is_coarse(terrain.cell_m)
        if kinds is None and not coarse:
            wanted.add("heights")
        if coarse:
            what = f"{terrain.file}: its cells are {terrain.cell_m:,.0f} m long"
            said = "no high point and no slope of a place can be told by them"
            warnings.warn(f"{what}; {said}", DataWarning, stacklevel=3)
    return [name for name in POST_KINDS if name in wanted]


def _lay_places(
    network: RoadNetwork,
    tables: dict[str, gpd.GeoDataFrame],
    terrain: Grounds | None,
    wanted: list[str],
    setback_km: tuple[float, float],
    spacing_km: float,
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield places by kind: ``lon``, ``lat`` and what points say of themselves."""
    line = tables["line"]
    if "points" in wanted:
        own = tables["points"]
        said = [one for one in (*NAMES, "governorate") if one in own]
        yield (
            "points",
            pd.DataFrame(own[said]).assign(
                lon=own.geometry.x, lat=own.geometry.y, point=own.index.astype(str)
            ),
        )
    if "crossings" in wanted:
        yield "crossings", lay_at_crossings(line, tables["crossings"], setback_km)
    if "heights" in wanted and terrain is not None:
        yield "heights", lay_high(terrain, line, setback_km[1], spacing_km)
    if "roads" in wanted:
        yield "roads", lay_along_roads(network, line, setback_km[1], spacing_km)
    if "setback" in wanted:
        yield "setback", lay_set_back(line, setback_km[0], spacing_km)
