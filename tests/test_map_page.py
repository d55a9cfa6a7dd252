"""The page itself: packed data, what is withheld, how it is marked, and names that do nothing."""

import base64
import inspect
import json
import os
import re
from dataclasses import replace
from itertools import pairwise

import folium
import folium.plugins
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.ops import substring

import boxreach as br
from boxreach.border import FrontierPlan
from boxreach.languages import DEFAULT_LANGUAGES, words
from boxreach.maps import map_plan, map_reach
from boxreach.maps.lines import encode_lines
from boxreach.placement import Proposal

TILES = "https://tile.example.org/{z}/{x}/{y}.png"
KINDS = ("communities", "boxes", "proposals", "posts", "crossings", "areas", "countries")


# ---- tables in which every text is one of the names --------------------------------------------


def _texts(values, index=None):
    """Texts as objects: half a character is none to pyarrow."""
    return pd.Series(values, index, dtype=object)


def _points(ids, lon, lat, **columns):
    where = gpd.points_from_xy(lon + 0.03 * np.arange(len(ids)), np.full(len(ids), lat))
    index = pd.Index(ids, name="id", dtype=object)
    columns = {
        name: _texts(one, index) if isinstance(one, list) else one for name, one in columns.items()
    }
    return gpd.GeoDataFrame(columns, geometry=where, crs=4326, index=index)


def _named(names):
    """Columns of names, with every name also as the name of a column that pandas takes."""
    turned = {"name": names, "name_ar": names[::-1], "name_ckb": names[7:] + names[:7]}
    columns = {f"{name} ": names for name in names if name != "\ud800"}
    return turned | {"governorate": names} | columns


def _phases(first, last):
    rows = {"new_sites": first, "objective": 5.0, "bound": 5.0, "gap": 0.0, "status": "optimal"}
    return pd.DataFrame([rows], index=pd.Index([last], name="sites"))


def _make_plan(names, boxes):
    ranks = np.arange(1.0, len(names) + 1)
    sites = _points(
        [f"{name}|new" for name in names], 40.011, 34.117, **_named(names), rank=ranks,
        phase=ranks[-1], people_gained=1.0, people_covered=ranks, near_km=1.0,
        moved_from="", road_name=names, mgrs=names,
    )  # fmt: skip
    cells = _points(["k"], 41.0, 34.0, people=100.0, covered=True)
    return Proposal(sites, boxes, cells, _phases(40, 40), "people", 30.0, 100.0)


def _make_frontier(names):
    count = len(names)
    at = np.arange(float(count))
    told = _named(names)
    line = gpd.GeoDataFrame(
        {"chainage_from_km": at, "chainage_to_km": at + 1, "km": 1.0, "covered": at % 2 == 0,
         "reached": at % 2 == 0, "seen": 0, "seen_night": 0, "unknown": False, "site_id": "",
         "reason": _texts(names), "governorate": _texts(names)},
        geometry=[shapely.LineString([(40 + k / 50, 36.5), (40.02 + k / 50, 36.5)]) for k in at],
        crs=4326,
    )  # fmt: skip
    ids = [f"{name}|post" for name in names]
    sites = _points(ids, 40.019, 36.431, **told, rank=at + 1, phase=count, km_gained=1.0,
                    km_covered=1.0, chainage_km=at, reach_from_km=at, reach_to_km=at)  # fmt: skip
    table = _points(
        ids, 40.019, 36.431, name=names, governorate=names, rank=at + 1, phase=count,
        chainage_km=at, neighbours=ids, nearest_site_id=ids, nearest_minutes=1.0, crossing=names,
        town=names, town_minutes=1.0, mgrs=names,
    )  # fmt: skip
    crossings = _points(names, 40.0, 36.6, **told, chainage_km=at, line_km=0.0, site_id=ids, km=1.0)
    return FrontierPlan(
        sites=sites, existing=sites.iloc[:0], reach=line, phases=_phases(count, count), unit="km",
        minutes=15.0, total=float(count), posts=table, profile=pd.DataFrame(), crossings=crossings,
        facts={"isolated": 1, "support_minutes": 20.0}, asked={"see": "day"},
    )  # fmt: skip


