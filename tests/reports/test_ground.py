"""Files for maps and GPS units say what the report says, whatever the names hold."""

import hashlib
import html
import io
import json
import os
import re
import sqlite3
import string
import time
import zipfile
from dataclasses import replace

import geopandas as gpd
import gpxpy
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from lxml import etree
from pyproj import Geod

from boxreach.errors import InputError
from boxreach.exports import (
    Layer,
    write_geojson,
    write_geopackage,
    write_geoparquet,
    write_gpx,
    write_kml,
    write_kmz,
)
from boxreach.languages import LANGUAGES
from boxreach.report.details import SpotRow, SpotTable
from boxreach.report.geography import draw_layers, ground_notes
from boxreach.report.model import Name
from boxreach.report.placement_report import Ground, Handling, LineRow
from boxreach.report.wording import Wording

pytestmark = pytest.mark.slow

KML = {"k": "http://www.opengis.net/kml/2.2"}
KEYS = ["boxes", "boxes_proposed", "posts", "posts_proposed", "communities", "frontier", "routes",
        "gap_clusters"]  # fmt: skip
HOSTILE = (
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "tab\there", "Fish & Chips", "]]> end",
    "bell \a nul \0 esc \x1b", "next\x85line \ufffe\uffff", "lone \ud800 half", "\u202eمخفر\u202c",
    "{{7*7}}", "<script>alert(1)</script>", "<b>bold</b> &amp; &lt;", "line\nbreak\r\nhere",
    "{title} %s $[name]", "نينوى «ا»", "", "  ", "x" * 400,
)  # fmt: skip


def shown(text):
    """What of a text a file can hold: control characters by their visible signs."""
    signs = {**{i: 0x2400 + i for i in range(32) if chr(i) not in "\t\n\r"}, 0x7F: 0x2421}
    signs |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)
    return text.translate(signs)


def with_spots(report):
    rows = (
        SpotRow(Name("Baaj"), 4.5, Name("Ninewa"), 3, 4200, "TOO_FAR", 3100, 41.7, 36.03),
        SpotRow(Name("Qairawan"), None, Name("Ninewa"), 1, None, "ISOLATED", None, 41.9, 36.4),
    )
    spots = SpotTable(30.0, rows, 2, 4, 4200, 0, 0, 0)
    return replace(report, details=replace(report.details, spots=spots))


@pytest.fixture(scope="module")
def report(make_report):
    return with_spots(make_report(12, 5, 40))


def write_all(folder, layers, title="Report", notes=("note",)):
    """Write every format, and return the files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    write_geopackage(folder / "report.gpkg", layers)
    write_kml(folder / "report.kml", layers, title=title, notes=notes)
    write_kmz(folder / "report.kmz", layers, title=title, notes=notes)
    write_gpx(folder / "report.gpx", layers, title=title)
    for layer in layers:
        write_geojson(folder / f"{layer.key}.geojson", layer.frame)
        write_geoparquet(folder / f"{layer.key}.parquet", layer)
    return {one.name: one for one in sorted(folder.iterdir())}


def read_kml(path):
    """Return each folder's placemarks: name, lines told, typed values, coordinates, style."""
    root = etree.parse(path).getroot()
    types = {
        schema.get("id"): {field.get("name"): field.get("type") for field in schema}
        for schema in root.iterfind(".//k:Schema", KML)
    }
    made = {"int": int, "double": float, "string": str, "bool": lambda text: text == "true"}
    found = {}
    for folder in root.iterfind("k:Document/k:Folder", KML):
        found[folder.get("id")] = []
        for mark in folder.iterfind("k:Placemark", KML):
            held = mark.find("k:ExtendedData/k:SchemaData", KML)
            kinds = types[held.get("schemaUrl")[1:]]
            paths = [
                [tuple(map(float, one.split(","))) for one in line.text.split()]
                for line in mark.iterfind(".//k:coordinates", KML)
            ]
            found[folder.get("id")].append(
                {
                    "name": mark.findtext("k:name", namespaces=KML) or "",
                    "told": html.unescape(mark.findtext("k:description", "", KML)),
                    "style": mark.findtext("k:styleUrl", "", KML),
                    "paths": paths,
                    "values": {
                        one.get("name"): made[kinds[one.get("name")]](one.text or "")
                        for one in held
                    },
                }
            )
    return found


