"""What notebooks show of results, and plans as rows of one table."""

import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from boxreach.accessibility.reach_table import ReachTable
from boxreach.border.frontier_plan import FrontierPlan
from boxreach.placement import Proposal

HOSTILE = "<script>alert(1)</script>&\x00"


def table(count, name=HOSTILE):
    covered = np.arange(count) % 2 == 0
    return gpd.GeoDataFrame(
        {
            "name": [name] * count,
            "people": np.full(count, 10.0),
            "threshold_minutes": 30.0,
            "covered": covered,
            "site_id": np.where(covered, "b1", ""),
            "minutes": 5.0,
            "reason": np.where(covered, "", "TOO_FAR"),
        },
        index=pd.RangeIndex(count).astype(str).rename("community_id"),
        geometry=gpd.points_from_xy(np.full(count, 44.0), np.full(count, 33.0)),
        crs=4326,
    )


def make(kind=Proposal, count=3, unit="people", **more):
    sites = gpd.GeoDataFrame(
        {
            "rank": range(1, count + 1),
            "name": HOSTILE,
            f"{unit}_gained": 10.0,
            f"{unit}_covered": 50.0 + 10 * np.arange(1, count + 1),
            "share_covered": 0.5,
        },
        index=pd.RangeIndex(count).astype(str).rename("site_id"),
        geometry=gpd.points_from_xy([44.0] * count, [33.0] * count),
        crs=4326,
    )
    end = 50.0 + 10 * count
    phases = {"covered": end, "objective": end, "bound": end + 1, "gap": 0.01, "status": "feasible"}
    frame = pd.DataFrame(phases, index=[count])
    return kind(sites, table(2), table(2), frame, unit, 30.0, 10.0 * count + 100, **more)


def test_summaries_of_plans_lie_one_below_the_other():
    posts = make(FrontierPlan, 2, "km", facts={"seen_km": None, "reached_km": 7.0})
    both = pd.concat([make().summary(), make(count=5).summary(), posts.summary()])
    assert len(both) == 3
    assert both["covered_after"].tolist() == [80.0, 100.0, 70.0]
    assert both["gained"].map(len).tolist() == [3, 5, 2]
    assert both["share_before"].tolist() == pytest.approx([50 / 130, 50 / 150, 50 / 120])
    assert both["cost_usd"].isna().all()
    assert both["reached_km"].iloc[2] == 7.0


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, 100_000])
def test_a_notebook_shows_little_and_escapes_it(count):
    posts = make(FrontierPlan, count, "km")
    for shown in (make(count=count)._repr_html_(), posts._repr_html_(),
                  ReachTable(table(count))._repr_html_()):  # fmt: skip
        assert len(shown) < 8_000
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown
        assert "\x00" not in shown
        assert "http" not in shown


def test_reach_is_shown_with_its_sums():
    shown = ReachTable(table(20))._repr_html_()
    assert "100 of 200 (50.0%)" in shown
    assert "TOO_FAR" in shown
    assert shown.count("<tr>") < 30


def test_what_is_made_from_reach_is_a_table_like_any_other():
    reach = ReachTable(table(6))
    plain = table(6)
    for made in (reach.copy(), reach[reach["covered"]], pd.concat([reach, reach]),
                 reach.to_crs(3857), reach.merge(plain[["name"]], left_index=True,
                                                 right_index=True)):  # fmt: skip
        assert isinstance(made, gpd.GeoDataFrame)
        assert "<script" not in made._repr_html_()
    assert type(reach[["name"]]) is pd.DataFrame
    assert reach.crs == 4326


def test_reach_can_be_kept_and_lose_columns():
    reach = ReachTable(table(6))
    again = pickle.loads(pickle.dumps(reach))  # noqa: S301 - our own, of this line
    assert again._repr_html_() == reach._repr_html_()
    del reach["covered"]
    assert "<script" not in reach._repr_html_()


def test_a_plan_is_told_in_one_line_or_in_a_few():
    plan = make(FrontierPlan, 2, "km")
    assert repr(plan) == "<FrontierPlan: 2 sites, feasible; 50 -> 70 of 120 km within 30 minutes>"
    assert "50 -> 70 of 120 km" in str(make(count=2, unit="km"))
