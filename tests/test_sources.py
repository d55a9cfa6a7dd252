"""What the readers promise: every kind of source becomes the same table, and nobody is lost."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import rasterio
from pyproj import Geod
from rasterio import Affine
from shapely import LineString, MultiLineString, Point, box

import boxreach as br

PLACES = ["c1,One,44.1,33.1,100", "c2,Two,44.4,33.1,200"]


@pytest.fixture
def places(tmp_path):
    path = tmp_path / "places.csv"
    path.write_text("\n".join(["community_id,name,lon,lat,people", *PLACES]) + "\n")
    return path


def write_grid(path, counts, *, crs="EPSG:4326", transform=None, nodata=-1.0, dtype="float32"):
    counts = np.asarray(counts, dtype=dtype)
    profile = {"height": counts.shape[0], "width": counts.shape[1], "count": 1, "dtype": dtype}
    transform = transform or Affine(0.1, 0, 44.0, 0, -0.1, 33.2)
    options = profile | {"driver": "GTiff", "crs": crs, "nodata": nodata, "transform": transform}
    with rasterio.open(path, "w", **options) as grid:
        grid.write(counts, 1)
    return path


def roads_frame(*lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=4326)


# --- population ----------------------------------------------------------------------------


def test_a_grid_becomes_one_point_for_each_populated_cell(tmp_path):
    """Cells that are nodata, NaN or empty are left out; the sum stays."""
    path = write_grid(tmp_path / "p.tif", [[5, 0, np.nan], [-1, 2.5, 0]])
    cells = br.read_population(path)
    assert cells.index.tolist() == ["r0c0", "r1c1"]
    assert cells["people"].tolist() == [5, 2.5]
    assert cells.geometry.x.tolist() == pytest.approx([44.05, 44.15])
    assert cells.geometry.y.tolist() == pytest.approx([33.15, 33.05])
    assert cells.crs.to_epsg() == 4326


def test_a_projected_grid_comes_out_in_degrees(tmp_path):
    """A grid in UTM gives points on the ground where its cells are."""
    transform = Affine(1000, 0, 400_000, 0, -1000, 3_660_000)
    path = write_grid(tmp_path / "p.tif", [[7]], crs="EPSG:32638", transform=transform)
    (point,) = br.read_population(path).geometry
    back = gpd.GeoSeries([point], crs=4326).to_crs(32638).iloc[0]
    assert (back.x, back.y) == pytest.approx((400_500, 3_659_500), abs=0.01)


def test_whole_numbers_without_nodata_are_taken(tmp_path):
    """A grid of integers that declares no nodata value is a grid of counts."""
    path = write_grid(tmp_path / "p.tif", [[3, 0]], dtype="uint16", nodata=None)
    assert br.read_population(path)["people"].tolist() == [3]


def test_negative_and_infinite_counts_are_named_by_row_and_cell(tmp_path):
    """An undeclared nodata value is a fault, not minus 9999 people."""
    path = write_grid(tmp_path / "p.tif", [[5, -9999], [np.inf, 2]])
    with pytest.raises(br.InputError) as caught:
        br.read_population(path)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (0, "cell 1"), (1, "cell 0"),
    ]  # fmt: skip
    assert "nodata" in str(caught.value)


@pytest.mark.parametrize("counts", [[[-1, -1]], [[0, 0]], [[np.nan, np.nan]]])
def test_a_grid_with_nobody_in_it_is_refused(tmp_path, counts):
    """All nodata, all zero or all NaN is no population."""
    with pytest.raises(br.InputError, match=r"p\.tif: there is nobody in it"):
        br.read_population(write_grid(tmp_path / "p.tif", counts))


def test_a_grid_without_a_crs_is_refused(tmp_path):
    """No coordinate reference system is guessed for a grid either."""
    with pytest.raises(br.CRSError, match=r"p\.tif: .*coordinate reference system"):
        br.read_population(write_grid(tmp_path / "p.tif", [[5]], crs=None))


def test_a_bare_picture_is_refused_in_words(tmp_path):
    """A TIFF that says nothing of where it lies is refused, without a warning beside it."""
    profile = {"driver": "GTiff", "height": 1, "width": 1, "count": 1, "dtype": "uint8"}
    with (
        pytest.warns(rasterio.errors.NotGeoreferencedWarning),
        rasterio.open(tmp_path / "p.tif", "w", **profile) as grid,
    ):
        grid.write(np.ones((1, 1), dtype="uint8"), 1)
    with pytest.raises(br.CRSError, match="coordinate reference system"):
        br.read_population(tmp_path / "p.tif")


@pytest.mark.parametrize("keep", [0, 4, 100, 300])
def test_a_cut_off_grid_is_refused(tmp_path, keep):
    """A GeoTIFF that stopped half way is one fault with the file's name."""
    path = write_grid(tmp_path / "whole.tif", np.ones((40, 40)))
    (tmp_path / "p.tif").write_bytes(path.read_bytes()[:keep])
    with pytest.raises(br.InputError, match=r"p\.tif: it cannot be read as a grid"):
        br.read_population(tmp_path / "p.tif")


