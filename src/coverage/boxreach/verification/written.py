"""Which files and plans a run must have, by what it was asked for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from boxreach.verification.evidence import EVIDENCE, Evidence
from boxreach.verification.files import RUN, SUMMARY
from boxreach.verification.ledger import Ledger
from boxreach.verification.objectives import is_of_cover

_ALWAYS = (
    "reach.csv", "areas.csv", "curves.csv", "worst_places.csv", "gaps.csv", "gap_clusters.csv",
    "gap_clusters.geojson", SUMMARY, "map.html", "report.html", "report.json",
)  # fmt: skip
_OF_PLANS = {
    "proposals": ("proposals.csv", "proposals.geojson", "phases.csv"),
    "posts": (
        "posts.csv", "posts.geojson", "frontier.csv", "frontier.geojson", "segments.csv",
        "open_stretches.csv", "post_links.csv",
    ),
}  # fmt: skip
_OF_WHAT_IF = {
    "scenario": (
        "scenarios.csv", "scenario_areas.csv", "scenario_places.csv", "scenario_places.geojson",
        "scenario_boxes.csv",
    ),
    "critical": (
        "critical_roads.csv", "critical_roads.geojson", "critical_boxes.csv", "critical_places.csv",
    ),
    "robustness": ("robustness.csv", "robustness_draws.csv", "robustness_areas.csv"),
}  # fmt: skip
_PLANS = {
    "reach": (), "propose": ("proposals",), "posts": ("posts",), "run": ("proposals", "posts"),
    "demo": ("proposals", "posts"), "what-if": (),
}  # fmt: skip
"""What each command plans, posts where there is a frontier."""


def check_written(record: Mapping[str, Any], evidence: Evidence | None, ledger: Ledger) -> None:
    """Note every file that a run must have written and that its record does not list.

    Parameters
    ----------
    record, evidence, ledger
        The ``run.json`` of the run, what it kept, if that can be read, and where to note.
    """
    inputs = {str(one["name"]) for one in record["inputs"]}
    command = _command(record)
    if command not in _PLANS:
        ledger.say(RUN, "", "command", record.get("command"), "a command of boxreach")
    plans = [one for one in _PLANS.get(command, ()) if one != "posts" or "frontier" in inputs]
    needs = [*_ALWAYS, *(name for one in plans for name in _OF_PLANS[one])]
    needs += ["areas.geojson"] if "areas" in inputs else []
    needs += ["crossings.csv"] if "posts" in plans and "crossings" in inputs else []
    needs += ["curve.csv"] if plans[:1] == ["proposals"] and _draws_curve(record) else []
    if any(one.startswith("demand.") for one in inputs):
        needs += ["demand.csv", "demand_areas.csv"]
    if command in {"run", "what-if"}:
        needs += _of_what_if(record)
    if evidence is not None:
        needs += _from_evidence(evidence)
        needs += ["sheets.html"] if _has_sheets(record, evidence) else []
        for one in _OF_PLANS:
            if evidence.has(one) != (one in plans):
                _say_plan(one, kept=evidence.has(one), ledger=ledger)
    for name in needs:
        ledger.count("files that must be")
        if name not in record["outputs"]:
            ledger.say(RUN, name, "outputs", "no such file", "a file")


def _of_what_if(record: Mapping[str, Any]) -> list[str]:
    """Return what is written of scenarios; runs of earlier versions were asked for none."""
    asked = record["parameters"]
    needs = [name for key, names in _OF_WHAT_IF.items() if asked.get(key) for name in names]
    if (asked.get("critical") or {}).get("opening") and asked.get("network.closures_in_force"):
        needs += ["opening.csv", "opening_order.csv"]
    return needs


def _command(record: Mapping[str, Any]) -> str:
    words = shlex.split(str(record.get("command")))
    return words[1] if len(words) > 1 and words[0] == "boxreach" else ""


def _draws_curve(record: Mapping[str, Any]) -> bool:
    """Tell whether each number of boxes was to be planned too."""
    asked = record["parameters"]
    counted = asked.get("propose.boxes") is not None or asked.get("propose.budget_usd") is None
    of_cover = is_of_cover(asked["propose.model"])
    in_order = of_cover and asked.get("propose.capacity") is None
    in_order = in_order and not asked.get("propose.cases")
    return counted and in_order and float(asked.get("propose.curve_seconds") or 0) > 0


def _has_sheets(record: Mapping[str, Any], evidence: Evidence) -> bool:
    """Tell whether a site is proposed that has a sheet; withheld posts have none."""
    withheld = record["parameters"].get("output.redact") or {}
    told = ("proposals",) if withheld.get("posts") else ("proposals", "posts")
    return any(evidence.texts.get(one) for one in told)


def _say_plan(name: str, *, kept: bool, ledger: Ledger) -> None:
    if kept:
        ledger.say(RUN, "", "command", f"none that plans {name}", f"one that plans {name}")
    else:
        ledger.say(EVIDENCE, name, "", "no such plan", "a plan")


def _from_evidence(evidence: Evidence) -> list[str]:
    """Return the tables that are written where what a run kept has something for them."""
    levels = {"districts": "district", "subdistricts": "subdistrict"}
    needs = [f"{name}.csv" for name, one in levels.items() if f"level.{one}" in evidence.texts]
    area, people = (evidence.arrays.get(f"cells.{one}") for one in ("area_km2", "amount"))
    if area is not None and people is not None and ((area > 0) & (people > 0)).any():
        needs.append("density.csv")
    return needs
