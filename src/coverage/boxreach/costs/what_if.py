"""What it takes to ask what would be if."""

from __future__ import annotations

from dataclasses import dataclass

from boxreach.costs.work import Work


@dataclass(frozen=True)
class WhatIfCost:
    """What a what-if takes, told from a part of it.

    Attributes
    ----------
    work
        All of it.
    pairs
        Times from where boxes may stand, up to the longest threshold; 0 where nothing asks.
    roads, scenarios
        How many roads are taken away, and how many scenarios are compared.
    memory_mb
        What is held meanwhile, beside what was held before.
    """

    work: Work
    pairs: float
    roads: float = 0.0
    scenarios: int = 0
    memory_mb: float = 0.0
