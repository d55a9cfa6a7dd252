"""What the only escaping and folding code promises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxreach.text import FOLDS, dump_script_json, fold, quote_formula, show_controls

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(ANY_TEXT)
def test_json_for_a_script_reads_back_as_it_was(text):
    assert json.loads(dump_script_json({text: [text]})) == {text: [text]}


@given(ANY_TEXT)
def test_json_for_a_script_cannot_leave_the_script(text):
    written = dump_script_json(f"</script><!--{text}")
    assert not set(written) & set("<>&\x00\u2028\u2029")
    assert written.encode()


def test_json_for_a_script_refuses_what_is_not_json():
    with pytest.raises(ValueError, match="JSON"):
        dump_script_json([float("nan")])


@pytest.mark.parametrize("name", ["هەولێر", "هه‌ولێر", "هَەوْلێر", "هەولير"])
def test_every_spelling_of_a_kurdish_name_folds_alike(name):
    assert fold(name) == fold("هەولێر")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أربيل", "اربيل"),
        ("البصرة", "البصره"),
        ("كركوك", "کرکوک"),
        ("مصطفى", "مصطفي"),
        ("Al-Qāʼim", "al qaim"),
        ("٢٥", "25"),
        ("۲۵", "25"),
        ("بـغداد", "بغداد"),
        ("  Tall  ‘Afar ", "tall afar"),
    ],
)
def test_spellings_of_one_name_fold_alike(one, other):
    assert fold(one) == fold(other)


def test_different_names_stay_different():
    names = ["Mosul", "Kirkuk", "بغداد", "بعقوبة", "هەولێر", "هەڵەبجە"]
    assert len({fold(name) for name in names}) == len(names)


@given(ANY_TEXT)
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


def test_the_table_is_of_single_letters_and_reaches_its_end():
    assert all(len(letter) == 1 for letter in FOLDS)
    assert not {FOLDS.get(to) for to in FOLDS.values()} - {None}


@pytest.mark.parametrize("sign", "=+-@＝＋－＠")
@pytest.mark.parametrize(
    "hidden", ["", " ", "\t", "\r\n", "\0", "\u00a0", "\u200f", "\ufeff", "\u3000"]
)
def test_a_sign_that_begins_a_formula_is_quoted_whatever_hides_it(sign, hidden):
    assert quote_formula(f"{hidden}{sign}1").startswith("'")


@pytest.mark.parametrize("end", [";", "\t", "\n", "\r", "; ", "\n\u200f"])
def test_what_may_become_a_cell_of_its_own_is_quoted_too(end):
    assert quote_formula(f"Sinjar{end}=1") == f"Sinjar{end[0]}'{end[1:]}=1"


@pytest.mark.parametrize("text", ["", "Al-Qaim", "a = b", "a;b", "3-4", "'=1", "نينوى-الموصل"])
def test_text_that_is_no_formula_stays_as_it_is(text):
    assert quote_formula(text) == text


@given(ANY_TEXT)
def test_what_a_page_cannot_hold_is_shown_by_a_sign(text):
    shown = show_controls(text)
    assert len(shown) == len(text)
    assert shown.encode().decode() == shown
    assert not set(shown) & {"\0", "\x1b", "\x7f", "\x85", "\uffff"}
