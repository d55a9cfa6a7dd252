"""The road network: noded, gaps bridged, closures cut out, points linked to it."""

from boxreach.network.graph import RoadNetwork, build_network, part_of
from boxreach.network.links import Access, Links, link_points, reach_nodes

__all__ = [
    "Access",
    "Links",
    "RoadNetwork",
    "build_network",
    "link_points",
    "part_of",
    "reach_nodes",
]
