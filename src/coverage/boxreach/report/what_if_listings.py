"""Tables of other states: scenarios, critical roads and sites, and openings."""

from __future__ import annotations

from boxreach.exports.listing import Column, Form, Listing
from boxreach.report.model import Name
from boxreach.report.terms import Row, Terms
from boxreach.report.what_if import (
    Loss,
    ScenarioArea,
    ScenarioBox,
    ScenarioPlace,
    ScenarioRow,
    WhatIf,
)

BASE = "base"
"""What `boxreach.scenarios` calls the state that was planned for."""

_SCENARIO, ROUND, RUN = "what_if_scenario", "what_if_round", "compared_run"
"""Heads of the column that says of which state a row is."""

_INTRO = {
    _SCENARIO: ("what_if_intro",),
    ROUND: ("what_if_rounds_intro",),
    RUN: ("compared_intro", "compared_limit"),
}
_NOTES = ("note_blank", "limit_free_flow")


def list_scenarios(told: WhatIf, terms: Terms) -> Listing | None:
    """Return the scenarios in all, the base first."""
    return _compared("scenarios", told.scenarios, told.unit, terms)


def list_rounds(told: WhatIf, terms: Terms, head: str = ROUND) -> Listing | None:
    """Return the earlier round of a survey and the later one, or so two runs."""
    return _compared("rounds", told.rounds, told.rounds_unit, terms, head)


def _compared(
    key: str, told: tuple[ScenarioRow, ...], unit: str, terms: Terms, head: str = _SCENARIO
) -> Listing | None:
    rows: list[Row] = [
        (
            _scenario_name(one.scenario, terms), one.minutes, one.boxes, one.total, one.within,
            one.share, one.gained, one.lost, one.returned_within, one.left_within, one.net,
            one.places_gained, one.places_lost, one.median, one.slower, one.returned, one.left,
            "; ".join(f"{field_name(name, terms)}: {says}" for name, says in one.assumed),
        )
        for one in told
    ]  # fmt: skip
    form = _form(unit)
    columns = (
        terms.column("scenario", word=head),
        terms.column("minutes", "minutes", "figure_threshold_minutes"),
        terms.column("boxes", "count"),
        _whole(unit, terms),
        terms.column("within", form),
        terms.column("share", "share"),
        *_parts(unit, terms),
        terms.column("places_gained", "count", "what_if_places_gained"),
        terms.column("places_lost", "count", "what_if_places_lost"),
        terms.column("median_minutes", "minutes", "what_if_median"),
        terms.column("slower_minutes", "minutes", "what_if_slower"),
        terms.column("returned", form, "what_if_returned"),
        terms.column("left", form, "what_if_left"),
        terms.column("changes", word="what_if_changes"),
    )
    return terms.listing(key, columns, rows, notes=[*_INTRO[head], *_NOTES]) if rows else None


def _scenario_name(scenario: str, terms: Terms) -> str:
    """Return what a scenario is called; the base has words of its own."""
    return terms.say("what_if_base", BASE) if scenario == BASE else scenario


def field_name(field: str, terms: Terms) -> str:
    """Return what a field of a scenario is called; one that has no words, by its name."""
    key = f"what_if_field_{field}"
    known = terms.wording is not None and key in terms.wording.words
    return terms.say(key, field) if known else field


def _form(unit: str) -> Form:
    return "km" if unit == "km" else "people"


def _whole(unit: str, terms: Terms) -> Column:
    word = "frontier_km" if unit == "km" else "people"
    return terms.column("km" if unit == "km" else "people", _form(unit), word)


def _parts(unit: str, terms: Terms) -> tuple[Column, ...]:
    """Return the columns of who gains and loses reach, and of the net."""
    names = ("gained", "lost", "returned_within", "left_within")
    columns = [terms.column(one, _form(unit), f"what_if_{one}") for one in names]
    return (*columns, terms.column("net", _form(unit), "people_net"))


