"""Where a box could stand: places from many sources, and why some of them will not do."""

import itertools
import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, Polygon, box

import boxreach as br
from boxreach.candidates.thinning import thin_places
from boxreach.crs import WGS84
from boxreach.errors import DataWarning, InfeasibleError, InputError
from boxreach.network import network_from_arrays
from boxreach.network.roadside import nearest_roads
from boxreach.sources.terrain import Terrain

pytestmark = pytest.mark.slow

GEOD = Geod(ellps="WGS84")


def network_of(*lines, **build):
    roads = gpd.GeoDataFrame(
        {"road_class": ["primary"] * len(lines)},
        geometry=[LineString(line) for line in lines],
        crs=4326,
    )
    return br.build_network(roads, **build)


def communities(places, **columns):
    return gpd.GeoDataFrame(
        {"name": list(places), **columns},
        index=list(places),
        geometry=[Point(place) for place in places.values()],
        crs=4326,
    ).rename_axis("community_id")


BENT = [(44.0, 33.0), (44.5, 33.0), (44.5, 33.5)]
TOWNS = communities({"west": (44.0, 33.01), "north": (44.5, 33.5)}, governorate=["A", "B"])


def test_every_community_is_a_candidate_under_its_own_id():
    """Names, governorate and place are the community's, and near_km is 0."""
    sites = br.candidate_sites(network_of(BENT), TOWNS)
    assert sites.index.tolist() == ["at-west", "at-north"]
    assert sites.index.name == "site_id"
    assert sites["name"].tolist() == ["west", "north"]
    assert sites["governorate"].tolist() == ["A", "B"]
    assert sites["near_km"].tolist() == [0.0, 0.0]
    assert (sites.geometry.to_numpy() == TOWNS.geometry.to_numpy()).all()


def test_points_on_roads_lie_at_most_the_spacing_apart():
    """On a road with a bend, measured on the ground; both ends are among them."""
    sites = br.candidate_sites(network_of(BENT), TOWNS, spacing_km=1.0)
    points = shapely.get_coordinates(sites.geometry[sites.index.str.startswith("road-")])
    along = [shapely.line_locate_point(LineString(BENT), Point(one)) for one in points]
    lon, lat = points[np.argsort(along)].T
    metres = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    assert np.max(metres) <= 1000 * (1 + 1e-3)
    for end in (BENT[0], BENT[-1]):
        assert (
            np.min(GEOD.inv(lon, lat, np.full_like(lon, end[0]), np.full_like(lat, end[1]))[2]) < 1
        )


def test_points_on_roads_are_numbered_from_west_to_east_and_named_for_the_nearest_town():
    """Ids ascend with longitude; name, governorate and near_km are those of the nearest town."""
    sites = br.candidate_sites(network_of(BENT), TOWNS, spacing_km=10)
    on_roads = sites[sites.index.str.startswith("road-")]
    assert on_roads.index.tolist() == sorted(on_roads.index)
    assert (np.diff(on_roads.geometry.x) >= 0).all()
    for row in on_roads.itertuples():
        km = {
            name: GEOD.inv(row.geometry.x, row.geometry.y, place.x, place.y)[2] / 1000
            for name, place in TOWNS.geometry.items()
        }
        assert row.name == min(km, key=km.get)
        assert row.near_km == pytest.approx(min(km.values()), abs=0.06)
        assert row.governorate == TOWNS["governorate"][row.name]


def test_a_junction_is_one_candidate():
    """Three roads that meet give their common end once, and ids are unique."""
    centre = (44.2, 33.2)
    network = network_of(*([centre, end] for end in ((44.3, 33.2), (44.1, 33.2), (44.2, 33.3))))
    sites = br.candidate_sites(network, TOWNS, spacing_km=12)
    on_roads = sites[sites.index.str.startswith("road-")]
    assert len(on_roads) == 4
    assert sites.index.is_unique


def test_areas_decide_the_governorate():
    """Points on roads have the one they lie in; towns that name one keep it, as tables do."""
    areas = gpd.GeoDataFrame(
        {"name": ["West", "East"]},
        index=["1", "2"],
        geometry=[box(43, 32, 44.25, 34), box(44.25, 32, 46, 34)],
        crs=4326,
    ).rename_axis("area_id")
    sites = br.candidate_sites(network_of(BENT), TOWNS, spacing_km=7, areas=areas)
    inside = np.where(sites.geometry.x < 44.25, "West", "East")
    on_roads = sites.index.str.startswith("road-")
    assert sites["governorate"][on_roads].tolist() == inside[on_roads].tolist()
    assert sites["governorate"][~on_roads].tolist() == TOWNS["governorate"].tolist()
    unsaid = br.candidate_sites(network_of(BENT), TOWNS.drop(columns="governorate"), areas=areas)
    assert set(unsaid["governorate"]) <= {"West", "East"}


