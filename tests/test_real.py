"""The same path on real layers: coarse roads of 2016, 3,541 sites, three levels of areas."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import boxreach as br

ROOT = Path(__file__).parents[1]
LAYERS = ROOT.parent / "shared" / "data" / "iraq"
RESIDENTS = 36_004_558
LEVELS = {"governorate": (1, 18), "district": (2, 101), "subdistrict": (3, 294)}
COUNTED = ("residents_2014", "displaced_2015", "gpw_2020")

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not LAYERS.is_dir(), reason=f"the real layers are not in {LAYERS}"),
]


def run_example(folder, *options):
    """Run the example into a folder."""
    plan = ROOT / "examples" / "iraq_osm2016.toml"
    command = [sys.executable, "-c", "from boxreach.cli import main; main()", "run", str(plan)]
    arguments = [*command, *options, "-o", str(folder / "out")]
    subprocess.run(arguments, check=True, capture_output=True)


@pytest.fixture(scope="module")
def out(make_once):
    """Run the example once: in one of its languages, and with seconds for its posts."""
    options = "--languages", "en", "--set", "posts.seconds=3"
    return make_once("iraq-osm2016", lambda folder: run_example(folder, *options)) / "out"


@pytest.mark.release
def test_every_site_is_counted_once_at_each_of_three_levels(out):
    """Covered and uncovered add up to 3,541 sites and 3,181,092 people, wherever they lie."""
    for level, areas in (("areas", 18), ("districts", 101), ("subdistricts", 294)):
        table = pd.read_csv(out / f"{level}.csv", keep_default_na=False, na_values={"people": [""]})
        name = table.columns[0]
        assert len(set(table[name]) - {"", "total"}) <= areas
        for _, one in table.groupby("threshold_minutes"):
            parts, whole = one[one[name] != "total"], one[one[name] == "total"].iloc[0]
            assert parts["places"].sum() == whole["places"] == 3541
            assert parts["people"].sum() == whole["people"] == 3_181_092
            assert parts["people_covered"].sum() == whole["people_covered"]
        assert (table["people_covered"] + table["people_uncovered"] == table["people"]).all()


@pytest.mark.release
def test_every_bridge_over_a_gap_is_listed_and_none_is_wider_than_allowed(out):
    """What was repaired can be looked at, place by place."""
    bridges = pd.read_csv(out / "bridges.csv")
    assert len(bridges) == 28
    assert bridges["metres"].max() <= 3000
    assert bridges["metres"].is_monotonic_increasing
    warnings = json.loads((out / "run.json").read_text(encoding="utf-8"))["warnings"]
    assert any("28 gaps" in one for one in warnings)


@pytest.mark.release
def test_the_report_says_what_the_network_is_made_of(out):
    """The figures of docs/iraq.md, and what was joined and assumed, stand in run.json."""
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    network = run["network"]
    assert network["bridges"]["count"] == 28
    assert network["bridges"]["longest_m"] <= 3000
    assert 54_000 <= network["roads"] <= 54_582
    assert network["edges"] > network["nodes"] > 30_000
    assert 16_000 < network["km"] < 18_000
    assert network["km_by_class"]["no class"] > network["km_by_class"]["primary"] > 0
    assert network["parts"] < 66
    assert network["oneway_share"] == pytest.approx(0.0266, abs=5e-4)  # as its file says
    assert network["closures"] is None


@pytest.mark.release
def test_the_programme_holds_on_real_roads(out):
    """Ten boxes in each of the five; posts only along the frontier; nothing falsely optimal."""
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    counts = summary["proposal"]["sites_by_governorate"]
    assert (
        min(counts[one] for one in ("Ninewa", "Kirkuk", "Salah Al-Din", "Diyala", "Al-Anbar")) >= 10
    )
    assert set(summary["posts"]["sites_by_governorate"]) <= {"Ninewa", "Al-Anbar", "Duhok"}
    for plan in (summary["proposal"], summary["posts"]):
        for phase in plan["phases"]:
            assert phase["objective"] <= phase["bound"] * (1 + 1e-9)


def print_tables(out):
    """Return what docs/iraq_tables.py prints of a run."""
    script = ROOT / "docs" / "iraq_tables.py"
    return subprocess.run(
        [sys.executable, str(script), str(out)], capture_output=True, encoding="utf-8", check=True
    ).stdout


def find_posts(text):
    """Return what stands before the table of posts, its phases (km, bound), and the rest."""
    before, table = text.split("| Posts | Km reached | Bound | Status |\n", 1)
    _, *rows = table.split("\n\n", 1)[0].splitlines()
    phases = {int(one): (float(km), float(bound)) for _, one, km, bound, *_ in
              (re.split(r" *\| *", row) for row in rows)}  # fmt: skip
    return before, phases, table[table.index("| Bridge |") :]


@pytest.mark.release
def test_the_figures_in_the_docs_are_those_of_this_run(out):
    """`docs/iraq.md` holds what docs/iraq_tables.py prints, word for word but for the posts.

    They are planned in less time: within the bounds of the docs, and nearly as well.
    """
    page = (ROOT / "docs" / "iraq.md").read_text(encoding="utf-8")
    before, found, bridges = find_posts(print_tables(out))
    _, told, _ = find_posts(page)
    assert before in page
    assert bridges in page
    assert set(found) == set(told) == {50, 100}
    for posts, (km, bound) in found.items():
        assert 0.99 * told[posts][0] <= km <= told[posts][1] + 0.05
        assert told[posts][0] <= bound + 0.05


@pytest.mark.heavy
def test_all_figures_in_the_docs_are_those_of_a_whole_run(tmp_path):
    """`docs/iraq.md` holds what docs/iraq_tables.py prints, word for word, on a quiet machine."""
    run_example(tmp_path)
    page = (ROOT / "docs" / "iraq.md").read_text(encoding="utf-8")
    assert print_tables(tmp_path / "out") in page


# --- residents -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(people_of_iraq):
    """What the script of docs/iraq.md printed, and the communities it made."""
    return people_of_iraq


@pytest.fixture(scope="module")
def network():
    """The roads of 2016 as the script builds them."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from iraq_people import build_network
    finally:
        sys.path.pop(0)
    with pytest.warns(br.DataWarning, match="28 gaps"):
        return build_network(LAYERS)