def _make_polygons(names, lat, **columns):
    frame = _points(names, 40.0, lat, **_named(names), **columns)
    return frame.set_geometry(shapely.buffer(frame.geometry.to_numpy(), 0.012), crs=4326)


@pytest.fixture
def sinks(hostile_names):
    """Arguments of `map_plan` in which every text that it takes is every one of the names."""
    names = hostile_names
    every = " ".join(names)
    boxes = _points(names, 40.007, 34.613, **_named(names))
    # once reached, and once not
    both = {name: one * 2 for name, one in _named(names).items()}
    reach = _points(
        [*names, *(f"{name}|far" for name in names)], 40.0, 34.0, **both, people=10.0,
        threshold_minutes=30.0, covered=np.arange(80) < 40, site_id=names * 2,
        minutes=np.where(np.arange(80) < 40, 5.0, np.nan), sites_within=1, reason=names * 2,
    )  # fmt: skip
    roads = gpd.GeoDataFrame(
        {"road_class": _texts(names), "road_name": _texts(names)},
        geometry=[shapely.LineString([(40, 33 + k / 50), (41, 33 + k / 50)]) for k in range(40)],
        crs=4326,
    )
    gaps = _make_polygons(names, 33.2, places=1, people=1.0, reason=names)
    counts = ("places", "places_covered", "places_unknown_people", "people", "people_covered")
    summary = pd.DataFrame({"governorate": _texts(names), "threshold_minutes": 30.0})
    summary = summary.assign(**dict.fromkeys(counts, 1.0))
    return {
        "reach": reach, "plan": _make_plan(names, boxes),
        "posts": _make_frontier(names), "boxes": boxes, "roads": roads, "rivers": roads,
        "areas": _make_polygons(names, 35.0), "countries": _make_polygons(names, 35.5),
        "gaps": gaps, "summary": summary, "title": every, "marking": every, "label": every,
        "notes": names, "sources": names, "tiles": br.Tiles(TILES, every),
    }  # fmt: skip


# ---- strangers' names ----------------------------------------------------------------------------


@pytest.mark.browser
def test_forty_names_do_nothing_in_any_text_that_the_map_takes(
    visit, sinks, hostile_names, read_page_data
):
    packed, plain = map_plan(**sinks), map_plan(**sinks, compress=False)
    data = read_page_data(packed)
    assert data == read_page_data(plain)
    assert data["communities"]["name"] == hostile_names * 2
    assert data["cases"][0]["plan"]["sites"]["name"] == hostile_names
    assert data["marking"]["en"] == data["title"]["en"] == " ".join(hostile_names)
    assert data["sources"] == [*hostile_names, " ".join(hostile_names)]
    assert "BOXREACH_RAN" not in os.environ
    for drawn, codes in ((packed, ("ar", "en")), (plain, ("en",))):
        page = visit(drawn)
        for code in codes:
            page.click(f"[data-code={code}]")
            shown = page.evaluate(_SHOW_ALL, list(KINDS))
            assert shown["wrong"] == []
            assert shown["opened"] == {"communities": 80, **dict.fromkeys(KINDS[1:6], 40)}
        assert page.evaluate("window.ran === undefined")
        assert page.locator("img:not(.leaflet-tile), iframe, object, embed").count() == 0
        assert page.evaluate("({}).name === undefined")