def test_no_candidate_stands_on_a_closed_road():
    """Points are laid along what the closures leave open."""
    zone = gpd.GeoDataFrame(index=["flood"], geometry=[box(44.2, 32.9, 44.4, 33.1)], crs=4326)
    network = network_of(BENT, closures=zone)
    sites = br.candidate_sites(network, TOWNS, spacing_km=1)
    inner = box(44.2, 32.9, 44.4, 33.1).buffer(-1e-4)
    assert not sites.within(inner).any()
    assert (sites.geometry.x > 44.4).any()


def test_the_same_roads_in_another_order_give_the_same_candidates():
    """Neither the order of the roads nor their direction is seen in the result."""
    lines = [
        [(44.0, 33.0), (44.2, 33.1)],
        [(44.2, 33.1), (44.3, 33.4)],
        [(44.2, 33.1), (44.5, 33.0)],
    ]
    one = br.candidate_sites(network_of(*lines), TOWNS, spacing_km=3)
    other = br.candidate_sites(
        network_of(*[line[::-1] for line in lines[::-1]]), TOWNS, spacing_km=3
    )
    assert one.index.equals(other.index)
    assert np.allclose(one.geometry.x, other.geometry.x, rtol=0, atol=2e-6)
    assert np.allclose(one.geometry.y, other.geometry.y, rtol=0, atol=2e-6)


@pytest.mark.parametrize("spacing_km", [0, -1.0, np.nan, np.inf, "5", True])
def test_a_spacing_that_is_no_distance_is_refused(spacing_km):
    """Nothing is laid out at 0 km."""
    with pytest.raises(InputError, match="spacing_km"):
        br.candidate_sites(network_of(BENT), TOWNS, spacing_km=spacing_km)


def test_the_tables_of_the_caller_are_not_changed():
    """Communities stay as they were."""
    before = TOWNS.copy()
    br.candidate_sites(network_of(BENT), TOWNS, spacing_km=5)
    assert TOWNS.equals(before)


# --- places on roads -----------------------------------------------------------------------


def lattice(side=6, step=0.03):
    """Return the streets of a square town, each from crossing to crossing."""
    at = [(round(44 + step * i, 6), round(33 + step * j, 6)) for i in range(side)
          for j in range(side)]  # fmt: skip
    return [
        [one, other]
        for one, other in itertools.combinations(at, 2)
        if round(abs(one[0] - other[0]) + abs(one[1] - other[1]), 6) == step
    ]


def on_roads_of(sites):
    return sites[sites["kind"].isin(["road", "junction"])]


def metres_between(points, others):
    """Return the geodesic metres from each point to each of the others."""
    lon, lat = points.T
    return np.array([GEOD.inv(lon, lat, np.full_like(lon, x), np.full_like(lat, y))[2]
                     for x, y in others]).T  # fmt: skip


def check_spacing(lines, sites, spacing_km):
    """No two are nearer than half the spacing, and every place of a road has one within it."""
    points = shapely.get_coordinates(on_roads_of(sites).geometry)
    apart = metres_between(points, points)
    assert np.min(apart + np.eye(len(points)) * 1e9, initial=1e9) >= spacing_km * 500 - 0.2
    fine = shapely.segmentize(np.array([LineString(one) for one in lines]), 0.002)
    places = shapely.get_coordinates(fine)
    assert metres_between(places, points).min(axis=1).max() <= spacing_km * 1000 + 0.2


@pytest.mark.parametrize("spacing_km", [1, 4, 10, 40])
def test_points_on_roads_are_neither_crowded_nor_far_between(spacing_km):
    """In a town and on a long road, whatever the spacing: the promise of the docstring."""
    lines = [*lattice(), [(44.15, 33.15), (44.6, 33.3), (44.7, 33.9)]]
    sites = br.candidate_sites(network_of(*lines), TOWNS, spacing_km=spacing_km)
    check_spacing(lines, sites, spacing_km)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), spacing_km=st.sampled_from([2.0, 7.5, 20.0]))
def test_any_roads_are_covered_evenly_whatever_their_order(seed, spacing_km):
    """Random roads: the promise holds, and order and direction of the rows are not seen."""
    random = np.random.default_rng(seed)
    at = np.round(random.uniform((44, 33), (44.5, 33.4), (8, 2)), 6)
    pairs = {tuple(sorted(random.choice(8, 2, replace=False).tolist())) for _ in range(9)}
    lines = [[tuple(at[one]), tuple(at[other])] for one, other in sorted(pairs)]
    one = br.candidate_sites(network_of(*lines), TOWNS, spacing_km=spacing_km)
    check_spacing(lines, one, spacing_km)
    turned = [lines[n][:: random.choice([1, -1])] for n in random.permutation(len(lines))]
    other = br.candidate_sites(network_of(*turned), TOWNS, spacing_km=spacing_km)
    assert one.index.tolist() == other.index.tolist()
    assert np.allclose(one.get_coordinates(), other.get_coordinates(), rtol=0, atol=2e-6)


