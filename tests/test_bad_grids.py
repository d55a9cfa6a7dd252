"""Grids of every broken kind: a right answer, or a refusal that names the file and what to do."""

import gzip
import re
import struct
import warnings

import numpy as np
import pytest
import rasterio
from pyproj import CRS
from rasterio import Affine

import boxreach as br
from boxreach.sources.terrain_grid import read_terrain

pytestmark = pytest.mark.corpus

UP = Affine(0.1, 0, 44, 0, -0.1, 33)
PLAIN = np.full((4, 4), 50, "float32")
LARGE = np.arange(250_000, dtype="float32").reshape(500, 500) % 500
WIDTH, HEIGHT, BITS, COMPRESSION, FIRST, SAMPLES = 256, 257, 258, 259, 273, 277
ROWS, TILE_WIDTH, TILE_HEIGHT, KIND = 278, 322, 323, 339


def tif(values=PLAIN, *, claims=None, cut=None, unit=None, scale=None, tags=None, **options):
    """Return what writes a GeoTIFF, its tags replaced by what they claim, and cut somewhere."""

    def write(path):
        bands = values if values.ndim == 3 else values[None]
        profile = {"driver": "GTiff", "crs": "EPSG:4326", "transform": UP, "dtype": bands.dtype}
        profile |= {"count": len(bands), "height": bands.shape[1], "width": bands.shape[2]}
        with (
            warnings.catch_warnings(action="ignore"),
            rasterio.open(path, "w", **profile | options) as grid,
        ):
            grid.write(bands)
            grid.update_tags(**tags or {})
            if scale is not None:
                grid.scales = [scale] * len(bands)
            if unit:
                grid.units = [unit]
        claim(path, claims or {})
        path.write_bytes(path.read_bytes()[:cut])

    return write


def claim(path, claims):
    """Write into the header of a GeoTIFF what its tags claim, by their numbers."""
    data = bytearray(path.read_bytes())
    (start,) = struct.unpack("<I", data[4:8])
    (entries,) = struct.unpack("<H", data[start : start + 2])
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        (tag,) = struct.unpack("<H", data[at : at + 2])
        if tag in claims:
            data[at + 2 : at + 4] = struct.pack("<H", 4)
            data[at + 8 : at + 12] = struct.pack("<I", claims[tag])
    path.write_bytes(bytes(data))


def raw(content):
    """Return what writes some bytes."""
    return lambda path: path.write_bytes(content)


def holding(value, kind="float32"):
    """Return what writes a grid of which two cells hold a value."""
    values = np.full((4, 4), 50, kind)
    values[0, 0] = values[3, 1] = value
    return tif(values)


