"""Tables become one JSON-able value: what the page's script draws and counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Geometry

from boxreach.errors import InputError
from boxreach.languages import LANGUAGES, RIGHT_TO_LEFT, words
from boxreach.maps.bands import write_bands
from boxreach.maps.cases import Sentence, Side, build_case, choose_unit_ms, write_steps
from boxreach.maps.columns import (
    Columns,
    names_of,
    numbers_of,
    pack_texts,
    positions_of,
    texts_of,
)
from boxreach.maps.frontier import crossing_columns, draw_frontier, post_columns, tell_frontier
from boxreach.maps.gaps import write_gaps
from boxreach.maps.lines import GROUND_QUANTUM, encode_lines, label_points
from boxreach.maps.places import community_columns, proposal_columns, site_columns, tell_alone
from boxreach.maps.ways import write_ways
from boxreach.maps.what_if import WhatIf, tell_hidden, withhold_what_if, write_what_if
from boxreach.maps.withheld import hide_lines, ids_of_posts, tell_withheld, withhold
from boxreach.redaction import Redaction
from boxreach.tables import TOTAL
from boxreach.text import FOLDS
from boxreach.tiles import Tiles

if TYPE_CHECKING:
    from boxreach.clusters import GapClusters
    from boxreach.placement import Proposal

_ROAD_TIERS = {
    "motorway": "highway",
    "trunk": "highway",
    "primary": "main",
    "secondary": "main",
}
_COUNTS = {
    "places": "places",
    "reached": "places_covered",
    "unknown": "places_unknown_people",
    "people": "people",
    "peopleReached": "people_covered",
}
"""What the page calls the columns of a summary."""
_NOTHING = WhatIf()
_WHAT_IF, _SURE = "if_", "sure_"
"""How the words of scenarios begin, and those of how sure the figures are."""
_COUNTRY_DETAIL_DEGREES = 0.004
_LINE_DETAIL_DEGREES = 1.5e-4
"""Roads and rivers lie within some 25 m of their places: six pixels where the map is closest."""
_LABEL_MARGIN_DEGREES = 1.5


@dataclass(frozen=True)
class Basemap:
    """The tables that are drawn beside the plan, each of which may be missing."""

    areas: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    rivers: gpd.GeoDataFrame | None = None
    countries: gpd.GeoDataFrame | None = None
    line: gpd.GeoDataFrame | None = None
    isochrones: gpd.GeoDataFrame | None = None
    routes: gpd.GeoDataFrame | None = None
    gaps: gpd.GeoDataFrame | GapClusters | None = None


@dataclass(frozen=True)
class Said:
    """What the page says beside its numbers, and in which languages."""

    thresholds: Sequence[float]
    languages: Sequence[str]
    title: Sentence | None = None
    notes: Iterable[Sentence] = ()
    sources: Sequence[str] = ()
    marking: Sentence | None = None
    digits: str = "latn"
    tiles: Tiles | None = None
    redact: Redaction | None = None


def build_payload(
    sides: Sequence[Side],
    posts: Proposal | None,
    base: Basemap,
    said: Said,
    summary: pd.DataFrame | None = None,
    what_if: WhatIf = _NOTHING,
) -> dict[str, Any]:
    """Return everything the page holds, as plain lists, numbers and strings.

    Parameters
    ----------
    sides
        A plan, or two over the same places.
    posts
        Proposal of border posts.
    base
        What is drawn beside them.
    said
        What the page says.
    summary
        As for `boxreach.map_plan`.
    what_if
        Scenarios and the like; a page without any has no word of them.
    """
    hidden_words: list[str] = []
    if said.redact is not None:
        given, hidden = what_if, ids_of_posts(sides, posts)
        what_if = withhold_what_if(said.redact, given, sides, hidden)
        hidden_words = tell_hidden(given, what_if)
        base = _withhold_drawn(said.redact, base, hidden)
        sides, posts, line = withhold(said.redact, sides, posts, base.line)
        base = replace(base, line=line)
    reach, plan, boxes = sides[0].reach, sides[0].plan, sides[0].boxes
    asked = write_what_if(what_if, reach, coarse=_rounds(said))
    frames = [reach, boxes, *(one.sites for one in (plan, posts) if one), base.areas]
    drawn = base.areas is not None and bool(base.areas.geometry.notna().any())
    bounds = _find_bounds([base.areas] if drawn else frames)
    shown = sorted({float(minutes) for minutes in said.thresholds})
    unit_ms = choose_unit_ms(shown, coarse=_rounds(said))
    catalogue = {one: _page_words(one, asked) for one in said.languages}
    notes = [*hidden_words, *said.notes, *(["note_weak_barrier"] if posts else [])]
    return (
        _write_said(said, catalogue, notes)
        | {
            "bounds": bounds,
            "thresholds": shown,
            "threshold": _first_threshold(reach, plan, shown),
            "frame_minutes": _constant(reach, "threshold_minutes"),
            "unit_ms": unit_ms,
            "base": _basemap(base, bounds),
            "bands": write_bands(base.isochrones),
            "routes": write_ways(base.routes, reach.index),
            "gaps": write_gaps(base.gaps),
            "communities": community_columns(reach),
            "cases": [_write_side(side, catalogue, unit_ms, shown) for side in sides],
            "summary": _summary(summary),
            "posts": None if posts is None else _plan(posts, posts.reach) | post_columns(posts),
            "crossings": {} if posts is None else crossing_columns(posts),
            "frontier": draw_frontier(base.line, posts),
            "held": tell_frontier(posts),
        }
        | ({} if asked is None else {"what_if": asked})
    )


def _withhold_drawn(redact: Redaction, base: Basemap, hidden: frozenset[str]) -> Basemap:
    """Return what is drawn beside the sites without the lines of those that are hidden."""
    return replace(
        base,
        isochrones=hide_lines(redact, base.isochrones, hidden),
        routes=hide_lines(redact, base.routes, hidden),
    )


def _write_said(
    said: Said, catalogue: Mapping[str, Mapping[str, str]], notes: Sequence[Sentence]
) -> dict[str, Any]:
    """Return what the page says, in each of its languages; first of all what is withheld."""
    withheld = tell_withheld(said.redact, catalogue, said.digits)
    return {
        "languages": [
            {"code": code, "name": LANGUAGES[code], "rtl": code in RIGHT_TO_LEFT}
            for code in said.languages
        ],
        "words": catalogue,
        "title": None if said.title is None else translate(said.title, catalogue),
        "notes": _collect_notes([*withheld, *notes], catalogue),
        "sources": list(dict.fromkeys(map(str, _sources(said)))),
        "marking": _write_marking(said.marking, catalogue),
        "digits": said.digits,
        "tiles": None if said.tiles is None else said.tiles.columns(),
        "folds": FOLDS,
        "rounded_km": None if said.redact is None else said.redact.round_km,
    }


def _page_words(language: str, asked: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the words of a page, those of scenarios and of draws where it has any."""
    lacks = {_WHAT_IF: asked is None, _SURE: asked is None or asked["robustness"] is None}
    left_out = tuple(start for start, lacking in lacks.items() if lacking)
    known = words("map", language)
    return {key: text for key, text in known.items() if not key.startswith(left_out)}


