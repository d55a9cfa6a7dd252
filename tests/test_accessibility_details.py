"""What reach, its summaries and its curves say in full, where changed code was not noticed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

import boxreach as br
from boxreach.accessibility.readings import require_thresholds, take_readings
from boxreach.accessibility.spread import NO_WAY, Order, spread_of, whole_units
from boxreach.accessibility.standing import count_boxes, people_for_each
from boxreach.accessibility.sums import sums_by_step
from boxreach.box_types import BoxType


def reached_of(rows, **columns):
    """A table of reach within 30 minutes, of (governorate, people, minutes) rows."""
    minutes = np.array([row[2] for row in rows], float)
    return pd.DataFrame(
        {
            "governorate": np.array([row[0] for row in rows], object),
            "people": np.array([row[1] for row in rows], float),
            "minutes": minutes,
            "covered": minutes <= 30,
            "threshold_minutes": 30.0,
            **columns,
        },
        index=[f"c{n}" for n in range(len(rows))],
    )


def test_the_worst_places_say_why_they_are_out_of_reach():
    reached = reached_of([("A", 5.0, 75.0), ("A", 1.0, 3.0)], reason=["TOO_FAR", ""])
    assert br.worst_places(reached, count=2)["reason"].tolist() == ["TOO_FAR", ""] * 2


def test_the_areas_of_the_worst_places_are_their_own_where_they_are_several():
    reached = reached_of([("A", 5.0, 75.0), ("B", 1.0, 3.0)])
    worst = br.worst_places(reached, count=2)
    assert worst[["area", "rank", "id"]].to_numpy().tolist() == [
        ["A", 1, "c0"], ["B", 1, "c1"], ["total", 1, "c0"], ["total", 2, "c1"],
    ]  # fmt: skip


def test_areas_are_text_in_the_index_of_a_summary_of_no_rows_too():
    rows = reached_of([("A", 5.0, 75.0)])
    text = pd.Index(["A"], dtype="str").dtype  # pandas 2 keeps text as objects
    assert br.summarise(rows).index.dtype == text
    assert br.summarise(rows.iloc[:0]).index.dtype == text


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), "ten", 61])
def test_minutes_that_will_not_do_are_called_minutes(make_times, minutes):
    times = make_times({"b": [5.0, 50.0]}, [1, 2])
    with pytest.raises(br.InputError, match=r"^minutes\b"):
        br.reach(times, minutes=minutes)


@pytest.mark.parametrize("step", [0.5, 2, 7])
def test_a_curve_may_have_as_many_steps_as_fit_whatever_their_length(step):
    """Short steps are not counted as fewer than they are, nor long ones as more."""
    reached = reached_of([("A", 1.0, 7.0)])
    with pytest.raises(br.InputError, match=r"2,000,000 steps of 0\.05"):
        br.coverage_curves(reached, up_to=100_000, step=0.05)
    minutes = br.coverage_curves(reached, up_to=3000, step=step)["minutes"]
    assert len(minutes) == 2 * (int(3000 / step) + (2 if 3000 % step else 1))
    assert minutes.max() == 3000


@pytest.mark.parametrize("count", [2**15 - 1, 2**15, 2**16 + 3])
def test_rows_of_more_groups_than_a_short_number_holds_are_sorted_by_group(count):
    groups = np.array([count - 1, 0, 2**15 - 2, 1, count - 1, 0])
    order = Order.by_group(np.array([5, 4, 3, 2, 1, 0]), groups, count)
    assert order.rows.tolist() == sorted(range(6), key=lambda row: (groups[row], -row))
    assert order.starts[[0, 1, -2, -1]].tolist() == [0, 2, 4 + (count == 2**15 - 1) * -1, 6]


# --- what is read of it --------------------------------------------------------------------------


def told(call, *given, **asked):
    with pytest.raises(br.InputError) as error:
        call(*given, **asked)
    return [(one.what, one.file, one.row, one.column) for one in error.value.faults]


def test_thresholds_lie_from_a_millisecond_to_a_million_minutes():
    assert require_thresholds([30, 15, 30.000001]) == {900_000: 15.0, 1_800_000: 30.0}
    assert require_thresholds(iter([1e6, 1 / 60_000])) == {1: 1 / 60_000, 60_000_000_000: 1e6}
    for wrong in (1e6 + 0.5, 0.9 / 60_000, -1, "x", None, float("nan")):
        assert len(told(require_thresholds, [wrong, 30])) == 1
    assert told(require_thresholds, [])[0][0] == "minutes is an empty list"
    for none in ("30", b"30", {30: 1}, pd.DataFrame({"a": [1]}), 30, None):
        assert told(require_thresholds, none)[0][0].startswith("minutes is ")
    assert len(told(require_thresholds, [0, 5, -2])) == 2


def test_columns_of_people_are_a_list_of_names_each_once():
    reached = reached_of([("A", 1.0, 7.0)], other=2.0)
    assert list(take_readings(reached, ["people", "other"]).people) == ["people", "other"]
    assert take_readings(reached.drop(columns="people"), ("people",)).people == {}
    assert told(take_readings, reached, "people")[0][0].startswith("people is ")
    assert told(take_readings, reached, {"people"})[0][0].startswith("people is ")
    assert [one[0] for one in told(take_readings, reached, ["people", "", 3])] == [
        "people holds a path or text ('')", "people holds a int",
    ]  # fmt: skip
    assert told(take_readings, reached, ["other", "other"])[0][0] == "people names a column twice"
    assert told(take_readings, reached.drop(columns="other"), ["other"])[0][1] == "reach"
    for wrong, said in ((-1.0, "-1"), (np.inf, "inf"), (-np.inf, "-inf")):
        rows = reached_of([("A", 1.0, 7.0), ("A", wrong, 7.0), ("A", -5.0, 7.0)])
        assert told(take_readings, rows, ["people"]) == [
            (f"{said} is no number of people", "reach", 2, "people")
        ]


def test_every_fault_of_a_table_of_reach_is_told():
    rows = reached_of([("A", 1.0, 7.0), ("B", 2.0, 8.0)])
    rows = rows.assign(threshold_minutes=[30.0, 60.0], minutes=["a", "b"], backup_minutes="c")
    faults = told(take_readings, rows.assign(people="d"), ["people"])
    assert [one[3] for one in faults] == ["threshold_minutes", "people", "minutes",
                                          "backup_minutes"]  # fmt: skip
    assert faults[1][0].startswith("it holds ")
    bare = rows.drop(columns=["covered", "threshold_minutes"])
    assert len(told(take_readings, bare)) >= 3


def test_readings_are_whole_milliseconds_and_weights():
    rows = reached_of([("A", 1.5, 7.00001), ("A", np.nan, np.nan)], backup_minutes=[8.0, np.inf])
    read = take_readings(rows, ("people",))
    assert read.ms.tolist() == [420_001, NO_WAY]
    assert read.backup_ms.tolist() == [480_000, NO_WAY]
    assert read.weights.tolist() == [1.5, 0]
    assert take_readings(rows).weights.tolist() == [1, 1]
    assert (read.threshold_minutes, read.cutoff_ms) == (30.0, 1_800_000)
    rows.attrs["cutoff_minutes"] = 45.0
    assert take_readings(rows).cutoff_ms == 2_700_000
    assert read.within(None)[0] == {1_800_000: 30.0}
    assert read.within(None)[1].tolist() == [0, 1]
    limits, steps = read.within([7, 7.00001, 8])
    assert (list(limits), steps.tolist()) == ([420_000, 420_001, 480_000], [1, 3])
    nothing = take_readings(rows.iloc[:0])
    assert (np.isnan(nothing.threshold_minutes), nothing.within(None)[1].tolist()) == (True, [])
    bare = take_readings(rows.drop(columns=["minutes", "backup_minutes"]))
    assert (bare.ms, bare.backup_ms) == (None, None)
    assert told(bare.require_ms)[0][1] == "reach"


# --- curves, areas and sums ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "up_to", "minutes"),
    [(0.1, 0.3, [0, 0.1, 0.2, 0.3]), (10, 25, [0, 10, 20, 25]), (10, 20, [0, 10, 20]),
     (7, 5, [0, 5]), (1, 2 + 1e-6, [0, 1, 2]), (1, 2 + 2e-5, [0, 1, 2, 2 + 2e-5]),
     (1, 2 + 1.5e-5, [0, 1, 2])],
)  # fmt: skip
def test_a_curve_is_read_step_by_step_and_at_its_end(step, up_to, minutes):
    curves = br.coverage_curves(reached_of([("A", 1.0, 7.0)]), step=step, up_to=up_to)
    assert curves["minutes"].tolist() == pytest.approx(2 * minutes)
    assert curves["governorate"].tolist() == ["A"] * len(minutes) + ["total"] * len(minutes)
    assert list(curves.columns) == ["governorate", "minutes", "people_covered", "share_covered"]


def test_a_curve_ends_at_the_longest_way_rounded_up_or_at_the_cutoff():
    def end(minutes, step=5, cutoff=None):
        reached = reached_of([("A", 1.0, minutes), ("A", 1.0, np.nan)])
        if cutoff is not None:
            reached.attrs["cutoff_minutes"] = cutoff
        return br.coverage_curves(reached, step=step)["minutes"].max()

    assert [end(one) for one in (0.0, 5.0, 5.00002, 12.0)] == [5, 5, 10, 15]
    assert (end(12.0, cutoff=12.5), end(np.nan)) == (12.5, 5)
    assert end(2.1, step=0.7) == pytest.approx(2.1)


def test_steps_and_ends_of_curves_are_refused_by_name():
    reached = reached_of([("A", 1.0, 7.0)])
    for asked, names in (({"step": 0.0009}, ["step"]), ({"step": 1e6 + 1}, ["step"]),
                         ({"up_to": 0}, ["up_to"]), ({"up_to": 1e6 + 1, "step": 1e6}, ["up_to"]),
                         ({"up_to": 0, "step": 0}, ["step", "up_to"])):  # fmt: skip
        said = [one[0].partition(" ")[0] for one in told(br.coverage_curves, reached, **asked)]
        assert said == names
    assert len(br.coverage_curves(reached, step=1e6, up_to=1e6)) == 4
    assert len(br.coverage_curves(reached, step=0.001, up_to=10)) == 2 * 10_001
    assert "10,001 steps of 0.001" in told(
        br.coverage_curves, reached, step=0.001, up_to=10.001)[0][0]  # fmt: skip


def test_areas_that_will_not_do_are_told_by_their_row():
    reached = reached_of([("A", 1.0, 7.0), ("B", 1.0, 7.0)])
    places = gpd.GeoDataFrame(reached, geometry=[Point(44.5, 33.5)] * 2, crs=4326)
    layer = gpd.GeoDataFrame(
        {"name": ["a", "b", "c"]}, index=["x", "y", "total"],
        geometry=[box(44 + n, 33, 45 + n, 34) for n in range(3)], crs=4326,
    )  # fmt: skip
    assert told(br.summarise, places, by=layer) == [
        ("an area has the id 'total', which is kept for the total", "by", 3, "area_id")
    ]
    assert told(br.summarise, places, by=layer.iloc[:0])[0][1] == "by"
    assert told(br.summarise, places, by=3)[0][0] == "by is a int"
    boxes = places[["geometry"]]
    assert told(br.summarise, places, by="district", boxes=boxes) == [
        ("the column is missing", "reach", None, "district"),
        ("the column is missing", "boxes", None, "district"),
    ]
    named = reached.assign(governorate=["A", "total"])
    assert told(br.summarise, named)[0][1::2] == ("reach", "governorate")
    blank = br.summarise(reached.assign(governorate=["A", None]))
    assert blank.index.tolist() == ["", "A", "total"]


def test_whatever_is_no_table_of_reach_is_called_what_it_stands_for():
    for call in (br.summarise, br.coverage_curves, br.worst_places, take_readings):
        with pytest.raises(br.InputError) as error:
            call(3)
        [fault] = error.value.faults
        assert fault.what.startswith("reached is ")
        assert fault.advice == "give what reach returned"
    for call in (br.summarise, br.coverage_curves, br.worst_places):
        missing = told(call, reached_of([("A", 1.0, 7.0)]), by="district")
        assert missing == [("the column is missing", "reach", None, "district")]
    with pytest.raises(br.InputError, match=r"^times\b.*give what travel_times returned"):
        br.reach(reached_of([]), minutes=5)


def test_reach_says_how_far_places_are_from_roads(make_times):
    times = make_times({"b": [5.0, 50.0]}, [1, 2])
    times.off_road_m[:] = 250.0, np.nan
    times.off_road_ms[:] = 60_000, -1
    reached = br.reach(times, minutes=30)
    assert reached["off_road_m"].tolist()[0] == 250
    assert reached["off_road_minutes"].tolist()[0] == 1
    assert reached[["off_road_m", "off_road_minutes"]].iloc[1].isna().all()


@pytest.mark.parametrize("name", ["places", "geometry", "threshold_minutes", "name", "worst_five"])
def test_people_that_would_name_another_column_are_refused(name):
    reached = reached_of([("A", 1.0, 7.0)])
    reached[name] = 30.0
    assert told(br.summarise, reached, people=[name])[0][0] == f"{name!r} would name two columns"
    with pytest.raises(br.InputError, match="rename the column of people"):
        br.summarise(reached, people=[name])


def test_only_truth_values_mark_what_must_be_reached():
    reached = reached_of([("A", 1.0, 7.0), ("A", 1.0, 70.0), ("B", 1.0, 7.0)])
    marked = br.summarise(reached.assign(must_reach=pd.array([True, True, None], "boolean")))
    assert marked["must_reach"].tolist() == [2, 0, 2]
    assert marked["must_reach_covered"].tolist() == [1, 0, 1]
    assert "must_reach_uncovered" not in marked
    assert "must_reach" not in br.summarise(reached.assign(must_reach=[1, 0, 1]))
    objects = br.summarise(reached.assign(must_reach=np.array([True, None, True], object)))
    assert objects["must_reach"].tolist() == [1, 1, 2]


def test_boxes_are_counted_by_area_and_type_with_what_they_have():
    types = [BoxType("a", vehicles=2, officers=6, cost_usd=10.5), BoxType("b", vehicles=5)]
    boxes = gpd.GeoDataFrame({"box_type": ["a", "b", None, "a"]}, geometry=[Point(0, 0)] * 4)
    counts = count_boxes(boxes, types, np.array([0, 0, 2, 2]), 4)
    assert counts["boxes"].tolist() == [2, 0, 2, 0, 4]
    assert counts["vehicles"].tolist() == [7, 0, 4, 0, 11]
    assert counts["cost_usd"].tolist() == [250_010.5, 0, 21, 0, 250_031.5]
    assert counts["officers"].tolist()[1:4] == [0, 12, 0]
    assert np.isnan(counts["officers"][[0, 4]]).all()
    each = people_for_each(np.array([14.0, 5.0, 8.0, 0.0, 22.0]), counts)
    assert each["people_per_box"].tolist()[::2] == [7, 4, 5.5]
    assert each["people_per_vehicle"].tolist()[::2] == [2, 2, 2]
    assert each["people_per_officer"][2] == 8 / 12
    assert np.isnan([each[name][at] for name in each for at in (1, 3)]).all()
    assert list(each) == ["people_per_box", "people_per_vehicle", "people_per_officer"]


def test_quantiles_fall_where_the_share_is_just_full():
    """Four people: the second is the median, and the last the ninetieth percentile."""
    ms, one = np.array([60_000, 120_000, 180_000, NO_WAY]), np.ones(4)
    groups, by_ms = np.zeros(4, np.int64), np.arange(4)
    found = spread_of(ms, one, groups, 1, Order.by_group(by_ms, groups, 1), by_ms)
    assert found["median_minutes"].tolist() == [2, 2]
    assert np.isnan(found["p90_minutes"]).all()
    assert found["mean_minutes"].tolist() == [2, 2]
    assert found["people_without_way"].tolist() == [1, 1]
    assert found["gini_minutes"] == pytest.approx([2 / 9] * 2)  # of 1, 2 and 3 minutes
    units = whole_units(np.array([1.0, 3.0]), np.float64(4.0))
    assert units.tolist() == [2**55, 3 * 2**55]


def test_sums_are_exact_where_floats_are_not():
    groups, steps = np.zeros(4, np.int64), np.array([0, 0, 1, 2])
    for weights in ([0.1, 0.2, 1e15, 0.3], [0.0, 0.0, 0.0, 0.0], [5e-324, 5e-324, 0.0, 1.0]):
        for order in ([0, 1, 2, 3], [3, 2, 1, 0]):
            sums = sums_by_step(groups, 1, steps[order], 3, np.array(weights)[order])
            from_first = [sum(weights[:2]), sum(weights[:3]), sum(weights)]
            assert sums.up_to[0].tolist() == pytest.approx(from_first, rel=1e-15)
            assert sums.beyond[0].tolist() == pytest.approx(
                [weights[2] + weights[3], weights[3], 0], rel=1e-12
            )
            assert np.array_equal(sums.up_to[0], sums.up_to[1])
    counted = sums_by_step(np.array([1, 1]), 3, np.array([1, 0]), 2, None)
    assert counted.up_to.tolist() == [[0, 0], [1, 2], [0, 0], [1, 2]]
    assert counted.whole.tolist() == [[0], [2], [0], [2]]
    assert counted.up_to.dtype.kind == "i"


@pytest.mark.parametrize("count", [0, 1.5, -1, "2", None, float("nan")])
def test_a_number_of_worst_places_that_is_none_is_refused(count):
    assert told(br.worst_places, reached_of([("A", 1.0, 7.0)]), count=count)[0][0] == (
        f"count is {count!r}"
    )


def test_the_worst_are_cut_where_minutes_people_and_ids_say():
    rows = [("A", 1.0, 9.0), ("A", 5.0, 9.0), ("A", 5.0, 9.0), ("A", np.nan, 9.0),
            ("A", 9.0, 2.0), ("B", 3.0, np.nan)]  # fmt: skip
    order = ["c5", "c1", "c2", "c0", "c3", "c4"]
    for count in range(1, 8):
        worst = br.worst_places(reached_of(rows), count=count)
        assert worst.loc[worst["area"] == "total", "id"].tolist() == order[:count]
        assert worst.loc[worst["area"] == "A", "id"].tolist() == order[1 : count + 1]
        assert worst.loc[worst["area"] == "A", "rank"].tolist() == [*range(1, min(count, 5) + 1)]
    told_five = br.summarise(reached_of(rows, name=["x", "", None, " ", "y", "z"]))["worst_five"]
    assert told_five["total"] == "z (no way), c1 (9 min), c2 (9 min), x (9 min), c3 (9 min)"
    assert told_five["B"] == "z (no way)"


def test_quintiles_are_cut_at_fifths_of_the_people():
    """By hand: ten cells of a square kilometre, of rising density; ties stay together."""
    people = np.array([1.0, 1, 2, 2, 4, 4, 6, 10, 10, 20])
    reached = reached_of([("A", one, 10.0 + n) for n, one in enumerate(people)], area_km2=1.0)
    table = br.density_quintiles(reached, minutes=[12, 60])
    sums = np.cumsum(people)
    middles = {one: (sums[people < one].max(initial=0) + sums[people <= one].max()) / 2
               for one in people}  # fmt: skip
    classes = np.array([min(int(5 * middles[one] / 60), 4) for one in people])
    assert table["people"].tolist() == 2 * [people[classes == n].sum() for n in range(5)]
    assert table["quintile"].tolist() == 2 * [1, 2, 3, 4, 5]
    assert table["threshold_minutes"].tolist() == [12.0] * 5 + [60.0] * 5
    for at in range(5):
        mine = people[classes == at]
        row = table.iloc[at]
        if not len(mine):
            assert row[["density_from", "share_covered", "mean_minutes"]].isna().all()
            continue
        assert (row["density_from"], row["density_to"]) == (mine.min(), mine.max())
        minutes = 10.0 + np.flatnonzero(classes == at)
        assert row["mean_minutes"] == pytest.approx((mine * minutes).sum() / mine.sum())
        assert row["people_covered"] == mine[minutes <= 12].sum()
        assert row["share_covered"] == pytest.approx(row["people_covered"] / mine.sum())
    for wrong, said in ((None, "the column is missing"), ("x", "it holds "), (0.0, "no row has"),
                        (np.inf, "no row has"), (np.nan, "no row has")):  # fmt: skip
        rows = reached.drop(columns="area_km2") if wrong is None else reached.assign(area_km2=wrong)
        [(what, *where)] = told(br.density_quintiles, rows)
        assert what.startswith(said)
        assert where == ["reach", None, "area_km2"]
    assert told(br.density_quintiles, reached.drop(columns="people"))[0][1] == "reach"
    whole = reached.assign(area_km2=pd.array([1] * 9 + [None], "Int64"))
    known = reached.assign(area_km2=[1.0] * 9 + [np.nan])
    pd.testing.assert_frame_equal(br.density_quintiles(whole), br.density_quintiles(known))


def test_hardly_anybody_in_the_densest_place_is_in_the_last_fifth():
    """So few of so many that they count as no unit of the whole."""
    reached = reached_of([("A", 1e20, 10.0), ("A", 1.0, 20.0)], area_km2=[1e20, 1e-3])
    table = br.density_quintiles(reached)
    assert table["people"].tolist() == [0, 0, 1e20, 0, 1]
    assert table["mean_minutes"].iloc[4] == 20


def test_boxes_that_are_no_table_are_called_boxes():
    with pytest.raises(br.InputError, match=r"^boxes"):
        br.summarise(reached_of([("A", 1.0, 7.0)]), boxes=3)
