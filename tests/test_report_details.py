"""The report says beyond plan and gaps what the tables say, and nothing where there is none."""

import re
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import boxreach as br
from boxreach.accessibility import coverage_curves, density_quintiles, summarise, worst_places
from boxreach.errors import InputError
from boxreach.languages import DEFAULT_LANGUAGES, words
from boxreach.report import render_report
from boxreach.report.formatting import format_range
from boxreach.report.layers import MUST_NAMED
from boxreach.report.share_chart import COLOURS, MOST_NAMED
from boxreach.report.spots import SPOT_ROWS
from tests.test_report import (
    HOSTILE_BY_TURNS,
    MINUTES,
    Page,
    make_communities,
    make_reach,
    points,
    whole,
)

pytestmark = pytest.mark.slow

SECTIONS = ("spots", "distances", "standing", "others")


def make_clusters(count=SPOT_ROWS + 5):
    people = np.linspace(90_000.4, 100.3, count)
    far = np.arange(count) % 3 + 1
    none = np.arange(count) == 2
    return gpd.GeoDataFrame(
        {
            "name": [f"cell {i}" for i in range(count)],
            "governorate": ["Ninewa", "Anbar"] * (count // 2) + ["Anbar"] * (count % 2),
            "places": far + 1,
            "people": people,
            "places_unknown_people": 0,
            "too_far": far,
            "off_road": 1,
            "isolated": 0,
            "closed": 0,
            "spot_id": np.where(none, "", "s"),
            "people_gained": np.where(none, 0.0, people * 1.5),
            "nearest_community": [f"Town {i}" for i in range(count)],
            "nearest_community_ar": "بلدة",
            "near_km": np.where(np.arange(count) == 0, 0.2, 3.25),
        },
        geometry=points(count),
        crs=4326,
        index=pd.Index([f"gap-{i + 1:02d}" for i in range(count)], name="cluster_id"),
    )


@pytest.fixture
def reached():
    communities = make_communities().assign(
        displaced=[10.0, 20.4, np.nan, 5.0, 100.3, 7.0],
        must_reach=[True, True, False, False, True, False],
        area_km2=[100.0, 90.0, 80.0, 70.0, 60.0, 50.0],
    )
    return make_reach(communities, MINUTES, 30)


@pytest.fixture
def tables(reached):
    boxes = gpd.GeoDataFrame(
        {"governorate": ["Ninewa", "Ninewa", "Anbar"], "box_type": ["large", "large", "box"]},
        geometry=points(3),
        crs=4326,
    )
    types = [br.BoxType("box"), br.BoxType("large", vehicles=5, officers=40, cost_usd=1e6)]
    areas = summarise(
        reached, minutes=[15, 30, 60], people=["people", "displaced"], boxes=boxes, box_types=types
    )
    demand = pd.DataFrame(
        {
            "layer": ["pipes", "pipes", "pipes", "schools"],
            "unit": ["km", "km", "km", "schools"],
            "area": ["Anbar", "total", "total", "total"],
            "threshold_minutes": [30.0, 30.0, 60.0, 30.0],
            "total": [1.0, 1234.56, 1234.56, 40.0],
            "covered": [1.0, 234.5, 1234.56, 10.0],
            "uncovered": [0.0, 1000.06, 0.0, 30.0],
            "share": [1.0, 0.19, 1.0, 0.25],
        }
    )
    return {
        "areas": areas.reset_index(),
        "curves": coverage_curves(reached, step=5, up_to=80),
        "clusters": make_clusters(),
        "worst": worst_places(reached),
        "quintiles": density_quintiles(reached, minutes=[15, 30]),
        "demand": demand,
        "merging": SimpleNamespace(rows=8207, searched=3100, largest_change_minutes=0.4101),
    }


@pytest.fixture
def page(reached, tables):
    return Page(render_report(reached, **tables))


def sections(page, language="en"):
    ids = [attrs["id"] for tag, attrs in page.elements if tag == "section"]
    return [one.removeprefix(f"{language}-") for one in ids if one.startswith(f"{language}-")]


def at(areas, minutes):
    return areas[areas["threshold_minutes"] == minutes].set_index("governorate")


def test_clusters_add_up_with_their_rest(page, tables):
    clusters = tables["clusters"]
    rows = page.table("heading_spots")[1:]
    assert len(rows) == SPOT_ROWS + 2
    shown = [whole(row[3]) for row in rows[:SPOT_ROWS]]
    assert shown == pytest.approx(list(clusters["people"][:SPOT_ROWS]), abs=1)
    rest, total = rows[-2:]
    assert rest[1] == words("report", "en")["spots_rest"].format(clusters=5)
    assert sum(shown) + whole(rest[2]) == whole(total[2]) == round(clusters["people"].sum())
    assert whole(total[3]) == clusters["places"].sum()
    assert whole(rest[3]) == clusters["places"].iloc[SPOT_ROWS:].sum()
    gains = [whole(row[6]) for row in rows[:2]]
    assert gains == [round(one) for one in clusters["people_gained"].iloc[:2]]
    assert rows[0][7:] == ["34.00000", "43.00000"]


def test_a_cluster_is_called_after_the_community_near_it(page):
    rows = page.table("heading_spots")[1:]
    assert rows[0][1] == "Town 0 بلدة"  # 0.2 km off is there
    assert rows[1][1] == "Town 1 بلدة 3.2 km away"
    assert page.table("heading_spots", "ar")[1][1] == "بلدة Town 0"


def test_a_cluster_without_a_spot_gains_nothing_and_has_no_coordinates(page):
    said = words("report", "en")
    row = page.table("heading_spots")[3]
    assert row[5:] == [said["TOO_FAR"], said["no_spot"]]


def test_the_main_reason_is_that_of_the_most_places(reached):
    clusters = make_clusters(2).assign(off_road=[1, 7], too_far=[1, 2])
    rows = Page(render_report(reached, clusters=clusters, languages=["en"])).table("heading_spots")
    said = words("report", "en")
    assert [row[5] for row in rows[1:3]] == [said["TOO_FAR"], said["OFF_ROAD"]]
    assert len(rows) == 4  # no rest where all are shown


def test_clusters_of_unknown_people_say_unknown(reached):
    clusters = make_clusters(2).assign(people=0.0, people_gained=0.0)
    clusters["places_unknown_people"] = clusters["places"]
    rows = Page(render_report(reached, clusters=clusters, languages=["en"])).table("heading_spots")
    assert [row[3] for row in rows[1:3]] == ["unknown", "unknown"]


def test_clusters_say_their_threshold_only_if_they_have_one(reached):
    said = words("report", "en")["spots_minutes"].format(minutes=45)
    for clusters in (make_clusters(), make_clusters().assign(threshold_minutes=45.0)):
        text = Page(render_report(reached, clusters=clusters, languages=["en"])).text["en"]
        assert (said in text) == ("threshold_minutes" in clusters)


def test_clusters_are_those_that_the_library_finds():
    demo = br.load_demo()
    network = br.build_network(demo.roads, off_road_km=10)
    times = br.travel_times(network, demo.boxes, demo.communities)
    found = br.cluster_gaps(times, minutes=30)
    reached = br.reach(times, minutes=30)
    html = render_report(reached, clusters=found.clusters, languages=["en"])
    rows = Page(html).table("heading_spots")[1:]
    assert whole(rows[-1][2]) == round(found.gaps["people"].sum())
    assert whole(rows[-1][3]) == len(found.gaps)
    assert [row[1].split()[0] for row in rows[:3]] == [
        name.split()[0] for name in found.clusters["name"][:3]
    ]


def test_distances_are_those_of_the_summary(page, tables):
    table = at(tables["areas"], 30.0)
    rows = {row[0]: row[1:] for row in page.table("distances_title")[1:]}
    assert list(rows) == ["Anbar", "Ninewa", "Salah al-Din", "Total"]
    for name, cells in rows.items():
        row = table.loc["total" if name == "Total" else name]
        for cell, column in zip(
            cells[:3], ("median_minutes", "p90_minutes", "mean_minutes"), strict=True
        ):
            if np.isnan(row[column]):
                assert cell == "no way"
            else:
                assert row[column] - 1e-6 <= float(cell) < row[column] + 0.1
        assert whole(cells[3]) == round(row["people_without_way"])
    assert rows["Anbar"][:3] == ["no way"] * 3
    assert whole(rows["Total"][3]) == 28_400


def test_minutes_beyond_a_threshold_never_read_as_within(reached, tables):
    areas = tables["areas"].assign(median_minutes=30.02)
    page = Page(render_report(reached, areas=areas, languages=["en"]))
    assert page.table("distances_title")[1][1] == "30.1"


def test_two_boxes_are_told_where_the_second_is_known(reached, tables):
    two = "Two boxes within 30 minutes"
    without = tables["areas"].drop(columns="share_two_boxes")
    assert two not in Page(render_report(reached, areas=without, languages=["en"])).text["en"]
    some = tables["areas"].assign(share_two_boxes=[0.25, np.nan, 0.5, 0.4] * 3)
    rows = Page(render_report(reached, areas=some, languages=["en"])).table("distances_title")
    assert rows[0][5] == two
    assert [row[5] for row in rows[1:]] == ["25.0%", "unknown", "50.0%", "40.0%"]


def test_areas_of_nobody_and_of_unknown_people_differ(tables, reached):
    people = reached["people"].where(reached["governorate"] != "Anbar")
    people = people.where(reached["governorate"] != "Ninewa", 0.0)
    areas = summarise(reached.assign(people=people)).reset_index()
    rows = Page(render_report(reached, areas=areas, languages=["en"])).table("distances_title")
    assert rows[1] == ["Anbar", "unknown"]
    assert rows[2] == ["Ninewa", "nobody"]


def test_curves_end_at_the_shares_of_the_table(reached, tables):
    total_first = tables["curves"].sort_values(
        "governorate", key=lambda one: one != "total", kind="stable"
    )
    html = render_report(reached, **(tables | {"curves": total_first}), languages=["ar"])
    drawing = html[html.index('aria-labelledby="ar-shares-title') :]
    drawing = drawing[: drawing.index("</svg>")]
    paths = re.findall(r'<path class="(share [\w -]+)" d="([^"]+)"', drawing)
    assert [style for style, _ in paths].count("share whole-share") == 1
    assert paths[-1][0] == "share whole-share"  # on top of the others
    assert len(paths) == 4
    heights = {float(path.split()[-1]) for _, path in paths}
    last = tables["curves"].groupby("governorate")["share_covered"].last()
    assert heights == {round(356 - share * 330, 1) for share in last}
    marks = re.findall(r'class="threshold"', drawing)
    assert len(marks) == 3
    labels = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" class="(?:end|value)"', drawing)
    levels = sorted({float(y) for _, y in labels})
    assert len(levels) == 4
    assert min(np.diff(levels)) > 15


def test_curves_of_many_areas_name_only_the_extremes(reached, tables):
    shares = np.linspace(0, 1, 40)
    curves = pd.DataFrame(
        [
            {"governorate": f"g{i:02d}" if i else "total", "minutes": m, "share_covered": share}
            for i, share in enumerate(shares)
            for m in (0.0, 30.0)
        ]
    )
    html = render_report(reached, curves=curves, languages=["en"])
    assert html.count('class="share turn') == 39
    assert len(re.findall(r'class="(?:end|value)" text-anchor="start"', html)) == 10


def test_no_two_named_curves_look_alike_and_dashes_begin_with_the_second_round(reached):
    curves = pd.DataFrame(
        [
            {"governorate": f"g{i:02d}" if i else "total", "minutes": m, "share_covered": i / 30}
            for i in range(MOST_NAMED)
            for m in (0.0, 30.0)
        ]
    )
    html = render_report(reached, curves=curves, languages=["en"])
    drawn = re.findall(r'<path class="(share turn[^"]+)"', html)
    assert len(drawn) == len(set(drawn)) == MOST_NAMED - 1
    best_first = [one.endswith("dash-0") for one in reversed(drawn)]
    assert best_first == [at < COLOURS for at in range(len(drawn))]
    dashes = {one.split()[-1] for one in drawn} - {"dash-0"}
    patterns = {re.search(rf"\.{one} {{ stroke-dasharray: ([^;]+);", html)[1] for one in dashes}
    assert len(patterns) == len(dashes) == 3
    swatches = re.findall(r'<line [^>]*class="swatch (share turn[^"]+)"', html)
    assert sorted(swatches) == sorted(drawn)


def test_a_share_beside_a_curve_is_all_or_nothing_only_if_it_is(reached):
    shares = {"a": 0.0, "b": 0.001, "c": 0.9996, "total": 1.0}
    curves = pd.DataFrame(
        [
            {"governorate": name, "minutes": minutes, "share_covered": share}
            for name, share in shares.items()
            for minutes in (0.0, 30.0)
        ]
    )
    html = render_report(reached, curves=curves, languages=["en"])
    beside = re.findall(r'class="(?:end|value)" text-anchor="end">\u2068([^<]+)\u2069<', html)
    assert beside == ["0%", "&lt;1%", "99%", "100%"]


def test_areas_without_a_curve_are_counted(reached):
    unknown = reached.assign(people=reached["people"].where(reached["governorate"] != "Anbar"))
    page = Page(render_report(unknown, curves=coverage_curves(unknown), languages=["en"]))
    assert words("report", "en")["shares_undrawn"].format(areas=1) in page.text["en"]


def test_fifths_run_from_the_densest_to_the_emptiest(page, tables):
    said = words("report", "en")
    rows = page.table("fifths_title")[1:]
    assert [row[0] for row in rows] == [said[f"fifth_{i}"] for i in (5, 4, 3, 2, 1)]
    quintiles = tables["quintiles"].set_index(["quintile", "threshold_minutes"])
    for i, row in zip((5, 4, 3, 2, 1), rows, strict=True):
        known = quintiles.loc[(i, 15.0)]
        if not known["people"]:
            assert row[1:] == ["nobody"]
            continue
        assert whole(row[2]) == round(known["people"])
        for cell, minutes in zip(row[4:], (15.0, 30.0), strict=True):
            share = quintiles.loc[(i, minutes), "share_covered"]
            assert cell == (f"{share:.0%}" if share in {0, 1} else f"{share:.1%}")


def test_worst_places_are_those_of_the_table(page):
    rows = {row[0]: row[1] for row in page.table("worst_title")[1:]}
    assert rows["Anbar"].startswith("Rutba no way, people: 28,400")
    assert "Qaim 75.5 minutes, people: unknown" in rows["Anbar"]
    assert "Sinjar 30.1 minutes" in rows["Ninewa"]
    assert list(rows)[-1] == "Total"
    assert rows["Total"].startswith("Rutba")
    assert page.table("worst_title", "ar")[1][1].startswith("الرطبة")


def test_what_stands_is_counted_and_officers_not_given_are_said(page, tables):
    table = at(tables["areas"], 15.0)
    header, *rows = page.table("heading_standing")
    by_name = {row[0]: row[1:] for row in rows}
    assert by_name["Ninewa"][:4] == ["2", "10", "80", "$2,000,000"]
    assert by_name["Anbar"][:4] == ["1", "2", "not given", "$250,000"]
    assert by_name["Total"][:4] == ["3", "12", "not given", "$2,250,000"]
    assert whole(by_name["Ninewa"][4]) == round(table.loc["Ninewa", "people_per_box"])
    assert whole(by_name["Total"][5]) == round(table.loc["total", "people_per_vehicle"])
    assert whole(by_name["Ninewa"][6]) == round(table.loc["Ninewa", "people_per_officer"])
    assert by_name["Anbar"][6] == "not given"
    assert by_name["Salah al-Din"] == ["0", "0", "0", "$0", *["none there"] * 3]
    assert header[-1] == words("report", "en")["people_per_officer"]


def test_people_per_officer_are_left_out_where_no_officers_are_given(reached, tables):
    areas = tables["areas"].assign(officers=np.nan, people_per_officer=np.nan)
    page = Page(render_report(reached, areas=areas, languages=["en"]))
    assert words("report", "en")["people_per_officer"] not in page.text["en"]


def test_layers_stand_side_by_side_and_are_not_added_up(page, tables):
    total = {minutes: at(tables["areas"], minutes).loc["total"] for minutes in (15.0, 30.0, 60.0)}
    rows = page.table("layers_title")[2:]
    assert [row[0] for row in rows] == ["People", "Displaced"]
    for row, layer in zip(rows, ("people", "displaced"), strict=True):
        assert whole(row[1]) == round(total[15.0][layer])
        assert whole(row[2]) == total[15.0][f"places_unknown_{layer}"]
        for i, one in enumerate(total.values()):
            assert whole(row[3 + 2 * i]) == round(one[f"{layer}_covered"])
            share = "share_covered" if layer == "people" else "share_displaced_covered"
            assert row[4 + 2 * i] == f"{one[share]:.1%}"
    by_area = page.table("layers_areas_title", minutes="30")[2:]
    assert sum(whole(row[3]) for row in by_area[:-1]) == whole(by_area[-1][3])
    assert words("report", "en")["layers_note"] in page.text["en"]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Returnees"), ("ar", "العائدون"), ("ckb", "گەڕاوەکان")]
)
def test_returnees_are_called_in_the_language_of_the_page(reached, language, said):
    layers = ["people", "returnees"]
    areas = summarise(reached.assign(returnees=3.0), people=layers).reset_index()
    page = Page(render_report(reached, areas=areas, languages=[language]))
    assert page.table("layers_title", language)[3][0] == said


