"""`Quota` and `Proposal`: a rule of the programme, and a plan with its proof."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import geopandas as gpd
import pandas as pd

from boxreach.errors import Fault, InputError


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
        """Refuse limits that no number keeps, and values that no name equals."""
        if not isinstance(self.value, str):
            what = f"quota where {self.column} is {self.value!r}"
            raise InputError(Fault(what, advice="give the value as text, as the table has it"))
        for limit in (self.at_least, 0 if self.at_most is None else self.at_most):
            if not isinstance(limit, Integral):
                what = f"quota of {limit!r} in {self.column} {self.value}"
                raise InputError(Fault(what, advice="give whole numbers"))
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
