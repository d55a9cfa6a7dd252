"""The panel of the map: what two sliders, a curve, a strip and a search say, against Python."""

import re
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import vstack

import boxreach as br
from boxreach.border import open_stretches
from boxreach.languages import DEFAULT_LANGUAGES, words
from boxreach.maps import map_plan
from boxreach.placement import Proposal
from boxreach.report.formatting import format_share

pytestmark = pytest.mark.browser

EN = words("map", "en")


def _text(page, selector):
    return re.sub("[\u2066-\u2069]", "", page.inner_text(selector))


def _figures(page, where="#reach-figures"):
    terms, told = (page.locator(f"{where} {tag}").all_inner_texts() for tag in ("dt", "dd"))
    return dict(zip(terms, (re.sub("[\u2066-\u2069]", "", one) for one in told), strict=True))


def _set(page, slider, value):
    page.locator(slider).fill(str(value))


def _quickest(live, shown):
    """Return the milliseconds from the quickest of the boxes that stand and the first new ones."""
    question = live.plan.question
    dense = np.full(question.ms.shape, np.iinfo(np.int64).max)
    pairs = question.ms.tocoo()
    dense[pairs.row, pairs.col] = pairs.data
    ids = pd.Index([str(one) for one in question.ids])
    stands = [*live.plan.existing.index, *live.plan.sites.index[:shown]]
    return dense[ids.get_indexer(list(map(str, stands)))].min(axis=0)


def _reached(live, shown, minutes):
    """Return which places are reached, and how many people that is."""
    there = _quickest(live, shown) <= minutes * 60_000
    return there, live.reach["people"].to_numpy()[there].astype(float)


# ---- two sliders -----------------------------------------------------------------------------


@pytest.fixture
def live(make_live):
    return make_live(places=200, standing=3, new=6, minutes=15.0, phases=[5, 9])


@pytest.fixture
def page(visit, live):
    return visit(map_plan(live.reach, live.plan, thresholds=(10, 15, 30)))


def test_the_panel_says_what_python_counts_wherever_the_sliders_stand(page, live):
    people = live.reach["people"].to_numpy()
    for shown in (0, 1, 4, 6):
        _set(page, "#shown", shown)
        for minutes in (1, 8, 15, 23, 30):
            _set(page, "#minutes", minutes)
            there, reached = _reached(live, shown, minutes)
            before, stood = _reached(live, 0, minutes)
            told = _figures(page)
            assert _text(page, "#share-reached") == format_share(float(there.mean()))
            assert told[EN["communities_reached"]] == f"{there.sum()} of {len(there)}"
            listed = f"{np.nansum(reached):,.0f} of {np.nansum(people):,.0f}"
            assert told[EN["people_listed"]] == listed
            assert told[EN["communities_unknown"]] == str(np.isnan(people).sum())
            if shown:
                assert told[EN["communities_gained"]] == f"+{there.sum() - before.sum():,}"
                gained = np.nansum(reached) - np.nansum(stood)
                assert told[EN["people_gained"]] == f"+{gained:,.0f}"
            else:
                assert EN["people_gained"] not in told


def test_the_slider_of_minutes_takes_every_whole_minute_up_to_the_longest(page):
    slider = page.locator("#minutes")
    assert [slider.get_attribute(name) for name in ("min", "max", "step")] == ["1", "30", "1"]
    ticks = page.locator("#minutes").locator("xpath=..").locator(".ticks i")
    shares = ticks.evaluate_all("all => all.map((one) => one.style.getPropertyValue('--at'))")
    assert [round(float(share), 6) for share in shares] == [round(m / 29, 6) for m in (9, 14, 29)]
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "\u206616\u2069 minutes"
    assert page.evaluate("boxreach.model.threshold") == 16
    assert page.locator("#thresholds input:checked").count() == 0
    page.check("#thresholds input[value='10']")
    assert slider.input_value() == "10"


