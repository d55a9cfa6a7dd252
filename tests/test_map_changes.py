"""What if on the map: scenarios, what hangs on roads and boxes, and what is withheld."""

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
from boxreach.scenarios import Comparison, Criticality, Opening

_T = 30.0
_HOSTILE = [
    "{{ cycler.__init__.__globals__.os.system('touch owned') }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    "</script><script>document.title='owned'</script>",
    "${document.title='owned'}",
    "__proto__",
    "constructor",
    "toString",
    "a\u202eb\ud800c",
]


def _sum(reach, of):
    return float(reach["people"][of].sum())


def _lose(reach, boxes):
    """Return the reach of a scenario that lacks some boxes: who had them is reached no more."""
    gone = reach["site_id"].isin(boxes)
    later = reach.assign(
        covered=reach["covered"] & ~gone,
        minutes=reach["minutes"].where(~gone, np.nan),
        site_id=reach["site_id"].where(~gone, ""),
        reason=np.where(gone, "ISOLATED", reach["reason"].fillna("")),
    )
    slower = (later.index.to_series().str[1:].astype(int) % 5 == 0) & ~gone & later["covered"]
    return later.assign(minutes=later["minutes"] + 0.5 * slower)


def _reopen(reach):
    """Return the reach of a scenario in which half of those out of reach come within it."""
    half = ~reach["covered"] & (np.arange(len(reach)) % 2 == 0)
    return reach.assign(
        covered=reach["covered"] | half,
        minutes=reach["minutes"].where(~half, 12.34),
        site_id=reach["site_id"].where(~half, "extra"),
    )


def _changes(before, after):
    gained, lost = after["covered"] & ~before["covered"], before["covered"] & ~after["covered"]
    more = after["minutes"].fillna(1e6) - before["minutes"].fillna(1e6)
    return np.select(
        [gained, lost, more > 1 / 60, more < -1 / 60],
        ["gained", "lost", "slower", "quicker"],
        "same",
    )


def _places(name, before, after):
    return gpd.GeoDataFrame(
        {
            "scenario": name, "community_id": before.index, "name": before["name"],
            "area": before["governorate"], "people_before": before["people"],
            "people": after["people"], "covered_before": before["covered"],
            "covered": after["covered"], "site_id_before": before["site_id"],
            "site_id": after["site_id"], "minutes_before": before["minutes"],
            "minutes": after["minutes"], "reason": after["reason"].fillna(""),
            "change": _changes(before, after),
        },
        geometry=before.geometry.to_numpy(), crs=4326,
    )  # fmt: skip


def _row(before, after, boxes):
    change = _changes(before, after)
    return {
        "minutes": _T, "boxes": boxes, "people": _sum(after, after["people"] > -1),
        "within": _sum(after, after["covered"]), "share": 0.5,
        "gained": _sum(after, change == "gained"), "lost": _sum(before, change == "lost"),
        "net": _sum(after, after["covered"]) - _sum(before, before["covered"]),
        "places_gained": int((change == "gained").sum()),
        "places_lost": int((change == "lost").sum()),
        "median_minutes": after["minutes"].median(), "slower_minutes": 0.25,
        "returned": 0.0, "left": 0.0,
    }  # fmt: skip


def _areas(name, before, after):
    change = _changes(before, after)
    rows = []
    for area, own in before.groupby("governorate"):
        of = before.index.isin(own.index)
        rows.append({
            "scenario": name, "area": area, "people": _sum(before, of),
            "within_before": _sum(before, of & before["covered"]),
            "within_after": _sum(after, of & after["covered"]),
            "gained": _sum(after, of & (change == "gained")),
            "lost": _sum(before, of & (change == "lost")),
        })  # fmt: skip
    table = pd.DataFrame(rows)
    return table.assign(net=table["gained"] - table["lost"])


