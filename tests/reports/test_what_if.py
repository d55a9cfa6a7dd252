"""A report says what other states come to: the same numbers in every format, and no secret."""

import csv
import io
import math
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from boxreach import InputError, Redaction
from boxreach.languages import LANGUAGES, words
from boxreach.report import render_report, write_report
from boxreach.report.alternatives import Alternatives, prepare_what_if, sites_in
from boxreach.report.changes import prepare_scenario_areas
from boxreach.report.figures import governorate_namer
from boxreach.report.geography import draw_layers
from boxreach.report.listings import list_tables
from boxreach.report.pack import FORMATS, write_pack
from boxreach.report.page import render_article
from boxreach.report.pdf import write_pdf
from boxreach.report.storage import dump_report, load_report
from boxreach.report.withheld import withhold
from boxreach.report.wording import Wording
from boxreach.scenarios import Comparison, Criticality, Opening, Robustness
from boxreach.text import show_controls

pytestmark = pytest.mark.slow

AREAS = ("Anbar", "Ninewa")


def frame(rows, shapes, **index):
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=4326, **index)


def points(count, lon=43.0):
    return gpd.points_from_xy(lon + np.arange(count) / 100, [36.0] * count)


def make_comparison(names=("Old bridge closed", "Rain at night"), places=12):
    """Two scenarios: one in which the even places lose reach, one in which all are later."""
    people = [1000.0 + i for i in range(places)]
    within = sum(people)
    base = {"minutes": 30.0, "boxes": 5, "people": within + 500, "within": within,
            "share": within / (within + 500), "gained": 0.0, "lost": 0.0, "returned": 0.0,
            "left": 0.0, "returned_within": 0.0, "left_within": 0.0, "net": 0.0,
            "places_gained": 0, "places_lost": 0, "median_minutes": 12.5,
            "slower_minutes": 0.0}  # fmt: skip
    lost = sum(people[::2])
    cut = base | {"lost": lost, "gained": 77.0, "net": 77 - lost, "within": within + 77 - lost,
                  "share": (within + 77 - lost) / (within + 500), "places_lost": (places + 1) // 2,
                  "places_gained": 1, "median_minutes": 31.25, "slower_minutes": 4.5,
                  "boxes": 4}  # fmt: skip
    slow = base | {"median_minutes": float("nan"), "slower_minutes": 7.75}
    rows, boxes, areas = [], [], []
    for at, name in enumerate(names):
        for i in range(places):
            out = at == 0 and i % 2 == 0
            rows.append({
                "scenario": name, "community_id": f"c{i}", "name": f"Place {i}",
                "area": AREAS[i % 2], "people_before": people[i], "people": people[i],
                "covered_before": True, "covered": not out, "site_id_before": "S1",
                "site_id": "" if out else "S2", "minutes_before": 12.25,
                "minutes": float("nan") if out else 18.125, "reason": "ISOLATED" if out else "",
                "change": "lost" if out else "slower",
            })  # fmt: skip
        for at_area, area in enumerate(AREAS):
            mine = sum(people[at_area::2])
            gone, come = (mine, 77.0) if at == 0 and at_area == 0 else (0.0, 0.0)
            areas.append({"scenario": name, "area": area, "people": mine + 250,
                          "within_before": mine, "within_after": mine + come - gone,
                          "gained": come, "lost": gone, "returned_within": 0.0,
                          "left_within": 0.0, "net": come - gone})  # fmt: skip
        boxes += [
            {"scenario": name, "site_id": "S1", "people_before": 900.0, "people": 0.0,
             "change": "lost" if at == 0 else "same"},
            {"scenario": name, "site_id": "Q1", "people_before": 800.0, "people": 850.0,
             "change": "same"},
        ]  # fmt: skip
    says = [
        {"scenario": names[0], "field": "closures", "says": "bridge-7"},
        {"scenario": names[0], "field": "lost", "says": "S1"},
        {"scenario": names[1], "field": "condition", "says": "night-rain"},
        {"scenario": names[1], "field": "speed_factor", "says": "track 0.4, all 0.8"},
    ]
    table = pd.DataFrame([base, cut, slow], index=pd.Index(["base", *names], name="scenario"))
    return Comparison(
        table, pd.DataFrame(areas), frame(rows, points(len(rows))),
        frame(boxes, points(len(boxes))), assumptions=pd.DataFrame(says),
    )  # fmt: skip


def loss(lost, places, mending="M1", mended=300.0, next_site="S2"):
    return {"people_lost": lost, "places_lost": places, "people_slower": 120.0,
            "slower_minutes": 3.375, "next_site_id": next_site if lost else "",
            "next_minutes": 41.0625 if lost else float("nan"), "mending_site_id": mending,
            "people_mended": mended if mending else 0.0}  # fmt: skip


