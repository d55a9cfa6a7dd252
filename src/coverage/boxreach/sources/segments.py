"""Lines cut into segments of equal geodesic length, and segments cut again where that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import LineString

from boxreach.crs import GEOD, WGS84, Floats, point_distances_m
from boxreach.errors import Fault, InputError

Shapes = npt.NDArray[np.object_]
Positions = npt.NDArray[np.intp]

NEAREST_CUT_KM = 0.001
"""Cuts are no nearer to each other than this."""

_SAME_KM = 1e-9
_DECIMALS = (1, 3, 6, 9)


@dataclass(frozen=True, eq=False)
class Course:
    """The vertices of lines, one line after the other, and how far along each lies.

    Attributes
    ----------
    lon, lat
        In degrees.
    km
        The chainage; it never falls.
    owner
        The position of the line that each vertex is of.
    """

    lon: Floats
    lat: Floats
    km: Floats
    owner: Positions

    @classmethod
    def of(cls, line: gpd.GeoDataFrame) -> Course:
        """Return the course of segments (EPSG:4326), by their own chainages.

        Between the ends of a segment, whose chainages are kept to the bit, lengths are those of the
        geodesics between its vertices.
        """
        coordinates, owner = shapely.get_coordinates(line.geometry.to_numpy(), return_index=True)
        lon, lat = coordinates.T
        first = np.searchsorted(owner, np.arange(len(line)))
        last = np.append(first[1:], len(owner)) - 1
        along = np.append(0.0, np.cumsum(steps_m(lon, lat)))
        start = line["chainage_from_km"].to_numpy(dtype=float)
        end = line["chainage_to_km"].to_numpy(dtype=float)
        length = along[last] - along[first]
        share = (along - along[first][owner]) / np.where(length > 0, length, 1)[owner]
        km = start[owner] + share * (end - start)[owner]
        km[last] = end
        return cls(lon, lat, km, owner)

    def places(self, at: Positions, km: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude at chainages between the vertices `at` and those after."""
        after = at + 1
        azimuth, _, metres = GEOD.inv(self.lon[at], self.lat[at], self.lon[after], self.lat[after])
        span = self.km[after] - self.km[at]
        share = np.clip((km - self.km[at]) / np.where(span > 0, span, 1), 0, 1)
        lon, lat, _ = GEOD.fwd(self.lon[at], self.lat[at], azimuth, share * metres)
        lon = np.where(share == 0, self.lon[at], np.where(share == 1, self.lon[after], lon))
        lat = np.where(share == 0, self.lat[at], np.where(share == 1, self.lat[after], lat))
        # What lies on the antimeridian stays on the side of its line.
        lon += 360 * np.round((self.lon[at] - lon) / 360)
        return lon, lat

    def middles(self) -> tuple[Positions, Floats]:
        """Return the vertices from which a step goes on, and the chainages of its middle."""
        at = np.flatnonzero(self.owner[1:] == self.owner[:-1])
        return at, (self.km[at] + self.km[at + 1]) / 2

    def within(self, owner: Positions, km: Floats) -> tuple[Floats, Floats]:
        """Return the places at chainages of lines that are told by their positions."""
        first = np.searchsorted(self.owner, owner)
        last = np.searchsorted(self.owner, owner, side="right") - 1
        # Where lines meet, two vertices have one chainage: only one of them goes on from there.
        at = np.searchsorted(self.km, km, side="right") - 1
        return self.places(np.clip(at, first, last - 1), km)

    def densify(self, step_m: float) -> Course:
        """Return the course with vertices on the geodesics, none so far from the next."""
        at = np.flatnonzero(self.owner[1:] == self.owner[:-1])
        metres = steps_m(self.lon, self.lat)[at]
        more = np.maximum(np.ceil(metres / step_m).astype(np.intp) - 1, 0)
        number = np.arange(more.sum()) - np.repeat(np.cumsum(more) - more, more) + 1
        before, share = np.repeat(at, more), number / np.repeat(more + 1, more)
        km = self.km[before] + share * (self.km[before + 1] - self.km[before])
        lon, lat = self.places(before, km)
        lon, lat, km = (
            np.insert(one, before + 1, new)
            for one, new in ((self.lon, lon), (self.lat, lat), (self.km, km))
        )
        return Course(lon, lat, km, np.insert(self.owner, before + 1, self.owner[before]))

    def cut(self, cuts_km: Floats) -> tuple[Shapes, Positions, Floats, Floats]:
        """Return the pieces between cuts, whose they are, and where they begin and end.

        Parameters
        ----------
        cuts_km
            Rising, each strictly within a line.
        """
        after = np.searchsorted(self.km, cuts_km, side="right")
        points = np.column_stack(self.places(after - 1, cuts_km))
        near = [
            np.abs(self.km[(after + one).clip(0, len(self.km) - 1)] - cuts_km) <= _SAME_KM
            for one in (-1, 0)
        ]
        dropped = np.concatenate([(after - 1)[near[0]], after[near[1]]])
        begins = np.append(True, self.owner[1:] != self.owner[:-1])
        twice = np.repeat(after, 2)
        coordinates = np.insert(
            np.column_stack([self.lon, self.lat]), twice, np.repeat(points, 2, axis=0), axis=0
        )
        km = np.insert(self.km, twice, np.repeat(cuts_km, 2))
        begins = np.insert(begins, twice, np.tile([False, True], len(cuts_km)))
        owner = np.insert(self.owner, twice, np.repeat(self.owner[after - 1], 2))
        kept = np.ones(len(self.km), dtype=bool)
        kept[dropped] = False
        kept = np.insert(kept, twice, True)
        km, begins, owner = km[kept], begins[kept], owner[kept]
        pieces = shapely.linestrings(coordinates[kept], indices=np.cumsum(begins) - 1)
        first = np.flatnonzero(begins)
        last = np.append(first[1:], len(km)) - 1
        return pieces, owner[first], km[first], km[last]


