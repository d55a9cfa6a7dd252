"""Workers of Dask: the same bytes as one process gives, whatever becomes of them, and nothing left.

Workers are processes. They are killed in the middle of runs, and runs are stopped in the middle.
"""

import errno
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import dask
import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
import pytest
import shapely
from distributed import Client, LocalCluster

import boxreach as br
from benchmarks.countries import CLASSES, make_country
from boxreach.cli.hiring import start_workers
from boxreach.workers import clients, collect, memory, parcels, sending, thread_count
from boxreach.workers.parcels import Parcel, open_parcel, pack_parcel

pytestmark = pytest.mark.slow


def start_cluster(workers):
    """Return so many worker processes of one thread, and their scheduler in this process."""
    return LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=None,
        silence_logs=50, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def client():
    """A client of two workers."""
    with start_cluster(2) as cluster, Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture
def lonely():
    """A client of one worker."""
    with start_cluster(1) as cluster, Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")
def country():
    """A small country, as it is drawn."""
    return make_country(3_000)


@pytest.fixture(scope="module")
def roads(country):
    """Its roads."""
    at = np.column_stack([country.lon, country.lat])
    ways = np.stack([at[country.tail], at[country.head]], axis=1)
    return gpd.GeoDataFrame(
        {"road_class": np.array(CLASSES, dtype=object)[country.road_class]},
        index=pd.Index([f"r{row}" for row in range(len(ways))], name="road_id"),
        geometry=shapely.linestrings(ways), crs=4326,
    )  # fmt: skip


@pytest.fixture(scope="module")
def land(country, roads):
    """A network, 300 sites and 500 places with people, all of them in a small country."""
    at = np.column_stack([country.lon, country.lat])
    draw = np.random.default_rng(1)

    def settle(count, letter, name):
        rows = draw.choice(len(at), count, replace=False)
        points = shapely.points(at[rows] + draw.normal(0, 0.002, (count, 2)))
        return gpd.GeoDataFrame(
            {"people": draw.integers(1, 900, count), "governorate": draw.choice(["A", "B"], count)},
            index=pd.Index([f"{letter}{row}" for row in range(count)], name=name),
            geometry=points, crs=4326,
        )  # fmt: skip

    return br.build_network(roads), settle(300, "s", "site_id"), settle(500, "c", "community_id")


@pytest.fixture(scope="module")
def times(land):
    """Times from a tenth of the sites, by this process."""
    network, sites, places = land
    return br.travel_times(network, sites.iloc[:30], places, cutoff=25)


def bytes_of(one):
    """Return what an answer holds, to the byte."""
    if isinstance(one, pd.DataFrame):
        return one.to_csv().encode() + repr(one.dtypes).encode()
    parts = {
        name: (value.dtype, value.tobytes())
        for name, value in vars(one).items()
        if isinstance(value, np.ndarray)
    }
    ms = one.ms
    return parts | {
        name: (array.dtype, array.tobytes())
        for name, array in (("data", ms.data), ("indices", ms.indices), ("indptr", ms.indptr))
    }


def tables_of(found):
    """Return the bytes of every table of an answer."""
    tables = {name: one for name, one in vars(found).items() if isinstance(one, pd.DataFrame)}
    assert len(tables) >= 3
    return {name: bytes_of(one) for name, one in tables.items()}


def left_with(client):
    """Return what a scheduler still holds, once it had the time to hear of what was let go."""
    for _ in range(50):
        held = client.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.tasks])
        if not held:
            break
        time.sleep(0.1)
    return held


@pytest.mark.parametrize(
    ("direction", "merge_minutes"), [("site_to_demand", 0.0), ("demand_to_site", 1.0)]
)
def test_workers_find_the_same_times(land, client, direction, merge_minutes):
    """Each array of them to the byte, and how far it is goes on being told."""
    asked = {"cutoff": 40, "direction": direction, "merge_minutes": merge_minutes}
    told = []
    here = br.travel_times(*land, **asked)
    there = br.travel_times(*land, **asked, client=client, progress=lambda *one: told.append(one))
    assert bytes_of(there) == bytes_of(here)
    assert len(told) == 5  # of 64 sites each
    assert told[-1] == ("travel times", 300, 300)
    assert left_with(client) == []


