"""What `read_population` promises: any layer of people, nobody lost, nothing guessed in silence."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod, Transformer
from rasterio import Affine
from shapely import box

import boxreach as br
from boxreach.crs import polygon_areas_km2

DATA = Path(__file__).parents[2] / "shared" / "data" / "iraq"
GEOD = Geod(ellps="WGS84")
NORTH_UP = Affine(1 / 120, 0, 44.0, 0, -1 / 120, 33.2)
ROUNDED = -3.40282e38
LOWEST = -3.4028234663852886e38


def write_grid(path, values, *, crs="EPSG:4326", transform=NORTH_UP, nodata=None, **more):
    values = np.atleast_2d(values)
    tags, band_tags = more.pop("tags", {}), more.pop("band_tags", {})
    unit = more.pop("unit", None)
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1}
    profile |= {"dtype": values.dtype, "crs": crs, "transform": transform, "nodata": nodata, **more}
    with rasterio.open(path, "w", **profile) as grid:
        grid.write(values, 1)
        grid.update_tags(**tags)
        grid.update_tags(1, **band_tags)
        if unit:
            grid.units = [unit]
    return path


def cell_km2(transform, row, column, crs="EPSG:4326"):
    """The geodesic area of a cell, its edges followed in small steps: the oracle."""
    steps = np.linspace(0, 1, 21)[:-1]
    nought, one = np.zeros(20), np.ones(20)
    east = column + np.concatenate([steps, one, 1 - steps, nought])
    south = row + np.concatenate([nought, steps, one, 1 - steps])
    x = transform.a * east + transform.b * south + transform.c
    y = transform.d * east + transform.e * south + transform.f
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / 1e6


def refuse(path, **options):
    """Return what is said when a file is refused."""
    with pytest.raises(br.InputError) as caught:
        br.read_population(path, **options)
    return str(caught.value)


# --- grids -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:4326", NORTH_UP),
        ("EPSG:4326", NORTH_UP @ Affine.rotation(30)),
        ("EPSG:32638", Affine(1000, 0, 400_000, 0, -1000, 3_660_000)),
        ("EPSG:32638", Affine(1000, 0, 400_000, 0, -1000, 3_660_000) @ Affine.rotation(-50)),
        ("ESRI:54009", Affine(1000, 0, 4_000_000, 0, -1000, 4_000_000)),
        ("EPSG:3857", Affine(1000, 0, 4_900_000, 0, -1000, 3_900_000)),
    ],
)
def test_each_cell_has_its_place_and_its_area_on_the_ellipsoid(tmp_path, crs, transform):
    """In degrees or metres, north up or turned."""
    path = write_grid(tmp_path / "p.tif", np.ones((3, 4), "float32"), crs=crs, transform=transform)
    cells = br.read_population(path)
    assert cells.index.tolist() == [f"r{row}c{column}" for row in range(3) for column in range(4)]
    areas = [cell_km2(transform, row, column, crs) for row in range(3) for column in range(4)]
    assert cells["area_km2"].to_numpy() == pytest.approx(areas, rel=1e-5)
    x, y = transform @ (2.5, 1.5)
    there = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    at = cells.geometry["r1c2"]
    assert (at.x, at.y) == pytest.approx(there, abs=1e-9)


def random_grid(rng, path):
    """Write a grid of random kind and return its values, as floats, with nodata as 0."""
    kind = rng.choice(["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
    high, wide = rng.integers(1, 90, 2)
    counts = rng.gamma(0.5, 40, (high, wide)) * (rng.random((high, wide)) < rng.random())
    counts[rng.integers(high), rng.integers(wide)] = 7
    values = np.minimum(counts, 250).astype(kind)
    known = rng.random(values.shape) < 0.8
    known.flat[values.argmax()] = True
    choices = {"u": [None, 255], "i": [None, -1, -9999], "f": [None, -99999, ROUNDED, LOWEST, 1e30]}
    nodata = rng.choice(choices[np.dtype(kind).kind])
    if nodata is not None:
        stored = LOWEST if nodata == ROUNDED else nodata
        values = np.where(known, values, np.array(stored).astype(kind))
    else:
        known[:] = True
    if np.dtype(kind).kind == "f":
        lost = rng.random(values.shape) < 0.1
        lost.flat[np.where(known, values, 0).argmax()] = False
        values[lost], known[lost] = np.nan, False
    metric = bool(rng.integers(2))
    transform = (
        Affine(900, 0, 400_000, 0, -900, 3_660_000) if metric else NORTH_UP
    ) @ Affine.rotation(rng.choice([0, 0, 17, 123]))
    tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16} if rng.integers(2) else {}
    write_grid(
        path, values, crs="EPSG:32638" if metric else "EPSG:4326", transform=transform,
        nodata=nodata, **tiles,
    )  # fmt: skip
    return np.where(known, values.astype(float), 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("grids", [60, pytest.param(200, marks=pytest.mark.release)])
def test_nobody_is_lost_on_random_grids(tmp_path, monkeypatch, grids):
    """Any type, nodata, block, rotation and system: the sum and each cell are those of the file.

    With windows of 400 cells, so that every grid is read in several.
    """
    monkeypatch.setattr("boxreach.sources.population.grids._WINDOW_CELLS", 400)
    rng = np.random.default_rng(4)
    for number in range(grids):
        expected = random_grid(rng, tmp_path / f"{number}.tif")
        cells = br.read_population(tmp_path / f"{number}.tif")
        people = {
            f"r{row}c{column}": expected[row, column] for row, column in np.argwhere(expected > 0)
        }
        assert cells["people"].to_dict() == people
        assert list(people) == cells.index.tolist()
        total = math.fsum(expected.ravel().tolist())
        assert cells.attrs["total_people"] == pytest.approx(total, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("declared", "stored"),
    [(ROUNDED, LOWEST), (LOWEST, LOWEST), (-1.79769e308, -1.7976931348623157e308), (np.nan, np.nan),
     (-np.inf, -np.inf), (1e30, 1e30), (-99999.0, -99999.0)],
)  # fmt: skip
def test_nodata_is_met_however_its_text_was_rounded(tmp_path, declared, stored):
    """A declared -3.40282e+38 means the lowest float of the file."""
    kind = "float64" if abs(stored) > 1e300 and np.isfinite(stored) else "float32"
    profile = {"nodata": declared}
    path = write_grid(tmp_path / "p.tif", np.array([[stored, 5, 2]], kind), **profile)
    assert br.read_population(path)["people"].tolist() == [5, 2]


def test_a_nodata_value_that_could_be_people_is_met_to_the_bit(tmp_path):
    """100.0004 is not the declared 100: people may be so many."""
    path = write_grid(tmp_path / "p.tif", np.array([[100, 100.0004, 5]], "float64"), nodata=100)
    assert br.read_population(path)["people"].tolist() == [100.0004, 5]


def test_an_undeclared_nodata_value_is_refused_with_a_count(tmp_path):
    """Also when it stands in many windows."""
    values = np.full((400, 300), -99999, "float32")
    values[7, 3] = 5
    said = refuse(write_grid(tmp_path / "p.tif", values))
    assert "-99999 people cannot be, nor in 119998 cells after it; declare the value" in said


def test_a_mask_in_the_file_is_heeded(tmp_path):
    """Cells that a mask band hides are not known."""
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        path = write_grid(tmp_path / "p.tif", np.array([[5, 7]], "float32"))
        with rasterio.open(path, "r+") as grid:
            grid.write_mask(np.array([[255, 0]], "uint8"))
    assert br.read_population(path)["people"].tolist() == [5]


def test_longitudes_may_be_counted_from_0_to_360(tmp_path):
    """A cell at 290 degrees lies at 70 west."""
    transform = Affine(0.5, 0, 290.0, 0, -0.5, 33.0)
    cells = br.read_population(
        write_grid(tmp_path / "p.tif", np.array([[5]], "float32"), transform=transform)
    )
    assert cells.geometry.x.tolist() == [-69.75]
    assert cells["area_km2"].iloc[0] == pytest.approx(cell_km2(transform, 0, 0), rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("complex64", {}, "complex numbers"),
        ("float32", {"transform": Affine.identity()}, "where its cells lie"),
        ("float32", {"transform": Affine(0.1, 0, 44, 0, 0, 33)}, "where its cells lie"),
        ("float32", {"transform": Affine(0.1, 0, 44, 0, -1, 95)}, "nowhere on earth"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_grid_that_cannot_be_people_is_refused_by_name(tmp_path, kind, more, said):
    """The file and what is wrong with it."""
    assert said in (text := refuse(write_grid(tmp_path / "p.tif", np.ones((2, 2), kind), **more)))
    assert text.startswith("p.tif")


def test_all_that_is_wrong_with_a_grid_is_said_at_once(tmp_path):
    """Bands, scale and place in one message."""
    profile = {"driver": "GTiff", "height": 2, "width": 2, "count": 2, "dtype": "float32"}
    profile |= {"crs": "EPSG:4326", "transform": Affine(0.1, 0, 44, 0, 0, 33)}
    with rasterio.open(tmp_path / "p.tif", "w", **profile) as grid:
        grid.write(np.ones((2, 2, 2), "float32"))
        grid.scales = (0.1, 0.1)
    said = refuse(tmp_path / "p.tif")
    assert "3 faults" in said
    assert "2 bands" in said
    assert "scale 0.1" in said


def vrt(side):
    return (
        f'<VRTDataset rasterXSize="{side}" rasterYSize="{side}"><SRS>EPSG:4326</SRS>'
        "<GeoTransform>0, 1e-7, 0, 60, 0, -1e-8</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"/></VRTDataset>'
    )


def claim(path, claims):
    """Write into the header of a GeoTIFF what its tags claim, by their numbers."""
    data = bytearray(path.read_bytes())
    start = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[start : start + 2], "little")
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        if value := claims.get(int.from_bytes(data[at : at + 2], "little")):
            data[at + 2 : at + 4] = (4).to_bytes(2, "little")
            data[at + 8 : at + 12] = value.to_bytes(4, "little")
    path.write_bytes(bytes(data))


READ_AND_MEASURE = """
import sys
from pathlib import Path
import boxreach as br
import rasterio, geopandas, boxreach.sources.population

