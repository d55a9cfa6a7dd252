"""Each place lies in one area, the one that GEOS names; gaps and overlaps are said."""

import os
import subprocess
import sys
import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box, affinity

import boxreach as br
from boxreach.sources.area_index import AreaIndex


def ask_geos(polygons, lon, lat):
    """Return the first polygon that holds each point, by asking GEOS of all of them."""
    found = np.full(len(lon), -1)
    for at in range(len(polygons))[::-1]:
        one = shapely.from_wkb(shapely.to_wkb(polygons[at]))
        shapely.prepare(one)
        found[shapely.intersects_xy(one, lon, lat)] = at
    return found


def voronoi(random, count, *, jag=0.0):
    """Return cells that fill a square, their edges shared to the bit; jagged if asked."""
    sites = shapely.multipoints(random.uniform([43, 32], [45, 34], (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(sites))
    cells = shapely.intersection(cells, box(43, 32, 45, 34))
    if jag:
        waves = random.uniform(5, 60, 4)

        def bend(at):
            lon, lat = at.T
            east = np.sin(lon * waves[0] + lat * waves[1])
            return at + jag * np.column_stack([east, np.cos(lon * waves[2] - lat * waves[3])])

        cells = shapely.transform(shapely.segmentize(cells, random.choice([0.02, 0.3])), bend)
    return cells[shapely.is_valid(cells)]


def lattice(random, count):
    """Return rectangles on a lattice of sevenths, many of which share edges or overlap."""
    west, south = random.integers(0, 10, (2, count))
    wide, high = random.integers(1, 5, (2, count))
    return box(43 + west / 7, 32 + south / 7, 43 + (west + wide) / 7, 32 + (south + high) / 7)


def holed(random, count):
    """Return cells with holes, some of which are filled by other areas."""
    cells = voronoi(random, count, jag=0.004)
    holes = shapely.buffer(shapely.point_on_surface(cells), random.uniform(0.005, 0.1), quad_segs=3)
    filled = shapely.intersection(holes, cells)[:: random.integers(1, 3)]
    shapes = np.append(shapely.difference(cells, holes), filled)
    return shapes[np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)]


def scattered(random, count):
    """Return areas of several parts, which lie among each other."""
    cells = voronoi(random, 3 * count, jag=0.002)
    whose = random.integers(0, count, len(cells))
    shapes = [shapely.union_all(cells[whose == one]) for one in range(count)]
    return np.array([one for one in shapes if not one.is_empty])


def slivers(random, count):
    """Return needles of all lengths and directions, some a rounding wide."""
    at, to = random.uniform([43, 32], [45, 34], (2, count, 2))
    off = random.normal(size=(count, 2)) * 10.0 ** random.uniform(-14, -1, (count, 1))
    rings = np.stack([at, to, to + off], axis=1)
    return shapely.polygons(rings)


def overlapping(random, count):
    """Return stars that lie on each other, with gaps between them."""
    angle = np.sort(random.uniform(0, 2 * np.pi, (count, 30)), axis=1)
    far = random.uniform(0.05, 0.5, (count, 30))
    ring = far[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=2)
    stars = shapely.polygons(ring + random.uniform([43, 32], [45, 34], (count, 1, 2)))
    return stars[shapely.is_valid(stars)]


def flat(random, count):
    """Return strips as long as the layer is wide, whose runs go from end to end."""
    edge = np.sort(random.uniform(32, 34, count + 1))
    step = np.linspace(43, 45, random.integers(2, 200))
    lines = edge[:, None] + random.choice([0, 1e-3]) * np.sin(step * 40)
    rings = [
        np.vstack([np.column_stack([step, low]), np.column_stack([step, high])[::-1]])
        for low, high in zip(lines[:-1], lines[1:], strict=True)
    ]
    shapes = np.array([Polygon(ring) for ring in rings])
    return shapes[shapely.is_valid(shapes)]


LAYERS = {
    one.__name__: one
    for one in (voronoi, lattice, holed, scattered, slivers, overlapping, flat)
}


def hard_points(random, polygons):
    """Return points anywhere, on corners, on edges and next to them, level with corners."""
    west, south, east, north = shapely.total_bounds(polygons)
    corner = shapely.get_coordinates(polygons)
    corner = corner[random.integers(0, len(corner), 300)]
    ring, whose = shapely.get_coordinates(polygons, return_index=True)
    one = random.choice(np.flatnonzero(whose[1:] == whose[:-1]), 300)
    share = random.choice([0.25, 0.5, 1 / 3, random.random()], (300, 1))
    edge = ring[one] + share * (ring[one + 1] - ring[one])
    free = random.uniform([west - 0.1, south - 0.1], [east + 0.1, north + 0.1], (400, 2))
    level = np.column_stack([free[:300, 0], corner[:, 1]])
    above = np.column_stack([corner[:, 0], free[:300, 1]])
    near = np.nextafter(np.vstack([corner, edge]), random.choice([-np.inf, np.inf], (600, 2)))
    sevenths = np.round(free * 7) / 7
    return np.vstack([corner, edge, free, level, above, near, sevenths]).T.copy()


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("kind", LAYERS)
def test_the_index_says_what_geos_says_for_every_point(kind, seed):
    """Corners, shared edges, neighbours by one rounding: the first area that holds the point."""
    random = np.random.default_rng([seed, *kind.encode()])
    polygons = LAYERS[kind](random, int(random.integers(3, 40)))
    lon, lat = hard_points(random, polygons)
    want = ask_geos(polygons, lon, lat)
    for points in (1, 300, 3_000_000):
        assert np.array_equal(AreaIndex.over(polygons, points=points).locate(lon, lat), want)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=7),
             min_size=1, max_size=5),
    st.sampled_from([1.0, 0.1, 1 / 3, 1e-7, 1e-13]),
)  # fmt: skip
def test_small_polygons_of_any_shape_and_size_are_answered_as_geos_does(rings, size):
    """On a lattice each point meets corners and edges; some layers are a rounding wide."""
    shapes = np.array([Polygon(np.array(ring) * size + (44, 33)) for ring in rings])
    shapes = shapes[shapely.is_valid(shapes)]
    if not len(shapes):
        return
    lon, lat = (np.indices((15, 15)).reshape(2, -1) - 1) / 2 * size + np.array([[44], [33]])
    found = AreaIndex.over(shapes, points=500_000).locate(lon, lat)
    assert np.array_equal(found, ask_geos(shapes, lon, lat))


