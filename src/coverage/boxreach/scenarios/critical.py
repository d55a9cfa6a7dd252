"""`Criticality`: what hangs on each bridge, road and crossing, and on each box and post."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True, eq=False)
class Criticality:
    """Who loses reach if one thing goes, and what mends it.

    Attributes
    ----------
    roads
        A row for each bridge, road or crossing, most people lost first, of ties bridges first,
        then by id; index ``feature_id``: ``name``, ``kind`` (``"bridge"``, ``"road"``,
        ``"crossing"``), ``road_class``, ``people_lost`` (within reach only with it),
        ``places_lost``, ``people_slower`` (still within reach, later), ``slower_minutes`` (their
        mean), ``next_site_id`` (whom most of those who lose have as quickest box then, blank where
        none comes), ``next_minutes`` (people-weighted mean of those who still have a box within
        the cutoff), ``mending_site_id`` (the best single candidate that brings people back within
        reach, blank without candidates or where none brings any), ``people_mended``, geometry.
    sites
        The same for each box or post (n - 1), index ``site_id``: ``name``, ``people_within``
        (whom it reaches within the threshold), ``people_lost``, ``places_lost``,
        ``people_slower``, ``slower_minutes``, ``next_site_id``, ``next_minutes``,
        ``mending_site_id``, ``people_mended``, geometry.
    lost
        A row for each thing and place that loses reach: ``feature_id`` (or ``site_id`` of the
        box), ``what`` (``"road"`` or ``"site"``), the id of the place, ``people``,
        ``site_id_before``, ``minutes_before``, ``site_id``, ``minutes`` (blank and NaN beyond the
        cutoff).
    minutes, cutoff_minutes
        The threshold, and how far times are known.
    total
        All people, whether within reach or not.
    within
        People within reach with everything there.
    unit
        What is counted: ``people``, or ``km`` of a frontier; columns are called after people.
    """

    roads: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    lost: pd.DataFrame
    minutes: float
    cutoff_minutes: float
    total: float
    within: float
    unit: str = "people"
