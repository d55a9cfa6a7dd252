"""What boxreach takes to tell what posts see of a frontier, and to draw viewsheds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.sight_land import (
    SEGMENT_KM,
    SQUARE,
    make_square,
    place_posts,
    write_line,
    write_strip,
)

Figures = dict[str, Any]

_WARM: Final = 50
_VIEWSHEDS: Final = 20


def prepare(folder: Path, settings: Figures) -> Figures:
    """Write the line, the posts and the strip of ground that the others read."""
    import boxreach as br

    write_line(folder / "line.geojson")
    line = br.read_frontier(folder / "line.geojson", segment_km=SEGMENT_KM)
    line.to_file(folder / "segments.gpkg", index=True)
    place_posts(line, settings["seed"]).to_file(folder / "posts.gpkg", index=True)
    filled = write_strip(folder / "strip.tif", line, settings["seed"])
    size_mb = (folder / "strip.tif").stat().st_size / 1e6
    return {"segments": len(line), "km": float(line["km"].sum()), "cells": filled, "mb": size_mb}


def measure_line(folder: Path, settings: Figures) -> Figures:
    """See the whole line from all posts."""
    import geopandas as gpd

    import boxreach as br

    line = gpd.read_file(folder / "segments.gpkg").set_index("segment_id")
    posts = gpd.read_file(folder / "posts.gpkg").set_index("index")
    terrain = br.open_terrain(folder / "strip.tif")
    br.see_line(terrain, posts[:_WARM], line[:_WARM])  # kernels from disk
    wall, cpu = time.perf_counter(), time.process_time()
    found = br.see_line(terrain, posts, line)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "posts": len(posts),
        "samples": len(found.chainage_km),
        "cell_m": terrain.cell_m,
        "seen": int(found.seen.nnz),
        "unknown": int(found.unknown.nnz),
        "seen_share": float(np.average(found.joint(), weights=line["km"])),
    }


def measure_viewsheds(folder: Path, settings: Figures) -> Figures:
    """Draw what is seen from some squares of ground, and keep the ground for others."""
    import boxreach as br

    flat = br.Sight(refraction=1.0)
    squares = [make_square(seed) for seed in range(SQUARE.squares)]
    for name, sight in (("flat", flat), ("curved", br.Sight())):
        views = [br.viewshed(one, *SQUARE.place(one), sight=sight) for one in squares]
        for at, view in enumerate(views):
            kept = np.where(view.within, view.grid, np.nan)
            np.save(folder / f"{name}-{at}.npy", kept)
    wall, cpu = time.perf_counter(), time.process_time()
    for at in range(_VIEWSHEDS):
        one = squares[at % len(squares)]
        br.viewshed(one, *SQUARE.place(one), sight=flat)
    return {
        "wall_s": (time.perf_counter() - wall) / _VIEWSHEDS,
        "cpu_s": (time.process_time() - cpu) / _VIEWSHEDS,
    }
