"""A folium map that writes itself as one page which asks the network for nothing.

Stock folium loads Leaflet, jQuery, Bootstrap and icon fonts from the network. Here Leaflet is
inlined and the rest is left out. What came from the tables travels as one JSON block and never
passes through folium, because branca compiles the strings it is given as Jinja templates.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import folium
from branca.element import Element, Figure
from folium.map import FitBounds
from jinja2 import Environment, Template
from markupsafe import Markup

from boxreach.errors import InputError
from boxreach.languages.typefaces import read_font, read_licence
from boxreach.maps.block import write_block

_SCRIPTS = (
    "start", "geometry", "elements", "symbols", "stencil", "sheet", "pixels", "ground", "bands",
    "dots", "routes", "gaps", "speech", "labels", "layers", "compare", "model", "frame", "curve",
    "panel", "strip", "legend", "governorates", "search", "service", "facts", "card", "border",
    "csv", "sorting", "lists", "window", "table", "mgrs", "view", "tools", "cursor", "measure",
    "keys", "marking", "tiles",
)  # fmt: skip
_STYLES = ("map", "panel", "table", "compare")
_LAST_SCRIPTS = ("main", "started")
_WHAT_IF = (
    "changes", "critical", "robust", "robust_panel", "what_if", "what_if_layers", "what_if_facts",
)  # fmt: skip
"""Scripts of pages that tell of scenarios, of what hangs on what, or of how sure it is."""
_ICONS = {
    "iconUrl": "marker-icon.png",
    "iconRetinaUrl": "marker-icon-2x.png",
    "shadowUrl": "marker-shadow.png",
}

_REMOTE = r"""["'`(\s]*(?:https?:)?//"""
_RESOURCE = re.compile(
    rf"""(?:\b(?:src|srcset|href|poster|data)\s*=|\burl\(|@import\b){_REMOTE}""", re.IGNORECASE
)
# what stands in folium's own script: an address as text, icons that come from a font, or a file
# that is asked for once the page is open
_REMOTE_STRING = re.compile(
    r"""["'`]https?://|\bL\.AwesomeMarkers\b|\bfetch\(|\$\.(?:ajax|get|getJSON)\(""", re.IGNORECASE
)
_ANCHOR = re.compile(r"<a\s[^>]*>", re.IGNORECASE)
_INLINE_SCRIPT = re.compile(
    r"<script(?![^>]*application/)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE
)
_INLINE_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_STYLE_ATTRIBUTE = re.compile(r"\bstyle\s*=", re.IGNORECASE)
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_RANDOM_ID = re.compile(r"(?<=_)[0-9a-f]{32}\b")


class PlanMap(folium.Map):
    """A map of a plan: a `folium.Map` whose page is its own and opens offline.

    Parameters
    ----------
    payload
        What the page's script draws and counts, as `build_payload` returns it.
    compress
        Whether the page carries it packed by gzip, or as JSON that can be read.
    """

    def __init__(self, payload: dict[str, Any], *, compress: bool = True) -> None:
        west, south, east, north = payload["bounds"]
        super().__init__(
            location=((south + north) / 2, (west + east) / 2),
            tiles=None,
            zoom_start=6,
            zoom_control=False,
            attribution_control=False,
            zoom_snap=0.25,
            min_zoom=3,
            max_zoom=15,
        )
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        self.payload = payload
        self.compress = compress
        PlanFigure(self)

    def save(
        self, outfile: str | bytes | Path | BinaryIO, close_file: bool = True, **kwargs: object
    ) -> None:
        """Write the page; a path is written whole or not at all.

        Parameters
        ----------
        outfile
            A path, or a file open for writing bytes.
        close_file
            Whether to close an open file afterwards.
        **kwargs
            Passed on to the templates of folium.

        Raises
        ------
        InputError
            If something added to the map would be loaded from the network.
        """
        page = self.get_root().render(**kwargs).encode()
        if not isinstance(outfile, str | bytes | Path):
            outfile.write(page)
            if close_file:
                outfile.close()
            return
        path = Path(os.fsdecode(outfile))
        part = path.with_name(f"{path.name}.part")
        try:
            part.write_bytes(page)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


class PlanFigure(Figure):
    """The page around a `PlanMap`, in place of branca's."""

    def __init__(self, plan_map: PlanMap) -> None:
        super().__init__()
        self.plan_map = plan_map
        self.add_child(plan_map)

    def render(self, **kwargs: object) -> str:
        """Return the whole page."""
        for child in self._children.values():
            child.render(**kwargs)
        header = _render_children(
            # folium's own header forbids zooming and lays out a page that is not this one
            self.header,
            leave_out={"meta_http", self.plan_map.get_name()},
            kwargs=kwargs,
        )
        return _compose_page(
            header,
            _render_children(self.html, leave_out=set(), kwargs=kwargs),
            _render_children(self.script, leave_out=set(), kwargs=kwargs),
            payload=self.plan_map.payload,
            compress=self.plan_map.compress,
            fit=not any(
                isinstance(child, FitBounds)
                for child in self.plan_map._children.values()  # noqa: SLF001
            ),
        )


def _render_children(element: Element, *, leave_out: set[str], kwargs: dict[str, object]) -> str:
    return "\n".join(
        child.render(**kwargs)
        for name, child in element._children.items()  # noqa: SLF001
        if name not in leave_out
    )


def _compose_page(
    header: str, html: str, script: str, *, payload: dict[str, Any], compress: bool, fit: bool
) -> str:
    """Return the page from folium's three parts and the data, all checked."""
    header, html, script = _settle_ids(header, html, script)
    for part in (header, html, script):
        _check_offline(part, _RESOURCE, _REMOTE_STRING)
    shown = {"arabic": _shows_arabic(payload), "what_if": "what_if" in payload}
    own = _own(**shown)
    parts = own | {
        **{name: _read(f"assets/{name}.js") for name in ("guard", "unpack", "boot")},
        "licence": _read("vendor/leaflet.LICENSE"),
        "first_style": _read("assets/page.css"),
        "folium_header": header,
        "folium_html": html,
        "folium_script": script,
    }
    trusted = {name: Markup(text) for name, text in parts.items()}  # noqa: S704
    said = {name: payload[name] for name in ("languages", "words")}
    said |= {"fit": fit, "packed": compress, "marked": payload["marking"] is not None}
    said["what_if"] = shown["what_if"]
    template = _template()
    bare = template.render(policy="", data="", marking="", parts="", **said, **trusted)
    _check_offline(bare, _RESOURCE)
    policy = _policy(
        bare,
        own if compress else {},
        tiles=payload["tiles"],
        attributes=[header, html, script],
    )
    trusted["parts"] = Markup(_pack(**shown) if compress else "")  # noqa: S704
    data = write_block(payload, compress=compress)
    last = {"policy": Markup(policy), "data": Markup(data)}  # noqa: S704
    return template.render(**last, marking=_first_text(payload["marking"]), **said, **trusted)


def _settle_ids(*parts: str) -> list[str]:
    """Return folium's parts with its random ids numbered, in the order in which they appear."""
    known: dict[str, str] = {}  # grows as it is read
    return [
        _RANDOM_ID.sub(lambda found: known.setdefault(found[0], f"{len(known):032x}"), part)
        for part in parts
    ]


def _first_text(texts: dict[str, str] | None) -> str:
    """Return the first of some texts, as far as it can be written into a page."""
    text = next(iter(texts.values())) if texts else ""
    return _UNWRITABLE.sub("\ufffd", text)


def _check_offline(text: str, *patterns: re.Pattern[str]) -> None:
    without_links = _ANCHOR.sub("", text)
    for pattern in patterns:
        found = pattern.search(without_links)
        if found:
            where = without_links[found.start() : found.start() + 90].split("\n")[0]
            raise InputError(
                f"the map would load something from the network: {where!r}; "
                "take that layer, icon or link off the map, or embed what it needs"
            )


def _policy(
    page: str, packed: dict[str, str], *, tiles: dict[str, Any] | None, attributes: list[str]
) -> str:
    """Return a policy under which only a page's own scripts and styles count, packed or not.

    Nothing can be fetched but images of the one host that tiles are wanted of. Style attributes
    are let through where what folium wrote has any, as its popups do; they load nothing either.
    """
    styles = _INLINE_STYLE.findall(page)
    scripts = _INLINE_SCRIPT.findall(page)
    for name, text in packed.items():
        (styles if name == "style" else scripts).append(text)
    rules = [
        "default-src 'none'",
        f"script-src {_digests(scripts)}",
        f"style-src {_digests(styles)}",
        f"img-src data: {tiles['origin']}" if tiles else "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if any(_STYLE_ATTRIBUTE.search(part) for part in attributes):
        rules.insert(3, "style-src-attr 'unsafe-inline'")
    if any("@font-face" in style for style in styles):
        rules.append("font-src data:")
    return "; ".join(rules)


def _digests(texts: list[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in texts]
    return " ".join(f"'sha256-{digest}'" for digest in dict.fromkeys(digests))


@cache
def _read(name: str) -> str:
    return files("boxreach.maps").joinpath(name).read_text(encoding="utf-8")


@cache
def _data_uri(image: str) -> str:
    raw = files("boxreach.maps").joinpath("vendor", "images", image).read_bytes()
    return f"data:image/png;base64,{base64.b64encode(raw).decode()}"


def _shows_arabic(payload: dict[str, Any]) -> bool:
    """Tell whether the page may show names or words in Arabic script."""
    spoken = any(language["rtl"] for language in payload["languages"])
    return spoken or not {"name_ar", "name_ckb"}.isdisjoint(payload["communities"])


def _font() -> str:
    """Return the letters of Arabic script, for machines that have none or join them wrongly."""
    font = base64.b64encode(read_font("noto-sans-arabic")).decode()
    licence = read_licence("noto-sans-arabic")
    return (
        f"/* {licence.split('-----')[0].strip()} */\n"
        f'@font-face {{ font-family: "boxreach Arabic"; font-weight: 400 700; '
        f"src: url(data:font/woff2;base64,{font}); "
        "unicode-range: U+600-6FF, U+200C-200D; }"
    )


@cache
def _template() -> Template:
    return Environment(autoescape=True).from_string(_read("assets/page.html"))


@cache
def _own(*, arabic: bool, what_if: bool) -> dict[str, str]:
    """Return the style and scripts that are the same in each such page, checked once."""
    own = {
        "style": _style(arabic=arabic, what_if=what_if),
        "leaflet": _leaflet(),
        "script": _script(what_if=what_if),
    }
    _check_offline("".join(own.values()), _RESOURCE)
    return own


@cache
def _pack(*, arabic: bool, what_if: bool) -> str:
    return write_block(_own(arabic=arabic, what_if=what_if), compress=True, name="parts")


def _style(*, arabic: bool, what_if: bool) -> str:
    leaflet = re.sub(
        r"url\(images/([\w.-]+)\)",
        lambda found: f"url({_data_uri(found[1])})",
        _read("vendor/leaflet.css"),
    )
    names = (*_STYLES, *(["what_if"] if what_if else []))
    own = [_read(f"assets/{name}.css") for name in names]
    return "\n".join([leaflet, *([_font()] if arabic else []), *own])


def _leaflet() -> str:
    code = _read("vendor/leaflet.js").split("//# sourceMappingURL=")[0].rstrip()
    icons = json.dumps({key: _data_uri(image) for key, image in _ICONS.items()})
    return f"{code}\n{_read('assets/stand_ins.js')}\nprepareIcons({icons});"


def _script(*, what_if: bool) -> str:
    names = (*_SCRIPTS, *(_WHAT_IF if what_if else ()), *_LAST_SCRIPTS)
    # in one function, so that nothing of it is seen outside; the data are waited for inside
    lines = "\n".join(_read(f"assets/{name}.js") for name in names).split("\n")
    # without what only their authors read: an eighth of the page otherwise
    parts = "\n".join(line.lstrip() for line in lines if not re.match(r"\s*(//|$)", line)) + "\n"
    return f'(async () => {{\n"use strict";\n{parts}}})();'
