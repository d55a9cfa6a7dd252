"""Print who of Iraq's people is within reach of the demo's boxes, as Markdown.

`python docs/iraq_people.py --tables` calls `show_reach` with the communities that it made.
"""

import math
from pathlib import Path

import geopandas as gpd
import pandas as pd
from markdown_text import folded, number, share, table

import boxreach as br

ROOT = Path(__file__).parents[1]
RESIDENTS, DISPLACED, CELLS = "residents_2014", "displaced_2015", "gpw_2020"
NO_WAY = f"{CELLS}_without_way"
COUNTED = (RESIDENTS, DISPLACED, CELLS, NO_WAY)
MINUTES = (15, 30, 60)
MINUTES_OF_GAPS = 30
MINUTES_THAT_COUNT = 10
MOST_CLUSTERS = 10


def show_reach(
    made: gpd.GeoDataFrame,
    network: br.RoadNetwork,
    both_ways: br.RoadNetwork,
    levels: dict[str, gpd.GeoDataFrame],
    cells: gpd.GeoDataFrame,
) -> None:
    """Compute reach at 15, 30 and 60 minutes, and print it at three levels and as clusters.

    `both_ways` has the roads of `network`, none of them one-way.
    """
    boxes = br.read_sites(ROOT / "data" / "iraq" / "boxes.csv")
    made = made.assign(people=made[RESIDENTS])
    times = br.travel_times(network, boxes, made)
    reached = br.reach(times, minutes=MINUTES_OF_GAPS)
    tables = br.summarise_levels(reached, levels, minutes=MINUTES, people=COUNTED, boxes=boxes)
    governorates = tables["governorate"]
    show_residents(governorates)
    show_layers(governorates)
    show_cells(br.reach(br.travel_times(network, boxes, cells), minutes=MINUTES_OF_GAPS))
    show_farthest(governorates, reached, levels["governorate"])
    otherwise = br.reach(br.travel_times(both_ways, boxes, made), minutes=MINUTES_OF_GAPS)
    show_one_ways(
        governorates,
        br.summarise(otherwise, by=levels["governorate"], minutes=MINUTES, people=COUNTED),
    )
    show_subdistricts(tables["subdistrict"], levels["subdistrict"])
    show_displaced(tables["subdistrict"], levels["subdistrict"])
    show_sums(tables)
    show_clusters(br.cluster_gaps(times, minutes=MINUTES_OF_GAPS, people=RESIDENTS))


def at(summary: pd.DataFrame, minutes: float) -> pd.DataFrame:
    """Return the rows of one threshold, rows in no area named so."""
    rows = summary[summary["threshold_minutes"] == minutes]
    return rows.assign(name=rows["name"].where(rows["name"] != "", "(in none)"))


def known(rows: pd.DataFrame, column: str, layer: str = RESIDENTS) -> "pd.Series[float]":
    """Return a column of people, missing where no site says how many: nobody known is not nobody.

    No site at all says nothing either.
    """
    return rows[column].where(rows[f"places_unknown_{layer}"] < rows["places"])


def way(minutes: float, places: int) -> str:
    """Write minutes; where there are none the way is missing, unless the places are."""
    if math.isnan(minutes):
        return "no way" if places else "–"
    return f"{minutes:,.0f}"


def show_residents(summary: pd.DataFrame) -> None:
    """Residents of 2014 within reach, by governorate."""
    print("### Residents of 2014 within reach, 18 governorates\n")
    half = at(summary, MINUTES_OF_GAPS)
    within = [known(at(summary, one), f"{RESIDENTS}_covered") for one in MINUTES]
    rows = [
        [one["name"], f"{one['places']:,}", number(known(half, RESIDENTS)[area]),
         *(number(each[area]) for each in within), share(one[f"share_{RESIDENTS}_covered"]),
         share(one["share_two_boxes"]), way(one["median_minutes"], one[RESIDENTS]),
         way(one["p90_minutes"], one[RESIDENTS]), f"{one['boxes']:,}",
         number(one["people_per_box"])]
        for area, one in half.iterrows()
    ]  # fmt: skip
    header = ["Governorate", "Sites", "Residents", *(f"{one} min" for one in MINUTES)]
    header += ["Share at 30", "Two boxes at 30", "Median min", "90 % min", "Boxes", "Per box"]
    table(header, rows, right=11)


