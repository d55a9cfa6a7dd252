"""Text columns of millions of roads, as the few words they hold and who holds which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.crs import Floats


@dataclass(frozen=True, eq=False)
class CodedText:
    """A column of text.

    Attributes
    ----------
    words
        The different texts, in lower case.
    codes
        Which of the words each row holds.
    """

    words: tuple[str, ...]
    codes: npt.NDArray[np.intp]

    @classmethod
    def of(cls, roads: gpd.GeoDataFrame, name: str) -> CodedText:
        """Return a column of the roads; a missing one holds blanks."""
        if name not in roads:
            return cls(("",), np.zeros(len(roads), dtype=np.intp))
        codes, found = pd.factorize(roads[name], use_na_sentinel=True)
        words = tuple(str(word).strip().lower() for word in found)
        return cls((*words, ""), np.where(codes < 0, len(words), codes).astype(np.intp))

    def numbers(self, number: Callable[[str], float]) -> Floats:
        """Return a number for each row, asked once for each word."""
        return np.array([number(word) for word in self.words], dtype=np.float64)[self.codes]

    def are(self, is_so: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
        """Tell for each row whether something holds of its word."""
        return np.array([is_so(word) for word in self.words], dtype=np.bool_)[self.codes]

    def held(self, rows: npt.NDArray[np.bool_]) -> list[str]:
        """Return the different words of some rows, sorted."""
        return sorted({self.words[code] for code in np.unique(self.codes[rows])})
