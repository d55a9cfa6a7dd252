"""Tables of sites: proposed and standing ones, and what their sheets say."""

from __future__ import annotations

import math

from boxreach.exports.listing import Column, Form, Listing
from boxreach.report.model import GapRow, GapSum, PlanPart
from boxreach.report.placement_report import PlacementReport, StandRow
from boxreach.report.site_sheet import Nearby, SiteSheet, Support
from boxreach.report.terms import Row, Terms


def list_proposed(
    plan: PlanPart | None, key: str, supports: dict[str, Support], terms: Terms
) -> Listing | None:
    """Return proposed sites in their order, and the sum of what they gain."""
    if plan is None or not plan.sites:
        return None
    posts = plan.unit == "km"
    whole = plan.after.cover.total
    rows: list[Row] = []
    for site in plan.sites:
        along = (site.chainage_km, site.from_km, site.to_km) if posts else ()
        rows.append(
            (
                site.rank, site.phase, site.site_id, *terms.names(site.name),
                terms.area(site.governorate), site.gained, site.covered, site.share,
                round(whole - site.covered, 3), *_support(supports.get(site.site_id), terms),
                *along, site.lon, site.lat, site.mgrs, terms.name(site.moved_from), site.away_km,
            )
        )  # fmt: skip
    gained = round(math.fsum(site.gained for site in plan.sites), 3)
    blank = ("",) * (len(terms.name_columns()) - 1)
    after = plan.after.cover
    last: Row = (
        None, None, "", terms.area(None), *blank, "", gained, after.covered, after.share,
        after.uncovered, *_support(None, terms), *((None,) * 3 if posts else ()), None, None, "",
        "", None,
    )  # fmt: skip
    return terms.listing(
        key, _proposed_columns(plan, terms), [*rows, last], totals=1, notes=["note_blank"]
    )


def _proposed_columns(plan: PlanPart, terms: Terms) -> tuple[Column, ...]:
    posts = plan.unit == "km"
    form: Form = "km" if posts else "people"
    return (
        terms.column("rank", "count"),
        terms.column("phase", "count", "phase_posts" if posts else "phase_boxes"),
        terms.column("site_id", "code", "column_id"),
        *terms.name_columns(),
        terms.column("governorate"),
        terms.column(f"{plan.unit}_gained", form),
        terms.column(f"{plan.unit}_covered", form, "running_total"),
        terms.column("share_covered", "share", "share"),
        terms.column(f"{plan.unit}_uncovered", form, "still_outside"),
        *_support_columns(terms),
        *_along_columns(terms, posts),
        terms.column("lon", "degrees", "longitude"),
        terms.column("lat", "degrees", "latitude"),
        terms.column("mgrs", "code"),
        terms.column("moved_from", word="column_moved_from"),
        terms.column("near_km", "km", "column_near_km"),
    )


def _along_columns(terms: Terms, posts: bool) -> tuple[Column, ...]:
    if not posts:
        return ()
    return (
        terms.column("chainage_km", "km", "chainage"),
        terms.column("reach_from_km", "km", "from_km"),
        terms.column("reach_to_km", "km", "to_km"),
    )


def _support(support: Support | None, terms: Terms) -> Row:
    if support is None:
        return "", "", None, None
    named = support.site_id, terms.name(support.name)
    return *named, support.minutes, terms.flag(support.proposed)


def _support_columns(terms: Terms) -> tuple[Column, ...]:
    return (
        terms.column("backup_site_id", "code", "column_backup"),
        terms.column("backup_name", "text", "column_backup_name"),
        terms.column("backup_minutes", "minutes", "column_backup_minutes"),
        terms.column("backup_proposed", "text", "column_backup_proposed"),
    )


def list_standing_sites(sites: tuple[StandRow, ...], key: str, terms: Terms) -> Listing | None:
    """Return sites that stand."""
    rows: list[Row] = [
        (
            site.site_id, *terms.names(site.name), terms.area(site.governorate), site.lon,
            site.lat, site.mgrs, site.moves_to,
        )
        for site in sites
    ]  # fmt: skip
    columns = (
        terms.column("site_id", "code", "column_id"),
        *terms.name_columns(),
        terms.column("governorate"),
        terms.column("lon", "degrees", "longitude"),
        terms.column("lat", "degrees", "latitude"),
        terms.column("mgrs", "code"),
        terms.column("moves_to", "code", "column_moves_to"),
    )
    return terms.listing(key, columns, rows) if rows else None


