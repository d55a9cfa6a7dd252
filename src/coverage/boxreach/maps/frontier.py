"""The frontier and its posts become columns and runs: what the page's script draws and tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.maps.columns import (
    Columns,
    names_of,
    numbers_of,
    plain_numbers,
    positions_of,
    texts_of,
)
from boxreach.maps.lines import encode_lines
from boxreach.sight import is_coarse
from boxreach.sources.chainage import place_on_line

if TYPE_CHECKING:
    from boxreach.border import FrontierPlan
    from boxreach.placement import Proposal

Integers = npt.NDArray[np.int64]

_FIGURES = {
    "setback_km": 3,
    "height_m": 0,
    "reached_km": 3,
    "seen_km": 3,
    "seen_night_km": 3,
    "nearest_minutes": 3,
    "town_km": 3,
    "town_minutes": 3,
    "water_km": 3,
    "main_road_km": 3,
    "defensibility": 2,
}
"""What a card tells of a post, and to how many decimals it is written."""
_TEXTS = ("mgrs", "crossing", "neighbours", "nearest_site_id", "town")
_WHOLE = ("reached_km", "seen_km", "seen_night_km", "unknown_km", "groups", "isolated",
          "support_minutes", "widest_hole_km", "widest_hole_from_km")  # fmt: skip
"""What is told of the whole line."""


def draw_frontier(line: gpd.GeoDataFrame | None, posts: Proposal | None) -> list[dict[str, Any]]:
    """Return the frontier as runs of neighbouring segments of one part that are in one state.

    Parameters
    ----------
    line
        The frontier where there are no posts.
    posts
        The proposed posts, whose reach is the frontier.
    """
    if posts is not None:
        line = posts.reach
    if line is None or not len(line):
        return []
    segments = line.sort_values("chainage_from_km", kind="stable")
    state = pd.DataFrame({"governorate": texts_of(segments, "governorate")})
    # Chainages run on over the parts of a line: only this tells that it is broken there.
    state["part"] = segments.get("part", 1)
    state["state"] = ""
    if "covered" in segments:
        reached = segments["reached" if "reached" in segments else "covered"]
        state["state"] = np.where(
            segments["covered"], "covered", np.where(reached, "unseen", "open")
        )
    run = np.array((state != state.shift()).any(axis=1).cumsum(), dtype=np.int64)
    first = np.flatnonzero(np.diff(run, prepend=0))
    sums, reasons = _sum_runs(segments, run), _reasons_of(segments, run)
    shapes = np.split(segments.geometry.to_numpy(), first[1:])
    return [
        {
            **{str(name): round(float(value), 3) for name, value in row.items()},
            "reasons": reasons.get(int(run[start]), {}),
            "line": encode_lines(drawn, merge=True),
            "governorate": state["governorate"].iloc[start],
            "state": state["state"].iloc[start],
            "part": int(state["part"].iloc[start]),
        }
        for row, start, drawn in zip(sums.to_dict("records"), first, shapes, strict=True)
    ]


def _sum_runs(segments: gpd.GeoDataFrame, run: Integers) -> pd.DataFrame:
    """Return ends and km of each run, and how many of them are seen and are not known to be."""
    km = segments["km"]
    amounts = {
        "from": segments["chainage_from_km"].groupby(run).first(),
        "to": segments["chainage_to_km"].groupby(run).last(),
        "km": km.groupby(run).sum(),
    }
    if "seen" in segments:
        unseen = segments["seen"] == 0
        for name, where in (
            ("seen_km", ~unseen),
            ("seen_night_km", segments["seen_night"] > 0),
            ("unknown_km", segments["unknown"].astype(bool) & unseen),
        ):
            amounts[name] = km.where(where, 0.0).groupby(run).sum()
    return pd.DataFrame(amounts)


def _reasons_of(segments: gpd.GeoDataFrame, run: Integers) -> dict[int, dict[str, float]]:
    """Return the km of each reason in each run."""
    # Without pandas' own grouping: half a character is no text to pyarrow.
    found: dict[int, dict[str, float]] = {}
    for at, reason, km in zip(
        run.tolist(), texts_of(segments, "reason"), segments["km"].tolist(), strict=True
    ):
        if reason:
            sums = found.setdefault(at, {})
            sums[reason] = sums.get(reason, 0.0) + km
    return {at: dict(sorted(sums.items())) for at, sums in found.items()}


def post_columns(posts: Proposal) -> dict[str, Columns]:
    """Return what is told of each post of a `FrontierPlan`, by its id; nothing of other plans."""
    plan = _as_frontier(posts)
    if plan is None:
        return {}
    table = plan.posts
    columns: Columns = {"id": [str(one) for one in table.index]}
    columns |= {name: numbers_of(table, name, digits) for name, digits in _FIGURES.items()}
    columns |= {name: texts_of(table, name).tolist() for name in _TEXTS}
    return {"told": columns}


def crossing_columns(posts: Proposal) -> Columns:
    """Return the crossings, each at its own place or at the nearest one of the line."""
    plan = _as_frontier(posts)
    if plan is None or not len(plan.crossings):
        return {}
    table = plan.crossings
    line = plan.reach.sort_values("chainage_from_km", kind="stable")
    if isinstance(table, gpd.GeoDataFrame):
        places = shapely.get_coordinates(table.geometry.to_numpy())
    else:
        places = np.column_stack(place_on_line(line, table["chainage_km"].to_numpy(dtype=float)))
    return (
        {"id": [str(one) for one in table.index], "site": texts_of(table, "site_id").tolist()}
        | names_of(table)
        | positions_of(places)
        | {name: numbers_of(table, name, 3) for name in ("chainage_km", "line_km", "km")}
    )


def tell_frontier(posts: Proposal | None) -> dict[str, Any] | None:
    """Return what is said of the whole line; None where there are no posts."""
    if posts is None:
        return None
    plan = _as_frontier(posts)
    facts = {} if plan is None else plan.facts
    cell_m, *figures = plain_numbers(
        pd.Series([facts.get(name) for name in ("cell_m", *_WHOLE)], dtype=float), 3
    )
    see = None if plan is None else plan.asked.get("see")
    return dict(zip(_WHOLE, figures, strict=True)) | {
        "see": str(see or ""),
        "coarse_m": cell_m if is_coarse(cell_m) else None,
    }


def _as_frontier(posts: Proposal) -> FrontierPlan | None:
    from boxreach.border import FrontierPlan  # noqa: PLC0415 - only frontiers need it

    return posts if isinstance(posts, FrontierPlan) else None
