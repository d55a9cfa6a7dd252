"""What boxreach takes to plan under the rules of a programme: quotas, phases, boxes that move."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from benchmarks.cover_land import Land, make_land

Figures = dict[str, Any]

SITES = 100
_FIRST, _STANDING, _MOVES, _AT_LEAST, _ZONES = 50, 20, 5, 10, 5
_SECONDS_OF_PHASES, _SECONDS_OF_MOVES = 20.0, 60.0


def measure_phases(folder: Path, settings: Figures) -> Figures:
    """Plan 50 and then 100 boxes, ten in each of five strips."""
    return _plan(settings, 0, (_FIRST, SITES), _SECONDS_OF_PHASES)


def measure_moves(folder: Path, settings: Figures) -> Figures:
    """Plan up to 100 boxes where 20 stand at random and 5 of these may move, quotas kept."""
    return _plan(settings, _STANDING, (SITES,), _SECONDS_OF_MOVES)


def measure_all(folder: Path, settings: Figures) -> Figures:
    """Plan up to 60 and then 100 boxes where 20 stand and 5 of these may move, quotas kept."""
    return _plan(settings, _STANDING, (_STANDING + 40, SITES), _SECONDS_OF_PHASES)


def _plan(settings: Figures, standing: int, totals: tuple[int, ...], seconds: float) -> Figures:
    from boxreach.placement.phases import Phasing, plan_phases
    from boxreach.placement.solving import Effort

    small = make_land(2_000, 5_000, 30.0)  # kernels from disk
    plan_phases(_ask(small, standing, 1), Phasing(totals, 0, standing > 0), Effort(1.0))
    question = _ask(make_land(5_000, 50_000, 8.0, settings["seed"]), standing, _AT_LEAST)
    question.cover  # noqa: B018 - made before the clock runs, as travel times are
    wall, cpu = time.perf_counter(), time.process_time()
    phases = plan_phases(question, Phasing(totals, 0, standing > 0), Effort(seconds))
    rules = question.rules()
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "gap": _find_gap(phases),
        "regret": max(1 - one.objective / one.alone.objective for one in phases),
        "status": "feasible",
        "pairs": int(question.cover.nnz),
        "kept": not rules.broken(phases[-1].chosen, question.cover),
    }


def _find_gap(phases: list[Any]) -> float:
    """Return how far the phases may be from the best of them together, or one by itself.

    That of the best by itself is how far the best choice of as many is proven; together, what the
    phase that loses most keeps of its best is held against what it keeps at most in any plan.
    """
    kept = min(one.objective / one.alone.objective for one in phases)
    together = 1 - kept / max(kept, 1 - phases[-1].least_lost)
    return float(max(together, *(one.alone.gap for one in phases)))


def _ask(land: Land, standing: int, least: int) -> Any:
    """Return the question of a land, the last sites of which stand."""
    from boxreach.location import GroupLimit, MaxCover
    from boxreach.placement import Quota, Relocation
    from boxreach.placement.aims import aim_of
    from boxreach.placement.clauses import Clause
    from boxreach.placement.question import Question

    count = land.cover.shape[0]
    tables = [
        gpd.GeoDataFrame(index=pd.RangeIndex(first, last), geometry=[None] * (last - first))
        for first, last in ((0, count - standing), (count - standing, count))
    ]
    stands = np.arange(count) >= count - standing
    move = Relocation(at_most=_MOVES)
    clauses = [
        Clause(str(Quota("zone", str(zone))), limits=(GroupLimit(land.zone == zone, least),))
        for zone in range(_ZONES)
    ]
    if standing:
        stay = GroupLimit(stands, at_least=standing - _MOVES)
        clauses.append(Clause(str(move), limits=(stay,), lasting=True))
    ms = csr_array(
        (np.ones(land.cover.nnz, np.int32), land.cover.indices, land.cover.indptr),
        shape=land.cover.shape,
    )
    return Question(
        aim=aim_of(MaxCover(sites=SITES, minutes=30)), options=None, existing=None,
        candidates=tables[0], stands=tables[1], ms=ms, weights=land.weights, pull=land.weights,
        unit="people", minutes=30.0, quotas=(), clauses=tuple(clauses),
        costs=np.zeros(count - standing),
    )  # fmt: skip
