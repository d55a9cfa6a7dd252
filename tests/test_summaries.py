"""Summaries of reach: sums that add up, shares of people, and how far away the boxes are."""

import builtins
import itertools
import math
import sys
import warnings
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine
from shapely import Point, Polygon, box

import boxreach as br
from boxreach.accessibility.plots import spread_apart
from boxreach.accessibility.sums import sums_by_step, sums_of

NAN = float("nan")


def reached_of(rows, *, threshold=30.0, cutoff=60.0, index=None, **columns):
    """A table of reach of (governorate, people, minutes) rows."""
    minutes = np.array([row[2] for row in rows], float)
    table = pd.DataFrame(
        {
            "governorate": pd.Series([row[0] for row in rows], dtype=object),
            "people": np.array([row[1] for row in rows], float),
            "minutes": minutes,
            "covered": np.rint(np.nan_to_num(minutes, nan=1e9) * 60_000)
            <= round(threshold * 60_000),
            "threshold_minutes": threshold,
            **columns,
        }
    ).set_index(pd.Index([f"c{n}" for n in range(len(rows))] if index is None else index))
    if cutoff is not None:
        table.attrs["cutoff_minutes"] = cutoff
    return table


def placed(table, *points):
    """The table at points."""
    drawn = gpd.GeoDataFrame(table, geometry=[Point(*one) for one in points], crs=4326)
    drawn.attrs = table.attrs  # pandas 2 leaves them behind
    return drawn


def layer(**shapes):
    """Areas by id, named in two languages; two of them may have one name."""
    names = [one.rstrip("23") for one in shapes]
    return gpd.GeoDataFrame(
        {"name": names, "name_ar": [f"ع{one}" for one in names]},
        index=pd.Index(list(shapes), name="area_id"),
        geometry=list(shapes.values()),
        crs=4326,
    )


def same(one, other):
    """Two tables to the bit."""
    pd.testing.assert_frame_equal(one, other, check_exact=True)


# --- rasters -------------------------------------------------------------------------------------


def write_raster(path, random):
    """A small grid with empty and unknown cells, some with fractions of people."""
    height, width = random.integers(1, 7, 2)
    people = random.choice([0.0, 1.0, 0.25, 1e-3, 12.5, 3e4], (height, width))
    people = people * random.choice([1.0, random.random()], (height, width))
    people[random.random((height, width)) < 0.15] = -1
    people[0, 0] = 3.0
    transform = Affine(0.1, 0, 44, 0, -0.1, 33 + 0.1 * height)
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype="float64",
        crs="EPSG:4326", transform=transform, nodata=-1,
    ) as grid:  # fmt: skip
        grid.write(people, 1)
    return people


def nested(random, cells):
    """Two levels of areas; an edge of each runs through the middles of cells.

    Edges have a vertex at each cell, so that a cell on one lies on it in every projection.
    """
    lons, lats = np.unique(cells.geometry.x), np.unique(cells.geometry.y)
    middle, side = random.choice(lons), random.choice(lats)
    low, high, west, east = 32.0, 35.0, 43.0, 46.0
    second = {"W": (west, low, middle, high), "E": (middle, low, east, high)}
    third = {
        f"{name}{part}": (left, south, right, north)
        for name, (left, _, right, _) in second.items()
        for part, (south, north) in {"N": (side, high), "S": (low, side)}.items()
    }
    levels = {"second": second, "third": third}
    drawn = {
        level: layer(**{name: dense_box(bounds, lons, lats) for name, bounds in shapes.items()})
        for level, shapes in levels.items()
    }
    return levels, drawn


def dense_box(bounds, lons, lats):
    """A box with a vertex wherever a column or row of cells meets its outline."""
    west, south, east, north = bounds
    across = [float(one) for one in lons if west < one < east]
    along = [float(one) for one in lats if south < one < north]
    return Polygon(
        [(west, south), *((one, south) for one in across), (east, south)]
        + [*((east, one) for one in along), (east, north)]
        + [*((one, north) for one in across[::-1]), (west, north)]
        + [(west, one) for one in along[::-1]]
    )


def area_of(shapes, lon, lat):
    """Return the first area by id whose box holds a place, edges included."""
    for name, (west, south, east, north) in sorted(shapes.items()):
        if west <= lon <= east and south <= lat <= north:
            return name
    raise AssertionError((lon, lat))


@pytest.mark.slow
@pytest.mark.parametrize(
    "some", [range(20), pytest.param(range(20, 500), marks=pytest.mark.heavy)], ids=str
)
def test_500_random_rasters_add_up_at_every_threshold_and_level(tmp_path, some):
    """Covered + uncovered = total to 1e-9, each equal to a count of cell by cell in Python."""
    for seed in some:
        random = np.random.default_rng(seed)
        raster = write_raster(tmp_path / "p.tif", random)
        cells = br.read_population(tmp_path / "p.tif")
        assert math.isclose(cells["people"].sum(), raster[raster > 0].sum(), rel_tol=1e-9)
        ms = random.choice([0, 899_999, 900_000, 900_001, 1_800_000, 1_800_001, 4e6], len(cells))
        minutes = np.where(random.random(len(cells)) < 0.2, np.nan, ms / 60_000)
        reached = cells.assign(minutes=minutes, covered=ms <= 900_000, threshold_minutes=15.0)
        levels, drawn = nested(random, cells)
        thresholds = [15.0, 30.0, 60.0]
        tables = br.summarise_levels(reached, drawn, minutes=thresholds)
        totals = [tables[level]["people_covered"].loc["total"].tolist() for level in levels]
        assert totals[0] == totals[1]
        for level, shapes in levels.items():
            check_level(tables[level], shapes, reached, thresholds)


