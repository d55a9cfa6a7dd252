"""What must hold whatever the roads are: more is never worse, and writing is not meaning.

Five cases each by default, a thousand with ``-m heavy``.
"""

import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rasterio import Affine
from shapely import LineString, Point, box

import boxreach as br
from boxreach.network import network_from_arrays
from boxreach.network.chains import contract
from boxreach.network.graph import RoadNetwork
from boxreach.sources.terrain import Terrain
from boxreach.speeds import SpeedModel

pytestmark = pytest.mark.slow

STEP = 0.004
SEEDS = st.integers(0, 10**9)


def cases(test):
    """Return a test as two: a quick one, and a slow one of a thousand cases."""
    options = {
        "deadline": None,
        "phases": [Phase.explicit, Phase.generate],
        "suppress_health_check": list(HealthCheck),
    }

    @pytest.mark.parametrize(
        "count",
        [
            pytest.param(5, id="quick"),
            pytest.param(1000, id="all", marks=[pytest.mark.slow, pytest.mark.heavy]),
        ],
    )
    def run(count):
        settings(max_examples=count, **options)(given(seed=SEEDS)(test))()

    run.__doc__ = test.__doc__
    return run


def draw_road(random):
    """Draw a road over the crossings of a grid, so that roads share vertices within them."""
    here = random.integers(0, 8, 2)
    places = [here]
    for _ in range(random.integers(1, 6)):
        step = random.integers(-2, 3, 2)
        if step.any():
            places.append(places[-1] + step)
    if len(places) < 2:
        places.append(here + np.array([1, 0]))
    return LineString([(44 + x * STEP * 1.3, 33 + y * STEP) for x, y in places])


def world(seed):
    """Draw roads, sites and demand."""
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 12))
    roads = gpd.GeoDataFrame(
        {
            "road_class": random.choice(["trunk", "primary", "track", "residential"], count),
            "oneway": random.choice(["", "", "", "yes", "-1"], count),
            "speed_kmh": np.where(random.random(count) < 0.3, random.uniform(5, 90, count), np.nan),
            "winding_factor": np.where(random.random(count) < 0.2, 1.3, 1.0),
        },
        index=pd.Index([f"r{n}" for n in range(count)], name="road_id"),
        geometry=[draw_road(random) for _ in range(count)],
        crs=4326,
    )
    places = np.round(random.uniform([43.99, 32.99], [44.05, 33.04], (9, 2)), 7)
    tables = []
    for name, some in (("site_id", places[:3]), ("community_id", places[3:])):
        index = pd.Index([f"{name[0]}{n}" for n in range(len(some))], name=name)
        points = gpd.points_from_xy(*some.T)
        tables.append(gpd.GeoDataFrame(index=index, geometry=points, crs=4326))
    return random, roads, *tables


def land(seed):
    """Draw open ground: areas that overlap, some closed to all, and hills; or, of half, nothing."""
    random = np.random.default_rng([seed, 1])
    if random.random() < 0.5:
        return None, None
    corners = random.uniform([43.99, 32.99], [44.05, 33.04], (random.integers(1, 6), 4, 2))
    kmh = random.choice([0.0, 0.5, 4.0, 15.0, 40.0], len(corners))
    areas = gpd.GeoDataFrame({"off_road_kmh": kmh}, geometry=shapely.polygons(corners), crs=4326)
    heights = random.uniform(0, 200, (12, 12)).astype("float32")
    hills = Terrain(heights, Affine(0.006, 0, 43.985, 0, -0.006, 33.05), CRS.from_epsg(4326))
    return areas, hills if random.random() < 0.5 else None


def network_of(roads, ground=(None, None), **options):
    """Build a network that leaves some places out of range of some roads, its ground hilly."""
    areas, hills = ground
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        network = br.build_network(roads, off_road_km=0.6, ground=areas, **options)
    if hills is None:
        return network
    hilly = replace(network.ground, terrain=hills)
    lifted = network.lifted and replace(network.lifted, ground=hilly)
    return replace(network, ground=hilly, lifted=lifted)