def values_of(frame):
    """Return the rows of a frame as plain values, without what is not known."""
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return [
        {
            str(key): value.item() if isinstance(value, np.generic) else value
            for key, value in row.items()
            if not pd.isna(value)
        }
        for row in table.to_dict("records")
    ]


def test_every_layer_has_the_figures_of_the_report(report):
    """The same numbers as the tables, under the same keys."""
    layers = {one.key: one for one in draw_layers(report)}
    assert list(layers) == KEYS
    boxes, plan = layers["boxes_proposed"].frame, report.plan
    assert boxes.index.tolist() == [row.site_id for row in plan.sites]
    assert boxes["people_gained"].sum() == plan.after.cover.covered - plan.before.cover.covered
    assert boxes["people_covered"].iloc[-1] == plan.after.cover.covered
    assert boxes["share_covered"].tolist() == [row.share for row in plan.sites]
    assert boxes["people_uncovered"].iloc[-1] == plan.after.cover.uncovered
    assert boxes["backup_site_id"].tolist() == [one.site_id for _, one in report.supports]
    assert boxes["backup_minutes"].tolist() == [one.minutes for _, one in report.supports]
    posts = layers["posts_proposed"].frame
    assert posts["km_gained"].tolist() == [row.gained for row in report.posts.sites]
    assert posts["chainage_km"].tolist() == [row.chainage_km for row in report.posts.sites]
    places = layers["communities"].frame
    total = report.gaps.people
    assert places["people"].sum() == total.total
    assert places.loc[places["covered_after"], "people"].sum() == total.covered
    assert (places["reason"].isna() == places["covered_after"]).all()
    assert layers["frontier"].frame["km"].sum() == pytest.approx(90.0)
    assert layers["routes"].frame.index.tolist() == [one.site_id for one in report.sheets]
    clusters = layers["gap_clusters"].frame
    assert clusters["people_gained"].fillna(-1).tolist() == [3100, -1]
    assert clusters.index.tolist() == [1, 2]


def test_every_file_reads_back_as_the_layers(report, tmp_path):
    """Numbers equal the model, names their scripts; geometry within a metre."""
    layers = draw_layers(report)
    files = write_all(tmp_path, layers)
    marks = read_kml(files["report.kml"])
    assert pyogrio.list_layers(files["report.gpkg"])[:, 0].tolist() == KEYS == list(marks)
    for layer in layers:
        table = layer.table()
        wanted = values_of(table)
        packed = gpd.read_file(files["report.gpkg"], layer=layer.key)
        parquet = gpd.read_parquet(files[f"{layer.key}.parquet"])
        assert values_of(packed) == wanted == values_of(parquet)
        assert [mark["values"] for mark in marks[layer.key]] == wanted
        assert packed.crs == parquet.crs == 4326
        written = json.loads(files[f"{layer.key}.geojson"].read_text(encoding="utf-8"))
        for row, feature in zip(wanted, written["features"], strict=True):
            held = {key: one for key, one in feature["properties"].items() if one is not None}
            for key, value in row.items():
                same = pytest.approx(value, abs=6e-7) if isinstance(value, float) else value
                assert held[key] == same, key
        geojson = gpd.read_file(files[f"{layer.key}.geojson"])
        earth = [[at for path in mark["paths"] for at in path] for mark in marks[layer.key]]
        for other in (packed, parquet, geojson):
            assert apart_m(table.get_coordinates(), other.get_coordinates()) < 1
        assert apart_m(table.get_coordinates(), np.array([at for row in earth for at in row])) < 1


def apart_m(one, other):
    one, other = np.asarray(one), np.asarray(other)
    assert one.shape == other.shape
    return Geod(ellps="WGS84").inv(*one.T, *other.T)[2].max()


