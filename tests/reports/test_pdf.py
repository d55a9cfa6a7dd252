"""The PDF says what the report says, in every script, fetches nothing, and repeats itself."""

import dataclasses
import hashlib
import io
import os
import pickle
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.resources import files

import pytest

from boxreach.errors import InputError
from boxreach.languages import LANGUAGES, RIGHT_TO_LEFT
from boxreach.languages.typefaces import FACES, read_font
from boxreach.report.model import Name
from boxreach.report.pack import FORMATS
from boxreach.report.page import render_page
from boxreach.report.paper import quote_css, write_page_rules
from boxreach.report.pdf import render_papers, write_pdf
from boxreach.report.placement_report import Handling
from boxreach.report.press import print_papers
from boxreach.report.typesetting import fetch_packaged
from boxreach.report.wording import Wording

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FORMATS["pdf"].missing, reason="WeasyPrint or its Pango is not installed"),
]
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils are not installed"
)

SHOWN = ("ckb",)
"""What stands for all languages by default: a script from right to left."""
IN_LANGUAGES = [
    *SHOWN,
    *(pytest.param(one, marks=pytest.mark.release) for one in sorted({*LANGUAGES} - {*SHOWN})),
]

MARKINGS = {"en": "RESTRICTED", "ar": "سري", "ckb": "نهێنی", "kmr": "VEŞARTÎ"}
HOSTILE = (
    '"; } @import "file:///etc/passwd"; </style><img src=http://h/x> {{7*7}} \\ url(//h/) \x02'
)


def _marked(report, marking=MARKINGS, sheets=(), **more):
    return dataclasses.replace(report, sheets=sheets, handling=Handling(marking, **more))


@pytest.fixture(scope="session")
def write(make_report, tmp_path_factory):
    """Write the PDF of a small report in a language, once."""
    folder = tmp_path_factory.mktemp("pdf")

    @cache
    def written(language, digits="latn"):
        path = folder / f"{language}-{digits}.pdf"
        write_pdf(path, _marked(make_report()), Wording(language, digits))
        return path

    return written


@pytest.fixture(scope="session")
def with_sheets(make_report):
    """A small report with its three sheets, more than are laid out at once."""
    report = make_report(2, 1, 6)
    return _marked(report, sheets=report.sheets)


@pytest.fixture(scope="session")
def written_sheets(with_sheets, tmp_path_factory):
    """The PDF of a small report and its sheets, of which two are laid out at once."""
    path = tmp_path_factory.mktemp("sheets") / "ckb.pdf"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boxreach.report.pdf._BATCH", 2)
        write_pdf(path, with_sheets, Wording("ckb"))
    return path


def _read(path, *options):
    done = subprocess.run(
        ["pdftotext", *options, str(path), "-"], capture_output=True, text=True, check=True
    )
    # what pdftotext says of directions, and presentation forms of letters that are joined
    return re.sub("[\u202a-\u202e\u2066-\u2069]", "", done.stdout)


def _pages(path):
    return _read(path).split("\f")[:-1]


# ---- what it says --------------------------------------------------------------------------


@needs_poppler
@pytest.mark.parametrize("language", IN_LANGUAGES)
def test_the_figures_of_the_report_are_read_back(write, make_report, language):
    text = _read(write(language))
    plan = make_report().plan
    for figure in (plan.before.cover.covered, plan.after.cover.covered, plan.after.cover.total):
        assert f"{figure:,.0f}" in text
    for site in plan.sites:
        assert site.mgrs in text


@needs_poppler
@pytest.mark.parametrize("language", IN_LANGUAGES)
def test_every_page_bears_the_marking_in_header_and_footer(write, language):
    for page in _pages(write(language)):
        assert len(re.findall(MARKINGS[language], page)) >= 2


@pytest.mark.release
@needs_poppler
def test_page_numbers_are_in_the_digits_of_the_reader(write):
    assert re.search(r"^1 ?/ ?\d+$", _pages(write("en"))[0], re.MULTILINE)
    assert re.search(r"[٠-٩]+ ?/ ?[٠-٩]+", _pages(write("ar", "arab"))[0])