_SHOW_ALL = """kinds => {
  const { model, card, speech } = boxreach;
  const wrong = [], opened = {};
  const see = (where, selector, text) => {
    if (document.querySelector(selector).textContent !== text) wrong.push(where);
  };
  const { data } = model, code = speech.language;
  see("marking", "#marking", data.marking[code]);
  see("title", "#title", data.title[code]);
  if (!document.title.startsWith("{{7*7}} {% for x")) wrong.push("title of the page");
  const items = (selector) => (
    Array.from(document.querySelectorAll(selector), (one) => one.textContent));
  const notes = data.notes.map((one) => one[code]), lines = items("#notes li");
  if (!notes.every((one, at) => one === lines[at])) wrong.push("notes");
  const sources = items("#foot .sources bdi");
  if (!data.sources.every((one) => sources.includes(one))) wrong.push("sources");
  for (const kind of kinds.slice(0, 6)) {
    const rows = model[kind];
    for (const row of Array.from(rows)) {
      card.open(row);
      const name = speech.name(row).textContent;
      if (![row.name, row.name_ar, row.name_ckb].includes(name)) wrong.push([kind, "name"]);
      const details = document.getElementById("details").textContent;
      if (!details.includes(name)) wrong.push([kind, row.id]);
      opened[kind] = (opened[kind] ?? 0) + 1;
    }
  }
  card.close();
  return { wrong, opened };
}"""


def test_names_of_strangers_reach_neither_folium_nor_its_templates(sinks, hostile_names):
    page = map_plan(**sinks).get_root().render()
    outside = re.sub(r'<script type="application/.*?</script>', "", page, flags=re.DOTALL)
    outside = re.sub(r'<div id="marking".*?</div>', "", outside, flags=re.DOTALL)
    for name in hostile_names:
        if len(name) > 6 and not name.isidentifier() and "0000" not in name:
            assert name not in outside
    marking = re.search(r'<div id="marking"[^>]*>(.*?)</div>', page, re.DOTALL)[1]
    assert "<" not in marking
    assert "{{7*7}}" in marking


# ---- the file ------------------------------------------------------------------------------------


@pytest.fixture
def reach(make_live):
    return make_live().reach


def _policy(plan_map):
    page = plan_map.get_root().render()
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', page)[1]
    return dict(rule.split(" ", 1) for rule in policy.split("; "))


def test_packed_and_plain_pages_hold_the_same_and_are_written_alike_twice(reach, read_page_data):
    pages = [map_reach(reach, compress=flag).get_root().render() for flag in (True, True, False)]
    assert pages[0] == pages[1]
    assert read_page_data(pages[0]) == read_page_data(pages[2])
    assert 'type="application/json"' in pages[2]
    assert 'type="application/json"' not in pages[0]


def test_packing_makes_a_page_smaller(make_live):
    reach = make_live(places=2000).reach
    packed, plain = (
        len(map_reach(reach, compress=flag).get_root().render()) for flag in (True, False)
    )
    assert plain - packed > 60_000


def test_a_policy_lets_through_what_the_page_is_made_of_and_no_more(reach):
    rules = _policy(map_reach(reach, languages=["en"]))
    assert set(rules) == {"default-src", "script-src", "style-src", "img-src", "base-uri",
                          "form-action"}  # fmt: skip
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for name in ("script-src", "style-src"):
        assert re.fullmatch(r"('sha256-[\w+/]{43}='\s?)+", rules[name])


def test_style_attributes_are_let_through_only_where_folium_writes_some(reach):
    plan_map = map_reach(reach)
    folium.Marker((33.5, 44.5), popup=folium.Popup("<i style='color: red'>x</i>")).add_to(plan_map)
    assert _policy(plan_map)["style-src-attr"] == "'unsafe-inline'"


@pytest.mark.parametrize(
    "extra",
    [
        lambda path: folium.GeoJson(str(path), embed=False),
        lambda path: folium.plugins.MiniMap(),
        lambda path: folium.Choropleth(
            json.loads(path.read_text()), data={"a": 1, "b": 2}, key_on="feature.id", bins=3
        ),
    ],
    ids=["a file beside it", "a plugin", "a scale that needs d3"],
)
def test_what_folium_would_fetch_is_refused_in_words(reach, tmp_path, extra):
    shapes = gpd.GeoSeries([shapely.box(44, 33, 45, 34), shapely.box(45, 33, 46, 34)], ["a", "b"])
    (tmp_path / "a.json").write_text(shapes.to_json())
    plan_map = map_reach(reach)
    extra(tmp_path / "a.json").add_to(plan_map)
    with pytest.raises(br.InputError, match="would load something"):
        plan_map.save(tmp_path / "map.html")
    assert not (tmp_path / "map.html").exists()


