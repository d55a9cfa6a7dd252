"""A web server on this host that answers as badly as it is told to."""

import hashlib
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from boxreach.sources.downloads.cache import Cache
from boxreach.sources.downloads.connection import Connection, Patience

PIECE = 16_384


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
    packed: str = ""
    after: object = None

    def tag(self):
        """Return the ETag: one of the content if no other is given."""
        digest = hashlib.sha1(self.content).hexdigest()
        return f'"{digest}-x"' if self.etag == "" else self.etag


class Shop(dict):
    """What is served, by path, and what was asked for."""

    def __init__(self, address):
        super().__init__()
        self.address = address
        self.asked = []

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
        same = not served.heeds_if_range or condition in {None, served.tag(), served.modified}
        status = 200
        if asked and served.ranges and same:
            start, end = int(asked[1]), int(asked[2] or total - 1)
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
            self.wfile.write(content[start : start + 10])
            start += 10
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

    def start():
        server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
        shop = Shop(f"http://127.0.0.1:{server.server_port}")
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


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """Leave out the proxies of the machine that runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def hasty():
    """Patience that costs a test no time."""
    return Patience(connect_s=2, silent_s=0.3, tries=4, wait_s=0.01, longest_wait_s=1)


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
