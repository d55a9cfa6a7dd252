"""Grids of strangers, opened so that one file is read, or the tiles beside it, and no network.

GDAL takes any of a hundred formats for what it finds in a file, whatever its name: some are a few
lines of text that send it to a server, to any other file of the machine, or to a program. Those
here hold their own cells; of virtual mosaics (VRT) only plain ones of GeoTIFFs beside them do.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import rasterio
from pyproj import CRS
from pyproj.exceptions import ProjError
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError

from boxreach.arguments import require_file
from boxreach.crs import WGS84, transformer_between
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.shift_files import require_no_shift_file
from boxreach.sources.grid_cells import require_cells
from boxreach.sources.system_texts import require_plain_systems_beside

_BY_NAME = {
    ".asc": "AAIGrid", ".bil": "EHdr", ".flt": "EHdr", ".hgt": "SRTMHGT", ".dt0": "DTED",
    ".dt1": "DTED", ".dt2": "DTED",
}  # fmt: skip
_TIFF = (b"II*\0", b"II+\0", b"MM\0*", b"MM\0+")
_HEAD_BYTES = 2**16
_MOSAIC_BYTES = 2**24
_TILES_AT_MOST = 20_000
_BLOCK_BYTES_AT_MOST = 2**28
_CACHE_MB = 64

_PARTS = frozenset({
    "vrtdataset", "srs", "geotransform", "metadata", "mdi", "vrtrasterband", "description",
    "unittype", "offset", "scale", "nodatavalue", "hidenodatavalue", "colorinterp",
    "colortable", "entry", "categorynames", "category", "histograms", "maskband",
    "overviewlist", "simplesource", "complexsource", "sourcefilename", "sourceband",
    "sourceproperties", "srcrect", "dstrect", "nodata", "scaleoffset", "scaleratio",
    "usemaskband",
})  # fmt: skip
"""What a mosaic of tiles is made of, in small letters; GDAL does not tell them apart."""


@contextmanager
def open_grid(path: Path, *, holds: str) -> Iterator[rasterio.DatasetReader]:
    """Open a grid, and say in words why one cannot be opened or read.

    Parameters
    ----------
    path
        The file.
    holds
        What is wanted of it, for the advice: "counts", "heights".

    Raises
    ------
    InputError
        If it cannot be read, or is of a format that may name other files or servers.
    """
    require_file(path)
    require_plain_systems_beside(path)
    try:
        driver = _driver(path)
        # Said by its whole path, no file is taken for the address of something else.
        with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB):
            with warnings.catch_warnings():
                # A grid that says nothing of where it lies is refused in words.
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                grid = rasterio.open(path.absolute(), driver=driver)
            with grid:
                require_cells(grid, path)
                yield grid
    except (RasterioError, RasterioIOError, OSError) as error:
        told = str(error.__cause__ or error).splitlines()
        said = told[0] if told else type(error).__name__
        what = f"it cannot be read as a grid ({said.replace(str(path.absolute()), path.name)})"
        raise InputError(Fault(what, path.name, advice=f"give a GeoTIFF of {holds}")) from error
    except UnicodeDecodeError as error:
        what = "a text in it, of its reference system, a band or a tag, is not UTF-8"
        advice = "take the text out, or write it as UTF-8"
        raise InputError(Fault(what, path.name, advice=advice)) from error


def _driver(path: Path) -> str:
    """Return the format that a file must be of, by how it begins, else by its name."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if b"<vrtdataset" in head.lower() and not head.startswith(_TIFF):
        _require_mosaic(path)
        return "VRT"
    return "GTiff" if head.startswith(_TIFF) else _BY_NAME.get(path.suffix.lower(), "GTiff")


def block_faults(grid: rasterio.DatasetReader, file: str) -> list[Fault]:
    """Return the fault of blocks that could fill the memory before a cell of them is seen."""
    for (high, wide), kind in zip(grid.block_shapes, grid.dtypes, strict=True):
        cell = 4 if kind.startswith("complex_") else np.dtype(kind).itemsize
        if high * wide * cell > _BLOCK_BYTES_AT_MOST:
            what = f"its blocks of {wide:,} × {high:,} cells are too large to be read one by one"
            advice = "save it in tiles, with gdal_translate -co TILED=YES"
            return [Fault(what, file, advice=advice)]
    return []


def tell_palette(grid: rasterio.DatasetReader, file: str) -> None:
    """Warn of a grid whose values may be numbers of colours, as of a picture or of classes."""
    if ColorInterp.palette in grid.colorinterp:
        what = "it has a palette: its values may be numbers of colours, of a picture or of classes"
        warnings.warn(DataWarning(Fault(what, file)), stacklevel=4)


