"""The frontier: one line of parts, cut into segments, wherever on earth and however it is drawn."""

import json
import math
import re
import tempfile
import time
import warnings
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LinearRing, LineString, MultiLineString, Point, Polygon, box

import boxreach as br
from boxreach.errors import DataWarning, InputError
from boxreach.sources.chainage import find_chainages, place_on_line
from boxreach.sources.segments import Course, split_segments

GEOD = Geod(ellps="WGS84")
IRAQ = Path(__file__).parents[2] / "shared" / "data" / "iraq"
needs_iraq = pytest.mark.skipif(not IRAQ.is_dir(), reason=f"the real layers are not in {IRAQ}")
CROOKED = LineString([(44.0, 36.0), (44.03, 35.9), (43.95, 35.8), (44.02, 35.65)])
LEVEL = LineString([(44.0, 36.0), (44.4, 36.0)])
MERIDIAN = LineString([(44.0, 36.0), (44.0, 35.1)])


def read(*lines, columns=None, **options):
    """Write lines and read them as a frontier."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.geojson"
        gpd.GeoDataFrame(columns or {}, geometry=list(lines), crs=4326).to_file(path)
        return br.read_frontier(path, **options)


def read_quietly(*lines, **options):
    """Read lines whose gaps are no matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return read(*lines, **options)


def areas_of(*polygons, names=None):
    """Return areas in the order of their ids."""
    names = names or [f"Area {number}" for number in range(len(polygons))]
    index = pd.Index([f"a{number}" for number in range(len(polygons))], name="area_id")
    return gpd.GeoDataFrame({"name": names}, index=index, geometry=list(polygons), crs=4326)


def geodesic_km(*lines):
    return sum(GEOD.geometry_length(one) for one in lines) / 1000


def densify(line, times):
    """Return a line with so many vertices more in each step, on the geodesics."""
    if not times:
        return line
    xy = []
    for (x1, y1), (x2, y2) in pairwise(line.coords):
        xy += [(x1, y1), *GEOD.npts(x1, y1, x2, y2, times)]
    return LineString([*xy, line.coords[-1]])


def ends(segments):
    """Return where segments begin and where the last ends."""
    lines = segments.geometry.to_numpy()
    points = [*shapely.get_point(lines, 0), shapely.get_point(lines[-1], -1)]
    return shapely.get_coordinates(points)


def assert_same(one, other):
    """Assert that two readings differ by rounding alone: ids may, at half a decimal."""
    assert len(one) == len(other)
    for name in ("chainage_from_km", "chainage_to_km", "km"):
        assert one[name].tolist() == pytest.approx(other[name].tolist(), abs=2e-6)
    assert np.allclose(ends(one), ends(other), rtol=0, atol=2e-8)
    for name in {"part", "risk", "governorate", "own_side"} & {*one}:
        assert one[name].tolist() == other[name].tolist()


@st.composite
def paths(draw):
    """A line that only goes south, so that it never meets itself, somewhere on earth."""
    steps = draw(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.01, 1)), min_size=1, max_size=7))
    x, y = draw(st.integers(-150, 150)), draw(st.integers(-40, 60))
    return LineString(np.array([x, y]) + np.vstack([[0, 0], np.cumsum(steps, axis=0) * [1, -1]]))


@st.composite
def rings(draw):
    """A ring around a place: a star of so many corners."""
    radii = draw(st.lists(st.floats(0.2, 1), min_size=3, max_size=8))
    x, y = draw(st.integers(-150, 150)), draw(st.integers(-50, 50))
    turns = np.linspace(0, 2 * np.pi, len(radii), endpoint=False) + 0.1
    xy = np.array([x, y]) + np.array(radii)[:, None] * np.column_stack(
        [np.cos(turns), np.sin(turns)]
    )
    return LinearRing(xy)


# --- length and chainage ---------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(paths(), st.sampled_from([0.7, 5.0, 33.3, 1e6]))
def test_lengths_are_those_of_pyproj_to_a_billionth(line, segment_km):
    """Of the whole by km and by chainage, and of each segment; none is too long, all are equal."""
    segments = read(line, segment_km=segment_km)
    km = geodesic_km(line)
    assert math.isclose(segments["km"].sum(), km, rel_tol=1e-9)
    assert math.isclose(segments["chainage_to_km"].iloc[-1], km, rel_tol=1e-9)
    assert segments["km"].tolist() == pytest.approx(
        [geodesic_km(one) for one in segments.geometry], rel=1e-9
    )
    assert segments["km"].max() <= segment_km * (1 + 1e-6)
    assert np.ptp(segments["km"]) <= 1e-6
    assert len(segments) == max(1, math.ceil(km / segment_km - 1e-9))
    assert (segments["chainage_from_km"].to_numpy()[1:] == segments["chainage_to_km"][:-1]).all()
    assert segments.index.is_unique
    assert segments.index.tolist() == sorted(segments.index)
    assert set(segments["part"]) == {1}
    assert set(segments["risk"]) == {1.0}


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(paths(), st.integers(1, 9))
def test_reversing_or_densifying_a_line_changes_nothing_but_rounding(line, times):
    """Segments, chainages and places stay, whichever end comes first and however many vertices."""
    segments = read(line, segment_km=7)
    assert_same(segments, read(line.reverse(), segment_km=7))
    assert_same(segments, read(densify(line, times), segment_km=7))
    assert_same(segments, read(densify(line.reverse(), times), segment_km=7))


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(rings(), st.integers(0, 7), st.booleans(), st.integers(0, 3))
def test_rotating_reversing_or_densifying_a_ring_changes_nothing_but_rounding(
    ring, shift, backward, times
):
    """It begins at its northernmost point and goes on westward, whatever the file begins with."""
    segments = read(LineString(ring), segment_km=9)
    corners = list(ring.coords)[:-1]
    shift %= len(corners)
    rolled = [*corners[shift:], *corners[:shift], corners[shift]]
    drawn = densify(LineString(rolled[::-1] if backward else rolled), times)
    assert_same(segments, read(drawn, segment_km=9))
    first, last = segments.geometry.iloc[0].coords[0], segments.geometry.iloc[-1].coords[-1]
    assert first == last
    assert first[1] >= max(one[1] for one in corners) - 1e-12
    whole = [xy for one in segments.geometry for xy in one.coords]
    assert LinearRing(whole).is_ccw


