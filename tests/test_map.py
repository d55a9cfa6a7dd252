"""The map: one offline page, the frames' own numbers, and no name that can do anything."""

from __future__ import annotations

import hashlib
import io
import json
import re
from importlib.resources import files

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from jinja2 import Template

from boxreach.errors import InputError
from boxreach.languages import DEFAULT_LANGUAGES, LANGUAGES, words
from boxreach.maps import PlanMap, map_plan, page
from boxreach.maps.lines import encode_lines
from boxreach.maps.packing import pack_integers
from boxreach.placement import Proposal
from boxreach.report.formatting import format_share
from boxreach.text import fold

# ---- tables of the shapes that the other rooms make -------------------------------------


def _points(index, lons, lats, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lons, lats), crs=4326, index=index)


@pytest.fixture
def areas():
    names = {"name": ["West", "East"], "name_ar": ["الغرب", "الشرق"], "name_ckb": ["ڕۆژاوا", ""]}
    shapes = [shapely.box(40, 33, 42, 36), shapely.box(42, 33, 44, 36)]
    return gpd.GeoDataFrame(names, geometry=shapes, crs=4326, index=["A1", "A2"])


@pytest.fixture
def reach():
    return _points(
        pd.Index([f"c{i}" for i in range(6)], name="community_id"),
        [40.5, 41.0, 41.5, 42.5, 43.0, 43.5],
        [33.5, 34.0, 35.0, 34.5, 35.5, 33.4],
        name=["Erbil", "Mosul", "Rawa", "Hit", "Ana", "Baiji"],
        name_ar=["أربيل", "الموصل", "راوة", "هيت", "عنة", ""],
        name_ckb=["هەولێر", "مووسڵ", "", "", "", ""],
        governorate=["West", "West", "West", "East", "East", "East"],
        people=[1_000_001.0, 500_000.0, np.nan, 20_000.0, 7.0, np.nan],
        threshold_minutes=30.0,
        covered=[True, True, True, False, False, False],
        site_id=["b1", "b1", "b2", "b2", "", ""],
        minutes=[3.0, 15.0, 30.0, 30 + 1 / 60_000, np.nan, np.nan],
        sites_within=[2, 1, 1, 0, 0, 0],
        reason=["", "", "", "TOO_FAR", "OFF_ROAD", "ISOLATED"],
    )


@pytest.fixture
def boxes():
    return _points(
        pd.Index(["b1", "b2"], name="site_id"),
        [40.6, 41.6],
        [33.6, 35.0],
        name=["Box one", "Box two"],
        name_ar=["مخفر ١", ""],
        governorate=["West", "West"],
    )


@pytest.fixture
def plan(boxes):
    sites = _points(
        pd.Index(["n1", "n2", "n3"], name="site_id"),
        [42.6, 43.1, 43.4],
        [34.5, 35.4, 33.5],
        name=["New one", "New two", "New three"],
        name_ar="",
        name_ckb="",
        governorate="East",
        rank=[1, 2, 3],
        phase=[4, 4, 5],
        people_gained=[900_000.0, 70_000.0, 3_000.0],
        people_covered=[3_400_000.0, 3_470_000.0, 3_473_000.0],
        share_covered=[0.68, 0.694, 0.6946],
    )
    cells = _points(["k1"], [41.0], [34.0], people=[5_000_000.0], covered=[True])
    phases = pd.DataFrame(
        {
            "new_sites": [2, 1],
            "objective": [3_470_000.0, 3_473_000.0],
            "bound": [3_470_000.0, 3_500_000.0],
            "gap": [0.0, 0.0077],
            "status": ["optimal", "feasible"],
        },
        index=pd.Index([4, 5], name="sites"),
    )
    return Proposal(sites, boxes, cells, phases, "people", 30.0, 5_000_000.0)


