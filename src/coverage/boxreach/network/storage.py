"""Networks kept on disk as plain arrays, named by a hash of what they hold."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from tokenize import TokenError
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj.exceptions import CRSError

from boxreach.arguments import require_kind, require_path
from boxreach.crs import WGS84
from boxreach.disks import telling_full_disk
from boxreach.errors import Fault, InputError
from boxreach.network.categories import to_categories
from boxreach.network.chains import Chains
from boxreach.network.edges import Edges
from boxreach.network.graph import RoadNetwork, Stretches, no_bridges
from boxreach.network.ground import Ground
from boxreach.network.obstacles import NO_OBSTACLES, Obstacles
from boxreach.network.stored_arrays import array_faults, parameter_fault
from boxreach.unfinished import clear_unfinished, unfinished_folder

Arrays = dict[str, npt.NDArray[Any]]

_FORMAT = 1
_CONTENTS = "contents.json"
_UNFINISHED = "network"
"""By this name hidden folders of networks go that are being written: hashes come last."""
_LONGEST_CONTENTS = 2**24
_DAMAGE = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
    shapely.errors.ShapelyError, CRSError,
)  # fmt: skip
"""What is raised over texts and shapes that nobody saved."""

_ADVICE = "build the network again from its roads"


def save_network(network: RoadNetwork, folder: str | Path) -> Path:
    """Keep a network on disk.

    Parameters
    ----------
    network
        The network.
    folder
        Where; it is made if it is not there.

    Returns
    -------
    pathlib.Path
        A folder in it, named by the hash of the network: the same network is kept once. It holds
        an array a file, in numpy's own format, and ``contents.json``; it appears whole or not at
        all. What a killed process left unfinished in `folder` goes with the next that saves there.
    """
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    folder = require_path(folder, "folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"it cannot be made a folder ({error.strerror})"
        raise InputError(Fault(what, str(folder), advice="give another folder")) from error
    arrays = _to_arrays(network)
    parameters = {"network": network.parameters}
    if network.lifted is not None:
        parameters["lifted"] = network.lifted.parameters
    beside = folder / _UNFINISHED
    clear_unfinished(beside, _foreign)
    with telling_full_disk(folder, "the network"), unfinished_folder(beside) as unfinished:
        hashes = {}
        for name, array in arrays.items():
            path = unfinished / f"{name}.npy"
            np.save(path, array, allow_pickle=False)
            hashes[name] = _hash(path)
        contents = {"format": _FORMAT, "arrays": hashes, "parameters": parameters}
        text = json.dumps(contents, indent=1, sort_keys=True)
        (unfinished / _CONTENTS).write_text(text, encoding="utf-8")
        home = folder / _name(text)
        if not home.exists():
            unfinished.chmod(0o755)
            unfinished.rename(home)
    return home


def _foreign(folder: Path) -> list[str]:
    """Return what in a folder is no part of a network."""
    named = sorted(one.name for one in folder.iterdir())
    return [one for one in named if one != _CONTENTS and not one.endswith(".npy")]


def load_network(path: str | Path) -> RoadNetwork:
    """Load a network that `save_network` kept.

    Parameters
    ----------
    path
        The folder that it returned. Arrays are read as they are needed, so it must stay.

    Returns
    -------
    RoadNetwork
        The same network: its arrays are those of the files.

    Raises
    ------
    InputError
        If a file is missing or is not what was saved.
    """
    path = require_path(path)
    text, hashes, parameters = _read_contents(path)
    if _name(text) != path.resolve().name:
        what = f"its {_CONTENTS} is not what its name stands for"
        advice = f"give the folder the name that it was saved by, or {_ADVICE}"
        raise InputError(Fault(what, str(path), advice=advice))
    files = {name: path / f"{name}.npy" for name in hashes}
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda file: _hash(file) if file.is_file() else "", files.values()))
    faults = [
        Fault("it is missing or damaged", str(file), advice=_ADVICE)
        for file, hashed, kept in zip(files.values(), found, hashes.values(), strict=True)
        if hashed != kept
    ]
    if faults:
        raise InputError(*faults)
    return _read_network(files, parameters, path)


def _read_contents(path: Path) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Return the text of what a folder says that it holds: hashes by name, and parameters."""
    try:
        with (path / _CONTENTS).open(encoding="utf-8") as file:
            text = file.read(_LONGEST_CONTENTS + 1)
        contents = json.loads(text)
        hashes, parameters = dict(contents["arrays"]), dict(contents["parameters"])
        known = contents["format"] == _FORMAT and len(text) <= _LONGEST_CONTENTS
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(Fault("it is no saved network", str(path), advice=_ADVICE)) from error
    if not known:
        raise InputError(Fault("another version saved it", str(path), advice=_ADVICE))
    # Names are those of files in the folder, and of nothing else.
    if odd := next((one for one in hashes if {"/", "\\", "\0", ":"} & {*one}), None):
        what = f"it names {odd[:60]!r}, which is no file in it"
        raise InputError(Fault(what, str(path), advice=_ADVICE))
    return text, hashes, parameters


