"""What boxreach check promises: all that is wrong at once, where it is, and codes to go by."""

import json
import os
import socket

import geopandas as gpd
import pytest
from shapely import box

import boxreach as br
from boxreach.cli.input_files import require_regular

PARTS = {
    "what", "file", "layer", "row", "feature", "line", "column", "value", "advice",
}  # fmt: skip


@pytest.fixture
def found(cli, tmp_path):
    """Check a plan with --json; return the exit code and what was found."""

    def run(plan, *options):
        before = sorted(tmp_path.rglob("*"))
        code, said, noted = cli("check", plan, "--json", *options)
        assert noted == ""
        assert sorted(tmp_path.rglob("*")) == before
        answer = json.loads(said)
        assert set(answer) - {"untold"} == {"ok", "faults", "warnings"}
        assert all(set(one) == PARTS for one in answer["faults"] + answer["warnings"])
        assert answer["ok"] == (code == 0)
        return code, answer

    return run


def places(answer):
    return [(one["file"], one["line"] or one["row"], one["column"]) for one in answer["faults"]]


# --- nothing hides anything ----------------------------------------------------------------


def test_no_section_or_file_hides_the_faults_of_another(plan, edit, found):
    """Slips in four sections, a name no area has and three bad files: one round of mending."""
    edit(plan, "off_road_km = 10", "off_road_km = -10")
    edit(plan, "minutes = [10, 20]", 'minuts = [10, 20]\ndirection = "up"')
    edit(plan, '"West"', '"Wesst"')
    edit(plan, '["en"]', '["english"]')
    edit(plan.parent / "boxes.csv", "44.05", "444.05")
    edit(plan.parent / "communities.csv", "2500", "-2500")
    (plan.parent / "frontier.geojson").write_text("{}")
    code, answer = found(plan)
    assert code == 2
    assert {
        ("plan.toml", 9, "network.off_road_km"),
        ("plan.toml", 11, "reach.minuts"),
        ("plan.toml", 12, "reach.direction"),
        ("plan.toml", 21, "output.languages"),
        ("boxes.csv", 2, "lon"),
        ("communities.csv", 3, "people"),
    } <= set(places(answer))
    assert "frontier.geojson" in {one["file"] for one in answer["faults"]}


def test_what_a_plan_asks_of_good_tables_is_told_beside_what_is_bad_of_others(plan, edit, found):
    """A quota of no area is told though the boxes and the speeds are faulty."""
    edit(plan, '"West"', '"Wesst"')
    edit(plan, "off_road_km = 10", "off_road_km = -10")
    (plan.parent / "frontier.geojson").write_text("{}")
    _, answer = found(plan)
    (quota,) = [one for one in answer["faults"] if one["column"] == "propose.quotas"]
    assert (quota["line"], quota["advice"]) == (15, "did you mean West?")


@pytest.mark.slow
@pytest.mark.slow
def test_of_very_many_faults_so_many_are_told_and_the_others_counted(plan, cli, found):
    """A wrong column in a long file is told in some kilobytes, not in as many as the file has."""
    lines = "".join(f"p{row},44.0,{row % 7}9x\n" for row in range(25_000))
    (plan.parent / "boxes.csv").write_text("site_id,lon,lat\n" + lines)
    code, told = found(plan)
    ours = [one for one in told["faults"] if one["file"] == "boxes.csv"]
    assert (code, told["ok"], len(ours)) == (2, False, 10_000)
    assert told["untold"] == {"boxes.csv": 15_000}
    _, _, message = cli("check", plan)
    assert len(message) < 150_000
    assert message.count("is not a number") == 1_000
    assert "boxes.csv: and 24000 more" in message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("boxes = 1\n", "boxs = 1\n", ["propose.boxs"]),
        ("boxes = 1\n", 'boxes = "one"\n', ["propose.boxes"]),
        ("[propose]", "[propse]", ["propse"]),
        ("minutes = [10, 20]", "minutes = [0, 20]\nmobilise_minutes = 12", ["reach.minutes"]),
        ('population = "people.tif"', 'population = 5\n[people]\ncount_on = "cells"\n[inputs2]',
         ["inputs.population"]),
        ('areas = "areas.gpkg"', "areas = 5", ["inputs.areas"]),
        ('boxes = "boxes.csv"\n', "", ["inputs.boxes"]),
        ('"boxes.csv"', '{ flie = "boxes.csv" }', ["inputs.boxes.flie"]),
    ],
)  # fmt: skip
def test_a_fault_has_no_faults_in_its_train(plan, edit, found, old, new, said):
    """What would follow from a fault alone is not told: it would be gone with it."""
    if "inputs2" in new:
        text = plan.read_text("utf-8").replace(old, "population = 5")
        plan.write_text(text + '[people]\ncount_on = "cells"\n', "utf-8")
    else:
        edit(plan, old, new)
    _, answer = found(plan)
    assert [one["column"] for one in answer["faults"]] == said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[box_types]]\nvehicles = 3\n", "box_types.name"),
        ("[speeds]\nkmh = 5\n", "speeds.kmh"),
        ('[speeds]\nkmh = { trunk = "quick" }\n', "speeds.kmh.trunk"),
        ("[speeds]\nslope = 5\n", "speeds.slope"),
        ("[network]\noff_road_class_kmh = 5\n", "network.off_road_class_kmh"),
        ('[output.redact]\nround_km = "far"\n', "output.redact.round_km"),
        ('[robustness]\ndraws = "many"\n', "robustness.draws"),
        ("[critical]\nopening = 5\n", "critical.opening"),
    ],
)
def test_what_is_faulty_of_a_section_is_asked_by_no_check(plan, edit, found, text, key):
    """A section is copied as a whole for what computes, which then lacks what will not do."""
    edit(plan, "[network]\noff_road_km = 10\n", "")
    plan.write_text(f"{plan.read_text('utf-8')}\n{text}", "utf-8")
    _, answer = found(plan)
    assert [one["column"] for one in answer["faults"]] == [key]


