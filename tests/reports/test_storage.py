"""A report that is kept comes back as it was, and what is no report is refused in words."""

from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxreach import InputError
from boxreach.report import storage
from boxreach.report.frontier import Column, PostRow, PostTable
from boxreach.report.model import Name
from boxreach.report.page import render_page
from boxreach.report.storage import dump_report, load_report

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.builds(Name, TEXT, st.dictionaries(st.sampled_from(["ar", "ckb", "kmr"]), TEXT))
VALUES = st.one_of(
    st.none(), TEXT, NUMBERS, NAMES, st.tuples(NUMBERS, NUMBERS), st.lists(TEXT).map(tuple)
)


@pytest.fixture(scope="module")
def report(make_report):
    return make_report()


def kinds_of(value, path=""):
    """Yield where each value stands and of what kind it is; whole numbers may be of either."""
    if is_dataclass(value):
        for one in fields(value):
            yield from kinds_of(getattr(value, one.name), f"{path}.{one.name}")
    if isinstance(value, tuple):
        for at, one in enumerate(value):
            yield from kinds_of(one, f"{path}[{at}]")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    yield path, "number" if number else type(value).__name__


def test_a_report_comes_back_as_it_was(report):
    back = load_report(dump_report(report))
    assert back == report
    assert list(kinds_of(back)) == list(kinds_of(report))
    assert dump_report(back) == dump_report(report)
    assert render_page(back, ("en", "ar"), "arab") == render_page(report, ("en", "ar"), "arab")


@pytest.mark.slow
@given(values=st.lists(VALUES, max_size=6).map(tuple), name=NAMES, text=TEXT)
def test_cells_of_any_kind_come_back_as_they_were(make_report, values, name, text):
    report = make_report(1, 1, 1)
    row = PostRow(text, None, name, name, values)
    table = PostTable("place", (Column("mgrs", "code"),), (row,))
    report = replace(report, frontier=replace(report.frontier, tables=(table,)))
    back = load_report(dump_report(report)).frontier.tables[0].rows[0]
    assert back == row
    assert list(kinds_of(back)) == list(kinds_of(row))
    assert [str(one) for one in back.values if one == 0] == [
        str(float(one)) for one in values if one == 0
    ]


def test_a_kept_report_is_read_line_by_line(report):
    lines = dump_report(report).decode().splitlines()
    assert max(map(len, lines)) < 3000
    assert sum('"site_id": "S1"' in one and '"rank": 1' in one for one in lines) == 1
    assert any("الأنبار" in one for one in lines)


def test_half_a_character_becomes_a_sign_that_a_file_can_hold(report):
    back = load_report(dump_report(replace(report, title="a\ud800b")))
    assert back.title == "a\ufffdb"


def test_a_number_without_end_is_refused(report):
    endless = replace(report, gaps=replace(report.gaps, minutes=float("inf")))
    with pytest.raises(InputError, match="inf"):
        dump_report(endless)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda data: b"", "eof"),
        (lambda data: data[:900], "eof"),
        (lambda data: b"\xff\xfe" + data, "json"),
        (lambda data: b"[" * 1_000_000, "recursion"),
        (lambda data: b'{"format": "boxreach report"}', "version"),
        (lambda data: data.replace(b'"version": 3', b'"version": 4'), "version"),
        (lambda data: data.replace(b"boxreach report", b"a plan"), "format"),
        (lambda data: data.replace(b'"title": null', b'"title": null, "x": 1'), "report.x"),
        (lambda data: data.replace(b'"title": null', b'"title": 5'), "report.title"),
        (lambda data: data.replace(b'"lon": 4', b'"lon": NaN, "x": 4', 1), "lon"),
        (lambda data: data.replace(b'"rank": 1', b'"rank": "1"', 1), "rank"),
        (lambda data: data.replace(b'"rank": 1', b'"rank": 1e999', 1), "rank"),
        (lambda data: data.replace(b'"TOO_FAR"', b'"<b>"'), "the reason '<b>'"),
        (lambda data: data.replace(b'"unit": "people"', b'"unit": "{x}"'), "unit"),
        (lambda data: data.replace(b'"status": "feasible"', b'"status": "?"'), "status '?'"),
        (lambda data: data.replace(b'"kind": "box"', b'"kind": "x"'), "sheet 'x'"),
    ],
)
def test_what_is_no_report_is_refused_with_the_file_and_what_to_do(report, damage, told):
    with pytest.raises(InputError) as caught:
        load_report(damage(dump_report(report)), file="out/report.json")
    message = str(caught.value)
    assert message.startswith("out/report.json: ")
    assert told in message
    assert "give the report.json" in message
    assert len(message) < 400


def test_what_is_too_large_is_not_read(report, monkeypatch):
    monkeypatch.setattr(storage, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="1,000"):
        load_report(dump_report(report))