def list_sheets(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return the facts of each sheet, a row a site."""
    rows: list[Row] = [_sheet_row(sheet, terms) for sheet in report.sheets]
    columns = (
        terms.column("kind", word="column_kind"),
        terms.column("site_id", "code", "column_id"),
        terms.column("rank", "count"),
        *terms.name_columns(),
        terms.column("governorate"),
        terms.column("district", word="column_district"),
        terms.column("lon", "degrees", "longitude"),
        terms.column("lat", "degrees", "latitude"),
        terms.column("mgrs", "code"),
        terms.column("threshold_minutes", "minutes", "figure_threshold_minutes"),
        terms.column("road", word="column_road"),
        terms.column("road_class", "code", "column_road_class"),
        terms.column("road_m", "metres", "column_road_m"),
        terms.column("way_from", word="column_way_from"),
        terms.column("way_km", "km", "column_way_km"),
        terms.column("way_minutes", "minutes", "column_way_minutes"),
        terms.column("last_turn_lon", "degrees", "column_turn_lon"),
        terms.column("last_turn_lat", "degrees", "column_turn_lat"),
        *_support_columns(terms),
        terms.column("town", word="post_town"),
        terms.column("town_km", "km", "post_town_km"),
        terms.column("town_minutes", "minutes", "post_town_minutes"),
        terms.column("water", word="column_water"),
        terms.column("water_km", "km", "post_water_km"),
        terms.column("crossing"),
        terms.column("crossing_km", "km", "column_crossing_km"),
        *_sum_columns(terms, "served"),
        *_sum_columns(terms, "missed"),
    )
    return terms.listing("sheets", columns, rows, notes=["note_blank"]) if rows else None


def _sum_columns(terms: Terms, which: str) -> tuple[Column, ...]:
    return (
        terms.column(f"{which}_places", "count", f"column_{which}_places"),
        terms.column(f"{which}_unknown", "count", f"column_{which}_unknown"),
        terms.column(f"{which}_people", "people", f"column_{which}_people"),
    )


def _sheet_row(sheet: SiteSheet, terms: Terms) -> Row:
    way, turn = sheet.approach, sheet.approach.turn_at if sheet.approach else None
    return (
        terms.code(sheet.kind), sheet.site_id, sheet.rank, *terms.names(sheet.name),
        terms.area(sheet.governorate), sheet.district, sheet.lon, sheet.lat, sheet.mgrs,
        sheet.threshold_minutes, sheet.road, sheet.road_class, sheet.road_m,
        terms.name(way.start) if way else "", way.km if way else None,
        way.minutes if way else None, turn[0] if turn else None, turn[1] if turn else None,
        *_support(sheet.support, terms), *_near(sheet.town, terms),
        sheet.town.minutes if sheet.town else None, *_near(sheet.water, terms),
        *_near(sheet.crossing, terms), *_added(sheet.served_all), *_added(sheet.missed_all),
    )  # fmt: skip


def _near(near: Nearby | None, terms: Terms) -> Row:
    return (terms.name(near.name), near.km) if near else ("", None)


def _added(one: GapSum) -> Row:
    return one.places, one.unknown, None if one.none_known else one.people


def list_legs(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return the last roads of the way to each site, in order."""
    rows: list[Row] = [
        (
            sheet.site_id, terms.name(sheet.name), sheet.approach.legs_before + at + 1,
            terms.say(f"turn_word_{leg.turn}", leg.turn), leg.road, leg.road_class, leg.km,
            leg.minutes,
        )
        for sheet in report.sheets
        if sheet.approach
        for at, leg in enumerate(sheet.approach.legs)
    ]  # fmt: skip
    columns = (
        terms.column("site_id", "code", "column_id"),
        terms.column("site_name"),
        terms.column("leg", "count", "column_leg"),
        terms.column("turn", word="column_turn"),
        terms.column("road", word="column_road"),
        terms.column("road_class", "code", "column_road_class"),
        terms.column("km", "km", "unit_km"),
        terms.column("minutes", "minutes"),
    )
    return terms.listing("legs", columns, rows) if rows else None


def list_served(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return the communities that each sheet lists as within reach."""
    rows: list[Row] = [
        (
            sheet.site_id, terms.name(sheet.name), one.community_id, *terms.names(one.name),
            one.people, one.minutes, terms.flag(one.first),
        )
        for sheet in report.sheets
        for one in sheet.served
    ]  # fmt: skip
    columns = (
        terms.column("site_id", "code", "column_id"),
        terms.column("site_name"),
        terms.column("community_id", "code", "column_community_id"),
        *terms.name_columns("community"),
        terms.column("people", "people"),
        terms.column("minutes", "minutes"),
        terms.column("first", word="column_first"),
    )
    return terms.listing("served", columns, rows, notes=["note_served"]) if rows else None


def list_missed(report: PlacementReport, terms: Terms) -> Listing | None:
    """Return the communities for which no site is quicker, and which it does not reach in time."""
    rows: list[Row] = [
        (sheet.site_id, terms.name(sheet.name), *left_out(one, terms))
        for sheet in report.sheets
        for one in sheet.missed
    ]
    columns = (
        terms.column("site_id", "code", "column_id"),
        terms.column("site_name"),
        *left_out_columns(terms),
    )
    return terms.listing("missed", columns, rows, notes=["note_missed"]) if rows else None


def left_out(row: GapRow, terms: Terms) -> Row:
    """Return what is told of a community outside reach, for `left_out_columns`."""
    return (
        row.community_id, *terms.names(row.name), terms.area(row.governorate), row.people,
        row.minutes, terms.code(row.reason), terms.flag(row.must),
    )  # fmt: skip


def left_out_columns(terms: Terms) -> tuple[Column, ...]:
    """Return the columns of `left_out`."""
    return (
        terms.column("community_id", "code", "column_community_id"),
        *terms.name_columns("community"),
        terms.column("governorate"),
        terms.column("people", "people"),
        terms.column("minutes", "minutes", "minutes_nearest"),
        terms.column("reason"),
        terms.column("must_reach", word="must_places"),
    )