def make_criticality(names=("Old bridge", "Iron bridge", "Highway 1"), roads=3):
    kinds = ("bridge", "bridge", "road", "crossing")
    rows = [
        {"name": names[i % len(names)], "kind": kinds[i % 4], "road_class": "trunk"}
        | (loss(5000.0 - i, 4) if i % 3 != 1 else loss(0.0, 0, "", 0.0))
        for i in range(roads)
    ]
    # Even ones are lines, odd ones points.
    shapes = [
        shapely.LineString([(43.1234567, 36.3 + i / 100), (43.2, 36.4)]) if i % 2 == 0
        else shapely.Point(43.345678, 36.5 + i / 100)
        for i in range(roads)
    ]  # fmt: skip
    sites = [
        {"name": "Box one", "people_within": 4000.0} | loss(2100.0, 3),
        {"name": "Post Q", "people_within": 900.0} | loss(10.0, 1, "Q1", 5.0, "Q1"),
    ]
    lost = [
        {"feature_id": "r0", "what": "road", "community_id": "c1", "people": 2500.0,
         "site_id_before": "S1", "minutes_before": 12.5, "site_id": "", "minutes": float("nan")},
        {"feature_id": "r0", "what": "road", "community_id": "c2", "people": 2501.0,
         "site_id_before": "S1", "minutes_before": 13.5, "site_id": "Q1", "minutes": 44.25},
        {"feature_id": "Q1", "what": "site", "community_id": "c3", "people": 10.0,
         "site_id_before": "Q1", "minutes_before": 9.5, "site_id": "S2", "minutes": 33.5},
    ]  # fmt: skip
    return Criticality(
        frame(rows, shapes, index=pd.Index([f"r{i}" for i in range(roads)], name="feature_id")),
        frame(sites, points(2), index=pd.Index(["S1", "Q1"], name="site_id")),
        pd.DataFrame(lost), 30.0, 60.0, 20_000.0, 15_000.0,
    )  # fmt: skip


def make_opening(names=("Fifth bridge", "Northern road")):
    alone = [
        {"name": names[0], "reason": "destroyed", "people_regained": 7001.0,
         "places_regained": 9, "quicker_minutes": 2.125, "cost_usd": 1_500_000.0},
        {"name": names[1], "reason": "mined", "people_regained": 40.0, "places_regained": 1,
         "quicker_minutes": 0.5, "cost_usd": float("nan")},
    ]  # fmt: skip
    together = pd.DataFrame(
        {"closure_id": ["k1", "k2"], "people_gained": [7001.0, 999.0],
         "people_regained": [7001.0, 8000.0]},
        index=pd.Index([1, 2], name="rank"),
    )  # fmt: skip
    shapes = [shapely.LineString([(43.111111, 36.3), (43.15, 36.35)]), shapely.Point(43.777777, 36)]
    table = frame(alone, shapes, index=pd.Index(["k1", "k2"], name="closure_id"))
    return Opening(table, together, 30.0, 15_000.0, 23_000.0)


def make_robustness(names=("By cover", "By the worst draw"), draws=40):
    rng = np.random.default_rng(5)
    rows, table = [], []
    for at, name in enumerate(names):
        within = np.round(15_000 - 900 * at + 600 * rng.standard_normal(draws))
        best = within + rng.integers(0, 300, draws)
        rows += [
            {"draw": i, "plan": name, "people": 20_000.0, "within": within[i],
             "regret": best[i] - within[i], "best": best[i]}
            for i in range(draws)
        ]  # fmt: skip
        low, median, high = np.percentile(within, [5, 50, 95])
        table.append({"point": 15_500.0 - 900 * at, "mean": within.mean(), "low": low,
                      "median": median, "high": high, "worst": within.min(),
                      "share_mean": within.mean() / 20_000, "regret_mean": 140.25,
                      "regret_high": 288.5, "best_in": 0.175})  # fmt: skip
    areas = [
        {"plan": name, "area": area, "low": 5000.0, "median": 6000.0, "high": 7000.0}
        for name in names for area in AREAS
    ]  # fmt: skip
    chosen = frame(
        {"chosen": [0.95, 0.4, 0.0, 0.1], "in_plan": [True, False, False, False],
         "name": ["Alpha", "Beta", "Gamma", "Q"]},
        points(4), index=pd.Index(["S1", "M1", "M2", "Q1"], name="site_id"),
    )  # fmt: skip
    factors = pd.DataFrame({"draw": range(draws)})
    return Robustness(
        pd.DataFrame(table, index=pd.Index(names, name="plan")), pd.DataFrame(rows), chosen,
        factors, pd.DataFrame(areas), 30.0, 7, {"primary": (0.6, 1.0), "track": (0.25, 0.9)},
    )  # fmt: skip


@dataclass(frozen=True)
class Rounds:
    """As compare_rounds returns it."""

    comparison: Comparison
    steps: pd.DataFrame
    plan: object = None


