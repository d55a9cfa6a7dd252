"""What a proposal promises, against enumeration of every plan under the same rules."""

import re
from dataclasses import dataclass, field
from itertools import combinations
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import boxreach as br
from boxreach.errors import DataWarning, InfeasibleError, InputError
from boxreach.routing import NEVER, TravelTimes

MS = 60_000


@dataclass(frozen=True, eq=False)
class TableTimes(TravelTimes):
    """Travel times looked up in a table instead of on roads, so that a test can set each one."""

    book: dict = field(default_factory=dict)

    def from_sites(self, sites):
        """Look the sites up by their ids, as the network would route them by their places."""
        return times_of({one: self.book[one] for one in sites.index}, self.demand, book=self.book)


def points(ids, **columns):
    ids = list(ids)
    geometry = gpd.points_from_xy(44 + 0.01 * np.arange(len(ids)), np.full(len(ids), 33.0))
    return gpd.GeoDataFrame(columns, index=ids, geometry=geometry, crs=4326)


def demand(people, **columns):
    table = points([f"d{n:02d}" for n in range(len(people))], people=people, **columns)
    return table.rename_axis("community_id").astype({"people": float})


def times_of(rows, served, *, governorate=None, book=None, cutoff=60.0):
    """Times from sites {id: [minutes or None, ...]} to the demand table."""
    ids = list(rows)
    sites = points(ids).rename_axis("site_id")
    if governorate is not None:
        sites["governorate"] = [governorate[one] for one in ids]
    minutes = np.array(
        [[np.nan if one is None else one for one in rows[name]] for name in ids], dtype=float
    ).reshape(len(ids), len(served))
    known = ~np.isnan(minutes) & (minutes <= cutoff)
    ms = np.rint(np.nan_to_num(minutes) * MS).astype(np.int64)
    row, column = np.nonzero(known)
    far = np.where(np.isnan(minutes), np.inf, minutes * MS)
    best = far.min(axis=0) if ids else np.full(len(served), np.inf)
    nearest = np.where(np.isinf(best), NEVER, far.argmin(axis=0) if ids else NEVER)
    nearest_ms = np.where(np.isinf(best), NEVER, np.nan_to_num(best, posinf=0)).astype(np.int64)
    return TableTimes(
        sites=sites,
        demand=served,
        ms=csr_array((ms[known], (row, column)), shape=ms.shape),
        cutoff_minutes=cutoff,
        nearest_site=nearest,
        nearest_ms=nearest_ms,
        lifted_ms=nearest_ms,
        off_road_m=np.zeros(len(served)),
        off_road_ms=np.zeros(len(served), dtype=np.int64),
        network=SimpleNamespace(),
        mobilise_minutes=0.0,
        direction="site_to_demand",
        book=rows if book is None else book,
    )


def covers(cover):
    """Rows of minutes from rows of 0 and 1: near is exactly at 30 minutes, far at 31."""
    return {name: [30 if one else 31 for one in row] for name, row in cover.items()}


def people_of(rows, served, sites, minutes=30):
    """Brute force: people with at least one of the sites within the minutes."""
    return sum(
        weight
        for at, weight in enumerate(served["people"])
        if not np.isnan(weight)
        and any(rows[one][at] is not None and rows[one][at] <= minutes for one in sites)
    )


def keeps(quotas, governorate, sites):
    counts = [sum(governorate[one] == quota.value for one in sites) for quota in quotas]
    return all(
        quota.at_least <= count and (quota.at_most is None or count <= quota.at_most)
        for quota, count in zip(quotas, counts, strict=True)
    )


def best_plan(rows, served, standing, new, quotas=(), governorate=None):
    """Return the most people that so many new sites cover, None where no plan keeps the rules."""
    options = [one for one in rows if one not in standing]
    return max(
        (
            people_of(rows, served, (*standing, *chosen))
            for chosen in combinations(options, new)
            if keeps(quotas, governorate, (*standing, *chosen))
        ),
        default=None,
    )


