"""Chainage: where along a frontier a place lies, and the place at so many kilometres of it.

The nearest place of the line is looked for in space, among steps so short that they leave the
ellipsoid by millimetres, in blocks whose spheres tell which ones need not be asked; then it is
moved along the geodesic until the way to it is square to the line, as in S. Baselga and
J. C. Martínez-Llario, Intersection and point-to-line solutions for geodesics on the ellipsoid
(Studia Geophysica et Geodaetica, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.compilation import compiled
from boxreach.crs import GEOD, Floats
from boxreach.errors import Fault, InputError
from boxreach.sources.segments import Course, Positions, steps_m

_STEP_M = 500.0
_BLOCK = 16
_ROUNDS = 4
_RADIUS_M = 6_371_000.0
_END_M = 1e-3
_OFF_LINE_KM = 1e-6


def find_chainages(
    line: gpd.GeoDataFrame,
    lon: npt.ArrayLike,
    lat: npt.ArrayLike,
) -> pd.DataFrame:
    """Find the nearest place of a frontier to each point.

    Parameters
    ----------
    line
        Segments from `boxreach.read_frontier`, or pieces of them, from north to south.
    lon, lat
        The points, in degrees.

    Returns
    -------
    pandas.DataFrame
        A row a point: ``chainage_km``; ``line_m``, how far the line is, in metres along the
        geodesic; ``segment``, the position in `line` of the segment; ``at_end``, whether the
        nearest place is an end of a part of the line (a closed part has none). Of several places
        equally near, the one of the least chainage.

    Raises
    ------
    InputError
        If a point is no place on earth.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = gpd.GeoDataFrame(
    ...     {"part": [1], "chainage_from_km": [0.0], "chainage_to_km": [9.345294]},
    ...     geometry=[LineString([(44.0, 33.0), (44.1, 33.0)])], crs=4326)
    >>> find_chainages(line, [44.05, 44.2], [33.01, 33.0]).round(2)
       chainage_km   line_m  segment  at_end
    0         4.67  1107.94        0   False
    1         9.35  9345.32        0    True
    """
    lon, lat = (np.array(one, dtype=float).ravel() for one in (lon, lat))
    if not ((np.abs(lon) <= 360) & (np.abs(lat) <= 90)).all():
        raise InputError(Fault("a point is no place on earth", advice="give degrees"))
    steps = _Steps.of(line)
    step, share = steps.find_nearest(lon, lat)
    along_m, line_m = steps.square_on(step, share, lon, lat)
    start, length = steps.from_km[step], steps.to_km[step] - steps.from_km[step]
    chainage = start + length * (along_m / np.where(steps.metres > 0, steps.metres, 1)[step])
    at_end = steps.opens[step] & (along_m <= _END_M)
    at_end |= steps.closes[step] & (along_m >= steps.metres[step] - _END_M)
    return pd.DataFrame(
        {
            "chainage_km": chainage,
            "line_m": line_m,
            "segment": steps.segment[step],
            "at_end": at_end,
        }
    )


def place_on_line(line: gpd.GeoDataFrame, chainage_km: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return longitude and latitude of the places of a frontier at so many kilometres.

    Parameters
    ----------
    line
        As in `find_chainages`.
    chainage_km
        From the first chainage of the line to its last. Where one part ends and the next begins,
        the place is the beginning of the next.

    Raises
    ------
    InputError
        If a chainage is not on the line.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = gpd.GeoDataFrame(
    ...     {"chainage_from_km": [0.0], "chainage_to_km": [9.345294]},
    ...     geometry=[LineString([(44.0, 33.0), (44.1, 33.0)])], crs=4326)
    >>> lon, lat = place_on_line(line, [0.0, 4.672647])
    >>> lon.round(4).tolist(), lat.round(4).tolist()
    ([44.0, 44.05], [33.0, 33.0])
    """
    km = np.array(chainage_km, dtype=float).ravel()
    start = line["chainage_from_km"].to_numpy(dtype=float)
    end = line["chainage_to_km"].to_numpy(dtype=float)
    segment = (np.searchsorted(start, km, side="right") - 1).clip(0)
    on_line = (km >= start[segment] - _OFF_LINE_KM) & (km <= end[segment] + _OFF_LINE_KM)
    if not on_line.all():
        first = km[~on_line][0]
        what = f"km {first:g} is not on the line, which goes from {start[0]:g} to {end[-1]:g}"
        raise InputError(Fault(what, advice="give a chainage of the line"))
    return Course.of(line).within(segment, km)