def _boxes(name, standing, lost=(), new=()):
    ids = [*standing.index, *new]
    points = [*standing.geometry, *[shapely.Point(44.5 + 0.05 * k, 33.5) for k in range(len(new))]]
    change = ["lost" if one in lost else "new" if one in new else "same" for one in ids]
    return gpd.GeoDataFrame(
        {"scenario": name, "site_id": ids, "people_before": 10.0, "people": 20.0, "change": change},
        geometry=points, crs=4326,
    )  # fmt: skip


@pytest.fixture
def base(make_live):
    live = make_live(places=60, standing=4, new=2, minutes=_T)
    return live.reach.assign(name=[f"Place {row}" for row in range(60)]), live.plan.existing


def _compare(reach, boxes, names=("Boxes lost", "A box more")):
    lost = [boxes.index[0], boxes.index[1]]
    cases = {names[0]: _lose(reach, lost), names[1]: _reopen(reach)}
    table = pd.DataFrame(
        {
            "base": _row(reach, reach, len(boxes)),
            names[0]: _row(reach, cases[names[0]], len(boxes) - 2),
            names[1]: _row(reach, cases[names[1]], len(boxes) + 1),
        }
    ).T.rename_axis("scenario")
    places = [_places(name, reach, after) for name, after in cases.items()]
    return Comparison(
        table=table,
        areas=pd.concat([_areas(name, reach, after) for name, after in cases.items()]),
        places=gpd.GeoDataFrame(pd.concat(places, ignore_index=True), crs=4326),
        boxes=gpd.GeoDataFrame(
            pd.concat([_boxes(names[0], boxes, lost=lost), _boxes(names[1], boxes, new=["extra"])]),
            crs=4326,
        ),
        assumptions=pd.DataFrame(
            {"scenario": list(names), "field": ["lost", "boxes"], "says": [" ".join(lost), "extra"]}
        ),
    )


def _things(ids, shapes, lost, **more):
    return gpd.GeoDataFrame(
        {
            "name": "", "people_lost": lost, "places_lost": [int(one > 0) for one in lost],
            "people_slower": 5.0, "slower_minutes": 2.0, "next_site_id": "b1",
            "next_minutes": 41.25, "mending_site_id": "n7", "people_mended": 3.0,
        } | more,
        geometry=shapes, crs=4326, index=ids,
    )  # fmt: skip


def _hang(reach, boxes):
    """Make what hangs on three roads and on each box; places are lost in turn."""
    lines = [
        shapely.LineString([(44.1, 33.1), (44.3, 33.2), (44.6, 33.2)]),
        shapely.Point(44.2, 33.4),
        shapely.MultiLineString([[(44.5, 33.5), (44.6, 33.6)], [(44.7, 33.6), (44.9, 33.9)]]),
    ]
    roads = _things(
        pd.Index(["r0", "r1", "r2"], name="feature_id"), lines, [900.0, 70.0, 0.0],
        kind=["bridge", "crossing", "road"], road_class="trunk", name=["Old Bridge", "Gate", ""],
    )  # fmt: skip
    sites = _things(
        pd.Index(boxes.index, name="site_id"),
        boxes.geometry.to_numpy(),
        [100.0, 50.0, 0.0, 0.0],
        people_within=1000.0,
    )
    parts = {("road", "r0"): [3, 7, 2], ("road", "r1"): [9], ("site", boxes.index[0]): [5, 4]}
    lost = pd.DataFrame(
        [
            {
                "feature_id": thing, "what": what, "community_id": reach.index[place],
                "people": reach["people"].iloc[place], "site_id_before": "b0",
                "minutes_before": 12.0, "site_id": "b1" if place != 7 else "",
                "minutes": 41.23 if place != 7 else np.nan,
            }
            for (what, thing), places in parts.items()
            for place in places
        ]
    )  # fmt: skip
    return Criticality(roads, sites, lost, _T, 90.0, 5000.0, 4000.0), parts


