"""What the terminal says of faults, notes and commands, it says in the language that was chosen.

The English sentences stand in the code; the catalogue holds what they are in the other languages.
"""

import ast
import itertools
import json
import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxreach.errors import Fault, InputError
from boxreach.languages import LANGUAGES
from boxreach.languages.messages import _sentences, translate

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/coverage/boxreach"
FILES = sorted((PACKAGE / "languages/messages").glob("*.toml"))
OTHERS = tuple(one for one in LANGUAGES if one != "en")
NEVER_SAID = {
    "arguments.py": (r"^\d+ is \d+$",),
    "box_types.py": (r"^name is \d+$",),
    "catchments.py": (r"^by is \d+$",),
    "columns.py": (r"^geometry lon lat ", r"^\d+ is \d+$"),
    "redaction.py": (r"^\d+ is \d+$",),
    "accessibility": (r"^\d+ of \d+$", r"^\d+ not known$", r"^by is \d+$"),
    "border": (r"^at crossing $", r"^\d+ is \d+$", r"^  "),
    "cli": (
        r"(thread|worker)\d+,",
        r"^ of \d+ that this machine has$",
        r"^\d+ or \d+$",
        r"^\d+ has no \d+$",
        r"^\d+ is \d+$",
        r"^at line",
        r"^  there is \d+$",
        r"and what defence is worth$",
        r"^give \{expected\}$",
    ),
    "compilation.py": (r"^boxreach compiles its kernels",),
    "disks.py": (
        r"^, but less is allowed$",
        r"^disk is full$",
        r"^\d+ of \d+$",
        r"^the disk has no room for \d+ \(\d+\)$",
    ),
    "display.py": (r"^<p>and \d+ more rows",),
    "exports": (),
    "fetching": (r"^# \{name\}, from public data",),
    "location": (r"^ of \d+$", r"^\d+ of limit \d+$", r"^give \d+whole numbers, one a site$"),
    "maps": (r"^data:", r"^default-src ", r"^\d+ is \d+$"),
    "network": (
        r"^arcs (in|out)$",
        r"^its \d+ is \d+$",
        r"^roads has the column highway and no road_class: all of them drive as unclassified$",
        r"^<\d+: \d+, tiles of",
        r"^(whether it is gone|a number)$",
        r"^give \d+ for each edge$",
        r"^give the folder the name that it was saved by, or \d+$",
        r"^\d+; read_roads makes",
    ),
    "placement": (
        # What a plan says in English as text, and `plan_words` in other languages.
        r"^(  |\d+ sites stand, |\d+ stand, |\d+ → |<\d+: \d+ sites)",
        r"^(no plan (covers|comes|brings|needs) |\d+ to reach |\d+ of all|comes to$)",
        r"^(\{unit\}|minutes to the nearest|a site that has room)",
        r"^(rules of place|\d+ and bonus|\d+ to \d+$|at the worst of|in all but)",
        # Parts of sentences that stand whole in the catalogue, and faults of programs.
        r"^ (in every phase|in the case|with (a capacity|\d+ new sites)|by \d+ sites|of \d+ sites)",
        r"^(, or |\d+ with \d+|\d+ in \d+ \d+)$",
        r"^at most \d+ of the standing sites may move\d+$",
        r"^\d+ comes to \d+, and its worth",
        r"^\d+ of \d+ minutes$",
        r"^the times of \d+ go up to \d+$",
        r"^what is kept of travel times$",
        r"^\d+ is ((a|no) model of cover, and says no|\d+$)",
        r"^name is \d+$",
    ),
    "report": (
        r"^<!DOCTYPE",
        r"^in all$",
        r"^the proposal contradicts itself: \d+ \d+ are",
        r"^(kind of|change of a) \w+$",
        r"^the file$",
        r"^\d+ is \d+$",
    ),
    "routing": (
        r"^<\d+: \d+ sites",
        r"^what is kept$",
    ),
    "scenarios": (
        r"^\d+ of \d+ demand rows have unknown",
        r"^ in the layer",
        r"^\d+; they count for nothing$",
        r"^its times are of \d+$",
        r"^\d+: \d+ of \d+ \d+ within",
    ),
    "sources": (
        r"^district of$",
        r"^no such module$",
        r"^if it is a sum, $",
        r"^\d+(take the row out|; if it is whole)",
        r"^(field larger than|unexpected end of|Could not parse|invalid value encountered)",
        r"^(not recognized as being in|out of range$|name, type$|(\d+|the end) is missing$)",
        r"^(densit|\(\?|\d+\(\?)",
    ),
    "speeds": (r"^\d+ is no \d+$", r"^surface \(\{\}\) drive", r"^\d+ roads of unknown \d+$"),
    "verification": (
        r"^\d+( \d+)? at \d+$",
        r"^\d+ at most$",
        r"^(must_reach|people|demand \d+) at \d+$",
        r"^\d+ to \d+$",
        r"^\d+ the objective",
        r"^(, )?at (least|most)( \d+)?$",
        r"^\d+ in \d+ \d+$",
        r"^(files that must be|values of the record|times and sums: \d+ \d+)$",
    ),
    "workers": (
        r"^(it is on \d+, and this is|another file has its number by now$)",
        r"^it has \d+ \d+$",
        r"^no \d+$",
        r"^\d+, and here is \d+$",
        r"^\d+, not \d+; install the same on each$",
    ),
}
"""What stands in the code of a room and no person reads in a terminal, by its beginning."""


