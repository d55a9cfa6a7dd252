"""What prices of covers, of medians and of cases prove, and what swaps for a median leave."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules, p_center, p_median
from boxreach.location.covering import Covering
from boxreach.location.covering_bound import price_covers
from boxreach.location.criteria import Criterion, read_criterion
from boxreach.location.median_bound import raise_bound
from boxreach.location.median_pairs import pair_up, with_penalties
from boxreach.location.median_program import write_rest
from boxreach.location.median_search import Search as MedianSearch
from boxreach.location.program import solve_program
from boxreach.location.proof import keeps

SITES, CHOSEN, SEEDS = 8, 3, range(6)


@pytest.mark.parametrize(("share", "boxes"), [(None, 1), (None, 2), (0.7, 1), (0.6, 2)])
@pytest.mark.parametrize("seed", SEEDS)
def test_prices_of_a_cover_come_to_its_linear_relaxation_and_hold_for_every_cover(
    seed, share, boxes, draw_cover
):
    random = np.random.default_rng(seed + 500)
    cover, weights = draw_cover(random, demand=10, share=0.5)
    costs = random.integers(1, 6, SITES).astype(float)
    need = None if share is None else share * weights.sum()
    rules = Rules(fixed=np.array([6]), forbidden=np.array([1])) if seed % 2 else Rules()
    matrix = csr_array(cover.astype(float))
    covering = Covering(matrix, weights, need, rules, costs, matrix, boxes)
    low, high = np.zeros(SITES + 10), np.ones(SITES + 10)
    low[rules.fixed], high[rules.forbidden] = 1, 0
    low[SITES:] = 1 if share is None else 0
    found = linprog(
        np.append(costs, np.zeros(10)),
        A_ub=np.vstack([
            np.hstack([-1.0 * cover.T, boxes * np.eye(10)]), np.append(np.zeros(SITES), -weights),
        ]),
        b_ub=np.append(np.zeros(10), -(weights.sum() if need is None else need)),
        bounds=np.column_stack([low, high]),
    )  # fmt: skip
    if found.status:
        return
    prices = price_covers(covering, float(costs.sum()), until=math.inf)
    assert 0.99 * found.fun <= prices.bound <= found.fun + 1e-7
    for size in range(SITES + 1):
        for one in combinations(range(SITES), size):
            if covering.is_cover(np.array(one, dtype=int)):
                flags = np.isin(np.arange(SITES), one)
                loose = ~np.isin(np.arange(SITES), np.append(rules.fixed, rules.forbidden))
                turned = np.abs(prices.reduced)[loose & (flags != (prices.reduced < 0))].sum()
                assert prices.bound + turned <= costs[flags].sum() + 1e-9
    early = price_covers(covering, float(costs.sum()), until=0.0)
    assert 0.3 * found.fun <= early.bound <= prices.bound + 1e-9
    reached = price_covers(covering, early.bound / 2, until=math.inf)
    assert reached.bound <= prices.bound + 1e-9


# --- p-medians ------------------------------------------------------------------------------------


class Median:
    """A p-median question and all its plans."""

    def __init__(self, seed, *, beyond=None, rules=True):
        random = self.random = np.random.default_rng(seed + 600)
        possible = random.random((SITES, 10)) < 0.75
        possible[0] = possible[1] = True
        self.cost = np.where(possible, random.integers(0, 9, (SITES, 10)), np.inf).astype(float)
        if beyond is not None:
            self.cost[self.cost > beyond] = np.inf
        self.weights, self.beyond = random.integers(0, 4, 10).astype(float), beyond
        rows, columns = np.nonzero(np.isfinite(self.cost))
        starts = np.append(0, np.cumsum(np.isfinite(self.cost).sum(axis=1)))
        self.matrix = csr_array((self.cost[rows, columns], columns, starts), shape=self.cost.shape)
        half = np.arange(SITES) < 4
        asked = Rules(fixed=np.array([1]), forbidden=np.array([6]), apart=np.array([[2, 5]]),
                      limits=(GroupLimit(half, 1, 2),))  # fmt: skip
        self.rules = asked if rules else Rules()
        self.rows = self.rules.rows(self.matrix)
        self.pairs = pair_up(self.matrix, self.weights, beyond)
        self.plans = {
            one: self.measure(one)
            for one in combinations(range(SITES), CHOSEN)
            if keeps(self.rows, np.isin(np.arange(SITES), one).astype(float))
        }
        self.best = min(self.plans.values())

    def measure(self, plan):
        least = self.cost[list(plan)].min(axis=0)
        if self.beyond is not None:
            least = np.minimum(least, self.beyond)
        return float(self.weights[self.weights > 0] @ least[self.weights > 0])

    def relax(self):
        """Return what the relaxation comes to, sites alone being ruled."""
        asks = np.flatnonzero(self.weights > 0)
        ways = [
            (site, one)
            for one in asks
            for site in range(SITES)
            if np.isfinite(self.cost[site, one])
        ]
        width = SITES + len(ways) + len(asks)
        gain, link, serve = (
            np.zeros(width),
            np.zeros((len(ways), width)),
            np.zeros((len(asks), width)),
        )
        for nth, (site, one) in enumerate(ways):
            gain[SITES + nth] = self.weights[one] * self.cost[site, one]
            link[nth, [SITES + nth, site]] = 1, -1
            serve[np.flatnonzero(asks == one)[0], SITES + nth] = 1
        serve[np.arange(len(asks)), SITES + len(ways) + np.arange(len(asks))] = 1
        gain[SITES + len(ways) :] = self.weights[asks] * (self.beyond or 0)
        high = np.ones(width)
        high[SITES + len(ways) :] = 0 if self.beyond is None else 1
        low = np.append(self.rows.column_lower, np.zeros(width - SITES))
        high[:SITES] = self.rows.column_upper
        found = linprog(
            gain, A_ub=link, b_ub=np.zeros(len(ways)), bounds=np.column_stack([low, high]),
            A_eq=np.vstack([serve, np.arange(width) < SITES]),
            b_eq=np.append(np.ones(len(asks)), CHOSEN),
        )  # fmt: skip
        assert found.status == 0
        return found.fun


@pytest.mark.parametrize("beyond", [None, 5.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_prices_of_a_median_come_to_its_linear_relaxation(seed, beyond):
    """The program that they leave open holds every plan below a target, at its cost."""
    asked = Median(seed, beyond=beyond)
    prices = raise_bound(asked.pairs, asked.rows, CHOSEN, asked.best, until=math.inf)
    value = asked.relax()
    assert 0.985 * value - 1e-9 <= prices.bound <= value + 1e-9
    assert len(prices.chosen) == CHOSEN
    assert 1 in prices.chosen
    assert 6 not in prices.chosen
    early = raise_bound(asked.pairs, asked.rows, CHOSEN, asked.best, until=0.0)
    assert early.bound <= prices.bound + 1e-9
    again = raise_bound(asked.pairs, asked.rows, CHOSEN, asked.best, until=0.0, start=prices.prices)
    assert again.bound >= prices.bound - 1e-9
    free = raise_bound(asked.pairs, asked.rows, CHOSEN, math.inf, until=math.inf)
    assert free.bound <= value + 1e-9
    for target in (asked.best - 0.5, asked.best + 0.5, 1.5 * asked.best + 2):
        rest = write_rest(asked.pairs, asked.rows, CHOSEN, prices, target, 10**6)
        answer = rest.program and solve_program(rest.program, seconds=20)
        least = rest.least - answer.bound if answer else math.inf
        if asked.best < target:
            assert least == pytest.approx(asked.best)
            chosen = np.flatnonzero(answer.values[:SITES] > 0.5)
            assert asked.plans[tuple(chosen.tolist())] == asked.best
            width = len(rest.program.gain)
            pairs = int(rest.program.matrix[:, :SITES].nnz)
            assert width > SITES
            assert write_rest(asked.pairs, asked.rows, CHOSEN, prices, target, 0) is None
            assert write_rest(asked.pairs, asked.rows, CHOSEN, prices, target, pairs) is not None
        else:
            assert least >= target - 1e-6


@pytest.mark.parametrize("rules", [True, False])
@pytest.mark.parametrize("beyond", [None, 5.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_swaps_for_a_median_end_where_none_saves_and_keep_the_rules(seed, beyond, rules):
    asked = Median(seed, beyond=beyond, rules=rules)
    search, every = MedianSearch(asked.pairs, asked.rows), asked.plans
    penalty = with_penalties(asked.pairs).otherwise
    for start in list(every)[:: max(1, len(every) // 6)]:
        chosen, cost = search.descend(np.array(start), math.inf)
        plan = tuple(chosen.tolist())
        assert plan in every
        assert every[plan] <= every[start]
        if math.isfinite(every[plan]):
            assert cost == pytest.approx(every[plan])
        else:
            assert cost >= penalty.max()
        if math.isfinite(every[plan]):
            swaps = [one for one in every if len(set(one) - set(plan)) == 1]
            assert all(every[one] >= every[plan] for one in swaps)
        kicked = {tuple(search.kick(chosen, asked.random).tolist()) for _ in range(40)}
        assert kicked <= set(every)
        assert len(kicked) > 1
    first = min(every, key=every.get)
    if sum(value == every[first] for value in every.values()) == 1:
        assert search.descend(np.array(first), math.inf)[0].tolist() == list(first)
    added = search.add(CHOSEN)
    if added is not None:
        plan = [1] if rules else []
        while len(plan) < CHOSEN:
            rest = [one for one in range(SITES) if one not in plan and allowed(asked, plan, one)]
            plan.append(min(rest, key=lambda one: (penalised(asked, penalty, [*plan, one]), one)))
        assert added.tolist() == sorted(plan)
    assert search.add(SITES + 1) is None


def allowed(asked, plan, one):
    """Whether a site may be added; where the rules ask for some, only those."""
    matrix, rows = asked.rows.matrix.toarray(), asked.rows
    held = matrix[:, plan].sum(axis=1)

    def may(site):
        fits = ((held + matrix[:, site] <= rows.upper) | (matrix[:, site] == 0)).all()
        return site not in plan and rows.column_upper[site] > 0 and fits

    def helps(site):
        return may(site) and ((held < rows.lower) & (matrix[:, site] > 0)).any()

    return helps(one) if any(map(helps, range(SITES))) else may(one)


def penalised(asked, penalty, plan):
    """What a plan costs where demand out of reach counts more than any plan that serves all."""
    worst = with_penalties(asked.pairs)
    now = penalty.copy()
    for site in plan:
        for at in range(worst.starts[site], worst.starts[site + 1]):
            now[worst.demand[at]] = min(now[worst.demand[at]], worst.values[at])
    return round(float(now.sum()), 6)


@pytest.mark.parametrize("beyond", [None, 5.0])
def test_pairs_of_a_median_are_by_site_and_by_demand_the_nearest_first(beyond):
    asked = Median(2, beyond=beyond)
    pairs = asked.pairs
    assert pairs.whole
    assert not pair_up(asked.matrix, asked.weights * 0.5, beyond).whole
    assert pair_up(asked.matrix, asked.weights, 2.5).whole is False
    for one in range(len(pairs.otherwise)):
        span = slice(pairs.near_starts[one], pairs.near_starts[one + 1])
        ranks = list(zip(pairs.near_values[span], pairs.near_sites[span], strict=True))
        assert ranks == sorted(ranks)
    by_site = {(site, pairs.demand[at], pairs.values[at]) for site in range(SITES)
               for at in range(pairs.starts[site], pairs.starts[site + 1])}  # fmt: skip
    owner = np.repeat(np.arange(len(pairs.otherwise)), np.diff(pairs.near_starts))
    assert by_site == set(zip(pairs.near_sites, owner, pairs.near_values, strict=True))
    worst = sum(pairs.near_values[end - 1] for end in pairs.near_starts[1:])
    asked_for = np.isinf(pairs.otherwise)
    assert asked_for.all() == (beyond is None)
    penalties = with_penalties(pairs).otherwise
    assert penalties.tolist() == (np.full(len(penalties), 1 + worst) if beyond is None
                                  else pairs.otherwise).tolist()  # fmt: skip


# --- criteria -------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [None, 0.0, 0.2, 0.34, 0.5])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_mix_of_cases_bounds_what_a_criterion_can_come_to(seed, share):
    """The least mix of a value is that of giving up the best cases; of the mean all is a share."""
    random = np.random.default_rng(seed)
    odds = random.integers(1, 4, 5) / 1.0 if seed % 2 else np.ones(5)
    odds = odds / odds.sum()
    criterion = Criterion(share, odds)
    least = random.integers(0, 4, 5).astype(float)
    mix = random.random(5) if share is not None else odds
    for _ in range(10):
        values = least + random.integers(0, 9, 5)
        came = criterion.of(values)
        if share is None:
            assert came == pytest.approx(odds @ values)
        else:
            gives = [given for size in range(5) for given in combinations(range(5), size)
                     if odds[list(given)].sum() <= share + 1e-9]  # fmt: skip
            best = max(np.delete(values, list(given)).min() for given in gives)
            assert came == best
            mixed = criterion.in_mix(came, mix, least)
            assert mixed <= mix @ np.maximum(values, least) + 1e-9
        top = criterion.mixed(float(mix @ values), mix, least)
        assert top >= came - 1e-9
        if share == 0 or share is None:
            assert top == pytest.approx(float(mix @ values) / mix.sum())
            assert criterion.in_mix(came, mix, least) == pytest.approx(came * mix.sum())
        elif math.isfinite(top):
            assert criterion.in_mix(top * (1 + 1e-9) + 1e-9, mix, least) > mix @ values - 1e-6
            assert criterion.in_mix(top * (1 - 1e-9) - 1e-9, mix, least) <= mix @ values + 1e-6


def test_of_a_value_in_a_mix_the_cases_that_lose_most_for_their_odds_are_given_up_in_part():
    criterion = Criterion(0.3, np.array([0.2, 0.5, 0.3]))
    mix, least = np.array([1.0, 1.0, 1.0]), np.array([0.0, 0.0, 6.0])
    # Of a value of 10: 10 is lost for 0.2, 10 for 0.5, 4 for 0.3.
    assert criterion.in_mix(10.0, mix, least) == pytest.approx(30 - 10 - 10 * 0.1 / 0.5)
    assert criterion.in_mix(5.0, mix, least) == pytest.approx(16 - 5 - 5 * 0.1 / 0.5)
    assert criterion.mixed(18.0, mix, least) == pytest.approx(10.0)
    assert criterion.spare == pytest.approx(0.3)
    assert Criterion(0.3, np.full(4, 0.25)).spare == 0.25
    assert Criterion(0.5, np.full(4, 0.25)).spare == 0.5
    assert Criterion(0.2, np.full(4, 0.25)).spare == 0.0
    assert Criterion(None, np.full(4, 0.25)).spare == 0.0
    one_of_two = Criterion(0.5, np.full(2, 0.5))
    assert math.isinf(one_of_two.mixed(3.0, np.array([1.0, 0.0]), np.zeros(2)))
    assert one_of_two.mixed(3.0, np.array([1.0, 2.0]), np.zeros(2)) == pytest.approx(3.0)


def test_criteria_are_read_from_words():
    for word, share in (
        ("mean", None),
        ("worst", 0.0),
        ("p10", 0.1),
        ("p0.5", 0.005),
        ("p99", 0.99),
    ):
        told, faults = read_criterion(word)
        assert (told, faults) == (share, [])
        assert type(told) is type(share)
    for word in ("p0", "p100", "p-1", "p", "pten", "pnan", "P10", "median", "", 10, None, "q10"):
        told, (fault,) = read_criterion(word)
        assert told is None
        assert fault.column == "criterion"


def test_where_the_greedy_choice_leaves_demand_unserved_another_is_found():
    """The site that serves most leaves two that no one site serves."""
    cost = np.array([[1, 1, 1, 1, np.inf, np.inf], [5, 5, np.inf, np.inf, 5, np.inf],
                     [np.inf, np.inf, 5, 5, np.inf, 5]])  # fmt: skip
    found = p_median(cost, np.ones(6), sites=2)
    assert (found.status, found.objective, found.sites.tolist()) == ("optimal", 30.0, [1, 2])
    assert p_center(cost, sites=2).sites.tolist() == [1, 2]
    assert p_median(cost, np.ones(6), sites=1).status == "infeasible"
