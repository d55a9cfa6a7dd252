"""Close the bridges of Mosul on the roads of 2016, and print what hangs on them as Markdown.

python docs/iraq_bridges.py [--data ../shared/data/iraq]

A crossing is where roads of 2016 meet the line of the Tigris, which is coarse; lines of road within
500 m of each other are one. Nobody crosses the river over open ground. The banks are the two sides
of that line. People are the residents of 2014, spread over the sites of IOM (docs/iraq_people.py).
The boxes are those of the demo: illustrative.
"""

import argparse
import warnings
from pathlib import Path

import geopandas as gpd
import iraq_people
import numpy as np
import pandas as pd
import shapely
from markdown_text import number, table
from shapely import ops

import boxreach as br
from boxreach.cli.plan import read_plan
from boxreach.crs import metric_crs

ROOT = Path(__file__).parents[1]
TOWN = (42.95, 36.15, 43.45, 36.60)
"""West, south, east and north of Mosul and its surroundings."""
BRIDGE_M = 500
BANKS = ("right bank, west", "left bank, east")
MINUTES = (15, 30, 60)
MINUTES_THAT_COUNT = 15


def main() -> None:
    """Read, close, count and print."""
    asked = read_arguments()
    warnings.simplefilter("ignore", br.DataWarning)
    tigris, banks = read_river(asked.data)
    network = build_network(asked.data, tigris)
    bridges = find_bridges(network, tigris)
    boxes = br.read_sites(ROOT / "data" / "iraq" / "boxes.csv")
    places = place_residents(asked.data, banks)
    times = br.travel_times(network, boxes, places, cutoff=MINUTES[-1])
    closed = times.under(bridges)
    show_size(bridges, boxes.assign(bank=find_bank(boxes, banks)))
    show_banks(times, closed)
    show_each(times, bridges)
    show_opening(closed)


def show_size(bridges: gpd.GeoDataFrame, boxes: gpd.GeoDataFrame) -> None:
    """Where the crossings are, and on which bank the boxes stand."""
    print("### The crossings\n")
    rows = [
        [name, f"{place.centroid.y:.4f}", f"{place.centroid.x:.4f}"]
        for name, place in bridges.geometry.items()
    ]
    table(["Crossing", "Latitude", "Longitude"], rows, right=2)
    for bank in BANKS:
        there = boxes[boxes["bank"] == bank]
        names = ", ".join(f"{one} ({name})" for one, name in there["name"].items()) or "none"
        print(f"Boxes on the {bank}: {names}.\n")


