"""Exchanges of one plan step by step, against the rules as they are written down."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import Rules, swaps

SITES, OUT, IN, LATER = 8, 0, 1, 2


def log_of(many=64):
    return np.zeros((many, 2), dtype=np.int64), np.zeros(3, dtype=np.int64)


class Plain:
    """The rules of exchanges followed on plain lists, every number counted anew."""

    WORTHS = ((0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 0.5, 0.75, 1.0), (0.0, 0.5, 1.0))

    def __init__(self, play, seed, even):
        play.worth = np.array(self.WORTHS[seed % 4])
        play.lay()
        if even is not None:
            play.board.value[1] = even
        self.play, self.even = play, float(play.board.value[1])
        self.members = {IN: play.start[0].tolist(), LATER: play.start[1].tolist()}
        self.fresh, self.log, self.next, self.since = set(range(SITES)), [], 0, 0
        self.looks = 0

    @property
    def plan(self):
        return set(self.members[IN])

    @property
    def whole(self):
        return self.plan | set(self.members[LATER])

    def where(self, one):
        return next((place for place in (IN, LATER) if one in self.members[place]), OUT)

    def value(self):
        return self.play.value(self.plan)

    def gain(self, one):
        return self.play.value(self.plan | {one}) - self.play.value(self.plan - {one})

    def step(self, nth):
        worth = self.play.worth
        return float(np.append(0.0, np.diff(worth))[nth]) if nth < len(worth) else 0.0

    def move(self, one, to):
        """What a further site adds to its demand has changed, or one of several: look again."""
        was, cover = self.where(one), self.play.cover
        before = cover[sorted(self.plan)].sum(axis=0)
        if was != OUT:
            row = self.members[was]
            row[row.index(one)] = row[-1]
            row.pop()
        if to != OUT:
            self.members[to].append(one)
        after = cover[sorted(self.plan)].sum(axis=0)
        for j in np.flatnonzero(before != after):
            had, has = int(before[j]), int(after[j])
            more = self.step(has + 1) != self.step(had + 1)
            less = min(had, has) > 1 and self.step(has) != self.step(had)
            if more or less:
                self.fresh |= set(np.flatnonzero(cover[:, j]).tolist()) - self.plan - {one}
        self.fresh.add(one)

    def record(self, one, to):
        self.log.append((one, self.where(one)))
        self.move(one, to)

    def exchange(self, out, into, third=-1):
        to = LATER if into in self.members[LATER] or third >= 0 else OUT
        if third >= 0:
            self.record(third, OUT)
        self.record(out, to)
        self.record(into, IN)

    def fits(self, out, into):
        return into in self.members[LATER] or self.play.holds(self.whole - {out} | {into})

    def choose_out(self, into):
        """The first of those that gain most; one that the rules need follows later instead."""
        best, least, now = None, self.even, self.value()
        for out in self.members[IN]:
            gained = self.play.value(self.plan - {out} | {into}) - now
            if self.play.locked[out] or gained <= least:
                continue
            if self.fits(out, into):
                best, least = (out, into, -1), gained
                continue
            for third in self.members[LATER]:
                if self.play.holds(self.whole - {third} | {into}):
                    best, least = (out, into, third), gained
                    break
        return best

    def climb(self, any_number, most_work, room):
        """Each site in turn, from where it ended; an exchange counts as twenty looks at it."""
        work, locked = 0, self.play.locked
        while self.since < SITES and work < most_work and len(self.log) + 4 < room:
            into, self.next = self.next, (self.next + 1) % SITES
            self.since += 1
            gain, pairs = self.gain(into), int(self.play.cover[into].sum())
            if into in self.plan or locked[into] or gain <= self.even:
                continue
            cheapest = min((self.gain(out) for out in self.plan if not locked[out]), default=1e9)
            if any_number and self.fits(-1, into):
                self.record(into, IN)
                work += 10 * pairs
            elif into in self.fresh or gain - cheapest > self.even:
                work += pairs
                self.fresh.discard(into)
                found = self.choose_out(into)
                if found is None:
                    continue
                self.exchange(*found)
                work += 20 * pairs
            else:
                continue
            self.since = 0
        return work

    def kick(self, draws, room):
        for a, b, c, d in draws.reshape(-1, 4):
            if not self.plan or len(self.log) + 4 >= room:
                break
            out = self.members[IN][int(a * len(self.plan))]
            demand = np.flatnonzero(self.play.cover[out])
            if d < 0.7 and len(demand):
                near = np.flatnonzero(self.play.cover[:, demand[int(b * len(demand))]])
                into = int(near[int(c * len(near))])
            else:
                into = int(b * SITES)
            stays = self.play.locked[out] or self.play.locked[into] or into in self.plan
            if not stays and self.fits(out, into):
                self.exchange(out, into)
        self.since = 0

    def undo(self):
        while self.log:
            self.move(*self.log.pop())

    def look(self):
        self.looks += 1
        return self.looks

    def improve(self, any_number, rounds, deadline, random, most_work, room):
        while self.since < SITES and self.look() < deadline:
            self.log.clear()
            self.climb(any_number, most_work, room)
        for _ in range(rounds):
            if self.look() > deadline:
                break
            before = self.value()
            self.log.clear()
            self.kick(random.random(4 * int(random.integers(1, 3))), room)
            while self.since < SITES and len(self.log) + 4 < room:
                self.climb(any_number, most_work, room)
                if self.look() > deadline:
                    break
            if self.value() < before - self.even:
                self.undo()

    def settle(self, any_number):
        locked = self.play.locked
        for out in range(SITES)[::-1] if any_number else ():
            idle = out in self.plan and not locked[out] and self.gain(out) <= 0
            if idle and self.play.holds(self.whole - {out}):
                self.move(out, OUT)
        changed = True
        while changed:
            changed = False
            for into in range(SITES):
                if into in self.plan or locked[into]:
                    continue
                now = self.value()
                outs = [out for out in self.plan if out > into and not locked[out]
                        and self.play.value(self.plan - {out} | {into}) - now >= -self.even
                        and self.fits(out, into)]  # fmt: skip
                if outs:
                    self.exchange(max(outs), into)
                    changed = True

    def agrees(self, cursor=None, log=None):
        board = self.play.board
        for place, listed in self.members.items():
            assert board.members[place, : board.sizes[place]].tolist() == listed
        assert set(np.flatnonzero(board.fresh).tolist()) == self.fresh
        if cursor is not None:
            assert cursor.tolist() == [self.next, self.since, len(self.log)]
            assert [tuple(one) for one in log[: cursor[2]].tolist()] == self.log
        self.play.check()


KINDS = [(0, False), (1, False), (0, True), (2, False)]


@pytest.mark.parametrize("even", [None, 1.0])
@pytest.mark.parametrize(("later", "any_number"), KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_a_climb_takes_the_exchanges_that_its_rule_names_one_after_the_other(
    seed, later, any_number, even, lay_play
):
    """Sites in turn, of each the best exchange, what was looked at in vain not again too soon."""
    play = lay_play(seed + 20, later=later, chosen=2 if any_number else 3)
    plain = Plain(play, seed, even)
    for most_work, room in ((1, 64), (1, 64), (1, 64), (40, 64), (10**9, 7), (10**9, 64)):
        log, cursor = log_of(room)
        cursor[:2] = plain.next, plain.since
        plain.log.clear()
        work = swaps.climb(play.board, cursor, any_number, most_work, log)
        assert work == plain.climb(any_number, most_work, room)
        plain.agrees(cursor, log)
    for draws in np.random.default_rng(seed).random((6, 8)):
        log, cursor = log_of()
        cursor[:2] = plain.next, plain.since
        plain.log.clear()
        swaps.kick(play.board, draws, cursor, log)
        plain.kick(draws, 64)
        plain.agrees(cursor, log)
        work = swaps.climb(play.board, cursor, any_number, 10**9, log)
        assert work == plain.climb(any_number, 10**9, 64)
        plain.agrees(cursor, log)
        swaps.undo(play.board, cursor, log)
        plain.undo()
        plain.agrees(cursor, log)


@pytest.mark.parametrize(("deadline", "most_work", "room"), [
    (10**9, 10**9, 64), (10**9, 1, 64), (10**9, 10**9, 9), (3, 1, 64), (9, 1, 64), (14, 10**9, 64),
])  # fmt: skip
@pytest.mark.parametrize(("later", "any_number"), KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_kicked_plans_climb_again_and_are_undone_if_that_came_to_less(
    seed, later, any_number, deadline, most_work, room, lay_play, monkeypatch
):
    """As often as asked for, or until the clock says to stop, which is looked at in between."""
    play = lay_play(seed + 40, later=later, chosen=2 if any_number else 3)
    plain = Plain(play, seed, float(seed))
    clock = iter(range(1, 10**6))
    monkeypatch.setattr(swaps, "_WORK", most_work)
    monkeypatch.setattr(swaps, "_LOG", room)
    monkeypatch.setattr(swaps, "time", SimpleNamespace(monotonic=clock.__next__))
    swaps.improve(play.board, any_number=any_number, rounds=8, deadline=deadline,
                  random=np.random.default_rng(seed))  # fmt: skip
    plain.improve(any_number, 8, deadline, np.random.default_rng(seed), most_work, room)
    plain.agrees()
    assert next(clock) == plain.looks + 1
    swaps.settle(play.board, any_number, log_of()[0])
    plain.settle(any_number)
    plain.agrees()


@pytest.mark.parametrize(("light", "leads_to"), [(1.0, [2]), (0.5, [0])])
def test_what_changes_the_covered_weight_by_a_trillionth_of_it_changes_nothing(
    light, leads_to, merge_cover
):
    cover = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=bool)
    sets = merge_cover(cover, np.array([1e12, light * 0.4, light * 0.7]))
    rows = Rules().rows(csr_array(cover.astype(float)))
    nobody, none = np.empty(0, dtype=np.int64), np.zeros(3, dtype=bool)
    board = swaps.set_up(sets, np.array([0.0, 1.0]), rows, np.array([0]), nobody, none)
    assert board.value[1] == 1e-12 * sets.weights.sum()
    log, cursor = log_of()
    swaps.climb(board, cursor, False, 10**9, log)
    assert swaps.read_plan(board).tolist() == leads_to
