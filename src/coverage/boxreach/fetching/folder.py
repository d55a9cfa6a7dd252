"""The folder of a fetch: what is in it, and what its owner changed there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from boxreach.errors import Fault, InputError
from boxreach.exports.folders import Contents

RECORD = "sources.json"
"""The record of where each file is from."""

_ADVICE = "name a new or empty folder with -o"
CONTENTS = Contents(
    "fetch",
    _ADVICE,
    frozenset(
        {
            RECORD, "areas.geojson", "boxes.csv", "communities.csv", "districts.geojson",
            "plan.toml", "population.tif", "roads.osm.pbf", "terrain.tif",
        }
    ),
)  # fmt: skip
"""What the folder of a fetch holds; one that holds anything else is not replaced."""


def require_untouched(folder: Path) -> None:
    """Raise `InputError` if a folder holds what no fetch wrote, or what was changed since."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    foreign = CONTENTS.foreign(folder)
    if foreign:
        what = f"the folder holds what no fetch wrote ({', '.join(foreign[:3])})"
        raise InputError(Fault(what, str(folder), advice=_ADVICE))
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        written = {str(one["file"]): str(one["sha256"]) for one in record["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"its {RECORD} is missing or damaged, so nobody knows what was changed there"
        raise InputError(Fault(what, str(folder), advice=_ADVICE)) from error
    present = [one.name for one in sorted(folder.iterdir()) if one.name != RECORD]
    changed = [one for one in present if written.get(one) != hash_file(folder / one)]
    if changed:
        raise InputError(
            *(
                Fault("it was changed since it was fetched", str(folder / one), advice=_ADVICE)
                for one in changed
            )
        )


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
