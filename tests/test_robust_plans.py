"""Proposals for several cases: what holds in each of them, against enumeration of every plan."""

from dataclasses import dataclass, field, replace
from itertools import combinations
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import boxreach as br
from boxreach.errors import InfeasibleError, InputError
from boxreach.placement import Case
from boxreach.routing import NEVER, TravelTimes

MS, MINUTES = 60_000, 30
CRITERIA = ("mean", "worst", "p10", "p40")


@dataclass(frozen=True, eq=False)
class BookTimes(TravelTimes):
    """Travel times out of a book instead of on roads, so that a test can set each one."""

    book: dict = field(default_factory=dict)

    def from_sites(self, sites):
        """Look the sites up by their ids."""
        return times_of({one: self.book[one] for one in sites.index}, self.demand, self.book)


def places(ids, **columns):
    ids = list(ids)
    geometry = gpd.points_from_xy(44 + 0.01 * np.arange(len(ids)), np.full(len(ids), 33.0))
    return gpd.GeoDataFrame(columns, index=ids, geometry=geometry, crs=4326)


def people_at(people, **columns):
    ids = [f"d{n:02d}" for n in range(len(people))]
    table = places(ids, people=np.asarray(people, dtype=float), **columns)
    return table.rename_axis("community_id")


def times_of(rows, served, book=None, governorate=None, cutoff=60.0):
    """Return times from sites {id: [minutes, ...]} to a demand table."""
    sites = places(rows).rename_axis("site_id")
    if governorate is not None:
        sites["governorate"] = [governorate[one] for one in rows]
    minutes = np.array(list(rows.values()), dtype=float).reshape(len(rows), len(served))
    known = minutes <= cutoff
    ms = np.where(known, np.rint(minutes * MS), 0).astype(np.int64)
    row, column = np.nonzero(known)
    nearest = np.full(len(served), NEVER)
    return BookTimes(
        sites=sites,
        demand=served,
        ms=csr_array((ms[known], (row, column)), shape=ms.shape),
        cutoff_minutes=cutoff,
        nearest_site=nearest if not len(rows) else minutes.argmin(axis=0),
        nearest_ms=nearest if not len(rows) else (minutes.min(axis=0) * MS).astype(np.int64),
        lifted_ms=nearest,
        off_road_m=np.zeros(len(served)),
        off_road_ms=np.zeros(len(served), dtype=np.int64),
        network=SimpleNamespace(),
        mobilise_minutes=0.0,
        direction="site_to_demand",
        book=dict(rows) if book is None else book,
    )


@dataclass
class Country:
    """Minutes of candidates and of standing sites on the usual roads and in each case."""

    seed: int
    candidates: int = 7
    standing: int = 1
    demand: int = 12
    cases: int = 3

    def __post_init__(self):
        random = np.random.default_rng(self.seed)
        self.people = people_at(random.integers(1, 50, self.demand))
        self.ids = [f"c{n}" for n in range(self.candidates)]
        self.stood = [f"s{n}" for n in range(self.standing)]
        every = [*self.ids, *self.stood]
        usual = random.choice([20.0, 40.0], (len(every), self.demand), p=[0.35, 0.65])
        tables = [usual]
        for _ in range(self.cases):
            slower = random.random(usual.shape) < random.uniform(0, 0.6)
            tables.append(np.where(slower, usual + 20, usual))
        self.minutes = [dict(zip(every, table, strict=True)) for table in tables]
        self.governorate = {one: random.choice(["east", "west"]) for one in every}
        self.odds = random.choice([0.5, 1.0, 2.0], self.cases)
        self.book = {one: list(self.minutes[0][one]) for one in every}

    def times(self, at, ids):
        rows = {one: self.minutes[at][one] for one in ids}
        return times_of(rows, self.people, self.book, self.governorate)

    @property
    def options(self):
        return self.times(0, self.ids)

    @property
    def existing(self):
        return self.times(0, self.stood) if self.stood else None

    def as_cases(self):
        return [
            Case(
                f"case {at}",
                self.times(at, self.ids[::-1]),
                self.times(at, self.stood) if self.stood else None,
                probability=float(self.odds[at - 1]),
            )
            for at in range(1, self.cases + 1)
        ]

    def covered(self, at, sites):
        near = np.array([self.minutes[at][one] for one in sites]) <= MINUTES
        return float(self.people["people"][near.any(axis=0)].sum())

    def judge(self, criterion, sites):
        values = np.array([self.covered(at, sites) for at in range(1, self.cases + 1)])
        odds = self.odds / self.odds.sum()
        if criterion == "mean":
            return float(odds @ values)
        if criterion == "worst":
            return float(values.min())
        kept = 1 - float(criterion[1:]) / 100 - 1e-8
        return float(max(one for one in values if odds[values >= one].sum() >= kept))


