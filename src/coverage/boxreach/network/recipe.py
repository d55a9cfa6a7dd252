"""A recipe: all that is said about how roads become a network, checked, and laid out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import geopandas as gpd

from boxreach.arguments import flag_faults, range_faults, require_kind
from boxreach.crs import to_wgs84
from boxreach.errors import InputError
from boxreach.network.graph import Parameters
from boxreach.network.ground import PLAIN, Ground, find_ground
from boxreach.network.obstacles import NO_OBSTACLES, Obstacles, find_obstacles
from boxreach.sources.closures import read_day
from boxreach.sources.ground import require_ground
from boxreach.speeds import GROUND_KMH, SpeedModel, assign_ground
from boxreach.speeds.ground import class_faults
from boxreach.tables import BACKGROUND, require_table


class NoRoadLeft(InputError):  # noqa: N818 - it is told as the InputError that it is
    """Of the roads that were given none makes a network."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """How roads become a network.

    Attributes
    ----------
    model
        How fast one drives.
    off_road_km, off_road_kmh, off_road_class_kmh, node_crossings, bridge_m, on
        As in `build_network`.
    ground, ground_areas
        What open ground is made of, and of how many areas that is known.
    water
        What bridges and ways over open ground do not cross.
    """

    model: SpeedModel
    off_road_km: float
    off_road_kmh: float
    off_road_class_kmh: dict[str, float]
    ground: Ground
    ground_areas: int
    water: Obstacles
    node_crossings: bool
    bridge_m: float
    on: str | None

    def parameters(self, *, crossings_noded: int = 0) -> Parameters:
        """Return what a network without closures is built with.

        Parameters
        ----------
        crossings_noded
            At how many places crossings became nodes.
        """
        model = self.model
        return {
            "speeds_kmh": dict(model.kmh),
            "speeds": {name: one for name, one in model.parameters().items() if name != "kmh"},
            "off_road_km": self.off_road_km,
            "off_road_kmh": self.off_road_kmh,
            "off_road_class_kmh": dict(self.off_road_class_kmh),
            "ground_areas": self.ground_areas,
            "node_crossings": self.node_crossings,
            "crossings_noded": crossings_noded,
            "bridge_m": self.bridge_m,
            "on": self.on,
            "closures_given": 0,
            "closures_in_force": 0,
        }


def write_recipe(
    *,
    rivers: gpd.GeoDataFrame | None = None,
    speeds: SpeedModel | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    off_road_km: float = 5.0,
    off_road_kmh: float = 15.0,
    ground: gpd.GeoDataFrame | None = None,
    off_road_class_kmh: Mapping[str, float] | None = None,
    node_crossings: bool = False,
    bridge_m: float = 0.0,
    on: date | str | None = None,
) -> Recipe:
    """Return the recipe that arguments of `build_network` come to, or raise `InputError`."""
    class_kmh = _class_kmh(off_road_class_kmh)
    _check_parameters(off_road_km, off_road_kmh, bridge_m, node_crossings, class_kmh)
    model = _speed_model(speeds, speeds_kmh)
    return Recipe(
        model=model,
        off_road_km=float(off_road_km),
        off_road_kmh=float(off_road_kmh),
        off_road_class_kmh={**GROUND_KMH, **class_kmh},
        ground=_lay_ground(ground, class_kmh, model),
        ground_areas=0 if ground is None else len(ground),
        water=_find_water(rivers),
        node_crossings=bool(node_crossings),
        bridge_m=float(bridge_m),
        on=None if on is None else read_day(on),
    )


def _check_parameters(
    off_road_km: float,
    off_road_kmh: float,
    bridge_m: float,
    node_crossings: bool,
    class_kmh: Mapping[str, float],
) -> None:
    faults = flag_faults("node_crossings", node_crossings)
    for name, value, low, high in (
        ("off_road_km", off_road_km, 0, 200),
        ("off_road_kmh", off_road_kmh, 0.1, 300),
        ("bridge_m", bridge_m, 0, 50_000),
    ):
        faults += range_faults(name, value, low, high)
    faults += class_faults(class_kmh)
    if faults:
        raise InputError(*faults)


def _speed_model(speeds: SpeedModel | None, speeds_kmh: Mapping[str, float] | None) -> SpeedModel:
    if speeds is not None:
        require_kind(speeds, SpeedModel, "speeds", "give a SpeedModel")
    if speeds_kmh is not None:
        require_kind(speeds_kmh, Mapping, "speeds_kmh", "give km/h by road class")
    return (speeds or SpeedModel()).replace(kmh=dict(speeds_kmh or {}))


def _class_kmh(given: Mapping[str, float] | None) -> dict[str, float]:
    if given is not None:
        require_kind(given, Mapping, "off_road_class_kmh", "give km/h by class of ground")
    return dict(given or {})


def _lay_ground(
    areas: gpd.GeoDataFrame | None, class_kmh: Mapping[str, float], model: SpeedModel
) -> Ground:
    """Return the ground that areas and the terrain of a model describe."""
    if areas is None:
        return replace(PLAIN, terrain=model.terrain, slope=model.slope)
    areas = require_ground(areas)
    kmh = assign_ground(areas, class_kmh)
    return find_ground(areas.geometry.to_numpy(), kmh, model.terrain, model.slope)


def _find_water(rivers: gpd.GeoDataFrame | None) -> Obstacles:
    """Return the obstacles that a layer of water draws; rows without a shape draw none."""
    if rivers is None:
        return NO_OBSTACLES
    rivers = to_wgs84(rivers, file="rivers")
    drawn = rivers[~(rivers.geometry.isna() | rivers.geometry.is_empty)].reset_index(drop=True)
    if len(drawn):
        require_table(drawn.rename(index=str), BACKGROUND, file="rivers")
    return find_obstacles(drawn)