def test_the_pieces_a_road_is_drawn_in_are_not_seen():
    """A road of forty pieces has the points of the same road in one."""
    along = np.column_stack([np.linspace(44, 44.5, 41), np.full(41, 33.0)]).round(7)
    whole = br.candidate_sites(network_of(along), TOWNS, spacing_km=10)
    pieces = [along[n : n + 2] for n in range(40)]
    parts = br.candidate_sites(network_of(*pieces), TOWNS, spacing_km=10)
    assert len(on_roads_of(parts)) == 6
    assert np.allclose(whole.get_coordinates(), parts.get_coordinates(), rtol=0, atol=2e-6)


def test_a_ring_without_a_junction_is_divided_from_its_westmost_place():
    """Wherever it was begun when it was drawn, and whichever way round."""
    turn = np.linspace(0, 2 * np.pi, 31)[:-1]
    ring = np.column_stack([44.2 + 0.06 * np.cos(turn + 0.1), 33.2 + 0.05 * np.sin(turn + 0.1)])
    ring = ring.round(7)
    found = []
    for shift, step in itertools.product((0, 7, 22), (1, -1)):
        begun = np.roll(ring, shift, axis=0)[::step]
        halves = [begun[:16], np.vstack([begun[15:], begun[:1]])]
        sites = br.candidate_sites(network_of(*halves), TOWNS, kinds=["roads"], spacing_km=6)
        found.append(sites.get_coordinates().to_numpy())
    assert len(found[0]) == 6
    assert found[0][:, 0].min() == pytest.approx(ring[:, 0].min(), abs=1e-6)
    for other in found[1:]:
        assert np.allclose(found[0], other, rtol=0, atol=2e-6)


def test_along_a_straight_road_points_are_evenly_apart():
    """46.7 km at 10 km are five equal parts."""
    sites = br.candidate_sites(network_of([(44, 33), (44.5, 33)]), TOWNS, spacing_km=10)
    lon, lat = shapely.get_coordinates(on_roads_of(sites).geometry).T
    metres = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]
    assert len(metres) == 5
    assert np.ptp(metres) < 0.5


def test_junctions_are_where_three_roads_meet():
    """Crossings of a town and not its corners; without a spacing each of them."""
    sites = br.candidate_sites(network_of(*lattice(side=4)), TOWNS, kinds=["junctions"])
    assert len(sites) == 12
    assert set(sites["kind"]) == {"junction"}
    assert sites.index[0] == "junction-01"
    corners = {(44.0, 33.0), (44.0, 33.09), (44.09, 33.0), (44.09, 33.09)}
    assert not corners & {(one.x, one.y) for one in sites.geometry}


def test_junctions_come_before_the_points_about_them():
    """Where both are asked for, each point has one kind, and junctions are kept first."""
    lines = [[(44, 33), (44.2, 33)], [(44.2, 33), (44.4, 33)], [(44.2, 33), (44.2, 33.2)]]
    sites = br.candidate_sites(
        network_of(*lines), TOWNS, kinds=["roads", "junctions"], spacing_km=25
    )
    assert sites["kind"].value_counts().to_dict() == {"road": 3, "junction": 1}
    only = br.candidate_sites(network_of(*lines), TOWNS, kinds=["roads"], spacing_km=25)
    assert only["kind"].unique().tolist() == ["road"]
    assert {*only.geometry} == {*sites.geometry}


def test_a_junction_stays_rather_than_an_end_west_of_it():
    """An end of a road 3 km from a junction goes, at 10 km; the junction is kept."""
    lines = [[(44.17, 33), (44.2, 33)], [(44.2, 33), (44.6, 33)], [(44.2, 33), (44.2, 33.4)]]
    sites = br.candidate_sites(network_of(*lines), TOWNS, kinds=["roads"], spacing_km=10)
    assert Point(44.2, 33) in set(sites.geometry)
    assert Point(44.17, 33) not in set(sites.geometry)


def test_a_grid_lies_where_roads_are_near():
    """Evenly over the ground, nowhere without a road in off-road range, within the areas."""
    network = network_of([(44, 33), (45, 33)], off_road_km=5)
    sites = br.candidate_sites(network, TOWNS, kinds=["grid"], spacing_km=2)
    assert (sites["road_m"] <= 5000).all()
    points = shapely.get_coordinates(sites.geometry)
    nearest = np.sort(metres_between(points, points), axis=1)[:, 1]
    assert nearest == pytest.approx(2000, rel=0.01)
    areas = gpd.GeoDataFrame(
        {"name": ["A"]}, index=["a"], geometry=[box(44.2, 32.9, 44.4, 33.1)], crs=4326
    )
    inside = br.candidate_sites(network, TOWNS, kinds=["grid"], spacing_km=2, areas=areas)
    assert {*inside.geometry} == {one for one in sites.geometry if areas.geometry["a"].covers(one)}


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), apart_m=st.sampled_from([1.0, 500.0, 5000.0, 1e5]))
def test_thinning_keeps_what_taking_places_one_by_one_keeps(seed, apart_m):
    """The compiled sieve and the definition, place by place."""
    random = np.random.default_rng(seed)
    lon, lat = np.round(random.uniform((43, 32), (44, 33), (60, 2)) * 50).T / 50
    order = random.permutation(60)
    up, along = np.radians(lat), np.radians(lon)
    radius = GEOD.a / np.sqrt(1 - GEOD.es * np.sin(up) ** 2)
    flat = radius * np.cos(up)
    space = np.column_stack(
        [flat * np.cos(along), flat * np.sin(along), radius * (1 - GEOD.es) * np.sin(up)]
    )
    keeper, kept = np.full(60, -1), []
    for place in order:
        near = [one for one in kept if np.linalg.norm(space[one] - space[place]) < apart_m]
        keeper[place] = near[0] if near else place
        kept += [] if near else [place]
    assert thin_places(lon, lat, order, apart_m).tolist() == keeper.tolist()


