"""Location models on plain arrays: a cover matrix and weights in, a solution with proof out."""

from boxreach.location.backup import backup_cover
from boxreach.location.cover import max_cover
from boxreach.location.expected import expected_cover
from boxreach.location.models import MaxCover, Solution
from boxreach.location.rules import GroupLimit, Rules

__all__ = [
    "GroupLimit",
    "MaxCover",
    "Rules",
    "Solution",
    "backup_cover",
    "expected_cover",
    "max_cover",
]