def list_scenario_areas(told: WhatIf, terms: Terms) -> Listing | None:
    """Return the scenarios by governorate; all of them together are in `list_scenarios`."""
    return _by_area("scenario_areas", told.areas, told.unit, terms)


def list_round_areas(told: WhatIf, terms: Terms, head: str = ROUND) -> Listing | None:
    """Return the rounds by governorate; all of them together are in `list_rounds`."""
    return _by_area("round_areas", told.round_areas, told.rounds_unit, terms, head)


def _by_area(
    key: str, told: tuple[ScenarioArea, ...], unit: str, terms: Terms, head: str = _SCENARIO
) -> Listing | None:
    rows: list[Row] = [
        (
            _scenario_name(one.scenario, terms), terms.area(one.name), one.total, one.before,
            one.after, one.gained, one.lost, one.returned_within, one.left_within, one.net,
        )
        for one in told
        if one.name is not None
    ]  # fmt: skip
    columns = (
        terms.column("scenario", word=head),
        terms.column("governorate"),
        _whole(unit, terms),
        terms.column("within_before", _form(unit)),
        terms.column("within_after", _form(unit)),
        *_parts(unit, terms),
    )
    return terms.listing(key, columns, rows) if rows else None


def list_scenario_places(told: WhatIf, terms: Terms) -> Listing | None:
    """Return the places that each scenario changes most."""
    return _by_place("scenario_places", told.places, told.unit, terms)


def list_round_places(told: WhatIf, terms: Terms, head: str = ROUND) -> Listing | None:
    """Return the places that change most from one round to the next, and what did it."""
    return _by_place("round_places", told.round_places, told.rounds_unit, terms, head)


def _by_place(
    key: str, told: tuple[ScenarioPlace, ...], unit: str, terms: Terms, head: str = _SCENARIO
) -> Listing | None:
    rows: list[Row] = [
        (
            _scenario_name(one.scenario, terms), one.place_id, *terms.names(one.name),
            terms.area(one.area), terms.say(f"what_if_change_{one.change}", one.change),
            one.people_before, one.people, one.site_id_before, one.minutes_before, one.site_id,
            one.minutes, terms.say(f"what_if_step_{one.because}", one.because)
            if one.because else "",
        )
        for one in told
    ]  # fmt: skip
    kind = "km" if unit == "km" else "people"
    columns = (
        terms.column("scenario", word=head),
        terms.column("place_id", "code", "column_community_id"),
        *terms.name_columns("community"),
        terms.column("governorate"),
        terms.column("change", word="what_if_change"),
        terms.column(f"{kind}_before", _form(unit), f"what_if_{kind}_before"),
        terms.column(f"{kind}_after", _form(unit), f"what_if_{kind}_after"),
        terms.column("site_id_before", "code", "what_if_site_before"),
        terms.column("minutes_before", "minutes", "column_minutes_before"),
        terms.column("site_id", "code", "what_if_site_after"),
        terms.column("minutes", "minutes", "column_minutes_after"),
        terms.column("because", word="what_if_because"),
    )
    if key != "round_places":  # of scenarios nothing is asked but what they change
        rows, columns = [row[:-1] for row in rows], columns[:-1]
    return terms.listing(key, columns, rows, notes=_NOTES) if rows else None


def list_scenario_boxes(told: WhatIf, terms: Terms) -> Listing | None:
    """Return the sites that a scenario takes away, adds, or gives other people."""
    return _by_box("scenario_boxes", told.boxes, told, terms)


def list_round_boxes(told: WhatIf, terms: Terms, head: str = ROUND) -> Listing | None:
    """Return the sites that the later round lacks, adds, or gives other people."""
    return _by_box("round_boxes", told.round_boxes, told, terms, head)


