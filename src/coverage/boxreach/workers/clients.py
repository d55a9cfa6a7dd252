"""Dask clients: whether they are of any use, and whether their workers are what this process is."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from boxreach.arguments import kind_of
from boxreach.errors import Fault, InputError

if TYPE_CHECKING:
    from distributed import Client as Client  # noqa: PLC0414 - for other modules
else:
    Client = Any
    """`distributed.Client`, which is imported only where one is given."""

EXTRA = 'pip install "boxreach[distributed]"'

PACKAGES = ("boxreach", "distributed", "numpy", "scipy", "pandas", "geopandas", "shapely", "numba")
"""What must be of the same version everywhere, so that answers are the same to the byte."""


def client_faults(client: object) -> list[Fault]:
    """Return the fault of an argument that is no Dask client, or none that can be used.

    Examples
    --------
    >>> [str(one) for one in client_faults("tcp://10.0.0.1:8786")]  # doctest: +ELLIPSIS
    ["client is a path or text ('tcp://10.0.0.1:8786'); give a distributed.Client...
    """
    if client is None:
        return []
    try:
        from distributed import Client as Known  # noqa: PLC0415 - an extra
    except ImportError:
        advice = f"give a distributed.Client, which {EXTRA} brings"
        return [Fault(f"client is {kind_of(client)}", advice=advice)]
    if not isinstance(client, Known):
        advice = "give a distributed.Client, or none to work in this process"
        return [Fault(f"client is {kind_of(client)}", advice=advice)]
    if client.asynchronous:
        return [Fault("client is asynchronous", advice="give one made with asynchronous=False")]
    if client.status != "running":
        return [Fault(f"client is {client.status}", advice="give one that is connected")]
    return []


def require_workers(client: Client) -> None:
    """Raise `InputError` if a scheduler or a worker has other versions than this process.

    Pieces of work are pickled, and their sums must come out the same; both need the same packages.
    """
    found = client.get_versions(packages=[*PACKAGES])
    mine = _told(found["client"])
    sides = {"the scheduler": found["scheduler"]}
    sides |= {f"worker {one}": told for one, told in sorted(found["workers"].items())}
    faults = [
        fault for name, told in sides.items() for fault in _version_faults(name, _told(told), mine)
    ]
    if faults:
        raise InputError(*faults)


def _told(side: Mapping[str, Any]) -> dict[str, str | None]:
    """Return versions by package, and of Python without its last figure, which pickles nothing."""
    python = ".".join(str(side["host"]["python"]).split(".")[:2])
    return {"Python": python} | {one: side["packages"].get(one) for one in PACKAGES}


def _version_faults(
    name: str, theirs: Mapping[str, str | None], mine: Mapping[str, str | None]
) -> Iterator[Fault]:
    for package, version in mine.items():
        other = theirs[package]
        if other == version:
            continue
        what = f"it has no {package}" if other is None else f"it has {package} {other}"
        here = f"{package} {version}" if version else f"no {package}"
        yield Fault(f"{what}, and here is {here}", name, advice="install the same on each")


@cache
def own_versions() -> tuple[str, ...]:
    """Return what each piece of work is checked against: workers may join during a run."""
    modules = (import_module(one) for one in ("boxreach", "numpy"))
    return platform.python_version().rpartition(".")[0], *(one.__version__ for one in modules)
