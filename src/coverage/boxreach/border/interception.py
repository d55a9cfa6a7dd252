"""Interception: whether a patrol is at a depth behind the line before one who walks there."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import STRtree

from boxreach.arguments import number_faults, require_kind
from boxreach.border.line_sides import Flags, own_signs, place_inward, require_line
from boxreach.crs import WGS84, Floats
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.routing import NEVER, travel_times
from boxreach.sources.segments import Course

_MS_PER_MINUTE = 60_000
_CUTOFF_MINUTES = 1.0
"""The quickest post is asked for, however far: no more needs to be kept."""

_LEAVING_KM = 0.002
"""A walk begins on the line; it crosses it where it meets it again farther on than this."""

_LEG_KM = 0.5
"""Such a leg, straight in degrees, lies within a centimetre of the geodesic."""


@dataclass(frozen=True)
class Intercept:
    """One who crosses the line walks straight inward; a patrol has to be at a depth before him.

    The patrol is told when he is seen, `detect_minutes` after he crossed, leaves
    `mobilise_minutes` later and drives over open ground.

    Attributes
    ----------
    depth_km
        How far behind the line he must be met at the latest, above 0 and up to 50.
    walker_kmh, vehicle_kmh
        How fast he walks and the patrol drives.
    detect_minutes, mobilise_minutes
        The delays.

    Examples
    --------
    >>> intercept = Intercept(depth_km=5, walker_kmh=5, vehicle_kmh=30, detect_minutes=20,
    ...                       mobilise_minutes=10)
    >>> intercept.minutes, round(intercept.reach_km(1.0), 2), round(intercept.spacing_km(5.0), 2)
    (30.0, 14.46, 30.0)
    """

    depth_km: float
    walker_kmh: float = 5.0
    vehicle_kmh: float = 30.0
    detect_minutes: float = 0.0
    mobilise_minutes: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no depth, speed or delay."""
        faults = number_faults(
            "depth_km", self.depth_km, lambda km: 0 < km <= 50, "give a depth above 0, up to 50"
        )
        for name in ("walker_kmh", "vehicle_kmh"):
            faults += number_faults(
                name, getattr(self, name), lambda kmh: 0 < kmh <= 300,
                "give a speed above 0, up to 300",
            )  # fmt: skip
        for name in ("detect_minutes", "mobilise_minutes"):
            faults += number_faults(
                name, getattr(self, name), lambda one: 0 <= one <= 1440, "give minutes from 0 on"
            )
        if faults:
            raise InputError(*faults)

    @property
    def minutes(self) -> float:
        """The time that is left to drive; at 0 and below posts alone intercept nobody."""
        walk = self.depth_km / self.walker_kmh * 60
        return float(walk - self.detect_minutes - self.mobilise_minutes)

    def reach_km(self, setback_km: float) -> float:
        """Return how far to each side along a straight line a post intercepts.

        A post `setback_km` behind the line meets him at the depth if the straight way there, of
        which one side is along the line and the other the difference of depth and setback, is not
        longer than the patrol drives in time: sqrt((v t)^2 - (D - s)^2), and 0 where there is
        no such way.

        Parameters
        ----------
        setback_km
            How far behind the line the post stands.

        Returns
        -------
        float
            Kilometres to each side; half of `spacing_km`.
        """
        advice = "give a distance from 0 to 50"
        faults = number_faults("setback_km", setback_km, lambda km: 0 <= km <= 50, advice)
        if faults:
            raise InputError(*faults)
        drive_km = self.vehicle_kmh * max(self.minutes, 0.0) / 60
        return float(np.sqrt(max(drive_km**2 - (self.depth_km - setback_km) ** 2, 0.0)))

    def spacing_km(self, setback_km: float) -> float:
        """Return how far apart posts in a row may stand so that none gets through between them.

        Parameters
        ----------
        setback_km
            How far behind the line the posts stand, 0 to 50.

        Returns
        -------
        float
            Kilometres along the line, 0 where a post intercepts nobody.
        """
        return 2 * self.reach_km(setback_km)


