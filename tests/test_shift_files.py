"""Reference systems that name a file of the machine: it is not opened, wherever they stand."""

import json
import os
import socket
import sqlite3
import threading
import time
import zipfile
from contextlib import closing, suppress
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx
import pytest
import rasterio
from affine import Affine
from pyarrow import parquet
from pyproj import CRS
from shapely import LineString, Point

import boxreach as br
from boxreach.exports.stored_times import _read_places
from boxreach.network.ground import Ground
from boxreach.shift_files import names_shift_file
from boxreach.sources.osm.graphs import read_graphml
from boxreach.sources.system_texts import require_plain_systems
from boxreach.sources.terrain_grid import read_terrain
from boxreach.verification.evidence import Evidence
from boxreach.verification.open_ground import read_ground

_GEODETIC = (
    'GEOGCS["old",DATUM["old",SPHEROID["Clarke 1880",6378249.145,293.465]{}],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]{}]'
)
SYSTEMS = {
    "grids": _GEODETIC.format(',EXTENSION["PROJ4_GRIDS","FILE"]', ""),
    "small letters": _GEODETIC.format(',EXTENSION["proj4_grids","FILE"]', ""),
    "definition": _GEODETIC.format("", ',EXTENSION["PROJ4","+proj=longlat +nadgrids=FILE"]'),
    "one of several": _GEODETIC.format("", ',EXTENSION["PROJ4","+nadgrids=@null,@FILE"]'),
    "behind blanks": _GEODETIC.format("", ',EXTENSION["PROJ4","+nadgrids=@null ,FILE"]'),
    "behind none": _GEODETIC.format(',EXTENSION["PROJ4_GRIDS","@null%,FILE"]', ""),
    "far": _GEODETIC.format(f',EXTENSION["PROJ4_GRIDS"{" " * 40},"FILE"]', ""),
    "new line": _GEODETIC.format(',EXTENSION["PROJ4_GRIDS"\n,"FILE"]', ""),
    "shift": _GEODETIC.format("", ',EXTENSION["PROJ4","+proj=hgridshift +grids=FILE"]'),
    "points": _GEODETIC.format("", ',EXTENSION["PROJ4","+proj=deformation +xy_grids=FILE"]'),
    "triangles": _GEODETIC.format("", ',EXTENSION["PROJ4","+proj=tinshift +file=FILE"]'),
    "init": _GEODETIC.format("", ',EXTENSION["PROJ4","+init=FILE:x +type=crs"]'),
    "new": CRS("+proj=longlat +ellps=clrk80 +nadgrids=FILE").to_wkt(),
}
"""How well-known text names a file that is called FILE."""

MERCATOR = CRS.from_epsg(3857).to_wkt("WKT1_GDAL")
"""It names @null, which is no file: so programs say that latitudes on a sphere stay as they are."""

MINE = "+proj=merc +a=6378137 +b=6378137 +lon_0=0 +k=1 +units=m +nadgrids=@null +no_defs"


@pytest.fixture
def pipe(tmp_path):
    """A pipe that must not be opened; whoever does is let go on, and told of afterwards."""
    path, opened, done = tmp_path / "pipe", [], threading.Event()
    os.mkfifo(path)

    def watch():
        while not done.wait(0.002):
            with suppress(OSError):  # nobody reads it
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                opened.append(True)

    watching = threading.Thread(target=watch)
    watching.start()
    yield path
    done.set()
    watching.join()
    assert not opened


def sites(crs=4326):
    """Two boxes near Baghdad."""
    two = [Point(44.3, 33.3), Point(44.4, 33.3)]
    return gpd.GeoDataFrame({"site_id": ["a", "b"]}, geometry=two, crs=4326).to_crs(crs)


def shapefile(folder, system, crs=4326):
    """Boxes whose system stands beside them."""
    sites(crs).to_file(folder / "sites.shp")
    (folder / "sites.prj").write_text(system)
    return folder / "sites.shp"


def archive(folder, system):
    """The same, packed."""
    shapefile(folder, system)
    with zipfile.ZipFile(folder / "sites.zip", "w") as packed:
        for one in folder.glob("sites.*"):
            if one.suffix != ".zip":
                packed.write(one, f"in/{one.name}")
    return folder / "sites.zip"


