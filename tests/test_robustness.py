"""Robustness: exact where nothing varies, and honest intervals and regret where something does."""

import itertools
import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats
from scipy.sparse import csr_array
from shapely import LineString, Point

import boxreach as br
from boxreach.network.slowing import slow_roads
from boxreach.scenarios import robustness
from boxreach.scenarios.drawn_roads import DrawnRoads
from boxreach.scenarios.draws import SpeedRange
from boxreach.scenarios.intervals import read_interval
from boxreach.scenarios.regret import find_best

pytestmark = pytest.mark.slow

RANGES = {"primary": (0.5, 1.1), "track": SpeedRange(0.4, 0.9, 1.0), "off_road": (0.5, 1.0)}
MINUTES = 12


def draw_town(seed=0, side=9):
    """Draw a grid of streets of three classes, and places and boxes about it."""
    random = np.random.default_rng(seed)
    xy = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1) * 0.02 + np.array([44.0, 33.0])
    streets = [
        LineString([xy[i, j], xy[i + a, j + b]])
        for i, j in itertools.product(range(side), repeat=2)
        for a, b in ((0, 1), (1, 0))
        if i + a < side and j + b < side
    ]
    classes = random.choice(["primary", "track", "residential"], len(streets))
    ids = [f"r{n}" for n in range(len(streets))]
    roads = gpd.GeoDataFrame({"road_class": classes}, index=ids, geometry=streets, crs=4326)
    network = br.build_network(roads)
    wide = 0.02 * (side - 1)

    def places(count, letter):
        where = (44 + wide * random.random(count), 33 + wide * random.random(count))
        people = {
            "people": random.integers(1, 900, count).astype(float),
            "survey": random.integers(1, 900, count).astype(float),
            "governorate": random.choice(["East", "West"], count),
        }
        ids = pd.Index([f"{letter}{n:02d}" for n in range(count)], name="id")
        return gpd.GeoDataFrame(people, index=ids, geometry=gpd.points_from_xy(*where), crs=4326)

    return network, places(150, "d"), places(3, "s"), places(12, "c")


@pytest.fixture(scope="module")
def town():
    """Return travel times of a plan and of candidates in a town."""
    network, demand, sites, candidates = draw_town()
    times = br.travel_times(network, sites, demand, cutoff=20)
    return times, times.from_sites(candidates)


def within_of(times, minutes=MINUTES, people=None):
    """Return the people within reach, by the matrix of times."""
    near = times.ms.tocoo()
    reached = np.unique(near.col[near.data <= minutes * 60_000])
    people = times.demand["people"] if people is None else people
    return math.fsum(people.to_numpy()[reached])


def slowed_times(times, factors, off_road=1.0):
    """Return the times on a network that is put together anew with classes slower."""
    network = times.network
    classes = network.attributes["road_class"].astype(str).to_numpy()
    slowed = np.array([1 / factors.get(name, factors.get("all", 1.0)) for name in classes])
    slow = slow_roads(network, slowed, off_road=off_road)
    return br.travel_times(slow, times.sites, times.demand, cutoff=20)


# --- exactness -------------------------------------------------------------------------------


def test_without_width_every_draw_is_the_point_result(town):
    """Ranges from 1 to 1: the interval is one number, that of the travel times."""
    times, _ = town
    speeds = {"all": (1, 1), "off_road": SpeedRange(1, 1, 1, "lognormal")}
    told = robustness(times, minutes=MINUTES, speeds=speeds, draws=25).table.loc["plan"]
    for name in ("point", "mean", "low", "median", "high", "worst"):
        assert told[name] == within_of(times)
    assert told["regret_mean"] == told["regret_high"] == 0
    assert told["best_in"] == 1


@pytest.mark.parametrize("share", [0.7, 1.25])
def test_without_width_off_the_usual_speed_it_is_that_of_a_slower_network(town, share):
    """Or a faster one; and the point stays as it is."""
    times, _ = town
    speeds = {"all": (share, share), "off_road": (0.8, 0.8)}
    told = robustness(times, minutes=MINUTES, speeds=speeds, draws=3).table.loc["plan"]
    slow = slowed_times(times, {"all": share}, 0.8)
    assert told["low"] == told["median"] == told["high"] == within_of(slow)
    assert told["point"] == within_of(times)
    assert within_of(slow) != within_of(times)


