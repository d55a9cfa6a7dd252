"""What the reader of layers promises: the same tables as from CSV, and the same faults."""

import contextlib
import json
import sqlite3
import warnings
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, Polygon, box

import boxreach as br
from boxreach.sources.layers import read_layer
from boxreach.sources.tabular import read_table
from boxreach.tables import AREAS, COMMUNITIES, SITES


def points(**columns):
    size = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(
        columns, geometry=[Point(44 + 0.1 * i, 33) for i in range(size)], crs=4326
    )


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
    """`layer=` picks one."""
    for name in ("first", "second"):
        points(site_id=[name]).to_file(tmp_path / "sites.gpkg", layer=name)
    assert read_table(tmp_path / "sites.gpkg", SITES, layer="second").index.tolist() == ["second"]


# --- layers that are not as they should be -------------------------------------------------


def test_several_layers_and_none_named_lists_them(tmp_path, faults_of):
    """The message says which layers there are and how to choose."""
    for name in ("first", "second"):
        points(site_id=[name]).to_file(tmp_path / "sites.gpkg", layer=name)
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert "first" in fault.what
    assert "second" in fault.what
    assert "layer" in fault.advice


def test_an_unknown_layer_suggests_the_nearest(tmp_path, faults_of):
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


def test_polygons_in_place_of_points_are_refused_row_by_row(tmp_path, faults_of):
    """Each wrong shape is named with what is wanted."""
    frame = gpd.GeoDataFrame(
        {"site_id": ["a", "b"]}, geometry=[Point(44, 33), box(44, 33, 45, 34)], crs=4326
    )
    frame.to_file(tmp_path / "sites.geojson")
    (fault,) = faults_of(tmp_path / "sites.geojson", SITES)
    assert (fault.feature, fault.column) == (2, "geometry")
    assert "Polygon" in fault.what
    assert "Point" in fault.advice


@pytest.mark.parametrize("nothing", [None, Point()])
def test_an_empty_geometry_is_refused(tmp_path, nothing, faults_of):
    """A place that is nowhere is named by its row."""
    frame = gpd.GeoDataFrame({"site_id": ["a", "b"]}, geometry=[Point(44, 33), nothing], crs=4326)
    frame.to_file(tmp_path / "sites.gpkg")
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert (fault.feature, fault.column) == (2, "geometry")


@pytest.mark.parametrize("where", [(444, 33), (44, 195), (np.inf, 33), (33, 144)])
def test_a_point_of_a_layer_off_the_earth_is_refused(tmp_path, where, faults_of):
    """Degrees out of range are told for layers as for CSV."""
    frame = gpd.GeoDataFrame(
        {"site_id": ["a", "b"]}, geometry=[Point(44, 33), Point(where)], crs=4326
    )
    frame.to_file(tmp_path / "sites.gpkg")
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert fault.feature == 2
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
def test_text_among_the_numbers_of_a_layer_is_named_by_row(tmp_path, people, faults_of):
    """A number column that holds text says which row spoils it."""
    features = [
        {"type": "Feature", "properties": {"community_id": str(i), "people": one},
         "geometry": {"type": "Point", "coordinates": [44, 33 + i]}}
        for i, one in enumerate((10, people, 30))
    ]  # fmt: skip
    path = tmp_path / "places.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (fault,) = faults_of(path, COMMUNITIES)
    assert (fault.feature, fault.column) == (2, "people")


def test_negative_people_of_a_layer_are_named_by_row(tmp_path, faults_of):
    """Features are counted from 1."""
    points(community_id=["a", "b"], people=[5, -1]).to_file(tmp_path / "places.gpkg")
    (fault,) = faults_of(tmp_path / "places.gpkg", COMMUNITIES)
    assert (fault.feature, fault.column) == (2, "people")


