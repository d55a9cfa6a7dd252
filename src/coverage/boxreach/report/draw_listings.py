"""Tables of draws: what plans come to in them, by governorate too, and which sites are chosen."""

from __future__ import annotations

from boxreach.exports.listing import Listing
from boxreach.report.terms import Row, Terms
from boxreach.report.what_if import WhatIf


def list_robustness(told: WhatIf, terms: Terms) -> Listing | None:
    """Return what the draws of each plan come to."""
    rows: list[Row] = [
        (
            terms.plan(one.plan), one.point, one.mean, one.low, one.median, one.high, one.worst,
            one.share, one.regret, one.regret_high, one.best_in,
        )
        for one in told.plans
    ]  # fmt: skip
    columns = (
        terms.column("plan", word="what_if_plan"),
        *(
            terms.column(key, "people", f"what_if_{word}")
            for key, word in (
                ("point", "point"), ("mean", "mean"), ("low", "low"), ("median", "middle"),
                ("high", "high"), ("worst", "worst"),
            )
        ),
        terms.column("share_mean", "share", "what_if_share_mean"),
        terms.column("regret_mean", "people", "what_if_regret"),
        terms.column("regret_high", "people", "what_if_regret_high"),
        terms.column("best_in", "share", "what_if_best_in"),
    )  # fmt: skip
    notes = ["what_if_robust_note", "what_if_robust_means"]
    return terms.listing("robustness", columns, rows, notes=notes) if rows else None


def list_robustness_areas(told: WhatIf, terms: Terms) -> Listing | None:
    """Return the draws of each plan by governorate."""
    rows: list[Row] = [
        (terms.plan(one.plan), terms.area(one.name), one.low, one.median, one.high)
        for one in told.spreads
    ]
    columns = (
        terms.column("plan", word="what_if_plan"),
        terms.column("governorate"),
        terms.column("low", "people", "what_if_low"),
        terms.column("median", "people", "what_if_middle"),
        terms.column("high", "people", "what_if_high"),
    )
    notes = ["what_if_spread_note"]
    return terms.listing("robustness_areas", columns, rows, notes=notes) if rows else None


def list_robustness_sites(told: WhatIf, terms: Terms) -> Listing | None:
    """Return how often each site is chosen, the most often first."""
    names = dict(told.names)
    rows: list[Row] = [
        (one.site_id, terms.name(names.get(one.site_id)), one.chosen, terms.flag(one.in_plan))
        for one in told.chosen
    ]
    columns = (
        terms.column("site_id", "code", "column_id"),
        terms.column("name", word="site_name"),
        terms.column("chosen", "share", "what_if_chosen"),
        terms.column("in_plan", word="what_if_in_plan"),
    )
    notes = ["what_if_chosen_note"]
    return terms.listing("robustness_sites", columns, rows, notes=notes) if rows else None


def list_robustness_draws(told: WhatIf, terms: Terms) -> Listing | None:
    """Return what each plan comes to in each draw."""
    rows: list[Row] = [
        (one.draw, terms.plan(one.plan), one.total, one.within, one.regret, one.best, one.bound)
        for one in told.draws
    ]
    columns = (
        terms.column("draw", "count", "what_if_draw"),
        terms.column("plan", word="what_if_plan"),
        terms.column("people", "people"),
        terms.column("within", "people"),
        terms.column("regret", "people", "what_if_regret_of"),
        terms.column("best", "people", "what_if_best"),
        terms.column("bound", "people", "column_bound"),
    )
    return terms.listing("robustness_draws", columns, rows) if rows else None


def list_speed_ranges(told: WhatIf, terms: Terms) -> Listing | None:
    """Return between which shares of the usual speed was drawn, by class of road."""
    rows: list[Row] = [*(told.robust.ranges if told.robust else ())]
    columns = (
        terms.column("road_class", word="column_road_class"),
        terms.column("low", "share", "what_if_lowest"),
        terms.column("high", "share", "what_if_highest"),
    )
    notes = ["what_if_ranges_note"]
    return terms.listing("speed_ranges", columns, rows, notes=notes) if rows else None
