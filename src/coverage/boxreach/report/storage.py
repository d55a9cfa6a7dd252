"""A report kept as JSON and read back as it was; nothing in the file is run.

The file is an envelope of three keys, ``format``, ``version`` and ``report``; in the last every
value of `PlacementReport` has the name that it has in Python. Rows stand one a line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from jinja2 import TemplateError
from pydantic import BaseModel, ConfigDict, ValidationError
from shapely.errors import GEOSException

from boxreach.accessibility import REASONS
from boxreach.errors import Fault, InputError
from boxreach.report.compared import COUNTED, DIRECTIONS
from boxreach.report.placement_report import PlacementReport
from boxreach.report.plans import DIGITS
from boxreach.report.what_if import CHANGED, KINDS, STAYED, STEPS, WhatIf

REPORT_JSON = "report.json"
VERSION = 3
"""Of the format: another one where a value is added, or means something else. 1 had no
`PlacementReport.what_if`, 2 no `PlacementReport.compared`; both are read."""
MOST_BYTES = 256 * 2**20
"""What is larger is not read: 5,000 communities and 200 sheets are some 3 MB."""

_FORMAT = "boxreach report"
_ADVICE = "give the report.json that boxreach wrote"
_OPEN_DEPTH = 3
"""Down to here each value has a line of its own; what lies deeper shares one."""
_WHOLE = 2**53
_STATUSES = ("optimal", "feasible")
_MEASURES = ("people", "km", "weighted", "minutes", "sites", "asked")
_LONE = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
"""Halves of characters, which no file in UTF-8 can hold."""


class _Envelope(BaseModel):
    """What the file holds. What it says of types holds of all values in the report, too."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, defer_build=True)
    format: Literal["boxreach report"]
    version: Literal[1, 2, 3]
    report: PlacementReport


def dump_report(report: PlacementReport) -> bytes:
    r"""Return a report as JSON in UTF-8, the same bytes for the same report.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    bytes
        What `load_report` reads. Text stays as it is, but for halves of characters, for which
        U+FFFD stands.

    Raises
    ------
    InputError
        If a number in it is not finite, which no report that was prepared holds.

    Examples
    --------
    >>> from boxreach.report.details import Details
    >>> from boxreach.report.model import Cover, GapSum, GapTable, Record
    >>> nobody, none = GapSum(0, 0, 0), Cover(0, 0, None)
    >>> gaps = GapTable(30.0, none, none, (), nobody, (), nobody, "community", ())
    >>> report = PlacementReport(None, None, gaps, None, None, None, None, Details(), Record())
    >>> data = dump_report(report)
    >>> data[:45]
    b'{\n "format": "boxreach report",\n "version": 3'
    >>> load_report(data) == report
    True
    """
    plain = {"format": _FORMAT, "version": VERSION, "report": _plain(report)}
    return "".join([*_lines(plain, -1), "\n"]).translate(_LONE).encode()


def load_report(data: bytes, *, file: str = REPORT_JSON) -> PlacementReport:
    """Return the report that `dump_report` kept.

    Parameters
    ----------
    data
        The bytes of the file.
    file
        What messages call it.

    Raises
    ------
    InputError
        If it is damaged, of another format or version, larger than 256 MiB, or holds a value that
        no report has. Which value, the message says.

    Examples
    --------
    >>> load_report(b"{}", file="out/report.json")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    boxreach.errors.InputError: out/report.json: it is no report of this version (format: ...
    """
    if len(data) > MOST_BYTES:
        what = f"it has {len(data):,} bytes, more than the {MOST_BYTES:,} of any report"
        raise InputError(Fault(what, file, advice=_ADVICE))
    try:
        report = _envelope().model_validate_json(data).report
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        what = f"it is no report of this version ({where}: {first['msg'].lower()})"
        raise InputError(Fault(what, file, advice=_ADVICE)) from error
    for what, codes, known in _codes(report):
        for one in codes:
            if one not in known:
                raise InputError(Fault(f"no report has the {what} {one!r}", file, advice=_ADVICE))
    if any(part is not None and not part.steps for part in (report.plan, report.posts)):
        raise InputError(Fault("a plan in it has no steps", file, advice=_ADVICE))
    return report


