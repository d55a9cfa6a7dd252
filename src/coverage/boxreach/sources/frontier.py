"""The frontier: one line cut into segments of a set length, with chainage from its north."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Geometry, LineString

from boxreach.arguments import number_faults, require_path
from boxreach.crs import WGS84, Floats, left_normals, line_lengths_m, metric_crs
from boxreach.errors import Fault, InputError
from boxreach.sources.areas import join_areas
from boxreach.sources.segments import chainage_ids, cut_line
from boxreach.sources.tabular import read_table
from boxreach.tables import FRONTIER, meets_swapped

_SIDE_PROBES_M = (1_000.0, 2_000.0, 5_000.0, 10_000.0, 20_000.0)
"""Near ones tell the side of narrow ground, far ones that of areas drawn beside the line."""

_CLEAR_SHARE = 2 / 3
_TANGENT_M = 1.0
_DEPTH_M = 50_000.0
_STRAY_M = 10_000.0
"""How far inside the line the areas may begin and still be those of its own side."""


def read_frontier(
    path: str | Path,
    *,
    segment_km: float = 1.0,
    areas: gpd.GeoDataFrame | None = None,
    layer: str | None = None,
) -> gpd.GeoDataFrame:
    """Read a frontier and cut it into segments of equal geodesic length.

    Parameters
    ----------
    path
        A layer that holds one line, in any CRS.
    segment_km
        The longest a segment may be; all have the same length.
    areas
        The country's own areas. With them each segment gets its ``governorate`` (the nearest
        area), ``own_side``: where the own ground lies, seen from north to south along the
        line, ``"left"`` or ``"right"``; and ``own_depth_km``: how far it goes inward, straight
        from the middle of the segment (50 at most).
    layer
        The layer to read, where a file has several.

    Returns
    -------
    geopandas.GeoDataFrame
        A segment a row from north to south in EPSG:4326, index ``segment_id``; columns
        ``chainage_from_km``, ``chainage_to_km``, ``km`` and with `areas` ``governorate``,
        ``own_side`` and ``own_depth_km``.

    Raises
    ------
    InputError
        If the layer does not hold one line of some length, if the areas do not tell its own
        side, or if `segment_km` is not above 0.
    """
    file = require_path(path).name
    if faults := number_faults(
        "segment_km", segment_km, lambda one: 0 < one < np.inf, "give a length above 0"
    ):
        raise InputError(*faults)
    segment_km = float(segment_km)
    lines = read_table(path, FRONTIER, layer=layer)
    line = shapely.line_merge(shapely.union_all(lines.geometry.to_numpy()))
    if line.geom_type != "LineString" or not line.length > 0:
        what = f"it holds {shapely.get_num_geometries(line)} lines that do not join, or no length"
        raise InputError(Fault(what, file, advice="give one unbroken line"))
    (first_lon, first_lat), (last_lon, last_lat) = line.coords[0], line.coords[-1]
    if (first_lat, -first_lon) < (last_lat, -last_lon):
        # The southern end comes first, or, on a parallel, the eastern one.
        line = line.reverse()
    segments = _cut(line, segment_km)
    if areas is None:
        return segments
    segments = join_areas(segments, areas, within_km=np.inf)
    crs = metric_crs(tuple(areas.total_bounds))
    ground = shapely.union_all(areas.geometry.to_crs(crs).to_numpy())
    shapely.prepare(ground)
    swapped = meets_swapped(line.bounds, tuple(areas.total_bounds))
    drawn = gpd.GeoSeries([line], crs=WGS84).to_crs(crs).to_numpy()[0]
    segments = segments.assign(own_side=_own_side(drawn, ground, file, swapped=swapped))
    return segments.assign(own_depth_km=_own_depths_km(segments.to_crs(crs), ground))


def middles_and_inward(segments: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return the middle of each segment and the unit vector there to the own side of the line.

    Parameters
    ----------
    segments
        From `read_frontier` with areas, in metres.
    """
    lines = segments.geometry.to_numpy()
    half = shapely.length(lines) / 2
    middle, ahead, behind = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines, half + step))
        for step in (0.0, _TANGENT_M, -_TANGENT_M)
    )
    sign = np.where(segments["own_side"] == "left", 1, -1)
    return middle, left_normals(ahead - behind) * sign[:, None]


def _cut(line: LineString, segment_km: float) -> gpd.GeoDataFrame:
    pieces, cuts_km = cut_line(line, segment_km)
    return gpd.GeoDataFrame(
        {
            "chainage_from_km": cuts_km[:-1],
            "chainage_to_km": cuts_km[1:],
            "km": line_lengths_m(pieces) / 1000,
        },
        index=pd.Index(chainage_ids(cuts_km), name="segment_id", dtype=object),
        geometry=pieces,
        crs=WGS84,
    )


def _own_side(drawn: LineString, ground: Geometry, file: str, *, swapped: bool) -> str:
    """Tell the side of the line (north to south) on which the areas lie, by probes beside it."""
    places = np.linspace(0.02, 0.98, 97) * drawn.length
    here = shapely.get_coordinates(shapely.line_interpolate_point(drawn, places))
    step = shapely.get_coordinates(shapely.line_interpolate_point(drawn, places + 100.0)) - here
    beside = np.concatenate([left_normals(step) * metres for metres in _SIDE_PROBES_M])
    here = np.tile(here, (len(_SIDE_PROBES_M), 1))
    left, right = (shapely.contains_xy(ground, here + sign * beside) for sign in (1.0, -1.0))
    deciding = int((left != right).sum())
    share = float((left & ~right).sum() / deciding) if deciding else 0.0
    if not deciding or max(share, 1 - share) < _CLEAR_SHARE:
        found = f"on its left in {share:.0%} of the places that tell" if deciding else "on neither"
        what = f"its own side cannot be told: the areas lie {found}"
        advice = "longitude and latitude of either look swapped"
        advice = advice if swapped else "give the areas of one country"
        raise InputError(Fault(what, file, advice=advice))
    return "left" if share > 0.5 else "right"


def _own_depths_km(segments: gpd.GeoDataFrame, ground: Geometry) -> Floats:
    """Return where the first own ground met inward of each segment ends; 0 where there is none."""
    middle, inward = middles_and_inward(segments)
    rays = shapely.linestrings(np.stack([middle, middle + inward * _DEPTH_M], axis=1))
    parts, owner = shapely.get_parts(shapely.intersection(rays, ground), return_index=True)
    ends = shapely.line_locate_point(
        rays[owner][:, None], shapely.get_point(parts[:, None], [0, -1])
    )
    depth_m = np.zeros(len(rays))
    order = np.argsort(ends.min(axis=1), kind="stable")[::-1]
    near = order[ends.min(axis=1)[order] <= _STRAY_M]
    depth_m[owner[near]] = ends.max(axis=1)[near]
    return depth_m / 1000
