"""How sure it is, on the map: what draws come to, which sites they choose, and what is withheld."""

import json
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import boxreach as br
from boxreach.errors import InputError
from boxreach.languages import LANGUAGES, words
from boxreach.maps import map_changes, map_plan, map_reach
from boxreach.scenarios import Opening, Robustness, robustness
from boxreach.scenarios.draws import SpeedRange

_DRAWS = 20
_TIMES = {"b0": 20, "b1": 13, "b2": 4, "b3": 0, "c5": 9, "n77": 1, "n78": 0}
"""In how many draws a site is chosen; c5 stands in a community, b0 to b3 are boxes."""
_HOSTILE = [
    "{{ cycler.__init__.__globals__.os.system('touch owned') }}",
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    "</script><script>document.title='owned'</script>",
    "__proto__",
    "a\u202eb\ud800c",
]


def _tell_draws(plans):
    rows = [
        {
            "draw": draw, "plan": plan, "people": 1000.0, "within": 600.0 - draw,
            "regret": 10.0 + draw, "best": 610.0, "bound": 612.0,
        }
        for draw in range(_DRAWS)
        for plan in plans
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _draw(reach, boxes, plans=("standing", "proposed")):
    """Make what draws come to, of some boxes and three candidates."""
    table = pd.DataFrame(
        {
            "point": [640.0, 830.4], "mean": 590.0, "low": [581.0, 702.0],
            "median": [590.5, 777.0], "high": [600.0, 801.0], "worst": [580.0, 700.0],
            "share_mean": 0.6, "regret_mean": [19.5, 3.0], "regret_high": [29.0, 12.0],
            "best_in": [0.0, 0.35],
        },
        index=pd.Index(plans, name="plan"),
    )  # fmt: skip
    points = [*boxes.geometry, reach.geometry["c5"]]
    points += [shapely.Point(44.3, 33.8), shapely.Point(44.2, 33.3)]
    chosen = gpd.GeoDataFrame(
        {
            "name": [*(f"Box {one}" for one in boxes.index), "", "Far Field", "Nowhere"],
            "chosen": [times / _DRAWS for times in _TIMES.values()],
            "in_plan": [True] * 4 + [False] * 3,
        },
        geometry=points, crs=4326, index=pd.Index([*_TIMES], name="site_id"),
    )  # fmt: skip
    areas = pd.DataFrame(
        {
            "plan": np.repeat(plans, 2), "area": ["East", "West"] * 2,
            "low": [300.0, 200.0, 401.0, 210.0], "median": [310.0, 250.0, 402.0, 300.0],
            "high": [320.0, 290.0, 403.0, 350.0],
        }
    )  # fmt: skip
    ranges = {"primary": SpeedRange(0.7, None, 1.1), "off_road": SpeedRange(0.25, None, 1.0)}
    return Robustness(table, _tell_draws(plans), chosen, pd.DataFrame(), areas, 30.0, 7, ranges)


@pytest.fixture
def full(make_live):
    """A map with draws, and what it was made of."""
    live = make_live(places=60, standing=4, new=2, minutes=30.0)
    reach = live.reach.assign(name=[f"Place {row}" for row in range(60)])
    reach = reach.set_axis(pd.Index([f"c{row}" for row in range(60)], name=reach.index.name))
    boxes = live.plan.existing
    drawn = _draw(reach, boxes)

    def make(**more):
        return map_plan(reach, boxes=boxes, **{"robustness": drawn} | more)

    make.reach, make.boxes, make.drawn = reach, boxes, drawn
    return make


def _open(page):
    page.select_option("#what-if-choice", "0")
    page.wait_for_function("() => document.querySelector('#what-if-shown h3')")


def _plain(text):
    return re.sub("[\u2066\u2069\u00a0]", "", text)


# ---- what is in the file -------------------------------------------------------------------


def test_a_map_without_draws_has_no_word_of_them(full):
    plain = full(robustness=None)
    assert "what_if" not in plain.payload
    assert "sure_draws" not in plain.payload["words"]["en"]
    plain.compress = False
    readable = plain.get_root().render()
    assert "class Robust" not in readable
    assert "#what-if" not in readable
    alone = pd.DataFrame({"people_regained": []})
    opened = Opening(
        gpd.GeoDataFrame(alone, geometry=[], crs=4326),
        pd.DataFrame({"closure_id": [], "people_gained": [], "people_regained": []}),
        30.0, 1.0, 1.0,
    )  # fmt: skip
    said = full(robustness=None, opening=opened).payload["words"]["en"]
    assert "if_title" in said
    assert "sure_draws" not in said


@pytest.mark.slow
def test_what_draws_come_to_is_in_the_file_as_it_was_counted():
    """A box in the smaller of two towns that no box reaches both of: the larger is always best."""
    road = gpd.GeoDataFrame(
        {"road_class": ["primary"]}, geometry=[shapely.LineString([(44, 33), (46, 33)])], crs=4326
    )
    places = [shapely.Point(44.01, 33), shapely.Point(45.99, 33)]
    towns = gpd.GeoDataFrame(
        {"people": [50, 100], "governorate": ["West", "East"]},
        geometry=places, crs=4326, index=pd.Index(["w", "e"], name="community_id"),
    )  # fmt: skip
    network = br.build_network(road)
    times = {
        one: br.travel_times(
            network, gpd.GeoDataFrame(index=[one], geometry=[place], crs=4326), towns, cutoff=60
        )
        for one, place in zip(("small", "large"), places, strict=True)
    }
    drawn = robustness(
        times["small"], minutes=30, speeds={"primary": (0.9, 1.1)}, candidates=times["large"],
        draws=20, seed=5,
    )  # fmt: skip
    reach = br.reach(times["small"], minutes=30)
    told = map_reach(reach, robustness=drawn).payload["what_if"]["robustness"]
    assert {key: told[key] for key in ("minutes", "seed", "draws", "sure", "total")} == {
        "minutes": 30.0, "seed": 5, "draws": 20, "sure": 0.9, "total": 150.0,
    }  # fmt: skip
    assert told["searched"] is True
    assert told["plans"] == {
        "name": ["plan"], "point": [50], "low": [50], "median": [50], "high": [50], "worst": [50],
        "regret_mean": [50], "regret_high": [50], "best_in": [0],
    }  # fmt: skip
    by_area = {name: told["areas"]["high"][at] for at, name in enumerate(told["areas"]["name"])}
    assert by_area == {"East": 0, "West": 50}
    assert told["areas"]["plan"] == [0, 0]
    assert told["ranges"] == {"name": ["primary"], "low": [0.9], "high": [1.1]}
    assert told["sites"] == {
        "id": ["large", "small"], "times": [20, 0], "own": [False, True],
        "lon": [4_599_000, 4_401_000], "lat": [3_300_000, 3_300_000],
    }  # fmt: skip


def test_few_draws_say_how_often_one_more_lies_between(full):
    few = full.drawn.draws[full.drawn.draws["draw"] < 9]
    told = full(robustness=replace(full.drawn, draws=few)).payload["what_if"]["robustness"]
    assert told["sure"] == pytest.approx(8 / 10)
    one = full.drawn.draws[full.drawn.draws["draw"] < 1]
    told = full(robustness=replace(full.drawn, draws=one)).payload["what_if"]["robustness"]
    assert told["sure"] == 0


def test_regret_is_told_only_where_there_is_something_to_regret(full):
    draws = full.drawn.draws.assign(bound=np.nan)
    told = full(robustness=replace(full.drawn, draws=draws)).payload["what_if"]["robustness"]
    assert told["searched"] is False
    assert told["plans"]["regret_mean"] == [20, 3]
    nothing = replace(full.drawn, draws=draws.assign(regret=0.0))
    told = full(robustness=nothing).payload["what_if"]["robustness"]
    assert not {"regret_mean", "regret_high", "best_in"} & {*told["plans"]}


def test_many_candidates_are_cut_to_those_chosen_most(full):
    """All boxes of plans stay, and candidates that no draw chooses go."""
    count = 1_000
    many = gpd.GeoDataFrame(
        {"name": "", "chosen": [(1 + row % 19) / _DRAWS for row in range(count)], "in_plan": False},
        geometry=[shapely.Point(44.5, 33.5)] * count, crs=4326,
        index=[f"m{row}" for row in range(count)],
    )  # fmt: skip
    chosen = gpd.GeoDataFrame(pd.concat([full.drawn.chosen, many]), crs=4326)
    made = full(robustness=replace(full.drawn, chosen=chosen))
    sites = made.payload["what_if"]["robustness"]["sites"]
    own = [one for one, flag in zip(sites["id"], sites["own"], strict=True) if flag]
    assert own == ["b0", "b1", "b2", "b3"]
    assert len(sites["id"]) == 4 + 200
    assert "n78" not in sites["id"]
    others = [n for n, flag in zip(sites["times"], sites["own"], strict=True) if not flag]
    assert others == sorted(others, reverse=True)
    assert min(others) > 15
    bare = replace(full.drawn, chosen=full.drawn.chosen.iloc[:0])
    size = len(made.get_root().render()) - len(full(robustness=bare).get_root().render())
    assert size < 12_000


def test_what_is_no_robustness_is_refused_in_words(full):
    with pytest.raises(InputError, match=r"robustness is .*give what robustness\(\) returned"):
        map_plan(full.reach, robustness=full.drawn.table)
    with pytest.raises(InputError, match=r"(?s)comparison is .*robustness is "):
        map_changes(None, robustness="sure")


# ---- what is seen --------------------------------------------------------------------------


@pytest.mark.browser
def test_the_panel_says_the_ends_and_the_regret_of_each_plan(visit, full):
    page = visit(full())
    _open(page)
    shown = _plain(page.inner_text("#what-if-shown"))
    said = words("map", "en")
    assert page.locator("#what-if-shown h3").first.inner_text() == said["sure_draws"]
    for text in ("Draws: 20", "seed: 7", "581 to 600", "702 to 801", "777 of 1,000"):
        assert text in shown
    assert said["sure_draws_nine"] in shown
    assert said["sure_plan_proposed"] in shown
    figures = page.evaluate(
        "[...document.querySelectorAll('#what-if-shown > dl:first-of-type dd')]"
        ".map((one) => one.textContent)"
    )
    assert [_plain(one) for one in figures] == ["590 of 1,000", "640", "580", "20", "29", "0%"]
    page.click("#what-if details:last-of-type summary")
    assert "70%" in page.inner_text("#what-if details:last-of-type")
    page.click("#what-if details:first-of-type summary")
    table = _plain(page.inner_text("#what-if details:first-of-type table"))
    assert re.search(r"West\s+200\s+250\s+290\s+East\s+300\s+310\s+320", table)
    assert page.is_hidden("#reach")


@pytest.mark.browser
def test_few_draws_are_called_so(visit, full):
    few = full.drawn.draws[full.drawn.draws["draw"] < 9]
    page = visit(full(robustness=replace(full.drawn, draws=few)))
    _open(page)
    shown = _plain(page.inner_text("#what-if-shown"))
    said = words("map", "en")
    assert said["sure_draws_nine"] not in shown
    assert "in 80.0% of cases" in shown
    assert said["sure_in_few"] in shown
    assert said["sure_regret_most"] in shown


@pytest.mark.browser
def test_sites_are_drawn_by_how_often_they_are_chosen(visit, full):
    """By size and shape, with their shares where there is room, and in the legend."""
    page = visit(full())
    _open(page)
    page.evaluate("void boxreach.map.setZoom(9, { animate: false })")
    drawn = page.evaluate(
        """boxreach.whatIf.drawing.things.map(({ row, options: { symbol } }) =>
        [row.id, symbol.shape, symbol.size, symbol.text])"""
    )
    found = {one: (shape, _plain(text)) for one, shape, _, text in drawn}
    assert found == {
        "b0": ("chosen", "100%"), "b1": ("chosen", "65%"), "b2": ("chosen", "20%"),
        "b3": ("chosen", "0%"), "c5": ("maybe", "45%"), "n77": ("maybe", "5%"),
    }  # fmt: skip
    size = {one: number for one, _, number, _ in drawn}
    assert size["b0"] > size["b1"] > size["b2"] > size["b3"]
    page.evaluate("void boxreach.map.setZoom(7, { animate: false })")
    shares = page.evaluate(
        "boxreach.whatIf.drawing.things.map(({ options }) => options.symbol.text)"
    )
    assert set(shares) == {""}
    legend = _plain(page.inner_text("#legend [data-group=critical]"))
    said = words("map", "en")
    for key, count in (("always", 1), ("often", 1), ("seldom", 1), ("never", 1), ("in_none", 2)):
        assert re.search(rf"{re.escape(said[f'sure_{key}'])}\s+{count}\b", legend)


@pytest.mark.browser
def test_sites_that_matter_are_named_first(visit, full):
    """Boxes that few draws choose, and what they choose that is in no plan."""
    page = visit(full())
    _open(page)
    tables = page.evaluate(
        """[...document.querySelectorAll('#what-if-shown .chosen table')].map((one) =>
        [...one.rows].map((row) => [...row.cells].map((cell) => cell.textContent)))"""
    )
    told = [[[_plain(cell) for cell in row] for row in one] for one in tables]
    said = words("map", "en")
    assert told[0] == [
        [said["sure_chosen_least"], said["sure_chosen"]],
        ["Box b3", "0%"], ["Box b2", "20.0%"], ["Box b1", "65.0%"],
    ]  # fmt: skip
    assert told[1] == [
        [said["sure_chosen_most"], said["sure_chosen"]],
        ["Place 5", "45.0%"], ["Far Field", "5.0%"],
    ]  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize(
    ("code", "digits", "share", "draws"),
    [
        ("ar", "arab", "٦٥٫٠٪", "١٣ من ٢٠"),
        pytest.param("en", "latn", "65.0%", "13 of 20", marks=pytest.mark.release),
    ],
)
def test_a_box_tells_in_its_card_how_often_it_is_chosen(visit, full, code, digits, share, draws):
    """By keyboard from the panel, and by a touch on the map; in the digits of the reader."""
    page = visit(full(languages=["en", "ar"], digits=digits))
    page.click(f"[data-code={code}]")
    _open(page)
    said = words("map", code)
    page.focus("#what-if-shown .chosen .link")
    page.keyboard.press("Enter")
    card = _plain(page.inner_text("#details"))
    assert page.inner_text("#details h2") == "Box b3"
    assert said["sure_chosen"] in card
    page.click("#details .close")
    where = page.evaluate(
        """() => { const [row] = boxreach.model.boxes.filter(({ id }) => id === "b1");
        boxreach.map.setView(row.at, 10, { animate: false });
        const { x, y } = boxreach.map.latLngToContainerPoint(row.at);
        const stage = boxreach.map.getContainer().getBoundingClientRect();
        return [x + stage.x, y + stage.y]; }"""
    )
    page.mouse.click(*where)
    card = _plain(page.inner_text("#details"))
    assert share in card
    assert draws in card
    assert said["sure_yes"] in card


@pytest.mark.browser
def test_without_candidates_plans_are_told_and_no_site_is_drawn(visit, full):
    drawn = replace(
        full.drawn,
        draws=full.drawn.draws.assign(bound=np.nan),
        chosen=full.drawn.chosen.iloc[:0],
        ranges={},
    )
    page = visit(full(robustness=drawn))
    _open(page)
    shown = _plain(page.inner_text("#what-if-shown"))
    said = words("map", "en")
    assert "581 to 600" in shown
    assert said["sure_regret_plans"] in shown
    for key in ("sure_chosen_title", "sure_ranges"):
        assert said[key] not in shown
    assert page.locator("#legend [data-group=critical]").count() == 0
    assert page.evaluate("boxreach.whatIf.drawing.things.length") == 0


@pytest.mark.browser
def test_the_table_lists_sites_by_draws_and_saves_them(visit, full):
    page = visit(full())
    _open(page)
    page.click("#table-button")
    page.click("[role=tab][data-list=if-chosen]")
    rows = page.locator("#table tbody tr:not([aria-hidden])")
    assert rows.count() == 6
    assert "Box b0" in rows.first.inner_text()
    with page.expect_download() as found:
        page.click("#table .save")
    text = found.value.path().read_text(encoding="utf-8-sig")
    assert found.value.suggested_filename == "boxreach-robustness-sites.csv"
    assert re.search(r"Box b1,.*0\.65,yes", text)


@pytest.mark.browser
def test_a_candidate_is_found_by_its_name(visit, full):
    page = visit(full())
    page.fill("#search", "far field")
    page.click("#results li")
    assert "Far Field" in page.inner_text("#details h2")
    assert words("map", "en")["sure_candidate"] in page.inner_text("#details")
    assert page.input_value("#what-if-choice") == "0"


@pytest.mark.browser
def test_it_is_told_in_every_language_and_fits_a_phone(visit, full):
    page = visit(full(languages=list(LANGUAGES)), width=390, height=844)
    for code in LANGUAGES:
        page.click(f"[data-code={code}]")
        _open(page)
        for summary in page.locator("#what-if summary").all():
            summary.click()
        shown = page.inner_text("#what-if") + page.inner_text("#legend")
        for word in ("{", "if_", "sure_", "undefined", "NaN", "null"):
            assert word not in shown
        for key in ("sure_draws", "sure_plan_standing", "sure_chosen_title", "sure_chosen_least"):
            assert words("map", code)[key] in shown
        assert page.evaluate("document.getElementById('panel').scrollWidth - innerWidth") <= 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_it_is_printed_by_its_name(visit, full):
    page = visit(full())
    _open(page)
    page.emulate_media(media="print")
    assert page.is_hidden("#what-if-choice")
    assert "581" in page.inner_text("#what-if-shown")


def _rename(drawn, name):
    """Put a name into every text of draws; pandas would take none with half characters."""

    def put(table, **columns):
        named = {key: pd.Series([name] * len(table), table.index, dtype=object) for key in columns}
        return table.assign(**named)

    plans = pd.Index([name, "other"], dtype=object, name="plan")
    sites = pd.Index([f"{name}{at}" for at in range(len(drawn.chosen))], dtype=object)
    of = pd.Series([name, name, "other", "other"], dtype=object)
    return replace(
        drawn,
        table=drawn.table.set_axis(plans),
        chosen=put(drawn.chosen.set_axis(sites), name=name),
        areas=put(drawn.areas, area=name).assign(plan=of),
        ranges={name: SpeedRange(0.5, None, 1.0)},
    )


@pytest.mark.browser
@pytest.mark.parametrize(
    "names", [_HOSTILE[::5], pytest.param(_HOSTILE, marks=pytest.mark.release)], ids=["some", "all"]
)
def test_strangers_names_do_nothing(visit, full, tmp_path, monkeypatch, names):
    monkeypatch.chdir(tmp_path)
    for name in names:
        page = visit(full(robustness=_rename(full.drawn, name)))
        title = page.title()
        _open(page)
        assert page.locator("#what-if-shown h3 bdi").nth(1).text_content() == name
        assert page.locator("#what-if-shown .chosen .link").first.text_content() == name
        for at in range(6):
            page.evaluate("at => boxreach.select(boxreach.whatIf.robust.sites[at])", at)
        page.click("#table-button")
        page.click("[role=tab][data-list=if-chosen]")
        assert page.title() == title
        assert page.locator("#what-if :is(script, img), #details :is(script, img)").count() == 0
    assert not (tmp_path / "owned").exists()


# ---- what is withheld ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "redaction", [br.Redaction(), br.Redaction(posts=False, round_km=10)], ids=["posts", "places"]
)
def test_a_redacted_map_knows_of_no_site_but_its_boxes(full, redaction):
    """A candidate stands at its place, and bears the id or the name of it."""
    made = full(redact=redaction)
    told = made.payload["what_if"]["robustness"]
    assert told["sites"]["id"] == ["b0", "b1", "b2", "b3"]
    assert told["sites"]["own"] == [True] * 4
    text = json.dumps(told)
    for word in ("c5", "n77", "Far Field", "Nowhere"):
        assert word not in text
    note = words("map", "en")["sure_redacted_sites"]
    assert note in [one["en"] for one in made.payload["notes"]]
    assert told["plans"]["low"] == [581, 702]


