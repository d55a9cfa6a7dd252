"""Files of strangers: nothing in them runs, asks a server, or has another file read or written."""

import contextlib
import hashlib
import io
import json
import shutil
import struct
import subprocess
import sys
import threading
import warnings
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio import Affine
from shapely import LineString

import boxreach as br
from boxreach.network import load_network, save_network
from boxreach.sources.terrain_grid import read_terrain
from boxreach.verification.evidence import Evidence, load_evidence
from boxreach.verification.line import Line
from boxreach.verification.roads import read_roads

pytestmark = pytest.mark.corpus


def refusal(read, path):
    """Return what is said when a file is refused."""
    with pytest.raises(br.InputError) as caught:
        read(path)
    assert all(one.advice for one in caught.value.faults)
    return str(caught.value)


# --- grids ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    """A server of this machine, and the paths that anybody asked it for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", asked
        running.shutdown()


def write_tif(path):
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=2, count=1, dtype="float32",
        crs="EPSG:4326", transform=Affine(0.1, 0, 44, 0, -0.1, 33),
    ) as grid:  # fmt: skip
        grid.write(np.full((1, 2, 2), 7, "float32"))
    return path


MOSAIC = (
    '<VRTDataset rasterXSize="2" rasterYSize="2">{srs}'
    "<GeoTransform>44, 0.1, 0, 33, 0, -0.1</GeoTransform>{more}"
    '<VRTRasterBand dataType="Float32" band="1"{kind}>{band}</VRTRasterBand></VRTDataset>'
)


def mosaic(name="tile.tif", *, beside=1, kind="", band="", more="", srs="<SRS>EPSG:4326</SRS>"):
    """Return a virtual grid of one tile, unless its band is something else."""
    band = band or (
        f'<SimpleSource><SourceFilename relativeToVRT="{beside}">{name}</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource>"
    )
    return MOSAIC.format(kind=kind, band=band, more=more, srs=srs)