@pytest.mark.parametrize("limit", [2**63 - 1, -(2**63)])
def test_an_id_at_the_limit_of_whole_numbers_has_lost_digits(tmp_path, faults_of, limit):
    """GDAL before 3.12 makes it of every larger one."""
    points(site_id=[7, limit]).to_file(tmp_path / "sites.gpkg")
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert fault.what == f"the id {limit} has lost digits"
    assert (fault.feature, fault.column) == (2, "site_id")


def test_a_layer_without_the_id_suggests_what_is_there(tmp_path, faults_of):
    """A near miss among the columns is named."""
    points(site_ids=["a"]).to_file(tmp_path / "sites.gpkg")
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert fault.column == "site_id"
    assert "site_ids" in fault.advice


def test_a_layer_without_the_id_still_has_its_other_faults_told(tmp_path, faults_of):
    """A missing id column does not hide negative people."""
    points(place=["a", "b"], people=[5, -1]).to_file(tmp_path / "places.gpkg")
    columns = {fault.column for fault in faults_of(tmp_path / "places.gpkg", COMMUNITIES)}
    assert columns == {"community_id", "people"}


def test_a_blank_name_of_an_area_is_refused(tmp_path, faults_of):
    """Areas are told apart by name, so each must have one."""
    frame = gpd.GeoDataFrame(
        {"area_id": ["a", "b"], "name": ["West", None]},
        geometry=[box(44, 33, 45, 34)] * 2,
        crs=4326,
    )
    frame.to_file(tmp_path / "areas.gpkg")
    (fault,) = faults_of(tmp_path / "areas.gpkg", AREAS)
    assert (fault.feature, fault.column) == (2, "name")


def test_a_table_without_shapes_is_refused(tmp_path, faults_of):
    """A GeoPackage of attributes only is no layer."""
    points(site_id=["a"]).to_file(tmp_path / "sites.gpkg")
    with sqlite3.connect(tmp_path / "sites.gpkg") as database:
        database.execute("UPDATE gpkg_contents SET data_type = 'attributes'")
        database.execute("DELETE FROM gpkg_geometry_columns")
    database.close()
    assert faults_of(tmp_path / "sites.gpkg", SITES)


@pytest.mark.parametrize("keep", [0, 10, 100, 1024, 5000, 20_000, 60_000, 90_000])
def test_a_cut_off_geopackage_is_one_fault(tmp_path, keep, faults_of):
    """A download that stopped half way is refused, wherever it stopped."""
    points(site_id=["a", "b"]).to_file(tmp_path / "whole.gpkg")
    content = (tmp_path / "whole.gpkg").read_bytes()
    assert keep < len(content)
    (tmp_path / "sites.gpkg").write_bytes(content[:keep])
    (fault,) = faults_of(tmp_path / "sites.gpkg", SITES)
    assert fault.advice


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "parquet", "txt"])
def test_a_web_page_in_place_of_a_layer_is_one_fault(tmp_path, suffix, faults_of):
    """A saved login page under any name is refused."""
    path = tmp_path / f"sites.{suffix}"
    path.write_text("<!DOCTYPE html><html><body>Sign in</body></html>\n")
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
def test_broken_geojson_is_a_fault(tmp_path, text, faults_of):
    """Half a file, or JSON that is no GeoJSON, is refused."""
    path = tmp_path / "sites.geojson"
    path.write_text(text)
    assert faults_of(path, SITES)


def test_an_empty_layer_says_that_there_is_no_row(tmp_path, faults_of):
    """A layer without features is a fault, whatever else is missing from it."""
    path = tmp_path / "sites.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    faults = faults_of(path, SITES)
    assert any("no row" in fault.what for fault in faults)


