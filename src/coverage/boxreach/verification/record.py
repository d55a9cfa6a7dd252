"""Whether the record of a run is as it was written: its inputs, parameters, versions, warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boxreach.verification.evidence import Evidence
from boxreach.verification.files import RUN
from boxreach.verification.ledger import Ledger

_OUTPUTS = "outputs"
"""The hashes of all files, that of the evidence too, which so cannot hold them."""


def check_record(record: Mapping[str, Any], evidence: Evidence, ledger: Ledger) -> None:
    """Note everything of a record that is not as the run kept it.

    Parameters
    ----------
    record, evidence, ledger
        The ``run.json`` of the run, what it kept, and where to note.
    """
    kept = evidence.facts.get("record")
    if kept is None:
        ledger.notes.append(f"{RUN}: the run kept nothing to compare it with")
        return
    found, right = _values(record), _values(kept)
    for name in sorted({*found, *right}):
        ledger.count("values of the record")
        if name not in right or found.get(name) != right[name] or name not in found:
            ledger.say(RUN, "", name, found.get(name, "nothing"), right.get(name, "nothing"))


def _values(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record says by dotted names, but for its outputs."""
    values: dict[str, Any] = {}
    for name, said in record.items():
        if name == "inputs":
            values |= {f"{name}.{one['name']}": one for one in said}
        elif isinstance(said, Mapping) and name != _OUTPUTS:
            values |= {f"{name}.{key}": one for key, one in said.items()}
        elif name != _OUTPUTS:
            values[name] = said
    return values
