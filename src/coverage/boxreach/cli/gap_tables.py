"""What is left out at the threshold of the proposal, and the clusters that it makes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility import gaps
from boxreach.clusters import GapClusters
from boxreach.routing import Progress, TravelTimes, travel_times
from boxreach.sources.places import distances_km
from boxreach.tables import NAMES, TRANSLATIONS

_GAP_COLUMNS = (
    "cluster_id",
    *NAMES,
    "governorate",
    "district",
    "subdistrict",
    "people",
    "must_reach",
    "priority",
    "threshold_minutes",
    "reason",
    "site_id",
    "minutes",
    "off_road_m",
    "off_road_minutes",
    "geometry",
)
_MS_PER_MINUTE = 60_000


def list_gaps(
    communities: TravelTimes,
    people: TravelTimes,
    found: GapClusters,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Return the communities that are left out, then the cells, each with its cluster.

    Clusters are made of that on which people are counted. Where that are cells, a community is in
    the first cluster whose spot has it within the threshold, and in none where there is no such.
    """
    parts = [("community", found.gaps)]
    if people is not communities:
        left_out = gaps(communities, minutes=found.minutes)
        ids = _clusters_within(communities, left_out, found, progress)
        parts = [("community", left_out.assign(cluster_id=ids)), ("cell", found.gaps)]
    tables = []
    for kind, table in parts:
        kept = [name for name in _GAP_COLUMNS if name in table]
        tables.append(table[kept].rename_axis("id").reset_index().assign(kind=kind))
    table = pd.concat(tables, ignore_index=True)
    return table[["kind", *table.columns.drop("kind")]]


def _clusters_within(
    times: TravelTimes,
    left_out: gpd.GeoDataFrame,
    found: GapClusters,
    progress: Progress | None,
) -> npt.NDArray[np.object_]:
    """Return for each row the first cluster from whose spot a box has it in time, or a blank."""
    clusters = found.clusters[found.clusters["spot_id"] != ""]
    first = np.full(len(left_out), len(clusters))
    if len(clusters) and len(left_out):
        ms = travel_times(
            times.network,
            clusters,
            times.demand.loc[left_out.index],
            cutoff=times.cutoff_minutes,
            mobilise_minutes=times.mobilise_minutes,
            direction=times.direction,
            progress=progress,
        ).ms.tocoo()
        within = ms.data <= round(found.minutes * _MS_PER_MINUTE)
        np.minimum.at(first, ms.col[within], ms.row[within])
    return np.asarray(np.append(clusters.index.to_numpy(dtype=object), "")[first])


def name_clusters(
    clusters: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Say near which communities clusters of cells are, which have no names themselves.

    Parameters
    ----------
    clusters
        From `cluster_gaps`.
    cells
        What was clustered.
    communities
        By their names, or ids where they have none.

    Returns
    -------
    geopandas.GeoDataFrame
        The clusters with ``nearest_community`` and its translations (``_ar`` and so on), the one
        nearest to the largest cell, and ``near_km``, how far it is; ``spot_name`` is the one
        nearest to the spot, ``spot_near_km`` away, and blank where there is no spot.
    """
    if clusters.empty:
        return clusters.assign(nearest_community="", near_km=np.nan, spot_near_km=np.nan)
    largest, near_km = distances_km(cells.loc[clusters["largest_id"]], communities)
    called = _called(communities)
    spot, spot_km = distances_km(clusters, communities)
    has_spot = (clusters["spot_id"] != "").to_numpy()
    more = {
        "nearest_community": called[largest],
        **{
            f"nearest_community_{code}": names.fillna("").to_numpy(dtype=object)[largest]
            for code in TRANSLATIONS
            if (names := communities.get(f"name_{code}")) is not None
        },
        "near_km": near_km,
    }
    named = clusters.assign(
        **more,
        spot_name=np.where(has_spot, called[spot], ""),
        spot_near_km=np.where(has_spot, spot_km, np.nan),
    )
    return named[[*more, *named.columns.drop([*more])]]


def _called(communities: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    ids = np.asarray(communities.index.to_numpy(dtype=object))
    if "name" not in communities:
        return ids
    names = communities["name"].fillna("").astype(str).str.strip().to_numpy(dtype=object)
    return np.asarray(np.where(names == "", ids, names))
