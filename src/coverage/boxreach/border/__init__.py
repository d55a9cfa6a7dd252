"""Border posts: where they may stand, where they should, what stays open, and how they hold."""

from boxreach.border.defence import score_defence
from boxreach.border.frontier_plan import FrontierPlan
from boxreach.border.holding import Holding, hold_line
from boxreach.border.interception import Intercept, interceptions
from boxreach.border.post_sites import candidate_posts
from boxreach.border.posts import propose_posts
from boxreach.border.stretches import open_stretches
from boxreach.border.supply import measure_supply
from boxreach.border.telling import Surroundings

__all__ = [
    "FrontierPlan",
    "Holding",
    "Intercept",
    "Surroundings",
    "candidate_posts",
    "hold_line",
    "interceptions",
    "measure_supply",
    "open_stretches",
    "propose_posts",
    "score_defence",
]
