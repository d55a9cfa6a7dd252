"""An estimate that was kept, told again by other constants: what it was told from is the same."""

from __future__ import annotations

from typing import Any, Final

from boxreach.cli.estimate_text import describe_estimate
from boxreach.costs import (
    Constants,
    Estimate,
    Limits,
    Machine,
    Measured,
    OnDisk,
    Pace,
    PairCost,
    Sampled,
    Sizes,
    WhatIfCost,
    Work,
    estimate,
)
from boxreach.costs.model import LESS_NEAR
from boxreach.costs.work import NONE

Figures = dict[str, Any]

_SAMPLED: Final = ("places", "people", "options", "catchments")
_WORK: Final = ("linking", "ordering", "walking", "found")


def tell(kept: Figures, constants: Constants) -> Figures:
    """Return an estimate as it is written, with what the fit of constants asks of it.

    Parameters
    ----------
    kept
        What ``foresee`` gave.
    constants
        Those to tell it by.
    """
    found = _tell(kept, constants)
    proposing = next(one for one in found.steps if one.name == "proposing")
    linking, options = found.sizes.people.linking, found.sizes.options
    catchments, what_if = found.sizes.catchments, found.sizes.what_if
    searched = NONE
    if options is not None:
        searched = options.linking + options.ordering + options.walking
    return describe_estimate(found, constants) | {
        "taken_s": kept["taken_s"],
        "base_mb": found.sizes.base_mb,
        "proposal_s": proposing.work.cpu_s - linking.cpu_s * LESS_NEAR,
        "gaps_s": found.sizes.gap_linking().cpu_s + found.sizes.gap_walking().cpu_s,
        "offered_s": searched.cpu_s,
        "what_if_s": 0.0 if what_if is None else what_if.work.cpu_s,
        "what_if_mb": 0.0 if what_if is None else what_if.memory_mb,
        "catchments_s": 0.0 if catchments is None else catchments.work.cpu_s,
        "ordering_s": 0.0 if options is None else options.ordering.cpu_s,
        "walking_s": 0.0 if options is None else options.walking.cpu_s,
    }


def _tell(kept: Figures, constants: Constants) -> Estimate:
    found = kept["found"]
    steps = {one["name"]: one for one in found["steps"]}
    measured = [
        Measured(name, Work(**one["work"]), one["memory_mb"])
        for name, one in steps.items()
        if one["how"] == "measured"
    ]
    further = {
        f"{key}_s": steps.get(name, {}).get("further_s", 0.0)
        for key, name in (("boxes", "proposing"), ("curve", "curve"), ("posts", "posts"))
    }
    pace = Pace(kept["kernels_s"] / constants.kernels_s, kept["words_s"] / constants.words_s)
    machine = Machine(**{**found["machine"], "pace": pace})
    pair = constants.pair.at(pace.kernels)
    kept_on = found.get("on_disk")
    return estimate(
        _read_sizes(found["sizes"], pair), measured, Limits(**further), machine, constants,
        workers=found["workers"],
        unknown=[one["name"] for one in found["steps"] if one["how"] == "not known"],
        on_disk=None if kept_on is None else OnDisk(**kept_on),
    )  # fmt: skip


def _read_sizes(sizes: Figures, pair: PairCost) -> Sizes:
    read = dict(sizes)
    for name in _SAMPLED:
        if read.get(name) is not None:
            work = {key: Work(**read[name][key]) for key in _WORK}
            work["found"] = pair.work(read[name]["pairs"])
            read[name] = Sampled(**{**read[name], **work})
    if (asked := read.get("what_if")) is not None:
        read["what_if"] = WhatIfCost(**{**asked, "work": Work(**asked["work"])})
    return Sizes(**read)
