"""Whatever stops a run: the earlier outputs or the new ones are there, whole, and nothing else.

A process computes a small plan once and forks children that write its outputs over earlier ones.
They are killed at chosen moments, or find no room on the disk. The command itself is stopped by
signals, as by Ctrl-C.
"""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import boxreach as br
from boxreach.exports import output_folder
from boxreach.exports.exchange import exchange
from boxreach.exports.folders import RUN_CONTENTS

pytestmark = pytest.mark.slow

_WRITER = '''
import json, os, random, resource, shutil, signal, sys, time
from pathlib import Path

from boxreach.cli.checking import check_plan
from boxreach.cli.outputs import write_outputs
from boxreach.cli.pipeline import compute
from boxreach.cli.reporting import Asked, report_run
from boxreach.exports.folders import RUN_CONTENTS, output_folder
from boxreach.report.pack import PACK

home, out, draw = Path(sys.argv[1]), Path(sys.argv[2]), random.Random(int(sys.argv[3]))
hows = [how for how, times in json.loads(sys.argv[4]).items() for _ in range(times)]

def write(posts):
    stages = ("reach", "propose", "posts")
    plan, tables = check_plan(home / "plan.toml", [("posts.posts", posts)], lambda _: stages)
    results = compute(plan, tables, stages, lambda *_: None)
    def run(path):
        with output_folder(path) as folder:
            write_outputs(folder, plan, tables, results, command="", warnings=())
    return run

def state_of(path):
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.exists() else []
    return {str(one.relative_to(path)): one.read_bytes() for one in files}

kept, contents = home / "kept", RUN_CONTENTS
if hows[0].startswith("pack"):
    asked = {"formats": ["html", "xlsx", "gpkg", "kmz", "csv", "geojson", "json"]}
    write(1)(home / "run")
    earlier = lambda path: report_run(home / "run", path, Asked(formats=["html", "kml"]))
    later = lambda path: report_run(home / "run", path, Asked(**asked))
    contents = PACK
else:
    earlier, later = write(0), write(1)
earlier(kept / "earlier")
later(kept / "later")
before, after = state_of(kept / "earlier"), state_of(kept / "later")
assert before.keys() != after.keys() or before != after

def fork(work):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.stderr = open(os.devnull, "w")
    try:
        work()
    except OSError as error:
        os._exit(error.errno)
    except BaseException:
        os._exit(255)
    os._exit(0)

def watched(last):
    """List what is asked of the file system; at a number of it the process kills itself."""
    seen = []
    def hear(event, _):
        if event.partition(".")[0] in {"open", "os", "shutil", "boxreach", "sqlite3", "tempfile"}:
            seen.append(event)
            if len(seen) == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hear)
    return seen

def count():
    shutil.copytree(kept / "earlier", out)
    seen = watched(-1)
    later(out)
    Path(home / "seen").write_text(json.dumps(seen))

def lay_out():
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(kept / "earlier", out)

def strike(seconds):
    """Kill a process that writes after so many seconds."""
    child = os.fork()
    if not child:
        later(out)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def limit():
    """Let files be no longer than some bytes: what is written after those is refused."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    longest = max(map(len, after.values()))
    resource.setrlimit(resource.RLIMIT_FSIZE, 2 * (int(draw.random() ** 2 * 0.9 * longest),))

def fill():
    """Leave some bytes of the disk free, fewer than what is to be written takes."""
    ballast = out.parent / "ballast"
    ballast.unlink(missing_ok=True)
    needed = sum(map(len, after.values()))
    disk = os.statvfs(out.parent)
    free = disk.f_bavail * disk.f_bsize - int(draw.random() * 0.9 * needed)
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(free, 1))

told = []
begin = time.perf_counter()
assert fork(count) == 0
took = time.perf_counter() - begin
seen = json.loads((home / "seen").read_text())
# Just before and after names change, the last changes first.
near = [at + more for at, one in enumerate(seen, 1) if one in {"os.rename", "boxreach.written"}
        for more in (0, 1)][::-1]
others = {one.name for one in out.parent.iterdir()} - {out.name}
for number, how in enumerate(hows):
    lay_out()
    if how.endswith("kill"):
        last = near[number // 2 % len(near)] if number % 2 else draw.randrange(1, len(seen) + 1)
        code = fork(lambda: (watched(last), later(out)))
    elif how.endswith("clock"):
        while (code := strike(draw.random() * took)) == 0:
            took *= 0.9  # It was done before: others leave the processor to it now.
            lay_out()
    elif how.endswith("long"):
        code = fork(lambda: (limit(), later(out)))
    else:
        fill()
        code = fork(lambda: later(out))
        (out.parent / "ballast").unlink()
    found = state_of(out)
    left = {one.name for one in out.parent.iterdir()} - others - {out.name}
    state = "earlier" if found == before else "later" if found == after else "half"
    with output_folder(out, contents) as folder:
        shutil.copytree(kept / "earlier", folder, dirs_exist_ok=True)
    again = {one.name for one in out.parent.iterdir()} - others - {out.name}
    told.append({"how": how, "code": code, "state": state, "left": len(left), "after": len(again),
                 "whole": state_of(out) == before})
print(json.dumps(told))
'''


