"""Places for posts, before anything is asked of them: on roads, high, set back, at crossings."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from boxreach.border.crossing_rules import CROSSING_KM
from boxreach.border.high_points import Grounds, find_high_points
from boxreach.border.line_sides import Flags, Longs, find_sides, part_ranges, place_inward
from boxreach.candidates.road_points import lay_road_points
from boxreach.candidates.thinning import place_in_space
from boxreach.crs import Floats, point_distances_m
from boxreach.errors import InputError
from boxreach.network import RoadNetwork
from boxreach.sources.chainage import find_chainages
from boxreach.sources.terrain_groups import bounds_of

_SAMPLE_KM = 0.25
_SEARCH_KM = 0.025
_DIGITS = 6
"""A tenth of a metre."""


def lay_along_roads(
    network: RoadNetwork, line: gpd.GeoDataFrame, back_km: float, spacing_km: float
) -> pd.DataFrame:
    """Return points along roads within so many km of the line, on either side of it."""
    points = lay_road_points(network, spacing_km, along=True)
    return _within(line, points.lon, points.lat, back_km)


def lay_high(
    terrain: Grounds, line: gpd.GeoDataFrame, back_km: float, spacing_km: float
) -> pd.DataFrame:
    """Return high points of the ground within so many km of the line, on either side of it."""
    lon, lat = _sample_line(line)
    around_m = 1000 * (back_km + _SAMPLE_KM)
    lon, lat = find_high_points(terrain, lon, lat, around_m=around_m, apart_m=1000 * spacing_km)
    return _within(line, lon, lat, back_km)


def lay_set_back(line: gpd.GeoDataFrame, setback_km: float, spacing_km: float) -> pd.DataFrame:
    """Return places straight inward of the line, each part divided into equal steps of some km.

    Parameters
    ----------
    line
        From `require_line`.
    setback_km
        How far inward.
    spacing_km
        How long a step may be.
    """
    chainage_km, segment = _divide_line(line, spacing_km)
    return _table(*place_inward(line, chainage_km, segment, setback_km))


def lay_at_crossings(
    line: gpd.GeoDataFrame, crossings: gpd.GeoDataFrame, setback_km: tuple[float, float]
) -> pd.DataFrame:
    """Return for each crossing the nearest place that is set back as it should be.

    That is the crossing itself if it is, else the nearest of the places straight inward of the
    line, at either end of the setback, every 25 m of it within 2 km. Where none of these is
    set back as it should be and within 2 km of the crossing, it is the crossing itself, with
    which something is wrong then.

    Parameters
    ----------
    line
        From `require_line`.
    crossings
        Points, in EPSG:4326.
    setback_km
        From and to.
    """
    own = _table(crossings.geometry.x.to_numpy(), crossings.geometry.y.to_numpy())
    found = find_chainages(line, own["lon"], own["lat"])
    steps = np.arange(-CROSSING_KM, CROSSING_KM + _SEARCH_KM / 2, _SEARCH_KM)
    segment = np.repeat(found["segment"].to_numpy(dtype=np.int64), len(steps))
    chainage_km = (found["chainage_km"].to_numpy(dtype=float)[:, None] + steps).ravel()
    beside = [_table(*place_inward(line, chainage_km, segment, km)) for km in setback_km]
    places = pd.concat([own, *beside], ignore_index=True)
    crossing = np.append(np.arange(len(own)), np.tile(np.arange(len(own)).repeat(len(steps)), 2))
    here = own.iloc[crossing].to_numpy().T
    metres = point_distances_m(*here, *places.to_numpy().T).round()
    usable = _stand_right(line, places, setback_km) & (metres <= 1000 * CROSSING_KM)
    # Of the places of a crossing the nearest, then the first; it is its own first place.
    order = np.lexsort((np.where(usable, metres, np.inf), crossing))
    first = order[np.append(True, np.diff(crossing[order]) != 0)[: len(order)]]
    chosen: pd.DataFrame = places.iloc[first].reset_index(drop=True)
    return chosen


def require_meeting(terrain: Grounds, line: gpd.GeoDataFrame) -> None:
    """Raise `InputError` if no place of the line lies on the grid of heights."""
    lon, lat = _sample_line(line)
    if not terrain.covers(lon, lat).any():
        raise InputError(terrain.elsewhere("the frontier", bounds_of(lon, lat)))


def _stand_right(
    line: gpd.GeoDataFrame, places: pd.DataFrame, setback_km: tuple[float, float]
) -> Flags:
    """Tell which places lie on the own side, set back as they should be."""
    sides = find_sides(line, places["lon"].to_numpy(), places["lat"].to_numpy())
    back_km = sides.setback_km.round(3)
    return sides.own & ~sides.beyond & (back_km >= setback_km[0]) & (back_km <= setback_km[1])


def _within(line: gpd.GeoDataFrame, lon: Floats, lat: Floats, back_km: float) -> pd.DataFrame:
    """Return the places within so many km of the line, on either side of it."""
    samples = np.column_stack(_sample_line(line))
    reach_m = 1000 * (back_km + _SAMPLE_KM)
    # In space, so that longitudes of 180 and -180 degrees are one.
    away, _ = cKDTree(place_in_space(*samples.T)).query(
        place_in_space(lon, lat), distance_upper_bound=reach_m
    )
    near = np.flatnonzero(np.isfinite(away))
    line_m = find_chainages(line, lon[near], lat[near])["line_m"].to_numpy(dtype=float)
    near = near[line_m.round() <= 1000 * back_km]
    return _table(lon[near], lat[near])


def _sample_line(line: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return places of the line, none of which is farther along it than a sample from one."""
    chainage_km, segment = _divide_line(line, _SAMPLE_KM)
    return place_inward(line, chainage_km, segment, 0.0)


def _divide_line(line: gpd.GeoDataFrame, step_km: float) -> tuple[Floats, Longs]:
    """Return the chainages that divide each part into equal steps, and the segments they are on."""
    begins = line["chainage_from_km"].to_numpy(dtype=float)
    chainages, segments = [], []
    for first, after, low, high, closed in part_ranges(line):
        count = max(int(np.ceil((high - low) / step_km - 1e-9)), 1)
        at = np.linspace(low, high, count + 1)[: count if closed else None]
        chainages.append(at)
        segments.append(first + np.searchsorted(begins[first + 1 : after], at, side="right"))
    return np.concatenate(chainages), np.concatenate(segments)


def _table(lon: Floats, lat: Floats) -> pd.DataFrame:
    return pd.DataFrame({"lon": np.round(lon, _DIGITS), "lat": np.round(lat, _DIGITS)})
