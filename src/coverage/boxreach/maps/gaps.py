"""Gap clusters for drawing: what is left out in pieces, as outlines or as points."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from boxreach.clusters import GapClusters
from boxreach.crs import to_wgs84
from boxreach.maps.columns import Columns, names_of, numbers_of, positions_of, texts_of
from boxreach.maps.lines import encode_lines, label_points

_REASONS = ("too_far", "off_road", "isolated", "closed")
_AROUND_DEGREES = 0.015
"""How far an outline lies around the places of a cluster: about a mile."""


def write_gaps(gaps: gpd.GeoDataFrame | GapClusters | None) -> Columns:
    """Return gap clusters as columns, the largest outlines first, so that none hides another.

    Parameters
    ----------
    gaps
        What `boxreach.cluster_gaps` returned, whose outlines are drawn around the places of each
        cluster; or polygons or points with the columns of its ``clusters``.
    """
    if gaps is None:
        return {}
    if isinstance(gaps, GapClusters):
        table = gaps.clusters.set_geometry(_outline(gaps), crs=gaps.clusters.crs)
        minutes: float | None = gaps.minutes
    else:
        table, minutes = to_wgs84(gaps, file="gaps"), None
    if not len(table):
        return {}
    area = shapely.area(table.geometry.to_numpy())
    table = table.iloc[np.argsort(-area, kind="stable")]
    counts = {key: numbers_of(table, key, 0) for key in ("places", *_REASONS)}
    return (
        {"id": [str(key) for key in table.index]}
        | names_of(table)
        | {"governorate": texts_of(table, "governorate").tolist()}
        | positions_of(label_points(table.geometry))
        | counts
        | {
            "people": numbers_of(table, "people", 3),
            "unknown": numbers_of(table, "places_unknown_people", 0),
            "gained": numbers_of(table, "people_gained", 3),
            "reason": texts_of(table, "reason").tolist(),
            "minutes": [minutes] * len(table),
            "rings": [_rings(shape) for shape in table.geometry],
        }
    )


def _outline(found: GapClusters) -> gpd.GeoSeries:
    """Return the hull of each cluster's places, and something around it."""
    members = found.gaps.geometry.groupby(found.gaps["cluster_id"]).agg(
        lambda points: shapely.multipoints(shapely.get_coordinates(points.to_numpy()))
    )
    shapes = members.reindex(found.clusters.index).to_numpy()
    hulls = shapely.buffer(shapely.convex_hull(shapes), _AROUND_DEGREES, quad_segs=4)
    return gpd.GeoSeries(hulls, index=found.clusters.index, crs=found.clusters.crs)


def _rings(shape: shapely.Geometry | None) -> list[str]:
    if shape is None or not shape.geom_type.endswith("Polygon"):
        return []
    return encode_lines([shape.boundary])
