"""`Robustness`: how plans fare where speeds, closures and people are not known for sure."""

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
        nothing drawn), ``mean``, ``low``, ``median``, ``high`` (of the draws; of 19 and more, one
        more lies from low to high with a probability of 90 % or a little more, see
        `boxreach.scenarios.intervals.read_interval`), ``worst`` (the least of the draws),
        ``share_mean`` (of all people), ``regret_mean``, ``regret_high`` (which one more draw
        passes with 5 % at most, of 19 and more), ``best_in`` (share of the draws in which no plan
        or choice of no more sites that was found is better).
    draws
        A row for each draw and plan: ``draw``, ``plan``, ``people`` (in all), ``within``,
        ``regret`` (``best`` less ``within``), ``best`` (the most that was found for the draw, the
        plan itself among it), ``bound`` (what no choice of as many sites exceeds, so that the true
        regret is at most ``bound`` less ``within``; NaN without candidates).
    chosen
        By site: ``plan`` sites and candidates, index ``site_id``, those chosen most first:
        ``name`` if known, ``chosen`` (share of the draws in whose best choice it is, of as many
        sites as the largest plan has), ``in_plan`` (of any plan); geometry. Empty without
        candidates.
    factors
        A row for each draw: what was drawn, ``draw``, a column for each class's share of its usual
        speed (``speed_factor.primary``; over open ground ``speed_factor.off_road``), the season's
        own factors not among it, ``season`` (blank where none is drawn), ``closed`` (ids, a
        tuple), ``population`` (name of the layer, blank without layers).
    areas
        By ``plan`` and ``area``: ``low``, ``median``, ``high`` of people within reach, each area
        for itself.
    minutes, seed
        The threshold and the seed.
    ranges
        What was drawn from: a `SpeedRange` by class, or by season and class (``"wet.track"``).
    """

    table: pd.DataFrame
    draws: pd.DataFrame
    chosen: gpd.GeoDataFrame
    factors: pd.DataFrame
    areas: pd.DataFrame
    minutes: float
    seed: int
    ranges: Mapping[str, object]
