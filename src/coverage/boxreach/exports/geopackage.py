"""Layers as one GeoPackage, which QGIS and most of its kind open."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from boxreach.errors import Fault, InputError
from boxreach.exports.layer import Layer

_OPTIONS = {
    "OGR_CURRENT_DATE": "1970-01-01T00:00:00.000Z",
    # Nothing is lost that cannot be written again, and the disk is not waited for at each layer.
    "OGR_SQLITE_SYNCHRONOUS": "OFF",
}


def write_geopackage(path: Path, layers: Sequence[Layer]) -> None:
    """Write layers into one GeoPackage: the same bytes for the same layers.

    Each layer has its title and its notes for a description. No date is in the file but 1970,
    in the column that has to hold one.

    Raises
    ------
    InputError
        If there is no layer that holds anything: such a file would be none.
    """
    from pyogrio import write_dataframe  # noqa: PLC0415 - it is large

    filled = _require_filled(layers, path)
    path.unlink(missing_ok=True)
    with _undated():
        for at, layer in enumerate(filled):
            table = layer.table()
            kinds = sorted(set(table.geom_type), key=len)
            options = {
                "IDENTIFIER": layer.key,
                "DESCRIPTION": "\n".join((layer.title, *layer.notes)),
            }
            write_dataframe(
                table,
                path,
                layer=layer.key,
                driver="GPKG",
                append=at > 0,
                geometry_type=kinds[-1],
                promote_to_multi=len(kinds) > 1,
                layer_options=options,
            )


def _require_filled(layers: Sequence[Layer], path: Path) -> list[Layer]:
    """Return the layers that hold anything, or raise where none does."""
    filled = [layer for layer in layers if len(layer.frame)]
    if not filled:
        advice = "give a layer that holds something"
        raise InputError(Fault("there is nothing to write", str(path), advice=advice))
    return filled


@contextlib.contextmanager
def _undated() -> Iterator[None]:
    """Let GDAL write no date of today; its options are afterwards what they were."""
    from pyogrio import get_gdal_config_option, set_gdal_config_options  # noqa: PLC0415 - large

    before = {name: get_gdal_config_option(name) for name in _OPTIONS}
    set_gdal_config_options(_OPTIONS)
    try:
        yield
    finally:
        set_gdal_config_options(before)
