"""What hangs on each road and box: counted by hand, and against networks without them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from shapely import LineString, Point

import boxreach as br
from boxreach.errors import InputError
from boxreach.scenarios import criticality
from boxreach.scenarios.used_roads import bridges_of

pytestmark = pytest.mark.slow


def _table(rows, index, **columns):
    ids = pd.Index(list(rows), name=index)
    return gpd.GeoDataFrame(columns, geometry=[Point(one) for one in rows.values()], crs=4326,
                            index=ids)  # fmt: skip


def _town():
    """Return a town on two banks: two bridges as long as each other, and one farther off.

    West of the river at 44.05 lies box w, east of it are e1 and e2. Bridges a and b lead from one
    bank to the other and are alike; the far quarter f hangs on bridge c alone.
    """
    west, east = (44.045, 33.0), (44.055, 33.0)
    lines = {
        "main": [(44.0, 33.0), west],
        "a": [west, (44.048, 33.003), east],
        "b": [west, (44.052, 33.003), east],
        "on": [east, (44.1, 33.0)],
        "south": [(44.0, 33.0), (44.0, 32.8)],
        "c": [(44.0, 32.8), (44.02, 32.8)],
        "end": [(44.02, 32.8), (44.05, 32.8)],
    }
    roads = gpd.GeoDataFrame(
        {"road_id": list(lines), "road_class": "primary"},
        geometry=[LineString(one) for one in lines.values()], crs=4326,
    ).set_index("road_id")  # fmt: skip
    boxes = _table({"w": (44.0, 33.0)}, "site_id", name=["West"])
    homes = {"e1": (44.06, 33.0), "e2": (44.1, 33.0), "f": (44.05, 32.8), "h": (44.01, 33.0)}
    homes = _table(homes, "community_id", people=[100.0, 200.0, 40.0, 7.0])
    return roads, boxes, homes


def _times(roads, boxes, homes, **options):
    network = br.build_network(roads, off_road_km=0.5)
    return br.travel_times(network, boxes, homes, cutoff=40, **options)


def test_a_bridge_with_an_even_detour_scores_0_and_the_one_without_all_behind_it():
    times = _times(*_town())
    found = criticality(times, minutes=30, roads=["a", "b", "c", "main"])
    assert found.roads["people_lost"].to_dict() == {"main": 307.0, "c": 40.0, "a": 0.0, "b": 0.0}
    assert found.roads.loc["main", "people_lost"] == 307.0
    assert found.roads["places_lost"].to_dict() == {"main": 3, "c": 1, "a": 0, "b": 0}
    assert found.roads.loc[["a", "b"], "people_slower"].tolist() == [0.0, 0.0]


def test_boxes_tell_who_loses_reach_without_them_and_who_comes_then():
    roads, _, homes = _town()
    both = _table({"w": (44.0, 33.0), "z": (44.099, 33.0)}, "site_id")
    found = criticality(_times(roads, both, homes), minutes=7.5, roads=["c"])
    # From z it is 7.7 minutes to h; f lies within 7.5 minutes of none.
    assert found.sites["people_lost"].to_dict() == {"z": 200.0, "w": 7.0}
    assert found.sites.loc["w", ["places_lost", "next_site_id"]].tolist() == [1, "z"]
    assert found.sites["people_within"].to_dict() == {"z": 300.0, "w": 107.0}
    assert found.within == 307.0
    assert found.total == 347.0
    lost = found.lost.set_index(["what", "feature_id", "community_id"])
    assert lost.loc[("site", "w", "h"), "site_id"] == "z"
    assert lost.loc[("site", "w", "h"), "minutes"] > 7.5


def _grid(seed, side=5):
    rng = np.random.default_rng(seed)
    place = np.round(
        np.stack(np.meshgrid(44 + 0.04 * np.arange(side), 33 + 0.04 * np.arange(side)), axis=-1)
        + rng.uniform(-0.01, 0.01, (side, side, 2)), 7
    )  # fmt: skip
    lines = [
        LineString([place[row, column], place[other]])
        for row in range(side) for column in range(side)
        for other in ((row, column + 1), (row + 1, column))
        if max(other) < side and rng.random() > 0.3
    ]  # fmt: skip
    columns = {
        "road_id": [f"r{one}" for one in range(len(lines))],
        "road_class": rng.choice(["primary", "track"], len(lines)),
        "oneway": rng.choice(["no", "no", "yes"], len(lines)),
    }
    roads = gpd.GeoDataFrame(columns, geometry=lines, crs=4326).set_index("road_id")
    tables = []
    for count, name in ((4, "site"), (40, "community"), (6, "candidate")):
        spots = np.round(rng.uniform([43.99, 32.99], [44.17, 33.17], (count, 2)), 7)
        ids = {f"{name[0]}{one}": tuple(spot) for one, spot in enumerate(spots)}
        people = rng.integers(1, 100, count).astype(float)
        tables.append(_table(ids, f"{name}_id", people=people))
    return roads, *tables


def _within(times, people, minutes):
    ms = times.nearest_ms
    return (ms >= 0) & (ms <= minutes * 60_000)


@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(one, marks=pytest.mark.heavy) for one in range(2, 6))]
)
def test_roads_that_go_lose_and_are_mended_as_networks_without_them_say(seed, direction):
    roads, sites, homes, candidates = _grid(seed)
    options = {"cutoff": 30, "direction": direction, "mobilise_minutes": 1.0}
    times = br.travel_times(br.build_network(roads, off_road_km=1.5), sites, homes, **options)
    found = criticality(times, minutes=12, candidates=times.from_sites(candidates))
    people = homes["people"].to_numpy()
    before = _within(times, people, 12)
    for road in roads.index:
        left = br.build_network(roads.drop(road), off_road_km=1.5)
        again = br.travel_times(left, sites, homes, **options)
        lost = before & ~_within(again, people, 12)
        if road not in found.roads.index:
            assert not lost.any()
            continue
        row = found.roads.loc[road]
        assert row["people_lost"] == people[lost].sum()
        assert row["places_lost"] == lost.sum()
        slower = before & _within(again, people, 12) & (again.nearest_ms > times.nearest_ms)
        assert row["people_slower"] == people[slower].sum()
        mended = [
            people[lost & _within(br.travel_times(left, candidates.iloc[[one]], homes, **options),
                                  people, 12)].sum()
            for one in range(len(candidates))
        ]  # fmt: skip
        assert row["people_mended"] == max(mended)
        best = candidates.index[int(np.argmax(mended))] if max(mended) > 0 else ""
        assert row["mending_site_id"] == best


def test_times_of_places_that_were_searched_as_one_are_taken_one_by_one():
    """Else the way to such a place is none that its time is of."""
    roads, sites, homes, candidates = _grid(5)
    network = br.build_network(roads, off_road_km=1.5)
    told = []
    for merged in (0.0, 2.0):
        times = br.travel_times(network, sites, homes, cutoff=30, merge_minutes=merged)
        theirs = br.travel_times(network, candidates, homes, cutoff=30, merge_minutes=merged)
        told.append(criticality(times, minutes=12, candidates=theirs))
    for table in ("roads", "sites"):
        assert_frame_equal(getattr(told[0], table), getattr(told[1], table))


@pytest.mark.parametrize("seed", range(4))
def test_boxes_that_go_lose_and_are_mended_as_times_without_them_say(seed):
    roads, sites, homes, candidates = _grid(seed)
    times = br.travel_times(br.build_network(roads, off_road_km=1.5), sites, homes, cutoff=30)
    theirs = times.from_sites(candidates)
    found = criticality(times, minutes=12, roads=[], candidates=theirs)
    people = homes["people"].to_numpy()
    for site in sites.index:
        again = times.from_sites(sites.drop(site))
        lost = _within(times, people, 12) & ~_within(again, people, 12)
        row = found.sites.loc[site]
        assert row["people_lost"] == people[lost].sum()
        reach = theirs.ms.toarray()
        near = np.where(reach == 0, 1 << 40, reach) <= 12 * 60_000
        assert row["people_mended"] == (near[:, lost] @ people[lost]).max(initial=0)


def test_a_layer_of_bridges_says_what_they_are_called_and_means_roads_as_closures_do():
    roads, boxes, homes = _town()
    layer = gpd.GeoDataFrame(
        {"name": ["Far bridge", "Old bridge"], "kind": ["bridge", "bridge"]},
        geometry=[LineString([(44.01, 32.799), (44.01, 32.801)]), Point(44.048, 33.003)],
        crs=4326, index=pd.Index(["far", "old"], name="bridge_id"),
    )  # fmt: skip
    found = criticality(_times(roads, boxes, homes), minutes=30, roads=layer)
    assert found.roads["people_lost"].to_dict() == {"far": 40.0, "old": 0.0}
    assert found.roads["name"].tolist() == ["Far bridge", "Old bridge"]
    assert found.roads["kind"].tolist() == ["bridge", "bridge"]


def _over_a_bridge(write_osm):
    """Return times along one road: ways 10, the bridge 20 in two pieces, and 30, nothing beside."""
    nodes = {one: (44 + one / 100, 33.0) for one in range(1, 7)} | {7: (44.035, 33.001)}
    road = {"highway": "primary"}
    ways = [(10, [1, 2, 3], road), (20, [3, 4, 5], road | {"bridge": "viaduct", "name": "Span"}),
            (30, [5, 6], road | {"bridge": "no"}), (40, [7, 4], road)]  # fmt: skip
    roads = br.read_roads(write_osm("roads.osm.pbf", nodes, ways))
    assert roads.index.tolist() == ["w10", "w20", "w20", "w30", "w40"]
    return roads, _table({"w": nodes[1]}, "site_id"), _table(
        {"e": nodes[6]}, "community_id", people=[9.0])  # fmt: skip


def test_roads_in_use_say_which_of_them_are_bridges_and_those_come_first(write_osm):
    times = _times(*_over_a_bridge(write_osm))
    found = criticality(times, minutes=30).roads
    assert found["people_lost"].to_dict() == {"w20": 9.0, "w10": 9.0, "w30": 9.0}
    assert found.index.tolist() == ["w20", "w10", "w30"]
    assert found["kind"].tolist() == ["bridge", "road", "road"]
    assert found.loc["w20", ["name", "road_class"]].tolist() == ["Span", "primary"]
    assert found.geometry.loc["w20"].length == pytest.approx(0.02)
    assert criticality(times, minutes=30, roads=["w40", "w20"]).roads["kind"].tolist() == [
        "bridge", "road",
    ]  # fmt: skip


def test_bridges_stay_bridges_under_closures_and_in_kept_networks(write_osm, tmp_path):
    roads, boxes, homes = _over_a_bridge(write_osm)
    network = br.load_network(br.save_network(br.build_network(roads, off_road_km=1), tmp_path))
    far = gpd.GeoDataFrame(index=pd.Index(["c"]), geometry=[Point(44.035, 33.001)], crs=4326)
    for one in (network, network.without(far)):
        assert bridges_of(one) == ["w20"]
        found = criticality(br.travel_times(one, boxes, homes), minutes=30).roads
        assert found["kind"].to_dict() == {"w20": "bridge", "w10": "road", "w30": "road"}
    span = LineString([(44.03, 33), (44.05, 33)])
    assert bridges_of(network.without(far.assign(road_id="w20").set_geometry([span]))) == []


def test_networks_that_were_kept_without_bridges_load_and_know_of_none(write_osm, tmp_path):
    roads, boxes, homes = _over_a_bridge(write_osm)
    plain = br.build_network(roads.drop(columns="bridge"), off_road_km=1)
    network = br.load_network(br.save_network(plain, tmp_path))
    assert "bridge" not in network.attributes
    assert bridges_of(network) == []
    found = criticality(br.travel_times(network, boxes, homes), minutes=30).roads
    assert found["kind"].tolist() == ["road"] * 3


def test_a_road_is_a_bridge_if_any_of_its_pieces_says_so_in_any_words():
    roads, boxes, homes = _town()
    words = {"main": "F", "a": "T", "b": True, "on": None, "south": 0.0, "c": "trestle", "end": ""}
    roads = roads.assign(bridge=pd.Series(words, dtype=object))
    assert bridges_of(br.build_network(roads)) == ["a", "b", "c"]
    noded = gpd.GeoDataFrame(
        {"from_node": [1, 2], "to_node": [2, 3], "bridge": ["", "yes"], "road_class": "primary"},
        geometry=[LineString([(44, 33), (44.05, 33)]), LineString([(44.05, 33), (44.1, 33)])],
        crs=4326, index=pd.Index(["r", "r"], name="road_id"),
    )  # fmt: skip
    times = _times(noded, boxes, homes.loc[["e2"]])
    assert bridges_of(times.network) == ["r"]
    assert criticality(times, minutes=30).roads["kind"].to_dict() == {"r": "bridge"}


def test_kilometres_of_a_frontier_count_where_nobody_lives():
    roads, boxes, homes = _town()
    segments = homes.drop(columns="people").assign(km=[1.0, 2.0, 0.5, 0.25])
    found = criticality(_times(roads, boxes, segments), minutes=30, roads=["c"])
    assert (found.unit, found.roads.loc["c", "people_lost"]) == ("km", 0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 0},
        {"minutes": 99},
        {"roads": ["nowhere"]},
        {"roads": "a"},
        {"roads": 5},
        {"roads": pd.DataFrame({"road_id": ["a"]})},
        {"roads": ["a", "a"]},
        {"roads": _table({"x": (44.0, 95.0)}, "id")},
        {"roads": _table({"x": (44.0, 33.0)}, "id", from_date=["soon"])},
        {"roads": pd.concat([_table({"x": (44.0, 33.0)}, "id")] * 2)},
        {"progress": 3},
        {"candidates": 1},
    ],
)
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(InputError):
        criticality(_times(*_town()), **{"minutes": 30} | wrong)


def test_a_road_or_bridge_that_is_named_twice_is_refused_as_that():
    roads, boxes, homes = _town()
    times = _times(roads, boxes, homes)
    layer = _table({"p": (44.048, 33.003)}, "bridge_id").iloc[[0, 0]]
    for given in (["a", "b", "a"], layer):
        with pytest.raises(InputError, match=r"twice|stands already"):
            criticality(times, minutes=30, roads=given)


@pytest.mark.parametrize("empty", ["boxes", "homes"])
def test_where_no_box_or_nobody_is_nothing_hangs_on_anything(empty):
    roads, boxes, homes = _town()
    boxes, homes = (
        one.iloc[:0] if name == empty else one for name, one in (("boxes", boxes), ("homes", homes))
    )
    found = criticality(_times(roads, boxes, homes), minutes=30, roads=["c"])
    assert found.roads["people_lost"].tolist() == [0]
    assert len(found.sites) == len(boxes)
    assert found.sites["people_lost"].sum() == len(found.lost) == 0


def test_candidates_timed_another_way_are_refused():
    times = _times(*_town())
    other = _times(*_town(), mobilise_minutes=2.0)
    with pytest.raises(InputError, match="another network"):
        criticality(times, minutes=30, candidates=other)


@pytest.mark.parametrize("people", [["x"] * 4, [[1]] * 4, [-1.0] * 4, [np.inf] * 4])
def test_people_that_are_no_numbers_of_people_are_refused(people):
    roads, boxes, homes = _town()
    times = _times(roads, boxes, homes.assign(people=pd.Series(people, index=homes.index)))
    with pytest.raises(InputError, match=r"demand.*people"):
        criticality(times, minutes=30, roads=["a"])


def test_a_layer_of_bridges_may_call_its_shapes_as_it_likes_and_leave_words_blank():
    times = _times(*_town())
    bridges = gpd.GeoDataFrame(
        {"kind": pd.array([pd.NA, "bridge"], "string"), "name": pd.array([pd.NA, "C"], "string")},
        index=["main", "c"], geometry=[Point(44.02, 33.0), Point(44.01, 32.8)], crs=4326,
    ).rename_geometry("geom")  # fmt: skip
    found = criticality(times, minutes=30, roads=bridges).roads
    assert found["people_lost"].to_dict() == {"main": 300.0, "c": 40.0}
    assert found["kind"].to_dict() == {"main": "crossing", "c": "bridge"}
    assert found["name"].to_dict() == {"main": "", "c": "C"}
    assert found.geometry.name == "geometry"


def test_a_road_that_there_is_not_is_said_to_be_among_the_roads():
    with pytest.raises(InputError, match="roads: there is no road 'nowhere'"):
        criticality(_times(*_town()), minutes=30, roads=["nowhere"])


def test_ids_of_places_may_be_called_as_a_figure_of_what_is_lost():
    roads, boxes, homes = _town()
    lost = criticality(_times(roads, boxes, homes.rename_axis("people")), minutes=30, roads=["c"])
    assert lost.lost["demand_id"].tolist() == ["e1", "e2", "f", "h", "f"]
    assert lost.lost["people"].tolist() == [100.0, 200.0, 40.0, 7.0, 40.0]


def test_places_that_were_merged_hang_on_roads_each_for_itself(draw_towns):
    """As if they had not been."""
    _, roads, boxes, homes = draw_towns(3, 200)
    network = br.build_network(roads, off_road_km=1)
    homes = homes.assign(people=np.arange(len(homes)) + 1.0)
    apart, merged = (
        br.travel_times(network, boxes.iloc[:3], homes, cutoff=15, merge_minutes=most)
        for most in (0, 3)
    )
    assert merged.merging.largest_change_minutes > 0
    one, other = (
        criticality(times, minutes=6, candidates=times.from_sites(boxes.iloc[3:]))
        for times in (apart, merged)
    )
    assert one.within == other.within
    for name in ("roads", "sites"):
        pd.testing.assert_frame_equal(
            *(pd.DataFrame(getattr(found, name)).drop(columns="geometry") for found in (one, other))
        )