def make_rounds():
    """Two rounds: in the second one people came back, and left."""
    found = make_comparison(names=("2017-11-30", "2018-02-28"), places=6)
    table = found.table.iloc[[0, 1]].set_axis(["2017-11-30", "2018-02-28"])
    table.iloc[1, [table.columns.get_loc(one) for one in ("returned", "left")]] = 900.0, 400.0
    for one, count in (("returned_within", 700.0), ("left_within", 300.0)):
        table.iloc[1, table.columns.get_loc(one)] = count
    table.iloc[1, table.columns.get_loc("net")] += 400.0
    table.iloc[1, table.columns.get_loc("within")] += 400.0
    areas = found.areas.iloc[:2].assign(scenario="2018-02-28")
    areas.loc[0, ["returned_within", "left_within"]] = 700.0, 300.0
    areas.loc[0, ["net", "within_after"]] += 400.0
    because = ["roads", "boxes", "people", "", "roads", ""]
    places = found.places.iloc[:6].assign(scenario="2018-02-28", because=because)
    boxes = found.boxes.iloc[:2].assign(scenario="2018-02-28")
    within = table["within"].tolist()
    steps = pd.DataFrame(
        {"within": [within[0], within[0] - 1500, within[0] - 1400, within[1]],
         "gained": [0.0, 0.0, 100.0, 0.0],
         "lost": [0.0, 1500.0, 0.0, within[0] - 1400 - within[1]]},
        index=pd.Index(["before", "roads", "boxes", "people"], name="step"),
    )  # fmt: skip
    return Rounds(Comparison(table, areas, places, boxes), steps)


def tell(report, **found):
    """Return a report with what was found of other states."""
    names = {one.site_id: one.name for one in (*report.plan.sites, *report.ground.boxes)}
    rows = [
        {"name": one.name.text}
        | {f"name_{code}": text for code, text in one.name.translations.items()}
        for one in report.ground.places
    ]
    ids = [one.community_id for one in report.ground.places]
    reach = gpd.GeoDataFrame(rows, geometry=points(len(rows)), index=ids)
    told = prepare_what_if(Alternatives(**found), reach, names, governorate_namer(None))
    return replace(report, what_if=told)


EVERY = {"comparison": make_comparison, "criticality": make_criticality, "opening": make_opening,
         "robustness": make_robustness, "rounds": make_rounds}  # fmt: skip
SECTIONS = ("what_if", "what_if_critical", "what_if_opening", "what_if_robustness",
            "what_if_rounds")  # fmt: skip
TABLES = {
    "scenarios", "scenario_areas", "scenario_places", "scenario_boxes", "critical_roads",
    "critical_sites", "critical_places", "opening", "opening_order", "robustness",
    "robustness_areas", "robustness_sites", "speed_ranges", "robustness_draws", "rounds",
    "round_steps", "round_areas", "round_places", "round_boxes",
}  # fmt: skip


@pytest.fixture(scope="session")
def told(make_report):
    """A report with all that can be told of other states."""
    return tell(make_report(), **{name: make() for name, make in EVERY.items()})


def sections_of(html):
    """Return the text of each section on other states, and its tables by their captions."""
    root = ET.fromstring(f"<a>{html.replace('<br>', ' <br/>')}</a>")
    return {
        name: section
        for section in root.iter("section")
        if (name := section.get("id", "").partition("-")[2]) in SECTIONS
    }


def article(report, language="en", digits="latn"):
    return show_controls(str(render_article(report, Wording(language, digits))))


def text_of(element):
    return " ".join("".join(element.itertext()).split())


def rows_of(table):
    return [[text_of(cell) for cell in row] for row in table.iter("tr")]


def tables_of(section):
    return [rows_of(one) for one in section.iter("table")]


def number(text):
    return float(text.replace(",", "").rstrip("%"))


# --- what it says -----------------------------------------------------------------------------


def test_the_page_says_what_scenarios_come_to(told):
    first, areas, places, *_ = tables_of(sections_of(article(told))["what_if"])
    given = make_comparison().table
    assert [row[0].split(" closed: ")[0] for row in first[2:3]] == ["Old bridge closed"]
    assert first[1][0] == "Base: the state planned for"
    for row, (_, expected) in zip(first[1:], given.iterrows(), strict=True):
        assert [number(one) for one in row[1:4]] == [30, expected["boxes"], expected["within"]]
        assert abs(number(row[4]) - 100 * expected["share"]) < 0.051
    assert [number(one) for one in first[2][5:8]] == [77, 6030, -5953]
    assert first[2][8:] == ["31.3", "4.5"]
    assert first[3][8] == "–"  # nobody knows the median
    assert areas[1][:5] == ["Anbar", "6,280", "6,030", "77", "6,030"]
    assert areas[-1][0] == "Total"
    assert [number(one) for one in areas[-1][3:5]] == [77, 6030]
    assert places[1][:4] == ["Sinjar سنجار شنگال Şingal", "Anbar", "loses reach", "1,010"]
    assert places[1][4:] == ["Sinjar, 12.3 minutes", "no way"]


def test_gained_less_lost_is_the_net_and_columns_make_their_totals(told):
    for rows in (told.what_if.scenarios[1:], told.what_if.rounds[1:], told.what_if.areas,
                 told.what_if.round_areas):  # fmt: skip
        for row in rows:
            assert row.gained - row.lost + row.returned_within - row.left_within == row.net
    base, *others = told.what_if.scenarios
    assert all(row.within == base.within + row.net for row in others)
    for row in others:
        areas = [one for one in told.what_if.areas if one.scenario == row.scenario]
        for name in ("total", "before", "after", "gained", "lost", "net"):
            values = [getattr(one, name) for one in areas]
            assert sum(values[:-1]) == values[-1], name
        assert (areas[-1].after, areas[-1].net) == (row.within, row.net)


