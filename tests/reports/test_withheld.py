"""What is withheld of a report is not in it any more, however it is looked for."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boxreach import Redaction
from boxreach.languages import LANGUAGES
from boxreach.report.details import DistanceRow, DistanceTable, FifthRow, FifthTable
from boxreach.report.model import Move, Name, Price
from boxreach.report.page import render_page
from boxreach.report.placement_report import Handling
from boxreach.report.site_sheet import Support
from boxreach.report.storage import dump_report
from boxreach.report.withheld import withhold

CASES = [Redaction(), Redaction(round_km=10), Redaction(posts=False, round_km=2.5)]


def named_posts(report):
    """Return a report whose posts have names that nothing else has, and help a box, too."""
    posts = report.posts
    names = {row.site_id: Name(f"Secret {row.site_id}") for row in posts.sites}
    sites = tuple(replace(row, name=names[row.site_id]) for row in posts.sites)
    helper = Support("P1", names["P1"], 12.25, proposed=True)
    sheets = [
        replace(one, name=names.get(one.site_id, one.name), support=helper,
                backed_up_by=(helper, *one.backed_up_by))
        for one in report.sheets
    ]  # fmt: skip
    places = list(report.ground.places)
    places[0] = replace(places[0], site_id="P2", backup_site_id="Q1", backup_minutes=8.5)
    ground = replace(
        report.ground,
        places=tuple(places),
        posts=tuple(replace(one, name=Name("Secret Q1")) for one in report.ground.posts),
    )
    command = "boxreach run --set posts.fixed=['P1']"
    parameters = (*report.record.parameters, ("posts.fixed", '["P1"]'))
    record = replace(report.record, command=command, parameters=parameters,
                     warnings=("the post P2 lies at 39.5678, 33.1234",))  # fmt: skip
    return replace(
        report,
        posts=replace(posts, sites=sites),
        sheets=tuple(sheets),
        ground=ground,
        supports=(*report.supports[1:], ("S1", helper), ("P1", report.supports[0][1])),
        record=record,
    )


@pytest.fixture(scope="module")
def report(make_report):
    return named_posts(make_report())


@pytest.fixture(scope="module")
def secrets(report):
    """What would tell a post: its place to three decimals, its grid reference, id and name."""
    rows = [*report.posts.sites, *report.ground.posts]
    axes = [str(axis) for row in rows for axis in (row.lon, row.lat)]
    found = [one[:6] for one in axes if len(one) >= 6]
    return [*found, *(row.mgrs for row in rows), *(f'"{row.site_id}"' for row in rows), "Secret",
            "posts.fixed", "39.5678"]  # fmt: skip


def test_the_whole_report_holds_what_is_looked_for(report, secrets):
    data = dump_report(report).decode()
    assert [one for one in secrets if one not in data] == []


@pytest.mark.parametrize("redaction", CASES[:2])
def test_nothing_of_a_post_is_left(report, secrets, redaction):
    public = withhold(report, redaction)
    data = dump_report(public).decode()
    assert [one for one in secrets if one in data] == []
    assert public.posts is public.strip is public.frontier is None
    assert public.ground.line == ()
    assert {one.kind for one in public.sheets} == {"box"}
    assert public.ground.places[0].minutes is None


@pytest.mark.parametrize("redaction", CASES[1:])
def test_boxes_are_rounded_and_nothing_tells_where_they_were(report, redaction):
    public = withhold(report, redaction)
    pairs = [
        *zip(report.plan.sites, public.plan.sites, strict=True),
        *zip(report.ground.boxes, public.ground.boxes, strict=True),
        *zip(report.sheets, public.sheets, strict=False),
    ]
    for before, after in pairs:
        if getattr(before, "kind", "box") == "post":
            continue
        assert (after.lon, after.lat) != (before.lon, before.lat)
        assert (after.lon, after.lat) == redaction.blur_point(before.lon, before.lat)
        assert after.mgrs == ""
    text = dump_report(public).decode()
    for row in report.plan.sites:
        assert f"{row.lon:.6f}"[:-2] not in text
    for sheet in public.sheets:
        if sheet.kind == "box":
            told = (sheet.road_m, sheet.approach, sheet.town, sheet.water, sheet.ground)
            assert told == (None,) * 5
            assert sheet.road == sheet.road_class == ""
            assert all(float(one.minutes).is_integer() for one in sheet.served)
        else:
            assert all(one.kind != "box" for one in sheet.ground.dots)
            assert all(one.kind != "route" for one in sheet.ground.lines)
    assert public.handling.rounded_km == redaction.round_km


def test_minutes_that_are_rounded_cross_no_threshold(report):
    public = withhold(report, Redaction(round_km=10))
    minutes = report.plan.minutes
    for before, after in zip(report.ground.places, public.ground.places, strict=True):
        if before.minutes is not None and after.minutes is not None:
            assert (before.minutes <= minutes) == (after.minutes <= minutes)
            assert 0 <= after.minutes - before.minutes < 1


def test_how_far_people_live_is_told_in_whole_minutes_of_rounded_boxes(report):
    """The median of a governorate is the time to one place in it, to a thousandth of a second."""
    row = DistanceRow(None, True, 4.308366, 14.9017, 5.5127, 0.2, 0, None)
    details = replace(
        report.details,
        distances=DistanceTable(30.0, False, (row,)),
        fifths=FifthTable((30.0,), (FifthRow(5, 1.5, 2.5, 10, (), 3.5005),)),
    )
    public = withhold(replace(report, details=details), Redaction(round_km=10)).details
    (far,), (fifth,) = public.distances.rows, public.fifths.rows
    assert (far.median, far.p90, far.mean, fifth.mean) == (5, 15, 6, 4)
    posts_only = withhold(replace(report, details=details), Redaction()).details
    assert posts_only == details


def test_minutes_of_an_objective_are_whole_of_rounded_boxes(report):
    """The farthest place of a centre plan is one place, a known way from one box."""
    proofs = (replace(report.plan.proofs[0], objective=24.3071, bound=23.9),)
    asked = replace(report.plan.asked, kind="p_center", measure="minutes")
    price = Price(forgone=(1.25, 2.5), reserve=1, reserve_gain=(0.25, 0.5))
    centre = replace(report.plan, proofs=proofs, asked=asked, price=price)
    public = withhold(replace(report, plan=centre), Redaction(round_km=10)).plan
    assert [(one.objective, one.bound) for one in public.proofs] == [(25, 24)]
    assert (public.price.forgone, public.price.reserve_gain) == (None, None)
    people = withhold(report, Redaction(round_km=10)).plan
    assert people.proofs == report.plan.proofs
    assert people.curve == report.plan.curve


def test_how_far_boxes_move_is_not_told_of_rounded_ones(report):
    move = Move(5, Name("A"), Name("B"), 12.3, None, 10.0, 5.0)
    plan = replace(report.plan, price=Price(moves=(move,)))
    assert withhold(replace(report, plan=plan), CASES[1]).plan.price.moves == ()


def test_where_from_and_where_to_boxes_move_is_not_told_of_rounded_ones(report):
    """The id of a candidate may be that of the place it stands in."""
    left = Name("Left Behind")
    sites = tuple(replace(one, moved_from=left) for one in report.plan.sites)
    boxes = tuple(replace(one, moves_to="at-goal") for one in report.ground.boxes)
    sheets = tuple(replace(one, moved_from=left) for one in report.sheets)
    told = replace(
        report,
        plan=replace(report.plan, sites=sites),
        ground=replace(report.ground, boxes=boxes),
        sheets=tuple(one for one in sheets if one.kind == "box"),
    )
    whole, public = dump_report(told).decode(), dump_report(withhold(told, CASES[1])).decode()
    for word in ("Left Behind", "at-goal"):
        assert word in whole
        assert word not in public


@pytest.mark.parametrize("redaction", CASES)
def test_withholding_twice_changes_nothing_more(report, redaction):
    public = withhold(report, redaction)
    assert withhold(public, redaction) == public
    handling = public.handling
    assert (handling.posts_withheld, handling.rounded_km) == (redaction.posts, redaction.round_km)


def test_what_was_rounded_coarsely_stays_so(report):
    public = withhold(report, Redaction(round_km=20))
    assert withhold(public, Redaction(round_km=5)).plan == public.plan
    assert withhold(public, Redaction(round_km=5)).handling.rounded_km == 20


def test_nothing_is_withheld_where_nobody_asks(report):
    assert withhold(report, None) is report
    marked = replace(report, handling=Handling("OFFICIAL"))
    assert withhold(marked, CASES[0]).handling.marking == "OFFICIAL"


@given(lon=st.floats(38, 49), lat=st.floats(29, 38), km=st.floats(0.5, 50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_a_box_anywhere_is_rounded_to_the_same_place_again(report, lon, lat, km):
    redaction = Redaction(round_km=km)
    once = redaction.blur_point(lon, lat)
    assert redaction.blur_point(*once) == once


def test_a_public_report_reads_as_a_page_in_every_language(report):
    for redaction in CASES:
        assert "</html>" in render_page(withhold(report, redaction), tuple(LANGUAGES))
