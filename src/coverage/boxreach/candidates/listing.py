"""`candidate_sites`: places where a box could stand, from any mixture of sources."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import choice_faults, number_faults, shown
from boxreach.candidates.grid_points import lay_grid_points
from boxreach.candidates.road_points import lay_road_points
from boxreach.candidates.screening import Exclusions, screen_sites
from boxreach.crs import WGS84, Floats, to_wgs84
from boxreach.errors import Fault, FaultCollector, InputError
from boxreach.network import RoadNetwork
from boxreach.network.roadside import road_distances_m
from boxreach.sources.areas import fill_areas
from boxreach.sources.places import distances_km
from boxreach.tables import NAMES, point_faults, tidy

KINDS = {
    "communities": "community",
    "stations": "station",
    "points": "point",
    "junctions": "junction",
    "roads": "road",
    "grid": "grid",
}
"""Where candidates come from, and what the column ``kind`` says of each."""

_LAID = ("junctions", "roads", "grid")
_TEXT = (*NAMES, "governorate")
_SAID = {"kind": "site_kind", "status": "status"}
"""What tables of stations and points say of their rows, and what it is called in the result."""


def candidate_sites(
    network: RoadNetwork,
    communities: gpd.GeoDataFrame,
    *,
    kinds: Sequence[str] | None = None,
    spacing_km: float | None = None,
    stations: gpd.GeoDataFrame | None = None,
    points: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    exclude: Exclusions | None = None,
) -> gpd.GeoDataFrame:
    """List places where a box could stand: communities, stations, points, and places on roads.

    Places on roads are thinned, whatever the order, direction and pieces of the roads: each
    stretch between two junctions is divided into equal parts of at most `spacing_km`; junctions,
    then ends of roads, then the points between are taken from west to east, then from south to
    north, and one stays if none that stays is nearer than half of `spacing_km` in a straight line.
    So every place of a road has one within `spacing_km`, and no two are nearer than half of it.

    Parameters
    ----------
    network
        From `build_network`; what closures close has no places.
    communities
        Points with ids in the index, after the nearest of which other places are named.
    kinds
        Any of ``"communities"``, ``"stations"``, ``"points"``, ``"junctions"`` (where three roads
        or more meet), ``"roads"`` (points along roads, ends and junctions) and ``"grid"`` (a
        square grid, within `areas` where they are given, as far as roads are in off-road range).
        If not given: communities, stations and points as far as they are given, and roads with
        `spacing_km`.
    spacing_km
        How far apart places on roads and of the grid lie. Without it junctions are not thinned.
    stations, points
        Points with ids in the index: stations that stand or were destroyed, and any others. Their
        ``status`` is kept, their own ``kind`` as ``site_kind``.
    areas
        With them, places without a ``governorate`` get the one they lie in; else that of the
        nearest community. Those that have one keep it, so that quotas count what tables say.
    exclude
        What keeps a candidate out; only the others are returned, and ``attrs["dropped"]`` counts
        them by reason. `screen_sites` tells which they are. Without it nothing is left out.

    Returns
    -------
    geopandas.GeoDataFrame
        Points in EPSG:4326 in the order of `kinds` above, index ``site_id``: the id of a community
        after ``at-``, of a station or a point after ``station-`` or ``point-``, and
        ``junction-0001``, ``road-0001`` and ``grid-0001`` and so on from west to east. Columns:
        ``kind`` (``community``, ``station``, ``point``, ``junction``, ``road``, ``grid``); names
        and governorate, those of the nearest community where there are none; ``near_km``, how far
        that is (0 at the community itself); ``road_m``, metres to the nearest road.

    Raises
    ------
    InputError
        If an argument is wrong, all at once, or there is no such place at all.
    InfeasibleError
        If `exclude` leaves none.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from boxreach.network import build_network
    >>> road = gpd.GeoDataFrame(geometry=[LineString([(44, 33), (44.4, 33)])], crs=4326)
    >>> towns = gpd.GeoDataFrame({"name": ["Town"]}, index=["t"], geometry=[Point(44, 33.01)],
    ...                          crs=4326)
    >>> sites = candidate_sites(build_network(road), towns, spacing_km=20)
    >>> sites["kind"].to_dict()
    {'at-t': 'community', 'road-1': 'road', 'road-2': 'road', 'road-3': 'road'}
    >>> sites["near_km"].tolist()
    [0.0, 1.1, 18.7, 37.4]
    """
    given = {"communities": communities, "stations": stations, "points": points}
    tables = _check_tables(given)
    wanted = _check_kinds(kinds, {*tables}, spacing_km)
    towns = tables.pop("communities")
    if areas is not None:
        areas = to_wgs84(areas, file="areas")
        towns = fill_areas(towns, areas) if len(towns) else towns
    tables = {name: _own_columns(table, name) for name, table in tables.items() if name in wanted}
    tables |= _lay_places(network, wanted, spacing_km, areas)
    text = [one for one in _TEXT if any(one in table for table in [towns, *tables.values()])]
    listed = [
        _name_places(table.assign(kind=KINDS[name]), towns, areas, text)
        for name, table in tables.items()
        if len(table)
    ]
    if "communities" in wanted:
        listed.insert(0, _at_communities(towns, text))
    candidates = _join(listed)
    lon, lat = candidates.geometry.x.to_numpy(), candidates.geometry.y.to_numpy()
    candidates = candidates.assign(road_m=road_distances_m(network, lon, lat).round(1))
    if exclude is None:
        return candidates
    screened = screen_sites(network, candidates, exclude=exclude)
    screened.kept.attrs["dropped"] = screened.counts()
    return screened.kept


def _check_tables(given: dict[str, gpd.GeoDataFrame | None]) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables that are given in EPSG:4326, or raise with all their faults."""
    faults, tables = FaultCollector(), {}
    for name, table in given.items():
        if table is None and name != "communities":
            continue
        with faults.attempt():
            tables[name] = tidy(to_wgs84(table, file=name), _TEXT)
            faults.add(point_faults(tables[name], file=name))
    faults.raise_any()
    return tables


