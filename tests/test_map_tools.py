"""The map as a thing to handle: its tools, on every screen, on paper, by keyboard and by ear."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from boxreach.crs import mgrs_of
from boxreach.languages import LANGUAGES, words
from boxreach.maps import map_plan
from boxreach.placement import Proposal

PHONE = {"width": 390, "height": 844}
SCREENS = {
    "desktop": {"width": 1280, "height": 800},
    "phone": PHONE,
    "phone on its side": {"width": 844, "height": 390},
    "desktop at 200 %": {"width": 640, "height": 400},
}
LONG = "Where the police boxes of the republic stand, who is reached, and where more go: " * 3


@pytest.fixture
def posts():
    """Two posts, each of which holds half of a line."""
    north = 33.9 - 0.1 * np.arange(8)
    line = gpd.GeoDataFrame(
        {
            "chainage_from_km": 11.0 * np.arange(8),
            "chainage_to_km": 11.0 * np.arange(1, 9),
            "km": 11.0,
            "covered": [True, True, True, False, False, True, True, True],
            "reason": ["", "", "", "TOO_FAR", "TOO_FAR", "", "", ""],
            "site_id": ["p1"] * 3 + ["", ""] + ["p2"] * 3,
            "minutes": [1.0, 2.0, 3.0, np.nan, np.nan, 3.0, 2.0, 1.0],
        },
        geometry=[shapely.LineString([(43.9, at), (43.9, at - 0.1)]) for at in north],
        crs=4326,
        index=pd.Index([f"s{row}" for row in range(8)], name="segment_id"),
    )
    sites = gpd.GeoDataFrame(
        {
            "name": ["Post 1", "Post 2"],
            "rank": [1, 2],
            "phase": [1, 2],
            "km_gained": 33.0,
            "km_covered": [33.0, 66.0],
            "chainage_km": [11.0, 77.0],
        },
        geometry=gpd.points_from_xy([43.9, 43.9], [33.8, 33.2]),
        crs=4326,
        index=pd.Index(["p1", "p2"], name="site_id"),
    )
    phases = pd.DataFrame(
        {"new_sites": 1, "objective": [33.0, 66.0], "bound": [33.0, 66.0], "gap": 0.0,
         "status": "optimal"},
        index=pd.Index([1, 2], name="sites"),
    )  # fmt: skip
    return Proposal(sites, sites.iloc[:0], line, phases, "km", 15.0, 88.0)


@pytest.fixture
def full(make_live, posts):
    """A map with everything that it can hold."""
    live = make_live(places=200, standing=6, new=6)
    halves = [shapely.box(43.9, 33, 44.5, 33.9), shapely.box(44.5, 33, 45.1, 33.9)]
    areas = gpd.GeoDataFrame(
        {"name": ["West", "East"], "name_ar": ["الغرب", "الشرق"]}, geometry=halves, crs=4326
    )
    lines = [
        shapely.LineString([(44, 33.1), (44.6, 33.7)]),
        shapely.LineString([(44, 33.5), (45, 33.4)]),
    ]
    roads = gpd.GeoDataFrame({"road_class": ["trunk", "track"]}, geometry=lines, crs=4326)

    def draw(**more):
        return map_plan(
            live.reach, live.plan, posts, languages=list(LANGUAGES), areas=areas, roads=roads,
            rivers=roads, countries=areas,
            notes=["note_boxes_illustrative", "note_roads_schematic", "note_people_modelled"],
            sources=["© OpenStreetMap contributors (ODbL 1.0)", "GeoNames (CC BY 4.0)"], **more,
        )  # fmt: skip

    return draw


def _text(page, selector):
    return re.sub("[\u2066-\u2069]", "", page.inner_text(selector))


def _middle(page, right=0, down=0):
    box = page.locator(".folium-map").bounding_box()
    return box["x"] + box["width"] / 2 + right, box["y"] + box["height"] / 2 + down


def _script(name):
    return (files("boxreach.maps") / "assets" / f"{name}.js").read_text()


def _wait(page, condition):
    """Wait as the policy of the page allows: it lets no text be evaluated in the page itself."""
    for _ in range(200):
        if page.evaluate(f"Boolean({condition})"):
            return
        page.wait_for_timeout(20)
    raise AssertionError(condition)


def _open_card(page):
    page.fill("#search", "Place 7")
    page.keyboard.press("Enter")
    assert page.is_visible("#details")


# ---- grid references -----------------------------------------------------------------------


def _spread_over_the_world(count=5000):
    draw = np.random.default_rng(1)
    corners = [(-180, 180, -80, 84), (0, 42, 71, 84), (2, 13, 55, 65), (38.5, 49, 29, 37.5)]
    parts = [(draw.uniform(w, e, count), draw.uniform(s, n, count)) for w, e, s, n in corners]
    edges = [(180, 10), (-180, 10), (180, -79.9), (-180, 83.9), (179.9999999, 0), (3, 60), (9, 75),
             (21, 75), (33, 75), (0, 0), (6, 0), (12, 0), (0, -80), (0, 84), (0, -79.99999),
             (0, 83.99999), (41, 72), (41, -72), (12, 56), (12, 64), (11.9999, 56)]  # fmt: skip
    lon, lat = (np.concatenate(both) for both in zip(*parts, np.array(edges).T, strict=True))
    return lon, lat


@pytest.mark.browser
def test_the_page_says_grid_references_as_python_does(chromium):
    lon, lat = _spread_over_the_world()
    page = chromium.new_page()
    script = f"places => {{ {_script('mgrs')}; return places.map(([x, y]) => toMgrs(y, x)); }}"
    found = np.array(page.evaluate(script, np.column_stack([lon, lat]).tolist()))
    other = np.flatnonzero(found != mgrs_of(lon, lat))
    # Python's own series is some micrometres off: they part where a metre ends within those
    assert len(other) <= 2
    for row in other:
        around = lat[row] + 1e-10 * np.array([-1, -1, 1, 1])
        beside = mgrs_of(lon[row] + 1e-10 * np.array([-1, 1, -1, 1]), around)
        assert found[row] in beside
    beyond = [[40, 84.0001], [40, -80.0001], [0, 90], [0, -90]]
    assert page.evaluate(script, beyond) == [""] * 4
    turned = [[44.4 + 360, 33.3], [44.4 - 360, 33.3]]
    assert page.evaluate(script, turned) == mgrs_of(np.array([44.4] * 2), np.array([33.3] * 2))
    page.close()


@pytest.mark.browser
def test_degrees_and_grid_reference_follow_the_pointer(visit, full):
    page = visit(full())
    page.mouse.move(*_middle(page))
    centre = page.evaluate("Object.values(boxreach.map.getCenter())")
    degrees, reference = page.inner_text("#cursor").rsplit("  ", 1)
    lat, lon = (float(one) for one in re.findall(r"[\d.]+", degrees))
    assert (lat, lon) == pytest.approx(centre, abs=0.002)
    assert reference[:5] == mgrs_of(np.array([lon]), np.array([lat]))[0][:5]


# ---- measuring -----------------------------------------------------------------------------


@pytest.mark.browser
def test_lengths_are_those_of_the_geodesic(chromium):
    draw = np.random.default_rng(2)
    lon, lat = draw.uniform(-180, 180, (2, 3000)), draw.uniform(-89, 89, (2, 3000))
    near = draw.uniform(-1, 1, (4, 3000)) * 10.0 ** draw.uniform(-4, 0.5, 3000)
    lon = np.hstack([lon, 44 + near[:2]])
    lat = np.hstack([lat, 33 + near[2:]])
    metres = Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])[2]
    short = metres < 19_000_000  # beyond, where ways lead around both sides, nobody measures
    pairs = np.stack([lat[0], lon[0], lat[1], lon[1]], axis=1)[short].tolist()
    page = chromium.new_page()
    code = _script("measure").split("class Measure")[0]
    script = (
        f"pairs => {{ {_script('mgrs')}; {code}; return pairs.map(([a, b, c, d]) =>"
        " crowKm({ lat: a, lng: b }, { lat: c, lng: d })); }"
    )
    found = np.array(page.evaluate(script, pairs))
    page.close()
    np.testing.assert_allclose(found, metres[short] / 1000, rtol=3e-4, atol=1e-9)


def _measured(page, clicks):
    """What the clicked legs come to, by Python."""
    script = "clicks => clicks.map(([x, y]) => Object.values(boxreach.map.containerPointToLatLng(" \
             "boxreach.map.mouseEventToContainerPoint({ clientX: x, clientY: y }))))"  # fmt: skip
    places = page.evaluate(script, [list(one) for one in clicks])
    geod = Geod(ellps="WGS84")
    return [geod.inv(x, y, u, v)[2] / 1000 for (y, x), (v, u) in pairwise(places)]


@pytest.mark.browser
def test_clicked_legs_are_measured_and_open_no_card(visit, full):
    page = visit(full())
    page.click("#tools [data-label=measure]")
    clicks = [_middle(page, *one) for one in ((0, 0), (120, -60), (60, 130))]
    for one in clicks:
        page.mouse.click(*one)
    legs = _measured(page, clicks)
    said = [float(text.split()[0]) for text in _text(page, "#legs").split("\n")]
    assert said == pytest.approx(legs, abs=0.06)
    assert float(_text(page, "#measured").split()[0]) == pytest.approx(sum(legs), abs=0.06)
    assert page.locator(".leaflet-plan-measure-pane path").count() == 5
    assert page.is_hidden("#details")
    page.click("#measure-undo")
    assert float(_text(page, "#measured").split()[0]) == pytest.approx(legs[0], abs=0.06)


@pytest.mark.browser
@pytest.mark.parametrize(
    "how",
    [
        "double click",
        *(pytest.param(one, marks=pytest.mark.release) for one in ("Escape", "button")),
    ],
)
def test_measuring_ends_and_its_line_stays_until_it_is_closed(visit, full, how):
    page = visit(full())
    page.click("#tools [data-label=measure]")
    page.mouse.click(*_middle(page))
    zoom = page.evaluate("boxreach.map.getZoom()")
    if how == "double click":
        page.mouse.dblclick(*_middle(page, 100))
    else:
        page.mouse.click(*_middle(page, 100))
        page.keyboard.press("Escape") if how == "Escape" else page.click("#measure-end")
    length = page.inner_text("#measured")
    assert length
    assert page.evaluate("boxreach.map.getZoom()") == zoom
    assert page.get_attribute("#tools [data-label=measure]", "aria-pressed") == "false"
    page.mouse.click(*_middle(page))  # which opens a card again
    assert page.is_visible("#details")
    assert page.inner_text("#measured") == length
    page.keyboard.press("Escape")
    assert page.is_hidden("#measure")
    assert page.is_visible("#details")
    assert page.locator(".leaflet-plan-measure-pane path").count() == 0


@pytest.mark.browser
def test_dragging_the_map_measures_nothing(visit, full):
    page = visit(full())
    page.click("#tools [data-label=measure]")
    page.mouse.move(*_middle(page))
    page.mouse.down()
    page.mouse.move(*_middle(page, 80, 40), steps=4)
    page.mouse.up()
    assert page.evaluate("boxreach.measure.points.length") == 0


@pytest.mark.browser
def test_a_finger_measures_too(chromium, full, tmp_path):
    full().save(tmp_path / "map.html")
    context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True, offline=True)
    page = context.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    page.tap("#tools [data-label=measure]")
    for right in (-100, 100):
        page.touchscreen.tap(*_middle(page, right, 60))
    assert float(_text(page, "#measured").split()[0]) > 10
    assert page.is_hidden("#details")
    page.tap("#measure-close")
    assert page.is_hidden("#measure")
    context.close()


# ---- the tool bar --------------------------------------------------------------------------


@pytest.mark.browser
def test_tools_are_named_in_every_language_and_do_what_they_say(visit, full):
    page = visit(full())
    tools = page.locator("#tools button").all()
    for code in LANGUAGES:
        page.click(f"[data-code={code}]")
        said = words("map", code)
        for tool in tools:
            word = said[tool.get_attribute("data-label")]
            assert tool.get_attribute("title") == tool.get_attribute("aria-label") == word
    whole = page.evaluate("boxreach.map.getZoom()")
    page.click("#tools [data-label=zoom_in]")
    _wait(page, f"boxreach.map.getZoom() > {whole}")
    page.click("#tools [data-label=whole_map]")
    _wait(page, f"boxreach.map.getZoom() === {whole}")
    page.click("#tools [data-label=full_screen]")
    _wait(page, "document.fullscreenElement")
    page.wait_for_selector("#tools [data-label=full_screen][aria-pressed=true]")
    page.click("#tools [data-label=full_screen]")
    page.wait_for_selector("#tools [data-label=full_screen][aria-pressed=false]")


@pytest.mark.browser
def test_the_scale_speaks_the_language_of_the_page(visit, full):
    page = visit(full())
    scale = ".leaflet-control-scale-line"
    assert re.fullmatch(r"\d+ km", _text(page, scale))
    page.click("[data-code=ar]")
    assert re.fullmatch(r"\d+ كم", _text(page, scale))


# ---- every screen --------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_shows_map_and_panel_and_neither_lies_over_the_other(visit, full, screen):
    size = SCREENS[screen]
    page = visit(full(), **size)
    for code in ("en", "ar"):
        page.click(f"[data-code={code}]")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert page.evaluate(
            "(p => p.scrollWidth <= p.clientWidth)(document.getElementById('panel'))"
        )
        stage, panel = (page.locator(one).bounding_box() for one in ("#stage", "#panel"))
        shown = stage["width"] * stage["height"] + panel["width"] * panel["height"]
        assert shown == pytest.approx(size["width"] * size["height"], rel=0.01)
        assert stage["width"] * stage["height"] > 0.5 * size["width"] * size["height"]
        _open_card(page)
        card, tools = (page.locator(one).bounding_box() for one in ("#details", "#tools"))
        assert card["width"] * card["height"] < 0.75 * stage["width"] * stage["height"]
        below = card["y"] >= tools["y"] + tools["height"]
        assert below or card["x"] >= tools["x"] + tools["width"]
        page.keyboard.press("Escape")
        assert page.is_hidden("#details")


@pytest.mark.browser
def test_a_thumb_hits_every_control_of_a_phone(visit, full):
    page = visit(full(), **PHONE)
    for code in ("en", "ar"):
        page.click(f"[data-code={code}]")
        _open_card(page)
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, input, summary")]
            .filter((e) => e.checkVisibility() && !e.closest(".leaflet-control"))
            .map((e) => [e.outerHTML.slice(0, 80),
              (e.closest("label:not(.slider)") ?? e).getBoundingClientRect()])
            .filter(([, { width, height }]) => height < 40 || width < 30).map(([text]) => text)"""
        )
        assert small == []
        page.keyboard.press("Escape")


