"""What the one vector reader promises: good tables come whole, bad ones say all that is wrong."""

import json
import sqlite3

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point, Polygon, box

import boxreach as br
from boxreach.sources.tabular import read_table
from boxreach.tables import AREAS, COMMUNITIES, SITES

HEADER = "community_id,name,lon,lat,people"
ROWS = ("c1,One,44.1,33.1,100", "c2,Two,44.2,33.2,200", "c3,Three,44.3,33.3,300")


def write(path, *lines, encoding="utf-8"):
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def faults_of(path, schema=COMMUNITIES, **options):
    """Read a table that must be refused, and return its faults, each of which says enough."""
    with pytest.raises(br.InputError) as caught:
        read_table(path, schema, **options)
    for fault in caught.value.faults:
        assert fault.file.endswith(path.name)
        assert fault.what
    return caught.value.faults


def points(**columns):
    size = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(
        columns, geometry=[Point(44 + 0.1 * i, 33) for i in range(size)], crs=4326
    )


# --- one fault at a time, in CSV -----------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("c2,Two,433,33.2,200", "lon", "433"),
        ("c2,Two,-181,33.2,200", "lon", "-181"),
        ("c2,Two,44.2,91,200", "lat", "91"),
        ("c2,Two,1e999,33.2,200", "lon", "inf"),
        ("c2,Two,,33.2,200", "lon", "number"),
        ("c2,Two,44.2,   ,200", "lat", "number"),
        ("c2,Two,44.2,33.2,-5", "people", "-5"),
        ("c2,Two,44.2,33.2,1e999", "people", "inf"),
        ('c2,Two,44.2,33.2,"1,000"', "people", "1,000"),
        ("c2,Two,44.2,33.2,١٢٠٠", "people", "١٢٠٠"),
        ("c2,Two,٤٤.٢,33.2,200", "lon", "٤٤.٢"),
        ("c2,Two,44.2,33.2,12 km", "people", "12 km"),
        ("c2,Two,44.2,33.2,inf", "people", "inf"),
        ("c2,Two,44.2,33.2,nan", "people", "nan"),
        ("c2,Two,44.2,33.2,0x10", "people", "0x10"),
        ("c2,Two,44.2,33.2,1_000", "people", "1_000"),
        ("c2,Two,44.2N,33.2,200", "lon", "44.2N"),
        ("c2,Two,\"44,2\",33.2,200", "lon", "44,2"),
        ("c1,Two,44.2,33.2,200", "community_id", "c1"),
        (" c1 ,Two,44.2,33.2,200", "community_id", "c1"),
        (",Two,44.2,33.2,200", "community_id", "blank"),
        ("  ,Two,44.2,33.2,200", "community_id", "blank"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_with_row_column_and_advice(tmp_path, row, column, said):
    """One bad cell in the third line of the file is one fault that points at it."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], row, ROWS[2])
    (fault,) = faults_of(path)
    assert (fault.row, fault.column) == (3, column)
    assert said in fault.what
    assert fault.advice


@pytest.mark.parametrize("row", ["c2,Two,44.2,33.2", "c2,Two,44.2,33.2,200,7", "c2,Al, Two,4,3,2"])
def test_a_ragged_row_is_named(tmp_path, row):
    """A row with too few or too many values is not shifted into other columns."""
    (fault,) = faults_of(write(tmp_path / "places.csv", HEADER, ROWS[0], row, ROWS[2]))
    assert fault.row == 3
    assert str(row.count(",") + 1) in fault.what


def test_blank_lines_at_the_end_are_no_rows(tmp_path):
    """Editors leave empty last lines; they are no fault and no place."""
    assert len(read_table(write(tmp_path / "places.csv", HEADER, *ROWS, "", ""), COMMUNITIES)) == 3


@pytest.mark.parametrize("missing", ["community_id", "lon", "lat"])
def test_a_missing_column_is_named(tmp_path, missing):
    """A column that must be there and is not is named, with what is there instead."""
    header = HEADER.replace(missing, f"{missing}_x")
    (fault,) = faults_of(write(tmp_path / "places.csv", header, *ROWS))
    assert fault.column == missing
    assert "missing" in fault.what
    assert f"{missing}_x" in fault.advice


def test_a_doubled_column_is_named(tmp_path):
    """Two columns of one name are refused, not silently numbered."""
    path = write(tmp_path / "places.csv", HEADER + ",people", *(row + ",1" for row in ROWS))
    (fault,) = faults_of(path)
    assert (fault.row, fault.column) == (1, "people")
    assert "twice" in fault.what


def test_two_columns_without_a_name_say_so(tmp_path):
    """Commas left over at the end of a header give a fault that can be found."""
    path = write(tmp_path / "places.csv", HEADER + ",,", *(row + ",," for row in ROWS))
    (fault,) = faults_of(path)
    assert fault.row == 1
    assert any(word in str(fault) for word in ("blank", "without a name", "no name", "empty"))


@pytest.mark.parametrize(("lon", "lat"), [("33.2", "144.2"), ("-33", "100")])
def test_swapped_coordinates_out_of_range_are_called_swapped(tmp_path, lon, lat):
    """A latitude beyond 90 that would be a longitude is told as a swap."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], f"c2,Two,{lon},{lat},200")
    (fault,) = faults_of(path)
    assert fault.row == 3
    assert "swapped" in fault.advice


def test_swapped_coordinates_in_range_are_told_by_the_study_area(tmp_path):
    """44 E 33 N written the wrong way round is a place on earth, but not in the study area."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], "c2,Two,33.2,44.2,200", ROWS[2])
    (fault,) = faults_of(path, bounds=(43.0, 32.0, 45.0, 34.0))
    assert fault.row == 3
    assert "swapped" in fault.advice


def test_a_place_far_outside_the_study_area_is_a_fault(tmp_path):
    """A typing mistake of ten degrees is told."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], "c2,Two,54.2,33.2,200", ROWS[2])
    (fault,) = faults_of(path, bounds=(43.0, 32.0, 45.0, 34.0))
    assert fault.row == 3
    assert "outside" in fault.what


def test_a_place_just_outside_the_study_area_is_kept(tmp_path):
    """Roads end before the land does: a margin is left."""
    path = write(tmp_path / "places.csv", HEADER, *ROWS)
    assert len(read_table(path, COMMUNITIES, bounds=(44.15, 33.15, 44.25, 33.25))) == 3


# --- files that are no tables --------------------------------------------------------------


def test_a_missing_file_says_where_it_was_looked_for(tmp_path):
    """The whole path stands in the message."""
    (fault,) = faults_of(tmp_path / "none.csv")
    assert fault.file == str(tmp_path / "none.csv")
    assert "no such file" in fault.what
    assert fault.advice


def test_a_folder_is_no_file(tmp_path):
    """A folder in place of a file is refused with the same words."""
    (tmp_path / "places.csv").mkdir()
    assert "no such file" in faults_of(tmp_path / "places.csv")[0].what


@pytest.mark.parametrize("encoding", ["utf-16", "cp1256"])
def test_text_that_is_not_utf8_says_so(tmp_path, encoding):
    """Arabic in another encoding is not read as other letters."""
    path = write(tmp_path / "places.csv", HEADER, "c1,واحد,44.1,33.1,5", encoding=encoding)
    (fault,) = faults_of(path)
    assert "UTF-8" in fault.what
    assert "UTF-8" in fault.advice


def test_text_that_is_not_utf8_names_the_row(tmp_path):
    """A byte number is of no use in a spreadsheet: the row is."""
    path = write(tmp_path / "places.csv", HEADER, *ROWS, "c4,Qaë,44.1,33.1,5", encoding="latin-1")
    (fault,) = faults_of(path)
    assert fault.row == 5


def test_a_header_alone_says_that_there_is_no_row(tmp_path):
    """A table without rows is a fault, not an empty plan."""
    (fault,) = faults_of(write(tmp_path / "places.csv", HEADER))
    assert "no row" in fault.what


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\n\n\n"])
def test_an_empty_file_says_that_it_is_empty(tmp_path, content):
    """Nothing at all is one fault, not one for each column."""
    path = tmp_path / "places.csv"
    path.write_bytes(content)
    (fault,) = faults_of(path)
    assert "empty" in fault.what or "no row" in fault.what


def test_a_web_page_in_place_of_a_table_is_refused_in_a_few_lines(tmp_path):
    """A saved login page does not give a fault for each of its lines."""
    page = ["<!DOCTYPE html>", "<html>", "<body>", *["<p>Sign in, please</p>"] * 40, "</html>"]
    faults = faults_of(write(tmp_path / "places.csv", *page))
    assert any(fault.column == "lon" for fault in faults)
    assert len(faults) <= 5


def test_semicolons_between_values_are_told(tmp_path):
    """What a European spreadsheet saves says what to do, not only what is missing."""
    lines = [line.replace(",", ";") for line in (HEADER, *ROWS)]
    faults = faults_of(write(tmp_path / "places.csv", *lines))
    assert any("comma" in str(fault) for fault in faults)


def test_an_unclosed_quote_names_its_row(tmp_path):
    """The rest of the file is not swallowed into one name, and the row can be found."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], 'c2,"Two,44.2,33.2,200', ROWS[2])
    (fault,) = faults_of(path)
    assert "quote" in fault.advice
    assert fault.row == 3


def test_a_huge_cell_is_a_fault_and_no_crash(tmp_path):
    """A cell beyond what the csv module takes is refused like any other fault."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], f"c2,{'x' * 200_000},44.2,33.2,200")
    assert faults_of(path)[0].what


# --- several at once -----------------------------------------------------------------------


def test_several_bad_numbers_are_all_listed(tmp_path):
    """Each of three bad cells has its own line."""
    path = write(
        tmp_path / "places.csv", HEADER,
        "c1,One,433,33.1,100", "c2,Two,44.2,north,200", 'c3,Three,44.3,33.3,"3,00"',
    )  # fmt: skip
    assert {(fault.row, fault.column) for fault in faults_of(path)} == {
        (2, "lon"), (3, "lat"), (4, "people"),
    }  # fmt: skip


def test_faults_of_every_kind_are_listed_in_one_message(tmp_path):
    """A bad number does not hide a doubled id, a blank id, negative people or a far place."""
    path = write(
        tmp_path / "places.csv", HEADER,
        "c1,One,44.1,33.1,12 km", "c1,Two,44.2,33.2,200", ",Three,44.3,33.3,300",
        "c4,Four,44.4,33.4,-4", "c5,Five,33.5,44.5,5",
    )  # fmt: skip
    faults = faults_of(path, bounds=(43.0, 32.0, 45.0, 34.0))
    assert [fault.row for fault in faults] == [2, 3, 4, 5, 6]


def test_a_missing_column_does_not_hide_the_faults_of_the_others(tmp_path):
    """What can be checked is checked, so that one round of mending is enough."""
    path = write(
        tmp_path / "places.csv", "community_id,name,lon,people",
        "c1,One,44.1,100", "c1,Two,444,200", "c3,Three,44.3,many",
    )  # fmt: skip
    found = {(fault.row, fault.column) for fault in faults_of(path)}
    assert {(1, "lat"), (3, "community_id"), (3, "lon"), (4, "people")} <= found


def test_a_ragged_row_does_not_hide_the_faults_of_other_rows(tmp_path):
    """Rows that can be read are checked though one cannot."""
    path = write(tmp_path / "places.csv", HEADER, "c1,One,44.1", "c2,Two,444,33.2,2", ROWS[2])
    assert [fault.row for fault in faults_of(path)] == [2, 3]


def test_faults_stand_in_the_order_of_the_rows(tmp_path):
    """A reader mends a file from top to bottom."""
    path = write(
        tmp_path / "places.csv", HEADER,
        "c1,One,44.1,95,100", "c2,Two,444,33.2,x", "c3,Three,44.3,-99,1", "c4,Four,500,33.3,1",
    )  # fmt: skip
    rows = [fault.row for fault in faults_of(path)]
    assert rows == sorted(rows)


# --- what is good --------------------------------------------------------------------------


def test_a_csv_becomes_points_with_ids_as_text(tmp_path):
    """Ids stay as they are written: leading zeros and all."""
    path = write(tmp_path / "p.csv", "site_id,lon,lat", "007,44.1,33.1", "8,44.2,33.2")
    sites = read_table(path, SITES)
    assert sites.index.tolist() == ["007", "8"]
    assert sites.index.name == "site_id"
    assert sites.crs.to_epsg() == 4326
    assert [(p.x, p.y) for p in sites.geometry] == [(44.1, 33.1), (44.2, 33.2)]


def test_byte_order_mark_crlf_and_spaces_are_taken(tmp_path):
    """What spreadsheets save is read."""
    path = tmp_path / "p.csv"
    path.write_bytes("\ufeffsite_id , lon,lat\r\n a , 44.1 ,33.1\r\n".encode())
    sites = read_table(path, SITES)
    assert sites.index.tolist() == ["a"]
    assert sites.geometry.x.tolist() == [44.1]


def test_the_suffix_may_be_in_capitals(tmp_path):
    """PLACES.CSV is a CSV file."""
    assert len(read_table(write(tmp_path / "PLACES.CSV", HEADER, *ROWS), COMMUNITIES)) == 3


def test_quoted_commas_and_line_breaks_stay_in_their_cell(tmp_path):
    """A name may hold a comma, a quote or a line break."""
    path = write(tmp_path / "p.csv", "site_id,name,lon,lat", 'a,"Al, ""Big""\nOne",44.1,33.1')
    assert read_table(path, SITES)["name"].tolist() == ['Al, "Big"\nOne']


def test_a_blank_people_is_unknown_and_never_zero(tmp_path):
    """Unknown people are NaN."""
    path = write(tmp_path / "p.csv", HEADER, ROWS[0], "c2,Two,44.2,33.2,", "c3,Three,44.3,33.3,0")
    people = read_table(path, COMMUNITIES)["people"]
    assert people.isna().tolist() == [False, True, False]
    assert people["c3"] == 0


def test_extra_columns_are_kept(tmp_path):
    """Numbers of the caller's own stay numbers, text stays text."""
    path = write(tmp_path / "p.csv", "site_id,lon,lat,year,note", "a,44.1,33.1,2019,new")
    sites = read_table(path, SITES)
    assert sites["year"].tolist() == [2019]
    assert sites["note"].tolist() == ["new"]


def test_extra_columns_keep_codes_with_leading_zeros(tmp_path):
    """A place code or a telephone number is not a quantity: 0101 stays 0101."""
    path = write(tmp_path / "p.csv", "site_id,lon,lat,pcode", "a,44.1,33.1,0101", "b,44,33,0202")
    assert read_table(path, SITES)["pcode"].tolist() == ["0101", "0202"]


def test_columns_maps_the_files_own_names(tmp_path):
    """The file's names are given, ours come out; a column that bore our name is kept aside."""
    path = write(tmp_path / "p.csv", "pcode,x,y,title,name", "a,44.1,33.1,Right,Other")
    mapping = {"site_id": "pcode", "lon": "x", "lat": "y", "name": "title"}
    sites = read_table(path, SITES, columns=mapping)
    assert sites.index.tolist() == ["a"]
    assert sites["name"].tolist() == ["Right"]
    assert sites["name_in_file"].tolist() == ["Other"]


@pytest.mark.parametrize("ours", ["site_id", "lon", "name"])
def test_columns_that_name_what_is_not_in_a_csv_are_refused(tmp_path, ours):
    """A mapping to nothing is a mistake also where our column is optional."""
    path = write(tmp_path / "p.csv", "site_id,name,lon,lat", "a,One,44.1,33.1")
    (fault,) = faults_of(path, SITES, columns={ours: "nome"})
    assert fault.column == "nome"


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp"])
def test_a_layer_reads_the_same_as_a_csv(tmp_path, suffix):
    """The kind of file makes no difference to the table."""
    frame = points(site_id=["a", "b"], name=["One", "واحد"])
    path = tmp_path / f"sites.{suffix}"
    frame.to_file(path, encoding="utf-8") if suffix == "shp" else frame.to_file(path)
    sites = read_table(path, SITES)
    assert sites.index.tolist() == ["a", "b"]
    assert sites["name"].tolist() == ["One", "واحد"]
    assert sites.geometry.x.tolist() == pytest.approx([44.0, 44.1])


def test_a_projected_layer_comes_out_in_degrees(tmp_path):
    """UTM in, EPSG:4326 out, to a millimetre."""
    points(site_id=["a", "b"]).to_crs(32638).to_file(tmp_path / "sites.gpkg")
    sites = read_table(tmp_path / "sites.gpkg", SITES)
    assert sites.crs.to_epsg() == 4326
    assert sites.geometry.x.tolist() == pytest.approx([44.0, 44.1], abs=1e-8)


def test_numbers_as_ids_become_text(tmp_path):
    """Integers and whole floats lose no digit and gain no '.0'."""
    for ids in ([1, 2], [1.0, 2.0]):
        points(site_id=ids).to_file(tmp_path / "sites.gpkg")
        assert read_table(tmp_path / "sites.gpkg", SITES).index.tolist() == ["1", "2"]


def test_missing_text_in_a_layer_is_blank(tmp_path):
    """A null name is an empty one, never 'None' or 'nan'."""
    points(site_id=["a", "b"], name=["One", None]).to_file(tmp_path / "sites.gpkg")
    assert read_table(tmp_path / "sites.gpkg", SITES)["name"].tolist() == ["One", ""]


@pytest.mark.parametrize("people", [[100, 200], [100, None], [None, None]])
def test_people_of_a_layer_are_floats_and_null_is_unknown(tmp_path, people):
    """Whole numbers, some nulls or nothing but nulls: the column is the same."""
    features = [
        {"type": "Feature", "properties": {"community_id": str(i), "people": one},
         "geometry": {"type": "Point", "coordinates": [44, 33 + i]}}
        for i, one in enumerate(people)
    ]  # fmt: skip
    path = tmp_path / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    column = br.read_communities(path)["people"]
    assert column.dtype == np.float64
    assert column.isna().tolist() == [one is None for one in people]


def test_a_layer_of_several_is_chosen_by_name(tmp_path):
    """layer= picks one."""
    for name in ("first", "second"):
        points(site_id=[name]).to_file(tmp_path / "sites.gpkg", layer=name)
    assert read_table(tmp_path / "sites.gpkg", SITES, layer="second").index.tolist() == ["second"]


# --- layers that are not as they should be -------------------------------------------------


def test_several_layers_and_none_named_lists_them(tmp_path):
    """The message says which layers there are and how to choose."""
    for name in ("first", "second"):
        points(site_id=[name]).to_file(tmp_path / "sites.gpkg", layer=name)
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert "first" in fault.what
    assert "second" in fault.what
    assert "layer" in fault.advice


def test_an_unknown_layer_suggests_the_nearest(tmp_path):
    """A slip in the layer's name is met with the right one."""
    points(site_id=["a"]).to_file(tmp_path / "sites.gpkg", layer="sites")
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES, layer="sitse")
    assert "sitse" in fault.what
    assert "did you mean sites?" in fault.advice


