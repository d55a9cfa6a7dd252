"""Where the frontier stays open."""

from __future__ import annotations

import pandas as pd

from boxreach.placement import Proposal


def open_stretches(posts: Proposal) -> pd.DataFrame:
    """List where the frontier stays open: neighbouring segments that no post reaches, joined.

    Parameters
    ----------
    posts
        From `propose_posts`.

    Returns
    -------
    pandas.DataFrame
        From north to south: ``from_km``, ``to_km``, ``km``, ``reason`` and, where known,
        ``governorate``. A stretch ends where its reason or governorate does.
    """
    segments = posts.reach
    names = [name for name in ("reason", "governorate") if name in segments]
    key = segments[names].assign(covered=segments["covered"])
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
