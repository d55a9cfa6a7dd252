"""Border posts: where they may stand, where they should, and what stays open."""

from boxreach.border.frontier_plan import FrontierPlan
from boxreach.border.posts import propose_posts
from boxreach.border.stretches import open_stretches

__all__ = ["FrontierPlan", "open_stretches", "propose_posts"]