def test_every_draw_equals_a_network_that_is_put_together_in_its_state(town):
    """Speeds by class and over open ground, as the table of factors says."""
    times, _ = town
    told = robustness(times, minutes=MINUTES, speeds=RANGES, draws=12, seed=3)
    prefix = "speed_factor."
    for draw, row in told.factors.set_index("draw").iterrows():
        factors = {key.removeprefix(prefix): row[key] for key in row.index if prefix in key}
        slow = slowed_times(times, factors, factors["off_road"])
        assert told.draws.loc[draw, "within"] == within_of(slow)
    assert told.draws["within"].nunique() > 6


@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
def test_what_no_draw_changes_is_left_out_and_changes_nothing(town, monkeypatch, direction):
    """Of many places only those are timed that plans reach in some worlds and not in all."""
    times, candidates = (
        br.travel_times(
            one.network, one.sites, one.demand, cutoff=20, direction=direction, mobilise_minutes=1
        )
        for one in town
    )
    asked = {
        "minutes": MINUTES, "draws": 15, "seasons": {"dry": 2, "wet": 1}, "populations":
        {"census": "people", "survey": "survey"},
        "closures": close_streets(probability=[0.6, 0.3, 0.2], speed_factor=[0, 0.5, 0]),
        "speeds": {**RANGES, "residential": (1.05, 1.3)},
    }  # fmt: skip
    plans = {"few": times, "more": candidates}
    plain = robustness(plans, **asked)
    monkeypatch.setattr("boxreach.scenarios.certainty.FEWEST_PLACES", 0)
    asked_for = []
    monkeypatch.setattr(
        "boxreach.scenarios.drawing.DrawnRoads",
        lambda *given: asked_for.append(len(given[4])) or DrawnRoads(*given),
    )
    assert_same(plain, robustness(plans, **asked))
    assert 0 < asked_for[0] < 140
    assert plain.draws["within"].nunique() > 15


# --- one seed, one result --------------------------------------------------------------------


def tables_of(told):
    """Return all tables of a result."""
    return [told.table, told.draws, told.chosen, told.factors, told.areas]


def assert_same(one, other):
    """Assert that two results are the same to the last bit."""
    for mine, theirs in zip(tables_of(one), tables_of(other), strict=True):
        assert_frame_equal(pd.DataFrame(mine), pd.DataFrame(theirs))


def test_a_seed_gives_the_same_result_again_whatever_the_threads(town, monkeypatch):
    """And another seed another one."""
    times, candidates = town
    asked = {"minutes": MINUTES, "speeds": RANGES, "candidates": candidates, "draws": 8}
    first = robustness(times, seed=5, **asked)
    assert_same(first, robustness(times, seed=5, **asked))
    for threads in (1, 5):
        monkeypatch.setattr("os.cpu_count", lambda threads=threads: threads)
        assert_same(first, robustness(times, seed=5, **asked))
    assert not first.draws.equals(robustness(times, seed=6, **asked).draws)
    assert first.seed == 5


def test_the_order_of_sites_demand_and_plans_changes_nothing(town):
    """Ties break by id, and sums do not depend on their order."""
    times, candidates = town
    network = times.network
    turned = br.travel_times(network, times.sites[::-1], times.demand[::-1], cutoff=20)
    others = br.travel_times(network, candidates.sites[::-1], times.demand[::-1], cutoff=20)
    asked = {"minutes": MINUTES, "speeds": RANGES, "draws": 8}
    first = robustness({"a": times, "b": candidates}, candidates=candidates, **asked)
    again = robustness({"b": others, "a": turned}, candidates=others, **asked)
    assert_frame_equal(first.table, again.table.loc[["a", "b"]])
    assert_frame_equal(pd.DataFrame(first.chosen), pd.DataFrame(again.chosen))