def _by_box(
    key: str, boxes: tuple[ScenarioBox, ...], told: WhatIf, terms: Terms, head: str = _SCENARIO
) -> Listing | None:
    names = dict(told.names)
    unit = told.rounds_unit if key == "round_boxes" else told.unit
    rows: list[Row] = [
        (
            _scenario_name(one.scenario, terms), one.site_id,
            terms.name(names.get(one.site_id)),
            terms.say(f"what_if_box_{one.change}", one.change), one.before, one.after,
        )
        for one in boxes
    ]  # fmt: skip
    kind = "km" if unit == "km" else "people"
    columns = (
        terms.column("scenario", word=head),
        terms.column("site_id", "code", "column_id"),
        terms.column("name", word="column_backup_name"),
        terms.column("change", word="what_if_change"),
        terms.column(f"{kind}_before", _form(unit), f"what_if_{kind}_before"),
        terms.column(f"{kind}_after", _form(unit), f"what_if_{kind}_after"),
    )
    notes = ["what_if_boxes_note"]
    return terms.listing(key, columns, rows, notes=notes) if rows else None


def list_critical_roads(told: WhatIf, terms: Terms) -> Listing | None:
    """Return bridges, roads and crossings, those without which most lose reach first."""
    if told.critical is None or not told.roads:
        return None
    rows: list[Row] = [
        (
            at + 1, one.feature_id, *terms.names(one.name),
            terms.say(f"what_if_kind_{one.kind}", one.kind), one.road_class,
            *_loss(one.loss, told, terms),
        )
        for at, one in enumerate(told.roads)
    ]  # fmt: skip
    columns = (
        terms.column("rank", "count"),
        terms.column("feature_id", "code", "column_id"),
        *terms.name_columns("what_if_road"),
        terms.column("kind", word="column_kind"),
        terms.column("road_class", word="column_road_class"),
        *_loss_columns(told.critical.unit, terms),
    )
    notes = ["what_if_mending_note"] * told.critical.mending + [*_NOTES]
    return terms.listing("critical_roads", columns, rows, notes=notes)


def list_critical_sites(told: WhatIf, terms: Terms) -> Listing | None:
    """Return boxes or posts, those without which most lose reach first."""
    if told.critical is None or not told.sites:
        return None
    rows: list[Row] = [
        (
            at + 1, one.site_id, *terms.names(one.name), one.within,
            *_loss(one.loss, told, terms),
        )
        for at, one in enumerate(told.sites)
    ]  # fmt: skip
    columns = (
        terms.column("rank", "count"),
        terms.column("site_id", "code", "column_id"),
        *terms.name_columns(),
        terms.column("within", _form(told.critical.unit), "what_if_within"),
        *_loss_columns(told.critical.unit, terms),
    )
    notes = ["what_if_mending_note"] * told.critical.mending + [*_NOTES]
    return terms.listing("critical_sites", columns, rows, notes=notes)


def _loss(loss: Loss, told: WhatIf, terms: Terms) -> Row:
    names: dict[str, Name] = dict(told.names)
    return (
        loss.lost, loss.places, loss.slower, loss.slower_minutes, loss.next_site_id,
        terms.name(names.get(loss.next_site_id)), loss.next_minutes, loss.mending_site_id,
        terms.name(names.get(loss.mending_site_id)), loss.mended,
    )  # fmt: skip


def _loss_columns(unit: str, terms: Terms) -> tuple[Column, ...]:
    return (
        terms.column("lost", _form(unit), "what_if_lost"),
        terms.column("places_lost", "count", "what_if_places_lost"),
        terms.column("slower", _form(unit), "what_if_later"),
        terms.column("slower_minutes", "minutes", "what_if_slower"),
        terms.column("next_site_id", "code", "what_if_next"),
        terms.column("next_name", word="what_if_next_name"),
        terms.column("next_minutes", "minutes", "what_if_next_minutes"),
        terms.column("mending_site_id", "code", "what_if_mending"),
        terms.column("mending_name", word="what_if_mending_name"),
        terms.column("mended", _form(unit), "what_if_mended"),
    )