@given(
    people=st.lists(st.floats(0, 1e6), min_size=2, max_size=8),
    shares=st.lists(st.floats(0, 1), min_size=8, max_size=8),
)
@settings(deadline=None, max_examples=60)
def test_fractions_of_people_are_rounded_so_that_all_adds_up(people, shares):
    gained = [one * share for one, share in zip(people, shares, strict=False)]
    lost = [one * (1 - share) / 2 for one, share in zip(people, shares, strict=False)]
    net = [one - other for one, other in zip(gained, lost, strict=True)]
    areas = pd.DataFrame({
        "scenario": "x", "area": [f"a{i}" for i in range(len(people))], "people": people,
        "within_before": people, "within_after": np.add(people, net), "gained": gained,
        "lost": lost, "net": net,
    })  # fmt: skip
    compared = Comparison(areas, areas, areas, areas)  # only the areas are asked for
    *rows, total = prepare_scenario_areas(compared, governorate_namer(None))
    for name in ("total", "before", "after", "gained", "lost", "net"):
        assert sum(getattr(one, name) for one in rows) == getattr(total, name)
    assert all(one.gained - one.lost == one.net for one in (*rows, total))
    assert abs(total.gained - math.fsum(gained)) < 1 + 1e-6
    assert abs(total.after - math.fsum([*people, *net])) <= 0.5 + 1e-6


def test_roads_stand_by_whom_they_lose_and_an_even_detour_is_in_the_tables_alone(make_report):
    report = tell(make_report(), criticality=make_criticality(roads=40))
    roads = report.what_if.roads
    lost = [one.loss.lost for one in roads]
    assert lost == sorted(lost, reverse=True)
    ties = [(one.kind != "bridge", one.feature_id) for one in roads if not one.loss.lost]
    assert ties == sorted(ties)
    assert len({road for road, _ in ties}) == 2
    table = tables_of(sections_of(article(report))["what_if_critical"])[0]
    assert len(table) == 21
    assert all(number(row[2]) > 0 for row in table[1:])
    assert table[1][1:] == ["Old bridge bridge, trunk", "5,000", "4", "120", "3.4",
                            "Tal Afar, 41.1 minutes", "M1 Brought back: 300"]  # fmt: skip
    text = text_of(sections_of(article(report))["what_if_critical"])
    assert "Looked at: 40. Without 27 of them somebody loses reach" in text
    assert "Listed here: 20 of 27" in text


def test_boxes_say_who_serves_then_and_what_mends(told):
    table = tables_of(sections_of(article(told))["what_if_critical"])[1]
    assert table[1] == ["1", "Box one", "4,000", "2,100", "3", "120", "3.4",
                        "Tal Afar, 41.1 minutes", "Beta Brought back: 300"]  # fmt: skip


def test_without_candidates_nothing_mends_and_nobody_is_said_to(make_report):
    found = make_criticality()
    roads, sites = (
        one.assign(mending_site_id="", people_mended=0.0) for one in (found.roads, found.sites)
    )
    bare = Criticality(roads, sites, found.lost, 30.0, 60.0, found.total, found.within)
    report = tell(make_report(), criticality=bare)
    section = sections_of(article(report))["what_if_critical"]
    assert "Mended" not in text_of(section)
    assert all(len(row) == 7 for row in tables_of(section)[0])


def test_a_pair_that_only_helps_together_says_what_the_pair_adds(make_report):
    found = make_opening()
    together = pd.DataFrame(
        {"closure_id": ["k1", "k2"], "people_gained": [90.4, 90.4],
         "people_regained": [90.4, 90.4]},
        index=[1, 1],
    )  # fmt: skip
    pair = Opening(found.alone, together, 30.0, 0.0, 90.4)
    steps = tell(make_report(), opening=pair).what_if.order
    assert [(one.rank, one.gained, one.regained) for one in steps] == [(1, 90, 90), (1, 90, 90)]


def test_openings_add_up_one_after_another(told):
    alone, order = tables_of(sections_of(article(told))["what_if_opening"])
    assert alone[1][1:] == ["Fifth bridge", "destroyed", "7,001", "9", "2.2", "$1,500,000"]
    assert alone[2][-1] == "unknown"
    assert [row[2:] for row in order[1:]] == [["7,001", "7,001"], ["999", "8,000"]]
    assert "15,000 people are within 30 minutes" in text_of(
        sections_of(article(told))["what_if_opening"]
    )


def test_robustness_tells_nine_draws_in_ten_and_draws_each(told):
    section = sections_of(article(told))["what_if_robustness"]
    table = tables_of(section)[0]
    for row, (_, expected) in zip(table[1:], make_robustness().table.iterrows(), strict=True):
        names = ("point", "low", "median", "high", "mean", "worst")
        assert [number(one) for one in row[1:7]] == [round(expected[one]) for one in names]
    chart = section.find(".//svg[@class='chart draws']")
    strokes = chart.findall("path[@class='stroke']")
    assert len(strokes) == len(chart.findall("rect[@class='spread']")) == 2
    drawn = make_robustness().draws.groupby("plan", sort=False)["within"].nunique()
    assert all(
        0.5 * count < one.get("d").count("M") <= count
        for one, count in zip(strokes, drawn, strict=True)
    )
    text = text_of(section)
    assert "Draws: 40" in text
    assert "Modelled: the ranges are assumptions" in text