@pytest.mark.filterwarnings("ignore::boxreach.DataWarning")
def test_a_bow_tie_of_an_area_is_repaired_and_said(tmp_path):
    """An outline that crosses itself never ends in a traceback of the geometry library."""
    tie = Polygon([(44, 33), (45, 34), (45, 33), (44, 34)])
    frame = gpd.GeoDataFrame({"area_id": ["a"], "name": ["Tie"]}, geometry=[tie], crs=4326)
    frame.to_file(tmp_path / "areas.gpkg")
    line = LineString([(44.1, 34), (44.1, 33)])
    gpd.GeoDataFrame(geometry=[line], crs=4326).to_file(tmp_path / "line.gpkg")
    with pytest.warns(br.DataWarning, match="crosses itself"):
        areas = br.read_areas(tmp_path / "areas.gpkg")
    segments = br.read_frontier(tmp_path / "line.gpkg", areas=areas)
    assert set(segments["governorate"]) == {"Tie"}


@pytest.mark.slow
def test_a_parquet_file_that_claims_more_rows_than_bytes_is_refused(tmp_path):
    """Equal rows pack to nothing and unpack to all of the memory."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "bomb.parquet"
    points = gpd.points_from_xy(np.full(300_000, 44.0), np.full(300_000, 33.0))
    gpd.GeoDataFrame({"community_id": ["c"] * 300_000}, geometry=points, crs=4326).to_parquet(path)
    assert path.stat().st_size < 300_000
    with pytest.raises(br.InputError, match=r"bomb\.parquet.*claims 300,000 rows in"):
        br.read_communities(path)


def test_a_damaged_geopackage_is_refused_whatever_it_is_called(tmp_path, faults_of):
    """As many rows would be read as a table of it says, two of two thousand."""
    points(site_id=[f"s{n}" for n in range(100)]).to_file(tmp_path / "sites.gpkg")
    path = (tmp_path / "sites.gpkg").rename(tmp_path / "sites.db")
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE gpkg_ogr_contents SET feature_count = 2")
    (fault,) = faults_of(path, SITES)
    assert fault.what == "it holds 100 features and says that it holds 2"


@pytest.mark.parametrize("name", ["sites.geojson", "sites.txt", "sites.zip"])
def test_a_system_that_nobody_knows_is_refused_whatever_the_layer_is_called(
    tmp_path, faults_of, name
):
    """GDAL would take the coordinates for degrees."""
    frame = points(site_id=["a"]).set_crs(32638, allow_override=True)
    text = frame.to_json().replace("EPSG::32638", "EPSG::99999")
    assert "99999" in text
    with zipfile.ZipFile(tmp_path / "sites.zip", "w") as archive:
        archive.writestr("sites.geojson", text)
    if name != "sites.zip":
        (tmp_path / name).write_text(text)
    (fault,) = faults_of(tmp_path / name, SITES)
    assert fault.what.startswith("it names a coordinate reference system that is not known")
    assert fault.file == name


def test_a_system_whose_name_is_not_utf8_is_refused(tmp_path, faults_of):
    points(site_id=["a"]).to_file(tmp_path / "sites.shp")
    told = (tmp_path / "sites.prj").read_bytes()
    (tmp_path / "sites.prj").write_bytes(told.replace(b"Greenwich", "غرينتش".encode("cp1256")))
    (fault,) = faults_of(tmp_path / "sites.shp", SITES)
    assert fault.what == "a text in it is not UTF-8"


def write_shapefile(folder, **columns):
    """Write a shapefile with Arabic names of which nothing says how they are written."""
    points(**columns).to_file(folder / "sites.shp", encoding="cp1256")
    (folder / "sites.cpg").unlink()
    table = bytearray((folder / "sites.dbf").read_bytes())
    table[29] = 0
    (folder / "sites.dbf").write_bytes(table)


def pack(folder, endings, **more):
    """Put parts of the shapefile into an archive, as they are downloaded from open data."""
    with zipfile.ZipFile(folder / "sites.zip", "w") as archive:
        for one in endings:
            archive.write(folder / f"sites.{one.lower()}", f"sites.{one}")
        for name, text in more.items():
            archive.writestr(f"sites.{name}", text)
        archive.writestr("__MACOSX/._sites.shp", "of a Mac")
    return folder / "sites.zip"


def test_a_shapefile_in_an_archive_is_looked_at_like_one_beside_it(tmp_path, faults_of):
    """Names would be read in Western letters, and rows be left out."""
    write_shapefile(tmp_path, site_id=["a", "b"], name=["بغداد", "الموصل"])
    (fault,) = faults_of(pack(tmp_path, ["shp", "shx", "dbf", "prj"]), SITES)
    assert fault.what == "it does not say in which encoding its names are"
    (fault,) = faults_of(pack(tmp_path, ["shp", "dbf", "prj"], cpg="windows-1256"), SITES)
    assert fault.what == "its part .shx is missing or empty"
    whole = pack(tmp_path, ["shp", "SHX", "dbf", "prj"], CPG="windows-1256")
    assert read_table(whole, SITES)["name"].tolist() == ["بغداد", "الموصل"]
    table = bytearray((tmp_path / "sites.dbf").read_bytes())
    table[4] = 1
    (tmp_path / "sites.dbf").write_bytes(table)
    (fault,) = faults_of(pack(tmp_path, ["shp", "shx", "dbf", "prj"], cpg="windows-1256"), SITES)
    assert fault.what == "it has 2 shapes and 1 rows of attributes"


def test_an_archive_of_folders_is_to_be_unpacked(tmp_path, faults_of):
    """GDAL looks into no folder of an archive."""
    write_shapefile(tmp_path, site_id=["a"], name=["One"])
    with zipfile.ZipFile(pack(tmp_path, []), "w") as archive:
        for one in ("shp", "shx", "dbf", "prj"):
            archive.write(tmp_path / f"sites.{one}", f"data/sites.{one}")
    (fault,) = faults_of(tmp_path / "sites.zip", SITES)
    assert fault.advice == "unpack it, and give the layer that is in it"


@pytest.mark.parametrize("name", ["sites.zip", "sites.kmz"])
def test_an_archive_whose_one_file_is_cut_or_locked_is_refused_in_words(tmp_path, faults_of, name):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sites.geojson", points(site_id=["a"] * 50).to_json())
    data = path.read_bytes()
    path.write_bytes(data[:60] + bytes(40) + data[100:])
    (fault,) = faults_of(path, SITES)
    assert fault.what.startswith("the archive is damaged")
    locked = bytearray(data)
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[data.index(sign) + at] |= 1
    path.write_bytes(locked)
    (fault,) = faults_of(path, SITES)
    assert "password" in fault.what


@pytest.mark.parametrize("name", ["sites.sqlite", "sites.gpkg", "sites.zip"])
def test_a_database_with_a_destroyed_page_is_refused_also_in_an_archive(tmp_path, faults_of, name):
    """Each of its rows would be read, and most of them without a shape."""
    whole = tmp_path / ("whole.sqlite" if name == "sites.sqlite" else "whole.gpkg")
    places = gpd.points_from_xy(44 + np.arange(2000) / 1000, np.full(2000, 33.0))
    ids = {"site_id": [f"s{n}" for n in range(2000)]}
    rows = gpd.GeoDataFrame(ids, geometry=places, crs=4326)
    rows.to_file(whole, driver="SQLite" if name == "sites.sqlite" else "GPKG")
    data = bytearray(whole.read_bytes())
    page = len(data) // 4096 - 8
    data[page * 4096 : (page + 1) * 4096] = bytes(4096)
    for path, content in ((tmp_path / name, data), (tmp_path / "good.zip", whole.read_bytes())):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(f"a folder/{whole.name}", content)
        else:
            path.write_bytes(content)
    (fault,) = faults_of(tmp_path / name, SITES)
    assert fault.what.startswith("the database is damaged (")
    assert fault.file == name
    if name == "sites.zip":
        assert len(read_table(tmp_path / "good.zip", SITES)) == 2000


def write_mif(folder, cut_mif=None, cut_mid=None):
    """Write 50 areas as MapInfo's interchange file, each of its parts up to a byte."""
    areas = [box(44 + n / 10, 33, 44.05 + n / 10, 33.123456) for n in range(50)]
    frame = gpd.GeoDataFrame({"area_id": [f"a{n}" for n in range(50)]}, geometry=areas, crs=4326)
    frame["name"] = "n"
    frame.to_file(folder / "areas.mif", driver="MapInfo File")
    for ending, cut in (("mif", cut_mif), ("mid", cut_mid)):
        path = folder / f"areas.{ending}"
        path.write_bytes(path.read_bytes()[:cut])
    return folder / "areas.mif"