@pytest.mark.release
def test_one_worker_finds_what_two_do(land, roads, lonely):
    """On one network, and on tiles."""
    tiled = br.tile_network(roads, tile_km=150)
    for asked in (land, (tiled, *land[1:])):
        assert bytes_of(br.travel_times(*asked, client=lonely)) == bytes_of(br.travel_times(*asked))


def matrix_of(times):
    """Return the bytes of a matrix of times."""
    return [
        (one.dtype, one.tobytes()) for one in (times.ms.data, times.ms.indices, times.ms.indptr)
    ]


def test_tiles_are_searched_by_workers_as_one_network_is_by_this_process(land, roads, client):
    """One network, tiles by threads and by workers: the same bytes."""
    network, sites, places = land
    one, tiled = br.travel_times(network, sites, places), br.tile_network(roads, tile_km=150)
    found = [br.travel_times(tiled, sites, places, client=who) for who in (None, client)]
    assert [matrix_of(times) for times in found] == [matrix_of(one)] * 2
    assert bytes_of(found[1]) == bytes_of(found[0])
    assert left_with(client) == []


def test_a_network_that_is_mapped_from_files_is_sent_as_it_is(land, client, tmp_path):
    network, sites, places = land
    kept = br.load_network(br.save_network(network, tmp_path))
    found = br.travel_times(kept, sites, places, client=client)
    assert bytes_of(found) == bytes_of(br.travel_times(network, sites, places))


def test_workers_measure_the_same_worlds(times, client):
    """Speeds, seasons and closures are drawn here, and measured there."""
    asked = {
        "minutes": 20, "draws": 10, "seed": 3, "speeds": {"all": (0.5, 1.1), "off_road": (0.5, 1)},
        "seasons": {"dry": 2, "wet": 1},
    }  # fmt: skip
    told = []
    here = br.robustness(times, **asked)  # first, so that one process compiles, not each worker
    there = br.robustness(times, **asked, client=client, progress=lambda *one: told.append(one))
    assert tables_of(there) == tables_of(here)
    assert told[-1] == ("draws", 10, 10)
    assert left_with(client) == []


def test_workers_take_away_the_same_roads_and_sites(land, times, client):
    """With what mends each loss."""
    candidates = times.from_sites(land[1].iloc[30:60].rename(index=lambda one: f"n{one}"))
    roads = [f"r{row}" for row in range(0, 1500, 25)]
    asked = {"minutes": 20, "roads": roads, "candidates": candidates}
    told = []
    here = br.criticality(times, **asked)
    there = br.criticality(times, **asked, client=client, progress=lambda *one: told.append(one))
    assert tables_of(there) == tables_of(here)
    assert told[-1] == ("critical roads", 60, 60)
    assert left_with(client) == []


def test_workers_count_the_same_people(times, client):
    reached = br.reach(times, minutes=20)
    reached["refugees"] = reached["people"] * 0.37
    reached["must_reach"] = reached["people"] > 500
    asked = {"minutes": [5, 10, 20, 40], "people": ["people", "refugees"]}
    assert bytes_of(br.summarise(reached, **asked, client=client)) == bytes_of(
        br.summarise(reached, **asked)
    )
    levels = {"governorate": "governorate"}
    there = br.summarise_levels(reached, levels, **asked, client=client)
    assert bytes_of(there["governorate"]) == bytes_of(br.summarise(reached, **asked))
    assert left_with(client) == []