def _open():
    alone = gpd.GeoDataFrame(
        {
            "name": ["North road", "South bridge", "East bridge", ""], "reason": "mined",
            "people_regained": [500.0, 200.0, 0.0, 0.0], "places_regained": [5, 2, 0, 0],
            "quicker_minutes": 1.5, "cost_usd": [1e6, 2e6, 3e6, np.nan],
        },
        geometry=[
            shapely.LineString([(44.1, 33.6), (44.2, 33.7)]), shapely.Point(44.4, 33.4),
            shapely.box(44.6, 33.1, 44.7, 33.2), shapely.Point(44.8, 33.4),
        ],
        crs=4326, index=pd.Index(["k0", "k1", "k2", "k3"], name="closure_id"),
    )  # fmt: skip
    together = pd.DataFrame(
        {
            "closure_id": ["k0", "k2", "k3", "k1"], "people_gained": [500.0, 300.0, 300.0, 100.0],
            "people_regained": [500.0, 800.0, 800.0, 900.0],
        },
        index=pd.Index([1, 2, 2, 3], name="rank"),
    )  # fmt: skip
    return Opening(alone, together, _T, 4000.0, 4900.0)


@pytest.fixture
def full(base):
    """A map of everything, with what it was made of."""
    reach, boxes = base
    comparison, opening = _compare(reach, boxes), _open()
    criticality, parts = _hang(reach, boxes)

    def make(**more):
        asked = {"comparison": comparison, "criticality": criticality, "opening": opening}
        return map_plan(reach, boxes=boxes, **asked | more)

    make.reach, make.boxes, make.parts = reach, boxes, parts
    make.comparison, make.criticality, make.opening = comparison, criticality, opening
    return make


def _digits(text):
    return int(re.sub(r"[^\d]", "", text))


def _view(page, at):
    page.select_option("#what-if-choice", str(at))
    page.wait_for_function("() => document.querySelector('#what-if-shown h3')")


# ---- what is in the file -------------------------------------------------------------------


def test_a_map_without_any_has_no_word_of_what_if(base):
    reach, boxes = base
    plain = map_plan(reach, boxes=boxes)
    assert "what_if" not in plain.payload
    assert not [one for one in plain.payload["words"]["en"] if one.startswith("if_")]
    page = plain.get_root().render()
    plain.compress = False
    readable = plain.get_root().render()
    assert "class WhatIf" not in readable
    assert "#what-if" not in readable
    assert 'id="what-if"' not in page


@pytest.mark.slow
def test_eleven_scenarios_over_many_places_are_small():
    places, scenarios = 5_000, 11
    draw = np.random.default_rng(1)
    reach = gpd.GeoDataFrame(
        {
            "name": [f"P{row}" for row in range(places)], "governorate": "West",
            "people": draw.integers(1, 5000, places).astype(float), "covered": True,
            "site_id": draw.choice([f"b{k}" for k in range(100)], places), "reason": "",
            "minutes": 30 * draw.random(places),
        },
        geometry=gpd.points_from_xy(44 + draw.random(places), 33 + draw.random(places)), crs=4326,
        index=pd.Index([f"c{row}" for row in range(places)], name="community_id"),
    )  # fmt: skip
    rows = {"base": reach} | {
        f"s{k}": reach.assign(minutes=reach["minutes"] * (1 + 0.1 * k))
        for k in range(1, scenarios + 1)
    }
    told = [_places(name, reach, after) for name, after in [*rows.items()][1:]]
    comparison = Comparison(
        pd.DataFrame({name: _row(reach, after, 100) for name, after in rows.items()}).T,
        pd.concat([_areas(name, reach, after) for name, after in [*rows.items()][1:]]),
        gpd.GeoDataFrame(pd.concat(told, ignore_index=True), crs=4326),
        gpd.GeoDataFrame({"scenario": [], "site_id": [], "change": []}, geometry=[], crs=4326),
    )
    size = len(map_reach(reach, comparison=comparison).get_root().render())
    plain = len(map_reach(reach).get_root().render())
    # at most four bytes for a place and a scenario, packed
    assert size - plain < 60_000 + 4 * places * scenarios


# ---- scenarios -----------------------------------------------------------------------------


