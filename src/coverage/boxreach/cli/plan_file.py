"""The text of ``plan.toml``: what it holds, what overrides it, and where each key stands."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from boxreach.cli.input_files import require_regular
from boxreach.errors import Fault, InputError

Place: TypeAlias = tuple[str | int, ...]
"""The keys that lead to a value, items of lists by number: ``("propose", "quotas", 0)``."""

_TOKEN = re.compile(
    r'''("""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}|"(?:\\.|[^"\\])*"|'[^']*')'''  # text
    r"|#[^\n]*|[ \t\r]+"  # comments and spaces, which are not captured
    r"|(\n|[\[\]{},=.]|[^\s\[\]{},=.\"'#]+)",
    re.DOTALL,
)
_MOST_DEEP = 20
_Tokens: TypeAlias = deque[tuple[str, int]]


@dataclass(frozen=True)
class PlanFile:
    """A plan as it is written.

    Attributes
    ----------
    name
        Of the file.
    values
        What it holds, overrides in their places.
    lines
        The line on which each key, section and item of a list begins.
    overridden
        The keys that were given in place of those of the file.
    faults
        What is wrong with those that have no place.
    """

    name: str
    values: Mapping[str, Any]
    lines: Mapping[Place, int]
    overridden: tuple[Place, ...] = ()
    faults: tuple[Fault, ...] = ()

    def fault(self, what: str, place: Place, advice: str) -> Fault:
        """Return a fault of the value at a place: on its line, or of the override."""
        key = ".".join(part for part in place if isinstance(part, str))
        if self._is_overridden(place):
            return Fault(what, "--set", column=key, advice=advice)
        depths = range(len(place), 0, -1)
        line = next((self.lines[place[:n]] for n in depths if place[:n] in self.lines), None)
        return Fault(what, self.name, column=key, advice=advice, line=line)

    def _is_overridden(self, place: Place) -> bool:
        return any(
            place[: len(key)] == key or (key[: len(place)] == place and place not in self.lines)
            for key in self.overridden
        )