def test_gps_units_get_short_names_and_the_whole_story(report, tmp_path):
    """Waypoints are those sites, in plain letters, unique; tracks lead to them."""
    layers = draw_layers(report, Wording("ar"))
    write_gpx(tmp_path / "r.gpx", layers, title="Report")
    gpx = gpxpy.parse((tmp_path / "r.gpx").read_text(encoding="utf-8"))
    sites = [one for one in layers if one.key in KEYS[:4]]
    assert len(gpx.waypoints) == sum(len(one.frame) for one in sites) == 2 + 12 + 1 + 5
    names = [one.name for one in gpx.waypoints]
    assert len({name.split()[0] for name in names}) == len(names)
    kept = set(string.ascii_uppercase + string.digits + " ")
    assert all(len(name) <= 10 and set(name) <= kept for name in names)
    assert {"BS01 RABIA", "B01 SINJAR", "B12 TALAFA", "PS01 ALQAI", "P01 SINJAR"} <= set(names)
    first = gpx.waypoints[names.index("B01 SINJAR")]
    assert first.comment == "Sinjar / سنجار / شنگال / Şingal / S1"
    assert "سكان يُضافون: 1,000" in first.description
    assert "MGRS: 38SLF1000020000" in first.description
    assert first.symbol
    at = [(one.longitude, one.latitude) for one in gpx.waypoints]
    assert apart_m(np.vstack([one.frame.get_coordinates() for one in sites]), at) < 1
    assert [one.name for one in gpx.tracks][:2] == ["TO B01", "TO B02"]
    ways = [
        [(p.longitude, p.latitude) for part in one.segments for p in part.points]
        for one in gpx.tracks
    ]
    routes = next(one for one in layers if one.key == "routes")
    assert apart_m(routes.frame.get_coordinates(), np.vstack(ways)) < 1


