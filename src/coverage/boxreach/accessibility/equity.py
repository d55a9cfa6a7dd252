"""Whether those who live far apart are reached as well as those who live close together."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility.readings import MS_PER_MINUTE, Readings, take_readings
from boxreach.accessibility.spread import NO_WAY, whole_units
from boxreach.accessibility.sums import sums_by_step, sums_of
from boxreach.arguments import require_kind
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.tables import missing_faults

Integers = npt.NDArray[np.int64]

_CLASSES = 5


def density_quintiles(
    reached: gpd.GeoDataFrame, *, minutes: Iterable[float] | None = None, people: str = "people"
) -> pd.DataFrame:
    """Compare reach between the thinnest and the densest settled fifths of the people.

    Rows are sorted by people per km² and cut into five classes of about a fifth of the people
    each. Rows stay whole and those of one density together: all rows of a density belong to the
    class in which the middle of their people falls. So where few rows hold most of the people,
    classes are uneven, and one that no row falls into has no people and blanks.

    Parameters
    ----------
    reached
        From `reach`, with ``area_km2`` as population cells have it. Rows whose area or people are
        not known, or 0, are left out.
    minutes
        Thresholds, as in `summarise`.
    people
        The column of people.

    Returns
    -------
    pandas.DataFrame
        For each threshold, ascending, five rows: ``threshold_minutes``, ``quintile`` (1 is the
        thinnest), ``density_from`` and ``density_to`` (people per km²), ``people``,
        ``people_covered``, ``share_covered``, ``mean_minutes`` (of those who have a way).

    Raises
    ------
    InputError
        If no row has an area and people, or as from `summarise`.

    Examples
    --------
    >>> reached = pd.DataFrame(
    ...     {"people": 10.0, "area_km2": [5.0, 4.0, 3.0, 2.0, 1.0], "covered": True,
    ...      "minutes": [50.0, 40.0, 30.0, 20.0, 10.0], "threshold_minutes": 60.0})
    >>> density_quintiles(reached, minutes=[30])[["quintile", "density_to", "share_covered"]]
       quintile  density_to  share_covered
    0         1    2.000000            0.0
    1         2    2.500000            0.0
    2         3    3.333333            1.0
    3         4    5.000000            1.0
    4         5   10.000000            1.0
    """
    require_kind(people, str, "people", "give the name of a column")
    readings = take_readings(reached, (people,))
    ms = readings.require_ms()
    limits, steps = readings.within(minutes)
    if faults := missing_faults([people], list(reached.columns.astype(str)), file="reach"):
        raise InputError(*faults)
    kept, density = _densities(readings)
    weights = readings.weights[kept]
    classes = _classes_of(density, weights)
    blocks = []
    low, high = _ends(density, classes)
    counted = sums_by_step(classes, _CLASSES, steps[kept], len(limits) + 1, weights)
    sums = counted.up_to[:_CLASSES]
    mean = _mean_minutes(ms[kept], weights, classes)
    for at, limit in enumerate(limits.values()):
        covered, whole = sums[:, at], sums[:, -1]
        share = np.divide(covered, whole, out=np.full(_CLASSES, np.nan), where=whole > 0)
        blocks.append(
            pd.DataFrame(
                {
                    "threshold_minutes": limit,
                    "quintile": np.arange(1, _CLASSES + 1),
                    "density_from": low,
                    "density_to": high,
                    "people": whole,
                    "people_covered": covered,
                    "share_covered": share,
                    "mean_minutes": mean,
                }
            )
        )
    return pd.concat(blocks, ignore_index=True)


def _densities(readings: Readings) -> tuple[Integers, Floats]:
    """Return the rows that have a density, and people per km² of each."""
    advice = "give the reach of population cells, which read_population gives their area_km2"
    if "area_km2" not in readings.table:
        raise InputError(Fault("the column is missing", "reach", column="area_km2", advice=advice))
    column = readings.table["area_km2"]
    if not pd.api.types.is_numeric_dtype(column):
        what = f"it holds {column.dtype} values"
        raise InputError(Fault(what, "reach", column="area_km2", advice="give numbers"))
    area = column.to_numpy(dtype=float, na_value=np.nan)
    kept = np.flatnonzero((area > 0) & np.isfinite(area) & (readings.weights > 0))
    if not len(kept):
        what = "no row has an area and people"
        raise InputError(Fault(what, "reach", column="area_km2", advice=advice))
    return kept, readings.weights[kept] / area[kept]


def _classes_of(density: Floats, weights: Floats) -> Integers:
    """Return the class of each row, from 0: the one that holds the middle of its density's people.

    Weights are counted as whole numbers, so that no order of the rows moves a border.
    """
    _, same = np.unique(density, return_inverse=True)
    units = whole_units(weights, np.float64(weights.sum()))
    people = np.zeros(int(same.max()) + 1, np.int64)
    np.add.at(people, same, units)
    up_to = np.cumsum(people)
    # Five times twice the sum is ten times 2 ** 58 at most, which 64 bits hold.
    middle = (up_to - people) + up_to
    classes: Integers = np.minimum(middle * _CLASSES // (2 * up_to[-1]), _CLASSES - 1)[same]
    return classes


def _ends(density: Floats, classes: Integers) -> tuple[Floats, Floats]:
    low, high = np.full(_CLASSES, np.inf), np.full(_CLASSES, -np.inf)
    np.minimum.at(low, classes, density)
    np.maximum.at(high, classes, density)
    return np.where(np.isinf(low), np.nan, low), np.where(np.isinf(high), np.nan, high)


def _mean_minutes(ms: Integers, weights: Floats, classes: Integers) -> Floats:
    has_way = ms != NO_WAY
    people = sums_of(classes, _CLASSES, np.where(has_way, weights, 0.0))[:_CLASSES]
    total = sums_of(classes, _CLASSES, np.where(has_way, weights * ms, 0.0))[:_CLASSES]
    mean_ms = np.divide(total, people, out=np.full(_CLASSES, np.nan), where=people > 0)
    minutes: Floats = mean_ms / MS_PER_MINUTE
    return minutes
