"""`see_line`: what posts see of a frontier over the ground."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from boxreach.arguments import number_faults, require_kind, shown
from boxreach.crs import Floats, on_sphere, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sight.line_sight import LineSight
from boxreach.sight.model import Sight
from boxreach.sight.questions import require_terrain, tell_coarse, within_faults
from boxreach.sight.rays import SEEN, UNKNOWN, Verdicts, ends_at, judge
from boxreach.sight.samples import Samples, sample_line
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile
from boxreach.sources.terrain_groups import bounds_of, distances_m, group_places
from boxreach.tables import missing_faults, point_faults

Progress = Callable[[str, int, int], None]
Ints = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]

_POSTS_AT_ONCE = 256
_LEAST_KM = 1e-6
_CHAINAGES = ["chainage_from_km", "chainage_to_km"]


def see_line(
    terrain: Terrain | TerrainFile,
    posts: gpd.GeoDataFrame,
    line: gpd.GeoDataFrame,
    *,
    sight: Sight | None = None,
    within_km: float | None = None,
    step_m: float | None = None,
    progress: Progress | None = None,
) -> LineSight:
    """Tell which places of a frontier each post sees over the ground.

    The ground is the bilinear surface through the heights of the cells, the earth curves away
    below it and bends the light; it hides a target where it rises above the straight line from eye
    to target, and does not where it touches it. Buildings and plants are in it only as far as they
    are in the heights. The line is looked at in the middles of equal parts of its segments.

    Parameters
    ----------
    terrain
        From `read_terrain`, or from `open_terrain`, of which only what lies about the line is read,
        part by part.
    posts
        Points, in any CRS.
    line
        Segments from `read_frontier`.
    sight
        How high and how far; `Sight()` if not said.
    within_km
        How far by day, instead of that of `sight`.
    step_m
        The longest part of a segment that one sample stands for; a cell of the terrain if not said.
    progress
        Called with what is done, how many posts of it, and out of how many.

    Returns
    -------
    LineSight
        In the order of `posts` and `line`.

    Raises
    ------
    InputError
        If an argument will not do, or the terrain misses the line.

    Warns
    -----
    DataWarning
        Where heights are not known, for how many km and posts; and if the cells are too long to
        tell lines of sight.
    """
    sight = Sight() if sight is None else sight
    _require_arguments(terrain, posts, line, sight, within_km, step_m, progress)
    cell_m = terrain.cell_m
    places = to_wgs84(posts, file="posts").geometry
    samples = sample_line(to_wgs84(line, file="line"), cell_m if step_m is None else step_m)
    _require_meeting(terrain, samples)
    tell_coarse(terrain.file, cell_m, stacklevel=2)
    within_m = 1000 * (sight.day_km if within_km is None else within_km)
    at = places.x.to_numpy(), places.y.to_numpy()
    survey = _Survey(terrain, at, samples, sight, within_m)
    survey.run(progress)
    found = LineSight(
        posts=posts, line=line, sight=sight, chainage_km=samples.chainage_km,
        span_km=samples.span_km, segment=samples.segment, lon=samples.lon, lat=samples.lat,
        height_m=survey.ground_m[len(posts) :], post_height_m=survey.ground_m[: len(posts)],
        seen=survey.matrix(SEEN), unknown=survey.matrix(UNKNOWN).astype(bool),
    )  # fmt: skip
    _tell_holes(terrain.file, found)
    return found


class _Survey:
    """Posts and samples in groups, each with the part of the terrain about them."""

    def __init__(
        self,
        terrain: Terrain | TerrainFile,
        places: tuple[Floats, Floats],
        samples: Samples,
        sight: Sight,
        within_m: float,
    ) -> None:
        self.terrain = terrain
        self.posts = len(places[0])
        self.samples = samples
        self.sight = sight
        self.within_m = within_m
        # Posts first, then samples: both need heights.
        self.lon, self.lat = np.append(places[0], samples.lon), np.append(places[1], samples.lat)
        self.ground_m = np.full(len(self.lon), np.nan)
        self.tree = cKDTree(on_sphere(samples.lon, samples.lat))
        self.found = [_Pairs.none()]

    def run(self, progress: Progress | None) -> None:
        """Find all that is seen, and all that cannot be told."""
        is_on = self.terrain.covers(self.lon, self.lat)
        on, off = np.flatnonzero(is_on), np.flatnonzero(~is_on[: self.posts])
        near_m = 1.01 * self.within_m  # a degree of longitude is shorter further from the equator
        cell_m = self.terrain.cell_m
        groups = [on[rows] for rows in group_places(self.lon[on], self.lat[on], cell_m, near_m)]
        parts = self.terrain.windows(
            bounds_of(self.lon[rows], self.lat[rows], near_m if rows[0] < self.posts else 0.0)
            for rows in groups
        )
        done = 0
        for rows, part in chain(zip(groups, parts, strict=True), [(off, None)]):
            if part is not None:
                self.ground_m[rows] = part.heights_m(self.lon[rows], self.lat[rows])
            posts = rows[rows < self.posts]
            for begin in range(0, len(posts), _POSTS_AT_ONCE):
                some = posts[begin : begin + _POSTS_AT_ONCE]
                self.found.append(self._look(part, some))
                done += len(some)
                if progress is not None:
                    progress("lines of sight", done, self.posts)

    def matrix(self, verdict: int) -> csr_array:
        """Return the kilometres of all pairs of one verdict, posts by samples."""
        kept = [pairs.of(verdict) for pairs in self.found]
        post, sample, km = (np.concatenate(parts) for parts in zip(*kept, strict=True))
        matrix = csr_array((km, (post, sample)), shape=(self.posts, len(self.samples.lon)))
        matrix.sort_indices()
        return matrix

    def _look(self, part: Terrain | None, posts: Rows) -> _Pairs:
        """Return all pairs of some posts and the samples near them, with what is seen."""
        lon, lat = self.lon[posts], self.lat[posts]
        near = self.tree.query_ball_point(on_sphere(lon, lat), self.within_m, return_sorted=True)
        eye = np.repeat(np.arange(len(posts)), [len(one) for one in near])
        sample = np.concatenate([np.asarray(one, np.int64) for one in near])
        to = self.samples
        metres = distances_m(lon[eye], lat[eye], to.lon[sample], to.lat[sample])
        kept = metres <= self.within_m
        eye, sample, metres = eye[kept], sample[kept], metres[kept]
        km = np.maximum(metres / 1000, _LEAST_KM).astype(np.float32)
        post, narrow = posts[eye].astype(np.int32), sample.astype(np.int32)
        if part is None:
            return _Pairs(post, narrow, km, np.full(len(eye), UNKNOWN, np.int8))
        used, target = np.unique(sample, return_inverse=True)
        eyes = ends_at(part, lon, lat, self.sight.tower_m)
        targets = ends_at(part, to.lon[used], to.lat[used], self.sight.target_m)
        drop_m = self.sight.drops_m(metres)
        return _Pairs(post, narrow, km, judge(part.grid_m, eyes, targets, eye, target, drop_m))


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Posts, the samples near them, how far they are, and whether they are seen."""

    post: Ints
    sample: Ints
    km: npt.NDArray[np.float32]
    verdict: Verdicts

    @classmethod
    def none(cls) -> _Pairs:
        """Return no pairs."""
        rows = np.empty(0, np.int32)
        return cls(rows, rows, np.empty(0, np.float32), np.empty(0, np.int8))

    def of(self, verdict: int) -> tuple[Ints, Ints, npt.NDArray[np.float32]]:
        """Return post, sample and kilometres of the pairs of one verdict."""
        kept = self.verdict == verdict
        return self.post[kept], self.sample[kept], self.km[kept]