def packed(path):
    """Write a GeoTIFF that somebody packed."""
    tif()(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def zeroed(path):
    """Write a compressed GeoTIFF of which some sectors are gone."""
    tif(LARGE, compress="deflate")(path)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(bytes(data))


def looping(path):
    """Write a GeoTIFF whose directory names itself as the next one."""
    tif()(path)
    data = bytearray(path.read_bytes())
    (start,) = struct.unpack("<I", data[4:8])
    (entries,) = struct.unpack("<H", data[start : start + 2])
    after = start + 2 + 12 * entries
    data[after : after + 4] = data[4:8]
    path.write_bytes(bytes(data))


def at(*transform, crs="EPSG:4326", values=PLAIN):
    return tif(values, transform=Affine(*transform), crs=crs)


UNREADABLE = "it cannot be read as a grid (…"
UNKNOWN = (
    "it cannot be read as a grid ('grid.tif' not recognized as being in a supported file format.);"
    " give a GeoTIFF of …"
)
NO_CRS = "the grid does not say its coordinate reference system; set it in the file"
NO_PLACE = "the grid does not say where its cells lie; set its transform in the file"
NOWHERE = "nowhere on earth; check the coordinate reference system and the transform of the grid"
AWAY = f"its cells lie {NOWHERE}"
LOST = f"16 cells with people lie {NOWHERE}"
MAP = "says of no cell where on earth it lies; reproject it to EPSG:4326"
NAN, INF = float("nan"), float("inf")

REFUSED = {
    "empty": (raw(b""), UNKNOWN, UNKNOWN),
    "a page of HTML": (raw(b"<!DOCTYPE html><html>404</html>"), UNKNOWN, UNKNOWN),
    "a table": (raw(b"lon,lat,people\n44,33,5\n"), UNKNOWN, UNKNOWN),
    "a zip": (raw(b"PK\3\4" + bytes(100)), UNKNOWN, UNKNOWN),
    "packed": (packed, UNKNOWN, UNKNOWN),
    "the first bytes": (raw(b"II*\0\x08\0\0\0"), UNREADABLE, UNREADABLE),
    "cut in its header": (tif(cut=100), UNREADABLE, UNREADABLE),
    "cut before its reference system": (tif(cut=-10), NO_CRS, NO_CRS),
    "cut in its cells": (tif(LARGE, cut=400_000), UNREADABLE, UNREADABLE),
    "cut and compressed": (
        tif(LARGE, compress="deflate", cut=50_000), UNREADABLE, UNREADABLE,
    ),
    "damaged in its cells": (zeroed, UNREADABLE, UNREADABLE),
    "without a reference system": (tif(crs=None), NO_CRS, NO_CRS),
    "without a transform": (tif(transform=Affine.identity()), NO_PLACE, NO_PLACE),
    "without both": (tif(crs=None, transform=Affine.identity()), NO_CRS, NO_CRS),
    "collapsed": (at(0.1, 0, 44, 0, 0, 33), NO_PLACE, NO_PLACE),
    "cells of NaN": (at(NAN, 0, 44, 0, -0.1, 33), NO_PLACE, NO_PLACE),
    "infinitely far": (at(0.1, 0, INF, 0, -0.1, 33), NO_PLACE, NO_PLACE),
    "cells of a thousand degrees": (at(1000, 0, 44, 0, -1000, 33), LOST, AWAY),
    "north of the pole": (at(0.1, 0, 44, 0, -0.1, 133), LOST, AWAY),
    "east of all longitudes": (at(0.1, 0, 1e9, 0, -0.1, 33), LOST, AWAY),
    "metres said to be degrees": (
        at(100, 0, 440_000, 0, -100, 3.7e6), LOST, AWAY,
    ),
    "heights as places": (tif(crs="EPSG:5773"), f"its reference system (… {MAP}", f"…{MAP}"),
    "from the middle of the earth": (
        tif(crs="EPSG:4978"),
        f"its reference system (EPSG:4978) {MAP}", f"its reference system (EPSG:4978) {MAP}",
    ),
    "a plan of a building": (
        tif(crs='LOCAL_CS["x",UNIT["m",1]]'), f"its reference system (… {MAP}", f"…{MAP}",
    ),
    "the Moon": (
        tif(crs='GEOGCS["Moon",DATUM["D",SPHEROID["Moon",1737400,0]],PRIMEM["G",0],'
                'UNIT["degree",0.0174532925199433]]'),
        f"its reference system (… {MAP}", f"…{MAP}",
    ),
    "two bands": (
        tif(np.ones((2, 4, 4), "float32")),
        "it has 2 bands; give one band of counts", "it has 2 bands; give one band of heights",
    ),
    "a picture": (
        tif(np.ones((4, 4, 4), "uint8"), photometric="RGB"),
        "it has 4 bands; give one band of counts", "it has 4 bands; give one band of heights",
    ),
    "complex numbers": (
        tif(np.ones((4, 4), "complex64")),
        "it holds complex numbers; give real counts", "it holds complex numbers; give heights",
    ),
    "complex whole numbers": (
        tif(np.ones((4, 4), "complex64"), dtype="complex_int16"),
        "it holds complex numbers; give real counts", "it holds complex numbers; give heights",
    ),
    "nothing known": (
        tif(np.full((4, 4), NAN, "float32")),
        "there is nobody in it; give a grid of counts",
        "there is no height in it; give a grid of heights",
    ),
    "nothing but nodata": (
        tif(np.full((4, 4), -9, "float32"), nodata=-9),
        "there is nobody in it; give a grid of counts",
        "there is no height in it; give a grid of heights",
    ),
    "a scale of NaN": (
        tif(scale=NAN),
        "its values are scaled (scale nan, offset 0); save the counts themselves",
        "there is no height in it; give a grid of heights",
    ),
    "no width": (tif(claims={WIDTH: 0}), UNREADABLE, UNREADABLE),
    "blocks that lie": (
        tif(LARGE, tiled=True, blockxsize=16, blockysize=16,
            claims={TILE_WIDTH: 40_000, TILE_HEIGHT: 40_000}),
        "its blocks of 40,000 × 40,000 cells are too large to be read one by one; save it in"
        " tiles, with gdal_translate -co TILED=YES",
        "its blocks of 40,000 × 40,000 cells are too large to be read one by one; save it in"
        " tiles, with gdal_translate -co TILED=YES",
    ),
    "sixty thousand bands": (
        tif(claims={SAMPLES: 60_000}),
        "it has 60000 bands; give one band of counts",
        "it has 60000 bands; give one band of heights",
    ),
    "floats of seven bits": (tif(claims={BITS: 7}), UNREADABLE, UNREADABLE),
    "an unknown compression": (tif(claims={COMPRESSION: 999}), UNREADABLE, UNREADABLE),
    "said to be LZW": (tif(claims={COMPRESSION: 5}), UNREADABLE, UNREADABLE),
    "said to be JPEG": (tif(claims={COMPRESSION: 7}), UNREADABLE, UNREADABLE),
    "numbers of no kind": (tif(claims={KIND: 9}), UNREADABLE, UNREADABLE),
    "cells beyond the end": (tif(claims={FIRST: 2**31}), UNREADABLE, UNREADABLE),
    "strips of no rows": (tif(claims={ROWS: 0}), UNREADABLE, UNREADABLE),
}  # fmt: skip

NOT_PEOPLE = {
    "an undeclared -99999": (-99999.0, "-99999"),
    "an undeclared -9999": (-9999.0, "-9999"),
    "an undeclared -32768": (-32768.0, "-32768"),
    "the lowest float": (-3.4028234e38, "-3.40282e+38"),
    "1e20": (1e20, "1e+20"),
    "infinity": (INF, "inf"),
    "minus infinity": (-INF, "-inf"),
    "half a person less": (-0.5, "-0.5"),
}

READ = {
    "bytes": (tif(PLAIN.astype("uint8")), 800.0, (50, 50)),
    "signed bytes": (tif(PLAIN.astype("int8")), 800.0, (50, 50)),
    "whole numbers of 64 bits": (tif(PLAIN.astype("uint64")), 800.0, (50, 50)),
    "doubles": (tif(PLAIN.astype("float64")), 800.0, (50, 50)),
    "single bits": (tif(np.ones((4, 4), "uint8"), nbits=1), 16.0, (1, 1)),
    "colours": (tif(np.ones((4, 4), "uint8"), photometric="PALETTE"), 16.0, (1, 1)),
    "a turned grid": (at(0.1, 0.02, 44, 0.02, -0.1, 33), 800.0, (50, 50)),
    "a grid from the south": (at(0.1, 0, 44, 0, 0.1, 32), 800.0, (50, 50)),
    "longitudes up to 360": (at(0.1, 0, 340, 0, -0.1, 33), 800.0, (50, 50)),
    "a system of places and heights": (tif(crs="EPSG:4326+5773"), 800.0, (50, 50)),
    "a directory that names itself": (looping, 800.0, (50, 50)),
    "one cell": (tif(np.full((1, 1), 5, "float32")), 5.0, (5, 5)),
    "nodata that is NaN": (tif(nodata=NAN), 800.0, (50, 50)),
    "some NaN": (holding(NAN), 700.0, (50, 50)),
}


def said_by(read, path):
    """Return what is said when a file is refused, without its name."""
    with pytest.raises(br.InputError) as caught:
        read(path)
    (fault,) = caught.value.faults
    assert fault.file == "grid.tif"
    assert fault.advice
    return f"{fault.what}; {fault.advice}"


def is_said(said, expected):
    """Tell whether a message is what was expected; … stands for words of GDAL."""
    start, words, end = expected.partition("…")
    return said.startswith(start) and said.endswith(end) if words else said == expected


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_grid_is_refused_as_people_and_as_heights(tmp_path, name):
    """One fault each, with its file and what to do."""
    write, people, heights = REFUSED[name]
    write(tmp_path / "grid.tif")
    assert is_said(said_by(br.read_population, tmp_path / "grid.tif"), people)
    assert is_said(said_by(read_terrain, tmp_path / "grid.tif"), heights)


@pytest.mark.parametrize("name", NOT_PEOPLE)
def test_a_value_that_no_cell_of_people_can_hold_is_refused_with_its_cell(tmp_path, name):
    """And how many more there are."""
    value, shown = NOT_PEOPLE[name]
    holding(value)(tmp_path / "grid.tif")
    with pytest.raises(br.InputError) as caught:
        br.read_population(tmp_path / "grid.tif")
    assert str(caught.value) == (
        f"grid.tif, row 0, column cell 0: {shown} people cannot be, nor in 1 cells after it;"
        " declare the value as nodata, or mend the cell"
    )


@pytest.mark.parametrize("read", [br.read_population, read_terrain])
def test_a_grid_with_a_palette_is_pointed_out(tmp_path, read):
    """Maps of classes and pictures are saved so; a few people in a cell may be too."""
    tif(np.ones((4, 4), "uint8"), photometric="PALETTE")(tmp_path / "grid.tif")
    with pytest.warns(br.DataWarning, match=r"grid.tif: it has a palette: .* numbers of colours"):
        read(tmp_path / "grid.tif")


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [(255, "uint8", "255"), (65535, "uint16", "65,535"), (32767, "int16", "32,767")],
)
def test_the_largest_value_of_its_numbers_is_pointed_out(tmp_path, value, kind, shown):
    """An undeclared nodata value that could be people, or people who did not fit."""
    holding(value, kind)(tmp_path / "grid.tif")
    with pytest.warns(br.DataWarning, match=f"grid.tif: 2 cells hold {shown} people, the most"):
        br.read_population(tmp_path / "grid.tif")


