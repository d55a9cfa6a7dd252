"""What the files promise: whole or not at all, read back as written, harmless in a spreadsheet."""

import csv
import json
from contextlib import ExitStack
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from shapely import LineString, Point, box

import boxreach as br
from boxreach.exports import output_folder, write_csv, write_geojson, write_json


def read_back(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def fill(path, names=("reach.csv",), text="later", error=None):
    """Write files into an output folder, and raise in the middle of it if asked to."""
    with output_folder(path) as folder:
        for name in names:
            (folder / name).write_text(text)
        if error is not None:
            raise error


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# --- CSV -----------------------------------------------------------------------------------


def test_csv_opens_in_a_spreadsheet_as_utf8(tmp_path):
    """A byte order mark stands first, so that Arabic and Kurdish are not garbled."""
    write_csv(
        tmp_path / "t.csv", pd.DataFrame({"name": ["بغداد"]}, index=pd.Index(["a"], name="id"))
    )
    content = (tmp_path / "t.csv").read_bytes()
    assert content.decode("utf-8").splitlines() == ["\ufeffid,name", "a,بغداد"]


def test_csv_writes_whole_numbers_without_fraction_and_unknown_as_blank(tmp_path):
    """1200 people are no 1200.0 people, and nobody knows NaN people."""
    table = pd.DataFrame({"people": [1200.0, np.nan], "minutes": [7.25, np.nan], "n": [1, 2]})
    write_csv(tmp_path / "t.csv", table)
    assert read_back(tmp_path / "t.csv") == [
        {"people": "1200", "minutes": "7.25", "n": "1"}, {"people": "", "minutes": "", "n": "2"},
    ]  # fmt: skip


def test_csv_writes_missing_text_as_blank(tmp_path):
    """Neither None nor nan is a name."""
    write_csv(tmp_path / "t.csv", pd.DataFrame({"name": ["x", None, np.nan]}, dtype=object))
    assert [row["name"] for row in read_back(tmp_path / "t.csv")] == ["x", "", ""]


HOSTILE = ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "=1,2"]


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_lets_no_spreadsheet_run_a_name(tmp_path, text):
    """A formula gets an apostrophe and stays readable."""
    write_csv(tmp_path / "t.csv", pd.DataFrame({"name": [text]}))
    (row,) = read_back(tmp_path / "t.csv")
    assert row["name"][0] == "'"
    assert row["name"].replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_lets_no_spreadsheet_run_an_id(tmp_path, text):
    """Ids come from strangers too."""
    write_csv(tmp_path / "t.csv", pd.DataFrame({"n": [1]}, index=pd.Index([text], name="site_id")))
    (row,) = read_back(tmp_path / "t.csv")
    assert row["site_id"].startswith("'")


def test_csv_lets_no_spreadsheet_run_a_column_name(tmp_path):
    """So do the names of columns that are carried through."""
    write_csv(tmp_path / "t.csv", pd.DataFrame({"=1+1": [1]}))
    assert list(read_back(tmp_path / "t.csv")[0]) == ["'=1+1"]


@pytest.mark.parametrize(
    "text", ["a,b", 'a "b"', "a\nb", "a\rb", "a\r\nb", "a;b", "a\tb", "a\x00b"]
)
def test_csv_keeps_every_text_in_its_cell(tmp_path, text):
    """Commas, quotes, line breaks and stray control characters do not break the table."""
    write_csv(tmp_path / "t.csv", pd.DataFrame({"name": [text, "next"], "n": [1, 2]}))
    rows = read_back(tmp_path / "t.csv")
    assert [row["n"] for row in rows] == ["1", "2"]
    assert rows[0]["name"] == text


def test_csv_writes_points_as_lon_and_lat(tmp_path):
    """Coordinates come back to within 0.1 m, and the geometry column is gone."""
    table = gpd.GeoDataFrame({"n": [1]}, geometry=[Point(44.123456789, 33.987654321)], crs=4326)
    write_csv(tmp_path / "t.csv", table)
    (row,) = read_back(tmp_path / "t.csv")
    assert set(row) == {"n", "lon", "lat"}
    metres = Geod(ellps="WGS84").inv(
        44.123456789, 33.987654321, float(row["lon"]), float(row["lat"])
    )[2]
    assert metres < 0.1


