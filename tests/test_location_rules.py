"""What rules say in rows, in picks and in words, and what covers keep to."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array

from boxreach.location import GroupLimit, Rules
from boxreach.location.covering import (
    Covering,
    cover_greedily,
    price_bound,
    reduce_rows,
    repeat_rows,
    thin_out,
)
from boxreach.location.picks import part_rows
from boxreach.location.problem import count_least
from boxreach.location.proof import is_concave, keep_among, keeps, loosen

SEEDS = range(12)


@pytest.mark.parametrize("seed", range(25))
def test_rules_say_the_same_in_rows_in_picks_and_in_words(seed, draw_some_rules, draw_uneven_cover):
    """Of every choice: what rows and picks and the rest allow breaks nothing that is said."""
    random = np.random.default_rng(seed)
    cover, _ = draw_uneven_cover(random)
    rules = draw_some_rules(random)
    if random.random() < 0.5:
        rules = Rules(**{**vars(rules), "must_cover": random.integers(0, 12, 2)})
    matrix = csr_array(cover, dtype=float)
    rows = rules.rows(matrix)
    size = int(random.integers(2, 5))
    picks, rest = part_rows(rows, size)
    assert ((picks.low >= 0) & (picks.high <= 7)).all()
    for chosen in combinations(range(7), size):
        flags = np.isin(np.arange(7), chosen).astype(float)
        fine = not rules.broken(np.array(chosen), matrix)
        assert keeps(rows, flags) == fine
        have = np.bincount(picks.group, flags, minlength=len(picks.low))
        by_picks = ((have >= picks.low) & (have <= picks.high)).all()
        by_picks &= not (flags[picks.barred] > 0).any() and (flags[picks.fixed] > 0).all()
        assert (by_picks and keeps(rest, flags)) == fine
    later = loosen(rows, 2)
    for chosen in combinations(range(7), size):
        flags = np.isin(np.arange(7), chosen).astype(float)
        ends = [flags + np.isin(np.arange(7), more)
                for more in combinations(set(range(7)) - set(chosen), 2)]  # fmt: skip
        if any(keeps(rows, end) for end in ends) and (flags >= rows.column_lower).all():
            assert keeps(later, flags)
    assert loosen(rows, 0) is rows


def test_rules_that_ask_for_later_sites_are_loosened_by_as_much_as_those_may_add():
    limits = (GroupLimit(np.array([1, 1, 0], bool), 3, 4),)
    rules = Rules(limits=limits, costs=np.array([2.0, 5, 1]), budget=6.0)
    rows = rules.rows(csr_array(np.eye(3)))
    assert loosen(rows, 2).lower.tolist() == [1.0, -math.inf]
    assert loosen(rows, 2).upper.tolist() == rows.upper.tolist()
    among = keep_among(Rules(fixed=np.array([2])).rows(csr_array(np.eye(3))), np.array([0, 2]))
    assert among.column_upper.tolist() == [1, 0, 1]
    assert among.column_lower.tolist() == [0, 0, 1]
    assert among.matrix.shape == (0, 3)
    assert (len(among.lower), len(among.upper)) == (0, 0)


@pytest.mark.parametrize(
    ("worth", "concave", "least"),
    [
        ((0, 1), True, 1),
        ((0, 0, 1), False, 2),
        ((0, 0.5, 1), True, 1),
        ((0, 0.4, 0.6, 1), False, 1),
    ],
)
def test_a_worth_is_concave_where_no_site_adds_more_than_the_one_before(worth, concave, least):
    assert is_concave(np.array(worth, float)) is concave
    assert count_least(np.array(worth, float)) == least


def test_rules_say_in_words_all_that_is_broken():
    cover = csr_array(np.array([[1, 0], [0, 1], [0, 0]]), dtype=float)
    rules = Rules(
        limits=(GroupLimit([True, True, False], 2), GroupLimit(np.array([0, 0, 1], bool), 0, 0)),
        fixed=np.array([1]), forbidden=np.array([2]), must_cover=np.array([0, 1]),
        apart=np.array([[0, 2], [2, 1]]), costs=np.array([1.0, 1.0, 3.5]), budget=3.0,
    )  # fmt: skip
    assert rules.broken(np.array([2]), cover) == [
        "limit 0 asks for at least 2, and has 0",
        "limit 1 asks for at most 0, and has 1",
        "site 1 is fixed, and not chosen",
        "site 2 is forbidden, and chosen",
        "demand 0 must be covered, and it is not",
        "demand 1 must be covered, and it is not",
        "the sites cost 3.5, and the budget is 3",
    ]
    assert rules.broken(np.array([0, 1]), cover) == []
    assert rules.broken(np.array([0, 1, 2]), cover)[-3:] == [
        "sites 0 and 2 may not both stand",
        "sites 2 and 1 may not both stand",
        "the sites cost 5.5, and the budget is 3",
    ]
    exact = Rules(costs=np.full(3, 0.1), budget=0.3)
    assert exact.broken(np.arange(3), cover) == []
    rows = exact.rows(cover)
    assert rows.upper[0] == pytest.approx(0.3, rel=1e-9)
    assert rows.upper[0] >= 0.1 + 0.1 + 0.1
    assert Rules(costs=np.ones(3)).rows(cover).matrix.shape == (0, 3)
    assert Rules(limits=(GroupLimit([True, True, False], 0, 2),)).broken(np.arange(2), cover) == []


# --- covers ---------------------------------------------------------------------------------------


@pytest.fixture
def draw_covering(draw_uneven_cover):
    """Draw a covering question."""

    def draw(random, *, share=None, boxes=1, rules=None, share_near=0.35):
        cover, weights = draw_uneven_cover(random, share=share_near)
        weights = np.where(cover.any(axis=0), weights + 1, 0.0)
        kept = weights > 0
        matrix = csr_array(cover[:, kept], dtype=float)
        costs = random.integers(1, 4, 7).astype(float)
        need = None if share is None else share * float(weights.sum())
        return Covering(matrix, weights[kept], need, rules or Rules(), costs, matrix, boxes)

    return draw


def every_cover(covering):
    for size in range(8):
        for one in combinations(range(7), size):
            if covering.is_cover(np.array(one, dtype=int)):
                yield np.array(one, dtype=int)


@pytest.mark.parametrize(("share", "boxes"), [(None, 1), (None, 2), (0.6, 1), (0.5, 2)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_greedy_cover_covers_enough_and_has_no_site_too_many(seed, share, boxes, draw_covering):
    random = np.random.default_rng(seed)
    rules = Rules(fixed=np.array([2]), limits=(GroupLimit(np.arange(7) >= 4, 1),))
    covering = draw_covering(random, share=share, boxes=boxes, rules=rules)
    dense = covering.cover.toarray() > 0
    least = min((covering.costs[one].sum() for one in every_cover(covering)), default=math.inf)
    for size in (2, 4):
        some = random.choice(7, size, replace=False)
        assert (
            covering.lacking(some).tolist()
            == np.maximum(0, boxes - dense[some].sum(axis=0)).tolist()
        )
        enough = dense[some].sum(axis=0) >= boxes
        right = enough.all() if share is None else covering.weights @ enough >= covering.need
        right = right and 2 in some and (some >= 4).any()
        assert covering.is_cover(some) == bool(right)
    found = cover_greedily(covering)
    if found is None:
        assert (share is None and (dense.sum(axis=0) < boxes).any()) or boxes == 2
        return
    assert covering.is_cover(found)
    assert least <= covering.costs[found].sum() <= 1.5 * least + 2
    assert not any(covering.is_cover(found[found != one]) for one in found)
    assert thin_out(covering, np.arange(7)).tolist() == drop_dearest(covering)


def drop_dearest(covering):
    left = list(range(7))
    for one in sorted(range(7), key=lambda one: (-covering.costs[one], one)):
        fewer = [other for other in left if other != one]
        if covering.is_cover(np.array(fewer, dtype=int)):
            left = fewer
    return left


def test_a_greedy_cover_takes_what_covers_most_for_its_cost_and_fills_groups_cheaply():
    cover = csr_array(
        np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]),
        dtype=float,
    )
    weights = np.array([1.0, 1.0, 1.0, 1.0])

    def ask(costs, need=None, **rules):
        found = cover_greedily(
            Covering(cover, weights, need, Rules(**rules), np.array(costs), cover)
        )
        return None if found is None else found.tolist()

    assert ask([3.0, 1, 1, 1, 1]) == [1, 2]
    assert ask([1.0, 1, 1, 1, 1]) == [0, 2]
    assert ask([1.0, 1, 1, 1, 1], need=3.0) == [0]
    assert ask([1.0, 1, 1, 1, 1], need=3.0, forbidden=np.array([0])) == [1, 2]
    group = (GroupLimit(np.array([0, 0, 0, 1, 1], bool), 1),)
    assert ask([1.0, 1, 1, 3, 2], limits=group) == [0, 2, 4]
    assert ask([1.0, 1, 1, 2, 2], limits=group) == [0, 2, 3]
    assert ask([1.0, 1, 1, 2, 3], limits=group, forbidden=np.array([3])) == [0, 2, 4]
    assert ask([1.0, 1, 1, 2, 3], limits=group, fixed=np.array([4])) == [0, 2, 4]
    assert ask([1.0, 1, 1, 2, 3], forbidden=np.array([2])) is None
    assert ask([0.0, 0.0, 0.0, 0.0, 0.0]) is not None


@pytest.mark.parametrize("seed", range(30))
def test_prices_and_reduced_rows_leave_the_cheapest_cover(seed, draw_covering):
    """What demand can pay is never above it; what is left out costs nothing."""
    random = np.random.default_rng(seed)
    rules = Rules(
        fixed=np.array([1]), forbidden=np.array([3]), limits=(GroupLimit(np.arange(7) == 5),)
    )
    boxes = 1 + seed % 2
    rules = rules if seed % 3 else None
    covering = draw_covering(random, boxes=boxes, rules=rules, share_near=0.35 * boxes)
    found = list(every_cover(covering))
    if not found:
        return
    least = min(covering.costs[one].sum() for one in found)
    assert 0.5 * least <= price_bound(covering) * (1 + 1e-9) <= least * (1 + 1e-9)
    rows, block = reduce_rows(covering) if boxes == 1 else repeat_rows(covering)
    matrix = block.matrix.toarray()
    costs = []
    for size in range(8):
        for one in combinations(range(7), size):
            flags = np.isin(np.arange(7), one).astype(float)
            if keeps(rows, flags) and (matrix @ flags >= block.lower).all():
                costs.append(covering.costs[list(one)].sum())
                assert covering.is_cover(np.array(one, dtype=int))
    assert min(costs) == least
    assert np.isposinf(block.upper).all()
    if boxes == 1:
        whole, _ = reduce_rows(covering, drop_sites=False)
        assert (whole.column_upper[[0, 2, 4, 5, 6]] > 0).any()
        left = csc_array(matrix)
        assert (np.diff(left.indptr)[rows.column_upper == 0] == 0).all()
        kept = np.flatnonzero((rows.column_upper > 0) & (rows.column_lower < 1))
        pairs = [(a, b) for a in kept for b in kept if a != b and {a, b} & {5} == set()
                 and covering.costs[b] <= covering.costs[a]]  # fmt: skip
        assert not any((matrix[:, a] <= matrix[:, b]).all() for a, b in pairs)
        assert not any((matrix[a] <= matrix[b]).all() for a in range(len(matrix))
                       for b in range(len(matrix)) if a != b)  # fmt: skip
