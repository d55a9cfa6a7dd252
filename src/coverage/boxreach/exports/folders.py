"""Folders of outputs: whole or not at all, and nothing of anybody else's lost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        "run.json",
        "segments.csv",
        "subdistricts.csv",
        "summary.json",
        "worst_places.csv",
    }
)
"""Every file a run may write; a folder that holds others is not replaced."""


@contextmanager
def output_folder(path: str | Path) -> Iterator[Path]:
    """Give a folder to write into, which takes the place of `path` only when all went well.

    An earlier run's outputs at `path` are replaced as a whole. A folder that holds anything
    else is refused, so that nothing of its owner's is lost.
    """
    path = Path(path).resolve()
    if Path.cwd().is_relative_to(path):
        what = "the command runs in this folder, which the outputs would replace"
        raise InputError(Fault(what, str(path), advice="name a folder of its own with -o"))
    _refuse_foreign(path)
    with _parents(path):
        unfinished = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        try:
            yield unfinished
            unfinished.chmod(0o755)
            _refuse_foreign(path)
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


def _refuse_foreign(path: Path) -> None:
    nearest = next(one for one in (path, *path.parents) if one.exists())
    if not nearest.is_dir():
        raise InputError(Fault("it is a file", str(nearest), advice="name a folder with -o"))
    held = path.iterdir() if nearest == path else ()
    foreign = sorted(one.name for one in held if one.name not in OUTPUT_FILES or not one.is_file())
    if foreign:
        what = f"the folder holds what no run wrote ({', '.join(foreign[:3])})"
        raise InputError(Fault(what, str(path), advice="name a new or empty folder with -o"))


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