ORDER = {
    "Document": ["name", "open", "description", "Style", "Schema", "Folder"],
    "Folder": ["name", "description", "Placemark"],
    "Placemark": ["name", "description", "styleUrl", "ExtendedData", "Point", "LineString",
                  "MultiGeometry"],
    "Style": ["IconStyle", "LabelStyle", "LineStyle"],
    "IconStyle": ["color", "scale", "Icon"],
    "LineStyle": ["color", "width"],
    "LineString": ["tessellate", "coordinates"],
    "gpx": ["metadata", "wpt", "trk"],
    "metadata": ["name", "desc"],
    "wpt": ["name", "cmt", "desc", "sym", "type"],
    "trk": ["name", "cmt", "desc", "type", "trkseg"],
}  # fmt: skip
"""What the schemas of KML 2.2 and GPX 1.1 say of the order of what we write."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_elements_stand_in_the_order_of_their_schemas(report, tmp_path, language):
    """Strict readers refuse others; ids are legal and unique, and nothing is fetched."""
    files = write_all(tmp_path, draw_layers(report, Wording(language)))
    for name in ("report.kml", "report.gpx"):
        root = etree.parse(files[name]).getroot()
        for element in root.iter():
            known = ORDER.get(etree.QName(element).localname)
            tags = [etree.QName(one).localname for one in element]
            if known:
                assert [known.index(tag) for tag in tags] == sorted(map(known.index, tags))
        ids = root.xpath("//@id")
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-z][a-z_]*", one) for one in ids)
    root = etree.parse(files["report.kml"]).getroot()
    assert {one.text[1:] for one in root.iterfind(".//k:styleUrl", KML)} <= set(root.xpath("//@id"))
    text = files["report.kml"].read_text(encoding="utf-8")
    assert "<href" not in text
    assert re.findall("http[^\"'< ]*", text) == ["http://www.opengis.net/kml/2.2"]


def test_a_kmz_carries_its_pictures(report, tmp_path):
    """The document comes first, nothing has a date, and every picture named is inside."""
    write_kmz(tmp_path / "r.kmz", draw_layers(report), title="Report")
    with zipfile.ZipFile(tmp_path / "r.kmz") as packed:
        names = packed.namelist()
        assert names[0] == "doc.kml"
        assert {one.date_time for one in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        root = etree.fromstring(packed.read("doc.kml"))
        assert sorted({one.text for one in root.iterfind(".//k:href", KML)}) == names[1:]
        image = pytest.importorskip("PIL.Image", reason="Pillow reads the pictures")
        for name in names[1:]:
            picture = np.asarray(image.open(io.BytesIO(packed.read(name))))
            assert picture.shape == (32, 32, 4)
            assert picture[0, 0, 3] == 0 < picture[..., 3].max()


@pytest.mark.parametrize(
    "language",
    ["ckb", None, *(pytest.param(one, marks=pytest.mark.release) for one in ("ar", "en", "kmr"))],
)
def test_hostile_names_are_shown_as_typed_and_break_no_file(make_report, tmp_path, language):
    """Every sink is well-formed, and says what was typed."""
    report = make_report(24, 20, 60, names=tuple(Name(one, {"ar": one}) for one in HOSTILE))
    report = replace(report, handling=Handling(marking=HOSTILE[12]))
    wording = Wording(language) if language else None
    layers = draw_layers(report, wording)
    notes = ground_notes(report, wording)
    files = write_all(tmp_path, layers, title=HOSTILE[7], notes=notes)
    marks = read_kml(files["report.kml"])
    gpx = gpxpy.parse(files["report.gpx"].read_text(encoding="utf-8"))
    root = etree.parse(files["report.kml"]).getroot()
    title = root.findtext("k:Document/k:name", namespaces=KML)
    assert title == shown(HOSTILE[7]) == gpx.name
    assert html.unescape(root.findtext("k:Document/k:description", "", KML)).startswith(HOSTILE[12])
    typed = [shown(row.name.text) for row in report.plan.sites]
    for layer in ("boxes_proposed", "routes"):
        ids = [row.site_id for row in report.plan.sites]
        called = [mark["name"] for mark in marks[layer]][: len(typed)]
        assert called == [name or one for name, one in zip(typed, ids, strict=True)]
        assert [mark["values"].get("name", "") for mark in marks[layer]][: len(typed)] == typed
    for text in re.findall("<description>(.*?)</description>", files["report.kml"].read_text(
        encoding="utf-8"), flags=re.DOTALL):  # fmt: skip
        assert "<" not in html.unescape(text)  # what Google Earth takes for HTML has no tag
    for kind in ("gpkg", "parquet"):
        path = files["report.gpkg"] if kind == "gpkg" else files["boxes_proposed.parquet"]
        read = gpd.read_parquet if kind == "parquet" else gpd.read_file
        more = {"layer": "boxes_proposed"} if kind == "gpkg" else {}
        assert read(path, **more)["name"].fillna("").tolist() == typed
    written = json.loads(files["boxes_proposed.geojson"].read_text(encoding="utf-8"))
    assert [one["properties"]["name"] or "" for one in written["features"]] == typed
    proposed = [one for one in gpx.waypoints if re.match(r"B\d", one.name)]
    for name, point in zip(typed, proposed, strict=True):
        assert point.comment.startswith(name)
        assert re.fullmatch("[A-Z0-9 ]{3,10}", point.name)


@pytest.mark.parametrize("most", [2**31 - 1, 2**31, 10**10])
def test_large_whole_numbers_of_kml_are_read_back(tmp_path, most):
    """A column of whole numbers of KML has 32 bits: more than these became 2,147,483,647."""
    frame = gpd.GeoDataFrame(
        {"people": [most, 5]}, index=["a", "b"],
        geometry=gpd.points_from_xy([44.0, 45.0], [33.0, 33.0]), crs=4326,
    )  # fmt: skip
    write_kml(tmp_path / "l.kml", (Layer("towns", "Towns", frame, "community"),), title="T")
    assert gpd.read_file(tmp_path / "l.kml")["people"].tolist() == [most, 5]


def test_a_layer_of_any_maker_is_written_as_safely(tmp_path):
    """The writers show control characters themselves."""
    names = pd.Series(["nul \0 \ud800 ]]>"], index=["b1"], dtype=object)
    frame = gpd.GeoDataFrame(
        {"name": names}, geometry=gpd.points_from_xy([44.0], [33.0]), crs=4326,
        index=pd.Index(["b1"], name="site_id"),
    )  # fmt: skip
    layer = Layer("boxes", "Boxes\0", frame, "box", told=("a\0<",))
    write_geopackage(tmp_path / "l.gpkg", (layer,))
    assert gpd.read_file(tmp_path / "l.gpkg")["name"].tolist() == ["nul ␀ � ]]>"]
    write_geoparquet(tmp_path / "l.parquet", layer)
    assert gpd.read_parquet(tmp_path / "l.parquet")["name"].tolist() == ["nul ␀ � ]]>"]
    write_kml(tmp_path / "l.kml", (layer,), title="T")
    [mark] = read_kml(tmp_path / "l.kml")["boxes"]
    assert (mark["name"], mark["told"]) == ("nul ␀ � ]]>", "a␀<")


def test_two_writes_give_the_same_bytes(report, tmp_path, monkeypatch):
    """Another day, another time zone, another folder, a file that was there: no difference."""
    first = write_all(tmp_path / "a", draw_layers(report, Wording("ckb")))
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    later = time.time() + 40 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    write_all(tmp_path / "b", draw_layers(report, Wording("en")))
    second = write_all(tmp_path / "b", draw_layers(report, Wording("ckb")))
    monkeypatch.undo()
    time.tzset()
    sums = [
        {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
        for files in (first, second)
    ]
    assert sums[0] == sums[1]
    assert len(sums[0]) == 4 + 2 * len(KEYS)


def test_the_writer_leaves_gdal_as_it_was(report, tmp_path):
    """The date that GDAL is told is taken back."""
    write_geopackage(tmp_path / "r.gpkg", draw_layers(report))
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_each_language_names_folders_and_facts_in_itself(report, tmp_path):
    """Nothing is untranslated, and digits are the reader's."""
    said = {}
    for language in LANGUAGES:
        layers = draw_layers(report, Wording(language, "arab"))
        write_kml(tmp_path / "r.kml", layers, title="T", notes=layers[0].notes)
        said[language] = [(one.title, one.told[-1], one.notes) for one in layers]
        assert not any("_" in one.title for one in layers)
    english = said.pop("en")
    for language, theirs in said.items():
        for one, other in zip(theirs, english, strict=True):
            assert one[0] != other[0], language
            assert one[1] != other[1], language
            assert not set(one[2]) & set(other[2]), language
    assert "١٬٠٠٠" in draw_layers(report, Wording("ar", "arab"))[1].told[0]
    assert "1,000" in draw_layers(report, Wording("kmr", "arab"))[1].told[0]
    assert "Reason: Too far" in english[4][1] or "Reason: Cut off" in english[4][1]


