"""What comparing scenarios promises: full recomputation, place by place, and sums that add up."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely import LineString, Point, box

import boxreach as br
from boxreach.network.slowing import slow_roads
from boxreach.scenarios import Scenario, compare, variants
from boxreach.scenarios.conditions import CONDITIONS

pytestmark = pytest.mark.slow

MINUTES, CUTOFF = 6, 15
CENTRE = box(44.0, 33.0, 44.004, 33.004)


def closures_of(*shapes, ids=None, **columns):
    """Closures with ids of their own."""
    ids = [f"k{n}" for n in range(len(shapes))] if ids is None else ids
    index = pd.Index(ids, name="closure_id")
    return gpd.GeoDataFrame(columns, index=index, geometry=list(shapes), crs=4326)


@pytest.fixture
def towns(draw_towns):
    """Two towns with people, boxes and two halves, the network and the times."""

    def make(seed=1, closures=None, **asked):
        random, roads, sites, demand = draw_towns(seed, 40)
        demand = demand.rename_axis("community_id").assign(
            people=np.rint(random.pareto(1.2, len(demand)) * 90),
            governorate=np.where(demand.geometry.x < 44.03, "West", "East"),
            name=[f"Place {n}" for n in range(len(demand))],
        )
        sites = sites.rename_axis("site_id").iloc[:4]
        network = br.build_network(roads, closures=closures, off_road_km=0.4)
        times = br.travel_times(network, sites, demand, cutoff=CUTOFF, **asked)
        return random, times

    return make


def recomputed(times, *, network=None, sites=None, demand=None):
    """Times as they are when all of them are searched for."""
    return br.travel_times(
        times.network if network is None else network,
        times.sites if sites is None else sites,
        times.demand if demand is None else demand,
        cutoff=times.cutoff_minutes,
        mobilise_minutes=times.mobilise_minutes,
        direction=times.direction,
        merge_minutes=times.merging.allowed_minutes,
    )


def assert_places(found, name, before, after, minutes=(MINUTES, MINUTES), people="people"):
    """Hold the rows of a scenario, and what is summed of them, against reach of both."""
    one, other = (
        br.reach(each, minutes=limit) for each, limit in zip((before, after), minutes, strict=True)
    )
    rows = found.places[found.places["scenario"] == name].set_index("community_id")
    assert rows.index.tolist() == [*one.index, *other.index.difference(one.index, sort=False)]
    for table, mark in ((one, "_before"), (other, "")):
        there = rows.loc[table.index]
        count = "people" if mark else people
        np.testing.assert_array_equal(there[f"people{mark}"], table[count])
        for column in ("covered", "site_id", "minutes"):
            np.testing.assert_array_equal(there[f"{column}{mark}"], table[column])
    np.testing.assert_array_equal(rows.loc[other.index, "reason"], other["reason"])
    first, second = (rows[column].fillna(0) for column in ("people_before", "people"))
    was, now = rows["covered_before"], rows["covered"]
    stay = np.minimum(first, second)
    line = found.table.loc[name]
    assert line["within"] == pytest.approx(second[now].sum())
    assert line["people"] == pytest.approx(second.sum())
    assert line["gained"] == pytest.approx(stay[now & ~was].sum())
    assert line["lost"] == pytest.approx(stay[was & ~now].sum())
    assert line["net"] == pytest.approx(second[now].sum() - first[was].sum())
    assert line["returned"] - line["left"] == pytest.approx(second.sum() - first.sum())
    within = line["returned_within"] - line["left_within"]
    assert line["gained"] - line["lost"] + within == pytest.approx(line["net"])
    both = rows.index.isin(one.index) & rows.index.isin(other.index)
    assert line["places_gained"] == (now & ~was & both).sum()
    assert line["places_lost"] == (was & ~now & both).sum()
    assert line["boxes"] == len(after.sites)
    areas = found.areas[found.areas["scenario"] == name]
    summed = {"people": "people", "within_after": "within", "gained": "gained", "lost": "lost"}
    for column, whole in {**summed, "net": "net"}.items():
        assert areas[column].sum() == pytest.approx(line[whole])
    boxes = found.boxes[found.boxes["scenario"] == name]
    assert boxes["people"].sum() == pytest.approx(line["within"])
    assert boxes["people_before"].sum() == pytest.approx(found.table.loc["base", "within"])


@pytest.mark.filterwarnings("ignore:closures that meet no road")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
def test_each_scenario_is_what_full_recomputation_gives(towns, place_points, seed, direction):
    """Boxes lost and new, closed roads, other people and places, and all of it at once."""
    random, times = towns(seed, mobilise_minutes=1.5, direction=direction)
    more = place_points(random.uniform((44.0, 33.0), (44.08, 33.04), (2, 2)), "new")
    shut = closures_of(
        box(*(corner := random.uniform((44.0, 33.0), (44.05, 33.02))), *(corner + 0.01)),
        CENTRE,
    )
    elsewhere = times.demand.iloc[20:].assign(people=random.integers(0, 50, len(times.demand) - 20))
    arrived = place_points(random.uniform((44.0, 33.0), (44.08, 33.04), (5, 2)), "a").assign(
        people=10.0, governorate="East", name=""
    )
    elsewhere = pd.concat([arrived, elsewhere]).rename_axis("community_id")
    lost = [times.sites.index[1]]
    scenarios = [
        Scenario(name="lost", lost=lost),
        Scenario(name="more", boxes=more),
        Scenario(name="shut", closures=shut),
        Scenario(name="elsewhere", demand=elsewhere),
        Scenario(name="all", lost=lost, boxes=more, closures=shut, demand=elsewhere, minutes=4),
    ]
    found = compare(times, scenarios, minutes=MINUTES)
    left = times.sites.drop(lost)
    both = pd.concat([left, more.rename_axis("site_id")])
    closed = times.network.without(shut)
    assert_places(found, "lost", times, recomputed(times, sites=left))
    added = pd.concat([times.sites, more.rename_axis("site_id")])
    assert_places(found, "more", times, recomputed(times, sites=added))
    assert_places(found, "shut", times, recomputed(times, network=closed))
    assert_places(found, "elsewhere", times, recomputed(times, demand=elsewhere))
    whole = recomputed(times, network=closed, sites=both, demand=elsewhere)
    assert_places(found, "all", times, whole, minutes=(MINUTES, 4))
    assert found.scenarios == ["lost", "more", "shut", "elsewhere", "all"]


def test_closures_of_the_base_are_lifted_and_others_come_besides(towns):
    """By their ids, or all of them; an id that another file gives too is another closure."""
    shut = closures_of(CENTRE, box(44.004, 33.004, 44.008, 33.008), ids=["a", "b"])
    more = closures_of(box(44.008, 33.0, 44.012, 33.004), ids=["b"])
    _, times = towns(1, closures=shut)
    scenarios = [
        Scenario(name="one", lift=["a"]),
        Scenario(name="all", lift="all"),
        Scenario(name="more", closures=more),
        Scenario(name="other", lift=["a"], closures=more),
    ]
    found = compare(times, scenarios, minutes=MINUTES)
    whole = times.network.lifted
    left = {
        "one": whole.without(shut.iloc[1:]),
        "all": whole,
        "more": whole.without(pd.concat([shut, more.set_axis(["c"])])),
        "other": whole.without(pd.concat([shut.iloc[1:], more.set_axis(["c"])])),
    }
    for name, network in left.items():
        assert_places(found, name, times, recomputed(times, network=network))
    lifted = found.places[found.places["scenario"] == "all"]
    assert (lifted["change"] == "quicker").any()


def slowed(network, shares, off_road=1.0):
    """The network with roads of some classes slower than usual."""
    classes = network.attributes["road_class"]
    return slow_roads(network, 1 / classes.map(shares).to_numpy(float), off_road=off_road)


@pytest.mark.parametrize("seed", range(3))
def test_slower_roads_are_those_of_the_network_slowed_whole(towns, seed):
    """By class, the rest by another share, and over open ground; with closures and without."""
    _, times = towns(seed)
    shut = closures_of(CENTRE)
    given = {"track": 0.5, "all": 0.8, "off_road": 0.6}
    shares = {"track": 0.5, "primary": 0.8, "residential": 0.8}
    scenarios = [
        Scenario(name="slow", speed_factor=given),
        Scenario(name="both", speed_factor=given, closures=shut),
        Scenario(name="tracks", speed_factor={"track": 0.5}),
    ]
    found = compare(times, scenarios, minutes=MINUTES)
    network, usual = times.network, {**dict.fromkeys(shares, 1.0), "track": 0.5}
    open_slow = recomputed(times, network=slowed(network, shares, 0.6))
    assert_places(found, "slow", times, replace(open_slow, lifted_ms=open_slow.nearest_ms))
    both = recomputed(times, network=slowed(network.without(shut), shares, 0.6))
    assert_places(found, "both", times, replace(both, lifted_ms=open_slow.nearest_ms))
    tracks = recomputed(times, network=slowed(network, usual))
    assert_places(found, "tracks", times, replace(tracks, lifted_ms=tracks.nearest_ms))


def test_a_condition_is_its_factors_and_what_it_closes(towns):
    """A speed factor multiplies it; whom closed classes leave out is left out by a closure."""
    _, times = towns(2)
    network = times.network
    night = CONDITIONS["night"].shares(network)
    scenarios = [
        Scenario(name="night", condition="night"),
        Scenario(name="slow night", condition="night", speed_factor={"all": 0.5}),
        Scenario(name="curfew", condition="curfew"),
    ]
    found = compare(times, scenarios, minutes=MINUTES)
    for name, factor in (("night", 1.0), ("slow night", 0.5)):
        dark = slow_roads(network, 1 / (night * factor), off_road=CONDITIONS["night"].off_road)
        after = recomputed(times, network=dark)
        assert_places(found, name, times, replace(after, lifted_ms=after.nearest_ms))
    assert found.table.loc["slow night", "within"] < found.table.loc["night", "within"]
    assert found.table.loc["curfew", "lost"] >= 0


def test_a_scenario_that_changes_nothing_changes_nothing(towns):
    """All rows say the same, and no one is gained, lost, sooner or later."""
    _, times = towns()
    found = compare(times, [Scenario(name="calm")], minutes=MINUTES)
    assert set(found.places["change"]) == {"same"}
    assert set(found.boxes["change"]) == {"same"}
    calm, base = found.table.loc["calm"], found.table.loc["base"]
    assert calm.equals(base.rename("calm"))
    assert (calm[["gained", "lost", "net", "slower_minutes", "returned", "left"]] == 0).all()
    assert found.assumptions.empty


def test_the_base_alone_can_be_asked_for(towns):
    """Without a scenario there is one row, and tables without rows."""
    _, times = towns()
    found = compare(times, [], minutes=MINUTES)
    assert found.table.index.tolist() == ["base"]
    assert found.places.empty
    assert found.boxes.empty


def test_nothing_that_was_given_is_changed(towns, place_points):
    """Tables and times are as they were."""
    _, times = towns()
    more = place_points(np.array([[44.02, 33.01]]), "new")
    kept = times.sites.copy(), times.demand.copy(), times.ms.copy(), more.copy()
    people = times.demand.assign(people=1.0)
    compare(times, [Scenario(name="x", boxes=more, demand=people, lost=["s0"])], minutes=MINUTES)
    assert_geodataframe_equal(times.sites, kept[0])
    assert_geodataframe_equal(times.demand, kept[1])
    assert (times.ms != kept[2]).nnz == 0
    assert_geodataframe_equal(more, kept[3])


def test_a_scenario_of_people_and_minutes_alone_searches_for_nothing(towns, monkeypatch):
    """The base's times are enough for them."""
    _, times = towns()

    def refuse(*_, **__):
        raise AssertionError

    monkeypatch.setattr(variants, "search_times", refuse)
    demand = times.demand.iloc[::-1].assign(people=3.0, displaced=2.0)
    scenarios = [
        Scenario(name="back", demand=demand),
        Scenario(name="camps", demand=demand, people="displaced"),
        Scenario(name="soon", minutes=3),
    ]
    found = compare(times, scenarios, minutes=MINUTES)
    monkeypatch.undo()
    whole = recomputed(times, demand=demand)
    assert_places(found, "back", times, whole)
    assert_places(found, "camps", times, whole, people="displaced")
    assert_places(found, "soon", times, times, minutes=(MINUTES, 3))


