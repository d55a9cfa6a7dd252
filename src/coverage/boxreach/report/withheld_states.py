"""What a redaction leaves of other states: how much hangs on one road, not on which."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TypeVar, overload

from boxreach.report.alternatives import sites_in
from boxreach.report.model import Name
from boxreach.report.what_if import (
    CriticalRoad,
    Loss,
    LostPlace,
    ScenarioPlace,
    ScenarioRow,
    WhatIf,
)

_TOLD_FIELDS = ("condition", "speed_factor", "people", "minutes")
"""What of a scenario names no site, road or place."""

Served = TypeVar("Served", ScenarioPlace, LostPlace)


def withhold_roads(told: WhatIf, boxes: Collection[str]) -> WhatIf:
    """Return other states without what tells a critical road, and without places of closed ones.

    What was typed of a scenario goes too, as far as it may name a road, site or place; and so do
    candidates, which stand at their places and may be called by them.

    Parameters
    ----------
    told
        What is told.
    boxes
        Ids of the boxes that stand or are proposed.
    """
    left = replace(
        told,
        scenarios=tuple(
            replace(one, assumed=tuple(each for each in one.assumed if each[0] in _TOLD_FIELDS))
            for one in told.scenarios
        ),
        roads=tuple(_nameless(one) for one in told.roads),
        lost=tuple(one for one in told.lost if one.what != "road"),
        closures=tuple(replace(one, paths=()) for one in told.closures),
        sites=tuple(replace(one, loss=_mended_by(one.loss, boxes)) for one in told.sites),
        chosen=tuple(one for one in told.chosen if one.in_plan),
    )
    named = sites_in(left)
    return replace(left, names=tuple(one for one in told.names if one[0] in named))


def _mended_by(loss: Loss, boxes: Collection[str]) -> Loss:
    return loss if loss.mending_site_id in boxes else replace(loss, mending_site_id="")


def _nameless(road: CriticalRoad) -> CriticalRoad:
    loss = replace(road.loss, next_site_id="", next_minutes=None, mending_site_id="")
    return CriticalRoad("", Name(""), road.kind, "", loss)


def withhold_posts(told: WhatIf, posts: Collection[str]) -> WhatIf:
    """Return other states without border posts, and without what was counted on the frontier.

    Parameters
    ----------
    told
        What is told.
    posts
        Ids of posts.
    """
    if told.unit == "km":
        told = replace(told, unit="people", scenarios=(), areas=(), places=(), boxes=())
    if told.rounds_unit == "km":
        told = replace(told, rounds_unit="people", rounds=(), steps=(), moves=())
        told = replace(told, round_areas=(), round_places=(), round_boxes=())
    if told.critical is not None and told.critical.unit == "km":
        told = replace(told, critical=None, roads=(), sites=(), lost=())
    sites = [one for one in told.sites if one.site_id not in posts]
    critical = told.critical
    if critical is not None and len(sites) < len(told.sites):
        kept = len(sites), sum(one.loss.lost > 0 for one in sites)
        critical = replace(critical, sites=kept[0], sites_needed=kept[1])
    return replace(
        told,
        places=tuple(_without(told.places, posts)),
        round_places=tuple(_without(told.round_places, posts)),
        boxes=tuple(one for one in told.boxes if one.site_id not in posts),
        round_boxes=tuple(one for one in told.round_boxes if one.site_id not in posts),
        critical=critical,
        roads=tuple(replace(one, loss=_loss(one.loss, posts)) for one in told.roads),
        sites=tuple(replace(one, loss=_loss(one.loss, posts)) for one in sites),
        lost=tuple(_without((one for one in told.lost if one.of_id not in posts), posts)),
        chosen=tuple(one for one in told.chosen if one.site_id not in posts),
        names=tuple((site_id, name) for site_id, name in told.names if site_id not in posts),
    )


def _without(places: Iterable[Served], posts: Collection[str]) -> Iterable[Served]:
    """Yield places without the posts that are the quickest to reach them, if any are."""
    for one in places:
        place = one
        if place.site_id in posts:
            place = replace(place, site_id="", minutes=None)
        if place.site_id_before in posts:
            place = replace(place, site_id_before="", minutes_before=None)
        yield place


def _loss(loss: Loss, posts: Collection[str]) -> Loss:
    if loss.next_site_id in posts:
        loss = replace(loss, next_site_id="", next_minutes=None)
    if loss.mending_site_id in posts:
        loss = replace(loss, mending_site_id="", mended=None)
    return loss


def thresholds_of(told: WhatIf) -> list[float]:
    """Return the thresholds of other states, in minutes."""
    parts = (told.critical, told.opening, told.robust)
    found = [one.minutes for one in parts if one is not None]
    return [*found, *(one.minutes for one in (*told.scenarios, *told.rounds))]


def round_up_minutes(told: WhatIf) -> WhatIf:
    """Return other states with the minutes to each place, and means of them, rounded up."""
    return replace(
        told,
        scenarios=tuple(map(_in_whole_scenario, told.scenarios)),
        rounds=tuple(map(_in_whole_scenario, told.rounds)),
        round_places=tuple(map(_in_whole, told.round_places)),
        places=tuple(map(_in_whole, told.places)),
        roads=tuple(replace(one, loss=_in_whole_loss(one.loss)) for one in told.roads),
        sites=tuple(replace(one, loss=_in_whole_loss(one.loss)) for one in told.sites),
        lost=tuple(map(_in_whole, told.lost)),
        closures=tuple(replace(one, quicker=round_up(one.quicker)) for one in told.closures),
    )


def _in_whole_scenario(row: ScenarioRow) -> ScenarioRow:
    return replace(row, median=round_up(row.median), slower=round_up(row.slower))


def _in_whole(place: Served) -> Served:
    before, after = round_up(place.minutes_before), round_up(place.minutes)
    return replace(place, minutes_before=before, minutes=after)


def _in_whole_loss(loss: Loss) -> Loss:
    later, then = round_up(loss.slower_minutes), round_up(loss.next_minutes)
    return replace(loss, slower_minutes=later, next_minutes=then)


@overload
def round_up(minutes: float) -> float: ...


@overload
def round_up(minutes: None) -> None: ...


@overload
def round_up(minutes: float | None) -> float | None: ...


def round_up(minutes: float | None) -> float | None:
    """Return minutes as whole ones, none fewer than they are.

    Examples
    --------
    >>> round_up(12.25), round_up(12.0000000001), round_up(None)
    (13.0, 12.0, None)
    """
    # What a file's three digits take away is no minute more.
    return None if minutes is None else float(math.ceil(minutes - 1e-6))
