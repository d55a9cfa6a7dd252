"""Where the frontier stays open."""

from __future__ import annotations

import pandas as pd

from boxreach.arguments import kind_of
from boxreach.errors import Fault, InputError
from boxreach.placement import Proposal
from boxreach.tables import missing_faults


def open_stretches(posts: Proposal | pd.DataFrame, *, whole: bool = False) -> pd.DataFrame:
    """List where the frontier stays open: neighbouring pieces that no post covers, joined.

    Parameters
    ----------
    posts
        From `propose_posts`, or its ``reach``.
    whole
        Whether stretches are joined whatever their reasons and governorates.

    Returns
    -------
    pandas.DataFrame
        From north to south: ``from_km``, ``to_km``, ``km``, ``reason`` and, where known,
        ``governorate``. A stretch ends where its reason or governorate does, unless it is to be
        whole, and where a part of the line ends.

    Raises
    ------
    InputError
        If it is given something else.
    """
    if not isinstance(posts, Proposal | pd.DataFrame):
        what = f"posts is {kind_of(posts)}"
        raise InputError(Fault(what, advice="give what propose_posts() returned, or its reach"))
    segments = pd.DataFrame(posts.reach if isinstance(posts, Proposal) else posts)
    needed = ["covered", "chainage_from_km", "chainage_to_km", "km"]
    if faults := missing_faults(needed, list(map(str, segments.columns)), file="posts"):
        raise InputError(*faults)
    names = [name for name in ("reason", "governorate") if name in segments]
    ends = [*([] if whole else names), *(["part"] if "part" in segments else [])]
    key = segments[ends].assign(covered=segments["covered"])
    stretch = (key != key.shift()).any(axis=1).cumsum()
    left_open = segments[~segments["covered"]]
    groups = left_open.groupby(stretch[left_open.index])
    table = groups.agg(
        from_km=("chainage_from_km", "min"),
        to_km=("chainage_to_km", "max"),
        km=("km", "sum"),
        **{name: (name, "first") for name in names},
    )
    return pd.DataFrame(table.reset_index(drop=True))
