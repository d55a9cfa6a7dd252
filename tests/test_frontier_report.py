"""Report and map tell of a frontier what its plan knows: reach, sight, support, crossings."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from boxreach.border import FrontierPlan
from boxreach.languages import DEFAULT_LANGUAGES, words
from boxreach.maps import map_plan
from boxreach.placement import Proposal
from boxreach.report import render_report
from boxreach.report.model import Name
from boxreach.report.plans import prepare_plan
from boxreach.report.strip import STRETCH_ROWS, prepare_strip
from boxreach.report.strip_chart import COLUMN_PX, LEFT, RIGHT

pytestmark = pytest.mark.slow

HOSTILE = "</script><script>alert(1)</script>{{7*7}}"


class Page(HTMLParser):
    """What a reader sees: tables by caption, text, drawings."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tables, self.text, self.language, self._into = {}, {}, "", None
        self._rows, self._caption = None, ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag == "article":
            self.language = dict(attrs)["id"]
        elif tag == "table":
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")
            self._into = "cell"
        elif tag == "caption":
            self._caption, self._into = "", "caption"

    def handle_endtag(self, tag):
        if tag == "table":
            rows = [[" ".join(cell.split()) for cell in row] for row in self._rows]
            self.tables[self.language, self._caption] = rows
        elif tag in {"td", "th", "caption"}:
            self._into = None

    def handle_data(self, data):
        self.text[self.language] = self.text.get(self.language, "") + data
        if self._into == "cell":
            self._rows[-1][-1] += data
        elif self._into == "caption":
            self._caption += data

    def table(self, key, language="en"):
        return self.tables[language, words("report", language)[key]]

    def has_table(self, key, language="en"):
        return (language, words("report", language)[key]) in self.tables


@pytest.fixture
def reach():
    return gpd.GeoDataFrame(
        {"people": [10.0], "governorate": ["Ninewa"], "threshold_minutes": [30.0],
         "covered": [True], "site_id": ["b"], "minutes": [5.0], "sites_within": [1],
         "reason": [""]},
        geometry=[shapely.Point(41.5, 36)], crs=4326, index=pd.Index(["c"], name="community_id"),
    )  # fmt: skip


EDGES = np.array([0, 10, 12.5, 20, 22, 40, 44, 50, 60.0])
COVERED = np.array([1, 1, 0, 0, 1, 1, 0, 1], dtype=bool)
REACHED = np.array([1, 1, 1, 0, 1, 1, 0, 1], dtype=bool)
SEEN = np.array([1, 1, 0, 0, 2, 1, 0, 1])
NIGHT = np.array([1, 0, 0, 0, 1, 0, 0, 0])
UNKNOWN = np.array([0, 0, 1, 0, 0, 1, 0, 0], dtype=bool)


def make_line():
    """Return the line in uneven pieces: 12.5 to 20 km reached but not seen, two more holes."""
    start, end = EDGES[:-1], EDGES[1:]
    ways = [[(41, 37 - one / 111), (41, 37 - other / 111)]
            for one, other in zip(start, end, strict=True)]  # fmt: skip
    return gpd.GeoDataFrame(
        {
            "segment_id": [f"km-{int(one // 10)}" for one in start], "part": 0,
            "chainage_from_km": start, "chainage_to_km": end, "km": end - start, "risk": 1.0,
            "governorate": np.where(start < 40, "Ninewa", "Anbar"), "covered": COVERED,
            "reached": REACHED, "site_id": np.where(REACHED, "post-1", ""),
            "minutes": np.where(REACHED, 7.0, np.nan), "sites_within": COVERED.astype(int),
            "reason": np.where(COVERED, "", np.where(REACHED, "UNSEEN", "OFF_ROAD")),
            "seen": SEEN, "seen_night": NIGHT, "unknown": UNKNOWN,
        },
        geometry=[shapely.LineString(one) for one in ways],
        crs=4326,
        index=pd.Index([f"p{n}" for n in range(len(start))], name="piece_id"),
    )  # fmt: skip


