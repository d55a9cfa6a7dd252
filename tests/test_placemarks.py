"""KML is read as GDAL would read it rightly or refused: places, coordinates and typed values."""

import time
import warnings

import geopandas as gpd
import pandas as pd
import pytest

from boxreach.exports import Layer, write_kml
from boxreach.sources.layers import read_frame, read_layer
from boxreach.sources.markup import require_well_formed
from tests.test_markup import (
    KML,
    LINK,
    LINKED,
    document,
    placemark,
    point,
    shape,
    shapes,
    told,
    write,
)

pytestmark = pytest.mark.corpus

BOX = "<LatLonBox><north>34</north><south>33</south><east>45</east><west>44</west></LatLonBox>"
LOOK = "<longitude>44</longitude><latitude>33</latitude>"


def ring(text):
    """Return a ring of KML."""
    return shape(text, "LinearRing")


SQUARE, HOLE, OTHER_HOLE = (
    ring(f"{a},{a} {b},{a} {b},{b} {a},{a}") for a, b in [(40, 49), (44, 45), (46, 47)]
)


def polygon(inside):
    """Return a place that is an area of KML."""
    return placemark(f"<Polygon>{inside}</Polygon>")


READ_ALONE = "places.kml: 2 features stand directly under <kml>, and only one would be read"
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
            KML.format(f"<Document>{point()}</Document><ScreenOverlay/></kml>"),
            READ_ALONE + "; put them in one <Document>",
        ),
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
    ids=["root", "overlay behind all", "folder and document", "link", "overlay", "camera", "shapes",
         "coordinates", "holes", "areas", "elsewhere"],
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
        (
            KML.format(
                "<ScreenOverlay/><PhotoOverlay/><gx:Tour/>"
                f"<Document><name>d</name>{point()}</Document></kml>"
            ),
            ["POINT (44 33)"],
        ),
    ],
    ids=["look", "camera of a point", "not on the ground", "holes", "lines", "track", "alone",
         "not on the ground before all"],
)  # fmt: skip
def test_kml_in_which_nothing_is_lost_is_read(tmp_path, text, expected):
    assert shapes(tmp_path / "places.kml", text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("44,33 44.5;33.5 45,33", "44.5;33.5"), ("44,33;45,34", "44,33;45,34"),
        ("44,5,33,5 45,5,34,5", "44,5,33,5"), ("44,33 45", "45"), ("44 33 45 34", "44"),
        ("44,33 45,x 46,35", "45,x"), ("44,33 45,34,x 46,35", "45,34,x"),
        ("44,33 nan,34 46,35", "nan,34"), ("44,33 1e400,34", "1e400,34"),
        ("44,33 1e300,34", "1e300,34"), ("44,33 1e-0001,34", "1e-0001,34"),
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


@pytest.mark.parametrize("text", ["44.1,33.2,", "44.1,33.2,0,", "\n44.1,33.2 , \n"])
def test_a_comma_behind_a_point_is_no_fault(tmp_path, text):
    """There it parts nothing; in a line it would part what belongs together."""
    assert shapes(tmp_path / "points.kml", document(point(text))) == ["POINT Z (44.1 33.2 0)"]


@pytest.mark.parametrize("text", ["44.1,33.2,,", "44.1,", ",44.1,33.2", "44,5,33,5,"])
def test_other_commas_about_a_point_are_faults(tmp_path, text):
    assert len(told(tmp_path / "points.kml", document(point(text)))) == 1


@pytest.mark.parametrize("nan", ["nan", "NaN", "-nan", "1.7e-015", "1e-300", "-1E+299"])
def test_a_height_that_is_no_number_or_a_strange_one_is_read(tmp_path, nan):
    """GDAL writes that of a point without one."""
    track = f"<gx:Track><gx:coord>44 33 {nan}</gx:coord><gx:coord>45 34 1</gx:coord></gx:Track>"
    for one in (point(f"44,33,{nan}"), placemark(shape(f"44,33,{nan} 45,34,{nan}")),
                placemark(track)):  # fmt: skip
        require_well_formed(write(tmp_path / "places.kml", document(one)))


@pytest.mark.parametrize("text", ["nan,33", "44,nan", "44,nan,33"])
def test_a_point_has_numbers_but_for_its_height(tmp_path, text):
    (fault,) = told(tmp_path / "places.kml", document(point(text)))
    assert "its coordinates cannot be read" in fault


@pytest.mark.parametrize(
    "text",
    ["44,33 45,34", "4.4e+001,3.3E1 450e-001,34",
     "\n\t44,33\r\n\t45,34\n", "44, 33 45, 34", "44 , 33 45 ,34", "+4.4e1,33. 45,34",
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
        ("double", "12345678901234567"), ("double", "1d3"), ("double", "1e400"),
        ("double", "1e0003"),
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
            ["12", "12.70", ".5", "0.25", "1e3", "1.5E20", "1.7e-015", "1e-300", "1.5e+300"],
            [12, 12.7, 0.5, 0.25, 1e3, 1.5e20, 1.7e-15, 1e-300, 1.5e300],
        ),
        ("bool", ["true", "0"], [True, False]),
    ],
)
def test_values_that_their_column_holds_are_read_as_written(tmp_path, kind, values, expected):
    path = write(tmp_path / "sites.kml", typed(kind, values))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_layer(path).frame["site_id"].tolist() == expected


def schema(key, kind, column="c", name=""):
    """Return a schema of one column."""
    field = f'<SimpleField name="{column}" type="{kind}"/>'
    return f'<Schema id="{key}" name="{name}">{field}</Schema>'


