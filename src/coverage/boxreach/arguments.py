"""Arguments: what is handed over in Python, looked at before it is used.

Each function returns the faults of one argument, so that a caller can say all that is wrong at
once; what nothing can be done without is required instead, and raises.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Collection, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.errors import Fault, InputError


def number_faults(
    name: str, value: object, allowed: Callable[[Any], bool], advice: str
) -> list[Fault]:
    """Return the fault of an argument that is no number, or none that is allowed.

    Numbers of numpy are numbers; truth values and text are not.

    Parameters
    ----------
    name, value
        The argument.
    allowed
        Tells whether a number will do. NaN is asked too: a comparison refuses it.
    advice
        What to do.

    Examples
    --------
    >>> [str(one) for one in number_faults("cutoff", "5", lambda n: n > 0, "give minutes above 0")]
    ["cutoff is '5'; give minutes above 0"]
    >>> number_faults("cutoff", np.float32(5), lambda n: n > 0, "give minutes above 0")
    []
    """
    if is_number(value) and allowed(value):
        return []
    return [Fault(f"{name} is {shown(value)}", advice=advice)]


def range_faults(name: str, value: object, low: float, high: float) -> list[Fault]:
    """Return the fault of an argument that is no number from one to another.

    Examples
    --------
    >>> [str(one) for one in range_faults("off_road_km", float("nan"), 0, 200)]
    ['off_road_km is nan; give a number from 0 to 200']
    """
    advice = f"give a number from {low:g} to {high:g}"
    return number_faults(name, value, lambda number: low <= number <= high, advice)


def choice_faults(name: str, value: object, known: Collection[str]) -> list[Fault]:
    """Return the fault of an argument that is none of some words."""
    if isinstance(value, str) and value in known:
        return []
    return [Fault(f"{name} is {shown(value)}", advice=f"give {' or '.join(known)}")]


def flag_faults(name: str, value: object) -> list[Fault]:
    """Return the fault of an argument that is neither true nor false, as text never is."""
    if isinstance(value, bool | np.bool_):
        return []
    return [Fault(f"{name} is {shown(value)}", advice="give True or False")]


def table_faults(name: str, table: object, *, places: bool = True) -> list[Fault]:
    """Return the fault of an argument that is no table, and not None.

    Parameters
    ----------
    name, table
        The argument.
    places
        Whether its rows must have places.

    Examples
    --------
    >>> [str(one) for one in table_faults("roads", "roads.geojson")]
    ["roads is a path or text ('roads.geojson'); give a GeoDataFrame, as boxreach's readers return"]
    """
    kind, advice = (
        (gpd.GeoDataFrame, "give a GeoDataFrame, as boxreach's readers return")
        if places
        else (pd.DataFrame, "give a table, as boxreach's functions return")
    )
    if table is None or isinstance(table, kind):
        return []
    return [Fault(f"{name} is {kind_of(table)}", advice=advice)]


def id_faults(name: str, ids: object, called: str) -> list[Fault]:
    """Return the fault of an argument that is no list of ids, texts or whole numbers, each once.

    Parameters
    ----------
    name, ids
        The argument.
    called
        What it is a list of.

    Examples
    --------
    >>> [str(one) for one in id_faults("lost", "b1", "ids of boxes")]
    ["lost is 'b1'; give a list of ids of boxes"]
    >>> [str(one) for one in id_faults("lost", [1, "1"], "ids of boxes")]
    ['lost names one twice; name each once']
    """
    is_list = isinstance(ids, list | tuple | np.ndarray | pd.Index | pd.Series)
    given = [*ids] if is_list and getattr(ids, "ndim", 1) == 1 else [None]  # type: ignore[misc]
    if not all(isinstance(one, str | Integral) and not isinstance(one, bool) for one in given):
        return [Fault(f"{name} is {shown(ids)}", advice=f"give a list of {called}")]
    if len({*map(str, given)}) < len(given):
        return [Fault(f"{name} names one twice", advice="name each once")]
    return []


def sentence_faults(name: str, text: object) -> list[Fault]:
    """Return the fault of an argument that is neither a text nor texts by language.

    Examples
    --------
    >>> [str(one) for one in sentence_faults("title", {})]
    ["title is {}; give a text, or texts by language, as in {'en': 'Plan'}"]
    """
    if isinstance(text, str):
        return []
    if (
        isinstance(text, Mapping)
        and text
        and all(isinstance(one, str) for pair in text.items() for one in pair)
    ):
        return []
    advice = "give a text, or texts by language, as in {'en': 'Plan'}"
    return [Fault(f"{name} is {shown(text)}", advice=advice)]


def is_number(value: object) -> bool:
    """Tell whether a value is one real number, and not more than a float can hold."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def shown(value: object) -> str:
    """Return a value as a message shows it.

    Examples
    --------
    >>> shown(np.float64(0.5)), shown(30.0), shown("30")
    ('0.5', '30', "'30'")
    """
    if is_number(value) and not isinstance(value, int):
        return told_apart(float(value))  # type: ignore[arg-type]
    return reprlib.repr(value)


