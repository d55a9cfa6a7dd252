"""Make communities of Iraq with three layers of people, and print how, as Markdown.

python docs/iraq_people.py [--tables] [--data ../shared/data/iraq] [-o out-people]

It prints how the names matched, with --tables also who is within reach (docs/iraq.md), and writes
communities.csv, which `boxreach run` reads. Sites are those of IOM's Displacement Tracking Matrix;
residents_2014 the estimate of the Central Statistical Organization by sub-district, spread evenly
over the sites in each; displaced_2015 those whom IOM counted at the site; gpw_2020 the cells of GPW
whose centre lies in Iraq, each counted to the site that is reached from it first on the roads of
2016. people are the residents of 2014 alone, because the layers count many people twice.
"""

import argparse
import math
import sys
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
from iraq_reach import show_reach
from markdown_text import folded, table

import boxreach as br
from boxreach.cli.plan import read_plan

ROOT = Path(__file__).parents[1]
LEVELS = {"governorate": 1, "district": 2, "subdistrict": 3}
NAMES = {"governorate": "gov_ar", "district": "dis_ar", "subdistrict": "subdistrict_ar"}
WRITTEN = ["name", "governorate", "people", "residents_2014", "displaced_2015", "gpw_2020",
           "gpw_2020_without_way"]  # fmt: skip


def read_levels(data: Path, language: str = "AR") -> dict[str, gpd.GeoDataFrame]:
    """Read the areas of OCHA, named in Arabic or English."""
    return {
        level: br.read_areas(
            data / "admin_cod_ab_2019.gpkg",
            layer=f"adm{number}",
            columns={"area_id": f"ADM{number}_PCODE", "name": f"ADM{number}_{language}"},
        )
        for level, number in LEVELS.items()
    }


def read_census(data: Path) -> pd.DataFrame:
    """Read the estimate of 2014, a sub-district a row, counted from 2 as a spreadsheet does."""
    table = pd.read_csv(data / "population_subdistrict_2014.csv")
    return table.set_index(pd.RangeIndex(2, len(table) + 2, name="row"))


def read_sites(data: Path) -> gpd.GeoDataFrame:
    """Read the sites with the displaced people counted there."""
    return br.read_communities(
        data / "communities_dtm_2015.gpkg",
        layers=["displaced_2015"],
        columns={"community_id": "place_id", "displaced_2015": "idp_individuals"},
    ).drop(columns="people")


def read_cells(data: Path) -> gpd.GeoDataFrame:
    """Read the cells of GPW whose centre lies in Iraq."""
    cells = br.read_population(data / "population_gpw_2020_30min_global.tif", unit="count")
    country = gpd.read_file(data / "admin_cod_ab_2019.gpkg", layer="adm0").geometry.union_all()
    return cells[cells.within(country)]


def build_network(data: Path, *, both_ways: bool = False) -> br.RoadNetwork:
    """Build the roads of 2016 as examples/iraq_osm2016.toml does, or with none of them one-way."""
    plan = read_plan(ROOT / "examples" / "iraq_osm2016.toml")
    options = plan.network.model_dump(exclude={"rivers_block", "speeds_kmh"})
    roads = br.read_roads(data / "roads_osm_2016.gpkg", columns={"road_class": "osm_type"})
    if both_ways:
        roads = roads.drop(columns="oneway")
    return br.build_network(roads, speeds=plan.speed_model(), **options)


def counted(rows: pd.DataFrame, totals: "pd.Series[float]") -> list[str]:
    """Return how many rows these are, and of how many people."""
    return [f"{len(rows):,}", f"{totals[rows.index].sum():,.0f}"]


def show_matches(census: pd.DataFrame, matches: pd.DataFrame) -> None:
    """How many rows matched, which nearly, which elsewhere and which not."""
    totals = census["total.pop"]
    exact = matches[(matches["how"] == "exact") & (matches["within"] == "district")]
    elsewhere = matches[(matches["how"] == "exact") & (matches["within"] == "governorate")]
    near, lost = matches[matches["how"] == "near"], matches[matches["how"] == "unmatched"]
    again = matches[matches["rows_of_area"] > 1]
    print("### How the sub-districts matched\n")
    rows = [
        ["exactly, within the district", *counted(exact, totals)],
        ["exactly, elsewhere in the governorate", *counted(elsewhere, totals)],
        ["nearly", *counted(near, totals)],
        ["not", *counted(lost, totals)],
        ["in all", *counted(matches, totals)],
        ["of these on an area with another row", *counted(again, totals)],
    ]
    table(["Matched", "Rows", "People"], rows, right=2)
    for title, part in (
        ("Matched nearly", near),
        ("Matched elsewhere in the governorate", elsewhere),
    ):
        show_pairs(title, census, part)
    near = matches[matches["district_how"] == "near"]
    pairs = census.loc[near.index, ["gov_en", "dis_ar"]].assign(area=near["district_name"])
    pairs = pairs.drop_duplicates()
    with folded(f"Districts matched nearly ({len(pairs)})"):
        table(["Governorate", "Census", "Area"], pairs.to_numpy().tolist(), right=0)