def test_a_layer_without_a_crs_is_refused(tmp_path):
    """No coordinate reference system is ever guessed."""
    points(site_id=["a"]).to_file(tmp_path / "sites.shp")
    (tmp_path / "sites.prj").unlink()
    with pytest.raises(br.CRSError) as caught:
        read_table(tmp_path / "sites.shp", SITES)
    assert "sites.shp" in str(caught.value)
    assert "coordinate reference system" in str(caught.value)


def test_polygons_in_place_of_points_are_refused_row_by_row(tmp_path):
    """Each wrong shape is named with what is wanted."""
    frame = gpd.GeoDataFrame(
        {"site_id": ["a", "b"]}, geometry=[Point(44, 33), box(44, 33, 45, 34)], crs=4326
    )
    frame.to_file(tmp_path / "sites.geojson")
    (fault,) = faults_of(tmp_path / "sites.geojson", SITES)
    assert (fault.row, fault.column) == (2, "geometry")
    assert "Polygon" in fault.what
    assert "Point" in fault.advice


@pytest.mark.parametrize("nothing", [None, Point()])
def test_an_empty_geometry_is_refused(tmp_path, nothing):
    """A place that is nowhere is named by its row."""
    frame = gpd.GeoDataFrame({"site_id": ["a", "b"]}, geometry=[Point(44, 33), nothing], crs=4326)
    frame.to_file(tmp_path / "sites.gpkg")
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert (fault.row, fault.column) == (2, "geometry")


