"""Compare the schematic roads with a mapped network of Iraq, town by town.

``python data/check_roads.py NETWORK`` reads a line layer (GeoPackage or any vector file; for
example an OpenStreetMap extract), makes a graph of it, and prints for every pair of neighbouring
towns of the schematic roads both road lengths. Two towns are neighbours when a leg, or a chain of
legs with no other town on it, joins them and is their shortest path; border crossings count as
towns here. It exits with 1
when a difference of more than 15 % has no explanation in ``data/iraq/road_checks.csv``, or an
explanation there no longer has its difference. ``--markdown`` prints the section for
``data/README.md``. It writes no file.
"""

import argparse
import csv
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
import shapely.geometry
from pyproj import CRS, Geod
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely import STRtree

FOLDER = Path(__file__).resolve().parent / "iraq"
GEOD = Geod(ellps="WGS84")
# Lengths in this projection are within 0.2 % of the geodesic everywhere in Iraq.
METRIC = CRS("+proj=lcc +lat_0=33 +lat_1=31 +lat_2=36.5 +lon_0=44 +datum=WGS84 +units=m")
LIMIT = 0.15
END_GAP_M = 250.0
COMPONENT_GAP_M = 3_000.0
TOWN_GAP_M = 5_000.0
STOPS = ("town", "crossing")
# Road distances between cities that travel and logistics sources agree on, km, rounded.
KNOWN_KM = {
    ("baghdad", "mosul"): 400,
    ("baghdad", "basra"): 545,
    ("baghdad", "kirkuk"): 250,
    ("baghdad", "ramadi"): 110,
    ("baghdad", "tikrit"): 175,
    ("baghdad", "baqubah"): 60,
    ("baghdad", "hillah"): 105,
    ("baghdad", "karbala"): 105,
    ("baghdad", "najaf"): 170,
    ("baghdad", "kut"): 175,
    ("kut", "amarah"): 200,
    ("amarah", "basra"): 185,
    ("nasiriyah", "basra"): 210,
    ("karbala", "najaf"): 78,
    ("ramadi", "rutba"): 310,
    ("ramadi", "haditha"): 150,
    ("mosul", "erbil"): 86,
    ("mosul", "dohuk"): 75,
    ("mosul", "tal_afar"): 65,
    ("mosul", "sinjar"): 125,
    ("kirkuk", "erbil"): 95,
    ("kirkuk", "sulaymaniyah"): 110,
    ("erbil", "soran"): 110,
    ("dohuk", "zakho"): 56,
}


# A node is a coordinate pair, an edge and metres along it, or a town; a hit is a gap and an edge.
Node = tuple[float, float] | tuple[int, float] | str
Hit = tuple[float, int]


class Comparison(NamedTuple):
    """One pair of neighbouring towns, by both networks; ``mapped_km`` is None where it has none."""

    start: str
    end: str
    ours_km: float
    mapped_km: float | None
    straight_km: float
    explanation: str

    @property
    def difference(self) -> float | None:
        """Our length over the mapped one, less 1."""
        return None if self.mapped_km is None else self.ours_km / self.mapped_km - 1

    @property
    def differs(self) -> bool:
        """Whether the two lengths are more than 15 % apart."""
        return self.difference is not None and abs(self.difference) > LIMIT


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table in ``data/iraq``."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The mapped network: noded lines, bridges over small gaps, towns on the nearest edge