def show_layers(summary: pd.DataFrame) -> None:
    """The other layers beside the residents, by governorate; cells at 30 minutes only."""
    print("### Other layers beside, 18 governorates\n")
    within = [at(summary, one)[f"{DISPLACED}_covered"] for one in MINUTES]
    rows = [
        [one["name"], number(one[DISPLACED]), *(number(each[area]) for each in within),
         share(one[f"share_{DISPLACED}_covered"]), number(one[CELLS]), number(one[NO_WAY]),
         number(one[f"{CELLS}_covered"]), number(one[f"{NO_WAY}_covered"])]
        for area, one in at(summary, MINUTES_OF_GAPS).iterrows()
    ]  # fmt: skip
    header = ["Governorate", "Displaced 2015", *(f"{one} min" for one in MINUTES), "Share at 30"]
    header += ["GPW 2020", "of it without a way", "GPW 30 min", "of it without a way"]
    table(header, rows, right=9)


def show_cells(reached: gpd.GeoDataFrame) -> None:
    """How many cells of GPW a box reaches itself, not the site they are counted to."""
    inside, cut_off = reached[reached["covered"]], reached[reached["minutes"].isna()]
    print(
        f"Measured to the {len(reached):,} centres of its cells instead, {len(inside):,} cells of"
        f" {math.fsum(inside['people']):,.0f} people lie within 30 minutes of a box, and"
        f" {len(cut_off):,} of {math.fsum(cut_off['people']):,.0f} have no way to any.\n"
    )


def show_farthest(
    summary: pd.DataFrame, reached: gpd.GeoDataFrame, governorates: gpd.GeoDataFrame
) -> None:
    """Who has no way at all, and who of the others the longest, by governorate."""
    print("### Farthest from a box\n")
    ways = reached["minutes"].notna()
    cut_off = br.summarise(reached[~ways], by=governorates)["places"]
    worst = br.worst_places(reached[ways], by=governorates, count=1)
    farthest = {
        one["area"]: f"{one['name']}, {one['minutes']:,.0f} min" for _, one in worst.iterrows()
    }
    rows = [
        [one["name"], number(cut_off.get(area, 0)), number(one["people_without_way"]),
         farthest.get(area, "–"), one["worst_five"]]
        for area, one in at(summary, MINUTES_OF_GAPS).iterrows()
    ]  # fmt: skip
    header = ["Governorate", "Sites without a way", "Residents there", "Farthest with a way"]
    with folded("Sites without a way to any box, and the farthest of the others"):
        table([*header, "Worst five"], rows, right=0)


def show_one_ways(summary: pd.DataFrame, otherwise: pd.DataFrame) -> None:
    """What one-way roads cost: governorates that are sooner or more reached without them."""
    print("### If no road were one-way\n")
    column = f"{RESIDENTS}_covered"
    before, after = at(summary, MINUTES[-1]), at(otherwise, MINUTES[-1])
    sooner = before["median_minutes"] - after["median_minutes"] >= MINUTES_THAT_COUNT
    more = after[column] - before[column] >= 1
    rows = [
        [one["name"], number(one["median_minutes"]), number(after["median_minutes"][area]),
         number(one[column]), number(after[column][area])]
        for area, one in before[sooner | more].iterrows()
    ]  # fmt: skip
    header = ["Governorate", "Median min", "with both ways", f"{MINUTES[-1]} min"]
    table([*header, "with both ways"], rows, right=4)


def show_subdistricts(summary: pd.DataFrame, areas: gpd.GeoDataFrame) -> None:
    """Every sub-district, by governorate."""
    half = at(summary, MINUTES_OF_GAPS)
    within = [known(at(summary, one), f"{RESIDENTS}_covered") for one in MINUTES]
    residents, parts = known(half, RESIDENTS), half.drop(index=["", "total"], errors="ignore")
    empty = parts["places"] == 0
    unknown = ~empty & residents[parts.index].isna()
    print(f"### Residents of 2014 within reach, {len(parts)} sub-districts\n")
    printed = math.fsum(round(one) for one in residents[parts.index].dropna())
    print(
        f"{empty.sum()} of {len(parts)} hold no site and {unknown.sum()} only sites that no total"
        " came to: who lives there is counted elsewhere, or unknown, and stands as a dash. Rounded"
        f" rows add up to {printed:,.0f} residents, unrounded ones to"
        f" {math.fsum(parts[RESIDENTS]):,.0f}.\n"
    )
    seats, order = seats_of(half, areas)
    arabic = areas["ADM3_AR"].reindex(half.index).fillna("").str.strip()
    rows = [
        [area if area != "total" else "", one["name"].strip(), arabic[area], seats[area],
         f"{one['places']:,}", number(residents[area]), *(number(each[area]) for each in within),
         number(known(half, DISPLACED, DISPLACED)[area]), number(known(half, CELLS, CELLS)[area])]
        for area, one in half.loc[order].iterrows()
    ]  # fmt: skip
    header = ["Id", "Sub-district", "In Arabic", "Governorate", "Sites", "Residents"]
    header += [*(f"{one} min" for one in MINUTES), "Displaced 2015", "GPW 2020"]
    with folded(f"All {len(parts)} sub-districts"):
        table(header, rows, right=7)


