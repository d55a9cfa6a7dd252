"""What a plan promises of every model and every rule of the programme, against enumeration."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import boxreach as br
from boxreach.errors import InfeasibleError, InputError
from boxreach.placement import phases
from boxreach.placement.conflicts import find_conflict

pytestmark = pytest.mark.slow

FAR = 99.0


def draw(seed, make_times, *, sites=7, standing=2, cells=9, **columns):
    """Return times from candidates and standing sites, minutes by id, and people."""
    random = np.random.default_rng(seed)
    ids = [f"c{n}" for n in range(sites)], [f"s{n}" for n in range(standing)]
    minutes = {
        one: random.choice([5.0, 12.0, 30.0, 31.0, 50.0, FAR], cells) for one in (*ids[0], *ids[1])
    }
    people = random.integers(0, 50, cells).astype(float)
    options, existing = (make_times({one: minutes[one] for one in some}, people) for some in ids)
    return random, options, existing, minutes, people


def reached(minutes, people, chosen, within=30.0, times=1):
    """Return the people with so many of the chosen sites within the minutes."""
    near = sum((minutes[one] <= within).astype(int) for one in chosen)
    return float(people[np.asarray(near) >= times].sum())


def best_of(minutes, total, value, keeps=lambda chosen: True):
    """Return the best value of any choice of so many sites that is allowed; None if none is."""
    choices = [chosen for chosen in combinations(sorted(minutes), total) if keeps(chosen)]
    return max((value(chosen) for chosen in choices), default=None)


def ends(plan, existing):
    """Return the ids of the sites that stand at the end."""
    gone = set(plan.moves["from_site_id"]) if len(plan.moves) else set()
    return {*existing.sites.index, *plan.sites.index} - gone


SEEDS = range(20)


@pytest.mark.parametrize("seed", SEEDS)
def test_at_most_so_many_standing_sites_move_and_the_best_plan_is_found(seed, make_times):
    """It is as good as the best of all choices that keep so many, and each move is listed."""
    random, options, existing, minutes, people = draw(seed, make_times, standing=3)
    moves, new = int(random.integers(0, 3)), int(random.integers(1, 3))
    plan = br.propose(
        options,
        br.MaxCover(sites=new, minutes=30),
        existing=existing,
        relocation=br.Relocation(at_most=moves, cost_usd=20_000),
    )
    best = best_of(
        minutes,
        3 + new,
        lambda chosen: reached(minutes, people, chosen),
        lambda chosen: sum(one.startswith("s") for one in chosen) >= 3 - moves,
    )
    after = ends(plan, existing)
    assert plan.objective == best == plan.bound
    fewest = next(
        fewer
        for fewer in range(moves + 1)
        if best
        == best_of(
            minutes,
            3 + new,
            lambda chosen: reached(minutes, people, chosen),
            lambda chosen, fewer=fewer: sum(one.startswith("s") for one in chosen) >= 3 - fewer,
        )
    )
    assert len(plan.moves) == fewest
    assert len(after) == 3 + new
    assert len(plan.moves) <= moves
    assert reached(minutes, people, after) == best
    assert plan.sites["people_covered"].iloc[-1] == best
    assert plan.reach.loc[plan.reach["covered"], "people"].sum() == best
    for move in plan.moves.itertuples():
        assert plan.sites.loc[move.to_site_id, "moved_from"] == move.from_site_id
        assert move.cost_usd == 20_000
        assert move.km > 0
    assert plan.cost_usd == 250_000 * new + 20_000 * len(plan.moves)
    gained = (plan.moves["gained"] - plan.moves["lost"]).sum() if len(plan.moves) else 0
    others = (
        plan.sites[~plan.sites.index.isin(plan.moves["to_site_id"])]
        if len(plan.moves)
        else plan.sites
    )
    assert gained + others["people_gained"].sum() == best - reached(
        minutes, people, existing.sites.index
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_spacing_fixed_forbidden_and_must_reach_hold_together(seed, make_times):
    """The plan is the best of those that keep all of them; where none does, an error says so."""
    random, options, existing, minutes, people = draw(seed, make_times)
    must = random.random(len(people)) < 0.2
    options.demand["must_reach"] = must
    km = float(random.choice([0.5, 1.5, 2.5]))
    fixed, forbidden = [f"c{n}" for n in random.choice(7, 2, replace=False)]
    place = {
        one: point.x for table in (options, existing) for one, point in table.sites.geometry.items()
    }
    apart_km = 93.453

    def keeps(chosen):
        new = [one for one in chosen if one.startswith("c")]
        near = [
            abs(place[one] - place[other]) * apart_km < km
            for one, other in combinations(chosen, 2)
            if one in new or other in new
        ]
        return (
            {"s0", "s1", fixed} <= set(chosen)
            and forbidden not in chosen
            and not any(near)
            and reached(minutes, must.astype(float), chosen) == must.sum()
        )

    best = best_of(minutes, 5, lambda chosen: reached(minutes, people, chosen), keeps)
    asked = {
        "existing": existing, "fixed": [fixed], "forbidden": [forbidden], "apart_km": km,
    }  # fmt: skip
    if best is None:
        with pytest.raises(InfeasibleError) as error:
            br.propose(options, br.MaxCover(sites=3, minutes=30), **asked)
        assert any(word in str(error.value) for word in ("reach", "apart", "fixed", "forbidden"))
        return
    plan = br.propose(options, br.MaxCover(sites=3, minutes=30), **asked)
    assert plan.objective == best == plan.bound
    assert keeps(tuple(ends(plan, existing)))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_budget_buys_the_best_boxes(seed, make_times):
    """Costs differ; what is bought costs no more than the budget and covers the most."""
    random, options, existing, minutes, people = draw(seed, make_times)
    costs = random.choice([100.0, 200.0, 350.0], 7)
    options.sites["cost_usd"] = costs
    price = dict(zip(options.sites.index, costs, strict=True))
    budget = float(random.choice([90, 300, 550]))

    def cost(chosen):
        return sum(price[one] for one in chosen)

    best = max(
        reached(minutes, people, ("s0", "s1", *chosen))
        for size in range(8)
        for chosen in combinations(price, size)
        if cost(chosen) <= budget
    )
    plan = br.propose(options, br.MaxCover(budget=budget, minutes=30), existing=existing)
    assert plan.objective == best == plan.bound
    assert plan.cost_usd == cost(plan.sites.index) <= budget


@pytest.mark.parametrize("seed", SEEDS)
def test_under_a_budget_boxes_that_move_cost_the_move_alone(seed, make_times):
    """As many stand as before or more, it is paid for, and no plan that is reaches more."""
    random, options, existing, minutes, people = draw(seed, make_times)
    budget = float(random.choice([25_000, 260_000, 520_000]))
    new = {"sites": None} if random.random() < 0.5 else {"sites": 1}
    model = br.MaxCover(minutes=30, budget=budget, **new)
    move = br.Relocation(at_most=1, cost_usd=20_000)

    def paid(chosen):
        gone = 2 - sum(one.startswith("s") for one in chosen)
        came = len(chosen) - 2 + gone
        return came >= gone <= 1 and 20_000 * gone + 250_000 * (came - gone) <= budget

    sizes = range(2, 6) if new["sites"] is None else [3]
    found = [
        best_of(minutes, size, lambda some: reached(minutes, people, some), paid) for size in sizes
    ]
    if found == [None]:
        with pytest.raises(InfeasibleError, match="cost at most 25,000 US dollars"):
            br.propose(options, model, existing=existing, relocation=move)
        return
    plan = br.propose(options, model, existing=existing, relocation=move)
    after = ends(plan, existing)
    assert plan.objective == max(one for one in found if one is not None)
    assert paid(tuple(sorted(after)))
    assert plan.cost_usd <= budget
    assert plan.phases["new_sites"].iloc[-1] == len(after) - 2 >= 0


def test_no_box_is_given_up_to_pay_for_another(make_times):
    """Two stand; one dear site would reach more than both, and may not be bought with them."""
    minutes = {"dear": np.array([FAR, FAR, 5]), "cheap": np.array([FAR, FAR, FAR])}
    options = make_times(minutes, np.array([5.0, 7.0, 100.0]))
    options.sites["cost_usd"] = [500_000.0, 100_000.0]
    stands = {"s0": np.array([5, FAR, FAR]), "s1": np.array([FAR, 5, FAR])}
    existing = make_times(stands, np.array([5.0, 7.0, 100.0]))
    plan = br.propose(
        options, br.MaxCover(budget=300_000, minutes=30), existing=existing,
        relocation=br.Relocation(at_most=2, cost_usd=0),
    )  # fmt: skip
    assert plan.objective == 12.0
    assert len(ends(plan, existing)) >= 2


def test_a_move_that_costs_more_than_a_new_box_is_refused_under_a_budget(make_times):
    """It would never be worth it, and the budget could not be kept to the dollar."""
    _, options, existing, *_ = draw(1, make_times)
    with pytest.raises(InputError, match="a move costs 300,000 US dollars, and a new site 250,000"):
        br.propose(
            options, br.MaxCover(budget=1e6, minutes=30), existing=existing,
            relocation=br.Relocation(at_most=1, cost_usd=300_000),
        )  # fmt: skip


def expected(minutes, people, chosen):
    """Return the people that can be expected to be served by two vehicles a site, busy 0.3."""
    near = sum((minutes[one] <= 30).astype(int) for one in chosen)
    return float((people * (1 - 0.3 ** (2 * np.asarray(near)))).sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_every_model_finds_the_best_choice(seed, make_times):
    """Backup, expected cover, fewest sites, shortest mean and shortest longest way."""
    _, options, existing, minutes, people = draw(seed, make_times, cells=6)
    options.demand["people"] = existing.demand["people"] = people = people + 1
    stands, all_ids = ("s0", "s1"), sorted(minutes)

    def every(size):
        return [(*stands, *chosen) for chosen in combinations(all_ids[:7], size)]

    plan = br.propose(options, br.BackupCover(sites=2, minutes=30), existing=existing)
    assert plan.objective == max(reached(minutes, people, one, times=2) for one in every(2))
    plan = br.propose(options, br.ExpectedCover(sites=2, minutes=30), existing=existing)
    assert plan.objective == pytest.approx(max(expected(minutes, people, one) for one in every(2)))
    plan = br.propose(options, br.PMedian(sites=2, minutes=60), existing=existing)
    assert plan.objective == pytest.approx(
        min((people * np.minimum(60, np.min([minutes[one] for one in some], axis=0))).sum()
            for some in every(2))
    )  # fmt: skip
    share = 0.6
    plan = br.propose(options, br.SetCover(minutes=31, share=share), existing=existing)
    fewest = next(
        size
        for size in range(8)
        if any(reached(minutes, people, one, 31) >= share * people.sum() for one in every(size))
    )
    assert len(plan.sites) == plan.objective == fewest
    longest = min(np.min([minutes[one] for one in some], axis=0).max() for some in every(2))
    if longest == FAR:
        with pytest.raises(InfeasibleError):
            br.propose(options, br.PCenter(sites=2), existing=existing)
    else:
        plan = br.propose(options, br.PCenter(sites=2), existing=existing)
        assert plan.objective == pytest.approx(longest)
        assert plan.status == "optimal"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_curve_tells_the_best_of_each_size_and_what_the_order_loses(seed, make_times):
    """In the plan's order, at best, and what no choice goes beyond."""
    _, options, existing, minutes, people = draw(seed, make_times)
    plan = br.propose(options, br.MaxCover(sites=4, minutes=30), existing=existing)
    curve = plan.curve(seconds=20)
    assert curve.index.tolist() == [0, 1, 2, 3, 4]
    for size, row in curve.iterrows():
        best = max(
            reached(minutes, people, ("s0", "s1", *chosen))
            for chosen in combinations(options.sites.index, size)
        )
        placed = ("s0", "s1", *plan.sites.index[:size])
        assert row["in_order"] == reached(minutes, people, placed)
        assert row["best"] == row["bound"] == best
        assert row["order_loses"] == best - row["in_order"]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_held_back_and_what_quotas_cost_is_told(seed, make_times):
    """A reserve tells what it would bring; quotas tell what the best plan without them has more."""
    random, options, existing, minutes, people = draw(seed, make_times)
    side = random.choice(["east", "west"], 7)
    options.sites["side"], existing.sites["side"] = side, "north"
    least = min(2, int((side == "east").sum()))
    quota = br.Quota("side", "east", at_least=least)
    plan = br.propose(
        options, br.MaxCover(sites=3, minutes=30), existing=existing, quotas=[quota], reserve=1
    )
    east = {one for one, where in zip(options.sites.index, side, strict=True) if where == "east"}
    values = {
        chosen: reached(minutes, people, ("s0", "s1", *chosen))
        for chosen in combinations(options.sites.index, 2)
    }
    best = max(value for chosen, value in values.items() if len(east & set(chosen)) >= least)
    assert plan.objective == best
    assert plan.forgone.at_least == plan.forgone.at_most == max(values.values()) - best
    more = max(
        reached(minutes, people, (*ends(plan, existing), one))
        for one in options.sites.index
        if one not in plan.sites.index
    )
    assert plan.reserve_gain.at_least == plan.reserve_gain.at_most == more - best
    assert f"the quotas cost {plan.forgone}" in str(plan)
    assert f"held back would bring {plan.reserve_gain} people" in str(plan)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_moves_between_phases_each_is_as_good_as_may_be(seed, make_times):
    """No more move than are allowed, each is listed, and a phase is no worse than without moves."""
    _, options, _, minutes, people = draw(seed, make_times, standing=0)
    model = br.MaxCover(sites=4, minutes=30)
    still = br.propose(options, model, phases=[2, 4])
    plan = br.propose(options, model, phases=[2, 4], phase_moves=1)
    first = plan.sites.index[plan.sites["phase"] == 2]
    assert plan.phases.loc[2, "objective"] == reached(minutes, people, first)
    gone = set(plan.moves["from_site_id"]) if len(plan.moves) else set()
    assert len(gone) <= 1
    assert gone <= set(first)
    after = set(plan.sites.index) - gone
    assert len(after) == 4
    assert plan.objective == reached(minutes, people, after)
    assert plan.most_regret <= still.most_regret + 1e-9
    if still.most_regret <= plan.most_regret + 1e-9:
        assert not gone
    for told in (plan.phases, still.phases):
        for total, row in told.iterrows():
            best = best_of(minutes, total, lambda some: reached(minutes, people, some))
            assert row["alone"] == best
            assert row["regret"] == best - row["objective"]
            assert row["objective"] <= row["kept_bound"] <= row["bound"]


