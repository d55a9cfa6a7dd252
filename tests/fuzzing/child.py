"""One process that feeds one reader under atheris: started by `run`, with reader, home, seconds."""

import importlib
import mmap
import pkgutil
import resource
import sys
import traceback
from pathlib import Path

from tests.fuzzing.run import LONGEST_S

GIGABYTE_KB = 1024 * 1024
_SPARED_BYTES = 4 * 2**30


def import_readers():
    """Import the readers so that atheris sees which of our lines run.

    Kernels are left alone: what atheris makes of them, numba cannot compile.
    """
    import atheris

    import boxreach

    source = Path(boxreach.__file__).parent
    kernels = [
        ".".join(one.relative_to(source.parent).with_suffix("").parts)
        for one in source.rglob("*.py")
        if "boxreach.compilation" in one.read_text(encoding="utf-8")
    ]
    rooms = [f"boxreach.{one}" for one in ("sources", "network", "report", "verification")]
    with atheris.instrument_imports(include=["boxreach"], exclude=kernels):
        for room in rooms:
            # What is imported on first use is seen only if that is now.
            for found in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
                importlib.import_module(found.name)
        from tests.fuzzing import readers
    return atheris, readers


class Watch:
    """Calls a reader, counts, and keeps each new kind of crash with its input."""

    def __init__(self, readers, name, home):
        self._reader, self._call = readers.READERS[name], readers.call
        self._home = home
        with (home / "count.bin").open("r+b") as file:
            self._told = mmap.mmap(file.fileno(), 8)
        self._count = int.from_bytes(self._told[:], "little")
        self._ready = self._reader.prepare(self._work("ready"))
        self._inner = self._work("inner")
        self._seen = {one.stem for one in (home / "crashes").glob("*.txt")}
        self._most_kb = sys.maxsize

    def _work(self, name):
        folder = self._home / "work" / name
        folder.mkdir(exist_ok=True)
        return folder

    def warm(self):
        """Read the good file once, then hold what memory is used against what is used now."""
        for number, seed in enumerate(self._reader.seeds()):
            (self._home / "corpus" / f"seed-{number:04d}").write_bytes(seed)
        self._call(self._reader, self._reader.seeds()[0], self._inner, self._ready)
        used_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._most_kb = used_kb + GIGABYTE_KB
        # What asks for much more at once is refused it, so that the machine is spared.
        claimed = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (claimed + _SPARED_BYTES, resource.RLIM_INFINITY))
        return used_kb // 1024 + 1024

    def __call__(self, data):
        """Read one input."""
        self._count += 1
        self._told[:] = self._count.to_bytes(8, "little")
        try:
            self._call(self._reader, data, self._inner, self._ready)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__}-{Path(last.filename).stem}-{last.lineno}"
            self._keep(kind, data, traceback.format_exc())
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > self._most_kb:
            self._keep("memory", data, "more than a gigabyte")
            self._most_kb = sys.maxsize

    def _keep(self, kind, data, text):
        if kind not in self._seen:
            self._seen.add(kind)
            (self._home / "crashes" / f"{kind}.bin").write_bytes(data)
            (self._home / "crashes" / f"{kind}.txt").write_text(text, encoding="utf-8")


def main():
    """Feed a reader for some seconds."""
    name, home, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    atheris, readers = import_readers()
    watch = Watch(readers, name, home)
    most_mb = watch.warm()
    longest = max([one.stat().st_size for one in (home / "corpus").iterdir()], default=0)
    options = [
        f"-max_total_time={seconds}", f"-timeout={LONGEST_S}", f"-rss_limit_mb={most_mb}",
        f"-artifact_prefix={home}/", f"-max_len={min(max(4096, 2 * longest), 1 << 20)}",
        "-len_control=0",
        "-print_final_stats=1", str(home / "corpus"),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], watch)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
