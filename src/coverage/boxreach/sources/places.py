"""Points that serve and points that are served: sites and communities."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import STRtree

from boxreach.crs import metric_crs
from boxreach.errors import FaultCollector
from boxreach.sources.population import read_population
from boxreach.sources.tabular import read_table
from boxreach.tables import COMMUNITIES, SITES, Bounds


def read_sites(
    path: str | Path,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
) -> gpd.GeoDataFrame:
    """Read boxes, posts or candidates for them.

    Parameters
    ----------
    path
        CSV with ``site_id``, ``lon`` and ``lat`` (degrees, EPSG:4326), or a layer of points.
    layer, columns, bounds
        As in `boxreach.read_communities`.

    Returns
    -------
    geopandas.GeoDataFrame
        A point a row in EPSG:4326, index ``site_id``.
    """
    return read_table(path, SITES, layer=layer, columns=columns, bounds=bounds)


def read_communities(
    path: str | Path,
    *,
    people: str | Path | None = None,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
) -> gpd.GeoDataFrame:
    """Read communities; blank people are unknown (NaN), never zero.

    Parameters
    ----------
    path
        CSV with ``community_id``, ``lon`` and ``lat`` (degrees, EPSG:4326) and, where known,
        ``name``, ``name_ar``, ``name_ckb``, ``governorate`` and ``people``; or a layer of points.
    people
        A file of people that `boxreach.read_population` reads. Each cell's people go to the
        community nearest to its centre, so the total is kept; the column ``people`` of the file
        is replaced.
    layer
        The layer to read, where a file has several.
    columns
        The file's own names for our columns, ours first: ``{"community_id": "place_id"}``.
    bounds
        West, south, east, north of the study area in degrees; points far outside are faults.

    Returns
    -------
    geopandas.GeoDataFrame
        A point a row in EPSG:4326, index ``community_id``, column ``people`` (NaN = unknown).

    Raises
    ------
    InputError
        Everything that is wrong with the files, at once, with row and column.
    """
    faults = FaultCollector()
    cells = None
    with faults.attempt():
        communities = read_table(path, COMMUNITIES, layer=layer, columns=columns, bounds=bounds)
    with faults.attempt():
        cells = None if people is None else read_population(people, bounds=bounds)
    faults.raise_any()
    if cells is not None:
        communities["people"] = _sum_nearest(cells, communities)
    elif "people" not in communities:
        communities["people"] = np.nan
    return communities


def _sum_nearest(cells: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> pd.Series[float]:
    crs = metric_crs(tuple(communities.total_bounds))
    tree = STRtree(communities.geometry.to_crs(crs).to_numpy())
    nearest = tree.nearest(cells.geometry.to_crs(crs).to_numpy())
    people = np.bincount(nearest, weights=cells["people"], minlength=len(communities))
    return pd.Series(people, index=communities.index)


def distances_km(
    points: gpd.GeoDataFrame, places: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each point, the position of the nearest place and how far it is in km."""
    crs = metric_crs(tuple(points.total_bounds))
    near = places.geometry.to_crs(crs).to_numpy()
    here = points.geometry.to_crs(crs).to_numpy()
    nearest = STRtree(near).nearest(here)
    return nearest, shapely.distance(here, near[nearest]) / 1000
