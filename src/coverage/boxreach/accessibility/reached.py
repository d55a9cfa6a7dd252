"""Who is within reach, and who is not and why."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.extensions import ExtensionArray

from boxreach.accessibility.reach_table import ReachTable
from boxreach.arguments import number_faults, require_kind, told_apart
from boxreach.crs import Floats
from boxreach.errors import InputError
from boxreach.routing import NEVER, TravelTimes
from boxreach.routing.pairs import count_within

REASONS = ("TOO_FAR", "OFF_ROAD", "ISOLATED", "CLOSED")
"""Why a place is not reached; each uncovered place has exactly one."""

UNCLEAR = "UNCLEAR"
"""Stands for one of them where times by tile do not tell which."""

_MS_PER_MINUTE = 60_000


def reach(times: TravelTimes, *, minutes: float) -> gpd.GeoDataFrame:
    """Tell for every demand row whether a site reaches it within so many minutes.

    Parameters
    ----------
    times
        From `travel_times`, with a cutoff of at least `minutes`.
    minutes
        The threshold; a place at exactly so many minutes is covered.

    Returns
    -------
    geopandas.GeoDataFrame
        The demand table, in its order, with

        - ``off_road_m`` and ``off_road_minutes``: over open ground to the nearest road, closed or
          not, and how long that takes, in the direction of the times; NaN where none is in range;
        - ``threshold_minutes``;
        - ``covered``;
        - ``site_id`` and ``minutes``: the quickest site, however far; blank and NaN where no
          site has a way there;
        - ``backup_site_id`` and ``backup_minutes``: the second quickest site within the cutoff,
          which is the quickest if the first is lost; blank and NaN where there is none;
        - ``sites_within``: the number of sites within the threshold;
        - ``reason``: blank where covered, else the first of these that holds: ``CLOSED`` (with
          all closures lifted it would be covered, or at least have a way), ``OFF_ROAD`` (no road
          within off-road range), ``ISOLATED`` (no site has a way there), ``TOO_FAR``. On a network
          in tiles it is ``UNCLEAR`` which of the others holds where a road is within off-road
          range, and no tile has a way there.

        Of sites as quick as each other the first by id is named. A notebook shows the sums with
        the first rows. ``attrs["cutoff_minutes"]`` says
        how far the backups are known.

    Raises
    ------
    InputError
        If `minutes` is not above 0 or lies beyond the cutoff.
    """
    require_kind(times, TravelTimes, "times", "give what travel_times returned")
    _require_within(minutes, times.cutoff_minutes)
    threshold_ms = round(float(minutes) * _MS_PER_MINUTE)
    within = count_within(times.ms, threshold_ms)
    covered = within > 0
    # Ids and reasons are told to be text once each, and not again for every row.
    site_ids = pd.Series([*times.sites.index, ""]).array
    backup_site, backup_ms = times.backup
    table = times.demand.assign(
        off_road_m=times.off_road_m,
        off_road_minutes=_minutes(times.off_road_ms),
        threshold_minutes=float(minutes),
        covered=covered,
        site_id=site_ids.take(times.nearest_site % len(site_ids)),
        minutes=_minutes(times.nearest_ms),
        backup_site_id=site_ids.take(backup_site % len(site_ids)),
        backup_minutes=_minutes(backup_ms),
        sites_within=within,
        reason=_reasons(times, covered, threshold_ms),
    )
    table.attrs["cutoff_minutes"] = times.cutoff_minutes
    reached = ReachTable(table)
    reached.attrs = table.attrs
    return reached


def _require_within(minutes: object, cutoff: float) -> None:
    """Raise `InputError` for a threshold that is none, or up to which the times do not go."""
    faults = number_faults(
        "minutes", minutes, lambda one: one > 0, f"give minutes above 0, up to {told_apart(cutoff)}"
    ) or number_faults(
        "minutes",
        minutes,
        lambda one: one <= cutoff,
        f"the times go up to {told_apart(cutoff)}: compute travel_times with a higher cutoff,"
        " or ask for fewer minutes",
    )
    if faults:
        raise InputError(*faults)


def _minutes(ms: npt.NDArray[np.int64]) -> Floats:
    return np.where(ms == NEVER, np.nan, ms / _MS_PER_MINUTE)


def _reasons(times: TravelTimes, covered: np.ndarray, threshold_ms: int) -> ExtensionArray:
    has_way = times.nearest_ms != NEVER
    if times.farther is not None:
        has_way |= times.farther
    lifted_way = times.lifted_ms != NEVER
    lifted_within = lifted_way & (times.lifted_ms <= threshold_ms)
    all_known, off_road = math.isinf(times.known_minutes), np.isnan(times.off_road_m)
    # numpy.select takes the first that holds: this is the order of precedence.
    which = np.select(
        [
            covered,
            lifted_within | (lifted_way & ~has_way & (all_known | off_road)),
            off_road,
            ~has_way & (not all_known),
            ~has_way,
        ],
        range(5),
        default=5,
    )
    words = ["", "CLOSED", "OFF_ROAD", UNCLEAR, "ISOLATED", "TOO_FAR"]
    return pd.Series(words).array.take(which)


def gaps(times: TravelTimes, *, minutes: float) -> gpd.GeoDataFrame:
    """Return the demand that no site reaches within so many minutes, each with one reason.

    Parameters
    ----------
    times, minutes
        As in `reach`.

    Returns
    -------
    geopandas.GeoDataFrame
        The uncovered rows of `reach`, in the order of the demand table.
    """
    table = reach(times, minutes=minutes)
    return table[~table["covered"]]
