"""The terminal speaks Arabic and Kurdish where it is asked to, and the files do not know of it."""

import logging
import re
import shlex
import signal
import string
import sys
import tomllib
from contextvars import copy_context
from pathlib import Path

import pytest

from boxreach.cli import commands
from boxreach.cli.plan import read_plan
from boxreach.cli.supervision import _say_end as say_end
from boxreach.languages import LANGUAGES, messages

ROOT = Path(__file__).parents[1]
WORDS = tomllib.loads(
    (ROOT / "src/coverage/boxreach/languages/terminal.toml").read_text(encoding="utf-8")
)
OTHERS = ("ar", "ckb", "kmr")
ASKED = {
    "ar": ("لا خطأ في شيء", "القائمة: 3، المقترحة: 1", "مثبت أنه الأمثل", "عدد الملفات: "),
    "ckb": ("هیچ هەڵەیەک نییە", "هەبوو: 3، پێشنیازکراو: 1", "سەلمێنراوە", "ژمارەی فایلەکان: "),
    "kmr": ("tu şaşî tune", "ava: 3, pêşniyarkirî: 1", "îsbatkirin", "hejmara pelan: "),
}

SPOKEN = pytest.mark.parametrize(
    "language", ["ar", *(pytest.param(one, marks=pytest.mark.release) for one in ("ckb", "kmr"))]
)
FAULTY = {
    "a key that there is not": ("off_road_km = 10", "off_rod_km = 10"),
    "a number in quotes": ("off_road_km = 10", 'off_road_km = "10"'),
    "minutes of no end": ("[10, 20]", "[10, inf]"),
    "a choice that there is not": (
        "[posts.candidates]",
        '[people]\ncount_on = "roads"\n[posts.candidates]',
    ),
    "a quota of nothing": ("at_least = 1", "at_least = -1"),
    "a quota of a place that there is not": ('"West"', '"Wset"'),
    "more boxes than places": ("boxes = 1", "boxes = 99"),
    "a file that there is not": ('"boxes.csv"', '"bxes.csv"'),
    "a folder in place of a file": ('"boxes.csv"', '"."'),
    "a reach shorter than what comes before it": ("[reach]", "[reach]\nmobilise_minutes = 30"),
    "no TOML": ("[posts]", "[posts"),
}
MISUSED = (
    ("chekc",),
    ("check",),
    ("check", "a", "b"),
    ("check", "a", "--strcit"),
    ("run", "a", "--workers", "0"),
    ("run", "a", "--workers", "many"),
    ("run", "a", "--memory", "4"),
    ("run", "a", "--on", "tomorrow"),
    ("run", "a", "--languages", "xx"),
    ("run", "a", "--set", "boxes"),
    ("run", "a", "--strict=1"),
    ("run", "a", "-o"),
    ("run", "a", "--workers", "1", "--scheduler", "b"),
    ("report", "a", "--digits", "roman"),
    ("report", "a", "--keep-posts"),
)


@pytest.mark.slow
@SPOKEN
def test_check_run_and_report_speak_the_language_that_is_asked_for(cli, plan, language):
    """What is right, what was found and how good it is; English returns with the next command."""
    right, found, proven, files = ASKED[language]
    out = plan.parent / "out"
    assert right in cli("--language", language, "check", plan)[1]
    code, said, _ = cli("--language", language, "run", plan, "-o", out)
    assert code == 0
    assert found in said
    assert proven in said
    assert "within reach" not in said
    report = ("report", out, "-o", plan.parent / "report", "--formats", "csv")
    assert files in cli("--language", language, *report)[1]
    assert "nothing is wrong" in cli("check", plan)[1]


@pytest.mark.slow
def test_the_environment_chooses_it_and_the_option_goes_before(cli, plan, monkeypatch):
    """As a planner sets it once for a machine; a locale decides nothing."""
    monkeypatch.setenv("LANG", "ckb_IQ.UTF-8")
    assert "nothing is wrong" in cli("check", plan)[1]
    monkeypatch.setenv("BOXREACH_LANGUAGE", "ar")
    assert ASKED["ar"][0] in cli("check", plan)[1]
    assert ASKED["ckb"][0] in cli("--language", "ckb", "check", plan)[1]
    monkeypatch.setenv("BOXREACH_LANGUAGE", "german")
    code, _, message = cli("check", plan)
    assert code == 2
    assert "BOXREACH_LANGUAGE" in message


