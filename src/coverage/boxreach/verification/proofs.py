"""What is claimed of how good a plan is: bounds, gaps, statuses, and what rules cost."""

from __future__ import annotations

from typing import Any

from boxreach.verification.files import SUMMARY
from boxreach.verification.ledger import Ledger, to_numbers
from boxreach.verification.objectives import Objective

_PROVEN = 1e-9
"""A relative gap up to this counts as none."""
_ROUNDED = 1e-6
"""Shares of numbers that were rounded to six digits."""


def check_proof(where: str, said: dict[str, Any], objective: Objective, ledger: Ledger) -> None:
    """Check that the bounds of a phase are some, and that the rest follows from them."""
    value, bound, gap, kept, alone, regret = (
        float(to_numbers([said.get(name)])[0])
        for name in ("objective", "bound", "gap", "kept_bound", "alone", "regret")
    )
    low, high = (bound, value) if objective.small else (value, bound)
    side = "at most" if objective.small else "at least"
    slack = 1e-6 + _PROVEN * abs(high)
    if not low <= high + slack:
        ledger.say(SUMMARY, where, "bound", bound, f"{side} the objective, {value:.6f}")
    whole = objective.whole
    if not 0 <= bound <= whole + max(1e-6, _PROVEN * whole):
        ledger.say(SUMMARY, where, "bound", bound, f"at most the whole, {whole:.6f}")
    right = max((high - low) / high, 0.0) if high > 0 else 0.0
    ledger.number(SUMMARY, where, "gap", gap, right, 1e-6)
    status = "optimal" if right <= _PROVEN else "feasible"
    if said.get("status") != status:
        ledger.say(SUMMARY, where, "status", said.get("status"), status)
    # What keeps the phase before is no better than what need not, and no worse than what was found.
    if not low - slack <= kept <= high + slack:
        ledger.say(SUMMARY, where, "kept_bound", kept, f"{low:.6f} to {high:.6f}")
    if not (alone >= bound - slack if objective.small else alone <= bound + slack):
        ledger.say(SUMMARY, where, "alone", alone, f"not beyond the bound, {bound:.6f}")
    if status == "optimal":
        ledger.number(SUMMARY, where, "alone", alone, value, slack)
    ledger.number(SUMMARY, where, "regret", regret, abs(alone - value), 2e-6)
    ledger.count("bounds")


def check_least_regret(said: dict[str, Any], where: str, ledger: Ledger) -> None:
    """Check that no more is said to be lost in every plan of phases than is lost in this one."""
    phases = [one for one in said.get("phases") or [] if isinstance(one, dict)]
    columns = ([one.get(name) for one in phases] for name in ("regret", "alone"))
    regret, alone = (to_numbers(column) for column in columns)
    lost = [one / best for one, best in zip(regret, alone, strict=True) if best > 0]
    most = max(lost, default=0.0)
    least = float(to_numbers([said.get("least_regret")])[0])
    if not 0 <= least <= most + _ROUNDED:
        ledger.say(SUMMARY, where, "least_regret", least, f"0 to {most:.9f}")


def check_costs_of_rules(
    said: dict[str, Any], objective: Objective, asked: dict[str, Any], quotas: bool, ledger: Ledger
) -> None:
    """Check that what quotas and a reserve cost is told where there are any, and ordered."""
    reserve = int(asked.get("reserve") or 0)
    ledger.number(SUMMARY, "proposal", "reserve", said.get("reserve"), reserve)
    value = float(to_numbers([said.get("objective")])[0])
    most = value if objective.small else float(objective.pull.sum()) - value
    for name, expected in (("forgone", quotas), ("reserve_gain", reserve > 0)):
        span = said.get(name)
        if not isinstance(span, dict):
            if expected or span is not None:
                ledger.say(SUMMARY, "proposal", name, span, "an object" if expected else "null")
            continue
        if not expected:
            ledger.say(SUMMARY, "proposal", name, span, "null")
        low, high = to_numbers([span.get(one) for one in ("at_least", "at_most")]).tolist()
        if not 0 <= low <= high:
            ledger.say(SUMMARY, "proposal", name, f"{low} to {high}", "0 or more, rising")
        if not low <= most + 1e-6 + _PROVEN * abs(most):
            ledger.say(SUMMARY, "proposal", name, low, f"at most {most:.6f}")
        ledger.count("spans")
