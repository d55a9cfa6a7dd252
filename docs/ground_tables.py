"""Write the tables of docs/ground.md: ``python docs/ground_tables.py``."""

import time

import numpy as np
import shapely
from pyproj import CRS
from rasterio import Affine

from boxreach.crs import point_distances_m
from boxreach.network.ground import Ground, find_ground
from boxreach.sources.terrain import Terrain
from boxreach.speeds.ground import read_ground_file

WAYS = 1_000_000
WEST, SOUTH, SIDE = 42.0, 31.0, 4.0
RANDOM = np.random.default_rng(1)


def lakes(count: int, corners: int) -> np.ndarray:
    """Draw jagged shapes of about ten kilometres."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    middles = RANDOM.uniform((WEST, SOUTH), (WEST + SIDE, SOUTH + SIDE), (count, 1, 2))
    reach = 0.1 * RANDOM.uniform(0.7, 1, (count, corners, 1))
    return shapely.polygons(middles + reach * np.stack([np.cos(turn), np.sin(turn)], axis=-1))


def squares(step: float) -> np.ndarray:
    """Cover the whole ground with squares."""
    x, y = np.meshgrid(np.arange(WEST, WEST + SIDE, step), np.arange(SOUTH, SOUTH + SIDE, step))
    return shapely.box(x, y, x + step, y + step).ravel()


def hills(cell: float) -> Terrain:
    """Lay a grid of heights over it."""
    size = int((SIDE + 0.2) / cell)
    heights = RANDOM.uniform(0, 300, (size, size)).astype("float32")
    corner = Affine(cell, 0, WEST - 0.1, 0, -cell, SOUTH + SIDE + 0.1)
    return Terrain(heights, corner, CRS.from_epsg(4326))


def main() -> None:
    """Print both tables."""
    for name, one in read_ground_file().items():
        print(f"| `{name}` | {one['kmh']:g} | {', '.join(one['also'])} | {one['reason']} |")
    begin = RANDOM.uniform((WEST, SOUTH), (WEST + SIDE, SOUTH + SIDE), (WAYS, 2))
    ways = [*begin.T, *(begin + RANDOM.normal(0, 0.015, begin.shape)).T]
    metres = point_distances_m(*ways)
    print(f"\n{WAYS:,} ways of {metres.mean():,.0f} m on the mean")
    none = np.empty(0, dtype=object)
    grid = squares(0.02)
    two = RANDOM.choice([3.0, 8.0], len(grid))
    for said, ground in (
        ("no areas, no terrain", find_ground(none, np.empty(0))),
        ("20 areas of 2,000 corners", find_ground(lakes(20, 2000), np.full(20, 5.0))),
        (f"{len(grid):,} areas that cover all", find_ground(grid, two)),
        ("no areas, a terrain of 90 m", Ground(none, np.empty(0), hills(0.00081))),
    ):  # fmt: skip
        ground.time(*(one[:1000] for one in ways), metres[:1000], 15.0)
        start = time.perf_counter()
        met, _ = ground.time(*ways, metres, 15.0)
        seconds = time.perf_counter() - start
        print(f"| {said}: {len(met) / WAYS:.0%} of the ways | {seconds:.1f} |")


if __name__ == "__main__":
    main()
