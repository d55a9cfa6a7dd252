"""The map of a run: its plan over the communities, whatever it was counted on."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from boxreach.cli.pipeline import Results
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.cli.what_if import WhatIf
from boxreach.contours import isochrones
from boxreach.maps import PlanMap, map_plan
from boxreach.routing import TravelTimes, travel_times

_MOST_GAPS = 30
"""Pieces of what is left out that a reader can tell apart; a file of the run lists them all."""


def draw_map(plan: Plan, tables: Tables, results: Results, areas: pd.DataFrame) -> PlanMap:
    """Return the map of a run.

    Parameters
    ----------
    plan, tables, results
        Of the run.
    areas
        Places and people by governorate, as the report tells them.
    """
    first = results.reach["threshold_minutes"] == results.reach["threshold_minutes"].iloc[0]
    output, asked = plan.output, results.what_if or WhatIf()
    return map_plan(
        results.reach[first],
        results.plan,
        results.posts,
        boxes=tables.boxes,
        roads=tables.roads,
        areas=tables.areas,
        rivers=tables.rivers,
        countries=tables.countries,
        line=tables.line,
        isochrones=_bands(plan, tables, results) if output.map_isochrones else None,
        gaps=results.clusters.nlargest(_MOST_GAPS, "people"),
        thresholds=_thresholds(plan),
        languages=output.languages,
        title=output.title,
        notes=output.notes,
        summary=areas,
        sources=_sources(plan),
        times=_times(plan, tables, results),
        tiles=output.online_map(),
        marking=output.marking,
        digits=output.digits,
        redact=output.redaction(),
        comparison=asked.comparison,
        criticality=asked.criticality,
        opening=asked.opening,
        robustness=asked.robustness,
    )


def _thresholds(plan: Plan) -> list[float]:
    return sorted({*plan.reach.minutes, plan.propose.minutes})


def _sites(tables: Tables, results: Results) -> gpd.GeoDataFrame:
    """Return the places of all boxes, those that stand and those proposed."""
    several = [tables.boxes, *([] if results.plan is None else [results.plan.sites])]
    places = pd.concat([one.to_crs(4326).geometry for one in several])
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(places, crs=4326))


def _times(plan: Plan, tables: Tables, results: Results) -> TravelTimes | None:
    """Return the times to the communities, where the plan was made over other demand."""
    if results.plan is None or tables.cells is None:
        return None
    return travel_times(
        results.network,
        _sites(tables, results),
        results.tables.communities,
        cutoff=max(_thresholds(plan)),
        mobilise_minutes=plan.reach.mobilise_minutes,
        direction=plan.reach.direction,
    )


def _bands(plan: Plan, tables: Tables, results: Results) -> gpd.GeoDataFrame:
    return isochrones(
        results.network,
        _sites(tables, results),
        minutes=_thresholds(plan),
        mobilise_minutes=plan.reach.mobilise_minutes,
        direction=plan.reach.direction,
        each=True,
    )


def _sources(plan: Plan) -> list[str]:
    """Return whose data the map shows, each source once."""
    said = {
        f"{one.source} ({one.licence})" if one.licence else one.source: None
        for one in plan.inputs.given().values()
        if one.source
    }
    return list(said)
