"""Speed limits: what maxspeed says, in every way people write it."""

import tomllib
from importlib.resources import files
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxreach.sources.osm.limits import KEYS, read_limit, read_limits

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
LIKE_A_LIMIT = st.text("0123456789٣۵.,;:|-+/ kmphKMPHdeDEnost", max_size=14)
TABLES = tomllib.loads(files("boxreach.sources.osm").joinpath("limits.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50), (" 50 ", 50), ("50 km/h", 50), ("50kmh", 50), ("50 KPH", 50), ("050", 50),
        ("50.5", 50.5), ("50,5", 50.5), ("٥٠", 50), ("۱۱۰", 110), ("5", 5), ("160", 160),
        ("30 mph", 48.28), ("30mph", 48.28), ("70 mph", 112.65), ("10 knots", 18.52),
        ("walk", 7), ("WALK", 7),
    ],
)  # fmt: skip
def test_a_figure_is_read_with_its_unit_in_any_script(text, kmh):
    """And nothing is counted about figures; walking pace is."""
    limit = read_limit(text)
    assert limit.kmh == pytest.approx(kmh)
    assert limit.note == ("walking pace" if text.lower() == "walk" else "")


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("50;70", 50), ("70|50", 50), ("80; 50", 50), ("100,80,60", 60), ("50;none", 50),
     ("50;30 mph", 48.28), ("fast;60", 60)],
)  # fmt: skip
def test_of_a_list_the_lowest_counts(text, kmh):
    """The slower reading makes no place reached for a wrong reason."""
    assert read_limit(text) == (pytest.approx(kmh), "several maxspeeds")


@pytest.mark.parametrize(
    ("text", "kmh"),
    [("DE:urban", 50), ("de:URBAN", 50), ("RU:rural", 90), ("TR:motorway", 120),
     ("GB:nsl_single", 96.56), ("UK:nsl_dual", 112.65), ("BE-WAL:rural", 90),
     ("GB-ENG:nsl_single", 96.56), ("DE:living_street", 7),
     ("DE:zone30", 30), ("DE:zone:20", 20), ("IT:30", 30), ("GB:zone20", 32.19), ("IQ:zone40", 40)],
)  # fmt: skip
def test_a_zone_of_a_country_is_looked_up_or_named_by_its_figure(text, kmh):
    """A region without laws of its own follows its country."""
    assert read_limit(text).kmh == pytest.approx(kmh)


@pytest.mark.parametrize("text", ["IQ:urban", "IR:rural", "XX:urban", "DE:moon", "US:urban"])
def test_an_unknown_zone_is_not_guessed(text):
    """There is no default law for Iraq in the sources, and none is made up."""
    limit = read_limit(text)
    assert isnan(limit.kmh)
    assert limit.note == "unknown maxspeed zone"


@pytest.mark.parametrize(
    ("text", "note"),
    [("none", "no speed limit"), ("DE:motorway", "no speed limit"),
     ("signals", "variable maxspeed"), ("variable", "variable maxspeed")],
)  # fmt: skip
def test_words_without_a_figure_are_counted_each_by_its_name(text, note):
    """No limit is not the same as one that cannot be read."""
    limit = read_limit(text)
    assert isnan(limit.kmh)
    assert limit.note == note


@pytest.mark.parametrize(
    "text",
    ["fast", "", " ", ";", "-50", "0", "0.5", "9999", "201", "150 mph", "50 @ (22:00-06:00)",
     "50 furlongs", "5 0", "1e2", "50..5", "²", "inf", "nan", "DE:urban;fast:", "urban"],
)  # fmt: skip
def test_nonsense_is_unknown_and_counted(text):
    """It is never an error, and never a figure."""
    limit = read_limit(text)
    if text == "DE:urban;fast:":
        assert limit.kmh == 50
    else:
        assert isnan(limit.kmh)
        assert limit.note == "unreadable maxspeed"


@given(ANY_TEXT | LIKE_A_LIMIT)
def test_any_text_is_a_limit_a_car_could_be_given_or_counted_as_unknown(text):
    """It never raises, whatever stands in the tag."""
    kmh, note = read_limit(text)
    assert 1 <= kmh <= 200 or (isnan(kmh) and note)


@given(st.integers(1, 200), st.sampled_from(["", " km/h", "kmh", " kph"]))
def test_every_whole_figure_in_range_reads_as_itself(kmh, unit):
    """The unit of the law is km/h."""
    assert read_limit(f"{kmh}{unit}") == (kmh, "")


@given(st.lists(st.integers(1, 200), min_size=2, max_size=4), st.sampled_from(";|"))
def test_the_order_of_a_list_does_not_matter(figures, mark):
    """The lowest is the lowest."""
    one = read_limit(mark.join(map(str, figures)))
    assert one == read_limit(mark.join(map(str, reversed(figures)))) == (min(figures), one.note)


@given(st.dictionaries(st.sampled_from(sorted(KEYS)), ANY_TEXT | LIKE_A_LIMIT))
def test_any_tags_give_limits_in_range_or_unknown(tags):
    """Both directions, from any of the keys."""
    limits = read_limits(tags)
    for kmh in (limits.limit_kmh, limits.limit_back_kmh):
        assert isnan(kmh) or 1 <= kmh <= 200
    assert len(set(limits.notes)) == len(limits.notes)


def read(**tags):
    """Read limits of tags, colons written as two underscores; unknown as None."""
    limits = read_limits({key.replace("__", ":"): text for key, text in tags.items()})
    ahead, back = (None if isnan(one) else one for one in limits[:2])
    return ahead, back, limits.notes


def test_a_direction_of_its_own_comes_before_maxspeed():
    """The other direction keeps what holds for both; the same is not said twice."""
    assert read(maxspeed="80") == (80, None, ())
    assert read(maxspeed="80", maxspeed__forward="60") == (60, 80, ())
    assert read(maxspeed="80", maxspeed__backward="60") == (80, 60, ())
    assert read(maxspeed__forward="40", maxspeed__backward="90") == (40, 90, ())
    assert read(maxspeed__forward="50", maxspeed__backward="50") == (50, None, ())
    assert read(maxspeed__forward="50") == (50, None, ())


def test_a_zone_tells_the_limit_only_where_maxspeed_is_missing():
    """What source:maxspeed says of its source is no limit, and nothing to count."""
    assert read(maxspeed__type="DE:urban") == (50, None, ())
    assert read(source__maxspeed="RU:rural") == (90, None, ())
    assert read(zone__maxspeed="30") == (30, None, ())
    assert read(maxspeed="70", source__maxspeed="DE:urban") == (70, None, ())
    assert read(maxspeed="fast", source__maxspeed="DE:urban") == (
        None, None, ("unreadable maxspeed",))  # fmt: skip
    for source in ("sign", "survey", "markings", "Bing; 2012", "2015"):
        assert read(source__maxspeed=source) == (None, None, ())
    assert read(source__maxspeed="IQ:urban") == (None, None, ("unknown maxspeed zone",))


def test_advice_and_limits_for_others_are_not_read():
    """A limit for lorries or by lane is no limit of ours."""
    assert read(maxspeed__advisory="30", maxspeed__hgv="50", maxspeed__lanes="80|60") == (
        None, None, ())  # fmt: skip


def test_every_law_in_the_table_can_be_read():
    """No slip of the pen in the data."""
    for country, laws in TABLES["country"].items():
        for zone in laws:
            limit = read_limit(f"{country}:{zone}")
            assert limit.note in {"", "no speed limit", "walking pace"}
            assert isnan(limit.kmh) == (limit.note == "no speed limit")
