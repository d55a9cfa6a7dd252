"""What a what-if will take: some of it, asked of some of the rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import geopandas as gpd
import numpy as np

from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.cli.what_if import Asking, Lasting, divide_base
from boxreach.costs import Work, clock, forget_most, held_mb
from boxreach.costs.sampling import choose_rows
from boxreach.costs.trials import Trial, extend_count, extend_memory, extend_rows, try_out
from boxreach.costs.what_if import WhatIfCost
from boxreach.costs.work import NONE, Clock
from boxreach.errors import DataWarning, InputError
from boxreach.network import RoadNetwork
from boxreach.routing import Terms, TravelTimes, search_times
from boxreach.routing.times import places_of
from boxreach.scenarios import Scenario
from boxreach.scenarios.opening import count_openings

_SHARE_OF_ROWS, _LEAST_ROWS, _MOST_ROWS = 1 / 6, 6_000, 20_000
_PART_OF_ROWS = 1 / 4
"""So many rows are asked of, and a part of them besides."""

_SCENARIOS, _CLOSURES = 12, 64
_ROADS, _DRAWS = 64, (1, 9)
"""So many are tried of each, if the plan has them; of draws first one."""

_NEW_BOXES = 10


@dataclass(frozen=True, eq=False)
class _Part:
    """What is asked of some of the rows.

    Attributes
    ----------
    rows
        How many.
    asking
        What is asked.
    offering, pairs
        The work of the times from where boxes may stand, and how many these are.
    lasting
        Boxes that stand, and as many new ones as are proposed.
    """

    rows: int
    asking: Asking
    offering: Work
    pairs: int
    lasting: Lasting | None


@dataclass(frozen=True, eq=False)
class _Tried:
    """What was tried of one question.

    Attributes
    ----------
    trial
        What it took.
    units
        How many units the plan has for these rows.
    grows
        Whether there are more for more rows.
    of_roads
        Whether they are roads that are taken away.
    """

    trial: Trial
    units: float
    grows: bool = False
    of_roads: bool = False


@dataclass(frozen=True, eq=False)
class _Told:
    """What was tried of all questions.

    Attributes
    ----------
    rows, offering, pairs
        As in `_Part`.
    tried
        One by one.
    memory_mb
        What was held meanwhile, beside what was held before.
    """

    rows: int
    offering: Work
    pairs: int
    tried: list[_Tried]
    memory_mb: float


def sample_what_if(
    plan: Plan, tables: Tables, network: RoadNetwork, candidates: gpd.GeoDataFrame | None
) -> WhatIfCost | None:
    """Ask some of the what-if of a plan, and tell what all of it takes.

    Parameters
    ----------
    plan, tables, network
        What is asked, and of what.
    candidates
        Where boxes may stand; None where nothing asks for them.

    Returns
    -------
    WhatIfCost
        None where a part cannot be asked by itself.
    """
    rows = len(tables.people)
    wanted = int(min(max(rows * _SHARE_OF_ROWS, _LEAST_ROWS), _MOST_ROWS, rows))
    with warnings.catch_warnings():
        # Of a part more is odd than of the whole, and of the whole a run tells.
        warnings.simplefilter("ignore", DataWarning)
        try:
            fewer = max(int(wanted * _PART_OF_ROWS), 1)
            _warm(_take_part(plan, tables, network, candidates, fewer))
            few, many = (
                _try_part(plan, tables, network, candidates, count) for count in (fewer, wanted)
            )
            return _extend(few, many, rows, tables)
        except InputError:
            return None


def _try_part(
    plan: Plan, tables: Tables, network: RoadNetwork, candidates: gpd.GeoDataFrame | None,
    wanted: int,
) -> _Told:  # fmt: skip
    forget_most()
    before_mb = held_mb()[0]
    part = _take_part(plan, tables, network, candidates, wanted)
    tried = [*_try_each(part)]
    held = held_mb()[1] - before_mb
    return _Told(part.rows, part.offering, part.pairs, tried, max(held, 0.0))


def _take_part(
    plan: Plan, tables: Tables, network: RoadNetwork, candidates: gpd.GeoDataFrame | None,
    wanted: int,
) -> _Part:  # fmt: skip
    people = tables.people
    chosen = choose_rows(*places_of(people.to_crs(4326)), wanted)
    rows = people.iloc[chosen]
    asked = plan.reach
    merged = 0.0 if tables.cells is None else asked.merge_minutes
    cutoff = max(*asked.minutes, plan.propose.minutes)
    terms = Terms(cutoff, asked.mobilise_minutes, asked.direction, merged)

    def search(sites: gpd.GeoDataFrame) -> TravelTimes:
        return search_times(network, sites, rows, terms)

    base, offered, taken = divide_base(search(tables.boxes)), None, Clock()
    if candidates is not None and plan.asks_candidates():
        with clock() as taken:
            offered = search(candidates)
    scenarios = tuple(_of_part(one, people, rows) for one in tables.scenarios)
    asking = Asking(plan, replace(tables, scenarios=scenarios), base, offered)
    lasting = None
    if candidates is not None:
        lasting = tables.boxes, candidates.iloc[: plan.propose.new_boxes() or _NEW_BOXES]
    pairs = 0 if offered is None else int(offered.ms.nnz)
    return _Part(len(chosen), asking, taken.work, pairs, lasting)


def _of_part(scenario: Scenario, people: gpd.GeoDataFrame, rows: gpd.GeoDataFrame) -> Scenario:
    """Return a scenario without the rows of its demand that all have, and some have not."""
    demand = scenario.demand
    if demand is None:
        return scenario
    kept = demand.index.isin(rows.index) | ~demand.index.isin(people.index)
    return replace(scenario, demand=demand[kept])


def _warm(part: _Part) -> None:
    """Ask the least, so that kernels are compiled or loaded before anything is measured."""
    asking = part.asking
    if asking.plan.critical is not None:
        count, lose = asking.ready_to_take_away()
        for road in range(min(count, 1)):
            lose(road)
    if asking.opens:
        _, gains = asking.ready_to_open()
        gains(0)
    if asking.plan.robustness is not None:
        asking.draw(part.lasting, 1)


def _extend(few: _Told, many: _Told, rows: int, tables: Tables) -> WhatIfCost:
    """Return what all rows take, from what few and many do."""
    work, taken_away = extend_rows((few.rows, few.offering), (many.rows, many.offering), rows), 0.0
    for one, other in zip(few.tried, many.tried, strict=True):
        units = other.units
        if other.grows:
            units = extend_count(
                (few.rows, one.units), (many.rows, other.units), rows, len(tables.roads)
            )
        taken_away += units if other.of_roads else 0
        work += extend_rows(
            (few.rows, one.trial.of(units)), (many.rows, other.trial.of(units)), rows
        )
    pairs = many.pairs * rows / max(many.rows, 1)
    memory_mb = extend_memory((few.rows, few.memory_mb), (many.rows, many.memory_mb), rows)
    scenarios = len(tables.scenarios)
    return WhatIfCost(work.for_workers(), pairs, taken_away, scenarios, memory_mb)


def _try_each(part: _Part) -> Iterator[_Tried]:
    """Try each question that the plan asks."""
    asking, plan = part.asking, part.asking.plan
    if plan.critical is not None:
        yield from _take_away(asking)
    if asking.opens:
        yield from _open(asking)
    if asking.tables.scenarios:
        count = min(len(asking.tables.scenarios), _SCENARIOS)
        some = tuple(asking.tables.scenarios[at] for at in _at(len(asking.tables.scenarios), count))
        fewer = replace(asking, tables=replace(asking.tables, scenarios=some))
        trial = try_out(lambda _: fewer.compare(), count, count)
        yield _Tried(trial, len(asking.tables.scenarios))
    if plan.robustness is not None:
        draws = plan.robustness.draws
        trial = try_out(partial(asking.draw, part.lasting), *(min(one, draws) for one in _DRAWS))
        yield _Tried(trial, draws)


def _take_away(asking: Asking) -> Iterator[_Tried]:
    """Try all but to take roads away, and to take some of them."""
    with clock() as taken:
        count, lose = asking.ready_to_take_away()
    yield _Tried(Trial(NONE, taken.work, 1, 1), 1)
    tried = min(count, _ROADS)

    def run(many: int) -> None:
        for road in _at(count, many):
            lose(road)

    yield _Tried(try_out(run, tried, tried), count, asking.roads is None, of_roads=True)


def _open(asking: Asking) -> Iterator[_Tried]:
    """Try all but to lift closures, and to lift some of them alone.

    All of them are lifted alone, and those that are left in each round anew; there are about as
    many rounds as closures that gain anybody.
    """
    with clock() as taken:
        count, gains = asking.ready_to_open()
    yield _Tried(Trial(NONE, taken.work, 1, 1), 1)
    tried, found = min(count, _CLOSURES), 0

    def run(many: int) -> None:
        nonlocal found
        found = sum(gains(one) for one in _at(count, many))

    trial = try_out(run, tried, tried)
    yield _Tried(trial, count_openings(count, found / tried * count))


def _at(every: int, count: int) -> list[int]:
    """Return so many positions, far from each other.

    Examples
    --------
    >>> _at(10, 4), _at(2, 5)
    ([0, 3, 6, 9], [0, 1])
    """
    at = np.linspace(0, max(every - 1, 0), min(count, every))
    return [int(one) for one in np.unique(at.astype(np.int64))]