def gml(folder, system):
    """Boxes that say their system one by one."""
    ours = "http://www.opengis.net/gml"
    path = folder / "sites.gml"
    path.write_text(
        f'<FeatureCollection xmlns:g="{ours}"><g:featureMember><s><site_id>a</site_id><at>'
        f"<g:Point srsName={quoteattr(system)}><g:coordinates>44,33</g:coordinates></g:Point>"
        "</at></s></g:featureMember></FeatureCollection>"
    )
    return path


def gml_in_numbers(folder, system):
    """The same, each letter by its number."""
    path = gml(folder, system)
    return written(path, path.read_text().replace("d", "&#100;").replace("I", "&#x49;"))


def written(path, text):
    """Write a text."""
    path.write_text(text)
    return path


def generic(folder, system):
    """Boxes as the Generic Mapping Tools keep them."""
    said = system.replace('"', '\\"')
    head = f'# @VGMT1.0 @GPOINT\n# @Nsite_id\n# @Tstring\n# @Jw"{said}"\n# FEATURE_DATA\n'
    return written(folder / "sites.gmt", f"{head}# @Da\n44 33\n")


def esri(folder, system):
    """Boxes as servers of ArcGIS send them."""
    told = {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkt": system},
        "fields": [{"name": "site_id", "type": "esriFieldTypeString"}],
        "features": [{"attributes": {"site_id": "a"}, "geometry": {"x": 44, "y": 33}}],
    }
    return written(folder / "sites.json", json.dumps(told))


def flatgeobuf(folder, system):
    """Boxes with their system in the head of the file."""
    plain = CRS.from_wkt(_GEODETIC.format("", "").replace("old", "o" * len(system), 1))
    sites().set_crs(plain, allow_override=True).to_file(folder / "sites.fgb", driver="FlatGeobuf")
    data = (folder / "sites.fgb").read_bytes()
    at = data.index(b"GEOGC")
    length = int.from_bytes(data[at - 4 : at], "little")
    new = system.encode().ljust(length)
    assert len(new) == length
    (folder / "sites.fgb").write_bytes(data[:at] + new + data[at + length :])
    return folder / "sites.fgb"


def geopackage(folder, system, crs=3392):
    """Boxes whose system only their database knows."""
    path = folder / "sites.gpkg"
    sites(crs).to_file(path, layer="sites")
    change(
        path,
        "UPDATE gpkg_spatial_ref_sys SET definition = ?, organization = 'NONE',"
        " organization_coordsys_id = 9 WHERE srs_id = ?",
        system,
        crs,
    )
    return path


def database(folder, system, crs=3392):
    """The same, of no GeoPackage."""
    path = folder / "sites.sqlite"
    sites(crs).to_file(path, driver="SQLite", layer="sites")
    change(
        path, "UPDATE spatial_ref_sys SET srtext = ?, auth_name = NULL, auth_srid = NULL", system
    )
    return path


def change(path, sql, *values):
    """Change a database."""
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute(sql, values)


LAYERS = (
    shapefile, archive, gml, gml_in_numbers, generic, esri, flatgeobuf, geopackage, database,
)  # fmt: skip


