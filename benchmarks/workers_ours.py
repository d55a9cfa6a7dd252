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

CUTOFF: Final = 60.0
PLACES: Final = 50_000
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


def measure(folder: Path, settings: Figures) -> Figures:
    """Search from many and from fewer sites by threads, by one worker and by two."""
    import boxreach as br

    figures: Figures = {}
    for sites in settings["sites"]:
        asked = _read(folder, sites)
        wanted = br.travel_times(*asked, cutoff=CUTOFF)
        found = figures[str(sites)] = {"pairs": int(wanted.ms.nnz), "agrees": True}
        found["threads_s"], found["linking_s"] = _time(asked, None)
        for workers in (1, 2):
            with _hire(workers) as client:
                there = br.travel_times(*asked, cutoff=CUTOFF, client=client)  # kernels from disk
                found["agrees"] &= _equal(there, wanted)
                del there
                found[f"workers_{workers}_s"], _ = _time(asked, client)
    return figures


def _search(asked: tuple[Any, ...], client: Any) -> float:
    """Compute travel times; return the seconds that are spent before the search begins."""
    import boxreach as br

    begun, began = time.perf_counter(), []

    def tell(_what: str, _done: int, _total: int) -> None:
        began.append(time.perf_counter() - begun)

    br.travel_times(*asked, cutoff=CUTOFF, client=client, progress=tell)
    return began[0]


def _time(asked: tuple[Any, ...], client: Any) -> tuple[float, float]:
    """Return the least of some wall times, and the seconds until the first piece then."""
    taken = []
    for _ in range(_TIMES):
        gc.collect()
        begun = time.perf_counter()
        first = _search(asked, client)
        taken.append((time.perf_counter() - begun, first))
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
