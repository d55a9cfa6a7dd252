"""What `read_population` promises: any layer of people, nobody lost, nothing guessed in silence."""

import json
import math
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import Geod, Transformer
from rasterio import Affine
from shapely import Point, Polygon, box

import boxreach as br
from boxreach.crs import polygon_areas_km2
from boxreach.sources.population.lattice import lattice_areas_km2

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


def test_nobody_is_lost_on_200_random_grids(tmp_path, monkeypatch):
    """Any type, nodata, block, rotation and system: the sum and each cell are those of the file.

    With windows of 400 cells, so that every grid is read in several.
    """
    monkeypatch.setattr("boxreach.sources.population.grids._WINDOW_CELLS", 400)
    rng = np.random.default_rng(4)
    for number in range(200):
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


READ_IN_LITTLE_MEMORY = """
import resource, sys
import boxreach as br
br.read_population, br.InputError
import rasterio, geopandas, boxreach.sources.population
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(len(br.read_population(sys.argv[1])), "cells")
except br.InputError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def read_apart(path):
    """Read a file in a process of its own; return what it says and the MB it took."""
    done = subprocess.run(
        [sys.executable, "-c", READ_IN_LITTLE_MEMORY, str(path)],
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *said, mb = done.stdout.splitlines()
    return "\n".join(said), int(mb)


WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT = 256, 257, 322, 323
BEYOND = 2_000_000_000
MANY = "it says that it has 2,000,000,000 × 2,000,000,000 cells"


@pytest.mark.parametrize(
    ("tiled", "claims", "said"),
    [
        (False, {WIDTH: BEYOND, HEIGHT: BEYOND}, MANY),
        (True, {WIDTH: BEYOND, HEIGHT: BEYOND}, "it "),  # GDAL refuses so many tiles, in its words
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


def test_a_table_whose_name_says_density_is_asked_for_areas(tmp_path):
    """WorldPop's people per km² as x, y, z."""
    path = tmp_path / "irq_pd_2020_1km.csv"
    path.write_text("lon,lat,people\n44.1,33.1,5\n")
    assert "without an area are no people" in refuse(path)
    assert br.read_population(path, unit="count")["people"].tolist() == [5]


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


# --- polygons and points -----------------------------------------------------------------------


def hexagons():
    """Three hexagons and a crescent whose centre lies outside it."""
    ring = Point(44.3, 33.3).buffer(0.02).difference(Point(44.31, 33.3).buffer(0.02))
    shapes = [Polygon(Point(44 + at / 10, 33).buffer(0.01, quad_segs=2)) for at in range(3)]
    return gpd.GeoDataFrame({"population": [5, 0, 7.5, 2]}, geometry=[*shapes, ring], crs=4326)


@pytest.mark.parametrize("crs", [4326, 3857, 32638])
def test_a_layer_of_polygons_becomes_its_inner_points(tmp_path, crs):
    """Kontur gives hexagons with population in web metres; nobody lives in the empty one."""
    layer = hexagons()
    layer.to_crs(crs).to_file(tmp_path / "k.gpkg")
    with pytest.warns(br.DataWarning, match="people is read from the column population"):
        cells = br.read_population(tmp_path / "k.gpkg")
    assert cells["people"].tolist() == [5, 7.5, 2]
    assert cells.attrs["total_people"] == 14.5
    assert cells.index.tolist() == ["1", "3", "4"]
    kept = layer.geometry[[0, 2, 3]]
    assert shapely.contains(kept.to_numpy(), cells.geometry.to_numpy()).all()
    areas = [abs(GEOD.geometry_area_perimeter(one)[0]) / 1e6 for one in kept]
    assert cells["area_km2"].to_numpy() == pytest.approx(areas, rel=1e-4)


def test_the_area_of_a_large_polygon_with_a_hole_is_that_on_the_ellipsoid():
    """A country, not only a cell."""
    whole = box(39, 29, 49, 37.5).difference(box(43, 32, 44, 33))
    fine = shapely.segmentize(whole, 0.02)
    area = abs(GEOD.geometry_area_perimeter(fine)[0]) / 1e6
    assert polygon_areas_km2(np.array([whole]))[0] == pytest.approx(area, rel=1e-6)