def test_a_missing_grid_is_refused(tmp_path):
    """The path stands in the message."""
    with pytest.raises(br.InputError, match=r"none\.tif: there is no such file"):
        br.read_population(tmp_path / "none.tif")


def test_an_undeclared_nodata_value_is_one_fault(tmp_path):
    """A thousand cells of -9999 do not give a thousand lines."""
    counts = np.full((40, 40), -9999.0)
    counts[3, 4], counts[7, 8] = 5, -3
    with pytest.raises(br.InputError) as caught:
        br.read_population(write_grid(tmp_path / "p.tif", counts))
    assert [fault.row for fault in caught.value.faults] == [0, 7]
    assert "1597 cells after it" in caught.value.faults[0].what


def test_a_grid_of_noise_is_refused_in_a_few_lines(tmp_path):
    """However many values cannot be, the list ends and says how many more there are."""
    counts = -1.5 - np.arange(100.0).reshape(10, 10)
    with pytest.raises(br.InputError) as caught:
        br.read_population(write_grid(tmp_path / "p.tif", counts))
    assert len(caught.value.faults) == 21
    assert "80 more" in caught.value.faults[-1].what


@pytest.mark.parametrize(
    ("bounds", "advice"),
    [((33.0, 44.0, 34.0, 45.0), "swapped"), ((10.0, 50.0, 11.0, 51.0), "same country")],
)
def test_a_grid_with_nobody_in_the_study_area_is_refused(tmp_path, bounds, advice):
    """A swapped grid, or one of another country, does not count nobody in silence."""
    path = write_grid(tmp_path / "p.tif", [[5]])
    with pytest.raises(br.InputError, match=rf"p\.tif: .*outside the study area.*{advice}"):
        br.read_population(path, bounds=bounds)


def test_a_grid_larger_than_the_study_area_is_taken_whole(tmp_path):
    """People beyond the roads are there, and are counted."""
    path = write_grid(tmp_path / "p.tif", [[5] * 40])
    with pytest.warns(br.DataWarning, match="145 of 200 people live outside"):
        people = br.read_population(path, bounds=(44.0, 33.0, 44.1, 33.2))["people"]
    assert people.sum() == 200


# --- communities ---------------------------------------------------------------------------


def test_communities_without_a_people_column_have_unknown_people(tmp_path):
    """The column is always there, and NaN is not 0."""
    path = tmp_path / "places.csv"
    path.write_text("community_id,lon,lat\nc1,44.1,33.1\n")
    assert br.read_communities(path)["people"].isna().all()


def test_people_from_a_grid_keep_their_total(tmp_path, places):
    """Every cell goes to exactly one community, the nearest."""
    counts = [[10, 0, 0, 0, 7], [0, 0, 0, 2.5, 0]]
    path = write_grid(tmp_path / "p.tif", counts)
    people = br.read_communities(places, people=path)["people"]
    assert people.sum() == pytest.approx(19.5)
    assert people.to_dict() == pytest.approx({"c1": 10.0, "c2": 9.5})


