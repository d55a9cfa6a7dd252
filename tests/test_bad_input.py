"""What the command line promises on bad input: one message, exit code 2, nothing written."""

import geopandas as gpd
import pytest
from shapely import LineString, Point, box

pytestmark = pytest.mark.slow

# --- one fault at a time -------------------------------------------------------------------

ONE_FAULT = {
    "missing file": ("plan.toml", '"boxes.csv"', '"gone.csv"', ["gone.csv", "no such file"]),
    "missing column": ("boxes.csv", "lat", "latt", ["boxes.csv, row 1, column lat", "latt"]),
    "doubled column": (
        "boxes.csv", "name,lon", "lon,lon", ["boxes.csv, row 1, column lon", "twice"],
    ),
    "longitude out of range": ("boxes.csv", "44.05", "444.05", ["boxes.csv, row 2, column lon"]),
    "latitude out of range": (
        "communities.csv", "33.12", "95.12", ["communities.csv, row 4, column lat"],
    ),
    "swapped, out of range": ("boxes.csv", "44.05,33.10", "33.10,144.05", ["row 2", "swapped"]),
    "swapped, in range": (
        "communities.csv", "44.44,33.12", "33.12,44.44", ["communities.csv, row 4", "swapped"],
    ),
    "negative people": ("communities.csv", "2500", "-2500", ["row 3, column people", "-2500"]),
    "thousands mark": ("communities.csv", "2500", '"2,500"', ["row 3, column people", "2,500"]),
    "Arabic-Indic digits": ("communities.csv", "2500", "٢٥٠٠", ["row 3, column people", "٢٥٠٠"]),
    "unit": ("communities.csv", "2500", "12 km", ["row 3, column people", "12 km"]),
    "infinity": ("communities.csv", "2500", "inf", ["row 3, column people"]),
    "duplicate id": ("communities.csv", "c4,", "c1,", ["row 5, column community_id", "row 2"]),
    "blank id": ("boxes.csv", "b3,", ",", ["boxes.csv, row 4, column site_id", "blank"]),
    "ragged row": ("boxes.csv", "b2,Beta", "b2,Be,ta", ["boxes.csv, row 3"]),
    "unclosed quote": ("boxes.csv", "Beta", '"Beta', ["boxes.csv", "quote"]),
    "unknown key": ("plan.toml", "off_road_km", "offroad_km", ["line 9", "mean off_road_km?"]),
    "wrong type": ("plan.toml", "boxes = 1", 'boxes = "one"', ["line 13", "propose.boxes"]),
    "out of range": ("plan.toml", "minutes = 15", "minutes = -15", ["line 18", "posts.minutes"]),
    "unknown language": ("plan.toml", '["en"]', '["english"]', ["line 20", "output.languages"]),
    "no TOML": ("plan.toml", "[reach]", "[reach", ["plan.toml", "TOML", "line 10"]),
    "bad quota": ("plan.toml", "at_least = 1", "at_least = 'x'", ["line 15", "propose.quotas"]),
    "unknown quota area": (
        "plan.toml", '"West"', '"Wesst"', ["plan.toml, line 15", "Wesst", "did you mean West?"],
    ),
    "unknown layer": (
        "plan.toml", '"areas.gpkg"', '{ file = "areas.gpkg", layer = "x" }', ["areas.gpkg", "'x'"],
    ),
    "broken GeoJSON": ("roads.geojson", '"features"', '"features', ["roads.geojson"]),
    "unknown road class": (
        "plan.toml", "off_road_km = 10", "speeds_kmh = { trnk = 5 }",
        ["plan.toml", "line 9", "trunk"],
    ),
    "phases that fall": ("plan.toml", "boxes = 1", "boxes = 1\nphases = [4, 3]", ["phases"]),
    "cut below the plan": ("plan.toml", "minutes = [10, 20]", "minutes = []", ["reach.minutes"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", ONE_FAULT)
def test_one_fault_is_one_message_and_nothing_is_written(plan, refused, fault, edit):
    """File, row and column are named, the exit code is 2, and an earlier output stays."""
    name, old, new, said = ONE_FAULT[fault]
    edit(plan.parent / name, old, new)
    message = refused(plan)
    assert [part for part in said if part not in message] == []


BROKEN_FILES = {
    "empty": ("boxes.csv", b""),
    "header only": ("boxes.csv", b"site_id,lon,lat\n"),
    "web page": ("boxes.csv", b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n"),
    "UTF-16": ("communities.csv", "community_id,lon,lat\nc1,44.06,33.11\n".encode("utf-16")),
    "no GeoPackage": ("areas.gpkg", b"SQLite format 3\x00 and then nothing"),
    "no GeoTIFF": ("people.tif", b"II*\x00\x08\x00\x00\x00 and then nothing"),
    "no grid": ("people.tif", b""),
    "points as frontier": (
        "frontier.geojson",
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        b'"geometry":{"type":"Point","coordinates":[44,33]}}]}',
    ),
    "no frontier": ("frontier.geojson", b'{"type":"FeatureCollection","features":[]}'),
}


@pytest.mark.parametrize("fault", BROKEN_FILES)
def test_a_broken_file_is_one_message_and_nothing_is_written(plan, refused, fault):
    """Whatever stands in a file, its name stands in the message."""
    name, content = BROKEN_FILES[fault]
    (plan.parent / name).write_bytes(content)
    assert name in refused(plan)


def test_polygons_for_boxes_are_refused(plan, refused, edit):
    """The kind of geometry that is wanted is said."""
    frame = gpd.GeoDataFrame({"site_id": ["a"]}, geometry=[box(44, 33, 44.1, 33.1)], crs=4326)
    frame.to_file(plan.parent / "boxes.gpkg")
    edit(plan, "boxes.csv", "boxes.gpkg")
    assert "boxes.gpkg, feature 1, column geometry: it is a Polygon; give a Point" in refused(plan)


def test_several_layers_and_none_named_are_refused(plan, refused, edit):
    """The layers are listed."""
    for layer in ("old", "new"):
        frame = gpd.GeoDataFrame({"site_id": ["a"]}, geometry=[Point(44.1, 33.1)], crs=4326)
        frame.to_file(plan.parent / "boxes.gpkg", layer=layer)
    edit(plan, "boxes.csv", "boxes.gpkg")
    assert "2 layers (old, new); name one as layer" in refused(plan)


@pytest.mark.parametrize(("options", "said"), [({"cell": -5}, "-5"), ({"crs": None}, "coordinate")])
def test_a_bad_grid_of_people_is_refused(plan, refused, options, said, write_people):
    """Negative counts and a grid that lies nowhere are told by the grid's name."""
    write_people(plan.parent, **options)
    message = refused(plan)
    assert "people.tif" in message
    assert said in message


@pytest.mark.parametrize("name", ["roads", "frontier", "areas"])
def test_a_whole_layer_with_swapped_coordinates_is_told(plan, refused, name):
    """Roads, a frontier or areas off by a swap are a fault, not a plan that reaches nobody."""
    path = next(plan.parent.glob(f"{name}.g*"))
    frame = gpd.read_file(path)
    swapped = frame.geometry.affine_transform([0, 1, 1, 0, 0, 0])
    path.unlink()
    frame.set_geometry(swapped).to_file(path)
    message = refused(plan)
    assert path.name in message
    assert "swapped" in message


SETTINGS = [
    "nonsense", "=5", "reach.minuts=[5]", "reach.minutes=soon", "reach=5", "a.b.c.d=1",
    "propose.quotas.x=1", "reach.minutes=[", "propose.boxes=-1", "output.languages=fr", "..=1",
]  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_nonsense_setting_is_refused(plan, cli, tmp_path, setting, no_traceback):
    """--set is checked like the plan: exit code 2, words and no folder."""
    before = sorted(tmp_path.rglob("*"))
    code, _, message = cli("reach", plan, "-o", tmp_path / "out", "--set", setting)
    assert code == 2
    assert message
    no_traceback(message)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["run", "none.toml"], ["rnu", "x"], ["run", "p", "--boxes", "many"], ["--nope"]],
)
def test_a_command_badly_written_ends_with_code_2(cli, tmp_path, monkeypatch, arguments):
    """Nothing is written into the folder one stands in."""
    monkeypatch.chdir(tmp_path)
    code, _, message = cli(*arguments)
    assert code == 2
    assert message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "flag", [("--boxes", "-1"), ("--posts", "-1"), ("--boxes", "2.5"), ("--languages", "en,fr")]
)
def test_a_nonsense_flag_is_refused_by_its_own_name(plan, cli, tmp_path, no_traceback, flag):
    """The flag that was given stands in the message, not the key it stands for."""
    code, _, message = cli("run", plan, "-o", tmp_path / "out", *flag)
    assert code == 2
    assert flag[0] in message
    no_traceback(message)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        ("propose.phases=[1,3]", "end with 4"),
        ("posts.phases=[2]", "end with 1"),
        ('propose.quotas=[{ district = "A", at_least = 1 }]', "count by governorate"),
        ('propose.quotas=[{ governorate = "Wets", at_least = 1 }]', "did you mean West?"),
    ],
)
def test_what_a_plan_asks_of_its_tables_is_checked_with_them(plan, refused, cli, setting, advice):
    """Phases that do not end at all sites and quotas nobody can keep are told by check and run."""
    assert advice in refused(plan, "--set", setting)
    code, _, message = cli("check", plan, "--set", setting)
    assert code == 2
    assert advice in message


