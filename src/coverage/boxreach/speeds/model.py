"""`SpeedModel`: km/h of every road, both ways."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import kind_of
from boxreach.crs import Floats
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.terrain import Terrain
from boxreach.speeds import checks
from boxreach.speeds.coding import CodedText
from boxreach.speeds.slope import Slope, slope_factors
from boxreach.speeds.table import NOT_DRIVEN, TABLE, Factors
from boxreach.speeds.walk import LegSpeeds, draw_legs, leg_lengths_m, mean_kmh
from boxreach.speeds.zones import SpeedZones

Integers = npt.NDArray[np.int64]

_SLOWEST_KMH = 0.1
_NOT_KNOWN = "unclassified"


@dataclass(frozen=True)
class SpeedModel:
    """How fast a response vehicle drives on each road, in free flow.

    What is given by name is put over the shipped table; what is not named stays.

    Attributes
    ----------
    kmh
        Km/h by road class, on asphalt, by day, in the dry season.
    surface_factor
        What a surface leaves of it.
    season
        ``"dry"``, ``"wet"`` or ``"snow"``.
    season_factor
        What each season leaves of it, by surface.
    natural_surface
        What a class is made of where no surface is given: it decides what the season does.
    night
        Whether it is dark.
    night_factor
        What darkness leaves of the speed, by class.
    link_factor
        What a ``_link`` road keeps of the speed of its class.
    limit_factor, limit_lift
        Where a legal limit is known, the speed is ``limit_factor`` of it, and at most
        ``limit_lift`` of the speed of class, surface and season.
    junction_s
        Seconds lost at each junction that a road of the class enters. More than 0 breaks the
        promise that a new road makes nobody slower, for it makes new junctions.
    slope
        What a grade takes, uphill and downhill, where a terrain is given.
    terrain
        The heights of the ground.
    zones
        Areas with a speed of their own.

    Examples
    --------
    >>> from shapely import LineString
    >>> roads = gpd.GeoDataFrame(
    ...     {"road_class": ["trunk", "track"], "limit_kmh": [60, None]},
    ...     geometry=[LineString([(44, 33), (44.1, 33)])] * 2, crs=4326)
    >>> [kmh.round(1).tolist() for kmh in SpeedModel().assign(roads)]
    [[54.0, 30.0], [54.0, 30.0]]
    >>> SpeedModel(season="wet").replace(kmh={"track": 20}).assign(roads)[0].tolist()
    [54.0, 10.0]
    """

    kmh: Factors = field(default_factory=dict)
    surface_factor: Factors = field(default_factory=dict)
    season: str = "dry"
    season_factor: Mapping[str, Factors] = field(default_factory=dict)
    natural_surface: Mapping[str, str] = field(default_factory=dict)
    night: bool = False
    night_factor: Factors = field(default_factory=dict)
    link_factor: float = TABLE.link_factor
    limit_factor: float = TABLE.limit_factor
    limit_lift: float = TABLE.limit_lift
    junction_s: Factors = field(default_factory=dict)
    slope: Slope = field(default_factory=Slope)
    terrain: Terrain | None = None
    zones: SpeedZones | None = None

    def __post_init__(self) -> None:
        _require_kinds({name: getattr(self, name) for name in _KINDS})
        faults = (
            checks.by_class_faults(self.kmh, "kmh", checks.KMH)
            + checks.by_surface_faults(self.surface_factor, "surface_factor")
            + checks.season_faults(self.season, "season")
            + checks.by_season_faults(self.season_factor, "season_factor")
            + checks.natural_faults(self.natural_surface, "natural_surface")
            + checks.by_class_faults(self.night_factor, "night_factor", checks.FACTOR)
            + checks.range_faults(self.link_factor, "link_factor", checks.FACTOR)
            + checks.range_faults(self.limit_factor, "limit_factor", checks.FACTOR)
            + checks.range_faults(self.limit_lift, "limit_lift", checks.LIFT)
            + checks.by_class_faults(self.junction_s, "junction_s", checks.DELAY_S)
            + checks.slope_faults(self.slope)
        )
        if faults:
            raise InputError(*faults)
        for name in _BY_NAME:
            object.__setattr__(self, name, _over(getattr(TABLE, name), getattr(self, name)))
        seasons = {
            season: _over(factors, self.season_factor.get(season, {}))
            for season, factors in TABLE.season_factor.items()
        }
        object.__setattr__(self, "season_factor", MappingProxyType(seasons))

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how the model is made again: views of mappings cannot be pickled."""
        values = {one.name: _plain(getattr(self, one.name)) for one in fields(self)}
        return _make, (type(self), values)

    def replace(self, **changes: Any) -> SpeedModel:
        """Return the model with other values; in what goes by name, those not named stay.

        Parameters
        ----------
        **changes
            Any attribute. `slope` may be a mapping of its values, and `zones` a table (see
            `read_speed_zones`).

        Returns
        -------
        SpeedModel
            Another one; this stays as it is.

        Raises
        ------
        InputError
            Every name that is not known and every value out of range, at once.

        Examples
        --------
        >>> SpeedModel().replace(kmh={"trakc": 20}, link_factor=7)
        Traceback (most recent call last):
        boxreach.errors.InputError: 2 faults:
          column kmh: 'trakc' is no road class; did you mean track?
          column link_factor: it is 7; give a number from 0.01 to 2
        """
        zones = changes.get("zones")
        if zones is not None and not isinstance(zones, SpeedZones):
            changes["zones"] = SpeedZones.of(zones)
        if isinstance(changes.get("slope"), Mapping):
            if faults := checks.slope_name_faults(changes["slope"]):
                raise InputError(*faults)
            changes["slope"] = replace(self.slope, **changes["slope"])
        _require_kinds(changes)
        for name in _BY_NAME & changes.keys():
            changes[name] = {**getattr(self, name), **changes[name]}
        if "season_factor" in changes:
            given = changes["season_factor"]
            if not all(isinstance(factors, Mapping) for factors in given.values()):
                raise InputError(*checks.by_season_faults(given, "season_factor"))
            mine = self.season_factor
            changes["season_factor"] = {
                season: {**mine.get(season, {}), **given.get(season, {})}
                for season in {**mine, **given}
            }
        return replace(self, **changes)

    @property
    def varies(self) -> bool:
        """Whether speeds change along a road: with a terrain, or with zones."""
        return self.terrain is not None or self.zones is not None

    def assign(self, roads: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
        """Return the km/h of each road with and against the direction in which it is drawn.

        A road's own ``speed_kmh`` replaces all of the model. Roads without a class drive as
        unclassified; so do roads of a class that is not in the table, which are counted in a
        `DataWarning`, as are surfaces that are not, which count as none. Where speeds change along
        a road, its speed is its length over its time.

        Parameters
        ----------
        roads
            A roads table of single lines in EPSG:4326.

        Returns
        -------
        tuple of array of float
            Km/h with and against that direction, each with one for each road.
        """
        forward, backward = self._assign_level(roads)
        if not self.varies:
            return forward, backward
        legs, road = draw_legs(roads.geometry.to_numpy())
        parts = self._slow(forward[road], backward[road], _own_kmh(roads)[road], legs)
        metres = leg_lengths_m(legs)[parts.leg] * (parts.end - parts.start)
        of = road[parts.leg]
        return (
            mean_kmh(of, metres, parts.forward_kmh, forward),
            mean_kmh(of, metres, parts.backward_kmh, backward),
        )

    def fastest_kmh(self, roads: gpd.GeoDataFrame | None) -> float:
        """Return the km/h that no road of a table exceeds, nor what zones make of it.

        Without a table it is what no road does that has no speed of its own.

        Parameters
        ----------
        roads
            As in `assign`, or None.

        Returns
        -------
        float
            An upper limit: no road need drive so fast.
        """
        if roads is None:
            most = max(self.kmh.values()) * max(self.link_factor, 1.0)
            fastest = most * max(self.limit_lift, 1.0) * max(*self.surface_factor.values(), 1.0)
        else:
            fastest = max(float(one.max(initial=_SLOWEST_KMH)) for one in self._assign_level(roads))
        return fastest if self.zones is None else self.zones.lift(fastest)

    def assign_legs(self, roads: gpd.GeoDataFrame, legs: Floats, road: Integers) -> LegSpeeds:
        """Return the km/h on each part of straight legs of roads on which speeds do not change.

        Where those parts begin and end depends on the leg, the terrain and the zones alone.

        Parameters
        ----------
        roads
            As in `assign`.
        legs
            Longitude and latitude of both ends, four columns.
        road
            The position of the road that each leg is of.

        Returns
        -------
        LegSpeeds
            By leg and then by start.
        """
        forward, backward = self._assign_level(roads)
        return self._slow(forward[road], backward[road], _own_kmh(roads)[road], legs)

    def _assign_level(self, roads: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
        """Return the speeds of roads on the level and outside of all zones."""
        classes, surfaces = CodedText.of(roads, "road_class"), CodedText.of(roads, "surface")
        self._warn_unknown(classes, surfaces, roads.index)
        base = self._class_kmh(classes) * self._surface_factors(classes, surfaces)
        dark = classes.numbers(self._night_factor) if self.night else np.ones(len(roads))
        both = [self._limited(base, limit) * dark for limit in _limits(roads)]
        own = _own_kmh(roads)
        forward, backward = (
            np.where(np.isnan(own), np.maximum(kmh, _SLOWEST_KMH), own) for kmh in both
        )
        return forward, backward

    def _slow(self, forward: Floats, backward: Floats, own: Floats, legs: Floats) -> LegSpeeds:
        """Return what slope and zones make of the speeds of legs; those of their own stay."""
        both = [forward, backward]
        if self.terrain is not None:
            factors = slope_factors(legs, self.terrain, self.slope)
            both = [kmh * factor for kmh, factor in zip(both, factors, strict=True)]
        if self.zones is None:
            leg = np.arange(len(legs))
            start, end = np.zeros(len(legs)), np.ones(len(legs))
        else:
            parts = self.zones.divide(legs)
            leg, start, end = parts.leg, parts.start, parts.end
            both = [parts.slow(kmh[leg]) for kmh in both]
        own = own[leg]
        both = [np.where(np.isnan(own), np.maximum(kmh, _SLOWEST_KMH), own) for kmh in both]
        return LegSpeeds(leg, start, end, *both)

    def junction_delays_s(self, roads: gpd.GeoDataFrame) -> Floats:
        """Return the seconds lost at each junction that a road enters, one for each road.

        Parameters
        ----------
        roads
            As in `assign`.

        Returns
        -------
        array of float
            Seconds, 0 where nothing is lost.
        """
        return CodedText.of(roads, "road_class").numbers(
            lambda name: self.junction_s.get(self._base(name), 0.0)
        )

    def parameters(self) -> dict[str, object]:
        """Return every value by the name of its attribute, as JSON can hold it.

        Returns
        -------
        dict of str to object
            Numbers, text and mappings of these; of the terrain its file, of zones how many.
        """
        return {
            "kmh": dict(self.kmh),
            "surface_factor": dict(self.surface_factor),
            "season": self.season,
            "season_factor": {name: dict(one) for name, one in self.season_factor.items()},
            "natural_surface": dict(self.natural_surface),
            "night": self.night,
            "night_factor": dict(self.night_factor),
            "link_factor": self.link_factor,
            "limit_factor": self.limit_factor,
            "limit_lift": self.limit_lift,
            "junction_s": dict(self.junction_s),
            "slope": asdict(self.slope),
            "terrain": self.terrain.file if self.terrain is not None else None,
            "zones": len(self.zones.table) if self.zones is not None else 0,
        }

    def _base(self, road_class: str) -> str:
        base = road_class.removesuffix("_link")
        return base if base in self.kmh else _NOT_KNOWN

    def _class_kmh(self, classes: CodedText) -> Floats:
        def one(name: str) -> float:
            known_link = name.endswith("_link") and name.removesuffix("_link") in self.kmh
            return self.kmh[self._base(name)] * (self.link_factor if known_link else 1.0)

        return classes.numbers(one)

    def _night_factor(self, road_class: str) -> float:
        return self.night_factor.get(self._base(road_class), 1.0)

    def _surface_factors(self, classes: CodedText, surfaces: CodedText) -> Floats:
        """Return what surface and season leave of the speed of each road's class."""
        season = self.season_factor[self.season]
        blank = surfaces.are(lambda name: name not in self.surface_factor or not name)
        natural = classes.numbers(
            lambda name: season.get(self.natural_surface.get(self._base(name), ""), 1.0)
        )
        told = surfaces.numbers(lambda name: season.get(name, 1.0))
        plain = surfaces.numbers(lambda name: self.surface_factor.get(name, 1.0))
        return plain * np.where(blank, natural, told)

    def _limited(self, base: Floats, limit: Floats) -> Floats:
        allowed = np.minimum(limit * self.limit_factor, base * self.limit_lift)
        return np.where(np.isnan(limit), base, allowed)

    def _warn_unknown(self, classes: CodedText, surfaces: CodedText, ids: pd.Index[Any]) -> None:
        known = {"", *self.kmh, *(f"{name}_link" for name in self.kmh)}
        for text, words, said in (
            (classes, known, "class ({}) drive as unclassified"),
            (surfaces, {"", *self.surface_factor}, "surface ({}) drive as if none were given"),
        ):
            odd = text.are(lambda name, words=words: name not in words)  # type: ignore[misc]
            if odd.any():
                names = ", ".join(text.held(odd)[:5])
                count = ids[odd].nunique()  # a road is cut into pieces of its id
                what = f"{count} roads of unknown {said.format(names)}"
                warnings.warn(what, DataWarning, stacklevel=5)


_BY_NAME = {"kmh", "surface_factor", "natural_surface", "night_factor", "junction_s"}
_KINDS: Mapping[str, tuple[Any, str]] = {
    **dict.fromkeys([*sorted(_BY_NAME), "season_factor"], (Mapping, "give values by name")),
    "night": (bool | np.bool_, "give True or False"),
    "slope": (Slope, "give a Slope"),
    "terrain": (Terrain | None, "give what read_terrain returned"),
    "zones": (SpeedZones | None, "give what read_speed_zones returned to SpeedModel.replace"),
}


def _require_kinds(given: Mapping[str, object]) -> None:
    """Raise `InputError` for values of another kind than their names ask for."""
    faults = [
        Fault(f"it is {kind_of(given[name])}", column=name, advice=advice)
        for name, (kind, advice) in _KINDS.items()
        if name in given and not isinstance(given[name], kind)
    ]
    if faults:
        raise InputError(*faults)


def drop_undriven(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the roads that can be driven; those left out are counted in a `DataWarning`."""
    classes = CodedText.of(roads, "road_class")
    undriven = classes.are(lambda name: name in NOT_DRIVEN)
    if undriven.any():
        warnings.warn(
            f"{int(undriven.sum())} roads cannot be driven and are left out"
            f" ({', '.join(classes.held(undriven))})",
            DataWarning,
            stacklevel=3,
        )
    return roads[~undriven]


def assign_speeds(
    roads: gpd.GeoDataFrame, *, speeds_kmh: Mapping[str, float] | None = None
) -> Floats:
    """Return the km/h of each road in the direction in which it is drawn.

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
    [56.0, 40.0]
    """
    return SpeedModel(kmh=dict(speeds_kmh or {})).assign(roads)[0]


def _over(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType({**defaults, **given})


def _column(roads: gpd.GeoDataFrame, name: str) -> Floats:
    if name not in roads:
        return np.full(len(roads), np.nan)
    values: Floats = roads[name].to_numpy(dtype=float, na_value=np.nan)
    return values


def _own_kmh(roads: gpd.GeoDataFrame) -> Floats:
    return _column(roads, "speed_kmh")


def _limits(roads: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    limit, back = _column(roads, "limit_kmh"), _column(roads, "limit_back_kmh")
    return limit, np.where(np.isnan(back), limit, back)


def _make(kind: type[SpeedModel], values: dict[str, Any]) -> SpeedModel:
    return kind(**values)


def _plain(value: Any) -> Any:
    """Return mappings as dictionaries, and what is none as it is."""
    if not isinstance(value, Mapping):
        return value
    return {name: _plain(one) for name, one in value.items()}
