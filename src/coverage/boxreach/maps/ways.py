"""Routes for drawing: the way between a box and a place, simplified and written as a string."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.maps.lines import encode_each
from boxreach.maps.packing import pack_integers

WAY_QUANTUM = 1e-4
"""Degrees that one step of a way is worth: about ten metres."""

_DETAIL_DEGREES = 3e-4
_COLUMNS = ("site_id", "demand_id")


def write_ways(routes: gpd.GeoDataFrame | None, places: pd.Index) -> dict[str, Any]:
    """Return routes as columns: the sites they name, of each its site and place, and its line.

    Parameters
    ----------
    routes
        What `boxreach.find_routes` returned.
    places
        Ids of the communities of the map; a route to another place is not drawn.

    Raises
    ------
    InputError
        If it lacks a column, or none of its places is on the map.
    """
    if routes is None:
        return {}
    advice = "give find_routes() of times to the communities of the map"
    table = to_wgs84(routes, file="routes")
    faults = [
        Fault("the column is missing", "routes", column=column, advice=advice)
        for column in _COLUMNS
        if column not in table
    ]
    if faults:
        raise InputError(*faults)
    place = places.get_indexer(pd.Index(table["demand_id"], dtype=object))
    if len(table) and (place < 0).all():
        raise InputError(Fault("none of its places is on the map", "routes", advice=advice))
    shapes = shapely.simplify(table.geometry.to_numpy(), _DETAIL_DEGREES)
    lines = np.array(encode_each(shapes, WAY_QUANTUM), dtype=object)
    drawn = (place >= 0) & (lines != "")
    site, names = pd.factorize(table["site_id"].astype(str)[drawn])
    return {
        "sites": [str(name) for name in names],
        "site": pack_integers(site.astype(np.int64)),
        "place": pack_integers(place[drawn].astype(np.int64)),
        "lines": lines[drawn].tolist(),
    }