@pytest.mark.parametrize("read", [br.read_population, read_terrain])
def test_a_grid_whose_system_names_a_file_of_shifts_is_refused(tmp_path, read):
    """It would be opened to place the cells."""
    crs = CRS(f"+proj=longlat +ellps=clrk80 +nadgrids={tmp_path}/none +no_defs")
    (tmp_path / "grid.prj").write_text(crs.to_wkt("WKT1_GDAL"))
    rows = "ncols 2\nnrows 2\nxllcorner 44\nyllcorner 33\ncellsize 0.1\n5 6\n7 8\n"
    (tmp_path / "grid.asc").write_text(rows)
    with pytest.raises(br.CRSError, match="names a file of this machine"):
        read(tmp_path / "grid.asc")


@pytest.mark.filterwarnings("ignore:grid.tif. it has a palette")
@pytest.mark.parametrize("name", READ)
def test_an_odd_grid_is_read_right(tmp_path, name):
    """What is unusual, but means something, gives just that."""
    write, people, (low, high) = READ[name]
    write(tmp_path / "grid.tif")
    assert br.read_population(tmp_path / "grid.tif")["people"].sum() == people
    heights = read_terrain(tmp_path / "grid.tif").grid_m
    assert (np.nanmin(heights), np.nanmax(heights)) == (low, high)


