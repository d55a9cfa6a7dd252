"""Print the tables of docs/iraq.md from a finished run, as Markdown.

python docs/iraq_tables.py out-osm2016
"""

import csv
import json
import sys
from pathlib import Path


def read(path: Path) -> list[dict[str, str]]:
    """Read a CSV file of a run."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table, all columns but the first to the right."""
    print("|", " | ".join(header), "|")
    print("|---|" + "---:|" * (len(header) - 1))
    for row in rows:
        print("|", " | ".join(row), "|")
    print()


def number(text: str) -> str:
    """Write a number with thousands separated."""
    return f"{float(text or 0):,.0f}"


def show_areas(folder: Path, boxes: dict[str, int]) -> None:
    """Places and people by governorate, at each threshold."""
    rows: dict[str, list[str]] = {}
    for one in read(folder / "areas.csv"):
        name = one["governorate"]
        line = rows.setdefault(name, [name or "(in none)", number(one["places"])])
        if len(line) == 2:
            line.append(number(one["people"]))
        line.append(number(one["people_covered"]))
        if one["threshold_minutes"] == "60":
            line.append(number(one["people_uncovered"]))
            line.append(str(sum(boxes.values()) if name == "total" else boxes.get(name, 0)))
    header = ["Governorate", "Sites", "People", "15 min", "30 min", "60 min", "Beyond 60"]
    table([*header, "Boxes after"], list(rows.values()))


def show_plan(folder: Path, plan: dict[str, object], most: int) -> None:
    """The first proposals, in order."""
    rows = [
        [one["rank"], one["name"], one["governorate"], number(one["people_gained"]),
         number(one["people_covered"]), f"{float(one['share_covered']):.1%}"]
        for one in read(folder / "proposals.csv")[:most]
    ]  # fmt: skip
    table(["Rank", "Place", "Governorate", "People gained", "Running total", "Share"], rows)
    print(f"Status: {plan['status']}; bound {plan['bound']:,}; gap {plan['gap']:.4%}.\n")


def show_posts(posts: dict[str, object]) -> None:
    """How much of the frontier each phase reaches."""
    rows = [
        [str(one["sites"]), f"{one['objective']:.1f}", f"{one['bound']:.1f}", one["status"]]
        for one in posts["phases"]
    ]
    table(["Posts", "Km reached", "Bound", "Status"], rows)
    counts = ", ".join(f"{name} {n}" for name, n in posts["sites_by_governorate"].items())
    print(f"{posts['total']:.1f} km in all, {posts['open_km']:.1f} km open at the end; {counts}.\n")


def main() -> None:
    """Print every table."""
    folder = Path(sys.argv[1])
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    show_areas(folder, summary["proposal"]["sites_by_governorate"])
    reasons = summary["communities"]["uncovered_by_reason"]
    table(["Left out at 30 min", *reasons], [["sites", *map(str, reasons.values())]])
    show_plan(folder, summary["proposal"], 15)
    show_posts(summary["posts"])
    if (folder / "bridges.csv").is_file():
        rows = [
            [one["road_id"], f"{float(one['metres']):.0f}", one["from_lon"], one["from_lat"],
             one["to_lon"], one["to_lat"]]
            for one in read(folder / "bridges.csv")
        ]  # fmt: skip
        table(["Bridge", "Metres", "From lon", "lat", "To lon", "lat"], rows)


if __name__ == "__main__":
    main()
