"""Legs: the straight parts of edges, between one vertex and the next.

Whole milliseconds are counted leg by leg, so the time of an edge is the sum of its parts wherever
a junction divides it, and a faster road is no slower on any part of it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.crs import GEOD, Floats

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

UNITS_PER_DEGREE = 10_000_000
"""Coordinates are whole numbers of 1e-7 degrees, a centimetre, as in OpenStreetMap."""

LONGEST_MS = 2**29
"""An edge or a chain takes at most this long, 6 days, so that sums fit into 32 bits."""

_SLOWEST = 2.0**32
"""A millisecond so many times as long is beyond `LONGEST_MS`; sums still fit into 64 bits."""

_SMALL_RADIUS_M = 6_300_000.0
_RADIUS_M, _FLATNESS = float(GEOD.a), float(GEOD.es)


def divide_legs(xy: Floats, owner: Longs, longest_degrees: float) -> tuple[Floats, Longs]:
    """Return the vertices of lines with long legs divided into equal parts, straight in degrees.

    Parameters
    ----------
    xy, owner
        Longitude and latitude of the vertices, and whose they are.
    longest_degrees
        How long a leg may be.

    Examples
    --------
    >>> ends = np.array([[44.0, 33.0], [44.5, 33.0], [45.0, 33.0]])
    >>> divide_legs(ends, np.array([0, 0, 1]), 0.25)[0].tolist()
    [[44.0, 33.0], [44.25, 33.0], [44.5, 33.0], [45.0, 33.0]]
    """
    parts = count_parts(xy, owner, longest_degrees)
    step = np.diff(xy, axis=0)
    begin = np.repeat(np.arange(len(xy)), parts)
    share = (np.arange(len(begin)) - np.repeat(np.cumsum(parts) - parts, parts)) / parts[begin]
    step = np.vstack([step, np.zeros((1, 2))])
    return xy[begin] + step[begin] * share[:, None], owner[begin]


def count_parts(xy: Floats, owner: Longs, longest_degrees: float) -> Longs:
    """Return into how many parts `divide_legs` divides the leg from each vertex on."""
    step = np.diff(xy, axis=0)
    parts = np.ceil(np.hypot(step[:, 0], step[:, 1]) / longest_degrees).astype(np.int64)
    return np.append(np.where(owner[1:] == owner[:-1], np.maximum(parts, 1), 1), 1)


@compiled
def pace_row(pace: Floats, bend_first: Ints, edge: int, leg: int) -> int:
    """Return the row of `pace` that a leg of an edge has: its own, or that of the whole edge."""
    if len(pace) == len(bend_first) - 1:
        return edge
    return int(bend_first[edge]) + edge + leg


@compiled
def leg_ends(
    lon: Ints,
    lat: Ints,
    tail: Ints,
    head: Ints,
    bend_first: Ints,
    bend_lon: Ints,
    bend_lat: Ints,
    edge: int,
    leg: int,
) -> tuple[float, float, float, float]:
    """Return the degrees of both ends of a leg, counted from 0, of an edge."""
    unit = 1.0 / 10_000_000
    bend = bend_first[edge] + leg
    if leg == 0:
        lon1, lat1 = lon[tail[edge]], lat[tail[edge]]
    else:
        lon1, lat1 = bend_lon[bend - 1], bend_lat[bend - 1]
    if bend == bend_first[edge + 1]:
        lon2, lat2 = lon[head[edge]], lat[head[edge]]
    else:
        lon2, lat2 = bend_lon[bend], bend_lat[bend]
    return lon1 * unit, lat1 * unit, lon2 * unit, lat2 * unit


@compiled
def leg_length(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Return the metres of a leg by the radii of curvature at its mean latitude, as in `crs`."""
    sine = np.sin((lat1 + lat2) * (np.pi / 360))
    within = 1 - _FLATNESS * sine * sine
    prime_vertical = _RADIUS_M / np.sqrt(within)
    dx = (lon2 - lon1) * (np.pi / 180) * prime_vertical * np.sqrt(1 - sine * sine)
    dy = (lat2 - lat1) * (np.pi / 180) * prime_vertical * (1 - _FLATNESS) / within
    return float(np.sqrt(dx * dx + dy * dy))


@compiled
def margin_of(lat: float, far_m: float) -> float:
    """Return by how many times distances on the plane about a point may be off, so far from it.

    A degree of longitude shrinks with the tangent of the latitude.
    """
    radians = far_m / _SMALL_RADIUS_M
    steep = np.tan(min(abs(lat) * (np.pi / 180) + radians, 1.5))
    return float(1.0 + 2e-5 + radians * steep + radians * radians)