@pytest.mark.release
@needs_poppler
def test_each_sheet_has_a_page_of_its_own_behind_the_report(with_sheets, written_sheets):
    pages, count = _pages(written_sheets), len(with_sheets.sheets)
    told = pages[-count:]
    for page, sheet in zip(told, with_sheets.sheets, strict=True):
        assert sheet.site_id in page
        assert len(re.findall(MARKINGS["ckb"], page)) == 2
    said = Wording("ckb").words["sheet_notes"]
    assert [said in page for page in pages] == [False] * (len(pages) - count) + [True] * count
    for number, page in enumerate(pages[:-count], 1):
        assert re.search(rf"^{number} ?/ ?{len(pages)}$", page, re.MULTILINE)


@needs_poppler
def test_figures_of_a_map_stand_on_it(with_sheets, written_sheets, tmp_path):
    last = str(len(_pages(written_sheets)))
    box = ["pdftotext", "-bbox", "-f", last, "-l", last, str(written_sheets), "-"]
    words = subprocess.run(box, capture_output=True, text=True, check=True).stdout
    places = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)".*>\d+\.\d+°<', words)
    assert len(places) >= 2
    for x, y in places:
        # in points: the map is the right half of the upper half of a page from right to left
        assert 240 < float(x) < 565
        assert 100 < float(y) < 440


@needs_poppler
@pytest.mark.parametrize("language", ["ckb", pytest.param("ar", marks=pytest.mark.release)])
def test_words_of_arabic_script_are_found_again_as_typed(write, language):
    said = Wording(language).words
    text = " ".join(_read(write(language)).split())
    for key in ("heading_decision", "heading_governorates", "governorate", "boxes_proposed"):
        assert said[key] in text


@needs_poppler
def test_the_title_and_language_are_told_and_the_file_is_tagged(write):
    told = subprocess.run(
        ["pdfinfo", str(write("ckb"))], capture_output=True, text=True, check=True
    ).stdout
    assert Wording("ckb").words["report_title"] in told
    assert re.search(r"Tagged: +yes", told)
    assert re.search(r"Page size: +595.\d+ x 841.\d+ pts \(A4\)", told)
    assert not re.search("CreationDate|ModDate", told)


@pytest.fixture(scope="session")
def written_long(with_sheets, tmp_path_factory):
    """The same PDF as a long one: printed by processes of their own, two sheets in each."""
    path = tmp_path_factory.mktemp("long") / "ckb.pdf"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boxreach.report.pdf._MOST_TAGGED", 1)
        patch.setattr("boxreach.report.pdf._BATCH", 2)
        write_pdf(path, with_sheets, Wording("ckb"))
    return path


@pytest.mark.release
@needs_poppler
def test_beyond_so_many_sheets_a_file_has_no_tags_and_the_same_pages(written_sheets, written_long):
    told = subprocess.run(["pdfinfo", written_long], capture_output=True, text=True, check=True)
    assert re.search(r"Tagged: +no", told.stdout)
    assert not re.search("CreationDate|ModDate", told.stdout)
    assert Wording("ckb").words["report_title"] in told.stdout
    letters = [
        [sorted("".join(page.split())) for page in _pages(path)]
        for path in (written_long, written_sheets)
    ]
    assert letters[0] == letters[1]


def test_pages_that_cannot_be_printed_are_said_and_all_processes_end(with_sheets):
    asked = []

    def papers():
        good = next(render_papers(with_sheets, Wording("ckb")))
        good = dataclasses.replace(good, page="<html lang='ckb'><body><p>1</p></body></html>")
        for paper in (dataclasses.replace(good, styles=("no.css",)), good, good, good, good):
            asked.append(paper)
            yield paper

    with pytest.raises(RuntimeError, match=r"could not be printed .*no\.css"):
        list(print_papers(papers()))
    assert len(asked) <= max(2, min(4, os.cpu_count() or 1)) + 1


@pytest.mark.release
def test_inside_another_program_papers_are_printed_here(with_sheets, monkeypatch):
    paper = next(render_papers(with_sheets, Wording("ckb")))
    elsewhere = list(print_papers([paper]))
    monkeypatch.setattr(sys, "executable", "/usr/bin/qgis")
    monkeypatch.setattr(subprocess, "Popen", None)
    assert list(print_papers([paper])) == elsewhere


