"""Placement on times that are on the disk: the same plans, in little memory, nothing left."""

import copy
import errno
import gc
import json
import math
import os
import pickle
import re
import shutil
import tempfile
import time
from contextlib import suppress
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import boxreach as br
from boxreach import scratch
from boxreach.location import Rules, backup_cover, expected_cover, max_cover
from boxreach.location.cover_sets import merge_demand, thin_out
from boxreach.location.problem import Problem
from boxreach.location.search import Search
from boxreach.placement import memory
from boxreach.scratch import Scratch, is_on_disk, let_go, stages

ALL = {"seconds": 60.0, "seed": 0}


@pytest.fixture
def on_disk(monkeypatch, tmp_path):
    """Have every list of pairs go to the disk, and be read in small parts."""
    monkeypatch.setattr(scratch, "_PAIRS_AT_ONCE", 40)
    monkeypatch.setattr(memory, "_MOST_LISTED", 0)
    return Scratch(tmp_path, 0)


@pytest.fixture
def world(draw_world):
    """Twenty candidates, two boxes and sixty places, some of which share their ways."""
    random, network, sites, places = draw_world(5, side=6, places=60, sites=22)
    places["people"] = random.integers(1, 900, 60).astype(float)
    near = br.travel_times(network, sites.iloc[2:], places, cutoff=2.5).ms
    often = np.bincount(near.indices, minlength=60)
    places["must_reach"] = np.arange(60) == np.argmax(often)
    sites["governorate"] = np.where(np.arange(22) % 3, "a", "b")
    return network, sites.iloc[2:], sites.iloc[:2], places


def stored_and_not(world, **options):
    network, sites, _, places = world
    return (
        br.travel_times(network, sites, places, **options),
        br.store_travel_times(network, sites, places, **options),
    )


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["site_to_demand", "demand_to_site"])
@pytest.mark.parametrize("merge_minutes", [0.0, 0.5])
def test_stored_times_cover_whom_times_in_memory_cover(
    draw_towns, tmp_path, direction, merge_minutes
):
    """To the millisecond, at every tenth of a minute and at the cutoff."""
    for seed in range(3):
        _, roads, sites, demand = draw_towns(seed)
        network = br.build_network(roads, off_road_km=1)
        asked = {"cutoff": 8.25, "direction": direction, "merge_minutes": merge_minutes}
        plain = br.travel_times(network, sites, demand, **asked)
        stored = br.store_travel_times(network, sites, demand, folder=tmp_path, **asked)
        assert stored.pairs == plain.ms.nnz
        by_id = np.argsort(sites.index.to_numpy(str), kind="stable")
        for minutes in (0.1, 1.0, 3.7, 8.2, 8.25):
            limit = round(minutes * 60_000)
            more = plain.ms[[2, 0]]
            found = stored.within(minutes, more, Scratch(tmp_path, 0))
            wanted = (plain.ms[[*by_id, 2, 0]].toarray() <= limit) & (
                csr_array((np.ones_like(plain.ms.data), plain.ms.indices, plain.ms.indptr),
                          shape=plain.ms.shape)[[*by_id, 2, 0]].toarray() > 0
            )  # fmt: skip
            assert np.array_equal(found.toarray() > 0, wanted)
            assert found.has_sorted_indices or found.nnz == 0


def test_a_limit_between_tenths_of_minutes_is_refused(world):
    _, stored = stored_and_not(world, cutoff=20)
    with pytest.raises(br.InputError, match=r"7\.25 minutes, and stored times know tenths"):
        br.propose(stored, br.MaxCover(sites=2, minutes=7.25))


