"""Closures: which stretches of which roads they leave open."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import STRtree

from boxreach.crs import Floats
from boxreach.errors import DataWarning, Fault, InputError

POINT_REACH_M = 50.0
"""A closed point closes the nearest road within this distance."""

_POINT_CUT_M = 1.0
_LINE_CUT_M = 15.0

Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class OpenStretches:
    """The open pieces of edges: positions of the edges, and from and to which share of each."""

    edge: Integers
    start: Floats
    end: Floats


def find_open_stretches(
    roads: gpd.GeoDataFrame, lines: Shapes, closures: gpd.GeoDataFrame
) -> OpenStretches:
    """Return what is left of the edges when the closures are cut out.

    Parameters
    ----------
    roads
        The edges, index ``road_id``.
    lines
        The same in a system in metres.
    closures
        In that system too. Areas close every road inside them. Lines close what they cross, and
        roads along them within 15 m. A point on a junction closes all roads there; any other point
        closes the nearest road within 50 m, and only that one, so a road under a closed bridge
        stays open. Where ``road_id`` is given, that road is cut. A closure that meets no road,
        and a point on two roads that cross, are named in a `DataWarning`.

    Raises
    ------
    InputError
        If a ``road_id`` is that of no road.
    """
    wanted = _wanted_roads(roads, closures)
    zones = _repair(closures)
    edge, zone = _closed_pairs(lines, closures.index.astype(str), zones, wanted)
    idle = sorted(set(range(len(closures))) - set(zone.tolist()))
    if idle:
        names = ", ".join(closures.index[idle][:10].astype(str))
        warnings.warn(f"closures that meet no road: {names}", DataWarning, stacklevel=4)
    untouched = np.setdiff1d(np.arange(len(lines)), edge)
    stretches = [(untouched, np.zeros(len(untouched)), np.ones(len(untouched)))]
    for one in np.unique(edge):
        start, end = _open_shares(lines[one], shapely.union_all(zones[zone[edge == one]]))
        stretches.append((np.full(len(start), one), start, end))
    edges, starts, ends = (np.concatenate(part) for part in zip(*stretches, strict=True))
    order = np.lexsort((starts, edges))
    return OpenStretches(edges[order].astype(np.int64), starts[order], ends[order])


def _open_shares(line: shapely.LineString, zone: shapely.Geometry) -> tuple[Floats, Floats]:
    """Return where a line is open, as shares of it.

    Told leg by leg: a line that crosses or retraces itself passes the same place twice.
    """
    xy = shapely.get_coordinates(line)
    at = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
    legs = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    parts, leg = shapely.get_parts(shapely.difference(legs, zone), return_index=True)
    some = shapely.length(parts) > 0
    parts, leg = parts[some], leg[some]
    ends = [
        at[leg] + shapely.line_locate_point(legs[leg], shapely.get_point(parts, side))
        for side in (0, -1)
    ]
    order = np.argsort(ends[0], kind="stable")
    start, end = ends[0][order], ends[1][order]
    # Legs that are open where they meet are one stretch; a micrometre is less than any cut.
    joins = start[1:] - end[:-1] < 1e-6
    start, end = (
        start[np.append(True, ~joins)[: len(start)]],
        end[np.append(~joins, True)[: len(end)]],
    )
    whole = at[-1]
    start = np.where(start < 1e-6, 0.0, start / whole)
    return start, np.where(end > whole - 1e-6, 1.0, end / whole)


def _repair(closures: gpd.GeoDataFrame) -> Shapes:
    shapes = closures.geometry.to_numpy().copy()
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        names = ", ".join(closures.index[broken][:10].astype(str))
        warnings.warn(
            f"closures whose outline crosses itself were repaired: {names}",
            DataWarning,
            stacklevel=5,
        )
        shapes[broken] = shapely.make_valid(
            shapes[broken], method="structure", keep_collapsed=False
        )
    return np.asarray(shapes)


def _wanted_roads(
    roads: gpd.GeoDataFrame, closures: gpd.GeoDataFrame
) -> list[npt.NDArray[np.bool_] | None]:
    """Tell for each closure which edges its ``road_id`` means; None where it names none."""
    if "road_id" not in closures:
        return [None] * len(closures)
    full = roads.index.astype(str)
    # Parts of a road of several lines are called id/1, id/2 and so on.
    whole = full.str.replace(r"/\d+$", "", regex=True)
    wanted: list[npt.NDArray[np.bool_] | None] = []
    faults = []
    for row, value in enumerate(closures["road_id"], start=1):
        road_id = "" if pd.isna(value) else str(value).strip()
        meant = np.asarray((full == road_id) | (whole == road_id))
        wanted.append(meant if road_id else None)
        if road_id and not meant.any():
            what = f"there is no road {road_id!r}"
            faults.append(Fault(what, "closures", row, "road_id", "give the id of a road"))
    if faults:
        raise InputError(*faults)
    return wanted


def _closed_pairs(
    lines: Shapes,
    names: pd.Index[str],
    zones: Shapes,
    wanted: list[npt.NDArray[np.bool_] | None],
) -> tuple[Integers, Integers]:
    """Return pairs of edge and closure; `zones` become areas to cut out, in place."""
    tree = STRtree(lines)
    pairs: list[tuple[int, int]] = []
    for number, (zone, meant) in enumerate(zip(zones, wanted, strict=True)):
        if zone.geom_type == "Point":
            met = tree.query(zone, predicate="dwithin", distance=POINT_REACH_M)
            met = met if meant is None else met[meant[met]]
            met = _nearest_roads(lines, met, zone, names[number])
            nearest = shapely.line_locate_point(lines[met], zone)
            places = shapely.line_interpolate_point(lines[met], nearest)
            zones[number] = shapely.union_all(shapely.buffer(places, _POINT_CUT_M))
        else:
            if shapely.get_dimensions(zone) == 1:
                zones[number] = shapely.buffer(zone, _LINE_CUT_M)
            met = tree.query(zones[number], predicate="intersects")
            met = met if meant is None else met[meant[met]]
        pairs += [(int(edge), number) for edge in met]
    ordered = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return ordered[:, 0], ordered[:, 1]


def _nearest_roads(lines: Shapes, met: Integers, point: shapely.Point, name: str) -> Integers:
    """Return the edges a closed point means: all at a junction, else the nearest one."""
    away = shapely.distance(lines[met], point)
    near: Integers = np.sort(met[away <= away.min(initial=np.inf) + _POINT_CUT_M])
    if len(near) < 2:
        return near
    along = shapely.line_locate_point(lines[near], point)
    at_end = np.minimum(along, shapely.length(lines[near]) - along) <= _POINT_CUT_M
    if at_end.any():
        return np.asarray(near[at_end])
    warnings.warn(
        f"the closed point {name} lies where roads cross; one is closed: name it as road_id",
        DataWarning,
        stacklevel=6,
    )
    return near[:1]