def test_roads_without_any_length_are_refused(plan, refused):
    """Roads that are all points in truth are a fault of the road file."""
    here = LineString([(44.1, 33.1), (44.1, 33.1)])
    frame = gpd.GeoDataFrame({"road_id": ["r"]}, geometry=[here], crs=4326)
    frame.to_file(plan.parent / "roads.geojson")
    assert "roads.geojson" in refused(plan)


# --- several at once -----------------------------------------------------------------------


def test_the_faults_of_all_files_stand_in_one_message(
    plan, refused, edit, write_roads, write_people
):
    """Two tables, a grid, a layer and a missing file: one round of mending is enough."""
    folder = plan.parent
    edit(folder / "boxes.csv", "44.05", "444.05")
    edit(folder / "boxes.csv", "33.30", "north")
    edit(folder / "communities.csv", "2500", "-2500")
    edit(folder / "communities.csv", "c5", "c4")
    write_people(folder, cell=-7)
    write_roads(folder, speed_kmh=[50, -3, 60])
    edit(plan, '"frontier.geojson"', '"gone.geojson"')
    message = refused(plan)
    assert [
        place
        for place in (
            "boxes.csv, row 2, column lon", "boxes.csv, row 4, column lat",
            "communities.csv, row 3, column people", "communities.csv, row 6, column community_id",
            "people.tif, row 3, column cell 1", "roads.geojson, feature 2, column speed_kmh",
            "gone.geojson",
        )
        if place not in message
    ] == []  # fmt: skip
    assert message.startswith("boxreach: 7 faults:")


