"""The same inputs give the same bytes: whatever the seed of hashes, the locale, the threads.

A small plan is run whole, its report is written in every format, its network is kept, and the
functions of Python are asked what the plan does not ask, in processes that differ in all that is
not the input.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_PROCESS = """
import json, locale, os, sys
home, out, threads, wanted, strings = *sys.argv[1:3], int(sys.argv[3]), *sys.argv[4:]
os.cpu_count = lambda: threads
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
locale.setlocale(locale.LC_ALL, "")
comma = f"{1.5:n}"
import pandas as pd
pd.set_option("mode.string_storage", strings)
from boxreach.cli import main

def command(*words):
    sys.argv = ["boxreach", *words]
    main()

command("run", f"{home}/plan.toml", "-o", f"{out}/run")
command("report", f"{out}/run", "-o", f"{out}/pack", "--formats", wanted, "--languages", "en,ar")

import numpy as np
import boxreach as br
boxes = br.read_sites(f"{home}/boxes.csv")
areas = br.read_areas(f"{home}/areas.gpkg")
places = br.join_areas(br.read_communities(f"{home}/communities.csv"), areas)
network = br.build_network(br.read_roads(f"{home}/roads.geojson"), off_road_km=10)
br.save_network(network, f"{out}/network")
times = br.travel_times(network, boxes, places, cutoff=60)
sites = br.candidate_sites(network, places)
options = br.travel_times(network, sites, places, cutoff=60)
found = {}
models = {
    "max-cover": br.MaxCover(sites=2, minutes=6), "set-cover": br.SetCover(minutes=6, share=0.9),
    "p-median": br.PMedian(sites=2), "p-center": br.PCenter(sites=2),
    "backup-cover": br.BackupCover(sites=2, minutes=8),
    "expected-cover": br.ExpectedCover(sites=2, minutes=8),
}
for name, model in models.items():
    plan = br.propose(options, model, existing=times)
    found[name] = f"{plan.summary()} {plan.sites.to_csv()}"
night = br.Scenario(name="night", condition="night", lost=["b1"])
found["compare"] = br.compare(times, [night], minutes=10).places.to_csv()
critical = br.criticality(times, minutes=10)
found["criticality"] = critical.roads.to_csv() + critical.sites.to_csv()
robust = br.robustness(times, minutes=8, draws=20, seed=1)
found["robustness"] = robust.table.to_csv() + robust.draws.to_csv()
line = br.read_frontier(f"{home}/frontier.geojson", segment_km=1)
stand = br.candidate_posts(network, line, road_km=20)
posts = br.propose_posts(network, line, candidates=stand.kept, posts=2, minutes=15)
found["posts"] = f"{posts.summary()} {posts.sites.to_csv()}"
found = json.dumps(found, indent=1)
with open(f"{out}/found.json", "w", encoding="utf-8") as stream:
    stream.write(found)
with open(f"{out}.comma", "w", encoding="utf-8") as stream:
    stream.write(comma)
