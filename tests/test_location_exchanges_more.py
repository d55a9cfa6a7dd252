"""Exchanges of a plan for several cases step by step, against their rule on plain lists."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from boxreach.location import Rules, exchanges

SITES, SHARES = 8, [None, 0.0, 0.3]


class Plain:
    """The rule of exchanges for cases, every number counted anew from the game."""

    def __init__(self, game, even, locked):
        self.game, self.even, self.locked = game, even, locked
        self.members, self.next, self.since = game.start.tolist(), 0, 0
        self.cover = game.cases.sets.as_matrix().toarray() > 0
        self.known = (game.cases.amounts.toarray() != 0).sum(axis=0)
        self.cases, self.looks = len(game.given), 0

    @property
    def plan(self):
        return set(self.members)

    def fits(self, out, into):
        return self.game.holds(self.plan - {out} | {into})

    def change(self, out, into):
        if out < 0:
            self.members.append(into)
        else:
            self.members[self.members.index(out)] = into

    def climb(self, any_number, most_work):
        """Each site in turn; of each the exchange that comes to most, by the mean if equal."""
        work, judge = 0, self.game.judge
        now, mean = judge(self.plan)
        while self.since < SITES and work < most_work:
            into, self.next = self.next, (self.next + 1) % SITES
            self.since += 1
            if into in self.plan or self.locked[into]:
                continue
            few = self.cover[into] & (self.cover[self.members].sum(axis=0) <= 1)
            work += len(self.members) * self.cases + int(self.known[few].sum())
            most, most_mean = judge(self.plan | {into})
            if most_mean <= mean + self.even and most <= now + self.even:
                continue
            found, aim, aim_mean = None, now, mean
            if any_number and self.fits(-1, into):
                found = -1
            else:
                for out in self.members:
                    if self.locked[out]:
                        continue
                    work += 4 * self.cases
                    value, value_mean = judge(self.plan - {out} | {into})
                    more = value > aim + self.even
                    more |= value >= aim and value_mean > aim_mean + self.even
                    if more and self.fits(out, into):
                        found, aim, aim_mean = out, value, value_mean
            if found is not None:
                self.change(found, into)
                now, mean = judge(self.plan)
                work += 20 * self.cover.shape[1]
                self.since = 0
        return work

    def kick(self, draws):
        for a, b, c, d in draws.reshape(-1, 4):
            if not self.members:
                return
            out = self.members[int(a * len(self.members))]
            demand = np.flatnonzero(self.cover[out])
            if d < 0.7 and len(demand):
                near = np.flatnonzero(self.cover[:, demand[int(b * len(demand))]])
                into = int(near[int(c * len(near))])
            else:
                into = int(b * SITES)
            stays = self.locked[out] or self.locked[into] or into in self.plan
            if not stays and self.fits(out, into):
                self.change(out, into)

    def settle(self):
        """Each site in turn comes for the last one behind it that loses nothing by that."""
        for into in range(SITES):
            if into in self.plan or self.locked[into]:
                continue
            now, mean = self.game.judge(self.plan)
            outs = []
            for out in self.members:
                value, value_mean = self.game.judge(self.plan - {out} | {into})
                even = value >= now and value_mean >= mean - self.even
                if out > into and not self.locked[out] and even and self.fits(out, into):
                    outs.append(out)
            if outs:
                self.change(max(outs), into)

    def look(self):
        self.looks += 1
        return self.looks

    def climb_on(self, any_number, deadline, at_once):
        self.next, self.since, work = 0, 0, 0
        while self.since < SITES and self.look() < deadline:
            work += self.climb(any_number, at_once)
        return work

    def exchange(self, any_number, kicks, deadline, random, at_once, most_work):
        work = self.climb_on(any_number, deadline, at_once)
        best, reached = sorted(self.members), self.game.judge(self.plan)
        for _ in range(kicks):
            if self.look() > deadline or work > most_work:
                break
            self.kick(random.random(4 * int(random.integers(1, 4))))
            work += self.climb_on(any_number, deadline, at_once)
            if self.game.judge(self.plan) > reached:
                best, reached = sorted(self.members), self.game.judge(self.plan)
            else:
                self.members = list(best)
        self.members = list(best)
        if self.look() < deadline:
            self.settle()
        return sorted(self.members)

    def agrees(self):
        table = self.game.table
        assert table.members[: table.size[0]].tolist() == self.members
        self.game.check()


@pytest.mark.parametrize("even", [None, 1.0])
@pytest.mark.parametrize("any_number", [False, True])
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", range(8))
def test_a_climb_for_cases_takes_the_exchanges_that_its_rule_names_and_counts_its_work(
    seed, share, any_number, even, lay_game
):
    game = lay_game(seed + 10, share, sites=None if any_number else 3)
    if even is not None:
        game.table = game.table._replace(even=even)
    else:
        whole = float(game.cases.sets.weights.sum())
        assert game.table.even == pytest.approx(1e-12 * whole / 3, rel=1e-12)
    plain = Plain(game, game.table.even, game.locked)
    cursor = np.zeros(2, dtype=np.int64)
    for most_work in (1, 1, 1, 100, 10**9):
        work = exchanges._climb(game.table, cursor, any_number, most_work)
        assert work == plain.climb(any_number, most_work)
        assert cursor.tolist() == [plain.next, plain.since]
        plain.agrees()
    for draws in np.random.default_rng(seed).random((6, 12)):
        exchanges._kick(game.table, draws)
        plain.kick(draws)
        plain.agrees()
    exchanges._settle(game.table)
    plain.settle()
    plain.agrees()


@pytest.mark.parametrize(("deadline", "at_once", "most_work"), [
    (10**9, 10**9, 10**9), (10**9, 1, 10**9), (10**9, 10**9, 1500), (4, 1, 10**9), (13, 1, 10**9),
])  # fmt: skip
@pytest.mark.parametrize("any_number", [False, True])
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", range(3))
def test_a_kicked_plan_for_cases_is_kept_if_it_comes_to_more_and_else_laid_back(
    seed, share, any_number, deadline, at_once, most_work, lay_game, monkeypatch
):
    """As often as asked for, until the clock says to stop or much was looked at; then settled."""
    game = lay_game(seed + 30, share, sites=None if any_number else 3)
    rows, start = game.cases.rows, set(game.start.tolist())
    lower, upper = rows.column_lower.copy(), rows.column_upper.copy()
    if seed:
        lower[game.start[0]] = 1.0
        upper[min(set(range(SITES)) - start)] = 0.0
    game.cases = replace(game.cases, rows=replace(rows, column_lower=lower, column_upper=upper))
    even = exchanges._set_up(game.cases, game.start).even
    plain = Plain(game, even, (lower > 0) | (upper < 1))
    clock = iter(range(1, 10**6))
    monkeypatch.setattr(exchanges, "_WORK_AT_ONCE", at_once)
    monkeypatch.setattr(exchanges, "_MOST_WORK", most_work)
    monkeypatch.setattr(exchanges, "time", SimpleNamespace(monotonic=clock.__next__))
    found = exchanges.exchange(
        game.cases, game.start, kicks=6, deadline=deadline, random=np.random.default_rng(seed)
    )
    random = np.random.default_rng(seed)
    told = plain.exchange(any_number, 6, deadline, random, at_once, most_work)
    assert found.tolist() == told
    assert next(clock) == plain.looks + 1


def test_a_plan_of_no_site_is_not_kicked(lay_game):
    """Not even where no rule would mind."""
    game = lay_game(0, sites=None)
    game.cases = replace(game.cases, rows=Rules().rows(game.given[0].cover))
    game.lay()
    exchanges._lay(game.table, np.empty(0, dtype=np.int64))
    for draw in np.linspace(0.05, 0.95, 10):
        exchanges._kick(game.table, np.full(8, draw))
    assert not game.table.chosen.any()
    assert game.table.size[0] == 0
