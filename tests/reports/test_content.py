"""The report says all that was promised, with right numbers and words in every language."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from boxreach.languages import LANGUAGES, plural_category, plural_forms, words
from boxreach.report.assumptions import list_assumptions
from boxreach.report.model import Means, Proof, Record, Span
from boxreach.report.page import SECTIONS, render_page
from boxreach.report.wording import Wording

EVERY = tuple(LANGUAGES)
CODES = {"ku": "kmr"}


class Page(HTMLParser):
    """What a reader sees: tables by caption, text by language, and apart from it data."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.text, self.told, self.figures = {}, {}, {}, {}
        self.language, self._stack, self._skip = "", [], 0
        self._rows = self._caption = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in {"rect", "path", "line", "circle", "polygon", "br", "meta", "link"}:
            return
        self._stack.append((tag, attrs))
        if tag == "article":
            self.language = attrs["id"]
        elif tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows[-1].append("")

    def handle_endtag(self, tag):
        while self._stack and self._stack.pop()[0] != tag:
            pass
        if tag == "table":
            rows = [[" ".join(cell.split()) for cell in row] for row in self._rows]
            self.tables[self.language, self._caption] = rows
            self._rows = None

    def handle_data(self, data):
        tags = [tag for tag, _ in self._stack]
        if "style" in tags or "script" in tags or not self.language:
            return
        self.text[self.language] = self.text.get(self.language, "") + data
        classes = [attrs.get("class", "") for _, attrs in self._stack]
        if "bdi" not in tags:
            self.told[self.language] = self.told.get(self.language, "") + data
        if not any(one in {"code", "prose warnings"} for one in classes):
            self.figures.setdefault(self.language, []).append(data)
        if "caption" in tags:
            self._caption += data
        elif self._rows and self._rows[-1] and {"td", "th"} & {*tags}:
            self._rows[-1][-1] += data

    def table(self, key, language="en", **values):
        return self.tables[language, words("report", language)[key].format(**values)]


def show(report, *languages, digits="latn"):
    return Page(render_page(report, languages or ("en",), digits))


def whole(text):
    return int(text.replace(",", ""))


@pytest.fixture(scope="module")
def report(make_report):
    return make_report(6, 3, 40)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "خلال 0 دقيقة"),
        (1, "خلال دقيقة واحدة"),
        (2, "خلال دقيقتين"),
        (3, "خلال 3 دقائق"),
        (11, "خلال 11 دقيقة"),
        (100, "خلال 100 دقيقة"),
        (103, "خلال 103 دقائق"),
        (7.5, "خلال 7.5 دقيقة"),
    ],
)
def test_arabic_counts_read_right_in_a_sentence(number, said):
    text = Wording("ar").say("decision_posts", minutes=f"{number:g}", total="1", count=number)
    assert f"{said}." in text


@pytest.mark.slow
def test_minutes_of_a_plan_take_their_form_on_the_page(report):
    quick = replace(report, plan=replace(report.plan, minutes=1.0))
    page = show(quick, *EVERY)
    assert "within 1 minute of a box" in page.text["en"]
    assert "خلال دقيقة واحدة" in page.text["ar"]
    assert "1 xulekê" in page.text["kmr"]
    assert not re.search(r"\b1 minutes\b", page.text["en"])


def test_plural_categories_are_those_of_the_cldr():
    babel = pytest.importorskip("babel", reason="babel, which knows the CLDR, is not installed")
    numbers = [*range(1300), 100_003, 1_000_000, 0.5, 1.5, 2.5, 30.25]
    for code in ("en", "ar", "ckb", "ku"):
        rule = babel.Locale.parse(code).plural_form
        language = CODES.get(code, code)
        assert [plural_category(language, one) for one in numbers] == [rule(one) for one in numbers]


def test_a_phrase_comes_in_the_form_of_its_sentence():
    forms = plural_forms("report", "ar")["people_today"]
    assert {*forms} == {"one", "two", "few", "other"}
    assert "{@" not in "".join(
        text for language in EVERY for text in words("report", language).values()
    )


def test_every_form_can_be_said_of_every_number():
    for language in EVERY:
        wording = Wording(language)
        for key, forms in plural_forms("report", language).items():
            values = dict.fromkeys(re.findall(r"{(\w+)}", forms["other"]), "X")
            for number in (0, 1, 2, 3, 11, 100, 0.5):
                assert wording.say(key, count=number, **values)


def test_where_new_sites_go_is_said_with_the_decision(report):
    text = " ".join(show(report).text["en"].split("By governorate")[1].split())
    assert "Where the new boxes go: Anbar 3, Ninewa 3." in text
    assert "Where the new posts go:" in text


