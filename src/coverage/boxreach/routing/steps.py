"""Steps: a course told road by road."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.network import RoadNetwork
from boxreach.routing.courses import OPEN_GROUND, Course

Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.object_]

OFF_ROAD = "off_road"
"""The class of a step over open ground."""

_MS_PER_MINUTE = 60_000
_TOUCHING_M = 0.01
_STRAIGHT_DEGREES, _BACK_DEGREES = 40, 150


@dataclass(frozen=True)
class Step:
    """A stretch of a route on one road.

    Attributes
    ----------
    turn
        How it is entered: ``start``, ``straight``, ``left``, ``right`` or ``back``.
    name, ref, road_class
        What the road is called; the class is ``off_road`` over open ground.
    km, minutes
        How long it is.
    """

    turn: str
    name: str
    ref: str
    road_class: str
    km: float
    minutes: float


def tell_steps(network: RoadNetwork, course: Course) -> tuple[Step, ...]:
    """Return the steps of a course: legs in a row on the same road are one.

    A leg of less than a centimetre is no step: it is counted to the one after it, else to the one
    before, so that kilometres and minutes of the steps add up to those of the course.
    """
    long = np.flatnonzero(course.metres >= _TOUCHING_M)
    if not len(long):
        long = np.array([0])
    words = [_words(network, name, course.edge[long]) for name in ("name", "ref", "road_class")]
    fresh = np.append(True, np.any([one[1:] != one[:-1] for one in words], axis=0))
    # Each leg belongs to the step of the next long one.
    nearest = np.searchsorted(long, np.arange(len(course.edge))).clip(max=len(long) - 1)
    step = (np.cumsum(fresh) - 1)[nearest]
    metres = np.bincount(step, weights=course.metres)
    ms = np.bincount(step, weights=course.ms)
    starts = np.flatnonzero(fresh)
    turns = ["start", *_turns(course, long[starts[1:] - 1], long[starts[1:]])]
    columns = [turns, *(one[starts].tolist() for one in words)]
    columns += [(metres / 1000).tolist(), (ms / _MS_PER_MINUTE).tolist()]
    return tuple(Step(*row) for row in zip(*columns, strict=True))


def _words(network: RoadNetwork, name: str, edge: Longs) -> Words:
    """Return what edges are called; only these are looked at, for a country has many."""
    words = np.full(len(edge), "", dtype=object)
    on_road = edge != OPEN_GROUND
    if name in network.attributes:
        known = network.attributes[name].array[edge[on_road]]
        words[on_road] = np.asarray(known, dtype=object)
    if name == "road_class":
        words[~on_road] = OFF_ROAD
    return words


def _turns(course: Course, before: Longs, after: Longs) -> list[str]:
    """Name the turns from legs to those that are entered from them."""
    headings = [_headings(course.xy, one) for one in (course.first[before + 1] - 2,
                                                      course.first[after])]  # fmt: skip
    right = (headings[1] - headings[0] + 180) % 360 - 180
    sharp = np.abs(right)
    said = np.where(right > 0, "right", "left")
    said = np.where(sharp > _BACK_DEGREES, "back", said)
    return list(np.where(sharp < _STRAIGHT_DEGREES, "straight", said).tolist())


def _headings(xy: Floats, at: Longs) -> Floats:
    """Return the degrees, clockwise from the north, from some vertices to the next."""
    east, north = (xy[at + 1] - xy[at]).T
    return np.asarray(np.degrees(np.arctan2(east * np.cos(np.radians(xy[at, 1])), north)))