def test_a_ring_whose_north_is_within_a_step_begins_there():
    """The geodesic between two corners of one latitude bulges to the north."""
    ring = LineString([(10, 50), (12, 50), (12, 49), (10, 49), (10, 50)])
    lon, lat = read(ring, segment_km=20).geometry.iloc[0].coords[0]
    assert lon == pytest.approx(11, abs=1e-6)
    assert lat == pytest.approx(GEOD.npts(10, 50, 12, 50, 1)[0][1], abs=1e-9)
    assert lat > 50.003


def test_a_line_in_pieces_is_one_line_in_whatever_order_and_direction_they_come():
    """Rows, parts of a row, and a vertex that stands twice."""
    x = list(CROOKED.coords)
    whole = read(CROOKED, segment_km=3)
    pieces = (LineString(x[2:]), MultiLineString([[x[2], x[1], x[1]], x[:2]]))
    assert_same(whole, read(*pieces, segment_km=3))
    corners = [(44, 36), (45, 36), (45, 35), (44, 35), (44, 36)]
    sides = [LineString(two) for two in pairwise(corners)]
    in_sides = read(sides[2], sides[0].reverse(), sides[3], sides[1], segment_km=9)
    assert_same(read(LineString(corners), segment_km=9), in_sides)


def test_parts_come_from_north_to_south_and_chainage_runs_on_over_the_gaps():
    """The part whose northern end is the northernmost first; a gap adds nothing and is said."""
    south = LineString([(44.0, 35.0), (44.0, 35.3)])
    north = LineString([(44.0, 35.5), (44.1, 36.0)])
    island = LineString(box(46, 35.1, 46.2, 35.25).exterior)
    with pytest.warns(DataWarning) as heard:
        segments = read(south, island, north, segment_km=5)
    said = [str(one.message) for one in heard if one.category is DataWarning]
    gap = GEOD.inv(44.0, 35.5, 44.0, 35.3)[2] / 1000
    assert len(said) == 2
    assert f"line.geojson: a gap of {gap:.3f} km before part 2" in said[0]
    assert "from longitude 44.000000, latitude 35.500000 to" in said[0]
    assert "to longitude 44.000000, latitude 35.300000" in said[0]
    assert "before part 3" in said[1]
    km = [geodesic_km(one) for one in (north, south, island)]
    assert segments.groupby("part")["km"].sum().tolist() == pytest.approx(km, rel=1e-9)
    assert segments["part"].is_monotonic_increasing
    first = segments.groupby("part")["chainage_from_km"].min().tolist()
    assert first == pytest.approx([0, km[0], km[0] + km[1]])
    assert segments["chainage_to_km"].iloc[-1] == pytest.approx(sum(km))
    assert segments.index.is_unique
    assert segments.index.tolist() == sorted(segments.index)
    assert np.ptp(segments.loc[segments["part"] == 1, "km"]) < 1e-6


@pytest.mark.parametrize(("stated", "heard"), [(100.8, 0), (99.0, 0), (101, 1), (98.8, 1)])
def test_a_length_off_the_stated_one_by_more_than_a_hundredth_is_said(stated, heard):
    """Both figures are told."""
    line = LineString([(44.0, 36.0), GEOD.fwd(44.0, 36.0, 180, 99_900)[:2]])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        read(line, stated_km=stated)
    said = [one for one in said if one.category is DataWarning]
    assert len(said) == heard
    for one in said:
        assert "99.9 km" in str(one.message)
        assert f"{stated:.1f} km are stated" in str(one.message)


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, "600"])
def test_numbers_that_are_no_lengths_are_refused(value):
    """Both at once."""
    with pytest.raises(InputError) as caught:
        read(CROOKED, segment_km=value, stated_km=value)
    assert [fault.what.split()[0] for fault in caught.value.faults] == ["segment_km", "stated_km"]


# --- the antimeridian ------------------------------------------------------------------------

FIJI = LineString([(179.5, -16.0), (179.8, -16.4), (180.3, -16.5), (179.9, -16.9), (180.4, -17.5)])


def wrapped(line):
    """Return a line in longitudes from -180 to 180, which jumps where it crosses."""
    return LineString([((x + 180) % 360 - 180, y) for x, y in line.coords])


