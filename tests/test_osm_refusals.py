"""What was left out of roads and places in silence: broken answers, deleted objects, graphs."""

import bz2
import gzip

import pytest

import boxreach as br
from boxreach.sources.osm import guard
from boxreach.sources.osm.places import read_places

HEAD = "<osm version='0.6'>"
NODES = (
    "<node id='1' lat='33' lon='44'/><node id='2' lat='33' lon='44.1'/>"
    "<node id='3' lat='33' lon='44.2'><tag k='place' v='city'/></node>"
)
WAY = "<way id='1'><nd ref='1'/><nd ref='2'/><nd ref='3'/><tag k='highway' v='primary'/></way>"
OTHER = "<way id='2'{}><nd ref='1'/><nd ref='3'/><tag k='highway' v='track'/></way>"
REMARK = "<remark> runtime error: {} </remark>"
TIMEOUT = 'Query timed out in "query" at line 3 after 25 seconds.'
PACKERS = {"osm": bytes, "osm.gz": gzip.compress, "osm.bz2": bz2.compress}


@pytest.fixture
def write(tmp_path):
    """Write an extract of the given XML between its root and return its path."""

    def write_extract(*parts, ending="osm"):
        path = tmp_path / f"roads.{ending}"
        path.write_bytes(PACKERS[ending]("".join([HEAD, *parts, "</osm>"]).encode()))
        return path

    return write_extract


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("end", ["", "\n\n", "<!-- " + "x" * 3 * 2**20 + " -->"])
def test_half_an_answer_of_overpass_is_refused(write, ending, end, no_traceback):
    """Packed or not, whatever stands behind the remark; it is told what the server said."""
    path = write(NODES, WAY, REMARK.format(TIMEOUT), end, ending=ending)
    for read in (br.read_roads, read_places):
        with pytest.raises(br.InputError) as caught:
            read(path)
        assert str(caught.value) == (
            f"roads.{ending}: it is half an answer of a server, which says"
            " 'Query timed ...r 25 seconds.'; ask for a smaller area or a longer timeout"
        )
        no_traceback(str(caught.value))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("", "''"),
        ("out of memory", "'out of memory'"),
        ("&quot;a&quot; &lt; b", "'\"a\" < b'"),
        ("a\n  b", "'a b'"),
        ("خطأ", "'خطأ'"),
    ],
)
def test_what_the_server_says_is_shown_as_it_is(write, said, shown):
    with pytest.raises(br.InputError, match="of a server") as caught:
        br.read_roads(write(NODES, WAY, REMARK.format(said)))
    assert f"which says {shown}; ask" in str(caught.value)


@pytest.mark.parametrize(
    "remark",
    [
        "<remark> runtime remark: Timeout is 180 sec. and maxsize is 512 MB. </remark>",
        "<remark/>",
        "<note>runtime error: none</note>",
        "<note> &lt;remark> runtime error: none </note>",
    ],
)
def test_other_remarks_are_none_of_an_error(write, remark):
    """Overpass writes what it was asked for in the same place."""
    assert br.read_roads(write(remark, NODES, WAY, remark)).index.tolist() == ["w1"]


@pytest.mark.parametrize("before", ["of today: ", "of today </remark><remark>"])
def test_an_error_is_found_behind_other_remarks(write, before):
    remark = REMARK.format(TIMEOUT).replace(" runtime", before + "runtime")
    with pytest.raises(br.InputError, match="of a server, which says 'Query timed"):
        br.read_roads(write(NODES, WAY, remark))


@pytest.mark.slow
@pytest.mark.parametrize("at", range(-40, 41, 3))
def test_a_mark_is_found_wherever_a_block_ends(write, at, monkeypatch):
    """What is searched is read in blocks, whose bounds lie anywhere."""
    before = len((HEAD + NODES).encode())
    monkeypatch.setattr(guard, "_CHUNK", before + 40 + at)
    with pytest.raises(br.InputError, match="Query timed"):
        br.read_roads(write(NODES, REMARK.format(TIMEOUT), WAY))
    with pytest.warns(br.DataWarning, match="mended: deleted ways 1"):
        roads = br.read_roads(write(NODES, OTHER.format(" action='delete'"), WAY))
    assert roads.index.tolist() == ["w1"]


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize(
    "mark",
    [
        " action='delete'",
        ' action="delete" visible="true"',
        ' user="a > b" note=\'"\' action = "delete"',
        "\n  visible='false'",
        " visible='false' version='3'",
    ],
)
def test_a_deleted_way_is_no_road(write, mark, ending):
    """JOSM keeps what was deleted, marked so, and other programs mark it as not visible."""
    path = write(NODES, WAY, OTHER.format(mark), ending=ending)
    with pytest.warns(br.DataWarning, match="mended: deleted ways 1"):
        roads = br.read_roads(path)
    assert roads.index.tolist() == ["w1"]