def test_a_misspelt_section_is_taken_for_what_it_is_nearly(plan, edit, found):
    """So its own faults are told with it, on their lines."""
    edit(plan, "[propose]", "[propse]")
    edit(plan, "minutes = 20\n", "minutes = -20\n")
    edit(plan, '"West"', '"Wesst"')
    _, answer = found(plan)
    assert places(answer) == [
        ("plan.toml", 12, "propse"),
        ("plan.toml", 14, "propose.minutes"),
        ("plan.toml", 15, "propose.quotas"),
    ]


def test_a_misspelt_input_is_read_all_the_same(plan, edit, found):
    """The faults of its file stand beside that of its key, and it is not called missing."""
    edit(plan, 'boxes = "boxes.csv"', 'boxs = "boxes.csv"')
    edit(plan.parent / "boxes.csv", "44.05", "444.05")
    _, answer = found(plan)
    assert places(answer) == [("plan.toml", 2, "inputs.boxs"), ("boxes.csv", 2, "lon")]
    assert answer["faults"][0]["advice"] == "did you mean boxes?"


@pytest.mark.slow
def test_bad_scenarios_do_not_hide_each_other_nor_their_files(plan, found):
    """A scenario without a name, one with a bad share, and one whose file is not there."""
    plan.write_text(
        plan.read_text("utf-8") + "[[scenario]]\nlost = ['b1']\n"
        "[[scenario]]\nname = 'slow'\nspeed_factor = { trnk = 0.5 }\n"
        "[[scenario]]\nname = 'cut'\nclosures = 'gone.geojson'\n[[scenario]]\nname = 'cut'\n",
        "utf-8",
    )
    _, answer = found(plan)
    assert [one["column"] for one in answer["faults"]] == [
        "scenario.name", "scenario", "scenario.speed_factor.trnk", None,
    ]  # fmt: skip
    assert answer["faults"][-1]["file"].endswith("gone.geojson")


def test_faults_of_the_network_are_told_beside_those_of_files(plan, edit, found):
    """A closure of all there is, and a bad frontier."""
    whole = gpd.GeoDataFrame(geometry=[box(40, 30, 50, 40)], crs=4326)
    whole.to_file(plan.parent / "closed.geojson")
    edit(plan, 'areas = "areas.gpkg"', 'areas = "areas.gpkg"\nclosures = "closed.geojson"')
    (plan.parent / "frontier.geojson").write_text("{}")
    _, answer = found(plan)
    assert "the closures leave no road open" in [one["what"] for one in answer["faults"]]
    assert "frontier.geojson" in {one["file"] for one in answer["faults"]}


def test_every_bad_setting_is_told_with_the_faults_of_the_plan(plan, edit, found):
    """What is overridden badly hides nothing of the file."""
    edit(plan, '["en"]', '["english"]')
    _, answer = found(plan, "--set", "reach.minutes.a=1", "--set", "reach.direction=up")
    assert {(one["file"], one["column"]) for one in answer["faults"]} == {
        ("--set", "reach.minutes.a"), ("--set", "reach.direction"),
        ("plan.toml", "output.languages"),
    }  # fmt: skip


