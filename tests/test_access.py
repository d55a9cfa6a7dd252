"""What OpenStreetMap's tags mean: where a response vehicle drives, and which way."""

import runpy
import tomllib
from collections import Counter
from importlib.resources import files
from itertools import combinations
from math import isnan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxreach.sources.osm.access import blocks, read_way

ROOT = Path(__file__).parents[1]
PORTO = ROOT.parent / "shared" / "data" / "networks" / "porto_portugal.osm.pbf"
RULES = tomllib.loads(files("boxreach.sources.osm").joinpath("access.toml").read_text("utf-8"))


def way(text="", **tags):
    """Read a way from tags written as ``key=value``, parted by blanks."""
    told = dict(one.split("=", 1) for one in text.split())
    return read_way(told | tags)


def road(text="", **tags):
    """Read a residential road with further tags."""
    return way(f"highway=residential {text}", **tags)


def node(text):
    """Say whether a node stops a vehicle."""
    return blocks(dict(one.split("=", 1) for one in text.split()))


# --- which mode speaks ----------------------------------------------------------------------------

MODES = ["access", "vehicle", "motor_vehicle", "motorcar"]


@pytest.mark.parametrize(("broad", "narrow"), list(combinations(MODES, 2)))
def test_the_most_specific_mode_decides(broad, narrow):
    """Whatever the broader one says, either way."""
    assert road(f"{broad}=no {narrow}=yes").driven
    shut = road(f"{broad}=yes {narrow}=no")
    assert not shut.driven
    assert shut.why == f"{narrow}=no"


