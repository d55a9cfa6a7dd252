"""Layers and tables whose parts do not fit, read by letters of another alphabet, or left aside."""

import shutil
import warnings
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely import Point

import boxreach as br
from boxreach.sources.archives import warn_of_unread
from boxreach.sources.letters import warn_of_letters
from boxreach.sources.mapinfo import require_both_parts
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
                    archive.write(one, f"{folder}{one.name}")
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
    "north.gpkg", "East.GeoJSON", "readme.csv", "w.mif", "v.tab", "more.zip", "south/sites.shp",
]  # fmt: skip


def test_layers_of_an_archive_that_are_not_read_are_told(tmp_path):
    path = write_members(tmp_path, *OTHERS, "south/sites.dbf", "w.mid")
    (fault,) = list_warnings(warn_of_unread, path, ["sites"])
    assert fault.what == f"other files in it are not read: {', '.join(OTHERS)}"
    assert fault.file == "sites.zip"
    assert fault.advice == "unpack it, and give the layer that you mean"


def test_of_many_files_that_are_not_read_the_first_are_named(tmp_path):
    path = write_members(tmp_path, *[f"{n}.csv" for n in range(300)])
    (fault,) = list_warnings(warn_of_unread, path, ["sites"])
    assert fault.what.startswith("other files in it are not read: 0.csv, 1.csv")
    assert fault.what.endswith("9.csv, …")


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


def test_ids_and_names_of_another_alphabet_are_told_by_readers(tmp_path):
    path = write_shapefile(tmp_path, "1252", "cp1256")
    assert [fault.column for fault in list_warnings(br.read_sites, path)] == ["site_id", "name"]


def test_other_files_of_an_archive_are_told_by_readers(tmp_path):
    path = write_members(tmp_path, "a.csv")
    (fault,) = list_warnings(br.read_sites, path)
    assert fault.what == "other files in it are not read: a.csv"