@pytest.fixture
def posts():
    chainage = np.arange(6.0)
    line = gpd.GeoDataFrame(
        {
            "chainage_from_km": chainage,
            "chainage_to_km": chainage + 1,
            "km": [1.0, 1.0, 1.0, 1.0, 1.0, 0.9],
            "governorate": ["West"] * 6,
            "covered": [True, True, False, False, True, True],
            "reason": ["", "", "TOO_FAR", "ISOLATED", "", ""],
            "site_id": ["p1", "p1", "", "", "p2", "p2"],
            "minutes": [1.0, 2.0, np.nan, np.nan, 1.0, 2.0],
        },
        geometry=[
            shapely.LineString([(40, 36 - k / 5), (40.02, 35.9 - k / 5), (40, 35.8 - k / 5)])
            for k in chainage
        ],
        crs=4326,
        index=pd.Index([f"s{int(k)}" for k in chainage], name="segment_id"),
    )
    sites = _points(
        pd.Index(["p1", "p2"], name="site_id"),
        [40, 40],
        [35.8, 35.0],
        name=["Post 1", "Post 2"],
        governorate="West",
        rank=[1, 2],
        phase=[1, 2],
        km_gained=[2.0, 1.9],
        km_covered=[2.0, 3.9],
        share_covered=[2 / 5.9, 3.9 / 5.9],
        chainage_km=[1.0, 5.0],
        reach_from_km=[0.0, 4.0],
        reach_to_km=[2.0, 5.9],
    )
    phases = pd.DataFrame(
        {"new_sites": [1, 1], "objective": [2.0, 3.9], "bound": [2.0, 3.9], "gap": [0.0, 0.0],
         "status": ["optimal", "optimal"]},
        index=pd.Index([1, 2], name="sites"),
    )  # fmt: skip
    return Proposal(sites, sites.iloc[:0], line, phases, "km", 15.0, 5.9)


@pytest.fixture
def base(areas):
    lines = [shapely.LineString([(40, 34), (41, 34)]), shapely.LineString([(41, 34), (43, 35)])]
    roads = gpd.GeoDataFrame({"road_class": ["trunk", "track"]}, geometry=lines, crs=4326)
    rivers = gpd.GeoDataFrame(geometry=lines, crs=4326)
    countries = areas.assign(geometry=[shapely.box(36, 33, 40, 36), shapely.box(39, 32, 45, 37)])
    return {"areas": areas, "roads": roads, "rivers": rivers, "countries": countries}


@pytest.fixture
def summary():
    """People on cells, at two of the three thresholds: none of them is what the towns say."""
    blocks = []
    for minutes, west in ((15, 1_000_000.0), (30, 1_349_000.0)):
        rows = [("East", 2, 0, 1, 1_000_000.0, 300.0), ("West", 3, 3, 1, 2_000_000.0, west),
                ("Waste", 1, 0, 1, 0.0, 0.0)]  # fmt: skip
        rows.append(("total", *np.sum([row[1:] for row in rows], axis=0)))
        blocks += [(name, minutes, *counts) for name, *counts in rows]
    columns = ["governorate", "threshold_minutes", "places", "places_covered",
               "places_unknown_people", "people", "people_covered"]  # fmt: skip
    table = pd.DataFrame(blocks, columns=columns)
    return table.assign(name_ar=table["governorate"].map({"Waste": "الخلاء"}))


@pytest.fixture
def full(reach, plan, posts, base):
    return map_plan(reach, plan, posts, **base, notes=["note_boxes_illustrative"])


def _page(plan_map):
    page = io.BytesIO()
    plan_map.save(page, close_file=False)
    return page.getvalue().decode()


# ---- the page as a file --------------------------------------------------------------------


def test_the_map_is_a_folium_map(full):
    assert isinstance(full, folium.Map)


@pytest.mark.slow
def test_the_same_plan_is_written_byte_for_byte_alike(reach, plan, posts, base, tmp_path):
    for name in ("one", "two"):
        plan_map = map_plan(reach, plan, posts, **base)
        folium.Marker((34, 41), popup="here").add_to(plan_map)
        plan_map.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.slow
def test_saving_twice_writes_the_same(full):
    assert _page(full) == _page(full)