@pytest.mark.browser
def test_the_panel_of_a_phone_folds_away_and_the_map_takes_its_room(visit, full):
    page = visit(full(), **PHONE)
    height = "document.querySelector('.folium-map').offsetHeight"
    before = page.evaluate(height)
    page.click("#fold")
    assert page.get_attribute("#fold", "aria-expanded") == "false"
    assert page.is_hidden("#minutes")
    assert page.evaluate(height) > 1.3 * before
    _wait(page, f"boxreach.map.getSize().y === {height}")
    page.click("#fold")
    assert page.is_visible("#minutes")


# ---- paper ---------------------------------------------------------------------------------


def _sheet(page):
    """The page's PDF: how many sheets, and what of the page lies within the one."""
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    return len(re.findall(rb"/Type\s*/Page\b", pdf)), re.findall(rb"/MediaBox \[(.*?)\]", pdf)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("code", "size"),
    [
        pytest.param("ar", SCREENS["desktop"], id="desktop-ar"),
        pytest.param("en", PHONE, id="phone-en", marks=pytest.mark.release),
        pytest.param("ar", PHONE, id="phone-ar", marks=pytest.mark.release),
        pytest.param("en", SCREENS["desktop"], id="desktop-en", marks=pytest.mark.release),
    ],
)
def test_paper_is_one_full_landscape_sheet_of_a4(visit, full, code, size):
    title = {"en": LONG, "ar": "أين تقف المخافر ومن تصل إليه وأين تقام الجديدة منها؟ " * 3}
    page = visit(full(title=title), **size)
    page.click(f"[data-code={code}]")
    page.evaluate("document.body.prepend(Object.assign(document.createElement('div'),"
                  " { id: 'marking', textContent: 'RESTRICTED' }))")  # fmt: skip
    _open_card(page)
    view = page.evaluate("[boxreach.map.getZoom(), boxreach.map.getCenter()]")
    sheets, boxes = _sheet(page)
    assert sheets == 1
    width, height = (float(one) for one in boxes[0].split()[2:])
    assert (width, height) == pytest.approx((841.9, 595.3), abs=1.5)
    _wait(page, f"boxreach.map.getZoom() === {view[0]}")
    assert page.evaluate("boxreach.map.getCenter()") == pytest.approx(view[1], abs=1e-3)


