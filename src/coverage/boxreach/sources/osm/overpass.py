"""Roads from a server of OpenStreetMap data (Overpass), asked through osmnx."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from boxreach.errors import BoxreachError, Fault, InputError
from boxreach.extents import Bounds
from boxreach.sources.osm.access import blocks, read_way
from boxreach.sources.osm.pieces import cut_ways
from boxreach.sources.osm.ways import NodeList, WayList, Ways

_FILE = "Overpass"
_ROADS = '["highway"]'
_OFFLINE = "try again later, or give an extract as a file"


def download_roads(
    place: str | None = None,
    *,
    bbox: Bounds | None = None,
    polygon: shapely.Polygon | shapely.MultiPolygon | None = None,
    overpass_url: str = "https://overpass-api.de/api",
    nominatim_url: str = "https://nominatim.openstreetmap.org/",
    timeout_s: float = 180,
) -> gpd.GeoDataFrame:
    """Download the roads of a place, a box or a polygon, and 500 m around it, as they are today.

    One request is sent for all of it, so this is for a city or a district; for a country read an
    extract with `read_roads`. A server that is busy is asked again until it answers.

    Parameters
    ----------
    place
        A name that Nominatim finds as an area: ``"Kirkuk, Iraq"``.
    bbox
        West, south, east and north in degrees.
    polygon
        An area in degrees, longitude first.
    overpass_url, nominatim_url
        The servers to ask; the second one only for a place.
    timeout_s
        Seconds to wait for an answer; Overpass is told, too.

    Returns
    -------
    geopandas.GeoDataFrame
        A noded roads table in EPSG:4326, as `read_roads` gives of an extract.

    Raises
    ------
    InputError
        If not one area is given, the place is not found, or there is no road.
    BoxreachError
        If a server cannot be reached, or does not answer in full.

    Warns
    -----
    DataWarning
        How many ways were left out, kept in doubt or mended, by their kind.
    """
    if sum(one is not None for one in (place, bbox, polygon)) != 1:
        advice = "give one of place, bbox and polygon"
        raise InputError(Fault("it is not clear which area is meant", _FILE, advice=advice))
    area = place if place is not None else _read_area(bbox, polygon)
    with TemporaryDirectory() as folder:
        with _osmnx_settings(
            cache_folder=folder,
            cache_only_mode=True,  # its answers are kept as they are, and no graph is made of them
            use_cache=True,
            doh_url_template=None,
            max_query_area_size=float("inf"),  # one request, so that none can be lost unseen
            nominatim_url=nominatim_url,
            overpass_rate_limit="overpass-api.de" in overpass_url,  # only there is its format known
            overpass_url=overpass_url,
            requests_timeout=timeout_s,
        ):
            _ask(area, overpass_url)
        answers = [json.loads(one.read_text("utf-8")) for one in sorted(Path(folder).glob("*"))]
    ways = _read_answers([one for one in answers if isinstance(one, dict)], overpass_url)
    roads = cut_ways(ways, file=_FILE)
    ways.tally.warn(_FILE, stacklevel=2)
    return roads


def _read_area(
    bbox: Bounds | None, polygon: shapely.Polygon | shapely.MultiPolygon | None
) -> shapely.Polygon | shapely.MultiPolygon:
    area = shapely.box(*bbox) if bbox is not None else polygon
    if not isinstance(area, shapely.Polygon | shapely.MultiPolygon):
        what = f"the polygon is a {type(area).__name__}"
        raise InputError(Fault(what, _FILE, advice="give a polygon of shapely"))
    west, south, east, north = area.bounds or (0, 0, 0, 0)
    turned = bbox is not None and not (bbox[0] < bbox[2] and bbox[1] < bbox[3])
    on_earth = west >= -180 and south >= -90 and east <= 180 and north <= 90
    if turned or not on_earth or not area.is_valid or not area.area:
        what = f"{west:g}, {south:g}, {east:g}, {north:g} is no area on earth"
        advice = "give degrees: west, south, east, north"
        raise InputError(Fault(what, _FILE, advice=advice))
    return area


@contextmanager
def _osmnx_settings(**ours: object) -> Iterator[None]:
    """Lend osmnx our settings; it keeps them, and a resolver of its own, for the whole process."""
    from osmnx import settings  # noqa: PLC0415 - it takes a second to load, and few need it

    before = {name: getattr(settings, name) for name in ours}
    resolver = socket.getaddrinfo
    try:
        for name, value in ours.items():
            setattr(settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
        socket.getaddrinfo = resolver


def _ask(area: str | shapely.Polygon | shapely.MultiPolygon, url: str) -> None:
    """Ask for the roads of an area; the answers stand in the cache of osmnx then."""
    import osmnx  # noqa: PLC0415
    import requests  # noqa: PLC0415

    try:
        if isinstance(area, str):
            found = osmnx.geocode_to_gdf(area)
            area = found.geometry.iloc[0]
        osmnx.graph_from_polygon(area, custom_filter=_ROADS, retain_all=True, simplify=False)
    except InterruptedError:
        return  # so it says that it has asked and made no graph
    except requests.RequestException as error:
        what = f"{url} cannot be asked ({type(error).__name__})"
        raise BoxreachError(f"{what}; {_OFFLINE}") from error
    except (LookupError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())[:160]
        if isinstance(area, str):
            advice = "check the name, or give a bbox"
            raise InputError(
                Fault(f"{area!r} is not found as an area ({said})", _FILE, advice=advice)
            ) from error
        raise BoxreachError(f"{url} gives no roads ({said}); {_OFFLINE}") from error


def _read_answers(answers: list[dict[str, Any]], url: str) -> Ways:
    """Read the answers of the server as an extract."""
    ways, nodes = WayList(), NodeList()
    refs: list[int] = []
    if not answers or any("remark" in one for one in answers):  # osmnx before 2.0.2 takes these too
        raise BoxreachError(f"{url} does not answer in full; ask for a smaller area, or {_OFFLINE}")
    try:
        for one in (element for answer in answers for element in answer["elements"]):
            tags, version = one.get("tags", {}), one.get("version", 0)
            if one["type"] == "node":
                stops = blocks(tags)
                nodes.add(one["id"], version, one["lon"], one["lat"], stops=stops, visible=True)
            elif one["type"] == "way":
                meaning = read_way(tags) if "highway" in tags else None
                drawn = one["nodes"] if meaning and meaning.driven else []
                refs += drawn
                ways.add(one["id"], version, meaning, len(drawn), visible=True)
        numbers = np.array(refs, dtype=np.int64)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        what = f"{url} gives what is no OpenStreetMap data ({type(error).__name__}: {error})"
        raise BoxreachError(f"{what}; check the address") from error
    lon, lat, blocked = nodes.find(numbers)
    return ways.close(numbers, lon, lat, blocked, file=_FILE)
