"""From a roads table to a network: noded, gaps bridged, timed, closures cut out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.crs import Floats, metric_stretch, pole_faults, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.network.bridging import bridge_gaps
from boxreach.network.categories import encode
from boxreach.network.closing import require_known_roads
from boxreach.network.edges import Edges, edges_from_nodes, to_units
from boxreach.network.graph import Integers, Parameters, RoadNetwork, assemble
from boxreach.network.legs import LONGEST_MS, measure_edges
from boxreach.network.noding import add_crossings, node_roads
from boxreach.network.paces import LINE, PacedLines, pace_lines
from boxreach.network.recipe import NoRoadLeft, Recipe, write_recipe
from boxreach.network.stretches import close
from boxreach.sources.directions import spell_directions
from boxreach.sources.several import take_first
from boxreach.speeds import SpeedModel, drop_undriven
from boxreach.tables import ROADS, require_table

_BOTH_WAYS = {"", "no", "0", "false", "both", "none", "nan", "reversible", "alternating"}
_FORWARD = {"yes", "1", "true", "forward"}
_BACKWARD = {"-1", "reverse", "backward"}
_SAME_PLACE_UNITS = 10_000
"""Ends that share a node may lie so far apart, some hundred metres, in units of 1e-7 degrees."""

_WANTED = "road_wanted"
"""The column that says of a piece of road whether it is wanted, or only meets one that is."""

_DEGREES = ("lon", "lat")
_KEPT = ("road_class", "surface", "oneway", "name", "ref", "bridge")


def build_network(
    roads: gpd.GeoDataFrame,
    *,
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
) -> RoadNetwork:
    """Build the network that travel times are computed on.

    Parameters
    ----------
    roads
        A roads table (see `read_roads`). Roads that share a vertex meet there; where the table
        has ``from_node`` and ``to_node``, they meet at nodes of the same number and nowhere else.
        Of a list in a cell, as osmnx leaves where it joined ways, the first value counts, which
        is a `DataWarning`; ids of several levels are joined, ``u-v-key``.
    closures
        Points, lines and areas that are cut out of the roads, or slow them (see `read_closures`).
    on
        The day to build the network for, as a date or as ISO text: closures hold from their
        ``from_date`` until their ``until_date``. Without it all hold.
    rivers
        Lines and areas of water, which ways over open ground and bridges over gaps do not cross;
        neither do ways over open ground enter closed areas.
    speeds
        How fast one drives; the defaults of `SpeedModel` if not said.
    speeds_kmh
        Km/h by road class in place of those of `speeds`.
    off_road_km
        How far from a road a place may lie and still be linked to it.
    off_road_kmh
        The speed over open ground of which nothing else is known, along the straight line.
    ground
        Areas that say what open ground is made of (see `read_ground`). A straight way takes the sum
        of its metres in each over the speed there, and is none where that is 0; of overlapping
        areas the slowest holds. The terrain of `speeds` slows ways over open ground too.
    off_road_class_kmh
        Km/h by class of ground in place of those of `GROUND_KMH`.
    node_crossings
        Whether roads that cross without a common vertex meet; for files drawn without nodes.
    bridge_m
        Parts of the network are joined by a straight road where an end of a road of one lies at
        most this far from a road of the other; 0 joins none. None crosses `rivers` or passes within
        a metre of a node of a negative number, where a barrier stops vehicles. Bridges are repairs:
        a road that joins two parts takes the place of the bridge between them, even if longer.

    Returns
    -------
    RoadNetwork
        Lengths are those on the ellipsoid, times of free flow, in whole milliseconds.

    Raises
    ------
    InputError
        If something is no table, breaks its schema, or a parameter is not what it should be.
    """
    recipe = write_recipe(
        rivers=rivers, speeds=speeds, speeds_kmh=speeds_kmh, off_road_km=off_road_km,
        off_road_kmh=off_road_kmh, ground=ground, off_road_class_kmh=off_road_class_kmh,
        node_crossings=node_crossings, bridge_m=bridge_m, on=on,
    )  # fmt: skip
    roads = prepare_roads(roads, closures)
    if roads.empty:
        raise NoRoadLeft(Fault("no road can be driven", "roads", advice="give driven roads"))
    network = lay_roads(roads, recipe)
    if closures is None or closures.empty:
        return network
    return close(network, closures, on)


def prepare_roads(
    roads: gpd.GeoDataFrame, closures: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame:
    """Return the driven roads of a checked table, a line a row, in whole units of 1e-7 degrees.

    Parameters
    ----------
    roads, closures
        As in `build_network`; closures may not name a road that is not among the roads.
    """
    roads = _one_value_a_cell(to_wgs84(roads, file="roads"))
    _warn_raw(roads)
    if closures is not None:
        require_known_roads(roads.index, closures)
    require_table(roads.reset_index(drop=True).rename(index=str), ROADS, file="roads")
    if roads.geometry.name != "geometry":
        roads = roads.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
    roads = spell_directions(drop_undriven(roads))
    _require_single_lines(roads)
    return roads if roads.empty else _rounded(roads)


def lay_roads(
    roads: gpd.GeoDataFrame, recipe: Recipe, wanted: npt.NDArray[np.bool_] | None = None
) -> RoadNetwork:
    """Return the network that roads make, without closures.

    Parameters
    ----------
    roads
        From `prepare_roads`.
    recipe
        How they become a network.
    wanted
        Which of them it holds; the others only tell where these meet others. All if not given.
    """
    model, given = recipe.model, None
    if model.varies and (recipe.node_crossings or recipe.bridge_m > 0):
        # Crossings and bridges put vertices into roads, which must not change their speeds.
        given = roads = roads.assign(**{LINE: np.arange(len(roads))})
    if wanted is not None:
        roads = roads.assign(**{_WANTED: wanted})
    crossed = add_crossings(roads) if recipe.node_crossings else roads
    pieces = node_roads(crossed)
    if pieces.empty:
        raise NoRoadLeft(Fault("no road has any length", "roads", advice="give lines"))
    bridges = None
    if recipe.bridge_m > 0:
        pieces, bridges = bridge_gaps(pieces, recipe.bridge_m, recipe.water)
        _warn_bridges(bridges, recipe.bridge_m)
    paced = pace_lines(pieces, model, given)
    edges = _time_edges(pieces, paced, model.junction_delays_s(pieces))
    kmh = paced.kmh
    if wanted is not None:
        kept = np.flatnonzero(pieces[_WANTED])
        pieces, edges, kmh = pieces.iloc[kept], edges.take(kept), kmh[kept]
        if pieces.empty:
            raise NoRoadLeft(Fault("no road has any length", "roads", advice="give lines"))
    more = _count_places(crossed) - _count_places(roads) if recipe.node_crossings else 0
    parameters = recipe.parameters(crossings_noded=more)
    network, _, _ = assemble(edges, _attributes(pieces, kmh), parameters, bridges=bridges)
    return replace(network, ground=recipe.ground, obstacles=recipe.water)


def network_from_arrays(
    lon: Floats,
    lat: Floats,
    tail: Integers,
    head: Integers,
    forward_ms: Integers,
    backward_ms: Integers,
    *,
    contract: bool = True,
) -> tuple[RoadNetwork, Integers]:
    """Build a network of straight edges whose times are known.

    Parameters
    ----------
    lon, lat
        Nodes, in degrees.
    tail, head
        Nodes at the ends of each edge.
    forward_ms, backward_ms
        Whole milliseconds from tail to head and back; -1 where one may not drive so.
    contract
        Whether edges in a row are joined to chains; it changes no time.

    Returns
    -------
    tuple
        The network, and the number that it gives to each node; -1 where no edge ends.

    Examples
    --------
    >>> network, number = network_from_arrays(
    ...     np.array([44.0, 44.1, 44.2]), np.full(3, 33.0), np.array([0, 1]), np.array([1, 2]),
    ...     np.array([600, 700]), np.array([600, -1]))
    >>> network.node_count, number.tolist()
    (3, [0, 1, 2])
    """
    parameters: Parameters = {**write_recipe().parameters(), "speeds_kmh": {}, "speeds": {}}
    arrays = _require_arrays(
        lon=lon, lat=lat, tail=tail, head=head, forward_ms=forward_ms, backward_ms=backward_ms
    )
    _check_arrays(*arrays)
    edges = edges_from_nodes(*arrays)
    bare = pd.DataFrame(index=pd.RangeIndex(len(edges)))
    network, number, _ = assemble(edges, bare, parameters, merge=contract)
    return network, number


def _require_arrays(**given: npt.ArrayLike) -> list[npt.NDArray[Any]]:
    """Return arrays of numbers, whole ones but for ``lon`` and ``lat``."""
    arrays = {name: np.asarray(one) for name, one in given.items()}
    faults = [
        Fault(f"{name} is no row of {'' if name in _DEGREES else 'whole '}numbers",
              advice="give a one-dimensional array of them")
        for name, one in arrays.items()
        if one.ndim != 1 or one.dtype.kind not in ("iuf" if name in _DEGREES else "iu")
    ]  # fmt: skip
    if faults:
        raise InputError(*faults)
    return list(arrays.values())


def _check_arrays(lon: Floats, lat: Floats, *by_edge: Integers) -> None:
    tail, head, *times = by_edge
    rules = (
        ("lon is not from -180 to 180", (np.abs(lon) <= 180).all()),
        ("lat is not from -90 to 90", (np.abs(lat) <= 90).all()),
        ("arrays of edges differ in length", len({len(one) for one in (tail, head, *times)}) == 1),
        ("lon and lat differ in length", len(lon) == len(lat)),
        ("there is no edge", len(tail) > 0),
        ("an edge ends at no node",
         all(((one >= 0) & (one < len(lon))).all() for one in (tail, head))),
        (f"milliseconds are not from -1 to {LONGEST_MS}",
         all(((one >= -1) & (one <= LONGEST_MS)).all() for one in times)),
    )  # fmt: skip
    faults = [Fault(what, advice="mend the arrays") for what, good in rules if not good]
    if faults:
        raise InputError(*faults)


def _one_value_a_cell(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return roads as osmnx leaves them with the first of several values, and one id a row."""
    roads = take_first(roads, [column.name for column in ROADS.columns], file="roads")
    if roads.index.nlevels > 1:
        roads = roads.set_axis(pd.Index(["-".join(map(str, one)) for one in roads.index]))
    return roads


