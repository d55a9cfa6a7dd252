"""Catchments: people of cells at communities, conserved, first by road, ties by id."""

import math
import warnings
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

import boxreach as br

ROADS = gpd.GeoDataFrame(
    {"road_class": ["trunk", "track", "primary"], "oneway": ["", "", "yes"]},
    geometry=[
        LineString([(44.0, 33.0), (44.3, 33.0)]),
        LineString([(44.1, 33.0), (44.1, 33.2)]),
        LineString([(44.2, 33.0), (44.2, 33.2)]),
    ],
    crs=4326,
)
FEW = settings(max_examples=25, deadline=None)


@cache
def built():
    """The network, made when a test first asks and not where tests are only collected."""
    return br.build_network(ROADS, off_road_km=3)


def points(at, ids=None, **columns):
    """Return a table of points."""
    index = [f"p{one}" for one in range(len(at))] if ids is None else ids
    return gpd.GeoDataFrame(columns, index=index, geometry=[Point(*one) for one in at], crs=4326)


def quiet(*given, **named):
    """Assign people; what cannot be reached or is unknown is not the question here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", br.DataWarning)
        return br.assign_people(*given, **named)


def refuse(*given, **named):
    """Return what an `InputError` says."""
    with pytest.raises(br.InputError) as caught:
        br.assign_people(*given, **named)
    assert all(fault.what and fault.advice for fault in caught.value.faults)
    return str(caught.value)


somewhere = st.tuples(
    st.integers(0, 30).map(lambda one: 43.99 + one / 100),
    st.integers(0, 24).map(lambda one: 32.98 + one / 100),
)
TOWNS = points([(44.0, 33.0), (44.3, 33.0), (44.1, 33.2)], ["a", "b", "c"])


# --- what is kept, and where it goes ---------------------------------------------------------


@pytest.mark.slow
@FEW
@given(
    st.lists(somewhere, min_size=1, max_size=5),
    st.lists(st.tuples(somewhere, st.floats(0, 1e6)), min_size=1, max_size=12),
    st.randoms(),
)
def test_no_person_is_lost_or_made_and_each_goes_where_the_matrix_of_times_says(at, cells, random):
    """By brute force over all pairs; whatever the order of the rows."""
    towns = points(at, [f"t{one:02}" for one in range(len(at))])
    layer = points([one for one, _ in cells], people=[people for _, people in cells])
    found = quiet(built(), towns, {"residents": layer})
    assert math.isclose(
        math.fsum(found["residents"]), math.fsum(layer["people"]), rel_tol=1e-9, abs_tol=1e-9
    )
    times = br.travel_times(built(), towns, layer, cutoff=1440, direction="demand_to_site")
    ms = np.full(times.ms.shape, np.inf)
    pairs = times.ms.tocoo()
    ms[pairs.row, pairs.col] = pairs.data
    has_way = np.isfinite(ms).any(axis=0)
    expected = np.zeros(len(towns))
    for cell in np.flatnonzero(has_way):
        expected[ms[:, cell].argmin()] += layer["people"].iloc[cell]
    with_way = found["residents"] - found["residents_without_way"]
    assert np.allclose(with_way, expected, rtol=1e-9, atol=1e-6)
    mixed = layer.sample(frac=1, random_state=random.randrange(100))
    others = towns.sample(frac=1, random_state=random.randrange(100))
    again = quiet(built(), others, {"residents": mixed})
    assert again.index.tolist() == others.index.tolist()
    assert again.loc[towns.index, "residents"].tolist() == found["residents"].tolist()


def test_the_way_leads_from_the_cell_to_the_community():
    """Up a one-way road nobody comes down."""
    towns = points([(44.2, 33.2), (44.3, 33.0)], ["up", "side"])
    up = points([(44.2, 33.09)], people=[5.0])
    assert quiet(built(), towns, {"layer": up})["layer"].tolist() == [5, 0]
    towns = points([(44.2, 33.01), (44.2, 33.2)], ["down", "top"])
    between = points([(44.2, 33.05)], people=[5.0])
    network = br.build_network(ROADS, off_road_km=0.5)
    assert quiet(network, towns, {"layer": between})["layer"].tolist() == [0, 5]


@pytest.mark.parametrize("ids", [["b", "a", "c"], ["10", "2", "1"], [3, 20, 100]])
def test_of_communities_reached_at_once_the_first_by_id_has_the_people(ids):
    """Ids as text, wherever their row stands."""
    towns = points([(44.05, 33.0)] * 3, ids)
    cells = points([(44.06, 33.0), (44.3, 33.4)], people=[5.0, 2.0])
    with pytest.warns(br.DataWarning, match="1 of 2 cells, of 2 people"):
        found = br.assign_people(built(), towns, {"layer": cells})
    assert found.index[found["layer"] > 0].tolist() == [min(ids, key=str)]
    assert found["layer"].sum() == 7


def test_cells_without_a_way_go_to_the_nearest_in_a_straight_line_and_are_counted():
    """Beside them, and in a warning for each layer."""
    cells = points([(44.0, 33.5), (44.29, 32.9), (44.01, 33.0)], people=[3.0, 4.0, 5.0])
    with pytest.warns(br.DataWarning) as heard:
        found = br.assign_people(built(), TOWNS, {"one": cells, "two": cells})
    assert found["one"].tolist() == [5, 4, 3]
    assert found["one_without_way"].tolist() == [0, 4, 3]
    assert [str(one.message).split(":")[0] for one in heard] == ["one", "two"]
    assert "2 of 3 cells, of 7 people" in str(heard[0].message)


def test_unknown_people_are_in_no_sum_and_are_said():
    """A community of unknown cells alone is unknown, one of no cell has nobody."""
    cells = points([(44.0, 33.0), (44.01, 33.0), (44.3, 33.0)], people=[np.nan, 5.0, np.nan])
    with pytest.warns(br.DataWarning, match="2 of 3 cells are unknown"):
        found = br.assign_people(built(), TOWNS, {"layer": cells}, total=["layer"])
    assert found["layer"].iloc[[0, 2]].tolist() == [5, 0]
    assert np.isnan(found["layer"].iloc[1])
    assert np.isnan(found["people"].iloc[1])
    assert found["people"].iloc[[0, 2]].tolist() == [5, 0]


# --- layers and totals -----------------------------------------------------------------------

HERE = points([(44.0, 33.0)], people=[5.0])
THERE = points([(44.3, 33.0)], displaced=[2.0], people=[99.0])


def test_layers_are_added_only_where_the_total_names_them():
    """A column of the layer's own name counts before people."""
    layers = {"residents": HERE, "displaced": THERE}
    alone = br.assign_people(built(), TOWNS, layers)
    assert alone["people"].isna().all()
    assert alone["displaced"].tolist() == [0, 2, 0]
    one = br.assign_people(built(), TOWNS, layers, total=["residents"])
    assert one["people"].tolist() == [5, 0, 0]
    both = br.assign_people(built(), TOWNS, layers, total=("displaced", "residents"))
    assert both["people"].tolist() == [5, 2, 0]


