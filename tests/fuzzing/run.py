"""Fuzz the readers: ``python tests/fuzzing/run.py --minutes 60 [reader ...]``.

Each reader is fed by a child process of its own (`child`), under atheris, for so many minutes of
the processor. What is found lies in a folder by reader: inputs that crashed it with their
traceback, inputs that hung it or filled the memory, and the corpus, which the next run begins with.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNTER = "count.bin"
SPENT = "spent.txt"
"""Seconds of the processor that all children of an hour took."""
LONGEST_S = 10
"""An input that takes longer has hung."""
ROUND_S = 600
"""Longest life of a child, so that what a library leaks is given back."""

_DEADS = 20
"""Children of one reader that may die of hangs, memory or signals before it is given up."""

NAMES = (
    "csv", "geojson", "areas", "gpkg", "parquet", "population", "terrain", "pbf", "osm", "plan",
    "closures", "frontier", "network", "evidence", "report",
)  # fmt: skip


def run_child(name, home, seconds):
    """Run one child to its end; return its exit code and the seconds of the processor it took."""
    command = [sys.executable, "-m", "tests.fuzzing.child", name, str(home), str(seconds)]
    with (home / "log.txt").open("ab") as log:
        child = subprocess.Popen(command, cwd=home, env=environment(), stdout=log, stderr=log)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, used.ru_utime + used.ru_stime


_AGAIN = """
import sys, time
from pathlib import Path
from tests.fuzzing import readers
reader = readers.READERS[sys.argv[1]]
ready, inner = Path(sys.argv[3]) / "ready", Path(sys.argv[3]) / "inner"
for folder in (ready, inner):
    folder.mkdir()
made, begun = reader.prepare(ready), time.process_time()
try:
    readers.call(reader, Path(sys.argv[2]).read_bytes(), inner, made)
finally:
    sys.exit(int(time.process_time() - begun > float(sys.argv[4])))
"""


def forget_waits(name, home):
    """Forget inputs that hung by the clock alone, as on a machine that is busy with other things.

    libFuzzer counts seconds of the clock. An input that is read alone, in as many seconds of the
    processor, has not hung.
    """
    for found in [*home.glob("timeout-*")]:
        with tempfile.TemporaryDirectory() as work:
            given = [name, str(found), work, str(LONGEST_S)]
            with suppress(subprocess.TimeoutExpired):
                done = subprocess.run(
                    [sys.executable, "-c", _AGAIN, *given], cwd=ROOT, env=environment(),
                    capture_output=True, check=False, timeout=60 + 20 * LONGEST_S,
                )  # fmt: skip
                if done.returncode == 0:
                    found.unlink()


def environment():
    """Return the environment in which the readers are found."""
    paths = [str(ROOT), str(ROOT / "src" / "coverage"), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def fuzz(name, minutes, home, *, goes_on=False):
    """Fuzz one reader for some minutes of the processor; return what to tell of it."""
    for folder in ("corpus", "crashes", "work"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    if not (goes_on and (home / SPENT).exists()):
        (home / COUNTER).write_bytes(bytes(8))
        (home / SPENT).write_text("0")
    before = len(_list_found(home))
    used, deaths, ends = float((home / SPENT).read_text()), 0, time.monotonic() + 240 * minutes
    while (left := 60 * minutes - used) > 0 and deaths < _DEADS and time.monotonic() < ends:
        code, took = run_child(name, home, max(1, round(min(left, ROUND_S))))
        dead = len(_list_found(home))
        forget_waits(name, home)
        waited = dead - len(_list_found(home))
        used, deaths = used + took, deaths + (bool(code) and not waited)
        (home / SPENT).write_text(str(used))
    count = int.from_bytes((home / COUNTER).read_bytes(), "little")
    lines = [int(one) for one in re.findall(rb" cov: (\d+) ", (home / "log.txt").read_bytes())]
    found = len(_list_found(home))
    crashes = len([*(home / "crashes").glob("*.txt")])
    others = max(0, deaths - (found - before))
    return used, count, max(lines, default=0), crashes, found, others


def _list_found(home):
    """Return the inputs on which children died, in this run and in those before it."""
    return [one for one in home.iterdir() if one.name.startswith(("crash-", "timeout-", "oom-"))]


def main():
    """Fuzz the readers that are named, all if none is, and tell what was found of each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="of the processor, a reader")
    parser.add_argument(
        "--out", type=Path, default=Path(tempfile.gettempdir()) / "boxreach-fuzzing"
    )
    parser.add_argument(
        "--go-on", action="store_true", help="count the minutes of a run that was broken off"
    )
    parser.add_argument("reader", nargs="*", choices=[*NAMES, []], help="all, if none is named")
    given = parser.parse_args()
    try:
        import atheris  # noqa: F401 - a library of this command alone
    except ImportError:
        sys.exit("atheris is not installed: python -m pip install atheris==3.0.0 (Linux)")
    sys.stdout.write("reader      CPU s  executions   code  crashes  hangs, memory  other deaths\n")
    wrong = 0
    for name in given.reader or NAMES:
        home = given.out.resolve() / name
        told = fuzz(name, given.minutes, home, goes_on=given.go_on)
        wrong += sum(told[3:])
        sys.stdout.write("{:<10}{:>7.0f}{:>12,}{:>7,}{:>9}{:>15}{:>14}\n".format(name, *told))
        sys.stdout.flush()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
