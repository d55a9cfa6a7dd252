"""What workbooks and CSV promise: the numbers of the report, as numbers, and nothing that runs."""

import csv
import io
import math
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from boxreach.errors import InputError
from boxreach.exports import Column, Listing, write_listing, write_workbook
from boxreach.languages import LANGUAGES, words
from boxreach.report.details import (
    Curve,
    CurveSet,
    DemandRow,
    DemandTable,
    DistanceRow,
    DistanceTable,
    FifthRow,
    FifthTable,
    LayerRow,
    LayerTable,
    MustTable,
    SpotRow,
    SpotTable,
    WorstPlace,
    WorstRow,
)
from boxreach.report.frontier import Column as PostColumn
from boxreach.report.frontier import PostRow, PostTable
from boxreach.report.listings import list_tables, name_contents
from boxreach.report.model import Cover, GapRow, GapSum, Move, Name, Price, Regret, Span
from boxreach.report.placement_report import Handling
from boxreach.report.wording import Wording

ODD = [
    "=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "\u200f=1",
    "a;=1", "a\n@x", "<r><t>x</t></r>", "<r>&", "<r></b></r>", "_x0041_", "{=1}", "&", "]]>",
    "mailto:a@b.c", "http://example.org", "007", "1e5", "12/11", "TRUE", "#REF!", "\ufffe", "x\ry",
]  # fmt: skip
COVER = Cover(100, 60, 0.6)


def full_report(make_report, **arguments):
    """Return a report that has something in every table."""
    report = make_report(**arguments)
    area, total = Name("Ninewa", {"ar": "نينوى"}), None
    missed = GapRow("c1", Name("Rabia"), area, 50, None, "ISOLATED", must=True)
    two = (COVER, COVER)
    details = replace(
        report.details,
        spots=SpotTable(30.0, (SpotRow(area, 2.5, area, 3, 40, "TOO_FAR", 30, 43.1, 36.1),),
                        3, 9, 90, 2, 6, 50),
        distances=DistanceTable(30.0, True, (
            DistanceRow(area, True, 10.25, None, 12.5, 0.4, 7, 0.25),
            DistanceRow(total, None, None, None, None, None, None, None))),
        curves=CurveSet((Curve(total, (0.0, 30.0), (0.0, 0.75)),), (30.0,), 0),
        fifths=FifthTable((30.0, 60.0), (FifthRow(5, 10.5, 900.0, 100, two, 7.5),
                                         FifthRow(4, None, None, 0, (), None))),
        worst=(WorstRow(total, (WorstPlace(area, None, None), WorstPlace(area, 5, 99.5))),),
        layers=LayerTable((30.0, 60.0), (LayerRow("people", 0, two), LayerRow("=pets", 3, None)),
                          30.0, ((area, (COVER, None)), (total, (COVER, None)))),
        demand=DemandTable((30.0,), (DemandRow("pipelines", "km", 1, 100.5, (None,)),)),
        must=MustTable((30.0,), ((area, (COVER,)), (total, (COVER,))), 30.0, (missed,), 0),
    )  # fmt: skip
    price = Price(250_000.0, (0.0, 12.0), 2, (5.0, 6.0), (Regret(5, 100.0, 110.0, None),), 0.1,
                  (Move(5, area, Name("Rabia"), 12.5, 1000.0, 40, 15),))  # fmt: skip
    columns = PostColumn("neighbours", "codes"), PostColumn("town", "name")
    table = PostTable("support", columns, (PostRow("P1", None, area, area, (("P2", "Q1"), area)),))
    return replace(
        report,
        details=details,
        plan=replace(report.plan, price=price),
        gaps=replace(report.gaps, must=(missed,), rest=GapSum(2, 1, 9)),
        strip=replace(report.strip, stretches=(Span(0, 5, 5.0, "UNSEEN", area),), rest=(2, 15.0),
                      reasons=(("UNSEEN", 3, 20.0),)),
        frontier=replace(report.frontier, tables=(*report.frontier.tables, table)),
        handling=Handling("RESTRICTED", posts_withheld=True, rounded_km=5.0),
    )  # fmt: skip


@pytest.fixture(scope="session")
def full(make_report):
    return full_report(make_report)


def write(path, report, code="en", digits="latn", **more):
    wording = Wording(code, digits)
    tables = list_tables(report, wording)
    write_workbook(path, tables, title="Plan", right_to_left=wording.right_to_left, digits=digits,
                   contents=name_contents(wording), **more)  # fmt: skip
    return tables


def sheets_of(path):
    return openpyxl.load_workbook(path).worksheets


def shown(text):
    """Return a text as a cell is to show it."""
    signs = {code: 0x2400 + code for code in range(32) if code not in (9, 10)}
    lost = dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)
    return text.replace("\r\n", "\n").translate({**signs, 127: 0x2421, **lost})


