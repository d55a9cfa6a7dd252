"""What if: scenarios, critical roads and boxes, closed roads and draws, as a map takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.arguments import kind_of
from boxreach.errors import Fault
from boxreach.maps.cases import Side
from boxreach.maps.changes import write_changes
from boxreach.maps.columns import texts_of
from boxreach.maps.critical import write_critical, write_opening
from boxreach.maps.robust import write_robust
from boxreach.redaction import Redaction

if TYPE_CHECKING:
    from boxreach.scenarios import Comparison, Criticality, Opening, Robustness

Table = TypeVar("Table", bound=pd.DataFrame)

_MINUTES = ("median_minutes", "next_minutes", "quicker_minutes", "slower_minutes")
_OF_BOXES = ("lost", "boxes")
"""Fields of a `Scenario` that name boxes."""
_OTHER_SITES = ("next_site_id", "mending_site_id")


@dataclass(frozen=True)
class WhatIf:
    """What is shown beside a plan, each part of which may be missing.

    Whether the page ``opens`` with it is for a map of nothing else.
    """

    comparison: Comparison | None = None
    criticality: Criticality | None = None
    opening: Opening | None = None
    robustness: Robustness | None = None
    opens: bool = False


def what_if_faults(what_if: WhatIf, *, needed: Sequence[str] = ()) -> list[Fault]:
    """Return the faults of arguments that are not what they have to be, or lacking."""
    from boxreach.scenarios import (  # noqa: PLC0415 - few maps
        Comparison,
        Criticality,
        Opening,
        Robustness,
    )

    kinds = {
        "comparison": (Comparison, "give what compare() returned"),
        "criticality": (Criticality, "give what criticality() returned"),
        "opening": (Opening, "give what opening_value() returned"),
        "robustness": (Robustness, "give what robustness() returned"),
    }
    faults = [
        Fault(f"{name} is {kind_of(value)}", advice=advice)
        for name, (kind, advice) in kinds.items()
        if not isinstance(value := getattr(what_if, name), kind if name in needed else kind | None)
    ]
    for name in ("comparison", "criticality"):
        unit = getattr(getattr(what_if, name), "unit", "people")
        if unit != "people":
            advice = "give one of boxes, over communities"
            faults.append(Fault(f"{name} counts {unit}", advice=advice))
    return faults


def write_what_if(
    what_if: WhatIf, reach: gpd.GeoDataFrame, *, coarse: bool = False
) -> dict[str, Any] | None:
    """Return what a map tells of it; None where there is nothing to tell.

    Parameters
    ----------
    what_if
        What is given, as far as it may be told.
    reach
        A row per community of the map.
    coarse
        Write times in whole minutes.
    """
    told = {
        "comparison": write_changes(what_if.comparison, reach, coarse=coarse),
        "criticality": write_critical(what_if.criticality, reach, coarse=coarse),
        "opening": write_opening(what_if.opening),
        "robustness": write_robust(what_if.robustness),
    }
    if all(one is None for one in told.values()):
        return None
    return told | {"opens": what_if.opens}


def withhold_what_if(
    redaction: Redaction, what_if: WhatIf, sides: Sequence[Side], posts: frozenset[str]
) -> WhatIf:
    """Return what may be told: no critical road by place, no post, and no box where it is.

    Of draws no candidate either.

    Parameters
    ----------
    redaction
        What is withheld.
    what_if
        What was given.
    sides
        The plans of the map, whose boxes are known to be none of the posts.
    posts
        Ids of posts.
    """
    known = _ids_of_boxes(sides) - posts
    return replace(
        what_if,
        comparison=_withhold_comparison(redaction, what_if.comparison, known, posts),
        criticality=_withhold_criticality(redaction, what_if.criticality, known),
        opening=_withhold_opening(redaction, what_if.opening),
        robustness=_withhold_robustness(redaction, what_if.robustness, known),
    )


def tell_hidden(given: WhatIf, told: WhatIf) -> list[str]:
    """Return the words that say what `withhold_what_if` left out, beside posts."""
    found = [] if given.criticality is None else ["redacted_roads"]
    both = [0 if one is None else len(one.chosen) for one in (given.robustness, told.robustness)]
    return [*found, *(["sure_redacted_sites"] if both[0] > both[1] else [])]


def _ids_of_boxes(sides: Iterable[Side]) -> set[str]:
    tables = [side.boxes for side in sides]
    tables += [side.plan.sites for side in sides if side.plan is not None]
    return {str(one) for table in tables if table is not None for one in table.index}


def _withhold_comparison(
    redaction: Redaction,
    comparison: Comparison | None,
    known: set[str],
    posts: frozenset[str],
) -> Comparison | None:
    """Return a comparison without posts, and with boxes at rounded places."""
    if comparison is None:
        return None
    boxes, places = comparison.boxes, comparison.places
    if redaction.posts:
        ids = texts_of(boxes, "site_id")
        # a new box is known from the scenario alone
        new = texts_of(boxes, "change") == "new"
        boxes = boxes[(ids.isin(known) | new) & ~ids.isin(posts)]
        kept = {*texts_of(boxes, "site_id")}
        places = places.copy()
        for column in ("site_id", "site_id_before"):
            names = texts_of(places, column)
            places[column] = names.where(names.isin(kept), "")
    if redaction.round_km is not None and len(boxes):
        boxes = boxes.set_geometry(redaction.blur(boxes).geometry.to_numpy(), crs=4326)
    said = comparison.assumptions
    if said is not None:  # ids of boxes may be those of posts, or of the places they would stand in
        said = said[~texts_of(said, "field").isin(_OF_BOXES)]
    table = _round_minutes(redaction, comparison.table)
    return replace(comparison, table=table, boxes=boxes, places=places, assumptions=said)


def _withhold_criticality(
    redaction: Redaction, criticality: Criticality | None, known: set[str]
) -> Criticality | None:
    """Return what hangs on boxes alone; None where that is of posts."""
    if criticality is None:
        return None
    sites = criticality.sites
    if redaction.posts:
        ids = pd.Index([str(one) for one in sites.index], dtype=object)
        sites = sites[ids.isin(known)]
    if not len(sites):
        return None
    sites = sites.copy()
    lost = criticality.lost[texts_of(criticality.lost, "what") == "site"].copy()
    for table, columns in ((sites, _OTHER_SITES), (lost, ("site_id", "site_id_before"))):
        for column in columns:  # a candidate that is no box of the map may be named by its place
            names = texts_of(table, column)
            table[column] = names.where(names.isin(known), "")
    if redaction.round_km is not None:
        sites = sites.set_geometry(redaction.blur(sites).geometry.to_numpy(), crs=4326)
    sites = _round_minutes(redaction, sites)
    return replace(criticality, roads=criticality.roads.iloc[:0], sites=sites, lost=lost)


def _withhold_opening(redaction: Redaction, opening: Opening | None) -> Opening | None:
    """Return what opening closed roads brings, by how many whole minutes it is quicker."""
    if opening is None:
        return None
    return replace(opening, alone=_round_minutes(redaction, opening.alone))


def _round_minutes(redaction: Redaction, table: Table) -> Table:
    """Return a table with minutes rounded up to whole ones, if boxes are rounded.

    A median is the time from a box to some place, and so is a mean where there is but one.
    """
    if redaction.round_km is None:
        return table
    return table.assign(**{one: np.ceil(table[one]) for one in _MINUTES if one in table})


def _withhold_robustness(
    redaction: Redaction, robustness: Robustness | None, known: set[str]
) -> Robustness | None:
    """Return how often boxes of the map are chosen, at rounded places.

    All other sites go: a candidate stands at its place and may be called by it, and what is no
    box of the map may be a post.
    """
    if robustness is None:
        return None
    chosen = robustness.chosen
    chosen = chosen[pd.Index([str(one) for one in chosen.index], dtype=object).isin(known)]
    if redaction.round_km is not None and len(chosen):
        chosen = chosen.set_geometry(redaction.blur(chosen).geometry.to_numpy(), crs=4326)
    return replace(robustness, chosen=chosen)
