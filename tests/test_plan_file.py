"""What plan.toml promises: unknown words and impossible values are found, with their line."""

import re

import pytest

import boxreach as br
from boxreach.cli.options import read_overrides
from boxreach.cli.plan import read_plan
from boxreach.cli.plan_file import key_lines, read_plan_file

INPUTS = '[inputs]\nboxes = "boxes.csv"\ncommunities = "towns.csv"\nroads = "roads.gpkg"\n'
SPELLED_OUT = """\
# the plan of a test
[inputs.boxes]
file = "boxes.csv"
label = "illustrative"

[inputs.communities]
file = "towns.csv"

[inputs.roads]
file = "roads.gpkg"
"""


def write(folder, text):
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(path, **options):
    """Read a plan that must be refused, and return its faults, each of which names the file."""
    with pytest.raises(br.InputError) as caught:
        read_plan(path, **options)
    assert all(fault.file for fault in caught.value.faults)
    return caught.value.faults


def line_of(text, part):
    (number,) = [n for n, line in enumerate(text.splitlines(), start=1) if part in line]
    return number


# --- good plans ----------------------------------------------------------------------------


def test_a_plan_of_three_files_has_every_default(tmp_path):
    """What is not said has the same default as in the library, and can be listed."""
    plan = read_plan(write(tmp_path, INPUTS))
    parameters = plan.parameters()
    assert parameters["reach.minutes"] == [15, 30, 60]
    assert parameters["propose.boxes"] == 50
    assert parameters["posts.minutes"] == 15
    assert parameters["output.languages"] == ["en", "ar", "ckb"]


def test_paths_are_relative_to_the_plan(tmp_path):
    """A plan runs from any folder."""
    plan = read_plan(write(tmp_path, INPUTS))
    assert plan.path(plan.inputs.boxes) == tmp_path / "boxes.csv"


def test_an_input_may_be_a_name_a_table_or_an_inline_table(tmp_path):
    """Three ways of writing give one plan."""
    inline = INPUTS.replace('"boxes.csv"', '{ file = "boxes.csv", label = "illustrative" }')
    assert (
        read_plan(write(tmp_path, inline)).inputs == read_plan(write(tmp_path, SPELLED_OUT)).inputs
    )


def test_a_byte_order_mark_and_windows_lines_are_taken(tmp_path):
    """Notepad's files are read."""
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xef\xbb\xbf" + INPUTS.replace("\n", "\r\n").encode())
    assert read_plan(path).inputs.boxes.file == "boxes.csv"


def test_an_override_takes_the_place_of_its_key(tmp_path):
    """Also where the file has no such section."""
    path = write(tmp_path, INPUTS + "[reach]\nminutes = [10]\n")
    plan = read_plan(path, overrides=[("reach.minutes", [5, 7]), ("propose.boxes", 3)])
    assert plan.reach.minutes == [5, 7]
    assert plan.propose.boxes == 3


def test_the_speeds_of_a_plan_are_put_over_the_defaults(tmp_path):
    """Those of the network come before those of the speeds, and all are recorded."""
    text = """
        [network]
        speeds_kmh = { track = 11 }
        [speeds]
        season = "wet"
        kmh = { track = 22, trunk = 90 }
        season_factor = { wet = { dirt = 0.4 } }
        slope = { free = 0.02 }
    """
    plan = read_plan(write(tmp_path, INPUTS + text))
    model = plan.speed_model()
    assert (model.kmh["track"], model.kmh["trunk"], model.kmh["primary"]) == (11, 90, 65)
    assert (model.season, model.season_factor["wet"]["dirt"], model.slope.free) == (
        "wet",
        0.4,
        0.02,
    )
    parameters = plan.parameters()
    assert parameters["network.speeds_kmh"] == dict(model.kmh)
    assert parameters["speeds.season_factor"]["wet"]["dirt"] == 0.4
    assert parameters["speeds.night"] is False


