"""`screen_sites`: which candidates may be boxes, and why the others may not."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from boxreach.arguments import flag_faults, kind_of, number_faults, require_kind
from boxreach.candidates.hindrances import lies_in, lies_near, slopes_deg, standing_km
from boxreach.candidates.thinning import thin_places
from boxreach.crs import Floats, to_wgs84
from boxreach.errors import DataWarning, Fault, FaultCollector, InfeasibleError, InputError
from boxreach.network import RoadNetwork
from boxreach.network.obstacles import find_obstacles
from boxreach.network.roadside import road_distances_m
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile
from boxreach.tables import AREAS, no_row, place_faults, point_faults

Flags = npt.NDArray[np.bool_]

REASONS = (
    "CLOSED", "FAR_SIDE", "NEAR_LINE", "FAR_BACK", "GAP",
    "OUTSIDE", "STEEP", "WATER", "OFF_ROAD", "ON_ROAD", "STANDING", "DUPLICATE",
)  # fmt: skip
"""Why a candidate is dropped, in the order in which they are looked at.

The second to the fifth are of border posts only (see `candidate_posts`).
"""

_FIRST_KINDS = (
    "station", "point", "crossing", "community", "junction", "height", "road", "setback", "grid",
)  # fmt: skip
_LIMITS = {
    "slope_deg": (0, 90),
    "water_m": (0, 100_000),
    "road_km": (0, 1_000),
    "clear_road_m": (0, 100_000),
    "standing_km": (0, 10_000),
    "same_m": (0.01, 100_000),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Exclusions:
    """What keeps a candidate out; a limit that is not given keeps none out.

    Attributes
    ----------
    closed
        Whether those inside closed ground are dropped: areas of the network's closures, but for
        those that only slow or only mean one road. Reason ``CLOSED``.
    within
        Areas, in one of which a candidate must lie, the border included. Reason ``OUTSIDE``.
    slope_deg
        The steepest ground allowed, over two cells of `terrain`; where heights are not known
        nothing is dropped. Reason ``STEEP``.
    terrain
        Heights, as of `read_terrain` or `open_terrain`.
    water_m
        Nearer to water than so many metres, on it or in it, is too near. Reason ``WATER``.
    water
        Lines and areas of water. Without it those that bar ways over the network's open ground
        count, of which only lines and shores are known: what lies in the middle of a lake stays.
    road_km
        The farthest a road may be, in a straight line. Reason ``OFF_ROAD``.
    clear_road_m
        The nearest a road may be. Reason ``ON_ROAD``.
    standing_km
        Nearer to one of `boxes` than so many km is too near. Reason ``STANDING``.
    boxes
        The boxes that stand.
    same_m
        Candidates nearer to each other than this are at one place: one of them stays, rather a
        station than a point, a crossing, a community, a junction, a high point, a road, a place
        set back and a grid, then the lower id.
        Reason ``DUPLICATE``.

    Examples
    --------
    >>> Exclusions(slope_deg=100, standing_km=5)
    Traceback (most recent call last):
    boxreach.errors.InputError: 3 faults:
      slope_deg is 100; give a number from 0 to 90
      slope_deg is given without terrain; give terrain too
      standing_km is given without boxes; give boxes too
    """

    closed: bool = True
    within: gpd.GeoDataFrame | None = None
    slope_deg: float | None = None
    terrain: Terrain | TerrainFile | None = None
    water_m: float | None = None
    water: gpd.GeoDataFrame | None = None
    road_km: float | None = None
    clear_road_m: float | None = None
    standing_km: float | None = None
    boxes: gpd.GeoDataFrame | None = None
    same_m: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no limit, and limits of what is not given."""
        faults = flag_faults("closed", self.closed)
        for name, (low, high) in _LIMITS.items():
            limit = getattr(self, name)
            if limit is not None or name == "same_m":
                advice = f"give a number from {low:g} to {high:g}"
                allowed = lambda one, low=low, high=high: low <= one <= high  # noqa: E731
                faults += number_faults(name, limit, allowed, advice)
        for name, layer in (("slope_deg", "terrain"), ("standing_km", "boxes")):
            if getattr(self, name) is not None and getattr(self, layer) is None:
                faults.append(Fault(f"{name} is given without {layer}", advice=f"give {layer} too"))
        if self.water is not None and self.water_m is None:
            faults.append(Fault("water is given without water_m", advice="give water_m too"))
        if self.terrain is not None and not isinstance(self.terrain, Terrain | TerrainFile):
            what = f"terrain is {kind_of(self.terrain)}"
            faults.append(Fault(what, advice="read it with read_terrain"))
        if faults:
            raise InputError(*faults)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Candidates that may be boxes, and those that may not.

    Attributes
    ----------
    kept
        As they were given and in their order, with ``road_m``, metres to the nearest road;
        ``slope_deg`` where a terrain is given; ``standing_km`` to the nearest box that stands
        where boxes are given.
    dropped
        The others, with the ``reason``, the first of `REASONS` that holds, and ``same_as``, the
        candidate that stays in its place, blank unless it is a ``DUPLICATE``.
    """

    kept: gpd.GeoDataFrame
    dropped: gpd.GeoDataFrame

    def counts(self) -> dict[str, int]:
        """Return how many were dropped for each reason, those that dropped some.

        Returns
        -------
        dict of str to int
            Candidates by reason, in the order of `REASONS`.
        """
        found = self.dropped["reason"].value_counts()
        return {one: int(found[one]) for one in REASONS if one in found}


def screen_sites(
    network: RoadNetwork, candidates: gpd.GeoDataFrame, *, exclude: Exclusions | None = None
) -> Candidates:
    """Divide candidates into those that may be boxes and those that may not, each with its reason.

    Parameters
    ----------
    network
        From `build_network`; roads are those that its closures leave.
    candidates
        Points with unique ids in the index, as of `candidate_sites` or any others.
    exclude
        What keeps a candidate out; without it closed ground, and places that stand twice.

    Returns
    -------
    Candidates
        Those that are kept, and those that are dropped with the reason of each.

    Raises
    ------
    InputError
        If a table breaks its schema, or nothing is known of any water; all faults at once.
    InfeasibleError
        If none is left; it says how many were dropped for each reason.

    Warns
    -----
    DataWarning
        If the height of the ground is not known at some candidates.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from boxreach.network import build_network
    >>> road = gpd.GeoDataFrame(geometry=[LineString([(44, 33), (44.4, 33)])], crs=4326)
    >>> sites = gpd.GeoDataFrame(index=["a", "b", "c"], crs=4326,
    ...                          geometry=[Point(44, 33), Point(44, 33), Point(44.2, 33.1)])
    >>> found = screen_sites(build_network(road), sites, exclude=Exclusions(road_km=5))
    >>> found.kept.index.tolist(), found.dropped["reason"].to_dict(), found.counts()
    (['a'], {'b': 'DUPLICATE', 'c': 'OFF_ROAD'}, {'OFF_ROAD': 1, 'DUPLICATE': 1})
    """
    exclude = Exclusions() if exclude is None else exclude
    require_kind(exclude, Exclusions, "exclude", "give Exclusions")
    return divide_sites(network, candidates, exclude, {})


def divide_sites(
    network: RoadNetwork,
    candidates: gpd.GeoDataFrame,
    exclude: Exclusions,
    further: Mapping[str, Flags],
) -> Candidates:
    """Do what `screen_sites` does, with places for which further of `REASONS` hold."""
    places, exclude = _check_tables(network, candidates, exclude)
    lon, lat = places.geometry.x.to_numpy(), places.geometry.y.to_numpy()
    measured = _measure(network, lon, lat, exclude)
    reason = np.full(len(places), "", dtype=object)
    judged = [*_judge(network, lon, lat, measured, exclude), *further.items()]
    for name, dropped in sorted(judged, key=lambda one: REASONS.index(one[0])):
        reason[dropped & (reason == "")] = name
    same_as = _find_same(places, lon, lat, reason, exclude.same_m)
    places = places.assign(**measured)
    out = reason != ""
    found = Candidates(
        kept=places[~out], dropped=places[out].assign(reason=reason[out], same_as=same_as[out])
    )
    if not len(found.kept):
        said = ", ".join(f"{count} {name}" for name, count in found.counts().items())
        raise InfeasibleError(f"of {len(places)} candidates none is left: {said}")
    return found


def _check_tables(
    network: RoadNetwork, candidates: gpd.GeoDataFrame, exclude: Exclusions
) -> tuple[gpd.GeoDataFrame, Exclusions]:
    """Return the candidates and what excludes in EPSG:4326, or raise with all their faults."""
    faults = FaultCollector()
    tables = {"candidates": candidates, "boxes": exclude.boxes}
    areas = {"within": exclude.within, "water": exclude.water}
    ready: dict[str, gpd.GeoDataFrame] = {}
    for name, table in {**tables, **areas}.items():
        if table is None and name != "candidates":
            continue
        with faults.attempt():
            drawn = to_wgs84(table, file=name)
            if name in tables:
                faults.add(point_faults(drawn, file=name))
            elif name == "within":
                rows = np.arange(1, len(drawn) + 1)
                faults.add(place_faults(drawn, AREAS, file=name, rows=rows))
            ready[name] = drawn
    if "candidates" in ready and not len(candidates):
        faults.add([no_row("candidates")])
    if (
        exclude.water_m is not None
        and exclude.water is None
        and not len(network.obstacles.segments)
    ):
        what = "water_m is given, and nothing is known of any water"
        faults.add([Fault(what, advice="give water, or build the network with rivers")])
    faults.raise_any()
    places = ready.pop("candidates")
    return places, _replaced(exclude, ready)


def _replaced(exclude: Exclusions, tables: dict[str, gpd.GeoDataFrame]) -> Exclusions:
    return Exclusions(**{**vars(exclude), **tables})


def _measure(
    network: RoadNetwork, lon: Floats, lat: Floats, exclude: Exclusions
) -> dict[str, Floats]:
    """Return what is measured at each place, by column, as it is judged and written."""
    measured = {"road_m": road_distances_m(network, lon, lat).round(1)}
    if exclude.terrain is not None:
        slope = measured["slope_deg"] = slopes_deg(exclude.terrain, lon, lat).round(2)
        if exclude.slope_deg is not None and (unknown := int(np.isnan(slope).sum())):
            what = f"at {unknown} of {len(lon)} candidates the slope of the ground is not known"
            warnings.warn(f"{what}; they are not dropped for it", DataWarning, stacklevel=4)
    if exclude.boxes is not None:
        measured["standing_km"] = standing_km(exclude.boxes, lon, lat).round(3)
    return measured


def _judge(
    network: RoadNetwork,
    lon: Floats,
    lat: Floats,
    measured: dict[str, Floats],
    exclude: Exclusions,
) -> Iterator[tuple[str, Flags]]:
    """Yield each reason but the last with the places for which it holds."""
    if exclude.closed and len(network.obstacles.closed):
        yield "CLOSED", lies_in(network.obstacles.closed, lon, lat, border=False)
    if exclude.within is not None:
        yield "OUTSIDE", ~lies_in(exclude.within.geometry.to_numpy(), lon, lat, border=True)
    if exclude.slope_deg is not None:
        yield "STEEP", measured["slope_deg"] > exclude.slope_deg
    if exclude.water_m is not None:
        yield "WATER", _is_wet(network, lon, lat, exclude.water, exclude.water_m)
    if exclude.road_km is not None:
        yield "OFF_ROAD", measured["road_m"] > exclude.road_km * 1000
    if exclude.clear_road_m is not None:
        yield "ON_ROAD", measured["road_m"] < exclude.clear_road_m
    if exclude.standing_km is not None:
        yield "STANDING", measured["standing_km"] < exclude.standing_km


def _is_wet(
    network: RoadNetwork,
    lon: Floats,
    lat: Floats,
    water: gpd.GeoDataFrame | None,
    metres: float,
) -> Flags:
    if water is None:
        return lies_near(network.obstacles.segments, lon, lat, metres)
    drawn = water[~(water.geometry.isna() | water.geometry.is_empty)]
    shapes = drawn.geometry.to_numpy()
    areas = shapes[shapely.get_dimensions(shapes) == 2]
    wet = lies_near(find_obstacles(drawn).segments, lon, lat, metres)
    return wet | lies_in(areas, lon, lat, border=True)


def _find_same(
    places: gpd.GeoDataFrame,
    lon: Floats,
    lat: Floats,
    reason: npt.NDArray[np.object_],
    same_m: float,
) -> npt.NDArray[np.object_]:
    """Return who stays in the place of each duplicate among those left, whose reason is written."""
    left = np.flatnonzero(reason == "")
    ids = places.index.to_numpy(dtype=object)
    rank = np.full(len(left), len(_FIRST_KINDS))
    if "kind" in places:
        kinds = places["kind"].to_numpy(dtype=object)[left]
        for at, kind in enumerate(_FIRST_KINDS):
            rank[kinds == kind] = at
    order = np.lexsort((ids[left].astype(str), rank))
    keeper = thin_places(lon[left], lat[left], order, same_m)
    twice = keeper != np.arange(len(left))
    reason[left[twice]] = "DUPLICATE"
    same_as = np.full(len(places), "", dtype=object)
    same_as[left[twice]] = ids[left[keeper[twice]]]
    return same_as
