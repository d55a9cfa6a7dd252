"""Archives that unpack to more than a machine holds."""

from __future__ import annotations

import zipfile
from pathlib import Path

from boxreach.errors import Fault, InputError

_ENDINGS = {".zip", ".kmz", ".xlsx", ".ods"}
_MOST_BYTES = 4 * 2**30
_HARMLESS_BYTES = 100 * 2**20
_MOST_TIMES = 200
"""Layers pack to a tenth or so, seldom to a hundredth."""


def refuse_archive_bomb(path: Path) -> None:
    """Raise `InputError` for an archive that says it holds far more than its own size."""
    if path.suffix.lower() not in _ENDINGS or not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        what = f"the archive is damaged ({error})"
        raise InputError(Fault(what, path.name, advice="copy or download it again")) from error
    packed = path.stat().st_size
    if unpacked > min(max(_MOST_TIMES * packed, _HARMLESS_BYTES), _MOST_BYTES):
        what = f"it claims {unpacked:,} bytes in {packed:,}"
        raise InputError(Fault(what, path.name, advice="give the layer as it was published"))