@pytest.mark.parametrize("archived", [False, True])
def test_a_mapinfo_file_that_is_cut_off_is_refused(tmp_path, faults_of, archived):
    """Where it is cut between two shapes its driver reads those before, and says nothing."""

    def faults(path):
        if archived:
            with zipfile.ZipFile(tmp_path / "areas.zip", "w") as archive:
                for part in tmp_path.glob("areas.mi?"):
                    archive.write(part, part.name)
            path = tmp_path / "areas.zip"
        return [fault.what for fault in faults_of(path, AREAS)]

    path = write_mif(tmp_path)
    whole, rows = path.read_bytes(), path.with_suffix(".mid").read_bytes()
    at = whole.index(b"Region", len(whole) * 9 // 10)
    left = whole[:at].count(b"Region")
    assert faults(write_mif(tmp_path, cut_mif=at)) == [
        f"it has {left} shapes and 50 rows of attributes"
    ]
    assert faults(write_mif(tmp_path, cut_mif=-1)) == [
        "the file ends within a line: 'Brush (1,0,16777215)'"
    ]
    end = rows.index(b"\n", len(rows) // 2) + 1
    few = rows[:end].count(b"\n")
    assert faults(write_mif(tmp_path, cut_mid=end)) == [
        f"it has 50 shapes and {few} rows of attributes"
    ]
    write_mif(tmp_path)
    path.with_suffix(".mid").unlink()
    assert faults(path) == ["its part .mid is missing"]


def test_a_whole_mapinfo_file_is_read_collections_and_all(tmp_path):
    assert len(read_table(write_mif(tmp_path), AREAS)) == 50
    head = 'Version 650\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 104\n'
    parts = ("Region 1\n4\n44 33\n45 33\n45 34\n44 33\nPline 2\n44 33\n45 33\n"
             "Multipoint 1\n44 33\n")  # fmt: skip
    shapes = f"Columns 1\n  name Char(9)\nDATA\n\nCollection 3\n{parts}point 44 33\nNone\n"
    (tmp_path / "mixed.mif").write_text(head + shapes)
    (tmp_path / "mixed.mid").write_text('"a"\n"b"\n"c"\n')
    assert read_layer(tmp_path / "mixed.mif").frame["name"].tolist() == ["a", "b", "c"]


# --- values that a driver would read as others ------------------------------------------------


CID = {"community_id": "cid"}
"""Short enough for a shapefile."""

WRONG_VALUES = {"1,234": "1,234", "abc": "abc", "1_000": "1_000", "12.7": 12.7}
"""Of columns of whole numbers: read as 1, 0 and 12 in silence by the drivers of GDAL."""


DRIVERS = {"gml": "GML", "mif": "MapInfo File"}


@pytest.fixture
def lay_whole_numbers(tmp_path):
    """Save three towns of so many people as a column of whole numbers; one value is another's."""

    def lay(suffix, said):
        path = tmp_path / f"towns.{suffix}"
        layer = points(cid=["a", "b", "c"], people=[11111, 22222, 33333])
        layer.to_file(path, driver=DRIVERS.get(suffix))
        if suffix == "gpkg":
            with contextlib.closing(sqlite3.connect(path)) as database, database:
                for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
                    database.create_function(name, 1, lambda shape: 0)
                # A gap in the numbers of the rows is no feature.
                database.execute("UPDATE towns SET fid = 70 WHERE fid = 3")
                database.execute("UPDATE towns SET fid = 7 WHERE fid = 2")
                database.execute("UPDATE towns SET people = ? WHERE fid = 7", [said])
            return path
        part = path.with_suffix({"shp": ".dbf", "mif": ".mid"}.get(suffix, f".{suffix}"))
        size = 5 if suffix == "shp" else 0
        whole = part.read_bytes()
        told = f'"{said}"' if suffix == "mif" and "," in str(said) else str(said).rjust(size)
        part.write_bytes(whole.replace(b"22222", told.encode()))
        return path

    return lay


@pytest.mark.parametrize("said", WRONG_VALUES.values(), ids=WRONG_VALUES)
@pytest.mark.parametrize("suffix", ["gpkg", "shp", "gml", "mif"])
def test_a_value_that_its_column_cannot_hold_is_no_other_number(
    lay_whole_numbers, faults_of, suffix, said
):
    """It is refused by feature and column, or read as it is written."""
    path = lay_whole_numbers(suffix, said)
    if suffix == "gml" and said == 12.7:
        assert read_table(path, COMMUNITIES, columns=CID)["people"].tolist() == [11111, 12.7, 33333]
        return
    (fault,) = faults_of(path, COMMUNITIES, columns=CID)
    assert (fault.feature, fault.column, fault.value) == (2, "people", str(said))


@pytest.mark.parametrize(("said", "read"), [("22", 22), ("", np.nan), ("*****", np.nan)])
def test_a_shapefile_holds_blanks_and_stars_where_there_is_no_number(lay_whole_numbers, said, read):
    people = read_table(lay_whole_numbers("shp", said), COMMUNITIES, columns=CID)["people"]
    assert people.tolist() == pytest.approx([11111, read, 33333], nan_ok=True)


def test_a_geopackage_may_hold_whole_numbers_among_decimal_ones(lay_whole_numbers, tmp_path):
    points(cid=["a", "b"], people=[1.5, 2.5]).to_file(tmp_path / "towns.gpkg")
    with contextlib.closing(sqlite3.connect(tmp_path / "towns.gpkg")) as database, database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda shape: 0)
        database.execute("UPDATE towns SET people = 3 WHERE fid = 2")
    people = read_table(tmp_path / "towns.gpkg", COMMUNITIES, columns=CID)["people"]
    assert people.tolist() == [1.5, 3]


@pytest.mark.parametrize("suffix", ["gml", "xml"])
def test_reading_gml_writes_nothing_beside_it_and_believes_nothing_there(suffix, tmp_path):
    """Its driver keeps its guess in a file; one of another day would tell it other columns."""
    path = tmp_path / f"towns.{suffix}"
    points(cid=["a", "b"], people=[5, 6]).to_file(path, driver="GML")
    path.with_suffix(".xsd").unlink()
    assert read_table(path, COMMUNITIES, columns=CID)["people"].tolist() == [5, 6]
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    path.with_suffix(".gfs").write_text("<GMLFeatureClassList></GMLFeatureClassList>")
    assert read_table(path, COMMUNITIES, columns=CID)["people"].tolist() == [5, 6]
    assert {*read_layer(path).frame.columns} == {"gml_id", "cid", "people", "geometry"}


def write_days(path, names, days):
    """Write points with texts that look like days, in a dress of GeoJSON."""
    shapes = [{"type": "Point", "coordinates": [44 + one / 10, 33]} for one in range(len(days))]
    pairs = [({**dict.fromkeys(names, day), "site_id": f"s{at}"} if "site_id" not in names
              else dict.fromkeys(names, day)) for at, day in enumerate(days)]  # fmt: skip
    features = [
        {"type": "Feature", "properties": pair, "geometry": shape}
        for pair, shape in zip(pairs, shapes, strict=True)
    ]
    if path.suffix == ".topojson":
        objects = [{**shape, "properties": pair} for pair, shape in zip(pairs, shapes, strict=True)]
        towns = {"type": "GeometryCollection", "geometries": objects}
        crs = {"type": "name", "properties": {"name": "EPSG:4326"}}
        said = {"type": "Topology", "crs": crs, "arcs": [], "objects": {"towns": towns}}
        said = json.dumps(said)
    elif path.suffix == ".geojsonl":
        said = "\n".join(map(json.dumps, features))
    else:
        said = json.dumps({"type": "FeatureCollection", "features": features})
    path.write_text(said)
    return path


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl", "topojson"])
@pytest.mark.parametrize(
    "days",
    [["11-02-01", "12-02-02"], ["12/05/01", "12/05/02"], ["2026/03/01 12:00:00", "2026-03-02"]],
)
def test_texts_that_look_like_days_stay_as_they_are(tmp_path, suffix, days):
    """A driver makes 11 February 2001 of them, or 2 November, or 1 February 2011."""
    path = write_days(tmp_path / f"sites.{suffix}", ["site_id", "name"], days)
    sites = read_table(path, SITES)
    assert sites.index.tolist() == sites["name"].tolist() == days


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl"])
def test_days_written_year_first_are_read_alike(tmp_path, suffix):
    path = write_days(tmp_path / f"sites.{suffix}", ["name"], ["2026-03-31", "2026-04-05"])
    assert [one[:10] for one in read_table(path, SITES)["name"]] == ["2026-03-31", "2026-04-05"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'Delimiter ","', b'Delimiter "ab"'), (b'Delimiter ","', b""),
        (b"Columns 2", b"Columns x"), (b"Columns 2", b"Columns 9"),
        (b"people", b"\n\n people"), (b"people ", b"people\n"),
    ],
)  # fmt: skip
def test_the_head_of_a_mapinfo_file_is_refused_in_words_or_read_past(lay_whole_numbers, old, new):
    """What it says of its columns is followed only as far as it makes sense."""
    path = lay_whole_numbers("mif", 22)
    text = path.read_bytes()
    assert old in text
    path.write_bytes(text.replace(old, new))
    with contextlib.suppress(br.InputError):
        read_table(path, COMMUNITIES, columns=CID)