@pytest.mark.parametrize("where", [(444, 33), (44, 195), (np.inf, 33), (33, 144)])
def test_a_point_of_a_layer_off_the_earth_is_refused(tmp_path, where):
    """Degrees out of range are told for layers as for CSV."""
    frame = gpd.GeoDataFrame(
        {"site_id": ["a", "b"]}, geometry=[Point(44, 33), Point(where)], crs=4326
    )
    frame.to_file(tmp_path / "sites.gpkg")
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert fault.row == 2
    assert fault.advice
    assert ("swapped" in fault.advice) == (where == (33, 144))


def test_one_line_of_many_vertices_off_the_earth_is_one_fault(tmp_path):
    """A road in metres without saying so gives one fault a road, not one a vertex."""
    line = LineString([(500_000 + i, 3_600_000) for i in range(100)])
    gpd.GeoDataFrame({"road_id": ["a"]}, geometry=[line], crs=4326).to_file(tmp_path / "r.gpkg")
    with pytest.raises(br.InputError) as caught:
        br.read_roads(tmp_path / "r.gpkg")
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize("people", ["1,000", "many"])
def test_text_among_the_numbers_of_a_layer_is_named_by_row(tmp_path, people):
    """A number column that holds text says which row spoils it."""
    features = [
        {"type": "Feature", "properties": {"community_id": str(i), "people": one},
         "geometry": {"type": "Point", "coordinates": [44, 33 + i]}}
        for i, one in enumerate((10, people, 30))
    ]  # fmt: skip
    path = tmp_path / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (fault,) = faults_of(path)
    assert (fault.row, fault.column) == (2, "people")


