"""Census totals: rows matched by name, spread over places, and none lost on the way."""

import math
import sys
import time
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import Point, box

import boxreach as br
from boxreach.sources.area_names import count_edits, edits_allowed, read_name
from boxreach.sources.hierarchy import Hierarchy

ROOT = Path(__file__).parents[1]
LAYERS = ROOT.parent / "shared" / "data" / "iraq"
FEW = settings(max_examples=60, deadline=None)

# --- a country of two governorates, four districts and eight sub-districts, from west to east --

GOVERNORATES = {"n": "نينوى", "d": "ديالى"}
DISTRICTS = {"n1": "الموصل", "n2": "سنجار", "d1": "بعقوبة", "d2": "الخالص"}
SUBDISTRICTS = {
    "n11": "مركز الموصل", "n12": "حمام العليل", "n21": "مركز سنجار", "n22": "القيروان",
    "d11": "بهرز", "d12": "كنعان", "d21": "مركز الخالص", "d22": "المنصورية",
}  # fmt: skip


def strip(names, width):
    """Return areas side by side."""
    shapes = [box(40 + at * width, 33, 40 + (at + 1) * width, 34) for at in range(len(names))]
    index = pd.Index(list(names), name="area_id")
    return gpd.GeoDataFrame({"name": list(names.values())}, index=index, geometry=shapes, crs=4326)


LEVELS = {
    "governorate": strip(GOVERNORATES, 4.0),
    "district": strip(DISTRICTS, 2.0),
    "subdistrict": strip(SUBDISTRICTS, 1.0),
}
NAMES = {"governorate": "gov", "district": "dis", "subdistrict": "sub"}


def census(*rows):
    """Return a table of governorates, districts, sub-districts."""
    return pd.DataFrame(rows, columns=["gov", "dis", "sub"])


def match(*rows, levels=LEVELS, **options):
    """Match rows to the country."""
    return br.match_areas(census(*rows), levels, names=NAMES, **options)


def matched(*row):
    """Return what one row was matched to, and how."""
    one = match(row).iloc[0]
    return one["area_id"], one["how"]


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("مركز قضاء الموصل", "مركز الموصل"),
        ("امركز قضاء الحي", "مركز الحي"),
        ("مركزقضاء الرفاعي", "مركزالرفاعي"),
        ("مركز قضاء  الشامية", "مركز الشاميه"),
        ("قلعة سكر", "قلعة السكر"),
        ("ناو دشت", "ناودشت"),
        ("أبي غرق", "ابي غرق"),
        ("إربيل", "اربيل"),
        ("ميَركةسور", "ميركة سور"),
        (" الفرات", "الفرات"),
        ("بهرز (أشنونا)", "بهرز"),
        ("Al-Qā'im", "al qaim"),
        ("Markaz Sinjar", "Sinjar District of"),
    ],
)
def test_names_that_are_written_otherwise_are_one(one, other):
    """Kinds, articles, spaces, letter variants and what stands in brackets."""
    if other == "Sinjar District of":
        other = "District of Sinjar"
    assert read_name(one).forms[0] == read_name(other).forms[0]


@pytest.mark.parametrize(
    "name", ["ناحيتي", "مركزية", "مركة", "قضاءات", "districts", "marka", "مركز", "قضاء"]
)
def test_a_name_is_not_cut_where_it_only_begins_like_a_kind(name):
    """Or is nothing but a kind."""
    assert not read_name(name).is_prefixed


def test_parts_of_a_name_are_names_but_for_that_of_the_area_around():
    """And never where a part is a number or nothing."""
    assert read_name("الخالص / السلام").forms == ("خالص", "سلام")
    outer = frozenset(read_name("الخالص").forms)
    assert read_name("الخالص / السلام", outer=outer).forms == ("سلام",)
    assert read_name("مركز قضاء الخالص", outer=outer).forms == ("خالص",)
    assert read_name("الصدر / 2").forms == ("صدر2",)
    assert read_name("الصدر / ").forms == ("صدر",)
    assert read_name("").forms == ()
    assert read_name("()/").forms == ()


def edits_by_definition(one, other):
    """Return the distance of optimal string alignment, by its recursion."""
    if not one or not other:
        return max(len(one), len(other))
    found = min(
        edits_by_definition(one[1:], other) + 1,
        edits_by_definition(one, other[1:]) + 1,
        edits_by_definition(one[1:], other[1:]) + (one[0] != other[0]),
    )
    if len(one) > 1 and len(other) > 1 and one[0] == other[1] and one[1] == other[0]:
        found = min(found, edits_by_definition(one[2:], other[2:]) + 1)
    return found