def model(sites, **more):
    return br.MaxCover(sites=sites, minutes=MINUTES, **more)


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, pytest.param(12, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_plan_for_cases_is_the_best_of_all_plans_and_never_below_the_usual_one(criterion, count):
    """By enumeration, with a quota, standing sites and cases of other odds."""
    for seed in range(count):
        country = Country(seed, standing=seed % 3)
        quota = br.Quota("governorate", "east", at_least=1)
        asked = {"quotas": [quota], "existing": country.existing, "seconds": 20}
        worth = [
            country.judge(criterion, [*country.stood, *some])
            for some in combinations(country.ids, 2)
            if any(country.governorate[one] == "east" for one in (*some, *country.stood))
        ]
        if not worth:
            with pytest.raises(InfeasibleError):
                br.propose(country.options, model(2), cases=country.as_cases(), **asked)
            continue
        usual = br.propose(country.options, model(2), **asked)
        plan = br.propose(
            country.options, model(2), cases=country.as_cases(), criterion=criterion, **asked
        )
        assert (plan.status, plan.objective) == ("optimal", pytest.approx(max(worth)))
        least = country.judge(criterion, [*country.stood, *usual.sites.index])
        assert plan.objective >= least * (1 - 1e-12)


def test_the_frame_of_cases_tells_what_is_covered_in_each_and_at_most():
    """Counted by hand from the times of each case; the words of the plan say the same."""
    country = Country(4, standing=2)
    plan = br.propose(
        country.options, model(2), existing=country.existing, cases=country.as_cases(),
        criterion="worst",
    )  # fmt: skip
    sites = [*country.stood, *plan.sites.index]
    assert plan.cases.index.tolist() == ["case 1", "case 2", "case 3"]
    assert plan.cases["probability"].tolist() == country.odds.tolist()
    for at, row in enumerate(plan.cases.itertuples(), start=1):
        assert row.covered == row.objective == country.covered(at, sites)
        assert row.covered_before == country.covered(at, country.stood)
        assert row.total == country.people["people"].sum()
        assert row.share_covered == pytest.approx(row.covered / row.total)
        alone = max(
            country.covered(at, [*country.stood, *some])
            for some in combinations(country.ids, 2)
        )  # fmt: skip
        assert row.bound == pytest.approx(alone)
    assert plan.objective == plan.cases["covered"].min()
    said = str(plan)
    assert "people at the worst of 3 cases" in said
    assert all(f"{name}: {row.covered:,.0f} of" in said for name, row in plan.cases.iterrows())
    row = plan.summary().iloc[0]
    assert row["criterion"] == "worst"
    assert row["cases"] == tuple(plan.cases.index)
    assert row["covered_by_case"] == tuple(plan.cases["covered"])
    assert plan.phases["covered"].iloc[-1] == country.covered(0, sites)


@pytest.mark.slow
def test_of_many_cases_those_with_least_are_told():
    """A plan for forty draws does not print forty lines."""
    country = Country(3, cases=40)
    plan = br.propose(
        country.options, model(2), existing=country.existing, cases=country.as_cases()
    )
    assert len(plan.cases) == 40
    assert "more in each of 30 other cases" in str(plan)
    assert "people on average over 40 cases" in str(plan)


@pytest.mark.slow
def test_cases_that_are_the_usual_roads_change_nothing():
    """The same sites, the same objective, whatever the criterion."""
    country = Country(11, cases=1)
    options, existing = country.options, country.existing
    usual = br.propose(options, model(2), existing=existing)
    cases = [Case("one", options, existing), Case("two", options, existing, probability=0.5)]
    for criterion in CRITERIA:
        plan = br.propose(options, model(2), existing=existing, cases=cases, criterion=criterion)
        assert plan.objective == pytest.approx(usual.objective)
        assert plan.sites.index.tolist() == usual.sites.index.tolist()


@pytest.mark.slow
def test_rules_hold_in_plans_for_cases():
    """What is fixed, forbidden, kept apart, limited by money, or by a quota at most."""
    for seed in range(4):
        country = Country(100 + seed, standing=0)
        options = country.options
        rules = {"fixed": ["c0"], "forbidden": ["c1"], "apart_km": 1.5}
        plan = br.propose(options, model(3), cases=country.as_cases(), criterion="worst", **rules)
        worth = [
            country.judge("worst", some)
            for some in combinations(country.ids, 3)
            if "c0" in some
            and "c1" not in some
            and all(abs(int(one[1:]) - int(other[1:])) > 1 for one, other in combinations(some, 2))
        ]
        assert plan.objective == pytest.approx(max(worth))
        options.sites["cost_usd"] = [100.0 * (1 + n % 3) for n in range(len(country.ids))]
        costs = options.sites["cost_usd"]
        asked = br.MaxCover(minutes=MINUTES, budget=400)
        plan = br.propose(options, asked, cases=country.as_cases(), criterion="p40")
        worth = [
            country.judge("p40", some)
            for size in range(1, 5)
            for some in combinations(country.ids, size)
            if costs[list(some)].sum() <= 400
        ]
        assert plan.objective == pytest.approx(max(worth))
        assert costs[plan.sites.index].sum() <= 400


def test_who_must_be_reached_is_reached_in_every_case_and_on_the_usual_roads():
    """A site that reaches the place in the flood alone does not do, nor one that does without."""
    served = people_at([1.0, 50.0, 60.0], must_reach=[True, False, False])
    usual = {"a": [20, 40, 40], "b": [40, 20, 40], "c": [20, 40, 20], "d": [40, 40, 20]}
    flood = {"a": [20, 40, 40], "b": [20, 20, 40], "c": [40, 40, 20], "d": [20, 40, 20]}
    options = times_of(usual, served)
    cases = [Case("flood", times_of(flood, served))]
    plan = br.propose(options, model(1), cases=cases, criterion="worst")
    assert plan.sites.index.tolist() == ["a"]
    free = br.propose(options, model(1), cases=cases, criterion="worst", must_reach=None)
    assert (free.sites.index.tolist(), free.objective) == (["d"], 61.0)
    with pytest.raises(InfeasibleError, match="in the case 'flood'"):
        br.propose(options, model(1), cases=cases, forbidden=["a"])


def test_a_case_that_leaves_out_who_must_be_reached_is_named():
    """With the case, the place, and what to do."""
    served = people_at([1.0, 50.0], must_reach=[True, False])
    options = times_of({"a": [20, 40], "b": [40, 20]}, served)
    cut = times_of({"a": [50, 40], "b": [40, 20]}, served)
    with pytest.raises(InfeasibleError, match="in the case 'cut' no candidate reaches d00"):
        br.propose(options, model(1), cases=[Case("cut", cut)])


def test_sites_that_are_lost_in_a_case_cover_nothing_there():
    """A box that is lost counts in the other cases, and a new one makes it good."""
    served = people_at([10.0, 9.0])
    book = {"a": [20, 40], "b": [40, 20], "s": [20, 40], "t": [40, 50]}
    options = times_of({one: book[one] for one in "ab"}, served, book)
    existing = times_of({one: book[one] for one in "st"}, served, book)
    kept, lost = existing, times_of({"t": [40, 50]}, served)
    cases = [Case("all stand", options, kept), Case("s is lost", options, lost)]
    plan = br.propose(options, model(1), existing=existing, cases=cases, criterion="worst")
    assert plan.sites.index.tolist() == ["a"]
    assert plan.cases["covered"].tolist() == [10.0, 10.0]
    assert plan.cases["covered_before"].tolist() == [10.0, 0.0]
    mean = br.propose(options, model(1), existing=existing, cases=cases)
    assert mean.sites.index.tolist() == ["b"]
    assert mean.objective == pytest.approx((19 + 9) / 2)


def test_cases_count_people_of_their_own():
    """Another column of the demand, or another table with the same ids."""
    served = people_at([10.0, 1.0], returned=[1.0, 30.0])
    options = times_of({"a": [20, 40], "b": [40, 20]}, served)
    after = served.assign(people=[2.0, 3.0])
    cases = [Case("returned", options, weight="returned"),
             Case("later", times_of({"a": [20, 40], "b": [40, 20]}, after))]  # fmt: skip
    plan = br.propose(options, model(1), cases=cases, criterion="worst")
    assert plan.sites.index.tolist() == ["b"]
    assert plan.cases["covered"].tolist() == [30.0, 3.0]
    assert plan.cases["total"].tolist() == [31.0, 5.0]


def test_a_priority_weighs_in_every_case_and_changes_nothing_of_what_is_counted():
    """The objective is of people times priority, the cover of people."""
    served = people_at([10.0, 9.0], risk=[1.0, 3.0])
    options = times_of({"a": [20, 40], "b": [40, 20]}, served)
    plan = br.propose(options, model(1), cases=[Case("usual", options)], priority="risk")
    assert plan.sites.index.tolist() == ["b"]
    assert (plan.objective, plan.cases.loc["usual", "covered"]) == (27.0, 9.0)
    assert plan.cases.loc["usual", "objective"] == 27.0


def test_quotas_tell_what_they_cost_in_the_cases():
    """The best without them, by the same criterion, less the plan."""
    country = Country(21, standing=0)
    quota = br.Quota("governorate", country.governorate["c0"], at_least=2)
    plan = br.propose(
        country.options, model(2), cases=country.as_cases(), criterion="worst", quotas=[quota]
    )
    free = max(country.judge("worst", some) for some in combinations(country.ids, 2))
    assert plan.forgone.at_least == pytest.approx(free - plan.objective)


def test_rules_that_conflict_are_named():
    """As in plans on one state of the roads."""
    country = Country(2, standing=0)
    quotas = [
        br.Quota("governorate", "east", at_most=0),
        br.Quota("governorate", "west", at_most=0),
    ]
    with pytest.raises(InfeasibleError, match="keeps these rules together"):
        br.propose(country.options, model(2), cases=country.as_cases(), quotas=quotas)


def test_what_plans_for_cases_do_not_take_is_refused_at_once():
    """Models, phases and the rest, each in words, all in one message."""
    country = Country(5)
    options, existing, cases = country.options, country.existing, country.as_cases()
    with pytest.raises(InputError) as caught:
        br.propose(
            options, model(2), existing=existing, cases=cases, criterion="median", phases=[1, 3],
            reserve=1, relocation=br.Relocation(at_most=1), ties="x", bonus="y",
        )  # fmt: skip
    for word in ("median", "phases with cases", "reserve with cases", "relocation with cases",
                 "ties with cases", "bonus with cases"):  # fmt: skip
        assert word in str(caught.value)
    for other in (br.PMedian(sites=1), br.SetCover(minutes=30), model(1, capacity=5)):
        with pytest.raises(InputError, match="cases with"):
            br.propose(options, other, existing=existing, cases=cases)
    with pytest.raises(InputError, match="there are no cases"):
        br.propose(options, model(2), existing=existing, criterion="worst")
    for other in (cases[0], None, 5, "", options, pd.DataFrame()):
        with pytest.raises(InputError, match="list of Case"):
            br.propose(options, model(2), existing=existing, cases=other)
    for other in (None, pd.NA, 5, pd.Series(["p10"]), pd.DataFrame()):
        with pytest.raises(InputError, match="criterion"):
            br.propose(options, model(2), existing=existing, cases=cases, criterion=other)


def test_cases_that_do_not_fit_the_plan_are_refused():
    """Other candidates, other demand, no times of sites that stand, a cutoff that is too short."""
    country = Country(6)
    options, existing = country.options, country.existing
    fewer, usual = country.times(1, country.ids[:-1]), country.times(1, country.ids)
    other = times_of({one: [20.0] for one in country.ids}, people_at([1.0]), cutoff=20.0)
    more = country.times(1, [*country.stood, "c0"])
    for case, words in (
        (Case("x", fewer, existing), "other candidates"),
        (Case("x", replace(usual, direction="demand_to_site"), existing), "same direction"),
        (Case("x", other, existing), "other demand"),
        (Case("x", other, existing), "go up to 20 of 30 minutes"),
        (Case("x", usual), "existing is missing"),
        (Case("x", usual, more), "sites stand that do not"),
        (Case("x", usual, existing, weight="nobody"), "the column is missing"),
        (Case("x", usual, existing, probability=0.0), "no case is likely"),
    ):
        with pytest.raises(InputError, match=words):
            br.propose(options, model(2), existing=existing, cases=[case])
    twice = [Case("x", usual, existing)] * 2
    with pytest.raises(InputError, match="two cases are called 'x'"):
        br.propose(options, model(2), existing=existing, cases=twice)
    for given in (
        {"name": " "}, {"options": "roads"}, {"existing": 3}, {"probability": -1},
        {"probability": float("nan")}, {"weight": 3},
    ):  # fmt: skip
        with pytest.raises(InputError):
            Case(**{"name": "x", "options": usual, **given})


def test_a_curve_is_not_drawn_of_a_plan_for_cases():
    """It would be of the usual roads alone; thresholds are, and say so."""
    country = Country(7)
    plan = br.propose(
        country.options, model(1), existing=country.existing, cases=country.as_cases()
    )
    with pytest.raises(InputError, match="without cases"):
        plan.curve()
    assert isinstance(plan.at_minutes([30]), pd.DataFrame)
