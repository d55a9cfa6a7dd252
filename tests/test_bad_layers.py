"""Bad layers: each is met with a right answer, or a refusal that says what to do.

`tests/corpus/layers.json` holds what is promised of each, in full; what GDAL says of JSON that it
cannot parse changes with its version, and is left out. Where an older GDAL reads on, so that a
later check of ours refuses, ``older`` has that promise.
"""

import gzip
import json
import re
import sqlite3
import struct
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

import boxreach as br

pytestmark = pytest.mark.corpus
PROMISED = json.loads((Path(__file__).parent / "corpus" / "layers.json").read_text("utf-8"))
IRAQ = (38.0, 29.0, 49.0, 38.0)
CASES = {}


def gj(name, content, read=None):
    """Keep a case of GeoJSON."""
    text = content if isinstance(content, bytes | str) else json.dumps(content)
    data = text if isinstance(text, bytes) else text.encode()
    CASES[f"geojson {name}"] = (lambda folder: write(folder / "layer.geojson", data), read)


def write(path, data):
    path.write_bytes(data)
    return path


def fc(*g, props=None, **k):
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": (
                    {"community_id": str(i), "people": 5} if props is None else props[i]
                ),
                "geometry": x,
            }
            for i, x in enumerate(g)
        ],
        **k,
    }


P = {"type": "Point", "coordinates": [44, 33]}


def line(*coordinates):
    return {"type": "LineString", "coordinates": list(coordinates)}


