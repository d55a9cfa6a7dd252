"""The report of a run: as a page, as sheets, and as the value from which files are written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from boxreach.cli.area_tables import tell_apart
from boxreach.cli.pipeline import Results
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.cli.what_if import WhatIf
from boxreach.report.alternatives import Alternatives
from boxreach.report.page import render_page
from boxreach.report.placement_report import Handling, PlacementReport
from boxreach.report.preparation import Extras, prepare_report
from boxreach.report.storage import REPORT_JSON, dump_report
from boxreach.report.withheld import withhold


def write_report(
    folder: Path,
    plan: Plan,
    tables: Tables,
    results: Results,
    areas: pd.DataFrame,
    record: Mapping[str, Any],
) -> None:
    """Write ``report.json``, and as far as the plan lets it be told ``report.html`` and the sheets.

    Parameters
    ----------
    folder
        Of the run.
    plan, tables, results
        Of the run.
    areas
        Places and people by governorate, with names that tell them apart.
    record
        How the run was made, as ``run.json`` says it.
    """
    report = _prepare(plan, tables, results, areas, record)
    (folder / REPORT_JSON).write_bytes(dump_report(report))
    output = plan.output
    public = withhold(report, output.redaction())
    languages = tuple(output.languages)
    page = render_page(public, languages, output.digits)
    (folder / "report.html").write_bytes(page.encode())
    if public.sheets:
        from boxreach.report.sheet_pages import render_sheets  # noqa: PLC0415 - only if there are

        page = render_sheets(public, languages, output.digits)
        (folder / "sheets.html").write_bytes(page.encode())


def _prepare(
    plan: Plan, tables: Tables, results: Results, areas: pd.DataFrame, record: Mapping[str, Any]
) -> PlacementReport:
    demand = results.demand_areas
    asked = results.what_if or WhatIf()
    return prepare_report(
        results.reach,
        results.plan,
        results.posts,
        areas=areas,
        left_out=results.gaps,
        run=record,
        title=plan.output.title,
        extras=Extras(
            curves=tell_apart(results.curves, "governorate"),
            clusters=results.clusters,
            worst=tell_apart(results.worst, "area"),
            quintiles=results.density,
            demand=None if demand is None else tell_apart(demand, "area"),
            merging=results.merging,
            curve=results.curve,
        ),
        boxes=tables.boxes,
        roads=tables.roads,
        rivers=tables.rivers,
        crossings=tables.crossings,
        handling=Handling(plan.output.marking),
        alternatives=Alternatives(
            asked.comparison, asked.criticality, asked.opening, asked.robustness
        ),
    )
