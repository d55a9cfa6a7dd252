"""What a plan may ask for besides its defaults, run end to end on a small one."""

import json
from contextlib import contextmanager
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box

import boxreach as br
from boxreach.cli import pipeline
from boxreach.cli.area_tables import Level
from boxreach.exports import OUTPUT_FILES
from boxreach.languages import words
from boxreach.routing.merging import Merging
from tests.test_report import Page

pytestmark = pytest.mark.slow


@pytest.fixture
def ran(plan, cli, tmp_path):
    """Run a command of the small plan as it stands now; return the folder and what was noted."""

    def run(*options, command="reach", expected=0):
        code, _, message = cli(command, plan, "-o", tmp_path / "out", *options)
        assert code == expected, message
        return tmp_path / "out", message

    return run


def table(out, name):
    return pd.read_csv(out / f"{name}.csv", encoding="utf-8-sig")


def figures(out):
    return json.loads((out / "summary.json").read_text("utf-8"))


def rewrite_communities(plan, edit, *, people=False):
    """Give the communities two layers and marks, and the plan the keys that read them."""
    head = "community_id,name,lon,lat,residents,displaced,must_reach"
    rows = [
        "c1,One,44.06,33.11,1000,10,yes",
        "c2,Two,44.30,33.10,2500,,",
        "c3,Three,44.44,33.12,,30,no",
        "c4,Four,44.26,33.22,400,40,x",
        "c5,Five,44.10,33.45,50,5,نعم",
    ]
    (plan.parent / "communities.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    more = 'layers = ["residents", "displaced"], total = ["residents"]'
    edit(plan, '"communities.csv"', f'{{ file = "communities.csv", {more} }}')
    if not people:
        edit(plan, 'population = "people.tif"\n', "")


# --- layers --------------------------------------------------------------------------------


def test_layers_stand_side_by_side_and_nobody_adds_them(plan, edit, ran):
    """People are the residents alone; each layer has sums of its own, in tables and summary."""
    rewrite_communities(plan, edit)
    out, _ = ran()
    areas = table(out, "areas")
    for name in ("people", "residents", "displaced"):
        assert (areas[f"{name}_covered"] + areas[f"{name}_uncovered"] == areas[name]).all()
        parts = areas[areas["governorate"] != "total"].groupby("threshold_minutes")[name].sum()
        whole = areas[areas["governorate"] == "total"].set_index("threshold_minutes")[name]
        assert parts.to_dict() == whole.to_dict()
    whole = areas[areas["governorate"] == "total"].set_index("threshold_minutes")
    assert whole["people"].tolist() == whole["residents"].tolist() == [3950, 3950]
    assert whole["displaced"].tolist() == [85, 85]
    said = figures(out)["layers"]
    assert list(said) == ["residents", "displaced"]
    for name, layer in said.items():
        assert layer["total"] == whole[name].iloc[0]
        assert layer["unknown_communities"] == 1 == whole[f"places_unknown_{name}"].iloc[0]
        assert layer["covered"] == {f"{m:g}": n for m, n in whole[f"{name}_covered"].items()}
    record = json.loads((out / "run.json").read_text("utf-8"))
    (source,) = [one for one in record["inputs"] if one["name"] == "communities"]
    assert (source["layers"], source["total"]) == (["residents", "displaced"], ["residents"])


def test_layers_are_those_of_communities_also_where_people_are_counted_on_cells(plan, edit, ran):
    """The cells say how many people there are, the communities how many of each kind."""
    rewrite_communities(plan, edit, people=True)
    out, _ = ran()
    whole = table(out, "areas").set_index("governorate").loc["total"].iloc[0]
    assert (whole["people"], whole["residents"], whole["displaced"]) == (4133.5, 3950, 85)


def test_a_layer_called_as_another_column_of_the_tables_is_refused(plan, edit, refused):
    """Two columns of one name would say two things."""
    rewrite_communities(plan, edit)
    edit(plan.parent / "communities.csv", "displaced", "boxes")
    edit(plan, '"displaced"', '"boxes"')
    assert "'boxes' would name two columns" in refused(plan, command="reach")


def test_who_must_be_reached_and_is_not_is_named(plan, edit, ran):
    """Marks of communities are counted at each threshold; those left out stand by name."""
    rewrite_communities(plan, edit)
    out, _ = ran("--set", "reach.minutes=[5, 20]", "--set", "propose.minutes=5")
    must = figures(out)["must_reach"]
    gaps = table(out, "gaps").set_index("id")
    marked = {"c1", "c4", "c5"}
    assert must["total"] == 3
    assert [one["id"] for one in must["left_out"]] == [one for one in gaps.index if one in marked]
    assert {"id": "c5", "name": "Five"} in must["left_out"]
    assert must["covered"]["5"] == 3 - len(must["left_out"]) < must["covered"]["20"]
    assert not marked.issuperset(gaps.index)
    whole = table(out, "areas").set_index("governorate").loc["total"]
    assert whole["must_reach_covered"].tolist() == [*must["covered"].values()]


def test_no_marks_are_no_figures(ran):
    """Where nobody is marked nothing is said of it."""
    out, _ = ran()
    assert figures(out)["must_reach"] is None
    assert "must_reach" not in table(out, "areas")


# --- where people are counted --------------------------------------------------------------


def test_people_counted_on_communities_are_those_of_the_cells(plan, edit, ran):
    """All come to a community, none is lost, and what the file said of people is replaced."""
    edit(plan, "[propose]", '[people]\ncount_on = "communities"\n[propose]')
    out, message = ran(command="run")
    assert "the people of 4 communities are replaced" in message
    said = figures(out)
    assert said["people"]["counted_on"] == "communities"
    assert said["people"]["total"] == said["proposal"]["total"] == 4133.5
    reach = table(out, "reach")
    assert reach[reach["threshold_minutes"] == 10]["people"].sum() == 4133.5
    gaps = table(out, "gaps")
    assert set(gaps["kind"]) == {"community"}
    assert gaps["people"].sum() == table(out, "gap_clusters")["people"].sum()
    assert not (out / "density.csv").exists()
    (population,) = [
        one
        for one in json.loads((out / "run.json").read_text("utf-8"))["inputs"]
        if one["name"] == "population"
    ]
    assert population["rows"] == 3


def test_people_are_as_many_on_cells_as_on_communities(plan, edit, ran):
    """The plan says where they are counted, not how many there are."""
    out, _ = ran()
    on_cells = figures(out)["people"]
    out, _ = ran("--set", "people.count_on=communities")
    on_communities = figures(out)["people"]
    assert on_cells["total"] == on_communities["total"]
    assert (on_cells["counted_on"], on_communities["counted_on"]) == (
        "population cells", "communities",
    )  # fmt: skip


def test_unknown_people_are_of_that_on_which_people_are_counted(plan, edit, ran):
    """A community without people is unknown where communities are counted, and no cell is."""
    out, _ = ran()
    assert (table(out, "areas")["places_unknown_people"] == 0).all()
    said = figures(out)
    assert (said["people"]["unknown_places"], said["communities"]["unknown_people"]) == (0, 1)
    edit(plan, 'population = "people.tif"\n', "")
    out, _ = ran()
    areas = table(out, "areas").set_index("governorate")["places_unknown_people"]
    assert areas.to_dict() == {"East": 1, "West": 0, "total": 1}
    assert figures(out)["people"]["unknown_places"] == 1


def test_layers_beside_people_on_cells_have_unknowns_of_their_own(plan, edit, ran):
    """The report says beside each column of people how many of its own places are unknown."""
    rewrite_communities(plan, edit, people=True)
    out, _ = ran()
    whole = table(out, "areas").set_index("governorate").loc["total"].iloc[0]
    unknown = ["places_unknown_people", "places_unknown_residents", "places_unknown_displaced"]
    assert whole[unknown].tolist() == [0, 1, 1]
    page = Page((out / "report.html").read_text("utf-8"))
    rows = page.table("layers_title")[2:]
    assert [(row[0], row[2]) for row in rows] == [
        ("People", "0"), ("Residents", "1"), ("Displaced", "1"),
    ]  # fmt: skip
    header = page.table("areas_title_places")[0]
    assert words("report", "en")["people_unknown"] not in header


def test_cells_that_are_not_there_cannot_be_counted_on(plan, edit, refused):
    """The line of the key is given."""
    edit(plan, 'population = "people.tif"\n', "")
    edit(plan, "[propose]", '[people]\ncount_on = "cells"\n[propose]')
    message = refused(plan)
    assert "plan.toml, line 12, key people.count_on" in message
    assert "inputs.population" in message


def test_people_do_not_come_from_two_places(plan, edit, refused):
    """A sum of layers and a population are both people of the communities."""
    rewrite_communities(plan, edit, people=True)
    edit(plan, "[propose]", '[people]\ncount_on = "communities"\n[propose]')
    assert "line 13, key people.count_on" in refused(plan)


def test_cells_are_merged_as_far_as_the_plan_says_and_it_is_told(ran, monkeypatch):
    """Only cells are, communities never; what it changed stands in the summary."""
    asked = set()
    search = pipeline.travel_times

    def listen(network, sites, demand, **options):
        times = search(network, sites, demand, **options)
        asked.add((demand.index.name, options["merge_minutes"]))
        return replace(times, merging=Merging(3, 2, options["merge_minutes"] / 2))

    monkeypatch.setattr(pipeline, "travel_times", listen)
    out, _ = ran("--set", "reach.merge_minutes=0.5", command="run")
    assert asked == {("community_id", 0.0), ("cell_id", 0.5)}
    assert figures(out)["merging"] == {"rows": 3, "searched": 2, "largest_change_minutes": 0.25}
    asked.clear()
    out, _ = ran(command="run")
    assert {minutes for _, minutes in asked} == {0.0}
    assert figures(out)["merging"]["largest_change_minutes"] == 0


def test_a_plan_that_merges_nothing_searches_each_row(ran):
    """The three cells of the small plan are searched one by one."""
    out, _ = ran()
    said = figures(out)["merging"]
    assert said == {"rows": 3, "searched": 3, "largest_change_minutes": 0}


# --- areas ---------------------------------------------------------------------------------


@pytest.fixture
def one_name(plan, edit):
    """Call both districts of the small plan by one name, and a third one where nobody lives."""
    shapes = [box(43.9, 33, 44.25, 33.5), box(44.25, 33, 44.6, 33.5), box(44.6, 33, 44.7, 33.5)]
    names = {"area_id": ["d1", "d2", "d3"], "name": ["Adel", "Adel", "Heet"]}
    gpd.GeoDataFrame(names, geometry=shapes, crs=4326).to_file(plan.parent / "districts.gpkg")
    edit(plan, "[network]", 'districts = "districts.gpkg"\n[network]')
    return plan


def test_two_areas_of_one_name_are_counted_apart(one_name, ran):
    """Each has a row with its id; together they are what the governorates are."""
    out, _ = ran(command="run")
    districts = table(out, "districts")
    assert districts["area_id"].dropna().tolist() == ["d1", "d2", "d3"] * 2
    areas = table(out, "areas").set_index("area_id")
    counted = districts.set_index("area_id")
    for column in ("places", "people", "people_covered", "boxes"):
        assert counted.loc["d1", column].tolist() == areas.loc["w", column].tolist()
        assert counted.loc["d2", column].tolist() == areas.loc["e", column].tolist()
    assert counted.loc[["d1", "d2"], "district"].unique().tolist() == ["Adel"]


def test_every_table_of_areas_has_them_by_name_and_the_total_last(plan, ran):
    """Ids that sort otherwise than the names decide nothing."""
    areas = gpd.read_file(plan.parent / "areas.gpkg").assign(area_id=["1", "2"])
    areas.to_file(plan.parent / "areas.gpkg")
    out, _ = ran()
    for name, column in (("areas", "governorate"), ("worst_places", "area"),
                         ("curves", "governorate")):  # fmt: skip
        order = table(out, name)[column].drop_duplicates().tolist()
        assert order == ["East", "West", "total"], name
    ranks = table(out, "worst_places").groupby("area", sort=False)["rank"].agg(list)
    assert ranks.map(lambda one: one == sorted(one)).all()
    page = Page((out / "report.html").read_text("utf-8"))
    assert [row[0] for row in page.table("worst_title")[1:]] == ["East", "West", "Total"]


def test_an_area_in_which_there_is_nothing_has_zeros_and_blanks(one_name, ran):
    """Nobody is there, so no share, no minutes and no people per box can be said."""
    out, _ = ran()
    empty = table(out, "districts").set_index("area_id").loc["d3"].iloc[0]
    sums = ["places", "people", "people_covered", "people_two_boxes", "people_without_way", "boxes"]
    assert (empty[sums] == 0).all()
    blank = ["share_covered", "mean_minutes", "p90_minutes", "gini_minutes", "people_per_box"]
    assert empty[blank].isna().all()


def forget_people(plan, ids):
    """Leave the people of some communities unknown."""
    path = plan.parent / "communities.csv"
    lines = path.read_text("utf-8").splitlines()
    said = [f"{one.rsplit(',', 1)[0]}," if one.split(",")[0] in ids else one for one in lines]
    path.write_text("\n".join([*said, ""]), encoding="utf-8")


def test_an_area_of_unknown_people_says_no_number_of_them(one_name, edit, ran):
    """Unknown is blank and not zero; the total is what is known; no community is nobody."""
    edit(one_name, 'population = "people.tif"\n', "")
    forget_people(one_name, {"c1", "c5"})
    out, _ = ran(command="run")
    areas = table(out, "areas").set_index("governorate")
    of_people = [name for name in areas.columns if name.startswith("people")]
    assert areas.loc["West", of_people].isna().all(axis=None)
    assert areas.loc["West", ["places", "places_unknown_people"]].eq(2).all(axis=None)
    for name in ("people", "people_covered", "people_uncovered"):
        assert areas.loc["East", name].tolist() == areas.loc["total", name].tolist()
    empty = table(out, "districts").set_index("area_id").loc["d3"]
    assert empty[["places", "people", "people_covered", "people_uncovered"]].eq(0).all(axis=None)
    assert figures(out)["people"]["total"] == 2900
    drawn = json.loads((out / "areas.geojson").read_text("utf-8"))["features"]
    people = {one["properties"]["name"]: one["properties"]["people_covered_10"] for one in drawn}
    assert people["West"] is None
    page = Page((out / "report.html").read_text("utf-8"))
    assert page.table("areas_title_people")[3] == ["West", "unknown"]
    assert page.table("areas_title_places")[3][:3] == ["West", "2", "2"]
    standing = {row[0]: row[1:] for row in page.table("heading_standing")[1:]}
    assert standing["West"][-2:] == ["unknown", "unknown"]


def test_the_people_of_a_layer_are_blank_where_they_are_unknown(plan, edit, ran):
    """Each layer by itself; people on cells have nothing to do with it."""
    rewrite_communities(plan, edit, people=True)
    edit(plan.parent / "communities.csv", ",10,yes", ",,yes")
    edit(plan.parent / "communities.csv", ",5,", ",,")
    out, _ = ran()
    west = table(out, "areas").set_index("governorate").loc["West"]
    kind = ["displaced", "displaced_covered", "displaced_uncovered"]
    assert west[kind].isna().all(axis=None)
    assert (
        west[["residents", "residents_covered", "people", "people_covered"]].notna().all(axis=None)
    )
    page = Page((out / "report.html").read_text("utf-8"))
    rows = {row[0]: row[1:] for row in page.table("layers_areas_title", minutes="10")[2:]}
    assert rows["West"][-1] == "unknown"
    assert rows["Total"][-2] == "70"


def test_the_terminal_copes_with_areas_of_unknown_people(plan, edit, cli, tmp_path):
    """They are not known, and where nobody is, places are counted."""
    edit(plan, 'population = "people.tif"\n', "")
    forget_people(plan, {"c1", "c5"})
    _, said, _ = cli("reach", plan, "-o", tmp_path / "out")
    (west,) = [line.split() for line in said.splitlines() if line.split()[:1] == ["West"]]
    assert west == ["West", "not", "known", "-", "-", "-", "-"]
    assert "people within reach" in said
    forget_people(plan, {"c2", "c4"})
    _, said, _ = cli("reach", plan, "-o", tmp_path / "out")
    assert "places within reach" in said
    assert "not known" not in said


def test_a_name_that_two_areas_have_is_not_trusted(one_name, edit, ran):
    """What a file says cannot tell them apart, so its rows lie where they lie, and it is said."""
    path = one_name.parent / "communities.csv"
    head, *rows = path.read_text("utf-8").splitlines()
    lines = [f"{head},district", *(f"{row},Adel" for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out, message = ran()
    assert "the district 'Adel' is several areas" in message
    places = table(out, "districts").set_index("area_id")["places"]
    assert places.loc["d1"].tolist() == [2, 2]
    assert places.loc["d2"].tolist() == [3, 3]


def test_what_a_file_says_of_its_areas_is_believed(plan, ran):
    """A community counts where its file puts it, though it lies on the other side."""
    path = plan.parent / "communities.csv"
    head, *rows = path.read_text("utf-8").splitlines()
    lines = [f"{head},governorate", *(f"{row},East" for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out, _ = ran()
    places = table(out, "areas").set_index("governorate")["places"]
    assert (places["East"].tolist(), places["West"].tolist()) == ([5, 5], [0, 0])


@pytest.mark.release
def test_governorates_of_one_name_run_through_map_and_report(plan, ran, edit, read_page_text):
    """Pages tell them apart by their ids."""
    areas = gpd.read_file(plan.parent / "areas.gpkg").assign(name="Same")
    areas.to_file(plan.parent / "areas.gpkg")
    edit(plan, 'quotas = [{ governorate = "West", at_least = 1 }]\n', "")
    out, _ = ran(command="run")
    assert table(out, "areas")["area_id"].dropna().tolist() == ["e", "w"] * 2
    assert "Same (e)" in read_page_text(out / "map.html")
    assert "Same (e)" in (out / "report.html").read_text("utf-8")


def test_an_area_whose_id_is_that_of_the_total_is_refused(plan, refused):
    """Its row could not be told from the sum."""
    areas = gpd.read_file(plan.parent / "areas.gpkg").assign(area_id=["w", "total"])
    areas.to_file(plan.parent / "areas.gpkg")
    assert "areas.gpkg: an area is called 'total'" in refused(plan)


def test_a_level_without_shapes_takes_names_as_ids():
    """Blank and missing names are one place outside all areas."""
    rows = gpd.GeoDataFrame({"side": ["East", None, ""]}, geometry=[Point(0, 0)] * 3, crs=4326)
    assert Level("side", None).ids(rows).tolist() == ["East", "", ""]
    assert Level("other", None).ids(rows).tolist() == ["", "", ""]


# --- boxes ---------------------------------------------------------------------------------


def add_types(plan, edit, types):
    path = plan.parent / "boxes.csv"
    head, *rows = path.read_text("utf-8").splitlines()
    lines = [f"{head},box_type", *(f"{r},{t}" for r, t in zip(rows, types, strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    described = (
        '[[box_types]]\nname = "box"\nofficers = 12\n'
        '[[box_types]]\nname = "large"\nvehicles = 5\nofficers = 30\ncost_usd = 400_000\n'
    )
    edit(plan, "[network]", f"{described}[network]")


def test_boxes_of_several_types_are_counted_by_area(plan, edit, ran):
    """Vehicles, officers and dollars are those of their types, blank being the first."""
    add_types(plan, edit, ["large", "", "box"])
    out, _ = ran()
    said = figures(out)
    assert (said["boxes"], said["vehicles"], said["officers"], said["cost_usd"]) == (
        3, 9, 54, 900_000,
    )  # fmt: skip
    areas = table(out, "areas").drop_duplicates("governorate").set_index("governorate")
    assert areas["vehicles"].to_dict() == {"West": 5, "East": 4, "total": 9}
    per = areas["people"] / areas["officers"]
    assert areas["people_per_officer"].to_dict() == pytest.approx(per.to_dict(), abs=1e-6)


def test_a_type_that_the_plan_does_not_describe_is_refused(plan, edit, refused):
    """The box is named, its row as a spreadsheet counts it, and the nearest type."""
    add_types(plan, edit, ["large", "larg", "box"])
    edit(plan.parent / "boxes.csv", "\nb2", "\n,,,,\n\nb2")
    message = refused(plan)
    assert "boxes.csv, row 5, column box_type" in message
    assert "'b2'" in message
    assert "did you mean large?" in message


def test_a_type_in_a_layer_is_refused_with_the_feature_of_its_box(plan, edit, refused):
    """Features of a layer count from 1, as in other faults of layers."""
    boxes = {"site_id": ["b1", "b2"], "box_type": ["", "huge"]}
    places = [Point(44.05, 33.10), Point(44.45, 33.10)]
    gpd.GeoDataFrame(boxes, geometry=places, crs=4326).to_file(plan.parent / "boxes.gpkg")
    edit(plan, "boxes.csv", "boxes.gpkg")
    assert "boxes.gpkg, feature 2, column box_type: " in refused(plan)


def test_types_without_any_description_are_refused(plan, edit, refused):
    """The message says where to describe them."""
    path = plan.parent / "boxes.csv"
    head, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([f"{head},box_type", *(f"{r},huge" for r in rows), ""]), "utf-8")
    message = refused(plan)
    assert message.count("[[box_types]]") == 3


# --- other demand --------------------------------------------------------------------------

DEMAND = """
[inputs.demand.schools]
file = "schools.csv"
unit = "schools"
label = "made up"

[inputs.demand.power]
file = "power.geojson"
unit = "mw"
weight = "capacity"

[inputs.demand.pipes]
file = "pipes.geojson"
unit = "km"
segment_km = 2

[inputs.demand.fields]
file = "fields.geojson"
unit = "km2"
"""


@pytest.fixture
def with_demand(plan):
    """Give the small plan points with and without weights, lines and areas to be reached."""
    folder = plan.parent
    (folder / "schools.csv").write_text(
        "demand_id,name,lon,lat\ns1,First,44.06,33.11\ns2,=Second,44.30,33.10\ns3,,44.10,33.45\n",
        encoding="utf-8",
    )
    layers = {
        "power": ({"capacity": [1.5, 20.25]}, [Point(44.31, 33.11), Point(44.55, 33.48)]),
        "pipes": ({}, [LineString([(44.0, 33.12), (44.2, 33.12)])]),
        "fields": ({}, [box(44.0, 33.1, 44.02, 33.12), box(44.5, 33.4, 44.53, 33.45)]),
    }
    for name, (columns, shapes) in layers.items():
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)
        frame.to_file(folder / f"{name}.geojson")
    plan.write_text(plan.read_text("utf-8") + DEMAND, encoding="utf-8")
    return plan


def test_points_lines_and_areas_are_reached_and_add_up(with_demand, ran):
    """Rows, areas and summary say the same of each layer, in its own unit."""
    out, _ = ran(command="run")
    rows, areas, said = table(out, "demand"), table(out, "demand_areas"), figures(out)["demand"]
    assert list(said) == ["schools", "power", "pipes", "fields"]
    assert {name: one["unit"] for name, one in said.items()} == {
        "schools": "schools", "power": "mw", "pipes": "km", "fields": "km2",
    }  # fmt: skip
    assert areas["covered"].to_numpy() + areas["uncovered"].to_numpy() == pytest.approx(
        areas["total"].to_numpy(), abs=2e-6
    )
    for (name, minutes), part in rows.groupby(["layer", "threshold_minutes"]):
        at = areas[(areas["layer"] == name) & (areas["threshold_minutes"] == minutes)]
        at = at.set_index("area")
        covered = part["weight"][part["covered"]].sum()
        assert at.loc["total", "total"] == pytest.approx(part["weight"].sum(), abs=1e-5)
        assert at.loc["total", "covered"] == pytest.approx(covered, abs=1e-5)
        assert at["covered"].drop("total").sum() == pytest.approx(covered, abs=1e-5)
        assert set(at.index) == {"West", "East", "total"}
        assert said[name]["covered"][f"{minutes:g}"] == at.loc["total", "covered"]
        assert said[name]["uncovered"][f"{minutes:g}"] == at.loc["total", "uncovered"]
        assert said[name]["total"] == at.loc["total", "total"]
    assert said["schools"]["total"] == 3
    assert said["power"]["total"] == 21.75
    assert said["pipes"]["total"] == pytest.approx(18.66, abs=0.02)
    assert len(rows[(rows["layer"] == "pipes") & (rows["threshold_minutes"] == 10)]) == 10
    assert 0 < said["schools"]["covered"]["20"] < 3
    uncovered = rows[~rows["covered"]]
    assert uncovered["reason"].isin(["TOO_FAR", "OFF_ROAD", "ISOLATED", "CLOSED"]).all()
    assert rows["reason"][rows["covered"]].isna().all()


def test_other_demand_is_recorded_with_its_source(with_demand, ran):
    """File, hash, unit and label of each layer stand in the record, and its label in the rows."""
    out, _ = ran()
    record = json.loads((out / "run.json").read_text("utf-8"))
    inputs = {one["name"]: one for one in record["inputs"]}
    assert inputs["demand.schools"]["unit"] == "schools"
    assert inputs["demand.schools"]["rows"] == 3
    assert inputs["demand.pipes"]["segment_km"] == 2
    assert len(inputs["demand.fields"]["sha256"]) == 64
    assert set(table(out, "demand")["labels"]) == {"demand.schools: made up"}


def test_strangers_names_of_other_demand_are_text(with_demand, ran):
    """A spreadsheet runs none of them."""
    out, _ = ran()
    assert "'=Second" in (out / "demand.csv").read_text("utf-8-sig")


def test_check_reads_other_demand(with_demand, cli, edit):
    """Each layer is listed, and what is wrong with one is said with the faults of the others."""
    code, said, _ = cli("check", with_demand)
    assert code == 0
    assert "demand.pipes: pipes.geojson, 10 rows" in said
    edit(with_demand.parent / "schools.csv", "44.06", "444.06")
    edit(with_demand.parent / "boxes.csv", "44.05", "444.05")
    code, _, message = cli("check", with_demand)
    assert code == 2
    assert "schools.csv" in message
    assert "boxes.csv" in message


def test_a_run_without_other_demand_writes_no_table_of_it(ran):
    """Files that would be empty are not there."""
    out, _ = ran()
    names = {one.name for one in out.iterdir()}
    assert names <= OUTPUT_FILES
    assert not {"demand.csv", "demand_areas.csv"} & names


# --- gaps ----------------------------------------------------------------------------------


def test_clusters_of_communities_are_called_as_they_are(plan, edit, ran):
    """Where people are counted on communities no other name is needed."""
    edit(plan, 'population = "people.tif"\n', "")
    out, _ = ran("--set", "propose.minutes=5")
    gaps, clusters = table(out, "gaps"), table(out, "gap_clusters")
    assert len(gaps) == clusters["places"].sum() > 0
    assert gaps["cluster_id"].notna().all()
    sums = gaps.groupby("cluster_id")["people"].sum()
    assert sums.to_dict() == clusters.set_index("cluster_id")["people"].to_dict()
    assert "nearest_community" not in clusters
    assert set(clusters["name"]) <= {"One", "Two", "Three", "Four", "Five"}
    assert [one["name"] for one in figures(out)["gap_clusters"]["largest"]] == [*clusters["name"]][
        :5
    ]


def test_a_community_is_in_the_first_cluster_of_cells_whose_spot_has_it_in_time(plan, ran, edit):
    """Recomputed from the files, by road."""
    for line in ("b1,Alpha,44.05,33.10\n", "b2,Beta,44.45,33.10\n"):
        edit(plan.parent / "boxes.csv", line, "")
    out, _ = ran("--set", "propose.minutes=10", "--set", "reach.minutes=[10, 60]")
    gaps = table(out, "gaps")
    towns = gaps[gaps["kind"] == "community"].set_index("id")
    clusters = gpd.read_file(out / "gap_clusters.geojson").set_index("cluster_id")
    assert {True, False} == {*towns["cluster_id"].isna()}
    network = br.build_network(br.read_roads(plan.parent / "roads.geojson"), off_road_km=10)
    places = br.read_communities(plan.parent / "communities.csv").loc[towns.index]
    for town in places.index:
        first = None
        for cluster in clusters.index:
            times = br.travel_times(network, clusters.loc[[cluster]], places.loc[[town]], cutoff=60)
            if br.reach(times, minutes=10)["covered"].item():
                first = cluster
                break
        assert (towns.loc[town, "cluster_id"] == first) or (
            first is None and pd.isna(towns.loc[town, "cluster_id"])
        )


def test_where_nobody_is_left_out_there_are_no_clusters(plan, ran, edit):
    """Empty tables and layers are written whole."""
    edit(plan, "off_road_km = 10", "off_road_km = 200")
    out, _ = ran("--set", "propose.minutes=1000", "--set", "reach.minutes=[1000]", command="run")
    assert figures(out)["gap_clusters"] == {"count": 0, "largest": []}
    assert len(table(out, "gap_clusters")) == len(table(out, "gaps")) == 0
    layer = json.loads((out / "gap_clusters.geojson").read_text("utf-8"))
    assert layer == {"type": "FeatureCollection", "features": []}


def test_the_terminal_says_where_one_more_box_helps_most(plan, cli, tmp_path, edit):
    """In people; in places where nobody is known to live."""
    edit(plan, 'population = "people.tif"\n', "")
    _, said, _ = cli("reach", plan, "-o", tmp_path / "out", "--set", "propose.minutes=5")
    said = " ".join(said.split())
    cluster = figures(tmp_path / "out")["gap_clusters"]["largest"][0]
    assert f"{cluster['name']} ({cluster['governorate']}), {cluster['people']:,} people" in said
    assert f"one more box there would gain {cluster['people_gained']:,}" in said
    path = plan.parent / "communities.csv"
    lines = [line.rsplit(",", 1)[0] for line in path.read_text("utf-8").splitlines()]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    _, said, _ = cli("reach", plan, "-o", tmp_path / "out", "--set", "propose.minutes=5")
    assert "places; one more box there would gain 1" in " ".join(said.split())


def test_the_new_steps_say_that_they_are_at_work(with_demand, cli, tmp_path, monkeypatch):
    """Each that was begun is ended."""
    told = {}

    @contextmanager
    def listen(_):
        yield lambda what, done, total: told.update({what: (done, total)})

    monkeypatch.setattr("boxreach.cli.terminal.show_progress", listen)
    setting = "people.count_on=communities"
    assert cli("reach", with_demand, "-o", tmp_path / "out", "--set", setting)[0] == 0
    assert {"catchments", "tables", "clusters", "other demand"} <= set(told)
    assert [what for what, (done, total) in told.items() if done != total] == []


@pytest.mark.parametrize(("at", "idle"), [("44.10,33.45", True), ("44.06,33.11", False)])
def test_a_box_from_which_nobody_can_be_reached_is_told(plan, edit, ran, at, idle):
    """It may be written down at a wrong place, and costs as much as any other."""
    edit(plan.parent / "boxes.csv", "b1,Alpha,44.05,33.10", f"b1,Alpha,44.05,33.10\nb9,Stray,{at}")
    edit(plan, "off_road_km = 10", "off_road_km = 5")
    _, message = ran()
    assert ("boxes.csv: 1 of 4 boxes have no way to any place: b9" in message) is idle
