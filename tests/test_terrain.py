"""Grids of heights: what they say between their cells, and which are refused."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio import Affine
from scipy.interpolate import RegularGridInterpolator

import boxreach as br
from boxreach.crs import WGS84
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import read_terrain

REAL = Path(__file__).parents[2] / "shared" / "data" / "iraq" / "dem_5min.tif"
HEIGHTS = np.array([[100, 200, 300], [150, 250, 350]], dtype="float32")


@pytest.fixture
def write(tmp_path):
    """Write a grid whose upper left corner lies at 44 E, 34 N, cells of half a degree."""

    def to(heights=HEIGHTS, *, crs="EPSG:4326", west=44.0, cell=0.5, north=34.0, **options):
        path = tmp_path / "dem.tif"
        heights = np.asarray(heights)
        bands = heights if heights.ndim == 3 else heights[None]
        unit = options.pop("unit", None)
        scale, offset = options.pop("scale", None), options.pop("offset", None)
        profile = {"driver": "GTiff", "count": len(bands), "dtype": bands.dtype} | options
        profile |= {"height": bands.shape[1], "width": bands.shape[2]}
        with rasterio.open(
            path, "w", crs=crs, transform=Affine(cell, 0, west, 0, -cell, north), **profile
        ) as grid:
            grid.write(bands)
            if unit:
                grid.units = [unit]
            if scale:
                grid.scales, grid.offsets = [scale], [offset]
        return path

    return to


def height(terrain, lon, lat):
    return float(terrain.heights_m(np.array([lon]), np.array([lat]))[0])


def test_the_height_at_the_centre_of_a_cell_is_its_own(write):
    """Rows run south, columns east."""
    terrain = read_terrain(write())
    assert height(terrain, 44.25, 33.75) == 100
    assert height(terrain, 45.25, 33.25) == 350


def test_between_cells_the_height_runs_straight(write):
    """Half way it is the mean; at the rim that of the last cell; beyond there is none."""
    terrain = read_terrain(write())
    assert height(terrain, 44.5, 33.5) == 175
    assert height(terrain, 44.0, 33.99) == pytest.approx(100)
    assert np.isnan(height(terrain, 43.9, 33.75))
    assert np.isnan(height(terrain, 44.25, 32.9))


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 9), st.integers(2, 9))
def test_heights_equal_those_of_scipy(seed, rows, columns):
    """An oracle between the outer centres."""
    rng = np.random.default_rng(seed)
    grid = rng.uniform(0, 3000, (rows, columns)).astype("float32")
    terrain = Terrain(grid, Affine(0.1, 0, 44, 0, -0.1, 34), WGS84)
    x, y = rng.uniform(0, columns - 1, 20), rng.uniform(0, rows - 1, 20)
    oracle = RegularGridInterpolator((np.arange(rows), np.arange(columns)), grid)
    found = terrain.heights_m(44 + (x + 0.5) / 10, 34 - (y + 0.5) / 10)
    assert found == pytest.approx(oracle(np.column_stack([y, x])), abs=0.01)


def test_a_grid_in_metres_is_asked_in_degrees(write):
    """Any coordinate system will do."""
    path = write(crs="EPSG:32638", west=400_000, north=3_700_000, cell=1000)
    terrain = read_terrain(path)
    lon, lat = Transformer.from_crs(32638, 4326, always_xy=True).transform(400_500, 3_699_500)
    assert height(terrain, lon, lat) == pytest.approx(100, abs=0.1)
    assert terrain.cell_m == pytest.approx(1000, rel=0.002)


def test_a_grid_that_counts_longitudes_to_360_is_understood(write):
    """West of Greenwich too."""
    terrain = read_terrain(write(west=351.0))
    assert height(terrain, -8.75, 33.75) == 100


def test_a_place_just_west_of_a_grid_lies_beside_it_and_not_around_the_earth():
    """Its column is a little below 0, as that of a place just east is a little above the last."""
    grid = Terrain(np.zeros((10, 100), np.float32), Affine(0.001, 0, 44, 0, -0.001, 33), WGS84)
    column, _ = grid.cells(np.array([43.9995, 44.05, 44.1005, -316.0]), np.full(4, 32.995))
    assert column == pytest.approx([-0.5, 50, 100.5, 0], abs=1e-6)
    around = Terrain(np.zeros((10, 360), np.float32), Affine(1, 0, 0, 0, -1, 33), WGS84)
    assert around.cells(np.array([-90.0]), np.array([30.0]))[0] == pytest.approx([270])


def test_declared_nodata_is_not_known(write):
    """Nor is any height that needs the cell."""
    terrain = read_terrain(write(np.array([[-1, 200], [150, 250]], "float32"), nodata=-1))
    assert np.isnan(height(terrain, 44.25, 33.75))
    assert np.isnan(height(terrain, 44.4, 33.6))
    assert height(terrain, 44.75, 33.25) == 250


@pytest.mark.parametrize("value", [-99999, -9999, -32768, 32767, 3e38])
def test_undeclared_nodata_is_not_trusted(write, value):
    """Heights that no land has are counted and not used."""
    with pytest.warns(br.DataWarning, match=r"dem\.tif: 2 cells hold heights that no land has"):
        terrain = read_terrain(write(np.array([[value, 200], [150, value]], "float32")))
    assert np.isnan(height(terrain, 44.25, 33.75))
    assert height(terrain, 44.75, 33.75) == 200


def test_feet_and_scaled_values_become_metres(write):
    """As the file declares them."""
    assert height(read_terrain(write(unit="ft")), 44.25, 33.75) == pytest.approx(30.48)
    scaled = write((HEIGHTS * 10).astype("int16"), scale=0.1, offset=5)
    assert height(read_terrain(scaled), 44.25, 33.75) == pytest.approx(105)


def test_only_the_part_that_is_asked_for_is_read(write):
    """Heights inside stay the same."""
    path = write(np.arange(10_000, dtype="float32").reshape(100, 100) / 2, cell=0.1)
    whole, part = read_terrain(path), read_terrain(path, bounds=(46, 30, 47, 31))
    assert part.grid_m.size < 300
    lon, lat = np.array([46.0, 46.53, 47.0]), np.array([30.0, 30.77, 31.0])
    assert part.heights_m(lon, lat) == pytest.approx(whole.heights_m(lon, lat))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"crs": None}, "coordinate reference system"),
        ({"heights": np.stack([HEIGHTS] * 3)}, "3 bands"),
        ({"heights": HEIGHTS.astype("complex64")}, "complex"),
        ({"unit": "furlong"}, "furlong"),
        ({"heights": np.full((2, 2), np.nan, "float32")}, "no height"),
    ],
)
def test_what_is_no_grid_of_heights_is_refused(write, options, what):
    """By name, with what to do."""
    with pytest.raises(br.InputError, match=what) as caught:
        read_terrain(write(**options))
    assert all(fault.file == "dem.tif" and fault.advice for fault in caught.value.faults)


def test_a_grid_of_another_country_is_refused(write):
    """No height of it would ever be used."""
    with pytest.raises(br.InputError, match="does not meet"):
        read_terrain(write(), bounds=(10, 50, 11, 51))


def test_a_grid_too_large_to_hold_is_refused_before_it_is_read(write):
    """A small file can claim a large grid."""
    path = write(np.zeros((1, 1), "uint8"))
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype="uint8", height=40_000, width=40_000,
        crs="EPSG:4326", transform=Affine(1e-4, 0, 44, 0, -1e-4, 34), SPARSE_OK=True, tiled=True,
    ):  # fmt: skip
        pass
    with pytest.raises(br.InputError, match="1,600,000,000 cells"):
        read_terrain(path)


def test_what_is_no_file_or_no_grid_is_refused(tmp_path):
    """In words of boxreach."""
    with pytest.raises(br.InputError, match="no such file"):
        read_terrain(tmp_path / "none.tif")
    (tmp_path / "text.tif").write_text("heights")
    with pytest.raises(br.InputError, match=r"text\.tif.*cannot be read as a grid"):
        read_terrain(tmp_path / "text.tif")


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data/iraq/dem_5min.tif")
def test_the_heights_of_iraq_are_those_one_knows():
    """The plain lies low, Halgurd high; nothing is warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        terrain = read_terrain(REAL)
    assert height(terrain, 44.36, 33.31) == pytest.approx(35, abs=15)
    assert height(terrain, 47.78, 30.51) == pytest.approx(3, abs=10)
    assert height(terrain, 44.86, 36.73) > 1500
    assert 8000 < terrain.cell_m < 9500
