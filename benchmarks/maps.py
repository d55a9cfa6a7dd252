"""Measure maps: how large, how soon built and opened, how soon a slider's step is painted.

python -m benchmarks.maps --json figures.json

The country is synthetic. Each map is built and driven in a process of its own, in headless
Chromium without a graphics card and without a network; folium draws the same communities without
a plan. Other work on the machine lengthens the time by the clock, so that of the processor stands
beside it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from benchmarks.jobs import run_jobs
from benchmarks.table import Row, describe_machine, write_table

Figures = dict[str, Any]
All = dict[str, Figures]


@dataclass(frozen=True)
class Aim:
    """What is wanted of a map: megabytes, seconds to build and to open, milliseconds a step."""

    job: str
    peer: str
    peer_is: str
    most_mb: float
    built_s: float
    ready_s: float
    painted_ms: float


AIMS: Final = (
    Aim("maps_ours.measure_small", "maps_peers.measure_markers",
        "folium CircleMarker with popup and tooltip", 0.8, 2.0, 1.0, 20.0),
    Aim("maps_ours.measure_large", "maps_peers.measure_geojson",
        "folium GeoJson with popup and tooltip", 2.5, 10.0, 1.5, 50.0),
)  # fmt: skip

SLIDERS: Final = {"threshold": "minutes", "boxes": "boxes"}

_SMALL, _LARGE = 5_000, 50_000
_MOST_S = 1200.0


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    settings: Figures = {"seed": asked.seed, "small": _SMALL, "large": _LARGE}
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=asked.folder) as folder:
        figures = measure(Path(folder), settings)
    machine = describe_machine() | {"also": _list_packages()}
    if asked.json:
        kept = {"machine": machine, "settings": settings, "figures": figures}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    print("\n".join([*lines, "", write_table(tabulate(figures))]))


def measure(folder: Path, settings: Figures) -> All:
    """Do the jobs one after the other."""
    jobs = [name for aim in AIMS for name in (aim.job, aim.peer)]
    return run_jobs(dict.fromkeys(jobs, settings), folder, most_s=_MOST_S)


def tabulate(figures: All) -> list[Row]:
    """Return the rows of all that was measured; what failed says why."""
    return [row for aim in AIMS for row in _tell(aim, figures[aim.job], figures[aim.peer])]


def _tell(aim: Aim, ours: Figures, peer: Figures) -> Iterator[Row]:
    if failed := ours.get("failed"):
        yield Row(aim.job, failed)
        return
    places = f"{ours['places']:,} communities"
    size, built = ours["bytes"] / 1e6, ours["built_s"]
    drawn = peer.get("failed") or f"{peer['bytes'] / 1e6:.1f} MB"
    took = peer.get("failed") or f"{peer['built_s']:.3g} s"
    yield Row(
        f"{places}, 200 boxes, 600 isochrones, 5,000 roads: the page"
        f" ({ours['gzip_bytes'] / 1e6:.2f} MB if it were zipped); beside {aim.peer_is}",
        f"{size:.2f} MB",
        drawn,
        peer["bytes"] / ours["bytes"] if "bytes" in peer else None,
        f"≤ {aim.most_mb:g} MB",
        size <= aim.most_mb,
    )
    yield Row(
        f"{places}: built and saved",
        f"{built:.3g} s ({ours['built_cpu_s']:.3g} s of processor)",
        took,
        target=f"≤ {aim.built_s:g} s",
        met=built <= aim.built_s,
    )
    if unseen := ours.get("unseen"):
        yield Row(f"{places}: opened and moved", unseen)
        return
    yield from _tell_page(aim, places, ours)


def _tell_page(aim: Aim, places: str, ours: Figures) -> Iterator[Row]:
    ready = ours["ready_ms"] / 1000
    yield Row(
        f"{places}: from the navigation to the first full picture, with its figures",
        f"{ready:.3g} s ({ours['ready_least_ms'] / 1000:.3g} s at least)",
        target=f"≤ {aim.ready_s:g} s",
        met=ready <= aim.ready_s,
    )
    for slider in SLIDERS:
        took = ours[f"{slider}_ms"]
        yield Row(
            f"{places}: from a key on the slider of {SLIDERS[slider]} to the frame,"
            f" median of all steps (in the script {ours[f'{slider}_script_ms']:.1f} ms,"
            f" the slowest step {ours[f'{slider}_most_ms']:.0f} ms)",
            f"{took:.3g} ms ({ours[f'{slider}_cpu_ms']:.3g} ms of processor)",
            target=f"≤ {aim.painted_ms:g} ms",
            met=took <= aim.painted_ms,
        )
    yield Row(
        f"{places}: {ours['drawn']:,} of them drawn at the first zoom, alone",
        f"{ours['dots_ms']:.3g} ms",
    )


def _list_packages() -> str:
    names = ("folium", "playwright")
    found = []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} missing")
    return ", ".join(found)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.maps", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic country")
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    parser.add_argument("--folder", type=Path, help="where to keep the maps meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
