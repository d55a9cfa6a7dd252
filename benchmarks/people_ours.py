"""What boxreach takes to say how many people live in each area."""

from __future__ import annotations

import time
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from benchmarks.answers import time_best
from benchmarks.people_land import AREAS, RASTER

Figures = dict[str, Any]


def measure(folder: Path, settings: Figures) -> Figures:
    """Time reading, placing, joining and summing; keep where each cell lies."""
    import boxreach as br

    warnings.simplefilter("ignore", br.DataWarning)  # some cells lie just outside all areas
    start = time.perf_counter()
    areas = br.read_areas(folder / AREAS)
    read_areas_s = time.perf_counter() - start
    br.locate_areas(br.read_population(folder / RASTER).iloc[:1], areas)  # kernels from disk
    start = time.perf_counter()
    cells = br.read_population(folder / RASTER)
    read_s = time.perf_counter() - start
    people = cells["people"].to_numpy()

    def total(where: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        sums = np.bincount(where + 1, weights=people, minlength=len(areas) + 1)
        return np.asarray(sums[1:])

    locate_s, where = time_best(lambda: br.locate_areas(cells, areas), repeats=7)
    sum_s, sums = time_best(partial(total, where), repeats=7)
    whole_s, _ = time_best(lambda: total(br.locate_areas(cells, areas)), repeats=7)
    join_s, joined = time_best(lambda: br.join_areas(cells, areas, column="area"), repeats=5)
    by_name_s, by_name = time_best(joined.groupby("area")["people"].sum, repeats=3)
    reached = _reach(cells)
    summarise_s, table = time_best(
        lambda: br.summarise(reached, by=areas, minutes=(15.0, 30.0, 60.0)), repeats=3
    )
    named = by_name.reindex(areas["name"], fill_value=0.0).to_numpy()
    lon, lat = cells.geometry.x.to_numpy(), cells.geometry.y.to_numpy()
    np.savez(folder / "cells.npz", lon=lon, lat=lat, people=people, where=where)
    return {
        "read_areas_s": read_areas_s,
        "read_s": read_s,
        "locate_s": locate_s,
        "sum_s": sum_s,
        "whole_s": whole_s,
        "join_s": join_s,
        "by_name_s": by_name_s,
        "cells": len(cells),
        "summarise_s": summarise_s,
        "covered_agree": table.loc["total", "places_covered"].tolist()
        == [int((reached["minutes"] <= most).sum()) for most in (15, 30, 60)],
        "names_agree": bool(np.allclose(named, sums, rtol=1e-12)),
    }


def _reach(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return cells as `reach` would, with minutes drawn at random: some have no way."""
    random = np.random.default_rng(0)
    ms = random.integers(0, 7_200_000, len(cells))
    minutes = np.where(random.random(len(cells)) < 0.05, np.nan, ms / 60_000)
    return cells.assign(
        threshold_minutes=60.0,
        covered=minutes <= 60,
        minutes=minutes,
        backup_minutes=minutes + 10,
        reason=np.where(minutes <= 60, "", "TOO_FAR"),
    )
