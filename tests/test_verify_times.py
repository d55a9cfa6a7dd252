"""The second path of `verify` to times, held against the engine on random towns and slopes."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from rasterio import Affine

import boxreach as br
from boxreach.cli.evidence import network_arrays
from boxreach.crs import WGS84
from boxreach.sources.terrain import Terrain
from boxreach.verification.evidence import Evidence
from boxreach.verification.open_ground import Heights, read_ground
from boxreach.verification.roads import read_roads
from boxreach.verification.rows import SLACK_MS
from boxreach.verification.times import Search


def hindered(seed):
    """Return what is in the way in the towns of a seed, one kind after the other."""
    points = [
        shapely.Point(44.01, 33.01),
        shapely.Point(44.035, 33.012),
        shapely.Point(44.06, 33.02),
    ]
    frames = {
        1: ("closures", {"speed_factor": [0, 0.4, 0.7]}, [0.003, 0.004, 0.002]),
        2: ("ground", {"off_road_kmh": [0.0, 5.0, 40.0]}, [0.002, 0.006, 0.006]),
    }
    if seed % 4 == 3:
        line = shapely.LineString([(44.0, 32.98), (44.012, 33.0), (44.02, 33.05)])
        return {"rivers": gpd.GeoDataFrame(geometry=[line], crs=4326)}
    if seed % 4 == 0:
        return {}
    name, columns, radii = frames[seed % 4]
    shapes = [one.buffer(far) for one, far in zip(points, radii, strict=True)]
    return {name: gpd.GeoDataFrame(columns, geometry=shapes, crs=4326, index=["a", "b", "c"])}


def second_path(network, direction, **heights):
    """Return the search of `verify` on a network, and the same without closures."""
    evidence = Evidence(network_arrays(network), {}, {"off_road_kmh": network.off_road_kmh})
    driven, whole = read_roads(evidence)
    ground = replace(read_ground(evidence), **heights)
    search = Search(driven, ground, network.off_road_km, 60_000, direction)
    lifted = search
    if whole is not None:
        opened = replace(ground, closed=ground.closed[:0], trees={})
        lifted = replace(search, roads=whole, ground=opened)
    return search, lifted


def compare(times, search, lifted):
    """Hold times against the second path: all pairs, the quickest, and the nearest road."""
    places = [np.round(np.column_stack([one.geometry.x, one.geometry.y]), 7)
              for one in (times.sites, times.demand)]  # fmt: skip
    limit = times.cutoff_minutes * 60_000
    found, free = (one.times(*places, limit) for one in (search, lifted))
    known = np.full(found.ms.shape, np.inf)
    pairs = times.ms.tocoo()
    known[pairs.row, pairs.col] = pairs.data
    clear = np.abs(found.ms - limit) > SLACK_MS
    second = np.where(found.ms <= limit, found.ms, np.inf)
    assert (np.isfinite(known) == np.isfinite(second))[clear].all()
    both = np.isfinite(known) & np.isfinite(second)
    assert both.sum() > 50
    assert np.abs(known[both] - second[both]).max() <= SLACK_MS
    for ms, soonest in ((times.nearest_ms, found.soonest), (times.lifted_ms, free.soonest)):
        way = np.isfinite(soonest)
        assert ((ms >= 0) == way).all()
        assert np.abs(ms[way] - soonest[way]).max(initial=0) <= SLACK_MS
    np.testing.assert_allclose(times.off_road_m, free.metres, atol=0.001)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 5, 2, 3])
def test_the_second_path_agrees_on_random_towns(draw_towns, seed):
    """One-way streets, closures, slow ground and rivers, both directions: to a few milliseconds."""
    _, roads, sites, demand = draw_towns(seed)
    network = br.build_network(roads, off_road_km=2, off_road_kmh=8, **hindered(seed))
    direction = "demand_to_site" if seed % 3 == 0 else "site_to_demand"
    times = br.travel_times(
        network, sites, demand, cutoff=30, direction=direction, mobilise_minutes=1
    )
    compare(times, *second_path(network, direction))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 5])
def test_the_second_path_waits_at_the_same_junctions(draw_towns, seed):
    """Also of roads that closures cut and slow, and of places on them."""
    _, roads, sites, demand = draw_towns(seed)
    speeds = br.SpeedModel(junction_s={"primary": 9.0, "residential": 20.0, "track": 31.0})
    network = br.build_network(
        roads, off_road_km=2, off_road_kmh=8, speeds=speeds, **hindered(seed)
    )
    direction = "demand_to_site" if seed % 3 == 0 else "site_to_demand"
    times = br.travel_times(
        network, sites, demand, cutoff=30, direction=direction, mobilise_minutes=1
    )
    compare(times, *second_path(network, direction))


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["demand_to_site", "site_to_demand"])
def test_the_second_path_agrees_on_slopes(draw_towns, direction):
    """Uphill is not as quick as downhill, on roads and beside them."""
    random, roads, sites, demand = draw_towns(5)
    demand = demand.iloc[::4]
    grid = random.uniform(0, 60, (40, 60)).astype(np.float32)
    place = Affine(0.002, 0, 43.97, 0, -0.002, 33.065)
    speeds = br.SpeedModel(terrain=Terrain(grid, place, WGS84))
    network = br.build_network(roads, off_road_km=0.7, off_road_kmh=8, speeds=speeds)
    times = br.travel_times(
        network, sites, demand, cutoff=30, direction=direction, mobilise_minutes=1
    )
    slope = np.array([speeds.slope.free, speeds.slope.up_loss, speeds.slope.down_loss])
    heights = Heights(grid, place, WGS84, slope)
    compare(times, *second_path(network, direction, heights=heights))