# --- unknown keys --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "key", "near"),
    [
        (INPUTS + "[reach]\nminuts = [15]\n", "minuts", "reach.minuts", "minutes"),
        (INPUTS + "[propose]\nboxes = 5\nquota = []\n", "quota", "propose.quota", "quotas"),
        (INPUTS + "\n[reech]\nminutes = [15]\n", "[reech]", "reech", "reach"),
        (INPUTS + 'boxs = "b.csv"\n', "boxs", "inputs.boxs", "boxes"),
        (INPUTS + "reach = 5\n", "reach", "inputs.reach", "roads"),
        ("reach.minuts = [15]\n" + INPUTS, "minuts", "reach.minuts", "minutes"),
        ("Output = 5\n" + INPUTS, "Output", "Output", "output"),
        (
            INPUTS.replace('"boxes.csv"', '{ file = "b.csv", colums = { name = "n" } }'),
            "colums", "inputs.boxes.colums", "columns",
        ),
        (SPELLED_OUT.replace("label", "lable"), "lable", "inputs.boxes.lable", "label"),
        (SPELLED_OUT + '\n[inputs.area]\nfile = "a"\n', "[inputs.area]", "inputs.area", "areas"),
        (INPUTS + '[ reach ]\n  "minuts" = [15]\n', "minuts", "reach.minuts", "minutes"),
        (INPUTS + "[reach]\nminutes = [\n  15, # [posts]\n]\ndirecton = 1\n", "directon",
         "reach.directon", "direction"),
        (INPUTS + "[network.speeds_kmh]\ntrunk = 80\ntrnk = 80\n", "trnk",
         "network.speeds_kmh.trnk", "trunk"),
        (INPUTS + "[propose]\nquotas = [\n  { governorate = 'W', at_leest = 1 },\n]\n", "at_leest",
         "propose.quotas", "at_least"),
    ],
)  # fmt: skip
def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known(tmp_path, text, at, key, near):
    """Wherever a key may stand, a slip is met with the right word and the right line."""
    (fault,) = faults_of(write(tmp_path, text))
    assert fault.file == "plan.toml"
    assert fault.line == line_of(text, at)
    assert fault.column.startswith(key)
    assert near in fault.advice


def test_an_unknown_key_far_from_all_known_lists_them(tmp_path):
    """Where nothing is near, all that there is stands in the message."""
    (fault,) = faults_of(write(tmp_path, INPUTS + "[reach]\nzzz = 1\n"))
    assert "minutes" in fault.advice
    assert "mobilise_minutes" in fault.advice


@pytest.mark.parametrize(
    ("text", "row", "key"),
    [
        (INPUTS.replace('boxes = "boxes.csv"\n', ""), 1, "inputs.boxes"),
        (SPELLED_OUT.replace('file = "towns.csv"', 'label = "x"'), 6, "inputs.communities.file"),
        ("", None, "inputs"),
    ],
)
def test_a_missing_key_is_named_with_its_section(tmp_path, text, row, key):
    """The line of the section in which the key should stand is given."""
    (fault,) = faults_of(write(tmp_path, text))
    assert (fault.line, fault.column) == (row, key)
    assert "missing" in fault.what
    assert fault.advice


# --- bad values ----------------------------------------------------------------------------

