"""What every engine is asked, on one country and in one order of its nodes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.countries import Country

Integers = npt.NDArray[np.int64]

LIMIT_MS: Final = 3_600_000
SOURCES: Final = 1_000
DEMAND: Final = 50_000
SITES: Final = 100

SAMPLES: Final = {"scipy": 100, "pandana": 40, "networkx": 16, "igraph": 4, "ego_graph": 6}
"""How many of the first sources each engine is asked for; boxreach is timed on the same ones."""


@dataclass(frozen=True, eq=False)
class Question:
    """Nodes from where and to where.

    Attributes
    ----------
    sources
        A random node of each of so many random towns and villages.
    demand
        Random nodes, each once, in ascending order.
    sites
        Random nodes in towns, each once.
    """

    sources: Integers
    demand: Integers
    sites: Integers

    def save(self, folder: Path) -> None:
        """Write each array into a folder, which must be there."""
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name))

    @classmethod
    def load(cls, folder: Path) -> Question:
        """Read what `save` wrote."""
        return cls(**{one.name: np.load(folder / f"{one.name}.npy") for one in fields(cls)})


def pose_question(country: Country, seed: int = 0) -> Question:
    """Draw sources, demand and sites; in a small country the demand is a tenth of its nodes.

    Examples
    --------
    >>> from benchmarks.countries import make_country
    >>> question = pose_question(make_country(2_000))
    >>> len(question.sources), len(question.demand), len(question.sites)
    (1000, 200, 100)
    """
    random = np.random.Generator(np.random.PCG64([seed, 1]))
    nodes = len(country.lon)
    inhabited = np.flatnonzero(country.place >= 0)
    inhabited = inhabited[np.argsort(country.place[inhabited], kind="stable")]
    count = np.bincount(country.place[inhabited])
    town = random.integers(0, len(count), SOURCES)
    sources = inhabited[(np.cumsum(count) - count)[town] + random.integers(0, count[town])]
    demand = np.sort(random.choice(nodes, min(DEMAND, nodes // 10), replace=False))
    return Question(sources, demand, random.choice(inhabited, SITES, replace=False))