def python(*arguments, **options):
    """Start Python with the boxreach of these tests."""
    source = Path(sys.modules["boxreach"].__file__).parents[1]
    path = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [*options.pop("before", ()), sys.executable, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


@pytest.fixture
def interrupt(plan, tmp_path):
    """Write outputs over earlier ones many times, each time disturbed; return how each ended."""

    def run(seed=0, before=(), **hows):
        room = tmp_path / "room"
        room.mkdir()
        # Somebody's own, under names that look like those of runs.
        for name in (".out-backup", ".out-12345678", ".out-12345678.unfinished.d"):
            (room / name).mkdir()
            (room / name / "reach.csv").write_text("mine")
        (room / ".out-abcdefgh.unfinished").mkdir()
        (room / ".out-abcdefgh.unfinished" / "notes.txt").write_text("mine")
        mine = {one: one.read_text() for one in room.rglob("*") if one.is_file()}
        home = room / "disk" if before else room
        home.mkdir(exist_ok=True)
        hows = {how.replace("_", "-"): times for how, times in hows.items()}
        asked = (plan.parent, home / "out", seed, json.dumps(hows))
        process = python("-c", _WRITER, *asked, before=map(str, before))
        said, message = process.communicate(timeout=3600)
        assert process.returncode == 0, message
        assert all(one.read_text() == text for one, text in mine.items())
        told = json.loads(said)
        assert len(told) == sum(hows.values())
        assert [one for one in told if one["state"] == "half" or one["after"]] == []
        assert all(one["whole"] for one in told)
        return told

    return run


# --- killed --------------------------------------------------------------------------------


def tell_killed(told):
    """Assert that runs were killed, some that left something, and print the figures."""
    killed = [one for one in told if one["code"] == -signal.SIGKILL]
    states = [one["state"] for one in killed]
    sys.stdout.write(
        f"{len(killed)} killed: {states.count('earlier')} left the earlier outputs,"
        f" {states.count('later')} the new ones, {states.count('half')} half ones;"
        f" {sum(bool(one['left']) for one in killed)} left a hidden folder, the next run none\n"
    )
    return killed


@pytest.mark.release
def test_a_run_that_is_killed_or_finds_no_room_leaves_whole_outputs(interrupt):
    """The earlier folder or the new one, byte for byte; the next run clears what was left."""
    told = interrupt(run_kill=4, run_long=1)
    killed = tell_killed(told)
    assert len(killed) == 4
    assert any(one["left"] for one in killed)
    refused = [one for one in told if one["how"] == "run-long"]
    assert [(one["state"], one["left"]) for one in refused] == [("earlier", 0)]


_EACH_MOMENT = """
import json, os, shutil, signal, sys
from pathlib import Path
from boxreach.exports import output_folder

out, told = Path(sys.argv[1]), []

def write(text, last):
    seen = [0]
    def hear(event, _):
        seen[0] += event.partition(".")[0] in {"open", "os", "shutil", "boxreach", "tempfile"}
        if seen[0] == last:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hear)
    with output_folder(out) as folder:
        for name in ("reach.csv", "gaps.csv", "run.json"):
            (folder / name).write_text(text)

code, last = -9, 0
while code == -9:
    last += 1
    child = os.fork()
    if not child:
        write(f"after {last}", last)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    told.append([one.read_text() for one in out.iterdir()] if out.exists() else [])
with output_folder(out) as folder:
    (folder / "run.json").write_text("again")
print(json.dumps([told, sorted(one.name for one in out.parent.iterdir())]))
"""


def test_killed_at_each_moment_a_writer_leaves_whole_outputs(tmp_path):
    """At each thing that it asks of the file system, before and after names change too."""
    write(tmp_path / "out", "before")
    (tmp_path / "out" / "gaps.csv").write_text("before")
    said, message = python("-c", _EACH_MOMENT, tmp_path / "out").communicate()
    assert message == ""
    states, left = json.loads(said)
    assert len(states) > 30
    assert [texts for texts in states if len(texts) != 3 or len(set(texts)) != 1] == []
    assert len({texts[0] for texts in states}) > 2
    assert left == ["out"]


@pytest.mark.heavy
@pytest.mark.parametrize("what", ["run", "pack"])
def test_200_runs_killed_at_random_moments_leave_whole_outputs(interrupt, what):
    """Runs and packs, by what they ask of the file system and by the clock."""
    killed = tell_killed(interrupt(seed=10, **{f"{what}_kill": 65, f"{what}_clock": 45}))
    assert len(killed) == 110
    assert {one["state"] for one in killed} == {"earlier", "later"}


# --- a full disk ---------------------------------------------------------------------------


_SMALL_DISK = 'mount -t tmpfs -o size=64m none "$0" && exec "$@"'


@pytest.mark.heavy
@pytest.mark.parametrize("what", ["run", "pack"])
def test_20_runs_on_a_full_disk_leave_the_earlier_outputs(interrupt, tmp_path, what):
    """A small file system of its own, of which a part of what is needed is free."""
    disk = tmp_path / "room" / "disk"
    alone = ("unshare", "--map-root-user", "--mount")
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no file system may be mounted here")
    told = interrupt(
        seed=10, before=(*alone, "sh", "-c", _SMALL_DISK, disk), **{f"{what}_full": 10}
    )
    assert {one["state"] for one in told} == {"earlier"}
    assert {one["code"] for one in told} <= {errno.ENOSPC, 255}
    assert [one for one in told if one["left"]] == []


# --- two at once, and systems without the one step -------------------------------------------


def write(path, text, then=lambda: None):
    """Write an output folder of two files that must be of one text."""
    with output_folder(path) as folder:
        (folder / "reach.csv").write_text(text)
        then()
        (folder / "run.json").write_text(text)


def read(path):
    """What is in a folder, by name."""
    return {one.name: one.read_text() for one in path.iterdir()}


def test_of_two_runs_into_one_folder_the_later_wins_whole(tmp_path):
    """Neither mixes with the other, nor clears away what the other still writes."""
    out = tmp_path / "out"
    write(out, "one", then=lambda: write(out, "two"))
    assert read(out) == {"reach.csv": "one", "run.json": "one"}
    write(out, "three", then=lambda: write(out, "four"))
    assert read(out) == {"reach.csv": "three", "run.json": "three"}
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


_MANY = """
import sys
from boxreach.exports import output_folder
for number in range(40):
    with output_folder(sys.argv[1]) as folder:
        for name in ("reach.csv", "gaps.csv", "run.json"):
            (folder / name).write_text(f"{sys.argv[2]} {number}")
"""


def look_into(path):
    """Read a folder's files, whatever its name is by now, as far as they are still there."""
    where = os.open(path, os.O_RDONLY)
    texts = []
    try:
        for name in ("reach.csv", "gaps.csv", "run.json"):
            with suppress(FileNotFoundError), os.fdopen(os.open(name, 0, dir_fd=where)) as stream:
                texts.append(stream.read())
    finally:
        os.close(where)
    return texts


def test_what_another_run_clears_away_meanwhile_is_nobodys(tmp_path, monkeypatch):
    """Between listing a folder and looking at its files."""
    (tmp_path / "reach.csv").write_text("earlier")
    monkeypatch.setattr("pathlib.Path.is_file", lambda one: one.unlink())
    assert RUN_CONTENTS.foreign(tmp_path) == []


@pytest.mark.release
def test_many_writers_at_once_leave_a_folder_of_one_of_them(tmp_path):
    """Whoever looks at any time finds three files of one writer."""
    write(tmp_path / "out", "0 0")
    (tmp_path / "out" / "gaps.csv").write_text("0 0")
    writers = [python("-c", _MANY, tmp_path / "out", name) for name in "ab"]
    looked = 0
    while any(one.poll() is None for one in writers):
        texts = look_into(tmp_path / "out")
        assert len(set(texts)) <= 1
        looked += len(texts) == 3
        time.sleep(0.001)
    assert [one.communicate()[1] for one in writers] == ["", ""]
    assert looked > 10
    assert len(set(read(tmp_path / "out").values())) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.fixture
def without_one_step(monkeypatch):
    """A system that cannot let two folders change places in one step."""
    monkeypatch.setattr("boxreach.exports.folders.exchange", lambda *_: False)


def test_without_the_one_step_outputs_are_replaced_too(tmp_path, without_one_step):
    """As on file systems of other kinds."""
    write(tmp_path / "out", "one")
    write(tmp_path / "out", "two")
    assert read(tmp_path / "out") == {"reach.csv": "two", "run.json": "two"}
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("steps", [1, 2])
def test_outputs_that_lie_aside_are_put_back_by_the_next_run(tmp_path, without_one_step, steps):
    """Killed between two of three steps: the next run, even one that fails, finds the earlier."""
    out = tmp_path / "out"
    write(out, "one")
    unfinished = tmp_path / ".out-abcd1234.unfinished"
    shutil.copytree(out, unfinished)
    (unfinished / "run.json").write_text("two")
    out.rename(tmp_path / ".out-abcd1234.unfinished.earlier")
    if steps == 2:
        unfinished.rename(out)
    with pytest.raises(ZeroDivisionError):
        write(out, "three", then=lambda: 1 // 0)
    assert read(out)["run.json"] == ("one" if steps == 1 else "two")
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_what_came_in_the_last_moment_is_kept(tmp_path, monkeypatch):
    """A file that somebody puts there just before the folders change places."""
    out = tmp_path / "out"
    write(out, "one")

    def come_between(one, other):
        if not (one / "mine.txt").exists():
            (other / "mine.txt").write_text("mine")
        return exchange(one, other)

    monkeypatch.setattr("boxreach.exports.folders.exchange", come_between)
    with pytest.raises(br.InputError, match=r"/out: the folder holds .*mine\.txt"):
        write(out, "two")
    assert read(out) == {"reach.csv": "one", "run.json": "one", "mine.txt": "mine"}
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_what_a_run_writes_besides_can_be_replaced(plan, cli, tmp_path):
    """Tables of scenarios are files of a run too: a second run is not refused for them."""
    text = '[[scenario]]\nname = "night"\ncondition = "night"\n'
    plan.write_text(plan.read_text("utf-8") + text, encoding="utf-8")
    code, _, message = cli("what-if", plan, "-o", tmp_path / "out")
    assert code == 0, message
    assert (tmp_path / "out" / "scenarios.csv").is_file()
    assert RUN_CONTENTS.foreign(tmp_path / "out") == []


# --- stopped -------------------------------------------------------------------------------

_STUCK = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

def hold():
    sum(range(10**12))  # one step of Python's own, as reading a file is: it hears of no signal

def share():
    with ThreadPoolExecutor(2) as pool:  # waits for its threads, as for kernels
        list(pool.map(time.sleep, [60, 60]))

def check_plan(*_):
    if how != "hire":
        (Path(sys.argv[4]).parent / "begun").touch()
    {"hold": hold, "share": share, "die": die, "wait": wait, "hire": hire}[how]()

def hire():
    subprocess.Popen(["sleep", "63"], stderr=subprocess.DEVNULL)  # outlives who began it
    (Path(sys.argv[4]).parent / "begun").touch()
    hold()

def wait():
    time.sleep(60)  # hears of signals, so the work ends by itself and says so

def die():
    os.kill(os.getpid(), signal.SIGKILL)

import os, signal, subprocess
from pathlib import Path
how = sys.argv.pop()
for name in ("checking", "plan_tables", "terminal"):
    sys.modules[f"boxreach.cli.{name}"] = ModuleType(name)
from contextlib import nullcontext
sys.modules["boxreach.cli.checking"].check_plan = check_plan
sys.modules["boxreach.cli.checking"].hear = nullcontext
sys.modules["boxreach.cli.plan_tables"].STAGES = ()
sys.modules["boxreach.cli.terminal"].show_progress = lambda _: nullcontext(print)
sys.modules["boxreach.cli.terminal"].show_summary = None
from boxreach.cli.supervision import main
main()
"""


@pytest.fixture
def stuck(tmp_path):
    """Start a command that is stuck in a step, over earlier outputs; return its process."""

    def start(how, code=_STUCK):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "reach.csv").write_text("earlier")
        process = python("-c", code, "run", "plan.toml", "-o", tmp_path / "out", how)
        while how != "die" and not (tmp_path / "begun").exists():
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.01)
        return process

    return start


def end_of(process, tmp_path):
    """Return code, message and seconds of a command; the earlier outputs are there alone."""
    begin = time.monotonic()
    _, message = process.communicate(timeout=60)
    seconds = time.monotonic() - begin
    assert read(tmp_path / "out") == {"reach.csv": "earlier"}
    assert {one.name for one in tmp_path.iterdir()} <= {"out", "begun"}
    return process.returncode, message, seconds


@pytest.mark.parametrize(
    ("how", "number"),
    [("hold", signal.SIGINT), ("share", signal.SIGINT), ("wait", signal.SIGINT),
     pytest.param("hold", signal.SIGTERM, marks=pytest.mark.release)],
)  # fmt: skip
def test_ctrl_c_ends_within_a_second_whatever_runs(stuck, tmp_path, how, number):
    """A step that hears of no signal, threads that are waited for, one that ends by itself."""
    process = stuck(how)
    process.send_signal(number)
    code, message, seconds = end_of(process, tmp_path)
    assert code == 130
    assert message == "boxreach: stopped; nothing was written\n"
    assert seconds < 1.5  # of the clock, and the machine may be busy


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere orphans are nobody's")
def test_what_a_stopped_run_had_started_ends_with_it(stuck, tmp_path):
    """It would write on where all was cleared away."""
    process = stuck("hire")
    family = psutil.Process(process.pid).children(recursive=True)
    assert [one for one in family if one.name() == "sleep"]
    process.send_signal(signal.SIGINT)
    assert end_of(process, tmp_path)[0] == 130
    assert not [one for one in family if one.is_running()]


def test_a_run_that_the_system_kills_is_told_in_words(stuck, tmp_path):
    """As it does where memory runs out."""
    code, message, _ = end_of(stuck("die"), tmp_path)
    assert code == 128 + signal.SIGKILL
    assert message.startswith("boxreach: the system ended it (SIGKILL), as it does where memory")


def test_who_waits_does_not_leave_the_work_alone(stuck, tmp_path):
    """Killed at once, it takes its worker with it, and the next run clears what that left."""
    process = stuck("hold")
    process.kill()
    process.wait()
    process.communicate(timeout=10)  # ends when nobody writes to standard error any more
    assert len(list(tmp_path.iterdir())) == 3
    write(tmp_path / "out", "later")
    assert {one.name for one in tmp_path.iterdir()} == {"out", "begun"}


def test_the_command_is_run_under_supervision():
    """What pip installs as `boxreach` ends in time."""
    settings = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert settings["project"]["scripts"] == {"boxreach": "boxreach.cli.supervision:main"}


_COMMAND = "from boxreach.cli.supervision import main; main()"


@pytest.mark.heavy
def test_ctrl_c_at_40_random_moments_ends_within_a_second(plan, cli, tmp_path):
    """A run, and a report of all formats with its PDF, each whole or not at all."""
    assert cli("run", plan, "-o", tmp_path / "run")[0] == 0
    draw, slowest = random.Random(10), 0.0
    for arguments in (("run", plan), ("report", tmp_path / "run", "--formats", "all")):
        begin = time.monotonic()
        done = python("-c", _COMMAND, *arguments, "-o", tmp_path / "out")
        assert done.communicate()[1] == ""
        took = time.monotonic() - begin
        before = {one: one.read_bytes() for one in (tmp_path / "out").rglob("*.*")}
        stopped = 0
        while stopped < 20:
            process = python("-c", _COMMAND, *arguments, "-o", tmp_path / "out")
            time.sleep(0.2 + draw.random() * took * 0.7)
            if process.poll() is not None:  # It was done before: others left it the processor.
                assert process.communicate()[1] == ""
                took *= 0.9
                continue
            process.send_signal(signal.SIGINT)
            begin = time.monotonic()
            _, message = process.communicate(timeout=60)
            slowest = max(slowest, time.monotonic() - begin)
            assert process.returncode == 130
            assert message == "boxreach: stopped; nothing was written\n"
            assert before == {one: one.read_bytes() for one in (tmp_path / "out").rglob("*.*")}
            assert {one.name for one in tmp_path.iterdir()} == {"plan", "run", "out"}
            stopped += 1
        shutil.rmtree(tmp_path / "out")
    sys.stdout.write(f"Ctrl-C 40 times: at most {slowest:.2f} s\n")
    assert slowest < 1