def _rounds(said: Said) -> bool:
    return said.redact is not None and said.redact.round_km is not None


def _sources(said: Said) -> list[str]:
    tiles = said.tiles
    return [*said.sources, *([] if tiles is None else [tiles.attribution or tiles.host])]


def _write_side(
    side: Side,
    catalogue: Mapping[str, Mapping[str, str]],
    unit_ms: int,
    thresholds: Sequence[float],
) -> dict[str, Any]:
    case = build_case(side)
    standing = 0 if side.boxes is None else len(side.boxes)
    proposed = 0 if side.plan is None else len(side.plan.sites)
    return {
        "label": None if side.label is None else translate(side.label, catalogue),
        "boxes": site_columns(side.boxes),
        "plan": None if side.plan is None else _plan(side.plan, side.reach),
        "unplaced": case.sites[standing + proposed :],
        "steps": write_steps(case, standing, unit_ms),
        "alone": tell_alone(case, side.reach, thresholds),
        "reason": pack_texts(texts_of(side.reach, "reason")),
    }


def _write_marking(
    marking: Sentence | None, catalogue: Mapping[str, Mapping[str, str]]
) -> dict[str, str] | None:
    """Return the marking in every language; None where it has no text in any."""
    if isinstance(marking, str):  # as it was typed, be it a word of the catalogue
        marking = dict.fromkeys(catalogue, marking)
    texts = {} if marking is None else translate(marking, catalogue)
    return texts if any(texts.values()) else None


