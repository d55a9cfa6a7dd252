"""The readers that are fuzzed, and what fuzzing found: refused in words ever since."""

import random
from pathlib import Path

import pytest

from tests.fuzzing import run
from tests.fuzzing.readers import READERS, call
from tests.fuzzing.run import NAMES

FOUND = sorted((Path(__file__).parent / "corpus" / "found").glob("*/*"))


@pytest.fixture
def read(tmp_path):
    """Read one input as a fuzzer does."""

    def run(name, data, ready=None):
        (tmp_path / "work").mkdir(exist_ok=True)
        call(READERS[name], data, tmp_path / "work", ready)

    return run


@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore::boxreach.DataWarning")
@pytest.mark.parametrize("file", FOUND, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_a_fuzzer_found_is_refused_in_words(read, tmp_path, file):
    """Each once raised an error of another kind, filled the memory, or never ended."""
    name = file.parent.name
    (tmp_path / "ready").mkdir()
    read(name, file.read_bytes(), READERS[name].prepare(tmp_path / "ready"))


def test_every_reader_can_be_named_to_the_command():
    assert sorted(NAMES) == sorted(READERS)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(READERS.keys() - {"network", "evidence", "report"}))
def test_a_fuzzer_begins_with_a_file_that_is_read(tmp_path, name):
    """Else it would try nothing but the first refusal."""
    READERS[name].read(READERS[name].seeds()[0], tmp_path, None)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::boxreach.DataWarning")
@pytest.mark.parametrize("name", sorted(READERS.keys() - {"network", "evidence", "report"}))
def test_a_few_damaged_files_are_refused_in_words(read, name):
    """Bytes of good files are changed, left out and doubled without any plan."""
    draw = random.Random(name)
    seeds = READERS[name].seeds()
    for _ in range(10):
        data = bytearray(draw.choice(seeds))
        for _ in range(draw.randint(1, 4)):
            at, way = draw.randrange(len(data) + 1), draw.randrange(3)
            data[at : at + draw.randint(0, 8)] = (b"", draw.randbytes(3), data[:8])[way]
        read(name, bytes(data))


@pytest.mark.slow
@pytest.mark.release
def test_an_input_that_only_waited_for_the_processor_is_no_hang(tmp_path, monkeypatch):
    """Read alone it takes a moment; what takes longer than the limit stays."""
    found = tmp_path / "timeout-one"
    found.write_bytes(b"site_id,lon,lat\na,44,33\n")
    monkeypatch.setattr(run, "LONGEST_S", 1e-9)
    run.forget_waits("csv", tmp_path)
    assert found.exists()
    monkeypatch.setattr(run, "LONGEST_S", 10)
    run.forget_waits("csv", tmp_path)
    assert not found.exists()


@pytest.mark.parametrize(("goes_on", "took_s"), [(True, [40, 20]), (False, [40, 60])])
def test_an_hour_that_was_broken_off_is_taken_up_only_when_asked(
    tmp_path, monkeypatch, goes_on, took_s
):
    """What was spent before it broke off counts, and the executions with it."""
    asked_s = []

    def run_child(_, home, seconds):
        asked_s.append(seconds)
        (home / "log.txt").touch()
        with (home / run.COUNTER).open("r+b") as file:
            count = int.from_bytes(file.read(8), "little")
            file.seek(0)
            file.write((count + seconds).to_bytes(8, "little"))
        return 0, float(seconds)

    monkeypatch.setattr(run, "run_child", run_child)
    run.fuzz("csv", 40 / 60, tmp_path)
    used_s, executions, *found = run.fuzz("csv", 1, tmp_path, goes_on=goes_on)
    assert asked_s == took_s
    assert used_s == executions == 60
    assert not any(found)