def test_people_from_a_grid_replace_those_of_the_file(tmp_path, places):
    """A community no cell is nearest to has 0, for the grid says so."""
    path = write_grid(tmp_path / "p.tif", [[10]])
    assert br.read_communities(places, people=path)["people"].tolist() == [10, 0]


def test_a_bad_grid_and_a_bad_table_are_both_told(tmp_path, places):
    """One message for both files that one call reads."""
    places.write_text("community_id,lon,lat\nc1,444,33.1\n")
    grid = write_grid(tmp_path / "p.tif", [[-5]])
    with pytest.raises(br.InputError) as caught:
        br.read_communities(places, people=grid)
    assert {fault.file for fault in caught.value.faults} == {"places.csv", "p.tif"}


def test_sites_and_communities_keep_the_order_of_the_file(tmp_path):
    """Rows are not sorted."""
    path = tmp_path / "sites.csv"
    path.write_text("site_id,lon,lat\nz,44,33\na,44.1,33\nm,44,33.1\n")
    assert br.read_sites(path).index.tolist() == ["z", "a", "m"]


@pytest.mark.parametrize("read", [br.read_sites, br.read_communities])
@pytest.mark.parametrize("name", ["places.csv", "places.geojson"])
def test_rows_at_one_spot_are_told_once_with_ids_and_row(tmp_path, read, name):
    """To the seventh digit of a degree; blank rows of a CSV are counted."""
    key = "site_id" if read is br.read_sites else "community_id"
    ids, lon = ["a", "b", "c", "d"], [44, 44.1, 44.00000001, 44.2]
    if name.endswith(".csv"):
        rows = [f"{one},{x},33" for one, x in zip(ids, lon, strict=True)]
        text = "\n".join([f"{key},lon,lat", "", *rows, ""])
        (tmp_path / name).write_text(text, encoding="utf-8")
    else:
        frame = gpd.GeoDataFrame({key: ids}, geometry=gpd.points_from_xy(lon, [33.0] * 4), crs=4326)
        frame.to_file(tmp_path / name, COORDINATE_PRECISION=9)
    with pytest.warns(br.DataWarning) as caught:
        assert len(read(tmp_path / name)) == 4
    (said,) = [one.message.fault for one in caught]
    assert said.what == "several rows stand at one place: a, c (44, 33)"
    assert (said.file, said.row or said.feature) == (name, 5 if name.endswith(".csv") else 3)
    assert "take out what stands twice" in said.advice


def test_of_many_spots_the_first_are_told_and_how_many_there_are(tmp_path):
    """Each with its first rows."""
    rows = [f"s{n},{44 + n // 6},33" for n in range(30)]
    path = tmp_path / "sites.csv"
    path.write_text("\n".join(["site_id,lon,lat", *rows, ""]), encoding="utf-8")
    with pytest.warns(br.DataWarning) as caught:
        br.read_sites(path)
    assert str(caught[0].message) == (
        "sites.csv, row 3: several rows stand at 5 places: s0, s1, s2, s3, s4, +1 (44, 33);"
        " s6, s7, s8, s9, s10, +1 (45, 33); s12, s13, s14, s15, s16, +1 (46, 33);"
        " and 2 more; take out what stands twice, or mend the position"
    )


@pytest.mark.parametrize("bounds", [None, (40, 30, 50, 40)])
def test_0_0_is_no_place_with_a_study_area_or_without(tmp_path, bounds):
    """It is refused by row; a place on the equator or on the meridian is one."""
    path = tmp_path / "sites.csv"
    path.write_text("site_id,lon,lat\na,44,33\nb,0,0\nc,0.0,-0.0\n", encoding="utf-8")
    with pytest.raises(br.InputError) as caught:
        br.read_sites(path, bounds=bounds)
    assert [(one.row, one.column) for one in caught.value.faults] == [
        (3, "lon, lat"), (4, "lon, lat"),
    ]  # fmt: skip
    path.write_text("site_id,lon,lat\na,0,33\nb,44,0\n", encoding="utf-8")
    assert len(br.read_sites(path)) == 2
    lines = [LineString([(0, 0), (0.1, 0)])]
    assert len(br.read_roads(gpd.GeoDataFrame(geometry=lines, crs=4326))) == 1