def interceptions(
    network: RoadNetwork, line: gpd.GeoDataFrame, posts: gpd.GeoDataFrame, intercept: Intercept
) -> pd.DataFrame:
    """Tell from which segments of the line one who walks straight inward is met in time.

    Parameters
    ----------
    network
        From `build_network`: the way of a patrol is by road and over open ground, at the speeds
        of the network and not at the one of `intercept`.
    line
        Segments from `read_frontier`, read with areas.
    posts
        Points with ids in the index.
    intercept
        How deep, how fast and how late.

    Returns
    -------
    pandas.DataFrame
        A row a segment in the order of `line`, index ``segment_id``: ``intercepted``, whether a
        post has a way to the place at depth straight inward of the segment's middle within
        `Intercept.minutes`; ``site_id`` of the post that is quickest there, and its ``minutes``
        on the way, blank and NaN where none has a way; ``beyond``, whether the own ground is not
        so deep there, or the walk crosses the line again: then nobody is met.

    Raises
    ------
    InputError
        If an argument is not of its kind, or the line does not know its own side.

    Examples
    --------
    >>> from boxreach.network import build_network
    >>> line = gpd.GeoDataFrame(
    ...     {"part": [1], "chainage_from_km": [0.0], "chainage_to_km": [2.22], "own_side": "left",
    ...      "own_depth_km": 50.0}, index=["km-0"],
    ...     geometry=[shapely.LineString([(41.0, 36.0), (41.0, 35.98)])], crs=4326)
    >>> road = gpd.GeoDataFrame(geometry=[shapely.LineString([(41.05, 36.1), (41.05, 35.9)])],
    ...                         crs=4326)
    >>> posts = gpd.GeoDataFrame(index=["p"], geometry=[shapely.Point(41.01, 35.9)], crs=4326)
    >>> network = build_network(road, off_road_kmh=30)
    >>> interceptions(network, line, posts, Intercept(depth_km=5)).round(1)
          intercepted site_id  minutes  beyond
    km-0         True       p     23.2   False
    """
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    require_kind(intercept, Intercept, "intercept", "give Intercept(depth_km=...)")
    ordered = require_line(line)
    if not own_signs(ordered).all():
        what = "the line does not know its own side, so nothing is behind it"
        raise InputError(Fault(what, "line", advice="read it with areas"))
    lon, lat, beyond = _places_at_depth(ordered, float(intercept.depth_km))
    places = gpd.GeoDataFrame(
        index=ordered.index, geometry=gpd.points_from_xy(lon, lat), crs=WGS84
    )[~beyond]
    times = travel_times(network, posts, places, cutoff=_CUTOFF_MINUTES)
    has_way = times.nearest_ms != NEVER
    minutes = np.where(has_way, times.nearest_ms / _MS_PER_MINUTE, np.nan)
    site_ids = np.append(posts.index.to_numpy(dtype=object), "")  # where `NEVER` points to
    table = pd.DataFrame(
        {
            "intercepted": minutes <= intercept.minutes,
            "site_id": site_ids[times.nearest_site],
            "minutes": minutes,
        },
        index=places.index,
    ).reindex(line.index)
    return table.assign(
        intercepted=table["intercepted"].eq(True),
        site_id=table["site_id"].fillna(""),
        beyond=pd.Series(beyond, index=ordered.index),
    )


def _places_at_depth(line: gpd.GeoDataFrame, depth_km: float) -> tuple[Floats, Floats, Flags]:
    """Return where walks from the middles of segments lead, and which leave the own ground."""
    chainage_km = line[["chainage_from_km", "chainage_to_km"]].mean(axis=1).to_numpy(dtype=float)
    segment = np.arange(len(line))
    first = np.column_stack(place_inward(line, chainage_km, segment, _LEAVING_KM))
    lon, lat = place_inward(line, chainage_km, segment, depth_km)
    shallow = np.zeros(len(line), dtype=bool)
    if "own_depth_km" in line:
        shallow = (line["own_depth_km"] < depth_km).to_numpy()
    return lon, lat, shallow | _cross_line(line, first, np.column_stack([lon, lat]))


def _cross_line(line: gpd.GeoDataFrame, one: Floats, other: Floats) -> Flags:
    """Tell which straight ways between places meet the line."""
    course = Course.of(line)
    vertex = np.flatnonzero(course.owner[1:] == course.owner[:-1])
    span_km = course.km[vertex + 1] - course.km[vertex]
    count = np.maximum(np.ceil(span_km / _LEG_KM), 1).astype(np.int64)
    leg = np.repeat(np.arange(len(vertex)), count)
    number = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count)
    ends = [
        np.column_stack(
            course.places(vertex[leg], course.km[vertex[leg]] + span_km[leg] * at / count[leg])
        )
        for at in (number, number + 1)
    ]

    def draw(starts: Floats, stops: Floats) -> npt.NDArray[np.object_]:
        both = np.stack([starts, stops], axis=1)
        # Longitudes about the line's own, so that 180 degrees divides nothing.
        both[..., 0] = (both[..., 0] - course.lon[0] + 180) % 360 - 180
        return np.asarray(shapely.linestrings(both))

    crosses = np.zeros(len(one), dtype=bool)
    crosses[STRtree(draw(*ends)).query(draw(one, other), predicate="intersects")[0]] = True
    return crosses
