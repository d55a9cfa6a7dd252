"""From sizes to costs: what each step of a run takes, and what all of them come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from boxreach.costs.constants import Constants, weigh
from boxreach.costs.machine import Machine
from boxreach.costs.sampling import Sampled
from boxreach.costs.sizes import Sizes, share_of_turn
from boxreach.costs.work import NONE, Work

How = Literal["measured", "from a part", "from its size", "as long as it may", "not known"]
"""How a cost is known: measured here, told from a part that was done or from constants, or not."""

LESS_NEAR = 0.9
"""Within the minutes of a proposal, which are mostly fewer, links take a little less."""

HIRING = "starting workers"
CATCHMENTS = "people of the cells at communities"
STORING, PLACING = "storing", "placing"
"""Of times from candidates that go to the disk: what is found and written, and boxes proposed."""

BEFORE_OPTIONS = frozenset({"starting", CATCHMENTS, "times from boxes"})
"""Steps in which times from candidates are not held yet."""

_OF_OPTIONS = ("pairs", "links", "turn_links", "kept_links", "straight", "kept_straight")
"""Sizes of times from candidates, which are not held where these are on the disk."""


@dataclass(frozen=True)
class Step:
    """What a step of a run takes.

    Attributes
    ----------
    name
        What is done.
    how
        How it is known.
    work
        Seconds of the processor at least; `Work.wall_s` tells those of the clock.
    further_s
        How many more it may take, where a limit of the plan ends it.
    memory_mb
        The most that the process holds meanwhile.
    """

    name: str
    how: How
    work: Work = NONE
    further_s: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Measured:
    """What was done in full to tell the rest.

    Attributes
    ----------
    name
        The step.
    work
        What it took.
    memory_mb
        The most that was held.
    """

    name: str
    work: Work
    memory_mb: float


@dataclass(frozen=True)
class Limits:
    """Seconds after which a plan ends its searches for better sites.

    Attributes
    ----------
    boxes_s, curve_s, posts_s
        0 where that is not asked for.
    """

    boxes_s: float = 0.0
    curve_s: float = 0.0
    posts_s: float = 0.0


@dataclass(frozen=True)
class OnDisk:
    """What boxes take that are proposed on times from candidates that go to the disk.

    Attributes
    ----------
    limit_gb
        The limit of memory for which they go there.
    added_mb
        What steps hold beside all that is read and built.
    disk_mb
        What files take meanwhile; nothing of them is left.
    """

    limit_gb: float
    added_mb: Mapping[str, float]
    disk_mb: float


@dataclass(frozen=True)
class Estimate:
    """What a run takes.

    Attributes
    ----------
    steps
        One by one, in their order.
    disk_mb
        What it writes.
    workers
        By how many processes searches are done; None for the threads of one.
    machine
        What it is told for.
    sizes
        Of the plan.
    on_disk
        Of times from candidates, where they go to the disk; None where they stay in memory.
    remedy
        What it takes with a limit of memory, where it does not fit without one; None where no
        limit sends any times to the disk.
    """

    steps: tuple[Step, ...]
    disk_mb: float
    workers: int | None
    machine: Machine
    sizes: Sizes
    on_disk: OnDisk | None = None
    remedy: Estimate | None = None

    def by_threads(self) -> Estimate:
        """Return what it takes without workers."""
        steps = tuple(one for one in self.steps if one.name != HIRING)
        return replace(self, steps=steps, workers=None)

    @property
    def cpu_s(self) -> float:
        """Seconds of the processor, at least."""
        return sum(one.work.cpu_s for one in self.steps)

    @property
    def further_s(self) -> float:
        """How many more it may be, if every limit of the plan is reached."""
        return sum(one.further_s for one in self.steps)

    @property
    def wall_s(self) -> float:
        """Seconds of the clock, at least, if nothing else runs."""
        return sum(one.work.wall_s(self.machine.threads, self.workers) for one in self.steps)

    @property
    def memory_mb(self) -> float:
        """The most that the process holds at once."""
        return self.largest.memory_mb

    @property
    def workers_mb(self) -> float:
        """What the worker processes hold beside it; 0 without any."""
        each = sum(one.memory_mb for one in self.steps if one.name == HIRING)
        return each * (self.workers or 0)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Steps of which nothing is known; they are in no sum."""
        return tuple(one.name for one in self.steps if one.how == "not known")

    @property
    def fits(self) -> bool:
        """Whether the memory of the machine suffices, as far as it is known, its workers too."""
        known = self.machine.memory_mb
        return known is None or self.memory_mb + self.workers_mb <= known

    @property
    def scratch_mb(self) -> float:
        """What files of times take on the disk while boxes are proposed."""
        return 0.0 if self.on_disk is None else self.on_disk.disk_mb

    @property
    def largest(self) -> Step:
        """The step that holds most."""
        return max(self.steps, key=lambda one: one.memory_mb)


def estimate(
    sizes: Sizes,
    measured: Iterable[Measured],
    limits: Limits,
    machine: Machine,
    constants: Constants,
    *,
    workers: int | None = None,
    unknown: Iterable[str] = (),
    on_disk: OnDisk | None = None,
) -> Estimate:
    """Tell what a run takes.

    Parameters
    ----------
    sizes
        Of the plan.
    measured
        Steps that were done in full.
    limits
        Of the plan.
    machine
        What it is told for.
    constants
        What is known of another machine.
    workers
        How many processes search; threads of one do if not given.
    unknown
        What else is asked for, of which no cost is known.
    on_disk
        Where times from candidates go to the disk.
    """
    model = _Model(sizes, limits, machine, constants, workers, on_disk)
    done = {one.name: one for one in measured}
    steps = [*model.steps(done), *(Step(one, "not known") for one in unknown)]
    disk_mb = weigh(constants.disk_mb, sizes.counts())
    return Estimate(tuple(steps), disk_mb, workers, machine, sizes, on_disk)