@pytest.mark.parametrize("write", LAYERS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_no_file_that_the_system_of_a_layer_names_is_opened(tmp_path, pipe, write, system):
    path = write(tmp_path, SYSTEMS[system].replace("FILE", str(pipe)))
    with pytest.raises(br.CRSError, match="names a file of this machine"):
        br.read_sites(path)


def text_grid(folder, system):
    """A grid whose system stands beside it."""
    (folder / "grid.PRJ").write_text(system)
    rows = "ncols 2\nnrows 2\nxllcorner 44\nyllcorner 33\ncellsize 0.1\n5 6\n7 8\n"
    return written(folder / "grid.asc", rows)


def plain_grid(path, **said):
    """A grid of four cells."""
    profile = {"width": 2, "height": 2, "count": 1, "dtype": "float32", "driver": "GTiff"}
    with rasterio.open(
        path, "w", transform=Affine(0.1, 0, 44, 0, -0.1, 34), **profile, **said
    ) as grid:
        grid.write(np.array([[[5, 6], [7, 8]]], dtype="float32"))
    return path


def grid_with_notes(folder, system):
    """A grid with the notes that GDAL keeps beside it."""
    said = f"<PAMDataset><SRS>{quoteattr(system)[1:-1]}</SRS></PAMDataset>"
    (folder / "grid.tif.aux.xml").write_text(said)
    return plain_grid(folder / "grid.tif")


def grid_with_old_notes(folder, system):
    """A grid with the notes of ERDAS beside it, in which texts stand as they are."""
    (folder / "grid.aux").write_bytes(b"EHFA_HEADER_TAG\0" + system.encode() + b"\0")
    return plain_grid(folder / "grid.tif", crs="EPSG:4326")


def mosaic(folder, system):
    """A mosaic of one tile."""
    plain_grid(folder / "tile.tif", crs="EPSG:4326")
    return written(
        folder / "grid.vrt",
        f'<VRTDataset rasterXSize="2" rasterYSize="2"><SRS>{quoteattr(system)[1:-1]}</SRS>'
        '<GeoTransform>44,0.1,0,34,0,-0.1</GeoTransform><VRTRasterBand dataType="Float32" band="1">'
        '<SimpleSource><SourceFilename relativeToVRT="1">tile.tif</SourceFilename>'
        '<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="2" ySize="2"/>'
        '<DstRect xOff="0" yOff="0" xSize="2" ySize="2"/></SimpleSource></VRTRasterBand>'
        "</VRTDataset>",
    )


def mosaic_of_odd_tile(folder, system):
    """A mosaic of a tile with notes beside it."""
    (folder / "tile.aux.xml").write_text(f"<PAMDataset><SRS>{system}</SRS></PAMDataset>")
    return mosaic(folder, "EPSG:4326")


GRIDS = (text_grid, grid_with_notes, grid_with_old_notes, mosaic, mosaic_of_odd_tile)


@pytest.mark.parametrize("read", [br.read_population, read_terrain])
@pytest.mark.parametrize("write", GRIDS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_no_file_that_the_system_of_a_grid_names_is_opened(tmp_path, pipe, write, system, read):
    path = write(tmp_path, SYSTEMS[system].replace("FILE", str(pipe)))
    with pytest.raises(br.CRSError, match="names a file of this machine"):
        read(path)


ONLY_PROJ = [
    "+init=FILE:x",
    "+proj=longlat +ellps=clrk80 +nadgrids=FILE",
    "+proj=tinshift +file=FILE",
    "proj=pipeline step proj=hgridshift grids=FILE",
]


@pytest.mark.parametrize("write", [gml, gml_in_numbers, grid_with_notes, mosaic])
@pytest.mark.parametrize("system", [*ONLY_PROJ, "dict:FILE,1"])
def test_no_file_that_a_definition_names_is_opened(tmp_path, pipe, write, system):
    away = "../" * 20 if system.startswith("dict:") else ""  # it is looked for below PROJ's own
    path = write(tmp_path, system.replace("FILE", f"{away}{pipe}"))
    read = br.read_sites if path.suffix == ".gml" else br.read_population
    with pytest.raises(br.CRSError, match="names a file of this machine"):
        read(path)


@pytest.mark.parametrize("end", ["sbn", "sbx", "shx", "dbf"])
@pytest.mark.parametrize("write", [gml, flatgeobuf])
def test_a_layer_that_is_called_like_a_part_of_another_is_looked_at(tmp_path, pipe, write, end):
    path = write(tmp_path, SYSTEMS["grids"].replace("FILE", str(pipe)))
    with pytest.raises(br.CRSError, match="names a file of this machine"):
        br.read_sites(path.rename(path.with_suffix(f".{end}")))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE {layers} SET {key} = {key} || 'abc'",
        "ALTER TABLE {systems} RENAME TO other; CREATE VIEW {systems} AS SELECT * FROM other",
        "ALTER TABLE {layers} RENAME TO other; CREATE VIEW {layers} AS SELECT * FROM other",
        "ALTER TABLE {systems} RENAME TO other; ALTER TABLE other RENAME TO {SYSTEMS}",
        "ALTER TABLE {layers} RENAME TO other; ALTER TABLE other RENAME TO {LAYERS}",
    ],
)
@pytest.mark.parametrize("write", [geopackage, database])
def test_a_database_is_asked_as_its_driver_does(tmp_path, pipe, write, sql):
    path = write(tmp_path, SYSTEMS["grids"].replace("FILE", str(pipe)))
    own = "gpkg_spatial_ref_sys", "gpkg_geometry_columns", "srs_id"
    if write is database:
        own = "spatial_ref_sys", "geometry_columns", "srid"
    names = {"systems": own[0], "layers": own[1], "key": own[2]}
    names |= {"SYSTEMS": own[0].upper(), "LAYERS": own[1].upper()}
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.executescript("PRAGMA legacy_alter_table = ON;" + sql.format(**names))
    # A view is not asked: it may be a question without end.
    told = "is no table but a view" if "VIEW" in sql else "names a file of this machine"
    with pytest.raises(br.InputError, match=told):
        br.read_sites(path)