def area(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


SQUARE = [[44, 33], [45, 33], [45, 34], [44, 34], [44, 33]]


def declare_texts_and_shapes():
    """Declare the cases of GeoJSON that are no text of it, or no points."""
    gj("empty", b"")
    gj("html", b"<!DOCTYPE html><html><body>Sign in</body></html>")
    gj("cut", json.dumps(fc(P, P))[:-40].encode())
    gj("null", b"null")
    gj("list", b"[]")
    gj("number", b"5")
    gj("nofeatures", fc())
    gj("utf16", json.dumps(fc(P)).encode("utf-16"))
    gj("bom", b"\xef\xbb\xbf" + json.dumps(fc(P)).encode())
    gj(
        "1256",
        json.dumps(fc(P, props=[{"community_id": "a", "name": "واحد"}]), ensure_ascii=False).encode(
            "cp1256"
        ),
    )
    gj("nul", json.dumps(fc(P)).encode() + b"\0\0")
    gj("nulin", json.dumps(fc(P, props=[{"community_id": "a\0b"}])))
    gj("nan coords", json.dumps(fc({"type": "Point", "coordinates": [float("nan"), 33]})))
    gj(
        "inf",
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
        '{"community_id":"a"},"geometry":{"type":"Point","coordinates":[1e999,33]}}]}',
    )
    gj("text coords", fc({"type": "Point", "coordinates": ["44", "33"]}))
    gj("one coord", fc({"type": "Point", "coordinates": [44]}))
    gj("no coords", fc({"type": "Point", "coordinates": []}))
    gj("null coord", fc({"type": "Point", "coordinates": [None, 33]}))
    gj("3d", fc({"type": "Point", "coordinates": [44, 33, 100]}))
    gj("5d", fc({"type": "Point", "coordinates": [44, 33, 1, 2, 3]}))
    gj("nullgeom", fc(None, P))
    gj("unknown type", fc({"type": "Circle", "coordinates": [44, 33]}))
    gj("collection", fc({"type": "GeometryCollection", "geometries": [P]}))
    gj(
        "nested collection",
        fc(
            {
                "type": "GeometryCollection",
                "geometries": [{"type": "GeometryCollection", "geometries": [P]}],
            }
        ),
    )
    gj("empty collection", fc({"type": "GeometryCollection", "geometries": []}))
    gj("multipoint1", fc({"type": "MultiPoint", "coordinates": [[44, 33]]}))
    gj("multipoint2", fc({"type": "MultiPoint", "coordinates": [[44, 33], [44.1, 33]]}))
    gj("line", fc({"type": "LineString", "coordinates": [[44, 33], [44.1, 33]]}))
    gj(
        "polygon",
        fc({"type": "Polygon", "coordinates": [[[44, 33], [44.1, 33], [44.1, 33.1], [44, 33]]]}),
    )
    gj("swapped", fc({"type": "Point", "coordinates": [33, 44]}))
    gj("utm", fc({"type": "Point", "coordinates": [440560, 3686146]}))
    gj(
        "utm crs",
        fc(
            {"type": "Point", "coordinates": [440560, 3686146]},
            crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32638"}},
        ),
    )
    gj("bad crs", fc(P, crs={"type": "name", "properties": {"name": "EPSG:99999"}}))
    gj("null crs", fc(P, crs=None))
    gj("0", fc({"type": "Point", "coordinates": [0, 0]}))
    gj("180", fc({"type": "Point", "coordinates": [180, 33]}))
    gj("181", fc({"type": "Point", "coordinates": [181, 33]}))


def declare_values():
    """Declare the cases of GeoJSON whose ids and people are not what they should be."""
    gj("dup ids", fc(P, P, props=[{"community_id": "a"}, {"community_id": "a"}]))
    gj("dup place", fc(P, P))
    gj("mixed types", fc(P, P, props=[{"community_id": 1}, {"community_id": "a"}]))
    gj("float id", fc(P, P, props=[{"community_id": 1.5}, {"community_id": 2}]))
    gj(
        "big int id",
        fc(
            P,
            P,
            props=[{"community_id": 12345678901234567890}, {"community_id": 12345678901234567891}],
        ),
    )
    gj(
        "2^53",
        fc(P, P, props=[{"community_id": 9007199254740993}, {"community_id": 9007199254740992.0}]),
    )
    gj("sci", fc(P, P, props=[{"community_id": 1.2e11}, {"community_id": 1.3e11}]))
    gj("1e20", fc(P, P, props=[{"community_id": 1.2e20}, {"community_id": 1.3e20}]))
    gj("null id", fc(P, P, props=[{"community_id": None}, {"community_id": "b"}]))
    gj("bool id", fc(P, P, props=[{"community_id": True}, {"community_id": False}]))
    gj("dict id", fc(P, P, props=[{"community_id": {"a": 1}}, {"community_id": {"a": 2}}]))
    gj("list people", fc(P, props=[{"community_id": "a", "people": [1, 2]}]))
    gj("dict people", fc(P, props=[{"community_id": "a", "people": {"x": 1}}]))
    gj(
        "text people",
        fc(
            P,
            P,
            props=[{"community_id": "a", "people": "5"}, {"community_id": "b", "people": "many"}],
        ),
    )
    gj("bool people", fc(P, props=[{"community_id": "a", "people": True}]))
    gj("nan people", fc(P, props=[{"community_id": "a", "people": float("nan")}]))
    gj(
        "inf people",
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
        '{"community_id":"a","people":1e999},"geometry":{"type":"Point","coordinates":[44,33]}}]}',
    )
    gj("neg people", fc(P, props=[{"community_id": "a", "people": -5}]))


def declare_features():
    """Declare the cases of GeoJSON whose features are not what they should be."""
    gj(
        "no props",
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": None, "geometry": P}],
        },
    )
    gj("single feature", {"type": "Feature", "properties": {"community_id": "a"}, "geometry": P})
    gj("bare geometry", P)
    gj(
        "dup key",
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
        '{"community_id":"a","people":5,"people":7},'
        '"geometry":{"type":"Point","coordinates":[44,33]}}]}',
    )
    gj("case dup", fc(P, props=[{"community_id": "a", "people": 5, "People": 7}]))
    gj("geometry prop", fc(P, props=[{"community_id": "a", "geometry": "x"}]))
    gj("2MB", fc(P, props=[{"community_id": "a", "name": "x" * 2_000_000}]))
    gj(
        "2MB id",
        fc(P, P, props=[{"community_id": "a" * 2_000_000}, {"community_id": "a" * 2_000_000}]),
    )
    gj("trailing", json.dumps(fc(P)) + "garbage")
    gj("two docs", json.dumps(fc(P)) + json.dumps(fc(P)))
    gj(
        "esri",
        {
            "displayFieldName": "",
            "geometryType": "esriGeometryPoint",
            "spatialReference": {"wkid": 4326},
            "fields": [],
            "features": [],
        },
    )
    gj("topojson", {"type": "Topology", "objects": {}, "arcs": []})
    gj("feature not obj", {"type": "FeatureCollection", "features": [1, 2, None]})
    gj("ndjson", json.dumps(fc(P)["features"][0]) + "\n" + json.dumps(fc(P)["features"][0]))
    gj("single quote", "{'type':'FeatureCollection','features':[]}")
    gj("comma", '{"type":"FeatureCollection","features":[],}')


