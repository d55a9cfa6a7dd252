"""Mutants tried: the tests that reach a changed line are run on it, until one fails.

One process collects the tests once and forks for each mutant, so nothing is imported twice. The
child takes the changed code into its function, in place, and runs the tests, the quickest first.
Kernels are run by Python itself (`NUMBA_DISABLE_JIT`): they give the same numbers compiled or not,
and compiling each mutant anew would take minutes.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.mutants_made import Mutant, compile_mutant

TEST_S: Final = 5.0
"""A test that takes more seconds of the processor without compiled kernels is not used."""

MUTANT_S: Final = 30.0
"""Tests of so many seconds in all are run on a mutant: what they do not see has survived."""

_SLACK_S = 4
_MOST_BYTES = 6 << 30
_FAILED, _PASSED = 1, 0


@dataclass(frozen=True)
class Reached:
    """What a test reaches: seconds of the processor, and lines of files from the source root."""

    seconds: float
    lines: dict[str, list[int]]


class Tracer:
    """A plug-in of pytest that looks which lines each test reaches, and how long it takes.

    Attributes
    ----------
    root
        Where the package lies.
    rooms
        Folders of the package that are looked at.
    found
        What was found, by name of the test; None for tests that fail or take too long.
    """

    def __init__(self, root: Path, rooms: list[str], known: dict[str, Reached | None]) -> None:
        self.root, self.rooms, self.found = root, rooms, known

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Have hypothesis look for what fails only, neither for less of it nor for later."""
        quieten()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Look at every test in a process of its own."""
        for item in session.items:
            if item.nodeid not in self.found:
                self.found[item.nodeid] = self._look(item)
        return True

    def _look(self, item: pytest.Item) -> Reached | None:
        read, write = os.pipe()
        child = _fork(lambda: self._trace(item, write), read)
        os.close(write)
        with os.fdopen(read) as pipe:
            text = pipe.read()
        passed = _wait(child, 20 * TEST_S) == _PASSED
        return Reached(**json.loads(text)) if passed and text else None

    def _trace(self, item: pytest.Item, write: int) -> int:
        import coverage

        limit_cpu(2 * TEST_S)
        folders = [str(self.root / "boxreach" / room / "*") for room in self.rooms]
        tracer = coverage.Coverage(data_file=None, include=folders, config_file=False)
        tracer.set_option("run:disable_warnings", ["no-data-collected", "module-not-imported"])
        tracer.start()
        begun = time.process_time()
        status = run_item(item)
        seconds = time.process_time() - begun
        tracer.stop()
        data = tracer.get_data()
        lines = {
            str(Path(file).relative_to(self.root)): sorted(data.lines(file) or [])
            for file in data.measured_files()
        }
        with os.fdopen(write, "w") as pipe:
            json.dump({"seconds": round(seconds, 3), "lines": lines}, pipe)
        return status


class Trial:
    """A plug-in of pytest that tries mutants instead of running tests.

    Attributes
    ----------
    root
        Where the package lies.
    mutants
        What to try.
    reached
        What each test reaches, by its name.
    tell
        Called with each mutant and what became of it: the test that killed it, `time`, `crash`,
        or nothing where it survived; and the number of tests that reach it.
    go_on
        Asked before each mutant.
    """

    def __init__(
        self,
        root: Path,
        mutants: list[Mutant],
        reached: dict[str, Reached],
        tell: Callable[[Mutant, str, int], None],
        go_on: Callable[[], bool],
    ) -> None:
        self.root, self.mutants, self.reached = root, mutants, reached
        self.tell, self.go_on = tell, go_on

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Have hypothesis look for what fails only, neither for less of it nor for later."""
        quieten()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant in a process of its own."""
        items = {item.nodeid: item for item in session.items if item.nodeid in self.reached}
        for mutant in self.mutants:
            if not self.go_on():
                break
            tests = self._choose(mutant, items)
            self.tell(mutant, self._try(mutant, tests) if tests else "", len(tests))
        return True

    def _choose(self, mutant: Mutant, items: dict[str, pytest.Item]) -> list[pytest.Item]:
        """Return the tests that reach a mutant, the quickest first, up to a budget."""
        file = str(_path_of(mutant.module).relative_to(self.root))
        names = [
            name
            for name in items
            if mutant.line in self.reached[name].lines.get(file, ())
        ]  # fmt: skip
        chosen, left = [], MUTANT_S
        for name in sorted(names, key=lambda one: (self.reached[one].seconds, one)):
            left -= self.reached[name].seconds
            if left < 0:
                break
            chosen.append(items[name])
        return chosen

    def _try(self, mutant: Mutant, tests: list[pytest.Item]) -> str:
        read, write = os.pipe()
        child = _fork(lambda: self._run(mutant, tests, write), read)
        os.close(write)
        status = _wait(child, 10 * MUTANT_S)
        with os.fdopen(read) as pipe:
            failed = pipe.read()
        if failed or status == _PASSED:
            return failed
        return "time" if status in {-signal.SIGXCPU, -signal.SIGKILL} else "crash"

    def _run(self, mutant: Mutant, tests: list[pytest.Item], write: int) -> int:
        path = _path_of(mutant.module)
        code = compile_mutant(mutant, path.read_text(encoding="utf-8"), str(path))
        find_function(mutant.module, mutant.function).__code__ = code
        for item in tests:
            limit_cpu(3 * self.reached[item.nodeid].seconds + _SLACK_S)
            if run_item(item) == _FAILED:
                os.write(write, item.nodeid.encode())
                return _FAILED
        return _PASSED


def find_function(module: str, name: str) -> Any:
    """Return a function of a module or a method of a class, without what wraps it.

    Examples
    --------
    >>> find_function("fractions", "Fraction.limit_denominator").__name__
    'limit_denominator'
    """
    found: Any = import_module(module)
    for part in name.split("."):
        found = vars(found)[part]
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    elif isinstance(found, property):
        found = found.fget
    elif isinstance(found, functools.cached_property):
        found = found.func
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found


def quieten() -> None:
    """Have hypothesis look for what fails only, neither for less of it nor for later."""
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", deadline=None, phases=phases, database=None)
    settings.load_profile("mutants")


def run_item(item: pytest.Item) -> int:
    """Run a test with all that it needs, and return whether it failed."""
    failed = []

    class Watch:
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            failed.append(report.failed)

    watch = Watch()
    item.config.pluginmanager.register(watch)
    try:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    finally:
        item.config.pluginmanager.unregister(watch)
    return _FAILED if any(failed) or not failed else _PASSED


def limit_cpu(seconds: float) -> None:
    """Have this process ended after so many more seconds of the processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _path_of(module: str) -> Path:
    return Path(str(import_module(module).__file__))


def _fork(work: Callable[[], int], unused: int) -> int:
    """Start work in a process of its own, which says nothing; return its id."""
    child = os.fork()
    if child:
        return child
    status = _FAILED
    with contextlib.suppress(BaseException):
        os.close(unused)
        os.setpgid(0, 0)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, resource.RLIM_INFINITY))
        status = work()
    os._exit(status)


def _wait(child: int, most_s: float) -> int:
    """Wait for a process, end it and its own after so many seconds, and return how it ended."""
    try:
        for _ in _tick(most_s):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
    except KeyboardInterrupt:
        os.killpg(child, signal.SIGKILL)
        raise
    os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _tick(most_s: float) -> Iterator[None]:
    """Yield every now and then, for so many seconds."""
    until = time.monotonic() + most_s
    while time.monotonic() < until:
        yield
        time.sleep(0.01)


def run_pytest(plugin: object, tests: list[str], folder: Path) -> None:
    """Collect tests and hand them to a plug-in."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    told = ["-q", "-s", "-p", "no:cacheprovider", f"--basetemp={folder}", "--hypothesis-seed=1"]
    status = pytest.main([*told, *tests], plugins=[plugin])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        sys.exit(f"the tests could not be collected: {status}")
