"""Files that are cut, bombs, or no OpenStreetMap data are refused by name, quickly and cheaply."""

import bz2
import contextlib
import gzip
import resource
import struct
import sys
import time
import warnings
import zlib
from pathlib import Path

import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osmium.osm.mutable import Node, Way

import boxreach as br
from boxreach.sources.osm import export, guard

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n'
NODES = b'<node id="1" lat="33" lon="44"/><node id="2" lat="33" lon="45"/>'
WAY = b'<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>'
XML = HEAD + NODES + WAY + b"</osm>"
LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (one, b"&l%d;" % (one - 1) * 10 if one else b"ha") for one in range(12)
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(500)


def varint(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def block(kind, blob, size=None):
    """Return a block of a PBF, its header telling the truth unless a size is given."""
    header = text(1, kind) + number(3, len(blob) if size is None else size)
    return struct.pack(">I", len(header)) + header + blob


def packed(data, raw_size=None):
    """Return a blob, the size of what it holds as it is unless one is given."""
    return number(2, len(data) if raw_size is None else raw_size) + text(3, zlib.compress(data))


START = block(b"OSMHeader", packed(text(4, b"OsmSchema-V0.6") + text(4, b"DenseNodes")))
"""The first block of a PBF."""


def dense(count):
    """Return a block of nodes that packs about a thousand times."""
    ids = b"\x02" * count
    nodes = text(1, ids) + text(8, bytes(count)) + text(9, bytes(count))
    return text(1, text(1, b"")) + text(2, text(2, nodes))


def zeros(path, unpacked, opener):
    with opener(path, "wb") as file:
        file.write(HEAD)
        for _ in range(unpacked >> 20):
            file.write(bytes(2**20))
    return path.read_bytes()


BAD = {
    "text.osm.pbf": (b"roads of Iraq\n" * 40, "it is no OpenStreetMap PBF"),
    "image.osm.pbf": (PNG, "it is no OpenStreetMap PBF"),
    "xml.osm.pbf": (XML, "it is no OpenStreetMap PBF"),
    "empty.osm.pbf": (b"", "it is empty"),
    "short.pbf": (b"\0\0", "it is"),
    "pbf.osm": (START, "it is no OpenStreetMap XML"),
    "image.osm": (PNG, "it is no OpenStreetMap XML"),
    "empty.osm": (b"", "it is no OpenStreetMap XML"),
    "html.osm": (b"<!-- x --><html><body/></html>", "it is no OpenStreetMap XML but <html>"),
    "change.osm": (b"<osmChange version='0.6'/>", "no OpenStreetMap XML but <osmChange>"),
    "plain.osm.gz": (XML, "it cannot be unpacked to its end"),
    "plain.osm.bz2": (XML, "it cannot be unpacked to its end"),
    "other.osm.gz": (gzip.compress(PNG), "it is no OpenStreetMap XML"),
    "cut.osm": (XML[:-60], "it cannot be read as OpenStreetMap data"),
    "cut.osm.gz": (gzip.compress(XML)[:-20], "it cannot be unpacked to its end"),
    "cut.osm.bz2": (bz2.compress(XML)[:-10], "it cannot be unpacked to its end"),
    "damaged.osm.gz": (gzip.compress(XML)[:-8] + bytes(8), "it cannot be unpacked to its end"),
    "strange.osm": (HEAD + b'<node id="1" lat="zwei" lon="1"/></osm>', "wrong format for coord"),
    "beyond.osm": (HEAD + b'<node id="%d" lat="1" lon="1"/></osm>' % 10**30, "illegal id"),
    "utf16.osm": (XML.decode().encode("utf-16"), "it is no OpenStreetMap XML"),
    "code.osm": (XML.replace(b"UTF-8", b"cp037"), "its encoding is 'cp037'; save it in UTF-8"),
    "laughs.osm": (
        b"<!DOCTYPE osm [" + LAUGHS + b"]><osm><node id='1' user='&l11;'/></osm>",
        "it has a DOCTYPE",
    ),
    "outside.osm": (
        b'<?xml version="1.0"?><!-- a --> <!DOCTYPE osm [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b"<osm><node id='1' user='&x;'/></osm>",
        "it has a DOCTYPE",
    ),
    "laughs.osm.gz": (gzip.compress(b"<!DOCTYPE osm [" + LAUGHS + b"]><osm/>"), "a DOCTYPE"),
    "laughs.osm.bz2": (bz2.compress(b"<!DOCTYPE osm [" + LAUGHS + b"]><osm/>"), "a DOCTYPE"),
    "no_roads.osm": (HEAD + NODES + b"</osm>", "there is no road in it"),
    "no_nodes.osm": (HEAD + WAY + b"</osm>", "it does not hold the nodes of its roads"),
    "no_driven.osm": (XML.replace(b"primary", b"steps"), "no road in it is driven.*steps 1"),
    "nothing.osm.pbf": (START, "there is no road in it"),
    "cut.osm.pbf": (START + block(b"OSMData", packed(dense(9)))[:-3], "it is cut off"),
    "cut_header.osm.pbf": (START + b"\0\0\0", "it is cut off"),
    "long_header.osm.pbf": (
        START + struct.pack(">I", 2**16 + 1) + bytes(2**17),
        "a header of 65,537 bytes",
    ),
    "two_gb.osm.pbf": (START + block(b"OSMData", b"\0\0", 2**31), "claims 2,147,483,648 bytes"),
    "two_gb_first.osm.pbf": (block(b"OSMHeader", b"", 2**31), "claims 2,147,483,648 bytes"),
    "raw_two_gb.osm.pbf": (
        START + block(b"OSMData", packed(dense(9), 2**31)),
        "claims 2,147,483,648 bytes",
    ),
    "liar.osm.pbf": (
        START + block(b"OSMData", packed(dense(10**7), 1000)),
        "it cannot be read as OpenStreetMap data",
    ),
    "pbf_bomb.osm.pbf": (
        START + block(b"OSMData", packed(dense(10**7))) * 40,
        "it unpacks to more than 100 times its size",
    ),
    "other_block.osm.pbf": (START + block(b"OSMHeader", b""), "a block 'OSMHeader'"),
}


@pytest.fixture
def bad(tmp_path):
    """Write one of the bad files and return it with what must be said of it."""

    def write(name):
        path = tmp_path / name
        path.write_bytes(BAD[name][0])
        return path, BAD[name][1]

    return write


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_by_name(bad, name, no_traceback):
    """One fault that names the file and says what to do, in much less than ten seconds."""
    path, said = bad(name)
    start = time.process_time()
    with pytest.raises(br.InputError, match=said) as caught:
        br.read_roads(path)
    assert time.process_time() - start < 10
    (fault,) = caught.value.faults
    assert fault.file == name
    assert fault.advice
    no_traceback(str(caught.value))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[pytest.mark.release] * (at % 4 > 0)) for at, one in enumerate(BAD)],
)
def test_the_command_line_refuses_a_bad_file_and_writes_nothing(refused, plan, bad, edit, name):
    """`boxreach run` ends with code 2 and one message; an earlier output stays as it is."""
    path, _ = bad(name)
    path.rename(plan.parent / name)
    edit(plan, "roads.geojson", name)
    assert name in refused(plan)


