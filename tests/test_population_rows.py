"""What `read_population` promises of hexagons, polygons, points and H3 ids: nobody lost."""

import json
import math
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import Geod
from rasterio import Affine
from shapely import Point, Polygon, box

import boxreach as br
from boxreach.sources.population.lattice import lattice_areas_km2

DATA = Path(__file__).parents[2] / "shared" / "data" / "iraq"
GEOD = Geod(ellps="WGS84")


def refuse(path, **options):
    """Return what is said when a file is refused."""
    with pytest.raises(br.InputError) as caught:
        br.read_population(path, **options)
    return str(caught.value)


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


PICTURE = b"\xff\xd8\xff"
"""Bytes that are no text."""


@pytest.mark.parametrize("shaped", [True, False])
def test_texts_kept_as_bytes_are_read_as_texts(tmp_path, shaped):
    """So do old writers of Parquet; other bytes are no matter where nobody reads them."""
    columns = {"cell_id": [b"a", b"b"], "people": [b"5", b"2.5"], "picture": [PICTURE, None]}
    frame, lon, lat = pd.DataFrame(columns), [44.1, 44.3], [33.1, 33.2]
    if shaped:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    else:
        frame = frame.assign(lon=lon, lat=lat)
    frame.to_parquet(tmp_path / "p.parquet")
    cells = br.read_population(tmp_path / "p.parquet")
    assert cells["people"].tolist() == [5, 2.5]
    assert cells.index.tolist() == ["a", "b"]


@pytest.mark.parametrize("shaped", [True, False])
@pytest.mark.parametrize(("h3", "refused"), [(PICTURE, True), (b"872c80001ffffff", False)])
def test_hexagons_kept_as_bytes_are_read_as_texts(tmp_path, h3, refused, shaped):
    """What is no text is no hexagon, and is told by its row."""
    frame = pd.DataFrame({"h3": [h3], "people": [1]})
    if shaped:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([44.1], [33.1]), crs=4326)
    frame.to_parquet(tmp_path / "p.parquet")
    if refused:
        assert "p.parquet, row 1, column h3: a text in it is not UTF-8" in refuse(
            tmp_path / "p.parquet"
        )
    else:
        assert br.read_population(tmp_path / "p.parquet").index.tolist() == ["872c80001ffffff"]


@pytest.mark.parametrize("column", ["people", "cell_id", "area_km2"])
def test_bytes_that_are_no_texts_are_told_in_every_column_that_is_read(tmp_path, column):
    """By the first row that holds them; a blank one is none."""
    frame = pd.DataFrame({"lon": [44.1, 44.2, 44.3], "lat": 33.1, "people": 1}).astype(object)
    frame[column] = [None if column != "people" else b"1", b"2", PICTURE]
    frame[["lon", "lat"]] = frame[["lon", "lat"]].astype(float)
    frame.to_parquet(tmp_path / "p.parquet")
    assert f"p.parquet, row 3, column {column}: a text in it" in refuse(tmp_path / "p.parquet")


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
    around = Point(44, 33).buffer(1 / 240, cap_style="square")
    area = abs(GEOD.geometry_area_perimeter(around)[0]) / 1e6
    assert cells["area_km2"].iloc[0] == pytest.approx(area, rel=1e-4)


def test_a_table_whose_name_says_density_is_asked_for_areas(tmp_path):
    """WorldPop's people per km² as x, y, z."""
    path = tmp_path / "irq_pd_2020_1km.csv"
    path.write_text("lon,lat,people\n44.1,33.1,5\n")
    assert "without an area are no people" in refuse(path)
    assert br.read_population(path, unit="count")["people"].tolist() == [5]


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
    assert "blank" not in text  # which would be refused as well


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
    said = "the database is damaged" if suffix == "gpkg" else "cannot be read as a map layer"
    assert said in refuse(path)


def test_a_table_that_misses_the_study_area_is_refused(tmp_path):
    """As a grid is."""
    (tmp_path / "p.csv").write_text("lon,lat,people\n44.1,33.1,5\n")
    assert "outside the study area" in refuse(tmp_path / "p.csv", bounds=(10, 50, 11, 51))
    said = refuse(tmp_path / "p.csv", bounds=(33, 44, 34, 45))
    assert "longitude and latitude look swapped" in said


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


# --- in a plan ---------------------------------------------------------------------------------


@pytest.mark.slow
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
    profile = {"driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1}
    profile |= {"dtype": "float64", "crs": "EPSG:4326", "transform": transform, "nodata": -99999.0}
    with rasterio.open(path, "w", **profile) as grid:
        grid.write(values, 1)
    return path


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.real
@pytest.mark.parametrize("resolution", [12, 13, 15])
@pytest.mark.parametrize("level", ["adm1", "adm2", "adm3"])
def test_sulaymaniyah_is_the_same_by_fine_h3_as_by_raster_and_points(
    tmp_path, h3, sulaymaniyah, level, resolution
):
    """From resolution 12 on each cell keeps its area, so all three forms are equal in each.

    People of 1 km² in a hexagon of 20 m live closer than anywhere on earth, and that is said.
    """
    areas = gpd.read_file(DATA / "admin_cod_ab_2019.gpkg", layer=level)
    lon, lat = sulaymaniyah.geometry.x, sulaymaniyah.geometry.y
    rows = pd.DataFrame({"lon": lon, "lat": lat, "people": sulaymaniyah["people"]})
    rows.to_csv(tmp_path / "points.csv", index=False)
    ids = [h3.latlng_to_cell(*at, resolution) for at in zip(lat, lon, strict=True)]
    rows[["people"]].assign(h3=ids).to_csv(tmp_path / "h.csv", index=False)
    raster = real_grid(sulaymaniyah, tmp_path / "r.tif", "count")
    by_raster, by_points = (
        by_area(br.read_population(path), areas) for path in (raster, tmp_path / "points.csv")
    )
    with pytest.warns(br.DataWarning, match="closer than anywhere on earth"):
        by_h3 = by_area(br.read_population(tmp_path / "h.csv"), areas)
    assert len(by_h3) > (1 if level != "adm1" else 0)
    exact = {"rtol": 1e-9, "atol": 0}
    pd.testing.assert_series_equal(by_h3, by_points, **exact)
    pd.testing.assert_series_equal(by_h3, by_raster, **exact)


@pytest.mark.real
def test_sulaymaniyah_is_the_same_by_counts_and_by_densities(tmp_path, sulaymaniyah):
    """The file's people per km² times areas, as grid and as points."""
    path = real_grid(sulaymaniyah, tmp_path / "r.tif", "density")
    cells = br.read_population(path, unit="density")
    assert cells.attrs["unit_said_by"] == "the caller says so"
    assert cells.attrs["total_people"] == pytest.approx(sulaymaniyah["people"].sum(), rel=1e-6)
