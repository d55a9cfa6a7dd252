"""What can go wrong, said so that the reader knows where and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_SHOWN_PER_FILE = 50


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
        by_file: dict[str, list[Fault]] = {}
        for fault in self.faults:
            by_file.setdefault(fault.file, []).append(fault)
        lines = [f"{len(self.faults)} faults:"]
        for file, faults in by_file.items():
            lines += [f"  {fault}" for fault in faults[:_SHOWN_PER_FILE]]
            more = len(faults) - _SHOWN_PER_FILE
            lines += [f"  {Fault(f'and {more} more', file)}"] if more > 0 else []
        return "\n".join(lines)


class CRSError(InputError):
    """A layer has no coordinate reference system, or one that cannot be used."""


class RoutingError(BoxreachError):
    """Travel times cannot be computed from what was given."""


class InfeasibleError(BoxreachError):
    """No placement keeps all the rules; the message names those that conflict."""


class DataWarning(UserWarning):
    """Something in the data was repaired or assumed."""


class FaultCollector:
    """Gathers the faults of several inputs, so that one message lists them all.

    Examples
    --------
    >>> faults = FaultCollector()
    >>> for name in ("a.csv", "b.csv"):
    ...     with faults.attempt():
    ...         raise InputError(Fault("no such file", file=name))
    >>> faults.raise_any()
    Traceback (most recent call last):
    boxreach.errors.InputError: 2 faults:
      a.csv: no such file
      b.csv: no such file
    """

    def __init__(self) -> None:
        self._errors: list[InputError] = []

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Keep the `InputError` that the body raises, and go on after it."""
        try:
            yield
        except InputError as error:
            self._errors.append(error)

    def add(self, faults: Iterable[Fault]) -> None:
        """Keep faults that nobody raised."""
        if given := tuple(faults):
            self._errors.append(InputError(*given))

    def raise_any(self) -> None:
        """Raise what was kept, if anything: a single error as it is, several as one."""
        if len(self._errors) == 1:
            raise self._errors[0]
        if self._errors:
            raise InputError(*(fault for error in self._errors for fault in error.faults))
