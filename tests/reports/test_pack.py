"""A pack is whole, the same twice, and holds nothing that is withheld, whatever the format."""

import base64
import gzip
import io
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import mgrs
import pandas as pd
import pytest

from boxreach import InputError, Redaction
from boxreach.report import pack
from boxreach.report.geography import ground_notes
from boxreach.report.model import Name
from boxreach.report.pack import FORMATS, PACK, Format, write_pack
from boxreach.report.page import render_article, title_of
from boxreach.report.placement_report import Handling
from boxreach.report.record_listings import list_notes
from boxreach.report.sheet_pages import render_sheet_pages
from boxreach.report.storage import dump_report
from boxreach.report.terms import Terms
from boxreach.report.withheld import withhold
from boxreach.report.wording import Wording

pytestmark = pytest.mark.slow

LANGUAGES = ("en", "ar")
MARKING = "OFFICIAL-XQZ"
NOWHERE_ELSE = "Qaraqosh"


@pytest.fixture(scope="module")
def report(make_report):
    """A marked report whose posts have names and ids that nothing else has."""
    report = make_report()

    def rename(row):
        number = row.site_id[1:]
        return replace(row, site_id=f"post-{row.site_id[0]}-{number}", name=Name(NOWHERE_ELSE))

    sites = tuple(map(rename, report.posts.sites))
    sheets = [rename(one) if one.kind == "post" else one for one in report.sheets]
    ground = replace(report.ground, posts=tuple(map(rename, report.ground.posts)))
    return replace(
        report,
        posts=replace(report.posts, sites=sites),
        sheets=tuple(sheets),
        ground=ground,
        handling=Handling({"en": MARKING, "ar": f"رسمي {MARKING}"}),
    )


HERE = {name: one for name, one in FORMATS.items() if not one.missing}
"""What can be written on this machine: the search is made in all of it."""


@pytest.fixture(scope="module")
def whole(report, tmp_path_factory):
    """The pack of the whole report."""
    folder = tmp_path_factory.mktemp("whole") / "pack"
    write_pack(folder, report, formats=[*HERE], languages=LANGUAGES)
    return folder


@pytest.fixture(scope="module")
def public(report, tmp_path_factory):
    """The pack for the public."""
    folder = tmp_path_factory.mktemp("public") / "pack"
    write_pack(
        folder, withhold(report, Redaction(round_km=10)), formats=[*HERE], languages=LANGUAGES
    )
    return folder


# --- how files are read -----------------------------------------------------------------------


def contents(name, data):
    """Yield every readable text and every raw part of a file, and of what is packed in it."""
    yield name, data
    if name.endswith(".pdf"):
        if shutil.which("pdftotext") is None:
            pytest.skip("no pdftotext on this machine")
        done = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True
        )
        yield f"{name}:text", done.stdout
        info = subprocess.run(["pdfinfo", "-"], input=data, capture_output=True, check=True)
        yield f"{name}:info", info.stdout
    elif zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for one in archive.namelist():
                yield from contents(f"{name}/{one}", archive.read(one))
    elif name.endswith(".gpkg"):
        connection = sqlite3.connect(":memory:")
        connection.deserialize(data)
        yield f"{name}:sql", "\n".join(map(str, connection.iterdump())).encode()
        connection.close()
    elif name.endswith(".parquet"):
        frame = pd.read_parquet(io.BytesIO(data))
        yield f"{name}:rows", repr(frame.to_dict("list")).encode()
        for column in [one for one in frame if frame[one].dtype.name == "object"]:
            cells = [one for one in frame[column] if isinstance(one, bytes)]
            yield f"{name}:{column}", b"".join(cells)
    for packed in re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", data if name.endswith(".html") else b""):
        try:
            raw = base64.b64decode(packed, validate=True)
        except ValueError:
            continue
        yield f"{name}:base64", gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


@cache
def every_part(folder):
    """Return all that is in the files of a pack, which are unpacked once for all that is sought."""
    return [
        part
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for part in contents(path.relative_to(folder).as_posix(), path.read_bytes())
    ]


def degrees_minutes(value):
    """Return a place as degrees and minutes, and as degrees, minutes and seconds, begin."""
    whole, minutes = int(value), (value - int(value)) * 60
    seconds = (minutes - int(minutes)) * 60
    return [
        rf"{whole}\s*°\s*{int(minutes):02d}[.,]{int(minutes * 10) % 10}",
        rf"{whole}\s*°\s*{int(minutes):02d}\s*[′']\s*{int(seconds):02d}",
    ]


