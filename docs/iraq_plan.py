"""Plan 100 boxes for the displaced people of Iraq in two phases, and print it as Markdown.

python docs/iraq_plan.py [--data ../shared/data/iraq] [--seconds 60]

Demand and candidates are the places of IOM's Displacement Tracking Matrix of 2015, one a place; the
roads are those of OpenStreetMap in 2016. Five governorates get at least ten boxes each.
"""

import argparse
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from iraq_people import build_network, read_levels, read_sites
from markdown_text import folded, number, share, table

import boxreach as br

ROOT = Path(__file__).parents[1]
PEOPLE = "displaced_2015"
MINUTES = 30
PHASES = (50, 100)
QUOTAS = dict.fromkeys(("Ninewa", "Kirkuk", "Salah Al-Din", "Diyala", "Al-Anbar"), 10)
SHOWN = 20
STEP = 10


def main() -> None:
    """Read, plan and print."""
    asked = read_arguments()
    warnings.simplefilter("ignore", br.DataWarning)
    places = read_places(asked.data)
    network = build_network(asked.data)
    candidates = br.candidate_sites(network, places)
    times = br.travel_times(network, candidates, places, cutoff=60)
    plan = br.propose(
        times,
        br.MaxCover(sites=PHASES[-1], minutes=MINUTES),
        quotas=[br.Quota("governorate", name, at_least=least) for name, least in QUOTAS.items()],
        phases=PHASES,
        seconds=asked.seconds,
    )
    show_size(places, times)
    show_phases(plan)
    show_governorates(plan)
    show_curve(plan, asked.seconds)
    show_sites(plan)


def read_places(data: Path) -> gpd.GeoDataFrame:
    """Read the sites, those at one place as one, with the governorate each lies in."""
    sites = br.join_areas(read_sites(data), read_levels(data, "EN")["governorate"])
    lon, lat = (np.round(one, 4) for one in (sites.geometry.x, sites.geometry.y))
    sites = sites.assign(people=sites[PEOPLE], lon=lon, lat=lat)
    first = sites.reset_index().groupby(["lon", "lat"], sort=False).agg(
        {"community_id": "first", "name": "first", "governorate": "first", "people": "sum"}
    )  # fmt: skip
    first = first.reset_index().set_index("community_id")
    geometry = gpd.points_from_xy(first["lon"], first["lat"])
    return gpd.GeoDataFrame(first.drop(columns=["lon", "lat"]), geometry=geometry, crs=4326)


def show_size(places: gpd.GeoDataFrame, times: br.TravelTimes) -> None:
    """How large the question is."""
    near = int((times.ms.data <= MINUTES * 60_000).sum())
    print(
        f"{len(places):,} places, each demand and a candidate, with"
        f" {number(places['people'].sum())} displaced people; {near:,} pairs within {MINUTES}"
        f" minutes, {times.ms.nnz:,} within 60.\n"
    )


def show_phases(plan: br.Proposal) -> None:
    """What each phase reaches, how good that is proven to be, and what the quotas cost."""
    print("### Two phases\n")
    rows = [
        [str(total), number(row["covered"]), share(row["covered"] / plan.total),
         number(row["bound"]), f"{row['gap']:.4%}", number(row["regret"]), row["status"]]
        for total, row in plan.phases.iterrows()
    ]  # fmt: skip
    header = ["Boxes", "People within 30 min", "Share", "No plan reaches more than", "Gap"]
    table([*header, "Less than the best alone", "Proof"], rows, right=6)
    free = plan.phases["alone"].iloc[-1] + plan.forgone.at_least
    print(
        f"The quotas cost {plan.forgone} people: without quotas and phases 100 boxes reach"
        f" {number(free)} ({share(free / plan.total)}).\n"
    )


def show_governorates(plan: br.Proposal) -> None:
    """How many boxes stand where after each phase, and whom they reach."""
    print("### Boxes by governorate\n")
    first = plan.sites[plan.sites["phase"] == PHASES[0]]
    reach = plan.reach
    rows = []
    for name in sorted({*plan.sites["governorate"], *reach["governorate"]}):
        there = reach[reach["governorate"] == name]
        inside = there.loc[there["covered"], "people"].sum()
        total = there["people"].sum()
        counts = [int((sites["governorate"] == name).sum()) for sites in (first, plan.sites)]
        people = [number(total), number(inside), share(inside / total if total else 0.0)]
        least = str(QUOTAS.get(name, "–"))
        rows.append([name or "(in none)", least, *map(str, counts), *people])
    header = ["Governorate", "At least", "After 50", "After 100", "Displaced", "Within 30 min"]
    table([*header, "Share"], rows, right=6)


def show_curve(plan: br.Proposal, seconds: float) -> None:
    """What each number of boxes reaches: in the plan's order, at best, and at most."""
    print("### What each number of boxes reaches\n")
    curve = plan.curve(seconds=5 * seconds)
    rows = [
        [str(size), number(row["in_order"]), number(row["best"]), number(row["bound"]),
         f"{row['gap']:.4%}", number(row["order_loses"])]
        for size, row in curve.iloc[STEP::STEP].iterrows()
    ]  # fmt: skip
    header = ["Boxes", "In the plan's order", "Best of so many, quotas aside"]
    table([*header, "No choice reaches more than", "Gap", "What the order loses"], rows, right=6)


def show_sites(plan: br.Proposal) -> None:
    """The sites in their order."""
    print(f"### The first {SHOWN} boxes\n")
    rows = [
        [str(row["rank"]), row["name"], row["governorate"], row["mgrs"],
         number(row["people_gained"]), number(row["people_covered"])]
        for _, row in pd.DataFrame(plan.sites.drop(columns="geometry")).iterrows()
    ]  # fmt: skip
    header = ["Rank", "Place", "Governorate", "MGRS", "People gained", "People covered"]
    table(header, rows[:SHOWN], right=2)
    with folded(f"The other {len(rows) - SHOWN}"):
        table(header, rows[SHOWN:], right=2)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = ROOT.parent / "shared" / "data" / "iraq"
    parser.add_argument("--data", type=Path, default=data, help="the layers")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each solve")
    return parser.parse_args()


if __name__ == "__main__":
    main()
