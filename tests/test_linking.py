"""Demand that is linked in turns is linked as it is at once."""

import numpy as np
import pytest

import boxreach as br
from boxreach.network import find_access
from boxreach.routing import beside, linked, linking, merging
from boxreach.routing.beside import along_chains, quickest_beside, straight_ways
from boxreach.routing.times import places_of


@pytest.mark.slow
@pytest.mark.parametrize(
    ("direction", "merge_minutes"),
    [
        ("site_to_demand", 1.0),
        ("demand_to_site", 0.0),
        pytest.param("site_to_demand", 0.0, marks=pytest.mark.release),
        pytest.param("demand_to_site", 1.0, marks=pytest.mark.release),
    ],
)
@pytest.mark.parametrize("at_once", [pytest.param(1, marks=pytest.mark.release), 7, 64])
def test_times_do_not_depend_on_how_many_rows_are_linked_at_once(
    draw_towns, monkeypatch, direction, merge_minutes, at_once
):
    _, roads, sites, demand = draw_towns(4)
    down = roads.iloc[[3, 8]][["geometry"]]
    network = br.build_network(roads, off_road_km=1, closures=down)
    asked = {"cutoff": 12, "mobilise_minutes": 1, "direction": direction,
             "merge_minutes": merge_minutes}  # fmt: skip
    wanted = br.travel_times(network, sites, demand, **asked)
    for module in (linked, merging):
        monkeypatch.setattr(module, "_ROWS_AT_ONCE", at_once)
    monkeypatch.setattr(linking, "ROWS_AT_ONCE", at_once)
    monkeypatch.setattr(linking, "ROWS_A_TURN", at_once)
    found = br.travel_times(network, sites, demand, **asked)
    for name in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(found.ms, name), getattr(wanted.ms, name))
    for name in ("nearest_site", "nearest_ms", "lifted_ms", "off_road_m", "off_road_ms"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name), equal_nan=True)
    assert found.merging == wanted.merging
    for one, other in ((found, wanted), (found.under(None), wanted.under(None))):
        assert np.array_equal(one.nearest_ms, other.nearest_ms)
        assert (one.ms != other.ms).nnz == 0


@pytest.mark.slow
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("few_pairs", [0, 2**40], ids=["on threads", "on this one"])
def test_ways_beside_junctions_are_the_quickest_of_all_pairs_of_spots(
    draw_towns, monkeypatch, backwards, few_pairs
):
    monkeypatch.setattr(beside, "_FEW_PAIRS", few_pairs)
    for seed in range(4):
        _, roads, sites, demand = draw_towns(seed)
        down = roads.iloc[[5]][["geometry"]]
        network = br.build_network(roads, off_road_km=1, closures=down)
        here, there = places_of(sites), places_of(demand)
        mine = find_access(network, *here, outward=not backwards)
        theirs = find_access(network, *there, outward=backwards, beside=mine)
        straight = straight_ways(network, here, there, backwards=backwards)
        wanted = np.full((len(sites), len(demand)), 2**40)
        ways = along_chains(network, mine, theirs, np.inf, backwards=backwards)
        for site, row, ms in (*ways, straight):
            np.minimum.at(wanted, (site, row), ms)
        site, row, ms = quickest_beside(network, mine, theirs, straight, backwards=backwards)
        found = np.full_like(wanted, 2**40)
        found[site, row] = ms
        assert np.array_equal(found, wanted)
        assert len(ms) == (wanted < 2**40).sum()
        assert (np.diff(site) >= 0).all()
