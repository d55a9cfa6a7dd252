"""Location models on plain arrays: a cover matrix and weights in, a solution with proof out."""

from boxreach.location.backup import backup_cover
from boxreach.location.capacity import capacitated_cover
from boxreach.location.cases import CoverCase
from boxreach.location.center import p_center
from boxreach.location.cover import max_cover
from boxreach.location.divided import divided_cover
from boxreach.location.expected import expected_cover
from boxreach.location.median import p_median
from boxreach.location.models import (
    BackupCover,
    ExpectedCover,
    MaxCover,
    PCenter,
    PMedian,
    SetCover,
    Solution,
)
from boxreach.location.robust import RobustSolution, robust_cover
from boxreach.location.rules import GroupLimit, Rules
from boxreach.location.set_cover import set_cover

__all__ = [
    "BackupCover",
    "CoverCase",
    "ExpectedCover",
    "GroupLimit",
    "MaxCover",
    "PCenter",
    "PMedian",
    "RobustSolution",
    "Rules",
    "SetCover",
    "Solution",
    "backup_cover",
    "capacitated_cover",
    "divided_cover",
    "expected_cover",
    "max_cover",
    "p_center",
    "p_median",
    "robust_cover",
    "set_cover",
]
