"""What comparing rounds promises: who came back or left, who is reached now, and what did it."""

from datetime import date
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

import boxreach as br
from boxreach.languages.messages import translate
from boxreach.scenarios import Round, compare_rounds
from boxreach.scenarios.same_places import require_same_places

MINUTES, CUTOFF = 10, 30


def points(rows, id_name, **columns):
    """Points of rows {id: (lon, lat)}."""
    index = pd.Index(list(rows), name=id_name)
    return gpd.GeoDataFrame(
        columns, index=index, geometry=[Point(one) for one in rows.values()], crs=4326
    )


WHERE = {"a": 44.01, "b": 44.08, "c": 44.12, "d": 44.19, "e": 44.15, "f": 44.05}


def valley(people, boxes, where=WHERE):
    """A road with a bridge in its middle, boxes at its ends, and places along it."""
    ends = (44.0, 44.1, 44.2)
    road = gpd.GeoDataFrame(
        {"road_class": ["primary"] * 2},
        index=pd.Index(["west", "east"], name="road_id"),
        geometry=[LineString([(one, 33.0), (other, 33.0)]) for one, other in pairwise(ends)],
        crs=4326,
    )
    network = br.build_network(road, off_road_km=1)
    counts = {"people": [float(one) for one in people.values()], "governorate": "Valley"}
    demand = points({one: (where[one], 33.0) for one in people}, "community_id", **counts)
    sites = points({one: (at, 33.0) for one, at in boxes.items()}, "site_id")
    return br.travel_times(network, sites, demand, cutoff=CUTOFF)


BRIDGE = gpd.GeoDataFrame(
    index=pd.Index(["bridge"], name="closure_id"), geometry=[box(44.099, 32.99, 44.101, 33.01)],
    crs=4326,
)  # fmt: skip


@pytest.mark.slow
def test_each_place_says_what_brought_it_within_reach_or_took_it_out():
    """A bridge opens, a box comes at the far end, another is lost, and people come and go."""
    before = valley({"a": 100, "b": 200, "c": 300, "d": 400, "e": 50}, {"x": 44.075})
    after = valley({"a": 100, "b": 250, "c": 300, "d": 380, "f": 70}, {"x": 44.075, "y": 44.195})
    # At 80 km/h, ten minutes are some 13 km: c lies 4 km from x, d 11 km; the bridge is between.
    found = compare_rounds(
        Round("2016-10-01", before, closures=BRIDGE), Round(date(2017, 1, 1), after), minutes=5
    )
    places = found.comparison.places.set_index("community_id")
    assert places["because"].to_dict() == {
        "a": "", "b": "people", "c": "roads", "d": "boxes", "e": "people", "f": "people",
    }  # fmt: skip
    assert places["change"].to_dict() == {
        "a": "same", "b": "same", "c": "gained", "d": "gained", "e": "gone", "f": "new",
    }  # fmt: skip
    line = found.comparison.table.loc["2017-01-01"]
    assert line["gained"] == 300 + 380
    assert line["returned"] == 50 + 70
    assert line["left"] == 20 + 50
    assert found.steps["within"].is_monotonic_increasing
    assert found.plan is None
    assert found.moves.empty


def at_random(draw_towns, seed):
    """Two rounds in two towns: some boxes and places stay, others come or go."""
    random, roads, sites, demand = draw_towns(seed, 40)
    network = br.build_network(roads, off_road_km=0.4)
    rounds = []
    for day, keep in (("2025-12-31", np.s_[:60]), ("2026-03-31", np.s_[15:])):
        people = np.rint(random.pareto(1.2, len(demand)) * 90)
        table = demand.assign(people=people, governorate="all").iloc[keep]
        some = sites.iloc[np.sort(random.choice(len(sites), 4, replace=False))]
        times = br.travel_times(network, some, table, cutoff=CUTOFF)
        corner = random.uniform((44.0, 33.0), (44.04, 33.02))
        shut = gpd.GeoDataFrame(geometry=[box(*corner, *(corner + 0.012))], crs=4326)
        rounds.append(Round(day, times, closures=shut))
    return rounds


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:closures that meet no road")
@pytest.mark.parametrize("seed", range(5))
def test_steps_lead_from_one_round_to_the_other_exactly(draw_towns, seed):
    """Each step adds up, and each is what full recomputation gives."""
    first, last = at_random(draw_towns, seed)
    found = compare_rounds(first, last, minutes=MINUTES)
    steps = found.steps
    assert steps.index.tolist() == ["before", "roads", "boxes", "people"]
    change = (steps["gained"] - steps["lost"]).cumsum() + steps["within"].iloc[0]
    np.testing.assert_allclose(steps["within"], change)
    table = found.comparison.table
    assert steps["within"].iloc[0] == table["within"].iloc[0]
    assert steps["within"].iloc[-1] == table["within"].iloc[1]
    demand = first.times.demand
    roads = first.times.network.without(last.closures)
    for step, sites in (("roads", first.times.sites), ("boxes", last.times.sites)):
        times = br.travel_times(roads, sites, demand, cutoff=CUTOFF)
        covered = br.reach(times, minutes=MINUTES)["covered"]
        assert steps.loc[step, "within"] == demand["people"][covered].sum()


