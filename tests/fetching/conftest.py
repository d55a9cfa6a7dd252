"""A web server on this host that answers as badly as it is told to, and a country it serves."""

import hashlib
import json
import re
import shutil
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pytest
import rasterio
import shapely
from osmium.osm.mutable import Node, Way
from rasterio.windows import from_bounds

import boxreach as br
from boxreach.sources.demo import demo_folder
from boxreach.sources.downloads import catalogue
from boxreach.sources.downloads.cache import Cache
from boxreach.sources.downloads.connection import Connection, Patience

PIECE = 16_384

LAND = (43.3, 32.6, 45.4, 34.4)
"""West, south, east and north of what is cut out of the demonstration's Iraq."""


@dataclass
class Served:
    """A file that is served, and what goes wrong with it."""

    content: bytes
    etag: str | None = ""
    modified: str | None = "Mon, 23 Nov 2026 04:00:00 GMT"
    kind: str = "application/octet-stream"
    ranges: bool = True
    heads: bool = True
    heeds_if_range: bool = True
    cuts: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    location: str | None = None
    length: int | None = None
    head_length: int | None = None
    says_length: bool = True
    stalls_s: list = field(default_factory=list)
    stall_bytes: int = 10
    range_bytes: int | None = None
    shift: int = 0
    packed: str = ""
    after: object = None

    def tag(self):
        """Return the ETag: one of the content if no other is given."""
        digest = hashlib.sha1(self.content, usedforsecurity=False).hexdigest()
        return f'"{digest}-x"' if self.etag == "" else self.etag


