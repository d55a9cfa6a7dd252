"""What a plan with scenarios writes, and what is refused of it, before anything is computed."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import boxreach as br
from boxreach.cli.plan import read_plan
from boxreach.scenarios import Scenario, compare

pytestmark = pytest.mark.slow

_SCENARIOS = """\
[[scenario]]
name = "bridge down"
closures = "bridge.geojson"
[[scenario]]
name = "night"
condition = "night"
speed_factor = { track = 0.5, off_road = 0.8 }
minutes = 25
[[scenario]]
name = "other boxes"
lost = ["b1"]
boxes = { file = "more.csv", label = "drawn by hand" }
"""


def read(folder, name):
    """A table that was written."""
    return pd.read_csv(folder / f"{name}.csv", encoding="utf-8-sig", keep_default_na=False)


@pytest.fixture
def what_if(plan):
    """The small plan with three scenarios, people counted on communities."""
    folder = plan.parent
    bridge = gpd.GeoDataFrame(geometry=[box(44.2, 33.09, 44.21, 33.11)], crs=4326)
    bridge.to_file(folder / "bridge.geojson")
    (folder / "more.csv").write_text("site_id,lon,lat\nn1,44.09,33.2\n", encoding="utf-8")
    text = plan.read_text(encoding="utf-8").replace('population = "people.tif"\n', "")
    plan.write_text(text + _SCENARIOS, encoding="utf-8")
    return plan


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where runs are kept between tests, which only read them."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def run_once(cli, home):
    """Run a plan for all tests that want it so; return the outputs."""

    def run(command, plan, name):
        if not (home / name).exists():
            code, _, said = cli(command, plan, "-o", home / name)
            assert code == 0, said
        return home / name

    return run


@pytest.fixture
def told(what_if, run_once):
    """The outputs of the three scenarios."""
    return run_once("what-if", what_if, "three")


def test_what_if_writes_what_compare_returns(what_if, told):
    """The same figures by area, place and box as the functions give, and in the summary."""
    folder = what_if.parent
    boxes = br.read_sites(folder / "boxes.csv")
    areas = br.read_areas(folder / "areas.gpkg")
    places = br.join_areas(br.read_communities(folder / "communities.csv"), areas)
    network = br.build_network(br.read_roads(folder / "roads.geojson"), off_road_km=10)
    times = br.travel_times(network, boxes, places, cutoff=25)
    scenarios = [
        Scenario(name="bridge down", closures=br.read_closures(folder / "bridge.geojson")),
        Scenario(name="night", condition="night", speed_factor={"track": 0.5, "off_road": 0.8},
                 minutes=25),
        Scenario(name="other boxes", lost=["b1"], boxes=br.read_sites(folder / "more.csv")),
    ]  # fmt: skip
    found = compare(times, scenarios, minutes=20)
    table = read(told, "scenarios").set_index("scenario")
    assert table.index.tolist() == ["base", "bridge down", "night", "other boxes"]
    for column in ("within", "gained", "lost", "net", "boxes", "minutes"):
        assert table[column].tolist() == found.table[column].tolist()
    assert (table["gained"] + table["lost"]).sum() > 0
    areas = read(told, "scenario_areas")
    assert areas["lost"].tolist() == found.areas["lost"].tolist()
    places = read(told, "scenario_places")
    changed = found.places[found.places["change"] != "same"]
    assert places["community_id"].tolist() == changed["community_id"].tolist()
    assert places["change"].tolist() == changed["change"].tolist()
    boxes = read(told, "scenario_boxes")
    assert boxes["change"].tolist() == found.boxes["change"].tolist()
    summary = json.loads((told / "summary.json").read_text(encoding="utf-8"))
    listed = summary["what_if"]["scenarios"]
    assert [one["scenario"] for one in listed] == table.index.tolist()
    assert listed[2]["changes"] == {
        "condition": "night", "speed_factor": "track 0.5, off_road 0.8", "minutes": "25",
    }  # fmt: skip
    assert "proposal" not in summary


def test_map_and_report_of_a_run_tell_its_scenarios(told, read_page_text):
    """By their names, with their figures."""
    for name in ("map.html", "report.html"):
        text = read_page_text(told / name)
        for scenario in ("bridge down", "night", "other boxes"):
            assert scenario in text, (name, scenario)
    kept = json.loads((told / "report.json").read_text(encoding="utf-8"))
    assert "bridge down" in json.dumps(kept)


def test_the_record_says_what_scenarios_were_made_of(told):
    """Their files with hashes and labels, and their keys among the parameters."""
    run = json.loads((told / "run.json").read_text(encoding="utf-8"))
    names = {one["name"]: one for one in run["inputs"]}
    assert names["scenario.bridge down.closures"]["rows"] == 1
    assert names["scenario.other boxes.boxes"]["label"] == "drawn by hand"
    assert len(names["scenario.other boxes.boxes"]["sha256"]) == 64
    said = run["parameters"]["scenario"]
    assert [one["name"] for one in said] == ["bridge down", "night", "other boxes"]
    assert said[0]["closures"] == "bridge.geojson"
    assert said[1]["condition"] == "night"
    assert {"scenarios.csv", "scenario_places.geojson"} <= set(run["outputs"])


@pytest.fixture
def finished(what_if, run_once, tmp_path):
    """A copy of a finished run with scenarios, in which people come and go."""
    folder = what_if.parent
    (folder / "back.csv").write_text(
        "community_id,name,lon,lat,people\nc1,One,44.06,33.11,1100\nc7,Seven,44.45,33.11,70\n"
        "c4,Four,44.26,33.22,\n",
        encoding="utf-8",
    )
    text = what_if.read_text(encoding="utf-8")
    more = '[[scenario]]\nname = "=back"\ncommunities = "back.csv"\nlost = ["b2"]\n'
    what_if.write_text(text + more, encoding="utf-8")
    return shutil.copytree(run_once("what-if", what_if, "back"), tmp_path / "out")


def test_a_run_with_scenarios_passes_its_own_verification(finished, cli):
    """Its new files are no surprise, and one that is missing is noticed."""
    code, said, _ = cli("verify", finished)
    assert code == 0, said
    (finished / "scenarios.csv").unlink()
    code, said, _ = cli("verify", finished)
    assert code == 1
    assert "scenarios.csv" in said


_ALTERED = [
    ("scenarios", 0, "within"),
    ("scenarios", 2, "gained"),
    ("scenarios", 4, "returned_within"),
    ("scenarios", 4, "places_lost"),
    ("scenarios", 3, "boxes"),
    ("scenario_areas", 5, "lost"),
    ("scenario_areas", 7, "people"),
    ("scenario_boxes", 2, "people"),
    ("scenario_boxes", 2, "people_before"),
    ("scenario_places", 1, "minutes_before"),
    ("scenario_places", 1, "people_before"),
]


def test_a_figure_of_a_scenario_that_was_altered_is_found(finished, cli):
    """Whatever its hash: it does not add up, or is not that of the base."""
    for name, row, column in _ALTERED:
        path = finished / f"{name}.csv"
        written = path.read_bytes()
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)
        table.loc[row, column] = str(float(table.loc[row, column] or 0) + 1)
        table.to_csv(path, index=False, encoding="utf-8-sig")
        code, said, _ = cli("verify", finished)
        path.write_bytes(written)
        assert code == 1
        lines = [one for one in said.splitlines() if "sha256" not in one and "geojson" not in one]
        assert any(column in one for one in lines), (name, column, said)


@pytest.mark.release
def test_two_runs_write_the_same_bytes(what_if, told, cli, tmp_path):
    """Whatever was there before, and wherever the plan lies."""
    cli("what-if", what_if, "-o", tmp_path / "again")
    for path in sorted(told.iterdir()):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_people_on_cells_are_compared_cell_by_cell(what_if, cli, edit, tmp_path):
    """Where a population is given they are counted there."""
    edit(what_if, "areas =", 'population = "people.tif"\nareas =')
    code, _, said = cli("what-if", what_if, "-o", tmp_path / "out")
    assert code == 0, said
    places = read(tmp_path / "out", "scenario_places")
    assert places.columns[1] == "cell_id"
    assert len(places) > 0


def test_all_that_is_wrong_with_scenarios_is_told_with_its_line(what_if, refused):
    """Before anything is computed: boxes and closures that there are not, people, minutes."""
    text = what_if.read_text(encoding="utf-8")
    line = text[: text.index('lost = ["b1"]')].count("\n") + 1
    text = text.replace('lost = ["b1"]', 'lost = ["b7"]\nlift = ["k"]\npeople = "displaced"')
    text = text.replace("[reach]", "[reach]\nmobilise_minutes = 9")
    text = text.replace("minutes = 25", "minutes = 8")
    what_if.write_text(text, encoding="utf-8")
    (what_if.parent / "more.csv").write_text("site_id,lon,lat\nb2,44.1,33.2\n", encoding="utf-8")
    message = refused(what_if, command="what-if")
    for word in (f"line {line + 1}", "no box 'b7' to lose", "no closure 'k' to lift", "displaced",
                 "'b2' stands already", "mobilise in 9 minutes"):  # fmt: skip
        assert word in message, word


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "night"', 'name = "bridge down"', "two scenarios are called 'bridge down'"),
        ('name = "night"', 'name = "base"', "as the base is"),
        ('condition = "night"', 'condition = "nigth"', "did you mean night?"),
        ("track = 0.5", "trak = 0.5", "'trak' is no road class"),
        ("track = 0.5", "track = 1.5", "give 1 or less"),
        ("minutes = 25", "minuts = 25", "did you mean minutes?"),
        ('lost = ["b1"]', 'lost = ["b1", "b1"]', "'b1' is named twice"),
        ("bridge.geojson", "bridges.geojson", "there is no such file"),
        ("n1,44.09", "n1,144.09", "outside the study area"),
        ("[[scenario]]", "[scenario]", "give a list"),
    ],
)
def test_what_a_scenario_cannot_be_is_refused_in_words(what_if, refused, old, new, said):
    """With what to do about it."""
    for path in (what_if, what_if.parent / "more.csv"):
        text = path.read_text(encoding="utf-8")
        if new == "[scenario]":
            text = text[: text.find("[[scenario]]", text.find("[[scenario]]") + 1)]
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert said in refused(what_if, command="what-if")


def test_all_closures_are_lifted_by_that_word_alone(what_if, refused, edit):
    """Beside ids it is none."""
    shut = gpd.GeoDataFrame({"closure_id": ["k"]}, geometry=[box(44.1, 33, 44.2, 33.2)], crs=4326)
    shut.to_file(what_if.parent / "shut.geojson")
    edit(what_if, "areas =", 'closures = "shut.geojson"\nareas =')
    edit(what_if, 'lost = ["b1"]', 'lost = ["b1"]\nlift = ["all", "k"]')
    message = refused(what_if, command="what-if")
    assert "no closure 'all' to lift" in message
    assert "line" in message


def test_a_plan_that_asks_nothing_besides_has_no_what_if(plan, refused):
    """The command says what to add."""
    message = refused(plan, command="what-if")
    assert "add [[scenario]]" in message


def test_every_fault_is_in_no_run_that_asks_for_something_else(what_if, cli, edit, tmp_path):
    """A box that there is not to lose does not keep reach from being told."""
    edit(what_if, 'lost = ["b1"]', 'lost = ["b7"]')
    assert cli("reach", what_if, "-o", tmp_path / "out")[0] == 0
    assert cli("check", what_if)[0] == 2


def test_scenarios_are_values_of_a_plan(what_if):
    """Read with their defaults."""
    plan = read_plan(what_if)
    assert [one.name for one in plan.scenario] == ["bridge down", "night", "other boxes"]
    assert plan.scenario[0].lift == []
    assert plan.asks_what_if()


def test_two_finished_runs_compare_as_rounds(what_if, cli, edit, tmp_path, read_page_text):
    """Who came back, who gained reach and from what, as the functions tell it."""
    folder = what_if.parent
    assert cli("reach", what_if, "-o", tmp_path / "first")[0] == 0
    edit(folder / "boxes.csv", "b1,Alpha,44.05,33.10", "b9,Theta,44.10,33.20")
    edit(folder / "communities.csv", "c4,Four,,44.26,33.22,400", "c6,Six,,44.45,33.11,70")
    edit(folder / "communities.csv", "44.30,33.10,2500", "44.30,33.10,2600")
    assert cli("reach", what_if, "-o", tmp_path / "last")[0] == 0
    out = tmp_path / "both"
    code, said, wrong = cli("compare", tmp_path / "first", tmp_path / "last", "-o", out)
    assert code == 0, wrong
    assert said.startswith("first: ")
    table = read(out, "scenarios").set_index("scenario")
    assert table.index.tolist() == ["first", "last"]
    assert table.loc["last", "returned"] == 70 + 100
    assert table.loc["last", "left"] == 400
    places = read(out, "scenario_places").set_index("community_id")
    assert places.loc["c5", "change"] == "gained"
    assert places.loc["c5", "because"] == "boxes"
    assert places.loc["c6", "change"] == "new"
    assert places.loc["c2", "because"] == "people"
    for run, row in (("first", "first"), ("last", "last")):
        summary = json.loads((tmp_path / run / "summary.json").read_text(encoding="utf-8"))
        assert table.loc[row, "within"] == summary["people"]["covered"]["20"]
    assert "first" in read_page_text(out / "map.html")
    record = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert [one["folder"] for one in record["runs"]] == ["first", "last"]
    assert set(record["outputs"]) == {one.name for one in out.iterdir()} - {"comparison.json"}


@pytest.mark.release
def test_runs_for_one_day_are_called_by_their_folders(plan, cli, edit, tmp_path):
    """By their days where these differ."""
    edit(plan, "[network]\n", '[network]\non = "2017-03-31"\n')
    for name in ("one", "two"):
        assert cli("reach", plan, "-o", tmp_path / name)[0] == 0
    edit(plan, "2017-03-31", "2017-06-30")
    assert cli("reach", plan, "-o", tmp_path / "three")[0] == 0
    names = {"two": ["one", "two"], "three": ["2017-03-31", "2017-06-30"]}
    for later, expected in names.items():
        out = tmp_path / f"to {later}"
        assert cli("compare", tmp_path / "one", tmp_path / later, "-o", out)[0] == 0
        assert read(out, "scenarios")["scenario"].tolist() == expected


def test_names_and_ids_that_might_be_formulas_are_found_again(what_if, cli, edit, tmp_path):
    """Files put an apostrophe before them, once."""
    edit(what_if.parent / "communities.csv", "c2,Two", "=c2,=1+1")
    for name, boxes in (("first", "44.45,33.10"), ("last", "44.46,33.10")):
        edit(what_if.parent / "boxes.csv", "44.45,33.10", boxes)
        assert cli("reach", what_if, "-o", tmp_path / name)[0] == 0
    out = tmp_path / "both"
    assert cli("compare", tmp_path / "first", tmp_path / "last", "-o", out)[0] == 0
    places = read(out, "scenario_places").set_index("community_id")
    assert places.loc["'=c2", "name"] == "'=1+1"
    assert "'=1+1" not in (out / "map.html").read_text(encoding="utf-8")
    for column in ("minutes_before", "minutes"):
        told = pd.to_numeric(places[column])
        assert (told == told.round(3)).all()


def test_runs_on_cells_compare_cell_by_cell(plan, cli, tmp_path):
    """A run holds against itself as no change at all."""
    assert cli("reach", plan, "-o", tmp_path / "one")[0] == 0
    code, _, wrong = cli("compare", tmp_path / "one", tmp_path / "one", "-o", tmp_path / "out")
    assert code == 0, wrong
    table = read(tmp_path / "out", "scenarios").set_index("scenario")
    assert table.index.tolist() == ["before", "after"]
    assert table.loc["before", "within"] == table.loc["after", "within"] > 0
    assert read(tmp_path / "out", "scenario_places").empty


def test_runs_that_are_damaged_or_not_alike_are_refused_together(plan, cli, edit, tmp_path):
    """With what is wrong with each, and nothing is written."""
    one, two, out = (tmp_path / name for name in ("one", "two", "out"))
    for folder in (one, two):
        assert cli("reach", plan, "-o", folder)[0] == 0
    code, _, said = cli("compare", tmp_path / "none", plan.parent, "-o", out)
    assert code == 2
    assert "no such folder" in said
    assert "run.json" in said
    (two / "evidence.npz").write_bytes(b"x")
    code, _, said = cli("compare", one, two, "-o", out)
    assert "not as the run wrote it" in said
    edit(plan, 'population = "people.tif"', "")
    edit(plan, "minutes = [10, 20]", "minutes = [10, 20]\nmobilise_minutes = 2")
    assert cli("reach", plan, "-o", two)[0] == 0
    code, _, said = cli("compare", one, two, "-o", out)
    assert code == 2
    assert "counted on communities" in said
    assert "mobilise in 2" in said
    assert not out.exists()


_ROBUST = """\
[robustness]
draws = 12
seed = 3
seasons = { dry = 1, wet = 1 }
closures = "risky.geojson"
[robustness.speeds]
primary = [0.6, 1.0]
track = { low = 0.4, mode = 0.8, high = 1.0 }
all = [0.8, 0.9, 1]
"""


@pytest.fixture
def uncertain(what_if):
    """The plan with speeds and a closure that are not known for sure."""
    risky = gpd.GeoDataFrame(
        {"closure_id": ["k1"], "probability": [0.5]},
        geometry=[box(44.3, 33.09, 44.31, 33.11)], crs=4326,
    )  # fmt: skip
    risky.to_file(what_if.parent / "risky.geojson")
    text = what_if.read_text(encoding="utf-8")
    what_if.write_text(text[: text.index("[[scenario]]")] + _ROBUST, encoding="utf-8")
    return what_if


@pytest.mark.filterwarnings("ignore:people of")
def test_a_run_tells_how_robust_its_boxes_are(uncertain, run_once, cli):
    """Those that stand and those proposed with them, over the same draws."""
    out = run_once("run", uncertain, "uncertain")
    table = read(out, "robustness").set_index("plan")
    assert table.index.tolist() == ["standing", "proposed"]
    assert (table["low"] <= table["high"]).all()
    draws = read(out, "robustness_draws")
    assert len(draws) == 2 * 12
    assert draws["speed_factor.primary"].between(0.6, 1).all()
    assert set(draws["closed"]) == {"", "k1"}
    assert set(draws["season"]) == {"dry", "wet"}
    assert (read(out, "robustness_sites")["chosen"] <= 1).all()
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    told = summary["what_if"]["robustness"]
    assert told["seed"] == 3
    assert told["plans"]["standing"]["median"] == table.loc["standing", "median"]
    report = (out / "report.html").read_text(encoding="utf-8")
    assert "<bdi>With those proposed</bdi>" in report
    assert "<bdi>proposed</bdi>" not in report
    code, said, _ = cli("verify", out)
    assert code == 0, said


@pytest.mark.filterwarnings("ignore:people of")
def test_the_map_of_a_run_tells_how_sure_its_figures_are(
    uncertain, run_once, cli, tmp_path, read_page_data
):
    """The figures of its tables; without the section, not a word."""
    out = run_once("run", uncertain, "uncertain")
    told = read_page_data((out / "map.html").read_text(encoding="utf-8"))["what_if"]["robustness"]
    table, sites = read(out, "robustness"), read(out, "robustness_sites").set_index("site_id")
    assert told["plans"]["name"] == ["standing", "proposed"]
    assert told["plans"]["low"] == [round(one) for one in table["low"]]
    assert told["plans"]["regret_mean"] == [round(one) for one in table["regret_mean"]]
    assert (told["draws"], told["seed"], told["minutes"]) == (12, 3, 20)
    chosen = dict(zip(told["sites"]["id"], told["sites"]["times"], strict=True))
    for one, times in chosen.items():
        assert times / 12 == pytest.approx(sites.loc[one, "chosen"], abs=1e-6)
    assert {"b1", "b2", "b3"} <= {*chosen}
    text = uncertain.read_text(encoding="utf-8")
    uncertain.write_text(text[: text.index("[robustness]")], encoding="utf-8")
    assert cli("run", uncertain, "-o", tmp_path / "plain")[0] == 0
    page = (tmp_path / "plain" / "map.html").read_text(encoding="utf-8")
    assert "what_if" not in read_page_data(page)
    assert "sure_draws" not in read_page_data(page)["words"]["en"]


@pytest.mark.release
@pytest.mark.filterwarnings("ignore:people of")
def test_a_box_that_moves_is_drawn_where_it_moves_to_alone(uncertain, cli, edit, tmp_path):
    """What is drawn as proposed is what the proposal comes to, where nothing is drawn."""
    edit(uncertain, "boxes = 1\n", "boxes = 0\nrelocation = { at_most = 2 }\n")
    edit(uncertain, 'quotas = [{ governorate = "West", at_least = 1 }]\n', "")
    out = tmp_path / "out"
    code, _, said = cli("run", uncertain, "-o", out)
    assert code == 0, said
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    moved = read(out, "proposals")["moved_from"].tolist()
    assert moved
    assert "" not in moved
    point = read(out, "robustness").set_index("plan").loc["proposed", "point"]
    assert point == summary["proposal"]["covered"]
    # The best choice of each draw is of as many boxes as stand in the end.
    assert read(out, "robustness_sites")["chosen"].sum() == pytest.approx(3)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[0.6, 1.0]", "[1.0, 0.6]", "give the lower share first"),
        ("[0.6, 1.0]", "[0.6]", "is no range"),
        ("mode = 0.8", "mode = 0.2", "give a mode between"),
        ("primary =", "primery =", "'primery' is no road class"),
        ("draws = 12", "draws = 0", "give 1 or more"),
        ("draws = 12", 'populations = ["camps"]', "camps"),
        ("seed = 3", "sed = 3", "did you mean seed?"),
        ("wet = 1", "weet = 1", "weet"),
        ("{ dry = 1, wet = 1 }", "{ dry = 0 }", "no season is likely"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(uncertain, refused, edit, old, new, said):
    """On its line."""
    edit(uncertain, old, new)
    message = refused(uncertain, command="what-if")
    assert said in message
    assert "line" in message


def test_what_hangs_on_each_box_is_what_its_loss_costs_as_a_scenario(what_if, cli, tmp_path):
    """And what hangs on each road, what its closure costs."""
    text = what_if.read_text(encoding="utf-8")
    lose = [f'[[scenario]]\nname = "{one}"\nlost = ["{one}"]\n' for one in ("b1", "b2", "b3")]
    shut = [f'[[scenario]]\nname = "{one}"\nclosures = "{one}.geojson"\n' for one in ("r1", "r2")]
    for one in ("r1", "r2"):
        frame = gpd.read_file(what_if.parent / "roads.geojson").set_index("road_id").loc[[one]]
        gpd.GeoDataFrame({"road_id": [one]}, geometry=frame.geometry.to_numpy(), crs=4326).to_file(
            what_if.parent / f"{one}.geojson"
        )
    asked = "".join([*lose, *shut, "[critical]\n"])
    what_if.write_text(text[: text.index("[[scenario]]")] + asked, encoding="utf-8")
    out = tmp_path / "out"
    code, _, said = cli("what-if", what_if, "-o", out)
    assert code == 0, said
    table = read(out, "scenarios").set_index("scenario")
    roads, boxes = read(out, "critical_roads"), read(out, "critical_boxes")
    assert boxes["people_lost"].max() > 0
    for ids in (boxes.set_index("site_id"), roads.set_index("feature_id").loc[["r1", "r2"]]):
        for one, lost in ids["people_lost"].items():
            assert table.loc[one, "lost"] == lost, one
    lost = read(out, "critical_places")
    assert lost.loc[lost["what"] == "road", "people"].sum() == roads["people_lost"].sum()
    told = json.loads((out / "summary.json").read_text(encoding="utf-8"))["what_if"]["critical"]
    assert told["boxes"]["count"] == 3
    assert told["within"] == table.loc["base", "within"]
    code, said, _ = cli("verify", out)
    assert code == 0, said


def test_bridges_are_those_of_which_the_roads_say_so(what_if, cli, refused, write_roads, tmp_path):
    """Else it is said what to give."""
    text = what_if.read_text(encoding="utf-8")
    asked = '[critical]\nroads = "bridges"\ncandidates = false\n'
    what_if.write_text(text[: text.index("[[scenario]]")] + asked, encoding="utf-8")
    assert "column bridge" in refused(what_if, command="what-if")
    write_roads(what_if.parent, bridge=["no", "yes", None])
    out = tmp_path / "bridges"
    code, _, said = cli("what-if", what_if, "-o", out)
    assert code == 0, said
    roads = read(out, "critical_roads")
    assert roads["feature_id"].tolist() == ["r2"]
    assert roads["kind"].tolist() == ["bridge"]


def test_an_extract_says_which_roads_are_bridges(what_if, cli, write_osm, tmp_path):
    """A bridge that is cut in two pieces is one row, and the run verifies."""
    nodes = {1: (44.0, 33.1), 2: (44.25, 33.1), 3: (44.26, 33.1), 4: (44.27, 33.1), 5: (44.5, 33.1),
             6: (44.26, 33.11)}  # fmt: skip
    road = {"highway": "primary"}
    ways = [(1, [1, 2], road), (2, [2, 3, 4], road | {"bridge": "yes", "name": "Span"}),
            (3, [4, 5], road), (4, [3, 6], road)]  # fmt: skip
    path = write_osm("roads.osm.pbf", nodes, ways)
    text = what_if.read_text(encoding="utf-8").replace("roads.geojson", f"../{path.name}")
    asked = '[critical]\nroads = "bridges"\ncandidates = false\n'
    what_if.write_text(text[: text.index("[[scenario]]")] + asked, encoding="utf-8")
    out = tmp_path / "out"
    code, _, said = cli("what-if", what_if, "-o", out)
    assert code == 0, said
    roads = read(out, "critical_roads")[["feature_id", "name", "kind"]]
    assert roads.to_numpy().tolist() == [["w2", "Span", "bridge"]]
    code, said, _ = cli("verify", out)
    assert code == 0, said


def test_boxes_are_proposed_that_hold_in_several_scenarios(what_if, cli, edit, tmp_path):
    """By what is said of them, and what the plan comes to in each is told."""
    edit(
        what_if,
        "quotas =",
        'cases = ["base", "bridge down", "closed"]\ncriterion = "worst"\nquotas =',
    )
    text = what_if.read_text(encoding="utf-8")
    more = '[[scenario]]\nname = "closed"\nlost = ["b2"]\nprobability = 0.5\n'
    what_if.write_text(text + more, encoding="utf-8")
    out = tmp_path / "out"
    code, _, said = cli("propose", what_if, "-o", out)
    assert code == 0, said
    cases = read(out, "proposal_cases").set_index("case")
    assert cases.index.tolist() == ["base", "bridge down", "closed"]
    assert cases.loc["closed", "probability"] == 0.5
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    told = summary["proposal"]
    assert told["criterion"] == "worst"
    assert told["objective"] == cases["objective"].min()
    code, said, _ = cli("verify", out)
    assert code == 0, said


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('cases = ["bridge up"]', "did you mean bridge down?"),
        ('cases = ["other boxes"]', "has boxes of its own"),
        ('cases = ["night"]', "has minutes of its own"),
        ('cases = ["bridge down"]\nphases = [3, 4]', "a plan for cases has no phases"),
        ('cases = ["bridge down"]\nmodel = "p-median"', "no cases"),
        ('criterion = "worst"', "there are no cases"),
        ('cases = ["bridge down"]\ncriterion = "p0"', "worst"),
    ],
)
def test_what_cannot_be_a_case_of_a_plan_is_refused_in_words(what_if, refused, edit, keys, said):
    """On its line."""
    edit(what_if, "quotas =", f"{keys}\nquotas =")
    assert said in refused(what_if, command="propose")


def test_cases_of_which_none_is_likely_are_refused_before_anything_is_computed(what_if, cli, edit):
    edit(what_if, "quotas =", 'cases = ["bridge down"]\nquotas =')
    edit(what_if, 'name = "bridge down"', 'name = "bridge down"\nprobability = 0')
    code, _, said = cli("check", what_if)
    assert code == 2
    assert "propose.cases: no case is likely" in said


def test_a_case_that_leaves_no_road_open_is_named(what_if, cli, edit, tmp_path):
    flood = gpd.GeoDataFrame(geometry=[box(40, 30, 50, 40)], crs=4326)
    flood.to_file(what_if.parent / "bridge.geojson")
    edit(what_if, "quotas =", 'cases = ["bridge down"]\nquotas =')
    code, _, said = cli("propose", what_if, "-o", tmp_path / "out")
    assert code == 2
    assert "scenario 'bridge down', closures: the closures leave no road open" in said


def test_a_run_ranks_its_closures_by_whom_opening_them_brings_back(what_if, cli, edit, tmp_path):
    """As much as lifting each as a scenario does."""
    shut = gpd.GeoDataFrame(
        {"closure_id": ["west", "east", "north"], "reason": "mines"},
        geometry=[box(44.1, 33.0, 44.2, 33.2), box(44.32, 33.0, 44.42, 33.2),
                  box(44.2, 33.12, 44.32, 33.2)], crs=4326,
    )  # fmt: skip
    shut.to_file(what_if.parent / "shut.geojson")
    edit(what_if, "areas =", 'closures = "shut.geojson"\nareas =')
    text = what_if.read_text(encoding="utf-8")
    lift = [f'[[scenario]]\nname = "{one}"\nlift = ["{one}"]\n' for one in shut["closure_id"]]
    every = '[[scenario]]\nname = "every"\nlift = "all"\n[critical]\ncandidates = false\n'
    text = text[: text.index("[[scenario]]")] + "".join(lift) + every
    what_if.write_text(text.replace("off_road_km = 10", "off_road_km = 3"), encoding="utf-8")
    out = tmp_path / "out"
    code, _, said = cli("what-if", what_if, "-o", out)
    assert code == 0, said
    table = read(out, "scenarios").set_index("scenario")
    alone = read(out, "opening").set_index("closure_id")
    assert set(alone.index) == {"west", "east", "north"}
    for one in alone.index:
        assert alone.loc[one, "people_regained"] == table.loc[one, "gained"]
    told = json.loads((out / "summary.json").read_text(encoding="utf-8"))["what_if"]["opening"]
    assert told["within_closed"] == table.loc["base", "within"]
    assert told["within_open"] == table.loc["every", "within"]
    assert told["within_open"] > told["within_closed"]
    order = read(out, "opening_order")
    assert order["people_regained"].max() == told["within_open"] - told["within_closed"]
    code, said, _ = cli("verify", out)
    assert code == 0, said
