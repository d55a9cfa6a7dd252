"""From a plan to a sheet for every site that it proposes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from boxreach.border.nearest_shapes import find_nearest_shapes
from boxreach.border.supply import measure_supply
from boxreach.crs import mgrs_of, to_wgs84
from boxreach.network import RoadNetwork
from boxreach.report.figures import Namer, name_of, number_of, text_of
from boxreach.report.ground import records_of
from boxreach.report.model import GapRow, GapSum, PlanPart, SiteRow
from boxreach.report.placement_report import PlaceRow
from boxreach.report.price import name_of_site
from boxreach.report.service import Service
from boxreach.report.site_sheet import Approach, Dot, Nearby, Served, SheetMap, SiteSheet
from boxreach.report.small_maps import Base
from boxreach.report.support import Help, find_help, names_of
from boxreach.routing import Times

if TYPE_CHECKING:
    from boxreach.placement import Proposal

ROWS = 12
"""Communities told of a site; all others are in its sums."""

_TOWN_PEOPLE = 10_000
_NEAR_M = 500_000.0
_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, eq=False)
class Land:
    """What lies about the sites.

    Attributes
    ----------
    service, places
        The communities, and the same as the report tells them; none where they are not known.
    rivers, crossings
        Water, and crossings of the frontier.
    base, dots
        What small maps are drawn of; dots with the ids of the sites that they are.
    """

    service: Service
    places: tuple[PlaceRow, ...]
    rivers: gpd.GeoDataFrame | None
    crossings: gpd.GeoDataFrame | None
    base: Base
    dots: tuple[tuple[str, Dot], ...]

    @cached_property
    def ms(self) -> csr_array | None:
        """Milliseconds from sites to communities; None where they are not known."""
        return self.service.ms if self.places else None

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each site in them."""
        times = self.service.times
        return {} if times is None or not self.places else _number(times.sites.index)

    @cached_property
    def by_id(self) -> dict[str, PlaceRow]:
        """The communities by id."""
        return {one.community_id: one for one in self.places}

    @cached_property
    def missed(self) -> dict[str, list[PlaceRow]]:
        """By the site that is their quickest in the end, those left out."""
        found: dict[str, list[PlaceRow]] = {}
        for one in self.places:
            if not one.after and one.site_id:
                found.setdefault(one.site_id, []).append(one)
        return found


def _number(ids: pd.Index) -> dict[str, int]:
    return {str(one): row for row, one in enumerate(ids)}


def prepare_sheets(
    plan: Proposal, part: PlanPart, land: Land, namer: Namer, times: Times | None
) -> tuple[tuple[SiteSheet, ...], Help]:
    """Prepare a sheet for each proposed site, in the order of their ranks, and who helps them.

    Parameters
    ----------
    plan, part
        The plan, and what the report says of it.
    land
        What lies about its sites.
    namer
        Gives the names of governorates.
    times
        On the roads of the plan; None where they are not known.
    """
    sites = to_wgs84(plan.sites.sort_values("rank", kind="stable"))
    sites = sites[~sites.index.duplicated(keep="last")]
    near = _Near.find(sites, land, times)
    help_ = find_help(plan, near.towns, near.town_of, times)
    ranked = {row.rank: row for row in part.sites}
    lasting = {str(one) for one in plan.lasting[1].index}
    sheets = []
    for site_id, record in zip(map(str, sites.index), records_of(sites), strict=True):
        row = ranked[int(record["rank"])]
        people = _People(
            *_served(site_id, plan, land, stands=site_id in lasting), *_missed(site_id, plan, land)
        )
        approach = help_.approaches.get(site_id)
        ground = _map(row, approach, people, land)
        told = _tell_site(plan, row, record, namer) | near.of(site_id) | vars(people)
        supports = help_.supports.get(site_id, ())
        sheets.append(
            SiteSheet(
                **told,
                approach=approach,
                support=supports[0] if supports else None,
                backed_up_by=supports[1:],
                ground=ground,
            )
        )
    return tuple(sheets), help_


@dataclass(frozen=True)
class _People:
    """Whom a site serves and misses, by the names of a sheet."""

    served: tuple[Served, ...]
    served_all: GapSum
    missed: tuple[GapRow, ...]
    missed_all: GapSum


def _tell_site(
    plan: Proposal, row: SiteRow, record: dict[Any, Any], namer: Namer
) -> dict[str, Any]:
    """Return what is told of the site itself."""
    left = text_of(record.get("moved_from", ""))
    same = ("site_id", "rank", "phase", "name", "lon", "lat", "gained", "chainage_km", "from_km",
            "to_km")  # fmt: skip
    return {name: getattr(row, name) for name in same} | {
        "kind": "post" if plan.unit == "km" else "box",
        "governorate": namer(record.get("governorate", "")),
        "district": text_of(record.get("district", "")),
        "mgrs": row.mgrs or mgrs_of(np.array([row.lon]), np.array([row.lat]))[0],
        "unit": plan.unit,
        "threshold_minutes": float(plan.minutes),
        "moved_from": name_of_site(plan, left) if left else None,
        "road": text_of(record.get("road_name", "")),
        "road_class": text_of(record.get("road_class", "")),
        "road_m": number_of(record.get("road_m")),
    }


