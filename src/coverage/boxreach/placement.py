"""Where the next sites go: a plan in order, under the programme's rules, with its proof."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from boxreach.accessibility import reach
from boxreach.errors import DataWarning, Fault, InfeasibleError, InputError
from boxreach.location import GroupLimit, MaxCover, Solution, max_cover
from boxreach.location.cover import covered_weight
from boxreach.location.models import relative_gap
from boxreach.routing import TravelTimes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000
_SAME = 1e-9


@dataclass(frozen=True)
class Quota:
    """At least and at most so many sites, standing ones counted, where `column` is `value`.

    Examples
    --------
    >>> print(Quota("governorate", "Ninewa", at_least=10))
    at least 10 in governorate Ninewa
    """

    column: str
    value: str
    at_least: int = 0
    at_most: int | None = None

    def __post_init__(self) -> None:
        """Refuse limits that no number keeps."""
        if self.at_least < 0 or (self.at_most is not None and self.at_most < self.at_least):
            what = f"quota of {self.at_least} to {self.at_most} in {self.column} {self.value}"
            raise InputError(Fault(what, advice="give at_least from 0 and at_most not below it"))

    def __str__(self) -> str:
        said = [f"at least {self.at_least}"] if self.at_least else []
        said += [f"at most {self.at_most}"] if self.at_most is not None else []
        return f"{' and '.join(said)} in {self.column} {self.value}"


@dataclass(frozen=True, eq=False)
class Proposal:
    """Sites in the order in which they help most, and how good the plan is proven to be.

    Attributes
    ----------
    sites
        The chosen sites in order, index ``site_id``: ``rank``, ``phase`` (the running total of
        sites it belongs to), what the candidates said of themselves, and ``{unit}_gained``,
        ``{unit}_covered`` (running, with what stood before) and ``share_covered``.
    existing
        The sites that stand already.
    reach
        The demand as all sites together reach it, recomputed on the roads.
    phases
        For each running total of sites: ``new_sites``, ``objective`` (what all sites cover),
        ``bound`` (what no choice of so many new sites covers more than, phases or not), ``gap``,
        ``status``.
    unit
        What is covered: ``people`` or ``km``.
    minutes
        The threshold.
    total
        The whole of it, covered or not.
    quotas
        The limits that were kept.
    """

    sites: gpd.GeoDataFrame
    existing: gpd.GeoDataFrame
    reach: gpd.GeoDataFrame
    phases: pd.DataFrame
    unit: str
    minutes: float
    total: float
    quotas: tuple[Quota, ...] = ()

    @property
    def status(self) -> str:
        """``optimal`` if no choice of as many new sites is better, else ``feasible``."""
        return str(self.phases["status"].iloc[-1])

    @property
    def objective(self) -> float:
        """What all sites cover at the end."""
        return float(self.phases["objective"].iloc[-1])

    @property
    def bound(self) -> float:
        """What no choice of as many new sites can cover more than."""
        return float(self.phases["bound"].iloc[-1])

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound."""
        return float(self.phases["gap"].iloc[-1])

    def summary(self) -> str:
        """Say in a few lines what the plan does and how good it is proven to be."""
        before = self.objective - float(self.sites[f"{self.unit}_gained"].sum())
        share = 100 / self.total if self.total else 0.0
        lines = [
            f"{len(self.existing)} sites stand, {len(self.sites)} are proposed;"
            f" within {self.minutes:g} minutes:",
            f"  {before:,.0f} -> {self.objective:,.0f} of {self.total:,.0f} {self.unit}"
            f" ({before * share:.1f} % -> {self.objective * share:.1f} %)",
            f"  {self.status}: no plan covers more than {self.bound:,.0f} (gap {self.gap:.3%})",
        ]
        lines += [f"  kept: {quota}" for quota in self.quotas]
        return "\n".join(lines)


