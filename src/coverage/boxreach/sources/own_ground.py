"""The own side of a frontier: where the own areas lie, and how deep they go."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from shapely import Geometry

from boxreach.crs import GEOD, Floats
from boxreach.errors import Fault, InputError
from boxreach.extents import Bounds, meets_swapped
from boxreach.sources.segments import Course, Positions, Shapes

_SIDE_PROBES_M = (1_000.0, 2_000.0, 5_000.0, 10_000.0, 20_000.0)
"""Near ones tell the side of narrow ground, far ones that of areas drawn beside the line."""

_CLEAR_SHARE = 2 / 3
_PROBES = 97
_PROBE_TANGENT_M = 50.0
_TANGENT_M = 1.0
_DEPTH_M = 50_000.0
_STRAY_M = 10_000.0
"""How far inside the line the areas may begin and still be those of its own side."""

_RAY_M = 1_000.0
_MARGIN_DEGREES = 0.7
"""More than what a ray is long, in degrees of latitude."""


def tell_own_side(line: gpd.GeoDataFrame, areas: Shapes, *, file: str) -> gpd.GeoDataFrame:
    """Return segments with ``own_side`` and ``own_depth_km``, as `read_frontier` gives them.

    Parameters
    ----------
    line
        Segments in degrees, none across the antimeridian, with ``part``.
    areas
        Polygons of the own country.
    file
        Where the line comes from, for the messages.

    Raises
    ------
    InputError
        With every part of the line whose own side the areas do not tell.
    """
    bounds = tuple(line.total_bounds)
    ground = shapely.union_all(shapely.intersection(areas, _surroundings(bounds)))
    shapely.prepare(ground)
    swapped = meets_swapped(bounds, tuple(shapely.total_bounds(areas)))
    part = line["part"].to_numpy()
    course = _by_part(line)
    faults, on_left = [], np.zeros(len(line), dtype=bool)
    for one in np.unique(part):
        share = _left_share(course, one, ground)
        if share is None or max(share, 1 - share) < _CLEAR_SHARE:
            name = "" if part[-1] == 1 else f" of part {one}"
            faults.append(_no_side(share, name, file, swapped=swapped))
        else:
            on_left[part == one] = share > 0.5
    if faults:
        raise InputError(*faults)
    middle = line[["chainage_from_km", "chainage_to_km"]].to_numpy().mean(axis=1)
    lon, lat, ahead = _headings(course, part, middle, _TANGENT_M)
    depths_m = _depths_m(lon, lat, ahead + np.where(on_left, -90.0, 90.0), ground)
    sides = np.where(on_left, "left", "right").astype(object)
    return line.assign(own_side=sides, own_depth_km=depths_m / 1000)


def _by_part(line: gpd.GeoDataFrame) -> Course:
    """Return the course of the parts as wholes."""
    course = Course.of(line)
    return replace(course, owner=line["part"].to_numpy()[course.owner])


def _surroundings(bounds: Bounds) -> Geometry:
    west, south, east, north = bounds
    highest = min(max(abs(south), abs(north)) + _MARGIN_DEGREES, 89.0)
    wide = _MARGIN_DEGREES / np.cos(np.radians(highest))
    return shapely.box(
        max(west - wide, -180),
        max(south - _MARGIN_DEGREES, -90),
        min(east + wide, 180),
        min(north + _MARGIN_DEGREES, 90),
    )


def _left_share(course: Course, part: int, ground: Geometry) -> float | None:
    """Return in which share of the places that tell the ground lies on the left of a part."""
    first, last = course.km[course.owner == part][[0, -1]]
    km = first + np.linspace(0.02, 0.98, _PROBES) * (last - first)
    count = len(_SIDE_PROBES_M)
    lon, lat, ahead = (
        np.repeat(one, count)
        for one in _headings(course, np.full(len(km), part), km, _PROBE_TANGENT_M)
    )
    metres = np.tile(_SIDE_PROBES_M, len(km))
    left, right = (
        shapely.contains_xy(ground, *GEOD.fwd(lon, lat, ahead + turn, metres)[:2])
        for turn in (-90.0, 90.0)
    )
    deciding = int((left != right).sum())
    return float((left & ~right).sum() / deciding) if deciding else None


def _headings(
    course: Course, part: Positions, km: Floats, tangent_m: float
) -> tuple[Floats, Floats, Floats]:
    """Return the places at chainages, and the azimuths in which the line goes on there."""
    first = course.km[np.searchsorted(course.owner, part)]
    last = course.km[np.searchsorted(course.owner, part, side="right") - 1]
    behind, ahead = (
        course.within(part, np.clip(km + step, first, last))
        for step in (-tangent_m / 1000, tangent_m / 1000)
    )
    lon, lat = course.within(part, km)
    return lon, lat, np.asarray(GEOD.inv(*behind, *ahead)[0])


def _no_side(share: float | None, name: str, file: str, *, swapped: bool) -> Fault:
    found = "on neither" if share is None else f"on its left in {share:.0%} of the places that tell"
    advice = "longitude and latitude of either look swapped"
    advice = advice if swapped else "give the areas of one country"
    what = f"its own side{name} cannot be told: the areas lie {found}"
    return Fault(what, file, advice=advice)


def _depths_m(lon: Floats, lat: Floats, inward: Floats, ground: Geometry) -> Floats:
    """Return where the first own ground met inward of each place ends; 0 where there is none."""
    metres = np.arange(0, _DEPTH_M + 1, _RAY_M)
    start = [np.repeat(one, len(metres)) for one in (lon, lat, inward)]
    x, y, _ = GEOD.fwd(start[0], start[1], start[2], np.tile(metres, len(lon)))
    rays = shapely.linestrings(np.column_stack([x, y]).reshape(len(lon), len(metres), 2))
    parts, owner = shapely.get_parts(shapely.intersection(rays, ground), return_index=True)
    drawn = shapely.get_num_points(parts) > 1  # others only touch, or are none
    parts, owner = parts[drawn], owner[drawn]
    tips = shapely.get_coordinates(shapely.get_point(parts[:, None], [0, -1]).ravel())
    whose = np.repeat(owner, 2)
    far = GEOD.inv(lon[whose], lat[whose], tips[:, 0], tips[:, 1])[2].reshape(-1, 2)
    depths_m = np.zeros(len(lon))
    order = np.argsort(far.min(axis=1), kind="stable")[::-1]
    near = order[far.min(axis=1)[order] <= _STRAY_M]
    depths_m[owner[near]] = far.max(axis=1)[near]
    return depths_m