@st.composite
def worlds(draw):
    """Minutes from candidates c* and standing sites s*, people, governorates, new sites."""
    cells = draw(st.integers(1, 8))
    names = [f"c{n}" for n in range(draw(st.integers(2, 7)))]
    names += [f"s{n}" for n in range(draw(st.integers(0, 2)))]
    minute = st.sampled_from([None, 0, 12, 30, 30.001, 55, 80])
    row = st.lists(minute, min_size=cells, max_size=cells)
    rows = {name: draw(row) for name in names}
    people = draw(
        st.lists(st.sampled_from([0, 1, 2, 5, 9, np.nan]), min_size=cells, max_size=cells)
    )
    governorate = {name: draw(st.sampled_from("ABC")) for name in names}
    new = draw(st.integers(1, sum(name[0] == "c" for name in names)))
    return rows, people, governorate, new


@st.composite
def ruled_worlds(draw):
    """A world with quotas on A and B and one earlier phase."""
    rows, people, governorate, new = draw(worlds())
    quotas = []
    for value in "AB":
        at_least = draw(st.integers(0, 3))
        at_most = draw(st.none() | st.integers(at_least, 5))
        quotas.append(br.Quota("governorate", value, at_least=at_least, at_most=at_most))
    early = draw(st.integers(1, new))
    return rows, people, governorate, new, quotas, early


def ask(rows, served, governorate, new, **rules):
    standing = {one: rows[one] for one in rows if one[0] == "s"}
    options = {one: rows[one] for one in rows if one[0] != "s"}
    return br.propose(
        times_of(options, served, governorate=governorate, book=rows),
        br.MaxCover(sites=new, minutes=30),
        existing=times_of(standing, served, governorate=governorate) if standing else None,
        **rules,
    )


def check_plan(plan, rows, served, standing, new):
    """Everything a proposal says of itself is recomputed from its sites."""
    known = float(served["people"].sum())
    assert plan.total == pytest.approx(known)
    assert len(plan.sites) == plan.sites.index.nunique() == new
    running = [
        people_of(rows, served, (*standing, *plan.sites.index[:count])) for count in range(new + 1)
    ]
    assert plan.sites["people_covered"].tolist() == pytest.approx(running[1:])
    assert plan.sites["people_gained"].tolist() == pytest.approx(np.diff(running).tolist())
    assert plan.sites["rank"].tolist() == list(range(1, new + 1))
    share = [one / known if known else 0.0 for one in running[1:]]
    assert plan.sites["share_covered"].tolist() == pytest.approx(share)
    assert plan.objective == pytest.approx(running[-1])
    reached = plan.reach
    assert reached.index.equals(served.index)
    assert reached.loc[reached["covered"], "people"].sum() == pytest.approx(plan.objective)
    apart = (
        reached.loc[reached["covered"], "people"].sum(),
        reached.loc[~reached["covered"], "people"].sum(),
    )
    assert sum(apart) == pytest.approx(plan.total)
    assert (plan.phases["objective"] <= plan.phases["bound"]).all()
    assert ((plan.phases["status"] == "optimal") == (plan.phases["gap"] == 0)).all()
    assert plan.phases["new_sites"].sum() == new


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*unknown people")
@settings(max_examples=80, deadline=None)
@given(worlds())
def test_a_plan_without_rules_is_the_best_of_all(world):
    """Status optimal, objective and bound are those of enumeration, standing sites counted."""
    rows, people, governorate, new = world
    served, standing = demand(people), [one for one in rows if one[0] == "s"]
    plan = ask(rows, served, governorate, new)
    check_plan(plan, rows, served, standing, new)
    assert plan.status == "optimal"
    assert plan.objective == plan.bound == best_plan(rows, served, standing, new)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*unknown people")
