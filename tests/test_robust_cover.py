"""Plans for several cases: the best by their mean, their worst or a percentile, and the proof."""

import itertools
import math
from functools import partial

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.errors import InputError
from boxreach.location import CoverCase, GroupLimit, Rules, max_cover, robust, robust_cover
from boxreach.location.cases import join_cases
from boxreach.location.cases_search import CasesSearch
from boxreach.location.criteria import Criterion

CRITERIA = ("mean", "worst", "p10", "p30", "p50")


def draw_cases(random, *, sites=None, demand=None, whole=None):
    """Return some cases of one network, each with some ways less than the first."""
    sites = int(random.integers(3, 9)) if sites is None else sites
    demand = int(random.integers(2, 14)) if demand is None else demand
    whole = random.random() < 0.5 if whole is None else whole
    usual = random.random((sites, demand)) < random.uniform(0.1, 0.5)
    cases = []
    for _ in range(random.integers(1, 6)):
        cover = usual & (random.random(usual.shape) < random.uniform(0.3, 1))
        weights = random.integers(0, 9, demand).astype(float) if whole else random.random(demand)
        probability = 1.0 if random.random() < 0.5 else float(random.integers(0, 4))
        cases.append(CoverCase(csr_array(cover.astype(float)), weights, probability))
    return cases if any(case.probability for case in cases) else draw_cases(random)


def draw_rules(random, sites, demand):
    """Return rules of all kinds, some of which no choice may keep."""
    given = {}
    if random.random() < 0.6:
        members = random.random(sites) < 0.5
        most = int(random.integers(1, 3))
        given["limits"] = (GroupLimit(members, int(random.integers(0, 2)), most),)
    for name, odds in (("fixed", 0.2), ("forbidden", 0.2)):
        if random.random() < odds:
            given[name] = random.integers(0, sites, 1)
    if random.random() < 0.2:
        given["apart"] = random.choice(sites, 2, replace=False)[None, :]
    if random.random() < 0.15:
        given["must_cover"] = random.integers(0, demand, 1)
    if random.random() < 0.3:
        given["costs"] = random.integers(1, 5, sites).astype(float)
        given["budget"] = float(random.integers(1, 8))
    return Rules(**given)


def values_of(cases, chosen):
    """Return what sites cover in each case."""
    chosen = np.asarray(chosen, dtype=int)
    return np.array(
        [case.weights[(case.cover[chosen].toarray() > 0).any(axis=0)].sum() for case in cases]
    )


def judge(criterion, values, cases):
    """Return what values come to, by the words of the criterion and nothing else."""
    odds = np.array([case.probability for case in cases])
    values, odds = values[odds > 0], odds[odds > 0] / odds.sum()
    if criterion == "mean":
        return float(odds @ values)
    if criterion == "worst":
        return float(values.min())
    kept = 1 - float(criterion[1:]) / 100 - 1e-8
    return float(max(one for one in values if odds[values >= one].sum() >= kept))


def best_by_enumeration(cases, sites, criterion, rules):
    """Return what the best of all choices comes to; None if none keeps the rules."""
    count = cases[0].cover.shape[0]
    sizes = range(count + 1) if sites is None else [sites]
    choices = itertools.chain.from_iterable(
        itertools.combinations(range(count), size) for size in sizes
    )
    worth = [
        judge(criterion, values_of(cases, one), cases)
        for one in choices
        if not any(rules.broken(np.array(one, dtype=int), case.cover) for case in cases)
    ]
    return max(worth, default=None)


def check_against_enumeration(seed, criterion):
    """Solve a small drawn question, and compare with all choices."""
    random = np.random.default_rng(seed)
    cases = draw_cases(random)
    count, demand = cases[0].cover.shape
    rules = draw_rules(random, count, demand)
    sites = int(random.integers(0, min(count, 4) + 1))
    sites = None if rules.budget is not None and random.random() < 0.6 else sites
    found = robust_cover(cases, sites=sites, criterion=criterion, rules=rules, seconds=60)
    best = best_by_enumeration(cases, sites, criterion, rules)
    if best is None:
        assert found.status == "infeasible"
        return
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best, rel=1e-8, abs=1e-8)
    assert not any(rules.broken(found.sites, case.cover) for case in cases)
    assert found.values == pytest.approx(values_of(cases, found.sites))
    assert (found.most >= found.values).all()


@pytest.mark.slow
@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_best_of_all_choices_is_found_and_proven(criterion):
    """On small questions with all kinds of rules, by every criterion."""
    for seed in range(15):
        check_against_enumeration(seed, criterion)


@pytest.mark.heavy
@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_best_of_all_choices_is_found_and_proven_every_time(criterion):
    """The same, many more times."""
    for seed in range(50, 600):
        check_against_enumeration(seed, criterion)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["relaxation", "mixes"])
