"""What a redaction leaves of a report: another report, from which positions are taken out.

What is not in it can be in no file that is written from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch
from typing import Any

from boxreach.redaction import Redaction
from boxreach.report.compared import Compared
from boxreach.report.details import Details, DistanceRow, FifthRow, WorstPlace
from boxreach.report.model import GapRow, GapTable, PlanPart, Record
from boxreach.report.placement_report import (
    Ground,
    Handling,
    PlacementReport,
    PlaceRow,
    StandRow,
)
from boxreach.report.site_sheet import Served, SheetMap, SiteSheet, Support
from boxreach.report.withheld_states import (
    round_up,
    round_up_minutes,
    thresholds_of,
    withhold_posts,
    withhold_roads,
)

_OF_POSTS = "posts"


def withhold(report: PlacementReport, redaction: Redaction | None) -> PlacementReport:
    """Return the report as far as it may be told; done twice, it changes nothing more.

    Parameters
    ----------
    report
        The report.
    redaction
        What is withheld; None is nothing.

    Returns
    -------
    PlacementReport
        Its `handling` says what was withheld. Without posts there is no plan of posts, nothing of
        the frontier, no sheet of a post, and no box that leans on one. Rounded boxes have no grid
        reference, no way to them, no map, and nothing that says how far they are from what is
        near; minutes are rounded up to whole ones where the thresholds are whole. Either way the
        command and the warnings of the run go, as both quote what was typed.

    Notes
    -----
    Ids, names and minutes to communities stay; see `boxreach.Redaction`. Critical roads are told
    without ids, names, places, and what serves and mends then: how much hangs on one thing, not on
    which.

    Examples
    --------
    >>> from boxreach.report.model import Cover, GapSum, GapTable, Name
    >>> nobody, none = GapSum(0, 0, 0), Cover(0, 0, None)
    >>> gaps = GapTable(30.0, none, none, (), nobody, (), nobody, "community", ())
    >>> stands = StandRow("b1", Name("Alpha"), Name("West"), 44.123, 33.456, "38SMB4")
    >>> report = PlacementReport(
    ...     None, None, gaps, None, None, None, None, Details(), Record(), ground=Ground((stands,))
    ... )
    >>> public = withhold(report, Redaction(round_km=10))
    >>> public.ground.boxes[0].lon, public.ground.boxes[0].mgrs, public.handling.rounded_km
    (44.086395, '', 10.0)
    """
    if redaction is None:
        return report
    if report.what_if is not None:
        report = replace(report, what_if=withhold_roads(report.what_if, _ids_of_boxes(report)))
    if redaction.posts:
        report = _without_posts(report)
    rounded = report.handling.rounded_km or 0.0
    if redaction.round_km is not None and redaction.round_km > rounded:
        report = _with_rounded_boxes(report, redaction)
    compared = report.compared
    if compared is not None and redaction.posts:
        report = replace(report, compared=_compared_without_posts(compared))
    return replace(report, record=_public_record(report.record, posts=redaction.posts))


def _without_posts(report: PlacementReport) -> PlacementReport:
    posts = _ids_of_posts(report)
    boxes = [sheet for sheet in report.sheets if sheet.kind != "post"]
    people = report.sensitivity is not None and report.sensitivity.unit != "km"
    return replace(
        report,
        posts=None,
        strip=None,
        frontier=None,
        sensitivity=report.sensitivity if people else None,
        ground=replace(
            report.ground,
            posts=(),
            # Where a piece begins and ends tells what posts reach and see.
            line=(),
            places=tuple(_served_by_boxes(place, posts) for place in report.ground.places),
        ),
        sheets=tuple(_sheet_without_posts(sheet, posts) for sheet in boxes),
        supports=tuple(
            (site_id, support)
            for site_id, support in report.supports
            if not posts & {site_id, support.site_id}
        ),
        handling=replace(report.handling, posts_withheld=True),
        what_if=None if report.what_if is None else withhold_posts(report.what_if, posts),
    )


def _ids_of_posts(report: PlacementReport) -> frozenset[str]:
    """Return the ids of posts; one that a box has too is no secret, and is left out."""
    found = {row.site_id for row in report.ground.posts}
    found |= {sheet.site_id for sheet in report.sheets if sheet.kind == "post"}
    if report.posts is not None:
        found |= {row.site_id for row in report.posts.sites}
    if report.frontier is not None:
        found |= {row.site_id for table in report.frontier.tables for row in table.rows}
    return frozenset(found - _ids_of_boxes(report))


def _ids_of_boxes(report: PlacementReport) -> set[str]:
    boxes = {row.site_id for row in report.ground.boxes}
    boxes |= {sheet.site_id for sheet in report.sheets if sheet.kind == "box"}
    return boxes | {row.site_id for row in (() if report.plan is None else report.plan.sites)}


def _served_by_boxes(place: PlaceRow, posts: frozenset[str]) -> PlaceRow:
    """Return a community without the posts that are the quickest to reach it, if any are."""
    if place.site_id in posts:
        place = replace(place, site_id="", minutes=None)
    if place.backup_site_id in posts:
        place = replace(place, backup_site_id="", backup_minutes=None)
    return place


def _sheet_without_posts(sheet: SiteSheet, posts: frozenset[str]) -> SiteSheet:
    helped = sheet.support is not None and sheet.support.site_id in posts
    return replace(
        sheet,
        support=None if helped else sheet.support,
        # The way begins where help comes from.
        approach=None if helped else sheet.approach,
        backed_up_by=_other_than(sheet.backed_up_by, posts),
        # A post stands at each crossing.
        crossing=None,
        ground=_ground_without(sheet.ground, {"post", "crossing"}, ways=helped),
    )


def _other_than(supports: Iterable[Support], posts: frozenset[str]) -> tuple[Support, ...]:
    return tuple(one for one in supports if one.site_id not in posts)


def _ground_without(ground: SheetMap | None, kinds: set[str], *, ways: bool) -> SheetMap | None:
    """Return the small map without dots of some kinds, and without the way if that is to go."""
    if ground is None:
        return None
    return replace(
        ground,
        lines=tuple(one for one in ground.lines if not (ways and one.kind == "route")),
        dots=tuple(one for one in ground.dots if one.kind not in kinds),
    )


def _with_rounded_boxes(report: PlacementReport, redaction: Redaction) -> PlacementReport:
    if _thresholds_are_whole(report):
        report = _in_whole_minutes(report)
    told = report.what_if
    return replace(
        report,
        # How far boxes move would tell where they were.
        what_if=None if told is None else replace(told, moves=()),
        plan=None if report.plan is None else _round_plan(report.plan, redaction),
        details=_round_spots(report.details, redaction),
        ground=_round_ground(report.ground, redaction),
        sheets=tuple(_round_sheet(sheet, redaction) for sheet in report.sheets),
        handling=_rounded(report.handling, redaction),
    )


def _round_plan(plan: PlanPart, redaction: Redaction) -> PlanPart:
    sites = []
    for site in plan.sites:
        lon, lat = redaction.blur_point(site.lon, site.lat)
        sites.append(replace(site, lon=lon, lat=lat, mgrs="", away_km=None, moved_from=None))
    # How far boxes move would tell where they were.
    return replace(plan, sites=tuple(sites), price=replace(plan.price, moves=()))


def _round_spots(details: Details, redaction: Redaction) -> Details:
    """Round where one box would help most: the next one may stand there."""
    if details.spots is None:
        return details
    rows = []
    for row in details.spots.rows:
        lon, lat = redaction.blur_point(row.lon, row.lat)
        rows.append(replace(row, lon=lon, lat=lat, away_km=None))
    return replace(details, spots=replace(details.spots, rows=tuple(rows)))


def _round_ground(ground: Ground, redaction: Redaction) -> Ground:
    return replace(ground, boxes=tuple(_round_box(one, redaction) for one in ground.boxes))


def _round_box(box: StandRow, redaction: Redaction) -> StandRow:
    lon, lat = redaction.blur_point(box.lon, box.lat)
    return replace(box, lon=lon, lat=lat, mgrs="", moves_to="")


def _round_sheet(sheet: SiteSheet, redaction: Redaction) -> SiteSheet:
    if sheet.kind == "post":
        # The way to a post may begin at a box.
        ground = _ground_without(sheet.ground, {"box"}, ways=True)
        return replace(sheet, approach=None, ground=ground)
    lon, lat = redaction.blur_point(sheet.lon, sheet.lat)
    return replace(
        sheet,
        lon=lon,
        lat=lat,
        mgrs="",
        road="",
        road_class="",
        road_m=None,
        approach=None,
        town=None,
        water=None,
        crossing=None,
        ground=None,
        moved_from=None,
    )


def _rounded(handling: Handling, redaction: Redaction) -> Handling:
    km = redaction.round_km
    return replace(handling, rounded_km=None if km is None else float(km))


def _public_record(record: Record, *, posts: bool) -> Record:
    """Return how the run was made without what was typed, and without what is of posts."""
    record = replace(record, command="", warnings=())
    if not posts:
        return record
    return replace(
        record,
        sources=tuple(one for one in record.sources if one.name != _OF_POSTS),
        parameters=tuple(one for one in record.parameters if not _is_of_posts(one[0])),
    )


def _compared_without_posts(compared: Compared) -> Compared:
    """Return what is compared without what was set and given otherwise of posts."""
    return replace(
        compared,
        settings=tuple(one for one in compared.settings if not _is_of_posts(one.parameter)),
        inputs=tuple(one for one in compared.inputs if one != _OF_POSTS),
    )


def _is_of_posts(parameter: str) -> bool:
    return parameter.startswith(f"{_OF_POSTS}.")


def _thresholds_are_whole(report: PlacementReport) -> bool:
    """Tell whether minutes can be rounded up without crossing a threshold."""
    found = [] if report.gaps is None else [report.gaps.minutes]
    found += [] if report.areas is None else report.areas.thresholds
    found += [one.minutes for one in (report.plan, report.details.must) if one is not None]
    found += [] if report.what_if is None else thresholds_of(report.what_if)
    return all(float(one).is_integer() for one in found)


@singledispatch
def _in_whole_minutes(value: Any) -> Any:
    """Return a report, or a part of it, with the minutes to each place rounded up."""
    if isinstance(value, tuple):
        return tuple(_in_whole_minutes(one) for one in value)
    return value


@_in_whole_minutes.register
def _(report: PlacementReport) -> PlacementReport:
    return replace(
        report,
        gaps=_in_whole_minutes(report.gaps),
        plan=_in_whole_minutes(report.plan),
        details=_in_whole_minutes(report.details),
        ground=replace(report.ground, places=_in_whole_minutes(report.ground.places)),
        sheets=_in_whole_minutes(report.sheets),
        supports=_in_whole_minutes(report.supports),
        what_if=None if report.what_if is None else round_up_minutes(report.what_if),
    )


@_in_whole_minutes.register
def _(gaps: GapTable) -> GapTable:
    rows, must = _in_whole_minutes(gaps.rows), _in_whole_minutes(gaps.must)
    return replace(gaps, rows=rows, must=must)


@_in_whole_minutes.register
def _(plan: PlanPart) -> PlanPart:
    if plan.asked.measure != "minutes":
        return plan
    # The farthest place is one place, and its minutes are those to one box.
    proofs = tuple(
        replace(one, objective=round_up(one.objective), bound=round_up(one.bound))
        for one in plan.proofs
    )
    price = replace(plan.price, forgone=None, reserve_gain=None, regrets=())
    return replace(plan, proofs=proofs, price=price, curve=())


@_in_whole_minutes.register
def _(details: Details) -> Details:
    must, distances, fifths = details.must, details.distances, details.fifths
    return replace(
        details,
        worst=tuple(replace(row, places=_in_whole_minutes(row.places)) for row in details.worst),
        must=None if must is None else replace(must, named=_in_whole_minutes(must.named)),
        # A median is the time to some place, and so is a mean where there is but one.
        distances=None
        if distances is None
        else replace(distances, rows=_in_whole_minutes(distances.rows)),
        fifths=None if fifths is None else replace(fifths, rows=_in_whole_minutes(fifths.rows)),
    )


@_in_whole_minutes.register
def _(row: DistanceRow) -> DistanceRow:
    return replace(
        row,
        median=round_up(row.median),
        p90=round_up(row.p90),
        mean=round_up(row.mean),
    )


@_in_whole_minutes.register
def _(row: FifthRow) -> FifthRow:
    return replace(row, mean=round_up(row.mean))


@_in_whole_minutes.register
def _(sheet: SiteSheet) -> SiteSheet:
    return replace(
        sheet,
        support=_in_whole_minutes(sheet.support),
        backed_up_by=_in_whole_minutes(sheet.backed_up_by),
        served=_in_whole_minutes(sheet.served),
        missed=_in_whole_minutes(sheet.missed),
    )


@_in_whole_minutes.register
def _(place: PlaceRow) -> PlaceRow:
    return replace(
        place,
        minutes_before=round_up(place.minutes_before),
        minutes=round_up(place.minutes),
        backup_minutes=round_up(place.backup_minutes),
    )


@_in_whole_minutes.register(GapRow)
@_in_whole_minutes.register(Served)
@_in_whole_minutes.register(Support)
@_in_whole_minutes.register(WorstPlace)
def _(row: Any) -> Any:
    return replace(row, minutes=round_up(row.minutes))