def test_places_of_which_people_are_unknown_count_for_none(towns):
    """Neither before nor after, and the table of places says that they are not known."""
    _, times = towns()
    blank = times.demand.assign(
        people=times.demand["people"].where(np.arange(len(times.demand)) > 9)
    )
    after = recomputed(times, demand=blank)
    found = compare(times, [Scenario(name="blank", demand=blank)], minutes=MINUTES)
    assert_places(found, "blank", times, after)
    assert found.places["people"].isna().sum() == 10


def test_a_box_that_moves_is_lost_where_it_stood_and_new_where_it_stands(towns, place_points):
    """Its id is the same in both rows."""
    _, times = towns()
    moved = place_points(np.array([[44.07, 33.03]]), "s")
    found = compare(times, [Scenario(name="move", lost=["s0"], boxes=moved)], minutes=MINUTES)
    rows = found.boxes[found.boxes["site_id"] == "s0"]
    assert rows["change"].tolist() == ["lost", "new"]
    assert rows["people"].iloc[0] == rows["people_before"].iloc[1] == 0
    sites = pd.concat([times.sites.drop("s0"), moved.rename_axis("site_id")])
    assert_places(found, "move", times, recomputed(times, sites=sites))


def test_all_boxes_can_be_lost(towns):
    """Then nobody is within reach, and there is no way to anyone."""
    _, times = towns()
    found = compare(times, [Scenario(name="none", lost=[*times.sites.index])], minutes=MINUTES)
    assert found.table.loc["none", "within"] == 0
    assert found.table.loc["none", "lost"] == found.table.loc["base", "within"] > 0
    assert np.isnan(found.table.loc["none", "median_minutes"])
    assert (found.boxes["change"] == "lost").all()


