"""What boxreach takes to tell what posts reach of a frontier, and to plan them.

The tracks are synthetic: one beside the line, and one across to it every few kilometres.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import numpy as np

Figures = dict[str, Any]

POSTS: Final = 100
FIRST: Final = 50
MINUTES: Final = 15.0
_WARM: Final = 50
_BESIDE, _ACROSS = 0.02, 0.06
"""Degrees eastward of the line at which the track beside it runs, and the tracks across begin."""
_EVERY: Final = 40
_CROSSINGS: Final = 9


def measure_reach(folder: Path, settings: Figures) -> Figures:
    """Cut the whole line where what any of the candidates reaches changes, and time all pairs."""
    network, line, posts = _read(folder)
    _look(network, line[:_WARM], posts[:_WARM])  # kernels from disk
    wall, cpu = time.perf_counter(), time.process_time()
    outlook = _look(network, line, posts)
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "posts": len(posts),
        "pieces": len(outlook.pieces),
        "pairs": int(outlook.options.ms.nnz),
    }


def measure_plan(folder: Path, settings: Figures) -> Figures:
    """Choose 50 and then 100 posts, one at least at each of nine crossings."""
    import boxreach as br

    network, line, posts = _read(folder)
    outlook = _look(network, line, posts)
    model = br.MaxCover(sites=POSTS, minutes=MINUTES)
    rules = [br.Quota("crossing", f"c{one}", at_least=1) for one in range(_CROSSINGS)]

    def plan(seconds: float) -> br.Proposal:
        return br.propose(
            outlook.options, model, quotas=rules, phases=[FIRST, POSTS], weight="km",
            seconds=seconds,
        )  # fmt: skip

    plan(0.05)  # kernels from disk
    wall, cpu = time.perf_counter(), time.process_time()
    found = plan(10.0)
    alone = max(1 - row.alone / row.bound for row in found.phases.itertuples())
    return {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "covered_km": float(found.objective),
        "total_km": float(found.total),
        "gap": float(alone),
        "regret": float((found.phases["regret"] / found.phases["alone"]).max()),
    }


def _look(network: Any, line: Any, posts: Any) -> Any:
    from boxreach.border.outlook import Watch, look_out

    return look_out(network, line, posts, None, Watch(minutes=MINUTES))


def _read(folder: Path) -> tuple[Any, Any, Any]:
    """Return the tracks, the line and the candidates, some of them at crossings."""
    import geopandas as gpd
    import shapely

    import boxreach as br

    line = gpd.read_file(folder / "segments.gpkg").set_index("segment_id")
    posts = gpd.read_file(folder / "posts.gpkg").set_index("index").rename_axis("site_id")
    at = np.linspace(0, len(posts) - 1, _CROSSINGS).astype(np.int64)
    crossing = np.full(len(posts), "", dtype=object)
    crossing[at] = [f"c{one}" for one in range(_CROSSINGS)]
    start = shapely.get_coordinates(shapely.get_point(line.geometry.to_numpy(), 0))
    beside = shapely.linestrings(start + np.array([_BESIDE, 0.0]))
    across = [
        shapely.linestrings([[lon, lat], [lon + _ACROSS, lat]]) for lon, lat in start[::_EVERY]
    ]
    tracks = gpd.GeoDataFrame(geometry=[beside, *across], crs=4326).assign(road_class="track")
    network = br.build_network(tracks, node_crossings=True, off_road_km=3.0)
    return network, line, posts.assign(crossing=crossing)
