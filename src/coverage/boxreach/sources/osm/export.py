"""Lines of text out of an extract, by osmium in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from boxreach.sources.osm.marks import Deleted
from boxreach.sources.osm.opl import Line, read_lines

_PROGRAM = Path(__file__).with_name("exporter.py")


class ExportError(Exception):
    """Osmium could not read a file; the text is what it said, if anything."""


class Export:
    """A running export of one file, and what it knows of where nodes lie."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._target, self._wanted = folder / "objects.opl", folder / "wanted.opl"
        self._said = folder / "errors.txt"

    def is_history(self) -> bool:
        """Wait for the export; tell whether the file holds several versions of its objects."""
        return self._wait() == "history"

    def lines(self, deleted: Deleted = frozenset()) -> Iterator[Line]:
        """Return the exported objects, after `is_history`; those given as deleted are invisible."""
        for line in read_lines(self._target):
            is_gone = deleted and (line.is_way, line.id) in deleted
            yield line._replace(visible=False) if is_gone else line

    def locate(self, opl: str) -> Iterator[Line]:
        """Return objects, given as lines of text, with the places of their nodes."""
        self._wanted.write_text(opl, encoding="utf-8")
        if self._process.stdin is not None:
            self._process.stdin.write(f"{self._wanted}\n")
            self._process.stdin.flush()
        self._wait()
        return read_lines(self._target)

    def _wait(self) -> str:
        word = self._process.stdout.readline().strip() if self._process.stdout else ""
        if not word:
            # A process that damaged data ended, by a signal too, says nothing more.
            self._process.wait()
            raise ExportError(self._said.read_text(encoding="utf-8", errors="replace").strip())
        return word


@contextmanager
def export_objects(
    path: Path, kind: str, mode: Literal["whole", "located", "places"]
) -> Iterator[Export]:
    """Start the export of a file, and end it afterwards.

    Parameters
    ----------
    path, kind
        The file, and how osmium calls its format.
    mode
        ``"whole"`` for every node and way; ``"located"`` for roads with their places and for
        nodes that may stop a vehicle, which is quicker; ``"places"`` for nodes that are places.

    Raises
    ------
    ExportError
        From what it gives, if osmium cannot read the file.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        # -P: the folder of the program is none to import from.
        command = [sys.executable, "-P", str(_PROGRAM), str(path), kind,
                   str(folder / "objects.opl"), mode]  # fmt: skip
        with (
            (folder / "errors.txt").open("wb") as said,
            subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
            ) as process,
        ):
            try:
                yield Export(process, folder)
            finally:
                process.kill()