@pytest.mark.browser
def test_each_scenario_paints_the_changes_of_its_table(visit, full):
    page = visit(full())
    told = full.comparison.places
    codes = {"same": 0, "lost": 1, "gained": 2, "slower": 3, "quicker": 4}
    for at, name in enumerate(full.comparison.table.index[1:]):
        _view(page, at)
        own = told[told["scenario"] == name]
        assert page.evaluate("[...boxreach.whatIf.drawing.dots.model.classOf]") == [
            codes[one] for one in own["change"]
        ]
        counts = own["change"].value_counts()
        legend = page.inner_text("#legend [data-group=changes]")
        for change, count in counts.items():
            assert re.search(rf"{words('map', 'en')[f'if_{change}']}\s+{count}\b", legend)
        assert page.is_hidden("#reach")
        assert page.is_hidden("#legend [data-group=communities]")
        assert page.evaluate("boxreach.layers.groups.changes._map !== undefined")
    page.select_option("#what-if-choice", "-1")
    assert page.is_visible("#reach")
    assert page.inner_text("#what-if-shown") == ""


@pytest.mark.browser
def test_what_follows_the_sliders_gives_way_and_comes_back(visit, full):
    corner = [shapely.box(44.9, 33.7, 45, 33.8)]
    gap = gpd.GeoDataFrame({"name": ["Gap"], "places": [3]}, geometry=corner, crs=4326)
    page = visit(full(gaps=gap))
    on_map = """(keys) => keys.filter((key) =>
      boxreach.map.hasLayer(boxreach.layers.groups[key].getLayers()[0] ?? {}))"""
    keys = ["communities", "gaps", "changes", "critical"]
    assert page.evaluate(on_map, keys) == ["communities", "gaps"]
    _view(page, 2)
    assert page.evaluate(on_map, keys) == ["changes", "critical"]
    assert page.is_hidden("[data-group=gaps]")
    page.uncheck("[data-layer=critical]")
    assert page.evaluate(on_map, keys) == ["changes"]
    page.select_option("#what-if-choice", "-1")
    assert page.evaluate(on_map, keys) == ["communities", "gaps"]
    assert page.is_visible("[data-group=gaps]")


@pytest.mark.browser
def test_the_panel_says_the_sums_of_the_scenario_and_its_areas(visit, full):
    page = visit(full())
    _view(page, 0)
    sums = full.comparison.table.iloc[1]
    shown = page.inner_text("#what-if-shown")
    assert _digits(page.inner_text("#what-if .headline strong")) == round(-sums["net"])
    assert f"{sums['lost']:,.0f}" in shown
    assert "b0 b1" in shown or " ".join(full.boxes.index[:2]) in shown
    areas = full.comparison.areas
    areas = areas[areas["scenario"] == "Boxes lost"].set_index("area")
    rows = page.evaluate(
        "[...document.querySelectorAll('#what-if table:last-of-type tbody tr')].map((row) =>"
        " [...row.children].map((cell) => cell.textContent))"
    )
    lost = {name: _digits(cells[0]) for name, *cells in rows}
    assert lost == {
        name: round(row["lost"]) for name, row in areas.iterrows() if row["lost"] or row["gained"]
    }


@pytest.mark.browser
def test_the_card_of_a_place_tells_before_and_then(visit, full):
    page = visit(full())
    _view(page, 0)
    own = full.comparison.places.iloc[: len(full.reach)]
    place = int(np.flatnonzero(own["change"] == "lost")[0])
    page.evaluate("at => boxreach.select(boxreach.model.communities[at])", place)
    card = re.sub("[\u2066\u2069]", "", page.inner_text("#details"))
    said = words("map", "en")
    assert said["if_lost"] in card
    assert said["if_no_way"] in card
    assert said["ISOLATED"] in card
    minutes = np.ceil(own["minutes_before"].iloc[place] * 10 - 1e-6) / 10
    assert f"{minutes:g} min" in card
    _view(page, 1)
    assert page.is_hidden("#details")
    page.evaluate("at => boxreach.select(boxreach.model.communities[at])", place)
    assert said["if_same"] in page.inner_text("#details")


