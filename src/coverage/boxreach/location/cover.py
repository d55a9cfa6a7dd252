"""Maximal covering: the plan with the most weight, and an answer that is checked before it is believed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError, Fault, InputError
from boxreach.location.cover_sets import merge_demand
from boxreach.location.models import Solution, Status
from boxreach.location.rules import Rules
from boxreach.location.search import Problem, Search, count_least

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
