"""Compiled kernels: numba where it is installed, plain Python where it is not."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

Function = TypeVar("Function", bound=Callable[..., object])
Array = TypeVar("Array", bound=npt.NDArray[Any])

_LOG = logging.getLogger("boxreach")

try:
    import numba
    from numba.core import event
except (ImportError, AttributeError):  # missing for a new Python, or broken by a foreign `coverage`
    COMPILED = False
else:
    COMPILED = True
# Whether kernels are machine code; if not, they give the same numbers, slowly.


def compiled(function: Function) -> Function:
    """Return `function` compiled, without the interpreter's lock and kept on disk.

    Its first call compiles it, which takes seconds and is said in the log; later processes load
    it. Sums of floats are not reordered, so compiled or not it gives the same numbers.

    Examples
    --------
    >>> @compiled
    ... def twice(number):
    ...     return 2 * number
    >>> twice(21)
    42
    """
    if not COMPILED:
        return function
    kept = Path(function.__code__.co_filename).is_file()
    # Nothing calls kernels from C, and a way in for it takes a sixth of what compiling takes.
    how: Any = {"nogil": True, "no_cfunc_wrapper": True}
    try:
        return cast("Function", numba.njit(cache=kept, **how)(function))
    except RuntimeError:  # there is no place that may be written to: it is compiled every time
        return cast("Function", numba.njit(**how)(function))


def lend(array: Array) -> Array:
    """Return an array as one that may only be read, without a copy.

    A kernel is compiled for each type of its arguments, and an array that may be written to is of
    another type than one that may not. What comes now from a file and now from a computation is
    lent, so that the kernel is compiled once.

    Examples
    --------
    >>> import numpy as np
    >>> lent = lend(np.arange(3))
    >>> lent.flags.writeable, lent.tolist()
    (False, [0, 1, 2])
    """
    lent = array.view()
    lent.flags.writeable = False
    return lent


def typed(number: int) -> int:
    """Return a number as what kernels count with: a bare one is of a type of its own for them.

    Examples
    --------
    >>> int(typed(1))
    1
    """
    return cast("int", np.int64(number))


if COMPILED:

    class _Compiling(event.Listener):
        """Says once that kernels are being compiled, so that nobody thinks it hangs.

        Meanwhile nobody looks for rubbish: it takes a tenth of the time and finds little.
        """

        said = False
        open = 0
        collects = False

        def on_start(self, one: event.Event) -> None:
            if not self.open:
                self.collects = gc.isenabled()
                gc.disable()
            self.open += 1
            kernel = one.data["dispatcher"].py_func
            if not self.said and kernel.__module__.startswith("boxreach."):
                self.said = True
                _LOG.warning(
                    "boxreach compiles its kernels on their first use (up to a minute);"
                    " later runs load them from disk"
                )

        def on_end(self, _one: event.Event) -> None:
            self.open -= 1
            if not self.open and self.collects:
                gc.enable()

    event.register("numba:compile", _Compiling())  # type: ignore[no-untyped-call]
