"""The files of a run."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import pandas as pd

import boxreach
from boxreach.accessibility import TOTAL
from boxreach.border import open_stretches
from boxreach.cli.inputs import describe_inputs
from boxreach.cli.pipeline import Results
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.exports import write_csv, write_geojson, write_json
from boxreach.maps import map_plan
from boxreach.placement import Proposal
from boxreach.report import write_report

_LIBRARIES = (
    "folium",
    "geopandas",
    "highspy",
    "numpy",
    "pandas",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
)


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
    summary = summarise_run(plan, tables, results)
    run = {
        "boxreach": boxreach.__version__,
        "command": command,
        "python": ".".join(map(str, sys.version_info[:3])),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "inputs": describe_inputs(plan, tables),
        "parameters": plan.parameters(),
        "warnings": list(warnings),
        "notes": [dict(note) for note in plan.output.notes],
    }
    write_csv(folder / "reach.csv", results.reach)
    for level, areas in {"areas": results.areas, **results.levels}.items():
        write_csv(folder / f"{level}.csv", areas)
    write_csv(folder / "gaps.csv", results.gaps)
    if len(results.network.bridges):
        write_csv(folder / "bridges.csv", _bridge_table(results.network.bridges))
    for name, proposal in (("proposals", results.plan), ("posts", results.posts)):
        if proposal is not None:
            write_csv(folder / f"{name}.csv", proposal.sites)
            write_geojson(folder / f"{name}.geojson", proposal.sites)
    if results.posts is not None:
        write_csv(folder / "frontier.csv", results.posts.reach.drop(columns="geometry"))
    write_json(folder / "summary.json", summary)
    write_json(folder / "run.json", run)
    _write_map(folder / "map.html", plan, tables, results)
    write_report(
        folder,
        results.reach,
        results.plan,
        results.posts,
        areas=_with_names(results.areas, tables),
        languages=plan.output.languages,
        run=run | {"version": boxreach.__version__, "labels": run["notes"]},
        title=plan.output.title,
    )
    return summary


def _bridge_table(bridges: gpd.GeoDataFrame) -> pd.DataFrame:
    ends = bridges.geometry.get_coordinates().groupby(level=0, sort=False)
    first, last = ends.first(), ends.last()
    return pd.DataFrame(bridges.drop(columns="geometry")).assign(
        from_lon=first["x"], from_lat=first["y"], to_lon=last["x"], to_lat=last["y"]
    )


def _write_map(path: Path, plan: Plan, tables: Tables, results: Results) -> None:
    thresholds = sorted({*plan.reach.minutes, plan.propose.minutes})
    first = results.reach["threshold_minutes"] == results.reach["threshold_minutes"].iloc[0]
    drawn = map_plan(
        results.reach[first],
        results.plan,
        results.posts,
        boxes=tables.boxes,
        roads=tables.roads,
        areas=tables.areas,
        rivers=tables.rivers,
        countries=tables.countries,
        line=tables.line,
        thresholds=thresholds,
        languages=plan.output.languages,
        title=plan.output.title,
        notes=plan.output.notes,
    )
    drawn.save(path)


def _with_names(areas: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Add the areas' names in the other languages, by which the report calls them."""
    if tables.areas is None:
        return areas
    names = tables.areas.drop_duplicates("name").set_index("name")
    kept = [column for column in ("name_ar", "name_ckb") if column in names]
    return areas.join(names[kept], on="governorate")


def summarise_run(plan: Plan, tables: Tables, results: Results) -> dict[str, object]:
    """Return the figures of a run that every output repeats."""
    total = results.areas[results.areas["governorate"] == TOTAL].set_index("threshold_minutes")
    main = results.gaps[results.gaps["kind"] == ("community" if tables.cells is None else "cell")]
    summary: dict[str, object] = {
        "threshold_minutes": plan.propose.minutes,
        "boxes": len(tables.boxes),
        "communities": {
            "total": len(tables.communities),
            "unknown_people": int(tables.communities["people"].isna().sum()),
            "covered": _by_minutes(total["places_covered"]),
            "uncovered": _by_minutes(total["places_uncovered"]),
            "uncovered_by_reason": _count_reasons(
                results.gaps[results.gaps["kind"] == "community"]
            ),
        },
        "people": {
            "counted_on": "communities" if tables.cells is None else "population cells",
            "total": _number(total["people"].iloc[0]),
            "covered": _by_minutes(total["people_covered"]),
            "uncovered": _by_minutes(total["people_uncovered"]),
            "uncovered_by_reason": {
                reason: _number(people)
                for reason, people in main.groupby("reason")["people"].sum().items()
            },
        },
    }
    if results.plan is not None:
        summary["proposal"] = _describe(results.plan)
    if results.posts is not None:
        left_open = open_stretches(results.posts)
        summary["posts"] = {
            **_describe(results.posts),
            "open_km": _number(left_open["km"].sum()),
            "open_stretches": len(left_open),
            "widest_open_km": _number(left_open["km"].max() if len(left_open) else 0.0),
        }
    summary["notes"] = [dict(note) for note in plan.output.notes]
    return summary


def _describe(plan: Proposal) -> dict[str, object]:
    described: dict[str, object] = {
        "minutes": plan.minutes,
        "standing": len(plan.existing),
        "new": len(plan.sites),
        "unit": plan.unit,
        "total": _number(plan.total),
        "covered_before": _number(plan.objective - float(plan.sites[f"{plan.unit}_gained"].sum())),
        "covered": _number(plan.objective),
        "uncovered": _number(plan.total - plan.objective),
        "status": plan.status,
        "bound": _number(plan.bound),
        "gap": round(plan.gap, 9),
        "phases": [
            {"sites": int(str(sites))} | {key: _number(value) for key, value in row.items()}
            for sites, row in plan.phases.to_dict("index").items()
        ],
        "quotas": [str(quota) for quota in plan.quotas],
    }
    columns = [
        table["governorate"] for table in (plan.existing, plan.sites) if "governorate" in table
    ]
    if columns:
        counts = pd.concat(columns).value_counts()
        described["sites_by_governorate"] = {
            name: int(counts[name]) for name in sorted(counts.index)
        }
    return described


def _by_minutes(values: pd.Series[float]) -> Mapping[str, object]:
    return {f"{float(str(minutes)):g}": _number(value) for minutes, value in values.items()}


def _count_reasons(rows: gpd.GeoDataFrame) -> dict[str, int]:
    counts = rows["reason"].value_counts()
    return {str(reason): int(counts[reason]) for reason in sorted(counts.index)}


def _number(value: object) -> object:
    if isinstance(value, str):
        return value
    number = float(str(value))
    return int(number) if number % 1 == 0 else round(number, 6)
