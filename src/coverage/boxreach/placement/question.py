"""The question a plan answers, on plain arrays, candidates in the order of their ids."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from boxreach.errors import DataWarning, Fault, InfeasibleError, InputError
from boxreach.location import GroupLimit, MaxCover, Rules, Solution, max_cover
from boxreach.location.cover import covered_weight
from boxreach.location.greedy import order_by_gain
from boxreach.placement.proposal import Quota
from boxreach.routing import TravelTimes
from boxreach.tables import SITES, tidy

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000


class Question:
    """The question on plain arrays, candidates in the order of their ids."""

    def __init__(
        self,
        options: TravelTimes,
        model: MaxCover,
        existing: TravelTimes | None,
        quotas: tuple[Quota, ...],
        weight: str,
    ) -> None:
        _check_tables(options, model, existing, quotas, weight)
        text = [*(column.name for column in SITES.columns), *(quota.column for quota in quotas)]
        self.options, self.model, self.quotas, self.weight = options, model, quotas, weight
        by_id = np.argsort(options.sites.index.to_numpy(dtype=str), kind="stable")
        self.candidates = tidy(options.sites.iloc[by_id], text)
        self.cover = _within(options, model.minutes)[by_id]
        self.weights = options.demand[weight].to_numpy(dtype=float, na_value=np.nan)
        _warn_unknown(self.weights, weight)
        self.weights = np.nan_to_num(self.weights)
        self.standing = 0 if existing is None else len(existing.sites)
        self.stands = tidy(options.sites.iloc[:0] if existing is None else existing.sites, text)
        self.open = self.weights.copy()
        if existing is not None:
            self.open[np.unique(_within(existing, model.minutes).indices)] = 0.0
        self.base = float(self.weights.sum() - self.open.sum())

    def members(self, quota: Quota) -> npt.NDArray[np.bool_]:
        """Tell which candidates a quota counts."""
        return np.asarray(self.candidates[quota.column].astype(str) == quota.value)

    def standing_in(self, quota: Quota) -> int:
        """Count the standing sites that a quota counts."""
        if not self.standing:
            return 0
        return int((self.stands[quota.column].astype(str) == quota.value).sum())

    def solve(self, kept: Integers, total: int, final: int, seconds: float) -> Solution:
        """Choose so many candidates in all, those kept among them; return only the new ones."""
        weights = self.open.copy()
        weights[np.unique(self.cover[kept].indices)] = 0.0
        free = np.setdiff1d(np.arange(len(self.candidates)), kept)
        limits = []
        for quota in self.quotas:
            members = self.members(quota)
            have = self.standing_in(quota) + int(members[kept].sum())
            at_most = None if quota.at_most is None else max(0, quota.at_most - have)
            limits.append(GroupLimit(members[free], max(0, quota.at_least - have), at_most))
        solution = max_cover(
            self.cover[free],
            weights,
            sites=total - len(kept),
            rules=Rules(limits=tuple(limits)),
            later_sites=final - total,
            seconds=seconds,
        )
        if solution.status == "infeasible":
            raise InfeasibleError(_conflict(self))
        return Solution(solution.status, solution.objective, solution.bound, free[solution.sites])

    def best_among(self, among: Integers, count: int, seconds: float) -> Integers:
        """Choose so many of some candidates, whatever the quotas."""
        found = max_cover(self.cover[among], self.open, sites=count, seconds=seconds)
        return among[found.sites]

    def covered(self, chosen: Sequence[int] | Integers) -> float:
        """Return what the standing and the chosen sites cover together."""
        return self.base + covered_weight(self.cover, self.open, np.asarray(chosen, dtype=np.int64))

    def rank(self, before: Sequence[int], chosen: Integers) -> list[int]:
        """Put chosen sites in the order of what each gains next; ties go to the lower id."""
        weights = self.open.copy()
        weights[np.unique(self.cover[np.asarray(before, dtype=np.int64)].indices)] = 0.0
        return order_by_gain(self.cover, weights, chosen.tolist())


def _within(times: TravelTimes, minutes: float) -> csr_array:
    """Return the pairs within the threshold as a cover matrix of ones."""
    pairs = times.ms.tocoo()
    near = pairs.data <= round(minutes * _MS_PER_MINUTE)
    ones = np.ones(int(near.sum()))
    return csr_array((ones, (pairs.row[near], pairs.col[near])), shape=times.ms.shape)


def _check_tables(
    options: TravelTimes,
    model: MaxCover,
    existing: TravelTimes | None,
    quotas: tuple[Quota, ...],
    weight: str,
) -> None:
    faults = []
    if weight not in options.demand:
        faults.append(Fault("the column is missing", "demand", column=weight))
    else:
        faults += _weight_faults(options.demand[weight], weight)
    for times in (options, existing):
        if times is not None and model.minutes > times.cutoff_minutes:
            what = f"the times go up to {times.cutoff_minutes:g} of {model.minutes:g} minutes"
            faults.append(Fault(what, advice="compute travel_times with a higher cutoff"))
    if existing is not None and not existing.demand.index.equals(options.demand.index):
        faults.append(Fault("existing and options are times to different demand"))
    if existing is not None:
        both = sorted(set(options.sites.index) & set(existing.sites.index))
        faults += [
            Fault(
                f"the id {one!r} is that of a site in existing too",
                "candidates",
                column="site_id",
                advice="give candidates ids of their own",
            )
            for one in both
        ]
    tables = [("candidates", options.sites)]
    tables += [("existing", existing.sites)] if existing is not None else []
    for column in dict.fromkeys(quota.column for quota in quotas):
        faults += [
            Fault("a quota counts by it, and it is missing", name, column=column)
            for name, table in tables
            if column not in table and len(table)
        ]
    if faults:
        raise InputError(*faults)


def _weight_faults(values: pd.Series[Any], weight: str) -> list[Fault]:
    if not pd.api.types.is_numeric_dtype(values):
        what = f"it holds {values.dtype} values"
        return [Fault(what, "demand", column=weight, advice="give numbers")]
    known = values.dropna().to_numpy(dtype=float)
    wrong = {"a weight is below 0": known < 0, "a weight is infinite": np.isinf(known)}
    return [Fault(what, "demand", column=weight) for what, found in wrong.items() if found.any()]


def _warn_unknown(weights: Floats, weight: str) -> None:
    unknown = int(np.isnan(weights).sum())
    if unknown:
        warnings.warn(
            f"{unknown} of {len(weights)} demand rows have unknown {weight}; they do not pull a"
            " site to them",
            DataWarning,
            stacklevel=5,
        )


def check_rules(task: Question) -> None:
    """Raise `InfeasibleError` naming every rule that no choice of candidates can keep."""
    problems = []
    count, new = len(task.candidates), task.model.sites
    if new > count:
        problems.append(f"{new} new sites are asked for, and there are {count} candidates")
    needs = 0
    for quota in task.quotas:
        have, members = task.standing_in(quota), int(task.members(quota).sum())
        need = max(0, quota.at_least - have)
        needs += need
        if need > members:
            problems.append(
                f"{quota}: {have} stand, {need} more are needed, and there are {members} candidates"
            )
        if quota.at_most is not None and have > quota.at_most:
            problems.append(f"{quota}: {have} stand already")
    disjoint = len({(quota.column, quota.value) for quota in task.quotas}) == len(task.quotas)
    if len({quota.column for quota in task.quotas}) == 1 and disjoint and needs > new:
        problems.append(
            f"the quotas need {needs} more sites in all, and {new} are to come:"
            f" {'; '.join(str(quota) for quota in task.quotas if quota.at_least)}"
        )
    if problems:
        raise InfeasibleError("\n".join(problems))


def _conflict(task: Question) -> str:
    rules = "; ".join(str(quota) for quota in task.quotas) or "none"
    return f"no choice of {task.model.sites} new sites keeps all quotas together: {rules}"