@pytest.mark.parametrize("crs", ["+init=FILE:x", {"init": "FILE:x"}, ONLY_PROJ[3]])
def test_no_file_that_the_system_of_parquet_names_is_opened(tmp_path, pipe, crs):
    sites().to_parquet(tmp_path / "sites.parquet")
    table = parquet.read_table(tmp_path / "sites.parquet")
    about = json.loads(table.schema.metadata[b"geo"])
    said = json.loads(json.dumps(crs).replace("FILE", str(pipe)))
    about["columns"]["geometry"]["crs"] = said
    told = {**table.schema.metadata, b"geo": json.dumps(about).encode()}
    parquet.write_table(table.replace_schema_metadata(told), tmp_path / "sites.parquet")
    with pytest.raises(br.CRSError, match="names a file of this machine"):
        br.read_sites(tmp_path / "sites.parquet")


def test_no_file_that_stored_times_name_is_opened(tmp_path, pipe):
    sites().to_parquet(tmp_path / "sites.parquet", schema_version="1.0.0")
    table = parquet.read_table(tmp_path / "sites.parquet")
    about = json.loads(table.schema.metadata[b"geo"])
    about["columns"]["geometry"]["crs"] = f"+init={pipe}:x"
    told = {**table.schema.metadata, b"geo": json.dumps(about).encode()}
    parquet.write_table(table.replace_schema_metadata(told), tmp_path / "sites.parquet")
    with pytest.raises(br.CRSError, match="names a file of this machine"):
        _read_places(tmp_path / "sites.parquet")


def test_null_that_is_cut_where_a_piece_of_a_file_ends_is_no_file(tmp_path):
    path = gml(tmp_path, MINE)
    text = path.read_text().replace("44,33", "4912350,3929220")
    blank = " " * (2**20 - text.index("@null") - 3)
    path.write_text(text.replace("<g:featureMember>", f"{blank}<g:featureMember>"))
    require_plain_systems(path)


def test_a_system_that_is_escaped_or_cut_in_json_is_looked_at(tmp_path, pipe):
    path = esri(tmp_path, SYSTEMS["grids"].replace("FILE", str(pipe)))
    whole = path.read_text()
    for text in (whole.replace("GRIDS", "GR\\u0049DS"), whole[:-1], f"{whole} {{"):
        with pytest.raises(br.InputError):
            br.read_sites(written(path, text))


@pytest.mark.parametrize(
    "note",
    [
        "https://maps.example.org/?init=1&next=http://a.b",
        "uses nadgrids=a, init=a:b",
        "PROJ4_GRIDS",
    ],
)
@pytest.mark.filterwarnings("ignore:sites.kml, column Name")
@pytest.mark.parametrize("end", ["geojson", "geojsonl", "gpkg", "fgb", "shp", "kml"])
def test_texts_of_features_are_no_systems(tmp_path, note, end):
    path = tmp_path / f"sites.{end}"
    drivers = {"kml": "KML"}
    sites().assign(note=note).to_file(path, driver=drivers.get(end))
    assert len(br.read_sites(path)) == 2


def test_a_long_text_is_looked_through_in_time():
    begun = time.process_time()
    assert not any(names_shift_file(one * 2**18) for one in (b"init=", b"dict:", b"grids", b"&#x0"))
    assert time.process_time() - begun < 5


def test_a_system_is_found_where_a_piece_of_a_file_ends(tmp_path, pipe):
    system = f"+proj=longlat +ellps=clrk80 +nadgrids={pipe}"
    for more in (0, 8, 9_000):
        path = gml(tmp_path, system)
        text = path.read_text()
        blank = " " * (2**20 - text.index("nadgrids") - more)
        path.write_text(text.replace("<g:featureMember>", f"{blank}<g:featureMember>"))
        with pytest.raises(br.CRSError, match="names a file of this machine"):
            br.read_sites(path)


