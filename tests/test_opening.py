"""What it brings to open closed roads: alone, one after another, and in pairs."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

import boxreach as br
from boxreach.errors import InputError
from boxreach.scenarios import opening
from boxreach.scenarios.opening import find_best_pair, opening_value

_IDLE = pytest.mark.filterwarnings("ignore:closures that meet no road", "ignore:the closed point")


def _points(rows, index, **columns):
    return gpd.GeoDataFrame(
        columns, geometry=[Point(one) for one in rows.values()], crs=4326,
        index=pd.Index(list(rows), name=index),
    )  # fmt: skip


def _valley():
    """Return a road with two bridges in a row, and a side road with a third, all closed."""
    roads = gpd.GeoDataFrame(
        {"road_id": ["main", "side"]},
        geometry=[LineString([(44, 33), (44.1, 33)]), LineString([(44, 33), (44, 33.1)])],
        crs=4326,
    ).set_index("road_id")
    closed = _points(
        {"far": (44.06, 33), "near": (44.03, 33), "side": (44, 33.05)}, "closure_id",
        cost_usd=[10.0, 20.0, 30.0],
    )  # fmt: skip
    boxes = _points({"b": (44, 33)}, "site_id")
    homes = {"end": (44.1, 33), "up": (44, 33.1), "between": (44.045, 33)}
    homes = _points(homes, "community_id", people=[500.0, 60.0, 7.0])
    return roads, closed, boxes, homes


def _times(roads, closed, boxes, homes, **options):
    network = br.build_network(roads, off_road_km=1, closures=closed)
    return br.travel_times(network, boxes, homes, cutoff=40, **options)


def test_each_closure_counts_those_whom_it_alone_brings_back():
    found = opening_value(_times(*_valley()), minutes=30)
    assert found.alone["people_regained"].to_dict() == {"side": 60.0, "near": 7.0, "far": 0.0}
    assert found.alone["cost_usd"].to_dict() == {"far": 10.0, "near": 20.0, "side": 30.0}
    assert (found.within_closed, found.within_open) == (0.0, 567.0)


def test_bridges_in_a_row_are_opened_as_far_as_each_helps():
    found = opening_value(_times(*_valley()), minutes=30).together
    assert found["closure_id"].tolist() == ["side", "near", "far"]
    assert found["people_gained"].tolist() == [60.0, 7.0, 500.0]
    assert found["people_regained"].tolist() == [60.0, 67.0, 567.0]


def test_a_pair_comes_next_where_neither_of_it_helps_alone():
    roads, closed, boxes, homes = _valley()
    found = opening_value(_times(roads, closed, boxes, homes.drop("between")), minutes=30).together
    assert found["closure_id"].tolist() == ["side", "far", "near"]
    assert found.index.tolist() == [1, 2, 2]
    assert found["people_gained"].tolist() == [60.0, 500.0, 500.0]


@pytest.mark.slow
@_IDLE
@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(one, marks=pytest.mark.release) for one in (2, 3))]
)
def test_what_is_opened_is_what_networks_without_those_closures_reach(seed):
    rng = np.random.default_rng(seed)
    at = np.round(rng.uniform(44, 44.15, (7, 2)) - [0, 11], 7)
    lines = [LineString(at[list(pair)]) for pair in combinations(range(7), 2)][: 6 + seed * 3]
    roads = gpd.GeoDataFrame(
        {"road_id": [f"r{one}" for one in range(len(lines))]}, geometry=lines, crs=4326
    ).set_index("road_id")
    spots = rng.uniform([44, 33], [44.15, 33.15], (4, 2))
    shapes = [Point(lines[0].centroid), LineString([spots[0], spots[1]]),
              box(*(spots[2] - 0.02), *(spots[2] + 0.02)), Point(lines[1].centroid)]  # fmt: skip
    closed = gpd.GeoDataFrame(
        {"speed_factor": [0.0, 0.0, 0.0, 0.2]}, geometry=shapes, crs=4326,
        index=pd.Index(list("wxyz"), name="closure_id"),
    )  # fmt: skip
    boxes = _points({"b": tuple(at[0]), "c": tuple(at[1])}, "site_id")
    people = rng.integers(1, 50, 30).astype(float)
    spots = np.round(rng.uniform([44, 33], [44.15, 33.15], (30, 2)), 7)
    homes = _points({f"c{one}": tuple(spot) for one, spot in enumerate(spots)}, "community_id",
                    people=people)  # fmt: skip
    found = opening_value(_times(roads, closed, boxes, homes), minutes=9)

    def within(opened):
        left = closed.drop(list(opened))
        ms = _times(roads, left if len(left) else None, boxes, homes).nearest_ms
        return people[(ms >= 0) & (ms <= 9 * 60_000)].sum()

    usual = within(())
    assert found.within_closed == usual
    assert found.within_open == within("wxyz")
    for one in "wxyz":
        assert found.alone.loc[one, "people_regained"] == within(one) - usual
    opened = found.together["closure_id"].tolist()
    for rank in found.together.index.unique():
        upto = found.together.loc[:rank, "closure_id"].tolist()
        assert found.together.loc[[rank], "people_regained"].iloc[0] == within(upto) - usual
    if opened:
        assert found.together["people_regained"].iloc[-1] <= within("wxyz") - usual
    assert opened == _greedy("wxyz", within)


def _greedy(closures, within):
    """Return the order of opening, every single closure and every pair being tried."""
    opened = []
    while True:
        left = [one for one in closures if one not in opened]
        for some in ([(one,) for one in left], list(combinations(left, 2))):
            gains = [within([*opened, *more]) - within(opened) for more in some]
            if gains and max(gains) > 0:
                opened += some[gains.index(max(gains))]
                break
        else:
            return opened


@given(
    st.integers(0, 9),
    st.lists(st.tuples(st.sets(st.integers(0, 8), min_size=1), st.integers(1, 3)), max_size=12),
)
def test_the_best_pair_is_that_of_all_pairs(count, villages):
    """A village of so many people is reached where all bridges on its way are open."""

    def gain(opened):
        return float(sum(people for needs, people in villages if needs <= set(opened)))

    pairs = list(combinations(range(count), 2))
    gains = [gain(pair) for pair in pairs]
    if max(gains, default=0.0) > 0:
        best = gains.index(max(gains))
        assert find_best_pair(count, gain) == (pairs[best], gains[best])
    else:
        assert find_best_pair(count, gain) == ((), 0.0)


def test_few_of_many_pairs_are_tried_where_three_bridges_lead_to_each_village():
    asked = []

    def gain(opened):
        asked.append(opened)
        return float(sum({at, at + 20, at + 40} <= set(opened) for at in range(20)))

    assert find_best_pair(60, gain) == ((), 0.0)
    assert len(asked) < 1770 / 4


def test_what_cannot_be_asked_is_refused():
    roads, closed, boxes, homes = _valley()
    with pytest.raises(InputError, match="no closure"):
        opening_value(_times(roads, None, boxes, homes), minutes=30)
    with pytest.raises(InputError, match="minutes"):
        opening_value(_times(roads, closed, boxes, homes), minutes=50)
    for wrong in ("x", closed.assign(from_date="soon"), closed.iloc[[0, 0]]):
        with pytest.raises(InputError, match="closures"):
            opening_value(_times(roads, closed, boxes, homes), wrong, minutes=30)
    for people in (["x"] * 3, [-1.0] * 3):
        with pytest.raises(InputError, match=r"demand.*people"):
            opening_value(_times(roads, closed, boxes, homes.assign(people=people)), minutes=30)


def test_other_closures_hold_on_the_day_of_the_network():
    """Those whose days are over have nothing to open."""
    roads, closed, boxes, homes = _valley()
    dated = closed.assign(until_date=["2016-12-31", "", ""])
    network = br.build_network(roads, off_road_km=1, on="2017-01-01")
    found = opening_value(br.travel_times(network, boxes, homes, cutoff=40), dated, minutes=30)
    assert found.alone["people_regained"].to_dict() == {"near": 507.0, "side": 60.0}


@pytest.mark.slow
def test_nobody_is_brought_back_by_digits_alone():
    """Sums of parts of people end in other digits; those are no people."""
    spokes = 12
    angles = np.linspace(0, 2 * np.pi, spokes, endpoint=False)
    ends = np.column_stack([44 + 0.1 * np.cos(angles), 33 + 0.1 * np.sin(angles)])
    names = [f"r{at:02d}" for at in range(spokes)]
    roads = gpd.GeoDataFrame(
        {"road_id": names}, geometry=[LineString([(44, 33), one]) for one in ends], crs=4326
    ).set_index("road_id")
    homes = _points(dict(zip(names, ends, strict=True)), "community_id")
    homes["people"] = [0.1 * (at + 1) if at % 2 else 0.0 for at in range(spokes)]
    middle = (ends + np.array([44, 33])) / 2
    closed = _points(dict(zip(names, middle, strict=True)), "closure_id")
    times = _times(roads, closed, _points({"b": (44, 33)}, "site_id"), homes)
    found = opening_value(times, minutes=40).together
    assert found["closure_id"].tolist() == names[::-2]
    assert found["people_gained"].tolist() == homes["people"][::-2].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("villages", [0, 1, 4, 7])
def test_how_often_times_are_found_is_told_before(monkeypatch, villages):
    """Seven closed spurs of a road, with a village behind some of them, each a round of its own."""
    spurs = range(7)
    at = [44 + spur / 100 for spur in spurs]
    main = LineString([(x, 33) for x in at])
    lines = [main, *(LineString([(x, 33), (x, 33.05)]) for x in at)]
    ids = pd.Index([f"r{row}" for row in range(8)], name="road_id")
    roads = gpd.GeoDataFrame({"speed_kmh": 60.0}, index=ids, geometry=lines, crs=4326)
    closed = _points({f"c{spur}": (x, 33.02) for spur, x in zip(spurs, at, strict=True)},
                     "closure_id")  # fmt: skip
    boxes = _points({"b": (44.055, 33)}, "site_id")
    behind = {f"v{x}": (x, 33.05) for x in at[:villages]}
    homes = _points({"near": (44.055, 33)} | behind, "community_id", people=10.0)
    times = br.travel_times(
        br.build_network(roads, closures=closed, off_road_km=0.3), boxes, homes, cutoff=30
    )
    asked = []
    under = opening._Openings.under
    monkeypatch.setattr(
        opening._Openings, "under", lambda self, some: asked.append(some) or under(self, some)
    )
    count, gains = opening.ready_opening(times, minutes=30)
    told = opening.count_openings(count, sum(map(gains, range(count))))
    asked.clear()
    found = opening_value(times, minutes=30)
    assert len(found.together) == villages
    # Besides: none and all, and none once more; where each is lifted, the last choice is all.
    assert len(asked) - 3 == told - (villages == 7)
