"""Isochrone bands for drawing: outlines of what a screen shows, written as short strings."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.maps.columns import numbers_of, texts_of
from boxreach.maps.packing import pack_each

BAND_QUANTUM = 7.5e-4
"""Degrees that one step of a band is worth: at most 84 m."""

_DETAIL_DEGREES = 1.35e-3
"""How far an outline may lie beside the one that was given, before it is rounded: 150 m."""

Integers = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]


def write_bands(isochrones: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return bands as columns: minutes, the site or blank, and packed rings.

    A band is written as one text: of each ring how many points it has, and then each point's
    step from the one before, north and east, in quanta. Rings of holes run the other way around.

    Parameters
    ----------
    isochrones
        What `boxreach.isochrones` returned.

    Raises
    ------
    InputError
        If it has no minutes, or shapes that are no polygons.
    """
    if isochrones is None:
        return {}
    table = to_wgs84(isochrones, file="isochrones")
    shapes = table.geometry.to_numpy()
    faults = []
    if "minutes" not in table:
        faults.append(
            Fault("the column is missing", "isochrones", column="minutes",
                  advice="give what isochrones() returned")
        )  # fmt: skip
    odd = [one for one in shapes if one is not None and not one.geom_type.endswith("Polygon")]
    if odd:
        what = f"{len(odd):,} of its shapes are no polygons, the first a {odd[0].geom_type}"
        faults.append(Fault(what, "isochrones", advice="give what isochrones() returned"))
    if faults:
        raise InputError(*faults)
    shapes = simplify_bands(shapes)
    drawn = np.array([one is not None and not one.is_empty for one in shapes], dtype=bool)
    kept = table[drawn]
    return {
        "quantum": BAND_QUANTUM,
        "minutes": numbers_of(kept, "minutes", 6),
        "site": texts_of(kept, "site_id").tolist(),
        "rings": _pack_rings(shapes[drawn]),
    }


def simplify_bands(shapes: Shapes) -> Shapes:
    """Return polygons with the detail that a screen shows, valid, on a grid of whole quanta."""
    simple = shapely.simplify(shapes, _DETAIL_DEGREES, preserve_topology=True)
    return np.asarray(shapely.normalize(shapely.set_precision(simple, BAND_QUANTUM)))


def _pack_rings(shapes: Shapes) -> list[str]:
    """Return one text per polygon or multi-polygon; they must not be empty."""
    if not len(shapes):
        return []
    parts, band_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.diff(ring, append=len(rings)) != 0
    steps = np.rint(points[~last, ::-1] / BAND_QUANTUM).astype(np.int64)  # rings close themselves
    ring = ring[~last]
    band_of_ring = band_of_part[part_of_ring]
    band = band_of_ring[ring]
    moves = np.diff(steps, axis=0, prepend=0)
    begins = np.diff(band, prepend=-1) != 0
    moves[begins] = steps[begins]
    sizes = np.bincount(ring, minlength=len(rings))
    # before the numbers of each ring stands how many points follow
    values = np.empty(len(rings) + 2 * len(ring), dtype=np.int64)
    heads = np.concatenate([[0], np.cumsum(1 + 2 * sizes)[:-1]]).astype(np.int64)
    is_head = np.zeros(len(values), dtype=bool)
    is_head[heads] = True
    values[is_head] = sizes
    values[~is_head] = moves.ravel()
    per_band = np.bincount(band_of_ring, weights=1 + 2 * sizes, minlength=len(shapes))
    return pack_each(values, per_band.astype(np.int64))