# --- other sources -------------------------------------------------------------------------


def places_of(ids, places, **columns):
    return gpd.GeoDataFrame(
        columns, index=ids, geometry=[Point(one) for one in places], crs=4326
    ).rename_axis("site_id")


STATIONS = places_of(
    ["s1", "s2"],
    [(44.01, 33.0), (44.49, 33.4)],
    name=["Old station", ""],
    status=["destroyed", "standing"],
    kind=["local police", "highway police"],
)


def test_stations_and_points_are_candidates_with_what_is_said_of_them():
    """Status and their own kind are kept; a blank name is that of the nearest community."""
    points = places_of(["p"], [(44.2, 33.0)])
    sites = br.candidate_sites(network_of(BENT), TOWNS, stations=STATIONS, points=points)
    assert sites.index.tolist() == ["at-west", "at-north", "station-s1", "station-s2", "point-p"]
    assert sites["kind"].tolist() == ["community", "community", "station", "station", "point"]
    assert sites["status"].tolist() == ["", "", "destroyed", "standing", ""]
    assert sites["site_kind"].tolist() == ["", "", "local police", "highway police", ""]
    assert sites["name"].tolist() == ["west", "north", "Old station", "north", "west"]
    assert sites["governorate"].tolist() == ["A", "B", "A", "B", "A"]
    assert sites["near_km"].tolist()[:2] == [0, 0]
    assert sites["near_km"]["station-s1"] == pytest.approx(1.45, abs=0.051)


def test_kinds_choose_and_their_order_changes_nothing():
    """Only what is named is a candidate; communities still lend their names."""
    kinds = ["stations", "roads"]
    sites, other = (
        br.candidate_sites(network_of(BENT), TOWNS, kinds=one, spacing_km=30, stations=STATIONS)
        for one in (kinds, kinds[::-1])
    )
    assert {*sites["kind"]} == {"station", "road"}
    assert {*sites["name"]} == {"Old station", "west", "north"}
    assert sites.equals(other)


def test_a_table_in_another_system_gives_the_same_candidates():
    """Coordinates come back in EPSG:4326."""
    utm = STATIONS.to_crs(32638)
    sites = br.candidate_sites(network_of(BENT), TOWNS.to_crs(32638), stations=utm)
    assert sites.crs == WGS84
    assert sites.geometry["station-s1"].distance(STATIONS.geometry["s1"]) < 1e-8


def test_road_m_is_the_distance_to_the_nearest_road():
    """As the geodesic says, off the road and on it."""
    points = places_of(["p", "q"], [(44.2, 33.05), (44.3, 33.0)])
    sites = br.candidate_sites(network_of(BENT), TOWNS, kinds=["points"], points=points)
    assert sites["road_m"]["point-p"] == pytest.approx(
        GEOD.inv(44.2, 33.05, 44.2, 33.0)[2], abs=0.2
    )
    assert sites["road_m"]["point-q"] == 0


def test_all_that_is_wrong_with_kinds_is_said_at_once():
    """Unknown words, what is not given, and a spacing that is missing."""
    with pytest.raises(InputError) as caught:
        br.candidate_sites(network_of(BENT), TOWNS, kinds=["stations", "rivers", "grid"])
    said = str(caught.value)
    assert len(caught.value.faults) == 3
    assert all(word in said for word in ("'rivers'", "stations", "grid"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kinds": []}, "empty"),
        ({"kinds": "roads", "spacing_km": 5}, "kinds is 'roads'"),
        ({"kinds": ["communities"], "spacing_km": 5}, "spacing_km is given"),
        ({"kinds": ["junctions"]}, "no place"),
        ({"stations": TOWNS.set_crs(None, allow_override=True)}, "coordinate reference system"),
        ({"stations": pd.concat([STATIONS, STATIONS])}, "stands twice"),
        ({"points": 5}, "points: it is"),
        ({"spacing_km": 1e-6}, "points along the roads"),
        ({"kinds": ["grid"], "spacing_km": 1e-3}, "a grid 0.001 km apart"),
    ],
)
def test_what_cannot_be_candidates_is_refused(options, said):
    """Each with words that say what to do."""
    with pytest.raises(InputError, match=said):
        br.candidate_sites(network_of(BENT), TOWNS, **options)


# --- the nearest road ----------------------------------------------------------------------


