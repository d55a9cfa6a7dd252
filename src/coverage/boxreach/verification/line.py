"""The frontier as a run kept it: its pieces, and which posts see which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.verification.evidence import Evidence
from boxreach.verification.ledger import Floats
from boxreach.verification.tables import MS_PER_MINUTE, Kept

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

SITES = ("standing", "posts")
"""The tables of posts: those that stand, and those that were proposed."""


@dataclass(frozen=True, eq=False)
class Line:
    """The pieces of a frontier and all its posts, those that stand first.

    Attributes
    ----------
    evidence
        What the run kept.
    """

    evidence: Evidence

    @property
    def pieces(self) -> Kept:
        """The pieces of the line."""
        return Kept(self.evidence, "frontier")

    @property
    def asked(self) -> Mapping[str, Any]:
        """What was asked of the posts: ``see``, ``each`` and so on."""
        return dict(self.evidence.facts["posts_asked"])

    @property
    def limit_ms(self) -> int:
        """The response time."""
        return round(float(self.evidence.facts["posts_minutes"]) * MS_PER_MINUTE)

    @property
    def standing(self) -> int:
        """How many posts stand already."""
        return len(self.evidence.texts["standing"])

    @cached_property
    def ids(self) -> Words:
        """Ids of the posts as files write them."""
        return np.concatenate([Kept(self.evidence, one).ids for one in SITES])

    @cached_property
    def places(self) -> Floats:
        """Where posts are, in degrees."""
        return np.concatenate([self.evidence.places(one) for one in SITES])

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return an array that both tables of posts have."""
        return np.concatenate([self.evidence.arrays[f"{one}.{name}"] for one in SITES])

    def sees(self, light: str) -> csr_array | None:
        """Return which post sees which piece by day or by night; None without a terrain."""
        kept = self.evidence.under(f"sight.{light}")
        if not kept:
            return None
        shape = len(self.ids), len(self.pieces.ms)
        found = csr_array((np.ones(len(kept["indices"])), kept["indices"], kept["indptr"]), shape)
        found.check_format(full_check=True)  # what it is read with follows numbers without a look
        return found

    def hide(self, ms: Floats, rows: npt.NDArray[np.int64]) -> Floats:
        """Return times of all posts to some pieces, endless where the post has to see and cannot.

        Parameters
        ----------
        ms
            Posts by pieces.
        rows
            Which pieces these are.
        """
        see = self.asked["see"]
        if see is None:
            return ms
        seen = self.sees(str(see))
        if seen is None:
            return np.full(ms.shape, np.inf)
        return np.where(seen.tocsc()[:, rows].toarray() > 0, ms, np.inf)
