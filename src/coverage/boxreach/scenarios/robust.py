"""`Robustness`: how a plan fares where speeds, closures and people are not known for sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True, eq=False)
class Robustness:
    """What seeded draws of speeds, closures and population come to.

    Attributes
    ----------
    table
        A row for each plan, index ``plan``: ``point`` (people within reach at the usual speeds,
        nothing drawn), ``mean``, ``low``, ``median``, ``high`` (of the draws: the 5th, 50th and
        95th percentile, so that 90 % lie between low and high), ``worst``, ``share_mean``,
        ``regret_mean``, ``regret_high`` (95th percentile), ``best_in`` (share of the draws in
        which no plan or choice of as many candidates that was found is better).
    draws
        A row for each draw and plan: ``draw``, ``plan``, ``people`` (in all), ``within``,
        ``regret`` (the best that was found for the draw, less ``within``), ``best``.
    chosen
        By site: ``plan`` sites and candidates, index ``site_id``: ``chosen`` (share of the draws
        in whose best choice it is), ``in_plan``; geometry. Empty without candidates.
    factors
        A row for each draw: what was drawn, ``draw``, a column for each class's speed factor
        (``speed_factor.primary``), ``closed`` (ids, a tuple), ``population`` (name of the layer).
    areas
        By plan and area: ``low``, ``median``, ``high`` of people within reach.
    minutes, seed
        The threshold and the seed.
    ranges
        What was drawn from, by class: ``low``, ``high``, as given.
    """

    table: pd.DataFrame
    draws: pd.DataFrame
    chosen: gpd.GeoDataFrame
    factors: pd.DataFrame
    areas: pd.DataFrame
    minutes: float
    seed: int
    ranges: Mapping[str, object]
