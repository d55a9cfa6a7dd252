"""Extracts of every broken kind beyond those of test_osm_guard: refused in words, within limits."""

import bz2
import gzip
import subprocess
import sys

import pytest

import boxreach as br

pytestmark = pytest.mark.corpus

HEAD = '<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">'
NODES = '<node id="1" lat="33" lon="44"/><node id="2" lat="33" lon="44.1"/>'
WAY = '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>'
GOOD = f"{HEAD}{NODES}{WAY}</osm>"
DAMAGED = "it cannot be read as OpenStreetMap data ("
GRAPH = '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">{}</graphml>'
NO_GRAPH = "it cannot be read as a graph of osmnx ("

BAD = {
    "html.osm": ("<!DOCTYPE html><html></html>", "it has a DOCTYPE"),
    "json.osm": ('{"elements": []}', "it is no OpenStreetMap XML"),
    "null.osm": (GOOD.replace("44.1", "44\0.1"), DAMAGED),
    "latin.osm": (GOOD.replace("primary", "\udce9"), DAMAGED),
    "entity.osm": (GOOD.replace("primary", "&x;"), DAMAGED),
    "late_doctype.osm": (GOOD.replace(NODES, "<!DOCTYPE a [<!ENTITY x 'y'>]>" + NODES), DAMAGED),
    "nested.osm": (HEAD + "<node>" * 50 + "</osm>", DAMAGED),
    "unclosed.osm": (GOOD.removesuffix("</osm>"), DAMAGED),
    "two_roots.osm": (GOOD + GOOD.partition("?>")[2], DAMAGED),
    "no_id.osm": (GOOD.replace('node id="1" ', "node "), "of no road in it two nodes are there"),
    "comma.osm": (GOOD.replace('lat="33" lon="44"', 'lat="33,5" lon="44"'), DAMAGED),
    "digits.osm": (GOOD.replace('lon="44"', 'lon="٤٤"'), DAMAGED),
    "dms.osm": (GOOD.replace('lon="44"', 'lon="44°30E"'), DAMAGED),
    "infinite.osm": (GOOD.replace('lon="44"', 'lon="inf"'), DAMAGED),
    "version.osm": (GOOD.replace('"0.6"', '"9.9"'), DAMAGED),
    "one_node.osm": (GOOD.replace('<nd ref="2"/>', ""), "of no road in it two nodes are there"),
    "text.osm.gz": ("roads", "it cannot be unpacked to its end"),
    "empty.graphml": ("", "it is no GraphML"),
    "no_graph.graphml": (GRAPH.format(""), NO_GRAPH),
    "undirected.graphml": (GRAPH.format('<graph edgedefault="undirected"/>'), NO_GRAPH),
    "laughs.graphml": ("<!DOCTYPE g [<!ENTITY a 'b'>]><graphml>&a;</graphml>", "it has a DOCTYPE"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("ignore::boxreach.DataWarning")
def test_a_broken_extract_is_refused(tmp_path, name, no_traceback):
    """One fault with the name of the file and what to do."""
    text, said = BAD[name]
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(br.InputError) as caught:
        br.read_roads(tmp_path / name)
    (fault,) = caught.value.faults
    assert fault.file == name
    assert fault.what.startswith(said)
    assert fault.advice
    no_traceback(str(caught.value))


LIMITED = """
import resource, sys
import boxreach as br, osmnx, geopandas
from pathlib import Path
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**30, used + 2**30))
try:
    br.read_roads(sys.argv[1])
except br.InputError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory so")
@pytest.mark.parametrize(
    ("ending", "opener"),
    [("gz", gzip.open), pytest.param("bz2", bz2.open, marks=pytest.mark.release)],
)
def test_a_bomb_is_refused_within_a_gigabyte(tmp_path, ending, opener):
    """It is unpacked piece by piece."""
    path = tmp_path / f"bomb.osm.{ending}"
    with opener(path, "wb", 1) as file:
        file.write(HEAD.encode())
        for _ in range(200):
            file.write(bytes(2**20))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        capture_output=True, encoding="utf-8", check=False, timeout=60,
    )  # fmt: skip
    assert f"bomb.osm.{ending}: it unpacks to more than 100 times its size" in done.stdout
