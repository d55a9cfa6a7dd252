"""Catchments: the people of cells, counted to the community that they reach first."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from shapely import STRtree

from boxreach.arguments import require_kind, shown
from boxreach.columns import name_faults, require_name_list
from boxreach.crs import Floats, metric_crs, to_wgs84
from boxreach.errors import DataWarning, Fault, FaultCollector, InputError
from boxreach.network import RoadNetwork
from boxreach.routing import travel_times
from boxreach.routing.search import Progress
from boxreach.sources.places import total_faults
from boxreach.suggestions import suggest
from boxreach.tables import PEOPLE, Schema, missing_faults, point_faults, value_faults

Positions = npt.NDArray[np.int64]

NO_PAIRS_MINUTES = 1 / 60_000
"""A cutoff of one millisecond: the nearest community is asked for, however far, and no pairs."""


@dataclass(frozen=True, eq=False)
class _Catchment:
    """Where the people of one layer go.

    Attributes
    ----------
    community
        The position of a community for each cell.
    people
        Of each cell; NaN where it is not known.
    without_way
        Which cells have no way to any community.
    """

    community: Positions
    people: Floats
    without_way: npt.NDArray[np.bool_]


def assign_people(
    network: RoadNetwork | None,
    communities: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    total: Sequence[str] = (),
    by: str | None = None,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Count the people of cells to the community that they reach first by road.

    A cell without a way to any community is counted to the nearest in a straight line. The sum
    of a layer over all communities is that of its cells, each sum exact to the last bit of a float.

    Parameters
    ----------
    network
        From `build_network`. It may be None where `by` says which community is meant.
    communities
        Points with unique ids in the index.
    layers
        Tables of points by the name of the column to make, such as ``{"residents": cells,
        "displaced": camps}``. Each holds its people (persons) in a column of that name, or else in
        ``people``. What is NaN is unknown: it is in no sum.
    total
        The columns whose sum is ``people``: layers, or columns of the communities, of people who
        are counted only once among them. Nothing is added unless it is named here.
    by
        The column of each layer that names a community by its id; the roads are not asked then.
    progress
        Called with what is done, how much of it, and out of how much.

    Returns
    -------
    geopandas.GeoDataFrame
        The communities, in their order, in EPSG:4326, with a column for each layer (NaN where
        all that is known of a community are cells of unknown people), ``{layer}_without_way``: how
        many of these people have no way to it, and ``people``: the sum of `total` (NaN where
        one of them is unknown); without a total the communities' own, or NaN if there are none.

    Raises
    ------
    InputError
        Everything that is wrong with the tables and names, at once; an id that `by` names and
        no community has, with its row.

    Warns
    -----
    DataWarning
        How many cells and people of a layer have no way, and how many cells are unknown.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from boxreach import build_network
    >>> road = gpd.GeoDataFrame(
    ...     {"road_class": ["trunk"]}, geometry=[LineString([(44, 33), (44.2, 33)])], crs=4326)
    >>> towns = gpd.GeoDataFrame(
    ...     index=["a", "b"], geometry=[Point(44, 33), Point(44.2, 33)], crs=4326)
    >>> cells = gpd.GeoDataFrame(
    ...     {"people": [5.0, 7.0, 1.0]},
    ...     geometry=[Point(44.01, 33), Point(44.15, 33), Point(44.18, 33)], crs=4326)
    >>> layers = {"residents": cells}
    >>> found = assign_people(build_network(road), towns, layers, total=["residents"])
    >>> found["residents"].tolist(), found["people"].tolist()
    ([5.0, 8.0], [5.0, 8.0])
    """
    require_kind(layers, Mapping, "layers", 'give tables by name, like {"residents": cells}')
    total = require_name_list("total", total)
    if by is None or network is not None:
        require_kind(network, RoadNetwork, "network", "give what build_network returned")
    communities = to_wgs84(communities, file="communities")
    layers = _require_layers(communities, layers, total, by)
    table = communities.copy()
    for name, layer in layers.items():
        people = _people_of(layer, name)
        if by is None:
            found = _nearest(cast("RoadNetwork", network), communities, layer, people, progress)
        else:
            found = _named(layer[by], communities.index, people)
        _warn(found, name)
        table[name] = _sum_known(found, len(table))
        table[f"{name}_without_way"] = _sums(found, found.without_way, len(table))
    if total:
        table["people"] = [math.fsum(row) for row in table[total].to_numpy(dtype=float)]
    elif "people" not in table:
        table["people"] = np.nan
    return table


