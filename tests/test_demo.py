"""The main job, end to end, as a user runs it: `boxreach demo` and its script."""

import json
import math
import re
import runpy
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import boxreach as br

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
FIVE = ["Ninewa", "Kirkuk", "Salah al-Din", "Diyala", "Anbar"]
FILES = {
    "areas.csv", "areas.geojson", "candidates_dropped.csv", "curves.csv", "density.csv",
    "evidence.npz", "frontier.csv", "frontier.geojson", "gap_clusters.csv",
    "gap_clusters.geojson", "gaps.csv", "map.html", "open_stretches.csv", "phases.csv",
    "post_links.csv", "posts.csv", "posts.geojson", "posts_dropped.csv", "proposals.csv",
    "proposals.geojson", "reach.csv", "report.html", "report.json", "run.json", "segments.csv",
    "sheets.html", "summary.json", "worst_places.csv",
}  # fmt: skip


@pytest.fixture(scope="module")
def out(demo_run):
    """Return the folder with the outputs."""
    return demo_run / "out"


@pytest.fixture(scope="module")
def again(run_demo, demo_run, make_once):
    """Return the folder of a second run, whose kernels are compiled, with another hash seed."""
    arguments = ["-o", "again"]
    return make_once("demo-again", lambda folder: run_demo(arguments, folder, seed="4711"))