def test_the_nearest_road_is_the_one_that_a_full_search_finds():
    """Random roads and places, near and far, inside the grid of the network and outside it."""
    random = np.random.default_rng(5)
    ends = random.uniform((44, 33), (45, 34), (30, 2))
    lines = [LineString([one, one + random.normal(0, 0.05, 2)]) for one in ends]
    names = [f"n{n}" for n in range(30)]
    roads = gpd.GeoDataFrame({"road_class": "track", "name": names}, geometry=lines, crs=4326)
    network = br.build_network(roads)
    places = random.uniform((43.5, 32.5), (45.5, 34.5), (120, 2))
    found = nearest_roads(network, *places.T, within_km=np.inf)
    fine = shapely.get_coordinates(shapely.segmentize(roads.geometry.to_numpy(), 2e-4),
                                   return_index=True)  # fmt: skip
    metres = metres_between(places, fine[0])
    assert found["road_m"].to_numpy() == pytest.approx(metres.min(axis=1), abs=12, rel=2e-3)
    near = metres.min(axis=1) < 5000
    whose = np.array(names)[fine[1][metres.argmin(axis=1)]]
    assert near.sum() > 10
    assert (found["road_name"].to_numpy()[near] == whose[near]).all()
    within = nearest_roads(network, *places.T, within_km=5)
    assert within["road_m"].notna().tolist() == (found["road_m"] <= 5000).tolist()
    assert (within["road_name"] == "").tolist() == within["road_m"].isna().tolist()


def test_where_roads_meet_the_named_and_faster_one_is_told():
    """Whatever the order of the rows; a ref stands for a name."""
    lines = [LineString([(44, 33), end]) for end in ((44.1, 33), (44, 33.1), (43.9, 33))]
    columns = {"road_class": ["track", "trunk", "residential"], "name": ["Lane", "", ""],
               "ref": ["", "12", ""]}  # fmt: skip
    roads = gpd.GeoDataFrame(columns, geometry=lines, crs=4326)
    for order in itertools.permutations(range(3)):
        network = br.build_network(roads.iloc[list(order)])
        one = nearest_roads(network, [44.0], [33.0]).iloc[0]
        assert (one["road_name"], one["road_class"], one["road_m"]) == ("12", "trunk", 0)
        beside = nearest_roads(network, [43.95], [33.001], named=True).iloc[0]
        assert beside["road_name"] == "12"
        assert nearest_roads(network, [43.95], [33.001]).iloc[0]["road_class"] == "residential"


def test_a_network_without_names_has_blank_ones():
    """What it does not know is blank, also without a class."""
    network, _ = network_from_arrays(
        np.array([44.0, 44.1]), np.full(2, 33.0), np.array([0]), np.array([1]),
        np.array([600]), np.array([600]),
    )  # fmt: skip
    found = nearest_roads(network, [44.05], [33.01])
    assert found[["road_name", "road_class"]].iloc[0].tolist() == ["", ""]
    assert nearest_roads(network, [44.05], [33.01], named=True)["road_m"].isna().all()


@pytest.mark.parametrize(
    "arguments",
    [([44.0], [33.0, 34.0]), ([np.nan], [33.0]), ([[44.0]], [[33.0]])],
)
def test_what_is_no_place_has_no_nearest_road(arguments):
    """Rows of degrees, equally long, are needed."""
    with pytest.raises(InputError, match="places") as caught:
        nearest_roads(network_of(BENT), *arguments, within_km=-1, named="yes")
    assert len(caught.value.faults) == 3


# --- what keeps a candidate out ------------------------------------------------------------

ROAD = [(44.0, 33.0), (45.0, 33.0)]


def screen(places, network=None, **exclude):
    """Return the reason of each place, blank where it is kept."""
    network = network_of(ROAD) if network is None else network
    ids = [f"c{n}" for n in range(len(places))]
    # One more, which nothing keeps out, so that some is left.
    sites = places_of([*ids, "far"], [*places, (44.95, 33.3)])
    found = br.screen_sites(network, sites, exclude=br.Exclusions(**exclude))
    assert "far" in found.kept.index
    assert {*found.kept.index} | {*found.dropped.index} == {*sites.index}
    return [found.dropped["reason"].get(one, "") for one in ids]


def layer(*shapes):
    return gpd.GeoDataFrame(
        index=[f"l{n}" for n in range(len(shapes))], geometry=list(shapes), crs=4326
    )


def north_of_road(metres, lon=44.5):
    end = GEOD.fwd(lon, 33.0, 0, metres)
    return end[0], end[1]


def test_closed_ground_takes_no_box():
    """Inside, not on the border; a slow area and an open one keep nothing out."""
    closed, slow = box(44.2, 32.9, 44.4, 33.1), box(44.6, 32.9, 44.8, 33.1)
    areas = layer(closed, slow).assign(speed_factor=[0.0, 0.5])
    network = network_of(ROAD, closures=areas)
    places = [(44.3, 33.05), (44.2, 33.05), (44.7, 33.05)]
    assert screen(places, network) == ["CLOSED", "", ""]
    assert screen(places, network, closed=False) == ["", "", ""]