SCRIPT = (
    "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
    "<PixelFunctionCode>import os</PixelFunctionCode>"
)
ADVICE = "; make one GeoTIFF of it, with gdal_translate"
ODD = "it is a virtual grid with {}, and only plain mosaics are read" + ADVICE
UNKNOWN = "it cannot be read as a grid ('grid.tif' not recognized as being in a supported"
LINKS = {
    "a tile of a server": (
        mosaic("URL/a.tif"), "its tile 'URL/a.tif' is no file beside it" + ADVICE,
    ),
    "a tile of a server, by GDAL": (
        mosaic("/vsicurl/URL/a.tif", beside=0),
        "its tile '/vsicurl/URL/a.tif' is no file beside it" + ADVICE,
    ),
    "a tile of another folder": (
        mosaic("../secret.tif"), "its tile '../secret.tif' lies outside its folder" + ADVICE,
    ),
    "a tile of the machine": (
        mosaic("/etc/passwd", beside=0), "its tile '/etc/passwd' lies outside its folder" + ADVICE,
    ),
    "a tile behind a link": (
        mosaic("link.tif"), "its tile 'link.tif' lies outside its folder" + ADVICE,
    ),
    "a tile of the current folder": (
        mosaic("tile.tif", beside=0), "its tile 'tile.tif' is no file beside it" + ADVICE,
    ),
    "a tile that is missing": (mosaic("gone.tif"), "its tile 'gone.tif' is missing" + ADVICE),
    "a tile that links to more": (mosaic("more.tif"), "its tile 'more.tif' is no GeoTIFF" + ADVICE),
    "raw bytes of a file": (
        mosaic(kind=' subClass="VRTRawRasterBand"',
               band="<SourceFilename>/etc/passwd</SourceFilename><PixelOffset>4</PixelOffset>"),
        ODD.format("'VRTRawRasterBand'"),
    ),
    "a script": (
        mosaic(kind=' subClass="VRTDerivedRasterBand"', band=SCRIPT),
        ODD.format("'VRTDerivedRasterBand'"),
    ),
    "an overview of a server": (
        mosaic(more="<Overview><SourceFilename>URL/o.tif</SourceFilename></Overview>"),
        ODD.format("'Overview'"),
    ),
    "a warped grid": (
        mosaic(more="<GDALWarpOptions><SourceDataset>/etc/passwd</SourceDataset></GDALWarpOptions>"),
        ODD.format("'GDALWarpOptions'"),
    ),
    "small letters": (
        mosaic("/etc/passwd", beside=0).replace("SourceFilename", "sourcefilename"),
        "its tile '/etc/passwd' lies outside its folder" + ADVICE,
    ),
    "an entity": (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + mosaic(more="&x;"),
        "it is a mosaic with comments, entities or a DOCTYPE" + ADVICE,
    ),
    "a name in another script": (
        mosaic("&#47;etc/passwd"), "it is a mosaic with comments, entities or a DOCTYPE" + ADVICE,
    ),
    "damaged XML": (mosaic()[:-9], "it is a mosaic of damaged XML (unclosed token: line 1"),
    "tiles of a server (WMS)": (
        '<GDAL_WMS><Service name="TMS"><ServerUrl>URL/${z}.png</ServerUrl></Service></GDAL_WMS>',
        UNKNOWN,
    ),
    "tiles of a server (WMTS)": (
        "<GDAL_WMTS><GetCapabilitiesUrl>URL/wmts</GetCapabilitiesUrl></GDAL_WMTS>", UNKNOWN,
    ),
    "a coverage of a server": (
        "<WCS_GDAL><ServiceURL>URL/wcs?</ServiceURL><CoverageName>a</CoverageName></WCS_GDAL>",
        UNKNOWN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("read", [br.read_population, read_terrain])
def test_a_grid_that_is_a_link_is_refused_and_nobody_is_asked(tmp_path, server, read, name):
    """Whatever a file is called, GDAL would follow what stands in it."""
    url, asked = server
    text, said = LINKS[name]
    folder = tmp_path / "data"
    folder.mkdir()
    write_tif(folder / "tile.tif")
    write_tif(tmp_path / "secret.tif")
    (folder / "link.tif").symlink_to(tmp_path / "secret.tif")
    (folder / "more.tif").write_text(mosaic())
    path = folder / "grid.tif"
    path.write_text(text.replace("URL", url))
    before = len(asked)
    assert refusal(read, path).startswith("grid.tif: " + said.replace("URL", url))
    assert asked[before:] == []


def test_a_plain_mosaic_is_read(tmp_path):
    """What gdalbuildvrt makes of GeoTIFFs beside it."""
    write_tif(tmp_path / "tile.tif")
    (tmp_path / "all.vrt").write_text(mosaic())
    assert br.read_population(tmp_path / "all.vrt")["people"].sum() == 28
    assert read_terrain(tmp_path / "all.vrt").grid_m.tolist() == [[7, 7], [7, 7]]


def test_a_folder_that_looks_like_an_address_is_a_folder(tmp_path, server, monkeypatch):
    """GDAL and rasterio take such paths for addresses where they are not whole."""
    monkeypatch.chdir(tmp_path)
    url, asked = server
    folder = tmp_path / "http:" / url.removeprefix("http://")
    folder.mkdir(parents=True)
    write_tif(folder / "a.tif")
    before = len(asked)
    assert br.read_population(f"{url}/a.tif")["people"].sum() == 28
    assert asked[before:] == []


# --- layers --------------------------------------------------------------------------------------

POINT = (
    '"features": [{"type": "Feature", "properties": {}, '
    '"geometry": {"type": "Point", "coordinates": [44, 33]}}]'
)
LAYERS_ELSEWHERE = {
    "a system by a link": (
        '{"type": "FeatureCollection", "crs": {"type": "link", "properties": '
        '{"href": "URL/crs", "type": "proj4"}}, ' + POINT + "}",
        "its coordinate reference system is told elsewhere",
    ),
    "a system by an address, at the end": (
        '{"type": "FeatureCollection", ' + POINT + ', "crs": {"properties": '
        '{"url": "URL/crs"}, "type": "url"}}',
        "its coordinate reference system is told elsewhere",
    ),
    "a command": (
        '{"type": "gdal_streamed_alg", "command_line": '
        '"gdal vector pipeline ! read /vsicurl/URL/x.geojson"}',
        "it holds no layer but a command of GDAL",
    ),
    "a virtual layer": (
        '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/URL/x.csv'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        "it is XML that holds no layer",
    ),
    "a server of features": (
        "<OGRWFSDataSource><URL>URL/wfs</URL></OGRWFSDataSource>",
        "it is XML that holds no layer",
    ),
}


@pytest.mark.parametrize("kind", LAYERS_ELSEWHERE)
@pytest.mark.parametrize("ending", ["geojson", "gpkg", "zip"])
def test_a_layer_that_lies_elsewhere_is_refused_and_no_server_is_asked(
    server, tmp_path, kind, ending
):
    """GDAL takes an archive of one file for that file, whatever folder it lies in."""
    url, asked = server
    content, said = LAYERS_ELSEWHERE[kind]
    path = tmp_path / f"places.{ending}"
    path.write_text(content.replace("URL", url))
    if ending == "zip":
        path.write_bytes(archive({"folder/": "", "folder/layer.vrt": content.replace("URL", url)}))
    before = len(asked)
    message = refusal(br.read_communities, path)
    assert asked[before:] == []
    assert said in message or ending == "gpkg"


def test_a_virtual_layer_in_an_archive_reads_no_other_file(tmp_path):
    (tmp_path / "secret.csv").write_text("site_id,lon,lat\na,44,33\n")
    layer = (
        f'<OGRVRTLayer name="secret"><SrcDataSource>{tmp_path}/secret.csv</SrcDataSource>'
        "<GeometryType>wkbPoint</GeometryType><LayerSRS>EPSG:4326</LayerSRS>"
        '<GeometryField encoding="PointFromColumns" x="lon" y="lat"/></OGRVRTLayer>'
    )
    text = f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"
    (tmp_path / "sites.zip").write_bytes(archive({"a.txt": text}))
    said = refusal(br.read_sites, tmp_path / "sites.zip")
    assert said.startswith("sites.zip: it is XML that holds no layer (OGRVRTDataSource)")


def test_what_hides_its_link_is_read_without_asking_for_it(server, tmp_path):
    """Behind an escape, or in the middle of a long file; a driver has no way out to follow it."""
    url, asked = server
    filler = '"a": "' + "x" * 20_000 + '", '
    crs = '"\\u0063rs": {"type": "link", "properties": {"href": "URL/crs", "type": "proj4"}}, '
    path = tmp_path / "places.geojson"
    text = '{"type": "FeatureCollection", ' + filler + crs.replace("URL", url) + filler
    path.write_text(text + POINT + "}")
    before = len(asked)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(br.InputError):
            br.read_sites(path)
    assert asked[before:] == []


# --- saved networks ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A saved network of three roads."""
    lines = [[(44.0, 33.1), (44.25, 33.1)], [(44.25, 33.1), (44.3, 33.12), (44.5, 33.1)],
             [(44.25, 33.1), (44.25, 33.35)]]  # fmt: skip
    roads = gpd.GeoDataFrame(
        {"road_id": ["r1", "r2", "r3"], "road_class": "primary"},
        geometry=[LineString(one) for one in lines], crs=4326,
    )  # fmt: skip
    return save_network(br.build_network(roads), tmp_path_factory.mktemp("networks"))


def forge(saved, folder, change):
    """Copy a network, change its arrays and contents, and give it hashes that are right."""
    shutil.copytree(saved, folder)
    contents = json.loads((folder / "contents.json").read_text())
    change(folder, contents)
    for name in contents["arrays"]:
        file = folder / f"{name}.npy"
        if file.is_file():
            contents["arrays"][name] = hashlib.sha256(file.read_bytes()).hexdigest()
    text = json.dumps(contents)
    (folder / "contents.json").write_text(text)
    return folder.rename(folder.with_name(hashlib.sha256(text.encode()).hexdigest()[:32]))


def put(name, at, value):
    """Return a change of one number of an array."""

    def change(folder, _):
        array = np.load(folder / f"{name}.npy")
        array[at] = value
        np.save(folder / f"{name}.npy", array)

    return change


def replaced(name, make):
    """Return a change of an array to what a function makes of it."""
    return lambda folder, _: np.save(folder / f"{name}.npy", make(np.load(folder / f"{name}.npy")))


def pickled(folder, _):
    np.save(folder / "edges.tail.npy", np.array([{}, []], dtype=object), allow_pickle=True)


def huge(folder, _):
    """Write a header that claims a thousand million rows."""
    with (folder / "edges.tail.npy").open("wb") as file:
        said = {"descr": "<i4", "fortran_order": False, "shape": (10**9,)}
        np.lib.format.write_array_header_1_0(file, said)


FORGED = {
    "an end past the nodes": (
        put("edges.tail", 0, 10**6), "to 1e+06, not from 0 to 3",
    ),
    "an end before the nodes": (
        put("edges.head", 1, -7), "edges.head: it goes from -7 to",
    ),
    "a chain past the edges": (
        put("chains.first", -1, 10**6), "chains.first: it does not rise from 0 to 3",
    ),
    "a chain that goes back": (
        put("chains.first", 1, 3), "chains.first: it does not rise from 0 to 3",
    ),
    "an arc past the junctions": (
        put("chains.out_arcs", (0, 0), 99), "chains.out_arcs: it points past its 4 junctions",
    ),
    "a bend past the bends": (
        put("edges.bend_first", -1, 2**30), "edges.bend_first: it does not rise from 0 to",
    ),
    "time that runs back": (
        put("edges.forward_ms", 0, -5), "edges.forward_ms: it goes from -5 to",
    ),
    "a node beyond the earth": (put("edges.lon", 0, 2**31 - 1), "edges.lon: it goes from"),
    "a row less": (
        replaced("chains.tail", lambda one: one[:-1]), "chains.first: it holds int32 of shape (4,)",
    ),
    "numbers of another kind": (
        replaced("edges.head", lambda one: one.astype("float64")),
        "edges.head: it holds float64 of shape (3,), not int32 of (3,)",
    ),
    "a pickle": (pickled, "edges.tail: it holds no array of numbers"),
    "more than there is": (huge, "edges.tail: it holds no array of numbers"),
    "an array left out": (
        lambda _, contents: contents["arrays"].pop("chains.node"), "chains.node: it is missing",
    ),
    "a file elsewhere": (
        lambda _, contents: contents["arrays"].update({"../../secret": "0"}),
        "it names '../../secret', which is no file in it",
    ),
    "no speed": (
        lambda _, contents: contents["parameters"]["network"].pop("off_road_kmh"),
        "contents.json: network: it has no off_road_kmh",
    ),
    "a speed of text": (
        lambda _, contents: contents["parameters"]["network"].update(off_road_kmh="fast"),
        "contents.json: network: its off_road_kmh is 'fast'",
    ),
    "words that are none": (
        lambda folder, _: np.save(folder / "words.road_id.npy", np.frombuffer(b"[[", np.uint8)),
        "its parts do not fit together (JSONDecodeError",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_network_is_refused_before_a_kernel_follows_it(saved, tmp_path, name):
    """Though every hash in it is right: a number that points elsewhere would crash it."""
    change, said = FORGED[name]
    assert said in refusal(load_network, forge(saved, tmp_path / "forged", change))


def test_a_network_that_nobody_forged_is_loaded(saved, tmp_path):
    """The way that the others were forged changes nothing by itself."""
    assert len(load_network(forge(saved, tmp_path / "same", lambda *_: None)).edges) == 3


# --- evidence ------------------------------------------------------------------------------------


def header(text):
    """Return the bytes of an array whose header is some text."""
    padded = text.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded


def archive(members, way=zipfile.ZIP_DEFLATED):
    """Return an archive of members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", way) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return data.getvalue()


def locked():
    """Return an archive whose one member says that it is encrypted."""
    data = bytearray(archive({"a.npy": bytes(100)}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


TRAPS = {
    "an unfinished header": archive({"a.npy": header(b"{'descr': '<i8', (")}),
    "a header of quotes": archive({"a.npy": header(b'"""')}),
    "a pickle": archive({"a.npy": header(
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + b"cos\nsystem\n(S'x'\ntR."}),
    "a locked member": locked(),
    "packed by LZMA": archive({"a.npy": bytes(100)}, zipfile.ZIP_LZMA),
    "a path elsewhere": archive({"../../a.npy": header(b"[]")}),
}  # fmt: skip


@pytest.mark.parametrize("name", [*TRAPS, pytest.param("a bomb", marks=pytest.mark.slow)])
def test_evidence_that_is_a_trap_is_refused(tmp_path, name):
    """In words, and without unpacking it."""
    trap = archive({"a.npy": bytes(2**27)}) if name == "a bomb" else TRAPS[name]
    (tmp_path / "evidence.npz").write_bytes(trap)
    said = refusal(load_evidence, tmp_path / "evidence.npz")
    assert said.endswith("evidence.npz: it is damaged; run the plan again")
    assert [one.name for one in tmp_path.iterdir()] == ["evidence.npz"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network.bend_first", [-(2**31), 1]),
        ("network.bend_first", [0, 2**31 - 1]),
        ("network.tail", [2**31 - 1]),
        ("stretches.head", [2**31 - 1]),
    ],
)
def test_roads_that_claim_what_is_not_there_are_refused_before_they_fill_the_memory(name, value):
    """In the evidence of a run; a fuzzer once had 16 GB asked for."""
    good = {
        "lon": [440000000, 441000000], "lat": [330000000, 330000000], "tail": [0], "head": [1],
        "forward_ms": [9], "backward_ms": [9], "bend_first": [0, 1], "bend_lon": [440500000],
        "bend_lat": [330000000], "leg_ms": [[4, 4], [5, 5]],
    }  # fmt: skip
    cut = {"piece": [0], "tail": [0], "head": [2], "forward_ms": [5], "backward_ms": [5],
           "start": [0.0], "end": [0.5], "slowed": [1.0], "edge": [0]}  # fmt: skip
    arrays = {f"network.{key}": np.array(one) for key, one in good.items()}
    arrays |= {f"stretches.{key}": np.array(one) for key, one in cut.items()}
    opened, whole = read_roads(Evidence(arrays))
    assert (opened.nodes, whole.nodes, len(whole.legs.edge)) == (3, 2, 2)
    with pytest.raises(ValueError, match=r"ends nowhere|not those of their edges"):
        read_roads(Evidence(arrays | {name: np.array(value)}))


@pytest.mark.parametrize("minutes", [2**31 - 1, 1441, -1, float("nan"), "10"])
def test_thresholds_that_no_plan_has_are_refused_before_they_fill_the_memory(tmp_path, minutes):
    """Curves have a row for each minute; a fuzzer once had 16 GB asked for."""
    path = tmp_path / "evidence.npz"
    Evidence({}, facts={"minutes": [10, 1440]}).save(path)
    assert load_evidence(path).facts == {"minutes": [10, 1440]}
    Evidence({}, facts={"minutes": [10, minutes]}).save(path)
    assert refusal(load_evidence, path).endswith("it is damaged; run the plan again")


def test_what_posts_see_names_no_piece_that_is_not_there():
    """What reads it follows the numbers without a look."""
    seen = {"indices": [0, 2], "indptr": [0, 1, 2]}
    for last, is_there in ((2, True), (3, False), (-1, False)):
        seen["indices"][1] = last
        arrays = {f"sight.day.{key}": np.array(one) for key, one in seen.items()}
        line = SimpleNamespace(
            evidence=Evidence(arrays), ids=["a", "b"], pieces=SimpleNamespace(ms=np.zeros(3))
        )
        with contextlib.nullcontext() if is_there else pytest.raises(ValueError, match="ind"):
            assert Line.sees(line, "day").sum() == 2


# --- whole runs ----------------------------------------------------------------------------------

WATCHED = """
import os, sys
outside, home = [], os.path.realpath(sys.argv[1])
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system",
                 "os.exec", "os.posix_spawn"):
        outside.append(f"{event} {args[0]}")
    elif event == "open" and isinstance(args[0], str) and (
        (args[1] and set(args[1]) & set("wax+")) or args[2] & (os.O_WRONLY | os.O_RDWR)
    ):
        path = os.path.realpath(args[0])
        if not path.startswith((home, "/dev/null")) and "__pycache__" not in path:
            outside.append(f"{event} {path}")
    elif event in ("os.rename", "os.mkdir", "os.remove", "shutil.rmtree"):
        path = os.path.realpath(args[1 if event == "os.rename" else 0])
        if not path.startswith(home) and "__pycache__" not in path:
            outside.append(f"{event} {path}")
import numba, boxreach, folium, osmnx, matplotlib.pyplot
from boxreach.cli import main
sys.addaudithook(watch)
os.environ["TMPDIR"] = sys.argv[1]
code = 0
sys.argv = ["boxreach", *sys.argv[2:]]
try:
    main()
except SystemExit as stopped:
    code = stopped.code or 0
print("OUTSIDE", outside)
sys.exit(code)
"""
NAMES = (
    "../../../escaped",
    "/tmp/escaped",  # noqa: S108 - whoever runs the tests may write there
    "..", "CON", "a\\\\b", "=cmd|' /C calc'!A0", "@SUM(1)",
    "{{ 7*7 }}", "{% include '/etc/passwd' %}", "<script>alert(1)</script>", "$(touch ran)",
    "`touch ran`", "x\u202egpj.exe", "%2e%2e%2f", "http://127.0.0.1:9/x.png",
)  # fmt: skip


@pytest.mark.slow
def test_hostile_names_make_no_file_no_request_and_no_program(plan, tmp_path):
    """Ids and names of every kind in a whole run, with nothing written but its own folder."""
    home = plan.parent
    rows = [f'"{one}","{one}",44.{5 + at:02d},33.10' for at, one in enumerate(NAMES)]
    (home / "boxes.csv").write_text("\n".join(["site_id,name,lon,lat", *rows]), encoding="utf-8")
    out = home / "out"
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(home), "run", str(plan), "-o", str(out)],
        capture_output=True, encoding="utf-8", check=False, cwd=home, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "OUTSIDE []"
    assert [one.name for one in tmp_path.iterdir()] == ["plan"]
    assert not list(tmp_path.rglob("*escaped*")) + list(tmp_path.rglob("ran"))
    names = {one.name for one in out.rglob("*")}
    assert not [one for one in names if set(one) & set("<>{}$`=@\\\u202e%")]


# --- reports -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_forged_report_with_the_right_hash_is_refused(plan, cli, tmp_path):
    """Every value is of its kind, but its parts do not fit each other."""
    out = tmp_path / "out"
    assert cli("run", plan, "-o", out)[0] == 0
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    report["report"]["gaps"]["people_out"] = [1] * 9
    data = json.dumps(report).encode()
    (out / "report.json").write_bytes(data)
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    record["outputs"]["report.json"] = hashlib.sha256(data).hexdigest()
    (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
    code, _, message = cli("report", out, "-o", tmp_path / "pack", "--formats", "html,xlsx")
    assert code == 2
    assert "report.json: its parts do not fit together (" in message
    assert not (tmp_path / "pack").exists()