def test_points_of_a_table_have_no_area(tmp_path):
    """A grid written as x, y, z: its columns are named."""
    (tmp_path / "p.csv").write_text("X,Y,Z\n44.1,33.1,5\n44.2,33.1,0\n44.3,33.2,2.5\n")
    cells = br.read_population(tmp_path / "p.csv", columns={"lon": "X", "lat": "Y", "people": "Z"})
    assert cells["people"].tolist() == [5, 2.5]
    assert cells["area_km2"].isna().all()
    assert (cells.geometry.x.tolist(), cells.geometry.y.tolist()) == ([44.1, 44.3], [33.1, 33.2])
    assert cells.attrs["total_people"] == 7.5


@pytest.mark.parametrize("suffix", ["csv", "gpkg", "geojson", "parquet"])
def test_points_are_the_same_from_every_kind_of_file(tmp_path, suffix):
    """A layer or a table."""
    frame = pd.DataFrame({"people": [5, 2.5], "note": ["a", "b"]})
    lon, lat = [44.1, 44.3], [33.1, 33.2]
    path = tmp_path / f"p.{suffix}"
    if suffix == "csv":
        frame.assign(lon=lon, lat=lat).to_csv(path, index=False)
    elif suffix == "parquet":
        frame.assign(lon=lon, lat=lat).to_parquet(path)
    else:
        gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(lon, lat), crs=4326).to_file(path)
    cells = br.read_population(path)
    assert cells["people"].tolist() == [5, 2.5]
    assert cells.index.tolist() == ["1", "2"]
    assert cells.geometry.x.tolist() == lon


def test_densities_of_points_want_an_area(tmp_path):
    """One is in the table, or they are refused; a lattice gives it, and that is said."""
    path = tmp_path / "p.csv"
    path.write_text("lon,lat,density,km2\n44.1,33.1,5,2\n44.2,33.15,7,3\n")
    names = {"people": "density"}
    assert "without an area are no people; give area_km2" in refuse(path, columns=names)
    with pytest.warns(br.DataWarning, match="the column density says so.* 31 people"):
        cells = br.read_population(path, columns={**names, "area_km2": "km2"})
    assert cells["people"].tolist() == [10, 21]
    lon, lat = np.meshgrid(44 + np.arange(4) / 120, 33 + np.arange(5) / 120)
    rows = pd.DataFrame({"lon": lon.ravel().round(6), "lat": lat.ravel().round(6), "density": 10.0})
    rows.drop(index=[3, 7]).to_csv(path, index=False)
    with pytest.warns(br.DataWarning) as said:
        cells = br.read_population(path, columns=names)
    assert "square lattice of degrees" in str(said[0].message)
    corner = Affine(1 / 120, 0, 44 - 1 / 240, 0, -1 / 120, 33 + 1 / 240)
    assert cells["area_km2"].iloc[0] == pytest.approx(cell_km2(corner, 0, 0), rel=1e-4)


def test_scattered_points_are_no_lattice():
    """Not on one, twice on a place, too few, or far apart."""
    rng = np.random.default_rng(0)
    assert lattice_areas_km2(rng.random(50), rng.random(50)) is None
    assert lattice_areas_km2(np.array([0.0, 1, 2, 2]), np.array([0.0, 1, 2, 2])) is None
    assert lattice_areas_km2(np.array([0.0, 1]), np.array([0.0, 1])) is None
    assert lattice_areas_km2(np.array([0.0, 1, 5, 9]), np.array([0.0, 1, 7, 3])) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("-5", "-5 is below what is allowed"),
        ("", "'' is not a number"),
        ('"1,000"', "'1,000' is not a number; write it like 1000"),
        ("1e308", "1e+308 is above what is allowed"),
        ("many", "'many' is not a number; write it like 12.5"),
        ("nan", "'nan' is not a number"),
        ("inf", "'inf' is not a number"),
    ],
)
@pytest.mark.parametrize("place", ["44.1,33.1", "882c9d5485fffff"])
def test_people_that_cannot_be_are_named_by_row(tmp_path, value, said, place):
    """By points and by H3 cells alike."""
    names = "lon,lat" if "," in place else "h3"
    if names == "h3":
        pytest.importorskip("h3", reason="H3 cells want boxreach[hexagons]")
    (tmp_path / "p.csv").write_text(f"{names},people\n{place},{value}\n")
    text = refuse(tmp_path / "p.csv")
    assert text.startswith("p.csv, row 2, column people")
    assert said in text


