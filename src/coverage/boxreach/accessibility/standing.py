"""What stands in each area: boxes, and what they have and cost."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from boxreach.box_types import BoxType, types_of
from boxreach.crs import Floats

Integers = npt.NDArray[np.int64]
Counts = dict[str, Floats | Integers]


def count_boxes(
    boxes: gpd.GeoDataFrame, box_types: Sequence[BoxType], areas: Integers, count: int
) -> Counts:
    """Return boxes, vehicles, officers and dollars by area, and the total last.

    Officers are NaN where a box is of a type that does not say them.
    """
    kinds = np.bincount(
        areas * len(box_types) + types_of(boxes, box_types), minlength=count * len(box_types)
    ).reshape(count, len(box_types))
    kinds = np.vstack([kinds, kinds.sum(axis=0)])
    officers = [np.nan if one.officers is None else float(one.officers) for one in box_types]
    return {
        "boxes": kinds.sum(axis=1),
        "vehicles": kinds @ np.array([int(one.vehicles) for one in box_types]),
        # A type that no box of the area is of says nothing about it.
        "officers": np.where(kinds > 0, kinds * np.array(officers), 0.0).sum(axis=1),
        "cost_usd": kinds @ np.array([float(one.cost_usd) for one in box_types]),
    }


def people_for_each(people: Floats, counts: Counts) -> Counts:
    """Return people per box, vehicle and officer; NaN where there is none."""
    singular = {"boxes": "box", "vehicles": "vehicle", "officers": "officer"}
    return {
        f"people_per_{one}": np.divide(
            people, counts[many], out=np.full(len(people), np.nan), where=counts[many] > 0
        )
        for many, one in singular.items()
    }
