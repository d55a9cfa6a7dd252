"""What times for a continent would take, from what a measured country took: a model, not a run.

python -m benchmarks.continent figures.json

``figures.json`` is what `benchmarks.scaling` kept. Roads and people are those of `AFRICA`, cut into
square tiles with a halo as wide as anybody drives within the cutoff, each of which is read, built
and searched alone. Seconds by road, by row and by site are those of the plan with the most roads.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.scaling_table import taken

Figures = dict[str, Any]

TILES_KM: Final = (250, 500, 1_000)
WORKERS: Final = (1, 8, 64)
_FASTEST_KMH: Final = 110.0
_DENSEST: Final = 6.0
"""The densest tile has so many times the roads and people of one that is like the mean."""

_BYTES_PER_PAIR: Final = 12.0
_MEASURED_KM2, _MEASURED_MINUTES, _ONCE_MB = 434_000.0, 30.0, 450.0
_MEAN_KMH: Final = 33.0
"""Of the way that is reached as the crow flies."""


@dataclass(frozen=True)
class Continent:
    """What there is of a continent.

    Attributes
    ----------
    area_km2
        Of its land.
    roads
        Between junctions.
    rows
        Cells in which somebody lives.
    boxes, candidates
        Where boxes stand, and where they may.
    cutoff_minutes
        Of the times.
    """

    area_km2: float
    roads: float
    rows: float
    boxes: float
    candidates: float
    cutoff_minutes: float


AFRICA: Final = Continent(30.4e6, 37.4e6, 10e6, 10_000, 100_000, 60.0)
"""Roads are a tenth of the planet's for cars, people live in a third of the square kilometres."""


@dataclass(frozen=True)
class Rates:
    """What one of each takes, in seconds of the processor and megabytes.

    Attributes
    ----------
    road_s, row_s
        To read and build a road; to link a row to boxes, and to candidates.
    arc_s, pair_s
        To search along a road, and to find a time.
    once_mb, road_mb
        Of memory: whatever is read, and for each road.
    """

    road_s: float
    row_s: float
    arc_s: float
    pair_s: float
    once_mb: float
    road_mb: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.continent", description=__doc__)
    parser.add_argument("figures", type=Path, help="what benchmarks.scaling kept")
    kept = json.loads(parser.parse_args().figures.read_text(encoding="utf-8"))["figures"]
    runs = [one["measure"] for one in kept.values() if "steps" in one.get("measure", {})]
    largest = max(runs, key=lambda one: (_roads(one), one["cpu_s"]))
    print(tabulate(AFRICA, find_rates(largest)))


def find_rates(run: Figures) -> Rates:
    """Return what one of each took in a run of the synthetic country of Iraq's size."""
    roads, steps = _roads(run), run["steps"]
    sites, rows, pairs = run["kept"]["times 3: searching"][0]
    searching = taken(steps, "times 3: searching")
    reached = sites * roads * _circle_km2(_MEASURED_MINUTES) / _MEASURED_KM2
    linking = taken(steps, "times 2: linking", "times 3: linking", "times 3: nearest")
    return Rates(
        road_s=taken(steps, "reading", "network")["cpu_s"] / roads,
        row_s=linking["cpu_s"] / rows,
        arc_s=(searching["cpu_s"] - searching["alone_s"]) / reached,
        pair_s=searching["alone_s"] / pairs,
        once_mb=_ONCE_MB,
        road_mb=(taken(steps, "network")["peak_mb"] - _ONCE_MB) / roads,
    )


def tabulate(land: Continent, rates: Rates) -> str:
    """Return a Markdown table, a line for each size of tiles."""
    head = ["tiles", "halo", "densest tile: roads", "memory", "processor", "times"]
    head += [f"{many:,} worker{'s' * (many > 1)}" for many in WORKERS]
    lines = [f"| {' | '.join(head)} |", f"|{'---:|' * len(head)}"]
    return "\n".join([*lines, *(_tell_tiles(land, rates, side_km) for side_km in TILES_KM)])


def _tell_tiles(land: Continent, rates: Rates, side_km: float) -> str:
    halo_km = land.cutoff_minutes / 60 * _FASTEST_KMH
    # What lies in the halo of a tile is read and linked for that one too.
    again = ((side_km + 2 * halo_km) / side_km) ** 2
    tiles = land.area_km2 / side_km**2
    circle_km2 = _circle_km2(land.cutoff_minutes)
    arcs = land.candidates * circle_km2 * land.roads / land.area_km2
    # Boxes stand and are proposed where people are.
    pairs = land.candidates * circle_km2 * land.rows / land.area_km2 * _DENSEST
    cpu_s = again * (land.roads * rates.road_s + land.rows * rates.row_s)
    cpu_s += arcs * _DENSEST * rates.arc_s + pairs * rates.pair_s
    roads = land.roads / tiles * again * min(_DENSEST, tiles)
    memory_mb = rates.once_mb + roads * rates.road_mb
    longest_s = cpu_s / tiles * min(_DENSEST, tiles)
    clock = [max(cpu_s / many, longest_s) / 3600 for many in WORKERS]
    cells = [
        f"{side_km:,.0f} km",
        f"{halo_km:,.0f} km",
        f"{roads / 1e6:,.1f} M",
        f"{memory_mb / 1000:,.1f} GB",
        f"{cpu_s / 3600:,.1f} h",
        f"{pairs * _BYTES_PER_PAIR / 1e9:,.1f} GB",
        *(f"{one:,.1f} h" for one in clock),
    ]
    return f"| {' | '.join(cells)} |"


def _circle_km2(minutes: float) -> float:
    """Return the area that is reached: roads are as quick as in the measured country."""
    return float(math.pi * (minutes / 60 * _MEAN_KMH) ** 2)


def _roads(run: Figures) -> int:
    return int(run["kept"]["network"][0][1])


if __name__ == "__main__":
    main()
