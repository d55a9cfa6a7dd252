"""Lines of sight over the ground: what posts see of a frontier, and of the land about them."""

from boxreach.sight.line_sight import LineSight
from boxreach.sight.model import Sight
from boxreach.sight.questions import COARSE_M, is_coarse
from boxreach.sight.surroundings import Viewshed, viewshed
from boxreach.sight.survey import see_line

__all__ = ["COARSE_M", "LineSight", "Sight", "Viewshed", "is_coarse", "see_line", "viewshed"]