def list_critical_places(told: WhatIf, terms: Terms) -> Listing | None:
    """Return the places that lose reach with each road and site, those with most people first."""
    if told.critical is None or not told.lost:
        return None
    kinds = {one.feature_id: one.kind for one in told.roads}
    rows: list[Row] = []
    for one in told.lost:
        kind = kinds.get(one.of_id, "road") if one.what == "road" else "site"
        said = terms.say(f"what_if_kind_{kind}", kind)
        rows.append(
            (
                said, one.of_id, one.place_id, *terms.names(one.name), one.people,
                one.site_id_before, one.minutes_before, one.site_id, one.minutes,
            )
        )  # fmt: skip
    columns = (
        terms.column("kind", word="column_kind"),
        terms.column("of_id", "code", "what_if_of_id"),
        terms.column("place_id", "code", "column_community_id"),
        *terms.name_columns("community"),
        _whole(told.critical.unit, terms),
        terms.column("site_id_before", "code", "what_if_site_before"),
        terms.column("minutes_before", "minutes", "column_minutes_before"),
        terms.column("site_id", "code", "what_if_site_after"),
        terms.column("minutes", "minutes", "column_minutes_after"),
    )
    return terms.listing("critical_places", columns, rows, notes=_NOTES)


def list_opening(told: WhatIf, terms: Terms) -> Listing | None:
    """Return closed roads by what opening each alone brings."""
    rows: list[Row] = [
        (
            at + 1, one.closure_id, *terms.names(one.name), one.reason, one.regained, one.places,
            one.quicker, one.cost_usd,
        )
        for at, one in enumerate(told.closures)
    ]  # fmt: skip
    columns = (
        terms.column("rank", "count"),
        terms.column("closure_id", "code", "column_id"),
        *terms.name_columns("what_if_closure"),
        terms.column("reason"),
        terms.column("people_regained", "people", "what_if_regained"),
        terms.column("places_regained", "count", "what_if_places_regained"),
        terms.column("quicker_minutes", "minutes", "what_if_quicker"),
        terms.column("cost_usd", "usd", "cost"),
    )
    return terms.listing("opening", columns, rows, notes=_NOTES) if rows else None


def list_opening_order(told: WhatIf, terms: Terms) -> Listing | None:
    """Return the order in which opening them helps most, one after another."""
    names = {one.closure_id: one.name for one in told.closures}
    rows: list[Row] = [
        (
            one.rank, one.closure_id, terms.name(names.get(one.closure_id)), one.gained,
            one.regained,
        )
        for one in told.order
    ]  # fmt: skip
    columns = (
        terms.column("rank", "count"),
        terms.column("closure_id", "code", "column_id"),
        terms.column("name", word="what_if_closure"),
        terms.column("people_gained", "people", "what_if_order_gained"),
        terms.column("people_regained", "people", "what_if_so_far"),
    )
    notes = ["what_if_order_note"]
    return terms.listing("opening_order", columns, rows, notes=notes) if rows else None


def list_round_steps(told: WhatIf, terms: Terms) -> Listing | None:
    """Return how one round became the next, step by step."""
    rows: list[Row] = [
        (terms.say(f"what_if_step_{one.step}", one.step), one.gained, one.lost, one.within)
        for one in told.steps
    ]
    form = _form(told.rounds_unit)
    columns = (
        terms.column("step", word="what_if_step"),
        terms.column("gained", form, "what_if_gained"),
        terms.column("lost", form, "what_if_lost"),
        terms.column("within", form),
    )
    notes = ["what_if_steps_note"]
    return terms.listing("round_steps", columns, rows, notes=notes) if rows else None


def list_round_moves(told: WhatIf, terms: Terms) -> Listing | None:
    """Return the boxes that should move after the later round."""
    rows: list[Row] = [
        (
            terms.name(one.start), terms.name(one.end), one.km, one.cost_usd, one.gained, one.lost,
            one.gained - one.lost,
        )
        for one in told.moves
    ]  # fmt: skip
    columns = (
        terms.column("moves_from"),
        terms.column("moves_to"),
        terms.column("km", "km", "unit_km"),
        terms.column("cost_usd", "usd", "cost"),
        terms.column("people_gained", "people"),
        terms.column("people_lost", "people"),
        terms.column("people_net", "people"),
    )
    return terms.listing("round_moves", columns, rows) if rows else None
