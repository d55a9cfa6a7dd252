"""The table of candidates for posts: ids, how they lie to the line, and what they are called."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from boxreach.border.crossing_rules import CROSSING_KM
from boxreach.border.high_points import Grounds
from boxreach.border.line_sides import Flags, Sides, find_sides
from boxreach.candidates.thinning import place_in_space
from boxreach.crs import WGS84, Floats, point_distances_m
from boxreach.tables import NAMES

Texts = npt.NDArray[np.object_]

POST_KINDS = {
    "points": "point",
    "crossings": "crossing",
    "heights": "height",
    "roads": "road",
    "setback": "setback",
}
"""Where candidates come from, and what the column ``kind`` says of each."""

_COLUMNS = (
    "kind", *NAMES, "chainage_km", "setback_km", "governorate", "road_m", "slope_deg",
    "height_m", "standing_km", "crossing", "point",
)  # fmt: skip


def number_places(places: pd.DataFrame, line: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Sides]:
    """Return places in order of chainage and setback with ids, and how they lie, to the metre.

    Parameters
    ----------
    places
        ``lon``, ``lat``, ``kind`` and what points say of themselves, in any order.
    line
        From `require_line`.
    """
    lon, lat = (places[one].to_numpy(dtype=float) for one in ("lon", "lat"))
    sides = find_sides(line, lon, lat)
    chainage_km, setback_km = sides.chainage_km.round(3), sides.setback_km.round(3)
    rank = places["kind"].map({kind: at for at, kind in enumerate(POST_KINDS.values())})
    point = _text(places, "point").astype(str)
    order = np.lexsort((point, lat, lon, rank, setback_km, chainage_km))
    width = max(4, len(str(len(places))))
    ids = [f"post-{number:0{width}d}" for number in range(1, len(places) + 1)]
    table = gpd.GeoDataFrame(
        places.drop(columns=["lon", "lat"]).iloc[order],
        geometry=gpd.points_from_xy(lon[order], lat[order]),
        crs=WGS84,
    ).set_axis(pd.Index(ids, name="site_id", dtype=object))
    lies = Sides(
        chainage_km=chainage_km[order],
        setback_km=setback_km[order],
        segment=sides.segment[order],
        own=sides.own[order],
        beyond=sides.beyond[order],
    )
    return table, lies


def describe_places(
    places: gpd.GeoDataFrame,
    sides: Sides,
    line: gpd.GeoDataFrame,
    crossings: gpd.GeoDataFrame | None,
    terrain: Grounds | None,
) -> gpd.GeoDataFrame:
    """Return places of `number_places` with all that is known of them before they are screened."""
    lon, lat = places.geometry.x.to_numpy(), places.geometry.y.to_numpy()
    unknown = np.full(len(places), np.nan)
    theirs, area = _text(places, "governorate"), _text(line, "governorate")[sides.segment]
    crossing, names = _hold_crossings(places, crossings, lon, lat)
    point = {"point": _text(places, "point")} if "point" in places else {}
    return places.assign(
        **names,
        **point,
        chainage_km=sides.chainage_km,
        setback_km=sides.setback_km,
        governorate=np.where(theirs != "", theirs, area),
        slope_deg=unknown,
        height_m=unknown if terrain is None else terrain.heights_m(lon, lat).round(1),
        crossing=crossing,
    )


def order_columns(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table with its columns in one order, the place last."""
    first = [name for name in _COLUMNS if name in table]
    rest = [name for name in table if name not in {*first, "geometry"}]
    return table[[*first, *rest, "geometry"]]


def _hold_crossings(
    places: gpd.GeoDataFrame, crossings: gpd.GeoDataFrame | None, lon: Floats, lat: Floats
) -> tuple[Texts, dict[str, Texts]]:
    """Return the crossing that each place holds, and its names where a place has none itself."""
    own = {name: _text(places, name) for name in NAMES}
    crossing = np.full(len(places), "", dtype=object)
    theirs = dict.fromkeys(NAMES, crossing)
    if crossings is not None and len(crossings):
        at, holds = _nearest_crossings(crossings, lon, lat)
        crossing = np.where(holds, crossings.index.to_numpy(dtype=object)[at], "")
        theirs = {name: np.where(holds, _text(crossings, name)[at], "") for name in NAMES}
    named = np.logical_or.reduce([one != "" for one in own.values()])
    has = {"name", *places.columns, *(() if crossings is None else crossings.columns)}
    names = {name: np.where(named, own[name], theirs[name]) for name in NAMES if name in has}
    return crossing, names


def _nearest_crossings(
    crossings: gpd.GeoDataFrame, lon: Floats, lat: Floats
) -> tuple[npt.NDArray[np.int64], Flags]:
    """Return the nearest crossing of each place, and whether it is near enough to be held."""
    # By id, so that of crossings equally near the order of their rows chooses none.
    by_id = np.argsort(crossings.index.to_numpy(dtype=str), kind="stable")
    x, y = crossings.geometry.x.to_numpy()[by_id], crossings.geometry.y.to_numpy()[by_id]
    _, at = cKDTree(place_in_space(x, y)).query(place_in_space(lon, lat))
    metres = point_distances_m(lon, lat, x[at], y[at])
    return by_id[at], metres.round() <= 1000 * CROSSING_KM


def _text(table: pd.DataFrame, name: str) -> Texts:
    """Return a column of text, blank where it says nothing or is not there."""
    if name not in table:
        return np.full(len(table), "", dtype=object)
    return np.asarray(table[name].astype(object).where(table[name].notna(), ""), dtype=object)