@pytest.mark.slow
def test_all_faults_of_a_long_file_are_listed_by_check(plan, cli, found):
    """Messages of runs are cut at fifty a file; check has as many lines as faults."""
    rows = [f"b{n},,444,33" for n in range(120)]
    (plan.parent / "boxes.csv").write_text("\n".join(["site_id,name,lon,lat", *rows, ""]))
    _, answer = found(plan)
    assert len(answer["faults"]) == 120
    code, said, message = cli("check", plan)
    assert (code, said) == (2, "")
    assert message.count("\n  boxes.csv, row ") == 120


# --- codes and JSON ------------------------------------------------------------------------


@pytest.mark.slow
def test_the_codes_are_0_for_good_1_for_warnings_under_strict_and_2_for_faults(plan, edit, found):
    """What was assumed is a warning with its file, and wrong only where that is asked for."""
    assert found(plan) == (0, {"ok": True, "faults": [], "warnings": []})
    text = (plan.parent / "boxes.csv").read_text("utf-8").replace("33.30", "33.499")
    (plan.parent / "boxes.csv").write_text(text.replace("44.45", "44.604"), "utf-8")
    code, answer = found(plan)
    assert code == 0
    (warning,) = answer["warnings"]
    assert (warning["file"], answer["faults"]) == ("boxes.csv", [])
    assert "lie in no area" in warning["what"]
    code, answer = found(plan, "--strict")
    assert (code, len(answer["warnings"])) == (1, 1)
    edit(plan, '["en"]', '["english"]')
    assert found(plan, "--strict")[0] == 2


@pytest.mark.slow
def test_check_in_words_has_the_same_codes(plan, cli, edit):
    """What is noted goes to standard error, and what is well to standard output."""
    edit(plan.parent / "boxes.csv", "44.45", "44.604")
    code, said, noted = cli("check", plan)
    assert code == 0
    assert said.endswith("nothing is wrong\n")
    assert noted.startswith("note: boxes.csv: ")
    code, said, noted = cli("check", plan, "--strict")
    assert code == 1
    assert "nothing is wrong" not in said
    assert noted.endswith("boxreach: --strict: something was assumed\n")


@pytest.mark.parametrize("text", ["[reach", "a = 1\x00", "\udcff"])
def test_a_plan_that_is_no_toml_is_json_too(plan, found, text):
    """Whatever a plan holds, what is printed can be read by a program."""
    plan.write_bytes(text.encode("utf-8", "surrogateescape"))
    code, answer = found(plan)
    assert code == 2
    assert answer["faults"][0]["file"] == "plan.toml"


@pytest.mark.slow
def test_values_are_told_as_they_stand_and_not_at_length(plan, edit, found):
    """A value of a megabyte is cut, and what would move the cursor is escaped by JSON."""
    edit(plan, '["en"]', '["\\u001b[2J' + "x" * 1_000_000 + '"]')
    code, answer = found(plan)
    assert code == 2
    (fault,) = answer["faults"]
    assert len(fault["value"]) < 250
    assert len(json.dumps(answer)) < 30_000


def test_advice_and_warnings_are_told_not_at_length(plan, edit, found):
    """Advice repeats what is to be mended, and a warning the ids that it is of."""
    edit(plan.parent / "communities.csv", "2500", "٣" * 100_000)
    _, answer = found(plan)
    (fault,) = answer["faults"]
    assert fault["advice"].startswith("write it like 333")
    assert len(fault["advice"]) == len(fault["advice"].rstrip("…")) + 1 < 3_000
    edit(plan.parent / "communities.csv", "٣" * 100_000, "2500")
    edit(plan.parent / "boxes.csv", "b3,Gamma", f"{'b' * 100_000},Gamma,44.26,33.30\nb3,Gamma")
    _, answer = found(plan)
    told = [one["what"] for one in answer["warnings"]]
    assert any("several rows stand at one place: bbb" in one for one in told)
    assert all(len(one) < 3_000 for one in told)


def test_a_fault_is_one_line_whatever_stands_in_the_file(plan, cli, edit):
    """A message cannot be broken, coloured or overwritten by what a stranger wrote."""
    edit(plan, '"West"', '"We\\nboxreach: nothing is wrong\\u001b[1A\\u202e"')
    _, _, message = cli("check", plan)
    assert message.count("\n") == 1
    assert not {"\x1b", "\u202e"} & set(message)