def test_without_a_reader_keys_and_codes_stand_as_they_are(report):
    """For programs nothing is said in any language but what a person must know."""
    layers = {one.key: one for one in draw_layers(report)}
    assert all(one.title == key for key, one in layers.items())
    assert "people_gained: 1000" in layers["boxes_proposed"].told[0].split("\n")
    assert "reason: TOO_FAR" in layers["communities"].told[2].split("\n")
    assert "Times are free-flow" in layers["boxes"].notes[-2]


def test_notes_say_what_is_withheld_and_what_figures_rest_on(report, tmp_path):
    """The marking first; in the description of every format that has one."""
    public = replace(
        report, handling=Handling({"en": "PUBLIC", "ar": "عام"}, True, 10.0), posts=None
    )
    notes = ground_notes(public, Wording("en"))
    assert notes[0] == "PUBLIC"
    assert any("posts are left out" in one for one in notes)
    assert any("grid of 10 km" in one for one in notes)
    assert any("illustrative" in one for one in notes)
    layers = draw_layers(public, Wording("ar"))
    assert layers[0].notes[0] == "عام"
    write_geopackage(tmp_path / "r.gpkg", layers)
    write_gpx(tmp_path / "r.gpx", layers, title="T")
    with sqlite3.connect(tmp_path / "r.gpkg") as opened:
        [(described,)] = opened.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'boxes'"
        )
    assert all(note in described for note in layers[0].notes)
    assert "عام" in gpxpy.parse((tmp_path / "r.gpx").read_text(encoding="utf-8")).description


def test_what_is_left_out_is_drawn_so(report, tmp_path):
    """Communities outside reach and open stretches have a colour of their own."""
    write_kml(tmp_path / "r.kml", draw_layers(report), title="T")
    marks = read_kml(tmp_path / "r.kml")
    for mark in marks["communities"]:
        assert mark["style"].endswith("_outside") is not mark["values"]["covered_after"]
    for mark in marks["frontier"]:
        assert mark["style"].endswith("_outside") is not mark["values"]["covered"]


