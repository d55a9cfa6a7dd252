"""The report says what the tables say, in every language, and runs nothing it was given."""

import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import boxreach as br
from boxreach.accessibility import summarise
from boxreach.errors import InputError
from boxreach.languages import DEFAULT_LANGUAGES, LANGUAGES, plural_forms, words
from boxreach.placement import Proposal, Quota, Span
from boxreach.report import render_report, write_report
from boxreach.report.figures import share_out
from boxreach.report.gaps import GAP_ROWS

pytestmark = pytest.mark.slow

HOSTILE = [
    "{{7*7}}{% raw %}",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "=cmd|'/c calc'!A1",
    "\u202egnorw\u202d",
    "a\"b'c&amp;d",
]
HOSTILE_BY_TURNS = [
    *HOSTILE[:2], *(pytest.param(one, marks=pytest.mark.release) for one in HOSTILE[2:])
]  # fmt: skip
"""A template and a script by default; all six of them before a release."""


class Page(HTMLParser):
    """What a browser would see: elements, tables by caption, text by language."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.tables, self.text = [], {}, {}
        self.language, self._rows, self._into, self._skip = "", None, None, None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.append((tag, attrs))
        if tag == "article":
            self.language = attrs["id"]
        elif tag == "table":
            self._rows = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")
            self._into = "cell"
        elif tag == "caption":
            self._caption, self._into = "", "caption"
        elif tag in {"script", "style"}:
            self._skip = tag

    def handle_endtag(self, tag):
        if tag == "table":
            self.tables.setdefault((self.language, self._caption), []).append(self._rows)
            self._rows = None
        elif tag in {"td", "th", "caption"}:
            self._into = None
        elif tag == self._skip:
            self._skip = None

    def handle_data(self, data):
        if self._skip:
            return
        self.text[self.language] = self.text.get(self.language, "") + data
        if self._into == "cell":
            self._rows[-1][-1] += data
        elif self._into == "caption":
            self._caption += data

    def table(self, key, language="en", **values):
        caption = words("report", language)[key].format(**values)
        rows = self.tables[language, caption][0]
        return [[" ".join(cell.split()) for cell in row] for row in rows]


def whole(text):
    return int(text.replace(",", ""))


def points(count, lon=43.0):
    return gpd.points_from_xy(np.linspace(lon, lon + 2, count), np.linspace(34.0, 36.0, count))


def make_communities():
    names = ["Mosul", "Sinjar", "Tikrit", "Baiji", "Rutba", "Qaim"]
    return gpd.GeoDataFrame(
        {
            "name": names,
            "name_ar": ["الموصل", "سنجار", "تكريت", "بيجي", "الرطبة", "القائم"],
            "name_ckb": ["مووسڵ", "شنگال", "", "", "", ""],
            "governorate": ["Ninewa", "Ninewa", "Salah al-Din", "Salah al-Din", "Anbar", "Anbar"],
            "people": [1_683_000.4, 88_023.3, 160_000.3, np.nan, 28_400.0, np.nan],
        },
        geometry=points(len(names)),
        crs=4326,
        index=pd.Index([f"c{i}" for i in range(len(names))], name="community_id"),
    )


def make_reach(communities, minutes, threshold):
    minutes = np.array(minutes)
    covered = minutes <= threshold
    reasons = np.where(covered, "", np.where(np.isnan(minutes), "ISOLATED", "TOO_FAR"))
    return communities.assign(
        threshold_minutes=float(threshold),
        covered=covered,
        site_id="box-1",
        minutes=minutes,
        sites_within=covered.astype(int),
        reason=reasons,
    )


MINUTES = [4.0, 30.02, 12.0, 40.0, np.nan, 75.5]


@pytest.fixture
def reach():
    communities = make_communities()
    return pd.concat([make_reach(communities, MINUTES, t) for t in (15, 30, 60)])


def make_areas(reach):
    parts = [summarise(part) for _, part in reach.groupby("threshold_minutes")]
    return pd.concat([part.reset_index() for part in parts])


@pytest.fixture
def areas(reach):
    table = make_areas(reach)
    arabic = {"Ninewa": "نينوى", "Salah al-Din": "صلاح الدين", "Anbar": "الأنبار"}
    return table.assign(name_ar=table["governorate"].map(arabic))


@pytest.fixture
def plan():
    """Two boxes stand, three are proposed in two phases, the second not proven optimal."""
    communities = make_communities()
    after = make_reach(communities, [4.0, 8.0, 12.0, 20.0, 18.0, 75.5], 30)
    total = float(communities["people"].sum())
    running = np.array([1_931_023.7 + 0.3, 1_959_424.0, 1_959_424.0])
    before = 1_843_000.7
    sites = gpd.GeoDataFrame(
        {
            "rank": [1, 2, 3],
            "phase": [4, 4, 5],
            "name": ["Sinjar junction", "Rutba", ""],
            "name_ar": ["مفرق سنجار", "الرطبة", ""],
            "name_ckb": ["", "", ""],
            "governorate": ["Ninewa", "Anbar", "Salah al-Din"],
            "people_gained": np.diff([before, *running]),
            "people_covered": running,
            "share_covered": running / total,
        },
        geometry=points(3),
        crs=4326,
        index=pd.Index(["n1", "n2", "n3"], name="site_id"),
    )
    existing = gpd.GeoDataFrame(
        {"name": ["A", "B"], "governorate": ["Ninewa", "Salah al-Din"]},
        geometry=points(2),
        crs=4326,
        index=pd.Index(["box-1", "box-2"], name="site_id"),
    )
    phases = pd.DataFrame(
        {
            "new_sites": [2, 1],
            "objective": [running[1], running[2]],
            "bound": [running[1], 1_959_424.0 / 0.98],
            "gap": [0.0, 0.02],
            "status": ["optimal", "feasible"],
        },
        index=pd.Index([4, 5], name="sites"),
    )
    quotas = (Quota("governorate", "Ninewa", at_least=2),)
    return Proposal(sites, existing, after, phases, "people", 30.0, total, quotas)


@pytest.fixture
def posts():
    """A frontier of 60.5 km, the last stretch and one in the middle open."""
    edges = np.append(np.arange(0.0, 60.0, 1.0), 60.5)
    start, end = edges[:-1], edges[1:]
    covered = (start < 30) | ((start >= 35) & (start < 55))
    line = gpd.GeoDataFrame(
        {
            "chainage_from_km": start,
            "chainage_to_km": end,
            "km": end - start,
            "governorate": np.where(start < 40, "Ninewa", "Anbar"),
            "threshold_minutes": 15.0,
            "covered": covered,
            "reason": np.where(covered, "", "OFF_ROAD"),
        },
        geometry=points(len(start), 41.0),
        crs=4326,
        index=pd.Index([f"s{i}" for i in range(len(start))], name="segment_id"),
    )
    sites = gpd.GeoDataFrame(
        {
            "rank": [1, 2],
            "phase": [1, 2],
            "governorate": ["Ninewa", "Anbar"],
            "chainage_km": [15.5, 45.5],
            "reach_from_km": [0.0, 35.0],
            "reach_to_km": [30.0, 55.0],
            "km_gained": [30.0, 20.0],
            "km_covered": [30.0, 50.0],
            "share_covered": [30 / 60.5, 50 / 60.5],
        },
        geometry=points(2, 41.0),
        crs=4326,
        index=pd.Index(["post-1", "post-2"], name="site_id"),
    )
    phases = pd.DataFrame(
        {
            "new_sites": [1, 1],
            "objective": [30.0, 50.0],
            "bound": [30.0, 50.0],
            "gap": [0.0, 0.0],
            "status": ["optimal", "optimal"],
        },
        index=pd.Index([1, 2], name="sites"),
    )
    return Proposal(sites, sites.iloc[:0], line, phases, "km", 15.0, 60.5)


@pytest.fixture
def run():
    return {
        "version": "0.1.0",
        "command": "boxreach demo -o out",
        "inputs": [
            {"name": "towns", "file": "towns.csv", "sha256": "ab" * 32, "rows": 6,
             "source": "GeoNames", "licence": "CC BY 4.0", "date": "2025-03-01", "label": ""},
            {"name": "boxes", "file": "boxes.csv", "label": "illustrative"},
        ],
        "parameters": {"reach.minutes": [15, 30, 60], "propose.seconds": None, "a.name": "<b>"},
        "warnings": ["towns.csv: 2 towns have no population"],
        "labels": ["illustrative", {"en": "A note.", "ar": "ملاحظة."}, "Typed as it is"],
    }  # fmt: skip


@pytest.fixture
def html(reach, areas, plan, posts, run):
    return render_report(reach, plan, posts, areas=areas, run=run)


def test_area_figures_are_those_of_the_table_and_add_up(html, areas):
    rows = Page(html).table("areas_title_people")[2:]
    assert [row[0] for row in rows] == ["Anbar", "Ninewa", "Salah al-Din", "Total"]
    for i, minutes in enumerate((15, 30, 60)):
        at = areas[areas["threshold_minutes"] == minutes].set_index("governorate")
        for row in rows:
            key = "total" if row[0] == "Total" else row[0]
            total, covered, uncovered = whole(row[1]), *map(whole, row[2 + 3 * i : 4 + 3 * i])
            assert covered + uncovered == total
            assert total == pytest.approx(at["people"][key], abs=1)
            assert covered == pytest.approx(at["people_covered"][key], abs=1)
        for column in (1, 2 + 3 * i, 3 + 3 * i):
            assert sum(whole(row[column]) for row in rows[:-1]) == whole(rows[-1][column])


def test_places_are_counted_beside_those_of_unknown_population(html):
    rows = Page(html).table("areas_title_places")[2:]
    assert rows[-1][:3] == ["Total", "6", "2"]
    for row in rows:
        assert whole(row[3]) + whole(row[4]) == whole(row[1])


def test_outcome_adds_up_and_compares_the_same_people(html, plan):
    rows = Page(html).table("outcome_title", minutes="30")[1:]
    for row in rows:
        people, before, gained, after, outside = map(whole, row[3:8])
        assert before + gained == after
        assert after + outside == people
    for column in range(1, 8):
        assert sum(whole(row[column]) for row in rows[:-1]) == whole(rows[-1][column])
    assert whole(rows[-1][3]) == round(plan.total)
    assert whole(rows[-1][6]) == round(plan.objective)


def test_before_is_left_out_when_it_counts_other_people(reach, areas, plan):
    other = areas.copy()
    other.loc[other["people"] > 0, ["people", "people_uncovered"]] += 1000.0
    totals = other["governorate"] == "total"
    other.loc[totals, ["people", "people_uncovered"]] += 2000.0
    page = Page(render_report(reach, plan, areas=other, languages=["en"]))
    assert len(page.table("outcome_title", minutes="30")[0]) == 7
    assert words("report", "en")["outcome_after_only"] in page.text["en"]


def test_ranking_runs_up_to_the_headline(html, plan):
    page = Page(html)
    rows = page.table("heading_ranking")[1:]
    start, sites = rows[0], [row for row in rows if row[0]]
    running = whole(start[2])
    for row, (_, site) in zip(sites, plan.sites.iterrows(), strict=True):
        running += whole(row[3])
        assert whole(row[4]) == running == round(site["people_covered"])
    assert f"{running:,}" in page.text["en"].split("2 By governorate")[0]
    assert sites[0][1].startswith("Sinjar junction")
    assert sites[2][1] == "n3"  # no name at all: the id stands for it
    total = round(plan.total)
    assert all(whole(row[4]) + whole(row[6]) == total for row in sites)
    assert sites[0][7] == "34.00000, 43.00000"


def test_frontier_figures_agree(html, posts):
    page = Page(html)
    by_governorate = page.table("frontier_by_governorate")[1:]
    for row in by_governorate:
        assert float(row[3]) + float(row[4]) == pytest.approx(float(row[2]))
    assert by_governorate[-1] == ["Total", "2", "60.5", "50.0", "10.5", "82.6%"]
    stretches = page.table("stretches_title")[1:]
    assert [row[:3] for row in stretches[:-1]] == [
        ["30.0", "35.0", "5.0"],
        ["55.0", "60.5", "5.5"],
    ]
    assert sum(float(row[2]) for row in stretches[:-1]) == float(stretches[-1][1]) == 10.5
    assert page.table("posts_title")[1][4] == "0.0 – 30.0"


def test_gaps_say_unknown_and_never_nought(html):
    page = Page(html)
    rows = page.table("gaps_title", minutes="30")[1:]
    assert [row[0].split()[0] for row in rows[:-1]] == ["Sinjar", "Rutba", "Baiji", "Qaim"]
    assert [row[2] for row in rows[:-1]] == ["88,023", "28,400", "unknown", "unknown"]
    assert rows[-1] == ["Total: 4", "116,423", "", ""]
    assert rows[0][3] == "30.1"  # 30.02 minutes, rounded up: never within 30
    assert rows[1][3] == words("report", "en")["beyond_limit"]
    reasons = page.table("reasons_title")[1:]
    assert sum(whole(row[2]) for row in reasons[:-1]) == whole(reasons[-1][1]) == 4
    assert [row[4] for row in reasons[:-1]] == ["88,023", "28,400"]


def test_a_reason_that_nobody_is_counted_in_says_unknown(reach):
    alone = reach[reach.index.isin(["c0", "c3"])]
    page = Page(render_report(alone, languages=["en"]))
    assert page.table("reasons_title")[1][4] == "unknown"
    assert page.table("gaps_title", minutes="30")[-1][1] == "unknown"


@pytest.fixture
def grid_plan(plan):
    """The same plan, but its people are on cells, of which two more lie off every road."""
    cells = pd.concat(
        [plan.reach, plan.reach.iloc[[3, 3]].assign(people=[1000.4, 500.3], reason="OFF_ROAD")]
    )
    cells.index = pd.Index([f"k{i}" for i in range(len(cells))], name="cell_id")
    return replace(plan, reach=cells.assign(covered=[*plan.reach["covered"], False, False]),
                   total=plan.total + 1500.7)  # fmt: skip


def test_people_left_out_are_counted_where_people_are(reach, grid_plan):
    rows = {
        "kind": ["community", "cell", "cell", "cell"],
        "reason": ["TOO_FAR", "TOO_FAR", "OFF_ROAD", "OFF_ROAD"],
        "people": [7e6, 116_423.3, 1000.4, 500.3],
        "threshold_minutes": 30.0,
    }
    left_out = pd.DataFrame(rows)
    page = Page(render_report(reach, grid_plan, left_out=left_out, languages=["en"]))
    said = words("report", "en")
    header, *body = page.table("reasons_title")
    assert header[-1] == said["people_cells"]
    by_reason = {
        row[0].removeprefix(said[key]): whole(row[-1])
        for key, row in zip(("TOO_FAR", "OFF_ROAD"), (body[0], body[1]), strict=True)
    }
    assert by_reason["OFF_ROAD"] in {1500, 1501}
    assert by_reason["TOO_FAR"] == 116_423
    assert sum(by_reason.values()) == whole(body[-1][-1]) == 117_924
    assert said["gaps_people_cells"].format(minutes=30, people="117,924") in page.text["en"]
    places = page.table("gaps_title", minutes="30")
    assert places[0][2] == said["people_listed"]
    assert places[-1][:2] == ["Total: 4", "116,423"]


def test_people_of_a_script_that_gives_the_gaps_of_its_cells(reach, grid_plan):
    cells = grid_plan.reach[~grid_plan.reach["covered"]].assign(reason="TOO_FAR")
    page = Page(render_report(reach, grid_plan, left_out=cells, languages=["en"]))
    assert whole(page.table("reasons_title")[-1][-1]) == round(cells["people"].sum())


def test_people_of_towns_are_called_so_where_the_plan_counts_others(reach, grid_plan, plan):
    said = words("report", "en")
    page = Page(render_report(reach, grid_plan, languages=["en"]))
    assert said["gaps_people_listed"] in page.text["en"]
    assert page.table("reasons_title")[0][-1] == said["people_listed"]
    alike = Page(render_report(reach, plan, left_out=reach[~reach["covered"]], languages=["en"]))
    assert said["gaps_people_listed"] not in alike.text["en"]
    assert alike.table("reasons_title")[0][-1] == said["people"]


def test_the_headline_without_a_plan_counts_the_people_of_the_areas(reach, areas):
    more = areas.copy()
    more[["people", "people_uncovered"]] += 1000.0
    more.loc[more["governorate"] == "total", ["people", "people_uncovered"]] += 2000.0
    text = Page(render_report(reach, areas=more, languages=["en"])).text["en"]
    total = more.loc[more["governorate"] == "total", "people"].iloc[0]
    assert f" of {total:,.0f}," in text


def test_left_out_that_says_nothing_is_refused(reach):
    with pytest.raises(InputError, match="no column 'reason'"):
        render_report(reach, left_out=pd.DataFrame({"people": [1.0]}))
    with pytest.raises(InputError, match=r"left_out.*no reason"):
        render_report(reach, left_out=pd.DataFrame({"people": [1.0], "reason": "?"}))


@pytest.mark.parametrize("run", [None, {"labels": ["illustrative"]}])
def test_a_report_without_a_run_says_nothing_of_one(reach, plan, run):
    page = Page(render_report(reach, plan, run=run))
    ids = {one["id"] for tag, one in page.elements if tag == "section"}
    assert "en-record" not in ids
    for code in DEFAULT_LANGUAGES:
        said = words("report", code)
        for key in ("record_intro", "warnings_none", "heading_record", "outcome_after_only"):
            assert said[key] not in page.text[code]


def test_of_a_run_only_what_it_holds_is_told(reach):
    page = Page(render_report(reach, run={"warnings": ["mind"]}, languages=["en"]))
    said = words("report", "en")
    assert "mind" in page.text["en"]
    captions = {caption for _, caption in page.tables}
    assert not captions & {said["sources_title"], said["parameters_title"]}
    assert said["record_intro"] not in page.text["en"]


def test_the_attribution_is_shown_as_given(reach, run):
    given = "© OpenStreetMap contributors, through a mirror"
    run["inputs"][0] |= {"source": given, "licence": "ODbL 1.0"}
    page = Page(render_report(reach, run=run))
    for code in DEFAULT_LANGUAGES:
        assert given in page.text[code]


def test_a_wide_table_says_that_it_goes_on():
    assert re.search(r"\.scroll {[^}]*\blocal\b[^}]*\bscroll\b", sources()["style.css"])


def test_words_of_sorani_are_used_alike():
    for name in ("common", "map", "report"):
        for texts in catalogue(name).values():
            assert not re.search("تەنها|کۆمەڵگا", texts["ckb"])


def test_an_area_of_unknown_population_is_unknown(reach):
    other = reach.assign(people=reach["people"].where(reach["governorate"] != "Anbar"))
    page = Page(render_report(other, areas=make_areas(other), languages=["en"]))
    assert page.table("areas_title_people")[2] == ["Anbar", "unknown"]


def test_a_long_list_of_gaps_adds_up_with_its_rest():
    count = GAP_ROWS + 50
    people = np.where(np.arange(count) % 5 == 0, np.nan, np.arange(count) + 0.4)
    communities = gpd.GeoDataFrame(
        {"name": "", "people": people},
        geometry=points(count),
        crs=4326,
        index=pd.Index([f"c{i:04d}" for i in range(count)], name="community_id"),
    )
    reach = make_reach(communities, [90.0] * count, 30)
    rows = Page(render_report(reach, languages=["en"])).table("gaps_title", minutes="30")[1:]
    assert len(rows) == GAP_ROWS + 2
    known = [whole(row[2]) for row in rows[:GAP_ROWS] if row[2] != "unknown"]
    assert len(known) == GAP_ROWS
    assert rows[-2][1] == "unknown"
    assert sum(known) == whole(rows[-1][1]) == round(np.nansum(people))


def test_feasible_is_nowhere_called_optimal(reach, plan):
    page = Page(render_report(reach, replace(plan, phases=plan.phases.iloc[1:]), languages=["en"]))
    said = words("report", "en")
    assert page.table("proof_boxes")[1][2] == said["feasible"]
    assert page.table("proof_boxes")[1][5] == "2.00%"
    assert said["verdict_optimal"] not in page.text["en"]
    assert said["verdict_optimal_phases"] not in page.text["en"]
    assert page.text["en"].count("it is not proven to be the best") == 2


def test_optimal_that_its_bound_does_not_bear_out_is_not_repeated(reach, plan):
    claimed = plan.phases.assign(status="optimal")
    page = Page(render_report(reach, replace(plan, phases=claimed), languages=["en"]))
    statuses = [row[2] for row in page.table("proof_boxes")[1:]]
    assert statuses == [words("report", "en")["optimal"], words("report", "en")["feasible"]]


def test_whole_plan_optimal_says_if_an_earlier_phase_is_not(reach, posts):
    phases = posts.phases.assign(status=["feasible", "optimal"], bound=[40.0, 50.0])
    text = Page(render_report(reach, posts=replace(posts, phases=phases), languages=["en"])).text
    assert words("report", "en")["verdict_phase_not_proven"] in text["en"]


KINDS = [
    (br.PMedian(sites=3, minutes=30), "p_median", (9.5, 9.25)),
    (br.PCenter(sites=3), "p_center", (70.0, 65.0)),
    (br.SetCover(minutes=30, share=0.9), "set_cover", (3.0, 2.0)),
    (br.BackupCover(sites=3, minutes=30), "backup_cover", (800_000.0, 900_000.0)),
    (br.ExpectedCover(sites=3, minutes=30), "expected_cover", (800_000.0, 900_000.0)),
    (br.MaxCover(minutes=30, budget=1e6), "budget", (800_000.0, 900_000.0)),
    (br.MaxCover(sites=3, minutes=30, capacity=5e5), "served", (800_000.0, 900_000.0)),
]


@pytest.mark.parametrize("language", list(DEFAULT_LANGUAGES))
@pytest.mark.parametrize(("model", "kind", "ends"), KINDS)
def test_a_plan_that_is_not_proven_says_its_limit_by_its_model(
    reach, plan, model, kind, ends, language
):
    """The limit is what was asked for: minutes, boxes, people; and never that of another model."""
    scale = plan.total if kind == "p_median" else 1.0
    gap = abs(ends[0] - ends[1]) / max(ends)
    phases = plan.phases.iloc[1:].assign(
        new_sites=3, objective=ends[0] * scale, bound=ends[1] * scale, gap=gap
    )
    sites = plan.sites.assign(phase=5)
    other = replace(plan, model=model, phases=phases, sites=sites)
    page = Page(render_report(reach, other, languages=[language]))
    said = words("report", language)
    digits = 2 if kind in {"p_median", "p_center"} else 0
    figures = {"bound": f"{ends[1]:,.{digits}f}", "minutes": "30", "boxes": "2"}
    text = " ".join(page.text[language].split())
    assert said[f"limit_{kind}"].format(**figures) in text
    assert f"{gap:.2%}" in text
    assert said["verdict_feasible_people"].split("{")[0] not in text
    assert said["bound"] not in text
    assert said["verdict_best"] not in text
    (row,) = page.table("proof_boxes", language)[1:]
    assert row[3:5] == [f"{ends[0]:,.{digits}f}", f"{ends[1]:,.{digits}f}"]
    assert said["feasible"] in row


def test_the_curve_is_drawn_and_listed(reach, plan):
    """Where no choice of so many keeps the rules the row says so, and the line breaks."""
    curve = pd.DataFrame(
        {
            "in_order": [1_843_000.0, 1_931_024.0, 1_959_424.0],
            "best": [1_843_000.0, np.nan, 1_959_424.0],
            "bound": [1_843_000.0, np.nan, 1_970_000.0],
            "gap": [0.0, np.nan, 0.00537],
            "order_loses": [0.0, np.nan, 0.0],
        },
        index=pd.Index([0, 1, 2], name="new_sites"),
    )
    html = render_report(reach, plan, curve=curve)
    for language in DEFAULT_LANGUAGES:
        rows = Page(html).table("best_title", language)[1:]
        assert [row[0] for row in rows] == ["2", "3", "4"]
        assert rows[1][1:] == ["1,931,024", words("report", language)["best_none"]]
        assert rows[2][1:] == ["1,959,424", "1,959,424", "1,970,000", "0.54%", "0"]
    lines = re.findall(r'<path class="best" d="([^"]*)" ?/>', html)
    assert sum(line.count("M") == 2 for line in lines) == len(DEFAULT_LANGUAGES)


def test_moves_add_up_and_quotas_count_where_boxes_go(reach, plan):
    """A box that moves from Ninewa to Anbar counts in Anbar."""
    moves = pd.DataFrame(
        {
            "phase": [4], "from_site_id": ["box-1"], "to_site_id": ["n2"], "km": [120.04],
            "cost_usd": [np.nan], "gained": [28_400.0], "lost": [400.0],
        }
    )  # fmt: skip
    sites = plan.sites.assign(moved_from=["", "box-1", ""])
    phases = plan.phases.assign(new_sites=[1, 1])
    moved = replace(plan, moves=moves, sites=sites, phases=phases)
    page = Page(render_report(reach, moved, languages=["en"]))
    assert page.table("moves_title")[1] == [
        "A", "Rutba الرطبة", "120.0", "unknown", "28,400", "400", "28,000",
    ]  # fmt: skip
    assert page.table("moves_title")[2][:2] == ["Total", "120.0"]
    assert "moved from A" in " ".join(page.text["en"].split())
    assert page.table("rules_title")[1] == ["Ninewa", "2", "–", "0", "1", "1"]
    assert [row[:3] for row in page.table("outcome_title", minutes="30")[1:]][-1] == [
        "Total", "1", "3",
    ]  # fmt: skip
    assert "With 4 boxes in all" in page.text["en"]


def test_each_phase_says_what_it_loses_and_how_much_of_that_is_owed(reach, plan):
    """Beside the best of as many sites stands what no plan can do that keeps the phase before."""
    phases = plan.phases.assign(
        alone=[1_959_424.0, 1_990_000.0], kept_bound=[1_959_424.0, np.nan], regret=[0.0, 30_576.0]
    )
    page = Page(render_report(reach, replace(plan, phases=phases), languages=["en"]))
    assert page.table("regret_title")[1:] == [
        ["4", "1,959,424", "1,959,424", "0", "1,959,424"],
        ["5", "1,959,424", "1,990,000", "30,576", "unknown"],
    ]
    assert "of its best" not in page.text["en"]


def test_what_phases_must_lose_is_said_beside_what_they_do(reach, plan):
    """The share of the phase that loses most, and that which some phase of any plan loses."""
    phases = plan.phases.assign(
        alone=[1_959_424.0, 1_990_000.0], kept_bound=np.nan, regret=[0.0, 30_576.0]
    )
    told = replace(plan, phases=phases, least_regret=0.0123)
    page = Page(render_report(reach, told, languages=["en"]))
    said = words("report", "en")["regret_least"].format(most="1.54%", least="1.23%")
    assert said in " ".join(page.text["en"].split())


@pytest.mark.parametrize(
    ("span", "said"),
    [(Span(0.0, 0.2), "quotas_free"), (Span(10.0, 10.0), "10 (people)"),
     (Span(10.0, 25.0), "between 10 and 25 (people)")],
)  # fmt: skip
def test_what_the_quotas_cost_is_said_as_far_as_it_is_known(reach, plan, span, said):
    """Nothing, an amount, or between two."""
    page = Page(render_report(reach, replace(plan, forgone=span), languages=["en"]))
    assert words("report", "en").get(said, said) in " ".join(page.text["en"].split())


@pytest.mark.parametrize("name", HOSTILE_BY_TURNS)
def test_hostile_names_are_shown_as_typed_and_run_nothing(name, reach, plan, posts, areas, run):
    clean = Page(render_report(reach, plan, posts, areas=areas, run=run, title="t"))
    sites = plan.sites.assign(name=name, name_ar=name, governorate=name)
    quotas = (Quota("governorate", name, at_least=1),)
    html = render_report(
        reach.assign(name=name, governorate=name),
        replace(plan, sites=sites, reach=plan.reach.assign(governorate=name), quotas=quotas),
        replace(posts, reach=posts.reach.assign(governorate=name)),
        areas=areas.replace("Ninewa", name),
        run=run | {"warnings": [name], "parameters": {name: name}, "labels": [name],
                   "command": name, "inputs": [{"name": name, "source": name}]},
        title=name,
    )  # fmt: skip
    page = Page(html)
    for language in DEFAULT_LANGUAGES:
        assert page.text[language].count(name) > 10
    for tag in ("script", "img", "iframe", "style"):
        count = [one for one, _ in page.elements].count(tag)
        assert count == [one for one, _ in clean.elements].count(tag)
    assert not [a for _, attrs in page.elements for a in attrs if a.startswith("on")]


def test_sites_that_add_nothing_are_said(html):
    said = words("report", "en")
    assert said["idle_people"].format(sites=1) in Page(html).text["en"]
    assert said["idle_km"].split(":")[0] not in Page(html).text["en"]


def test_characters_a_page_cannot_hold_become_visible(reach):
    html = render_report(reach, title="a\x00b\x1b\ud800c")
    assert "a\u2400b\u241b\ufffdc" in html
    html.encode()
    assert "\x00" not in html


def test_names_come_in_the_language_of_the_reader(html):
    page = Page(html)
    ranked = page.table("heading_ranking", "ar")[2]
    assert ranked[1] == "مفرق سنجار Sinjar junction"
    assert ranked[2] == "نينوى"
    assert page.table("gaps_title", "ckb", minutes="30")[1][0].startswith("شنگال")


def test_all_of_the_run_is_shown(html, run):
    text = Page(html).text["en"]
    said = words("report", "en")
    for shown in ("boxreach 0.1.0", run["command"], "ab" * 32, "CC BY 4.0", "2025-03-01",
                  *run["warnings"], "[15, 30, 60]", '"<b>"', "null", *run["parameters"],
                  said["label_illustrative"], "A note.", "Typed as it is"):  # fmt: skip
        assert shown in text
    assert "ملاحظة." in Page(html).text["ar"]


def test_parts_that_are_not_given_are_left_out(reach):
    page = Page(render_report(reach, languages=["ar"]))
    assert {one["id"] for tag, one in page.elements if tag == "section"} == {
        "ar-decision", "ar-gaps", "ar-method"
    }  # fmt: skip
    assert ("html", {"lang": "ar", "dir": "rtl"}) in page.elements
    assert not [one for tag, one in page.elements if tag == "nav" and "languages" in one["class"]]


def test_nothing_is_fetched(html):
    page = Page(html)
    assert not re.search(r"https?:", html)
    for tag, attrs in page.elements:
        for name in ("src", "href", "action", "xlink:href"):
            assert (attrs.get(name) or "#").startswith(("#", "data:")), (tag, attrs)
    (policy,) = (a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_every_id_is_there_once_and_every_link_leads_somewhere(html):
    elements = Page(html).elements
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {attrs["href"][1:] for tag, attrs in elements if tag == "a"}
    labels = {one for _, attrs in elements for one in attrs.get("aria-labelledby", "").split()}
    assert links | labels <= set(ids)


def test_same_in_same_out(html, reach, areas, plan, posts, run):
    assert render_report(reach, plan, posts, areas=areas, run=run) == html
    slower = replace(plan, phases=plan.phases.assign(seconds=[1.0, 99.0]))
    assert render_report(reach, slower, posts, areas=areas, run=run) == html


def test_inputs_are_not_modified(reach, areas, plan, posts):
    kept = reach.copy(), areas.copy(), plan.sites.copy(), posts.reach.copy()
    render_report(reach, plan, posts, areas=areas)
    now = reach, areas, plan.sites, posts.reach
    for before, after in zip(kept, now, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(after))


def test_tables_that_contradict_each_other_are_refused(reach, areas, plan):
    with pytest.raises(InputError, match="contradicts itself"):
        render_report(reach, replace(plan, total=plan.total + 5))
    wrong = areas.assign(people=areas["people"].where(areas["governorate"] != "total", 1.0))
    with pytest.raises(InputError, match="does not add up"):
        render_report(reach, areas=wrong)
    with pytest.raises(InputError, match="row called 'total'"):
        render_report(reach, areas=areas[areas["governorate"] != "total"])
    with pytest.raises(InputError, match="no reason"):
        render_report(reach.assign(reason="BECAUSE"))
    with pytest.raises(InputError, match="languages"):
        render_report(reach, languages=["xx"])


def test_rounding_keeps_every_sum():
    generator = np.random.default_rng(0)
    for _ in range(200):
        totals = generator.uniform(0, 5, 7)
        parts = totals * generator.choice([0.0, 0.4, 1.0], 7)
        shown = share_out(list(totals), totals.sum())
        within = share_out(list(parts), parts.sum(), caps=shown)
        assert sum(shown) == round(totals.sum())
        assert sum(within) == round(parts.sum())
        assert all(part <= total for part, total in zip(within, shown, strict=True))


def test_report_is_written_whole_or_not_at_all(tmp_path, reach, monkeypatch):
    asked = {"languages": ["en"], "formats": ["html"]}
    (path,) = write_report(tmp_path / "new" / "out", reach, **asked)
    assert path == tmp_path / "new" / "out" / "report.html"
    first = path.read_bytes()
    with pytest.raises(InputError):
        write_report(path.parent, reach.assign(reason="?"), **asked)
    assert path.read_bytes() == first
    monkeypatch.setattr("boxreach.exports.folders._move_into_place", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(path.parent, reach, **asked)
    assert [one.name for one in path.parent.iterdir()] == ["report.html"]


def catalogue(room):
    found = {}
    for file in files("boxreach.languages").iterdir():
        if file.name == f"{room}.toml" or file.name.startswith(f"{room}_"):
            texts = tomllib.loads(file.read_text(encoding="utf-8"))
            assert not texts.keys() & found.keys(), file.name
            found |= texts
    return found


def test_every_word_is_there_in_every_language():
    fields = re.compile(r"{(\w+)}")
    for key, texts in (catalogue("common") | catalogue("report")).items():
        assert set(texts) == set(LANGUAGES), key  # words may come before their language
        said = [plural_forms("report", language)[key] for language in LANGUAGES]
        assert all(text.strip() for forms in said for text in forms.values()), key
        assert len({frozenset(fields.findall(forms["other"])) for forms in said}) == 1, key
        for forms in said:
            # A word for one or two may stand for the number.
            whole = {*fields.findall(forms["other"])}
            assert all({*fields.findall(text)} <= whole for text in forms.values()), key


def sources():
    folder = files("boxreach.report")
    templates = folder.joinpath("templates")
    every = [*folder.iterdir(), *templates.iterdir(), *templates.joinpath("sections").iterdir()]
    return {one.name: one.read_text(encoding="utf-8") for one in every if one.is_file()}


def test_every_word_used_is_there_and_every_word_there_is_used():
    text = "\n".join(text for name, text in sources().items() if name.endswith((".j2", ".py")))
    text += (
        "".join(re.findall(r"{@\w+}", str(catalogue("report"))))
        .replace("{@", '"')
        .replace("}", '"')
    )
    used = set(re.findall(r'\bw\.(\w+)|\bsay\("(\w+)"[,)]|\bw\["(\w+)"\]|\bsaid\["(\w+)"\]', text))
    used = {one for group in used for one in group if one}
    stems = set(re.findall(r'\bw\["(\w+_)" ~|say\("(\w+_)" ~|\bf"(\w+_)\{', text))
    stems = {one for group in stems for one in group if one}
    there = catalogue("report").keys()
    assert used <= there | catalogue("common").keys()
    in_code = set(re.findall(r'"(\w+)"', text))
    idle = {
        key
        for key in there - used - in_code
        if not key.startswith(tuple(stems))
        and not key.endswith("_means")
        # Plans of posts have some words of their own.
        and key.removesuffix("_covered").removesuffix("_km") not in used | in_code
        and key.removesuffix("_covered") not in there
    }
    assert not idle


@pytest.mark.browser
def test_in_a_browser(tmp_path, html, open_tab):
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    page = open_tab(path)
    for language, direction in (("ar", "rtl"), ("ckb", "rtl"), ("en", "ltr")):
        page.click(f"button[data-language={language}]")
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate("document.documentElement.dir") == direction
        assert page.locator("article:visible").count() == 1
        assert page.locator(f"article#{language}").is_visible()
    for width in (400, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(path.as_uri() + "#ckb-gaps")
    assert page.locator("article#ckb").is_visible()
    printed = page.pdf(prefer_css_page_size=True)
    assert page.said == []
    assert set(page.requests) <= {path.as_uri(), path.as_uri() + "#ckb-gaps"}
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(sizes) > 1
    for width, height in sizes:
        assert (float(width), float(height)) == pytest.approx((595.3, 841.9), abs=1)


@pytest.mark.browser
def test_without_script_the_first_language_is_read(tmp_path, html, chromium):
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(path.as_uri())
    assert page.locator("article#en section").count() == 10
    assert page.locator("article#en #en-record").is_visible()
    assert not page.locator("nav.languages").is_visible()
    page.context.close()


def test_the_report_is_written_in_kurmanji_where_it_is_asked_for(reach, plan):
    page = Page(render_report(reach, plan, languages=["kmr", "en"]))
    assert words("report", "kmr")["heading_decision"] in page.text["kmr"]
    assert words("report", "en")["heading_decision"] not in page.text["kmr"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda reach: reach.drop(columns="people"), "column people: the column is missing"),
        (lambda reach: reach.set_axis(["c0"] * len(reach)), "'c0' is there twice"),
        (lambda reach: reach.assign(people=np.inf), "inf is no number of people"),
        (lambda reach: reach.assign(people=-1.0), "-1 is no number of people"),
    ],
)
def test_a_reach_that_cannot_be_reported_is_refused(reach, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        br.write_report(tmp_path / "pack", change(reach), formats=["json"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "run",
    [
        [1],
        {"libraries": None},
        {"inputs": [3]},
        {"inputs": [{"rows": "x"}]},
        {"labels": [3]},
        {"labels": "modelled"},
        {"warnings": "careful"},
    ],
)
def test_a_run_of_a_wrong_kind_is_refused(reach, tmp_path, run):
    with pytest.raises(InputError, match="run"):
        br.write_report(tmp_path / "pack", reach, formats=["json"], run=run)
