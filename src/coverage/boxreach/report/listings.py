"""All tables of a report, for workbooks and for CSV."""

from __future__ import annotations

from boxreach.exports.listing import Listing
from boxreach.report import draw_listings as draws
from boxreach.report import line_listings as line
from boxreach.report import people_listings as people
from boxreach.report import plan_listings as plans
from boxreach.report import record_listings as records
from boxreach.report import site_listings as sites
from boxreach.report import what_if_listings as states
from boxreach.report.compared import Compared
from boxreach.report.details import Details
from boxreach.report.model import GapTable
from boxreach.report.placement_report import PlacementReport
from boxreach.report.terms import Terms
from boxreach.report.what_if import WhatIf
from boxreach.report.wording import Wording


def list_tables(report: PlacementReport, wording: Wording | None) -> tuple[Listing, ...]:
    """Return every table of a report that it has anything for, the decision first.

    Figures are those of the report, unrounded and never text; what is not known is None.

    Parameters
    ----------
    report
        What is to be told.
    wording
        The reader's words; None for programs: keys as titles, codes as they are, names in the
        columns ``name``, ``name_ar``, ``name_ckb`` and ``name_kmr``.
    """
    terms, details, record = Terms(wording), report.details, report.record
    found = (
        plans.list_decision(report, terms),
        *_list_compared(report.compared, terms),
        plans.list_outcomes(report.plan, "outcomes", terms),
        people.list_areas(report.areas, terms),
        *_list_sites(report, terms),
        *_list_frontier(report, terms),
        people.list_communities(report.ground.places, terms),
        *_list_gaps(report.gaps, terms),
        people.list_spots(details, terms),
        plans.list_phases(report, terms),
        plans.list_curve(report, terms),
        plans.list_rules(report, terms),
        plans.list_price(report, terms),
        plans.list_regrets(report, terms),
        plans.list_moves(report, terms),
        plans.list_sensitivity(report, terms),
        *_list_what_if(report.what_if or WhatIf(), terms, runs=report.compared is not None),
        *_list_details(details, terms),
        None if report.gaps is None else people.list_must_missed(report.gaps, terms),
        sites.list_sheets(report, terms),
        sites.list_legs(report, terms),
        sites.list_served(report, terms),
        sites.list_missed(report, terms),
        records.list_sources(record, terms),
        records.list_parameters(record, terms),
        records.list_software(record, terms),
        records.list_warnings(record, terms),
        records.list_notes(report, terms),
    )
    return tuple(one for one in found if one is not None)


def _list_gaps(gaps: GapTable | None, terms: Terms) -> tuple[Listing | None, ...]:
    if gaps is None:
        return ()
    return people.list_gaps(gaps, terms), people.list_reasons(gaps, terms)


def _list_compared(compared: Compared | None, terms: Terms) -> tuple[Listing | None, ...]:
    if compared is None:
        return ()
    return records.list_runs(compared, terms), records.list_settings(compared, terms)


def _list_sites(report: PlacementReport, terms: Terms) -> tuple[Listing | None, ...]:
    supports, ground = dict(report.supports), report.ground
    return (
        sites.list_proposed(report.plan, "boxes", supports, terms),
        sites.list_standing_sites(ground.boxes, "boxes_standing", terms),
        sites.list_proposed(report.posts, "posts", supports, terms),
        sites.list_standing_sites(ground.posts, "posts_standing", terms),
    )


def _list_frontier(report: PlacementReport, terms: Terms) -> tuple[Listing | None, ...]:
    return (
        *line.list_post_facts(report.frontier, terms),
        line.list_facts(report.frontier, terms),
        plans.list_outcomes(report.posts, "post_outcomes", terms),
        line.list_line(report.ground.line, terms),
        line.list_stretches(report.strip, report.posts, terms),
        line.list_stretch_reasons(report.strip, report.posts, terms),
        line.list_crossings(report.frontier, terms),
    )


def _list_what_if(told: WhatIf, terms: Terms, *, runs: bool) -> tuple[Listing | None, ...]:
    head = states.RUN if runs else states.ROUND
    return (
        states.list_scenarios(told, terms),
        states.list_scenario_areas(told, terms),
        states.list_scenario_places(told, terms),
        states.list_scenario_boxes(told, terms),
        states.list_critical_roads(told, terms),
        states.list_critical_sites(told, terms),
        states.list_critical_places(told, terms),
        states.list_opening(told, terms),
        states.list_opening_order(told, terms),
        draws.list_robustness(told, terms),
        draws.list_robustness_areas(told, terms),
        draws.list_robustness_sites(told, terms),
        draws.list_speed_ranges(told, terms),
        draws.list_robustness_draws(told, terms),
        states.list_rounds(told, terms, head),
        states.list_round_steps(told, terms),
        states.list_round_areas(told, terms, head),
        states.list_round_places(told, terms, head),
        states.list_round_boxes(told, terms, head),
        states.list_round_moves(told, terms),
    )


def _list_details(details: Details, terms: Terms) -> tuple[Listing | None, ...]:
    return (
        people.list_forces(details, terms),
        people.list_distances(details, terms),
        people.list_curves(details, terms),
        people.list_fifths(details, terms),
        people.list_worst(details, terms),
        people.list_layers(details, terms),
        people.list_layer_areas(details, terms),
        people.list_demand(details, terms),
        people.list_must(details, terms),
    )


def name_contents(wording: Wording) -> tuple[str, str, str]:
    """Return the words of a sheet of contents, as `boxreach.exports.write_workbook` takes them."""
    return wording.say("contents_label"), wording.say("rows"), wording.say("table_notes")
