"""What a person sees in the terminal: a progress bar and a table of results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from boxreach.cli.area_tables import tell_apart
from boxreach.cli.pipeline import Results
from boxreach.cli.plan_words import describe_proposal
from boxreach.cli.speech import pick, say, say_known, translate
from boxreach.routing import Progress as Tell
from boxreach.tables import TOTAL


@contextmanager
def show_progress(wanted: bool | None) -> Iterator[Tell]:
    """Give the callback that draws bars on standard error; off where there is no terminal."""
    console = Console(stderr=True)
    if not (console.is_terminal if wanted is None else wanted):
        yield lambda _what, _done, _total: None
        return
    columns = (
        TextColumn("{task.description:>14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                shown = say_known(f"progress_{what.replace(' ', '_')}", what)
                tasks[what] = bars.add_task(shown, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield tell


def show_summary(results: Results, summary: dict[str, Any], folder: Path) -> None:
    """Print people in reach by governorate, the proposals in words, and where the files are."""
    console = Console()
    unit = "people" if (results.areas["people"] > 0).any() else "places"
    console.print(say(f"reached_{unit}", boxes=summary["boxes"]))
    console.print(_tabulate(tell_apart(results.areas, "governorate"), unit))
    for title, plan in (("boxes", results.plan), ("posts", results.posts)):
        if plan is not None:
            said = f"{say(f'title_{title}')}: {describe_proposal(plan)}"
            console.print(escape(said), highlight=False)
            without = summary["proposal" if title == "boxes" else "posts"]["without_gain"]
            if without:
                console.print(f"  {say('without_gain', count=without)}")
    if results.what_if is not None and results.what_if.comparison is not None:
        said = f"{say('title_what_if')}: {translate(str(results.what_if.comparison))}"
        console.print(escape(said), highlight=False)
    if clusters := summary["gap_clusters"]["largest"]:
        console.print(escape(_say_gap(clusters[0], summary)), highlight=False)
    for note in summary["notes"]:
        console.print(escape(f"{say('title_note')}: {pick(note)}"), highlight=False)
    where = say("open_files", map=folder / "map.html", report=folder / "report.html")
    console.print(escape(where), highlight=False, soft_wrap=True)


def _say_gap(cluster: dict[str, Any], summary: dict[str, Any]) -> str:
    """Return where most people are left out together, and what one box there would gain."""
    unit = "people" if cluster["people"] else "places"
    where = f" ({cluster['governorate']})" if cluster.get("governorate") else ""
    gain = say("gap_gain", people=cluster[f"{unit}_gained"]) if cluster["spot_id"] else None
    return say(
        "largest_gap",
        minutes=summary["threshold_minutes"],
        count=summary["gap_clusters"]["count"],
        place=pick(cluster, "name") + where,
        people=cluster[unit],
        unit=say(f"unit_{unit}"),
        gain=gain or say("gap_stays"),
    )


def _tabulate(areas: pd.DataFrame, unit: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(say("table_area"), no_wrap=True, overflow="ellipsis", min_width=8)
    table.add_column(say("table_total"), justify="right", no_wrap=True, min_width=len("38,124,182"))
    for minutes in sorted(areas["threshold_minutes"].unique()):
        most = f"{areas[f'{unit}_covered'].max():,.0f}"
        head = say("table_minutes", minutes=minutes)
        table.add_column(head, justify="right", no_wrap=True, min_width=len(most))
        table.add_column("%", justify="right", no_wrap=True, min_width=4)
    for name, rows in areas.groupby("governorate", sort=False):
        whole = float(rows[unit].iloc[0])
        cells = [say("not_known") if isnan(whole) else f"{whole:,.0f}"]
        for within in rows.sort_values("threshold_minutes")[f"{unit}_covered"]:
            said = "-" if isnan(within) else f"{within:,.0f}"
            cells += [said, f"{within / whole:.0%}" if whole > 0 else "-"]
        style = "bold" if name == TOTAL else None
        shown = say("table_total") if name == TOTAL else str(name) or say("in_no_area")
        table.add_row(escape(shown), *cells, style=style)
    return table
