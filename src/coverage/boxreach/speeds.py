"""How fast a response vehicle drives, by class and surface of the road."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np

from boxreach.crs import Floats
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.tables import suggest

SPEED_KMH: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 100.0,
        "trunk": 85.0,
        "primary": 70.0,
        "secondary": 60.0,
        "tertiary": 50.0,
        "unclassified": 45.0,
        "residential": 30.0,
        "living_street": 15.0,
        "service": 20.0,
        "track": 30.0,
        "bridge_gap": 30.0,
    }
)
"""Free-flow km/h by road class; a ``_link`` road drives as ``link_factor`` of its class."""

SURFACE_FACTOR: Mapping[str, float] = MappingProxyType(
    {"": 1.0, "paved": 1.0, "asphalt": 1.0, "concrete": 1.0, "gravel": 0.7, "compacted": 0.8,
     "unpaved": 0.6, "dirt": 0.5, "ground": 0.5, "earth": 0.5, "sand": 0.3}
)  # fmt: skip
"""What a surface leaves of the speed of the class."""

LINK_FACTOR = 0.6

NOT_DRIVEN = frozenset(
    {"abandoned", "bridleway", "bus_guideway", "construction", "corridor", "cycleway", "elevator",
     "escape", "ferry", "footway", "path", "pedestrian", "platform", "proposed", "raceway", "razed",
     "steps"}
)  # fmt: skip
"""Classes on which no vehicle answers a call: such roads are left out of the network."""


def drop_undriven(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the roads that can be driven; those left out are counted in a `DataWarning`."""
    undriven = np.array([one in NOT_DRIVEN for one in _text(roads, "road_class")], dtype=bool)
    if undriven.any():
        classes = sorted({*np.array(_text(roads, "road_class"))[undriven]})
        warnings.warn(
            f"{int(undriven.sum())} roads cannot be driven and are left out ({', '.join(classes)})",
            DataWarning,
            stacklevel=3,
        )
    return roads[~undriven]


def assign_speeds(
    roads: gpd.GeoDataFrame, *, speeds_kmh: Mapping[str, float] | None = None
) -> Floats:
    """Return the km/h of each road.

    A road's own ``speed_kmh`` comes first; else the speed of its ``road_class`` times the factor
    of its ``surface``. Roads without a class drive as ``unclassified``; so do roads of a class
    that is not in the table, and those are counted in a `DataWarning`.

    Parameters
    ----------
    roads
        The roads table.
    speeds_kmh
        Km/h by class, in place of those of `SPEED_KMH`.

    Examples
    --------
    >>> from shapely import LineString
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": ["trunk", ""], "surface": ["gravel", ""]},
    ...     geometry=[LineString([(0, 0), (1, 0)])] * 2, crs=4326)
    >>> assign_speeds(roads).round(1).tolist()
    [59.5, 45.0]
    """
    table = dict(SPEED_KMH) | dict(speeds_kmh or {})
    _check_speeds(table, speeds_kmh or {})
    classes = _text(roads, "road_class")
    speeds = np.array([_class_speed(one, table) for one in classes])
    surface = _text(roads, "surface")
    unknown = {one for one in classes if np.isnan(_class_speed(one, table))} - {""}
    if unknown:
        count = sum(one in unknown for one in classes)
        warnings.warn(
            f"{count} roads of unknown class ({', '.join(sorted(unknown)[:5])}) drive as"
            " unclassified",
            DataWarning,
            stacklevel=3,
        )
    speeds = np.where(np.isnan(speeds), table["unclassified"], speeds)
    speeds *= np.array([SURFACE_FACTOR.get(one, 1.0) for one in surface])
    if "speed_kmh" in roads:
        own = roads["speed_kmh"].to_numpy(dtype=float, na_value=np.nan)
        speeds = np.where(np.isnan(own), speeds, own)
    return speeds


def _check_speeds(table: Mapping[str, float], given: Mapping[str, float]) -> None:
    known = list(SPEED_KMH)
    faults = [
        Fault(f"{name!r} is no road class", column="speeds_kmh", advice=suggest(name, known))
        for name in given
        if name not in SPEED_KMH
    ] + [
        Fault(f"{name} has {kmh:g} km/h", column="speeds_kmh", advice="give 0.1 to 300")
        for name, kmh in table.items()
        if not 0.1 <= kmh <= 300
    ]
    if faults:
        raise InputError(*faults)


def _class_speed(road_class: str, table: Mapping[str, float]) -> float:
    base = road_class.removesuffix("_link")
    return table.get(base, np.nan) * (LINK_FACTOR if base != road_class else 1.0)


def _text(roads: gpd.GeoDataFrame, name: str) -> list[str]:
    if name not in roads:
        return [""] * len(roads)
    return [str(value).strip().lower() for value in roads[name].fillna("")]