@pytest.mark.browser
@pytest.mark.parametrize("code", [pytest.param("en", marks=pytest.mark.release), "ar"])
def test_paper_holds_figures_legend_notes_sources_and_what_the_sliders_say(visit, full, code):
    page = visit(full(title=LONG))
    page.click(f"[data-code={code}]")
    page.set_viewport_size({"width": 1062, "height": 733})  # the sheet within its margins
    page.emulate_media(media="print")
    _wait(page, "getComputedStyle(document.getElementById('tools')).display === 'none'")
    wanted = ["#title", "#minutes-count", "#shown-count", "#share-reached", "#reach-figures dl",
              "#plan-figures", "#posts dl", "#posts ul", "#legend", "#notes", "#foot .sources",
              ".leaflet-control-scale-line", ".folium-map"]  # fmt: skip
    find_outside = """wanted => wanted.filter((one) => { const e = document.querySelector(one);
        if (!e) return true;
        const { left, top, right, bottom } = e.getBoundingClientRect();
        const p = e.closest("#panel, #stage").getBoundingClientRect();
        const legend = one === "#legend" ? { left: 0, top: 0, right: 1063, bottom: 734 } : p;
        return !e.checkVisibility() || left < legend.left - 1 || top < p.top - 1
          || right > legend.right + 1 || bottom > p.bottom + 1 })"""
    for _ in range(100):  # the panel is laid out anew for paper
        outside = page.evaluate(find_outside, wanted)
        if not outside:
            break
        page.wait_for_timeout(30)
    assert outside == []
    assert page.locator("input:visible, #tools button:visible, #languages:visible").count() == 0
    assert page.evaluate(
        "(l => l.scrollHeight <= l.clientHeight + 2)(document.getElementById('legend-box'))"
    )
    page.emulate_media(media="screen")