def test_the_inputs_are_not_modified(reach, plan, posts, base):
    frames = [reach, plan.sites, plan.existing, posts.sites, posts.reach, *base.values()]
    before = [frame.copy() for frame in frames]
    _page(map_plan(reach, plan, posts, **base))
    for frame, copy in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_the_page_names_no_resource_of_the_network(full):
    page = _page(full)
    without_links = re.sub(r"<a\s[^>]*>", "", page)
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//|url\(\W?http|@import", without_links)
    assert not re.search(r"jquery|bootstrap|awesome", page, re.IGNORECASE)
    assert "sourceMappingURL" not in page


@pytest.mark.parametrize(
    "extra",
    [
        lambda: folium.TileLayer("OpenStreetMap"),
        lambda: folium.Marker((34, 41), icon=folium.Icon(color="red")),
        lambda: folium.raster_layers.ImageOverlay("http://example.org/a.png", [[33, 40], [34, 41]]),
    ],
    ids=["tiles", "icon font", "image"],
)
def test_saving_raises_when_something_added_would_ask_the_network(full, extra, tmp_path):
    extra().add_to(full)
    (tmp_path / "map.html").write_text("kept")
    with pytest.raises(InputError, match="would load something from the network"):
        full.save(tmp_path / "map.html")
    assert [path.name for path in tmp_path.iterdir()] == ["map.html"]
    assert (tmp_path / "map.html").read_text() == "kept"


def test_what_is_vendored_is_what_was_published():
    vendor = files("boxreach.maps") / "vendor"
    sums = [line.split() for line in (vendor / "SHA256SUMS").read_text().splitlines()]
    there = {str(path.relative_to(vendor)) for path in vendor.rglob("*") if path.is_file()}
    assert {name for _, name in sums} == there - {"README.md", "SHA256SUMS"}
    for checksum, name in sums:
        assert hashlib.sha256(vendor.joinpath(name).read_bytes()).hexdigest() == checksum, name


def test_the_licence_travels_with_the_page(full):
    assert (files("boxreach.maps") / "vendor" / "leaflet.LICENSE").read_text() in _page(full)


# ---- what the data block holds -------------------------------------------------------------


def test_lines_are_written_by_the_published_algorithm():
    line = shapely.LineString([(-120.2, 38.5), (-120.95, 40.7), (-126.453, 43.252)])
    assert encode_lines([line]) == ["_p~iF~ps|U_ulLnnqC_mqNvxq`@"]


def test_lines_that_meet_are_joined_and_points_left_out():
    meeting = [shapely.LineString([(0, 0), (1, 1)]), shapely.LineString([(1, 1), (2, 2)])]
    assert len(encode_lines(meeting, merge=True)) == 1
    assert encode_lines([shapely.LineString([(0, 0), (1e-7, 0)]), None]) == []


def test_unknown_people_and_times_stay_unknown(full, read_page_data):
    communities = read_page_data(full)["communities"]
    assert communities["people"] == [1_000_001, 500_000, None, 20_000, 7, None]
    steps = read_page_data(full)["cases"][0]["steps"]
    # tenths of minutes, raised, and one more; nothing where there is no way
    assert steps["units"] == pack_integers(np.array([31, 151, 301, 302, 0, 0]))


def test_the_plan_says_what_was_covered_before_it(full, read_page_data):
    plan = read_page_data(full)["cases"][0]["plan"]
    assert (plan["before"], plan["total"], plan["minutes"]) == (2_500_000, 5_000_000, 30)
    assert plan["communities_after"] is None


def test_communities_after_the_plan_are_said_where_it_is_over_communities(
    reach, plan, read_page_data
):
    over = Proposal(
        plan.sites, plan.existing, reach.assign(covered=True), plan.phases, "people", 30.0, 5e6
    )
    assert (
        read_page_data(_page(map_plan(reach, over)))["cases"][0]["plan"]["communities_after"]
        == [True] * 6
    )


def test_the_frontier_is_told_in_runs_that_lose_no_km(full, posts, read_page_data):
    runs = read_page_data(full)["frontier"]
    assert [(run["from"], run["to"], run["state"]) for run in runs] == [
        (0, 2, "covered"),
        (2, 4, "open"),
        (4, 6, "covered"),
    ]
    assert runs[1]["reasons"] == {"TOO_FAR": 1, "ISOLATED": 1}
    assert sum(run["km"] for run in runs) == pytest.approx(posts.reach["km"].sum())


