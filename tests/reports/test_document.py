"""The report as a Word document: what the page says, in every language, whatever names hold."""

import re
import sys
from xml.etree import ElementTree as ET

import pytest

from boxreach.errors import InputError
from boxreach.languages import LANGUAGES
from boxreach.report.document import write_docx
from boxreach.report.model import Name
from boxreach.report.page import render_article
from boxreach.report.wording import Wording
from boxreach.text import show_controls

pytestmark = pytest.mark.slow

docx = pytest.importorskip("docx", reason="python-docx, of the extra `word`, is not installed")
pytest.importorskip("resvg_py", reason="resvg-py, of the extra `word`, is not installed")

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = (
    "=cmd|' /C calc'!A0", "+1", "@x", "a\tb", "<script>alert(1)</script>", "{{7*7}}", "a]]>b",
    "x\x00y\x0b\x7f\x85", "\u202eabc", "R&D \ufffe\ud800", ' HYPERLINK "http://x" ',
)  # fmt: skip


def squeeze(text):
    return re.sub(r"\s+", " ", text.replace("\u200e", "")).strip()


def page_tables(report, wording):
    """Every table of the page as rows of texts, a cell that fills several places in each."""
    text = show_controls(str(render_article(report, wording))).replace("<br>", "<br/>")
    return [expand(table) for table in ET.fromstring(f"<a>{text}</a>").iter("table")]


def expand(table):
    rows = [row for part in table if part.tag != "caption" for row in part]
    filled = {}
    for at, row in enumerate(rows):
        column = 0
        for cell in row:
            while (at, column) in filled:
                column += 1
            for down in range(int(cell.get("rowspan", 1))):
                for right in range(int(cell.get("colspan", 1))):
                    filled[at + down, column + right] = "".join(cell.itertext())
            column += int(cell.get("colspan", 1))
    width = 1 + max(column for _, column in filled)
    return [[bare(filled[at, one]) for one in range(width)] for at in range(len(rows))]


def bare(text):
    """Text without any space: a page breaks lines in a cell where a document begins another."""
    return re.sub(r"\s+|\u200e", "", text)


def word_tables(path):
    return [
        [[bare(cell.text) for cell in row.cells] for row in table.rows]
        for table in docx.Document(path).tables
    ]


@pytest.mark.parametrize(
    "language",
    [pytest.param(one, marks=[pytest.mark.release] * (one in {"ckb", "kmr"})) for one in LANGUAGES],
)
def test_every_table_of_the_page_is_in_the_document_cell_by_cell(make_report, tmp_path, language):
    report = make_report()
    write_docx(tmp_path / "a.docx", report, Wording(language))
    written = iter(word_tables(tmp_path / "a.docx"))
    for table in page_tables(report, Wording(language)):
        assert any(table == one for one in written), table[0]


@pytest.mark.parametrize("language", ["en", "ar", "ckb"])
def test_what_is_read_from_right_to_left_is_written_so(make_report, tmp_path, language):
    write_docx(tmp_path / "a.docx", make_report(), Wording(language))
    body = docx.Document(tmp_path / "a.docx").element.body
    backwards = language != "en"
    tables, paragraphs = list(body.iter(f"{W}tbl")), list(body.iter(f"{W}p"))
    assert all((one.find(f"{W}tblPr/{W}bidiVisual") is not None) == backwards for one in tables)
    assert all((one.find(f"{W}pPr/{W}bidi") is not None) == backwards for one in paragraphs)
    grids = [run for run in body.iter(f"{W}r") if "38SLF" in "".join(run.itertext())]
    assert grids
    assert all(run.find(f"{W}rPr/{W}rtl") is None for run in grids)
    assert all("".join(run.itertext()).isalnum() for run in grids)


def test_rows_stay_whole_and_heads_come_again(make_report, tmp_path):
    write_docx(tmp_path / "a.docx", make_report(), Wording("en"))
    body = docx.Document(tmp_path / "a.docx").element.body
    rows = list(body.iter(f"{W}tr"))
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
    assert any(row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows)


def test_charts_are_pictures_that_say_what_they_show(make_report, tmp_path):
    report = make_report()
    write_docx(tmp_path / "a.docx", report, Wording("ar"))
    document = docx.Document(tmp_path / "a.docx")
    said = {one.get("descr") for one in document.element.iter() if one.tag.endswith("}docPr")}
    page = ET.fromstring(f"<a>{render_article(report, Wording('ar'))}</a>".replace("<br>", "<br/>"))
    assert {one.text for one in page.iter("desc")} <= said


def test_the_same_report_makes_the_same_bytes(make_report, tmp_path):
    for name in ("a", "b"):
        write_docx(tmp_path / name, make_report(), Wording("kmr"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("language", ["en", "ckb"])
def test_names_are_shown_as_typed_and_run_nothing(make_report, tmp_path, language):
    names = tuple(Name(text, {"ar": text}) for text in HOSTILE)
    write_docx(tmp_path / "a.docx", make_report(len(names), 2, 30, names), Wording(language))
    document = docx.Document(tmp_path / "a.docx")
    shown = squeeze("\n".join(one.text or "" for one in document.element.body.iter(f"{W}t")))
    for text in HOSTILE:
        assert squeeze(show_controls(text)) in shown
    tags = {one.tag.removeprefix(W) for one in document.element.body.iter()}
    assert not tags & {"fldSimple", "instrText", "fldChar", "hyperlink", "object", "altChunk"}
    assert not any(part.is_external for part in document.part.rels.values())


def test_a_sheet_for_every_site_begins_a_page(make_report, tmp_path):
    report = make_report()
    write_docx(tmp_path / "a.docx", report, Wording("en"))
    body = docx.Document(tmp_path / "a.docx").element.body
    assert len(list(body.iter(f"{W}pageBreakBefore"))) == len(report.sheets)


def test_what_is_not_installed_is_named(make_report, tmp_path, monkeypatch):
    for name in ("docx", "resvg_py"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            with pytest.raises(InputError, match=r"boxreach\[word\]"):
                write_docx(tmp_path / "a.docx", make_report(), Wording("en"))
    assert not (tmp_path / "a.docx").exists()
