"""How minutes are spread over people: mean, quantiles and inequality, by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boxreach.accessibility.sums import sums_by_step, sums_of
from boxreach.compilation import compiled
from boxreach.crs import Floats

Integers = npt.NDArray[np.int64]

NO_WAY = np.iinfo(np.int64).max
"""Stands for milliseconds where there is no way: later than any."""

_TENTHS = np.array([5, 9])
"""The median and the ninetieth percentile, in tenths, so that shares are compared as integers."""

_UNIT_BITS = 58
"""Weights are counted in units of 2 ** -58 of a group's sum: ten times that fits in 64 bits."""

_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, eq=False)
class Order:
    """Rows sorted by group and milliseconds; rows ``starts[g]:starts[g + 1]`` are those of g."""

    rows: Integers
    starts: Integers

    @classmethod
    def by_group(cls, by_ms: Integers, groups: Integers, count: int) -> Order:
        """Sort rows, which are in the order of their milliseconds, by group too."""
        # Small numbers are sorted by their digits, which is several times as fast.
        narrow = np.int16 if count < 2**15 else np.int32
        rows = by_ms[np.argsort(groups[by_ms].astype(narrow), kind="stable")]
        starts = np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=count))])
        return cls(rows, starts)


def spread_of(
    ms: Integers, weights: Floats, groups: Integers, count: int, order: Order, by_ms: Integers
) -> dict[str, Floats]:
    """Return how minutes are spread in each group, and in all together last.

    Parameters
    ----------
    ms
        Milliseconds of each row, `NO_WAY` where there is none.
    weights
        People of each row, 0 where they are not known.
    groups, count
        The group of each row, and how many groups there are.
    order, by_ms
        The rows by group and milliseconds, and by milliseconds alone.

    Returns
    -------
    dict
        ``mean_minutes``, ``median_minutes``, ``p90_minutes``, ``gini_minutes`` and
        ``people_without_way``.
    """
    has_way = ms != NO_WAY
    people = sums_by_step(groups, count, np.where(has_way, 0, 1), 2, weights)
    with_way, whole = people.up_to.T
    travelled = sums_of(groups, count, np.where(has_way, weights * ms, 0.0))
    of_groups = _kernel_on(ms, weights, order, whole[:-1], groups)
    everything = Order(by_ms, np.array([0, len(ms)]))
    of_all = _kernel_on(ms, weights, everything, whole[-1:], np.zeros_like(groups))
    quantiles, apart = (np.concatenate(pair) for pair in zip(of_groups, of_all, strict=True))
    quantile_minutes = np.where(quantiles == NO_WAY, np.nan, quantiles / _MS_PER_MINUTE)
    mean_ms = np.divide(travelled, with_way, out=np.full(count + 1, np.nan), where=with_way > 0)
    gini = np.divide(apart, mean_ms, out=np.zeros(count + 1), where=mean_ms > 0)
    return {
        "mean_minutes": mean_ms / _MS_PER_MINUTE,
        "median_minutes": quantile_minutes[:, 0],
        "p90_minutes": quantile_minutes[:, 1],
        "gini_minutes": np.where(with_way > 0, gini, np.nan),
        "people_without_way": people.beyond[:, 0],
    }


def whole_units(weights: Floats, sums: Floats | np.float64) -> Integers:
    """Return weights as whole numbers, in units of a power of two of the sum they belong to.

    So they add up exactly, in any order, and shares of their sum are compared exactly.

    Examples
    --------
    >>> units = whole_units(np.array([0.1, 0.1, 0.2]), np.float64(0.4))
    >>> bool(units[0] + units[1] == units[2])
    True
    """
    _, exponent = np.frexp(sums)
    units: Integers = np.rint(np.ldexp(weights, _UNIT_BITS - exponent)).astype(np.int64)
    return units


def _kernel_on(
    ms: Integers, weights: Floats, order: Order, whole: Floats, groups: Integers
) -> tuple[Integers, Floats]:
    units = whole_units(weights, whole[groups])
    quantiles = np.full((len(whole), len(_TENTHS)), NO_WAY)
    apart = np.zeros(len(whole))
    _spread(order.starts, ms[order.rows], units[order.rows], _TENTHS, NO_WAY, quantiles, apart)
    return quantiles, apart


@compiled
def _spread(
    starts: Integers,
    ms: Integers,
    units: Integers,
    tenths: Integers,
    no_way: int,
    quantiles: Integers,
    apart: Floats,
) -> None:
    """Fill in the quantiles of each group, and half the mean difference of two of its people.

    Half the mean absolute difference is the integral of F (1 - F) over the minutes, F being the
    share of people with no more: every term is positive, so nothing cancels.
    """
    for group in range(len(starts) - 1):
        whole = with_way = 0
        for at in range(starts[group], starts[group + 1]):
            whole += units[at]
            with_way += units[at] if ms[at] != no_way else 0
        so_far = passed = 0
        for at in range(starts[group], starts[group + 1]):
            if ms[at] != no_way and at > starts[group] and with_way > 0:
                below = so_far / with_way
                above = (with_way - so_far) / with_way
                apart[group] += below * above * (ms[at] - ms[at - 1])
            so_far += units[at]
            while passed < len(tenths) and 0 < whole * tenths[passed] <= so_far * 10:
                quantiles[group, passed] = ms[at]
                passed += 1
