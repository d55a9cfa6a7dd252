"""From a proposal of posts to the frontier laid out straight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxreach.report.figures import Namer, name_of, number_of, share_out, text_of
from boxreach.report.model import Name, Span, Strip

if TYPE_CHECKING:
    from boxreach.border import FrontierPlan
    from boxreach.placement import Proposal

STRETCH_ROWS = 100
"""Open stretches listed, the longest; the rest are added up in one row."""

_SAME_KM = 1e-6
_DIGITS = 1


_AT_LINE_KM = 5.0
"""A crossing farther from the line is told in its table, and not drawn on the line."""


def prepare_strip(posts: Proposal, namer: Namer) -> Strip:
    """Prepare the frontier as the posts leave it.

    Parameters
    ----------
    posts
        The proposal.
    namer
        Gives the names of governorates.
    """
    from boxreach.border import FrontierPlan  # noqa: PLC0415 - only frontiers need it

    line = pd.DataFrame(posts.reach.drop(columns="geometry"))
    line = line.sort_values("chainage_from_km", kind="stable")
    reached = line["reached" if "reached" in line else "covered"].to_numpy(dtype=bool)
    names = line["governorate"].map(text_of) if "governorate" in line else None
    stretches, rest, reasons = _stretches(posts, namer)
    told = _told(posts, line) if isinstance(posts, FrontierPlan) else {}
    standing = posts.existing.get("chainage_km", pd.Series(dtype=float))
    return Strip(
        from_km=float(line["chainage_from_km"].min()),
        to_km=float(line["chainage_to_km"].max()),
        reached=_spans(line, reached),
        unreached=_spans(line, ~reached),
        holes=_spans(line, ~line["covered"].to_numpy(dtype=bool)),
        governorates=() if names is None else _named_spans(line, names, namer),
        stretches=stretches,
        rest=rest,
        reasons=reasons,
        standing=tuple(float(one) for one in standing.dropna()),
        **told,
    )


def _told(posts: FrontierPlan, line: pd.DataFrame) -> dict[str, Any]:
    """Return what only a `FrontierPlan` tells of the line."""
    profile, crossings = posts.profile, posts.crossings
    found: dict[str, Any] = {}
    if len(profile):
        pairs = zip(profile["chainage_km"], profile["height_m"], strict=True)
        found["profile"] = tuple((float(km), number_of(height)) for km, height in pairs)
    if len(crossings):
        found["crossings"] = tuple(
            (float(row["chainage_km"]), name_of(row, crossing_id))
            for crossing_id, row in zip(crossings.index, crossings.to_dict("records"), strict=True)
            if row["line_km"] <= _AT_LINE_KM
        )
    if "seen" in line:
        seen, night = (line[name].to_numpy() > 0 for name in ("seen", "seen_night"))
        unknown = line["unknown"].to_numpy(dtype=bool) & ~seen
        found |= {
            "seen": _spans(line, seen),
            "seen_night": _spans(line, night),
            "unknown": _spans(line, unknown),
        }
    return found


def _stretches(
    posts: Proposal, namer: Namer
) -> tuple[tuple[Span, ...], tuple[int, float], tuple[tuple[str, int, float], ...]]:
    """Return the longest open stretches from north to south, the rest, and sums by reason."""
    from boxreach.border import open_stretches  # noqa: PLC0415 - only frontiers need it

    table = pd.DataFrame(open_stretches(posts))
    km = posts.reach["km"].astype(float)
    total, covered = (round(float(one.sum()), _DIGITS) for one in (km, km[posts.reach["covered"]]))
    whole = round(total - covered, _DIGITS)
    sums = table.groupby("reason")["km"].agg(["size", "sum"]).sort_values("sum", ascending=False)
    reasons = zip(
        map(text_of, sums.index), map(int, sums["size"]), _make_up(sums["sum"], whole), strict=True
    )
    longest = table.nlargest(STRETCH_ROWS, "km").sort_index()
    more = table["km"].drop(longest.index)
    *lengths, rest_km = _make_up([*longest["km"], float(more.sum())], whole)
    spans = tuple(
        Span(
            float(row["from_km"]),
            float(row["to_km"]),
            km,
            text_of(row["reason"]),
            namer(row.get("governorate", "")),
        )
        for km, row in zip(lengths, longest.to_dict("records"), strict=True)
    )
    return spans, (len(more), rest_km), tuple(reasons)


def _make_up(lengths: Sequence[float] | pd.Series, whole: float) -> list[float]:
    """Round lengths so that they make up a rounded whole; the longest takes what is over."""
    rounded = share_out(list(lengths), math.fsum(lengths), _DIGITS)
    if rounded:
        longest = rounded.index(max(rounded))
        rounded[longest] = round(rounded[longest] + whole - math.fsum(rounded), _DIGITS)
    return rounded


def _spans(line: pd.DataFrame, chosen: np.ndarray) -> tuple[Span, ...]:
    """Join the chosen pieces that touch."""
    start, end = (line[f"chainage_{one}_km"].to_numpy(dtype=float) for one in ("from", "to"))
    start, end = start[chosen], end[chosen]
    apart = np.flatnonzero(np.abs(start[1:] - end[:-1]) > _SAME_KM)
    first, last = np.append(0, apart + 1), np.append(apart, len(start) - 1)
    if not len(start):
        return ()
    return tuple(
        Span(float(low), float(high), float(high - low))
        for low, high in zip(start[first], end[last], strict=True)
    )


def _named_spans(line: pd.DataFrame, names: pd.Series, namer: Namer) -> tuple[Span, ...]:
    """Join pieces that touch and lie in one governorate."""
    spans: list[Span] = []
    for name in dict.fromkeys(names):
        called: Name = namer(name)
        found = _spans(line, (names == name).to_numpy())
        spans += [Span(one.from_km, one.to_km, one.km, governorate=called) for one in found]
    return tuple(sorted(spans, key=lambda span: span.from_km))
