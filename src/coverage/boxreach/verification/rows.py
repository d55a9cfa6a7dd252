"""Rows recomputed: what a run found for each place, beside what networkx finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.verification.evidence import EVIDENCE, NEVER, REASONS, Evidence
from boxreach.verification.files import read_table
from boxreach.verification.ledger import Ledger
from boxreach.verification.open_ground import OpenGround, read_ground
from boxreach.verification.roads import Floats, Longs, read_roads
from boxreach.verification.tables import MS_PER_MINUTE, Kept
from boxreach.verification.times import Direction, Search, Times

SLACK_MS = 10
"""Two ways of measuring lengths and of rounding them differ by no more."""

_SLACK_M = 0.01
_EDGE_ROWS = 200
_GAPS = 5

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Recomputation:
    """A second search over the same roads.

    Attributes
    ----------
    folder, evidence, ledger
        The run, what it kept, and what is noted.
    open, lifted
        With closures, and without them; None where there are none.
    rows
        How many rows of a table are recomputed at most; None for all.
    seed
        Which rows are drawn beside those at the limits.
    """

    folder: Path
    evidence: Evidence
    ledger: Ledger
    open: Search
    lifted: Search | None
    rows: int | None
    seed: int

    def check(self) -> None:
        """Recompute rows of every table of demand, and which boxes of a plan have them in time."""
        facts = self.evidence.facts
        cutoff = float(facts["cutoff_minutes"])
        names = ["communities", *(["cells"] if self.evidence.has("cells") else [])]
        for name in [*names, *(f"demand.{one}" for one in facts["demand"])]:
            self.check_table(name, "boxes", list(facts["minutes"]), cutoff)
        if self.evidence.has("proposals"):
            minutes = float(facts["propose_minutes"])
            self.check_first("proposals", str(facts["people_on"]), minutes)
        self.check_gaps()

    def check_table(self, name: str, sites: str, minutes: Sequence[float], cutoff: float) -> None:
        """Recompute rows of a table: the quickest site, the second, thresholds and reasons."""
        evidence = self.evidence
        rows = self.choose(name, minutes)
        self.ledger.count("rows recomputed", len(rows))
        here, there = evidence.places(sites), evidence.places(name)[rows]
        cutoff_ms = round(cutoff * MS_PER_MINUTE)
        times = self.open.times(here, there, cutoff_ms)
        lifted = self.lifted.times(here, there, cutoff_ms) if self.lifted else times
        found = Found(evidence, self.ledger, name, rows, evidence.ids(sites), self._slack(name))
        found.check_quickest(times)
        found.check_backup(times, cutoff_ms)
        found.check_open_ground(lifted)
        for at, limit in enumerate(minutes):
            found.check_threshold(at, round(limit * MS_PER_MINUTE), times, lifted)
        limit_ms = round(float(evidence.facts["propose_minutes"]) * MS_PER_MINUTE)
        found.check_threshold(0, limit_ms, times, lifted, ("gap_reason",))

    def check_first(self, name: str, demand: str, minutes: float) -> None:
        """Recompute which site of a plan is the first to have each row in time."""
        evidence, limit = self.evidence, round(minutes * MS_PER_MINUTE)
        rows = self.choose(demand, [minutes])
        ms = self.open.times(evidence.places(name), evidence.places(demand)[rows], limit).ms
        self.compare_first(name, demand, rows, ms, limit)
        self.ledger.count("rows recomputed", len(rows))

    def compare_first(self, name: str, demand: str, rows: Longs, ms: Floats, limit: int) -> None:
        """Compare which site of a table is the first to have each of some rows in time."""
        slack = self._slack(demand)
        surely, perhaps = (_first_within(ms, limit + one) for one in (-slack, slack))
        found = self.evidence.arrays[f"{name}.first"][rows]
        # 0 is none; among those within the slack of the limit either is right.
        right = (found == surely) | (found == perhaps)
        ids = self.evidence.ids(demand)[rows]
        for at in np.flatnonzero(~right).tolist():
            self.ledger.say(EVIDENCE, ids[at], f"{name}.first", int(found[at]), int(perhaps[at]))

    def check_gaps(self) -> None:
        """Recompute what one more box gains in each of the largest gaps."""
        demand = str(self.evidence.facts["people_on"])
        kept = Kept(self.evidence, demand)
        limit = round(float(self.evidence.facts["propose_minutes"]) * MS_PER_MINUTE)
        needs = ["cluster_id", "spot_id", "people_gained", "places_gained"]
        clusters = read_table(self.folder / "gap_clusters.csv", Ledger(), needs)
        if clusters is None or (self.rows is not None and len(kept.ms) > self.rows):
            return
        position = {one: at for at, one in enumerate(kept.ids.tolist())}
        largest = clusters[clusters["spot_id"].isin(position.keys())].head(_GAPS)
        if largest.empty:
            return
        places = self.evidence.places(demand)
        spots = places[[position[one] for one in largest["spot_id"]]]
        left = np.flatnonzero((kept.ms == NEVER) | (kept.ms > limit))
        ms = self.open.times(spots, places[left], limit).ms
        clear = ~(np.abs(ms - limit) <= self._slack(demand)).any(axis=1)
        weights = np.nan_to_num(kept.amounts)[left]
        keys = largest["cluster_id"].to_numpy()[clear].tolist()
        for column, each in (("people_gained", weights), ("places_gained", np.ones(len(left)))):
            right = (np.where(ms <= limit, each, 0.0)).sum(axis=1)[clear]
            found = largest[column].to_numpy()[clear]
            self.ledger.numbers("gap_clusters.csv", column, keys, found, right)

    def _slack(self, name: str) -> int:
        merged = float(self.evidence.facts["merged_minutes"]) if name == "cells" else 0.0
        return SLACK_MS + int(np.ceil(merged * MS_PER_MINUTE))

    def choose(self, name: str, minutes: Sequence[float]) -> Longs:
        """Return the rows to recompute: those at thresholds, the farthest, and a sample."""
        ms = self.evidence.arrays[f"{name}.ms"]
        if self.rows is None or len(ms) <= self.rows:
            return np.arange(len(ms))
        chosen = [np.argsort(-ms, kind="stable")[:_EDGE_ROWS]]
        for limit in minutes:
            away = np.where(ms == NEVER, np.inf, np.abs(ms - limit * MS_PER_MINUTE))
            chosen.append(np.argsort(away, kind="stable")[:_EDGE_ROWS])
        edge = np.unique(np.concatenate(chosen))
        rest = np.setdiff1d(np.arange(len(ms)), edge)
        count = max(min(self.rows - len(edge), len(rest)), 0)
        drawn = np.random.default_rng(self.seed).choice(rest, count, replace=False)
        return np.sort(np.append(edge, drawn))


@dataclass(frozen=True, eq=False)
class Found:
    """What a run found for some rows of a table."""

    evidence: Evidence
    ledger: Ledger
    name: str
    rows: Longs
    sites: npt.NDArray[np.object_]
    slack: int

    def check_quickest(self, times: Times) -> None:
        """Compare the time of the quickest site, and whether it is that site's."""
        ms = self._column("ms")
        self._compare_ms("ms", ms, times.soonest)
        named = self._named("site_id")
        own = self._own(times, named)
        known = own <= times.limit_ms
        wrong = (ms != NEVER) & known & ~_alike(own, times.soonest, self.slack)
        wrong |= (ms != NEVER) & (named < 0)
        best = times.ms.argmin(axis=0) if len(self.sites) else np.zeros(len(ms), int)
        for at in np.flatnonzero(wrong).tolist():
            self._say(at, "site_id", self.words("site_id")[at], self.sites[best[at]])

    def check_backup(self, times: Times, cutoff_ms: int) -> None:
        """Compare the second quickest site within the cutoff."""
        if f"{self.name}.backup_ms" not in self.evidence.arrays:
            return
        ms, named = self._column("backup_ms"), self._named("backup_site_id")
        others = times.ms.copy()
        first = self._named("site_id")
        rows = np.flatnonzero(first >= 0)
        others[first[rows], rows] = np.inf
        second = others.min(axis=0, initial=np.inf)
        at_limit = np.abs(second - cutoff_ms) <= self.slack
        expected = np.where(second <= cutoff_ms, second, np.inf)
        self._compare_ms("backup_ms", ms, np.where(at_limit, _as_times(ms), expected))
        own = self._own(times, named)
        wrong = (ms != NEVER) & ~at_limit & ~_alike(own, second, self.slack)
        for at in np.flatnonzero(wrong).tolist():
            right = self.sites[others[:, at].argmin()]
            self._say(at, "backup_site_id", self.words("backup_site_id")[at], right)

    def check_open_ground(self, lifted: Times) -> None:
        """Compare the way to the nearest road, closed or not."""
        off_ms = np.where(np.isnan(lifted.off_ms), NEVER, lifted.off_ms)
        for column, right, slack in (
            ("off_road_m", lifted.metres, _SLACK_M),
            ("off_road_ms", off_ms, self.slack),
        ):
            if f"{self.name}.{column}" in self.evidence.arrays:
                found = self._column(column)
                self.ledger.numbers(
                    EVIDENCE, f"{self.name}.{column}", self._ids(), found, right, slack
                )

    def check_threshold(
        self, at: int, limit: int, times: Times, lifted: Times,
        columns: Sequence[str] = ("within", "reason"), counted: Floats | None = None,
    ) -> None:  # fmt: skip
        """Compare how many sites are within a threshold, and the reason where none is.

        Parameters
        ----------
        at, limit
            The number of the threshold, and its milliseconds.
        times, lifted
            What was searched, with closures and without them.
        columns
            What is compared.
        counted
            Times of the sites that count; all of them if not given.
        """
        near = np.abs(times.ms - limit) <= self.slack
        clear = ~near.any(axis=0) & ~(np.abs(lifted.soonest - limit) <= self.slack)
        clear &= ~(np.abs(times.soonest - limit) <= self.slack)
        within = ((times.ms if counted is None else counted) <= limit).sum(axis=0)
        reason = np.select(
            [
                times.soonest <= limit if counted is None else within > 0,
                times.soonest <= limit,
                (lifted.soonest <= limit) | (np.isfinite(lifted.soonest) & np.isinf(times.soonest)),
                np.isnan(lifted.metres),
                np.isinf(times.soonest),
            ],
            [0, *map(REASONS.index, ("UNSEEN", "CLOSED", "OFF_ROAD", "ISOLATED"))],
            REASONS.index("TOO_FAR"),
        )
        for column in columns:
            if f"{self.name}.{column}" in self.evidence.arrays:
                found = self._column(column)[:, at]
                right, said = (within, int) if column == "within" else (reason, REASONS.__getitem__)
                for row in np.flatnonzero(clear & (found != right)).tolist():
                    self._say(row, column, said(found[row]), said(right[row]))

    def words(self, column: str) -> npt.NDArray[np.object_]:
        """Return a column of text."""
        known = np.array([*self.evidence.texts[f"{self.name}.{column}.words"], ""], dtype=object)
        return np.asarray(known[self._column(column)])

    def _column(self, column: str) -> npt.NDArray[Any]:
        return self.evidence.arrays[f"{self.name}.{column}"][self.rows]

    def _named(self, column: str) -> Longs:
        """Return the positions of the sites that a column names, -1 where it names none."""
        position = {one: at for at, one in enumerate(self.sites.tolist())}
        return np.array([position.get(one, -1) for one in self.words(column)], dtype=np.int64)

    def _own(self, times: Times, named: Longs) -> Floats:
        """Return the times of the sites that are named; infinite where none is."""
        every = np.vstack([times.ms, np.full((1, times.ms.shape[1]), np.inf)])
        return np.asarray(every[named, np.arange(len(named))])

    def _ids(self) -> npt.NDArray[np.object_]:
        return self.evidence.ids(self.name)[self.rows]

    def _compare_ms(self, column: str, found: Longs, right: Floats) -> None:
        expected = np.where(np.isinf(right), NEVER, right)
        unlike = (found == NEVER) != np.isinf(right)
        unlike |= np.abs(found - expected) > self.slack
        for at in np.flatnonzero(unlike).tolist():
            self._say(at, column, int(found[at]), int(expected[at]))

    def _say(self, at: int, column: str, found: object, expected: object) -> None:
        self.ledger.say(EVIDENCE, self._ids()[at], f"{self.name}.{column}", found, expected)


