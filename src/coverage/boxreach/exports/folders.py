"""Folders of outputs: whole or not at all, and nothing of anybody else's lost."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from boxreach.disks import telling_full_disk
from boxreach.errors import Fault, InputError
from boxreach.exports.exchange import exchange
from boxreach.unfinished import (
    WRITTEN,
    clear_unfinished,
    is_being_written,
    list_unfinished,
    unfinished_folder,
)

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
"""Every file a run may write that is asked for no more than reach, boxes and posts."""

WHAT_IF_FILES = frozenset(
    {
        "comparison.json",
        "critical_boxes.csv",
        "critical_places.csv",
        "critical_roads.csv",
        "critical_roads.geojson",
        "opening.csv",
        "opening_order.csv",
        "proposal_cases.csv",
        "robustness.csv",
        "robustness_areas.csv",
        "robustness_draws.csv",
        "robustness_sites.csv",
        "round_steps.csv",
        "scenario_areas.csv",
        "scenario_boxes.csv",
        "scenario_places.csv",
        "scenario_places.geojson",
        "scenarios.csv",
    }
)
"""Every file besides that a run writes of what else it is asked, or a comparison of two runs."""

_EARLIER = ".earlier"


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
        """Return what in a folder is none of these, by its path below it.

        What another run clears away meanwhile is not in it.
        """
        strangers = self._strangers(folder, folder)
        return sorted(one for one in strangers if os.path.lexists(folder / one))

    def _strangers(self, folder: Path, below: Path) -> Iterator[str]:
        for one in _list(below):
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


def _list(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return [*folder.iterdir()]
    return []


RUN_CONTENTS = Contents("run", "name a new or empty folder with -o", OUTPUT_FILES | WHAT_IF_FILES)
"""What the folder of a run holds; one that holds anything else is not replaced."""

_COMPARISON_FILES = ("comparison.json", "map.html", "report.*", "round_steps.csv", "scenario*.*")
COMPARISON_CONTENTS = Contents(
    "comparison", "name a new or empty folder with -o", frozenset(_COMPARISON_FILES)
)
"""What the folder of a comparison holds, and no run: those it compares are not replaced by it."""


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

    Notes
    -----
    At every moment the whole earlier folder or the whole new one is at `path`, where the system
    can let folders change places in one step (`boxreach.exports.exchange`). Elsewhere a process
    that is killed between two steps leaves the earlier one hidden beside it, and the next puts it
    back. Of two that write to one `path` at once the later one wins, whole.
    """
    path = Path(path).resolve()
    if Path.cwd().is_relative_to(path):
        what = "the command runs in this folder, which the outputs would replace"
        raise InputError(Fault(what, str(path), advice=contents.advice))
    _put_back(path)
    clear_unfinished(path, contents.foreign)
    _refuse_foreign(path, contents)
    full = telling_full_disk(path, "the outputs", within=path.parent)
    with full, _parents(path), unfinished_folder(path) as unfinished:
        yield unfinished
        unfinished.chmod(0o755)
        _refuse_foreign(path, contents)
        _move_into_place(unfinished, path, contents)
        sys.audit(WRITTEN, str(path))


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
        raise InputError(_tell_foreign(foreign, path, contents))


def _tell_foreign(foreign: list[str], path: Path, contents: Contents) -> Fault:
    what = f"the folder holds what no {contents.writer} wrote ({', '.join(foreign[:3])})"
    return Fault(what, str(path), advice=contents.advice)


def _move_into_place(folder: Path, path: Path, contents: Contents) -> None:
    """Let `folder` take the place of `path`; what was there is afterwards at `folder`."""
    if not path.exists():
        try:
            folder.replace(path)
        except OSError:
            if not path.exists():
                raise
        else:
            return  # else another run was quicker, and its outputs are replaced
    _write_through(folder)
    _change_places(folder, path)
    foreign = contents.foreign(folder)
    if foreign:  # somebody's file came in the last moment
        _change_places(folder, path)
        raise InputError(_tell_foreign(foreign, path, contents))


def _write_through(folder: Path) -> None:
    """Wait until all of a folder is on the disk: only then may the earlier one go.

    What a full disk, or one over a network, takes back of what was written, it says here.
    """
    if os.name != "posix":
        return
    for one in (*folder.rglob("*"), folder):
        opened = os.open(one, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _change_places(folder: Path, path: Path) -> None:
    """Let two folders change places: in one step, else in three, between which see `_put_back`."""
    if exchange(folder, path):
        return
    earlier = folder.with_name(f"{folder.name}{_EARLIER}")
    path.replace(earlier)
    try:
        folder.replace(path)
    except BaseException:
        earlier.replace(path)
        raise
    earlier.replace(folder)


def _put_back(path: Path) -> None:
    """Put back the outputs that a process killed between two steps had moved out of the way."""
    with suppress(OSError):  # the folder above is not there, or a run that lives is at it
        for earlier in list_unfinished(path, _EARLIER):
            if path.exists():
                earlier.rename(earlier.with_name(earlier.name.removesuffix(_EARLIER)))
            elif not is_being_written(earlier.with_name(earlier.name.removesuffix(_EARLIER))):
                earlier.rename(path)
