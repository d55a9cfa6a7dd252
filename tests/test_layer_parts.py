"""Layers and tables whose parts do not fit, read by letters of another alphabet, or left aside."""

import errno
import shutil
import struct
import warnings
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely import Point

import boxreach as br
from boxreach.sources import shapefiles
from boxreach.sources.archives import damaged, unpacking
from boxreach.sources.letters import warn_of_letters
from boxreach.sources.mapinfo import require_both_parts
from boxreach.sources.unread import warn_of_unread
from boxreach.tables import SITES

NAMES = ["سنجار", "البعاج", "ام قصر"]
SORANI = ["هەولێر", "سلێمانی", "گەرمیان"]


def points(**columns):
    (first, *_) = columns.values()
    shapes = [Point(44 + n / 10, 33) for n in range(len(first))]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def list_warnings(call, *args, **options):
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        call(*args, **options)
    return [one.message.fault for one in heard if issubclass(one.category, br.DataWarning)]


# --- letters --------------------------------------------------------------------------------


def write_shapefile(folder, cpg, encoding="cp1256", names=NAMES):
    points(site_id=names, name=names).to_file(folder / "sites.shp", encoding=encoding)
    (folder / "sites.cpg").write_text(cpg, encoding="utf-8")
    return folder / "sites.shp"


def pack(path, *folders):
    """Put a file and its parts into an archive beside it, in folders or none."""
    with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
        for folder in folders or ("",):
            for one in path.parent.glob(f"{path.stem}.*"):
                if one.suffix != ".zip":
                    archive.writestr(f"{folder}{one.name}", one.read_bytes())
    return path.with_suffix(".zip")


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize(
    ("cpg", "advice"),
    [
        ("ANSI 1256", "write CP1256 into sites.cpg"),
        ("ansi1252\n", "write CP1252 into sites.cpg"),
        ("65001", "put sites.cpg beside it, with UTF-8 or windows-1256 in it"),
        ("\ufeffUTF-8", "put sites.cpg beside it, with UTF-8 or windows-1256 in it"),
    ],
)
def test_an_encoding_that_the_driver_does_not_know_is_refused(
    tmp_path, faults_of, cpg, advice, archived
):
    """Its letters would be taken for those of Western Europe, or be left out."""
    path = write_shapefile(tmp_path, cpg)
    (fault,) = faults_of(pack(path) if archived else path, SITES)
    assert fault.what == f"its part .cpg names an encoding that is not known: {cpg.strip()!r}"
    assert fault.advice == advice


@pytest.mark.parametrize(
    ("cpg", "encoding"),
    [("1256", "cp1256"), (" CP1256\r\n", "cp1256"), ("windows-1256", "cp1256"), ("UTF8", "utf-8"),
     ("ISO 88596", "iso8859-6")],
)  # fmt: skip
def test_an_encoding_that_the_driver_knows_is_read(tmp_path, cpg, encoding):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sites = br.read_sites(write_shapefile(tmp_path, cpg, encoding))
    assert [*sites.index] == [*sites["name"]] == NAMES


def test_an_encoding_of_letters_that_are_none_does_not_matter(tmp_path):
    path = write_shapefile(tmp_path, "ANSI 1256", names=["a", "b"])
    assert [*br.read_sites(path).index] == ["a", "b"]


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("part", ["prj", "dbf"])
def test_a_text_beside_letters_that_is_not_utf8_is_told(tmp_path, faults_of, part, archived):
    """Of a reference system pyogrio tells so by a fault of its own, which is no more than that."""
    path = write_shapefile(tmp_path, "UTF-8", "utf-8")
    data = path.with_suffix(f".{part}").read_bytes()
    spoilt = data.replace(b"WGS_1984", b"WGS_\xe9\xff84").replace(b"name", b"n\xffme")
    path.with_suffix(f".{part}").write_bytes(spoilt)
    given = pack(path) if archived else path
    shapefiles.require_whole(given)
    (fault,) = faults_of(given, SITES)
    assert fault.what == "a text in it is not UTF-8"