def test_check_tells_the_same_faults_and_writes_nothing(plan, cli, tmp_path, edit):
    """`check` says all that run would say."""
    edit(plan.parent / "boxes.csv", "44.05", "444.05")
    edit(plan.parent / "communities.csv", "2500", "-2500")
    before = sorted(tmp_path.rglob("*"))
    code, said, message = cli("check", plan)
    assert code == 2
    assert said == ""
    assert "boxes.csv, row 2" in message
    assert "communities.csv, row 3" in message
    assert sorted(tmp_path.rglob("*")) == before


def test_check_of_a_good_plan_says_so(plan, cli, tmp_path):
    """Every input is listed with its rows; nothing is written."""
    before = sorted(tmp_path.rglob("*"))
    code, said, _ = cli("check", plan)
    assert code == 0
    assert "communities: communities.csv, 5 rows" in said
    assert "nothing is wrong" in said
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [('"West"', '"Wesst"'), ("boxes = 1", "boxes = 1\nphases = [4, 3]")],
)
def test_check_finds_what_a_run_would_refuse(plan, cli, tmp_path, old, new, edit):
    """A plan on which run ends with a fault is not called faultless by check."""
    edit(plan, old, new)
    assert cli("run", plan, "-o", tmp_path / "out")[0] == 2
    code, said, _ = cli("check", plan)
    assert code == 2
    assert "nothing is wrong" not in said
