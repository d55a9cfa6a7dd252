"""Draws: their distributions, how they hang together, and that a seed gives them again."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from boxreach.errors import InputError
from boxreach.scenarios.draws import (
    SpeedRange,
    correlated_shares,
    draw_choices,
    draw_closed,
    uniform_stream,
)
from boxreach.scenarios.intervals import read_interval, read_upper

SHARES = np.linspace(0, 1, 101)


def triangular(low, mode, high):
    """The distribution by scipy."""
    width = high - low
    return stats.triang((mode - low) / width, low, width)


def cut_lognormal(low, middle, high):
    """The distribution by scipy: a normal one of logarithms, cut at both ends."""
    spread = (math.log(high) - math.log(low)) / 4
    ends = [(math.log(one) - math.log(middle)) / spread for one in (low, high)]
    return stats.truncnorm(*ends, math.log(middle), spread)


def test_quantiles_of_ranges_are_those_of_scipy():
    """Uniform, triangular and lognormal."""
    uniform = SpeedRange(0.6, None, 1.1).quantiles(SHARES)
    assert uniform == pytest.approx(stats.uniform(0.6, 0.5).ppf(SHARES))
    for mode in (0.6, 0.7, 1.1):
        found = SpeedRange(0.6, mode, 1.1).quantiles(SHARES)
        assert found == pytest.approx(triangular(0.6, mode, 1.1).ppf(SHARES))
    for mode in (None, 0.6, 0.9):
        found = SpeedRange(0.5, mode, 1.2, "lognormal").quantiles(SHARES)
        middle = math.sqrt(0.5 * 1.2) if mode is None else mode
        assert np.log(found) == pytest.approx(cut_lognormal(0.5, middle, 1.2).ppf(SHARES), abs=1e-9)


@given(
    low=st.floats(0.01, 2),
    width=st.floats(0, 1.9),
    mode=st.none() | st.floats(0, 1),
    shape=st.sampled_from([None, "uniform", "triangular", "lognormal"]),
)
def test_quantiles_rise_from_low_to_high_and_never_leave_them(low, width, mode, shape):
    """Whatever the range, one without width among them."""
    high = min(2.0, low + width)
    mode = None if mode is None else min(high, low + mode * (high - low))
    drawn = SpeedRange(low, mode, high, shape).quantiles(SHARES)
    assert (drawn >= low).all()
    assert (drawn <= high).all()
    assert (np.diff(drawn) >= -1e-12).all()
    if low == high:
        assert (drawn == low).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0.9, None, 0.5), "low is 0.9 and high is 0.5"),
        ((0.5, 1.2, 0.9), "mode is 1.2"),
        ((0.0, None, 0.5), "low is 0"),
        ((0.5, "a", math.nan), "high is nan"),
        ((0.5, None, 0.9, "normal"), "shape is 'normal'"),
    ],
)
def test_a_range_that_means_nothing_is_refused(given, said):
    """In words."""
    with pytest.raises(InputError, match=said):
        SpeedRange(*given)


def test_all_that_is_wrong_with_a_range_is_said_at_once():
    """Every number and the shape."""
    with pytest.raises(InputError) as caught:
        SpeedRange(-1, math.inf, "x", "flat")
    assert len(caught.value.faults) == 4


def test_streams_depend_on_their_own_name_alone():
    """Neither on other streams, nor on how many numbers are asked for."""
    long = uniform_stream(5, "speed", "track", 1000)
    assert (uniform_stream(5, "speed", "track", 10) == long[:10]).all()
    others = [(6, "speed", "track"), (5, "closure", "track"), (5, "speed", "trac"),
              (5, "speedt", "rack")]  # fmt: skip
    for one in others:
        assert not (uniform_stream(*one, 1000) == long).any()
    assert ((long > 0) & (long < 1)).all()


def test_streams_are_pinned():
    """The same numbers on every machine and in every release."""
    drawn = uniform_stream(2024, "speed", "primary", 3)
    assert drawn.tolist() == [0.0014970617111543238, 0.8014688071958334, 0.41105031029022426]


def test_streams_are_uniform_and_apart():
    """By the test of Kolmogorov and Smirnov, and by correlation."""
    streams = [uniform_stream(1, "speed", f"class {nth}", 4000) for nth in range(8)]
    assert min(stats.kstest(one, "uniform").pvalue for one in streams) > 0.01
    assert max(abs(stats.pearsonr(*two)[0]) for two in pairwise(streams)) < 0.05


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.5, 0.9])
def test_classes_are_correlated_as_asked(correlation):
    """The normal scores by the number itself, the ranks by 6 / pi asin of its half."""
    drawn = correlated_shares(3, ["a", "b", "c"], correlation, 40_000)
    for one, other in (("a", "b"), ("b", "c"), ("a", "c")):
        scores = stats.norm.ppf(drawn[one]), stats.norm.ppf(drawn[other])
        assert stats.pearsonr(*scores)[0] == pytest.approx(correlation, abs=0.02)
        ranks = stats.spearmanr(drawn[one], drawn[other])[0]
        assert ranks == pytest.approx(6 / math.pi * math.asin(correlation / 2), abs=0.02)
    assert stats.kstest(drawn["a"], "uniform").pvalue > 0.01


def test_correlation_by_class_is_the_geometric_mean_of_both():
    """A class that is not named has that of all others, or none."""
    drawn = correlated_shares(3, ["a", "b", "c"], {"a": 0.9, "b": 0.4}, 40_000)
    scores = {name: stats.norm.ppf(one) for name, one in drawn.items()}
    assert stats.pearsonr(scores["a"], scores["b"])[0] == pytest.approx(0.6, abs=0.02)
    assert stats.pearsonr(scores["a"], scores["c"])[0] == pytest.approx(0.0, abs=0.02)


def test_more_classes_change_no_draw_of_those_there_were():
    """Common random numbers between runs that differ in what is drawn."""
    few = correlated_shares(3, ["a"], 0.5, 50)
    many = correlated_shares(3, ["b", "a", "c"], 0.5, 50)
    assert (few["a"] == many["a"]).all()


def test_closures_hold_as_often_as_they_are_likely():
    """Each for itself; never at 0, always at 1."""
    closed = draw_closed(9, ["a", "b", "c", "d"], np.array([0.0, 0.2, 0.7, 1.0]), 20_000)
    assert closed.mean(axis=0) == pytest.approx([0, 0.2, 0.7, 1], abs=0.01)
    assert closed[:, 0].sum() == 0
    assert closed[:, 3].all()
    assert abs(np.corrcoef(closed[:, 1], closed[:, 2])[0, 1]) < 0.02


def test_choices_come_as_often_as_they_are_likely():
    """And what is not likely at all never comes, wherever it stands."""
    drawn = draw_choices(9, "season", {"snow": 0.0, "dry": 3.0, "wet": 1.0, "fog": 0.0}, 20_000)
    assert set(drawn) == {"dry", "wet"}
    assert (drawn == "dry").mean() == pytest.approx(0.75, abs=0.01)


@settings(max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.sampled_from([0.5, 0.8, 0.9]))
def test_an_interval_is_made_of_the_values_and_does_not_depend_on_their_order(values, share):
    """So whole people stay whole."""
    low, high = read_interval(np.array(values), share)
    assert low in values
    assert high in values
    assert low <= high <= read_upper(np.array(values), (1 + share) / 2) == high
    assert (low, high) == read_interval(np.array(values[::-1]), share)


@pytest.mark.parametrize("count", [19, 39, 100, 199, 200])
def test_an_interval_holds_a_further_value_nine_times_in_ten(count):
    """By the ranks alone: 90 % at least, and at most 2 / (n + 1) more."""
    low, high = read_interval(np.arange(1.0, count + 1))
    held = (high - low) / (count + 1)
    assert 0.9 - 1e-12 <= held <= 0.9 + 2 / (count + 1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda random, count: random.normal(size=count),
        lambda random, count: random.pareto(1.1, size=count),
        lambda random, count: random.binomial(6, 0.3, size=count).astype(float),
    ],
)
def test_an_interval_holds_a_further_value_of_any_distribution(draw):
    """Smooth, with a heavy tail, or of few values, where it holds more."""
    random, held = np.random.default_rng(4), 0
    for _ in range(2000):
        values = draw(random, 200)
        low, high = read_interval(values[:-1])
        held += low <= values[-1] <= high
    assert held / 2000 >= 0.885
    if len(np.unique(draw(random, 500))) > 100:
        assert held / 2000 <= 0.915


def test_of_few_values_an_interval_is_the_least_and_the_largest():
    """They hold less than nine in ten, as the documentation says."""
    assert read_interval(np.array([3.0, 1.0, 2.0])) == (1.0, 3.0)
    assert read_interval(np.array([7.0])) == (7.0, 7.0)
