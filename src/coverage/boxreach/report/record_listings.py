"""Tables of the run: sources, parameters, software, warnings, and what has to be kept in mind."""

from __future__ import annotations

from boxreach.exports.listing import Listing
from boxreach.report.compared import Compared
from boxreach.report.model import Record
from boxreach.report.placement_report import PlacementReport
from boxreach.report.terms import Row, Terms


def list_sources(record: Record, terms: Terms) -> Listing | None:
    """Return the inputs of the run with their dates, licences and hashes."""
    rows: list[Row] = [
        (
            one.name, one.file, one.source, one.licence, one.date, one.rows, one.sha256,
            terms.label(one.label),
        )
        for one in record.sources
    ]  # fmt: skip
    columns = (
        terms.column("input"),
        terms.column("file", word="column_file"),
        terms.column("source"),
        terms.column("licence"),
        terms.column("date", "date"),
        terms.column("rows", "count"),
        terms.column("sha256", "code", "column_sha256"),
        terms.column("label", word="column_label"),
    )
    return terms.listing("sources", columns, rows) if rows else None


def list_runs(compared: Compared, terms: Terms) -> Listing:
    """Return the two runs that are compared, the earlier one first."""
    rows: list[Row] = [
        (one.name, one.folder, one.day, compared.minutes, one.version, one.sha256)
        for one in compared.runs
    ]
    columns = (
        terms.column("run", word="compared_run"),
        terms.column("folder", word="compared_folder"),
        terms.column("day", "date", "compared_day"),
        terms.column("minutes", "minutes", "figure_threshold_minutes"),
        terms.column("version", "code"),
        terms.column("sha256", "code", "column_sha256"),
    )
    return terms.listing("runs", columns, rows)


def list_settings(compared: Compared, terms: Terms) -> Listing | None:
    """Return the parameters that the two runs had otherwise."""
    rows: list[Row] = [(one.parameter, one.before, one.after) for one in compared.settings]
    columns = (
        terms.column("parameter", "code"),
        terms.column("before", "code", "what_if_step_before"),
        terms.column("after", "code", "compared_after"),
    )
    return terms.listing("settings", columns, rows) if rows else None


def list_parameters(record: Record, terms: Terms) -> Listing | None:
    """Return every parameter with its value."""
    columns = terms.column("parameter", "code"), terms.column("value", "code")
    if not record.parameters:
        return None
    return terms.listing("parameters", columns, record.parameters, notes=["parameters_note"])


def list_software(record: Record, terms: Terms) -> Listing | None:
    """Return what the run was made with, and by which command."""
    rows: list[Row] = list(record.software)
    if record.command:
        rows.append((terms.say("command", "command"), record.command))
    columns = terms.column("name", word="column_software"), terms.column("version", "code")
    return terms.listing("software", columns, rows) if rows else None


def list_warnings(record: Record, terms: Terms) -> Listing | None:
    """Return what was repaired or assumed."""
    rows: list[Row] = [(one,) for one in record.warnings]
    columns = (terms.column("warning", word="warnings_title"),)
    return terms.listing("warnings", columns, rows) if rows else None


def list_notes(report: PlacementReport, terms: Terms) -> Listing:
    """Return what the figures rest on, what they cannot tell, and what is withheld."""
    handling = report.handling
    rows: list[Row] = []
    if handling.marking:
        rows.append((terms.say("note_marking", "marking"), terms.text(handling.marking)))
    if handling.posts_withheld:
        rows.append(_note(terms, "withheld", "note_posts_withheld"))
    if handling.rounded_km is not None:
        rows.append(_note(terms, "withheld", "note_rounded", km=handling.rounded_km))
    if report.what_if is not None and report.what_if.roads_withheld:
        rows.append(_note(terms, "withheld", "what_if_critical_withheld"))
    rows += [(terms.say("note_rests", "label"), terms.label(one)) for one in report.record.labels]
    counted = "community_id" if _on_places(report) else "cell_id"
    rows.append(_note(terms, "counted", f"counted_{counted}"))
    limits = ["limit_free_flow", "limit_unknown", "limit_rounding", "limit_ground"]
    if not report.plan or report.plan.asked.kind not in {"served", "expected_cover"}:
        limits.insert(1, "limit_capacity")
    rows += [_note(terms, "limit", one) for one in limits]
    if report.compared:
        rows.append(_note(terms, "limit", "compared_limit"))
    if report.posts:
        see = report.frontier.see if report.frontier else ""
        rows.append(_note(terms, "limit", f"barrier_{see}" if see else "barrier"))
    columns = terms.column("kind", word="column_kind"), terms.column("note", word="column_note")
    return terms.listing("notes", columns, rows)


def _on_places(report: PlacementReport) -> bool:
    if report.plan:
        return report.plan.counted == "community_id"
    if report.compared:
        return report.compared.counted == "community_id"
    return report.gaps is not None and report.gaps.counted == "community"


def _note(terms: Terms, kind: str, key: str, **figures: float) -> Row:
    code = " ".join([key, *(f"{name}={value:g}" for name, value in figures.items())])
    return terms.say(f"note_kind_{kind}", kind), terms.say(key, code, **figures)
