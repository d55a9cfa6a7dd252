"""Each place lies in one area, the one that GEOS names; gaps and overlaps are said."""

import os
import subprocess
import sys
import warnings
from inspect import signature
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, affinity, box

import boxreach as br
from boxreach.sources.area_cover import describe_cover
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
        for low, high in pairwise(lines)
    ]
    shapes = np.array([Polygon(ring) for ring in rings])
    return shapes[shapely.is_valid(shapes)]


LAYERS = {
    one.__name__: one for one in (voronoi, lattice, holed, scattered, slivers, overlapping, flat)
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
    halves = (box(0, 0, 0.5, 0.5), box(0.5, 0, 1, 0.7))
    shapes = np.array([affinity.translate(one, *at) for one in halves])
    lon, lat = hard_points(random, shapes)
    found = AreaIndex.over(shapes, points=10_000).locate(lon, lat)
    assert np.array_equal(found, ask_geos(shapes, lon, lat))
    shared = np.array([shapes[0].bounds[2]]), np.array([shapes[0].bounds[1]])
    assert AreaIndex.over(shapes, points=1).locate(*shared).tolist() == [0]


@pytest.mark.parametrize("slope", [1.0, 3.0, 1 / 3])
def test_a_determinant_that_rounding_turns_is_asked_of_geos(slope):
    """Points some last digits off a long edge: plain arithmetic has some on the wrong side."""
    shape = Polygon([(-12, -12 * slope), (24, 24 * slope), (24, -12 * slope)])
    east, north = np.indices((80, 80)).reshape(2, -1) - 40
    lon, lat = 0.5 + east * 2.0**-53, 0.5 * slope + north * 2.0**-54
    side = (-12 - lon) * (24 * slope - lat) - (-12 * slope - lat) * (24 - lon) <= 0
    want = ask_geos([shape], lon, lat)
    assert (side != (want == 0)).any()
    found = AreaIndex.over(np.array([shape]), points=10_000).locate(lon, lat)
    assert np.array_equal(found, want)


_PLAIN = """
import sys
import numpy as np
import shapely
from boxreach.sources.area_index import AreaIndex
kept = np.load(sys.argv[1])
index = AreaIndex.over(shapely.from_wkb(kept["polygons"]), points=20_000)
np.save(sys.argv[2], index.locate(kept["lon"], kept["lat"]))
"""


@pytest.mark.slow
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


# --- the nearest area, names, and what is said ------------------------------------------------

HALVES = gpd.GeoDataFrame(
    {"name": ["East", "West"]},
    index=["b", "a"],
    geometry=[box(45, 33, 46, 34), box(44, 33, 45, 34)],
    crs=4326,
)


def places(*shapes, crs=4326):
    """Return places that are numbered."""
    ids = [f"c{at}" for at in range(len(shapes))]
    return gpd.GeoDataFrame(index=ids, geometry=list(shapes), crs=crs).rename_axis("community_id")


def test_positions_are_those_of_the_areas_as_given():
    """The first by id has a shared edge, wherever it stands in the table."""
    table = places(Point(45.5, 33.5), Point(44.5, 33.5), Point(45, 33.5), Point(45, 33))
    assert br.locate_areas(table, HALVES).tolist() == [0, 1, 1, 1]
    assert br.locate_areas(table, HALVES.iloc[::-1]).tolist() == [1, 0, 0, 0]
    assert br.locate_areas(table.iloc[:0], HALVES).tolist() == []


def test_ids_are_compared_as_text():
    """10 comes before 9, as everywhere."""
    twice = gpd.GeoDataFrame(
        {"name": ["nine", "ten"]}, index=[9, 10], geometry=[box(44, 33, 45, 34)] * 2, crs=4326
    )
    assert br.locate_areas(places(Point(44.5, 33.5)), twice).tolist() == [1]


def test_areas_of_one_name_stay_two():
    """Positions tell them apart."""
    same = HALVES.assign(name="Centre")
    table = places(Point(44.5, 33.5), Point(45.5, 33.5))
    assert br.locate_areas(table, same).tolist() == [1, 0]


def test_lines_are_placed_by_their_middle():
    """A segment that crosses from west to east lies where most of it does."""
    table = places(LineString([(44.9, 33.5), (45.3, 33.5)]), Point(44.5, 33.5))
    assert br.locate_areas(table, HALVES).tolist() == [0, 1]


def test_places_and_areas_may_be_in_other_systems():
    """They are compared in degrees."""
    table = places(Point(45.5, 33.5), Point(44.5, 33.5))
    found = br.locate_areas(table.to_crs(32638), HALVES.to_crs(3857))
    assert found.tolist() == [0, 1]


def test_membership_is_decided_where_outlines_are_straight_as_drawn():
    """A parallel bends in metres: a place 200 m south of it by degrees stays south of it."""
    wide = gpd.GeoDataFrame(
        {"name": ["N", "S"]},
        index=["n", "s"],
        geometry=[box(40, 33, 48, 36), box(40, 30, 48, 33)],
        crs=4326,
    )
    table = places(*(Point(lon, 33 + off) for lon in (41, 44, 47) for off in (-2e-3, 2e-3)))
    assert br.locate_areas(table, wide).tolist() == [1, 0] * 3


@pytest.mark.slow
@pytest.mark.parametrize("within_km", [0.0, 3.0, 20.0, 400.0])
def test_a_place_in_no_area_gets_the_nearest_within_so_many_km(within_km):
    """By brute force over all areas in metres; what is farther is in none, and both are counted."""
    random = np.random.default_rng(5)
    shapes = overlapping(random, 9)
    areas = gpd.GeoDataFrame({"name": "A"}, index=range(len(shapes)), geometry=shapes, crs=4326)
    at = random.uniform([41, 30], [47, 36], (400, 2))
    table = places(*shapely.points(at))
    crs = br.crs.metric_crs(tuple(areas.total_bounds))
    metres = np.array([
        areas.to_crs(crs).distance(one).to_numpy() for one in table.to_crs(crs).geometry
    ])  # fmt: skip
    inside = ask_geos(shapes, *at.T)
    want = np.where(metres.min(axis=1) <= within_km * 1000, metres.argmin(axis=1), -1)
    want = np.where(inside >= 0, inside, want)
    outside = int((inside < 0).sum())
    nowhere = int((want < 0).sum())
    said = f"of 400 rows .community., {outside} lie in no area: {outside - nowhere} were counted"
    with pytest.warns(br.DataWarning, match=f"{said} to the nearest one, {nowhere} to none"):
        found = br.locate_areas(table, areas, within_km=within_km)
    assert np.array_equal(found, want)


@pytest.mark.filterwarnings("ignore:of 1 rows")
def test_how_far_is_held_to_the_millimetre():
    """Within is within, and a place just beyond is in no area."""
    table = places(Point(46.1, 33.5))
    crs = br.crs.metric_crs(tuple(HALVES.total_bounds))
    km = table.to_crs(crs).distance(HALVES.to_crs(crs).geometry.iloc[0], align=False).iloc[0] / 1000
    assert br.locate_areas(table, HALVES, within_km=km + 1e-6).tolist() == [0]
    assert br.locate_areas(table, HALVES, within_km=km - 1e-6).tolist() == [-1]


def test_the_nearest_area_outright_is_not_said():
    """Infinity asks for it, from anywhere in reach of the projection; the first by id if equal."""
    table = places(Point(60, 20), Point(45, 35), Point(-170, 5))
    found = br.locate_areas(table, HALVES, within_km=np.inf)
    assert found[:2].tolist() == [0, 1]


def test_areas_on_both_sides_of_the_antimeridian_are_as_drawn():
    """Between them lies the rest of the world; nothing is near there, and nothing breaks."""
    sides = HALVES.set_geometry([box(-180, 0, -179, 1), box(179, 0, 180, 1)], crs=4326)
    table = places(Point(-179.5, 0.5), Point(179.5, 0.5), Point(180, 0.5), Point(0, 0.5))
    with pytest.warns(br.DataWarning, match="1 lie in no area: 0 were counted"):
        assert br.locate_areas(table, sides).tolist() == [0, 1, 1, -1]
    assert len(br.locate_areas(table, sides, within_km=np.inf)) == 4


def test_a_table_is_joined_with_names_and_stays_as_it_was():
    """The column is text; index and order are the caller's."""
    table = places(Point(45.5, 33.5), Point(20, 20), Point(44.5, 33.5))
    before = table.copy()
    with pytest.warns(br.DataWarning, match="0 were counted to the nearest one, 1 to none"):
        joined = br.join_areas(table, HALVES, column="half")
    assert joined["half"].tolist() == ["East", "", "West"]
    assert all(type(one) is str for one in joined["half"])
    assert joined.index.equals(table.index)
    assert joined["half"].dtype == table.assign(half=["a", "b", "c"])["half"].dtype
    assert table.equals(before)
    assert br.join_areas(table.iloc[:0], HALVES, column="half")["half"].tolist() == []


@pytest.mark.parametrize("shape", [None, Point(), box(44, 33, 45, 34), Point(200, 33)])
def test_rows_without_a_place_are_refused_by_their_number(shape):
    """All of them at once."""
    table = places(Point(44.5, 33.5), shape, Point(44.5, 33.6), shape)
    with pytest.raises(br.InputError) as caught:
        br.locate_areas(table, HALVES)
    assert [fault.row for fault in caught.value.faults] == [2, 4]


# --- gaps and overlaps ------------------------------------------------------------------------


def read(tmp_path, shapes, **columns):
    """Write areas to a file, read them, and return what was said."""
    names = [f"N{at}" for at in range(len(shapes))]
    frame = gpd.GeoDataFrame({"area_id": names, "name": names} | columns, geometry=shapes, crs=4326)
    frame.to_file(tmp_path / "areas.gpkg")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        areas = br.read_areas(tmp_path / "areas.gpkg")
    assert all(issubclass(one.category, br.DataWarning) for one in heard)
    return [str(one.message) for one in heard], areas


def test_areas_that_fit_are_read_without_a_word(tmp_path):
    """Shared edges, corners, holes that are filled; and columns of the file are kept."""
    holed = box(44, 33, 45, 34) - box(44.4, 33.4, 44.6, 33.6)
    shapes = [holed, box(44.4, 33.4, 44.6, 33.6), box(45, 33, 46, 33.7), box(48, 33, 49, 34)]
    said, areas = read(tmp_path, shapes, code=[1, 2, 3, 4])
    assert said == []
    assert areas["code"].tolist() == [1, 2, 3, 4]


def test_an_overlap_is_said_by_name_and_size(tmp_path):
    """0.01 by 0.5 degrees at 33.25 N are 51.7 km²; ground in three areas counts once in all."""
    said, _ = read(tmp_path, [box(44, 33, 45, 34), box(44.99, 33, 46, 33.5)])
    (one,) = said
    assert one.startswith("areas.gpkg: 1 pair of areas overlaps, 52 km² in all (N0 – N1: 52 km²)")
    assert "first area by id" in one
    said, _ = read(tmp_path, [box(44, 33, 45, 34)] * 3)
    assert said[0].startswith("areas.gpkg: 3 pairs of areas overlap, 10,306 km² in all (")


def test_an_area_within_another_overlaps_it(tmp_path):
    """A town drawn over its district, whose outline has no hole for it."""
    said, _ = read(tmp_path, [box(44, 33, 45, 34), box(44.4, 33.4, 44.5, 33.5)])
    assert [one.split(",")[0] for one in said] == ["areas.gpkg: 1 pair of areas overlaps"]


def test_a_gap_is_said_by_its_neighbours(tmp_path):
    """Also where one area alone encloses it, and around an area that does not fill it."""
    ring = box(44, 33, 45, 34) - box(44.4, 33.4, 44.6, 33.6)
    said, _ = read(tmp_path, [ring])
    assert said[0].startswith("areas.gpkg: 1 gap between areas, 412 km² in all (N0: 412 km²)")
    within_km = signature(br.join_areas).parameters["within_km"].default
    assert said[0].endswith(f"to the nearest area within {within_km:g} km, else to none")
    said, _ = read(tmp_path, [ring, box(44.45, 33.45, 44.55, 33.55)])
    assert said[0].startswith("areas.gpkg: 1 gap between areas, 309 km² in all (N0 – N1")
    west, east = box(44, 33, 44.5, 34), box(44.5, 33, 45, 34)
    hole = Polygon([(44.5, 33.4), (44.6, 33.5), (44.5, 33.6)])
    said, _ = read(tmp_path, [west, east - hole])
    assert "(N0 – N1: 1" in said[0]


def test_ground_outside_all_areas_is_no_gap(tmp_path):
    """A bay is open, and countries end."""
    said, _ = read(tmp_path, [box(44, 33, 45, 34) - box(44.4, 33.4, 44.6, 34)])
    assert said == []


def test_slivers_are_summed_and_what_is_less_than_they_is_not_said(tmp_path):
    """Ten names at most; rounding is silent."""
    wide = [box(44 + at / 10, 33, 44 + (at + 1) / 10 + 1e-6, 34) for at in range(9)]
    said, _ = read(tmp_path, wide)
    assert said == [
        "areas.gpkg: 8 pairs of areas overlap, 0.082 km² in all"
        " (" + "; ".join(f"N{at} – N{at + 1}: 0.01 km²" for at in range(8)) + ");"
        " places there are counted once, in the first area by id"
    ]
    low = [box(44 + at / 10, 33, 44 + (at + 1) / 10 + 1e-6, 33.5) for at in range(9)]
    said, _ = read(tmp_path, low)
    assert said == [
        "areas.gpkg: pairs of areas overlap in 8 slivers under 0.01 km², 0.041 km² in all;"
        " places there are counted once, in the first area by id"
    ]
    many = [box(44 + at / 10, 33, 44 + (at + 1) / 10 + 1e-4, 34) for at in range(20)]
    said, _ = read(tmp_path, many)
    assert said[0].count(" – N") == 10
    assert "; and 9 more)" in said[0]
    assert read(tmp_path, [box(44 + at, 33, 45 + at + 1e-12, 34) for at in range(3)])[0] == []


@pytest.mark.parametrize("kind", LAYERS)
def test_what_is_said_does_not_depend_on_a_quicker_union(kind, monkeypatch):
    """An older shapely has none."""
    shapes = LAYERS[kind](np.random.default_rng(4), 12)
    names = [f"N{at}" for at in range(len(shapes))]
    layer = gpd.GeoDataFrame({"name": names}, index=names, geometry=shapes, crs=4326)
    said = describe_cover(layer)
    monkeypatch.delattr(shapely, "coverage_is_valid", raising=False)
    assert describe_cover(layer) == said


def test_the_order_of_rows_changes_nothing_that_is_said(tmp_path):
    """Names stand by id."""
    shapes = list(overlapping(np.random.default_rng(2), 8))
    names = [f"N{at}" for at in range(len(shapes))]
    said = [
        read(tmp_path, shapes[::way], area_id=names[::way], name=names[::way])[0] for way in (1, -1)
    ]
    assert said[0] == said[1]
    assert said[0]


IRAQ = Path(__file__).parents[2] / "shared" / "data" / "iraq" / "admin_cod_ab_2019.gpkg"


@pytest.mark.real
@pytest.mark.skipif(not IRAQ.is_file(), reason="the real data are not there")
@pytest.mark.parametrize(("level", "count"), [("adm1", 18), ("adm2", 101), ("adm3", 294)])
def test_the_areas_of_iraq_fit_and_hold_their_own_corners(level, count):
    """No gap and no overlap; points on shared corners go to the first area by code."""
    columns = {"area_id": f"{level.upper()}_PCODE", "name": f"{level.upper()}_EN"}
    areas = br.read_areas(IRAQ, layer=level, columns=columns)
    assert len(areas) == count
    shapes = areas.sort_index().geometry.to_numpy()
    lon, lat = hard_points(np.random.default_rng(1), shapes)
    found = AreaIndex.over(shapes, points=len(lon)).locate(lon, lat)
    assert np.array_equal(found, ask_geos(shapes, lon, lat))