def check_level(table, shapes, reached, thresholds):
    """Hold a table of one level against a count in plain Python."""
    areas = [*shapes, "total"]
    assert table.index.tolist() == areas * len(thresholds)
    assert table["threshold_minutes"].tolist() == [t for t in thresholds for _ in areas]
    homes = [
        area_of(shapes, *place)
        for place in zip(reached.geometry.x.tolist(), reached.geometry.y.tolist(), strict=True)
    ]
    people, minutes = reached["people"].tolist(), reached["minutes"].tolist()
    names = ("places", "places_covered", "places_uncovered",
             "people", "people_covered", "people_uncovered")  # fmt: skip
    rows = list(zip(*(table[name].tolist() for name in names), strict=True))
    for at, limit in enumerate(thresholds):
        block = rows[at * len(areas) : (at + 1) * len(areas)]
        for area, row in zip(areas, block, strict=True):
            here = [n for n, home in enumerate(homes) if area in (home, "total")]
            inside = [n for n in here if minutes[n] == minutes[n] and minutes[n] <= limit]
            outside = [n for n in here if n not in inside]
            assert row[:3] == (len(here), len(inside), len(outside))
            for found, counted in zip(row[3:], (here, inside, outside), strict=True):
                assert math.isclose(found, math.fsum(people[n] for n in counted), rel_tol=1e-9)
            assert math.isclose(row[4] + row[5], row[3], rel_tol=1e-9)
        for column in range(3, 6):
            parts = math.fsum(row[column] for row in block[:-1])
            assert math.isclose(parts, block[-1][column], rel_tol=1e-9)


# --- sums ----------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 2),
            st.one_of(st.just(0.0), st.floats(1e-3, 1e10)),
        ),
        max_size=30,
    ),
    st.randoms(),
)
def test_sums_are_right_and_no_order_changes_a_bit_of_them(rows, random):
    """Against math.fsum, which is exact."""

    def sums(rows):
        groups, steps = (np.array([row[at] for row in rows], np.int64) for at in (0, 1))
        sums = sums_by_step(groups, 3, steps, 3, np.array([row[2] for row in rows], float))
        return np.stack([sums.up_to, sums.beyond])

    found = sums(rows)
    random.shuffle(rows)
    assert sums(rows).tolist() == found.tolist()
    for group, step in itertools.product(range(4), range(3)):
        here = [(s, w) for g, s, w in rows if group in (g, 3)]
        up_to, beyond = found[:, group, step]
        assert up_to == pytest.approx(math.fsum(w for s, w in here if s <= step), rel=1e-9)
        assert beyond == pytest.approx(math.fsum(w for s, w in here if s > step), rel=1e-9)


def test_a_million_cells_add_up_to_their_exact_sum():
    """Far within 1e-9, and all areas together are the total."""
    random = np.random.default_rng(1)
    people = random.lognormal(1, 3, 1_000_000)
    areas = random.integers(0, 300, len(people))
    sums = sums_of(areas, 300, people)
    assert sums[-1] == pytest.approx(math.fsum(people), rel=1e-15)
    assert math.fsum(sums[:-1]) == pytest.approx(sums[-1], rel=1e-15)
    assert sums[7] == pytest.approx(math.fsum(people[areas == 7]), rel=1e-12)


ROW = st.tuples(
    st.sampled_from(["Ninewa", "Anbar", "", None]),
    st.sampled_from([0.0, 0.1, 1.0, 2.5, 3.0, 1e7, np.nan]),
    st.sampled_from([0.0, 1.0, 10.0, 30.0, 30.0 + 1 / 60_000, 45.0, 200.0, np.nan]),
)


@pytest.mark.slow
@settings(max_examples=120, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12), st.randoms())
def test_the_order_of_the_rows_changes_nothing(rows, random):
    """In any of the tables, to the bit."""
    reached = reached_of(rows, area_km2=2.0, backup_minutes=[row[2] * 1.5 for row in rows])
    shuffled = reached.iloc[random.sample(range(len(rows)), len(rows))]
    for call in (
        lambda table: br.summarise(table, minutes=[10, 30, 60]),
        br.worst_places,
        lambda table: br.coverage_curves(table, step=10),
    ):
        same(call(shuffled), call(reached))
    if (reached["people"] > 0).any():
        same(br.density_quintiles(shuffled), br.density_quintiles(reached))


# --- how minutes are spread ----------------------------------------------------------------------


def quantile(rows, share):
    """The definition, in fractions: the smallest minutes that so many have at most."""
    whole = sum(Fraction(people) for people, _ in rows)
    for minutes in sorted({minutes for _, minutes in rows}):
        if sum(Fraction(p) for p, m in rows if m <= minutes) >= share * whole:
            return minutes if minutes < math.inf else NAN
    raise AssertionError(rows)


def gini(rows):
    """The definition: the mean difference of all pairs over twice the mean."""
    whole = sum(people for people, _ in rows)
    mean = sum(p * m for p, m in rows) / whole
    apart = sum(p * q * abs(m - n) for p, m in rows for q, n in rows) / whole**2
    return apart / (2 * mean) if mean else 0.0


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_mean_quantiles_and_gini_are_those_of_a_brute_force(rows):
    """In each area and in total; people who are not known weigh nothing."""
    table = br.summarise(reached_of(rows))
    for area in table.index:
        known = [(p, math.inf if math.isnan(m) else m) for g, p, m in rows
                 if area in ("total", g or "") and p > 0]  # fmt: skip
        line, by_road = table.loc[area], [row for row in known if row[1] < math.inf]
        whole = math.fsum(people for people, _ in known)
        without = math.fsum(people for people, minutes in known if minutes == math.inf)
        assert line["people_without_way"] == pytest.approx(without)
        found = line[["median_minutes", "p90_minutes", "mean_minutes", "gini_minutes"]]
        expected = [NAN] * 4
        if whole:
            expected[:2] = [quantile(known, Fraction(tenths, 10)) for tenths in (5, 9)]
        if by_road:
            people = math.fsum(people for people, _ in by_road)
            expected[2] = math.fsum(p * m for p, m in by_road) / people
            expected[3] = gini(by_road)
        assert found.tolist() == pytest.approx(expected, nan_ok=True, rel=1e-9, abs=1e-9)