def tells_of(row):
    """Return what would tell where a post is: patterns of text, and bytes of numbers."""
    texts = [re.escape(row.mgrs), re.escape(row.site_id), NOWHERE_ELSE]
    grid = mgrs.MGRS()
    for digits in (3, 4, 5):  # to 100 m and closer
        code = grid.toMGRS(row.lat, row.lon, MGRSPrecision=digits)
        east, north = code[5 : 5 + digits], code[5 + digits :]
        texts.append(rf"{code[:3]}\s?{code[3:5]}\s?{east}\s?{north}")
    raw = []
    for axis in (row.lon, row.lat):
        digits = f"{axis:.3f}", f"{int(axis * 1000) / 1000:.3f}"
        for shown in {*digits, *(one.replace(".", "٫") for one in digits)}:
            if not shown.endswith("0"):
                texts.append(re.escape(shown))
            texts.append(re.escape(shown.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))))
        texts += degrees_minutes(axis)
        for kind in "<>":
            raw += [struct.pack(f"{kind}d", axis), struct.pack(f"{kind}d", round(axis, 5))]
    raw += [one.hex().upper().encode() for one in raw]
    return texts, raw


def found_in(folder, row):
    """Return in which parts of a pack something tells of a post."""
    texts, raw = tells_of(row)
    pattern = re.compile("|".join(texts))
    found = []
    for name, data in every_part(folder):
        if pattern.search(data.decode("utf-8", "ignore")) or any(one in data for one in raw):
            found.append(name)
    return found


# --- what is withheld -------------------------------------------------------------------------


def test_no_file_of_a_public_pack_tells_of_a_post(report, public):
    for row in (*report.posts.sites, *report.ground.posts):
        assert found_in(public, row) == []


@pytest.mark.release
def test_the_search_finds_posts_in_every_format_of_the_whole_pack(report, whole):
    """What finds nothing in the public pack would find it."""
    found = {one for row in report.posts.sites for one in found_in(whole, row)}
    for name in HERE:
        pattern = FORMATS[name].files.format(language="en").replace("*", "")
        folder, _, ending = pattern.rpartition("/")
        assert any(one.startswith(folder) and ending in one for one in found), name


def test_no_box_is_told_more_closely_than_it_is_rounded(report, public):
    for row in (*report.plan.sites, *report.ground.boxes):
        places = [f"{axis:.5f}" for axis in (row.lon, row.lat)]
        lon, lat = (one.rstrip("0") for one in places)
        for name, data in every_part(public):
            text = data.decode("utf-8", "ignore")
            assert not (lon in text and lat in text and len(lon) > 7), name
            assert row.mgrs not in text, name


def test_every_format_bears_the_marking_and_says_what_is_rounded(public):
    parts = [(name, data.decode("utf-8", "ignore")) for name, data in every_part(public)]
    for format_name, one in HERE.items():
        for language in LANGUAGES:
            pattern = one.files.format(language=language)
            folder, _, ending = pattern.rpartition("/")
            ending = ending.replace("*", "")
            mine = [
                text
                for name, text in parts
                if (name.startswith(f"{folder}/") if folder else name.startswith(ending))
                and ending in name
            ]
            assert any(MARKING in text for text in mine), format_name
            said = r"10(?:\.0)?[\s\u00a0]*(?:km|كم|</bdi>[\s\u00a0]*(?:km|كم))|\"rounded_km\": 10"
            # pdftotext sets signs of direction between a figure and an Arabic word
            plain = [re.sub(r"<[^>]+>|[\u202a-\u202e\u2066-\u2069]", "", text) for text in mine]
            assert any(re.search(said, text) for text in plain), format_name


# --- whole or not at all ----------------------------------------------------------------------