# ---- the keyboard --------------------------------------------------------------------------


@pytest.mark.browser
def test_links_at_the_top_skip_to_the_map_the_search_and_the_table(visit, full):
    page = visit(full())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.skip") == "map"
    assert page.inner_text("#skip a >> nth=0") == words("map", "en")["skip_map"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement === boxreach.map.getContainer()")
    page.focus("#skip [data-skip=search]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "search"
    page.focus("#skip-table")
    page.keyboard.press("Enter")
    assert page.is_visible("#table")
    assert page.evaluate("document.getElementById('table').contains(document.activeElement)")
    assert "#" not in page.url


@pytest.mark.browser
def test_keys_move_the_map_and_open_what_is_under_the_cross(visit, full):
    page = visit(full())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.is_visible("#crosshair")
    before = page.evaluate("boxreach.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    _wait(page, f"boxreach.map.getCenter().lng > {before}")
    row = page.evaluate(
        """() => { const row = boxreach.model.communities[3];
        boxreach.map.setView(row.at, 11, { animate: false }); return row.name; }"""
    )
    lat = page.evaluate("boxreach.map.getCenter().lat")
    assert page.inner_text("#cursor").startswith(f"{lat:.4f}")
    page.keyboard.press("Enter")
    assert page.inner_text("#details h2") == row
    page.keyboard.press("Escape")
    assert page.is_hidden("#details")
    assert page.evaluate("document.activeElement === boxreach.map.getContainer()")
    page.keyboard.press("Escape")
    page.mouse.click(*_middle(page, 300, 300))
    assert page.is_hidden("#crosshair")


@pytest.mark.browser
def test_what_a_jump_brings_under_the_cross_is_found_before_the_next_frame(visit, full):
    page = visit(full())
    names = page.evaluate(
        """() => boxreach.model.communities.slice(0, 20).map((row) => {
            boxreach.map.setView(row.at, 13, { animate: false });
            const enter = new KeyboardEvent("keydown", { key: "Enter", bubbles: true });
            boxreach.map.getContainer().dispatchEvent(enter);
            return [row.name, document.querySelector("#details h2")?.innerText];
        })"""
    )
    assert [found for _, found in names] == [name for name, _ in names]


@pytest.mark.browser
def test_keys_measure(visit, full):
    page = visit(full())
    page.focus("#tools [data-label=measure]")
    page.keyboard.press("Enter")
    page.focus("#skip [data-skip=map]")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.evaluate("void boxreach.map.panBy([150, 0], { animate: false })")
    page.keyboard.press("Enter")
    assert float(_text(page, "#measured").split()[0]) > 1
    assert page.is_hidden("#details")


@pytest.mark.browser
def test_escape_closes_the_topmost_thing_alone_and_focus_goes_back(visit, full):
    page = visit(full())
    page.click("#tools [data-label=measure]")
    page.mouse.click(*_middle(page))
    _open_card(page)
    page.fill("#search", "Place")
    page.keyboard.press("Escape")
    assert page.is_hidden("#results")
    assert page.is_visible("#measure")
    page.keyboard.press("Escape")
    assert page.is_hidden("#measure")
    assert page.is_visible("#details")
    page.focus("#details .close")
    page.keyboard.press("Escape")
    assert page.is_hidden("#details")
    assert page.evaluate("document.activeElement.id") == "search"


# ---- axe -----------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "code"),
    [
        pytest.param(
            size, code, id=f"{name}-{code}",
            # A phone, and a language from right to left, stand for all every day.
            marks=[pytest.mark.release] * (f"{name}-{code}" != "phone-ar"),
        )
        for name, size in SCREENS.items() if name in {"desktop", "phone"}
        for code in sorted(LANGUAGES)
    ],
)  # fmt: skip
def test_axe_finds_nothing_serious(visit, find_violations, full, code, size):
    page = visit(full(), **size)
    page.click(f"[data-code={code}]")
    assert find_violations(page) == []
    page.click("#tools [data-label=measure]")
    for right in (-50, 50):
        page.mouse.click(*_middle(page, right))
    _open_card(page)
    assert find_violations(page) == []