def varied_speeds(random):
    """Draw zones over some of the roads, and rough land in cells shorter than most legs."""
    count = int(random.integers(1, 4))
    corners = random.uniform([43.99, 32.99], [44.04, 33.03], (count, 2))
    sizes = random.uniform(0.001, 0.03, (count, 2))
    shapes = [box(*low, *(low + size)) for low, size in zip(corners, sizes, strict=True)]
    shapes[0] = Point(shapes[0].centroid).buffer(0.02) - shapes[0].buffer(-0.3 * sizes[0].min())
    by_speed = random.random(count) < 0.5
    zones = gpd.GeoDataFrame(
        {
            "speed_kmh": np.where(by_speed, random.uniform(5, 90, count), np.nan),
            "speed_factor": np.where(by_speed, np.nan, random.uniform(0.2, 1.2, count)),
        },
        geometry=shapes,
        crs=4326,
    )
    heights = random.uniform(0, 120, (80, 80)).astype("float32")
    terrain = Terrain(heights, Affine(0.0015, 0, 43.97, 0, -0.0015, 33.07), CRS(4326))
    return SpeedModel(terrain=terrain).replace(zones=zones)


def times_of_roads(network):
    """Return the milliseconds of each whole road, there and back."""
    ids = network.attributes["road_id"].astype(str)
    both = (network.forward_ms, network.backward_ms)
    return [pd.Series(np.maximum(ms, 0)).groupby(ids).sum() for ms in both]


def nearest(network, sites, demand, **options):
    """Return the milliseconds from the quickest site, infinite where there is no way."""
    ms = br.travel_times(network, sites, demand, cutoff=30, **options).nearest_ms
    return np.where(ms < 0, np.inf, ms)


@cases
def test_a_new_road_makes_no_place_slower(seed):
    """Whatever it crosses, divides or doubles."""
    random, roads, sites, demand = world(seed)
    ground = land(seed)
    whole, fewer = (
        network_of(one, ground) for one in (roads, roads.drop(random.choice(roads.index)))
    )
    for direction in ("site_to_demand", "demand_to_site"):
        assert (
            nearest(whole, sites, demand, direction=direction)
            <= nearest(fewer, sites, demand, direction=direction)
        ).all()


@cases
def test_over_slopes_and_zones_a_new_road_makes_no_place_slower(seed):
    """Nor changes any time of an old road, wherever it divides it."""
    random, roads, sites, demand = world(seed)
    model = varied_speeds(random)
    gone = random.choice(roads.index)
    whole, fewer = (network_of(one, speeds=model) for one in (roads, roads.drop(gone)))
    for direction in ("site_to_demand", "demand_to_site"):
        assert (
            nearest(whole, sites, demand, direction=direction)
            <= nearest(fewer, sites, demand, direction=direction)
        ).all()
    for before, after in zip(times_of_roads(fewer), times_of_roads(whole), strict=True):
        assert after.drop(gone, errors="ignore").equals(before)


@cases
def test_crossings_noded_on_request_leave_the_speeds_of_old_roads(seed):
    """Their times change by the rounding at each crossing, a millisecond, and by no more."""
    random, roads, *_ = world(seed)
    model = varied_speeds(random)
    gone = random.choice(roads.index)
    whole, fewer = (
        network_of(one, speeds=model, node_crossings=True) for one in (roads, roads.drop(gone))
    )
    pieces, before = (one.attributes["road_id"].value_counts() for one in (whole, fewer))
    crossings = (pieces - before).dropna()
    for was, now in zip(times_of_roads(fewer), times_of_roads(whole), strict=True):
        change = (now - was).reindex(crossings.index)
        assert (change.abs() <= crossings).all()


@cases
def test_over_slopes_and_zones_more_speed_makes_no_place_slower(seed):
    """Of a class, of a zone, or of a slope."""
    random, roads, sites, demand = world(seed)
    slow = varied_speeds(random)
    zones = slow.zones.table
    name = random.choice(["speed_kmh", "speed_factor"])
    raised = zones.assign(**{name: zones[name] * (1 + random.uniform(0, 0.5))})
    fast = [
        slow.replace(kmh={"primary": slow.kmh["primary"] + random.uniform(0, 20)}),
        slow.replace(zones=raised),
        slow.replace(slope={"free": slow.slope.free + random.uniform(0, 0.05)}),
        slow.replace(slope={"up_loss": slow.slope.up_loss * random.uniform(0, 1)}),
    ][random.integers(4)]
    one, other = (network_of(roads, speeds=model) for model in (slow, fast))
    assert (nearest(other, sites, demand) <= nearest(one, sites, demand)).all()


