"""Layers as GPX 1.1: boxes and posts as waypoints of short names, the ways to them as tracks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import geopandas as gpd
import pandas as pd

from boxreach.exports.layer import Layer
from boxreach.exports.places import paths_of
from boxreach.exports.xml_text import add, render_xml

NAME_LENGTH = 10
"""So many letters at most have the names: older units show no more."""

_SITES = {
    "box": ("BS", "Flag, Blue"),
    "box_proposed": ("B", "Flag, Green"),
    "post": ("PS", "Flag, Red"),
    "post_proposed": ("P", "Triangle, Red"),
}
"""How the names of each kind of site begin, and how units draw it."""


def write_gpx(path: Path, layers: Sequence[Layer], *, title: str) -> None:
    """Write the sites of layers as waypoints, and their routes as tracks; others are left out.

    A waypoint is called by its kind and rank, and by what of its name is Latin: ``B07 SINJAR``
    is the seventh proposed box, ``P`` stands for posts; ``BS`` and ``PS`` are those that stand
    already, counted in their order. Whole names, ids and facts are in the comment and the
    description.

    Parameters
    ----------
    path
        Where it goes.
    layers
        Those with symbols ``box``, ``box_proposed``, ``post``, ``post_proposed`` and ``route``
        are written.
    title
        What the file is called.
    """
    root = Element(
        "gpx", version="1.1", creator="boxreach", xmlns="http://www.topografix.com/GPX/1/1"
    )
    about = add(root, "metadata")
    add(about, "name", title)
    notes = dict.fromkeys(note for layer in layers for note in layer.notes)
    if notes:
        add(about, "desc", "\n".join(notes))
    codes: dict[str, str] = {}
    for layer in layers:
        if layer.symbol in _SITES:
            _add_waypoints(root, layer, codes)
    for layer in layers:
        if layer.symbol == "route":
            _add_tracks(root, layer, codes)
    path.write_bytes(render_xml(root))


def _add_waypoints(root: Element, layer: Layer, codes: dict[str, str]) -> None:
    letter, drawn = _SITES[layer.symbol]
    table = layer.table()
    ranks = table["rank"].tolist() if "rank" in table else [*range(1, len(table) + 1)]
    digits = max(2, len(str(max(ranks, default=0))))
    for rank, row in zip(ranks, _rows(layer, table), strict=True):
        called, comment, told, site_id, paths = row
        code = f"{letter}{rank:0{digits}d}"
        codes[site_id] = code
        lon, lat = paths[0][0]
        point = add(root, "wpt", lat=lat, lon=lon)
        add(point, "name", f"{code} {_latin(called) or _latin(site_id)}"[:NAME_LENGTH].strip())
        add(point, "cmt", comment)
        add(point, "desc", told)
        add(point, "sym", drawn)
        add(point, "type", layer.title)


def _add_tracks(root: Element, layer: Layer, codes: dict[str, str]) -> None:
    for at, row in enumerate(_rows(layer, layer.table()), 1):
        _, comment, told, site_id, paths = row
        track = add(root, "trk")
        add(track, "name", f"TO {codes.get(site_id, f'{at:02d}')}"[:NAME_LENGTH])
        add(track, "cmt", comment)
        add(track, "desc", told)
        add(track, "type", layer.title)
        for path in paths:
            piece = add(track, "trkseg")
            for lon, lat in path:
                add(piece, "trkpt", lat=lat, lon=lon)


def _rows(layer: Layer, table: gpd.GeoDataFrame) -> Iterator[tuple[str, str, str, str, Any]]:
    """Give the Latin-most name, every name with the id, the facts, the id, and the shape."""
    names = [name for name in ("name", "name_ar", "name_ckb", "name_kmr") if name in table]
    every = table[names].astype(object).where(table[names].notna(), "").to_numpy().tolist()
    told = layer.told or [""] * len(table)
    ids = table[table.columns[0]].astype(str)
    plain = layer.frame.get("name", pd.Series(ids)).fillna("").astype(str)
    for call, forms, lines, site_id, paths in zip(
        plain, every, told, ids, paths_of(table.geometry.to_numpy()), strict=True
    ):
        said = " / ".join(dict.fromkeys(one for one in (*forms, site_id) if one))
        yield call, said, lines, site_id, paths


def _latin(text: str) -> str:
    """Return what a unit with few letters can show of a name.

    Examples
    --------
    >>> _latin("Şingal al-Şerqî"), _latin("سنجار")
    ('SINGALALSERQI', '')
    """
    plain = unicodedata.normalize("NFKD", text).upper()
    return "".join(one for one in plain if one.isascii() and one.isalnum())
