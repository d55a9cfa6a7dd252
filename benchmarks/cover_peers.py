"""What spopt takes for the same question, with the solvers it can use."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cover_land import make_land
from benchmarks.cover_ours import SITES

Figures = dict[str, Any]


def measure_cbc(folder: Path, settings: Figures) -> Figures:
    """Solve 1,000 x 10,000 with spopt and the CBC that comes with PuLP."""
    import pulp

    return _solve(folder, settings, pulp.PULP_CBC_CMD(msg=False))


def measure_highs(folder: Path, settings: Figures) -> Figures:
    """Solve 1,000 x 10,000 with spopt and HiGHS."""
    import pulp

    return _solve(folder, settings, pulp.HiGHS(msg=False))


def _solve(folder: Path, settings: Figures, solver: Any) -> Figures:
    from spopt.locate import MCLP

    land = make_land(1_000, 10_000, 20.0, settings["seed"])
    cost = np.where(land.cover.toarray().T > 0, 0.0, 1.0)  # demand by sites, as spopt takes it
    wall, cpu = time.perf_counter(), time.process_time()
    model = MCLP.from_cost_matrix(cost, land.weights, service_radius=0.5, p_facilities=SITES)
    model.solve(solver)
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall_s": wall_s, "cpu_s": cpu_s, "objective": float(model.problem.objective.value())}