@pytest.mark.slow
def test_boxes_that_should_move_are_those_a_proposal_moves(draw_towns):
    """On the roads of the later round, to where its people are."""
    first, last = at_random(draw_towns, 2)
    options = last.times.from_sites(
        last.times.demand.iloc[:12][["geometry"]].rename_axis("site_id")
    )
    found = compare_rounds(first, last, minutes=MINUTES, options=options, moves=np.int64(2))
    shut = options.network.without(last.closures)
    times = [br.travel_times(shut, one.sites, one.demand, cutoff=CUTOFF)
             for one in (options, last.times)]  # fmt: skip
    plan = br.propose(times[0], br.MaxCover(sites=0, minutes=MINUTES), existing=times[1],
                      relocation=br.Relocation(at_most=2))  # fmt: skip
    pd.testing.assert_frame_equal(found.moves, plan.moves)


def test_all_that_keeps_rounds_apart_is_told_at_once():
    """Days the wrong way round, minutes beyond the cutoff, moves to nowhere."""
    times = valley({"a": 100}, {"x": 44.0})
    with pytest.raises(br.InputError) as caught:
        compare_rounds(Round("2026-03-31", times), Round("2026-01-01", times), minutes=99, moves=1)
    text = str(caught.value)
    for word in ("2026-01-01", "minutes is 99", "not said where"):
        assert word in text
    with pytest.raises(br.InputError, match="is none"):
        Round("31.3.2026", times)
    with pytest.raises(br.InputError, match="before is None"):
        compare_rounds(None, Round("2026-01-01", times), minutes=5)


@pytest.mark.parametrize("moves", [pd.NA, "", pd.Series([1]), -1, 1.5, None])
def test_moves_that_are_no_number_of_them_are_refused(moves):
    times = valley({"a": 100}, {"x": 44.0})
    rounds = Round("2026-01-01", times), Round("2026-03-31", times)
    with pytest.raises(br.InputError, match="moves is"):
        compare_rounds(*rounds, minutes=5, moves=moves, options=times)


def test_numbers_of_numpy_are_numbers_of_moves():
    times = valley({"a": 100}, {"x": 44.0})
    rounds = Round("2026-01-01", times), Round("2026-03-31", times)
    options = times.from_sites(times.sites.set_axis(["o"]))
    found = compare_rounds(*rounds, minutes=5, moves=np.int64(1), options=options)
    assert len(found.moves) == 0


def test_rounds_say_what_each_step_did():
    """As text."""
    times = valley({"a": 100, "d": 50}, {"x": 44.0})
    found = compare_rounds(Round("2026-01-01", times), Round("2026-03-31", times), minutes=5)
    assert "boxes: 0 people gained, 0 lost" in str(found)


def test_what_compare_prints_is_said_whole_in_another_language():
    """Line by line, with the days of the rounds as they are."""
    times = valley({"a": 100, "d": 50}, {"x": 44.0})
    found = compare_rounds(Round("2026-01-01", times), Round("2026-03-31", times), minutes=5)
    said = translate(str(found), "ar").splitlines()
    within = "السكان ضمن المدى: 100 من 150، الحد بالدقائق: 5، عدد المخافر: 1"
    assert said[:2] == [
        f"2026-01-01: {within}",
        f"2026-03-31: {within}؛ المكتسب: 0، المفقود: 0",
    ]
    assert said[2:] == [
        f"{step}: المكتسب من السكان: 0، المفقود: 0" for step in ("الطرق", "المخافر", "السكان")
    ]


FOUR = {"a": 100, "b": 200, "c": 300, "d": 400}


def survey_again(where, people=FOUR):
    """Hold the four places against a second survey, in which they lie elsewhere."""
    first, last = valley(FOUR, {"x": 44.0}), valley(people, {"x": 44.0}, WHERE | where)
    return compare_rounds(Round("2026-01-01", first), Round("2026-03-31", last), minutes=5)


def test_places_that_were_numbered_anew_are_not_held_against_each_other():
    """Nobody moved, and yet people would be told as lost and gained."""
    anew = dict(zip("abcd", [WHERE[one] for one in "dcba"], strict=True))
    with pytest.raises(br.InputError, match=r"2 of 4 places lie elsewhere.*id of its own"):
        survey_again(anew)


def test_few_places_that_lie_elsewhere_are_told():
    with pytest.warns(br.DataWarning, match=r"1 of 4 places .* a 5\.6 km away"):
        survey_again({"a": 44.07})


def test_places_that_were_surveyed_better_are_the_same():
    """A hundred metres are no other town."""
    assert survey_again({"a": 44.011}).comparison.places["change"].eq("gone").sum() == 0


def test_two_rounds_without_an_id_in_both_are_told():
    with pytest.warns(br.DataWarning, match="no place of it has an id of the first"):
        survey_again({"A": 44.01}, {"A": 100})


def test_cells_of_another_grid_are_no_cells_of_the_first():
    """Each is called by its row and column, wherever the grid begins."""
    cells = points({"r0c0": (44.0, 33.0), "r0c1": (44.01, 33.0)}, "cell_id")
    require_same_places(cells, cells.copy(), "later")
    with pytest.raises(br.InputError, match="later: 2 of 2 places lie elsewhere"):
        require_same_places(cells, cells.translate(0.001).to_frame("geometry"), "later")