def test_all_that_is_wrong_with_a_table_is_said_at_once(tmp_path):
    """Row by row."""
    rows = ["44.1,33.1,-5", "44.2,433,2", '44.3,33.1,"2,500"', "44.3,,7", "44.3,33.2,8"]
    (tmp_path / "p.csv").write_text("\n".join(["lon,lat,people", *rows]) + "\n")
    with pytest.raises(br.InputError) as caught:
        br.read_population(tmp_path / "p.csv")
    assert [(one.row, one.column) for one in caught.value.faults] == [
        (2, "people"), (3, "lat"), (4, "people"), (5, "lat"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("people", "said"),
    [([5, np.nan], "row 2, column people: it is blank"), ([0, 0], "nobody in it"),
     ([5, -1], "row 2"), ([5, 1e308], "row 2"), ([5, np.inf], "row 2")],
)  # fmt: skip
def test_layers_with_people_that_cannot_be_are_refused(tmp_path, people, said):
    """Typed columns hold no text, but NaN and more than all people on earth."""
    layer = gpd.GeoDataFrame({"people": people}, geometry=[box(44, 33, 45, 34)] * 2, crs=4326)
    layer.to_file(tmp_path / "p.gpkg")
    assert said in refuse(tmp_path / "p.gpkg")


@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "geojson"])
def test_a_cut_off_layer_is_refused(tmp_path, suffix):
    """By name."""
    path = tmp_path / f"p.{suffix}"
    layer = hexagons()
    layer.to_parquet(path) if suffix == "parquet" else layer.to_file(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    assert "cannot be read as a map layer" in refuse(path)


def test_a_table_that_misses_the_study_area_is_refused(tmp_path):
    """As a grid is."""
    (tmp_path / "p.csv").write_text("lon,lat,people\n44.1,33.1,5\n")
    assert "outside the study area" in refuse(tmp_path / "p.csv", bounds=(10, 50, 11, 51))
    said = refuse(tmp_path / "p.csv", bounds=(33, 44, 34, 45))
    assert "longitude and latitude look swapped" in said


def test_hints_for_tables_are_refused_for_grids(tmp_path):
    """A grid has neither layers nor columns."""
    path = write_grid(tmp_path / "p.tif", np.array([[5]], "uint8"))
    said = refuse(path, layer="people", columns={"people": "Z"})
    assert "a grid has no layer" in said
    assert "a grid has no columns" in said


# --- in a plan ---------------------------------------------------------------------------------


def test_a_plan_takes_points_with_their_own_names_and_unit(plan, cli, edit, tmp_path):
    """The total and the unit stand in run.json, and each person is in the tables once."""
    rows = "x,y,density,km2\n44.1,33.1,1200,2\n44.4,33.1,0.5,100\n44.26,33.22,7,1\n"
    (plan.parent / "p.csv").write_text(rows)
    names = '{ lon = "x", lat = "y", people = "density", area_km2 = "km2" }'
    source = f'population = {{ file = "p.csv", unit = "density", columns = {names} }}'
    edit(plan, 'population = "people.tif"', source)
    code, _, said = cli("reach", plan, "-o", tmp_path / "out")
    assert code == 0, said
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    (read,) = [one for one in record["inputs"] if one["name"] == "population"]
    assert (read["total_people"], read["unit"], read["rows"]) == (2457, "density", 3)
    assert read["unit_said_by"] == "the caller says so"
    areas = pd.read_csv(tmp_path / "out" / "areas.csv")
    total = areas[areas["governorate"] == "total"]
    assert set(total["people"]) == {2457}


def test_a_plan_says_all_that_is_wrong_with_its_people_and_writes_nothing(plan, refused, edit):
    """Beside what is wrong elsewhere."""
    rows = ["44.1,33.1,-5", '44.2,33.1,"1,000"', "44.3,33.1,1e308", "44.3,33.2,"]
    (plan.parent / "p.csv").write_text("\n".join(["lon,lat,people", *rows]) + "\n")
    edit(plan, 'population = "people.tif"', 'population = "p.csv"')
    edit(plan, 'areas = "areas.gpkg"', 'areas = { file = "areas.gpkg", unit = "count" }')
    said = refused(plan)
    for row in (2, 3, 4, 5):
        assert f"p.csv, row {row}, column people" in said
    assert "write it like 1000" in said
    assert "areas has no unit; take it out" in said


def test_an_unknown_unit_in_a_plan_is_refused(plan, refused, edit):
    """By its key."""
    edit(plan, '"people.tif"', '{ file = "people.tif", unit = "people" }')
    assert "inputs.population.unit" in refused(plan)


# --- H3 ----------------------------------------------------------------------------------------


@pytest.fixture
def h3():
    return pytest.importorskip("h3", reason="H3 cells want boxreach[hexagons]")


def h3_oracle(h3, cell):
    lat, lon = zip(*h3.cell_to_boundary(cell), strict=True)
    return abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / 1e6


@pytest.mark.parametrize("column", ["h3", "h3_index", "hex_id"])
@pytest.mark.parametrize("form", ["text", "upper", "number", "decimal"])
@pytest.mark.parametrize("suffix", ["csv", "parquet", "gpkg"])
def test_a_table_of_h3_cells_lies_at_their_centres(tmp_path, h3, column, form, suffix):
    """However the ids are written; a pentagon too."""
    ids = [
        h3.latlng_to_cell(33.3, 44.4, 8),
        h3.latlng_to_cell(36.2, 43.1, 8),
        h3.get_pentagons(5)[3],
    ]
    forms = {"text": str, "upper": str.upper, "number": h3.str_to_int}
    frame = pd.DataFrame({column: [forms.get(form, h3.str_to_int)(one) for one in ids]})
    frame["people"] = [5.0, 2.0, 1.0]
    if form == "decimal":
        frame[column] = frame[column].astype(str)
    path = tmp_path / f"p.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    elif suffix == "parquet":
        frame.to_parquet(path)
    else:
        pyogrio.write_dataframe(frame, path)
    cells = br.read_population(path)
    assert cells.index.tolist() == ids
    assert cells["people"].tolist() == [5, 2, 1]
    centres = [h3.cell_to_latlng(one)[::-1] for one in ids]
    assert list(zip(cells.geometry.x, cells.geometry.y, strict=True)) == centres
    areas = [h3_oracle(h3, one) for one in ids]
    assert cells["area_km2"].to_numpy() == pytest.approx(areas, rel=1e-5)


def test_h3_ids_that_count_people_twice_or_are_none_are_named_by_row(tmp_path, h3):
    """A cell twice, a cell in a larger one, and what is no cell."""
    cell = h3.latlng_to_cell(33.3, 44.4, 8)
    other = h3.latlng_to_cell(36.2, 43.1, 8)
    ids = [cell, other, cell, h3.cell_to_parent(cell, 6), "882c9d5485", "6.1e17"]
    frame = pd.DataFrame({"h3": ids, "people": 1})
    frame.to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(br.InputError) as caught:
        br.read_population(tmp_path / "p.csv")
    said = [(one.row, one.what.split(",")[0]) for one in caught.value.faults]
    parent = h3.cell_to_parent(cell, 6)
    assert said == [
        (2, f"it lies in {parent}"), (4, f"it lies in {parent}"),
        (4, f"the id {cell!r} stands already in row 2"),
        (6, "'882c9d5485' is no H3 cell"), (7, "'6.1e17' is no H3 cell"),
    ]  # fmt: skip


def test_the_column_of_h3_ids_may_have_any_name(tmp_path, h3):
    """It is named as h3; one that is not there is a fault."""
    cell = h3.latlng_to_cell(33.3, 44.4, 8)
    (tmp_path / "p.csv").write_text(f"zelle,leute,lon\n{cell},5,7\n")
    names = {"h3": "zelle", "people": "leute"}
    assert br.read_population(tmp_path / "p.csv", columns=names).index.tolist() == [cell]
    said = refuse(tmp_path / "p.csv", columns=names | {"h3": "zella"})
    assert "column zella: the column is missing; did you mean zelle?" in said


def test_h3_numbers_that_went_through_floats_are_refused(tmp_path, h3):
    """Their last digits are gone."""
    number = h3.str_to_int(h3.latlng_to_cell(33.3, 44.4, 8))
    pd.DataFrame({"h3": [float(number)], "people": [1]}).to_parquet(tmp_path / "p.parquet")
    assert "is no H3 cell; give the 15 hexadecimal digits" in refuse(tmp_path / "p.parquet")


def test_hexagons_with_shapes_and_ids_need_no_h3(tmp_path, monkeypatch):
    """Kontur's layer: the ids name its cells."""
    monkeypatch.setitem(sys.modules, "h3.api.basic_int", None)
    layer = hexagons().assign(h3=["a", "b", "c", "d"])
    layer.to_file(tmp_path / "k.gpkg")
    with pytest.warns(br.DataWarning):
        cells = br.read_population(tmp_path / "k.gpkg")
    assert cells.index.tolist() == ["a", "c", "d"]


@pytest.mark.parametrize("ids", [["x"], ["x", "y"], [""]])
def test_a_table_without_any_h3_cell_is_refused(tmp_path, h3, ids):
    """Each row is named."""
    pd.DataFrame({"h3": ids, "people": 1}).to_csv(tmp_path / "p.csv", index=False)
    assert refuse(tmp_path / "p.csv").count("no H3 cell") == len(ids)


def test_without_h3_the_error_names_the_extra(tmp_path, monkeypatch):
    """And what to type."""
    monkeypatch.setitem(sys.modules, "h3.api.basic_int", None)
    (tmp_path / "p.csv").write_text("h3,people\n882c9d5485fffff,5\n")
    assert "h3 is not installed; pip install boxreach[hexagons]" in refuse(tmp_path / "p.csv")


def test_shapes_and_ids_of_h3_give_the_same_cells(tmp_path, h3):
    """A table of ids and a layer of their hexagons: area and people alike, the centre near."""
    ids = sorted(h3.grid_disk(h3.latlng_to_cell(35.5, 45.4, 7), 3))
    shapes = [Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(one)]) for one in ids]
    people = np.arange(1.0, len(ids) + 1)
    layer = gpd.GeoDataFrame({"h3": ids, "people": people}, geometry=shapes, crs=4326)
    layer.to_crs(3857).to_file(tmp_path / "k.gpkg")
    layer.drop(columns="geometry").to_csv(tmp_path / "k.csv", index=False)
    by_shape, by_id = (br.read_population(tmp_path / f"k.{kind}") for kind in ("gpkg", "csv"))
    assert by_shape.index.tolist() == by_id.index.tolist() == ids
    assert by_shape["people"].tolist() == by_id["people"].tolist()
    assert by_shape["area_km2"].to_numpy() == pytest.approx(by_id["area_km2"].to_numpy(), rel=1e-6)
    apart = GEOD.inv(by_id.geometry.x, by_id.geometry.y, by_shape.geometry.x, by_shape.geometry.y)[
        2
    ]
    assert apart.max() < 1  # metre


