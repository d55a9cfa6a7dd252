"""What a plan asks of the frontier and of what lies along it, checked before it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from boxreach.cli.plan import Plan
from boxreach.cli.plan_file import Place
from boxreach.cli.plan_tables import Tables
from boxreach.errors import Fault
from boxreach.sight import COARSE_M, is_coarse
from boxreach.sources.terrain_grid import TerrainFile
from boxreach.suggestions import suggest

_LIMITS = {"at_least", "at_most"}


def _need_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault for each key that lacks its input."""
    if tables.line is None:
        return []
    rules, inputs = plan.posts, plan.inputs
    kinds, said = rules.places().kinds or [], rules.places().model_fields_set
    needs: list[tuple[Place, bool, object, str]] = [
        (("see",), rules.see is not None, inputs.terrain, "inputs.terrain"),
        (("sight",), rules.sight is not None, inputs.terrain, "inputs.terrain"),
        (("intercept",), rules.intercept is not None, inputs.areas, "inputs.areas"),
        (("candidates", "slope_deg"), "slope_deg" in said, inputs.terrain, "inputs.terrain"),
        (("candidates", "kinds"), "heights" in kinds, inputs.terrain, "inputs.terrain"),
        (("candidates", "kinds"), "crossings" in kinds, inputs.crossings, "inputs.crossings"),
        (("candidates", "kinds"), "points" in kinds, inputs.points, "inputs.points"),
    ]
    return [
        plan.fault(f"it needs {name}", ("posts", *place), f"give {name}, or leave it out")
        for place, asked, given, name in needs
        if asked and given is None
    ]


def _risk_faults(plan: Plan, _tables: Tables) -> list[Fault]:
    """Return a fault if two inputs say how much a kilometre counts."""
    frontier = plan.inputs.frontier
    if frontier is None or frontier.risk is None or plan.inputs.risk is None:
        return []
    what = "the risk is a column of the frontier, and inputs.risk"
    return [plan.fault(what, ("inputs", "frontier", "risk"), "leave one of the two out")]


def _quota_faults(plan: Plan, tables: Tables) -> Iterator[Fault]:
    """Yield a fault for each quota that counts posts by what they do not have."""
    known: dict[str, set[str]] = {}
    line, areas = tables.line, tables.areas
    if line is None:
        return
    if areas is not None and "governorate" in line:
        known["governorate"] = {*line["governorate"]} - {""}
    if tables.crossings is not None:
        known["crossing"] = {*map(str, tables.crossings.index)}
    for number, quota in enumerate(plan.posts.quotas):
        place = ("posts", "quotas", number)
        column, value = next((key, str(one)) for key, one in quota.items() if key not in _LIMITS)
        if column not in known:
            what = f"a quota counts by {column}, which not all posts have"
            yield plan.fault(what, place, "add inputs.areas, and count by governorate")
        elif value not in known[column]:
            advice = suggest(value, sorted(known[column]))
            yield plan.fault(f"no post can be of {column} {value!r}", place, advice)


def _terrain_faults(plan: Plan, tables: Tables) -> list[Fault]:
    """Return a fault if the terrain tells nothing of the line, or not what must be seen of it."""
    if tables.heights is None or tables.line is None or plan.inputs.frontier is None:
        return []
    places = tables.line.geometry.get_coordinates()
    if tables.heights.covers(places["x"].to_numpy(), places["y"].to_numpy()).any():
        return _coarse_faults(plan, tables.heights)
    what = f"it misses the line of {Path(plan.inputs.frontier.file).name}"
    advice = "give heights that lie along it, or leave inputs.terrain out"
    return [Fault(what, tables.heights.file, column="inputs.terrain", advice=advice)]


def _coarse_faults(plan: Plan, heights: TerrainFile) -> list[Fault]:
    if plan.posts.see is None or not is_coarse(heights.cell_m):
        return []
    what = f"cells of {heights.file} are {heights.cell_m:,.0f} m long and cannot tell what is seen"
    advice = f"give heights in cells of {COARSE_M:g} m or less, or leave it out"
    return [plan.fault(what, ("posts", "see"), advice)]


POST_CHECKS = (_need_faults, _risk_faults, _quota_faults, _terrain_faults)
"""Return every fault of ``[posts]`` that only the tables show, where there is a frontier."""