def _count_places(roads: gpd.GeoDataFrame) -> int:
    """Return at how many places roads have a vertex."""
    return len(np.unique(shapely.get_coordinates(roads.geometry.to_numpy()), axis=0))


def _warn_raw(roads: gpd.GeoDataFrame) -> None:
    """Say that classes and limits are not known where a table names them as OpenStreetMap does."""
    if "highway" in roads and "road_class" not in roads:
        what = "roads has the column highway and no road_class: all of them drive as unclassified"
        warnings.warn(f"{what}; read_roads makes a roads table of it", DataWarning, stacklevel=3)


def _require_single_lines(roads: gpd.GeoDataFrame) -> None:
    """Refuse noded roads of several lines: what lies between the lines has no numbers."""
    several = shapely.get_num_geometries(roads.geometry.to_numpy()) > 1
    if "from_node" in roads and several.any():
        advice = "give each line a row with its own from_node and to_node"
        raise InputError(
            *(Fault("it has several lines", "roads", int(row) + 1, "geometry", advice)
              for row in np.flatnonzero(several))
        )  # fmt: skip


def _rounded(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return roads, a line a row, with coordinates in whole units of 1e-7 degrees."""
    if faults := pole_faults(roads, file="roads"):
        raise InputError(*faults)
    metric_stretch(tuple(roads.total_bounds))  # refuses what spans more than half the globe
    roads = roads.explode() if (roads.geom_type != "LineString").any() else roads
    lines = shapely.transform(roads.geometry.to_numpy(), lambda xy: np.round(xy, 7))
    return roads.set_geometry(gpd.GeoSeries(lines, index=roads.index, crs=roads.crs))


def _time_edges(pieces: gpd.GeoDataFrame, paced: PacedLines, delay_s: Floats) -> Edges:
    """Return noded pieces as edges, with their times."""
    edges = _draw_edges(pieces, paced)
    metres, both_ms = measure_edges(*edges.drawn, edges.pace)
    # A junction is where three edges end, or more; edges enter one at their head or their tail.
    arms = np.bincount(np.append(edges.tail, edges.head))
    delay_ms = np.rint(delay_s * 1000).astype(np.int64)
    ms = [
        np.where(may, one + np.where(arms[end] > 2, delay_ms, 0), -1).astype(np.int32)
        for may, one, end in zip(
            _directions(pieces), both_ms, (edges.head, edges.tail), strict=True
        )
    ]
    length_m = (metres * paced.winding).astype(np.float32)
    return replace(edges, forward_ms=ms[0], backward_ms=ms[1], length_m=length_m)


def _draw_edges(pieces: gpd.GeoDataFrame, paced: PacedLines) -> Edges:
    """Return noded pieces as edges without times."""
    xy, owner = paced.xy, paced.owner
    apart = owner[1:] != owner[:-1]
    first, last = np.append(True, apart), np.append(apart, True)
    names, where = np.unique(pieces[["from_node", "to_node"]].to_numpy(), return_inverse=True)
    places = to_units(np.stack([xy[first], xy[last]], axis=1).reshape(-1, 2))
    place = _place_nodes(names, where.ravel(), places)
    ends = where.reshape(-1, 2).astype(np.int32)
    bends = to_units(xy[~first & ~last])
    nothing = np.zeros(len(pieces), dtype=np.int32)
    return Edges(
        lon=place[:, 0].copy(),
        lat=place[:, 1].copy(),
        tail=ends[:, 0].copy(),
        head=ends[:, 1].copy(),
        forward_ms=nothing,
        backward_ms=nothing,
        length_m=nothing.astype(np.float32),
        pace=paced.pace,
        bend_first=np.append(0, np.cumsum(np.bincount(owner) - 2)).astype(np.int32),
        bend_lon=bends[:, 0].copy(),
        bend_lat=bends[:, 1].copy(),
    )


def _place_nodes(
    names: Integers, node: Integers, places: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Return where each node lies; ends of roads that share a node must lie at one place."""
    order = np.lexsort((places[:, 1], places[:, 0], node))
    begin = np.searchsorted(node[order], np.arange(len(names)))
    low, high = (
        np.stack([take.reduceat(one[order], begin) for one in places.T], axis=1)
        for take in (np.minimum, np.maximum)
    )
    apart = np.flatnonzero((high.astype(np.int64) - low > _SAME_PLACE_UNITS).any(axis=1))
    if len(apart):
        what = f"ends of roads at the same node lie apart (node {names[apart[0]]})"
        advice = "give nodes that lie where the lines end"
        raise InputError(Fault(what, "roads", column="from_node", advice=advice))
    return places[order][begin]


def _attributes(pieces: gpd.GeoDataFrame, kmh: Floats) -> pd.DataFrame:
    """Return what is known of each piece, text as categories: a country has few words."""
    kept = {name: pieces[name].to_numpy() for name in _KEPT if name in pieces}
    text = {"road_id": pieces.index.to_numpy(), **kept}
    table = pd.DataFrame(
        {name: encode(pd.Series(one, dtype=object).fillna("").astype(str))
         for name, one in text.items()}
    )  # fmt: skip
    return table.assign(speed_kmh=kmh)


def _directions(
    pieces: gpd.GeoDataFrame,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    if "oneway" not in pieces:
        return np.ones(len(pieces), dtype=bool), np.ones(len(pieces), dtype=bool)
    said = (
        pieces["oneway"]
        .astype(object)
        .fillna("")
        .astype(str)
        .str.strip()
        .str.lower()
        .str.removesuffix(".0")
    )
    unknown = set(said) - _BOTH_WAYS - _FORWARD - _BACKWARD
    if unknown:
        count = said.index[said.isin(unknown)].nunique()  # a road is cut into pieces of its id
        warnings.warn(
            f"{count} roads say oneway = {', '.join(sorted(unknown)[:5])},"
            " which is not understood; they are taken as two-way",
            DataWarning,
            stacklevel=4,
        )
    return ~said.isin(_BACKWARD).to_numpy(), ~said.isin(_FORWARD).to_numpy()


def _warn_bridges(bridges: gpd.GeoDataFrame, bridge_m: float) -> None:
    if len(bridges):
        metres = bridges["metres"]
        warnings.warn(
            f"{len(bridges)} gaps of {metres.min():.0f} to {metres.max():.0f} m between parts of"
            f" the network were bridged (bridge_m = {bridge_m:g}); they are listed as bridges",
            DataWarning,
            stacklevel=3,
        )