def test_a_chart_of_draws_that_are_all_the_same_has_room(make_report):
    found = make_robustness(draws=3)
    found.draws[["within", "best"]] = 0.0
    found.table[["point", "low", "median", "high", "worst", "mean"]] = 0.0
    html = article(tell(make_report(), robustness=found))
    assert "nan" not in html.split("what_if_robustness")[-1]


def test_rounds_tell_who_came_back_and_what_did_it(told):
    section = sections_of(article(told))["what_if_rounds"]
    first, steps, areas, places, boxes = tables_of(section)
    assert [row[0] for row in first[1:]] == ["2017-11-30", "2018-02-28"]
    assert first[2][8:10] == ["700", "300"]
    assert [row[0] for row in steps[1:]] == ["before", "roads", "boxes", "people"]
    withins = [number(row[-1]) for row in steps[1:]]
    assert withins[-1] == number(first[2][4])
    for row, before, after in zip(steps[2:], withins, withins[1:], strict=False):
        assert before + number(row[1]) - number(row[2]) == after
    assert areas[0][5:7] == ["More people, within reach", "Fewer people, within reach"]
    assert {row[3] for row in places[1:]} == {"", "roads", "boxes", "people"}
    assert boxes[0][1:] == ["Change", "People, before", "People, after"]


def test_each_section_is_labelled_as_modelled_and_only_there_where_asked(make_report):
    bare = make_report()
    assert sections_of(article(bare)) == {}
    for (name, make), section in zip(EVERY.items(), SECTIONS, strict=True):
        found = sections_of(article(tell(bare, **{name: make()})))
        assert [*found] == [section]
        for tag in found[section].iter("span"):
            if tag.get("class") == "tag":
                assert text_of(tag) == "modelled"
                break
        else:
            pytest.fail(section)


# --- languages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(1, "ضمن دقيقة واحدة"), (2, "ضمن دقيقتين"), (3, "ضمن 3 دقائق"), (30, "ضمن 30 دقيقة")],
)
def test_arabic_minutes_take_their_form(told, minutes, said):
    sums = replace(told.what_if.critical, minutes=float(minutes))
    report = replace(told, what_if=replace(told.what_if, critical=sums))
    assert said in text_of(sections_of(article(report, "ar"))["what_if_critical"])


def test_figures_come_in_the_digits_of_the_reader_and_ids_do_not(told):
    for language in ("ar", "ckb"):
        for name, section in sections_of(article(told, language, "arab")).items():
            for parent in section.iter():
                for child in [one for one in parent if kept(one)]:
                    child.text = ""
            assert not re.search("[0-9]", text_of(section)), (language, name)
    for language in ("en", "kmr"):
        for section in sections_of(article(told, language, "arab")).values():
            assert not re.search("[٠-٩]", text_of(section))


def kept(element):
    """Tell whether an element holds what somebody typed, or an id."""
    typed = element.tag == "bdi" and element.get("dir") is None
    return typed or element.get("class") == "code"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_said_in_the_language(told, language):
    said, english = words("report", language), words("report", "en")
    mine = [key for key in english if key.startswith(("what_if", "heading_what_if"))]
    for key in mine:
        assert set(re.findall(r"{\w+}", said[key])) == set(re.findall(r"{\w+}", english[key])), key
        if language != "en":
            assert said[key] != english[key] or key == "what_if_plan", key
    html = article(told, language)
    for section in sections_of(html).values():
        text = text_of(section)
        assert not re.search(r"what_if_|[{}]", text)
    tables = [one for one in list_tables(told, Wording(language)) if one.key in TABLES]
    assert {one.key for one in tables} == TABLES
    for table in tables:
        assert 0 < len(table.title) <= 31
        heads = [one.title for one in table.columns]
        assert len({*heads}) == len(heads), table.key
        cells = {str(cell) for row in table.rows for cell in row}
        assert not any("what_if" in one for one in {*heads, *table.notes, *cells})


# --- every format says the same ---------------------------------------------------------------


def test_tables_hold_the_figures_of_the_report(told):
    tables = {one.key: one for one in list_tables(told, None)}

    def column(key, name):
        at = [one.key for one in tables[key].columns].index(name)
        return [row[at] for row in tables[key].rows]

    what_if = told.what_if
    assert column("scenarios", "scenario")[0] == "base"
    assert column("scenarios", "lost") == [one.lost for one in what_if.scenarios]
    assert column("scenario_areas", "net") == [one.net for one in what_if.areas if one.name]
    assert column("critical_roads", "feature_id") == ["r0", "r2", "r1"]
    assert column("critical_roads", "mended") == [one.loss.mended for one in what_if.roads]
    assert column("critical_places", "of_id") == ["r0", "r0", "Q1"]
    assert column("critical_places", "place_id") == ["c2", "c1", "c3"]
    assert column("opening_order", "people_regained") == [7001, 8000]
    assert column("robustness_draws", "within") == [one.within for one in what_if.draws]
    assert column("robustness_sites", "chosen") == [0.95, 0.4, 0.1]
    assert column("round_places", "because").count("roads") == 2
    assert "because" not in [one.key for one in tables["scenario_places"].columns]