@pytest.mark.parametrize("criterion", ["worst", "p30"])
def test_prices_lead_to_the_same_best_as_enumeration(monkeypatch, criterion, way):
    """Where questions are too large to be given to the solver at once, none better is lost."""
    monkeypatch.setattr(robust, "CasesSearch", partial(CasesSearch, small=0))
    if way == "mixes":
        monkeypatch.setattr("boxreach.location.cases_search._FOR_RELAXATION", 0)
    for seed in range(1000, 1020):
        check_against_enumeration(seed, criterion)


@pytest.mark.slow
@pytest.mark.parametrize("criterion", CRITERIA)
def test_no_bound_is_below_the_best_when_time_ends_at_once(criterion):
    """What is claimed of all plans holds whenever the search stops."""
    for seed in range(2000, 2020):
        random = np.random.default_rng(seed)
        cases = draw_cases(random)
        sites = int(random.integers(1, 3))
        found = robust_cover(cases, sites=sites, criterion=criterion, seconds=0)
        best = best_by_enumeration(cases, sites, criterion, Rules())
        assert found.objective <= best * (1 + 1e-12) <= found.bound * (1 + 2e-9) + 1e-12
        alone = [best_by_enumeration([case], sites, "mean", Rules()) for case in cases
                 if case.probability > 0]  # fmt: skip
        most = [most for most, case in zip(found.most, cases, strict=True) if case.probability > 0]
        assert all(
            one <= limit * (1 + 2e-9) + 1e-12 for one, limit in zip(alone, most, strict=True)
        )


@pytest.mark.slow
@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("seed", range(3000, 3005))
def test_no_plan_that_is_known_is_better(criterion, seed):
    """Even without time: the plan for the first case, for the mean, and any that is given."""
    random = np.random.default_rng(seed)
    cases = draw_cases(random, sites=20, demand=60)
    mean = robust_cover(cases, sites=4, seconds=60)
    first = max_cover(cases[0].cover, cases[0].weights, sites=4)
    some = np.sort(random.choice(20, 4, replace=False))
    known = [mean.sites, first.sites, some]
    found = robust_cover(cases, sites=4, criterion=criterion, known=known, seconds=0)
    for plan in known:
        least = judge(criterion, values_of(cases, plan), cases)
        assert found.objective >= least * (1 - 1e-12)


def test_a_known_plan_that_breaks_the_rules_is_not_taken():
    """The rules come first, whatever was given to begin with."""
    case = CoverCase(csr_array(np.eye(4)), np.array([1.0, 2.0, 3.0, 4.0]))
    rules = Rules(forbidden=np.array([3]))
    found = robust_cover([case, case], sites=1, rules=rules, known=[np.array([3])])
    assert found.sites.tolist() == [2]
    assert found.status == "optimal"


@pytest.mark.slow
def test_one_case_is_plain_maximal_covering():
    """By any criterion, whatever its probability."""
    random = np.random.default_rng(5)
    case = draw_cases(random, sites=20, demand=60)[0]
    case = CoverCase(case.cover, case.weights, 0.3)
    plain = max_cover(case.cover, case.weights, sites=4)
    for criterion in CRITERIA:
        found = robust_cover([case], sites=4, criterion=criterion)
        assert (found.status, found.objective) == ("optimal", pytest.approx(plain.objective))


def test_a_bridge_that_may_fall_moves_the_box_to_the_other_bank():
    """By hand: at the middle, a box reaches 10 + 6 people, and 10 of them without the bridge."""
    usual = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]])
    cut = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1]])
    people = np.array([8.0, 5.0, 4.0])
    cases = [CoverCase(csr_array(usual), people, 0.9), CoverCase(csr_array(cut), people, 0.1)]
    found = robust_cover(cases, sites=1, criterion="worst")
    assert (found.sites.tolist(), found.values.tolist()) == ([0], [13.0, 8.0])
    assert (found.objective, found.bound, found.most.tolist()) == (8.0, 8.0, [13.0, 8.0])
    people = np.array([4.0, 5.0, 4.0])
    cases = [CoverCase(csr_array(usual), people, 0.9), CoverCase(csr_array(cut), people, 0.1)]
    by = {one: robust_cover(cases, sites=1, criterion=one) for one in ("mean", "p10", "p5")}
    assert by["mean"].objective == pytest.approx(0.9 * 9 + 0.1 * 4)
    assert (by["p10"].objective, by["p5"].objective) == (9.0, 4.0)