@pytest.mark.browser
def test_a_choropleth_without_its_scale_and_a_layer_control_work(visit, reach):
    shapes = gpd.GeoSeries([shapely.box(44, 33, 45, 34), shapely.box(45, 33, 46, 34)], ["a", "b"])
    layer = folium.Choropleth(
        json.loads(shapes.to_json()), data={"a": 1, "b": 2}, key_on="feature.id", bins=3
    )
    for name in [one for one in layer._children if one.startswith("color_map")]:
        del layer._children[name]
    plan_map = map_reach(reach)
    layer.add_to(plan_map)
    folium.LayerControl(collapsed=False).add_to(plan_map)
    page = visit(plan_map)
    assert page.locator("path.leaflet-interactive").count() == 2
    assert page.locator(".leaflet-control-layers-overlays input").count() == 1


# ---- starting ------------------------------------------------------------------------------------


@pytest.fixture
def open_raw(chromium, tmp_path):
    """Open a page as it is written, whatever becomes of it; routes may answer for the network."""
    contexts = []

    def open_page(html, *, before="", answer=None, width=1280):
        path = tmp_path / "raw.html"
        path.write_text(html, encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 800}, offline=not answer)
        contexts.append(context)
        if answer:
            context.route(re.compile("^https:"), answer)
            before += "Object.defineProperty(navigator, 'onLine', { get: () => true });"
        context.add_init_script(before)
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
def test_a_browser_that_cannot_unpack_the_data_says_so_in_every_language(open_raw, reach):
    html = map_reach(reach).get_root().render()
    page = open_raw(html, before="delete window.DecompressionStream")
    text = page.inner_text("#failure")
    for code in DEFAULT_LANGUAGES:
        assert words("map", code)["page_old"] in text
        assert words("map", code)["page_broken"] not in text


@pytest.mark.browser
def test_a_page_that_was_damaged_says_what_went_wrong(open_raw, reach):
    html = map_reach(reach).get_root().render()
    damaged = re.sub(r'(id="data">.{40})', r"\1AAAA", html)
    page = open_raw(damaged)
    page.wait_for_selector("#failure:not([hidden])")
    assert words("map", "ar")["page_broken"] in page.inner_text("#failure")
    assert "Error" in page.inner_text("#failure code")


@pytest.mark.browser
def test_an_error_of_the_script_while_it_starts_is_shown_on_the_page(open_raw, reach):
    html = map_reach(reach, compress=False).get_root().render()
    page = open_raw(html.replace('"communities":{', '"comunities":{'))
    page.wait_for_selector("#failure:not([hidden])")
    assert "TypeError" in page.inner_text("#failure code")


@pytest.mark.browser
def test_a_page_that_started_shows_no_failure(visit, reach):
    page = visit(map_reach(reach))
    assert page.is_hidden("#failure")
    assert page.evaluate("'started' in document.getElementById('failure').dataset")


# ---- the marking ---------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_marking_stands_over_the_page_in_sight_and_on_paper(visit, reach, width):
    texts = {"en": "OFFICIAL - SENSITIVE", "ar": "رسمي - حساس"}
    page = visit(map_reach(reach, marking=texts), width=width)
    for code, text in (("ar", texts["ar"]), ("ckb", texts["en"]), ("en", texts["en"])):
        page.click(f"[data-code={code}]")
        assert page.inner_text("#marking") == text
    banner, stage = (page.locator(one).bounding_box() for one in ("#marking", "#stage"))
    assert banner["y"] == 0
    assert banner["width"] == width
    assert stage["y"] >= banner["height"]
    assert stage["height"] > 300
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    if width == 1280:
        page.emulate_media(media="print")
        assert page.is_visible("#marking")
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


@pytest.mark.browser
def test_a_note_without_spaces_does_not_run_off_the_page(visit, reach):
    page = visit(map_reach(reach, notes=["W" * 500]))
    assert page.evaluate("document.querySelector('#notes').scrollWidth <= innerWidth")