@pytest.fixture(scope="module")
def pack(told, tmp_path_factory):
    """The pack of all that is told, in two languages, in every format that can be written."""
    folder = tmp_path_factory.mktemp("whole") / "pack"
    here = [name for name, one in FORMATS.items() if not one.missing and name != "pdf"]
    bare = replace(told, sheets=())
    write_pack(folder, bare, formats=here, languages=("en", "ar"), digits="latn")
    return folder


def test_workbook_and_csv_say_every_cell(told, pack):
    book = openpyxl.load_workbook(pack / "report.ar.xlsx")
    tables = list_tables(replace(told, sheets=()), Wording("ar"))
    for table, sheet in zip(tables, book.worksheets[1:], strict=True):
        if table.key not in TABLES:
            continue
        rows = [*sheet.iter_rows(min_row=2, values_only=True)]
        for cells, row in zip(rows, table.rows, strict=False):
            for cell, value in zip(cells, row, strict=False):
                assert same(cell, value), (table.key, row)
    for table in list_tables(told, None):
        if table.key not in TABLES:
            continue
        text = (pack / "tables" / f"{table.key}.csv").read_text("utf-8-sig")
        heads, *rows = csv.reader(io.StringIO(text, newline=""))
        assert heads == [one.key for one in table.columns]
        for cells, row in zip(rows, table.rows, strict=True):
            for cell, value in zip(cells, row, strict=True):
                if isinstance(value, float | int) and not isinstance(value, bool):
                    assert float(cell) == value
                else:
                    assert cell == ("" if value is None else str(value))


def same(cell, value):
    if isinstance(value, float):
        return math.isclose(cell, value, rel_tol=1e-15)
    return cell == (value if value != "" else None)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_word_says_every_table_of_the_page(told, pack, language):
    docx = pytest.importorskip("docx", reason="python-docx, of the extra `word`, is not installed")
    if FORMATS["docx"].missing:
        pytest.skip("what draws its pictures is not installed")
    document = docx.Document(pack / f"report.{language}.docx")
    written = [
        [bare("".join(cell.text for cell in row.cells)) for row in table.rows]
        for table in document.tables
    ]
    for section in sections_of(article(told, language)).values():
        for table in section.iter("table"):
            cells = [bare(text_of(one)) for one in table.iter() if one.tag in {"td", "th"}]
            assert any(holds(one, cells) for one in written), cells[:8]


def bare(text):
    return re.sub(r"\s+|\u200e", "", text)


def holds(rows, cells):
    """Tell whether a table holds cells, one after another; a wide one may come again."""
    whole, at = "".join(rows), 0
    for cell in cells:
        at = whole.find(cell, at)
        if at < 0:
            return False
        at += len(cell)
    return True


@pytest.mark.skipif(FORMATS["pdf"].missing, reason="WeasyPrint or its Pango is not installed")
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils are not installed")
@pytest.mark.release
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_pdf_says_every_figure_of_the_page(told, tmp_path, language):
    bare_report = replace(told, sheets=())
    write_pdf(tmp_path / "a.pdf", bare_report, Wording(language))
    done = subprocess.run(
        ["pdftotext", str(tmp_path / "a.pdf"), "-"], capture_output=True, text=True, check=True
    )
    found = re.sub("[\u202a-\u202e\u2066-\u2069]", "", done.stdout)
    for section in sections_of(article(told, language)).values():
        for table in section.iter("table"):
            for cell in table.iter("td"):
                for figure in re.findall(r"\d[\d,.]*", text_of(cell)):
                    assert figure.rstrip(".,") in found


def test_layers_hold_roads_by_whom_they_lose_and_no_box(told, pack):
    layers = {one.key: one for one in draw_layers(told, Wording("en"))}
    roads, places = layers["critical_roads"].frame, layers["critical_points"].frame
    assert roads.index.tolist() == ["r0", "r2"]
    assert places.index.tolist() == ["r1"]
    assert layers["critical_roads"].outside == (True, True)
    assert layers["critical_points"].outside == (False,)
    assert roads["lost"].tolist() == [5000, 4998]
    assert "Lose reach: 5,000" in layers["critical_roads"].told[0]
    assert "Serves them then: Tal Afar (S2)" in layers["critical_roads"].told[0]
    assert layers["closed_roads"].frame["people_regained"].tolist() == [7001]
    assert "Cost: $1,500,000" in layers["closed_roads"].told[0]
    kept = gpd.read_file(pack / "report.gpkg", layer="critical_roads")
    assert kept.geometry.iloc[0].equals(roads.geometry.iloc[0])
    assert kept["lost"].tolist() == [5000, 4998]
    tree = ET.parse(pack / "report.ar.kml")
    folders = [one.get("id") for one in tree.iter("{http://www.opengis.net/kml/2.2}Folder")]
    assert {"critical_roads", "critical_points", "closed_roads", "closed_points"} <= {*folders}
    assert "43.123457" not in (pack / "report.gpx").read_text("utf-8")


