"""Robustness: plans in many drawn worlds, the same for all, and the regret of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd

from boxreach.accessibility.divisions import By, divide
from boxreach.routing import Progress, TravelTimes
from boxreach.scenarios.asked import Asked, read_asked
from boxreach.scenarios.certainty import Certainty, find_certain
from boxreach.scenarios.contestants import Contestants, Populations, weights_of
from boxreach.scenarios.drawn_roads import ClosableRoads, DrawnRoads
from boxreach.scenarios.draws import SpeedRange
from boxreach.scenarios.readouts import tell_areas, tell_chosen, tell_draws, tell_plans
from boxreach.scenarios.robust import Robustness
from boxreach.scenarios.trial import Outcome, Trial
from boxreach.workers import Client, collect

Range = SpeedRange | tuple[float, float] | Sequence[float]


def robustness(
    plans: TravelTimes | Mapping[str, TravelTimes],
    *,
    minutes: float,
    speeds: Mapping[str, Range] | Mapping[str, Mapping[str, Range]] | None = None,
    correlation: float | Mapping[str, float] = 0.5,
    seasons: Mapping[str, float] | None = None,
    closures: gpd.GeoDataFrame | None = None,
    populations: Populations | None = None,
    candidates: TravelTimes | None = None,
    fixed: Sequence[str] = (),
    weight: str = "people",
    draws: int = 200,
    seed: int = 0,
    by: By | None = "governorate",
    progress: Progress | None = None,
    client: Client | None = None,
) -> Robustness:
    """Tell how many people plans reach where speeds, season, closures and people are not sure.

    Worlds are drawn from what is given, and each plan is measured in every one of them: the same
    worlds for all plans, so that what tells plans apart is not which draws they had. What is drawn
    of one thing depends on the seed and its own name alone (see
    `boxreach.scenarios.draws.uniform_stream`), not on threads, the order of rows or what else is
    drawn. Times are recomputed in full in each world and equal those of a network in its state.

    **What the interval is.** From `low` to `high`, a world that is drawn from the same ranges lies
    with a probability of 90 % or a little more: it is a prediction interval for the people within
    reach in one world, made of two of the draws themselves (see
    `boxreach.scenarios.intervals.read_interval`), and holds 90 % over all sets of draws, for 19
    draws and more. It is not how sure the mean is, and it is as good as the ranges are: what was
    not drawn, such as an error of the road table, is not in it.

    Parameters
    ----------
    plans
        Travel times from the sites of a plan, or of several by name: of one network and demand.
        One alone is called ``plan``.
    minutes
        The threshold, up to the cutoff of the times.
    speeds
        By class of road, between which shares of its usual speed it may drive: a `SpeedRange`, or
        low and high, each share between as likely. ``"all"`` is each class that is not named, with
        draws of its own, and ``"off_road"`` open ground. What is not named is as usual. By season,
        such mappings by the names of seasons; their shares are of the speed in that season.
    correlation
        How much the classes rise and fall together: 0 each for itself, 1 all at the same rank of
        their ranges; one number, or by class (see
        `boxreach.scenarios.draws.correlated_shares`).
    seasons
        How likely each season is, as shares of their sum; factors by surface as `SpeedModel` has
        them, and open ground as the condition of that season. None is the season of the network.
    closures
        Closures with a column ``probability``, from 0 to 1, each drawn for itself, besides those
        of the network. Lines and areas with a ``speed_factor`` above 0 slow what else they would
        close. Areas mean the roads in them, and leave ways over open ground as they are.
    populations
        Layers of people by name: a column of the demand, or people by the ids of the demand. One
        is drawn for each world, each as likely.
    candidates
        Travel times from further sites. The regret of a plan is then against the best choice of as
        many of all sites that is found in each world, else against the other plans that have no
        more sites.
    fixed
        Ids of sites that every choice has, such as boxes that stand; each plan must have them.
    weight
        The column of the demand that is counted.
    draws, seed
        How many worlds, and the seed of all random numbers.
    by
        As in `boxreach.summarise`; None for no areas.
    progress
        Called with what is done, how much of it, and out of how much.
    client
        A `distributed.Client`, whose workers measure the plans, each in some of the worlds; this
        process does if not given. The answer is the same.

    Returns
    -------
    Robustness
        Intervals of each plan, how often each site is chosen, and the regret of each plan.

    Raises
    ------
    InputError
        Everything that is wrong with the arguments, at once.
    WorkersError
        If the workers are lost and none comes back.

    Warns
    -----
    DataWarning
        For people who are unknown, and closures that meet no road.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from boxreach import build_network, travel_times
    >>> road = gpd.GeoDataFrame(
    ...     {"road_class": ["primary"]}, geometry=[LineString([(44, 33), (44.3, 33)])], crs=4326)
    >>> towns = gpd.GeoDataFrame(
    ...     {"people": [100, 50]}, geometry=[Point(44.05, 33), Point(44.29, 33)], crs=4326)
    >>> box = gpd.GeoDataFrame(index=["box"], geometry=[Point(44, 33)], crs=4326)
    >>> times = travel_times(build_network(road), box, towns, cutoff=60)
    >>> told = robustness(times, minutes=30, speeds={"primary": (0.4, 1.2)}, by=None)
    >>> told.table.loc["plan", ["point", "low", "high"]].tolist()
    [150.0, 100.0, 150.0]
    """
    asked = read_asked(
        plans, minutes=minutes, speeds=speeds, correlation=correlation, seasons=seasons,
        closures=closures, populations=populations, candidates=candidates, draws=draws, seed=seed,
        progress=progress, client=client,
    )  # fmt: skip
    contestants = Contestants.of(asked.plans, candidates, fixed)
    people, layers = weights_of(asked.base.demand, weight, populations or {})
    division = None if by is None else divide(by, ("demand", asked.base.demand))
    roads = ClosableRoads.of(asked.base.network, asked.closures)
    worlds = asked.uncertainty.draw(roads.network, int(seed), int(draws))
    certain = Certainty.none(contestants.plans, len(people))
    if candidates is None:
        certain = find_certain(
            roads, worlds, asked.base, contestants.sites, contestants.plans, float(minutes)
        )
    unsure = asked.base.demand.iloc[certain.unsure]
    drawn = DrawnRoads(roads, worlds, asked.base, contestants.sites, unsure, float(minutes))
    trial = Trial(contestants, drawn, certain, people, layers, division)
    usual = trial.measure_usual()
    outcomes = _measure_all(trial, usual, len(worlds), progress, client)
    names = [*contestants.plans]
    table = tell_draws(names, outcomes)
    return Robustness(
        table=tell_plans(names, usual, table),
        draws=table,
        chosen=tell_chosen(trial, outcomes),
        factors=worlds.table(),
        areas=tell_areas(trial, outcomes),
        minutes=float(minutes),
        seed=int(seed),
        ranges=_ranges(asked),
    )


def _measure_all(
    trial: Trial, usual: Outcome, draws: int, progress: Progress | None, client: Client | None
) -> list[Outcome]:
    """Measure some worlds, one after the other: each takes memory in proportion to the roads."""

    def tell(done: int) -> None:
        if progress is not None:
            progress("draws", done, draws)

    return collect(client, _measure, (trial, usual), draws, tell)


def _measure(shared: tuple[Trial, Outcome], draw: int) -> Outcome:
    trial, usual = shared
    return trial.measure(draw, usual)


def _ranges(asked: Asked) -> dict[str, SpeedRange]:
    """Return what was drawn from, by class; where ranges go by season, by season and class."""
    return {
        f"{season}.{name}" if season else name: one
        for season, ranges in asked.uncertainty.speeds.items()
        for name, one in ranges.items()
    }
