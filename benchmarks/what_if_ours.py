"""What boxreach takes to tell what hangs on a closure, on bridges, and on the speeds of roads."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.countries import CLASSES, SPEED_KMH, Country, make_country

Figures = dict[str, Any]

SITES: Final = 100
PLACES: Final = 50_000
BRIDGES: Final = 70
DRAWS: Final = 200
MINUTES: Final = 30.0
CUTOFF: Final = 60.0
_FAST: Final = 4
"""Bridges are edges of the classes before this one: motorways to tertiary roads."""
_NEAR_DEGREES: Final = 0.6
_WARM_NODES: Final = 20_000
_SPREAD_DEGREES: Final = 0.002


def prepare(folder: Path, settings: Figures) -> Figures:
    """Make the country, its boxes and communities, and time how long building it takes."""
    import shapely

    import boxreach as br
    from boxreach.network import save_network

    country = make_country(settings["nodes"], settings["seed"])
    at = np.column_stack([country.lon, country.lat])
    roads = gpd.GeoDataFrame(
        {
            "road_class": np.array(CLASSES, dtype=object)[country.road_class],
            "speed_kmh": SPEED_KMH[country.road_class],
            "oneway": np.where(country.backward_ms >= 0, "no", "yes"),
            "from_node": country.tail,
            "to_node": country.head,
        },
        index=pd.Index([f"r{row}" for row in range(len(country.tail))], name="road_id"),
        geometry=shapely.linestrings(np.stack([at[country.tail], at[country.head]], axis=1)),
        crs=4326,
    )
    begun = time.perf_counter()
    network = br.build_network(roads)
    built_s = time.perf_counter() - begun
    (folder / "network.txt").write_text(str(save_network(network, folder / "network")))
    _settle(country, settings["seed"]).to_pickle(folder / "places.pickle")
    np.save(folder / "bridges.npy", _choose_bridges(country, settings["seed"]))
    return {"built_s": built_s, "nodes": network.node_count}


def _settle(country: Country, seed: int) -> pd.DataFrame:
    """Return boxes, then communities, about nodes of the country."""
    draw = np.random.default_rng(seed)
    places = min(PLACES, len(country.lon) // 3)
    rows = draw.choice(len(country.lon), SITES + places, replace=False)
    lon, lat = (
        one[rows] + draw.normal(0, _SPREAD_DEGREES, len(rows)) for one in (country.lon, country.lat)
    )
    people = np.rint(draw.pareto(1.1, len(rows)) * 200 + 20)
    return pd.DataFrame({"lon": lon, "lat": lat, "people": people})


def _choose_bridges(country: Country, seed: int) -> np.ndarray:
    """Return edges of better roads about the largest town."""
    lon, lat = (one[country.place == 0].mean() for one in (country.lon, country.lat))
    near = np.hypot(country.lon - lon, country.lat - lat)[country.tail] < _NEAR_DEGREES
    some = np.flatnonzero(near & (country.road_class <= _FAST))
    draw = np.random.default_rng(seed)
    return np.sort(draw.choice(some, min(BRIDGES, len(some)), replace=False))


def measure_closure(folder: Path, settings: Figures) -> Figures:
    """Close a bridge and tell who is within reach; held against a full run."""
    import shapely

    import boxreach as br

    network, boxes, places = _read(folder)
    road = f"r{np.load(folder / 'bridges.npy')[0]}"
    begun = time.perf_counter()
    times = br.travel_times(network, boxes, places, cutoff=CUTOFF)
    times_s = time.perf_counter() - begun
    begun = time.perf_counter()
    br.reach(times, minutes=MINUTES)
    reach_s = time.perf_counter() - begun
    edge = int(np.flatnonzero(network.attributes["road_id"] == road)[0])
    xy, _ = network.edges.vertices(np.array([edge]))
    closures = gpd.GeoDataFrame(
        geometry=[shapely.Point(xy.mean(axis=0))], crs=4326, index=pd.Index(["c"])
    )
    times.under(closures)  # kernels from disk
    wall, cpu = time.perf_counter(), time.process_time()
    found = times.under(closures)
    reached = br.reach(found, minutes=MINUTES)
    again_s, again_cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    full = br.travel_times(network.without(closures), boxes, places, cutoff=CUTOFF)
    agrees = (full.ms != found.ms).nnz == 0 and full.ms.nnz == found.ms.nnz
    agrees &= bool(reached.equals(br.reach(full, minutes=MINUTES)))
    return {
        "times_s": times_s, "reach_s": reach_s, "again_s": again_s, "again_cpu_s": again_cpu_s,
        "pairs": int(times.ms.nnz), "agrees": bool(agrees),
    }  # fmt: skip


def measure_bridges(folder: Path, settings: Figures) -> Figures:
    """Tell who loses reach with each bridge of a governorate; some held against closing it."""
    import boxreach as br

    network, boxes, places = _read(folder)
    roads = [f"r{row}" for row in np.load(folder / "bridges.npy")]
    times = br.travel_times(network, boxes, places, cutoff=CUTOFF)
    br.criticality(times, minutes=MINUTES, roads=roads[:2])  # kernels from disk
    wall, cpu = time.perf_counter(), time.process_time()
    found = br.criticality(times, minutes=MINUTES, roads=roads)
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    worst = str(found.roads.index[0])
    return {
        "wall_s": wall_s, "cpu_s": cpu_s, "bridges": len(roads), "sites": len(boxes),
        "most_lost": float(found.roads["people_lost"].iloc[0]),
        "agrees": _is_lost(times, worst, float(found.roads["people_lost"].iloc[0])),
    }  # fmt: skip


def _is_lost(times: Any, road: str, lost: float) -> bool:
    """Tell whether closing a road along its whole length costs so many people their reach."""
    import boxreach as br

    edge = np.flatnonzero(times.network.attributes["road_id"] == road)
    lines = times.network.edges.lines(edge)
    closed = gpd.GeoDataFrame({"road_id": road}, geometry=lines, crs=4326, index=["c"] * len(lines))
    shut = br.travel_times(times.network.without(closed), times.sites, times.demand, cutoff=CUTOFF)
    before, after = (br.reach(one, minutes=MINUTES)["covered"] for one in (times, shut))
    return bool(np.isclose(times.demand["people"][before & ~after].sum(), lost))


def measure_draws(folder: Path, settings: Figures) -> Figures:
    """Draw speeds by class, and tell how many people are within reach."""
    import boxreach as br

    ranges = dict.fromkeys(CLASSES, (0.7, 1.1))
    small = folder / "small"
    small.mkdir(exist_ok=True)
    prepare(small, settings | {"nodes": _WARM_NODES})
    warm = br.travel_times(*_read(small), cutoff=CUTOFF)
    br.robustness(warm, minutes=MINUTES, speeds=ranges, draws=2)  # kernels from disk
    network, boxes, places = _read(folder)
    times = br.travel_times(network, boxes, places, cutoff=CUTOFF)
    wall, cpu = time.perf_counter(), time.process_time()
    found = br.robustness(times, minutes=MINUTES, speeds=ranges, draws=DRAWS)
    row = found.table.iloc[0]
    return {
        "wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu,
        "draws": DRAWS, "sites": len(boxes), "low": float(row["low"]), "high": float(row["high"]),
    }  # fmt: skip


def _read(folder: Path) -> tuple[Any, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the network, the boxes and the communities."""
    from boxreach.network import load_network

    network = load_network(Path((folder / "network.txt").read_text()))
    table = pd.read_pickle(folder / "places.pickle")  # noqa: S301 - our own
    parts = []
    for letter, name, rows in (
        ("s", "site_id", table[:SITES]),
        ("c", "community_id", table[SITES:]),
    ):
        ids = pd.Index([f"{letter}{row:05d}" for row in range(len(rows))], name=name)
        frame = rows[["people"]].assign(governorate="")
        points = gpd.points_from_xy(rows["lon"], rows["lat"])
        parts.append(gpd.GeoDataFrame(frame.set_axis(ids), geometry=points, crs=4326))
    return network, *parts
