"""Files that came over a network, kept so that they need not come again.

Their names are made of the address that was asked and never of what a server says. A file that has
not come to its end lies there too, with what the server said of it, so that the rest can be asked
for later. Each is kept as it came: one that was altered since is not used.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import BinaryIO

import platformdirs

from boxreach.errors import BoxreachError, Fault, InputError

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Stated:
    """What a server says of a file.

    Attributes
    ----------
    size_bytes
        Its length; None where that is not said.
    etag, modified
        By which a version of it is told from others; blank where that is not said.
    """

    size_bytes: int | None = None
    etag: str = ""
    modified: str = ""

    @property
    def validator(self) -> str:
        """What ``If-Range`` takes, blank if nothing tells one version from another for sure."""
        return self.modified if not self.etag or self.etag.startswith("W/") else self.etag

    def is_same(self, other: Stated) -> bool:
        """Tell whether both are of one version, as far as that is sure."""
        if self.etag and other.etag:
            return self.etag == other.etag and self.size_bytes == other.size_bytes
        named = bool(self.modified) and self.modified == other.modified
        return named and self.size_bytes is not None and self.size_bytes == other.size_bytes


@dataclass(frozen=True)
class Measured:
    """What a file is: its length and its sums."""

    size_bytes: int
    md5: str
    sha256: str


@dataclass(frozen=True)
class Kept:
    """A file of the cache.

    Attributes
    ----------
    path
        Where it lies.
    stated
        What the server said of it.
    measured
        What it is.
    """

    path: Path
    stated: Stated
    measured: Measured


class Cache:
    """A folder of downloads.

    Parameters
    ----------
    folder
        Where it is; None is the user's own folder for such files.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_cache_path("boxreach") / "downloads"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"nothing can be kept there ({error.strerror})"
            advice = "name another folder with --cache"
            raise InputError(Fault(what, str(self.folder), advice=advice)) from error

    def find(self, address: str) -> Kept | None:
        """Return the file of an address if it is there and as it came, else None."""
        path = self._path(address)
        try:
            record = json.loads(_record(path).read_text(encoding="utf-8"))
            kept = Kept(path, _read_stated(record), measure(path))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return kept if record.get("sha256") == kept.measured.sha256 else None

    def stated(self, address: str) -> Stated | None:
        """Return what the server said of the file of an address, None where it is not there.

        Whether it is still as it came is not looked at.
        """
        path = self._path(address)
        record = _read_record(_record(path))
        return record if path.is_file() else None

    def part(self, address: str) -> Part:
        """Return the file of an address that has not come to its end."""
        path = self._path(address)
        return Part(address, path.with_name(f"{path.name}.part"))

    def keep(self, part: Part, measured: Measured) -> Kept:
        """Return a part that is whole now as a file of the cache."""
        path = self._path(part.address)
        kept = Kept(path, part.stated, measured)
        _record(path).unlink(missing_ok=True)  # of an earlier version: a record is never ahead
        part.path.replace(path)
        record = {"address": part.address, **asdict(part.stated), "sha256": measured.sha256}
        _write_record(_record(path), record)
        part.forget()
        return kept

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from downloading to the same folder meanwhile.

        Raises
        ------
        BoxreachError
            If one is at it.
        """
        with (self.folder / "lock").open("wb") as held:
            if fcntl is not None:
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    what = f"another command is downloading to {self.folder}"
                    advice = "wait for it, stop it, or name another folder with --cache"
                    raise BoxreachError(f"{what}; {advice}") from error
                except OSError:  # this file system has no locks
                    pass
            yield

    def free_bytes(self) -> int:
        """Return how many bytes can be put there."""
        return shutil.disk_usage(self.folder).free

    def _path(self, address: str) -> Path:
        return self.folder / hashlib.sha256(address.encode()).hexdigest()[:32]


class Part:
    """A file that is coming.

    Attributes
    ----------
    address
        From where.
    path
        Where it lies.
    stated
        What the server said of it; nothing where nothing is there.
    """

    def __init__(self, address: str, path: Path) -> None:
        self.address = address
        self.path = path
        self.stated = Stated()
        self.stated = _read_record(_record(path)) or self.stated
        if not self.stated.validator:  # nobody knows of what it is a part
            self.forget()

    def size_bytes(self) -> int:
        """Return how many bytes have come."""
        with suppress(FileNotFoundError):
            return self.path.stat().st_size
        return 0

    def begin(self, stated: Stated) -> None:
        """Begin anew, with a version of which the server says this."""
        self.forget()
        self.stated = stated
        _write_record(_record(self.path), {"address": self.address, **asdict(stated)})

    def forget(self) -> None:
        """Take away what has come."""
        _record(self.path).unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        self.stated = Stated()

    @contextmanager
    def writing(self) -> Iterator[BinaryIO]:
        """Give the file to write on behind what has come."""
        try:
            with self.path.open("ab") as file:
                yield file
        except OSError as error:
            what = f"{self.path} cannot be written ({error.strerror or error})"
            advice = "make room, or name another folder with --cache; what has come is kept"
            raise BoxreachError(f"{what}; {advice}") from error


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _write_record(path: Path, record: dict[str, object]) -> None:
    """Write a record, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(record), encoding="utf-8")
    new.replace(path)


def _read_record(path: Path) -> Stated | None:
    """Return what a record says, None where there is none or it is damaged."""
    try:
        return _read_stated(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _read_stated(record: dict[str, object]) -> Stated:
    stated = Stated(**{one.name: record[one.name] for one in fields(Stated)})  # type: ignore[arg-type]
    if not isinstance(stated.etag, str) or not isinstance(stated.modified, str):
        raise TypeError
    return stated


def measure(path: Path) -> Measured:
    """Return what a file is."""
    size, md5, sha256 = 0, hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            size += len(piece)
            md5.update(piece)
            sha256.update(piece)
    return Measured(size, md5.hexdigest(), sha256.hexdigest())