def files_of(folder):
    return {one.relative_to(folder): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.mark.parametrize("merge_minutes", [pytest.param(0.0, marks=pytest.mark.release), 1.0])
def test_times_are_written_while_they_are_found_and_read_back(
    land, client, tmp_path, merge_minutes
):
    """The same files whoever searched, and the same times as were never written."""
    told, asked = [], {"cutoff": 40, "merge_minutes": merge_minutes}
    here = br.write_travel_times(tmp_path / "here", *land, **asked)
    there = br.write_travel_times(
        tmp_path / "there", *land, **asked, client=client, progress=lambda *one: told.append(one)
    )
    assert files_of(here) == files_of(there)
    assert len([*(there / "pairs").iterdir()]) == 2
    assert told[-1] == ("travel times", 300, 300)
    times = br.travel_times(*land, **asked)
    kept = br.read_travel_times(there, land[0])
    assert bytes_of(kept) == bytes_of(times)
    assert (kept.merging, kept.parameters) == (times.merging, times.parameters)
    assert bytes_of(br.reach(kept, minutes=20)) == bytes_of(br.reach(times, minutes=20))
    table = br.read_times_table(there, sites=["s7", "s2"])
    pairs = times.ms[[2, 7]].tocoo()
    assert table["minutes"].sum() == pytest.approx(pairs.data.sum() / 60_000)
    assert table.columns.tolist() == ["site_id", "community_id", "minutes"]
    assert table["site_id"].unique().tolist() == ["s2", "s7"]
    assert len(br.read_times_table(there)) == times.ms.nnz


def test_times_that_are_damaged_or_of_another_network_are_told(land, tmp_path):
    network, sites, places = land
    folder = br.write_travel_times(tmp_path / "times", network, sites, places, cutoff=10)
    roads = network.attributes.assign(geometry=network.edges.lines(np.arange(len(network.edges))))
    other = br.build_network(gpd.GeoDataFrame(roads.iloc[:500], crs=4326))
    with pytest.raises(br.InputError, match="of another network"):
        br.read_travel_times(folder, other)
    with pytest.raises(br.InputError, match="no site 'x'"):
        br.read_times_table(folder, sites=["x"])
    part = folder / "pairs" / "part-00000.parquet"
    table = pd.read_parquet(part)
    for column, value in (("site", 300), ("site", -1), ("demand", 500), ("ms", -5)):
        table.assign(**{column: np.int32(value)}).to_parquet(part)
        with pytest.raises(br.InputError, match="missing or damaged"):
            br.read_travel_times(folder, network)
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(br.InputError, match="missing or damaged"):
        br.read_times_table(folder)
    with pytest.raises(br.InputError, match="holds no travel times"):
        br.read_travel_times(tmp_path, network)


def test_times_that_cannot_be_written_are_told_in_words(land, tmp_path, monkeypatch):
    """Before any work where the folder will not do, and when the disk is full; nothing is left."""
    network, sites, places = land

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        patch.setattr("boxreach.exports.stored_times.compute_times", lambda *_, **__: 1 / 0)
        with pytest.raises(br.InputError, match=r"times: it cannot be written \(Read-only"):
            br.write_travel_times(tmp_path / "new" / "times", network, sites, places)
    for broken in ("pyarrow.parquet.write_table", "geopandas.GeoDataFrame.to_parquet"):
        with monkeypatch.context() as patch:
            patch.setattr(broken, refuse)
            with pytest.raises(br.InputError, match="name a new folder where there is room"):
                br.write_travel_times(tmp_path / "times", network, sites, places, cutoff=10)
    assert [*tmp_path.iterdir()] == []


def test_times_whose_search_is_stopped_are_not_there(land, client, tmp_path):
    """Nor is anything else: no file, no piece of work with the scheduler."""

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        br.write_travel_times(tmp_path / "times", *land, client=client, progress=stop)
    assert [*tmp_path.iterdir()] == []
    assert left_with(client) == []


def kill_worker(client):
    """Kill one worker as nobody can hear; return which it was."""
    killed = min(client.run(os.getpid).values())
    os.kill(killed, signal.SIGKILL)
    return killed


def wait_for_others(client, number, killed):
    """Wait until as many workers are there as before some were killed."""
    for _ in range(600):
        with suppress(OSError):  # one that is gone is asked
            pids = {*client.run(os.getpid, on_error="ignore").values()}
            if len(pids - {*killed}) == number:
                return
        time.sleep(0.1)
    raise AssertionError("no others came")


@pytest.mark.parametrize(
    ("whose", "number", "deaths"),
    [
        pytest.param("client", 2, 1, marks=pytest.mark.release),
        pytest.param("client", 2, 3, marks=pytest.mark.release),
        pytest.param("lonely", 1, 3, marks=pytest.mark.heavy),
    ],
)
def test_workers_are_killed_and_the_answer_is_the_same(times, request, whose, number, deaths):
    """Of one worker all that it was sent is lost with it, and is sent again."""
    client, killed = request.getfixturevalue(whose), []

    def kill(_what, done, _total):
        if len(killed) < deaths and done > 4 * len(killed):
            killed.append(kill_worker(client))

    asked = {"minutes": 20, "draws": 8 * deaths, "seed": 3, "speeds": {"all": (0.5, 1.1)}}
    here = br.robustness(times, **asked)
    found = br.robustness(times, **asked, client=client, progress=kill)
    assert len({*killed}) == deaths
    assert tables_of(found) == tables_of(here)
    assert left_with(client) == []
    wait_for_others(client, number, killed)


def nap(seconds, _number):
    """Take a while."""
    time.sleep(seconds)
    return thread_count(), os.getpid()


def give_up(_shared, _number):
    """End the worker at once, as the system does where memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_piece_uses_one_thread_and_all_workers_have_some(client):
    found = collect(client, nap, 0.02, 64)
    assert {threads for threads, _ in found} == {1}
    assert len({pid for _, pid in found}) == 2


@pytest.mark.release
def test_a_piece_that_kills_every_worker_ends_the_run_in_words(monkeypatch):
    """A worker that starts again slowly, as on a busy machine, is waited for: it is not let go."""
    monkeypatch.setattr(sending, "PATIENCE_S", 300.0)
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10ms"}),
        start_workers(1) as client,
    ):
        words = "lost, again and again; see whether they have mem"
        with pytest.raises(br.WorkersError, match=words):
            collect(client, give_up, None, 2)
        assert left_with(client) == []


def test_a_machine_that_slept_does_not_tire_patience(monkeypatch):
    """Nor do results that take long to be taken; only waiting does, and a lost worker was there."""
    clock = iter(range(0, 10**6, 1000))
    monkeypatch.setattr(sending, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    client = SimpleNamespace(status="running", nthreads=dict)
    errands = sending._Errands(client, nap, None)
    patient = round(sending.PATIENCE_S / sending._LOOK_S)
    assert [errands._look() for _ in range(patient)] == [0] * patient
    errands._lose(0, 1)
    assert [errands._look() for _ in range(patient)] == [0] * patient
    with pytest.raises(br.WorkersError, match="has had no workers for 30 seconds"):
        errands._look()


@pytest.mark.release
def test_workers_that_never_come_back_are_told_in_words(monkeypatch):
    """No hang: the scheduler stays, and its last worker goes without another in its place."""
    monkeypatch.setattr(sending, "PATIENCE_S", 2.0)
    with start_cluster(1) as cluster, Client(cluster, set_as_default=False) as client:

        def leave(_done):
            cluster.scale(0)

        with pytest.raises(br.WorkersError, match="has had no workers for 2 seconds; start some"):
            collect(client, nap, 0.1, 200, leave)
        assert left_with(client) == []


@pytest.mark.release
def test_a_scheduler_that_goes_away_is_told_in_words():
    with start_cluster(1) as cluster, Client(cluster.scheduler_address) as client:

        def leave(_done):
            cluster.close()

        with pytest.raises(br.WorkersError, match="connection to the scheduler is lost"):
            collect(client, nap, 0.1, 200, leave)


def test_what_a_worker_says_is_wrong_is_said_here(client):
    with pytest.raises(br.InputError, match="1 is refused"):
        collect(client, refuse, None, 3)
    assert left_with(client) == []


def miss(_shared, number):
    """Find nothing to import, as a worker that joined without boxreach."""
    raise ModuleNotFoundError("No module named 'boxreach'")


def test_a_worker_that_cannot_import_its_work_is_told_in_words(client):
    with pytest.raises(br.WorkersError, match=r"cannot import .*'boxreach'.; install the same"):
        collect(client, miss, None, 2)


def test_what_cannot_be_sent_is_told_in_words(client):
    """A lock stands for what nobody can pickle."""
    with pytest.raises(br.WorkersError, match="what the pieces share could not be sent"):
        collect(client, nap, threading.Lock(), 2)
    assert left_with(client) == []


def refuse(_shared, number):
    """Find fault with a number."""
    if number == 1:
        raise br.InputError(f"{number} is refused")


def test_workers_of_another_version_are_refused_before_they_work(land, client, monkeypatch):
    """Each is named, with what it has and what is here."""
    told = client.get_versions(packages=[*clients.PACKAGES])
    names = sorted(told["workers"])
    told["workers"][names[0]]["packages"]["boxreach"] = None
    told["workers"][names[1]]["packages"]["numpy"] = "1.0"
    monkeypatch.setattr(client, "get_versions", lambda packages: told)
    with pytest.raises(br.InputError) as refused:
        br.travel_times(*land, client=client)
    said = [*map(str, refused.value.faults)]
    here = f"boxreach {br.__version__}"
    assert said == [
        f"worker {names[0]}: it has no boxreach, and here is {here}; install the same on each",
        f"worker {names[1]}: it has numpy 1.0, and here is numpy {np.__version__};"
        " install the same on each",
    ]


def test_a_worker_of_another_version_that_joins_later_is_refused(client, monkeypatch):
    monkeypatch.setattr(sending, "own_versions", lambda: ("3.11", "0.0", "0.0"))
    with pytest.raises(br.WorkersError, match=r"a worker joined that has .* install the same"):
        collect(client, nap, 0, 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [("tcp://10.0.0.1:8786", "client is a path or text"), (3, "client is a int; give a distrib")],
)
def test_what_is_no_client_is_refused_by_each(land, times, given, message):
    calls = [
        lambda: br.travel_times(*land, client=given),
        lambda: br.robustness(times, minutes=20, draws=2, client=given),
        lambda: br.criticality(times, minutes=20, client=given),
        lambda: br.summarise(br.reach(times, minutes=20), client=given),
    ]
    for call in calls:
        with pytest.raises(br.InputError, match=message):
            call()


def test_a_client_that_is_closed_is_refused(land, client):
    closed = Client(client.scheduler.address, set_as_default=False)
    closed.close()
    with pytest.raises(br.InputError, match="client is closed; give one that is connected"):
        br.travel_times(*land, client=closed)


def test_without_the_extra_the_message_says_which_to_install(land, monkeypatch, cli, plan):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(br.InputError, match=r'pip install "boxreach\[distributed\]"'):
        br.travel_times(*land, client=object())
    monkeypatch.setattr("boxreach.cli.hiring.find_spec", lambda _: None)
    for option in (("--workers", 2), ("--scheduler", "tcp://127.0.0.1:1")):
        code, _, said = cli("reach", plan, "-o", plan.parent / "out", *option)
        assert code == 2
        assert 'Dask is not installed; pip install "boxreach[distributed]"' in said
    assert not (plan.parent / "out").exists()


@pytest.mark.parametrize("command", ["reach", "estimate"])
def test_more_workers_than_can_help_are_refused_before_anything_is_read(cli, tmp_path, command):
    code, _, said = cli(command, tmp_path / "no.toml", "--workers", 1_000_000)
    assert code == 2
    assert "no.toml" not in said
    assert "--workers" in said
    if command == "reach":
        assert f"this machine has {os.cpu_count()} processors; give {os.cpu_count()}, or " in said


def test_arrays_come_as_they_went():
    """Aligned wherever they lie in what came; read-only, or not, as they were."""
    sent = [np.arange(5.0), np.arange(3, dtype=np.int32), np.empty(0, np.int8)]
    sent[1].flags.writeable = False
    header, (head, *frames) = pack_parcel(Parcel(sent))
    whole = bytearray(1) + b"".join(frames)
    ends = np.cumsum([1, *map(len, frames)]).tolist()
    moved = [memoryview(whole)[low:high] for low, high in pairwise(ends)]
    come = open_parcel(header, [head, *moved]).contents
    assert all(np.array_equal(one, other) for one, other in zip(come, sent, strict=True))
    assert all(one.flags.aligned for one in come)
    assert [one.flags.writeable for one in come] == [True, False, True]


def find_memory(shared, _number):
    """Return the file that an array lies in, and the process that asks."""
    at = shared.ctypes.data
    for line in Path("/proc/self/maps").read_text().splitlines():
        extent, *_, inode, name = line.split(maxsplit=5) if line.count("/") else [*line.split(), ""]
        low, high = (int(one, 16) for one in extent.split("-"))
        if low <= at < high:
            time.sleep(0.05)
            return name, inode, os.getpid()
    raise AssertionError("it lies nowhere")


def lent_by():
    """Return how many pieces of memory this process has open that it or another lends."""
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found += "memfd:boxreach" in str(one.readlink())
    return found


LARGE = np.arange(100_000)
"""More than is sent with a message."""


def test_workers_of_one_machine_read_what_they_share_in_one_place(client):
    found = collect(client, find_memory, LARGE, 16)
    assert {"memfd:boxreach" in name for name, _, _ in found} == {True}
    assert len({inode for _, inode, _ in found}) == 1
    assert len({pid for *_, pid in found}) == 2


def add(shared, number):
    """Change a copy of what is shared."""
    return shared + number


def test_memory_that_is_lent_is_let_go(client):
    """By this process and by the workers, of what is shared and of results."""
    found = collect(client, add, LARGE, 20)
    assert all(np.array_equal(one, LARGE + at) for at, one in enumerate(found))
    assert all(one.flags.writeable for one in found)
    assert left_with(client) == []
    assert lent_by() == 0
    for _ in range(50):
        left = client.run(lent_by)
        if not any(left.values()):
            break
        time.sleep(0.1)
    assert {*left.values()} == {0}


@pytest.mark.parametrize("where", ["far", "turns out to be far", "has no room"])
def test_workers_that_cannot_read_what_is_lent_are_sent_it(client, monkeypatch, where):
    """Those of another machine, one of which joined meanwhile, and a system that lends nothing."""
    if where == "far":
        monkeypatch.setattr(sending, "machine", lambda: ("of its own", os.getpid(), 0))
    elif where == "has no room":
        monkeypatch.setattr(memory.os, "memfd_create", refuse_room)
    else:
        monkeypatch.setattr(parcels, "Memory", Elsewhere)
    found = collect(client, add, LARGE, 20)
    assert all(np.array_equal(one, LARGE + at) for at, one in enumerate(found))
    assert left_with(client) == []
    assert "memfd" not in collect(client, find_memory, LARGE, 2)[0][0]


class Elsewhere(memory.Memory):
    """Memory that those who are told of it cannot open."""

    def __init__(self, buffers):
        super().__init__(buffers)
        self.place = self.place._replace(machine=("another", 0, 0))


def refuse_room(_name):
    """Stand for a system whose memory is full."""
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


def test_memory_that_was_let_go_is_not_taken_for_another():
    """Its number is given to the next file that is opened, which may be a pipe."""
    lent = memory.Memory([b"roads"])
    place = lent.place
    assert [bytes(one) for one in memory.read_buffers(place)] == [b"roads"]
    kept = memory.map_buffers(place)
    del lent
    ends = os.pipe()
    try:
        for number in (*ends, place.descriptor):
            with pytest.raises(memory.UnseenError):
                memory.map_buffers(place._replace(descriptor=number))
    finally:
        for one in ends:
            os.close(one)
    assert bytes(kept[0]) == b"roads"


def test_workers_of_a_command_are_not_watched_while_they_work():
    """Dask samples what each does a hundred times a second, for pages that are not there."""
    with start_workers(1) as client:
        (watched,) = client.run(lambda dask_worker: [*dask_worker.periodic_callbacks]).values()
    assert "heartbeat" in watched
    assert "profile" not in watched


_COMMAND = "from boxreach.cli.supervision import main; main()"


def command(*arguments):
    """Start a command as pip installs it."""
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *map(str, arguments)],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


@pytest.fixture
def wide(plan):
    """The small plan with places for boxes everywhere, and all that is asked besides."""
    with (plan.parent / "plan.toml").open("a", encoding="utf-8") as file:
        file.write(
            "[critical]\n[robustness]\ndraws = 16\nspeeds = { all = { low = 0.5, high = 1.1 } }\n"
        )
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("[propose]", "[propose]\nspacing_km = 1"), encoding="utf-8")
    return plan


@pytest.mark.parametrize(
    "whose",
    ["scheduler", *(pytest.param(one, marks=pytest.mark.release) for one in ("one", "two"))],
)
def test_a_run_by_workers_writes_the_same_bytes(wide, cli, client, tmp_path, whose):
    """By none, by one, by two and by those of a scheduler: every file, the record among them."""
    options = {
        "one": ("--workers", 1), "two": ("--workers", 2),
        "scheduler": ("--scheduler", client.scheduler.address),
    }  # fmt: skip
    for folder, asked in (("here", ()), ("there", options[whose])):
        code, _, said = cli("run", wide, "-o", tmp_path / folder, *asked)
        assert code == 0, said
    here = files_of(tmp_path / "here")
    assert Path("robustness.csv") in here
    assert files_of(tmp_path / "there") == here
    assert left_with(client) == []


def test_both_options_at_once_are_refused(plan, cli, tmp_path):
    code, _, said = cli("run", plan, "-o", tmp_path / "out", "--workers", 2, "--scheduler", "x:1")
    assert code == 2
    assert "--workers and --scheduler: give one of them" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "kind", ["nobody", pytest.param("mute", marks=pytest.mark.release), "words"]
)
def test_a_scheduler_that_cannot_be_reached_is_told_within_seconds(
    plan, cli, tmp_path, monkeypatch, no_traceback, kind
):
    """Nobody listens, somebody who says nothing, or it is no address."""
    monkeypatch.setattr("boxreach.cli.hiring._ANSWER_S", 1.0)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if kind == "mute":
            listening.listen()
        port = listening.getsockname()[1]
        address = "over there" if kind == "words" else f"tcp://127.0.0.1:{port}"
        begun = time.monotonic()
        code, _, said = cli("run", plan, "-o", tmp_path / "out", "--scheduler", address)
    assert time.monotonic() - begun < 15
    assert code == 2
    assert f"--scheduler: no scheduler answers at {address}" in said
    no_traceback(said)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        pytest.param(signal.SIGTERM, marks=pytest.mark.release),
        pytest.param(signal.SIGKILL, marks=pytest.mark.release),
    ],
)
def test_a_stopped_run_leaves_no_file_and_no_process(wide, tmp_path, monkeypatch, number):
    """Ctrl-C goes to all processes of the terminal, the workers among them."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    process = command("run", wide, "-o", tmp_path / "out", "--workers", 2,
                      "--set", "robustness.draws=1000")  # fmt: skip
    family = wait_for_workers(process)
    time.sleep(0.5)
    assert listened_at(family) == {"127.0.0.1"}  # nobody on the network can give them work
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    elif number == signal.SIGTERM:
        process.send_signal(number)
    else:
        os.kill(family[0].pid, number)  # the one that works, as the system does
    _, said = process.communicate(timeout=60)
    assert process.returncode == (137 if number == signal.SIGKILL else 130), said
    assert "nothing was written" in said
    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert [*scratch.iterdir()] == []
    assert not (tmp_path / "out").exists()
    assert not [one for one in tmp_path.iterdir() if "unfinished" in one.name]


