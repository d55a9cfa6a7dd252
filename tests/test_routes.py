"""Routes: the ways behind the times, drawn and told."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, box

import boxreach as br

GEOD = Geod(ellps="WGS84")


def points(places, name):
    """Build a table of points by id."""
    index = pd.Index(list(places), name=name)
    return gpd.GeoDataFrame(index=index, geometry=[Point(*xy) for xy in places.values()], crs=4326)


def town(seed):
    """Build random streets on a grid, some one-way, with names, sites and demand."""
    random = np.random.default_rng(seed)
    ends = 44 + random.integers(0, 6, (30, 2, 2)) * 0.01 + [0, -11]
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    middle = ends.mean(axis=1) + random.uniform(-0.002, 0.002, (len(ends), 2))
    lines = [LineString([a, m, b]) for a, m, b in zip(ends[:, 0], middle, ends[:, 1], strict=True)]
    roads = gpd.GeoDataFrame(
        {
            "road_class": random.choice(["trunk", "residential"], len(ends)),
            "oneway": random.choice(["", "", "yes", "-1"], len(ends)),
            "name": [f"street {n}" for n in range(len(ends))],
        },
        index=pd.Index([f"r{n}" for n in range(len(ends))], name="road_id"),
        geometry=lines,
        crs=4326,
    )
    where = random.uniform([44, 33], [44.05, 33.05], (14, 2))
    sites = points({f"s{n}": xy for n, xy in enumerate(where[:4])}, "site_id")
    return roads, sites, points({f"c{n}": xy for n, xy in enumerate(where[4:])}, "community_id")


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    seed=st.integers(0, 10**6),
    direction=st.sampled_from(["site_to_demand", "demand_to_site"]),
    shut=st.booleans(),
)
def test_a_route_takes_the_time_it_is_the_route_of(seed, direction, shut):
    """Line and steps agree with the minutes and begin and end at the places, closures or not."""
    roads, sites, demand = town(seed)
    shape = box(44.021, 33.021, 44.024, 33.03)
    closures = gpd.GeoDataFrame(geometry=[shape], index=["c"], crs=4326)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)  # the area may meet no road
        network = br.build_network(roads, off_road_km=1, closures=closures if shut else None)
    times = br.travel_times(
        network, sites, demand, cutoff=10, direction=direction, mobilise_minutes=1
    )
    pairs = [(s, d) for s in sites.index for d in demand.index]
    routes = br.find_routes(times, pairs=pairs)
    assert len(routes) == times.ms.nnz
    matrix = pd.DataFrame(times.ms.toarray() / 60_000, index=sites.index, columns=demand.index)
    for route in routes.itertuples():
        assert route.minutes == matrix.loc[route.site_id, route.demand_id]
        minutes = sum(step.minutes for step in route.steps)
        assert minutes == pytest.approx(route.minutes - 1, abs=1e-3)
        assert sum(step.km for step in route.steps) == pytest.approx(
            route.road_km + route.off_road_m / 1000
        )
        assert GEOD.geometry_length(route.geometry) / 1000 == pytest.approx(
            route.road_km + route.off_road_m / 1000, rel=1e-3, abs=1e-4
        )
        ends = [sites.geometry[route.site_id], demand.geometry[route.demand_id]]
        ends = ends if direction == "site_to_demand" else ends[::-1]
        for end, at in zip(ends, (0, -1), strict=True):
            assert end.distance(Point(route.geometry.coords[at])) < 2e-7


def test_a_route_names_its_roads_and_turns():
    """From the box over open ground, north along one road, right into the next."""
    roads = gpd.GeoDataFrame(
        {"name": ["Long Road", "Long Road", "Side Road"], "road_class": ["trunk"] * 2 + ["track"],
         "ref": ["1", "1", ""]},
        index=["a", "b", "c"],
        geometry=[LineString([(44, 33), (44, 33.05)]), LineString([(44, 33.05), (44, 33.1)]),
                  LineString([(44, 33.1), (44.05, 33.1)])],
        crs=4326,
    )  # fmt: skip
    sites = points({"box": (43.999, 33.01)}, "site_id")
    demand = points({"east": (44.04, 33.1), "far": (50, 40)}, "community_id")
    times = br.travel_times(br.build_network(roads), sites, demand)
    [route] = br.find_routes(times).itertuples()
    told = [(step.turn, step.name, step.ref, step.road_class) for step in route.steps]
    assert told == [
        ("start", "", "", "off_road"),
        ("left", "Long Road", "1", "trunk"),
        ("right", "Side Road", "", "track"),
    ]
    assert route.demand_id == "east"
    assert route.off_road_m == pytest.approx(GEOD.inv(43.999, 33.01, 44, 33.01)[2], abs=0.5)
    assert shapely.is_valid(route.geometry)


def test_places_near_each_other_are_joined_straight():
    """No road is needed to the next field."""
    roads = gpd.GeoDataFrame(index=["a"], geometry=[LineString([(44, 33), (44.2, 33)])], crs=4326)
    sites, demand = points({"box": (44, 33.03)}, "site_id"), points({"c": (44.001, 33.03)}, "id")
    [route] = br.find_routes(br.travel_times(br.build_network(roads), sites, demand)).itertuples()
    assert [step.road_class for step in route.steps] == ["off_road"]
    assert route.road_km == 0


def test_ids_that_are_not_there_are_refused_together():
    """Both are named."""
    roads, sites, demand = town(1)
    times = br.travel_times(br.build_network(roads), sites, demand)
    with pytest.raises(br.InputError, match=r"s99[\s\S]*c99"):
        br.find_routes(times, pairs=[("s99", "c0"), ("s0", "c99")])
