"""Calls in Python: whatever is handed over, it works or an `InputError` says what to do instead."""

import dataclasses
import datetime as dt
import inspect
import warnings
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiLineString, Point, box

import boxreach as br
from boxreach.network import network_from_arrays
from boxreach.network.recipe import write_recipe
from boxreach.routing import Terms, nearest_nodes, node_times

NO_NUMBERS = ["5", None, float("nan"), float("inf"), -float("inf"), True, np.True_, [30], (1, 2),
              {"a": 1}, pd.NA, np.datetime64("2026-03-01"), 10**400, 3 + 0j, object()]  # fmt: skip
NUMBERS = [3, 3.0, np.float64(3), np.float32(3), np.int32(3), np.int64(3), np.uint8(3)]
NO_TABLES = [None, "roads.geojson", Path("roads.geojson"), [], [1], {}, 3, pd.DataFrame({"a": [1]}),
             gpd.GeoSeries([Point(44, 33)], crs=4326), Point(44, 33),
             gpd.GeoDataFrame({"a": [1]})]  # fmt: skip
NO_NETWORKS = [None, "network", {}, gpd.GeoDataFrame(geometry=[Point(44, 33)], crs=4326)]


def roads():
    """Two roads that meet."""
    return gpd.GeoDataFrame(
        {"road_class": ["trunk", "track"], "name": ["One", None]},
        index=pd.Index(["a", "b"], name="road_id"),
        geometry=[LineString([(44, 33), (44.2, 33)]), LineString([(44.2, 33), (44.2, 33.1)])],
        crs=4326,
    )


def places(*names):
    """Points beside the first road."""
    index = pd.Index(list(names), name="site_id")
    shapes = [Point(44.01 + at / 50, 33.001) for at in range(len(names))]
    return gpd.GeoDataFrame(index=index, geometry=shapes, crs=4326)


def closures():
    """One closed place on the first road."""
    return gpd.GeoDataFrame(geometry=[Point(44.19, 33)], index=["c"], crs=4326)


# Made when a test first asks, for nothing is compiled and searched where tests are only collected.


@cache
def built():
    """The two roads as a network."""
    return br.build_network(roads())


@cache
def timed():
    """Times on it."""
    return br.travel_times(built(), places("s", "t"), places("x", "y", "z"))


@cache
def reached():
    """What is reached within half an hour."""
    return br.reach(timed(), minutes=30)


