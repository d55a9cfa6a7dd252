"""Rounds of a survey: who came back or left, who gained or lost reach and why, who should move."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility.divisions import By
from boxreach.arguments import is_number, number_faults, require_kind, shown, table_faults
from boxreach.columns import iso_date
from boxreach.crs import to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.location import MaxCover
from boxreach.placement import Proposal, Relocation, propose
from boxreach.routing import TravelTimes
from boxreach.scenarios.comparing import compare_states
from boxreach.scenarios.comparison import Comparison
from boxreach.scenarios.differences import Difference, State, unit_faults, unit_of
from boxreach.scenarios.variants import from_boxes, to_places

STEPS = ("roads", "boxes", "people")
"""What differs between two rounds, in the order in which one is made of the other."""


@dataclass(frozen=True, eq=False)
class Round:
    """What a survey found, and what boxes and roads there were then.

    Attributes
    ----------
    date
        The day, as a date or as ISO text.
    times
        From the boxes that stood to the places that were surveyed, on the roads of that day.
    closures
        If given, they are put on the roads of `times` in place of any that these have, as they
        hold on the day.

    Raises
    ------
    InputError
        If one of them is not what it should be.
    """

    date: dt.date | str
    times: TravelTimes
    closures: gpd.GeoDataFrame | None = None

    def __post_init__(self) -> None:
        """Refuse what is none."""
        faults = table_faults("closures", self.closures)
        if iso_date(self.date) is None:
            advice = "write it like 2026-03-31"
            faults.append(Fault(f"the date {shown(self.date)} is none", advice=advice))
        if faults:
            raise InputError(*faults)
        require_kind(self.times, TravelTimes, "times", "give what travel_times returned")

    @property
    def day(self) -> str:
        """The day as ISO text."""
        return str(iso_date(self.date))

    def on_its_roads(self, times: TravelTimes) -> TravelTimes:
        """Return times with the closures of the round, if it has any of its own.

        Parameters
        ----------
        times
            Of any sites and demand.

        Returns
        -------
        TravelTimes
            On the roads of the day; `times` itself if the round has no closures of its own.
        """
        if self.closures is None:
            return times
        return times.under(self.closures, on=self.day)


@dataclass(frozen=True, eq=False)
class Rounds:
    """What is another way in a second round.

    Attributes
    ----------
    comparison
        The later round as a scenario of the earlier one; both are called by their days. Its
        places have one column more, ``because``: ``"roads"`` or ``"boxes"`` where a place came
        within reach or left it, by whichever of the two steps did it; ``"people"`` where it did
        not and other people live there; else blank.
    steps
        How one becomes the other, index ``step``: ``before``, then `STEPS`, one after another,
        each with ``within`` (people within reach after it), ``gained`` and ``lost`` by it. First
        the roads are those of the later round, then the boxes too, then the people.
    plan
        The boxes that should move: a proposal without new boxes, in which some of those that
        stand move; None if it was not asked for.
    """

    comparison: Comparison
    steps: pd.DataFrame
    plan: Proposal | None = None

    @property
    def moves(self) -> pd.DataFrame:
        """Which box should move where, as `Proposal.moves`; no row if none was asked for."""
        return pd.DataFrame() if self.plan is None else self.plan.moves

    def __str__(self) -> str:
        said = [str(self.comparison)]
        rows = self.steps.iloc[1:]
        unit = self.comparison.unit
        for step, row in zip(rows.index, rows.to_dict("records"), strict=True):
            said.append(f"{step}: {row['gained']:,.0f} {unit} gained, {row['lost']:,.0f} lost")
        return "\n".join(said)


def compare_rounds(
    before: Round,
    after: Round,
    *,
    minutes: float,
    by: By = "governorate",
    options: TravelTimes | None = None,
    moves: int = 0,
    seconds: float = 60.0,
) -> Rounds:
    """Hold two rounds of a survey against each other.

    Parameters
    ----------
    before, after
        The rounds.
    minutes
        The threshold of both.
    by
        What divides the country, as in `summarise`.
    options
        Times from places where boxes may stand to the places of the later round, on its roads
        (its own closures, if it has any, are put on them): asked for with `moves`.
    moves
        How many of the boxes of the later round may move to where they serve more.
    seconds
        How long to search for moves.

    Returns
    -------
    Rounds
        What changed of places, people and boxes, and which boxes should move.

    Raises
    ------
    InputError
        If the later round is not later, the two are not timed the same way, or an argument is not
        what it should be.

    Notes
    -----
    What a road and a box did together is put down to the road, which is taken first: a bridge that
    is open again and leads to a new box brings nobody until the box stands, and then it is the
    box that did it.
    """
    _require_rounds(before, after, minutes, options, moves)
    first, last = before.on_its_roads(before.times), after.on_its_roads(after.times)
    states = _states(before, after, (first, last), float(minutes))
    pairs = [Difference(one, other) for one, other in pairwise(states)]
    found = compare_states(states[0], [states[-1]], by=by)
    places = found.places.assign(because=_because(Difference(states[0], states[-1]), pairs))
    return Rounds(
        comparison=Comparison(found.table, found.areas, places, found.boxes, found.unit, found.by),
        steps=_tabulate(states, pairs),
        plan=_move(last, after, options, float(minutes), moves, seconds),
    )


def _require_rounds(
    before: Round, after: Round, minutes: object, options: TravelTimes | None, moves: object
) -> None:
    for name, one in (("before", before), ("after", after)):
        require_kind(one, Round, name, "give a Round")
    faults = _pair_faults(before, after)
    longest = min(before.times.cutoff_minutes, after.times.cutoff_minutes)
    advice = f"give minutes above 0, up to {longest:g}, the cutoff of the times"
    faults += number_faults("minutes", minutes, lambda one: 0 < one <= longest, advice)
    faults += number_faults(
        "moves",
        moves,
        lambda one: isinstance(one, Integral) and int(one) >= 0,
        "give a whole number, 0 or more",
    )
    if options is not None and not isinstance(options, TravelTimes):
        what = f"options is {shown(options)}"
        faults.append(Fault(what, advice="give what travel_times returned"))
    elif options is None and is_number(moves) and moves:
        what = "boxes may move, and it is not said where"
        faults.append(Fault(what, advice="give times from candidates as options"))
    if faults:
        raise InputError(*faults)


def _pair_faults(before: Round, after: Round) -> list[Fault]:
    """Return what keeps two rounds from being held against each other."""
    faults = []
    if not before.day < after.day:
        what = f"the round after is of {after.day}, and the one before of {before.day}"
        faults.append(Fault(what, advice="give the earlier one first"))
    for one in (before, after):
        faults += unit_faults(one.times.demand, None, f"demand of {one.day}")
    units = [unit_of(one.times.demand) for one in (before, after)]
    if not faults and units[0] != units[1]:
        what = f"the demand is counted in {units[0]} first, then in {units[1]}"
        faults.append(Fault(what, advice="give both the same column"))
    for name in ("mobilise_minutes", "direction"):
        first, last = (getattr(one.times, name) for one in (before, after))
        if first != last:
            what = f"{name} is {shown(first)} first, then {shown(last)}"
            faults.append(Fault(what, advice="compute both with the same"))
    return faults


def _states(
    before: Round, after: Round, times: tuple[TravelTimes, TravelTimes], minutes: float
) -> list[State]:
    """Return the earlier round, it on the later one's roads, from its boxes too, and that round."""
    first, last = times
    people = unit_of(first.demand)
    demand = to_wgs84(first.demand, file="demand")
    boxes = to_places(last, demand)
    roads = first if first.network is last.network else from_boxes(boxes, first.sites)
    named = zip((before.day, *STEPS[:2], after.day), (first, roads, boxes, last), strict=True)
    return [State.of(name, one, minutes, people) for name, one in named]