@pytest.mark.parametrize(
    ("write", "west", "south"),
    [(at(0.1, 0, 33, 0, -0.1, 44), "33.0", "43.6"), (tif(crs="EPSG:32638"), "40.5", "0.0")],
    ids=["swapped", "degrees said to be metres"],
)
@pytest.mark.filterwarnings("ignore:grid.tif. its people live 5")
def test_a_grid_of_somewhere_else_is_told_by_the_study_area(tmp_path, write, west, south):
    """A place on earth, but none of those that are asked for."""
    write(tmp_path / "grid.tif")
    iraq = (38.8, 29.0, 48.8, 37.4)
    with pytest.raises(br.InputError, match=rf"grid.tif: its people live at {west} .*{south}"):
        br.read_population(tmp_path / "grid.tif", bounds=iraq)
    with pytest.raises(br.InputError, match=r"grid\.tif: it does not meet the study area"):
        read_terrain(tmp_path / "grid.tif", bounds=iraq)


def test_the_nodata_of_a_text_grid_is_heeded(tmp_path):
    """ESRI's ASCII grids say it in their header, and their system beside them."""
    (tmp_path / "grid.asc").write_text(
        "ncols 2\nnrows 2\nxllcorner 44\nyllcorner 33\ncellsize 0.1\nNODATA_value -9\n1 2\n3 -9\n"
    )
    (tmp_path / "grid.prj").write_text(rasterio.crs.CRS.from_epsg(4326).to_wkt())
    assert br.read_population(tmp_path / "grid.asc")["people"].sum() == 6


