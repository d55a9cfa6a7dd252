"""Tables of what is decided: key figures, phases, rules and what they cost, other thresholds."""

from __future__ import annotations

import math

from boxreach.exports.listing import Form, Listing
from boxreach.report.model import Cover, PlanPart
from boxreach.report.placement_report import PlacementReport
from boxreach.report.terms import Row, Terms


def list_decision(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return the key figures, each with its unit."""
    rows: list[Row] = []
    for plan in (report.plan, report.posts):
        if plan is not None:
            rows += _plan_figures(plan, terms)
    if report.plan is None and report.gaps is not None:
        gaps, part = report.gaps, terms.say("proof_boxes", "boxes")
        rows = [
            (part, *_figure(terms, "threshold_minutes", gaps.minutes, "minutes")),
            *((part, *row) for row in _cover_figures(terms, gaps.people, "people")),
            *((part, *row) for row in _cover_figures(terms, gaps.places, "places")),
            *rows,
        ]
    columns = (
        terms.column("part", word="column_part"),
        terms.column("figure", word="column_figure"),
        terms.column("value", "number"),
        terms.column("unit"),
        terms.column("share", "share"),
    )
    notes = ["limit_free_flow", "note_blank"]
    return terms.listing("decision", columns, rows, notes=notes) if rows else None


def _plan_figures(plan: PlanPart, terms: Terms) -> list[Row]:
    boxes = plan.unit == "people"
    part = terms.say("proof_boxes", "boxes") if boxes else terms.say("proof_posts", "posts")
    sites = "sites" if boxes else "posts"
    before, after = plan.before.cover, plan.after.cover
    gained = round(after.covered - before.covered, 3)
    rows = [
        _figure(terms, "threshold_minutes", plan.minutes, "minutes"),
        _figure(terms, "standing", plan.before.sites, sites),
        _figure(terms, "proposed", plan.after.sites - plan.before.sites, sites),
        _figure(terms, "in_all", plan.after.sites, sites),
        _figure(terms, "counted", after.total, plan.unit),
        _figure(terms, "before", before.covered, plan.unit, before.share),
        _figure(terms, "gained", gained, plan.unit, _share(gained, after.total)),
        _figure(terms, "after", after.covered, plan.unit, after.share),
        _figure(terms, "outside", after.uncovered, plan.unit, _share(after.uncovered, after.total)),
        _figure(terms, "idle", plan.idle, sites),
    ]
    if plan.proofs:
        last, measure = plan.proofs[-1], _measure(plan)
        rows += [
            (terms.say("figure_status", "status"), terms.code(last.status), "", None),
            _figure(terms, "objective", last.objective, measure),
            _figure(terms, "bound", last.bound, measure),
            _figure(terms, "gap", None, "", last.gap),
        ]
    price = plan.price
    if price.cost_usd is not None:
        rows.append(_figure(terms, "cost_usd", price.cost_usd, "usd"))
    if price.moves:
        rows.append(_figure(terms, "moves", len(price.moves), sites))
        rows.append(_figure(terms, "moves_usd", price.moves_usd, "usd"))
    if price.reserve:
        rows.append(_figure(terms, "reserve", price.reserve, sites))
    return [(part, *row) for row in rows]


def _cover_figures(terms: Terms, cover: Cover, unit: str) -> list[Row]:
    return [
        _figure(terms, "counted", cover.total, unit),
        _figure(terms, "before", cover.covered, unit, cover.share),
        _figure(terms, "outside", cover.uncovered, unit, _share(cover.uncovered, cover.total)),
    ]


def _figure(
    terms: Terms, key: str, value: float | None, unit: str, share: float | None = None
) -> Row:
    return (terms.say(f"figure_{key}", key), value, unit_of(terms, unit), share)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _measure(plan: PlanPart) -> str:
    if plan.unit == "km":
        return {"sites": "posts", "weighted": "weighted_km"}.get(plan.asked.measure,
                                                                 plan.asked.measure)  # fmt: skip
    return plan.asked.measure


def unit_of(terms: Terms, unit: str) -> str:
    """Return a unit in words."""
    words = {"posts": "unit_sites_km", "places": "places", "": ""}
    word = words.get(unit, f"unit_{unit}")
    if terms.wording is None or not word or word not in terms.wording.words:
        return unit
    return terms.say(word, unit)


def list_phases(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return what is proven of each phase."""
    rows: list[Row] = []
    for plan in (report.plan, report.posts):
        for proof in plan.proofs if plan else ():
            part = "boxes" if plan and plan.unit == "people" else "posts"
            rows.append(
                (
                    terms.say(f"proof_{part}", part), proof.sites, proof.added,
                    terms.code(proof.status), proof.objective, proof.bound,
                    unit_of(terms, _measure(plan) if plan else ""), proof.gap,
                )
            )  # fmt: skip
    columns = (
        terms.column("part", word="column_part"),
        terms.column("sites", "count", "column_sites_in_all"),
        terms.column("new_sites", "count"),
        terms.column("status"),
        terms.column("objective", "number", "by_plan"),
        terms.column("bound", "number", "column_bound"),
        terms.column("unit"),
        terms.column("gap", "share", "bound_gap"),
    )
    return terms.listing("phases", columns, rows, notes=["passed_means"]) if rows else None


def list_curve(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return what each number of boxes comes to."""
    if report.plan is None or not report.plan.curve:
        return None
    rows: list[Row] = [
        (
            row.sites, row.in_order, row.best, row.bound, row.gap,
            None if row.best is None else round(row.best - row.in_order, 6),
            unit_of(terms, report.plan.asked.measure),
        )
        for row in report.plan.curve
    ]  # fmt: skip
    columns = (
        terms.column("sites", "count", "boxes_in_all"),
        terms.column("in_order", "number"),
        terms.column("best", "number"),
        terms.column("bound", "number", "best_bound"),
        terms.column("gap", "share", "bound_gap"),
        terms.column("order_loses", "number"),
        terms.column("unit"),
    )
    return terms.listing("curve", columns, rows, notes=["best_intro"])


def list_rules(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return the quotas and what came of them."""
    rules = [
        (part, rule)
        for part, plan in (("boxes", report.plan), ("posts", report.posts))
        if plan
        for rule in plan.rules
    ]
    rows: list[Row] = [
        (
            terms.say(f"proof_{part}", part),
            terms.code(rule.column) if rule.column == "governorate" else rule.column,
            terms.area(rule.value), rule.at_least, rule.at_most, rule.standing, rule.proposed,
            rule.standing + rule.proposed,
        )
        for part, rule in rules
    ]  # fmt: skip
    columns = (
        terms.column("part", word="column_part"),
        terms.column("column", word="column_column"),
        terms.column("value", word="rule"),
        terms.column("at_least", "count"),
        terms.column("at_most", "count"),
        terms.column("standing", "count", "column_standing"),
        terms.column("proposed", "count", "column_proposed"),
        terms.column("in_all", "count"),
    )
    return terms.listing("rules", columns, rows) if rows else None


def list_price(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return what the rules and the reserve come to, between two ends."""
    rows: list[Row] = []
    for part, plan in (("boxes", report.plan), ("posts", report.posts)):
        for key, ends in (
            ("forgone", plan and plan.price.forgone),
            ("reserve_gain", plan and plan.price.reserve_gain),
        ):
            if plan and ends:
                unit = unit_of(terms, _measure(plan))
                named = terms.say(f"proof_{part}", part), terms.say(f"figure_{key}", key)
                rows.append((*named, ends[0], ends[1], unit))
    columns = (
        terms.column("part", word="column_part"),
        terms.column("figure", word="column_figure"),
        terms.column("at_least", "number"),
        terms.column("at_most", "number"),
        terms.column("unit"),
    )
    return terms.listing("price", columns, rows) if rows else None


def list_regrets(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return what each phase gives up for the others."""
    plan = report.plan
    if plan is None or not plan.price.regrets:
        return None
    unit = unit_of(terms, _measure(plan))
    rows: list[Row] = [
        (row.sites, row.objective, row.alone, row.lost, row.kept, unit)
        for row in plan.price.regrets
    ]
    columns = (
        terms.column("sites", "count", "boxes_in_all"),
        terms.column("objective", "number", "by_plan"),
        terms.column("alone", "number"),
        terms.column("regret", "number"),
        terms.column("kept_bound", "number"),
        terms.column("unit"),
    )
    return terms.listing("regrets", columns, rows, notes=["regret_note"])


def list_moves(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return the boxes that move, and their sums."""
    if report.plan is None or not report.plan.price.moves:
        return None
    moves, price = report.plan.price.moves, report.plan.price
    rows: list[Row] = [
        (
            move.phase, terms.name(move.start), terms.name(move.end), move.km, move.cost_usd,
            move.gained, move.lost, move.gained - move.lost,
        )
        for move in moves
    ]  # fmt: skip
    gained, lost = (math.fsum(one) for one in ((m.gained for m in moves), (m.lost for m in moves)))
    km = round(math.fsum(move.km for move in moves), 6)
    rows.append((None, terms.area(None), "", km, price.moves_usd, gained, lost, gained - lost))
    columns = (
        terms.column("phase", "count", "phase_boxes"),
        terms.column("moves_from"),
        terms.column("moves_to"),
        terms.column("km", "km", "unit_km"),
        terms.column("cost_usd", "usd", "cost"),
        terms.column("people_gained", "people"),
        terms.column("people_lost", "people"),
        terms.column("people_net", "people"),
    )
    return terms.listing("moves", columns, rows, totals=1, notes=["moves_note"])


def list_sensitivity(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return what the same sites come to at other thresholds."""
    if report.sensitivity is None:
        return None
    told = report.sensitivity
    form: Form = "km" if told.unit == "km" else "people"
    rows: list[Row] = [
        (
            minutes, after.total, before.covered, before.share, after.covered, after.share,
            round(after.covered - before.covered, 3), after.uncovered, unit_of(terms, told.unit),
        )
        for minutes, before, after in zip(told.minutes, told.before, told.after, strict=True)
    ]  # fmt: skip
    columns = (
        terms.column("minutes", "minutes"),
        terms.column("total", form, "in_all"),
        terms.column("within_before", form),
        terms.column("share_before", "share", "column_share_before"),
        terms.column("within_after", form),
        terms.column("share_after", "share"),
        terms.column("gained", form),
        terms.column("outside_after", form),
        terms.column("unit"),
    )
    return terms.listing("sensitivity", columns, rows, notes=["limit_free_flow"])


def list_outcomes(plan: PlanPart | None, key: str, terms: Terms) -> Listing | None:
    """Return each governorate before and after everything proposed stands."""
    if plan is None or not plan.outcomes:
        return None
    form: Form = "people" if plan.unit == "people" else "km"
    rows: list[Row] = []
    for row in plan.outcomes:
        before, after = row.before, row.after
        was: Row = (before.covered, before.share) if before else (None, None)
        gained = round(after.covered - before.covered, 3) if before and after else None
        then: Row = (after.covered, after.share, after.uncovered) if after else (None,) * 3
        whole = after.total if after else None
        rows.append((terms.area(row.name), row.standing, row.proposed, whole, *was, gained, *then))
    columns = (
        terms.column("governorate"),
        terms.column("standing", "count", "column_standing"),
        terms.column("proposed", "count", "column_proposed"),
        terms.column("total", form, "people" if form == "people" else "frontier_km"),
        terms.column("within_before", form),
        terms.column("share_before", "share", "column_share_before"),
        terms.column("gained", form),
        terms.column("within_after", form),
        terms.column("share_after", "share"),
        terms.column("outside_after", form),
    )
    totals = int(plan.outcomes[-1].name is None)
    return terms.listing(key, columns, rows, totals=totals, notes=["note_blank"])
