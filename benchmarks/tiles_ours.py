"""Times on one network, and on the same roads tile by tile, read from a file."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.countries import CLASSES, make_country

Figures = dict[str, Any]

_NEAR_DEGREES = 0.002


def prepare(folder: Path, settings: Figures) -> Figures:
    """Write the roads of a country as a GeoPackage, and where sites and places are."""
    country = make_country(settings["nodes"], 1)
    at = np.column_stack([country.lon, country.lat])
    ways = shapely.linestrings(np.stack([at[country.tail], at[country.head]], axis=1))
    roads = gpd.GeoDataFrame(
        {
            "road_id": [f"r{row}" for row in range(len(ways))],
            "road_class": np.array(CLASSES, dtype=object)[country.road_class],
        },
        geometry=ways, crs=4326,
    )  # fmt: skip
    roads.to_file(folder / "roads.gpkg")
    draw = np.random.default_rng(1)
    for name in ("sites", "places"):
        some = at[draw.choice(len(at), settings[name], replace=False)]
        np.save(folder / f"{name}.npy", some + draw.normal(0, _NEAR_DEGREES, some.shape))
    return {"roads": len(roads)}


def search_whole(folder: Path, settings: Figures) -> Figures:
    """Find the times on one network of all roads."""
    import boxreach as br

    roads = br.read_roads(folder / "roads.gpkg")
    return _search(folder, settings, br.build_network(roads))


def search_tiled(folder: Path, settings: Figures) -> Figures:
    """Find the times tile by tile."""
    import boxreach as br

    def read(window: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
        roads = gpd.read_file(folder / "roads.gpkg", bbox=window)
        return br.read_roads(roads) if len(roads) else roads

    return _search(folder, settings, br.tile_network(read, tile_km=settings["tile_km"]))


def _search(folder: Path, settings: Figures, network: Any) -> Figures:
    import boxreach as br

    tables = []
    for name in ("sites", "places"):
        at = np.load(folder / f"{name}.npy")
        ids = pd.Index([f"{name[0]}{row}" for row in range(len(at))], name=f"{name[:-1]}_id")
        tables.append(gpd.GeoDataFrame(index=ids, geometry=shapely.points(at), crs=4326))
    times = br.travel_times(network, *tables, cutoff=settings["minutes"])
    held = times.ms.data, times.ms.indices, times.ms.indptr
    told = hashlib.sha256(b"".join(one.tobytes() for one in held)).hexdigest()
    return {"pairs": int(times.ms.nnz), "answer": told, "cpu_s": time.process_time()}
