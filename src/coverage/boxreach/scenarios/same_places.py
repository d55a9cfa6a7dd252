"""Whether two states call the same places by the same ids."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import shapely

from boxreach.crs import point_distances_m
from boxreach.errors import DataWarning, Fault, InputError

_FAR_M = {"cell_id": 10.0}
_FAR_PLACE_M = 5_000.0
"""A community may have been surveyed better; the cell of a grid lies where it lies."""

_MOST_SHARE = 0.5


def require_same_places(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, name: str) -> None:
    """Raise `InputError` if half of the places lie elsewhere than in the first state.

    Rows that were numbered anew, or cells of another grid, would be held against places that are
    others, and people told as gained and lost who are neither.

    Parameters
    ----------
    before, after
        Places by id, in EPSG:4326.
    name
        What the second state is called, for the messages.

    Warns
    -----
    DataWarning
        If fewer than half lie elsewhere, or no id is in both.
    """
    shapes = before.geometry.to_numpy(), after.geometry.to_numpy()
    if before.index.equals(after.index) and np.array_equal(*shapes):
        return  # as of every scenario that keeps the places
    both = before.index.intersection(after.index)
    if both.empty:
        if len(before) and len(after):
            what, advice = "no place of it has an id of the first", "give each place one that stays"
            warnings.warn(DataWarning(Fault(what, name, advice=advice)), stacklevel=5)
        return
    coordinates = [
        shapely.get_coordinates(shapely.centroid(one.geometry.reindex(both).to_numpy())).T
        for one in (before, after)
    ]
    apart_m = point_distances_m(*coordinates[0], *coordinates[1])
    far = apart_m > _FAR_M.get(str(before.index.name), _FAR_PLACE_M)
    if not far.any():
        return
    worst = int(np.argmax(apart_m))
    what = (
        f"{far.sum():,} of {len(both):,} places lie elsewhere than those of the same id,"
        f" {both[worst]} {apart_m[worst] / 1000:,.1f} km away"
    )
    advice = "give each place an id of its own that stays, and people of one grid"
    fault = Fault(what, name, advice=advice)
    if far.mean() >= _MOST_SHARE:
        raise InputError(fault)
    warnings.warn(DataWarning(fault), stacklevel=5)
