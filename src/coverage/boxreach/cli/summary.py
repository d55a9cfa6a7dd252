"""The figures of a run that every output repeats."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from boxreach.border import open_stretches
from boxreach.cli.pipeline import Results
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.network import describe_network
from boxreach.placement import Proposal
from boxreach.tables import TOTAL


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
        "network": describe_network(results.network),
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
        "without_gain": int((plan.sites[f"{plan.unit}_gained"] <= 0).sum()),
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