def _check_kinds(
    kinds: Sequence[str] | None, given: set[str], spacing_km: float | None
) -> list[str]:
    """Return the kinds that are wanted in their order, or raise with all that is wrong."""
    faults = []
    if spacing_km is not None:
        faults += number_faults(
            "spacing_km", spacing_km, lambda km: 0 < km < np.inf, "give a distance above 0"
        )
    if kinds is None:
        laid = {"roads"} if spacing_km is not None else set()
        wanted = {*given} | laid
    else:
        if isinstance(kinds, str) or not isinstance(kinds, Sequence):
            advice = 'give words, like ["communities", "roads"]'
            raise InputError(Fault(f"kinds is {shown(kinds)}", advice=advice))
        faults += [fault for one in kinds for fault in choice_faults("a kind", one, KINDS)]
        wanted = {*kinds} & {*KINDS}
        faults += [
            Fault(f"kinds has {name!r}, and there are none", advice=f"give {name}")
            for name in ("stations", "points")
            if name in wanted and name not in given
        ]
        faults += [] if kinds else [Fault("kinds is empty", advice="name one at least")]
    if spacing_km is None and wanted & {"roads", "grid"}:
        what = f"there is no spacing for {' and '.join(sorted(wanted & {'roads', 'grid'}))}"
        faults.append(Fault(what, advice="give spacing_km"))
    if spacing_km is not None and not wanted.intersection(_LAID):
        what = "spacing_km is given, and no kind has places that far apart"
        faults.append(Fault(what, advice=f"add {' or '.join(_LAID)} to kinds, or leave it out"))
    if faults:
        raise InputError(*faults)
    return [name for name in KINDS if name in wanted]


