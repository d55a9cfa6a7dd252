"""What a run takes before it is run: seconds, memory and disk, on this machine and on workers."""

from boxreach.costs.constants import Constants, PairCost, load_constants
from boxreach.costs.machine import (
    Machine,
    Pace,
    find_memory_mb,
    forget_most,
    held_mb,
    this_machine,
)
from boxreach.costs.model import Estimate, Limits, Measured, OnDisk, Step, estimate
from boxreach.costs.sampling import Asked, Sampled, sample_times
from boxreach.costs.sizes import Sizes
from boxreach.costs.what_if import WhatIfCost
from boxreach.costs.work import Work, clock

__all__ = [
    "Asked",
    "Constants",
    "Estimate",
    "Limits",
    "Machine",
    "Measured",
    "OnDisk",
    "Pace",
    "PairCost",
    "Sampled",
    "Sizes",
    "Step",
    "WhatIfCost",
    "Work",
    "clock",
    "estimate",
    "find_memory_mb",
    "forget_most",
    "held_mb",
    "load_constants",
    "sample_times",
    "this_machine",
]