@pytest.mark.browser
def test_lost_and_new_boxes_are_on_the_map_and_open_their_cards(visit, full):
    page = visit(full())
    shapes = "boxreach.whatIf.drawing.boxes.map((one) => [one.row.id, one.options.symbol.shape])"
    _view(page, 0)
    assert dict(page.evaluate(shapes)) == dict.fromkeys(full.boxes.index[:2], "missing")
    drawn = """() => boxreach.model.boxes.filter((row) => row.marker.options.symbol)
      .map(({ id }) => id)"""
    assert page.evaluate(drawn) == [*full.boxes.index[2:]]
    _view(page, 1)
    assert page.evaluate(drawn) == [*full.boxes.index]
    assert page.evaluate(shapes) == [["extra", "added"]]
    where = page.evaluate(
        """() => { const { x, y } = boxreach.map.latLngToContainerPoint([33.5, 44.5]);
        const stage = boxreach.map.getContainer().getBoundingClientRect();
        return [x + stage.x, y + stage.y]; }"""
    )
    page.mouse.click(*where)
    assert "extra" in page.inner_text("#details h2")
    assert words("map", "en")["if_box_new"] in page.inner_text("#details")


@pytest.mark.browser
def test_places_that_the_map_lacks_are_drawn_at_their_own(visit, full):
    reach = full.reach.iloc[10:]
    page = visit(map_reach(reach, boxes=full.boxes, comparison=full.comparison))
    _view(page, 0)
    assert page.evaluate("boxreach.whatIf.drawing.dots.model.communities.length") == 60
    at = page.evaluate("boxreach.whatIf.drawing.dots.model.communities[2].at")
    assert at == pytest.approx(
        [full.reach.geometry.iloc[2].y, full.reach.geometry.iloc[2].x], abs=1e-5
    )
    page.evaluate("boxreach.select(boxreach.whatIf.drawing.dots.model.communities[2])")
    assert page.inner_text("#details h2") == "Place 2"


def test_places_in_the_demand_of_one_alone_are_new_or_gone(base):
    reach, boxes = base
    comparison = _compare(reach, boxes)
    places = comparison.places.copy()
    places.loc[0, "change"] = "gone"
    places.loc[1, ["change", "community_id"]] = ["new", "far-off"]
    told = map_reach(reach, boxes=boxes, comparison=replace(comparison, places=places)).payload[
        "what_if"
    ]["comparison"]
    assert told["places"]["own"]["id"] == ["far-off"]


# ---- what hangs on roads and boxes ----------------------------------------------------------


@pytest.mark.browser
def test_roads_are_as_wide_as_people_hang_on_them(visit, full):
    page = visit(full())
    _view(page, 2)
    weights = page.evaluate(
        """() => { const found = {};
        boxreach.layers.groups.critical.eachLayer((one) => {
          if (one.row?.lines.length && !one.setSymbol) found[one.row.id] = one.options.weight;
        });
        return found; }"""
    )
    assert weights["r0"] > weights["r2"]
    rows = page.evaluate(
        "[...document.querySelectorAll('#what-if tbody tr')].map((row) => row.textContent)"
    )
    assert rows == ["Old Bridge9001", "Gate701"]  # those on whom nobody hangs are counted alone
    assert "2 of 3" in re.sub("[\u2066\u2069]", "", page.inner_text("#what-if-shown"))


