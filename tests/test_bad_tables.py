"""Bad tables: each is met with a right answer, or a refusal that says what to do.

`tests/corpus/tables.json` holds what is promised of each, in full.
"""

import codecs
import json
import math
import warnings
from pathlib import Path

import pytest

import boxreach as br

pytestmark = pytest.mark.corpus
PROMISED = json.loads((Path(__file__).parent / "corpus" / "tables.json").read_text("utf-8"))
H = "community_id,name,lon,lat,people"
R = ["c1,One,44.1,33.1,100", "c2,Two,44.2,33.2,200", "c3,Three,44.3,33.3,300"]
IRAQ = (38.0, 29.0, 49.0, 38.0)


def t(*lines, nl="\n"):
    return (nl.join(lines) + nl).encode()


def sub(r, i=1):
    x = [H, *R]
    x[i + 1] = r
    return t(*x)


CASES = {
    "empty": b"",
    "bom only": b"\xef\xbb\xbf",
    "blank lines": b"\n\n \n",
    "header": t(H),
    "html": b"<!DOCTYPE html>\n<html>\n<head><title>Sign in, please</title></head>\n"
    b"<body>Sign in</body></html>\n",
    "html one line": b"<html><head><title>Login</title></head></html>",
    "json": b'{"type":"FeatureCollection","features":[]}',
    "xlsx": b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xb5U0#",
    "gzip": b"\x1f\x8b\x08\x00\x00",
    "semicolon": t(*[x.replace(",", ";") for x in (H, *R)]),
    "semicolon decimal comma": t(H.replace(",", ";"), "c1;One;44,1;33,1;100"),
    "tab": t(*[x.replace(",", "\t") for x in (H, *R)]),
    "bar": t(*[x.replace(",", "|") for x in (H, *R)]),
    "space": t(*[x.replace(",", " ") for x in (H, *R)]),
    "sep=": t("sep=,", H, *R),
    "sep=;": t("sep=;", *[x.replace(",", ";") for x in (H, *R)]),
    "arabic comma": t(*[x.replace(",", "،") for x in (H, *R)]),
    "arabic semicolon": t(*[x.replace(",", "؛") for x in (H, *R)]),
    "title above": t("Communities of Ninewa,,,,", H, *R),
    "title above1": t("Communities of Ninewa", H, *R),
    "total row": t(H, *R, "Total,,,,600"),
    "total row blank id": t(H, *R, ",Total,,,600"),
    "decimal comma": sub('c2,Two,"44,2","33,2",200'),
    "decimal comma unquoted": t(H, *[x.replace("44.", "44,").replace("33.", "33,") for x in R]),
    "arabic decimal": sub("c2,Two,44٫2,33.2,200"),
    "dms": sub('c2,Two,"44°12\'00""E","33°12\'00""N",200'),
    "dms2": sub("c2,Two,44 12 00,33 12 00,200"),
    "dms3": sub("c2,Two,44°12′E,33°12′N,200"),
    "hemi": sub("c2,Two,44.2E,33.2N,200"),
    "hemi2": sub("c2,Two,E44.2,N33.2,200"),
    "deg": sub("c2,Two,44.2°,33.2°,200"),
    "mgrs": sub("c2,Two,38SMB4056486146,,200"),
    "arabic digits": sub("c2,Two,٤٤٫٢,٣٣٫٢,٢٠٠"),
    "persian digits": sub("c2,Two,۴۴٫۲,33.2,200"),
    "fullwidth": sub("c2,Two,４４.２,33.2,200"),
    "id arabic digits dup": t(H, "١,One,44.1,33.1,100", "1,Two,44.2,33.2,200"),
    "unicode minus": sub("c2,Two,−44.2,33.2,200"),
    "nbsp": sub("c2,Two,44.2\u00a0,33.2,200"),
    "nbsp thousands": sub("c2,Two,44.2,33.2,1\u00a0200"),
    "space thousands": sub("c2,Two,44.2,33.2,1 200"),
    "dot thousands": sub("c2,Two,44.2,33.2,1.200.000"),
    "zero width": sub("c2,Two,\u200f44.2,33.2,200"),
    "zero width id": t(H, "c1,One,44.1,33.1,100", "\u200fc1,Two,44.2,33.2,200"),
    "excel date lon": sub("c2,Two,12-Feb,33.2,200"),
    "excel date people": sub("c2,Two,44.2,33.2,2026-03-01"),
    "excel date2": sub("c2,Two,44.2,33.2,Mar-26"),
    "excel id sci": t(H, "1.20E+11,One,44.1,33.1,100", "1.21E+11,Two,44.2,33.2,200"),
    "excel id sci dup": t(H, "1.2E+11,One,44.1,33.1,100", "1.2E+11,Two,44.2,33.2,200"),
    "excel id date": t(H, "03-Jan,One,44.1,33.1,100", "05-Mar,Two,44.2,33.2,200"),
    "excel id date2": t(H, "1/2/2026,One,44.1,33.1,100", "05/03/2026,Two,44.2,33.2,200"),
    "excel #": sub("c2,Two,#####,33.2,200"),
    "excel #REF": sub("c2,Two,#REF!,33.2,200"),
    "excel #N/A id": t(H, "#N/A,One,44.1,33.1,100", "c2,Two,44.2,33.2,200"),
    "formula": sub("c2,Two,=44.2,33.2,200"),
    "doubled": t(H + ",people", *[x + ",1" for x in R]),
    "doubled case": t(H + ",People", *[x + ",1" for x in R]),
    "case": t(H.upper(), *R),
    "doubled lon": t("community_id,name,lon,lat,lon", "c1,One,44.1,33.1,44.2"),
    "alias": t("community_id,name,longitude,latitude,people", *R),
    "alias x y": t("community_id,name,x,y,people", *R),
    "ragged short": sub("c2,Two,44.2,33.2"),
    "ragged long": sub("c2,Two,44.2,33.2,200,9"),
    "all ragged trailing": t(H, *[x + "," for x in R]),
    "quote unclosed": sub('c2,"Two,44.2,33.2,200'),
    "quote mid": sub('c2,Tw"o,44.2,33.2,200'),
    "quote after": sub('c2,"Two"x,44.2,33.2,200'),
    "quote closes later": t(H, 'c1,"One,44.1,33.1,100', 'c2,Two",44.2,33.2,200', R[2]),
    "quote over a blank line": t(H, 'c1,"One,44.1,33.1,100', "", 'c2,Two",44.2,33.2,200', R[2]),
    "quote over longer rows": t(H, 'c1,"One,44.1,33.1,100', R[1] + ", west", 'c3,Three",44,33,5'),
    "quote over a shorter row": t(H, 'c1,"One,44.1,33.1,100', "c2,Two", 'c3,Three",44,33,5'),
    "quote over rows by cr": t(H, 'c1,"One,44.1,33.1,100', 'c2,Two",44.2,33.2,200', nl="\r"),
    "quote in a last cell": t("community_id,lon,lat,name", 'c1,44,33,"A', "", '2,45,34,B"'),
    "quote in a last cell before blanks": t("community_id,lon,lat,name", 'c1,44,33,"A', 'c2,,,B"'),
    "quote in a last cell before angles": t(
        "community_id,lon,lat,name", 'c1,44,33,"A', '2,45°12′E,34.2 N,B"'
    ),
    "quote over a last longer row": t(H, 'c1,"One,44.1,33.1,100', 'c2,Al, Two",44.2,33.2,200'),
    "quote in two columns": t("community_id,people", '"c1,100', 'c2",200'),
    "quote in no place": t("community_id,name,note", 'c1,One,"A', 'c2,Two,B"'),
    "quoted lines": sub('c2,"Two\nnear One,\n\n12 Main Street, west",44.2,33.2,200'),
    "quoted address": t(H + ",note", R[0] + ',"Main Street,\r\nwest, 2nd house, red, door"'),
    "quoted hours": t(
        "community_id,lon,lat,note", 'c1,44,33,"Closed\nOpen Fri, Sat, Sun, all day"'
    ),
    "quoted house": t(
        "community_id,lon,lat,note", 'c1,44,33,"West\nMain Street, 12, 2nd house, red, door"'
    ),
    "quoted hours in arabic": t(
        "community_id,lon,lat,note", 'c1,44,33,"مغلق\nمفتوح الجمعة, السبت, الأحد, كل يوم"'
    ),
    "quoted hours first": t(
        "community_id,note,lon,lat", 'c1,"Open Fri, Sat, Sun\nSun, all day",44,33'
    ),
    "quoted hours in two columns": t("community_id,name", '7,"a\nb, c"', '8,"One\nb, 2"'),
    "quoted u2028": sub('c2,"Two\u2028a,b,c,d,e\x85a,b,c,d,e",44.2,33.2,200'),
    "two quoted lists": t("community_id,lon,lat,a,b,c", 'c1,44,33,"x, y\nz","1, 2\n3",'),
    "single quotes": sub("c2,'Two, A',44.2,33.2,200"),
    "smart quotes": sub("c2,“Two, A”,44.2,33.2,200"),
    "nul": sub("c2,Tw\0o,44.2,33.2,200"),
    "nul lon": sub("c2,Two,44\0.2,33.2,200"),
    "nul end": t(H, *R) + b"\0" * 512,
    "nul all": b"\0" * 4096,
    "utf16": (H + "\n" + R[0]).encode("utf-16"),
    "utf16le": (H + "\n" + R[0]).encode("utf-16-le"),
    "utf16be": (H + "\n" + R[0]).encode("utf-16-be"),
    "utf32": (H + "\n" + R[0]).encode("utf-32"),
    "1256": (H + "\nc1,واحد,44.1,33.1,5").encode("cp1256"),
    "latin1": (H + "\n" + "\n".join(R) + "\nc4,Qaë,44,33,5").encode("latin-1"),
    "mojibake": (
        H + "\nc1," + "واحد".encode().decode("cp1252", "replace") + ",44.1,33.1,5"
    ).encode(),
    "replacement": (H + "\nc1,\ufffd\ufffd,44.1,33.1,5").encode(),
    "bom": codecs.BOM_UTF8 + t(H, *R),
    "bom2": codecs.BOM_UTF8 * 2 + t(H, *R),
    "crlf": t(H, *R, nl="\r\n"),
    "cr": t(H, *R, nl="\r"),
    "mixed": (H + "\r\n" + R[0] + "\r" + R[1] + "\n" + R[2]).encode(),
    "lf cr": t(H, *R, nl="\n\r"),
    "u2028": t(H, *R, nl="\u2028"),
    "vt ff": sub("c2,Two\x0b\x0c,44.2,33.2,200"),
    "x85": sub("c2,Two\x85A,44.2,33.2,200"),
    "2MB name": sub("c2," + "x" * 2_000_000 + ",44.2,33.2,200"),
    "2MB lon": sub("c2,Two," + "4" * 2_000_000 + ",33.2,200"),
    "2MB id": sub("x" * 2_000_000 + ",Two,44.2,33.2,200"),
    "2MB header": t(H.replace("name", "n" * 2_000_000), *R),
    "131k lon": sub("c2,Two," + "4" * 100_000 + ",33.2,200"),
    "100k text lon": sub("c2,Two," + "x" * 100_000 + ",33.2,200"),
    "100k id": t(H, "x" * 100_000 + ",Two,44.2,33.2,200", "x" * 100_000 + ",Two,44.2,33.2,200"),
    "swapped one": sub("c2,Two,33.2,44.2,200"),
    "swapped all": t(H, *[f"c{i},N,33.{i},44.{i},5" for i in range(5)]),
    "swapped all cols": t("community_id,name,lat,lon,people", *R),
    "utm": t(H, *[f"c{i},N,44056{i}.0,3686146.{i},5" for i in range(3)]),
    "utm big": t(H, *[f"c{i},N,44056{i}.0,3686146.{i},5" for i in range(120)]),
    "mercator": sub("c2,Two,4920000,3920000,200"),
    "km scale": sub("c2,Two,442,332,200"),
    "e6": sub("c2,Two,44200000,33200000,200"),
    "0 0": sub("c2,Two,0,0,200"),
    "180": sub("c2,Two,180,33.2,200"),
    "-180": sub("c2,Two,-180,33.2,200"),
    "180.0001": sub("c2,Two,180.0001,33.2,200"),
    "lat 90": sub("c2,Two,44.2,90,200"),
    "nan": sub("c2,Two,nan,33.2,200"),
    "NaN people": sub("c2,Two,44.2,33.2,NaN"),
    "inf": sub("c2,Two,inf,33.2,200"),
    "-inf p": sub("c2,Two,44.2,33.2,-inf"),
    "1e999": sub("c2,Two,44.2,33.2,1e999"),
    "-0": sub("c2,Two,44.2,33.2,-0"),
    "neg": sub("c2,Two,44.2,33.2,-5"),
    "1e300": sub("c2,Two,44.2,33.2,1e300"),
    "half person": sub("c2,Two,44.2,33.2,0.5"),
    "null": sub("c2,Two,44.2,33.2,NULL"),
    "na": sub("c2,Two,44.2,33.2,N/A"),
    "dash": sub("c2,Two,44.2,33.2,-"),
    "range": sub("c2,Two,44.2,33.2,100-200"),
    "approx": sub("c2,Two,44.2,33.2,~200"),
    "dup id": sub("c1,Two,44.2,33.2,200"),
    "dup id case": sub("C1,Two,44.2,33.2,200"),
    "dup row": sub(R[0]),
    "dup place": sub("c2,Two,44.1,33.1,200"),
    "blank id": sub(",Two,44.2,33.2,200"),
    "id 1.0": t(H, "1,One,44.1,33.1,100", "1.0,Two,44.2,33.2,200"),
    "id 01": t(H, "1,One,44.1,33.1,100", "01,Two,44.2,33.2,200"),
    "flag": t(H + ",must_reach", R[0] + ",maybe"),
    "prio": t(H + ",priority", R[0] + ",high"),
    "comment": t("# made by hand", H, *R),
    "unnamed": t(H + ",", *[x + "," for x in R]),
    "unnamed with val": t(H + ",", *[x + ",7" for x in R]),
    "lon only": t("community_id,lon", "c1,44"),
    "geometry column": t(H + ",geometry", R[0] + ",POINT (44 33)"),
    "wkt only": t("community_id,name,wkt", "c1,One,POINT (44 33)"),
    "control": sub("c2,T\x07\x1bwo,44.2,33.2,200"),
    "repeated header": t(H, R[0], H, R[1]),
}


def told(path):
    """Return what is read, or the refusal, and the warnings."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            table = br.read_communities(path, bounds=IRAQ)
        except br.InputError as error:
            return {"refused": str(error)}
    rows = [
        [key, round(at.x, 6), round(at.y, 6), None if math.isnan(people) else float(people)]
        for key, at, people in zip(table.index, table.geometry, table["people"], strict=True)
    ]
    return {"read": rows, "warned": [str(one.message) for one in heard]}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_table_is_read_right_or_refused_in_words(tmp_path, name):
    """File, row, column, value and what to do stand in the message, and nothing is guessed."""
    (tmp_path / "places.csv").write_bytes(CASES[name])
    assert told(tmp_path / "places.csv") == PROMISED[name]


def test_a_table_of_very_many_columns_is_refused_at_once(tmp_path):
    """Names are not compared with each of 200,000 others."""
    header = ",".join([H, *(f"c{number}" for number in range(200_000))])
    (tmp_path / "places.csv").write_text(f"{header}\n{R[0]}\n")
    said = "places.csv, row 1: it has 200,005 columns; give a table of at most 4,096"
    assert told(tmp_path / "places.csv") == {"refused": said}
