"""What of a run is kept so that it can be recomputed without its inputs."""

from __future__ import annotations

from dataclasses import asdict, astuple, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array

from boxreach.border import FrontierPlan
from boxreach.border.outlook import keep_seen
from boxreach.cli.area_tables import Level
from boxreach.cli.pipeline import Results
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import LEVELS
from boxreach.cli.posting import sight_of
from boxreach.network import RoadNetwork
from boxreach.placement import Proposal
from boxreach.routing import travel_times
from boxreach.routing.terms import Direction
from boxreach.routing.times import places_of
from boxreach.sight import is_coarse, see_line
from boxreach.sources.terrain import placed
from boxreach.verification import REASONS, UNITS_PER_DEGREE, Evidence

Arrays = dict[str, npt.NDArray[Any]]

_MS_PER_MINUTE = 60_000
_ASKED = {"share", "each", "see", "quotas", "defence_km", "support_minutes"}
_OF_PIECES = {
    "km": "amount", "chainage_from_km": "from_km", "chainage_to_km": "to_km", "risk": "risk",
    "part": "part", "seen": "seen", "seen_night": "seen_night",
}  # fmt: skip
"""What is kept of the pieces of the line, and what it is called."""

_MOST_HEIGHTS = 4_000_000
"""More heights than these would make the evidence larger than all the rest of a run."""


def gather_evidence(plan: Plan, results: Results) -> Evidence:
    """Return the network as it was used, all places, and what was found for each row."""
    gathered = _Gathered(plan, results)
    tables = results.tables
    gathered.add_sites("boxes", tables.boxes)
    gathered.add_reached("communities", results.reach, tables.communities)
    if tables.cells is not None:
        gathered.add_reached("cells", results.people, tables.cells)
    for name, table in tables.demand.items():
        found = results.demand
        rows = found[found["layer"] == name] if found is not None else pd.DataFrame()
        gathered.add_reached(f"demand.{name}", rows, table, plan.inputs.demand[name].unit)
    counted = "communities" if tables.cells is None else "cells"
    if results.plan is not None:
        gathered.add_plan("proposals", results.plan, counted, plan.reach.direction)
    if results.posts is not None and tables.line is not None:
        gathered.add_frontier(results.posts, tables.line)
    gathered.add_gaps()
    gathered.arrays |= network_arrays(results.network)
    gathered.add_heights()
    return Evidence(gathered.arrays, gathered.texts, gathered.facts)


