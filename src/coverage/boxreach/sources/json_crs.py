"""Reference systems that GeoJSON names; the driver of GDAL takes strange ones for WGS 84."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from pyproj import CRS
from pyproj.exceptions import ProjError

from boxreach.arguments import shown
from boxreach.crs import WGS84, is_datum_known, transformer_between
from boxreach.errors import CRSError, Fault

_ADVICE = "name the one it is in, like urn:ogc:def:crs:EPSG::32638"
_SAME_DEG = 1e-7
_NAME = re.compile(r"[^=\[{]{1,200}")
"""No more is looked up: a definition may name files of this machine."""


def named_crs(member: object, file: str) -> CRS | None:
    """Return the system that the member ``crs`` of a collection names; None if there is none.

    Raises
    ------
    CRSError
        If nobody knows it or its way to WGS 84, or it is told elsewhere, by a link.

    Examples
    --------
    >>> named_crs({"type": "name", "properties": {"name": "EPSG:32638"}}, "a.geojson").name
    'WGS 84 / UTM zone 38N'
    >>> named_crs("EPSG:1", "a.geojson")
    Traceback (most recent call last):
    boxreach.errors.CRSError: a.geojson: it names a coordinate reference system that is not known: \
'EPSG:1'; name the one it is in, like urn:ogc:def:crs:EPSG::32638
    """
    about = member if isinstance(member, dict) else {}
    if str(about.get("type")).casefold() in {"link", "url"}:
        what = "its coordinate reference system is told elsewhere, by a link"
        raise CRSError(Fault(what, file, advice="save the layer in WGS 84, EPSG:4326"))
    inner = about.get("properties")
    said = inner.get("name", inner.get("code")) if isinstance(inner, dict) else member
    if said is None or said == {} or (about and said is member):
        return None
    said = f"EPSG:{said}" if type(said) is int or about.get("type") == "EPSG" else said
    try:
        found = CRS.from_user_input(said if isinstance(said, str) and _NAME.fullmatch(said) else "")
        transformer_between(found, WGS84)
    except (ProjError, UnicodeEncodeError) as error:
        what = f"it names a coordinate reference system that is not known: {shown(str(said))}"
        raise CRSError(Fault(what, file, advice=_ADVICE)) from error
    return found


def require_same_crs(named: CRS, frame: Any, file: str) -> None:
    """Raise `CRSError` if a frame's places are not those of the system that the file names."""
    west, south, east, north = frame.total_bounds
    if frame.crs is None or not np.isfinite(west):
        return
    read = CRS(frame.crs)
    as_named, as_read = (
        transformer_between(one, WGS84).transform([west, east], [south, north])
        for one in (named, read)
    )
    same = np.allclose(as_named, as_read, rtol=0, atol=_SAME_DEG, equal_nan=True)
    # What nobody knows better lies at the same place too, and is told by its own name. Whether
    # datums are the same is asked last, as it takes longer than to read a small layer.
    if not same or (not is_datum_known(named, west, south) and named.datum != read.datum):
        what = f"it names {shown(named.name)}, which is read as {shown(read.name)}"
        raise CRSError(Fault(what, file, advice=_ADVICE))
