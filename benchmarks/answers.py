"""Answers of engines in one form, kept, and compared pair by pair."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Answer:
    """Times from sources to nodes, all pairs within the limit.

    Attributes
    ----------
    source
        The position of the source among those that were asked, ascending.
    node
        The node, ascending for each source.
    ms
        Milliseconds.
    """

    source: Integers
    node: Integers
    ms: npt.NDArray[np.float64] | Integers

    @classmethod
    def collect(cls, rows: Iterable[tuple[npt.ArrayLike, npt.ArrayLike]]) -> Answer:
        """Return the answer from the nodes and milliseconds of each source, in any order."""
        parts = [
            (np.full(len(node), nth), node, ms)
            for nth, (node, ms) in enumerate((np.asarray(a), np.asarray(b)) for a, b in rows)
        ]
        source, node, ms = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.lexsort((node, source))
        return cls(source[order], node[order], ms[order])

    def head(self, sources: int) -> Answer:
        """Return the answer for so many of the first sources."""
        end = int(np.searchsorted(self.source, sources))
        return Answer(self.source[:end], self.node[:end], self.ms[:end])

    def equals(self, other: Answer) -> bool:
        """Tell whether both hold the same pairs and the same milliseconds, to the last one."""
        return all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("source", "node", "ms")
        )

    def save(self, path: Path) -> None:
        """Write the answer to a file."""
        np.savez(path, source=self.source, node=self.node, ms=self.ms)

    @classmethod
    def load(cls, path: Path) -> Answer:
        """Read what `save` wrote."""
        with np.load(path) as kept:
            return cls(kept["source"], kept["node"], kept["ms"])


def time_best(work: Callable[[], T], *, repeats: int = 3, most_s: float = 20.0) -> tuple[float, T]:
    """Return the shortest wall time of some runs in seconds, and what the work gave.

    The work is done once at least, and not again when it took `most_s` altogether.
    """
    best, begun = np.inf, time.perf_counter()
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - begun > most_s:
            break
    return float(best), result