def _require_layers(
    communities: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    total: list[str],
    by: str | None,
) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers in EPSG:4326, or raise `InputError` with all that is wrong."""
    made = [one for name in layers for one in (name, f"{name}_without_way")]
    faults = FaultCollector()
    faults.add(name_faults("the layer", made))
    faults.add(_clash_faults(communities, made))
    faults.add(total_faults(total, [*layers, *_countable(communities)]))
    faults.add(point_faults(communities, file="communities"))
    if communities.empty:
        faults.add([Fault("there is no community", "communities", advice="give at least one")])
    if by is not None and not isinstance(by, str):
        faults.add([Fault(f"by is {shown(by)}", advice="give the name of a column, or None")])
    read = {}
    for name, layer in layers.items():
        with faults.attempt():
            read[name] = to_wgs84(layer, file=str(name))
            _require_layer(read[name], name, communities.index, by)
    faults.raise_any()
    return read


def _countable(communities: gpd.GeoDataFrame) -> list[str]:
    """Return the columns of numbers that a total may add."""
    numbers = communities.select_dtypes("number").columns
    return [str(name) for name in numbers if name != "people"]


def _clash_faults(communities: gpd.GeoDataFrame, made: list[str]) -> list[Fault]:
    advice = "give the layer another name, or drop the column"
    return [
        Fault("a layer would take its place", "communities", None, name, advice)
        for name in made
        if name in communities
    ]


def _require_layer(layer: gpd.GeoDataFrame, name: str, ids: pd.Index, by: str | None) -> None:
    column = name if name in layer else "people"
    faults = point_faults(layer, file=name)
    faults += missing_faults([column], list(layer.columns.astype(str)), file=name)
    rows = np.arange(1, len(layer) + 1)
    schema = Schema(name, "id", ("Point",), (replace(PEOPLE, name=column),))
    if column in layer:
        faults += value_faults(layer, schema, file=name, rows=rows)
    if isinstance(by, str):
        faults += missing_faults([by], list(layer.columns.astype(str)), file=name)
        faults += _id_faults(layer[by], ids, name) if by in layer else []
    if faults:
        raise InputError(*faults)


def _id_faults(named: pd.Series[str], ids: pd.Index, file: str) -> list[Fault]:
    known = [str(one) for one in ids]
    said = named.astype(object).where(named.notna(), "").astype(str)
    return [
        Fault(f"no community has the id {said.iloc[at]!r}", file, int(at) + 1, str(named.name),
              suggest(said.iloc[at], known) if len(known) < 10_000 else "mend it")
        for at in np.flatnonzero(~said.isin(known))
    ]  # fmt: skip


def _people_of(layer: gpd.GeoDataFrame, name: str) -> Floats:
    column = name if name in layer else "people"
    return np.asarray(layer[column].to_numpy(dtype=float, na_value=np.nan))


def _named(named: pd.Series[str], ids: pd.Index, people: Floats) -> _Catchment:
    """Return the community that each cell names."""
    community = pd.Index(ids.astype(str)).get_indexer(named.astype(str))
    return _Catchment(np.asarray(community, np.int64), people, np.zeros(len(people), dtype=bool))


def _nearest(
    network: RoadNetwork,
    communities: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    people: Floats,
    progress: Progress | None,
) -> _Catchment:
    """Return the community that each cell reaches first, or that lies nearest where none is."""
    times = travel_times(
        network,
        communities,
        cells,
        cutoff=NO_PAIRS_MINUTES,
        direction="demand_to_site",
        progress=progress,
    )
    community = times.nearest_site.copy()
    lost = community < 0
    if lost.any():
        community[lost] = _straight(communities, cells[lost])
    return _Catchment(community, people, lost)


def _straight(communities: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> Positions:
    """Return the community nearest to each cell in a straight line; the first by id of several."""
    by_id = np.argsort(communities.index.to_numpy(dtype=str), kind="stable")
    crs = metric_crs(tuple(communities.total_bounds))
    tree = STRtree(communities.geometry.iloc[by_id].to_crs(crs).to_numpy())
    points = cells.geometry.to_crs(crs).to_numpy()
    cell, place = tree.query_nearest(points, all_matches=True)
    first = np.full(len(points), len(by_id))
    np.minimum.at(first, cell, place)
    return np.asarray(by_id[first], dtype=np.int64)


def _sum_known(found: _Catchment, communities: int) -> Floats:
    """Return the people of each community; NaN where cells are its own and none is known."""
    known = ~np.isnan(found.people)
    sums = _sums(found, known, communities)
    counted = np.bincount(found.community[known], minlength=communities)
    unknown = np.bincount(found.community[~known], minlength=communities)
    sums[(counted == 0) & (unknown > 0)] = np.nan
    return sums


def _sums(found: _Catchment, counted: npt.NDArray[np.bool_], communities: int) -> Floats:
    """Return the sum of known people by community, the same in whatever order cells stand."""
    counted = counted & ~np.isnan(found.people)
    order = np.argsort(found.community[counted], kind="stable")
    people = found.people[counted][order]
    ends = np.cumsum(np.bincount(found.community[counted], minlength=communities))
    parts = np.split(people, ends[:-1]) if communities else []
    return np.array([math.fsum(part.tolist()) for part in parts], dtype=np.float64)


def _warn(found: _Catchment, layer: str) -> None:
    unknown = np.isnan(found.people)
    if unknown.any():
        what = (
            f"{layer}: the people of {int(unknown.sum()):,} of {len(unknown):,} cells are unknown"
        )
        warnings.warn(f"{what}; they are in no sum", DataWarning, stacklevel=3)
    if found.without_way.any():
        people = math.fsum(found.people[found.without_way & ~unknown].tolist())
        what = (
            f"{layer}: {int(found.without_way.sum()):,} of {len(unknown):,} cells, of {people:,.0f}"
            " people, have no way to any community; they are counted to the nearest in a straight"
            " line"
        )
        warnings.warn(what, DataWarning, stacklevel=3)
