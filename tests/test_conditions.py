"""Conditions: what night, rain and a curfew leave, and that the page says what the table does."""

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

import boxreach as br
from boxreach.scenarios.conditions import CONDITIONS, read_condition_file
from boxreach.speeds import SpeedModel
from boxreach.speeds.table import TABLE

CLASSES = [*TABLE.kmh, "trunk_link", ""]
SURFACES = ["", "asphalt", "clay", "sand", "mystery"]


def build(**speeds):
    """Build a network of roads of every class and surface, each by itself."""
    pairs = [(one, other) for one in CLASSES for other in SURFACES]
    roads = gpd.GeoDataFrame(
        {
            "road_class": [one for one, _ in pairs],
            "surface": [other if other != "mystery" else "" for _, other in pairs],
        },
        index=[f"r{n}" for n in range(len(pairs))],
        geometry=[
            LineString(
                [(44 + 0.1 * (n % 10), 33 + 0.05 * n), (44.03 + 0.1 * (n % 10), 33 + 0.05 * n)]
            )
            for n in range(len(pairs))
        ],
        crs=4326,
    )
    return br.build_network(roads, speeds=SpeedModel(**speeds))


def kmh_of(network):
    """Return the speed of each road by its id."""
    table = network.attributes.set_index("road_id")["speed_kmh"]
    return table[sorted(table.index)].to_numpy(dtype=float)


def shares_of(name, network):
    """Return what a condition leaves of each road, by its id."""
    shares = CONDITIONS[name].shares(network)
    return shares[np.argsort(network.road_ids(np.arange(len(network.edges))).astype(str))]


@pytest.mark.parametrize(
    ("name", "speeds"),
    [
        ("night", {"night": True}),
        ("rain", {"season": "wet"}),
        ("snow", {"season": "snow"}),
        ("night-rain", {"night": True, "season": "wet"}),
    ],
)
def test_a_condition_leaves_what_the_speed_model_leaves(name, speeds):
    """On roads of every class and surface without a limit, links and blanks among them."""
    usual, other = build(), build(**speeds)
    expected = kmh_of(other) / kmh_of(usual)
    assert shares_of(name, usual) == pytest.approx(expected, rel=1e-9)
    assert expected.min() < 0.5 or name == "night"


@pytest.mark.parametrize(
    ("name", "speeds"), [("night", {"night": True}), ("rain", {"season": "wet"})]
)
def test_what_holds_already_is_not_counted_twice(name, speeds):
    """Night at night, rain in the wet season."""
    assert (CONDITIONS[name].shares(build(**speeds)) == 1).all()


def test_a_condition_goes_by_the_factors_of_the_network():
    """Not by the shipped ones, where the plan has its own."""
    own = build(night_factor={"primary": 0.5})
    classes = own.attributes["road_class"].astype(str).to_numpy()
    assert (CONDITIONS["night"].shares(own)[classes == "primary"] == 0.5).all()


def test_a_curfew_slows_by_class_and_shuts_gates():
    """Links as their class; roads without a class as unclassified."""
    network = build()
    shares = CONDITIONS["curfew"].shares(network)
    classes = network.attributes["road_class"].astype(str).to_numpy()
    by_class = {name: set(shares[classes == name]) for name in CLASSES}
    assert by_class["primary"] == {0.8}
    assert by_class["trunk_link"] == by_class["trunk"] == {0.8}
    assert by_class[""] == {0.9}
    assert by_class["service"] == by_class["living_street"] == {0.0}
    assert set(classes[shares == 0]) == set(CONDITIONS["curfew"].closed)


def test_conditions_never_make_a_road_faster():
    """Each leaves at most all of a speed."""
    network = build()
    for name, condition in CONDITIONS.items():
        shares = condition.shares(network)
        assert ((shares >= 0) & (shares <= 1)).all(), name
        assert 0 < condition.off_road <= 1


def test_every_name_of_the_table_is_a_road_class():
    """A factor by a word that no road has would do nothing."""
    for condition in CONDITIONS.values():
        assert {*condition.speed_factor, *condition.closed} <= {*TABLE.kmh}


def test_the_page_shows_the_table_as_it_is():
    """`docs/conditions.md` and conditions.toml say the same, values and reasons."""
    page = (Path(__file__).parents[1] / "docs" / "conditions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \|(?: (.+) \|)?$", page, flags=re.MULTILINE)
    written = read_condition_file()
    expected = [
        (name, f"{one['off_road']['value']:g}", one["off_road"]["reason"])
        for name, one in written.items()
    ]
    expected += [
        (name, f"{one['value']:g}", one["reason"])
        for name, one in written["curfew"]["speed_factor"].items()
    ]
    expected += [(name, one["reason"], "") for name, one in written["curfew"]["closed"].items()]
    heads = {"name", "condition", "class", "---"}
    shown = [row for row in rows if row[0] not in heads and not row[0].startswith("`")]
    assert sorted(shown) == sorted(expected)
    assert {row[0].strip("`") for row in rows if row[0].startswith("`")} == {*written}
