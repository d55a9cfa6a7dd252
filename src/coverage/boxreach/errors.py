"""What can go wrong, said so that the reader knows where and what to do."""

from __future__ import annotations

from dataclasses import dataclass

_FAULTS_SHOWN = 50


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input, where it stands and what to do about it.

    Examples
    --------
    >>> print(Fault("433 is no longitude", file="boxes.csv", row=7, column="lon",
    ...             advice="give degrees from -180 to 180"))
    boxes.csv, row 7, column lon: 433 is no longitude; give degrees from -180 to 180
    """

    what: str
    file: str = ""
    row: int | None = None
    column: str = ""
    advice: str = ""

    def __str__(self) -> str:
        where = [self.file] if self.file else []
        where += [f"row {self.row}"] if self.row is not None else []
        where += [f"column {self.column}"] if self.column else []
        said = f"{', '.join(where)}: {self.what}" if where else self.what
        return f"{said}; {self.advice}" if self.advice else said


class BoxreachError(Exception):
    """Base of every error that boxreach raises on purpose."""


class InputError(BoxreachError, ValueError):
    """An input cannot be used. It lists every fault found, not only the first.

    Examples
    --------
    >>> print(InputError(Fault("no such file", file="a.csv"), Fault("empty", file="b.csv")))
    2 faults:
      a.csv: no such file
      b.csv: empty
    """

    def __init__(self, *faults: Fault | str) -> None:
        self.faults = tuple(Fault(one) if isinstance(one, str) else one for one in faults)
        super().__init__(*self.faults)

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return str(self.faults[0])
        shown = [f"  {fault}" for fault in self.faults[:_FAULTS_SHOWN]]
        more = len(self.faults) - _FAULTS_SHOWN
        shown += [f"  and {more} more"] if more > 0 else []
        return "\n".join([f"{len(self.faults)} faults:", *shown])


class CRSError(InputError):
    """A layer has no coordinate reference system, or one that cannot be used."""


class RoutingError(BoxreachError):
    """Travel times cannot be computed from what was given."""


class InfeasibleError(BoxreachError):
    """No placement keeps all the rules; the message names those that conflict."""


class DataWarning(UserWarning):
    """Something in the data was repaired or assumed."""
