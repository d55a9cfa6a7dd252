"""Any layer as demand: cut, measured, shared, and none of it lost."""

import math
import warnings
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

import boxreach as br
from boxreach.errors import Fault
from boxreach.sources.segments import chainage_ids, cut_line
from boxreach.sources.tabular import rows_in_file

GEOD = Geod(ellps="WGS84")
PIPE = LineString([(44.0, 33.0), (44.1, 33.05), (44.3, 33.0)])
FORK = MultiLineString([[(44, 33.1), (44.05, 33.1)], [(44.2, 33.1), (44.21, 33.1)]])


@pytest.fixture
def read(tmp_path):
    """Write a layer and read it as demand."""

    def run(shapes, *, unit="sites", crs=4326, options=None, **columns):
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_crs(crs)
        frame.to_file(tmp_path / "layer.gpkg")
        return br.read_demand(tmp_path / "layer.gpkg", unit=unit, **options or {})

    return run


@pytest.fixture
def refused(read):
    """Return what is said of a layer that must be refused."""

    def run(shapes, **given):
        with pytest.raises(br.InputError) as caught:
            read(shapes, **given)
        assert all(fault.what and fault.advice for fault in caught.value.faults)
        return str(caught.value)

    return run


def length_km(shape):
    """Return the geodesic length, by pyproj."""
    return GEOD.geometry_length(shape) / 1000


# --- points ----------------------------------------------------------------------------------


def test_points_count_one_each_or_their_weight(read):
    """In a column named by the unit; the weight's own column gives way to it."""
    shapes = [Point(44, 33), Point(44.1, 33), MultiPoint([(44.2, 33)])]
    table = read(shapes, unit="schools", name=["A", "B", "C"], pupils=[10, 20, 0])
    assert table["schools"].tolist() == [1, 1, 1]
    assert table.attrs["unit"] == "schools"
    assert table.index.tolist() == ["1", "2", "3"]
    assert table.index.name == "demand_id"
    assert table["name"].tolist() == ["A", "B", "C"]
    assert "pupils" in table
    assert set(table.geom_type) == {"Point"}
    table = read(shapes, unit="seats", pupils=[10, 20, 0], options={"weight": "pupils"})
    assert table["seats"].tolist() == [10, 20, 0]
    assert "pupils" not in table
    same = read(shapes, unit="mw", mw=[10, 20.5, 0], options={"weight": "mw"})
    assert same["mw"].tolist() == [10, 20.5, 0]


def test_csv_is_read_with_its_own_names(tmp_path):
    """And its rows are those of a spreadsheet."""
    path = tmp_path / "markets.csv"
    path.write_text("no,lon,lat,governorate,stalls\nm1,44,33,Ninewa,30\nm2,44.1,33,,12\n")
    table = br.read_demand(path, unit="stalls", weight="stalls", columns={"demand_id": "no"})
    assert table["stalls"].to_dict() == {"m1": 30, "m2": 12}
    assert table["governorate"].tolist() == ["Ninewa", ""]
    path.write_text("no,lon,lat,stalls\nm1,44,33,-1\nm2,44.1,33,\nm3,44,,3\nm4,44,33,many\n")
    with pytest.raises(br.InputError) as caught:
        br.read_demand(path, unit="stalls", weight="stalls")
    assert [(one.feature or one.row, one.column) for one in caught.value.faults] == [
        (2, "stalls"), (3, "stalls"), (4, "lat"), (5, "stalls")
    ]  # fmt: skip


# --- lines -----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(40, 48), st.floats(30, 37)), min_size=2, max_size=5, unique=True),
    st.floats(5, 500),
)
def test_segments_are_equally_long_none_too_long_and_make_up_the_line(at, segment_km):
    """By the geodesics of pyproj."""
    line = LineString(at)
    pieces, cuts_km = cut_line(line, segment_km)
    lengths = np.array([length_km(piece) for piece in pieces])
    whole = length_km(line)
    assert math.isclose(lengths.sum(), whole, rel_tol=1e-6)
    assert lengths.max() <= segment_km * (1 + 1e-6)
    assert np.allclose(lengths, whole / len(pieces), rtol=1e-5)
    assert len(pieces) == max(1, math.ceil(whole / segment_km - 1e-6))
    assert all(one.coords[-1] == other.coords[0] for one, other in pairwise(pieces))
    assert len(set(chainage_ids(cuts_km))) == len(pieces)


def test_lines_are_cut_each_on_its_own_and_measured(read):
    """Two features, one of two parts; ids tell feature, part and chainage."""
    table = read([PIPE, FORK], unit="km", demand_id=["pipe-3", "fork"], name=["P", "F"],
                 options={"segment_km": 2.0})  # fmt: skip
    assert math.isclose(table["km"].sum(), length_km(PIPE) + length_km(FORK), rel_tol=1e-7)
    by_feature = table.groupby("feature_id")["km"].sum()
    assert math.isclose(by_feature["fork"], length_km(FORK), rel_tol=1e-7)
    assert table["km"].max() <= 2.0 + 1e-9
    assert table.index[0] == "pipe-3-km-00.0"
    assert "fork-1-km-0.0" in table.index
    assert "fork-2-km-0.0" in table.index
    assert table.loc["fork-1-km-0.0", "name"] == "F"
    spans = table["chainage_to_km"] - table["chainage_from_km"]
    assert np.allclose(spans, table["km"])
    assert table.attrs["unit"] == "km"