def test_only_places_within_the_areas_are_kept():
    """Borders belong to the areas."""
    within = layer(box(44.2, 32.9, 44.4, 33.1), box(44.9, 33.2, 45, 33.4))
    within = within.assign(name=["one", "two"])
    places = [(44.3, 33.05), (44.2, 33.0), (44.5, 33.0)]
    assert screen(places, within=within) == ["", "", "OUTSIDE"]


def test_limits_of_roads_are_kept_exactly():
    """At a limit a place is kept; beyond it dropped: too far, or too near."""
    places = [north_of_road(m) for m in (1990, 2010, 15, 5)]
    assert screen(places, road_km=40, clear_road_m=10) == ["", "", "", "ON_ROAD"]
    assert screen([(44.5, 33.0)], road_km=40, clear_road_m=0) == [""]
    network, sites = network_of(ROAD), places_of(["on"], [(44.5, 33.0)])
    assert len(br.screen_sites(network, sites, exclude=br.Exclusions(road_km=0)).kept) == 1
    far = [north_of_road(m) for m in (39_900, 40_100)]
    assert screen(far, road_km=40) == ["", "OFF_ROAD"]


def test_roads_are_those_that_closures_leave():
    """A place beside a closed road is as far from one as the next open road is."""
    zone = layer(box(44.2, 32.9, 44.4, 33.1))
    sites = places_of(["a", "b"], [(44.3, 33.001), (44.6, 33.001)])
    network = network_of(ROAD, closures=zone)
    found = br.screen_sites(network, sites, exclude=br.Exclusions(closed=False, road_km=5))
    assert found.dropped["reason"].to_dict() == {"a": "OFF_ROAD"}
    assert found.dropped["road_m"]["a"] == pytest.approx(9345, rel=0.01)


def test_steep_ground_takes_no_box():
    """A plane of 10 degrees, level ground, and where no height is known, which is said."""
    cell = 0.001
    east = np.arange(1000) * cell * np.radians(GEOD.a) * np.cos(np.radians(33.05))
    plane = np.tile(east * np.tan(np.radians(10)), (400, 1)).astype("float32")
    plane[:, 500:] = plane[0, 500]
    terrain = Terrain(plane, Affine(cell, 0, 44, 0, -cell, 33.4), WGS84)
    places = [(44.2, 33.05), (44.7, 33.05)]
    assert screen(places, slope_deg=9.9, terrain=terrain) == ["STEEP", ""]
    assert screen(places, slope_deg=10.1, terrain=terrain) == ["", ""]
    with pytest.warns(DataWarning, match="at 1 of 4 candidates"):
        assert screen([*places, (50, 33.05)], slope_deg=9, terrain=terrain) == ["STEEP", "", ""]
    found = br.screen_sites(
        network_of(ROAD), places_of(["a"], places[:1]), exclude=br.Exclusions(terrain=terrain)
    )
    assert found.kept["slope_deg"]["a"] == pytest.approx(10, abs=0.1)


def test_water_takes_no_box_within_it_or_too_near():
    """A river, the middle of a lake, its island; each 100 m away."""
    lake = Polygon(box(44.4, 33.1, 44.6, 33.2).exterior, [box(44.48, 33.14, 44.52, 33.16).exterior])
    water = layer(LineString([(44.2, 32.5), (44.2, 33.4)]), lake)
    east = [GEOD.fwd(44.2, 33.05, 90, m)[:2] for m in (0, 90, 110)]
    places = [*east, (44.45, 33.15), (44.5, 33.15), (44.5, 33.1605)]
    assert screen(places, water=water, water_m=100) == ["WATER", "WATER", "", "WATER", "", "WATER"]
    assert screen(places, water=water, water_m=0)[:4] == ["WATER", "", "", "WATER"]


def test_a_river_ends_where_it_ends():
    """Beyond its end, in its course, a place is as far from it as from its end."""
    river = layer(LineString([(44.2, 33.2), (44.3, 33.3)]))
    end = np.array([44.3, 33.3])
    places = [tuple(end + step * np.array([1 / 0.836, 1])) for step in (0.002, 0.0041)]
    assert screen(places, water=river, water_m=500) == ["WATER", ""]


def test_without_a_layer_the_water_of_the_network_counts():
    """What bars open ground is too near as well; without any it is said that none is known."""
    river = layer(LineString([(44.2, 32.5), (44.2, 33.4)]))
    places = [GEOD.fwd(44.2, 33.05, 90, m)[:2] for m in (90, 110)]
    assert screen(places, network_of(ROAD, rivers=river), water_m=100) == ["WATER", ""]
    with pytest.raises(InputError, match="nothing is known of any water"):
        screen(places, water_m=100)


def test_near_a_standing_box_is_no_place_for_another():
    """Of many boxes the nearest counts, by the geodesic."""
    boxes = places_of(["b1", "b2"], [(44.2, 33.0), (44.6, 33.0)])
    places = [GEOD.fwd(44.6, 33.0, 45, m)[:2] for m in (4990, 5010)]
    assert screen(places, boxes=boxes, standing_km=5) == ["STANDING", ""]