def test_what_is_deleted_is_known_by_kind_and_id(write):
    """A way and a node of one id are two things; an id may be negative, or behind the mark."""
    deleted = "<way action='delete' visible='true' id='-7'><nd ref='1'/><nd ref='2'/>"
    kept = "<node id='-7' lat='33' lon='44.3'/>" + WAY.replace("ref='3'", "ref='-7'")
    with pytest.warns(br.DataWarning, match="mended: deleted ways 1"):
        roads = br.read_roads(write(NODES, kept, deleted, "<tag k='highway' v='track'/></way>"))
    assert roads.index.tolist() == ["w1"]
    assert [*roads.geometry.iloc[0].coords] == [(44, 33), (44.1, 33), (44.3, 33)]


@pytest.mark.parametrize("mark", [' action="delete"', ' visible="false"'])
def test_a_deleted_node_bends_and_stops_no_road(write, mark):
    """It is not there, be it a bend, a gate or a place."""
    nodes = NODES + f"<node id='4'{mark} lat='35' lon='44.15'><tag k='barrier' v='wall'/></node>"
    way = WAY.replace("<nd ref='3'/>", "<nd ref='4'/><nd ref='3'/>")
    with pytest.warns(br.DataWarning, match="nodes beyond the edge 1"):
        roads = br.read_roads(write(nodes, way))
    assert (roads.geometry.bounds["maxy"] == 33).all()
    assert (roads[["from_node", "to_node"]] > 0).all(axis=None)
    place = f"<node id='5'{mark} lat='33' lon='44.4'><tag k='place' v='city'/></node>"
    assert read_places(write(NODES, place)).index.tolist() == ["osm-n3"]


@pytest.mark.parametrize(
    "harmless",
    [
        """<tag k='note' v='action="delete"'/>""",
        '<tag k="note" v="action=&quot;delete&quot;"/>',
        '<tag k="action" v="delete"/>',
        "<tag k='delete' v='delete'/>",
    ],
)
def test_what_is_said_of_a_road_deletes_it_not(write, harmless):
    """The text of a tag is no mark, however it is quoted."""
    roads = br.read_roads(write(NODES, WAY.replace("</way>", harmless + "</way>")))
    assert roads.index.tolist() == ["w1"]


@pytest.mark.parametrize(
    "said",
    [
        """ user='x action="delete"'""",
        """ user=" action='delete' " """,
        " action='modify' user='delete'",
        " faction='delete'",
        " visible='true' action='none'",
    ],
)
def test_other_attributes_delete_nothing(write, said):
    assert br.read_roads(write(NODES, OTHER.format(said))).index.tolist() == ["w2"]


def test_a_deleted_relation_is_nothing_to_roads(write):
    relation = "<relation id='1' action='delete'><member type='way' ref='1' role=''/></relation>"
    assert br.read_roads(write(NODES, WAY, relation)).index.tolist() == ["w1"]


def test_where_every_road_is_deleted_there_is_none(write):
    with pytest.raises(br.InputError, match="there is no road in it"):
        br.read_roads(write(NODES, OTHER.format(" action='delete'")))


KEYS = "".join(
    f'<key id="{key}" for="{kind}" attr.name="{name}" attr.type="string"/>'
    for key, kind, name in (
        ("crs", "graph", "crs"), ("x", "node", "x"), ("y", "node", "y"),
        ("h", "edge", "highway"), ("key", "edge", "key"),
    )
)  # fmt: skip
HIGHWAY = '<data key="h">primary</data>'


def node(name, lon):
    return f'<node id="{name}"><data key="x">{lon}</data><data key="y">33</data></node>\n'


def edge(start, end, said='id="0"', data=HIGHWAY):
    return f'<edge source="{start}" target="{end}" {said}>{data}</edge>\n'


ENDS = node(1, 44) + node(2, 44.1)


@pytest.fixture
def read_graph(tmp_path):
    """Return the roads of a GraphML with the given contents."""

    def read(*parts, keys=KEYS, between=""):
        graph = '<graph edgedefault="directed"><data key="crs">EPSG:4326</data>\n{}</graph>\n'
        inner = between.join(graph.format("".join(part)) for part in parts)
        path = tmp_path / "roads.graphml"
        space = "http://graphml.graphdrawing.org/xmlns"
        path.write_text(f'<graphml xmlns="{space}">{keys}{inner}</graphml>', encoding="utf-8")
        return br.read_roads(path)

    return read