def test_the_gini_of_evenly_spread_minutes_is_a_third():
    """Closed form: 1 .. n minutes give (n - 1 / n) / 3 / (n + 1) ... (n - 1) / (3 n)."""
    count = 200
    reached = reached_of([("A", 7.0, float(n)) for n in range(1, count + 1)])
    total = br.summarise(reached).loc["total"]
    assert total["gini_minutes"] == pytest.approx((count - 1) / (3 * count), rel=1e-12)
    assert total["mean_minutes"] == pytest.approx((count + 1) / 2, rel=1e-12)
    assert (total["median_minutes"], total["p90_minutes"]) == (100, 180)


@pytest.mark.parametrize("minutes", [0.0, 12.5])
def test_equal_minutes_are_not_unequal(minutes):
    """Zero, even where all of them stand at a box."""
    total = br.summarise(reached_of([("A", 3.0, minutes), ("A", 1.0, minutes)])).loc["total"]
    assert total["gini_minutes"] == 0
    assert total["mean_minutes"] == minutes


def test_a_few_with_all_the_minutes_are_as_unequal_as_can_be():
    """Closed form: of people a share q has a way of some length and the others none: 1 - q."""
    total = br.summarise(reached_of([("A", 90.0, 0.0), ("A", 10.0, 40.0)])).loc["total"]
    assert total["gini_minutes"] == pytest.approx(0.9)


def test_a_quantile_takes_exactly_its_share_and_no_way_is_infinitely_far():
    """Half is enough for the median; a tenth without a way leaves the ninetieth percentile."""
    rows = [("A", 0.1, float(n)) for n in range(1, 10)]
    total = br.summarise(reached_of([*rows, ("A", 0.1, NAN)])).loc["total"]
    assert (total["median_minutes"], total["p90_minutes"]) == (5, 9)
    total = br.summarise(reached_of([*rows[1:], ("A", 0.2, NAN)])).loc["total"]
    assert total["median_minutes"] == 6
    assert np.isnan(total["p90_minutes"])
    assert total["mean_minutes"] == pytest.approx(5.5)
    nobody = br.summarise(reached_of([("A", 5.0, NAN)])).loc["total"]
    minutes = ["mean_minutes", "median_minutes", "p90_minutes", "gini_minutes"]
    assert nobody[minutes].isna().all()
    assert nobody["people_without_way"] == 5


def test_without_people_each_place_weighs_one():
    """Nothing is said of people where none are asked for or there."""
    reached = reached_of([("A", 9.0, 10.0), ("A", 1.0, 20.0), ("A", NAN, 40.0)])
    for table in (
        br.summarise(reached, people=[]),
        br.summarise(reached.drop(columns="people")),
    ):
        assert "people" not in table
        assert table.loc["A", "mean_minutes"] == pytest.approx(70 / 3)
        assert table.loc["A", "median_minutes"] == 20


# --- thresholds ----------------------------------------------------------------------------------


def test_thresholds_come_in_ascending_blocks_each_with_its_total():
    """Whatever order they are given in, and each once; any sequence does."""
    reached = reached_of([("B", 1.0, 10.0), ("A", 2.0, 40.0)])
    table = br.summarise(reached, minutes=[60, 15, 30.0, 15.0])
    assert table.index.tolist() == ["A", "B", "total"] * 3
    assert table["threshold_minutes"].tolist() == [15] * 3 + [30] * 3 + [60] * 3
    assert table["people_covered"].tolist() == [0, 1, 1, 0, 1, 1, 2, 1, 3]
    for given_as in ((15, 30, 60), np.array([60, 30, 15]), pd.Series([15, 30, 60]),
                     iter([15, 30, 60])):  # fmt: skip
        same(br.summarise(reached, minutes=given_as), table)


def test_a_threshold_holds_what_is_exactly_as_far_to_the_millisecond():
    """T is inside, a millisecond more is not."""
    reached = reached_of([("A", 1.0, 17.3), ("A", 2.0, 17.3 + 1 / 60_000)])
    table = br.summarise(reached, minutes=[17.3 - 1 / 60_000, 17.3, 17.3 + 1 / 60_000])
    assert table.loc["total", "people_covered"].tolist() == [0, 1, 3]


def test_asking_for_the_threshold_of_the_table_changes_nothing():
    """The rows that it says are covered are those within it."""
    reached = reached_of([("A", 1.0, 30.0), ("B", 2.0, 31.0), ("B", NAN, 3.0), ("B", 4.0, NAN)])
    same(br.summarise(reached, minutes=[30]), br.summarise(reached))


def test_people_with_two_boxes_are_known_up_to_the_cutoff():
    """Beyond it a second box may stand that was not looked for."""
    reached = reached_of(
        [("A", 1.0, 10.0), ("A", 2.0, 10.0), ("A", NAN, 1.0), ("A", 4.0, 70.0)],
        backup_minutes=[20.0, NAN, 2.0, NAN],
    )
    total = br.summarise(reached, minutes=[15, 20, 60, 61]).loc["total"]
    assert total["people_two_boxes"].tolist() == pytest.approx([0, 1, 1, NAN], nan_ok=True)
    assert total["share_two_boxes"].tolist() == pytest.approx([0, 1 / 7, 1 / 7, NAN], nan_ok=True)
    reached.attrs.clear()
    total = br.summarise(reached, minutes=[30, 31]).loc["total"]
    assert total["people_two_boxes"].tolist() == pytest.approx([1, NAN], nan_ok=True)


