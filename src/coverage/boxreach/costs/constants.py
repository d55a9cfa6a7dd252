"""What work takes on the machine on which it was measured: ``constants.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from boxreach.costs.work import Work

Amounts = Mapping[str, float]
"""What one of each size takes, by the names of `Sizes`; ``once`` whatever the sizes."""

FILE = "constants.toml"


@dataclass(frozen=True)
class PairCost:
    """Seconds of the processor for each time within the cutoff.

    Attributes
    ----------
    found_s, joined_s
        To find it, and to put it into its place among all.
    """

    found_s: float
    joined_s: float

    def at(self, pace: float) -> PairCost:
        """Return what it is on a machine of another pace."""
        return PairCost(self.found_s * pace, self.joined_s * pace)

    def work(self, pairs: float) -> Work:
        """Return the work of so many times.

        Examples
        --------
        >>> PairCost(found_s=2e-7, joined_s=1e-7).work(1e7)
        Work(alone_s=1.0, threads_s=0.0, workers_s=2.0)
        """
        return Work(alone_s=pairs * self.joined_s, workers_s=pairs * self.found_s)


@dataclass(frozen=True)
class Constants:
    """What ``constants.toml`` holds.

    Attributes
    ----------
    made
        Date, machine and command of the measurement.
    kernels_s, words_s
        What the two tasks took by which another machine is held against that one.
    seconds
        Of the processor, by step.
    alone
        The share of each step's seconds that one thread does alone.
    memory_mb
        What each step holds beyond what was read.
    disk_mb
        What is written.
    pair
        What each time within the cutoff takes.
    workers
        Seconds to start one, and to send it a megabyte.
    """

    made: Mapping[str, str]
    kernels_s: float
    words_s: float
    seconds: Mapping[str, Amounts]
    alone: Amounts
    memory_mb: Mapping[str, Amounts]
    disk_mb: Amounts
    pair: PairCost
    workers: Amounts

    @classmethod
    def read(cls, text: str) -> Constants:
        """Return the constants of a file.

        Parameters
        ----------
        text
            What is in it.
        """
        known: dict[str, Any] = tomllib.loads(text)
        pace, pair = known.pop("pace"), PairCost(**known.pop("pair"))
        return cls(kernels_s=pace["kernels_s"], words_s=pace["words_s"], pair=pair, **known)


@cache
def load_constants() -> Constants:
    """Return the constants that are shipped.

    Examples
    --------
    >>> constants = load_constants()
    >>> sorted(constants.made)
    ['command', 'date', 'machine']
    """
    return Constants.read(files("boxreach.costs").joinpath(FILE).read_text(encoding="utf-8"))


def weigh(amounts: Amounts, sizes: Amounts) -> float:
    """Return what sizes come to.

    Parameters
    ----------
    amounts
        What one of each takes.
    sizes
        How many there are of each.

    Examples
    --------
    >>> weigh({"once": 0.5, "roads": 0.01}, {"once": 1, "roads": 200, "rows": 7})
    2.5
    """
    return sum(amount * sizes[name] for name, amount in amounts.items())
