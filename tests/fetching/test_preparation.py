"""What came is made into what readers take: places, tiles, and a table without a box."""

import numpy as np
import pytest
import rasterio

import boxreach as br
from boxreach.sources.osm.places import read_places
from boxreach.sources.terrain_tiles import join_tiles

NOWHERE = {1: (44.0, 33.0), 2: (44.1, 33.0)}
ROAD = (1, [1, 2], {"highway": "trunk"})


def place(lon, lat, kind="village", **tags):
    return lon, lat, {"place": kind, **{key.replace("_", ":"): said for key, said in tags.items()}}


def test_places_have_their_names_by_language(write_osm):
    nodes = NOWHERE | {
        3: place(44.0, 33.0, "city", name="هەولێر", name_en="Erbil", name_ar="أربيل",
                 name_ckb="هەولێر", name_kmr="Hewlêr"),
        4: place(44.1, 33.1, "hamlet", name="  Two \n lines "),
        5: place(44.2, 33.2, "town"),
    }  # fmt: skip
    places = read_places(write_osm("a.osm.pbf", nodes, [ROAD]))
    assert [*places.index] == ["osm-n3", "osm-n4", "osm-n5"]
    assert [*places["name"]] == ["Erbil", "Two lines", ""]
    assert [*places["name_ar"]] == ["أربيل", "", ""]
    assert [*places["name_ckb"]] == ["هەولێر", "", ""]
    assert [*places["name_kmr"]] == ["Hewlêr", "", ""]
    assert [*places["place"]] == ["city", "hamlet", "town"]
    assert places.crs.to_epsg() == 4326


@pytest.mark.parametrize("name", ["a.osm.pbf", "a.osm", "a.osm.gz"])
def test_places_are_read_of_every_format(write_osm, name):
    nodes = NOWHERE | {3: place(44.0, 33.0, name="One"), 4: place(44.0, 33.0, name="Again")}
    places = read_places(write_osm(name, nodes, [ROAD]))
    assert [*places["name"]] == ["One"]  # of two at one spot the first


def test_an_extract_without_places_is_said(write_osm):
    with pytest.raises(br.InputError, match=r"a\.osm\.pbf: there is no place in it \(city, town"):
        read_places(write_osm("a.osm.pbf", NOWHERE | {3: place(44, 33, "suburb")}, [ROAD]))


def test_a_history_holds_no_places_of_today(write_osm):
    path = write_osm("a.osm.pbf", {3: place(44, 33)}, [], history=True)
    with pytest.raises(br.InputError, match="it holds the history of the map"):
        read_places(path)


def test_a_damaged_extract_is_said(write_osm, tmp_path):
    path = write_osm("a.osm.pbf", {3: place(44, 33)}, [ROAD])
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(br.InputError, match="cut off"):
        read_places(path)
    with pytest.raises(br.InputError, match="no extract of OpenStreetMap by its name"):
        read_places(path.rename(tmp_path / "a.csv"))


@pytest.fixture
def tile(tmp_path):
    """Write a tile of one height."""

    def write(west, south, height=1.0, *, size=120, wide=None, crs="EPSG:4326", span=1.0):
        wide = wide or size
        path = tmp_path / f"{west}_{south}.tif"
        transform = rasterio.Affine(span / wide, 0, west - 0.5 / wide, 0, -span / size,
                                    south + 1 + 0.5 / size)  # fmt: skip
        profile = {"driver": "GTiff", "width": wide, "height": size, "count": 1, "crs": crs,
                   "dtype": "float32", "transform": transform}  # fmt: skip
        with rasterio.open(path, "w", **profile) as grid:
            grid.write(np.full((size, wide), height, "float32"), 1)
        return path

    return write


def test_each_tile_stands_in_its_place_and_the_sea_is_not_known(tile, tmp_path):
    target = tmp_path / "all.tif"
    tiles = [tile(44, 33, 1), tile(46, 33, 2), tile(45, 34, 3)]
    assert join_tiles(tiles, target) == 120
    land = br.read_terrain(target)
    lon, lat = np.array([44.5, 46.5, 45.5, 44.5]), np.array([33.5, 33.5, 34.5, 34.5])
    np.testing.assert_array_equal(land.heights_m(lon, lat), [1, 2, 3, np.nan])


def test_a_grid_that_would_be_too_large_is_coarser(tile, tmp_path):
    target = tmp_path / "all.tif"
    tiles = [tile(44, 33, 5, size=600), tile(45, 33, 7, size=600)]
    assert join_tiles(tiles, target, cells_at_most=2 * 150 * 150) == 150
    land = br.read_terrain(target)
    assert land.shape == (150, 300)
    np.testing.assert_array_equal(
        land.heights_m(np.array([44.5, 45.5]), np.array([33.5] * 2)), [5, 7]
    )


def test_tiles_of_the_north_are_narrower_and_fit(tile, tmp_path):
    """Beyond 50 degrees a tile has fewer columns than rows."""
    target = tmp_path / "all.tif"
    join_tiles([tile(10, 61, 4, size=120, wide=60)], target)
    land = br.read_terrain(target)
    assert land.shape == (120, 120)
    assert (land.grid_m == 4).all()


def test_tiles_south_and_west_stand_in_their_places(tile, tmp_path):
    target = tmp_path / "all.tif"
    join_tiles([tile(-71, -34, 1), tile(-70, -34, 2), tile(-70, -33, 3)], target)
    land = br.read_terrain(target)
    lon, lat = np.array([-70.5, -69.5, -69.5]), np.array([-33.5, -33.5, -32.5])
    np.testing.assert_array_equal(land.heights_m(lon, lat), [1, 2, 3])


@pytest.mark.parametrize("wrong", [{"span": 2.0}, {"crs": "EPSG:32638"}])
def test_what_is_no_tile_is_refused(tile, tmp_path, wrong):
    with pytest.raises(br.InputError, match="it is no tile of one degree"):
        join_tiles([tile(44, 33, **wrong)], tmp_path / "all.tif")


def test_no_box_is_a_fault_unless_it_is_said(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text("site_id,name,lon,lat\n", encoding="utf-8")
    with pytest.raises(br.InputError, match="there is no row in it"):
        br.read_sites(path)
    boxes = br.read_sites(path, may_be_empty=True)
    assert len(boxes) == 0
    assert boxes.index.name == "site_id"
    assert boxes.crs.to_epsg() == 4326


@pytest.mark.slow
def test_a_plan_may_begin_without_a_box(plan, cli, edit, tmp_path):
    """All that is asked of it is answered, and verified."""
    (plan.parent / "boxes.csv").write_text("site_id,name,lon,lat\n", encoding="utf-8")
    edit(plan, 'boxes = "boxes.csv"', 'boxes = { file = "boxes.csv", may_be_empty = true }')
    with plan.open("a", encoding="utf-8") as file:
        file.write("[critical]\n[robustness]\ndraws = 3\n")
        file.write('[[scenario]]\nname = "wet"\ncondition = "rain"\n')
    assert cli("run", plan, "-o", tmp_path / "out")[0] == 0
    assert cli("report", tmp_path / "out", "-o", tmp_path / "pack")[0] == 0
    assert cli("verify", tmp_path / "out", "--all")[0] == 0