# --- roads ---------------------------------------------------------------------------------

WEST = LineString([(44.0, 33.0), (44.1, 33.0)])
EAST = LineString([(44.1, 33.0), (44.2, 33.0)])


def test_roads_from_a_frame_keep_ids_and_columns():
    """A column road_id becomes the index."""
    roads = br.read_roads(roads_frame(WEST, EAST, road_id=[7, 8], road_class=["trunk", None]))
    assert roads.index.tolist() == ["7", "8"]
    assert roads["road_class"].tolist() == ["trunk", ""]


def test_roads_from_a_frame_with_ids_in_the_index_keep_them():
    """An index that is called road_id is the id."""
    frame = roads_frame(WEST, EAST, road_id=["a", "b"]).set_index("road_id")
    assert br.read_roads(frame).index.tolist() == ["a", "b"]


def test_roads_without_ids_are_numbered_from_one():
    """Roads are the one table whose ids may be left out."""
    roads = br.read_roads(roads_frame(WEST, EAST))
    assert roads.index.tolist() == ["1", "2"]
    assert roads.index.name == "road_id"


def test_reading_roads_does_not_change_the_frame_given():
    """Inputs are never modified."""
    frame = roads_frame(WEST, EAST, road_id=["a", "b"], highway=["trunk", "track"])
    before = frame.copy(deep=True)
    br.read_roads(frame, columns={"road_class": "highway"})
    assert frame.equals(before)
    assert list(frame.columns) == list(before.columns)


def test_roads_from_a_frame_take_other_names():
    """`columns=` maps the frame's own names."""
    frame = roads_frame(WEST, highway=["trunk"])
    assert br.read_roads(frame, columns={"road_class": "highway"})["road_class"].tolist() == [
        "trunk"
    ]


def test_columns_that_name_what_is_not_in_a_frame_are_refused():
    """A slip in columns= does not leave all roads without a class."""
    with pytest.raises(br.InputError, match="higway"):
        br.read_roads(roads_frame(WEST, highway=["trunk"]), columns={"road_class": "higway"})


def test_shapes_may_have_any_name_in_a_frame():
    """Ours is geometry."""
    roads = br.read_roads(roads_frame(WEST).rename_geometry("geom"))
    assert roads.geometry.name == "geometry"


def test_roads_without_any_length_are_refused():
    """A file of points drawn as lines is no network."""
    with pytest.raises(br.InputError, match="length"):
        br.read_roads(roads_frame(LineString([(44, 33), (44, 33)])))


def test_projected_roads_come_out_in_degrees():
    """A frame in metres is turned into degrees."""
    roads = br.read_roads(roads_frame(WEST).to_crs(32638))
    assert roads.total_bounds.tolist() == pytest.approx([44, 33, 44.1, 33], abs=1e-7)


def test_roads_without_a_crs_are_refused():
    """A frame must say its coordinate reference system."""
    with pytest.raises(br.CRSError, match="coordinate reference system"):
        br.read_roads(gpd.GeoDataFrame(geometry=[WEST]))


def test_a_line_of_several_parts_becomes_several_roads():
    """Parts are numbered under their road's id; the others keep theirs."""
    both = MultiLineString([WEST, EAST])
    single = MultiLineString([LineString([(44, 34), (45, 34)])])
    roads = br.read_roads(roads_frame(both, single, road_id=["a", "b"], name=["M1", "M2"]))
    assert roads.index.tolist() == ["a/1", "a/2", "b"]
    assert roads["name"].tolist() == ["M1", "M1", "M2"]
    assert (roads.geom_type == "LineString").all()


