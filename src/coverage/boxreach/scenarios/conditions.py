"""Conditions with names: what night, rain and a curfew leave of speeds, and what they close."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np

from boxreach.crs import Floats
from boxreach.network import RoadNetwork
from boxreach.speeds.coding import CodedText
from boxreach.speeds.table import TABLE

ALL, OFF_ROAD = "all", "off_road"
"""What speeds by class call the classes that are not named, and open ground."""

_UNCLASSIFIED = "unclassified"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What a condition does to speeds and roads; modelled, not measured.

    Attributes
    ----------
    name
        What it is called.
    night
        Whether it is dark: the night factors of the network's speed model hold.
    season
        The season whose factors hold, by surface; None leaves that of the network.
    speed_factor
        What else it leaves of the usual speed, by class; what is not named keeps it.
    closed
        The classes of roads that it closes.
    off_road
        What it leaves of the speed over open ground.
    """

    name: str
    night: bool = False
    season: str | None = None
    speed_factor: Mapping[str, float] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    off_road: float = 1.0

    def shares(self, network: RoadNetwork) -> Floats:
        """Return what each edge keeps of the speed it has in the network; 0 where it is closed.

        What holds for the network already changes nothing: night one that was built with `night`,
        rain one of the wet season. The factors are those of the network's own speed model where it
        knows it, else the shipped ones. A road that a limit holds back keeps the same share, so a
        network built for the wet season may be quicker there.

        Parameters
        ----------
        network
            From `build_network`.
        """
        model = network.parameters["speeds"]
        classes = road_classes(network)
        factors = {**self.speed_factor, **dict.fromkeys(self.closed, 0.0)}
        shares = classes.numbers(lambda name: factors.get(name, factors.get(ALL, 1.0)))
        if self.night and not model.get("night", False):
            dark: Any = model.get("night_factor", TABLE.night_factor)
            shares *= classes.numbers(lambda name: dark.get(name, dark.get(_UNCLASSIFIED, 1.0)))
        if self.season is not None:
            shares *= season_shares(network, self.season)
        return shares


def road_classes(network: RoadNetwork) -> CodedText:
    """Return the class of each edge as speeds go by: links as their class, blank unclassified.

    Parameters
    ----------
    network
        From `build_network`.
    """
    told = CodedText.of(network.attributes, "road_class")
    words = [word.removesuffix("_link") or _UNCLASSIFIED for word in told.words]
    return CodedText(tuple(words), told.codes)


def season_shares(network: RoadNetwork, season: str) -> Floats:
    """Return what a season leaves of the speed that each edge has in the network's own season.

    Parameters
    ----------
    network
        From `build_network`.
    season
        One of `boxreach.speeds.SEASONS`.
    """
    model: Any = network.parameters["speeds"]
    known = model.get("season_factor", TABLE.season_factor)
    now, then = known[model.get("season", "dry")], known[season]
    if now == then:
        return np.ones(len(network.edges))
    surfaces = CodedText.of(network.attributes, "surface")
    classes = road_classes(network)
    natural = model.get("natural_surface", TABLE.natural_surface)
    of_surface = model.get("surface_factor", TABLE.surface_factor)

    def left(surface: str) -> float:
        return float(then.get(surface, 1.0)) / float(now.get(surface, 1.0))

    blank = surfaces.are(lambda name: not name or name not in of_surface)
    told = surfaces.numbers(left)
    bare = classes.numbers(lambda name: left(natural.get(name, "")))
    return np.where(blank, bare, told)


def read_condition_file() -> dict[str, Any]:
    """Return ``conditions.toml`` as it is written, reasons included.

    Examples
    --------
    >>> read_condition_file()["rain"]["off_road"]["value"]
    0.5
    """
    text = files("boxreach.scenarios").joinpath("conditions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _read(name: str, written: Mapping[str, Any]) -> Condition:
    factors = written.get("speed_factor", {})
    return Condition(
        name=name,
        night=written.get("night", False),
        season=written.get("season"),
        speed_factor=MappingProxyType({key: float(one["value"]) for key, one in factors.items()}),
        closed=tuple(written.get("closed", ())),
        off_road=float(written["off_road"]["value"]),
    )


CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {name: _read(name, written) for name, written in read_condition_file().items()}
)
"""The shipped conditions: ``night``, ``rain``, ``snow``, ``night-rain`` and ``curfew``."""