def refuse(call, *given, **named):
    """Return what an `InputError` says of a call, which says enough."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        with pytest.raises(br.InputError) as caught:
            call(*given, **named)
    assert all(fault.what and fault.advice for fault in caught.value.faults)
    return str(caught.value)


def shown(value):
    """Return a short name for a case."""
    return f"{type(value).__name__}-{str(value)[:12]}"


# --- numbers ---------------------------------------------------------------------------------

NUMBERS_TAKEN = {
    "off_road_km": lambda value: br.build_network(roads(), off_road_km=value),
    "off_road_kmh": lambda value: br.build_network(roads(), off_road_kmh=value),
    "bridge_m": lambda value: br.build_network(roads(), bridge_m=value),
    "speeds_kmh.trunk": lambda value: br.build_network(roads(), speeds_kmh={"trunk": value}),
    "link_factor": lambda value: br.SpeedModel(link_factor=value).replace(link_factor=1),
    "cutoff": lambda value: br.travel_times(built(), places("s"), places("x"), cutoff=value),
    "mobilise_minutes": lambda value: br.travel_times(
        built(), places("s"), places("x"), mobilise_minutes=value
    ),
    "minutes": lambda value: br.reach(timed(), minutes=value),
    "minutes of gaps": lambda value: br.gaps(timed(), minutes=value),
    "minutes of cluster_gaps": lambda value: br.cluster_gaps(timed(), minutes=value),
    "minutes of isochrones": lambda value: br.isochrones(built(), places("s"), minutes=[value]),
    "cell_m": lambda value: br.isochrones(
        built(),
        places("s"),
        minutes=[5],
        cell_m=value
        if value is None
        else value * 1000
        if type(value) in map(type, NUMBERS) and abs(value) < 1e9
        else value,
    ),
    "isochrones' mobilise_minutes": lambda value: br.isochrones(
        built(), places("s"), minutes=[5], mobilise_minutes=value
    ),
    "limit_ms": lambda value: node_times(built(), [0], limit_ms=value),
    "minutes of summaries": lambda value: br.summarise(reached(), by="reason", minutes=[value]),
    "count": lambda value: br.worst_places(reached(), by="reason", count=value),
    "step": lambda value: br.coverage_curves(reached(), by="reason", step=value),
    "up_to": lambda value: br.coverage_curves(reached(), by="reason", up_to=value),
    "vehicles": lambda value: br.BoxType("box", vehicles=value),
    "officers": lambda value: br.BoxType("box", officers=value),
    "cost_usd": lambda value: br.BoxType("box", cost_usd=value),
}
MAY_BE_LEFT_OUT = {"cell_m", "up_to", "officers"}


@pytest.mark.parametrize("value", NO_NUMBERS, ids=shown)
@pytest.mark.parametrize("name", NUMBERS_TAKEN)
def test_what_is_no_number_is_refused_by_name(name, value):
    """Text, truth, lists, nothing, and what is not finite."""
    if name in MAY_BE_LEFT_OUT and value is None:
        return
    said = refuse(NUMBERS_TAKEN[name], value)
    assert name.split()[0].replace("isochrones'", "mobilise_minutes").split(".")[0] in said or (
        "kmh" in said
    )


@pytest.mark.parametrize("value", NUMBERS, ids=shown)
@pytest.mark.parametrize("name", [one for one in NUMBERS_TAKEN if one != "link_factor"])
def test_numbers_of_every_kind_are_taken(name, value):
    """Those of numpy as those of Python."""
    if name == "cell_m" and isinstance(value, np.uint8):
        value = np.float64(value)
    NUMBERS_TAKEN[name](value)


def test_a_number_of_any_kind_gives_the_same_times():
    """Also where a short one would round in between."""
    one = br.travel_times(built(), places("s"), places("x"), cutoff=45.25)
    other = br.travel_times(built(), places("s"), places("x"), cutoff=np.float32(45.25))
    assert one.cutoff_minutes == other.cutoff_minutes
    assert np.array_equal(one.ms.toarray(), other.ms.toarray())


# --- tables ----------------------------------------------------------------------------------

TABLES_TAKEN = {
    "roads": br.build_network,
    "closures": lambda table: br.build_network(roads(), closures=table),
    "rivers": lambda table: br.build_network(roads(), rivers=table),
    "closures of a network": lambda table: built().without(table),
    "sites": lambda table: br.travel_times(built(), table, places("x")),
    "demand": lambda table: br.travel_times(built(), places("s"), table),
    "isochrones' sites": lambda table: br.isochrones(built(), table, minutes=[5]),
    "spots": lambda table: br.cluster_gaps(timed(), minutes=30, spots=table),
    "speed zones": lambda table: br.SpeedModel().replace(zones=table),
    "communities": lambda table: br.assign_people(built(), table, {"layer": places("x")}),
    "layer": lambda table: br.assign_people(built(), places("s"), {"layer": table}),
    "areas": lambda table: br.join_areas(places("s"), table),
    "places": lambda table: br.join_areas(table, areas()),
    "areas to locate": lambda table: br.locate_areas(places("s"), table),
    "places to locate": lambda table: br.locate_areas(table, areas()),
}
NONE_IS_NOTHING = {"closures", "rivers", "spots", "speed zones"}


def areas():
    """One area."""
    return gpd.GeoDataFrame({"name": ["A"]}, index=["a"], geometry=[box(43, 32, 45, 34)], crs=4326)


@pytest.mark.parametrize("table", NO_TABLES, ids=shown)
@pytest.mark.parametrize("name", TABLES_TAKEN)
def test_what_is_no_table_is_refused(name, table):
    """A path, a list, a GeoSeries: the message says to read it first, or to give a GeoDataFrame."""
    if table is None and name in NONE_IS_NOTHING:
        TABLES_TAKEN[name](table)
        return
    assert "GeoDataFrame" in refuse(TABLES_TAKEN[name], table)


def without_crs(table):
    return table.set_crs(None, allow_override=True)


def with_shape(shape):
    return lambda table: table.set_geometry(
        gpd.GeoSeries([shape, *table.geometry.iloc[1:]], index=table.index, crs=4326)
    )


def with_column_twice(table):
    table = table.assign(one=1, other=2)
    return table.set_axis(["one" if name == "other" else name for name in table], axis=1)


SPOILT = {
    "without CRS": without_crs,
    "a row without shape": with_shape(None),
    "a row with an empty shape": with_shape(LineString()),
    "a shape of another kind": with_shape(MultiLineString([[(44, 33), (44.1, 33)]]).buffer(0.1)),
    "a place beyond the earth": with_shape(Point(444, 33)),
    "a place that is no number": with_shape(Point(float("nan"), 33)),
    "a column twice": with_column_twice,
}


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize(
    ("name", "table"),
    [("roads", roads()), ("sites", places("s", "t")), ("demand", places("x", "y")),
     ("isochrones' sites", places("s", "t"))],
)  # fmt: skip
def test_a_spoilt_table_is_refused(name, table, spoil):
    """It names the table, and the row where it is one row's."""
    said = refuse(TABLES_TAKEN[name], SPOILT[spoil](table))
    assert name.split()[-1] in said
    assert "row 1" in said or spoil in {"without CRS", "a column twice"}


