"""The same network, divided so that each bridge, road or crossing is chains of its own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.crs import Floats, metric_crs, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.network.closed_roads import is_part
from boxreach.network.closing import (
    OpenStretches,
    find_open_stretches,
    project_closures,
    require_known_roads,
    windows_about,
)
from boxreach.network.graph import RoadNetwork, Stretches, assemble
from boxreach.network.slowing import lay_stretches, stretches_of
from boxreach.network.stretches import on_the_ground

Longs = npt.NDArray[np.int64]

_ALIKE = 1e-12
"""Shares of an edge so near to each other are one place."""


@dataclass(frozen=True, eq=False)
class Division:
    """A network and the edges that each feature is in it.

    Attributes
    ----------
    network
        The divided network. Each of its chains lies in a feature as a whole, or not at all. No
        time in it differs, but by a millisecond between two places on one straight piece of road
        that is divided between them.
    ids
        The features.
    first, edges
        The edges of feature f are ``edges[first[f] : first[f + 1]]``; none where it meets no road.
    """

    network: RoadNetwork
    ids: pd.Index[str]
    first: Longs
    edges: Longs

    def edges_of(self, feature: int) -> Longs:
        """Return the edges of a feature."""
        return self.edges[self.first[feature] : self.first[feature + 1]]

    @property
    def closable(self) -> npt.NDArray[np.bool_]:
        """Which edges belong to any feature."""
        flags = np.zeros(len(self.network.edges), dtype=bool)
        flags[self.edges] = True
        return flags


@dataclass(frozen=True, eq=False)
class _Spans:
    """Spans of edges of the lifted network by feature: shares of the edge."""

    feature: Longs
    edge: Longs
    start: Floats
    end: Floats

    @classmethod
    def join(cls, parts: Sequence[_Spans]) -> _Spans:
        names = ("feature", "edge", "start", "end")
        kinds = (np.int64, np.int64, float, float)
        return cls(
            *(np.concatenate([np.empty(0, kind), *(getattr(one, name) for one in parts)])
              for name, kind in zip(names, kinds, strict=True))
        )  # fmt: skip


def divide(network: RoadNetwork, features: gpd.GeoDataFrame | Sequence[str]) -> Division:
    """Divide a network where features begin and end.

    Parameters
    ----------
    network
        The network, with closures or without.
    features
        Points, lines and areas, which mean roads as closures do (`RoadNetwork.without`), with ids
        in the index; or ids of roads, each of which is a feature.

    Returns
    -------
    Division
        The divided network, and the edges of each feature.

    Raises
    ------
    InputError
        If an id is that of no road or stands twice, or a table has no CRS.

    Warns
    -----
    DataWarning
        For features that meet no road.

    Examples
    --------
    >>> from boxreach.network import network_from_arrays
    >>> network, _ = network_from_arrays(
    ...     np.array([44.0, 44.1, 44.2]), np.full(3, 33.0), np.array([0, 1]), np.array([1, 2]),
    ...     np.array([600, 700]), np.array([600, 700]))
    >>> len(network.chains.tail), len(divide(network, ["1"]).network.chains.tail)
    (1, 2)
    """
    whole, found = stretches_of(network)
    if isinstance(features, gpd.GeoDataFrame):
        features = to_wgs84(features, file="features")
        if "road_id" in features:
            require_known_roads(whole.known_ids, features)
        ids = _require_once(features.index.astype(str))
        spans = _find_spans(whole, features)
    else:
        ids = _require_once(pd.Index([str(one) for one in features], dtype=object))
        spans = _whole_roads(whole, ids)
    return _lay_out(network, whole, _cut_at(found, spans), spans, ids)


def _require_once(ids: pd.Index[str]) -> pd.Index[str]:
    """Return ids, if none of them stands twice."""
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise InputError(
            *(Fault(f"{one!r} is named twice", "features", advice="name each once")
              for one in twice)
        )  # fmt: skip
    return ids


def _whole_roads(network: RoadNetwork, ids: pd.Index[str]) -> _Spans:
    """Return all edges of the roads with some ids, or with ids of their parts."""
    of_edge = _features_of_edges(network, {one: at for at, one in enumerate(ids)})
    missing = np.setdiff1d(np.arange(len(ids)), of_edge)
    if len(missing):
        raise InputError(
            *(Fault(f"there is no road {ids[one]!r}", "roads", advice="give the id of a road")
              for one in missing)
        )  # fmt: skip
    edge = np.flatnonzero(of_edge >= 0)
    return _Spans(of_edge[edge], edge, np.zeros(len(edge)), np.ones(len(edge)))


def _features_of_edges(network: RoadNetwork, known: dict[str, int]) -> Longs:
    """Return the feature that each edge is in; -1 for none."""
    if "road_id" not in network.attributes:  # their numbers are their ids
        of_edge = np.full(len(network.edges), -1)
        for name, feature in known.items():
            if name.isdecimal() and int(name) < len(of_edge):
                of_edge[int(name)] = feature
        return of_edge
    road = pd.Categorical(network.attributes["road_id"])
    features = [
        known.get(one, known.get(one.rpartition("/")[0], -1) if is_part(one) else -1)
        for one in road.categories.astype(str)
    ]
    found: Longs = np.array([*features, -1], dtype=np.int64)[road.codes]
    return found


def _find_spans(network: RoadNetwork, features: gpd.GeoDataFrame) -> _Spans:
    """Return the spans of edges that each feature would close."""
    near = _near_edges(network, features)
    features = features.drop(columns="speed_factor", errors="ignore")
    spans, idle = [], []
    for at, (name, edges) in enumerate(zip(features.index, near, strict=True)):
        one = _closed_by(network, features.iloc[[at]], edges, at) if len(edges) else None
        if one is None or not len(one.edge):
            idle.append(str(name))
        else:
            spans.append(one)
    if idle:
        listed = ", ".join(idle[:10])
        warnings.warn(f"features that meet no road: {listed}", DataWarning, stacklevel=4)
    return _Spans.join(spans)


def _near_edges(network: RoadNetwork, features: gpd.GeoDataFrame) -> list[Longs]:
    """Return the edges about each feature; those of a named road lie about it too."""
    boxes, near = network.edges.bounds(), []
    for west, south, east, north in windows_about(features):
        inside = boxes[:, 0] <= east
        inside &= boxes[:, 2] >= west
        inside &= boxes[:, 1] <= north
        inside &= boxes[:, 3] >= south
        near.append(np.flatnonzero(inside))
    return near


def _closed_by(network: RoadNetwork, feature: gpd.GeoDataFrame, near: Longs, number: int) -> _Spans:
    """Return what one feature closes of the edges near it."""
    edges, crs = network.edges, metric_crs(tuple(feature.total_bounds))
    lines = edges.metric_lines(near, crs)
    road_ids = pd.Index(network.road_ids(near), dtype=object)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "closures that meet no road", DataWarning)
        found = find_open_stretches(road_ids, lines, project_closures(feature, crs))
    start, end = (on_the_ground(edges, near, lines, found.edge, one)
                  for one in (found.start, found.end))  # fmt: skip
    # What is closed lies between the end of what is open and the next beginning.
    line = np.append(np.arange(len(near)), found.edge)
    begin, stop = np.append(np.zeros(len(near)), end), np.append(np.ones(len(near)), start)
    begin, stop = (one[np.lexsort((one, line))] for one in (begin, stop))
    closed = np.flatnonzero(stop > begin)
    edge = near[np.sort(line)[closed]]
    return _Spans(np.full(len(closed), number), edge, begin[closed], stop[closed])


def _cut_at(found: Stretches, spans: _Spans) -> OpenStretches:
    """Return stretches divided where spans begin and end."""
    inner = [(share > 0) & (share < 1) for share in (spans.start, spans.end)]
    edge = np.concatenate([spans.edge[inner[0]], spans.edge[inner[1]]])
    share = np.concatenate([spans.start[inner[0]], spans.end[inner[1]]])
    touched = np.isin(found.edge, edge)
    rows: list[list[npt.NDArray[Any]]] = [[], [], [], []]
    for row in np.flatnonzero(touched):
        start, end = found.start[row], found.end[row]
        cuts = np.unique(share[edge == found.edge[row]])
        cuts = cuts[(cuts > start + _ALIKE) & (cuts < end - _ALIKE)]
        cuts = cuts[np.append(True, np.diff(cuts) > _ALIKE)[: len(cuts)]]
        places = np.concatenate([[start], cuts, [end]])
        for one, parts in zip((found.edge[row], places[:-1], places[1:], found.slowed[row]),
                              rows, strict=True):  # fmt: skip
            parts.append(np.broadcast_to(one, len(places) - 1))
    given = (found.edge, found.start, found.end, found.slowed)
    joined = [np.concatenate([one[~touched], *parts])
              for one, parts in zip(given, rows, strict=True)]  # fmt: skip
    order = np.lexsort((joined[1], joined[0]))
    return OpenStretches(*(one[order] for one in joined))


def _lay_out(
    network: RoadNetwork, whole: RoadNetwork, found: OpenStretches, spans: _Spans,
    ids: pd.Index[str],
) -> Division:  # fmt: skip
    """Return the network of some stretches, and which of its edges each feature is."""
    stretch, feature = _stretches_in(found, spans)
    apart = _number_sets(stretch, feature, len(found.edge))
    if network.lifted is None and len(found.edge) == len(network.edges):
        divided, _, order = assemble(
            network.edges, network.attributes, network.parameters, bridges=network.bridges,
            apart=apart,
        )  # fmt: skip
        divided = replace(divided, obstacles=network.obstacles, ground=network.ground)
        piece = np.empty(len(order), dtype=np.int64)
        piece[order] = np.arange(len(order))
    else:
        divided = lay_stretches(network, whole, found, apart)
        piece = divided.stretches.piece if divided.stretches is not None else stretch
    by_feature = np.lexsort((piece[stretch], feature))
    first = np.searchsorted(feature[by_feature], np.arange(len(ids) + 1))
    return Division(divided, ids, first, piece[stretch[by_feature]])


def _stretches_in(found: OpenStretches, spans: _Spans) -> tuple[Longs, Longs]:
    """Return pairs of stretch and feature in whose span it lies."""
    low = np.searchsorted(found.edge, spans.edge, side="left")
    count = np.searchsorted(found.edge, spans.edge, side="right") - low
    span = np.repeat(np.arange(len(count)), count)
    stretch = low[span] + np.arange(len(span)) - np.repeat(np.cumsum(count) - count, count)
    inside = found.start[stretch] >= spans.start[span] - _ALIKE
    inside &= found.end[stretch] <= spans.end[span] + _ALIKE
    pairs = np.unique(np.column_stack([stretch, spans.feature[span]])[inside], axis=0)
    return pairs[:, 0], pairs[:, 1]


def _number_sets(stretch: Longs, feature: Longs, count: int) -> Longs:
    """Return a number for each stretch, the same for those in the same features; pairs rise."""
    number = np.zeros(count, dtype=np.int64)
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    known: dict[bytes, int] = {}
    for one, features in zip(stretch[first], np.split(feature, first[1:]), strict=False):
        number[one] = known.setdefault(features.tobytes(), len(known) + 1)
    return number
