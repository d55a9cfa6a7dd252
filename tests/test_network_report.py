"""The figures of a network: they add up, and the command line says them."""

import json
import warnings

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, box

import boxreach as br
from boxreach.network import describe_network

GEOD = Geod(ellps="WGS84")


def roads(*lines, **columns):
    """Build a table of roads."""
    index = [f"r{number}" for number in range(len(lines))]
    return gpd.GeoDataFrame(columns, index=index, geometry=list(map(LineString, lines)), crs=4326)


def km(*places):
    """Return the geodesic length of a line in km."""
    lon, lat = np.transpose(places)
    return GEOD.line_length(lon, lat) / 1000


def test_roads_are_counted_as_read_and_their_km_by_class():
    """A road that another meets is two edges and one road; blank classes are named."""
    along, across, apart = (
        [(44, 33), (44.1, 33), (44.2, 33)],
        [(44.1, 33), (44.1, 33.1)],
        [(44.5, 33), (44.5, 33.1)],
    )
    table = roads(
        along,
        across,
        apart,
        road_class=["trunk", "Track ", None],
        oneway=["", "forward", "backward"],
        speed_kmh=[60.0, 30.0, 60.0],
    )
    said = describe_network(br.build_network(table))
    total = km(*along) + km(*across) + km(*apart)
    hours = (km(*along) + km(*apart)) / 60 + km(*across) / 30
    assert (said["roads"], said["edges"], said["nodes"]) == (3, 4, 6)
    assert said["km"] == pytest.approx(total, abs=0.001)
    assert said["km_by_class"] == {
        "no class": pytest.approx(km(*apart), abs=0.001),
        "track": pytest.approx(km(*across), abs=0.001),
        "trunk": pytest.approx(km(*along), abs=0.001),
    }
    assert said["oneway_share"] == pytest.approx((km(*across) + km(*apart)) / total, abs=1e-5)
    assert said["mean_kmh"] == pytest.approx(total / hours, abs=0.05)
    assert said["parts"] == 2
    assert said["largest_part_share"] == pytest.approx(1 - km(*apart) / total, abs=1e-5)
    assert said["bridges"] == {"count": 0, "shortest_m": None, "longest_m": None}
    assert said["closures"] is None


def test_bridges_over_gaps_are_counted_apart_from_roads():
    """Their number and width, and a class of their own among the km."""
    table = roads([(44, 33), (44.1, 33)], [(44.101, 33), (44.2, 33)], [(44.2005, 33), (44.3, 33)])
    with pytest.warns(br.DataWarning, match="2 gaps"):
        network = br.build_network(table, bridge_m=200)
    said = describe_network(network)
    wide, narrow = km((44.1, 33), (44.101, 33)), km((44.2, 33), (44.2005, 33))
    assert said["roads"] == 3
    assert said["parts"] == 1
    assert said["bridges"] == {
        "count": 2,
        "shortest_m": pytest.approx(narrow * 1000, abs=0.06),
        "longest_m": pytest.approx(wide * 1000, abs=0.06),
    }
    assert said["km_by_class"]["bridge_gap"] == pytest.approx(wide + narrow, abs=0.002)


def test_what_closures_take_away_is_told():
    """A tenth of a degree of closed ground is as much of the road, and cuts it in two."""
    closed = gpd.GeoDataFrame(geometry=[box(44.1, 32.9, 44.2, 33.1)], index=["c"], crs=4326)
    network = br.build_network(roads([(44, 33), (44.5, 33)]), closures=closed)
    said = describe_network(network)
    assert said["closures"] == {
        "given": 1,
        "in_force": 1,
        "closed_km": pytest.approx(km((44.1, 33), (44.2, 33)), rel=0.01),
        "slowed_km": 0,
    }
    assert said["parts"] == 2


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
@example(seed=23)  # a road ends on another without a vertex there: a bridge of 0 m
def test_the_figures_of_any_network_add_up(seed):
    """Classes make the whole, shares stay below it, no part hides."""
    random = np.random.default_rng(seed)
    ends = 44 + random.integers(0, 5, (12, 2, 2)) * 0.05 + [0, -11]
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    table = roads(
        *ends,
        road_class=random.choice(["trunk", "track", ""], len(ends)),
        oneway=random.choice(["", "yes", "-1"], len(ends)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        said = describe_network(br.build_network(table, bridge_m=float(random.choice([0, 6000]))))
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert sum(said["km_by_class"].values()) == pytest.approx(said["km"], abs=0.005)
    assert 0 <= said["oneway_share"] <= 1
    assert 1 / said["parts"] <= said["largest_part_share"] + 1e-6 <= 1 + 1e-6
    assert (said["parts"] == 1) == (said["largest_part_share"] == 1)
    assert said["roads"] == len(ends)


@pytest.mark.slow
def test_a_run_and_its_check_say_the_same_of_the_network(plan, cli, tmp_path, edit):
    """`run.json` and summary.json hold the figures, check prints them."""
    closed = gpd.GeoDataFrame({"closure_id": ["c"]}, geometry=[Point(44.1, 33.1)], crs=4326)
    closed.to_file(plan.parent / "closed.geojson")
    edit(plan, "[network]", 'closures = "closed.geojson"\n[network]')
    assert cli("reach", plan, "-o", tmp_path / "out")[0] == 0
    run, summary = (
        json.loads((tmp_path / "out" / name).read_text("utf-8"))["network"]
        for name in ("run.json", "summary.json")
    )
    assert run == summary
    assert run["roads"] == 3
    assert set(run["km_by_class"]) == {"primary", "track", "trunk"}
    assert 0.001 <= run["closures"]["closed_km"] <= 0.003
    code, said, _ = cli("check", plan)
    assert code == 0
    assert f"network: 3 roads, {run['edges']} edges, {run['nodes']} nodes, 74 km" in said
    assert "primary 23" in said
    assert "parts that no road joins: 2, with" in said
    assert "closures in force: 1 of 1, which close 0.002 km and slow 0.000 km" in said


def test_a_class_with_control_characters_is_printed_as_its_code(plan, cli, write_roads):
    """Strangers' words do not steer the terminal."""
    write_roads(plan.parent, road_class=["trunk", "pri\x1b[31mmary", "track"])
    _, said, _ = cli("check", plan)
    assert "\x1b" not in said
    assert "\\x1b[31m" in said