def make_sites():
    return gpd.GeoDataFrame(
        {
            "name": ["", "Hill"], "rank": [2, 1], "phase": [2, 1],
            "governorate": ["Ninewa", "Anbar"], "chainage_km": [8.0, 45.0],
            "reach_from_km": [0.0, 22.0], "reach_to_km": [12.5, 60.0],
            "km_gained": [12.5, 32.0], "km_covered": [44.5, 32.0],
            "share_covered": [44.5 / 60, 32 / 60],
        },
        geometry=[shapely.Point(41.02, 36.93), shapely.Point(41.02, 36.6)],
        crs=4326,
        index=pd.Index(["post-1", "post-2"], name="site_id"),
    ).sort_values("rank")  # fmt: skip


def make_posts(sites, standing):
    """Return what is told of each post; of one that stands little is known."""
    table = pd.concat([sites, standing]).sort_values("chainage_km")
    told = pd.DataFrame(
        {
            "setback_km": [0.6, np.nan, 1.2], "height_m": [412.4, np.nan, 388.0],
            "mgrs": ["37SGV1234567890", "", "37SGV0987654321"],
            "reached_km": [12.5, np.nan, 32.0], "seen_km": [12.5, np.nan, 28.0],
            "seen_night_km": [10.0, np.nan, 18.0],
            "neighbours": ["", "", " ".join(f"post-{n}" for n in range(3, 11))],
            "nearest_site_id": ["post-2", "", "post-1"], "nearest_minutes": [31.02, np.nan, 31.02],
            "crossing": ["gate", "", ""], "town": ["Sinjar", "", "Rutba"],
            "town_km": [12.0, np.nan, 40.0], "town_minutes": [15.5, np.nan, np.nan],
            "water_km": np.nan, "main_road_km": [3.0, np.nan, 4.0],
            "defensibility": [0.625, np.nan, 0.5], "relief_m": [-4.0, np.nan, 12.0],
            "visible_share_1km": [0.5, np.nan, 0.25], "standoff_m": np.nan,
            "approaches": [2.0, np.nan, 0.0],
        },
        index=["post-1", "old", "post-2"],
    )  # fmt: skip
    columns = ["name", "rank", "phase", "governorate", "chainage_km", "reach_from_km",
               "reach_to_km", "geometry"]  # fmt: skip
    return table[columns].join(told)


def make_plan(see="day", cell_m=30.0):
    line, sites = make_line(), make_sites()
    km, standing = line["km"], make_sites().iloc[:1].rename({"post-2": "old"})
    standing = standing.assign(chainage_km=30.0, name="", rank=np.nan, phase=np.nan)
    phases = pd.DataFrame(
        {"new_sites": [1, 1], "covered": [32.0, 44.5], "objective": [32.0, 44.5],
         "bound": [32.0, 44.5], "gap": 0.0, "status": "optimal"},
        index=pd.Index([1, 2], name="sites"),
    )  # fmt: skip
    facts = {
        "total_km": 60.0, "covered_km": 44.5, "reached_km": 52.0, "seen_km": 44.5,
        "seen_night_km": 28.0, "unknown_km": 7.5, "groups": 2, "isolated": 1,
        "support_minutes": 20.0, "widest_hole_km": 9.5, "widest_hole_from_km": 12.5,
        "widest_gap_minutes": 31.02, "intercept_km": 30.0, "beyond_posts_km": None,
        "cell_m": cell_m,
    }  # fmt: skip
    crossings = pd.DataFrame(
        {"name": ["Gate", "Bare"], "chainage_km": [8.2, 47.0], "line_km": [0.2, 0.0],
         "site_id": ["post-1", ""], "km": [0.8, np.nan]},
        index=pd.Index(["gate", "bare"], name="crossing_id"),
    )  # fmt: skip
    at = np.arange(0, 60.5, 0.5)
    heights = np.where((at > 20) & (at < 25), np.nan, 300 + 100 * np.sin(at / 9))
    return FrontierPlan(
        sites=sites, existing=standing, reach=line, phases=phases, unit="km", minutes=15.0,
        total=float(km.sum()), posts=make_posts(sites, standing),
        profile=pd.DataFrame({"chainage_km": at, "height_m": heights}), crossings=crossings,
        facts=facts, asked={"see": see, "each": 1},
    )  # fmt: skip


