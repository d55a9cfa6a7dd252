"""`Proposal`: a plan in order, with its proof and what its rules cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.arguments import number_faults
from boxreach.display import draw_figures
from boxreach.errors import InputError
from boxreach.location import MaxCover
from boxreach.location.models import Model
from boxreach.placement.aims import Aim, aim_of, name_kinds
from boxreach.placement.curve import draw_curve
from boxreach.placement.lasting import givers_of, lasting_rows
from boxreach.placement.order import Step
from boxreach.placement.question import Question
from boxreach.placement.quotas import Quota
from boxreach.placement.thresholds import count_at

_MOST_CASES = 10
"""So many are told of one by one."""
SHOWN = 5e-6
"""Smaller shares are nothing to three digits of a per cent."""


@dataclass(frozen=True)
class Span:
    """An amount that is known to lie between two numbers.

    Attributes
    ----------
    at_least, at_most
        The numbers; equal where it is known.
    """

    at_least: float
    at_most: float

    def __str__(self) -> str:
        if self.at_most - self.at_least < 0.5:
            return f"{self.at_least:,.0f}"
        return f"{self.at_least:,.0f} to {self.at_most:,.0f}"


@dataclass(frozen=True, eq=False, repr=False)
class Proposal:
    """Sites in the order in which they help most, and how good the plan is proven to be.

    Attributes
    ----------
    sites
        The chosen sites in order, index ``site_id``: ``rank``, ``phase`` (the running total of
        sites it belongs to), what the candidates said of themselves, ``mgrs``, the nearest road
        (``road_name``, ``road_class``, ``road_m``), ``{unit}_gained``, ``{unit}_covered`` (running,
        with what stood before) and ``share_covered``; with moves also ``moved_from``, the id of
        the site whose box comes here.
    existing
        The sites that stood before.
    reach
        The demand as all sites together reach it, recomputed on the roads: which site serves each.
    phases
        For each running total of sites: ``new_sites``, ``covered`` (what all sites reach within
        the minutes), ``objective`` (what the model makes of it), ``bound`` (what no choice of so
        many new sites goes beyond, phases or not), ``gap``, ``status``,
        ``kept_bound`` (what none goes beyond that keeps the sites of the phase before), ``alone``
        (the best choice found for that number, whatever the other phases) and ``regret``, what the
        phase loses to that.
    unit
        What is covered: ``people`` or ``km``.
    minutes
        The threshold.
    total
        The whole of it, covered or not.
    quotas
        The limits that were kept.
    model
        What was asked for.
    moves
        Which sites gave up their places: ``phase``, ``from_site_id``, ``to_site_id``, ``km``,
        ``cost_usd``, and what was ``gained`` at the new place and ``lost`` at the old one.
    forgone
        What the quotas cost: how much more the best plan without them comes to; None without any.
    reserve, reserve_gain
        How many sites are held back, and how much more they would come to if placed now.
    seconds, seed
        How long it took, and the seed of random choices.
    least_regret
        Of plans in phases, what some phase of any of them loses at least to the best choice of
        as many sites, as a share of it; 0 where nothing better is known.
    cases
        Of a plan for several cases, by ``case``: ``probability``; ``total``, what there is in it;
        ``covered_before`` and ``covered``, by the sites that stood, and by all; ``share_covered``;
        ``objective``, what the plan makes of it (with a priority, not what is covered); and
        ``bound``, what no plan comes to more than in that case, whatever the others. Empty of a
        plan on one state of the roads.
    criterion, judged
        By what of the cases the plan is judged: ``mean``, ``worst`` or a percentile; and in words.
        `objective` and `bound` are of that. None and empty without cases.
    """

    sites: gpd.GeoDataFrame
    existing: gpd.GeoDataFrame
    reach: gpd.GeoDataFrame
    phases: pd.DataFrame
    unit: str
    minutes: float
    total: float
    quotas: tuple[Quota, ...] = ()
    model: Model | None = None
    moves: pd.DataFrame = field(default_factory=pd.DataFrame)
    forgone: Span | None = None
    reserve: int = 0
    reserve_gain: Span | None = None
    seconds: float = 0.0
    seed: int = 0
    question: Question | None = field(default=None, repr=False)
    steps: tuple[Step, ...] = field(default=(), repr=False)
    least_regret: float = 0.0
    cases: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    criterion: str | None = None
    judged: str = ""

    @property
    def status(self) -> str:
        """``optimal`` if no choice of as many new sites is better, else ``feasible``."""
        return str(self.phases["status"].iloc[-1])

    @property
    def objective(self) -> float:
        """What the model makes of all sites at the end: for cover, what they reach."""
        return float(self.phases["objective"].iloc[-1])

    @property
    def bound(self) -> float:
        """What no choice of as many new sites can go beyond."""
        return float(self.phases["bound"].iloc[-1])

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound."""
        return float(self.phases["gap"].iloc[-1])

    @property
    def most_regret(self) -> float:
        """What the phase that loses most loses to the best of as many sites, as a share of it."""
        alone = self.phases["alone"].where(self.phases["alone"] > 0)
        return float((self.phases["regret"] / alone).fillna(0.0).max())

    @property
    def cost_usd(self) -> float | None:
        """What the new boxes and the moves cost in US dollars; None if it is not known."""
        if self.question is None:
            return None
        costs = self.question.costs
        moves = float(self.moves["cost_usd"].sum(skipna=False)) if len(self.moves) else 0.0
        # A box that moves spares what one costs at least; what its new place costs beyond stays.
        spared = float(costs.min()) * len(self.moves) if len(self.moves) else 0.0
        whole = float(costs[[one.site for one in self.steps]].sum())
        return None if math.isnan(moves) else whole - spared + moves

    def curve(self, seconds: float = 30.0) -> pd.DataFrame:
        """Return what 1, 2 … new sites come to: in the plan's order, at best, and at most.

        Parameters
        ----------
        seconds
            How long it may take in all, about; each number of sites is solved on its own.

        Returns
        -------
        pandas.DataFrame
            By ``new_sites``, from 0: ``in_order`` (the model's objective with the first so many
            sites of the plan), ``best`` (the best choice found of so many, which may break what
            the rules ask at least), ``bound`` (what no choice of so many goes beyond), ``gap``
            between these two, and ``order_loses``, best less in order.

        Raises
        ------
        InputError
            If the model does not cover with a number of sites, or the seconds mean nothing.
        """
        advice = "give seconds above 0"
        faults = number_faults("seconds", seconds, lambda one: 0 < one < 1e6, advice)
        if faults:
            raise InputError(*faults)
        if self.question is None or not (self.aim.covers and self.aim.sites is not None):
            raise InputError(f"a curve is drawn of {name_kinds(of_cover=True)} by sites")
        if len(self.cases):
            raise InputError("a curve is drawn of a plan on one state of the roads, without cases")
        return draw_curve(self.question, self.steps, seconds, self.seed)

    def at_minutes(self, minutes: Iterable[float] = (15, 30, 60, 90)) -> pd.DataFrame:
        """Return what the same sites come to at other thresholds than that of the plan.

        Parameters
        ----------
        minutes
            The thresholds, which may lie beyond the times that the plan was made on.

        Returns
        -------
        pandas.DataFrame
            By ``minutes``, ascending: ``total``, what there is; ``before`` and ``after``, how much
            of it the sites that stood reach, and those that stand in the end; ``share_before``
            and ``share_after``, NaN of nothing. It is counted on the demand of the plan, people
            as they are, whatever its model weighs; at the plan's own threshold it is what the
            plan itself says.

        Raises
        ------
        InputError
            If the minutes are no thresholds, or the plan does not know its question.

        Examples
        --------
        >>> from shapely import LineString, Point
        >>> from boxreach import MaxCover, build_network, propose, travel_times
        >>> road = gpd.GeoDataFrame({"speed_kmh": [60.0]}, crs=4326,
        ...                         geometry=[LineString([(44, 33), (45, 33)])])
        >>> towns = gpd.GeoDataFrame({"people": [100.0, 50.0]}, index=["t1", "t2"], crs=4326,
        ...                          geometry=[Point(44.1, 33), Point(44.6, 33)])
        >>> sites = gpd.GeoDataFrame(index=["a"], geometry=[Point(44.1, 33)], crs=4326)
        >>> options = travel_times(build_network(road), sites, towns, cutoff=30)
        >>> plan = propose(options, MaxCover(sites=1, minutes=30))
        >>> plan.at_minutes([15, 60])["after"].to_dict()
        {15.0: 100.0, 60.0: 150.0}
        """
        if self.question is None:
            raise InputError("at_minutes needs the plan as propose() returned it, with its times")
        return count_at(self.question, np.array(self._standing_in_the_end, dtype=int), minutes)

    def to_frame(self) -> pd.DataFrame:
        """Return the chosen sites in order as a plain table, with longitude and latitude.

        Returns
        -------
        DataFrame
            `sites` without geometry, with ``lon`` and ``lat`` in degrees (EPSG:4326) before all
            else.
        """
        table = pd.DataFrame(self.sites.drop(columns="geometry"))
        table.insert(0, "lon", self.sites.geometry.x.to_numpy())
        table.insert(1, "lat", self.sites.geometry.y.to_numpy())
        return table

    def summary(self) -> pd.DataFrame:
        """Return what the plan does and how good it is proven to be, as one row.

        Plans are compared by ``pandas.concat([one.summary(), other.summary()])``. `str` says the
        same in a few lines.

        Returns
        -------
        pandas.DataFrame
            ``status``, ``objective``, ``bound`` and ``gap`` as of the plan; ``unit``, of what is
            covered, and ``minutes``; ``sites_standing`` before, ``sites_proposed`` (new ones,
            without those that move); ``total``, ``covered_before``, ``covered_after`` in that unit,
            ``share_before`` and ``share_after`` of the total; ``cost_usd``; ``phases``, the running
            totals of sites, and ``covered_by_phase``, in order; ``gained``, what each site gains,
            in order. Shares of nothing and costs that are not known are blank. Of a plan for
            several cases also ``criterion``, ``cases``, their names, and ``covered_by_case``.
        """
        gained = self.sites[f"{self.unit}_gained"].astype(float)
        before, after = self.total_before, self.total_before + float(gained.sum())
        whole = self.total or math.nan
        cost = self.cost_usd
        row = {
            "status": self.status,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "unit": self.unit,
            "minutes": float(self.minutes),
            "sites_standing": len(self.existing),
            "sites_proposed": len(self.sites) - len(self.moves),
            "total": float(self.total),
            "covered_before": before,
            "covered_after": after,
            "share_before": before / whole,
            "share_after": after / whole,
            "cost_usd": math.nan if cost is None else cost,
            "phases": tuple(self.phases.index.tolist()),
            "covered_by_phase": tuple(self.phases["covered"].astype(float).tolist()),
            "gained": tuple(gained.tolist()),
        }
        if len(self.cases):
            row["criterion"] = self.criterion
            row["cases"] = tuple(self.cases.index.tolist())
            row["covered_by_case"] = tuple(self.cases["covered"].tolist())
        return pd.DataFrame([row])

    def __repr__(self) -> str:
        before, gained = self.total_before, float(self.sites[f"{self.unit}_gained"].sum())
        return (
            f"<{type(self).__name__}: {len(self.sites)} sites, {self.status};"
            f" {before:,.0f} -> {before + gained:,.0f} of {self.total:,.0f} {self.unit}"
            f" within {self.minutes:g} minutes>"
        )

    def _repr_html_(self) -> str:
        """Return what a notebook shows: how good the plan is, what it gains, its first sites."""
        row = self.summary().iloc[0]
        figures: dict[str, object] = {
            "status": row["status"],
            "objective": row["objective"],
            "bound": row["bound"],
            "gap": f"{row['gap']:.3%}",
            "sites": f"{row['sites_standing']:,} stand, {row['sites_proposed']:,} are proposed",
            f"{self.unit} within {self.minutes:g} minutes": (
                f"{row['covered_before']:,.0f} → {row['covered_after']:,.0f} of {row['total']:,.0f}"
            ),
            "cost, US dollars": row["cost_usd"],
        }
        if self.total:
            figures["share"] = f"{row['share_before']:.1%} → {row['share_after']:.1%}"
        names = ("rank", "name", "governorate", "mgrs", f"{self.unit}_gained", "share_covered")
        head = pd.DataFrame(self.sites)[[one for one in names if one in self.sites.columns]]
        head.insert(0, "site_id", self.sites.index.astype(str))
        return draw_figures(type(self).__name__, figures, [head])

    def __str__(self) -> str:
        """Say in a few lines what the plan does and how good it is proven to be."""
        before = self.total_before
        after = before + float(self.sites[f"{self.unit}_gained"].sum())
        share = 100 / self.total if self.total else 0.0
        boxes = self.aim.boxes
        lines = [
            f"{len(self.existing)} sites stand, {len(self.sites) - len(self.moves)} are proposed;"
            f" within {self.minutes:g} minutes:",
            f"  {before:,.0f} -> {after:,.0f} of {self.total:,.0f} {self.unit}"
            f" ({before * share:.1f} % -> {after * share:.1f} %)",
            f"  {self._proof()}",
        ]
        if boxes > 1 and self.question is not None:
            often = self.question.covered(self._standing_in_the_end, boxes)
            lines.insert(2, f"  {often:,.0f} of them by {boxes} sites or more")
        lines += [*self._say_cases(), *(f"  kept: {quota}" for quota in self.quotas)]
        if self.forgone is not None:
            what = "quotas" if self.quotas else "rules of place"
            lines.append(f"  the {what} cost {self.forgone} {self.weighed}")
        if len(self.phases) > 1:
            lines += [
                f"  after {total} sites: {row.covered:,.0f} {self.unit},"
                f" {row.regret:,.0f} less than the best {total} alone"
                for total, row in self.phases.iterrows()
            ]
            if self.least_regret >= SHOWN:
                lines.append(
                    f"  one phase loses {self.most_regret:.3%} of its best; in every plan of"
                    f" these phases one loses at least {self.least_regret:.3%}"
                )
        lines += [
            f"  moves: {row.from_site_id} -> {row.to_site_id}, {row.km:,.1f} km"
            for row in self.moves.itertuples()
        ]
        if self.reserve_gain is not None:
            more = f"{self.reserve_gain} {self.weighed}"
            lines.append(f"  {self.reserve} sites held back would bring {more} now")
        return "\n".join(lines)

    @property
    def aim(self) -> Aim:
        """What its model is to it; a plan that does not say so reaches as much as can be."""
        return aim_of(MaxCover(sites=0, minutes=self.minutes) if self.model is None else self.model)

    @property
    def weighed(self) -> str:
        """What the objective counts, in words."""
        unit = self.unit
        if self.question is not None and self.question.pull is not self.question.weights:
            unit = f"{unit} times priority"
        if self.question is not None and self.question.bonus is not None:
            unit = f"{unit} and bonus"
        if self.judged:
            return f"{unit} {self.judged}"
        return self.aim.counts.format(unit=unit)

    @property
    def total_before(self) -> float:
        """What the sites that stood before reach."""
        gained = float(self.sites[f"{self.unit}_gained"].sum())
        covered = self.sites[f"{self.unit}_covered"]
        last = float(covered.iloc[-1]) if len(covered) else float(self.phases["covered"].iloc[-1])
        return last - gained

    @property
    def lasting(self) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        """What stands in the end: of the sites that stood, and of those proposed.

        A site that gave up its place is in neither, unless it came again.
        """
        ranked = self.sites.sort_values("rank", kind="stable")
        flags = lasting_rows(self.existing.index, ranked.index, givers_of(ranked, self.moves))
        return self.existing[flags[0]], ranked[flags[1]]

    @property
    def _standing_in_the_end(self) -> list[int]:
        """Positions of the sites that stand when all steps are done."""
        assert self.question is not None  # noqa: S101
        steps = self.steps
        stood = self.question.stood
        flags = lasting_rows(
            stood.tolist(), [one.site for one in steps], [one.given_up for one in steps]
        )
        every = [*stood.tolist(), *(one.site for one in steps)]
        return [site for site, stays in zip(every, np.concatenate(flags), strict=True) if stays]

    def _say_cases(self) -> list[str]:
        """Say what the plan covers in each case, or of many in those with least."""
        shown = self.cases
        if len(shown) > _MOST_CASES:
            shown = shown.sort_values("covered", kind="stable").head(_MOST_CASES)
        lines = [
            f"  {name}: {row.covered:,.0f} of {row.total:,.0f} {self.unit}"
            f" ({row.share_covered:.1%}), at most {max(row.bound, row.objective):,.0f}"
            for name, row in shown.iterrows()
        ]
        left = len(self.cases) - len(shown)
        return lines + ([f"  more in each of {left} other cases"] if left else [])

    def _proof(self) -> str:
        """Say what is proven, in the words of the model."""
        said = self.aim.proof
        more = ("priority", "bonus", self.judged or "priority")
        if "{weighed}" not in said and any(one in self.weighed for one in more):
            said = said.replace("covers", "comes to") + " {weighed}"
        return (
            f"{self.status}: {said.format(self.bound, weighed=self.weighed)} (gap {self.gap:.3%})"
        )