def place_faults(grid: rasterio.DatasetReader, file: str) -> list[Fault]:
    """Return what is wrong with how a grid with a reference system says where its cells lie."""
    placed = grid.transform
    if placed.is_identity or not np.isfinite(placed).all() or placed.determinant == 0:
        what = "the grid does not say where its cells lie"
        return [Fault(what, file, advice="set its transform in the file")]
    try:
        crs = CRS.from_user_input(grid.crs)
        require_no_shift_file(crs.to_wkt(), file)
        transformer_between(crs, WGS84)
    except ProjError:  # of another planet, or of no place on this one
        known = False
    else:
        known = crs.is_geographic or crs.is_projected
    if not known:
        what = f"its reference system ({str(grid.crs)[:60]}) says of no cell where on earth it lies"
        return [Fault(what, file, advice="reproject it to EPSG:4326")]
    return []


def _require_mosaic(path: Path) -> None:
    """Refuse a virtual grid that is more than a mosaic of GeoTIFFs in its own folder."""
    advice = "make one GeoTIFF of it, with gdal_translate"
    if path.stat().st_size > _MOSAIC_BYTES:
        what = f"a mosaic of more than {_MOSAIC_BYTES:,} bytes is not read"
        raise InputError(Fault(what, path.name, advice=advice))
    text = path.read_bytes()
    require_no_shift_file(text, path.name)
    if b"<!" in text or b"<?" in text[1:] or b"&#" in text:
        # GDAL reads XML in its own way; without these it and we read the same.
        what = "it is a mosaic with comments, entities or a DOCTYPE"
        raise InputError(Fault(what, path.name, advice=advice))
    try:
        parts = list(ET.fromstring(text).iter())  # noqa: S314 - it has no DOCTYPE
    except (ET.ParseError, ValueError, LookupError) as error:
        what = f"it is a mosaic of damaged XML ({error})"
        raise InputError(Fault(what, path.name, advice=advice)) from error
    for one in parts:
        said = {name.lower(): value for name, value in one.attrib.items()}
        kind = said.get("subclass", "VRTSourcedRasterBand")
        if one.tag.lower() not in _PARTS or kind != "VRTSourcedRasterBand":
            odd = one.tag if one.tag.lower() not in _PARTS else kind
            what = f"it is a virtual grid with {odd[:60]!r}, and only plain mosaics are read"
            raise InputError(Fault(what, path.name, advice=advice))
    tiles = [one for one in parts if one.tag.lower() == "sourcefilename"]
    _require_tiles(path, tiles, advice)


def _require_tiles(path: Path, tiles: list[ET.Element], advice: str) -> None:
    """Refuse tiles that are no GeoTIFFs in the folder of their mosaic."""
    if len(tiles) > _TILES_AT_MOST:
        what = f"it has {len(tiles):,} tiles, and {_TILES_AT_MOST:,} are read"
        raise InputError(Fault(what, path.name, advice=advice))
    home, faults, good = path.resolve().parent, [], []
    told = {
        (one.text or "", "1" in [v for k, v in one.attrib.items() if k.lower() == "relativetovrt"])
        for one in tiles
    }
    for name, beside in sorted(told):
        tile = Path(name) if not beside else home / name
        if ":" in name or "\\" in name or "\0" in name or not tile.is_absolute():
            what = f"its tile {name[:100]!r} is no file beside it"
        elif not tile.resolve().is_relative_to(home):
            what = f"its tile {name[:100]!r} lies outside its folder"
        elif not tile.is_file():
            what = f"its tile {name[:100]!r} is missing"
        else:
            good.append((name, tile))
            continue
        faults.append(Fault(what, path.name, advice=advice))
    require_plain_systems_beside(*(tile for _, tile in good))
    for name, tile in good:
        if (odd := _odd_tile(tile)) is not None:
            faults.append(Fault(f"its tile {name[:100]!r} {odd}", path.name, advice=advice))
    if faults:
        raise InputError(*faults)


def _odd_tile(tile: Path) -> str | None:
    """Return why a tile is not read, None if it is."""
    with tile.open("rb") as stream:
        if not stream.read(4).startswith(_TIFF):
            return "is no GeoTIFF"
    try:
        with warnings.catch_warnings(action="ignore"), rasterio.open(tile, driver="GTiff") as grid:
            return "has too large blocks" if block_faults(grid, tile.name) else None
    except (RasterioIOError, UnicodeDecodeError):
        return "cannot be read"