def _because(whole: Difference, pairs: list[Difference]) -> npt.NDArray[np.object_]:
    """Return which step brought each place within reach or took it out; else whether people did."""
    was, now = pairs[0].covered
    by_road = np.zeros(len(whole.stay), dtype=bool)
    by_road[: len(was)] = was != now
    came_or_left = np.isin(whole.change.astype(str), ["gained", "lost"])
    before, after = whole.counts
    because: npt.NDArray[np.object_] = np.select(
        [came_or_left & by_road, came_or_left, before != after],
        np.array(STEPS, dtype=object),
        default="",
    )
    return because


def _tabulate(states: list[State], pairs: list[Difference]) -> pd.DataFrame:
    """Return what each step comes to."""

    def summed(pair: Difference, *names: str) -> float:
        return float(sum((pair.sums[name].sum() for name in names), 0.0))

    first = float(states[0].counts[states[0].covered].sum())
    rows = [{"step": "before", "within": first, "gained": 0.0, "lost": 0.0}]
    rows += [
        {
            "step": step,
            "within": summed(pair, "within_after"),
            "gained": summed(pair, "gained", "returned_within"),
            "lost": summed(pair, "lost", "left_within"),
        }
        for step, pair in zip(STEPS, pairs, strict=True)
    ]
    return pd.DataFrame(rows).set_index("step")


def _move(
    times: TravelTimes,
    after: Round,
    options: TravelTimes | None,
    minutes: float,
    moves: int,
    seconds: float,
) -> Proposal | None:
    """Return the best moves of so many boxes of the later round."""
    if options is None or not moves:
        return None
    return propose(
        after.on_its_roads(options),
        MaxCover(sites=0, minutes=minutes),
        existing=times,
        relocation=Relocation(at_most=int(moves)),
        weight=unit_of(times.demand),
        seconds=seconds,
    )
