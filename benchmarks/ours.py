"""What boxreach takes for every question."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answers import Answer, Integers, time_best
from benchmarks.countries import Country, make_country
from benchmarks.questions import LIMIT_MS, SAMPLES, SOURCES, Question, pose_question
from benchmarks.ways import renumber

Figures = dict[str, Any]

_AT_ONCE = 20


def prepare(folder: Path, settings: Figures) -> Figures:
    """Make the country, build and save its network, and write both in the network's order."""
    from boxreach.network import network_from_arrays, save_network

    start = time.perf_counter()
    country = make_country(settings["nodes"])
    made_s = time.perf_counter() - start
    start = time.perf_counter()
    network, number = network_from_arrays(*arrays_of(country))
    built_s = time.perf_counter() - start
    start = time.perf_counter()
    path = save_network(network, folder / "network")
    saved_s = time.perf_counter() - start
    (folder / "network.txt").write_text(str(path), encoding="utf-8")
    country = renumber(country, np.asarray(number))
    country.save(folder)
    question = pose_question(country)
    question.save(folder)
    return {
        "made_s": made_s,
        "built_s": built_s,
        "saved_s": saved_s,
        "nodes": len(country.lon),
        "ways": country.way_count,
        "demand": len(question.demand),
        "sites": len(question.sites),
    }


def measure_ours(folder: Path, settings: Figures) -> Figures:
    """Time the contracted network; keep the answers that the others are held against."""
    from boxreach.routing import nearest_nodes, node_times

    network, question = _load_network(folder), Question.load(folder)
    node_times(network, question.sources[:2], question.demand, limit_ms=LIMIT_MS, threads=2)
    nearest_nodes(network, question.sites)
    figures: Figures = {}
    whole = []
    for threads in (1, 2):
        figures[f"pairs_{threads}_s"], times = time_best(
            partial(
                node_times,
                network,
                question.sources,
                question.demand,
                limit_ms=LIMIT_MS,
                threads=threads,
            )
        )
        whole.append(_read(times, question.demand))
        figures |= _time_samples(network, question, threads)
    whole[0].save(folder / "pairs.npz")
    sample = question.sources[: max(SAMPLES.values())]
    reached = _read(node_times(network, sample, None, limit_ms=LIMIT_MS), None)
    reached.save(folder / "all.npz")
    for name, backwards in (("from_sites", False), ("to_sites", True)):
        figures[f"nearest_{name}_s"], found = time_best(
            partial(nearest_nodes, network, question.sites, backwards=backwards),
            repeats=5,
        )
        np.save(folder / f"nearest_{name}.npy", np.stack(found))
    return (
        figures
        | {
            "pairs": len(whole[0].ms),
            "threads_agree": whole[0].equals(whole[1]),
            "reached": len(reached.ms) / len(sample),
            "samples": SAMPLES,
        }
        | _time_kernel(network, question.sources)
    )


def _time_samples(network: Any, question: Question, threads: int) -> Figures:
    """Time the sources that others with so many threads are asked for, in seconds per source.

    Demand pairs are asked as the whole question is: the sample again and again, to 1,000 sources.
    """
    from boxreach.routing import node_times

    figures = {}
    ask = partial(node_times, network, limit_ms=LIMIT_MS, threads=threads)
    for name in ("scipy", "networkx", "igraph") if threads == 1 else ("pandana",):
        sample = np.resize(question.sources[: SAMPLES[name]], SOURCES)
        took_s, _ = time_best(partial(ask, sample, question.demand))
        figures[f"pairs_{threads}_{name}_s"] = took_s / len(sample)
    sample = question.sources[: SAMPLES["pandana"]]
    took_s, _ = time_best(partial(ask, sample, None))
    return figures | {f"all_{threads}_pandana_s": took_s / len(sample)}


