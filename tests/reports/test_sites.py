"""Sheets say who helps, who is served and who is missed; the ground says the same as reach."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

import boxreach as br
from boxreach.errors import InputError
from boxreach.report.preparation import prepare_report
from boxreach.report.price import prepare_price

KM_H = 60.0
PLACES = {"c1": (44.05, 900), "c2": (44.15, 400), "c3": (44.40, 700), "c4": (44.62, None),
          "c5": (44.95, 50)}  # fmt: skip


def points(lons, index_name, **columns):
    ids = pd.Index(list(lons), name=index_name, dtype=object)
    places = [Point(lon, 33.0) for lon in lons.values()]
    return gpd.GeoDataFrame(columns, index=ids, geometry=places, crs=4326)


def make_land():
    """A straight road of a degree (93.4 km), a side road of 5 km, and places along it."""
    lines = [LineString([(44, 33), (44.6, 33)]), LineString([(44.6, 33), (45, 33)]),
             LineString([(44.6, 33), (44.6, 33.05)])]  # fmt: skip
    roads = gpd.GeoDataFrame(
        {"road_class": ["trunk", "trunk", "track"], "name": ["Highway", "Highway", "Side"],
         "speed_kmh": KM_H},
        geometry=lines, crs=4326,
    )  # fmt: skip
    communities = points(
        {one: lon for one, (lon, _) in PLACES.items()},
        "community_id",
        name=[one.upper() for one in PLACES],
        people=[people for _, people in PLACES.values()],
        governorate="West",
    )
    return roads, br.build_network(roads), communities


@pytest.fixture(scope="module")
def land():
    roads, network, communities = make_land()
    boxes = points({"b1": 44.05}, "site_id", name=["Alpha"], governorate="West")
    new = points({"n1": 44.40, "n2": 44.60}, "site_id", name=["New 1", "New 2"], governorate="West")
    new.loc["n2", "geometry"] = Point(44.6, 33.05)
    options, existing = (
        br.travel_times(network, one, communities, cutoff=60, mobilise_minutes=2)
        for one in (new, boxes)
    )
    with pytest.warns(br.DataWarning, match="unknown people"):
        plan = br.propose(options, br.MaxCover(sites=2, minutes=15), existing=existing)
    reach = pd.concat([br.reach(existing, minutes=one) for one in (15, 30)])
    return roads, communities, boxes, plan, reach, existing


@pytest.fixture(scope="module")
def report(land):
    roads, _, _, plan, reach, _ = land
    rivers = gpd.GeoDataFrame(
        {"name": ["Tigris"]}, geometry=[LineString([(44.41, 32.9), (44.41, 33.2)])], crs=4326
    )
    return prepare_report(reach, plan, roads=roads, rivers=rivers)


def sheet_of(report, site_id):
    (found,) = [one for one in report.sheets if one.site_id == site_id]
    return found


def km(west, east):
    return 93.4529 * (east - west)


@pytest.mark.slow
def test_help_comes_from_the_quickest_other_site(report):
    """60 km/h: a minute a kilometre, and two to mobilise; the side road is 5.5 km long."""
    side = 5.546
    one, two = sheet_of(report, "n1"), sheet_of(report, "n2")
    assert (one.support.site_id, two.support.site_id) == ("n2", "n1")
    assert one.support.minutes == pytest.approx(2 + km(44.4, 44.6) + side, abs=0.1)
    assert one.support.proposed
    assert [other.site_id for other in two.backed_up_by] == ["b1"]
    assert not two.backed_up_by[0].proposed
    assert two.backed_up_by[0].minutes == pytest.approx(2 + km(44.05, 44.6) + side, abs=0.1)
    assert dict(report.supports) == {"n1": one.support, "n2": two.support}


def test_the_way_ends_at_the_site_and_its_last_turn_is_where_the_roads_meet(report):
    way = sheet_of(report, "n2").approach
    assert [leg.road for leg in way.legs] == ["Highway", "Side"]
    assert way.legs[-1].turn == "left"
    assert way.turn_at == pytest.approx((44.6, 33.0), abs=1e-6)
    assert way.line[-1] == pytest.approx((44.6, 33.05), abs=1e-6)
    assert way.minutes == pytest.approx(sum(leg.minutes for leg in way.legs))
    assert way.minutes == pytest.approx(sheet_of(report, "n2").support.minutes - 2, abs=1e-3)
    assert way.start.text == "New 1"


def test_served_and_missed_are_those_of_the_road(report):
    """Box n1 has c3 at its door; n2 has c4 within 15 minutes; c5 is nearest to n2 and too far."""
    one, two = sheet_of(report, "n1"), sheet_of(report, "n2")
    assert [place.community_id for place in one.served] == ["c3"]
    assert one.served[0].minutes == pytest.approx(2.0, abs=0.01)
    assert [(place.community_id, place.people) for place in two.served] == [("c4", None)]
    assert (two.served_all.places, two.served_all.unknown, two.served_all.people) == (1, 1, 0)
    assert [(place.community_id, place.reason) for place in two.missed] == [("c5", "TOO_FAR")]
    assert two.missed_all.people == 50
    assert all(place.first for place in one.served + two.served)


def test_what_is_near_is_told(report):
    one = sheet_of(report, "n1")
    assert one.water.name.text == "Tigris"
    assert one.water.km == pytest.approx(km(44.4, 44.41), rel=1e-3)
    assert one.town.km is not None
    assert (one.road, one.road_class) == ("Highway", "trunk")
    assert one.crossing is None


def test_places_before_and_after_equal_reach(report, land):
    _, _, boxes, plan, reach, existing = land
    every = pd.concat([boxes, plan.sites])[["geometry"]]
    after = br.reach(existing.from_sites(gpd.GeoDataFrame(every, crs=4326)), minutes=15)
    before = reach[reach["threshold_minutes"] == 15]
    for row in report.ground.places:
        then, now = after.loc[row.community_id], before.loc[row.community_id]
        assert (row.before, row.after) == (now["covered"], then["covered"])
        assert (row.site_id, row.reason) == (then["site_id"], then["reason"])
        assert row.minutes == pytest.approx(then["minutes"])
        assert row.minutes_before == pytest.approx(now["minutes"])
    people = sum(row.people or 0 for row in report.ground.places if row.after)
    assert people == plan.sites["people_covered"].iloc[-1]
    assert [row.site_id for row in report.ground.boxes] == ["b1"]


@pytest.mark.slow
def test_times_that_are_given_say_the_same_as_those_of_the_plan(report, land):
    roads, _, boxes, plan, reach, existing = land
    every = gpd.GeoDataFrame(pd.concat([boxes, plan.sites])[["geometry"]], crs=4326)
    times = existing.from_sites(every)
    given = prepare_report(reach, plan, times=times, roads=roads)
    assert given.ground == report.ground
    lacking = existing.from_sites(every.iloc[:2])
    with pytest.raises(InputError, match="lack the site"):
        prepare_report(reach, plan, times=lacking)
    with pytest.raises(InputError, match="not that of reach"):
        prepare_report(reach.iloc[:0:-1], plan, times=times)


def test_the_map_is_square_and_holds_whom_the_site_serves(report):
    for sheet in report.sheets:
        ground = sheet.ground
        tall, wide = (ground.north - ground.south) * 110.9, (ground.east - ground.west) * 93.4
        assert tall == pytest.approx(wide, rel=0.01)
        assert {dot.name.text for dot in ground.dots if dot.kind == "served"} == {
            place.name.text for place in sheet.served
        }
        assert {"highway", "route"} <= {line.kind for line in ground.lines}
        for line in ground.lines:
            for lon, lat in line.line:
                assert ground.west - 1e-6 <= lon <= ground.east + 1e-6
                assert ground.south - 1e-6 <= lat <= ground.north + 1e-6


@pytest.mark.slow
def test_row_order_changes_nothing(report, land):
    roads, _, _, plan, reach, _ = land
    shuffled = prepare_report(reach.iloc[::-1], plan, roads=roads.iloc[::-1])
    plain = prepare_report(reach, plan, roads=roads)
    assert (shuffled.ground, shuffled.sheets) == (plain.ground, plain.sheets)


def test_a_report_of_reach_alone_has_places_as_they_are(land):
    reach, boxes = land[4], land[2]
    alone = prepare_report(reach, boxes=boxes)
    assert alone.sheets == () == alone.supports
    assert alone.sensitivity is None
    assert [row.before for row in alone.ground.places] == [row.after for row in alone.ground.places]
    assert alone.ground.boxes[0].mgrs.startswith("38S")


def test_a_plan_that_was_read_back_has_sheets_without_what_is_not_known(land):
    plan, reach = land[3], land[4]
    sites = plan.sites[[name for name in plan.sites if not name.startswith("road_")]]
    read = replace(plan, question=None, steps=(), sites=sites)
    found = prepare_report(reach, read)
    assert [sheet.site_id for sheet in found.sheets] == list(plan.sites.index)
    assert all(sheet.support is None and sheet.served == () for sheet in found.sheets)
    assert all(sheet.road == "" and sheet.road_m is None for sheet in found.sheets)
    assert [row.after for row in found.ground.places] == plan.reach["covered"].tolist()
    assert prepare_report(reach, read, sheets=False).sheets == ()


@pytest.mark.slow
def test_a_plan_on_cells_tells_the_communities_by_its_roads(land):
    communities, boxes, plan, reach = land[1:5]
    cells = communities.rename_axis("cell_id").rename(index=lambda one: f"cell {one}")
    cells["people"] = cells["people"].fillna(10)
    options = br.travel_times(
        plan.question.options.network, plan.question.candidates, cells, cutoff=60,
        mobilise_minutes=2,
    )  # fmt: skip
    existing = options.from_sites(boxes)
    on_cells = br.propose(options, br.MaxCover(sites=2, minutes=15), existing=existing)
    found = prepare_report(reach, on_cells)
    assert found.ground.places == prepare_report(reach, plan).ground.places
    assert sheet_of(found, "n1").served[0].community_id == "c3"
    assert found.sensitivity.after[0].total == 2060


def test_a_box_that_moved_serves_nobody_afterwards(land):
    _, boxes, plan, _, existing = land[1:]
    options = plan.question.options
    with pytest.warns(br.DataWarning, match="unknown people"):
        moved = br.propose(
            options.from_sites(plan.question.candidates.loc[["n1"]]),
            br.MaxCover(sites=0, minutes=15),
            existing=existing.from_sites(boxes.assign(geometry=[Point(44.97, 33)])),
            relocation=br.Relocation(at_most=1),
        )
    assert moved.moves["from_site_id"].tolist() == ["b1"]
    found = prepare_report(br.reach(moved.question.existing, minutes=15), moved)
    assert found.ground.boxes[0].moves_to == "n1"
    assert found.sheets[0].moved_from.text == "Alpha"
    assert {row.site_id for row in found.ground.places} == {"n1"}
    by_id = {row.community_id: row for row in found.ground.places}
    assert (by_id["c5"].before, by_id["c5"].after) == (True, False)
    assert found.supports == ()
    assert not any(dot.kind == "box" for dot in found.sheets[0].ground.dots)


def test_sensitivity_is_what_the_plan_says_at_its_own_threshold(report, land):
    plan = land[3]
    told = report.sensitivity
    at = told.minutes.index(15.0)
    assert told.before[at] == report.plan.before.cover
    assert told.after[at] == report.plan.after.cover
    assert told.minutes == (15.0, 30.0, 60.0, 90.0)
    assert [cover.covered for cover in told.after] == sorted(one.covered for one in told.after)
    assert plan.at_minutes([90])["after"].tolist() == [2050.0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_other_thresholds_are_a_recount_by_reach(seed, draw_towns):
    """On random towns: within the times of the plan, and beyond them."""
    random, roads, sites, demand = draw_towns(seed, points=40)
    demand = demand.assign(people=random.integers(0, 90, len(demand)).astype(float))
    network = br.build_network(roads, off_road_km=1)
    options, existing = (
        br.travel_times(network, some, demand, cutoff=5, mobilise_minutes=1)
        for some in (sites.iloc[:4], sites.iloc[4:])
    )
    plan = br.propose(options, br.MaxCover(sites=2, minutes=4), existing=existing)
    minutes = [2.0, 4.0, 5.0, 9.0, 60.0]
    found = plan.at_minutes(minutes)
    every = pd.concat([sites.iloc[4:], sites.loc[plan.sites.index]])
    for name, chosen in (("before", sites.iloc[4:]), ("after", every)):
        times = br.travel_times(network, chosen, demand, cutoff=61, mobilise_minutes=1)
        for one in minutes:
            told = br.reach(times, minutes=one)
            assert found.loc[one, name] == told.loc[told["covered"], "people"].sum()
    assert found.loc[4.0, "before"] == plan.total_before
    assert found.loc[4.0, "after"] == plan.reach.loc[plan.reach["covered"], "people"].sum()
    assert (found["total"] == demand["people"].sum()).all()
    assert np.allclose(found["share_after"], found["after"] / found["total"])
    with pytest.raises(InputError, match="minutes"):
        plan.at_minutes([0])


def test_a_step_to_the_edge_of_the_road_is_no_part_of_the_way(land):
    """Box n1 stands four metres beside its road, n2 half a kilometre from the end of its own."""
    roads, _, boxes, plan, reach, _ = land
    beside = {"n1": Point(44.40, 33.00004), "n2": Point(44.6, 33.055)}
    moved = plan.sites.assign(geometry=[beside[one] for one in plan.sites.index])
    report = prepare_report(reach, replace(plan, sites=moved), roads=roads, boxes=boxes)
    one, two = (sheet_of(report, name).approach for name in ("n1", "n2"))
    assert [leg.road_class for leg in one.legs] == ["off_road", "track", "trunk"]
    assert [leg.road_class for leg in two.legs] == ["trunk", "track", "off_road"]
    assert one.legs[0].turn == two.legs[0].turn == "start"
    assert two.legs[-1].km == pytest.approx(0.55, abs=0.02)
    assert two.km == pytest.approx(sum(leg.km for leg in two.legs), abs=0.02)


def test_what_posts_cost_is_not_made_up(land):
    """A box has a usual price; of a post nobody says any, unless its table does."""
    plan = land[3]
    posts = replace(plan, unit="km")
    assert prepare_price(plan, 1.0).cost_usd == 500_000
    assert prepare_price(posts, 1.0).cost_usd is None
    priced = replace(posts, sites=plan.sites.assign(cost_usd=250_000.0))
    assert prepare_price(priced, 1.0).cost_usd == 500_000


def test_people_of_a_community_are_the_same_in_every_table(land):
    """Fractions of people are rounded once, so that no table has one more than another."""
    _, _, _, plan, reach, _ = land
    ids = reach.index.map(str)
    people = {"c1": 900.5, "c2": 400.5, "c3": 700.5, "c4": np.nan, "c5": 50.5}
    some = ids.map(people).to_numpy(dtype=float)
    counted = plan.reach.assign(people=plan.reach.index.map(people))
    total = float(np.nansum(list(people.values())))
    fractions = replace(plan, question=None, reach=counted, total=total)
    covered = fractions.reach.loc[fractions.reach["covered"], "people"].sum()
    last = fractions.sites["people_covered"].iloc[-1]
    sites = fractions.sites.assign(
        people_covered=fractions.sites["people_covered"] + covered - last
    )
    fractions = replace(fractions, sites=sites)
    report = prepare_report(reach.assign(people=some), fractions)
    on_ground = {one.community_id: one.people for one in report.ground.places}
    left = {one.community_id: one.people for one in report.gaps.rows}
    assert left
    assert left == {one: on_ground[one] for one in left}
    assert report.gaps.total.people == report.gaps.people.uncovered
