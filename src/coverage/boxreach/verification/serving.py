"""Which sites serve after each step of a plan, and how far they are from whom they serve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from boxreach.verification.evidence import Evidence
from boxreach.verification.ledger import Floats
from boxreach.verification.line import Line
from boxreach.verification.rows import SLACK_MS, read_search
from boxreach.verification.tables import MS_PER_MINUTE, Kept

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]
Span = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Turns:
    """The steps of a plan: each brings a site, and may take one away.

    Attributes
    ----------
    standing, chosen
        Ids of the sites that stand, and of those that come, in order.
    given_up
        The id of the site that gives up its place at each step; blank where none does.
    """

    standing: Words
    chosen: Words
    given_up: Words

    @property
    def moves(self) -> Flags:
        """Tell which steps are moves."""
        return np.asarray(self.given_up != "", dtype=bool)

    @property
    def new(self) -> int:
        """How many more sites there are in the end."""
        return int((~self.moves).sum())

    @cached_property
    def ids(self) -> list[str]:
        """Ids of all sites, those that stand first."""
        return [*self.standing, *self.chosen]

    @cached_property
    def states(self) -> Flags:
        """Tell which sites serve before the first step, and after each: steps by sites."""
        # A site may leave and come again: it is then where it came last.
        place = {one: at for at, one in enumerate(self.standing)}
        now = np.arange(len(self.ids)) < len(self.standing)
        found = [now.copy()]
        steps = zip(self.chosen, self.given_up, strict=True)
        for at, (one, gone) in enumerate(steps, len(self.standing)):
            if gone in place:
                now[place.pop(gone)] = False
            now[at], place[one] = True, at
            found.append(now.copy())
        return np.array(found)


@dataclass(frozen=True, eq=False)
class Served:
    """Milliseconds from all sites of a plan to all that they may serve, recomputed.

    Attributes
    ----------
    ms
        Sites, those that stand first, by rows; infinite where there is no way.
    limit_ms, slack_ms
        The threshold, and by how much the run may differ.
    """

    ms: Floats
    limit_ms: int
    slack_ms: int

    def span(self, sites: Flags, value: Callable[[Floats], float]) -> Span:
        """Return between what two amounts something lies that rises or falls with the times."""
        ms = self.ms[sites]
        ends = [value(np.maximum(ms + one, 0)) for one in (self.slack_ms, -self.slack_ms)]
        return min(ends), max(ends)


def search_served(evidence: Evidence, demand: str, minutes: float) -> Served:
    """Search the ways from all sites of a proposal to all rows of a table."""
    rows = np.arange(len(evidence.texts[demand]))
    return _search(evidence, demand, rows, minutes)


def search_line(line: Line) -> Served:
    """Search the ways from all posts, outwards, to all pieces of the line that they count for."""
    search, _ = read_search(line.evidence)
    outward = replace(search, direction="site_to_demand")
    rows = np.arange(len(line.pieces.ms))
    ms = outward.times(line.places, line.evidence.places("frontier"), line.limit_ms + SLACK_MS).ms
    return Served(line.hide(ms, rows), line.limit_ms, SLACK_MS)


def search_marked(evidence: Evidence, minutes: float) -> tuple[Words, Served] | None:
    """Search the ways to the communities that must be reached; None where there are none."""
    kept = Kept(evidence, "communities")
    marked = kept.column("must_reach")
    if marked is None or not marked.any():
        return None
    rows = np.flatnonzero(marked)
    return kept.ids[rows], _search(evidence, "communities", rows, minutes)


def _search(evidence: Evidence, demand: str, rows: npt.NDArray[np.int64], minutes: float) -> Served:
    search, _ = read_search(evidence)
    limit = round(minutes * MS_PER_MINUTE)
    sites = np.concatenate([evidence.places(one) for one in ("boxes", "proposals")])
    merged = float(evidence.facts["merged_minutes"]) if demand == "cells" else 0.0
    slack = SLACK_MS + int(np.ceil(merged * MS_PER_MINUTE))
    times = search.times(sites, evidence.places(demand)[rows], limit + slack)
    return Served(times.ms, limit, slack)
