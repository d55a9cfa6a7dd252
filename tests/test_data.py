"""What the embedded data of Iraq promise, checked on the committed files themselves."""

import csv
import json
import re
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import Geod

DATA = Path(__file__).parents[1] / "data"
IRAQ = DATA / "iraq"
README = (DATA / "README.md").read_text(encoding="utf-8")
FILES = {path.name for path in IRAQ.iterdir() if path.suffix in {".csv", ".geojson", ".tif"}}
PEOPLE_2018 = 38_124_182
FIVE = {"Ninewa", "Kirkuk", "Salah al-Din", "Diyala", "Anbar"}
GEOD = Geod(ellps="WGS84")
NOT_ARABIC = set("گچپژکیەێۆڕڵڤ")
NOT_SORANI = set("كيةىءأإآۀہھ")


@pytest.fixture(scope="module")
def governorates():
    return gpd.read_file(IRAQ / "governorates.geojson").set_index("area_id")


@pytest.fixture(scope="module")
def totals():
    return pd.read_csv(IRAQ / "governorate_people.csv").set_index("governorate")["people"]


@pytest.fixture(scope="module")
def towns():
    return read_points("towns.csv", "community_id")


@pytest.fixture(scope="module")
def boxes():
    return read_points("boxes.csv", "site_id")


@pytest.fixture(scope="module")
def frontier():
    return gpd.read_file(IRAQ / "frontier.geojson").geometry.item()


@pytest.fixture(scope="module")
def cells():
    """The raster's cells inside Iraq, as points at their centres."""
    with rasterio.open(IRAQ / "population.tif") as raster:
        people = raster.read(1)
        rows, columns = np.nonzero(people != raster.nodata)
        lon, lat = raster.xy(rows, columns)
    return gpd.GeoDataFrame(
        {"people": people[rows, columns].astype(np.int64)},
        geometry=gpd.points_from_xy(lon, lat),
        crs=4326,
    )


def read_points(file, key):
    table = pd.read_csv(IRAQ / file, index_col=key, keep_default_na=False, dtype={"people": str})
    return gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326
    )


def described_files():
    """The README's tables with a Licence column: file name -> its row by column heading."""
    rows, header = {}, []
    for line in README.splitlines():
        fields = [field.strip() for field in line.strip("|").split("|")]
        if not line.startswith("|"):
            header = []
        elif not header:
            header = fields
        elif "Licence" in header and not set(line) <= set("|-: "):
            row = dict(zip(header, fields, strict=True))
            rows |= dict.fromkeys(re.findall(r"`([\w.]+)`", row.get("File", "")), row)
    return rows


# --- the folder ---------------------------------------------------------------------------------


def test_the_folder_stays_under_five_megabytes():
    assert sum(path.stat().st_size for path in IRAQ.iterdir()) < 5_000_000


def test_every_file_is_named_in_the_readme():
    assert [name for name in FILES if f"`{name}`" not in README] == []


def test_every_file_but_the_roads_has_source_licence_and_date_in_the_readme():
    rows = described_files()
    files = {name for name in FILES if not name.startswith("road")}
    assert files <= set(rows)
    for column in ("Package", "Original source", "Licence", "Date", "Changed here"):
        assert [name for name in files if not rows[name][column]] == []


def test_every_file_with_a_licence_of_its_own_stands_in_the_notice():
    notice = (DATA / "NOTICE.md").read_text(encoding="utf-8")
    files = {name for name in FILES if not name.startswith("road")}
    assert [name for name in files if f"`{name}`" not in notice] == []
    for wording in (
        "© OpenStreetMap contributors",
        "ODbL",
        "CC BY 4.0",
        "Lesser General Public License",
        "Made with Natural Earth",
        "Central Statistical Organization",
    ):
        assert wording in notice


def test_what_is_not_real_is_labelled_in_the_readme():
    for word in ("**modelled**", "**schematic**", "**illustrative**"):
        assert word in README


@pytest.mark.parametrize("path", sorted(IRAQ.glob("*.geojson")), ids=lambda path: path.name)
def test_geojson_is_valid_and_ends_with_one_newline(path):
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert json.loads(text)["type"] == "FeatureCollection"
    frame = gpd.read_file(path)
    assert frame.geometry.is_valid.all()
    assert not frame.geometry.is_empty.any()


@pytest.mark.parametrize("path", sorted(IRAQ.glob("*.csv")), ids=lambda path: path.name)
def test_tables_are_utf8_with_unix_line_ends_and_no_ragged_row(path):
    raw = path.read_bytes()
    assert b"\r" not in raw
    rows = list(csv.reader(raw.decode("utf-8").splitlines()))
    assert {len(row) for row in rows} == {len(rows[0])}


# --- governorates and their people --------------------------------------------------------------


