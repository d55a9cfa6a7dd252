"""Text of roads as numbered words, which is little where a country has few of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd


def encode(texts: pd.Series[str]) -> pd.Categorical:
    """Return texts as numbers of their words, these in order.

    Examples
    --------
    >>> encode(pd.Series(["b", "a", "b"])).codes.tolist()
    [1, 0, 1]
    """
    codes, words = pd.factorize(texts, sort=True)
    return to_categories(codes, words)


def to_categories(
    codes: npt.NDArray[np.integer], words: pd.Index[str] | Sequence[str]
) -> pd.Categorical:
    """Return what numbers of words mean.

    Parameters
    ----------
    codes, words
        The number of a word for each row, and the words, each once.

    Examples
    --------
    >>> list(to_categories(np.array([1, 0]), ["primary", "track"]))
    ['track', 'primary']
    """
    # To see that no word comes twice pandas lays a table of them, and keeps it: some 60 bytes for
    # each road id. A deep copy has none yet.
    kind = copy.deepcopy(pd.CategoricalDtype(pd.Index(words)))
    return pd.Categorical.from_codes(codes, dtype=kind)