def show_displaced(summary: pd.DataFrame, areas: gpd.GeoDataFrame) -> None:
    """Displaced people of every sub-district, by governorate."""
    half = at(summary, MINUTES_OF_GAPS)
    displaced = known(half, DISPLACED, DISPLACED)
    within = [known(at(summary, one), f"{DISPLACED}_covered", DISPLACED) for one in MINUTES]
    seats, order = seats_of(half, areas)
    count = len(half.index.difference(["", "total"]))
    print(f"### Displaced people of 2015 within reach, {count} sub-districts\n")
    rows = [
        [area if area != "total" else "", half["name"][area].strip(), seats[area],
         number(displaced[area]), *(number(each[area]) for each in within),
         share(half[f"share_{DISPLACED}_covered"][area])]
        for area in order
    ]  # fmt: skip
    header = ["Id", "Sub-district", "Governorate", "Displaced 2015"]
    header += [*(f"{one} min" for one in MINUTES), "Share at 30"]
    with folded(f"Displaced people of all {count} sub-districts"):
        table(header, rows, right=5)


def seats_of(half: pd.DataFrame, areas: gpd.GeoDataFrame) -> "tuple[pd.Series[str], list[str]]":
    """Return the governorate of each sub-district, and the ids in order of it and the name."""
    seats = areas["ADM1_EN"].reindex(half.index).fillna("")
    parts = half.drop(index=["", "total"], errors="ignore")
    order = parts.assign(seat=seats).sort_values(["seat", "name"]).index.tolist()
    return seats, order + half.index.difference(order, sort=False).tolist()


def show_sums(tables: dict[str, pd.DataFrame]) -> None:
    """Whether all levels have the same total."""
    print("All levels have the same total:\n")
    for level, summary in tables.items():
        parts = at(summary, MINUTES_OF_GAPS).drop(index=["", "total"], errors="ignore")
        within = [
            f"{math.fsum(at(summary, one)[f'{RESIDENTS}_covered'].drop('total')):,.0f}"
            for one in MINUTES
        ]
        whole = math.fsum(at(summary, MINUTES_OF_GAPS)[RESIDENTS].drop("total"))
        print(
            f"- {len(parts)} areas of the level {level}, and the site in none, add up to"
            f" {whole:,.0f} residents, {', '.join(within)} of them within 15, 30, 60 minutes."
        )
    print()


def show_clusters(found: br.GapClusters) -> None:
    """The largest pieces of what is left out at 30 minutes, and what one box would gain."""
    print(f"### Where the gaps cluster: the {MOST_CLUSTERS} largest of {len(found.clusters)}\n")
    clusters = found.clusters
    rows = [
        [name, one["name"], one["governorate"], f"{one['places']:,}", number(one[RESIDENTS]),
         one["spot_name"], number(one[f"{RESIDENTS}_gained"])]
        for name, one in clusters.head(MOST_CLUSTERS).iterrows()
    ]  # fmt: skip
    header = ["Cluster", "Largest site", "Governorate", "Sites", "Residents", "Best spot"]
    table([*header, "One box gains"], rows)
    whole = math.fsum(clusters[RESIDENTS])
    first = math.fsum(clusters[RESIDENTS].head(MOST_CLUSTERS))
    print(
        f"They hold {first:,.0f} ({first / whole:.0%}) of the {whole:,.0f} residents left out at"
        f" {MINUTES_OF_GAPS} minutes. Gains of several rows may count the same people.\n"
    )