def propose(
    options: TravelTimes,
    model: MaxCover,
    *,
    existing: TravelTimes | None = None,
    quotas: Sequence[Quota] = (),
    phases: Sequence[int] | None = None,
    weight: str = "people",
    seconds: float = 60.0,
) -> Proposal:
    """Choose the sites that bring the most people within reach, and put them in order.

    Each phase keeps the sites of the phase before. Within a phase the sites are in the order in
    which the next one gains most; ties go to the lower id.

    Parameters
    ----------
    options
        Times from the candidates to the demand.
    model
        What to maximise: `MaxCover` with the number of new sites and the threshold.
    existing
        Times from the sites that stand to the same demand.
    quotas
        Limits on where sites stand; standing ones count. They hold for the whole plan, and what
        they ask `at_most` in every phase.
    phases
        Running totals of sites, standing ones counted, the last with all new sites:
        ``[50, 100]``. Totals that stand already are passed over.
    weight
        The column of the demand that is covered: ``people``, or ``km`` of a frontier.
    seconds
        How long each solve may take.

    Returns
    -------
    Proposal

    Raises
    ------
    InputError
        If the tables do not fit each other.
    InfeasibleError
        If no plan keeps the rules; it names those in the way.
    """
    task = _Task(options, model, existing, tuple(quotas), weight)
    totals = _phase_totals(phases, task.standing, model.sites)
    _check_rules(task)
    chosen: Integers = np.empty(0, dtype=np.int64)
    order: list[int] = []
    rows = []
    for total in totals:
        solution = task.solve(chosen, total - task.standing, model.sites, seconds)
        chosen = np.concatenate([chosen, solution.sites])
        free = solution
        if len(order):
            free = task.solve(np.empty(0, dtype=np.int64), len(chosen), model.sites, seconds)
        order += task.rank(order, solution.sites)
        rows.append(_phase_row(task, total, len(solution.sites), chosen, free))
    return _finish(task, order, pd.DataFrame(rows).set_index("sites"), totals)


class _Task:
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
        self.options, self.model, self.quotas, self.weight = options, model, quotas, weight
        by_id = np.argsort(options.sites.index.to_numpy(dtype=str), kind="stable")
        self.candidates = options.sites.iloc[by_id]
        self.cover = _within(options, model.minutes)[by_id]
        self.weights = options.demand[weight].to_numpy(dtype=float, na_value=np.nan)
        _warn_unknown(self.weights, weight)
        self.weights = np.nan_to_num(self.weights)
        self.standing = 0 if existing is None else len(existing.sites)
        self.stands = options.sites.iloc[:0] if existing is None else existing.sites
        self.open = self.weights.copy()
        if existing is not None:
            self.open[np.unique(_within(existing, model.minutes).indices)] = 0.0
        self.base = float(self.weights.sum() - self.open.sum())

    def members(self, quota: Quota) -> npt.NDArray[np.bool_]:
        """Tell which candidates a quota counts."""
        return (self.candidates[quota.column].astype(str) == quota.value).to_numpy()

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
        limits, later = [], []
        for quota in self.quotas:
            members = self.members(quota)
            have = self.standing_in(quota) + int(members[kept].sum())
            at_most = None if quota.at_most is None else max(0, quota.at_most - have)
            need = max(0, quota.at_least - have)
            limits.append(GroupLimit(members[free], need if total == final else 0, at_most))
            if total < final:
                later.append(GroupLimit(members[free], need))
        solution = max_cover(
            self.cover[free],
            weights,
            sites=total - len(kept),
            limits=limits,
            later=later,
            later_sites=final - total,
            seconds=seconds,
        )
        if solution.status == "infeasible":
            raise InfeasibleError(_conflict(self))
        return Solution(
            solution.status, solution.objective, solution.bound, free[solution.sites]
        )

    def covered(self, chosen: Sequence[int] | Integers) -> float:
        """Return what the standing and the chosen sites cover together."""
        return self.base + covered_weight(self.cover, self.open, np.asarray(chosen, dtype=np.int64))

    def rank(self, before: Sequence[int], chosen: Integers) -> list[int]:
        """Put chosen sites in the order of what each gains next; ties go to the lower id."""
        weights = self.open.copy()
        weights[np.unique(self.cover[np.asarray(before, dtype=np.int64)].indices)] = 0.0
        left, order = sorted(chosen.tolist()), []
        cover = self.cover
        while left:
            gains = [
                weights[cover.indices[cover.indptr[one] : cover.indptr[one + 1]]].sum()
                for one in left
            ]
            best = left.pop(int(np.argmax(gains)))
            weights[cover.indices[cover.indptr[best] : cover.indptr[best + 1]]] = 0.0
            order.append(best)
        return order


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
    elif not (options.demand[weight].dropna() >= 0).all():
        faults.append(Fault("a weight is below 0", "demand", column=weight))
    for times in (options, existing):
        if times is not None and model.minutes > times.cutoff_minutes:
            what = f"the times go up to {times.cutoff_minutes:g} of {model.minutes:g} minutes"
            faults.append(Fault(what, advice="compute travel_times with a higher cutoff"))
    if existing is not None and not existing.demand.index.equals(options.demand.index):
        faults.append(Fault("existing and options are times to different demand"))
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