MODELS = {
    "max": br.MaxCover(sites=4, minutes=2.5),
    "backup": br.BackupCover(sites=4, minutes=4),
    "expected": br.ExpectedCover(sites=4, minutes=3),
    "budget": br.MaxCover(minutes=2.5, budget=1_000_000.0),
}
RULES = {
    "plain": {},
    "quotas": {"quotas": [br.Quota("governorate", "b", at_least=3)]},
    "relocation": {"relocation": br.Relocation(at_most=1), "must_reach": None},
    "single sites": {"fixed": ["s4"], "forbidden": ["s9"], "reserve": 1},
    "phases": {"phases": [4, 6]},
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "rules"),
    [
        # Each rule for every second model, the other half before a release.
        pytest.param(model, rules, id=f"{one}-{other}", marks=[pytest.mark.release] * (at % 2))
        for at, ((one, model), (other, rules)) in enumerate(product(MODELS.items(), RULES.items()))
    ],
)
def test_plans_are_the_same_whether_times_are_on_the_disk_or_not(world, on_disk, model, rules):
    if getattr(model, "sites", None) is None and {"phases", "reserve"} & set(rules):
        pytest.skip("a plan within a budget has no phases")
    network, _, boxes, places = world
    plain, stored = stored_and_not(world, cutoff=5)
    existing = br.travel_times(network, boxes, places, cutoff=5)
    one = br.propose(plain, model, existing=existing, **rules, **ALL)
    other = br.propose(stored, model, existing=existing, **rules, **ALL)
    assert other.status == one.status == "optimal"
    assert other.sites.equals(one.sites)
    assert other.reach.equals(one.reach)
    assert other.phases.equals(one.phases)
    assert other.moves.equals(one.moves)
    assert str(other.forgone) == str(one.forgone)
    assert str(other.reserve_gain) == str(one.reserve_gain)
    assert other.at_minutes([1, 2.5, 5, 20]).equals(one.at_minutes([1, 2.5, 5, 20]))
    if not rules and isinstance(model, br.MaxCover) and model.sites:
        assert other.curve(5).equals(one.curve(5))


def test_rules_that_no_plan_keeps_are_named_as_in_memory(world, on_disk):
    plain, stored = stored_and_not(world, cutoff=5)
    said = []
    for times in (plain, stored):
        with pytest.raises(br.InfeasibleError) as told:
            br.propose(
                times, br.MaxCover(sites=2, minutes=1),
                quotas=[br.Quota("governorate", "b", at_least=3)],
            )  # fmt: skip
        said.append(str(told.value))
    assert said[0] == said[1]


@pytest.mark.slow
def test_map_and_report_of_a_plan_on_stored_times_are_the_same(world, on_disk, tmp_path):
    network, _, boxes, places = world
    existing = br.travel_times(network, boxes, places, cutoff=5)
    found = br.reach(existing, minutes=2.5)
    pages = []
    for times in stored_and_not(world, cutoff=5):
        plan = br.propose(times, br.MaxCover(sites=3, minutes=2.5), existing=existing)
        out = tmp_path / str(len(pages))
        br.write_report(out, found, plan, languages=["en"])
        html = (out / "report.html").read_bytes()
        pages.append((html, br.map_plan(found, plan).get_root().render()))
    assert pages[0] == pages[1]


def random_cover(seed, sites=14, demand=60, share=0.2):
    random = np.random.default_rng(seed)
    cover = csr_array((random.random((sites, demand)) < share).astype(np.int8))
    return random, cover, random.integers(0, 40, demand).astype(float)


@pytest.mark.slow
@given(seed=st.integers(0, 10**6))
@settings(deadline=None, max_examples=25)
def test_models_of_cover_answer_the_same_with_pairs_on_the_disk(seed, tmp_path_factory):
    random, cover, weights = random_cover(seed)
    place = Scratch(tmp_path_factory.getbasetemp(), 0)
    rules = Rules(must_cover=random.choice(60, 2), fixed=random.choice(14, 1))
    if Rules(must_cover=rules.must_cover).rows(cover).matrix.sum(axis=1).min() == 0:
        return  # nobody covers it
    asks = [
        lambda **more: max_cover(cover, weights, sites=4, rules=rules, **more),
        lambda **more: max_cover(cover, weights, sites=3, later_sites=2, **more),
        lambda **more: backup_cover(cover, weights, sites=4, **more),
        lambda **more: expected_cover(cover, weights, sites=4, busy=0.4, **more),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scratch, "_PAIRS_AT_ONCE", 13)
        for ask in asks:
            one, other = ask(), ask(scratch=place)
            assert other.sites.tolist() == one.sites.tolist()
            assert (other.objective, other.bound, other.status) == (
                one.objective, one.bound, one.status,
            )  # fmt: skip


