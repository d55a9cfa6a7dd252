"""What trials come to: tables of intervals, draws, choices and areas."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.crs import Floats
from boxreach.scenarios.intervals import read_interval, read_upper
from boxreach.scenarios.trial import Outcome, Trial


def tell_draws(names: Sequence[str], outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return a row for each draw and plan.

    Parameters
    ----------
    names
        Of the plans.
    outcomes
        Of the draws.
    """
    count, plans = len(outcomes), len(names)
    within = np.array([one.within[:, -1] for one in outcomes])
    best = np.array([one.best for one in outcomes])
    columns = {
        "draw": np.repeat(np.arange(count), plans),
        "plan": np.tile(np.array(names, dtype=object), count),
        "people": np.repeat([one.people for one in outcomes], plans),
        "within": within.ravel(),
        "regret": (best - within).ravel(),
        "best": best.ravel(),
        "bound": np.array([one.bound for one in outcomes]).ravel(),
    }
    return pd.DataFrame(columns)


def tell_plans(names: Sequence[str], usual: Outcome, draws: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each plan.

    Parameters
    ----------
    names
        Of the plans.
    usual
        What they come to where nothing is drawn.
    draws
        From `tell_draws`.
    """
    plans = len(names)
    within, regret, people = (
        draws[name].to_numpy(dtype=float).reshape(-1, plans)
        for name in ("within", "regret", "people")
    )
    share = np.divide(within, people, out=np.zeros_like(within), where=people > 0)
    low, high = np.array([read_interval(one) for one in within.T]).T
    columns = {
        "point": usual.within[:, -1],
        "mean": within.mean(axis=0),
        "low": low,
        "median": np.median(within, axis=0),
        "high": high,
        "worst": within.min(axis=0),
        "share_mean": share.mean(axis=0),
        "regret_mean": regret.mean(axis=0),
        "regret_high": [read_upper(one) for one in regret.T],
        "best_in": (regret <= 0).mean(axis=0),
    }
    return pd.DataFrame({"plan": list(names), **columns}).set_index("plan")


def tell_areas(trial: Trial, outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Return a row for each plan and area, those of the total not among them.

    Parameters
    ----------
    trial, outcomes
        The trial, and what its draws came to.
    """
    division = trial.division
    areas = [] if division is None else division.areas
    rows: list[tuple[object, ...]] = []
    for at, plan in enumerate(trial.contestants.plans):
        for nth, area in enumerate(areas):
            within: Floats = np.array([one.within[at, nth] for one in outcomes])
            low, high = read_interval(within)
            rows.append((plan, area, low, float(np.median(within)), high))
    return pd.DataFrame(rows, columns=["plan", "area", "low", "median", "high"])


def tell_chosen(trial: Trial, outcomes: Sequence[Outcome]) -> gpd.GeoDataFrame:
    """Return how often each site is in the best choice of as many as the largest plan has.

    Parameters
    ----------
    trial, outcomes
        The trial, and what its draws came to.
    """
    contestants = trial.contestants
    sites = contestants.sites
    if not contestants.has_candidates:
        return sites.iloc[:0].assign(chosen=0.0, in_plan=False)
    counts = np.zeros(len(sites))
    largest = max(len(one) for one in contestants.plans.values())
    for one in outcomes:
        counts[one.choices[largest]] += 1
    in_plan = np.zeros(len(sites), dtype=bool)
    in_plan[np.concatenate(list(contestants.plans.values()))] = True
    table = sites.assign(chosen=counts / len(outcomes), in_plan=in_plan)
    order = np.argsort(-counts, kind="stable")
    last = [one for one in table.columns if one != "geometry"]
    return table.iloc[order][[*last, "geometry"]]
