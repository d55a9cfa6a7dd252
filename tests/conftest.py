"""A small plan without a fault, the tools to damage it, and the command line in this process.

Three roads, three boxes, five communities, two areas, a grid of people and a frontier: tests
damage it in one way at a time, and in several at once.
"""

import base64
import gc
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.resources import files
from itertools import islice, pairwise
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import rasterio
from hypothesis import settings
from osmium.osm.mutable import Node, Way
from rasterio import Affine
from scipy.sparse import csr_array
from shapely import LineString, box

import boxreach as br
from boxreach.cli import main
from boxreach.compilation import COMPILED
from boxreach.costs import load_constants, machine
from boxreach.routing import NEVER, TravelTimes
from boxreach.sources.tabular import read_table

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

pytest_plugins = ["tests.location_questions"]

# A busy machine, or kernels that are compiled meanwhile, make no case wrong.
settings.register_profile("patient", deadline=None)
settings.register_profile("whole", deadline=None)
settings.load_profile("patient")

_SHARE = 1 / 6
"""How much of the cases that a property asks for are drawn, others each time."""
_FEWEST_CASES, _FEWEST_SEEDS = 4, 2
"""How many of a property, and of a test that has seeds or blocks of them, are drawn at least."""
_DRAWN_BY = "seed", "block"
"""What the parameter of a seed, or of a block of them, is called."""
_FIRST = (
    re.compile(r"test_(location\w*|regions|robust_cover|saddle|stages)\.py"),  # those of placement
    re.compile(r"test_(bad_layers|bad_tables|osm_\w+|shift_files|transfer)\.py"),  # hardly any
)
"""Tests that need none of the kernels of networks and times."""

# Workers and programs that tests start compile modules once, whatever the shell says.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Who is started in the background of a script ignores Ctrl-C, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    """Let who calls choose how pandas holds texts."""
    parser.addoption(
        "--strings",
        choices=["python", "pyarrow"],
        default="python",
        help="How pandas holds texts: as a plain install does, or as one with pyarrow.",
    )


