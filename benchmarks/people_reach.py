"""What boxreach takes to say which of a million cells a hundred boxes reach."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from benchmarks.people_land import draw_areas

Figures = dict[str, Any]

THRESHOLDS = (15.0, 30.0, 60.0)
_BOXES, _AREAS, _PER_DEGREE = 100, 300, 1200
_ROADS_KMH = {"unclassified": 60.0}
"""Of a national network of main roads most of which have no class."""


def measure(folder: Path, settings: Figures) -> Figures:
    """Build, keep and load a network; time travel times, reach and summaries on it."""
    import boxreach as br
    from boxreach.network import load_network, save_network

    warnings.simplefilter("ignore", br.DataWarning)
    kept = save_network(_build(settings), folder / "reached")
    start = time.perf_counter()
    network = load_network(kept)
    load_s = time.perf_counter() - start
    random = np.random.default_rng(settings["seed"])
    boxes, cells = _settle(network, random, settings["cells"])
    areas = _draw_areas(cells, random, settings["cells"])
    br.travel_times(network, boxes, cells.iloc[:200], cutoff=THRESHOLDS[-1])  # kernels from disk
    start = time.perf_counter()
    times = br.travel_times(network, boxes, cells, cutoff=THRESHOLDS[-1])
    times_s = time.perf_counter() - start
    reached = [br.reach(times, minutes=minutes) for minutes in THRESHOLDS]
    reach_s = time.perf_counter() - start - times_s
    start = time.perf_counter()
    table = br.summarise(reached[-1], by=areas, minutes=THRESHOLDS)
    summarise_s = time.perf_counter() - start
    total = table[table.index == "total"]
    return {
        "nodes": network.node_count,
        "load_s": load_s,
        "times_s": times_s,
        "reach_s": reach_s,
        "summarise_s": summarise_s,
        "pairs": times.ms.nnz,
        "searched": times.merging.searched,
        "covered": [int(one["covered"].sum()) for one in reached],
        "agree": total["places_covered"].tolist() == [int(one["covered"].sum()) for one in reached],
    }


def _build(settings: Figures) -> Any:
    """Return the network of a file of roads, or of a synthetic country."""
    import boxreach as br
    from benchmarks.countries import make_country
    from benchmarks.ours import arrays_of
    from boxreach.network import network_from_arrays

    if settings.get("roads"):
        roads = br.read_roads(settings["roads"], columns=settings.get("columns"))
        speeds = br.SpeedModel().replace(kmh=_ROADS_KMH)
        return br.build_network(
            roads, off_road_km=5.0, off_road_kmh=20.0, node_crossings=True, bridge_m=3000.0,
            speeds=speeds,
        )  # fmt: skip
    return network_from_arrays(*arrays_of(make_country(settings["nodes"])))[0]


def _settle(
    network: Any, random: np.random.Generator, count: int
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return boxes at roads, and cells of about 90 m about them: four of five within a km or so."""
    nodes = np.column_stack([network.edges.lon, network.edges.lat]) / 1e7
    at = nodes[random.integers(0, len(nodes), 5 * count)]
    wide = np.where(random.random(len(at)) < 0.8, 0.01, 0.03)
    off = random.normal(0.0, 1.0, (len(at), 2)) * wide[:, None]
    xy = np.unique(np.rint((at + off) * _PER_DEGREE), axis=0) / _PER_DEGREE
    xy = xy[random.permutation(len(xy))[:count]]
    xy = xy[np.lexsort((xy[:, 0], -xy[:, 1]))]
    cells = _points(xy, "c").assign(people=40 * random.random(len(xy)))
    return _points(nodes[random.choice(len(nodes), _BOXES, replace=False)], "box-"), cells


def _points(xy: npt.NDArray[np.float64], prefix: str) -> gpd.GeoDataFrame:
    index = [f"{prefix}{at:07d}" for at in range(len(xy))]
    return gpd.GeoDataFrame(index=index, geometry=gpd.points_from_xy(*xy.T), crs=4326)


def _draw_areas(
    cells: gpd.GeoDataFrame, random: np.random.Generator, count: int
) -> gpd.GeoDataFrame:
    """Return areas over all cells."""
    west, south, east, north = cells.total_bounds
    side = max(east - west, north - south) + 0.2
    shapes = draw_areas(random, side, max(12, round(_AREAS * min(count / 1e6, 1.0))))
    areas = gpd.GeoSeries(shapes, crs=4326)
    here = areas.total_bounds
    moved = areas.translate(west - 0.1 - here[0], south - 0.1 - here[1])
    ids = [f"A{at:03d}" for at in range(len(moved))]
    table = gpd.GeoDataFrame({"name": ids}, geometry=moved.to_numpy(), crs=4326)
    return table.set_index(np.array(ids, dtype=object)).rename_axis("area_id")
