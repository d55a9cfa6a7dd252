"""What drivers and libraries lose of a layer in silence: read as it stands, or refused in words."""

import contextlib
import json
import os
import shutil
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from pyproj import CRS
from shapely import LineString, Point

import boxreach as br
from boxreach.sources.databases import require_sound

DAY = "2026-03-31T00:30:00+03:00"


def points(count=2, **columns):
    """Return points in a row."""
    shapes = [Point(44 + at / 10, 33) for at in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def feature(site_id, lon=44, **more):
    """Return a feature of GeoJSON."""
    shape = {"type": "Point", "coordinates": [lon, 33]}
    return {"type": "Feature", "properties": {"site_id": site_id}, "geometry": shape} | more


def collection(*features, **more):
    """Return a collection of GeoJSON."""
    return json.dumps({"type": "FeatureCollection", **more, "features": list(features)})


@contextlib.contextmanager
def opened(path):
    """Open a database as programs without GDAL do."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda shape: 0)
        yield database


def change(path, *statements):
    """Change a database."""
    with opened(path) as database, database:
        for one in statements:
            database.execute(one)


@pytest.mark.parametrize("suffix", ["gpkg", "sqlite"])
@pytest.mark.parametrize(
    ("read", "key"),
    [(br.read_roads, "road_id"), (br.read_closures, "closure_id"), (br.read_sites, "site_id")],
)
def test_a_key_of_a_database_that_is_our_id_is_read(tmp_path, suffix, read, key):
    """Rows were numbered anew, so that closures named other roads."""
    path, lines = tmp_path / f"layer.{suffix}", read is br.read_roads
    shapes = [LineString([(44 + at, 33), (45 + at, 33)]) for at in range(3)]
    frame = gpd.GeoDataFrame(geometry=shapes, crs=4326) if lines else points(3)
    driver = "GPKG" if suffix == "gpkg" else "SQLite"
    pyogrio.write_dataframe(
        frame, path, layer="one", driver=driver, layer_options={"FID": key, "SPATIAL_INDEX": "NO"}
    )
    change(path, f"DELETE FROM one WHERE {key} = 1")  # noqa: S608
    if suffix == "gpkg":
        change(path, "UPDATE gpkg_ogr_contents SET feature_count = 2")
    assert read(path).index.tolist() == ["2", "3"]


def test_a_key_that_the_driver_made_up_is_no_column(tmp_path):
    points(site_id=["a", "b"]).to_file(tmp_path / "sites.gpkg")
    assert "fid" not in br.read_sites(tmp_path / "sites.gpkg")


def test_tables_of_ours_saved_as_parquet_are_read_with_their_ids(tmp_path):
    """They stand in the index."""
    roads = gpd.GeoDataFrame(
        {"road_id": ["A9", "A7"]},
        geometry=[LineString([(44, 33), (45, 33)]), LineString([(44, 34), (45, 34)])], crs=4326,
    )  # fmt: skip
    br.read_roads(roads).to_parquet(tmp_path / "roads.parquet")
    assert br.read_roads(tmp_path / "roads.parquet").index.tolist() == ["A9", "A7"]
    cells = pd.DataFrame({"cell_id": ["x", "y"], "lon": [44.0, 45.0], "people": [5, 6]})
    cells["lat"] = 33.0
    cells.set_index(["cell_id", "lon"]).to_parquet(tmp_path / "cells.parquet")
    assert br.read_population(tmp_path / "cells.parquet").index.tolist() == ["x", "y"]


PARTS = {
    "ArcGIS": (collection(feature("a"), exceededTransferLimit=True), "only a part of the"),
    "ArcGIS, newer": (
        collection(feature("a"), properties={"exceededTransferLimit": True}), "only a part of the",
    ),
    "WFS": (collection(feature("a"), totalFeatures=5_000), "1 of 5,000"),
    "OGC API": (
        collection(feature("a"), numberMatched=5_000, numberReturned=1,
                   links=[{"rel": "next", "href": "http://x/?startindex=1"}]), "1 of 5,000",
    ),
    "OGC API, without numbers": (
        collection(feature("a"), links=[{"rel": "next", "href": "x"}]), "only a part of the",
    ),
    "ESRI JSON": (
        json.dumps({
            "exceededTransferLimit": True, "geometryType": "esriGeometryPoint",
            "spatialReference": {"wkid": 4326},
            "fields": [{"name": "site_id", "type": "esriFieldTypeString"}],
            "features": [{"attributes": {"site_id": "a"}, "geometry": {"x": 44, "y": 33}}],
        }),
        "only a part of the",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_an_answer_of_a_server_that_was_cut_at_its_limit_is_refused(tmp_path, name):
    """They give 1,000 or 2,000 features at once; nothing else tells that there are more."""
    text, said = PARTS[name]
    path = tmp_path / "layer.json"
    path.write_text(text)
    with pytest.raises(br.InputError, match=rf"the server gave {said} features; ask it for all"):
        br.read_sites(path)


@pytest.mark.parametrize(
    "more",
    [
        {"links": [{"rel": "next", "href": None}]},
        {"crs": {}},
        {"crs": {"type": "name", "properties": {"name": None}}},
        {"crs": {"type": "name", "properties": {"name": 4326}}},
        {"numberMatched": 1, "numberReturned": 1, "links": [{"rel": "self", "href": "x"}]},
        {"totalFeatures": "unknown", "properties": {"exceededTransferLimit": False}},
        {"numberMatched": 1, "links": [{"rel": "next", "href": "x"}]},
        {"links": None, "properties": None, "numberMatched": None, "crs": None},
    ],
)
def test_a_whole_answer_of_a_server_is_read(tmp_path, more):
    (tmp_path / "layer.geojson").write_text(collection(feature("a"), **more))
    assert br.read_sites(tmp_path / "layer.geojson").index.tolist() == ["a"]


LINES = [json.dumps(feature(one, 44 + at)) for at, one in enumerate("abc")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xef\xbb\xbf" + "\n".join(LINES).encode(), "begins with a byte order mark"),
        (",\n".join(LINES).encode(), "line 1: what follows behind the end of its first"),
        (" ".join(LINES).encode(), "line 1: what follows behind the end of its first"),
        ("\r".join(LINES).encode(), "line 1: what follows behind the end of its first"),
        (json.dumps(feature("a"), indent=1).encode() + b"\n" + LINES[1].encode(), "line 14: what"),
    ],
    ids=["mark", "commas", "one line", "old ends of lines", "first on several lines"],
)
def test_features_that_would_not_be_read_are_refused(tmp_path, data, said):
    """Its driver reads the first, or all but the first."""
    (tmp_path / "sites.geojsonl").write_bytes(data)
    with pytest.raises(br.InputError, match=said):
        br.read_sites(tmp_path / "sites.geojsonl")


@pytest.mark.parametrize("data", ["\n".join(LINES), "\n\n".join(LINES) + "\n", collection(
    *(feature(one, 44 + at) for at, one in enumerate("abc"))) + "\n \n"])  # fmt: skip
def test_features_by_line_and_collections_are_read_to_their_end(tmp_path, data):
    (tmp_path / "sites.geojson").write_text(data)
    assert br.read_sites(tmp_path / "sites.geojson").index.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("kind", "value"), [("INTEGER", "1,234"), ("BIGINT", "n/a"), ("FLOAT", "n/a"), ("INT2", "1,2")]
)
@pytest.mark.parametrize("suffix", ["gpkg", "sqlite"])
def test_texts_in_columns_of_numbers_of_a_database_are_refused(tmp_path, suffix, kind, value):
    """GDAL reads 1 and 0."""
    path = tmp_path / f"towns.{suffix}"
    driver = "GPKG" if suffix == "gpkg" else "SQLite"
    frame = points(community_id=["a", "b"])
    pyogrio.write_dataframe(frame, path, layer="towns", driver=driver)
    change(
        path, f"ALTER TABLE towns ADD COLUMN people {kind}",
        f"UPDATE towns SET people = '{value}' WHERE community_id = 'b'",  # noqa: S608
    )  # fmt: skip
    with pytest.raises(br.InputError, match=rf"feature 2, column people: '{value}' stands in a"):
        br.read_communities(path, layer="towns")


def test_a_database_with_unsaved_changes_is_read_with_them_and_left_as_it_is(tmp_path):
    """As one that another program has open, or that it was stopped at."""
    live, given = tmp_path / "live.gpkg", tmp_path / "given" / "sites.gpkg"
    given.parent.mkdir()
    points(site_id=["a", "b"]).to_file(live, layer="sites")
    with opened(live) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("UPDATE sites SET site_id = 'new' WHERE site_id = 'b'")
        database.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{live}{end}", f"{given}{end}")
    before = {one.name: one.read_bytes() for one in given.parent.iterdir()}
    assert br.read_sites(given, layer="sites").index.tolist() == ["a", "new"]
    assert {one.name: one.read_bytes() for one in given.parent.iterdir()} == before
    assert len(before) == 2


def closed(suffix, path):
    """Write closures whose days are moments of different zones, and return their days."""
    days = [DAY, "2026-12-31T00:30:00+00:00"]
    frame = points(from_date=[pd.Timestamp(one) for one in days])
    if suffix == "geojsonl":
        said = [feature(None) | {"properties": {"from_date": one}} for one in (DAY, "2026-12-31")]
        path.write_text("\n".join(map(json.dumps, said)))
    else:
        drivers = {"fgb": "FlatGeobuf", "gpkg": "GPKG", "geojson": "GeoJSON"}
        pyogrio.write_dataframe(frame, path, driver=drivers[suffix])
    return br.read_closures(path).sort_values("from_date")["from_date"].tolist()


@pytest.mark.filterwarnings("ignore:closed.gpkg. Non-conformant content")
@pytest.mark.parametrize("suffix", ["geojsonl", "fgb", "geojson", "gpkg"])
def test_the_day_that_is_written_counts_whatever_its_zone(tmp_path, suffix):
    """Half an hour after midnight of the last of March in Baghdad was the day before it."""
    assert closed(suffix, tmp_path / f"closed.{suffix}") == ["2026-03-31", "2026-12-31"]


def test_moments_of_another_day_in_utc_are_told(tmp_path):
    """Of ESRI JSON, which counts milliseconds: midnight in Baghdad."""
    moment = {"attributes": {"from_date": 1774904400000}, "geometry": {"x": 44, "y": 33}}
    said = {
        "geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 4326},
        "fields": [{"name": "from_date", "type": "esriFieldTypeDate"}], "features": [moment],
    }  # fmt: skip
    path = tmp_path / "closed.json"
    path.write_text(json.dumps(said))
    with pytest.warns(
        br.DataWarning, match=r"from_date: its times are those of UTC, like 2026-03-30"
    ):
        assert br.read_closures(path)["from_date"].tolist() == ["2026-03-30"]
    moment["attributes"]["from_date"] += 3 * 3_600_000
    path.write_text(json.dumps(said))
    assert br.read_closures(path)["from_date"].tolist() == ["2026-03-31"]


def test_a_column_that_stands_twice_is_told(tmp_path):
    points(1, site_id=["a"], name=["n"], nama=["m"]).to_file(tmp_path / "sites.shp")
    table = tmp_path / "sites.dbf"
    table.write_bytes(table.read_bytes().replace(b"nama\0", b"name\0"))
    with pytest.raises(br.InputError, match="column name: the column stands twice"):
        br.read_sites(tmp_path / "sites.shp")


@pytest.mark.parametrize(("kind", "lost"), [("float32", True), ("float64", False)])
def test_an_id_that_lost_its_digits_in_a_short_number_is_refused(tmp_path, kind, lost):
    towns = points(community_id=np.array([16_777_217, 5], kind))
    towns.to_parquet(tmp_path / "towns.parquet")
    if not lost:
        assert br.read_communities(tmp_path / "towns.parquet").index.tolist() == ["16777217", "5"]
        return
    with pytest.raises(br.InputError, match=r"feature 1, .*the id 16777216 has lost digits"):
        br.read_communities(tmp_path / "towns.parquet")


def test_numbers_that_features_have_for_ids_are_those_of_crossings(tmp_path):
    path = tmp_path / "crossings.geojson"
    path.write_text(collection(feature("x", id=70), feature("y", 45, id=80)))
    assert br.read_crossings(path).index.tolist() == ["70", "80"]


@pytest.mark.parametrize("name", ["Nahrwan 1967", "EPSG:4744"])
@pytest.mark.parametrize("dress", ["named", "properties first", "text"])
def test_a_system_that_a_driver_takes_for_wgs_84_is_not_read_over(tmp_path, name, dress):
    """Its places lie some 400 m elsewhere."""
    crs = {
        "named": {"type": "name", "properties": {"name": name}},
        "properties first": {"properties": {"name": name}, "type": "name"},
        "text": name,
    }[dress]
    (tmp_path / "sites.geojson").write_text(collection(feature("a"), crs=crs))
    if name == "EPSG:4744" and dress != "text":  # its driver knows it so
        expected = gpd.GeoSeries([Point(44, 33)], crs=name).to_crs(4326).iloc[0]
        sites = br.read_sites(tmp_path / "sites.geojson")
        assert sites.geometry.iloc[0].distance(expected) < 1e-9
        return
    with pytest.raises(br.CRSError, match=r"which is read as 'WGS 84'; name the one it is in"):
        br.read_sites(tmp_path / "sites.geojson")


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "EPSG:32638"])
def test_a_system_that_is_known_to_all_is_read(tmp_path, name):
    at = (44.0, 33.0) if "32638" not in name else (500_000.0, 3_651_000.0)
    crs = {"type": "name", "properties": {"name": name}}
    one = feature("a", geometry={"type": "Point", "coordinates": at})
    (tmp_path / "sites.geojson").write_text(collection(one, crs=crs))
    assert br.read_sites(tmp_path / "sites.geojson").geometry.y.round(1).tolist() == [33.0]


@pytest.mark.parametrize(
    ("crs", "told"),
    [
        ("+proj=utm +zone=38 +ellps=clrk80 +units=m +no_defs", True),
        ("+proj=utm +zone=38 +ellps=GRS80 +units=m +no_defs", False),
        ("EPSG:3392", False),
        ("EPSG:27038", True),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_datum_of_which_nobody_knows_where_it_lies_is_told(tmp_path, crs, told):
    """The ellipsoid of old maps alone says nothing, nor does Nahrwan 1967, known in the Gulf."""
    at = gpd.GeoDataFrame({"site_id": ["a"]}, geometry=[Point(440_560, 3_686_146)], crs=crs)
    at.to_parquet(tmp_path / "sites.parquet")
    hears = pytest.warns(br.DataWarning, match=r"how its datum lies to WGS 84 is not known")
    with hears if told else contextlib.nullcontext():
        br.read_sites(tmp_path / "sites.parquet")


def test_a_name_that_looks_like_an_address_is_that_of_a_file(tmp_path, monkeypatch):
    """A prefix of a driver before it opened the file behind it."""
    monkeypatch.chdir(tmp_path)
    for name, one in (("x.gpkg", "old"), ("y.gpkg", "new")):
        points(1, site_id=[one]).to_file(name, layer="sites")
    shutil.copy("y.gpkg", "GPKG:x.gpkg")
    assert br.read_sites("GPKG:x.gpkg").index.tolist() == ["new"]


def test_topojson_of_which_a_part_is_lost_is_refused(tmp_path):
    """Its driver passes over what is nested, and lines whose arcs are not there."""
    line = {"type": "LineString", "arcs": [0], "properties": {"road_id": "a", "built": "05-04-26"}}
    nested = {"type": "GeometryCollection", "geometries": [line | {"arcs": [1]}]}
    said = {
        "type": "Topology", "arcs": [[[44, 33], [44.1, 33]], [[44.2, 33], [44.3, 33]]],
        "crs": {"type": "name", "properties": {"name": "EPSG:4326"}},
        "objects": {"roads": {"type": "GeometryCollection", "geometries": [line, nested]}},
    }  # fmt: skip
    (tmp_path / "roads.json").write_text(json.dumps(said))
    with pytest.raises(br.InputError, match="2 features stand in it, and 1 were read"):
        br.read_roads(tmp_path / "roads.json")


def test_what_is_no_text_of_json_but_read_is_looked_at_too(tmp_path):
    """Drivers are laxer: half an answer of a server went by behind a tab."""
    one = json.dumps(feature("a") | {"properties": {"site_id": "a", "name": "x"}})
    said = one.replace('"x"', '"tab\there"')
    other = said.replace('"site_id": "a"', '"site_id": "b"').replace("44", "45")
    (tmp_path / "sites.geojsonl").write_text(f"{said}\n{other}\n")
    assert br.read_sites(tmp_path / "sites.geojsonl").index.tolist() == ["a", "b"]
    path = tmp_path / "sites.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "numberMatched": 5000, "features": [{said}]}}')
    with pytest.raises(br.InputError, match="1 of 5,000"):
        br.read_sites(path)


@pytest.mark.parametrize(
    "write",
    [
        lambda one: f'{{"type": "FeatureCollection", "features": [{one}], "x": nan}}',
        lambda one: f'{{"type": "FeatureCollection", "features": [{one}], "x": 044}}',
        lambda one: f'loadGeoJSON({{"type": "FeatureCollection", "features": [{one}]}})',
    ],
)
def test_json_that_nobody_could_look_at_is_refused_though_it_could_be_read(tmp_path, write):
    (tmp_path / "sites.geojson").write_text(write(json.dumps(feature("a"))))
    with pytest.raises(br.InputError, match="it is no sound JSON"):
        br.read_sites(tmp_path / "sites.geojson")


def test_a_feature_alone_over_several_lines_is_read(tmp_path):
    """As programs write one district, with a day; and records over several lines."""
    one = feature("a") | {"properties": {"site_id": "a", "name": "05-04-26"}}
    (tmp_path / "one.geojson").write_text(json.dumps(one, indent=2))
    assert br.read_sites(tmp_path / "one.geojson")["name"].tolist() == ["05-04-26"]
    record = f"\x1e{json.dumps(one, indent=1)}\n"
    other = record.replace('"a"', '"b"').replace("44", "45")
    (tmp_path / "two.geojsons").write_text(record + other)
    assert br.read_sites(tmp_path / "two.geojsons")["name"].tolist() == ["05-04-26"] * 2


def test_ids_that_look_like_hours_stay_as_they_are(tmp_path):
    lines = [json.dumps(feature(one, 44 + at)) for at, one in enumerate(["07:15", "12:30"])]
    (tmp_path / "sites.geojsonl").write_text("\n".join(lines))
    assert br.read_sites(tmp_path / "sites.geojsonl").index.tolist() == ["07:15", "12:30"]


def test_numbers_among_texts_that_look_like_days_stay_as_they_are_read(tmp_path):
    names = ["2026-04-05", 5, "Tall"]
    lines = [
        json.dumps(feature("", 44 + at) | {"properties": {"site_id": f"s{at}", "name": name}})
        for at, name in enumerate(names)
    ]
    (tmp_path / "sites.geojsonl").write_text("\n".join(lines))
    assert br.read_sites(tmp_path / "sites.geojsonl")["name"].tolist() == [
        "2026-04-05",
        "5",
        "Tall",
    ]


def test_ids_of_which_only_some_are_numbers_are_told(tmp_path):
    path = tmp_path / "crossings.geojson"
    path.write_text(collection(feature("x", id=70), feature("y", 45)))
    with pytest.warns(br.DataWarning, match="the ids of its features are not read"):
        br.read_crossings(path)


@pytest.mark.parametrize(
    "crs",
    ["ESRI:104903", "IAU_2015:30100", "\ud800", "+proj=longlat +nadgrids=FILE", "+init=FILE:x"],
)
def test_a_system_that_leads_nowhere_or_to_a_file_is_refused(tmp_path, crs):
    """A named pipe would be waited for without end."""
    os.mkfifo(tmp_path / "pipe")
    crs = crs.replace("FILE", str(tmp_path / "pipe"))
    for member in (crs, {"type": "name", "properties": {"name": crs}}):
        (tmp_path / "sites.geojson").write_text(collection(feature("a"), crs=member))
        with pytest.raises(
            br.CRSError, match=r"system (that is not known|names a file of this machine)"
        ):
            br.read_sites(tmp_path / "sites.geojson")


def test_a_layer_whose_system_names_a_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    crs = f"+proj=longlat +ellps=clrk80 +nadgrids={tmp_path / 'pipe'} +no_defs"
    points(site_id=["a", "b"]).set_crs(crs, allow_override=True).to_parquet(tmp_path / "s.parquet")
    with pytest.raises(br.CRSError, match="names a file of this machine"):
        br.read_sites(tmp_path / "s.parquet")


def test_a_single_feature_is_read_in_the_system_that_it_names(tmp_path):
    (tmp_path / "one.geojson").write_text(json.dumps(feature("a", crs="ESRI:102029")))
    with pytest.raises(br.CRSError, match="which is read as 'WGS 84'"):
        br.read_sites(tmp_path / "one.geojson")


def test_names_that_are_none_are_no_error_of_ours(tmp_path):
    (tmp_path / "s.geojson").write_text('{[1]: 2, "type": "FeatureCollection", "features": []}')
    with pytest.raises(br.InputError):
        br.read_sites(tmp_path / "s.geojson")


def test_a_view_of_a_database_is_asked_nothing(tmp_path):
    """It may never end."""
    path = tmp_path / "towns.sqlite"
    pyogrio.write_dataframe(points(site_id=["a", "b"]), path, layer="towns", driver="SQLite")
    change(
        path,
        "CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
        " SELECT CAST(x AS INT) AS x, NULL AS g FROM n",
        "INSERT INTO geometry_columns SELECT 'endless', 'g', 1, 2, srid, 'WKB'"
        " FROM geometry_columns LIMIT 1",
    )
    require_sound(path)


@pytest.mark.parametrize("kind", ["INTERVAL", "PRINTED TEXT", "POINTER"])
def test_kinds_of_columns_that_only_sound_like_numbers_hold_texts(tmp_path, kind):
    path = tmp_path / "towns.sqlite"
    frame = points(community_id=["a", "b"])
    pyogrio.write_dataframe(frame, path, layer="towns", driver="SQLite")
    change(path, f"ALTER TABLE towns ADD COLUMN p {kind}", "UPDATE towns SET p = '2 days'")
    assert br.read_communities(path, layer="towns")["p"].tolist() == ["2 days"] * 2


@pytest.mark.slow
def test_a_table_of_very_many_columns_is_no_damaged_one(tmp_path):
    path = tmp_path / "towns.gpkg"
    columns = {f"n{at}": [1, 2] for at in range(1_100)}
    frame = pd.DataFrame({"community_id": ["a", "b"], **columns})
    gpd.GeoDataFrame(frame, geometry=points().geometry, crs=4326).to_file(path, layer="towns")
    assert len(br.read_communities(path)) == 2


def test_a_database_that_is_half_written_is_refused(tmp_path):
    path = tmp_path / "sites.gpkg"
    points(site_id=["a", "b"]).to_file(path, layer="sites")
    path.with_name("sites.gpkg-journal").write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(500))
    with pytest.raises(br.InputError, match="another program is changing it"):
        br.read_sites(path)
    path.with_name("sites.gpkg-journal").write_bytes(bytes(512))
    assert len(br.read_sites(path)) == 2


@pytest.mark.parametrize("value", ["1,234", "5000000000"])
def test_a_value_that_a_driver_says_it_cut_off_is_refused(tmp_path, value):
    """Of formats that have no check of ours, as a table whose columns are told beside it."""
    (tmp_path / "a.tsv").write_text(f"WKT\tsite_id\tpeople\nPOINT (44 33)\ta\t{value}\n")
    (tmp_path / "a.csvt").write_text('"WKT","String","Integer"')
    (tmp_path / "a.prj").write_text(CRS.from_epsg(4326).to_wkt("WKT1_ESRI"))
    with pytest.raises(br.InputError, match="save the layer with a column of texts"):
        br.read_sites(tmp_path / "a.tsv")