def test_thresholds_that_are_no_whole_minutes_are_chosen_by_their_buttons(visit, make_live):
    live = make_live()
    page = visit(map_plan(live.reach, live.plan, thresholds=(7.5, 30, 45)))
    page.check("#thresholds input[value='7.5']")
    assert _figures(page)[EN["communities_reached"]].startswith(
        f"{_reached(live, 5, 7.5)[0].sum()} of"
    )
    assert "7.5" in page.locator("#minutes").get_attribute("aria-valuetext")


def test_phases_are_marked_on_the_slider_with_their_totals_and_are_one_press_away(page, live):
    buttons = page.locator("#phases button")
    assert buttons.all_inner_texts() == [
        "0 today",
        "2 \u20665\u2069 in all",
        "6 \u20669\u2069 in all",
    ]
    ticks = page.locator("#shown").locator("xpath=..").locator(".ticks i")
    shares = ticks.evaluate_all("all => all.map((one) => one.style.getPropertyValue('--at'))")
    assert [float(share) for share in shares] == pytest.approx([0, 2 / 6, 1])
    for at, boxes in enumerate((0, 2, 6)):
        buttons.nth(at).focus()
        page.keyboard.press("Enter")
        assert page.evaluate("boxreach.model.shown") == boxes
        assert page.locator("#shown").input_value() == str(boxes)
        pressed = buttons.evaluate_all("all => all.map((one) => one.ariaPressed)")
        assert pressed == ["true" if one == at else "false" for one in range(3)]
    assert (
        page.locator("#shown").get_attribute("aria-valuetext")
        == "\u2066\u20666\u2069 boxes\u2069, of \u20666\u2069"
    )


def test_it_is_said_that_the_order_was_made_for_one_threshold_where_another_is_shown(page):
    note = EN["order_note"].format(minutes=15)
    assert page.is_hidden("#reach-notes")
    _set(page, "#minutes", 22)
    assert _text(page, "#reach-notes") == note
    _set(page, "#minutes", 15)
    assert page.is_hidden("#reach-notes")


def test_it_is_said_how_far_the_times_of_new_boxes_are_known(visit, make_live):
    live = make_live()  # whose times end at 90 minutes
    page = visit(map_plan(live.reach, live.plan, thresholds=(30, 90, 120)))
    note = EN["known_note"].format(minutes=90)
    _set(page, "#minutes", 90)
    assert note not in _text(page, "#reach-notes")
    _set(page, "#minutes", 91)
    assert note in _text(page, "#reach-notes")


def test_a_plan_over_other_demand_says_which_numbers_follow_which_slider(visit, make_live):
    one, two = make_live(seed=1, new=5), make_live(seed=2, places=30)
    page = visit(map_plan(two.reach, one.plan, boxes=one.plan.existing, thresholds=(15, 30, 60)))
    assert _text(page, "#own-count") == EN["sliders_apart"].format(minutes=30)
    assert page.evaluate(
        "document.querySelector('#plan').contains(document.querySelector('#shown'))"
    )
    before = float(
        one.plan.sites["people_covered"].iloc[0] - one.plan.sites["people_gained"].iloc[0]
    )
    running = [before, *one.plan.sites["people_covered"]]
    for shown in (0, 2, 5):
        _set(page, "#shown", shown)
        for minutes in (15, 30, 52):
            _set(page, "#minutes", minutes)
            there = (two.reach["minutes"] <= minutes).sum()
            assert _figures(page)[EN["communities_reached"]] == f"{there} of 30"
            assert EN["people_gained"] not in _figures(page)
            own = _figures(page, "#plan-figures")
            assert own[EN["after"]] == f"{running[shown]:,.0f} of {one.plan.total:,.0f}"
            assert own[EN["gained"]] == f"+{running[shown] - before:,.0f}"
            assert own[EN["share"]] == format_share(running[shown] / one.plan.total)
    assert _text(page, "#curve figcaption") == EN["curve_own"].format(minutes=30)