BAD_VALUES = [
    ("propose", "boxes", '"fifty"'),
    ("propose", "boxes", "-1"),
    ("propose", "boxes", "2.5"),
    ("propose", "boxes", "true"),
    ("propose", "boxes", "nan"),
    ("propose", "minutes", "0"),
    ("propose", "minutes", "nan"),
    ("propose", "minutes", "inf"),
    ("propose", "minutes", "true"),
    ("propose", "minutes", "1e9"),
    ("propose", "model", '"max-covr"'),
    ("propose", "phases", '"all"'),
    ("propose", "phases", "[0, -5]"),
    ("propose", "phases", "[]"),
    ("posts", "phases", "[]"),
    ("propose", "spacing_km", "0"),
    ("propose", "spacing_km", "nan"),
    ("propose", "spacing_km", "inf"),
    ("propose", "seconds", "inf"),
    ("propose", "seconds", "0"),
    ("reach", "minutes", "15"),
    ("reach", "minutes", "[]"),
    ("reach", "minutes", "[15, 0]"),
    ("reach", "minutes", '[15, "long"]'),
    ("reach", "mobilise_minutes", "-1"),
    ("reach", "mobilise_minutes", "inf"),
    ("reach", "mobilise_minutes", "nan"),
    ("reach", "direction", '"north"'),
    ("reach", "merge_minutes", "-1"),
    ("reach", "merge_minutes", "5.1"),
    ("reach", "merge_minutes", "nan"),
    ("reach", "merge_minutes", "true"),
    ("people", "count_on", '"cell"'),
    ("people", "count_on", "5"),
    ("posts", "segment_km", "0"),
    ("posts", "segment_km", "inf"),
    ("posts", "setback_km", "0.5"),
    ("posts", "share", "0"),
    ("posts", "each", "0"),
    ("posts", "each", "1.5"),
    ("posts", "per_site", "0"),
    ("posts", "see", '"dawn"'),
    ("posts", "quotas", '[{ governorate = "Ninewa" }]'),
    ("posts", "support_minutes", "0"),
    ("posts", "defence_km", "-1"),
    ("posts", "seed", "-1"),
    ("posts", "candidates", "5"),
    ("posts", "sight", "{ tower = 5 }"),
    ("posts", "intercept", "{ walker_kmh = 5 }"),
    ("posts.candidates", "kinds", '["road"]'),
    ("posts.candidates", "kinds", "[]"),
    ("posts.candidates", "setback_km", "-0.1"),
    ("posts.candidates", "setback_km", "[2, 1]"),
    ("posts.candidates", "setback_km", "[1, 2, 3]"),
    ("posts.candidates", "setback_km", '"near"'),
    ("posts.candidates", "spacing_km", "0"),
    ("posts.candidates", "road_km", "-1"),
    ("posts.candidates", "slope_deg", "91"),
    ("posts.sight", "tower_m", "-1"),
    ("posts.sight", "day_km", "0"),
    ("posts.sight", "refraction", "1"),
    ("posts.intercept", "depth_km", "0"),
    ("posts", "intercept", "{ depth_km = 5, walker_kmh = 0 }"),
    ("network", "off_road_km", "201"),
    ("network", "off_road_kmh", "0"),
    ("network", "node_crossings", '"perhaps"'),
    ("network", "speeds_kmh", "5"),
    ("network", "speeds_kmh", "{ trunk = -5 }"),
    ("network", "speeds_kmh", "{ trunk = nan }"),
    ("speeds", "season", '"wett"'),
    ("speeds", "night", '"yes"'),
    ("speeds", "kmh", "{ trunk = 0 }"),
    ("speeds", "surface_factor", "{ gravel = 3 }"),
    ("speeds", "surface_factor", "{ gravle = 0.5 }"),
    ("speeds", "season_factor", "{ wet = { gravel = 0 } }"),
    ("speeds", "season_factor", "{ wett = { gravel = 0.5 } }"),
    ("speeds", "natural_surface", '{ track = "sond" }'),
    ("speeds", "night_factor", "{ trunk = nan }"),
    ("speeds", "link_factor", "0"),
    ("reach", "minutes", "[20, 33.3333]"),
    ("propose", "minutes", "1e-300"),
    ("speeds", "limit_factor", "true"),
    ("speeds", "limit_lift", "0.9"),
    ("speeds", "junction_s", "{ trunk = -1 }"),
    ("speeds", "slope", "{ fre = 0.1 }"),
    ("speeds", "slope", "{ steepest = 2 }"),
    ("output", "languages", '"en"'),
    ("output", "languages", '["en", "fr"]'),
    ("output", "languages", "[]"),
    ("output", "title", "5"),
    ("output", "title", '{ fr = "Plan" }'),
    ("output", "notes", '[{ de = "Hinweis" }]'),
    ("output", "marking", "5"),
    ("output", "marking", '{ fr = "SECRET" }'),
    ("output", "redact", "true"),
    ("output", "redact", "{ posts = false }"),
    ("output", "redact", "{ round_km = 0 }"),
    ("output", "tiles", "5"),
    ("output", "tiles", '"http://tile.example.org/{z}/{x}/{y}.png"'),
    ("output", "tiles", '{ url = "https://{s}.example.org/{z}/{x}/{y}.png" }'),
    ("output", "tiles", '{ url = "https://example.org/{z}/{x}/{y}.png", max_zoom = 99 }'),
    ("output", "map_isochrones", "1"),
]


@pytest.mark.parametrize(("section", "key", "value"), BAD_VALUES)
def test_a_bad_value_is_named_with_its_line(tmp_path, section, key, value):
    """A wrong type or a number out of range never reaches the computation."""
    text = f"{INPUTS}# a comment about {section}\n[{section}]\n# {key}\n{key} = {value}\n"
    for fault in faults_of(write(tmp_path, text)):
        assert fault.file == "plan.toml"
        assert fault.line == 8
        assert fault.column.startswith(f"{section}.{key}")
        assert fault.advice


