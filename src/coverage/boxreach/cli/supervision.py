"""The command line in a process of its own, which another one ends in time when it is stopped.

Python hears of Ctrl-C between two of its own steps. One step may take minutes: a kernel on many
threads, a large file that GDAL reads, a text of a hundred megabytes. So the work is done by a
process that may be killed, and what it leaves is cleared away by the one that waits for it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

import click

from boxreach.cli import main as work
from boxreach.cli.speech import find_language, say, speak, translate
from boxreach.unfinished import BEGUN, WRITTEN

_GRACE_S = 0.6
"""So long the work has to end by itself when it is stopped."""

_ASKED = {getattr(signal, one) for one in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, one)}
"""The signals of Ctrl-C, of who asks a process to end, and of a terminal that is closed."""

_DIE_WITH_PARENT, _ADOPT = 1, 36
"""Of prctl: PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER."""

_STOPPED = 130
"""The exit code of a command that was stopped, as shells have it."""


def main() -> None:
    """Run the command line; it ends within a second of Ctrl-C, with exit code 130."""
    if not hasattr(os, "fork"):
        work()
        return
    told, tell = os.pipe()
    # Signals wait until both processes know what to do with them.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED)
    parent, worker = os.getpid(), os.fork()
    if worker:
        os.close(tell)
        sys.exit(_wait(worker, told))
    os.close(told)
    _become_worker(parent, tell)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED)
    try:
        work()
    except SystemExit as end:
        if end.code == _STOPPED:  # said and cleared up: Python would take its time to end
            os._exit(_STOPPED)
        raise


def _become_worker(parent: int, tell: int) -> None:
    """Hear only what the waiting process passes on, end with it, and tell it of folders."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        import ctypes  # noqa: PLC0415 - only here

        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event in {BEGUN, WRITTEN}:
            os.write(tell, f"{event}\t{arguments[0]}\0".encode(errors="surrogateescape"))

    sys.addaudithook(hear)


def _wait(worker: int, told: int) -> int:
    """Wait for the worker, pass on what asks it to end, kill it if it does not; its exit code."""
    stopped = False
    _adopt_orphans()

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            os.kill(worker, signal.SIGTERM)
            signal.setitimer(signal.ITIMER_REAL, _GRACE_S)

    def kill(_number: int, _frame: FrameType | None) -> None:
        os.kill(worker, signal.SIGKILL)

    for one in _ASKED:
        if signal.getsignal(one) != signal.SIG_IGN:  # as nohup wants it
            signal.signal(one, stop)
    signal.signal(signal.SIGALRM, kill)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED)
    _, status = os.waitpid(worker, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    for one in _ASKED:  # all that is left takes a moment
        signal.signal(one, signal.SIG_IGN)
    code = os.waitstatus_to_exitcode(status)
    if code >= 0 and not stopped:
        return code
    _end_orphans()
    written = _clear_up(told)
    return code if code >= 0 else _say_end(-code, written=written, stopped=stopped)


def _adopt_orphans() -> None:
    """Have processes that the worker leaves behind become those of this one, where that can be."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only here

        ctypes.CDLL(None).prctl(_ADOPT, 1)


def _end_orphans() -> None:
    """End what a stopped worker had begun and left: it would write on for a moment."""
    told = Path(f"/proc/self/task/{os.getpid()}/children")
    while told.exists() and (orphans := [int(one) for one in told.read_text().split()]):
        for one in orphans:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        for one in orphans:
            with suppress(ChildProcessError):
                os.waitpid(one, 0)


def _clear_up(told: int) -> bool:
    """Remove the folders that a worker left unfinished; return whether it had written outputs."""
    with os.fdopen(told, "rb") as stream:
        events = [one.split("\t", 1) for one in os.fsdecode(stream.read()).split("\0")[:-1]]
    for event, folder in events:
        if event == BEGUN:
            shutil.rmtree(folder, ignore_errors=True)
    return any(event == WRITTEN for event, _ in events)


def _say_end(number: int, *, written: bool, stopped: bool) -> int:
    """Say how a worker ended that was killed, and return the exit code."""
    speak(find_language(sys.argv[1:]))  # it was the worker that read the options
    what = say("outputs_written" if written else "nothing_written")
    if stopped:
        click.echo(f"boxreach: {say('stopped')}{translate('; ')}{what}", err=True)
        return _STOPPED
    key = "ended_for_memory" if number == signal.SIGKILL else "ended"
    ended = say(key, name=signal.Signals(number).name)
    click.echo(f"boxreach: {ended}{translate('; ')}{what}", err=True)
    return 128 + number