def test_places_follow_a_plan_over_other_demand_where_times_are_given(visit, make_live):
    one, two = make_live(seed=1, new=5), make_live(seed=2, new=5, places=30)
    both = (two.existing, two.options)
    times = replace(
        two.existing,
        sites=pd.concat([one.sites for one in both]),
        ms=vstack([one.ms for one in both]).tocsr(),
    )
    page = visit(map_plan(two.reach, one.plan, times=times, thresholds=(15, 30, 60)))
    assert _text(page, "#own-count") == EN["own_count"].format(minutes=30)
    new = [str(one) for one in one.plan.sites.index]
    ids = [str(one) for one in times.sites.index]
    dense = np.full(times.ms.shape, np.inf)
    pairs = times.ms.tocoo()
    dense[pairs.row, pairs.col] = pairs.data
    for shown, minutes in [(1, 15), (3, 42), (5, 30)]:
        _set(page, "#shown", shown)
        _set(page, "#minutes", minutes)
        stands = [ids.index(one) for one in [*map(str, two.existing.sites.index), *new[:shown]]]
        there = (dense[stands].min(axis=0) <= minutes * 60_000).sum()
        assert _figures(page)[EN["communities_reached"]] == f"{there} of 30"
        covered = one.plan.sites["people_covered"].iloc[shown - 1]
        own = _figures(page, "#plan-figures")
        assert own[EN["after"]] == f"{covered:,.0f} of {one.plan.total:,.0f}"
    assert page.locator("#curve .bound").count() == 0


def test_a_plan_over_these_places_has_no_second_count(page):
    assert page.is_hidden("#own-count")
    assert page.locator("#plan-figures dt").count() == 0
    assert page.locator(".headline:visible").count() == 1


@pytest.mark.parametrize(
    "model",
    [br.PMedian(sites=6), br.MaxCover(sites=6, minutes=15, capacity=9e6),
     *(pytest.param(one, marks=pytest.mark.release) for one in (
         br.BackupCover(sites=6, minutes=15), br.PCenter(sites=6), br.SetCover(minutes=15),
         br.ExpectedCover(sites=6, minutes=15)))],
)  # fmt: skip
def test_a_plan_that_seeks_more_than_reach_says_what_is_counted(visit, live, model):
    page = visit(map_plan(live.reach, replace(live.plan, model=model), thresholds=(10, 15)))
    word = "capacity" if getattr(model, "capacity", None) else type(model).__name__
    assert EN[f"seeks_{word}"] in _text(page, "#plan-figures")
    assert page.locator("#curve .bound").count() == 0


def test_people_are_those_of_the_summary_for_what_stands_and_of_the_list_with_new_boxes(
    visit, live
):
    rows = [("West", 100, 1_000.0), ("East", 100, 2_000.0), ("total", 200, 3_000.0)]
    summary = pd.DataFrame(
        [(name, 15.0, places, 1, 0, 10 * people, people) for name, places, people in rows],
        columns=["governorate", "threshold_minutes", "places", "places_covered",
                 "places_unknown_people", "people", "people_covered"],
    )  # fmt: skip
    page = visit(map_plan(live.reach, live.plan, thresholds=(10, 15), summary=summary))
    _set(page, "#shown", 0)
    assert _figures(page)[EN["people_reached"]] == "3,000 of 30,000"
    assert page.inner_text("#governorates th:nth-child(3)") == EN["people"]
    _set(page, "#shown", 1)
    assert _figures(page)[EN["people_listed"]].startswith(
        f"{np.nansum(_reached(live, 1, 15)[1]):,.0f} of"
    )
    assert EN["people_reached"] not in _figures(page)
    assert page.inner_text("#governorates th:nth-child(3)") == EN["people_listed"]


# ---- governorates and the legend -------------------------------------------------------------