@pytest.mark.slow
def test_people_with_two_boxes_are_those_of_reach(tmp_path):
    """`sites_within` of two or more, from the times themselves."""
    demo = br.load_demo()
    network = br.build_network(demo.roads)
    times = br.travel_times(network, demo.boxes, demo.communities, cutoff=60)
    reached = br.reach(times, minutes=60)
    for minutes in (15, 30, 60):
        here = br.reach(times, minutes=minutes)
        here = here[here["sites_within"] >= 2]
        table = br.summarise(reached, minutes=[minutes])
        assert table.loc["total", "people_two_boxes"] == pytest.approx(here["people"].sum())


# --- columns -------------------------------------------------------------------------------------


def test_columns_stand_in_their_order():
    """As the documentation lists them."""
    reached = reached_of([("A", 1.0, 10.0)], women=1.0, must_reach=True, backup_minutes=NAN)
    boxes = pd.DataFrame({"governorate": ["A"]})
    boxes = gpd.GeoDataFrame(boxes, geometry=[Point(44, 33)], crs=4326)
    table = br.summarise(reached, people=["people", "women"], boxes=boxes)
    assert list(table) == [
        "threshold_minutes", "places", "places_covered", "places_uncovered", "must_reach",
        "must_reach_covered", "places_unknown_people", "people", "people_covered",
        "people_uncovered", "share_covered", "places_unknown_women", "women", "women_covered",
        "women_uncovered", "share_women_covered", "people_two_boxes", "share_two_boxes",
        "mean_minutes", "median_minutes", "p90_minutes", "gini_minutes", "people_without_way",
        "worst_five", "boxes", "vehicles", "officers", "cost_usd", "people_per_box",
        "people_per_vehicle", "people_per_officer",
    ]  # fmt: skip


def test_the_first_column_of_people_weighs_the_minutes():
    """Women may live nearer than men."""
    reached = reached_of([("A", 1.0, 10.0), ("A", 3.0, 50.0)], women=[3.0, NAN])
    table = br.summarise(reached, people=["women", "people"])
    total = table.loc["total"]
    assert (total["women"], total["women_covered"], total["share_women_covered"]) == (3, 3, 1)
    assert total["places_unknown_women"] == 1
    assert (total["people"], total["people_covered"], total["share_covered"]) == (4, 1, 0.25)
    assert total["mean_minutes"] == 10
    assert br.summarise(reached).loc["total", "mean_minutes"] == pytest.approx(40)


@pytest.mark.parametrize("dtype", ["bool", "boolean", "object"])
def test_places_that_must_be_reached_are_counted(dtype):
    """Whole numbers; what is not said is not marked."""
    reached = reached_of([("A", NAN, 10.0), ("A", 1.0, 50.0), ("B", 1.0, 10.0)])
    marks = [True, True, False if dtype == "bool" else None]
    table = br.summarise(reached.assign(must_reach=pd.array(marks, dtype=dtype)))
    assert table["must_reach"].tolist() == [2, 0, 2]
    assert table["must_reach_covered"].tolist() == [1, 0, 1]
    assert table["must_reach"].dtype.kind == "i"
    assert "must_reach" not in br.summarise(reached.assign(must_reach="yes"))


# --- the farthest --------------------------------------------------------------------------------


def test_the_farthest_come_without_a_way_first_then_by_minutes_people_and_id():
    """Five of them, by name, or by id where there is none."""
    rows = [
        ("A", 5.0, 75.4),
        ("A", 9.0, 75.4),
        ("A", NAN, 75.4),
        ("A", 5.0, 75.4),
        ("A", 1.0, 80.0),
        ("A", 1.0, NAN),
        ("A", 2.0, 3.0),
        ("B", 2.0, 4.0),
    ]
    names = ["E", "F", "G", "D", "Far", "", "Near", None]
    reached = reached_of(rows, name=names, index=["e", "f", "g", "d", "far", "lost", "near", "b"])
    table = br.summarise(reached)
    five = "lost (no way), Far (80 min), F (75 min), D (75 min), E (75 min)"
    assert table["worst_five"].tolist() == [five, "b (4 min)", five]
    places = br.worst_places(reached, count=6)
    assert places["area"].tolist() == ["A"] * 6 + ["B"] + ["total"] * 6
    assert places["rank"].tolist() == [1, 2, 3, 4, 5, 6, 1, 1, 2, 3, 4, 5, 6]
    assert places["id"].tolist()[:6] == ["lost", "far", "f", "d", "e", "g"]
    assert list(places) == ["area", "rank", "id", "name", "people", "minutes"]
    assert places.index.tolist() == list(range(13))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, max_size=14), st.integers(1, 4))
def test_the_farthest_are_those_of_a_full_sort(rows, count):
    """Also in total, and where all are as far as each other."""
    ids = [f"c{n * 7 % 10}{n}" for n in range(len(rows))]
    found = br.worst_places(reached_of(rows, index=ids), count=count)
    for area in {row[0] or "" for row in rows} | {"total"}:
        here = [
            (-math.inf if math.isnan(m) else -m, 1.0 if math.isnan(p) else -p, one)
            for one, (g, p, m) in zip(ids, rows, strict=True)
            if area in ("total", g or "")
        ]
        expected = [one for *_, one in sorted(here)[:count]]
        assert found.loc[found["area"] == area, "id"].tolist() == expected


# --- polygons ------------------------------------------------------------------------------------


