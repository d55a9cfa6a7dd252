"""Border posts: where they may stand, where they should, and what stays open."""

from boxreach.border.frontier_plan import FrontierPlan
from boxreach.border.interception import Intercept, interceptions
from boxreach.border.post_sites import candidate_posts
from boxreach.border.posts import propose_posts
from boxreach.border.stretches import open_stretches

__all__ = [
    "FrontierPlan",
    "Intercept",
    "candidate_posts",
    "interceptions",
    "open_stretches",
    "propose_posts",
]