def test_governorates_are_counted_at_every_threshold_and_number(page, live):
    page.evaluate("document.querySelector('#governorates tbody').kept = true")
    where = live.reach["governorate"].to_numpy()
    people = live.reach["people"].to_numpy()
    for shown, minutes in [(0, 15), (3, 15), (6, 7), (6, 30)]:
        _set(page, "#shown", shown)
        _set(page, "#minutes", minutes)
        there, _ = _reached(live, shown, minutes)
        wanted = []
        for name in ("East", "West"):
            inside = where == name
            share = np.nansum(people[inside & there]) / np.nansum(people[inside])
            counted = f"{(inside & there).sum()} of {inside.sum()}"
            row = [name, counted, format_share(float(share))]
            wanted.append((there[inside].mean(), name, row))
        rows = page.locator("#governorates tbody tr").all()
        told = [[re.sub("[\u2066-\u2069]", "", one) for one in
                 row.locator("th, td").all_inner_texts()] for row in rows]  # fmt: skip
        assert told == [row for *_, row in sorted(wanted, key=lambda one: one[:2])]
    assert page.evaluate("document.querySelector('#governorates tbody').kept")


def test_the_legend_counts_the_classes_and_stays_what_it_was(page, live):
    page.evaluate("document.querySelector('#legend fieldset').kept = true")
    for shown, minutes, edges in [
        (6, 22, (0, 10, 15, 22, 30)),
        (2, 30, (0, 10, 15, 30)),
        (0, 5, (0, 5, 30)),
    ]:
        _set(page, "#shown", shown)
        _set(page, "#minutes", minutes)
        ms = _quickest(live, shown)
        counts = [((ms <= high * 60_000) & (ms > (low * 60_000 if low else -1))).sum()
                  for low, high in pairwise(edges)]  # fmt: skip
        counts.append((ms > 30 * 60_000).sum())
        items = page.locator("#legend fieldset:first-child li:visible .count")
        assert [int(one.replace(",", "")) for one in items.all_inner_texts()] == counts
        shown_now = page.locator("fieldset:has([data-layer=proposals]) .count")
        assert shown_now.inner_text() == str(shown)
    assert page.evaluate("document.querySelector('#legend fieldset').kept")


# ---- the curve -------------------------------------------------------------------------------


def test_the_curve_is_pythons_at_every_threshold(page, live):
    for minutes in (1, 10, 15, 22, 30):
        _set(page, "#minutes", minutes)
        drawn = page.evaluate(
            """() => { const { curve } = boxreach.panel; const y = [];
            const path = document.querySelector("#curve .line").getAttribute("d");
            for (const [, at] of path.matchAll(/(?:M0 |V)([\\d.]+)/g)) y.push((1 - at) * curve.top);
            return y; }"""
        )
        counted = [np.nansum(_reached(live, shown, minutes)[1]) for shown in range(7)]
        assert drawn == pytest.approx(counted, abs=max(counted) * 2e-5)
        exact = page.evaluate("[...boxreach.model.curve().people]")
        assert exact == counted
        told = _text(page, "#curve-text")
        assert f"{counted[0]:,.0f} with none, {counted[-1]:,.0f} with all 6" in told


def test_the_curve_shows_the_plans_bound_at_its_own_threshold_alone(page, live):
    bounds = page.locator("#curve .bound")
    high = bounds.evaluate_all("all => all.map((one) => one.style.getPropertyValue('--high'))")
    top = page.evaluate("boxreach.panel.curve.top")
    assert [float(one) * top for one in high] == pytest.approx(live.plan.phases["bound"].tolist())
    assert EN["curve_bound"] in _text(page, "#curve-text")
    assert bounds.count() == 2
    page.evaluate("boxreach.choose(15.04)")  # which counts the same and is another threshold
    assert bounds.count() == 0
    assert EN["curve_bound"] not in _text(page, "#curve-text")