@FEW
@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.integers(0, 6))
@example("ca", "abc", 3)
def test_edits_are_counted_as_they_are_defined(one, other, most):
    """And the same both ways; what is above the most is one more."""
    expected = min(edits_by_definition(one, other), most + 1)
    assert count_edits(one, other, most) == expected == count_edits(other, one, most)


def test_short_names_and_numbers_are_never_misspelt():
    """One letter of four, two of eight."""
    allowed = [edits_allowed(*pair) for pair in (("abc", "abcd"), ("abcd", "abcde"),
               ("abcdefg", "abcdefgh"), ("abcdefgh", "abcdefghi"), ("sadr1", "sadr2"))]  # fmt: skip
    assert allowed == [0, 1, 1, 2, 0]


# --- matching --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "area", "how"),
    [
        (("نينوى", "الموصل", "مركز قضاء الموصل"), "n11", "exact"),
        (("نينوى", "الموصل", "الموصل"), "n11", "exact"),
        (("نينوى", "سنجار", "مركز قضاء سنجار"), "n21", "exact"),
        (("نينوى", "الموصل", "حمام العلبل"), "n12", "near"),
        (("نينوى", "الموصل", "القيروان"), "n22", "exact"),
        (("نينوى", "الموصل", "القيراون"), "n22", "near"),
        (("نينوى", "تلعفر", "القيروان"), "n22", "exact"),
        (("نينوى", "سنجارر", "القيروان"), "n22", "exact"),
        (("ديالى", "الخالص", "الخالص / السلام"), "d2", "unmatched"),
        (("ديالى", "الخالص", "مركز قضاء الخالص"), "d21", "exact"),
        (("ديالى", "بعقوبة", "بهرز (أشنونا)"), "d11", "exact"),
        (("ديالى", "بعقوبة", "القيروان"), "d1", "unmatched"),
        (("ديالى", "بعقوبة", ""), "d1", "unmatched"),
        (("ديالى", "", "كنعان"), "d12", "exact"),
        (("ديالى", None, None), "d", "unmatched"),
        (("الأنبار", "بعقوبة", "بهرز"), "", "unmatched"),
        (("دهوك", "الموصل", "مركز قضاء الموصل"), "", "unmatched"),
    ],
)
def test_each_row_is_matched_within_what_holds_it(row, area, how):
    """Within the district, within the governorate, else to the narrowest that is known."""
    assert matched(*row) == (area, how)


def test_what_is_written_so_counts_before_what_is_misspelt():
    """Even in another district of the governorate; and it says where it was found."""
    found = match(("نينوى", "الموصل", "القيروان"), ("نينوى", "سنجار", "القيروان"))
    assert found["within"].tolist() == ["governorate", "district"]
    assert found["rows_of_area"].tolist() == [2, 2]
    assert found["area_id"].tolist() == ["n22", "n22"]


def test_a_centre_is_not_the_place_of_the_same_name():
    """Where an area has both, each row has its own."""
    names = {**SUBDISTRICTS, "n12": "الموصل"}
    levels = {**LEVELS, "subdistrict": strip(names, 1.0)}
    found = match(
        ("نينوى", "الموصل", "مركز قضاء الموصل"), ("نينوى", "الموصل", "الموصل"), levels=levels
    )
    assert found["area_id"].tolist() == ["n11", "n12"]


def test_two_areas_of_one_name_are_not_chosen_between():
    """Nor two that are as near."""
    levels = {
        **LEVELS,
        "subdistrict": strip({**SUBDISTRICTS, "n11": "بارزان", "n12": "بارزان"}, 1.0),
    }
    assert match(("نينوى", "الموصل", "بارزان"), levels=levels)["how"].tolist() == ["unmatched"]
    levels = {
        **LEVELS,
        "subdistrict": strip({**SUBDISTRICTS, "n11": "بارزاب", "n12": "بارزات"}, 1.0),
    }
    assert match(("نينوى", "الموصل", "بارزان"), levels=levels)["how"].tolist() == ["unmatched"]


def test_an_area_is_near_to_no_row_if_another_is_written_like_it_or_is_as_near():
    """The nearer of two has it; rows of one name are one."""
    found = match(("نينوى", "سنجار", "القيروان"), ("نينوى", "سنجار", "القيروانن"))
    assert found["how"].tolist() == ["exact", "unmatched"]
    found = match(("نينوى", "سنجار", "القيروانن"), ("نينوى", "سنجار", "الفيروان"))
    assert found["how"].tolist() == ["unmatched", "unmatched"]
    found = match(("نينوى", "سنجار", "القيروانن"), ("نينوى", "سنجار", "القيروانن"))
    assert found["how"].tolist() == ["near", "near"]
    assert found["rows_of_area"].tolist() == [2, 2]
    found = match(("نينوى", "الموصل", "حمام العلبل"), ("نينوى", "الموصل", "خمام العلبل"))
    assert found["how"].tolist() == ["near", "unmatched"]


