"""What a model of placement is to the rest of a plan: how it is asked, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.location import Rules, Solution
from boxreach.location.models import Model
from boxreach.placement.clauses import Clause
from boxreach.placement.question import Question

Floats = npt.NDArray[np.float64]
Keys: TypeAlias = Any
"""``[propose]`` of a plan: the value of each key by its name, and ``new_boxes()``."""
Recount: TypeAlias = Callable[[Mapping[str, Any], Floats, Floats, int], float]
InLine: TypeAlias = Callable[[Question, int | None, Rules], Solution | None]


class Aim:
    """One model, and what it makes of a question; docs/extending.md adds one.

    What is here is true of a model that says nothing else: so many sites, one of which is enough
    for a place, and something is made large.

    Attributes
    ----------
    kind
        The class of the model, a frozen dataclass.
    name
        What a plan calls it.
    keys
        The keys of ``[propose]`` that it has, beside those that all models have.
    of_cover
        Whether what it makes large is, summed over all demand, the pull times the `worth` of how
        many sites reach it: then `cover` is asked, and plans may have phases, a reserve, a curve,
        and sites that move.
    small
        Whether it makes something small.
    recount
        What some sites come to by the definition alone: the keys of ``[propose]``, milliseconds
        from these sites to the demand (infinite where there is no way), what each demand weighs,
        and the minutes of the plan in milliseconds. ``boxreach verify`` holds it against plans
        of models that it has no formula of its own for; without one it says so.

    What is a property here may be a plain attribute of a model for which it is always the same.
    """

    kind: ClassVar[type[Model]]
    name: ClassVar[str]
    keys: ClassVar[tuple[str, ...]] = ("boxes",)
    of_cover: ClassVar[bool] = False
    small: ClassVar[bool] = False
    recount: ClassVar[Recount | None] = None

    def __init__(self, model: Any) -> None:
        self.model = model

    @classmethod
    def of_plan(cls, asked: Keys) -> Model:
        """Return the model that ``[propose]`` asks for."""
        made: Model = cls.kind(sites=asked.new_boxes() or 0, minutes=asked.minutes)  # type: ignore[call-arg]
        return made

    # ---- how it is asked ---------------------------------------------------------------------

    @property
    def sites(self) -> int | None:
        """How many sites are to be chosen; None where the model tells it."""
        found: int | None = getattr(self.model, "sites", None)
        return found

    @property
    def budget(self) -> float | None:
        """What new sites may cost in US dollars; None where nobody says."""
        return None

    @property
    def counts_new(self) -> bool:
        """Whether new sites count alike, and those that stand not at all."""
        return False

    @property
    def covers(self) -> bool:
        """Whether it asks only who is covered, and by how many."""
        return self.of_cover

    @property
    def takes_ties(self) -> bool:
        """Whether a column may decide between plans that come to the same."""
        return self.covers

    @property
    def leaves_spares(self) -> bool:
        """Whether sites that a line does not need are placed where they back others."""
        return False

    @property
    def may_shrink(self) -> bool:
        """Whether there may be fewer sites than stand, where the model tells how many there are."""
        return False

    @property
    def boxes(self) -> int:
        """How many sites must reach a place for it to count."""
        return 1

    @property
    def serves(self) -> int:
        """How many sites must reach what must be reached."""
        return 1

    @property
    def serves_all(self) -> bool:
        """Whether all that weighs something must be reached."""
        return False

    @property
    def share(self) -> float:
        """The share of the weight that must be reached, where that is not all."""
        return 1.0

    @property
    def worth(self) -> Floats:
        """The share of a weight that counts where 0, 1, 2 … sites reach it; then as the last."""
        return np.append(np.zeros(self.boxes), 1.0)

    @property
    def worth_of_stages(self) -> Floats:
        """What counts where all phases are chosen together, as far as it is told apart there."""
        return self.worth

    @property
    def worth_on_the_way(self) -> Floats:
        """What counts while a plan is put in order, the same way."""
        return self.worth

    def pay(self, costs: Floats, standing: int, move_usd: float | None) -> list[Clause]:
        """Return the rules about money, and about what sites count.

        Parameters
        ----------
        costs
            US dollars of a box at each candidate.
        standing
            How many sites stand.
        move_usd
            What a move of one of them costs; None where they stay.
        """
        if self.counts_new:
            counted = np.append(np.ones(len(costs)), np.zeros(standing))
            return [Clause("as few new sites as can be", costs=counted)]
        if self.budget is None:
            return []
        spared = np.zeros(standing)
        if move_usd is not None and len(costs):
            # A site that moves brings its box along: what one costs at least, less the move.
            spared += max(0.0, float(costs.min()) - move_usd)
        said = f"the new sites cost at most {self.budget:,.0f} US dollars"
        most = self.budget + float(spared.sum())
        return [Clause(said, costs=np.append(costs, spared), budget=most, lasting=True)]

    def cover(
        self, cover: csr_array, pull: Floats, total: int | None, limits: dict[str, Any], /
    ) -> Solution:
        """Answer who is to be covered, if the model is one of cover.

        Parameters
        ----------
        cover, pull
            Sites by demand, a one for each pair within the minutes; what each demand weighs. Where
            sites have a bonus, that is demand behind the others which only the site covers.
        total
            How many sites in all, standing ones counted; None where the model tells it.
        limits
            ``rules``, ``seconds``, ``seed``, ``later_sites`` and ``scratch``, as the models of
            `boxreach.location` take them.
        """
        raise NotImplementedError(f"{self.name} is a model of cover, and says no `cover`")

    def solve(self, question: Question, total: int | None, limits: dict[str, Any], /) -> Solution:
        """Answer the question, if the model is not one of cover.

        Parameters
        ----------
        question
            What is asked; `Question.times` has the minutes of all pairs, `Question.cover` a one for
            each within the minutes of the plan, and `Question.pull` what each demand weighs.
        total, limits
            As of `cover`, without ``later_sites`` and ``scratch``.
        """
        raise NotImplementedError(f"{self.name} is no model of cover, and says no `solve`")

    @property
    def in_line(self) -> InLine | None:
        """What answers a question along a line by intervals, or None where it is not for them."""
        return None

    # ---- what is said of it ------------------------------------------------------------------

    @property
    def objective_is(self) -> str:
        """What the objective is, for ``summary.json``; ``{unit}`` is what is counted."""
        return f"{{unit}} as {self.name} counts it"

    @property
    def proof(self) -> str:
        """What is proven, with the bound for ``{}`` and what is counted for ``{weighed}``."""
        least = "no plan comes below {:,.0f} {weighed}"
        return least if self.small else "no plan comes to more than {:,.0f} {weighed}"

    @property
    def counts(self) -> str:
        """What the objective counts, in words, with ``{unit}``."""
        return "{unit}"

    @property
    def seeks(self) -> str:
        """By what word of its catalogue the map says what is sought beside reach."""
        return "other"

    @property
    def told(self) -> str:
        """By what words of its catalogue a report tells it."""
        return "other_least" if self.small else "other_most"

    @property
    def measure(self) -> str | None:
        """In what a report tells the objective: ``minutes``, ``sites`` or ``asked``, its own.

        None for as demand is counted, in people or kilometres.
        """
        return "asked"

    @property
    def figures(self) -> dict[str, float]:
        """What those words need beside minutes and sites."""
        return {}

    @property
    def averages(self) -> bool:
        """Whether a report divides the objective by the whole weight."""
        return False