def _warn_unknown(weights: Floats, weight: str) -> None:
    unknown = int(np.isnan(weights).sum())
    if unknown:
        warnings.warn(
            f"{unknown} of {len(weights)} demand rows have unknown {weight}; they do not pull a"
            " site to them",
            DataWarning,
            stacklevel=5,
        )


def _phase_totals(phases: Sequence[int] | None, standing: int, new: int) -> list[int]:
    totals = [standing + new] if phases is None else list(phases)
    ahead = [total for total in totals if total > standing]
    if totals != sorted(set(totals)) or (new and (ahead or totals)[-1] != standing + new):
        raise InputError(
            Fault(
                f"phases are {totals}, but {standing} sites stand and {new} are to come",
                column="phases",
                advice=f"give rising totals of all sites that end with {standing + new}",
            )
        )
    return ahead or [standing + new]


def _check_rules(task: _Task) -> None:
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


def _conflict(task: _Task) -> str:
    rules = "; ".join(str(quota) for quota in task.quotas) or "none"
    return f"no choice of {task.model.sites} new sites keeps all quotas together: {rules}"


def _phase_row(
    task: _Task, total: int, new: int, chosen: Integers, free: Solution
) -> dict[str, object]:
    objective = task.covered(chosen)
    bound = max(task.base + free.bound, objective)
    gap = relative_gap(objective, bound)
    proven = gap <= _SAME
    return {
        "sites": total,
        "new_sites": new,
        "objective": objective,
        "bound": objective if proven else bound,
        "gap": 0.0 if proven else gap,
        "status": "optimal" if proven else "feasible",
    }


def _finish(
    task: _Task, order: list[int], phases: pd.DataFrame, totals: Sequence[int]
) -> Proposal:
    unit = task.weight
    running = np.array([task.covered(order[: count + 1]) for count in range(len(order))])
    total = float(task.weights.sum())
    sites = task.candidates.iloc[order]
    rank = np.arange(1, len(order) + 1)
    before = np.append(task.base, running)[:-1] if len(order) else running
    sites = sites.assign(
        rank=rank,
        phase=np.asarray(totals)[np.searchsorted(totals, rank + task.standing)],
        **{f"{unit}_gained": running - before, f"{unit}_covered": running},
        share_covered=running / total if total else 0.0,
    )
    together = pd.concat([task.stands, sites]) if task.standing else sites
    together.index.name = "site_id"
    reached = reach(
        task.options.from_sites(gpd.GeoDataFrame(together[["geometry"]], crs=sites.crs)),
        minutes=task.model.minutes,
    )
    return Proposal(
        sites=sites,
        existing=task.stands,
        reach=reached,
        phases=phases,
        unit=unit,
        minutes=float(task.model.minutes),
        total=total,
        quotas=task.quotas,
    )
