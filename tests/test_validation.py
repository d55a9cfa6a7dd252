"""Instances of the literature, each solved to its known optimum and proven.

They lie beside the checkout; where each comes from is said in its file. Those of routing are in
the tests of routing.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import floyd_warshall

from boxreach.location.center import p_center
from boxreach.location.cover import max_cover
from boxreach.location.median import p_median
from boxreach.location.rules import Rules
from boxreach.location.set_cover import set_cover

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "validation"

pytestmark = [pytest.mark.real, pytest.mark.slow]


def read(name):
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"the validation instance {name} is not beside the checkout")
    return json.loads(path.read_text(encoding="utf-8"))


def as_cover(near):
    return csr_array(near.astype(float))


def check_proven(solution, optimum):
    assert solution.status == "optimal"
    assert solution.objective == pytest.approx(optimum, rel=1e-12)
    assert solution.bound == solution.objective
    assert solution.gap == 0


@pytest.mark.parametrize(
    "name",
    [
        *(f"pmed{number}" for number in range(1, 6)),
        pytest.param("pmed6", marks=pytest.mark.release),
    ],
)
def test_the_p_medians_of_the_or_library_are_solved(name):
    """Shortest paths in a graph; of an edge listed twice the last cost counts."""
    data = read(name)
    count = data["graph"]["n"]
    lengths = np.full((count, count), np.inf)
    for one, other, length in data["graph"]["edges"]:
        lengths[one - 1, other - 1] = lengths[other - 1, one - 1] = length
    cost = floyd_warshall(lengths)
    solution = p_median(cost, np.ones(count), sites=data["p"])
    check_proven(solution, data["optimum"])
    assert cost[solution.sites].min(axis=0).sum() == data["optimum"]
    assert cost[solution.assignment, np.arange(count)].sum() == data["optimum"]


@pytest.mark.parametrize("name", ["scp41", "scp42", "scp43"])
def test_the_set_covers_of_the_or_library_are_solved(name):
    """1,000 sites of different costs, 200 demand."""
    data = read(name)
    pairs = np.array(
        [(site - 1, one) for one, sites in enumerate(data["covered_by"]) for site in sites]
    )
    shape = (data["n_sites"], data["n_demand"])
    cover = csr_array((np.ones(len(pairs)), tuple(pairs.T)), shape=shape)
    costs = np.array(data["site_cost"], dtype=float)
    solution = set_cover(cover, rules=Rules(costs=costs))
    check_proven(solution, data["optimum"])
    assert costs[solution.sites].sum() == data["optimum"]
    assert (cover.toarray()[solution.sites].sum(axis=0) >= 1).all()


def read_swain():
    data = read("swain55")
    x, y, weights = (np.array(data[name], dtype=float) for name in ("x", "y", "demand"))
    return data, (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2, weights


def test_the_covers_of_swain_are_solved():
    """MCLP and LSCP of 55 places, of which 18 pairs are at exactly 10."""
    data, square, weights = read_swain()
    for answer in data["mclp"]:
        cover = as_cover(square <= answer["radius"] ** 2)
        check_proven(max_cover(cover, weights, sites=answer["p"]), answer["optimum"])
    for answer in data["lscp"]:
        cover = as_cover(square <= answer["radius"] ** 2)
        check_proven(set_cover(cover), answer["optimum"])


def test_the_p_medians_and_p_centers_of_swain_are_solved():
    """Straight distances; their sums are no whole numbers."""
    data, square, weights = read_swain()
    cost = np.sqrt(square)
    for answer in data["pmedian"]:
        check_proven(p_median(cost, weights, sites=answer["p"]), answer["optimum"])
    for answer in data["pcenter"]:
        check_proven(p_center(cost, sites=answer["p"]), answer["optimum"])


def test_san_francisco_is_solved():
    """205 tracts and 16 stores of spopt, metres along streets."""
    data = read("sf205x16")
    answers, weights = data["answers"], np.array(data["demand"])
    cost = np.array(data["cost_matrix"]).T
    answer = answers["mclp"]
    cover = as_cover(cost <= answer["radius"])
    solution = max_cover(cover, weights, sites=answer["p"])
    check_proven(solution, answer["optimum"])
    assert {data["site_ids"][one] for one in solution.sites} == set(answer["sites"])
    check_proven(set_cover(cover), answers["lscp"]["optimum"])
    assert set_cover(as_cover(cost <= answers["lscp_infeasible"]["radius"])).status == "infeasible"
    answer = answers["pmedian"]
    check_proven(p_median(cost, weights, sites=answer["p"]), answer["optimum"])
    answer = answers["pcenter"]
    check_proven(p_center(cost, sites=answer["p"]), answer["optimum"])


def test_san_francisco_is_covered_twice_where_it_can_be():
    """The fewest stores that cover all, and of those plans the one with most tracts twice."""
    data = read("sf205x16")
    answer = data["answers"]["lscp_backup"]
    cost = np.array(data["cost_matrix"]).T
    cover = as_cover(cost <= answer["radius"])
    assert set_cover(cover).objective == answer["sites"]
    solution = max_cover(
        cover,
        np.ones(205),
        sites=answer["sites"],
        rules=Rules(must_cover=np.arange(205)),
        worth=(0, 0, 1),
    )
    check_proven(solution, answer["backup_clients"])
