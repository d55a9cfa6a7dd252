"""Files of an archive that hold layers of which none is read."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from boxreach.errors import DataWarning, Fault
from boxreach.sources.archives import is_archive, is_of_a_mac, unpacking

_LAYERS = {
    ".shp", ".gpkg", ".geojson", ".geojsonl", ".geojsons", ".topojson", ".gml", ".kml", ".kmz",
    ".gpx", ".fgb", ".tab", ".mif", ".sqlite", ".geoparquet", ".osm", ".pbf", ".zip", ".shz",
}  # fmt: skip
"""How files end that hold a layer of their own; tables beside it mostly explain it."""

_NAMED = 10
"""So many files are named that are not read."""


def warn_of_unread(path: Path, layers: Collection[str]) -> None:
    """Say which files of an archive hold layers of which none is read.

    GDAL takes an archive for a folder of shapefiles, or of tables of MapInfo, where one lies at its
    root, and passes over all else. A file that is called as one of the layers may be the same.

    Parameters
    ----------
    path
        The file or the archive.
    layers
        What GDAL finds in it, by name.
    """
    if not is_archive(path) or path.suffix.casefold() == ".kmz":  # looked at with its links
        return
    with unpacking(path) as archive:
        places = [PurePosixPath(one) for one in archive.namelist() if not one.endswith("/")]
    stems = {one.casefold() for one in layers}
    kept = [one for one in places if one.suffix.casefold() in _LAYERS and not is_of_a_mac(one)]
    unread = [str(one) for one in kept if str(one.with_suffix("")).casefold() not in stems]
    if unread and len(unread) < len(kept):  # of one file, layers are called as they like
        named = ", ".join(unread[:_NAMED]) + (", …" if len(unread) > _NAMED else "")
        what = f"other files in it are not read: {named}"
        advice = "unpack it, and give the layer that you mean"
        warnings.warn(DataWarning(Fault(what, path.name, advice=advice)), stacklevel=2)