def test_more_draws_begin_with_the_fewer(town):
    """So that a run can be made longer."""
    times, _ = town
    few, many = (robustness(times, minutes=MINUTES, speeds=RANGES, draws=count) for count in (4, 9))
    assert_frame_equal(few.draws, many.draws.iloc[:4])
    assert_frame_equal(few.factors, many.factors.iloc[:4])


def test_all_plans_are_measured_in_the_same_worlds(town):
    """A plan has the same draws whatever stands beside it, and a twin differs in none."""
    times, candidates = town
    asked = {"minutes": MINUTES, "speeds": RANGES, "draws": 6}
    alone = robustness(times, **asked)
    both = robustness({"one": times, "two": times, "more": candidates}, **asked)
    by_plan = {name: rows["within"].tolist() for name, rows in both.draws.groupby("plan")}
    assert by_plan["one"] == by_plan["two"] == alone.draws["within"].tolist()
    assert_frame_equal(alone.factors, both.factors)


def test_progress_is_told_draw_by_draw(town):
    """Of how many."""
    times, _ = town
    said = []
    robustness(times, minutes=MINUTES, draws=3, progress=lambda *one: said.append(one))
    assert said == [("draws", 1, 3), ("draws", 2, 3), ("draws", 3, 3)]


def test_a_plan_without_boxes_reaches_nobody(town):
    """In any world; its regret is that no box is chosen either."""
    times, candidates = town
    none = times.from_sites(times.sites.iloc[:0])
    told = robustness({"none": none, "some": times}, minutes=MINUTES, speeds=RANGES, draws=4,
                      candidates=candidates)  # fmt: skip
    assert (told.table.loc["none", ["point", "high", "regret_high"]] == 0).all()
    assert told.table.loc["some", "low"] > 0


def test_what_was_given_is_not_changed(town):
    """Neither tables nor mappings."""
    times, _ = town
    speeds = dict(RANGES)
    before = times.demand.copy(), times.sites.copy(), times.ms.copy()
    robustness(times, minutes=MINUTES, speeds=speeds, draws=2)
    assert speeds == RANGES
    assert_frame_equal(times.demand, before[0])
    assert_frame_equal(times.sites, before[1])
    assert (times.ms.data == before[2].data).all()


# --- seasons, closures, people ---------------------------------------------------------------


def test_a_season_that_is_sure_is_that_of_a_network_built_for_it():
    """Factors by class and surface, within the rounding of milliseconds."""
    network, demand, sites, _ = draw_town(2)
    times = br.travel_times(network, sites, demand, cutoff=20)
    told = robustness(times, minutes=MINUTES, seasons={"wet": 1.0, "snow": 0.0}, draws=3)
    tracks = {"primary": 0.9, "residential": 0.9, "track": 0.5}
    assert set(told.draws["within"]) == {within_of(slowed_times(times, tracks, 0.5))}
    assert set(told.factors["season"]) == {"wet"}


def test_ranges_by_season_hold_in_their_season(town):
    """As shares of the speed of that season."""
    times, _ = town
    speeds = {"dry": {"track": (0.9, 1.0)}, "wet": {"track": (0.3, 0.5)}}
    told = robustness(times, minutes=MINUTES, speeds=speeds, seasons={"dry": 1, "wet": 1}, draws=40)
    drawn = told.factors.set_index("season")["speed_factor.track"]
    assert drawn["dry"].between(0.9, 1.0).all()
    assert drawn["wet"].between(0.3, 0.5).all()
    assert 10 < len(drawn["dry"]) < 30
    assert set(told.ranges) == {"dry.track", "wet.track"}


def close_streets(**columns):
    """Return a closed point, a line along a street and an area about a crossing."""
    shapes = [
        Point(44.05, 33.0),
        LineString([(44.07, 33.01), (44.07, 33.15)]),
        Point(44.04, 33.12).buffer(0.012),
    ]
    return gpd.GeoDataFrame(columns, index=["point", "line", "area"], geometry=shapes, crs=4326)