@pytest.mark.parametrize("code", [pytest.param("en", marks=pytest.mark.release), "ar"])
def test_a_press_on_the_curve_and_its_keys_choose_the_number_of_boxes(page, code):
    page.click(f"[data-code={code}]")
    sheet = page.locator("#curve .sheet")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    share = 2 / 6 if code == "en" else 4 / 6
    page.mouse.click(box["x"] + share * box["width"], box["y"] + 30)
    assert page.evaluate("boxreach.model.shown") == 2
    sheet.focus()
    on, back = ("Right", "Left") if code == "en" else ("Left", "Right")
    keys = {f"Arrow{on}": 3, "ArrowUp": 4, f"Arrow{back}": 3, "ArrowDown": 2, "Home": 0,
            "PageDown": 0, "PageUp": 1, "End": 6}  # fmt: skip
    for key, boxes in keys.items():
        page.keyboard.press(key)
        assert page.evaluate("boxreach.model.shown") == boxes
        assert sheet.get_attribute("aria-valuenow") == str(boxes)
    assert page.locator("#shown").input_value() == "6"


def test_the_curve_counts_places_where_nobodys_number_is_known(visit, live):
    reach = live.reach.assign(people=np.nan)
    page = visit(map_plan(reach, live.plan, thresholds=(10, 15)))
    assert _text(page, "#curve figcaption") == EN["curve_places"].format(minutes=15)
    assert f"{_reached(live, 0, 15)[0].sum()} with none" in _text(page, "#curve-text")


# ---- numbers as they are said ----------------------------------------------------------------


def test_numbers_take_the_plural_forms_of_their_language(page):
    def said(code, *counts):
        page.click(f"[data-code={code}]")
        told = page.evaluate(
            "counts => counts.map((n) => boxreach.speech.count('boxes', n))", counts
        )
        return [re.sub("[\u2066-\u2069]", "", one) for one in told]

    assert said("en", 0, 1, 2) == ["0 boxes", "1 box", "2 boxes"]
    assert said("ar", 0, 1, 2, 3, 11, 100, 102) == [
        "0 مخفر", "مخفر واحد", "مخفران", "3 مخافر", "11 مخفراً", "100 مخفر", "102 مخفر"]  # fmt: skip
    assert said("ckb", 1, 5) == ["1 بنکە", "5 بنکە"]


def test_digits_are_the_readers_choice_and_ids_keep_theirs(page):
    page.click("[data-code=ar]")
    _set(page, "#shown", 3)
    european = _text(page, "#panel")
    page.click("[data-digits=arab]")
    assert page.get_attribute("[data-digits=arab]", "aria-pressed") == "true"
    arabic = _text(page, "#panel")
    buttons = _text(page, "#digits")
    assert not re.search(
        r"\d", arabic.replace(buttons, "").translate({0x660 + n: None for n in range(10)})
    )
    turned = european.translate(str.maketrans("0123456789%", "٠١٢٣٤٥٦٧٨٩٪"))
    turned = re.sub(r"(?<=[٠-٩]),(?=[٠-٩])", "٬", turned)
    turned = re.sub(r"(?<=[٠-٩])\.(?=[٠-٩])", "٫", turned)
    assert arabic.replace(buttons, "") == turned.replace(buttons.replace("123", "١٢٣"), "")
    assert re.search(r"[٠-٩]٬[٠-٩]{3}", arabic)
    assert "٪" in page.inner_text("#share-reached")
    page.fill("#search", "n1")
    page.keyboard.press("Enter")
    assert re.search(r"\d{2}\.\d{4}°N", page.inner_text("#details"))
    page.click("[data-digits=latn]")
    assert _text(page, "#panel #reach-figures") in european


def test_a_page_may_open_in_arabic_digits(visit, live):
    plan_map = map_plan(live.reach, live.plan, languages=["en"], thresholds=(10, 15))
    plan_map.payload["digits"] = "arab"
    page = visit(plan_map)
    assert "٪" in page.inner_text("#share-reached")
    page.click("[data-digits=latn]")
    assert "%" in page.inner_text("#share-reached")


