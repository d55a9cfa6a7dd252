"""A report says what other states come to: the same numbers in every format, and no secret."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from boxreach.report.alternatives import Alternatives, prepare_what_if
from boxreach.report.figures import governorate_namer
from boxreach.scenarios import Comparison, Criticality, Opening, Robustness

AREAS = ("Anbar", "Ninewa")


def frame(rows, shapes, **index):
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=4326, **index)


def points(count, lon=43.0):
    return gpd.points_from_xy(lon + np.arange(count) / 100, [36.0] * count)


def make_comparison(names=("Old bridge closed", "Rain at night"), places=12):
    """Two scenarios: one in which the even places lose reach, one in which all are later."""
    people = [1000.0 + i for i in range(places)]
    within = sum(people)
    base = {"minutes": 30.0, "boxes": 5, "people": within + 500, "within": within,
            "share": within / (within + 500), "gained": 0.0, "lost": 0.0, "returned": 0.0,
            "left": 0.0, "returned_within": 0.0, "left_within": 0.0, "net": 0.0,
            "places_gained": 0, "places_lost": 0, "median_minutes": 12.5,
            "slower_minutes": 0.0}  # fmt: skip
    lost = sum(people[::2])
    cut = base | {"lost": lost, "gained": 77.0, "net": 77 - lost, "within": within + 77 - lost,
                  "share": (within + 77 - lost) / (within + 500), "places_lost": (places + 1) // 2,
                  "places_gained": 1, "median_minutes": 31.25, "slower_minutes": 4.5,
                  "boxes": 4}  # fmt: skip
    slow = base | {"median_minutes": float("nan"), "slower_minutes": 7.75}
    rows, boxes, areas = [], [], []
    for at, name in enumerate(names):
        for i in range(places):
            out = at == 0 and i % 2 == 0
            rows.append({
                "scenario": name, "community_id": f"c{i}", "name": f"Place {i}",
                "area": AREAS[i % 2], "people_before": people[i], "people": people[i],
                "covered_before": True, "covered": not out, "site_id_before": "S1",
                "site_id": "" if out else "S2", "minutes_before": 12.25,
                "minutes": float("nan") if out else 18.125, "reason": "ISOLATED" if out else "",
                "change": "lost" if out else "slower",
            })  # fmt: skip
        for at_area, area in enumerate(AREAS):
            mine = sum(people[at_area::2])
            gone, come = (mine, 77.0) if at == 0 and at_area == 0 else (0.0, 0.0)
            areas.append({"scenario": name, "area": area, "people": mine + 250,
                          "within_before": mine, "within_after": mine + come - gone,
                          "gained": come, "lost": gone, "returned_within": 0.0,
                          "left_within": 0.0, "net": come - gone})  # fmt: skip
        boxes += [
            {"scenario": name, "site_id": "S1", "people_before": 900.0, "people": 0.0,
             "change": "lost" if at == 0 else "same"},
            {"scenario": name, "site_id": "Q1", "people_before": 800.0, "people": 850.0,
             "change": "same"},
        ]  # fmt: skip
    says = [
        {"scenario": names[0], "field": "closures", "says": "bridge-7"},
        {"scenario": names[0], "field": "lost", "says": "S1"},
        {"scenario": names[1], "field": "condition", "says": "night-rain"},
        {"scenario": names[1], "field": "speed_factor", "says": "track 0.4, all 0.8"},
    ]
    table = pd.DataFrame([base, cut, slow], index=pd.Index(["base", *names], name="scenario"))
    return Comparison(
        table, pd.DataFrame(areas), frame(rows, points(len(rows))),
        frame(boxes, points(len(boxes))), assumptions=pd.DataFrame(says),
    )  # fmt: skip


def loss(lost, places, mending="M1", mended=300.0, next_site="S2"):
    return {"people_lost": lost, "places_lost": places, "people_slower": 120.0,
            "slower_minutes": 3.375, "next_site_id": next_site if lost else "",
            "next_minutes": 41.0625 if lost else float("nan"), "mending_site_id": mending,
            "people_mended": mended if mending else 0.0}  # fmt: skip


def make_criticality(names=("Old bridge", "Iron bridge", "Highway 1"), roads=3):
    kinds = ("bridge", "bridge", "road", "crossing")
    rows = [
        {"name": names[i % len(names)], "kind": kinds[i % 4], "road_class": "trunk"}
        | (loss(5000.0 - i, 4) if i % 3 != 1 else loss(0.0, 0, "", 0.0))
        for i in range(roads)
    ]
    # Even ones are lines, odd ones points.
    shapes = [
        shapely.LineString([(43.1234567, 36.3 + i / 100), (43.2, 36.4)]) if i % 2 == 0
        else shapely.Point(43.345678, 36.5 + i / 100)
        for i in range(roads)
    ]  # fmt: skip
    sites = [
        {"name": "Box one", "people_within": 4000.0} | loss(2100.0, 3),
        {"name": "Post Q", "people_within": 900.0} | loss(10.0, 1, "Q1", 5.0, "Q1"),
    ]
    lost = [
        {"feature_id": "r0", "what": "road", "community_id": "c1", "people": 2500.0,
         "site_id_before": "S1", "minutes_before": 12.5, "site_id": "", "minutes": float("nan")},
        {"feature_id": "r0", "what": "road", "community_id": "c2", "people": 2501.0,
         "site_id_before": "S1", "minutes_before": 13.5, "site_id": "Q1", "minutes": 44.25},
        {"feature_id": "Q1", "what": "site", "community_id": "c3", "people": 10.0,
         "site_id_before": "Q1", "minutes_before": 9.5, "site_id": "S2", "minutes": 33.5},
    ]  # fmt: skip
    return Criticality(
        frame(rows, shapes, index=pd.Index([f"r{i}" for i in range(roads)], name="feature_id")),
        frame(sites, points(2), index=pd.Index(["S1", "Q1"], name="site_id")),
        pd.DataFrame(lost), 30.0, 60.0, 20_000.0, 15_000.0,
    )  # fmt: skip


def make_opening(names=("Fifth bridge", "Northern road")):
    alone = [
        {"name": names[0], "reason": "destroyed", "people_regained": 7001.0,
         "places_regained": 9, "quicker_minutes": 2.125, "cost_usd": 1_500_000.0},
        {"name": names[1], "reason": "mined", "people_regained": 40.0, "places_regained": 1,
         "quicker_minutes": 0.5, "cost_usd": float("nan")},
    ]  # fmt: skip
    together = pd.DataFrame(
        {"closure_id": ["k1", "k2"], "people_gained": [7001.0, 999.0],
         "people_regained": [7001.0, 8000.0]},
        index=pd.Index([1, 2], name="rank"),
    )  # fmt: skip
    shapes = [shapely.LineString([(43.111111, 36.3), (43.15, 36.35)]), shapely.Point(43.777777, 36)]
    table = frame(alone, shapes, index=pd.Index(["k1", "k2"], name="closure_id"))
    return Opening(table, together, 30.0, 15_000.0, 23_000.0)


def make_robustness(names=("By cover", "By the worst draw"), draws=40):
    rng = np.random.default_rng(5)
    rows, table = [], []
    for at, name in enumerate(names):
        within = np.round(15_000 - 900 * at + 600 * rng.standard_normal(draws))
        best = within + rng.integers(0, 300, draws)
        rows += [
            {"draw": i, "plan": name, "people": 20_000.0, "within": within[i],
             "regret": best[i] - within[i], "best": best[i]}
            for i in range(draws)
        ]  # fmt: skip
        low, median, high = np.percentile(within, [5, 50, 95])
        table.append({"point": 15_500.0 - 900 * at, "mean": within.mean(), "low": low,
                      "median": median, "high": high, "worst": within.min(),
                      "share_mean": within.mean() / 20_000, "regret_mean": 140.25,
                      "regret_high": 288.5, "best_in": 0.175})  # fmt: skip
    areas = [
        {"plan": name, "area": area, "low": 5000.0, "median": 6000.0, "high": 7000.0}
        for name in names for area in AREAS
    ]  # fmt: skip
    chosen = frame(
        {"chosen": [0.95, 0.4, 0.0, 0.1], "in_plan": [True, False, False, False],
         "name": ["Alpha", "Beta", "Gamma", "Q"]},
        points(4), index=pd.Index(["S1", "M1", "M2", "Q1"], name="site_id"),
    )  # fmt: skip
    factors = pd.DataFrame({"draw": range(draws)})
    return Robustness(
        pd.DataFrame(table, index=pd.Index(names, name="plan")), pd.DataFrame(rows), chosen,
        factors, pd.DataFrame(areas), 30.0, 7, {"primary": (0.6, 1.0), "track": (0.25, 0.9)},
    )  # fmt: skip


def tell(report, **found):
    """Return a report with what was found of other states."""
    names = {one.site_id: one.name for one in (*report.plan.sites, *report.ground.boxes)}
    rows = [
        {"name": one.name.text}
        | {f"name_{code}": text for code, text in one.name.translations.items()}
        for one in report.ground.places
    ]
    reach = gpd.GeoDataFrame(
        rows, geometry=points(len(rows)), index=[one.community_id for one in report.ground.places]
    )
    told = prepare_what_if(Alternatives(**found), reach, names, governorate_namer(None))
    return replace(report, what_if=told)


EVERY = {"comparison": make_comparison, "criticality": make_criticality, "opening": make_opening,
         "robustness": make_robustness}  # fmt: skip


@pytest.fixture(scope="session")
def told(make_report):
    """A report with all that can be told of other states."""
    return tell(make_report(), **{name: make() for name, make in EVERY.items()})
