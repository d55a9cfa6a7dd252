"""What arguments the location models take, what they refuse, and what words they say it in."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.errors import InputError
from boxreach.location import (
    BackupCover,
    CoverCase,
    ExpectedCover,
    GroupLimit,
    MaxCover,
    PCenter,
    PMedian,
    Rules,
    SetCover,
    Solution,
    backup_cover,
    capacitated_cover,
    divided_cover,
    expected_cover,
    max_cover,
    p_median,
    robust_cover,
    set_cover,
)
from boxreach.location import expected as expected_room
from boxreach.location.arrays import as_costs
from boxreach.location.models import relative_gap


@pytest.mark.parametrize(
    ("model", "faults"),
    [
        (lambda: MaxCover(sites=0, minutes=1e-9, budget=0, capacity=1e-9), []),
        (lambda: MaxCover(budget=0.5, minutes=30), []),
        (lambda: MaxCover(sites=3, minutes=0), ["minutes is 0; give more than 0"]),
        (lambda: MaxCover(sites=-1, minutes=1), ["sites is -1; give a whole number, 0 or more"]),
        (lambda: MaxCover(minutes=1),
         ["how much may be chosen is not said; give sites or a budget"]),
        (lambda: MaxCover(minutes=1, budget=-1), ["budget is -1; give a number of 0 or more"]),
        (lambda: MaxCover(minutes=1, budget=math.inf),
         ["budget is inf; give a number of 0 or more"]),
        (lambda: MaxCover(sites=1, minutes=1, capacity=0),
         ["capacity is 0; give the weight that one site can serve, more than 0"]),
        (lambda: SetCover(minutes=1, share=1, boxes=1), []),
        (lambda: SetCover(minutes=1, share=1e-9, boxes=9), []),
        (lambda: SetCover(minutes=0, share=0, boxes=0),
         ["minutes is 0; give more than 0", "share is 0; give a share above 0, up to 1",
          "boxes is 0; give a whole number, 1 or more"]),
        (lambda: SetCover(minutes=1, share=1.01), ["share is 1.01; give a share above 0, up to 1"]),
        (lambda: BackupCover(sites=0, minutes=1, boxes=1), []),
        (lambda: BackupCover(sites=-1, minutes=-1, boxes=0.5),
         ["sites is -1; give a whole number, 0 or more", "minutes is -1; give more than 0",
          "boxes is 0.5; give a whole number, 1 or more"]),
        (lambda: ExpectedCover(sites=0, minutes=1, busy=0, vehicles=1), []),
        (lambda: ExpectedCover(sites=1, minutes=1, busy=1, vehicles=0),
         ["busy is 1; give a share of the time, from 0 and below 1",
          "vehicles is 0; give a whole number, 1 or more"]),
        (lambda: PMedian(sites=0), []),
        (lambda: PMedian(sites=-1, minutes=0),
         ["sites is -1; give a whole number, 0 or more", "minutes is 0; give more than 0"]),
        (lambda: PCenter(sites=0), []),
        (lambda: PCenter(sites=-1), ["sites is -1; give a whole number, 0 or more"]),
    ],
)  # fmt: skip
def test_numbers_at_the_limit_are_taken_and_beyond_it_refused(model, faults):
    if not faults:
        model()
        return
    with pytest.raises(InputError) as caught:
        model()
    assert [str(one) for one in caught.value.faults] == faults


def test_defaults_of_the_models_are_those_of_the_page():
    assert vars(MaxCover(sites=1, minutes=2)) == {
        "sites": 1, "minutes": 2, "budget": None, "capacity": None,
    }  # fmt: skip
    assert vars(SetCover(minutes=2)) == {"minutes": 2, "share": 1.0, "boxes": 1}
    assert vars(BackupCover(sites=1, minutes=2)) == {"sites": 1, "minutes": 2, "boxes": 2}
    assert vars(ExpectedCover(sites=1, minutes=2))["busy"] == 0.3
    assert vars(ExpectedCover(sites=1, minutes=2))["vehicles"] == 2
    assert PMedian(sites=1).minutes is None


def test_a_gap_is_the_share_of_the_larger_number():
    for objective, bound, gap in ((9.0, 10.0, 0.1), (0.0, 0.0, 0.0), (5.0, 4.0, 0.0),
                                  (5.0, math.inf, 1.0), (-3.0, 4.0, 1.0), (0.0, -1.0, 0.0),
                                  (3.0, 4.0, 0.25), (0.5, 1.0, 0.5)):  # fmt: skip
        assert relative_gap(objective, bound) == pytest.approx(gap)
        none = np.empty(0, dtype=np.int64)
        assert Solution("feasible", bound, objective, none, sense="min").gap == pytest.approx(gap)
        assert Solution("feasible", objective, bound, none).gap == pytest.approx(gap)


@pytest.mark.parametrize(
    ("ask", "faults"),
    [
        (lambda m, w: max_cover(m, w, sites=3), ["3 of 2 sites"]),
        (lambda m, w: max_cover(m, w, sites=True), ["True of 2 sites"]),
        (lambda m, w: max_cover(m, w, sites=1.0), ["1.0 of 2 sites"]),
        (lambda m, w: max_cover(m, w[:1], sites=1), ["weights: they do not fit"]),
        (lambda m, w: max_cover(m, w.astype(str), sites=1), ["weights: they do not fit"]),
        (lambda m, w: max_cover(m, -w, sites=1), ["weights: they do not fit"]),
        (lambda m, w: max_cover(m, w * math.inf, sites=1), ["weights: they do not fit"]),
        (lambda m, w: max_cover(m, w, sites=1, seconds=-0.1), ["seconds is -0.1"]),
        (lambda m, w: max_cover(m, w, sites=1, seed=2**31), ["seed is 2147483648"]),
        (lambda m, w: max_cover(m, w, sites=1, seed=-1), ["seed is -1"]),
        (lambda m, w: max_cover(m, w, sites=1, seed=0.5), ["seed is 0.5"]),
        (lambda m, w: max_cover(m, w, sites=1, later_sites=2), ["later_sites is 2"]),
        (lambda m, w: max_cover(m, w, sites=1, later_sites=-1), ["later_sites is -1"]),
        (lambda m, w: max_cover(m, w, sites=1, later_sites=0.5), ["later_sites is 0.5"]),
        (lambda m, w: max_cover(m, w, sites=None, later_sites=3), ["later_sites", "how many"]),
        (lambda m, w: max_cover(m, w, sites=1, worth=(0,)), ["worth: they are (0,)"]),
        (lambda m, w: max_cover(m, w, sites=1, worth=(0, 1.1)), ["worth: they are (0, 1.1)"]),
        (lambda m, w: max_cover(m, w, sites=1, worth=(0, 0)), ["worth: they are (0, 0)"]),
        (lambda m, w: max_cover(m, None, sites=1), ["weights: they do not fit"]),
        (lambda m, w: max_cover(m, w / 2 * 1e308, sites=1), ["weights of up to 1e+308"]),
        (lambda m, w: max_cover([[1, 1], [1, 1]], [[1], [2, 3]], sites=-1, rules={}, worth=None),
         ["cover is a list", "-1 sites are to be chosen", "weights: they do not fit",
          "worth: they are None", "rules is a dict; give Rules"]),
        (lambda m, w: divided_cover(None, None, None, sites=None, rules=None, seconds=None,
                                    seed=None, progress=3),
         ["cover is None; give a sparse array of sites by demand", "weights: they do not fit",
          "seconds is None", "seed is None", "parts: it holds object values",
          "sites: it is not said how many", "progress is 3", "rules is None; give Rules"]),
        (lambda m, w: divided_cover(m, w / 2 * 1e308, [[0], [1, 2]], sites="1"),
         ["1 of 2 sites", "weights of up to 1e+308", "parts: it holds object values of shape ();"
          " give 2 whole numbers"]),
        (lambda m, w: capacitated_cover(None, w, [[1], [2, 3]], sites=1),
         ["cover is None", "capacities: they do not fit"]),
        (lambda m, w: set_cover(None, share=0), ["cover is None", "share is 0"]),
        (lambda m, w: p_median("cost", w[:0], sites=0), ["cost: a path or text ('cost')"]),
        (lambda m, w: backup_cover(m, w, sites=1, boxes=0), ["boxes is 0"]),
        (lambda m, w: backup_cover(m, w, sites=1, boxes=1.5), ["boxes is 1.5"]),
        (lambda m, w: expected_cover(m, w, sites=1, busy=1, vehicles=0),
         ["busy is 1", "vehicles is 0"]),
        (lambda m, w: expected_cover(m, w, sites=1, busy=-0.1, vehicles=1.5),
         ["busy is -0.1", "vehicles is 1.5"]),
        (lambda m, w: p_median(m, w, sites=1, beyond=-1), ["beyond is -1"]),
        (lambda m, w: p_median(m, w, sites=1, beyond=math.inf), ["beyond is inf"]),
        (lambda m, w: p_median(np.ones(3), w[:0], sites=0), ["cost: an array of 1 dim"]),
        (lambda m, w: capacitated_cover(m, w, -w, sites=1), ["capacities: they do not fit"]),
        (lambda m, w: capacitated_cover(m, w, w[:1], sites=1), ["capacities: they do not fit"]),
        (lambda m, w: capacitated_cover(m, w, w.astype(bool), sites=1),
         ["capacities: they do not fit"]),
        (lambda m, w: capacitated_cover(m, w, w, sites=None), ["how much may be chosen"]),
        (lambda m, w: set_cover(m, share=0, boxes=0), ["share is 0", "boxes is 0"]),
        (lambda m, w: robust_cover([], sites=1), ["cases: there are none"]),
        (lambda m, w: robust_cover([CoverCase(m, w, 0.0)], sites=1), ["no case is likely"]),
        (lambda m, w: robust_cover([CoverCase(m, w, -1.0)], sites=1), ["probability is -1"]),
        (lambda m, w: robust_cover([CoverCase(m, w, math.inf)], sites=1), ["probability is inf"]),
        (lambda m, w: robust_cover([CoverCase(m, w), CoverCase(m.T[:1], w)], sites=1),
         ["their covers are (1, 2) and (2, 2)"]),
        (lambda m, w: robust_cover([CoverCase(m, w)], sites=None), ["it is not said how many"]),
        (lambda m, w: robust_cover([CoverCase(m, w)], sites=1, known=[np.array([2])]),
         ["known: it holds"]),
        (lambda m, w: robust_cover([CoverCase(m, w)], sites=1, known=[np.array([-1])]),
         ["known: it holds"]),
        (lambda m, w: robust_cover([CoverCase(m, w)], sites=1, known=[np.array([0.5])]),
         ["known: it holds"]),
        (lambda m, w: robust_cover(
            [CoverCase(m, w), CoverCase(m, -w)], sites=3, seconds=-1, seed=-1),
         ["3 of 2 sites", "seconds is -1", "seed is -1", "weights: they do not fit"]),
        (lambda m, w: Rules(fixed=np.array([[1]])),
         ["fixed: it holds int64 values of shape (1, 1)"]),
        (lambda m, w: Rules(apart=np.array([[0, 1, 2]])), ["apart: it holds"]),
        (lambda m, w: Rules(apart=np.array([[0, 1], [1, 1]])), ["apart: a site is apart"]),
        (lambda m, w: Rules(apart=np.array([[0, -2]])), ["apart: position -2"]),
        (lambda m, w: Rules(limits=(GroupLimit(w > 0, -1),)), ["at_least of limit 0 is -1"]),
        (lambda m, w: Rules(limits=(GroupLimit(w > 0, 2.5, -1), {}, GroupLimit([0, 2]))),
         ["at_least of limit 0 is 2.5", "at_most of limit 0 is -1", "limits: limit 1 is a dict",
          "the members of limit 2 are no truth values; give True or False for each site, not pos"]),
        (lambda m, w: Rules(limits=3),
         ["limits: limit 0 is a int"]),
        (lambda m, w: Rules(limits=[GroupLimit([[1], [1, 2]], at_most=math.nan)]),
         ["the members of limit 0 are no truth values", "at_most of limit 0 is nan"]),
        (lambda m, w: Rules(costs=-w, budget=-1.0), ["costs: a cost is below 0", "budget is -1"]),
        (lambda m, w: Rules(costs=w * math.nan), ["costs: a cost is below 0"]),
        (lambda m, w: Rules(costs=w, budget=math.inf), ["budget is inf"]),
        (lambda m, w: Rules(budget=1.0), ["costs: there is a budget"]),
        (lambda m, w: Rules(fixed=[2], must_cover=[2], forbidden=[5], apart=[[0, 2]], costs=w[:1],
                            limits=[GroupLimit(w[:1] > 0)]).check(2, 2),
         ["fixed: position 2 of 2", "forbidden: position 5 of 2", "must_cover: position 2 of 2",
          "apart: position 2 of 2", "limits: 1 limits do not tell of 2 sites",
          "costs: 1 costs for 2 sites"]),
    ],
)  # fmt: skip
def test_arguments_that_mean_nothing_are_refused_each_in_its_own_words(ask, faults):
    with pytest.raises(InputError) as caught:
        ask(csr_array(np.ones((2, 2))), np.array([1.0, 2.0]))
    said = [str(one) for one in caught.value.faults]
    assert len(said) == len(faults)
    assert all(words in one for words, one in zip(faults, said, strict=True))


def test_what_is_just_right_is_taken():
    matrix, weights = csr_array(np.ones((2, 2))), np.array([1, 2])
    assert max_cover(matrix, weights, sites=np.int64(2), seed=2**31 - 1).seed == 2**31 - 1
    assert max_cover(matrix, weights, sites=1, later_sites=1).objective == 3
    assert max_cover(matrix, weights > 0, sites=1).objective == 2
    assert max_cover(matrix, weights, sites=0).sites.tolist() == []
    assert p_median(matrix, weights, sites=1, beyond=0).objective == 0
    assert capacitated_cover(matrix, weights, weights, sites=2).objective == 3
    none = np.array([], dtype=np.int64)
    assert robust_cover([CoverCase(matrix, weights)], sites=1, known=[none]).objective == 3
    Rules(fixed=[1, 0, 1], limits=[GroupLimit(weights > 0)], costs=[0, 1], budget=0).check(2, 2)
    assert Rules(fixed=[1, 0, 1]).fixed.tolist() == [0, 1]
    assert Rules(apart=[[1, 0]]).apart.tolist() == [[1, 0]]


def test_chances_rise_to_what_is_as_good_as_certain_or_to_twelve_sites():
    assert expected_room.list_chances(0.0, 1) == [0.0, 1.0]
    assert len(expected_room.list_chances(0.9, 1)) == 13
    assert expected_room.list_chances(0.1, 1) == pytest.approx(
        [1 - 0.1**n for n in range(10)], abs=0
    )
    assert expected_room.list_chances(0.5, 3)[:3] == [0.0, 0.875, 1 - 2**-6]


def test_costs_are_those_stored_or_not_infinite():
    dense = np.array([[0.0, np.inf, 2.0], [np.inf, np.inf, np.inf], [1.0, 0.0, np.inf]])
    pairs, faults = as_costs(dense)
    assert faults == []
    assert pairs.indptr.tolist() == [0, 2, 2, 4]
    assert (pairs.indices.tolist(), pairs.data.tolist()) == ([0, 2, 0, 1], [0, 2, 1, 0])
    stored = csr_array((np.array([3, 0]), np.array([1, 0]), np.array([0, 2])), shape=(1, 2))
    pairs, faults = as_costs(stored)
    assert (pairs.indices.tolist(), pairs.data.tolist(), faults) == ([0, 1], [0.0, 3.0], [])
    assert stored.indices.tolist() == [1, 0]
    _, faults = as_costs(np.array([[-1.0]]))
    assert [one.column for one in faults] == ["cost"]
    twice = csr_array((np.array([np.nan, 0]), np.array([1, 1]), np.array([0, 2])), shape=(1, 2))
    assert len(as_costs(twice)[1]) == 2