def pytest_configure(config):
    """Hold texts as boxreach does where pyarrow, which is an extra, is not installed.

    Processes that tests start have pyarrow, and hold them so.
    """
    pd.set_option("mode.string_storage", config.getoption("--strings"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Let workers take what others have left: each has a run of tests, most fixtures only once."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log) if config.getvalue("dist") == "load" else None


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers():
    """Start one worker more than there are cores: some wait for a browser or a process."""
    count = yield
    return count if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else count + 1


def _is_whole(config):
    """Tell whether all cases are asked for, not only a part of each property's."""
    return config.getoption("--hypothesis-profile", None) == "whole"


def pytest_itemcollected(item):
    """Draw a part of the cases of each property; all with ``--hypothesis-profile whole``."""
    test = getattr(item, "obj", None)
    drawn = getattr(test, "is_hypothesis_test", False) and not hasattr(test, "drawn_in_part")
    if _is_whole(item.config) or not drawn:
        return
    asked = getattr(test, "_hypothesis_internal_use_settings", None) or settings.default
    count = max(_FEWEST_CASES, round(_SHARE * asked.max_examples))
    test._hypothesis_internal_use_settings = settings(asked, max_examples=count)
    test.drawn_in_part = True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Take a part of the seeds of each test, as of the cases of each property.

    Of a slow test that has other parameters too, each way to set them is tried with every second
    of these seeds, in turn; with all of them where kernels are not compiled, as for mutants. Who
    names a test by its file gets each seed that the name has; what is heavy, or for a release, is
    asked for in full.
    """
    if _is_whole(config) or any("::" in one for one in config.args):
        return
    plain = os.environ.get("NUMBA_DISABLE_JIT") == "1"
    seed_of = {one: seed for one in items if (seed := _seed_of(one)) is not None}
    seeds, ways = defaultdict(set), defaultdict(dict)
    for item, seed in seed_of.items():
        seeds[item.obj].add(seed)
        ways[item.obj].setdefault(_way_of(item), len(ways[item.obj]))

    def is_taken(item, seed):
        known, turns = sorted(seeds[item.obj]), ways[item.obj]
        turn = known.index(seed)
        in_turn = turn % 2 == turns[_way_of(item)] % 2
        in_full = len(turns) == 1 or item.get_closest_marker("slow") is None or plain
        count = max(_FEWEST_SEEDS, round(_SHARE * len(known)))
        return turn < count and (in_turn or in_full)

    left = {one for one, seed in seed_of.items() if not is_taken(one, seed)}
    if left:
        config.hook.pytest_deselected(items=[*left])
        items[:] = [one for one in items if one not in left]
    _begin_apart(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _begin_apart(items, worker_count):
    """Let workers begin with tests of other kernels than the first compiles meanwhile.

    Each is given as many that follow one upon another; else all wait for the same kernels, one by
    one, while a core is idle.
    """
    share = len(items) // worker_count
    firsts = [
        [one for one in items if names.fullmatch(one.path.name)]
        for names in _FIRST[: worker_count - 1]
    ]
    moved = {one for first in firsts for one in first}
    rest = iter([one for one in items if one not in moved])
    order = [*islice(rest, share)]
    for first in firsts:
        order += [*first, *islice(rest, max(0, share - len(first)))]
    items[:] = [*order, *rest]


def _seed_of(item):
    """Return the number that a case, or a block of them, is drawn by, if it is by default."""
    asked = any(item.get_closest_marker(one) for one in ("heavy", "release"))
    if asked or not hasattr(item, "callspec"):
        return None
    named = (item.callspec.params.get(one) for one in _DRAWN_BY)
    return next((one for one in named if isinstance(one, int)), None)


def _way_of(item):
    """Return what tells a case from those that differ from it by their seed alone."""
    return tuple(one for name, one in item.callspec.indices.items() if name not in _DRAWN_BY)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for rubbish neither while modules are imported, nor among what is imported later on.

    And seldom among the rest: it took 4 % of the time. Hypothesis looks for it before each drawn
    property.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 10, 20)
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _compile_in_turn(tmp_path_factory):
    """Let a worker wait for a kernel that another compiles just now, and load it then."""
    if "PYTEST_XDIST_WORKER" not in os.environ or not COMPILED or fcntl is None:
        yield
        return
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.dispatcher import Dispatcher

    locks, compile_now, held = tmp_path_factory.getbasetemp().parent, Dispatcher.compile, set()

    def compile_in_turn(kernel, signature):
        name = f"{kernel.py_func.__module__}.{kernel.py_func.__qualname__}.lock"
        if name in held:
            return compile_now(kernel, signature)
        with global_compiler_lock, (locks / name).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            held.add(name)
            try:
                return compile_now(kernel, signature)
            finally:
                held.remove(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dispatcher, "compile", compile_in_turn)
        yield


_PLAN = """\
[inputs]
boxes = "boxes.csv"
communities = "communities.csv"
roads = "roads.geojson"
population = "people.tif"
areas = "areas.gpkg"
frontier = "frontier.geojson"
[network]
off_road_km = 10
[reach]
minutes = [10, 20]
[propose]
boxes = 1
minutes = 20
quotas = [{ governorate = "West", at_least = 1 }]
[posts]
posts = 1
minutes = 15
[output]
languages = ["en"]
[posts.candidates]
road_km = 20
"""
_BOXES = """\
site_id,name,lon,lat
b1,Alpha,44.05,33.10
b2,Beta,44.45,33.10
b3,Gamma,44.26,33.30
"""
_COMMUNITIES = """\
community_id,name,name_ar,lon,lat,people
c1,One,واحد,44.06,33.11,1000
c2,Two,,44.30,33.10,2500
c3,Three,,44.44,33.12,
c4,Four,,44.26,33.22,400
c5,Five,,44.10,33.20,50
"""
_TRACEBACK = re.compile(r"Traceback|\.py\b|pydantic|numpy|<class")


@pytest.fixture(scope="session")
def _plan_written(tmp_path_factory):
    """The folder of the small plan, which each test has a copy of."""
    folder = tmp_path_factory.mktemp("small")
    for name, text in (
        ("plan.toml", _PLAN),
        ("boxes.csv", _BOXES),
        ("communities.csv", _COMMUNITIES),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    _write_roads(folder)
    halves = [box(43.9, 33, 44.25, 33.5), box(44.25, 33, 44.6, 33.5)]
    areas = gpd.GeoDataFrame(
        {"area_id": ["w", "e"], "name": ["West", "East"]}, geometry=halves, crs=4326
    )
    areas.to_file(folder / "areas.gpkg")
    line = gpd.GeoDataFrame(geometry=[LineString([(43.95, 33.3), (43.95, 33.05)])], crs=4326)
    line.to_file(folder / "frontier.geojson")
    _write_people(folder)
    return folder


@pytest.fixture
def plan(_plan_written, tmp_path):
    """A small plan without a fault, in a folder of its own."""
    return shutil.copytree(_plan_written, tmp_path / "plan") / "plan.toml"


def _write_roads(folder, **columns):
    lines = [
        [(44.0, 33.1), (44.25, 33.1)],
        [(44.25, 33.1), (44.5, 33.1)],
        [(44.25, 33.1), (44.25, 33.35)],
    ]
    columns = {"road_id": ["r1", "r2", "r3"], "road_class": ["trunk", "primary", "track"]} | columns
    frame = gpd.GeoDataFrame(columns, geometry=[LineString(one) for one in lines], crs=4326)
    frame.to_file(folder / "roads.geojson")


@pytest.fixture
def write_roads():
    """Write the roads of the small plan, columns of them replaced."""
    return _write_roads


def _write_people(folder, cell=1200, crs="EPSG:4326"):
    counts = np.zeros((5, 7), dtype="float32")
    counts[3, 1], counts[3, 4], counts[1, 3] = cell, 2600, 333.5
    profile = {
        "driver": "GTiff",
        "height": 5,
        "width": 7,
        "count": 1,
        "dtype": "float32",
        "nodata": -1,
    }
    transform = Affine(0.1, 0, 43.95, 0, -0.1, 33.45)
    with rasterio.open(folder / "people.tif", "w", crs=crs, transform=transform, **profile) as grid:
        grid.write(counts, 1)


@pytest.fixture
def write_people():
    """Write the grid of people of the small plan."""
    return _write_people


@pytest.fixture
def cli(monkeypatch, capsys):
    """Run a command in this process; return exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["boxreach", *map(str, arguments)])
        code = 0
        try:
            # In a context of its own: the language that is asked for ends with the command.
            copy_context().run(main)
        except SystemExit as stopped:
            code = stopped.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture(scope="session")
def run_small(_plan_written, tmp_path_factory):
    """Run the small plan, texts of it replaced, in a folder of its own; return the outputs."""

    def run(*replaced, command="run"):
        folder = shutil.copytree(_plan_written, tmp_path_factory.mktemp("run") / "plan")
        text = (folder / "plan.toml").read_text(encoding="utf-8")
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / "plan.toml").write_text(text, encoding="utf-8")
        out = folder.parent / "out"
        with pytest.MonkeyPatch.context() as patch:
            words = ["boxreach", command, folder / "plan.toml", "-o", out, "--no-progress"]
            patch.setattr(sys, "argv", [str(one) for one in words])
            main()
        return out

    return run