def test_districts_are_matched_nearly_too_however_many_rows_they_have():
    """And their sub-districts within them."""
    found = match(
        ("ديالى", "بعقوبه", "بهرز"), ("ديالى", "بعكوبة", "كنعان"), ("ديالى", "بعكوبة", "x")
    )
    assert found["district_how"].tolist() == ["exact", "unmatched", "unmatched"]
    found = match(("ديالى", "بعكوبة", "بهرز"), ("ديالى", "بعكوبة", "x"))
    assert found["district_how"].tolist() == ["near", "near"]
    assert found["area_id"].tolist() == ["d11", "d1"]
    assert found["level"].tolist() == ["subdistrict", "district"]


@pytest.mark.slow
@FEW
@given(st.permutations(range(8)))
def test_the_order_of_rows_and_areas_changes_nothing(order):
    """A row has its match wherever it stands."""
    rows = [("نينوى", "الموصل", "مركز قضاء الموصل"), ("نينوى", "الموصل", "القيراون"),
            ("نينوى", "سنجار", "القيروانن"), ("ديالى", "بعقوبة", "كنعاان"),
            ("ديالى", "الخالص", "المنصوريه"), ("ديالى", "الخالص", "xx"), ("y", "y", "y"),
            ("نينوى", "سنجارر", "سنجار")]  # fmt: skip
    table = census(*rows)
    expected = br.match_areas(table, LEVELS, names=NAMES)
    levels = {name: areas.iloc[::-1] for name, areas in LEVELS.items()}
    found = br.match_areas(table.iloc[list(order)], levels, names=NAMES)
    assert found.index.tolist() == list(order)
    pd.testing.assert_frame_equal(found.sort_index(), expected)


def test_matching_needs_columns_levels_and_one_id_a_row():
    """All that is missing is named."""
    table = census(("نينوى", "الموصل", "x"))
    for options, said in (
        ({"names": {"governorate": "gov"}}, "district"),
        ({"names": {**NAMES, "district": "dist"}}, "did you mean dis?"),
        ({"names": "gov"}, "names is"),
        ({"levels": {}}, "levels"),
        ({"levels": [LEVELS["district"]]}, "levels is a list"),
        ({"levels": {"district": None}}, "district"),
        ({"levels": {"district": LEVELS["district"].drop(columns="name")}}, "name"),
        ({"table": None}, "table is None"),
        ({"table": pd.concat([table, table])}, "twice"),
    ):
        given = {"table": table, "levels": LEVELS, "names": NAMES, **options}
        with pytest.raises(br.InputError) as caught:
            br.match_areas(given["table"], given["levels"], names=given["names"])
        assert said in str(caught.value)


def test_an_area_lies_where_a_point_inside_it_does():
    """Though outlines do not meet, and the nearest if none holds it."""
    inner = strip({"a": "A", "b": "B"}, 1.0)
    outer = strip({"w": "W", "e": "E"}, 1.05)
    assert Hierarchy.of({"wide": outer, "narrow": inner}).parent["narrow"] == {"a": "w", "b": "e"}
    far = strip({"a": "A"}, 1.0).translate(9, 0)
    far = gpd.GeoDataFrame({"name": ["A"]}, index=["a"], geometry=far, crs=4326)
    assert Hierarchy.of({"wide": outer, "narrow": far}).parent["narrow"] == {"a": "e"}


# --- spreading -------------------------------------------------------------------------------


def towns(*lons, **columns):
    """Return places from west to east."""
    index = [f"t{at}" for at in range(len(lons))]
    return gpd.GeoDataFrame(
        columns, index=index, geometry=[Point(lon, 33.5) for lon in lons], crs=4326
    )


