"""Columns: what they may be called, and days, bridges and yes or no as people write them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import shown
from boxreach.errors import Fault, InputError

_RESERVED = (
    "geometry lon lat name name_ar name_ckb name_kmr governorate people"
    " priority survey_score must_reach"
    " site_id community_id cell_id demand_id segment_id area_id feature_id"
    " off_road_m off_road_minutes threshold_minutes covered minutes sites_within reason"
    " share_covered chainage_from_km chainage_to_km own_side own_depth_km places total"
)
RESERVED = frozenset(_RESERVED.split())
"""Names with a meaning of their own: no layer and no unit is called so."""

_WORDS = {
    True: ("true", "yes", "1", "x", "نعم", "بەڵێ"),
    False: ("", "false", "no", "0", "لا", "نەخێر"),
}
_FLAGS = {word: flag for flag, words in _WORDS.items() for word in words}

_NO_BRIDGE = {*_WORDS[False], "f", "none", "nan", "<na>"}
"""Layers made of OpenStreetMap have F for the tag ``no``."""

_FIRST_YEAR = 1900
_SLASHED = re.compile(r"^([0-9]{4})/([0-9]{2})/(?=[0-9]{2})")

FLAG_ADVICE = "write yes or no, true or false, 1 or 0, x or nothing, نعم or لا, بەڵێ or نەخێر"


def name_faults(what: str, names: Iterable[object]) -> list[Fault]:
    """Return the faults of names that a caller gives to new columns.

    Parameters
    ----------
    what
        What they name, for the messages.
    names
        Each must be one word of letters, digits and ``_`` that stands once and is not reserved.

    Examples
    --------
    >>> [str(one) for one in name_faults("the layer", ["residents", "minutes"])]
    ["the layer 'minutes' has the name of a column with a meaning of its own; give another name"]
    >>> [str(one) for one in name_faults("the unit", ["km of pipe"])]
    ["the unit 'km of pipe' is no name of a column; give letters, digits and _, a letter first"]
    """
    faults, seen = [], set()
    for name in names:
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            said = f"{what} {shown(name)} is no name of a column"
            faults.append(Fault(said, advice="give letters, digits and _, a letter first"))
        elif name in RESERVED:
            said = f"{what} {name!r} has the name of a column with a meaning of its own"
            faults.append(Fault(said, advice="give another name"))
        elif name in seen:
            faults.append(Fault(f"{what} {name!r} is given twice", advice="give it once"))
        else:
            seen.add(name)
    return faults


def require_name_list(name: str, value: object) -> list[str]:
    """Return names of columns, or raise `InputError` for what is no list of them.

    Examples
    --------
    >>> require_name_list("total", "residents")
    Traceback (most recent call last):
    boxreach.errors.InputError: total is 'residents'; give names of columns, like ("residents",)
    """
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        advice = 'give names of columns, like ("residents",)'
        raise InputError(Fault(f"{name} is {shown(value)}", advice=advice))
    return list(value)


def read_flags(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return yes and no as true and false; blank is no, and what is neither becomes missing.

    Parameters
    ----------
    values
        Truth values, 1 and 0, or words in English, Arabic or Kurdish.

    Examples
    --------
    >>> read_flags(pd.Series(["Yes", "", "نعم", "نەخێر", "x", "perhaps"])).tolist()
    [True, False, True, False, True, nan]
    >>> read_flags(pd.Series([1.0, 0.0, np.nan])).tolist()
    [True, False, False]
    """
    return pd.Series([_flag(one) for one in values], index=values.index, dtype=object)


def _flag(value: Any) -> object:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return False
    if isinstance(value, bool | int | float | np.bool_ | np.number):
        return bool(value) if value in {0, 1} else np.nan
    return _FLAGS.get(str(value).strip().casefold(), np.nan)


def is_bridge(value: object) -> bool:
    """Tell whether a value of a column ``bridge`` stands for a bridge: any but no and blank.

    Examples
    --------
    >>> [is_bridge(one) for one in ("yes", "viaduct", "T", 1.0)]
    [True, True, True, True]
    >>> [is_bridge(one) for one in ("no", "", "F", 0.0, None)]
    [False, False, False, False, False]
    """
    return str(value).strip().casefold().removesuffix(".0") not in _NO_BRIDGE


def find_bridges(values: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Tell of each value of a column ``bridge`` whether it stands for a bridge.

    Examples
    --------
    >>> find_bridges(pd.Series(["yes", None, "no", "viaduct"])).tolist()
    [True, False, False, True]
    """
    codes, words = pd.factorize(values)  # a country has few words
    found: npt.NDArray[np.bool_] = np.array([*map(is_bridge, words), False])[codes]
    return found


def read_dates(values: pd.Series[Any]) -> pd.Series[str]:
    """Return days as ISO text, which sorts as they do: blank where there is none.

    Parameters
    ----------
    values
        ISO text, dates, or datetimes, of which the day counts that is written. What is none of
        them becomes missing.

    Examples
    --------
    >>> read_dates(pd.Series(["2026-03-31", "", "2026-03-31T23:59:00+03:00", "soon"])).tolist()
    ['2026-03-31', '', '2026-03-31', nan]
    """
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip()
    read = {one: iso_date(one) for one in text.unique()}
    return text.map({**read, "": ""}).astype(object).where(lambda iso: iso.notna(), np.nan)


def iso_date(value: object) -> str | None:
    """Return a day as ISO text; None if the value is none.

    Days before 1900 are none: they are of another calendar, as 1447 (Hijri) and 1405 (Persian).

    Examples
    --------
    >>> iso_date("2026-03-31 12:00"), iso_date("2026/03/31"), iso_date("31.3.2026")
    ('2026-03-31', '2026-03-31', None)
    >>> iso_date("1447-10-12") is None
    True
    """
    try:
        day = datetime.fromisoformat(_SLASHED.sub(r"\1-\2-", str(value).strip())).date()
    except ValueError:
        return None
    return day.isoformat() if day.year >= _FIRST_YEAR else None