def _read_network(files: dict[str, Path], parameters: dict[str, Any], path: Path) -> RoadNetwork:
    """Return the network of some files, or refuse what whoever wrote them made up."""
    arrays: Arrays = {}
    damage: dict[str, str] = {}
    for name, file in files.items():
        try:
            arrays[name] = np.lib.format.open_memmap(file, mode="r")
        except (OSError, ValueError, SyntaxError, TokenError, TypeError, OverflowError):
            damage[name] = "it holds no array of numbers"
    damage = damage or array_faults(arrays, lifted="lifted" in parameters)
    for part in ("network", *(["lifted"] if "lifted" in parameters else [])):
        if odd := parameter_fault(parameters.get(part)):
            damage[_CONTENTS] = f"{part}: {odd}"
    if damage:
        faults = [Fault(what, f"{path / name}", advice=_ADVICE) for name, what in damage.items()]
        raise InputError(*faults)
    try:
        return _to_network(arrays, parameters)
    except _DAMAGE as error:
        what = f"its parts do not fit together ({type(error).__name__}: {str(error)[:100]})"
        raise InputError(Fault(what, str(path), advice=_ADVICE)) from error


def _name(contents: str) -> str:
    return hashlib.sha256(contents.encode()).hexdigest()[:32]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_arrays(network: RoadNetwork, prefix: str = "") -> Arrays:
    arrays = _fields_of(network.edges, f"{prefix}edges")
    arrays |= _fields_of(network.chains, f"{prefix}chains")
    for name, column in network.attributes.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            words = json.dumps([str(one) for one in column.cat.categories])
            arrays[f"{prefix}text.{name}"] = column.cat.codes.to_numpy().astype(np.int32)
            arrays[f"{prefix}words.{name}"] = np.frombuffer(words.encode(), dtype=np.uint8)
        else:
            arrays[f"{prefix}number.{name}"] = column.to_numpy()
    bridges = network.bridges
    arrays[f"{prefix}bridges.metres"] = bridges["metres"].to_numpy(dtype=float)
    arrays[f"{prefix}bridges.lines"] = shapely.get_coordinates(bridges.geometry.to_numpy())
    for name, words in (
        ("index", bridges.index), ("from", bridges["from_road"]), ("to", bridges["to_road"])
    ):  # fmt: skip
        text = json.dumps([str(one) for one in words]).encode()
        arrays[f"{prefix}bridges.{name}"] = np.frombuffer(text, dtype=np.uint8)
    arrays |= _obstacle_arrays(network.obstacles, prefix)
    if not prefix:  # closures leave the ground as it is
        arrays |= {f"ground.{name}": one for name, one in network.ground.to_arrays().items()}
    if network.closures is not None and not prefix:
        text = network.closures.to_json(na="null", drop_id=False, default=str)
        arrays["closures"] = np.frombuffer(text.encode(), dtype=np.uint8)
    if network.lifted is not None and network.stretches is not None:
        arrays |= _fields_of(network.stretches, f"{prefix}stretches")
        arrays |= _to_arrays(network.lifted, "lifted.")
    return arrays