def translate(sentence: Sentence, catalogue: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return a sentence in every language of the page.

    A mapping gives its own texts, and its first one where a language is missing. A string that
    is a word of the catalogue is that word; any other is the same text in every language.
    """
    if isinstance(sentence, str):
        return {code: known.get(sentence, sentence) for code, known in catalogue.items()}
    if not sentence:
        raise InputError("a title or note has no text; give it in at least one language")
    first = next(iter(sentence.values()))
    return {code: sentence.get(code, first) for code in catalogue}


def _collect_notes(
    notes: Iterable[Sentence], catalogue: Mapping[str, Mapping[str, str]]
) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for note in (*notes, "note_free_flow"):  # every output says that times are free-flow
        said = translate(note, catalogue)
        if said not in found:
            found.append(said)
    return found


def _first_threshold(
    reach: gpd.GeoDataFrame, plan: Proposal | None, thresholds: Sequence[float]
) -> float:
    wanted = plan.minutes if plan else _constant(reach, "threshold_minutes")
    middle = thresholds[len(thresholds) // 2]
    return middle if wanted is None or wanted not in thresholds else wanted


def _constant(frame: gpd.GeoDataFrame, column: str) -> float | None:
    return float(frame[column].iloc[0]) if column in frame and len(frame) else None


def _find_bounds(frames: Iterable[gpd.GeoDataFrame | None]) -> list[float]:
    extents = [frame.total_bounds for frame in frames if frame is not None and len(frame)]
    if not extents:
        raise InputError("there is nothing to draw: the reach table is empty")
    every = np.vstack(extents)
    west, south = np.nanmin(every[:, :2], axis=0)
    east, north = np.nanmax(every[:, 2:], axis=0)
    return [round(float(edge), 5) for edge in (west, south, east, north)]


def _basemap(base: Basemap, bounds: list[float]) -> dict[str, Any]:
    return {
        "areas": _areas(base.areas),
        "roads": _roads(base.roads),
        "rivers": _rivers(base.rivers),
        "countries": _countries(base.countries, bounds),
    }


def _rivers(rivers: gpd.GeoDataFrame | None) -> list[str]:
    if rivers is None:
        return []
    return encode_lines(
        rivers.geometry, merge=True, detail_degrees=_LINE_DETAIL_DEGREES, quantum=GROUND_QUANTUM
    )


def _areas(areas: gpd.GeoDataFrame | None) -> Columns:
    if areas is None:
        return {}
    rings = [encode_lines([_outline(shape)]) for shape in areas.geometry]
    return names_of(areas) | positions_of(label_points(areas.geometry)) | {"rings": rings}


def _countries(countries: gpd.GeoDataFrame | None, bounds: list[float]) -> Columns:
    if countries is None:
        return {}
    # a country is named beside the plan, never across it
    extent = shapely.box(*bounds)
    around = extent.buffer(_LABEL_MARGIN_DEGREES)
    labelled = countries.geometry.intersection(around).where(
        ~countries.geometry.contains(extent.centroid), shapely.Polygon()
    )
    frame = shapely.box(*countries.total_bounds).boundary  # where a file was cut is no border
    outlines = [_outline(shape).difference(frame) for shape in countries.geometry]
    outlines = [shape.simplify(_COUNTRY_DETAIL_DEGREES) for shape in outlines]
    return (
        names_of(countries)
        | positions_of(label_points(labelled))
        | {"lines": [encode_lines([outline]) for outline in outlines]}
    )


def _outline(shape: Geometry | None) -> Geometry:
    if shape is None:
        return shapely.LineString()
    return shape.boundary if shape.geom_type.endswith("Polygon") else shape


def _roads(roads: gpd.GeoDataFrame | None) -> dict[str, list[str]]:
    if roads is None:
        return {}
    # One by one: half a character, as strangers' texts may hold, is no text to pyarrow.
    classes = [one.removesuffix("_link") for one in texts_of(roads, "road_class")]
    tiers = np.array([_ROAD_TIERS.get(one, "other") for one in classes], dtype=object)
    return {
        tier: encode_lines(
            roads.geometry[tiers == tier],
            merge=True,
            detail_degrees=_LINE_DETAIL_DEGREES,
            quantum=GROUND_QUANTUM,
        )
        for tier in ("other", "main", "highway")
    }


def _summary(summary: pd.DataFrame | None) -> Columns:
    """Return the rows of a summary, its totals marked; what it lacks is refused."""
    if summary is None:
        return {}
    table = summary
    if "governorate" not in table:
        table = table.rename_axis("governorate").reset_index()
    missing = [name for name in ("threshold_minutes", *_COUNTS.values()) if name not in table]
    if missing:
        raise InputError(
            f"summary: it has no column {', '.join(map(repr, missing))}; "
            "give what summarise() returned, its index as a column"
        )
    names = texts_of(table, "governorate")
    return (
        names_of(table.assign(name=names))
        | {"minutes": numbers_of(table, "threshold_minutes", 6), "total": (names == TOTAL).tolist()}
        | {key: numbers_of(table, column, 6) for key, column in _COUNTS.items()}
    )


def _plan(plan: Proposal, reach: gpd.GeoDataFrame) -> dict[str, Any]:
    return {
        "unit": plan.unit,
        "seeks": plan.aim.seeks,
        "minutes": float(plan.minutes),
        "total": round(float(plan.total), 3),
        "before": _covered_before(plan),
        "sites": proposal_columns(plan),
        "standing": site_columns(plan.existing),
        "phases": _phases(plan.phases),
        "communities_after": _places_after(plan, reach),
    }


def _covered_before(plan: Proposal) -> float:
    """Return what was covered before the first chosen site, from the plan's own numbers."""
    if len(plan.sites):
        first = plan.sites.iloc[0]
        return round(float(first[f"{plan.unit}_covered"] - first[f"{plan.unit}_gained"]), 3)
    return round(float(plan.reach.loc[plan.reach["covered"], plan.unit].sum()), 3)


def _phases(phases: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "sites": int(str(sites)),
            "objective": round(float(row["objective"]), 3),
            "bound": round(float(row["bound"]), 3),
            "gap": round(float(row["gap"]), 9),
            "status": str(row["status"]),
        }
        for sites, row in phases.iterrows()
    ]


def _places_after(plan: Proposal, reach: gpd.GeoDataFrame) -> list[bool] | None:
    """Return which communities the whole plan covers; None if it is a plan over other demand."""
    if plan.unit != "people" or not reach.index.equals(plan.reach.index):
        return None
    return [bool(covered) for covered in plan.reach["covered"]]
