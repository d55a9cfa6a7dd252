"""What `--memory` promises of a command in a process of its own: the same bytes, in so much."""

import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import psutil
import pytest
from shapely import LineString

pytestmark = [
    pytest.mark.slow,
    pytest.mark.release,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process holds"),
]

PLACES, LIMIT_MB = (1_700, 1_500, 1_300), 950
"""In memory times between these are reckoned with 1,120 MB, on the disk with 900."""
PLAN = """\
[inputs]
boxes = "boxes.csv"
communities = "communities.csv"
roads = "roads.geojson"
[network]
off_road_km = 2
[reach]
minutes = [30]
[propose]
boxes = 1
minutes = 30
candidates = ["communities"]
seconds = 600
[output]
languages = ["en"]
"""


@pytest.fixture(scope="module")
def towns(tmp_path_factory):
    """A plan of three towns far from each other; in each all places are within reach of all."""
    folder = tmp_path_factory.mktemp("towns")
    random = np.random.default_rng(4)
    streets, rows = [], []
    for town, places in enumerate(PLACES):
        west, line = 44 + town, np.linspace(0, 0.06, 5)
        streets += [LineString([(west + x, 33), (west + x, 33.06)]) for x in line]
        streets += [LineString([(west, 33 + y), (west + 0.06, 33 + y)]) for y in line]
        lon, lat = random.uniform((west, 33), (west + 0.06, 33.06), (places, 2)).T
        people = random.integers(10, 900, places)
        rows += [f"c{town}-{at},Place,{x:.5f},{y:.5f},{who}" for at, (x, y, who) in
                 enumerate(zip(lon, lat, people, strict=True))]  # fmt: skip
    roads = gpd.GeoDataFrame(geometry=streets, crs=4326).assign(road_class="secondary")
    roads["geometry"] = roads.geometry.segmentize(0.015)
    roads.to_file(folder / "roads.geojson")
    table = "\n".join(["community_id,name,lon,lat,people", *rows, ""])
    (folder / "communities.csv").write_text(table, encoding="utf-8")
    (folder / "boxes.csv").write_text("site_id,name,lon,lat\nb1,Alpha,46.02,33.02\n")
    (folder / "plan.toml").write_text(PLAN)
    return folder / "plan.toml"


def hidden_bytes(process):
    """Return how large the files are that a process and its children have open under no name."""
    size = 0
    for one in [process, *process.children(recursive=True)]:
        for number in Path(f"/proc/{one.pid}/fd").iterdir():
            with suppress(OSError):
                seen = number.stat()
                size += seen.st_size * (seen.st_nlink == 0)
    return size


def peak_mb(process):
    """Return the most MB that a process has held so far.

    Its usage, told at its end, is no less than what the process of the tests held when it began it.
    """
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[1]) * 1024 / 1e6


def run(plan, output, *options):
    """Run `propose` apart; return the most MB it held, and the most that its hidden files had."""
    code = "from boxreach.cli import main; main()"
    words = [sys.executable, "-c", code, "propose", plan, "-o", output, "--no-progress"]
    with subprocess.Popen(
        [*map(str, words), *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as started:
        held, hidden = [0.0], [0]
        while os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            with suppress(psutil.Error, OSError, TypeError):  # it ends just now
                process = psutil.Process(started.pid)
                held.append(peak_mb(process))
                hidden.append(hidden_bytes(process))
            time.sleep(0.05)
        said = started.stderr.read().decode()
    assert started.returncode == 0, said
    return max(held), max(hidden)


@pytest.fixture(scope="module")
def held(towns, tmp_path_factory):
    """A run that keeps to the limit: its folder, the most MB it held, the most of hidden files."""
    folder = tmp_path_factory.mktemp("held")
    asked = towns, folder / "out", "--memory", f"{LIMIT_MB}MB"
    most_mb, hidden = run(*asked)
    if most_mb > LIMIT_MB:  # what is compiled on its first use takes memory once
        most_mb, hidden = run(*asked)
    return folder, most_mb, hidden


def test_a_command_that_keeps_to_a_limit_holds_no_more(held):
    """Its times do go to the disk, and nothing of them is left there."""
    folder, most_mb, hidden = held
    assert [one.name for one in folder.iterdir()] == ["out"]
    assert (folder / "out" / "proposals.csv").exists()
    assert hidden >= 6 * sum(places**2 for places in PLACES) * 0.99
    assert 300 < most_mb <= LIMIT_MB


def test_a_command_that_keeps_to_a_limit_writes_the_same_bytes(towns, held, tmp_path):
    """As one that may take all there is, and hides nothing."""
    _, nothing = run(towns, tmp_path / "out")
    files = [
        {one.name: one.read_bytes() for one in (folder / "out").rglob("*")
         if one.is_file() and one.name != "run.json"}
        for folder in (tmp_path, held[0])
    ]  # fmt: skip
    assert files[0] == files[1]
    assert len(files[0]) > 5
    assert nothing == 0
