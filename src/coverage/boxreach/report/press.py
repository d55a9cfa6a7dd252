"""Papers of a long PDF printed in processes of their own, some at once, and bound to one file.

Laying out is all Python and keeps one processor busy; and what a process takes for it, it gives
back only when it ends.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from boxreach.report.typesetting import Paper, lay_out

_MOST_AT_ONCE = 4
"""Processes at most: each takes some hundred megabytes."""

_PAUSE_S = 0.02


def print_papers(papers: Iterable[Paper]) -> Iterator[bytes]:
    """Print papers, some at once, and yield each as a PDF, in their order.

    Parameters
    ----------
    papers
        Papers; they are read as there is a free processor.

    Raises
    ------
    RuntimeError
        If one cannot be printed, with what its process said.

    Notes
    -----
    Where boxreach runs inside another program than Python there is no Python to start, and papers
    are printed one after another in this process.
    """
    if not Path(sys.executable or "").name.lower().startswith("python"):
        yield from map(_print, papers)
        return
    waiting = enumerate(papers)
    running: dict[int, _Print] = {}
    printed: dict[int, bytes] = {}
    told, free = 0, True
    try:
        while free or running:
            while free and len(running) < min(_MOST_AT_ONCE, os.cpu_count() or 1):
                number, paper = next(waiting, (None, None))
                if number is None or paper is None:
                    free = False
                else:
                    running[number] = _Print(paper)
            for number in [one for one, process in running.items() if process.ended]:
                printed[number] = running.pop(number).read()
            while told in printed:
                yield printed.pop(told)
                told += 1
            time.sleep(_PAUSE_S)
    finally:
        for process in running.values():
            process.stop()


def bind(path: str | Path, parts: Iterable[bytes]) -> None:
    """Write the pages of PDFs into one file, with title, language and outline of the first.

    Parameters
    ----------
    path
        The file. What identifies it among others is made of all that is in it.
    parts
        PDFs, each whole.
    """
    import pikepdf  # noqa: PLC0415 - of an extra

    with ExitStack() as opened:
        first, *others = (opened.enter_context(pikepdf.open(io.BytesIO(part))) for part in parts)
        for other in others:
            first.pages.extend(other.pages)
        packed = pikepdf.ObjectStreamMode.generate
        first.save(path, object_stream_mode=packed, deterministic_id=True)


class _Print:
    """A paper that a process of its own prints."""

    def __init__(self, paper: Paper) -> None:
        # closed when they are read, or when the process is stopped
        self._told = tempfile.TemporaryFile()  # noqa: SIM115
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        with tempfile.TemporaryFile() as asked:
            asked.write(json.dumps(asdict(paper)).encode())
            asked.seek(0)
            # it finds boxreach, and WeasyPrint, where this process does
            known = os.pathsep.join(place for place in sys.path if place)
            self._process = subprocess.Popen(  # noqa: S603 - this Python, and our own module
                [sys.executable, "-P", "-m", __name__],
                stdin=asked,
                stdout=self._told,
                stderr=self._said,
                env={**os.environ, "PYTHONPATH": known},
            )

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def read(self) -> bytes:
        """Return the PDF of a process that has ended."""
        with self._told as told, self._said as said:
            if self._process.returncode:
                said.seek(0)
                reason = said.read().decode(errors="replace").strip().rpartition("\n")[2]
                code = self._process.returncode
                raise RuntimeError(f"some pages could not be printed (exit code {code}): {reason}")
            told.seek(0)
            return told.read()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._told.close()
        self._said.close()


def _print(paper: Paper) -> bytes:
    document = lay_out(paper)
    # without one of its own, WeasyPrint would take what is random
    return bytes(document.write_pdf(pdf_identifier=b"boxreach"))


def _print_asked() -> None:
    """Print the paper on standard input to standard output."""
    asked = json.load(sys.stdin.buffer)
    paper = Paper(**asked | {"styles": tuple(asked["styles"])})
    sys.stdout.buffer.write(_print(paper))


if __name__ == "__main__":
    _print_asked()
