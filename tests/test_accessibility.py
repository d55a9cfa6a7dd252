"""Who is reached, who is not and for which one reason, and sums that add up."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.sparse import csr_array
from shapely import LineString, Point, Polygon

import boxreach as br
from boxreach.errors import InputError

GEOD = Geod(ellps="WGS84")


def at(east_km, north_km):
    """Return the place so many kilometres east and north of 44 E 33 N."""
    lon, lat, _ = GEOD.fwd(44, 33, 0, north_km * 1000)
    lon, lat, _ = GEOD.fwd(lon, lat, 90, east_km * 1000)
    return lon, lat


def table(places, index_name, **columns):
    geometry = [Point(at(*place)) for place in places.values()]
    frame = gpd.GeoDataFrame(columns, index=list(places), geometry=geometry, crs=4326)
    return frame.rename_axis(index_name)


def roads(**lines):
    """Roads at 60 km/h, a minute a kilometre; a name that ends in _oneway is one."""
    return gpd.GeoDataFrame(
        {
            "speed_kmh": 60.0,
            "oneway": ["yes" if name.endswith("_oneway") else "no" for name in lines],
        },
        index=list(lines),
        geometry=[LineString([at(*place) for place in line]) for line in lines.values()],
        crs=4326,
    )


def closures(*shapes):
    return gpd.GeoDataFrame(
        index=[f"closure-{n}" for n, _ in enumerate(shapes, 1)], geometry=list(shapes), crs=4326
    )


def network_of(lines, closed=None):
    """Off-road range 5 km at 20 km/h: three minutes a kilometre."""
    return br.build_network(lines, closures=closed, off_road_km=5.0, off_road_kmh=20.0)


def reach_of(lines, places, *, sites=None, closed=None, minutes=30, cutoff=120, **times):
    boxes = table(sites or {"box": (0, 0)}, "site_id")
    served = table(places, "community_id", people=1.0)
    network = network_of(lines, closed)
    return br.reach(
        br.travel_times(network, boxes, served, cutoff=cutoff, **times), minutes=minutes
    )


def reason_of(lines, place, **rules):
    return reach_of(lines, {"place": place}, **rules)["reason"].item()


STRAIGHT = {"main": [(0, 0), (20, 0), (80, 0)]}
BRIDGE = closures(Point(at(20, 0)))


def test_a_place_within_the_threshold_is_covered_and_has_no_reason():
    """Ten minutes along the road, by the only box."""
    row = reach_of(roads(**STRAIGHT), {"place": (10, 0)}).iloc[0]
    assert (bool(row["covered"]), row["reason"], row["site_id"]) == (True, "", "box")
    # The road is straight in degrees, so the place lies some metres beside it.
    assert row["minutes"] == pytest.approx(10, abs=0.05)
    assert row["sites_within"] == 1
    assert row["threshold_minutes"] == 30


def test_beyond_the_threshold_with_a_way_is_too_far():
    """Forty minutes along an open road."""
    assert reason_of(roads(**STRAIGHT), (40, 0)) == "TOO_FAR"


def test_no_road_in_range_is_off_road():
    """Eight kilometres from the road, with a range of five."""
    assert reason_of(roads(**STRAIGHT), (10, 8)) == "OFF_ROAD"


def test_no_road_in_range_is_off_road_even_where_the_box_is_near_but_too_slow():
    """The reason OFF_ROAD is documented as no road in range; the box stands 4 km off, 12 min."""
    far_road = roads(main=[(60, 0), (80, 0)])
    assert reason_of(far_road, (4, 0), minutes=15) == ""
    assert reason_of(far_road, (4, 0), minutes=10) == "OFF_ROAD"


def test_a_road_that_no_box_leads_to_is_isolated():
    """An island of roads 30 km to the north."""
    island = roads(**STRAIGHT, island=[(0, 30), (20, 30)])
    assert reason_of(island, (10, 30)) == "ISOLATED"


def test_an_island_within_off_road_range_of_both_is_no_island():
    """A place that links to the main road as well as to the island is reached."""
    island = roads(**STRAIGHT, island=[(5, 4), (20, 4)])
    assert reason_of(island, (10, 2)) == ""


def test_behind_a_closed_bridge_is_closed():
    """Within the threshold if the bridge were open."""
    assert reason_of(roads(**STRAIGHT), (25.5, 0), closed=BRIDGE) == "CLOSED"


def test_behind_a_closed_bridge_is_closed_even_where_it_would_be_too_far():
    """The bridge leaves no way at all; with it there would at least be a way."""
    row = reach_of(roads(**STRAIGHT), {"place": (60, 0)}, closed=BRIDGE).iloc[0]
    assert row["reason"] == "CLOSED"
    assert np.isnan(row["minutes"])
    assert row["site_id"] == ""


DETOUR = {**STRAIGHT, "detour": [(0, 0), (0, 20), (80, 20), (80, 0)]}


def test_a_closure_with_a_slow_way_round_is_closed():
    """Twenty-five minutes over the bridge, far more round it."""
    row = reach_of(roads(**DETOUR), {"place": (25.5, 0)}, closed=BRIDGE, cutoff=300).iloc[0]
    assert row["reason"] == "CLOSED"
    assert row["minutes"] == pytest.approx(174.5, abs=1.5)


def test_too_far_over_the_bridge_and_too_far_round_it_is_too_far():
    """Lifting the closure would not cover it, and there is a way already."""
    assert reason_of(roads(**DETOUR), (60, 0), closed=BRIDGE) == "TOO_FAR"


def test_a_quick_way_round_a_closure_leaves_no_gap():
    """A closure that slows but does not break the threshold has no reason."""
    short = {
        "main": [(0, 0), (19, 0), (20, 0), (22, 0), (80, 0)],
        "detour": [(19, 0), (19, 1), (22, 1), (22, 0)],
    }
    assert reason_of(roads(**short), (25, 0), closed=BRIDGE) == ""


def test_a_place_whose_only_roads_are_closed_is_closed_and_not_off_road():
    """An area shuts every road in range; lifting it would reach the place."""
    zone = closures(Polygon([at(15, -9), at(35, -9), at(35, 9), at(15, 9)]))
    row = reach_of(roads(**STRAIGHT), {"place": (25, 0)}, closed=zone).iloc[0]
    assert row["reason"] == "CLOSED"


def test_closures_do_not_change_the_reason_of_places_they_do_not_touch():
    """Off the road and on an island stay what they are, whatever is closed."""
    lines = roads(**STRAIGHT, island=[(0, 30), (20, 30)])
    places = {"off": (10, 8), "island": (10, 30), "near": (5, 0)}
    reached = reach_of(lines, places, closed=BRIDGE)
    assert reached["reason"].tolist() == ["OFF_ROAD", "ISOLATED", ""]


def test_a_road_under_a_closed_bridge_stays_open():
    """The bridge crosses without a common vertex; only the nearer road is cut."""
    cross = roads(
        main=[(0, 0), (40, 0)], under=[(20.03, -10), (20.03, 10)], to=[(0, 0), (20.03, -10)]
    )
    reached = reach_of(cross, {"over": (28, 0), "under": (20.03, 6)}, closed=BRIDGE, minutes=60)
    assert reached["reason"].tolist() == ["CLOSED", ""]


def test_lifting_the_closures_gives_the_open_network_back():
    """What is CLOSED is what the open network covers, or has a way to."""
    random = np.random.default_rng(2)
    places = {f"p{n}": tuple(random.uniform((0, -7), (80, 7))) for n in range(60)}
    shut = reach_of(roads(**STRAIGHT), places, closed=BRIDGE)
    free = reach_of(roads(**STRAIGHT), places)
    assert (free["covered"] >= shut["covered"]).all()
    closed = shut["reason"] == "CLOSED"
    assert closed.any()
    assert (free["covered"] | free["minutes"].notna())[closed].all()
    assert (shut["covered"] | closed)[free["covered"]].all()
    same = ~closed
    assert (free["reason"][same] == shut["reason"][same]).all()
    assert "CLOSED" not in set(free["reason"])


def test_a_one_way_road_reaches_in_one_direction_only():
    """Response runs from site to demand; the way to the site is the other one."""
    lines = roads(main_oneway=[(0, 0), (20, 0)])
    assert reason_of(lines, (12, 0)) == ""
    assert reason_of(lines, (12, 0), direction="demand_to_site") == "ISOLATED"
    assert reason_of(lines, (12, 0), sites={"box": (20, 0)}) == "ISOLATED"


def test_every_gap_has_one_of_the_four_reasons_and_no_other_row_has_one():
    """Reasons are a partition of the uncovered."""
    lines = roads(**STRAIGHT, island=[(0, 30), (20, 30)])
    places = {f"{x}-{y}": (x, y) for x in range(0, 80, 9) for y in (0, 4, 8, 30)}
    reached = reach_of(lines, places, closed=BRIDGE)
    gap = ~reached["covered"]
    assert set(reached["reason"][gap]) == {"TOO_FAR", "OFF_ROAD", "ISOLATED", "CLOSED"} - (
        set() if (reached["reason"] == "TOO_FAR").any() else {"TOO_FAR"}
    )
    assert set(reached["reason"][~gap]) == {""}


def test_gaps_are_the_uncovered_rows_of_reach_in_their_order():
    """The two tables never differ."""
    places = {"z": (40, 0), "a": (5, 0), "m": (10, 8)}
    boxes = table({"box": (0, 0)}, "site_id")
    served = table(places, "community_id", people=1.0)
    times = br.travel_times(network_of(roads(**STRAIGHT)), boxes, served, cutoff=60)
    gaps = br.gaps(times, minutes=30)
    assert gaps.index.tolist() == ["z", "m"]
    assert gaps.equals(br.reach(times, minutes=30).loc[["z", "m"]])


def test_a_place_at_exactly_the_threshold_is_covered():
    """T itself is inside, and a millisecond less than its time is not."""
    boxes = table({"box": (0, 0)}, "site_id")
    served = table({"place": (17.3, 1.1)}, "community_id")
    times = br.travel_times(network_of(roads(**STRAIGHT)), boxes, served, cutoff=60)
    ms = int(times.ms[0, 0])
    assert br.reach(times, minutes=ms / 60_000)["covered"].item()
    assert not br.reach(times, minutes=(ms - 1) / 60_000)["covered"].item()


def test_minutes_a_hair_beyond_the_times_are_told_in_as_many_digits():
    """And not as 120 of 120 minutes."""
    boxes, served = table({"box": (0, 0)}, "site_id"), table({"place": (5, 0)}, "community_id")
    times = br.travel_times(network_of(roads(**STRAIGHT)), boxes, served, cutoff=120)
    with pytest.raises(InputError, match=r"minutes is 120\.00000001; the times go up to 120: "):
        br.reach(times, minutes=120.00000001)
    with pytest.raises(InputError, match=r"the times go up to 120 of 120\.00000001 minutes"):
        br.propose(times, br.MaxCover(sites=1, minutes=120.00000001), weight="people")


@pytest.mark.parametrize(
    ("minutes", "advice"),
    [
        *((one, "give minutes above 0, up to 120") for one in (0, -5, -np.inf, np.nan, "30", None)),
        *((one, "the times go up to 120: compute travel_times with") for one in (120.1, np.inf)),
    ],
)
@pytest.mark.parametrize("ask", [br.reach, br.gaps, br.cluster_gaps])
def test_a_threshold_that_is_none_or_beyond_the_times_is_refused(ask, minutes, advice):
    """The message says which of the two, and how far the times go."""
    boxes, served = table({"box": (0, 0)}, "site_id"), table({"place": (5, 0)}, "community_id")
    times = br.travel_times(network_of(roads(**STRAIGHT)), boxes, served, cutoff=120)
    with pytest.raises(InputError) as caught:
        ask(times, minutes=minutes)
    assert [one.advice.startswith(advice) for one in caught.value.faults] == [True]


def test_no_box_at_all_leaves_everything_open():
    """An empty table of sites is an answer, not an error."""
    served = table({"on": (5, 0), "off": (10, 8)}, "community_id", people=[2.0, 3.0])
    boxes = table({"box": (0, 0)}, "site_id").iloc[:0]
    times = br.travel_times(network_of(roads(**STRAIGHT)), boxes, served, cutoff=60)
    reached = br.reach(times, minutes=30)
    assert reached["covered"].tolist() == [False, False]
    assert reached["reason"].tolist() == ["ISOLATED", "OFF_ROAD"]
    assert reached["sites_within"].tolist() == [0, 0]


def grid(size=5):
    lines = {}
    for x in range(size):
        for y in range(size):
            if x + 1 < size:
                lines[f"e{x}{y}"] = [(2 * x, 2 * y), (2 * x + 2, 2 * y)]
            if y + 1 < size:
                lines[f"n{x}{y}"] = [(2 * x, 2 * y), (2 * x, 2 * y + 2)]
    return lines


def grid_graph(network):
    """The roads as networkx knows them, nodes by rounded place, times in minutes."""
    graph = nx.Graph()
    for line, metres in zip(network.roads.geometry, network.roads["length_m"], strict=True):
        ends = [tuple(np.round(line.coords[one], 7)) for one in (0, -1)]
        graph.add_edge(*ends, minutes=metres / 1000)
    return graph


@pytest.mark.slow
def test_reach_agrees_with_networkx_and_ties_go_to_the_lower_id():
    """Nearest site, minutes, sites within: brute force over a grid with double sites, shuffled."""
    network = br.build_network(roads(**grid()), off_road_km=0.001, off_road_kmh=20.0)
    graph = grid_graph(network)
    corners = [(2 * x, 2 * y) for x in range(5) for y in range(5)]
    served = table({f"d{n:02d}": place for n, place in enumerate(corners)}, "community_id")
    for seed in range(12):
        random = np.random.default_rng(seed)
        spots = [corners[one] for one in random.permutation(25)[:5]]
        ids = [f"s{one}" for one in random.permutation(7)]
        boxes = table(dict(zip(ids, [*spots, *spots[:2]], strict=True)), "site_id")
        reached = br.reach(br.travel_times(network, boxes, served, cutoff=60), minutes=4.5)
        minutes = np.array(
            [
                [
                    nx.dijkstra_path_length(
                        graph,
                        tuple(np.round(box.coords[0], 7)),
                        tuple(np.round(place.coords[0], 7)),
                        "minutes",
                    )
                    for place in served.geometry
                ]
                for box in boxes.geometry
            ]
        )
        assert reached["minutes"].to_numpy() == pytest.approx(minutes.min(axis=0), abs=1e-4)
        assert (reached["sites_within"] == (minutes <= 4.5).sum(axis=0)).all()
        assert (reached["covered"] == (minutes <= 4.5).any(axis=0)).all()
        for column, (site_id, second) in enumerate(
            zip(reached["site_id"], reached["backup_site_id"], strict=True)
        ):
            others = minutes[boxes.index != site_id, column]
            assert reached["backup_minutes"].iloc[column] == pytest.approx(others.min(), abs=1e-4)
            as_quick = boxes.index[np.isclose(minutes[:, column], others.min(), atol=1e-4)]
            # Of sites within rounding of each other, twins are the same to the millisecond.
            twins = boxes.index[boxes.geometry == boxes.geometry[second]].drop(
                site_id, errors="ignore"
            )
            assert second in as_quick
            assert second == min(twins)
            row = boxes.index.get_loc(site_id)
            assert minutes[row, column] == pytest.approx(minutes[:, column].min(), abs=1e-4)
            twins = boxes.index[boxes.geometry == boxes.geometry.iloc[row]]
            assert site_id == min(twins)


def test_of_two_boxes_at_one_place_the_lower_id_is_named_in_any_order():
    """Ties break by site id, not by the order of the rows."""
    for ids in (["s1", "s2"], ["s2", "s1"]):
        sites = dict.fromkeys(ids, (0, 0))
        reached = reach_of(roads(**STRAIGHT), {"p": (10, 0), "q": (20, 0)}, sites=sites)
        assert reached["site_id"].tolist() == ["s1", "s1"]


def times_of(ms, sites, cutoff=60.0):
    """Times as a matrix says them, sites by demand, None where there is no way at all."""
    ms = np.array([[np.nan if one is None else one for one in row] for row in ms])
    limit = round(cutoff * 60_000)
    by_id = np.argsort(np.array(sites))
    best = [min(by_id, key=lambda s, c=c: np.nan_to_num(c[s], nan=np.inf)) for c in ms.T]
    nearest = np.array([-1 if np.isnan(c[b]) else b for b, c in zip(best, ms.T, strict=True)])
    nearest_ms = np.array([-1 if n < 0 else c[n] for n, c in zip(nearest, ms.T, strict=True)])
    nearest_ms = nearest_ms.astype(np.int64)
    kept = [np.flatnonzero(row <= limit) for row in ms]
    pairs = csr_array(
        (
            np.concatenate([row[k] for row, k in zip(ms, kept, strict=True)]).astype(np.int64),
            np.concatenate(kept),
            np.cumsum([0, *map(len, kept)]),
        ),
        shape=ms.shape,
    )
    count = ms.shape[1]
    served = table({f"d{n}": (n, 0) for n in range(count)}, "community_id", people=1.0)
    return br.TravelTimes(
        sites=table({one: (0, n) for n, one in enumerate(sites)}, "site_id"),
        demand=served,
        ms=pairs,
        cutoff_minutes=cutoff,
        nearest_site=nearest,
        nearest_ms=nearest_ms,
        lifted_ms=nearest_ms,
        off_road_m=np.zeros(count),
        off_road_ms=np.zeros(count, np.int64),
        network=network_of(roads(**STRAIGHT)),
        mobilise_minutes=0.0,
        direction="site_to_demand",
    )


def test_the_backup_is_the_second_quickest_within_the_cutoff_and_ties_go_to_the_lower_id():
    """None where there is no second, or where even the quickest lies beyond the cutoff."""
    minute = 60_000
    ms = [
        [5 * minute, 60 * minute, 70 * minute, 9 * minute, None],
        [5 * minute, 60 * minute + 1, 80 * minute, 9 * minute, None],
        [7 * minute, None, None, 9 * minute, None],
    ]
    reached = br.reach(times_of(ms, ["c", "b", "a"]), minutes=6)
    assert reached["site_id"].tolist() == ["b", "c", "c", "a", ""]
    assert reached["backup_site_id"].tolist() == ["c", "", "", "b", ""]
    assert reached["backup_minutes"].tolist() == pytest.approx(
        [5, np.nan, np.nan, 9, np.nan], nan_ok=True
    )
    assert reached["sites_within"].tolist() == [2, 0, 0, 0, 0]
    assert reached.attrs["cutoff_minutes"] == 60


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([None, 1, 1, 2, 3, 60, 61]), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    ),
    st.randoms(),
)
def test_backups_are_those_of_a_brute_force_in_any_order_of_the_sites(minutes, random):
    """The pairs of each place, sorted by time and id: the second of them."""
    ids = [f"s{n}" for n in range(len(minutes))]
    random.shuffle(ids)
    ms = [[None if one is None else one * 60_000 for one in row] for row in minutes]
    reached = br.reach(times_of(ms, ids), minutes=2)
    for column in range(3):
        ways = sorted(
            (row[column], one)
            for row, one in zip(minutes, ids, strict=True)
            if row[column] is not None and row[column] <= 60
        )
        row = reached.iloc[column]
        assert row["backup_site_id"] == (ways[1][1] if len(ways) > 1 else "")
        assert row["backup_minutes"] == (
            ways[1][0] if len(ways) > 1 else pytest.approx(np.nan, nan_ok=True)
        )
        assert row["sites_within"] == sum(way[0] <= 2 for way in ways)


@pytest.mark.slow
def test_a_longer_threshold_never_uncovers_and_a_further_box_never_slows():
    """Monotone in T and in the boxes."""
    random = np.random.default_rng(4)
    places = {f"p{n}": tuple(random.uniform((-3, -6), (12, 12))) for n in range(50)}
    lines = roads(**grid())
    before = None
    for minutes in (3, 6, 9, 20, 60):
        covered = reach_of(lines, places, minutes=minutes)["covered"]
        assert before is None or (covered >= before).all()
        before = covered
    one = reach_of(lines, places, minutes=6)
    two = reach_of(lines, places, minutes=6, sites={"box": (0, 0), "more": (8, 8)})
    assert (two["covered"] >= one["covered"]).all()
    assert (two["minutes"].fillna(np.inf) <= one["minutes"].fillna(np.inf)).all()


def test_reach_keeps_the_demand_table_and_changes_nothing_in_it():
    """Index, order and columns are the caller's, and the caller's table stays as it was."""
    served = table(
        {"b": (5, 0), "a": (40, 0)}, "community_id", people=[1.0, np.nan], note=["x", ""]
    )
    before = served.copy()
    boxes = table({"box": (0, 0)}, "site_id")
    times = br.travel_times(network_of(roads(**STRAIGHT)), boxes, served, cutoff=60)
    reached = br.reach(times, minutes=30)
    assert reached.index.equals(served.index)
    assert reached[served.columns].equals(served)
    assert served.equals(before)
    assert list(reached.columns[-8:]) == [
        "threshold_minutes",
        "covered",
        "site_id",
        "minutes",
        "backup_site_id",
        "backup_minutes",
        "sites_within",
        "reason",
    ]


ROW = st.tuples(
    st.sampled_from(["Ninewa", "Anbar", "", None]),
    st.sampled_from([0.0, 1.0, 2.5, 1e7, np.nan]),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_covered_and_uncovered_add_up_to_the_whole_in_every_row(rows):
    """By area and in total; unknown people are in no sum and are counted as unknown places."""
    reached = gpd.GeoDataFrame(
        {
            "governorate": [row[0] for row in rows],
            "people": [row[1] for row in rows],
            "covered": [row[2] for row in rows],
            "threshold_minutes": 30.0,
        }
    )
    summary = br.summarise(reached)
    assert (summary["places_covered"] + summary["places_uncovered"] == summary["places"]).all()
    parts = summary["people_covered"] + summary["people_uncovered"]
    assert parts.to_numpy() == pytest.approx(summary["people"].to_numpy())
    assert summary.index[-1] == "total"
    assert summary.index[:-1].tolist() == sorted({row[0] or "" for row in rows})
    for name in summary.index:
        here = [row for row in rows if name in ("total", row[0] or "")]
        line = summary.loc[name]
        known = [row for row in here if not np.isnan(row[1])]
        assert line["places"] == len(here)
        assert line["places_covered"] == sum(row[2] for row in here)
        assert line["places_unknown_people"] == len(here) - len(known)
        assert line["people"] == pytest.approx(sum(row[1] for row in known))
        covered = sum(row[1] for row in known if row[2])
        assert line["people_covered"] == pytest.approx(covered)
        if line["people"] > 0:
            assert line["share_covered"] == pytest.approx(covered / line["people"])
        else:
            assert np.isnan(line["share_covered"])
    assert (summary["threshold_minutes"] == 30).all()


def test_counts_of_a_summary_are_whole_numbers():
    """A table of places has no 12.0 in it."""
    reached = gpd.GeoDataFrame(
        {"governorate": ["A"], "people": [1.0], "covered": [True], "threshold_minutes": [30.0]}
    )
    summary = br.summarise(reached)
    counts = [name for name in summary if name.startswith("places")]
    assert len(counts) == 4
    assert all(summary[name].dtype.kind == "i" for name in counts)


def test_a_summary_by_a_missing_column_says_which():
    """The message names the column and what gives it."""
    reached = gpd.GeoDataFrame({"covered": [True], "threshold_minutes": [30.0]})
    with pytest.raises(InputError, match=r"column district.*join_areas"):
        br.summarise(reached, by="district")


def test_an_area_called_total_is_refused():
    """It could not be told from the sum."""
    reached = gpd.GeoDataFrame(
        {"governorate": ["total"], "covered": [True], "threshold_minutes": [30.0]}
    )
    with pytest.raises(InputError, match="total"):
        br.summarise(reached)
