"""XML is read as it stands there or refused: no place of it is lost, or made, in silence."""

import contextlib
import time
import warnings
import zipfile

import geopandas as gpd
import pytest

import boxreach as br
from boxreach.sources.disguises import require_layer
from boxreach.sources.layers import read_layer
from boxreach.sources.markup import require_well_formed
from boxreach.sources.osm_objects import OsmObjects

pytestmark = pytest.mark.corpus

KML = '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">{}'
LINK = "<NetworkLink><Link><href>files/b.kml</href></Link></NetworkLink>"


def document(*places):
    """Return a KML with places in its one document."""
    return KML.format(f"<Document><name>d</name>{''.join(places)}</Document></kml>")


def placemark(inside):
    """Return a place that holds something."""
    return f"<Placemark><name>p</name>{inside}</Placemark>"


def shape(text, kind="LineString"):
    """Return a shape of KML with coordinates."""
    return f"<{kind}><coordinates>{text}</coordinates></{kind}>"


def point(text="44,33"):
    """Return a place at a point of KML."""
    return placemark(shape(text, "Point"))


def write(path, text):
    """Write a text, or several as an archive; return the path."""
    if isinstance(text, str):
        path.write_text(text, encoding="utf-8")
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name, said in text.items():
                archive.writestr(name, said)
    return path


def told(path, text):
    """Return how each fault of a file is told."""
    with pytest.raises(br.InputError) as error:
        read_layer(write(path, text))
    return [str(fault) for fault in error.value.faults]


