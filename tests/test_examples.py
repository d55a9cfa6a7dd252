"""The plans in `examples` run from their raw files to map and report."""

import json
from pathlib import Path

import pandas as pd
import pytest

from boxreach.exports import OUTPUT_FILES

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "examples" / "porto.toml"
EXTRACT = ROOT.parent / "shared" / "data" / "networks" / "porto_portugal.osm.pbf"
NOT_IN_PLAN = {
    "areas.geojson", "candidates_dropped.csv", "crossings.csv", "demand.csv", "demand_areas.csv",
    "density.csv", "districts.csv", "frontier.csv", "frontier.geojson", "moves.csv",
    "open_stretches.csv", "post_links.csv", "posts.csv", "posts.geojson", "posts_dropped.csv",
    "segments.csv", "subdistricts.csv",
}  # fmt: skip


def test_the_plan_of_porto_lacks_nothing_but_the_extract(cli, tmp_path):
    """Its own tables are without a fault, and the message names the file that is missing."""
    missing = tmp_path / "missing.osm.pbf"
    code, _, message = cli("check", PLAN, "--set", f"inputs.roads.file={missing}")
    assert code == 2
    assert message.startswith("boxreach: ")
    assert "missing.osm.pbf" in message
    assert "faults" not in message


@pytest.mark.release
@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not EXTRACT.is_file(), reason=f"the extract is not at {EXTRACT}")
def test_the_plan_of_porto_runs_from_the_raw_extract(cli, tmp_path):
    """All files; what was joined, left out and assumed is said; the figures are Porto's."""
    out = tmp_path / "out"
    code, said, message = cli("run", PLAN, "--set", f"inputs.roads.file={EXTRACT}", "-o", out)
    assert code == 0, message
    assert {one.name for one in out.iterdir()} == OUTPUT_FILES - NOT_IN_PLAN
    run = json.loads((out / "run.json").read_text("utf-8"))
    (joined,) = (one for one in run["warnings"] if "gaps of" in one)
    (read,) = (one for one in run["warnings"] if "51,349 ways" in one)
    assert "bridge_m = 20" in joined
    dropped, kept = read.split("kept, but look: ")
    assert "left out: " in dropped
    assert "footway 1,57" in dropped
    assert "private 487" in kept
    bridges = pd.read_csv(out / "bridges.csv")
    assert run["network"]["bridges"]["count"] == len(bridges) > 0
    assert bridges["metres"].max() <= 20
    network = run["network"]
    assert network["roads"] > 45_000
    assert network["edges"] > network["nodes"] > 60_000
    assert network["largest_part_share"] > 0.99
    assert 500 < network["km_by_class"]["motorway"] < 600
    assert 0.1 < network["oneway_share"] < 0.3
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["proposal"]["status"] == "optimal"
    assert summary["proposal"]["covered"] > summary["proposal"]["covered_before"]
    assert "4 are proposed" in said