def test_people_of_the_communities_stay_without_a_total_and_columns_of_theirs_may_be_added():
    """Nothing is replaced that nobody asked for."""
    towns = TOWNS.assign(people=[1.0, 2.0, 3.0], hosts=[10.0, 10.0, np.nan])
    kept = br.assign_people(built(), towns, {"residents": HERE})
    assert kept["people"].tolist() == [1, 2, 3]
    added = br.assign_people(built(), towns, {"residents": HERE}, total=["residents", "hosts"])
    assert added["people"].iloc[:2].tolist() == [15, 10]
    assert np.isnan(added["people"].iloc[2])
    assert towns["people"].tolist() == [1, 2, 3]


def test_the_result_keeps_order_index_and_columns_and_inputs_stay():
    """In EPSG:4326, whatever they came in."""
    towns = TOWNS.assign(name=["A", "B", "C"]).to_crs(32638).iloc[::-1]
    before = towns.copy()
    found = br.assign_people(built(), towns, {"residents": HERE.to_crs(32638)})
    assert found.index.equals(towns.index)
    assert found["name"].tolist() == ["C", "B", "A"]
    assert found.crs.to_epsg() == 4326
    pd.testing.assert_frame_equal(pd.DataFrame(towns), pd.DataFrame(before))
    assert "people" in HERE
    assert list(HERE) == ["people", "geometry"]


def test_no_cell_at_all_is_nobody():
    """A layer without rows."""
    assert br.assign_people(built(), TOWNS, {"layer": HERE.iloc[:0]})["layer"].tolist() == [0, 0, 0]
    assert "there is no community" in refuse(built(), TOWNS.iloc[:0], {"layer": HERE})


# --- by a column -----------------------------------------------------------------------------


