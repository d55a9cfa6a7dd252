"""The rule that a post stands at each crossing, and who is at which."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.crs import Floats, point_distances_m
from boxreach.errors import DataWarning
from boxreach.placement import Quota

CROSSING_KM = 2.0
"""How near to a crossing one post stands at least."""

_AT = "at crossing "
_YES = "yes"


@dataclass(frozen=True)
class CrossingRule(Quota):
    """At least one post within 2 km of a crossing.

    Attributes
    ----------
    name
        What the crossing is called.
    """

    name: str = ""

    def __str__(self) -> str:
        return f"at least {self.at_least} within {CROSSING_KM:g} km of {self.name}"


def mark_crossings(posts: gpd.GeoDataFrame, crossings: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return posts with the nearest crossing within 2 km, and a column for each of all."""
    if crossings is None or not len(crossings):
        return posts.assign(crossing="")
    metres = distances_m(posts, crossings)
    near = metres <= CROSSING_KM * 1000
    ids = crossings.index.to_numpy(dtype=str)
    nearest = np.where(near.any(axis=1), ids[metres.argmin(axis=1)], "")
    marks = {f"{_AT}{one}": np.where(near[:, at], _YES, "") for at, one in enumerate(ids)}
    marked = pd.DataFrame({"crossing": nearest, **marks}, index=posts.index, dtype=object)
    kept = posts.drop(columns=[name for name in marked if name in posts])
    return gpd.GeoDataFrame(pd.concat([kept, marked], axis=1), crs=posts.crs)


def without_marks(posts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return posts without the columns that rules count by."""
    return posts.drop(columns=[name for name in posts if str(name).startswith(_AT)])


def rules_at_crossings(
    crossings: gpd.GeoDataFrame | None, *posts: gpd.GeoDataFrame | None, first: int | None
) -> Iterator[CrossingRule]:
    """Yield the rule of each crossing at which a post can stand; tell of the others by name.

    Parameters
    ----------
    crossings
        From `read_crossings`.
    *posts
        Candidates and posts that stand, as of `mark_crossings`.
    first
        How many posts there are after the first phase; fewer than there are crossings need not
        hold them all yet. None where there is one phase.
    """
    missing, early = [], first is not None and first >= len(_name_crossings(crossings))
    for crossing, name in _name_crossings(crossings).items():
        column = f"{_AT}{crossing}"
        if any(one is not None and (one[column] == _YES).any() for one in posts):
            yield CrossingRule(column, _YES, at_least=1, every_phase=early, name=name)
        else:
            missing.append(name)
    if missing:
        what = f"no candidate stands within {CROSSING_KM:g} km of {', '.join(missing)}"
        warnings.warn(f"{what}; no post is asked for there", DataWarning, stacklevel=4)


def _name_crossings(crossings: gpd.GeoDataFrame | None) -> dict[str, str]:
    """Return what each crossing is called, its id where it has no name."""
    if crossings is None:
        return {}
    ids = crossings.index.to_numpy(dtype=str)
    names = crossings["name"] if "name" in crossings else pd.Series("", index=crossings.index)
    return {
        one: str(name).strip() if pd.notna(name) and str(name).strip() else one
        for one, name in zip(ids.tolist(), names.tolist(), strict=True)
    }


def distances_m(posts: gpd.GeoDataFrame, crossings: gpd.GeoDataFrame) -> Floats:
    """Return the metres from each post to each crossing."""
    here, there = posts.geometry, crossings.geometry
    if not len(here):
        return np.empty((0, len(there)))

    def pair(one: pd.Series[float], other: pd.Series[float]) -> tuple[Floats, Floats]:
        return np.repeat(one.to_numpy(), len(there)), np.tile(other.to_numpy(), len(here))

    (lon1, lon2), (lat1, lat2) = pair(here.x, there.x), pair(here.y, there.y)
    return point_distances_m(lon1, lat1, lon2, lat2).reshape(len(here), len(there))