class MappedNetwork:
    """A road graph made of loose line work.

    A place on it is an edge number and a distance along that edge; where a bridge or a town lands,
    the edge is cut. Its two ends are named by their coordinates, so that edges meet.
    """

    def __init__(self, lines: gpd.GeoSeries) -> None:
        merged = shapely.union_all(lines.to_crs(METRIC).to_numpy())
        self.edges = np.array([line for line in shapely.get_parts(merged) if line.length > 0])
        self.metres = shapely.length(self.edges)
        self.tree = STRtree(self.edges)
        self.cuts: dict[int, set[float]] = defaultdict(set)
        self.bridges: list[tuple[Node, Node, float]] = []
        ends = shapely.get_coordinates(shapely.get_point(self.edges, [[0], [-1]])).round(2)
        self.starts, self.stops = ends.reshape(2, len(self.edges), 2)
        self.bridge_ends(END_GAP_M)
        self.join_components(COMPONENT_GAP_M)

    def find_node(self, edge: int, along: float) -> Node:
        """Return the node at a distance along an edge, cutting the edge if need be."""
        if along <= 0.01:
            return tuple(self.starts[edge])
        if along >= self.metres[edge] - 0.01:
            return tuple(self.stops[edge])
        self.cuts[edge].add(along)
        return edge, along

    def find_dead_ends(self) -> dict[Node, int]:
        """Return the nodes where a single edge ends, with that edge."""
        edges_at = defaultdict(list)
        for edge, (start, stop) in enumerate(zip(self.starts, self.stops, strict=True)):
            edges_at[tuple(start)].append(edge)
            edges_at[tuple(stop)].append(edge)
        return {node: edges[0] for node, edges in edges_at.items() if len(edges) == 1}

    def find_nearest(self, point: shapely.Point, reach_m: float, allowed: np.ndarray) -> Hit | None:
        """Return the gap in metres and the nearest allowed edge within reach of a point."""
        near = self.tree.query(point, predicate="dwithin", distance=reach_m)
        near = np.sort(near[allowed[near]])
        if len(near) == 0:
            return None
        gaps = shapely.distance(self.edges[near], point)
        return float(gaps.min()), int(near[gaps.argmin()])

    def bridge_ends(self, reach_m: float) -> None:
        """Join every dead end to the nearest other edge within reach."""
        allowed = np.ones(len(self.edges), dtype=bool)
        for node, own in self.find_dead_ends().items():
            allowed[own] = False
            hit = self.find_nearest(shapely.Point(node), reach_m, allowed)
            allowed[own] = True
            if hit:
                self.add_bridge(node, hit)

    def join_components(self, reach_m: float) -> None:
        """Join components at dead ends, the smallest gaps first, each pair once."""
        component = self.find_components()
        hits = []
        for node, own in self.find_dead_ends().items():
            hit = self.find_nearest(shapely.Point(node), reach_m, component != component[own])
            if hit:
                hits.append((hit, node, component[own]))
        joined = nx.utils.UnionFind(np.unique(component).tolist())
        for hit, node, own in sorted(hits):
            other = component[hit[1]]
            if joined[own] != joined[other]:
                joined.union(own, other)
                self.add_bridge(node, hit)

    def add_bridge(self, node: Node, hit: Hit) -> None:
        """Add a straight link from a node to the nearest point of an edge."""
        gap, edge = hit
        along = self.edges[edge].project(shapely.Point(node))
        self.bridges.append((node, self.find_node(edge, along), gap))

    def list_links(self) -> Iterator[tuple[Node, Node, float]]:
        """Yield every piece of every edge between its cuts, and every bridge."""
        for edge, total in enumerate(self.metres):
            stops = [0.0, *sorted(self.cuts.get(edge, ())), float(total)]
            for start, stop in pairwise(stops):
                yield self.find_node(edge, start), self.find_node(edge, stop), stop - start
        yield from self.bridges

    def build_matrix(self) -> tuple[dict[Node, int], csr_array]:
        """Return the number of each node, and the lengths of the shortest links as a matrix."""
        shortest: dict[tuple[Node, Node], float] = {}
        for start, stop, metres in self.list_links():
            key = (start, stop)
            # scipy reads an explicit 0 as no link, so a link is at least a centimetre long
            shortest[key] = max(min(metres, shortest.get(key, np.inf)), 0.01)
        number: dict[Node, int] = {}
        for pair in shortest:
            for node in pair:
                number.setdefault(node, len(number))
        rows = [number[start] for start, _ in shortest]
        columns = [number[stop] for _, stop in shortest]
        size = len(number)
        return number, csr_array((list(shortest.values()), (rows, columns)), shape=(size, size))

    def find_components(self) -> np.ndarray:
        """Return the component number of every edge."""
        number, matrix = self.build_matrix()
        labels = connected_components(matrix, directed=False)[1]
        return np.array([labels[number[tuple(start)]] for start in self.starts])

    def link_towns(self, towns: dict[str, shapely.Point]) -> list[str]:
        """Link towns to the largest component and return those that lie near it.

        A town is linked to the nearest edge and to those up to 250 m farther away, since the two
        carriageways of a divided road are separate lines. The straight gaps count as road.
        """
        component = self.find_components()
        largest = component == np.bincount(component).argmax()
        linked = []
        for town, point in towns.items():
            hit = self.find_nearest(point, TOWN_GAP_M, largest)
            if hit:
                near = self.tree.query(point, predicate="dwithin", distance=hit[0] + END_GAP_M)
                for edge in np.sort(near[largest[near]]).tolist():
                    line = self.edges[edge]
                    node = self.find_node(edge, line.project(point))
                    self.bridges.append((town, node, line.distance(point)))
                linked.append(town)
        return linked

    def measure(self, towns: dict[str, shapely.Point]) -> dict[tuple[str, str], float]:
        """Return the shortest road distance in km between all towns near the network."""
        linked = self.link_towns(towns)
        number, matrix = self.build_matrix()
        at = [number[town] for town in linked]
        km = dijkstra(matrix, directed=False, indices=at)[:, at] / 1000
        return {
            (start, end): float(km[i, j])
            for i, start in enumerate(linked)
            for j, end in enumerate(linked)
            if i != j
        }


