"""What closures promise: where they cut, where they slow, on which days, and nothing besides."""

import datetime as dt
import itertools
import json
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import LineString, Point, box

import boxreach as br
from boxreach.network.closing import find_open_stretches, slow_ms
from boxreach.sources.closures import closures_on

METRES = CRS.from_epsg(32638)
CROSS = ([(44.0, 33.0), (44.2, 33.0)], [(44.1, 32.9), (44.1, 33.1)])
AREA = box(44.05, 32.95, 44.15, 33.05)


def roads(*lines, index=None, **columns):
    """Build a roads table from coordinate lists in degrees."""
    ids = index or [f"r{number}" for number in range(len(lines))]
    frame = gpd.GeoDataFrame(columns, geometry=[LineString(one) for one in lines], crs=4326)
    return frame.set_axis(ids, axis=0).rename_axis("road_id")


def closed(*shapes, crs=4326, **columns):
    """Build a table of closures."""
    ids = [f"c{number}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs).set_axis(ids, axis=0)


def stretches(lines, closures, ids=None):
    """Return the open stretches of lines in metres, as rows of numbers."""
    names = pd.Index(ids or [f"r{number}" for number in range(len(lines))])
    found = find_open_stretches(names, np.array([LineString(one) for one in lines]), closures)
    parts = zip(found.edge, found.start, found.end, found.slowed, strict=True)
    return [(int(edge), *map(float, rest)) for edge, *rest in parts]


def minutes(network, here, there):
    """Return the minutes from one place to another, infinite where there is no way."""
    sites, demand = (
        gpd.GeoDataFrame(index=[name], geometry=[Point(*xy)], crs=4326)
        for name, xy in (("site", here), ("place", there))
    )
    ms = br.travel_times(network, sites, demand, cutoff=300).nearest_ms[0]
    return np.inf if ms < 0 else ms / 60_000


# --- where they cut and slow ---------------------------------------------------------------

KM = [(0, 0), (1000, 0)]


def test_a_slowed_area_divides_a_road_and_loses_nothing_of_it():
    """Before, in and behind it are three stretches that stay joined at equal shares."""
    zone = closed(box(200, -9, 300, 9), crs=METRES, speed_factor=[0.5])
    assert stretches([KM], zone) == [(0, 0, 0.2, 1), (0, 0.2, 0.3, 2), (0, 0.3, 1, 1)]


@pytest.mark.parametrize("factor", [None, 0.0])
def test_without_a_factor_or_with_0_a_road_is_closed(factor):
    """Blank is closed: nobody drives at no speed."""
    zone = closed(box(200, -9, 300, 9), crs=METRES, speed_factor=pd.Series([factor], dtype=float))
    assert stretches([KM], zone) == [(0, 0, 0.2, 1), (0, 0.3, 1, 1)]


def test_closed_comes_before_slowed_and_the_slowest_holds():
    """Factors are not multiplied, and no slowed ground opens what is closed."""
    zones = closed(
        box(100, -9, 500, 9), box(300, -9, 700, 9), box(600, -9, 900, 9),
        crs=METRES, speed_factor=[0.5, 0.25, None],
    )  # fmt: skip
    assert stretches([KM], zones) == [
        (0, 0, 0.1, 1), (0, 0.1, 0.3, 2), (0, 0.3, 0.6, 4), (0, 0.9, 1, 1)
    ]  # fmt: skip


def test_zones_of_one_factor_that_meet_are_one_stretch():
    """No node is made where nothing changes."""
    zones = closed(box(100, -9, 500, 9), box(500, -9, 700, 9), crs=METRES, speed_factor=[0.5, 0.5])
    assert stretches([KM], zones) == [(0, 0, 0.1, 1), (0, 0.1, 0.7, 2), (0, 0.7, 1, 1)]


def test_a_slowed_point_slows_50_m_to_each_side():
    """A damaged bridge is more than a point."""
    point = closed(Point(500, 20), crs=METRES, speed_factor=[0.5])
    _, (_, start, end, slowed), _ = stretches([KM], point)
    assert (start, end) == (pytest.approx(0.45, abs=1e-3), pytest.approx(0.55, abs=1e-3))
    assert slowed == 2


def test_a_line_along_a_bridge_closes_the_bridge_and_not_the_road_below():
    """They cross without a common node; a road that joins the bridge's road is closed."""
    along = closed(LineString([(400, 0), (600, 0)]), crs=METRES)
    below, side = [(500, -500), (500, 500)], [(450, 0), (450, 500)]
    bridge = [[(0, 0), (450, 0)], [(450, 0), (1000, 0)]]
    found = stretches([*bridge, below, side], along)
    assert [one for one in found if one[0] == 2] == [(2, 0, 1, 1)]
    assert [(edge, round(start, 2), round(end, 2)) for edge, start, end, _ in found] == [
        (0, 0, 0.86), (1, 0.3, 1), (2, 0, 1), (3, 0.03, 1)
    ]  # fmt: skip


def test_a_line_across_roads_closes_what_it_crosses():
    """A front across a valley closes the road and the track, bridge or not."""
    across = closed(LineString([(480, -300), (520, 300)]), crs=METRES)
    found = stretches([KM, [(0, 100), (1000, 100)], [(480, 0), (480, 900)]], across)
    assert sorted({edge for edge, *_ in found}) == [0, 1, 2]
    assert len([one for one in found if one[0] < 2]) == 4


def test_a_closed_point_closes_both_directions_of_a_street_drawn_twice():
    """A street graph has a line each way, one upon the other."""
    point = closed(Point(500, 10), crs=METRES)
    found = stretches([KM, KM[::-1]], point)
    assert [edge for edge, *_ in found] == [0, 0, 1, 1]


def test_the_order_of_roads_does_not_choose_which_of_two_crossing_roads_is_closed():
    """Where a point cannot tell, ids do."""
    across = [(500, -500), (500, 500)]
    point = closed(Point(500, 0), crs=METRES)
    for lines, ids in (([KM, across], ["a", "b"]), ([across, KM], ["b", "a"])):
        with pytest.warns(br.DataWarning, match="where roads cross"):
            found = stretches(lines, point, ids)
        assert {ids[edge] for edge, start, *_ in found if start > 0} == {"a"}


def test_a_road_wholly_inside_closed_ground_has_no_stretch():
    """And its neighbours keep theirs."""
    zone = closed(box(-9, -9, 1009, 9), crs=METRES)
    assert stretches([KM, [(0, 50), (9, 50)]], zone) == [(1, 0, 1, 1)]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_stretches_agree_with_asking_every_place_of_the_road(data):
    """The oracle asks each of many places which zones it lies in."""
    number = st.integers(-40, 140).map(lambda n: n * 10.0 + 3)
    xy = data.draw(st.lists(st.tuples(number, number), min_size=2, max_size=6, unique=True))
    boxes = data.draw(
        st.lists(
            st.tuples(number, number, st.sampled_from([20, 130, 400]),
                      st.sampled_from([None, 0.8, 0.5, 0.25])),
            min_size=1, max_size=4,
        )
    )  # fmt: skip
    zones = [box(x - 1, y - 1, x + size, y + size) for x, y, size, _ in boxes]
    factors = pd.Series([factor for *_, factor in boxes], dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        found = stretches([xy], closed(*zones, crs=METRES, speed_factor=factors))
    line = LineString(xy)
    starts, ends = (np.array([one[at] for one in found]) for at in (1, 2))
    assert (starts < ends).all()
    assert (starts[1:] >= ends[:-1]).all()
    for share in np.linspace(0.0017, 0.9983, 60):
        place = line.interpolate(share, normalized=True)
        if any(zone.boundary.distance(place) < 1e-3 for zone in zones):
            continue
        worst = max(
            [1.0] + [1 / (factor or 1e-9) for zone, factor in zip(zones, factors.fillna(0),
             strict=True) if zone.contains(place)]
        )  # fmt: skip
        here = [one[3] for one in found if one[1] <= share <= one[2]]
        assert here == ([pytest.approx(worst)] if worst < 1e6 else [])


# --- what they do to times -----------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.9, 0.7, 0.5, 0.3, 0.01])
def test_a_road_slowed_all_along_takes_its_time_over_the_factor_rounded_up(factor):
    """To the millisecond, leg by leg."""
    table = roads([(44.0, 33.0), (44.2, 33.0)], [(44.2, 33.0), (44.3, 33.1)])
    zone = closed(box(43.9, 32.9, 44.5, 33.2), speed_factor=[factor])
    whole, slow = br.build_network(table), br.build_network(table, closures=zone)
    tenths = round(factor * 100)
    longer = slow.forward_ms - np.array([-(-int(ms) * 100 // tenths) for ms in whole.forward_ms])
    # Each of the legs is rounded up, so that what meets the road within it changes nothing.
    legs = np.diff(whole.edges.bend_first) + 1
    assert ((longer >= 0) & (longer < legs)).all()
    assert slow.lifted.forward_ms.tolist() == whole.forward_ms.tolist()


@pytest.mark.slow
@settings(max_examples=1000)
@given(ms=st.integers(0, 10**9), percent=st.integers(1, 100))
def test_slowing_rounds_up_exactly(ms, percent):
    """Whole numbers are the oracle: no millisecond too many for a factor's last digit."""
    slow = slow_ms(np.array([ms]), np.array([1 / (percent / 100)]))
    assert slow.tolist() == [-(-ms * 100 // percent)]


def test_slowed_stretches_stay_joined_and_closed_ones_do_not():
    """Behind slowed ground one arrives later, behind closed ground never."""
    table = roads([(44.0, 33.0), (44.2, 33.0)])
    ends = (44.0, 33.0), (44.2, 33.0)
    free = minutes(br.build_network(table, off_road_km=0.1), *ends)
    slow = closed(AREA, speed_factor=[0.5])
    shut = br.build_network(table, off_road_km=0.1, closures=closed(AREA))
    slowed = br.build_network(table, off_road_km=0.1, closures=slow)
    assert minutes(slowed, *ends) == pytest.approx(1.5 * free, rel=1e-3)
    assert np.isinf(minutes(shut, *ends))


@pytest.mark.parametrize("shape", [
    LineString([(44.099, 33.0), (44.101, 33.0)]), Point(44.1001, 33.0),
], ids=["along", "a few metres on"])  # fmt: skip
def test_a_closed_bridge_is_cut_and_the_road_under_it_is_not(shape):
    """However it is drawn, and without a road_id."""
    network = br.build_network(roads(*CROSS), off_road_km=0.1, closures=closed(shape))
    assert np.isinf(minutes(network, (44.0, 33.0), (44.2, 33.0)))
    assert np.isfinite(minutes(network, (44.1, 32.9), (44.1, 33.1)))


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_closure_slowed_or_not_never_makes_a_place_faster(data):
    """Nor does a smaller factor than a larger one; a closed point reaches less far along a road."""
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    nodes = np.round(rng.uniform((44, 33), (44.3, 33.3), (12, 2)), 4)
    pairs = {tuple(sorted(pair)) for pair in rng.integers(0, 12, (22, 2)).tolist()}
    table = roads(*[nodes[list(pair)] for pair in sorted(pairs) if pair[0] != pair[1]])
    x, y = rng.uniform((44, 33), (44.3, 33.3))
    shape = data.draw(st.sampled_from([
        Point(table.geometry.iloc[0].interpolate(0.4, normalized=True)),
        LineString([(x, y), (44.15, 33.15)]), box(x, y, x + 0.08, y + 0.08),
    ]))  # fmt: skip
    demand = gpd.GeoDataFrame(
        geometry=list(shapely.points(rng.uniform((44, 33), (44.3, 33.3), (15, 2)))), crs=4326
    )
    sites = demand.iloc[:3].set_axis(["s1", "s2", "s3"], axis=0)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        for factor in (None, 0.2, 0.6, 1.0):
            zone = closed(shape, speed_factor=pd.Series([factor], dtype=float))
            network = br.build_network(table, closures=zone, off_road_km=2)
            ms = br.travel_times(network, sites, demand).nearest_ms
            found.append(np.where(ms < 0, np.inf, ms))
        free = br.build_network(table, off_road_km=2)
    ms = br.travel_times(free, sites, demand).nearest_ms
    found.append(np.where(ms < 0, np.inf, ms))
    assert (found[0] >= found[-1]).all()
    if shape.geom_type == "Point":
        found = found[1:]
    for slower, faster in itertools.pairwise(found):
        assert (slower >= faster).all()
    assert (found[-2] == found[-1]).all()


# --- on which days -------------------------------------------------------------------------

DATED = closed(
    *[AREA] * 4,
    from_date=["2026-03-01", "", "2026-03-10", ""],
    until_date=["2026-03-31", "2026-03-09", "", ""],
)


@pytest.mark.parametrize(
    ("day", "held"),
    [
        ("2026-02-28", ["c1", "c3"]),
        ("2026-03-01", ["c0", "c1", "c3"]),
        ("2026-03-09", ["c0", "c1", "c3"]),
        (dt.date(2026, 3, 10), ["c0", "c2", "c3"]),
        (dt.datetime(2026, 3, 31, 23, 59), ["c0", "c2", "c3"]),
        ("2026-04-01", ["c2", "c3"]),
    ],
)
def test_a_closure_holds_from_its_first_day_to_its_last(day, held):
    """Both included, and without end where there is none."""
    assert closures_on(DATED, day).index.tolist() == held


@pytest.mark.parametrize("kind", [str, pd.to_datetime, lambda day: pd.to_datetime(day).date()])
def test_dates_may_be_text_dates_or_datetimes(kind):
    """A caller's own table is understood too, missing dates included."""
    dated = closed(AREA, AREA, from_date=[kind("2026-03-01"), None])
    assert closures_on(dated, "2026-02-28").index.tolist() == ["c1"]
    assert closures_on(dated, "2026-03-01").index.tolist() == ["c0", "c1"]


def test_without_a_day_all_closures_hold_and_that_is_said():
    """Only where there are dates: else nothing was assumed."""
    with pytest.warns(br.DataWarning, match="3 closures have dates"):
        assert closures_on(DATED, None).index.tolist() == ["c0", "c1", "c2", "c3"]
    assert len(closures_on(closed(AREA), None)) == 1


def test_a_day_without_closures_is_a_network_without_closures():
    """And the record says of how many none holds."""
    table = roads(*CROSS)
    network = br.build_network(table, closures=DATED.iloc[:1], on="2027-01-01")
    assert network.lifted is None
    assert network.parameters["closures_given"] == 1
    assert network.parameters["closures_in_force"] == 0
    assert network.parameters["on"] == "2027-01-01"


@pytest.mark.parametrize("day", ["31.3.2026", "2026-02-30", "", "today"])
def test_a_day_that_is_none_is_refused(day):
    """Also where there are no closures: a slip is a slip."""
    with pytest.raises(br.InputError, match="no date"):
        br.build_network(roads(*CROSS), on=day)
    with pytest.raises(br.InputError, match="no date"):
        closures_on(DATED, day)


# --- files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["c.gpkg", "c.geojson"])
def test_dates_and_factors_are_read_from_layers(tmp_path, name):
    """GDAL makes dates and datetimes of such columns: the days stay."""
    day = pd.to_datetime(["2026-03-01", None]).as_unit("ms")
    hour = pd.to_datetime(["2026-03-31 23:30", None]).as_unit("ms")
    frame = closed(AREA, Point(44, 33), from_date=day, until_date=hour, speed_factor=[0.5, None])
    frame.to_file(tmp_path / name)
    read = br.read_closures(tmp_path / name)
    assert read["from_date"].tolist() == ["2026-03-01", ""]
    assert read["until_date"].tolist() == ["2026-03-31", ""]
    assert read["speed_factor"].iloc[0] == 0.5
    assert np.isnan(read["speed_factor"].iloc[1])


@pytest.mark.parametrize(("called", "ours"), [("until", "until_date"), ("From", "from_date")])
def test_a_date_whose_column_is_not_read_is_told(tmp_path, called, ours):
    """A road would be closed for ever that is closed until Friday."""
    path = tmp_path / "closed.csv"
    path.write_text(f"closure_id,lon,lat,{called}\nc1,44,33,2026-03-31\n", encoding="utf-8")
    told = rf"column {called}: it is not read; did you mean {ours}\?"
    with pytest.warns(br.DataWarning, match=told):
        br.read_closures(path)


def test_every_bad_date_and_factor_of_a_file_is_named_with_its_row_and_column(tmp_path):
    """All at once, as one mends them."""
    path = tmp_path / "closed.csv"
    path.write_text(
        "closure_id,lon,lat,from_date,until_date,speed_factor\n"
        "a,44,33,31/03/2026,,\n"
        "b,44,33,2026-03-31,2026-03-30,1.5\n"
        "c,44,33,2026-03-31,2026-03-31,1\n"
        "d,44,33,,soon,-0.1\n",
        encoding="utf-8",
    )
    with pytest.raises(br.InputError) as caught:
        br.read_closures(path)
    assert [(one.file, one.row, one.column) for one in caught.value.faults] == [
        ("closed.csv", 2, "from_date"),
        ("closed.csv", 3, "until_date"),
        ("closed.csv", 3, "speed_factor"),
        ("closed.csv", 5, "until_date"),
        ("closed.csv", 5, "speed_factor"),
    ]
    assert "'31/03/2026' is no date" in str(caught.value)
    assert "2026-03-30 is before from_date, 2026-03-31" in str(caught.value)


def test_a_table_of_the_caller_is_checked_like_a_file():
    """No bad date slips in by way of a frame."""
    wrong = closed(AREA, from_date=["2026-02-01"], until_date=["2026-01-01"])
    with pytest.raises(br.InputError, match=r"row 1, column until_date.*before from_date"):
        br.build_network(roads(*CROSS), closures=wrong)


# --- the command line ----------------------------------------------------------------------


@pytest.fixture
def dated_plan(plan, edit):
    """A plan of which a road is closed in March."""
    frame = closed(box(44.3, 33, 44.4, 33.2), from_date=["2026-03-01"], until_date=["2026-03-31"])
    frame.to_file(plan.parent / "closed.geojson")
    edit(plan, "[network]", 'closures = "closed.geojson"\n[network]')
    return plan


@pytest.mark.slow
def test_on_chooses_the_day_and_the_record_says_so(dated_plan, cli, tmp_path):
    """The same plan on two days gives two answers."""
    found = {}
    for day in ("2026-03-31", "2026-04-01"):
        code, _, message = cli("reach", dated_plan, "--on", day, "-o", tmp_path / "out")
        assert (code, message) == (0, "")
        record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
        said = record["parameters"]
        assert said["network.on"] == day
        assert f"--on {day}" in record["command"]
        assert said["network.closures_given"] == 1
        found[day] = said["network.closures_in_force"], (tmp_path / "out/reach.csv").read_text()
    assert [count for count, _ in found.values()] == [1, 0]
    assert found["2026-03-31"][1] != found["2026-04-01"][1]


@pytest.mark.slow
def test_without_on_the_dates_are_said_to_be_passed_over(dated_plan, cli, tmp_path):
    """Under --strict that is a fault."""
    code, _, message = cli("check", dated_plan)
    assert code == 0
    assert "1 closures have dates" in message
    assert cli("check", dated_plan, "--strict")[0] == 1
    assert cli("check", dated_plan, "--strict", "--on", "2026-03-05")[0] == 0


@pytest.mark.slow
def test_the_day_may_stand_in_the_plan_as_a_date_or_as_text(dated_plan, cli, edit):
    """TOML has dates of its own."""
    edit(dated_plan, "[network]", "[network]\non = 2026-03-05")
    assert cli("check", dated_plan, "--strict")[0] == 0
    edit(dated_plan, "on = 2026-03-05", 'on = "5 March"')
    code, _, message = cli("check", dated_plan)
    assert code == 2
    assert "'5 March' is no date" in message
    assert "network.on" in message


def test_a_day_on_the_command_line_that_is_none_is_refused(dated_plan, cli, tmp_path):
    """By the name of its flag, with nothing written."""
    code, _, message = cli("reach", dated_plan, "--on", "2026-13-01", "-o", tmp_path / "out")
    assert code == 2
    assert "--on" in message
    assert "2026-13-01" in message
    assert not (tmp_path / "out").exists()


def layer(names, shapes, **columns):
    return gpd.GeoDataFrame(columns, index=pd.Index(names), geometry=shapes, crs=4326)


@pytest.mark.parametrize("side_roads", [1, 10, 98])
def test_roads_that_newly_meet_a_slowed_road_do_not_slow_it_further(side_roads):
    """What is slowed is rounded leg by leg, not from junction to junction."""
    lon = np.round(44 + np.arange(100) * 0.0003, 7)
    main = LineString([(x, 33) for x in lon])
    sides = [LineString([(x, 33), (x, 33.001)]) for x in lon[1:-1][:side_roads]]
    closures = layer(["c"], [box(43.9, 32.9, 44.02, 33.1)], speed_factor=[0.999])
    site, demand = (
        layer([name], [Point(x, 33)]) for name, x in zip("sd", lon[[0, -1]], strict=True)
    )
    times = []
    for roads in ([main], [main, *sides]):
        names = [f"r{n}" for n in range(len(roads))]
        table = layer(names, roads, speed_kmh=[40.0] * len(roads))
        network = br.build_network(table, closures=closures, off_road_km=0.0)
        times.append(br.travel_times(network, site, demand, cutoff=100).nearest_ms[0])
    assert times[0] == times[1]


@pytest.mark.parametrize("metres", [49.975, 49.985, 49.995, 30.0])
def test_a_road_far_away_moves_no_border_of_a_closure(metres):
    """The plane on which closures are measured lies about them, not about all roads."""
    near, east, west = (LineString([(x, 33), (x + 0.02, 33)]) for x in (44, 49, 39))
    point = Point(44.011, 33 + round(metres / 110_904.7, 7))
    site, demand = layer(["s"], [Point(44.001, 33)]), layer(["d"], [Point(44.019, 33)])
    for factor in (0.0, 0.1):
        times = []
        for roads in ([near, east], [near, east, west]):
            table = layer([f"r{n}" for n in range(len(roads))], roads, speed_kmh=20.0)
            closures = layer(["c"], [point], speed_factor=[factor])
            network = br.build_network(table, closures=closures, off_road_km=0.0)
            times.append(br.travel_times(network, site, demand, cutoff=100).nearest_ms[0])
        assert times[0] == times[1]


@pytest.mark.parametrize("factor", [0.1, 0.01, 0.004, 1e-6, 1e-300])
def test_the_far_end_of_a_long_road_is_slowed_as_the_near_one_is(factor):
    """What lies before the slow stretch, as slow as that, would take longer than can be told."""
    road = gpd.GeoDataFrame(
        {"speed_kmh": [60.0]}, geometry=[LineString([(44, 33), (46, 33)])], crs=4326
    )
    ends = gpd.GeoDataFrame(index=["w", "e"], geometry=[Point(44, 33), Point(46, 33)], crs=4326)
    network, minutes = br.build_network(road, off_road_km=1), []
    for west in (44.01, 45.98):
        slow = gpd.GeoDataFrame(
            {"speed_factor": [factor]}, geometry=[box(west, 32.9, west + 0.01, 33.1)], crs=4326
        )
        times = br.travel_times(network.without(slow), ends.iloc[:1], ends, cutoff=60)
        minutes.append(times.nearest_ms[1] / 60_000)
    assert minutes[0] == pytest.approx(minutes[1])
    usual = br.travel_times(network, ends.iloc[:1], ends, cutoff=60).nearest_ms[1] / 60_000
    longer = usual / 200 * (1 / factor - 1)
    assert minutes[1] - usual == pytest.approx(min(longer, 2**29 / 60_000), rel=0.01)


def test_ids_are_joined_however_their_marks_are_written(tmp_path):
    """A road that one program wrote as letter and mark is the one another wrote as one sign."""
    apart, joined = "Cafe\u0301", "Caf\u00e9"
    lines = [LineString([(44, 33), (44.1, 33)]), LineString([(44.1, 33), (44.2, 33)])]
    roads = gpd.GeoDataFrame({"road_id": [apart, "b"]}, geometry=lines, crs=4326)
    roads.to_file(tmp_path / "roads.geojson")
    rows = gpd.GeoDataFrame(
        {"closure_id": ["c"], "road_id": [joined]}, geometry=[Point(44.05, 33)], crs=4326
    )
    rows.to_file(tmp_path / "closed.geojson")
    said = r"the marks of 1 ids stand apart from their letters \(Unicode NFD\), as in"
    with pytest.warns(br.DataWarning, match=said):
        read = br.read_roads(tmp_path / "roads.geojson")
    assert read.index.tolist() == [joined, "b"]
    network = br.build_network(read, closures=br.read_closures(tmp_path / "closed.geojson"))
    assert network.parameters["closures_in_force"] == 1
    twice = gpd.GeoDataFrame({"road_id": [apart, joined]}, geometry=lines, crs=4326)
    twice.to_file(tmp_path / "twice.geojson")
    with (
        pytest.warns(br.DataWarning),
        pytest.raises(br.InputError, match="stands already in feature 1"),
    ):
        br.read_roads(tmp_path / "twice.geojson")


@pytest.mark.parametrize("day", ["1447-10-12", "1405-01-11", "0001-01-01"])
def test_a_day_of_another_calendar_lifts_no_closure(tmp_path, day):
    """Of the year of the Hijra or of Iran it would be long over, and the bridge open."""
    path = tmp_path / "closed.csv"
    path.write_text(f"closure_id,lon,lat,until_date\nbridge,44.1,33.1,{day}\n")
    with pytest.raises(br.InputError, match=f"row 2, column until_date: '{day}' is no date"):
        br.read_closures(path)


def test_a_closure_may_last_for_ever(tmp_path):
    path = tmp_path / "closed.csv"
    path.write_text("closure_id,lon,lat,until_date\nbridge,44.1,33.1,9999-12-31\n")
    assert br.read_closures(path)["until_date"].tolist() == ["9999-12-31"]