def test_an_empty_table_is_no_traceback():
    """No roads are refused; no sites and no demand are answered with nothing."""
    refuse(br.build_network, roads().iloc[:0])
    nothing = places("s").iloc[:0]
    assert br.travel_times(built(), nothing, places("x")).ms.nnz == 0
    times = br.travel_times(built(), places("s"), nothing)
    assert len(br.reach(times, minutes=5)) == 0
    assert len(br.find_routes(times)) == 0
    assert len(br.isochrones(built(), nothing)) == 0
    assert len(br.build_network(roads(), closures=closures().iloc[:0]).edges) == 2
    assert len(br.build_network(roads(), rivers=closures().iloc[:0]).edges) == 2
    without_geometry = gpd.GeoDataFrame(geometry=[])
    refuse(br.build_network, without_geometry)
    refuse(br.travel_times, built(), without_geometry, places("x"))


def test_points_among_roads_are_named_by_their_rows():
    """The first, and not the second."""
    said = refuse(br.build_network, with_shape(Point(44, 33))(roads()))
    assert "row 1" in said
    assert "row 2" not in said


# --- ids -------------------------------------------------------------------------------------


def test_whole_numbers_as_ids_work_all_the_way():
    """Sites, demand and roads."""
    network = br.build_network(roads().set_axis([7, 8]), closures=closures())
    sites, demand = places(1, 2), places(3, 4)
    times = br.travel_times(network, sites, demand)
    assert br.reach(times, minutes=30)["site_id"].isin([1, 2]).all()
    assert br.find_routes(times, pairs=[(1, 4)])["demand_id"].tolist() == [4]
    assert len(br.isochrones(network, sites, minutes=[5], each=True)) == 2


@pytest.mark.parametrize("name", ["sites", "demand", "isochrones' sites"])
def test_an_id_that_stands_twice_is_refused(name):
    """It is named."""
    assert "'s'" in refuse(TABLES_TAKEN[name], places("s", "s"))


@pytest.mark.parametrize("name", ["sites", "demand", "isochrones' sites"])
def test_ids_of_several_levels_are_refused_for_places(name):
    """Results have one id a row."""
    table = places("s", "t").set_axis(pd.MultiIndex.from_tuples([(1, 2), (1, 3)]))
    assert "reset_index" in refuse(TABLES_TAKEN[name], table)