# Our network


def read_graph() -> nx.Graph:
    """Return the schematic roads as a graph of place ids with km."""
    graph = nx.Graph()
    for feature in json.loads((FOLDER / "roads.geojson").read_text(encoding="utf-8"))["features"]:
        row = feature["properties"]
        metres = GEOD.geometry_length(shapely.geometry.shape(feature["geometry"]))
        graph.add_edge(row["from_place"], row["to_place"], km=metres * row["winding_factor"] / 1000)
    return graph


def find_neighbours(graph: nx.Graph, towns: Iterable[str]) -> dict[tuple[str, str], float]:
    """Return the pairs of towns joined by a chain of legs with no other town in it, and its km."""
    towns = set(towns)
    pairs = {}
    for town in sorted(towns):
        lengths, paths = nx.single_source_dijkstra(graph, town, weight="km")
        for other in towns:
            if town < other and towns.isdisjoint(paths[other][1:-1]):
                pairs[town, other] = lengths[other]
    return dict(sorted(pairs.items()))


def compare_roads(network: Path) -> tuple[list[Comparison], list[tuple[str, str, int, float]]]:
    """Return the comparison of neighbouring towns, and of the well-known distances."""
    places = {
        row["place_id"]: (float(row["lon"]), float(row["lat"]), row["kind"])
        for row in read_rows("road_places.csv")
    }
    explained = {
        tuple(sorted((row["from"], row["to"]))): row["explanation"]
        for row in read_rows("road_checks.csv")
    }
    graph = read_graph()
    towns = {place: (lon, lat) for place, (lon, lat, kind) in places.items() if kind in STOPS}
    points = gpd.GeoSeries(gpd.points_from_xy(*zip(*towns.values(), strict=True)), crs=4326)
    mapped = MappedNetwork(gpd.read_file(network).geometry.explode(ignore_index=True)).measure(
        dict(zip(towns, points.to_crs(METRIC), strict=True))
    )
    comparisons = []
    for (start, end), km in find_neighbours(graph, towns).items():
        straight = GEOD.inv(*towns[start], *towns[end])[2] / 1000
        theirs = mapped.get((start, end))
        comparisons.append(
            Comparison(start, end, km, theirs, straight, explained.pop((start, end), ""))
        )
    if explained:
        raise SystemExit(f"road_checks.csv explains pairs that are no neighbours: {[*explained]}")
    known = [
        (start, end, stated, nx.dijkstra_path_length(graph, start, end, weight="km"))
        for (start, end), stated in KNOWN_KM.items()
    ]
    return comparisons, known