@given(seed=st.integers(0, 10**6), at_once=st.integers(1, 90))
@settings(deadline=None, max_examples=25)
def test_merging_and_thinning_do_not_depend_on_where_pairs_are(seed, at_once, tmp_path_factory):
    random, cover, weights = random_cover(seed, sites=20, demand=120)
    kept = random.random(20) < 0.8
    place = Scratch(tmp_path_factory.getbasetemp(), 0)
    pairs = place.room(cover.nnz)
    pairs[:] = cover.indices
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scratch, "_PAIRS_AT_ONCE", at_once)
        one = merge_demand(cover.indptr, cover.indices, weights, kept=kept)
        other = merge_demand(cover.indptr, pairs, weights, kept=kept, scratch=place)
        for looks in (8, 1):
            for some, same in ((one, other), (thin_out(one, looks), thin_out(other, looks))):
                for name in ("start", "demand", "weights", "merged"):
                    assert np.array_equal(getattr(some, name), getattr(same, name))
    assert is_on_disk(other.demand) or not other.pairs
    assert thin_out(one, 1).pairs <= thin_out(one, 8).pairs


def test_files_of_pairs_have_no_name_and_keep_what_is_let_go_of(tmp_path):
    pairs = Scratch(tmp_path, 10).room(5_000)
    pairs[:] = np.arange(5_000)
    let_go(pairs)
    assert [*tmp_path.iterdir()] == []
    assert pairs.sum() == 5_000 * 4_999 // 2
    assert is_on_disk(pairs)
    assert is_on_disk(pairs[7:])
    assert not is_on_disk(Scratch(tmp_path, 10).room(10))


def test_stages_hold_no_more_pairs_than_they_may_and_miss_no_row(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch, "_PAIRS_AT_ONCE", 10)
    start = np.array([0, 3, 3, 9, 30, 31, 40])
    parts = list(stages(start, [Scratch(tmp_path, 0).room(40)]))
    assert [row for low, high in parts for row in range(low, high)] == list(range(6))
    assert len(parts) == 4
    assert list(stages(start, [np.zeros(40)])) == [(0, 6)]
    assert list(stages(np.zeros(1, int), [np.zeros(0)])) == [(0, 0)]


def count_open():
    """Return how many files this process has open, where that can be told."""
    told = Path("/proc/self/fd")
    return len([*told.iterdir()]) if told.exists() else 0


@pytest.mark.slow
def test_the_disk_is_free_again_once_times_and_plan_are_gone(world, tmp_path):
    network, sites, _, places = world
    open_before = count_open()
    stored = br.store_travel_times(network, sites, places, cutoff=5, folder=tmp_path)
    plan = br.propose(stored, br.MaxCover(sites=2, minutes=5))
    assert [*tmp_path.iterdir()] == []
    del stored, plan
    gc.collect()
    assert count_open() == open_before


@pytest.mark.parametrize("again", [pickle.dumps, copy.deepcopy])
def test_stored_times_are_not_pickled_for_their_file_has_no_name(world, again):
    _, times = stored_and_not(world, cutoff=5)
    with pytest.raises(br.InputError, match="times on the disk end with their process; store them"):
        again(times)


@pytest.mark.parametrize("there", [False, True], ids=["missing", "a file"])
def test_a_folder_that_keeps_nothing_is_refused_before_any_work(
    world, tmp_path, monkeypatch, there
):
    network, sites, _, places = world
    folder = tmp_path / "times"
    if there:
        folder.write_text("here is no folder")
    begun = []
    monkeypatch.setattr("boxreach.routing.stored.compute_times", lambda *_, **__: begun.append(1))
    with pytest.raises(br.InputError, match=r"times: no travel times can be kept there \(.*folder"):
        br.store_travel_times(network, sites, places, folder=folder)
    assert not begun


def test_without_a_folder_of_the_system_one_is_asked_for(world, monkeypatch):
    network, sites, _, places = world

    def refuse():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    with pytest.raises(br.InputError, match=r"No usable temporary directory.*; give as folder"):
        br.store_travel_times(network, sites, places)


def test_a_full_disk_is_told_with_what_would_be_needed(world, on_disk, monkeypatch, tmp_path):
    _, stored = stored_and_not(world, cutoff=5)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(scratch, "_reserve", full)
    with pytest.raises(br.InputError, match=r"the disk has no room for .* of travel times"):
        br.propose(stored, br.MaxCover(sites=2, minutes=5))


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (br.PMedian(sites=2, minutes=5), "PMedian"),
        (br.PCenter(sites=2), "PCenter"),
        (br.SetCover(minutes=5), "SetCover"),
        (br.MaxCover(sites=2, minutes=5, capacity=900), "MaxCover with a capacity"),
    ],
)
def test_models_that_need_all_times_are_refused_with_what_they_take(world, model, named):
    _, stored = stored_and_not(world, cutoff=5)
    with pytest.raises(
        br.InputError, match=rf"{named} needs all [\d,]+ times in memory, some .* GB"
    ):
        br.propose(stored, model)


