"""What posts see of a frontier: `LineSight`."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.crs import Floats
from boxreach.sight.model import Sight
from boxreach.sources.terrain_groups import distances_m

_ROUNDING_KM = 0.001


@dataclass(frozen=True, eq=False)
class LineSight:
    """Which places of a frontier each post sees, at samples a cell of the terrain apart or less.

    Attributes
    ----------
    posts, line
        As they were given.
    sight
        How high and how far.
    chainage_km, span_km
        By sample, in the order of the line: the chainage of its middle, and the length that it
        stands for.
    segment
        Position of the segment that each sample lies on.
    lon, lat
        Of the samples, in degrees.
    height_m
        Of the ground at the samples; NaN where not known.
    post_height_m
        Of the ground at the posts; NaN where not known.
    seen
        Posts by samples: kilometres to each that is seen by day, at least a millimetre.
    unknown
        Posts by samples: those by day within sight of which it cannot be told whether they are
        seen, as heights on the way are not known. None is in `seen`.
    """

    posts: gpd.GeoDataFrame
    line: gpd.GeoDataFrame
    sight: Sight
    chainage_km: Floats
    span_km: Floats
    segment: npt.NDArray[np.int64]
    lon: Floats
    lat: Floats
    height_m: Floats
    post_height_m: Floats
    seen: csr_array
    unknown: csr_array

    def by_night(self) -> csr_array:
        """Return the part of `seen` that is told by night.

        Returns
        -------
        csr_array
            Posts by samples, kilometres.
        """
        return _keep(self.seen, self.seen.data <= self.sight.night_km)

    def changes_km(self, *, night: bool = False) -> Floats:
        """Return the chainages at which the posts that see the line, or may see it, change.

        They lie between samples; the ends of the line are none.

        Parameters
        ----------
        night
            Whether what is seen by night counts, which is nearer; else by day.

        Returns
        -------
        array of float
            Kilometres along the line, from its northern end, ascending.
        """
        borders = np.zeros(len(self.chainage_km) + 1, dtype=bool)
        for matrix in (self._seen(night), self._unknown(night)):
            post = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
            sample = matrix.indices
            joined = (np.diff(post) == 0) & (np.diff(sample) == 1)
            borders[sample[np.append(True, ~joined)[: len(sample)]]] = True
            borders[sample[np.append(~joined, True)[: len(sample)]] + 1] = True
        inner = np.flatnonzero(borders[1:-1]) + 1
        return np.asarray(self._start_km[inner])

    def at(self, chainage_km: Floats, *, night: bool = False) -> csr_array:
        """Return which posts see places along the line, posts by places.

        Parameters
        ----------
        chainage_km
            Of the places, kilometres along the line.
        night
            Whether what is seen by night counts, which is nearer; else by day.

        Returns
        -------
        csr_array of bool
            Posts by places; true where a post sees a place. Places beyond the line are seen by
            none.
        """
        return self._at(self._seen(night), chainage_km)

    def unknown_at(self, chainage_km: Floats, *, night: bool = False) -> csr_array:
        """Return of which posts it cannot be told whether they see places, posts by places.

        Parameters
        ----------
        chainage_km, night
            As in `at`.

        Returns
        -------
        csr_array of bool
            Posts by places; true where heights on the way are not known.
        """
        return self._at(self._unknown(night), chainage_km)

    def shares(self, *, night: bool = False) -> csr_array:
        """Return the share of each segment that each post sees, posts by segments.

        Parameters
        ----------
        night
            Whether what is seen by night counts, which is nearer; else by day.

        Returns
        -------
        csr_array of float
            From 0 to 1, posts by segments of the line.
        """
        return csr_array(_ones(self._seen(night)) @ self._parts())

    def joint(self, *, night: bool = False) -> Floats:
        """Return the share of each segment that at least one post sees.

        Parameters
        ----------
        night
            Whether what is seen by night counts, which is nearer; else by day.

        Returns
        -------
        array of float
            From 0 to 1, one for each segment of the line; what several see counts once.
        """
        any_post = np.zeros(len(self.chainage_km))
        any_post[self._seen(night).indices] = 1.0
        return np.asarray(any_post @ self._parts())

    @property
    def _start_km(self) -> Floats:
        return np.asarray(self.chainage_km - self.span_km / 2)

    def _seen(self, night: bool) -> csr_array:
        return self.by_night() if night else self.seen

    def _unknown(self, night: bool) -> csr_array:
        if not night or not self.unknown.nnz:
            return self.unknown
        post = np.repeat(np.arange(len(self.posts)), np.diff(self.unknown.indptr))
        sample = self.unknown.indices
        places = self.posts.geometry.to_crs(4326)
        lon, lat = places.x.to_numpy()[post], places.y.to_numpy()[post]
        metres = distances_m(lon, lat, self.lon[sample], self.lat[sample])
        return _keep(self.unknown, metres <= self.sight.night_km * 1000)

    def _at(self, matrix: csr_array, chainage_km: Floats) -> csr_array:
        chainage_km = np.asarray(chainage_km, dtype=float)
        sample = np.searchsorted(self._start_km, chainage_km, side="right") - 1
        sample = np.clip(sample, 0, len(self.chainage_km) - 1)
        off_km = np.abs(chainage_km - self.chainage_km[sample]) - self.span_km[sample] / 2
        places = csr_array(_ones(matrix)[:, sample])
        on_line = np.asarray(off_km <= _ROUNDING_KM)
        return _keep(places, on_line[places.indices]).astype(bool)

    def _parts(self) -> csr_array:
        """Return which share of which segment each sample stands for."""
        samples, segments = len(self.segment), len(self.line)
        share = 1 / np.bincount(self.segment, minlength=segments)[self.segment]
        return csr_array((share, (np.arange(samples), self.segment)), shape=(samples, segments))


def _ones(matrix: csr_array) -> csr_array:
    one = np.ones(matrix.nnz, dtype=np.float64)
    return csr_array((one, matrix.indices, matrix.indptr), shape=matrix.shape)


def _keep(matrix: csr_array, kept: npt.NDArray[np.bool_]) -> csr_array:
    """Return a matrix with some of its entries."""
    first = np.append(0, np.cumsum(kept))[matrix.indptr].astype(matrix.indptr.dtype)
    return csr_array((matrix.data[kept], matrix.indices[kept], first), shape=matrix.shape)
