"""Roads are downloaded through osmnx from a server that answers like Overpass, on this host."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

import osmnx
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely import Point, Polygon

import boxreach as br
from boxreach.sources.osm.overpass import download_roads

BOX = (44.0, 32.9, 44.5, 33.1)
NODES = {1: (44.0, 33.0), 2: (44.1, 33.0), 3: (44.2, 33.0), 4: (44.2, 33.05)}
BOLLARD = {"barrier": "bollard"}
WAYS = [
    (20, [1, 2, 3], {"highway": "primary", "oneway": "-1", "maxspeed": "80"}),
    (10, [4, 2], {"highway": "track", "bridge": "yes"}),
    (30, [1, 4], {"highway": "footway"}),
]
ANSWER = {
    "version": 0.6,
    "elements": [
        {"type": "node", "id": one, "lon": lon, "lat": lat}
        | ({"tags": BOLLARD} if one == 3 else {})
        for one, (lon, lat) in NODES.items()
    ]
    + [{"type": "way", "id": one, "nodes": nodes, "tags": tags} for one, nodes, tags in WAYS],
}
NO_WAY = {"type": "way", "id": 1, "nodes": ["a"], "tags": {"highway": "road"}}
PLACE = {
    "importance": 0.5,
    "display_name": "Kirkuk",
    "boundingbox": ["32.9", "33.1", "44.0", "44.5"],
    "lat": "33",
    "lon": "44.2",
    "geojson": {
        "type": "Polygon",
        "coordinates": [[[44.0, 32.9], [44.5, 32.9], [44.5, 33.1], [44.0, 33.1], [44.0, 32.9]]],
    },
}


@pytest.fixture
def server():
    """A server on this host; what it was asked stands in `asked`, what it answers in `answers`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            asked.append(parse_qs(self.rfile.read(size).decode())["data"][0])
            self.send(*answers["overpass"])

        def do_GET(self):
            asked.append(self.path)
            self.send(*answers["nominatim"])

        def send(self, status, body):
            text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    asked, answers = [], {"overpass": (200, ANSWER), "nominatim": (200, [PLACE])}
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    httpd.asked, httpd.answers = asked, answers
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def download(server, monkeypatch):
    """Download from the server on this host, which asks for no second between two questions."""
    url = f"http://127.0.0.1:{server.server_port}/api"
    monkeypatch.setattr("osmnx._nominatim.time", SimpleNamespace(sleep=lambda _: None))

    def run(*place, **options):
        return download_roads(
            *place, **{"overpass_url": url, "nominatim_url": url, "timeout_s": 20} | options
        )

    return run


def asked_area(query):
    """Return the polygon that a query is about."""
    numbers = [float(one) for one in query.split("poly:'")[1].split("'")[0].split()]
    return Polygon(zip(numbers[1::2], numbers[::2], strict=True))


SAID = "left out: footway 1; kept, but look: nodes that stop vehicles 1"


@pytest.mark.slow
def test_a_box_gives_the_roads_of_an_extract(download, server, write_osm):
    """What comes from the server is the table that a file of the same objects gives."""
    nodes = NODES | {3: (*NODES[3], BOLLARD)}
    with pytest.warns(br.DataWarning, match=f"Overpass: 3 ways with a highway tag; {SAID}"):
        roads = download(bbox=BOX)
    with pytest.warns(br.DataWarning, match=SAID):
        expected = br.read_roads(write_osm("roads.osm", nodes, WAYS))
    assert_geodataframe_equal(roads, expected)
    assert roads["bridge"].to_dict() == {"w10": "yes", "w20": ""}
    (query,) = server.asked
    assert query.startswith("[out:json][timeout:20];(way")
    assert '"highway"' in query
    asked = asked_area(query)
    assert asked.covers(Polygon.from_bounds(*BOX))
    assert Polygon.from_bounds(*BOX).buffer(0.01).covers(asked)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::boxreach.DataWarning")
