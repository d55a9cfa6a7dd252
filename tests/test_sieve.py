"""What the sieve promises: whatever it leaves out, no time changes by a millisecond."""

import warnings

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rasterio import Affine
from shapely import LineString, Point, box

import boxreach as br
from boxreach.network import access, link_points
from boxreach.network.sieve import Sieve
from boxreach.sources.terrain import Terrain

SEEDS = st.integers(0, 10**9)
ALL, NONE = 1, 10**9
"""From how many points on roads are sifted."""


def hinder(random, kind):
    """Return what `build_network` is given to make ways over open ground harder."""
    low = random.uniform((43.99, 32.99), (44.05, 33.03))
    area = box(*low, *(low + random.uniform(0.002, 0.03, 2)))
    if kind == "river":
        line = LineString(random.uniform((43.98, 32.98), (44.09, 33.06), (4, 2)))
        return {"rivers": gpd.GeoDataFrame(geometry=[line], crs=4326)}
    if kind == "ground":
        kmh = random.choice([0.0, 3.0, 40.0], 2)
        shapes = [area, Point(44.03, 33.01).buffer(0.01)]
        return {"ground": gpd.GeoDataFrame({"off_road_kmh": kmh}, geometry=shapes, crs=4326)}
    if kind == "slow":
        west = [box(43.97, 32.97, 44.0 + random.uniform(0.002, 0.03), 33.07)]
        return {"ground": gpd.GeoDataFrame({"off_road_kmh": [2.0]}, geometry=west, crs=4326)}
    if kind == "closures":
        factor = random.choice([np.nan, 0.5])
        shapes = [area, Point(44.004, 33.004).buffer(0.0005)]
        shut = gpd.GeoDataFrame({"speed_factor": [factor, np.nan]}, geometry=shapes, crs=4326)
        return {"closures": shut.rename(index=str)}
    if kind == "terrain":
        heights = random.uniform(0, 300, (40, 40)).astype(np.float32)
        place = Affine(0.004, 0, 43.95, 0, -0.004, 33.1)
        terrain = Terrain(heights, place, CRS.from_epsg(4326), "dem.tif")
        return {"speeds": br.SpeedModel().replace(terrain=terrain)}
    return {}


def find_times(monkeypatch, fewest, *given, **options):
    """Return the times with roads sifted from so many points on."""
    monkeypatch.setattr(access, "FEWEST_SIFTED", fewest)
    return br.travel_times(*given, cutoff=90, **options)


KINDS = ["plain", "river", "ground", "slow", "closures", "terrain"]


@pytest.mark.parametrize(
    "count", [12, pytest.param(400, marks=[pytest.mark.slow, pytest.mark.heavy])]
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
def test_sifting_changes_no_time(kind, direction, count, draw_towns):
    """Both searches give the same milliseconds, nearest sites and ways over open ground."""

    @settings(max_examples=count, deadline=None)
    @given(seed=SEEDS)
    def check(seed):
        random, roads, sites, demand = draw_towns(seed)
        kmh = float(random.choice([4.0, 15.0, 35.0]))
        range_km = float(random.choice([0.5, 2.0, 5.0]))
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore", br.DataWarning)
            network = br.build_network(
                roads, off_road_kmh=kmh, off_road_km=range_km, **hinder(random, kind)
            )
            one, other = (
                find_times(patch, fewest, network, sites, demand, direction=direction)
                for fewest in (NONE, ALL)
            )
        assert np.array_equal(one.ms.toarray(), other.ms.toarray())
        for name in ("nearest_site", "nearest_ms", "lifted_ms", "off_road_ms"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert np.array_equal(one.off_road_m, other.off_road_m, equal_nan=True)

    check()


@pytest.mark.parametrize("outward", [True, False])
def test_in_a_town_few_roads_are_left(outward, draw_towns):
    """A place among streets is linked to some of them, not to hundreds."""
    _, roads, _, demand = draw_towns(3)
    network = br.build_network(roads, off_road_kmh=5.0)
    lon, lat = (np.round(one, 7) for one in (demand.geometry.x, demand.geometry.y))
    sieve = Sieve.over(network, lon.to_numpy(), lat.to_numpy(), outward=outward)
    first, known, after = sieve.sift(0, sieve.blocks, 10**9)
    links, _ = link_points(network, lon.to_numpy(), lat.to_numpy(), outward=outward)
    assert after == sieve.blocks
    assert len(known) < len(links.point) / 4
    assert (np.diff(first) > 0).sum() == len(np.unique(links.point))


def test_sifting_in_small_steps_gives_the_same(draw_towns):
    """Where it stops between blocks changes nothing."""
    _, roads, _, demand = draw_towns(4)
    network = br.build_network(roads)
    lon, lat = demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy()
    sieve = Sieve.over(network, lon, lat, outward=False)
    assert sieve.blocks > 2
    whole = sieve.sift(0, sieve.blocks, 10**9)
    block, parts = 0, []
    while block < sieve.blocks:
        _, known, block = sieve.sift(block, sieve.blocks, 1)
        parts.append(known)
    assert np.array_equal(np.concatenate(parts), whole[1])
    assert sieve.shares(3)[0] == 0
    assert sieve.shares(3)[-1] == sieve.blocks
    assert np.array_equal(np.sort(sieve.order), np.arange(len(lon)))