def declare_roads():
    """Declare the lines that no road and no frontier can be."""
    for nm, g in {
        "road ok": line([44, 33], [44.1, 33]),
        "road 1pt": line([44, 33]),
        "road 0pt": line(),
        "road same": line([44, 33], [44, 33]),
        "road nan": line([44, 33], [float("nan"), 33.1]),
        "road point": P,
        "road poly": {
            "type": "Polygon",
            "coordinates": [[[44, 33], [44.1, 33], [44.1, 33.1], [44, 33]]],
        },
        "road emptymulti": {"type": "MultiLineString", "coordinates": []},
        "road multi1pt": {
            "type": "MultiLineString",
            "coordinates": [[[44, 33]], [[44, 33], [45, 33]]],
        },
        "road coll": {"type": "GeometryCollection", "geometries": [line([44, 33], [44.1, 33])]},
    }.items():
        gj(
            nm,
            fc(g, line([44, 33], [44.1, 33.2]), props=[{"road_id": "a"}, {"road_id": "b"}]),
            read=br.read_roads,
        )
        gj("F" + nm, fc(g, line([44, 33], [44.1, 33.2]), props=[{}, {}]), read=br.read_frontier)


def declare_areas():
    """Declare the areas without a shape or a name."""
    for nm, g in {
        "area ok": area(SQUARE),
        "area open": area(SQUARE[:-1]),
        "area 3pt": area(SQUARE[:3]),
        "area 2pt": area(SQUARE[:2]),
        "area flat": area([[44, 33], [45, 33], [44, 33]]),
        "area flat4": area([[44, 33], [45, 33], [46, 33], [44, 33]]),
        "area noring": area(),
        "area emptyring": area([]),
        "area bow": area([[44, 33], [45, 34], [45, 33], [44, 34], [44, 33]]),
        "area hole out": area(SQUARE, [[50, 33], [51, 33], [51, 34], [50, 33]]),
        "area nan": area([[44, 33], [float("nan"), 33], [45, 34], [44, 33]]),
        "area point": P,
        "area emptymulti": {"type": "MultiPolygon", "coordinates": []},
        "area swapped": area([[y, x] for x, y in SQUARE]),
        "area world": area([[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]),
    }.items():
        gj(
            nm,
            fc(
                g,
                area([[46, 33], [47, 33], [47, 34], [46, 33]]),
                props=[{"area_id": "a", "name": "A"}, {"area_id": "b", "name": "B"}],
            ),
            read=br.read_areas,
        )
    for nm, pr in {
        "area noname": [{"area_id": "a"}],
        "area blank": [{"area_id": "a", "name": " "}],
        "area dupname": [{"area_id": "a", "name": "A"}, {"area_id": "b", "name": "A"}],
    }.items():
        gj(nm, fc(*[area(SQUARE)] * len(pr), props=pr), read=br.read_areas)


def declare_closures():
    """Declare the closures with dates of all kinds, and the crossings that are no points."""
    for nm, pr in {
        "cl date": {"from_date": "31.3.2026"},
        "cl excel": {"from_date": 46112},
        "cl excel2": {"from_date": "31-Mar"},
        "cl order": {"from_date": "2026-04-01", "until_date": "2026-03-01"},
        "cl arabic": {"from_date": "٢٠٢٦-٠٣-٠١"},
        "cl factor": {"speed_factor": 2},
        "cl us": {"from_date": "03/31/2026"},
        "cl 30feb": {"from_date": "2026-02-30"},
        "cl year": {"from_date": "0000-01-01"},
        "cl compact": {"from_date": "20260331"},
        "cl week": {"from_date": "2026-W10-1"},
        "cl epoch": {"from_date": 1774915200000},
        "cl dt": {"from_date": "2026-03-31T10:00:00Z"},
        "cl dtbad": {"from_date": "2026-03-31T25:00:00Z"},
    }.items():
        gj(nm, fc(P, props=[pr]), read=br.read_closures)
    for nm, g in {"x ok": P, "x poly": area(SQUARE), "x null": None}.items():
        gj(nm, fc(g, props=[{"id": "a"}]), read=br.read_crossings)


declare_texts_and_shapes()
declare_values()
declare_features()
declare_roads()
declare_areas()
declare_closures()


def places():
    frame = {"cid": ["a", "b", "c"], "name": ["واحد", "اثنان", "ثلاثة"]}
    return gpd.GeoDataFrame(frame, geometry=[Point(44 + i / 10, 33) for i in range(3)], crs=4326)


def shapefile(name, drop=(), encoding="utf-8", **edits):
    """Keep a case of a shapefile with parts missing or changed."""

    def make(folder):
        places().to_file(folder / "layer.shp", encoding=encoding)
        for ending, edit in edits.items():
            part = folder / f"layer.{ending}"
            part.write_bytes(edit(part.read_bytes()))
        for ending in drop:
            (folder / f"layer.{ending}").unlink()
        return folder / "layer.shp"

    CASES[f"shapefile {name}"] = (make, None)


for _ending in ("shx", "dbf", "prj"):
    shapefile(f"without {_ending}", drop=[_ending])
shapefile("whole")
shapefile("cut", shp=lambda data: data[:-20])
shapefile("index cut", shx=lambda data: data[:-8])
shapefile("attributes of another", dbf=lambda data: data[:4] + struct.pack("<I", 2) + data[8:])
shapefile("attributes empty", dbf=lambda data: b"")
shapefile("nonsense for a system", prj=lambda data: b"junk")
shapefile("Windows-1256 unsaid", encoding="cp1256", drop=["cpg"])
shapefile("Windows-1256 said", encoding="cp1256")
shapefile("Windows-1256 called UTF-8", encoding="cp1256", cpg=lambda data: b"UTF-8")


def geopackage(name, edit=None, sql=()):
    """Keep a case of a GeoPackage with bytes or tables changed."""

    def make(folder):
        path = folder / "layer.gpkg"
        places().to_file(path, layer="places")
        if edit:
            path.write_bytes(edit(path.read_bytes()))
        database = sqlite3.connect(path)
        for one in sql:
            database.execute(one)
        if sql:
            database.commit()
        database.close()
        return path

    CASES[f"geopackage {name}"] = (make, None)


geopackage("whole")
geopackage("cut", lambda data: data[:-4096])
geopackage("half", lambda data: data[: len(data) // 2])
geopackage("a web page", lambda data: b"<!DOCTYPE html><html></html>")
geopackage("a page destroyed", lambda data: data[:4096] + bytes(4096) + data[8192:])
geopackage(
    "without a layer", sql=["DELETE FROM gpkg_contents", "DELETE FROM gpkg_geometry_columns"]
)
geopackage("without contents", sql=["DROP TABLE gpkg_contents"])
geopackage("a count that lies", sql=["UPDATE gpkg_ogr_contents SET feature_count = 1"])
geopackage("without systems", sql=["DELETE FROM gpkg_spatial_ref_sys"])
for _name, _data in {
    "vrt": b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd'
    b"</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "gml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "kml": b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    b"<kml><Placemark><name>&x;</name></Placemark></kml>",
    "gml.gz": gzip.compress(b"<gml:FeatureCollection></gml:FeatureCollection>", mtime=0),
    "parquet": b"PAR1PAR1",
    "xlsx": b"PK\x03\x04 and then nothing",
    "txt": b"community_id,lon,lat\na,44,33\n",
}.items():
    CASES[f"file {_name}"] = (
        lambda folder, name=_name, data=_data: write(folder / f"layer.{name}", data),
        None,
    )


def saved(driver, suffix, share):
    """Keep a case of a file of some driver of which a share is left."""

    def make(folder):
        path = folder / f"layer.{suffix}"
        places().to_file(path, driver=driver)
        path.write_bytes(path.read_bytes()[: round(share * path.stat().st_size)])
        return path

    def read(path):
        return br.read_communities(path, bounds=IRAQ, columns={"community_id": "cid"})

    CASES[f"{suffix} {share:.0%} of it"] = (make, read)


for _driver, _suffix in {"GML": "gml", "KML": "kml", "FlatGeobuf": "fgb"}.items():
    for _share in (0.7, 0.8, 1.0):
        saved(_driver, _suffix, _share)


def parquet(name, names, *, kept=None):
    """Keep a case of 50 points of a GeoParquet file whose names are bytes, called text unseen."""

    def make(folder):
        import pyarrow as pa
        from pyarrow import parquet as files

        path, texts = folder / "layer.parquet", pa.array(names * 25, pa.binary()).view(pa.string())
        points = gpd.points_from_xy(44 + np.arange(50) / 100, np.full(50, 33.0), crs=4326)
        gpd.GeoDataFrame({"community_id": range(50)}, geometry=points).to_parquet(path)
        table = files.read_table(path)
        files.write_table(table.append_column("name", kept(texts) if kept else texts), path)
        return path

    CASES[f"parquet {name}"] = (make, None)


parquet("Arabic in UTF-8", ["الموصل".encode(), b"Mosul"])
parquet("Arabic in Windows-1256", [b"Mosul", "الموصل".encode("cp1256")])
parquet(
    "Arabic in Windows-1256, each text kept once",
    [b"Mosul", "الموصل".encode("cp1256")],
    kept=lambda texts: texts.dictionary_encode(),
)
parquet("bytes of Arabic in UTF-8", ["الموصل".encode(), b"Mosul"], kept=lambda t: t.view("binary"))
parquet(
    "bytes of Arabic in Windows-1256",
    [b"Mosul", "الموصل".encode("cp1256")],
    kept=lambda texts: texts.view("binary"),
)


def told(case, folder):
    """Return how many rows are read, or the refusal, and the warnings."""
    make, read = case
    path = make(folder)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            if read:
                table = read(path)
            else:
                renamed = (
                    {"columns": {"community_id": "cid"}}
                    if "layer.shp" in str(path) or path.suffix == ".gpkg"
                    else {}
                )
                table = br.read_communities(path, bounds=IRAQ, **renamed)
        except br.InputError as error:
            return {"refused": re.sub(r"\(Failed to read GeoJSON .*\);", "(…);", str(error))}
    names = table["name"].tolist() if "name" in table else []
    rows = [len(table), *table.index[:3], *(str(one)[:40] for one in names[:3])]
    return {
        "read": rows,
        "warned": [str(one.message) for one in heard if one.category is not DeprecationWarning],
    }


@pytest.mark.parametrize("name", CASES)
def test_a_bad_layer_is_read_right_or_refused_in_words(tmp_path, name):
    """File, feature, column, value and what to do stand in the message, and nothing is guessed."""
    promised = dict(PROMISED[name])
    older = promised.pop("older", None)
    found = told(CASES[name], tmp_path)
    assert found == promised or (older and found == {"refused": older})


@pytest.mark.parametrize("name", ["places.xlsx", "places.parquet"])
def test_a_table_of_places_that_is_no_csv_is_told_how_to_be_saved(tmp_path, name):
    """Most analysts have a workbook, with lon and lat in it."""
    table = pd.DataFrame({"community_id": ["a"], "lon": [44.0], "lat": [33.0]})
    if name.endswith("xlsx"):
        table.to_excel(tmp_path / name, index=False)
    else:
        table.to_parquet(tmp_path / name)
    with pytest.raises(br.InputError, match=r"it has no geometry; give .* UTF-8 CSV with the col"):
        br.read_communities(tmp_path / name)