def make_plain(plan):
    """Return the proposal of a plan without all that is told of the frontier."""
    told = ["reached", "seen", "seen_night", "unknown"]
    return Proposal(
        plan.sites, plan.existing.iloc[:0], plan.reach.drop(columns=told), plan.phases, "km",
        15.0, plan.total,
    )  # fmt: skip


@pytest.fixture
def posts():
    return make_plan()


@pytest.fixture
def page(reach, posts):
    return Page(render_report(reach, posts=posts))


def draw(html, language="en"):
    """Return the strip chart of a page."""
    found = re.search(rf'<svg [^>]*"{language}-strip-title.*?</svg>', html, re.DOTALL)
    return ET.fromstring(found[0])


def band(chart, style):
    """Return the stretches of one style, in km from the start of a drawing of one row."""
    paths = [one.get("d") for one in chart.iter() if one.get("class") == style]
    found = [re.findall(r"M([\d.]+) [\d.]+h([\d.]+)", path) for path in paths]
    scale = 60.0 / (RIGHT - LEFT)
    return [
        ((float(x) - LEFT) * scale, (float(x) + float(width) - LEFT) * scale)
        for path in found
        for x, width in path
    ]


# ---- the report -------------------------------------------------------------------------------


def test_figures_of_the_line_are_those_of_its_pieces(page, posts):
    rows = {row[0]: row[1:] for row in page.table("facts_title")[1:]}
    said = words("report", "en")
    for key, where in (
        ("covered_km", COVERED),
        ("reached_km", REACHED),
        ("seen_km", SEEN > 0),
        ("seen_night_km", NIGHT > 0),
        ("unknown_km", UNKNOWN & (SEEN == 0)),
    ):
        km = posts.reach["km"][where].sum()
        assert rows[said[f"fact_{key}"]] == [f"{km:.1f} km", f"{km / 60:.1%}"]
    assert rows[said["fact_widest_hole_km"]] == ["9.5 km from km 12.5", ""]
    assert rows[said["fact_isolated"].format(minutes=20)] == ["1", ""]
    assert rows[said["fact_widest_gap_minutes"]][0] == "31.1 minutes"
    assert said["fact_beyond_posts_km"] not in rows


def test_open_stretches_add_up_by_reason_and_in_all(page):
    reasons = page.table("stretches_by_reason")[1:]
    assert [[row[0], *row[-2:]] for row in reasons] == [
        ["No road in range", "2", "8.0"],
        ["Reached, but not seen", "1", "7.5"],
        ["Total", "3", "15.5"],
    ]
    stretches = page.table("stretches_title")[1:]
    assert [row[:3] for row in stretches[:-1]] == [
        ["12.5", "20.0", "7.5"], ["20.0", "22.0", "2.0"], ["44.0", "50.0", "6.0"],
    ]  # fmt: skip
    assert stretches[-1][1] == "15.5"


def test_stretches_make_up_what_the_headline_leaves_open_whatever_is_rounded(reach, posts):
    km = posts.reach["km"] + [0, -0.04, 0.05, 0.03, 0, 0, 0, 0]
    sites = posts.sites.assign(km_covered=[32.0, 44.46], km_gained=[32.0, 12.46])
    odd = replace(posts, reach=posts.reach.assign(km=km), sites=sites, total=float(km.sum()))
    page = Page(render_report(reach, posts=odd, languages=["en"]))
    assert "Left open: 15.5 km" in page.text["en"]  # of 60.0 and 44.5, though 15.58 are open
    for key, column in (("stretches_by_reason", -1), ("stretches_title", 2)):
        *rows, total = page.table(key)[1:]
        assert sum(float(row[column]) for row in rows) == pytest.approx(15.5)
        assert "15.5" in total


