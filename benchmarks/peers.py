"""What other engines take for the same questions, on the same network in the same order."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answers import Answer, time_best
from benchmarks.countries import CLASSES, Country, make_country
from benchmarks.questions import LIMIT_MS, SAMPLES, Question, pose_question
from benchmarks.ways import list_ways

Figures = dict[str, Any]

_ROWS_AT_ONCE = 20


def measure_scipy(folder: Path, settings: Figures) -> Figures:
    """`scipy.sparse.csgraph.dijkstra`, with a limit, and for the nearest site with `min_only`."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    country, question = Country.load(folder), Question.load(folder)
    tail, head, ms = list_ways(country)
    shape = (len(country.lon), len(country.lon))
    graph = csr_array((ms.astype(np.float64), (tail, head)), shape=shape)
    sources = question.sources[: SAMPLES["scipy"]]

    def ask() -> Answer:
        rows = []
        for begin in range(0, len(sources), _ROWS_AT_ONCE):
            some = sources[begin : begin + _ROWS_AT_ONCE]
            reached = dijkstra(graph, indices=some, limit=LIMIT_MS)[:, question.demand]
            rows += [(question.demand[np.isfinite(row)], row[np.isfinite(row)]) for row in reached]
        return Answer.collect(rows)

    pairs_s, found = time_best(ask)
    nearest_s, (least, _, _) = time_best(
        lambda: dijkstra(graph, indices=question.sites, min_only=True, return_predecessors=True),
        repeats=2,
    )
    _, ours = np.load(folder / "nearest_from_sites.npy")
    return {
        "pairs_s": pairs_s,
        "pairs_agree": found.equals(Answer.load(folder / "pairs.npz").head(len(sources))),
        "nearest_s": nearest_s,
        "nearest_agree": bool(np.array_equal(np.where(np.isfinite(least), least, -1), ours)),
    }


def measure_networkx(folder: Path, settings: Figures) -> Figures:
    """`networkx.single_source_dijkstra_path_length` with a cutoff, on a `DiGraph`."""
    import networkx as nx

    country, question = Country.load(folder), Question.load(folder)
    start = time.perf_counter()
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(country.lon)))
    graph.add_weighted_edges_from(
        zip(*(part.tolist() for part in list_ways(country)), strict=True), weight="ms"
    )
    built_s = time.perf_counter() - start
    sources = question.sources[: SAMPLES["networkx"]].tolist()
    demand = set(question.demand.tolist())

    def ask() -> list[dict[int, int]]:
        return [
            {
                node: ms
                for node, ms in nx.single_source_dijkstra_path_length(
                    graph, source, cutoff=LIMIT_MS, weight="ms"
                ).items()
                if node in demand
            }
            for source in sources
        ]

    pairs_s, rows = time_best(ask, repeats=2)
    found = Answer.collect((list(row), list(row.values())) for row in rows)
    return {
        "built_s": built_s,
        "pairs_s": pairs_s,
        "pairs_agree": found.equals(Answer.load(folder / "pairs.npz").head(len(sources))),
    }


def measure_igraph(folder: Path, settings: Figures) -> Figures:
    """`igraph.Graph.distances`, which has no cutoff for weighted edges."""
    import igraph

    country, question = Country.load(folder), Question.load(folder)
    start = time.perf_counter()
    tail, head, ms = list_ways(country)
    graph = igraph.Graph(len(country.lon), np.column_stack([tail, head]), directed=True)
    weights = ms.astype(np.float64).tolist()
    built_s = time.perf_counter() - start
    sources, demand = question.sources[: SAMPLES["igraph"]].tolist(), question.demand.tolist()

    def ask() -> Answer:
        rows = np.array(graph.distances(sources, demand, weights=weights))
        return Answer.collect(
            (question.demand[row <= LIMIT_MS], row[row <= LIMIT_MS]) for row in rows
        )

    pairs_s, found = time_best(ask, repeats=1)
    return {
        "built_s": built_s,
        "pairs_s": pairs_s,
        "pairs_agree": found.equals(Answer.load(folder / "pairs.npz").head(len(sources))),
    }


def measure_pandana(folder: Path, settings: Figures) -> Figures:
    """`pandana.Network.nodes_in_range` and `nearest_pois`, on a contraction hierarchy.

    pandana keeps whole thousandths of the unit it is given. It is given seconds, and half a
    millisecond more to each edge, so that none is cut off: inside it counts our milliseconds.
    """
    import pandana
    import pandas as pd
    from threadpoolctl import threadpool_limits

    country, question = Country.load(folder), Question.load(folder)
    start = time.perf_counter()
    tail, head, ms = (pd.Series(part) for part in list_ways(country))
    place = pd.Series(country.lon), pd.Series(country.lat)
    costs = pd.DataFrame({"seconds": (ms + 0.5) / 1000})
    network = pandana.Network(*place, tail, head, costs, twoway=False)
    figures: Figures = {"built_s": time.perf_counter() - start}
    sources = question.sources[: SAMPLES["pandana"]]
    names = network.node_ids.to_numpy()
    radius = (LIMIT_MS + 0.5) / 1000

    def ask() -> list[Any]:
        return [network.nodes_in_range(some, radius) for some in np.split(sources, 4)]

    def ask_demand() -> list[Any]:
        return [table[table["destination"].isin(question.demand)] for table in ask()]

    def ask_engine() -> None:
        for some in np.split(sources, 4):
            network.net.nodes_in_range(some, radius, 0, names)

    for threads in (1, 2):
        with threadpool_limits(threads, user_api="openmp"):
            figures[f"all_{threads}_s"], tables = time_best(ask, repeats=2)
    with threadpool_limits(2, user_api="openmp"):
        figures["pairs_2_s"], pairs = time_best(ask_demand, repeats=2)
    with threadpool_limits(1, user_api="openmp"):
        figures["engine_1_s"], _ = time_best(ask_engine, repeats=2)
    for name, found in (("all", tables), ("pairs", pairs)):
        ours = Answer.load(folder / f"{name}.npz").head(len(sources))
        figures[f"{name}_agree"] = _read_tables(found, sources).equals(ours)
    return figures | _measure_nearest_pois(network, country, question, folder)