def test_areas_of_a_layer_keep_their_order_their_names_and_their_shape():
    """Two of one name stay apart, one in which nothing lies has zeros."""
    areas = layer(Q2=box(44, 33, 45, 34), Q=box(45, 33, 46, 34), Empty=box(46, 33, 47, 34))
    reached = placed(
        reached_of([("x", 1.0, 10.0), ("x", 2.0, 50.0), ("x", 4.0, 10.0)]),
        (44.5, 33.5), (45.5, 33.5), (45.6, 33.5),
    )  # fmt: skip
    table = br.summarise(reached, by=areas, minutes=[15, 60])
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs.to_epsg() == 4326
    assert table.index.name == "area_id"
    assert table.index.tolist() == ["Q2", "Q", "Empty", "total"] * 2
    assert table["name"].tolist()[:4] == ["Q", "Q", "Empty", "total"]
    assert table["name_ar"].tolist()[:4] == ["عQ", "عQ", "عEmpty", ""]
    assert "name_ckb" not in table
    assert table["people"].tolist()[:4] == [1, 6, 0, 7]
    assert table["people_covered"].tolist() == [1, 4, 0, 5, 1, 6, 0, 7]
    empty = table.loc["Empty"].iloc[0]
    assert (empty["places"], empty["people_two_boxes"] != empty["people_two_boxes"]) == (0, True)
    assert empty["worst_five"] == ""
    assert np.isnan(empty["share_covered"])
    assert table.geometry.iloc[0].equals(areas.geometry.iloc[0])
    assert table.geometry.isna().tolist() == [False, False, False, True] * 2


