"""Ways over open ground: how long they take, and which are none, in plain shapely and numpy."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from affine import Affine
from pyproj import CRS, Geod, Transformer

from boxreach.shift_files import require_no_shift_file
from boxreach.verification.evidence import EVIDENCE, Evidence
from boxreach.verification.roads import plane_lengths

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

NO_WAY = -1

_GEOD = Geod(ellps="WGS84")
_TOUCHING_M = 0.01
_LONGEST_MS = 2**29
_LEAST_SHARE_OF_SPEED = 0.1


@dataclass(frozen=True, eq=False)
class Heights:
    """Heights of the ground, between the four cells about a place."""

    grid_m: npt.NDArray[np.float32]
    transform: Affine
    crs: CRS
    slope: Floats

    def cells(self, xy: Floats) -> Floats:
        """Return the column and row of each place."""
        x, y = self._to_grid.transform(xy[:, 0], xy[:, 1])
        if self.crs.is_geographic:
            middle = self.transform.c + self.transform.a * self.grid_m.shape[1] / 2
            x = x + 360 * np.rint((middle - x) / 360)
        back = ~self.transform
        column, row = (
            one * x + other * y + more
            for one, other, more in ((back.a, back.b, back.c), (back.d, back.e, back.f))
        )
        return np.column_stack([column, row])

    @cached_property
    def _to_grid(self) -> Transformer:
        return Transformer.from_crs(4326, self.crs, always_xy=True)

    def at(self, cells: Floats) -> Floats:
        """Return the heights at columns and rows, NaN where they are not known."""
        rows, columns = self.grid_m.shape
        inside = ((cells >= 0) & (cells <= [columns, rows])).all(axis=1)
        place = np.clip(cells - 0.5, 0, [columns - 1, rows - 1])
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, [columns - 1, rows - 1])
        share = place - low
        values = [
            self.grid_m[y[:, 1], x[:, 0]].astype(float)
            for x, y in ((low, low), (high, low), (low, high), (high, high))
        ]
        upper, lower = (
            np.where(share[:, 0] > 0, one + share[:, 0] * (other - one), one)
            for one, other in (values[:2], values[2:])
        )
        height = np.where(share[:, 1] > 0, upper + share[:, 1] * (lower - upper), upper)
        return np.where(inside, height, np.nan)

    def felt(self, way: Floats, shares: Floats) -> Floats:
        """Return by how much longer level metres would be, between shares of one way."""
        ends = self.cells(way.reshape(2, 2))
        factors = np.ones(len(shares) - 1)
        for at, (begin, end) in enumerate(pairwise(shares)):
            steps = max(int(np.ceil(np.hypot(*(ends[1] - ends[0])) * (end - begin))), 1)
            along = np.linspace(begin, end, steps + 1)[:, None]
            place = way[:2] + along * (way[2:] - way[:2])
            run = plane_lengths(np.hstack([place[:-1], place[1:]]))
            rise = np.diff(self.at(ends[0] + along * (ends[1] - ends[0])))
            grade = np.divide(rise, run, out=np.zeros_like(run), where=run > 0)
            grade = np.nan_to_num(grade)
            free, up, down = self.slope[:3]
            loss = np.where(grade > 0, up, down) * np.maximum(np.minimum(abs(grade), 1) - free, 0)
            level = (run / np.maximum(1 - loss, _LEAST_SHARE_OF_SPEED)).sum()
            factors[at] = level / run.sum() if run.sum() > 0 else 1.0
        return factors


@dataclass(frozen=True, eq=False)
class OpenGround:
    """What lies between places and roads.

    Attributes
    ----------
    kmh
        The speed where nothing else is known.
    water
        Rivers and shores, straight pieces.
    closed
        Areas nobody enters.
    areas, area_kmh
        Areas with a speed of their own.
    heights
        None where the ground is level.
    """

    kmh: float
    water: Shapes
    closed: Shapes
    areas: Shapes
    area_kmh: Floats
    heights: Heights | None = None
    trees: dict[str, shapely.STRtree] = field(default_factory=dict)

    def times(self, ways: Floats, metres: Floats) -> Longs:
        """Return the milliseconds of straight ways (lon, lat, lon, lat); `NO_WAY` for none."""
        lines = shapely.linestrings(ways.reshape(-1, 2, 2))
        still = (ways[:, :2] == ways[:, 2:]).all(axis=1)
        lines[still] = shapely.points(ways[still, :2])
        ms = np.rint(metres * 3600 / self.kmh)
        for way, share_of in self._mixed(ways, lines).items():
            pace = share_of
            ms[way] = NO_WAY if pace < 0 else np.rint(metres[way] * pace)
        ms = np.minimum(ms, _LONGEST_MS).astype(np.int64)
        ms[self._crosses_water(lines, still)] = NO_WAY
        ms[self._enters_closed(lines)] = NO_WAY
        return ms

    def _meeting(self, name: str, shapes: Shapes, lines: Shapes) -> tuple[Longs, Longs]:
        if not len(shapes):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        if name not in self.trees:
            self.trees[name] = shapely.STRtree(shapes)
        way, shape = self.trees[name].query(lines)
        return way, shape

    def _crosses_water(self, lines: Shapes, still: npt.NDArray[np.bool_]) -> Longs:
        way, piece = self._meeting("water", self.water, lines)
        way, piece = way[~still[way]], piece[~still[way]]
        met = shapely.intersects(lines[way], self.water[piece])
        way, piece = way[met], piece[met]
        # The inside of the way with the inside or an end of the water.
        meets = shapely.relate_pattern(lines[way], self.water[piece], "T********")
        meets |= shapely.relate_pattern(lines[way], self.water[piece], "*T*******")
        return np.asarray(way[meets])

    def _enters_closed(self, lines: Shapes) -> Longs:
        way, area = self._meeting("closed", self.closed, lines)
        meets = shapely.intersects(lines[way], self.closed[area])
        meets &= ~shapely.touches(lines[way], self.closed[area])
        return np.asarray(way[meets])

    def _mixed(self, ways: Floats, lines: Shapes) -> dict[int, float]:
        """Return the milliseconds per metre of ways over ground of several kinds; -1 for none."""
        way, area = self._meeting("areas", self.areas, lines)
        met = shapely.intersects(lines[way], self.areas[area])
        inside: dict[int, list[int]] = {}
        for one, other in zip(way[met].tolist(), area[met].tolist(), strict=True):
            inside.setdefault(one, []).append(other)
        every = inside if self.heights is None else range(len(ways))
        return {one: self._pace(ways[one], inside.get(one, [])) for one in every}

    def _pace(self, way: Floats, areas: list[int]) -> float:
        """Return the mean milliseconds per metre of one way; -1 if it is none."""
        line = shapely.LineString(way.reshape(2, 2))
        spans = [
            (low, high, float(self.area_kmh[area]))
            for area in areas
            for low, high in _spans(line, self.areas[area])
        ]
        shares = np.unique([0.0, 1.0, *(end for span in spans for end in span[:2])])
        place = way[:2] + shares[:, None] * (way[2:] - way[:2])
        run = plane_lengths(np.hstack([place[:-1], place[1:]]))
        middle = (shares[:-1] + shares[1:]) / 2
        kmh = np.array(
            [min((one[2] for one in spans if one[0] <= at <= one[1]), default=self.kmh)
             for at in middle]
        )  # fmt: skip
        if run[kmh == 0].sum() >= _TOUCHING_M:
            return -1.0
        felt = np.ones(len(run)) if self.heights is None else self.heights.felt(way, shares)
        whole = run.sum()
        return float((run * felt * 3600 / np.maximum(kmh, 0.1)).sum() / whole) if whole > 0 else 0.0


def _spans(line: shapely.LineString, area: shapely.Polygon) -> list[tuple[float, float]]:
    """Return from which to which share a line lies in an area, its border included."""
    if line.length == 0:
        return []
    parts = shapely.get_parts(shapely.intersection(line, area))
    found = []
    for part in parts[shapely.get_dimensions(parts) == 1]:
        shares = shapely.line_locate_point(
            line, shapely.points(shapely.get_coordinates(part)), normalized=True
        )
        found.append((float(shares.min()), float(shares.max())))
    return found


def geodesic_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Return the metres between places along the ellipsoid."""
    return np.asarray(_GEOD.inv(lon1, lat1, lon2, lat2)[2])


def read_ground(evidence: Evidence) -> OpenGround:
    """Return the open ground of a run."""
    ground, closed = evidence.under("ground"), evidence.under("closed")
    none = np.empty(0, dtype=object)
    segments = evidence.arrays["water.segments"]
    heights = None
    if kept := evidence.under("heights"):
        require_no_shift_file(evidence.facts["terrain_crs"], EVIDENCE)
        crs = CRS.from_wkt(evidence.facts["terrain_crs"])
        place = Affine(*map(float, kept["transform"]))
        heights = Heights(kept["grid_m"], place, crs, kept["slope"])
    return OpenGround(
        kmh=float(evidence.facts["off_road_kmh"]),
        water=shapely.linestrings(segments.reshape(-1, 2, 2)) if len(segments) else none,
        closed=_polygons(closed) if closed else none,
        areas=_polygons(ground) if "areas" in ground else none,
        area_kmh=ground.get("kmh", np.empty(0)),
        heights=heights,
    )


def _polygons(arrays: dict[str, npt.NDArray[np.float64]]) -> Shapes:
    kind = shapely.GeometryType.POLYGON
    return np.asarray(
        shapely.from_ragged_array(kind, arrays["corners"], (arrays["rings"], arrays["areas"]))
    )
