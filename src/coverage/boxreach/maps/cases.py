"""A case: what stands, what is proposed, and how places come within reach as the plan goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from boxreach.arguments import kind_of
from boxreach.errors import Fault, InputError
from boxreach.maps.packing import pack_integers
from boxreach.maps.steps import NOBODY, Steps, list_steps
from boxreach.routing import NEVER, TravelTimes

if TYPE_CHECKING:
    from boxreach.placement import Proposal

Integers = npt.NDArray[np.int64]
Sentence = str | Mapping[str, str]

_MS_PER_MINUTE = 60_000
_TENTH_MS = 6_000


@dataclass(frozen=True, eq=False)
class Side:
    """One plan over the places of a map, to be shown alone or beside another.

    Parameters
    ----------
    reach
        A row per place, as `boxreach.reach` returns it: what is reached by what stands.
    plan
        The proposed boxes.
    boxes
        Those that stand; those of the plan by default.
    times
        From boxes and proposed sites to the same places, as far as the longest threshold; by
        default those that the plan was made on, where it was made over these places.
    label
        What the page calls it: the same text in every language, or a mapping from language to
        text.
    """

    reach: gpd.GeoDataFrame
    plan: Proposal | None = None
    boxes: gpd.GeoDataFrame | None = None
    times: TravelTimes | None = None
    label: Sentence | None = None

    def __post_init__(self) -> None:
        if self.boxes is None and self.plan is not None:
            object.__setattr__(self, "boxes", self.plan.existing)


def require_other(other: object, reach: gpd.GeoDataFrame) -> None:
    """Raise if a second plan is none, or is not over the places of the first.

    Raises
    ------
    InputError
        Saying what to give.
    """
    if other is None:
        return
    if not isinstance(other, Side):
        advice = "give boxreach.maps.Side(reach, plan, label='B')"
        raise InputError(Fault(f"other is {kind_of(other)}", advice=advice))
    if not other.reach.index.equals(reach.index):
        advice = "give reach() over the same communities, in the same order"
        raise InputError(Fault("other: its communities are not those of reach", advice=advice))


@dataclass(frozen=True, eq=False)
class Case:
    """What one plan makes of the places, from what stands to its last box.

    Attributes
    ----------
    sites
        Ids: of the boxes that stand, of the proposed ones in their order, and of those that the
        places name and of which nothing else is known.
    steps
        How the quickest site of each place changes.
    known_minutes
        How far the times of the proposed boxes to these places are known, which the steps follow;
        None where they are not, and the steps tell what stands alone.
    ms
        Milliseconds from the boxes that stand and the proposed ones to the places; None where
        they are not known.
    """

    sites: list[str]
    steps: Steps
    known_minutes: float | None
    ms: csr_array | None


def build_case(side: Side) -> Case:
    """Return what a plan makes of the places of a reach table.

    Raises
    ------
    InputError
        If times and reach tell different things of what stands, or the times lack a site.
    """
    reach, plan, boxes, times = side.reach, side.plan, side.boxes, side.times
    standing = [] if boxes is None else [str(one) for one in boxes.index]
    proposed = [] if plan is None else [str(one) for one in plan.sites.index]
    named = reach["site_id"].astype(object) if "site_id" in reach else pd.Series(dtype=object)
    others = sorted({str(one) for one in named if not pd.isna(one) and one != ""} - {*standing})
    ids = [*standing, *proposed, *others]
    first, first_ms = _read_first(reach, named, standing, others, len(proposed))
    known_ms, known_minutes = _find_times(reach, plan, times, standing, proposed)
    ms = known_ms
    if ms is None:
        gone = np.empty(0, dtype=np.int64)
        ms = csr_array((len(ids), len(reach)), dtype=np.int64)
    else:
        _require_same(ms[: len(standing)], first_ms, reach, known_minutes)
        gone = _given_up(plan, standing)
    order = np.argsort(np.argsort(np.array(ids, dtype=str), kind="stable"), kind="stable")
    steps = list_steps(ms, len(standing), gone, order, first, first_ms)
    return Case(ids, steps, known_minutes, known_ms)


def _read_first(
    reach: gpd.GeoDataFrame,
    named: pd.Series[Any],
    standing: Sequence[str],
    others: Sequence[str],
    proposed: int,
) -> tuple[Integers, Integers]:
    """Return the quickest site that stands for each place, and its milliseconds."""
    at = {one: len(standing) + proposed + row for row, one in enumerate(others)}
    at |= {one: row for row, one in enumerate(standing)}
    ms = (reach["minutes"].astype(float) * _MS_PER_MINUTE).round()
    known = ms.notna().to_numpy()
    first = np.array([at.get(str(one), NOBODY) for one in named], dtype=np.int64)
    if not len(first):
        first = np.full(len(reach), NOBODY, dtype=np.int64)
    return np.where(known, first, NOBODY), ms.fillna(NEVER).to_numpy().astype(np.int64)


def _find_times(
    reach: gpd.GeoDataFrame,
    plan: Proposal | None,
    times: TravelTimes | None,
    standing: Sequence[str],
    proposed: Sequence[str],
) -> tuple[csr_array | None, float | None]:
    """Return milliseconds from boxes and proposed sites, and how far they go; None if unknown."""
    if times is not None:
        if not times.demand.index.equals(reach.index):
            raise InputError("times: their demand is not that of the reach table; give times to it")
        ms_from, ids = times.ms.__getitem__, times.sites.index
        cutoff = times.cutoff_minutes
    elif plan is not None and plan.question is not None and plan.reach.index.equals(reach.index):
        question = plan.question
        ms_from, ids = question.ms_from, pd.Index(question.ids)
        several = (question.options, question.existing)
        cutoff = min(one.cutoff_minutes for one in several if one is not None)
    else:
        return None, None
    wanted = pd.Index([*standing, *proposed], dtype=object)
    rows = pd.Index([str(one) for one in ids], dtype=object).get_indexer(wanted)
    if (rows < 0).any():
        lacking = [one for one, row in zip([*standing, *proposed], rows, strict=True) if row < 0]
        if times is None:
            return None, None
        raise InputError(f"times: they lack the site {lacking[0]!r}; give times from all boxes")
    return ms_from(rows), float(cutoff)


def _require_same(
    ms: csr_array, first_ms: Integers, reach: gpd.GeoDataFrame, cutoff_minutes: float | None
) -> None:
    """Raise where what stands reaches a place sooner or later than the reach table says."""
    limit = round((cutoff_minutes or 0.0) * _MS_PER_MINUTE)
    pairs = ms.tocoo()
    quickest = np.full(len(first_ms), limit + 1)
    np.minimum.at(quickest, pairs.col, pairs.data.astype(np.int64))
    said = np.where(first_ms == NEVER, limit + 1, first_ms)
    # What lies beyond the cutoff of one of them is not known to the other.
    differ = np.flatnonzero(quickest != np.minimum(said, limit + 1))
    if len(differ):
        raise InputError(
            f"reach: {len(differ):,} of its places are reached at another time than by the boxes "
            f"that the plan stands on, the first {reach.index[differ[0]]!r}; "
            "give reach() of the times that were given to propose() as existing"
        )


def _given_up(plan: Proposal | None, standing: Sequence[str]) -> Integers:
    if plan is None:
        return np.empty(0, dtype=np.int64)
    if "moved_from" not in plan.sites:
        return np.full(len(plan.sites), NOBODY, dtype=np.int64)
    at = {one: row for row, one in enumerate([*standing, *map(str, plan.sites.index)])}
    return np.array([at.get(str(one), NOBODY) for one in plan.sites["moved_from"]], dtype=np.int64)


def choose_unit_ms(thresholds: Sequence[float], *, coarse: bool = False) -> int:
    """Return the milliseconds that times are raised to: tenths of minutes, if thresholds are.

    Coarse ones are whole minutes, if thresholds are: a time tells less of where a box is.
    """
    if coarse and all(float(one).is_integer() for one in thresholds):
        return _MS_PER_MINUTE
    tenths = [minutes * 10 for minutes in thresholds]
    return _TENTH_MS if all(abs(one - round(one)) < 1e-9 for one in tenths) else 1


def write_steps(case: Case, proposed_from: int, unit_ms: int) -> dict[str, Any]:
    """Return the steps of a case as packed texts.

    Per place: how many steps; of each its rank less that of the one before, its time raised to
    whole units and one more (0 where no site has a way there), and its site: 0 for the one that
    the rank brings, else its position and one more.
    """
    steps = case.steps
    first = np.diff(steps.place, prepend=-1) != 0
    rank = np.diff(steps.rank, prepend=0)
    rank[first] = steps.rank[first]
    units = np.where(steps.ms == NEVER, 0, -(-steps.ms // unit_ms) + 1)
    brought = (steps.rank > 0) & (steps.site == proposed_from + steps.rank - 1)
    return {
        "count": pack_integers(np.bincount(steps.place)),
        "rank": pack_integers(rank),
        "units": pack_integers(units),
        "site": pack_integers(np.where(brought, 0, steps.site + 1)),
        "known_minutes": case.known_minutes,
    }
