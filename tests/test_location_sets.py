"""How sets are merged, compared, parted and taken greedily, against the plainest way to do it."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules, cover_sets, dominance
from boxreach.location.arrays import are_whole, merge_demand, nearest_sites, prefer_first
from boxreach.location.choices import allowed_next, first_of_equals
from boxreach.location.greedy import choose_greedily
from boxreach.location.subsets import implied_demand, needless_sites

SEEDS = range(12)
WORTHS = [(0.0, 1.0), (0.0, 0.6, 1.0), (0.0, 0.5, 0.8, 0.9)]


def names_of(count):
    """The first numbers of splitmix64 from seed 0, by whole numbers without end."""
    names = []
    for at in range(1, count + 1):
        name = at * 0x9E3779B97F4A7C15 % 2**64
        name = (name ^ (name >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        name = (name ^ (name >> 27)) * 0x94D049BB133111EB % 2**64
        names.append((name ^ (name >> 31)) >> 22)
    return names


def test_names_of_sites_are_those_of_splitmix64():
    assert names_of(1) == [0xE220A8397B1DCDAF >> 22]
    assert cover_sets._name_sites(50).tolist() == names_of(50)


@pytest.mark.parametrize("least", [0, 1, 2])
@pytest.mark.parametrize("seed", SEEDS)
def test_merged_demand_is_in_an_order_that_only_its_sites_and_weights_decide(
    seed, least, draw_uneven_cover, merge_cover
):
    """By the first site that covers it; what is alike is one, with all its weight."""
    random = np.random.default_rng(seed)
    cover, weights = draw_uneven_cover(random, demand=20, share=0.25)
    weights = weights * random.random(20)
    kept = random.random(7) < 0.8
    sets = merge_cover(cover, weights, kept, least)
    seen = cover & kept[:, None]
    counting = (weights > 0) & (seen.sum(axis=0) >= max(1, least))
    assert ((sets.merged >= 0) == counting).all()
    dense = sets.as_matrix().toarray() > 0
    assert (dense[:, sets.merged[counting]] == seen[:, counting]).all()
    assert len({column.tobytes() for column in dense.T}) == len(sets.weights)
    for one, weight in enumerate(sets.weights):
        assert weight == pytest.approx(weights[sets.merged == one].sum())
    firsts = dense.argmax(axis=0)
    assert (np.diff(firsts) >= 0).all()
    matrix = csr_array(cover, dtype=float)
    twice = 2 * matrix.indptr, np.repeat(matrix.indices, 2)
    told = cover_sets.merge_demand(*twice, weights, kept=kept, least=least)
    for name in ("start", "demand", "weights", "merged"):
        assert getattr(sets, name).tobytes() == getattr(told, name).tobytes()
    order = random.permutation(20)
    other = merge_cover(cover[:, order], weights[order], kept, least)
    for name in ("start", "demand", "weights"):
        assert getattr(sets, name).tobytes() == getattr(other, name).tobytes()
    assert (other.merged == sets.merged[order]).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_sets_tell_what_each_site_covers_and_what_a_choice_comes_to(
    seed, draw_uneven_cover, merge_cover
):
    random = np.random.default_rng(seed)
    cover, weights = draw_uneven_cover(random)
    sets, worth = merge_cover(cover, weights), np.array([0.0, 0.5, 0.75])
    dense = sets.as_matrix().toarray() > 0
    assert (sets.sites, sets.pairs) == (7, dense.sum())
    starts, sites = sets.by_demand
    for site in range(7):
        assert sets.of(site).tolist() == np.flatnonzero(dense[site]).tolist()
    for one in range(len(sets.weights)):
        assert (
            sites[starts[one] : starts[one + 1]].tolist() == np.flatnonzero(dense[:, one]).tolist()
        )
    chosen = random.choice(7, 3, replace=False)
    counts = dense[chosen].sum(axis=0)
    assert sets.count(chosen).tolist() == counts.tolist()
    value = math.fsum(sets.weights * worth[np.minimum(counts, 2)])
    assert sets.measure(chosen, worth) == value
    amounts = random.random(12)
    for one, total in enumerate(sets.sum_up(amounts)):
        assert total == pytest.approx(amounts[sets.merged == one].sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_demand_looks_alike_if_the_same_eight_sites_have_the_lowest_names(seed, merge_cover):
    """The heaviest stands for the others, with the weight of all."""
    random = np.random.default_rng(seed)
    sets = merge_cover(random.random((14, 40)) < 0.75, random.integers(1, 9, 40).astype(float))
    names, dense = names_of(14), sets.as_matrix().toarray() > 0
    looks = {}
    for one, column in enumerate(dense.T):
        lowest = sorted(np.flatnonzero(column), key=lambda site: names[site])[:8]
        looks.setdefault(tuple(lowest), []).append(one)
    thin = cover_sets.thin_out(sets)
    heads = {max(alike, key=lambda one: sets.weights[one]): alike for alike in looks.values()}
    assert len(heads) < len(sets.weights)
    for number, head in enumerate(sorted(heads)):
        alike = heads[head]
        assert set(np.flatnonzero(thin.merged == number).tolist()) == set(alike)
        assert thin.weights[number] == sets.weights[alike].sum()
        likely = [one for one in alike if sets.weights[one] == sets.weights[head]]
        shown = thin.as_matrix().toarray()[:, number] > 0
        assert any((shown == dense[:, one]).all() for one in likely)


@pytest.mark.parametrize("costly", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_site_is_dominated_if_an_open_one_covers_as_much_and_costs_no_more(
    seed, costly, draw_uneven_cover, merge_cover
):
    """Of equal ones by all but the first; of those that cover nothing the cheapest stays."""
    random = np.random.default_rng(seed)
    cover, _ = draw_uneven_cover(random, sites=9, demand=7)
    cover[random.integers(0, 9, 2)] = False
    sets, open_sites = merge_cover(cover, np.ones(7)), random.random(9) < 0.85
    costs = random.integers(1, 3, 9).astype(float) if costly else None
    price = np.zeros(9) if costs is None else costs
    found = dominance.find_dominated(sets, open_sites, costs)
    for one in range(9):
        wanted = False
        for other in np.flatnonzero(open_sites):
            within = (cover[one] <= cover[other]).all() and price[other] <= price[one]
            like = (cover[one] == cover[other]).all() and price[other] == price[one]
            fits = cover[one].any() == cover[other].any()
            wanted |= other != one and within and fits and (not like or other < one)
        assert found[one] == (wanted and open_sites[one])


@pytest.mark.parametrize("pairs", [0, 10**9])
def test_parts_of_the_sites_are_worked_on_once_each(monkeypatch, pairs):
    monkeypatch.setattr(cover_sets, "_PAIRS_FOR_THREADS", pairs)
    start, seen = np.array([0, 5, 6, 7, 12, 30, 31]), []
    cover_sets.in_parts(start, [], lambda low, high: seen.append((low, high)))
    whole = [site for low, high in sorted(seen) for site in range(low, high)]
    assert whole == list(range(6))
    assert len(seen) == (1 if pairs else 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_needless_sites_and_implied_demand_are_those_of_every_pair(seed, draw_uneven_cover):
    random = np.random.default_rng(seed)
    cover, _ = draw_uneven_cover(random, sites=8, demand=8)
    cover[:, 3] = cover[:, 1]
    costs = random.integers(0, 3, 8).astype(float)
    needless, implied = (
        needless_sites(csr_array(cover, dtype=float), costs),
        implied_demand(csr_array(cover, dtype=float)),
    )
    for one in range(8):
        wanted = not cover[one].any()
        for other in range(8):
            within = other != one and (cover[one] <= cover[other]).all()
            equal = (cover[one] == cover[other]).all()
            cheaper = costs[other] < costs[one]
            first = costs[other] == costs[one] and (not equal or other < one)
            wanted |= within and (cheaper or first)
        assert needless[one] == wanted
        wanted = False
        for other in range(8):
            within = other != one and (cover[:, other] <= cover[:, one]).all()
            equal = (cover[:, other] == cover[:, one]).all()
            wanted |= within and cover[:, other].any() and (not equal or other < one)
        assert implied[one] == wanted


# --- greedy choices -------------------------------------------------------------------------------


def fill(cover, weights, worth, rows, sites, price, first):
    """Take what gains most for its price next, all gains counted anew; None if it cannot be."""
    steps = [0.0, *np.diff(worth), 0.0]
    count, chosen = np.zeros(cover.shape[1], dtype=int), []
    fixed, barred = rows.column_lower > 0, rows.column_upper < 1
    matrix = rows.matrix.toarray()

    def gain(site):
        last = len(steps) - 1
        return sum(weights[j] * steps[min(count[j] + 1, last)] for j in np.flatnonzero(cover[site]))

    def take(site):
        count[cover[site]] += 1
        chosen.append(site)

    if (fixed & barred).any():
        return None
    for site in np.flatnonzero(fixed).tolist():
        take(site)
    while sites is None or len(chosen) < sites:
        activity = matrix[:, chosen].sum(axis=1)
        lacking = np.maximum(0, rows.lower - activity).sum()
        left = 0 if sites is None else sites - len(chosen)
        asked = lacking > 0 and (first or lacking >= left)
        able = [
            site
            for site in range(len(cover))
            if site not in chosen and not barred[site]
            and (activity + matrix[:, site] <= rows.upper)[matrix[:, site] != 0].all()
            and (not asked or ((activity < rows.lower) & (matrix[:, site] > 0)).any())
        ]  # fmt: skip
        if not able and asked:
            return None
        keys = [gain(site) / price[site] if price[site] else gain(site) * 1e300 for site in able]
        if not able or (sites is None and not asked and gain(able[int(np.argmax(keys))]) <= 0):
            break
        take(able[int(np.argmax(keys))])
    activity = matrix[:, chosen].sum(axis=1)
    kept = ((rows.lower <= activity) & (activity <= rows.upper)).all()
    if not kept or (sites is not None and len(chosen) != sites):
        return None
    last = len(worth) - 1
    return float(weights @ np.asarray(worth)[np.minimum(count, last)]), sorted(chosen)


@pytest.mark.parametrize("seed", range(60))
def test_a_greedy_choice_is_what_taking_the_most_next_leads_to(
    seed, draw_some_rules, draw_uneven_cover, merge_cover
):
    """With and without a number, prices and rules; the better of two ways, the first of equals."""
    random = np.random.default_rng(seed)
    cover, weights = draw_uneven_cover(random)
    sets = merge_cover(cover, weights)
    dense, worth = sets.as_matrix().toarray() > 0, np.array(WORTHS[seed % 3])
    rules = draw_some_rules(random)
    rows = rules.rows(csr_array(cover, dtype=float))
    sites = None if random.random() < 0.4 else int(random.integers(0, 6))
    costs = rules.costs if random.random() < 0.5 else None
    best = None
    for price in [np.ones(7)] + ([] if costs is None else [costs]):
        ways = (
            fill(dense, sets.weights, worth, rows, sites, price, first) for first in (False, True)
        )
        way = next((way for way in ways if way is not None), None)
        if way is not None and (best is None or way[0] > best[0] + 1e-9):
            best = way
    found = choose_greedily(sets, worth, rows, sites, costs)
    assert (found is None) == (best is None)
    if found is not None:
        assert found.tolist() == best[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_sites_that_may_be_added_keep_the_rules_and_fill_what_they_ask_for(
    seed, draw_some_rules, draw_uneven_cover
):
    random = np.random.default_rng(seed)
    cover, _ = draw_uneven_cover(random)
    rows = draw_some_rules(random).rows(csr_array(cover, dtype=float))
    matrix = rows.matrix.toarray()
    for size in range(5):
        taken = np.isin(np.arange(7), random.choice(7, size, replace=False))
        held = matrix @ taken
        may = [not taken[one] and rows.column_upper[one] > 0
               and ((held + matrix[:, one] <= rows.upper) | (matrix[:, one] == 0)).all()
               for one in range(7)]  # fmt: skip
        helps = [bool(((held < rows.lower) & (matrix[:, one] > 0)).any()) for one in range(7)]
        both = np.array(may) & helps
        assert (
            allowed_next(rows, taken).tolist() == (both if both.any() else np.array(may)).tolist()
        )


# --- demand and sites that are alike --------------------------------------------------------------


@pytest.mark.parametrize("with_values", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_demand_that_is_the_same_to_every_site_is_one(seed, with_values, draw_uneven_cover):
    random = np.random.default_rng(seed)
    cover, weights = draw_uneven_cover(random, sites=3, demand=14)
    costs = np.where(cover, random.integers(0, 2, cover.shape), -1)
    rows, columns = np.nonzero(cover)
    starts = np.append(0, np.cumsum(cover.sum(axis=1)))
    matrix = csr_array((costs[rows, columns].astype(float), columns, starts), shape=cover.shape)
    merged = merge_demand(matrix, weights, with_values=with_values)
    kind = costs if with_values else cover.astype(int)
    assert ((merged.group >= 0) == (weights > 0)).all()
    seen = {}
    for one in np.flatnonzero(weights > 0):
        assert seen.setdefault(kind[:, one].tobytes(), merged.group[one]) == merged.group[one]
    assert len(set(seen.values())) == len(seen) == len(merged.weights) == merged.columns.shape[1]
    for number, weight in enumerate(merged.weights):
        members = np.flatnonzero(merged.group == number)
        assert weight == math.fsum(weights[members])
        column = merged.columns[:, [number]]
        assert column.indices.tolist() == np.flatnonzero(cover[:, members[0]]).tolist()
        if with_values:
            assert column.data.tolist() == costs[column.indices, members[0]].tolist()
    order = random.permutation(14)
    other = merge_demand(csr_array(matrix[:, order]), weights[order], with_values=with_values)
    assert other.weights.tolist() == merged.weights.tolist()
    assert (other.columns.toarray() == merged.columns.toarray()).all() or not with_values


def test_the_nearest_chosen_site_serves_and_the_first_of_equals():
    cost = csr_array(np.array([[3.0, 2.0, 0.0], [3.0, 1.0, 0.0], [1.0, 5.0, 0.0]]))
    near, least = nearest_sites(cost, np.array([0, 1]))
    assert (near.tolist(), least.tolist()) == ([0, 1, -1], [3.0, 1.0, math.inf])


def test_sums_are_exact_of_whole_numbers_below_two_to_the_52nd():
    assert are_whole(np.array([1.0, 2.0**51]))
    assert not are_whole(np.array([1.0, 2.0**52]))
    assert not are_whole(np.full(4, 2.0**20), np.array([2.0**30]))
    assert are_whole(np.full(4, 2.0**20), np.array([2.0**29]))
    assert are_whole(np.full(4, 2.0**20), np.array([0.0]), np.empty(0))
    assert not are_whole(np.array([0.5]))
    assert not are_whole(np.ones(1), np.ones(1), np.array([1.5]))


def test_chosen_sites_become_the_first_that_are_the_same_to_demand_and_rules():
    """But fixed, forbidden and parted ones stand for themselves."""
    cover = csr_array(np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]]), dtype=float)

    def first(chosen, **rules):
        return first_of_equals(cover, np.array(chosen), Rules(**rules), cover).tolist()

    assert first([2, 4, 5]) == [0, 3, 4]
    assert first([1, 2], fixed=np.array([1])) == [0, 1]
    assert first([2, 5], forbidden=np.array([0])) == [1, 3]
    assert first([2, 5], apart=np.array([[1, 4]])) == [0, 3]
    assert first([1, 4], apart=np.array([[1, 4]])) == [1, 4]
    assert first([2, 5], costs=np.array([9.0, 1, 1, 2, 1, 1])) == [1, 4]
    assert first([2, 5], limits=(GroupLimit(np.array([0, 1, 1, 0, 0, 1], bool)),)) == [1, 5]
    other = csr_array(np.array([[1, 0], [1, 0], [1, 0], [0, 0], [0, 1], [0, 1]]), dtype=float)
    assert first_of_equals(
        cover, np.array([5]), Rules(must_cover=np.array([1])), other
    ).tolist() == [4]
    costs = csr_array(np.array([[1.0], [2.0], [2.0]]))
    assert prefer_first(costs, np.array([2]), lambda site: ()).tolist() == [1]
    assert prefer_first(costs, np.array([2]), lambda site: (site,)).tolist() == [2]


def test_no_sites_cover_nothing():
    none = np.empty(0, dtype=np.int64)
    sets = cover_sets.merge_demand(np.zeros(1, int), none, np.ones(2), kept=np.empty(0, bool))
    assert (sets.sites, sets.pairs, len(sets.weights)) == (0, 0, 0)
    assert sets.merged.tolist() == [-1, -1]