def split_segments(
    line: gpd.GeoDataFrame, at_km: Sequence[float] | npt.NDArray[np.floating]
) -> gpd.GeoDataFrame:
    """Cut the segments of a frontier at further chainages.

    Parameters
    ----------
    line
        Segments from `boxreach.read_frontier`, or pieces of them, from north to south.
    at_km
        Where to cut, in kilometres of chainage, in any order. What lies on an end of a segment, off
        the line, or nearer than 1 m to another cut or such an end cuts nothing.

    Returns
    -------
    geopandas.GeoDataFrame
        A piece a row, index ``piece_id`` (named as segments are, by the kilometre at which it
        begins); ``segment_id``, the segment of which it is a piece; the columns of `line`, of which
        ``chainage_from_km``, ``chainage_to_km`` and ``km`` are those of the piece.

    Raises
    ------
    InputError
        If a chainage is no number.

    Examples
    --------
    >>> whole, km = LineString([(44.0, 33.0), (44.1, 33.0)]), 9.345294
    >>> line = gpd.GeoDataFrame(
    ...     {"chainage_from_km": [0.0], "chainage_to_km": [km], "km": [km]},
    ...     index=["km-00.0"], geometry=[whole], crs=4326)
    >>> split_segments(line, [2.5, 2.5002])[["segment_id", "km"]].round(3).to_dict("split")["data"]
    [['km-00.0', 2.5], ['km-00.0', 6.845]]
    """
    cuts_km = np.asarray(at_km, dtype=float).ravel()
    if not np.isfinite(cuts_km).all():
        raise InputError(Fault("at_km holds what is no number", advice="give kilometres"))
    cuts_km = _thin_cuts(line, cuts_km)
    pieces, owner, start, end = Course.of(line).cut(cuts_km)
    ids = line.get("segment_id", line.index)
    index = pd.Index(chainage_ids(np.append(start, end[-1])), name="piece_id", dtype=object)
    table = line.drop(columns="segment_id", errors="ignore").iloc[owner].set_axis(index)
    table.insert(0, "segment_id", np.asarray(ids, dtype=object)[owner])
    table = table.set_geometry(pieces, crs=WGS84)
    return table.assign(chainage_from_km=start, chainage_to_km=end, km=geodesic_km(pieces))