def text_grid(path, rows):
    """Write an ESRI ASCII grid of 2 by 2 cells, its system beside it."""
    head = "ncols 2\nnrows 2\nxllcorner 44\nyllcorner 33\ncellsize 0.1\nNODATA_value -9\n"
    path.write_text(head + rows)
    path.with_suffix(".prj").write_text(rasterio.crs.CRS.from_epsg(4326).to_wkt())


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1 2\n3\n", "grid.asc: it says that it has 4 cells, and 3 values stand in it; copy"),
        ("1 2 9\n3 4 9\n", "grid.asc: it says that it has 4 cells, and 6 values stand in it; copy"),
        ("1 2\n3 4\n5 6\n", "grid.asc: it says that it has 4 cells, and 6 values"),
        ("1,200 2\n3 4\n", "grid.asc, line 7: '1,200' is not a number; write it like 12.5"),
        ("1 2\n3 x\n", "grid.asc, line 8: 'x' is not a number; write it like 12.5"),
        ("1 2\n٣ 4\n", "grid.asc, line 8: '٣' is not a number; write it like 12.5"),
    ],
    ids=["short", "long rows", "more rows", "thousands", "word", "digits"],
)
def test_a_text_grid_whose_values_are_not_its_cells_is_refused(tmp_path, rows, told):
    """GDAL takes a word for 0, 1,200 for 1.2, and shifts or fills what does not fit."""
    text_grid(tmp_path / "grid.asc", rows)
    with pytest.raises(br.InputError, match=re.escape(told)):
        br.read_population(tmp_path / "grid.asc")
    with pytest.raises(br.InputError, match=re.escape(told)):
        read_terrain(tmp_path / "grid.asc")


@pytest.mark.parametrize("rows", ["1 nan\n2.5E+00 -9", "\n1 -9\n\n+2.5 NaN \n\n", "1 -9 2.5 nan\n"])
def test_a_text_grid_may_break_its_lines_anywhere(tmp_path, rows):
    """What counts is how many values there are, and what is not known may be called so."""
    text_grid(tmp_path / "grid.asc", rows)
    assert br.read_population(tmp_path / "grid.asc")["people"].tolist() == [1, 2.5]


@pytest.mark.parametrize("name", ["grid.bil", "grid.flt"])
def test_a_raw_grid_that_is_cut_off_is_refused(tmp_path, name):
    """GDAL reads what is missing as nobody."""
    path = tmp_path / name
    profile = {"driver": "EHdr", "crs": "EPSG:4326", "transform": UP, "dtype": "float32"}
    with rasterio.open(path, "w", **profile, count=1, height=4, width=4) as grid:
        grid.write(PLAIN, 1)
    assert br.read_population(path)["people"].sum() == 800
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(br.InputError, match=r"it has 58 bytes, and its cells take 64: it is cut"):
        br.read_population(path)
