"""How fast a response vehicle drives: by class, surface, season, night, slope and legal limit."""

from boxreach.speeds.ground import GROUND_KMH, assign_ground
from boxreach.speeds.model import SpeedModel, assign_speeds, drop_undriven
from boxreach.speeds.slope import Slope
from boxreach.speeds.table import LINK_FACTOR, NOT_DRIVEN, SEASONS, SPEED_KMH, SURFACE_FACTOR

__all__ = [
    "GROUND_KMH",
    "LINK_FACTOR",
    "NOT_DRIVEN",
    "SEASONS",
    "SPEED_KMH",
    "SURFACE_FACTOR",
    "Slope",
    "SpeedModel",
    "assign_ground",
    "assign_speeds",
    "drop_undriven",
]
