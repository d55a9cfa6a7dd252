"""Places of an extract of OpenStreetMap: cities, towns, villages and hamlets."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np

from boxreach.arguments import require_file, require_path
from boxreach.crs import WGS84
from boxreach.errors import Fault, InputError
from boxreach.sources.osm.export import ExportError, export_objects
from boxreach.sources.osm.extract import FORMATS, find_format, require_sound
from boxreach.sources.osm.opl import Line, read_tags
from boxreach.suggestions import suggest
from boxreach.tables import NAMES

PLACE_KINDS = ("city", "town", "village", "hamlet")
"""Places where people live by themselves; quarters of a town are part of it."""

_TAGS = {
    "name": ("name:en", "int_name", "name"),
    "name_ar": ("name:ar",),
    "name_ckb": ("name:ckb",),
    "name_kmr": ("name:kmr",),
}
"""Tags that hold a name, the best first."""

_DIGITS = 7


def read_places(path: str | Path, *, kinds: tuple[str, ...] = PLACE_KINDS) -> gpd.GeoDataFrame:
    """Read the places of an extract as communities.

    Parameters
    ----------
    path
        The extract.
    kinds
        Values of the tag ``place`` that count.

    Returns
    -------
    geopandas.GeoDataFrame
        A point a row in EPSG:4326, index ``community_id`` (``osm-n`` and the id of the node), with
        ``name``, ``name_ar``, ``name_ckb`` and ``name_kmr``, blank where not known, and ``place``.
        How many people live there is not in it: OpenStreetMap rarely says. Of several at one spot
        the first counts. The order is that of the ids.

    Raises
    ------
    InputError
        If the file is no extract or holds none of these places.
    """
    path = require_path(path)
    require_file(path)
    kind = find_format(path)
    if kind is None:
        what = "it is no extract of OpenStreetMap by its name"
        raise InputError(Fault(what, path.name, advice=suggest(path.suffix, [*FORMATS])))
    deleted = require_sound(path, kind)
    found: dict[int, tuple[int, Line, dict[str, str]]] = {}
    try:
        with export_objects(path, kind, "places") as export:
            if export.is_history():
                what = "it holds the history of the map and not the map"
                raise InputError(Fault(what, path.name, advice="give an extract of today"))
            for line in export.lines(deleted):
                tags = read_tags(line.tag_text)
                older = found.get(line.id, (-1,))[0] > line.version
                if line.visible and not line.is_way and not older and tags.get("place") in kinds:
                    found[line.id] = line.version, line, tags
    except (ExportError, ValueError, LookupError) as error:
        if isinstance(error, InputError):
            raise
        what = f"it cannot be read as OpenStreetMap data ({' '.join(str(error).split())[:160]})"
        raise InputError(Fault(what, path.name, advice="give a fresh extract")) from error
    places = _make_table([found[one][1:] for one in sorted(found)])
    if places.empty:
        what = f"there is no place in it ({', '.join(kinds)})"
        raise InputError(Fault(what, path.name, advice="give an extract of a whole country"))
    return places


def _make_table(found: list[tuple[Line, dict[str, str]]]) -> gpd.GeoDataFrame:
    lon = np.round([float(line.lon or "nan") for line, _ in found], _DIGITS)
    lat = np.round([float(line.lat or "nan") for line, _ in found], _DIGITS)
    columns: dict[str, list[str]] = {
        column: [_first_of(tags, _TAGS[column]) for _, tags in found] for column in NAMES
    }
    columns["place"] = [tags["place"] for _, tags in found]
    ids = [f"osm-n{line.id}" for line, _ in found]
    table = gpd.GeoDataFrame(
        {"community_id": ids, **columns}, geometry=gpd.points_from_xy(lon, lat), crs=WGS84
    ).set_index("community_id")
    on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    spots = table.geometry.to_wkb()
    return table[on_earth & ~spots.duplicated().to_numpy()]


def _first_of(tags: dict[str, str], names: tuple[str, ...]) -> str:
    """Return the first tag that says something, in one line."""
    said = (" ".join(tags.get(name, "").split()) for name in names)
    return next((one for one in said if one), "")