# --- kept, and withheld -----------------------------------------------------------------------


def test_it_comes_back_from_json_as_it_was_a_row_a_line(told):
    data = dump_report(told)
    assert load_report(data) == told
    lines = data.decode().splitlines()
    assert max(map(len, lines)) < 3000
    assert sum('"feature_id": "r0"' in one for one in lines) == 1


@pytest.mark.parametrize(("version", "lacks"), [(1, ("what_if", "compared")), (2, ("compared",))])
def test_a_report_of_a_version_before_is_read(make_report, version, lacks):
    data = dump_report(make_report())
    old = data.replace(b'"version": 3', b'"version": %d' % version)
    for key in lacks:
        shorter = re.sub(rb',\s*"%s": null' % key.encode(), b"", old)
        assert shorter != old
        old = shorter
    assert load_report(old) == make_report()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"change": "slower"', '"change": "<b>"', "change of a place '<b>'"),
        ('"change": "same"', '"change": "x"', "change of a box 'x'"),
        ('"kind": "bridge"', '"kind": "x"', "kind of road 'x'"),
        ('"because": "roads"', '"because": "x"', "step 'x'"),
        ('"rounds_unit": "people"', '"rounds_unit": "x"', "unit 'x'"),
    ],
)
def test_codes_that_no_report_has_are_refused(told, old, new, said):
    data = dump_report(told).decode()
    assert old in data
    with pytest.raises(InputError, match=re.escape(said)):
        load_report(data.replace(old, new).encode())


SECRETS = ("r0", "r1", "Old bridge\"", "Iron bridge", "43.1234", "43.3456", "43.1111", "43.7777",
           "Post Q", "Q1", "bridge-7")  # fmt: skip


@pytest.mark.parametrize("redaction", [Redaction(), Redaction(round_km=10)])
def test_a_public_report_tells_no_critical_road_and_no_post(told, redaction):
    whole = dump_report(told).decode()
    assert [one for one in SECRETS if one.strip('"') not in whole] == []
    public = withhold(told, redaction)
    data = dump_report(public).decode()
    assert [one for one in SECRETS if re.search(rf"(?<!\w){re.escape(one)}", data)] == []
    assert withhold(public, redaction) == public
    assert [one.loss.lost for one in public.what_if.roads] == [5000, 4998, 0]
    assert [one.site_id for one in public.what_if.sites] == ["S1"]
    assert public.what_if.critical.sites == 1
    for language in LANGUAGES:
        section = sections_of(article(public, language))["what_if_critical"]
        assert words("report", language)["what_if_roads_withheld"] in text_of(section)


@pytest.mark.parametrize("redaction", [Redaction(), Redaction(round_km=10)])
def test_a_public_report_tells_no_candidate_as_the_map_tells_none(told, redaction):
    """One stands at its place, and may be called by it."""
    assert not all(one.in_plan for one in told.what_if.chosen)
    public = withhold(told, redaction)
    assert [one.chosen for one in public.what_if.chosen] == [
        one.chosen for one in told.what_if.chosen if one.in_plan
    ]
    boxes = {one.site_id for one in (*told.ground.boxes, *told.plan.sites)}
    mending = {one.loss.mending_site_id for one in public.what_if.sites}
    assert mending <= {"", *boxes}
    assert {one for one, _ in public.what_if.names} <= sites_in(public.what_if)
    for language in LANGUAGES:
        section = text_of(sections_of(article(public, language))["what_if_robustness"])
        assert words("report", language)["what_if_chosen_withheld"] in section


def test_shares_of_usual_speeds_above_all_of_it_are_told_as_they_are(told):
    ranges = (("all", 0.6, 1.1), ("track", 0.3, 1.0))
    robust = replace(told.what_if.robust, ranges=ranges)
    report = replace(told, what_if=replace(told.what_if, robust=robust))
    rows = tables_of(sections_of(article(report))["what_if_robustness"])[-1]
    assert rows[1:] == [["all", "60.0%", "110.0%"], ["track", "30.0%", "100%"]]


def test_no_file_of_a_public_pack_tells_a_critical_road(told, pack, tmp_path):
    here = [name for name, one in FORMATS.items() if not one.missing and name != "pdf"]
    public = withhold(replace(told, sheets=()), Redaction(round_km=10))
    write_pack(tmp_path / "public", public, formats=here, languages=("en", "ar"))
    secrets = re.compile(r"Iron bridge|43\.1234|43\.3456|43\.1111|43\.7777|Post Q")
    found = {name for name, text in texts_of(pack) if secrets.search(text)}
    for ending in (".html", ".json", ".csv", ".gpkg", ".geojson", ".kml", "sharedStrings.xml",
                   "document.xml"):  # fmt: skip
        assert any(name.endswith(ending) for name in found), ending
    left = {name for name, text in texts_of(tmp_path / "public") if secrets.search(text)}
    assert left == set()