@pytest.mark.browser
def test_a_road_shows_who_loses_reach_who_comes_then_and_what_mends_it(visit, full):
    page = visit(full())
    for kind, thing in full.parts:
        kind_of = {"road": "roads", "site": "sites"}[kind]
        page.evaluate(
            """([kind, id]) => boxreach.select(
              boxreach.whatIf.critical[kind].find((row) => row.id === id))""",
            [kind_of, thing],
        )
        assert page.input_value("#what-if-choice") == {"roads": "2", "sites": "3"}[kind_of]
        classes = page.evaluate("[...boxreach.whatIf.drawing.dots.model.classOf]")
        assert np.flatnonzero(classes).tolist() == sorted(full.parts[kind, thing])
        card = re.sub("[\u2066\u2069]", "", page.inner_text("#details"))
        assert "b1 · 41.3 min" in card
        assert "n7" in card
    page.evaluate("boxreach.select(boxreach.whatIf.critical.roads[0])")
    page.click("#details button:has-text('Place 7')")
    card = page.inner_text("#details")
    assert "Old Bridge" in card
    assert words("map", "en")["if_nobody_comes"] in card
    page.keyboard.press("Escape")
    assert not np.any(page.evaluate("[...boxreach.whatIf.drawing.dots.model.classOf]"))


@pytest.mark.browser
def test_closed_roads_stand_in_the_order_in_which_they_help_most(visit, full):
    page = visit(full())
    _view(page, 4)
    rows = page.evaluate(
        "[...document.querySelectorAll('#what-if tbody tr')].map((row) => row.innerText)"
    )
    rows = [re.sub(r"[\u2066\u2069\s]+", " ", row).strip() for row in rows]
    assert rows == [
        "1. North road +500 500",
        "2. East bridge + k3 +300 800",
        "3. South bridge +100 900",
    ]
    turns = page.evaluate(
        "boxreach.whatIf.drawing.things.map((one) => [one.row.id, one.options.symbol.text])"
    )
    assert dict(turns) == {"k0": "1", "k2": "2", "k3": "2", "k1": "3"}
    page.click("#what-if tbody button")
    card = page.inner_text("#details")
    assert "mined" in card
    assert "1,000,000" in card


@pytest.mark.browser
def test_the_table_lists_what_is_shown_and_saves_it(visit, full):
    page = visit(full())
    _view(page, 0)
    page.click("#table-button")
    page.click("[data-list=changes]")
    changed = full.comparison.places.iloc[: len(full.reach)]
    changed = int((changed["change"] != "same").sum())
    assert f"{changed} of 60" in re.sub("[\u2066\u2069]", "", page.inner_text("#table .filters"))
    for key, count in (("if-roads", 3), ("if-sites", 4), ("if-closures", 4)):
        page.click(f"[role=tab][data-list={key}]")
        assert page.locator("#table tbody tr:not([aria-hidden])").count() == count
    with page.expect_download() as found:
        page.click("#table .save")
    text = found.value.path().read_text(encoding="utf-8")
    assert "North road" in text
    assert found.value.suggested_filename == "boxreach-critical-closures.csv"


# ---- for everybody -------------------------------------------------------------------------


@pytest.mark.browser
def test_every_view_is_told_in_every_language(visit, full):
    page = visit(full(languages=list(LANGUAGES)))
    for code in LANGUAGES:
        page.click(f"[data-code={code}]")
        for at in range(5):
            _view(page, at)
            shown = page.inner_text("#what-if") + page.inner_text("#legend")
            assert "{" not in shown
            assert "if_" not in shown
            assert "undefined" not in shown
            assert "NaN" not in shown
            assert words("map", code)["if_title"] in shown


@pytest.mark.browser
def test_views_are_chosen_by_keyboard_and_fit_a_phone(visit, full):
    page = visit(full(), width=390, height=844)
    page.focus("#what-if-choice")
    page.keyboard.press("ArrowDown")
    assert "Boxes lost" in page.inner_text("#what-if-shown h3")
    for at in range(5):
        _view(page, at)
        wide = page.evaluate("document.getElementById('panel').scrollWidth - innerWidth")
        assert wide <= 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_the_view_that_is_shown_is_printed_by_its_name(visit, full):
    page = visit(full())
    _view(page, 2)
    page.emulate_media(media="print")
    assert page.is_hidden("#what-if-choice")
    assert "Old Bridge" in page.inner_text("#what-if-shown")
    page.emulate_media(media="screen")