@pytest.mark.parametrize("section", ["reach", "inputs", "propose"])
def test_a_value_in_place_of_a_section_is_refused(tmp_path, section):
    """A section that is a number is named, without the inner names of the library."""
    text = f"{section} = 5\n" + (INPUTS if section != "inputs" else "")
    faults = faults_of(write(tmp_path, text))
    assert (faults[0].line, faults[0].column) == (1, section)
    assert "instance of" not in str(faults[0])


SCHOOLS = '[inputs.demand.schools]\nfile = "schools.csv"\n'
LISTED = [
    (SCHOOLS, 5, "inputs.demand.schools.unit", "add it"),
    (SCHOOLS + "unit = 5\n", 7, "inputs.demand.schools.unit", "text"),
    (SCHOOLS + 'unit = "two words"\n', 7, "inputs.demand.schools.unit", "letters"),
    (SCHOOLS + 'unit = "people"\n', 7, "inputs.demand.schools.unit", "another name"),
    (SCHOOLS + 'unit = "district"\n', 7, "inputs.demand.schools.unit", "another name"),
    (SCHOOLS + 'unit = "km"\nweight = "w"\n', 8, "inputs.demand.schools.weight", "leave"),
    (SCHOOLS + 'unit = "mw"\nweight = " "\n', 8, "inputs.demand.schools.weight", "fill it in"),
    (SCHOOLS + 'unit = "mw"\nwieght = "w"\n', 8, "inputs.demand.schools.wieght", "weight"),
    (SCHOOLS + 'unit = "mw"\nsegment_km = 0\n', 8, "inputs.demand.schools.segment_km", "0.05"),
    (SCHOOLS.replace("schools]", '" "]') + "unit = 'mw'\n", 5, "inputs.demand. ", "fill it in"),
    ("[inputs.demand]\nschools = 5\n", 6, "inputs.demand.schools", "file"),
    ('demand = "schools.csv"\n', 5, "inputs.demand", "key = value"),
    ("[[box_types]]\nvehicles = 3\n", 5, "box_types.name", "add it"),
    ("[[box_types]]\nname = ' '\n", 6, "box_types.name", "fill it in"),
    ("[[box_types]]\nname = 'a'\nvehicles = -1\n", 7, "box_types.vehicles", "0 or more"),
    ("[[box_types]]\nname = 'a'\nofficers = 1.5\n", 7, "box_types.officers", "whole"),
    ("[[box_types]]\nname = 'a'\ncost_usd = inf\n", 7, "box_types.cost_usd", "finite"),
    ("[[box_types]]\nname = 'a'\nvehicls = 1\n", 7, "box_types.vehicls", "vehicles"),
    ("[[box_types]]\nname = 'a'\n[[box_types]]\nname = 'a'\n", 5, "box_types", "own name"),
    ("[box_types]\nname = 'a'\n", 5, "box_types", "list"),
    ("[people]\ncount = 'cells'\n", 6, "people.count", "count_on"),
]


@pytest.mark.parametrize(("text", "row", "key", "advice"), LISTED)
def test_a_fault_in_a_table_of_which_there_may_be_several_has_its_line(
    tmp_path, text, row, key, advice
):
    """Other demand and types of boxes are checked like the sections there is one of."""
    (fault,) = faults_of(write(tmp_path, INPUTS + text))
    assert (fault.file, fault.line, fault.column) == ("plan.toml", row, key)
    assert advice in fault.advice


COMMUNITIES = INPUTS.replace('communities = "towns.csv"\n', "") + (
    '[inputs.communities]\nfile = "towns.csv"\n'
)


@pytest.mark.parametrize(
    ("text", "row", "key", "advice"),
    [
        ("layers = 'residents'\n", 6, "layers", "list"),
        ("layers = ['people']\n", 6, "layers", "another name"),
        ("layers = ['two words']\n", 6, "layers", "letters"),
        ("layers = ['subdistrict']\n", 6, "layers", "another name"),
        ("layers = ['a', 'a']\n", 6, "layers", "once"),
        ("total = ['a']\n", 6, "total", "layers"),
        ("layers = ['residents']\ntotal = ['resident']\n", 7, "total", "residents"),
        ("layers = ['a']\ntotal = ['a', 'a']\n", 7, "total", "once"),
        ("layrs = ['a']\n", 6, "layrs", "layers"),
        ("unt = 'count'\n", 6, "unt", "unit"),
    ],
)
def test_a_fault_in_the_layers_of_the_communities_has_its_line(tmp_path, text, row, key, advice):
    """What adds people up is checked before anything is read."""
    (fault,) = faults_of(write(tmp_path, COMMUNITIES + text))
    assert (fault.line, fault.column) == (row, f"inputs.communities.{key}")
    assert advice in fault.advice