def test_only_the_reach_is_needed(reach, read_page_data):
    data = read_page_data(_page(map_plan(reach)))
    assert data["cases"][0]["plan"] is data["posts"] is None
    assert len(data["communities"]["id"]) == 6


def test_that_times_are_free_flow_is_always_said(reach, read_page_data):
    for code in DEFAULT_LANGUAGES:
        (note,) = read_page_data(_page(map_plan(reach)))["notes"]
        assert note[code] == words("map", code)["note_free_flow"]


def test_a_note_may_be_a_mapping_or_the_same_text_for_all(reach, read_page_data):
    data = read_page_data(_page(map_plan(reach, notes=[{"en": "Mark", "ar": "علامة"}, "X-1"])))
    assert data["notes"][0] == {"en": "Mark", "ar": "علامة", "ckb": "Mark"}
    assert set(data["notes"][1].values()) == {"X-1"}


@pytest.mark.parametrize(
    "wrong", [{"languages": ["xx"]}, {"languages": "en"}, {"thresholds": ()}, {"notes": [{}]}]
)
def test_what_cannot_be_drawn_is_refused(reach, wrong):
    with pytest.raises(InputError):
        map_plan(reach, **wrong)


def test_an_empty_plan_is_refused_in_words(reach):
    with pytest.raises(InputError, match="nothing to draw"):
        map_plan(reach.iloc[:0])


def test_every_word_has_every_language_and_the_same_blanks():
    catalogues = {code: words("map", code) for code in LANGUAGES}
    for key, english in catalogues["en"].items():
        # Forms for one and for two may say the number as a word.
        free = {"{n}"} if re.search("_(one|two)$", key) else set()
        blanks = set(re.findall(r"{\w+}", english)) - free
        for code, catalogue in catalogues.items():
            assert catalogue[key].strip(), (key, code)
            assert set(re.findall(r"{\w+}", catalogue[key])) - free == blanks, (key, code)


def test_every_word_that_the_page_asks_for_exists():
    assets = files("boxreach.maps") / "assets"
    text = "".join(asset.read_text() for asset in assets.iterdir())
    asked = set(re.findall(r'say\("(\w+)"|data-(?:word|label|hint)="(\w+)"', text))
    known = set(words("map", "en"))
    assert {one or other for one, other in asked} <= known
    layers = re.search(r"LAYER_KEYS = \[(.*?)\]", text, re.DOTALL)[1]
    assert {f"layer_{key}" for key in re.findall(r"\w+", layers)} <= known


# ---- strangers' names ----------------------------------------------------------------------


@pytest.fixture
def hostile_map(reach, plan, posts, base, hostile_names):
    names = pd.Series(hostile_names, dtype=object)

    def spoil(frame):
        frame = frame.copy()
        for column in ("name", "name_ar", "name_ckb", "governorate", "reason"):
            if column in frame:
                some = names.sample(len(frame), replace=True, random_state=1)
                frame[column] = some.set_axis(frame.index)
        return frame

    many = pd.concat([reach] * 7).iloc[: len(hostile_names)]
    many.index = pd.Index(hostile_names, name="community_id", dtype=object)
    # As objects, for the text of pandas cannot hold half a character where pyarrow keeps it.
    typed = names.set_axis(many.index)
    many = many.assign(name=typed, name_ar="", name_ckb="", site_id=typed, governorate=typed)
    new = Proposal(
        spoil(plan.sites), spoil(plan.existing), plan.reach, plan.phases, "people", 30.0, 5e6
    )
    line = Proposal(
        spoil(posts.sites), posts.existing, spoil(posts.reach), posts.phases, "km", 15.0, 5.9
    )
    spoiled = base | {"areas": spoil(base["areas"]), "countries": spoil(base["countries"])}
    return map_plan(many, new, line, **spoiled, title=hostile_names[0], notes=hostile_names)


