"""What of a report lies on the ground: sites that stand, communities, and the frontier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.crs import mgrs_of, to_wgs84
from boxreach.report.figures import Namer, name_of, number_of, text_of
from boxreach.report.placement_report import LineRow, PlaceRow, StandRow
from boxreach.report.service import Service
from boxreach.report.site_sheet import Point

if TYPE_CHECKING:
    from boxreach.placement import Proposal

_DIGITS = 6


def prepare_standing(
    sites: gpd.GeoDataFrame | None, plan: Proposal | None, namer: Namer
) -> tuple[StandRow, ...]:
    """Prepare the sites that stand, by id, and where those go that move."""
    if sites is None or not len(sites):
        return ()
    table = _by_id(to_wgs84(sites, file="boxes"))
    moves = pd.DataFrame() if plan is None else plan.moves
    goes = dict(zip(moves["from_site_id"], moves["to_site_id"], strict=True)) if len(moves) else {}
    lon, lat = table.geometry.x.to_numpy(), table.geometry.y.to_numpy()
    grid = mgrs_of(lon, lat)
    return tuple(
        StandRow(
            site_id=str(site_id),
            name=name_of(row, site_id),
            governorate=namer(row.get("governorate", "")),
            lon=round(float(lon[at]), _DIGITS),
            lat=round(float(lat[at]), _DIGITS),
            mgrs=text_of(row.get("mgrs", "")) or grid[at],
            moves_to=text_of(goes.get(site_id, "")),
        )
        for at, (site_id, row) in enumerate(zip(table.index, records_of(table), strict=True))
    )


def prepare_places(service: Service, namer: Namer) -> tuple[PlaceRow, ...]:
    """Prepare the communities before and after, by id; none where nobody knows what comes after."""
    if service.after is None:
        return ()
    points = shapely.get_coordinates(shapely.centroid(service.before.geometry.to_numpy()))
    rows = zip(
        service.before.index,
        records_of(service.before),
        records_of(service.after),
        service.people,
        points.tolist(),
        strict=True,
    )
    return tuple(
        PlaceRow(
            community_id=str(community_id),
            name=name_of(row, community_id),
            governorate=namer(row.get("governorate", "")),
            people=people,
            lon=round(lon, _DIGITS),
            lat=round(lat, _DIGITS),
            before=bool(row["covered"]),
            after=bool(then["covered"]),
            minutes_before=number_of(row.get("minutes")),
            minutes=number_of(then["minutes"]),
            site_id=text_of(then["site_id"]),
            backup_site_id=text_of(then["backup_site_id"]),
            backup_minutes=number_of(then["backup_minutes"]),
            reason=text_of(then["reason"]),
        )
        for community_id, row, then, people, (lon, lat) in rows
    )


def prepare_line(posts: Proposal | None, namer: Namer) -> tuple[LineRow, ...]:
    """Prepare the pieces of the frontier, from its northern end."""
    if posts is None:
        return ()
    table = to_wgs84(posts.reach, file="posts").sort_values("chainage_from_km", kind="stable")
    shapes = table.geometry.to_numpy()
    return tuple(
        LineRow(
            from_km=float(row["chainage_from_km"]),
            to_km=float(row["chainage_to_km"]),
            km=float(row["km"]),
            governorate=namer(row.get("governorate", "")),
            covered=bool(row["covered"]),
            reached=bool(row.get("reached", row["covered"])),
            site_id=text_of(row.get("site_id", "")),
            minutes=number_of(row.get("minutes")),
            reason=text_of(row.get("reason", "")),
            lines=lines_of(shape),
        )
        for row, shape in zip(records_of(table), shapes, strict=True)
    )


def lines_of(shape: shapely.Geometry) -> tuple[tuple[Point, ...], ...]:
    """Return the lines of a shape as points."""
    return tuple(
        tuple((lon, lat) for lon, lat in np.round(shapely.get_coordinates(part), _DIGITS).tolist())
        for part in shapely.get_parts([shape])
        if not part.is_empty
    )


def records_of(table: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the rows of a table without their shapes."""
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    # Before pandas 3 a table without columns has no records, however many rows it has.
    return plain.to_dict("records") if len(plain.columns) else [{} for _ in plain.index]


def _by_id(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return table.iloc[np.argsort(table.index.to_numpy(dtype=str), kind="stable")]
