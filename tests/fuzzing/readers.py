"""Each reader as a fuzzer calls it: bytes in, and nothing out but a refusal in words."""

import contextlib
import random
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import boxreach as br
from boxreach.cli.plan import mend_plan
from boxreach.network import load_network
from boxreach.report.pack import write_pack
from boxreach.report.storage import load_report, refusing_forgery
from boxreach.sources.terrain_grid import read_terrain
from tests.fuzzing import forgeries, seeds
from tests.test_bad_extracts import BAD
from tests.test_bad_layers import CASES as LAYERS
from tests.test_bad_tables import CASES as TABLES

_LARGEST_SEED = 300_000


@dataclass(frozen=True)
class Reader:
    """A reader, the files it begins with, and what it needs to stand ready.

    Attributes
    ----------
    read
        Takes bytes, a folder to work in, and what `prepare` returned.
    seeds
        Makes the files to begin with.
    prepare
        Makes what is forged, once.
    """

    read: Callable
    seeds: Callable
    prepare: Callable = lambda folder: None


def call(reader, data, folder, ready):
    """Read bytes; a refusal in words and a warning are right answers, all else is raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(br.InputError):
            reader.read(data, folder, ready)


def _file(name, read_one):
    """Return a reader of one file."""

    def read(data, folder, _):
        (folder / name).write_bytes(data)
        read_one(folder / name)

    return read


@cache
def _bad_layers(ending):
    """Return the bytes of all our own bad layers of an ending."""
    found = []
    for make, _ in LAYERS.values():
        with tempfile.TemporaryDirectory() as folder:
            path = make(Path(folder))
            if path.suffix == f".{ending}" and path.stat().st_size < _LARGEST_SEED:
                found.append(path.read_bytes())
    return found


def _layers(ending, table):
    """Return the seeds of layers of an ending: a good one, and all that are bad."""
    return lambda: [seeds.layer_bytes(table(), ending), *_bad_layers(ending)]


def _extracts():
    cases = [one[0] for name, one in BAD.items() if name.endswith(".osm")]
    return [seeds.extract_bytes("osm"), *(one.encode("utf-8", "surrogateescape") for one in cases)]


def _scripts():
    """Return scripts of forgeries, of all lengths."""
    draw = random.Random(1)
    return [bytes(one) for one in range(5)] + [
        draw.randbytes(draw.randint(4, 20)) for _ in "x" * 40
    ]


def _read_network(data, folder, saved):
    network = load_network(forgeries.forge_network(saved, folder, data))
    sites, demand = seeds.places()[:2], seeds.places()
    times = br.travel_times(network, sites, demand, cutoff=60)
    br.gaps(times, minutes=10)
    br.travel_times(network.without(None), sites, demand, cutoff=60)


def _verify(data, folder, out):
    told = br.verify(forgeries.forge_run(out, folder, data))
    # What cannot be read past is noted, of whatever kind; but it must not have filled the memory.
    if any("MemoryError" in str(one) for one in told.findings):
        raise MemoryError


def _prepare_report(folder):
    return (seeds.run_plan(folder) / "report.json").read_bytes()


def _read_report(data, folder, report):
    found = load_report(forgeries.forge_report(report, data))
    with refusing_forgery("report.json"), tempfile.TemporaryDirectory(dir=folder) as out:
        formats = ["html", "csv", "geojson", "xlsx"]
        write_pack(Path(out) / "pack", found, formats=formats, languages=["en"], digits="latn")


def _read_frontier(path):
    br.read_frontier(path, segment_km=10)


READERS = {
    "csv": Reader(
        _file("places.csv", br.read_communities),
        lambda: [seeds.COMMUNITIES.encode(), *(one for one in TABLES.values() if len(one) < 5000)],
    ),
    "geojson": Reader(_file("roads.geojson", br.read_roads), _layers("geojson", seeds.roads)),
    "areas": Reader(_file("areas.geojson", br.read_areas), _layers("geojson", seeds.areas)),
    "gpkg": Reader(_file("layer.gpkg", br.read_communities), _layers("gpkg", seeds.places)),
    "parquet": Reader(
        _file("layer.parquet", br.read_communities), _layers("parquet", seeds.places)
    ),
    "population": Reader(
        _file("people.tif", br.read_population),
        lambda: (
            [seeds.grid_bytes(kind) for kind in ("float32", "uint8", "int32")]
            + [seeds.grid_bytes("float64", compress="deflate")]
        ),
    ),
    "terrain": Reader(
        _file("heights.tif", read_terrain),
        lambda: [seeds.grid_bytes("int16"), seeds.grid_bytes("float32", compress="lzw")],
    ),
    "pbf": Reader(_file("roads.osm.pbf", br.read_roads), lambda: [seeds.extract_bytes("osm.pbf")]),
    "osm": Reader(_file("roads.osm", br.read_roads), _extracts),
    "plan": Reader(_file("plan.toml", mend_plan), lambda: [seeds.PLAN.encode()]),
    "closures": Reader(
        _file("closures.geojson", br.read_closures), _layers("geojson", seeds.closures)
    ),
    "frontier": Reader(_file("line.geojson", _read_frontier), _layers("geojson", seeds.line)),
    "network": Reader(_read_network, _scripts, seeds.save_roads),
    "evidence": Reader(_verify, _scripts, seeds.run_plan),
    "report": Reader(_read_report, _scripts, _prepare_report),
}
"""By the name that is given to ``python tests/fuzzing/run.py``."""
