"""A network in overlapping tiles: as many roads at once as are in reach of one of them."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeAlias, cast
from warnings import catch_warnings, filterwarnings

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree

from boxreach.arguments import kind_of, range_faults
from boxreach.crs import WGS84, Floats, metres_per_degree, metric_stretch, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.network.building import lay_roads, prepare_roads
from boxreach.network.closing import require_known_roads, windows_about
from boxreach.network.graph import RoadNetwork
from boxreach.network.legs import margin_of
from boxreach.network.recipe import NoRoadLeft, Recipe, write_recipe
from boxreach.network.stretches import Window, close
from boxreach.sources.closures import closures_on, read_day
from boxreach.speeds import SpeedModel
from boxreach.tables import CLOSURES, require_table

Longs = npt.NDArray[np.int64]
RoadReader: TypeAlias = Callable[[Window], gpd.GeoDataFrame]

_KM_PER_DEGREE = 111.195
_LEAST_METRES = 110_000.0
"""A degree of latitude has so many at least."""

_FARTHEST_LAT = 89.9
_SAME_NODE_DEGREES = 0.002
"""Farther than ends of roads that share a number lie apart."""

_FIELDS = {one.name for one in fields(RoadNetwork)}
_GLOBE: Window = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, eq=False)
class TiledNetwork:
    """A network that is built tile by tile, each when it is searched.

    Attributes
    ----------
    roads
        The roads table, or a function that reads it: given west, south, east and north in degrees,
        it returns the roads that lie there, and others if it likes.
    tile_km
        How long the sides of the tiles are.
    recipe
        Everything that is assumed, laid out once.
    closures
        The table of closures.
    """

    roads: gpd.GeoDataFrame | RoadReader
    tile_km: float
    recipe: Recipe
    closures: gpd.GeoDataFrame | None = None

    def __getattr__(self, name: str) -> Any:
        """Refuse in words what only one network can tell."""
        if (not name.startswith("_") and hasattr(RoadNetwork, name)) or name in _FIELDS:
            what = f"{name} of a network in tiles is asked for, which only one network can tell"
            raise InputError(Fault(what, advice="give what build_network returned"))
        raise AttributeError(name)

    def __getstate__(self) -> dict[str, Any]:
        """Refuse in words to be sent with a reader that another process cannot find."""
        if callable(self.roads) and not _by_value():
            try:
                pickle.dumps(self.roads)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                name = getattr(self.roads, "__qualname__", type(self.roads).__name__)
                what = f"the function that reads roads, {name}, cannot be sent to another process"
                advice = "give one that has a name of its own in a module which that can import"
                raise InputError(Fault(what, column="roads", advice=advice)) from error
        return dict(vars(self))

    def __repr__(self) -> str:
        roads = "roads read by a function" if callable(self.roads) else f"{len(self.roads):,} roads"
        closed = "" if self.closures is None else ", closures"
        return f"<{type(self).__name__}: {roads}, tiles of {self.tile_km:g} km{closed}; {WGS84}>"

    @property
    def parameters(self) -> dict[str, object]:
        """Everything that is assumed, by the names of `tile_network`."""
        given, there = self.closures, self._in_force
        counts = {
            "closures_given": 0 if given is None else len(given),
            "closures_in_force": 0 if there is None else len(there),
        }
        return {**self.recipe.parameters(), **counts, "tile_km": self.tile_km}

    @property
    def off_road_m(self) -> float:
        """How far from a road a point may lie and still be linked to it, in metres."""
        return self.recipe.off_road_km * 1000

    @cached_property
    def fastest_kmh(self) -> float:
        """What no road exceeds, or of roads that are not read yet, none that has a class."""
        with catch_warnings():
            filterwarnings("ignore", category=DataWarning)  # each tile says what is odd in it
            return self.recipe.model.fastest_kmh(None if callable(self.roads) else self._all.roads)

    def without(self, closures: gpd.GeoDataFrame, *, on: date | str | None = None) -> TiledNetwork:
        """Return the network with closures in place of any that it has.

        Parameters
        ----------
        closures, on
            As in `RoadNetwork.without`.

        Returns
        -------
        TiledNetwork
            Another one; this stays as it is.
        """
        recipe = replace(self.recipe, on=None if on is None else read_day(on))
        other = replace(self, recipe=recipe, closures=closures)
        if not callable(self.roads):
            require_known_roads(self._all.roads.index, closures)
            other.__dict__["_all"] = self._all
        other.check()
        return other

    def lay(self, window: Window) -> tuple[RoadNetwork, Window]:
        """Return the network of all roads that lie in a window, whole, and the window.

        It is exactly what a network of all roads is there: roads that only meet those in the window
        are looked at too. Where no road is left it is widened until there is one.

        Parameters
        ----------
        window
            West, south, east and north in degrees (EPSG:4326).

        Returns
        -------
        tuple of RoadNetwork and Window
            The network with its closures, and the window as it was at last.
        """
        while True:
            try:
                network = self._lay(window)
                break
            except NoRoadLeft:
                if window == _GLOBE:
                    raise
                window = _twice(window)
        if self.closures is not None and not self.closures.empty:
            try:
                return close(network, self.closures, self.recipe.on, window=window), window
            except NoRoadLeft:
                if window == _GLOBE:
                    raise
                return self.lay(_twice(window))
        return network, window

    def _lay(self, window: Window) -> RoadNetwork:
        shapes = np.append(shapely.box(*window), self._about_closures(window))
        table = self._read(_join(shapely.total_bounds(shapes)))
        inner = table.inside(shapes)
        if callable(self.roads) and len(inner):
            # Roads that cross the window are whole, and what meets them is read too.
            around = _join(shapely.bounds(table.lines[inner]), by=_SAME_NODE_DEGREES)
            whole = self._read(_join(np.array([around, shapely.total_bounds(shapes)])))
            if self.closures is not None and "road_id" in self.closures:
                _require_same_ids(table, inner, whole)
            table, inner = whole, whole.inside(shapes)
        if not len(inner):
            raise NoRoadLeft(Fault("no road can be driven", "roads", advice="give driven roads"))
        rows = np.union1d(inner, table.meeting(inner, window, self.recipe))
        return lay_roads(table.roads.iloc[rows], self.recipe, np.isin(rows, inner))

    def _read(self, window: Window) -> _Table:
        if not callable(self.roads):
            return self._all
        found = self.roads(window)
        if not isinstance(found, gpd.GeoDataFrame):
            west, south, east, north = window
            place = f"west {west:g}, south {south:g}, east {east:g}, north {north:g}"
            what = f"the function that reads roads returned {kind_of(found)} for {place}"
            advice = "have it return a GeoDataFrame, without rows where there is no road"
            raise InputError(Fault(what, advice=advice))
        none = gpd.GeoDataFrame(geometry=[], crs=WGS84)
        return _Table.of(prepare_roads(found) if len(found) else none)

    @cached_property
    def _all(self) -> _Table:
        return _Table.of(prepare_roads(cast("gpd.GeoDataFrame", self.roads), self.closures))

    @cached_property
    def _in_force(self) -> gpd.GeoDataFrame | None:
        if self.closures is None or self.closures.empty:
            return None
        closures = to_wgs84(self.closures, file="closures")
        require_table(closures, CLOSURES, file="closures")
        return closures_on(closures, self.recipe.on)

    def _about_closures(self, window: Window) -> npt.NDArray[np.object_]:
        """Return boxes about the closed lines and points near a window.

        Which roads run along a line is asked, and which road is nearest to a point.
        """
        closures = self._in_force
        if closures is None or closures.empty:
            return np.empty(0, dtype=object)
        boxes = shapely.box(*windows_about(closures).T)
        choosy = shapely.get_dimensions(closures.geometry.to_numpy()) < 2
        return np.asarray(boxes[choosy & shapely.intersects(boxes, shapely.box(*window))])

    def check(self) -> None:
        """Raise `InputError` for what is wrong with closures, and with roads that are at hand."""
        if not callable(self.roads) and self._all.roads.empty:
            raise NoRoadLeft(Fault("no road can be driven", "roads", advice="give driven roads"))
        _ = self._in_force


@dataclass(frozen=True, eq=False)
class _Table:
    """Roads, and where to find them."""

    roads: gpd.GeoDataFrame
    lines: npt.NDArray[np.object_]
    tree: STRtree

    @classmethod
    def of(cls, roads: gpd.GeoDataFrame) -> _Table:
        lines = roads.geometry.to_numpy()
        return cls(roads, lines, STRtree(lines))

    def inside(self, shapes: npt.NDArray[np.object_]) -> Longs:
        """Return the roads that lie in any of some shapes."""
        return np.unique(self.tree.query(shapes, predicate="intersects")[1])

    def meeting(self, inner: Longs, window: Window, recipe: Recipe) -> Longs:
        """Return the roads that meet some, those in a window: there these are cut, and end."""
        met = [np.empty(0, dtype=np.int64)]
        numbered = "from_node" in self.roads and "to_node" in self.roads
        if numbered:
            ends = self.roads[["from_node", "to_node"]].to_numpy()
            met.append(np.flatnonzero(np.isin(ends, ends[inner]).any(axis=1)))
        if recipe.node_crossings or not numbered:
            # What meets a road that lies in the window as a whole lies in the window too.
            crossing = inner[~shapely.covered_by(self.lines[inner], shapely.box(*window))]
            met.append(np.unique(self.tree.query(self.lines[crossing], predicate="intersects")[1]))
        return np.concatenate(met)


def _by_value() -> bool:
    """Tell whether cloudpickle is at work, as under Dask, which sends any function whole."""
    frame = inspect.currentframe()
    while frame is not None and not frame.f_globals.get("__name__", "").startswith("cloudpickle"):
        frame = frame.f_back
    return frame is not None


def _require_same_ids(table: _Table, inner: Longs, whole: _Table) -> None:
    """Refuse a reader that numbers roads anew in each window: closures would name others."""
    ids: dict[bytes, set[object]] = {}
    for line, road in zip(shapely.to_wkb(whole.lines), whole.roads.index, strict=True):
        ids.setdefault(line, set()).add(road)
    lines = shapely.to_wkb(table.lines[inner])
    for line, road in zip(lines, table.roads.index[inner], strict=True):
        if road not in ids.get(line, {road}):
            what = f"the road {road!r} of one window is {min(map(str, ids[line]))!r} in another"
            advice = "closures name roads: give each a road_id that is the same in all windows"
            raise InputError(Fault(what, column="road_id", advice=advice))


def tile_network(
    roads: gpd.GeoDataFrame | RoadReader,
    *,
    tile_km: float = 200.0,
    closures: gpd.GeoDataFrame | None = None,
    on: date | str | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    speeds: SpeedModel | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    off_road_km: float = 5.0,
    off_road_kmh: float = 15.0,
    ground: gpd.GeoDataFrame | None = None,
    off_road_class_kmh: Mapping[str, float] | None = None,
    node_crossings: bool = False,
    bridge_m: float = 0.0,
) -> TiledNetwork:
    """Prepare a network that is searched tile by tile, where one network does not fit.

    `travel_times` takes it in place of a network, and finds the same times to the millisecond: each
    tile has the roads about its sites as far as one drives until the cutoff, and that none leads
    further is made sure of.

    Parameters
    ----------
    roads
        As in `build_network`; or a function that reads them, so that no more than those of one tile
        are in memory. It is given west, south, east and north, in degrees, and returns a roads
        table of what lies there, rows in the same order each time; more does no harm.
    tile_km
        How long the sides of the tiles are, without what they overlap by.
    closures, on, rivers, speeds, speeds_kmh, off_road_km, off_road_kmh, ground, \
