"""Which sites stand when a plan is done: a box may leave, and come back in a later phase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Flags = npt.NDArray[np.bool_]


def lasting_rows(
    standing: Sequence[Any], chosen: Sequence[Any], given_up: Sequence[Any]
) -> tuple[Flags, Flags]:
    """Tell which sites are still there in the end.

    Parameters
    ----------
    standing
        Ids of the sites that stand before.
    chosen
        Ids of the sites that come, in order; one that left may come again.
    given_up
        Of each of them the id of the site that leaves for it; what is no such id leaves nothing.

    Returns
    -------
    tuple
        A flag for each that stands, and for each that comes. A site that comes twice and stays
        is there once, as it came last.

    Examples
    --------
    >>> lasting_rows(["b"], ["n", "m", "n"], ["", "n", "b"])
    (array([False]), array([False,  True,  True]))
    """
    where = {one: row for row, one in enumerate(standing)}
    for row, (one, gone) in enumerate(zip(chosen, given_up, strict=True), len(standing)):
        where.pop(gone, None)
        where[one] = row
    flags = np.zeros(len(standing) + len(chosen), dtype=bool)
    flags[list(where.values())] = True
    return flags[: len(standing)], flags[len(standing) :]


def givers_of(sites: pd.DataFrame, moves: pd.DataFrame) -> list[Any]:
    """Return of each site of a plan, in order, the id of the one that leaves for it; else blank."""
    if "moved_from" in sites:
        return list(sites["moved_from"])
    if not len(moves):
        return [""] * len(sites)
    pairs = dict(zip(moves["to_site_id"], moves["from_site_id"], strict=True))
    return [pairs.get(one, "") for one in sites.index]
