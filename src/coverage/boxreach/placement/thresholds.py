"""What the sites of a plan come to at other thresholds than its own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility.readings import require_thresholds
from boxreach.placement.question import MS_PER_MINUTE, Question
from boxreach.routing import NEVER

Integers = npt.NDArray[np.int64]

_FAR = np.iinfo(np.int64).max


def count_at(question: Question, after: Integers, minutes: Iterable[float]) -> pd.DataFrame:
    """Return how much is reached before and after a plan within each number of minutes.

    Up to where the times of the question go they are what counts, as in the plan itself; farther
    out the quickest site is searched again.

    Parameters
    ----------
    question
        What the plan was made on.
    after
        Positions of the sites that stand in the end.
    minutes
        The thresholds.

    Raises
    ------
    InputError
        If the minutes are no thresholds.
    """
    limits = np.array(list(thresholds := require_thresholds(minutes)), dtype=np.int64)
    columns: dict[str, object] = {"total": question.total}
    for name, sites in (("before", question.stood), ("after", after)):
        quickest = _find_quickest(question, sites, int(limits.max()))
        columns[name] = [float(question.weights[quickest <= limit].sum()) for limit in limits]
    index = pd.Index(list(thresholds.values()), name="minutes", dtype=float)
    table = pd.DataFrame(columns, index=index)
    whole = table["total"].where(table["total"] > 0)
    return table.assign(share_before=table["before"] / whole, share_after=table["after"] / whole)


def _find_quickest(question: Question, sites: Integers, limit_ms: int) -> Integers:
    """Return the milliseconds of the quickest of some sites, as far as the limit at least."""
    if question.ms is None:
        found = _search_again(question, sites)
        return np.where(found == NEVER, _FAR, found)
    parts = [one for one in (question.options, question.existing) if one is not None]
    known_ms = round(min(one.cutoff_minutes for one in parts) * MS_PER_MINUTE)
    pairs = question.ms_from(sites).tocoo()
    quickest = np.full(len(question.weights), _FAR)
    np.minimum.at(quickest, pairs.col, pairs.data.astype(np.int64))
    beyond = quickest > known_ms
    quickest[beyond] = _FAR
    if limit_ms <= known_ms or not len(sites) or not beyond.any():
        return quickest
    found = _search_again(question, sites)
    # What both know differs by nothing but rows that were searched together.
    far = np.where(found == NEVER, _FAR, np.maximum(found, known_ms + 1))
    return np.where(beyond, far, quickest)


def _search_again(question: Question, sites: Integers) -> Integers:
    """Return the milliseconds of the quickest of some sites, however far; `NEVER` without any."""
    if not len(sites):
        return np.full(len(question.weights), NEVER)
    return question.options.from_sites(question.places_of(sites)).nearest_ms