def test_empty_layers_are_left_out(make_report, tmp_path):
    """No posts, no places: no layer; and no layer at all makes no GeoPackage, but legal XML."""
    assert [one.key for one in draw_layers(make_report(2, 0, 3))] == [
        "boxes", "boxes_proposed", "communities", "routes",
    ]  # fmt: skip
    bare = replace(make_report(2, 0, 3), ground=Ground(), plan=None, sheets=())
    assert draw_layers(bare) == ()
    with pytest.raises(InputError, match="nothing to write"):
        write_geopackage(tmp_path / "r.gpkg", ())
    assert not (tmp_path / "r.gpkg").exists()
    write_kml(tmp_path / "r.kml", (), title="T", notes=("nothing",))
    write_kmz(tmp_path / "r.kmz", (), title="T")
    write_gpx(tmp_path / "r.gpx", (), title="T")
    assert read_kml(tmp_path / "r.kml") == {}
    assert zipfile.ZipFile(tmp_path / "r.kmz").namelist() == ["doc.kml"]
    assert gpxpy.parse((tmp_path / "r.gpx").read_text(encoding="utf-8")).waypoints == []


def test_poles_and_the_antimeridian_stay_where_they_are(make_report, tmp_path):
    """Within a metre, and longitudes as each schema has them: GPX knows no 180."""
    report = make_report(4, 2, 2)
    ends = [(180.0, 89.9999999), (-180.0, -90.0), (179.99999999, 0.0), (-0.00000001, 90.0)]
    sites = tuple(
        replace(row, lon=lon, lat=lat)
        for row, (lon, lat) in zip(report.plan.sites, ends, strict=True)
    )
    line = (((179.9, 70.0), (180.0, 70.0)), ((-180.0, 70.0), (-179.9, 70.1)))
    piece = LineRow(0, 10, 10, Name("N"), True, True, "P1", 4.0, "", line)
    report = replace(
        report,
        plan=replace(report.plan, sites=sites),
        ground=replace(report.ground, line=(piece, report.ground.line[0])),
    )
    layers = draw_layers(report)
    files = write_all(tmp_path, layers)
    gpx = gpxpy.parse(files["report.gpx"].read_text(encoding="utf-8"))
    points = [one for one in gpx.waypoints if re.match(r"B\d", one.name)]
    assert apart_m(ends, [(one.longitude, one.latitude) for one in points]) < 1
    assert all(-180 <= one.longitude < 180 for one in points)
    marks = read_kml(files["report.kml"])
    assert apart_m(ends, [mark["paths"][0][0] for mark in marks["boxes_proposed"]]) < 1
    assert [len(mark["paths"]) for mark in marks["frontier"]] == [2, 1]
    assert apart_m(np.vstack(line), np.vstack(marks["frontier"][0]["paths"])) < 1
    packed = gpd.read_file(files["report.gpkg"], layer="frontier")
    assert set(packed.geom_type) == {"MultiLineString"}
    assert shapely.get_num_geometries(packed.geometry.to_numpy()).tolist() == [2, 1]


def test_geoparquet_is_the_same_however_pandas_holds_texts(report, tmp_path):
    """Its columns of text are of one type, those of nothing among them."""
    files = []
    for storage in ("python", "pyarrow"):
        with pd.option_context("mode.string_storage", storage):
            for layer in draw_layers(report):
                write_geoparquet(tmp_path / layer.key, layer)
        files.append({one.name: one.read_bytes() for one in tmp_path.iterdir()})
    assert len(files[0]) > 3
    assert files[0] == files[1]


def test_an_extra_that_is_not_there_is_named(report, tmp_path, monkeypatch):
    """GeoParquet says what to install."""
    monkeypatch.setattr("boxreach.exports.geoparquet.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'boxreach\[parquet\]'"):
        write_geoparquet(tmp_path / "r.parquet", draw_layers(report)[0])


@pytest.mark.slow
def test_a_country_is_written_in_seconds(make_report, tmp_path):
    """200 sites, 5,000 communities: layers, GPKG, KMZ, GPX and GeoJSON."""
    report = make_report(200, 0, 5000)
    write_all(tmp_path / "warm", draw_layers(make_report(2, 0, 3)))
    start = os.times()
    layers = draw_layers(report, Wording("ar"))
    write_geopackage(tmp_path / "r.gpkg", layers)
    write_kmz(tmp_path / "r.kmz", layers, title="T")
    write_gpx(tmp_path / "r.gpx", layers, title="T")
    for layer in layers:
        write_geojson(tmp_path / f"{layer.key}.geojson", layer.frame)
    assert os.times().user - start.user < 6  # about 1.6 where nothing else runs