def test_what_stored_times_cannot_do_is_told_at_once(world):
    plain, stored = stored_and_not(world, cutoff=5)
    case = br.Case("flood", plain, None, probability=1.0)
    with pytest.raises(br.InputError) as told:
        br.propose(
            stored, br.MaxCover(sites=2, minutes=5), cases=[case], ties="a", bonus="b",
            memory_gb=-1,
        )  # fmt: skip
    for name in ("cases", "ties", "bonus", "memory_gb"):
        assert name in str(told.value)


def test_too_little_memory_is_refused_with_the_figure(world):
    _, stored = stored_and_not(world, cutoff=5)
    with pytest.raises(br.InputError, match=r"takes 0\.\d+ GB of memory, and 0\.2 GB are allowed"):
        br.propose(stored, br.MaxCover(sites=2, minutes=5), memory_gb=0.2)
    assert br.propose(stored, br.MaxCover(sites=2, minutes=5), memory_gb=2.0).status == "optimal"


def test_a_limit_holds_for_times_in_memory_too(world):
    """It is not passed over: who gives it is told what the placement takes, and what to do."""
    plain, _ = stored_and_not(world, cutoff=5)
    model = br.MaxCover(sites=2, minutes=5)
    with pytest.raises(memory.NotEnoughMemory, match=r"lie in memory takes 0\.71 GB, and 0\.2 GB"):
        br.propose(plain, model, memory_gb=0.2)
    with pytest.raises(br.InputError, match="memory_gb is 'much'"):
        br.propose(plain, model, memory_gb="much")
    assert br.propose(plain, model, memory_gb=1).objective == br.propose(plain, model).objective


def test_a_limit_holds_for_times_of_tiles(world):
    network, sites, _, places = world
    roads = network.roads.reset_index(drop=True)
    times = br.travel_times(br.tile_network(roads, tile_km=50), sites, places, cutoff=5)
    model = br.MaxCover(sites=2, minutes=5)
    assert br.propose(times, model, memory_gb=1).objective > 0
    with pytest.raises(memory.NotEnoughMemory, match="store_travel_times"):
        br.propose(times, model, memory_gb=0.1)


def test_memory_decides_where_times_are_kept_and_what_is_refused():
    big, small = 300_000_000, 1_000
    plain, median = br.MaxCover(sites=5, minutes=30), br.PMedian(sites=5)
    fits = memory.fits_memory(plain, 1_000_000, 3_000_000, 4.0, whole=False)
    assert fits(small)
    assert not fits(big)
    with pytest.raises(br.InputError, match=r"some 300,000,000 times this takes 2\d\.\d\d GB"):
        memory.fits_memory(median, 1_000_000, 3_000_000, 4.0, whole=False)(big)
    with pytest.raises(br.InputError, match="without cases"):
        memory.fits_memory(plain, 1_000_000, 3_000_000, 4.0, whole=True)(big)
    needed = r"takes (\d\.\d\d) GB of memory, and 1 GB .* \(memory_gb; --memory"
    with pytest.raises(memory.NotEnoughMemory, match=needed) as told:
        memory.fits_memory(plain, 1_000_000, 3_000_000, 1.0, whole=False)(big)
    enough_gb = float(re.search(needed, str(told.value))[1])
    assert told.value.memory_mb <= enough_gb * 1000
    assert not memory.fits_memory(plain, 1_000_000, 3_000_000, enough_gb, whole=False)(big)
    with pytest.raises(memory.NotEnoughMemory, match=r"3 times this takes 0\.71 GB"):
        memory.fits_memory(plain, 3, 4, 0.2, whole=False)(3)


def read_all(folder):
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in sorted(folder.rglob("*")) if one.is_file()
    }  # fmt: skip


def without_clock(files):
    """Leave out what tells how the command was called and how long it took."""
    record = json.loads(files["run.json"])
    return {name: text for name, text in files.items() if name != "run.json"}, record["parameters"]