def told_apart(number: float) -> str:
    """Return a number in six digits, or in as many as tell it from a rounder one.

    Examples
    --------
    >>> told_apart(60.0), told_apart(60.00000001)
    ('60', '60.00000001')
    """
    short = f"{number:g}"
    return short if float(short) == number else repr(float(number))


def require_kind(value: object, kind: type[Any], name: str, advice: str) -> None:
    """Raise `InputError` if an argument is not of a kind.

    Examples
    --------
    >>> require_kind([30], dict, "speeds_kmh", "give km/h by road class")
    Traceback (most recent call last):
    boxreach.errors.InputError: speeds_kmh is a list; give km/h by road class
    """
    if not isinstance(value, kind):
        raise InputError(Fault(f"{name} is {kind_of(value)}", advice=advice))


def kind_of(value: object) -> str:
    """Return what a value is, in words."""
    if value is None:
        return "None"
    if isinstance(value, str | Path):
        return f"a path or text ({shown(str(value))})"
    return f"a {type(value).__name__}"


def require_path(value: object, name: str = "path") -> Path:
    """Return a path, or raise `InputError` for what is none.

    Examples
    --------
    >>> require_path(3)
    Traceback (most recent call last):
    boxreach.errors.InputError: path is a int; give the path of a file, as text or pathlib.Path
    """
    advice = "give the path of a file, as text or pathlib.Path"
    require_kind(value, str | Path, name, advice)  # type: ignore[arg-type]
    if "\0" in str(value):
        raise InputError(Fault(f"{name} is {shown(str(value))}", advice=advice))
    return Path(str(value))


def require_file(path: Path) -> None:
    """Raise `InputError` where there is no file.

    Examples
    --------
    >>> require_file(Path("/"))
    Traceback (most recent call last):
    boxreach.errors.InputError: /: it is a folder; name a file in it
    """
    if path.is_dir():
        raise InputError(Fault("it is a folder", file=str(path), advice="name a file in it"))
    if not path.is_file():
        raise InputError(Fault("there is no such file", file=str(path), advice="check the path"))


def require_names(value: object, name: str = "columns") -> dict[str, str]:
    """Return names by names, none if nothing was said, or raise `InputError`."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(
        isinstance(one, str) for pair in value.items() for one in pair
    ):
        advice = 'give the file\'s names for ours, like {"site_id": "box"}'
        raise InputError(Fault(f"{name} is {shown(value)}", advice=advice))
    return dict(value)


def require_bounds(value: object, name: str = "bounds") -> None:
    """Raise `InputError` if a value is not west, south, east and north."""
    if value is None:
        return
    is_four = isinstance(value, tuple | list | np.ndarray) and np.shape(value) == (4,)
    sides = list(value) if is_four else []  # type: ignore[call-overload]
    if is_four and all(map(is_number, sides)) and sides[0] <= sides[2] and sides[1] <= sides[3]:
        return
    advice = "give west, south, east and north in degrees"
    raise InputError(Fault(f"{name} is {shown(value)}", advice=advice))