def test_a_post_is_not_called_twice_by_its_crossing(reach, posts):
    named = replace(posts, posts=posts.posts.assign(name=["Gate", "", "Hill"]))
    rows = Page(render_report(reach, posts=named)).table("posts_place_title")[1:]
    assert [row[0] for row in rows] == ["post-1", "old", "post-2 Hill"]


def test_of_many_stretches_the_longest_are_listed_and_the_rest_is_added_up(posts):
    edges = np.concatenate([[0], np.cumsum(np.tile([0.1, 0.2], 150) + np.arange(300) / 1e4)])
    covered = np.arange(300) % 2 == 0
    line = pd.concat([make_line().iloc[:1]] * 300, ignore_index=True).assign(
        chainage_from_km=edges[:-1], chainage_to_km=edges[1:], km=np.diff(edges), covered=covered,
        reason=np.where(covered, "", "UNSEEN"), reached=True,
    )  # fmt: skip
    strip = prepare_strip(replace(posts, reach=line), lambda name: name)
    assert len(strip.stretches) == STRETCH_ROWS
    assert strip.rest[0] == 150 - STRETCH_ROWS
    whole = sum(one.km for one in strip.stretches) + strip.rest[1]
    assert whole == pytest.approx(strip.reasons[0][2])
    assert whole == pytest.approx(np.diff(edges)[~covered].sum(), abs=0.101)
    shown = [one.from_km for one in strip.stretches]
    assert shown == sorted(shown)
    assert min(one.to_km - one.from_km for one in strip.stretches) > np.diff(edges)[99]


def test_the_strip_draws_reach_sight_and_holes_where_they_are(reach, posts):
    chart = draw(render_report(reach, posts=posts))
    for style, expected in {
        "reached": [(0, 20), (22, 44), (50, 60)],
        "seen": [(0, 12.5), (22, 44), (50, 60)],
        "night": [(0, 10), (22, 40)],
        "unknown": [(12.5, 20)],
        "hole": [(12.5, 22), (44, 50)],
    }.items():
        found = band(chart, style)
        assert len(found) == len(expected), style
        assert np.abs(np.array(found) - expected).max() <= 60 * COLUMN_PX / (RIGHT - LEFT), style


def test_a_hole_of_a_few_metres_is_still_drawn(reach, posts):
    line = posts.reach.assign(covered=True, reached=True, reason="")
    edges = np.array([0, 10, 12.5, 20, 20.003, 40, 44, 50, 60.0])
    line = line.assign(
        chainage_from_km=edges[:-1], chainage_to_km=edges[1:], km=np.diff(edges),
        covered=np.arange(8) != 3, reason=np.where(np.arange(8) == 3, "UNSEEN", ""),
    )  # fmt: skip
    sites = posts.sites.assign(km_gained=[30.0, 29.997], km_covered=[30.0, 59.997])
    chart = draw(render_report(reach, posts=replace(posts, reach=line, sites=sites)))
    assert len(band(chart, "hole")) == 1


def test_the_strip_has_the_ground_crossings_and_posts(reach, posts):
    chart = draw(render_report(reach, posts=posts))
    texts = [one.text.strip("\u2068\u2069") for one in chart.iter("text")]
    assert {"Gate", "Bare", "Ninewa", "Anbar", "1", "2", "300 m", "0 km", "60 km"} <= set(texts)
    (ground,) = [one.get("d") for one in chart.iter("path") if one.get("class") == "ground"]
    assert ground.count("M") == 2  # the heights from 20 to 25 km are not known
    assert sum(one.get("class") == "standing" for one in chart.iter("rect")) == 1
    assert [one.get("class") for one in chart.iter("polygon")].count("crossing") == 2


