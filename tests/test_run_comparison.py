"""The report of two compared runs: its figures, its words, what it withholds, and its pack."""

import json
import math
import re
from dataclasses import replace
from shutil import copytree
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

import boxreach as br
from boxreach.languages import words
from boxreach.report.changes import prepare_scenario_areas, prepare_scenarios
from boxreach.report.model import Name
from boxreach.report.page import render_page
from boxreach.report.storage import load_report
from boxreach.report.survey_rounds import prepare_steps
from boxreach.scenarios import Comparison
from boxreach.verification import hash_files

pytestmark = pytest.mark.slow

LANGUAGES = ("en", "ar", "ckb", "kmr")
_OUTPUT = """\
languages = ["en", "ar", "ckb", "kmr"]
marking = "RESTRICTED-7"
notes = [{ en = "Boxes are illustrative.", ar = "المخافر توضيحية." }]
redact = { posts = true, round_km = 10 }
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where the runs are kept between tests."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def runs(plan, cli, edit, home):
    """Two runs, for two days: another box, one community gone, one new, one grown."""
    folders = home / "first", home / "last"
    if not folders[0].exists():
        folder = plan.parent
        edit(plan, 'population = "people.tif"\n', "")
        edit(plan, 'languages = ["en"]\n', _OUTPUT)
        edit(plan, "[network]\n", '[network]\non = "2017-03-31"\n')
        edit(plan, 'boxes = "boxes.csv"', 'boxes = { file = "boxes.csv", label = "illustrative" }')
        assert cli("reach", plan, "-o", folders[0])[0] == 0
        edit(plan, "2017-03-31", "2017-06-30")
        edit(plan, "off_road_km = 10", "off_road_km = 9\nspeeds_kmh = { rest_area = 19 }")
        edit(plan, 'languages = ["en", "ar", "ckb", "kmr"]', 'languages = ["ar"]')
        edit(plan, "redact = { posts = true, round_km = 10 }\n", "")
        edit(folder / "boxes.csv", "b1,Alpha,44.05,33.10", "b9,Theta,44.1234,33.2345")
        edit(folder / "communities.csv", "c5,Five,,44.10,33.20", "c5,Five,,44.1234,33.2345")
        edit(folder / "communities.csv", "c4,Four,,44.26,33.22,400", "c6,Six,,44.45,33.11,70")
        edit(folder / "communities.csv", "44.30,33.10,2500", "44.30,33.10,2600")
        assert cli("reach", plan, "-o", folders[1])[0] == 0
    return folders


@pytest.fixture
def compared(runs, cli, home):
    """The folder of their comparison."""
    out = home / "both"
    if not out.exists():
        code, _, message = cli("compare", *runs, "-o", out)
        assert code == 0, message
    return out


def read(folder, name):
    """A table that was written."""
    return pd.read_csv(folder / f"{name}.csv", encoding="utf-8-sig", keep_default_na=False)


def article(page, language):
    """What a page says in one language, as a reader sees it."""
    (found,) = re.findall(rf'<article id="{language}".*?</article>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_the_figures_are_those_that_are_counted_by_hand(compared):
    """1,000 lose their box, 50 gain one; 100 and 70 came back within reach, 400 left outside."""
    report = load_report((compared / "report.json").read_bytes())
    before, after = report.what_if.rounds
    assert (before.scenario, before.within, before.total) == ("2017-03-31", 3500, 3950)
    assert (after.scenario, after.within, after.total) == ("2017-06-30", 2720, 3720)
    assert [(one.step, one.gained, one.lost, one.within) for one in report.what_if.steps] == [
        ("before", 0, 0, 3500), ("roads", 0, 0, 3500), ("boxes", 50, 1000, 2550),
        ("people", 170, 0, 2720),
    ]  # fmt: skip
    because = {one.place_id: (one.change, one.because) for one in report.what_if.round_places}
    assert because == {
        "c1": ("lost", "boxes"), "c2": ("same", "people"), "c4": ("gone", "people"),
        "c5": ("gained", "boxes"), "c6": ("new", "people"),
    }  # fmt: skip
    boxes = {one.site_id: (one.change, one.before, one.after) for one in report.what_if.round_boxes}
    assert boxes == {"b1": ("lost", 1000, 0), "b9": ("new", 0, 50), "b2": ("same", 2500, 2670)}


def test_report_record_and_tables_say_the_same(compared):
    """And every sum in them adds up."""
    told = load_report((compared / "report.json").read_bytes()).what_if
    record = json.loads((compared / "comparison.json").read_text("utf-8"))
    table, steps = read(compared, "scenarios"), read(compared, "round_steps")
    for column in ("within", "gained", "lost", "net", "returned", "left"):
        said = [getattr(one, column) for one in told.rounds]
        assert said == table[column].tolist() == [one[column] for one in record["scenarios"]]
    assert [one["within"] for one in record["steps"]] == steps["within"].tolist()
    assert [one.within for one in told.steps] == steps["within"].tolist()
    assert told.steps[-1].within == told.rounds[-1].within
    *areas, whole = told.round_areas
    for column in ("total", "before", "after", "gained", "lost", "returned_within", "net"):
        assert sum(getattr(one, column) for one in areas) == getattr(whole, column)
    assert whole.after == told.rounds[-1].within
    page = article((compared / "report.html").read_text("utf-8"), "en")
    assert "in 2017-03-31 , 3,500 of 3,950" in page
    assert "in 2017-06-30 , 2,720 of 3,720" in page


def test_steps_in_halves_of_people_still_add_up_to_the_rounds():
    """Halves by roads and by boxes make one whole person, not none and not two."""
    table = pd.DataFrame(
        {"gained": [0.0, 1.0], "lost": [0.0, 3.0], "returned_within": [0.0, 0.4],
         "left_within": [0.0, 0.0]},
        index=["first", "last"],
    )  # fmt: skip
    steps = pd.DataFrame(
        {"within": [10.0, 9.5, 8.0, 8.4], "gained": [0, 0.5, 0.5, 0.4], "lost": [0, 1.0, 2.0, 0]},
        index=["before", "roads", "boxes", "people"],
    )
    rounds = SimpleNamespace(steps=steps, comparison=SimpleNamespace(table=table, unit="people"))
    found = prepare_steps(rounds)
    assert sum(one.gained for one in found[1:3]) == 1
    assert found[-1].within == 10 + 1 - 3 + 0


@given(st.lists(st.floats(0, 1e7), min_size=5, max_size=5))
def test_who_is_within_reach_is_told_as_the_runs_themselves_tell_it(counts):
    """Rounded once, whatever the parts of the net are rounded to; and these still make it."""
    before, gained, back, *out = counts
    lost, left = (min(one, before / 2) for one in out)
    net = math.fsum([gained, -lost, back, -left])
    zero = dict.fromkeys(
        ("gained", "lost", "returned_within", "left_within", "net", "places_gained",
         "places_lost", "returned", "left", "share", "slower_minutes", "median_minutes"), 0.0,
    ) | {"minutes": 30.0, "boxes": 1, "people": 1e9}  # fmt: skip
    table = pd.DataFrame(
        [
            zero | {"within": before},
            zero
            | {"within": before + net, "gained": gained, "lost": lost, "net": net}
            | {"returned_within": back, "left_within": left},
        ],
        index=["first", "last"],
    )
    columns = {one: table[one].iloc[1:] for one in ("gained", "lost", "net", "people")}
    columns |= {one: table[one].iloc[1:] for one in ("returned_within", "left_within")}
    areas = pd.DataFrame(columns).assign(
        scenario="last", area="a", within_before=before, within_after=before + net
    )
    compared = Comparison(table, areas, areas, areas)
    first, last = prepare_scenarios(compared)
    assert (first.within, last.within) == (round(before), pytest.approx(before + net, abs=0.501))
    made = last.gained - last.lost + last.returned_within - last.left_within
    assert last.within - first.within == last.net == made
    *_, whole = prepare_scenario_areas(compared, lambda area: Name(str(area)))
    assert (whole.after, whole.net, whole.lost) == (last.within, last.net, last.lost)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_either_run_tells_what_is_compared_and_what_changed(compared, language):
    """Titles, places by their names, causes, settings, labels and limits."""
    page, said = (compared / "report.html").read_text("utf-8"), words("report", language)
    text = article(page, language)
    for key in ("compared_title", "compared_kind", "heading_compared", "heading_changed",
                "what_if_step_boxes", "compared_limit", "limit_free_flow", "table_settings",
                "what_if_change_same", "what_if_box_lost"):  # fmt: skip
        assert said[key] in text, key
    for word in ("first", "last", "network.off_road_km", "Alpha", "Theta", "RESTRICTED-7",
                 "2017-06-30/communities.csv", said["label_illustrative"]):  # fmt: skip
        assert word in text, word
    assert ("واحد" if language == "ar" else "One") in text
    assert ("المخافر توضيحية." if language == "ar" else "Boxes are illustrative.") in text
    for section in ("decision", "gaps", "what_if_rounds"):  # those of a plan, and of surveys
        assert f'id="{language}-{section}"' not in page


def cells(page, language, first):
    """The rows of tables of a page in one language that begin with a text, cell by cell."""
    (found,) = re.findall(rf'<article id="{language}".*?</article>', page, re.DOTALL)
    cell = r"<t[hd].*?</t[hd]>"
    rows = [
        [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(cell, row)]
        for row in re.findall(r"<tr.*?</tr>", found, re.DOTALL)
    ]
    return [row for row in rows if row and row[0].startswith(first)]


def test_a_place_that_is_in_one_run_alone_is_not_said_to_have_no_way_in_the_other(compared):
    """Nobody asked for one: it stood not there."""
    page = (compared / "report.html").read_text("utf-8")
    (gone,) = cells(page, "en", "Four")
    (new,) = cells(page, "en", "Six")
    assert gone[-1] == "–" != gone[-2]
    assert new[-2] == "–" != new[-1]


def test_people_of_governorates_are_said_to_be_those_of_the_later_run(compared):
    """Else more people than there are would seem to have been within reach."""
    page = (compared / "report.html").read_text("utf-8")
    for language in LANGUAGES:
        said = words("report", language)
        (head,) = [
            row for row in cells(page, language, said["governorate"])
            if said["within_after"] in row
        ]  # fmt: skip
        assert head[1] == said["what_if_people_after"]


def test_a_list_of_boxes_that_is_cut_says_so(compared):
    """As the list of places does."""
    report = load_report((compared / "report.json").read_bytes())
    boxes = report.what_if.round_boxes
    for count in (8, 9):
        told = replace(report.what_if, round_boxes=boxes[:1] * count)
        page = render_page(replace(report, what_if=told), LANGUAGES, "latn")
        for language in LANGUAGES:
            said = words("report", language)["what_if_listed_boxes"]
            end = said.rpartition("}")[2]
            assert (end in article(page, language)) == (count == 9)


def test_the_later_runs_language_shows_first(compared):
    """Its readers are those of today."""
    page = (compared / "report.html").read_text("utf-8")
    assert re.findall(r'<article id="(\w+)"', page) == ["ar", "en", "ckb", "kmr"]


def test_what_is_illustrative_stands_in_every_row_and_on_the_map(compared, read_page_data):
    """As in the tables and on the map of a run."""
    for name in ("scenarios", "scenario_places", "round_steps"):
        assert set(read(compared, name)["labels"]) == {"boxes: illustrative"}
    data = json.dumps(read_page_data((compared / "map.html").read_text("utf-8")))
    assert "Boxes are illustrative." in data
    assert "RESTRICTED-7" in data


def test_what_either_run_withheld_is_on_neither_page(compared, read_page_data):
    """The earlier one rounded its boxes: the new box of the later one is rounded too."""
    data = read_page_data((compared / "map.html").read_text("utf-8"))
    (told,) = data["what_if"]["comparison"]["scenarios"]
    at = told["boxes"]["id"].index("b9")
    place = [told["boxes"][axis][at] * 1e-5 for axis in ("lon", "lat")]
    rounded = br.Redaction(round_km=10).blur_point(44.1234, 33.2345)
    assert place == pytest.approx(rounded, abs=1e-4)
    assert place != pytest.approx((44.1234, 33.2345), abs=1e-3)
    for language in LANGUAGES:
        text = article((compared / "report.html").read_text("utf-8"), language)
        said = words("report", language)
        assert said["withheld_places"].format(km="10") in text
        assert said["withheld_posts"] in text
        assert "posts.road_km" not in text
        assert "boxreach compare" not in text  # what was typed goes
    kept = load_report((compared / "report.json").read_bytes())  # is for those inside, as of a run
    assert not kept.handling.public
    assert any(one.lon == pytest.approx(44.1234) for one in kept.ground.boxes)


def test_a_run_whose_record_does_not_say_what_it_withheld_is_refused(runs, cli, tmp_path):
    """Nothing is told on a guess."""
    first = tmp_path / "altered"
    first.mkdir()
    for path in runs[0].iterdir():
        (first / path.name).write_bytes(path.read_bytes())
    record = json.loads((first / "run.json").read_text("utf-8"))
    for wrong in ("yes", {"round_km": -1}, {"round": 10}, ["posts"]):
        record["parameters"]["output.redact"] = wrong
        (first / "run.json").write_text(json.dumps(record), "utf-8")
        code, _, message = cli("compare", first, runs[1], "-o", tmp_path / "out")
        assert code == 2
        assert "not as a run writes them" in message
        assert not (tmp_path / "out").exists()
    record["parameters"]["output.redact"] = None
    for key, wrong in (("inputs", [{"name": "boxes", "rows": "x"}]), ("notes", [7]),
                       ("parameters", [])):  # fmt: skip
        (first / "run.json").write_text(json.dumps(record | {key: wrong}), "utf-8")
        code, _, message = cli("compare", first, runs[1], "-o", tmp_path / "out")
        assert code == 2
        assert f"not as a run writes them ({key}" in message


@pytest.mark.parametrize("written", [b"", b"community_id,name\nc2,\xff", b"community_id,name\n"])
def test_names_that_are_not_as_the_run_wrote_them_are_refused(runs, cli, tmp_path, written):
    """Of a table that somebody saved anew it is not known what else is another in it."""
    copytree(runs[0], tmp_path / "first")
    (tmp_path / "first" / "reach.csv").write_bytes(written)
    code, _, message = cli("compare", tmp_path / "first", runs[1], "-o", tmp_path / "out")
    assert code == 2
    assert "reach.csv" in message
    assert "not as the run wrote it" in message
    (tmp_path / "first" / "reach.csv").unlink()  # who has no table has their ids
    code, _, message = cli("compare", tmp_path / "first", runs[1], "-o", tmp_path / "out")
    assert code == 0, message


def test_runs_at_other_minutes_are_not_held_against_each_other(plan, cli, edit, tmp_path):
    """Who is within 10 minutes and who within 20 differ, and no road or box did it."""
    assert cli("reach", plan, "-o", tmp_path / "one")[0] == 0
    edit(plan, "minutes = 20\n", "minutes = 10\n")
    assert cli("reach", plan, "-o", tmp_path / "two")[0] == 0
    code, _, message = cli("compare", tmp_path / "one", tmp_path / "two", "-o", tmp_path / "out")
    assert code == 2
    assert "within 10 minutes, and in the other run within 20" in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_equal_runs_compare_to_nothing_changed(runs, cli, home, language):
    """In words, and with no table of what changed."""
    out = home / "same"
    if not out.exists():
        assert cli("compare", runs[0], runs[0], "-o", out)[0] == 0
    text, said = (
        article((out / "report.html").read_text("utf-8"), language),
        words("report", language),
    )
    for key in ("compared_same", "compared_alike", "compared_inputs_alike"):
        assert said[key] in text
    assert said["heading_changed"] not in text
    assert said["table_runs"] in text


def test_a_change_says_nowhere_that_nothing_changed(compared):
    """The sentence is for equal runs alone."""
    page = (compared / "report.html").read_text("utf-8")
    for language in LANGUAGES:
        for key in ("compared_same", "compared_alike", "compared_inputs_alike"):
            assert words("report", language)[key] not in page


def test_hostile_names_of_places_boxes_and_folders_stay_text(plan, cli, edit, tmp_path):
    """No tag, no template and no formula of theirs is run."""
    evil = "<img src=x onerror=window.ran=1>{{7*7}}"
    edit(plan.parent / "communities.csv", "c2,Two", f"c2,{evil}")
    edit(plan.parent / "boxes.csv", "b2,Beta", f"b2,{evil}")
    edit(plan, 'population = "people.tif"\n', "")
    folders = tmp_path / f"{evil}1", tmp_path / f"{evil}2"
    for folder, box in zip(folders, ("44.45,33.10", "44.40,33.10"), strict=True):
        edit(plan.parent / "boxes.csv", "44.45,33.10", box)
        assert cli("reach", plan, "-o", folder)[0] == 0
        edit(plan.parent / "boxes.csv", box, "44.45,33.10")
    out = tmp_path / "out"
    code, _, message = cli("compare", *folders, "-o", out)
    assert code == 0, message
    for name in ("report.html", "map.html"):
        page = (out / name).read_text("utf-8")
        assert "<img src=x" not in page
    page = (out / "report.html").read_text("utf-8")
    assert "{{7*7}}" in page
    assert page.count("<script") == 1


def test_a_pack_is_made_of_a_comparison_as_of_a_run(compared, cli, tmp_path):
    """Tables, layers and pages, from what it kept, in its languages."""
    pack = tmp_path / "pack"
    code, _, message = cli(
        "report", compared, "-o", pack, "--formats", "html,csv,xlsx,geojson,gpkg,kml,json"
    )
    assert code == 0, message
    runs_told = pd.read_csv(pack / "tables" / "runs.csv", encoding="utf-8-sig")
    assert runs_told["folder"].tolist() == ["first", "last"]
    settings = pd.read_csv(pack / "tables" / "settings.csv", encoding="utf-8-sig")
    assert "network.off_road_km" in settings["parameter"].tolist()
    layer = json.loads((pack / "layers" / "changed_places.geojson").read_text("utf-8"))
    assert {one["properties"]["because"] for one in layer["features"]} == {"boxes", "people"}
    assert {one.name for one in pack.glob("*.xlsx")} == {
        f"report.{language}.xlsx" for language in LANGUAGES
    }
    assert (pack / "report.json").read_bytes() == (compared / "report.json").read_bytes()


def test_a_comparison_takes_the_place_of_no_run(runs, cli):
    """Least of all of one that it compares."""
    for folder in runs:
        kept = hash_files(folder)
        code, _, message = cli("compare", *runs, "-o", folder)
        assert code == 2
        assert "no comparison wrote" in message
        assert hash_files(folder) == kept


def test_of_speeds_by_class_only_those_that_differ_are_said_to(compared):
    """Who reads need not hold two long lists against each other."""
    report = load_report((compared / "report.json").read_bytes())
    found = {one.parameter: (one.before, one.after) for one in report.compared.settings}
    assert found.pop("network.speeds_kmh.rest_area") == ("20.0", "19.0")
    assert found.keys() == {"network.on", "network.off_road_km"}
    assert ("network.speeds_kmh.trunk", "80.0") in report.record.parameters


def test_tables_of_a_comparison_speak_of_runs_as_the_page_does(compared, cli, tmp_path):
    """Not of scenarios, which no run had, and not of other roads, which no run knows."""
    code, _, message = cli("report", compared, "-o", tmp_path / "pack", "--formats", "xlsx")
    assert code == 0, message
    for language in LANGUAGES:
        said = words("report", language)
        book = load_workbook(tmp_path / "pack" / f"report.{language}.xlsx")
        cells = {
            cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
        }
        assert said["compared_run"] in cells
        assert said["compared_limit"] in cells
        for key in ("what_if_scenario", "what_if_round", "what_if_rounds_intro"):
            assert said[key] not in cells, key


def test_a_comparison_is_made_anew_in_its_folder_and_lists_all_it_wrote(runs, cli, tmp_path):
    """The same bytes, each with its hash; one that was altered makes no pack."""
    out = tmp_path / "out"
    assert cli("compare", *runs, "-o", out)[0] == 0
    first = {one.name: one.read_bytes() for one in out.iterdir()}
    assert cli("compare", *runs, "-o", out)[0] == 0
    assert {one.name: one.read_bytes() for one in out.iterdir()} == first
    record = json.loads(first["comparison.json"])
    hashes = hash_files(out)
    del hashes["comparison.json"]
    assert record["outputs"] == hashes
    assert {"report.html", "report.json", "map.html", "round_steps.csv"} <= hashes.keys()
    (out / "report.json").write_bytes(first["report.json"] + b" ")
    code, _, message = cli("report", out, "-o", tmp_path / "pack")
    assert code == 2
    assert "hash" in message
    assert not (tmp_path / "pack").exists()
