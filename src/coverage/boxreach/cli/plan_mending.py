"""A plan with faults: all of them told, and the rest kept, so that its files can be read too.

A key that is nearly one that is known is taken for it. What will not do is left out; where a plan
must have it something stands in its place. Both are told as not known, so that nothing is concluded
from them.
"""

from __future__ import annotations

import copy
import difflib
import reprlib
from dataclasses import dataclass, replace
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from boxreach.cli.plan_file import Place, PlanFile
from boxreach.cli.plan_posts import MOVED
from boxreach.cli.plan_section import Section
from boxreach.cli.plan_values import ADVICE
from boxreach.errors import Fault
from boxreach.suggestions import suggest

Read = TypeVar("Read", bound=Section)

_NO_FILE: dict[str, Any] = {"file": ""}
_STAND_INS: dict[str, Any] = {
    "inputs": {},
    "boxes": _NO_FILE,
    "communities": _NO_FILE,
    "roads": _NO_FILE,
    "unit": "rows",
}
"""What stands in the place of keys that a plan must have."""


@dataclass(frozen=True)
class Mended(Generic[Read]):
    """A plan as far as it can be read.

    Attributes
    ----------
    plan
        The plan, with defaults for what is not known.
    written
        Its text, as it was mended.
    faults
        Everything that is wrong with it, from top to bottom.
    unknown
        The places of what is not known.
    """

    plan: Read
    written: PlanFile
    faults: tuple[Fault, ...]
    unknown: tuple[Place, ...]


def mend(written: PlanFile, model: type[Read]) -> Mended[Read]:
    """Read the values of a plan, and what is left of them where some will not do.

    Parameters
    ----------
    written
        The plan as it is written.
    model
        What it is to be.
    """
    mending = _Mending(written, model)
    while True:
        try:
            plan = model.model_validate(mending.values)
        except ValidationError as error:
            mending.mend(error.errors())
        else:
            break
    text = replace(written, values=mending.values, lines=mending.lines)
    faults = tuple(sorted(mending.faults, key=lambda fault: fault.line or 0))
    return Mended(plan, text, faults, tuple(mending.unknown))


class _Mending:
    """The values of a plan, which are mended until they can be read."""

    def __init__(self, written: PlanFile, model: type[Section]) -> None:
        self.values: dict[str, Any] = copy.deepcopy(dict(written.values))
        self.lines = dict(written.lines)
        self.faults: list[Fault] = [*written.faults]
        self.unknown: list[Place] = []
        self._written = written
        self._model = model
        self._renamed: list[Place] = []
        self._seen: set[Place] = set()

    def mend(self, errors: list[Any]) -> None:
        """Tell faults, and take what is faulty out of the values."""
        found = [(_place_of(error, self.values), error) for error in errors]
        left = [(place, error) for place, error in found if not self._rename(place, error)]
        self.faults += [
            self._fault(error, place)
            for place, error in found
            if self._tells(place, error["type"])
            and not (error["type"] == "missing" and place in self._renamed)
        ]
        self._seen.update(place for place, _ in found)
        for place, error in left:
            self._leave_out(error["type"], place)

    def _tells(self, place: Place, kind: str) -> bool:
        """Tell whether a fault is of the plan itself, and not of what was mended in it."""
        if not self._seen:
            return True
        # What a key was taken for may not have been meant, but a section that fits was.
        renamed = any(place[: len(one)] == one != place for one in self._renamed)
        # What holds others is looked at once these will do.
        holds = kind == "fault" and any(one[: len(place)] == place for one in self._seen)
        return place not in self._seen and (renamed or holds)

    def _fault(self, error: Any, place: Place) -> Fault:
        written = replace(self._written, lines=self.lines)
        kind, context = error["type"], error.get("ctx", {})
        value = None if kind == "missing" else reprlib.repr(error["input"])
        if kind == "fault":
            found = written.fault(context["what"], place, context["advice"])
        elif place in MOVED:
            what = "the key has another place now"
            found = written.fault(what, place, f"write it as {MOVED[place]}")
        elif kind == "extra_forbidden":
            advice = suggest(str(place[-1]), _known_keys(self._model, place))
            found = written.fault("unknown key", place, advice)
        else:
            advice = ADVICE[kind].format(**context) if kind in ADVICE else error["msg"]
            what = "the key is missing" if kind == "missing" else f"{value} will not do"
            found = written.fault(what, place, advice)
        return replace(found, value=value)

    def _rename(self, place: Place, error: Any) -> bool:
        """Take an unknown key for the one that it nearly is, and tell whether there is one."""
        if error["type"] != "extra_forbidden" or place in MOVED:
            return False
        section = _at(self.values, place[:-1])
        known = _known_keys(self._model, place)
        near = next(iter(difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.7)), None)
        if near is None or near in section:
            return False
        into = (*place[:-1], near)
        section[near] = section.pop(place[-1])
        depth = len(place)
        self.lines |= {
            (*into, *one[depth:]): line for one, line in self.lines.items() if one[:depth] == place
        }
        self._renamed.append(into)
        return True

    def _leave_out(self, kind: str, place: Place) -> None:
        held, _ = _split(self.values, place)
        if kind == "missing" and held == place:
            return  # Another key was taken for it meanwhile.
        self.unknown.append(place)
        if kind == "missing" and held == place[:-1] and place[-1] in _STAND_INS:
            _at(self.values, held)[place[-1]] = copy.deepcopy(_STAND_INS[str(place[-1])])
            return
        if kind == "missing" and held == place[:-1] and place[-1] == "name":
            _at(self.values, held)["name"] = f"? {held}"
            return
        if kind == "fault" and held == place and self._tell_apart(place):
            return
        while held and isinstance(held[-1], int):
            held = held[:-1]
        if held:
            self.unknown.append(held)
            _at(self.values, held[:-1]).pop(held[-1], None)

    def _tell_apart(self, place: Place) -> bool:
        """Give sections of one name names of their own, so that each can be looked at."""
        items = _at(self.values, place)
        named = isinstance(items, list) and all(isinstance(one, dict) for one in items)
        if not named or all(str(one.get("name", "?"))[:1] == "?" for one in items):
            return False
        for number, one in enumerate(items):
            one["name"] = f"? {number}"
            self.unknown.append((*place, number, "name"))
        return True


def _place_of(error: Any, values: Any) -> Place:
    """Return where a fault is, without the words for what a value might have been."""
    held, rest = _split(values, tuple(part for part in error["loc"] if part != "[key]"))
    missing = [one for one in rest[-1:] if str(one).isidentifier() and str(one).islower()]
    return (*held, *missing)


def _split(values: Any, place: Place) -> tuple[Place, Place]:
    """Return as much of a place as there is, and the rest of it."""
    held: Place = ()
    rest = place
    for at, part in enumerate(place, start=1):
        items = dict(enumerate(values)) if isinstance(values, list) else values
        # What a value might have been stands between its place and those within it.
        if isinstance(items, dict) and part in items:
            held, rest, values = (*held, part), place[at:], items[part]
    return held, rest


def _at(values: Any, place: Place) -> Any:
    for part in place:
        values = values[part]
    return values


def _known_keys(model: type[Section], place: Place) -> list[str]:
    """Return the keys that may stand where the last one of a place stands."""
    section: Any = model
    for part in place[:-1]:
        fields = getattr(section, "model_fields", {})
        # What is no section is a list or a table of them, whose last argument is the section.
        section = fields[part].annotation if part in fields else get_args(section)[-1]
        while get_origin(section) in {Annotated, Union, UnionType}:
            section = get_args(section)[0]
    return list(getattr(section, "model_fields", {}))