def test_hostile_names_arrive_in_the_data_as_typed_and_nowhere_else(
    hostile_map, read_page_data, hostile_names
):
    page = _page(hostile_map)
    assert read_page_data(page)["communities"]["name"] == hostile_names
    rest = re.sub(r'<script type="application/.*?</script>', "", page, flags=re.DOTALL)
    for name in hostile_names:
        if len(name) > 6 and not name.isidentifier() and "0000" not in name:
            assert name not in rest


# ---- the page in a browser -----------------------------------------------------------------


def _text(page, selector):
    return re.sub("[\u2066-\u2069]", "", page.inner_text(selector))


@pytest.mark.browser
def test_the_page_counts_what_the_frame_holds(visit, full, reach):
    page = visit(full)
    for minutes, places, people in ((15, 2, 1_500_001), (30, 3, 1_500_001), (60, 4, 1_520_001)):
        page.check(f"#thresholds input[value='{minutes}']")
        text = _text(page, "#reach-figures")
        covered = reach["minutes"] <= minutes
        assert (int(covered.sum()), reach.loc[covered, "people"].sum()) == (places, people)
        assert f"{places} of 6" in text
        assert f"{people:,} of 1,520,008" in text


@pytest.mark.browser
def test_people_are_those_of_listed_towns_and_called_so_without_a_summary(visit, full):
    page = visit(full)
    for code in DEFAULT_LANGUAGES:
        page.click(f"[data-code={code}]")
        said = words("map", code)
        assert said["people_listed"] in page.inner_text("#reach-figures")
        assert page.inner_text("#governorates th:nth-child(3)") == said["people_listed"]


@pytest.mark.browser
def test_people_are_those_of_the_summary(visit, reach, plan, base, summary):
    page = visit(map_plan(reach, plan, **base, summary=summary))

    def rows():
        found = page.locator("#governorates tbody tr").all()
        cells = (row.locator("th, td").all_inner_texts() for row in found)
        cells = ([re.sub("[\u2066-\u2069]", "", text) for text in texts] for texts in cells)
        return {name: rest for name, *rest in cells}

    assert rows() == {
        "Waste": ["0 of 1", "unknown"],
        "East": ["0 of 2", "<0.1%"],
        "West": ["3 of 3", format_share(1_349 / 2_000)],
        "Total": ["3 of 6", format_share(1_349_300 / 3_000_000)],
    }
    assert "1,349,300 of 3,000,000" in _text(page, "#reach-figures")
    page.fill("#search", "West")
    page.keyboard.press("Enter")
    assert "1,349,000 of 2,000,000" in _text(page, "#details")
    page.check("#thresholds input[value='15']")
    assert rows()["West"] == ["3 of 3", "50.0%"]
    assert "1,000,000 of 2,000,000" in _text(page, "#details")
    page.check("#thresholds input[value='60']")  # the summary does not say
    assert rows() == {"East": ["1 of 3"], "West": ["3 of 3"]}
    assert "People" not in _text(page, "#reach-figures")
    page.check("#thresholds input[value='30']")
    page.click("[data-code=ar]")
    assert "الخلاء" in page.inner_text("#governorates")


def test_a_summary_may_have_its_names_in_the_index_and_must_have_its_columns(reach, summary):
    indexed = map_plan(reach, summary=summary.set_index("governorate"))
    assert indexed.payload["summary"] == map_plan(reach, summary=summary).payload["summary"]
    with pytest.raises(InputError, match="no column 'people_covered'"):
        map_plan(reach, summary=summary.drop(columns="people_covered"))


@pytest.mark.browser
def test_shares_are_rounded_as_in_the_report(visit, full):
    page = visit(full)
    shares = [0, 1, 0.5, 0.9999999, 0.9995, 0.99949, 1e-9, 0.0004999, 0.0005, 0.1225, 0.1275]
    shares += [part / 997 for part in range(1, 997)] + [part / 800 for part in range(1, 800)]
    code = (files("boxreach.maps") / "assets" / "speech.js").read_text()
    body = re.search(r"^function roundShare.*?^}", code, re.DOTALL | re.MULTILINE)[0]
    rounded = page.evaluate(f"shares => {{ {body}; return shares.map(roundShare); }}", shares)
    assert rounded == [format_share(float(share)) for share in shares]


