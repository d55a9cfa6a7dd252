"""What compiling kernels does to the process in which it happens."""

import gc

import pytest

from boxreach.compilation import COMPILED, compiled

pytestmark = pytest.mark.skipif(not COMPILED, reason="numba is not here: nothing is compiled")


def _compile_one():
    """Compile a kernel that calls another; tell whether rubbish was looked for meanwhile."""
    from numba.core import event

    seen = set()

    class Watch(event.Listener):
        def on_start(self, _pass):
            seen.add(gc.isenabled())

        def on_end(self, _pass):
            seen.add(gc.isenabled())

    @compiled
    def twice(number):
        return 2 * number

    @compiled
    def four_times(number):
        return twice(twice(number))

    watch = Watch()
    event.register("numba:run_pass", watch)
    try:
        assert four_times(3) == 12
    finally:
        event.unregister("numba:run_pass", watch)
    return seen


def test_rubbish_is_not_looked_for_while_kernels_are_compiled_and_is_again_after():
    assert gc.isenabled()
    assert _compile_one() == {False}
    assert gc.isenabled()


def test_who_looks_for_no_rubbish_is_not_made_to_by_a_kernel():
    gc.disable()
    try:
        _compile_one()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_kernel_that_cannot_be_compiled_leaves_the_search_for_rubbish_on():
    from numba.core.errors import TypingError

    @compiled
    def add(number):
        return number + "a text"

    with pytest.raises(TypingError):
        add(1)
    assert gc.isenabled()