def test_a_warning_tells_where_and_is_text_to_those_who_read_text():
    """Both ways to warn do."""
    told = br.DataWarning(br.Fault("2 were repaired", "a.gpkg", layer="towns", feature=3))
    assert str(told) == "a.gpkg, layer towns, feature 3: 2 were repaired"
    assert br.DataWarning("as ever").fault == br.Fault("as ever")


# --- the same checks first -----------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("command", ["reach", "propose", "posts", "what-if", "run"])
def test_every_command_makes_the_same_checks_first(plan, edit, refused, cli, command):
    """What check lists each of them lists, and nothing is written."""
    plan.write_text(plan.read_text("utf-8") + "[[scenario]]\nname = 'a'\nlost = ['b9']\n", "utf-8")
    edit(plan, "off_road_km = 10", "off_road_km = -10")
    edit(plan, '["en"]', '["english"]')
    edit(plan.parent / "boxes.csv", "44.05", "444.05")
    edit(plan, '"frontier.geojson"', '"frontier.geojsn"')
    message = refused(plan, command=command)
    assert cli("check", plan)[2] == message
    for part in ("network.off_road_km", "output.languages", "boxes.csv, row 2", "geojson?"):
        assert part in message


# --- which files are read ------------------------------------------------------------------


def test_a_file_that_is_not_there_has_its_nearest_neighbour_named(plan, edit, found):
    """A slip in a name is met with the name."""
    edit(plan, '"boxes.csv"', '"boxs.csv"')
    _, answer = found(plan)
    assert answer["faults"][0]["advice"] == "did you mean boxes.csv?"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "boxes",
        "roads",
        "population",
        *(
            pytest.param(one, marks=pytest.mark.release)
            for one in ("areas", "frontier", "closures")
        ),
    ],
)
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/dev/zero", "a device"), ("/dev/stdin", "not read"), ("pipe", "a pipe"),
        ("/proc/self/environ", "made up by the system"), ("link", "a device"),
        ("plug", "a socket"), ("loop", "cannot be read"), ("/", "a folder"),
    ],
)  # fmt: skip
def test_what_is_no_file_on_a_disk_is_refused_without_reading(
    plan, found, tmp_path, name, path, said
):
    """Devices and pipes have no end, and a plan may come from a stranger."""
    folder = plan.parent
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("/dev/zero")
    (folder / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as plug:
        here = os.open(folder, os.O_RDONLY)
        try:
            plug.bind(f"/proc/self/fd/{here}/plug")
        finally:
            os.close(here)
        setting = f"inputs.{name}={json.dumps(path)}"
        if path == "/dev/stdin" and os.path.isfile(path):  # noqa: PTH113 - as the shell gave it
            pytest.skip("standard input is a file here")
        code, answer = found(plan, "--set", setting)
    assert code == 2
    assert any(said in one["what"] for one in answer["faults"])


def test_a_plan_that_is_a_device_is_refused(cli):
    """It would never end."""
    code, _, message = cli("check", "/dev/zero")
    assert code == 2
    assert "it is a device" in message


@pytest.mark.slow
def test_shared_data_outside_the_folder_of_the_plan_is_read(plan, edit, found, tmp_path):
    """Absolute paths, paths upwards and links to files are what analysts use."""
    folder = plan.parent
    (folder / "boxes.csv").rename(tmp_path / "boxes.csv")
    (folder / "communities.csv").rename(tmp_path / "communities.csv")
    (folder / "communities.csv").symlink_to(tmp_path / "communities.csv")
    edit(plan, '"boxes.csv"', '"../boxes.csv"')
    assert found(plan)[0] == 0
    edit(plan, '"../boxes.csv"', json.dumps(str(tmp_path / "boxes.csv")))
    assert found(plan)[0] == 0


def test_a_path_that_no_system_has_is_refused_in_words(tmp_path):
    """Too long, or below what is a file."""
    (tmp_path / "a.csv").write_text("x")
    for path in (tmp_path / ("n" * 5000), tmp_path / "a.csv" / "b.csv"):
        with pytest.raises(br.InputError, match=r"cannot be read|no such file"):
            require_regular(path)


def test_a_file_that_may_not_be_read_hides_no_other_fault(plan, edit, found, monkeypatch):
    """A refusal of the system is a fault of that file."""
    from boxreach.cli import inputs

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "roads.geojson")

    monkeypatch.setattr(inputs, "read_roads", refuse)
    edit(plan.parent / "boxes.csv", "44.05", "444.05")
    _, answer = found(plan)
    assert {one["file"] for one in answer["faults"]} == {"roads.geojson", "boxes.csv"}