@pytest.mark.browser
def test_whose_data_it_is_stays_in_sight(visit, reach, hostile_names):
    sources = ["© OpenStreetMap contributors (ODbL 1.0)", "GeoNames (CC BY 4.0)", *hostile_names]
    page = visit(map_plan(reach, sources=[*sources, sources[0]]))
    for place in ("#foot", "#legend-box"):
        texts = "all => all.slice(1).map((one) => one.textContent)"
        shown = page.locator(f"{place} .sources bdi").evaluate_all(texts)
        assert shown == page.evaluate("texts => texts", sources)
    assert page.locator(".sources *:not(bdi)").count() == 0
    assert page.locator(".sources:visible").count() == 1
    assert page.is_visible("#foot .sources")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.is_visible("#legend-box .sources")
    assert page.locator(".sources:visible").count() == 1


def test_sources_are_a_list(reach):
    with pytest.raises(InputError, match="give a list"):
        map_plan(reach, sources="GeoNames")


@pytest.mark.browser
def test_nothing_is_said_of_sources_that_are_not_given(visit, full):
    assert visit(full).locator(".sources:visible").count() == 0


@pytest.mark.browser
def test_posts_that_bring_nothing_are_counted(visit, reach, posts):
    said = words("map", "en")["idle_posts"]
    assert said not in _text(visit(map_plan(reach, posts=posts)), "#posts")
    idle = posts.sites.assign(km_gained=[3.9, 0.0], km_covered=3.9)
    over = Proposal(idle, posts.existing, posts.reach, posts.phases, "km", 15.0, 5.9)
    text = _text(visit(map_plan(reach, posts=over)), "#posts")
    assert re.search(rf"{said}\s+1\b", text)


@pytest.mark.browser
def test_the_legend_knows_posts_from_afar_and_tells_their_phases_apart(visit, full):
    page = visit(full)
    group = page.locator("fieldset", has=page.locator("[data-layer=posts]"))
    assert words("map", "en")["post_note"] in group.inner_text()
    swatches = group.locator("li canvas")
    drawn = swatches.evaluate_all("all => all.map((canvas) => canvas.toDataURL())")
    assert len(drawn) == 3
    assert len(set(drawn)) == 3
    middles = swatches.evaluate_all(
        """all => all.slice(0, 2).map((canvas) => [...canvas.getContext("2d")
        .getImageData(Math.round(canvas.width * 0.22), canvas.height / 2, 1, 1).data])"""
    )
    assert middles == [[23, 32, 43, 255], [255, 255, 255, 255]]


@pytest.mark.browser
def test_boxes_within_are_said_at_the_threshold_they_were_counted_at(visit, full):
    page = visit(full)
    page.fill("#search", "Erbil")
    page.keyboard.press("Enter")
    assert re.search(r"Boxes within 30 min\s+2", _text(page, "#details"))
    page.check("#thresholds input[value='60']")
    assert "Boxes within" not in _text(page, "#details")


@pytest.mark.browser
def test_the_slider_says_the_running_total_of_the_plan(visit, full, plan):
    page = visit(full)
    assert _text(page, "#covered-after") == "3,473,000 of 5,000,000"
    for shown, covered in enumerate([2_500_000, *plan.sites["people_covered"]]):
        page.locator("#shown").fill(str(shown))
        assert _text(page, "#covered-after") == f"{covered:,.0f} of 5,000,000"
        assert _text(page, "#covered-before") == "2,500,000"
        assert _text(page, "#covered-gained") == f"+{covered - 2_500_000:,.0f}"
    proof = _text(page, "#plan ul")
    assert "Up to 4 in all: proven optimal" in proof
    assert "feasible, not proven optimal; at most 0.8% short" in proof


@pytest.mark.browser
def test_the_frontier_says_what_is_covered_and_what_stays_open(visit, full):
    text = _text(visit(full), "#posts")
    assert "2 of 5.9 km" in text
    assert "3.9 of 5.9 km" in text
    assert re.search(r"Left open\s+2 km", text)