@pytest.mark.parametrize(
    ("column", "value"),
    [("speed_kmh", 0), ("speed_kmh", -40), ("speed_kmh", 999), ("winding_factor", 0.5)],
)
def test_impossible_roads_are_refused(column, value):
    """A speed of nothing or a road shorter than its line is named with row and column."""
    with pytest.raises(br.InputError) as caught:
        br.read_roads(roads_frame(WEST, EAST, **{column: [None, value]}))
    assert (caught.value.faults[0].row, caught.value.faults[0].column) == (2, column)


def test_points_are_no_roads():
    """The kind of geometry that is wanted is said."""
    with pytest.raises(br.InputError, match="row 1, column geometry: it is a Point; give a Line"):
        br.read_roads(roads_frame(Point(44, 33)))


def test_what_is_no_source_of_roads_is_refused():
    """Neither a list nor None ends in a traceback from elsewhere."""
    for nothing in (None, [WEST], 5):
        with pytest.raises(br.InputError, match="roads"):
            br.read_roads(nothing)


@pytest.fixture
def graph():
    """Three nodes as osmnx gives them: a street there and back, and a one-way street."""
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for node, x in ((1, 44.0), (2, 44.1), (3, 44.2)):
        graph.add_node(node, x=x, y=33.0)
    street = {"osmid": 11, "highway": "primary", "name": "Main", "oneway": False, "length": 9300.0}
    graph.add_edge(1, 2, **street, surface="gravel")
    graph.add_edge(2, 1, **street, surface="gravel")
    graph.add_edge(2, 3, osmid=[12, 13], highway=["trunk", "primary"], oneway=True, length=9300.0)
    return graph


@pytest.mark.filterwarnings("ignore:.* hold lists in highway")
def test_an_osmnx_graph_becomes_roads(graph):
    """A street there and back is one road, and a one-way street stays one-way."""
    roads = br.read_roads(graph)
    assert roads.index.tolist() == ["1-2-0", "2-3-0"]
    assert roads["road_class"].tolist() == ["primary", "trunk"]
    assert roads["name"].tolist() == ["Main", ""]
    assert roads["oneway"].tolist() == ["", "forward"]
    assert roads.geometry.iloc[1].coords[:] == [(44.1, 33.0), (44.2, 33.0)]


@pytest.mark.filterwarnings("ignore:.* hold lists in highway")
def test_an_osmnx_graph_keeps_the_surface(graph):
    """A gravel road of a graph is a gravel road, as it is in a file."""
    assert br.read_roads(graph)["surface"].tolist() == ["gravel", ""]


@pytest.mark.filterwarnings("ignore:.* hold lists in highway")
def test_a_road_network_is_built_from_an_osmnx_graph(graph):
    """Against the one-way street there is no way back."""
    network = br.build_network(br.read_roads(graph))
    ends = gpd.GeoDataFrame(
        {"people": [1.0, 1.0]},
        index=["w", "e"],
        geometry=[Point(44.0, 33), Point(44.2, 33)],
        crs=4326,
    )
    ends.index.name = "community_id"
    times = br.travel_times(network, ends[["geometry"]].rename_axis("site_id"), ends, cutoff=60)
    reached = times.ms.toarray() > 0
    assert reached[0, 1]
    assert not reached[1, 0]


# --- areas, closures, frontier -------------------------------------------------------------

HALVES = gpd.GeoDataFrame(
    {"area_id": ["a", "b"], "name": ["West", "East"]},
    geometry=[box(44, 33, 45, 34), box(45, 33, 46, 34)],
    crs=4326,
)


def write_line(path, *lines, crs=4326):
    gpd.GeoDataFrame(geometry=list(lines), crs=4326).to_crs(crs).to_file(path)
    return path


def test_areas_are_read_with_their_names(tmp_path):
    """Polygons in, EPSG:4326 out, ids in the index."""
    HALVES.to_crs(32638).to_file(tmp_path / "areas.gpkg")
    areas = br.read_areas(tmp_path / "areas.gpkg")
    assert areas["name"].to_dict() == {"a": "West", "b": "East"}
    assert areas.crs.to_epsg() == 4326


