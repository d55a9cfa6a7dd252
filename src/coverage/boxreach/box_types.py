"""Types of boxes: what one is equipped with and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import kind_of, number_faults, shown
from boxreach.errors import Fault, InputError
from boxreach.suggestions import suggest


@dataclass(frozen=True)
class BoxType:
    """One type of box.

    Parameters
    ----------
    name
        What sites call it in their column ``box_type``.
    vehicles
        How many it has; the programme gives each box two.
    officers
        How many serve in it over all shifts; None if nobody says, as the programme does not.
    cost_usd
        What one costs in US dollars; the programme says about 250,000.

    Raises
    ------
    InputError
        If a name is blank, or a number is not whole or below 0.

    Examples
    --------
    >>> BoxType("box")
    BoxType(name='box', vehicles=2, officers=None, cost_usd=250000.0)
    >>> BoxType("large", vehicles=-1)
    Traceback (most recent call last):
    boxreach.errors.InputError: vehicles is -1; give a whole number from 0 upwards
    """

    name: str
    _: KW_ONLY
    vehicles: int = 2
    officers: int | None = None
    cost_usd: float = 250_000.0

    def __post_init__(self) -> None:
        faults = []
        if not isinstance(self.name, str) or not self.name.strip():
            faults.append(Fault(f"name is {shown(self.name)}", advice="name the type of box"))
        whole = "give a whole number from 0 upwards"
        faults += number_faults("vehicles", self.vehicles, _is_whole, whole)
        if self.officers is not None:
            advice = f"{whole}, or None if it is not known"
            faults += number_faults("officers", self.officers, _is_whole, advice)
        advice = "give dollars from 0 upwards"
        faults += number_faults("cost_usd", self.cost_usd, lambda one: 0 <= one < np.inf, advice)
        if faults:
            raise InputError(*faults)


def _is_whole(number: float) -> bool:
    return 0 <= number <= 1e9 and number % 1 == 0


def require_box_types(box_types: Sequence[BoxType]) -> list[BoxType]:
    """Return types of boxes, ``BoxType("box")`` if none is given, or raise `InputError`."""
    advice = 'give a list like [BoxType("box", officers=12)]'
    if not isinstance(box_types, list | tuple):
        raise InputError(Fault(f"box_types is {kind_of(box_types)}", advice=advice))
    faults = [
        Fault(f"box_types holds {kind_of(one)}", advice=advice)
        for one in box_types
        if not isinstance(one, BoxType)
    ]
    names = [one.name for one in box_types if isinstance(one, BoxType)]
    faults += [
        Fault(f"two of box_types are called {name!r}", advice="give each its own name")
        for name in sorted({one for one in names if names.count(one) > 1})
    ]
    if faults:
        raise InputError(*faults)
    return list(box_types) or [BoxType("box")]


def types_of(
    boxes: gpd.GeoDataFrame, box_types: Sequence[BoxType], *, file: str = "boxes"
) -> npt.NDArray[np.int64]:
    """Return the position in `box_types` of each box's type.

    Parameters
    ----------
    boxes
        Sites; a blank in ``box_type``, or no such column, is the first type.
    box_types
        At least one.
    file
        What the table is called in messages, which count its rows from 1.

    Raises
    ------
    InputError
        If boxes are of a type that is not there: all of them at once.

    Examples
    --------
    >>> boxes = pd.DataFrame({"box_type": ["large", None]})
    >>> types_of(boxes, [BoxType("box"), BoxType("large")])
    array([1, 0])
    """
    if "box_type" not in boxes:
        return np.zeros(len(boxes), np.int64)
    known = [one.name for one in box_types]
    said = boxes["box_type"].astype(object)
    said = said.where(said.notna(), "").astype(str).str.strip()
    position = pd.Index(known).get_indexer(pd.Index(said.where(said != "", known[0])))
    faults = [
        Fault(f"there is no type of box {said.iloc[at]!r}", file, int(at) + 1, "box_type",
              suggest(said.iloc[at], known))
        for at in np.flatnonzero(position < 0)
    ]  # fmt: skip
    if faults:
        raise InputError(*faults)
    return position.astype(np.int64)
