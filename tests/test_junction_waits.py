"""What is lost at junctions: by whom, on which part of a road, and alike in every room."""

from itertools import combinations, pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from shapely import LineString, Point

import boxreach as br

_WAIT_S = 40.0
_GEOD = Geod(ellps="WGS84")


def _points(xy, name):
    ids = pd.Index([f"{name}{at}" for at in range(len(xy))], name="id")
    return gpd.GeoDataFrame(geometry=[Point(one) for one in xy], crs=4326, index=ids)


def _draw(seed):
    """Return roads between seven junctions, and on which share of which road places lie."""
    rng = np.random.default_rng(seed)
    at = np.round(rng.uniform([44, 33], [44.1, 33.1], (7, 2)), 7)
    pairs = list(combinations(range(7), 2))
    rng.shuffle(pairs)
    pairs = [pair if rng.random() < 0.5 else pair[::-1] for pair in pairs[:9]]
    oneway = rng.choice(["", "", "yes"], len(pairs))
    roads = gpd.GeoDataFrame(
        {"road_id": [f"r{one}" for one in range(9)], "road_class": "primary", "speed_kmh": 60.0,
         "oneway": oneway},
        geometry=[LineString(at[list(pair)]) for pair in pairs], crs=4326,
    ).set_index("road_id")  # fmt: skip
    spots = {
        f"{letter}{one}": (int(rng.integers(9)), rng.uniform(0.1, 0.9))
        for letter, count in (("s", 3), ("d", 6))
        for one in range(count)
    }
    return at, pairs, oneway, roads, spots


def _graph(at, pairs, oneway, spots):
    """Return the graph of it: who enters a junction of three roads or more waits there."""
    arms = np.bincount(np.array(pairs).ravel(), minlength=7)
    graph = nx.DiGraph()

    def drive(one, other, seconds):
        waited = _WAIT_S if not isinstance(other, str) and arms[other] > 2 else 0.0
        known = graph.get_edge_data(one, other, {"weight": np.inf})["weight"]
        graph.add_edge(one, other, weight=min(known, seconds + waited))

    for road, (tail, head) in enumerate(pairs):
        seconds = _GEOD.inv(*at[tail], *at[head])[2] * 3.6 / 60
        own = sorted((share, name) for name, (which, share) in spots.items() if which == road)
        stops = [(0.0, tail), *own, (1.0, head)]
        for (begin, one), (end, other) in pairwise(stops):
            drive(one, other, (end - begin) * seconds)
            if not oneway[road]:
                drive(other, one, (end - begin) * seconds)
    return graph


@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
@pytest.mark.parametrize("seed", range(12))
def test_who_enters_a_junction_waits_there_and_nobody_else(seed, direction):
    """Also from a place on a road, and to one, whichever way its line is drawn."""
    at, pairs, oneway, roads, spots = _draw(seed)
    network = br.build_network(
        roads, off_road_km=0.001, speeds=br.SpeedModel(junction_s={"primary": _WAIT_S})
    )
    xy = {
        name: at[pairs[road][0]] + share * (at[pairs[road][1]] - at[pairs[road][0]])
        for name, (road, share) in spots.items()
    }
    sites, places = (
        _points([xy[one] for one in xy if one.startswith(letter)], letter) for letter in "sd"
    )
    times = br.travel_times(network, sites, places, cutoff=600, direction=direction)
    found = np.full(times.ms.shape, np.inf)
    pair = times.ms.tocoo()
    found[pair.row, pair.col] = pair.data
    graph = _graph(at, pairs, oneway, spots)
    for (row, column), ms in np.ndenumerate(found):
        ends = (f"s{row}", f"d{column}")
        ends = ends if direction == "site_to_demand" else ends[::-1]
        expected = np.inf
        if nx.has_path(graph, *ends):
            expected = nx.dijkstra_path_length(graph, *ends) * 1000
        # Off the line by a few metres, for it is straight in degrees.
        assert ms == expected or ms == pytest.approx(expected, abs=700)