def test_parts_that_join_are_one_line(read):
    """However the file has split it."""
    split = MultiLineString([[(44, 33), (44.1, 33)], [(44.1, 33), (44.2, 33)]])
    table = read([split], unit="km", options={"segment_km": 100})
    assert table.index.tolist() == ["1-km-00.0"]
    assert math.isclose(table["km"].iloc[0], length_km(split), rel_tol=1e-7)


def test_a_line_shares_its_weight_over_its_segments_by_length(read):
    """Without a weight a line counts one."""
    table = read([PIPE, FORK, Point(44, 33)], unit="risk", danger=[6.0, 4.0, 2.5],
                 options={"weight": "danger", "segment_km": 3.0})  # fmt: skip
    by_feature = table.groupby("feature_id")["risk"].sum()
    assert np.allclose(by_feature[["1", "2", "3"]], [6, 4, 2.5])
    fork = table[table["feature_id"] == "2"]
    km = np.array([length_km(shape) for shape in fork.geometry])
    assert np.allclose(fork["risk"], 4 * km / km.sum())
    assert table["chainage_from_km"].isna().tolist() == [False] * (len(table) - 1) + [True]
    alone = read([PIPE], unit="pipes", options={"segment_km": 3.0})
    assert math.isclose(alone["pipes"].sum(), 1)
    assert "danger" not in table


# --- areas -----------------------------------------------------------------------------------

HORSESHOE = Polygon([(44, 33), (45, 33), (45, 33.1), (44.1, 33.1), (44.1, 33.9), (45, 33.9),
                     (45, 34), (44, 34)])  # fmt: skip


def test_areas_are_served_inside_and_measured_on_the_ellipsoid(read):
    """Their area is that of pyproj, holes taken out."""
    ring = box(46, 33, 46.3, 33.3).difference(box(46.1, 33.1, 46.2, 33.2))
    several = MultiPolygon([box(47, 33, 47.1, 33.1), box(48, 33, 48.1, 33.1)])
    shapes = [HORSESHOE, ring, several]
    table = read(shapes, unit="km2")
    expected = [abs(GEOD.geometry_area_perimeter(shapely.segmentize(one, 0.01))[0]) / 1e6
                for one in shapes]  # fmt: skip
    assert np.allclose(table["km2"], expected, rtol=1e-6)
    assert set(table.geom_type) == {"Point"}
    assert all(shape.intersects(point) for shape, point in zip(shapes, table.geometry, strict=True))
    assert read(shapes, unit="fields")["fields"].tolist() == [1, 1, 1]
    weighed = read(shapes, unit="tons", t=[1, 2, 3.5], options={"weight": "t"})
    assert weighed["tons"].tolist() == [1, 2, 3.5]


def test_a_layer_in_metres_gives_the_same(read):
    """In EPSG:4326."""
    one, other = (read([PIPE], unit="km", crs=crs) for crs in (4326, 32638))
    assert other.crs.to_epsg() == 4326
    assert math.isclose(one["km"].sum(), other["km"].sum(), rel_tol=1e-6)


def test_an_outline_that_crosses_itself_is_mended_and_said(read):
    """As of any area."""
    bow = Polygon([(44, 33), (45, 34), (45, 33), (44, 34)])
    with pytest.warns(br.DataWarning, match="1 areas whose outline crosses itself"):
        table = read([bow], unit="km2")
    assert table["km2"].iloc[0] > 0


# --- used as demand --------------------------------------------------------------------------


def test_it_is_demand_as_any_other(read):
    """In travel times, reach and gaps; what is covered and what is not add up."""
    roads = gpd.GeoDataFrame(
        {"road_class": ["trunk"]}, geometry=[LineString([(44, 33.02), (44.3, 33.02)])], crs=4326
    )
    boxes = gpd.GeoDataFrame(index=["b"], geometry=[Point(44.0, 33.02)], crs=4326)
    demand = read([PIPE, Point(44.28, 33.0), box(44.1, 33, 44.12, 33.02)], unit="risk")
    times = br.travel_times(br.build_network(roads), boxes, demand, cutoff=60)
    reached = br.reach(times, minutes=8)
    assert reached.index.equals(demand.index)
    left = br.gaps(times, minutes=8)
    assert 0 < len(left) < len(demand)
    covered = reached.loc[reached["covered"], "risk"].sum()
    assert math.isclose(covered + left["risk"].sum(), 3)


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.slow
def test_shapes_that_will_not_do_are_refused_by_row(refused):
    """Empty ones, collections, lines without length, many points in one feature."""
    good = Point(44, 33)
    assert "feature 2" in refused([good, Point()])
    assert "feature 2" in refused([good, None])
    assert "feature 1" in refused([GeometryCollection([good, PIPE])])
    assert "feature 2, column geometry: it has no length" in refused(
        [PIPE, LineString([(1, 1), (1, 1)])]
    )
    flat = MultiLineString([PIPE.coords, [(1, 1), (1, 1)]])
    assert "feature 1, column geometry: it has no length" in refused([flat])
    assert "feature 2" in refused([good, MultiPoint([(44, 33), (45, 33)])])
    assert "no place on earth" in refused([Point(200, 33)])