def read_plan_file(path: Path, overrides: Sequence[tuple[str, object]]) -> PlanFile:
    """Read the text of a plan and put overrides, by dotted keys, in their places."""
    require_regular(path)
    text = _decode(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        what = f"it is not TOML ({error})"
        raise InputError(Fault(what, path.name, advice="mend the line", line=line)) from error
    except RecursionError:
        what = "it is not TOML (its brackets lie too deep in each other)"
        raise InputError(Fault(what, path.name, advice="close the brackets")) from None
    faults = tuple(fault for key, value in overrides for fault in _override(values, key, value))
    if deep := _list_deep(values):
        what = f"its tables and lists lie more than {_MOST_DEEP} deep in each other"
        advice = "take it out: no key of a plan lies so deep"
        raise InputError(*(Fault(what, path.name, column=key, advice=advice) for key in deep))
    values = {key: one if key == "inputs" else _composed(one) for key, one in values.items()}
    overridden = tuple(tuple(key.split(".")) for key, _ in overrides)
    return PlanFile(path.name, values, key_lines(text), overridden, faults)


def _composed(value: Any) -> Any:
    """Return texts with letters and marks as one sign, as the readers of tables return ids."""
    if isinstance(value, dict):
        return {key: _composed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_composed(one) for one in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _list_deep(values: dict[str, Any]) -> list[str]:
    """Return the first keys beneath which lies more than can be walked by functions."""
    level: list[tuple[str, object]] = list(values.items())
    for _ in range(_MOST_DEEP):
        level = [
            (key, inner)
            for key, one in level
            for inner in (
                one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            )
        ]
    return list(dict.fromkeys(key for key, _ in level))


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        what = f"it cannot be read ({error.strerror})"
        raise InputError(Fault(what, path.name, advice="check the file")) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = "it is not TOML (the line is not UTF-8)"
        raise InputError(Fault(what, path.name, advice="save it as UTF-8", line=line)) from error


def _override(values: dict[str, Any], key: str, value: object) -> list[Fault]:
    """Put a value in its place, and return the fault if there can be none."""
    *sections, name = key.split(".")
    table: Any = values
    for depth, part in enumerate(sections):
        inner = table.setdefault(part, {})
        if isinstance(inner, str) and sections[:depth] == ["inputs"]:
            inner = table[part] = {"file": inner}  # boxes = "a.csv" is short for this
        if not isinstance(inner, dict):
            what = f"{'.'.join(sections[: depth + 1])} is no section of the plan"
            return [Fault(what, "--set", None, key, "give the whole value instead")]
        table = inner
    table[name] = value
    return []


def key_lines(text: str) -> dict[Place, int]:
    r"""Return the line on which each key, section and item of a list begins.

    Parameters
    ----------
    text
        Good TOML.

    Examples
    --------
    >>> key_lines("[a]\nb = [\n  1,\n  {c = 2},\n]\n")
    {('a',): 1, ('a', 'b'): 2, ('a', 'b', 0): 3, ('a', 'b', 1): 4, ('a', 'b', 1, 'c'): 4}
    """
    lines: dict[Place, int] = {}
    tokens = _split(text)
    section: Place = ()
    tables: Counter[Place] = Counter()
    while tokens:
        piece, line = tokens[0]
        if piece == "[":
            section = _read_header(tokens, tables)
            _record(lines, section, line)
        elif piece == "\n":
            tokens.popleft()
        else:
            _walk_pair(tokens, section, lines)
    return lines


def _split(text: str) -> _Tokens:
    tokens: _Tokens = deque()
    line = 1
    for found in _TOKEN.finditer(text):
        if piece := found[1] or found[2]:
            tokens.append((piece, line))
        line += found[0].count("\n")
    return tokens


def _read_header(tokens: _Tokens, tables: Counter[Place]) -> Place:
    """Return the section that a header opens; ``[[a]]`` opens the next item of the list a."""
    listed = tokens[1][0] == "["
    keys = _read_key(tokens, "]")
    if listed:
        tokens.popleft()
        tables[_in_last_items(keys, tables)] += 1
    section = _in_last_items(keys, tables)
    return (*section, tables[section] - 1) if listed else section


def _in_last_items(keys: Place, tables: Counter[Place]) -> Place:
    place: Place = ()
    for key in keys:
        inside = (*place, tables[place] - 1) if tables[place] else place
        place = (*inside, key)
    return place


def _record(lines: dict[Place, int], place: Place, line: int) -> None:
    for depth in range(1, len(place) + 1):
        lines.setdefault(place[:depth], line)


def _read_key(tokens: _Tokens, end: str) -> Place:
    parts = []
    while (piece := tokens.popleft()[0]) != end:
        if piece not in {"[", "."}:
            quoted = piece[0] in "\"'"
            parts.append(tomllib.loads(f"key = {piece}")["key"] if quoted else piece)
    return tuple(parts)


def _walk_pair(tokens: _Tokens, section: Place, lines: dict[Place, int]) -> None:
    line = tokens[0][1]
    place = (*section, *_read_key(tokens, "="))
    _record(lines, place, line)
    _walk_value(tokens, place, lines)


def _walk_value(tokens: _Tokens, place: Place, lines: dict[Place, int]) -> None:
    opening = tokens[0][0]
    closing = {"[": "]", "{": "}"}.get(opening)
    if closing is None:
        while tokens and tokens[0][0] not in {",", "]", "}", "\n"}:
            tokens.popleft()
        return
    tokens.popleft()
    number = 0
    while (piece := tokens[0][0]) != closing:
        if piece in {",", "\n"}:
            tokens.popleft()
        elif opening == "{":
            _walk_pair(tokens, place, lines)
        else:
            _record(lines, (*place, number), tokens[0][1])
            _walk_value(tokens, (*place, number), lines)
            number += 1
    tokens.popleft()
