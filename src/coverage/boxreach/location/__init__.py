"""Location models on plain arrays: a cover matrix and weights in, a solution with proof out."""

from boxreach.location.cover import max_cover
from boxreach.location.models import GroupLimit, MaxCover, Solution

__all__ = ["GroupLimit", "MaxCover", "Solution", "max_cover"]
