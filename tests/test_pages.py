"""The code in the README and in the pages of the documentation runs, as it stands there.

A block that reads files of the reader's own, or takes minutes, is marked in the line before it:
``<!-- not run: why -->``. Its calls are then held against the signatures of what they call.
"""

import argparse
import ast
import importlib.util
import inspect
import re
import shlex
import tomllib
import warnings
from contextlib import suppress
from pathlib import Path

import click
import pytest

import boxreach as br
from boxreach.cli import commands
from boxreach.cli.plan import read_plan

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", *sorted(str(one.relative_to(ROOT)) for one in ROOT.glob("docs/**/*.md"))]


def blocks_of(page, language):
    """Return the blocks of a page in a language: code, and why it is not run, if it is not."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.finditer(
        rf"(?:^<!-- not run: (?P<why>.+?) -->\n+)?^```{language}\n(?P<code>.*?)^```",
        text, flags=re.MULTILINE | re.DOTALL,
    )  # fmt: skip
    return [(one["code"], one["why"]) for one in found]


PRINTED = {"README.md": r".*Baghdad.*\n\d+ of 160 towns\n"}
"""What is printed by pages of which each block can be copied alone."""


def pages_with(language):
    """Return the pages that have such blocks."""
    return [page for page in PAGES if blocks_of(page, language)]


@pytest.fixture(scope="module")
def demo_names():
    """The names that pages take for granted: what the demo has, and a plan made of it."""
    demo = br.load_demo()
    network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
    times = br.travel_times(network, demo.boxes, demo.communities, cutoff=60)
    sites = br.candidate_sites(network, demo.communities)
    options = br.travel_times(network, sites, demo.communities, cutoff=60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        plan, fewer = (
            br.propose(options, br.MaxCover(sites=count, minutes=30), existing=times)
            for count in (20, 10)
        )
    return {
        "br": br, "demo": demo, "network": network, "boxes": demo.boxes, "roads": demo.roads,
        "communities": demo.communities, "cells": demo.cells, "areas": demo.areas,
        "times": times, "options": options, "reach": br.reach(times, minutes=30),
        "plan": plan, "fewer": fewer, "posts": None,
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore::boxreach.errors.DataWarning")
@pytest.mark.parametrize("page", pages_with("python"))
def test_the_python_of_a_page_runs_block_after_block(
    page, demo_names, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    known = dict(demo_names)
    for code, why in blocks_of(page, "python"):
        if why is None:
            exec(compile(code, page, "exec"), {} if page in PRINTED else known)
    said = capsys.readouterr().out
    assert re.fullmatch(PRINTED.get(page, ".*"), said, flags=re.DOTALL), said


def test_the_readme_has_two_commands_that_do_all_the_set_up():
    """One runs the demo, one runs the tests, each on one line."""
    (demo, _), (tests, _) = blocks_of("README.md", "sh")
    assert demo.strip().endswith("boxreach demo -o out")
    assert tests.strip().endswith("-m pytest -n auto")
    assert demo.count("\n") == tests.count("\n") == 1


def test_the_plan_in_what_if_is_one(tmp_path):
    """Its sections can be put into any plan."""
    ((block, _),) = blocks_of("docs/scenarios.md", "toml")
    inputs = '[inputs]\nboxes = "b.csv"\ncommunities = "c.csv"\nroads = "r.geojson"\n'
    (tmp_path / "plan.toml").write_text(inputs + block, encoding="utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    assert len(plan.scenario) == 4
    assert plan.robustness is not None


def called(node, known):
    """Return what an expression names, of modules that there are; None for values of the page."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute) and inspect.ismodule(owner := called(node.value, known)):
        return getattr(owner, node.attr)
    return None


@pytest.mark.parametrize("page", pages_with("python"))
def test_every_call_of_a_page_is_one_that_there_is(page):
    known = {"br": br}
    for code, _ in blocks_of(page, "python"):
        tree = ast.parse(code, page)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and importlib.util.find_spec(node.module):
                module = importlib.import_module(node.module)
                known |= {one.asname or one.name: getattr(module, one.name) for one in node.names}
        for node in ast.walk(tree):
            function = called(node.func, known) if isinstance(node, ast.Call) else None
            if (getattr(function, "__module__", None) or "").startswith("boxreach"):
                given = {one.arg: None for one in node.keywords if one.arg}
                inspect.signature(function).bind_partial(*node.args, **given)


def commands_of(page):
    """Return (name of the program, its words) of each command of a page."""
    for code, _ in blocks_of(page, "sh"):
        for line in code.replace("\\\n", " ").splitlines():
            for part in line.split("&&"):
                program, *words = shlex.split(part, comments=True) or [""]
                yield Path(program).name, words


@pytest.mark.parametrize("page", pages_with("sh"))
def test_every_command_of_a_page_takes_what_it_is_given(page):
    for program, words in commands_of(page):
        if program == "boxreach" and words and not words[0].startswith("-"):
            with suppress(click.exceptions.Exit):  # of --help
                commands.commands[words[0]].make_context(words[0], words[1:])


class ReadError(Exception):
    """The words of a command were read, and it is to do nothing more."""


@pytest.mark.parametrize("page", pages_with("sh"))
def test_every_program_beside_the_package_takes_what_a_page_gives_it(
    page, monkeypatch, tmp_path, pytestconfig
):
    """Benchmarks and scripts are there and read their words; files and marks of tests exist."""
    read = argparse.ArgumentParser.parse_args

    def read_and_stop(parser, *given):
        read(parser, *given)
        raise ReadError

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", read_and_stop)
    marks = {one.partition(":")[0] for one in pytestconfig.getini("markers")}
    (folder := tmp_path / "checkout").mkdir()
    monkeypatch.chdir(folder)
    for program, words in commands_of(page):
        match [program, *words]:
            case ["python" | "python3", "-m", module, *given] if module.startswith("benchmarks."):
                main = importlib.import_module(module).main
                for file in (Path(one) for one in given if Path(one).suffix):
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.touch()
                monkeypatch.setattr("sys.argv", [module, *given])
                if given:
                    with pytest.raises(ReadError):
                        main()
            case ["python" | "python3", "-m", "pytest", *given] | ["pytest", *given]:
                files = [one.partition("::")[0] for one in given if one.startswith("tests")]
                assert all((ROOT / one).exists() for one in files), files
                asked = given[given.index("-m") + 1] if "-m" in given else ""
                assert set(re.findall(r"\w+", asked)) - {"not", "and", "or"} <= marks
            case ["python" | "python3", script, *_] if script.endswith(".py"):
                assert (ROOT / script).is_file() or script == "plan.py", script


@pytest.mark.parametrize("page", pages_with("toml"))
def test_every_plan_of_a_page_is_one(page, tmp_path):
    for code, why in blocks_of(page, "toml"):
        found = tomllib.loads(code)
        if why is not None:
            continue
        missing = {"boxes", "communities", "roads"} - set(found.get("inputs", {}))
        more = "".join(f'\n[inputs.{one}]\nfile = "{one}.csv"\n' for one in sorted(missing))
        plan = tmp_path / "plan.toml"
        plan.write_text(code + more, encoding="utf-8")
        read_plan(plan)
