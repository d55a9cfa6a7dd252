"""What is told of a road or a box that is lost: figures, and who loses reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from boxreach.crs import Floats
from boxreach.routing import TravelTimes
from boxreach.scenarios.losses import Change, Quickest
from boxreach.scenarios.mending import Menders

Longs = npt.NDArray[np.int64]
Row = dict[str, object]

FIGURES = (
    "people_lost", "places_lost", "people_slower", "slower_minutes", "next_site_id",
    "next_minutes", "mending_site_id", "people_mended",
)  # fmt: skip
"""The columns that are told of each thing."""

_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, eq=False)
class Losses:
    """Who loses reach if one thing goes."""

    name: str
    what: str
    place: Longs
    site: Longs
    ms: Longs
    site_before: Longs
    ms_before: Longs


_OF_LOSSES = (
    "feature_id", "what", "people", "site_id_before", "minutes_before", "site_id", "minutes",
)  # fmt: skip
"""What is told of each loss; the place is called as the index of the demand, if by no such name."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Turns what changes if one thing goes into a row, and tells who loses reach.

    Attributes
    ----------
    site_ids, rank
        The ids of the boxes or posts, and their ranks.
    candidate_ids
        Those of the candidates, if there are any.
    people
        What is counted of each place.
    limit_ms
        The threshold.
    """

    site_ids: pd.Index[str]
    rank: Longs
    candidate_ids: pd.Index[str] | None
    people: Floats
    limit_ms: int

    def row(
        self, name: str, what: str, change: Change, base: Quickest, menders: Menders | None,
        again: Callable[[Longs], tuple[Longs, csr_array]], barred: int = -1,
    ) -> tuple[Row, Losses]:  # fmt: skip
        """Return the figures of one thing, and who loses reach."""
        is_lost = change.lost(base.ms, self.limit_ms)
        lost, site, ms = change.place[is_lost], change.site[is_lost], change.ms[is_lost]
        losses = Losses(name, what, lost, site, ms, base.site[lost], base.ms[lost])
        slower = change.slower(base.ms, self.limit_ms)
        later, weight = change.place[slower], self.people[change.place[slower]]
        more_ms = change.ms[slower] - base.ms[later]
        mending, mended = menders.best(lost, again, barred) if menders else (-1, 0.0)
        ids = self.candidate_ids
        figures: Row = {
            "people_lost": float(self.people[lost].sum()),
            "places_lost": len(lost),
            "people_slower": float(weight.sum()),
            "slower_minutes": _mean(more_ms, weight) / _MS_PER_MINUTE,
            "next_site_id": self._most_named(lost, site),
            "next_minutes": _mean(ms[site >= 0], self.people[lost[site >= 0]]) / _MS_PER_MINUTE,
            "mending_site_id": "" if mending < 0 or ids is None else ids[mending],
            "people_mended": mended,
        }
        return figures, losses

    def _most_named(self, lost: Longs, site: Longs) -> object:
        """Return the site that most of those who lost reach have next; blank where none comes."""
        total = np.zeros(len(self.site_ids))
        np.add.at(total, site[site >= 0], self.people[lost[site >= 0]])
        named = np.unique(site[site >= 0])
        if not len(named):
            return ""
        order = np.lexsort((self.rank[named], -total[named]))
        return self.site_ids[named[order[0]]]


def list_losses(found: Sequence[Losses], times: TravelTimes, people: Floats) -> pd.DataFrame:
    """Return a row for each thing and place that loses reach."""
    place = times.demand.index.name or "demand_id"
    place = "demand_id" if place in _OF_LOSSES else place
    ids, names = times.sites.index.to_numpy(object), times.demand.index
    named = np.append(ids, np.array([""], dtype=object))
    at = _concatenate([one.place for one in found])
    count = [len(one.place) for one in found]
    ms = _concatenate([one.ms for one in found])
    return pd.DataFrame(
        {
            "feature_id": np.repeat(np.array([one.name for one in found], object), count),
            "what": np.repeat(np.array([one.what for one in found], object), count),
            place: names.to_numpy(object)[at],
            "people": people[at],
            "site_id_before": named[_concatenate([one.site_before for one in found])],
            "minutes_before": _concatenate([one.ms_before for one in found]) / _MS_PER_MINUTE,
            "site_id": named[_concatenate([one.site for one in found])],
            "minutes": np.where(ms < 0, np.nan, ms / _MS_PER_MINUTE),
        }
    )


def _concatenate(parts: list[Longs]) -> Longs:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])


def _mean(values: Longs, weights: Floats) -> float:
    """Return the weighted mean; NaN where nothing is counted."""
    return float(np.average(values, weights=weights)) if weights.sum() > 0 else float("nan")