def test_what_is_warned_of_before_reading_does_not_come_out(tmp_path, monkeypatch):
    """It is told when the layer is read, as all that its driver says."""
    read_info = pyogrio.read_info

    def warn_and_read(*args, **options):
        warnings.warn("said by a driver", RuntimeWarning, stacklevel=2)
        return read_info(*args, **options)

    monkeypatch.setattr(pyogrio, "read_info", warn_and_read)
    path = write_shapefile(tmp_path, "1256")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shapefiles.require_whole(path)


@pytest.mark.parametrize("archived", [False, True])
def test_a_table_of_attributes_is_looked_at_in_pieces(tmp_path, monkeypatch, faults_of, archived):
    """Rows are counted on from piece to piece, and of each column the first wrong value is told."""
    path = tmp_path / "sites.shp"
    numbers = [1111111, 2222222, 3333333, 4444444, 5555555]
    points(site_id=[*"abcde"], count=numbers, other=numbers).to_file(path)
    table = path.with_suffix(".dbf").read_bytes()
    for right, wrong in ((b"4444444", b"4444.44"), (b"5555555", b"55555.5")):
        table = table.replace(right, wrong)
    path.with_suffix(".dbf").write_bytes(table)
    given = pack(path) if archived else path
    whole = [str(one) for one in faults_of(given, SITES)]
    assert [one.partition(":")[0] for one in whole] == [
        f"{given.name}, feature 4, column {name}" for name in ("count", "other")
    ]
    for most in (1, 200):
        monkeypatch.setattr(shapefiles, "_PIECE_BYTES", most)
        assert [str(one) for one in faults_of(given, SITES)] == whole


def test_letters_in_a_later_piece_of_a_table_are_seen(tmp_path, monkeypatch, faults_of):
    monkeypatch.setattr(shapefiles, "_PIECE_BYTES", 1)
    path = write_shapefile(tmp_path, "ANSI 1256", names=["a", "b", "سنجار", "d"])
    (fault,) = faults_of(path, SITES)
    assert fault.what.startswith("its part .cpg names an encoding that is not known")


@pytest.mark.parametrize(
    ("page", "charset"), [("1256", "WindowsArabic"), ("1252", "WindowsLatin1")]
)
@pytest.mark.parametrize("saved", ["utf-8", "cp1256"])
@pytest.mark.parametrize("suffix", ["shp", "mif"])
def test_names_of_which_the_encoding_is_told_wrong_are_told(tmp_path, suffix, page, charset, saved):
    if suffix == "shp":
        path = write_shapefile(tmp_path, page, saved)
    else:
        path = tmp_path / "sites.mif"
        points(site_id=["a", "b", "c"], name=NAMES).to_file(path, driver="MapInfo File")
        path.write_bytes(path.read_bytes().replace(b"Neutral", charset.encode()))
        part = path.with_suffix(".mid")
        text = part.read_bytes().decode("utf-8")
        part.write_bytes(text.encode(saved))
    found = list_warnings(br.read_sites, path)
    if saved == f"cp{page}":
        assert found == []
        return
    spoilt = next(one for one in found if one.column == "name")
    assert spoilt.what.startswith("letters are spoilt in 3 rows")


def letters_of(*texts):
    """Return how many texts of a column are told as spoilt."""
    column = pd.Series(texts)
    rows = np.arange(2, len(texts) + 2)
    found = list_warnings(warn_of_letters, {"site_id": column}, file="a.csv", rows=rows)
    return int(found[0].what.split()[4]) if found else 0


@pytest.mark.parametrize(
    ("saved", "read"),
    [("utf-8", "cp1252"), ("utf-8", "latin-1"), ("utf-8", "cp1256"), ("cp1256", "cp1252"),
     ("cp1256", "latin-1")],
)  # fmt: skip
def test_letters_of_one_alphabet_read_as_those_of_another_are_told(saved, read):
    """Also with Latin words and numbers beside them."""
    names = [*NAMES, "سنجار (Sinjar)", "Village 7 - قرية"]
    spoilt = [one.encode(saved).decode(read, "ignore") for one in names]
    assert letters_of(*names, *spoilt) == len(spoilt)