# The answer


def describe(row: Comparison, names: dict[str, str]) -> list[str]:
    """Return the cells of one row of the table."""
    mapped = "-" if row.mapped_km is None else f"{row.mapped_km:.1f}"
    difference = "-" if row.difference is None else write_share(row.difference)
    pair = f"{names[row.start]} - {names[row.end]}"
    cells = [pair, f"{row.straight_km:.1f}", f"{row.ours_km:.1f}", mapped, difference]
    return [*cells, row.explanation]


def write_share(share: float) -> str:
    """Return a difference in per cent, with its sign and without a negative zero."""
    return f"{round(share, 2) + 0.0:+.0%}"


def find_faults(comparisons: list[Comparison]) -> list[str]:
    """Return the differences without explanation and the explanations without difference."""
    faults = []
    for row in comparisons:
        if row.differs and not row.explanation:
            faults.append(f"{row.start} - {row.end}: differs by {row.difference:+.0%}, unexplained")
        if row.explanation and not row.differs:
            faults.append(f"{row.start} - {row.end}: is explained but does not differ")
    return faults


def summarise(comparisons: list[Comparison]) -> list[str]:
    """Return the figures of the comparison as sentences."""
    ratios = [row.ours_km / row.mapped_km for row in comparisons if row.mapped_km]
    within = sum(not row.differs for row in comparisons if row.mapped_km)
    return [
        f"{len(comparisons)} pairs of neighbouring towns; {len(ratios)} of them have both ends "
        f"within {TOWN_GAP_M / 1000:.0f} km of the mapped network and are compared.",
        f"Ours over the mapped length: median {statistics.median(ratios):.2f}, "
        f"quartiles {np.quantile(ratios, 0.25):.2f} and {np.quantile(ratios, 0.75):.2f}.",
        f"Within {LIMIT:.0%}: {within} of {len(ratios)} ({within / len(ratios):.0%}); "
        f"the other {len(ratios) - within} are explained below.",
    ]


def write_table(head: list[str], rows: list[list[str]], markdown: bool) -> str:
    """Return a table as text, or as Markdown."""
    if markdown:
        lines = [head, ["---"] * len(head), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]])
        for row in [head, *rows]
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the comparison; 1 if a difference is unexplained."""
    parser = argparse.ArgumentParser(description="Compare the schematic roads with a mapped net.")
    parser.add_argument("network", type=Path, help="vector file of road lines")
    parser.add_argument("--markdown", action="store_true", help="print the part for README.md")
    options = parser.parse_args(arguments)
    comparisons, known = compare_roads(options.network)
    names = {row["place_id"]: row["name"] for row in read_rows("road_places.csv")}
    shown = [row for row in comparisons if row.differs or not options.markdown]
    shown.sort(key=lambda row: (-abs(row.difference or 0), row.start, row.end))
    head = ["pair", "straight km", "ours km", "mapped km", "difference", "explanation"]
    print(*summarise(comparisons), sep="\n", end="\n\n")
    print(write_table(head, [describe(row, names) for row in shown], options.markdown))
    print("\nWell-known road distances between cities:\n")
    cells = [
        [f"{names[start]} - {names[end]}", str(stated), f"{km:.0f}", write_share(km / stated - 1)]
        for start, end, stated, km in known
    ]
    print(write_table(["pair", "stated km", "ours km", "difference"], cells, options.markdown))
    faults = find_faults(comparisons)
    print(*faults, sep="\n", file=sys.stderr, end="\n" if faults else "")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