@pytest.mark.parametrize("system", ["+init=FILE:x", "+proj=longlat +nadgrids=FILE"])
def test_no_file_that_the_system_of_a_graph_names_is_opened(tmp_path, pipe, system):
    graph = nx.MultiDiGraph(crs=system.replace("FILE", str(pipe)))
    graph.add_nodes_from([(1, {"x": 44.0, "y": 33.0}), (2, {"x": 44.1, "y": 33.0})])
    graph.add_edge(1, 2, 0, osmid=1, length=9.0, geometry=LineString([(44, 33), (44.1, 33)]))
    osmnx.save_graphml(graph, tmp_path / "roads.graphml")
    with pytest.raises(br.InputError, match="names a file of this machine"):
        read_graphml(tmp_path / "roads.graphml")


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_file_that_a_saved_terrain_names_is_opened(pipe, system):
    said = SYSTEMS[system].replace("FILE", str(pipe))
    told = np.frombuffer(json.dumps([said, "dem.tif"]).encode(), dtype=np.uint8)
    with pytest.raises(br.CRSError, match=r"dem.tif: .* names a file of this machine"):
        Ground.from_arrays({"terrain": told})
    evidence = Evidence(
        {"heights.transform": np.zeros(6), "water.segments": np.empty(0)},
        {},
        {"terrain_crs": said},
    )
    with pytest.raises(br.CRSError, match=r"evidence.npz: .* names a file of this machine"):
        read_ground(evidence)


NULLS = {
    "of EPSG": MERCATOR,
    "nameless": MERCATOR.replace(',AUTHORITY["EPSG","3857"]]', "]").replace("Pseudo", "My"),
    "old": CRS(MINE).to_wkt("WKT1_GDAL"),
}


@pytest.mark.parametrize("write", [shapefile, geopackage, database])
@pytest.mark.parametrize("system", NULLS)
def test_a_layer_in_the_mercator_of_maps_lies_where_it_lies(tmp_path, write, system):
    """By whatever of its names."""
    lies_right(br.read_sites(write(tmp_path, NULLS[system], crs=3857)))


def test_a_layer_lies_where_it_lies_by_new_well_known_text(tmp_path):
    lies_right(br.read_sites(geopackage(tmp_path, CRS(MINE).to_wkt(), crs=3857)))


def lies_right(read):
    """Hold the places of boxes against those that were written."""
    np.testing.assert_allclose(read.geometry.x, [44.3, 44.4], atol=1e-7)
    np.testing.assert_allclose(read.geometry.y, [33.3, 33.3], atol=1e-7)


@pytest.mark.filterwarnings("ignore:grid..... its people live")
@pytest.mark.parametrize("write", GRIDS)
@pytest.mark.parametrize("system", NULLS)
def test_null_is_no_file_of_a_grid(tmp_path, write, system):
    assert br.read_population(write(tmp_path, NULLS[system]))["people"].sum() == 26


def test_systems_that_no_layer_is_in_are_not_looked_at(tmp_path):
    """Databases of SpatiaLite know those of all countries."""
    path = tmp_path / "sites.sqlite"
    sites(3392).to_file(path, driver="SQLite", layer="sites")
    change(
        path,
        "INSERT INTO spatial_ref_sys VALUES (4272, 'epsg', 4272, ?)",
        SYSTEMS["grids"].replace("FILE", "nzgd2kgrid0005.gsb"),
    )
    assert len(br.read_sites(path)) == 2


def test_a_socket_beside_a_layer_does_no_harm(tmp_path, monkeypatch):
    """Nobody waits for one."""
    sites().to_file(tmp_path / "sites.gpkg")
    monkeypatch.chdir(tmp_path)  # their paths are short
    with closing(socket.socket(socket.AF_UNIX)) as opened:
        opened.bind("sites.sock")
        assert len(br.read_sites("sites.gpkg")) == 2


@pytest.mark.parametrize("end", ["cpg", "prj", "qix"])
def test_a_pipe_beside_a_layer_is_not_opened(tmp_path, pipe, end):
    sites().to_file(tmp_path / "sites.shp")
    (tmp_path / f"sites.{end}").unlink(missing_ok=True)
    pipe.rename(tmp_path / f"sites.{end}")
    with pytest.raises(br.InputError, match=f"sites.{end}: it is no file on a disk"):
        br.read_sites(tmp_path / "sites.shp")
    (tmp_path / f"sites.{end}").rename(pipe)
