"""Plan 100 posts on the frontier of Iraq with Syria in two phases, and print it as Markdown.

python docs/iraq_frontier.py [--data ../shared/data/iraq] [--strip docs/iraq_frontier.svg]

The line and its crossings are those of OpenStreetMap, the roads those of 2016. The heights are a
grid of 9 km, which tells a profile and no line of sight.
"""

import argparse
import warnings
from html import escape
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from iraq_people import build_network, read_levels
from markdown_text import folded, table

import boxreach as br
from boxreach.languages import words
from boxreach.report.figures import governorate_namer
from boxreach.report.plans import prepare_plan
from boxreach.report.strip import prepare_strip
from boxreach.report.strip_chart import draw_strip

ROOT = Path(__file__).parents[1]
MINUTES = 15
PHASES = (50, 100)
STATED_KM = 605
SHOWN = 15


def main() -> None:
    """Read, plan and print."""
    asked = read_arguments()
    warnings.simplefilter("ignore", br.DataWarning)
    areas = read_levels(asked.data, "EN")["governorate"]
    line = br.read_frontier(asked.data / "frontier_osm.geojson", areas=areas, stated_km=STATED_KM)
    crossings = br.read_crossings(asked.data / "crossings.geojson")
    network = build_network(asked.data)
    terrain = br.open_terrain(asked.data / "dem_5min.tif")
    near = br.Surroundings(towns=read_towns(asked.data))
    given = {"minutes": MINUTES, "crossings": crossings, "surroundings": near}
    show_line(line)
    mapped = br.candidate_posts(network, line, crossings=crossings)
    show_candidates("A mapped road within 1 km", mapped)
    few = br.propose_posts(network, line, posts=len(mapped.kept), candidates=mapped.kept, **given)
    print(
        f"All {len(mapped.kept)} of them together reach {few.facts['covered_km']:,.1f} km in"
        f" {MINUTES} minutes; the longest open stretch is {few.facts['widest_hole_km']:,.1f} km.\n"
    )
    anywhere = br.candidate_posts(network, line, crossings=crossings, road_km=None)
    show_candidates("Any road, mapped or not", anywhere)
    plan = br.propose_posts(
        network, line, posts=PHASES[-1], phases=PHASES, candidates=anywhere.kept,
        terrain=terrain, intercept=br.Intercept(depth_km=5, detect_minutes=15), **given,
    )  # fmt: skip
    show_plan(plan)
    show_more(network, line, anywhere.kept, given)
    show_governorates(plan)
    show_crossings(plan)
    show_posts(plan)
    if asked.strip is not None:
        asked.strip.write_text(draw(plan), encoding="utf-8")


def read_towns(data: Path) -> gpd.GeoDataFrame:
    """Read the towns of Iraq that supplies come from."""
    towns = gpd.read_file(data / "towns_geonames.gpkg")
    return towns[towns["cc"] == "IQ"]


def show_line(line: gpd.GeoDataFrame) -> None:
    """How long the line is, and whose."""
    km = line["km"].sum()
    by = line.groupby("governorate", sort=False)["km"].sum()
    said = ", ".join(f"{name} {one:,.1f}" for name, one in by.items())
    print(
        f"{km:,.2f} km in {len(line)} segments of at most 1 km ({said}); International Boundary"
        f" Study No. 100 states {STATED_KM} km, {STATED_KM / km - 1:.2%} more.\n"
    )


def show_candidates(what: str, found: br.Candidates) -> None:
    """Where posts may stand, and why elsewhere not."""
    kinds = ", ".join(
        f"{count} {kind}" for kind, count in found.kept["kind"].value_counts().items()
    )
    dropped = ", ".join(f"{count} {reason}" for reason, count in found.counts().items())
    print(f"**{what}**: {len(found.kept):,} candidates ({kinds}); dropped: {dropped}.\n")


def show_plan(plan: br.FrontierPlan) -> None:
    """What each phase reaches, and how the posts hold."""
    rows = [
        [str(total), f"{row['covered']:,.1f}", f"{row['bound']:,.1f}", f"{row['gap']:.4%}",
         f"{row['regret']:,.1f}", row["status"]]
        for total, row in plan.phases.iterrows()
    ]  # fmt: skip
    header = ["Posts", "Km reached", "No plan reaches more than", "Gap", "Less than the best alone"]
    table([*header, "Proof"], rows, right=5)
    facts = plan.facts
    gap = facts["widest_gap_minutes"]
    print(
        f"Of 100 posts {facts['isolated']:.0f} have no other within"
        f" {facts['support_minutes']:.0f} minutes both ways; the others are in"
        f" {facts['groups']:.0f} groups."
        + ("" if gap is None else f" The widest gap between neighbours takes {gap:.0f} minutes.")
        + f" One who walks 5 km inward at 5 km/h and is seen after 15 minutes is met from"
        f" {facts['intercept_km']:,.0f} km of the line; from {facts['beyond_posts_km']:,.0f} km"
        f" no candidate could meet him, and on {facts['shallow_km']:,.0f} km the own ground is not"
        " so deep.\n"
    )


