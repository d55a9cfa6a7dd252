"""Reach as much as can be by several sites each, so that one may be away."""

from __future__ import annotations

from typing import Any

from scipy.sparse import csr_array

from boxreach.location import BackupCover, Solution, backup_cover
from boxreach.placement.aims.aim import Aim, Floats, Keys


class BackupCoverAim(Aim):
    """`BackupCover`."""

    model: BackupCover
    kind = BackupCover
    name = "backup-cover"
    keys = ("boxes", "backup_boxes")
    of_cover = True
    measure = None
    objective_is = "{unit} within the minutes of so many sites"
    seeks = "BackupCover"
    told = "backup_cover"

    @classmethod
    def of_plan(cls, asked: Keys) -> BackupCover:
        """Return the model that ``[propose]`` asks for."""
        new = asked.new_boxes() or 0
        return BackupCover(sites=new, minutes=asked.minutes, boxes=asked.backup_boxes)

    @property
    def boxes(self) -> int:
        """How many sites must reach a place for it to count."""
        return self.model.boxes

    def cover(
        self, cover: csr_array, pull: Floats, total: int | None, limits: dict[str, Any], /
    ) -> Solution:
        """Answer who is to be covered."""
        return backup_cover(cover, pull, sites=total or 0, boxes=self.boxes, **limits)

    @property
    def counts(self) -> str:
        """What the objective counts."""
        return f"{{unit}} with {self.boxes} boxes"

    @property
    def figures(self) -> dict[str, float]:
        """How many boxes."""
        return {"boxes": self.boxes}


AIM = BackupCoverAim