@pytest.fixture(scope="module")
def reached(printed, network):
    """Who is reached by the demo's boxes on the roads of 2016, by site."""
    with pytest.warns(br.DataWarning, match="at 88 places"):
        communities = br.read_communities(printed[1], layers=COUNTED)
    boxes = br.read_sites(ROOT / "data" / "iraq" / "boxes.csv")
    return br.reach(br.travel_times(network, boxes, communities), minutes=30)


@pytest.fixture(scope="module")
def tables(reached):
    """The summaries at three levels."""
    levels = {
        level: br.read_areas(
            LAYERS / "admin_cod_ab_2019.gpkg",
            layer=f"adm{number}",
            columns={"area_id": f"ADM{number}_PCODE", "name": f"ADM{number}_EN"},
        )
        for level, (number, _) in LEVELS.items()
    }
    with pytest.warns(br.DataWarning, match="1 lie in no area"):
        return br.summarise_levels(reached, levels, minutes=[15, 30, 60], people=COUNTED)


def rows_of(text, title):
    """Return the rows of the first table below a title, each by its first cell."""
    lines = text.split(f"### {title}")[1].split("\n### ")[0].splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {row[0]: row[1:] for row in cells[1:]}


def whole(text):
    """Read a number as it is printed."""
    return int(text.replace(",", ""))


@pytest.mark.release
def test_the_tables_of_residents_in_the_docs_are_what_the_script_prints(printed):
    """`docs/iraq.md` holds them word for word, all 18 and all 294 rows."""
    page = (ROOT / "docs" / "iraq.md").read_text(encoding="utf-8")
    assert printed[0].strip() in page
    governorates = rows_of(page, "Residents of 2014 within reach, 18 governorates")
    assert len(set(governorates) - {"(in none)", "total"}) == 18
    assert len(set(re.findall(r"^\| (IQG\w+) \|", page, flags=re.MULTILINE))) == 294