@cases
def test_over_slopes_and_zones_a_closure_makes_no_place_faster(seed):
    """Wherever it cuts a road whose speed changes."""
    random, roads, sites, demand = world(seed)
    network = network_of(roads, speeds=varied_speeds(random))
    x, y = random.uniform([44, 33], [44.04, 33.03])
    width, height = random.uniform(0.0005, 0.01, 2)
    closures = gpd.GeoDataFrame(
        {"speed_factor": [random.choice([0.0, 0.3, 0.999])]},
        geometry=[box(x, y, x + width, y + height)],
        crs=4326,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        closed = network.without(closures.rename_axis("closure_id").rename(index=str))
    assert (nearest(closed, sites, demand) >= nearest(network, sites, demand)).all()


@cases
def test_a_faster_road_makes_no_place_slower(seed):
    """By however little it is faster."""
    random, roads, sites, demand = world(seed)
    kmh = random.uniform(5, 90, len(roads))
    one = random.integers(len(roads))
    slow = network_of(roads.assign(speed_kmh=kmh), land(seed))
    kmh[one] *= 1 + 10 ** random.uniform(-9, 0)
    fast = network_of(roads.assign(speed_kmh=kmh), land(seed))
    assert (nearest(fast, sites, demand) <= nearest(slow, sites, demand)).all()


@cases
def test_faster_ground_makes_no_place_slower(seed):
    """By however little, in one area or outside all of them; also where none could pass."""
    random, roads, sites, demand = world(seed)
    ground = land(seed)
    outside = random.uniform(5, 30)
    slow = network_of(roads, ground, off_road_kmh=outside)
    more = 10 ** random.uniform(-9, 0)
    if ground[0] is None or random.random() < 0.3:
        outside *= 1 + more
    else:
        kmh = ground[0]["off_road_kmh"].to_numpy().copy()
        one = random.integers(len(kmh))
        kmh[one] = kmh[one] * (1 + more) if kmh[one] else random.choice([0.1, 10.0])
        ground = ground[0].assign(off_road_kmh=kmh), ground[1]
    fast = network_of(roads, ground, off_road_kmh=outside)
    for direction in ("site_to_demand", "demand_to_site"):
        assert (
            nearest(fast, sites, demand, direction=direction)
            <= nearest(slow, sites, demand, direction=direction)
        ).all()


@cases
def test_a_further_box_makes_no_place_slower(seed):
    """Nor does any of its pairs change."""
    _, roads, sites, demand = world(seed)
    network = network_of(roads, land(seed))
    all_sites, fewer = (br.travel_times(network, one, demand) for one in (sites, sites.iloc[1:]))
    assert np.array_equal(all_sites.ms[1:].toarray(), fewer.ms.toarray())
    assert (nearest(network, sites, demand) <= nearest(network, sites.iloc[1:], demand)).all()


@cases
def test_more_minutes_uncover_no_place(seed):
    """What is covered stays covered, with at least as many boxes."""
    random, roads, sites, demand = world(seed)
    times = br.travel_times(network_of(roads, land(seed)), sites, demand, cutoff=30)
    few, many = np.sort(random.uniform(0.1, 30, 2))
    short, long = br.reach(times, minutes=few), br.reach(times, minutes=many)
    assert (short["covered"] <= long["covered"]).all()
    assert (short["sites_within"] <= long["sites_within"]).all()


@cases
def test_a_closure_makes_no_place_faster(seed):
    """Point, line or area, closed or slowed, by any factor."""
    random, roads, sites, demand = world(seed)
    shapes = []
    for _ in range(random.integers(1, 4)):
        x, y = random.uniform([44, 33], [44.04, 33.03])
        kind = random.integers(3)
        width, height = random.uniform(0.0005, 0.01, 2)
        shapes.append(
            [Point(roads.geometry.iloc[0].coords[0]) if width < 0.002 else Point(x, y),
             LineString([(x, y), (x + width, y + height)]), box(x, y, x + width, y + height)][kind]
        )  # fmt: skip
    closures = gpd.GeoDataFrame(
        {"speed_factor": random.choice([0.0, 0.3, 0.7, 0.999], len(shapes))},
        index=pd.Index([f"c{n}" for n in range(len(shapes))], name="closure_id"),
        geometry=shapes,
        crs=4326,
    )
    open_network = network_of(roads, land(seed))
    try:
        closed = network_of(roads, land(seed), closures=closures)
    except br.InputError as error:
        assert "no road open" in str(error)  # noqa: PT017
        return
    for direction in ("site_to_demand", "demand_to_site"):
        assert (
            nearest(closed, sites, demand, direction=direction)
            >= nearest(open_network, sites, demand, direction=direction)
        ).all()


@cases
def test_row_order_and_ids_change_no_time(seed):
    """To the millisecond."""
    random, roads, sites, demand = world(seed)
    areas, hills = land(seed)
    times = br.travel_times(network_of(roads, (areas, hills)), sites, demand)
    orders = [random.permutation(len(one)) for one in (roads, sites, demand)]
    mixed = [one.iloc[order] for one, order in zip((roads, sites, demand), orders, strict=True)]
    renamed = mixed[0].set_axis([f"x{n}" for n in range(len(roads))]).rename_axis("road_id")
    mixed_areas = areas if areas is None else areas.sample(frac=1, random_state=seed % 2**32)
    again = br.travel_times(network_of(renamed, (mixed_areas, hills)), *mixed[1:])
    assert np.array_equal(times.ms.toarray()[np.ix_(*orders[1:])], again.ms.toarray())
    assert np.array_equal(times.lifted_ms[orders[2]], again.lifted_ms)


@cases
def test_the_coordinate_system_of_the_tables_changes_no_time(seed):
    """Kept in UTM and brought back, coordinates are the same to the centimetre, and so times."""
    _, roads, sites, demand = world(seed)
    roads = roads.set_geometry(
        roads.geometry.map(lambda line: LineString(np.round(line.coords, 7)))
    )
    areas, hills = land(seed)
    if areas is not None:
        areas = areas.set_geometry(
            shapely.transform(areas.geometry.to_numpy(), lambda xy: np.round(xy, 7))
        )
    times = br.travel_times(network_of(roads, (areas, hills)), sites, demand)
    moved = [one.to_crs(32638) for one in (roads, sites, demand)]
    moved_areas = areas if areas is None else areas.to_crs(32638)
    again = br.travel_times(network_of(moved[0], (moved_areas, hills)), *moved[1:])
    assert np.array_equal(times.ms.toarray(), again.ms.toarray())


@cases
def test_joining_edges_to_chains_changes_no_time(seed):
    """With places along the edges, closures and one-way streets."""
    _, roads, sites, demand = world(seed)
    merged = network_of(roads)
    edges = merged.edges
    chains, order = contract(
        edges.tail, edges.head, edges.forward_ms, edges.backward_ms, merged.node_count, merge=False
    )
    attributes = merged.attributes.iloc[order].reset_index(drop=True)
    apart = RoadNetwork(edges.take(order), chains, attributes, merged.bridges, merged.parameters)
    one, other = (br.travel_times(network, sites, demand) for network in (merged, apart))
    assert np.array_equal(one.ms.toarray(), other.ms.toarray())
    assert np.array_equal(one.nearest_ms, other.nearest_ms)


@pytest.mark.parametrize(
    ("seed", "slowest_ms"),
    [(0, 40), (1, 40), (2, 20), (3, 20)]
    + [pytest.param(one, 400, marks=pytest.mark.heavy) for one in range(20)],
)
def test_between_two_places_of_one_leg_a_faster_leg_is_never_slower(seed, slowest_ms):
    """Their share of its milliseconds, rounded down: two rounded shares could differ by more."""
    random = np.random.default_rng(seed)
    shares = np.sort(random.random(2)) if seed else np.array([0.05, 0.5])
    tables = [
        gpd.GeoDataFrame(index=pd.Index([name]), geometry=[Point(44 + share / 10, 33)], crs=4326)
        for name, share in zip("sd", np.round(shares, 6), strict=True)
    ]
    before = np.inf
    for ms in range(slowest_ms, 0, -1):
        network, _ = network_from_arrays(
            np.array([44.0, 44.1]), np.full(2, 33.0), [0], [1], [ms], [2 * ms]
        )
        found = [
            int(br.travel_times(network, *pair, direction=way).nearest_ms[0])
            for pair in (tables, tables[::-1])
            for way in ("site_to_demand", "demand_to_site")
        ]
        part = (shares[1] - shares[0]) * ms
        assert found == pytest.approx([part, 2 * part, 2 * part, part], abs=1.001)
        assert (np.array(found) <= before).all()
        before = np.array(found)


def test_the_place_that_a_faster_road_once_made_slower_by_a_millisecond():
    """Two places of one leg, found among some hundred thousand worlds."""
    seed = 69512549
    random, roads, sites, demand = world(seed)
    kmh = random.uniform(5, 90, len(roads))
    one = random.integers(len(roads))
    slow = network_of(roads.assign(speed_kmh=kmh))
    kmh[one] *= 1 + 10 ** random.uniform(-9, 0)
    fast = network_of(roads.assign(speed_kmh=kmh))
    assert (nearest(fast, sites, demand) <= nearest(slow, sites, demand)).all()
