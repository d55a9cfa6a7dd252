"""The examples an analyst begins with run, as scripts and as notebooks made from these."""

import runpy
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SAID = {
    "first_plan": ["Box positions are illustrative", "optimal: no plan covers more", "TOO_FAR"],
    "own_country": ["of 160 communities within 30 minutes", "nothing is wrong"],
    "placement_rules": ["kept: at least 12 in governorate Anbar", "these rules together"],
    "frontier": ["606 segments, 604 km", "0 -> 604 of 604 km"],
    "closures": ["three roads closed", "people_lost"],
    "from_osmnx": ["224 directed edges are 112 roads", "3 are proposed"],
    "reading_results": ["report.gpkg", "EPSG:4326", "rows"],
}

DAILY = {"first_plan", "from_osmnx", "reading_results"}
"""Those that run each day as scripts; one more does in a kernel."""


@pytest.fixture(scope="module")
def maker():
    """Return what `make_notebooks` knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the notebook tools' own parts
        return runpy.run_path(str(EXAMPLES / "make_notebooks.py"), run_name="maker")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.release] * (name not in DAILY), id=name)
        for name in SAID
    ],
)
def test_an_example_runs_and_says_what_it_found(name, tmp_path, monkeypatch, capsys):
    """Each in a folder of its own, and with what it promises to print."""
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runpy.run_path(str(EXAMPLES / f"{name}.py"))
    said = capsys.readouterr().out
    assert [one for one in SAID[name] if one not in said] == [], said


@pytest.mark.parametrize("name", SAID)
def test_an_example_says_what_its_data_are(name):
    """Nobody takes a figure of it for one of Iraq."""
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert "**The data**" in text
    head = text.split("# %%\n")[0]
    assert any(word in head for word in ("illustrative", "schematic", "made-up"))


@pytest.mark.parametrize("name", SAID)
def test_a_notebook_is_its_script(name, maker):
    """It was made by the command, after the last change."""
    found = (EXAMPLES / f"{name}.ipynb").read_text(encoding="utf-8")
    assert found == maker["make_notebook"](EXAMPLES / f"{name}.py"), (
        "run python examples/make_notebooks.py"
    )


def test_every_notebook_has_a_script_and_runs_here(maker):
    """None is forgotten by the command or by the tests."""
    notebooks = {one.stem for one in EXAMPLES.glob("*.ipynb")}
    assert notebooks == set(maker["NAMES"]) == set(SAID)


@pytest.mark.release
@pytest.mark.slow
def test_a_notebook_runs_in_a_kernel_of_its_own(tmp_path):
    """As in Jupyter; what the cells hold is what the scripts hold, so one stands for all."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook = nbformat.read(EXAMPLES / "own_country.ipynb", as_version=4)
        client = nbclient.NotebookClient(
            notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
        )
        client.execute()
    said = "".join(
        one.get("text", "") for cell in notebook.cells for one in cell.get("outputs", [])
    )
    assert "of 160 communities within 30 minutes" in said
    assert "nothing is wrong" in said