def _swap(made, texts):
    """Put other texts into the tables of something; pandas would take none with half characters."""

    def swapped(values, index=None):
        return pd.Series([texts.get(one, one) for one in values], index=index, dtype=object)

    def swap(table):
        index = pd.Index(swapped(table.index), dtype=object, name=table.index.name)
        table = table.set_axis(index).copy()
        for name in table.columns.drop("geometry", errors="ignore"):
            if not pd.api.types.is_numeric_dtype(table[name]):
                table[name] = swapped(table[name], index)
        return table

    tables = {name: one for name, one in vars(made).items() if isinstance(one, pd.DataFrame)}
    return replace(made, **{name: swap(table) for name, table in tables.items()})


def _call_all(name, other, reach, boxes):
    """Make everything with a name in every text, and scenarios of that name and another."""
    comparison = _compare(reach, boxes, names=("first", "second"))
    criticality, _ = _hang(reach, boxes)
    texts = {"name": "first", "next_site_id": "first", "mending_site_id": "first"}
    places = comparison.places.assign(reason="first", area="first", site_id="first")
    criticality = replace(
        criticality,
        roads=criticality.roads.assign(**texts, kind="first", road_class="first"),
        sites=criticality.sites.assign(**texts),
        lost=criticality.lost.assign(site_id="first"),
    )
    opening = _open()
    opening = replace(opening, alone=opening.alone.assign(name="first", reason="first"))
    made = {
        "comparison": replace(comparison, places=places),
        "criticality": criticality,
        "opening": opening,
    }
    return {key: _swap(one, {"first": name, "second": other}) for key, one in made.items()}


@pytest.mark.browser
@pytest.mark.parametrize(
    "names", [_HOSTILE[2:4], pytest.param(_HOSTILE, marks=pytest.mark.release)], ids=["some", "all"]
)
def test_strangers_names_do_nothing(visit, base, tmp_path, monkeypatch, names):
    monkeypatch.chdir(tmp_path)
    reach, boxes = base
    for name, other in zip(names[::2], names[1::2], strict=True):
        page = visit(map_plan(reach, boxes=boxes, **_call_all(name, other, reach, boxes)))
        title = page.title()
        for at, said in enumerate((name, other)):
            _view(page, at)
            shown = page.locator("#what-if h3 bdi").first.text_content()
            assert shown == said
        for at in range(9):
            page.evaluate("at => boxreach.select(boxreach.whatIf.rows[at])", at)
        page.click("#table-button")
        for key in ("if-roads", "if-sites", "if-closures"):
            page.click(f"[role=tab][data-list={key}]")
        assert page.title() == title
        assert page.locator("#what-if :is(script, img), #details :is(script, img)").count() == 0
    assert not (tmp_path / "owned").exists()


# ---- what is withheld ----------------------------------------------------------------------


def test_a_redacted_map_has_no_critical_road_and_no_candidate(full):
    for redaction in (br.Redaction(), br.Redaction(posts=False, round_km=10)):
        made = full(redact=redaction)
        told = made.payload["what_if"]["criticality"]
        text = json.dumps(made.payload["what_if"])
        assert told["roads"] == {}
        assert told["lost"]["road"]["place"] == ""
        for word in ("Old Bridge", "Gate", "r0", "n7"):
            assert f'"{word}"' not in text
        assert words("map", "en")["redacted_roads"] in [one["en"] for one in made.payload["notes"]]


def test_posts_are_left_out_with_what_hangs_on_them(full):
    posts = full.criticality.sites.rename(index=lambda one: f"post {one}")
    told = full(redact=br.Redaction(), criticality=replace(full.criticality, sites=posts))
    assert told.payload["what_if"]["criticality"] is None
    assert "post b0" not in json.dumps(told.payload)
    boxes = full.comparison.boxes.replace({"site_id": {full.boxes.index[0]: "post 7"}})
    places = full.comparison.places.replace({"site_id": {full.boxes.index[2]: "post 8"}})
    told = full(
        redact=br.Redaction(), comparison=replace(full.comparison, boxes=boxes, places=places)
    )
    assert not re.search("post [78]", json.dumps(told.payload))
    scenarios = told.payload["what_if"]["comparison"]["scenarios"]
    assert [one["assumptions"] for one in scenarios] == [[], []]  # they name boxes