def spread(places, rows, totals, **options):
    """Match and spread; unknown places are not the question here."""
    matches = match(*rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        return br.spread_totals(
            places, matches, pd.Series(totals, dtype=float), LEVELS, column="residents", **options
        )


MOSUL = ("نينوى", "الموصل", "مركز قضاء الموصل")
HAMMAM = ("نينوى", "الموصل", "حمام العليل")
LOST = ("نينوى", "الموصل", "الشورة")


def test_a_total_goes_evenly_to_the_places_of_its_area():
    """And to no other; those that none came to are unknown."""
    done = spread(towns(40.2, 40.8, 41.5), [MOSUL], [90])
    assert done.places["residents"].iloc[:2].tolist() == [45, 45]
    assert np.isnan(done.places["residents"].iloc[2])
    step = done.steps.iloc[0]
    assert (step["over_id"], step["places"], step["reason"]) == ("n11", 2, "")


def test_a_total_goes_in_proportion_to_a_weight():
    """Evenly where nobody has one; an unknown one is said, and counts as none."""
    places = towns(40.2, 40.8, 41.2, 41.8, size=[1.0, 3.0, 0.0, np.nan])
    matches = match(MOSUL, HAMMAM)
    with pytest.warns(br.DataWarning, match="size of 1 of 4 places is unknown"):
        done = br.spread_totals(
            places, matches, pd.Series([100.0, 8.0]), LEVELS, column="residents", weight="size"
        )
    assert done.places["residents"].tolist() == [25, 75, 4, 4]


def test_an_unmatched_total_goes_to_the_district_else_wider():
    """As far as a place is found, and each step is listed."""
    rows = [LOST, ("نينوى", "؟", "؟"), ("؟", "؟", "؟"), ("ديالى", "الخالص", "المنصورية")]
    done = spread(towns(40.2, 41.2, 42.2, 44.5), rows, [10, 30, 40, 7])
    assert done.places["residents"].tolist() == [25, 25, 20, 17]
    listed = done.steps[["level", "over_level", "over_id", "places", "reason"]]
    assert listed.to_numpy().tolist() == [
        ["district", "district", "n1", 2, "not matched"],
        ["governorate", "governorate", "n", 3, "not matched"],
        ["", "everywhere", "", 4, "not matched"],
        ["subdistrict", "governorate", "d", 1, "no place in it"],
    ]
    none = spread(towns(40.2), [("ديالى", "الخالص", "؟")], [7])
    assert none.steps["reason"].tolist() == ["not matched, no place in it"]
    assert none.steps["over_level"].tolist() == ["everywhere"]


def test_totals_of_two_rows_of_one_area_add_up():
    """Both are kept."""
    assert spread(towns(40.2), [MOSUL, MOSUL], [5, 6]).places["residents"].tolist() == [11]


def test_unknown_totals_and_places_are_said_and_never_zero():
    """In warnings with their number."""
    places = towns(40.2, 41.5, 60.0)
    matches = match(MOSUL, HAMMAM)
    with pytest.warns(br.DataWarning) as heard:
        done = br.spread_totals(
            places, matches, pd.Series([5.0, np.nan]), LEVELS, column="residents"
        )
    said = " ".join(str(one.message) for one in heard)
    assert "1 of 2 totals are unknown" in said
    assert "no total came to 2 of 3 places" in said
    assert "1 lie in no area" in said
    assert done.places["residents"].isna().tolist() == [False, True, True]


@pytest.mark.slow
@FEW
@given(
    st.lists(st.sampled_from([40.2, 40.8, 41.5, 42.5, 44.1, 47.9]), min_size=1, max_size=8),
    st.lists(
        st.tuples(
            st.sampled_from([*GOVERNORATES.values(), "؟"]),
            st.sampled_from([*DISTRICTS.values(), ""]),
            st.sampled_from([*SUBDISTRICTS.values(), "القيراون", "؟"]),
            st.floats(0, 1e7),
        ),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_the_total_of_a_country_is_kept(lons, rows, weighed):
    """Whatever is matched, wherever places lie."""
    places = towns(*lons, size=np.arange(len(lons)) * 1.5)
    totals = [row[3] for row in rows]
    done = spread(places, [row[:3] for row in rows], totals, weight="size" if weighed else None)
    found = math.fsum(done.places["residents"].dropna())
    assert math.isclose(found, math.fsum(totals), rel_tol=1e-9, abs_tol=1e-9)
    assert math.isclose(math.fsum(done.steps["total"]), math.fsum(totals), rel_tol=1e-9)
    assert (done.places["residents"].dropna() >= 0).all()
    assert done.places.index.equals(places.index)
    assert "residents" not in places


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::boxreach.DataWarning")
def test_arguments_of_spreading_that_will_not_do_are_refused():
    """By name, all at once."""
    places, matches, totals = towns(40.2), match(MOSUL), pd.Series([5.0])
    for options, said in (
        ({"column": "people"}, "'people'"),
        ({"places": places.assign(residents=1)}, "column residents"),
        ({"places": towns(60.0)}, "no place lies in any area"),
        ({"places": None}, "places"),
        ({"totals": [5.0]}, "totals is a list"),
        ({"totals": pd.Series([5.0], index=["a"])}, "not those of the matches"),
        ({"totals": pd.Series([-5.0], name="pop")}, "totals, row 1, column pop: -5"),
        ({"totals": pd.Series(["5"])}, "totals, column total"),
        ({"weight": "size"}, "column size"),
        ({"weight": 3}, "column 3"),
        ({"matches": None}, "matches is None"),
        ({"matches": matches.drop(columns="level")}, "column level"),
        ({"matches": matches.assign(area_id="zz")}, "'zz'"),
        ({"matches": matches.assign(level="zz")}, "'zz'"),
        ({"within_km": -1}, "within_km"),
    ):
        given = {"places": places, "matches": matches, "totals": totals, "column": "residents",
                 **options}  # fmt: skip
        first = [given.pop(name) for name in ("places", "matches", "totals")]
        with pytest.raises(br.InputError) as caught:
            br.spread_totals(*first, LEVELS, **given)
        assert said in str(caught.value)


# --- Iraq ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(people_of_iraq):
    """What the script of the documentation printed, and its communities."""
    return people_of_iraq


@pytest.mark.release
@pytest.mark.real
@pytest.mark.slow
def test_the_people_of_iraq_are_kept_and_as_many_rows_match_as_documented(made):
    """36,004,558 residents; docs/people.md has the counts."""
    said, path = made
    page = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")
    counts = said.split("### How the sub-districts matched\n\n")[1].split("\n\n")[0]
    assert counts in page
    ways = said.split("### Where the totals went\n\n")[1].split("\n\n")[0]
    assert ways in page
    layers = ("residents_2014", "displaced_2015", "gpw_2020")
    with pytest.warns(br.DataWarning, match="at 88 places"):
        table = br.read_communities(path, layers=layers)
    assert len(table) == 3541
    assert math.isclose(math.fsum(table["residents_2014"].dropna()), 36_004_558, rel_tol=1e-9)
    assert table["displaced_2015"].sum() == 3_181_092
    assert table["people"].equals(table["residents_2014"].rename("people"))
    cells = br.read_population(LAYERS / "population_gpw_2020_30min_global.tif", unit="count")
    country = gpd.read_file(LAYERS / "admin_cod_ab_2019.gpkg", layer="adm0").geometry.union_all()
    inside = math.fsum(cells["people"][cells.within(country)])
    assert math.isclose(math.fsum(table["gpw_2020"]), inside, rel_tol=1e-9)


@pytest.mark.slow
@pytest.mark.real
def test_no_row_of_iraq_is_matched_across_governorates_and_no_centre_to_another():
    """What a wrong rule would do first."""
    if not LAYERS.is_dir():
        pytest.skip(f"the real layers are not in {LAYERS}")
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from iraq_people import NAMES as names  # noqa: N811
        from iraq_people import read_census, read_levels
    finally:
        sys.path.pop(0)
    table, levels = read_census(LAYERS), read_levels(LAYERS)
    found = br.match_areas(table, levels, names=names)
    known = found[found["subdistrict_id"] != ""]
    assert (known["subdistrict_id"].str[:5] == known["governorate_id"]).all()
    pairs = set(zip(found["said"], found["found"], strict=True))
    assert ("مركز قضاء الموصل", "") in pairs
    assert ("الخالص / السلام", "") in pairs
    assert ("الميمونة / السلام", "السلام") in pairs
    assert ("سيد دخيل", "") in pairs
    near = found[found["how"] == "near"]
    assert len(near) == 11
    assert ("العباسي", "العباسية") in pairs


def test_endless_names_are_told_apart_by_how_they_begin():
    """And take no time: neither brackets nor letters are compared without end."""
    area = gpd.GeoDataFrame(
        {"name": ["x" * 5_000, "Kirkuk"]}, index=["x", "k"],
        geometry=[box(44, 33, 45, 34), box(45, 33, 46, 34)], crs=4326,
    )  # fmt: skip
    table = pd.DataFrame({"g": ["(" * 20_000, "x" * 4_999, "Kirkuk", ")("]})
    begun = time.process_time()
    matches = br.match_areas(table, {"g": area}, names={"g": "g"})
    assert time.process_time() - begun < 5
    assert matches["area_id"].fillna("").tolist() == ["", "x", "k", ""]
    for wrong in (None, 5, "markaz"):
        with pytest.raises(br.InputError, match="prefixes"):
            br.match_areas(table, {"g": area}, names={"g": "g"}, prefixes=wrong)
