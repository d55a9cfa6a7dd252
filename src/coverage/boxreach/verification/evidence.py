"""The evidence of a run: what it was computed on, and what it found for each row, in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxreach.errors import Fault, InputError
from boxreach.verification.archive import DAMAGE, read_arrays

Arrays = Mapping[str, npt.NDArray[Any]]

EVIDENCE = "evidence.npz"
"""The one file of a run that holds positions, people and roads; a run can be given without it."""

UNITS_PER_DEGREE = 10_000_000
NEVER = -1
"""Stands for milliseconds where there is no way, and for a site where there is none."""

REASONS = ("", "TOO_FAR", "OFF_ROAD", "ISOLATED", "CLOSED", "UNSEEN")

_FORMAT = 1
_MOST_MINUTES = 1_440
_TEXT = "text."
_FACTS = "facts"
_ADVICE = "run the plan again"


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a run can be recomputed from.

    Attributes
    ----------
    arrays
        By name: ``network.*``, ``ground.*``, and for each table its columns, like
        ``communities.lon``.
    texts
        Lists of text by name: ids and what areas they are counted to.
    facts
        What else was set, as JSON has it: speeds, direction, thresholds.
    """

    arrays: Arrays
    texts: Mapping[str, list[str]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def under(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays whose names begin with a name and a dot, without it.

        Examples
        --------
        >>> Evidence({"ground.kmh": np.array([5.0]), "cells.lon": np.array([44])}).under("ground")
        {'kmh': array([5.])}
        """
        start = f"{name}."
        return {
            key.removeprefix(start): one
            for key, one in self.arrays.items()
            if key.startswith(start)
        }

    def places(self, name: str) -> npt.NDArray[np.float64]:
        """Return the positions of a table in degrees, a row each."""
        units = [self.arrays[f"{name}.{axis}"] for axis in ("lon", "lat")]
        return np.column_stack(units) / UNITS_PER_DEGREE

    def ids(self, name: str) -> npt.NDArray[np.object_]:
        """Return the ids of a table."""
        return np.array(self.texts[name], dtype=object)

    def has(self, name: str) -> bool:
        """Tell whether there is such a table."""
        return name in self.texts

    def save(self, path: Path) -> None:
        """Write everything into one compressed file, the same bytes for the same content."""
        texts = {f"{_TEXT}{name}": _packed(words) for name, words in self.texts.items()}
        facts = {_FACTS: _packed({"format": _FORMAT, **self.facts})}
        np.savez_compressed(path, allow_pickle=False, **self.arrays, **texts, **facts)


def load_evidence(path: Path) -> Evidence:
    """Read what `Evidence.save` wrote; raise `InputError` if it is not that."""
    try:
        arrays = read_arrays(path)
        texts = {
            name.removeprefix(_TEXT): json.loads(arrays.pop(name).tobytes())
            for name in [*arrays]
            if name.startswith(_TEXT)
        }
        facts = json.loads(arrays.pop(_FACTS).tobytes())
        known = facts.pop("format") == _FORMAT
        _require_a_day(facts.get("minutes", []))
    except DAMAGE as error:
        raise InputError(Fault("it is damaged", str(path), advice=_ADVICE)) from error
    if not known:
        raise InputError(Fault("another version wrote it", str(path), advice=_ADVICE))
    return Evidence(arrays, texts, facts)


def _require_a_day(minutes: list[float]) -> None:
    """Raise `ValueError` for thresholds that no plan has: curves have a row for each minute."""
    if not all(0 <= one <= _MOST_MINUTES for one in minutes):
        raise ValueError(minutes)


def _packed(value: object) -> npt.NDArray[np.uint8]:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return np.frombuffer(text.encode(), dtype=np.uint8)
