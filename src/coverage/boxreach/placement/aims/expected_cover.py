"""Reach as much as can be expected to find a free vehicle, where each is busy part of the time."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from boxreach.location import ExpectedCover, Solution, expected_cover
from boxreach.location.expected import list_chances
from boxreach.placement.aims.aim import Aim, Floats, Keys

_LEAST = -40.0
"""Logarithm of the least chance that is told apart from none, beside 1."""
_MOST_SITES = 100_000


class ExpectedCoverAim(Aim):
    """`ExpectedCover`."""

    model: ExpectedCover
    kind = ExpectedCover
    name = "expected-cover"
    keys = ("boxes", "busy", "vehicles")
    of_cover = True
    measure = None
    objective_is = "{unit} within the minutes of a free vehicle, as expected"
    counts = "expected {unit}"
    seeks = "ExpectedCover"
    told = "expected_cover"

    @classmethod
    def of_plan(cls, asked: Keys) -> ExpectedCover:
        """Return the model that ``[propose]`` asks for."""
        return ExpectedCover(
            sites=asked.new_boxes() or 0, minutes=asked.minutes, busy=asked.busy,
            vehicles=asked.vehicles,
        )  # fmt: skip

    @cached_property
    def worth(self) -> Floats:
        """How likely a vehicle of 0, 1, 2 … sites is free, until that rises no more."""
        busy, most = float(self.model.busy), 1.0
        if busy > 0:
            most = min(_MOST_SITES, np.ceil(_LEAST / np.log(busy) / self.model.vehicles))
        vehicles = self.model.vehicles * np.arange(int(most) + 1)
        return np.asarray(1.0 - busy**vehicles)

    @property
    def worth_of_stages(self) -> Floats:
        """The same, as far as the engine tells it apart."""
        return np.array(list_chances(float(self.model.busy), self.model.vehicles))

    def cover(
        self, cover: csr_array, pull: Floats, total: int | None, limits: dict[str, Any], /
    ) -> Solution:
        """Answer who is to be covered."""
        asked: dict[str, Any] = {"busy": self.model.busy, "vehicles": self.model.vehicles}
        return expected_cover(cover, pull, sites=total or 0, **asked, **limits)

    @property
    def figures(self) -> dict[str, float]:
        """How busy the vehicles are, and how many each site has."""
        return {"busy": self.model.busy, "vehicles": self.model.vehicles}


AIM = ExpectedCoverAim