class Shop(dict):
    """What is served, by path, and what was asked for."""

    def __init__(self, address):
        super().__init__()
        self.address = address
        self.asked = []
        self.answered = []

    def put(self, path, content, **how):
        """Serve a file; return its address."""
        self[path] = Served(content, **how)
        return self.address + path

    def gets(self, path):
        """Return the ranges of all that was got of a file, None for the whole."""
        return [asked for method, one, asked in self.asked if (method, one) == ("GET", path)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop: Shop

    def log_message(self, *_):
        """Say nothing."""

    def do_HEAD(self):
        """Answer with the head alone."""
        self._answer(body=False)

    def do_GET(self):
        """Answer with what is asked for."""
        self._answer(body=True)

    def _answer(self, *, body):
        path = re.sub("^http://[^/]+", "", self.path)  # as proxies are asked
        self.shop.asked.append((self.command, path, self.headers.get("Range")))
        served = self.shop.get(path)
        if served is None:
            self._head(404, {"Content-Length": "0"})
        elif served.refusals:
            status, headers = served.refusals.pop(0)
            self._head(status, {"Content-Length": "0", **headers})
        elif not body and not served.heads:
            self._head(405, {"Content-Length": "0"})
        elif served.location is not None:
            self._head(302, {"Content-Length": "0", "Location": served.location})
        else:
            self._give(served, body=body)

    def _head(self, status, headers):
        self.shop.answered.append((self.command, status))
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def _give(self, served, *, body):
        content, total, start = served.content, len(served.content), 0
        headers = {"ETag": served.tag(), "Last-Modified": served.modified}
        headers |= {"Content-Type": served.kind, "Content-Encoding": served.packed or None}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        known = {None, served.modified, "" if str(served.tag()).startswith("W/") else served.tag()}
        same = not served.heeds_if_range or condition in known
        status = 200
        if asked and served.ranges and same:
            start, end = int(asked[1]) + served.shift, int(asked[2] or total - 1)
            end = min(end, start + (served.range_bytes or total) - 1)
            if start >= total:
                self._head(416, {"Content-Range": f"bytes */{total}", "Content-Length": "0"})
                return
            status, content = 206, content[: end + 1]
            headers["Content-Range"] = f"bytes {start}-{end}/{total}"
        length = len(content) - start
        if served.length is not None:
            length = served.length - start
        if not body and served.head_length is not None:
            length = served.head_length
        if served.says_length:
            headers["Content-Length"] = str(length)
        else:
            headers["Connection"] = "close"
        self._head(status, headers)
        if body:
            self._send(served, content, start)
            if served.after:
                served.after(served)

    def _send(self, served, content, start):
        cut = min((one for one in served.cuts if one > start), default=None)
        end = len(content) if cut is None else min(cut, len(content))
        if served.stalls_s:
            self.wfile.write(content[start : start + served.stall_bytes])
            start += served.stall_bytes
            time.sleep(served.stalls_s.pop(0))
        for at in range(start, end, PIECE):
            self.wfile.write(content[at : min(at + PIECE, end)])
        if cut is not None and cut <= len(content):
            served.cuts.remove(cut)
        if end < len(content) or served.length is not None or not served.says_length:
            self.wfile.flush()
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Say nothing of those who hang up."""


@pytest.fixture
def serve():
    """Return a function that starts a server of its own."""
    servers = []

    def start(certificate=None):
        server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
        shop = Shop(f"http://127.0.0.1:{server.server_port}")
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            shop.address = shop.address.replace("http:", "https:")
        server.RequestHandlerClass.shop = shop
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return shop

    yield start
    for one in servers:
        one.shutdown()
        one.server_close()


@pytest.fixture
def shop(serve):
    """A server."""
    return serve()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate of this host that it signed itself."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("there is no openssl to make a certificate")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj"
    words += " /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout"
    command = [program, *words.split(), str(path), "-out", f"{path}.crt"]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_name("both.pem.crt").read_text())
    return path


@pytest.fixture
def secure_shop(serve, certificate):
    """A server that speaks TLS."""
    return serve(certificate)


@pytest.fixture
def trusted(monkeypatch, certificate):
    """Trust the certificate of `secure_shop`, as the environment says it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """Leave out the proxies of the machine that runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def hasty():
    """Patience that costs a test no time; a busy machine may be silent for long."""
    return Patience(connect_s=10, silent_s=20, tries=4, wait_s=0.01, longest_wait_s=1)


@pytest.fixture
def hastier(hasty):
    """The same, for servers that say nothing."""
    return replace(hasty, silent_s=0.3)


@pytest.fixture
def connection(hasty):
    """Asks servers."""
    connection = Connection("boxreach/test", hasty)
    yield connection
    connection.close()


@pytest.fixture
def cache(tmp_path):
    """An empty cache."""
    return Cache(tmp_path / "cache")


def _draw_extract(path):
    """Write roads and towns of the demonstration as an extract; return how many places count."""
    demo = br.load_demo()
    within = (slice(LAND[0], LAND[2]), slice(LAND[1], LAND[3]))
    known, ways, places = {}, [], []
    for number, road in enumerate(demo.roads.cx[within].itertuples()):
        drawn = [known.setdefault(one, len(known) + 1) for one in road.geometry.coords]
        ways.append(Way(id=number + 1, nodes=drawn, tags={"highway": road.road_class}))
    towns = demo.communities.cx[within]
    for town in towns.itertuples():
        tags = {"place": "town", "name": town.name_ar or town.name, "name:en": town.name}
        tags |= {"population": "1"} | ({"name:ar": town.name_ar} if town.name_ar else {})
        places.append(((town.geometry.x, town.geometry.y), tags))
    places += [
        ((44.4, 33.3), {"place": "suburb", "name": "Quarter"}),
        ((40.0, 33.3), {"place": "village", "name": "Abroad"}),
        ((44.0, 33.5), {"place": "hamlet", "name": "=1+1 {{ 7*7 }} <script>"}),
    ]
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for place, number in known.items():
            writer.add_node(Node(id=number, location=place))
        for number, (place, tags) in enumerate(places):
            writer.add_node(Node(id=100_000 + number, location=place, tags=tags))
        for way in ways:
            writer.add_way(way)
    return len(towns) + 1


def _cut_people():
    """Return the people of the demonstration within the land, as a GeoTIFF."""
    with rasterio.open(demo_folder() / "population.tif") as grid:
        window = from_bounds(*LAND, grid.transform).round_offsets().round_lengths()
        people, profile = grid.read(1, window=window), grid.profile
        profile |= {"width": people.shape[1], "height": people.shape[0]}
        cell, corner = grid.transform.a, (grid.transform.c, grid.transform.f)
        west, north = corner[0] + window.col_off * cell, corner[1] - window.row_off * cell
        profile["transform"] = rasterio.Affine(cell, 0, west, 0, -cell, north)
    return _write_grid(people, profile)


def _write_grid(values, profile):
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as grid:
            grid.write(values, 1)
        return memory.read()


def _cut_areas(level):
    """Return governorates within the land as geoBoundaries names them; halves of them as ADM2."""
    areas = gpd.read_file(demo_folder() / "governorates.geojson").clip(shapely.box(*LAND))
    areas = gpd.GeoDataFrame(
        {"shapeName": areas["name"], "shapeID": areas["area_id"], "shapeType": level},
        geometry=areas.geometry, crs=4326,
    )  # fmt: skip
    if level == "ADM2":
        west = areas.clip(shapely.box(-180, -90, 44.2, 90)).assign(shapeName="")
        areas = gpd.pd.concat([west, areas.clip(shapely.box(44.2, -90, 180, 90))])
    return areas.to_json().encode()


def _make_tile(west, south, size=120):
    """Return a tile as Copernicus makes them: half a cell beside its degrees."""
    each = 1 / size
    heights = np.linspace(0, 200, size * size, dtype="float32").reshape(size, size)
    transform = rasterio.Affine(each, 0, west - each / 2, 0, -each, south + 1 + each / 2)
    profile = {"driver": "GTiff", "width": size, "height": size, "count": 1, "dtype": "float32",
               "crs": "EPSG:4326", "transform": transform, "compress": "deflate"}  # fmt: skip
    return _write_grid(heights, profile)


@dataclass
class Country:
    """A country that a server on this host offers."""

    shop: Shop
    catalogue: object
    places: int
    paths: dict


@pytest.fixture(scope="session")
def _land(tmp_path_factory):
    """What is served of the piece of Iraq, by kind."""
    path = tmp_path_factory.mktemp("land") / "served.osm.pbf"
    places = _draw_extract(path)
    tiles = {(west, south): _make_tile(west, south) for west in (43, 44) for south in (32, 33)}
    areas = {level: _cut_areas(level) for level in ("ADM1", "ADM2")}
    return {"roads": path.read_bytes(), "places": places, "people": _cut_people(),
            "tiles": tiles, "areas": areas}  # fmt: skip


@pytest.fixture
def country(shop, _land, tmp_path):
    """Serve a piece of Iraq at the paths of the real servers, and a catalogue that says so."""
    shipped = catalogue.read_catalogue()
    hosts = ("download.geofabrik.de", "data.worldpop.org", "www.geoboundaries.org/api",
             "copernicus-dem-30m.s3.amazonaws.com")  # fmt: skip
    host = re.compile("https://(" + "|".join(map(re.escape, hosts)) + ")")
    path = tmp_path / "catalogue.toml"
    path.write_text(host.sub(shop.address, _shipped_text()), encoding="utf-8")
    people = re.sub("^https://[^/]+", "", shipped.population.file).replace("{ISO3}", "IRQ")
    paths = {"roads": "/asia/iraq-latest.osm.pbf", "population": people.replace("{iso3}", "irq")}
    _serve_roads(shop, paths["roads"], _land["roads"])
    shop.put(paths["population"], _land["people"])
    for level, role in (("ADM1", "areas"), ("ADM2", "districts")):
        paths[role] = f"/raw/geoBoundaries-IRQ-{level}.geojson"
        _serve_areas(shop, paths[role], level, _land["areas"][level])
    paths["terrain"] = [_serve_tile(shop, *corner, one) for corner, one in _land["tiles"].items()]
    tiles = [path.split("/")[1] for path in paths["terrain"]]
    others = [
        "Copernicus_DSM_COG_10_S01_00_W045_00_DEM",
        "Copernicus_DSM_COG_10_N33_00_E050_00_DEM",
    ]
    shop.put("/tileList.txt", "\r\n".join([*tiles, *others]).encode())
    return Country(shop, path, _land["places"], paths)


def _shipped_text():
    return Path(catalogue.__file__).with_name("catalogue.toml").read_text(encoding="utf-8")


def _serve_roads(shop, path, extract):
    """Serve an extract as Geofabrik does: a list, a redirect to the day, and a sum."""
    day = path.replace("latest", "261126")
    shop.put(day, extract)
    address = shop.put(path, b"", location=day)
    digest = hashlib.md5(extract, usedforsecurity=False).hexdigest()
    shop.put(f"{path}.md5", f"{digest}  {day[6:]}\n".encode())
    listed = [
        ("asia", "", [], "/asia-latest.osm.pbf"),
        ("iraq", "asia", ["IQ"], path),
        ("near-east", "asia", ["IQ", "SY"], "/near-east.osm.pbf"),
        ("gcc-states", "asia", ["QA", "KW"], "/asia/gcc-states-latest.osm.pbf"),
    ]
    features = []
    for name, parent, codes, file in listed:
        properties = {"id": name, "parent": parent, "name": name.title()}
        properties |= {"urls": {"pbf": shop.address + file}}
        properties |= {"iso3166-1:alpha2": codes} if codes else {}
        features.append({"type": "Feature", "properties": properties, "geometry": None})
    index = {"type": "FeatureCollection", "features": features}
    shop.put("/index-v1-nogeom.json", json.dumps(index).encode())
    return address


def _serve_areas(shop, path, level, content):
    """Serve areas as geoBoundaries does: an answer that says where they are."""
    answer = {
        "boundaryID": f"IRQ-{level}-1", "boundaryISO": "IRQ", "boundaryType": level,
        "boundaryYearRepresented": "2019", "boundarySource": "OCHA ROMENA",
        "boundaryLicense": "Creative Commons Attribution 3.0 IGO (CC BY 3.0 IGO)",
        "licenseSource": "https://data.humdata.org/dataset/cod-ab-irq",
        "gjDownloadURL": shop.put(path, content),
        "simplifiedGeometryGeoJSON": shop.put(path.replace("IRQ", "IRQ-simple"), content),
    }  # fmt: skip
    shop.put(f"/current/gbOpen/IRQ/{level}/", json.dumps(answer).encode())


def _serve_tile(shop, west, south, content):
    name = f"Copernicus_DSM_COG_10_N{south:02}_00_E{west:03}_00_DEM"
    path = f"/{name}/{name}.tif"
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    shop.put(path, content, etag=f'"{digest}"')
    return path