def test_other_demand_is_shown_in_its_unit(page):
    rows = page.table("demand_title")[2:]
    assert rows[0] == ["pipes", "km", "1,234.6", "234.5", "19.0%", "1,234.6", "100%"]
    assert rows[1] == ["schools", "schools", "40", "10", "25.0%", "not given"]
    assert page.table("demand_title", "ar")[2][1] == "كم"


def test_places_that_must_be_reached_and_are_not_are_warned_of(page):
    said = words("report", "en")
    assert said["must_says"].format(minutes=30, reached=1, total=3) in page.text["en"]
    assert said["must_warning"] in page.text["en"]
    assert said["must_left"].format(minutes=60, left=1) in page.text["en"]
    rows = page.table("must_title")[2:]
    assert rows[-1] == ["Total", "3", "1", "2", "1", "2", "2", "1"]
    assert [row[0] for row in rows] == ["Anbar", "Ninewa", "Total"]


def must_list(html):
    lists = re.findall(r'<ul class="prose must">(.*?)</ul>', html, re.DOTALL)
    return [re.findall(r"<li>(.*?)</li>", one, re.DOTALL) for one in lists]


def test_places_that_must_be_reached_and_are_not_are_named(reached, tables):
    said = words("report", "en")
    marked = reached.assign(must_reach=[True, True, False, True, True, False])
    html = render_report(marked, areas=tables["areas"])
    named = [[re.sub("<[^>]+>", "", one) for one in each] for each in must_list(html)]
    assert named[0] == [
        f"Sinjar 30.1 minutes, {said['TOO_FAR']}",
        f"Rutba no way, {said['ISOLATED']}",
        f"Baiji 40.0 minutes, {said['TOO_FAR']}",
    ]
    assert [one.split()[0] for one in named[1]] == ["سنجار", "الرطبة", "بيجي"]
    assert [one.split()[0] for one in named[2]] == ["شنگال", "Rutba", "Baiji"]
    gaps = [row[0] for row in Page(html).table("gaps_title", minutes="30")[1:-1]]
    assert [said["must_mark"] in row for row in gaps] == [True, True, True, False]


