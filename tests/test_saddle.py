"""What prices and fractions of the relaxation promise, against a linear program and enumeration."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from boxreach.location import GroupLimit, Rules
from boxreach.location.cover_sets import merge_demand
from boxreach.location.dual import Dual
from boxreach.location.picks import Picks, part_rows
from boxreach.location.saddle import Saddle, _Room, _set_prices
from boxreach.location.shortlist import Shortlist

PLAIN, TWICE = (0.0, 1.0), (0.0, 0.6, 1.0)


def pose(seed, *, sites=40, demand=400, count=6, worth=PLAIN, limits=()):
    """Prices to start with, of sites and demand in a plane."""
    random = np.random.default_rng(seed)
    where, whom = random.random((sites, 2)), random.random((demand, 2))
    near = np.hypot(*(where[:, None] - whom).transpose(2, 0, 1)) < 0.2
    cover = csr_array(near.astype(float))
    weights = random.integers(1, 50, demand).astype(float)
    kept = np.ones(sites, dtype=bool)
    sets = merge_demand(cover.indptr, cover.indices, weights, kept=kept)
    picks, rest = part_rows(Rules(limits=limits).rows(cover), count)
    worth = np.array(worth)
    return Dual(sets, worth, picks, rest, sets.weights * worth[1] / 2, np.zeros(len(rest.lower)))


def relax(dual):
    """Return the value of the relaxation, by a linear program: y_jn are sites that demand buys."""
    sets, picks = dual.sets, dual.picks
    cover = csr_array(sets.as_matrix().T)
    demand, count = cover.shape
    steps = np.diff(dual.worth)
    columns = [-cover, *[eye_array(demand) for _ in steps]]
    within = [csr_array(hstack(columns))]
    groups = csr_array((np.ones(count), (picks.group, np.arange(count))))
    idle = csr_array((groups.shape[0], demand * len(steps)))
    within += [hstack([groups, idle]), hstack([-groups, idle])]
    high, low = picks.high[: groups.shape[0]], picks.low[: groups.shape[0]]
    whole = np.concatenate([np.ones(count), np.zeros(demand * len(steps))])
    found = linprog(
        np.concatenate([np.zeros(count), *[-step * sets.weights for step in steps]]),
        A_ub=csr_array(vstack(within)),
        b_ub=np.concatenate([np.zeros(demand), high, -low]),
        A_eq=whole[None] if picks.count is not None else None,
        b_eq=[picks.count] if picks.count is not None else None,
        bounds=[
            *[
                (float(fixed), float(not barred))
                for fixed, barred in zip(picks.fixed, picks.barred, strict=True)
            ],
            *[(0, 1)] * (demand * len(steps)),
        ],
    )
    assert found.status == 0
    return -found.fun


def choose(dual):
    chosen = np.zeros(dual.sets.sites)
    chosen[dual.evaluate(0.0).chosen] = 1.0
    return chosen


def strips(sites, *limits):
    return tuple(
        GroupLimit(np.arange(sites) % len(limits) == nth, *limit)
        for nth, limit in enumerate(limits)
    )


@pytest.mark.slow
@pytest.mark.parametrize("worth", [PLAIN, TWICE])
@pytest.mark.parametrize("limits", [(), ((0, 1), (2, 3), (1, None))])
@pytest.mark.parametrize("seed", range(3))
def test_both_sides_meet_at_the_value_of_the_linear_relaxation(worth, limits, seed):
    dual = pose(seed, worth=worth, limits=strips(40, *limits) if limits else ())
    saddle = Saddle(dual, choose(dual))
    saddle.approach(0.0, 3_000, math.inf)
    value = relax(dual)
    assert saddle.value <= value * (1 + 1e-6)
    assert value * (1 - 1e-9) <= dual.best.bound
    assert dual.best.bound - saddle.value < 1e-3 * value


@pytest.mark.parametrize("count", [6, None])
def test_sites_that_are_fixed_or_barred_stay_so_in_every_fraction(count):
    limits = (GroupLimit(np.ones(40, dtype=bool), 0, 6),) if count is None else ()
    dual = pose(5, count=count, limits=limits)
    dual.picks.fixed[[3, 7]] = True
    dual.picks.barred[10:20] = True
    saddle = Saddle(dual, choose(dual))
    saddle.approach(0.0, 2_000, math.inf)
    assert (saddle.fractions[[3, 7]] == 1.0).all()
    assert (saddle.fractions[10:20] == 0.0).all()
    value = relax(dual)
    assert value * (1 - 1e-9) <= dual.best.bound <= saddle.value + 1e-3 * value


def test_it_goes_on_with_other_sites_where_it_was():
    dual = pose(1)
    first = Saddle(dual, choose(dual))
    first.approach(0.0, 2_000, math.inf)
    again = pose(1)
    again.prices = dual.best.prices
    then = Saddle(again, first.fractions, first)
    then.approach(0.0, 0, math.inf)
    assert again.best.bound == pytest.approx(dual.best.bound, rel=1e-9)
    then.approach(0.0, 400, math.inf)
    assert again.best.bound <= dual.best.bound * (1 + 1e-9)


def test_fewer_steps_than_subgradients_lead_lower():
    dual = pose(2, sites=150, demand=2_000, count=10)
    other = pose(2, sites=150, demand=2_000, count=10)
    Saddle(dual, choose(dual)).approach(0.0, 400, math.inf)
    target = 0.97 * dual.best.bound
    other.descend(target, 1_000, math.inf)
    assert dual.best.bound < other.best.bound


@pytest.mark.slow
def test_lists_lead_to_the_relaxation_of_all_sites():
    dual = pose(3, sites=200, demand=1_500, count=8)
    dual.evaluate(0.0)
    shortlist = Shortlist(dual, np.zeros(200, dtype=bool))
    lacks = [shortlist.descend(0.0, steps=200, pairs=2_000, deadline=math.inf) for _ in range(15)]
    assert lacks[-1]
    assert relax(dual) * (1 - 1e-9) <= dual.best.bound <= 1.001 * relax(dual)


def test_no_time_left_still_gives_a_true_bound():
    dual = pose(4)
    Saddle(dual, choose(dual)).approach(0.0, 1_000, 0.0)
    assert relax(dual) * (1 - 1e-9) <= dual.best.bound < math.inf


@st.composite
def rooms(draw):
    sites = draw(st.integers(1, 8))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    groups = draw(st.integers(1, 3))
    fixed, barred = random.random(sites) < 0.1, np.zeros(sites, dtype=bool)
    group = random.integers(0, groups, sites)
    low = random.integers(0, 3, groups)
    high = low + random.integers(0, 4, groups)
    count = draw(st.one_of(st.none(), st.integers(0, sites)))
    spread = draw(st.sampled_from([0.0, 0.3, 5.0]))
    wanted = random.random(sites) + spread * random.normal(size=sites)
    return Picks(count, group, low, high, fixed, barred), wanted, random.random(sites) + 0.1


@pytest.mark.slow
@given(rooms())
@settings(max_examples=300, deadline=None)
def test_fractions_are_the_nearest_within_the_picks(room):
    """No choice lies further in the direction of what was wanted than they do themselves."""
    picks, wanted, scale = room
    if picks.best(wanted) is None:
        return
    nearest = _Room(picks, np.arange(len(wanted))).project(wanted, scale)
    assert ((nearest >= 0) & (nearest <= 1)).all()
    assert (nearest[picks.fixed] == 1).all()
    sums = np.bincount(picks.group, nearest, minlength=len(picks.low))
    assert (sums >= picks.low - 1e-9).all()
    assert (sums <= picks.high + 1e-9).all()
    assert picks.count is None or nearest.sum() == pytest.approx(picks.count, abs=1e-9)
    towards = (wanted - nearest) / scale
    furthest = picks.best(towards)
    assert towards[furthest].sum() <= towards @ nearest + 1e-7


@pytest.mark.parametrize("worth", [PLAIN, TWICE, (0.0, 0.5, 0.75, 0.9)])
def test_prices_go_where_demand_buys_what_covers_it(worth):
    """Against a fine grid of prices: the cost of what is not met, and of the way there."""
    random, worth = np.random.default_rng(6), np.array(worth)
    weights = random.integers(1, 9, 60).astype(float)
    before = random.random(60) * weights * worth[1]
    was, covered, far = random.random(60) * 2, random.random(60) * 3, random.random(60) * 4 + 0.1
    prices = np.empty(60)
    _set_prices(before, was, covered, far, weights, worth, prices)
    grid = np.linspace(0, 1, 4_001)[:, None] * weights * worth[1]
    numbers = np.arange(len(worth))

    def cost(at):
        gains = weights * worth[:, None, None] - numbers[:, None, None] * at
        return gains.max(axis=0) + at * (2 * covered - was) + (at - before) ** 2 / (2 * far)

    assert (cost(prices[None])[0] <= cost(grid).min(axis=0) + 1e-9).all()
    assert ((prices >= 0) & (prices <= weights * worth[1])).all()