def test_a_page_without_arabic_letters_offers_no_other_digits(visit, live):
    page = visit(map_plan(live.reach, live.plan, languages=["en"]))
    assert page.is_hidden("#digits")


# ---- search ----------------------------------------------------------------------------------


@pytest.fixture
def named(visit, live):
    reach = live.reach.copy()
    for column, name in {"name": "Erbil", "name_ar": "أربيل", "name_ckb": "هەولێر"}.items():
        if column not in reach:
            reach[column] = ""
        reach.loc[reach.index[7], column] = name
    return visit(map_plan(reach, live.plan, thresholds=(10, 15)))


def test_six_spellings_find_one_place(named):
    for typed in ("هەولێر", "هه‌ولێر", "اربيل", "أربيل", "Erbil", "ERBİL"):
        assert named.is_hidden("#details")
        named.fill("#search", typed)
        options = named.locator("#results [role=option]")
        assert options.count() == 1
        assert "Erbil" in options.inner_text()
        named.keyboard.press("Enter")
        assert "Erbil" in _text(named, "#details h2")
        named.keyboard.press("Escape")


def test_the_search_is_a_combobox(named):
    box = named.locator("#search")
    assert box.get_attribute("aria-expanded") == "false"
    box.fill("place 1")
    assert box.get_attribute("aria-expanded") == "true"
    options = named.locator("#results [role=option]")
    assert options.count() == 12
    assert re.search(r"Place 1\b", options.first.inner_text())  # the very name comes first
    assert re.search("Community · (West|East)", options.first.inner_text())
    for key, at in [("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", 11)]:
        named.keyboard.press(key)
        assert box.get_attribute("aria-activedescendant") == f"result-{at}"
        chosen = named.locator("#results [aria-selected=true]")
        assert chosen.get_attribute("id") == f"result-{at}"
    assert named.evaluate("document.activeElement.id") == "search"
    name = named.locator("#result-11 bdi").first.inner_text()
    named.keyboard.press("Enter")
    assert named.is_hidden("#results")
    assert _text(named, "#details h2") == name
    box.fill("place 2")
    named.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    box.fill("place 3")
    options.nth(1).click()
    assert named.is_visible("#details")


def test_it_is_said_in_every_language_that_nothing_was_found(named):
    for code in DEFAULT_LANGUAGES:
        named.click(f"[data-code={code}]")
        named.fill("#search", "zzz")
        assert named.inner_text("#no-results") == words("map", code)["nothing_found"]
        assert named.is_hidden("#results")


# ---- the strip -------------------------------------------------------------------------------


@pytest.fixture
def posts():
    """Two hundred kilometres in two parts, with holes in each, one across their seam."""
    start = np.arange(0.0, 200.0, 2.0)
    covered = np.ones(100, dtype=bool)
    covered[[3, 4, 5, 20, 48, 49, 50, 70, 98, 99]] = False
    reached = covered.copy()
    reached[[4, 70]] = True
    line = gpd.GeoDataFrame(
        {
            "part": np.where(start < 100, 1, 2), "chainage_from_km": start,
            "chainage_to_km": start + 2, "km": 2.0, "covered": covered, "reached": reached,
            "governorate": np.where(start < 8, "North", "South"),
            "reason": np.where(covered, "", "TOO_FAR"),
        },
        geometry=[shapely.LineString([(40, 36 - k / 100), (40, 35.98 - k / 100)]) for k in start],
        crs=4326, index=pd.Index([f"s{km:g}" for km in start], name="segment_id"),
    )  # fmt: skip
    at = np.array([20.0, 90.0, 150.0])
    sites = gpd.GeoDataFrame(
        {
            "name": "", "governorate": "South", "rank": [1, 2, 3], "phase": [2, 2, 3],
            "km_gained": 1.0, "km_covered": [1.0, 2.0, 3.0], "chainage_km": at,
        },
        geometry=gpd.points_from_xy(np.full(3, 40.05), 36 - at / 100),
        crs=4326, index=pd.Index(["p1", "p2", "p3"], name="site_id"),
    )  # fmt: skip
    phases = pd.DataFrame({"objective": [2.0, 3.0], "bound": [2.0, 3.0], "gap": 0.0,
                           "status": "optimal"}, index=pd.Index([2, 3], name="sites"))  # fmt: skip
    return Proposal(sites, sites.iloc[:0], line, phases, "km", 15.0, 200.0)