def test_graphs_are_read_as_before(read_graph):
    """Edges may have no ids, and edges with other ends the same ones."""
    roads = read_graph([ENDS, edge(1, 2), edge(2, 1, 'id="7"', ""), edge(1, 2, 'id="1"')])
    assert roads.index.tolist() == ["1-2-0", "1-2-1", "2-1-7"]
    assert len(read_graph([ENDS, edge(1, 2, ""), edge(1, 2, "")])) == 2


SECOND = "it holds a second graph"
AGAIN = "a node stands in it twice"
ALIKE = "an edge has the ends and the id of another"
DEFAULT = "a key has a default"


@pytest.mark.parametrize(
    ("parts", "said", "line"),
    [
        ([[ENDS, edge(1, 2)], [ENDS, edge(2, 1)]], SECOND, 6),
        ([[ENDS, edge(1, 2)], []], SECOND, 6),
        ([[ENDS.replace("</node>", "<graph/></node>", 1), edge(1, 2)]], SECOND, 2),
        ([[ENDS, node(2, 45), edge(1, 2)]], AGAIN, 4),
        ([[ENDS, node("02", 45), edge(1, 2)]], AGAIN, 4),
        ([[ENDS, edge(1, 2), edge(1, 2, data="")]], ALIKE, 5),
        ([[ENDS, edge(1, 2), edge(1, "2", 'id="00"')]], ALIKE, 5),
        ([[ENDS, edge(1, 2, 'id="a"'), edge(2, 1), edge(1, 2, 'id="a"')]], ALIKE, 6),
        ([[ENDS, edge(1, 2, ""), edge(1, 2)]], ALIKE, None),
        ([[ENDS, 2 * edge(1, 2, "", '<data key="key">k</data>' + HIGHWAY)]], ALIKE, None),
    ],
)  # fmt: skip
def test_a_graph_that_would_lose_a_part_is_refused(read_graph, parts, said, line):
    """Of two that share a name the reader of graphs takes one, and says nothing."""
    with pytest.raises(br.InputError) as caught:
        read_graph(*parts)
    (fault,) = caught.value.faults
    assert (fault.file, fault.what, fault.line) == ("roads.graphml", said, line)
    assert fault.advice


@pytest.mark.parametrize("kind", ["graph", "node", "edge"])
def test_a_default_of_a_key_is_refused(read_graph, kind):
    """It is forgotten, and the edges that rely on it are of no class."""
    name, given = "width", "<default>motorway</default></key>"
    keys = KEYS + f'\n<key id="d" for="{kind}" attr.name="{name}" attr.type="string">' + given
    with pytest.raises(br.InputError, match=r"roads\.graphml, line 2: a key has a default; write"):
        read_graph([ENDS, edge(1, 2)], keys=keys)


@pytest.mark.parametrize(
    "default", ["<default/>", '<default xml:space="preserve"></default>', "<default>\n</default>"]
)
def test_an_empty_default_is_forgotten_without_loss(read_graph, default):
    """Of keys that nobody reads yEd writes it; a text behind it is none of its own."""
    key = '<key id="d" for="edge" attr.name="url" attr.type="string">{}<desc>d</desc></key>'
    assert len(read_graph([ENDS, edge(1, 2)], keys=KEYS + key.format(default))) == 1


def test_a_default_is_told_by_the_line_in_which_it_begins(read_graph):
    key = '\n<key id="d" for="edge" attr.name="url" attr.type="string">{}</key>'
    keys = KEYS + key.format("<default/>") + key.format("<default>\n<b/>\nx\n</default>")
    with pytest.raises(br.InputError, match=r"roads\.graphml, line 3: a key has a default; write"):
        read_graph([ENDS, edge(1, 2)], keys=keys)


def test_all_kinds_of_losses_are_told_at_once(read_graph):
    """Each with the line of the first."""
    keys = KEYS.replace("/>", "><default>1</default></key>", 1)
    parts = [3 * ENDS, 3 * edge(1, 2)], [ENDS]
    with pytest.raises(br.InputError) as caught:
        read_graph(*parts, keys=keys)
    found = [(fault.what, fault.line) for fault in caught.value.faults]
    assert sorted(found) == sorted([(DEFAULT, 1), (AGAIN, 4), (ALIKE, 9), (SECOND, 12)])