@pytest.mark.parametrize(
    "drawn",
    [
        [FIJI],
        [wrapped(FIJI)],
        [LineString([(x - 360, y) for x, y in FIJI.reverse().coords])],
    ],
    ids=["beyond 180", "with jumps", "below -180"],
)
def test_a_line_across_the_antimeridian_is_cut_there(drawn):
    """However its longitudes are written: no segment is longer than asked or leaves -180 to 180."""
    segments = read(*drawn, segment_km=11)
    assert segments["km"].sum() == pytest.approx(geodesic_km(FIJI), rel=1e-9)
    bounds = segments.bounds
    assert (bounds["minx"] >= -180).all()
    assert (bounds["maxx"] <= 180).all()
    assert ((bounds["maxx"] - bounds["minx"]) < 1).all()
    assert segments["km"].max() <= 11
    assert_same(segments, read(FIJI, segment_km=11))
    lines = segments.geometry.to_numpy()
    joins = shapely.get_coordinates(
        [shapely.get_point(lines[:-1], -1), shapely.get_point(lines[1:], 0)]
    )
    before, after = joins.reshape(2, -1, 2)
    jumps = before[:, 0] != after[:, 0]
    assert jumps.sum() == 3
    assert set(np.abs(joins.reshape(2, -1, 2)[:, jumps, 0]).ravel()) == {180.0}
    assert (before[:, 1] == after[:, 1]).all()
    assert segments.index.is_unique