@pytest.mark.slow
def test_a_run_within_memory_writes_the_same_files(plan, cli, tmp_path, on_disk, monkeypatch):
    """Whether its candidates' times fit into memory or not, and `verify` finds it right."""
    monkeypatch.setattr("boxreach.cli.memory_limit.fits_memory", lambda *_, **__: lambda _: False)
    runs = []
    for name, more in (("plain", []), ("held", ["--memory", "8GB"])):
        copy = Path(shutil.copytree(plan.parent, tmp_path / f"of-{name}" / "plan"))
        out = tmp_path / f"of-{name}" / "out"
        code, _, err = cli("run", copy / "plan.toml", "-o", out, "--no-progress", *more)
        assert code == 0, err
        runs.append(without_clock(read_all(out)))
    assert runs[0] == runs[1]
    code, said, _ = cli("verify", tmp_path / "of-held" / "out")
    assert code == 0, said


@pytest.mark.parametrize("size", ["4", "four GB", "-1GB", "0GB", "4 parsecs"])
def test_a_limit_that_is_no_size_is_refused(plan, cli, tmp_path, size):
    code, _, err = cli("propose", plan, "-o", tmp_path / "out", "--memory", size)
    assert code == 2
    assert f"Invalid value for '--memory': '{size}' is no size; write a number" in err
    assert "MB, GB, TB, MiB or GiB, as 4GB" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_command_whose_memory_is_too_little_says_what_it_takes(plan, cli, tmp_path):
    code, _, err = cli("propose", plan, "-o", tmp_path / "out", "--memory", "100MB")
    assert code == 2
    assert "GB of memory, and 0.1 GB are allowed" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("seed", range(6))
def test_prices_of_a_thinned_problem_that_shrank_on_the_way_are_put_back(seed):
    """Sites are ruled out there too, so that demand is merged once more."""
    random = np.random.default_rng(seed)
    places, sites = random.random((600, 2)), random.random((40, 2))
    near = np.hypot(*(places[:, None] - sites[None]).T) < 0.16
    weights = np.ceil(random.pareto(1.3, 600) * 9)
    kept = np.ones(40, dtype=bool)
    cover = csr_array(near.astype(np.int8))
    sets = merge_demand(cover.indptr, cover.indices, weights, kept=kept)
    problem = Problem(sets, np.array([0.0, 1.0]), Rules().rows(cover), 6)
    search = Search(problem, deadline=time.monotonic() + 20, big=0, solver=False)
    thin = thin_out(sets, 2)
    assert search._start_smaller(thin) is None
    assert len(search.prices) == len(sets.weights)
    assert (search.prices >= 0).all()
    assert (search.prices <= sets.weights).all()
    best = max_cover(cover, weights, sites=6)
    found = Search(problem, deadline=time.monotonic() + 20, big=0, solver=False).run()
    assert search.value <= best.objective <= found.bound * (1 + 1e-9)


def test_a_disk_that_fills_up_later_is_told_in_words_too(world, on_disk, monkeypatch):
    """Where the list of pairs found its room, and that of merged demand none."""
    _, stored = stored_and_not(world, cutoff=5)
    reserve, calls = scratch._reserve, []

    def full(file, size):
        calls.append(size)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        reserve(file, size)

    monkeypatch.setattr(scratch, "_reserve", full)
    with pytest.raises(br.InputError, match=r"the disk has no room for what is kept of travel ti"):
        br.propose(stored, br.MaxCover(sites=2, minutes=5))
    assert len(calls) == 3


@pytest.mark.parametrize("limit", [math.inf, 1e300, 1e9])
def test_a_limit_beyond_any_machine_is_refused(world, limit):
    for times in stored_and_not(world, cutoff=5):
        with pytest.raises(br.InputError, match="memory_gb"):
            br.propose(times, br.MaxCover(sites=2, minutes=5), memory_gb=limit)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_forks_read_the_same_times_at_the_same_time(world, tmp_path):
    """They share where the file stands: what one moved, another read from."""
    _, stored = stored_and_not(world, cutoff=5)
    none = csr_array((0, len(world[3])), dtype=np.int64)

    def list_pairs():
        found = stored.within(3.0, none, Scratch(tmp_path, 10**9))
        return found.indices.tobytes(), found.indptr.tobytes()

    wanted, children = list_pairs(), []
    for _ in range(4):
        child = os.fork()
        if not child:
            with suppress(BaseException):
                os._exit(0 if all(list_pairs() == wanted for _ in range(150)) else 1)
            os._exit(2)
        children.append(child)
    assert [os.waitpid(one, 0)[1] for one in children] == [0, 0, 0, 0]