def test_rows_in_no_area_are_counted_under_a_blank_which_has_no_shape():
    """Before the total, and only if there are any."""
    areas = layer(A=box(44, 33, 45, 34))
    reached = placed(reached_of([("x", 1.0, 10.0), ("x", 2.0, 50.0)]), (44.5, 33.5), (48, 33.5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        table = br.summarise(reached, by=areas)
    assert table.index.tolist() == ["A", "", "total"]
    assert table["people"].tolist() == [1, 2, 3]
    assert table.geometry.isna().tolist() == [False, True, True]
    assert table["name"].tolist() == ["A", "", "total"]


def test_a_layer_in_another_system_and_whole_numbers_as_ids_do():
    """The table is in degrees, its ids are text."""
    areas = layer(A=box(44, 33, 45, 34), B=box(45, 33, 46, 34)).set_axis([2, 1])
    reached = placed(reached_of([("x", 1.0, 10.0)]), (45.5, 33.5))
    table = br.summarise(reached, by=areas.to_crs(32638))
    assert table.crs.to_epsg() == 4326
    assert table["people"].to_dict() == {"2": 0, "1": 1, "total": 1}
    assert areas.index.tolist() == [2, 1]


@pytest.mark.slow
def test_a_summary_by_polygons_can_be_explored():
    """It is drawn by geopandas, areas without a shape left out."""
    areas = layer(A=box(44, 33, 45, 34))
    reached = placed(reached_of([("x", 1.0, 10.0)]), (44.5, 33.5))
    drawn = br.summarise(reached, by=areas, minutes=[15, 30]).explore()
    page = drawn.get_root().render()
    assert page.count('"threshold_minutes": 30.0') == 1
    assert '"name": "total"' not in page


def test_levels_have_one_total_and_agree_with_each_alone():
    """Columns and polygons side by side."""
    rows = [("A", 0.1, 10.0), ("B", 0.2, 50.0), ("B", 0.7, NAN)]
    reached = placed(reached_of(rows), (44.5, 33.5), (45.5, 33.5), (45.6, 33.5))
    areas = layer(W=box(44, 33, 45, 34), E=box(45, 33, 46, 34))
    tables = br.summarise_levels(
        reached, {"named": "governorate", "drawn": areas}, minutes=[15, 60]
    )
    assert list(tables) == ["named", "drawn"]
    same(tables["named"], br.summarise(reached, minutes=[15, 60]))
    same(tables["drawn"], br.summarise(reached, by=areas, minutes=[15, 60]))
    totals = [
        table.rename_axis(None).loc["total", tables["named"].columns] for table in tables.values()
    ]
    same(*totals)


# --- boxes ---------------------------------------------------------------------------------------


def boxes_of(*rows):
    """Boxes of (governorate, box_type) rows."""
    table = pd.DataFrame(rows, columns=["governorate", "box_type"], dtype=object)
    shapes = [Point(44.5 + n % 2, 33.5) for n in range(len(rows))]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


TYPES = [br.BoxType("small", officers=8, cost_usd=100_000), br.BoxType("large", vehicles=4)]


def test_boxes_are_counted_with_what_they_have_where_they_stand():
    """A blank is the first type; officers are unknown where one type does not say them."""
    boxes = boxes_of(("A", ""), ("A", None), ("B", "large"), ("C", " small "))
    reached = reached_of([("A", 30.0, 10.0), ("B", 60.0, 10.0), ("D", 5.0, 10.0)])
    table = br.summarise(reached, boxes=boxes, box_types=TYPES)
    assert table.index.tolist() == ["A", "B", "C", "D", "total"]
    assert table["boxes"].tolist() == [2, 1, 1, 0, 4]
    assert table["vehicles"].tolist() == [4, 4, 2, 0, 10]
    assert table["officers"].tolist() == pytest.approx([16, NAN, 8, 0, NAN], nan_ok=True)
    assert table["cost_usd"].tolist() == [200_000, 250_000, 100_000, 0, 550_000]
    assert table["people_per_box"].tolist() == pytest.approx([15, 60, 0, NAN, 95 / 4], nan_ok=True)
    assert table["people_per_vehicle"].tolist() == pytest.approx(
        [7.5, 15, 0, NAN, 9.5], nan_ok=True
    )
    assert table["people_per_officer"].tolist() == pytest.approx(
        [30 / 16, NAN, 0, NAN, NAN], nan_ok=True
    )


def test_the_default_box_is_the_programmes_and_says_no_officers():
    """Two vehicles, 250,000 dollars."""
    table = br.summarise(reached_of([("A", 30.0, 10.0)]), boxes=boxes_of(("A", None)))
    assert table.loc["A", ["boxes", "vehicles", "cost_usd"]].tolist() == [1, 2, 250_000]
    assert table[["officers", "people_per_officer"]].isna().all(axis=None)


def test_boxes_are_located_by_the_same_polygons():
    """And none at all is an answer."""
    areas = layer(W=box(44, 33, 45, 34), E=box(45, 33, 46, 34))
    reached = placed(reached_of([("x", 6.0, 10.0)]), (44.5, 33.5))
    boxes = boxes_of(("?", ""), ("?", ""), ("?", ""))
    table = br.summarise(reached, by=areas, boxes=boxes)
    assert table["boxes"].tolist() == [2, 1, 3]
    none = br.summarise(reached, by=areas, boxes=boxes.iloc[:0])
    assert none["boxes"].tolist() == [0, 0, 0]
    assert none["people_per_box"].isna().all()


def test_a_type_of_box_that_is_not_there_is_named_by_its_row():
    """All of them, with what may have been meant."""
    boxes = boxes_of(("A", "large"), ("A", "lagre"), ("A", "smal"))
    with pytest.raises(br.InputError) as caught:
        br.summarise(reached_of([("A", 1.0, 1.0)]), boxes=boxes, box_types=TYPES)
    assert [(one.row, one.column) for one in caught.value.faults] == [
        (2, "box_type"),
        (3, "box_type"),
    ]
    assert "did you mean large?" in str(caught.value)


# --- density -------------------------------------------------------------------------------------


def test_quintiles_hold_a_fifth_of_the_people_from_thin_to_dense():
    """Rows of one density stay together; rows that say no area are left out."""
    random = np.random.default_rng(5)
    count = 1000
    people, area = random.lognormal(0, 1, count), random.choice([0.5, 1.0, 2.0], count)
    people[::50] = people[0]
    area[::50] = 1.0
    area[7], area[8], people[9], people[10] = NAN, 0.0, NAN, 0.0
    minutes = np.where(random.random(count) < 0.1, NAN, random.uniform(0, 90, count))
    reached = reached_of([("A", p, m) for p, m in zip(people, minutes, strict=True)], area_km2=area)
    table = br.density_quintiles(reached, minutes=[30, 60])
    assert table["threshold_minutes"].tolist() == [30] * 5 + [60] * 5
    assert table["quintile"].tolist() == [1, 2, 3, 4, 5] * 2
    kept = reached[(area > 0) & (people > 0)]
    density = kept["people"] / kept["area_km2"]
    assert table["people"].iloc[:5].sum() == pytest.approx(kept["people"].sum(), rel=1e-12)
    largest = kept.groupby(density)["people"].sum().max()
    assert (abs(table["people"] - kept["people"].sum() / 5) <= largest).all()
    block = table.iloc[5:]
    assert (block["density_to"].to_numpy()[:-1] < block["density_from"].to_numpy()[1:]).all()
    for row in block.itertuples():
        here = kept[(density >= row.density_from) & (density <= row.density_to)]
        assert row.people == pytest.approx(here["people"].sum())
        inside = here.loc[here["minutes"] <= 60, "people"].sum()
        assert row.people_covered == pytest.approx(inside)
        assert row.share_covered == pytest.approx(inside / here["people"].sum())
        by_road = here.dropna(subset="minutes")
        mean = np.average(by_road["minutes"], weights=by_road["people"])
        assert row.mean_minutes == pytest.approx(mean)


def test_few_rows_leave_classes_without_people():
    """One row is the third class, as the middle of its people; two are the second and fourth."""
    one = br.density_quintiles(reached_of([("A", 5.0, 10.0)], area_km2=2.0))
    assert one["people"].tolist() == [0, 0, 5, 0, 0]
    assert one["density_from"].tolist() == pytest.approx([NAN, NAN, 2.5, NAN, NAN], nan_ok=True)
    assert one["share_covered"].tolist() == pytest.approx([NAN, NAN, 1, NAN, NAN], nan_ok=True)
    two = br.density_quintiles(reached_of([("A", 5.0, 10.0), ("A", 5.0, 50.0)], area_km2=[1, 2]))
    assert two["people"].tolist() == [0, 5, 0, 5, 0]
    assert two["people_covered"].tolist() == [0, 0, 0, 5, 0]


@pytest.mark.parametrize("area_km2", [NAN, 0.0, None, "wide"])
def test_no_row_with_an_area_is_refused_with_advice(area_km2):
    """It says which table has them."""
    reached = reached_of([("A", 5.0, 10.0)])
    if area_km2 is not None:
        reached = reached.assign(area_km2=area_km2)
    with pytest.raises(br.InputError, match=r"column area_km2: .*; give"):
        br.density_quintiles(reached)


# --- curves --------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=10), st.sampled_from([0.1, 1.0, 2.5, 7.0]))
def test_each_point_of_a_curve_is_what_a_summary_says(rows, step):
    """And it never falls."""
    reached = reached_of(rows)
    curves = br.coverage_curves(reached, step=step, up_to=46)
    minutes = curves.loc[curves["governorate"] == "total", "minutes"]
    assert minutes.iloc[0] == 0
    assert minutes.iloc[-1] == 46
    asked = minutes.iloc[[1, len(minutes) // 2, -1]].tolist()
    table = br.summarise(reached, minutes=asked)
    for (area, limit), row in table.set_index("threshold_minutes", append=True).iterrows():
        point = curves[(curves["governorate"] == area) & (curves["minutes"] == limit)].iloc[0]
        assert point["people_covered"] == row["people_covered"]
        assert point["share_covered"] == pytest.approx(row["share_covered"], nan_ok=True)
    for _, part in curves.groupby("governorate"):
        assert (np.diff(part["people_covered"]) >= 0).all()


def test_curves_end_at_the_cutoff_or_at_the_longest_way():
    """Rounded up to a step; a layer gives its ids and names."""
    reached = placed(reached_of([("A", 1.0, 7.2)], cutoff=20.0), (44.5, 33.5))
    areas = layer(W=box(44, 33, 45, 34))
    curves = br.coverage_curves(reached, by=areas)
    assert list(curves) == [
        "area_id", "name", "name_ar", "minutes", "people_covered", "share_covered",
    ]  # fmt: skip
    assert curves["area_id"].tolist() == ["W"] * 21 + ["total"] * 21
    assert curves["people_covered"].tolist() == ([0] * 8 + [1] * 13) * 2
    reached.attrs.clear()
    assert br.coverage_curves(reached)["minutes"].max() == 8
    assert br.coverage_curves(reached, step=3)["minutes"].max() == 9
    assert br.coverage_curves(reached, step=0.1)["minutes"].max() == pytest.approx(7.2)
    lost = reached_of([("A", 1.0, NAN)], cutoff=None)
    assert br.coverage_curves(lost)["minutes"].tolist() == [0, 1] * 2


def drawn_lines(ax):
    return {line.get_label(): line for line in ax.lines}


def axes():
    figure = pytest.importorskip("matplotlib.figure")
    return figure.Figure(layout="constrained").add_subplot()


def test_curves_are_drawn_with_a_heavy_total_and_named_at_their_ends():
    """Names in Arabic and names that look like formulas are drawn as they are."""
    reached = reached_of([("$x_$", 1.0, 7.0), ("بغداد", 3.0, 20.0), ("nobody", NAN, 5.0)])
    curves = br.coverage_curves(reached, up_to=30)
    before = curves.copy()
    ax = axes()
    assert br.plot_curves(curves, ax=ax) is ax
    same(curves, before)
    lines = drawn_lines(ax)
    assert {*lines} == {"$x_$", "بغداد", "total"}
    assert lines["total"].get_ydata()[[7, 30]].tolist() == [0.25, 1]
    others = [line for name, line in lines.items() if name != "total"]
    assert all(lines["total"].get_linewidth() > line.get_linewidth() for line in others)
    assert sorted(text.get_text() for text in ax.texts) == ["$x_$  100%", "total  100%",
                                                            "بغداد  100%"]  # fmt: skip
    ax.figure.canvas.draw()
    assert {*drawn_lines(br.plot_curves(curves, ax=axes(), areas=["بغداد"]))} == {"بغداد", "total"}


def test_of_many_curves_the_best_and_worst_are_named():
    """The others are faint."""
    rows = [(f"area {n:02d}", 100.0, n / 2) for n in range(60)]
    ax = br.plot_curves(br.coverage_curves(reached_of(rows), up_to=30), ax=axes())
    assert len(ax.lines) == 61
    assert len(ax.texts) == 9


@given(st.lists(st.floats(0, 1), max_size=20))
def test_labels_keep_their_order_and_a_gap_and_stay_on_the_axes(heights):
    """As far as there is room."""
    placed_at = spread_apart(heights, 0.04)
    order = np.argsort(heights, kind="stable")
    assert (np.diff(np.array(placed_at)[order]) >= 0.04 - 1e-9).all()
    assert all(-1e-9 <= one <= 1 + 1e-9 for one in placed_at)


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    """It is one of several."""
    curves = br.coverage_curves(reached_of([("A", 1.0, 7.0)]))
    imported = builtins.__import__

    def refuse(name, *rest, **named):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return imported(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    for name in [one for one in sys.modules if one.startswith("matplotlib")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(br.InputError, match=r"^matplotlib is not installed.*boxreach\[plots\]"):
        br.plot_curves(curves)


# --- nothing, and what will not do ---------------------------------------------------------------


def test_a_table_without_rows_has_a_total_of_nothing():
    """Also by polygons, each with its row."""
    reached = placed(reached_of([("A", 1.0, 1.0)]), (44.5, 33.5)).iloc[:0]
    assert br.summarise(reached, minutes=[15])["people"].to_dict() == {"total": 0}
    table = br.summarise(reached, by=layer(A=box(44, 33, 45, 34)))
    assert table["places"].to_dict() == {"A": 0, "total": 0}
    assert len(br.worst_places(reached)) == 0
    with pytest.raises(br.InputError, match="no row has an area"):
        br.density_quintiles(reached.assign(area_km2=1.0))
    assert br.coverage_curves(reached, up_to=1)["share_covered"].isna().all()


def test_inputs_are_not_modified():
    """The table, the boxes and the layer."""
    reached = placed(reached_of([("A", 1.0, 1.0)], area_km2=1.0), (44.5, 33.5))
    boxes, areas = boxes_of(("A", None)), layer(A=box(44, 33, 45, 34))
    before = [one.copy() for one in (reached, boxes, areas)]
    br.summarise(reached, by=areas, boxes=boxes, minutes=[15])
    br.worst_places(reached, by=areas)
    br.density_quintiles(reached)
    br.coverage_curves(reached, by=areas)
    for one, other in zip((reached, boxes, areas), before, strict=True):
        same(one, other)


GOOD = reached_of([("A", 1.0, 10.0)], area_km2=1.0)
AT = placed(GOOD, (44.5, 33.5))
ONE_AREA = layer(A=box(44, 33, 45, 34))
FAULTS = {
    "no such people": (lambda: br.summarise(GOOD, people=["people", "womem"]), "womem"),
    "people is text": (lambda: br.summarise(GOOD, people="people"), "people is"),
    "people twice": (lambda: br.summarise(GOOD, people=["people", "people"]), "twice"),
    "people of numbers": (lambda: br.summarise(GOOD, people=[3]), "people holds"),
    "people that are text": (lambda: br.summarise(GOOD, people=["governorate"]), "give numbers"),
    "people below nobody": (
        lambda: br.summarise(GOOD.assign(men=-1.0), people=["men"]), "row 1, column men: -1"),
    "people without end": (lambda: br.summarise(GOOD.assign(people=np.inf)), "inf is no number"),
    "people called as places": (
        lambda: br.summarise(GOOD.assign(places=1.0), people=["places"]), "'places'"),
    "people called as boxes": (
        lambda: br.summarise(
            GOOD.assign(boxes=1.0), people=["boxes"], boxes=boxes_of(("A", ""))), "'boxes'"),
    "minutes is a number": (lambda: br.summarise(GOOD, minutes=30), "minutes is a int"),
    "minutes is text": (lambda: br.summarise(GOOD, minutes="30"), "minutes is"),
    "minutes are none": (lambda: br.summarise(GOOD, minutes=[]), "empty"),
    "minutes are text": (lambda: br.summarise(GOOD, minutes=["30", NAN]), "2 faults"),
    "minutes are 0": (lambda: br.summarise(GOOD, minutes=[0]), "minutes is 0"),
    "no minutes": (
        lambda: br.summarise(GOOD.drop(columns="minutes"), minutes=[3]), "column minutes"),
    "minutes of text": (lambda: br.summarise(GOOD.assign(minutes="soon")), "column minutes"),
    "several thresholds": (
        lambda: br.summarise(pd.concat([GOOD, GOOD.assign(threshold_minutes=60.0)])),
        "several thresholds"),
    "by a number": (lambda: br.summarise(GOOD, by=3), "by is a int"),
    "by points without a table of points": (lambda: br.summarise(GOOD, by=ONE_AREA), "reach"),
    "by no area": (lambda: br.summarise(AT, by=ONE_AREA.iloc[:0]), "no row"),
    "by areas twice": (lambda: br.summarise(AT, by=pd.concat([ONE_AREA] * 2)), "already"),
    "by an area called total": (lambda: br.summarise(AT, by=ONE_AREA.set_axis(["total"])), "total"),
    "by areas without a CRS": (
        lambda: br.summarise(AT, by=ONE_AREA.set_crs(None, allow_override=True)), "coordinate"),
    "boxes are a list": (lambda: br.summarise(GOOD, boxes=[1]), "boxes"),
    "boxes without the column": (
        lambda: br.summarise(GOOD, boxes=boxes_of(("A", "")).drop(columns="governorate")), "boxes"),
    "types are one": (lambda: br.summarise(GOOD, box_types=br.BoxType("box")), "box_types is"),
    "types are text": (lambda: br.summarise(GOOD, box_types=["box"]), "box_types holds"),
    "types twice": (lambda: br.summarise(GOOD, box_types=[br.BoxType("box")] * 2), "'box'"),
    "a type without a name": (lambda: br.BoxType(" "), "name is"),
    "a type of half vehicles": (lambda: br.BoxType("box", vehicles=1.5), "vehicles is 1.5"),
    "a type of no officers": (lambda: br.BoxType("box", officers="ten"), "officers is"),
    "a type that pays": (lambda: br.BoxType("box", cost_usd=-1), "cost_usd is -1"),
    "a type of faults": (lambda: br.BoxType(3, vehicles=None, cost_usd=NAN), "3 faults"),
    "levels are a list": (lambda: br.summarise_levels(GOOD, ["governorate"]), "levels is"),
    "levels are none": (lambda: br.summarise_levels(GOOD, {}), "levels is"),
    "a level that is none": (lambda: br.summarise_levels(GOOD, {"a": None}), "by is None"),
    "no place": (lambda: br.worst_places(GOOD, count=0), "count is 0"),
    "half a place": (lambda: br.worst_places(GOOD, count=1.5), "count is 1.5"),
    "places of what is none": (lambda: br.worst_places("reach.csv"), "reached is"),
    "densities of no people": (lambda: br.density_quintiles(GOOD, people="men"), "men"),
    "densities of a list": (lambda: br.density_quintiles(GOOD, people=["people"]), "people is"),
    "densities of nobody": (
        lambda: br.density_quintiles(GOOD.drop(columns="people")), "column people"),
    "curves of no step": (lambda: br.coverage_curves(GOOD, step=0), "step is 0"),
    "curves to nowhere": (lambda: br.coverage_curves(GOOD, up_to=NAN), "up_to is nan"),
    "curves of a step too small": (lambda: br.coverage_curves(GOOD, step=0.002), "longer step"),
    "curves of no table": (lambda: br.plot_curves("curves"), "curves is"),
    "curves that are none": (lambda: br.plot_curves(GOOD), "curves"),
    "axes that are none": (lambda: br.plot_curves(br.coverage_curves(GOOD), ax=3), "ax is"),
    "areas that are text": (
        lambda: br.plot_curves(br.coverage_curves(GOOD), areas="A"), "areas is"),
    "areas that are not there": (
        lambda: br.plot_curves(br.coverage_curves(GOOD), areas=["Z"]), "'Z'"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_will_not_do_is_refused_and_it_is_said_what_to_do(name):
    """No traceback from within."""
    call, said = FAULTS[name]
    with pytest.raises(br.InputError) as caught:
        call()
    assert all(fault.what and fault.advice for fault in caught.value.faults)
    assert said in str(caught.value)


@pytest.mark.parametrize("least", [5e-324, 1e-310, 1e-300])
def test_hardly_anybody_is_somebody(least):
    """Numbers near the smallest there are add up as others do."""
    table = br.summarise(reached_of([("A", least, 10.0), ("B", 100.0, 50.0), ("C", least, 50.0)]))
    assert table["people"].tolist() == pytest.approx([least, 100.0, least, 100.0], rel=1e-9, abs=0)
    assert table.loc["A", "people_covered"] == pytest.approx(least, rel=1e-9, abs=0)
