"""Rules of the programme in its own words: quotas, and how standing boxes may move."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

from boxreach.arguments import number_faults
from boxreach.errors import Fault, InputError


@dataclass(frozen=True)
class Quota:
    """At least and at most so many sites, standing ones counted, where `column` is `value`.

    Parameters
    ----------
    column, value
        A column of the candidates, and of the sites that stand, and the text it holds.
    at_least, at_most
        The limits; `at_most` None means no limit.
    every_phase
        Whether there are to be so many at least in each phase, and not at the end alone.

    Raises
    ------
    InputError
        If no number keeps the limits, or the value is no text.

    Examples
    --------
    >>> print(Quota("governorate", "Ninewa", at_least=10))
    at least 10 in governorate Ninewa
    """

    column: str
    value: str
    at_least: int = 0
    at_most: int | None = None
    every_phase: bool = False

    def __post_init__(self) -> None:
        """Refuse limits that no number keeps, and values that no name equals."""
        if not isinstance(self.value, str):
            what = f"quota where {self.column} is {self.value!r}"
            raise InputError(Fault(what, advice="give the value as text, as the table has it"))
        for limit in (self.at_least, 0 if self.at_most is None else self.at_most):
            if not isinstance(limit, Integral):
                what = f"quota of {limit!r} in {self.column} {self.value}"
                raise InputError(Fault(what, advice="give whole numbers"))
        if self.at_least < 0 or (self.at_most is not None and self.at_most < self.at_least):
            what = f"quota of {self.at_least} to {self.at_most} in {self.column} {self.value}"
            raise InputError(Fault(what, advice="give at_least from 0 and at_most not below it"))

    def __str__(self) -> str:
        said = [f"at least {self.at_least}"] if self.at_least else []
        said += [f"at most {self.at_most}"] if self.at_most is not None else []
        always = " in every phase" if self.every_phase else ""
        return f"{' and '.join(said)} in {self.column} {self.value}{always}"


@dataclass(frozen=True, kw_only=True)
class Relocation:
    """How many of the sites that stand may move, and what a move costs.

    Parameters
    ----------
    at_most
        How many may move. A site that moves gives up its place and takes that of a candidate,
        so there are as many sites afterwards as without.
    cost_usd
        What one move costs in US dollars; unknown until it is given.

    Raises
    ------
    InputError
        If a number means nothing.

    Examples
    --------
    >>> print(Relocation(at_most=5, cost_usd=20_000))
    at most 5 of the standing sites may move, at 20,000 US dollars each
    """

    at_most: int
    cost_usd: float | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        whole = "give a whole number, 0 or more"
        faults = number_faults(
            "at_most", self.at_most, lambda one: isinstance(one, Integral) and int(one) >= 0, whole
        )
        if self.cost_usd is not None:
            advice = "give US dollars, 0 or more"
            faults += number_faults(
                "cost_usd", self.cost_usd, lambda one: 0 <= one < float("inf"), advice
            )
        if faults:
            raise InputError(*faults)

    def __str__(self) -> str:
        each = "" if self.cost_usd is None else f", at {self.cost_usd:,.0f} US dollars each"
        return f"at most {self.at_most} of the standing sites may move{each}"
