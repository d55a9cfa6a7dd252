"""The page of public names, written from the package itself.

``python docs/public_names.py`` writes docs/api.md anew.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import boxreach as br

PAGE = Path(__file__).with_name("api.md")

TITLES = {
    "sources": "Reading", "fetching": "Fetching", "network": "Roads", "speeds": "Roads",
    "routing": "Times", "contours": "Times", "accessibility": "Reach and gaps",
    "clusters": "Reach and gaps", "catchments": "Reach and gaps", "candidates": "Placement",
    "placement": "Placement", "location": "Placement", "box_types": "Placement",
    "border": "The frontier", "sight": "The frontier", "scenarios": "What if", "maps": "Outputs",
    "report": "Outputs", "exports": "Outputs", "redaction": "Outputs", "tiles": "Outputs",
    "verification": "Verification", "errors": "Errors",
}  # fmt: skip
"""The chapter in which the public names of each room stand."""

HEAD = """\
# Public names

All of them are imported as `import boxreach as br`, and loaded when they are first used. Units are
in the names, or minutes, people and kilometres; tables are GeoDataFrames in EPSG:4326, with ids in
the index. This page is written by `python docs/public_names.py`.
"""


def write_page() -> str:
    """Return the page: a chapter for each purpose, and in it the names in order."""
    chapters: dict[str, list[str]] = {title: [] for title in TITLES.values()}
    for name in sorted(br.__all__, key=str.lower):
        found = getattr(br, name)
        if inspect.ismodule(found):
            names = [f"boxreach.{name}.{one}" for one in found.__all__ if one not in br.__all__]
            chapters[f"`boxreach.{name}`, on plain arrays"] = names
        else:
            room = (getattr(found, "__module__", None) or "boxreach.scenarios").split(".")[1]
            chapters[TITLES[room]].append(f"boxreach.{name}")
    parts = [HEAD]
    for title, names in chapters.items():
        listed = "\n".join(names)
        summary = "```{eval-rst}\n.. autosummary::\n   :toctree: _names\n   :nosignatures:\n\n"
        rows = "".join(f"   {one}\n" for one in listed.splitlines())
        parts.append(f"## {title}\n\n{summary}{rows}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