@compiled
def measure_edges(
    lon: Ints, lat: Ints, tail: Ints, head: Ints, bend_first: Ints, bend_lon: Ints, bend_lat: Ints,
    pace: Floats,
) -> tuple[Floats, Longs]:  # fmt: skip
    """Return the metres of each edge, and its milliseconds there and back.

    `pace` is in milliseconds per metre, there and back, a row an edge or a row a leg.
    """
    metres, ms = np.zeros(len(tail)), np.zeros((2, len(tail)), np.int64)
    for edge in range(len(tail)):
        for leg in range(bend_first[edge + 1] - bend_first[edge] + 1):
            length = leg_length(
                *leg_ends(lon, lat, tail, head, bend_first, bend_lon, bend_lat, edge, leg)
            )
            metres[edge] += length
            row = pace_row(pace, bend_first, edge, leg)
            for way in range(2):
                ms[way, edge] += whole_ms(length * pace[row, way])
    return metres, np.minimum(ms, LONGEST_MS)


@compiled
def measure_parts(
    lon: Ints, lat: Ints, tail: Ints, head: Ints, bend_first: Ints, bend_lon: Ints, bend_lat: Ints,
    pace: Floats, edges: Longs, shares: Floats, slowed: Floats,
) -> Longs:  # fmt: skip
    """Return the milliseconds from the tail of edges to a share of them, and from there back.

    Each leg takes `slowed` times as long, rounded up leg by leg.
    """
    ms = np.zeros((2, len(edges)), np.int64)
    for at in range(len(edges)):
        edge = edges[at]
        legs = bend_first[edge + 1] - bend_first[edge] + 1
        ahead = 0.0
        if legs > 1:
            for leg in range(legs):
                ahead += leg_length(
                    *leg_ends(lon, lat, tail, head, bend_first, bend_lon, bend_lat, edge, leg)
                )
            ahead *= shares[at]
        for leg in range(legs):
            length = leg_length(
                *leg_ends(lon, lat, tail, head, bend_first, bend_lon, bend_lat, edge, leg)
            )
            share = shares[at] if legs == 1 else min(ahead / length, 1.0) if length > 0.0 else 0.0
            row = pace_row(pace, bend_first, edge, leg)
            for way in range(2):
                part = whole_ms(share * whole_ms(length * pace[row, way]))
                ms[way, at] += slow_whole_ms(part, slowed[at])
            ahead -= length
            if ahead <= 0.0:
                break
    return ms


@compiled
def measure_before(
    lon: Ints, lat: Ints, tail: Ints, head: Ints, bend_first: Ints, bend_lon: Ints, bend_lat: Ints,
    pace: Floats, edges: Longs, legs: Longs, slowed: Floats,
) -> Longs:  # fmt: skip
    """Return the milliseconds of all legs of edges before one of them, with and against the edge.

    Each takes `slowed` times as long, rounded up leg by leg.
    """
    ms = np.zeros((2, len(edges)), np.int64)
    for at in range(len(edges)):
        for leg in range(legs[at]):
            length = leg_length(
                *leg_ends(lon, lat, tail, head, bend_first, bend_lon, bend_lat, edges[at], leg)
            )
            row = pace_row(pace, bend_first, edges[at], leg)
            for way in range(2):
                ms[way, at] += slow_whole_ms(whole_ms(length * pace[row, way]), slowed[at])
    return ms


@compiled
def measure_before_legs(
    lon: Ints, lat: Ints, tail: Ints, head: Ints, bend_first: Ints, bend_lon: Ints, bend_lat: Ints,
    pace: Floats,
) -> tuple[Floats, Ints]:  # fmt: skip
    """Return the metres and milliseconds, there and back, before each leg and the end of edges."""
    rows = len(bend_lon) + 2 * len(tail)
    metres, ms = np.zeros(rows), np.zeros((rows if len(pace) else 0, 2), np.int32)
    at = 0
    for edge in range(len(tail)):
        for leg in range(bend_first[edge + 1] - bend_first[edge] + 1):
            length = leg_length(
                *leg_ends(lon, lat, tail, head, bend_first, bend_lon, bend_lat, edge, leg)
            )
            metres[at + 1] = metres[at] + length
            if len(pace):
                row = pace_row(pace, bend_first, edge, leg)
                for way in range(2):
                    whole = int(ms[at, way]) + whole_ms(length * pace[row, way])
                    ms[at + 1, way] = min(whole, LONGEST_MS)
            at += 1
        at += 1
    return metres, ms


@compiled
def slow_whole_ms(ms: int, slowed: float) -> int:
    """Return milliseconds `slowed` times as long, rounded up so that nothing becomes faster."""
    longer = ms * min(slowed, _SLOWEST)
    # What 1 / 0.7 and its product are off in their last digits must not cost a millisecond.
    return int(np.ceil(longer - 1e-15 * longer - 1e-9))


@compiled
def to_unit(degrees: float) -> int:
    """Return degrees as whole units of 1e-7 degrees."""
    return int(np.rint(degrees * UNITS_PER_DEGREE))


@compiled
def whole_ms(ms: float) -> int:
    """Return the nearest whole milliseconds; of a growing time they never grow by more than it."""
    return int(np.floor(ms + 0.5))