def test_places_sooner_or_later_are_told_by_a_second(towns):
    """New boxes make places quicker and lost ones slower; ways that come or go count as such."""
    _, times = towns()
    # Where the quickest box is far, and where it is near.
    far = times.demand.iloc[[times.nearest_ms.argmax()]].set_axis(["new"])[["geometry"]]
    by_box = np.bincount(times.nearest_site[times.nearest_site >= 0])
    busiest = times.sites.index[by_box.argmax()]
    scenarios = [Scenario(name="more", boxes=far), Scenario(name="less", lost=[busiest])]
    found = compare(times, scenarios, minutes=MINUTES)
    for name, sign in (("more", -1), ("less", 1)):
        rows = found.places[found.places["scenario"] == name]
        before, after = (rows[one].fillna(np.inf) for one in ("minutes_before", "minutes"))
        moved = (before != after) & (rows["covered_before"] == rows["covered"])
        differ = (after - before)[moved] * sign
        assert (differ > 0).all()
        change = {-1: "quicker", 1: "slower"}[sign]
        assert (rows["change"][moved] == np.where(differ > 0.999 / 60, change, "same")).all()
        assert (rows["change"] == change).any()


def test_areas_may_be_polygons(towns):
    """Then they are called by their ids, in the order of the layer."""
    _, times = towns()
    halves = gpd.GeoDataFrame(
        {"name": ["Left", "Right"]}, index=["l", "r"],
        geometry=[box(43, 32, 44.02, 34), box(44.02, 32, 45, 34)], crs=4326,
    )  # fmt: skip
    found = compare(times, [Scenario(name="less", lost=["s0"])], minutes=MINUTES, by=halves)
    assert found.by == "area_id"
    assert found.areas["area"].tolist()[:2] == ["l", "r"]
    left = found.places[found.places["area"] == "l"]
    lost = left["people"][left["covered_before"] & ~left["covered"]].sum()
    assert found.areas.set_index("area").loc["l", "lost"] == lost


