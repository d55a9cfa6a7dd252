"""What of a report lies on the ground, as layers for maps and GPS units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.exports.layer import Layer
from boxreach.report.facts import Fact, tell
from boxreach.report.model import Name, PlanPart
from boxreach.report.placement_report import PlacementReport, StandRow
from boxreach.report.what_if import WhatIf
from boxreach.report.wording import Wording
from boxreach.tables import TRANSLATIONS
from boxreach.text import show_controls


def draw_layers(report: PlacementReport, wording: Wording | None = None) -> tuple[Layer, ...]:
    """Return all that lies on the ground, as far as the report says it; nothing empty.

    In this order: ``boxes``, ``boxes_proposed``, ``posts``, ``posts_proposed``, ``communities``,
    ``frontier``, ``routes`` (the ways to the proposed sites), ``gap_clusters``, ``critical_roads``
    and ``closed_roads``; of these two what is a place and no line is in ``critical_points`` and
    ``closed_points``. Last come ``changed_places``, those that change most from one round to the
    next. The figures are those of the report's tables, under the same keys.

    Parameters
    ----------
    report
        The report.
    wording
        Whose language titles, labels and what is told are in; None gives keys.
    """
    drawer = _Drawer(report, wording)
    ground = report.ground
    layers = [
        drawer.standing("boxes", "box", "boxes_standing", ground.boxes),
        drawer.proposed("boxes_proposed", "box_proposed", "boxes_proposed", report.plan),
        drawer.standing("posts", "post", "posts_standing", ground.posts),
        drawer.proposed("posts_proposed", "post_proposed", "ground_posts_proposed", report.posts),
        drawer.communities(),
        drawer.frontier(),
        drawer.routes(),
        drawer.clusters(),
        *drawer.critical_roads(),
        *drawer.closed_roads(),
        drawer.changed_places(),
    ]
    return tuple(layer for layer in layers if len(layer.frame))


def ground_notes(report: PlacementReport, wording: Wording | None = None) -> tuple[str, ...]:
    """Return what has to be said wherever places of a report are shown.

    The marking and what is withheld, what the figures rest on, and what they cannot tell; in
    English where nobody's language is given.

    Examples
    --------
    >>> from boxreach.report.placement_report import Handling
    >>> Handling(posts_withheld=True).public
    True
    """
    said = wording or Wording("en")
    handling = report.handling
    notes = [said.text(handling.marking)] if handling.marking else []
    if handling.posts_withheld:
        notes.append(said.say("ground_posts_withheld"))
    if handling.rounded_km is not None:
        notes.append(said.say("ground_rounded", km=said.figure(f"{handling.rounded_km:g}")))
    notes += [said.label(label) for label in report.record.labels]
    notes += [said.say("limit_free_flow"), said.say("limit_ground")]
    return tuple(dict.fromkeys(map(show_controls, notes)))


@dataclass(frozen=True)
class _Drawer:
    """Draws the layers of one report for one reader."""

    report: PlacementReport
    wording: Wording | None

    def standing(self, key: str, symbol: str, title: str, rows: Sequence[StandRow]) -> Layer:
        facts = [
            Fact("site_id", "ground_id", "text", [row.site_id for row in rows]),
            Fact("governorate", "governorate", "name", [row.governorate for row in rows]),
            Fact("mgrs", "mgrs", "text", [row.mgrs for row in rows]),
            Fact("moves_to", "ground_moves_to", "site", [row.moves_to for row in rows]),
        ]
        return self._layer(key, symbol, title, _points(rows), [row.name for row in rows], facts)

    def proposed(self, key: str, symbol: str, title: str, plan: PlanPart | None) -> Layer:
        rows = plan.sites if plan else ()
        unit = "people" if plan is None else plan.unit
        whole = plan.after.cover.total if plan else 0.0
        supports = dict(self.report.supports)
        helped = [supports.get(row.site_id) for row in rows]
        form = "km" if unit == "km" else "people"
        facts = [
            Fact("site_id", "ground_id", "text", [row.site_id for row in rows]),
            Fact("rank", "rank", "count", [row.rank for row in rows]),
            Fact("phase", "ground_phase_posts" if unit == "km" else "ground_phase_boxes", "count",
                 [row.phase for row in rows]),
            Fact("governorate", "governorate", "name", [row.governorate for row in rows]),
            Fact(f"{unit}_gained", "km_gained" if unit == "km" else "people_gained", form,
                 [row.gained for row in rows]),
            Fact(f"{unit}_covered", "running_total", form, [row.covered for row in rows]),
            Fact("share_covered", "share", "share", [row.share for row in rows]),
            Fact(f"{unit}_uncovered", "still_outside", form,
                 [round(whole - row.covered, 3) for row in rows]),
            Fact("mgrs", "mgrs", "text", [row.mgrs for row in rows]),
            Fact("backup_site_id", "ground_backup", "site",
                 [one.site_id if one else None for one in helped]),
            Fact("backup_minutes", "ground_backup_minutes", "minutes",
                 [one.minutes if one else None for one in helped]),
            Fact("moved_from", "ground_moved_from", "name", [row.moved_from for row in rows]),
            Fact("near_km", "ground_near_km", "km", [row.away_km for row in rows]),
        ]  # fmt: skip
        if unit == "km":
            facts += [
                Fact("chainage_km", "chainage", "km", [row.chainage_km for row in rows]),
                Fact("reach_from_km", "from_km", "km", [row.from_km for row in rows]),
                Fact("reach_to_km", "to_km", "km", [row.to_km for row in rows]),
            ]
        return self._layer(key, symbol, title, _points(rows), [row.name for row in rows], facts)

    def communities(self) -> Layer:
        rows = self.report.ground.places
        facts = [
            Fact("community_id", "ground_id", "text", [row.community_id for row in rows]),
            Fact("governorate", "governorate", "name", [row.governorate for row in rows]),
            Fact("people", "people", "people", [row.people for row in rows], "unknown"),
            Fact("covered_before", "within_before", "flag", [row.before for row in rows]),
            Fact("covered_after", "within_after", "flag", [row.after for row in rows]),
            Fact("minutes_before", "ground_minutes_before", "minutes",
                 [row.minutes_before for row in rows], "beyond_limit"),
            Fact("minutes", "ground_minutes", "minutes", [row.minutes for row in rows],
                 "beyond_limit"),
            Fact("site_id", "ground_nearest", "site", [row.site_id for row in rows]),
            Fact("backup_site_id", "ground_second", "site", [row.backup_site_id for row in rows]),
            Fact("backup_minutes", "ground_second_minutes", "minutes",
                 [row.backup_minutes for row in rows]),
            Fact("reason", "reason", "reason", [row.reason for row in rows]),
        ]  # fmt: skip
        outside = tuple(not row.after for row in rows)
        names = [row.name for row in rows]
        return self._layer(
            "communities", "community", "places", _points(rows), names, facts, outside
        )

    def frontier(self) -> Layer:
        rows = self.report.ground.line
        facts = [
            Fact("segment_id", "ground_id", "text", [str(at) for at in range(1, len(rows) + 1)]),
            Fact("from_km", "from_km", "km", [row.from_km for row in rows]),
            Fact("to_km", "to_km", "km", [row.to_km for row in rows]),
            Fact("km", "ground_km", "km", [row.km for row in rows]),
            Fact("governorate", "governorate", "name", [row.governorate for row in rows]),
            Fact("covered", "ground_covered", "flag", [row.covered for row in rows]),
            Fact("reached", "stretch_reached", "flag", [row.reached for row in rows]),
            Fact("site_id", "ground_nearest", "site", [row.site_id for row in rows]),
            Fact("minutes", "ground_minutes", "minutes", [row.minutes for row in rows]),
            Fact("reason", "reason", "reason", [row.reason for row in rows]),
        ]
        shapes = [_lines(row.lines) for row in rows]
        names = [Name(f"{row.from_km:g}–{row.to_km:g} km") for row in rows]
        outside = tuple(not row.covered for row in rows)
        return self._layer("frontier", "line", "frontier", shapes, names, facts, outside)

    def routes(self) -> Layer:
        sheets = [
            (sheet, sheet.approach)
            for sheet in self.report.sheets
            if sheet.approach is not None and len(sheet.approach.line) > 1
        ]
        ways = [way for _, way in sheets]
        facts = [
            Fact("site_id", "ground_id", "text", [one.site_id for one, _ in sheets]),
            Fact("way_from", "ground_start", "name", [way.start for way in ways]),
            Fact("way_km", "ground_km", "km", [way.km for way in ways]),
            Fact("way_minutes", "minutes", "minutes", [way.minutes for way in ways]),
            Fact("road", "ground_road", "text", [one.road for one, _ in sheets]),
        ]
        shapes = [shapely.LineString(way.line) for way in ways]
        names = [one.name for one, _ in sheets]
        return self._layer("routes", "route", "ground_routes", shapes, names, facts)

    def clusters(self) -> Layer:
        spots = self.report.details.spots
        rows = spots.rows if spots else ()
        facts = [
            Fact("rank", "rank", "count", [*range(1, len(rows) + 1)]),
            Fact("near_km", "ground_near_km", "km", [row.away_km for row in rows]),
            Fact("governorate", "governorate", "name", [row.governorate for row in rows]),
            Fact("places", "places_left_out", "count", [row.places for row in rows]),
            Fact("people", "people_left_out", "people", [row.people for row in rows], "unknown"),
            Fact("reason", "main_reason", "reason", [row.reason for row in rows]),
            Fact("people_gained", "one_box_gains", "people", [row.gained for row in rows],
                 "no_spot"),
        ]  # fmt: skip
        names = [row.name for row in rows]
        return self._layer("gap_clusters", "gap", "heading_spots", _points(rows), names, facts)

    def critical_roads(self) -> list[Layer]:
        """Return roads and bridges by who loses reach without them; red where anybody does."""
        told = self.report.what_if or WhatIf()
        layers = []
        for key, symbol, rows in _by_shape("critical", told.roads):
            losses = [row.loss for row in rows]
            facts = [
                Fact("feature_id", "ground_id", "text", [row.feature_id for row in rows]),
                Fact("kind", "column_kind", "road_kind", [row.kind for row in rows]),
                Fact("road_class", "column_road_class", "text", [row.road_class for row in rows]),
                Fact("lost", "what_if_lost", "people", [one.lost for one in losses]),
                Fact("places_lost", "what_if_places_lost", "count",
                     [one.places for one in losses]),
                Fact("slower", "what_if_later", "people", [one.slower for one in losses]),
                Fact("slower_minutes", "what_if_slower", "minutes",
                     [one.slower_minutes for one in losses]),
                Fact("next_site_id", "what_if_next", "site", [one.next_site_id for one in losses]),
                Fact("next_minutes", "what_if_next_minutes", "minutes",
                     [one.next_minutes for one in losses]),
                Fact("mending_site_id", "what_if_mending", "site",
                     [one.mending_site_id for one in losses]),
                Fact("mended", "what_if_mended", "people", [one.mended for one in losses]),
            ]  # fmt: skip
            shapes, names = _shapes(rows), [row.name for row in rows]
            outside = tuple(one.lost > 0 for one in losses)
            title = "table_critical_roads"
            layers.append(self._layer(key, symbol, title, shapes, names, facts, outside))
        return layers

    def closed_roads(self) -> list[Layer]:
        """Return closed roads by what opening each alone brings."""
        told = self.report.what_if or WhatIf()
        layers = []
        for key, symbol, rows in _by_shape("closed", told.closures):
            facts = [
                Fact("closure_id", "ground_id", "text", [row.closure_id for row in rows]),
                Fact("reason", "reason", "text", [row.reason for row in rows]),
                Fact("people_regained", "what_if_regained", "people",
                     [row.regained for row in rows]),
                Fact("places_regained", "what_if_places_regained", "count",
                     [row.places for row in rows]),
                Fact("quicker_minutes", "what_if_quicker", "minutes",
                     [row.quicker for row in rows]),
                Fact("cost_usd", "cost", "usd", [row.cost_usd for row in rows]),
            ]  # fmt: skip
            shapes, names = _shapes(rows), [row.name for row in rows]
            layers.append(self._layer(key, symbol, "table_opening", shapes, names, facts))
        return layers

    def changed_places(self) -> Layer:
        """Return the places that change most between rounds; red where reach is lost."""
        told = self.report.what_if or WhatIf()
        rows = [row for row in told.round_places if row.at is not None]
        unit = "km" if told.rounds_unit == "km" else "people"
        facts = [
            Fact("place_id", "ground_id", "text", [row.place_id for row in rows]),
            Fact("governorate", "governorate", "name", [row.area for row in rows]),
            Fact("change", "what_if_change", "place_change", [row.change for row in rows]),
            Fact("because", "what_if_because", "step", [row.because for row in rows]),
            Fact(f"{unit}_before", f"what_if_{unit}_before", unit,
                 [row.people_before for row in rows]),
            Fact(f"{unit}_after", f"what_if_{unit}_after", unit, [row.people for row in rows]),
            Fact("site_id_before", "what_if_site_before", "site",
                 [row.site_id_before for row in rows]),
            Fact("minutes_before", "column_minutes_before", "minutes",
                 [row.minutes_before for row in rows]),
            Fact("site_id", "what_if_site_after", "site", [row.site_id for row in rows]),
            Fact("minutes", "column_minutes_after", "minutes", [row.minutes for row in rows]),
        ]  # fmt: skip
        shapes = [shapely.Point(row.at) for row in rows]
        outside = tuple(row.change == "lost" for row in rows)
        names, title = [row.name for row in rows], "table_round_places"
        return self._layer("changed_places", "community", title, shapes, names, facts, outside)

    def _layer(
        self,
        key: str,
        symbol: str,
        title: str,
        shapes: Any,
        names: Sequence[Name],
        facts: Sequence[Fact],
        outside: tuple[bool, ...] = (),
    ) -> Layer:
        """Put a layer together; the first fact is its id."""
        ids, rest = facts[0], facts[1:]
        columns = _named(names) | {fact.key: fact.column() for fact in rest}
        frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)
        frame.index = pd.Index(ids.column().tolist(), name=ids.key)
        wording = self.wording
        return Layer(
            key=key,
            title=wording.words[title] if wording else key,
            frame=frame,
            symbol=symbol,
            labels=tuple(show_controls(wording.name(one)) for one in names) if wording else (),
            told=tell(facts, self._site_names(), wording),
            outside=outside,
            notes=ground_notes(self.report, wording),
        )

    def _site_names(self) -> dict[str, Name]:
        report = self.report
        plans = [plan.sites for plan in (report.plan, report.posts) if plan]
        rows: Iterable[Any] = (*report.ground.boxes, *report.ground.posts, *sum(plans, ()))
        names = dict(report.what_if.names) if report.what_if else {}
        return names | {row.site_id: row.name for row in rows}


def _by_shape(key: str, rows: Sequence[Any]) -> list[tuple[str, str, list[Any]]]:
    """Return rows of lines and rows of single places, each with a key and a symbol; none empty."""
    lines = [row for row in rows if any(len(path) > 1 for path in row.paths)]
    places = [row for row in rows if row.paths and row not in lines]
    found = [(f"{key}_roads", "line", lines), (f"{key}_points", "gap", places)]
    return [one for one in found if one[2]]


def _shapes(rows: Sequence[Any]) -> list[Any]:
    """Return rows as lines, or as a place where there is none."""
    found = []
    for row in rows:
        lines = [path for path in row.paths if len(path) > 1]
        found.append(_lines(lines) if lines else shapely.Point(row.paths[0][0]))
    return found


def _points(rows: Sequence[Any]) -> Any:
    places = np.array([(row.lon, row.lat) for row in rows], dtype=float).reshape(-1, 2)
    return shapely.points(places)


def _lines(parts: Sequence[Sequence[tuple[float, float]]]) -> Any:
    lines = [shapely.LineString(part) for part in parts if len(part) > 1]
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)


def _named(names: Sequence[Name]) -> dict[str, pd.Series[Any]]:
    """Return the names as a column, and one for each further script."""
    columns = {"name": Fact("name", "", "name", names).column()}
    for code in TRANSLATIONS:
        forms = [name.translations.get(code) for name in names]
        columns[f"name_{code}"] = Fact(code, "", "text", forms).column()
    return columns
