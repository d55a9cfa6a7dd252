"""What the errors promise: every fault, where it stands and what to do, in one message."""

import dataclasses
import pickle

import pytest

import boxreach as br


def test_a_fault_says_where_it_stands_what_is_wrong_and_what_to_do():
    """File, row and column come first, then the fault, then the advice."""
    fault = br.Fault("it is blank", file="a.csv", row=3, column="lon", advice="fill it in")
    assert str(fault) == "a.csv, row 3, column lon: it is blank; fill it in"


def test_a_plan_has_keys_and_every_table_columns():
    """GeoJSON may be called .json, and its properties are columns there too."""
    said = [str(br.Fault("blank", one, column="a")) for one in ("p.toml", "--set", "r.json")]
    assert said == ["p.toml, key a: blank", "--set, key a: blank", "r.json, column a: blank"]


def test_a_fault_leaves_out_what_it_does_not_know():
    """No empty commas stand where there is no file, row, column or advice."""
    assert str(br.Fault("it is blank")) == "it is blank"
    assert str(br.Fault("it is blank", column="lon")) == "column lon: it is blank"
    assert str(br.Fault("it is blank", file="a.csv", row=0)) == "a.csv, row 0: it is blank"


def test_a_fault_cannot_be_changed():
    """What was said stays said."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        br.Fault("it is blank").row = 4


def test_an_input_error_with_one_fault_is_that_fault():
    """No list is made of a single fault."""
    assert str(br.InputError(br.Fault("empty", file="a.csv"))) == "a.csv: empty"


def test_an_input_error_takes_plain_text_for_a_fault():
    """A fault without a place may be given as text."""
    error = br.InputError("nothing fits")
    assert str(error) == "nothing fits"
    assert error.faults == (br.Fault("nothing fits"),)


def test_an_input_error_lists_all_its_faults_in_order():
    """Three faults make one message with three places."""
    places = [br.Fault("bad", file="a.csv", row=row) for row in (2, 5, 9)]
    lines = str(br.InputError(*places)).splitlines()
    assert lines[0] == "3 faults:"
    assert [line.strip() for line in lines[1:]] == [str(place) for place in places]


def test_a_very_long_list_is_cut_but_counted_and_kept():
    """A terminal is not flooded; the faults can still be had from the error."""
    error = br.InputError(*(br.Fault("bad", file="a.csv", row=row) for row in range(2, 1002)))
    text = str(error)
    assert text.startswith("1000 faults:")
    assert len(text.splitlines()) < 100
    assert "950 more" in text
    assert len(error.faults) == 1000


def test_a_fault_is_short_however_long_what_it_tells_of():
    """A cell may hold millions of letters, wherever they come to stand; places stay."""
    long = "1" * 200_000
    fault = br.Fault(f"{long} is no day", "a.csv", 3, long, f"write it like {long}")
    assert str(fault).startswith("a.csv, row 3, column 111")
    assert "1…: 111" in str(fault)
    assert "1…; write it like 111" in str(fault)
    assert len(str(fault)) < 10_000


def test_the_many_faults_of_one_file_do_not_hide_those_of_another():
    """However long the first file's list is, each file with a fault is named."""
    many = [br.Fault("bad", file="a.csv", row=row) for row in range(2, 200)]
    assert "b.csv" in str(br.InputError(*many, br.Fault("no such file", file="b.csv")))


def test_a_collector_raises_nothing_where_nothing_was_wrong():
    """No faults, no error."""
    faults = br.errors.FaultCollector()
    with faults.attempt():
        pass
    faults.add([])
    faults.raise_any()


def test_a_collector_keeps_the_kind_of_a_single_error():
    """A missing CRS is a CRSError also where several inputs are read."""
    faults = br.errors.FaultCollector()
    with faults.attempt():
        raise br.CRSError("no CRS")
    with pytest.raises(br.CRSError, match="no CRS"):
        faults.raise_any()
    faults.add([br.Fault("empty", file="b.csv")])
    with pytest.raises(br.InputError, match="2 faults"):
        faults.raise_any()


def test_the_errors_are_the_librarys_own_and_builtins():
    """One except clause catches all of boxreach; ValueError and UserWarning catch theirs."""
    for one in (br.InputError, br.CRSError, br.RoutingError, br.InfeasibleError):
        assert issubclass(one, br.BoxreachError)
    assert issubclass(br.InputError, ValueError)
    assert issubclass(br.CRSError, br.InputError)
    assert issubclass(br.DataWarning, UserWarning)


def test_an_input_error_survives_a_trip_between_processes():
    """A worker's error arrives with its faults."""
    error = br.InputError(br.Fault("empty", file="a.csv"), "and more")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own, of this line
    assert again.faults == error.faults
    assert str(again) == str(error)


def test_a_warning_moves_nothing_on_a_terminal():
    """What a file holds may be named in a warning; its escapes are shown and not sent."""
    warning = br.DataWarning("4 roads say \x1b[2J\nnothing is wrong")
    assert str(warning) == r"4 roads say \x1b[2J\nnothing is wrong"