def show_pairs(title: str, census: pd.DataFrame, part: pd.DataFrame) -> None:
    """Rows of the census with the area that each was matched to."""
    rows = [
        [str(row), census.loc[row, "gov_en"], census.loc[row, "dis_ar"].strip(),
         one["said"].strip(), one["found"].strip(), one["within"],
         f"{census.loc[row, 'total.pop']:,.0f}"]
        for row, one in part.iterrows()
    ]  # fmt: skip
    with folded(f"{title} ({len(part)})"):
        table(["Row", "Governorate", "District", "Census", "Area", "Found in the", "People"], rows)


def show_steps(census: pd.DataFrame, steps: pd.DataFrame) -> None:
    """Where the totals went that did not go to the sites of their own sub-district."""
    print("### Where the totals went\n")
    ways = steps.groupby(["reason", "over_level"], sort=True)["total"].agg(["size", "sum"])
    rows = [
        [reason or "matched", level, f"{one['size']:,.0f}", f"{one['sum']:,.0f}"]
        for (reason, level), one in ways.iterrows()
    ]
    table(["Sub-district", "Spread over the sites of the", "Rows", "People"], rows, right=2)
    for title, part in (
        ("Not matched", steps[steps["reason"].str.startswith("not matched")]),
        ("Matched, without a site", steps[steps["reason"] == "no place in it"]),
    ):
        rows = [
            [str(row), census.loc[row, "gov_en"], census.loc[row, "dis_ar"].strip(),
             census.loc[row, "subdistrict_ar"].strip(),
             f"{one['over_level']} {one['over_name'].strip()}", f"{one['places']:,}",
             f"{one['total']:,.0f}"]
            for row, one in part.iterrows()
        ]  # fmt: skip
        header = ["Row", "Governorate", "District", "Sub-district", "Spread over", "Sites"]
        with folded(f"{title} ({len(part)})"):
            table([*header, "People"], rows, right=2)


def show_totals(census: pd.DataFrame, cells: gpd.GeoDataFrame, made: gpd.GeoDataFrame) -> None:
    """The totals before and after."""
    print("### Totals\n")
    before = {
        "residents_2014": census["total.pop"].sum(),
        "gpw_2020": math.fsum(cells["people"]),
        "displaced_2015": made["displaced_2015"].sum(),
    }
    rows = [
        [name, f"{total:,.0f}", f"{math.fsum(made[name].dropna()):,.0f}",
         f"{int(made[name].isna().sum()):,}"]
        for name, total in before.items()
    ]  # fmt: skip
    table(["Layer", "In the source", "At the sites", "Sites unknown"], rows, right=3)
    lost = math.fsum(made["gpw_2020_without_way"])
    print(
        f"Of gpw_2020, {lost:,.0f} people live in cells without a way to any site. The layers are"
        " not added up: they count many people twice.\n"
    )


def write(made: gpd.GeoDataFrame, folder: Path) -> Path:
    """Write communities.csv, every digit of it."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = pd.DataFrame(made[WRITTEN])
    plain.insert(0, "lon", made.geometry.x)
    plain.insert(1, "lat", made.geometry.y)
    path = folder / "communities.csv"
    plain.to_csv(path, encoding="utf-8", lineterminator="\n")
    return path


def main() -> None:
    """Read, match, spread, assign, print and write."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "iraq")
    parser.add_argument("--tables", action="store_true", help="print who is within reach, too")
    parser.add_argument("-o", "--output", type=Path, default=Path("out-people"))
    given = parser.parse_args()
    census, levels = read_census(given.data), read_levels(given.data)
    matches = br.match_areas(census, levels, names=NAMES)
    matches["district_name"] = matches["district_id"].map(levels["district"]["name"])
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        spread = br.spread_totals(
            read_sites(given.data), matches, census["total.pop"], levels, column="residents_2014"
        )
        cells, network = read_cells(given.data), build_network(given.data)
        made = br.assign_people(
            network, spread.places, {"gpw_2020": cells}, total=["residents_2014"]
        )
        english = read_levels(given.data, "EN")
        made = br.join_areas(made, english["governorate"])
        ours = [str(one.message) for one in heard if one.category is br.DataWarning]
        said = list(dict.fromkeys(ours))
    show_matches(census, matches)
    show_steps(census, spread.steps)
    show_totals(census, cells, made)
    print("### What was assumed\n")
    print("\n".join(f"- {one}" for one in said), end="\n\n")
    if given.tables:
        with warnings.catch_warnings():
            # It has just been said.
            warnings.simplefilter("ignore", br.DataWarning)
            show_reach(made, network, build_network(given.data, both_ways=True), english, cells)
    print(f"{len(made):,} communities in {write(made, given.output)}", file=sys.stderr)


if __name__ == "__main__":
    main()
