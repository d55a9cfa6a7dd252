"""Points that serve and points that are served: sites and communities."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import STRtree

from boxreach.arguments import require_names
from boxreach.columns import name_faults, require_name_list
from boxreach.crs import metric_crs
from boxreach.errors import DataWarning, Fault, FaultCollector, InputError
from boxreach.extents import Bounds
from boxreach.sources.population import read_population
from boxreach.sources.sum_rows import require_no_sums
from boxreach.sources.tabular import read_table, rows_in_file
from boxreach.suggestions import suggest
from boxreach.tables import COMMUNITIES, PEOPLE, SITES, Schema

_PLACE_DIGITS = 7
_SPOTS_TOLD, _ALIKE_TOLD = 3, 5
"""Of so many places it is told that several rows stand there, and of each of so many rows."""


def read_sites(
    path: str | Path,
    *,
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
    may_be_empty: bool = False,
) -> gpd.GeoDataFrame:
    """Read boxes, posts or candidates for them.

    Parameters
    ----------
    path
        CSV with ``site_id``, ``lon`` and ``lat`` (degrees, EPSG:4326), or a layer of points.
    layer, columns, bounds
        As in `boxreach.read_communities`.
    may_be_empty
        Whether there may be no row, as where no box stands yet. Else that is a fault.

    Returns
    -------
    geopandas.GeoDataFrame
        A point a row in EPSG:4326, index ``site_id``.

    Warns
    -----
    DataWarning
        Of rows that stand at the same place: one of them may be there twice.
    """
    schema = replace(SITES, may_be_empty=may_be_empty)
    sites = read_table(path, schema, layer=layer, columns=columns, bounds=bounds)
    _warn_of_spots(sites, path, layer)
    return sites


def read_communities(
    path: str | Path,
    *,
    people: str | Path | None = None,
    layers: Sequence[str] = (),
    total: Sequence[str] = (),
    layer: str | None = None,
    columns: Mapping[str, str] | None = None,
    bounds: Bounds | None = None,
) -> gpd.GeoDataFrame:
    """Read communities; blank people are unknown (NaN), never zero.

    Parameters
    ----------
    path
        CSV with ``community_id``, ``lon`` and ``lat`` (degrees, EPSG:4326) and, where known,
        ``name`` and its translations, ``governorate`` and ``people``; or a layer of points.
        A planner may say more: ``priority`` (0 to a million), ``survey_score`` (any number) and
        ``must_reach`` (yes or no, in English, Arabic or Kurdish; blank is no).
    people
        A file of people that `boxreach.read_population` reads. Each cell's people go to the
        community nearest to its centre, so the total is kept; the column ``people`` of the file
        is replaced.
    layers
        Columns that hold people too, each of its own kind: residents, displaced. They stand side
        by side; nobody adds them unless `total` says so.
    total
        Those of `layers` whose sum is ``people``: unknown where one of them is.
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
        Everything that is wrong with the files, at once, with row and column; or if ``people``
        would come from two places.

    Warns
    -----
    DataWarning
        Of each column of people that is 0 wherever it is known: nobody would count; and of rows
        that stand at the same place, whose people may be counted twice.
    """
    layers, total = require_name_list("layers", layers), require_name_list("total", total)
    columns = require_names(columns)
    _check_layers(layers, total, people)
    schema = replace(
        COMMUNITIES,
        columns=(*COMMUNITIES.columns, *(replace(PEOPLE, name=name) for name in layers)),
    )
    columns = {**{name: name for name in layers}, **columns}  # so that each must be there
    faults = FaultCollector()
    cells = None
    with faults.attempt():
        communities = _read(path, schema, total, layer, columns, bounds)
    with faults.attempt():
        cells = None if people is None else read_population(people, bounds=bounds)
    faults.raise_any()
    counted = ["people", *layers] if cells is None else layers
    counted = [one for one in counted if one in communities]
    require_no_sums(
        communities, counted, Path(path).name, partial(rows_in_file, path=path, layer=layer)
    )
    if cells is not None:
        communities["people"] = _sum_nearest(cells, communities)
    elif total:
        communities["people"] = communities[total].sum(axis=1, skipna=False)
    elif "people" not in communities:
        communities["people"] = np.nan
    _warn_of_nobody(communities, ["people", *layers], Path(path).name)
    _warn_of_spots(communities, path, layer)
    return communities


def _warn_of_spots(table: gpd.GeoDataFrame, path: str | Path, layer: str | None) -> None:
    """Say which rows stand at the same place, to the last digit that is kept of a degree."""
    xy = np.round(shapely.get_coordinates(table.geometry.to_numpy()), _PLACE_DIGITS)
    _, spot, count = np.unique(xy, axis=0, return_inverse=True, return_counts=True)
    several = np.flatnonzero(count > 1)
    if not len(several):
        return
    spot = spot.ravel()
    rows = [np.flatnonzero(spot == one) for one in several]
    rows = sorted(rows, key=lambda alike: int(alike[0]))[:_SPOTS_TOLD]
    ids, told = table.index, []
    for alike in rows:
        lon, lat = xy[alike[0]]
        named = ", ".join(str(one) for one in ids[alike[:_ALIKE_TOLD]])
        more = f", +{len(alike) - _ALIKE_TOLD}" if len(alike) > _ALIKE_TOLD else ""
        told.append(f"{named}{more} ({lon:.10g}, {lat:.10g})")
    more = f"; and {len(several) - _SPOTS_TOLD} more" if len(several) > _SPOTS_TOLD else ""
    places = "one place" if len(several) == 1 else f"{len(several):,} places"
    what = f"several rows stand at {places}: {'; '.join(told)}{more}"
    advice = "take out what stands twice, or mend the position"
    first = Fault(what, Path(path).name, int(rows[0][1]) + 1, "", advice)
    warnings.warn(DataWarning(rows_in_file([first], path, layer)[0]), stacklevel=3)


def _warn_of_nobody(communities: gpd.GeoDataFrame, columns: list[str], file: str) -> None:
    """Say which columns hold nobody; one without any number holds nobody who is known."""
    for name in columns:
        known = communities[name].dropna()
        if len(known) and (known == 0).all():
            what = (
                f"nobody lives in any of its {len(communities):,} rows:"
                f" {name} is 0 wherever it is known"
            )
            warnings.warn(DataWarning(Fault(what, file, column=name)), stacklevel=3)


def _check_layers(layers: list[str], total: list[str], people: object) -> None:
    """Raise `InputError` with every fault of the columns that hold people beside ``people``."""
    faults = name_faults("the layer", layers) + total_faults(total, layers)
    if total and people is not None:
        what = "people come from a file of people, and from the sum of columns"
        faults.append(Fault(what, advice="give people or total, not both"))
    if faults:
        raise InputError(*faults)


def total_faults(total: list[str], known: list[str]) -> list[Fault]:
    """Return the faults of the names of columns of people that are added."""
    twice = sorted({name for name in total if total.count(name) > 1})
    return [
        Fault(
            f"total names {name!r}, which is no layer",
            advice=suggest(name, known) if known else "name it in layers",
        )
        for name in total
        if name not in known
    ] + [Fault(f"total names {name!r} twice", advice="name it once") for name in twice]


def _read(
    path: str | Path,
    schema: Schema,
    total: list[str],
    layer: str | None,
    columns: Mapping[str, str],
    bounds: Bounds | None,
) -> gpd.GeoDataFrame:
    table = read_table(path, schema, layer=layer, columns=columns, bounds=bounds)
    if total and "people" in table:
        what = f"it is in the file, and the sum of {', '.join(total)} would take its place"
        advice = "leave total out, or take the column out of the file"
        raise InputError(Fault(what, Path(path).name, None, "people", advice))
    return table


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