def test_a_closure_that_is_sure_is_that_of_a_closed_network(town):
    """Ways over open ground stay; and one that is impossible is none."""
    times, _ = town
    closures = close_streets(probability=[1.0, 0.0, 1.0])
    told = robustness(times, minutes=MINUTES, closures=closures, draws=3)
    closed = times.network.without(closures.iloc[[0, 2]])
    closed = replace(closed, obstacles=times.network.obstacles)
    expected = within_of(br.travel_times(closed, times.sites, times.demand, cutoff=20))
    assert set(told.draws["within"]) == {expected}
    assert expected < told.table.loc["plan", "point"] == within_of(times)
    assert set(told.factors["closed"]) == {("point", "area")}


def test_a_closure_that_slows_is_that_of_a_slowed_network(town):
    """Where several slow a road, the slowest holds; what is closed is closed."""
    times, _ = town
    closures = close_streets(probability=[1.0, 1.0, 1.0], speed_factor=[0.0, 0.4, 0.2])
    told = robustness(times, minutes=MINUTES, closures=closures, draws=1)
    slow = times.network.without(closures)
    assert told.draws["within"].tolist() == [
        within_of(br.travel_times(slow, times.sites, times.demand, cutoff=20))
    ]
    with pytest.raises(br.InputError, match="a point slows no stretch"):
        robustness(
            times, minutes=MINUTES, closures=close_streets(probability=0.5, speed_factor=0.5)
        )


def test_a_network_with_closures_keeps_them(town):
    """Those that may hold come besides."""
    times, _ = town
    closures = close_streets(probability=[1.0, 1.0, 1.0])
    closed = times.network.without(closures.iloc[:1])
    base = br.travel_times(closed, times.sites, times.demand, cutoff=20)
    told = robustness(base, minutes=MINUTES, closures=closures.iloc[1:], draws=2, speeds=RANGES)
    every = robustness(times, minutes=MINUTES, closures=closures, draws=2, speeds=RANGES)
    assert told.draws["within"].tolist() == every.draws["within"].tolist()
    assert told.table.loc["plan", "point"] == within_of(base)


def test_closures_and_speeds_are_drawn_for_themselves(town):
    """How often a closure holds does not depend on how quick roads are."""
    times, _ = town
    closures = close_streets(probability=[0.5, 0.5, 0.5])
    told = robustness(times, minutes=MINUTES, closures=closures, speeds=RANGES, draws=60)
    alone = robustness(times, minutes=MINUTES, speeds=RANGES, draws=60)
    assert told.factors["speed_factor.primary"].equals(alone.factors["speed_factor.primary"])
    often = pd.Series(told.factors["closed"].sum()).value_counts() / 60
    assert often.to_numpy() == pytest.approx(np.full(3, 0.5), abs=0.2)
    assert (told.draws["within"] <= alone.draws["within"]).all()


def test_people_are_of_the_layer_that_was_drawn(town):
    """A column of the demand, or a table in any order."""
    times, _ = town
    table = (2 * times.demand[["survey"]]).rename(columns={"survey": "people"})[::-1]
    told = robustness(
        times, minutes=MINUTES, populations={"census": "people", "survey": table}, draws=20
    )
    expected = {
        "census": within_of(times),
        "survey": 2 * within_of(times, people=times.demand["survey"]),
    }
    for row in told.draws.itertuples():
        name = told.factors["population"][row.draw]
        assert row.within == expected[name]
        assert row.people == (times.demand["people"] if name == "census" else table["people"]).sum()
    assert set(told.factors["population"]) == {*expected}
    assert told.table.loc["plan", "point"] == expected["census"]


def test_people_who_are_unknown_count_for_nothing_and_are_said(town):
    """In a warning."""
    times, _ = town
    people = times.demand["people"].where(np.arange(150) != 7)
    unknown = replace(times, demand=times.demand.assign(people=people))
    with pytest.warns(br.DataWarning, match="1 of 150 demand rows have unknown people"):
        told = robustness(unknown, minutes=MINUTES, draws=1)
    assert told.draws["people"].tolist() == [people.sum()]


