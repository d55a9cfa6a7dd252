"""Mosul without its bridges, on the roads of 2016: docs/iraq.md tells what the script prints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ROOT.parent / "shared" / "data" / "iraq"

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.release,
    pytest.mark.skipif(not LAYERS.is_dir(), reason=f"the real layers are not in {LAYERS}"),
]


@pytest.fixture(scope="module")
def printed():
    """What docs/iraq_bridges.py prints."""
    command = [sys.executable, str(ROOT / "docs" / "iraq_bridges.py")]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return done.stdout


def _rows(text, title):
    part = text.split(f"### {title}\n")[1].split("\n### ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _whole(cell):
    return int(cell.replace(",", ""))


def test_the_page_holds_what_the_script_prints_word_for_word(printed):
    page = (ROOT / "docs" / "iraq.md").read_text(encoding="utf-8")
    assert printed.strip() in page


def test_without_bridges_each_bank_has_its_own_boxes_alone(printed):
    rows = {(bank, bridges): cells for bank, bridges, *cells in
            _rows(printed, "The banks of the Tigris at Mosul")}  # fmt: skip
    for bank in {bank for bank, _ in rows}:
        standing, down = rows[bank, "standing"], rows[bank, "down"]
        assert standing[0] == down[0]
        for before, after in zip(standing[1:4], down[1:4], strict=True):
            assert _whole(after) <= _whole(before) <= _whole(standing[0])
    left = next(bank for bank, _ in rows if bank.startswith("left"))
    assert _whole(rows[left, "down"][1]) < _whole(rows[left, "standing"][1]) / 2


def test_opening_all_that_helps_brings_back_what_closing_all_took(printed):
    banks = _rows(printed, "The banks of the Tigris at Mosul")
    within = {state: sum(_whole(row[3]) for row in banks if row[1] == state)
              for state in ("standing", "down")}  # fmt: skip
    opened = _rows(printed, "If all are down")
    assert _whole(opened[-1][3]) == pytest.approx(within["standing"] - within["down"], abs=2)
    assert re.search(r"one more box at .+ brings [\d,]+ people", printed)
