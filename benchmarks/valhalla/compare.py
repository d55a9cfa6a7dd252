"""Compares times and shortest distances with Valhalla's, an independent engine, on one extract.

    python benchmarks/valhalla/compare.py porto.osm.pbf --pairs 1500

It needs Python 3.12 or later with boxreach and pyvalhalla (3.9 or later, which ships the builder
of tiles). Pairs of junctions are drawn at random, each as likely as the metres of road that end
there; a pair counts if Valhalla needs 1 to 60 minutes. `--ends` says on which roads they lie.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import valhalla
from scipy.sparse.csgraph import connected_components
from scipy.stats import spearmanr
from valhalla.config import get_config

import boxreach as br
from boxreach.crs import point_distances_m
from boxreach.network import RoadNetwork
from boxreach.network.edges import UNITS_PER_DEGREE
from boxreach.routing.node_times import node_times
from boxreach.speeds import SpeedModel

_MS_PER_KM = 60_000  # where all roads are driven at 60 km/h
_HOUR_MS = 3_600_000
_FARTHEST_M = 120_000.0  # farther apart, an hour does not do
_WHOLE = {"disable_hierarchy_pruning": True}  # no small road is left out of a long search
_SHORTEST = {"shortest": True}


def main() -> None:
    """Build both engines' networks, draw pairs, ask both, print the table."""
    options = _options()
    roads = _read(options.extract)
    timed = br.build_network(roads)
    evenly = br.build_network(roads.assign(speed_kmh=60.0))
    tails, heads = _draw(timed, options)
    with tempfile.TemporaryDirectory() as folder:
        actor = _build_tiles(options.extract, Path(folder))
        asked = _ask_all(actor, timed, tails, heads, options.pairs)
    asked["our_s"] = _between(timed, asked, 3 * _HOUR_MS) / 1000
    asked["our_km"] = _between(evenly, asked, 12 * _HOUR_MS) / _MS_PER_KM
    if options.rows:
        asked.to_csv(options.rows, index=False)
    _print(asked, options, timed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extract", type=Path, help="an .osm.pbf file")
    parser.add_argument("--pairs", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument(
        "--ends", choices=("roads", "all"), default="roads",
        help="draw ends on all roads but tracks, or on all",
    )  # fmt: skip
    parser.add_argument("--rows", type=Path, help="write the pairs into this CSV")
    return parser.parse_args()


def _read(extract: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        return br.read_roads(extract)


def _draw(network: RoadNetwork, options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Return more pairs of nodes than are asked for, all in the part where all reach all."""
    _, part = connected_components(network.adjacency(), directed=True, connection="strong")
    largest = part == np.bincount(part).argmax()
    metres = network.edges.length_m.astype(float)
    if options.ends == "roads":
        metres = metres * (network.attributes["road_class"] != "track").to_numpy()
    weight = np.bincount(network.tail, metres, minlength=network.node_count)
    weight += np.bincount(network.head, metres, minlength=network.node_count)
    weight *= largest
    rng = np.random.default_rng(options.seed)
    share = weight / weight.sum()
    pairs = np.zeros((2, 0), dtype=np.int64)
    while pairs.shape[1] < 3 * options.pairs:
        drawn = rng.choice(network.node_count, (2, 3 * options.pairs), p=share)
        (lon1, lon2), (lat1, lat2) = _degrees(network, drawn)
        near = point_distances_m(lon1, lat1, lon2, lat2) <= _FARTHEST_M
        pairs = np.concatenate([pairs, drawn[:, near]], axis=1)
    return pairs[0], pairs[1]


def _degrees(network: RoadNetwork, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    edges = network.edges
    return edges.lon[nodes] / UNITS_PER_DEGREE, edges.lat[nodes] / UNITS_PER_DEGREE


def _build_tiles(extract: Path, folder: Path) -> valhalla.Actor:
    (folder / "tiles").mkdir()
    config = get_config(tile_extract="", tile_dir=folder / "tiles")
    config["mjolnir"]["concurrency"] = os.cpu_count() or 1
    config["service_limits"]["max_distance_disable_hierarchy_culling"] = 5_000_000
    for room in ("mjolnir", "loki", "thor", "odin"):
        config[room]["logging"] = {"type": ""}
    path = folder / "valhalla.json"
    path.write_text(json.dumps(config))
    builder = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
    subprocess.run([builder, "-c", path, extract], check=True, capture_output=True)
    return valhalla.Actor(str(path))


def _ask_all(
    actor: valhalla.Actor, network: RoadNetwork, tails: np.ndarray, heads: np.ndarray, pairs: int
) -> pd.DataFrame:
    """Return the pairs that count, with Valhalla's seconds and kilometres."""
    rows: list[dict[str, float]] = []
    for tail, head in zip(tails.tolist(), heads.tolist(), strict=True):
        ends = [_place(network, node) for node in (tail, head)]
        try:
            quick = _ask(actor, ends, {})
            if not 60 <= quick["time"] <= 3600:
                continue
            answers = {
                "s": quick["time"],
                "whole_s": _ask(actor, ends, _WHOLE)["time"],
                "km": _ask(actor, ends, _SHORTEST)["length"],
                "whole_km": _ask(actor, ends, _SHORTEST | _WHOLE)["length"],
            }
        except RuntimeError:  # Valhalla finds no way, as where it keeps cars out
            rows.append({"tail": tail, "head": head})
            continue
        rows.append({"tail": tail, "head": head, **answers})
        if sum("s" in row for row in rows) == pairs:
            break
    return pd.DataFrame(rows)


def _place(network: RoadNetwork, node: int) -> dict[str, float]:
    lon, lat = _degrees(network, np.array(node))
    return {"lon": float(lon), "lat": float(lat)}


def _ask(
    actor: valhalla.Actor, ends: list[dict[str, float]], costing: dict[str, bool]
) -> dict[str, float]:
    question = {"locations": ends, "costing": "auto", "costing_options": {"auto": costing}}
    summary: dict[str, float] = actor.route(question)["trip"]["summary"]
    return summary


def _between(network: RoadNetwork, asked: pd.DataFrame, limit_ms: int) -> np.ndarray:
    """Return our milliseconds of each pair; NaN where there is no way within the limit."""
    found = []
    for tails in np.array_split(asked["tail"].to_numpy(), max(len(asked) // 50, 1)):
        first = sum(map(len, found))
        heads = asked["head"].to_numpy()[first : first + len(tails)]
        times = node_times(network, tails, heads, limit_ms=limit_ms).tocoo()
        own = times.row == times.col
        ms = np.full(len(tails), np.nan)
        ms[times.row[own]] = times.data[own]
        found.append(ms)
    return np.concatenate(found)


def _print(asked: pd.DataFrame, options: argparse.Namespace, network: RoadNetwork) -> None:
    both = asked.dropna(subset=["s"])
    minutes = both["s"] / 60
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"{options.extract.name}, ends on {options.ends}, seed {options.seed}, {date.today()}")
    print(f"boxreach {br.__version__}, Valhalla {valhalla.__version__}, Python {python}")
    print(f"{network.node_count:,} nodes, {len(network.edges):,} edges")
    print(
        f"{len(both)} pairs, {minutes.min():.0f} to {minutes.max():.0f} min, median"
        f" {minutes.median():.0f}; {len(asked) - len(both)} more without a way in Valhalla,"
        f" {int(both['our_s'].isna().sum())} without one in ours\n"
    )
    print("| ours / Valhalla | median | 5 % | 95 % | within 1 % | Spearman |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, ours, theirs in (
        ("time", "our_s", "s"),
        ("time, hierarchy whole", "our_s", "whole_s"),
        ("shortest distance", "our_km", "km"),
        ("shortest distance, hierarchy whole", "our_km", "whole_km"),
    ):
        pair = both[[ours, theirs]].dropna()
        ratio = pair[ours] / pair[theirs]
        low, middle, high = np.percentile(ratio, [5, 50, 95])
        near, rank = (ratio.sub(1).abs() <= 0.01).mean(), spearmanr(pair[ours], pair[theirs])[0]
        print(f"| {name} | {middle:.4f} | {low:.3f} | {high:.3f} | {near:.1%} | {rank:.4f} |")
    print(f"\nspeeds: {json.dumps(SpeedModel().parameters()['kmh'])}")


if __name__ == "__main__":
    main()