def shapes(path, text, layer=None):
    """Return the shapes of a file that is read without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return (
            read_layer(write(path, text), layer)
            .frame.geometry.to_wkt(rounding_precision=6)
            .tolist()
        )


LINKED = (
    "places.kml: it links to other places (NetworkLink), which would be missing or read alone; save"
    " the places themselves: open the link in Google Earth, and save its folder"
)


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (
            {"a.kml": document(point()), "b.kml": document(point())},
            ["places.kmz: it holds 2 KML files, of which not all would be read; give each by"
             " itself"],
        ),
        ({"doc.kml": document(point(), LINK), "x.png": "x"}, [LINKED.replace(".kml", ".kmz", 1)]),
        (
            {"x.png": "x", "doc.kml": document(point("44.5;33"))},
            ["places.kmz, feature 1: its coordinates cannot be read: '44.5;33'; write longitude"
             " and latitude with decimal points, like 44.1,33.2"],
        ),
    ],
    ids=["two", "link", "coordinates"],
)  # fmt: skip
def test_all_kml_in_an_archive_is_looked_at(tmp_path, held, expected):
    """Pictures and styles lie beside it."""
    assert told(tmp_path / "places.kmz", held) == expected


def test_a_fault_in_a_second_kml_alone_is_told(tmp_path):
    held = {"a.kml": document(point()), "b.kml": document(point("44.5;33"))}
    (fault,) = told(tmp_path / "both.zip", held)
    assert fault.startswith("both.zip, feature 1: its coordinates cannot be read: '44.5;33'; ")


ENTITY = '<!DOCTYPE kml [<!ENTITY x "44,33">]>'
HAS_DOCTYPE = (
    "places.kmz: it has a DOCTYPE, whose entities can fill the memory or read other files; take the"
    " DOCTYPE out"
)


@pytest.mark.parametrize(
    "doctype", [ENTITY, ENTITY.replace('"44', 'SYSTEM "44'), "<!DOCTYPE kml []>"]
)
def test_kml_among_others_that_declares_entities_is_refused(tmp_path, doctype):
    """Of several files in an archive nothing but this looks at how they begin."""
    held = {"doc.kml": doctype + document(point("&x;")), "x.png": "x"}
    assert told(tmp_path / "places.kmz", held) == [HAS_DOCTYPE]
    held["doc.kml"] = "<!DOCTYPE kml>" + document(point())
    assert shapes(tmp_path / "places.kmz", held) == ["POINT (44 33)"]


@pytest.mark.parametrize("encoding", ["of-nobody", "hex", "utf-7", "big5", "idna"])
def test_xml_in_an_encoding_that_cannot_be_read_is_refused(tmp_path, encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?>{document(point())}'
    (fault,) = told(tmp_path / "places.kml", text)
    assert fault.startswith("places.kml: it is cut off, or no well-formed XML (")


def test_what_goes_wrong_in_our_own_code_is_no_fault_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(OsmObjects, "begin", lambda *_: {}["x"])
    with pytest.raises(KeyError):
        require_well_formed(write(tmp_path / "towns.osm", "<osm><x/></osm>"))


@pytest.mark.parametrize("root", ["kml", "!x"])
def test_how_xml_begins_is_looked_at_in_no_time(tmp_path, root):
    """No split of it is tried twice."""
    text = "<?a?><!-- b --> <!DOCTYPE kml>" * 2_000 + f"<{root}"
    start = time.perf_counter()
    with contextlib.suppress(br.InputError):
        require_layer(write(tmp_path / "places.kml", text))
    assert time.perf_counter() - start < 1


OWN_ROOT = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document id="root_doc">{}</Document></kml>'
"""As GDAL writes it of each .kmz."""


@pytest.mark.parametrize("beside", [{}, {"style/style.kml": document()}])
def test_kml_that_the_first_of_a_kmz_links_to_is_read(tmp_path, beside):
    """So GDAL writes every .kmz: a root without places, and each layer in a file."""
    again = LINK.replace("b.kml", "c.kml#d")
    held = {
        "doc.kml": OWN_ROOT.format(LINK + again),
        "files/b.kml": document(point("45,33")),
        "files/c.kml": document(point("46,33")),
        **beside,
    }
    path = tmp_path / "places.kmz"
    require_well_formed(write(path, held))
    del held["files/c.kml"]
    held["doc.kml"] = OWN_ROOT.format(LINK)
    assert shapes(path, held) == ["POINT (45 33)"]


def test_a_kmz_that_gdal_wrote_is_read(tmp_path):
    codes = gpd.GeoDataFrame(
        {"code": ["1", "02"]}, geometry=gpd.points_from_xy([44, 45], [33, 33], crs=4326)
    )
    codes.to_file(tmp_path / "towns.kmz", driver="LIBKML")
    assert read_layer(tmp_path / "towns.kmz").frame["code"].tolist() == ["1", "02"]


IN_FOLDER = f"<Folder>{LINK}</Folder>"


@pytest.mark.parametrize(
    "root",
    [
        document(point(), LINK), document(f"<Folder>{point()}</Folder>", LINK), document(IN_FOLDER),
        document(LINK.replace("files/b", "http://x/b")), document(LINK.replace("b.", "gone.")),
        document(LINK, LINK.replace("files/b", "doc")), document(LINK.replace("files", "FILES")),
        document(LINK.replace("<Link>", "<Link><href>x.kml</href></Link><Link>")),
        document("<NetworkLink><name>n</name></NetworkLink>", LINK), KML.format(LINK + "</kml>"),
    ],
    ids=["own place", "own folder", "in a folder", "address", "gone", "itself", "capitals",
         "two addresses", "no address", "no document"],
)  # fmt: skip
def test_a_kmz_whose_links_lose_places_is_refused(tmp_path, root):
    """GDAL follows those of the root alone, and then reads nothing else of it."""
    faults = told(tmp_path / "places.kmz", {"doc.kml": root, "files/b.kml": document(point())})
    assert LINKED.replace(".kml", ".kmz", 1) in faults


@pytest.mark.parametrize(
    "linked",
    [document(point(), LINK.replace("b.", "c.")), document(point()).replace("44,33", "44;33")],
    ids=["link", "coordinates"],
)
def test_faults_in_a_linked_kml_are_told(tmp_path, linked):
    held = {"doc.kml": OWN_ROOT.format(LINK), "files/b.kml": linked}
    assert len(told(tmp_path / "places.kmz", held)) == 1


def test_a_linked_kml_without_its_root_is_refused(tmp_path):
    """GDAL reads it, but nobody looked at it."""
    held = {"doc.kml": OWN_ROOT.format(LINK), "files/b.kml": f"<Document>{point()}</Document>"}
    (fault,) = told(tmp_path / "places.kmz", held)
    assert fault.startswith("places.kmz: it holds 2 KML files, of which not all would be read; ")


def test_places_that_nothing_links_in_a_kmz_are_refused(tmp_path):
    held = {name: document(point()) for name in ("files/b.kml", "c.kml")}
    (fault,) = told(tmp_path / "places.kmz", {"doc.kml": OWN_ROOT.format(LINK), **held})
    assert fault.startswith("places.kmz: it holds 3 KML files, of which not all would be read; ")


@pytest.mark.parametrize("driver", ["ESRI Shapefile", "MapInfo File"])
def test_kml_beside_a_layer_of_several_files_is_not_looked_at(tmp_path, driver):
    """GDAL reads that alone where it lies at the root, and we say so."""
    ending = "shp" if driver.startswith("ESRI") else "tab"
    (tmp_path / "kept").mkdir()
    towns = gpd.GeoDataFrame({"code": ["1"]}, geometry=gpd.points_from_xy([44], [33], crs=4326))
    towns.to_file(tmp_path / f"kept/towns.{ending}", driver=driver)
    parts = {one.name: one.read_bytes() for one in (tmp_path / "kept").iterdir()}
    held = {"a.kml": document(point(), LINK), **parts, "c/c.kml": document(point("45;33"))}
    path = write(tmp_path / "towns.zip", held)
    require_well_formed(path)
    with pytest.warns(br.DataWarning, match=r"not read: a\.kml, c/c\.kml"):
        assert read_layer(path).frame.geometry.to_wkt().tolist() == ["POINT (44 33)"]
    elsewhere = {f"x/{name}": part for name, part in parts.items()}
    assert told(path, {"a.kml": held["a.kml"], f"._towns.{ending}": "x", **elsewhere}) == [
        LINKED.replace("places.kml", "towns.zip")
    ]


@pytest.mark.parametrize("name", ["x.tab", "x.mif"])
@pytest.mark.parametrize("text", ["a\tb\n1\t2\n", "!table\n!version 300\n", ""])
def test_kml_beside_what_is_only_called_as_a_table_of_mapinfo_is_looked_at(tmp_path, name, text):
    """GDAL cannot read that, and goes on to the KML."""
    held = {name: text, "places.kml": document(point(), LINK)}
    assert told(tmp_path / "places.zip", held) == [LINKED.replace(".kml", ".zip", 1)]


def test_kml_beside_a_table_that_a_mac_packed_is_looked_at(tmp_path):
    """GDAL takes what the Mac put beside it for a table too, which it cannot read."""
    towns = gpd.GeoDataFrame({"code": ["1"]}, geometry=gpd.points_from_xy([44], [33], crs=4326))
    (tmp_path / "kept").mkdir()
    towns.to_file(tmp_path / "kept/towns.tab", driver="MapInfo File")
    held = {one.name: one.read_bytes() for one in (tmp_path / "kept").iterdir()}
    held |= {"._towns.tab": "\0\5", "places.kml": document(point(), LINK)}
    assert told(tmp_path / "places.zip", held) == [LINKED.replace(".kml", ".zip", 1)]


@pytest.mark.parametrize("name", ["doc.kml", "places.kml", "files/places.kml"])
@pytest.mark.parametrize("beside", [{}, {"files/x.png": "x"}, {"__MACOSX/._doc.kml": "\0\5"}])
@pytest.mark.parametrize("ending", ["kmz", "zip"])
def test_one_kml_in_an_archive_is_read(tmp_path, ending, name, beside):
    path = write(tmp_path / f"places.{ending}", {name: document(point()), **beside})
    require_well_formed(path)
    if ending == "kmz":
        assert read_layer(path).frame.geometry.to_wkt().tolist() == ["POINT (44 33)"]


def test_several_kml_in_a_zip_are_layers_but_for_those_in_folders(tmp_path):
    """GDAL reads no folder in a folder."""
    held = {"a.kml": document(point()), "b.kml": document(point("45,33"))}
    assert shapes(tmp_path / "both.zip", held, "d (#2)") == ["POINT (45 33)"]
    (fault,) = told(tmp_path / "more.zip", {**held, "c/c.kml": document(point())})
    assert fault.startswith("more.zip: it holds 3 KML files, of which not all would be read; ")


def test_kml_among_others_is_looked_at_in_all_its_encodings(tmp_path):
    """GDAL reads it, though by itself it is refused."""
    held = {"doc.kml": document(point(), LINK).encode("utf-16"), "x.png": "x"}
    assert told(tmp_path / "places.kmz", held) == [LINKED.replace(".kml", ".kmz", 1)]


def test_kml_among_others_that_is_cut_off_is_refused(tmp_path):
    (fault,) = told(tmp_path / "cut.kmz", {"doc.kml": document(point())[:-20], "x.png": "x"})
    assert fault.startswith("cut.kmz: it is cut off, or no well-formed XML (unclosed token")


SPACES = (
    'xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:a="http://a"'
)


def collection(*members, said=""):
    """Return a GML."""
    return f"<wfs:FeatureCollection {SPACES} {said}>{''.join(members)}</wfs:FeatureCollection>"


def member(*properties, name="gml:featureMember"):
    """Return a feature of GML."""
    inside = "".join(f"<a:p{at}>{one}</a:p{at}>" for at, one in enumerate(properties))
    return f"<{name}><a:site><a:site_id>s</a:site_id>{inside}</a:site></{name}>"


def gml_point(text="44,33", said=""):
    """Return a point of GML."""
    return (
        '<gml:Point srsName="EPSG:4326">'
        f"<gml:coordinates{said}>{text}</gml:coordinates></gml:Point>"
    )


def gml_line(text):
    """Return a line of GML."""
    return f'<gml:LineString srsName="EPSG:4326"><gml:posList>{text}</gml:posList></gml:LineString>'


ONE = member(gml_point(), name="wfs:member")
PART = "the server gave only a part of the features"


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ('numberMatched="5000" numberReturned="1" next="http://x/?startIndex=1"',
         "the server gave 1 of 5,000 features"),
        ('numberMatched="7" numberReturned="1" previous="http://x"',
         "the server gave 1 of 7 features"),
        ('numberOfFeatures="12"', "the server gave 1 of 12 features"),
        ('numberMatched="unknown" numberReturned="2"', "the server gave 1 of 2 features"),
        ('numberMatched="unknown" numberReturned="1" next="http://x/?startIndex=1"', PART),
        ('next="http://x/?startIndex=1"', PART),
    ],
)  # fmt: skip
def test_a_part_of_what_a_server_has_is_refused(tmp_path, said, what):
    """Servers give no more than their limit at once, and tell it in passing."""
    (fault,) = told(tmp_path / "wfs.gml", collection(ONE, said=said))
    assert fault == f"wfs.gml: {what}; ask it for all of them, in several parts"


@pytest.mark.parametrize("end", ["wfs:truncatedResponse", "a:ExceptionReport"])
def test_an_answer_of_a_server_that_broke_off_is_refused(tmp_path, end):
    (fault,) = told(tmp_path / "wfs.gml", collection(ONE, f"<{end}/>"))
    assert fault == f"wfs.gml: {PART}; ask it for all of them, in several parts"


@pytest.mark.parametrize(
    "said",
    ['numberMatched="1" numberReturned="1"', 'numberMatched="unknown" numberReturned="1"',
     'numberMatched="1" numberReturned="1" next=""', 'numberOfFeatures="1"', "",
     'numberMatched="1" numberReturned="0"', f'numberMatched="{"9" * 5_000}"'],
)  # fmt: skip
def test_all_of_what_a_server_has_is_read(tmp_path, said):
    assert shapes(tmp_path / "wfs.gml", collection(ONE, said=said)) == ["POINT (44 33)"]


def test_a_collection_in_a_collection_is_no_feature(tmp_path):
    inner = collection(ONE, ONE.replace("44,33", "45,33"))
    text = collection(f"<wfs:member>{inner}</wfs:member>", said='numberMatched="2"')
    assert shapes(tmp_path / "wfs.gml", text) == ["POINT (44 33)", "POINT (45 33)"]


@pytest.mark.parametrize(
    "properties",
    [
        (gml_point(), gml_point("46,34")),
        (gml_point() + gml_point("46,34"),),
        (gml_point(), f"<a:Owner><a:home>{gml_line('44 33 45 34')}</a:home></a:Owner>"),
        (gml_point(), f"<gml:boundedBy>{gml_point()}</gml:boundedBy>"),
    ],
    ids=["properties", "one property", "of another", "bounds"],
)
def test_two_geometries_in_a_feature_of_gml_are_refused(tmp_path, properties):
    """GDAL would take the last, be it that of a label."""
    text = collection(member(gml_point()), member(*properties))
    assert told(tmp_path / "sites.gml", text) == [
        "sites.gml, feature 2: it has more than one geometry, and only the last would be read; keep"
        " one geometry for each feature"
    ]


BOUNDS = (
    "<gml:boundedBy><gml:Envelope><gml:lowerCorner>0 0</gml:lowerCorner><gml:upperCorner>1 1"
    "</gml:upperCorner></gml:Envelope></gml:boundedBy>"
)
OLD_BOUNDS = (
    "<gml:boundedBy><gml:Box><gml:coordinates>0,0 1,1</gml:coordinates></gml:Box></gml:boundedBy>"
)
MULTI = (
    '<gml:MultiPoint srsName="EPSG:4326"><gml:pointMember>{}</gml:pointMember>'
    "<gml:pointMember>{}</gml:pointMember></gml:MultiPoint>"
).format(gml_point(), gml_point("45,33"))
AREA = (
    '<gml:Polygon srsName="EPSG:4326"><gml:exterior><gml:LinearRing><gml:posList>44 33 45 33 45 34'
    " 44 33</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
)


@pytest.mark.parametrize("bounds", ["", BOUNDS, OLD_BOUNDS])
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (gml_point(), "POINT (44 33)"),
        (gml_point("44 33"), "POINT (44 33)"),
        (gml_point("44,5;33,5", ' decimal="," cs=";"'), "POINT (44.5 33.5)"),
        (MULTI, "MULTIPOINT ((44 33), (45 33))"),
        (AREA, "POLYGON ((44 33, 45 33, 45 34, 44 33))"),
        (gml_line("\n44 33\t45 3.4e1 "), "LINESTRING (44 33, 45 34)"),
        (gml_line("4.4E+001 33 45 3.4e001"), "LINESTRING (44 33, 45 34)"),
    ],
)
def test_one_geometry_of_gml_with_what_belongs_to_it_is_read(tmp_path, bounds, shape, expected):
    text = collection(bounds, member(shape).replace("<a:p0>", f"{bounds}<a:p0>"))
    assert shapes(tmp_path / "sites.gml", text) == [expected]


@pytest.mark.parametrize("nan", ["nan", "NaN"])
def test_a_height_that_is_no_number_is_read_in_gml(tmp_path, nan):
    """GDAL writes that of a point without one; what stands in place of a longitude is a fault."""
    for one in (
        f'<gml:Point srsName="EPSG:4326"><gml:pos>44 33 {nan}</gml:pos></gml:Point>',
        gml_point(f"44,33,{nan}"),
        gml_line(f"44 33 {nan} 45 34 {nan}").replace("posList>", 'posList srsDimension="3">', 1),
        gml_line("").replace("posList", "coordinates").replace("><", f">44,33,{nan} 45,34,{nan}<"),
    ):
        require_well_formed(write(tmp_path / "sites.gml", collection(member(one))))
    for one in (gml_line(f"44 33 {nan} 34 46 35"), gml_point(f"44,{nan},33"),
                gml_point(f"44,33 {nan},34 46,35"), gml_point(nan)):  # fmt: skip
        (fault,) = told(tmp_path / "sites.gml", collection(member(one)))
        assert "its coordinates cannot be read" in fault


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("name", ["Surface", "Curve", "Point", "Tin"])
def test_a_column_of_gml_that_is_called_like_a_shape_is_told(tmp_path, name, is_before):
    """GDAL would take its text for the geometry."""
    column, place = f"<a:{name}>asphalt</a:{name}>", f"<a:place>{gml_point()}</a:place>"
    site = f"<a:site>{column if is_before else ''}{place}{'' if is_before else column}</a:site>"
    text = collection(f"<gml:featureMember>{site}</gml:featureMember>")
    assert told(tmp_path / "sites.gml", text) == [
        f"sites.gml, feature 1: its column {name} is called like a shape; call it otherwise"
    ]


@pytest.mark.parametrize(
    "shape",
    [gml_line("44,5 33,5 45,5 33,5"), gml_line("44 33 x 34"), gml_line("44 33 45 34 nan 35"),
     gml_line(""), gml_point("x,33"), gml_point(""), "<gml:Point><gml:pos>44,5 33,5</gml:pos>"
     "</gml:Point>", "<gml:Point><gml:pos/></gml:Point>", gml_line("44 33<foo/>"),
     gml_line("44 33 45 34<gml:pos>1 2</gml:pos>")],
)  # fmt: skip
def test_coordinates_of_gml_that_cannot_be_read_are_refused(tmp_path, shape):
    """GDAL would read 44 and 5, or 0."""
    (fault,) = told(tmp_path / "sites.gml", collection(member(gml_point()), member(shape)))
    assert fault.startswith("sites.gml, feature 2: its coordinates cannot be read: '")
    assert fault.endswith("; write numbers with decimal points and blanks between them")


NODE = '<node id="{}" version="1" lat="33" lon="44" {}><tag k="amenity" v="police"/></node>'


def test_openstreetmap_with_what_is_deleted_is_refused_as_a_layer(tmp_path):
    """JOSM keeps it until it is uploaded, and GDAL reads it as if it were there."""
    nodes = [
        NODE.format(1, ""),
        NODE.format(2, 'visible="false"'),
        NODE.format(3, 'action="delete"'),
    ]
    assert told(tmp_path / "towns.osm", f'<osm version="0.6">{"".join(nodes)}</osm>') == [
        "towns.osm: deleted objects would be read (2), node 2 first; save it without what is"
        " deleted"
    ]


def test_half_an_answer_of_overpass_is_refused_as_a_layer(tmp_path):
    said = "<remark> runtime error: Query timed out </remark>"
    assert told(tmp_path / "towns.osm", f'<osm version="0.6">{NODE.format(1, "")}{said}</osm>') == [
        "towns.osm: it is half an answer of a server, which says 'Query timed out'; ask for a"
        " smaller area or a longer timeout"
    ]


def test_openstreetmap_with_another_remark_is_read(tmp_path):
    nodes = NODE.format(1, 'visible="true" action="modify"')
    text = f'<osm version="0.6">{nodes}<remark>of today</remark></osm>'
    assert shapes(tmp_path / "towns.osm", text, "points") == ["POINT (44 33)"]


def test_gpx_is_only_read_to_its_end(tmp_path):
    text = '<gpx version="1.1"><wpt lat="33" lon="44"><name>coordinates</name></wpt></gpx>'
    assert shapes(tmp_path / "way.gpx", text, "waypoints") == ["POINT (44 33)"]