@pytest.mark.release
def test_with_boxes_that_move_the_phase_that_loses_most_loses_as_little_as_either_way(
    make_times, monkeypatch
):
    """Than thinning the last phase out or building on the first, and less than both at times."""

    def plan(seed):
        _, options, existing, minutes, people = draw(
            seed, make_times, sites=10, standing=3, cells=16
        )
        found = br.propose(
            options, br.MaxCover(sites=4, minutes=30), existing=existing, phases=[4, 7],
            relocation=br.Relocation(at_most=2),
        )  # fmt: skip
        assert len(found.moves) <= 2
        gone = set(found.moves["from_site_id"]) if len(found.moves) else set()
        first = {*existing.sites.index, *found.sites.index[found.sites["phase"] == 4]} - gone
        after = ends(found, existing)
        assert (len(first), len(after)) == (4, 7)
        assert first <= after
        assert reached(minutes, people, first) == found.phases.loc[4, "objective"]
        assert reached(minutes, people, after) == found.phases.loc[7, "objective"]
        return float((found.phases["regret"] / found.phases["alone"]).max())

    seeds = range(80, 110)
    lost = [plan(seed) for seed in seeds]
    monkeypatch.setattr(phases, "nest_phases", lambda *_: None)
    either = [plan(seed) for seed in seeds]
    monkeypatch.setattr(phases, "_build_up", lambda *_: (_ for _ in ()).throw(InfeasibleError("")))
    thinned = [plan(seed) for seed in seeds]
    for low, high in ((lost, either), (either, thinned)):
        assert all(one <= other + 1e-9 for one, other in zip(low, high, strict=True))
    assert any(one < other for one, other in zip(lost, thinned, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_quota_of_every_phase_holds_in_the_first(seed, make_times):
    """Each phase keeps it and the one before; its bound is no lower than what enumeration finds."""
    random, options, _, minutes, people = draw(seed, make_times, standing=0)
    zone = dict(zip(options.sites.index, random.choice(["a", "b"], 7), strict=True))
    zone["c0"] = "a"
    options = replace(options, sites=options.sites.assign(zone=list(zone.values())))
    quota = br.Quota("zone", "a", at_least=1, every_phase=True)
    plan = br.propose(options, br.MaxCover(sites=4, minutes=30), phases=[2, 4], quotas=[quota])
    first = plan.sites.index[plan.sites["phase"] == 2]
    assert any(zone[one] == "a" for one in first)
    for total, chosen in ((2, first), (4, plan.sites.index)):
        best = best_of(
            minutes,
            total,
            lambda some: reached(minutes, people, some),
            lambda some: any(zone[one] == "a" for one in some),
        )
        row = plan.phases.loc[total]
        assert row["objective"] == reached(minutes, people, chosen)
        assert row["alone"] == best
        assert row["objective"] <= best <= row["bound"]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_phase_is_the_best_that_keeps_the_one_before(seed, make_times):
    """Its bound among those that keep it is met."""
    _, options, _, minutes, people = draw(seed, make_times, standing=0)
    plan = br.propose(options, br.MaxCover(sites=4, minutes=30), phases=[2, 4])
    first = set(plan.sites.index[plan.sites["phase"] == 2])
    best = best_of(
        minutes, 4, lambda some: reached(minutes, people, some), lambda some: first <= set(some)
    )
    row = plan.phases.loc[4]
    assert row["objective"] == best
    assert best <= row["kept_bound"]
    assert row["kept_bound"] == (best if plan.least_regret else row["bound"])


def test_quotas_are_not_blamed_for_what_phases_cost(make_times):
    """A quota that any good plan keeps costs nothing, though the phases lose something."""
    rows = {"a": [5, 5, FAR, FAR, FAR], "b": [5, FAR, 5, FAR, FAR], "c": [FAR, 5, FAR, 5, FAR]}
    minutes = {one: np.array(row) for one, row in rows.items()}
    options = make_times(minutes, np.array([4.0, 4.0, 3.0, 3.0, 1.0]))
    options.sites["side"] = "east"
    quota = br.Quota("side", "east", at_least=1)
    plan = br.propose(options, br.MaxCover(sites=2, minutes=30), quotas=[quota], phases=[1, 2])
    assert plan.phases["regret"].tolist() == [1.0, 0.0]
    assert (plan.forgone.at_least, plan.forgone.at_most) == (0.0, 0.0)


def test_a_fixed_site_need_not_be_in_the_first_phase(make_times):
    """What is fixed stands in the end; the first phase takes what helps most on the way there."""
    minutes = {
        "X": np.array([FAR, FAR, 10]), "Y": np.array([10, 10, FAR]), "c1": np.array([10, FAR, FAR]),
    }  # fmt: skip
    options = make_times(minutes, np.array([4.0, 2.0, 5.0]))
    plan = br.propose(options, br.MaxCover(sites=2, minutes=30), fixed=["c1"], phases=[1, 2])
    assert plan.sites.index.tolist() == ["X", "c1"]
    assert plan.phases["objective"].tolist() == [5.0, 9.0]
    assert plan.phases["bound"].tolist() == [6.0, 9.0]
    three = br.propose(options, br.MaxCover(sites=3, minutes=30), fixed=["c1", "X"], phases=[1, 3])
    assert three.phases.loc[1, "objective"] == 6.0


def test_a_reserve_that_finds_no_place_brings_nothing(make_times):
    """The plan stands; that the rules leave no room for more is no reason to refuse it."""
    options = make_times({"a": np.array([5, FAR]), "b": np.array([FAR, 5])}, np.array([9.0, 4.0]))
    options.sites["side"] = "east"
    plan = br.propose(
        options, br.MaxCover(sites=2, minutes=30), reserve=1,
        quotas=[br.Quota("side", "east", at_most=1)],
    )  # fmt: skip
    assert plan.sites.index.tolist() == ["a"]
    assert str(plan.reserve_gain) == "0"


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("must_reach", ["no", "0"], "must_reach.*no truth values"),
        ("cost_usd", ["x", "y"], "a cost is 'x'"),
        ("cost_usd", [-1.0, 2.0], "a cost is -1;"),
    ],
)
def test_columns_that_mean_nothing_are_refused(column, values, said, make_times):
    """A flag in words would be true whatever it says; a cost in words or below 0 is none."""
    options = make_times({"a": np.array([5, FAR]), "b": np.array([FAR, 5])}, np.array([9.0, 4.0]))
    (options.demand if column == "must_reach" else options.sites)[column] = values
    with pytest.raises(InputError, match=said):
        br.propose(options, br.MaxCover(sites=1, minutes=30))


