"""In which order a search takes its turns, whatever they lead to: against its rule, by a script.

Each step of the search is replaced by one that leads to what a seed says. The rule is written down
once more as `turns_of` and `turns_on_lists_of`, from what the comments and constants of the search
say; both courses of events must be one.
"""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import Rules
from boxreach.location import search as search_room
from boxreach.location.cover import pose
from boxreach.location.search import Search

SITES = 6


class World:
    """What each step leads to, drawn by seed and by how often it was taken; and what was done."""

    def __init__(self, seed, *, steps, pairs):
        self.seed, self.steps, self.taken, self.log = seed, steps, Counter(), []
        self.value, self.bound, self.pairs = 10.0, 1000.0, pairs
        self.moves = seed % 3 > 0
        self.listed = False

    def draw(self, what, *choices):
        self.taken[what] += 1
        random = np.random.default_rng([self.seed, *what.encode(), self.taken[what]])
        return choices[int(random.integers(len(choices)))]

    def note(self, *what):
        self.log.append(what)

    @property
    def left(self):
        return self.steps - len(self.log)

    @property
    def proven(self):
        return self.value >= self.bound

    def descend(self, dual, value, steps):
        self.note("descend", dual, value, steps)
        self.bound *= 1 - self.draw("fall", 0.0, 2.9e-6, 3.1e-6, 1e-3, 0.3)
        self.moves = self.draw("moves", True, False, False)

    def lengthen(self, dual):
        self.note("lengthen", dual)
        self.moves = self.draw("longer", True, False)

    def improve(self, kicks):
        self.note("improve", kicks)
        self.value += self.draw("rise", 0.0, 0.0, 0.0, 0.0, 1.0)

    def make_less(self, dual):
        self.note("make less", dual)
        if self.draw("less", True, False, False, False, False):
            self.pairs = {350_001: 350_000, 350_000: 60_001, 60_001: 60_000}.get(self.pairs, 60_001)
            return dual + 1
        return dual

    def can_relax(self):
        return self.draw("relax", True, False, False)

    def list_on(self, value, *, deadline):
        self.note("list", value, deadline)
        self.bound *= 1 - self.draw("listed", 0.0, 0.0, 2.9e-6, 3.1e-6, 2e-4, 2.9e-3, 3.1e-3)
        return self.draw("whole", True, True, True, True, True, False)

    def draw_field(self, dual, pairs):
        self.note("field", dual, pairs)
        self.listed = self.draw("all", True, False, False)


class Step:
    """Prices as the search sees them; only their number tells them apart."""

    def __init__(self, world, number):
        self.world, self.number = world, number

    @property
    def best(self):
        return SimpleNamespace(bound=self.world.bound)

    @property
    def moves(self):
        return self.world.moves

    def descend(self, value, steps, deadline):
        self.world.descend(self.number, value, steps)

    def lengthen(self):
        self.world.lengthen(self.number)

    def evaluate(self, value):
        self.world.note("evaluate", self.number, value)


class Scripted(Search):
    """A search whose steps lead to what a world says."""

    def __init__(self, world, **options):
        cover = csr_array(np.eye(SITES))
        problem = pose(cover, np.ones(SITES), np.array([0.0, 1.0]), sites=2, later_sites=0,
                       rules=Rules())  # fmt: skip
        super().__init__(problem, deadline=1e12, **options)
        self.world, self.prices = world, np.ones(SITES)
        self.take()

    left = property(lambda self: self.world.left)
    proven = property(lambda self: self.world.proven)

    def take(self):
        self.value, self.bound = self.world.value, self.world.bound
        self.sets = SimpleNamespace(pairs=self.world.pairs, sites=SITES)
        self.listed = np.full(SITES, self.world.listed)

    def _note(self, dual):
        self.world.note("note", dual.number)
        self.take()

    def _improve(self, rounds):
        self.world.improve(rounds)
        self.take()

    def _solve_core(self, dual):
        self.world.note("core", dual.number)

    def _can_relax(self):
        return self.world.can_relax()

    def _relax(self, dual):
        self.world.note("relax", dual.number)

    def _close_regions(self, dual):
        self.world.note("regions", dual.number)

    def _make_less(self, dual):
        number = self.world.make_less(dual.number)
        self.take()
        return dual if number == dual.number else Step(self.world, number)

    def _draw_field(self, dual, pairs):
        self.world.draw_field(dual.number, pairs)
        self.take()


