"""Who calls boxreach from elsewhere has its types: mypy knows what returns and what is wrong."""

import re
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.release]

SCRIPT = """\
import boxreach as br

network = br.build_network(br.read_roads("roads.geojson"))
boxes, towns = br.read_sites("boxes.csv"), br.read_communities("towns.csv")
times = br.travel_times(network, boxes, towns, cutoff=60)
plan = br.propose(times, br.MaxCover(sites=50, minutes=30), existing=times)
line = br.read_frontier("line.geojson", segment_km=1)
posts = br.propose_posts(network, line, posts=50, minutes=15)
br.map_plan(br.reach(times, minutes=30), plan, posts).save("map.html")
"""
KNOWN = {
    "network": "boxreach.network.graph.RoadNetwork",
    "times": "boxreach.routing.times.TravelTimes",
    "times.cutoff_minutes": "float",
    "plan": "boxreach.placement.proposal.Proposal",
    "plan.bound": "float",
    "posts": "boxreach.border.frontier_plan.FrontierPlan",
    "br.__version__": "str",
}
WRONG = {
    "br.MaxCover(site=50, minutes=30)": 'Unexpected keyword argument "site" for "MaxCover"',
    'br.travel_times(network, boxes, towns, cutoff="an hour")': 'Argument "cutoff"',
    'br.Quota("governorate", "Ninewa", at_least="ten")': 'Argument "at_least"',
    "br.location.max_cover([], [])": 'Missing named argument "sites"',
    "br.proposal": 'no attribute "proposal"',
    "plan.boxes": '"Proposal" has no attribute "boxes"',
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What mypy says of each line of a script outside of the repository, by line."""
    folder = tmp_path_factory.mktemp("outside")
    lines = [*SCRIPT.splitlines(), *(f"reveal_type({one})" for one in KNOWN), *WRONG]
    (folder / "script.py").write_text("\n".join(lines), encoding="utf-8")
    options = ["--strict", "--config-file=", "--cache-dir=cache", "--python-executable"]
    command = [sys.executable, "-m", "mypy", *options, sys.executable, "script.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    found = re.findall(r"^script\.py:(\d+): (?:note|error): (.*)$", done.stdout, re.MULTILINE)
    by_line = dict.fromkeys(lines, "")
    for number, text in found:
        by_line[lines[int(number) - 1]] += text.replace("builtins.", "")  # said by older ones
    return by_line


def test_the_calls_of_the_design_are_typed_and_right(said):
    """A script that follows it has no fault under strict mypy, so py.typed is seen too."""
    assert {line: said[line] for line in SCRIPT.splitlines() if said[line]} == {}


@pytest.mark.parametrize(("name", "kind"), KNOWN.items())
def test_what_comes_back_has_the_type_of_the_class(said, name, kind):
    """And is not anything at all."""
    assert said[f"reveal_type({name})"] == f'Revealed type is "{kind}"'


@pytest.mark.parametrize(("call", "told"), WRONG.items())
def test_a_call_that_will_not_do_is_told_before_it_runs(said, call, told):
    """With the name of the argument or the attribute."""
    assert told in said[call]
