"""Every check of a plan: made by ``boxreach check``, and by each command before it computes."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from boxreach.cli.inputs import read_inputs
from boxreach.cli.plan import Plan, mend_plan
from boxreach.cli.plan_checks import plan_faults
from boxreach.cli.plan_section import NotKnownError
from boxreach.cli.plan_tables import Stage, Tables
from boxreach.cli.row_order import sort_tables
from boxreach.errors import DataWarning, Fault, FaultCollector, shorten

_MOST_PER_FILE = 10_000
"""Of so many faults of a file each is written as JSON; who mends these sees the next."""
_LONGEST, _LONGEST_VALUE = 2_000, 200
"""How many letters of what a fault says, and of the value that it tells, are written as JSON."""


@dataclass
class Heard:
    """What was repaired or assumed, each thing once.

    Attributes
    ----------
    texts
        As messages.
    faults
        The same, with where it was.
    """

    texts: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@contextmanager
def hear() -> Iterator[Heard]:
    """Collect what the body repairs or assumes, instead of printing it at once."""
    heard = Heard()

    def listen(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        if not isinstance(message, DataWarning):
            show(message, category, *rest, **more)
        elif (said := str(message.fault)) not in heard.texts:
            heard.texts.append(said)
            heard.faults.append(message.fault)

    with warnings.catch_warnings():
        show = warnings.showwarning
        warnings.simplefilter("always", DataWarning)
        warnings.showwarning = listen
        yield heard


def check_plan(
    path: Path,
    overrides: Sequence[tuple[str, object]],
    choose: Callable[[Plan], Sequence[Stage]],
) -> tuple[Plan, Tables]:
    """Read a plan and every input of it to the end, and hold the one against the others.

    Parameters
    ----------
    path, overrides
        As for `read_plan`.
    choose
        Tells what is to be computed of the plan.

    Returns
    -------
    tuple
        The plan and its tables, whose order that of their files does not decide.

    Raises
    ------
    InputError
        With every fault: those of one file or section hide none of another. Only where the text
        of the plan is no TOML nothing else can be looked at.
    """
    faults = FaultCollector()
    mended = mend_plan(path, overrides=overrides)
    plan = mended.plan
    faults.add(mended.faults)
    tables = read_inputs(plan, faults, unknown=mended.unknown)
    stages = choose(plan)
    for place in mended.unknown:
        plan.forget(*place)
    faults.add(plan_faults(plan, tables, stages))
    if len(faults):
        # What only the network shows is told too, where it can be built of what is left.
        from boxreach.cli.pipeline import network_of  # noqa: PLC0415 - large, and seldom needed

        with suppress(NotKnownError), faults.attempt():
            network_of(plan, tables)
    faults.raise_any()
    return plan, sort_tables(tables)


def describe_check(
    faults: Sequence[Fault], warned: Sequence[Fault], *, strict: bool
) -> dict[str, object]:
    """Return what a check found as it is written as JSON.

    Parameters
    ----------
    faults
        What is wrong.
    warned
        What was repaired or assumed.
    strict
        Whether that is wrong too.
    """
    counts: Counter[str] = Counter()
    told = []
    for one in faults:
        counts[one.file] += 1
        if counts[one.file] <= _MOST_PER_FILE:
            told.append(_record(one))
    untold = {file: n - _MOST_PER_FILE for file, n in counts.items() if n > _MOST_PER_FILE}
    return {
        "ok": not faults and not (strict and warned),
        "faults": told,
        "warnings": [_record(one) for one in warned],
        **({"untold": untold} if untold else {}),
    }


def _record(fault: Fault) -> dict[str, object]:
    """Return a fault by its parts, null where there is none, and the beginning of what is long."""
    said = {name: part if part != "" else None for name, part in asdict(fault).items()}
    return {
        name: shorten(part, _LONGEST_VALUE if name == "value" else _LONGEST)
        if isinstance(part, str)
        else part
        for name, part in said.items()
    }
