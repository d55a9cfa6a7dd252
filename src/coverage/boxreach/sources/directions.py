"""One-way roads as Geofabrik's layers of OpenStreetMap write them, in one letter."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import pandas as pd

_SPELT = {"F": "forward", "T": "backward", "B": ""}
"""F is along the line as it is drawn, T against it, B both (OpenStreetMap Data in Layered GIS
Format, section on roads)."""
_OF_GEOFABRIK = {"fclass", "code"}
"""Columns that these layers have beside it."""


def spell_directions(roads: gpd.GeoDataFrame, *, renamed: Iterable[str] = ()) -> gpd.GeoDataFrame:
    """Return roads with words for the letters F, T and B in ``oneway``; others as they are.

    Elsewhere T and F stand for true and false: they are read as letters of Geofabrik only beside
    a B or one of its other columns, and else the network says that it does not understand them.

    Parameters
    ----------
    roads
        With or without the column.
    renamed
        The columns that had other names in the source.

    Examples
    --------
    >>> from shapely import LineString
    >>> lines = [LineString([(44, 33), (44, 34)])] * 4
    >>> roads = gpd.GeoDataFrame({"oneway": ["F", "T", "B", None]}, geometry=lines, crs=4326)
    >>> spell_directions(roads)["oneway"].tolist()
    ['forward', 'backward', '', '']
    """
    if "oneway" not in roads:
        return roads
    codes, values = pd.factorize(roads["oneway"].astype(object))  # a country has few
    letters = [str(one).strip().upper() for one in values]
    said = {one for one in letters if one}
    is_known = "B" in said or not _OF_GEOFABRIK.isdisjoint([*roads.columns, *renamed])
    if not said or not said <= {*_SPELT} or not is_known:
        return roads
    spelt = pd.Series([*(_SPELT.get(one, "") for one in letters), ""], dtype=object)
    return roads.assign(oneway=spelt.to_numpy()[codes])