def test_a_column_may_name_the_community():
    """However far it is, with roads or without."""
    cells = points([(44.0, 33.0)] * 3, home=["c", "b", "c"], people=[1.0, 2.0, 4.0])
    for network in (built(), None):
        found = br.assign_people(network, TOWNS, {"layer": cells}, by="home")
        assert found["layer"].tolist() == [0, 2, 5]
        assert found["layer_without_way"].tolist() == [0, 0, 0]
    numbers = cells.assign(home=[3, 2, 3])
    found = br.assign_people(None, TOWNS.set_axis([1, 2, 3]), {"layer": numbers}, by="home")
    assert found["layer"].tolist() == [0, 2, 5]


def test_ids_that_no_community_has_are_faults_with_row_and_suggestion():
    """All of them; a blank is none."""
    towns = TOWNS.set_axis(["mosul", "hit", "ana"])
    cells = points([(44.0, 33.0)] * 4, home=["mosul", "mosull", None, "ana"], people=[1.0] * 4)
    with pytest.raises(br.InputError) as caught:
        br.assign_people(built(), towns, {"layer": cells}, by="home")
    faults = caught.value.faults
    assert [(one.file, one.row, one.column) for one in faults] == [
        ("layer", 2, "home"), ("layer", 3, "home")
    ]  # fmt: skip
    assert faults[0].advice == "did you mean mosul?"


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["geometry", "name", "minutes", "people", "covered", "", "two words", "1st", 3]
)
def test_names_of_layers_with_a_meaning_of_their_own_are_refused(name):
    """Or that are no names of columns."""
    assert "the layer" in refuse(built(), TOWNS, {name: HERE})


def test_a_layer_that_would_replace_a_column_is_refused():
    """Also one that another layer writes."""
    assert "column residents" in refuse(built(), TOWNS.assign(residents=1), {"residents": HERE})
    said = refuse(built(), TOWNS, {"a": HERE, "a_without_way": HERE})
    assert "'a_without_way' is given twice" in said


def test_all_that_is_wrong_is_said_at_once():
    """With the layer as the file."""
    bad = points([(44.0, 33.0), (200.0, 33.0)], people=[-1.0, 2e10])
    lines = gpd.GeoDataFrame(
        {"people": [1.0]}, geometry=[LineString([(44, 33), (44, 34)])], crs=4326
    )
    said = refuse(
        built(), TOWNS,
        {"bad": bad, "text": points([(44.0, 33.0)], people=["5"]), "none": points([(44.0, 33.0)]),
         "lines": lines, "minutes": HERE},
        total=["line"],
    )  # fmt: skip
    for part in ("bad, row 1, column people: -1", "bad, row 2", "200", "text, column people",
                 "none, column people: the column is missing", "lines, row 1", "'minutes'",
                 "did you mean lines?"):  # fmt: skip
        assert part in said


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: refuse(None, TOWNS, {"layer": HERE}), "network is None"),
        (lambda: refuse("net", TOWNS, {"layer": HERE}, by="home"), "network is"),
        (lambda: refuse(built(), None, {"layer": HERE}), "communities"),
        (lambda: refuse(built(), TOWNS, HERE), "layers is a GeoDataFrame"),
        (lambda: refuse(built(), TOWNS, [HERE]), "layers is a list"),
        (lambda: refuse(built(), TOWNS, {"layer": None}), "layer"),
        (lambda: refuse(built(), TOWNS, {"layer": "cells.csv"}), "layer"),
        (lambda: refuse(built(), TOWNS, {"layer": HERE}, total="layer"), "total is 'layer'"),
        (lambda: refuse(built(), TOWNS, {"layer": HERE}, total=["people"]), "'people'"),
        (lambda: refuse(built(), TOWNS, {"layer": HERE}, by="home"), "column home"),
        (lambda: refuse(built(), TOWNS, {"layer": HERE}, by=3), "by is 3"),
        (lambda: refuse(built(), TOWNS, {"layer": HERE}, progress=3), "progress is 3"),
        (lambda: refuse(built(), TOWNS.set_axis(["a", "a", "b"]), {"layer": HERE}), "'a'"),
        (lambda: refuse(built(), TOWNS, {"x": HERE.set_crs(None, allow_override=True)}), "refer"),
    ],
)  # fmt: skip
def test_arguments_that_will_not_do_are_refused(call, said):
    """By name, without a traceback."""
    assert said in call()
