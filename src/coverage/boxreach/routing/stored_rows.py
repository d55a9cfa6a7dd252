"""Travel times that do not fit into memory: tenths of minutes in a file that has no name."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO, Any, NoReturn

import numpy as np
import numpy.typing as npt

from boxreach.compilation import compiled
from boxreach.disks import full_disk
from boxreach.errors import Fault, InputError
from boxreach.routing.merging import Groups
from boxreach.routing.search import Part
from boxreach.workers import thread_count

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Tenths = npt.NDArray[np.uint16]

MS_PER_TENTH = 6_000
BYTES_A_PAIR = 6
"""What a pair takes on the disk: where it leads, and tenths of minutes."""
_ONE_PAIR = np.dtype(np.int32).itemsize


@dataclass(frozen=True)
class _Piece:
    """What was found from some sites: how many pairs each has, and where in the file they begin."""

    sites: Longs
    pairs: Longs
    begin: int


@dataclass(eq=False)
class StoredRows:
    """Rows of travel times, written piece by piece and read again as often as wanted.

    Tenths of minutes are rounded up, so that what lies within any whole number of tenths is what
    lies within it by the millisecond. The file has no name and ends with the process.

    Attributes
    ----------
    folder
        In which folder the file is, for its disk.
    sites
        How many rows there are.
    groups
        Which demand each group that was searched for stands for.
    """

    folder: Path
    sites: int
    groups: Groups
    _file: IO[bytes] = field(init=False, repr=False)
    _pieces: list[_Piece] = field(init=False, repr=False, default_factory=list)
    _reading: Lock = field(init=False, repr=False, default_factory=Lock)

    def __post_init__(self) -> None:
        """Open the file."""
        # Without a buffer, whose rest would be written once more at the end where it finds no room.
        self._file = tempfile.TemporaryFile(dir=self.folder, buffering=0)  # noqa: SIM115 - kept
        weakref.finalize(self, self._file.close)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: no name leads to the file again."""
        advice = "store them again where they are asked for, or keep those of travel_times"
        raise InputError(Fault("times on the disk end with their process", advice=advice))

    def write(self, part: Part) -> None:
        """Write what was found from some sites, behind what is there.

        Raises
        ------
        InputError
            If the disk is full.
        """
        sites, pairs, group, ms = part
        begin = sum(BYTES_A_PAIR * int(one.pairs.sum()) for one in self._pieces[-1:])
        begin += self._pieces[-1].begin if self._pieces else 0
        try:
            for some in np.ascontiguousarray(group, np.int32), _round_up(ms):
                left = some.view(np.uint8).data
                while left:
                    left = left[self._file.write(left) :]
        except OSError as error:
            size = begin + BYTES_A_PAIR * len(ms)
            raise full_disk(self.folder, "travel times", size=size) from error
        self._pieces.append(_Piece(sites, pairs, begin))

    @property
    def rows(self) -> int:
        """How many rows of demand there are."""
        return len(self.groups.group)

    def count_within(self, tenths: int) -> Longs:
        """Return how many rows of demand lie within so many tenths of a minute of each site."""
        count = np.zeros(self.sites, np.int64)
        size = np.bincount(self.groups.group, minlength=len(self.groups.row)).astype(np.int64)

        def look(piece: _Piece) -> None:
            group, time = self._read(piece)
            _count(piece.sites, piece.pairs, group, time, tenths, size, count)

        self._on_threads(look)
        return count

    def place_within(self, tenths: int, start: Longs, room: Ints) -> Iterator[None]:
        """Write the demand within so many tenths of each site into room, ascending.

        Parameters
        ----------
        tenths
            The limit, which is within.
        start
            Where the demand of each site goes.
        room
            Where to.

        Yields
        ------
        None
            After each few pieces, for what was written to be let go of.
        """
        members = np.argsort(self.groups.group, kind="stable").astype(np.int64)
        size = np.bincount(self.groups.group, minlength=len(self.groups.row))
        begin = np.append(0, np.cumsum(size)).astype(np.int64)

        def place(piece: _Piece) -> None:
            group, time = self._read(piece)
            _place(piece.sites, piece.pairs, group, time, tenths, begin, members, start, room)

        at_once = 4 * thread_count()
        for first in range(0, len(self._pieces), at_once):
            self._on_threads(place, self._pieces[first : first + at_once])
            yield

    def _on_threads(self, work: Any, pieces: Sequence[_Piece] | None = None) -> None:
        with ThreadPoolExecutor(thread_count()) as pool:
            list(pool.map(work, self._pieces if pieces is None else pieces))

    def _read(self, piece: _Piece) -> tuple[Ints, Tenths]:
        """Return where the pairs of a piece lead, and how long they take."""
        pairs = int(piece.pairs.sum())
        whole = self._read_bytes(BYTES_A_PAIR * pairs, piece.begin)
        group = np.frombuffer(whole, np.int32, pairs)
        return group, np.frombuffer(whole, np.uint16, pairs, _ONE_PAIR * pairs)

    def _read_bytes(self, size: int, begin: int) -> bytes:
        """Return so many bytes from a place of the file, whoever reads it at the same time.

        Forked processes share where a file stands, so it must not be moved.
        """
        parts, end = [], begin + size
        while begin < end:
            if hasattr(os, "pread"):
                parts.append(os.pread(self._file.fileno(), end - begin, begin))
            else:
                with self._reading:
                    self._file.seek(begin)
                    parts.append(self._file.read(end - begin))
            begin += len(parts[-1])
        return b"".join(parts)


def _round_up(ms: Ints) -> Tenths:
    return (-(-ms // MS_PER_TENTH)).astype(np.uint16)  # of 32 bits, and as many in between


@compiled
def _count(
    sites: Longs, pairs: Longs, group: Ints, time: Tenths, tenths: int, size: Longs, count: Longs
) -> None:
    begin = 0
    for at in range(len(sites)):
        end, many = begin + pairs[at], 0
        for pair in range(begin, end):
            if time[pair] <= tenths:
                many += size[group[pair]]
        count[sites[at]] = many
        begin = end


@compiled
def _place(
    sites: Longs, pairs: Longs, group: Ints, time: Tenths, tenths: int,
    begins: Longs, members: Longs, start: Longs, room: Ints,
) -> None:  # fmt: skip
    begin = 0
    for at in range(len(sites)):
        end, home = begin + pairs[at], start[sites[at]]
        place = home
        for pair in range(begin, end):
            if time[pair] <= tenths:
                for member in range(begins[group[pair]], begins[group[pair] + 1]):
                    room[place] = members[member]
                    place += 1
        room[home:place].sort()
        begin = end