@pytest.mark.parametrize(
    ("kind", "values", "at"),
    [
        ("SMALLINT", [5, 100_000], 2), ("MEDIUMINT", [-(2**31) - 1, 5], 1),
        ("BOOLEAN", [1, -1], 2), ("INTEGER(10)", [5, "x"], 2), ("INT8", ["1,234", 5], 1),
        ("NUMERIC", [5.5, "abc"], 2), ("SMALLINT", [-(2**15), 2**15 - 1], 0),
        ("INTEGER", [5, 3e9], 0),
    ],
)  # fmt: skip
def test_a_number_beyond_what_a_geopackage_calls_its_column_is_told(tmp_path, kind, values, at):
    """Half of it would be read, or one way against the road as along it."""
    path = tmp_path / "towns.gpkg"
    points(cid=["a", "b"]).to_file(path)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda shape: 0)
        database.execute(f"ALTER TABLE towns ADD COLUMN count {kind}")
        for fid, value in enumerate(values, start=1):
            database.execute("UPDATE towns SET count = ? WHERE fid = ?", [value, fid])
    if not at:
        assert read_layer(path).frame["count"].tolist() == values
        return
    with pytest.raises(br.InputError) as caught:
        read_layer(path)
    (fault,) = caught.value.faults
    assert (fault.feature, fault.value) == (at, str(values[at - 1]))