def test_what_changes_is_told_by_field(towns):
    """Ids and numbers, in the words of the data."""
    _, times = towns()
    one = Scenario(name="x", lost=["s0", "s1"], minutes=5, closures=closures_of(CENTRE))
    said = compare(times, [one], minutes=MINUTES).assumptions
    assert said["scenario"].tolist() == ["x"] * 3
    assert dict(zip(said["field"], said["says"], strict=True)) == {
        "closures": "k0", "lost": "s0, s1", "minutes": "5",
    }  # fmt: skip


def test_a_scenario_says_all_that_is_wrong_with_it():
    """Every field is looked at, whatever the others say."""
    with pytest.raises(br.InputError) as caught:
        Scenario(
            name=" ",
            closures=closures_of(Point(44, 33), Point(45, 33), speed_factor=[0.5, 7.0]),
            lift="k1",
            speed_factor={"track": 0, "bog": 0.5},
            lost=["a", "a"],
            boxes=gpd.GeoDataFrame(geometry=[LineString([(44, 33), (45, 33)])], crs=4326),
            demand="people.csv",
            people="",
            minutes=True,
        )
    text = str(caught.value)
    for word in ("' '", "speed_factor: 7", "lift is 'k1'", "of track is 0", "'bog'", "lost names",
                 "boxes", "demand is a path", "people is ''", "minutes is True"):  # fmt: skip
        assert word in text, word