def test_areas_are_measured_in_each_draw(town):
    """With one draw, each interval is that draw, and areas add up to all."""
    times, _ = town
    told = robustness(times, minutes=MINUTES, speeds=RANGES, draws=1)
    areas = told.areas.set_index("area")
    assert (areas["low"] == areas["high"]).all()
    assert areas["median"].sum() == told.draws["within"][0]
    assert robustness(times, minutes=MINUTES, draws=1, by=None).areas.empty


# --- regret ----------------------------------------------------------------------------------


def best_of_all(cover, weights, count, fixed=()):
    """Return what the best of all choices covers, by trying all."""
    near = cover.toarray() > 0
    choices = itertools.combinations(range(len(near)), count)
    return max(
        float(weights[near[list(one)].any(axis=0)].sum()) for one in choices if {*fixed} <= {*one}
    )


@pytest.mark.parametrize("seed", range(40))
def test_the_best_that_is_found_is_between_its_starts_and_the_bound(seed):
    """And no choice covers more than the bound, by enumeration."""
    random = np.random.default_rng(seed)
    sites, demand, count = random.integers(3, 10), random.integers(1, 40), random.integers(1, 4)
    count = min(count, sites)
    cover = csr_array((random.random((sites, demand)) < random.uniform(0.05, 0.5)).astype(int))
    weights = random.integers(0, 9, demand).astype(float) / random.choice([1.0, 3.0])
    fixed = random.choice(sites, random.integers(0, count + 1), replace=False)
    start = np.union1d(fixed, random.permutation(sites)[:count])[: max(count, 1)]
    starts = [start] if {*fixed} <= {*start} and len(start) == count else []
    found = find_best(cover, weights, sites=int(count), starts=starts, fixed=np.sort(fixed))
    truth = best_of_all(cover, weights, count, fixed)
    near = cover.toarray() > 0
    assert found.within == pytest.approx(weights[near[found.chosen].any(axis=0)].sum())
    assert len(found.chosen) == count
    assert {*fixed} <= {*found.chosen}
    assert found.within <= truth + 1e-9 <= found.bound + 2e-9
    assert all(found.within >= weights[near[one].any(axis=0)].sum() - 1e-9 for one in starts)


def test_what_is_found_is_mostly_the_best_there_is():
    """In nine of ten small cases and more, by enumeration."""
    hits = 0
    for seed in range(40):
        random = np.random.default_rng(1000 + seed)
        cover = csr_array((random.random((10, 40)) < 0.2).astype(int))
        weights = random.integers(1, 99, 40).astype(float)
        nobody = np.empty(0, dtype=np.int64)
        found = find_best(cover, weights, sites=3, starts=[], fixed=nobody)
        hits += found.within == best_of_all(cover, weights, 3)
    assert hits >= 36


def test_regret_is_what_the_best_of_all_choices_has_more(town):
    """In each world, by enumeration over plan and candidates; and those chosen are counted."""
    times, candidates = town
    told = robustness(times, minutes=MINUTES, speeds=RANGES, candidates=candidates, draws=6)
    both = times.from_sites(pd.concat([times.sites, candidates.sites]).sort_index())
    people = times.demand["people"].to_numpy()
    for draw, row in told.factors.set_index("draw").iterrows():
        factors = {name: row[f"speed_factor.{name}"] for name in ("primary", "track")}
        slow = slowed_times(both, factors, row["speed_factor.off_road"])
        near = slow.ms.copy()
        near.data = (near.data <= MINUTES * 60_000).astype(np.int64)
        best = best_of_all(near, people, 3)
        told_row = told.draws.loc[draw]
        assert told_row["best"] <= best <= told_row["bound"]
        assert told_row["regret"] == told_row["best"] - told_row["within"]
        assert told_row["best"] == best  # found in such small cases
    assert told.chosen["chosen"].sum() == pytest.approx(3)
    assert set(told.chosen.index[told.chosen["in_plan"]]) == set(times.sites.index)
    assert told.table.loc["plan", "regret_mean"] == pytest.approx(told.draws["regret"].mean())