def _own_columns(table: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return a table of stations or points with ids of candidates, and what is kept of it."""
    kept = [one for one in _TEXT if one in table]
    said = {new: table[old] for old, new in _SAID.items() if old in table}
    ids = [f"{KINDS[name]}-{one}" for one in table.index]
    own = table[[*kept, "geometry"]].assign(**said)
    return own.set_axis(pd.Index(ids, name="site_id", dtype=object))


def _lay_places(
    network: RoadNetwork,
    wanted: Sequence[str],
    spacing_km: float | None,
    areas: gpd.GeoDataFrame | None,
) -> dict[str, gpd.GeoDataFrame]:
    """Return places on roads and of the grid by kind."""
    places = {}
    if {"junctions", "roads"}.intersection(wanted):
        on_roads = lay_road_points(network, spacing_km, along="roads" in wanted)
        meets = on_roads.meets & ("junctions" in wanted)
        for name, which in (("junctions", meets), ("roads", ~meets)):
            one = on_roads.take(which)
            places[name] = _number(one.lon, one.lat, name)
    if "grid" in wanted and spacing_km is not None:
        places["grid"] = _number(*lay_grid_points(network, spacing_km, areas), "grid")
    return places


def _number(lon: Floats, lat: Floats, name: str) -> gpd.GeoDataFrame:
    width = len(str(len(lon)))
    ids = [f"{KINDS[name]}-{number:0{width}d}" for number in range(1, len(lon) + 1)]
    index = pd.Index(ids, name="site_id", dtype=object)
    return gpd.GeoDataFrame(index=index, geometry=gpd.points_from_xy(lon, lat), crs=WGS84)


def _at_communities(towns: gpd.GeoDataFrame, text: list[str]) -> gpd.GeoDataFrame:
    at_towns = towns[[*(one for one in text if one in towns), "geometry"]]
    ids = pd.Index([f"at-{one}" for one in towns.index], name="site_id", dtype=object)
    return at_towns.set_axis(ids).assign(near_km=0.0, kind=KINDS["communities"])


def _name_places(
    places: gpd.GeoDataFrame,
    towns: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None,
    text: list[str],
) -> gpd.GeoDataFrame:
    """Return places with the names of the nearest community, unless they have names themselves."""
    blank = pd.Series("", index=places.index, dtype=object)
    own = {one: places[one].astype(object) if one in places else blank for one in text}
    if areas is not None and "governorate" in text:
        own["governorate"] = fill_areas(places, areas)["governorate"]
    if not len(towns):
        return places.assign(**own, near_km=np.nan)
    # By id, so that of towns at one place the order of their rows chooses none.
    by_id = np.argsort(towns.index.to_numpy(dtype=str), kind="stable")
    nearest, km = distances_km(places, towns.iloc[by_id])
    nearest = by_id[nearest]
    named = _any_said([own[one] for one in NAMES if one in own], len(places))
    for one in text:
        if one in towns and not (one == "governorate" and areas is not None):
            said = named if one in NAMES else _any_said([own[one]], len(places))
            theirs = towns[one].to_numpy(dtype=object)[nearest]
            own[one] = own[one].where(said, pd.Series(theirs, index=places.index))
    return places.assign(**own, near_km=np.round(km, 1))


def _any_said(columns: list[pd.Series[str]], count: int) -> npt.NDArray[np.bool_]:
    said = np.zeros(count, dtype=bool)
    for column in columns:
        said |= (column.astype(str).str.strip() != "").to_numpy()
    return said


def _join(listed: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return all candidates, columns in one order; text that some do not have is blank."""
    listed = [table for table in listed if len(table)]
    if not listed:
        what = "there is no place of these kinds"
        raise InputError(Fault(what, "candidates", advice="name more kinds, or give more roads"))
    has = {name for table in listed for name in table.columns}
    order = [one for one in (*_TEXT, *_SAID.values(), "near_km", "kind") if one in has]
    whole = pd.concat([pd.DataFrame(table) for table in listed])[[*order, "geometry"]]
    blank = [one for one in (*_TEXT, *_SAID.values()) if one in has]
    text = {one: whole[one].astype(object).where(whole[one].notna(), "") for one in blank}
    return gpd.GeoDataFrame(whole.assign(**text), crs=WGS84).rename_axis("site_id")
