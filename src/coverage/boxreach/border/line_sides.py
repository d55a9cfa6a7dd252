"""On which side of the frontier places lie, and places straight inward from it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from boxreach.crs import GEOD, Floats, metres_per_degree, point_distances_m, to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.sources.chainage import find_chainages, place_on_line

Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]

_STEP_KM = 1e-3
"""The course of the line at a place is that of a metre before and a metre behind it."""

_WITHIN_KM = 1e-6
"""Where one part ends another begins: places are taken a millimetre within their own."""

_ON_LINE_M = 0.01
_BEYOND_M = 1.0
"""Straight across from the end of a part is not beyond it."""

_NEEDED = ("chainage_from_km", "chainage_to_km")


@dataclass(frozen=True, eq=False)
class Sides:
    """How places lie to the line.

    Attributes
    ----------
    chainage_km
        Of the place of the line nearest to each.
    setback_km
        How far that is.
    segment
        Position of the segment on which it lies.
    own
        Whether the place lies on the own side, or on the line, and no farther back than the own
        ground is known to go there; everywhere where the line does not know its own side.
    beyond
        Whether the nearest place is an end of a part and the place lies beyond it, in a gap or
        past the end of the line: no side is known there.
    """

    chainage_km: Floats
    setback_km: Floats
    segment: Longs
    own: Flags
    beyond: Flags


def require_line(line: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frontier in EPSG:4326 by chainage with its parts, or refuse what is none."""
    drawn = to_wgs84(line, file="line")
    missing = [name for name in _NEEDED if name not in drawn]
    if missing or not len(drawn):
        what = f"it has no column {' or '.join(missing)}" if missing else "it has no row"
        raise InputError(Fault(what, "line", advice="read it with read_frontier"))
    drawn = drawn if "part" in drawn else drawn.assign(part=1)
    return drawn.sort_values("chainage_from_km", kind="stable")


def find_sides(line: gpd.GeoDataFrame, lon: Floats, lat: Floats) -> Sides:
    """Tell how places lie to a frontier.

    The straight way from the nearest place of the line to a place meets the line nowhere else,
    for what it met would be nearer. So the side on which that way leaves the line is the side of
    the place, however the line winds. Where it leaves from a bend, that is the side on which the
    normals of both its arms lie together (J. A. Baerentzen and H. Aanaes, IEEE Transactions on
    Visualization and Computer Graphics 11, 2005, 243-253).

    Parameters
    ----------
    line
        From `require_line`.
    lon, lat
        The places, in degrees.

    Examples
    --------
    >>> import shapely
    >>> north_south = gpd.GeoDataFrame(
    ...     {"part": [1], "chainage_from_km": [0.0], "chainage_to_km": [22.18], "own_side": "left"},
    ...     geometry=[shapely.LineString([(41.0, 36.0), (41.0, 35.8)])], crs=4326)
    >>> east_west_past = np.array([41.01, 40.99, 41.0]), np.array([35.9, 35.9, 36.1])
    >>> sides = find_sides(north_south, *east_west_past)
    >>> sides.own[:2].tolist(), sides.beyond.tolist(), sides.setback_km.round(1).tolist()
    ([True, False], [False, False, True], [0.9, 0.9, 11.1])
    """
    found = find_chainages(line, lon, lat)
    chainage_km = found["chainage_km"].to_numpy(dtype=float)
    segment = found["segment"].to_numpy(dtype=np.int64)
    here, behind, ahead = _courses(line, chainage_km, segment)
    away = _offsets_m(here, np.column_stack([lon, lat]))
    leftward = (_left(behind + ahead) * away).sum(axis=1)
    low, high, _ = _part_ranges(line, segment)
    at_low = chainage_km - low < high - chainage_km
    past_m = np.where(at_low, -(ahead * away).sum(axis=1), (behind * away).sum(axis=1))
    setback_km = found["line_m"].to_numpy(dtype=float) / 1000
    own = leftward * own_signs(line)[segment] >= -_ON_LINE_M
    if "own_depth_km" in line:
        own &= ~(setback_km.round(3) > line["own_depth_km"].to_numpy(dtype=float)[segment])
    return Sides(
        chainage_km=chainage_km,
        setback_km=setback_km,
        segment=segment,
        own=own,
        beyond=found["at_end"].to_numpy(dtype=bool) & (past_m > _BEYOND_M),
    )