def test_sites_that_are_fixed_are_in_every_choice(town):
    """Boxes that stand do not move for the best choice."""
    times, candidates = town
    told = robustness(
        times, minutes=MINUTES, speeds=RANGES, candidates=candidates, fixed=["s01"], draws=5
    )
    assert told.chosen.loc["s01", "chosen"] == 1
    free = robustness(times, minutes=MINUTES, speeds=RANGES, candidates=candidates, draws=5)
    assert (told.draws["regret"] <= free.draws["regret"]).all()


def test_without_candidates_regret_is_against_plans_of_no_more_sites(town):
    """A plan of twelve boxes is no reproach to one of three."""
    times, candidates = town
    other = times.from_sites(candidates.sites.iloc[:3])
    plans = {"a": times, "b": other, "all": candidates}
    told = robustness(plans, minutes=MINUTES, speeds=RANGES, draws=10)
    within, regret = (
        told.draws.pivot_table(index="draw", columns="plan", values=name)
        for name in ("within", "regret")
    )
    most = within[["a", "b"]].max(axis=1)
    assert (regret["a"] == most - within["a"]).all()
    assert (regret["b"] == most - within["b"]).all()
    assert (regret["all"] == 0).all()
    assert told.chosen.empty
    assert told.draws["bound"].isna().all()


# --- what cannot be asked --------------------------------------------------------------------


def test_all_that_is_wrong_is_said_at_once(town):
    """With what to do."""
    times, _ = town
    closures = gpd.GeoDataFrame(
        {"probability": [0.5, 1.5]}, index=["a", "b"], geometry=[Point(44, 33)] * 2, crs=4326
    )
    with pytest.raises(br.InputError) as caught:
        robustness(
            times, minutes=21, speeds={"primry": (0.5, 1), "track": (1, 0.5), "road": 0.7},
            correlation=1.5, seasons={"spring": 1}, closures=closures, draws=0, seed=-1,
        )  # fmt: skip
    said = str(caught.value)
    for one in ("minutes is 21", "did you mean primary", "low is 1 and high is 0.5", "it is 0.7",
                "correlation is 1.5", "'spring' is no season", "it is 1.5", "draws is 0",
                "seed is -1"):  # fmt: skip
        assert one in said
    assert len(caught.value.faults) == 9
    with pytest.raises(br.InputError, match="did you mean primary"):
        robustness(times, minutes=MINUTES, correlation={"primry": 0.5})


def test_plans_of_other_networks_or_demand_are_refused(town):
    """They cannot be measured beside each other."""
    times, _ = town
    network, demand, sites, _ = draw_town(4)
    other = br.travel_times(network, sites, demand.iloc[:9], cutoff=20)
    with pytest.raises(br.InputError) as caught:
        robustness({"a": times, "b": other}, minutes=MINUTES)
    assert "another network" in str(caught.value)
    assert "other demand" in str(caught.value)
    turned = times.demand.set_geometry(times.demand.geometry.to_numpy()[::-1], crs=4326)
    moved = br.travel_times(times.network, times.sites, turned, cutoff=20)
    with pytest.raises(br.InputError, match="other demand"):
        robustness({"a": times, "b": moved}, minutes=MINUTES)


def test_an_id_that_stands_for_two_places_is_refused(town):
    """It would be one site."""
    times, candidates = town
    moved = times.sites.set_geometry(times.sites.geometry.to_numpy()[::-1], crs=4326)
    other = times.from_sites(moved)
    with pytest.raises(br.InputError, match="lies elsewhere than in plan 'a'"):
        robustness({"a": times, "b": other}, minutes=MINUTES)
    with pytest.raises(br.InputError, match="fixed site 'c00' is not in it"):
        robustness(times, minutes=MINUTES, candidates=candidates, fixed=["c00"])
    with pytest.raises(br.InputError, match="fixed is 's00'"):
        robustness(times, minutes=MINUTES, candidates=candidates, fixed="s00")


