"""The same path on real layers: coarse roads of 2016, 3,541 sites, three levels of areas."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ROOT.parent / "shared" / "data" / "iraq"

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not LAYERS.is_dir(), reason=f"the real layers are not in {LAYERS}"),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Run the example once."""
    out = tmp_path_factory.mktemp("real") / "out"
    plan = ROOT / "examples" / "iraq_osm2016.toml"
    command = [sys.executable, "-c", "from boxreach.cli import main; main()"]
    subprocess.run([*command, "run", str(plan), "-o", str(out)], check=True, capture_output=True)
    return out


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


def test_every_bridge_over_a_gap_is_listed_and_none_is_wider_than_allowed(out):
    """What was repaired can be looked at, place by place."""
    bridges = pd.read_csv(out / "bridges.csv")
    assert len(bridges) == 28
    assert bridges["metres"].max() <= 3000
    assert bridges["metres"].is_monotonic_increasing
    warnings = json.loads((out / "run.json").read_text(encoding="utf-8"))["warnings"]
    assert any("28 gaps" in one for one in warnings)


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


def test_the_figures_in_the_docs_are_those_of_this_run(out):
    """docs/iraq.md holds what docs/iraq_tables.py prints, word for word."""
    script = ROOT / "docs" / "iraq_tables.py"
    printed = subprocess.run(
        [sys.executable, str(script), str(out)], capture_output=True, encoding="utf-8", check=True
    )
    assert printed.stdout in (ROOT / "docs" / "iraq.md").read_text(encoding="utf-8")
