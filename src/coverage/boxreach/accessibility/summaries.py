"""How many places and people are within reach, by area."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.arguments import require_kind
from boxreach.errors import Fault, InputError
from boxreach.tables import TOTAL, missing_faults


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
