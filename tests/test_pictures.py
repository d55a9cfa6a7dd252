"""The pictures of README and documentation are there, small, and made by their command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
NAMES = {"map.png", "curve.png", "strip.png"}


def test_every_picture_is_named_beside_its_command_and_date():
    """None is there that the command does not make, and none is missing."""
    said = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {one.name for one in FOLDER.glob("*.png")} == NAMES
    assert set(re.findall(r"\((\w+\.png)\)", said)) == NAMES
    assert "`python docs/pictures.py`" in said
    assert re.search(r"on \d{4}-\d\d-\d\d\.", said)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_picture_is_small_and_shown_in_the_readme(name):
    """Every clone carries it."""
    assert 2_000 < (FOLDER / name).stat().st_size < 150_000
    assert f"docs/pictures/{name}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.release
@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_the_command_makes_every_picture(demo_run, tmp_path):
    """From a finished run of the demonstration, without a network."""
    words = [ROOT / "docs" / "pictures.py", "--run", demo_run / "out", "--to", tmp_path / "new"]
    subprocess.run([sys.executable, *words], check=True)
    assert {one.name for one in (tmp_path / "new").iterdir()} == NAMES | {"README.md"}
    for name in NAMES:
        assert (tmp_path / "new" / name).read_bytes()[:4] == b"\x89PNG"
