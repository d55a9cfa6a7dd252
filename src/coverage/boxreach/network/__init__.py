"""The road network: noded, gaps bridged, closures cut out, points linked to it."""

from boxreach.network.access import Access, find_access
from boxreach.network.building import build_network, network_from_arrays
from boxreach.network.graph import RoadNetwork, quickest
from boxreach.network.links import link_points

__all__ = [
    "Access",
    "RoadNetwork",
    "build_network",
    "find_access",
    "link_points",
    "network_from_arrays",
    "quickest",
]
