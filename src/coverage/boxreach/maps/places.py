"""Communities and sites become columns: what the page lists, counts and tells of each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.maps.cases import Case
from boxreach.maps.columns import (
    Columns,
    fill_columns,
    numbers_of,
    pack_numbers,
    pack_texts,
    points_of,
    texts_of,
)
from boxreach.maps.packing import pack_integers

if TYPE_CHECKING:
    from boxreach.placement import Proposal

_MS_PER_MINUTE = 60_000
_PER_MINUTE = 10
"""Times of a card are tenths of minutes, raised: none is shown better than it is."""
_SITE_TEXTS = ("moved_from", "mgrs", "road_name")
_SITE_NUMBERS = {
    "rank": 0,
    "phase": 0,
    "near_km": 3,
    "road_m": 0,
    "chainage_km": 3,
    "reach_from_km": 3,
    "reach_to_km": 3,
}
"""What a card tells of a site of a plan where its table has it, and to how many decimals."""


def community_columns(reach: gpd.GeoDataFrame) -> Columns:
    """Return what is told of each community, without what is blank in all of them.

    ``within`` and ``backup`` are of what stands, whatever is proposed; ``off_road_m`` and
    ``off_road_minutes`` are those to the nearest road.
    """
    named = texts_of(reach, "backup_site_id")
    return fill_columns(
        points_of(reach)
        | {
            "people": numbers_of(reach, "people", 3),
            "within": numbers_of(reach, "sites_within", 0),
            "off_road_m": pack_numbers(_numbers(reach, "off_road_m")),
            "off_road_minutes": pack_numbers(_numbers(reach, "off_road_minutes"), per=_PER_MINUTE),
            "backup": pack_texts(named),
            "backup_minutes": pack_numbers(_numbers(reach, "backup_minutes"), per=_PER_MINUTE),
        }
    )


def site_columns(sites: gpd.GeoDataFrame | None, unit: str = "") -> Columns:
    """Return what is told of each site, without what is blank in all of them.

    Parameters
    ----------
    sites
        Those that stand, or those of a plan.
    unit
        What the plan covers: of it a site gained so much, and so much is covered with it. Blank
        for sites that stand, whose further columns are the caller's own and mean anything.
    """
    if sites is None or not len(sites):
        return {}
    columns = points_of(sites)
    if unit:
        columns |= {name: pack_texts(texts_of(sites, name)) for name in _SITE_TEXTS}
        columns |= {name: numbers_of(sites, name, digits) for name, digits in _SITE_NUMBERS.items()}
        columns |= {name: numbers_of(sites, f"{unit}_{name}", 3) for name in ("gained", "covered")}
    return fill_columns(columns)


def tell_alone(
    case: Case, reach: gpd.GeoDataFrame, thresholds: Sequence[float]
) -> dict[str, Any] | None:
    """Return what each site reaches whatever the others do, or None where no times are known.

    Of each threshold that the times go up to: the communities and the thousandths of people
    within it, as packed texts in the order of the sites of the case. People who are unknown
    count as none.
    """
    if case.ms is None or case.known_minutes is None:
        return None
    known = [minutes for minutes in thresholds if minutes <= case.known_minutes]
    pairs = case.ms.tocoo()
    thousandths = np.rint(_numbers(reach, "people").fillna(0.0).round(3).to_numpy() * 1000)
    places, people = [], []
    for minutes in known:
        near = pairs.data <= round(minutes * _MS_PER_MINUTE)
        row, column = pairs.row[near], pairs.col[near]
        size = pairs.shape[0]
        places.append(pack_integers(np.bincount(row, minlength=size)))
        # Whole numbers below 2**53, which sums of floats keep.
        sums = np.bincount(row, weights=thousandths[column], minlength=size)
        people.append(pack_integers(sums.astype(np.int64)))
    return {"minutes": known, "places": places, "people": people}


def proposal_columns(plan: Proposal) -> Columns:
    """Return what is told of the sites of a plan."""
    return site_columns(plan.sites, plan.unit)


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series[float]:
    if column not in frame:
        return pd.Series(np.nan, index=frame.index)
    return frame[column].astype(float)
