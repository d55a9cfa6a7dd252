"""Where along the frontier what posts reach in time changes."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from boxreach.crs import WGS84, Floats
from boxreach.network import RoadNetwork
from boxreach.routing import travel_times
from boxreach.sources.chainage import place_on_line

Integers = npt.NDArray[np.int64]

_SAMPLE_KM = 0.1
"""Times are looked at so often along the line: what is shorter may be missed."""

_NEAR_M = 1.0
"""Changes that lie between places so near to each other are not looked for any closer."""

_ROUNDS = 24

_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, eq=False)
class _Brackets:
    """Stretches between two places, at one of which a site is in time and at the other not.

    Attributes
    ----------
    site
        Position of the site.
    near_km, near_ms
        Chainage of the place where it is in time, and its milliseconds.
    far_km, far_ms
        The same of the other place; infinity where they are not known.
    """

    site: Integers
    near_km: Floats
    near_ms: Floats
    far_km: Floats
    far_ms: Floats

    def guess_km(self, limit_ms: float) -> Floats:
        """Return where it changes if time grows evenly, or the middle if no more is known."""
        with np.errstate(invalid="ignore"):
            share = (limit_ms - self.near_ms) / (self.far_ms - self.near_ms)
        share = np.where(np.isfinite(self.far_ms), share, 0.5)
        return self.near_km + np.clip(share, 0, 1) * (self.far_km - self.near_km)

    def probe_km(self, limit_ms: float, turn: int) -> Floats:
        """Return where to ask next: half a metre short of the guess, as far beyond it, the middle.

        Where the guess is right, the first two leave a metre between them.
        """
        middle = (self.near_km + self.far_km) / 2
        if turn % 3 == 2:
            return middle
        side = (-1.0, 1.0)[turn % 3] * np.sign(self.far_km - self.near_km)
        at_km = self.guess_km(limit_ms) + side * _NEAR_M / 2000
        low, high = np.minimum(self.near_km, self.far_km), np.maximum(self.near_km, self.far_km)
        return np.where((at_km > low) & (at_km < high), at_km, middle)

    def narrowed(self, at_km: Floats, ms: Floats, limit_ms: float) -> _Brackets:
        """Return the halves in which it changes, by the times at a place within."""
        near = ms <= limit_ms
        return _Brackets(
            self.site,
            np.where(near, at_km, self.near_km),
            np.where(near, ms, self.near_ms),
            np.where(near, self.far_km, at_km),
            np.where(near, self.far_ms, ms),
        )

    def some(self, which: npt.NDArray[np.bool_]) -> _Brackets:
        """Return some of them."""
        return _Brackets(
            self.site[which],
            self.near_km[which],
            self.near_ms[which],
            self.far_km[which],
            self.far_ms[which],
        )


def find_reach_changes_km(
    network: RoadNetwork,
    sites: gpd.GeoDataFrame,
    line: gpd.GeoDataFrame,
    *,
    minutes: float,
    mobilise_minutes: float = 0.0,
) -> Floats:
    """Return the chainages at which a site begins or ceases to be in time.

    Times are taken every 100 m at most; between two such places of which a site reaches one, the
    change is searched by false position and halving, to a metre. A stretch of less than 100 m that
    is missed or reached alone may go unseen.

    Parameters
    ----------
    network, minutes, mobilise_minutes
        As of `travel_times`.
    sites
        Points with ids in the index.
    line
        Segments from `read_frontier`.

    Returns
    -------
    numpy.ndarray
        Kilometres from the northern end to the metre, ascending.
    """
    limit_ms = round(minutes * _MS_PER_MINUTE)
    cutoff = minutes + _spare_minutes(network)

    def ask(at_km: Floats) -> csr_array:
        lon, lat = place_on_line(line, at_km)
        places = gpd.GeoDataFrame(
            index=pd.RangeIndex(len(at_km)), geometry=gpd.points_from_xy(lon, lat), crs=WGS84
        )
        times = travel_times(
            network, sites, places, cutoff=cutoff, mobilise_minutes=mobilise_minutes
        )
        return times.ms

    samples_km, segment = _sample(line)
    found, done = _bracket(ask(samples_km), samples_km, segment, limit_ms), []
    for turn in range(_ROUNDS):
        close = np.abs(found.far_km - found.near_km) * 1000 <= _NEAR_M * (1 + 1e-6)
        done.append(found.some(close).guess_km(limit_ms))
        found = found.some(~close)
        if not len(found.site):
            break
        at_km = found.probe_km(limit_ms, turn)
        places_km, place = np.unique(at_km.round(6), return_inverse=True)
        found = found.narrowed(at_km, _pick(ask(places_km), found.site, place), limit_ms)
    done.append(found.guess_km(limit_ms))
    # To the metre, so that posts that reach as far are told to.
    return np.unique(np.concatenate(done).round(3))


def _spare_minutes(network: RoadNetwork) -> float:
    """Return how much longer than the limit times are kept, so that changes can be told by them."""
    slowest_kmh = min(5.0, float(network.parameters["off_road_kmh"]))
    return 2 * _SAMPLE_KM / slowest_kmh * 60


def _sample(line: gpd.GeoDataFrame) -> tuple[Floats, Integers]:
    """Return chainages along each segment, both ends included, and the segment of each."""
    start = line["chainage_from_km"].to_numpy(dtype=float)
    long_km = line["chainage_to_km"].to_numpy(dtype=float) - start
    parts = np.maximum(1, np.ceil(long_km / _SAMPLE_KM - 1e-9)).astype(np.int64)
    segment = np.repeat(np.arange(len(line)), parts + 1)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(parts + 1) - parts - 1, parts + 1)
    return start[segment] + long_km[segment] * step / parts[segment], segment


def _bracket(ms: csr_array, at_km: Floats, segment: Integers, limit_ms: int) -> _Brackets:
    """Return the stretches between neighbouring places of a segment where a site changes."""
    stored = ms.tocoo()
    near = stored.data <= limit_ms
    ones = np.ones(int(near.sum()), dtype=np.int8)
    within = csr_array((ones, (stored.row[near], stored.col[near])), shape=ms.shape).tocsc()
    first = np.flatnonzero(segment[1:] == segment[:-1])
    before, after = within[:, first], within[:, first + 1]
    parts = []
    for one, other, step in ((before, after, 1), (after, before, -1)):
        pairs = (one > other).tocoo()
        low = first[pairs.col] + (0 if step == 1 else 1)
        high = low + step
        parts.append(
            (pairs.row, at_km[low], _pick(ms, pairs.row, low), at_km[high],
             _pick(ms, pairs.row, high))
        )  # fmt: skip
    return _Brackets(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def _pick(ms: csr_array, site: Integers, place: Integers) -> Floats:
    """Return the milliseconds of pairs, infinity where there are none."""
    flat = np.repeat(np.arange(ms.shape[0]), np.diff(ms.indptr)) * ms.shape[1] + ms.indices
    order = np.argsort(flat, kind="stable")
    wanted = site * ms.shape[1] + place
    at = np.minimum(np.searchsorted(flat[order], wanted), max(len(flat) - 1, 0))
    if not len(flat):
        return np.full(len(wanted), np.inf)
    known = flat[order][at] == wanted
    return np.where(known, ms.data[order][at].astype(float), np.inf)