@pytest.mark.parametrize("read", ["cp1252", "latin-1", "cp1256"])
def test_sorani_in_utf8_read_as_another_alphabet_is_told(read):
    spoilt = [one.encode().decode(read, "replace").replace("\ufffd", "?") for one in SORANI]
    assert letters_of(*SORANI, *spoilt) >= 2


GOOD = [
    *NAMES, *SORANI, "Café", "Zürich", "Ñuñoa", "São Tomé", "Şingal", "Hewlêr", "Çemçemal", "Île",
    "ÎLE", "DÊRÎK", "Dêrik", "Öö", "Ærø", "Åål", "Å", "Ø", "Øå", "Æð", "Úrvalsdeild", "Þórshöfn",
    "Ås", "À L'ÉTÉ", "ÉTÉ", "Qamişlo", "Sêmêl", "AKRÊ", "ZAXO", "Bahía Ñañá", "A × B", "20 °C",
    "ع", "ع 7", "ع–2", "غ؟", "طگ", "ظ، ع", "حافظ، الأنبار", "عراق…", "چەمچەماڵ", "ڕانیە",
    "قه‌ره‌داغ", "«عين»", "عگ", "شارع ٦٠", "كركوك / القيارة",
]  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good_letters_are_not_accused(name):
    assert letters_of(name) == 0


# --- archives -------------------------------------------------------------------------------


def write_members(folder, *others):
    """Write an archive of a shapefile at its root, and of other files."""
    with zipfile.ZipFile(pack(write_shapefile(folder, "1256")), "a") as archive:
        for one in others:
            archive.writestr(one, "x")
    return folder / "sites.zip"


OTHERS = [
    "north.gpkg", "East.GeoJSON", "w.mif", "v.tab", "more.zip", "south/sites.shp",
]  # fmt: skip


def test_layers_of_an_archive_that_are_not_read_are_told(tmp_path):
    path = write_members(tmp_path, *OTHERS, "south/sites.dbf", "w.mid", "readme.csv")
    (fault,) = list_warnings(warn_of_unread, path, ["sites"])
    assert fault.what == f"other files in it are not read: {', '.join(OTHERS)}"
    assert fault.file == "sites.zip"
    assert fault.advice == "unpack it, and give the layer that you mean"


def test_of_many_files_that_are_not_read_the_first_are_named(tmp_path):
    path = write_members(tmp_path, *[f"{n}.kml" for n in range(300)])
    (fault,) = list_warnings(warn_of_unread, path, ["sites"])
    assert fault.what.startswith("other files in it are not read: 0.kml, 1.kml")
    assert fault.what.endswith("9.kml, …")


@pytest.mark.parametrize(
    "others",
    [(), ("readme.txt", "licence.pdf", "style.qml", "sites.shp.xml"), ("south/",),
     ("__MACOSX/._sites.shp", "__MACOSX/._a.gpkg"), ("SITES.geojson",)],
)  # fmt: skip
def test_what_is_no_other_layer_is_passed_over(tmp_path, others):
    path = write_members(tmp_path, *others)
    assert list_warnings(warn_of_unread, path, ["sites"]) == []


def test_the_layers_of_one_file_in_an_archive_are_called_as_they_like(tmp_path):
    points(site_id=["a"]).to_file(tmp_path / "sites.gpkg", layer="posts")
    path = pack(tmp_path / "sites.gpkg")
    assert list_warnings(warn_of_unread, path, ["posts"]) == []
    assert list_warnings(warn_of_unread, tmp_path / "sites.gpkg", ["posts"]) == []


def test_shapefiles_in_folders_are_looked_at_too(tmp_path, faults_of):
    path = write_shapefile(tmp_path, "1256")
    path.with_suffix(".shx").unlink()
    (fault,) = faults_of(pack(path, "a folder/"), SITES)
    assert fault.what == "its part .shx is missing or empty"


def test_names_in_an_archive_may_begin_with_the_folder_itself(tmp_path):
    """So bsdtar writes them."""
    assert [*br.read_sites(pack(write_shapefile(tmp_path, "1256"), "./")).index] == NAMES


