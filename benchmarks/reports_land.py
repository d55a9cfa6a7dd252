"""A synthetic land for reports: roads that are driven on, communities, boxes, and a plan."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import boxreach as br
from benchmarks.countries import CLASSES, SPEED_KMH, make_country


@dataclass(frozen=True, eq=False)
class Land:
    """What a report is made of, as `prepare_report` takes it."""

    reach: gpd.GeoDataFrame
    plan: br.Proposal
    roads: gpd.GeoDataFrame
    areas: pd.DataFrame


def make_land(sites: int, places: int, nodes: int, *, seed: int = 1) -> Land:
    """Return a land of so many proposed sites and communities, on roads of so many nodes."""
    country = make_country(nodes, seed)
    at = np.column_stack([country.lon, country.lat])
    roads = gpd.GeoDataFrame(
        {
            "road_class": np.array(CLASSES, dtype=object)[country.road_class],
            "speed_kmh": np.array(SPEED_KMH, dtype=float)[country.road_class],
            "name": "",
        },
        geometry=shapely.linestrings(np.stack([at[country.tail], at[country.head]], axis=1)),
        crs=4326,
    )
    draw = np.random.default_rng(seed)
    chosen = at[draw.choice(len(at), places + 3 * sites, replace=False)]
    demand = _name(chosen[:places], "c", "community_id", "Place")
    demand["people"] = np.rint(draw.pareto(1.1, places) * 200 + 20)
    demand["governorate"] = [f"Governorate {k}" for k in (chosen[:places, 0] * 2 % 18).astype(int)]
    boxes = _name(chosen[places : places + sites // 2], "b", "site_id", "Box")
    options = _name(chosen[places + sites :], "n", "site_id", "New box")
    network = br.build_network(roads)
    existing = br.travel_times(network, boxes, demand, cutoff=60, mobilise_minutes=2)
    times = existing.from_sites(options)
    plan = br.propose(times, br.MaxCover(sites=sites, minutes=30), existing=existing, seconds=10)
    reach = br.reach(existing, minutes=30)
    areas = br.summarise(reach, by="governorate").reset_index()
    return Land(reach, plan, roads, areas)


def _name(where: np.ndarray, letter: str, index: str, word: str) -> gpd.GeoDataFrame:
    ids = [f"{letter}{row:05d}" for row in range(len(where))]
    return gpd.GeoDataFrame(
        {"name": [f"{word} {row}" for row in range(len(where))],
         "name_ar": [f"موقع {row}" for row in range(len(where))]},
        index=pd.Index(ids, name=index, dtype=object), geometry=gpd.points_from_xy(*where.T),
        crs=4326,
    )  # fmt: skip
