"""The road network: noded, gaps bridged, closures cut out, points linked to it."""

from boxreach.network.access import Access, find_access
from boxreach.network.arrivals import NOT_REACHED, UNKNOWN, Arrivals
from boxreach.network.building import build_network, network_from_arrays
from boxreach.network.description import describe_network
from boxreach.network.graph import RoadNetwork, quickest
from boxreach.network.ground import NO_WAY
from boxreach.network.links import NO_LEG, link_points, time_ways
from boxreach.network.roadside import nearest_roads
from boxreach.network.spots import Spots, drive_between
from boxreach.network.storage import load_network, save_network
from boxreach.network.tiling import (
    TiledNetwork,
    name_tiles,
    require_one_side,
    tile_network,
    window_about,
)

__all__ = [
    "NOT_REACHED",
    "NO_LEG",
    "NO_WAY",
    "UNKNOWN",
    "Access",
    "Arrivals",
    "RoadNetwork",
    "Spots",
    "TiledNetwork",
    "build_network",
    "describe_network",
    "drive_between",
    "find_access",
    "link_points",
    "load_network",
    "name_tiles",
    "nearest_roads",
    "network_from_arrays",
    "quickest",
    "require_one_side",
    "save_network",
    "tile_network",
    "time_ways",
    "window_about",
]