def test_a_polygon_and_a_place_give_the_same(download, server):
    """A place is found by its name first, and its area asked for then."""
    by_box = download(bbox=BOX)
    assert_geodataframe_equal(download(polygon=Polygon.from_bounds(*BOX)), by_box)
    assert_geodataframe_equal(download("Kirkuk, Iraq"), by_box)
    assert server.asked[-2].startswith("/api/search?")
    assert "Kirkuk" in server.asked[-2]
    first, *_, last = (asked_area(query) for query in server.asked if "poly:" in query)
    assert first.symmetric_difference(last).area < 1e-6 * first.area


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::boxreach.DataWarning")
def test_nothing_is_left_behind(download, server, tmp_path, monkeypatch):
    """Afterwards osmnx has its settings back, the process its resolver, and the folder no cache."""
    monkeypatch.chdir(tmp_path)
    before = {name: getattr(osmnx.settings, name) for name in dir(osmnx.settings)}
    resolver = socket.getaddrinfo
    download(bbox=BOX)
    server.answers["overpass"] = (500, "no")
    with pytest.raises(br.BoxreachError):
        download(bbox=BOX)
    assert {name: getattr(osmnx.settings, name) for name in dir(osmnx.settings)} == before
    assert socket.getaddrinfo is resolver
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((500, "<html>out of order</html>"), "gives no roads"),
        ((200, "<html>welcome</html>"), "gives no roads"),
        ((400, {"elements": []}), "does not answer in full"),
        ((200, ANSWER | {"remark": "runtime error: out of memory"}), "ask for a smaller area"),
        ((200, {"hello": 1}), "no OpenStreetMap data"),
        ((200, {"elements": [{"type": "node", "id": 1}]}), "no OpenStreetMap data"),
        ((200, {"elements": [NO_WAY]}), "no OpenStreetMap data"),
    ],
)
def test_a_server_out_of_order_is_said_to_be_so(download, server, answer, said):
    """It is the server's fault, not the plan's; half an answer counts as none."""
    server.answers["overpass"] = answer
    with pytest.raises(br.BoxreachError, match=said) as caught:
        download(bbox=BOX)
    assert not isinstance(caught.value, br.InputError)
    assert "127.0.0.1" in str(caught.value)


@pytest.mark.slow
def test_nobody_at_the_address_is_said(download, server):
    """The address is named, with what to do instead."""
    with pytest.raises(br.BoxreachError, match=r"127\.0\.0\.1:9/api cannot be asked .*; try again"):
        download(bbox=BOX, overpass_url="http://127.0.0.1:9/api")
    assert server.asked == []


@pytest.mark.slow
def test_an_area_without_roads_is_refused(download, server):
    """As a file without roads is."""
    server.answers["overpass"] = (200, {"elements": []})
    with pytest.raises(br.InputError, match="Overpass: there is no road in it"):
        download(bbox=BOX)


@pytest.mark.slow
@pytest.mark.parametrize(
    "found", [[], [PLACE | {"geojson": {"type": "Point", "coordinates": [1, 2]}}]]
)
def test_a_place_that_is_no_area_is_refused(download, server, found):
    """A name that is not found, or found as a point, is named."""
    server.answers["nominatim"] = (200, found)
    with pytest.raises(br.InputError, match="'Atlantis' is not found as an area") as caught:
        download("Atlantis")
    assert caught.value.faults[0].advice == "check the name, or give a bbox"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "it is not clear which area is meant"),
        ({"bbox": BOX, "polygon": Polygon.from_bounds(*BOX)}, "not clear which area"),
        ({"bbox": (44.5, 32.9, 44.0, 33.1)}, "no area on earth; give degrees: west, south"),
        ({"bbox": (440, 32, 441, 33)}, "no area on earth"),
        ({"bbox": (44, 33, 44, 33)}, "no area on earth"),
        ({"polygon": Polygon()}, "no area on earth"),
        ({"polygon": Polygon([(44, 33), (45, 34), (45, 33), (44, 34)])}, "no area on earth"),
        ({"polygon": Point(44, 33)}, "the polygon is a Point"),
    ],
)
def test_one_area_on_earth_is_needed(download, server, options, said):
    """Nobody is asked before that is clear."""
    with pytest.raises(br.InputError, match=said):
        download(**options)
    assert server.asked == []
