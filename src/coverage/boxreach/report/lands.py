"""All of a report that lies on the ground: who stands where, and serves whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd

from boxreach.crs import to_wgs84
from boxreach.report.figures import Namer, name_of, people_of
from boxreach.report.ground import prepare_line, prepare_places, prepare_standing, records_of
from boxreach.report.model import PlanPart
from boxreach.report.placement_report import Ground
from boxreach.report.service import prepare_service
from boxreach.report.site_sheet import Dot, SiteSheet, Support
from boxreach.report.sites import Land, prepare_sheets
from boxreach.report.small_maps import Base

if TYPE_CHECKING:
    from boxreach.placement import Proposal
    from boxreach.routing import Times, TravelTimes


@dataclass(frozen=True, eq=False)
class Given:
    """What was given to a report of what lies on the ground, by the names of its arguments."""

    plan: Proposal | None
    posts: Proposal | None
    boxes: gpd.GeoDataFrame | None
    times: TravelTimes | None
    roads: gpd.GeoDataFrame | None
    rivers: gpd.GeoDataFrame | None
    crossings: gpd.GeoDataFrame | None

    @property
    def standing(self) -> gpd.GeoDataFrame | None:
        """The boxes that stand."""
        return self.plan.existing if self.boxes is None and self.plan is not None else self.boxes

    @property
    def gates(self) -> gpd.GeoDataFrame | None:
        """The crossings of the frontier."""
        found = getattr(self.posts, "crossings", None) if self.crossings is None else self.crossings
        # Crossings that were read back are a table without places.
        return found if isinstance(found, gpd.GeoDataFrame) and len(found) else None

    def times_of(self, plan: Proposal) -> Times | None:
        """Return times on whose roads help comes to the sites of a plan."""
        if plan.question is not None:
            return plan.question.options
        return self.times if plan is self.plan else None


@dataclass(frozen=True)
class Parts:
    """What the report says of boxes and posts."""

    plan: PlanPart | None
    posts: PlanPart | None


@dataclass(frozen=True)
class Found:
    """What of the report lies on the ground."""

    ground: Ground
    sheets: tuple[SiteSheet, ...]
    supports: tuple[tuple[str, Support], ...]


def prepare_land(
    reach: gpd.GeoDataFrame,
    given: Given,
    minutes: float,
    namer: Namer,
    *,
    parts: Parts,
    sheets: bool,
) -> Found:
    """Prepare what lies on the ground.

    Parameters
    ----------
    reach
        Of the communities.
    given
        What was given beside it.
    minutes
        The threshold at which it is told who is left out.
    namer
        Gives the names of governorates.
    parts
        What the report says of the plans.
    sheets
        Whether every proposed site has a sheet.
    """
    plan = given.plan
    service = prepare_service(
        reach,
        plan,
        minutes if plan is None else float(plan.minutes),
        boxes=given.boxes,
        times=given.times,
        people=people_of(reach[reach["threshold_minutes"] == minutes]),
    )
    places = prepare_places(service, namer)
    ground = Ground(
        boxes=prepare_standing(given.standing, plan, namer),
        posts=prepare_standing(
            None if given.posts is None else given.posts.existing, given.posts, namer
        ),
        places=places,
        line=prepare_line(given.posts, namer),
    )
    frontier = None if given.posts is None else given.posts.reach
    land = Land(
        service,
        places,
        given.rivers,
        given.gates,
        Base.of(given.roads, given.rivers, frontier),
        tuple(_dots(given, ground)),
    )
    both = [(given.plan, parts.plan), (given.posts, parts.posts)]
    found = [
        prepare_sheets(one, part, land, namer, given.times_of(one))
        for one, part in both
        if one is not None and part is not None and len(one.sites)
    ]
    return Found(
        ground,
        tuple(sheet for some, _ in found for sheet in some) if sheets else (),
        tuple((one.site_id, one.support) for some, _ in found for one in some if one.support),
    )


def _dots(given: Given, ground: Ground) -> Iterable[tuple[str, Dot]]:
    """Yield the sites that stand in the end, and the crossings, each with its id."""
    for kind, plan, rows in (
        ("box", given.plan, ground.boxes), ("post", given.posts, ground.posts),
    ):  # fmt: skip
        stays = None if plan is None else {str(one) for one in plan.lasting[0].index}
        for row in rows:
            if stays is None or row.site_id in stays:
                yield row.site_id, Dot(kind, (row.lon, row.lat), row.name)
        if plan is not None:
            yield from _points(kind, plan.lasting[1])
    if given.gates is not None:
        yield from _points("crossing", given.gates)


def _points(kind: str, table: gpd.GeoDataFrame) -> Iterable[tuple[str, Dot]]:
    places = to_wgs84(table)
    points = (
        places.geometry.centroid if not (places.geom_type == "Point").all() else places.geometry
    )
    for site_id, row, point in zip(places.index, records_of(places), points, strict=True):
        at = round(float(point.x), 6), round(float(point.y), 6)
        yield str(site_id), Dot(kind, at, name_of(row, site_id))