VALUES = {
    "yes": (True, ()), "permissive": (True, ()), "designated": (True, ()), "official": (True, ()),
    "destination": (True, ("destination only",)), "customers": (True, ("destination only",)),
    "delivery": (True, ("destination only",)), "private": (True, ("private",)),
    "permit": (True, ("private",)), "agricultural": (True, ("farm or forest traffic only",)),
    "forestry": (True, ("farm or forest traffic only",)), "no": (False, ()),
    "military": (False, ()), "use_sidepath": (False, ()), "psv": (False, ()),
    "maybe": (True, ("unknown access value",)), "NO": (False, ()),
    " Private ": (True, ("private",)),
    "agricultural;forestry": (True, ("farm or forest traffic only",)),
    "destination; no": (False, ()), "yes;maybe": (True, ()),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("value", VALUES)
def test_each_value_means_the_same_for_every_mode(mode, value):
    """What is passed against a sign is counted; what is closed names the tag."""
    driven, notes = VALUES[value]
    got = road(**{mode: value})
    assert (got.driven, got.notes) == (driven, notes)
    assert got.why == ("" if driven else f"{mode}={value.lower().strip()}")


def test_a_value_nobody_knows_leaves_the_word_to_the_broader_mode():
    """It neither opens nor closes."""
    assert not road("access=no motor_vehicle=maybe").driven
    assert road("access=yes motorcar=maybe").notes == ("unknown access value",)


def test_a_patrol_is_an_emergency_vehicle():
    """`emergency=yes` opens what is closed to all; the key closes nothing and is no telephone."""
    assert road("access=no emergency=yes").driven
    assert road("motorcar=no emergency=designated").driven
    assert not road("access=no emergency=phone").driven
    assert road("emergency=no").driven
    assert road("emergency=phone").notes == ()


def test_a_mode_may_be_closed_in_one_direction():
    """Then the road is one-way, or closed where it is one-way already."""
    assert road("motor_vehicle:forward=no").oneway == "backward"
    assert road("vehicle:backward=no").oneway == "forward"
    assert road("access=no motorcar:forward=yes").oneway == "forward"
    assert road("vehicle:backward=no motorcar=yes").oneway == ""
    assert road("motorcar:backward=no motorcar=yes").oneway == "forward"
    assert road("oneway=yes vehicle:backward=no").oneway == "forward"
    shut = road("oneway=yes vehicle:forward=no")
    assert (shut.driven, shut.why) == (False, "vehicle:forward=no")
    assert not road("vehicle:forward=no vehicle:backward=no").driven
    assert road("vehicle:forward=private").notes == ("private",)


# --- which classes --------------------------------------------------------------------------------


@pytest.mark.parametrize("value", RULES["classes"]["driven"]["values"])
def test_a_road_built_for_vehicles_is_driven_as_what_it_is(value):
    """Upper case or not; and a way that says nothing else is told nothing else."""
    for written in (value, value.upper()):
        got = way(highway=written)
        assert (got.driven, got.why, got.road_class) == (True, "", value)
    assert (got.surface, got.name, got.ref, got.notes) == ("", "", "", ())


@pytest.mark.parametrize("value", RULES["classes"]["opened"]["as"])
def test_a_way_for_others_is_driven_only_where_a_vehicle_key_opens_it(value):
    """`access=yes` speaks of those it was built for."""
    assert way(highway=value).why == value
    assert way("access=yes", highway=value).why == value
    assert way("motor_vehicle=no", highway=value).why == value
    for key in ("vehicle", "motor_vehicle", "motorcar", "emergency"):
        got = way(f"{key}=yes", highway=value)
        assert got.road_class == RULES["classes"]["opened"]["as"][value]
        assert "opened to vehicles" in got.notes
        assert got.road_class in RULES["classes"]["driven"]["values"]


@pytest.mark.parametrize("value", RULES["classes"]["never"]["values"])
def test_what_no_vehicle_can_use_is_never_driven(value):
    """Whatever else is tagged."""
    assert way("motorcar=yes emergency=yes", highway=value).why == value


def test_a_class_nobody_knows_is_left_out_unless_it_is_opened():
    """It is counted under one name, however it is written."""
    assert way("highway=camel_trail").why == way("highway=yes").why == "unknown class"
    assert way("highway=camel_trail motorcar=yes").road_class == "road"


def test_of_several_classes_the_first_driven_one_counts():
    """And it is counted."""
    got = way(highway="footway; tertiary;primary")
    assert (got.road_class, got.notes) == ("tertiary", ("several classes",))


@pytest.mark.parametrize(
    "service", ["driveway", "parking_aisle", "alley", "drive-through", "emergency_access", "x"]
)
def test_service_roads_of_every_kind_are_driven(service):
    """A patrol answers calls there."""
    assert way("highway=service", service=service).driven


def test_an_emergency_access_is_open_to_the_patrol_it_is_for():
    """The access=no beside it is for others; a word on emergency itself stands."""
    assert way("highway=service service=emergency_access access=no").driven
    assert not way("highway=service service=alley access=no").driven


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ("route=ferry", "ferry"), ("route=ferry motorcar=yes", "ferry"),
        ("highway=primary route=ferry", "ferry"), ("route=shuttle_train", "shuttle_train"),
        ("highway=construction construction=primary", "construction"),
        ("highway=primary construction=yes", "construction"),
        ("highway=proposed proposed=motorway", "proposed"),
        ("disused:highway=primary", "disused"), ("razed:highway=track", "razed"),
        ("abandoned:highway=residential", "abandoned"), ("destroyed:highway=trunk", "destroyed"),
        ("highway=primary abandoned=yes", "abandoned=yes"),
        ("highway=primary destroyed=yes", "destroyed=yes"),
        ("highway=service area=yes", "area=yes"), ("highway=service indoor=yes", "indoor=yes"),
        ("highway=track impassable=yes", "impassable=yes"),
        ("highway=track smoothness=impassable", "smoothness=impassable"),
        ("highway=track status=impassable", "status=impassable"),
        ("highway=track ford=stepping_stones", "ford=stepping_stones"),
        ("waterway=river", "no class"), ("route=hiking", "no class"), ("", "no class"),
    ],
)  # fmt: skip
def test_what_is_not_there_or_not_passable_is_left_out_by_name(tags, why):
    """The report counts each by its reason."""
    got = way(tags)
    assert (got.driven, got.why) == (False, why)


@pytest.mark.parametrize(
    "tags",
    ["construction=minor", "construction=no", "construction=widening", "proposed=trunk",
     "motorroad=yes", "disused:highway=primary", "smoothness=bad", "abandoned=no", "toll=yes"],
)  # fmt: skip
def test_what_is_said_of_later_or_earlier_does_not_close_the_road_of_today(tags):
    """Nor does a motorroad, which is for cars."""
    assert road(tags).driven
    assert road(tags).notes == ()


@pytest.mark.parametrize(
    ("tags", "note"),
    [("ford=yes", "ford"), ("ford=intermittent", "ford"), ("smoothness=very_horrible", "rough"),
     ("4wd_only=yes", "rough"), ("seasonal=dry_season", "seasonal"), ("ice_road=yes", "seasonal"),
     ("oneway=reversible", "changing oneway"), ("oneway=alternating", "changing oneway"),
     ("oneway=sometimes", "unknown oneway"), ("maxspeed=fast", "unreadable maxspeed"),
     ("maxspeed=IQ:urban", "unknown maxspeed zone")],
)  # fmt: skip
def test_what_is_kept_in_doubt_is_counted(tags, note):
    """Kept, in both directions, with a note."""
    got = road(tags)
    assert (got.driven, got.oneway, got.notes) == (True, "", (note,))


