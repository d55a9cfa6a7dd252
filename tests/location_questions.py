"""Random questions of location, small enough that all answers can be told: for several tests.

A plug-in of pytest, which conftest.py names.
"""

import math
from functools import partial
from itertools import combinations, product

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import CoverCase, GroupLimit, Rules, exchanges, swaps
from boxreach.location import covering_search as covers
from boxreach.location.cases import join_cases
from boxreach.location.cases_search import CasesSearch
from boxreach.location.cover import pose
from boxreach.location.cover_sets import merge_demand
from boxreach.location.covering import Covering
from boxreach.location.proof import keeps
from boxreach.location.search import Search

SITES, DEMAND = 8, 14
WORTHS = [(0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 0.6, 0.9, 1.0)]
OUT, IN, LATER = 0, 1, 2


@pytest.fixture(scope="session")
def draw_cover():
    """Draw who covers what, and whole weights; each demand has a site."""

    def draw(random, sites=8, demand=18, share=0.35, *, alike=True):
        cover = random.random((sites, demand)) < share
        cover[random.integers(0, sites, demand), np.arange(demand)] = True
        if not alike:
            _, firsts = np.unique(cover.T, axis=0, return_index=True)
            cover = cover[:, np.sort(firsts)]
        return cover, random.integers(1, 9, cover.shape[1]).astype(float)

    return draw


@pytest.fixture(scope="session")
def draw_uneven_cover():
    """Draw a cover with sites alike, one that covers nothing, and demand that weighs nothing."""

    def draw(random, sites=7, demand=12, share=0.35):
        cover = random.random((sites, demand)) < share
        cover[-1] = cover[0]
        cover[int(random.integers(sites))] = False
        return cover, random.integers(0, 6, demand) * random.choice([1.0, 0.1])

    return draw


@pytest.fixture(scope="session")
def draw_road_cover():
    """Draw sites along a road, with twins, and demand that each covers; whole weights or not."""

    def draw(random, sites=9, demand=22):
        where, whom = random.integers(0, 30, sites), random.integers(0, 30, demand)
        cover = np.abs(where[:, None] - whom) <= 5
        cover[-1] = cover[2]
        return cover, random.integers(1, 9, demand) * random.choice([1.0, 0.1])

    return draw


@pytest.fixture(scope="session")
def merge_cover():
    """Merge demand that the same sites cover."""

    def merge(cover, weights, kept=None, least=1):
        matrix = csr_array(cover, dtype=float)
        kept = np.ones(len(cover), dtype=bool) if kept is None else kept
        return merge_demand(matrix.indptr, matrix.indices, weights, kept=kept, least=least)

    return merge


@pytest.fixture(scope="session")
def draw_tight_rules():
    """Draw limits on groups that overlap, sites apart, and a budget: all at once."""

    def draw(random, sites=8):
        halves = [random.random(sites) < 0.5 for _ in range(2)]
        return Rules(
            limits=(GroupLimit(halves[0], 1, 3), GroupLimit(halves[1], 0, 3)),
            apart=random.choice(sites, 2, replace=False)[None, :],
            costs=random.integers(1, 4, sites).astype(float),
            budget=float(random.integers(8, 12)),
        )

    return draw


@pytest.fixture(scope="session")
def draw_some_rules():
    """Draw rules of a few kinds, each now and then."""

    def draw(random, sites=7):
        given = {"costs": random.integers(0, 4, sites).astype(float)}
        if random.random() < 0.6:
            least = int(random.integers(0, 3))
            most = None if random.random() < 0.3 else least + int(random.integers(0, 2))
            given["limits"] = tuple(
                GroupLimit(random.random(sites) < 0.5, least, most) for _ in range(2)
            )
        for name, odds in (("fixed", 0.3), ("forbidden", 0.3)):
            if random.random() < odds:
                given[name] = random.integers(0, sites, 1)
        if random.random() < 0.4:
            given["apart"] = random.choice(sites, 2, replace=False)[None, :]
        if random.random() < 0.6:
            given["budget"] = float(random.integers(2, 9))
        return Rules(**given)

    return draw