def _read_tables(tables: list[Any], sources: Any) -> Answer:
    """Return the tables of pandana as an answer; a source that is asked twice is asked once."""
    import pandas as pd

    whole = pd.concat(tables).drop_duplicates(["source", "destination"])
    by_source = dict(iter(whole.groupby("source")))
    rows = (by_source.get(source, whole.iloc[:0]) for source in sources)
    return Answer.collect(
        (row["destination"], np.rint(row["seconds"] * 1000).astype(np.int64)) for row in rows
    )


def _measure_nearest_pois(
    network: Any, country: Country, question: Question, folder: Path
) -> Figures:
    """Time the nearest site of each node, from the node to the site, as pandana drives it."""
    import pandas as pd

    most_s = 1_000_000.0
    start = time.perf_counter()
    network.set_pois(
        "sites",
        most_s,
        1,
        pd.Series(country.lon[question.sites]),
        pd.Series(country.lat[question.sites]),
    )
    placed_s = time.perf_counter() - start
    seconds, table = time_best(
        lambda: network.nearest_pois(most_s, "sites", include_poi_ids=True), repeats=2
    )
    _, ours = np.load(folder / "nearest_to_sites.npy")
    theirs = np.rint(table[1].to_numpy() * 1000).astype(np.int64)
    theirs[theirs >= most_s * 1000] = -1
    return {
        "nearest_placed_s": placed_s,
        "nearest_s": seconds,
        # Its floats of 32 bits hold seconds to the millisecond up to 2**14 of them.
        "nearest_agree": bool((np.abs(theirs - ours) <= np.where(ours < 2**14 * 1000, 0, 2)).all()),
    }


def measure_ego_graph(folder: Path, settings: Figures) -> Figures:
    """`networkx.ego_graph` on a `MultiDiGraph` as osmnx makes them, as is done for isochrones."""
    import networkx as nx

    from boxreach.network import network_from_arrays

    country = make_country(min(500_000, settings["nodes"]))
    question = pose_question(country)
    network, number = network_from_arrays(
        country.lon,
        country.lat,
        country.tail,
        country.head,
        country.forward_ms,
        country.backward_ms,
    )
    number = np.asarray(number)
    sources = question.sources[: SAMPLES["ego_graph"]]
    singly_s, together_s, found = _time_ours(network, number[sources])
    start = time.perf_counter()
    graph = _build_multigraph(country)
    built_s = time.perf_counter() - start
    theirs_s, egos = time_best(
        lambda: [
            nx.ego_graph(graph, source, radius=LIMIT_MS, distance="time")
            for source in sources.tolist()
        ],
        repeats=1,
    )
    return {
        "nodes": len(country.lon),
        "reached": sum(len(ego) for ego in egos) / len(egos),
        "built_s": built_s,
        "sources": len(sources),
        "singly_s": singly_s,
        "together_s": together_s,
        "ego_graph_s": theirs_s,
        "agrees": all(
            np.array_equal(np.sort(number[list(ego)]), np.sort(row.indices))
            for ego, row in zip(egos, found, strict=True)
        ),
    }


def _time_ours(network: Any, sources: Any) -> tuple[float, float, list[Any]]:
    """Return the seconds from sources one by one, those from all together, and what was found."""
    from boxreach.routing import node_times

    node_times(network, sources[:1], None, limit_ms=LIMIT_MS, threads=1)
    ask = partial(node_times, network, limit_ms=LIMIT_MS, threads=1)
    singly_s, found = time_best(
        lambda: [ask(one, None) for one in sources.reshape(-1, 1)], repeats=5
    )
    together_s, _ = time_best(partial(ask, sources, None), repeats=5)
    return singly_s, together_s, found


def _build_multigraph(country: Country) -> Any:
    """Return the country as osmnx writes it: attributes on every node and every edge."""
    import networkx as nx

    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_nodes_from(
        (node, {"x": x, "y": y})
        for node, (x, y) in enumerate(zip(country.lon.tolist(), country.lat.tolist(), strict=True))
    )
    kind = [CLASSES[code] for code in country.road_class]
    columns = (country.tail, country.head, country.forward_ms, country.backward_ms)
    metres = country.length_m.tolist()
    for way, (tail, head, there, back) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        data = {"osmid": way, "highway": kind[way], "length": metres[way], "oneway": back < 0}
        graph.add_edge(tail, head, **data, reversed=False, time=there)
        if back >= 0:
            graph.add_edge(head, tail, **data, reversed=True, time=back)
    return graph