def state_of(folder):
    return {one: one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


def test_a_pack_has_its_files_and_no_other(report, public):
    names = {one.relative_to(public).as_posix() for one in public.rglob("*") if one.is_file()}
    for format_name, one in HERE.items():
        for language in LANGUAGES:
            pattern = one.files.format(language=language)
            assert any(Path(name).match(pattern) for name in names), format_name
    assert PACK.foreign(public) == []
    assert not [name for name in names if ".ckb." in name]


def test_the_paths_of_all_files_come_back_sorted(report, tmp_path):
    files = write_pack(tmp_path / "pack", report, formats=["json", "html"], languages=["kmr"])
    assert files == (tmp_path / "pack" / "report.html", tmp_path / "pack" / "report.json")
    assert all(one.is_file() for one in files)
    assert files[1].read_bytes() == dump_report(report)


def test_an_earlier_pack_is_replaced_as_a_whole(report, tmp_path):
    folder = tmp_path / "pack"
    write_pack(folder, report, formats=["html", "json"])
    (folder / "tables").mkdir()
    (folder / "tables" / "sites.csv").write_text("x")
    write_pack(folder, report, formats=["json"])
    assert [one.name for one in folder.iterdir()] == ["report.json"]


def test_a_write_that_fails_leaves_the_earlier_pack(report, tmp_path, monkeypatch):
    folder = tmp_path / "pack"
    write_pack(folder, report, formats=["html", "json"])
    before = state_of(folder)

    def fail(task):
        task.path("tables", "half.csv").write_text("half")
        raise error

    broken = Format(fail, "tables/*.csv")
    monkeypatch.setitem(pack.FORMATS, "csv", broken)
    full, other = OSError(28, "No space left on device"), OSError(5, "Input/output error")
    stopped = KeyboardInterrupt()
    for raised, told in ((full, InputError), (other, OSError), (stopped, KeyboardInterrupt)):
        error = raised
        with pytest.raises(told):
            write_pack(folder, report, formats=["html", "csv"])
        assert state_of(folder) == before
        assert [one.name for one in tmp_path.iterdir()] == ["pack"]


@pytest.mark.parametrize("name", ["mine.txt", "run.json", "tables/mine.xlsx", "sub/report.html",
                                  "report.xx.pdf", "report.json/x.csv"])  # fmt: skip
def test_a_folder_with_files_of_others_is_refused_and_kept(report, tmp_path, name):
    path = tmp_path / "pack" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(InputError, match="no report wrote") as caught:
        write_pack(tmp_path / "pack", report, formats=["json"])
    assert name.split("/")[0] in str(caught.value)
    assert path.read_text() == "mine"


def test_a_library_that_is_missing_is_told_before_anything_is_written(
    report, tmp_path, monkeypatch
):
    gone = replace(FORMATS["pdf"], libraries=("no_such_library",))
    monkeypatch.setitem(pack.FORMATS, "pdf", gone)
    with pytest.raises(InputError, match=re.escape("pip install 'boxreach[pdf]'")):
        write_pack(tmp_path / "pack", report, formats=["html", "pdf"])
    assert [*tmp_path.iterdir()] == []


def test_what_needs_an_extra_is_left_out_where_nobody_asks_for_it(report, tmp_path, monkeypatch):
    only = {name: FORMATS[name] for name in ("html", "pdf", "docx", "json")}
    monkeypatch.setattr(pack, "FORMATS", only)
    files = write_pack(tmp_path / "pack", report)
    assert [one.name for one in files] == ["report.html", "report.json"]


def test_all_that_is_wrong_is_said_at_once(report, tmp_path):
    with pytest.raises(InputError) as caught:
        write_pack(
            tmp_path, report, formats=["odt", "html"], languages=["en", "tlh"], digits="roman"
        )
    message = str(caught.value)
    for one in ("'odt'", "'tlh'", "'roman'"):
        assert one in message


# --- the same twice ---------------------------------------------------------------------------

WRITE = """
import sys
from pathlib import Path
from boxreach.report.pack import FORMATS, write_pack
from boxreach.report.storage import load_report
report = load_report(Path(sys.argv[1]).read_bytes())
formats = [one for one in FORMATS if one != "pdf"]  # which has a test of its own
write_pack(sys.argv[2], report, formats=formats, languages=("en", "ar"))
"""


@pytest.mark.release
def test_a_pack_is_the_same_bytes_in_another_process_day_and_zone(report, whole, tmp_path):
    kept = tmp_path / "report.json"
    kept.write_bytes(dump_report(report))
    source = str(Path(pack.__file__).parents[2])
    folder = tmp_path / "other"
    changed = {"PYTHONHASHSEED": "77", "TZ": "Pacific/Kiritimati", "PYTHONPATH": source}
    subprocess.run(
        [sys.executable, "-c", WRITE, str(kept), str(folder)],
        env=os.environ | changed, check=True, timeout=300,
    )  # fmt: skip
    other = {one.relative_to(folder): data for one, data in state_of(folder).items()}
    here = {one.relative_to(whole): data for one, data in state_of(whole).items()}
    here = {one: data for one, data in here.items() if one.suffix != ".pdf"}
    assert set(other) == set(here)
    assert [one for one in here if other[one] != here[one]] == []


def test_a_marking_or_title_that_is_a_word_of_the_catalogue_is_shown_as_typed(make_report):
    report = replace(make_report(), title="modelled", handling=Handling("schematic"))
    for language in LANGUAGES:
        said = Wording(language)
        shown = [
            str(render_article(report, said)),
            str(render_sheet_pages(report, said)),
            "".join(ground_notes(report, said)),
            repr(list_notes(report, Terms(said)).rows),
        ]
        for text in shown:
            assert "schematic" in text
            assert said.words["label_schematic"] not in text
        assert said.label("schematic") == said.words["label_schematic"]
        assert title_of(report, said) == "modelled"