def texts_of(folder):
    """Yield the text of every file of a pack, and of those packed in it."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        yield path.name, data.decode("utf-8", "ignore")
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for one in archive.namelist():
                    yield one, archive.read(one).decode("utf-8", "ignore")
        if path.suffix == ".gpkg":
            for layer in gpd.list_layers(path)["name"]:
                table = gpd.read_file(path, layer=layer)
                yield path.name, table.to_json()


def test_minutes_are_whole_where_boxes_are_rounded(told):
    public = withhold(told, Redaction(posts=False, round_km=5)).what_if
    places = [*public.places, *public.round_places, *public.lost]
    minutes = [one for row in places for one in (row.minutes_before, row.minutes)]
    minutes += [one.loss.next_minutes for one in public.sites]
    minutes += [one.median for one in public.scenarios]
    assert all(one is None or float(one).is_integer() for one in minutes)
    assert public.sites[1].site_id == "Q1"


def test_what_was_counted_on_the_frontier_goes_with_the_posts(make_report):
    found = make_criticality()
    lost = found.lost.rename(columns={"community_id": "segment_id"})
    line = Criticality(found.roads, found.sites, lost, 30.0, 60.0, 605.26, 300.14, "km")
    compared = make_comparison()
    km = Comparison(compared.table, compared.areas, compared.places, compared.boxes, unit="km")
    report = tell(make_report(), criticality=line, comparison=km)
    assert (report.what_if.critical.unit, report.what_if.critical.total) == ("km", 605.3)
    text = text_of(sections_of(article(report))["what_if_critical"])
    assert "300.1 of 605.3 km of the frontier" in text
    public = withhold(report, Redaction()).what_if
    assert public.critical is None
    assert public.scenarios == public.places == public.roads == public.sites == public.lost == ()


# --- whatever names hold ----------------------------------------------------------------------


def test_names_of_strangers_are_shown_as_typed_and_run_nothing(
    make_report, hostile_names, tmp_path
):
    # A table of text holds no half of a character.
    names = [one for one in hostile_names if "\ud800" not in one]
    count = len(names)
    assert count > 30
    report = tell(
        make_report(),
        comparison=make_comparison(names=(names[0], names[1])),
        criticality=make_criticality(names=names, roads=count),
        opening=make_opening(names=(names[2], names[3])),
        robustness=make_robustness(names=(names[4], names[5]), draws=5),
    )
    html = article(report)
    ET.fromstring(f"<a>{html.replace('<br>', '<br/>')}</a>")
    assert "<script" not in html
    assert "<img" not in html
    here = [one for one in ("xlsx", "csv", "kml", "gpkg", "docx", "json", "html")
            if not FORMATS[one].missing]  # fmt: skip
    write_pack(tmp_path / "pack", replace(report, sheets=()), formats=here, languages=("ar",))
    for sheet in openpyxl.load_workbook(tmp_path / "pack" / "report.ar.xlsx").worksheets:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    for path in (tmp_path / "pack" / "tables").iterdir():
        for row in csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")):
            assert not any(re.match(r"\s*[=+@]|\s*-(?![\d.])", cell) for cell in row), path.name
    ET.parse(tmp_path / "pack" / "report.ar.kml")
    shown = {one.name.text for one in report.what_if.roads}
    assert len(shown) > count / 2


# --- what is asked for ------------------------------------------------------------------------


def test_a_report_is_written_with_all_of_it(tmp_path):
    reach = gpd.GeoDataFrame(
        {"name": ["Alpha", "Beta"], "people": [1200, 300], "governorate": "West",
         "threshold_minutes": 30.0, "covered": [True, False], "minutes": [12.5, 41.0],
         "site_id": "b1", "reason": ["", "TOO_FAR"]},
        geometry=points(2), crs=4326, index=["c1", "c2"],
    )  # fmt: skip
    found = {name: make() for name, make in EVERY.items()}
    write_report(tmp_path / "pack", reach, formats=["json", "csv"], **found)
    report = load_report((tmp_path / "pack" / "report.json").read_bytes())
    assert report.what_if.lost[0].name.text == "Beta"
    assert dict(report.what_if.names)["S1"].text == "Alpha"
    html = render_report(reach, languages=("en",), **found)
    assert all(f'id="en-{one}"' in html for one in SECTIONS)


def test_what_is_no_such_thing_is_refused_all_at_once(tmp_path):
    with pytest.raises(InputError) as caught:
        write_report(tmp_path / "pack", None, comparison={}, criticality=1, opening="x",
                     robustness=[], rounds=3)  # fmt: skip
    message = str(caught.value)
    for one in ("compare()", "criticality()", "opening_value()", "robustness()",
                "compare_rounds()"):  # fmt: skip
        assert f"give what {one} returned" in message


def test_a_table_without_a_column_is_named(make_report):
    found = make_comparison()
    lame = Comparison(found.table.drop(columns="lost"), found.areas, found.places, found.boxes)
    with pytest.raises(InputError, match=r"comparison\.table"):
        tell(make_report(), comparison=lame)
