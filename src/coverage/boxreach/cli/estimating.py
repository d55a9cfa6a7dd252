"""What a plan will take: read and checked as by every command, then done in part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np

from boxreach.catchments import NO_PAIRS_MINUTES
from boxreach.cli.checking import check_plan
from boxreach.cli.estimating_what_if import sample_what_if
from boxreach.cli.memory_limit import fits_within
from boxreach.cli.pipeline import find_candidates, network_of
from boxreach.cli.plan import Plan, mend_plan
from boxreach.cli.plan_section import NotKnownError
from boxreach.cli.plan_tables import Stage, Tables
from boxreach.costs import (
    Asked,
    Estimate,
    Limits,
    Measured,
    OnDisk,
    PairCost,
    Sampled,
    Sizes,
    clock,
    estimate,
    find_memory_mb,
    held_mb,
    load_constants,
    sample_times,
    this_machine,
)
from boxreach.errors import BoxreachError
from boxreach.network import RoadNetwork
from boxreach.placement.memory import (
    NotEnoughMemory,
    bytes_of_files,
    bytes_with_disk,
    spare_pairs,
    useful_limits_gb,
)
from boxreach.routing.times import places_of

Found = TypeVar("Found")

_KM_PER_DEGREE = 111.2

_EXTRACT, _MB_PER_MB = ".osm.pbf", 8.0
"""Of an extract a fifth to a third are roads; those take 34 to 43 times as much when read."""


def estimate_plan(
    path: Path,
    overrides: Sequence[tuple[str, object]],
    *,
    workers: int | None = None,
    memory_gb: float | None = None,
) -> Estimate:
    """Tell what ``boxreach run`` of a plan takes.

    All inputs are read and checked, the network is built and the candidates are found, as a run
    does it; a part of the travel times is computed. Nothing is written.

    Parameters
    ----------
    path, overrides
        As for `check_plan`.
    workers
        How many processes search; threads of one do if not given.
    memory_gb
        The limit of ``--memory``; None for none.

    Raises
    ------
    InputError
        As `check_plan` does.
    NotEnoughMemory
        If boxes cannot be proposed within the limit.
    TooLargeError
        If the memory of this machine does not even suffice to read the roads.
    """
    _require_memory(path, overrides)
    done: list[Measured] = []

    def measure(name: str, task: Callable[[], Found]) -> Found:
        with clock() as taken:
            found = task()
        done.append(Measured(name, taken.work, held_mb()[1]))
        return found

    plan, tables = measure("reading", lambda: check_plan(path, overrides, Plan.all_stages))
    constants = load_constants()
    machine = this_machine(constants)
    network = measure("network", lambda: network_of(plan, tables))
    stages = _stages(plan, tables)
    candidates = None
    if "propose" in stages:
        candidates = measure("candidates", lambda: find_candidates(plan, tables, network).kept)
    pair = constants.pair.at(machine.pace.kernels)
    sizes = _measure_sizes(plan, tables, network, candidates, pair)
    if "what_if" in stages:
        some = _at_communities(plan, tables)
        offered = candidates
        if offered is None and plan.asks_candidates():
            offered = find_candidates(plan, tables, network).kept
        sizes = replace(sizes, what_if=sample_what_if(plan, some, network, offered))
    unknown = ["what if"] if "what_if" in stages and sizes.what_if is None else []
    limits = _limits(plan, stages)
    tell = partial(
        estimate, sizes, done, limits, machine, constants, workers=workers, unknown=unknown
    )
    found = tell(on_disk=None if memory_gb is None else _keep_on_disk(plan, sizes, memory_gb))
    if found.fits or memory_gb is not None:
        return found
    return replace(found, remedy=_find_remedy(plan, sizes, tell))


class TooLargeError(BoxreachError):
    """What is to be read takes more memory than there is.

    Attributes
    ----------
    memory_mb
        What it takes at least.
    """

    def __init__(self, file: str, memory_mb: float, known_mb: float) -> None:
        self.memory_mb = memory_mb
        super().__init__(
            f"{file}: to read it takes at least {memory_mb / 1000:,.0f} GB of memory, and this"
            f" machine has {known_mb / 1000:,.0f} GB: it was not read; cut it into parts, or take a"
            " larger machine"
        )


def _keep_on_disk(plan: Plan, sizes: Sizes, memory_gb: float) -> OnDisk | None:
    """Return what boxes take whose times go to the disk for a limit; None if they stay in memory.

    Raises
    ------
    NotEnoughMemory
        If the plan may do neither.
    """
    if sizes.options is None:
        return None
    rows, nodes, pairs = sizes.rows, sizes.nodes, round(sizes.options.pairs)
    if fits_within(memory_gb, plan.propose, rows, nodes)(pairs):
        return None
    listed = min(pairs, spare_pairs(memory_gb, rows, nodes))
    # Libraries and roads are held already, and were measured.
    held = bytes_with_disk(0, 0, 0)
    searching, placing = (bytes_with_disk(rows, 0, many) - held for many in (0, listed))
    added_mb = {"times from candidates": searching / 1e6, "proposing": placing / 1e6}
    return OnDisk(memory_gb, added_mb, bytes_of_files(pairs) / 1e6)


def _find_remedy(plan: Plan, sizes: Sizes, tell: Callable[..., Estimate]) -> Estimate | None:
    """Return what the run takes with the best limit that fits, or else with the lowest."""
    found = None
    for limit_gb in useful_limits_gb(sizes.rows, sizes.nodes):
        with suppress(NotEnoughMemory):
            if (on_disk := _keep_on_disk(plan, sizes, limit_gb)) is not None:
                found = tell(on_disk=on_disk)
                if found.fits:
                    return found
    return found


def _require_memory(path: Path, overrides: Sequence[tuple[str, object]]) -> None:
    """Raise `TooLargeError` before an extract is read that cannot be held."""
    plan, known_mb = mend_plan(path, overrides=overrides).plan, find_memory_mb()
    with suppress(NotKnownError, OSError):
        roads = plan.path(plan.inputs.roads)
        if known_mb is not None and roads.name.lower().endswith(_EXTRACT):
            memory_mb = roads.stat().st_size / 1e6 * _MB_PER_MB
            if memory_mb > known_mb:
                raise TooLargeError(roads.name, memory_mb, known_mb)


def _stages(plan: Plan, tables: Tables) -> tuple[Stage, ...]:
    """Return what a run computes."""
    return tuple(one for one in plan.all_stages() if one != "posts" or tables.line is not None)


def _limits(plan: Plan, stages: Sequence[Stage]) -> Limits:
    rules = plan.propose
    curve_s = rules.curve_seconds if rules.draws_curve() else 0.0
    boxes = "propose" in stages
    return Limits(
        boxes_s=rules.seconds if boxes else 0.0,
        curve_s=curve_s if boxes else 0.0,
        posts_s=plan.posts.seconds if "posts" in stages else 0.0,
    )


def _measure_sizes(
    plan: Plan,
    tables: Tables,
    network: RoadNetwork,
    candidates: gpd.GeoDataFrame | None,
    pair: PairCost,
) -> Sizes:
    base_mb, catchments = held_mb()[0], _sample_catchments(plan, tables, network, pair)
    tables = _at_communities(plan, tables)
    minutes = plan.propose.minutes
    longest = max(*plan.reach.minutes, minutes)
    merged = 0.0 if tables.cells is None else plan.reach.merge_minutes

    def sample(
        sites: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, cutoff: float, merge_minutes: float = 0.0
    ) -> Sampled:
        asked = Asked(
            network, sites, demand, cutoff, minutes, plan.reach.mobilise_minutes, merge_minutes,
            plan.reach.direction,
        )  # fmt: skip
        return sample_times(asked, pair)

    places = people = sample(tables.boxes, tables.communities, longest)
    if tables.cells is not None:
        people = sample(tables.boxes, tables.cells, longest, merged)
    options = None
    if candidates is not None:
        options = sample(candidates, tables.people, minutes, merged)
    return Sizes(
        roads=len(tables.roads),
        nodes=network.node_count,
        communities=len(tables.communities),
        rows=len(tables.people),
        boxes=len(tables.boxes),
        new_boxes=0 if candidates is None else plan.propose.new_boxes() or 0,
        candidates=0 if candidates is None else len(candidates),
        segments=0 if tables.line is None else len(tables.line),
        posts=0 if tables.line is None else plan.posts.new_posts() or 0,
        languages=len(plan.output.languages),
        squares=_count_squares(tables.people),
        base_mb=base_mb,
        places=places,
        people=people,
        options=options,
        catchments=catchments,
    )


def _sample_catchments(
    plan: Plan, tables: Tables, network: RoadNetwork, pair: PairCost
) -> Sampled | None:
    """Return the search for the community of each cell; None where the plan needs none."""
    if tables.cells is None or plan.counts_on() == "cells":
        return None
    nearest = Asked(
        network, tables.communities, tables.cells, NO_PAIRS_MINUTES, plan.propose.minutes,
        direction="demand_to_site",
    )  # fmt: skip
    return sample_times(nearest, pair)


def _at_communities(plan: Plan, tables: Tables) -> Tables:
    """Return the tables as if the people of cells were at the communities, if the plan says so.

    As many at each: how many they are changes nothing of what it takes.
    """
    if tables.cells is None or plan.counts_on() == "cells":
        return tables
    return replace(tables, communities=tables.communities.assign(people=1.0), cells=None)


def _count_squares(people: gpd.GeoDataFrame) -> int:
    """Return in how many squares of about a kilometre somebody lives."""
    lon, lat = places_of(people.to_crs(4326))
    if not len(lon):
        return 0
    east = np.floor(lon * _KM_PER_DEGREE * np.cos(np.radians(lat.mean())))
    return len(np.unique(east * 1_000_000 + np.floor(lat * _KM_PER_DEGREE)))