_ENGLISH = re.compile(
    r"\b(the|and|is|are|of|it|give|with|no|not|to|that|has|have|from|cannot|there|which|or|in|at|for"
    r"|by|be|does|do|was|were|name|take|say|more|without|than|lies|its|a|an)\b"
)
"""Words that show that something is English."""
_QUOTED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}""")


def _left_in_english(said, *, quoted=False):
    if not quoted:
        said = _QUOTED.sub("", _QUOTED.sub("", said))
    return _ENGLISH.findall(said)


@pytest.fixture(scope="session")
def left_in_english():
    """Return the English words of what was said; what is quoted may stand as it is in a file."""
    return _left_in_english


@pytest.fixture
def no_traceback(tmp_path):
    """Assert that a message is for the one who wrote the plan, not for those who wrote boxreach."""

    def look(message):
        assert not _TRACEBACK.search(message.replace(str(tmp_path), ""))

    return look


@pytest.fixture
def refused(cli, tmp_path, no_traceback):
    """Run a plan that must be refused; return its one message.

    An earlier output stands in the way both times: it must stay as it is.
    """

    def run(plan, *options, command="run"):
        out = tmp_path / "out"
        out.mkdir()
        (out / "summary.json").write_text("earlier")
        before = sorted(tmp_path.rglob("*"))
        code, said, message = cli(command, plan, "-o", out, *options)
        assert code == 2, message
        assert said == ""
        assert sorted(tmp_path.rglob("*")) == before
        assert (out / "summary.json").read_bytes() == b"earlier"
        assert message.startswith("boxreach: ")
        no_traceback(message)
        return message

    return run


@pytest.fixture
def edit():
    """Replace the first occurrence of a text in a file that must hold it."""

    def replace(path, old, new):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture
def faults_of():
    """Read a table that must be refused, and return its faults, each of which says enough."""

    def read(path, schema, **options):
        with pytest.raises(br.InputError) as caught:
            read_table(path, schema, **options)
        for fault in caught.value.faults:
            assert fault.file.endswith(path.name)
            assert fault.what
        return caught.value.faults

    return read


@pytest.fixture
def write_osm(tmp_path):
    """Write an extract: nodes as id: (lon, lat) or (lon, lat, tags), ways as (id, nodes, tags).

    Ways may have more: a dictionary of version and visible, which a history keeps. Objects are
    written as they come.
    """

    def write(name, nodes, ways, *, ways_first=False, history=False):
        path = tmp_path / name
        file = osmium.io.File(str(path))
        file.has_multiple_object_versions = history
        points = [
            Node(id=one, location=place[:2], tags=dict(*place[2:])) for one, place in nodes.items()
        ]
        lines = [
            Way(id=one, nodes=drawn, tags=tags, **dict(*more)) for one, drawn, tags, *more in ways
        ]
        with osmium.SimpleWriter(file, overwrite=True) as writer:
            for one in [*lines, *points] if ways_first else [*points, *lines]:
                (writer.add_node if isinstance(one, Node) else writer.add_way)(one)
        return path

    return write


def _draw_streets(random, side, corner, step):
    """Draw the streets of a town: a bent grid of which some are missing and some one-way."""
    shift = random.normal(0, step / 6, (side, side, 2))
    xy = corner + step * np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1) + shift
    pairs = [((i, j), (i + a, j + b)) for i in range(side) for j in range(side)
             for a, b in ((0, 1), (1, 0)) if i + a < side and j + b < side]  # fmt: skip
    streets = []
    for one, other in pairs:
        if random.random() < 0.85:
            bend = (xy[one] + xy[other]) / 2 + random.normal(0, step / 8, 2)
            streets.append(LineString([xy[one], bend, xy[other]]))
    return streets


def _draw_towns(seed, points=90):
    """Draw two towns with a road between them, places in and about them, and hindrances."""
    random = np.random.default_rng(seed)
    streets = _draw_streets(random, 9, (44.0, 33.0), random.choice([0.001, 0.004]))
    streets += _draw_streets(random, 5, (44.06, 33.02), 0.002)
    # A winding road of many pieces, which the network joins to one chain.
    along = np.linspace(0, 1, 60)[:, None]
    winding = np.array([44.0, 33.0]) + along * [0.06, 0.02]
    winding[1:-1] += random.normal(0, 0.002, (58, 2))
    streets += [LineString(two) for two in pairwise(winding)]
    classes, ways = ["primary", "residential", "track"], ["", "", "", "yes", "-1"]
    roads = gpd.GeoDataFrame(
        {
            "road_class": [
                *random.choice(classes, len(streets) - 59),
                *[random.choice(classes)] * 59,
            ],
            "oneway": [*random.choice(ways, len(streets) - 59), *[random.choice(ways)] * 59],
        },
        index=[f"r{n}" for n in range(len(streets))],
        geometry=streets,
        crs=4326,
    )
    xy = np.round(random.uniform((43.98, 32.98), (44.09, 33.06), (points, 2)) * 1200) / 1200
    xy = np.vstack([xy, xy[:5], random.normal((44.01, 33.01), 0.004, (points, 2))])
    demand = _place_points(xy, "d")
    sites = _place_points(random.uniform((43.99, 32.99), (44.08, 33.04), (6, 2)), "s")
    return random, roads, sites, demand


def _place_points(xy, prefix):
    """Return points with ids."""
    index = pd.Index([f"{prefix}{n}" for n in range(len(xy))], name="id")
    return gpd.GeoDataFrame(index=index, geometry=gpd.points_from_xy(*xy.T), crs=4326)


@pytest.fixture(scope="session")
def draw_towns():
    """Draw two towns from a seed: the generator, roads, sites and demand."""
    return _draw_towns


def _draw_world(seed, side=4, places=14, sites=4):
    """Draw a grid of roads, some one-way and some missing; sites and places on and off them."""
    random = np.random.default_rng(seed)
    step = 0.008
    lines = [
        LineString([(44 + step * x, 33 + step * y), (44 + step * (x + a), 33 + step * (y + b))])
        for x, y in np.ndindex(side, side)
        for a, b in ((1, 0), (0, 1))
        if max(x + a, y + b) < side and random.random() < 0.8
    ]
    roads = gpd.GeoDataFrame(
        {
            "road_class": random.choice(["trunk", "track"], len(lines)),
            "oneway": random.choice(["", "", "", "yes", "-1"], len(lines)),
        },
        index=pd.Index([f"r{n}" for n in range(len(lines))], name="road_id"),
        geometry=lines, crs=4326,
    )  # fmt: skip
    off_road_km = float(random.choice([0.1, 0.4]))
    network = br.build_network(roads, off_road_km=off_road_km)

    def table(count, letter, name):
        along = roads.geometry.iloc[random.integers(0, len(roads), count)]
        xy = np.array([one.interpolate(random.random(), normalized=True).coords[0]
                       for one in along])  # fmt: skip
        xy = np.round(xy + random.uniform(-0.002, 0.002, (count, 2)) * (random.random() < 0.7), 7)
        ids = [f"{letter}{n}" for n in random.permutation(count)]
        return gpd.GeoDataFrame(
            index=pd.Index(ids, name=name), geometry=gpd.points_from_xy(*xy.T), crs=4326
        )

    return random, network, table(sites, "s", "site_id"), table(places, "c", "community_id")


@pytest.fixture(scope="session")
def draw_world():
    """Draw a small network from a seed: the generator, the network, sites and demand."""
    return _draw_world


@pytest.fixture(scope="session")
def place_points():
    """Make a table of points with ids of a prefix."""
    return _place_points


@dataclass(frozen=True, eq=False)
class _TableTimes(TravelTimes):
    """Travel times that are looked up in a table instead of searched on roads."""

    book: dict = field(default_factory=dict)

    def from_sites(self, sites):
        """Look sites up by their ids."""
        return _table_times({one: self.book[one] for one in sites.index}, self.demand["people"])


_BOOK = {}


def _table_times(minutes, people, cutoff=60.0):
    """Return the times from sites, by id and rows of minutes; beyond the cutoff there is no way."""
    _BOOK.update(minutes)
    ids, people = list(minutes), np.asarray(people, dtype=float)
    ms = np.rint(60_000 * np.array([minutes[one] for one in ids]).reshape(len(ids), len(people)))
    ms = ms.astype(np.int64)
    row, column = np.nonzero(ms <= cutoff * 60_000)
    # Sites keep their places whichever of them are asked for.
    east = [sum(map(ord, one)) % 97 * 0.01 for one in ids]
    sites = gpd.GeoDataFrame(
        index=pd.Index(ids, name="site_id", dtype=object),
        geometry=gpd.points_from_xy(44 + np.array(east), np.full(len(ids), 33.0)), crs=4326,
    )  # fmt: skip
    demand = gpd.GeoDataFrame(
        {"people": people},
        index=pd.Index([f"d{n:02d}" for n in range(len(people))], name="community_id"),
        geometry=gpd.points_from_xy(44 + 0.01 * np.arange(len(people)), np.full(len(people), 33.1)),
        crs=4326,
    )
    best = ms.min(axis=0, initial=2**60)
    has_way = best <= cutoff * 60_000
    nearest_ms = np.where(has_way, best, NEVER)
    return _TableTimes(
        sites=sites,
        demand=demand,
        ms=csr_array((ms[row, column], (row, column)), shape=ms.shape),
        cutoff_minutes=cutoff,
        nearest_site=np.where(has_way, ms.argmin(axis=0) if ids else NEVER, NEVER),
        nearest_ms=nearest_ms,
        lifted_ms=nearest_ms,
        off_road_m=np.zeros(len(people)),
        off_road_ms=np.zeros(len(people), dtype=np.int64),
        network=SimpleNamespace(),
        mobilise_minutes=0.0,
        direction="site_to_demand",
        book=_BOOK,
    )


@pytest.fixture
def make_times():
    """Make travel times of a table: rows of minutes by site, and the people of the demand."""
    _BOOK.clear()
    return _table_times


_DEMO = """
import re, resource, socket, sys
from pathlib import Path
def refuse(*_, **__):
    raise AssertionError("the network was asked for")