@pytest.mark.parametrize(
    ("populations", "said"),
    [
        ({"a": "peple"}, "column is missing"),
        ({"a": 3}, "it is a int"),
        ({"a": pd.Series([1.0], index=["d00"])}, "not one row for each"),
        ({"a": "governorate"}, "holds no numbers"),
        ({}, "populations is"),
        ({2016: "survey"}, "populations names one 2016"),
        ({"": "survey"}, "populations names one ''"),
    ],
)
def test_layers_that_are_none_are_refused(town, populations, said):
    """With what to give."""
    times, _ = town
    with pytest.raises(br.InputError, match=said):
        robustness(times, minutes=MINUTES, populations=populations)


# --- intervals -------------------------------------------------------------------------------

CASES, EAST_KM, NORTH_KM, BRIDGE_KM = 400, 38.0, 20.0, 16.0
EAST_MODE, NORTH_ENDS, BRIDGE_DOWN = (0.5, 0.9, 1.1), (0.4, 1.2), 0.2


def draw_cross_roads():
    """Draw two roads from one box, and places along them every hundred metres or two.

    Returns
    -------
    tuple
        Times from the box, where the bridge on the road to the east is, and for each road the km
        and the people of its places in two layers.
    """
    random = np.random.default_rng(11)
    degrees = {"east": (EAST_KM / 93.45, 0.0), "north": (0.0, NORTH_KM / 110.9)}
    roads = gpd.GeoDataFrame(
        {"road_class": ["primary", "track"]},
        index=[*degrees],
        geometry=[LineString([(44, 33), (44 + x, 33 + y)]) for x, y in degrees.values()],
        crs=4326,
    )
    network = br.build_network(roads, off_road_km=0.02)
    long_km = dict(zip(network.road_ids(np.arange(2)), network.edges.length_m / 1000, strict=True))
    tables, along = [], {}
    for (name, (x, y)), step in zip(degrees.items(), (0.2, 0.1), strict=True):
        share = np.arange(step, long_km[name] - step, step) / long_km[name]
        people = random.integers(50, 500, (2, len(share))).astype(float)
        along[name] = share * long_km[name], people
        where = gpd.points_from_xy(44 + share * x, 33 + share * y)
        ids = [f"{name}{n}" for n in range(len(share))]
        columns = {"people": people[0], "survey": people[1]}
        tables.append(gpd.GeoDataFrame(columns, index=ids, geometry=where, crs=4326))
    box = gpd.GeoDataFrame(index=["box"], geometry=[Point(44, 33)], crs=4326)
    times = br.travel_times(network, box, pd.concat(tables), cutoff=60)
    bridge = Point(44 + degrees["east"][0] * BRIDGE_KM / long_km["east"], 33)
    return times, bridge, along


def draw_truths(along, count, minutes=30):
    """Draw what is so, from the same model, by numpy and scipy alone: no network, no search.

    The box reaches each road as far as its speed carries it; a bridge that is down ends the one.
    """
    random = np.random.default_rng(77)
    scores = random.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], count)
    share = stats.norm.cdf(scores)
    low, mode, high = EAST_MODE
    east = stats.triang((mode - low) / (high - low), low, high - low).ppf(share[:, 0])
    north = stats.uniform(NORTH_ENDS[0], NORTH_ENDS[1] - NORTH_ENDS[0]).ppf(share[:, 1])
    down, layer = random.random(count) < BRIDGE_DOWN, random.integers(0, 2, count)
    truths = []
    for case in range(count):
        east_km = 65 * east[case] * minutes / 60
        east_km = min(east_km, BRIDGE_KM) if down[case] else east_km
        reach_km = {"east": east_km, "north": 30 * north[case] * minutes / 60}
        truths.append(
            sum(along[name][1][layer[case]][along[name][0] <= km].sum()
                for name, km in reach_km.items())
        )  # fmt: skip
    return np.array(truths)