def _require_arguments(
    terrain: Terrain | TerrainFile,
    posts: gpd.GeoDataFrame,
    line: gpd.GeoDataFrame,
    sight: Sight,
    within_km: float | None,
    step_m: float | None,
    progress: Progress | None,
) -> None:
    require_terrain(terrain)
    require_kind(sight, Sight, "sight", "give a Sight")
    places, segments = to_wgs84(posts, file="posts"), to_wgs84(line, file="line")
    faults = point_faults(places, file="posts")
    faults += point_faults(segments, file="line", shapes=("LineString",))
    faults += missing_faults(_CHAINAGES, list(map(str, line.columns)), file="line")
    if not len(line):
        faults.append(Fault("it has no segments", "line", advice="read it with read_frontier"))
    faults += within_faults(within_km)
    if step_m is not None:
        advice = "give a metre or more"
        faults += number_faults("step_m", step_m, lambda one: 1 <= one < np.inf, advice)
    if progress is not None and not callable(progress):
        faults.append(Fault(f"progress is {shown(progress)}", advice="give a function"))
    if faults:
        raise InputError(*faults)


def _require_meeting(terrain: Terrain | TerrainFile, samples: Samples) -> None:
    """Raise `InputError` if no place of the line lies on the grid."""
    if not terrain.covers(samples.lon, samples.lat).any():
        raise InputError(terrain.elsewhere("the frontier", bounds_of(samples.lon, samples.lat)))


def _tell_holes(file: str, found: LineSight) -> None:
    """Warn of places whose heights are not known, and of posts that cannot tell what they see."""
    blank, blind = np.isnan(found.height_m), np.isnan(found.post_height_m)
    untold = np.zeros(len(blank), dtype=bool)
    untold[found.unknown.indices] = True
    posts = np.diff(found.unknown.indptr) > 0
    if not (blank.any() or blind.any() or posts.any()):
        return
    warnings.warn(
        f"{file}: heights are not known on {found.span_km[blank].sum():.1f} km of the frontier and"
        f" at {int(blind.sum())} of {len(blind)} posts; for {int(posts.sum())} posts it cannot be"
        f" told what they see of {found.span_km[untold].sum():.1f} km",
        DataWarning,
        stacklevel=3,
    )