# --- folders that are no run ---------------------------------------------------------------


@pytest.fixture
def bad_folders(tmp_path):
    """Folders that are no finished run, by what is wrong with them."""
    made = {name: tmp_path / name for name in ("empty", "torn", "list", "older", "bare", "odd")}
    for folder in made.values():
        folder.mkdir()
    (made["torn"] / "run.json").write_text('{"outputs": {')
    (made["list"] / "run.json").write_text("[1, 2]")
    (made["older"] / "run.json").write_text("{}")
    (made["bare"] / "run.json").write_text('{"outputs": {}}')
    (made["odd"] / "run.json").mkdir()
    (tmp_path / "file").write_text("no folder")
    return [*made.values(), tmp_path / "file", tmp_path / "gone", "/dev/null", "/proc/self"]


@pytest.mark.parametrize("command", ["report", "compare", "verify"])
def test_a_folder_that_is_no_run_is_refused_in_words(
    cli, tmp_path, bad_folders, command, no_traceback
):
    """One message each, exit code 2, and nothing is written."""
    # A record that claims no file at all is looked at by verify, which finds that much differs.
    skipped = {"bare"} if command == "verify" else set()
    for folder in bad_folders:
        if getattr(folder, "name", "") in skipped:
            continue
        arguments = [folder, folder] if command == "compare" else [folder]
        output = [] if command == "verify" else ["-o", tmp_path / "new"]
        code, said, message = cli(command, *arguments, *output)
        assert (code, said) == (2, ""), folder
        assert message.startswith("boxreach: ")
        no_traceback(message)
        assert not (tmp_path / "new").exists()


def test_one_layer_of_several_is_named_with_its_feature():
    """The parts of a fault stand in an order that leads to it."""
    fault = br.Fault("it is blank", "a.gpkg", 3, "name", layer="towns")
    assert str(fault.of_feature()) == "a.gpkg, layer towns, feature 3, column name: it is blank"


@pytest.mark.slow
def test_places_at_one_spot_are_a_warning_and_strict_a_fault(plan, cli, edit):
    """Of boxes and communities; with file and row, in words and as JSON."""
    edit(plan.parent / "communities.csv", "44.30,33.10", "44.06,33.11")
    edit(plan.parent / "boxes.csv", "44.45,33.10", "44.05,33.10")
    code, said, _ = cli("check", plan, "--json")
    assert code == 0
    found = json.loads(said)
    told = [one for one in found["warnings"] if "several rows stand" in one["what"]]
    assert [(one["file"], one["row"]) for one in told] == [("boxes.csv", 3), ("communities.csv", 3)]
    code, _, message = cli("check", plan, "--strict")
    assert code == 1
    assert "communities.csv, row 3: several rows stand at one place: c1, c2 (" in message


def test_closures_of_unknown_roads_are_told_in_their_file_and_row(plan, edit, cli):
    """The row is that of the file, not of the order in which a run takes closures; all are told."""
    rows = ["closure_id,road_id,lon,lat", "z,r1,44.1,33.1", "b,gone,44.2,33.1", "a,lost,44.3,33.1"]
    (plan.parent / "closed.csv").write_text("\n".join(rows), encoding="utf-8")
    edit(plan, 'areas = "areas.gpkg"', 'areas = "areas.gpkg"\nclosures = "closed.csv"')
    more = "[[scenario]]\nname = 'cut'\nclosures = 'closed.csv'\n"
    plan.write_text(plan.read_text(encoding="utf-8") + more, encoding="utf-8")
    code, _, said = cli("check", plan, "--set", "propose.minutes=-1")
    assert code == 2
    for row, road in ((3, "gone"), (4, "lost")):
        told = f"closed.csv, row {row}, column road_id: there is no road '{road}'"
        assert said.count(told) == 2, said
    assert "key propose.minutes" in said
    assert "closures, row" not in said


def test_a_setting_in_another_encoding_is_refused_before_anything_is_computed(plan, cli):
    """As a terminal of Windows-1256 sends it; nothing could write it down."""
    setting = "output.title=" + "نقطة".encode("cp1256").decode("utf-8", "surrogateescape")
    for command in (["run", plan, "--set", setting, "-o", plan.parent / "out"],
                    ["report", plan.parent, "--marking", setting]):  # fmt: skip
        code, _, said = cli(*command)
        assert code == 2
        assert "it is not UTF-8; type it in UTF-8" in said
    assert "--set output.title" in cli("check", plan, "--set", setting)[2]
    assert not (plan.parent / "out").exists()