# --- one set of people in three forms ----------------------------------------------------------


@pytest.fixture(scope="module")
def sulaymaniyah(tmp_path_factory):
    """The WorldPop cells of Sulaymaniyah, their people per km² turned into people, by lattice."""
    path = DATA / "population_worldpop_1km_2020_sulaymaniyah.csv"
    if not path.exists():
        pytest.skip("there is no real data beside the checkout")
    with pytest.warns(br.DataWarning):
        return br.read_population(path, columns={"people": "population_density"})


def by_area(cells, areas):
    """People per area, each cell in one: by its point, the first area by order."""
    tree = shapely.STRtree(areas.geometry.to_numpy())
    pairs = tree.query(cells.geometry.to_numpy(), predicate="intersects")
    first = pd.Series(pairs[1]).groupby(pairs[0]).min()
    people = pd.Series(cells["people"].to_numpy()[first.index]).groupby(first.to_numpy())
    return people.agg(math.fsum)


def real_grid(cells, path, unit):
    """Write the cells as the raster they were taken from."""
    step = 1 / 120
    lon, lat = cells.geometry.x.to_numpy(), cells.geometry.y.to_numpy()
    column = np.rint((lon - lon.min()) / step).astype(int)
    row = np.rint((lat.max() - lat) / step).astype(int)
    values = np.full((row.max() + 1, column.max() + 1), -99999.0)
    people = cells["people"].to_numpy()
    values[row, column] = people if unit == "count" else people / cells["area_km2"]
    transform = Affine(step, 0, lon.min() - step / 2, 0, -step, lat.max() + step / 2)
    return write_grid(path, values, nodata=-99999.0, transform=transform)