@dataclass(frozen=True, eq=False)
class _Steps:
    """A line in short steps along the geodesics: where they begin and end, and of what they are."""

    start: Floats
    end: Floats
    metres: Floats
    from_km: Floats
    to_km: Floats
    segment: Positions
    opens: npt.NDArray[np.bool_]
    closes: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, line: gpd.GeoDataFrame) -> _Steps:
        course = Course.of(line).densify(_STEP_M)
        at, _ = course.middles()
        ends = np.column_stack([course.lon, course.lat])
        start, end, segment = ends[at], ends[at + 1], course.owner[at]
        part = line["part"].to_numpy()[segment] if "part" in line else np.ones(len(segment))
        changes = part[1:] != part[:-1]
        opens, closes = np.append(True, changes), np.append(changes, True)
        gap = np.abs(start[opens] - end[closes])
        closed = (gap[:, 1] == 0) & np.isin(gap[:, 0], (0.0, 360.0))
        opens[opens], closes[closes] = ~closed, ~closed
        metres = steps_m(course.lon, course.lat)[at]
        return cls(start, end, metres, course.km[at], course.km[at + 1], segment, opens, closes)

    def find_nearest(self, lon: Floats, lat: Floats) -> tuple[Positions, Floats]:
        """Return the nearest step to each point, and how far along it the nearest place lies."""
        start, end = (_in_space(*one.T) for one in (self.start, self.end))
        bounds = np.append(np.arange(0, len(start), _BLOCK), len(start))
        centre = (np.minimum.reduceat(np.minimum(start, end), bounds[:-1])
                  + np.maximum.reduceat(np.maximum(start, end), bounds[:-1])) / 2  # fmt: skip
        block = np.repeat(np.arange(len(centre)), np.diff(bounds))
        away = np.maximum(*(np.linalg.norm(one - centre[block], axis=1) for one in (start, end)))
        radius = np.maximum.reduceat(away, bounds[:-1])
        return _find_nearest(_in_space(lon, lat), start, end, bounds, centre, radius)

    def square_on(
        self, step: Positions, share: Floats, lon: Floats, lat: Floats
    ) -> tuple[Floats, Floats]:
        """Return the metres along each step of the place nearest to a point, and those to it."""
        start_lon, start_lat = self.start[step].T
        ahead, _, length = GEOD.inv(start_lon, start_lat, *self.end[step].T)
        along = share * length
        for _ in range(_ROUNDS):
            here_lon, here_lat, back = GEOD.fwd(start_lon, start_lat, ahead, along)
            azimuth, _, metres = GEOD.inv(here_lon, here_lat, lon, lat)
            turn = np.cos(np.radians(azimuth - back - 180))
            far = np.tan(np.minimum(metres / _RADIUS_M, 1.5))
            along = np.clip(along + _RADIUS_M * np.arctan(far * turn), 0, length)
        here_lon, here_lat, _ = GEOD.fwd(start_lon, start_lat, ahead, along)
        return along, np.asarray(GEOD.inv(here_lon, here_lat, lon, lat)[2])


def _in_space(lon: Floats, lat: Floats) -> Floats:
    """Return places on the ellipsoid in metres from the centre of the earth, a row x, y, z each."""
    east, north = np.radians(lon), np.radians(lat)
    normal = GEOD.a / np.sqrt(1 - GEOD.es * np.sin(north) ** 2)
    return np.column_stack(
        [
            normal * np.cos(north) * np.cos(east),
            normal * np.cos(north) * np.sin(east),
            normal * (1 - GEOD.es) * np.sin(north),
        ]
    )


@compiled
def _find_nearest(
    point: Floats,
    start: Floats,
    end: Floats,
    bounds: Positions,
    centre: Floats,
    radius: Floats,
) -> tuple[Positions, Floats]:
    """Return for each point the first of the nearest steps, and the share of it gone."""
    nearest, shares = np.zeros(len(point), np.int64), np.zeros(len(point))
    for one in range(len(point)):
        x, y, z = point[one, 0], point[one, 1], point[one, 2]
        most = np.inf
        for block in range(len(radius)):
            most = min(most, _gap(x, y, z, centre, block) + radius[block])
        least = (most + 1e-3) ** 2
        for block in range(len(radius)):
            clear = _gap(x, y, z, centre, block) - radius[block]
            if clear > 0 and clear * clear > least:
                continue
            for step in range(bounds[block], bounds[block + 1]):
                far, share = _meet(x, y, z, start, end, step)
                if far < least:
                    least = far
                    nearest[one], shares[one] = step, share
    return nearest, shares


@compiled
def _gap(x: float, y: float, z: float, places: Floats, at: int) -> float:
    return float(
        np.sqrt((places[at, 0] - x) ** 2 + (places[at, 1] - y) ** 2 + (places[at, 2] - z) ** 2)
    )


@compiled
def _meet(x: float, y: float, z: float, start: Floats, end: Floats, at: int) -> tuple[float, float]:
    """Return the square of the way from a place to a step, and the share of the step there."""
    ux, uy, uz = end[at, 0] - start[at, 0], end[at, 1] - start[at, 1], end[at, 2] - start[at, 2]
    px, py, pz = x - start[at, 0], y - start[at, 1], z - start[at, 2]
    square, dot = ux * ux + uy * uy + uz * uz, px * ux + py * uy + pz * uz
    if dot <= 0 or square == 0:
        return px * px + py * py + pz * pz, 0.0
    if dot >= square:
        px, py, pz = x - end[at, 0], y - end[at, 1], z - end[at, 2]
        return px * px + py * py + pz * pz, 1.0
    share = dot / square
    px, py, pz = px - share * ux, py - share * uy, pz - share * uz
    return px * px + py * py + pz * pz, share