@pytest.mark.browser
def test_each_language_turns_the_page_but_not_the_map(visit, full):
    page = visit(full)
    for code, direction in [("ar", "rtl"), ("ckb", "rtl"), ("en", "ltr")]:
        page.click(f"[data-code={code}]")
        root = page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
        assert root == [code, direction]
        map_direction = "getComputedStyle(document.querySelector('.folium-map')).direction"
        assert page.evaluate(map_direction) == "ltr"
        assert page.title() == words("map", code)["page_title"]
        assert words("map", code)["note_free_flow"] in page.inner_text("#notes")
        assert not re.search(r"[a-z]_[a-z]|\{|undefined|NaN", page.inner_text("body"))


@pytest.mark.browser
def test_only_the_languages_asked_for_are_in_the_page(visit, reach):
    page = visit(map_plan(reach, languages=["ar"]))
    assert page.evaluate("document.documentElement.lang") == "ar"
    assert page.locator("#languages button").count() == 1
    assert "Response time" not in page.content()


@pytest.mark.browser
def test_search_finds_a_place_by_any_of_its_names(visit, full):
    page = visit(full)
    for typed in ("Erbil", "erb", "هەولێر", "هه‌ولێر", "اربيل", "أربيل"):
        assert page.is_hidden("#details")
        page.fill("#search", typed)
        page.keyboard.press("Enter")
        card = _text(page, "#details")
        for said in ("Erbil", "أربيل", "هەولێر", "Box one", "1,000,001"):
            assert said in card, typed
        page.keyboard.press("Escape")


@pytest.mark.browser
def test_a_card_says_unknown_and_why_a_place_is_not_reached(visit, full):
    page = visit(full)
    page.fill("#search", "Baiji")
    page.keyboard.press("Enter")
    card = _text(page, "#details")
    assert re.search(r"People\s+unknown", card)
    assert words("map", "en")["ISOLATED"] in card
    page.click("[data-code=ckb]")
    assert words("map", "ckb")["unknown"] in page.inner_text("#details")


@pytest.mark.browser
def test_a_time_just_over_the_threshold_is_not_shown_as_the_threshold(visit, full):
    page = visit(full)
    page.fill("#search", "Hit")
    page.keyboard.press("Enter")
    assert re.search(r"Minutes\s+30\.1", _text(page, "#details"))
    assert "Not reached within 30 min" in _text(page, "#details")


@pytest.mark.browser
def test_a_click_on_a_community_opens_its_card(visit, full):
    page = visit(full)
    place = page.evaluate(
        """() => { const map = window[document.querySelector(".folium-map").id];
        const { x, y } = map.latLngToContainerPoint([34, 41]);
        const stage = map.getContainer().getBoundingClientRect();
        return [x + stage.x, y + stage.y]; }"""
    )
    page.mouse.click(*place)
    assert "Mosul" in page.inner_text("#details h2")
    page.keyboard.press("Escape")
    assert page.is_hidden("#details")


@pytest.mark.browser
def test_hostile_names_are_shown_as_typed_and_run_nowhere(visit, hostile_map, hostile_names):
    page = visit(hostile_map)
    for code in ("ar", "en"):
        page.click(f"[data-code={code}]")
        shown = page.evaluate("[...document.querySelectorAll('#notes li')].map(n => n.textContent)")
        assert shown[: len(hostile_names)] == page.evaluate("names => names", hostile_names)
    assert page.title() == "{{7*7}}"
    drawn = "#curve svg, #strip svg, #tools svg"  # by the page itself
    assert page.locator(f"#stage img, #panel img, #panel script, svg:not({drawn})").count() == 0
    for name in hostile_names[::3]:
        if fold(name):
            page.fill("#search", name)
            page.keyboard.press("Enter")
            assert page.is_visible("#details"), name
    assert page.evaluate("({}).name === undefined")


@pytest.mark.browser
def test_the_page_folds_names_as_python_does(visit, full, read_page_data, hostile_names):
    names = [
        "Al-Qāʼim",
        "هه‌ولێر",
        "أربيل",
        "البصرة",
        "٢٥ ۲۵",
        "Ⅷ ﬁ ŁÓDŹ",
        "İstanbul ı",
        *hostile_names,
    ]
    names = [name for name in names if "\ud800" not in name]
    page = visit(full)
    folding = (files("boxreach.maps") / "assets" / "geometry.js").read_text()
    folds = json.dumps(read_page_data(full)["folds"])
    script = f"names => {{ {folding}; return names.map((name) => foldText(name, {folds})); }}"
    assert page.evaluate(script, names) == [fold(name) for name in names]