@pytest.fixture(scope="session")
def draw_rules_of_kind():
    """Draw no rules ("free"), groups that share no site ("groups"), or every kind ("all")."""

    def draw(random, kind, sites=9, demand=22):
        if kind == "free":
            return Rules()
        thirds = np.arange(sites) % 3
        limits = (GroupLimit(thirds == 0, 1, 2), GroupLimit(thirds == 1, 0, 1))
        if kind == "groups":
            return Rules(limits=limits, fixed=np.array([4]))
        costs = random.integers(1, 4, sites).astype(float)
        more = GroupLimit(np.arange(sites) < 5, 1, 3)
        return Rules(
            limits=(*limits, more), forbidden=np.array([1]), apart=np.array([[3, 6]]),
            must_cover=random.integers(0, demand, 1), costs=costs, budget=7.0,
        )  # fmt: skip

    return draw


@pytest.fixture(scope="session")
def list_plans():
    """List every plan that keeps the rules, with the sites that follow, and what it covers."""

    def list_all(cover, weights, worth, rules, sites, later=0):
        count, plans = len(cover), {}
        rows = rules.rows(csr_array(cover, dtype=float))
        flags = [np.isin(np.arange(count), one).astype(float)
                 for size in range(count + 1)
                 for one in combinations(range(count), size)]  # fmt: skip
        ends = [one for one in flags
                if (sites is None or one.sum() == sites + later) and keeps(rows, one)]  # fmt: skip
        for one in flags:
            if later and (one.sum() != sites or (one < rows.column_lower).any()):
                continue
            if any((one <= end).all() if later else (one == end).all() for end in ends):
                counts = np.minimum(one @ cover, len(worth) - 1).astype(int)
                chosen = tuple(np.flatnonzero(one).tolist())
                plans[chosen] = float(weights @ np.array(worth)[counts])
        return plans

    return list_all


@pytest.fixture(scope="session")
def search_for():
    """Begin a search through three cases: as usual, without the first site, with other weights."""
    usual = np.eye(5) + np.roll(np.eye(5), 1, axis=1)

    def search(share=0.0, *, weights=(5, 4, 3, 2, 1), rules=None, sites=2, keep=None, options=None):
        covers = [usual, usual * (np.arange(5) > 0)[:, None], usual]
        given = [
            CoverCase(csr_array(cover), np.roll(np.array(weights, float), at), chance)
            for at, (cover, chance) in enumerate(zip(covers, (1, 1, 2), strict=True))
        ]
        cases = join_cases(given[:keep], share, rules or Rules(), sites)
        return CasesSearch(cases, deadline=1e12, **(options or {}))

    return search


@pytest.fixture
def fixed_time(monkeypatch):
    """Leave a search through cases a hundred seconds all the time, or what is put into the list."""
    left = [100.0]
    monkeypatch.setattr(CasesSearch, "left", property(lambda _: left[0]))
    return left