@pytest.mark.release
@pytest.mark.parametrize("level", LEVELS)
def test_all_36_million_residents_are_kept_at_each_level_and_threshold(tables, level):
    """Areas add up to the total, covered and uncovered to the whole, for each layer beside too."""
    table, totals = tables[level], dict(zip(COUNTED, (RESIDENTS, 3_181_092, None), strict=True))
    for _, one in table.groupby("threshold_minutes"):
        parts = one.drop("total")
        assert len(parts.drop("")) == LEVELS[level][1]
        for column, known in totals.items():
            total = one.loc["total", column]
            assert math.isclose(total, known or total, rel_tol=1e-9)
            for name in (column, f"{column}_covered", f"{column}_uncovered"):
                assert math.isclose(math.fsum(parts[name]), one.loc["total", name], rel_tol=1e-9)
            both = one[f"{column}_covered"] + one[f"{column}_uncovered"]
            assert all(map(math.isclose, both, one[column]))
    assert (
        tables["governorate"]
        .loc["total"]
        .drop(columns=["name", "geometry"])
        .equals(table.loc["total"].drop(columns=["name", "geometry"]))
    )


@pytest.mark.release
def test_every_governorate_keeps_the_residents_that_the_estimate_gives_it(tables):
    """Whatever did not match by name stays inside its governorate."""
    census = pd.read_csv(LAYERS / "population_subdistrict_2014.csv")
    said = census.groupby("gov_en")["total.pop"].sum()
    table = tables["governorate"]
    found = table[table["threshold_minutes"] == 30].drop(["", "total"])["residents_2014"]
    assert sorted(found.round(3)) == sorted(said)


@pytest.mark.release
@pytest.mark.parametrize("name", ["Baghdad", "Kirkuk", "Ninewa"])
def test_a_governorate_counted_again_from_the_raw_layers_has_the_figures_of_the_docs(
    printed, reached, name
):
    """Sites joined by geopandas, sums and quantiles by pandas: not a line of `summarise`."""
    sites = pd.read_csv(printed[1], dtype={"community_id": str}).set_index("community_id")
    points = gpd.GeoSeries.from_xy(sites["lon"], sites["lat"], crs=4326)
    areas = gpd.read_file(LAYERS / "admin_cod_ab_2019.gpkg", layer="adm1").set_index("ADM1_EN")
    here = sites[points.within(areas.geometry[name])]
    minutes = reached["minutes"].reindex(here.index)
    residents = here["residents_2014"]
    within = [residents[minutes <= limit].sum() for limit in (15, 30, 60)]
    row = rows_of(printed[0], "Residents of 2014 within reach, 18 governorates")[name]
    assert [whole(one) for one in row[:5]] == [
        len(here),
        round(residents.sum()),
        *map(round, within),
    ]
    nearest = residents.groupby(minutes.fillna(math.inf)).sum().cumsum()
    for share, cell in ((0.5, row[7]), (0.9, row[8])):
        quantile = nearest.index[nearest >= share * residents.sum()][0]
        assert cell == ("no way" if math.isinf(quantile) else f"{quantile:,.0f}")
    beside = rows_of(printed[0], "Other layers beside")[name]
    displaced = here["displaced_2015"]
    assert [whole(one) for one in beside[:4]] == [
        displaced.sum(), *(displaced[minutes <= limit].sum() for limit in (15, 30, 60)),
    ]  # fmt: skip
    assert whole(beside[7]) == round(here["gpw_2020"][minutes <= 30].sum())


@pytest.mark.release
def test_displaced_people_of_each_subdistrict_are_those_of_its_sites(printed, reached):
    """Sites joined by geopandas, sums by pandas; where no site lies stands a dash, and no zero."""
    sites = pd.read_csv(printed[1], dtype={"community_id": str}).set_index("community_id")
    points = gpd.GeoSeries.from_xy(sites["lon"], sites["lat"], crs=4326, index=sites.index)
    areas = gpd.read_file(LAYERS / "admin_cod_ab_2019.gpkg", layer="adm3")
    joined = gpd.GeoDataFrame(sites[["displaced_2015"]], geometry=points).sjoin(areas)
    joined["minutes"] = reached["minutes"].reindex(joined.index)
    rows = rows_of(printed[0], "Displaced people of 2015 within reach, 294 sub-districts")
    assert {key for key in rows if key.startswith("IQG")} == {*areas["ADM3_PCODE"]}
    for area in areas["ADM3_PCODE"]:
        here = joined[joined["ADM3_PCODE"] == area]
        within = [here["displaced_2015"][here["minutes"] <= limit].sum() for limit in (15, 30, 60)]
        said = [
            f"{one:,.0f}" if len(here) else "–" for one in (here["displaced_2015"].sum(), *within)
        ]
        assert rows[area][2:6] == said


