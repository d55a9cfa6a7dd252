"""The release check refuses what should not leave the house, and says what to do."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    ".ci/release": (ROOT / ".ci" / "release").read_text(encoding="utf-8"),
    "pyproject.toml": '[project]\nname = "boxreach"\nversion = "1.2.3"\n',
    "src/coverage/boxreach/__init__.py": '"""A."""\n\n__version__ = "1.2.3"\n',
    "CHANGELOG.md": "# Changes\n\n## 1.2.3 (2026-12-01)\n\n## 1.2.2 (2026-11-01)\n",
}


@pytest.fixture(scope="module")
def release():
    """The check, as functions."""
    return SimpleNamespace(**runpy.run_path(str(ROOT / ".ci" / "release")))


@pytest.fixture
def git(tmp_path):
    """A repository of one commit, and git in it."""

    def call(*words):
        names = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *names, *words], cwd=tmp_path, check=True, capture_output=True)

    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    call("init", "-q")
    call("add", ".")
    call("commit", "-qm", "all")
    return call


def test_a_committed_version_that_is_one_everywhere_is_let_through(release, git, tmp_path):
    """Whether its tag is asked for, is given here already, or not."""
    assert list(release.find_unsaved(tmp_path)) == []
    assert list(release.find_versions(tmp_path, None)) == []
    assert list(release.find_versions(tmp_path, "v1.2.3")) == []
    git("tag", "v1.2.3")
    assert list(release.find_versions(tmp_path, "v1.2.3")) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("pyproject.toml", "1.2.3", "1.2.4", "boxreach/__init__.py has another __version__"),
        ("pyproject.toml", "1.2.3", "1.2.4", 'write "1.2.4 (YYYY-MM-DD)"'),
        ("pyproject.toml", "1.2.3", "1.2", "write X.Y.Z"),
        ("pyproject.toml", "1.2.3", "1.2.03", "write X.Y.Z"),
        ("src/coverage/boxreach/__init__.py", "1.2.3", "1.2.2", "another __version__"),
        ("CHANGELOG.md", "1.2.3 (2026-12-01)", "Unreleased", 'CHANGELOG.md is "Unreleased"'),
        ("CHANGELOG.md", " (2026-12-01)", "", 'CHANGELOG.md is "1.2.3"'),
        ("CHANGELOG.md", "## 1.2.3 (2026-12-01)\n\n", "", 'CHANGELOG.md is "1.2.2 (2026-11-01)"'),
    ],
)
def test_a_version_that_differs_somewhere_is_refused(release, git, tmp_path, name, old, new, said):
    """With the file and what to write there."""
    file = tmp_path / name
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert any(said in fault for fault in release.find_versions(tmp_path, None))


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.4", "v1.2", "release-1.2.3"])
def test_a_tag_of_another_form_or_version_is_refused(release, git, tmp_path, tag):
    """And the right one is told."""
    (fault,) = release.find_versions(tmp_path, tag)
    assert tag in fault
    assert fault.endswith("give v1.2.3")


def test_a_version_that_was_released_from_another_commit_is_refused(release, git, tmp_path):
    """What is released stays as it is."""
    git("tag", "v1.2.3")
    git("commit", "-q", "--allow-empty", "-m", "more")
    (fault,) = release.find_versions(tmp_path, None)
    assert fault.startswith("v1.2.3 is the tag of another commit: raise the version")


def test_the_command_tells_all_at_once_and_ends_with_1(git, tmp_path):
    """Nothing is built where the papers do not agree."""
    (tmp_path / "stray.txt").touch()
    command = [sys.executable, str(tmp_path / ".ci" / "release"), "v2.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "not committed are stray.txt (1 in all)" in done.stdout
    assert "give v1.2.3" in done.stdout
    assert not (tmp_path / "dist").exists()


def test_a_wheel_has_what_is_tracked_of_the_package_and_its_data_and_the_licences(release):
    """Of all else nothing."""
    package = ["src/coverage/boxreach/text/__init__.py", "data/iraq/towns.csv", "data/README.md"]
    tracked = [*package, "data/build_iraq.py", "tests/conftest.py", "LICENSE"]
    due = release.place_in_wheel(tracked, "1.2.3")
    needed = {f"boxreach/{one}" for one in release.NEEDED}
    assert due - needed == {
        "boxreach/text/__init__.py",
        "boxreach/data/iraq/towns.csv",
        "boxreach/data/README.md",
        "boxreach-1.2.3.dist-info/METADATA",
        "boxreach-1.2.3.dist-info/WHEEL",
        "boxreach-1.2.3.dist-info/RECORD",
        "boxreach-1.2.3.dist-info/entry_points.txt",
        "boxreach-1.2.3.dist-info/licenses/LICENSE",
        "boxreach-1.2.3.dist-info/licenses/data/NOTICE.md",
    }


def test_what_a_wheel_needs_is_in_the_repository(release):
    """So the check asks for nothing that cannot be there."""
    for name in release.NEEDED:
        home = ROOT if name.startswith("data/") else ROOT / "src" / "coverage" / "boxreach"
        assert (home / name).is_file(), name
    assert all((ROOT / one).is_file() for one in release.LICENCES)


def test_files_that_an_archive_lacks_or_has_too_much_are_named(release):
    """Caches even where somebody committed them."""
    due = {"boxreach/py.typed", "boxreach/search.nbi"}
    held = ["boxreach/search.nbi", "tests/conftest.py"]
    lacks, has = release.find_strays("wheel", held, due)
    assert "lacks boxreach/py.typed (1 in all)" in lacks
    assert "should not, boxreach/search.nbi, tests/conftest.py (2 in all)" in has
    assert list(release.find_strays("wheel", ["boxreach/py.typed"], {"boxreach/py.typed"})) == []


def test_a_wheel_that_the_sdist_does_not_build_to_is_told(release, tmp_path):
    """Who builds from the sdist gets what was looked at, to the byte."""
    for folder in ("dist", "direct"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "boxreach-1.2.3-py3-none-any.whl").write_bytes(b"one")
    assert list(release.find_difference(tmp_path)) == []
    (tmp_path / "direct" / "boxreach-1.2.3-py3-none-any.whl").write_bytes(b"two")
    assert len(list(release.find_difference(tmp_path))) == 1


def test_a_command_that_fails_is_told_with_what_it_said(release, tmp_path, capsys):
    """A thing that cannot be looked at does not hold."""

    def look():
        release.run(sys.executable, "-c", "raise SystemExit('no index')", folder=tmp_path)

    assert not release.holds("the index answers", look)
    said = capsys.readouterr().out
    assert "does not hold the index answers" in said
    assert "no index" in said


def test_another_version_than_that_of_the_commit_is_told_of_what_is_installed(
    release, git, tmp_path
):
    """The wheel that was looked at is the one that runs."""
    program = tmp_path / "alone" / "bin" / "boxreach"
    program.parent.mkdir(parents=True)
    for version, told in (("1.2.3", 0), ("1.2.2", 1)):
        program.write_text(f"#!/bin/sh\necho '{json.dumps({'boxreach': version})}'\n")
        program.chmod(0o755)
        assert len(list(release.find_other_version(tmp_path, tmp_path))) == told