def test_a_marking_is_there_without_any_script(reach):
    page = map_reach(reach, languages=["ar"], marking={"en": "A & B", "ar": "سري"})
    assert '<div id="marking" role="note" dir="auto">سري</div>' in page.get_root().render()


# ---- tiles ---------------------------------------------------------------------------------------

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@pytest.mark.browser
def test_an_online_map_is_asked_of_its_own_host_alone_and_can_be_switched_off(open_raw, reach):
    plan_map = map_reach(reach, tiles=br.Tiles(TILES, "© <b>Tiles</b>"))
    assert _policy(plan_map)["img-src"] == "data: https://tile.example.org"
    page = open_raw(
        plan_map.get_root().render(),
        answer=lambda route: route.fulfill(body=_PIXEL, content_type="image/gif"),
    )
    page.wait_for_selector("img.leaflet-tile-loaded", state="attached")
    asked = [url for url in page.asked if not url.startswith(("file:", "data:"))]
    assert asked
    assert all(re.fullmatch(r"https://tile\.example\.org/\d+/\d+/\d+\.png", url) for url in asked)
    assert "© <b>Tiles</b>" in page.inner_text("#foot .sources")
    page.locator("#tiles-opacity").fill("40")
    layers = page.locator(".leaflet-layer")
    assert layers.evaluate_all("all => all.map((one) => one.style.opacity)") == ["0.4"]
    page.uncheck("#tiles-on")
    assert page.locator("img.leaflet-tile").count() == 0
    violated = page.evaluate(
        """() => new Promise((tell) => {
        document.addEventListener("securitypolicyviolation", (event) => tell(event.blockedURI));
        new Image().src = "https://other.example.org/a.png"; })"""
    )
    assert violated.startswith("https://other.example.org")


@pytest.mark.browser
def test_where_nobody_answers_the_page_says_so_and_asks_no_further(open_raw, reach):
    page = open_raw(
        map_reach(reach, tiles=TILES).get_root().render(), answer=lambda route: route.abort()
    )
    for _ in range(200):  # the policy lets no text be evaluated in the page itself
        if page.evaluate("Boolean(document.querySelector('#tiles p')?.textContent)"):
            break
        page.wait_for_timeout(20)
    assert page.inner_text("#tiles p") == words("map", "en")["tiles_unreachable"]
    assert page.locator("img.leaflet-tile").count() == 0
    assert len([url for url in page.asked if url.startswith("https:")]) == 1
    assert page.is_visible("#share-reached")


@pytest.mark.browser
def test_without_a_network_no_tile_is_asked_for(visit, reach):
    page = visit(map_reach(reach, tiles=TILES))
    for code in DEFAULT_LANGUAGES:
        page.click(f"[data-code={code}]")
        assert page.inner_text("#tiles p") == words("map", code)["tiles_unreachable"]
    assert page.is_visible("#foot .sources")
    assert "tile.example.org" in page.inner_text("#foot .sources")


@pytest.mark.parametrize(
    "url",
    [
        "http://tile.example.org/{z}/{x}/{y}.png", "https://{s}.example.org/{z}/{x}/{y}.png",
        "https://tile.example.org/{z}/{x}.png", "https://a:b@example.org/{z}/{x}/{y}.png",
        "https://example.org; script-src */{z}/{x}/{y}", "https://*/{z}/{x}/{y}.png",
        "https://example.org/{z}/{x}/{y}.png\"><script>", "javascript:alert(1)//{z}{x}{y}",
        "//example.org/{z}/{x}/{y}.png", "https://example..org/{z}/{x}/{y}.png",
        "https://example.org/{z}/{x}/{y}/{{7*7}}", "https://example.org/{z}/{x}/{y}\n", "", None, 5,
    ],
)  # fmt: skip
def test_tiles_are_an_https_template_on_one_host(url):
    with pytest.raises(br.InputError, match="give a template like"):
        br.Tiles(url)


# ---- what is withheld ----------------------------------------------------------------------------


def _numbers(text):
    return {int(one) for one in re.findall(r"-?\d+", text)}


