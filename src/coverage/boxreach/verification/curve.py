"""The curve of a plan: what each number of new sites comes to."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from boxreach.verification.files import read_table
from boxreach.verification.ledger import Floats, Ledger, to_numbers
from boxreach.verification.plans import Plan


def check_curve(folder: Path, plan: Plan, ledger: Ledger) -> None:
    """Count the curve again: what the first so many sites come to, and what follows from it."""
    needs = ["new_sites", "in_order", "best", "bound", "gap", "order_loses"]
    table = read_table(folder / "curve.csv", ledger, needs)
    if table is None:
        return
    # A move adds no site: of steps with as many new sites the last one counts.
    new = [0, *np.cumsum(~plan.turns.moves).tolist()]
    last = {number: step for step, number in enumerate(new)}
    rows = [str(one) for one in last]
    if not ledger.same_rows("curve.csv", table["new_sites"].tolist(), rows):
        return
    spans = plan.objectives()
    for row, one in zip(rows, table[needs[1:]].itertuples(index=False), strict=True):
        if spans is not None:
            ledger.between("curve.csv", row, "in_order", one.in_order, spans[last[int(row)]])
        _check_point(row, to_numbers(list(one)), ledger)


def _check_point(row: str, values: Floats, ledger: Ledger) -> None:
    in_order, best, bound, gap, loses = values.tolist()
    # Where no choice of so many keeps the rules, nothing is said of the best.
    unknown = np.isnan([best, bound, loses])
    if unknown.all():
        return
    slack = 1e-6 + 1e-9 * abs(bound)
    for column, low, high in (("best", in_order, best), ("bound", best, bound)):
        if not low <= high + slack:
            ledger.say("curve.csv", row, column, high, f"at least {low:.6f}")
    right = max((bound - best) / bound, 0.0) if bound > 0 else 0.0
    ledger.number("curve.csv", row, "gap", gap, right, 2e-6)
    ledger.number("curve.csv", row, "order_loses", loses, best - in_order, 2e-6)
