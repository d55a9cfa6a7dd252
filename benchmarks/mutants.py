"""Change boxreach in small ways, one at a time, and count how many changes the tests notice.

python -m benchmarks.mutants --rooms routing accessibility location --sample 300 --seed 1

mutmut 3 passes over every function with a decorator, and so over every kernel; hence our own. A
sample is drawn by seed from all mutants of a room, each as likely as any other, and the share that
is killed stands with its interval of 95 % (E. B. Wilson, "Probable inference, the law of
succession, and statistical inference", 1927). What was tried is kept in a folder and not tried
again unless its file has changed, or it survived and the tests, or what they share, have changed;
so a long run may be made of short ones.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import sys
import time
import tomllib
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.mutants_made import Mutant, list_mutants
from benchmarks.mutants_tried import Reached, Tracer, Trial, run_pytest

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = ROOT / "src" / "coverage"
EQUAL: Final = Path(__file__).with_name("mutants_equal.toml")
"""Mutants that no test can tell from what they change, each with its reason."""

TESTS: Final = {
    "routing": [
        "predecessors", "routing_details", "routes_details", "states_details", "times_details",
        "links_details",
    ],
    "accessibility": ["accessibility", "summaries", "accessibility_details", "accessibility_shown",
                      "display"],
    "location": [
        "location", "location_models", "saddle", "stages", "regions", "intervals", "robust_cover",
        "location_arguments", "location_bounds", "location_cases", "location_details",
        "location_exchanges", "location_lines", "location_medians", "location_rules",
        "location_searches", "location_sets", "location_stages", "location_swaps",
        "location_prices_more", "location_lines_more", "location_medians_more",
        "location_centers_more", "location_branching_more", "location_robust_more",
        "location_mixes_more", "location_phases_more", "location_criteria_more",
        "location_swaps_more", "location_exchanges_more", "location_covers_more",
        "location_turns", "location_search_steps", "location_search_parts",
        "location_set_cover_steps", "location_programs", "location_answers",
    ],
}  # fmt: skip
"""The test files of each room, without `test_`; the examples of its modules are run too."""

SHARED: Final = sorted(
    one for one in (ROOT / "tests").glob("*.py") if not one.name.startswith("test_")
)
"""What the tests of several files draw on."""


def main() -> None:
    """Run what the command line asks for."""
    asked = _read_arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for room in asked.rooms:
        mutants = draw_sample(list_room(room), asked.sample, asked.seed)
        reached = trace(room, asked.folder)
        tried = try_mutants(room, mutants, reached, asked.folder, asked.minutes)
        print(write_report(room, len(list_room(room)), tried, survivors=asked.survivors))


def list_room(room: str) -> list[Mutant]:
    """Return all mutants of a room."""
    files = sorted((SOURCES / "boxreach" / room).rglob("*.py"))
    return [
        mutant
        for file in files
        for mutant in list_mutants(_name_module(file), file.read_text(encoding="utf-8"))
    ]


def draw_sample(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """Draw mutants by seed, in an order of which every beginning is a sample too."""
    return random.Random(seed).sample(mutants, min(size, len(mutants)))


def trace(room: str, folder: Path) -> dict[str, Reached]:
    """Look which lines of a room its tests reach, or read what was found before.

    Tests that fail or take too long without compiled kernels are left out.
    """
    kept = folder / f"{room}-reached.json"
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    room_files = list((SOURCES / "boxreach" / room).rglob("*.py"))
    for path in list_tests(room):
        stamp = _stamp([*([path] if path.is_file() else []), *room_files])
        if known.get(str(path), {}).get("stamp") == stamp:
            continue
        _say(f"{room}: which lines {path.name} reaches ... ")
        begun = time.process_time()
        tracer = Tracer(SOURCES, [room], {})
        run_pytest(tracer, [str(path)], folder / "scratch")
        tests = {name: one and asdict(one) for name, one in tracer.found.items()}
        known[str(path)] = {"stamp": stamp, "tests": tests}
        kept.write_text(json.dumps(known), encoding="utf-8")
        unused = sum(one is None for one in tests.values())
        _say(f"{len(tests)} tests, {unused} not used ({time.process_time() - begun:.0f} s)\n")
    return {
        name: Reached(**one)
        for path in list_tests(room)
        for name, one in known[str(path)]["tests"].items()
        if one is not None
    }


def list_tests(room: str) -> list[Path]:
    """Return the files whose tests are run on mutants of a room; its own examples among them."""
    files = [file for name in TESTS[room] for file in (ROOT / "tests").rglob(f"test_{name}.py")]
    return [*files, SOURCES / "boxreach" / room]


def try_mutants(
    room: str, mutants: list[Mutant], reached: dict[str, Reached], folder: Path, minutes: float
) -> list[dict[str, Any]]:
    """Try mutants for so many minutes; return what became of them, now or before."""
    kept = folder / f"{room}-tried.jsonl"
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    tests_now = _stamp([*SHARED, *(file for file in list_tests(room) if file.is_file())])
    known = {
        (one["name"], one["stamp"]): one
        for one in map(json.loads, lines)
        if one["killer"] or one["tests_stamp"] == tests_now
    }
    stamps = {one.module: _stamp([_find_file(one.module)]) for one in mutants}
    keys = [(one.name, stamps[one.module]) for one in mutants]
    left = [one for one, key in zip(mutants, keys, strict=True) if key not in known]
    until = time.monotonic() + 60 * minutes

    def tell(mutant: Mutant, killer: str, tests: int) -> None:
        entry = {"name": mutant.name, "stamp": stamps[mutant.module], "line": mutant.line,
                 "killer": killer, "tests": tests, "tests_stamp": tests_now}  # fmt: skip
        known[mutant.name, entry["stamp"]] = entry
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        _say(f"{'killed' if killer else 'SURVIVED'} {mutant.line} {mutant.name}\n")

    def go_on() -> bool:
        return time.monotonic() < until

    if left and go_on():
        trial = Trial(SOURCES, left, reached, tell, go_on)
        run_pytest(trial, [str(one) for one in list_tests(room)], folder / "scratch")
    return [known[key] for key in keys if key in known]


def write_report(
    room: str, mutants: int, tried: list[dict[str, Any]], *, survivors: bool = False
) -> str:
    """Write the figures of a room, and which survived if asked."""
    equal = tomllib.loads(EQUAL.read_text(encoding="utf-8"))["equal"]
    reasons = {one["name"]: one["reason"] for one in equal}
    same = [one for one in tried if not one["killer"] and one["name"] in reasons]
    alive = [one for one in tried if not one["killer"] and one["name"] not in reasons]
    killed = len(tried) - len(same) - len(alive)
    low, high = wilson_interval(killed, killed + len(alive))
    with_all = wilson_interval(killed, len(tried))
    how = Counter({"time": "time", "crash": "crash"}.get(one["killer"], "test")
                  for one in tried if one["killer"])  # fmt: skip
    lines = [
        f"{room}: {len(tried)} of {mutants} mutants tried, {killed} killed"
        f" ({how['test']} by a test that failed, {how['time']} by time, {how['crash']} crashed),"
        f" {len(alive)} survived, {len(same)} equal",
        f"  killed of those that differ {_percent(killed, killed + len(alive))}"
        f" (95 %: {low:.1%} to {high:.1%});"
        f" of all {_percent(killed, len(tried))} ({with_all[0]:.1%} to {with_all[1]:.1%})",
    ]
    if survivors:
        lines += [f"  survived: {one['line']} {one['name']} [{one['tests']}]" for one in alive]
        lines += [f"  equal: {one['name']}: {reasons[one['name']]}" for one in same]
    return "\n".join(lines)


def wilson_interval(hits: int, tries: int) -> tuple[float, float]:
    """Return the interval of 95 % of a share.

    Examples
    --------
    >>> low, high = wilson_interval(90, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    if not tries:
        return 0.0, 1.0
    z, share = 1.959964, hits / tries
    middle = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z / (1 + z * z / tries) * math.sqrt(share * (1 - share) / tries + (z / tries / 2) ** 2)
    return middle - half, middle + half


def _percent(hits: int, tries: int) -> str:
    return f"{hits / tries:.1%}" if tries else "-"


def _name_module(file: Path) -> str:
    return ".".join(file.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")


def _find_file(module: str) -> Path:
    file = SOURCES / Path(*module.split("."))
    return file / "__init__.py" if file.is_dir() else file.with_suffix(".py")


def _stamp(files: list[Path]) -> str:
    """Return a short name of what files hold."""
    whole = hashlib.sha256()
    for file in sorted(files):
        whole.update(file.read_bytes())
    return whole.hexdigest()[:16]


def _say(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rooms", nargs="+", choices=list(TESTS), default=list(TESTS))
    parser.add_argument("--sample", type=int, default=300, help="mutants of each room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop a room after so many")
    parser.add_argument("--folder", type=Path, default=ROOT / ".mutants")
    parser.add_argument("--survivors", action="store_true", help="name those that survived")
    return parser.parse_args()


if __name__ == "__main__":
    main()
