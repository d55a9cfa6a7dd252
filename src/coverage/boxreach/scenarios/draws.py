"""What is not known for sure, and draws of it that a seed gives again, whatever the order."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from boxreach.arguments import choice_faults, number_faults
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Shape = Literal["uniform", "triangular", "lognormal"]

SLOWEST, FASTEST = 0.01, 2.0
"""The least and the most share of the usual speed."""

_DEVIATIONS = 4.0
"""Standard deviations of the logarithm between the ends of a lognormal range: two to each side."""


@dataclass(frozen=True)
class SpeedRange:
    """Between which shares of the usual speed a class of roads drives, and which are likely.

    Attributes
    ----------
    low, high
        The least and the most share of the usual speed; nothing outside is ever drawn.
    mode
        The share that is most likely. None where nothing is said of it.
    shape
        ``"uniform"``: each share is as likely. ``"triangular"``: most likely at the mode, falling
        evenly to both ends. ``"lognormal"``: the logarithm is normal about that of the mode (of
        the geometric mean of both ends, where there is none), with a quarter of the distance of
        the logarithms of both ends as its standard deviation, and cut at both ends. None is
        triangular with a mode and uniform without.

    Raises
    ------
    InputError
        If a share is outside 0.01 to 2, low is above high, or the mode is not between them.

    Examples
    --------
    >>> SpeedRange(0.5, 0.9, 1.1).quantiles(np.array([0.0, 0.5, 1.0])).round(3).tolist()
    [0.5, 0.846, 1.1]
    >>> SpeedRange(0.8, None, 1.2).quantiles(np.array([0.25])).tolist()
    [0.9]
    """

    low: float
    mode: float | None
    high: float
    shape: Shape | None = None

    def __post_init__(self) -> None:
        advice = f"give a share of the usual speed from {SLOWEST:g} to {FASTEST:g}"
        ends = [self.low, self.high, *([] if self.mode is None else [self.mode])]
        faults = [
            fault
            for name, value in zip(("low", "high", "mode"), ends, strict=False)
            for fault in number_faults(name, value, lambda one: SLOWEST <= one <= FASTEST, advice)
        ]
        if not faults and not self.low <= self.high:
            what = f"low is {self.low:g} and high is {self.high:g}"
            faults.append(Fault(what, advice="give the lower one first"))
        elif not faults and self.mode is not None and not self.low <= self.mode <= self.high:
            what = f"mode is {self.mode:g}, and the range {self.low:g} to {self.high:g}"
            faults.append(Fault(what, advice="give a mode within the range"))
        if self.shape is not None:
            faults += choice_faults("shape", self.shape, get_args(Shape))
        if faults:
            raise InputError(*faults)

    @property
    def drawn_as(self) -> Shape:
        """The shape, where none was given too."""
        return self.shape or ("uniform" if self.mode is None else "triangular")

    def quantiles(self, share: Floats) -> Floats:
        """Return the shares of the usual speed below which such shares of the draws lie.

        Parameters
        ----------
        share
            From 0 to 1: uniform random numbers become draws of the range (inverse transform).

        Returns
        -------
        array of float
            Factors of the usual speed from `low` to `high`, as many as shares.
        """
        low, high = float(self.low), float(self.high)
        if low == high:
            return np.full(len(share), low)
        draw = {
            "uniform": self._uniform, "triangular": self._triangular, "lognormal": self._lognormal
        }[self.drawn_as]  # fmt: skip
        return np.asarray(np.clip(draw(np.asarray(share, dtype=float)), low, high))

    def _uniform(self, share: Floats) -> Floats:
        return self.low + share * (self.high - self.low)

    def _triangular(self, share: Floats) -> Floats:
        width = self.high - self.low
        mode = self.low + width / 2 if self.mode is None else self.mode
        rising = self.low + np.sqrt(share * width * (mode - self.low))
        falling = self.high - np.sqrt((1 - share) * width * (self.high - mode))
        return np.where(share * width < mode - self.low, rising, falling)

    def _lognormal(self, share: Floats) -> Floats:
        low, high = math.log(self.low), math.log(self.high)
        middle = (low + high) / 2 if self.mode is None else math.log(self.mode)
        spread = (high - low) / _DEVIATIONS
        below, up_to = ndtr((low - middle) / spread), ndtr((high - middle) / spread)
        return np.asarray(np.exp(middle + spread * ndtri(below + share * (up_to - below))))


def uniform_stream(seed: int, what: str, name: str, count: int) -> Floats:
    """Return the random numbers, above 0 and below 1, of one thing in each draw.

    Each thing has a stream of its own from a counter-based generator (Philox; Salmon, Moraes,
    Dror and Shaw, 2011), keyed by the seed, the kind of thing and its name. So a draw is the same
    whatever else is drawn, in whatever order and on however many threads; and more draws begin
    with the fewer.

    Parameters
    ----------
    seed
        Of all of them.
    what, name
        The kind of thing and its name.
    count
        How many draws.

    Examples
    --------
    >>> few, many = (uniform_stream(1, "speed", "track", count) for count in (2, 5))
    >>> bool((few == many[:2]).all()), bool((few == uniform_stream(1, "speed", "road", 2)).any())
    (True, False)
    """
    text = "\0".join([str(int(seed)), what, name]).encode("utf-8", "surrogatepass")
    key = np.frombuffer(hashlib.sha256(text).digest()[:16], dtype="<u8").astype(np.uint64)
    drawn = np.random.Generator(np.random.Philox(key=key)).random(count)
    # They are multiples of 2 ** -53 from 0 on: moved by half a step, none of them is 0.
    return drawn + 2.0**-54 if count else drawn


def correlated_shares(
    seed: int, names: Sequence[str], correlation: float | Mapping[str, float], count: int
) -> dict[str, Floats]:
    """Return uniform random numbers by name that rise and fall together.

    A Gaussian copula of one factor: z_c = sqrt(r_c) f + sqrt(1 - r_c) e_c, with f and all e_c
    standard normal and apart, and the uniform number of class c is Phi(z_c). So z_c and z_d are
    correlated by sqrt(r_c r_d), which is r where all have the same; the rank correlation of what
    is drawn is (6 / pi) asin(r / 2), whatever its shape (Vasicek, 1987; Kruskal, 1958).

    Parameters
    ----------
    seed, count
        As in `uniform_stream`.
    names
        The classes.
    correlation
        The r_c, from 0, each for itself, to 1, all at the same rank; by class, or one for all. By
        class, what is not named has that of ``"all"``, or 0.

    Examples
    --------
    >>> drawn = correlated_shares(7, ["primary", "track"], 1.0, 3)
    >>> bool((drawn["primary"] == drawn["track"]).all())
    True
    """
    common = ndtri(uniform_stream(seed, "factor", "", count))
    shares = {}
    for name in names:
        if isinstance(correlation, Mapping):
            r = float(correlation.get(name, correlation.get("all", 0.0)))
        else:
            r = float(correlation)
        own = ndtri(uniform_stream(seed, "speed", name, count))
        shares[name] = np.asarray(ndtr(math.sqrt(r) * common + math.sqrt(1 - r) * own))
    return shares


def draw_choices(
    seed: int, what: str, probabilities: Mapping[str, float], count: int
) -> npt.NDArray[np.object_]:
    """Return one of some names for each draw.

    Parameters
    ----------
    seed, what, count
        As in `uniform_stream`.
    probabilities
        How likely each name is, as shares of their sum; their order changes nothing.

    Examples
    --------
    >>> draw_choices(1, "season", {"dry": 1.0, "wet": 0.0}, 2).tolist()
    ['dry', 'dry']
    """
    names = sorted(probabilities)
    parts = np.array([probabilities[name] for name in names], dtype=float)
    up_to = np.cumsum(parts) / parts.sum()
    up_to[np.flatnonzero(parts)[-1] :] = 1.0
    drawn = np.searchsorted(up_to, uniform_stream(seed, what, "", count), side="right")
    return np.array(names, dtype=object)[drawn]


def draw_closed(
    seed: int, ids: Sequence[str], probabilities: Floats, count: int
) -> npt.NDArray[np.bool_]:
    """Tell for each draw and closure whether it holds; each for itself.

    Parameters
    ----------
    seed, count
        As in `uniform_stream`.
    ids, probabilities
        Of the closures.

    Examples
    --------
    >>> draw_closed(1, ["a", "b"], np.array([0.0, 1.0]), 2).tolist()
    [[False, True], [False, True]]
    """
    closed = np.zeros((count, len(ids)), dtype=bool)
    for at, (one, probability) in enumerate(zip(ids, probabilities, strict=True)):
        closed[:, at] = uniform_stream(seed, "closure", one, count) < probability
    return closed