def test_what_stays_outside_and_what_is_reached_make_up_the_whole(report):
    rows = show(report).table("heading_ranking")[1:]
    total = report.plan.after.cover.total
    assert all(whole(row[-5]) + whole(row[-3]) == total for row in rows if row[0])
    posts = show(report).table("posts_title")[1:]
    km = report.posts.after.cover.total
    assert all(float(row[6]) + float(row[8]) == km for row in posts if row[0])


def test_each_box_has_its_backup_with_minutes_and_its_place(report):
    rows = [row for row in show(report).table("heading_ranking")[1:] if row[0]]
    supports = dict(report.supports)
    for row, site in zip(rows, report.plan.sites, strict=True):
        support = supports[site.site_id]
        assert row[-2] == f"{support.name.text} (proposed), {support.minutes:.1f} minutes"
        assert site.mgrs in row[-1]
        assert f"{site.lat:.5f}, {site.lon:.5f}" in row[-1]
    none = show(replace(report, supports=report.supports[1:])).table("heading_ranking")
    assert none[2][-2] == words("report", "en")["no_way"]
    assert "Backup" not in show(replace(report, supports=())).text["en"]


def test_phases_add_up_to_the_plan(report):
    first, last = report.plan.steps
    middle = replace(first, sites=5, added=3, cover=replace(first.cover, covered=103_000))
    plan = replace(report.plan, steps=(first, middle, replace(last, added=3)))
    rows = show(replace(report, plan=plan)).table("phases_title")[1:]
    assert [whole(row[2]) for row in rows] == [0, 3000, 3000]
    assert sum(whole(row[1]) for row in rows) == plan.added
    assert all(whole(row[3]) + whole(row[5]) == last.cover.total for row in rows)
    assert ("en", "Phase by phase") not in show(report).tables


def test_other_limits_are_told_and_that_of_the_plan_is_marked(report):
    rows = show(report).table("heading_sensitivity")[1:]
    assert [row[0] for row in rows] == [
        "15 minutes",
        "30 minutes planned for",
        "60 minutes",
        "90 minutes",
    ]
    for row in rows:
        assert whole(row[1]) + whole(row[3]) == whole(row[4])
        assert whole(row[4]) + whole(row[5]) == 200_000
    assert "sensitivity" not in render_page(replace(report, sensitivity=None), ("en",))[30_000:]


def test_means_add_up_only_where_all_are_known(report):
    rows = show(report).table("means_title")[1:]
    assert rows[1][2:] == ["not given", "not given", "$1,500,000"]
    assert rows[2][1:] == ["8", "not given", "not given", "$2,000,000"]
    known = replace(report, plan=replace(report.plan, means=Means(vehicles=12, officers=60)))
    assert show(known).table("means_title")[3][1:] == ["8", "16", "100", "$2,000,000"]


def test_the_curve_shows_the_bound_of_each_phase(report):
    assert render_page(report, ("en",)).count('class="limit"') == 2
    proofs = (Proof(8, 6, "feasible", 106_000, None, None),)
    unknown = replace(report, plan=replace(report.plan, proofs=proofs))
    assert render_page(unknown, ("en",)).count('class="limit"') == 1


def test_quotas_say_what_they_cost_or_that_it_is_not_known(report):
    said = words("report", "en")
    assert said["quotas_unknown"] in show(report).text["en"]
    price = replace(report.plan.price, forgone=(0.0, 0.0))
    free = replace(report, plan=replace(report.plan, price=price))
    assert said["quotas_free"] in show(free).text["en"]


def test_who_stays_outside_in_the_end_is_told_by_reason(report):
    rows = show(report).table("gaps_after_title", minutes=30)[1:]
    out = [one for one in report.ground.places if not one.after]
    assert whole(rows[-1][1]) == len(out) == sum(whole(row[1]) for row in rows[:-1])
    people = sum(one.people or 0 for one in out)
    assert whole(rows[-1][3]) == people == sum(whole(row[3]) for row in rows[:-1])
    assert {row[0] for row in rows[:-1]} == {"Cut off from every site", "Too far"}


def test_holes_of_the_line_are_drawn_and_listed(report):
    holes = (Span(20, 25, 5.0, "TOO_FAR"), Span(60, 62, 2.0, "OFF_ROAD"))
    strip = replace(report.strip, holes=holes, stretches=holes,
                    reasons=(("TOO_FAR", 1, 5.0), ("OFF_ROAD", 1, 2.0)))  # fmt: skip
    told = replace(report, strip=strip)
    rows = show(told).table("stretches_title")[1:]
    assert [row[:3] for row in rows[:2]] == [["20.0", "25.0", "5.0"], ["60.0", "62.0", "2.0"]]
    drawn = render_page(told, ("en",)).split('<figure class="strip">')[1].split("</figure>")[0]
    assert drawn.count('class="hole"') == 2  # one in the drawing, one in its legend
    assert 'path d="M' in drawn.split('class="hole"')[0]