def test_of_two_places_at_one_the_better_known_stays():
    """A station before a community before a junction; the lower id of a kind; order is not seen."""
    centre = (44.2, 33.2)
    network = network_of(*([centre, end] for end in ((44.3, 33.2), (44.1, 33.2), (44.2, 33.3))))
    towns = communities({"b": centre, "a": centre})
    stations = places_of(["s"], [(44.2, 33.200001)])
    sites = br.candidate_sites(
        network, towns, kinds=["communities", "junctions", "stations"], stations=stations
    )
    found = br.screen_sites(network, sites)
    assert found.kept.index.tolist() == ["station-s"]
    assert found.dropped["same_as"].to_dict() == dict.fromkeys(
        ["at-b", "at-a", "junction-1"], "station-s"
    )
    assert found.counts() == {"DUPLICATE": 3}
    rest = br.screen_sites(network, sites.drop("station-s").iloc[::-1])
    assert rest.kept.index.tolist() == ["at-a"]
    apart = [(44.2, 33.0), (44.2, 33.0045), (44.2, 33.006)]
    assert screen(apart, same_m=505) == ["", "DUPLICATE", ""]


def test_a_place_dropped_for_its_ground_takes_no_other_with_it():
    """Duplicates are looked for among those that are left."""
    boxes = places_of(["b"], [(44.2, 33.0)])
    places = [(44.2, 33.0), (44.2, 33.01)]
    assert screen(places, boxes=boxes, standing_km=1, same_m=2000) == ["STANDING", ""]


def test_the_first_reason_that_holds_is_told():
    """Of closed ground, water and a standing box it is the closed ground."""
    network = network_of(ROAD, closures=layer(box(44.2, 32.9, 44.4, 33.1)))
    boxes, water = places_of(["b"], [(44.3, 33.05)]), layer(box(44.25, 33.02, 44.5, 33.08))
    rules = {"boxes": boxes, "standing_km": 30, "water": water, "water_m": 10}
    assert screen([(44.3, 33.05), (44.45, 33.05), (44.45, 33.01)], network, **rules) == [
        "CLOSED", "WATER", "STANDING"
    ]  # fmt: skip


def test_if_none_is_left_the_reasons_are_counted():
    """So that one sees which rule to loosen."""
    sites = places_of(["a", "b", "c"], [(44.2, 33.3), (44.2, 33.3), (44.5, 33.001)])
    boxes = places_of(["x"], [(44.5, 33.0)])
    rules = br.Exclusions(road_km=5, boxes=boxes, standing_km=1)
    with pytest.raises(InfeasibleError, match="of 3 candidates none is left: 2 OFF_ROAD, 1 STANDI"):
        br.screen_sites(network_of(ROAD), sites, exclude=rules)


def test_candidate_sites_returns_the_kept_ones_and_counts_the_others():
    """The same frame as screening keeps, in the same order."""
    network, rules = network_of(BENT), br.Exclusions(road_km=0.5)
    listed = br.candidate_sites(network, TOWNS, spacing_km=10)
    kept = br.candidate_sites(network, TOWNS, spacing_km=10, exclude=rules)
    assert kept.equals(br.screen_sites(network, listed, exclude=rules).kept)
    assert kept.attrs["dropped"] == {"OFF_ROAD": 1, "DUPLICATE": 1}
    assert {*listed.index} - {*kept.index} == {"at-west", "road-12"}


def test_every_fault_of_the_rules_and_tables_is_said():
    """Numbers out of range, layers that are missing or no layers; nothing is computed."""
    with pytest.raises(InputError) as caught:
        br.Exclusions(closed=1, slope_deg=91, water_m="5", road_km=np.nan, same_m=0, water=TOWNS)
    assert len(caught.value.faults) == 6
    rules = br.Exclusions(within=layer(Point(44, 33)), boxes=pd.DataFrame(), standing_km=1)
    with pytest.raises(InputError) as caught:
        br.screen_sites(network_of(ROAD), places_of([], []), exclude=rules)
    assert {fault.file for fault in caught.value.faults} == {"candidates", "within", "boxes"}


def test_the_tables_of_the_rules_are_not_changed():
    """Neither candidates nor layers."""
    sites = places_of(["a", "b"], [(44.2, 33.01), (44.5, 33.2)])
    boxes = places_of(["x"], [(44.5, 33.0)]).to_crs(32638)
    before = sites.copy(), boxes.copy()
    br.screen_sites(
        network_of(ROAD), sites, exclude=br.Exclusions(boxes=boxes, standing_km=1, road_km=5)
    )
    assert sites.equals(before[0])
    assert boxes.equals(before[1])


# --- from a plan ---------------------------------------------------------------------------


