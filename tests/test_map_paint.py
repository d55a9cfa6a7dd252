"""What the map paints: dots by the thousand, bands, ways, gaps, boxes given up, and the ground."""

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import boxreach as br
from boxreach.errors import InputError
from boxreach.maps import map_plan
from boxreach.maps.bands import BAND_QUANTUM, simplify_bands, write_bands
from boxreach.maps.gaps import write_gaps
from boxreach.maps.ways import WAY_QUANTUM, write_ways

_KM = 111.0


def _table(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def _ragged(draw, east=44.0, north=33.0, far=0.3, points=200):
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    away = far * (1 + 0.2 * np.cos(5 * angles) + draw.normal(0, 0.02, points))[:, None]
    ring = np.array([east, north]) + away * np.column_stack([np.cos(angles), np.sin(angles)])
    return shapely.make_valid(shapely.Polygon(ring, [0.3 * (ring - [east, north]) + [east, north]]))


# ---- bands ---------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.floats(0.02, 0.6))
@settings(max_examples=60, deadline=None)
def test_bands_stay_valid_and_within_250_m_of_what_was_given(seed, far):
    shape = _ragged(np.random.default_rng(seed), far=far)
    (drawn,) = simplify_bands(np.array([shape]))
    assert drawn.is_valid
    near = 0.25 / _KM  # what is narrower than twice that may be gone
    assert drawn.within(shape.buffer(near))
    assert shape.buffer(-near).within(drawn)


def test_what_is_written_of_a_band_is_the_band_itself(unpack_integers):
    draw = np.random.default_rng(3)
    shapes = [_ragged(draw), shapely.union(_ragged(draw, 45.5), _ragged(draw, 46.8, far=0.1))]
    table = _table([*shapes, shapely.MultiPolygon()], minutes=[15.0, 30.0, 60.0], site_id="b1")
    written = write_bands(table)
    assert written["minutes"] == [15, 30]
    assert written["site"] == ["b1", "b1"]
    for text, drawn in zip(written["rings"], simplify_bands(np.array(shapes)), strict=True):
        numbers, rings, at, place = unpack_integers(text), [], 0, np.zeros(2)
        while at < len(numbers):
            steps = np.array(numbers[at + 1 : at + 1 + 2 * numbers[at]]).reshape(-1, 2)
            at += 1 + steps.size
            rings.append(place + np.cumsum(steps, axis=0))
            place = rings[-1][-1]
        said = [shapely.Polygon(ring[:, ::-1] * BAND_QUANTUM) for ring in rings]
        # outer rings and holes cancel where they overlap
        whole = said[0]
        for ring in said[1:]:
            whole = whole.symmetric_difference(ring)
        assert whole.symmetric_difference(drawn).area < 1e-9
        turns = {bool(shapely.is_ccw(one.exterior)) for one in said}
        assert turns == {True, False}


def test_six_hundred_bands_are_small():
    draw = np.random.default_rng(1)
    shapes = [_ragged(draw, 40 + 6 * draw.random(), far=0.25, points=100) for _ in range(600)]
    written = write_bands(_table(shapes, minutes=[15.0] * 600))
    assert sum(map(len, written["rings"])) < 300_000


def test_what_is_no_isochrone_is_refused_with_all_its_faults():
    with pytest.raises(InputError, match=r"(?s)minutes.*no polygons"):
        write_bands(_table([shapely.Point(44, 33)]))


# ---- ways and gaps -------------------------------------------------------------------------


def test_isochrones_that_reach_nothing_draw_nothing():
    void = gpd.GeoDataFrame({"minutes": [15.0]}, geometry=[shapely.Polygon()], crs=4326)
    for table in (void, void.iloc[:0]):
        written = write_bands(table)
        assert [written[key] for key in ("minutes", "site", "rings")] == [[], [], []]


def test_ways_are_written_near_where_they_run(unpack_integers):
    line = shapely.LineString([(44, 33), (44.1, 33.02), (44.2, 33.0)])
    routes = _table([line, line.reverse(), line], site_id=["b1", "b2", "b1"],
                    demand_id=["c1", "c0", "elsewhere"])  # fmt: skip
    written = write_ways(routes, pd.Index(["c0", "c1"]))
    assert [written["sites"][at] for at in unpack_integers(written["site"])] == ["b1", "b2"]
    assert unpack_integers(written["place"]) == [1, 0]
    points = (
        np.cumsum(np.array(unpack_integers(written["lines"][0])).reshape(-1, 2), axis=0)
        * WAY_QUANTUM
    )
    assert shapely.LineString(points[:, ::-1]).hausdorff_distance(line) * _KM < 0.05


def test_routes_to_other_places_are_refused():
    routes = _table([shapely.LineString([(44, 33), (45, 33)])], site_id=["b"], demand_id=["x"])
    with pytest.raises(InputError, match="none of its places is on the map"):
        write_ways(routes, pd.Index(["c0"]))
    with pytest.raises(InputError, match="demand_id"):
        write_ways(routes.drop(columns="demand_id"), pd.Index(["c0"]))


@pytest.mark.slow
def test_gap_clusters_are_drawn_around_their_places(unpack_integers):
    demo = br.load_demo()
    network = br.build_network(demo.roads, off_road_km=10)
    found = br.cluster_gaps(br.travel_times(network, demo.boxes, demo.communities), minutes=30)
    written = write_gaps(found)
    assert sorted(written["id"]) == sorted(found.clusters.index)
    at = written["id"].index("gap-01")
    assert written["people"][at] == found.clusters.loc["gap-01", "people"]
    assert written["minutes"][at] == 30
    numbers = np.array(unpack_integers(written["rings"][at][0])).reshape(-1, 2)
    hull = shapely.Polygon(np.cumsum(numbers, axis=0)[:, ::-1] * 1e-5)
    members = found.gaps[found.gaps["cluster_id"] == "gap-01"]
    assert members.within(hull).all()


# ---- in a browser --------------------------------------------------------------------------

_SETTLE = """() => new Promise((done) => setTimeout(
  () => requestAnimationFrame(() => requestAnimationFrame(done)), 30))"""


def _settle(page):
    page.evaluate(_SETTLE)
    page.wait_for_function("() => !boxreach.layers.dots.sheet.asked")


@pytest.mark.slow
@pytest.mark.browser
def test_thinning_never_loses_the_last_place_of_a_class(visit, make_live):
    page = visit(map_plan((live := make_live(places=800, standing=6)).reach, live.plan))
    for zoom in (5, 7.5, 9):
        page.evaluate(
            "zoom => void boxreach.map.setView([33.45, 44.5], zoom, { animate: false })", zoom
        )
        _settle(page)
        lost, drawn, places = page.evaluate(
            """() => { const { dots } = boxreach.layers, { model, map } = boxreach;
            const drawn = dots.painted(), { scale, left, top, width, height } = dots.frame;
            const kinds = new Map();
            for (const one of drawn) {
              const kind = model.classOf[one.place];
              if (!kinds.has(kind)) kinds.set(kind, []);
              kinds.get(kind).push(one);
            }
            let [lost, seen] = [0, 0];
            for (let at = 0; at < dots.x.length; at += 1) {
              const [x, y] = [dots.x[at] * scale - left, dots.y[at] * scale - top];
              if (x < 0 || y < 0 || x > width || y > height) continue;
              seen += 1;
              const near = (kinds.get(model.classOf[at]) ?? []).some(
                (one) => Math.hypot(one.x - x, one.y - y) < 8.5 * dots.grow(map.getZoom()) + 6);
              if (!near) lost += 1;
            }
            return [lost, drawn.length, seen]; }"""
        )
        assert lost == 0
        assert drawn < places


def _two_at_one_spot(make_live, people):
    reach = make_live(places=4, standing=1, new=1).reach
    spot = shapely.Point(44.5, 33.5)
    far = [shapely.Point(44.8 + 0.1 * k, 33.9) for k in range(2)]
    return reach.assign(people=people, minutes=[5.0, np.nan, 5.0, np.nan], reason="").set_geometry(
        [spot, spot, *far], crs=4326
    )


@pytest.mark.browser
@pytest.mark.parametrize("people", [(500_000, 10, 5, 5), (10, 500_000, 5, 5)])
def test_an_unreached_place_is_seen_and_touched_at_the_spot_of_a_reached_one(
    visit, make_live, people
):
    page = visit(map_plan(_two_at_one_spot(make_live, np.array(people, dtype=float))))
    _settle(page)
    drawn = page.evaluate(
        "boxreach.layers.dots.painted().map(({ place, speck }) => [place, speck])"
    )
    small = int(people[0] > people[1])
    assert drawn[-1] == [small, True]
    assert [1 - small, False] in drawn
    colours = page.evaluate(
        """() => { const { sheet } = boxreach.layers.dots;
        const { x, y } = boxreach.layers.dots.painted().at(-1);
        const data = sheet.pen.getImageData(x - 9, y - 9, 18, 18).data;
        const found = new Set();
        for (let at = 0; at < data.length; at += 4) {
          if (data[at + 3] === 255) found.add(data.slice(at, at + 3).join());
        }
        return [...found]; }"""
    )
    assert "0,114,178" in colours  # reached
    assert "213,94,0" in colours  # not reached
    where = page.evaluate(
        """() => { const { x, y } = boxreach.map.latLngToContainerPoint([33.5, 44.5]);
        const stage = boxreach.map.getContainer().getBoundingClientRect();
        return [x + stage.x, y + stage.y]; }"""
    )
    page.mouse.click(*where)
    assert f"Place {small}" in page.inner_text("#details h2")
    page.keyboard.press("Escape")
    page.mouse.click(where[0] + 7, where[1] + 7)
    assert f"Place {1 - small}" in page.inner_text("#details h2")


@pytest.mark.browser
def test_the_tooltip_goes_from_dot_to_dot(visit, make_live):
    page = visit(map_plan(make_live(places=30, standing=2).reach))
    _settle(page)
    dots = page.evaluate(
        """() => { const { dots } = boxreach.layers, { min } = dots.sheet._bounds;
        const { x, y } = boxreach.map.getContainer().getBoundingClientRect();
        const legend = document.getElementById("legend-box").getBoundingClientRect();
        return dots.painted().map((one) => {
          const at = boxreach.map.layerPointToContainerPoint([one.x + min.x, one.y + min.y]);
          return [boxreach.model.communities[one.place].name, at.x + x, at.y + y];
        }).filter(([, left]) => left > legend.right); }"""
    )
    for name, x, y in dots[-4:]:
        page.mouse.move(x, y)
        page.wait_for_timeout(60)
        page.mouse.move(x + 1, y)
        page.wait_for_function(
            "name => document.querySelector('.leaflet-tooltip')?.textContent === name", arg=name
        )


def _around(points, minutes, km):
    return [
        (site, of, shapely.Point(place.x, place.y).buffer(km * of / 60 / _KM))
        for site, place in points.items()
        for of in minutes
    ]


@pytest.mark.browser
def test_bands_follow_the_sliders_and_are_not_darker_where_they_overlap(visit, make_live):
    live = make_live(places=40, standing=2, new=2)
    sites = pd.concat([live.plan.existing.geometry, live.plan.sites.geometry])
    rows = _around(sites, (15.0, 30.0, 60.0), 60)
    table = _table([shape for *_, shape in rows], site_id=[one for one, *_ in rows],
                   minutes=[of for _, of, _ in rows])  # fmt: skip
    page = visit(map_plan(live.reach, live.plan, isochrones=table, thresholds=(15, 30, 60)))

    def colours(minutes, shown):
        page.evaluate("([m, n]) => { boxreach.choose(m); boxreach.show(n); }", [minutes, shown])
        page.evaluate("boxreach.layers.bands.sheet.drawNow()")
        counts = page.evaluate(
            """() => { const canvas = boxreach.layers.bands.sheet._container;
            const { width, height } = canvas;
            const copy = new OffscreenCanvas(width, height);
            const pen = copy.getContext("2d", { willReadFrequently: true });
            pen.drawImage(canvas, 0, 0);
            const words = new Uint32Array(pen.getImageData(0, 0, width, height).data.buffer);
            const counts = {};
            for (const word of words) {
              if (word >>> 24 === 255) counts[word & 0xffffff] = (counts[word & 0xffffff] ?? 0) + 1;
            }
            return counts; }"""
        )
        return {int(colour): count for colour, count in counts.items() if count > 50}

    fast, sooner, soon = 0xB27200, 0xE9B456, 0x739E00  # blue, green, red
    assert set(colours(15, 0)) == {fast}
    assert set(colours(30, 0)) == {fast, sooner}
    standing = colours(60, 0)
    assert set(standing) == {fast, sooner, soon}
    assert sum(colours(60, 2).values()) > sum(standing.values())
    assert colours(60, 0) == standing
    assert colours(10, 2) == {}
    assert page.locator("[data-layer=isochrones]").is_checked()


@pytest.mark.browser
def test_routes_appear_with_a_card_and_vanish_with_it(visit, make_live):
    live = make_live(places=12, standing=2, new=2)
    rows = [
        (site, place, shapely.LineString([live.plan.existing.geometry[site], where]))
        for site, place, where in zip(
            live.reach["site_id"], live.reach.index, live.reach.geometry, strict=True
        )
        if site
    ]
    routes = _table([line for *_, line in rows], site_id=[row[0] for row in rows],
                    demand_id=[row[1] for row in rows])  # fmt: skip
    page = visit(map_plan(live.reach, live.plan, routes=routes))
    drawn = "boxreach.layers.routes.line.getLatLngs().filter((one) => one.length).length"
    page.evaluate("boxreach.show(0)")
    for box in live.plan.existing.index:
        own = sum(site == box for site, *_ in rows)
        page.evaluate(
            "id => boxreach.select(boxreach.model.boxes.find((row) => row.id === id))", box
        )
        assert page.evaluate(drawn) == own
    page.evaluate("boxreach.card.close()")
    assert page.evaluate(drawn) == 0
    place = list(live.reach.index).index(rows[0][1])
    page.evaluate("at => boxreach.select(boxreach.model.communities[at])", place)
    assert page.evaluate(drawn) == 1


@pytest.mark.browser
def test_a_gap_opens_a_card_and_a_box_that_moves_is_struck_through(visit, make_live):
    live = make_live(places=60, standing=5, new=4)
    moved = ["b1", "b3"]
    sites = live.plan.sites.assign(moved_from=["", "b1", "", "b3"])
    plan = replace(live.plan, sites=sites)
    gap = _table([shapely.box(44.9, 33.7, 45.0, 33.8)], name=["Far corner"], people=[1234.0],
                 places=[7], too_far=[7])  # fmt: skip
    page = visit(map_plan(live.reach, plan, gaps=gap))
    shapes = """() => Object.fromEntries(boxreach.model.boxes.map(
      (row) => [row.id, row.marker.options.symbol.shape]))"""
    gone = {box for box, shape in page.evaluate(shapes).items() if shape == "gone"}
    assert gone == set(moved)
    moves = "boxreach.layers.routes.moves.getLatLngs().filter((one) => one.length).length"
    assert page.evaluate(moves) == len(moved)
    assert page.locator("#legend .given-up").count() == 1
    _settle(page)
    seen = page.evaluate(
        """() => { const { things } = boxreach.layers, { x, y } = things._bounds.min;
        const { width, height } = things._container;
        const canvas = new OffscreenCanvas(width, height);
        const pen = canvas.getContext("2d", { willReadFrequently: true });
        pen.drawImage(things._container, 0, 0);
        return boxreach.model.proposals.map((row) => {
          const at = boxreach.map.latLngToLayerPoint(row.at);
          return pen.getImageData(at.x - x, at.y - y - 12, 1, 1).data[3];
        }); }"""
    )
    assert set(seen) == {255}  # not hidden by what a gap is touched by
    page.evaluate("boxreach.show(0)")
    assert set(page.evaluate(shapes).values()) == {"square"}
    assert page.evaluate(moves) == 0
    page.evaluate("boxreach.select(boxreach.model.gaps[0])")
    card = re.sub("[\u2066-\u2069]", "", page.inner_text("#details"))
    assert "Far corner" in card
    assert "1,234" in card


@pytest.mark.browser
def test_sliders_leave_the_ground_alone_and_minor_roads_wait_for_room(visit, make_live):
    draw = np.random.default_rng(2)
    starts = np.array([44.0, 33.0]) + draw.random((3_000, 2))
    lines = shapely.linestrings(np.stack([starts, starts + draw.normal(0, 0.05, starts.shape)], 1))
    roads = _table(lines, road_class=np.where(np.arange(3_000) < 40, "trunk", "track"))
    live = make_live(places=40)
    page = visit(map_plan(live.reach, live.plan, roads=roads))
    _settle(page)
    counted = page.evaluate(
        """async () => { const { ground, dots } = boxreach.layers;
        const counts = [0, 0];
        [ground.sheet, dots.sheet].forEach((sheet, at) => {
          const { paint } = sheet;
          sheet.paint = (...given) => { counts[at] += 1; paint(...given); };
        });
        const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        for (const minutes of [10, 20, 30]) { boxreach.choose(minutes); await frame(); }
        for (const shown of [0, 1, 2]) { boxreach.show(shown); await frame(); }
        return counts; }"""
    )
    assert counted == [0, 6]
    first = page.evaluate("boxreach.layers.ground.from")
    assert first["highway"] == 0
    assert first["other"] > 7