socket.socket.connect = socket.getaddrinfo = refuse
from boxreach.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    most_kb, told = used.ru_maxrss, Path("/proc/self/status")
    if told.exists():  # on Linux the other figure holds what the process that started this one had
        most_kb = int(re.search(r"VmHWM:\\s+(\\d+) kB", told.read_text())[1])
    Path("used.txt").write_text(f"{used.ru_utime + used.ru_stime} {most_kb}")
"""


def _run_demo(arguments, folder, seed="1", *, passed=()):
    """Run the demo in a folder, with the network cut and warnings as errors; keep what it used."""
    done = subprocess.run(
        [sys.executable, "-Werror", *passed, "-c", _DEMO, "demo", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONHASHSEED": seed, "NO_COLOR": "1", "COLUMNS": "120"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout, encoding="utf-8")


@pytest.fixture(scope="session")
def run_demo(request):
    """Run the demo with arguments in a folder of one's own, which then says what it took.

    Warnings are errors there too, but for those that pytest was told to let pass (``-W``).
    """
    passed = [f"-W{one}" for one in request.config.getoption("pythonwarnings") or ()]
    return partial(_run_demo, passed=passed)


@pytest.fixture(scope="session")
def make_once(tmp_path_factory):
    """Fill a folder of a name once for all files and workers; it is then only to be read."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def once(name, fill):
        folder, done = base / name, base / f"{name}.done"
        try:
            folder.mkdir()
        except FileExistsError:
            while not done.exists():
                time.sleep(0.1)
        else:
            try:
                fill(folder)
            finally:
                done.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def demo_run(make_once, run_demo):
    """Return the folder in which the demo ran."""
    return make_once("demo", lambda folder: run_demo(["-o", "out"], folder))


