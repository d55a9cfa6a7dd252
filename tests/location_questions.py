"""Random questions of location, small enough that all answers can be told: for several tests.

A plug-in of pytest, which conftest.py names.
"""

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import CoverCase, GroupLimit, Rules
from boxreach.location.cases import join_cases
from boxreach.location.cases_search import CasesSearch
from boxreach.location.cover_sets import merge_demand
from boxreach.location.proof import keeps


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
