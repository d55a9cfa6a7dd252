"""What can go wrong, said so that the reader knows where and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

_SHOWN_PER_FILE = 50
_LONGEST = 2_000
"""More of what a fault says is no help to who reads it; a value may have millions of letters."""

_KEYED = (".toml", "--set")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input, where it stands and what to do about it.

    As text it is one line, whatever stands in the file: what would break the line, or move on a
    terminal, is shown as an escape, and what is very long is cut.

    Attributes
    ----------
    what
        What is wrong, in words that name the value.
    file
        Of the input: its name, or its path where the name alone does not say which.
    row
        Of a table, as a spreadsheet counts it: 2 is the first below the header.
    column
        Of a table, the attribute of a layer, or the dotted key of a plan.
    advice
        What to do.
    layer
        Of a file of several.
    feature
        Of a layer, counted from 1; told instead of a row.
    line
        Of a text such as ``plan.toml``, counted from 1; told instead of a row.
    value
        What stands there, as text; None where nothing does.

    Examples
    --------
    >>> print(Fault("433 is no longitude", file="boxes.csv", row=7, column="lon",
    ...             advice="give degrees from -180 to 180"))
    boxes.csv, row 7, column lon: 433 is no longitude; give degrees from -180 to 180
    >>> print(Fault("it is a Polygon", "a.gpkg", layer="towns", feature=3, advice="give points"))
    a.gpkg, layer towns, feature 3: it is a Polygon; give points
    >>> print(Fault("unknown key", "plan.toml", line=4, column="reach.minuts"))
    plan.toml, line 4, key reach.minuts: unknown key
    """

    what: str
    file: str = ""
    row: int | None = None
    column: str = ""
    advice: str = ""
    layer: str = field(default="", kw_only=True)
    feature: int | None = field(default=None, kw_only=True)
    line: int | None = field(default=None, kw_only=True)
    value: str | None = field(default=None, kw_only=True)

    def __str__(self) -> str:
        return self.tell()

    def tell(self, say: Callable[[str], str] = str) -> str:
        """Return it as one line, each part of which is said by `say`.

        Parameters
        ----------
        say
            Returns an English sentence, or what joins several, in the language of the reader.

        Returns
        -------
        str
            Where, what and advice.

        Examples
        --------
        >>> Fault("the file is empty", "a.csv", advice="write a table").tell(str.upper)
        'a.csv: THE FILE IS EMPTY; WRITE A TABLE'
        """
        parts = {
            "layer": self.layer or None,
            "row": self.row,
            "feature": self.feature,
            "line": self.line,
            "key" if self.file.endswith(_KEYED) else "column": self.column or None,
        }
        where = [self.file] if self.file else []
        where += [say(f"{name} {part}") for name, part in parts.items() if part is not None]
        what, advice = (say(shorten(one, _LONGEST)) for one in (self.what, self.advice))
        said = f"{shorten(say(', ').join(where), _LONGEST)}: {what}" if where else what
        said = f"{said}{say('; ')}{advice}" if advice else said
        return _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], said)

    def of_feature(self) -> Fault:
        """Return the same fault of a feature, where it was told of a row counted from 1.

        Returns
        -------
        Fault
            With `feature` in place of `row`; all else is the same.
        """
        return replace(self, row=None, feature=self.row)


def shorten(text: str, most: int) -> str:
    """Return text, cut where it is longer than so many letters.

    Examples
    --------
    >>> shorten("a" * 7, 5), shorten("a" * 5, 5)
    ('aaaaa…', 'aaaaa')
    """
    return text if len(text) <= most else f"{text[:most]}…"


class BoxreachError(Exception):
    """Base of every error that boxreach raises on purpose."""

    def tell(self, say: Callable[[str], str] = str) -> str:
        """Return the message, its sentences said by `say`, as `Fault.tell` does.

        Parameters
        ----------
        say
            As for `Fault.tell`.

        Returns
        -------
        str
            The message, of one or several lines.
        """
        return say(str(self))


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
        return self.tell()

    def tell(self, say: Callable[[str], str] = str) -> str:
        """Return all faults as one message, some of each file, their sentences said by `say`.

        Parameters
        ----------
        say
            As for `Fault.tell`.

        Returns
        -------
        str
            The message, of one or several lines.
        """
        return list_faults(self.faults, per_file=_SHOWN_PER_FILE, say=say)


def list_faults(
    faults: Sequence[Fault], *, per_file: int = 1_000, say: Callable[[str], str] = str
) -> str:
    """Return faults as one message, those of each file together.

    Parameters
    ----------
    faults
        What is wrong.
    per_file
        How many of a file are told; of the others how many there are.
    say
        As for `Fault.tell`.

    Examples
    --------
    >>> print(list_faults([Fault("blank", "a.csv", 2), Fault("blank", "a.csv", 3)], per_file=1))
    2 faults:
      a.csv, row 2: blank
      a.csv: and 1 more
    """
    if len(faults) == 1:
        return faults[0].tell(say)
    by_file: dict[str, list[Fault]] = {}
    for fault in faults:
        by_file.setdefault(fault.file, []).append(fault)
    lines = [say(f"{len(faults)} faults:")]
    for file, found in by_file.items():
        lines += [f"  {fault.tell(say)}" for fault in found[:per_file]]
        more = len(found) - per_file
        lines += [f"  {Fault(f'and {more} more', file).tell(say)}"] if more > 0 else []
    return "\n".join(lines)


class CRSError(InputError):
    """A layer has no coordinate reference system, or one that cannot be used."""


class RoutingError(BoxreachError):
    """Travel times cannot be computed from what was given."""


class InfeasibleError(BoxreachError):
    """No placement keeps all the rules; the message names those that conflict."""


class WorkersError(BoxreachError):
    """Worker processes are gone, or cannot do what they are asked."""


class DataWarning(UserWarning):
    """Something in the data was repaired or assumed.

    Raised of a `Fault` it tells where; of a text it tells no more than that. As text it is one
    line, as a `Fault` is.

    Examples
    --------
    >>> DataWarning(Fault("2 areas were repaired", "areas.gpkg")).fault.file
    'areas.gpkg'
    >>> str(DataWarning("2 areas were repaired").fault)
    '2 areas were repaired'
    """

    def __init__(self, what: Fault | str) -> None:
        self.fault = what if isinstance(what, Fault) else Fault(str(what))
        super().__init__(what if isinstance(what, Fault) else str(self.fault))


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

    def __len__(self) -> int:
        """Return how many faults were kept."""
        return sum(len(error.faults) for error in self._errors)

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