def test_the_command_line_checks_a_bad_file(cli, plan, bad, edit):
    """`boxreach check` says the same."""
    path, _ = bad("two_gb.osm.pbf")
    path.rename(plan.parent / path.name)
    edit(plan, "roads.geojson", path.name)
    code, _, message = cli("check", plan)
    assert code == 2
    assert "two_gb.osm.pbf: a block at byte" in message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "opener"),
    [pytest.param("gz", gzip.open, marks=pytest.mark.release), ("bz2", bz2.open)],
)
def test_a_bomb_is_refused_without_filling_the_memory(tmp_path, ending, opener):
    """300 MB of nothing behind a head that looks like OpenStreetMap are never held at once."""
    path = tmp_path / f"bomb.osm.{ending}"
    zeros(path, 300 * 2**20, opener)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with pytest.raises(br.InputError, match=f"bomb.osm.{ending}: it unpacks to more than 100"):
        br.read_roads(path)
    assert time.process_time() - start < 10
    scale = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * scale < 64 * 2**20


def test_a_bomb_of_several_members_is_refused(tmp_path):
    """What is packed in many small pieces is counted as one."""
    path = tmp_path / "bomb.osm.gz"
    path.write_bytes(gzip.compress(HEAD) + gzip.compress(bytes(2**23)) * 30)
    with pytest.raises(br.InputError, match="100 times"):
        br.read_roads(path)


def test_a_packed_file_may_have_several_members(tmp_path):
    """Parallel packers write such files, and they are read to the end."""
    path = tmp_path / "roads.osm.gz"
    path.write_bytes(gzip.compress(XML[:80]) + gzip.compress(XML[80:]))
    assert br.read_roads(path).index.tolist() == ["w1"]