def test_assumptions_are_said_in_words_with_their_values():
    given = {
        "network.on": '"2026-03-31"',
        "network.closures_given": "4",
        "network.closures_in_force": "3",
        "network.off_road_km": "10.0",
        "network.bridge_m": "0.0",
        "reach.mobilise_minutes": "3",
        "speeds.season": '"wet"',
        "network.speeds_kmh": '{"trunk": 80.0, "track": 30.0}',
        "posts.support_minutes": "null",
        "of nobody": "{{7*7}} <b>",
    }
    record = Record(parameters=tuple(given.items()))
    said = [one.striptags() for one in list_assumptions(record, Wording("en"))]
    assert said == [
        "The day planned for is 2026-03-31: closures hold by their dates.",
        "Closures given: 4; of them in force: 3.",
        "The season is wet: road surfaces are slowed by the stated factors.",
        "A place is linked to roads up to 10 km away.",
        "Mobilising takes 3 minutes.",
        "Speeds in km/h by class of road: trunk 80, track 30.",
    ]
    arabic = list_assumptions(record, Wording("ar", "arab"))
    assert "يستغرق التحرك" in arabic[4]
    assert "٣" in arabic[4]
    assert "2026-03-31" in arabic[0]


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "{{7*7}}", "=cmd|' /C calc'!A0"])
def test_hostile_values_of_parameters_are_shown_as_typed(name, report):
    parameters = (("network.on", json.dumps(name)),
                  ("network.speeds_kmh", json.dumps({name: 3})))  # fmt: skip
    told = replace(report, record=replace(report.record, parameters=parameters))
    html = render_page(told, EVERY)
    page = Page(html)
    assert "<img" not in html
    assert all(page.text[language].count(name) >= 2 for language in EVERY)


def test_limits_say_what_times_leave_out(report):
    text = show(report).text["en"]
    for word in ("free-flow", "no traffic", "no curfew", "closed only where that was given"):
        assert word in text


def test_figures_come_in_the_digits_of_the_reader_and_ids_do_not(report):
    page = show(report, *EVERY, digits="arab")
    for language in ("ar", "ckb"):
        text = page.text[language]
        assert "١٠٠٬٠٠٠" in text
        assert "٪" in text
        # What is left in 0123 are ids, references, degrees, versions and dates.
        kept = re.compile(r"-?\d+\.\d{5}|2017-11-30")
        for said in page.figures[language]:
            assert not re.search("[0-9]", kept.sub("", said)), said
        assert report.plan.sites[0].mgrs in text
        assert f"{report.plan.sites[0].lon:.5f}" in text
    assert not re.search("[٠-٩]", page.text["en"] + page.text["kmr"])


def test_shares_and_signs_are_written_as_arabic_has_them():
    wording = Wording("ckb", "arab")
    assert wording.figure("87.5%") == "٨٧٫٥٪\u061c"
    assert wording.figure("<0.1%").startswith("\u061c<٠٫١٪")
    assert wording.figure("-5") == "\u061c-٥"
    assert Wording("kmr", "arab").figure("87.5%") == "87.5%"


def test_no_english_word_is_left_in_other_languages(report):
    assert [name for name, wanted in SECTIONS.items() if not wanted(report)] == [
        "compared",
        "what_if",
        "what_if_critical",
        "what_if_opening",
        "what_if_robustness",
        "what_if_rounds",
        "changed",
        "spots",
        "distances",
        "others",
    ]
    page = show(report, *EVERY)
    english = {word for text in words("report", "en").values()
               for word in re.findall(r"[A-Za-z]{4,}", re.sub(r"{\w+}", "", text))}  # fmt: skip
    for language in ("ar", "ckb", "kmr"):
        own = {word for text in words("report", language).values()
               for word in re.findall(r"\w{4,}", re.sub(r"{\w+}", "", text))}  # fmt: skip
        left = {*re.findall(r"[A-Za-z]{4,}", page.told[language])} & english
        assert left <= own, language


def test_every_heading_is_said_in_every_language(report):
    page = show(report, *EVERY)
    for language in EVERY:
        for name, wanted in SECTIONS.items():
            if wanted(report):
                assert words("report", language)[f"heading_{name}"] in page.text[language]