def ask_cross_roads(times, bridge, **more):
    """Ask for the robustness of one box at the cross-roads."""
    closures = gpd.GeoDataFrame(
        {"probability": [BRIDGE_DOWN]}, index=["bridge"], geometry=[bridge], crs=4326
    )
    return robustness(
        times, minutes=30, speeds={"primary": SpeedRange(*EAST_MODE), "track": NORTH_ENDS},
        correlation=0.5, closures=closures,
        populations={"census": "people", "survey": "survey"}, by=None, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fixed", None),
        ("fixed", "s00"),
        ("fixed", 5),
        ("fixed", ["s00", "s00"]),
        ("weight", ["people"]),
        ("weight", None),
        ("correlation", {"motorwey": 0.5}),
        ("populations", {1: "people", 2: "survey"}),
        ("populations", {"": "survey"}),
        ("populations", {None: "survey"}),
    ],
)
def test_what_is_no_such_argument_is_refused(town, name, value):
    times, _ = town
    with pytest.raises(br.errors.InputError, match=name):
        robustness(times, minutes=MINUTES, draws=2, **{name: value})


def test_names_of_plans_are_texts(town):
    """Two that are written alike would be one."""
    times, _ = town
    with pytest.raises(br.errors.InputError, match="plans names one 1"):
        robustness({1: times, "1": times}, minutes=MINUTES, draws=1)


def test_the_order_of_seasons_and_layers_changes_nothing(town):
    times, _ = town
    seasons = {"wet": 1.0, "snow": 0.0, "dry": 2.0}
    layers = {"survey": "survey", "census": "people"}
    told = [
        robustness(
            times, minutes=MINUTES, draws=12, populations=dict(sorted(layers.items())[::step]),
            seasons=dict([*seasons.items()][::step]),
        )
        for step in (1, -1)
    ]  # fmt: skip
    assert_frame_equal(told[0].draws, told[1].draws)
    assert_frame_equal(told[0].factors, told[1].factors)


def test_only_closures_of_the_day_may_hold(town):
    """A bridge that was down for a while is not down on another day."""
    times, _ = town
    network = replace(times.network, parameters={**times.network.parameters, "on": "2017-06-01"})
    of_day = replace(times, network=network)
    shape = times.network.edges.lines(np.arange(20))
    until = ["2016-12-31"] * 10 + [""] * 10
    columns = {"probability": [1.0] * 20, "until_date": until}
    down = gpd.GeoDataFrame(columns, geometry=shape, crs=4326)
    found = robustness(of_day, minutes=MINUTES, closures=down, draws=1)
    alone = robustness(of_day, minutes=MINUTES, closures=down.iloc[10:], draws=1)
    assert found.factors["closed"].tolist() == alone.factors["closed"].tolist()
    assert_frame_equal(found.table, alone.table)
    none = robustness(of_day, minutes=MINUTES, closures=down.iloc[:10], draws=1)
    assert none.table["worst"].tolist() == none.table["point"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cases", "off"),
    [
        pytest.param(150, 0.05, marks=pytest.mark.release),
        pytest.param(CASES, 0.03, marks=pytest.mark.heavy),
    ],
)
def test_intervals_hold_the_truth_nine_times_in_ten(cases, off):
    """Of simulated cases: as many worlds drawn by another program, each beside its own interval.

    Each case has 19 draws of its own, of which the interval is the least and the largest.
    """
    times, bridge, along = draw_cross_roads()
    each = 19
    told = ask_cross_roads(times, bridge, draws=cases * each, seed=1)
    draws = told.draws["within"].to_numpy().reshape(cases, each)
    low, high = np.array([read_interval(one) for one in draws]).T
    truths = draw_truths(along, cases)
    held = ((low <= truths) & (truths <= high)).mean()
    assert held == pytest.approx(0.9, abs=off)
    # Both programs draw from one distribution.
    assert stats.ks_2samp(draws.ravel(), draw_truths(along, 4000)).pvalue > 0.01
    assert len(np.unique(truths)) > 0.9 * cases


@pytest.mark.heavy
def test_intervals_as_they_are_returned_hold_the_truth_nine_times_in_ten():
    """Of 400 simulated cases, each with a seed and a call of its own."""
    times, bridge, along = draw_cross_roads()
    truths, held = draw_truths(along, CASES), 0
    for case, truth in enumerate(truths):
        told = ask_cross_roads(times, bridge, draws=99, seed=1000 + case).table.loc["plan"]
        held += told["low"] <= truth <= told["high"]
    assert held / CASES == pytest.approx(0.9, abs=0.03)
