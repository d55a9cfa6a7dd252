"""Worlds: what speeds, season, closures and people are in each draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.crs import Floats
from boxreach.network import RoadNetwork
from boxreach.scenarios.conditions import (
    ALL,
    CONDITIONS,
    OFF_ROAD,
    road_classes,
    season_shares,
)
from boxreach.scenarios.draws import (
    SpeedRange,
    correlated_shares,
    draw_choices,
    draw_closed,
)

Codes = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Ranges = Mapping[str, SpeedRange]

_USUAL = SpeedRange(1.0, None, 1.0)
_OFF_ROAD_OF = {one.season: one.off_road for one in CONDITIONS.values() if not one.night}


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What is not known for sure.

    Attributes
    ----------
    speeds
        Ranges of the share of the usual speed, by season (``""`` for every one that is not named)
        and by class, with ``"all"`` for classes that are not named and ``"off_road"``.
    correlation
        Of the classes; see `boxreach.scenarios.draws.correlated_shares`.
    seasons
        How likely each season is; none leaves that of the network.
    closure_ids, probabilities
        Of closures that may hold, and how likely each does.
    populations
        Names of the layers of people, each as likely.
    """

    speeds: Mapping[str, Ranges]
    correlation: float | Mapping[str, float]
    seasons: Mapping[str, float]
    closure_ids: tuple[str, ...]
    probabilities: Floats
    populations: tuple[str, ...]

    def range_of(self, season: str, road_class: str) -> SpeedRange:
        """Return the range of a class in a season."""
        ranges = self.speeds.get(season) or self.speeds.get("", {})
        usual = _USUAL if road_class == OFF_ROAD else ranges.get(ALL, _USUAL)
        return ranges.get(road_class, usual)

    def draw(self, network: RoadNetwork, seed: int, count: int) -> Worlds:
        """Return so many worlds.

        Parameters
        ----------
        network
            Whose classes of roads there are.
        seed
            Of all random numbers.
        count
            How many.
        """
        words = sorted({*road_classes(network).words})
        season = np.full(count, "", dtype=object)
        if self.seasons:
            season = draw_choices(seed, "season", self.seasons, count)
        ranks = correlated_shares(seed, [*words, OFF_ROAD], self.correlation, count)
        shares = {}
        for name, rank in ranks.items():
            drawn = np.empty(count)
            for one in {*season.tolist()}:
                rows = season == one
                drawn[rows] = self.range_of(one, name).quantiles(rank[rows])
            shares[name] = drawn
        population = np.full(count, "", dtype=object)
        if self.populations:
            even = dict.fromkeys(self.populations, 1.0)
            population = draw_choices(seed, "population", even, count)
        closed = draw_closed(seed, self.closure_ids, self.probabilities, count)
        return Worlds(self, network, shares, season, closed, population)


@dataclass(frozen=True, eq=False)
class Worlds:
    """Draws of all that is uncertain, on one network.

    Attributes
    ----------
    uncertainty, network
        What they are draws of, and the roads.
    shares
        The share of the usual speed in each draw, by class and over open ground, the season's own
        share not among them.
    season, population
        The season and the layer of people of each draw; blank where there are none to draw.
    closed
        Draws by closures.
    """

    uncertainty: Uncertainty
    network: RoadNetwork
    shares: Mapping[str, Floats]
    season: Texts
    closed: Flags
    population: Texts

    def __len__(self) -> int:
        return len(self.season)

    @cached_property
    def _classes(self) -> tuple[Sequence[str], Codes]:
        classes = road_classes(self.network)
        return classes.words, classes.codes.astype(np.int16)

    @cached_property
    def _season_shares(self) -> dict[str, Floats]:
        """What each season that may be leaves of the speed of each edge."""
        likely = [name for name, chance in self.uncertainty.seasons.items() if chance > 0]
        return {name: season_shares(self.network, name) for name in likely}

    def slowed(self, draw: int) -> Floats | None:
        """Return how many times as long each edge takes in a draw; None where all is as usual."""
        words, codes = self._classes
        by_class = np.array([self.shares[word][draw] for word in words])
        season = self._season_shares.get(str(self.season[draw]))
        if season is None and (by_class == 1).all():
            return None
        return _slowness(by_class, codes, season)

    def off_road(self, draw: int) -> float:
        """Return the share of the usual speed over open ground in a draw."""
        season = self._off_road_season(str(self.season[draw]))
        return float(self.shares[OFF_ROAD][draw] * season)

    def slowest(self) -> Floats:
        """Return how many times as long each edge takes at most, in any world and usually."""
        words, codes = self._classes
        slowest = np.ones(len(codes))
        for name in self._season_names:
            low = np.array([self.uncertainty.range_of(name, word).low for word in words])
            slow = _slowness(low, codes, self._season_shares.get(name))
            np.maximum(slowest, slow, out=slowest)
        return slowest

    def fastest(self) -> Floats:
        """Return how many times as long each edge takes at least, in any world and usually."""
        words, codes = self._classes
        fastest = np.ones(len(codes))
        for name in self._season_names:
            high = np.array([self.uncertainty.range_of(name, word).high for word in words])
            fast = _slowness(high, codes, self._season_shares.get(name))
            np.minimum(fastest, fast, out=fastest)
        return fastest

    def off_road_ends(self) -> tuple[float, float]:
        """Return the least and the largest share of the usual speed over open ground.

        In any world and usually.
        """
        ends = [1.0]
        for name in self._season_names:
            known, season = self.uncertainty.range_of(name, OFF_ROAD), self._off_road_season(name)
            ends += [float(known.low * season), float(known.high * season)]
        return min(ends), max(ends)

    @property
    def _season_names(self) -> list[str]:
        return [*self._season_shares] or [""]

    def _off_road_season(self, season: str) -> float:
        now = str(self.network.parameters["speeds"].get("season", "dry"))
        if not season or season == now:
            return 1.0
        return _OFF_ROAD_OF.get(season, 1.0) / _OFF_ROAD_OF.get(now, 1.0)

    def table(self) -> pd.DataFrame:
        """Return what was drawn, a row a draw."""
        ids = np.array(self.uncertainty.closure_ids, dtype=object)
        named = {name for ranges in self.uncertainty.speeds.values() for name in ranges}
        shown = [
            name for name in self.shares if name in named or (ALL in named and name != OFF_ROAD)
        ]
        columns: dict[str, object] = {"draw": np.arange(len(self))}
        columns |= {f"speed_factor.{name}": self.shares[name] for name in shown}
        columns["season"] = self.season
        columns["closed"] = [tuple(ids[row].tolist()) for row in self.closed]
        columns["population"] = self.population
        return pd.DataFrame(columns)


def _slowness(shares: Floats, codes: Codes, season: Floats | None) -> Floats:
    """Return how many times as long roads take that keep such shares of their speed, by class.

    Each step is monotone in floats too, so that no draw is slower than the least of its range.
    """
    slowness = (1.0 / shares)[codes] if season is None else 1.0 / (shares[codes] * season)
    return np.asarray(slowness, dtype=np.float64)
