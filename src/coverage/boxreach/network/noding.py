"""Lines that meet become edges that share a node."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import STRtree

from boxreach.crs import Floats


def node_roads(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return roads as pieces that meet at their ends alone: ``from_node`` and ``to_node``.

    Roads that have them already stay as they are; others are split at shared vertices, and equal
    places are one node. Pieces of no length stay where nodes are given: they join what they join.
    """
    if "from_node" in roads and "to_node" in roads:
        return roads
    pieces = _split_at_shared_vertices(roads)
    lines = pieces.geometry.to_numpy()
    ends = np.stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)], axis=1)
    _, number = np.unique(shapely.get_coordinates(ends.ravel()), axis=0, return_inverse=True)
    node = number.reshape(-1, 2)
    return pieces.assign(from_node=node[:, 0], to_node=node[:, 1])


def _split_at_shared_vertices(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Split each road where it shares a vertex with another road, or with itself.

    Lines that cross without a common vertex, as a bridge and the road under it do, stay whole.
    Pieces keep the index and the columns of their road; pieces of no length are dropped.
    """
    lines = roads.geometry.to_numpy()
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    _, vertex, count = np.unique(xy, axis=0, return_inverse=True, return_counts=True)
    first = np.append(True, owner[1:] != owner[:-1])
    last = np.append(owner[1:] != owner[:-1], True)
    cut = (count[vertex] > 1) & ~first & ~last
    copies = 1 + cut.astype(int)
    starts = np.repeat(first, copies)
    # The second copy of a cut vertex begins the next piece.
    starts[np.cumsum(copies)[cut] - 1] = True
    piece = np.cumsum(starts) - 1
    pieces = shapely.linestrings(np.repeat(xy, copies, axis=0), indices=piece)
    of_road = np.repeat(owner, copies)[starts]
    split = roads.iloc[of_road].copy()
    split[roads.geometry.name] = pieces
    return split[shapely.length(pieces) > 0]


def add_crossings(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give roads that touch or cross a common vertex there.

    For files drawn without nodes, in which a crossing is a junction; they cannot say that one
    road passes over another, so a bridge becomes a junction too.
    """
    lines = roads.geometry.to_numpy()
    one, other = STRtree(lines).query(lines, predicate="intersects")
    ahead = one < other
    one, other = one[ahead], other[ahead]
    meeting = shapely.intersection(lines[one], lines[other])
    points, pair = shapely.get_coordinates(meeting, return_index=True)
    inserted = insert_vertices(
        lines, np.concatenate([one[pair], other[pair]]), np.concatenate([points, points])
    )
    return roads.set_geometry(gpd.GeoSeries(inserted, index=roads.index, crs=roads.crs))


def insert_vertices(lines: np.ndarray, owner: np.ndarray, points: Floats) -> np.ndarray:
    """Return `lines` with each point put in as a vertex of the line that owns it.

    Parameters
    ----------
    lines
        LineStrings.
    owner
        For each point, the position of its line.
    points
        Coordinates x and y, on the line or so near that the line may bend to it.
    """
    owner, points = _drop_known_vertices(lines, owner, points)
    result = lines.copy()
    if not len(owner):
        return result
    along = shapely.line_locate_point(lines[owner], shapely.points(points))
    order = np.lexsort((along, owner))
    touched, starts = np.unique(owner[order], return_index=True)
    for line, rows in zip(touched, np.split(order, starts[1:]), strict=True):
        xy = shapely.get_coordinates(lines[line])
        at = np.append(0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T)))
        place = np.searchsorted(at, along[rows], side="right").clip(1, len(xy) - 1)
        result[line] = shapely.linestrings(np.insert(xy, place, points[rows], axis=0))
    return result


def _drop_known_vertices(
    lines: np.ndarray, owner: np.ndarray, points: Floats
) -> tuple[np.ndarray, Floats]:
    """Leave out points that are vertices of their line already, or are given twice."""
    if not len(points):
        return owner, points
    rows = np.unique(np.column_stack([owner, points]), axis=0)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    known = np.column_stack([line, xy])
    both = np.concatenate([known, rows])
    _, key = np.unique(both, axis=0, return_inverse=True)
    new = ~np.isin(key[len(known) :], key[: len(known)])
    return rows[new, 0].astype(int), rows[new, 1:]