"""

_ASKED = """
[[scenario]]
name = "night"
condition = "night"
[critical]
[robustness]
draws = 20
[robustness.speeds]
all = [0.7, 1.0]
"""
_LOCALES = ("C.UTF-8", "ar_IQ.UTF-8", "de_DE.UTF-8")
_ZONES = ("UTC", "Asia/Baghdad", "America/St_Johns")
_FORMATS = "html,sheets,xlsx,csv,gpkg,geojson,kml,kmz,gpx,json"


@pytest.fixture
def locales(tmp_path):
    """A folder of the locales, the last of which has a comma for its decimal point."""
    home = tmp_path / "locales"
    home.mkdir()
    if shutil.which("localedef") is None:
        pytest.skip("there is no localedef to make locales with")
    for name in _LOCALES[1:]:
        made = subprocess.run(
            ["localedef", "-i", name.partition(".")[0], "-f", "UTF-8", home / name],
            check=False, capture_output=True,
        )  # fmt: skip
        if made.returncode > 1:  # 1 is a warning
            pytest.skip(f"the locale {name} cannot be made here")
    return home


@pytest.fixture
def asked(plan):
    """The small plan, which is asked all that is seeded, drawn or ordered in some way."""
    rules = "boxes = 3\nreserve = 1\nphases = [4, 5]\nrelocation = { at_most = 1 }\nminutes = 6\n"
    text = plan.read_text("utf-8").replace("boxes = 1\nminutes = 20\n", rules)
    text = text.replace('languages = ["en"]', 'languages = ["en", "ar", "ckb"]')
    columns = 'columns = { demand_id = "site_id" }'
    schools = f'[inputs.demand.schools]\nfile = "boxes.csv"\nunit = "schools"\n{columns}\n'
    plan.write_text(f"{text}{schools}{_ASKED}", encoding="utf-8")
    return plan


@pytest.fixture
def repeat(asked, locales, tmp_path):
    """Start all of it in a process of its own seed, locale, threads, zone, folder and format.

    With one thread pandas holds texts as it does without pyarrow.
    """

    def start(name, seed, language, threads, zone="UTC", formats=_FORMATS):
        out = tmp_path / name
        out.mkdir()
        folder = tmp_path / f"from-{name}"
        folder.mkdir()
        source = Path(sys.modules["boxreach"].__file__).parents[1]
        path = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))
        environment = os.environ | {
            "PYTHONHASHSEED": str(seed),
            "PYTHONPATH": path,
            "LC_ALL": language,
            "TZ": zone,
            "NUMBA_NUM_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads),
        }
        if language != _LOCALES[0]:
            environment["LOCPATH"] = str(locales)
        process = subprocess.Popen(
            [sys.executable, "-c", _PROCESS, asked.parent, out, str(threads), formats,
             "python" if threads == 1 else "pyarrow"],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        return out, language, process

    return start


def end(started):
    """Return every file that a process wrote, by its path; its locale was the one it was to be."""
    out, language, process = started
    _, message = process.communicate(timeout=1800)
    assert process.returncode == 0, message.decode(errors="replace")
    said = Path(f"{out}.comma").read_text("utf-8")
    assert said == ("1,5" if language.startswith("de") else "1.5")
    return {
        one.relative_to(out).as_posix(): one.read_bytes() for one in out.rglob("*") if one.is_file()
    }


def differing(one, other):
    """Return the paths of the files that are not the same."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def test_processes_that_differ_in_all_but_the_input_write_the_same_bytes(repeat):
    """Every file of run, pack and network, and what the functions of Python return."""
    # One behind the other, or both compile the same kernels.
    one = end(repeat("one", 0, _LOCALES[0], 1, _ZONES[0]))
    two = end(repeat("two", 4_294_967_295, _LOCALES[2], 2, _ZONES[2]))
    assert differing(one, two) == []
    assert {"run/run.json", "run/map.html", "run/evidence.npz", "run/robustness.csv",
            "run/phases.csv", "run/curve.csv", "run/critical_roads.csv", "found.json",
            "pack/report.gpkg", "pack/report.ar.kmz",
            "pack/report.en.xlsx"} <= one.keys()  # fmt: skip
    assert any(name.startswith("network/") for name in one)


@pytest.mark.heavy
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("language", _LOCALES)
def test_126_processes_write_the_same_bytes(repeat, language, threads):
    """21 seeds of hashes, three locales, one thread and two; all formats, PDF and DOCX too."""
    seeds = (0, *range(1, 20), 4_294_967_295)
    waiting = [
        (f"seed-{seed}", seed, language, threads, _ZONES[at % 3], "all")
        for at, seed in enumerate(seeds)
    ]
    first, running, others = end(repeat("first", 0, _LOCALES[0], 1, formats="all")), [], 0
    assert {"pack/report.ar.pdf", "pack/report.ar.docx"} <= first.keys()
    while waiting or running:
        while waiting and len(running) < 2:
            running.append(repeat(*waiting.pop(0)))
        started = running.pop(0)
        assert differing(first, end(started)) == [], started[0].name
        shutil.rmtree(started[0])
        others += 1
    sys.stdout.write(f"{others} processes wrote the same {len(first)} files\n")
