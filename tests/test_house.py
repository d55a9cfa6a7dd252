"""The house itself: where code may stand, and what the front door shows."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import boxreach as br

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "coverage"
ROOMS = (".ci", "benchmarks", "data", "docs", "examples", "src", "tests")
"""Where code stands."""


def test_no_module_lies_directly_in_the_source_root():
    """`src/coverage` is a source root: a module there would be imported as coverage.py's."""
    assert list(SOURCES.glob("*.py")) == []
    assert [one.name for one in SOURCES.iterdir() if one.is_dir() and one.name[0] not in "._"] == [
        "boxreach"
    ]


def test_boxreach_does_not_shadow_coverage():
    """Importing boxreach leaves the import name `coverage` to coverage.py."""
    code = (
        "import boxreach, importlib.util as u; s = u.find_spec('coverage'); print(s and s.origin)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "src" not in Path(found.stdout.strip()).parts


def test_every_public_name_is_there():
    """What the stub promises can be had."""
    assert all(getattr(br, name) is not None for name in br.__all__)
    for name in ("read_sites", "read_communities", "read_roads", "read_closures", "read_frontier",
                 "read_population", "read_areas", "build_network", "travel_times", "reach", "gaps",
                 "summarise", "candidate_sites", "propose", "MaxCover", "Quota", "propose_posts",
                 "map_plan", "map_reach", "Tiles", "Redaction", "write_report", "load_demo",
                 "summarise_levels", "worst_places",
                 "density_quintiles", "coverage_curves", "plot_curves", "BoxType"):  # fmt: skip
        assert name in br.__all__


def test_importing_boxreach_loads_nothing_heavy():
    """The front door opens at once."""
    heavy = "('geopandas', 'scipy', 'folium')"
    code = f"import boxreach, sys; print([one for one in {heavy} if one in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_no_source_file_is_longer_than_500_lines():
    """A room that outgrows its floor is divided."""
    long = {
        one.relative_to(SOURCES): len(one.read_text(encoding="utf-8").splitlines())
        for one in (SOURCES / "boxreach").rglob("*.py")
    }
    assert len(long) > 400
    assert {path: lines for path, lines in long.items() if lines > 500} == {}


def test_no_file_is_exempt_from_a_rule():
    """A line may say why it breaks a rule, a file may not; of the package more is asked."""
    files = [one for room in ROOMS for one in (ROOT / room).rglob("*") if one.is_file()]
    found = [ROOT / "pyproject.toml", *(one for one in files if one.name.endswith("ruff.toml"))]
    assert [one.relative_to(ROOT).as_posix() for one in found] == [
        "pyproject.toml",
        "src/ruff.toml",
    ]
    whole, more = (tomllib.loads(one.read_text(encoding="utf-8")) for one in found)
    assert "per-file-ignores" not in whole["tool"]["ruff"]["lint"]
    assert set(more) == {"extend", "lint"}
    assert set(more["lint"]) == {"extend-select", "flake8-annotations"}
    waiver = re.compile(r"^\s*# *(ruff: *noqa|flake8: *noqa|mypy: *ignore|fmt: *off)", re.MULTILINE)
    code = [ROOT / ".ci" / "release", *(one for one in files if one.suffix == ".py")]
    assert len(code) > 800
    for one in code:
        assert not waiver.search(one.read_text(encoding="utf-8")), one


def list_lines(function, lines):
    """Return the lines of code of a function's body, without its docstring and comments."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    code = lines[body[0].lineno - 1 : function.end_lineno] if body else []
    return [one for one in code if one.strip() and not one.strip().startswith("#")]


@pytest.mark.slow
def test_no_function_is_longer_than_40_lines_of_code():
    """What outgrows them holds a second concept, which gets a name; no one is let off."""
    found = {}
    rooms = (one for one in ROOMS if one != "tests")  # where to the letter often means at length
    for path in (one for room in rooms for one in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                found[name] = len(list_lines(node, lines))
    assert len(found) > 3000
    assert {name: lines for name, lines in found.items() if lines > 40} == {}
