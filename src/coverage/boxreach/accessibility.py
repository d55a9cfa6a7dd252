"""Who is within reach, who is not and why, and how many people that is."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.arguments import number_faults, require_kind
from boxreach.errors import Fault, InputError
from boxreach.routing import NEVER, TravelTimes
from boxreach.tables import TOTAL, missing_faults

REASONS = ("TOO_FAR", "OFF_ROAD", "ISOLATED", "CLOSED")
"""Why a place is not reached; each uncovered place has exactly one."""

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
        - ``sites_within``: the number of sites within the threshold;
        - ``reason``: blank where covered, else the first of these that holds: ``CLOSED`` (with
          all closures lifted it would be covered, or at least have a way), ``OFF_ROAD`` (no road
          within off-road range), ``ISOLATED`` (no site has a way there), ``TOO_FAR``.

    Raises
    ------
    InputError
        If `minutes` is not above 0 or lies beyond the cutoff.
    """
    require_kind(times, TravelTimes, "times", "give what travel_times returned")
    faults = number_faults(
        "minutes",
        minutes,
        lambda one: 0 < one <= times.cutoff_minutes,
        f"the times go up to {times.cutoff_minutes:g}: compute travel_times with a higher cutoff,"
        " or ask for fewer minutes",
    )
    if faults:
        raise InputError(*faults)
    threshold_ms = round(float(minutes) * _MS_PER_MINUTE)
    pairs = times.ms.tocoo()
    within = np.bincount(pairs.col[pairs.data <= threshold_ms], minlength=times.ms.shape[1])
    covered = within > 0
    has_way = times.nearest_ms != NEVER
    site_ids = np.append(times.sites.index.to_numpy(dtype=object), "")
    near_road = times.off_road_ms != NEVER
    return times.demand.assign(
        off_road_m=times.off_road_m,
        off_road_minutes=np.where(near_road, times.off_road_ms / _MS_PER_MINUTE, np.nan),
        threshold_minutes=float(minutes),
        covered=covered,
        site_id=site_ids[times.nearest_site],
        minutes=np.where(has_way, times.nearest_ms / _MS_PER_MINUTE, np.nan),
        sites_within=within,
        reason=_reasons(times, covered, threshold_ms),
    )


def _reasons(times: TravelTimes, covered: np.ndarray, threshold_ms: int) -> np.ndarray:
    has_way = times.nearest_ms != NEVER
    lifted_way = times.lifted_ms != NEVER
    lifted_within = lifted_way & (times.lifted_ms <= threshold_ms)
    # numpy.select takes the first that holds: this is the order of precedence.
    return np.select(
        [
            covered,
            lifted_within | (lifted_way & ~has_way),
            np.isnan(times.off_road_m),
            ~has_way,
        ],
        np.array(["", "CLOSED", "OFF_ROAD", "ISOLATED"], dtype=object),
        default="TOO_FAR",
    )


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


def summarise(reached: gpd.GeoDataFrame, *, by: str = "governorate") -> pd.DataFrame:
    """Count places and people within reach in each area, and in total.

    Parameters
    ----------
    reached
        From `reach`, with the column `by`.
    by
        The column to group by. Rows without a value in it are counted under ``""``.

    Returns
    -------
    pandas.DataFrame
        Index `by`, sorted, and ``total`` last: ``threshold_minutes``, ``places``,
        ``places_covered``, ``places_uncovered``, and where there is a column ``people``:
        ``places_unknown_people`` (places whose people are not known: they are in no sum of
        people), ``people``, ``people_covered``, ``people_uncovered`` and ``share_covered`` (NaN
        where no people are known). Covered and uncovered add up to the whole.

    Raises
    ------
    InputError
        If `reached` has no column `by`, or is not what `reach` returned.
    """
    require_kind(reached, pd.DataFrame, "reached", "give what reach returned")
    require_kind(by, str, "by", "give the name of a column")
    if by not in reached:
        raise InputError(Fault("the column is missing", "reach", column=by, advice="join_areas"))
    if faults := missing_faults(["covered", "threshold_minutes"], list(reached), file="reach"):
        raise InputError(*faults)
    covered = reached["covered"].to_numpy()
    parts = pd.DataFrame(
        {
            by: reached[by].fillna("").astype(str).to_numpy(),
            "places": 1,
            "places_covered": covered.astype(int),
            "places_uncovered": (~covered).astype(int),
        }
    )
    if "people" in reached:
        people = reached["people"].to_numpy(dtype=float, na_value=np.nan)
        known = np.nan_to_num(people)
        parts["places_unknown_people"] = np.isnan(people).astype(int)
        parts["people"] = known
        parts["people_covered"] = known * covered
        parts["people_uncovered"] = known * ~covered
    if TOTAL in set(parts[by]):
        what = f"an area is called {TOTAL!r}, which is kept for the total"
        raise InputError(Fault(what, "reach", column=by, advice="rename it"))
    table = parts.groupby(by, sort=True).sum()
    table.loc[TOTAL] = table.sum()
    counts = [name for name in table.columns.astype(str) if name.startswith("places")]
    table[counts] = table[counts].astype(int)
    if "people" in table:
        table["share_covered"] = table["people_covered"] / table["people"].where(
            table["people"] > 0
        )
    table.insert(0, "threshold_minutes", reached["threshold_minutes"].max())
    return table