def _quanta(sites):
    return {int(one) for one in np.rint(sites.get_coordinates().to_numpy() / 1e-5).ravel()}


@pytest.fixture
def told(make_live):
    """A plan with posts, isochrones and routes of both kinds of sites."""
    live = make_live(places=60)
    names = [f"Kestrel {n}" for n in range(40)]
    posts = _make_frontier(names)
    posts = replace(posts, reach=posts.reach.assign(governorate="West"))
    spoiled = {"mgrs": "38SMB1234567890", "road_name": "Secret Street", "road_m": 12.5}
    plan = replace(
        live.plan,
        sites=live.plan.sites.assign(**spoiled, near_km=1.25),
        existing=live.plan.existing.assign(**spoiled),
    )
    ids = [plan.sites.index[0], posts.sites.index[0]]
    bands = gpd.GeoDataFrame(
        {"site_id": ids, "minutes": 30.0},
        geometry=[shapely.box(44, 33, 44.5, 33.5), shapely.box(40, 36, 40.5, 36.5)], crs=4326,
    )  # fmt: skip
    ways = bands.assign(demand_id=live.reach.index[0]).set_geometry(bands.boundary)
    return {"reach": live.reach, "plan": plan, "posts": posts, "isochrones": bands, "routes": ways}


def test_of_posts_that_are_left_out_nothing_is_in_the_file(told, read_page_data):
    whole = read_page_data(map_plan(**told))
    data = read_page_data(map_plan(**told, redact=br.Redaction()))
    posts = told["posts"]
    text, all_of_it = (json.dumps(one, ensure_ascii=False) for one in (data, whole))
    for word in ("Kestrel", posts.sites.index[0]):
        assert word in all_of_it
        assert word not in text
    lost = _quanta(posts.sites) - _quanta(told["reach"])
    assert lost <= _numbers(all_of_it)
    assert not {one for one in lost if abs(one) > 3_650_000} & _numbers(text)
    assert data["posts"] is None
    assert data["crossings"] == {}
    assert {run["state"] for run in data["frontier"]} == {""}
    assert sum(run["km"] for run in data["frontier"]) == pytest.approx(posts.total)
    assert all(not run["reasons"] for run in data["frontier"])
    assert data["bands"]["site"] == data["routes"]["sites"] == [told["plan"].sites.index[0]]


def test_the_line_does_not_tell_where_posts_cut_it(told, read_page_data):
    """Two plans of posts cut one line each in its own way; without posts it is the same line."""
    bends = [(40.0, 36.5), (40.1, 36.53), (40.21, 36.5), (40.3, 36.41)]
    ground = shapely.LineString(bends)

    def draw(*cuts):
        cuts = (0.0, *cuts, ground.length)
        pieces = [substring(ground, start, end) for start, end in pairwise(cuts)]
        line = gpd.GeoDataFrame(
            {"chainage_from_km": cuts[:-1], "chainage_to_km": cuts[1:], "km": np.diff(cuts),
             "covered": np.arange(len(pieces)) % 2 == 0, "governorate": "West", "site_id": "",
             "reason": ""},
            geometry=pieces, crs=4326,
        )  # fmt: skip
        posts = replace(told["posts"], reach=line)
        return read_page_data(map_plan(**told | {"posts": posts}, redact=br.Redaction()))

    bend = ground.project(shapely.Point(bends[1]))
    drawn = [draw(0.0333, 0.0777, bend, 0.2), draw(0.041)]
    assert drawn[0]["frontier"] == drawn[1]["frontier"]
    (run,) = drawn[0]["frontier"]
    assert run["line"] == encode_lines([ground])


def test_a_marking_that_is_a_word_of_the_catalogue_is_shown_as_typed(told, read_page_data):
    data = read_page_data(map_plan(**told, marking="people"))
    assert set(data["marking"].values()) == {"people"}