def test_cases_that_cannot_happen_do_not_count_but_rules_hold_in_them():
    """A case of probability 0 changes no value; what must be covered must be in it too."""
    people = np.array([5.0, 1.0])
    here, there = csr_array(np.array([[1, 0], [0, 1]])), csr_array(np.array([[0, 1], [1, 0]]))
    cases = [CoverCase(here, people), CoverCase(there, people, 0.0)]
    assert robust_cover(cases, sites=1, criterion="worst").sites.tolist() == [0]
    rules = Rules(must_cover=np.array([0]))
    assert robust_cover(cases, sites=1, rules=rules).status == "infeasible"
    assert robust_cover(cases, sites=2, rules=rules).sites.tolist() == [0, 1]


@pytest.mark.slow
def test_the_same_arrays_and_seed_give_the_same_sites():
    """Twice, and with the cases in another order where they are as likely."""
    random = np.random.default_rng(8)
    cases = [CoverCase(case.cover, case.weights) for case in
             draw_cases(random, sites=14, demand=40, whole=True)]  # fmt: skip
    cases += [CoverCase(case.cover, case.weights) for case in
              draw_cases(random, sites=14, demand=40, whole=True)]  # fmt: skip
    for criterion in ("mean", "worst", "p30"):
        one = robust_cover(cases, sites=3, criterion=criterion, seed=3)
        other = robust_cover(cases, sites=3, criterion=criterion, seed=3)
        assert one.sites.tolist() == other.sites.tolist()
        turned = robust_cover(cases[::-1], sites=3, criterion=criterion, seed=3)
        assert turned.objective == pytest.approx(one.objective)


def test_a_mix_bounds_a_percentile_whatever_is_given_up():
    """The bound by a mix is never below what a plan comes to whose mix is as high."""
    random = np.random.default_rng(9)
    for _ in range(500):
        many = int(random.integers(1, 7))
        odds = random.random(many) + 0.05 if random.random() < 0.5 else np.ones(many)
        criterion = Criterion(float(random.choice([0.0, 0.1, 0.3, 0.6])), odds / odds.sum())
        least = random.random(many) * 2
        values = least + random.random(many) * 5
        mix = random.random(many) * (random.random(many) < 0.7) + 1e-3
        bound = criterion.mixed(float(mix @ values), mix, least)
        assert bound >= criterion.of(values) * (1 - 1e-9)
        assert criterion.in_mix(criterion.of(values), mix, least) <= mix @ values * (1 + 1e-9)


def test_without_a_case_given_up_a_percentile_is_the_worst():
    """A percentile below the odds of each case gives up none."""
    odds = np.array([0.25, 0.75])
    values = np.array([3.0, 2.0])
    assert Criterion(0.2, odds).of(values) == Criterion(0.0, odds).of(values) == 2.0
    assert Criterion(0.75, odds).of(values) == 3.0


def test_demand_that_the_same_sites_cover_in_several_cases_is_merged():
    """Cases that differ little are little more to solve than one."""
    cover = csr_array(np.array([[1, 1, 0], [0, 1, 1]]))
    case = CoverCase(cover, np.array([1.0, 2.0, 3.0]))
    joined = join_cases([case] * 5, 0.0, Rules(), 1)
    assert joined.sets.pairs == cover.nnz
    assert joined.values(np.array([0])).tolist() == [3.0] * 5


def test_all_that_is_wrong_is_said_at_once():
    """Shapes, weights, probabilities, the criterion and what is known."""
    case = CoverCase(csr_array(np.eye(3)), np.ones(3))
    with pytest.raises(InputError) as caught:
        robust_cover([case], sites=7, criterion="median", known=[np.array([5])])
    said = str(caught.value)
    assert all(one in said for one in ("criterion", "median", "known", "7 of 3 sites"))
    for wrong in (
        [],
        [case, CoverCase(csr_array(np.eye(4)), np.ones(4))],
        [CoverCase(case.cover, case.weights, -1.0)],
        [CoverCase(case.cover, case.weights, math.nan)],
        [CoverCase(case.cover, case.weights, 0.0)],
        [case, CoverCase(case.cover, np.ones(2))],
    ):
        with pytest.raises(InputError):
            robust_cover(wrong, sites=1)
    with pytest.raises(InputError, match="how many"):
        robust_cover([case], sites=None)
    for word in ("p0", "p100", "p", "pten", "worst case", None, 0.1):
        with pytest.raises(InputError, match="criterion"):
            robust_cover([case], sites=1, criterion=word)


def test_what_keeps_no_rules_is_infeasible_or_said():
    """A choice that cannot be is told from one that was not found."""
    case = CoverCase(csr_array(np.eye(3)), np.ones(3))
    rules = Rules(limits=(GroupLimit(np.ones(3, dtype=bool), at_most=1),))
    found = robust_cover([case, case], sites=2, criterion="worst", rules=rules)
    assert (found.status, found.sites.tolist(), len(found.values)) == ("infeasible", [], 0)