def read_river(data: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the line of the Tigris about Mosul, and the ground on its two sides."""
    rivers = gpd.read_file(data / "rivers_gshhg.gpkg")
    window = shapely.box(*TOWN)
    rivers = rivers[rivers.intersects(window)]
    line = shapely.line_merge(shapely.union_all(rivers.geometry.to_numpy()))
    sides = list(ops.split(window, line).geoms)
    if len(sides) != len(BANKS):
        raise SystemExit(f"the river divides the town in {len(sides)}")
    # It flows to the south-east, so that its right bank holds the corner in the south-west.
    sides.sort(key=lambda side: not side.intersects(shapely.Point(TOWN[:2])))
    return rivers[["geometry"]], gpd.GeoDataFrame({"bank": BANKS}, geometry=sides, crs=4326)


def build_network(data: Path, tigris: gpd.GeoDataFrame) -> br.RoadNetwork:
    """Build the roads of 2016 as docs/iraq_people.py does, with the river between the banks."""
    plan = read_plan(ROOT / "examples" / "iraq_osm2016.toml")
    options = plan.network.model_dump(exclude={"rivers_block", "speeds_kmh"})
    roads = br.read_roads(data / "roads_osm_2016.gpkg", columns={"road_class": "osm_type"})
    return br.build_network(roads, rivers=tigris, speeds=plan.speed_model(), **options)


def find_bridges(network: br.RoadNetwork, tigris: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return where roads cross the river: a row a bridge, of all lines that are drawn for it."""
    window, line = shapely.box(*TOWN), shapely.union_all(tigris.geometry.to_numpy())
    roads = network.roads.geometry.to_numpy()
    near = roads[shapely.intersects(roads, window) & shapely.intersects(roads, line)]
    spots = shapely.get_parts(shapely.intersection(near, line))
    crossings = gpd.GeoSeries(shapely.centroid(spots), crs=4326)
    crossings = crossings[crossings.within(window)]
    metric = crossings.to_crs(metric_crs(TOWN))
    discs = shapely.union_all(shapely.buffer(metric.to_numpy(), BRIDGE_M / 2))
    discs = shapely.get_parts(discs)
    discs = discs[np.argsort(-shapely.get_y(shapely.centroid(discs)))]
    discs = gpd.GeoSeries(discs, crs=metric.crs).to_crs(4326)
    # The river at the crossing: what it cuts is closed.
    shores = shapely.intersection(discs.to_numpy(), line)
    ids = pd.Index([f"crossing-{row}" for row in range(1, len(discs) + 1)], name="closure_id")
    return gpd.GeoDataFrame({"reason": "bridge down"}, geometry=shores, crs=4326, index=ids)


def place_residents(data: Path, banks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return IOM's sites with the residents of 2014, and on which bank about Mosul each lies."""
    census, levels = iraq_people.read_census(data), iraq_people.read_levels(data)
    matches = br.match_areas(census, levels, names=iraq_people.NAMES)
    sites = iraq_people.read_sites(data)
    totals = census["total.pop"]
    made = br.spread_totals(sites, matches, totals, levels, column="residents").places
    return made.assign(people=made["residents"], bank=find_bank(made, banks))


def find_bank(points: gpd.GeoDataFrame, banks: gpd.GeoDataFrame) -> "pd.Series[str]":
    """Return on which bank each point lies, blank away from the town."""
    joined = gpd.sjoin(points[["geometry"]], banks, predicate="within", how="left")
    return joined["bank"].fillna("")


def show_banks(times: br.TravelTimes, closed: br.TravelTimes) -> None:
    """People of both banks within reach, with the bridges and without them."""
    print("### The banks of the Tigris at Mosul\n")
    rows = []
    for bank in BANKS:
        there = times.demand["bank"] == bank
        for said, one in (("standing", times), ("down", closed)):
            table_of = br.reach(one, minutes=MINUTES_THAT_COUNT)[there]
            minutes = table_of["minutes"]
            people = [table_of.loc[minutes <= most, "people"].sum() for most in MINUTES]
            total = table_of["people"].sum()
            middle = weighted_median(minutes, table_of["people"])
            rows.append([bank, said, number(total), *map(number, people), middle])
    header = [*(f"Within {one} min" for one in MINUTES), "Median minutes"]
    table(["Bank", "Bridges", "People", *header], rows, right=5)


def weighted_median(minutes: "pd.Series[float]", people: "pd.Series[float]") -> str:
    """Return the minutes within which half of all people are; where they have none, no way."""
    order = minutes.fillna(np.inf).sort_values()
    half = order[people[order.index].cumsum() >= people.sum() / 2]
    return f"{half.iloc[0]:.1f}" if np.isfinite(half.iloc[0]) else "no way"


def show_each(times: br.TravelTimes, bridges: gpd.GeoDataFrame) -> None:
    """What hangs on each crossing alone, and which box would mend it."""
    print("### If one crossing goes\n")
    options = times.from_sites(br.candidate_sites(times.network, near_town(times.demand)))
    found = br.criticality(times, minutes=MINUTES_THAT_COUNT, roads=bridges, candidates=options)
    rows = []
    for name, row in found.roads.iterrows():
        later = f"{row['slower_minutes']:.1f}" if row["people_slower"] else "–"
        then, best = (row[column] or "–" for column in ("next_site_id", "mending_site_id"))
        people = [number(row[column]) for column in ("people_lost", "people_slower")]
        rows.append([name, *people, later, then, best, number(row["people_mended"])])
    header = ["Crossing", "Lose reach", "Still within, later", "By minutes", "Served then by"]
    table([*header, "Best box", "It brings back"], rows, right=6)


def show_opening(closed: br.TravelTimes) -> None:
    """With all of them down: in which order opening them helps most, and what one box does."""
    print("### If all are down\n")
    found = br.opening_value(closed, minutes=MINUTES_THAT_COUNT)
    rows = [[name, number(row["people_regained"])] for name, row in found.alone.iterrows()]
    table(["Opened alone", "People it brings back"], rows, right=1)
    rows = [
        [str(rank), row["closure_id"], number(row["people_gained"]), number(row["people_regained"])]
        for rank, row in found.together.iterrows()
    ]
    table(["Order", "Opened", "People it brings back", "Together"], rows, right=2)
    options = closed.from_sites(br.candidate_sites(closed.network, near_town(closed.demand)))
    plan = br.propose(options, br.MaxCover(sites=1, minutes=MINUTES_THAT_COUNT), existing=closed)
    row = plan.sites.iloc[0]
    print(
        f"Without any bridge opened, one more box at {row['name']} brings"
        f" {number(row['people_gained'])} people within {MINUTES_THAT_COUNT} minutes"
        f" ({plan.status}).\n"
    )


def near_town(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the places about Mosul."""
    return places[places["bank"] != ""]


def read_arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "iraq")
    return parser.parse_args()


if __name__ == "__main__":
    main()
