"""Where the frontier stays open."""

from __future__ import annotations

import pandas as pd

from boxreach.placement import Proposal


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
    """
    segments = pd.DataFrame(posts.reach if isinstance(posts, Proposal) else posts)
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
