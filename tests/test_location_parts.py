"""Plans of parts joined under one number: no plan beats the bound, and the plan keeps the rules."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from boxreach import BoxreachError, InputError
from boxreach.location import GroupLimit, Rules, divided_cover, max_cover
from boxreach.location.cover import covered_weight
from boxreach.location.models import Solution
from boxreach.location.shares import Curve, Limit, share_out


def draw_question(seed, most_sites=24):
    """Return sites and demand in a square, four or nine parts of it, how many sites, and bands."""
    draw = np.random.default_rng(seed)
    sites, demand = int(draw.integers(6, most_sites)), int(draw.integers(10, 100))
    here, there = draw.random((sites, 2)), draw.random((demand, 2))
    near = ((here[:, None] - there[None]) ** 2).sum(axis=2) < draw.choice([0.15, 0.25, 0.35]) ** 2
    whole = draw.random() < 0.6
    weights = draw.integers(0, 50, demand).astype(float) if whole else draw.random(demand) * 10
    side = int(draw.choice([2, 3]))
    parts = (here[:, 0] * side).astype(int) * 10 + (here[:, 1] * side).astype(int)
    return csr_array(near.astype(int)), weights, parts, int(draw.integers(1, min(sites, 7))), here


def draw_rules(draw, here, sites):
    """Return quotas on three bands across the parts, and sites that stand or may not."""
    band, limits = (here[:, 1] * 3).astype(int), []
    for one in range(3):
        members = band == one
        if members.any() and draw.random() < 0.7:
            least = int(min(members.sum(), draw.integers(0, 3)))
            limits.append(GroupLimit(members, least, int(draw.integers(max(least, 1), 6))))
    taken = draw.permutation(len(here))
    stands = int(draw.integers(0, min(2, sites) + 1))
    return Rules(limits=tuple(limits), fixed=taken[:stands], forbidden=taken[stands : stands + 2])


def best_plan(cover, weights, sites, rules):
    """Return what the best of all plans covers; None if none keeps the rules."""
    plans = (np.array(one) for one in combinations(range(cover.shape[0]), sites))
    kept = [one for one in plans if not rules.broken(one, cover)]
    return max((covered_weight(cover, weights, one) for one in kept), default=None)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1), ruled=st.booleans())
@settings(max_examples=50)
def test_no_plan_beats_the_bound_and_the_plan_is_one(seed, ruled):
    """Held against every plan there is, with quotas that run across parts and sites that stand."""
    cover, weights, parts, sites, here = draw_question(seed, 13)
    rules = draw_rules(np.random.default_rng(seed), here, sites) if ruled else Rules()
    best = best_plan(cover, weights, sites, rules)
    found = divided_cover(cover, weights, parts, sites=sites, rules=rules)
    if best is None:
        assert found.status == "infeasible"
        assert not len(found.sites)
        return
    assert len(found.sites) == sites
    assert not rules.broken(found.sites, cover)
    assert found.objective == covered_weight(cover, weights, found.sites)
    assert found.objective <= best * (1 + 1e-12) <= found.bound * (1 + 1e-9)
    if found.status == "optimal":
        assert found.objective == pytest.approx(best, rel=1e-9)


@pytest.mark.slow
def test_most_plans_are_proven_and_all_are_as_good_as_one_question_gives():
    """Twenty questions: how often, and how far off the bound is at most."""
    gaps, proven = [], 0
    for seed in range(20):
        cover, weights, parts, sites, _ = draw_question(seed)
        found = divided_cover(cover, weights, parts, sites=sites)
        assert found.objective == pytest.approx(max_cover(cover, weights, sites=sites).objective)
        proven += found.status == "optimal"
        gaps.append(found.gap)
    assert proven >= 18
    assert max(gaps) < 0.01


def test_parts_without_a_border_are_shared_out_exactly():
    """Where parts share no demand the bound is the optimum at once, whatever the shares."""
    draw = np.random.default_rng(5)
    blocks = [(draw.random((8, 20)) < 0.2).astype(int) for _ in range(4)]
    cover = np.zeros((32, 80), dtype=int)
    for at, block in enumerate(blocks):
        cover[8 * at : 8 * at + 8, 20 * at : 20 * at + 20] = block
    weights = draw.integers(1, 30, 80).astype(float)
    told = []
    found = divided_cover(csr_array(cover), weights, np.repeat(np.arange(4), 8), sites=9,
                          progress=lambda *one: told.append(one))  # fmt: skip
    assert found.status == "optimal"
    assert found.objective == max_cover(csr_array(cover), weights, sites=9).objective
    assert told == [(found.objective, pytest.approx(found.objective))]


def test_what_lies_on_a_border_is_counted_once():
    """Both parts cover the same town: prices part its weight, and the bound is met."""
    cover = csr_array(np.array([[1, 1, 0], [0, 1, 1]]))
    found = divided_cover(cover, np.array([1.0, 10.0, 1.0]), np.array([0, 1]), sites=1)
    assert (found.status, found.objective, found.bound) == ("optimal", 11.0, 11.0)
    both = divided_cover(cover, np.array([1.0, 10.0, 1.0]), np.array([0, 1]), sites=2)
    assert (both.objective, both.bound) == (12.0, 12.0)


def test_sites_that_stand_count_first_and_are_not_paid_twice():
    cover = csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
    weights, parts = np.array([5.0, 3.0, 4.0, 1.0]), np.array([0, 0, 1, 1])
    found = divided_cover(cover, weights, parts, sites=2, rules=Rules(fixed=np.array([3])))
    assert found.sites.tolist() == [0, 3]
    assert (found.objective, found.bound) == (9.0, 9.0)


def test_pairs_may_stand_twice_and_zeros_cover_too():
    """What is stored covers, as in `max_cover`."""
    cover = csr_array((np.array([1, 1, 0]), np.array([0, 0, 1]), np.array([0, 2, 3])), shape=(2, 2))
    assert divided_cover(cover, np.array([2.0, 3.0]), np.array([0, 1]), sites=1).objective == 3.0


def test_what_cannot_be_shared_out_is_infeasible():
    cover, weights, parts = csr_array(np.eye(4, dtype=int)), np.ones(4), np.array([0, 0, 1, 1])
    north = np.array([True, True, False, False])
    for rules, sites in (
        (Rules(limits=(GroupLimit(north, 3),)), 3),
        (Rules(limits=(GroupLimit(north, 0, 0), GroupLimit(~north, 0, 1))), 2),
        (Rules(forbidden=np.array([0, 1, 2])), 2),
        (Rules(fixed=np.array([0, 1])), 1),
        (Rules(fixed=np.array([0]), forbidden=np.array([0])), 1),
        (Rules(limits=(GroupLimit(north, 2), GroupLimit(north, 0, 1))), 3),
        # Limits that share sites are told by the plan alone.
        (Rules(limits=(GroupLimit(north, 2), GroupLimit(np.ones(4, dtype=bool), 0, 1))), 2),
    ):
        assert divided_cover(cover, weights, parts, sites=sites, rules=rules).status == "infeasible"


def test_limits_on_groups_that_share_sites_are_kept_by_the_plan():
    cover, weights = csr_array(np.eye(6, dtype=int)), np.array([6.0, 5, 4, 3, 2, 1])
    one, other = np.array([1, 1, 1, 0, 0, 0]) > 0, np.array([0, 1, 1, 1, 1, 0]) > 0
    rules = Rules(limits=(GroupLimit(one, 0, 2), GroupLimit(other, 0, 1)))
    found = divided_cover(cover, weights, np.arange(6) // 2, sites=3, rules=rules)
    assert found.objective == 12.0
    assert not rules.broken(found.sites, cover)
    assert found.bound >= 12.0


def test_a_question_of_parts_that_means_nothing_is_refused_with_all_that_is_wrong():
    cover, weights = csr_array(np.eye(3, dtype=int)), np.ones(3)
    rules = Rules(must_cover=np.array([0]), apart=np.array([[0, 1]]), costs=np.ones(3), budget=2.0)
    with pytest.raises(InputError) as told:
        divided_cover(cover, weights, np.array([0.5, 1, 2]), sites=1, rules=rules)
    for column in ("parts", "must_cover", "apart", "budget"):
        assert f"column {column}" in str(told.value)
    with pytest.raises(InputError, match="shape"):
        divided_cover(cover, weights, np.array([0, 1]), sites=1)


def test_when_no_time_is_left_the_bound_still_holds(monkeypatch):
    """Curves of parts that nobody looked at are bounds too; a plan that was not found is told."""
    cover, weights, parts, sites, _ = draw_question(3)
    found = divided_cover(cover, weights, parts, sites=sites, seconds=1e-6)
    assert found.bound >= max_cover(cover, weights, sites=sites).objective - 1e-9
    none = Solution("infeasible", 0.0, 0.0, np.empty(0, dtype=np.int64))
    monkeypatch.setattr("boxreach.location.divided._Search._judge", lambda *_: None)
    monkeypatch.setattr("boxreach.location.divided.max_cover", lambda *_, **__: none)
    assert divided_cover(cover, weights, parts, sites=sites, seconds=1e-6).status == "infeasible"
    monkeypatch.setattr("boxreach.location.divided._Search._plan_among", lambda *_: None)
    with pytest.raises(BoxreachError, match="allow more"):
        divided_cover(cover, weights, parts, sites=sites, seconds=1e-6)


@pytest.mark.slow
def test_exchanges_lead_across_borders():
    """A site that no part would choose alone takes the place of one that one did."""
    draw = np.random.default_rng(11)
    cover = csr_array((draw.random((40, 120)) < 0.06).astype(int))
    weights, parts = draw.integers(1, 40, 120).astype(float), np.arange(40) % 4
    found = divided_cover(cover, weights, parts, sites=6)
    one = max_cover(cover, weights, sites=6)
    assert found.objective == one.objective
    assert found.bound >= one.objective


@given(
    curves=st.lists(st.lists(st.integers(0, 9), min_size=0, max_size=4), min_size=1, max_size=4),
    sites=st.integers(0, 8), data=st.data(),
)  # fmt: skip
def test_shares_are_the_best_of_all_shares(curves, sites, data):
    """Held against every way to share out, with limits on the first parts together."""
    grown = [Curve(np.append(0.0, np.cumsum(one))) for one in curves]
    limited = tuple(range(data.draw(st.integers(0, len(grown)))))
    low = data.draw(st.integers(0, 3))
    limit = Limit(limited, low, low + data.draw(st.integers(0, 3)))
    best = -np.inf
    for shares in np.ndindex(*(len(one.bounds) for one in grown)):
        if sum(shares) == sites and limit.at_least <= sum(shares[: len(limited)]) <= limit.at_most:
            best = max(best, sum(one.bounds[n] for one, n in zip(grown, shares, strict=True)))
    found = share_out(grown, [limit], sites)
    if best == -np.inf:
        assert found is None
        return
    value, shares = found
    assert value == best == sum(one.bounds[n] for one, n in zip(grown, shares, strict=True))
    assert sum(shares) == sites


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 5), lift=st.floats(0, 20))
@settings(max_examples=40)
def test_a_curve_never_falls_below_what_sites_cover(seed, count, lift):
    """From each site alone, from the answer for one number, and after weights have grown."""
    draw = np.random.default_rng(seed)
    cover = (draw.random((6, 12)) < 0.4).astype(int)
    weights = draw.random(12) * 10
    curve = Curve.over(cover @ weights, 5)
    curve.note(count, max_cover(csr_array(cover), weights, sites=count))
    grown = weights.copy()
    grown[0] += lift
    for one, heavy in ((curve, weights), (curve.lifted(lift, cover @ grown), grown)):
        for number in range(6):
            best = max(
                heavy[cover[list(some)].any(axis=0)].sum() if some else 0.0
                for some in combinations(range(6), number)
            )
            assert one.bounds[number] >= best * (1 - 1e-12)
    assert curve.bounds[count] == pytest.approx(
        max(weights[cover[list(some)].any(axis=0)].sum() for some in combinations(range(6), count))
    )