class Play:
    """A board with a plan that keeps the rules, and all that is true of it counted anew."""

    def __init__(self, draw_cover, draw_rules, merge_cover, seed, *, later=1, chosen=3):
        random = np.random.default_rng(seed)
        self.random = random
        cover, weights = draw_cover(random, SITES, DEMAND, alike=False)
        self.sets = merge_cover(cover, weights)
        self.cover = self.sets.as_matrix().toarray() > 0
        self.weights, self.worth = self.sets.weights, np.array(WORTHS[seed % 3])
        matrix, self.later = csr_array(cover.astype(float)), later
        while True:
            rules = draw_rules(random)
            self.rows = rules.rows(matrix)
            whole = [one for one in combinations(range(SITES), chosen + later)
                     if self.holds(one)]  # fmt: skip
            if len(whole) > 8:
                break
        start = random.permutation(whole[int(random.integers(len(whole)))])
        self.locked = np.zeros(SITES, dtype=bool)
        self.locked[[int(start[0]), int(random.integers(SITES))]] = True
        self.start = np.sort(start[:chosen]), np.sort(start[chosen:])
        self.lay()

    def lay(self):
        self.board = swaps.set_up(self.sets, self.worth, self.rows, *self.start, barred=self.locked)

    def value(self, plan):
        counts = np.minimum(self.cover[sorted(plan)].sum(axis=0), len(self.worth) - 1)
        return float(self.weights @ self.worth[counts])

    def at(self, place):
        return set(np.flatnonzero(self.board.place == place).tolist())

    def holds(self, whole):
        activity = self.rows.matrix @ np.isin(np.arange(SITES), sorted(whole))
        return bool(((activity >= self.rows.lower) & (activity <= self.rows.upper)).all())

    def exchanges(self):
        """All exchanges that keep the rules: what leaves, what comes, who stands and who follows.

        Where a leaving site is needed for the rules it follows later instead of another.
        """
        plan, later = self.at(IN), self.at(LATER)
        for into in sorted(set(range(SITES)) - plan):
            for out in sorted(plan):
                if self.locked[into] or self.locked[out]:
                    continue
                after = plan - {out} | {into}
                if into in later:
                    yield out, into, -1, after, later - {into} | {out}
                elif self.holds(after | later):
                    yield out, into, -1, after, later
                else:
                    for third in self.board.members[LATER, : len(later)].tolist():
                        if self.holds(after | later - {third} | {out}):
                            yield out, into, third, after, later - {third} | {out}
                            break

    def check(self):
        """Every number on the board is what counting anew gives."""
        board, plan, later = self.board, self.at(IN), self.at(LATER)
        chosen = sorted(plan)
        assert board.times.tolist() == self.cover[chosen].sum(axis=0).tolist()
        assert board.owner.tolist() == (np.array(chosen) @ self.cover[chosen]).tolist()
        assert board.value[0] == pytest.approx(self.value(plan))
        gains = [self.value(plan | {one}) - self.value(plan - {one}) for one in range(SITES)]
        assert board.gain == pytest.approx(gains)
        assert board.activity.tolist() == (self.rows.matrix @ (board.place > 0)).tolist()
        for place, ones in ((IN, plan), (LATER, later)):
            listed = board.members[place, : board.sizes[place]].tolist()
            assert sorted(listed) == sorted(ones)
            assert [int(board.slot[one]) for one in listed] == list(range(len(ones)))


@pytest.fixture
def lay_play(draw_cover, draw_tight_rules, merge_cover):
    """Return the play of a seed."""
    return partial(Play, draw_cover, draw_tight_rules, merge_cover)


class Game:
    """A table with a plan for three cases, and all that is true of it counted anew."""

    def __init__(self, draw_cover, draw_rules, seed, share=None, *, sites=3):
        random = np.random.default_rng(seed + 100)
        cover, weights = draw_cover(random, SITES, DEMAND, alike=False)
        ways = [cover & (random.random(cover.shape) < 0.8) for _ in range(3)]
        self.given = [
            CoverCase(csr_array(one.astype(float)), np.roll(weights, at), 1.0 + at % 2)
            for at, one in enumerate(ways)
        ]
        while True:
            rules = draw_rules(random)
            self.cases = join_cases(self.given, share, rules, sites)
            self.plans = [one for one in combinations(range(SITES), 3)
                          if self.holds(one)]  # fmt: skip
            if len(self.plans) > 8:
                break
        self.start = np.array(self.plans[int(random.integers(len(self.plans)))])
        self.locked = random.random(SITES) < 0.15
        self.random = random
        self.lay()

    def lay(self):
        self.table = exchanges._set_up(self.cases, self.start)
        self.table.locked[:] = self.locked

    def plan(self):
        return set(np.flatnonzero(self.table.chosen).tolist())

    def values(self, plan):
        """What a plan covers in each case."""
        rows = sorted(plan)
        return np.array([one.weights[one.cover.toarray()[rows].any(axis=0)].sum()
                         for one in self.given])  # fmt: skip

    def judge(self, plan):
        values = self.values(plan)
        return self.cases.criterion.of(values), float(self.cases.criterion.odds @ values)

    def holds(self, plan):
        rows = self.cases.rows
        activity = rows.matrix @ np.isin(np.arange(SITES), sorted(plan))
        return bool(((activity >= rows.lower) & (activity <= rows.upper)).all())

    def exchanges(self):
        plan = self.plan()
        for out, into in product(sorted(plan), sorted(set(range(SITES)) - plan)):
            after = plan - {out} | {into}
            if not self.locked[out] and not self.locked[into] and self.holds(after):
                yield out, into, after

    def check(self):
        table, plan = self.table, self.plan()
        listed = table.members[: table.size[0]].tolist()
        assert sorted(listed) == sorted(plan)
        assert [int(table.slot[one]) for one in listed] == list(range(len(plan)))
        assert table.values == pytest.approx(self.values(plan))
        for nth, one in enumerate(listed):
            lost = self.values(plan) - self.values(plan - {one})
            assert table.lost[nth] == pytest.approx(lost)
        cover = self.cases.sets.as_matrix().toarray()[sorted(plan)]
        assert table.times.tolist() == cover.sum(axis=0).tolist()
        assert table.owner.tolist() == (sorted(plan) @ cover).tolist()
        whole = np.isin(np.arange(SITES), sorted(plan))
        assert table.activity.tolist() == (self.cases.rows.matrix @ whole).tolist()


