"""How sure it is: what plans come to in draws, and how often sites are chosen, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.crs import to_wgs84
from boxreach.maps.columns import (
    Columns,
    fill_columns,
    names_of,
    numbers_of,
    positions_of,
    texts_of,
)

if TYPE_CHECKING:
    from boxreach.scenarios import Robustness

_PEOPLE = ("point", "low", "median", "high", "worst")
_REGRET = {"regret_mean": 0, "regret_high": 0, "best_in": 9}
"""Whole people, as the report tells them."""
_ENDS = ("low", "median", "high")
_SURE = 0.9
"""How often one more draw lies between the ends, of 19 draws and more; see
`boxreach.scenarios.intervals.read_interval`."""
_MOST_CANDIDATES = 200
"""So many sites that are in no plan are told of at most, those that are chosen most often."""


def write_robust(robustness: Robustness | None) -> dict[str, Any] | None:
    """Return what draws come to as columns; None where nothing was drawn.

    Plans come with their regret where there is something to regret: candidates, or another plan
    that is better in some draw. Sites come with the number of draws in whose best choice they are.

    Parameters
    ----------
    robustness
        What `boxreach.scenarios.robustness` returned.
    """
    if robustness is None:
        return None
    draws = robustness.draws
    count = int(draws["draw"].nunique())
    searched = bool(draws["bound"].notna().any())
    regrets = searched or bool((draws["regret"] > 0).any())
    return {
        "minutes": float(robustness.minutes),
        "seed": int(robustness.seed),
        "draws": count,
        "sure": round(min(_SURE, (count - 1) / (count + 1)), 9),
        "total": round(float(draws["people"].max())),
        "searched": searched,
        "plans": _write_plans(robustness.table, regrets=regrets),
        "areas": _write_areas(robustness),
        "ranges": _write_ranges(robustness),
        "sites": _write_chosen(robustness.chosen, count),
    }


def _write_plans(table: pd.DataFrame, *, regrets: bool) -> Columns:
    return {
        "name": [str(one) for one in table.index],
        **{key: numbers_of(table, key, 0) for key in _PEOPLE},
        **{key: numbers_of(table, key, digits) for key, digits in _REGRET.items() if regrets},
    }


def _write_areas(robustness: Robustness) -> Columns:
    """Return the ends and the median in each area, by the position of the plan."""
    areas = robustness.areas
    plans = pd.Index([str(one) for one in robustness.table.index], dtype=object)
    of = plans.get_indexer(pd.Index(list(texts_of(areas, "plan")), dtype=object))
    return {
        "plan": of.tolist(),
        "name": texts_of(areas, "area").tolist(),
        **{key: numbers_of(areas, key, 0) for key in _ENDS},
    }


def _write_ranges(robustness: Robustness) -> Columns:
    """Return between which shares of their usual speeds classes were drawn."""
    from boxreach.scenarios.draws import SpeedRange  # noqa: PLC0415 - few maps

    drawn = {
        str(name): one for name, one in robustness.ranges.items() if isinstance(one, SpeedRange)
    }
    return {
        "name": [*drawn],
        "low": [round(float(one.low), 6) for one in drawn.values()],
        "high": [round(float(one.high), 6) for one in drawn.values()],
    }


def _write_chosen(chosen: gpd.GeoDataFrame, draws: int) -> Columns:
    """Return the sites of plans, and of the others those that are chosen most, in that order."""
    if not len(chosen):
        return {}
    table = to_wgs84(chosen, file="robustness")
    times = np.rint(table["chosen"].to_numpy(dtype=float) * draws).astype(np.int64)
    own = table["in_plan"].to_numpy(dtype=bool)
    order = np.lexsort((np.array([str(one) for one in table.index]), -times))
    others = order[~own[order] & (times[order] > 0)][:_MOST_CANDIDATES]
    kept = order[np.isin(order, np.concatenate([np.flatnonzero(own), others]))]
    table = table.iloc[kept]
    return fill_columns(
        {"id": [str(one) for one in table.index]}
        | names_of(table)
        | {"times": times[kept].tolist(), "own": own[kept].tolist()}
        | positions_of(shapely.get_coordinates(table.geometry.to_numpy()))
    )