off_road_class_kmh, node_crossings
        As in `build_network`.
    bridge_m
        0; more is refused, for which gaps are bridged depends on all roads.

    Returns
    -------
    TiledNetwork
        Nothing is built before it is searched.

    Raises
    ------
    InputError
        As `build_network` does; of roads that are read by a function, when they are read.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> import boxreach as br
    >>> road = gpd.GeoDataFrame(geometry=[LineString([(44, 33), (46, 33)])], crs=4326)
    >>> boxes, towns = (gpd.GeoDataFrame(index=[*names], geometry=[*map(Point, places)], crs=4326)
    ...                 for names, places in (("ab", [(44, 33), (46, 33)]),
    ...                                       ("c", [(44.2, 33)])))
    >>> br.travel_times(br.tile_network(road, tile_km=50), boxes, towns).ms.nnz
    1
    """
    faults = range_faults("tile_km", tile_km, 1, 20_000)
    if faults:
        raise InputError(*faults)
    if not callable(roads) and not isinstance(roads, gpd.GeoDataFrame):
        advice = "give a GeoDataFrame, or a function that reads what lies in a window"
        raise InputError(Fault(f"roads is {kind_of(roads)}", advice=advice))
    recipe = write_recipe(
        rivers=rivers, speeds=speeds, speeds_kmh=speeds_kmh, off_road_km=off_road_km,
        off_road_kmh=off_road_kmh, ground=ground, off_road_class_kmh=off_road_class_kmh,
        node_crossings=node_crossings, bridge_m=bridge_m, on=on,
    )  # fmt: skip
    if recipe.bridge_m:
        what = f"bridge_m is {bridge_m:g}, and the network is in tiles: gaps of all roads count"
        raise InputError(Fault(what, advice="give 0, or one network (build_network)"))
    network = TiledNetwork(roads, float(tile_km), recipe, closures)
    network.check()
    return network


def name_tiles(lon: Floats, lat: Floats, tile_km: float) -> Longs:
    """Return the number of the tile in which each place lies.

    Tiles lie in rows from south to north, in each as many as fit around the earth; a place on a
    side belongs to the tile east or north of it. They depend on `tile_km` alone.

    Examples
    --------
    >>> tiles = name_tiles(np.array([44.0, 44.0, 45.9]), np.array([33.0, 33.1, 33.0]), 150.0)
    >>> (tiles - tiles[0]).tolist()
    [0, 0, 1]
    """
    rows = max(int(np.ceil(180 * _KM_PER_DEGREE / tile_km)), 1)
    row = np.clip(np.floor((lat + 90) / 180 * rows), 0, rows - 1).astype(np.int64)
    middle = np.radians((np.arange(rows) + 0.5) * 180 / rows - 90)
    columns = np.maximum(np.floor(360 * _KM_PER_DEGREE * np.cos(middle) / tile_km), 1)
    columns = columns.astype(np.int64)
    column = np.floor((lon + 180) / 360 * columns[row]).astype(np.int64)
    first = np.cumsum(columns) - columns
    tiles: Longs = first[row] + np.clip(column, 0, columns[row] - 1)
    return tiles


def window_about(bounds: Floats, metres: float) -> Window:
    """Return a window that holds all places so near to any place within some bounds.

    Parameters
    ----------
    bounds
        Rows of west, south, east and north, in degrees.
    metres
        How near.
    """
    west, south, east, north = _join(bounds)
    farthest = max(abs(south), abs(north))
    metres = metres * margin_of(farthest, metres) + 1.0
    high = metres / _LEAST_METRES
    wide = metres / metres_per_degree(np.array([min(farthest + high, _FARTHEST_LAT)]))[0][0]
    return _within_globe(west - wide, south - high, east + wide, north + high)


def require_one_side(windows: Floats) -> None:
    """Refuse roads on more than half of the globe, as `build_network` does."""
    metric_stretch(_join(windows))


def _twice(window: Window) -> Window:
    """Return a window twice as wide and as high, and more."""
    west, south, east, north = window
    wide, high = (east - west) / 2 + 0.1, (north - south) / 2 + 0.1
    return _within_globe(west - wide, south - high, east + wide, north + high)


def _within_globe(west: float, south: float, east: float, north: float) -> Window:
    return max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)


def _join(bounds: Any, by: float = 0.0) -> Window:
    """Return the bounds of all bounds, and so many degrees more."""
    each = np.asarray(bounds, dtype=float).reshape(-1, 4)
    west, south = each[:, :2].min(axis=0) - by
    east, north = each[:, 2:].max(axis=0) + by
    return float(west), float(south), float(east), float(north)