def test_there_are_eighteen_governorates_with_names_in_three_languages(governorates):
    assert len(governorates) == 18
    assert governorates.index.is_unique
    assert governorates.index.str.fullmatch(r"IQ-[A-Z]{2}").all()
    for column in ("name", "name_ar", "name_ckb"):
        assert (governorates[column] != "").all()
        assert governorates[column].is_unique


def test_kirkuk_has_its_name_of_today(governorates):
    names = governorates.loc["IQ-KI", ["name", "name_ar", "name_ckb"]]
    assert list(names) == ["Kirkuk", "كركوك", "کەرکووک"]
    assert not governorates["name"].str.contains("Ta'mim").any()


def test_governorates_do_not_overlap_and_share_their_borders(governorates):
    assert shapely.coverage_is_valid(governorates.geometry.to_numpy())


def test_the_2018_totals_sum_to_the_published_total(totals):
    assert totals.sum() == PEOPLE_2018
    assert totals["Ninewa"] == 3_729_998
    assert totals["Baghdad"] == 8_126_755


def test_the_totals_name_the_same_governorates_as_the_outlines(governorates):
    people = pd.read_csv(IRAQ / "governorate_people.csv").set_index("area_id")
    assert people["governorate"].to_dict() == governorates["name"].to_dict()


# --- the population raster ----------------------------------------------------------------------


def test_cells_by_their_centre_sum_to_every_governorates_total_exactly(cells, governorates, totals):
    found = cells.sjoin(governorates[["name", "geometry"]], predicate="within")
    assert len(found) == len(cells)
    assert found.groupby("name")["people"].sum().to_dict() == totals.to_dict()


def test_the_raster_sums_to_the_national_total_exactly(cells):
    assert cells["people"].sum() == PEOPLE_2018


def test_cells_with_a_centre_outside_iraq_hold_no_data(cells, governorates):
    with rasterio.open(IRAQ / "population.tif") as raster:
        rows, columns = np.nonzero(np.ones(raster.shape, dtype=bool))
        lon, lat = raster.xy(rows, columns)
    centres = shapely.points(lon, lat)
    inside = shapely.within(centres, governorates.geometry.union_all())
    assert inside.sum() == len(cells)


def test_no_cell_has_negative_people_and_the_desert_is_empty(cells):
    assert cells["people"].min() == 0
    desert = cells.cx[41.0:42.0, 31.8:32.8]
    assert len(desert) > 100
    assert desert["people"].sum() == 0


def test_the_raster_says_of_itself_that_it_is_modelled_people():
    with rasterio.open(IRAQ / "population.tif") as raster:
        assert raster.crs.to_epsg() == 4326
        assert raster.res == pytest.approx((0.05, 0.05))
        assert raster.dtypes == ("int32",)
        assert raster.nodata is not None
        assert raster.nodata < 0
        assert "modelled" in raster.descriptions[0]
        assert raster.tags()["NOTE"].startswith("Modelled")


def test_people_stand_where_the_large_towns_are(cells, towns):
    for name in ("Baghdad", "Mosul", "Basra", "Kirkuk", "Erbil"):
        town = towns[towns["name"] == name].geometry.item()
        near = cells[shapely.distance(cells.geometry.to_numpy(), town) < 0.15]
        assert near["people"].sum() > 500_000


# --- towns --------------------------------------------------------------------------------------


def test_every_place_of_the_source_is_a_town_or_left_out_with_a_reason(towns):
    with (DATA / "recipe" / "town_doubles.csv").open(encoding="utf-8", newline="") as stream:
        doubles = list(csv.DictReader(stream))
    assert len(towns) + len(doubles) == 169
    for double in doubles:
        assert f"gn-{double['geonameid']}" not in towns.index
        assert f"gn-{double['kept']}" in towns.index
        assert double["reason"]
        assert f"| {double['geonameid']} " in README


def test_an_unknown_population_is_blank_and_never_zero(towns):
    assert towns["people"].isin(["", "0"]).sum() == (towns["people"] == "").sum() == 50
    assert (towns.loc[towns["people"] != "", "people"].astype(int) > 0).all()
    assert towns.loc["gn-90393", ["name", "people"]].to_list() == ["Tal Afar", ""]


def test_town_ids_and_positions_occur_once(towns):
    assert towns.index.is_unique
    assert towns.index.str.fullmatch(r"gn-\d+").all()
    assert not towns.duplicated(["lon", "lat"]).any()


def test_no_two_towns_are_within_a_kilometre(towns):
    metric = towns.to_crs(32638)
    pairs = metric.sindex.query(metric.geometry, predicate="dwithin", distance=1000)
    assert (pairs[0] == pairs[1]).all()


def test_every_town_has_an_english_name_in_plain_letters(towns):
    assert towns["name"].str.fullmatch(r"[A-Za-z][A-Za-z' -]*").all()


