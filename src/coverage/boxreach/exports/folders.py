"""Folders of outputs: whole or not at all, and nothing of anybody else's lost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from boxreach.errors import Fault, InputError

OUTPUT_FILES = frozenset(
    {
        "areas.csv",
        "areas.geojson",
        "bridges.csv",
        "candidates_dropped.csv",
        "crossings.csv",
        "curve.csv",
        "curves.csv",
        "demand.csv",
        "demand_areas.csv",
        "density.csv",
        "districts.csv",
        "evidence.npz",
        "frontier.csv",
        "frontier.geojson",
        "gap_clusters.csv",
        "gap_clusters.geojson",
        "gaps.csv",
        "map.html",
        "moves.csv",
        "open_stretches.csv",
        "phases.csv",
        "post_links.csv",
        "posts.csv",
        "posts.geojson",
        "posts_dropped.csv",
        "proposals.csv",
        "proposals.geojson",
        "reach.csv",
        "report.html",
        "report.json",
        "run.json",
        "segments.csv",
        "sheets.html",
        "subdistricts.csv",
        "summary.json",
        "worst_places.csv",
    }
)
"""Every file a run may write; a folder that holds others is not replaced."""


@dataclass(frozen=True)
class Contents:
    """What a folder may hold that is replaced as a whole.

    Attributes
    ----------
    writer
        Who writes it, as messages call it.
    advice
        What to do where a folder will not do.
    files
        Paths below the folder, in which ``*`` stands for any name.
    """

    writer: str
    advice: str
    files: frozenset[str]

    def foreign(self, folder: Path) -> list[str]:
        """Return what in a folder is none of these, by its path below it."""
        return sorted(self._strangers(folder, folder))

    def _strangers(self, folder: Path, below: Path) -> Iterator[str]:
        for one in below.iterdir():
            name = one.relative_to(folder).as_posix()
            if one.is_dir() and not one.is_symlink() and self._has_folder(name):
                yield from self._strangers(folder, one)
            elif not (one.is_file() and self._has(name)):
                yield name

    def _has(self, name: str) -> bool:
        return any(
            fnmatchcase(name, one) and name.count("/") == one.count("/") for one in self.files
        )

    def _has_folder(self, name: str) -> bool:
        return any(one.startswith(f"{name}/") for one in self.files)


RUN_CONTENTS = Contents("run", "name a new or empty folder with -o", OUTPUT_FILES)
"""What the folder of a run holds."""


@contextmanager
def output_folder(path: str | Path, contents: Contents = RUN_CONTENTS) -> Iterator[Path]:
    """Give a folder to write into, which takes the place of `path` only when all went well.

    What the same writer wrote to `path` earlier is replaced as a whole. A folder that holds
    anything else is refused, so that nothing of its owner's is lost.

    Parameters
    ----------
    path
        Where the folder is to be.
    contents
        What it may hold already.
    """
    path = Path(path).resolve()
    if Path.cwd().is_relative_to(path):
        what = "the command runs in this folder, which the outputs would replace"
        raise InputError(Fault(what, str(path), advice=contents.advice))
    _refuse_foreign(path, contents)
    with _parents(path):
        unfinished = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        try:
            yield unfinished
            unfinished.chmod(0o755)
            _refuse_foreign(path, contents)
            _move_into_place(unfinished, path)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


@contextmanager
def _parents(path: Path) -> Iterator[None]:
    """Make the folders above a path, and take those away again that stay empty."""
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for folder in made:
            with suppress(OSError):  # it is not there, or it holds the outputs
                folder.rmdir()


def _refuse_foreign(path: Path, contents: Contents) -> None:
    """Raise `InputError` if a folder cannot be there, or holds what somebody else wrote."""
    nearest = next(one for one in (path, *path.parents) if one.exists())
    if not nearest.is_dir():
        raise InputError(Fault("it is a file", str(nearest), advice=contents.advice))
    foreign = contents.foreign(path) if nearest == path else []
    if foreign:
        what = f"the folder holds what no {contents.writer} wrote ({', '.join(foreign[:3])})"
        raise InputError(Fault(what, str(path), advice=contents.advice))


def _move_into_place(folder: Path, path: Path) -> None:
    """Let `folder` take the place of `path`, which is back again if that fails."""
    if not path.exists():
        folder.replace(path)
        return
    earlier = folder.with_name(f"{folder.name}-earlier")
    path.replace(earlier)
    try:
        folder.replace(path)
    except BaseException:
        earlier.replace(path)
        raise
    shutil.rmtree(earlier)