def edges_of_osmnx():
    """Edges as osmnx hands them over: three ids, and lists where it joined ways."""
    table = roads().set_axis(
        pd.MultiIndex.from_tuples([(1, 2, 0), (2, 3, 0)], names=["u", "v", "key"])
    )
    return table.assign(
        road_class=[["trunk", "primary"], "track"],
        name=[["One", "Other"], None],
        ref=[float("nan"), ["1", "2"]],
        surface=[None, []],
        oneway=[False, True],
        lanes=[["2", "3"], None],
    )


@pytest.mark.parametrize("shut", [None, closures()])
@pytest.mark.parametrize("bridge_m", [0, 50])
def test_edges_of_osmnx_build_a_network(shut, bridge_m):
    """Of a list the first counts, as in `read_roads`, which is said; ids are joined."""
    with pytest.warns(br.DataWarning, match="road_class.*first"):
        network = br.build_network(edges_of_osmnx(), closures=shut, bridge_m=bridge_m)
    assert set(network.attributes["road_class"]) == {"trunk", "track"}
    assert set(network.attributes["name"]) == {"One", ""}
    assert set(network.attributes["road_id"]) == {"1-2-0", "2-3-0"}
    assert (network.backward_ms < 0).any()


def test_a_table_that_names_classes_as_osm_does_is_said_to_have_none():
    """Its roads would all drive alike, and nobody would know."""
    frame = gpd.GeoDataFrame(
        {"highway": ["trunk"]}, geometry=[LineString([(44, 33), (44.1, 33)])], crs=4326
    )
    with pytest.warns(br.DataWarning, match="no road_class.*read_roads"):
        br.build_network(frame)


def test_lists_in_a_frame_read_as_roads_count_by_their_first():
    """As in a graph."""
    frame = edges_of_osmnx().rename(columns={"road_class": "highway"}).reset_index()
    with pytest.warns(br.DataWarning, match="first"):
        table = br.read_roads(frame, columns={"road_class": "highway"})
    assert table["road_class"].tolist() == ["trunk", "track"]
    assert table["name"].tolist() == ["One", ""]


def test_a_closure_finds_its_road_among_ids_of_several_levels():
    """By the ids joined; another id is refused."""
    one = closures().assign(road_id=["1-2-0"])
    with pytest.warns(br.DataWarning, match="first"):
        network = br.build_network(edges_of_osmnx(), closures=one)
    assert len(network.edges) == 3
    assert "1-2-9" in refuse(
        br.build_network, edges_of_osmnx(), closures=closures().assign(road_id=["1-2-9"])
    )


# --- columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [["30", "40"], ["30", None], ["fast", 3.0], [True, False], [0, -1],
     [float("inf"), 3.0]],
    ids=str,
)  # fmt: skip
def test_speeds_that_are_no_numbers_are_refused(values):
    """Text is read by `read_roads`, not guessed at here."""
    table = roads().assign(speed_kmh=pd.Series(values, index=["a", "b"], dtype=object))
    assert "speed_kmh" in refuse(br.build_network, table)