def read_search(evidence: Evidence) -> tuple[Search, Search | None]:
    """Return the search on what a run kept, and that without closures; None without any."""
    facts = evidence.facts
    ground = read_ground(evidence)
    driven, whole = read_roads(evidence)
    mobilise_ms = round(float(facts["mobilise_minutes"]) * MS_PER_MINUTE)
    direction: Direction = facts["direction"]
    search = Search(driven, ground, float(facts["off_road_km"]), mobilise_ms, direction)
    lifted = None
    if whole is not None:
        lifted = replace(search, roads=whole, ground=_opened(ground))
    return search, lifted


def _opened(ground: OpenGround) -> OpenGround:
    return replace(ground, closed=ground.closed[:0], trees={})


def _first_within(ms: Floats, limit: float) -> Longs:
    """Return the number of the first site within the limit of each row, 0 where none is."""
    within = ms <= limit
    if not len(ms):
        return np.zeros(ms.shape[1], dtype=np.int64)
    return np.where(within.any(axis=0), within.argmax(axis=0) + 1, 0)


def _alike(one: Floats, other: Floats, slack: float) -> Flags:
    """Tell which times differ by no more than a slack; what is infinite is like nothing."""
    known = np.isfinite(one) & np.isfinite(other)
    apart = np.abs(np.where(known, one, 0.0) - np.where(known, other, 0.0))
    return np.asarray(known & (apart <= slack))


def _as_times(ms: Longs) -> Floats:
    return np.where(ms == NEVER, np.inf, ms)