@contextmanager
def refusing_forgery(file: str) -> Iterator[None]:
    """Say that a report is none of ours where its parts do not fit each other.

    Each value of a report that was read is of the right kind, but whoever wrote the file may have
    left out a row here that one there counts on. What is found in writing it again is a fault of
    the file, not of who writes.

    Raises
    ------
    InputError
        In place of what the body raises over values.

    Examples
    --------
    >>> with refusing_forgery("report.json"):  # doctest: +ELLIPSIS
    ...     ()[0]
    Traceback (most recent call last):
    boxreach.errors.InputError: report.json: its parts do not fit together (IndexError: tuple ...
    """
    try:
        yield
    except InputError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, TemplateError,
            GEOSException) as error:  # fmt: skip
        what = f"its parts do not fit together ({type(error).__name__}: {str(error)[:80]})"
        raise InputError(Fault(what, file, advice=_ADVICE)) from error


def _codes(report: PlacementReport) -> Iterator[tuple[str, list[str], Collection[str]]]:
    """Yield what is said in words of the catalogue, and for which codes there are some."""
    parts = [one for one in (report.plan, report.posts) if one is not None]
    gaps = report.gaps
    reasons = [] if gaps is None else [one.reason for one in gaps.rows]
    reasons += [] if gaps is None else [reason for reason, _ in gaps.reasons]
    reasons += [one.reason for one in report.ground.places]
    reasons += [one.reason for one in report.ground.line]
    reasons += [row.reason for sheet in report.sheets for row in sheet.missed]
    yield "reason", reasons, {*REASONS, "UNSEEN", ""}
    if report.details.fifths is not None:
        fifths = [str(one.quintile) for one in report.details.fifths.rows]
        yield "fifth", fifths, ("1", "2", "3", "4", "5")
    yield "unit", [one.unit for one in parts], DIGITS
    yield "status", [one.status for part in parts for one in part.proofs], _STATUSES
    yield "measure", [one.asked.measure for one in parts], _MEASURES
    yield "kind of sheet", [one.kind for one in report.sheets], ("box", "post")
    if report.what_if is not None:
        yield from _what_if_codes(report.what_if)
    if report.compared is not None:
        yield "direction", [report.compared.direction], DIRECTIONS
        yield "count", [report.compared.counted], COUNTED


def _what_if_codes(told: WhatIf) -> Iterator[tuple[str, list[str], Collection[str]]]:
    units = [told.unit, told.rounds_unit, *([told.critical.unit] if told.critical else [])]
    yield "unit", units, DIGITS
    places = (*told.places, *told.round_places)
    yield "change of a place", [one.change for one in told.places], CHANGED
    yield "change of a place", [one.change for one in told.round_places], (*CHANGED, STAYED)
    yield "step", [one.because for one in places], ("", *STEPS)
    yield "step", [one.step for one in told.steps], STEPS
    boxes = (*told.boxes, *told.round_boxes)
    yield "change of a box", [one.change for one in boxes], ("lost", "new", "same")
    yield "kind of road", [one.kind for one in told.roads], KINDS
    yield "kind of loss", [one.what for one in told.lost], ("road", "site")


@cache
def _envelope() -> type[_Envelope]:
    # Its checks are made when a report is first read: they take a while.
    _Envelope.model_rebuild()
    return _Envelope


def _plain(value: Any) -> Any:
    """Return what JSON has for a value: rows as objects, whole numbers without a fraction."""
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return _number(value)
    return value


def _number(value: float) -> float:
    if not math.isfinite(value):
        raise InputError(Fault(f"a number of the report is {value}", advice="leave it out"))
    # Minus nought is written otherwise than nought, and is kept.
    whole = value.is_integer() and abs(value) < _WHOLE and not (value == 0 and str(value)[0] == "-")
    return int(value) if whole else float(value)


def _lines(value: Any, depth: int) -> Iterator[str]:
    """Write a value: the report, its parts and their rows on lines of their own."""
    if depth >= _OPEN_DEPTH or not value or not isinstance(value, dict | list):
        yield json.dumps(value, ensure_ascii=False, allow_nan=False)
        return
    named = isinstance(value, dict)
    indent = "\n" + " " * (depth + 2)
    yield "{" if named else "["
    for at, one in enumerate(value):
        yield f"{',' if at else ''}{indent}"
        if named:
            yield f"{json.dumps(one, ensure_ascii=False)}: "
        yield from _lines(value[one] if named else one, depth + 1)
    yield f"{indent[:-1]}{'}' if named else ']'}"
