"""Rules of a plan, on the sites that serve in the end: quotas, places, money, who is reached."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.text import quote_formula
from boxreach.verification.files import SUMMARY, read_table
from boxreach.verification.ledger import Ledger
from boxreach.verification.open_ground import geodesic_m
from boxreach.verification.plans import Plan
from boxreach.verification.serving import search_marked
from boxreach.verification.tables import Kept

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

_FILE = "proposals.csv"
_LIMITS = ("at_least", "at_most")
_MEASURED_M = 0.05
"""Places are kept to a centimetre."""


def check_rules(
    folder: Path, plan: Plan, asked: dict[str, Any], said: dict[str, Any] | None, ledger: Ledger
) -> None:
    """Check every rule that a plan was asked to keep."""
    _check_quotas(plan, said, ledger)
    _check_places(plan, asked, ledger)
    _check_apart(plan, asked, ledger)
    _check_counts(plan, asked, ledger)
    _check_money(folder, plan, asked, said, ledger)
    if asked.get("must_reach"):
        _check_marked(plan, ledger)


def _words(plan: Plan, column: str) -> Words:
    """Return a column of all sites, those that stand first; blank where it is not known."""
    both = [Kept(plan.evidence, one).words(f"name.{column}") for one in ("boxes", plan.name)]
    return np.concatenate(both)


def _check_quotas(plan: Plan, said: dict[str, Any] | None, ledger: Ledger) -> None:
    """Check that limits on where sites stand are kept, and what the summary counts of it."""
    serve, quotas = plan.turns.states[-1], plan.evidence.facts["quotas"]
    check_limits(_FILE, quotas, partial(_words, plan), serve, ledger)
    if said is None:
        return
    _check_governorates(plan, serve, said, ledger)
    rules = [say_rule(quota) for quota in quotas]
    if [*said.get("quotas", [])] != rules:
        ledger.say(SUMMARY, "proposal", "quotas", said.get("quotas"), rules)


def check_limits(
    file: str, quotas: Sequence[dict[str, Any]], words: Callable[[str], Words], serve: Flags,
    ledger: Ledger,
) -> None:  # fmt: skip
    """Check that as many sites are of each kind as limits allow.

    Parameters
    ----------
    file, ledger
        The table of the sites, and where to note.
    quotas
        The limits, as a plan writes them.
    words
        Returns a column of all sites.
    serve
        Which sites serve in the end.
    """
    for quota in quotas:
        at_least, at_most = quota.get("at_least", 0), quota.get("at_most")
        for column, value in quota.items():
            if column in _LIMITS:
                continue
            count = int((words(column) == quote_formula(str(value)))[serve].sum())
            ledger.count("quotas")
            if count < at_least or (at_most is not None and count > at_most):
                rule = f"at least {at_least}" + ("" if at_most is None else f", at most {at_most}")
                ledger.say(file, f"{column} {value}", "", f"{count} sites", rule)


def _check_governorates(plan: Plan, serve: Flags, said: dict[str, Any], ledger: Ledger) -> None:
    known = np.concatenate([
        np.full(len(plan.evidence.texts[one]), f"{one}.name.governorate" in plan.evidence.arrays)
        for one in ("boxes", plan.name)
    ])  # fmt: skip
    counts = Counts(map(str, _words(plan, "governorate")[serve & known]))
    check_counts("proposal", said, counts, ledger)


def check_counts(
    part: str, said: dict[str, Any], counts: Mapping[str, int], ledger: Ledger
) -> None:
    """Compare the sites of each governorate, which JSON calls as it is and tables as text."""
    found = {quote_formula(name): one for name, one in said.get("sites_by_governorate", {}).items()}
    for name in sorted({*found, *counts}):
        where = f"{part}, sites_by_governorate"
        ledger.number(SUMMARY, where, name, found.get(name), counts.get(name))


def say_rule(quota: dict[str, Any]) -> str:
    """Return a limit in the words of a proposal."""
    column, value = next((name, one) for name, one in quota.items() if name not in _LIMITS)
    parts = [f"at least {quota['at_least']}"] if quota.get("at_least") else []
    parts += [f"at most {quota['at_most']}"] if quota.get("at_most") is not None else []
    return f"{' and '.join(parts)} in {column} {value}"


def _check_places(plan: Plan, asked: dict[str, Any], ledger: Ledger) -> None:
    """Check that what is fixed was chosen and stays, and that what is forbidden was not chosen."""
    turns = plan.turns
    serve = {one for one, here in zip(turns.ids, turns.states[-1], strict=True) if here}
    for one in map(quote_formula, asked.get("fixed") or []):
        ledger.count("rules")
        if one not in serve:
            ledger.say(_FILE, one, "site_id", "no such site", "a site, as it is fixed")
    for one in map(quote_formula, asked.get("forbidden") or []):
        ledger.count("rules")
        if one in {*turns.chosen}:
            ledger.say(_FILE, one, "site_id", "a site", "no such site, as it is forbidden")


def _check_apart(plan: Plan, asked: dict[str, Any], ledger: Ledger) -> None:
    """Check how far sites that serve at once are from each other, but for two that stood."""
    if asked.get("apart_km") is None:
        return
    least = float(asked["apart_km"]) * 1000
    places = np.concatenate([plan.evidence.places(one) for one in ("boxes", plan.name)])
    states, ids = plan.turns.states, plan.turns.ids
    for at in range(plan.standing, len(ids)):
        metres = geodesic_m(*np.broadcast_to(places[at], (at, 2)).T, *places[:at].T)
        for other in np.flatnonzero(metres < least - _MEASURED_M).tolist():
            # Steps of a phase happen at once: who is gone at its end was never there with it.
            if any(states[end][[at, other]].all() for end in plan.ends):
                far = f"{metres[other] / 1000:.3f} km from {ids[other]}"
                ledger.say(_FILE, ids[at], "", far, f"at least {least / 1000:g} km")
    ledger.count("rules")


def _check_counts(plan: Plan, asked: dict[str, Any], ledger: Ledger) -> None:
    """Check that there are as many new sites as were asked for, and the share that was."""
    if asked.get("boxes") is not None and asked.get("model") != "set-cover":
        right = int(asked["boxes"]) - int(asked.get("reserve") or 0)
        # With a budget the number is the most.
        fewer = asked.get("budget_usd") is not None and plan.turns.new <= right
        if plan.turns.new != right and not fewer:
            ledger.say(_FILE, "", "", f"{plan.turns.new} new sites", right)
        ledger.count("rules")
    if asked.get("model") == "set-cover":
        spans = plan.covered() if not asked.get("priority") else None
        least = float(asked.get("share") or 1) * plan.total
        if spans is not None and spans[-1][1] < least * (1 - 1e-9) - 1e-6:
            ledger.say(_FILE, "", "people_covered", spans[-1][1], f"at least {least:.6f}")
        ledger.count("rules")


def _check_money(
    folder: Path, plan: Plan, asked: dict[str, Any], said: dict[str, Any] | None, ledger: Ledger
) -> None:
    """Check what each site costs and has, what all cost, and that the budget is kept."""
    kind = plan.evidence.facts["box_types"][0]
    each = float(kind["cost_usd"])
    has = [one for one in ("vehicles", "officers") if kind[one] is not None]
    move = (asked.get("relocation") or {}).get("cost_usd")
    costs = np.where(plan.turns.moves, np.nan if move is None else float(move), each)
    table = read_table(folder / _FILE, ledger, ["cost_usd", *has])
    if table is not None and len(table) == len(costs):
        ids = plan.turns.chosen.tolist()
        ledger.numbers(_FILE, "cost_usd", ids, table["cost_usd"].to_numpy(), costs)
        for one in has:
            everywhere = np.full(len(ids), float(kind[one]))
            ledger.numbers(_FILE, one, ids, table[one].to_numpy(), everywhere)
    whole = float(costs.sum())
    if said is not None:
        ledger.number(SUMMARY, "proposal", "cost_usd", said.get("cost_usd"), whole)
    budget = asked.get("budget_usd")
    if budget is not None:
        spent = float(np.nan_to_num(costs).sum())
        if spent > float(budget) + 0.01:
            ledger.say(_FILE, "", "cost_usd", spent, f"at most the budget, {float(budget):g}")
        ledger.count("rules")


def _check_marked(plan: Plan, ledger: Ledger) -> None:
    """Check that communities that must be reached are, by the sites that serve in the end."""
    if "heights_left_out" in plan.evidence.facts:
        return
    marked = search_marked(plan.evidence, plan.minutes)
    if marked is None:
        return
    ids, served = marked
    nearest = served.ms[plan.turns.states[-1]].min(axis=0, initial=np.inf)
    for at in np.flatnonzero(nearest > served.limit_ms + served.slack_ms).tolist():
        far = f"{nearest[at] / 60_000:.3f} minutes"
        ledger.say("reach.csv", str(ids[at]), "must_reach", far, f"{plan.minutes:g} at most")
    ledger.count("rules", len(ids))