@pytest.mark.parametrize(
    "values", [[1, 2], [None, 2.5], [np.nan, "x"], [pd.NA, True], [b"x", ("y",)]]
)
@pytest.mark.parametrize("column", ["name", "ref", "road_class", "surface"])
def test_text_columns_may_hold_anything(column, values):
    """Missing ones are blank, others what they are written as."""
    table = roads().assign(**{column: pd.Series(values, index=["a", "b"], dtype=object)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        network = br.build_network(table)
    assert all(isinstance(one, str) for one in network.attributes.get(column, []))
    times = br.travel_times(network, places("s"), places("x"))
    assert all(isinstance(step.name, str) for step in br.find_routes(times)["steps"].iloc[0])


# --- other arguments -------------------------------------------------------------------------

OTHERS = {
    "direction misspelt": lambda: br.travel_times(
        built(), places("s"), places("x"), direction="sites_to_demand"
    ),
    "direction is a list": lambda: br.travel_times(
        built(), places("s"), places("x"), direction=["site_to_demand"]
    ),
    "direction of isochrones": lambda: br.isochrones(built(), places("s"), direction=None),
    "minutes is one number": lambda: br.isochrones(built(), places("s"), minutes=30),
    "minutes is text": lambda: br.isochrones(built(), places("s"), minutes="30"),
    "minutes is nothing": lambda: br.isochrones(built(), places("s"), minutes=[]),
    "minutes is None": lambda: br.isochrones(built(), places("s"), minutes=None),
    "on is no day": lambda: br.build_network(roads(), closures=closures(), on="soon"),
    "on without closures": lambda: br.build_network(roads(), on="soon"),
    "on is a number": lambda: br.build_network(roads(), closures=closures(), on=3),
    "node_crossings is text": lambda: br.build_network(roads(), node_crossings="false"),
    "speeds_kmh is a number": lambda: br.build_network(roads(), speeds_kmh=50),
    "speeds_kmh is a list": lambda: br.build_network(roads(), speeds_kmh=[("trunk", 50)]),
    "a class that is not known": lambda: br.build_network(roads(), speeds_kmh={"trnk": 50}),
    "a class that is no text": lambda: br.build_network(roads(), speeds_kmh={3: 50}),
    "speeds is a mapping": lambda: br.build_network(roads(), speeds={"trunk": 50}),
    "speeds is a file": lambda: br.build_network(roads(), speeds="speeds.toml"),
    "a model of text": lambda: br.SpeedModel(kmh="fast"),
    "a model of lists": lambda: br.SpeedModel().replace(surface_factor=[1]),
    "a season of numbers": lambda: br.SpeedModel(season_factor={"wet": 1}),
    "a replaced season of numbers": lambda: br.SpeedModel().replace(season_factor={"wet": 1}),
    "a season that is none": lambda: br.SpeedModel(season=3),
    "a night that is text": lambda: br.SpeedModel(night="yes"),
    "a slope that is a number": lambda: br.SpeedModel(slope=3),
    "a slope of unknown names": lambda: br.SpeedModel().replace(slope={"steep": 1}),
    "a terrain that is a path": lambda: br.SpeedModel(terrain="dem.tif"),
    "zones that are a table": lambda: br.SpeedModel(zones=areas()),
    "pairs is a text": lambda: br.find_routes(timed(), pairs="sx"),
    "pairs is one pair": lambda: br.find_routes(timed(), pairs=("s", "x")),
    "pairs of three": lambda: br.find_routes(timed(), pairs=[("s", "x", "y")]),
    "pairs of numbers": lambda: br.find_routes(timed(), pairs=[1, 2]),
    "pairs is a number": lambda: br.find_routes(timed(), pairs=3),
    "pairs of lists of ids": lambda: br.find_routes(timed(), pairs=[(["s"], ["x"])]),
    "pairs of nothing": lambda: br.find_routes(timed(), pairs=[(None, None)]),
    "minutes beyond the cutoff": lambda: br.reach(timed(), minutes=61),
    "clusters beyond the cutoff": lambda: br.cluster_gaps(timed(), minutes=61),
    "clusters by no such column": lambda: br.cluster_gaps(timed(), minutes=30, people="pepole"),
    "clusters by a number": lambda: br.cluster_gaps(timed(), minutes=30, people=3),
    "clusters whose progress is no function": lambda: br.cluster_gaps(
        timed(), minutes=30, progress=True
    ),
    "no such column": lambda: br.summarise(reached(), by="district"),
    "by is a list": lambda: br.summarise(reached(), by=["site_id"]),
    "summarise what is not reached": lambda: br.summarise(places("s"), by="geometry"),
    "summarise a path": lambda: br.summarise("reach.csv"),
    "levels of a path": lambda: br.summarise_levels("reach.csv", {"district": "district"}),
    "worst places by a path": lambda: br.worst_places(reached(), by=Path("areas.gpkg")),
    "densities without areas": lambda: br.density_quintiles(reached()),
    "curves of a path": lambda: br.coverage_curves("reach.csv"),
    "plot a path": lambda: br.plot_curves("curves.csv"),
    "nodes that are none": lambda: node_times(built(), [99], limit_ms=5),
    "nodes that are text": lambda: node_times(built(), ["a"], limit_ms=5),
    "nodes that are shares": lambda: nearest_nodes(built(), [0.5]),
    "an engine that is none": lambda: node_times(built(), [0], limit_ms=5, engine="magic"),
    "arrays of text": lambda: network_from_arrays(*[np.array(["a", "b"])] * 6),
    "arrays of nothing": lambda: network_from_arrays(*[None] * 6),
    "arrays of shares": lambda: network_from_arrays(
        np.array([44.0, 44.1]), np.array([33.0, 33.0]), np.array([0.5]), np.array([1.0]),
        np.array([5]), np.array([5])
    ),
    "arrays that are not finite": lambda: network_from_arrays(
        np.array([44.0, np.nan]), np.array([33.0, 33.0]), np.array([0]), np.array([1]),
        np.array([5]), np.array([5])
    ),
    "progress is no function": lambda: br.travel_times(
        built(), places("s"), places("x"), progress=True
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", OTHERS)
def test_other_arguments_that_will_not_do_are_refused(call):
    """No traceback from within."""
    refuse(OTHERS[call])


NETWORKS_TAKEN = {
    "travel_times": lambda one: br.travel_times(one, places("s"), places("x")),
    "isochrones": lambda one: br.isochrones(one, places("s")),
    "save_network": lambda one: br.save_network(one, "networks"),
    "node_times": lambda one: node_times(one, [0], limit_ms=5),
    "nearest_nodes": lambda one: nearest_nodes(one, [0]),
    "find_routes": br.find_routes,
    "assign_people": lambda one: br.assign_people(one, places("s"), {"layer": places("x")}),
    "reach": lambda one: br.reach(one, minutes=30),
    "gaps": lambda one: br.gaps(one, minutes=30),
    "cluster_gaps": lambda one: br.cluster_gaps(one, minutes=30),
}


@pytest.mark.parametrize("value", NO_NETWORKS, ids=shown)
@pytest.mark.parametrize("name", NETWORKS_TAKEN)
def test_what_is_no_network_and_no_times_is_refused(name, value, tmp_path, monkeypatch):
    """It says what makes one."""
    monkeypatch.chdir(tmp_path)
    assert (
        "build_network" in (said := refuse(NETWORKS_TAKEN[name], value)) or "travel_times" in said
    )
    assert list(tmp_path.iterdir()) == []


READERS = {
    "read_sites": br.read_sites,
    "read_communities": br.read_communities,
    "people": lambda path: br.read_communities("communities.csv", people=path),
    "read_areas": br.read_areas,
    "read_demand": lambda path: br.read_demand(path, unit="sites"),
    "read_closures": br.read_closures,
    "read_frontier": br.read_frontier,
    "read_population": br.read_population,
    "read_roads": br.read_roads,
    "read_speed_zones": br.read_speed_zones,
    "read_terrain": br.read_terrain,
    "read_crossings": br.read_crossings,
    "open_terrain": br.open_terrain,
    "load_network": br.load_network,
    "save_network": lambda folder: br.save_network(built(), folder),
}


@pytest.mark.parametrize("path", [None, 3, [], ["a.csv"], {}, b"a.csv", "a\0.csv", True], ids=shown)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_path_is_refused(reader, path, tmp_path, monkeypatch):
    """Numbers, lists and nothing; a file that is not there is named."""
    monkeypatch.chdir(tmp_path)
    if reader == "people" and path is None:
        path = "gone.tif"
    refuse(READERS[reader], path)


@pytest.mark.parametrize("reader", [one for one in READERS if one != "save_network"])
def test_a_file_that_is_not_there_is_named(reader, tmp_path, monkeypatch):
    """By every reader."""
    monkeypatch.chdir(tmp_path)
    assert "gone" in refuse(READERS[reader], "gone.gpkg")


@pytest.mark.parametrize("reader", [one for one in READERS if one not in {"read_roads", "people"}])
def test_a_table_in_place_of_a_path_is_refused(reader):
    """It is a table already."""
    refuse(READERS[reader], places("s"))


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    """Networks are kept in folders."""
    (tmp_path / "here").write_text("")
    refuse(br.save_network, built(), tmp_path / "here")
    refuse(br.load_network, tmp_path / "here")


@pytest.fixture
def csv(tmp_path):
    """A file of two sites."""
    path = tmp_path / "sites.csv"
    path.write_text("site_id,lon,lat\na,44,33\nb,44.1,33\n")
    return path


BAD_OPTIONS = [
    {"bounds": (44, 33)}, {"bounds": "all"}, {"bounds": (44, 33, "45", 34)}, {"bounds": 3},
    {"bounds": (44, 33, float("nan"), 34)}, {"bounds": (45, 33, 44, 34)}, {"columns": ["site_id"]},
    {"columns": "site_id"}, {"columns": {"site_id": 3}}, {"columns": {"site_id": None}},
    {"columns": {3: "site_id"}}, {"columns": {"site_id": ["a", "b"]}},
]  # fmt: skip


@pytest.mark.parametrize("options", BAD_OPTIONS, ids=str)
def test_options_of_readers_that_will_not_do_are_refused(csv, options):
    """Bounds are four numbers, columns names by names."""
    refuse(br.read_sites, csv, **options)


@pytest.mark.parametrize("layer", [3, ["a"], True, "gone"], ids=shown)
def test_a_layer_that_is_not_there_is_refused(tmp_path, layer):
    """Whatever it is named by."""
    places("s", "t").to_file(tmp_path / "sites.gpkg")
    refuse(br.read_sites, tmp_path / "sites.gpkg", layer=layer)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=shown)
def test_lengths_of_segments_are_numbers(tmp_path, value):
    """Above 0."""
    path = tmp_path / "line.geojson"
    gpd.GeoDataFrame(geometry=[LineString([(44, 33), (44.1, 33)])], crs=4326).to_file(path)
    assert "segment_km" in refuse(br.read_frontier, path, segment_km=value)


@pytest.mark.parametrize("value", [one for one in NO_NUMBERS if str(one) != "inf"], ids=shown)
def test_how_far_an_area_may_be_is_a_number(value):
    """Infinity asks for the nearest."""
    assert "within_km" in refuse(br.join_areas, places("s"), areas(), within_km=value)
    assert "within_km" in refuse(br.locate_areas, places("s"), areas(), within_km=value)


def test_days_may_be_text_dates_or_times():
    """The day counts."""
    for day in ("2026-03-01", dt.date(2026, 3, 1), pd.Timestamp("2026-03-01 12:00")):
        network = br.build_network(roads(), closures=closures(), on=day)
        assert network.parameters["on"] == "2026-03-01"


@pytest.mark.parametrize(
    "people",
    [
        pd.to_datetime(["2026-03-01"] * 3),
        pd.to_timedelta([1, 2, 3], unit="D"),
        np.array([1 + 1j, 2, 3]),
    ],
    ids=["dates", "spans", "complex"],
)
def test_people_that_numpy_would_take_for_floats_are_refused(people):
    """A date would be trillions of people, and a complex number nobody."""
    table = places("x", "y", "z").assign(people=people)
    times = br.travel_times(built(), places("s", "t"), table)
    told = r"column people: it holds (datetime|timedelta|complex).* values; give numbers"
    for call in (
        lambda: br.summarise(br.reach(times, minutes=30)),
        lambda: br.cluster_gaps(times, minutes=30),
        lambda: br.propose(times, br.MaxCover(sites=1, minutes=30)),
    ):
        with pytest.raises(br.InputError, match=told):
            call()


def test_a_misspelt_column_of_who_must_be_reached_is_told():
    """Left out in silence the rule would not be kept; the usual column may be missing."""
    model = br.MaxCover(sites=1, minutes=30)
    times = br.travel_times(built(), places("s", "t"), places("x", "y", "z").assign(people=1.0))
    assert len(br.propose(times, model).sites) == 1
    with pytest.raises(br.InputError, match="demand, column must_rech: the column is missing"):
        br.propose(times, model, must_reach="must_rech")


def test_times_and_moves_that_are_something_else_are_told_at_once():
    """The names of both arguments, and what to give."""
    with pytest.raises(br.InputError) as error:
        br.propose(None, br.MaxCover(sites=1, minutes=30), existing="x", relocation=3)
    assert [str(one) for one in error.value.faults] == [
        "options is None; give what travel_times() returned",
        "existing is a path or text ('x'); give what travel_times() returned",
        "relocation is a int; give a Relocation",
    ]


@pytest.mark.parametrize("posts", [None, 3, "x", pd.DataFrame(), roads()])
def test_open_stretches_of_no_posts_are_told(posts):
    """What it needs is named, not what pandas misses."""
    with pytest.raises(br.InputError, match="posts"):
        br.open_stretches(posts)


def test_a_map_of_a_reach_without_minutes_is_told():
    """A table of another kind is no reach."""
    with pytest.raises(br.InputError, match="reach, column minutes: the column is missing"):
        br.map_reach(reached().drop(columns="minutes"))


@pytest.mark.slow
def test_times_and_networks_are_shown_in_one_line():
    """Here and in a notebook: how large they are, how far, and in which system, not all figures."""
    demo = br.load_demo()
    network = br.build_network(demo.roads)
    tables = network, demo.boxes, demo.communities
    times, stored = br.travel_times(*tables, cutoff=30), br.store_travel_times(*tables, cutoff=30)
    gone = gpd.GeoDataFrame(geometry=[Point(demo.roads.geometry.iloc[0].coords[0])], crs=4326)
    shown = [
        (network, "304 nodes, 384 edges, "),
        (network.without(gone), " km, closures; EPSG"),
        (br.tile_network(demo.roads, tile_km=150), "384 roads, tiles of 150 km"),
        (br.tile_network(lambda _: demo.roads), "roads read by a function"),
        (times, f"50 sites, 160 demand rows, {times.ms.nnz} times within 30 minutes, site_to"),
        (stored, f"{stored.pairs} times within 30 minutes"),
    ]
    for one, told in shown:
        text = repr(one)
        assert told in text
        assert text.startswith(f"<{type(one).__name__}: ")
        assert "EPSG:4326" in text
        assert "\n" not in text
        assert len(text) < 200
        assert not hasattr(type(one), "_repr_html_")


def defaults_of(function):
    """Return the names of what a function takes by name alone, with the defaults."""
    taken = inspect.signature(function).parameters.values()
    return {one.name: one.default for one in taken if one.kind is one.KEYWORD_ONLY}


@pytest.mark.parametrize("same", [br.store_travel_times, br.write_travel_times])
def test_times_are_asked_for_in_the_same_words_wherever_they_are_kept(same):
    """With the same defaults; where they are kept is said besides."""
    asked = defaults_of(br.travel_times)
    assert {name: one for name, one in defaults_of(same).items() if name != "folder"} == asked
    terms = {one.name: one.default for one in dataclasses.fields(Terms)}
    assert asked == terms | {"progress": None, "client": None}


@pytest.mark.parametrize("same", [br.tile_network, write_recipe])
def test_networks_are_built_in_the_same_words_in_one_and_in_tiles(same):
    """With the same defaults; a recipe has no closures, and tiles a size."""
    said = defaults_of(br.build_network)
    more = {} if same is br.tile_network else {"closures": None}
    given = {name: one for name, one in defaults_of(same).items() if name != "tile_km"}
    assert given | more == said


def test_times_know_what_was_asked_for():
    """So that others are found by the same terms: to the same demand, the same times."""
    demo = br.load_demo()
    network = br.build_network(demo.roads)
    asked = {"cutoff": 40, "mobilise_minutes": 2.5, "direction": "demand_to_site",
             "merge_minutes": 0.5}  # fmt: skip
    times = br.travel_times(network, demo.boxes, demo.communities, **asked)
    stored = br.store_travel_times(network, demo.boxes, demo.communities, **asked)
    assert times.terms == stored.terms == Terms(**asked)
    again = stored.from_sites(demo.boxes)
    assert (again.ms != times.ms).nnz == 0
    assert again.terms == times.terms