@pytest.mark.real
@pytest.mark.parametrize("level", ["adm1", "adm2", "adm3"])
def test_sulaymaniyah_has_the_same_people_by_raster_points_and_h3(
    tmp_path, h3, sulaymaniyah, level
):
    """Raster and points place each cell alike: every area is equal to 1e-9.

    An H3 table moves people to the centres of hexagons. So it is held against the same cells
    assigned to the same hexagons: every area is equal; and the total is, in any case.
    """
    areas = gpd.read_file(DATA / "admin_cod_ab_2019.gpkg", layer=level)
    points = tmp_path / "points.csv"
    lon, lat = sulaymaniyah.geometry.x, sulaymaniyah.geometry.y
    rows = pd.DataFrame({"lon": lon, "lat": lat, "people": sulaymaniyah["people"]})
    rows.to_csv(points, index=False)
    by_points = br.read_population(points)
    by_raster = br.read_population(real_grid(sulaymaniyah, tmp_path / "r.tif", "count"))
    ids = [h3.latlng_to_cell(*at, 8) for at in zip(lat, lon, strict=True)]
    table = rows.assign(h3=ids).groupby("h3", as_index=False)["people"].sum()
    table.to_csv(tmp_path / "h.csv", index=False)
    by_h3 = br.read_population(tmp_path / "h.csv")
    total = math.fsum(sulaymaniyah["people"])
    for cells in (by_points, by_raster, by_h3):
        assert cells.attrs["total_people"] == pytest.approx(total, rel=1e-9, abs=0)
    expected = by_area(by_points, areas)
    assert len(expected) > (1 if level != "adm1" else 0)
    pd.testing.assert_series_equal(by_area(by_raster, areas), expected, rtol=1e-9)
    centres = gpd.GeoSeries([Point(*h3.cell_to_latlng(one)[::-1]) for one in ids], crs=4326)
    moved = gpd.GeoDataFrame({"people": rows["people"].to_numpy()}, geometry=centres)
    pd.testing.assert_series_equal(by_area(by_h3, areas), by_area(moved, areas), rtol=1e-9)


@pytest.mark.real
def test_sulaymaniyah_is_the_same_by_counts_and_by_densities(tmp_path, sulaymaniyah):
    """The file's people per km² times areas, as grid and as points."""
    path = real_grid(sulaymaniyah, tmp_path / "r.tif", "density")
    cells = br.read_population(path, unit="density")
    assert cells.attrs["unit_said_by"] == "the caller says so"
    assert cells.attrs["total_people"] == pytest.approx(sulaymaniyah["people"].sum(), rel=1e-6)