@pytest.fixture(scope="module")
def summary(out):
    """Return the figures of the run."""
    return json.loads((out / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def areas(out):
    """Return the table of governorates."""
    return pd.read_csv(out / "areas.csv")


def test_the_demo_writes_every_file_and_nothing_else(demo_run, out):
    """Nothing is missing, and no unfinished folder stays behind."""
    assert {one.name for one in out.iterdir()} == FILES
    assert {one.name for one in demo_run.iterdir()} == {"out", "printed.txt", "used.txt"}


@pytest.mark.release
def test_the_demo_takes_less_than_30_seconds_and_1500_megabytes(demo_run, again):
    """Start to finish, once the kernels are compiled, which the first run on a machine does.

    Seconds of the processor: how busy it was with something else says nothing of the demo.
    """
    for folder, limit in ((demo_run, math.inf), (again, 30)):
        seconds, kilobytes = map(float, (folder / "used.txt").read_text().split())
        assert seconds < limit
        assert kilobytes < 1_500_000


def test_the_map_is_smaller_than_three_megabytes(out):
    """It fits on any memory stick and into a mail."""
    assert (out / "map.html").stat().st_size < 3_000_000


@pytest.mark.release
def test_two_runs_write_the_same_bytes(out, again):
    """Neither the hash seed nor the folder changes a file."""
    other = again / "again"
    assert [n for n in sorted(FILES) if (out / n).read_bytes() != (other / n).read_bytes()] == []


def test_covered_and_uncovered_add_up_to_the_total_in_every_table(areas, summary):
    """Each person and each place is counted once."""
    assert (areas["people_covered"] + areas["people_uncovered"] == areas["people"]).all()
    assert (areas["places_covered"] + areas["places_uncovered"] == areas["places"]).all()
    parts = (
        areas[areas["governorate"] != "total"].groupby("threshold_minutes").sum(numeric_only=True)
    )
    whole = areas[areas["governorate"] == "total"].set_index("threshold_minutes")
    for column in ("places", "places_covered", "people", "people_covered"):
        assert parts[column].tolist() == whole[column].tolist()
    for counted in (summary["communities"], summary["people"]):
        for minutes in ("15", "30", "60"):
            assert counted["covered"][minutes] + counted["uncovered"][minutes] == counted["total"]
        assert sum(counted["uncovered_by_reason"].values()) == counted["uncovered"]["30"]
    for plan in (summary["proposal"], summary["posts"]):
        assert plan["covered"] + plan["uncovered"] == pytest.approx(plan["total"], abs=1e-5)


def test_the_people_are_those_of_the_2018_totals(areas):
    """The denominators are right, governorate by governorate."""
    totals = pd.read_csv(ROOT / "data" / "iraq" / "governorate_people.csv")
    counted = areas[areas["threshold_minutes"] == 30].set_index("governorate")["people"]
    assert counted["total"] == 38_124_182
    assert counted[totals["governorate"]].tolist() == totals["people"].tolist()


def test_summary_and_areas_say_the_same(areas, summary):
    """One figure, one value, wherever it stands."""
    whole = areas[areas["governorate"] == "total"]
    said = [summary["people"]["covered"][f"{minutes:g}"] for minutes in whole["threshold_minutes"]]
    assert whole["people_covered"].tolist() == said
    said = [summary["communities"]["covered"][f"{m:g}"] for m in whole["threshold_minutes"]]
    assert whole["places_covered"].tolist() == said


def test_the_summary_says_of_minutes_and_boxes_what_the_table_says(areas, summary):
    """Who has two boxes, how far people live, and what stands: the same figures, unrounded."""
    whole = areas[areas["governorate"] == "total"].set_index("threshold_minutes")
    people = summary["people"]
    assert {f"{m:g}": n for m, n in whole["people_two_boxes"].items()} == people["two_boxes"]
    assert set(whole["people_without_way"]) == {people["without_way"]}
    for name in ("mean_minutes", "median_minutes", "p90_minutes", "gini_minutes"):
        assert set(whole[name]) == {people[name]}
    for name in ("boxes", "vehicles", "cost_usd"):
        assert set(whole[name]) == {summary[name]}
    assert whole["officers"].isna().all()
    assert summary["officers"] is None
    assert (summary["boxes"], summary["vehicles"], summary["cost_usd"]) == (50, 100, 12_500_000)


def test_what_is_unknown_of_an_area_is_blank_and_never_zero(areas):
    """A ninetieth percentile that falls on people without a way is not a way of no minutes."""
    parts = areas[areas["governorate"] != "total"]
    lost = parts["people_without_way"] > 0.1 * parts["people"]
    assert lost.any()
    assert parts.loc[lost, "p90_minutes"].isna().all()
    assert (parts["p90_minutes"].dropna() > 0).all()
    assert parts.loc[parts["boxes"] == 0, "people_per_box"].isna().all()


def test_every_cell_left_out_is_in_a_cluster_and_all_clusters_are_the_people_left_out(out, summary):
    """Nobody is in two clusters and nobody in none; the largest are those of the summary."""
    gaps = pd.read_csv(out / "gaps.csv")
    clusters = pd.read_csv(out / "gap_clusters.csv").set_index("cluster_id")
    cells = gaps[gaps["kind"] == "cell"].groupby("cluster_id", dropna=False)
    assert cells["people"].sum().to_dict() == clusters["people"].to_dict()
    assert cells.size().to_dict() == clusters["places"].to_dict()
    assert clusters["people"].sum() == summary["people"]["uncovered"]["30"]
    assert clusters["people"].is_monotonic_decreasing
    towns = gaps[gaps["kind"] == "community"]
    assert set(towns["cluster_id"].dropna()) <= set(clusters.index)
    assert summary["gap_clusters"]["count"] == len(clusters)
    assert len(summary["gap_clusters"]["largest"]) == 5
    for said in summary["gap_clusters"]["largest"]:
        row = clusters.loc[said["cluster_id"]]
        assert (row["nearest_community"], row["people"]) == (said["name"], said["people"])
        assert (row["lon"], row["lat"]) == (said["lon"], said["lat"])
        assert row["people_gained"] == said["people_gained"] >= said["people"]


def test_a_box_at_the_largest_gap_gains_what_is_said(out, summary):
    """Recomputed from the position in the file."""
    demo = br.load_demo()
    network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
    spot = gpd.read_file(out / "gap_clusters.geojson").set_index("cluster_id").head(1)
    sites = pd.concat([demo.boxes[["geometry"]], spot[["geometry"]]])
    reached = br.reach(br.travel_times(network, sites, demo.cells, cutoff=30), minutes=30)
    people = int(reached["people"][reached["covered"]].sum())
    gained = summary["gap_clusters"]["largest"][0]["people_gained"]
    assert people == pytest.approx(summary["people"]["covered"]["30"] + gained, rel=1e-4)


def test_curves_pass_through_the_coverage_of_each_threshold(out, areas):
    """They end with the longest threshold, and never fall."""
    curves = pd.read_csv(out / "curves.csv").set_index(["governorate", "minutes"])
    for minutes, rows in areas.groupby("threshold_minutes"):
        at = curves.xs(minutes, level="minutes")["people_covered"]
        assert at.to_dict() == rows.set_index("governorate")["people_covered"].to_dict()
    assert curves.index.get_level_values("minutes").max() == 60
    assert curves["people_covered"].groupby(level=0).is_monotonic_increasing.all()


def test_the_fifths_by_density_hold_all_people(out, summary):
    """At each threshold they add up to what is covered."""
    density = pd.read_csv(out / "density.csv").groupby("threshold_minutes")[
        ["people", "people_covered"]
    ]
    sums = density.sum()
    assert set(sums["people"]) == {summary["people"]["total"]}
    assert {f"{m:g}": n for m, n in sums["people_covered"].items()} == summary["people"]["covered"]


def test_the_worst_places_are_towns_with_the_minutes_of_the_reach(out):
    """At most five of each governorate and in all, by their own names."""
    worst = pd.read_csv(out / "worst_places.csv")
    reach = pd.read_csv(out / "reach.csv").drop_duplicates("community_id").set_index("community_id")
    assert worst.groupby("area")["rank"].max().max() == 5
    pd.testing.assert_series_equal(
        worst["minutes"], reach["minutes"].loc[worst["id"]].reset_index(drop=True)
    )
    total = worst[worst["area"] == "total"]
    farthest = reach["minutes"].fillna(float("inf")).nlargest(5)
    assert total["minutes"].fillna(float("inf")).tolist() == farthest.tolist()


def test_the_areas_of_the_map_layer_are_those_of_the_table(out, areas):
    """Each governorate once, its figures with the threshold in the name of the column."""
    drawn = gpd.read_file(out / "areas.geojson").set_index("area_id")
    assert drawn.geom_type.isin(["Polygon", "MultiPolygon"]).all()
    for minutes, rows in areas.dropna(subset="area_id").groupby("threshold_minutes"):
        table = rows.set_index("area_id")
        assert set(table.index) == set(drawn.index)
        for name in ("people_covered", "places_covered", "share_covered", "people_two_boxes"):
            assert drawn[f"{name}_{minutes:g}"].to_dict() == table[name].to_dict()
        assert drawn["people"].to_dict() == table["people"].to_dict()
        assert drawn["name"].to_dict() == table["governorate"].to_dict()


def test_reach_and_gaps_say_what_the_summary_says(out, summary):
    """The long tables hold the same counts."""
    reach = pd.read_csv(out / "reach.csv", keep_default_na=False)
    covered = reach[reach["covered"].astype(str) == "True"]["threshold_minutes"].value_counts()
    assert {f"{m:g}": n for m, n in covered.items()} == summary["communities"]["covered"]
    gaps = pd.read_csv(out / "gaps.csv")
    assert set(gaps["reason"]) <= {"TOO_FAR", "OFF_ROAD", "ISOLATED", "CLOSED"}
    cells = gaps[gaps["kind"] == "cell"].groupby("reason")["people"].sum()
    assert cells.to_dict() == summary["people"]["uncovered_by_reason"]


def test_the_report_says_the_numbers_of_the_summary_in_every_language(out, summary):
    """What the reader sees is what the tables hold."""
    text = re.sub(r"<[^>]+>", " ", (out / "report.html").read_text(encoding="utf-8"))
    for number in (
        summary["people"]["total"],
        summary["people"]["covered"]["30"],
        summary["proposal"]["covered"],
    ):
        assert text.count(f"{number:,}") >= 3


@pytest.mark.release
def test_the_script_prints_the_numbers_of_the_demo(summary, tmp_path, monkeypatch, capsys):
    """Thirty lines of Python say the same."""
    script = ROOT / "examples" / "iraq.py"
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 30
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        runpy.run_path(str(script))
    printed = capsys.readouterr().out
    for minutes in ("15", "30", "60"):
        towns = summary["communities"]["covered"][minutes]
        people = summary["people"]["covered"][minutes]
        assert f"{minutes} min: {towns} towns, {people} people" in printed
    proposal = summary["proposal"]
    assert f"{proposal['covered_before']:,} -> {proposal['covered']:,} of" in printed


def test_the_terminal_shows_the_result(demo_run, summary):
    """A person sees the total and where the map is."""
    printed = (demo_run / "printed.txt").read_text(encoding="utf-8")
    assert f"{summary['people']['covered']['30']:,}" in printed
    largest = summary["gap_clusters"]["largest"][0]
    assert f"{largest['name']} (" in printed
    assert f"{largest['people_gained']:,}" in printed
    assert "map.html" in printed


def test_the_objective_is_what_the_chosen_sites_cover_on_the_roads(out, summary):
    """Recomputed from the files: standing and proposed boxes, all cells, no solver."""
    demo = br.load_demo()
    network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
    chosen = gpd.read_file(out / "proposals.geojson").set_index("site_id")
    sites = pd.concat([demo.boxes[["geometry"]], chosen[["geometry"]]])
    reached = br.reach(br.travel_times(network, sites, demo.cells, cutoff=30), minutes=30)
    people = int(reached["people"][reached["covered"]].sum())
    # The file has positions to a tenth of a metre, which moves a cell at the very limit.
    assert people == pytest.approx(summary["proposal"]["covered"], rel=1e-4)


def test_nothing_is_called_optimal_that_is_not_proven(summary):
    """Status, bound and gap agree in every phase."""
    for plan in (summary["proposal"], summary["posts"]):
        for phase in plan["phases"]:
            assert phase["status"] in {"optimal", "feasible"}
            assert phase["objective"] <= phase["bound"] * (1 + 1e-9)
            if phase["status"] == "optimal":
                assert phase["objective"] == pytest.approx(phase["bound"], rel=1e-9)
                assert phase["gap"] == 0


def test_each_of_the_five_governorates_has_ten_boxes_and_proposals_fifty_are_made(out, summary):
    """The programme's rule holds after the proposals."""
    counts = summary["proposal"]["sites_by_governorate"]
    assert all(counts[name] >= 10 for name in FIVE)
    proposals = pd.read_csv(out / "proposals.csv")
    assert (len(proposals), sum(counts.values())) == (50, 100)
    assert proposals["rank"].tolist() == list(range(1, 51))
    running = summary["proposal"]["covered_before"] + proposals["people_gained"].cumsum()
    assert running.tolist() == proposals["people_covered"].tolist()


def test_posts_stand_only_in_the_governorates_of_the_frontier(out, summary):
    """None in Kirkuk, Salah al-Din or Diyala; fifty in the first phase, fifty in the second."""
    posts = pd.read_csv(out / "posts.csv")
    assert set(posts["governorate"]) <= {"Ninewa", "Anbar", "Dohuk"}
    assert posts["phase"].value_counts().to_dict() == {50: 50, 100: 50}
    frontier = pd.read_csv(out / "frontier.csv")
    assert frontier["km"].sum() == pytest.approx(603.9, abs=0.1)
    covered = frontier["km"][frontier["covered"]].sum()
    assert covered == pytest.approx(summary["posts"]["covered"], abs=0.01)


def test_every_output_says_what_is_illustrative_schematic_and_modelled(
    out, summary, read_page_text
):
    """The labels travel with the results."""
    run_record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert {one["label"] for one in run_record["inputs"]} >= {
        "illustrative",
        "schematic",
        "modelled",
    }
    for page in ("map.html", "report.html"):
        text = read_page_text(out / page)
        assert "illustrative" in text
        assert "schematic" in text
        assert "توضيحية" in text
        assert "نموونەیین" in text
    assert any("illustrative" in note["en"] for note in summary["notes"])
    labels = "boxes: illustrative; roads: schematic; population: modelled"
    for table in sorted(name for name in FILES if name.endswith(".csv")):
        rows = pd.read_csv(out / table)
        # Nothing of the line is left open.
        assert set(rows["labels"]) == ({labels} if table != "open_stretches.csv" else set()), table
    for layer in sorted(name for name in FILES if name.endswith(".geojson")):
        assert set(gpd.read_file(out / layer)["labels"]) == {labels}


def test_run_json_holds_versions_hashes_and_every_parameter(out):
    """Anyone can tell what made the outputs."""
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["boxreach"] == br.__version__
    assert record["command"] == "boxreach demo"
    assert all(len(one["sha256"]) == 64 and one["licence"] for one in record["inputs"])
    assert record["parameters"]["network.off_road_kmh"] == 20
    assert record["parameters"]["propose.minutes"] == 30
    assert record["parameters"]["network.speeds_kmh"]["trunk"] == 80
    assert record["parameters"]["speeds.surface_factor"]["gravel"] == 0.7
    assert record["warnings"]


@pytest.mark.heavy
def test_another_number_of_boxes_leaves_out_the_phases_of_the_plan(run_demo, tmp_path):
    """A flag is enough to ask for fewer; the record says how the run was started."""
    run_demo(["--boxes", "3", "--posts", "4", "--languages", "en", "-o", "fewer"], tmp_path)
    summary = json.loads((tmp_path / "fewer" / "summary.json").read_text(encoding="utf-8"))
    record = json.loads((tmp_path / "fewer" / "run.json").read_text(encoding="utf-8"))
    assert [phase["sites"] for phase in summary["proposal"]["phases"]] == [53]
    assert [phase["sites"] for phase in summary["posts"]["phases"]] == [4]
    assert record["command"] == "boxreach demo --boxes 3 --posts 4 --languages en"


def test_the_pages_name_whose_data_they_show(out, read_page_text):
    """OpenStreetMap and GeoNames are named where their data are seen."""
    for page in ("map.html", "report.html"):
        text = read_page_text(out / page)
        assert "© OpenStreetMap contributors" in text
        assert "GeoNames" in text


def test_the_map_counts_the_people_that_the_tables_count(out, areas, read_page_text):
    """The governorates' figures in the map are those of areas.csv."""
    text = read_page_text(out / "map.html")
    total = areas[(areas["governorate"] == "total") & (areas["threshold_minutes"] == 30)]
    assert str(int(total["people_covered"].iloc[0])) in text


def test_unknown_people_are_blank_in_the_table_and_never_zero(out, summary):
    """A town nobody counted is unknown."""
    reach = pd.read_csv(out / "reach.csv")
    first = reach[reach["threshold_minutes"] == 15]
    assert int(first["people"].isna().sum()) == summary["communities"]["unknown_people"] > 0
    assert not (first["people"] == 0).any()


@pytest.mark.browser
@pytest.mark.parametrize("page", ["map.html", "report.html", "sheets.html"])
def test_the_page_opens_without_a_network_and_without_complaint(out, page, open_tab):
    """One request, the file itself; no console message; nothing thrown."""
    view = open_tab(out / page)
    view.wait_for_timeout(400)
    assert view.title()
    assert (len(view.requests), view.said) == (1, [])


@pytest.mark.heavy
def test_merged_cells_are_fewer_and_no_time_moves_by_more_than_is_said(run_demo, tmp_path, summary):
    """Faster, and the summary says what it costs; nobody is lost."""
    run_demo(["--set", "reach.merge_minutes=1", "--languages", "en", "-o", "merged"], tmp_path)
    merged = json.loads((tmp_path / "merged" / "summary.json").read_text(encoding="utf-8"))
    said = merged["merging"]
    assert said["rows"] == summary["merging"]["rows"] >= summary["merging"]["searched"]
    assert said["searched"] <= summary["merging"]["searched"]
    assert 0 <= said["largest_change_minutes"] <= 1
    assert summary["merging"]["largest_change_minutes"] == 0
    assert merged["people"]["total"] == summary["people"]["total"]
    for minutes in ("15", "30", "60"):
        counts = merged["people"]["covered"][minutes], merged["people"]["uncovered"][minutes]
        assert sum(counts) == merged["people"]["total"]


@pytest.mark.release
def test_smaller_areas_are_counted_in_tables_of_their_own(cli, tmp_path, areas):
    """Districts that are the governorates again give the governorates' figures again."""
    settings = ["--set", 'inputs.districts="governorates.geojson"']
    plan = ROOT / "data" / "iraq" / "plan.toml"
    code, _, said = cli("reach", plan, "-o", tmp_path / "by-district", *settings)
    assert code == 0, said
    districts = pd.read_csv(tmp_path / "by-district" / "districts.csv").rename(
        columns={"district": "governorate"}
    )
    # Four towns lie in another outline than their own governorate's; people are counted on cells.
    people = [name for name in areas if not name.startswith(("places", "worst"))]
    pd.testing.assert_frame_equal(districts[people], areas[people])
    assert districts["places"].sum() == areas["places"].sum()