@dataclass(frozen=True, eq=False)
class _Near:
    """What is nearest to each site."""

    towns: gpd.GeoDataFrame
    town_of: dict[str, str]
    town: dict[str, Nearby]
    water: dict[str, Nearby]
    crossing: dict[str, Nearby]

    @classmethod
    def find(cls, sites: gpd.GeoDataFrame, land: Land, times: Times | None) -> _Near:
        """Find town, water and crossing of each site, as far as they are known."""
        towns, town_of, town = _find_towns(sites, land.service.before, times)
        return cls(
            towns, town_of, town, _nearest(sites, land.rivers), _nearest(sites, land.crossings)
        )

    def of(self, site_id: str) -> dict[str, Nearby | None]:
        """Return what is near a site, by the names of a sheet."""
        return {name: getattr(self, name).get(site_id) for name in ("town", "water", "crossing")}


def _find_towns(
    sites: gpd.GeoDataFrame, places: gpd.GeoDataFrame, times: Times | None
) -> tuple[gpd.GeoDataFrame, dict[str, str], dict[str, Nearby]]:
    """Return towns by id, the one of each site, and how far it is."""
    large = places["people"].astype(float) >= _TOWN_PEOPLE
    towns = places[large] if large.any() else places
    towns = towns.set_axis(pd.Index([str(one) for one in towns.index], dtype=object), axis=0)
    points = gpd.GeoDataFrame(geometry=towns.geometry)
    if times is None or not isinstance(times.network, RoadNetwork) or not len(sites):
        return towns, {}, _nearest(sites, towns)
    found = measure_supply(
        times.network, gpd.GeoDataFrame(geometry=sites.geometry), towns=points, main_classes=()
    )
    names, town_of, town = names_of(towns), {}, {}
    for site, one, km, minutes in zip(
        map(str, sites.index), found["town"], found["town_km"], found["town_minutes"], strict=True
    ):
        if one:
            town_of[site] = one
            town[site] = Nearby(names[one], number_of(km), number_of(minutes))
    return towns, town_of, town


def _nearest(sites: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame | None) -> dict[str, Nearby]:
    """Return the nearest shape of each site, straight."""
    if shapes is None or not len(shapes) or not len(sites):
        return {}
    order = np.argsort(shapes.index.to_numpy(dtype=str), kind="stable")
    table = to_wgs84(shapes).iloc[order]
    lon, lat = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    which, metres = find_nearest_shapes(lon, lat, table.geometry.to_numpy(), within_m=_NEAR_M)
    rows = records_of(table)
    names = [name_of(rows[at]) if at >= 0 else None for at in which]
    return {
        str(site): Nearby(name if name is not None and name.in_language("en") else None, km)
        for site, name, km, at in zip(sites.index, names, metres / 1000, which, strict=True)
        if at >= 0
    }


def _served(
    site_id: str, plan: Proposal, land: Land, *, stands: bool
) -> tuple[tuple[Served, ...], GapSum]:
    """Return whom a site reaches in time: the quickest first, and the sum of all."""
    ms = land.ms
    if not stands or ms is None or site_id not in land.rows:
        return (), GapSum(0, 0, 0)
    span = slice(*ms.indptr[land.rows[site_id] :][:2])
    near = ms.data[span] <= round(plan.minutes * _MS_PER_MINUTE)
    at, minutes = ms.indices[span][near], ms.data[span][near] / _MS_PER_MINUTE
    found = [
        Served(
            community_id=place.community_id,
            name=place.name,
            people=place.people,
            minutes=float(one),
            first=place.minutes is None or float(one) <= place.minutes,
        )
        for place, one in zip((land.places[k] for k in at), minutes, strict=True)
    ]
    most = sorted(found, key=lambda one: (-(one.people or 0), one.minutes, one.community_id))
    shown = sorted(most[:ROWS], key=lambda one: (one.minutes, one.community_id))
    return tuple(shown), _add_up([one.people for one in found])


def _missed(site_id: str, plan: Proposal, land: Land) -> tuple[tuple[GapRow, ...], GapSum]:
    """Return those whose quickest site this is, and whom it does not reach in time."""
    if plan.unit != "people":
        return (), GapSum(0, 0, 0)
    out = land.missed.get(site_id, [])
    rows = [
        GapRow(one.community_id, one.name, one.governorate, one.people, one.minutes, one.reason)
        for one in sorted(out, key=lambda one: (-(one.people or 0), one.community_id))
    ]
    return tuple(rows[:ROWS]), _add_up([one.people for one in out])


def _add_up(people: list[int | None]) -> GapSum:
    known = [one for one in people if one is not None]
    return GapSum(len(people), len(people) - len(known), sum(known))


def _map(row: SiteRow, approach: Approach | None, people: _People, land: Land) -> SheetMap:
    """Draw the ground about a site, with whom it serves and misses."""
    dots = [
        Dot(kind, (place.lon, place.lat), place.name, place.people)
        for kind, rows in (("served", people.served), ("missed", people.missed))
        for place in (land.by_id[one.community_id] for one in rows)
    ]
    aims = [one.at for one in dots if one.kind == "served"]
    if approach is not None and approach.turn_at is not None:
        aims.append(approach.turn_at)
    others = [dot for key, dot in land.dots if key != row.site_id]
    route = () if approach is None else approach.line
    return land.base.draw((row.lon, row.lat), aims, route, [*dots, *others])
