"""Whole numbers as short printable texts: those of Google's polylines, for lines and for tables."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

_BITS, _MORE, _FIRST = 5, 0x20, 63
"""Bits that a character holds, the one that says that more follow, and the character for 0."""


def pack_integers(values: Integers) -> str:
    """Return whole numbers as a text: the small ones in one character, each with its sign.

    Parameters
    ----------
    values
        Whole numbers of at most 62 bits.

    Examples
    --------
    >>> pack_integers(np.array([0, -1, 1, 16]))
    '?@A_@'
    """
    return pack_each(values, [len(values)])[0]


def pack_each(values: Integers, sizes: list[int] | Integers) -> list[str]:
    """Return a text for each part of some whole numbers, that many numbers in each part.

    Examples
    --------
    >>> pack_each(np.array([0, 16, 1]), [2, 1])
    ['?_@', 'A']
    """
    rest = (values << 1) ^ (values >> 63)
    letters = np.ones(len(rest), dtype=np.int64)
    for shift in range(_BITS, 63, _BITS):
        longer = rest >> shift > 0
        if not longer.any():
            break
        letters += longer
    first = np.cumsum(letters) - letters
    written = np.empty(int(letters.sum()), dtype=np.uint8)
    for at in range(int(letters.max(initial=0))):
        rows = np.flatnonzero(letters > at)
        part = (rest[rows] >> (_BITS * at)) & (_MORE - 1)
        written[first[rows] + at] = (part | np.where(letters[rows] > at + 1, _MORE, 0)) + _FIRST
    text = written.tobytes().decode("ascii")
    ends = np.concatenate([[0], np.cumsum(letters)])[np.concatenate([[0], np.cumsum(sizes)])]
    return [text[start:end] for start, end in pairwise(ends.tolist())]