def test_priority_pulls_sites_and_changes_nothing_of_what_is_counted(make_times):
    """Ten people of priority 5 come before forty; the plan still counts people."""
    options = make_times({"a": np.array([5, FAR]), "b": np.array([FAR, 5])}, np.array([10.0, 40.0]))
    options.demand["priority"] = [5.0, np.nan]
    model = br.MaxCover(sites=1, minutes=30)
    assert br.propose(options, model).sites.index.tolist() == ["b"]
    plan = br.propose(options, model, priority="priority")
    assert plan.sites.index.tolist() == ["a"]
    assert plan.sites["people_gained"].tolist() == [10.0]
    assert plan.phases["covered"].tolist() == [10.0]
    assert plan.objective == 50.0


def test_who_must_be_reached_and_cannot_be_is_named(make_times):
    """By id and name, in words."""
    options = make_times({"a": np.array([5, FAR, FAR])}, np.array([10.0, 40.0, 1.0]))
    options.demand["must_reach"] = [True, True, False]
    options.demand["name"] = ["Sinjar", "Rabia", "Zummar"]
    with pytest.raises(InfeasibleError, match=r"no candidate reaches d01 \(Rabia\) within 30"):
        br.propose(options, br.MaxCover(sites=1, minutes=30))
    plan = br.propose(options, br.MaxCover(sites=1, minutes=30), must_reach=None)
    assert plan.objective == 10.0