def test_posts_are_left_out_of_draws(full):
    posts = full.drawn.chosen.rename(index={"b1": "post 1", "b2": "post 2"}).assign(name="At Rabia")
    made = full(redact=br.Redaction(), robustness=replace(full.drawn, chosen=posts.iloc[1:3]))
    assert made.payload["what_if"]["robustness"]["sites"] == {}
    text = json.dumps(made.payload)
    assert "post 1" not in text
    assert "At Rabia" not in text


def test_nothing_is_said_to_be_left_out_where_nothing_is(full):
    own = replace(full.drawn, chosen=full.drawn.chosen.iloc[:4])
    made = full(redact=br.Redaction(), robustness=own)
    note = words("map", "en")["sure_redacted_sites"]
    assert note not in [one["en"] for one in made.payload["notes"]]
    assert len(made.payload["what_if"]["robustness"]["sites"]["id"]) == 4


def test_boxes_of_draws_are_rounded_as_all_are(full):
    made = full(redact=br.Redaction(round_km=10)).payload
    told, boxes = made["what_if"]["robustness"]["sites"], made["cases"][0]["boxes"]
    at = {one: row for row, one in enumerate(boxes["id"])}
    rounded = [(boxes["lon"][at[one]], boxes["lat"][at[one]]) for one in told["id"]]
    assert [*zip(told["lon"], told["lat"], strict=True)] == rounded
    exact = shapely.get_coordinates(full.boxes.geometry.to_numpy())
    said = 1e-5 * np.column_stack([told["lon"], told["lat"]])
    assert not np.isclose(said, exact, atol=1e-3).all(axis=1).any()


@pytest.mark.browser
def test_the_card_of_a_rounded_box_has_no_grid_reference(visit, full):
    page = visit(full(redact=br.Redaction(round_km=10)))
    _open(page)
    page.click("#what-if-shown .chosen .link")
    assert page.inner_text("#details h2") == "Box b3"
    assert words("map", "en")["mgrs"] not in page.inner_text("#details")