@pytest.mark.slow
def test_small_regular_files_pass_however_well_they_pack(tmp_path):
    """A generated grid is no bomb: below 64 MiB nothing is said about the ratio."""
    path = tmp_path / "roads.osm.bz2"
    path.write_bytes(bz2.compress(XML[:-6] + b" " * 2**24 + b"</osm>"))
    assert len(br.read_roads(path)) == 1


def test_a_comment_and_a_byte_order_mark_may_stand_before_the_root(tmp_path):
    """They are XML; only a DOCTYPE can hold entities."""
    path = tmp_path / "roads.osm"
    path.write_bytes(
        b"\xef\xbb\xbf" + HEAD.replace(b"\n", b"<!-- <!DOCTYPE> -->", 1) + XML[len(HEAD) :]
    )
    assert len(br.read_roads(path)) == 1


def test_what_a_file_is_called_decides_how_it_is_read(tmp_path):
    """Capitals count as small letters."""
    path = tmp_path / "ROADS.OSM"
    path.write_bytes(XML)
    assert len(br.read_roads(path)) == 1


def test_a_missing_extract_is_said_to_be_missing(tmp_path):
    """As any other file."""
    with pytest.raises(br.InputError, match="there is no such file"):
        br.read_roads(tmp_path / "roads.osm.pbf")


def test_the_guard_is_cheap(tmp_path, monkeypatch):
    """A PBF is walked by its headers: not a byte of what its blocks hold is unpacked."""
    path = tmp_path / "roads.osm.pbf"
    path.write_bytes(START + block(b"OSMData", packed(dense(1000))) * 1000)
    monkeypatch.setattr(zlib, "decompress", None)
    start = time.process_time()
    guard.require_pbf(path)
    assert time.process_time() - start < 1


@pytest.fixture(scope="module")
def plain_pbf(tmp_path_factory):
    """The bytes of a PBF whose blocks are not packed, so that damage reaches what they hold."""
    path = tmp_path_factory.mktemp("plain") / "roads.osm.pbf"
    options = osmium.io.File(str(path), "pbf,pbf_compression=none")
    with osmium.SimpleWriter(options) as writer:
        for one in range(1, 40):
            writer.add_node(Node(id=one, location=(44 + one / 100, 33), tags={"barrier": "gate"}))
        for one in range(1, 20):
            tags = {"highway": "primary", "name": f"شارع {one}"}
            writer.add_way(Way(id=one, nodes=[one, one + 5, one + 20], tags=tags))
    return path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "count", [pytest.param(15, id="quick"), pytest.param(300, id="all", marks=pytest.mark.heavy)]
)
def test_no_damage_does_more_than_get_a_file_refused(plain_pbf, tmp_path_factory, count):
    """Bytes changed anywhere in a PBF end in a fault or in other roads, never in a crash."""

    @settings(max_examples=count)
    @given(st.data())
    def damage(data):
        damaged = bytearray(plain_pbf)
        for _ in range(data.draw(st.integers(1, 4))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        path = tmp_path_factory.getbasetemp() / "damaged.osm.pbf"
        path.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", br.DataWarning)
            try:
                said = f"damaged.osm.pbf: {len(br.read_roads(path))} roads"
            except br.InputError as error:
                said = str(error)
        assert "damaged.osm.pbf: " in said

    damage()


def test_text_that_is_no_utf8_gets_a_file_refused(plain_pbf, tmp_path):
    """The writer of osmium fails on it, and would end the process with it."""
    path = tmp_path / "roads.osm.pbf"
    path.write_bytes(plain_pbf.replace("شارع 1".encode(), b"\xff" * len("شارع 1".encode())))
    with pytest.raises(br.InputError, match=r"roads\.osm\.pbf: it cannot be read"):
        br.read_roads(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_is_said(plain_pbf, tmp_path, monkeypatch):
    """Where the lines of osmium find no room the process goes on, and says so."""
    path = tmp_path / "roads.osm.pbf"
    path.write_bytes(plain_pbf)
    (tmp_path / "temporary").mkdir()
    (tmp_path / "temporary" / "objects.opl").symlink_to("/dev/full")
    full = contextlib.nullcontext(str(tmp_path / "temporary"))
    monkeypatch.setattr(export, "TemporaryDirectory", lambda: full)
    with pytest.raises(br.InputError, match="No space left"):
        br.read_roads(path)