def test_ids_may_be_given_in_an_array_too():
    """As the index of a table gives them, and what is no condition is no error of the program."""
    one = Scenario(name="x", lost=np.array(["a", "b"]), lift=np.array(["k"], dtype=object))
    assert one.changes() == {"lift": "k", "lost": "a, b"}
    assert Scenario(name="x", lost=np.array([], dtype=object)).changes() == {}
    with pytest.raises(br.InputError, match="condition is"):
        Scenario(name="x", condition=["night"])


def test_shapes_of_further_closures_may_be_called_otherwise_than_those_of_the_base(towns):
    """Closures of both hold."""
    shut, more = closures_of(CENTRE), closures_of(box(44.02, 33.0, 44.03, 33.02), ids=["m"])
    _, times = towns(1, closures=shut)
    scenario = Scenario(name="more", closures=more.rename_geometry("shape"))
    found = compare(times, [scenario], minutes=MINUTES)
    network = times.network.lifted.without(pd.concat([shut, more]))
    assert_places(found, "more", times, recomputed(times, network=network))


def test_what_only_the_base_shows_is_told_of_all_scenarios_at_once(towns, place_points):
    """Boxes and closures that there are not, names that stand twice, minutes beyond the cutoff."""
    _, times = towns()
    scenarios = [
        Scenario(name="a", lost=["s9"], boxes=place_points(np.array([[44.02, 33.01]]), "s")),
        Scenario(name="a", lift=["k1"], minutes=CUTOFF + 1),
        Scenario(name="b", people="displaced"),
        Scenario(name="c", closures=closures_of(Point(44, 33), road_id=["r999"])),
        Scenario(name="d", demand=times.demand.assign(people=-1.0)),
    ]
    with pytest.raises(br.InputError) as caught:
        compare(times, scenarios, minutes=CUTOFF + 5)
    text = str(caught.value)
    said = ("minutes is 20", "no box 's9'", "'s0' stands already", "called 'a'", "no closure 'k1'")
    for word in (*said, "minutes is 16", "displaced", "'r999'", "-1 is no"):
        assert word in text, word


@pytest.mark.parametrize("scenarios", [None, Scenario(name="x"), ["x"]])
def test_what_is_no_list_of_scenarios_is_refused(towns, scenarios):
    """In words."""
    _, times = towns()
    with pytest.raises(br.InputError, match="scenarios"):
        compare(times, scenarios, minutes=MINUTES)