def _thin_cuts(line: gpd.GeoDataFrame, cuts_km: Floats) -> Floats:
    """Return the cuts that lie within segments, rising and none nearer than 1 m to another."""
    start, end = (line[f"chainage_{one}_km"].to_numpy(dtype=float) for one in ("from", "to"))
    cuts_km = np.unique(cuts_km)
    at = np.searchsorted(start, cuts_km, side="right") - 1
    within = (at >= 0) & (cuts_km - start[at] >= NEAREST_CUT_KM)
    within &= end[at] - cuts_km >= NEAREST_CUT_KM
    kept, last = [], -np.inf
    for one in cuts_km[within].tolist():
        if one - last >= NEAREST_CUT_KM:
            kept.append(one)
            last = one
    return np.array(kept, dtype=float)


def geodesic_km(lines: Shapes) -> Floats:
    """Return the length of each line (EPSG:4326) along the geodesics between its vertices.

    Examples
    --------
    >>> geodesic_km(np.array([LineString([(44.0, 33.0), (45.0, 33.0)])])).round(3).tolist()
    [93.453]
    """
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    metres = steps_m(*coordinates.T)
    same = owner[1:] == owner[:-1]
    sums = np.bincount(owner[1:][same], weights=metres[same], minlength=len(lines))
    return np.asarray(sums / 1000, dtype=float)


def steps_m(lon: Floats, lat: Floats) -> Floats:
    """Return the geodesic metres from each place to the next."""
    return np.asarray(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])


def cut_line(line: LineString, segment_km: float) -> tuple[Shapes, Floats]:
    """Return the segments of a line (EPSG:4326), and the kilometres at which they begin and end.

    Parameters
    ----------
    line
        Of some length.
    segment_km
        The longest a segment may be; all have the same length along the geodesics between the
        vertices.

    Examples
    --------
    >>> pieces, cuts_km = cut_line(LineString([(44.0, 33.0), (44.1, 33.0)]), 5.0)
    >>> len(pieces), cuts_km.round(2).tolist()
    (2, [0.0, 4.67, 9.35])
    """
    lon, lat = shapely.get_coordinates(line).T
    steps = point_distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    km = np.append(0.0, np.cumsum(steps)) / 1000
    cuts_km = equal_cuts(km[-1], segment_km)
    pieces, *_ = Course(lon, lat, km, np.zeros(len(km), dtype=np.intp)).cut(cuts_km[1:-1])
    return pieces, cuts_km


def equal_cuts(km: float, segment_km: float) -> Floats:
    """Return where a line of so many kilometres is cut so that no segment is longer than that."""
    return np.linspace(0, km, max(1, int(np.ceil(km / segment_km - 1e-9))) + 1)


def chainage_ids(cuts_km: Floats) -> list[str]:
    """Return an id for each segment by the kilometre at which it begins.

    Examples
    --------
    >>> chainage_ids(np.array([0.0, 5.0, 10.0])), chainage_ids(np.array([0.0, 0.01, 0.02]))
    (['km-00.0', 'km-05.0'], ['km-0.000', 'km-0.010'])
    """
    width = len(f"{cuts_km[-1]:.0f}")
    ids: list[str] = []
    for decimals in _DECIMALS:
        ids = [f"km-{one:0{width + 1 + decimals}.{decimals}f}" for one in cuts_km[:-1]]
        if len(set(ids)) == len(ids):
            break
    return ids
