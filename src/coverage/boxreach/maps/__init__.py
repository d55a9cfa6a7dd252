"""The map: one HTML file that opens anywhere, without a network, and answers by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from boxreach.errors import InputError
from boxreach.languages import DEFAULT_LANGUAGES
from boxreach.maps.cases import Sentence, Side, require_other
from boxreach.maps.changes import tell_base
from boxreach.maps.choices import check_choices
from boxreach.maps.page import PlanMap
from boxreach.maps.payload import Basemap, Said, build_payload
from boxreach.maps.what_if import WhatIf, what_if_faults
from boxreach.redaction import Redaction
from boxreach.tiles import Tiles, read_tiles

if TYPE_CHECKING:
    from boxreach.clusters import GapClusters
    from boxreach.placement import Proposal
    from boxreach.routing import TravelTimes
    from boxreach.scenarios import Comparison, Criticality, Opening, Robustness

__all__ = ["PlanMap", "Side", "map_changes", "map_plan", "map_reach"]


def map_plan(
    reach: gpd.GeoDataFrame,
    plan: Proposal | None = None,
    posts: Proposal | None = None,
    *,
    boxes: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    countries: gpd.GeoDataFrame | None = None,
    line: gpd.GeoDataFrame | None = None,
    isochrones: gpd.GeoDataFrame | None = None,
    routes: gpd.GeoDataFrame | None = None,
    gaps: gpd.GeoDataFrame | GapClusters | None = None,
    thresholds: Sequence[float] = (15, 30, 60),
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    title: Sentence | None = None,
    notes: Sequence[Sentence] = (),
    summary: pd.DataFrame | None = None,
    sources: Sequence[str] = (),
    times: TravelTimes | None = None,
    label: Sentence | None = None,
    other: Side | None = None,
    comparison: Comparison | None = None,
    criticality: Criticality | None = None,
    opening: Opening | None = None,
    robustness: Robustness | None = None,
    tiles: str | Tiles | None = None,
    marking: Sentence | None = None,
    digits: str = "latn",
    redact: Redaction | None = None,
    compress: bool = True,
) -> PlanMap:
    """Draw a plan as a `folium.Map` that saves itself as one offline page.

    Parameters
    ----------
    reach
        A row per community, as `boxreach.reach` returns it.
    plan
        The proposed boxes.
    posts
        The proposed border posts, whose reach is the frontier; of a `boxreach.border.FrontierPlan`
        also what posts see, what supports them, and the crossings.
    boxes
        The boxes that stand; those of the plan by default.
    roads, areas, rivers, countries
        What is drawn beneath.
    line
        The frontier where there are no posts.
    isochrones
        The ground that boxes reach, as `boxreach.isochrones` returns it, drawn as bands to the
        threshold; with a ``site_id`` only those of boxes that stand at the number shown. They
        are for drawing: coverage is decided at the place.
    routes
        What `boxreach.find_routes` returned; drawn of the box or place that is selected.
    gaps
        What `boxreach.cluster_gaps` returned, or polygons or points with such columns.
    thresholds
        The minutes that a reader is likely to choose, the longest of which no one goes beyond.
    languages
        Those the page can be switched to; it opens in the first.
    title
        A sentence: the same text in every language, or a mapping from language to text.
    notes
        Sentences that are always in sight. Words of the catalogue can be named:
        ``"note_boxes_illustrative"``, ``"note_roads_schematic"``, ``"note_people_modelled"``.
        That times are free-flow is always said.
    summary
        Places and people by governorate, on the layer on which people are counted: what
        `boxreach.summarise` returned, its index as a column, for one threshold or for several,
        concatenated, as `boxreach.write_report` takes it for ``areas``. People are then said at
        its thresholds only. Without it they are those of the listed towns, and are called so.
    sources
        Whose data the map shows, with their licences; always in sight, as typed.
    times
        From boxes and proposed sites to the communities, as far as the longest threshold; by
        default those that the plan was made on, where it was made over these communities. Without
        any, the page counts the plan as the plan does, at its own threshold.
    label
        What the page calls this plan beside another.
    other
        Another plan over the same communities, a `boxreach.maps.Side`, to be shown in turn and by
        its differences. People are those of `reach`.
    comparison
        Scenarios beside the base, of which a reader shows one at a time: the places that it brings
        within reach or takes out of it, and its boxes; what `boxreach.scenarios.compare` returned.
    criticality
        What hangs on each road and box; what `boxreach.scenarios.criticality` returned of boxes
        and communities.
    opening
        Closed roads by what opening them brings; what `boxreach.scenarios.opening_value` returned.
    robustness
        How sure the figures are, and how often each site is chosen where speeds, closures and
        people are drawn; what `boxreach.scenarios.robustness` returned.
    tiles
        An online basemap over the page's own, for readers who have a network: an https template
        with ``{z}``, ``{x}`` and ``{y}``, or `Tiles`, which also says whose it is. Whoever looks at
        the page tells that host which part of the map is looked at.
    marking
        How the page is to be handled, as ``"OFFICIAL - SENSITIVE"``: a banner over it, in sight
        and in print; as for ``title``.
    digits
        What numbers are written in when the page opens: ``"latn"`` for 0123, ``"arab"`` for ٠١٢٣.
    redact
        What is left out or rounded, of which nothing is then in the file; the page says so.
    compress
        Pack the data, so that the file is about a third as large; otherwise they stand in it as
        JSON that can be read.

    Returns
    -------
    PlanMap
        Folium objects can be added to it. Strings handed to folium itself are not escaped by
        folium, and branca runs what stands in ``{{ }}`` of them; those of the tables never reach
        either.

    Raises
    ------
    InputError
        If an argument is not of these kinds, a table lacks a column, or there is nothing to draw.
    """
    check_choices(
        tables={
            "reach": reach, "boxes": boxes, "roads": roads, "areas": areas, "rivers": rivers,
            "countries": countries, "line": line, "isochrones": isochrones, "routes": routes,
        },
        plans={"plan": plan, "posts": posts},
        languages=languages,
        thresholds=thresholds,
        texts={"title": title, "label": label, "marking": marking},
        notes=notes,
        sources=sources,
        digits=digits,
        compress=compress,
        redact=redact,
        tiles=tiles,
        what_if=(what_if := WhatIf(comparison, criticality, opening, robustness)),
    )  # fmt: skip
    require_other(other, reach)
    sides = [Side(reach, plan, boxes, times, label), *([] if other is None else [other])]
    base = Basemap(areas, roads, rivers, countries, line, isochrones, routes, gaps)
    said = Said(
        thresholds, languages, title, notes, sources, marking, digits, read_tiles(tiles), redact
    )
    return PlanMap(build_payload(sides, posts, base, said, summary, what_if), compress=compress)


def map_reach(
    reach: gpd.GeoDataFrame,
    *,
    boxes: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    countries: gpd.GeoDataFrame | None = None,
    line: gpd.GeoDataFrame | None = None,
    isochrones: gpd.GeoDataFrame | None = None,
    routes: gpd.GeoDataFrame | None = None,
    gaps: gpd.GeoDataFrame | GapClusters | None = None,
    thresholds: Sequence[float] = (15, 30, 60),
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    title: Sentence | None = None,
    notes: Sequence[Sentence] = (),
    summary: pd.DataFrame | None = None,
    sources: Sequence[str] = (),
    comparison: Comparison | None = None,
    criticality: Criticality | None = None,
    opening: Opening | None = None,
    robustness: Robustness | None = None,
    tiles: str | Tiles | None = None,
    marking: Sentence | None = None,
    digits: str = "latn",
    redact: Redaction | None = None,
    compress: bool = True,
) -> PlanMap:
    """Draw who is reached by the boxes that stand: the same page as `map_plan`, without a plan.

    Parameters
    ----------
    reach
        A row per community, as `boxreach.reach` returns it.
    boxes
        The boxes that stand; without them they are named, and stand nowhere on the map.
    roads, areas, rivers, countries, line, isochrones, routes, gaps
        As for `map_plan`.
    thresholds, languages, title, notes, summary, sources
        As for `map_plan`.
    comparison, criticality, opening, robustness
        As for `map_plan`.
    tiles, marking, digits, redact, compress
        As for `map_plan`.

    Returns
    -------
    PlanMap
        As of `map_plan`.

    Raises
    ------
    InputError
        As of `map_plan`.
    """
    return map_plan(
        reach,
        boxes=boxes,
        roads=roads,
        areas=areas,
        rivers=rivers,
        countries=countries,
        line=line,
        isochrones=isochrones,
        routes=routes,
        gaps=gaps,
        thresholds=thresholds,
        languages=languages,
        title=title,
        notes=notes,
        summary=summary,
        sources=sources,
        comparison=comparison,
        criticality=criticality,
        opening=opening,
        robustness=robustness,
        tiles=tiles,
        marking=marking,
        digits=digits,
        redact=redact,
        compress=compress,
    )


def map_changes(
    comparison: Comparison,
    *,
    criticality: Criticality | None = None,
    opening: Opening | None = None,
    robustness: Robustness | None = None,
    roads: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    countries: gpd.GeoDataFrame | None = None,
    line: gpd.GeoDataFrame | None = None,
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    title: Sentence | None = None,
    notes: Sequence[Sentence] = (),
    sources: Sequence[str] = (),
    tiles: str | Tiles | None = None,
    marking: Sentence | None = None,
    digits: str = "latn",
    redact: Redaction | None = None,
    compress: bool = True,
) -> PlanMap:
    """Draw the differences between scenarios and their base, over the places that they compare.

    The same page as `map_plan`, which opens with the first scenario; what it shows as it is, is
    the base.

    Parameters
    ----------
    comparison
        What `boxreach.scenarios.compare` returned.
    criticality, opening, robustness
        As for `map_plan`.
    roads, areas, rivers, countries, line
        As for `map_plan`.
    languages, title, notes, sources
        As for `map_plan`.
    tiles, marking, digits, redact, compress
        As for `map_plan`.

    Returns
    -------
    PlanMap
        As of `map_plan`.

    Raises
    ------
    InputError
        As of `map_plan`, or if nothing is compared.
    """
    what_if = WhatIf(comparison, criticality, opening, robustness, opens=True)
    faults = what_if_faults(what_if, needed=("comparison",))
    if faults:
        raise InputError(*faults)
    reach, boxes = tell_base(comparison)
    thresholds = sorted({float(one) for one in comparison.table["minutes"]})
    check_choices(
        tables={
            "roads": roads, "areas": areas, "rivers": rivers, "countries": countries, "line": line,
        },
        plans={},
        languages=languages,
        thresholds=thresholds,
        texts={"title": title, "marking": marking},
        notes=notes,
        sources=sources,
        digits=digits,
        compress=compress,
        redact=redact,
        tiles=tiles,
        what_if=what_if,
    )  # fmt: skip
    base = Basemap(areas, roads, rivers, countries, line)
    said = Said(
        thresholds, languages, title, notes, sources, marking, digits, read_tiles(tiles), redact
    )
    sides = [Side(reach, boxes=boxes)]
    return PlanMap(build_payload(sides, None, base, said, what_if=what_if), compress=compress)