def test_a_plan_takes_stations_and_writes_what_was_dropped(plan, cli, edit, tmp_path):
    """The table names each candidate that was dropped, its reason and what was measured."""
    (plan.parent / "stations.csv").write_text(
        "site_id,name,kind,status,lon,lat\n"
        "s1,Old post,local police,destroyed,44.15,33.101\n"
        "s2,Far post,local police,destroyed,44.15,33.2\n",
        encoding="utf-8",
    )
    edit(plan, "[network]", 'stations = "stations.csv"\n[network]')
    edit(
        plan,
        "[propose]",
        '[propose]\ncandidates = ["stations", "junctions", "roads"]\nspacing_km = 10\n'
        "exclude = { road_km = 2, standing_km = 5 }",
    )
    out = tmp_path / "out"
    code, _, message = cli("propose", plan, "-o", out, "--no-progress")
    assert code == 0, message
    dropped = pd.read_csv(out / "candidates_dropped.csv", encoding="utf-8-sig")
    dropped = dropped.set_index("site_id")
    assert dropped["reason"]["station-s2"] == "OFF_ROAD"
    assert dropped["site_kind"]["station-s2"] == "local police"
    assert {*dropped["reason"]} == {"OFF_ROAD", "STANDING"}
    assert (dropped["standing_km"][dropped["reason"] == "STANDING"] < 5).all()
    told = json.loads((out / "summary.json").read_text(encoding="utf-8"))["candidates"]
    assert sum(told["dropped"].values()) == len(dropped)
    chosen = pd.read_csv(out / "proposals.csv", encoding="utf-8-sig")
    assert {*chosen["kind"]} <= {"station", "road", "junction"}
    assert (chosen["standing_km"] >= 5).all()


def test_what_candidates_of_a_plan_lack_is_said_at_once(plan, refused, edit):
    """Each key that needs an input that is not there, with its line."""
    edit(
        plan,
        "[propose]",
        '[propose]\ncandidates = ["stations", "points", "grid"]\n'
        "exclude = { slope_deg = 5, water_m = 50 }",
    )
    message = refused(plan)
    for name in ("inputs.stations", "inputs.points", "propose.spacing_km", "inputs.terrain",
                 "inputs.rivers"):  # fmt: skip
        assert f"it needs {name}" in message
    assert message.startswith("boxreach: 5 faults")


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('candidates = ["comunities"]', "propose.candidates"),
        ("candidates = []", "propose.candidates"),
        ("exclude = { slope_deg = 91 }", "propose.exclude.slope_deg"),
        ("exclude = { road = 5 }", "propose.exclude.road"),
        ('exclude = { closed = "yes" }', "propose.exclude.closed"),
        ("exclude = { same_m = 0 }", "propose.exclude.same_m"),
        ("exclude = 5", "propose.exclude"),
    ],
)
def test_a_wrong_value_of_the_candidates_is_named(plan, refused, edit, written, key):
    """With its key and what to do."""
    edit(plan, "[propose]", f"[propose]\n{written}")
    assert key in refused(plan)


def test_the_page_about_candidates_runs_and_prints_its_counts(capsys):
    """A reader can copy it."""
    page = (Path(__file__).parents[1] / "docs" / "candidates.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    with pytest.warns(DataWarning, match="lie in no area"):
        exec(compile(code, "candidates.md", "exec"), {})
    assert "STANDING" in capsys.readouterr().out


# --- real roads ----------------------------------------------------------------------------

LAYERS = Path(__file__).parents[2] / "shared" / "data" / "iraq"


@pytest.mark.release
@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not LAYERS.is_dir(), reason=f"the real layers are not in {LAYERS}")
def test_the_roads_of_a_country_have_some_hundred_candidates_evenly_laid():
    """54,582 pieces: few points where there were 60,000, none crowded, no road without one."""
    network = br.build_network(br.read_roads(LAYERS / "roads_osm_2016.gpkg"))
    towns = gpd.read_file(LAYERS / "communities_dtm_2015.gpkg")
    towns.index = towns["place_id"].astype(str).rename("community_id")
    sites = br.candidate_sites(network, towns, kinds=["junctions", "roads"], spacing_km=10)
    assert 700 < len(sites) < 1000
    points = shapely.get_coordinates(sites.geometry)
    apart = metres_between(points, points)
    assert np.min(apart + np.eye(len(points)) * 1e9) >= 5000 - 0.2
    ends = shapely.get_point(network.roads.geometry.to_numpy(), 0)
    some = shapely.get_coordinates(ends)[::50]
    assert metres_between(some, points).min(axis=1).max() <= 10_000
    rivers = gpd.read_file(LAYERS / "rivers_gshhg.gpkg")
    everywhere = br.candidate_sites(network, towns)
    found = br.screen_sites(
        network, everywhere, exclude=br.Exclusions(road_km=5, water=rivers, water_m=500)
    )
    assert len(found.kept) + len(found.dropped) == len(towns) == 3541
    assert (found.kept["road_m"] <= 5000).all()
    assert (found.dropped["road_m"][found.dropped["reason"] == "OFF_ROAD"] > 5000).all()
    assert found.kept.geometry.is_unique