def test_of_rounded_boxes_no_true_place_is_in_the_file(told, read_page_data):
    redact = br.Redaction(posts=False, round_km=7)
    data = read_page_data(map_plan(**told, redact=redact))
    plan = told["plan"]
    text = json.dumps(data, ensure_ascii=False)
    for word in ("38SMB1234567890", "Secret Street", "1.25"):
        assert word not in text
    assert data["bands"] == data["routes"] == {}
    assert data["posts"] is not None
    for sites, columns in (
        (plan.sites, data["cases"][0]["plan"]["sites"]),
        (plan.existing, data["cases"][0]["boxes"]),
    ):
        assert not (_quanta(sites) - _quanta(told["reach"])) & _numbers(text)
        assert columns["id"] == [str(one) for one in sites.index]
        rough = gpd.GeoSeries(
            gpd.points_from_xy(np.array(columns["lon"]) / 1e5, np.array(columns["lat"]) / 1e5),
            sites.index, crs=4326,
        )  # fmt: skip
        metric = sites.estimate_utm_crs()
        away = sites.geometry.to_crs(metric).distance(rough.to_crs(metric))
        assert away.max() <= 7000 * 0.72
        assert away.max() > 500
    steps = data["cases"][0]["steps"]
    assert steps["known_minutes"] == 90
    assert data["unit_ms"] == 60_000


def test_places_on_one_grid_point_cannot_be_told_apart():
    """Whoever knows the grid learns the square and nothing within it."""
    random = np.random.default_rng(3)
    places = _points([f"b{n}" for n in range(500)], 44.0, 33.0)
    places = places.set_geometry(
        gpd.points_from_xy(*random.uniform((43, 30), (45, 37), (500, 2)).T), crs=4326
    )
    once = br.Redaction(round_km=10).blur(places)
    twice = br.Redaction(round_km=10).blur(once)
    assert np.allclose(once.get_coordinates(), twice.get_coordinates(), atol=1e-9)
    assert len(np.unique(once.get_coordinates().round(6), axis=0)) < 450


@pytest.mark.browser
def test_the_page_says_in_every_language_what_is_withheld(visit, told):
    plan_map = map_plan(**told, redact=br.Redaction(round_km=7.5), digits="arab")
    page = visit(plan_map)
    for code in DEFAULT_LANGUAGES:
        page.click(f"[data-code={code}]")
        said = words("map", code)
        notes = page.inner_text("#notes")
        assert page.is_visible("#notes")
        assert said["redacted_posts"] in notes
        assert said["redacted_places"].replace("{km}", "7.5" if code == "en" else "٧٫٥") in notes
        assert said["note_weak_barrier"] not in notes
    assert page.is_hidden("#posts")


def test_inputs_are_not_changed_by_what_is_withheld(told):
    frames = [told["plan"].sites, told["plan"].existing, told["posts"].sites, told["isochrones"]]
    before = [frame.copy() for frame in frames]
    map_plan(**told, redact=br.Redaction(round_km=5))
    for frame, copy in zip(frames, before, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


@pytest.mark.parametrize(
    "wrong", [{"posts": "yes"}, {"round_km": 0}, {"round_km": "5"}, {"round_km": float("nan")},
              {"round_km": 101}, {"posts": False}],
)  # fmt: skip
def test_a_redaction_that_says_nothing_or_nonsense_is_refused(wrong):
    with pytest.raises(br.InputError):
        br.Redaction(**wrong)


# ---- arguments -----------------------------------------------------------------------------------


def test_all_that_is_wrong_is_said_at_once(reach):
    wrong = {
        "languages": "en", "thresholds": (15, -1), "title": 5, "marking": {}, "label": ["x"],
        "notes": [5], "sources": "GeoNames", "digits": "roman", "compress": "yes",
        "redact": "posts", "tiles": "http://example.org/{z}/{x}/{y}", "roads": "roads.geojson",
        "plan": "plan",
    }  # fmt: skip
    with pytest.raises(br.InputError) as caught:
        map_plan(reach, **wrong)
    said = [fault.what for fault in caught.value.faults]
    assert len(said) == len(wrong)
    for name in wrong:
        assert any(name in one or (name == "tiles" and "url" in one) for one in said), name


def test_a_map_of_reach_is_a_map_of_a_plan_without_one(make_live):
    live = make_live()
    boxes = live.plan.existing
    assert map_reach(live.reach, boxes=boxes).payload == map_plan(live.reach, boxes=boxes).payload
    both = [inspect.signature(one).parameters for one in (map_reach, map_plan)]
    only = {"plan", "posts", "times", "label", "other"}
    assert set(both[1]) - set(both[0]) == only
    assert all(both[0][name] == both[1][name] for name in both[0])


# ---- a run ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_run_marks_redacts_and_tiles_its_map_as_its_plan_says(
    plan, cli, tmp_path, edit, read_page_data
):
    asked = (
        'marking = "OFFICIAL"\nredact = { round_km = 5 }\nmap_isochrones = true\n'
        f'tiles = {{ url = "{TILES}", attribution = "Example" }}\n'
    )
    edit(plan, 'languages = ["en"]\n', f'languages = ["en"]\n{asked}')
    code, _, message = cli("run", plan, "-o", tmp_path / "out")
    assert code == 0, message
    data = read_page_data((tmp_path / "out" / "map.html").read_text(encoding="utf-8"))
    assert data["marking"] == {"en": "OFFICIAL"}
    assert data["tiles"]["origin"] == "https://tile.example.org"
    assert "Example" in data["sources"]
    assert data["posts"] is None
    assert data["bands"] == {}
    assert words("map", "en")["redacted_posts"] in [note["en"] for note in data["notes"]]
    parameters = json.loads((tmp_path / "out" / "run.json").read_text())["parameters"]
    assert parameters["output.redact"] == {"posts": True, "round_km": 5}


