"""What placement takes with times on the disk, and what it takes with all of them in memory."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from benchmarks.countries import make_country

Figures = dict[str, Any]

_MOST_CHOSEN: Final = 100
_NEAR_DEGREES: Final = 0.002


def prepare_large(folder: Path, settings: Figures) -> Figures:
    """Make the country, its candidates, who stand on roads, and places about them."""
    from boxreach.network import network_from_arrays, save_network

    country = make_country(settings["nodes"], 1)
    network, _ = network_from_arrays(
        country.lon, country.lat, country.tail, country.head, country.forward_ms,
        country.backward_ms,
    )  # fmt: skip
    (folder / "network.txt").write_text(str(save_network(network, folder / "network")))
    draw = np.random.default_rng(1)
    rows = np.flatnonzero(country.place >= 0)
    for name, spread in (("sites", 0.0), ("places", _NEAR_DEGREES)):
        some = draw.choice(rows, settings[name], replace=settings[name] > len(rows))
        at = np.column_stack([country.lon[some], country.lat[some]])
        np.save(folder / f"{name}.npy", at + draw.normal(0, spread, at.shape))
    people = np.minimum(np.ceil(draw.pareto(1.3, settings["places"]) * 40 + 1), 200_000.0)
    np.save(folder / "people.npy", people)
    return {"nodes": network.node_count}


def prepare_small(folder: Path, settings: Figures) -> Figures:
    """Take some of the same candidates and places."""
    for name in ("sites", "places", "people"):
        count = settings["sites" if name == "sites" else "places"]
        np.save(folder / f"{name}.npy", np.load(folder / f"{name}.npy")[:count])
    return {}


def _read(folder: Path) -> tuple[Any, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    from boxreach.network import load_network

    tables = []
    for name in ("sites", "places"):
        at = np.load(folder / f"{name}.npy")
        ids = pd.Index([f"{name[0]}{row:07d}" for row in range(len(at))], name=f"{name[:-1]}_id")
        points = gpd.points_from_xy(at[:, 0], at[:, 1])
        tables.append(gpd.GeoDataFrame(index=ids, geometry=points, crs=4326))
    tables[1]["people"] = np.load(folder / "people.npy")
    return load_network(Path((folder / "network.txt").read_text())), *tables


def place_stored(folder: Path, settings: Figures) -> Figures:
    """Choose sites with times on the disk, within the memory that is allowed."""
    import boxreach as br

    network, sites, places = _read(folder)
    begun = time.perf_counter()
    stored = br.store_travel_times(
        network, sites, places, cutoff=settings["minutes"], folder=folder
    )
    storing_s = time.perf_counter() - begun
    begun = time.perf_counter()
    plan = _place(stored, settings, memory_gb=settings["memory_gb"])
    return {
        "sites": len(sites), "places": len(places), "pairs": stored.pairs, "gap": plan.gap,
        "objective": plan.objective, "bound": plan.bound, "storing_s": storing_s,
        "placing_s": time.perf_counter() - begun,
    }  # fmt: skip


def place_both(folder: Path, settings: Figures) -> Figures:
    """Choose sites with times in memory and with times on the disk, and compare the plans."""
    import boxreach as br

    network, sites, places = _read(folder)
    plans, taken, pairs = [], [], 0
    for some in (sites.iloc[::20], sites):  # the first load kernels
        plans.clear()
        taken.clear()
        for compute in (br.travel_times, br.store_travel_times):
            begun = time.perf_counter()
            times = compute(network, some, places, cutoff=settings["minutes"])
            plans.append(_place(times, settings))
            taken.append(time.perf_counter() - begun)
            pairs = getattr(times, "pairs", pairs)
            del times
    one, other = plans
    return {
        "sites": len(sites), "places": len(places), "pairs": pairs,
        "agrees": one.sites.equals(other.sites) and one.reach.equals(other.reach),
        "memory_s": taken[0], "stored_s": taken[1],
    }  # fmt: skip


def _place(times: Any, settings: Figures, **more: Any) -> Any:
    import boxreach as br

    chosen = min(_MOST_CHOSEN, len(times.sites) // 2)
    model = br.MaxCover(sites=chosen, minutes=settings["minutes"])
    return br.propose(times, model, seconds=settings["seconds"], **more)