@pytest.mark.release
def test_one_box_at_the_spot_of_the_largest_gap_gains_what_its_row_says(printed, reached, network):
    """A box is really added there, and the newly reached are counted."""
    row = rows_of(printed[0], "Where the gaps cluster")["gap-001"]
    spots = reached[(reached["name"] == row[4]) & ~reached["covered"]]
    assert len(spots) == 1
    places = reached[["residents_2014", "geometry"]]
    times = br.travel_times(network, spots[["geometry"]], places)
    newly = br.reach(times, minutes=30)["covered"] & ~reached["covered"]
    assert whole(row[5]) == round(places["residents_2014"][newly].sum())


@pytest.mark.release
@pytest.mark.parametrize("command", ["reach", pytest.param("run", marks=pytest.mark.heavy)])
def test_the_plan_of_residents_runs_on_the_communities_that_the_script_made(
    printed, tables, tmp_path, cli, command
):
    """`examples/iraq_people.toml`: the same people within reach as the tables of the docs have."""
    plan, out = ROOT / "examples" / "iraq_people.toml", tmp_path / "out"
    code, _, said = cli(command, plan, "--set", f"inputs.communities.file={printed[1]}", "-o", out)
    assert code == 0, said
    for level, file in (("governorate", "areas"), ("subdistrict", "subdistricts")):
        written, table = pd.read_csv(out / f"{file}.csv"), tables[level]
        assert len(set(written[level].dropna()) - {"total"}) == len(
            set(table["name"]) - {"", "total"}
        )
        for limit, one in written[written[level] == "total"].groupby("threshold_minutes"):
            total = table[table["threshold_minutes"] == limit].loc["total"]
            assert one["people"].item() == pytest.approx(RESIDENTS, rel=1e-9)
            covered = total["residents_2014_covered"]
            assert one["people_covered"].item() == pytest.approx(covered, rel=1e-9)


# --- 100 boxes under the quotas of the programme -----------------------------------------------


@pytest.mark.release
@pytest.mark.heavy
@pytest.mark.parametrize(("seconds", "share"), [(1, 0.98), (20, 0.995)])
def test_a_hundred_boxes_keep_the_quotas_and_the_docs_tell_no_worse_plan(seconds, share):
    """The script of docs/iraq.md in less time a solve: quotas, phases, bounds, one total."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "iraq_plan.py"), "--seconds", str(seconds)],
        check=True, capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    page = (ROOT / "docs" / "iraq.md").read_text(encoding="utf-8")
    for title in ("Two phases", "What each number of boxes reaches"):
        told, found = rows_of(page, title), rows_of(done.stdout, title)
        assert set(told) == set(found)
    told, found = rows_of(page, "Two phases"), rows_of(done.stdout, "Two phases")
    for boxes in ("50", "100"):
        covered, bound = whole(told[boxes][0]), whole(told[boxes][2])
        assert covered <= bound
        assert whole(found[boxes][0]) <= bound
        assert whole(found[boxes][0]) >= share * covered
        assert covered <= whole(found[boxes][2])
    counts = rows_of(page, "Boxes by governorate")
    for name in ("Ninewa", "Kirkuk", "Salah Al-Din", "Diyala", "Al-Anbar"):
        assert whole(counts[name][2]) >= 10
    assert sum(whole(row[2]) for row in counts.values()) == 100
    assert sum(whole(row[1]) for row in counts.values()) == 50
    assert sum(whole(row[4]) for row in counts.values()) == whole(told["100"][0])
