"""Closures: which stretches of which roads they leave open."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from boxreach.crs import Floats
from boxreach.errors import DataWarning

POINT_REACH_M = 50.0
"""A closed point closes the nearest road within this distance."""

_POINT_CUT_M = 1.0
_LINE_CUT_M = 15.0


@dataclass(frozen=True)
class OpenStretches:
    """The open pieces of edges: positions of the edges, and from and to which share of each."""

    edge: npt.NDArray[np.int64]
    start: Floats
    end: Floats


def find_open_stretches(
    roads: gpd.GeoDataFrame, lines: npt.NDArray[np.object_], closures: gpd.GeoDataFrame
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
        roads along them within 15 m. A point cuts the nearest road within 50 m, and only that
        one, so a road under a closed bridge stays open; where ``road_id`` is given, that road is
        cut. A closure that meets no road is named in a `DataWarning`.
    """
    zones = closures.geometry.to_numpy().copy()
    edge, zone = _closed_pairs(roads, lines, closures, zones)
    idle = sorted(set(range(len(closures))) - set(zone.tolist()))
    if idle:
        names = ", ".join(closures.index[idle][:10])
        warnings.warn(f"closures that meet no road: {names}", DataWarning, stacklevel=4)
    untouched = np.setdiff1d(np.arange(len(lines)), edge)
    stretches = [(untouched, np.zeros(len(untouched)), np.ones(len(untouched)))]
    for one in np.unique(edge):
        left = shapely.difference(lines[one], shapely.union_all(zones[zone[edge == one]]))
        parts = shapely.get_parts(left)
        parts = parts[shapely.length(parts) > 0]
        ends = [
            shapely.line_locate_point(lines[one], shapely.get_point(parts, at), normalized=True)
            for at in (0, -1)
        ]
        # The end of a ring is its start too, where a point on it is first met.
        ends[1] = np.where(ends[1] <= ends[0], 1.0, ends[1])
        stretches.append((np.full(len(parts), one), *ends))
    edges, starts, stops = (np.concatenate(part) for part in zip(*stretches, strict=True))
    order = np.lexsort((starts, edges))
    return OpenStretches(edges[order].astype(np.int64), starts[order], stops[order])


def _closed_pairs(
    roads: gpd.GeoDataFrame,
    lines: npt.NDArray[np.object_],
    closures: gpd.GeoDataFrame,
    zones: npt.NDArray[np.object_],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return pairs of edge and closure; `zones` become areas to cut out, in place."""
    tree = STRtree(lines)
    pairs: list[tuple[int, int]] = []
    wanted = closures["road_id"] if "road_id" in closures else [""] * len(closures)
    for number, (zone, road_id) in enumerate(zip(zones, wanted, strict=True)):
        if zone.geom_type == "Point":
            met = tree.query(zone, predicate="dwithin", distance=POINT_REACH_M)
            met = met[roads.index[met] == road_id] if road_id else met
            met = met[np.argsort(shapely.distance(lines[met], zone), kind="stable")][:1]
            nearest = shapely.line_locate_point(lines[met], zone)
            places = shapely.line_interpolate_point(lines[met], nearest)
            zones[number] = shapely.union_all(shapely.buffer(places, _POINT_CUT_M))
        else:
            if shapely.get_dimensions(zone) == 1:
                zones[number] = shapely.buffer(zone, _LINE_CUT_M)
            met = tree.query(zones[number], predicate="intersects")
            met = met[roads.index[met] == road_id] if road_id else met
        pairs += [(int(edge), number) for edge in met]
    ordered = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return ordered[:, 0], ordered[:, 1]