def test_parts_that_end_at_180_and_go_on_at_minus_180_are_one():
    """The same place has two names there."""
    west, east = LineString([(179.5, 66), (180, 65.5)]), LineString([(-180, 65.5), (-179.5, 65)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        segments = read(east, west, segment_km=5)
    assert set(segments["part"]) == {1}
    assert segments["km"].sum() == pytest.approx(geodesic_km(west, east), rel=1e-9)


def test_an_even_cut_within_a_metre_of_the_antimeridian_gives_way_to_it():
    """No segment of centimetres is left between the two."""
    west = GEOD.fwd(180, 0, 270, 1000.3)[:2]
    line = LineString([west, (GEOD.fwd(180, 0, 90, 999.7)[0] + 360, 0)])
    segments = read(line, segment_km=1)
    assert segments["km"].tolist() == pytest.approx([1.0003, 0.9997], abs=1e-6)
    assert segments.geometry.iloc[0].coords[-1][0] == 180
    assert segments.geometry.iloc[1].coords[0][0] == -180


def test_own_side_depth_and_governorate_are_told_across_the_antimeridian():
    """The own ground lies south of a line that goes east, in two areas that meet at 180."""
    line = LineString([(179.0, -16.0), (181.0, -16.0)])
    west, east = box(178, -16.25, 180, -15.999), box(-180, -16.25, -178, -15.999)
    areas = areas_of(west, east, names=["West", "East"])
    segments = read(line, segment_km=10, areas=areas)
    assert set(segments["own_side"]) == {"right"}
    assert segments["governorate"].drop_duplicates().tolist() == ["West", "East"]
    assert (segments["governorate"] == np.where(segments.bounds["minx"] > 0, "West", "East")).all()
    depth = GEOD.inv(180, -16, 180, -16.25)[2] / 1000
    assert segments["own_depth_km"].tolist() == pytest.approx([depth] * len(segments), abs=0.3)
    lon, _ = place_on_line(segments, [segments["chainage_to_km"].iloc[-1] / 2])
    assert abs(lon[0]) == pytest.approx(180, abs=1e-6)
    found = find_chainages(segments, [-179.9, 180.1, 179.9], [-16.1] * 3)
    assert found["chainage_km"][0] == pytest.approx(found["chainage_km"][1], abs=1e-9)
    along = GEOD.npts(179, -16, -179, -16, 9999)
    nearest = [min(GEOD.inv(x, -16.1, *one)[2] for one in along[4000:6000]) for x in (180.1, 179.9)]
    assert found["line_m"].tolist() == pytest.approx([nearest[0], *nearest], abs=0.1)


# --- what is no frontier ---------------------------------------------------------------------

NO_LINES = {
    "crosses itself": ([LineString([(44, 36), (44, 35), (44.5, 35.5), (43.5, 35.5)])],
                       "crosses or touches itself at longitude 44.000000, latitude 35.500000"),
    "touches itself at a vertex": (
        [LineString([(44, 36), (44, 35.5), (44, 35), (44.5, 35), (44, 35.5), (43.5, 35.6)])],
        "crosses or touches itself at longitude 44.000000, latitude 35.500000"),
    "touches itself within a step": (
        [LineString([(44, 36), (44, 35), (44.5, 35), (44, 35.4), (44.6, 35.6)])],
        "crosses or touches itself at longitude 44.000000, latitude 35.400000"),
    "parts cross": ([LineString([(44, 36), (44, 35)]), LineString([(43, 35.5), (45, 35.5)])],
                    "crosses or touches itself at longitude 44.000000, latitude 35.500000"),
    "branches at a vertex": ([LineString([(44, 36), (44, 35.5), (44, 35)]),
                              LineString([(44, 35.5), (45, 35.5)])],
                             "3 lines meet at longitude 44.000000, latitude 35.500000"),
    "three ends": ([LineString([(44, 36), (44, 35.5)]), LineString([(44, 35.5), (44, 35)]),
                    LineString([(44, 35.5), (45, 35.5)])],
                   "3 lines meet at longitude 44.000000, latitude 35.500000"),
    "overlaps": ([LineString([(44, 36), (44, 35)]), LineString([(44, 35.5), (44, 34.5)])],
                 "runs over itself at longitude 44.000000, latitude 35.250000"),
    "a part twice": ([MERIDIAN, MERIDIAN], "runs over itself"),
    "turns back": ([LineString([(44, 36), (44, 35), (44, 35.5)])], "runs over itself"),
    "no length": ([LineString([(44, 36), (44, 36)]), MERIDIAN],
                  "a line has no length at longitude 44, latitude 36"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "said"), NO_LINES.values(), ids=NO_LINES)
def test_what_is_no_frontier_is_refused_by_file_row_and_place(lines, said):
    """And what to do is said."""
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        read(*lines)
    for fault in caught.value.faults:
        assert fault.file == "line.geojson"
        assert 1 <= fault.feature <= len(lines)
        assert fault.advice


def test_all_that_is_wrong_with_a_line_is_said_at_once():
    """Three crossings are three faults."""
    zigzag = LineString([(44, 36), (44.5, 35.9), (44, 35.8), (44.5, 35.7)])
    with pytest.raises(InputError) as caught:
        read(zigzag, LineString([(44.25, 36.1), (44.25, 35)]))
    assert len(caught.value.faults) == 3


def test_a_crossing_at_the_antimeridian_is_refused_by_its_place():
    """Whatever its longitudes are called."""
    other = LineString([(-179.5, -16.7), (-179.95, -16.7)])
    said = "crosses or touches itself at longitude -179.900000, latitude -16.700000"
    with pytest.raises(InputError, match=said):
        read(FIJI, other)


@pytest.mark.parametrize("count", [0, 1])
def test_a_line_of_one_point_or_none_is_refused_by_its_file(tmp_path, count):
    """GDAL reads them."""
    path = tmp_path / "point.geojson"
    shape = {"type": "LineString", "coordinates": [[44, 36]] * count}
    rows = [{"type": "Feature", "properties": {}, "geometry": shape}]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    with pytest.raises(InputError, match=r"point\.geojson"):
        br.read_frontier(path)


def test_a_place_that_is_not_on_earth_is_refused():
    """Longitudes may go beyond 180, latitudes not beyond 90."""
    with pytest.raises(InputError, match="no place on earth"):
        read(LineString([(44, 36), (44, 91)]))
    with pytest.raises(InputError, match="no place on earth"):
        read(LineString([(359, 36), (361, 35)]))


# --- governorate and own side ----------------------------------------------------------------


def test_segments_are_cut_where_the_governorate_changes():
    """At the outlines where areas hold the line, half way where it is outside both."""
    north, south = box(43.99, 35.62, 45, 36.1), box(43.99, 35.0, 45, 35.55)
    segments = read(MERIDIAN, segment_km=10, areas=areas_of(north, south, names=["N", "S"]))
    changes = np.flatnonzero(segments["governorate"].to_numpy()[1:] != segments["governorate"][:-1])
    assert segments["governorate"].iloc[[0, -1]].tolist() == ["N", "S"]
    assert len(changes) == 1
    lat = segments.geometry.iloc[changes[0]].coords[-1][1]
    assert lat == pytest.approx((35.62 + 35.55) / 2, abs=1e-4)
    touching = areas_of(box(43.9, 35.5, 45, 36.1), box(43.99, 35.0, 45, 35.5), names=["N", "S"])
    segments = read(MERIDIAN, segment_km=10, areas=touching)
    assert segments["governorate"].value_counts().to_dict() == {"N": 6, "S": 5}
    lat = segments[segments["governorate"] == "N"].geometry.iloc[-1].coords[-1][1]
    assert lat == pytest.approx(35.5, abs=2e-9)


def test_a_governorate_that_the_line_only_clips_is_not_lost():
    """Forty metres of it, between the places where the line is asked every 100 m."""
    clipped = box(43.99, 35.70000, 44.01, 35.70036)
    rest = box(43.98, 35.0, 45, 36.1).difference(clipped)
    segments = read(MERIDIAN, segment_km=10, areas=areas_of(rest, clipped, names=["R", "C"]))
    clip = segments[segments["governorate"] == "C"]
    assert clip["km"].tolist() == pytest.approx(
        [GEOD.inv(44, 35.7, 44, 35.70036)[2] / 1000], abs=1e-6
    )


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(paths(), st.integers(0, 2**32 - 1))
def test_governorates_stay_where_a_line_is_reversed_or_densified(line, seed):
    """A grid of areas east of a line; densified and reversed it is cut at the same places."""
    x, y = line.coords[0]
    corners = np.random.default_rng(seed).uniform(0.2, 1.2, (2, 12)).cumsum(axis=1)
    corners *= 22 / corners[:, -1:]
    west, south = x - 11 + corners[0], y + 11 - corners[1]
    east_of = Polygon([*line.coords, *[(a + 20, b) for a, b in line.coords[::-1]]])
    cells = [box(a, d, b, c) for a, b in pairwise(west) for c, d in pairwise(south)]
    cells = [one for one in shapely.intersection(cells, east_of) if one.area > 0]
    areas = areas_of(*cells)
    segments = read(line, segment_km=20, areas=areas)
    assert set(segments["own_side"]) == {"left"}
    assert_same(segments, read(densify(line.reverse(), 3), segment_km=20, areas=areas))
    fine = split_segments(segments, np.arange(0, segments["km"].sum(), 0.37))
    fine["mark"] = br.join_areas(fine, areas, column="mark", within_km=np.inf)["mark"]
    assert fine.loc[fine["mark"] != fine["governorate"], "km"].sum() < 0.01 * fine["km"].sum()


def test_each_part_knows_its_own_side():
    """A ring of foreign ground within the own country, and a line at its edge."""
    edge = LineString([(44, 36), (44, 35)])
    hole = box(44.5, 35.4, 44.7, 35.6)
    areas = areas_of(box(44, 34.9, 46, 36.1).difference(hole))
    segments = read_quietly(edge, LineString(hole.exterior), segment_km=5, areas=areas)
    assert segments.groupby("part")["own_side"].unique().map(list).to_dict() == {
        1: ["left"],
        2: ["right"],
    }
    west_of_hole = segments[(segments["part"] == 2) & (segments.bounds["maxx"] < 44.501)]
    deep = GEOD.inv(44.5, 35.5, 44, 35.5)[2] / 1000
    assert west_of_hole["own_depth_km"].to_numpy()[1:-1] == pytest.approx(deep, abs=0.5)


def test_each_part_whose_own_side_is_not_told_is_named():
    """The areas lie on both sides of the second and third of three."""
    lines = [LineString([(x, y), (x, y - 0.4)]) for x, y in ((44, 36), (44.5, 35.5), (45, 35))]
    with pytest.raises(InputError) as caught:
        read_quietly(*lines, areas=areas_of(box(44, 34, 46, 37)))
    assert [fault.what.partition(" cannot")[0] for fault in caught.value.faults] == [
        "its own side of part 2", "its own side of part 3"
    ]  # fmt: skip


# --- risk ------------------------------------------------------------------------------------


def test_risk_of_a_column_is_kept_to_each_piece():
    """Segments are cut where it changes, and km × risk is that of the file."""
    x = list(CROOKED.coords)
    pieces = [LineString(two) for two in pairwise(x)]
    segments = read(*pieces, columns={"threat": [2, 2.0, 0]}, risk="threat", segment_km=4)
    km = [geodesic_km(one) for one in pieces]
    weight = (segments["km"] * segments["risk"]).sum()
    assert weight == pytest.approx(2 * (km[0] + km[1]), rel=1e-9)
    assert segments.groupby("risk")["km"].sum().to_dict() == pytest.approx(
        {0.0: km[2], 2.0: km[0] + km[1]}, rel=1e-9
    )
    joined = segments[segments["chainage_to_km"].between(km[0] - 1e-3, km[0] + 1e-3)]
    assert joined.empty  # where it stays the same nothing is cut


def test_risk_of_areas_is_the_highest_and_1_outside():
    """Segments are cut where the line enters and leaves; overlaps, and less than 1."""
    shapes = [box(43, 35.7, 45, 35.9), box(43, 35.8, 45, 36.5), box(43, 35.2, 45, 35.3)]
    risk = gpd.GeoDataFrame({"risk": ["3", "1.5", "0.25"]}, geometry=shapes, crs=4326)
    segments = read(MERIDIAN, risk=risk.to_crs(32638), segment_km=30)
    found = segments.groupby("risk")["km"].sum()
    expected = {
        1.5: GEOD.inv(44, 36, 44, 35.9)[2],
        3.0: GEOD.inv(44, 35.9, 44, 35.7)[2],
        0.25: GEOD.inv(44, 35.3, 44, 35.2)[2],
    }
    # Sides that are level in degrees are a little bent in metres of another system.
    for value, metres in expected.items():
        assert found[value] == pytest.approx(metres / 1000, abs=1e-3 + 0.3 * (value != 1))
    exact = read(MERIDIAN, risk=risk, segment_km=30).groupby("risk")["km"].sum()
    for value, metres in expected.items():
        assert exact[value] == pytest.approx(metres / 1000, abs=1e-6)
    assert exact.sum() == pytest.approx(geodesic_km(MERIDIAN), rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(paths(), st.integers(0, 2**32 - 1))
def test_weights_of_areas_are_those_of_shapely(line, seed):
    """Random overlapping areas; the oracle lays the densified line over each set of them."""
    random = np.random.default_rng(seed)
    x, y = line.coords[0]
    at = np.array([x, y]) + random.uniform(-2, 2, (6, 2)) - [0, 1]
    shapes = [
        Point(one).buffer(size, 4) for one, size in zip(at, random.uniform(0.1, 1, 6), strict=True)
    ]
    values = random.permutation(6) / 2
    risk = gpd.GeoDataFrame({"risk": values}, geometry=shapes, crs=4326)
    segments = read(line, risk=risk, segment_km=50)
    fine = densify(line, 800)
    expected, covered = 0.0, Polygon()
    for value, shape in sorted(zip(values, shapes, strict=True), key=lambda one: -one[0]):
        expected += value * geodesic_km(*lines_of(fine.intersection(shape.difference(covered))))
        covered = covered.union(shape)
    expected += geodesic_km(*lines_of(fine.difference(covered)))
    assert (segments["km"] * segments["risk"]).sum() == pytest.approx(expected, rel=1e-4, abs=0.02)


def lines_of(shape):
    return [one for one in shapely.get_parts(shape) if one.geom_type == "LineString"]


@pytest.mark.parametrize("values", [[1, -2], [1, np.nan], ["1", "high"], [1, np.inf]], ids=str)
def test_a_risk_that_is_no_number_from_0_is_refused_by_its_row(values):
    """In a column of the line and of areas."""
    x = list(CROOKED.coords)
    if np.inf not in values:  # which no GeoJSON holds
        with pytest.raises(InputError) as caught:
            read(LineString(x[:2]), LineString(x[1:]), columns={"threat": values}, risk="threat")
        assert [(one.feature, one.column) for one in caught.value.faults] == [(2, "risk")]
    shapes = [box(43, 35, 45, 36)] * 2
    areas = gpd.GeoDataFrame({"risk": values}, geometry=shapes, crs=4326)
    with pytest.raises(InputError) as caught:
        read(CROOKED, risk=areas)
    assert [(one.file, one.row, one.column) for one in caught.value.faults] == [("risk", 2, "risk")]


@pytest.mark.parametrize(
    "risk", ["gone", 3, gpd.GeoDataFrame(geometry=[Point(44, 35).buffer(1)], crs=4326),
             gpd.GeoDataFrame({"risk": [1.0]}, geometry=[Point(44, 35)], crs=4326)],
    ids=["no column", "a number", "areas without it", "points"],
)  # fmt: skip
def test_what_is_no_risk_is_refused(risk):
    """A column that is not there, areas that are none or do not say it."""
    with pytest.raises(InputError, match=r"risk|column"):
        read(CROOKED, risk=risk)


# --- cutting again ---------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(paths(), st.lists(st.floats(-0.1, 1.1), max_size=30))
def test_pieces_make_up_their_segments_and_are_cut_where_it_was_asked(line, shares):
    """Cuts at least 1 m from others are all made; the columns of segments stay."""
    segments = read(line, segment_km=5).assign(mark=lambda table: np.arange(len(table)))
    total = segments["chainage_to_km"].iloc[-1]
    asked = np.array(shares) * total
    pieces = split_segments(segments, asked)
    assert pieces.index.name == "piece_id"
    assert pieces.index.is_unique
    assert pieces.index.tolist() == sorted(pieces.index)
    sums = pieces.groupby("segment_id", sort=False)["km"].sum()
    assert sums.index.tolist() == segments.index.tolist()
    assert sums.tolist() == pytest.approx(segments["km"].tolist(), abs=1e-8)
    assert pieces["km"].tolist() == pytest.approx(
        (pieces["chainage_to_km"] - pieces["chainage_from_km"]).tolist(), abs=1e-7
    )
    assert (pieces["mark"] == segments["mark"].loc[pieces["segment_id"]].to_numpy()).all()
    made = pieces["chainage_to_km"].to_numpy()
    for one in asked[(asked > 0) & (asked < total)]:
        assert np.abs(np.append(made, 0) - one).min() < 0.001
    shortest = min(0.001, segments["km"].min())
    assert pieces["km"].min() >= shortest * (1 - 1e-4)
    lon, lat = place_on_line(segments, made)
    assert np.allclose(ends(pieces)[1:], np.column_stack([lon, lat]), rtol=0, atol=1e-9)


def test_cuts_nearer_than_a_metre_to_another_or_to_an_end_are_ignored():
    """The first of neighbours from the north is made; what lies off the line cuts nothing."""
    segments = read(CROOKED, segment_km=4)
    end = segments["chainage_to_km"].iloc[0]
    asked = [2.5009, 2.5, 2.5018, 2.5019, end, end - 0.0009, end + 0.0009, 0.0009, -3, 1e6]
    pieces = split_segments(segments, asked)
    assert len(pieces) == len(segments) + 2
    assert pieces["chainage_from_km"].iloc[:4].tolist() == [0, 2.5, 2.5018, end]


def test_pieces_cut_again_are_still_of_their_segments():
    """The second cut knows the segments, and both together are as one cut."""
    segments = read(CROOKED, segment_km=4)
    once = split_segments(segments, [3.3, 11.1])
    twice = split_segments(once, [3.3, 7.7])
    together = split_segments(segments, [7.7, 11.1, 3.3])
    pd.testing.assert_frame_equal(twice.drop(columns="geometry"), together.drop(columns="geometry"))
    assert split_segments(segments, []).index.tolist() == segments.index.tolist()
    with pytest.raises(InputError, match="at_km"):
        split_segments(segments, [np.nan])


@pytest.mark.slow
def test_pieces_of_a_long_line_are_cut_within_a_second():
    """6,040 segments at 20,000 places, and the nearest places of 10,000 points to them."""
    random = np.random.default_rng(6)
    x = 44 + np.cumsum(random.uniform(-0.004, 0.004, 1300))
    line = read(LineString(np.column_stack([x, np.linspace(37, 31.6, 1300)])), segment_km=0.1)
    assert len(line) > 6000
    find_chainages(line.iloc[:3], [44], [36])  # kernels are compiled
    start = time.process_time()
    pieces = split_segments(line, random.uniform(0, line["chainage_to_km"].iloc[-1], 20_000))
    middle = time.process_time()
    assert len(pieces) > 20_000
    find_chainages(line, random.uniform(43, 45, 10_000), random.uniform(32, 37, 10_000))
    assert middle - start < 1
    assert time.process_time() - middle < 1


# --- the nearest place -----------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.one_of(paths(), rings()), st.integers(0, 2**32 - 1))
def test_no_place_of_the_line_is_nearer_than_the_one_that_is_found(line, seed):
    """Against all of many places by pyproj; the distance is the geodesic's to the place told."""
    segments = read(LineString(line.coords), segment_km=25)
    random = np.random.default_rng(seed)
    middle = np.array(line.centroid.coords[0])
    lon, lat = (middle + random.normal(0, 1, (20, 2))).T
    found = find_chainages(segments, lon, lat)
    there = place_on_line(segments, found["chainage_km"])
    assert found["line_m"].tolist() == pytest.approx(GEOD.inv(*there, lon, lat)[2], abs=1e-3)
    every = np.linspace(0, segments["chainage_to_km"].iloc[-1], 4001)
    x, y = place_on_line(segments, every)
    grid = GEOD.inv(np.tile(x, 20), np.tile(y, 20), np.repeat(lon, 4001), np.repeat(lat, 4001))[2]
    nearest = grid.reshape(20, -1).min(axis=1)
    assert (found["line_m"] <= nearest + 1e-3).all()
    start = segments["chainage_from_km"].to_numpy()[found["segment"]]
    end = segments["chainage_to_km"].to_numpy()[found["segment"]]
    assert ((found["chainage_km"] >= start) & (found["chainage_km"] <= end)).all()


@pytest.mark.parametrize("azimuth", [95, 140, 180, 222])
def test_what_lies_square_to_a_line_has_the_chainage_of_the_foot(azimuth):
    """On both sides, up to 100 km away, to a centimetre (Gauss's lemma: it is the nearest)."""
    line = LineString([(44.0, 36.0), GEOD.fwd(44.0, 36.0, azimuth, 300_000)[:2]])
    segments = read(line, segment_km=30)
    ahead = GEOD.inv(*line.coords[0], *line.coords[1])[0]
    for km in (20.0, 150.0, 281.3):
        lon, lat, back = GEOD.fwd(*line.coords[0], ahead, km * 1000)
        for side, metres in ((-90, 100_000), (90, 50_000), (90, 300)):
            x, y, _ = GEOD.fwd(lon, lat, back + 180 + side, metres)
            found = find_chainages(segments, [x], [y])
            assert found["chainage_km"][0] == pytest.approx(km, abs=1e-5)
            assert found["line_m"][0] == pytest.approx(metres, abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(paths(), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_places_on_the_line_have_the_chainage_they_were_made_of(line, shares):
    """There and back again, to a tenth of a millimetre."""
    segments = read(line, segment_km=12)
    km = np.array(shares) * segments["chainage_to_km"].iloc[-1]
    found = find_chainages(segments, *place_on_line(segments, km))
    assert found["line_m"].max() < 1e-4
    assert found["chainage_km"].tolist() == pytest.approx(km.tolist(), abs=1e-6)


def test_only_what_lies_beyond_a_part_is_at_its_end():
    """In the gap between parts and past the last; beside the line not, and a ring has no end."""
    parts = [LineString([(44, 36), (44, 35.8)]), LineString([(44, 35.6), (44, 35.4)])]
    segments = read_quietly(*parts, segment_km=5)
    lat = [36.1, 35.9, 35.75, 35.65, 35.5, 35.3]
    found = find_chainages(segments, [44.05] * 6, lat)
    assert found["at_end"].tolist() == [True, False, True, True, False, True]
    half = geodesic_km(parts[0])
    assert found["chainage_km"].iloc[[2, 3]].tolist() == pytest.approx([half, half], rel=1e-9)
    assert segments["part"].iloc[found["segment"]].tolist() == [1, 1, 1, 2, 2, 2]
    ring = read(LineString(box(44, 35, 45, 36).exterior), segment_km=5)
    lon, top = ring.geometry.iloc[0].coords[0]
    assert not find_chainages(ring, [lon, 46], [top + 0.1, 36.5])["at_end"].any()


def test_where_a_part_ends_and_the_next_begins_the_place_is_of_the_next():
    """A chainage has one place."""
    parts = [LineString([(44, 36), (44, 35.8)]), LineString([(44, 35.6), (44, 35.4)])]
    segments = read_quietly(*parts, segment_km=5)
    km = segments.loc[segments["part"] == 1, "chainage_to_km"].max()
    assert place_on_line(segments, [km])[1].tolist() == pytest.approx([35.6])
    assert place_on_line(segments, [km - 1e-9])[1].tolist() == pytest.approx([35.8])
    for wrong in (-0.1, np.nan, 1000):
        with pytest.raises(InputError, match="not on the line"):
            place_on_line(segments, [0, wrong])
    with pytest.raises(InputError, match="no place on earth"):
        find_chainages(segments, [44], [np.nan])


def test_a_course_keeps_the_chainages_of_its_segments_to_the_bit():
    """Whatever the lengths between say."""
    segments = read(CROOKED, segment_km=3)
    course = Course.of(segments)
    first = np.searchsorted(course.owner, np.arange(len(segments)))
    assert (course.km[first] == segments["chainage_from_km"]).all()
    assert (course.km[np.append(first[1:], len(course.km)) - 1] == segments["chainage_to_km"]).all()
    assert (np.diff(course.km) >= 0).all()


# --- crossings -------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["crossing_id", "id", None])
def test_crossings_have_the_ids_of_their_file_or_of_their_rows(tmp_path, column):
    """A column crossing_id or id, else crossing-1 and so on."""
    path = tmp_path / "crossings.csv"
    head = f"{column}," if column else ""
    rows = [f"{name}," if column else "" for name in ("rabia", "qaim")]
    path.write_text(
        f"{head}name,name_ar,lon,lat\n{rows[0]}Rabia,ربيعة,42.07,36.8\n{rows[1]}Qaim,,41,34.4\n",
        encoding="utf-8",
    )
    crossings = br.read_crossings(path)
    assert crossings.index.name == "crossing_id"
    assert crossings.index.tolist() == (
        ["rabia", "qaim"] if column else ["crossing-1", "crossing-2"]
    )
    assert crossings["name"].tolist() == ["Rabia", "Qaim"]
    assert crossings["name_ar"].tolist() == ["ربيعة", ""]
    assert crossings.crs == 4326


def test_crossings_without_names_have_blank_ones_and_wrong_ones_are_refused(tmp_path):
    """Lines are no crossings; an id that stands twice is a fault with its row."""
    points = gpd.GeoDataFrame({"id": ["a", "a"]}, geometry=[Point(44, 36), Point(44, 35)], crs=4326)
    points.to_file(tmp_path / "twice.gpkg")
    with pytest.raises(InputError, match=r"twice\.gpkg, feature 2"):
        br.read_crossings(tmp_path / "twice.gpkg")
    points.iloc[:1].to_file(tmp_path / "one.gpkg")
    assert br.read_crossings(tmp_path / "one.gpkg")["name"].to_dict() == {"a": ""}
    gpd.GeoDataFrame(geometry=[CROOKED], crs=4326).to_file(tmp_path / "line.geojson")
    with pytest.raises(InputError, match="LineString"):
        br.read_crossings(tmp_path / "line.geojson")


# --- the real line ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    """The line between Iraq and Syria at 100 m, and the governorates of Iraq."""
    columns = {"area_id": "ADM1_PCODE", "name": "ADM1_EN"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        areas = br.read_areas(IRAQ / "admin_cod_ab_2019.gpkg", layer="adm1", columns=columns)
    line = br.read_frontier(
        IRAQ / "frontier_osm.geojson", segment_km=0.1, areas=areas, stated_km=605
    )
    return line, areas


@pytest.mark.slow
@pytest.mark.real
@needs_iraq
def test_the_real_line_is_604_km_of_three_governorates_with_iraq_on_its_left(real):
    """Dohuk, Ninewa, Anbar from north to south; as long as pyproj says; cut at two borders."""
    line, _ = real
    drawn = gpd.read_file(IRAQ / "frontier_osm.geojson").geometry.item()
    assert line["km"].sum() == pytest.approx(geodesic_km(drawn), rel=1e-9)
    assert line["km"].sum() == pytest.approx(603.9, abs=0.05)
    assert line["governorate"].drop_duplicates().tolist() == ["Duhok", "Ninewa", "Al-Anbar"]
    assert (line["governorate"] != line["governorate"].shift()).sum() == 3
    assert set(line["own_side"]) == {"left"}
    assert len(line) == 6042
    assert line["km"].max() <= 0.1 + 1e-9
    assert (line["own_depth_km"] > 0).mean() > 0.99


@pytest.mark.slow
@pytest.mark.real
@needs_iraq
def test_the_real_governorates_are_those_that_hold_the_line_or_are_nearest(real):
    """Asked again at the middles, one by one, by shapely on a metric system."""
    line, areas = real
    some = line.iloc[::97]
    at = some.geometry.to_crs(32638).interpolate(0.5, normalized=True)
    metric = areas.to_crs(32638)
    for place, said in zip(at, some["governorate"], strict=True):
        metres = metric.distance(place)
        assert metres[metric["name"] == said].iloc[0] <= metres.min() + 1


@pytest.mark.real
@needs_iraq
def test_the_real_crossings_lie_within_half_a_kilometre_of_the_line_at_their_chainages(real):
    """As their file tells both."""
    line, _ = real
    crossings = br.read_crossings(IRAQ / "crossings.geojson")
    assert crossings.index.tolist() == [f"crossing-{number}" for number in range(1, 10)]
    found = find_chainages(line, crossings.geometry.x, crossings.geometry.y)
    assert found["line_m"].max() < 500
    assert found["line_m"].tolist() == pytest.approx(
        crossings["dist_to_frontier_m"].tolist(), abs=5
    )
    assert found["chainage_km"].tolist() == pytest.approx(
        crossings["chainage_km_from_north"].tolist(), abs=1
    )
    assert not found["at_end"].any()
