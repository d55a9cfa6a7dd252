"""A box that leaves in one phase may come back in a later one, and then it stands."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import boxreach as br
from boxreach.cli.proposal_tables import describe_proposal
from boxreach.placement.lasting import lasting_rows
from boxreach.verification.serving import Turns


@pytest.fixture
def returning(make_times):
    """A plan in three phases of which c2 is built, moves away, and is built again."""
    random = np.random.default_rng(29)
    minutes = {f"c{n}": random.choice([5.0, 31.0, 50.0], 9) for n in range(6)}
    options = make_times(minutes, random.integers(0, 50, 9).astype(float))
    options.sites["governorate"] = [f"G{n}" for n in range(6)]
    model = br.MaxCover(sites=3, minutes=30)
    plan = br.propose(options, model, phases=[1, 2, 3], phase_moves=1)
    assert plan.sites.index.tolist() == ["c2", "c0", "c1", "c2"]
    assert plan.sites["moved_from"].tolist() == ["", "", "c2", ""]
    return plan


def test_a_site_that_comes_back_stands_once(returning):
    existing, sites = returning.lasting
    assert len(existing) == 0
    assert sites.index.tolist() == ["c0", "c1", "c2"]
    assert sites["rank"].tolist() == [2, 3, 4]
    reached = returning.reach.loc[returning.reach["covered"], "people"].sum()
    assert returning.sites["people_covered"].iloc[-1] == reached
    assert returning.at_minutes([30])["after"].tolist() == [reached]


def test_it_is_counted_where_it_stands(returning):
    assert describe_proposal(returning)["sites_by_governorate"] == {"G0": 1, "G1": 1, "G2": 1}


def test_moves_alone_tell_who_left(returning):
    """A plan that was read back has them, and no column of the sites."""
    plain = returning.sites.drop(columns="moved_from").iloc[1:3]
    moves = pd.DataFrame({"from_site_id": ["c0"], "to_site_id": ["c1"]})
    assert replace(returning, sites=plain, moves=moves).lasting[1].index.tolist() == ["c1"]


def test_the_second_path_sees_it_come_back():
    given_up = np.array(["", "", "c2", ""], dtype=object)
    chosen = np.array(["c2", "c0", "c1", "c2"], dtype=object)
    turns = Turns(np.array([], dtype=object), chosen, given_up)
    assert turns.states.astype(int).tolist() == [
        [0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1],
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=9))
def test_lasting_sites_are_those_of_a_walk_through_the_steps(drawn):
    """Each comes if it is not there, and takes away one that is."""
    standing, here, chosen, given_up = ["0", "1"], {"0", "1"}, [], []
    for one, gone, moves in drawn:
        if str(one) in here:
            continue
        left = str(gone) if moves and str(gone) in here else ""
        chosen.append(str(one))
        given_up.append(left)
        here = (here - {left}) | {str(one)}
    first, later = lasting_rows(standing, chosen, given_up)
    found = [*np.array(standing)[first], *np.array(chosen, dtype=str)[later]]
    assert sorted(found) == sorted(here)