@needs_poppler
@pytest.mark.parametrize("language", IN_LANGUAGES)
def test_all_letters_are_those_of_packaged_fonts(write, language):
    listed = subprocess.run(
        ["pdffonts", str(write(language))], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert listed
    assert all(re.match(r"[A-Z]{6}\+boxreach-", line) for line in listed)


@needs_poppler
@pytest.mark.parametrize("language", IN_LANGUAGES)
def test_lines_begin_on_the_side_of_the_script_and_nothing_leaves_the_page(
    write, language, tmp_path
):
    pillow = pytest.importorskip("PIL.Image")
    subprocess.run(
        ["pdftoppm", "-r", "40", "-gray", str(write(language)), str(tmp_path / "page")], check=True
    )
    for page in tmp_path.iterdir():
        with pillow.open(page) as image:
            width, height = image.size
            margin = round(width * 11 / 210)
            ink = image.point(lambda grey: 255 * (grey < 160))
            assert ink.crop((0, 0, margin, height)).getbbox() is None
            assert ink.crop((width - margin, 0, width, height)).getbbox() is None
    with pillow.open(min(tmp_path.iterdir())) as image:
        # the title, below the marking
        width, height = image.size
        title = image.crop((0, round(height * 0.09), width, round(height * 0.13)))
        left, _, right, _ = title.point(lambda grey: 255 * (grey < 160)).getbbox()
        assert (left > width - right) == (language in RIGHT_TO_LEFT)


def test_the_words_of_charts_stand_outside_the_drawings(make_report):
    import weasyprint

    from boxreach.report.drawings import lay_words, paint_drawings

    page = weasyprint.HTML(string=next(render_papers(_marked(make_report()), Wording("ar"))).page)
    style = (
        ":root { --now: #0072b2 } .chart text { font-size: 12px }"
        ".chart .curve { fill: none; stroke: var(--now) }"
    )
    paint_drawings(page.etree_element, [style])
    svg = "{http://www.w3.org/2000/svg}"
    curves = [one for one in page.etree_element.iter(f"{svg}path") if one.get("class") == "curve"]
    assert {one.get("stroke") for one in curves} == {"#0072b2"}
    count = sum(1 for _ in page.etree_element.iter(f"{svg}text"))
    lay_words(page.etree_element)
    laid = [one for one in page.etree_element.iter("div") if one.get("class") == "laid"]
    assert len(laid) == count > 0
    assert not list(page.etree_element.iter(f"{svg}text"))


# ---- what it fetches and keeps -------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://h/x.png", "https://h/", "data:text/css,a", "boxreach:../x", ""],
)
def test_nothing_but_packaged_fonts_is_fetched(address):
    with pytest.raises(InputError, match="would load"):
        fetch_packaged(address)


@pytest.mark.parametrize("name", FACES)
def test_packaged_fonts_are_fetched_unpacked(name):
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(read_font(name)), recalcTimestamp=False)
    fetched = TTFont(io.BytesIO(fetch_packaged(f"boxreach:{name}").read()))
    assert font.flavor == "woff2"
    assert fetched.flavor is None
    assert fetched.getGlyphOrder() == font.getGlyphOrder()
    assert fetched["name"].compile(fetched) == font["name"].compile(font)