@pytest.mark.parametrize("at", [(-180, -90), (179, 89), (0, 0)])
def test_areas_at_the_ends_of_the_earth_are_as_drawn(at):
    """At the poles, the antimeridian and the origin, where degrees lie closest."""
    random = np.random.default_rng(7)
    shapes = np.array([affinity.translate(one, at[0] - 44 + 0.5, at[1] - 33 + 0.5, 0)
                       for one in (box(43.5, 32.5, 44, 33), box(44, 32.5, 44.5, 33.2))])  # fmt: skip
    lon, lat = hard_points(random, shapes)
    found = AreaIndex.over(shapes, points=10_000).locate(lon, lat)
    assert np.array_equal(found, ask_geos(shapes, lon, lat))
    shared = np.array([shapes[0].bounds[2]]), np.array([shapes[0].bounds[1]])
    assert AreaIndex.over(shapes, points=1).locate(*shared).tolist() == [0]


_PLAIN = """
import sys
import numpy as np
import shapely
from boxreach.sources.area_index import AreaIndex
kept = np.load(sys.argv[1])
index = AreaIndex.over(shapely.from_wkb(kept["polygons"]), points=20_000)
np.save(sys.argv[2], index.locate(kept["lon"], kept["lat"]))
"""


def test_plain_python_places_points_as_compiled_kernels_do(tmp_path):
    """Where numba is missing it is slow, and right."""
    random = np.random.default_rng(3)
    polygons = np.concatenate([make(random, 9) for make in LAYERS.values()])
    lon, lat = hard_points(random, polygons)
    hexes = shapely.to_wkb(polygons, hex=True).astype(str)
    np.savez(tmp_path / "layer.npz", polygons=hexes, lon=lon, lat=lat)
    subprocess.run(
        [sys.executable, "-c", _PLAIN, tmp_path / "layer.npz", tmp_path / "found.npy"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        check=True,
    )
    assert np.array_equal(np.load(tmp_path / "found.npy"), ask_geos(polygons, lon, lat))
