"""Layers as KML, or as KMZ with pictures of its own, for Google Earth and ATAK.

Written with the standard library: it escapes all that a name may hold, needs no extra, and gives
no ids of its own as simplekml does.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pandas as pd

from boxreach.exports.icons import draw_icon
from boxreach.exports.layer import Layer
from boxreach.exports.places import paths_of
from boxreach.exports.xml_text import add, render_xml

_COLOURS = {
    "box": ("ff9c5a1f", "square"),
    "box_proposed": ("ff2a8cf5", "square"),
    "post": ("ff4d2e6b", "diamond"),
    "post_proposed": ("ffc03ac9", "diamond"),
    "community": ("ff50a032", "disc"),
    "line": ("ff50a032", ""),
    "route": ("fff0b400", ""),
    "gap": ("ff2828d2", "ring"),
}
"""Alpha, blue, green, red of each symbol, and the shape of its picture."""

_OUTSIDE = "ff2828d2"
_TYPES = {"i": "int", "u": "int", "f": "double", "b": "bool"}


def write_kml(
    path: Path, layers: Sequence[Layer], *, title: str, notes: Sequence[str] = ()
) -> None:
    """Write layers as KML, a folder each, with the usual pins: nothing in it is fetched.

    Parameters
    ----------
    path
        Where it goes.
    layers
        A layer without anything in it is left out.
    title, notes
        What readers see above all of it, and what has to be said of it.
    """
    path.write_bytes(_render(layers, title, notes, pictures=False))


def write_kmz(
    path: Path, layers: Sequence[Layer], *, title: str, notes: Sequence[str] = ()
) -> None:
    """Write layers as KMZ: the KML, and a picture for each kind of thing.

    Parameters
    ----------
    path
        Where it goes.
    layers
        A layer without anything in it is left out.
    title, notes
        What readers see above all of it, and what has to be said of it.
    """
    shapes = {_COLOURS[layer.symbol][1] for layer in layers if len(layer.frame)} - {""}
    files = {"doc.kml": _render(layers, title, notes, pictures=True)}
    files |= {f"icons/{shape}.png": draw_icon(shape) for shape in sorted(shapes)}
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, whatever the day
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            packed.writestr(entry, data, zipfile.ZIP_DEFLATED, 6)


def _render(layers: Sequence[Layer], title: str, notes: Sequence[str], *, pictures: bool) -> bytes:
    filled = [layer for layer in layers if len(layer.frame)]
    root = Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = add(root, "Document")
    add(document, "name", title)
    add(document, "open", 1)
    if notes:
        add(document, "description", _shown("\n".join(notes)))
    kinds = {(layer.symbol, out) for layer in filled for out in layer.outside or (False,)}
    for symbol, outside in sorted(kinds):
        _add_style(document, symbol, outside=outside, pictures=pictures)
    tables = [layer.table() for layer in filled]
    for layer, table in zip(filled, tables, strict=True):
        _add_schema(document, layer, table)
    for layer, table in zip(filled, tables, strict=True):
        _add_folder(document, layer, table)
    return render_xml(root)


def _add_style(document: Element, symbol: str, *, outside: bool, pictures: bool) -> None:
    colour, shape = _COLOURS[symbol]
    colour = _OUTSIDE if outside else colour
    style = add(document, "Style", id=_style_of(symbol, outside=outside))
    if not shape:
        line = add(style, "LineStyle")
        add(line, "color", colour)
        add(line, "width", 4 if symbol == "line" else 3)
        return
    small = symbol == "community"
    icon = add(style, "IconStyle")
    add(icon, "color", colour)
    add(icon, "scale", 0.6 if small else 1)
    if pictures:
        add(add(icon, "Icon"), "href", f"icons/{shape}.png")
    add(add(style, "LabelStyle"), "scale", 0.6 if small else 0.8)


def _style_of(symbol: str, *, outside: bool) -> str:
    return f"{symbol}_outside" if outside else symbol


def _add_schema(document: Element, layer: Layer, table: pd.DataFrame) -> None:
    schema = add(document, "Schema", name=layer.key, id=f"{layer.key}_columns")
    for name, kind in _columns(table).items():
        add(schema, "SimpleField", type=kind, name=name)


def _columns(table: pd.DataFrame) -> dict[str, str]:
    """Return the columns with their types, but the shapes and what nothing is known of."""
    known = [str(name) for name in table if not table[name].isna().all()]
    return {name: _type_of(table[name]) for name in known if name != "geometry"}


def _type_of(values: pd.Series[Any]) -> str:
    kind = _TYPES.get(getattr(values.dtype, "kind", "O"), "string")
    # An int of KML has 32 bits.
    return "double" if kind == "int" and values.abs().max() >= 2**31 else kind


def _add_folder(document: Element, layer: Layer, table: pd.DataFrame) -> None:
    folder = add(document, "Folder", id=layer.key)
    add(folder, "name", layer.title)
    if layer.notes:
        add(folder, "description", _shown("\n".join(layer.notes)))
    columns = _columns(table)
    rows = zip(*(_texts(table[name], kind) for name, kind in columns.items()), strict=True)
    told = layer.told or [""] * len(table)
    outside = layer.outside or [False] * len(table)
    paths = paths_of(table.geometry.to_numpy())
    kind = "Point" if (table.geom_type == "Point").all() else "LineString"
    every = zip(layer.called, told, outside, rows, paths, strict=True)
    for called, lines, out, values, shape in every:
        placemark = add(folder, "Placemark")
        add(placemark, "name", called)
        if lines:
            add(placemark, "description", _shown(lines))
        add(placemark, "styleUrl", f"#{_style_of(layer.symbol, outside=out)}")
        held = add(add(placemark, "ExtendedData"), "SchemaData", schemaUrl=f"#{layer.key}_columns")
        for name, value in zip(columns, values, strict=True):
            if value is not None:
                add(held, "SimpleData", value, name=name)
        _add_shape(placemark, kind, shape)


def _texts(values: pd.Series[Any], kind: str) -> list[str | None]:
    """Return values as XML Schema writes them; what is not known is None."""
    known = values.notna().tolist()
    listed = values.tolist()
    if kind == "bool":
        listed = ["true" if one is True else "false" for one in listed]
    return [str(one) if is_known else None for one, is_known in zip(listed, known, strict=True)]


def _add_shape(placemark: Element, kind: str, paths: Sequence[Sequence[tuple[str, str]]]) -> None:
    at = add(placemark, "MultiGeometry") if len(paths) > 1 else placemark
    for path in paths:
        element = add(at, kind)
        if kind == "LineString":
            add(element, "tessellate", 1)
        add(element, "coordinates", " ".join(f"{lon},{lat}" for lon, lat in path))


def _shown(text: str) -> str:
    """Return text for a description, which readers take for HTML: seen as typed, nothing runs."""
    return escape(text, quote=False)