def test_what_says_no_is_not_counted():
    """`ford=no` is no ford."""
    assert road("ford=no seasonal=no").notes == ()


@pytest.mark.parametrize(
    "key",
    ["access", "motor_vehicle", "motorcar", "vehicle:forward", "oneway", "maxspeed",
     "maxspeed:forward"],
)  # fmt: skip
def test_conditional_tags_change_nothing_and_are_counted(key):
    """They hold at some hours; a plan holds at all."""
    tags = {"highway": "primary", "maxspeed": "80"}
    plain, told = read_way(tags), read_way(tags | {f"{key}:conditional": "no @ (22:00-06:00)"})
    assert told.notes == (*plain.notes, "conditional tags")
    assert (told.driven, told.oneway, told.limit_kmh) == (True, "", 80)
    left_out = way("highway=primary access=no", **{f"{key}:conditional": "yes @ (Fr)"})
    assert (left_out.driven, left_out.notes) == (False, ("conditional tags",))


def test_conditions_for_others_are_not_counted():
    """Lorries, buses and parking are not our matter."""
    assert road(**{"maxspeed:hgv:conditional": "x", "parking:both:conditional": "x"}).notes == ()


# --- direction ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "oneway"),
    [("yes", "forward"), ("true", "forward"), ("1", "forward"), ("YES", "forward"),
     ("-1", "backward"), ("reverse", "backward"), ("no", ""), ("false", ""), ("0", "")],
)  # fmt: skip
@pytest.mark.parametrize("highway", ["residential", "motorway", "service"])
def test_every_value_of_oneway_has_its_direction_on_every_class(highway, value, oneway):
    """A tagged direction stands even on a motorway."""
    assert way(highway=highway, oneway=value).oneway == oneway


@pytest.mark.parametrize("value", ["yes", "-1", "no", "reversible", "nonsense"])
def test_the_more_specific_oneway_decides(value):
    """`oneway:motorcar` before oneway:motor_vehicle before oneway:vehicle before oneway."""
    keys = ["oneway", "oneway:vehicle", "oneway:motor_vehicle", "oneway:motorcar"]
    for broad in range(3):
        got = road(**{keys[broad]: value, keys[broad + 1]: "-1"})
        assert (got.oneway, got.notes) == ("backward", ())
    assert road("oneway=yes oneway:bicycle=no").oneway == "forward"
    assert road("oneway=yes oneway:motorcar=nonsense").oneway == "forward"


def test_roundabouts_and_motorways_are_one_way_unless_said_otherwise():
    """A ramp is not: the ones that carry both directions are drawn as one line."""
    for tags in ("junction=roundabout", "junction=circular"):
        assert road(tags).oneway == "forward"
        assert road(f"{tags} oneway=no").oneway == ""
        assert road(f"{tags} oneway=-1").oneway == "backward"
        assert road(f"{tags} oneway=nonsense").oneway == "forward"
    assert road("junction=jughandle").oneway == ""
    assert way("highway=motorway").oneway == "forward"
    assert way("highway=motorway oneway=no").oneway == ""
    assert way("highway=motorway_link").oneway == ""


# --- what else is told ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "surface"),
    [({"surface": "asphalt"}, "asphalt"), ({"surface": "Dirt"}, "dirt"),
     ({"surface": "asphalt; cobblestone"}, "asphalt"),
     ({"surface": "paving stones"}, "paving_stones"),
     ({"surface": "gravel", "tracktype": "grade1"}, "gravel"), ({"tracktype": "grade4"}, "grade4"),
     ({"tracktype": "Grade2"}, "grade2"), ({"tracktype": "muddy"}, ""), ({}, "")],
)  # fmt: skip
def test_the_surface_is_the_first_one_told_or_the_grade_of_the_track(tags, surface):
    """In lower case, one word."""
    assert road(**tags).surface == surface


def test_the_local_name_is_kept():
    """Other languages only where it is missing; roads that are not driven need none."""
    names = {"name": " شارع الرشيد ", "name:en": "Al-Rashid Street", "ref": "1"}
    assert (road(**names).name, road(**names).ref) == ("شارع الرشيد", "1")
    assert road(**{"name:en": "Al-Rashid Street"}).name == "Al-Rashid Street"
    assert road(official_name="Freeway 1").name == "Freeway 1"
    assert road(int_ref="M 5").ref == "M 5"
    assert (road().name, road().ref) == ("", "")


