"""What worker processes take beside threads, for the same searches on the same country."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.countries import make_country

Figures = dict[str, Any]

PLACES: Final = 50_000
_MS_PER_MINUTE: Final = 60_000
_TIMES: Final = 3
_NEAR_DEGREES: Final = 0.002


def prepare(folder: Path, settings: Figures) -> Figures:
    """Make the country and keep its network."""
    from boxreach.network import network_from_arrays, save_network

    country = make_country(settings["nodes"], settings["seed"])
    network, _ = network_from_arrays(
        country.lon, country.lat, country.tail, country.head, country.forward_ms,
        country.backward_ms,
    )  # fmt: skip
    (folder / "network.txt").write_text(str(save_network(network, folder / "network")))
    draw = np.random.default_rng(settings["seed"])
    rows = np.flatnonzero(country.place >= 0)
    for name, count in (
        ("sites", settings["most"]),
        ("places", min(PLACES, settings["nodes"] // 10)),
    ):
        some = draw.choice(rows, count, replace=count > len(rows))
        at = np.column_stack([country.lon[some], country.lat[some]])
        np.save(folder / f"{name}.npy", at + draw.normal(0, _NEAR_DEGREES, at.shape))
    return {"nodes": network.node_count}


def _read(folder: Path, sites: int) -> tuple[Any, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    from boxreach.network import load_network

    tables = []
    for name, count in (("sites", sites), ("places", None)):
        at = np.load(folder / f"{name}.npy")[:count]
        ids = pd.Index([f"{name[0]}{row:06d}" for row in range(len(at))], name=f"{name[:-1]}_id")
        points = gpd.points_from_xy(at[:, 0], at[:, 1])
        tables.append(gpd.GeoDataFrame(index=ids, geometry=points, crs=4326))
    return load_network(Path((folder / "network.txt").read_text())), *tables


def name_case(sites: int, minutes: int) -> str:
    """Return the name of what is asked, among the figures."""
    return f"{sites} sites, {minutes} minutes"


def measure(folder: Path, settings: Figures) -> Figures:
    """Search from many and from fewer sites by threads, by one worker and by two."""
    import boxreach as br

    figures: Figures = {}
    for sites, minutes in settings["cases"]:
        asked = _read(folder, sites)
        wanted = br.travel_times(*asked, cutoff=minutes)
        begun = time.perf_counter()
        search = _link(*asked, minutes)
        found = {"linking_s": time.perf_counter() - begun, "pairs": int(wanted.ms.nnz)}
        found |= {"minutes": minutes, "threads_s": _time(search, None), "agrees": True}
        for workers in (1, 2):
            with _hire(workers) as client:
                there = br.travel_times(*asked, cutoff=minutes, client=client)  # kernels from disk
                found["agrees"] &= _equal(there, wanted)
                del there
                found[f"workers_{workers}_s"] = _time(search, client)
        figures[name_case(sites, minutes)] = found
    return figures


def _link(network: Any, sites: gpd.GeoDataFrame, places: gpd.GeoDataFrame, minutes: int) -> Any:
    """Link sites and places to the roads, which this process does whoever searches."""
    from boxreach.routing.searching import Search
    from boxreach.routing.times import places_of

    here, there = places_of(sites), places_of(places)
    return Search(network, here, there, 0, minutes * _MS_PER_MINUTE, 0.0, backwards=False)


def _time(search: Any, client: Any) -> float:
    """Return the least seconds of some searches: sending, searching and putting together."""
    taken = []
    for _ in range(_TIMES):
        gc.collect()
        begun = time.perf_counter()
        search.within(None, client)
        taken.append(time.perf_counter() - begun)
    return min(taken)


def _hire(workers: int) -> Any:
    """Return what ``--workers`` starts."""
    from boxreach.cli.hiring import start_workers

    return start_workers(workers)


def _equal(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(getattr(one.ms, name), getattr(other.ms, name))
        for name in ("data", "indices", "indptr")
    ) and np.array_equal(one.nearest_ms, other.nearest_ms)