def turns_of(world, turns, kicks, *, solver):
    """Prices and plans in turns, until three turns in a row led nowhere."""
    dual, stale, cored, relaxed = 0, 0, False, False
    while not (world.proven or world.left <= 0 or stale == 3 or turns == 0):
        value, turns = world.value, turns and turns - 1
        if world.moves:
            before = world.bound
            world.descend(dual, value, 60)
            world.note("note", dual)
            if not world.moves and world.bound < before * (1 - 3e-6):
                world.lengthen(dual)
        world.improve(kicks)
        stale = 0 if world.value > value or world.moves else stale + 1
        if stale and world.pairs <= 60_000 and solver:
            return
        if stale == 3 and solver and not cored and world.left > 0:
            cored, stale = True, 0
            world.note("core", dual)
        if stale and cored and world.pairs > 350_000:
            stale = 1
        if stale and not relaxed and world.can_relax():
            relaxed, stale = True, 0
            world.note("relax", dual)
            dual = world.make_less(dual)
            world.note("regions", dual)
        dual = world.make_less(dual)


def turns_on_lists_of(world, big):
    """Prices on lists until they hardly fall, then plans among ever more sites near to them."""
    world.note("evaluate", 0, world.value)
    world.note("note", 0)
    pairs, drawn, stale, idle = 4_000_000, np.inf, 0, 0
    while not world.proven and world.left > 0 and world.pairs > big:
        before, value = world.bound, world.value
        if idle < 3:
            whole = world.list_on(value, deadline=1e12)
            world.note("note", 0)
            fell = 1 - world.bound / before
            idle = idle + 1 if whole and fell < 3e-6 else 0
            if (fell > 3e-3 or not whole) and world.left > 0:
                continue
        if stale == 3 and world.listed:
            return
        if world.bound < drawn * (1 - 2.5e-4) or stale == 3:
            if stale == 3:
                pairs = min(2 * pairs, 15_000_000)
            drawn, stale = world.bound, 0
            world.draw_field(0, pairs)
        at = -np.inf
        while world.value > at and world.left > 0:
            at = world.value
            world.improve(100)
        stale = 0 if world.value > value or idle < 3 else stale + 1
        if world.make_less(0):
            return


@pytest.mark.parametrize("solver", [True, False])
@pytest.mark.parametrize("pairs", [60_000, 60_001, 350_000, 350_001])
@pytest.mark.parametrize("seed", range(18))
def test_prices_and_plans_take_turns_as_long_as_they_lead_anywhere(
    seed, pairs, solver, monkeypatch
):
    steps = 8 if seed == 0 else 150
    worlds = [World(seed, steps=steps, pairs=pairs) for _ in range(2)]
    monkeypatch.setattr(search_room, "Dual", lambda *_: Step(worlds[0], 0))
    search = Scripted(worlds[0], solver=solver, big=10**9)
    turns, kicks = (None, 100) if seed % 4 else (3, 7)
    if seed % 4:
        search._close_in()
    else:
        search._close_in(turns, kicks)
    turns_of(worlds[1], turns, kicks, solver=solver)
    assert worlds[0].log == worlds[1].log
    assert worlds[0].log


@pytest.mark.parametrize("seed", range(40))
def test_on_lists_plans_wait_until_prices_hardly_fall_and_are_made_among_more_and_more_sites(
    seed, monkeypatch
):
    worlds = [World(seed, steps=120, pairs=350_001) for _ in range(2)]
    big = 350_000 if seed % 3 else 350_001
    search = Scripted(worlds[0], big=big)
    search.listed[:] = False
    search.chosen, search.sure = np.array([2]), np.arange(SITES) == 4
    told, list_on = [], worlds[0].list_on

    def list_sites(dual, always):
        told.append(always.tolist())
        return SimpleNamespace(descend=list_on)

    monkeypatch.setattr(search_room, "Shortlist", list_sites)
    dual = Step(worlds[0], 0)
    rest = search._close_in_on_lists(dual)
    turns_on_lists_of(worlds[1], big)
    assert worlds[0].log == worlds[1].log
    assert told == [[False, False, True, False, True, False]]
    assert (rest is dual) == (worlds[0].pairs == 350_001)


@pytest.mark.parametrize(("big", "begun"), [(60_000, 5), (60_001, 0)])
def test_a_search_of_too_many_pairs_begins_on_lists_and_goes_on_with_what_is_left(
    big, begun, monkeypatch
):
    world, made = World(1, steps=60, pairs=60_001), []
    monkeypatch.setattr(search_room, "Dual", lambda *given: made.append(given) or Step(world, 0))
    search = Scripted(world, big=big)
    search._close_in_on_lists = lambda dual: Step(world, dual.number + 5)
    search._close_in()
    assert world.log[0][:2] == ("descend", begun)
    assert made[0][2:] == (search.picks, search.rest, search.prices, search.rule_prices)