def test_negative_people_of_a_layer_are_named_by_row(tmp_path):
    """Features are counted from 1."""
    points(community_id=["a", "b"], people=[5, -1]).to_file(tmp_path / "places.gpkg")
    (fault,) = faults_of(tmp_path / "places.gpkg")
    assert (fault.row, fault.column) == (2, "people")


def test_a_layer_without_the_id_suggests_what_is_there(tmp_path):
    """A near miss among the columns is named."""
    points(site_ids=["a"]).to_file(tmp_path / "sites.gpkg")
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert fault.column == "site_id"
    assert "site_ids" in fault.advice


def test_a_layer_without_the_id_still_has_its_other_faults_told(tmp_path):
    """A missing id column does not hide negative people."""
    points(place=["a", "b"], people=[5, -1]).to_file(tmp_path / "places.gpkg")
    columns = {fault.column for fault in faults_of(tmp_path / "places.gpkg")}
    assert columns == {"community_id", "people"}


def test_a_blank_name_of_an_area_is_refused(tmp_path):
    """Areas are told apart by name, so each must have one."""
    frame = gpd.GeoDataFrame(
        {"area_id": ["a", "b"], "name": ["West", None]},
        geometry=[box(44, 33, 45, 34)] * 2,
        crs=4326,
    )
    frame.to_file(tmp_path / "areas.gpkg")
    (fault,) = faults_of(tmp_path / "areas.gpkg", AREAS)
    assert (fault.row, fault.column) == (2, "name")