def test_limits_are_read_both_ways():
    """As `limits.read_limits` reads them."""
    got = road(**{"maxspeed": "80", "maxspeed:backward": "30 mph"})
    assert (got.limit_kmh, got.limit_back_kmh) == (80, 48.28)
    assert isnan(road().limit_kmh)


# --- barriers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("barrier", "stops"),
    [(value, one["stops"]) for one in RULES["barriers"] for value in one["values"]
     if "=" not in value] + [("invented", True)],
)  # fmt: skip
def test_each_barrier_has_its_default_and_access_tags_override_it(barrier, stops):
    """A barrier that nobody knows stops."""
    assert node(f"barrier={barrier}") == stops
    assert not node(f"barrier={barrier} motor_vehicle=yes")
    assert not node(f"barrier={barrier} access=no emergency=yes")
    assert not node(f"barrier={barrier} access=destination")
    assert node(f"barrier={barrier} access=no")
    assert node(f"barrier={barrier} access=private") == stops
    assert node(f"barrier={barrier} access=maybe") == stops


def test_a_bollard_that_sinks_is_a_gate():
    """One that must be unscrewed is not."""
    assert not node("barrier=bollard bollard=rising")
    assert node("barrier=bollard bollard=removable")


def test_a_locked_gate_stops_unless_it_is_open_to_all():
    """`locked=no` changes nothing."""
    assert node("barrier=gate locked=yes")
    assert node("barrier=gate locked=yes access=private")
    assert node("barrier=gate locked=yes access=destination")
    assert not node("barrier=gate locked=no")
    assert not node("barrier=gate locked=yes access=yes")
    assert not node("barrier=gate locked=yes emergency=yes")


def test_a_node_without_a_barrier_stops_only_if_it_is_nothing_else():
    """At a crossing or a door the tags speak of those who cross or enter."""
    assert node("motor_vehicle=no")
    assert not node("access=private")
    for other in ("highway=crossing", "railway=level_crossing", "entrance=yes", "amenity=parking"):
        assert not node(f"access=no {other}")
    assert not node("highway=traffic_signals")
    assert not node("military=checkpoint")
    assert not blocks({})


# --- anything at all ------------------------------------------------------------------------------

KEYS = sorted(
    {"highway", "junction", "oneway", "oneway:motorcar", "access", "vehicle", "motorcar",
     "motor_vehicle:forward", "vehicle:backward", "emergency", "service", "maxspeed", "surface",
     "tracktype", "construction", "route", "name", "ref", "area", "ford", "disused:highway",
     "barrier", "locked", "bollard", "motorcar:conditional"}
)  # fmt: skip
WORDS = sorted(
    {"yes", "no", "-1", "1", "reversible", "private", "roundabout", "motorway", "residential",
     "footway", "path", "emergency_access", "gate", "bollard", "rising", "ferry", "50", "", ";"}
)  # fmt: skip
TAGS = st.dictionaries(
    st.sampled_from(KEYS),
    st.sampled_from(WORDS) | st.text("yesno-1;: \u0660É", max_size=8),
    max_size=9,
)


@given(TAGS)
def test_any_tags_are_read_and_give_a_whole_answer(tags):
    """Driven with a class that is driven, or left out with a reason; never an error."""
    before = dict(tags)
    got = read_way(tags)
    assert got.driven == (got.why == "")
    assert got.oneway in {"", "forward", "backward"}
    if got.driven:
        assert got.road_class in RULES["classes"]["driven"]["values"]
    assert len(set(got.notes)) == len(got.notes)
    assert tags == before


@given(TAGS)
def test_the_order_of_tags_does_not_matter(tags):
    """Not on ways, not on nodes."""
    turned = dict(reversed(tags.items()))
    assert str(read_way(turned)) == str(read_way(tags))
    assert blocks(turned) == blocks(tags)


TURNED = {"yes": "-1", "-1": "yes"}