def test_posts_are_told_from_north_to_south_with_those_that_stand(page):
    rows = page.table("posts_place_title")
    assert [row[0] for row in rows[1:]] == ["post-1", "old", "post-2 Hill"]
    assert [row[1] for row in rows[1:]] == ["2", words("report", "en")["post_stands"], "1"]
    assert rows[1][3:] == [
        "8.0", "0.6", "412", "0.0 – 12.5", "12.5", "12.5", "10.0", "Gate", "37SGV1234567890",
    ]  # fmt: skip
    assert rows[2][4] == "–"


def test_support_and_defence_are_told_as_far_as_they_are_known(page):
    support = page.table("posts_support_title")
    said = words("report", "en")
    assert said["post_water_km"] not in support[0]
    assert support[1][2:] == ["post-2", "31.1", "–", "Sinjar", "12.0", "15.5", "3.0"]
    assert support[3][4] == "post-3 post-4 post-5 post-6 post-7 and 3 more"
    defence = page.table("posts_defence_title")
    assert said["post_standoff_m"] not in defence[0]
    assert defence[1][2:] == ["0.62", "-4", "50.0%", "2"]


def test_towns_of_posts_have_the_names_of_communities(reach, posts):
    named = reach.assign(name="Sinjar", name_ar="سنجار")
    page = Page(render_report(named, posts=posts, languages=["ar"]))
    assert page.table("posts_support_title", "ar")[1][5].startswith("سنجار")


def test_sums_of_kilometres_leave_no_share_where_no_post_stands(posts):
    plain = make_plain(posts)
    gains = plain.sites["km_gained"].astype(float)
    whole = float(plain.reach["km"][plain.reach["covered"]].sum())
    gains.iloc[0] += whole - gains.sum() - 1e-12
    told = prepare_plan(replace(plain, sites=plain.sites.assign(km_gained=gains)), Name)
    assert told.before.cover.share == 0.0


def test_a_post_that_brings_a_few_metres_is_not_told_as_bringing_nothing(posts):
    plain = make_plain(posts)
    gains = plain.sites["km_gained"].astype(float)
    gains.iloc[:] = 0.004
    gains.iloc[0] = 0.0
    told = prepare_plan(replace(plain, sites=plain.sites.assign(km_gained=gains)), Name)
    assert told.idle == 1


def test_crossings_say_their_post_or_that_none_is_near(page):
    rows = page.table("crossings_title")[1:]
    assert rows == [
        ["Gate", "8.2", "0.2", "post-1", "0.8"],
        ["Bare", "47.0", "0.0", words("report", "en")["crossing_bare"], ""],
    ]


@pytest.mark.parametrize("language", DEFAULT_LANGUAGES)
@pytest.mark.parametrize(("see", "key"), [("day", "barrier_day"), ("night", "barrier_night"),
                                          (None, "barrier")])  # fmt: skip
def test_a_weak_barrier_is_promised_and_no_more(reach, language, see, key):
    posts = make_plan(see=see)
    text = Page(render_report(reach, posts=posts, languages=[language])).text[language]
    assert text.count(words("report", language)[key]) == 3  # decision, frontier, limits


def test_what_is_counted_is_called_covered_where_it_must_be_seen(reach):
    said = words("report", "en")
    seeing = Page(render_report(reach, posts=make_plan(), languages=["en"]))
    reaching = Page(render_report(reach, posts=make_plan(see=None), languages=["en"]))
    head = "frontier_by_governorate"
    assert said["km_reached_covered"] in seeing.table(head)[0]
    assert said["km_reached"] in reaching.table(head)[0]
    assert said["axis_km_covered"].format(minutes=15) in seeing.text["en"]
    assert said["axis_km"].format(minutes=15) in reaching.text["en"]
    assert said["fact_covered_km"] not in [row[0] for row in reaching.table("facts_title")]


@pytest.mark.parametrize(("cell_m", "count"), [(30.0, 0), (100.0, 0), (9243.0, 2)])
def test_cells_too_wide_for_lines_of_sight_are_said(reach, cell_m, count):
    text = Page(render_report(reach, posts=make_plan(cell_m=cell_m), languages=["en"])).text["en"]
    said = words("report", "en")["limit_coarse"].format(metres=f"{cell_m:,.0f}")
    assert text.count(said) == count