def test_of_many_places_that_must_be_reached_only_some_are_named():
    count = MUST_NAMED + 3
    towns = gpd.GeoDataFrame(
        {"name": "Town", "governorate": "Anbar", "people": 10.0, "must_reach": True},
        geometry=points(count), crs=4326, index=pd.Index(range(count), name="community_id"),
    )  # fmt: skip
    far = make_reach(towns, [50.0] * count, 30)
    for reached, named in ((far, MUST_NAMED + 1), (far.iloc[:MUST_NAMED], MUST_NAMED)):
        areas = summarise(reached).reset_index()
        (places,) = must_list(render_report(reached, areas=areas, languages=["en"]))
        assert len(places) == named
        assert ("more" in places[-1]) == (named > MUST_NAMED)


@pytest.mark.parametrize("name", HOSTILE_BY_TURNS)
def test_hostile_names_of_places_that_must_be_reached_stay_text(name, tables, reached):
    cast = reached.assign(name=name, name_ar=name, name_ckb=name)
    clean, page = (Page(render_report(one, areas=tables["areas"])) for one in (reached, cast))
    for language in DEFAULT_LANGUAGES:
        assert page.text[language].count(name) > clean.text[language].count(name)
    tags = [sorted(tag for tag, _ in one.elements if tag not in {"small", "bdi"})
            for one in (clean, page)]  # fmt: skip
    assert tags[0] == tags[1]