@given(
    TAGS.map(lambda tags: {key: tags[key] for key in tags if ":" not in key}),
    st.sampled_from(["yes", "-1", "no", "reversible"]),
    st.sampled_from(["yes", "no", "private"]),
    st.sampled_from(["30", "50", "fast"]),
)
def test_turning_a_way_round_turns_its_direction_round(tags, oneway, value, limit):
    """The same road, drawn from the other end, with its limits."""
    tags |= {"maxspeed": "80", "oneway": oneway}
    got = read_way(tags | {"vehicle:forward": value, "maxspeed:forward": limit})
    tags |= {"oneway": TURNED.get(oneway, oneway)}
    back = read_way(tags | {"vehicle:backward": value, "maxspeed:backward": limit})
    assert got.driven == back.driven
    assert back.oneway == {"forward": "backward", "backward": "forward", "": ""}[got.oneway]
    if got.driven:
        assert (back.limit_kmh, got.limit_back_kmh) == (80, 80)


@given(TAGS, st.sampled_from(["no", "military"]))
def test_closing_a_road_to_cars_never_opens_it(tags, value):
    """Nor adds a direction."""
    plain, shut = read_way(tags), read_way(tags | {"motorcar": value})
    assert plain.driven or not shut.driven


@given(TAGS)
def test_opening_a_barrier_to_all_never_stops_a_vehicle(tags):
    """The most specific key has the last word."""
    assert not blocks(tags | {"barrier": "bollard", "motorcar": "yes", "emergency": "yes"})


# --- the tables and the page ----------------------------------------------------------------------


def test_no_value_stands_in_two_rows_of_a_table():
    """Else the later row would win in silence."""
    classes = RULES["classes"]
    for table in (
        [one["values"] for one in RULES["access"]],
        [one["values"] for one in RULES["barriers"]],
        [classes["driven"]["values"], classes["opened"]["as"], classes["never"]["values"]],
        [RULES["oneway"][name] for name in ("forward", "backward", "both", "changing")],
        [one["tags"] for one in RULES["shut"]],
    ):
        counts = Counter(value for row in table for value in row)
        assert [value for value, count in counts.items() if count > 1] == []


def test_every_row_has_its_reason():
    """A rule nobody can explain is no rule."""
    rows = [*RULES["access"], *RULES["barriers"], *RULES["shut"], *RULES["noted"],
            *RULES["implied"], *RULES["classes"].values(), *RULES["oneway"]["implied"]]  # fmt: skip
    assert all(len(row["reason"]) > 10 for row in rows)


def test_the_page_shows_the_tables_that_are_applied():
    """`docs/access.md` holds what docs/access_tables.py prints, word for word."""
    printed = runpy.run_path(str(ROOT / "docs" / "access_tables.py"))["render"]()
    assert printed in (ROOT / "docs" / "access.md").read_text(encoding="utf-8")


# --- real data ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def porto():
    """Every way of Porto that has a highway or a route, with what is read from it."""
    osmium = pytest.importorskip("osmium")
    ways = osmium.FileProcessor(PORTO, osmium.osm.WAY).with_filter(
        osmium.filter.KeyFilter("highway", "route")
    )
    return [(tags, read_way(tags)) for tags in (dict(one.tags) for one in ways)]


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.skipif(not PORTO.is_file(), reason=f"the extract is not in {PORTO}")
def test_all_of_porto_is_read_without_surprises(porto):
    """Shares and counts a person can check; nothing in it is unknown to the tables."""
    why = Counter(got.why for _, got in porto)
    notes = Counter(note for _, got in porto for note in got.notes)
    classes = Counter(tags.get("highway") for tags, got in porto if got.driven)
    assert 0.85 < why[""] / len(porto) < 0.95
    assert why["steps"] == 652
    assert why["unknown class"] == 0
    assert {"residential", "track", "motorway"} <= set(classes)
    for note in ("unreadable maxspeed", "unknown oneway", "unknown access value"):
        assert notes[note] == 0
    assert notes["several maxspeeds"] == 3
    assert notes["private"] < 0.02 * len(porto)


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.skipif(not PORTO.is_file(), reason=f"the extract is not in {PORTO}")
def test_directions_and_limits_of_porto_are_as_they_are_tagged(porto):
    """No motorway is two-way, no roundabout either, and every maxspeed is in force."""
    driven = [(tags, got) for tags, got in porto if got.driven]
    assert all(got.oneway for _, got in driven if got.road_class == "motorway")
    for tags, got in driven:
        if tags.get("junction") == "roundabout" and tags.get("oneway") != "no":
            assert got.oneway
        if "maxspeed" in tags:
            assert 5 <= got.limit_kmh <= 120
        if tags.get("oneway") == "-1":
            assert got.oneway == "backward"
    links = [got for _, got in driven if got.road_class == "motorway_link"]
    assert sum(got.oneway == "" for got in links) < 0.02 * len(links)