def test_what_a_geopackage_calls_its_rows_is_no_question_to_it(tmp_path):
    """A column called rowid, of any text, is asked for nothing."""
    path = tmp_path / "towns.gpkg"
    points(cid=["a", "b"], people=[1, 2], rowid=["0", "0"]).to_file(path)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda shape: 0)
        database.execute("UPDATE towns SET rowid = '(SELECT 1/0)/*', people = 'x' WHERE fid = 2")
    with pytest.raises(br.InputError) as caught:
        read_layer(path)
    (fault,) = caught.value.faults
    assert (fault.feature, fault.column, fault.value) == (2, "people", "x")


@pytest.mark.parametrize("days", [["2026-01-02", None], [None, None]])
def test_a_name_that_is_kept_as_a_day_may_be_blank(tmp_path, days):
    points(site_id=["a", "b"], name=pd.to_datetime(pd.Series(days))).to_file(tmp_path / "s.gpkg")
    read = read_table(tmp_path / "s.gpkg", SITES)["name"].tolist()
    assert read == [day or "" for day in days]


def test_a_column_without_a_name_is_none_of_ours(tmp_path):
    """Nothing that is missing is filled from it."""
    path = write_days(tmp_path / "sites.geojson", ["", "name"], ["A", "B"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sites = read_table(path, SITES)
    assert not {"name_ar", "governorate"} & {*sites.columns}


@pytest.mark.parametrize("names", [["محمد", "Mosul"], ["a…b", "c"]])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1256"])
def test_letters_of_a_mapinfo_file_part_no_rows(lay_whole_numbers, names, encoding):
    """Some of their bytes are ends of lines in other alphabets; what follows is no number."""
    path = lay_whole_numbers("mif", 22)
    lines = path.read_bytes().splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if line.startswith(b"Columns"))
    lines[at + 1], lines[at + 2] = lines[at + 2], lines[at + 1]
    charset = b'"WindowsArabic"' if encoding == "cp1256" else b'"Neutral"'
    path.write_bytes(b"".join(lines).replace(b'"Neutral"', charset))
    rows = [f"{people},{name}" for name, people in zip([*names, "d"], (5, 6, 7), strict=True)]
    path.with_suffix(".mid").write_bytes("\n".join([*rows, ""]).encode(encoding))
    assert read_table(path, COMMUNITIES, columns=CID)["people"].tolist() == [5, 6, 7]


@pytest.mark.parametrize("at", [8, 10])
@pytest.mark.parametrize("value", [0, 65_535])
def test_the_table_of_a_shapefile_with_a_false_head_is_refused(
    lay_whole_numbers, faults_of, at, value
):
    """Where its rows begin, or how long they are."""
    path = lay_whole_numbers("shp", 22)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[at : at + 2] = value.to_bytes(2, "little")
    path.with_suffix(".dbf").write_bytes(table)
    assert faults_of(path, COMMUNITIES, columns=CID)


def test_the_table_of_a_shapefile_that_is_cut_in_its_head_is_refused(lay_whole_numbers, faults_of):
    path = lay_whole_numbers("shp", 22)
    table = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(table[:40])
    (fault,) = faults_of(path, COMMUNITIES, columns=CID)
    assert "cut off" in fault.what


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl"])
@pytest.mark.parametrize("day", ["2026/03/31", "2026/03/31 10:00:00", " 2026-03-31"])
def test_a_day_of_a_closure_may_be_written_with_slashes_year_first(tmp_path, suffix, day):
    path = write_days(tmp_path / f"closed.{suffix}", ["until_date"], [day])
    assert br.read_closures(path)["until_date"].tolist() == ["2026-03-31"]


def test_only_what_a_layer_holds_itself_is_looked_at_for_days(tmp_path):
    """And its names may be written as escapes."""
    path = write_days(tmp_path / "a.geojsonl", ["name"], ["2026-03-31", "2026-04-05"])
    text = path.read_text().replace('"name"', '"meta": {"name": "spring"}, "name"')
    path.write_text(text)
    assert len(read_table(path, SITES)) == 2
    path = write_days(tmp_path / "b.geojsonl", ["اسم"], ["05-04-26", "06-04-26"])
    assert read_layer(path).frame["اسم"].tolist() == ["05-04-26", "06-04-26"]