def test_layers_that_are_no_good_are_told_once(tmp_path):
    """Their total is not blamed for them."""
    text = COMMUNITIES + "layers = ['people']\ntotal = ['people']\n"
    assert [one.line for one in faults_of(write(tmp_path, text))] == [6]


def test_only_communities_have_layers(tmp_path):
    """Elsewhere the key is unknown."""
    text = INPUTS.replace('"boxes.csv"', '{ file = "boxes.csv", layers = ["a"] }')
    (fault,) = faults_of(write(tmp_path, text))
    assert (fault.line, fault.column) == (2, "inputs.boxes.layers")


def test_a_plan_that_names_no_types_has_the_box_of_the_programme(tmp_path):
    """Its parameters say so, and where people are counted."""
    parameters = read_plan(write(tmp_path, INPUTS)).parameters()
    assert parameters["people.count_on"] == "communities"
    (box,) = parameters["box_types"]
    assert box == {"name": "box", "vehicles": 2, "officers": None, "cost_usd": 250_000}
    text = INPUTS + 'population = "people.tif"\n[[box_types]]\nname = "large"\nofficers = 30\n'
    parameters = read_plan(write(tmp_path, text)).parameters()
    assert parameters["people.count_on"] == "cells"
    assert [(one["name"], one["officers"]) for one in parameters["box_types"]] == [("large", 30)]


QUOTAS = [
    "{ governorate = 'West' }",
    "{ at_least = 1 }",
    "{ governorate = 'West', district = 'North', at_least = 1 }",
    "{ governorate = 'West', at_least = 'ten' }",
    "{ governorate = 'West', at_least = -1 }",
    "{ governorate = 'West', at_least = 5, at_most = 2 }",
    "{ governorate = 'West', at_least = 1.5 }",
    "{ governorate = ['West'], at_least = 1 }",
    "{ governorate = 'West', at_least = true }",
    "5",
]


@pytest.mark.parametrize("quota", QUOTAS)
def test_a_quota_badly_written_is_one_fault_on_its_line(tmp_path, quota):
    """Each is told when the plan is read, and shown how to be written."""
    text = f"{INPUTS}[propose]\nquotas = [{quota}]\n"
    (fault,) = faults_of(write(tmp_path, text))
    assert (fault.file, fault.line) == ("plan.toml", 6)
    assert fault.column.startswith("propose.quotas")
    assert fault.advice


def test_an_unknown_language_suggests_the_nearest(tmp_path):
    """`ku` is met with the codes that there are."""
    (fault,) = faults_of(write(tmp_path, INPUTS + '[output]\nlanguages = ["cbk"]\n'))
    assert "ckb" in fault.advice


def test_faults_of_every_kind_are_listed_in_one_message(tmp_path):
    """Unknown keys, bad values, bad quotas and unknown languages are told at once."""
    text = (
        f"{INPUTS}[reach]\nminuts = [15]\n[propose]\nboxes = -1\n"
        "quotas = [{ governorate = 'West' }]\n[output]\nlanguages = ['fr']\n"
    )
    rows = [fault.line for fault in faults_of(write(tmp_path, text))]
    assert rows == [6, 8, 9, 11]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[inputs\nboxes = 5\n", "TOML"),
        (b"boxes = \n", "TOML"),
        (b"[inputs]\nboxes = 'a'\nboxes = 'b'\n", "TOML"),
        (b"site_id,lon,lat\na,44,33\n", "TOML"),
        ("[inputs]\nboxes = 'é'\n".encode("latin-1"), "TOML"),
        (b"\x00\x01\x02", "TOML"),
    ],
)
def test_what_is_no_toml_says_so_and_where(tmp_path, content, said):
    """The line of the fault is given."""
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    (fault,) = faults_of(path)
    assert said in fault.what
    assert fault.line is not None or re.search(r"line \d+", fault.what)


def test_brackets_without_end_are_no_toml(tmp_path):
    """What the parser itself cannot take is refused in words too."""
    assert "TOML" in faults_of(write(tmp_path, "x = " + "[" * 20_000))[0].what