def test_well_known_towns_have_their_customary_names(towns):
    by_name = towns.set_index("name")[["name_ar", "name_ckb"]]
    assert list(by_name.loc["Mosul"]) == ["الموصل", "مووسڵ"]
    assert list(by_name.loc["Erbil"]) == ["أربيل", "هەولێر"]
    assert list(by_name.loc["Sulaymaniyah"]) == ["السليمانية", "سلێمانی"]
    assert list(by_name.loc["Dohuk"]) == ["دهوك", "دهۆک"]
    assert list(by_name.loc["Sinjar"]) == ["سنجار", "شنگال"]


@pytest.mark.parametrize("file", ["towns.csv", "boxes.csv", "governorates.geojson"])
def test_arabic_is_in_arabic_letters_and_kurdish_in_sorani_ones(file):
    frame = gpd.read_file(IRAQ / file)
    for column, foreign in (("name_ar", NOT_ARABIC), ("name_ckb", NOT_SORANI)):
        names = frame[column].fillna("")
        assert [name for name in names if set(name) & foreign] == []
        assert [name for name in names if re.search(r"[A-Za-z]", name)] == []


def test_a_town_lies_in_its_governorate_but_for_the_exceptions_the_readme_lists(
    towns, governorates
):
    outline = towns["governorate"].map(governorates.set_index("name").geometry)
    strays = towns[~towns.geometry.within(gpd.GeoSeries(outline, crs=4326))]
    assert set(strays["name"]) == {"Abu Ghraib", "Mahmudiyah", "Tarmiyah", "Nahiyat Atbah"}
    for name in strays["name"]:
        assert name in README


# --- boxes --------------------------------------------------------------------------------------


def test_there_are_fifty_boxes_ten_in_each_of_the_five_governorates(boxes):
    assert Counter(boxes["governorate"]) == dict.fromkeys(FIVE, 10)
    assert boxes.index.is_unique
    assert boxes["name"].is_unique
    assert not boxes.duplicated(["lon", "lat"]).any()


def test_every_box_lies_inside_its_governorate(boxes, governorates):
    found = boxes.sjoin(governorates[["name", "geometry"]].rename(columns={"name": "found"}))
    assert len(found) == 50
    assert (found["found"] == found["governorate"]).all()


def test_every_box_is_labelled_illustrative_and_named_in_three_languages(boxes):
    assert boxes["note"].str.startswith("illustrative position").all()
    assert (boxes[["name", "name_ar", "name_ckb"]] != "").all(axis=None)


def test_every_box_is_at_a_town_or_at_the_stated_distance_from_one(boxes, towns):
    for box in boxes.itertuples():
        *_, metres = GEOD.inv([box.lon] * len(towns), [box.lat] * len(towns), towns.lon, towns.lat)
        stated = 1500 if "1.5 km" in box.note else 0
        assert np.abs(np.asarray(metres) - stated).min() < 2


def test_no_box_is_within_two_kilometres_of_a_border(boxes, frontier):
    countries = gpd.read_file(IRAQ / "countries.geojson").set_index("area_id").to_crs(32638)
    metric = boxes.to_crs(32638)
    line = gpd.GeoSeries([frontier], crs=4326).to_crs(32638).item()
    assert metric.distance(line).min() > 2000
    assert metric.distance(countries.geometry["IQ"].boundary).min() > 2000


# --- frontier, countries, rivers ----------------------------------------------------------------


def test_the_frontier_is_one_line_of_about_604_km_from_north_to_south(frontier):
    assert frontier.geom_type == "LineString"
    assert frontier.is_simple
    assert GEOD.geometry_length(frontier) / 1000 == pytest.approx(604, abs=1)
    assert frontier.coords[0] == pytest.approx((42.349, 37.113), abs=0.01)
    assert frontier.coords[-1] == pytest.approx((38.793, 33.373), abs=0.01)


def test_iraq_and_its_six_neighbours_are_drawn_in_three_languages():
    countries = gpd.read_file(IRAQ / "countries.geojson")
    assert set(countries["area_id"]) == {"IQ", "IR", "JO", "KW", "SA", "SY", "TR"}
    assert (countries[["name", "name_ar", "name_ckb"]] != "").all(axis=None)
    assert shapely.coverage_is_valid(countries.geometry.to_numpy())


def test_the_countries_border_follows_the_frontier(frontier):
    shape = gpd.read_file(IRAQ / "countries.geojson").set_index("area_id").geometry
    border = shapely.line_merge(shape["IQ"].intersection(shape["SY"]))
    assert shapely.hausdorff_distance(border, frontier, densify=0.01) < 0.01


def test_tigris_and_euphrates_pass_their_towns(towns):
    rivers = gpd.read_file(IRAQ / "rivers.geojson")
    assert set(rivers["level"]) == {0, 1, 2, 3, 4}
    water = rivers.to_crs(32638).union_all()
    metric = towns.to_crs(32638).set_index("name").geometry
    for name in ("Mosul", "Tikrit", "Baghdad", "Haditha", "Ramadi", "Nasiriyah"):
        assert metric[name].distance(water) < 7000