@pytest.mark.slow
def test_a_plan_over_cells_is_followed_over_the_communities_on_the_map(
    plan, cli, tmp_path, edit, read_page_data
):
    edit(plan, 'languages = ["en"]\n', 'languages = ["en"]\nmap_isochrones = true\n')
    assert cli("run", plan, "-o", tmp_path / "out")[0] == 0
    data = read_page_data((tmp_path / "out" / "map.html").read_text(encoding="utf-8"))
    (case,) = data["cases"]
    assert case["plan"]["communities_after"] is None
    assert case["steps"]["known_minutes"] == 20
    assert len(data["bands"]["site"]) > 0
    assert case["plan"]["sites"]["id"][0] in data["bands"]["site"]


@pytest.mark.slow
def test_letters_of_arabic_script_are_carried_where_they_may_be_shown(reach):
    named = reach.assign(name_ckb="هەولێر")
    for one, languages, carried in (
        (reach, ["en", "kmr"], False), (reach, ["en", "ar"], True), (named, ["en"], True),
    ):  # fmt: skip
        drawn = map_reach(one, languages=languages)
        assert ("font-src" in _policy(drawn)) == carried
        plain = map_reach(one, languages=languages, compress=False).get_root().render()
        assert ("@font-face" in plain) == carried


@pytest.mark.browser
def test_arabic_script_is_drawn_by_the_letters_of_the_page(visit, reach):
    page = visit(map_reach(reach))
    assert page.evaluate(
        "document.fonts.ready.then(() => document.fonts.check('12px \"boxreach Arabic\"', 'ع'))"
    )
    assert page.evaluate("[...document.fonts].map((font) => font.status)") == ["loaded"]


@pytest.mark.browser
def test_empty_texts_are_no_marking(visit, reach):
    page = visit(map_reach(reach, marking="", title={"en": ""}, notes=[""]))
    assert page.locator("#marking").count() == 0


@pytest.mark.browser
def test_a_marking_of_one_language_alone_is_seen_in_that_language(visit, reach):
    page = visit(map_reach(reach, marking={"en": "", "ar": "سري"}))
    assert page.is_hidden("#marking")
    page.click("[data-code=ar]")
    assert page.inner_text("#marking") == "سري"


def test_a_layer_of_areas_without_rows_is_nothing_to_look_at(reach):
    areas = gpd.GeoDataFrame({"name": ["A"]}, geometry=[None], crs=4326)
    for table in (areas, areas.iloc[:0]):
        map_reach(reach, areas=table)