def test_no_warning_where_all_that_must_be_reached_is(reached):
    marked = reached.assign(must_reach=reached.index == "c0")
    areas = summarise(marked, minutes=[15, 30]).reset_index()
    text = Page(render_report(reached, areas=areas, languages=["en"])).text["en"]
    said = words("report", "en")
    assert said["must_reached"] in text
    assert said["must_warning"] not in text


def test_how_many_were_searched_together_is_told_in_the_method(page, reached):
    said = words("report", "en")
    assert said["method_merging"].format(rows="8,207", searched="3,100") in page.text["en"]
    change = said["method_merging_change"]
    assert change.format(change="0.411") in page.text["en"]  # never rounded down
    for searched, largest in ((9, 0.0), (3, None)):
        merging = SimpleNamespace(rows=9, searched=searched, largest_change_minutes=largest)
        text = Page(render_report(reached, merging=merging, languages=["en"])).text["en"]
        assert change.split("{")[0] not in text
        assert (said["method_merging"].split(":")[0] in text) == (searched < 9)


def test_every_table_alone_makes_its_own_section_and_no_other(reached, tables):
    expected = {
        "clusters": "spots", "curves": "distances", "worst": "distances",
        "quintiles": "distances", "demand": "others", "merging": None,
    }  # fmt: skip
    titles = ("distances_title", "shares_title", "fifths_title", "worst_title", "layers_title",
              "demand_title", "must_title")  # fmt: skip
    said = words("report", "en")
    for name, section in expected.items():
        html = render_report(reached, **{name: tables[name]}, languages=["en"])
        here = [one for one in sections(Page(html)) if one in SECTIONS]
        assert here == ([section] if section else []), name
        headings = [one for one in titles if f"<h3>{said[one]}</h3>" in html]
        assert len(headings) == (section in {"distances", "others"}), name


