"""XML is read as it stands there or refused: no place of it is lost, or made, in silence."""

import warnings
import zipfile

import pytest

import boxreach as br
from boxreach.sources.layers import read_layer
from boxreach.sources.markup import require_well_formed

pytestmark = pytest.mark.corpus

KML = '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">{}'
LINK = "<NetworkLink><Link><href>files/b.kml</href></Link></NetworkLink>"
BOX = "<LatLonBox><north>34</north><south>33</south><east>45</east><west>44</west></LatLonBox>"
LOOK = "<longitude>44</longitude><latitude>33</latitude>"


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


def ring(text):
    """Return a ring of KML."""
    return shape(text, "LinearRing")


SQUARE, HOLE, OTHER_HOLE = (
    ring(f"{a},{a} {b},{a} {b},{b} {a},{a}") for a, b in [(40, 49), (44, 45), (46, 47)]
)


def polygon(inside):
    """Return a place that is an area of KML."""
    return placemark(f"<Polygon>{inside}</Polygon>")


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


READ_ALONE = "places.kml: 2 features stand directly under <kml>, and only one would be read"
LINKED = (
    "places.kml: it links to other places (NetworkLink), which would be missing or read alone; save"
    " the places themselves: open the link in Google Earth, and save its folder"
)
CAMERA = (
    "places.kml, feature 1: it has no place but that of a camera, which would be read as a point;"
    " give it a point, a line or an area, or take it out"
)
SEVERAL = "holds several shapes, and only the last would be read; give each its own"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (KML.format(point() + point() + "</kml>"), READ_ALONE + "; put them in one <Document>"),
        (
            KML.format(f"<Folder>{point()}</Folder><Document>{point()}</Document></kml>"),
            READ_ALONE + "; put them in one <Document>",
        ),
        (document(point(), LINK, LINK), LINKED),
        (
            document(point(), f"<GroundOverlay><name>the scan</name>{BOX}</GroundOverlay>"),
            "places.kml, feature 2: the picture 'the scan' on the ground (GroundOverlay) would be"
            " read as an area; take it out",
        ),
        (document(placemark(f"<Camera>{LOOK}</Camera>"), point()), CAMERA),
        (
            document(point(), placemark(shape("44,33", "Point") + shape("44,33 45,33"))),
            f"places.kml, feature 2: its <Placemark> {SEVERAL} <Placemark>",
        ),
        (
            document(placemark(shape("44,33 45,33</coordinates><coordinates>46,33 47,33"))),
            f"places.kml, feature 1: its <LineString> {SEVERAL} <LineString>",
        ),
        (
            document(
                polygon(
                    f"<outerBoundaryIs>{SQUARE}</outerBoundaryIs>"
                    f"<innerBoundaryIs>{HOLE}{OTHER_HOLE}</innerBoundaryIs>"
                )
            ),
            f"places.kml, feature 1: its <innerBoundaryIs> {SEVERAL} <innerBoundaryIs>",
        ),
        (
            document(polygon(2 * f"<outerBoundaryIs>{HOLE}</outerBoundaryIs>")),
            f"places.kml, feature 1: its <Polygon> {SEVERAL} <Polygon>",
        ),
        (
            document(f"<Region>{point()}</Region>", point()),
            "places.kml, feature 1: it stands inside <Region>, where no place is read; put it in a"
            " <Document> or a <Folder>",
        ),
    ],
    ids=["root", "folder and document", "link", "overlay", "camera", "shapes", "coordinates",
         "holes", "areas", "elsewhere"],
)  # fmt: skip
def test_kml_that_would_lose_or_make_places_is_refused(tmp_path, text, expected):
    """GDAL says nothing of any of it."""
    assert told(tmp_path / "places.kml", text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (document(point(), f"<LookAt>{LOOK}</LookAt>"), ["POINT (44 33)"]),
        (
            document(placemark(f"<Camera>{LOOK}</Camera>{shape('45,34', 'Point')}")),
            ["POINT (45 34)"],
        ),
        (
            document(
                "<ScreenOverlay><name>legend</name></ScreenOverlay><PhotoOverlay>"
                f"{shape('40,30', 'Point')}</PhotoOverlay><gx:Tour><gx:Playlist><gx:AnimatedUpdate>"
                f"<Update><Change>{placemark(2 * shape('x', 'Point'))}</Change></Update>"
                "</gx:AnimatedUpdate></gx:Playlist></gx:Tour>",
                point(),
            ),
            ["POINT (44 33)"],
        ),
        (
            document(
                polygon(
                    f"<outerBoundaryIs>{SQUARE}</outerBoundaryIs>"
                    f"<innerBoundaryIs>{HOLE}</innerBoundaryIs>"
                    f"<innerBoundaryIs>{OTHER_HOLE}</innerBoundaryIs>"
                )
            ),
            [
                "POLYGON ((40 40, 49 40, 49 49, 40 40), (44 44, 45 44, 45 45, 44 44),"
                " (46 46, 47 46, 47 47, 46 46))"
            ],
        ),
        (
            document(
                placemark(
                    f"<MultiGeometry>{shape('44,33 45,33')}{shape('46,33 47,33')}</MultiGeometry>"
                )
            ),
            ["MULTILINESTRING ((44 33, 45 33), (46 33, 47 33))"],
        ),
        (
            document(
                placemark(
                    "<gx:Track><gx:coord>44 33</gx:coord><gx:coord>45.5 33</gx:coord></gx:Track>"
                )
            ),
            ["LINESTRING (44 33, 45.5 33)"],
        ),
        (KML.format(f"{placemark(shape('44,33', 'Point'))}</kml>"), ["POINT (44 33)"]),
    ],
    ids=["look", "camera of a point", "not on the ground", "holes", "lines", "track", "alone"],
)
def test_kml_in_which_nothing_is_lost_is_read(tmp_path, text, expected):
    assert shapes(tmp_path / "places.kml", text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("44,33 44.5;33.5 45,33", "44.5;33.5"), ("44,33;45,34", "44,33;45,34"),
        ("44,5,33,5 45,5,34,5", "44,5,33,5"), ("44,33 45", "45"), ("44 33 45 34", "44"),
        ("44,33 45,x 46,35", "45,x"), ("44,33 45,34,x 46,35", "45,34,x"),
        ("44,33 nan,34 46,35", "nan,34"), ("44,33 1e400,34", "1e400,34"),
        ("44,33 45,34°", "45,34°"), ("٤٤,٣٣ 45,34", "٤٤,٣٣"), ("44,33.3.3 45,34", "44,33.3.3"),
        ("44,33 - 45,34", "-"), ("44,33, 45,34,", "44,33,"), ("0x2C,33 45,34", "0x2C,33"), ("", ""),
        ("44,33\xa045,34", "44,33"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["LineString", "LinearRing"])
def test_coordinates_that_cannot_be_read_to_their_end_are_refused(tmp_path, kind, text, said):
    """GDAL would cut off the line there, or go on elsewhere."""
    (fault,) = told(tmp_path / "lines.kml", document(point(), placemark(shape(text, kind))))
    assert fault == (
        f"lines.kml, feature 2: its coordinates cannot be read: {said!r}; write longitude and"
        " latitude with decimal points, like 44.1,33.2"
    )


@pytest.mark.parametrize("text", ["44,5 33,5", "44,33 45,34", "33.5 44.5", "44.5;33.5", "", "44"])
def test_a_point_of_kml_has_coordinates_of_one_place(tmp_path, text):
    """Decimal commas look like two places, of which GDAL would take the first."""
    (fault,) = told(tmp_path / "points.kml", document(point(text)))
    assert fault.startswith("points.kml, feature 1: its coordinates cannot be read: '")


@pytest.mark.parametrize(
    "text",
    ["44,33 45,34", "\n\t44,33\r\n\t45,34\n", "44, 33 45, 34", "44 , 33 45 ,34", "+4.4e1,33. 45,34",
     "44,33<!-- to -->&#32;45,34", "<![CDATA[44,33 45,34]]>"],
)  # fmt: skip
def test_coordinates_in_other_dress_are_read(tmp_path, text):
    found = shapes(tmp_path / "lines.kml", document(placemark(shape(text))))
    assert found == ["LINESTRING (44 33, 45 34)"]


@pytest.mark.parametrize("text", ["44,33,0", "44;33 0", "44", "x y z", "44 33 0 1", ""])
def test_coordinates_of_a_track_that_cannot_be_read_are_refused(tmp_path, text):
    track = f"<gx:Track><gx:coord>45 33 0</gx:coord><gx:coord>{text}</gx:coord></gx:Track>"
    (fault,) = told(tmp_path / "track.kml", document(placemark(track)))
    assert fault == (
        f"track.kml, feature 1: its coordinates cannot be read: {text!r}; write longitude and"
        " latitude with decimal points, like 44.1 33.2"
    )


def test_every_fault_is_told_at_once_and_of_very_many_the_first(tmp_path):
    """What a million bad lines say would be no help, and fill the memory."""
    faults = told(tmp_path / "many.kml", document(*(point("x") for _ in range(1_200))))
    assert len(faults) == 1_000
    assert faults[999].startswith("many.kml, feature 1000: ")


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


def test_of_a_link_inside_an_archive_both_faults_are_told(tmp_path):
    held = {"doc.kml": document(point(), LINK), "files/b.kml": document(point("45,33"))}
    assert len(told(tmp_path / "places.kmz", held)) == 2


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


def typed(kind, values, *, as_data=False, schema_last=False):
    """Return a KML with a column of a type."""
    schema = f'<Schema id="S"><SimpleField name="site_id" type="{kind}"/></Schema>'
    data = (
        '<Data name="site_id"><displayName>of it</displayName><value>{}</value></Data>'
        if as_data
        else '<SchemaData schemaUrl="#S"><SimpleData name="site_id">{}</SimpleData></SchemaData>'
    )
    places = [
        placemark(f"<ExtendedData>{data.format(value)}</ExtendedData>{shape('44,33', 'Point')}")
        for value in values
    ]
    return document(*([*places, schema] if schema_last else [schema, *places]))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "007"), ("int", "1,234"), ("int", "12.7"), ("int", "1 234"), ("int", "n/a"),
        ("int", "3000000000"), ("Int", "1e3"), ("short", "-05"), ("ushort", "٥"), ("uint", "007"),
        ("uint", "99999999999999999999"), ("float", "1,5"), ("float", "007"), ("double", "0x10"),
        ("double", "12345678901234567"), ("double", "1d3"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dress", [{}, {"as_data": True}, {"schema_last": True}])
def test_a_value_that_the_type_of_its_column_does_not_hold_is_refused(tmp_path, kind, value, dress):
    """GDAL would read another number, an id without its zeros, or a 0."""
    assert told(tmp_path / "sites.kml", typed(kind, ["12", value, value], **dress)) == [
        f"sites.kml, feature 2, column site_id: {value!r} stands in a column of numbers, which"
        " cannot hold it; save the layer with a column of texts"
    ]


def test_a_blank_in_a_column_of_numbers_is_refused_and_a_place_without_it_read(tmp_path):
    """The first would be 0, the second is missing."""
    (fault,) = told(tmp_path / "sites.kml", typed("int", ["1", " "]))
    assert fault == (
        "sites.kml, feature 2, column site_id: a blank stands in a column of numbers, and would be"
        " read as 0; leave out elements without a value, or save the layer with a column of texts"
    )
    text = typed("int", ["1"]).replace("</Document>", f"{point('45,33')}</Document>")
    assert len(shapes(tmp_path / "sites.kml", text)) == 2


def test_an_id_in_a_column_of_yes_and_no_is_refused(tmp_path):
    (fault,) = told(tmp_path / "sites.kml", typed("bool", ["true", "0", "007"]))
    assert fault == (
        "sites.kml, feature 3, column site_id: '007' stands in a column of yes and no, which"
        " cannot hold it; save the layer with a column of texts"
    )


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("string", ["007", "1,234"], ["007", "1,234"]),
        ("integer", ["007"], ["007"]),
        ("int", [" 7 ", "-5", "0"], [7, -5, 0]),
        ("uint", ["3000000000"], [3_000_000_000]),
        (
            "double",
            ["12", "12.70", ".5", "0.25", "1e3", "1.5E20"],
            [12, 12.7, 0.5, 0.25, 1e3, 1.5e20],
        ),
        ("bool", ["true", "0"], [True, False]),
    ],
)
def test_values_that_their_column_holds_are_read_as_written(tmp_path, kind, values, expected):
    path = write(tmp_path / "sites.kml", typed(kind, values))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_layer(path).frame["site_id"].tolist() == expected


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
    ],
)
def test_one_geometry_of_gml_with_what_belongs_to_it_is_read(tmp_path, bounds, shape, expected):
    text = collection(bounds, member(shape).replace("<a:p0>", f"{bounds}<a:p0>"))
    assert shapes(tmp_path / "sites.gml", text) == [expected]


@pytest.mark.parametrize(
    "shape",
    [gml_line("44,5 33,5 45,5 33,5"), gml_line("44 33 x 34"), gml_line("44 33 45 34 nan 35"),
     gml_line(""), gml_point("x,33"), gml_point(""), "<gml:Point><gml:pos>44,5 33,5</gml:pos>"
     "</gml:Point>", "<gml:Point><gml:pos/></gml:Point>"],
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
