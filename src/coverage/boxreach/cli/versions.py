"""The versions of all that an answer comes from, for the record of a run."""

from __future__ import annotations

import json
import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version

import click
import pyogrio
import pyproj
import rasterio
import shapely

_LIBRARIES = (
    "branca", "contourpy", "folium", "geopandas", "highspy", "jinja2", "llvmlite", "mgrs",
    "networkx", "numba", "numpy", "osmium", "osmnx", "pandas", "pydantic", "pyogrio", "pyproj",
    "rasterio", "scipy", "shapely",
)  # fmt: skip
_OPTIONAL = ("h3", "pyarrow")
"""They read some inputs, where they are installed."""

_BUILDING = {"bench", "docs", "lint", "test"}
"""Extras of who works on boxreach; all others are named by what they do."""


def list_versions() -> dict[str, str]:
    """Return the version of every library that reads, computes or draws, by its name.

    What pyogrio, rasterio, pyproj and shapely bring along is named too: it reads layers and grids,
    projects and intersects.

    Examples
    --------
    >>> {"numpy", "GEOS (shapely)", "GDAL (pyogrio)"} <= list_versions().keys()
    True
    """
    return {
        **{name: _find_version(name) for name in _LIBRARIES},
        **{name: known for name in _OPTIONAL if (known := _installed(name))},
        "GDAL (pyogrio)": ".".join(map(str, pyogrio.__gdal_version__)),
        "GDAL (rasterio)": rasterio.__gdal_version__,
        "GEOS (shapely)": shapely.geos_version_string,
        "PROJ (pyproj)": pyproj.proj_version_str,
    }


@cache  # a library that is loaded stays as it is; its metadata is read from a file each time
def _find_version(name: str) -> str:
    return version(name)


def _installed(name: str) -> str:
    try:
        return _find_version(name)
    except PackageNotFoundError:
        return ""


def describe_installation() -> dict[str, object]:
    """Return what is installed, as ``boxreach --version --json`` prints it; keys only come.

    Returns
    -------
    dict
        ``boxreach`` and ``python``, versions; ``system`` and ``machine``; ``libraries``, versions
        as in `list_versions`; ``extras``, for each whether all that it needs is there.
    """
    return {
        "boxreach": version("boxreach"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "libraries": list_versions(),
        "extras": {name: all(map(_installed, needs)) for name, needs in _list_extras().items()},
    }


def _list_extras() -> dict[str, list[str]]:
    """Return what each extra needs, by name."""
    extras: dict[str, list[str]] = {}
    for line in requires("boxreach") or []:
        named = re.fullmatch(
            r"(?P<needs>[\w.-]+).*;.*\bextra == ['\"](?P<extra>[\w-]+)['\"].*", line
        )
        if named and named["extra"] not in _BUILDING:
            extras.setdefault(named["extra"], []).append(named["needs"])
    return dict(sorted(extras.items()))


def print_installation() -> None:
    """Print what is installed, as JSON."""
    click.echo(json.dumps(describe_installation(), indent=1))