def most_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(one for one in lines if one.startswith("VmHWM")).split()[1]) // 1024

before = most_mb()
try:
    print(len(br.read_population(sys.argv[1])), "cells")
except br.InputError as error:
    print(error)
print(most_mb() - before)
"""


def read_apart(path):
    """Read a file in a process of its own; return what it says and the MB it took."""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells how much memory a process took")
    done = subprocess.run(
        [sys.executable, "-c", READ_AND_MEASURE, str(path)],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *said, mb = done.stdout.splitlines()
    return "\n".join(said), int(mb)


WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT = 256, 257, 322, 323
BEYOND = 2_000_000_000
MANY = "it says that it has 2,000,000,000 × 2,000,000,000 cells"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tiled", "claims", "said"),
    [
        (False, {WIDTH: BEYOND, HEIGHT: BEYOND}, MANY),
        pytest.param(
            # GDAL refuses so many tiles, in its words.
            True, {WIDTH: BEYOND, HEIGHT: BEYOND}, "it ", marks=pytest.mark.release
        ),
        (True, dict.fromkeys([WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT], 40_000),
         "its blocks of 40,000 × 40,000 cells are too large"),
        (False, {WIDTH: 20_000, HEIGHT: 20_000}, "it cannot be read as a grid"),
    ],
)  # fmt: skip
def test_a_header_that_claims_the_impossible_is_refused_without_memory(
    tmp_path, tiled, claims, said
):
    """Too many cells, blocks of gigabytes, or more cells than there are."""
    tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16} if tiled else {}
    path = write_grid(tmp_path / "huge.tif", np.ones((16, 16), "float32"), **tiles)
    claim(path, claims)
    text, mb = read_apart(path)
    assert f"huge.tif: {said}" in text
    assert mb < 100


@pytest.mark.slow
def test_a_virtual_grid_that_claims_the_impossible_is_refused_without_memory(tmp_path):
    """Two thousand million cells a side in a few lines of text."""
    (tmp_path / "huge.vrt").write_text(vrt(BEYOND))
    text, mb = read_apart(tmp_path / "huge.vrt")
    assert f"huge.vrt: {MANY}" in text
    assert mb < 100


def test_a_grid_that_ends_early_is_refused(tmp_path):
    """Whatever was read before the end."""
    path = write_grid(tmp_path / "p.tif", np.ones((500, 500), "float32"))
    path.write_bytes(path.read_bytes()[:400_000])
    assert "p.tif: it cannot be read as a grid" in refuse(path)


@pytest.mark.slow
def test_memory_goes_by_who_lives_there_and_not_by_the_grid(tmp_path):
    """64 million cells of which 10,000 are populated take a tenth of what the grid would."""
    path = tmp_path / "wide.tif"
    profile = {"driver": "GTiff", "height": 8000, "width": 8000, "count": 1, "dtype": "float64"}
    profile |= {"crs": "EPSG:4326", "transform": NORTH_UP @ Affine.scale(0.05), "tiled": True}
    with rasterio.open(path, "w", compress="deflate", sparse_ok=True, **profile) as grid:
        grid.write(np.ones((100, 100)), 1, window=rasterio.windows.Window(4000, 4000, 100, 100))
    said, mb = read_apart(path)
    assert said == "10000 cells"
    assert mb < 250  # the grid itself would be 512


def test_more_cells_than_can_be_held_are_refused(tmp_path, monkeypatch):
    """It says what to do."""
    monkeypatch.setattr("boxreach.sources.population.grids.CELLS_AT_MOST", 8)
    said = refuse(write_grid(tmp_path / "p.tif", np.ones((3, 3), "uint8")))
    assert "more than 8 cells with people" in said
    assert "resample" in said


def test_the_area_of_a_large_polygon_with_a_hole_is_that_on_the_ellipsoid():
    """A country, not only a cell."""
    whole = box(39, 29, 49, 37.5).difference(box(43, 32, 44, 33))
    fine = shapely.segmentize(whole, 0.02)
    area = abs(GEOD.geometry_area_perimeter(fine)[0]) / 1e6
    assert polygon_areas_km2(np.array([whole]))[0] == pytest.approx(area, rel=1e-6)


# --- counts and densities ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("p.tif", {"unit": "people per km2"}),
        ("p.tif", {"unit": "persons/km^2"}),
        ("p.tif", {"tags": {"TIFFTAG_IMAGEDESCRIPTION": "Population density, 2020"}}),
        ("p.tif", {"band_tags": {"long_name": "persons per square kilometre"}}),
        ("gpw_v4_population_density_rev11_2020_30_sec.tif", {}),
        ("irq_pd_2020_1km.tif", {}),
    ],
)
def test_a_grid_that_says_density_is_turned_into_people_and_it_is_said(tmp_path, name, more):
    """Times the area of each cell; the total stands in the warning."""
    path = write_grid(tmp_path / name, np.array([[500, 0, 20]], "float32"), **more)
    areas = np.array([cell_km2(NORTH_UP, 0, column) for column in (0, 2)])
    with pytest.warns(br.DataWarning, match=r"people per km² .* they are 373 people") as said:
        cells = br.read_population(path)
    assert len(said) == 1
    assert cells["people"].to_numpy() == pytest.approx(areas * [500, 20], rel=1e-6)
    assert cells.attrs["unit"] == "density"
    assert br.read_population(path, unit="count")["people"].tolist() == [500, 20]


@pytest.mark.parametrize("name", ["irq_ppp_2020.tif", "gpw_v4_population_count_2020.tif", "p.tif"])
def test_a_grid_that_says_counts_or_nothing_is_counts(tmp_path, name):
    """Who says so stands in attrs."""
    cells = br.read_population(write_grid(tmp_path / name, np.array([[5]], "uint8")))
    assert cells["people"].tolist() == [5]
    said = "nothing says otherwise" if name == "p.tif" else "its name says so"
    assert (cells.attrs["unit"], cells.attrs["unit_said_by"]) == ("count", said)


def test_a_grid_that_says_both_is_refused_until_the_caller_says(tmp_path):
    """Nothing is guessed."""
    tags = {"TIFFTAG_IMAGEDESCRIPTION": "population count and density"}
    path = write_grid(tmp_path / "p.tif", np.array([[5]], "uint8"), tags=tags)
    assert 'say unit = "count" or unit = "density"' in refuse(path)
    assert br.read_population(path, unit="count")["people"].tolist() == [5]


@pytest.mark.parametrize("unit", ["people per hectare", "persons/ha", "people per sq mile"])
def test_densities_for_other_areas_are_refused(tmp_path, unit):
    """People per hectare times km² would be a hundredth of the people."""
    path = write_grid(tmp_path / "p.tif", np.array([[5]], "uint8"), unit=unit)
    assert "another area than km²" in refuse(path)


@pytest.mark.parametrize("unit", ["people", 3, True, ["count"], ""])
def test_what_is_no_unit_is_refused(tmp_path, unit):
    """It is count or density."""
    path = write_grid(tmp_path / "p.tif", np.array([[5]], "uint8"))
    assert "give count or density" in refuse(path, unit=unit)


def test_densities_of_cells_without_an_area_are_refused(tmp_path):
    """At the rim of a map of the world a middle may lie on earth and a corner nowhere."""
    rim = Affine(1_000_000, 0, 17_100_000, 0, -1_000_000, 1_000_000)
    values = np.array([[1000]], "float32")
    path = write_grid(tmp_path / "p.tif", values, crs="ESRI:54009", transform=rim)
    assert br.read_population(path)["area_km2"].isna().all()
    assert "nowhere on earth" in refuse(path, unit="density")


def test_people_who_live_closer_than_anywhere_are_pointed_out(tmp_path):
    """The densities of a town on cells of 100 m, taken for counts."""
    fine = NORTH_UP @ Affine.scale(0.1)
    path = write_grid(tmp_path / "p.tif", np.full((3, 3), 20_000, "float32"), transform=fine)
    with pytest.warns(br.DataWarning, match='closer than anywhere on earth; say unit = "density"'):
        br.read_population(path)


def test_hints_for_tables_are_refused_for_grids(tmp_path):
    """A grid has neither layers nor columns."""
    path = write_grid(tmp_path / "p.tif", np.array([[5]], "uint8"))
    said = refuse(path, layer="people", columns={"people": "Z"})
    assert "a grid has no layer" in said
    assert "a grid has no columns" in said
