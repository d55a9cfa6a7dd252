"""What is reached besides people: each further layer of demand, row by row and by area."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import geopandas as gpd
import pandas as pd

from boxreach.accessibility import reach
from boxreach.cli.area_tables import Level, count_weights
from boxreach.cli.plan_inputs import Demand
from boxreach.routing import TravelTimes

_KEPT = ("name", "governorate", "district", "subdistrict")
_SAID = ("threshold_minutes", "covered", "minutes", "site_id", "reason")


def count_demand(
    tables: Mapping[str, gpd.GeoDataFrame],
    sources: Mapping[str, Demand],
    times_of: Callable[[gpd.GeoDataFrame], TravelTimes],
    level: Level,
    *,
    minutes: Sequence[float],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the reach of each layer at every threshold, and what it comes to by area.

    Parameters
    ----------
    tables, sources
        The layers by name, and what the plan says of them.
    times_of
        Gives the times to a layer.
    level
        The areas.
    minutes
        The thresholds.

    Returns
    -------
    tuple
        ``layer``, ``unit``, ``id``, names, ``weight``, and what `reach` says; and ``layer``,
        ``unit``, ``area``, ``threshold_minutes``, ``total``, ``covered``, ``uncovered``,
        ``share``.
    """
    rows, areas = [], []
    for name, table in tables.items():
        unit = sources[name].unit
        weights = table[unit].to_numpy(dtype=float)
        times = times_of(table)
        said = {"layer": name, "unit": unit}
        for threshold in minutes:
            reached = reach(times, minutes=threshold).assign(weight=weights)
            kept = [*(one for one in _KEPT if one in table), "weight", *_SAID]
            plain = pd.DataFrame(reached[kept]).rename_axis("id").reset_index()
            rows.append(pd.DataFrame(said, index=plain.index).join(plain))
        by_area = count_weights(level, reached, weights, minutes=minutes)
        areas.append(pd.DataFrame(said, index=by_area.index).join(by_area))
    return pd.concat(rows, ignore_index=True), pd.concat(areas, ignore_index=True)