def test_without_the_tables_nothing_of_them_is_said(reached, tables):
    plain = [name for name in tables["areas"] if not re.search("minutes$|_box|must|displ", name)]
    plain = [*plain, "threshold_minutes"]
    areas = tables["areas"][plain].drop(columns=["boxes", "vehicles", "officers", "cost_usd"])
    page = Page(render_report(reached, areas=areas))
    assert sections(page) == ["decision", "governorates", "gaps", "method"]


def test_sections_come_after_the_gaps_in_the_order_of_reading(page):
    order = ["decision", "governorates", "gaps", *SECTIONS, "method"]
    for language in DEFAULT_LANGUAGES:
        assert sections(page, language) == order


@pytest.mark.parametrize("name", HOSTILE_BY_TURNS)
def test_hostile_names_in_every_table_stay_text(name, reached, tables):
    clean = Page(render_report(reached, **tables, title="t"))
    cast = dict(tables)
    cast["areas"] = tables["areas"].replace("Ninewa", name).rename(
        columns=lambda one: one.replace("displaced", name)
    )  # fmt: skip
    cast["curves"] = tables["curves"].replace("Ninewa", name)
    cast["worst"] = tables["worst"].assign(name=name, name_ar=name, name_ckb=name)
    cast["worst"]["area"] = cast["worst"]["area"].replace("Ninewa", name)
    cast["demand"] = tables["demand"].replace({"pipes": name, "km": name})
    cast["clusters"] = tables["clusters"].assign(
        governorate=name, nearest_community=name, nearest_community_ar=name,
        nearest_community_ckb=name, spot_id=name,
    )  # fmt: skip
    page = Page(render_report(reached, **cast, title="t"))
    for language in DEFAULT_LANGUAGES:
        assert page.text[language].count(name) > 40
    tags = {tag for tag, _ in clean.elements}
    assert {tag for tag, _ in page.elements} == tags
    for tag in ("script", "img", "style", "path", "text"):
        count = [one for one, _ in page.elements].count(tag)
        assert count == [one for one, _ in clean.elements].count(tag)
    assert not [a for _, attrs in page.elements for a in attrs if a.startswith("on")]