def test_fonts_are_those_whose_checksums_are_listed():
    folder = files("boxreach.languages") / "fonts"
    sums = dict(line.split()[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    there = {one.name for one in folder.iterdir()} - {"README.md", "SHA256SUMS"}
    assert set(sums) == there
    for name, checksum in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum, name


@needs_poppler
def test_hostile_names_and_markings_are_shown_and_do_nothing(make_report, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "boxreach.report.typesetting.fetch_packaged",
        lambda address, drawings: asked.append(address) or fetch_packaged(address, drawings),
    )
    names = tuple(Name(HOSTILE, {"ar": HOSTILE}) for _ in range(2))
    report = _marked(make_report(names=names), {"en": HOSTILE})
    write_pdf(tmp_path / "it.pdf", report, Wording("en"))
    fonts = {f"boxreach:{name}" for name in FACES}
    assert all(one in fonts or re.fullmatch(r"boxreach:drawing-\d+", one) for one in asked)
    text = "".join(_read(tmp_path / "it.pdf").split())
    assert '@import"file:///etc/passwd";</style><imgsrc=http://h/x>{{7*7}}' in text
    assert "root:x:0" not in text


def test_no_text_ends_a_string_of_a_style_sheet():
    assert re.fullmatch(r'"(\\[0-9a-f]+ )*"', quote_css(HOSTILE + "\n\r\t\0</style>"))


def test_rules_of_pages_hold_no_word_of_a_user(make_report):
    for language in LANGUAGES:
        rules = write_page_rules(_marked(make_report(), {"en": HOSTILE}), Wording(language))
        assert "import" not in rules
        assert "style" not in rules
        assert "<" not in rules


_WRITE_AGAIN = """
import pickle, sys
from boxreach.report import pdf
from boxreach.report.wording import Wording
with open("report", "rb") as file:
    report = pickle.load(file)
pdf._BATCH = 2
for pdf._MOST_TAGGED, name in ((100, "short.pdf"), (1, "long.pdf")):
    pdf.write_pdf(name, report, Wording("ckb"))
"""


@pytest.mark.release
def test_the_same_report_gives_the_same_bytes_in_another_process(
    with_sheets, written_sheets, written_long, tmp_path
):
    (tmp_path / "report").write_bytes(pickle.dumps(with_sheets))
    elsewhere = {**os.environ, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", _WRITE_AGAIN], check=True, env=elsewhere, cwd=tmp_path)
    assert (tmp_path / "short.pdf").read_bytes() == written_sheets.read_bytes()
    assert (tmp_path / "long.pdf").read_bytes() == written_long.read_bytes()


def test_what_is_withheld_is_said_at_the_top(make_report):
    report = _marked(make_report(), posts_withheld=True, rounded_km=5.0)
    said = Wording("en").words
    page = render_page(report, ("en",))
    top = page[: page.index("<h2>")]
    assert said["withheld_posts"] in top
    assert "rounded to <bdi" in top
    assert MARKINGS["en"] in top


def test_without_weasyprint_the_error_names_the_extra(make_report, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(InputError, match=re.escape("pip install 'boxreach[pdf]'")):
        write_pdf(tmp_path / "it.pdf", make_report(), Wording("en"))
    assert list(tmp_path.iterdir()) == []


# ---- the page, printed from a browser ------------------------------------------------------


@pytest.fixture
def open_report(open_tab, make_report, tmp_path):
    """Open the page of a report in a browser, one language shown."""

    def open_page(language, report=None, width=1280):
        languages = tuple(sorted(LANGUAGES, key=lambda one: one != language))
        path = tmp_path / "report.html"
        shown = render_page(report or _marked(make_report(), rounded_km=5.0), languages)
        path.write_text(shown, encoding="utf-8")
        return open_tab(path, width, 900)

    return open_page


def _in_each_language(page):
    """Show a page in one language after the other."""
    for language in sorted(LANGUAGES):
        page.click(f"button[data-language={language}]")
        assert page.locator("article:visible").count() == 1
        assert page.locator(f"article#{language}").is_visible()
        yield language


@pytest.mark.browser
@pytest.mark.parametrize(
    "languages", [("ckb",), pytest.param(tuple(sorted(LANGUAGES)), marks=pytest.mark.release)]
)
def test_axe_finds_nothing_serious(open_report, find_violations, languages):
    page = open_report("en")
    for language in _in_each_language(page):
        if language in languages:
            assert find_violations(page) == [], language


@pytest.mark.browser
def test_on_paper_nothing_is_wider_than_a4(open_report, make_report):
    # as wide as A4 without its margins, in CSS pixels
    column = int(182 / 25.4 * 96)
    page = open_report("en", _marked(make_report(12, 12, 300)), width=column)
    for language in _in_each_language(page):
        page.emulate_media(media="print")
        wide = page.evaluate(
            """column => [...document.querySelectorAll("article:not([hidden]) *")].filter(one => {
              const box = one.getBoundingClientRect();
              return box.width && (box.right > column + 1 || box.left < -1)
                && !one.closest("svg:not(:scope)") && !one.matches(".hidden, .hidden *");
            }).map(one => one.outerHTML.slice(0, 120))""",
            column,
        )
        assert wide == [], language
        page.emulate_media(media="screen")


@needs_poppler
@pytest.mark.browser
def test_a_browser_prints_one_language_with_the_marking_on_every_page(open_report, tmp_path):
    page = open_report("en")
    for language in _in_each_language(page):
        page.pdf(path=tmp_path / "printed.pdf", prefer_css_page_size=True)
        pages = _pages(tmp_path / "printed.pdf")
        assert len(pages) > 3
        for text in pages:
            assert len(re.findall(MARKINGS[language], text)) >= 2
        whole = "".join(pages)
        for other in set(MARKINGS) - {language}:
            assert MARKINGS[other] not in whole
            assert LANGUAGES[other] not in whole
