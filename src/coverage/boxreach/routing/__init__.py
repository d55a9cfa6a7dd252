"""Travel times: who is how far from whom, in whole milliseconds."""

from boxreach.routing.node_times import nearest_nodes, node_times
from boxreach.routing.routes import find_routes
from boxreach.routing.search import Progress
from boxreach.routing.steps import Step
from boxreach.routing.stored import StoredTimes, Times, hold_times, store_travel_times
from boxreach.routing.terms import Direction, Terms
from boxreach.routing.times import NEVER, TravelTimes, search_times, travel_times

__all__ = [
    "NEVER",
    "Direction",
    "Progress",
    "Step",
    "StoredTimes",
    "Terms",
    "Times",
    "TravelTimes",
    "find_routes",
    "hold_times",
    "nearest_nodes",
    "node_times",
    "search_times",
    "store_travel_times",
    "travel_times",
]