@settings(max_examples=120, deadline=None)
@given(ruled_worlds())
def test_a_plan_under_quotas_and_phases_tells_the_truth(world):
    """Quotas hold with standing sites counted, each bound is at least the enumerated best."""
    rows, people, governorate, new, quotas, early = world
    served, standing = demand(people), [one for one in rows if one[0] == "s"]
    best = best_plan(rows, served, standing, new, quotas, governorate)
    totals = sorted({len(standing) + early, len(standing) + new})
    rules = {"quotas": quotas, "phases": totals}
    if best is None:
        with pytest.raises(InfeasibleError):
            ask(rows, served, governorate, new, **rules)
        return
    plan = ask(rows, served, governorate, new, **rules)
    check_plan(plan, rows, served, standing, new)
    assert keeps(quotas, governorate, (*standing, *plan.sites.index))
    assert plan.phases.index.tolist() == totals
    assert plan.objective <= best <= plan.bound
    assert (plan.status == "optimal") == (plan.objective == best)
    assert plan.sites["phase"].tolist() == [
        next(total for total in totals if rank + len(standing) <= total)
        for rank in range(1, new + 1)
    ]
    first = plan.sites.index[plan.sites["phase"] == totals[0]]
    assert plan.phases["objective"].iloc[0] == people_of(rows, served, (*standing, *first))
    for quota in quotas:
        held = sum(governorate[one] == quota.value for one in (*standing, *first))
        assert quota.at_most is None or held <= quota.at_most
    free = ask(rows, served, governorate, new, phases=totals[-1:])
    assert plan.objective <= free.objective


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*unknown people")
@settings(max_examples=60, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_shuffled_rows_give_the_same_plan(world, random):
    """The order of candidates and of demand changes neither ids, nor their order, nor numbers."""
    rows, people, governorate, new = world
    served = demand(people)
    order, names = list(range(len(people))), list(rows)
    random.shuffle(order)
    random.shuffle(names)
    mixed = {name: [rows[name][at] for at in order] for name in names}
    one = ask(rows, served, governorate, new)
    other = ask(mixed, served.iloc[order], governorate, new)
    assert one.sites.index.tolist() == other.sites.index.tolist()
    assert one.sites["people_covered"].tolist() == other.sites["people_covered"].tolist()
    assert one.objective == other.objective


RULES = {
    "c0": "A",
    "c1": "A",
    "c2": "B",
    "c3": "B",
    "s0": "A",
}
ROWS = covers(
    {
        "c0": [1, 1, 0, 0, 0],
        "c1": [1, 0, 1, 0, 0],
        "c2": [0, 0, 0, 1, 0],
        "c3": [0, 0, 0, 0, 1],
        "s0": [1, 0, 0, 0, 0],
    }
)
SERVED = demand([100, 50, 40, 2, 1])


def test_a_place_at_exactly_the_threshold_is_covered():
    """30 minutes are within 30 minutes, a millisecond more is not."""
    rows = {"c0": [30.0], "c1": [30 + 1 / MS]}
    served = demand([7])
    plan = ask(rows, served, {"c0": "A", "c1": "A"}, 1)
    assert (plan.sites.index.tolist(), plan.objective) == (["c0"], 7.0)


def test_standing_sites_count_to_quotas_and_to_what_is_covered():
    """With one box in A standing, at least 2 in A needs one new one there, and its people count."""
    quotas = [br.Quota("governorate", "A", at_least=2), br.Quota("governorate", "B", at_least=1)]
    plan = ask(ROWS, SERVED, RULES, 2, quotas=quotas)
    assert plan.sites.index.tolist() == ["c0", "c2"]
    assert plan.objective == 152.0
    assert plan.sites["people_gained"].tolist() == [50.0, 2.0]
    assert plan.existing.index.tolist() == ["s0"]
    assert "1 sites stand, 2 are proposed" in str(plan)
    assert "kept: at least 2 in governorate A" in str(plan)


def test_what_stands_is_never_proposed_as_a_gain():
    """People that a standing site covers are no reason for a new one."""
    plan = ask(ROWS, SERVED, RULES, 1)
    assert plan.sites["people_gained"].tolist() == [50.0]


def test_phases_are_nested_and_totals_that_stand_already_are_passed_over():
    """A plan of totals 1, 2 and 4 with one site standing has the phases 2 and 4."""
    plan = ask(ROWS, SERVED, RULES, 3, phases=[1, 2, 4])
    assert plan.phases.index.tolist() == [2, 4]
    assert plan.sites["phase"].tolist() == [2, 4, 4]
    assert plan.phases["new_sites"].tolist() == [1, 2]
    assert plan.sites.index[0] == "c0"


def test_a_plan_bound_to_earlier_phases_is_not_called_optimal_when_it_is_not():
    """The best single site is not in the best pair: the pair's bound says what was lost."""
    rows = covers({"c0": [1, 1, 0, 0], "c1": [1, 0, 1, 0], "c2": [0, 1, 0, 1]})
    served = demand([10, 10, 3, 3])
    plan = ask(rows, served, dict.fromkeys(rows, "A"), 2, phases=[1, 2])
    assert plan.sites.index[0] == "c0"
    assert plan.phases["objective"].tolist() == [20.0, 23.0]
    assert plan.phases["bound"].tolist() == [20.0, 26.0]
    assert plan.phases["status"].tolist() == ["optimal", "feasible"]
    assert (plan.status, plan.bound) == ("feasible", 26.0)
    assert plan.gap == plan.most_regret == pytest.approx(3 / 26)
    assert plan.least_regret == pytest.approx(3 / 26, abs=1e-8)
    assert "feasible: no plan covers more than 26" in str(plan)
    assert "one loses at least 11.538%" in str(plan)


def test_what_a_quota_allows_at_most_holds_in_every_phase():
    """The two heaviest sites both stand in A, which may have one: the first phase takes one."""
    rows = covers({"c0": [1, 0, 0, 0], "c1": [0, 1, 0, 0], "c2": [0, 0, 1, 0], "c3": [0, 0, 0, 1]})
    governorate = {"c0": "A", "c1": "A", "c2": "B", "c3": "B"}
    quotas = [br.Quota("governorate", "A", at_most=1)]
    plan = ask(rows, demand([10, 9, 2, 1]), governorate, 3, quotas=quotas, phases=[2, 3])
    assert plan.sites.index.tolist() == ["c0", "c2", "c3"]
    assert plan.phases["status"].tolist() == ["optimal", "optimal"]


def test_quotas_of_two_kinds_that_overlap_do_not_make_a_phased_plan_infeasible():
    """One site a phase, each filling a quota by governorate and one by district, is a plan."""
    rows, served = covers({"c0": [1, 0], "c1": [0, 1]}), demand([1, 2])
    options = times_of(rows, served, governorate={"c0": "A", "c1": "B"})
    options.sites["district"] = ["P", "Q"]
    quotas = [
        br.Quota(column, value, at_least=1)
        for column, values in (("governorate", "AB"), ("district", "PQ"))
        for value in values
    ]
    plan = br.propose(options, br.MaxCover(sites=2, minutes=30), quotas=quotas, phases=[1, 2])
    assert plan.sites.index.tolist() == ["c1", "c0"]


def test_an_early_phase_leaves_room_for_every_later_rule():
    """The heaviest site would use up what A may have and shut out district Q: it is not taken."""
    rows, served = covers({"c0": [1, 0, 0], "c1": [0, 1, 0], "c2": [0, 0, 1]}), demand([9, 2, 1])
    options = times_of(rows, served, governorate={"c0": "A", "c1": "A", "c2": "B"})
    options.sites["district"] = ["P", "Q", "R"]
    quotas = [br.Quota("governorate", "A", at_most=1), br.Quota("district", "Q", at_least=1)]
    plan = br.propose(options, br.MaxCover(sites=2, minutes=30), quotas=quotas, phases=[1, 2])
    assert set(plan.sites.index) == {"c1", "c2"}


def test_the_bound_of_an_early_phase_holds_for_every_plan_that_the_rules_allow():
    """With two later quotas that one site fills, the best first site is still free to choose."""
    rows, served = covers({"c0": [1, 0, 0], "c1": [0, 1, 0], "c2": [0, 0, 1]}), demand([1, 5, 2])
    options = times_of(rows, served, governorate={"c0": "A", "c1": "B", "c2": "B"})
    options.sites["district"] = ["P", "Q", "Q"]
    quotas = [br.Quota("governorate", "A", at_least=1), br.Quota("district", "P", at_least=1)]
    plan = br.propose(options, br.MaxCover(sites=2, minutes=30), quotas=quotas, phases=[1, 2])
    assert plan.phases["bound"].iloc[0] >= 5.0
    assert plan.sites.index.tolist() == ["c1", "c0"]


def test_of_two_equal_candidates_the_lower_id_is_chosen():
    """Duplicate sites are a tie, and ties break by site id."""
    rows = covers({"c3": [1, 0], "c1": [1, 0], "c2": [0, 1], "c0": [0, 1]})
    plan = ask(rows, demand([2, 1]), dict.fromkeys(rows, "A"), 2)
    assert plan.sites.index.tolist() == ["c1", "c0"]


def test_within_a_phase_the_next_site_gains_most_and_ties_go_to_the_lower_id():
    """Order of c2 (9 people), then c0 and c1 (4 each)."""
    rows = covers({"c1": [0, 1, 0], "c0": [1, 0, 0], "c2": [0, 0, 1]})
    plan = ask(rows, demand([4, 4, 9]), dict.fromkeys(rows, "A"), 3)
    assert plan.sites.index.tolist() == ["c2", "c0", "c1"]


def test_unknown_people_are_in_no_sum_and_are_warned_of():
    """NaN pulls no site, adds to no total, and the warning counts the rows."""
    rows = covers({"c0": [1, 1, 0], "c1": [0, 0, 1]})
    with pytest.warns(DataWarning, match="2 of 3 demand rows have unknown people"):
        plan = ask(rows, demand([np.nan, np.nan, 3]), dict.fromkeys(rows, "A"), 1)
    assert (plan.sites.index.tolist(), plan.total, plan.objective) == (["c1"], 3.0, 3.0)


def test_demand_that_weighs_nothing_still_gives_a_plan():
    """With all people 0 any plan is optimal, and no share is NaN."""
    rows = covers({"c0": [1, 0], "c1": [0, 1]})
    plan = ask(rows, demand([0, 0]), dict.fromkeys(rows, "A"), 2)
    assert (plan.status, plan.objective, plan.gap) == ("optimal", 0.0, 0.0)
    assert plan.sites["share_covered"].tolist() == [0.0, 0.0]
    assert "0 -> 0 of 0 people" in str(plan)


def test_demand_that_nobody_reaches_is_in_the_total_and_in_the_gaps():
    """Covered and uncovered add up, with a place no candidate reaches."""
    rows = {"c0": [5, None], "c1": [50, None]}
    plan = ask(rows, demand([3, 8]), dict.fromkeys(rows, "A"), 1)
    assert (plan.objective, plan.total) == (3.0, 11.0)
    assert plan.reach["covered"].tolist() == [True, False]
    assert plan.reach["reason"].tolist()[0] == ""


def test_a_plan_of_no_new_sites_says_what_stands():
    """MaxCover(sites=0) is a report on the standing sites."""
    plan = ask(ROWS, SERVED, RULES, 0)
    assert (len(plan.sites), plan.objective, plan.status) == (0, 100.0, "optimal")
    assert plan.reach["covered"].tolist() == [True, False, False, False, False]


def test_fewer_candidates_than_asked_is_said_with_both_numbers():
    """The message tells how many were asked and how many there are."""
    with pytest.raises(InfeasibleError, match="9 new sites are asked for, and there are 4"):
        ask(ROWS, SERVED, RULES, 9)


@pytest.mark.parametrize(
    ("quotas", "named"),
    [
        ([("B", 3, None)], ["at least 3 in governorate B", "there are 2 candidates"]),
        (
            [("A", 2, None), ("B", 2, None)],
            ["2 new sites", "at least 2 in governorate A", "at least 2 in governorate B"],
        ),
        ([("A", 0, 0)], ["at most 0 in governorate A", "1 stand already"]),
        ([("A", 0, 1), ("B", 0, 1)], ["at most 1 in governorate A", "at most 1 in governorate B"]),
        ([("Ninawa", 1, None)], ["at least 1 in governorate Ninawa", "there are 0 candidates"]),
    ],
)
def test_rules_that_no_plan_keeps_are_named(quotas, named):
    """An infeasible plan is an error that names the rules in the way."""
    rules = [
        br.Quota("governorate", value, at_least=low, at_most=top) for value, low, top in quotas
    ]
    with pytest.raises(InfeasibleError) as error:
        ask(ROWS, SERVED, RULES, 2, quotas=rules)
    for words in named:
        assert words in str(error.value)


@pytest.mark.parametrize("limits", [(-1, None), (3, 2)])
def test_a_quota_that_no_number_keeps_is_refused(limits):
    """Below zero, or the most below the least."""
    with pytest.raises(InputError, match="quota"):
        br.Quota("governorate", "A", at_least=limits[0], at_most=limits[1])


@pytest.mark.parametrize("phases", [[2, 2, 3], [3, 2], [2], [2, 9], []])
def test_phases_that_do_not_rise_to_all_sites_are_refused(phases):
    """The message says what the totals must end with."""
    with pytest.raises(InputError, match="end with 3"):
        ask(ROWS, SERVED, RULES, 2, phases=phases)


def test_all_faults_of_the_tables_are_told_at_once():
    """A negative weight, a threshold beyond the cutoff and a missing column, in one message."""
    rows = covers({"c0": [1]})
    options = times_of(rows, demand([-1.0]), cutoff=20.0)
    with pytest.raises(InputError) as error:
        br.propose(
            options,
            br.MaxCover(sites=1, minutes=30),
            quotas=[br.Quota("governorate", "A", at_least=1)],
        )
    text = str(error.value)
    assert len(error.value.faults) == 3
    assert "below 0" in text
    assert "20 of 30 minutes" in text
    assert "column governorate" in text


def test_existing_times_to_other_demand_are_refused():
    """The two matrices must speak of the same places."""
    rows = covers({"c0": [1]})
    other = demand([1.0]).set_axis(["elsewhere"])
    with pytest.raises(InputError, match="different demand"):
        br.propose(
            times_of(rows, demand([1.0])),
            br.MaxCover(sites=1, minutes=30),
            existing=times_of({"s0": [1]}, other),
        )


def test_a_candidate_under_the_id_of_a_standing_site_is_refused_before_anything_is_solved():
    """Ids that stand in both tables are named as such, whichever sites the plan would choose."""
    rows = covers({"c0": [1, 0], "c1": [0, 1]})
    served = demand([1.0, 2.0])
    twice = times_of({"c0": rows["c0"]}, served)
    with pytest.raises(InputError, match=re.compile("c0.*existing|existing.*c0")):
        br.propose(
            times_of(rows, served, book=rows), br.MaxCover(sites=1, minutes=30), existing=twice
        )


@pytest.mark.parametrize("numbers", [(-1, 30), (1, 0), (1, -5), (1, np.nan)])
def test_a_model_of_impossible_numbers_is_refused(numbers):
    """Sites below 0, minutes not above 0."""
    with pytest.raises(InputError):
        br.MaxCover(sites=numbers[0], minutes=numbers[1])


def test_kilometres_are_weights_too():
    """With weight="km" every column and the summary speak of km."""
    rows = covers({"c0": [1, 0], "c1": [0, 1]})
    served = demand([np.nan, np.nan]).assign(km=[1.25, 2.5])
    plan = br.propose(times_of(rows, served), br.MaxCover(sites=1, minutes=30), weight="km")
    assert (plan.unit, plan.objective, plan.total) == ("km", 2.5, 3.75)
    assert {"km_gained", "km_covered"} <= set(plan.sites)


@pytest.mark.parametrize("seconds", [1e-9, 60.0])
def test_a_time_limit_never_yields_a_false_optimum(seconds):
    """However little time a solve has, the status agrees with the gap and the bound holds."""
    random = np.random.default_rng(5)
    near = random.random((14, 60)) < 0.2
    rows = covers({f"c{n:02d}": row for n, row in enumerate(near)})
    served = demand(random.integers(1, 50, 60))
    best = best_plan(rows, served, [], 4)
    try:
        plan = ask(rows, served, dict.fromkeys(rows, "A"), 4, seconds=seconds)
    except br.BoxreachError:
        return
    assert plan.bound >= best
    assert (plan.status == "optimal") == (plan.objective == best == plan.bound)
    assert seconds < 1 or plan.status == "optimal"


def test_the_tables_of_the_caller_are_not_changed():
    """Proposing writes nothing into candidates, standing sites or demand."""
    options = times_of(ROWS, SERVED, governorate=RULES)
    before = (options.sites.copy(), options.demand.copy(), options.ms.toarray())
    br.propose(options, br.MaxCover(sites=2, minutes=30))
    assert options.sites.equals(before[0])
    assert options.demand.equals(before[1])
    assert (options.ms.toarray() == before[2]).all()


def test_a_quota_whose_value_is_no_text_is_refused():
    """A number would equal no name and count nothing."""
    with pytest.raises(InputError, match="5"):
        br.Quota("governorate", 5, at_least=1)
