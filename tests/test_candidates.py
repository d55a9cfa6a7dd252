"""Where a box could stand: at every community, and along the roads."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import LineString, Point, box

import boxreach as br
from boxreach.errors import InputError

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
    sites = br.candidate_sites(network, TOWNS, spacing_km=100)
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


@pytest.mark.parametrize("spacing_km", [0, -1.0, np.nan])
def test_a_spacing_that_is_no_distance_is_refused(spacing_km):
    """Nothing is laid out at 0 km."""
    with pytest.raises(InputError, match="spacing_km"):
        br.candidate_sites(network_of(BENT), TOWNS, spacing_km=spacing_km)


def test_the_tables_of_the_caller_are_not_changed():
    """Communities stay as they were."""
    before = TOWNS.copy()
    br.candidate_sites(network_of(BENT), TOWNS, spacing_km=5)
    assert TOWNS.equals(before)