def read_catalogue():
    """Return (file, English, texts) of each sentence."""
    return [
        (file.name, english, texts)
        for file in FILES
        for english, texts in tomllib.loads(file.read_text(encoding="utf-8")).items()
    ]


CATALOGUE = read_catalogue()


def names_in(text):
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def written_out(node):
    """Return every text that an expression may be; what is only known later is a number."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return written_out(node.body) + written_out(node.orelse)
    if isinstance(node, ast.JoinedStr):
        parts = [
            [part.value]
            if isinstance(part, ast.Constant)
            else written_out(part.value) or [f"{11 + at}"]
            for at, part in enumerate(node.values)
        ]
        return ["".join(words) for words in itertools.product(*parts)]
    return []


def sentences_of(file, left_in_english):
    """Return (line, sentence) of all English that stands in a file outside of its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = [*ast.walk(tree)]
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    parts |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    parts |= {
        id(one)
        for node in nodes
        if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.IfExp)
        for one in (node.value.body, node.value.orelse)
    }
    for node in nodes:
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in parts:
            for text in written_out(node):
                if (
                    re.search(r"[A-Za-z]{2}", text)
                    and " " in text.strip()
                    and left_in_english(text, quoted=True)
                ):
                    yield node.lineno, text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_sentence_has_the_same_values_in_all_languages(file):
    """None is dropped or doubled, none has a format, and there are no marks of direction."""
    for _, english, texts in (one for one in CATALOGUE if one[0] == file.name):
        assert set(texts) == set(OTHERS), english
        assert names_in(english) == sorted(set(names_in(english))), english
        for said in texts.values():
            assert set(names_in(said)) == set(names_in(english)), (english, said)
            assert all(
                not form and not other for _, _, form, other in Formatter().parse(said) if form
            )
            assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", said), english
            assert "  " not in said.replace("  [", " ["), english


def test_no_sentence_stands_twice_and_none_is_of_values_alone():
    """The second would never be said, and what has no words of its own is every text."""
    english = [re.sub("{.*?}", "{}", one) for _, one, _ in CATALOGUE]
    assert sorted(english) == sorted(set(english))
    for one in english:
        assert "{" not in one or re.search("[A-Za-z]{2}", one.replace("{}", "")), one


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_of_the_catalogue_is_left_in_english(left_in_english, language):
    for _, english, texts in CATALOGUE:
        assert not left_in_english(re.sub("{.*?}", "", texts[language])), english


@pytest.mark.slow
@pytest.mark.parametrize(
    "folder", sorted({file.relative_to(PACKAGE).parts[0] for file in PACKAGE.rglob("*.py")})
)
def test_each_english_sentence_in_the_code_is_in_the_catalogue(left_in_english, folder):
    """Written out with numbers for values, each is said in Arabic without an English word."""
    place = PACKAGE / folder
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    lacking = [
        f"{file.relative_to(PACKAGE)}:{line}: {text!r} is {said!r}"
        for file in files
        for line, text in sentences_of(file, left_in_english)
        if not any(re.search(one, text) for one in NEVER_SAID.get(folder, ()))
        and ((said := translate(text, "ar")) == text or left_in_english(said))
    ]
    assert not lacking, "\n".join(lacking)


def test_a_fault_is_told_with_its_place_in_the_language():
    fault = Fault("the file is empty", "boxes.csv", 7, "lon", "write a table")
    assert fault.tell(lambda text: translate(text, "ar")) == (
        "boxes.csv، الصف 7، العمود lon: الملف فارغ؛ اكتب جدولاً"
    )
    assert str(fault) == "boxes.csv, row 7, column lon: the file is empty; write a table"


@pytest.mark.parametrize("columns", ["line 2", "column 1, column 2", "row id, name", "key a"])
def test_what_columns_are_called_is_not_translated(columns):
    """They may be called as places are."""
    said = translate(f"known are: {columns}", "ckb")
    assert columns in said, said


