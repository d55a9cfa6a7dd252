"""Kernels compiled on a tiny problem before the clock runs, so that they take no time from it."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.sparse import csr_array

from boxreach.location.cover_sets import merge_demand, thin_out
from boxreach.location.problem import Problem
from boxreach.location.rules import Rules
from boxreach.location.search import Search

_SITES, _DEMAND, _SHARE = 12, 40, 0.3
"""Enough that no plan is proven before all was tried."""


@cache
def rehearse(start_kind: str, demand_kind: str, *, small: bool) -> None:
    """Solve a tiny problem in the ways that the one to come may be, once a process.

    Parameters
    ----------
    start_kind, demand_kind
        Kinds of the two index arrays of the matrix that is to come, as numpy names them.
    small
        Whether that is so small that few kernels are needed: to load the others takes time too.
    """
    random = np.random.default_rng(0)
    cover = csr_array((random.random((_SITES, _DEMAND)) < _SHARE).astype(np.int8))
    kept = np.ones(_SITES, dtype=bool)
    weights = (1 + np.arange(_DEMAND) % 5).astype(np.float64)
    twice = np.repeat(cover.indices, 2).astype(demand_kind)
    sets = merge_demand((2 * cover.indptr).astype(start_kind), twice, weights, kept=kept)
    problem = Problem(sets, np.array([0.0, 1.0]), Rules().rows(cover), 3)
    if small:
        Search(problem, deadline=math.inf).run()
        return
    merge_demand(sets.start, sets.demand, sets.weights, kept=kept)
    thin_out(sets)
    Search(problem, deadline=math.inf, small=0, big=0, solver=False).run()