def test_a_fault_has_a_heading_in_the_language(cli, tmp_path):
    """What is wrong stands behind it with file and place, as in English."""
    code, _, message = cli("--language", "ar", "check", tmp_path / "none.toml")
    assert code == 2
    assert message.startswith("boxreach: تعذّر التنفيذ")
    assert "none.toml" in message


@pytest.fixture
def english_in(left_in_english, tmp_path):
    """Return the English words of what was said, but for options and the paths of a test."""
    return lambda said: left_in_english(re.sub(r"--[a-z-]+", "", said.replace(str(tmp_path), "")))


@SPOKEN
@pytest.mark.parametrize("command", ["", *commands.commands])
def test_help_has_no_english(cli, english_in, command, language):
    """Of every command and option, with what click says of itself."""
    code, said, _ = cli("--language", language, *filter(None, [command]), "--help")
    assert code == 0
    assert english_in(said) == [], said


@SPOKEN
@pytest.mark.parametrize("words", MISUSED, ids=" ".join)
def test_a_command_that_cannot_be_called_so_is_refused_without_english(
    cli, english_in, words, language
):
    """Of the options before the command too, which are not read by then."""
    code, _, message = cli("--language", language, *words)
    assert code == 2
    assert english_in(message) == [], message


@pytest.mark.slow
@SPOKEN
@pytest.mark.parametrize("change", FAULTY.values(), ids=FAULTY)
def test_a_fault_of_a_plan_is_told_without_english(cli, plan, edit, english_in, change, language):
    """What is wrong and what to do; keys, values and names of files stay."""
    edit(plan, *change)
    code, _, message = cli("--language", language, "check", plan)
    assert code == 2
    assert english_in(message) == [], message


@pytest.mark.slow
@pytest.mark.usefixtures("paces")
@SPOKEN
def test_an_estimate_is_told_without_english(cli, plan, english_in, language):
    """Its table and the lines about it, with a limit of memory and with workers."""
    for options in ([], ["--memory", "4GB"], ["--workers", "2"]):
        code, said, notes = cli("--language", language, "estimate", plan, *options)
        assert code == 0
        assert english_in(said + notes) == [], said + notes


@pytest.mark.slow
@SPOKEN
def test_comparing_and_verifying_are_told_without_english(
    cli, run_small, tmp_path, english_in, language, capsys
):
    """What came of the runs, and what keeps a folder from being read."""
    runs = run_small(), run_small(("boxes = 1", "boxes = 2"))
    capsys.readouterr()  # they spoke English
    code, said, notes = cli("--language", language, "compare", *runs, "-o", tmp_path / "compared")
    assert code == 0
    assert english_in(said + notes) == [], said + notes
    code, said, notes = cli("--language", language, "verify", runs[0])
    assert code == 0
    assert english_in(said + notes) == [], said + notes
    code, _, notes = cli("--language", language, "verify", tmp_path)
    assert code == 2
    assert english_in(notes) == [], notes


@pytest.mark.parametrize("language", OTHERS)
def test_who_is_stopped_or_killed_is_told_so_in_the_language(language, monkeypatch, capsys):
    """The process that waits for the worker has read no options."""
    monkeypatch.setattr(sys, "argv", ["boxreach", "--language", language, "run", "plan.toml"])
    ends = {"stopped": True, "ended_for_memory": False}
    for key, stopped in ends.items():
        copy_context().run(say_end, signal.SIGKILL, written=False, stopped=stopped)
        told, nothing = (WORDS[one][language] for one in (key, "nothing_written"))
        said = (
            f"boxreach: {told.format(name='SIGKILL')}{messages.translate('; ', language)}{nothing}"
        )
        assert capsys.readouterr().err == f"{said}\n"


