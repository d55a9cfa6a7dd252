"""What boxreach takes to plan boxes in a synthetic land."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cover_land import make_land

Figures = dict[str, Any]

SITES = 100
_AT_LEAST = 10
_ZONES = 5


def measure_thousand(folder: Path, settings: Figures) -> Figures:
    """Solve 1,000 x 10,000 to the end, and keep the sites for others to compare."""
    figures = solve(settings, 1_000, 10_000, 20.0, 60.0)
    np.save(folder / "thousand.npy", figures.pop("sites"))
    return figures


def measure_five(folder: Path, settings: Figures) -> Figures:
    """Solve 5,000 x 50,000 with a radius of 8 km."""
    return _drop(solve(settings, 5_000, 50_000, 8.0, 60.0))


def measure_five_wide(folder: Path, settings: Figures) -> Figures:
    """Solve the same with a radius of 15 km, where boxes compete more."""
    return _drop(solve(settings, 5_000, 50_000, 15.0, 60.0))


def measure_five_quotas(folder: Path, settings: Figures) -> Figures:
    """Solve the first with at least ten sites in each of five strips."""
    return _drop(solve(settings, 5_000, 50_000, 8.0, 60.0, quotas=True))


def measure_twenty(folder: Path, settings: Figures) -> Figures:
    """Solve 20,000 x 200,000."""
    return _drop(solve(settings, 20_000, 200_000, 12.0, 60.0))


def measure_million(folder: Path, settings: Figures) -> Figures:
    """Solve 20,000 x 1,000,000 in 60 seconds."""
    return _drop(solve(settings, 20_000, 1_000_000, 16.0, 60.0))


def measure_million_short(folder: Path, settings: Figures) -> Figures:
    """Solve the same in 30 seconds."""
    return _drop(solve(settings, 20_000, 1_000_000, 16.0, 30.0))


def measure_million_long(folder: Path, settings: Figures) -> Figures:
    """Solve the same in 120 seconds."""
    return _drop(solve(settings, 20_000, 1_000_000, 16.0, 120.0))


def solve(
    settings: Figures,
    sites: int,
    demand: int,
    radius_km: float,
    seconds: float,
    *,
    quotas: bool = False,
) -> Figures:
    """Return what came of a land of so many sites and so much demand."""
    from boxreach.location import GroupLimit, Rules, max_cover

    def rule(land: Any, least: int) -> Rules:
        zones = range(_ZONES if quotas else 0)
        return Rules(limits=tuple(GroupLimit(land.zone == zone, least) for zone in zones))

    small = make_land(1_000, 5_000, 15.0)  # kernels from disk
    max_cover(small.cover, small.weights, sites=20, rules=rule(small, 1), seconds=120.0)
    land = make_land(sites, demand, radius_km, settings["seed"])
    rules = rule(land, _AT_LEAST)
    wall, cpu = time.perf_counter(), time.process_time()
    found = max_cover(land.cover, land.weights, sites=SITES, rules=rules, seconds=seconds)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "status": found.status,
        "objective": found.objective,
        "bound": found.bound,
        "gap": found.gap,
        "pairs": int(land.cover.nnz),
        "seconds": seconds,
        "sites": found.sites,
        "kept": not rules.broken(found.sites, land.cover),
    }


def _drop(figures: Figures) -> Figures:
    figures.pop("sites")
    return figures