def test_a_table_without_shapes_is_refused(tmp_path):
    """A GeoPackage of attributes only is no layer."""
    points(site_id=["a"]).to_file(tmp_path / "sites.gpkg")
    with sqlite3.connect(tmp_path / "sites.gpkg") as database:
        database.execute("UPDATE gpkg_contents SET data_type = 'attributes'")
        database.execute("DELETE FROM gpkg_geometry_columns")
    database.close()
    assert faults_of(tmp_path / "sites.gpkg", SITES)


@pytest.mark.parametrize("keep", [0, 10, 100, 1024, 5000, 20_000, 60_000, 90_000])
def test_a_cut_off_geopackage_is_one_fault(tmp_path, keep):
    """A download that stopped half way is refused, wherever it stopped."""
    points(site_id=["a", "b"]).to_file(tmp_path / "whole.gpkg")
    content = (tmp_path / "whole.gpkg").read_bytes()
    assert keep < len(content)
    (tmp_path / "sites.gpkg").write_bytes(content[:keep])
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert fault.advice


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "parquet", "txt"])
def test_a_web_page_in_place_of_a_layer_is_one_fault(tmp_path, suffix):
    """A saved login page under any name is refused."""
    path = write(tmp_path / f"sites.{suffix}", "<!DOCTYPE html><html><body>Sign in</body></html>")
    (fault,) = faults_of(path, SITES)
    assert fault.advice


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "prop',
        '{"type": "FeatureCollection"}',
        "{}",
        "null",
        '{"type": "FeatureCollection", "features": 5}',
    ],
)
def test_broken_geojson_is_a_fault(tmp_path, text):
    """Half a file, or JSON that is no GeoJSON, is refused."""
    assert faults_of(write(tmp_path / "sites.geojson", text), SITES)