def test_heights_that_are_not_known_are_said(page, reach, posts):
    said = words("report", "en")["limit_heights"].format(km="7.5")
    assert said in page.text["en"]
    known = replace(posts, facts={**posts.facts, "unknown_km": 0.0})
    text = Page(render_report(reach, posts=known)).text["en"]
    assert said.split("7.5")[1] not in text


def test_of_a_plain_proposal_only_what_it_has_is_told(reach, posts):
    plain = make_plain(posts)
    html = render_report(reach, posts=plain, languages=["en"])
    page = Page(html)
    for key in ("facts_title", "crossings_title", "posts_place_title", "posts_support_title"):
        assert not page.has_table(key)
    assert words("report", "en")["barrier"] in page.text["en"]
    chart = draw(html)
    assert not band(chart, "seen")
    assert band(chart, "hole")
    assert not [one for one in chart.iter("path") if one.get("class") == "ground"]


def test_a_plan_without_heights_or_crossings_leaves_them_out(reach, posts, read_page_data):
    bare = replace(
        posts, profile=posts.profile.iloc[:0], crossings=posts.crossings.iloc[:0],
        facts={key: posts.facts[key] for key in ("total_km", "covered_km", "reached_km")},
        reach=posts.reach.drop(columns=["seen", "seen_night", "unknown"]), asked={"see": None},
    )  # fmt: skip
    page = Page(render_report(reach, posts=bare, languages=["en"]))
    assert not page.has_table("crossings_title")
    assert [row[0] for row in page.table("facts_title")[1:]] == [
        words("report", "en")["fact_reached_km"]
    ]
    data = read_page_data(map_plan(reach, posts=bare))
    assert data["crossings"] == {}
    assert "seen_km" not in data["frontier"][0]


def test_names_of_strangers_are_text_in_every_table_and_drawing(reach, posts, read_page_data):
    hostile = replace(
        posts,
        crossings=posts.crossings.assign(name=HOSTILE),
        posts=posts.posts.assign(name=HOSTILE, town=HOSTILE, crossing=HOSTILE, mgrs=HOSTILE,
                                 neighbours=HOSTILE, nearest_site_id=HOSTILE),
    )  # fmt: skip
    html = render_report(reach, posts=hostile, languages=["en"])
    assert "<script>alert" not in html
    assert Page(html).table("crossings_title")[1][0] == HOSTILE
    page = map_plan(reach, posts=hostile)
    assert read_page_data(page)["crossings"]["name"] == [HOSTILE] * 2
    assert "<script>alert" not in write(page)


def test_a_frontier_is_told_alike_twice_and_left_as_it_was(reach, posts):
    kept = posts.reach.copy(), posts.posts.copy(), posts.crossings.copy(), posts.profile.copy()
    assert render_report(reach, posts=posts) == render_report(reach, posts=posts)
    assert write(map_plan(reach, posts=posts)) == write(map_plan(reach, posts=posts))
    for before, after in zip(
        kept, (posts.reach, posts.posts, posts.crossings, posts.profile), strict=True
    ):
        pd.testing.assert_frame_equal(before, after)


# ---- the map ----------------------------------------------------------------------------------


def write(plan_map):
    page = io.BytesIO()
    plan_map.save(page, close_file=False)
    return page.getvalue().decode()


def test_runs_of_the_line_say_their_state_and_what_is_seen(reach, posts, read_page_data):
    runs = read_page_data(map_plan(reach, posts=posts))["frontier"]
    assert [(run["from"], run["to"], run["state"]) for run in runs] == [
        (0, 12.5, "covered"), (12.5, 20, "unseen"), (20, 22, "open"), (22, 40, "covered"),
        (40, 44, "covered"), (44, 50, "open"), (50, 60, "covered"),
    ]  # fmt: skip
    assert [run["seen_km"] for run in runs] == [12.5, 0, 0, 18, 4, 0, 10]
    assert [run["seen_night_km"] for run in runs] == [10, 0, 0, 18, 0, 0, 0]
    assert [run["unknown_km"] for run in runs] == [0, 7.5, 0, 0, 0, 0, 0]
    assert runs[1]["reasons"] == {"UNSEEN": 7.5}
    assert all(run["line"] for run in runs)


