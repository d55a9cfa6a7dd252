"""What searches over junctions return, to the last number: queues, labels, ways and pairs."""

import heapq

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array

import boxreach as br
from boxreach.compilation import lend
from boxreach.network import network_from_arrays
from boxreach.network.legs import LONGEST_MS
from boxreach.routing import kernels, nearest_nodes, node_times, search
from boxreach.routing.kernels import FAR, bucket_count, drop_labels, spread_labels
from boxreach.routing.merging import merge_rows
from boxreach.routing.pairs import count_within, second_quickest
from boxreach.routing.search import Question, Ways, find_nearest, find_within, pack

ENGINES = pytest.mark.parametrize("engine", ["compiled", "scipy"])


def draw_arcs(random, junctions, count, longest=9_000):
    """Draw arcs by junction, no two from one junction to another."""
    tail, head = random.integers(0, junctions, (2, count))
    ends = np.unique(tail * junctions + head)
    ms = random.integers(0, longest, len(ends))
    first = np.searchsorted(ends // junctions, np.arange(junctions + 1)).astype(np.int32)
    return lend(first), np.column_stack([ends % junctions, ms]).astype(np.int32)


def lay(arcs):
    """Pack arcs as those of a network are, by which searches are compiled once for both."""
    return lend(pack(arcs))


def least_labels(first, arcs, entries, bits, known=None):
    """Return the least label of each junction, by a heap; from `known` ones down."""
    best = [int(FAR)] * (len(first) - 1) if known is None else [int(one) for one in known]
    heap = []
    for node, label in entries:
        if label < best[node]:
            best[node] = int(label)
            heapq.heappush(heap, (int(label), int(node)))
    while heap:
        label, node = heapq.heappop(heap)
        if label > best[node]:
            continue
        for other, ms in arcs[first[node] : first[node + 1]].tolist():
            later = label + (ms << bits)
            if later < best[other]:
                best[other] = later
                heapq.heappush(heap, (later, other))
    return best


def ways_of(rows):
    """Return ways of rows given as lists of (other, milliseconds)."""
    first = np.append(0, np.cumsum([len(one) for one in rows])).astype(np.int64)
    return Ways(first, np.array([way for one in rows for way in one], np.int32).reshape(-1, 2))


def draw_ways(random, rows, others, most, longest=5_000):
    return ways_of([
        [(random.integers(others), random.integers(longest)) for _ in range(random.integers(most))]
        for _ in range(rows)
    ])  # fmt: skip


def dense(ms):
    """Return a matrix with -1 where there is no way."""
    found = np.full(ms.shape, -1, np.int64)
    pairs = ms.tocoo()
    found[pairs.row, pairs.col] = pairs.data
    return found


# --- the queue -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_labels_are_the_least_however_little_room_the_queue_begins_with(seed):
    """Queue and what is settled grow; blocks are used again; buckets go round many times."""
    random = np.random.default_rng(seed)
    junctions = int(random.integers(2, 150))
    longest = int(random.choice([3, 5_000, 60_000]))
    first, arcs = draw_arcs(random, junctions, 5 * junctions, longest)
    bits = int(random.choice([0, 3]))
    entries = np.column_stack([random.integers(0, junctions, 40), random.integers(0, 9_000, 40)])
    entries = entries[: random.integers(1, 40)]
    entries[:, 1] = (entries[:, 1] << bits) + np.arange(len(entries)) % (1 << bits)
    expected = least_labels(first, arcs, entries, bits)
    turn = bucket_count(max(int(arcs[:, 1].max(initial=0)), 9_000))
    best = np.full(junctions, FAR)
    settled, slots, count = kernels._spread(
        first, lay(arcs), entries, bits, best, np.empty(16, np.int32),
        np.empty(32, np.uint32), np.zeros(turn, np.uint32),
    )  # fmt: skip
    assert best.tolist() == expected
    reached = {node for node, label in enumerate(expected) if label < FAR}
    assert {*settled[:count].tolist()} == reached
    assert len(settled) >= count
    assert len(slots) < 64 * (len(arcs) + len(entries) + 4)
    largest = kernels.search_nearest(first, lay(arcs), entries, bits, turn)
    assert largest.tolist() == expected


@pytest.mark.parametrize(
    ("longest_ms", "count"),
    [(0, 2), (4095, 2), (4096, 4), (12_287, 4), (12_288, 8), (28_671, 8), (28_672, 16)],
)
def test_there_are_as_many_buckets_as_waiting_labels_can_lie_in(longest_ms, count):
    """Labels so far apart lie in that many spans and one more; the next power of two holds them."""
    assert bucket_count(longest_ms) == count


def test_a_queue_of_labels_that_lie_far_apart_is_scanned_in_their_order():
    """With no more buckets than are needed, each junction of a row is settled once."""
    count = 40
    first = lend(np.append(np.arange(count), count - 1).astype(np.int32))
    arcs = np.column_stack([np.arange(1, count), np.full(count - 1, 4_096)]).astype(np.int32)
    best = np.full(count, FAR)
    settled, slots, scanned = kernels._spread(
        first, lay(arcs), np.array([[0, 0]]), 0, best, np.empty(64, np.int32),
        np.empty(64, np.uint32), np.zeros(bucket_count(4_096), np.uint32),
    )  # fmt: skip
    assert settled[:scanned].tolist() == list(range(count))
    assert best.tolist() == [4_096 * n for n in range(count)]
    assert len(slots) == 64  # blocks that are done are used again


@pytest.mark.parametrize("seed", range(8))
def test_labels_that_rest_on_dropped_ones_are_dropped_and_no_others(seed):
    random = np.random.default_rng(seed)
    junctions, bits = 60, 2
    first, arcs = draw_arcs(random, junctions, 150, 20)
    entries = np.column_stack([random.integers(0, junctions // 2, 5), np.arange(5) * 4 % 9])
    labels = np.array(least_labels(first, arcs, entries, bits))
    rests = nx.DiGraph()
    rests.add_nodes_from(range(junctions))
    for node in range(junctions):
        for other, ms in arcs[first[node] : first[node + 1]].tolist():
            if labels[node] < FAR and labels[node] + (ms << bits) == labels[other]:
                rests.add_edge(node, other)
    begin = np.unique(random.integers(0, junctions, 3))
    expected = {*begin.tolist()}.union(*(nx.descendants(rests, one) for one in begin.tolist()))
    found = labels.copy()
    dropped = drop_labels(first, lay(arcs), found, bits, begin.copy())
    assert sorted(dropped.tolist()) == sorted(expected)
    kept = np.setdiff1d(np.arange(junctions), dropped)
    assert (found[dropped] == FAR).all()
    assert np.array_equal(found[kept], labels[kept])
    # What is asked of the arcs again brings them back.
    turn = bucket_count(9_000)
    spread_labels(first, lay(arcs), entries, found, bits, turn)
    seeds = [(other, found[node] + (ms << bits)) for node in kept.tolist() if found[node] < FAR
             for other, ms in arcs[first[node] : first[node + 1]].tolist()]  # fmt: skip
    spread_labels(first, lay(arcs), np.array(seeds).reshape(-1, 2), found, bits, turn)
    assert found.tolist() == labels.tolist()


# --- pairs within a limit ------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize("block", range(3))
def test_pairs_are_those_of_a_heap_up_to_a_limit_that_is_one_of_them(engine, block):
    for seed in range(10 * block, 10 * block + 10):
        random = np.random.default_rng(seed)
        junctions, sources, demands = (int(one) for one in random.integers(1, [40, 9, 140]))
        first, arcs = draw_arcs(random, junctions, int(random.integers(0, 3 * junctions)))
        entries = draw_ways(random, sources, junctions, 3)
        exits = draw_ways(random, demands, junctions, 3)
        beside = draw_ways(random, sources, demands, 3)
        expected = np.full((sources, demands), FAR)
        for source in range(sources):
            mine = entries.ways[entries.first[source] : entries.first[source + 1]]
            reached = least_labels(first, arcs, mine, 0)
            for demand in range(demands):
                for node, ms in exits.ways[exits.first[demand] : exits.first[demand + 1]].tolist():
                    expected[source, demand] = min(expected[source, demand], reached[node] + ms)
            for demand, ms in beside.ways[beside.first[source] : beside.first[source + 1]].tolist():
                expected[source, demand] = min(expected[source, demand], ms)
        known = expected[expected < FAR]
        limit_ms = int(random.choice(known)) if len(known) else 5_000
        question = Question(first, arcs, entries, exits)
        found = find_within(question, beside, limit_ms, engine=engine)
        assert np.array_equal(dense(found), np.where(expected <= limit_ms, expected, -1))
        assert found.has_sorted_indices
        assert found.indices.dtype == found.indptr.dtype == np.int32
        assert (question.sources, question.demands) == (sources, demands)


def star(sources, demands):
    """Return a question about one junction: source s takes 10 s to it, demand d takes d from it."""
    none, arcs = np.zeros(2, np.int32), np.empty((0, 2), np.int32)
    entries = ways_of([[(0, 10 * one)] for one in range(sources)])
    return Question(none, arcs, entries, ways_of([[(0, one)] for one in range(demands)]))


def nothing(rows):
    return ways_of([[]] * rows)


def test_more_pairs_than_there_is_room_for_at_first_are_all_told():
    found = dense(find_within(star(70, 100), nothing(70), 500))
    expected = 10 * np.arange(70)[:, None] + np.arange(100)
    assert np.array_equal(found, np.where(expected <= 500, expected, -1))


@pytest.mark.parametrize(
    ("sources", "threads", "shares"),
    [(1, 1, [1]), (64, 1, [64]), (65, 1, [64, 1]), (200, 2, [64, 64, 64, 8]),
     (1200, 1, [300] * 4), (1201, 1, [301, 301, 301, 298]), (2560, 1, [512] * 5),
     (1200, 3, [100] * 12)],
)  # fmt: skip
def test_progress_is_told_share_by_share(sources, threads, shares):
    """At least 64 sources at once and at most 512, else four shares for each thread."""
    told = []
    find_within(star(sources, 1), nothing(sources), 5, threads=threads,
                progress=lambda *one: told.append(one))  # fmt: skip
    done = np.cumsum(shares).tolist()
    assert told == [("travel times", one, sources) for one in done]


def test_there_are_as_many_threads_as_processors_if_none_are_asked_for(monkeypatch):
    monkeypatch.setattr(search, "thread_count", lambda: 3)
    told = []
    find_within(star(1200, 1), nothing(1200), 5, progress=lambda *one: told.append(one[1]))
    assert told == list(range(100, 1201, 100))


def test_scipy_searches_from_so_many_sources_as_memory_is_given_to(monkeypatch):
    monkeypatch.setattr(search, "_NUMBERS_AT_ONCE", 30)
    question, beside = star(7, 5), ways_of([[], [(2, 1)], [], [], [], [(4, 3)], []])
    told = []
    found = find_within(
        question, beside, 44, engine="scipy", progress=lambda *one: told.append(one)
    )
    assert [one[1] for one in told] == [3, 6, 7]  # of 8 numbers each
    expected = 10 * np.arange(7)[:, None] + np.arange(5)
    expected[1, 2], expected[5, 4] = 1, 3
    assert np.array_equal(dense(found), np.where(expected <= 44, expected, -1))


def test_ways_are_sorted_by_row_and_stay_in_their_order():
    ways = Ways.sort(np.array([2, 0, 2, 0]), np.array([5, 6, 7, 8]), np.array([1, 2, 3, 4]), 4)
    assert ways.first.tolist() == [0, 2, 2, 4, 4]
    assert ways.ways.tolist() == [[6, 2], [8, 4], [5, 1], [7, 3]]
    assert ways.row.tolist() == [0, 0, 2, 2]
    turned = ways.turned(9)
    assert turned.first.tolist() == [0, 0, 0, 0, 0, 0, 1, 2, 3, 4]
    assert turned.ways.tolist() == [[2, 1], [0, 2], [2, 3], [0, 4]]


def test_packed_arcs_hold_milliseconds_above_the_junction(monkeypatch):
    arcs = np.array([[7, 5], [0, 2**31 - 1]], np.int32)
    expected = [(5 << 32) + 7, (2**31 - 1) << 32]
    assert pack(arcs).tolist() == expected
    monkeypatch.setattr(search.sys, "byteorder", "big")
    assert pack(arcs).tolist() == expected


# --- the nearest source --------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize("sources", [0, 1, 2, 3, 4, 5, 9])
def test_of_sources_at_the_same_time_the_first_is_nearest(engine, sources):
    for seed in range(6):
        random = np.random.default_rng([seed, sources])
        first, arcs = draw_arcs(random, 30, 60, longest=4)
        entries = draw_ways(random, sources, 30, 3, longest=3)
        labels, bits = find_nearest(Question(first, arcs, entries, nothing(0)), engine=engine)
        assert bits == max(1, int(np.ceil(np.log2(max(sources, 1)))))
        rows = [
            (node, (ms << bits) + row)
            for row, (node, ms) in zip(entries.row, entries.ways.tolist(), strict=True)
        ]
        assert labels.tolist() == least_labels(first, arcs, rows, bits)
        assert labels.dtype == np.int64


@ENGINES
@pytest.mark.parametrize("backwards", [False, True])
def test_nodes_within_chains_are_labelled_from_sources_on_both_sides(engine, backwards):
    """Rows of nodes between junctions, ways of one direction, rings: by networkx."""
    for seed in range(12):
        random = np.random.default_rng(seed)
        count = int(random.integers(4, 25))
        tail, head = np.arange(count - 1), np.arange(1, count)
        more = random.integers(0, count, (2, 3))
        tail, head = np.append(tail, more[0]), np.append(head, more[1])
        ms = random.integers(0, 5, (2, len(tail)))
        ms[random.random(ms.shape) < 0.1] = -1
        place = random.random((2, count))
        network, number = network_from_arrays(44 + place[0], 33 + place[1], tail, head, *ms)
        graph = nx.DiGraph()
        graph.add_nodes_from(range(count))
        for one, other, there, back in zip(tail, head, *ms, strict=True):
            for begin, end, took in ((one, other, there), (other, one, back)):
                pair = (end, begin) if backwards else (begin, end)
                if 0 <= took < graph.get_edge_data(*pair, {"ms": 10**9})["ms"]:
                    graph.add_edge(*pair, ms=int(took))
        asked = random.integers(0, count, 3)
        least = [nx.single_source_dijkstra_path_length(graph, int(one), weight="ms")
                 for one in asked]  # fmt: skip
        expected = [[one.get(node, 10**9) for node in range(count)] for one in least]
        position, nearest = nearest_nodes(
            network, number[asked], backwards=backwards, engine=engine
        )
        best = np.min(expected, axis=0)
        assert nearest[number].tolist() == np.where(best < 10**9, best, -1).tolist()
        assert position[number].tolist() == np.where(
            best < 10**9, np.argmin(expected, axis=0), -1
        ).tolist()  # fmt: skip
        for targets, columns in ((None, number), (number, np.arange(count))):
            found = node_times(network, number[asked], targets, limit_ms=7, backwards=backwards,
                               engine=engine, threads=1)  # fmt: skip
            told = dense(found)[:, columns]
            assert told.tolist() == [[ms if ms <= 7 else -1 for ms in one] for one in expected]


@pytest.fixture(scope="module")
def row():
    """Three nodes in a row, the last stretch one-way."""
    return network_from_arrays(
        np.array([44.0, 44.1, 44.2]), np.full(3, 33.0), np.array([0, 1]), np.array([1, 2]),
        np.array([600, 700]), np.array([600, -1]),
    )[0]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sources": [3]}, "sources holds numbers that are no nodes of the network"),
        ({"sources": [-1]}, "sources holds numbers that are no nodes of the network"),
        ({"sources": [0.5]}, "sources holds what are no whole numbers"),
        ({"sources": ["a"]}, "sources holds what are no whole numbers"),
        ({"targets": [0, 3]}, "targets holds numbers that are no nodes of the network"),
        ({"targets": [True]}, "targets holds what are no whole numbers"),
        ({"limit_ms": -1}, "limit_ms is -1"),
        ({"limit_ms": LONGEST_MS + 1}, f"limit_ms is {LONGEST_MS + 1}"),
        ({"backwards": 1}, "backwards is 1"),
        ({"threads": 0}, "threads is 0"),
        ({"threads": 1.5}, "threads is 1.5"),
        ({"engine": "quick"}, "engine is 'quick'"),
    ],
)  # fmt: skip
def test_what_is_no_question_about_nodes_is_refused(row, given, said):
    asked = {"sources": [0], "limit_ms": 5} | {
        name: np.array(one) if isinstance(one, list) else one for name, one in given.items()
    }
    with pytest.raises(br.InputError) as error:
        node_times(row, asked.pop("sources"), asked.pop("targets", None), **asked)
    assert [one.what for one in error.value.faults] == [said]
    if given.keys() & {"sources", "targets"}:
        assert error.value.faults[0].advice == "give 0 to 2"
    if "sources" in given or "engine" in given or "backwards" in given:
        with pytest.raises(br.InputError):
            nearest_nodes(
                row,
                **(
                    {"sources": np.array([0])}
                    | {
                        name: np.array(one) if name == "sources" else one
                        for name, one in given.items()
                    }
                ),
            )


def test_questions_about_nodes_are_answered_up_to_their_ends(row):
    """No sources, the first and the last node, a limit of nothing and the longest one."""
    assert node_times(row, np.array([], float), limit_ms=0).shape == (0, 3)
    assert node_times(row, np.array([0, 2]), np.array([], float), limit_ms=0).shape == (2, 0)
    for limit_ms, found in ((0, [[0, -1, -1], [-1, -1, 0]]), (600, [[0, 600, -1], [-1, -1, 0]]),
                            (LONGEST_MS, [[0, 600, 1300], [-1, -1, 0]])):  # fmt: skip
        assert (
            dense(node_times(row, np.array([[0], [2]]), limit_ms=limit_ms, threads=2)).tolist()
            == found
        )
    back = node_times(row, np.array([0, 2]), limit_ms=700, backwards=True)
    assert dense(back).tolist() == [[0, 600, -1], [-1, 700, 0]]
    assert [one.tolist() for one in nearest_nodes(row, np.array([2, 1]))] == [
        [1, 1, 0],
        [600, 0, 0],
    ]


def test_both_faults_of_a_question_about_nodes_are_told_at_once(row):
    with pytest.raises(br.InputError) as error:
        node_times(row, np.array([0]), limit_ms=-1, threads=0, backwards=3, engine="x")
    assert len(error.value.faults) == 4
    with pytest.raises(br.InputError) as error:
        nearest_nodes(row, np.array([0]), backwards=3, engine="x")
    assert len(error.value.faults) == 2


def test_the_engine_that_is_asked_for_searches(row, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("this engine was not asked for")

    asked = ((nearest_nodes, {}), (node_times, {"limit_ms": 5}))
    for name, engine in (("dijkstra", "scipy"), ("search_within", "compiled"),
                         ("search_nearest", "compiled")):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(search, name, refuse)
            told = []
            for call, more in asked:
                for one in ("compiled", "scipy"):
                    try:
                        call(row, np.array([0]), engine=one, **more)
                    except RuntimeError:
                        told.append((call.__name__, one))
        calls = ["nearest_nodes", "node_times"]
        calls = {"search_within": calls[1:], "search_nearest": calls[:1]}.get(name, calls)
        assert told == [(call, engine) for call in calls]


# --- rows that are one, and pairs passed over ----------------------------------------------------


def test_rows_are_one_exactly_if_their_ways_are():
    """Of thousands of rows that are nearly alike: others of numbers, of order, of length."""
    few, more = range(1, 5), range(5, 9)
    rows = [[(a, b), (c, d)] for a in few for b in range(6) for c in more for d in range(6)]
    rows += [[(a, b)] for a in range(1, 30) for b in range(30)]
    rows += [[(a << 20, b << 20)] for a in range(1, 8) for b in range(1, 8)] + [[]]
    every = rows + rows[::-1]
    groups, merging = merge_rows(ways_of(every), np.zeros(len(every), bool), 0.0)
    expected = [tuple(one) for one in every]
    distinct = list(dict.fromkeys(expected))
    assert groups.group.tolist() == [distinct.index(one) for one in expected]
    assert groups.row.tolist() == [expected.index(one) for one in distinct]
    assert (merging.rows, merging.searched) == (len(every), len(distinct))
    assert (merging.largest_change_minutes, merging.allowed_minutes) == (0, 0)


def test_rows_in_one_step_are_one_and_at_a_step_apart_they_are_not():
    step = 30_000
    rows = [[(1, 0)], [(1, step - 1)], [(1, step)], [(1, 2 * step - 1)], [(2, 0)], [(1, 0), (1, 0)]]
    groups, merging = merge_rows(ways_of(rows), np.zeros(6, bool), 0.5)
    assert groups.group.tolist() == [0, 0, 1, 1, 2, 3]
    assert merging.largest_change_minutes == (step - 1) / 60_000
    assert merging.allowed_minutes == 0.5
    spread = groups.spread(csr_array(np.array([[5, 0, 7, 0], [0, 6, 0, 8]])))
    assert spread.toarray().tolist() == [[5, 5, 0, 0, 7, 0], [0, 0, 6, 6, 0, 8]]
    assert spread.nnz == 6
    assert spread.indices.dtype == spread.indptr.dtype == np.int32
    every, _ = merge_rows(ways_of(rows[:1]), np.zeros(1, bool), 0.0)
    ways, ms = ways_of(rows[:1]), csr_array(np.array([[1]]))
    assert every.ways(ways) is ways
    assert every.spread(ms) is ms


def test_the_second_is_another_site_and_first_in_order_of_those_as_quick():
    ms = csr_array(np.array([[4, 9, 3], [4, 9, 0], [4, 9, 0], [0, 8, 0]]))
    site, best = second_quickest(ms, np.array([1, 3, 0]), np.array([2, 0, 1, 3]))
    assert (site.tolist(), best.tolist()) == ([2, 2, -1], [4, 9, -1])
    assert (site.dtype, best.dtype) == (np.int64, np.int64)
    assert count_within(ms, 8).tolist() == [3, 1, 1]