def named(value, url="#S", column="c"):
    """Return a place with a value that belongs to a schema."""
    held = f'<SchemaData schemaUrl="{url}"><SimpleData name="{column}">{value}</SimpleData>'
    return placemark(f"<ExtendedData>{held}</SchemaData></ExtendedData>{shape('44,33', 'Point')}")


def plain(value, column="c"):
    """Return a place with a value that belongs to none."""
    held = f'<Data name="{column}"><value>{value}</value></Data>'
    return placemark(f"<ExtendedData>{held}</ExtendedData>{shape('44,33', 'Point')}")


def folder(*inside):
    """Return a layer of KML."""
    return f"<Folder><name>f</name>{''.join(inside)}</Folder>"


INT, DOUBLE, TEXT = schema("S", "int"), schema("T", "double"), schema("U", "string")
INNER = "<Document><name>e</name>{}</Document>".format


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (document(INT, DOUBLE, folder(named("5")), folder(named("5.5", "#T"))), [[5], [5.5]]),
        (document(folder(named("5")), folder(named("5.5", "#T")), INT, DOUBLE), [[5], [5.5]]),
        (document(INT, TEXT, folder(named("007", "#U"), named("008"))), [["007", "008"]]),
        (document(INT, folder(named("5")), folder(plain("007"))), [[5], ["007"]]),
        (document(INT, folder(plain("007"), named("1"))), [["007", "1"]]),
        (document(TEXT, INT, named("007")), [["007"]]),
        (document(INT, INNER(TEXT.replace('"U"', '"S"') + named("007"))), [["007"]]),
        (document(INT, INNER(plain("007"))), [["007"]]),
        (document('<Schema id="S"><SimpleField name="c" type="string"/>'
                  '<SimpleField name="c" type="int"/></Schema>', folder(named("007"))), [["007"]]),
    ],
    ids=["each", "each, schemas last", "the first named", "data elsewhere", "data first",
         "own of a document", "own of an inner document", "none of an outer one", "of one name"],
)  # fmt: skip
def test_a_column_has_the_type_of_its_layer(tmp_path, text, expected):
    """GDAL takes the schema that a place names, and what is <Data> for text."""
    path = write(tmp_path / "sites.kml", text)
    layers = gpd.list_layers(path)["name"]
    assert [read_frame(path, layer)["c"].tolist() for layer in layers] == expected


@pytest.mark.parametrize(
    "text",
    [
        document(INT, DOUBLE, folder(named("5.5", "#T")), folder(named("1"), named("007"))),
        document(INT, DOUBLE, folder(named("1"), named("5.5", "#T"))),
        document(INT, TEXT, folder(named("1"), named("007", "#U"))),
        document(INT, folder(named("1"), plain("007"))),
        document(TEXT, folder(named("1", "#U"), INNER(INT + plain("007")))),
        document(INT, plain("007")),
        document(schema("", "int", name="N"), folder(named("007", "n"))),
        document(INT, folder(named("007", "#s"))),
        document(INT, INNER(named("007"))),
    ],
    ids=["each", "a double", "a text", "data later", "own of an inner document",
         "data of a document", "by name", "capitals", "of the outer document"],
)  # fmt: skip
def test_a_value_that_the_type_of_its_layer_does_not_hold_is_refused(tmp_path, text):
    """GDAL would read 5 or 7."""
    (fault,) = told(tmp_path / "sites.kml", text)
    assert fault.endswith("stands in a column of numbers, which cannot hold it; save the layer with"
                          " a column of texts")  # fmt: skip


def test_what_is_not_read_is_not_looked_at(tmp_path):
    """Data beside what belongs to a schema, and a schema that nobody knows."""
    both = plain("007").replace(
        "</ExtendedData>",
        '<SchemaData schemaUrl="#S"><SimpleData name="c">1</SimpleData></SchemaData>'
        "</ExtendedData>",
    )
    for place in (both, named("007", "#X"), named("007", "#"), named("007", "")):
        require_well_formed(write(tmp_path / "sites.kml", document(INT, folder(place))))


def test_our_own_kml_is_read(tmp_path):
    """Its layers have columns of one name and several types."""
    layers = []
    for key, minutes in {"boxes": [5, 6], "posts": [5.5, 7.0]}.items():
        frame = gpd.GeoDataFrame(
            {"name": ["a", "b"], "minutes": minutes},
            geometry=gpd.points_from_xy([44.0, 45.0], [33.0, 34.0], crs=4326),
            index=pd.Index([f"{key}-1", f"{key}-2"], name="site_id"),
        )
        layers.append(Layer(key, key.title(), frame, key.removesuffix("es").removesuffix("s")))
    write_kml(tmp_path / "report.kml", layers, title="Report")
    for layer in layers:
        found = read_frame(tmp_path / "report.kml", layer.title)
        assert found["minutes"].tolist() == layer.frame["minutes"].tolist()
        assert found["minutes"].dtype.kind == layer.frame["minutes"].dtype.kind
        assert found["site_id"].tolist() == layer.frame.index.tolist()


def test_places_deep_in_folders_are_looked_at_in_no_time(tmp_path):
    """Nobody looks through all that is open for each of them."""
    text = document("<Folder>" * 60_000, "<Placemark/>" * 20_000, "</Folder>" * 60_000)
    path = write(tmp_path / "deep.kml", text)
    start = time.perf_counter()
    require_well_formed(path)
    assert time.perf_counter() - start < 4