@pytest.mark.parametrize("begin", ["./", "b//", "b/./"])
def test_a_shapefile_in_an_archive_has_its_parts_however_they_are_named(tmp_path, begin):
    path = write_shapefile(tmp_path, "1256")
    archive = pack(path, begin)
    shapefiles.require_whole(archive)
    with zipfile.ZipFile(archive, "w") as empty:
        empty.writestr(f"{begin}sites.SHP", path.read_bytes())
    with pytest.raises(br.InputError, match=r"its part \.shx is missing"):
        shapefiles.require_whole(archive)


def test_a_folder_of_an_archive_is_no_shapefile(tmp_path):
    path = write_members(tmp_path, "old.shp/", "old.shp/sites.txt")
    assert [*br.read_sites(path).index] == NAMES
    assert list_warnings(warn_of_unread, path, ["sites"]) == []


def write_packed(path, way, *, spoil):
    """Write an archive of one layer, and spoil it."""
    with zipfile.ZipFile(path, "w", way) as archive:
        archive.writestr("sités.geojson", points(site_id=["a"] * 500).to_json())
    data = bytearray(path.read_bytes())
    spoil(data)
    path.write_bytes(data)
    return path


def spoil_stream(data):
    data[100:160] = bytes(60)


def spoil_name(data):
    """Spoil the name that stands before the layer, not that in the list of what there is."""
    at = data.index(b"\xc3\xa9")
    data[at : at + 2] = b"\xff\xff"


def spoil_place(data):
    """Say that the list of what there is stands before the archive."""
    at = data.index(b"PK\5\6")
    data[at + 16 : at + 20] = struct.pack("<I", 2**31)


def spoil_long_place(data):
    """Say that the layer stands beyond any file."""
    at, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    extra = struct.pack("<HHQ", 1, 8, 2**63 + 5)
    data[at + 42 : at + 46] = b"\xff" * 4
    data[at + 30 : at + 32] = struct.pack("<H", len(extra))
    data[end + 12 : end + 16] = struct.pack("<I", end - at + len(extra))
    data[end:end] = extra


@pytest.mark.parametrize(
    ("way", "spoil"),
    [
        (zipfile.ZIP_DEFLATED, spoil_stream), (zipfile.ZIP_BZIP2, spoil_stream),
        (zipfile.ZIP_LZMA, spoil_stream), (zipfile.ZIP_STORED, spoil_name),
        (zipfile.ZIP_STORED, spoil_place), (zipfile.ZIP_STORED, spoil_long_place),
    ],
)  # fmt: skip
def test_an_archive_that_is_damaged_in_any_way_is_refused(tmp_path, faults_of, way, spoil):
    (fault,) = faults_of(write_packed(tmp_path / "sites.zip", way, spoil=spoil), SITES)
    assert fault.what.startswith("the archive is damaged (")
    assert fault.advice == "copy or download it again"


def test_damage_of_which_nothing_is_said_is_called_by_its_kind():
    assert damaged(EOFError(), "a.zip").what == "the archive is damaged (EOFError)"