@pytest.mark.slow
def test_the_files_of_a_run_are_the_same_in_every_language(cli, plan):
    """To the byte: only what is printed differs."""
    folders = [plan.parent / name for name in ("out-en", "out-ar")]
    for folder, options in zip(folders, ([], ["--language", "ar"]), strict=True):
        assert cli(*options, "run", plan, "-o", folder)[0] == 0
    one, other = ({file.name: file.read_bytes() for file in each.iterdir()} for each in folders)
    assert one == other


@pytest.mark.slow
def test_what_compilation_tells_is_told_in_the_language(plan, caplog):
    """It is the first that a planner sees; what others log stays as it is."""
    source = ROOT / "src/coverage/boxreach/compilation.py"
    text = source.read_text(encoding="utf-8")
    assert text.count("_LOG.warning(") == 1
    assert WORDS["compiling"]["en"] == " ".join(
        re.findall(r'^ {20}"(.*?)"$', text, re.MULTILINE)
    ).replace("  ", " ")
    logger = logging.getLogger(
        re.search(r'^_LOG = logging.getLogger\("(.*)"\)$', text, re.MULTILINE)[1]
    )

    def check_and_log(*options):
        with pytest.raises(SystemExit, match=r"^0$"):
            commands.main([*options, "check", str(plan)])
        for file in (source, Path(__file__)):
            record = logger.makeRecord(
                logger.name, logging.WARNING, str(file), 1, WORDS["compiling"]["en"], (), None
            )
            logger.handle(record)

    for options in (["--language", "ar"], []):
        copy_context().run(check_and_log, *options)
    arabic, english = WORDS["compiling"]["ar"], WORDS["compiling"]["en"]
    assert caplog.messages == [arabic, english, english, english]


def test_every_word_has_the_same_values_in_all_languages():
    """No figure is dropped by a translation, none has marks of direction, and none is English."""
    for key, texts in WORDS.items():
        assert set(texts) == set(LANGUAGES), key
        fields = {
            code: sorted(
                (name, form) for _, name, form, _ in string.Formatter().parse(text) if name
            )
            for code, text in texts.items()
        }
        assert all(one == fields["en"] for one in fields.values()), key
        said = "".join(texts.values())
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", said), key


def code_blocks(code, language):
    """Return the code blocks of a quickstart."""
    text = (ROOT / "docs" / f"quickstart.{code}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", OTHERS)
def test_a_quickstart_has_the_commands_of_the_readme_left_to_right(code, tmp_path):
    """The first is the README's, all are commands, its plan is one, and no code stands in a div."""
    first, speaking, files = code_blocks(code, "sh")
    assert first in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"--language {code} demo" in speaking
    assert f"BOXREACH_LANGUAGE={code}" in speaking
    for line in files.splitlines():
        name, *words = shlex.split(line)[1:]
        commands.commands[name].make_context(name, words)
    (written,) = code_blocks(code, "toml")
    (tmp_path / "plan.toml").write_text(written, encoding="utf-8")
    _, communities = code_blocks(code, "text")
    rows = len(communities.splitlines()) - 1
    new = read_plan(tmp_path / "plan.toml").propose.new_boxes()
    assert 0 < new < rows, "a plan can ask for no more boxes than there are places for them"
    page = (ROOT / "docs" / f"quickstart.{code}.md").read_text(encoding="utf-8")
    direction = "ltr" if code == "kmr" else "rtl"
    told = re.findall(rf'<div dir="{direction}" lang="{code}">\n\n(.*?)\n\n</div>', page, re.DOTALL)
    assert len(told) == page.count("<div ") == page.count("</div>") == 6
    assert not any("```" in one for one in told)


def test_the_quickstarts_tell_the_same_steps():
    """A step that one of them gains, all gain."""
    assert len({tuple(code_blocks(code, "toml")) for code in OTHERS}) == 1
    for code in OTHERS:
        boxes, communities = code_blocks(code, "text")
        assert boxes.startswith("site_id,name,lon,lat\n")
        assert communities.startswith(f"community_id,name,lon,lat,people,name_{code}\n")
    files = {code_blocks(code, "sh")[2] for code in OTHERS}
    assert len(files) == 1