def test_an_empty_layer_says_that_there_is_no_row(tmp_path):
    """A layer without features is a fault, whatever else is missing from it."""
    write(tmp_path / "sites.geojson", '{"type": "FeatureCollection", "features": []}')
    faults = faults_of(tmp_path / "sites.geojson", SITES)
    assert any("no row" in fault.what for fault in faults)


@pytest.mark.filterwarnings("ignore::boxreach.DataWarning")
def test_a_bow_tie_of_an_area_is_read_or_refused_in_words(tmp_path):
    """An outline that crosses itself never ends in a traceback of the geometry library."""
    tie = Polygon([(44, 33), (45, 34), (45, 33), (44, 34)])
    frame = gpd.GeoDataFrame({"area_id": ["a"], "name": ["Tie"]}, geometry=[tie], crs=4326)
    frame.to_file(tmp_path / "areas.gpkg")
    line = LineString([(44.1, 34), (44.1, 33)])
    gpd.GeoDataFrame(geometry=[line], crs=4326).to_file(tmp_path / "line.gpkg")
    try:
        areas = br.read_areas(tmp_path / "areas.gpkg")
        segments = br.read_frontier(tmp_path / "line.gpkg", areas=areas)
    except br.InputError:
        return
    assert set(segments["governorate"]) == {"Tie"}