@pytest.mark.parametrize(("name", "what"), [("none.toml", "no such file"), ("", "a folder")])
def test_a_missing_plan_is_named_with_its_path(tmp_path, name, what):
    """Neither a missing file nor a folder is a plan."""
    (fault,) = faults_of(tmp_path / name)
    assert fault.file == str(tmp_path / name)
    assert what in fault.what


def test_every_value_of_a_plan_has_its_line():
    """Tables, lists, dotted and quoted keys, and text that looks like any of them."""
    text = (
        '[a]\nb.c = 1 # [x]\n"d#" = """\n[e]\nf = 1"""\n'
        "g = [\n  1,\n  { h = ']' },\n]\n[[i]]\nj = 1\n[[i]]\n[i.k]\nl = 2026-11-20 07:30:00\n"
    )
    lines = {
        ("a",): 1, ("a", "b"): 2, ("a", "b", "c"): 2, ("a", "d#"): 3, ("a", "g"): 6,
        ("a", "g", 0): 7, ("a", "g", 1): 8, ("a", "g", 1, "h"): 8, ("i",): 10, ("i", 0): 10,
        ("i", 0, "j"): 11, ("i", 1): 12, ("i", 1, "k"): 13, ("i", 1, "k", "l"): 14,
    }  # fmt: skip
    assert key_lines(text) == lines


# --- overrides -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value", "near"),
    [
        ("reach.minuts", [5], "minutes"),
        ("reech.minutes", [5], "reach"),
        ("", 5, ""),
        ("reach", 5, ""),
        ("reach.", 5, ""),
        ("reach.minutes.first", 5, ""),
        ("propose.boxes", "many", ""),
        ("inputs.boxes", 5, ""),
        ("propose.quotas", "West", ""),
    ],
)
def test_a_bad_override_is_refused_with_its_key(tmp_path, key, value, near):
    """An override is checked like the file itself."""
    with pytest.raises(br.InputError) as caught:
        read_plan(write(tmp_path, INPUTS), overrides=[(key, value)])
    (fault,) = caught.value.faults
    assert key.startswith(fault.column)
    assert near in fault.advice
    assert fault.advice


def test_an_override_may_go_into_an_input_that_is_a_file_name(tmp_path):
    """`boxes = "boxes.csv"` is short for a table, and a key can be added to it."""
    overrides = [("inputs.boxes.columns", {"site_id": "id"})]
    boxes = read_plan(write(tmp_path, INPUTS), overrides=overrides).inputs.boxes
    assert (boxes.file, boxes.columns) == ("boxes.csv", {"site_id": "id"})


def test_all_bad_overrides_are_told_at_once_and_as_overrides(tmp_path):
    """Each is named by its key; no line of the file is blamed."""
    overrides = [("reach.minutes", [0]), ("propose.boxes", True), ("output.languages", ["fr"])]
    path = write(tmp_path, INPUTS + "[reach]\nminutes = [10]\n")
    with pytest.raises(br.InputError) as caught:
        read_plan(path, overrides=overrides)
    assert {fault.column for fault in caught.value.faults} == {key for key, _ in overrides}
    assert {(fault.file, fault.line) for fault in caught.value.faults} == {("--set", None)}


def test_a_bad_override_does_not_blame_a_good_line_of_the_file(tmp_path):
    """The message points at what was overridden, not at the line it replaced."""
    path = write(tmp_path, INPUTS + "[reach]\nminutes = [10]\n")
    with pytest.raises(br.InputError) as caught:
        read_plan(path, overrides=[("reach.minutes", "long")])
    (fault,) = caught.value.faults
    assert fault.column == "reach.minutes"
    assert fault.line is None


# --- models and rules ----------------------------------------------------------------------


def test_the_rules_of_a_plan_have_the_defaults_of_the_library(tmp_path):
    """What is not said is as in `propose` and the models; keys of other models are not listed."""
    parameters = read_plan(write(tmp_path, INPUTS)).parameters()
    for key, value in {
        "model": "max-cover", "boxes": 50, "minutes": 30, "budget_usd": None, "capacity": None,
        "phase_moves": 0, "relocation": None, "reserve": 0, "fixed": [], "forbidden": [],
        "apart_km": None, "must_reach": True, "priority": False, "seed": 0,
    }.items():  # fmt: skip
        assert parameters[f"propose.{key}"] == value
    assert not {"propose.share", "propose.busy", "propose.backup_boxes"} & set(parameters)