def listened_at(family):
    """Return the addresses at which any of some processes can be reached."""
    found = set()
    for one in family:
        with suppress(psutil.Error):
            sockets = one.net_connections("tcp")
            found |= {at.laddr.ip for at in sockets if at.status == psutil.CONN_LISTEN}
    return found


def wait_for_workers(process):
    """Return the processes of a command, its worker processes among them, once these are there."""
    for _ in range(600):
        assert process.poll() is None, process.communicate()[1]
        family = psutil.Process(process.pid).children(recursive=True)
        with suppress(psutil.Error):  # one may end just then
            if sum("spawn_main" in " ".join(one.cmdline()) for one in family) >= 2:
                return family
        time.sleep(0.1)
    raise AssertionError("no workers came")


@pytest.mark.release
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_nothing_with_a_scheduler(wide, client, tmp_path, number):
    """Its workers live on, and have nothing more to do."""
    process = command("run", wide, "-o", tmp_path / "out", "--scheduler", client.scheduler.address,
                      "--set", "robustness.draws=1000")  # fmt: skip
    held = []
    for _ in range(600):
        held = client.run_on_scheduler(lambda dask_scheduler: [*dask_scheduler.tasks])
        if any("boxreach" in str(one) for one in held):
            break
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    assert held
    work = psutil.Process(process.pid).children()[0]
    work.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert left_with(client) == []
    assert not (tmp_path / "out").exists()


def test_parcels_can_be_pickled_as_anything_can():
    """Where Dask does not pack them, as on a disk."""
    again = pickle.loads(pickle.dumps(Parcel({"a": 1})))  # noqa: S301 - our own, of this line
    assert again.contents == {"a": 1}