def test_csv_of_lines_leaves_the_shapes_out(tmp_path):
    """A line has no one lon and lat."""
    table = gpd.GeoDataFrame({"n": [1]}, geometry=[LineString([(44, 33), (45, 33)])], crs=4326)
    write_csv(tmp_path / "t.csv", table)
    assert read_back(tmp_path / "t.csv") == [{"n": "1"}]


def test_csv_of_an_empty_table_has_its_header(tmp_path):
    """No gaps is a table with a header, and it can be read."""
    table = gpd.GeoDataFrame({"name": [], "people": []}, geometry=[], crs=4326)
    write_csv(tmp_path / "t.csv", table)
    assert (tmp_path / "t.csv").read_text("utf-8-sig").startswith("name,people")


def test_csv_takes_an_infinite_number(tmp_path):
    """A column of the caller's own that holds infinity is written without a warning."""
    write_csv(tmp_path / "t.csv", pd.DataFrame({"x": [1.0, np.inf]}))
    assert read_back(tmp_path / "t.csv")[0]["x"] in {"1", "1.0"}


def test_csv_leaves_the_table_as_it_is(tmp_path):
    """Writing changes nothing in memory."""
    table = pd.DataFrame({"name": ["=1"], "people": [5.0]})
    before = table.copy(deep=True)
    write_csv(tmp_path / "t.csv", table)
    pd.testing.assert_frame_equal(table, before)


# --- GeoJSON and JSON ----------------------------------------------------------------------


def shapes():
    return gpd.GeoDataFrame(
        {
            "name": ["نقطة", "</script>", None],
            "people": [5.0, np.nan, 7.5],
            "covered": [True, False, True],
        },
        index=pd.Index(["a", "../../x", "c"], name="site_id"),
        geometry=[
            Point(44.123456789, 33.1),
            LineString([(44, 33), (45.00000049, 33)]),
            box(44, 33, 45, 34),
        ],
        crs=4326,
    )


def test_geojson_comes_back_as_it_was(tmp_path):
    """Ids, text, unknowns and truth values survive; shapes to within 0.1 m."""
    table = shapes()
    write_geojson(tmp_path / "t.geojson", table)
    again = gpd.read_file(tmp_path / "t.geojson").set_index("site_id")
    assert again.index.tolist() == table.index.tolist()
    assert again["name"].tolist()[:2] == ["نقطة", "</script>"]
    assert again["people"].isna().tolist() == [False, True, False]
    assert again["covered"].tolist() == [True, False, True]
    assert again.crs.to_epsg() == 4326
    apart = table.to_crs(32638).distance(again.to_crs(32638))
    assert apart.max() < 0.1


def test_geojson_writes_unknown_as_null(tmp_path):
    """NaN is no JSON."""
    write_geojson(tmp_path / "t.geojson", shapes())
    text = (tmp_path / "t.geojson").read_text("utf-8")
    record = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert [one["properties"]["people"] for one in record["features"]] == [5, None, 7.5]
    assert record["features"][2]["properties"]["name"] is None


def test_geojson_of_nothing_is_an_empty_collection(tmp_path):
    """A proposal of no sites is still a file that maps open."""
    write_geojson(tmp_path / "t.geojson", shapes().iloc[:0])
    assert json.loads((tmp_path / "t.geojson").read_text("utf-8"))["features"] == []


def test_geojson_takes_the_callers_own_dates(tmp_path):
    """A date column is written as text."""
    table = shapes().assign(seen=pd.Timestamp("2026-03-01"))
    write_geojson(tmp_path / "t.geojson", table)
    record = json.loads((tmp_path / "t.geojson").read_text("utf-8"))
    assert record["features"][0]["properties"]["seen"].startswith("2026-03-01")


def test_geojson_writes_infinity_as_null(tmp_path):
    """JSON has no word for it, and one cell does not spoil the file."""
    write_geojson(tmp_path / "t.geojson", shapes().assign(x=[1.0, np.inf, -np.inf]))
    record = json.loads((tmp_path / "t.geojson").read_text("utf-8"))
    assert [one["properties"]["x"] for one in record["features"]] == [1, None, None]


def test_json_refuses_what_is_no_json(tmp_path):
    """A NaN in a record is found when it is written, not by its reader."""
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "t.json", {"x": float("nan")})


