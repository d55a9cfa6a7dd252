"""Communities: what a planner says of them, and people of several kinds side by side."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

import boxreach as br
from boxreach.columns import RESERVED, name_faults, read_flags


@pytest.fixture
def write(tmp_path):
    """Write communities with more columns, a row for each of their values."""

    def run(**columns):
        rows = len(next(iter(columns.values())))
        table = {
            "community_id": [f"c{at}" for at in range(rows)],
            "lon": [44 + at / 100 for at in range(rows)],
            "lat": [33.0] * rows,
        }
        path = tmp_path / "communities.csv"
        pd.DataFrame({**table, **columns}).to_csv(path, index=False)
        return path

    return run


def refused(path, **options):
    """Return the faults of a file that must be refused."""
    with pytest.raises(br.InputError) as caught:
        br.read_communities(path, **options)
    return caught.value.faults


# --- what a planner says ---------------------------------------------------------------------

YES = ["true", "True", "TRUE", "yes", "Yes", "1", "x", "X", " x ", "نعم", "بەڵێ"]
NO = ["false", "False", "no", "NO", "0", "", "  ", "لا", "نەخێر"]


def test_yes_and_no_are_read_in_three_languages(write):
    """To truth values, whatever their case; blank is no."""
    table = br.read_communities(write(must_reach=YES + NO))
    assert table["must_reach"].dtype == bool
    assert table["must_reach"].tolist() == [True] * len(YES) + [False] * len(NO)


def test_what_is_neither_yes_nor_no_is_a_fault_with_its_row(write):
    """Both of them; nothing is guessed."""
    faults = refused(write(must_reach=["yes", "maybe", "no", "2", "y"]))
    assert [(one.row, one.column) for one in faults] == [(at, "must_reach") for at in (3, 5, 6)]
    assert "'maybe'" in faults[0].what
    assert "نعم" in faults[0].advice


@pytest.mark.parametrize(
    "values",
    [[True, False], [1, 0], [1.0, np.nan], ["yes", None], [np.True_, None], ["x", ""]],
    ids=str,
)
def test_typed_layers_hold_flags_too(tmp_path, values):
    """Truth values, numbers, words and what is missing."""
    frame = gpd.GeoDataFrame(
        {"community_id": ["a", "b"], "must_reach": values},
        geometry=[Point(44, 33), Point(44.1, 33)],
        crs=4326,
    )
    frame.to_file(tmp_path / "c.gpkg")
    assert br.read_communities(tmp_path / "c.gpkg")["must_reach"].tolist() == [True, False]


def test_a_number_that_is_no_flag_is_a_fault_in_a_typed_layer(tmp_path):
    """Two is neither."""
    frame = gpd.GeoDataFrame(
        {"community_id": ["a"], "must_reach": [2]}, geometry=[Point(44, 33)], crs=4326
    )
    frame.to_file(tmp_path / "c.gpkg")
    (fault,) = refused(tmp_path / "c.gpkg")
    assert (fault.feature, fault.column) == (1, "must_reach")


@given(
    st.lists(st.sampled_from([*YES, *NO, True, False, 0, 1, 0.0, 1.0, None, np.nan]), min_size=1)
)
def test_flags_are_read_again_without_a_change(values):
    """What was read reads as itself."""
    once = read_flags(pd.Series(values, dtype=object))
    assert set(once) <= {True, False}
    assert read_flags(once).tolist() == once.tolist()


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("priority", ["0", "1e6", "", "2.5"], ["-1", "1000001", "high", "-0.1"]),
        ("survey_score", ["-3.5", "0", "", "1e300"], ["good", "1,5", "nan?", "--"]),
    ],
)
def test_numbers_of_a_planner_have_their_range(write, column, good, bad):
    """Blank is unknown; a score may be below 0, a priority may not."""
    table = br.read_communities(write(**{column: good}))
    assert table[column].isna().tolist() == [one == "" for one in good]
    faults = refused(write(**{column: bad}))
    assert [(one.row, one.column) for one in faults] == [(at, column) for at in (2, 3, 4, 5)]


def test_files_without_these_columns_read_as_before(write):
    """Nothing is made up."""
    table = br.read_communities(write(people=[1, 2]))
    assert not {"priority", "survey_score", "must_reach"} & set(table)


# --- layers ----------------------------------------------------------------------------------


def test_layers_stand_side_by_side_and_nobody_adds_them(write):
    """Without a total people are what they were, or unknown."""
    path = write(residents=[10, ""], displaced=[5, 7])
    table = br.read_communities(path, layers=("residents", "displaced"))
    assert table["displaced"].tolist() == [5, 7]
    assert table["residents"].isna().tolist() == [False, True]
    assert table["people"].isna().all()
    both = write(residents=[10, ""], people=[3, 4])
    assert br.read_communities(both, layers=["residents"])["people"].tolist() == [3, 4]


def test_a_total_adds_what_it_names_and_is_unknown_where_a_part_is(write):
    """A part that is not known is not zero."""
    path = write(residents=[10, "", 0], displaced=[5, 7, 1], hosts=[100, 100, 100])
    layers = ("residents", "displaced", "hosts")
    table = br.read_communities(path, layers=layers, total=("residents", "displaced"))
    assert table["people"].iloc[[0, 2]].tolist() == [15, 1]
    assert np.isnan(table["people"].iloc[1])
    one = br.read_communities(path, layers=layers, total=["displaced"])
    assert one["people"].tolist() == [5, 7, 1]


def test_a_layer_may_have_another_name_in_the_file(write):
    """As any column."""
    path = write(idp_individuals=[5, 7])
    table = br.read_communities(
        path, layers=["displaced"], columns={"displaced": "idp_individuals"}, total=["displaced"]
    )
    assert table["people"].tolist() == table["displaced"].tolist() == [5, 7]


def test_a_column_in_which_nobody_lives_is_said(write):
    """Each by its name, blanks or not: a plan for nobody is no plan."""
    path = write(people=[0, "", 0], residents=[0, 0, 0], displaced=[0, 1, ""])
    with pytest.warns(br.DataWarning) as said:
        table = br.read_communities(path, layers=["residents", "displaced"])
    assert [str(one.message) for one in said] == [
        f"communities.csv, column {name}: nobody lives in any of its 3 rows:"
        f" {name} is 0 wherever it is known"
        for name in ("people", "residents")
    ]
    assert table["people"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize("people", [["", "", ""], ["", 1, 0], [0, 0, 1e-9]])
def test_people_who_are_unknown_or_few_are_not_nobody(write, people):
    """A column without any number stays unknown, and nothing is said."""
    assert br.read_communities(write(people=people))["people"].isna().sum() == people.count("")


def test_a_file_of_people_takes_the_place_of_nobody(write, tmp_path):
    """So nothing is to be said of the column that it replaces."""
    (tmp_path / "cells.csv").write_text("lon,lat,people\n44.0,33.0,5\n")
    table = br.read_communities(write(people=[0, 0]), people=tmp_path / "cells.csv")
    assert table["people"].sum() == 5


def test_layers_are_checked_as_people_are(write):
    """Below 0, too many, no number; a column that is not there."""
    faults = refused(
        write(residents=["-1", "2e10", "many", "5"]), layers=("residents", "displaced")
    )
    assert [(one.row, one.column) for one in faults] == [
        (1, "displaced"), (2, "residents"), (3, "residents"), (4, "residents")
    ]  # fmt: skip


def test_people_never_come_from_two_places(write, tmp_path):
    """A column of the file, a file of people, and a sum: one of them."""
    path = write(residents=[1], people=[2])
    (fault,) = refused(path, layers=["residents"], total=["residents"])
    assert fault.column == "people"
    assert "leave total out" in fault.advice
    (fault,) = refused(path, layers=["residents"], total=["residents"], people=tmp_path / "p.tif")
    assert "people or total" in fault.advice
    (fault,) = refused(
        write(residents=[1], a=[2]), layers=["residents"], total=["residents"],
        columns={"people": "a"},
    )  # fmt: skip
    assert fault.column == "people"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layers": ["minutes"]}, "minutes"),
        ({"layers": ["geometry"]}, "geometry"),
        ({"layers": ["name"]}, "name"),
        ({"layers": ["people"]}, "people"),
        ({"layers": ["residents", "residents"]}, "twice"),
        ({"layers": ["many people"]}, "many people"),
        ({"layers": [""]}, "''"),
        ({"layers": "residents"}, "layers is 'residents'"),
        ({"layers": {"residents": 1}}, "layers is"),
        ({"layers": [3]}, "layers is"),
        ({"layers": None}, "layers is None"),
        ({"layers": ["residents"], "total": "residents"}, "total is 'residents'"),
        ({"layers": ["residents"], "total": ["resident"]}, "did you mean residents?"),
        ({"layers": ["residents"], "total": ["residents", "residents"]}, "twice"),
        ({"total": ["residents"]}, "name it in layers"),
    ],
    ids=str,
)
def test_names_of_layers_that_will_not_do_are_refused(write, options, said):
    """In words, before the file is read."""
    assert said in str(br.InputError(*refused(write(residents=[1]), **options)))


def test_every_column_that_results_write_is_reserved():
    """A layer could not be told from it."""
    for name in ("off_road_m", "covered", "site_id", "reason", "minutes", "geometry", "people"):
        assert name in RESERVED
        assert name_faults("the layer", [name])
    assert name_faults("the layer", ["residents", "km", "gpw_2020"]) == []