def show_more(
    network: br.RoadNetwork, line: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame, given: dict
) -> None:
    """How few posts do, and how much 100 of them cover twice."""
    ask = {"network": network, "line": line, "candidates": candidates, **given}
    few = br.propose_posts(share=1.0, **ask)
    print(
        f"{len(few.sites)} posts reach all of the line; no plan needs fewer than"
        f" {few.bound:,.0f} ({few.status})."
    )
    twice = br.propose_posts(posts=PHASES[-1], each=2, **ask)
    print(
        f"100 posts for two at every place: {twice.facts['backed_km']:,.1f} km are reached by"
        f" two, {twice.facts['covered_km']:,.1f} by one; no plan reaches more than"
        f" {twice.bound:,.1f} km by two ({twice.status}).\n"
    )


def show_governorates(plan: br.FrontierPlan) -> None:
    """How many posts stand where."""
    first = plan.sites[plan.sites["phase"] == PHASES[0]]
    km = plan.reach.groupby("governorate", sort=False)["km"].sum()
    rows = [
        [name, f"{one:,.1f}",
         *[str(int((sites["governorate"] == name).sum())) for sites in (first, plan.sites)]]
        for name, one in km.items()
    ]  # fmt: skip
    table(["Governorate", "Km of line", "After 50", "After 100"], rows, right=3)


def show_crossings(plan: br.FrontierPlan) -> None:
    """Which post stands at each crossing."""
    rows = [
        [row["name"], f"{row['chainage_km']:.1f}", row["site_id"] or "–",
         "–" if pd.isna(row["km"]) else f"{row['km']:.1f}"]
        for _, row in plan.crossings.iterrows()
    ]  # fmt: skip
    table(["Crossing", "Km from the north", "Post", "Km away"], rows, right=1)


def show_posts(plan: br.FrontierPlan) -> None:
    """The posts along the line."""
    rows = [
        [site, f"{row['chainage_km']:.1f}", row["governorate"], row["mgrs"],
         f"{row['reach_from_km']:.1f} – {row['reach_to_km']:.1f}",
         row["nearest_site_id"], _minutes(row["nearest_minutes"]), row["town"],
         "–" if np.isnan(row["town_km"]) else f"{row['town_km']:.0f}"]
        for site, row in pd.DataFrame(plan.posts.drop(columns="geometry")).iterrows()
    ]  # fmt: skip
    header = ["Post", "Km from the north", "Governorate", "MGRS", "Reaches km", "Nearest post"]
    header += ["Minutes", "Nearest town by road", "Km"]
    table(header, rows[:SHOWN], right=1)
    with folded(f"The other {len(rows) - SHOWN}"):
        table(header, rows[SHOWN:], right=1)


def _minutes(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.1f}"


def draw(plan: br.FrontierPlan) -> str:
    """Return the strip chart of the report as a picture of its own."""
    said = words("report", "en")

    def say(key: str, **values: float) -> str:
        return said[key].format(**{name: f"{value:,.10g}" for name, value in values.items()})

    namer = governorate_namer(None)
    chart = draw_strip(prepare_strip(plan, namer), prepare_plan(plan, namer), say, "strip", "en")
    sheet = (Path(br.__file__).parent / "report" / "templates" / "style.css").read_text("utf-8")
    colours = sheet[sheet.index(":root") : sheet.index("}") + 1]
    marks = (".chart", "rect.", ".hole")
    rules = [one for one in sheet.splitlines() if one.startswith(marks)]
    style = "\n".join(["svg { font-family: sans-serif; }", colours, *rules])
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    head, body = str(chart).split(">", 1)
    if "xmlns=" not in head:
        head = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{head}><style>{escape(style)}</style>{ground}{body}\n"


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = ROOT.parent / "shared" / "data" / "iraq"
    parser.add_argument("--data", type=Path, default=data, help="the layers")
    parser.add_argument("--strip", type=Path, help="draw the strip chart into this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
