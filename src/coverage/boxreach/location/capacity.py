"""Maximal covering by sites that can serve only so much: weight may be divided between sites."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from boxreach.errors import BoxreachError, Fault
from boxreach.location.arrays import (
    SAME,
    Merged,
    are_whole,
    as_array,
    check_inputs,
    merge_demand,
    shape_of,
)
from boxreach.location.choices import (
    Block,
    allowed_next,
    build_program,
    chosen_in,
    count_block,
    find_choice,
    first_of_equals,
)
from boxreach.location.models import Solution
from boxreach.location.program import Program, solve_program
from boxreach.location.rules import Rows, Rules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Rows that tie each pair to its site make the bound far better, and the program far larger.
_MOST_TIED_PAIRS = 200_000
_DUST = 1e-6


def capacitated_cover(
    cover: csr_array,
    weights: Floats,
    capacities: Floats,
    *,
    sites: int | None,
    rules: Rules | None = None,
    seconds: float = 60.0,
    seed: int = 0,
) -> Solution:
    """Choose sites that serve the most weight, each no more than its capacity.

    Maximise the sum of f_ij subject to the sum of f_ij over the sites i that cover j being at most
    w_j, the sum of f_ij over j being at most k_i x_i, the sum of x_i = p, x_i in {0, 1}, f_ij >= 0
    (Current and Storbeck, 1988, with weight that may be divided). The objective is the largest
    flow from the chosen sites, solved anew.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers, whatever its value.
    weights
        Weight of each demand, 0 or more.
    capacities
        Weight that each site can serve, 0 or more; infinite is any.
    sites
        How many to choose, exactly; None if the budget in the rules decides.
    rules
        What the choice must keep to.
    seconds
        How long the solver may take; what it has then is returned with a valid bound.
    seed
        Seed of the solver's random choices.

    Returns
    -------
    Solution
        `assignment` is the site that serves the middle of the weight of each demand, -1 where
        that stays unserved.

    Raises
    ------
    InputError
        If a number is out of range.
    BoxreachError
        If no choice that keeps the rules was found in the time given.

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 1]]))
    >>> capacities = np.array([5.0, 5.0])
    >>> capacitated_cover(cover, np.array([4.0, 4.0, 3.0]), capacities, sites=2)
    Solution(status='optimal', objective=10.0, bound=10.0, sites=array([0, 1]))
    """
    began = time.perf_counter()
    rules = Rules() if rules is None else rules
    more = _capacity_faults(capacities, shape_of(cover)) + _choice_faults(sites, rules)
    check_inputs(cover, weights, rules, sites=sites, seconds=seconds, seed=seed, more=more)
    cover = csr_array(cover)
    task = _pose(cover, weights, capacities, sites, rules)
    start = _start(task, began + seconds, seed)
    if start is None:
        none = np.empty(0, dtype=np.int64)
        spent = time.perf_counter() - began
        return Solution("infeasible", 0.0, 0.0, none, "max", spent, seed)
    program = _write_program(task)
    values = np.full(len(program.gain), np.nan)
    values[: cover.shape[0]] = 0.0
    values[start] = 1.0
    left = max(0.0, began + seconds - time.perf_counter())
    answer = solve_program(program, start=values, seconds=left, seed=seed)
    chosen = _better(task, start, chosen_in(answer, cover.shape[0]))
    chosen = first_of_equals(_with_capacities(task), chosen, rules, cover)
    flows = _largest_flow(task, chosen)
    objective = _total(task, flows)
    bound = _bound(task, answer.bound)
    proven = objective >= bound * (1 - SAME)
    return Solution(
        "optimal" if proven else "feasible",
        objective,
        objective if proven else max(bound, objective),
        chosen,
        "max",
        time.perf_counter() - began,
        seed,
        _assign(task, chosen, flows, np.asarray(weights, dtype=np.float64)),
    )


@dataclass(frozen=True, eq=False)
class _Task:
    """The question brought to order: merged demand, and capacities no larger than is of use."""

    original: csr_array
    cover: csr_array
    merged: Merged
    capacities: Floats
    sites: int | None
    rules: Rules

    @property
    def rows(self) -> Rows:
        """The rules over the sites."""
        return self.rules.rows(self.original)

    @property
    def blocks(self) -> list[Block]:
        """The number of sites, if it is given."""
        return [] if self.sites is None else [count_block(self.cover.shape[0], self.sites)]

    def is_choice(self, chosen: Integers) -> bool:
        """Tell whether a choice is of the number asked for and keeps the rules."""
        right = self.sites is None or len(chosen) == self.sites
        return right and not self.rules.broken(chosen, self.original)


def _capacity_faults(capacities: object, shape: tuple[int, int] | None) -> list[Fault]:
    given = as_array(capacities)
    fits = given.shape == (given.size if shape is None else shape[0],) and given.dtype.kind in "iuf"
    if fits and (given >= 0).all():
        return []
    advice = "give each site a number of 0 or more"
    return [Fault("they do not fit", column="capacities", advice=advice)]


def _choice_faults(sites: object, rules: object) -> list[Fault]:
    if sites is not None or getattr(rules, "budget", None) is not None:
        return []
    advice = "give sites or a budget"
    return [Fault("how much may be chosen is not said", column="sites", advice=advice)]


def _pose(
    cover: csr_array, weights: Floats, capacities: Floats, sites: int | None, rules: Rules
) -> _Task:
    counting = csr_array(cover, dtype=np.float64, copy=True)
    counting.sum_duplicates()
    merged = merge_demand(counting, np.asarray(weights, dtype=np.float64), with_values=False)
    reach = csr_array(merged.columns)
    reach.sort_indices()
    reach.data[:] = 1.0
    useful = np.minimum(np.asarray(capacities, dtype=np.float64), reach @ merged.weights)
    return _Task(cover, reach, merged, useful, sites, rules)


def _start(task: _Task, until: float, seed: int) -> Integers | None:
    """Return a choice that keeps the rules, a greedy one if it does; None if there is none."""
    chosen = _take_greedily(task)
    if task.is_choice(chosen):
        return chosen
    left = max(0.0, until - time.perf_counter())
    answer = find_choice(task.rows, task.blocks, task.capacities, seconds=left, seed=seed)
    if answer.status == "infeasible":
        return None
    found = chosen_in(answer, task.cover.shape[0])
    if found is None or not task.is_choice(found):
        raise BoxreachError("no plan that keeps the rules was found in time; allow more")
    return found


def _take_greedily(task: _Task) -> Integers:
    """Take the site that can serve most of what is left next, as far as the rules allow."""
    rows, count = task.rows, task.cover.shape[0]
    weights = task.merged.weights.copy()
    taken = np.zeros(count, dtype=bool)
    rarity = np.bincount(task.cover.indices, minlength=task.cover.shape[1])
    waiting = task.rules.fixed.tolist()
    while waiting or task.sites is None or taken.sum() < task.sites:
        allowed = allowed_next(rows, taken)
        if not waiting and not allowed.any():
            break
        gains = np.where(allowed, np.minimum(task.capacities, task.cover @ weights), -1.0)
        best = waiting.pop() if waiting else int(np.argmax(gains))
        if task.sites is None and gains[best] == 0 and (rows.matrix @ taken >= rows.lower).all():
            break
        taken[best] = True
        demand = task.cover.indices[task.cover.indptr[best] : task.cover.indptr[best + 1]]
        demand = demand[np.argsort(rarity[demand], kind="stable")]
        before = np.append(0.0, np.cumsum(weights[demand]))[:-1]
        weights[demand] -= np.clip(task.capacities[best] - before, 0.0, weights[demand])
    return np.flatnonzero(taken).astype(np.int64)


def _write_program(task: _Task) -> Program:
    """Return the program; further columns are the flows of pairs, in shares of what each can be."""
    count, demand = task.cover.shape
    site = np.repeat(np.arange(count), np.diff(task.cover.indptr))
    pairs = np.arange(len(site))
    weights = task.merged.weights
    most = np.minimum(weights[task.cover.indices], task.capacities[site])
    each = np.arange(count)
    width = count + len(site)
    # Of each demand no more than all, of each site no more than its capacity, and none if closed.
    given = coo_array(
        (most / weights[task.cover.indices], (task.cover.indices, count + pairs)),
        shape=(demand, width),
    )
    some = np.where(task.capacities > 0, task.capacities, 1.0)
    used = coo_array(
        (
            np.append(most / some[site], np.full(count, -1.0)),
            (np.append(site, each), np.append(count + pairs, each)),
        ),
        shape=(count, width),
    )
    blocks = [
        *task.blocks,
        Block(csr_array(given), np.full(demand, -np.inf), np.ones(demand)),
        Block(csr_array(used), np.full(count, -np.inf), np.zeros(count)),
    ]
    if len(site) <= _MOST_TIED_PAIRS:
        value = np.append(np.ones(len(site)), np.full(len(site), -1.0))
        at = (np.append(pairs, pairs), np.append(count + pairs, site))
        tied = csr_array(coo_array((value, at), shape=(len(site), width)))
        blocks.append(Block(tied, np.full(len(site), -np.inf), np.zeros(len(site))))
    return build_program(task.rows, blocks, np.append(np.zeros(count), most), np.ones(len(site)))


def _better(task: _Task, start: Integers, found: Integers | None) -> Integers:
    """Return the one of two choices that serves more."""
    if found is None or not task.is_choice(found):
        return start
    served = [_total(task, _largest_flow(task, one)) for one in (start, found)]
    return found if served[1] > served[0] else start


def _largest_flow(task: _Task, chosen: Integers) -> csr_array:
    """Return how much of each demand each chosen site serves where all serve the most they can."""
    part = csr_array(task.cover[chosen])
    many = len(chosen)
    open_task = _Task(part, part, task.merged, task.capacities[chosen], many, Rules())
    program = _write_program(open_task)
    program.column_lower[:many] = 1.0
    fixed = Program(
        gain=program.gain,
        matrix=program.matrix,
        row_lower=program.row_lower,
        row_upper=program.row_upper,
        column_lower=program.column_lower,
        column_upper=program.column_upper,
        integer=np.zeros(len(program.gain), dtype=bool),
    )
    values = solve_program(fixed, seconds=math.inf).values
    flows = csr_array(part, copy=True)
    if values is None:  # pragma: no cover  (no flow at all is always possible)
        flows.data[:] = 0.0
        return flows
    flows.data = np.maximum(0.0, values[many:]) * program.gain[many:]
    return _held_down(flows, task.merged.weights, task.capacities[chosen])


def _held_down(flows: csr_array, weights: Floats, capacities: Floats) -> csr_array:
    """Return flows less the little that the solver lets them exceed what there is."""
    owner = np.repeat(np.arange(flows.shape[0]), np.diff(flows.indptr))
    for most, index in ((weights, flows.indices), (capacities, owner)):
        total = np.bincount(index, flows.data, minlength=len(most))
        over = np.divide(most, total, out=np.ones(len(most)), where=total > most)
        flows.data = flows.data * over[index]
    return flows


def _total(task: _Task, flows: csr_array) -> float:
    """Return the weight served; of whole numbers the largest flow is whole."""
    total = math.fsum(flows.data.tolist())
    if are_whole(task.merged.weights, task.capacities):
        return float(np.ceil(total - _DUST))
    return total


def _bound(task: _Task, solver: float) -> float:
    """Return what no choice can serve more than."""
    bound = min(solver, math.fsum(task.merged.weights.tolist()))
    if task.sites is not None:
        most = np.sort(task.capacities)[::-1][: task.sites]
        bound = min(bound, math.fsum(most.tolist()))
    if are_whole(task.merged.weights, task.capacities):
        return float(np.floor(bound + _DUST))
    return bound


def _with_capacities(task: _Task) -> csr_array:
    """Return the cover with the capacity of each site in its row, so that equals are alike."""
    owner = np.repeat(np.arange(task.cover.shape[0]), np.diff(task.cover.indptr))
    values = task.capacities[owner]
    return csr_array((values, task.cover.indices, task.cover.indptr), shape=task.cover.shape)


def _assign(task: _Task, chosen: Integers, flows: csr_array, weights: Floats) -> Integers:
    """Return the site that serves the middle of the weight of each demand, -1 where none does."""
    assignment = np.full(len(weights), -1, dtype=np.int64)
    columns = flows.tocsc()
    order = np.argsort(task.merged.group, kind="stable")
    starts = np.searchsorted(task.merged.group[order], np.arange(flows.shape[1] + 1))
    for number in range(flows.shape[1]):
        members = order[starts[number] : starts[number + 1]]
        span = slice(columns.indptr[number], columns.indptr[number + 1])
        ends = np.cumsum(columns.data[span])
        middles = np.cumsum(weights[members]) - weights[members] / 2
        place = np.searchsorted(ends, middles)
        served = place < len(ends)
        assignment[members[served]] = chosen[columns.indices[span][place[served]]]
    return assignment
