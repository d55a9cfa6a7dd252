"""The map: one HTML file that opens anywhere, without a network, and answers by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from boxreach.errors import InputError
from boxreach.languages import DEFAULT_LANGUAGES, check_languages
from boxreach.maps.cases import Sentence, Side
from boxreach.maps.page import PlanMap
from boxreach.maps.payload import Basemap, Said, build_payload

if TYPE_CHECKING:
    from boxreach.clusters import GapClusters
    from boxreach.placement import Proposal
    from boxreach.routing import TravelTimes

__all__ = ["PlanMap", "Side", "map_plan"]


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
    notes: Iterable[Sentence] = (),
    summary: pd.DataFrame | None = None,
    sources: Sequence[str] = (),
    times: TravelTimes | None = None,
    label: Sentence | None = None,
    other: Side | None = None,
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
        Another plan over the same communities, to be shown in turn and by its differences.

    Returns
    -------
    PlanMap
        Folium objects can be added to it. Strings handed to folium itself are not escaped by
        folium; those of the tables never reach it.
    """
    if isinstance(languages, str):
        raise InputError(f"languages is the text {languages!r}; give a list, as in [{languages!r}]")
    check_languages(tuple(languages))
    if isinstance(sources, str):
        raise InputError(f"sources is the text {sources!r}; give a list, as in [{sources!r}]")
    if not thresholds or min(thresholds) <= 0:
        raise InputError("thresholds must hold minutes above 0, as in (15, 30, 60)")
    sides = [Side(reach, plan, boxes, times, label), *([] if other is None else [other])]
    base = Basemap(areas, roads, rivers, countries, line, isochrones, routes, gaps)
    said = Said(thresholds, languages, title, notes, sources)
    return PlanMap(build_payload(sides, posts, base, said, summary))