def same(cell, value):
    if isinstance(value, str):
        return (cell.value or "") == shown(value) and cell.data_type in {"s", "n", "inlineStr"}
    return cell.value == value if value is None else math.isclose(cell.value, value, rel_tol=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("code", LANGUAGES)
def test_a_workbook_says_every_cell_of_every_table(full, tmp_path, code):
    tables = write(tmp_path / "a.xlsx", full, code)
    sheets = sheets_of(tmp_path / "a.xlsx")[1:]
    assert len(sheets) == len(tables) > 40
    for sheet, table in zip(sheets, tables, strict=True):
        assert [one.value for one in sheet[1]][: len(table.columns)] == [
            one.title for one in table.columns
        ]
        for cells, row in zip(sheet.iter_rows(min_row=2), table.rows, strict=False):
            pairs = zip(cells[: len(row)], row, strict=True)
            assert all(same(cell, value) for cell, value in pairs), (table.key, row)
        below = [one[0].value for one in sheet.iter_rows(min_row=len(table.rows) + 3)]
        assert below == list(table.notes)


def test_csv_says_every_cell_of_every_table(full, tmp_path):
    tables = list_tables(full, None)
    assert len({one.key for one in tables}) == len(tables)
    for table in tables:
        path = tmp_path / f"{table.key}.csv"
        write_listing(path, table)
        content = path.read_bytes().decode("utf-8")
        assert content.startswith("\ufeff")
        assert content.count("\n") == content.count("\r\n")
        heads, *rows = csv.reader(io.StringIO(content[1:], newline=""))
        assert heads == [one.key for one in table.columns]
        assert len(set(heads)) == len(heads)
        for read, row in zip(rows, table.rows, strict=True):
            for text, cell in zip(read, row, strict=True):
                if isinstance(cell, bool) or cell is None:
                    assert text == ("" if cell is None else str(cell))
                elif isinstance(cell, str):
                    assert text.replace("'", "") == cell.replace("'", "")
                else:
                    assert float(text) == cell


def test_figures_are_those_of_the_report(full):
    tables = {one.key: one for one in list_tables(full, None)}

    def column(key, name, totals=False):
        table = tables[key]
        at = [one.key for one in table.columns].index(name)
        rows = table.rows if totals else table.rows[: len(table.rows) - table.totals]
        return [row[at] for row in rows]

    plan, posts = full.plan, full.posts
    assert column("boxes", "people_gained") == [one.gained for one in plan.sites]
    assert column("boxes", "people_uncovered")[-1] == plan.after.cover.uncovered
    assert column("boxes", "mgrs") == [one.mgrs for one in plan.sites]
    assert column("posts", "km_covered") == [one.covered for one in posts.sites]
    assert column("posts", "chainage_km") == [one.chainage_km for one in posts.sites]
    assert column("boxes", "backup_minutes") == [one.minutes for _, one in full.supports]
    assert column("communities", "minutes") == [one.minutes for one in full.ground.places]
    assert column("frontier", "km") == [one.km for one in full.ground.line]
    assert column("phases", "bound") == [plan.proofs[0].bound, posts.proofs[0].bound]
    assert column("sensitivity", "within_after") == [one.covered for one in full.sensitivity.after]
    assert len(column("served", "minutes")) == sum(len(one.served) for one in full.sheets)
    assert len(column("missed", "minutes")) == sum(len(one.missed) for one in full.sheets)
    assert column("sources", "sha256") == ["ab" * 32]
    figures = dict(zip(column("decision", "figure"), column("decision", "value"), strict=True))
    assert figures["status"] == "feasible"
    before = next(row for row in tables["decision"].rows if row[1] == "before")
    assert before[2:] == (plan.before.cover.covered, "people", plan.before.cover.share)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("outcomes", ["total", "within_before", "gained", "within_after", "outside_after"]),
        ("areas", ["people", "places", "people_within_30", "people_outside_30",
                   "places_within_30"]),
        ("boxes", ["people_gained"]),
        ("posts", ["km_gained"]),
        ("communities", ["people"]),
        ("frontier", ["km"]),
        ("moves", ["people_gained", "people_lost", "people_net", "km", "cost_usd"]),
        ("reasons", ["people", "places"]),
        ("open_stretches", ["km"]),
        ("gap_clusters", ["people", "places"]),
    ],
)  # fmt: skip
def test_totals_add_up(full, key, names):
    """Sums are those of the rows above them, what the list leaves out included."""
    table = next(one for one in list_tables(full, None) if one.key == key)
    for name in names:
        at = [one.key for one in table.columns].index(name)
        cells = [row[at] for row in table.rows]
        assert math.isclose(sum(one or 0 for one in cells[:-1]), cells[-1]), name