def test_the_same_content_is_the_same_bytes(tmp_path):
    """Two writers of one table agree."""
    for name in ("one", "two"):
        write_csv(tmp_path / f"{name}.csv", shapes())
        write_geojson(tmp_path / f"{name}.geojson", shapes())
    for suffix in ("csv", "geojson"):
        one, two = (tmp_path / f"{name}.{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


# --- the output folder ---------------------------------------------------------------------


def test_a_finished_body_gives_a_folder_with_its_files(tmp_path):
    """Folders above it are made, and nothing stays beside it."""
    with output_folder(tmp_path / "new" / "out") as folder:
        (folder / "reach.csv").write_text("x")
        assert not (tmp_path / "new" / "out").exists()
    assert contents(tmp_path / "new" / "out") == {"reach.csv": b"x"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out"]


def test_a_body_that_raises_leaves_nothing_behind(tmp_path):
    """No folder, no temporary one, no parents made for it."""
    with pytest.raises(RuntimeError):
        fill(tmp_path / "new" / "out", error=RuntimeError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_body_that_raises_leaves_an_earlier_output_untouched(tmp_path, error):
    """What stood there stands there, byte for byte, also after Ctrl-C."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "reach.csv").write_text("earlier")
    with pytest.raises(error):
        fill(out, error=error)
    assert contents(out) == {"reach.csv": b"earlier"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_earlier_output_is_replaced_as_a_whole(tmp_path):
    """Files of the earlier run that the later one does not write are gone."""
    for names in (("reach.csv", "posts.csv"), ("reach.csv", "map.html")):
        fill(tmp_path / "out", names)
    assert set(contents(tmp_path / "out")) == {"reach.csv", "map.html"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_earlier_output_is_back_when_the_last_step_fails(tmp_path, monkeypatch):
    """If the new folder cannot be moved into its place, the old one is there again."""
    monkeypatch.setattr("boxreach.exports.folders.exchange", lambda *_: False)
    out = tmp_path / "out"
    out.mkdir()
    (out / "reach.csv").write_text("earlier")
    move = Path.replace

    def refuse(self, target):
        if Path(target) == out and (self / "map.html").exists():
            raise PermissionError
        return move(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises((OSError, br.BoxreachError)):
        fill(out, ["map.html"])
    assert contents(out) == {"reach.csv": b"earlier"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("foreign", ["notes.txt", ".hidden", "plan.toml"])
def test_a_folder_with_a_file_of_its_owners_is_refused(tmp_path, foreign):
    """What no run wrote is never thrown away, and the message names it."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "reach.csv").write_text("earlier")
    (out / foreign).write_text("mine")
    with pytest.raises(br.InputError, match=foreign), output_folder(out):
        pytest.fail("the body ran")
    assert contents(out) == {"reach.csv": b"earlier", foreign: b"mine"}


def test_a_folder_of_its_owners_under_the_name_of_an_output_is_refused(tmp_path):
    """A folder called map.html is no output of a run."""
    (tmp_path / "out" / "map.html").mkdir(parents=True)
    (tmp_path / "out" / "map.html" / "mine.txt").write_text("mine")
    with pytest.raises(br.InputError):
        fill(tmp_path / "out", ["map.html"])
    assert (tmp_path / "out" / "map.html" / "mine.txt").read_text() == "mine"


def test_a_file_that_appears_while_the_body_runs_is_kept(tmp_path):
    """The folder is looked at again before it is replaced."""
    out = tmp_path / "out"
    out.mkdir()
    with ExitStack() as stack:
        stack.enter_context(pytest.raises(br.InputError, match="notes"))
        stack.enter_context(output_folder(out))
        (out / "notes.txt").write_text("mine")
    assert contents(out) == {"notes.txt": b"mine"}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    """An output folder that is a file is kept and named."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(br.InputError, match="out: it is a file"), output_folder(tmp_path / "out"):
        pytest.fail("the body ran")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_below_a_file_is_refused_in_words(tmp_path):
    """No folder can be made there, and that is an input fault, not a traceback."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(br.InputError, match="file"), output_folder(tmp_path / "file" / "out"):
        pytest.fail("the body ran")


def test_a_link_to_an_earlier_output_is_replaced_or_refused_whole(tmp_path):
    """A symbolic link as output folder neither breaks the run nor loses what it points at."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "reach.csv").write_text("earlier")
    (tmp_path / "out").symlink_to(tmp_path / "real", target_is_directory=True)
    try:
        fill(tmp_path / "out")
    except br.InputError:
        assert contents(tmp_path / "real") == {"reach.csv": b"earlier"}
    else:
        assert contents(tmp_path / "out") == {"reach.csv": b"later"}
    assert {path.name for path in tmp_path.iterdir()} == {"real", "out"}
