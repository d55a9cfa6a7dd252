"""Moves of a plan: who gives up which place, how far, and what is gained and lost by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.verification.files import SUMMARY, read_table
from boxreach.verification.ledger import Ledger, to_numbers
from boxreach.verification.open_ground import geodesic_m
from boxreach.verification.plans import Plan

_FILE = "moves.csv"
_KM = 0.0501
"""Kilometres are written with one digit."""


def check_moves(
    folder: Path, plan: Plan, asked: dict[str, Any], said: dict[str, Any] | None, ledger: Ledger
) -> None:
    """Check that moves are allowed, and compare their table and the summary."""
    turns = plan.turns
    _check_givers(plan, asked, ledger)
    steps = np.flatnonzero(turns.moves)
    needs = ["phase", "from_site_id", "to_site_id", "km", "cost_usd", "people_gained",
             "people_lost"]  # fmt: skip
    table = read_table(folder / _FILE, ledger, needs)
    if table is None:
        if len(steps) and not (folder / _FILE).exists():
            ledger.say(_FILE, "", "", "no such file", f"{len(steps)} moves")
        return
    keys = [f"{turns.given_up[one]} to {turns.chosen[one]}" for one in steps]
    ends = table["from_site_id"], table["to_site_id"]
    found = [f"{one} to {other}" for one, other in zip(*ends, strict=True)]
    if not ledger.same_rows(_FILE, found, keys):
        return
    cost = (asked.get("relocation") or {}).get("cost_usd")
    costs = np.full(len(keys), np.nan if cost is None else float(cost))
    for column, right, tolerance in (
        ("phase", plan.phase[steps], 0.0),
        ("km", _how_far(plan, steps), _KM),
        ("cost_usd", costs, 1e-6),
    ):
        ledger.numbers(_FILE, column, keys, table[column].to_numpy(), right, tolerance)
    _check_gains(plan, steps, table, keys, ledger)
    if said is not None:
        _check_told(table, keys, said, ledger)


def _check_givers(plan: Plan, asked: dict[str, Any], ledger: Ledger) -> None:
    """Check that places are given up by who is there, and by no more than may move."""
    turns, before = plan.turns, 0
    most = int((asked.get("relocation") or {}).get("at_most", 0))
    stood = {*turns.standing}
    moved = sum(one in stood for one in turns.given_up)
    if moved > most:
        ledger.say("proposals.csv", "", "moved_from", f"{moved} standing sites", f"{most} at most")
    for end in plan.ends:
        here = {one for one, there in zip(turns.ids, turns.states[before], strict=True) if there}
        gone = [str(one) for one in turns.given_up[before:end] if one]
        for one in gone:
            if one not in here or gone.count(one) > 1:
                ledger.say(
                    "proposals.csv", one, "moved_from", one, "a site that is there till then"
                )
        again = len([one for one in gone if one not in stood])
        allowed = int(asked.get("phase_moves") or 0)
        if again > allowed:
            what = f"{again} sites of the phase before"
            ledger.say("proposals.csv", "", "moved_from", what, f"{allowed} at most")
        before = end
    if turns.moves.any():
        ledger.count("moves", int(turns.moves.sum()))


def _how_far(plan: Plan, steps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the km of moves; NaN where nobody knows from where."""
    place = {one: at for at, one in enumerate(plan.turns.ids)}
    places = np.concatenate([plan.evidence.places(one) for one in ("boxes", plan.name)])
    gone = np.array([place.get(one, -1) for one in plan.turns.given_up[steps]], dtype=int)
    km = geodesic_m(*places[gone].T, *places[plan.standing + steps].T) / 1000
    return np.where(gone >= 0, km, np.nan)


def _check_gains(
    plan: Plan, steps: npt.NDArray[np.int64], table: pd.DataFrame, keys: list[str], ledger: Ledger
) -> None:
    """Compare what each move gains where it comes to, and loses where it leaves."""
    if plan.served is None:
        return
    cover = plan.cover.value
    for key, step, gained, lost in zip(
        keys, steps.tolist(), table["people_gained"], table["people_lost"], strict=True
    ):
        before, after = plan.turns.states[step : step + 2]
        first, both, last = (
            plan.served.span(state, cover) for state in (before, before | after, after)
        )
        for column, found, less in (
            ("people_gained", gained, first), ("people_lost", lost, last),
        ):  # fmt: skip
            span = both[0] - less[1], both[1] - less[0]
            ledger.between(_FILE, key, column, found, span)


def _check_told(table: pd.DataFrame, keys: list[str], said: dict[str, Any], ledger: Ledger) -> None:
    """Compare the moves of the summary with their table."""
    told = said.get("moves", [])
    ends = [f"{one.get('from_site_id')} to {one.get('to_site_id')}" for one in told]
    if not ledger.same_rows(SUMMARY, ends, keys):
        return
    for column in ("phase", "km", "cost_usd", "people_gained", "people_lost"):
        found = [one.get(column) for one in told]
        rows = [f"move {one}" for one in keys]
        ledger.numbers(SUMMARY, column, rows, found, to_numbers(table[column]))