def test_a_crossing_stands_at_its_own_place_or_on_the_line(reach, posts, read_page_data):
    on_line = read_page_data(map_plan(reach, posts=posts))["crossings"]
    assert on_line["lon"] == [4_100_000] * 2
    assert on_line["lat"] == pytest.approx([1e5 * (37 - at / 111) for at in (8.2, 47)], abs=2)
    places = gpd.GeoDataFrame(
        posts.crossings, geometry=[shapely.Point(41.1, 36.9), shapely.Point(41, 36.5)], crs=4326
    )
    own = read_page_data(map_plan(reach, posts=replace(posts, crossings=places)))["crossings"]
    assert own["lon"] == [4_110_000, 4_100_000]


def test_the_whole_line_and_each_post_are_told(reach, posts, read_page_data):
    data = read_page_data(map_plan(reach, posts=posts))
    assert data["held"]["see"] == "day"
    assert data["held"]["coarse_m"] is None
    assert data["held"]["seen_night_km"] == 28
    told = data["posts"]["told"]
    assert told["id"] == ["post-1", "old", "post-2"]
    assert told["height_m"] == [412, None, 388]
    assert (
        read_page_data(map_plan(reach, posts=make_plan(cell_m=9243.0)))["held"]["coarse_m"] == 9243
    )


def test_the_map_says_that_it_is_a_weak_barrier(reach, posts, read_page_data):
    for plan in (posts, make_plain(posts)):
        notes = read_page_data(map_plan(reach, posts=plan))["notes"]
        assert words("map", "ckb")["note_weak_barrier"] in [one["ckb"] for one in notes]
    assert "note_weak_barrier" not in str(read_page_data(map_plan(reach))["notes"])


def see_text(page, selector):
    return re.sub("[\u2066-\u2069]", "", page.inner_text(selector))


@pytest.mark.browser
def test_the_panel_and_the_cards_say_what_is_told(visit, reach, posts):
    page = visit(map_plan(reach, posts=posts))
    said = see_text(page, "#posts")
    assert words("map", "en")["barrier_day"] in said
    assert re.search(r"Seen by night\s+28 of 60 km", said)
    assert re.search(r"Widest hole\s+9.5 km, from km 12.5", said)
    assert words("map", "en")["stretch_unseen"] in page.inner_text("#legend")
    assert re.search(r"Stand already\s+1", page.inner_text("#legend"))
    page.fill("#search", "post-1")
    page.keyboard.press("Enter")
    card = see_text(page, "#details")
    for fact in (r"Behind the line\s+0.6 km", r"Nearest post\s+post-2 · 31.1 min",
                 r"Border crossing\s+Gate", r"Nearest town\s+Sinjar · 15.5 min",
                 r"MGRS\s+37SGV1234567890"):  # fmt: skip
        assert re.search(fact, card), fact
    page.click("#details .link >> text=Gate")
    assert re.search(r"From it to the post\s+0.8 km", see_text(page, "#details"))
    page.fill("#search", "Bare")
    page.keyboard.press("Enter")
    assert words("map", "en")["no_post_near"] in page.inner_text("#details")


@pytest.mark.browser
@pytest.mark.parametrize("code", sorted(DEFAULT_LANGUAGES))
def test_every_language_fits_a_phone_and_leaves_no_word_untold(visit, reach, code):
    page = visit(map_plan(reach, posts=make_plan(cell_m=9243.0)), width=390)
    page.click(f"[data-code={code}]")
    page.fill("#search", "post-1")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shown = page.inner_text("body")
    assert not re.search(r"[a-z]_[a-z]|\{|undefined|NaN|null", shown)
    assert words("map", code)["coarse_heights"].split("{")[0].strip() in shown