def test_the_holes_of_the_strip_are_those_of_the_frame(visit, live, posts):
    page = visit(map_plan(live.reach, posts=posts))
    holes = open_stretches(posts, whole=True)
    drawn = page.evaluate("boxreach.strip.holes.map(({ from, to, km }) => [from, to, km])")
    assert drawn == holes[["from_km", "to_km", "km"]].to_numpy().tolist()
    assert [96.0, 100.0, 4.0] in drawn  # to the end of its part, and not across
    assert page.locator("#strip .strip-hole").count() == len(holes)
    assert page.locator("#strip .break").count() == 1
    said = _text(page, "#strip-text")
    assert f"Holes: {len(holes)}, the widest {holes['km'].max():g} km" in said
    # Every stretch is drawn in its own colour and as long as it is.
    km = page.evaluate(
        """() => { const km = {}; const { kmInRow } = boxreach.strip;
        for (const run of document.querySelectorAll("#strip .run")) {
          const colour = run.getAttribute("stroke");
          km[colour] = (km[colour] ?? 0) + run.getTotalLength() / 304 * kmInRow; }
        return km; }"""
    )
    covered = posts.reach["covered"]
    unseen = ~covered & posts.reach["reached"]
    counts = [2 * one.sum() for one in (covered, unseen, ~covered & ~unseen)]
    assert [km[one] for one in ("#009e73", "#e69f00", "#d55e00")] == pytest.approx(counts, abs=0.01)


def test_the_strip_is_walked_by_keys_and_opens_what_it_shows(visit, live, posts):
    page = visit(map_plan(live.reach, posts=posts))
    marks = page.locator("#strip [role=button]")
    assert page.locator("#strip [tabindex='0']").count() == 1
    page.locator("#strip [tabindex='0']").focus()
    names = []
    for _ in range(marks.count()):
        names.append(page.evaluate("document.activeElement.ariaLabel"))
        page.keyboard.press("ArrowRight")
    holes = [("Hole", one) for one in open_stretches(posts, whole=True)["from_km"]]
    order = sorted(
        [*holes, *(("Post", one) for one in posts.sites["chainage_km"])], key=lambda one: one[1]
    )
    assert [name.split()[0] for name in names] == [kind for kind, _ in order]
    assert _text(page, "#strip-told") == re.sub("[\u2066-\u2069]", "", names[-1])
    before = page.evaluate("boxreach.map.getCenter()")
    page.keyboard.press("Enter")
    assert EN["stretch_open"] in _text(page, "#details")
    after = page.evaluate("boxreach.map.getCenter()")
    assert before != after
    assert page.evaluate("boxreach.map.getBounds().contains([34.02, 40])")
    page.locator("#strip .strip-post").first.click()
    assert "p1" in _text(page, "#details")
    run = page.locator("#strip .run").first.bounding_box()
    page.mouse.click(run["x"] + run["width"] / 2, run["y"])
    assert EN["stretch_covered"] in _text(page, "#details")


def test_a_line_without_a_hole_is_said_to_have_none(visit, live, posts):
    whole = replace(posts, reach=posts.reach.assign(covered=True, reached=True))
    page = visit(map_plan(live.reach, posts=whole))
    assert page.locator("#strip .strip-hole").count() == 0
    assert "no hole" in _text(page, "#strip-text")
