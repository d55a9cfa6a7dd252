"""Posts as callers hand them over, checked."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.tables import Column, Schema, in_order, missing_faults, point_faults, value_faults

_CHAINAGE = Column("chainage_km", "number", minimum=0, maximum=1e6)
_PLACED = Schema("posts", "site_id", ("Point",), (_CHAINAGE,))


def require_posts(posts: gpd.GeoDataFrame, *, placed: bool = False) -> gpd.GeoDataFrame:
    """Return posts in EPSG:4326, or raise with all their faults.

    Parameters
    ----------
    posts
        Points with unique ids in the index; there may be none.
    placed
        Whether each must have its ``chainage_km``.

    Raises
    ------
    InputError
        If they are no table of points, or a chainage is missing or none.

    Examples
    --------
    >>> from shapely import Point
    >>> posts = gpd.GeoDataFrame({"chainage_km": [-1.0]}, index=["a"], geometry=[Point(44, 33)],
    ...                          crs=4326)
    >>> try:
    ...     require_posts(posts, placed=True)
    ... except InputError as error:
    ...     print(error.faults[0].what)
    -1 is below what is allowed
    """
    posts = to_wgs84(posts, file="posts")
    faults = point_faults(posts, file="posts")
    if placed:
        names = [str(one) for one in posts.columns]
        faults += missing_faults([_CHAINAGE.name], names, file="posts")
        faults += _chainage_faults(posts) if _CHAINAGE.name in posts else []
    if faults:
        raise InputError(*in_order(faults))
    return posts


def _chainage_faults(posts: gpd.GeoDataFrame) -> list[Fault]:
    rows = np.arange(1, len(posts) + 1)
    advice = "give the km along the frontier from its northern end"
    faults = value_faults(posts, _PLACED, file="posts", rows=rows)
    return faults + [
        Fault("it is blank", "posts", int(row), _CHAINAGE.name, advice)
        for row in rows[posts[_CHAINAGE.name].isna().to_numpy()]
    ]