@pytest.mark.parametrize("way", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_part_of_a_shapefile_in_an_archive_is_told(tmp_path, way):
    path = write_shapefile(tmp_path, "1256")
    with zipfile.ZipFile(tmp_path / "sites.zip", "w", way) as archive:
        archive.write(path.with_suffix(".shp"), "sites.shp")
        archive.write(path.with_suffix(".shx"), "sites.shx")
        start = archive.fp.tell()
        archive.writestr("sites.dbf", np.random.default_rng(1).bytes(9_000))
    data = bytearray((tmp_path / "sites.zip").read_bytes())
    data[start + 60 : start + 400] = bytes(340)
    (tmp_path / "sites.zip").write_bytes(data)
    with pytest.raises(br.InputError, match="the archive is damaged"):
        shapefiles.require_whole(tmp_path / "sites.zip")


def test_what_is_wrong_with_the_disk_is_not_told_of_the_archive(tmp_path):
    path = write_members(tmp_path)
    with pytest.raises(OSError, match="full") as caught, unpacking(path):
        raise OSError(errno.ENOSPC, "full")
    assert not isinstance(caught.value, br.InputError)
    with pytest.raises(FileNotFoundError), unpacking(tmp_path / "none.zip"):
        pass


def test_what_is_wrong_with_a_layer_is_not_told_of_the_archive(tmp_path):
    said = br.InputError("it is wrong")
    with pytest.raises(br.InputError) as caught, unpacking(write_members(tmp_path)):
        raise said
    assert caught.value is said


# --- MapInfo --------------------------------------------------------------------------------


def write_tab(folder, name="sites", rows=3):
    path = folder / f"{name}.tab"
    ids = [f"s{n}" for n in range(rows)]
    pyogrio.write_dataframe(points(site_id=ids), path, driver="MapInfo File")
    return path


def test_a_mapinfo_table_is_read(tmp_path):
    path = write_tab(tmp_path)
    require_both_parts(path)
    assert len(br.read_sites(path)) == 3
    assert len(br.read_sites(pack(path))) == 3


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_the_rows_of_another_mapinfo_table_are_refused(tmp_path, faults_of, rows):
    """Of the longer one the driver would leave out what is over."""
    path = write_tab(tmp_path)
    shutil.copy(write_tab(tmp_path, "old", rows).with_suffix(".dat"), path.with_suffix(".DAT"))
    path.with_suffix(".dat").unlink()
    (fault,) = faults_of(pack(path), SITES)
    assert fault.what == f"it has 3 shapes and {rows} rows of attributes"
    with pytest.raises(br.InputError) as caught:
        require_both_parts(path)
    assert [(one.what, one.file) for one in caught.value.faults] == [(fault.what, "sites.tab")]


@pytest.mark.parametrize("drop", ["dat", "id"])
def test_a_mapinfo_table_without_a_part_is_left_to_its_driver(tmp_path, drop):
    """It says so itself where it cannot do without."""
    path = write_tab(tmp_path)
    path.with_suffix(f".{drop}").unlink()
    require_both_parts(path)


def test_a_mapinfo_table_of_another_kind_is_left_to_its_driver(tmp_path):
    """Its rows lie elsewhere; a table of the same name is none of it."""
    path = write_tab(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Type NATIVE", b"Type LINKED"))
    path.with_suffix(".dat").write_bytes(b"")
    require_both_parts(path)


def test_rows_of_a_mapinfo_table_may_be_without_a_shape(tmp_path):
    """As deleted ones are, they keep their place."""
    path = write_tab(tmp_path)
    path.with_suffix(".id").write_bytes(path.with_suffix(".id").read_bytes()[:8] + bytes(4))
    require_both_parts(path)


def test_a_table_of_another_layer_is_refused_by_readers(tmp_path):
    path = write_tab(tmp_path)
    shutil.copy(write_tab(tmp_path, "old", 1).with_suffix(".dat"), path.with_suffix(".dat"))
    with pytest.raises(br.InputError):
        br.read_sites(path)


MIF = """Version 300
Charset "Neutral"
Delimiter ","
CoordSys Earth Projection 1, 0
Columns {columns}
  site_id Char(9)
Data

{shape}
"""


@pytest.mark.parametrize(
    ("columns", "shape"),
    [("9" * 5_000, "Point 44 33"), ("1", f"Collection {'9' * 5_000}\nPoint 44 33"),
     ("", "Point 44 33"), ("one", "Point 44 33"), ("-1", "Point 44 33")],
)  # fmt: skip
def test_a_mapinfo_file_that_counts_beyond_measure_is_left_to_its_driver(tmp_path, columns, shape):
    """No more is made of its numbers than a layer can have."""
    path = tmp_path / "sites.mif"
    path.write_text(MIF.format(columns=columns, shape=shape))
    path.with_suffix(".mid").write_text('"a"\n' * (1 + ("Coll" in shape)))
    require_both_parts(path)


def test_ids_and_names_of_another_alphabet_are_told_by_readers(tmp_path):
    path = write_shapefile(tmp_path, "1252", "cp1256")
    assert [fault.column for fault in list_warnings(br.read_sites, path)] == ["site_id", "name"]


def test_other_files_of_an_archive_are_told_by_readers(tmp_path):
    path = write_members(tmp_path, "a.fgb", "readme.csv", "style.json")
    (fault,) = list_warnings(br.read_sites, path)
    assert fault.what == "other files in it are not read: a.fgb"