def _obstacle_arrays(obstacles: Obstacles, prefix: str) -> Arrays:
    arrays = {f"{prefix}obstacles.segments": obstacles.segments}
    if len(obstacles.closed):
        _, corners, (rings, areas) = shapely.to_ragged_array(obstacles.closed)
        arrays |= {
            f"{prefix}obstacles.{name}": array
            for name, array in (("corners", corners), ("rings", rings), ("areas", areas))
        }
    return arrays


def _to_obstacles(arrays: Arrays, prefix: str) -> Obstacles:
    segments = arrays[f"{prefix}obstacles.segments"]
    if f"{prefix}obstacles.areas" not in arrays:
        return replace(NO_OBSTACLES, segments=segments)
    corners, rings, areas = (
        arrays[f"{prefix}obstacles.{name}"] for name in ("corners", "rings", "areas")
    )
    kind = shapely.GeometryType.POLYGON
    return Obstacles(segments, shapely.from_ragged_array(kind, corners, (rings, areas)))


def _to_ground(arrays: Arrays) -> Ground:
    kept = {name: one for name, one in arrays.items() if name.startswith("ground.")}
    return Ground.from_arrays({name.removeprefix("ground."): one for name, one in kept.items()})


def _fields_of(arrays: Edges | Chains | Stretches, prefix: str) -> Arrays:
    return {f"{prefix}.{one.name}": getattr(arrays, one.name) for one in fields(arrays)}


def _to_network(arrays: Arrays, parameters: dict[str, Any], prefix: str = "") -> RoadNetwork:
    def build(kind: type[Any], name: str) -> Any:
        return kind(**{one.name: arrays[f"{prefix}{name}.{one.name}"] for one in fields(kind)})

    edges = build(Edges, "edges")
    attributes: dict[str, Any] = {}
    for name, array in arrays.items():
        if name.startswith(f"{prefix}text."):
            words = _words(arrays[name.replace(f"{prefix}text.", f"{prefix}words.", 1)])
            column = name.removeprefix(f"{prefix}text.")
            attributes[column] = to_categories(array, words)
        elif name.startswith(f"{prefix}number."):
            attributes[name.removeprefix(f"{prefix}number.")] = array
    network = RoadNetwork(
        edges=edges,
        chains=build(Chains, "chains"),
        attributes=pd.DataFrame(attributes, index=pd.RangeIndex(len(edges)), copy=False),
        bridges=_bridges(arrays, prefix),
        parameters=parameters["lifted" if prefix else "network"],
        obstacles=_to_obstacles(arrays, prefix),
        ground=_to_ground(arrays),
        closures=None if prefix else _to_closures(arrays),
    )
    if "lifted" not in parameters or prefix:
        return network
    lifted = replace(_to_network(arrays, parameters, "lifted."), ground=network.ground)
    return replace(network, lifted=lifted, stretches=build(Stretches, "stretches"))


def _to_closures(arrays: Arrays) -> gpd.GeoDataFrame | None:
    """Return the closures that were saved, dates as text."""
    if "closures" not in arrays:
        return None
    rows = json.loads(arrays["closures"].tobytes())["features"]
    table = gpd.GeoDataFrame.from_features(rows, crs=WGS84)
    return table.set_index(pd.Index([one["id"] for one in rows], name="closure_id"))


def _bridges(arrays: Arrays, prefix: str) -> gpd.GeoDataFrame:
    metres = arrays[f"{prefix}bridges.metres"]
    if not len(metres):
        return no_bridges()
    ends = [_words(arrays[f"{prefix}bridges.{name}"]) for name in ("from", "to")]
    return gpd.GeoDataFrame(
        {"from_road": ends[0], "to_road": ends[1], "metres": np.array(metres)},
        index=pd.Index(_words(arrays[f"{prefix}bridges.index"]), name="road_id"),
        geometry=shapely.linestrings(arrays[f"{prefix}bridges.lines"].reshape(-1, 2, 2)),
        crs=WGS84,
    )


def _words(text: npt.NDArray[np.uint8]) -> list[str]:
    return list(json.loads(text.tobytes()))