def measure_plain(folder: Path, settings: Figures) -> Figures:
    """Time the network with every shape node in it, and its kernel by the edge."""
    from boxreach.network import network_from_arrays
    from boxreach.routing import node_times

    country, question = Country.load(folder), Question.load(folder)
    network, number = network_from_arrays(*arrays_of(country), contract=False)
    number = np.asarray(number)
    sources, demand = number[question.sources], number[question.demand]
    node_times(network, sources[:2], demand, limit_ms=LIMIT_MS, threads=1)
    seconds, times = time_best(
        lambda: node_times(network, sources, demand, limit_ms=LIMIT_MS, threads=1), repeats=2
    )
    found = _read(times, question.demand)
    figures: Figures = {
        "pairs_1_s": seconds,
        "agrees": found.equals(Answer.load(folder / "pairs.npz")),
    }
    return figures | _time_kernel(network, sources)


def _time_kernel(network: Any, sources: Integers) -> Figures:
    """Time one arc that is scanned, at three limits; with one target, so that nothing is kept."""
    from boxreach.routing import node_times

    degree = np.zeros(network.node_count, dtype=np.int64)
    degree[network.chains.node] = np.diff(network.chains.out_first)
    figures = {}
    for minutes in (30, 60, 120):
        limit_ms = minutes * 60_000
        scanned = 0
        for some in np.split(sources, range(_AT_ONCE, len(sources), _AT_ONCE)):
            found = node_times(network, some, None, limit_ms=limit_ms)
            scanned += int(degree[found.indices].sum())
        seconds, _ = time_best(
            partial(node_times, network, sources, sources[:1], limit_ms=limit_ms, threads=1)
        )
        figures[f"kernel_{minutes}_ns"] = seconds / scanned * 1e9
    return figures


def measure_process(folder: Path, settings: Figures) -> Figures:
    """Load the network into a fresh process and answer; its peak memory is that of all of it."""
    sources, demand = (np.load(folder / f"{name}.npy") for name in ("sources", "demand"))
    from boxreach.routing import node_times

    start = time.perf_counter()
    network = _load_network(folder)
    loaded_s = time.perf_counter() - start
    start = time.perf_counter()
    times = node_times(network, sources, demand, limit_ms=LIMIT_MS, threads=2)
    return {"loaded_s": loaded_s, "asked_s": time.perf_counter() - start, "pairs": times.nnz}


def measure_first_use(folder: Path, settings: Figures) -> Figures:
    """Ask a small country once, from import to answer."""
    country = make_country(2_000)
    start = time.perf_counter()
    from boxreach.network import network_from_arrays
    from boxreach.routing import nearest_nodes, node_times

    imported_s = time.perf_counter() - start
    start = time.perf_counter()
    network, number = network_from_arrays(*arrays_of(country))
    node_times(network, number[:1], None, limit_ms=LIMIT_MS)
    nearest_nodes(network, number[:1])
    return {"imported_s": imported_s, "answered_s": time.perf_counter() - start}


def measure_pbf(folder: Path, settings: Figures) -> Figures:
    """Read the roads of an OpenStreetMap extract; nodes are counted apart, those of the file."""
    import osmium

    import boxreach as br

    path = settings["pbf"]
    count = sum(1 for _ in osmium.FileProcessor(path, osmium.osm.NODE))
    br.read_roads  # noqa: B018  # loads the room, which is not reading
    cpu, wall = time.process_time(), time.perf_counter()
    roads = br.read_roads(path)
    return {
        "nodes": count,
        "rows": len(roads),
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.perf_counter() - wall,
    }


def arrays_of(country: Country) -> tuple[Any, ...]:
    """Return a country as `network_from_arrays` takes it."""
    return (
        country.lon,
        country.lat,
        country.tail,
        country.head,
        country.forward_ms,
        country.backward_ms,
    )


def _load_network(folder: Path) -> Any:
    from boxreach.network import load_network

    return load_network(Path((folder / "network.txt").read_text(encoding="utf-8")))


def _read(times: Any, targets: Integers | None) -> Answer:
    """Return a sparse matrix of times as an answer."""
    rows = zip(
        np.split(times.indices, times.indptr[1:-1]),
        np.split(times.data, times.indptr[1:-1]),
        strict=True,
    )
    return Answer.collect((at if targets is None else targets[at], ms) for at, ms in rows)
