"""`Comparison`: scenarios beside the base, in all, by area, place by place and box by box."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

CHANGES = ("gained", "lost", "quicker", "slower", "same", "new", "gone")
"""What a scenario does to a place: it comes within reach or leaves it, is reached sooner or later
by a second or more, or not; or it is in the demand of one of the two alone."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What scenarios change.

    Attributes
    ----------
    table
        A row a scenario, the base first, index ``scenario``: ``minutes`` (the threshold),
        ``boxes``, ``people`` (in all), ``within`` (people within reach), ``share``, ``gained``,
        ``lost`` (people who come within reach and who leave it, against the base), ``net``,
        ``places_gained``, ``places_lost``, ``median_minutes`` (over people who have a way),
        ``slower_minutes`` (mean over people reached in both, more than in the base). People whom a
        place has in one of the two alone, and not in the other, are in ``returned`` (more than in
        the base) and ``left``.
    areas
        By ``scenario`` and ``area``, the base not among them: ``people``, ``within_before``,
        ``within_after``, ``gained``, ``lost``, ``net``.
    places
        A row for each scenario and place (the base not among them), in the order of the demand:
        columns ``scenario``, ``community_id`` (or what the index of the demand is called),
        ``name``, ``area``, ``people_before``, ``people``, ``covered_before``, ``covered``,
        ``site_id_before``, ``site_id``, ``minutes_before``, ``minutes``, ``reason``, ``change``
        (of `CHANGES`), geometry.
    boxes
        A row for each scenario and box: ``scenario``, ``site_id``, ``people_before``, ``people``
        (whose quickest box it is, within the threshold), ``change`` (``"lost"``, ``"new"``,
        ``"same"``), geometry.
    unit
        What is counted: ``people``.
    by
        The column of areas.
    assumptions
        By scenario, in words that data may need translating for: what changes, as a mapping of
        `Scenario` field to what it says.
    """

    table: pd.DataFrame
    areas: pd.DataFrame
    places: gpd.GeoDataFrame
    boxes: gpd.GeoDataFrame
    unit: str = "people"
    by: str = "governorate"
    assumptions: pd.DataFrame | None = None
