"""Areas with a speed of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from boxreach.crs import Floats
from boxreach.sources.speed_zones import require_speed_zones

Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

_LEGS_AT_ONCE = 500_000


@dataclass(frozen=True, eq=False)
class ZoneParts:
    """Parts of legs that lie wholly inside or outside of each zone, by leg and then by start.

    Attributes
    ----------
    leg
        Of which leg; every leg has a part.
    start, end
        From and to which share of it.
    kmh, factor
        The least ``speed_kmh`` and ``speed_factor`` of the zones it lies in; infinite where none
        of them has any.
    """

    leg: Integers
    start: Floats
    end: Floats
    kmh: Floats
    factor: Floats

    def slow(self, kmh: Floats) -> Floats:
        """Return the speeds of the parts with those of the zones in place; the slowest holds."""
        inside = np.minimum(self.kmh, kmh * self.factor)
        return np.where(np.isfinite(inside), inside, kmh)


class _Spans(NamedTuple):
    """Spans of legs, from and to a share of them, that lie in zones."""

    zone: Integers
    leg: Integers
    start: Floats
    end: Floats


@dataclass(frozen=True, eq=False)
class SpeedZones:
    """Areas in which vehicles drive at a given speed, or at a share of the model's.

    Attributes
    ----------
    table
        Polygons in EPSG:4326 with ``speed_kmh`` or ``speed_factor``.
    """

    table: gpd.GeoDataFrame

    @classmethod
    def of(cls, zones: gpd.GeoDataFrame) -> SpeedZones:
        """Return checked zones in EPSG:4326."""
        return cls(require_speed_zones(zones))

    def divide(self, legs: Floats) -> ZoneParts:
        """Return the parts into which the outlines of the zones divide straight legs.

        What runs along an outline lies in its zone; what only touches it does not.

        Parameters
        ----------
        legs
            Longitude and latitude of both ends, four columns.

        Examples
        --------
        >>> area = gpd.GeoDataFrame(
        ...     {"speed_kmh": [30.0]}, geometry=[shapely.box(44.25, 32, 46, 34)], crs=4326)
        >>> parts = SpeedZones.of(area).divide(np.array([[44.0, 33.0, 45.0, 33.0]]))
        >>> parts.start.tolist(), parts.end.tolist(), parts.kmh.tolist()
        ([0.0, 0.25], [0.25, 1.0], [inf, 30.0])
        """
        spans = self._spans(legs)
        count = len(legs)
        # A span to the end of its leg ends where the next leg begins; the last one stands for that.
        to_end = spans.end >= 1
        closing = spans.leg + to_end
        leg = np.concatenate([np.arange(count + 1), spans.leg, closing])
        share = np.concatenate([np.zeros(count + 1), spans.start, np.where(to_end, 0, spans.end)])
        order = np.lexsort((share, leg))
        fresh = np.append(True, (np.diff(leg[order]) != 0) | (np.diff(share[order]) != 0))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.cumsum(fresh) - 1
        first = order[fresh][:-1]
        leg, start = leg[first], share[first]
        last = np.append(np.diff(leg) != 0, True)[: len(leg)]
        end = np.where(last, 1.0, np.append(start[1:], 1.0)[: len(start)])
        opening, closing = rank[count + 1 :].reshape(2, -1)
        length = closing - opening
        span = np.repeat(np.arange(len(length)), length)
        part = np.arange(len(span)) + (opening - np.cumsum(length) + length)[span]
        slowest = {name: np.full(len(leg), np.inf) for name in ("speed_kmh", "speed_factor")}
        for name, value in slowest.items():
            given = np.nan_to_num(self._column(name), nan=np.inf)
            np.minimum.at(value, part, given[spans.zone[span]])
        return ZoneParts(leg, start, end, slowest["speed_kmh"], slowest["speed_factor"])

    def lift(self, kmh: float) -> float:
        """Return what no road is faster than in any zone or outside, if none is by itself."""
        own, share = (self._column(name) for name in ("speed_kmh", "speed_factor"))
        most = [kmh, *own[~np.isnan(own)], *(kmh * share[~np.isnan(share)])]
        return float(max(most))

    def _spans(self, legs: Floats) -> _Spans:
        """Return which spans of legs lie in which zones."""
        areas = self.table.geometry.to_numpy()
        shapely.prepare(areas)
        west, south, east, north = self.table.total_bounds
        lon, lat = legs[:, ::2], legs[:, 1::2]
        near = np.flatnonzero(
            (lon.min(axis=1) <= east) & (lon.max(axis=1) >= west)
            & (lat.min(axis=1) <= north) & (lat.max(axis=1) >= south)
        )  # fmt: skip
        batches = [
            _find_spans(areas, legs[some], some)
            for some in np.split(near, range(_LEGS_AT_ONCE, len(near), _LEGS_AT_ONCE))
        ]
        return _Spans(*(np.concatenate(columns) for columns in zip(*batches, strict=True)))

    def _column(self, name: str) -> Floats:
        if name not in self.table:
            return np.full(len(self.table), np.nan)
        values: Floats = self.table[name].to_numpy(dtype=float, na_value=np.nan)
        return values


def _find_spans(areas: Shapes, legs: Floats, number: Integers) -> _Spans:
    """Return which spans of legs, known by their numbers, lie in which areas."""
    lines = shapely.linestrings(legs.reshape(-1, 2, 2))
    zone, leg = shapely.STRtree(lines).query(areas, predicate="intersects")
    long = shapely.length(lines[leg]) > 0
    zone, leg = zone[long], leg[long]
    whole = shapely.covers(areas[zone], lines[leg])
    crossing = _cross(areas, lines, zone[~whole], leg[~whole])
    return _Spans(
        zone=np.append(zone[whole], crossing.zone),
        leg=number[np.append(leg[whole], crossing.leg)],
        start=np.append(np.zeros(whole.sum()), crossing.start),
        end=np.append(np.ones(whole.sum()), crossing.end),
    )


def _cross(areas: Shapes, lines: Shapes, zone: Integers, leg: Integers) -> _Spans:
    """Return the spans of legs that lie partly in a zone."""
    pieces, pair = shapely.get_parts(
        shapely.intersection(lines[leg], areas[zone]), return_index=True
    )
    ends = [
        shapely.line_locate_point(lines[leg[pair]], shapely.get_point(pieces, end), normalized=True)
        for end in (0, -1)
    ]
    start, end = np.minimum(*ends), np.maximum(*ends)
    some = start < end  # touching is no stretch, and has no ends
    return _Spans(zone[pair[some]], leg[pair[some]], start[some], end[some])
