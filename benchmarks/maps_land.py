"""A synthetic country for maps: communities, boxes, a plan, isochrones, roads and travel times."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

import boxreach as br

Floats = npt.NDArray[np.float64]

WEST, SOUTH, WIDE, HIGH = 39.0, 29.5, 9.0, 7.5
"""The country, in degrees."""

_KM: Final = np.array([94.0, 111.0])
_MINUTES: Final = (15, 30, 60)
_KM_PER_MINUTE = 0.75
_NEVER = -1
_CLASSES: Final = ("trunk", "primary", "secondary", "tertiary", "unclassified", "track")
_CLASS_SHARES: Final = (0.04, 0.08, 0.12, 0.26, 0.3, 0.2)


@dataclass(frozen=True, eq=False)
class Country:
    """What a map is made of.

    Attributes
    ----------
    reach, plan, times
        As `boxreach.map_plan` takes them.
    beside
        Its other tables, by the names of its arguments.
    """

    reach: gpd.GeoDataFrame
    plan: br.Proposal
    times: br.TravelTimes
    beside: dict[str, gpd.GeoDataFrame]


def make_country(places: int, *, boxes: int = 100, roads: int = 5_000, seed: int = 1) -> Country:
    """Return a country of so many communities, with as many new boxes as stand.

    Communities crowd around towns; times are straight lines at 45 km/h, to 60 minutes.
    """
    draw = np.random.default_rng(seed)
    towns = _scatter(draw, 250)
    where = np.concatenate([
        towns[draw.integers(0, len(towns), places - places // 4)]
        + draw.normal(0, 0.22, (places - places // 4, 2)),
        _scatter(draw, places // 4),
    ])  # fmt: skip
    where = np.clip(where, [WEST, SOUTH], [WEST + WIDE, SOUTH + HIGH])
    sites = np.concatenate([towns[:boxes], _scatter(draw, boxes)])
    demand = _name(where, "c", "Place")
    demand["people"] = np.rint(draw.pareto(1.1, places) * 200 + 20)
    demand["governorate"] = [f"Governorate {k}" for k in _squares(where)]
    standing, new = _name(sites[:boxes], "b", "Box"), _name(sites[boxes:], "n", "New box")
    times = _time(pd.concat([standing, new]), demand)
    reach = br.reach(_time(standing, demand), minutes=30)
    plan = _choose(times, boxes, standing, reach)
    every = pd.concat([standing, plan.sites])
    beside = {
        "areas": _areas(),
        "roads": _roads(draw, roads, towns),
        "isochrones": _isochrones(draw, every),
    }
    return Country(reach, plan, times, beside)


def _scatter(draw: np.random.Generator, count: int) -> Floats:
    return np.array([WEST, SOUTH]) + draw.random((count, 2)) * [WIDE, HIGH]


def _name(where: Floats, letter: str, word: str) -> gpd.GeoDataFrame:
    ids = [f"{letter}{row:05d}" for row in range(len(where))]
    return gpd.GeoDataFrame(
        {"name": [f"{word} {row}" for row in range(len(where))],
         "name_ar": [f"موقع {row}" for row in range(len(where))]},
        index=pd.Index(ids, name="id", dtype=object), geometry=gpd.points_from_xy(*where.T),
        crs=4326,
    )  # fmt: skip


def _squares(where: Floats) -> npt.NDArray[np.int64]:
    column, row = ((where - [WEST, SOUTH]) / [WIDE / 6, HIGH / 3]).astype(int).T
    return np.minimum(row, 2) * 6 + np.minimum(column, 5)


def _areas() -> gpd.GeoDataFrame:
    boxes = [
        shapely.box(WEST + k % 6 * WIDE / 6, SOUTH + k // 6 * HIGH / 3,
                    WEST + (k % 6 + 1) * WIDE / 6, SOUTH + (k // 6 + 1) * HIGH / 3)
        for k in range(18)
    ]  # fmt: skip
    return gpd.GeoDataFrame(
        {"name": [f"Governorate {k}" for k in range(18)]}, geometry=boxes, crs=4326
    )


def _time(sites: gpd.GeoDataFrame, demand: gpd.GeoDataFrame) -> br.TravelTimes:
    from_km, to_km = (shapely.get_coordinates(one.geometry) * _KM for one in (sites, demand))
    near = cKDTree(from_km).sparse_distance_matrix(
        cKDTree(to_km), _MINUTES[-1] * _KM_PER_MINUTE, output_type="coo_matrix"
    )
    minutes = near.data / _KM_PER_MINUTE
    shape = (len(sites), len(demand))
    ms = csr_array((np.rint(60_000 * minutes).astype(np.int64), (near.row, near.col)), shape=shape)
    dense = np.full(len(demand), np.iinfo(np.int64).max)
    pairs = ms.tocoo()
    np.minimum.at(dense, pairs.col, pairs.data)
    order = np.lexsort((-pairs.row, -pairs.data))
    nearest = np.full(len(demand), _NEVER)
    nearest[pairs.col[order]] = pairs.row[order]
    nearest_ms = np.where(nearest >= 0, dense, _NEVER)
    network: Any = SimpleNamespace()
    return br.TravelTimes(
        sites=sites, demand=demand, ms=ms, cutoff_minutes=float(_MINUTES[-1]), nearest_site=nearest,
        nearest_ms=nearest_ms, lifted_ms=nearest_ms, off_road_m=np.zeros(len(demand)),
        off_road_ms=np.zeros(len(demand), dtype=np.int64), network=network, mobilise_minutes=0.0,
        direction="site_to_demand",
    )  # fmt: skip


def _choose(
    times: br.TravelTimes, boxes: int, standing: gpd.GeoDataFrame, reach: gpd.GeoDataFrame
) -> br.Proposal:
    """Return a plan of all new sites, that which gains most first."""
    people = reach["people"].to_numpy(dtype=float)
    covered = reach["covered"].to_numpy().copy()
    within = times.ms.copy()
    within.data = (within.data <= 30 * 60_000).astype(np.int8)
    within.eliminate_zeros()
    rows = [within.indices[within.indptr[row] : within.indptr[row + 1]]
            for row in range(boxes, within.shape[0])]  # fmt: skip
    left, order, gained = set(range(len(rows))), [], []
    while left:
        worth = {row: people[rows[row][~covered[rows[row]]]].sum() for row in left}
        best = max(left, key=lambda row: (worth[row], -row))
        covered[rows[best]] = True
        left.discard(best)
        order.append(best)
        gained.append(worth[best])
    before = people[reach["covered"]].sum()
    sites = times.sites.iloc[boxes:].iloc[order]
    sites = sites.assign(
        rank=np.arange(1, len(order) + 1), phase=len(order), people_gained=gained,
        people_covered=before + np.cumsum(gained),
    )  # fmt: skip
    sites["share_covered"] = sites["people_covered"] / people.sum()
    last = float(sites["people_covered"].iloc[-1])
    phases = pd.DataFrame(
        {"new_sites": [len(order)], "objective": [last], "bound": [last], "gap": [0.0],
         "status": ["feasible"]},
        index=pd.Index([len(order)], name="sites"),
    )  # fmt: skip
    return br.Proposal(
        sites, standing, reach.assign(covered=covered), phases, "people", 30.0, people.sum()
    )


def _roads(draw: np.random.Generator, count: int, towns: Floats) -> gpd.GeoDataFrame:
    """Return winding lines of twenty points, some 12 km long, most of them near towns."""
    begins = towns[draw.integers(0, len(towns), count)] + draw.normal(0, 0.35, (count, 2))
    turns = np.cumsum(draw.normal(0, 0.25, (count, 20)), axis=1) + 6.3 * draw.random((count, 1))
    steps = 0.006 * np.stack([np.cos(turns), np.sin(turns)], axis=2)
    lines = begins[:, None, :] + np.cumsum(steps, axis=1)
    classes = draw.choice(_CLASSES, count, p=_CLASS_SHARES)
    return gpd.GeoDataFrame({"road_class": classes}, geometry=shapely.linestrings(lines), crs=4326)


def _isochrones(draw: np.random.Generator, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return three ragged outlines a site, each within the next, of 150 points."""
    angles = np.linspace(0, 2 * np.pi, 150, endpoint=False)
    rows, shapes = [], []
    for site, (x, y) in zip(sites.index, shapely.get_coordinates(sites.geometry), strict=True):
        waves = draw.random((4, 2))
        ragged = 0.75 + sum(
            0.1 * a * np.cos((k + 2) * angles + 6.3 * b) for k, (a, b) in enumerate(waves)
        ) + draw.normal(0, 0.03, len(angles))  # fmt: skip
        for minutes in _MINUTES:
            far = minutes * _KM_PER_MINUTE * ragged[:, None] / _KM
            ring = np.array([x, y]) + far * np.column_stack([np.cos(angles), np.sin(angles)])
            rows.append((site, float(minutes)))
            shapes.append(shapely.make_valid(shapely.Polygon(ring)))
    table = pd.DataFrame(rows, columns=["site_id", "minutes"])
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)