def test_ids_are_there_once_and_nothing_is_fetched(reached, tables):
    html = render_report(reached, **tables)
    ids = [attrs["id"] for _, attrs in Page(html).elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert not re.search(r"https?:|style=|href=\"[^#d]", html)
    assert html == render_report(reached, **tables)


def test_inputs_stay_as_they_are(reached, tables):
    kept = {name: table.copy() for name, table in tables.items() if name != "merging"}
    render_report(reached, **tables)
    for name, before in kept.items():
        pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(tables[name]))


TABLES = ["clusters", "curves", "worst", "quintiles", "demand"]


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_another_kind_are_refused(name, reached, tables):
    with pytest.raises(InputError, match=name):
        render_report(reached, **{name: tables[name].iloc[:, :1]})
    with pytest.raises(InputError, match=f"{name} is a list"):
        render_report(reached, **{name: [1]})


@pytest.mark.parametrize("name", TABLES)
def test_tables_without_rows_leave_no_heading(name, reached, tables):
    html = render_report(reached, **{name: tables[name].iloc[:0]}, languages=["en"])
    assert sections(Page(html)) == ["decision", "gaps", "method"]


def test_row_order_changes_nothing(reached, tables):
    html = render_report(reached, **tables)
    turned = tables["quintiles"].iloc[::-1]
    assert render_report(reached, **(tables | {"quintiles": turned})) == html
    assert render_report(reached.iloc[::-1], **tables) == html