def test_several_faults_are_counted_in_the_language():
    error = InputError(Fault("the file is empty", "a.csv"), Fault("the file is empty", "b.csv"))
    assert error.tell(lambda text: translate(text, "kmr")) == (
        "hejmara şaşiyan: 2:\n  a.csv: pel vala ye\n  b.csv: pel vala ye"
    )


OF_THE_FILE = re.compile(
    r"(?<=: )(\d+, )?a(?=$| \()|(?<=\()Failed to read .*(?=\); check)|(?<=known are: ).*"
    r"|(?<=did you mean )name(?=\?)"
)
"""What a library says, or a file: ids and names of columns that are English words."""


def say_as_fault(text, language, left_in_english):
    """Return a fault and its advice, told apart where that leaves the fewest English words."""
    parts = text.split("; ")
    told = (
        [translate("; ".join(some), language) for some in (parts[:at], parts[at:])]
        for at in range(1, len(parts) + 1)
    )
    return min(
        ("; ".join(filter(None, one)) for one in told), key=lambda one: len(left_in_english(one))
    )


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("corpus", ["tables", "layers"])
def test_what_is_said_of_bad_files_is_said_in_the_language(left_in_english, corpus, language):
    """Of each file of the corpus of bad input, but for what libraries and the files say."""
    cases = json.loads((ROOT / f"tests/corpus/{corpus}.json").read_text(encoding="utf-8"))
    told = {
        text
        for case in cases.values()
        for line in (case.get("refused") or "").splitlines() + (case.get("warned") or [])
        if (text := line.partition(": ")[2]) and not text.startswith("OGR")
    }
    assert len(told) > 30
    lacking = {
        text: said
        for text in told
        if (said := say_as_fault(OF_THE_FILE.sub("7", text), language, left_in_english)) == text
        or left_in_english(said)
    }
    assert not lacking, "\n".join(f"{text!r} is {said!r}" for text, said in lacking.items())


def test_what_to_do_stays_behind_what_is_wrong():
    """A value in the midst of a translation does not take the advice in, but what is quoted may."""
    said = "http://a/b has 5 bytes, and the catalogue allows 3; check the catalogue"
    assert translate(said, "ckb").endswith("؛ " + translate("check the catalogue", "ckb"))
    told = translate("'a; b' is no country", "kmr")
    assert told == "'a; b' ne welat e"


VALUES = st.text(st.characters(exclude_characters=" ;\n{}"), min_size=1, max_size=9)


@given(st.sampled_from(CATALOGUE), st.data())
def test_values_come_through_as_they_are(entry, data):
    """A sentence with one-word values has them in its translation, letter for letter."""
    _, english, texts = entry
    values = {
        name: data.draw(VALUES.filter(lambda one: one not in english)) for name in names_in(english)
    }
    said = translate(english.format(**values), "ckb")
    assert all(value in said for value in values.values()) or said == texts["ckb"].format(**values)


@given(st.text(max_size=300))
def test_no_text_breaks_a_translation(text):
    """Whatever stands in a file: its lines stay lines, and nothing is lost of what is unknown."""
    assert translate(text, "ar").count("\n") == text.count("\n")


@given(st.sampled_from(CATALOGUE), st.data())
def test_of_all_sentences_that_a_text_may_be_none_is_passed_over(entry, data):
    """They are looked for by their first and last words alone, the longest first."""
    _, english, _ = entry
    text = english.format(**{name: data.draw(VALUES) for name in names_in(english)})
    known = _sentences("ckb")
    fit = [one for one in known.valued if one.find_values(text) is not None]
    assert fit == [one for one in known.find_likely(text) if one.find_values(text) is not None]


def test_a_hostile_value_takes_no_longer_than_another():
    """Each sentence is looked for once from left to right, however often its words stand there."""
    value = "is of the ; " * 400
    assert translate(f"{value} and {value}", "ar")


@pytest.mark.parametrize("language", OTHERS)
def test_a_refused_count_of_workers_is_told_in_the_order_it_is_said(left_in_english, language):
    """What option is meant stands before how many were asked for."""
    said = (
        "Error: Invalid value for '--workers': 9999 processes are asked for, and this machine has"
        " 2 processors; give 2, or --scheduler for other machines"
    )
    told = translate(said, language)
    assert told.index("'--workers'") < told.index("9999") < told.index("--scheduler")
    assert not left_in_english(re.sub("--[a-z]+", "", told))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", ["in all", "no way", "row id"])
def test_a_name_that_is_a_sentence_of_the_catalogue_too_stays_a_name(language, name):
    assert name in translate(f"did you mean {name}?", language)
    assert name in translate(f"known are: {name}", language)
    assert name in translate(f"known are: {name} and 7 more", language)