def place_inward(
    line: gpd.GeoDataFrame, chainage_km: Floats, segment: Longs, km: Floats | float
) -> tuple[Floats, Floats]:
    """Return the places so many km straight inward of chainages on given segments.

    In a bend straight is halfway between its arms. A place may lie across another part of the
    line: ask `find_sides`. Where the line does not know its own side there is no inward, and `km`
    is 0.
    """
    here, behind, ahead = _courses(line, chainage_km, segment)
    inward = _left(_unit(behind + ahead, behind)) * own_signs(line)[segment][:, None]
    azimuth = np.degrees(np.arctan2(inward[:, 0], inward[:, 1]))
    metres = np.broadcast_to(np.asarray(km, dtype=float) * 1000, azimuth.shape)
    lon, lat, _ = GEOD.fwd(here[:, 0], here[:, 1], azimuth, metres)
    return np.asarray(lon), np.asarray(lat)


def part_ranges(line: gpd.GeoDataFrame) -> list[tuple[int, int, float, float, bool]]:
    """Return of each part its first segment, that behind its last, both chainages, and if closed.

    A closed part ends where it begins.
    """
    part = line["part"].to_numpy()
    first = np.append(0, np.flatnonzero(part[1:] != part[:-1]) + 1)
    after = np.append(first[1:], len(part))
    begin = line["chainage_from_km"].to_numpy(dtype=float)[first]
    end = line["chainage_to_km"].to_numpy(dtype=float)[after - 1]
    shapes = line.geometry.to_numpy()
    starts = [shapes[one].coords[0] for one in first]
    stops = [shapes[one - 1].coords[-1] for one in after]
    lon1, lat1, lon2, lat2 = np.hstack([starts, stops]).T
    closed = point_distances_m(lon1, lat1, lon2, lat2) < _ON_LINE_M
    return list(
        zip(first.tolist(), after.tolist(), begin.tolist(), end.tolist(), closed.tolist(),
            strict=True)
    )  # fmt: skip


def _part_ranges(line: gpd.GeoDataFrame, segment: Longs) -> tuple[Floats, Floats, Flags]:
    """Return of the part of each segment both chainages and whether it is closed."""
    ranges = part_ranges(line)
    of = np.searchsorted([one[0] for one in ranges], segment, side="right") - 1
    low, high, closed = (np.array([one[at] for one in ranges])[of] for at in (2, 3, 4))
    return low, high, closed


def _courses(
    line: gpd.GeoDataFrame, chainage_km: Floats, segment: Longs
) -> tuple[Floats, Floats, Floats]:
    """Return places of the line, and as unit vectors where it comes from and goes to there.

    At an end of a part it comes from, or goes, straight on.
    """
    low, high, closed = _part_ranges(line, segment)
    places = []
    for step in (0.0, -_STEP_KM, _STEP_KM):
        at = chainage_km + step
        at = np.where(closed, low + (at - low) % (high - low), at)
        at = np.clip(at, low + _WITHIN_KM, high - _WITHIN_KM)
        places.append(np.column_stack(place_on_line(line, at)))
    here, before, after = places
    behind, ahead = _offsets_m(before, here), _offsets_m(here, after)
    return here, _unit(behind, ahead), _unit(ahead, behind)


def _offsets_m(one: Floats, other: Floats) -> Floats:
    """Return metres east and north from places to others near to them."""
    east_m, north_m = metres_per_degree((one[:, 1] + other[:, 1]) / 2)
    lon = (other[:, 0] - one[:, 0] + 180) % 360 - 180
    return np.column_stack([lon * east_m, (other[:, 1] - one[:, 1]) * north_m])


def _unit(steps: Floats, otherwise: Floats) -> Floats:
    """Return steps as unit vectors, others in place of those that lead nowhere."""
    length = np.hypot(*steps.T)
    short = length < 1e-5
    steps = np.where(short[:, None], otherwise, steps)
    return np.asarray(steps / np.maximum(np.hypot(*steps.T), 1e-12)[:, None])


def _left(steps: Floats) -> Floats:
    return np.column_stack([-steps[:, 1], steps[:, 0]])


def own_signs(line: gpd.GeoDataFrame) -> Floats:
    """Return for each segment 1 where the own side is the left, -1 the right, 0 not known."""
    if "own_side" not in line:
        return np.zeros(len(line))
    side = line["own_side"].to_numpy()
    return np.where(side == "left", 1.0, np.where(side == "right", -1.0, 0.0))
