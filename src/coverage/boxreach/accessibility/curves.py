"""Who is within reach, minute by minute."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility.divisions import By, divide
from boxreach.accessibility.readings import MS_PER_MINUTE, Readings, take_readings
from boxreach.accessibility.spread import NO_WAY
from boxreach.accessibility.sums import sums_by_step
from boxreach.arguments import number_faults, require_kind
from boxreach.errors import Fault, InputError

_MOST_STEPS = 10_000
_LONGEST = 1e6


def coverage_curves(
    reached: gpd.GeoDataFrame,
    *,
    by: By = "governorate",
    step: float = 1.0,
    up_to: float | None = None,
    people: str = "people",
) -> pd.DataFrame:
    """Count the people within each number of minutes, by area and in total.

    Parameters
    ----------
    reached
        From `reach`.
    by
        As in `summarise`.
    step
        Minutes from one point of a curve to the next.
    up_to
        Where the curves end, in minutes; a last step to it may be shorter. None is the cutoff of
        the times, or the longest known way, rounded up to a step, where the table does not say it.
    people
        The column of people; where there is no column ``"people"``, each place counts as 1.

    Returns
    -------
    pandas.DataFrame
        A row an area and step, ``total`` last: a column named as the index of `summarise` is
        (`by`, or ``area_id`` and the layer's names), ``minutes`` from 0, ``people_covered`` and
        ``share_covered`` (NaN where no people are known). People at exactly so many minutes are
        covered, to the millisecond, so each point is what `summarise` says of that threshold.

    Raises
    ------
    InputError
        If `step` or `up_to` is not above 0 or asks for more than 10,000 steps, or as from
        `summarise`.

    Examples
    --------
    >>> reached = pd.DataFrame(
    ...     {"governorate": "Anbar", "people": [10, 30], "minutes": [10.0, 25.0],
    ...      "covered": True, "threshold_minutes": 30.0})
    >>> coverage_curves(reached, step=10)[["minutes", "people_covered", "share_covered"]].head(4)
       minutes  people_covered  share_covered
    0      0.0             0.0           0.00
    1     10.0            10.0           0.25
    2     20.0            10.0           0.25
    3     30.0            40.0           1.00
    """
    require_kind(people, str, "people", "give the name of a column")
    readings = take_readings(reached, (people,))
    ms = readings.require_ms()
    minutes = _points(readings, step, up_to)
    division = divide(by, ("reach", reached))
    limits = np.rint(minutes * MS_PER_MINUTE).astype(np.int64)
    steps = np.searchsorted(limits, ms)
    count = len(division.areas)
    sums = sums_by_step(division.members[0], count, steps, len(limits) + 1, readings.weights)
    covered, whole = sums.up_to[:, :-1], sums.whole
    share = np.divide(covered, whole, out=np.full(covered.shape, np.nan), where=whole > 0)
    each = len(minutes)
    labels = {division.label: division.index.repeat(each)}
    names = {name: np.repeat(said, each) for name, said in division.names().items()}
    numbers = {
        "minutes": np.tile(minutes, count + 1),
        "people_covered": covered.ravel(),
        "share_covered": share.ravel(),
    }
    return pd.DataFrame(labels | names | numbers)


def _points(readings: Readings, step: float, up_to: float | None) -> npt.NDArray[np.float64]:
    """Return the minutes at which curves are read."""
    advice = "give minutes above 0"
    faults = number_faults("step", step, lambda one: 0.001 <= one <= _LONGEST, advice)
    if up_to is not None:
        faults += number_faults("up_to", up_to, lambda one: 0 < one <= _LONGEST, advice)
    if faults:
        raise InputError(*faults)
    end = _end(readings, float(step)) if up_to is None else float(up_to)
    if end / step > _MOST_STEPS:
        what = f"from 0 to {end:g} minutes are {end / step:,.0f} steps of {step:g}"
        advice = f"give a longer step; {_MOST_STEPS:,} steps are the most"
        raise InputError(Fault(what, advice=advice))
    minutes = np.arange(int(end / step) + 1) * float(step)
    # A last step of less than a millisecond is the rounding of the division, and none.
    more = [] if end - minutes[-1] < 1 / MS_PER_MINUTE else [end]
    return np.array([*minutes, *more], dtype=np.float64)


def _end(readings: Readings, step: float) -> float:
    cutoff = readings.table.attrs.get("cutoff_minutes")
    if cutoff is not None:
        return float(cutoff)
    ms = readings.require_ms()
    longest = int(ms[ms != NO_WAY].max(initial=0))
    return max(float(np.ceil(longest / (step * MS_PER_MINUTE) - 1e-9)), 1.0) * step