class _Gathered:
    """Arrays, texts and facts, table by table."""

    def __init__(self, plan: Plan, results: Results) -> None:
        self.plan, self.results = plan, results
        known = results.network.parameters
        self.minutes = sorted({*plan.reach.minutes})
        self.arrays: Arrays = {}
        self.texts: dict[str, list[str]] = {}
        self.facts: dict[str, Any] = {
            "off_road_km": known["off_road_km"],
            "off_road_kmh": known["off_road_kmh"],
            "mobilise_minutes": plan.reach.mobilise_minutes,
            "direction": plan.reach.direction,
            "minutes": self.minutes,
            "propose_minutes": plan.propose.minutes,
            "cutoff_minutes": max(*self.minutes, plan.propose.minutes),
            "posts_minutes": plan.posts.minutes,
            "merged_minutes": results.merging.largest_change_minutes,
            "people_on": "communities" if results.tables.cells is None else "cells",
            "layers": list(plan.inputs.communities.layers),
            "demand": [*results.tables.demand],
            "quotas": plan.propose.quotas,
            "phases": plan.propose.phases,
            "post_phases": plan.posts.phases,
            "posts_asked": {
                **plan.posts.model_dump(include=_ASKED), "posts": plan.posts.new_posts(),
            },
            "box_types": [asdict(one) for one in plan.types_of_boxes()],
        }  # fmt: skip
        self.levels = {
            column: Level(column, layer)
            for column, layer in results.tables.layers.items()
            if layer is not None or column == "governorate"
        }
        for column, level in self.levels.items():
            self.texts[f"level.{column}"] = [*level.names()]

    def add_sites(self, name: str, table: gpd.GeoDataFrame) -> None:
        """Keep where sites are, and the areas and the type of each."""
        self._add_places(name, table)
        for column, level in self.levels.items():
            if column in table or level.layer is None:
                self._add_words(f"{name}.{column}", level.ids(table))
        for column in LEVELS.values():
            if column in table:
                self._add_words(f"{name}.name.{column}", table[column])
        if "box_type" in table:
            self._add_words(f"{name}.box_type", table["box_type"])

    def add_reached(
        self, name: str, reached: pd.DataFrame, table: gpd.GeoDataFrame, unit: str = "people"
    ) -> None:
        """Keep rows of demand with what was found for them, at the first threshold and at all."""
        self.add_sites(name, table)
        self._add_amount(name, table, unit)
        for layer in self.facts["layers"] if name == "communities" else ():
            self._add_amount(f"{name}.layer", table, layer, layer)
        if "must_reach" in table:
            marked = table["must_reach"].astype("boolean").fillna(value=False)
            self.arrays[f"{name}.must_reach"] = marked.to_numpy(dtype=bool)
        if "area_km2" in table:
            self.arrays[f"{name}.area_km2"] = table["area_km2"].to_numpy(float, na_value=np.nan)
        self._add_found(name, reached.iloc[: len(table)])
        blocks = len(self.minutes)
        reasons = pd.Categorical(reached["reason"], categories=REASONS).codes
        self.arrays[f"{name}.reason"] = reasons.reshape(blocks, -1).T.astype(np.int8)
        if "sites_within" in reached:
            within = reached["sites_within"].to_numpy(np.int32)
            self.arrays[f"{name}.within"] = within.reshape(blocks, -1).T.copy()

    def add_frontier(self, posts: FrontierPlan, line: gpd.GeoDataFrame) -> None:
        """Keep the pieces of the line, the posts, and which of them see and reach which pieces."""
        pieces, tables = posts.reach, self.results.tables
        self.add_sites("frontier", pieces)
        for column, called in _OF_PIECES.items():
            self._add_amount("frontier", pieces, column, called)
        self._add_words("frontier.segment_id", pieces["segment_id"])
        self._add_found("frontier", pieces)
        reasons = pd.Categorical(pieces["reason"], categories=REASONS).codes
        self.arrays["frontier.reason"] = reasons[:, None].astype(np.int8)
        self.arrays["frontier.within"] = pieces["sites_within"].to_numpy(np.int32)[:, None]
        for flag in ("covered", "reached", "unknown"):
            if flag in pieces:
                self.arrays[f"frontier.{flag}"] = pieces[flag].to_numpy(dtype=bool)
        if tables.crossings is not None:
            self._add_places("crossings", tables.crossings)
        lights = self._look(posts, line)
        shown = lights.get(self.plan.posts.see or "")
        standing = len(posts.existing)
        for name, sites, part in (
            ("standing", posts.existing, slice(0, standing)),
            ("posts", posts.sites, slice(standing, None)),
        ):
            self.add_sites(name, sites)
            seen = None if shown is None else shown[part]
            self.arrays[f"{name}.first"] = self._first_of(sites, posts, "site_to_demand", seen)
            for column in ("chainage_km", "defensibility"):
                told = posts.posts.loc[sites.index, column].to_numpy(dtype=float, na_value=np.nan)
                self.arrays[f"{name}.{column}"] = told
        asked = posts.question
        if asked is not None and asked.bonus is not None:
            rows = asked.candidates.index.get_indexer(posts.sites.index)
            self.arrays["posts.bonus_km"] = asked.bonus[rows]

    def _look(self, posts: FrontierPlan, line: gpd.GeoDataFrame) -> dict[str, csr_array]:
        """Keep which pieces each post sees, those that stand first, and return them by light."""
        heights = self.results.tables.heights
        if heights is None or is_coarse(heights.cell_m):  # no line of sight is told by it
            return {}
        ids = [*posts.existing.index, *posts.sites.index]
        sights = see_line(heights, posts.posts.loc[ids], line, sight=sight_of(self.plan))
        middles = posts.reach[["chainage_from_km", "chainage_to_km"]].to_numpy(float).mean(axis=1)
        lights = {name: sights.at(middles, night=name == "night") for name in ("day", "night")}
        for name, seen in lights.items():
            self.arrays[f"sight.{name}.indptr"] = seen.indptr.astype(np.int64)
            self.arrays[f"sight.{name}.indices"] = seen.indices.astype(np.int32)
        return lights

    def add_gaps(self) -> None:
        """Keep why each row is left out at the threshold of the proposal."""
        gaps = self.results.gaps
        for kind, name in (("community", "communities"), ("cell", "cells")):
            if name in self.texts:
                rows = gaps[gaps["kind"] == kind].set_index("id")["reason"]
                reasons = rows.set_axis(rows.index.astype(str)).reindex(self.texts[name])
                codes = pd.Categorical(reasons.fillna(""), categories=REASONS).codes
                self.arrays[f"{name}.gap_reason"] = codes[:, None].astype(np.int8)

    def add_heights(self) -> None:
        """Keep the heights of the ground about all places, unless they are too many."""
        terrain, slope = self.results.network.ground.terrain, self.results.network.ground.slope
        if terrain is None:
            return
        names = [name for name in self.texts if f"{name}.lon" in self.arrays]
        lon, lat = (
            np.concatenate([self.arrays[f"{name}.{axis}"] for name in names]) / UNITS_PER_DEGREE
            for axis in ("lon", "lat")
        )
        more = float(self.facts["off_road_km"]) / 100 / np.cos(np.radians(np.abs(lat).max()))
        corners = [(lon.min() - more, lon.max() + more), (lat.min() - more, lat.max() + more)]
        sides = np.linspace(0, 1, 50)
        east, north = (low + sides * (high - low) for low, high in corners)
        around = np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)
        cells = np.column_stack(terrain.cells(*around.T))
        shape = terrain.grid_m.shape[::-1]
        low = np.clip(np.floor(cells.min(axis=0)).astype(int) - 3, 0, shape)
        high = np.clip(np.ceil(cells.max(axis=0)).astype(int) + 3, 0, shape)
        if (high - low).prod() > _MOST_HEIGHTS:
            self.facts["heights_left_out"] = int((high - low).prod())
            return
        place = terrain.transform
        west, top = placed(place, *low.tolist())
        self.facts["terrain_crs"] = terrain.crs.to_wkt()
        self.arrays |= {
            "heights.grid_m": terrain.grid_m[low[1] : high[1], low[0] : high[0]],
            "heights.transform": np.array([place.a, place.b, west, place.d, place.e, top]),
            "heights.slope": np.array(astuple(slope), dtype=float),
        }

    def add_plan(self, name: str, proposal: Proposal, demand: str, direction: Direction) -> None:
        """Keep the sites of a plan, and which of them is the first to have each row in time."""
        self.add_sites(name, proposal.sites)
        merge_minutes = self.plan.reach.merge_minutes if demand == "cells" else 0.0
        first = self._first_of(proposal.sites, proposal, direction, merge_minutes=merge_minutes)
        self.arrays[f"{name}.first"] = first

    def _first_of(
        self,
        sites: gpd.GeoDataFrame,
        proposal: Proposal,
        direction: Direction,
        seen: csr_array | None = None,
        *,
        merge_minutes: float = 0.0,
    ) -> npt.NDArray[np.int32]:
        """Return which site, from 1, is the first to have each row in time and in sight; or 0."""
        first = np.zeros(len(proposal.reach), np.int32)
        if not len(sites):
            return first
        ms = travel_times(
            self.results.network,
            sites,
            self._bare(proposal.reach),
            cutoff=proposal.minutes,
            mobilise_minutes=self.plan.reach.mobilise_minutes,
            direction=direction,
            merge_minutes=merge_minutes,
        ).ms
        found = (ms if seen is None else keep_seen(ms, seen)).tocoo()
        none = len(sites) + 1
        first += none
        np.minimum.at(first, found.col, found.row.astype(np.int32) + 1)
        first[first == none] = 0
        return first

    def _bare(self, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return table[[table.geometry.name]]

    def _add_places(self, name: str, table: gpd.GeoDataFrame) -> None:
        self.texts[name] = [str(one) for one in table.index]
        for axis, degrees in zip(("lon", "lat"), places_of(table), strict=True):
            self.arrays[f"{name}.{axis}"] = np.rint(degrees * UNITS_PER_DEGREE).astype(np.int32)

    def _add_amount(
        self, name: str, table: gpd.GeoDataFrame, column: str, called: str = "amount"
    ) -> None:
        known = column in table
        amounts = table[column].to_numpy(float, na_value=np.nan) if known else None
        if amounts is not None:
            self.arrays[f"{name}.{called}"] = amounts

    def _add_words(self, name: str, words: Any) -> None:
        """Keep a column of few words as numbers and the list of them."""
        plain = pd.Series(words, dtype=object).fillna("").astype(str)
        codes, known = pd.factorize(plain, sort=True)
        self.arrays[name] = codes.astype(np.int32)
        self.texts[f"{name}.words"] = [str(one) for one in known]

    def _add_found(self, name: str, rows: pd.DataFrame) -> None:
        """Keep the quickest site, the one that comes after it, and the way to the nearest road."""
        for column in ("minutes", "backup_minutes", "off_road_minutes"):
            if column in rows:
                minutes = rows[column].to_numpy(float, na_value=np.nan)
                ms = np.rint(np.nan_to_num(minutes * _MS_PER_MINUTE, nan=-1.0))
                self.arrays[f"{name}.{column.replace('minutes', 'ms')}"] = ms.astype(np.int64)
        for column in ("site_id", "backup_site_id"):
            if column in rows:
                self._add_words(f"{name}.{column}", rows[column])
        if "off_road_m" in rows:
            self.arrays[f"{name}.off_road_m"] = rows["off_road_m"].to_numpy(float)


def network_arrays(network: RoadNetwork) -> Arrays:
    """Return a network as it is drawn, the stretches that closures leave, and its open ground."""
    drawn = network.lifted or network
    edges = drawn.edges
    kept = ("lon", "lat", "tail", "head", "forward_ms", "backward_ms", "bend_first", "bend_lon",
            "bend_lat")  # fmt: skip
    arrays: Arrays = {f"network.{name}": getattr(edges, name) for name in kept}
    _, before_ms = edges.before_legs
    if len(before_ms):
        # Each edge has a row for its end behind those of its legs.
        starts = np.ones(len(before_ms), dtype=bool)
        starts[edges.bend_first[1:] + 2 * np.arange(1, len(edges) + 1) - 1] = False
        arrays["network.leg_ms"] = np.diff(before_ms, axis=0)[starts[:-1]]
    else:
        both = [np.maximum(ms, 0) for ms in (edges.forward_ms, edges.backward_ms)]
        arrays["network.leg_ms"] = np.column_stack(both)
    if network.stretches is not None:
        for name in ("edge", "start", "end", "slowed", "piece"):
            arrays[f"stretches.{name}"] = getattr(network.stretches, name)
        for name in ("tail", "head", "forward_ms", "backward_ms"):
            arrays[f"stretches.{name}"] = getattr(network.edges, name)
    arrays["water.segments"] = network.obstacles.segments
    if len(network.obstacles.closed):
        _, corners, (rings, areas) = shapely.to_ragged_array(network.obstacles.closed)
        arrays |= {"closed.corners": corners, "closed.rings": rings, "closed.areas": areas}
    ground = replace(network.ground, terrain=None).to_arrays()
    return arrays | {f"ground.{name}": one for name, one in ground.items()}