@pytest.mark.parametrize(
    ("model", "own"),
    [
        ("set-cover", {"share": 1.0}),
        ("backup-cover", {"backup_boxes": 2, "boxes": 50}),
        ("expected-cover", {"busy": 0.3, "vehicles": 2, "boxes": 50}),
        ("p-median", {"boxes": 50}),
        ("p-center", {"boxes": 50}),
    ],
)
def test_each_model_has_keys_of_its_own(tmp_path, model, own):
    """Its defaults are those of the library, and it lists no other model's."""
    plan = read_plan(write(tmp_path, f'{INPUTS}[propose]\nmodel = "{model}"\n'))
    parameters = plan.parameters()
    several = ("boxes", "budget_usd", "capacity", "share", "backup_boxes", "busy", "vehicles")
    listed = {key: parameters.get(f"propose.{key}") for key in several}
    assert {key: value for key, value in listed.items() if value is not None} == own


def test_a_budget_may_stand_in_for_the_number_of_boxes(tmp_path):
    """Without boxes the budget decides; with them there are so many."""
    plan = read_plan(write(tmp_path, f"{INPUTS}[propose]\nbudget_usd = 1e6\n"))
    assert plan.propose.new_boxes() is None
    assert not plan.propose.draws_curve()
    plan = read_plan(write(tmp_path, f"{INPUTS}[propose]\nbudget_usd = 1e6\nboxes = 3\n"))
    assert plan.propose.new_boxes() == 3
    assert plan.propose.draws_curve()


STRANGE = [
    ("set-cover", "boxes = 5"),
    ("p-median", "budget_usd = 1000"),
    ("backup-cover", "capacity = 10"),
    ("max-cover", "share = 0.5"),
    ("max-cover", "backup_boxes = 2"),
    ("p-center", "busy = 0.3"),
    ("set-cover", "vehicles = 2"),
    ("p-median", "phases = [10, 53]"),
    ("p-center", "phase_moves = 1"),
    ("set-cover", "relocation = { at_most = 1 }"),
    ("p-median", "reserve = 1"),
    ("p-center", "curve_seconds = 5"),
]


@pytest.mark.parametrize(("model", "key"), STRANGE)
def test_a_key_that_the_model_does_not_have_is_refused_on_its_line(tmp_path, model, key):
    """It says which models have it."""
    name = key.split(" ")[0]
    text = f'{INPUTS}[propose]\nmodel = "{model}"\n{key}\n'
    (fault,) = faults_of(write(tmp_path, text))
    assert (fault.line, fault.column) == (7, f"propose.{name}")
    assert fault.what == f"the model '{model}' has no {name}"
    assert "-" in fault.advice


@pytest.mark.parametrize("limit", ["capacity = 10", "budget_usd = 1000"])
@pytest.mark.parametrize("key", ["phases = [53]", "phase_moves = 1", "reserve = 1"])
def test_what_goes_in_order_needs_a_number_of_boxes_and_no_capacity(tmp_path, limit, key):
    """Phases, moves between them and a reserve count boxes that come one by one."""
    (fault,) = faults_of(write(tmp_path, f"{INPUTS}[propose]\n{limit}\n{key}\n"))
    assert fault.line == 7
    assert "has no" in fault.what


@pytest.mark.parametrize("phases", ["", "phases = [50]\n"])
def test_moves_between_phases_need_two_of_them(tmp_path, phases):
    """Or nobody would see that none can move."""
    (fault,) = faults_of(write(tmp_path, f"{INPUTS}[propose]\n{phases}phase_moves = 2\n"))
    assert fault.column == "propose.phase_moves"
    assert fault.what == "no phase follows another, so no box can move"
    two = write(tmp_path, f"{INPUTS}[propose]\nphases = [25, 50]\nphase_moves = 2\n")
    assert read_plan(two).propose.phase_moves == 2
    fewer = read_overrides([], {"boxes": 9})
    assert read_plan(two, overrides=fewer).propose.phase_moves == 0


