"""`Opening`: what it is worth to open closed roads and bridges, alone and together."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True, eq=False)
class Opening:
    """Closed roads and bridges by what opening them brings.

    Attributes
    ----------
    alone
        A row for each closure, most people first, ties by id; index ``closure_id``: what the
        closures say of themselves (``name``, ``reason``), ``people_regained`` if it alone is
        opened, ``places_regained``, ``quicker_minutes`` (people-weighted mean over those within
        reach before and after), ``cost_usd`` where the closures have it, geometry.
    together
        The order in which they help most, one after another (greedy): ``rank`` from 1 as index,
        ``closure_id``, ``people_gained`` by it, ``people_regained`` by all up to it. Where the
        next alone brings nobody, the pair that brings most comes next, both at one rank's gain.
    minutes
        The threshold.
    within_closed, within_open
        People within reach with all closed, and with all open.
    """

    alone: gpd.GeoDataFrame
    together: pd.DataFrame
    minutes: float
    within_closed: float
    within_open: float
