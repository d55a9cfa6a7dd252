"""The files of a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

import boxreach
from boxreach.cli.area_tables import Level, draw_areas, tell_apart
from boxreach.cli.evidence import gather_evidence
from boxreach.cli.inputs import describe_inputs
from boxreach.cli.map_page import draw_map
from boxreach.cli.pipeline import Results
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.cli.post_tables import draw_posting, tabulate_posting
from boxreach.cli.proposal_tables import list_moves
from boxreach.cli.report_files import write_report
from boxreach.cli.summary import summarise_run
from boxreach.cli.versions import list_versions
from boxreach.cli.what_if_tables import draw_what_if, tabulate_what_if
from boxreach.exports import write_csv, write_geojson, write_json
from boxreach.verification import EVIDENCE, hash_files


def write_outputs(
    folder: Path,
    plan: Plan,
    tables: Tables,
    results: Results,
    *,
    command: str,
    warnings: Sequence[str],
) -> dict[str, object]:
    """Write every file of a run into a folder and return its summary."""
    summary = summarise_run(plan, results)
    inputs = describe_inputs(plan, tables)
    run = {
        "boxreach": boxreach.__version__,
        "command": command,
        "python": ".".join(map(str, sys.version_info[:3])),
        "libraries": list_versions(),
        "inputs": inputs,
        "network": summary["network"],
        "parameters": plan.parameters() | _built_with(results) | _closure_counts(results),
        "warnings": list(warnings),
        "notes": [dict(note) for note in plan.output.notes],
        "title": None if plan.output.title is None else dict(plan.output.title),
    }
    labels = "; ".join(f"{one['name']}: {one['label']}" for one in inputs if one["label"])
    _write_tables(folder, results, labels)
    _write_layers(folder, results, labels)
    write_json(folder / "summary.json", summary)
    # Both tell areas by their names.
    areas = tell_apart(results.areas, "governorate")
    draw_map(plan, tables, results, areas).save(folder / "map.html")
    record = run | {"version": boxreach.__version__, "labels": run["notes"]}
    write_report(folder, plan, tables, results, areas, record)
    kept = gather_evidence(plan, results)
    replace(kept, facts={**kept.facts, "record": run}).save(folder / EVIDENCE)
    write_json(folder / "run.json", run | {"outputs": hash_files(folder)})
    return summary


def _built_with(results: Results) -> dict[str, object]:
    """Return terrain, speed zones and ground, which are inputs and not values of the plan."""
    known = results.network.parameters
    return {
        **{f"speeds.{name}": known["speeds"][name] for name in ("terrain", "zones")},
        "network.ground_areas": known["ground_areas"],
    }


def _closure_counts(results: Results) -> dict[str, object]:
    """Return how many closures there are and how many of them hold on the day of the plan."""
    known = results.network.parameters
    return {
        "network.closures_given": known["closures_given"],
        "network.closures_in_force": known["closures_in_force"],
    }


def _write_tables(folder: Path, results: Results, labels: str) -> None:
    """Write every table, each row with what of the inputs is illustrative or modelled."""
    tables: dict[str, pd.DataFrame] = {"reach": results.reach, "areas": results.areas}
    tables |= {**results.levels, "curves": results.curves, "worst_places": results.worst}
    tables |= {"gaps": results.gaps, "gap_clusters": results.clusters}
    more = ("density", "demand", "demand_areas")
    tables |= {name: table for name in more if (table := getattr(results, name)) is not None}
    if results.candidates is not None and len(results.candidates.dropped):
        tables["candidates_dropped"] = results.candidates.dropped
    if len(results.network.bridges):
        tables["bridges"] = _bridge_table(results.network.bridges)
    if results.plan is not None:
        tables["proposals"] = results.plan.sites
    tables |= _plan_tables(results)
    if results.posting is not None:
        tables |= tabulate_posting(results.posting)
    if results.what_if is not None:
        tables |= tabulate_what_if(results.what_if)
    for name, table in tables.items():
        write_csv(folder / f"{name}.csv", table.assign(labels=labels))


def _plan_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan beside its boxes, those in which there is something."""
    if results.plan is None:
        return {}
    found = {"phases": results.plan.phases, "moves": list_moves(results.plan)}
    found["proposal_cases"] = results.plan.cases
    if results.curve is not None:
        found["curve"] = results.curve
    return {name: table for name, table in found.items() if len(table)}


def _write_layers(folder: Path, results: Results, labels: str) -> None:
    """Write what a map program draws."""
    layers: dict[str, gpd.GeoDataFrame] = {"gap_clusters": results.clusters}
    if results.plan is not None:
        layers["proposals"] = results.plan.sites
    if results.posting is not None:
        layers |= draw_posting(results.posting)
    if results.what_if is not None:
        layers |= draw_what_if(results.what_if)
    level = Level("governorate", results.tables.areas)
    if (drawn := draw_areas(level, results.areas)) is not None:
        layers["areas"] = drawn
    for name, layer in layers.items():
        write_geojson(folder / f"{name}.geojson", layer.assign(labels=labels))


def _bridge_table(bridges: gpd.GeoDataFrame) -> pd.DataFrame:
    ends = bridges.geometry.get_coordinates().groupby(level=0, sort=False)
    first, last = ends.first(), ends.last()
    return pd.DataFrame(bridges.drop(columns="geometry")).assign(
        from_lon=first["x"], from_lat=first["y"], to_lon=last["x"], to_lat=last["y"]
    )
