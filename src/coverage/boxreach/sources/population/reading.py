"""One reader for every population layer."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from boxreach.arguments import require_bounds, require_file, require_names, require_path
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.extents import Bounds, in_study_area
from boxreach.sources.population.grids import read_grid
from boxreach.sources.population.rows import read_rows
from boxreach.sources.population.units import UnitName, require_unit

_ROWS = {
    ".csv", ".parquet", ".geoparquet", ".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".gml",
}  # fmt: skip
"""Files of rows; every other one is read as a grid."""


def read_population(
    path: str | Path,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
    unit: UnitName | None = None,
) -> gpd.GeoDataFrame:
    """Read people into demand points, one a populated cell.

    Parameters
    ----------
    path
        A grid of one band (GeoTIFF, a VRT mosaic of some, or ESRI ASCII), any CRS, rotated or not;
        cells that are nodata or NaN are left out. Or rows: a layer of polygons or points, or a
        CSV or Parquet
        table, with ``people`` (or ``population``) and ``lon`` and ``lat`` or, for H3 cells, ``h3``,
        ``h3_index`` or ``hex_id``. Whoever gives 0 people is left out too.
    layer
        The layer to read, where a file has several.
    columns
        The file's own names for our columns, ours first: ``{"people": "Z", "lon": "X"}``; our
        columns are ``people``, ``lon``, ``lat``, ``h3``, ``cell_id`` and ``area_km2``.
    bounds
        West, south, east, north of the study area in degrees; a file with nobody in it there is
        a fault, and one with most of its people elsewhere a `DataWarning`.
    unit
        ``"count"`` if values are people, ``"density"`` if they are people per km². Without it
        the file's own unit, tags, column or name tell, and else they are people.

    Returns
    -------
    geopandas.GeoDataFrame
        Points in EPSG:4326, index ``cell_id`` (``"r12c34"``, row and column from 0, in a grid; the
        H3 id; else the file's own or the number of the row), columns ``people`` and ``area_km2``
        (on the ellipsoid; NaN for a point that says none). ``attrs`` hold ``total_people``, the sum
        of ``people`` and of the file, and ``unit`` with ``unit_said_by``.

    Raises
    ------
    InputError
        If the file cannot be read, has no CRS, or holds what are no people: all that is wrong, at
        once. If H3 cells are read and h3 is not installed (``boxreach[hexagons]``).

    Warns
    -----
    DataWarning
        If a file says that it holds densities, or people live closer than anywhere on earth.
    """
    path = require_path(path)
    require_bounds(bounds)
    require_unit(unit)
    names = require_names(columns)
    require_file(path)
    if path.suffix.lower() in _ROWS:
        read = read_rows(path, unit, layer=layer, columns=names)
    else:
        _require_no_hints(path.name, layer, names)
        read = read_grid(path, unit)
    cells = read.to_table(path.name)
    if bounds is not None:
        _require_overlap(cells, bounds, path.name)
    return cells


def _require_no_hints(file: str, layer: str | None, columns: Mapping[str, str]) -> None:
    faults = [
        Fault(f"a grid has no {hint}", file, advice="take it out")
        for hint, value in (("layer", layer), ("columns", columns))
        if value
    ]
    if faults:
        raise InputError(*faults)


def _require_overlap(cells: gpd.GeoDataFrame, bounds: Bounds, file: str) -> None:
    lon, lat = cells.geometry.x.to_numpy(), cells.geometry.y.to_numpy()
    inside = in_study_area(lon, lat, bounds)
    if inside.any():
        people, outside = cells["people"].sum(), cells["people"][~inside].sum()
        if outside > people / 2:
            what = f"{outside:,.0f} of {people:,.0f} people live outside the study area"
            warnings.warn(DataWarning(Fault(what, file)), stacklevel=3)
        return
    west, south, east, north = cells.total_bounds
    what = (
        f"its people live at {west:.1f} to {east:.1f} E, {south:.1f} to {north:.1f} N, outside the"
        f" study area ({bounds[0]:.1f} to {bounds[2]:.1f} E, {bounds[1]:.1f} to {bounds[3]:.1f} N)"
    )
    swapped = in_study_area(lat, lon, bounds).any()
    advice = (
        "longitude and latitude look swapped" if swapped else "give a layer of the same country"
    )
    raise InputError(Fault(what, file, advice=advice))
