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
    Pace,
    PairCost,
    Sampled,
    Sizes,
    Work,
    estimate,
)
from boxreach.costs.model import LESS_NEAR

Figures = dict[str, Any]

_SAMPLED: Final = ("places", "people", "options")
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
    return describe_estimate(found, constants) | {
        "taken_s": kept["taken_s"],
        "base_mb": found.sizes.base_mb,
        "proposal_s": proposing.work.cpu_s - linking.cpu_s * LESS_NEAR,
        "gaps_s": found.sizes.gap_linking().cpu_s + found.sizes.gap_walking().cpu_s,
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
    return estimate(
        _read_sizes(found["sizes"], pair), measured, Limits(**further), machine, constants,
        workers=found["workers"],
    )  # fmt: skip


def _read_sizes(sizes: Figures, pair: PairCost) -> Sizes:
    read = dict(sizes)
    for name in _SAMPLED:
        if read[name] is not None:
            work = {key: Work(**read[name][key]) for key in _WORK}
            work["found"] = pair.work(read[name]["pairs"])
            read[name] = Sampled(**{**read[name], **work})
    return Sizes(**read)