@pytest.fixture
def lay_game(draw_cover, draw_tight_rules):
    """Return the game of a seed."""
    return partial(Game, draw_cover, draw_tight_rules)


class Hunt:
    """A board of a covering question, and all that is true of it counted anew."""

    def __init__(self, draw_cover, seed, *, boxes=1, share=None):
        random = self.random = np.random.default_rng(seed + 200)
        cover, weights = draw_cover(random, SITES, DEMAND, alike=False)
        twice = np.concatenate([cover, np.roll(cover, 1, axis=0) | cover])
        self.cover, self.weights, self.boxes = twice, weights, boxes
        self.costs = random.integers(1, 5, len(twice)).astype(float)
        need = None if share is None else share * float(weights.sum())
        self.rules = Rules(fixed=np.array([1]), forbidden=np.array([2]))
        matrix = csr_array(twice.astype(float))
        self.covering = Covering(matrix, weights, need, self.rules, self.costs, matrix, boxes)
        self.sets = covers._read_sets(self.covering)
        every = np.setdiff1d(np.arange(len(twice)), [2])
        self.board = covers._set_up(self.sets, every, seed)

    def chosen(self):
        return np.flatnonzero(self.board.chosen)

    def covered(self, chosen=None):
        return self.cover[self.chosen() if chosen is None else chosen].sum(axis=0) >= self.boxes

    def is_enough(self, chosen):
        covered = self.covered(list(chosen))
        need = self.covering.need
        return covered.all() if need is None else self.weights @ covered >= need

    def check(self):
        board, now = self.board, self.board.weights
        counts = self.cover[self.chosen()].sum(axis=0)
        assert board.covers.tolist() == counts.tolist()
        short = counts < self.boxes
        totals = self.costs[self.chosen()].sum(), self.weights[short].sum(), short.sum()
        assert board.totals == pytest.approx(totals)
        for site, row in enumerate(self.cover):
            matters = row & (counts <= self.boxes) if board.chosen[site] else row & short
            assert board.score[site] == pytest.approx(now[matters].sum())
        assert covers._is_enough(self.sets, board) == self.is_enough(self.chosen())

    def best(self):
        count, free = len(self.cover), np.setdiff1d(np.arange(len(self.cover)), [1, 2])
        picked = (np.arange(2 ** len(free))[:, None] >> np.arange(len(free))) & 1
        whole = np.zeros((len(picked), count), dtype=int)
        whole[:, free], whole[:, 1] = picked, 1
        counts = whole @ self.cover.astype(int) >= self.boxes
        need = self.covering.need
        right = counts.all(axis=1) if need is None else counts @ self.weights >= need
        return float((whole @ self.costs)[right].min(initial=math.inf))


@pytest.fixture
def lay_hunt(draw_cover):
    """Return the hunt of a seed."""
    return partial(Hunt, draw_cover)


@pytest.fixture(scope="session")
def question():
    """Pose a question of nine sites, as a search takes it."""

    def pose_one(seed, *, worth=(0.0, 1.0), sites=3, later=0, rules=None):
        random = np.random.default_rng(seed + 1200)
        cover = random.random((9, 24)) < 0.3
        cover[random.integers(0, 9, 24), np.arange(24)] = True
        weights = random.integers(1, 9, 24) + 0.5
        return pose(csr_array(cover.astype(float)), weights, np.array(worth), sites=sites,
                    later_sites=later, rules=rules or Rules())  # fmt: skip

    return pose_one


@pytest.fixture(scope="session")
def searching(question):
    """Return a search of such a question with its first plan."""

    def begin(seed, *, deadline=1e12, **given):
        options = {name: given.pop(name) for name in ("small", "big", "solver") if name in given}
        search = Search(question(seed, **given), deadline=deadline, seed=seed, **options)
        assert search._start_greedily() is None
        return search

    return begin