@pytest.fixture(scope="session")
def people_of_iraq(make_once):
    """Return what docs/iraq_people.py prints with its tables, and the communities it makes."""
    script = Path(__file__).parents[1] / "docs" / "iraq_people.py"
    if not (script.parents[2] / "shared" / "data" / "iraq").is_dir():
        pytest.skip("the real layers are not beside the checkout")

    def fill(folder):
        done = subprocess.run(
            [sys.executable, str(script), "--tables", "-o", str(folder)],
            check=True, capture_output=True, encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
        (folder / "printed.md").write_text(done.stdout, encoding="utf-8")

    folder = make_once("people-of-iraq", fill)
    return (folder / "printed.md").read_text(encoding="utf-8"), folder / "communities.csv"


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    # The same engine without the windows of a browser, where it is there, starts tabs sooner.
    names = "chromium-headless-shell", "chromium", "chromium-browser"
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("there is no chromium to drive")
    with playwright.sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-component-update"]
        browser = driver.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _idle_tabs():
    """Tabs that wait for their next page: to begin one takes longer than most tests need it."""
    return []


@pytest.fixture
def open_tab(chromium, _idle_tabs):
    """Open a file in a tab without a network, which then knows what was asked for and said.

    A tab has seen pages of other tests. Of those nothing is left in it: they keep nothing in the
    browser, and what this test heard, how it looked at the page and where it pointed are undone.
    """
    opened = []

    def refuse(tab, dialog):
        tab.said.append(("dialog", dialog.message))
        dialog.dismiss()

    def open_page(path, width=1280, height=800):
        if _idle_tabs:
            tab = _idle_tabs.pop()
            tab.set_viewport_size({"width": width, "height": height})
        else:
            size = {"width": width, "height": height}
            tab = chromium.new_page(viewport=size, offline=True, reduced_motion="reduce")
        tab.requests, tab.said = [], []
        heard = {
            "request": lambda request: tab.requests.append(request.url),
            "console": lambda message: tab.said.append((message.type, message.text)),
            "pageerror": lambda error: tab.said.append(("error", str(error))),
            "dialog": lambda dialog: refuse(tab, dialog),
        }
        for event, hear in heard.items():
            tab.on(event, hear)
        opened.append((tab, heard))
        tab.goto(path.as_uri())
        return tab

    yield open_page
    for tab, heard in opened:
        for event, hear in heard.items():
            tab.remove_listener(event, hear)
        tab.emulate_media(media="null")
        tab.mouse.move(-1, -1)
        _idle_tabs.append(tab)


_FIND_VIOLATIONS = """axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
    [id, html.slice(0, 150), (failureSummary ?? "").slice(0, 200)])))"""


@pytest.fixture(scope="session")
def find_violations():
    """Find with axe what keeps people from using a page as it stands, if it is serious."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is missing")
    script = (files(axe) / "axe.min.js").read_text(encoding="utf-8")

    def find(page):
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(script)
        return page.evaluate(_FIND_VIOLATIONS)

    return find


@pytest.fixture
def visit(open_tab, tmp_path):
    """Open a map from its file without a network; at the end nothing may have gone wrong."""
    pages = []

    def open_page(plan_map, width=1280, height=800):
        path = tmp_path / "map.html"
        plan_map.save(path)
        page = open_tab(path, width, height)
        pages.append(page)
        page.wait_for_selector("#share-reached")
        return page

    yield open_page
    for page in pages:
        assert page.said == []
        assert len(page.requests) == 1
        assert page.requests[0].endswith("map.html")


_HOSTILE = (
    "{{7*7}}",
    "{% for x in y %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "${alert(1)}",
    "`+alert(1)+`",
    "'\"><b>",
    "\u202eevil\u202c",
    "a\x00b",
    "\ud800",
    "\u2028\u2029",
    "C:\\2019",
    "\\u003cscript\\u003e",
    "&lt;b&gt;&amp;",
    "https://example.org/x.png",
    'src="http://example.org/x.js"',
    "url(http://example.org/x.css)",
    "__proto__",
    "map_" + "0" * 32,
    "{{ cycler.__init__.__globals__.os.environ.setdefault('BOXREACH_RAN', '1') }}",
    "{% set x = 1 %}{{ x }}",
    "{# nothing #}",
    "{%- raw -%}",
    "{{ this.get_name() }}",
    "--><script>window.ran=1</script>",
    "</style><script>window.ran=1</script>",
    "</title><img src=x onerror=window.ran=1>",
    '" onmouseover=window.ran=1 x="',
    "' autofocus onfocus=window.ran=1 x='",
    "javascript:window.ran=1",
    "`${window.ran=1}`",
    '\\"};window.ran=1;//',
    "\u2067\u200fabc\u2069",
    "]]>",
    "constructor",
    "%s {0} {name} $& $1",
)
"""Forty names that strangers may give: of templates, pages, scripts and texts of every kind."""


@pytest.fixture(scope="session")
def hostile_names():
    """Return forty names that try to be run, or to break a page, or to be taken for another."""
    assert len({*_HOSTILE}) == 40
    return list(_HOSTILE)


@pytest.fixture(scope="session")
def read_page_data():
    """Read the data of a page as its script does: of a map, or of the page that it wrote."""
    block = re.compile(
        r'<script type="application/(json|octet-stream)" id="data">(.*?)</script>', re.DOTALL
    )

    def read(plan_map_or_html):
        page = plan_map_or_html
        if not isinstance(page, str):
            page = page.get_root().render()
        (found,) = block.findall(page)
        kind, text = found
        return json.loads(text if kind == "json" else gzip.decompress(base64.b64decode(text)))

    return read


@pytest.fixture(scope="session")
def unpack_integers():
    """Read whole numbers from a text of the page, by the published algorithm of polylines."""

    def unpack(text):
        numbers, value, shift = [], 0, 0
        for letter in text:
            chunk = ord(letter) - 63
            value |= (chunk & 31) << shift
            shift += 5
            if chunk < 32:
                numbers.append((value >> 1) ^ -(value & 1))
                value = shift = 0
        return numbers

    return unpack


@pytest.fixture
def read_page_text(read_page_data):
    """Read all that a page may show, from its file: its data too, where they are packed."""

    def read(path):
        page = path.read_text(encoding="utf-8")
        packed = 'id="data">' in page
        return page + (json.dumps(read_page_data(page), ensure_ascii=False) if packed else "")

    return read


@pytest.fixture
def paces(monkeypatch):
    """Hold no machine against another, but where that is what is asked; it takes a second."""
    constants = load_constants()
    monkeypatch.setattr(machine, "time_kernels", lambda *_: constants.kernels_s)
    monkeypatch.setattr(machine, "time_words", lambda: constants.words_s)
    monkeypatch.setattr(machine, "_warm", lambda _: None)


@pytest.fixture
def make_live():
    """Make a reach table and a plan over the same communities, with the times behind both.

    Boxes stand and are proposed at random among communities at random, from a seed; times are
    straight lines at 60 km/h in a square of a hundred kilometres.
    """

    def make(places=40, standing=3, new=5, seed=1, minutes=30.0, **asked):
        draw = np.random.default_rng(seed)
        where = 100 * draw.random((places, 2))
        people = np.rint(draw.pareto(1.2, places) * 900)
        people[draw.random(places) < 0.1] = np.nan
        named = {
            "name": [f"Place {row}" for row in range(places)],
            "governorate": np.where(where[:, 0] < 50, "West", "East"),
        }

        def times_from(letter, count):
            sites = 100 * draw.random((count, 2))
            ids = [f"{letter}{row}" for row in range(count)]
            away = [np.hypot(*(where - one).T) for one in sites]
            times = _table_times(dict(zip(ids, away, strict=True)), people, 90.0)
            return replace(
                times,
                sites=times.sites.set_geometry(_spread(sites), crs=4326),
                demand=times.demand.set_geometry(_spread(where), crs=4326).assign(**named),
            )

        existing, options = times_from("b", standing), times_from("n", 3 * new)
        model = br.MaxCover(sites=new, minutes=minutes)
        with warnings.catch_warnings():  # of people who are unknown
            warnings.simplefilter("ignore", br.DataWarning)
            plan = br.propose(options, model, existing=existing, **asked)
        reach = br.reach(existing, minutes=minutes)
        return SimpleNamespace(reach=reach, plan=plan, existing=existing, options=options)

    return make


def _spread(where):
    """Return points of a square of a hundred kilometres, in degrees."""
    where = np.asarray(where, dtype=float)
    x, y = 44 + 0.0105 * where[:, 0], 33 + 0.009 * where[:, 1]
    return gpd.GeoSeries(gpd.points_from_xy(x, y), crs=4326).to_numpy()
