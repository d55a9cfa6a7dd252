"""The covering model as a mixed-integer program."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack, vstack
from scipy.sparse import eye_array as eye

from boxreach.location.cover_sets import CoverSets
from boxreach.location.problem import Problem
from boxreach.location.program import Program
from boxreach.location.rules import Rows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def is_concave(worth: Floats) -> bool:
    """Tell whether each further site adds at most what the one before it did."""
    return bool((np.diff(worth, n=2) <= 0).all())


def write_program(
    sets: CoverSets,
    worth: Floats,
    rows: Rows,
    *,
    sites: int | None,
    later_sites: int,
    barred: Flags,
    sure: Flags,
) -> Program:
    """Return the model over the sites x that are not barred, the demand y, and the whole z.

    Maximise the sum of w_j (worth[n] - worth[n - 1]) y_jn subject to sum_n y_jn <= sum of x_i over
    the sites i that cover j, sum of x_i = p, y_jn <= y_j,n-1. Where each site adds at most what the
    one before it did, y needs neither those last rows nor to be whole (Church and ReVelle, 1974;
    Daskin, 1983). Where more sites follow, z_i >= x_i, sum of z_i = p + later, and the rules hold
    for z; else they hold for x, and there is no z.

    Parameters
    ----------
    sets, worth, rows, sites, later_sites
        The problem.
    barred, sure
        Sites of which it is known that they are not, and are, in the plan.
    """
    within = np.flatnonzero(~barred)
    count, demand, many = len(within), len(sets.weights), len(worth) - 1
    bought, whole = demand * many, sets.sites if later_sites else 0
    concave = is_concave(worth)
    covers = csr_array(sets.as_matrix()[within].T)
    blocks: list[tuple[list[Any], Any, Any]] = [
        ([-covers, _sums(demand, many), None], -math.inf, 0.0)
    ]
    if not concave and many > 1:
        blocks.append(([None, _falls(demand, many), None], 0.0, math.inf))
    if sites is not None:
        blocks.append(([np.ones((1, count)), None, None], sites, sites))
    if later_sites and sites is not None:
        picked = csr_array((np.ones(count), within, np.arange(count + 1)), shape=(count, whole))
        blocks.append(([-eye(count), None, picked], 0.0, math.inf))
        total = sites + later_sites
        blocks.append(([None, None, np.ones((1, whole))], total, total))
    ruled = [None, None, rows.matrix] if whole else [rows.matrix[:, within], None, None]
    blocks.append((ruled, rows.lower, rows.upper))
    widths = (count, bought, whole)
    parts = [_widen(parts, widths) for parts, _, _ in blocks]
    heights = [part.shape[0] for part in parts]
    ones = np.ones(bought)
    return Program(
        gain=np.concatenate(
            [np.zeros(count), np.outer(sets.weights, np.diff(worth)).ravel(), np.zeros(whole)]
        ),
        matrix=csr_array(vstack(parts, format="csr")),
        row_lower=_limits([low for _, low, _ in blocks], heights),
        row_upper=_limits([high for _, _, high in blocks], heights),
        column_lower=np.concatenate(
            [sure[within].astype(np.float64), 0 * ones, rows.column_lower[:whole]]
        ),
        column_upper=np.concatenate([np.ones(count), ones, rows.column_upper[:whole]]),
        integer=np.concatenate(
            [np.ones(count, dtype=bool), np.full(bought, not concave), np.ones(whole, dtype=bool)]
        ),
    )


def write_model(problem: Problem, sets: CoverSets, *, barred: Flags, sure: Flags) -> Program:
    """Return `write_program` of a problem, on what is left of its sets."""
    return write_program(
        sets,
        problem.worth,
        problem.rows,
        sites=problem.sites,
        later_sites=problem.later_sites,
        barred=barred,
        sure=sure,
    )


def write_rules(rows: Rows, gain: Floats, *, sites: int | None) -> Program:
    """Return the rules alone, to find any choice that keeps them, best one with much gain."""
    count = rows.matrix.shape[1]
    ones = csr_array(np.ones((1, count)))
    low, high = (0.0, math.inf) if sites is None else (float(sites), float(sites))
    return Program(
        gain=gain,
        matrix=csr_array(vstack([rows.matrix, ones], format="csr")),
        row_lower=np.append(rows.lower, low),
        row_upper=np.append(rows.upper, high),
        column_lower=rows.column_lower,
        column_upper=rows.column_upper,
        integer=np.ones(count, dtype=bool),
    )


def keep_among(rows: Rows, among: Integers) -> Rows:
    """Return no rules but that sites are chosen among some, and fixed ones still are."""
    upper, sites = np.zeros(len(rows.column_upper)), len(rows.column_upper)
    upper[among] = 1.0
    none = np.empty(0)
    return Rows(csr_array((0, sites)), none, none, rows.column_lower, upper)


def keeps(rows: Rows, whole: Floats) -> bool:
    """Tell whether sites, as ones and zeros, keep rules to the letter."""
    activity = rows.matrix @ whole
    kept = ((activity >= rows.lower) & (activity <= rows.upper)).all()
    return bool(kept and (whole >= rows.column_lower).all() and (whole <= rows.column_upper).all())


def loosen(rows: Rows, later_sites: int) -> Rows:
    """Return what the rules for the plan with later sites ask of the plan itself."""
    if not later_sites or not len(rows.lower):
        return rows
    return replace(rows, lower=rows.lower - later_sites * rows.matrix.max(axis=1).toarray())


def write_start(
    sets: CoverSets, worth: Floats, chosen: Integers, later: Integers, *, barred: Flags
) -> Floats:
    """Return a plan as values of the columns of `write_program`; what it does not tell is NaN."""
    within = np.flatnonzero(~barred)
    counts = sets.count(chosen)
    bought = counts[:, None] >= np.arange(1, len(worth))
    taken = np.isin(within, chosen)
    values = [taken.astype(np.float64), bought.ravel().astype(np.float64)]
    if len(later):
        whole = np.zeros(sets.sites)
        whole[chosen], whole[later] = 1.0, 1.0
        values.append(whole)
    return np.concatenate(values)


def _sums(demand: int, many: int) -> csr_array:
    columns = np.arange(demand * many)
    begins = np.arange(0, demand * many + 1, many)
    return csr_array((np.ones(demand * many), columns, begins), shape=(demand, demand * many))


def _falls(demand: int, many: int) -> csr_array:
    """Return rows that ask of each demand to buy the n-th before the next."""
    before = np.arange(demand * many).reshape(demand, many)[:, :-1].ravel()
    pairs = np.column_stack([before, before + 1]).ravel()
    signs = np.tile([1.0, -1.0], len(before))
    begins = np.arange(0, len(pairs) + 1, 2)
    return csr_array((signs, pairs, begins), shape=(len(before), demand * many))


def _widen(parts: list[Any], widths: tuple[int, int, int]) -> csr_array:
    """Put parts over x, y and z side by side, nothing where there is none."""
    height = next(np.shape(part)[0] for part in parts if part is not None)
    filled = [
        csr_array((height, width)) if part is None else csr_array(part)
        for part, width in zip(parts, widths, strict=True)
    ]
    return csr_array(hstack(filled, format="csr"))


def _limits(values: list[Any], heights: list[int]) -> Floats:
    return np.concatenate(
        [np.broadcast_to(value, height) for value, height in zip(values, heights, strict=True)]
    ).astype(np.float64)
