"""What the arrays of a saved network must be, whoever wrote the files.

Compiled kernels follow the numbers in them without looking: one that points past the end of an
array would read, or write, memory that is somebody else's. So every number that points anywhere is
looked at once, before a network is made of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from boxreach.network.graph import Parameters
from boxreach.network.legs import LONGEST_MS, UNITS_PER_DEGREE

Arrays = Mapping[str, npt.NDArray[Any]]

_INT, _FLOAT = "int32", "float64"
_ROUND = 180 * UNITS_PER_DEGREE
_ALL = math.inf


class _Column(NamedTuple):
    """What an array holds: numbers of a kind within limits, so many of them, in so many columns.

    `rows` and `below` name a count: ``edges``, ``nodes``. Where an array `ends` at a count it rises
    to it from 0, as what says where runs of another array begin.
    """

    kind: str
    rows: str
    lowest: float = 0
    highest: float = _ALL
    below: str = ""
    columns: int = 0
    ends: str = ""


_MS, _MAYBE_MS = (_Column(_INT, "{}", lowest, LONGEST_MS) for lowest in (0, -1))


def _of(rows: str, like: _Column) -> _Column:
    return like._replace(rows=rows)


_EDGES = {
    "edges.lon": _Column(_INT, "nodes", -_ROUND, _ROUND),
    "edges.lat": _Column(_INT, "nodes", -_ROUND / 2, _ROUND / 2),
    "edges.tail": _Column(_INT, "edges", below="nodes"),
    "edges.head": _Column(_INT, "edges", below="nodes"),
    "edges.forward_ms": _of("edges", _MAYBE_MS),
    "edges.backward_ms": _of("edges", _MAYBE_MS),
    "edges.length_m": _Column("float32", "edges"),
    "edges.pace": _Column(_FLOAT, "paces", columns=2),
    "edges.bend_first": _Column(_INT, "edges + 1", ends="bends"),
    "edges.bend_lon": _Column(_INT, "bends", -_ROUND, _ROUND),
    "edges.bend_lat": _Column(_INT, "bends", -_ROUND / 2, _ROUND / 2),
}
_CHAINS = {
    "chains.first": _Column(_INT, "chains + 1", ends="edges"),
    "chains.tail": _Column(_INT, "chains", below="junctions"),
    "chains.head": _Column(_INT, "chains", below="junctions"),
    "chains.forward_ms": _of("chains", _MAYBE_MS),
    "chains.backward_ms": _of("chains", _MAYBE_MS),
    "chains.chain": _Column(_INT, "edges", below="chains"),
    "chains.along": _Column("bool", "edges"),
    "chains.before_ms": _of("edges", _MS),
    "chains.behind_ms": _of("edges", _MS),
    "chains.junction": _Column(_INT, "nodes", -1, below="junctions"),
    "chains.node": _Column(_INT, "junctions", below="nodes"),
    "chains.begins": _Column(_INT, "nodes", -1, below="edges"),
    "chains.out_first": _Column(_INT, "junctions + 1", ends="arcs out"),
    "chains.out_arcs": _Column(_INT, "arcs out", highest=LONGEST_MS, columns=2),
    "chains.in_first": _Column(_INT, "junctions + 1", ends="arcs in"),
    "chains.in_arcs": _Column(_INT, "arcs in", highest=LONGEST_MS, columns=2),
}
_OTHERS = {
    "bridges.metres": _Column(_FLOAT, "bridges"),
    "bridges.lines": _Column(_FLOAT, "bridge ends", -180, 180, columns=2),
    "obstacles.segments": _Column(_FLOAT, "segments", -540, 540, columns=4),
}
_STRETCHES = {
    "stretches.edge": _Column("int64", "stretches", below="lifted edges"),
    "stretches.start": _Column(_FLOAT, "stretches", highest=1),
    "stretches.end": _Column(_FLOAT, "stretches", highest=1),
    "stretches.slowed": _Column(_FLOAT, "stretches"),
    "stretches.piece": _Column("int64", "stretches", below="edges"),
}


def array_faults(arrays: Arrays, *, lifted: bool) -> dict[str, str]:
    """Return what is wrong with which array of a saved network.

    Parameters
    ----------
    arrays
        By their names on disk.
    lifted
        Whether the network has closures, and so holds itself without them too.

    Examples
    --------
    >>> array_faults({}, lifted=False)["edges.tail"]
    'it is missing'
    """
    main = _counts(arrays, "")
    faults = _faults(arrays, "", main)
    if lifted:
        within = _counts(arrays, "lifted.")
        faults |= _faults(arrays, "lifted.", within)
        main["lifted edges"] = within["edges"]
        faults |= _listed(arrays, _STRETCHES, "", main)
    return faults


def parameter_fault(value: object) -> str:
    """Return what is wrong with the parameters of a saved network, blank if nothing is.

    Examples
    --------
    >>> parameter_fault({"off_road_km": "5"})
    'it has no speeds_kmh'
    """
    if not isinstance(value, dict):
        return "it has no parameters"
    kinds: dict[str, tuple[type, ...]] = {
        "dict": (dict,),
        "bool": (bool,),
        "str": (str, type(None)),
    }
    for name, told in Parameters.__annotations__.items():
        kind = getattr(told, "__forward_arg__", str(told)).partition("[")[0].partition(" ")[0]
        if name not in value:
            return f"it has no {name}"
        one = value[name]
        fine = isinstance(one, kinds[kind]) if kind in kinds else _is_amount(one)
        if name.endswith("_kmh") and isinstance(one, dict):
            fine = all(map(_is_amount, one.values()))
        if not fine:
            return f"its {name} is {str(one)[:40]!r}"
    return "" if value["off_road_kmh"] > 0 else "its off_road_kmh is 0"


def _is_amount(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= 2**53  # type: ignore[operator]


def _counts(arrays: Arrays, prefix: str) -> dict[str, int]:
    def rows(name: str, less: int = 0) -> int:
        one = arrays.get(f"{prefix}{name}")
        return len(one) - less if one is not None and one.ndim else 0

    edges, bends, paces = rows("edges.tail"), rows("edges.bend_lon"), rows("edges.pace")
    return {
        "nodes": rows("edges.lon"), "edges": edges, "bends": bends,
        # A pace an edge, or a leg, or none.
        "paces": paces if paces in (0, edges, bends + edges) else edges,
        "chains": rows("chains.tail"), "junctions": rows("chains.node"),
        "arcs out": rows("chains.out_arcs"), "arcs in": rows("chains.in_arcs"),
        "bridges": rows("bridges.metres"), "bridge ends": 2 * rows("bridges.metres"),
        "segments": rows("obstacles.segments"), "stretches": rows("stretches.edge"),
    }  # fmt: skip


def _faults(arrays: Arrays, prefix: str, counts: dict[str, int]) -> dict[str, str]:
    faults = _listed(arrays, _EDGES | _CHAINS | _OTHERS, prefix, counts)
    for name in ("chains.out_arcs", "chains.in_arcs"):
        full = f"{prefix}{name}"
        if full not in faults and counts["junctions"] <= arrays[full][:, 0].max(initial=-1):
            faults[full] = f"it points past its {counts['junctions']:,} junctions"
    for name, one in arrays.items():
        known = name.startswith((f"{prefix}text.", f"{prefix}number."))
        if known and (one.shape != (counts["edges"],) or one.dtype.kind not in "iufb"):
            faults[name] = f"it is of shape {one.shape}, and there are {counts['edges']:,} edges"
    if not counts["edges"]:
        faults.setdefault(f"{prefix}edges.tail", "it is empty")
    return faults


def _listed(
    arrays: Arrays, columns: Mapping[str, _Column], prefix: str, counts: dict[str, int]
) -> dict[str, str]:
    found = {
        f"{prefix}{name}": next(_told(arrays, f"{prefix}{name}", column, counts), "")
        for name, column in columns.items()
    }
    return {name: what for name, what in found.items() if what}


def _told(arrays: Arrays, name: str, column: _Column, counts: dict[str, int]) -> Iterator[str]:
    """Yield what is wrong with an array, the first of which is enough."""
    one = arrays.get(name)
    if one is None:
        yield "it is missing"
        return
    what, _, more = column.rows.partition(" + ")
    rows = counts[what] + int(more or 0)
    shape = (rows, column.columns) if column.columns else (rows,)
    if one.dtype != np.dtype(column.kind) or one.shape != shape:
        yield f"it holds {one.dtype} of shape {one.shape}, not {column.kind} of {shape}"
        return
    if not len(one):
        return
    highest = counts[column.below] - 1 if column.below else column.highest
    if column.ends:
        highest = counts[column.ends]
        if one[0] != 0 or one[-1] != highest or (np.diff(one) < 0).any():
            yield f"it does not rise from 0 to {highest:,}"
    low, high = one.min(), one.max()
    if not (column.lowest <= low and high <= highest and np.isfinite(high)):
        yield f"it goes from {low:g} to {high:g}, not from {column.lowest:g} to {highest:g}"