@pytest.mark.parametrize(
    "model", [br.SetCover(minutes=30), br.PCenter(sites=1), br.PMedian(sites=1)]
)
def test_who_no_candidate_reaches_is_named_where_all_must_be_served(model, make_times):
    """Covering all, the longest way and the mean way need everybody in reach."""
    options = make_times({"a": np.array([5, FAR]), "b": np.array([6, FAR])}, np.array([10.0, 40.0]))
    with pytest.raises(InfeasibleError, match="no candidate reaches d01"):
        br.propose(options, model)


def test_a_share_that_all_candidates_together_do_not_reach_is_told(make_times):
    """With the share that they do reach."""
    options = make_times({"a": np.array([5, FAR])}, np.array([10.0, 40.0]))
    with pytest.raises(InfeasibleError, match=r"together reach 20\.0000% .* 30\.0000% are asked"):
        br.propose(options, br.SetCover(minutes=30, share=0.3))
    assert len(br.propose(options, br.SetCover(minutes=30, share=0.2)).sites) == 1


def test_too_few_sites_to_serve_all_are_told_with_the_rule(make_times):
    """One site cannot reach two far places; the rule is named with the number of sites."""
    minutes = {"a": np.array([5, FAR]), "b": np.array([FAR, 5])}
    options = make_times(minutes, np.array([10.0, 40.0]))
    with pytest.raises(
        InfeasibleError, match=r"with 1 new sites.*\n- all demand is within 60 minutes"
    ):
        br.propose(options, br.PCenter(sites=1))