def test_every_place_lies_in_one_area():
    """On a shared edge the first area by id has it; a place just outside goes to the nearest."""
    places = gpd.GeoDataFrame(
        index=["in", "edge", "near", "far"],
        geometry=[Point(45.5, 33.5), Point(45, 33.5), Point(46.05, 33.5), Point(50, 33.5)],
        crs=4326,
    ).rename_axis("community_id")
    areas = HALVES.set_index("area_id")
    with pytest.warns(br.DataWarning, match="1 were counted to the nearest one, 1 to none"):
        joined = br.join_areas(places, areas)
    assert joined["governorate"].tolist() == ["East", "West", "East", ""]


def test_closures_may_be_points_lines_or_areas(tmp_path):
    """A broken bridge, a closed road and a flooded plain stand in one file."""
    shapes = [Point(44, 33), WEST, box(44, 33, 45, 34)]
    gpd.GeoDataFrame({"reason": ["bridge", None, "flood"]}, geometry=shapes, crs=4326).to_file(
        tmp_path / "closed.geojson"
    )
    closures = br.read_closures(tmp_path / "closed.geojson")
    assert closures["reason"].tolist() == ["bridge", "", "flood"]
    assert closures.index.tolist() == ["1", "2", "3"]


@pytest.mark.parametrize("segment_km", [1.0, 3.7, 1000.0])
def test_a_frontier_is_cut_into_equal_segments_from_its_north(tmp_path, segment_km):
    """Segments join, their km add up to the geodesic length, and none is longer than asked."""
    line = LineString([(44.0, 33.0), (44.1, 33.2), (44.0, 33.4)])
    segments = br.read_frontier(write_line(tmp_path / "f.geojson", line), segment_km=segment_km)
    whole = Geod(ellps="WGS84").geometry_length(line) / 1000
    assert segments["km"].sum() == pytest.approx(whole, rel=1e-6)
    assert segments["km"].max() <= segment_km + 1e-6
    assert segments["chainage_from_km"].iloc[0] == 0
    ends = segments["chainage_to_km"].to_numpy()
    assert segments["chainage_from_km"].to_numpy()[1:] == pytest.approx(ends[:-1])
    assert segments.index.is_unique
    assert segments.geometry.iloc[0].coords[0] == (44.0, 33.4)


def test_a_frontier_in_several_joined_parts_is_one_line(tmp_path):
    """Parts that meet are merged, whatever their order and direction."""
    north, south = LineString([(44, 33.4), (44, 33.2)]), LineString([(44, 33), (44, 33.2)])
    path = write_line(tmp_path / "f.gpkg", south, north, crs=32638)
    segments = br.read_frontier(path, segment_km=5)
    assert segments["chainage_to_km"].iloc[-1] == pytest.approx(44.36, abs=0.05)


def test_a_frontier_knows_its_own_side(tmp_path):
    """The country lies east of the line, so to the left of one who goes from north to south."""
    path = write_line(tmp_path / "f.geojson", LineString([(44.01, 33.1), (44.01, 33.9)]))
    segments = br.read_frontier(path, areas=HALVES.set_index("area_id"))
    assert set(segments["own_side"]) == {"left"}
    assert set(segments["governorate"]) == {"West"}


def test_a_frontier_amid_the_areas_is_refused_by_its_file_name(tmp_path):
    """Where the own side cannot be told, the message names the file that was given."""
    path = write_line(tmp_path / "syria.geojson", LineString([(45, 33.1), (45, 33.9)]))
    with pytest.raises(br.InputError, match=r"syria\.geojson"):
        br.read_frontier(path, areas=HALVES.set_index("area_id"))


@pytest.mark.parametrize("segment_km", [0, -1, float("nan")])
def test_a_segment_without_length_is_refused(tmp_path, segment_km):
    """`segment_km` must be above 0."""
    path = write_line(tmp_path / "f.geojson", WEST)
    with pytest.raises(br.InputError, match="segment_km"):
        br.read_frontier(path, segment_km=segment_km)