def test_a_unit_is_measured_only_where_the_shape_has_it(refused):
    """Lines have kilometres, areas square kilometres."""
    assert "none of its shapes has km" in refused([Point(44, 33)], unit="km")
    assert "feature 2" in refused([PIPE, box(44, 33, 45, 34)], unit="km")
    assert "feature 1, column geometry: it is a shape without km2 (line)" in refused(
        [PIPE, box(44, 33, 45, 34)], unit="km2"
    )


@pytest.mark.parametrize("values", [[-1.0, 1], [None, 1], [1e16, 1]], ids=str)
def test_weights_that_will_not_do_are_refused_by_row(refused, values):
    """Below 0, blank, beyond all measure."""
    said = refused([Point(44, 33), PIPE], mw=values, options={"weight": "mw"})
    assert "feature 1, column mw" in said
    assert "leave it blank" not in said  # which would be refused as well


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"unit": "minutes"}, "'minutes'"), ({"unit": "geometry"}, "'geometry'"),
        ({"unit": "people"}, "'people'"), ({"unit": "two words"}, "'two words'"),
        ({"unit": ""}, "''"), ({"unit": 3}, "3"), ({"unit": None}, "None"),
        ({"unit": ["km"]}, "['km']"), ({"unit": "km", "weight": "mw"}, "km are measured"),
        ({"weight": "mww"}, "did you mean mw?"), ({"weight": 3}, "weight is 3"),
        ({"weight": "name"}, "layer.gpkg: weight is 'name', a column that the reader keeps"),
        ({"weight": ""}, "layer.gpkg: weight is ''; give the name of a column of numbers"),
        ({"segment_km": 0}, "segment_km is 0"), ({"segment_km": "1"}, "segment_km is '1'"),
        ({"unit": "mw"}, "column mw: a column of ours"),
        ({"unit": "KM"}, "'KM' would count each feature as 1; write km, which is measured"),
        ({"unit": "Km2"}, "write km2, which is measured"),
        ({"layer": "gone"}, "gone"), ({"bounds": 3}, "bounds is 3"),
        ({"bounds": (10, 10, 11, 11)}, "outside the study area"),
        ({"columns": {"demand_id": "gone"}}, "gone"),
    ],
    ids=str,
)  # fmt: skip
def test_options_that_will_not_do_are_refused(tmp_path, options, said):
    """In words."""
    frame = gpd.GeoDataFrame({"name": ["P"], "mw": [1.0]}, geometry=[PIPE], crs=4326)
    frame.to_file(tmp_path / "layer.gpkg")
    with pytest.raises(br.InputError) as caught:
        br.read_demand(tmp_path / "layer.gpkg", **{"unit": "sites", **options})
    assert said in str(caught.value)


def test_columns_that_would_be_overwritten_and_ids_that_would_clash_are_refused(refused):
    """Nothing is lost silently."""
    assert "column feature_id" in refused([PIPE], feature_id=["x"])
    assert "column chainage_from_km" in refused([PIPE], chainage_from_km=[1.0])
    twin = refused([FORK.geoms[0], FORK], demand_id=["fork-1", "fork"], unit="km")
    assert "two segments would be called 'fork-1-km-" in twin


def test_inputs_of_points_may_have_columns_that_lines_write(read):
    """Only what is written is in the way."""
    assert read([Point(44, 33)], feature_id=["x"])["feature_id"].tolist() == ["x"]


def test_reading_twice_gives_the_same(read):
    """Same in, same out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = (read([PIPE, FORK], unit="km") for _ in range(2))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))


def test_rows_of_a_csv_are_counted_as_a_spreadsheet_does(tmp_path):
    """Header and blank rows are counted, also where only the whole table shows what is wrong."""
    path = tmp_path / "demand.csv"
    path.write_text("demand_id,lon,lat\na,44,33\n,,\nb,44.1,33\n", encoding="utf-8")
    pipes = tmp_path / "pipes.geojson"
    gpd.GeoDataFrame(geometry=[PIPE, Point(44, 33)], crs=4326).to_file(pipes)
    with pytest.raises(br.InputError) as caught:
        br.read_demand(pipes, unit="km")
    assert [(one.row, one.feature) for one in caught.value.faults] == [(None, 2)]
    faults = rows_in_file([Fault("wrong", "demand.csv", 2), Fault("all wrong", "demand.csv")], path)
    assert [one.row for one in faults] == [4, None]
    faults = rows_in_file([Fault("wrong", "pipes.geojson", 1)], pipes)
    assert [(one.row, one.feature) for one in faults] == [(None, 1)]
