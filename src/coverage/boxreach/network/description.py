"""What a network is made of, in figures: what was joined, what hangs apart, what is closed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.crs import Floats
from boxreach.network.graph import RoadNetwork

BRIDGE_CLASS = "bridge_gap"
NO_CLASS = "no class"


def describe_network(network: RoadNetwork) -> dict[str, object]:
    """Return the figures of a network, as they stand in ``run.json``.

    Parameters
    ----------
    network
        From `build_network`.

    Returns
    -------
    dict
        - ``roads``, ``edges``, ``nodes``: how many. A road makes an edge or more; a bridge over a
          gap is an edge and no road;
        - ``km`` of edges, winding included, and ``km_by_class``;
        - ``oneway_share`` of the km, open in one direction only;
        - ``mean_kmh``: the km that may be driven over the hours that takes, in the quicker
          direction;
        - ``parts`` that no edge joins, and ``largest_part_share``, the share of the km in the
          longest of them;
        - ``bridges`` over gaps: their ``count``, ``shortest_m`` and ``longest_m``;
        - ``closures``, None where no closure holds: how many are ``given`` and ``in_force``,
          ``closed_km`` that they take away and ``slowed_km`` that they leave, slower.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from boxreach.network import build_network
    >>> lines = [LineString([(44, 33), (44.1, 33)]), LineString([(44.1, 33), (44.2, 33)])]
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": "trunk"}, index=["a", "b"], geometry=lines, crs=4326)
    >>> figures = describe_network(build_network(roads))
    >>> figures["roads"], figures["nodes"], figures["km_by_class"], figures["parts"]
    (2, 3, {'trunk': 18.691}, 1)
    """
    metres = network.edges.length_m.astype(np.float64)
    classes = np.char.lower(_words(network, "road_class", NO_CLASS).astype(str))
    by_class = pd.Series(metres).groupby(classes).sum()
    part_m = np.bincount(network.components()[network.tail], weights=metres)
    oneway = (network.forward_ms < 0) != (network.backward_ms < 0)
    road_ids = _words(network, "road_id", "")[classes != BRIDGE_CLASS]
    return {
        "roads": int(pd.unique(road_ids).size),
        "edges": len(metres),
        "nodes": len(np.unique(np.append(network.tail, network.head))),
        "km": _km(metres.sum()),
        "km_by_class": {str(name): _km(total) for name, total in by_class.items()},
        "oneway_share": _share(metres[oneway].sum(), metres.sum()),
        "mean_kmh": _mean_kmh(network, metres),
        "parts": int(np.count_nonzero(part_m)),
        "largest_part_share": _share(part_m.max(), metres.sum()),
        "bridges": _describe_bridges(network.bridges["metres"].to_numpy(dtype=float)),
        "closures": _describe_closures(network, metres),
    }


def _words(network: RoadNetwork, column: str, blank: str) -> npt.NDArray[np.object_]:
    """Return a column of words of each edge, blank where the network has none."""
    if column not in network.attributes:
        return np.full(len(network.edges), blank, dtype=object)
    said = network.attributes[column].astype(object).fillna("").astype(str).str.strip()
    return np.asarray(said.where(said != "", blank), dtype=object)


def _mean_kmh(network: RoadNetwork, metres: Floats) -> float | None:
    ways = np.stack([network.forward_ms, network.backward_ms]).astype(np.float64)
    quicker = np.where(ways < 0, np.inf, ways).min(axis=0)
    driven = np.isfinite(quicker)
    hours = quicker[driven].sum() / 3_600_000
    return round(float(metres[driven].sum() / 1000 / hours), 1) if hours > 0 else None


def _describe_bridges(metres: Floats) -> dict[str, float | int | None]:
    some = len(metres) > 0
    return {
        "count": len(metres),
        "shortest_m": round(float(metres.min()), 1) if some else None,
        "longest_m": round(float(metres.max()), 1) if some else None,
    }


def _describe_closures(network: RoadNetwork, metres: Floats) -> dict[str, float | int] | None:
    lifted, left = network.lifted, network.stretches
    if lifted is None or left is None:
        return None
    whole_m = lifted.edges.length_m.astype(np.float64)
    slowed = left.slowed > 1
    slowed_m = whole_m[left.edge[slowed]] * (left.end - left.start)[slowed]
    return {
        "given": network.parameters["closures_given"],
        "in_force": network.parameters["closures_in_force"],
        "closed_km": _km(max(whole_m.sum() - metres.sum(), 0.0)),
        "slowed_km": _km(slowed_m.sum()),
    }


def _km(metres: float) -> float:
    return round(float(metres) / 1000, 3)


def _share(part: float, whole: float) -> float:
    return round(float(part / whole), 6) if whole > 0 else 0.0