def options_mb(counts: Mapping[str, float], constants: Constants) -> float:
    """Return the memory of the times from all candidates, and of the links that they came by.

    Of a pair the matrix has twelve bytes: the row in four, the milliseconds in eight. A way
    straight over open ground, which is held besides, has twenty-four.

    Parameters
    ----------
    counts
        The sizes of a plan (`Sizes.counts`).
    constants
        What each takes.
    """
    return weigh(constants.memory_mb["options"], counts)


@dataclass(frozen=True)
class _Model:
    sizes: Sizes
    limits: Limits
    machine: Machine
    constants: Constants
    workers: int | None
    on_disk: OnDisk | None

    def steps(self, done: dict[str, Measured]) -> Iterator[Step]:
        """Yield every step, in the order of a run."""
        sizes, counts = self.sizes, self.sizes.counts()
        yield self._modelled("starting")
        for name in ("reading", "network"):
            yield Step(name, "measured", done[name].work, 0.0, done[name].memory_mb)
        if sizes.catchments is not None:
            yield self._gathering(sizes.catchments)
        near = sizes.places.work + sizes.people.work
        yield self._step("times from boxes", "from a part", near)
        if sizes.options is not None:
            found = done["candidates"]
            yield Step("candidates", "measured", found.work, 0.0, found.memory_mb)
            yield self._offering(sizes.options)
            again = sizes.people.linking * LESS_NEAR
            known = "proposing" if self.on_disk is None else PLACING
            yield self._modelled("proposing", again, self.limits.boxes_s, known)
            if self.limits.curve_s:
                yield Step("curve", "as long as it may", NONE, self.limits.curve_s)
        if counts["segments"]:
            yield self._modelled("posts", further_s=self.limits.posts_s)
        if sizes.what_if is not None:
            more = self._constant("what if")
            step = self._step("what if", "from a part", sizes.what_if.work + more)
            yield replace(step, memory_mb=step.memory_mb + sizes.what_if.memory_mb)
        yield self._modelled("tables")
        yield self._modelled("gaps", self._gaps())
        yield self._modelled("files")
        yield self._modelled("map", sizes.places.linking)
        yield self._modelled("report", sizes.people.linking * 2.0 + sizes.places.linking)
        yield self._modelled("evidence", sizes.people.linking * LESS_NEAR)
        if self.workers is not None:
            yield self._hiring(self.workers)

    def _gaps(self) -> Work:
        pair = self.constants.pair.at(self.machine.pace.kernels)
        sizes = self.sizes
        return sizes.gap_linking() + sizes.gap_walking() + pair.work(sizes.gap_pairs)

    def _gathering(self, cells: Sampled) -> Step:
        """Return what it takes to count the people of cells to the communities."""
        work = cells.work + self._constant(CATCHMENTS)
        ways = {"box_links": cells.links, "box_turn_links": cells.links * share_of_turn(cells.rows)}
        amounts = self.constants.memory_mb["times from boxes"]
        held = self.sizes.base_mb + weigh(amounts, self.sizes.counts() | ways)
        return Step(CATCHMENTS, "from a part", work, 0.0, held)

    def _offering(self, options: Sampled) -> Step:
        """Return what times from candidates take, in memory or on the disk."""
        work = options.work
        if self.on_disk is not None:
            searched = options.linking + options.ordering + options.walking
            work = searched + self._constant(STORING).for_workers()
        return self._step("times from candidates", "from a part", work)

    def _constant(self, name: str) -> Work:
        """Return what constants alone tell of a step."""
        seconds = weigh(self.constants.seconds.get(name, {}), self.sizes.counts())
        seconds *= self.machine.pace.words
        alone = self.constants.alone.get(name, 1.0)
        return Work(seconds * alone, seconds * (1 - alone))

    def _modelled(
        self, name: str, known: Work = NONE, further_s: float = 0.0, constant: str = ""
    ) -> Step:
        """Return a step of which constants tell what is not known from a part."""
        # `--workers` is for searches of a run itself, not for those behind map and report.
        here = Work(known.alone_s, known.threads_s + known.workers_s)
        work = here + self._constant(constant or name)
        return self._step(name, "from its size", work, further_s)

    def _step(self, name: str, how: How, work: Work, further_s: float = 0.0) -> Step:
        counts, held = self.sizes.counts(), self.sizes.base_mb
        if self.on_disk is not None:
            counts |= dict.fromkeys(_OF_OPTIONS, 0.0)
            held += self.on_disk.added_mb.get(name, 0.0)
        held += weigh(self.constants.memory_mb.get(name, {}), counts)
        if name not in BEFORE_OPTIONS:
            held += options_mb(counts, self.constants)
        return Step(name, how, work, further_s, held)

    def _hiring(self, workers: int) -> Step:
        """Return what it takes to start workers and to send each what all of them share."""
        counts, known = self.sizes.counts(), self.constants.workers
        sent_mb = known["mb_node"] * counts["nodes"] + known["mb_link"] * counts["links"]
        work = Work(
            alone_s=known["once_s"] + workers * known["send_s_mb"] * sent_mb,
            workers_s=workers * known["start_s"],
        )
        held_mb = known["mb"] + sent_mb  # by each
        return Step(HIRING, "from its size", work * self.machine.pace.words, 0.0, held_mb)
