"""Print the table of docs/location.md: the same matrices solved by boxreach and by spopt.

In an environment of its own:

python -m pip install . spopt pulp
python docs/location_peers.py

Swain's places and San Francisco are read from ../shared/data beside the checkout, and left out
where they are not there.
"""

import json
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pulp
from markdown_text import table
from scipy.sparse import csr_array
from spopt.locate import LSCP, LSCPB, MCLP, PCenter, PMedian

from boxreach.location.center import p_center
from boxreach.location.cover import max_cover
from boxreach.location.median import p_median
from boxreach.location.rules import Rules
from boxreach.location.set_cover import set_cover

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "validation"
Case = tuple[str, Any, Any, float, int]


def cases() -> Iterator[Case]:
    """Give name, costs (sites by demand), weights, radius and p."""
    corner = np.array([[1.0, 1.0, 9.0, 9.0], [9.0, 1.0, 1.0, 9.0], [9.0, 9.0, 1.0, 1.0]])
    yield "3 × 4 by hand", corner, np.ones(4), 1.0, 2
    for seed, side, count in ((1, 60, 20), (2, 120, 40)):
        random = np.random.default_rng(seed)
        places = random.random((side, 2))
        sites = places[random.choice(side, count, replace=False)]
        cost = np.round(100 * np.hypot(*(sites[:, None] - places).transpose(2, 0, 1)))
        radius = float(np.sort(cost, axis=0)[0].max())
        yield f"{count} × {side} drawn", cost, random.integers(1, 100, side) * 1.0, radius, 5
    if (FOLDER / "swain55.json").is_file():
        data = json.loads((FOLDER / "swain55.json").read_text(encoding="utf-8"))
        x, y = np.array(data["x"]), np.array(data["y"])
        cost = np.hypot(x[:, None] - x, y[:, None] - y)
        yield "55 × 55 Swain", cost, np.array(data["demand"]), 10.0, 5
    if (FOLDER / "sf205x16.json").is_file():
        data = json.loads((FOLDER / "sf205x16.json").read_text(encoding="utf-8"))
        cost = np.array(data["cost_matrix"]).T
        yield "16 × 205 San Francisco", cost, np.array(data["demand"]), 5000.0, 4


def ours(cost: Any, weights: Any, radius: float, p: int) -> dict[str, float]:
    """Solve all models with boxreach."""
    cover = csr_array((cost <= radius).astype(float))
    fewest = set_cover(cover)
    every = Rules(must_cover=np.arange(cost.shape[1]))
    twice = max_cover(
        cover, np.ones(cost.shape[1]), sites=len(fewest.sites), rules=every, worth=(0, 0, 1)
    )
    solved = {
        "MCLP": max_cover(cover, weights, sites=p),
        "LSCP": fewest,
        "LSCP-B, demand covered twice": twice,
        "p-median": p_median(cost, weights, sites=p),
        "p-center": p_center(cost, sites=p),
    }
    if any(one.status != "optimal" for one in solved.values()):
        raise SystemExit("boxreach has not proven all of its answers")
    return {name: one.objective for name, one in solved.items()}


def theirs(cost: Any, weights: Any, radius: float, p: int) -> dict[str, tuple[float, Any]]:
    """Solve all models with spopt: what it says, and the sites it chooses."""
    by_demand = np.ascontiguousarray(cost.T)
    models: dict[str, Callable[[Any], Any]] = {
        "MCLP": lambda _: MCLP.from_cost_matrix(by_demand, weights, radius, p),
        "LSCP": lambda _: LSCP.from_cost_matrix(by_demand, radius),
        "LSCP-B, demand covered twice": lambda solver: LSCPB.from_cost_matrix(
            by_demand, radius, solver
        ),
        "p-median": lambda _: PMedian.from_cost_matrix(by_demand, weights, p),
        "p-center": lambda _: PCenter.from_cost_matrix(by_demand, p),
    }
    said = {}
    for name, model in models.items():
        solver = pulp.HiGHS(msg=False, gapRel=0)
        solved = model(solver).solve(solver)
        chosen = [n for n, one in enumerate(solved.fac_vars) if (one.value() or 0) > 0.5]
        said[name] = (float(pulp.value(solved.problem.objective)), chosen)
    return said


def recount(name: str, cost: Any, weights: Any, radius: float, chosen: Any) -> float:
    """Compute what a choice comes to."""
    near = (cost[chosen] <= radius).sum(axis=0)
    least = cost[chosen].min(axis=0)
    return {
        "MCLP": float(weights[near > 0].sum()),
        "LSCP": float(len(chosen)),
        "LSCP-B, demand covered twice": float((near > 1).sum()),
        "p-median": float(weights @ least),
        "p-center": float(least.max()),
    }[name]


def main() -> None:
    """Print versions and table."""
    warnings.simplefilter("ignore")
    names = ("spopt", "pulp", "highspy", "numpy")
    print(", ".join(f"{name} {metadata.version(name)}" for name in names), "\n")
    rows = []
    for label, cost, weights, radius, p in cases():
        mine = ours(cost, weights, radius, p)
        for name, (said, chosen) in theirs(cost, weights, radius, p).items():
            real = recount(name, cost, weights, radius, chosen)
            agree = np.isclose(mine[name], said, rtol=1e-9)
            same = np.isclose(mine[name], real, rtol=1e-9)
            verdict = "agree" if agree and same else ("spopt says more than is so" if same else "–")
            numbers = [f"{one:,.10g}" for one in (mine[name], said, real)]
            rows.append([label, name, *numbers, verdict])
    header = ["sites × demand", "model", "boxreach", "spopt says", "its sites come to", ""]
    table(header, rows, right=4)


if __name__ == "__main__":
    main()