@pytest.mark.browser
def test_a_layer_switches_off_and_on_by_keyboard(visit, full):
    page = visit(full)
    box = page.locator("[data-layer=communities]")
    box.focus()
    page.keyboard.press("Space")
    assert not box.is_checked()
    assert page.evaluate("document.activeElement.dataset.layer") == "communities"
    page.keyboard.press("Space")
    assert box.is_checked()


@pytest.mark.browser
def test_the_keyboard_reaches_every_control(visit, full):
    page = visit(full)
    wanted = {"en", "search", "threshold", "shown", "communities", "labels", "Zoom in", "Whole map"}
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached |= set(
            page.evaluate(
                """() => { const e = document.activeElement;
                return [e.id, e.name, e.dataset.code, e.dataset.layer, e.title].filter(Boolean) }"""
            )
        )
    assert wanted <= reached
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, input, a[role=button]")]
        .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).length"""
    )
    assert nameless == 0


@pytest.mark.browser
def test_a_phone_shows_the_map_and_scrolls_only_down(visit, full):
    page = visit(full, width=390, height=844)
    for code in DEFAULT_LANGUAGES:
        page.click(f"[data-code={code}]")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(
            "(p => p.scrollWidth <= p.clientWidth)(document.getElementById('panel'))"
        )
        assert page.evaluate("document.querySelector('.folium-map').offsetHeight") > 400
        page.fill("#search", "mosul")
        page.keyboard.press("Enter")
        card = page.locator("#details").bounding_box()
        notes = page.locator("#notes").bounding_box()
        scale = page.locator(".leaflet-control-scale").bounding_box()
        assert notes["y"] >= max(box["y"] + box["height"] for box in (card, scale))
        assert card["x"] >= 0
        assert card["x"] + card["width"] <= 390
        page.keyboard.press("Escape")
        assert page.is_hidden("#details")


@pytest.mark.browser
def test_objects_of_folium_work_on_the_page(visit, full):
    popup = folium.Popup("<b>mine</b>", show=True)
    folium.Marker((34.5, 42), popup=popup, tooltip="t").add_to(full)
    group = folium.FeatureGroup("group").add_to(full)
    folium.Circle((34, 43), radius=9000).add_to(group)
    folium.GeoJson(shapely.to_geojson(shapely.box(41, 34, 42, 35))).add_to(group)
    folium.LayerControl().add_to(full)
    full.keep_in_front(group)
    page = visit(full)
    assert page.inner_text(".leaflet-popup-content").strip() == "mine"
    assert page.evaluate("document.querySelector('.leaflet-marker-icon').naturalWidth") == 25
    assert page.locator("path.leaflet-interactive").count() == 2


@pytest.mark.browser
def test_what_a_script_tries_to_fetch_is_refused_by_the_page(visit, full, tmp_path):
    page = visit(full)
    policy = page.evaluate("document.querySelector('meta[http-equiv]').content")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "http" not in policy


@pytest.mark.browser
def test_a_sheet_of_paper_is_enough(visit, full):
    pdf = visit(full).pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


def test_a_plan_map_is_what_map_plan_returns(full):
    assert isinstance(full, PlanMap)


def test_what_the_package_itself_writes_into_each_page_is_checked_too(full, monkeypatch, tmp_path):
    """Neither the frame of the page, nor its scripts and styles, may ask the network."""
    remote = '<img src="https://example.org/a.png">'
    with monkeypatch.context() as patch:
        patch.setattr(page, "_leaflet", lambda: remote)
        with pytest.raises(InputError, match="would load something from the network"):
            page._own.__wrapped__(arabic=False, what_if=False)
    monkeypatch.setattr(page, "_template", lambda: Template(remote))
    with pytest.raises(InputError, match="would load something from the network"):
        full.save(tmp_path / "map.html")
