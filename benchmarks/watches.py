"""What functions of a program take where they are called: processor, clock and memory, by step."""

from __future__ import annotations

import functools
import importlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_PEAK = b"5"


@dataclass
class Taken:
    """What a step took.

    Attributes
    ----------
    calls
        How often it began.
    cpu_s, wall_s
        Seconds of the processor, on all its cores, and of the clock.
    alone_s
        Seconds of the processor of the thread that calls: the others share the rest.
    peak_mb
        The most memory that the process held meanwhile; 0 where the system does not tell.
    """

    calls: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    alone_s: float = 0.0
    peak_mb: float = 0.0


@dataclass
class Watch:
    """Adds up what is taken between one call and the next, for the step that is under way.

    Attributes
    ----------
    steps
        What each step took; a step that calls another does not count what that takes.
    kept
        What is kept of the results of each step.
    """

    steps: dict[str, Taken] = field(default_factory=dict)
    kept: dict[str, list[Any]] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=lambda: ["starting"])
    _cpu_s: float = 0.0
    _alone_s: float = 0.0
    _wall_s: float = field(default_factory=time.perf_counter)

    @contextmanager
    def over(
        self, named: Mapping[str, str], keep: Mapping[str, Callable[[Any], Any]] | None = None
    ) -> Iterator[None]:
        """Watch functions, each by the place where it is looked up, while the body runs.

        The name of a step may have ``{call}`` in it, the number of the call, and ``{caller}``, the
        step that is under way. Of the results of some functions what `keep` makes of them is kept.
        """
        kept = []
        for path, step in named.items():
            owner, name = _find(path)
            kept.append((owner, name, vars(owner)[name]))
            setattr(owner, name, self._watched(getattr(owner, name), step, (keep or {}).get(path)))
        try:
            yield
        finally:
            self.mark()
            for owner, name, function in kept:
                setattr(owner, name, function)

    def mark(self) -> None:
        """Count what was taken since the last mark for the step that is under way."""
        cpu_s, alone_s, wall_s = _cpu_s(), time.thread_time(), time.perf_counter()
        taken = self.steps.setdefault(self.under_way[-1], Taken())
        taken.cpu_s += cpu_s - self._cpu_s
        taken.wall_s += wall_s - self._wall_s
        taken.alone_s += alone_s - self._alone_s
        taken.peak_mb = max(taken.peak_mb, _take_peak_mb())
        self._cpu_s, self._alone_s, self._wall_s = cpu_s, alone_s, wall_s

    def _watched(
        self, function: Callable[..., Any], step: str, keep: Callable[[Any], Any] | None
    ) -> Callable[..., Any]:
        calls = 0

        @functools.wraps(function)
        def watched(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            self.mark()
            name = step.format(call=calls, caller=self.under_way[-1])
            self.under_way.append(name)
            self.steps.setdefault(name, Taken()).calls += 1
            try:
                result = function(*given, **named)
            finally:
                self.mark()
                self.under_way.pop()
            if keep is not None:
                self.kept.setdefault(name, []).append(keep(result))
            return result

        return watched


def _find(path: str) -> tuple[Any, str]:
    """Return the module or class in which a name is, and the name."""
    parts = path.split(".")
    for many in range(len(parts) - 1, 0, -1):
        try:
            owner = importlib.import_module(".".join(parts[:many]))
        except ModuleNotFoundError:
            continue
        for part in parts[many:-1]:
            owner = getattr(owner, part)
        return owner, parts[-1]
    raise ModuleNotFoundError(path)


def _cpu_s() -> float:
    """Return what this process and those that it has waited for took of the processor."""
    told = os.times()
    return told.user + told.system + told.children_user + told.children_system


def _take_peak_mb() -> float:
    """Return the most memory held since this was asked last."""
    if not _STATUS.exists():
        return 0.0
    [line] = [one for one in _STATUS.read_text().splitlines() if one.startswith("VmHWM")]
    _RESET.write_bytes(_PEAK)
    return int(line.split()[1]) * 1024 / 1e6