def test_a_long_name_is_shortened_beside_its_curve(reached, tables):
    long = "A governorate of a very long name"
    curves = tables["curves"].replace("Ninewa", long)
    html = render_report(reached, curves=curves, languages=["en"])
    assert f"{long[:23]}…" in html


def test_demand_that_contradicts_itself_is_refused(reached, tables):
    demand = tables["demand"].assign(total=[1.0, 5.0, 6.0, 40.0])
    with pytest.raises(InputError, match="another threshold"):
        render_report(reached, demand=demand)


def test_a_merging_that_says_nothing_is_refused(reached):
    with pytest.raises(InputError, match="merging"):
        render_report(reached, merging=3)


def test_ranges_are_short():
    assert format_range(0.42, 9.96) == "0.4 – 10"
    assert format_range(7.0, 7.0) == "7"


@pytest.mark.browser
def test_nothing_is_wider_than_a_phone_or_a_page(tmp_path, reached, tables, open_tab):
    path = tmp_path / "report.html"
    path.write_text(render_report(reached, **tables), encoding="utf-8")
    wide = """[...document.querySelectorAll("article:not([hidden]) table")]
        .filter(one => one.scrollWidth > one.parentElement.clientWidth + 1).length"""
    page = open_tab(path)
    for language in DEFAULT_LANGUAGES:
        page.click(f"button[data-language={language}]")
        for width in (390, 1200):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    for language in DEFAULT_LANGUAGES:
        page.goto(path.as_uri() + f"#{language}-spots")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 688, "height": 900})  # A4 less its margins
        assert page.evaluate(wide) == 0
    assert page.said == []
