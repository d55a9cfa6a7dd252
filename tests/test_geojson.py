"""GeoJSON is read whole or refused: no line or member of it is left out without a word."""

import json
import zipfile

import pytest

import boxreach as br

pytestmark = pytest.mark.corpus


def feature(number):
    """Return a community as a feature."""
    place = {"type": "Point", "coordinates": [44 + number / 100, 33]}
    return {"type": "Feature", "properties": {"community_id": f"c{number}"}, "geometry": place}


LINES = [json.dumps(feature(number)) for number in range(4)]


def read(path, text):
    """Return the communities of a file with a text."""
    path.write_text(text, encoding="utf-8")
    return br.read_communities(path)


@pytest.mark.parametrize("name", ["places.geojsonl", "places.ndjson", "places.geojson"])
@pytest.mark.parametrize(
    ("at", "line"),
    [(2, LINES[2][:40]), (3, LINES[3][:-9]), (1, "null"), (1, "[1, 2]"), (2, '{"type": "Foo"}')],
    ids=["half a line", "cut off", "null", "list", "something else"],
)
def test_a_line_that_is_no_feature_is_refused(tmp_path, name, at, line):
    """GDAL would read the others, and a community less would be a plan."""
    lines = [*LINES[:at], line, *LINES[at + 1 :]]
    with pytest.raises(br.InputError, match=f"{name}, line {at + 1}: .* is no feature") as error:
        read(tmp_path / name, "\n".join(lines))
    assert len(error.value.faults) == 1


def test_in_an_archive_it_is_looked_at_too(tmp_path):
    """GDAL reads a file that an archive holds alone."""
    with zipfile.ZipFile(tmp_path / "places.zip", "w") as archive:
        archive.writestr("places.geojson", "\n".join([*LINES[:2], "null", LINES[3]]))
    with pytest.raises(br.InputError, match=r"places\.zip, line 3: .* is no feature"):
        br.read_communities(tmp_path / "places.zip")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(LINES),
        "\r\n".join(LINES) + "\r\n",
        "\n\n".join(LINES),
        "\x1e" + "\n\x1e".join(LINES),
    ],
    ids=["lines", "windows", "blank lines", "records"],
)
def test_features_in_lines_and_records_are_read_all(tmp_path, text):
    """Blank lines are nothing that is left out."""
    assert [*read(tmp_path / "places.geojsonl", text).index] == ["c0", "c1", "c2", "c3"]


def test_a_damaged_record_is_told_with_the_line_it_begins_in(tmp_path):
    """Records may take several lines."""
    records = [json.dumps(feature(number), indent=1) for number in range(3)]
    records[1] = records[1][:-5]
    begins = 1 + records[0].count("\n") + 1
    with pytest.raises(br.InputError, match=f"line {begins}: "):
        read(tmp_path / "places.geojsonl", "".join(f"\x1e{one}\n" for one in records))


@pytest.mark.parametrize(
    "member",
    [None, 5, "x", {**feature(1), "type": "Foo"}, {"type": "FeatureCollection", "features": []}],
    ids=["null", "number", "text", "something else", "collection"],
)
@pytest.mark.parametrize("is_last", [False, True], ids=["type first", "type last"])
def test_a_member_of_a_collection_that_is_no_feature_is_refused(tmp_path, member, is_last):
    """Joined files hold collections in collections, whose features GDAL does not see."""
    told = {"name": "places", "features": [feature(0), member, feature(2), member]}
    kind = {"type": "FeatureCollection"}
    text = json.dumps({**told, **kind} if is_last else {**kind, **told}, indent=1)
    with pytest.raises(
        br.InputError, match=r"places\.geojson, feature 2: .* is no feature"
    ) as error:
        read(tmp_path / "places.geojson", text)
    assert [one.feature for one in error.value.faults] == [2, 4]