def test_the_smallest_set_of_rules_that_conflict_is_found():
    """By size first; where there are too many sets, none of those named can be spared."""
    rules = list(range(40))

    def keeps(some):
        return not {3, 17, 29} <= set(some)

    assert find_conflict(rules, keeps) == ([3, 17, 29], False)
    assert find_conflict(rules, lambda some: not {3, 17} <= set(some))[0] == [3, 17]
    assert find_conflict(rules[:5], lambda some: 4 not in some) == ([4], True)
    assert find_conflict(rules[:5], lambda _: True) == ([], True)
    assert find_conflict(rules, lambda _: True) == ([], False)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"fixed": ["zz"]}, "'zz' is no candidate"),
        ({"fixed": ["c0"], "forbidden": ["c0"]}, "fixed and forbidden"),
        ({"reserve": 9}, "held back"),
        ({"reserve": -1}, "reserve"),
        ({"apart_km": 0}, "apart_km"),
        ({"phase_moves": 1.5}, "phase_moves"),
        ({"phase_moves": 1}, "phase_moves: no phase follows another, so no site can move"),
        ({"phase_moves": 1, "phases": [2]}, "no phase follows another, so no site can move"),
        ({"priority": "rank"}, "rank"),
        ({"seed": "x"}, "seed"),
        ({"phases": "12"}, "phases is '12'"),
        ({"quotas": br.Quota("side", "east")}, "give a list of Quota"),
    ],
)
def test_wrong_wishes_are_refused(asked, said, make_times):
    """Each says what is wrong."""
    _, options, existing, *_ = draw(1, make_times)
    with pytest.raises(InputError, match=said):
        br.propose(options, br.MaxCover(sites=2, minutes=30), existing=existing, **asked)


def test_what_a_model_does_not_have_is_refused(make_times):
    """Phases of a p-median, relocation with set cover, a curve of a p-center."""
    _, options, existing, *_ = draw(1, make_times)
    with pytest.raises(InputError, match="phases with PMedian"):
        br.propose(options, br.PMedian(sites=2, minutes=60), phases=[1, 2])
    with pytest.raises(InputError, match="relocation with SetCover"):
        br.propose(
            options, br.SetCover(minutes=60, share=0.1), existing=existing,
            relocation=br.Relocation(at_most=1),
        )  # fmt: skip
    with pytest.raises(InputError, match="a curve is drawn of"):
        br.propose(options, br.PMedian(sites=2, minutes=60)).curve()