@pytest.mark.parametrize(
    "value",
    [
        "budget_usd = -1", "budget_usd = nan", "capacity = 0", "phase_moves = -1", "reserve = 1.5",
        "reserve = 51", "relocation = 5", "relocation = { at_most = -1 }", "relocation = {}",
        "relocation = { at_most = 1, cost = 5 }", "relocation = { at_most = 1, cost_usd = inf }",
        "fixed = 'a'", "fixed = [' ']", "forbidden = [5]", "apart_km = 0", "must_reach = 'yes'",
        "priority = 1", "curve_seconds = -1", "curve_seconds = inf", "seed = -1", "seed = 1.5",
    ],
)  # fmt: skip
def test_a_rule_badly_written_is_named_with_its_line(tmp_path, value):
    """A wrong type or a number out of range never reaches the computation."""
    for fault in faults_of(write(tmp_path, f"{INPUTS}[propose]\n{value}\n")):
        assert fault.line == 6
        assert fault.column.startswith(f"propose.{value.split(' ')[0]}")
        assert fault.advice


@pytest.mark.parametrize(
    ("model", "value"),
    [
        ("set-cover", "share = 0"), ("set-cover", "share = 1.5"),
        ("backup-cover", "backup_boxes = 0"), ("expected-cover", "busy = 1"),
        ("expected-cover", "busy = -0.1"), ("expected-cover", "vehicles = 0"),
    ],
)  # fmt: skip
def test_a_parameter_of_a_model_badly_written_is_named_with_its_line(tmp_path, model, value):
    """Each is told as any other value."""
    text = f'{INPUTS}[propose]\nmodel = "{model}"\n{value}\n'
    (fault,) = faults_of(write(tmp_path, text))
    assert (fault.line, fault.column) == (7, f"propose.{value.split(' ')[0]}")


def test_faults_of_rules_and_of_models_are_told_at_once(tmp_path):
    """Each on its line, also where a candidate is both fixed and forbidden."""
    text = (
        f'{INPUTS}[propose]\nmodel = "p-median"\nshare = 0.5\nreserve = 3\nseed = -1\n'
        'fixed = ["a", "b"]\nforbidden = ["b"]\nrelocation = { at_most = 1 }\n'
    )
    assert [fault.line for fault in faults_of(write(tmp_path, text))] == [7, 8, 9, 11, 12]


def test_keys_of_a_model_that_is_none_are_not_blamed(tmp_path):
    """Only the name of the model is wrong."""
    text = f'{INPUTS}[propose]\nmodel = "set-covr"\nshare = 0.5\n'
    (fault,) = faults_of(write(tmp_path, text))
    assert fault.column == "propose.model"


def test_an_override_that_the_model_does_not_have_is_blamed(tmp_path):
    """--boxes with a set cover is told as the override that it is."""
    path = write(tmp_path, f'{INPUTS}[propose]\nmodel = "set-cover"\n')
    (fault,) = faults_of(path, overrides=[("propose.boxes", 5), ("propose.phases", None)])
    assert (fault.file, fault.column) == ("--set", "propose.boxes")


@pytest.mark.parametrize(
    "deep",
    [
        f"[{'.'.join('a' * 3000)}]\nx = 1\n",
        f"a{'.b' * 3000} = 1\n",
        f"a = {'[' * 250}{']' * 250}\n",
        f"a = {'{ b = ' * 200}1{' }' * 200}\n",
    ],
    ids=["header", "key", "lists", "tables"],
)
def test_what_lies_too_deep_is_told_and_not_walked(tmp_path, deep):
    """Functions that call themselves would come to an end in a traceback."""
    path = tmp_path / "plan.toml"
    path.write_text(deep, encoding="utf-8")
    with pytest.raises(br.InputError, match="key a: its tables and lists lie more than 20 deep"):
        read_plan_file(path, [])
    path.write_text("[inputs]\n", encoding="utf-8")
    with pytest.raises(br.InputError, match="key a: its tables and lists lie more than 20 deep"):
        read_plan_file(path, [(".".join("a" * 3000), 1)])


def test_values_are_read_with_letters_and_marks_as_one_sign(plan):
    """As ids and names of tables are; names of files stay as they are."""
    text = plan.read_text(encoding="utf-8")
    apart = "Cafe\u0301"
    before = "[inputs]\n"
    assert before in text
    more = f'{before}crossings = "{apart}.geojson"\n'
    plan.write_text(text.replace(before, more) + f'\n[[scenario]]\nname = "{apart}"\n', "utf-8")
    values = read_plan_file(plan, [("reach.governorate", [apart])]).values
    assert values["inputs"]["crossings"] == f"{apart}.geojson"
    assert values["scenario"][-1]["name"] == "Caf\u00e9"
    assert values["reach"]["governorate"] == ["Caf\u00e9"]
