"""What the command line says of itself: its version, what is installed, and how words go on."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

import boxreach as br
from boxreach.cli import commands, versions


def test_the_version_is_one_line():
    done = CliRunner().invoke(commands, ["--version"])
    assert (done.exit_code, done.output) == (0, f"boxreach {br.__version__}\n")


@pytest.mark.parametrize("arguments", [["--version", "--json"], ["--json", "--version"]])
def test_the_version_as_json_says_what_is_installed(arguments):
    done = CliRunner().invoke(commands, arguments)
    assert done.exit_code == 0
    told = json.loads(done.output)
    assert list(told) == ["boxreach", "python", "system", "machine", "libraries", "extras"]
    assert told["boxreach"] == br.__version__
    assert told["libraries"]["numpy"] == version("numpy")
    assert list(told["extras"]) == ["distributed", "hexagons", "parquet", "pdf", "plots", "word"]
    assert told["extras"]["hexagons"] is True


def test_json_before_a_command_is_refused_and_not_swallowed():
    done = CliRunner().invoke(commands, ["--json", "check", "plan.toml"])
    assert done.exit_code == 2
    assert "--json goes with --version here" in done.output


def test_an_extra_is_there_only_with_all_that_it_needs(monkeypatch):
    needs = ['h3>=4.1; extra == "hexagons"', 'pyarrow; extra == "both"', 'no-such; extra == "both"',
             "numpy>=2", 'ruff; extra == "lint"']  # fmt: skip
    monkeypatch.setattr(versions, "requires", lambda _name: needs)
    assert versions.describe_installation()["extras"] == {"both": False, "hexagons": True}


@pytest.mark.slow
def test_commands_and_options_are_completed_and_nothing_runs(tmp_path, monkeypatch):
    """As docs/terminal.md says; the program is called as its script calls it."""
    monkeypatch.chdir(tmp_path)
    script = Path(sys.executable).with_name("boxreach")
    if not script.exists() or shutil.which("bash") is None:
        pytest.skip("the script or bash is not there")
    steps = """
    eval "$(_BOXREACH_COMPLETE=bash_source boxreach)"
    for line in "boxreach re" "boxreach run --stri" "boxreach -"; do
        COMP_WORDS=($line); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
        _boxreach_completion boxreach; echo "${COMPREPLY[@]}"
    done
    """
    path = os.pathsep.join([str(script.parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", steps], capture_output=True, text=True, check=True,
        env=os.environ | {"PATH": path},
    )  # fmt: skip
    commands_of, options_of, general = done.stdout.splitlines()
    assert {"reach", "report"} <= set(commands_of.split())
    assert "run" not in commands_of.split()
    assert options_of.split() == ["--strict"]
    assert {"--version", "--language", "--help"} <= set(general.split())
    assert list(tmp_path.iterdir()) == []
