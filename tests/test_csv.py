"""What the reader of CSV promises: good tables come whole, bad ones say all that is wrong."""

import tracemalloc

import pytest

import boxreach as br
from boxreach.sources.csv_table import read_csv
from boxreach.sources.tabular import read_table
from boxreach.tables import COMMUNITIES, SITES

HEADER = "community_id,name,lon,lat,people"
ROWS = ("c1,One,44.1,33.1,100", "c2,Two,44.2,33.2,200", "c3,Three,44.3,33.3,300")


def write(path, *lines, encoding="utf-8"):
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


# --- one fault at a time, in CSV -----------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("c2,Two,433,33.2,200", "lon", "433"),
        ("c2,Two,-181,33.2,200", "lon", "-181"),
        ("c2,Two,44.2,91,200", "lat", "91"),
        ("c2,Two,1e999,33.2,200", "lon", "inf"),
        ("c2,Two,,33.2,200", "lon", "number"),
        ("c2,Two,44.2,   ,200", "lat", "number"),
        ("c2,Two,44.2,33.2,-5", "people", "-5"),
        ("c2,Two,44.2,33.2,1e999", "people", "inf"),
        ('c2,Two,44.2,33.2,"1,000"', "people", "1,000"),
        ("c2,Two,44.2,33.2,١٢٠٠", "people", "١٢٠٠"),
        ("c2,Two,٤٤.٢,33.2,200", "lon", "٤٤.٢"),
        ("c2,Two,44.2,33.2,12 km", "people", "12 km"),
        ("c2,Two,44.2,33.2,inf", "people", "inf"),
        ("c2,Two,44.2,33.2,nan", "people", "nan"),
        ("c2,Two,44.2,33.2,0x10", "people", "0x10"),
        ("c2,Two,44.2,33.2,1_000", "people", "1_000"),
        ("c2,Two,44.2N,33.2,200", "lon", "44.2N"),
        ("c2,Two,\"44,2\",33.2,200", "lon", "44,2"),
        ("c1,Two,44.2,33.2,200", "community_id", "c1"),
        (" c1 ,Two,44.2,33.2,200", "community_id", "c1"),
        (",Two,44.2,33.2,200", "community_id", "blank"),
        ("  ,Two,44.2,33.2,200", "community_id", "blank"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_with_row_column_and_advice(tmp_path, row, column, said, faults_of):
    """One bad cell in the third line of the file is one fault that points at it."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], row, ROWS[2])
    (fault,) = faults_of(path, COMMUNITIES)
    assert (fault.row, fault.column) == (3, column)
    assert said in fault.what
    assert fault.advice


@pytest.mark.parametrize("row", ["c2,Two,44.2,33.2", "c2,Two,44.2,33.2,200,7", "c2,Al, Two,4,3,2"])
def test_a_ragged_row_is_named(tmp_path, row, faults_of):
    """A row with too few or too many values is not shifted into other columns."""
    (fault,) = faults_of(write(tmp_path / "places.csv", HEADER, ROWS[0], row, ROWS[2]), COMMUNITIES)
    assert fault.row == 3
    assert str(row.count(",") + 1) in fault.what


def test_blank_lines_at_the_end_are_no_rows(tmp_path):
    """Editors leave empty last lines; they are no fault and no place."""
    assert len(read_table(write(tmp_path / "places.csv", HEADER, *ROWS, "", ""), COMMUNITIES)) == 3


@pytest.mark.parametrize("missing", ["community_id", "lon", "lat"])
def test_a_missing_column_is_named(tmp_path, missing, faults_of):
    """A column that must be there and is not is named, with what is there instead."""
    header = HEADER.replace(missing, f"{missing}_x")
    (fault,) = faults_of(write(tmp_path / "places.csv", header, *ROWS), COMMUNITIES)
    assert fault.column == missing
    assert "missing" in fault.what
    assert f"{missing}_x" in fault.advice


def test_a_doubled_column_is_named(tmp_path, faults_of):
    """Two columns of one name are refused, not silently numbered."""
    path = write(tmp_path / "places.csv", HEADER + ",people", *(row + ",1" for row in ROWS))
    (fault,) = faults_of(path, COMMUNITIES)
    assert (fault.row, fault.column) == (1, "people")
    assert "twice" in fault.what


def test_two_columns_without_a_name_say_so(tmp_path, faults_of):
    """Commas left over at the end of a header give a fault that can be found."""
    path = write(tmp_path / "places.csv", HEADER + ",,", *(row + ",," for row in ROWS))
    (fault,) = faults_of(path, COMMUNITIES)
    assert fault.row == 1
    assert any(word in str(fault) for word in ("blank", "without a name", "no name", "empty"))


@pytest.mark.parametrize(("lon", "lat"), [("33.2", "144.2"), ("-33", "100")])
def test_swapped_coordinates_out_of_range_are_called_swapped(tmp_path, lon, lat, faults_of):
    """A latitude beyond 90 that would be a longitude is told as a swap."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], f"c2,Two,{lon},{lat},200")
    (fault,) = faults_of(path, COMMUNITIES)
    assert fault.row == 3
    assert "swapped" in fault.advice


def test_swapped_coordinates_in_range_are_told_by_the_study_area(tmp_path, faults_of):
    """44 E 33 N written the wrong way round is a place on earth, but not in the study area."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], "c2,Two,33.2,44.2,200", ROWS[2])
    (fault,) = faults_of(path, COMMUNITIES, bounds=(43.0, 32.0, 45.0, 34.0))
    assert fault.row == 3
    assert "swapped" in fault.advice


def test_a_place_far_outside_the_study_area_is_a_fault(tmp_path, faults_of):
    """A typing mistake of ten degrees is told."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], "c2,Two,54.2,33.2,200", ROWS[2])
    (fault,) = faults_of(path, COMMUNITIES, bounds=(43.0, 32.0, 45.0, 34.0))
    assert fault.row == 3
    assert "outside" in fault.what


def test_a_place_just_outside_the_study_area_is_kept(tmp_path):
    """Roads end before the land does: a margin is left."""
    path = write(tmp_path / "places.csv", HEADER, *ROWS)
    assert len(read_table(path, COMMUNITIES, bounds=(44.15, 33.15, 44.25, 33.25))) == 3


# --- files that are no tables --------------------------------------------------------------


def test_a_missing_file_says_where_it_was_looked_for(tmp_path, faults_of):
    """The whole path stands in the message."""
    (fault,) = faults_of(tmp_path / "none.csv", COMMUNITIES)
    assert fault.file == str(tmp_path / "none.csv")
    assert "no such file" in fault.what
    assert fault.advice


def test_a_folder_is_no_file(tmp_path, faults_of):
    """A folder in place of a file is refused with the same words."""
    (tmp_path / "places.csv").mkdir()
    assert "a folder" in faults_of(tmp_path / "places.csv", COMMUNITIES)[0].what


@pytest.mark.parametrize("encoding", ["utf-16", "cp1256"])
def test_text_that_is_not_utf8_says_so(tmp_path, encoding, faults_of):
    """Arabic in another encoding is not read as other letters."""
    path = write(tmp_path / "places.csv", HEADER, "c1,واحد,44.1,33.1,5", encoding=encoding)
    (fault,) = faults_of(path, COMMUNITIES)
    assert "UTF-8" in fault.what
    assert "UTF-8" in fault.advice


def test_text_that_is_not_utf8_names_the_row(tmp_path, faults_of):
    """A byte number is of no use in a spreadsheet: the row is."""
    path = write(tmp_path / "places.csv", HEADER, *ROWS, "c4,Qaë,44.1,33.1,5", encoding="latin-1")
    (fault,) = faults_of(path, COMMUNITIES)
    assert fault.row == 5


def test_a_header_alone_says_that_there_is_no_row(tmp_path, faults_of):
    """A table without rows is a fault, not an empty plan."""
    (fault,) = faults_of(write(tmp_path / "places.csv", HEADER), COMMUNITIES)
    assert "no row" in fault.what


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\n\n\n"])
def test_an_empty_file_says_that_it_is_empty(tmp_path, content, faults_of):
    """Nothing at all is one fault, not one for each column."""
    path = tmp_path / "places.csv"
    path.write_bytes(content)
    (fault,) = faults_of(path, COMMUNITIES)
    assert "empty" in fault.what or "no row" in fault.what


def test_a_web_page_in_place_of_a_table_is_refused_in_a_few_lines(tmp_path, faults_of):
    """A saved login page does not give a fault for each of its lines."""
    page = ["<!DOCTYPE html>", "<html>", "<body>", *["<p>Sign in, please</p>"] * 40, "</html>"]
    faults = faults_of(write(tmp_path / "places.csv", *page), COMMUNITIES)
    assert [fault.what for fault in faults] == ["it is a web page"]


def test_semicolons_between_values_are_told(tmp_path, faults_of):
    """What a European spreadsheet saves says what to do, not only what is missing."""
    lines = [line.replace(",", ";") for line in (HEADER, *ROWS)]
    faults = faults_of(write(tmp_path / "places.csv", *lines), COMMUNITIES)
    assert any("comma" in str(fault) for fault in faults)


def test_an_unclosed_quote_names_its_row(tmp_path, faults_of):
    """The rest of the file is not swallowed into one name, and the row can be found."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], 'c2,"Two,44.2,33.2,200', ROWS[2])
    (fault,) = faults_of(path, COMMUNITIES)
    assert "quote" in fault.advice
    assert fault.row == 3


def test_a_huge_cell_is_a_fault_and_no_crash(tmp_path, faults_of):
    """A cell beyond what the csv module takes is refused like any other fault."""
    path = write(tmp_path / "places.csv", HEADER, ROWS[0], f"c2,{'x' * 200_000},44.2,33.2,200")
    assert faults_of(path, COMMUNITIES)[0].what


# --- several at once -----------------------------------------------------------------------


def test_several_bad_numbers_are_all_listed(tmp_path, faults_of):
    """Each of three bad cells has its own line."""
    path = write(
        tmp_path / "places.csv", HEADER,
        "c1,One,433,33.1,100", "c2,Two,44.2,north,200", 'c3,Three,44.3,33.3,"3,00"',
    )  # fmt: skip
    assert {(fault.row, fault.column) for fault in faults_of(path, COMMUNITIES)} == {
        (2, "lon"), (3, "lat"), (4, "people"),
    }  # fmt: skip


def test_faults_of_every_kind_are_listed_in_one_message(tmp_path, faults_of):
    """A bad number does not hide a doubled id, a blank id, negative people or a far place."""
    path = write(
        tmp_path / "places.csv", HEADER,
        "c1,One,44.1,33.1,12 km", "c1,Two,44.2,33.2,200", ",Three,44.3,33.3,300",
        "c4,Four,44.4,33.4,-4", "c5,Five,33.5,44.5,5",
    )  # fmt: skip
    faults = faults_of(path, COMMUNITIES, bounds=(43.0, 32.0, 45.0, 34.0))
    assert [fault.row for fault in faults] == [2, 3, 4, 5, 6]


def test_a_missing_column_does_not_hide_the_faults_of_the_others(tmp_path, faults_of):
    """What can be checked is checked, so that one round of mending is enough."""
    path = write(
        tmp_path / "places.csv", "community_id,name,lon,people",
        "c1,One,44.1,100", "c1,Two,444,200", "c3,Three,44.3,many",
    )  # fmt: skip
    found = {(fault.row, fault.column) for fault in faults_of(path, COMMUNITIES)}
    assert {(1, "lat"), (3, "community_id"), (3, "lon"), (4, "people")} <= found


def test_a_ragged_row_does_not_hide_the_faults_of_other_rows(tmp_path, faults_of):
    """Rows that can be read are checked though one cannot."""
    path = write(tmp_path / "places.csv", HEADER, "c1,One,44.1", "c2,Two,444,33.2,2", ROWS[2])
    assert [fault.row for fault in faults_of(path, COMMUNITIES)] == [2, 3]


def test_faults_stand_in_the_order_of_the_rows(tmp_path, faults_of):
    """A reader mends a file from top to bottom."""
    path = write(
        tmp_path / "places.csv", HEADER,
        "c1,One,44.1,95,100", "c2,Two,444,33.2,x", "c3,Three,44.3,-99,1", "c4,Four,500,33.3,1",
    )  # fmt: skip
    rows = [fault.row for fault in faults_of(path, COMMUNITIES)]
    assert rows == sorted(rows)


def test_what_stands_above_an_unclosed_quote_is_told_too(tmp_path, faults_of):
    """The end of the file is lost, but not the faults before it."""
    path = write(tmp_path / "places.csv", HEADER, "c1,One,444,33.1,100", 'c2,"Two,44.2,33.2,200')
    assert [fault.row for fault in faults_of(path, COMMUNITIES)] == [2, 3]


def test_one_column_for_two_of_ours_is_refused(tmp_path, faults_of):
    """Neither of the two is silently left without its values."""
    path = write(tmp_path / "p.csv", "site_id,lon,lat,title", "a,44.1,33.1,One")
    (fault,) = faults_of(path, SITES, columns={"name": "title", "name_ar": "title"})
    assert (fault.row, fault.column) == (1, "title")


# --- what is good --------------------------------------------------------------------------


def test_a_csv_becomes_points_with_ids_as_text(tmp_path):
    """Ids stay as they are written: leading zeros and all."""
    path = write(tmp_path / "p.csv", "site_id,lon,lat", "007,44.1,33.1", "8,44.2,33.2")
    sites = read_table(path, SITES)
    assert sites.index.tolist() == ["007", "8"]
    assert sites.index.name == "site_id"
    assert sites.crs.to_epsg() == 4326
    assert [(p.x, p.y) for p in sites.geometry] == [(44.1, 33.1), (44.2, 33.2)]


def test_byte_order_mark_crlf_and_spaces_are_taken(tmp_path):
    """What spreadsheets save is read."""
    path = tmp_path / "p.csv"
    path.write_bytes("\ufeffsite_id , lon,lat\r\n a , 44.1 ,33.1\r\n".encode())
    sites = read_table(path, SITES)
    assert sites.index.tolist() == ["a"]
    assert sites.geometry.x.tolist() == [44.1]


def test_the_suffix_may_be_in_capitals(tmp_path):
    """PLACES.CSV is a CSV file."""
    assert len(read_table(write(tmp_path / "PLACES.CSV", HEADER, *ROWS), COMMUNITIES)) == 3


def test_quoted_commas_and_line_breaks_stay_in_their_cell(tmp_path):
    """A name may hold a comma, a quote or a line break."""
    path = write(tmp_path / "p.csv", "site_id,name,lon,lat", 'a,"Al, ""Big""\nOne",44.1,33.1')
    assert read_table(path, SITES)["name"].tolist() == ['Al, "Big"\nOne']


def test_a_blank_people_is_unknown_and_never_zero(tmp_path):
    """Unknown people are NaN."""
    path = write(tmp_path / "p.csv", HEADER, ROWS[0], "c2,Two,44.2,33.2,", "c3,Three,44.3,33.3,0")
    people = read_table(path, COMMUNITIES)["people"]
    assert people.isna().tolist() == [False, True, False]
    assert people["c3"] == 0


def test_extra_columns_are_kept(tmp_path):
    """Numbers of the caller's own stay numbers, text stays text."""
    path = write(tmp_path / "p.csv", "site_id,lon,lat,year,note", "a,44.1,33.1,2019,new")
    sites = read_table(path, SITES)
    assert sites["year"].tolist() == [2019]
    assert sites["note"].tolist() == ["new"]


def test_extra_columns_keep_codes_with_leading_zeros(tmp_path):
    """A place code or a telephone number is not a quantity: 0101 stays 0101."""
    path = write(tmp_path / "p.csv", "site_id,lon,lat,pcode", "a,44.1,33.1,0101", "b,44,33,0202")
    assert read_table(path, SITES)["pcode"].tolist() == ["0101", "0202"]


def test_telephone_numbers_and_long_codes_stay_text(tmp_path):
    """What a float would change is no quantity."""
    row = "a,44.1,33.1,+9647701234567,12345678901234567"
    site = read_table(write(tmp_path / "p.csv", "site_id,lon,lat,phone,code", row), SITES).iloc[0]
    assert (site["phone"], site["code"]) == ("+9647701234567", "12345678901234567")


def test_rows_in_which_nothing_stands_are_no_rows(tmp_path, faults_of):
    """Blank lines and rows of commas are passed over, and the others keep their numbers."""
    path = write(tmp_path / "places.csv", "", HEADER, "", ROWS[0], ",,,,", "c2,Two,444,33.2,1")
    (fault,) = faults_of(path, COMMUNITIES)
    assert (fault.row, fault.column) == (6, "lon")


def test_columns_maps_the_files_own_names(tmp_path):
    """The file's names are given, ours come out; a column that bore our name is kept aside."""
    path = write(tmp_path / "p.csv", "pcode,x,y,title,name", "a,44.1,33.1,Right,Other")
    mapping = {"site_id": "pcode", "lon": "x", "lat": "y", "name": "title"}
    sites = read_table(path, SITES, columns=mapping)
    assert sites.index.tolist() == ["a"]
    assert sites["name"].tolist() == ["Right"]
    assert sites["name_in_file"].tolist() == ["Other"]


@pytest.mark.parametrize("ours", ["site_id", "lon", "name"])
def test_columns_that_name_what_is_not_in_a_csv_are_refused(tmp_path, ours, faults_of):
    """A mapping to nothing is a mistake also where our column is optional."""
    path = write(tmp_path / "p.csv", "site_id,name,lon,lat", "a,One,44.1,33.1")
    (fault,) = faults_of(path, SITES, columns={ours: "nome"})
    assert fault.column == "nome"


def table_of(path, people):
    """Read communities with so many people, as a file says it."""
    rows = [f"c{at},One,44.{at},33.1,{one}" for at, one in enumerate(people, 1)]
    return read_table(write(path, HEADER, *rows), COMMUNITIES)


def test_people_that_may_be_thousands_parted_by_points_are_told(tmp_path):
    """1.234 of a Turkish or German spreadsheet would be one person of a thousand."""
    with pytest.warns(br.DataWarning) as heard:
        table = table_of(tmp_path / "towns.csv", ["1.234", "850", "", "12.500"])
    assert [str(one.message) for one in heard] == [
        "towns.csv, column people: points are read as those of decimals, 1.234 as 1.23 people;"
        " write thousands without a point, if these are thousands"
    ]
    assert table["people"].tolist()[0] == 1.234


@pytest.mark.parametrize(
    "people", [["1.234", "1234"], ["1.234", "12.5"], ["0.123", "0.500"], ["1234.567"], ["850"]]
)
def test_people_with_decimals_are_read_without_a_word(tmp_path, people):
    """A number of a thousand or more without a point, or other decimals, settle it."""
    assert table_of(tmp_path / "towns.csv", people)["people"].tolist() == [*map(float, people)]


# --- columns that are nearly called as ours --------------------------------------------------


@pytest.mark.parametrize("name", ["People", "PEOPLE", "peolpe", "peple", "peoples"])
def test_a_column_that_is_nearly_called_as_one_that_is_read_is_told(tmp_path, name):
    """Without the word a table of people would be one of places that nobody lives in."""
    file = write(tmp_path / "places.csv", f"community_id,name,lon,lat,{name}", *ROWS)
    with pytest.warns(br.DataWarning, match=r"places\.csv.*it is not read; did you mean people\?"):
        read_table(file, COMMUNITIES)


@pytest.mark.parametrize("name", ["name_fr", "name_en", "peak", "population_2015", "men"])
def test_a_column_of_its_own_is_left_alone(tmp_path, name):
    """Tables hold more than is read."""
    file = write(tmp_path / "places.csv", f"community_id,name,lon,lat,{name}", *ROWS)
    assert len(read_table(file, COMMUNITIES)) == 3


def test_what_is_there_or_read_from_another_column_is_not_looked_for(tmp_path):
    """Nor is a column taken for two."""
    file = write(tmp_path / "places.csv", f"{HEADER},peoples", *(f"{row},7" for row in ROWS))
    assert [*read_table(file, COMMUNITIES).people] == [100, 200, 300]
    file = write(tmp_path / "named.csv", "community_id,name,lon,lat,peoples", *ROWS)
    found = read_table(file, COMMUNITIES, columns={"people": "peoples"})
    assert [*found.people] == [100, 200, 300]


@pytest.mark.slow
def test_a_long_file_is_held_in_memory_a_few_times_and_not_more(tmp_path):
    """Its text, its rows as lists and its columns were held beside each other once."""
    rows = (f"c{n:07d},Town {n},44.{n % 100:02d},33.1,{n % 977}" for n in range(20_000))
    path = write(tmp_path / "towns.csv", HEADER, *rows)
    read_csv(path)
    tracemalloc.start()
    try:
        assert len(read_csv(path).frame) == 20_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 9 * path.stat().st_size