@pytest.mark.slow
@pytest.mark.parametrize("digits", ["latn", "arab"])
def test_names_of_strangers_are_shown_as_typed_and_run_nothing(
    make_report, hostile_names, tmp_path, digits
):
    names = [*hostile_names, *ODD]
    called = tuple(Name(one, {"ar": one, "ckb": one}) for one in names)
    report = full_report(make_report, sites=len(names), places=len(names), names=called)
    path = tmp_path / "a.xlsx"
    write(path, report, "ar", digits, header="=1 & co", footer=names[0])
    for sheet in sheets_of(path):
        for row in sheet.iter_rows():
            assert all(one.data_type != "f" for one in row)
    sheet = next(one for one in sheets_of(path) if one.title == "المخافر المقترحة")
    found = [row[3].value for row in sheet.iter_rows(min_row=2, max_row=1 + len(names))]
    assert found == [shown(one) for one in names]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        parts = {one: archive.read(one) for one in archive.namelist()}
    for name, content in parts.items():
        ET.fromstring(content)
        assert b"<f>" not in content, name
        assert b'TargetMode="External"' not in content, name


def test_names_of_strangers_run_nothing_in_csv(make_report, hostile_names, tmp_path):
    """Whatever a spreadsheet takes for the end of a cell: commas, semicolons, tabs or lines."""
    names = [*hostile_names, *ODD]
    called = tuple(Name(one, {"ar": one}) for one in names)
    report = full_report(make_report, sites=len(names), places=len(names), names=called)
    for table in list_tables(report, None):
        path = tmp_path / "a.csv"
        write_listing(path, table)
        text = path.read_text("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        cells += re.split("[;\t\r\n]", text)
        for cell in cells:
            if re.fullmatch(r"-?[\d.e-]+", cell.split(",")[0]):
                continue  # a number
            first = re.sub("^[\\s\x00-\x1f\u200b-\u200f\u2028-\u202f\ufeff]+", "", cell)[:1]
            assert first not in set("=+-@＝＋－＠") - {""}, (table.key, cell)


@pytest.mark.slow
def test_sheets_run_the_readers_way_with_filters_and_heads_that_stay(full, tmp_path):
    for code in ("ar", "en"):
        tables = write(tmp_path / "a.xlsx", full, code, header="SECRET & ours")
        for sheet, table in zip(sheets_of(tmp_path / "a.xlsx")[1:], tables, strict=True):
            assert bool(sheet.sheet_view.rightToLeft) == (code == "ar")
            assert sheet.freeze_panes == "A2"
            count = len(table.rows) - table.totals
            if count:
                assert sheet.auto_filter.ref.endswith(str(count + 1)), table.key
            assert sheet.page_setup.orientation == "landscape"
            assert int(sheet.page_setup.paperSize) == 9
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert int(sheet.page_setup.fitToWidth or 1) == 1
            assert int(sheet.page_setup.fitToHeight) == 0
            assert sheet.print_title_rows == "$1:$1"
            assert sheet["A1"].font.b
            for row in range(count + 2, count + 2 + table.totals):
                assert sheet.cell(row, 1).font.b, "a sum is marked"
        with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
            content = archive.read("xl/worksheets/sheet2.xml").decode()
        assert "SECRET &amp;&amp; ours" in content


def test_a_first_sheet_leads_to_the_others(full, tmp_path):
    tables = write(tmp_path / "a.xlsx", full, "ckb", header="نهێنی")
    first, *others = sheets_of(tmp_path / "a.xlsx")
    rows = list(first.iter_rows(min_row=5))
    assert first["A2"].value == "نهێنی"
    assert [row[0].value for row in rows] == [one.title for one in tables]
    assert [row[1].value for row in rows] == [len(one.rows) - one.totals for one in tables]
    assert [row[0].hyperlink.location for row in rows] == [f"'{one.title}'!A1" for one in others]


@pytest.mark.parametrize(("digits", "begins"), [("latn", "#,##0"), ("arab", "[$-2000000]#,##0")])
def test_numbers_are_shown_by_what_they_are(full, tmp_path, digits, begins):
    tables = write(tmp_path / "a.xlsx", full, "ar", digits)
    sheets = dict(zip([one.key for one in tables], sheets_of(tmp_path / "a.xlsx")[1:], strict=True))
    forms = {one.value: at for at, one in enumerate(sheets["boxes"][1])}
    formats = [one.number_format for one in sheets["boxes"][2]]
    assert formats[forms[words("report", "ar")["people_gained"]]] == begins
    assert formats[forms[words("report", "ar")["longitude"]]] == "0.000000"
    assert formats[forms[words("report", "ar")["share"]]].endswith("0.00%")
    assert formats[forms[words("report", "ar")["mgrs"]]] == "@"


def test_the_same_report_is_the_same_bytes(full, tmp_path):
    for name in ("one", "two"):
        write(tmp_path / f"{name}.xlsx", full, "kmr")
        for table in list_tables(full, None)[:3]:
            write_listing(tmp_path / f"{name}-{table.key}.csv", table)
    for path in tmp_path.glob("one*"):
        other = path.with_name(path.name.replace("one", "two"))
        assert path.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_left_untranslated(full, code):
    """No key or code is shown, and nothing is said in another language's words."""
    tables, plain = list_tables(full, Wording(code)), list_tables(full, None)
    keys = {one for one in words("report", code) if "_" in one or one.isupper()}
    typed = {cell for one in plain for row in one.rows for cell in row if isinstance(cell, str)}
    said = words("report", code).values()
    english = set(words("report", "en").values()) - set(said) if code != "en" else set()
    for table, bare in zip(tables, plain, strict=True):
        assert 0 < len(table.title) <= 31
        heads = [one.title for one in table.columns]
        assert len(set(heads)) == len(heads), table.key
        cells = {cell for row in table.rows for cell in row if isinstance(cell, str)}
        texts = {table.title, *heads, *table.notes, *cells}
        assert not texts & keys, table.key
        assert not (texts - typed) & english, table.key
        assert not any("{" in one for one in texts), table.key
        assert len(table.rows) == len(bare.rows)
        assert table.totals == bare.totals
    assert len({one.title for one in tables}) == len(tables)


def test_a_report_with_hardly_anything_has_its_tables(make_report):
    report = make_report(sites=1, posts=0, places=1)
    bare = replace(report, plan=None, areas=None, supports=(), sheets=(), sensitivity=None)
    for code in (None, *LANGUAGES):
        tables = list_tables(bare, Wording(code) if code else None)
        assert tables[0].rows[0][-3] == 30


def listing(*rows, title="T", totals=0):
    columns = Column("a", "A"), Column("b", "B", "number")
    return Listing("t", title, columns, rows, totals)


def test_a_text_longer_than_a_cell_is_cut_with_a_mark(tmp_path):
    for text in ("x" * 40_000, "😀" * 20_000):
        write_workbook(tmp_path / "a.xlsx", [listing((text, 1))], title="T")
        found = sheets_of(tmp_path / "a.xlsx")[0]["A2"].value
        assert found[-1] == "…"
        assert 32_765 <= len(found.encode("utf-16-le")) // 2 <= 32_767


@pytest.mark.parametrize(
    "title", ["", "History", "a/b?*[x]:\\", "'quoted'", "x" * 60, "😀" * 20, "a\x00b\n", "ا" * 40]
)
def test_every_title_makes_a_name_that_a_sheet_may_have(tmp_path, title):
    tables = [listing(("x", 1), title=title) for _ in range(3)]
    write_workbook(tmp_path / "a.xlsx", tables, title=title, contents=(title, "rows", "notes"))
    names = [one.title for one in sheets_of(tmp_path / "a.xlsx")]
    assert len({one.casefold() for one in names}) == 4
    for name in names:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not re.search(r"[\[\]:*?/\\\x00]|^'|'$", name)
        assert name.casefold() != "history"


def test_unknown_and_infinite_numbers_are_blank(tmp_path):
    table = listing(("x", None), ("y", math.nan), ("z", math.inf), ("sum", 1.5), totals=1)
    write_workbook(tmp_path / "a.xlsx", [table], title="T")
    assert [one.value for one in sheets_of(tmp_path / "a.xlsx")[0]["B"][1:]] == [
        None, None, None, 1.5,
    ]  # fmt: skip
    write_listing(tmp_path / "a.csv", table)
    assert (tmp_path / "a.csv").read_text("utf-8-sig").split() == ["a,b", "x,", "y,", "z,",
                                                                   "sum,1.5"]  # fmt: skip


def test_a_long_marking_fits_the_edge_of_a_page(tmp_path):
    write_workbook(tmp_path / "a.xlsx", [listing(("x", 1))], title="T", header="&9" * 300)
    header = sheets_of(tmp_path / "a.xlsx")[0].oddHeader.center.text
    assert len(header) < 255


def test_what_a_workbook_cannot_hold_is_refused(tmp_path):
    table = Listing("t", "T", (Column("a", "A"),), (("x",),) * 2**20)
    with pytest.raises(InputError, match=r"digits is 'x'.*(?s:.*)1,048,576 rows"):
        write_workbook(tmp_path / "a.xlsx", [table], title="T", digits="x")
    assert not (tmp_path / "a.xlsx").exists()
