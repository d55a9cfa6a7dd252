"""The frame of a page that holds every language: a switch, and nothing that is fetched."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from boxreach.errors import InputError
from boxreach.languages import LANGUAGES, RIGHT_TO_LEFT, words
from boxreach.text import show_controls


def frame_page(articles: Mapping[str, Markup], title: str, *styles: str) -> str:
    """Return a page of articles, one a language; the first of them shows when it opens.

    Parameters
    ----------
    articles
        What is said, by the code of its language.
    title
        The title of the page.
    *styles
        Names of the style sheets, which lie beside the templates.
    """
    style, script = Markup("\n").join(map(_read_asset, styles)), _read_asset("switch.js")
    languages = [
        (code, LANGUAGES[code], "rtl" if code in RIGHT_TO_LEFT else "ltr") for code in articles
    ]
    page = (
        environment()
        .get_template("page.html.j2")
        .render(
            articles=list(articles.values()),
            languages=languages,
            title=title,
            label=words("report", languages[0][0])["languages_label"],
            policy=(
                f"default-src 'none'; style-src '{_digest(style)}'; script-src "
                f"'{_digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
            ),
            style=style,
            script=script,
        )
    )
    return show_controls(page)


@cache
def environment() -> Environment:
    """Return what fills in templates: it escapes all values and writes no None."""
    return Environment(
        loader=PackageLoader("boxreach.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_refuse_nothing,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _read_asset(name: str) -> Markup:
    """Return a style sheet or script of ours."""
    text = files("boxreach.report").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - our own style and script, no word of a user in them


def _refuse_nothing(value: object) -> object:
    if value is None:
        raise InputError("the page would show 'None': a template lacks the case of no value")
    return value


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