def test_boxes_of_scenarios_are_rounded_as_all_are(full):
    told = full(redact=br.Redaction(round_km=10)).payload["what_if"]
    (_, new), critical = told["comparison"]["scenarios"], told["criticality"]["sites"]
    east, north = new["boxes"]["lon"][-1] * 1e-5, new["boxes"]["lat"][-1] * 1e-5
    assert (east, north) != pytest.approx((44.5, 33.5), abs=1e-3)
    assert (east, north) == pytest.approx(
        br.Redaction(round_km=10).blur_point(44.5, 33.5), abs=1e-4
    )
    exact = shapely.get_coordinates(full.boxes.geometry.to_numpy())
    said = 1e-5 * np.column_stack([critical["lon"], critical["lat"]])
    assert not np.isclose(said, exact, atol=1e-3).all(axis=1).any()
    assert told["comparison"]["per_minute"] == 1  # whole minutes


def test_minutes_are_whole_where_boxes_are_rounded(full):
    """A median is the time from a box to some place, and a mean may be that to one."""
    found = full.comparison
    table = found.table.assign(median_minutes=12.345, slower_minutes=0.25)
    sites = full.criticality.sites.assign(slower_minutes=3.21, next_minutes=5.43)
    opened = replace(full.opening, alone=full.opening.alone.assign(quicker_minutes=1.234))
    asked = {"comparison": replace(found, table=table), "opening": opened}
    asked["criticality"] = replace(full.criticality, sites=sites)
    for redaction, expected in (
        (None, (12.345, 0.25, 3.21, 5.43, 1.234)),
        (br.Redaction(round_km=10), (13, 1, 4, 6, 2)),
        (br.Redaction(), (12.345, 0.25, 3.21, 5.43, 1.234)),
    ):
        told = full(redact=redaction, **asked).payload["what_if"]
        table, sites = told["comparison"]["table"], told["criticality"]["sites"]
        said = [table["median_minutes"], table["slower_minutes"]]
        said += [sites["slower_minutes"], sites["next_minutes"]]
        said += [told["opening"]["alone"]["quicker_minutes"]]
        assert tuple(set(one) for one in said) == tuple({one} for one in expected)


# ---- a map of differences alone ------------------------------------------------------------


@pytest.mark.browser
def test_a_map_of_differences_opens_with_the_first_scenario(open_tab, tmp_path, full):
    map_changes(full.comparison, title="Two scenarios").save(tmp_path / "map.html")
    page = open_tab(tmp_path / "map.html")
    page.wait_for_selector("#what-if-shown h3")
    assert page.input_value("#what-if-choice") == "0"
    assert "Boxes lost" in page.inner_text("#what-if-shown h3")
    page.select_option("#what-if-choice", "-1")
    sums = full.comparison.table.iloc[0]
    covered = int(full.reach["covered"].sum())
    assert _digits(page.inner_text("#reach-figures dd").split("of")[0]) == covered
    assert f"{sums['within']:,.0f}" in page.inner_text("#reach-figures")


def test_what_is_no_comparison_is_refused_in_words(full):
    with pytest.raises(InputError, match=r"(?s)comparison is .*compare\(\).*opening is .*opening_"):
        map_plan(full.reach, comparison=3, opening="closed")
    with pytest.raises(InputError, match="comparison is None"):
        map_changes(None)
    with pytest.raises(InputError, match="comparison counts km"):
        full(comparison=replace(full.comparison, unit="km"))
    with pytest.raises(InputError, match="criticality counts km"):
        full(criticality=replace(full.criticality, unit="km"))
    alone = replace(full.comparison, table=full.comparison.table.iloc[:1])
    with pytest.raises(InputError, match="base alone"):
        map_changes(alone)
