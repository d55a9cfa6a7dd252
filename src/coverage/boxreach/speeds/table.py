"""The shipped table of speeds, ``speeds.toml``: every value beside its reason."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

Factors = Mapping[str, float]


@dataclass(frozen=True)
class SpeedTable:
    """What ``speeds.toml`` holds; the names are those of `SpeedModel`."""

    kmh: Factors
    surface_factor: Factors
    season_factor: Mapping[str, Factors]
    night_factor: Factors
    natural_surface: Mapping[str, str]
    junction_s: Factors
    slope: Factors
    link_factor: float
    limit_factor: float
    limit_lift: float
    not_driven: frozenset[str]


def read_speed_file() -> dict[str, Any]:
    """Return ``speeds.toml`` as it is written, reasons included.

    Examples
    --------
    >>> read_speed_file()["surface_factor"]["sand"]
    {'value': 0.3, 'reason': 'low tyres, low gear'}
    """
    text = files("boxreach.speeds").joinpath("speeds.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _load() -> SpeedTable:
    written = read_speed_file()
    factors = _values(written["factors"])
    return SpeedTable(
        kmh=_values(written["kmh"]),
        surface_factor=_values({"": {"value": 1}, **written["surface_factor"]}),
        season_factor=MappingProxyType(
            {season: _values(given) for season, given in written["season_factor"].items()}
        ),
        night_factor=_values(written["night_factor"]),
        natural_surface=MappingProxyType(
            {name: str(one["value"]) for name, one in written["natural_surface"].items()}
        ),
        junction_s=_values(written["junction_s"]),
        slope=_values(written["slope"]),
        link_factor=factors["link_factor"],
        limit_factor=factors["limit_factor"],
        limit_lift=factors["limit_lift"],
        not_driven=frozenset(
            name for kind in written["not_driven"].values() for name in kind["value"]
        ),
    )


def _values(section: Mapping[str, Any]) -> Factors:
    return MappingProxyType({name: float(one["value"]) for name, one in section.items()})


TABLE = _load()

SPEED_KMH: Factors = TABLE.kmh
"""Free-flow km/h by road class; a ``_link`` road drives as ``link_factor`` of its class."""

SURFACE_FACTOR: Factors = TABLE.surface_factor
"""What a surface leaves of the speed of the class."""

SEASONS: tuple[str, ...] = tuple(TABLE.season_factor)
"""The seasons that are known."""

LINK_FACTOR: float = TABLE.link_factor

NOT_DRIVEN: frozenset[str] = TABLE.not_driven
"""Classes on which no vehicle answers a call: such roads are left out of the network."""