def test_a_comparison_says_its_figures(towns):
    """As text, and in a notebook."""
    _, times = towns()
    found = compare(times, [Scenario(name="<b>less", lost=["s0"])], minutes=MINUTES)
    assert str(found).count("\n") == 1
    assert "of 4 boxes" in str(found)
    last = Scenario(name="last", lost=["s0", "s1", "s2"])
    assert "of 1 box;" in str(compare(times, [last], minutes=MINUTES))
    assert "gained" in str(found)
    assert "&lt;b&gt;less" in found._repr_html_()


@pytest.mark.parametrize("ids", [["s0"], ("s0",), np.array(["s0"]), pd.Index(["s0"])])
def test_ids_may_come_in_any_list(ids):
    """Those that a table gives too, and what is kept is a copy of them."""
    scenario = Scenario(name="x", lost=ids, lift=ids)
    assert (scenario.lost, scenario.lift) == (("s0",), ("s0",))
    assert scenario.changes() == {"lift": "s0", "lost": "s0"}


def test_whole_numbers_are_ids_where_boxes_have_such(towns):
    _, times = towns(1)
    sites = times.sites.set_axis(pd.RangeIndex(len(times.sites), name="site_id"))
    found = compare(recomputed(times, sites=sites), [Scenario(name="x", lost=[1])], minutes=MINUTES)
    assert found.table["boxes"].tolist() == [4, 3]


def test_a_scenario_stays_as_it_was_written():
    lost, factor = ["s0"], {"all": 0.5}
    scenario = Scenario(name="x", lost=lost, speed_factor=factor)
    lost.append("s1")
    factor["track"] = 9.0
    assert scenario.changes() == {"speed_factor": "all 0.5", "lost": "s0"}


@pytest.mark.parametrize("minutes", [5, np.float32(5), np.int64(5)])
def test_numbers_of_numpy_are_numbers(minutes):
    assert Scenario(name="x", minutes=minutes).changes() == {"minutes": "5"}


@pytest.mark.parametrize("name", ["lift", "condition", "lost", "people", "speed_factor"])
@pytest.mark.parametrize(
    "value",
    [np.array("s0"), np.array([[1]]), [["a"], ["b", "c"]], [None], {"a": 1.5}, {"s0"}, pd.NA, True],
)
def test_what_a_scenario_cannot_hold_is_refused(name, value):
    with pytest.raises(br.errors.InputError, match=name):
        Scenario(name="x", **{name: value})


def test_which_scenario_leaves_no_road_open_is_said(towns):
    _, times = towns(1)
    flood = Scenario(name="flood", closures=closures_of(box(40, 30, 50, 40)))
    with pytest.raises(br.errors.InputError, match=r"scenario 'flood', closures.*no road open"):
        compare(times, [flood], minutes=MINUTES)


@pytest.mark.parametrize("progress", [3, "x", pd.NA, pd.Index([1])])
def test_what_cannot_be_told_of_progress_is_refused(towns, progress):
    _, times = towns(1)
    with pytest.raises(br.errors.InputError, match="progress"):
        compare(times, [Scenario(name="x")], minutes=MINUTES, progress=progress)


@pytest.mark.parametrize("name", ["people", "name", "scenario", "area", "change", "geometry", None])
def test_ids_of_places_may_be_called_as_any_column(towns, name):
    _, times = towns(1)
    scenarios = [Scenario(name="lost", lost=[times.sites.index[1]])]
    usual = compare(times, scenarios, minutes=MINUTES).places
    other = recomputed(times, demand=times.demand.rename_axis(name))
    found = compare(other, scenarios, minutes=MINUTES).places
    assert_geodataframe_equal(found, usual)


def test_boxes_without_an_id_are_told_of_too(place_points):
    boxes = place_points(np.array([[44.0, 33.0], [44.0, 33.0]]), "b").set_axis([None, "q"])
    assert Scenario(name="x", boxes=boxes).changes()["boxes"].endswith(", q")
