"""What is promised along a line: exact answers by intervals, and the same by the general engine."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import boxreach as br
from boxreach.errors import InfeasibleError, InputError
from boxreach.location import GroupLimit, Rules, max_cover, set_cover
from boxreach.location.intervals import (
    Chains,
    Scale,
    fewest_along,
    fewest_for,
    find_runs,
    most_along,
)

LINE_KM, REACH_KM, EVERY_KM = 605.0, 7.5, 0.5


def cover_of(starts, ends, demand):
    """Return the cover of sites that reach from one demand to the one before another."""
    places = np.arange(demand)
    inside = (places >= np.array(starts)[:, None]) & (places < np.array(ends)[:, None])
    return csr_array(inside.astype(np.int8))


def straight_line():
    """Return who covers what of a straight line, and the km of each piece.

    Candidates stand every half kilometre; pieces end wherever the reach of one does.
    """
    at_km = np.arange(0.0, LINE_KM + EVERY_KM / 2, EVERY_KM)
    begins = np.arange(0.0, LINE_KM, EVERY_KM)
    low = np.maximum(0.0, at_km - REACH_KM)[:, None]
    high = np.minimum(LINE_KM, at_km + REACH_KM)[:, None]
    inside = (begins >= low) & (begins + EVERY_KM <= high)
    return csr_array(inside.astype(np.int8)), np.full(len(begins), EVERY_KM)


def draw_line(random, most_sites=40, most_demand=60):
    """Return a random line: runs of sites, weights that are often whole or 0, and rules."""
    sites, demand = random.integers(1, most_sites), random.integers(1, most_demand)
    starts = random.integers(0, demand, sites)
    ends = np.minimum(demand, starts + random.integers(0, max(2, demand // 3), sites))
    weights = random.integers(0, 9, demand).astype(float)
    if random.random() < 0.5:
        weights *= random.random(demand)
    order = random.permutation(sites)
    fixed, barred = order[: random.integers(0, 2)], order[2 : 2 + random.integers(0, 3)]
    rules = Rules(fixed=np.sort(fixed), forbidden=np.sort(barred))
    return cover_of(starts, ends, demand), weights, rules


def agree_on_lines(seeds):
    """Compare both engines on a random line each; return how often there was an answer."""
    answered = 0
    for seed in seeds:
        random = np.random.default_rng(seed)
        cover, weights, rules = draw_line(random)
        free = cover.shape[0] - len(rules.forbidden)
        limits = {"fixed": rules.fixed, "forbidden": rules.forbidden}
        sites = int(random.integers(len(rules.fixed), free + 1))
        by_runs = most_along(cover, weights, sites=sites, **limits)
        general = max_cover(cover, weights, sites=sites, rules=rules)
        assert by_runs.status == general.status == "optimal", seed
        assert by_runs.objective == pytest.approx(general.objective, rel=1e-9), seed
        assert len(by_runs.sites) == sites, seed
        boxes = int(random.integers(1, 4))
        counts = (np.bincount(cover.indices, minlength=cover.shape[1]) >= boxes) & (weights > 0)
        need = boxes * counts.astype(int)
        chosen = fewest_along(find_runs(cover), need, **limits)
        asked = counts.astype(float)
        general = set_cover(cover, asked, boxes=boxes, rules=rules)
        if chosen is None:
            assert general.status == "infeasible", seed
            continue
        answered += 1
        assert general.status == "optimal", seed
        assert general.objective == len(chosen), seed
        assert (cover[chosen].sum(axis=0) >= need).all(), seed
    return answered


@pytest.mark.slow
@pytest.mark.release
def test_interval_and_general_engines_agree_on_200_random_lines():
    """Most weight for n sites, and fewest sites for each to be covered k times: the same value."""
    assert agree_on_lines(range(200)) > 100


@pytest.mark.heavy
def test_interval_and_general_engines_agree_on_1000_random_lines():
    """The same on a thousand others."""
    assert agree_on_lines(range(1000, 2000)) > 500


@st.composite
def small_lines(draw):
    """Draw a line that can be enumerated: its cover, weights, fixed and forbidden sites."""
    demand, sites = draw(st.integers(1, 8)), draw(st.integers(1, 7))
    runs = [sorted(draw(st.tuples(*[st.integers(0, demand)] * 2))) for _ in range(sites)]
    weight = st.sampled_from([0.0, 1.0, 2.0, 0.1, 0.3, 1e-7])
    weights = np.array(draw(st.lists(weight, min_size=demand, max_size=demand)))
    kinds = draw(st.lists(st.sampled_from("ffffxo"), min_size=sites, max_size=sites))
    fixed = np.flatnonzero([kind == "x" for kind in kinds])
    forbidden = np.flatnonzero([kind == "o" for kind in kinds])
    cover = cover_of([low for low, _ in runs], [high for _, high in runs], demand)
    return cover, weights, fixed, forbidden


def choices(count, fixed, forbidden):
    """Return all choices that hold the fixed and none of the forbidden sites, smallest first."""
    free = np.setdiff1d(np.arange(count), np.union1d(fixed, forbidden))
    for size in range(len(free) + 1):
        for more in combinations(free.tolist(), size):
            yield np.sort(np.append(fixed, more).astype(int))


@settings(max_examples=150)
@given(small_lines(), st.integers(0, 7))
def test_most_weight_along_a_line_is_that_of_the_best_of_all_choices(line, sites):
    """Enumeration finds nothing better, and the plan has as many sites as were asked for."""
    cover, weights, fixed, forbidden = line
    dense = cover.toarray()
    found = [
        float(weights[dense[one].sum(axis=0) > 0].sum())
        for one in choices(len(dense), fixed, forbidden)
        if len(one) == sites
    ]
    plan = most_along(cover, weights, sites=sites, fixed=fixed, forbidden=forbidden)
    if not found:
        assert plan.status == "infeasible"
        return
    assert plan.status == "optimal"
    assert plan.objective == plan.bound == pytest.approx(max(found), abs=1e-12)
    assert len(plan.sites) == sites
    assert set(fixed) <= set(plan.sites)
    assert not set(forbidden) & set(plan.sites)


@pytest.mark.slow
@settings(max_examples=150)
@given(small_lines(), st.integers(1, 3), st.integers(1, 10))
def test_fewest_sites_along_a_line_are_those_of_the_smallest_of_all_choices(line, boxes, tenths):
    """For each demand often enough, and for a share of the weight."""
    cover, weights, fixed, forbidden = line
    dense, limits = cover.toarray(), {"fixed": fixed, "forbidden": forbidden}
    need = boxes * (weights > 0)
    runs, every = find_runs(cover), list(choices(len(dense), fixed, forbidden))
    enough = [one for one in every if (dense[one].sum(axis=0) >= need).all()]
    chosen = fewest_along(runs, need, **limits)
    assert (chosen is None) == (not enough)
    if enough:
        assert len(chosen) == len(enough[0])
        assert (dense[chosen].sum(axis=0) >= need).all()
    # As `set_cover` does, the rounding of sums of floats is forgiven.
    part = tenths / 10 * float(weights.sum()) * (1 - 1e-12)
    enough = [one for one in every if weights[dense[one].sum(axis=0) > 0].sum() >= part]
    found = fewest_for(runs, cover, weights, part, **limits)
    assert (found is None) == (not enough)
    if enough:
        assert len(found[0]) == found[1] == len(enough[0])


@st.composite
def small_covers(draw):
    """Draw any cover that can be enumerated, with rules."""
    demand, sites = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    rows = [draw(st.lists(st.booleans(), min_size=demand, max_size=demand)) for _ in range(sites)]
    weights = draw(st.lists(st.integers(0, 3), min_size=demand, max_size=demand))
    members = np.array(draw(st.lists(st.booleans(), min_size=sites, max_size=sites)))
    limit = GroupLimit(members, draw(st.integers(0, 1)), draw(st.none() | st.integers(1, 4)))
    must = np.array(draw(st.lists(st.integers(0, demand - 1), max_size=1)), dtype=int)
    costs = draw(st.none() | st.lists(st.integers(0, 3), min_size=sites, max_size=sites))
    costs = None if costs is None else np.array(costs, dtype=float)
    rules = Rules(limits=(limit,), must_cover=must, costs=costs)
    return csr_array(np.array(rows, dtype=float)), np.array(weights, dtype=float), rules


@pytest.mark.slow
@settings(max_examples=100)
@given(small_covers(), st.integers(1, 3), st.sampled_from([1.0, 1.0, 0.8, 0.4]))
def test_set_cover_by_several_boxes_costs_what_the_best_of_all_choices_does(case, boxes, share):
    """Enumeration finds no cheaper choice that covers each so often, and none where none is."""
    cover, weights, rules = case
    dense, count = cover.toarray(), cover.shape[0]
    costs = np.ones(count) if rules.costs is None else rules.costs
    none = np.empty(0, dtype=int)
    enough = [
        float(costs[one].sum())
        for one in choices(count, none, none)
        if not rules.broken(one, cover)
        and weights[dense[one].sum(axis=0) >= boxes].sum() >= share * weights.sum() - 1e-9
    ]
    found = set_cover(cover, weights, share=share, boxes=boxes, rules=rules)
    if not enough:
        assert found.status == "infeasible"
        return
    assert found.status == "optimal"
    assert found.objective == found.bound == min(enough)
    assert weights[dense[found.sites].sum(axis=0) >= boxes].sum() >= share * weights.sum() - 1e-9


@pytest.mark.slow
def test_more_boxes_never_need_fewer_sites_and_the_bound_holds_without_time():
    """Prices alone bound a threefold cover from below where the solver may not run."""
    random = np.random.default_rng(5)
    cover = csr_array((random.random((30, 60)) < 0.3).astype(float))
    proven = [set_cover(cover, boxes=boxes) for boxes in (1, 2, 3)]
    assert all(one.status == "optimal" for one in proven)
    assert sorted(one.objective for one in proven) == [one.objective for one in proven]
    hasty = [set_cover(cover, boxes=boxes, seconds=0.0) for boxes in (1, 2, 3)]
    for one, best in zip(hasty, proven, strict=True):
        assert 1 <= one.bound <= best.objective <= one.objective


@pytest.mark.parametrize("boxes", [0, 1.5, "2", True])
def test_a_number_of_boxes_that_means_nothing_is_refused(boxes):
    """In the function and in the model, with what to do."""
    with pytest.raises(InputError, match="give a whole number, 1 or more"):
        set_cover(csr_array(np.ones((2, 2))), boxes=boxes)
    with pytest.raises(InputError, match="boxes is"):
        br.SetCover(minutes=30, boxes=boxes)


def test_41_posts_with_a_reach_of_7_5_km_cover_605_km():
    """605 / 15 is 40.3: with 41 the line is covered, by both engines."""
    cover, km = straight_line()
    assert len(fewest_along(find_runs(cover), np.ones(len(km), dtype=int))) == 41
    general = set_cover(cover)
    assert (general.status, general.objective) == ("optimal", 41)


@pytest.mark.slow
def test_82_posts_cover_605_km_twice_where_places_can_be_shared():
    """Each candidate is there twice, as two sites; by both engines."""
    cover, km = straight_line()
    twice = csr_array(cover[np.repeat(np.arange(cover.shape[0]), 2)])
    chosen = fewest_along(find_runs(twice), np.full(len(km), 2))
    assert len(chosen) == 82
    assert (twice[chosen].sum(axis=0) >= 2).all()
    general = set_cover(twice, boxes=2)
    assert (general.status, general.objective) == ("optimal", 82)


def test_40_posts_cover_600_of_605_km_and_the_hole_is_where_no_post_is():
    """5 km stay open, by both engines."""
    cover, km = straight_line()
    plan = most_along(cover, km, sites=40)
    assert (plan.status, plan.objective) == ("optimal", 600.0)
    missed = km[np.asarray(cover[plan.sites].sum(axis=0)) == 0]
    assert missed.sum() == 5.0
    assert max_cover(cover, km, sites=40).objective == 600.0


def test_sites_beyond_need_cover_a_second_time_instead_of_standing_idle():
    """With 82 sites on a line that 41 cover, what is covered twice is nearly all that can be."""
    cover, km = straight_line()
    plan = most_along(cover, km, sites=82)
    twice = km[np.asarray(cover[plan.sites].sum(axis=0)) >= 2].sum()
    assert plan.objective == LINE_KM
    assert twice >= LINE_KM - 2 * EVERY_KM


def test_a_site_with_two_runs_is_left_to_the_general_engine():
    """Runs are found or not at all; a pair stored twice is one."""
    assert find_runs(csr_array(np.array([[1, 0, 1], [1, 1, 0]]))) is None
    assert most_along(csr_array(np.array([[1, 0, 1]])), np.ones(3), sites=1) is None
    doubled = csr_array((np.ones(3), np.array([1, 0, 1]), np.array([0, 3])), shape=(1, 2))
    assert find_runs(doubled).after.tolist() == [2]


def test_rounding_of_chainages_decides_nothing():
    """Of two halves of a line that differ by dust, the first is chosen."""
    cover = cover_of([0, 2], [2, 4], 4)
    dusty = np.array([0.1, 0.2, 0.3, 1e-15])
    assert dusty[2:].sum() > dusty[:2].sum() - 1e-12
    assert most_along(cover, dusty, sites=1).sites.tolist() == [0]
    assert most_along(cover, np.array([1.0, 1.0, 1.0, 1.001]), sites=1).sites.tolist() == [1]


def test_sums_on_a_scale_are_as_near_as_it_says():
    """The slack of a scale holds for every run, against sums of whole fractions."""
    random = np.random.default_rng(3)
    weights = random.random(300) * np.exp(8 * random.normal(size=300))
    exact = [Fraction(0)]
    for one in weights.tolist():
        exact.append(exact[-1] + Fraction(one))
    for coarse in (0, 16):
        scale = Scale.of(weights, coarse)
        sums = scale.prefix(weights).tolist()
        unit = Fraction(2) ** (scale.exponent + coarse)
        for low, high in combinations(range(0, 301, 7), 2):
            off = (sums[high] - sums[low]) * unit - (exact[high] - exact[low])
            assert abs(off) <= Fraction(scale.slack)


def test_30000_pieces_and_3000_candidates_are_proven_at_once():
    """For 100 sites: the table has as many rows as sites, and no more than that is looked at."""
    random = np.random.default_rng(1)
    cover, km = long_line(random, pieces=30_000, sites=3_000, reach_km=2.5)
    plan = most_along(cover, km, sites=100)
    assert plan.status == "optimal"
    assert plan.gap == 0.0
    assert len(plan.sites) == 100
    assert plan.seconds < 10
    chains = Chains(find_runs(cover), Scale.of(km, 16).prefix(km), np.arange(3_000))
    chains.grow(100)
    assert chains.count == 100


def long_line(random, *, pieces, sites, reach_km):
    """Return a line of 604 km in random pieces, and sites that reach up to so far."""
    ends = np.sort(np.append(random.random(pieces - 1) * 604, [0, 604]))
    middle, at_km = (ends[1:] + ends[:-1]) / 2, np.sort(random.random(sites)) * 604
    reach = random.uniform(0.3, reach_km, sites)
    starts = np.searchsorted(middle, at_km - reach)
    stops = np.searchsorted(middle, at_km + reach)
    width = stops - starts
    inside = np.concatenate([np.arange(*one) for one in zip(starts, stops, strict=True)])
    begins = np.append(0, np.cumsum(width))
    cover = csr_array((np.ones(len(inside), dtype=np.int8), inside, begins), shape=(sites, pieces))
    return cover, np.diff(ends)


# ---- through `propose` --------------------------------------------------------------------------


@pytest.fixture
def line_times(make_times):
    """Make times to a line: rows of 0 and 1 by candidate, km of each piece; 1 is in reach."""

    def make(rows, km, **columns):
        minutes = {one: [10.0 if near else 50.0 for near in row] for one, row in rows.items()}
        times = make_times(minutes, km)
        starts = np.append(0.0, np.cumsum(km))[:-1]
        demand = times.demand.assign(km=km, chainage_from_km=starts)
        return replace(times, demand=demand, sites=times.sites.assign(**columns))

    return make


def runs_of(random, sites, pieces):
    """Return rows of 0 and 1 of sites that cover one run each."""
    rows = {}
    for number in range(sites):
        low = int(random.integers(0, pieces))
        high = min(pieces, low + int(random.integers(1, 4)))
        rows[f"post-{number:02d}"] = [low <= at < high for at in range(pieces)]
    return rows


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_in_line_is_as_good_as_the_same_plan_out_of_line(line_times, seed):
    """With phases, fixed, forbidden and standing sites: what the general engine proves, too."""
    random = np.random.default_rng(seed)
    rows = runs_of(random, 11, 15)
    km = random.integers(1, 6, 15).astype(float)
    options = line_times({one: rows[one] for one in list(rows)[:9]}, km)
    existing = line_times({one: rows[one] for one in list(rows)[9:]}, km)
    asked = {
        "phases": [4, 6, 7], "fixed": ["post-03"], "forbidden": ["post-05"], "weight": "km",
    }  # fmt: skip
    model = br.MaxCover(sites=5, minutes=30)
    by_runs = br.propose(options, model, existing=existing, **asked)
    shuffled = options.demand.assign(chainage_from_km=0.0 - options.demand["chainage_from_km"])
    general = br.propose(
        replace(options, demand=shuffled), model,
        existing=replace(existing, demand=shuffled), **asked,
    )  # fmt: skip
    assert by_runs.question.line is not None
    assert general.question.line is None
    names = ["objective", "bound", "status", "alone"]
    pd.testing.assert_frame_equal(
        by_runs.phases[names].iloc[[-1]], general.phases[names].iloc[[-1]]
    )
    assert by_runs.phases["alone"].tolist() == general.phases["alone"].tolist()
    assert "post-03" in by_runs.sites.index
    assert "post-05" not in by_runs.sites.index


def test_rules_that_tie_sites_together_are_kept_in_line_too(line_times):
    """A quota goes to the general engine: the plan keeps it."""
    rows = {"a": [1, 1, 0, 0], "b": [0, 1, 1, 0], "c": [0, 0, 0, 1]}
    options = line_times(rows, [1.0, 5.0, 5.0, 1.0], governorate=["Anbar", "Ninewa", "Anbar"])
    quotas = [br.Quota("governorate", "Ninewa", at_most=0)]
    plan = br.propose(options, br.MaxCover(sites=1, minutes=30), quotas=quotas, weight="km")
    assert plan.sites.index.tolist() == ["a"]


@pytest.mark.parametrize("share", [1.0, 0.6])
@pytest.mark.parametrize("in_line", [True, False])
def test_set_cover_by_two_boxes_is_planned_and_said_in_words(line_times, share, in_line):
    """The fewest new sites, standing ones counted, in the words of the summary."""
    rows = {"a": [1, 1, 1, 0], "b": [1, 1, 0, 0], "c": [0, 0, 1, 1], "d": [0, 1, 1, 1]}
    options = line_times(rows, [1.0, 1.0, 1.0, 1.0])
    existing = line_times({"s": [1, 1, 1, 1]}, [1.0, 1.0, 1.0, 1.0])
    if not in_line:
        demand = options.demand.drop(columns="chainage_from_km")
        options, existing = (replace(one, demand=demand) for one in (options, existing))
    model = br.SetCover(minutes=30, share=share, boxes=2)
    plan = br.propose(options, model, existing=existing, weight="km")
    assert plan.status == "optimal"
    assert plan.objective == len(plan.sites) == (2 if share == 1 else 1)
    what = "all" if share == 1 else "0.6 of all"
    said = f"no plan needs fewer new sites than {len(plan.sites)} to reach {what} by 2 sites each"
    assert said in str(plan)
    reached = 4 if share == 1 else 3
    assert f"  {reached} of them by 2 sites or more\n" in str(plan)


def test_demand_that_too_few_can_reach_is_named(line_times):
    """One candidate cannot cover twice; where a share will do, the most that can be is told."""
    rows = {"a": [1, 1, 0], "b": [1, 1, 0], "c": [0, 0, 1]}
    options = line_times(rows, [1.0, 1.0, 2.0])
    options = replace(options, demand=options.demand.assign(name=["x", "y", "Rabia"]))
    with pytest.raises(InfeasibleError, match=r"fewer than 2 sites can reach d02 \(Rabia\) within"):
        br.propose(options, br.SetCover(minutes=30, boxes=2), weight="km")
    with pytest.raises(InfeasibleError, match=r"reach 50.0000% within 30 minutes by 2 sites each"):
        br.propose(options, br.SetCover(minutes=30, boxes=2, share=0.6), weight="km")
    with pytest.raises(InfeasibleError, match=r"fewer than 2 sites can reach d00 \(x\), d01 \(y\)"):
        br.propose(options, br.SetCover(minutes=30, boxes=2), forbidden=["a"], weight="km")
    plan = br.propose(options, br.SetCover(minutes=30, boxes=2, share=0.5), weight="km")
    assert sorted(plan.sites.index) == ["a", "b"]


def test_rules_that_leave_no_second_box_are_named(line_times):
    """A quota that allows one site only conflicts with a cover by two."""
    rows = {"a": [1, 1], "b": [1, 1]}
    options = line_times(rows, [1.0, 1.0], governorate=["Anbar", "Anbar"])
    quotas = [br.Quota("governorate", "Anbar", at_most=1)]
    with pytest.raises(InfeasibleError) as caught:
        br.propose(options, br.SetCover(minutes=30, boxes=2), quotas=quotas, weight="km")
    assert "at most 1 in governorate Anbar" in str(caught.value)
    assert "all demand is within 30 minutes of 2 sites" in str(caught.value)


@pytest.mark.parametrize("in_line", [True, False])
def test_of_equal_plans_the_site_with_the_higher_value_is_taken(line_times, in_line):
    """Then the lower id; blank is lowest; nothing is lost for it."""
    rows = {"a": [1, 1, 0], "b": [1, 1, 0], "c": [1, 1, 0], "d": [0, 1, 0], "e": [0, 0, 1]}
    options = line_times(rows, [1.0, 1.0, 1.0], score=[np.nan, 0.7, 0.7, 9.0, 0.1])
    if not in_line:
        options = replace(options, demand=options.demand.drop(columns="chainage_from_km"))
    ask = {"weight": "km", "ties": "score"}
    plan = br.propose(options, br.MaxCover(sites=2, minutes=30), **ask)
    assert sorted(plan.sites.index) == ["b", "e"]
    assert (plan.status, plan.objective) == ("optimal", 3.0)
    fewest = br.propose(options, br.SetCover(minutes=30), **ask)
    assert sorted(fewest.sites.index) == ["b", "e"]
    kept = br.propose(options, br.MaxCover(sites=2, minutes=30), forbidden=["b"], **ask)
    assert sorted(kept.sites.index) == ["c", "e"]
    fixed = br.propose(options, br.MaxCover(sites=2, minutes=30), fixed=["a"], **ask)
    assert sorted(fixed.sites.index) == ["a", "e"]


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_exchange_of_one_site_for_a_higher_value_is_left(seed):
    """Of a plan that ties settle, an exchange of what it needs loses or brings no higher value."""
    random = np.random.default_rng(seed)
    rows = runs_of(random, 8, 10)
    options = _times(rows, np.ones(10), score=random.integers(0, 4, 8).astype(float))
    plan = br.propose(options, br.MaxCover(sites=3, minutes=30), weight="km", ties="score")
    free = br.propose(options, br.MaxCover(sites=3, minutes=30), weight="km")
    assert plan.objective == free.objective
    score, near = options.sites["score"], pd.DataFrame(rows)
    chosen = set(plan.sites.index)
    for out in chosen:
        if near[list(chosen - {out})].any(axis=1).sum() >= plan.objective:
            continue  # what the line does not need backs the others, whatever its value
        for into in set(rows) - chosen:
            other = list(chosen - {out} | {into})
            same = near[other].any(axis=1).sum() >= plan.objective
            better = score[into] > score[out] or (score[into] == score[out] and into < out)
            assert not (same and better)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), ruled=st.booleans())
def test_what_a_plan_with_spare_sites_comes_to_is_what_its_sites_cover(seed, ruled):
    """As much as the best of all choices, by enumeration, whether spares were placed or not."""
    random = np.random.default_rng(seed)
    rows, people = runs_of(random, 8, 10), random.integers(1, 9, 10).astype(float)
    zone = ["a", *random.choice(["a", "b"], 7)]
    options = _times(rows, people, zone=zone)
    quotas = [br.Quota("zone", "a", at_least=1)] if ruled else []
    for count in (3, 5):
        plan = br.propose(options, br.MaxCover(sites=count, minutes=30), weight="km", quotas=quotas)
        near = np.array(list(rows.values()), dtype=bool)
        where = options.sites.index.get_indexer(plan.sites.index)
        best = max(
            people[near[list(one)].any(axis=0)].sum()
            for one in combinations(range(8), count)
            if not ruled or any(zone[site] == "a" for site in one)
        )
        assert people[near[where].any(axis=0)].sum() == plan.objective == best


_MAKE = {}


@pytest.fixture(autouse=True)
def _keep_maker(line_times):
    """Lend the maker of times to tests that hypothesis calls many times."""
    _MAKE["times"] = line_times


def _times(*args, **columns):
    return _MAKE["times"](*args, **columns)


@pytest.mark.parametrize(
    "model",
    [
        br.MaxCover(sites=3, minutes=30),
        br.BackupCover(sites=3, minutes=30, boxes=2),
        br.ExpectedCover(sites=3, minutes=30, busy=0.4, vehicles=2),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_a_bonus_counts_beside_what_is_reached_and_changes_nothing_of_it(line_times, model, seed):
    """The objective is the best of all choices of what they reach and of their bonus."""
    random = np.random.default_rng(seed)
    rows = runs_of(random, 8, 10)
    km = random.integers(1, 5, 10).astype(float)
    bonus = random.integers(0, 4, 8) / 2
    options = line_times(rows, km, score=np.where(bonus == 0, np.nan, bonus))
    existing = line_times({"s": [1] * 3 + [0] * 7}, km)
    plan = br.propose(options, model, existing=existing, weight="km", bonus="score", phases=[2, 4])
    near = np.array([*rows.values(), [1] * 3 + [0] * 7], dtype=float)

    def value(chosen):
        often = near[[*chosen, 8]].sum(axis=0).astype(int)
        worth = {
            "MaxCover": np.minimum(often, 1),
            "BackupCover": often >= 2,
            "ExpectedCover": 1 - 0.4 ** (2 * often),
        }[type(model).__name__]
        return float(km @ worth) + float(bonus[list(chosen)].sum())

    best = max(map(value, combinations(range(8), 3)))
    chosen = [int(one[-2:]) for one in plan.sites.index]
    assert plan.phases["alone"].iloc[-1] == pytest.approx(best)
    assert plan.objective == pytest.approx(value(chosen))
    reached = near[[*chosen, 8]].any(axis=0)
    assert plan.phases["covered"].iloc[-1] == km[reached].sum()
    assert "and bonus" in str(plan)
    curve = plan.curve()
    assert curve["in_order"].iloc[-1] == pytest.approx(plan.objective)
    assert curve["bound"].iloc[-1] == pytest.approx(best)


def test_what_decides_between_sites_must_be_numbers_and_fit_the_model(line_times):
    """All faults at once: a missing column, words, a bonus below 0, a model without either."""
    options = line_times({"a": [1], "b": [1]}, [1.0], word=["x", None], low=[-1.0, 2.0])
    model = br.MaxCover(sites=1, minutes=30)
    with pytest.raises(InputError) as caught:
        br.propose(options, model, weight="km", ties="word", bonus="low")
    assert "column word: it holds 'x'; give numbers" in str(caught.value)
    assert "column low: it holds -1; give numbers of 0 or more" in str(caught.value)
    with pytest.raises(InputError, match="column score: the column is missing"):
        br.propose(options, model, weight="km", ties="score")
    for other in (br.SetCover(minutes=30), br.MaxCover(sites=1, minutes=30, capacity=5.0)):
        with pytest.raises(InputError, match="bonus with"):
            br.propose(options, other, weight="km", bonus="low")
    with pytest.raises(InputError, match="ties with PMedian"):
        br.propose(options, br.PMedian(sites=1), weight="km", ties="low")


def test_pairs_that_are_left_out_of_the_times_are_not_counted(line_times):
    """Times with pairs taken out, as of what a post does not see, are planned with as they are."""
    rows = {"a": [1, 1, 1, 1], "b": [1, 1, 0, 0]}
    options = line_times(rows, [1.0, 1.0, 1.0, 1.0])
    hidden = options.ms.toarray()
    hidden[0, 1:] = 0
    masked = replace(options, ms=csr_array(hidden))
    plan = br.propose(masked, br.MaxCover(sites=1, minutes=30), weight="km")
    assert plan.sites.index.tolist() == ["b"]
    assert plan.objective == plan.phases["covered"].iloc[-1] == 2.0
    assert isinstance(plan.reach, gpd.GeoDataFrame)
    assert "0 -> 2 of 4 km" in str(plan)
