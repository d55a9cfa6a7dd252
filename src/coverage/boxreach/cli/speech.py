"""In which language the terminal speaks: chosen by `--language` or BOXREACH_LANGUAGE.

Only what is printed depends on it; files have languages of their own (`--languages`). The locale of
a machine decides nothing: what a script reads of a command would change with who runs it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import click

ENGLISH = "en"
CODES = (ENGLISH, "ar", "ckb", "kmr")
_OPTION, _VARIABLE = "--language", "BOXREACH_LANGUAGE"

_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


def _choose(_context: click.Context, _option: click.Parameter, code: str) -> None:
    speak(code)


def speak(code: str) -> None:
    """Have the terminal speak a language from now on.

    Parameters
    ----------
    code
        One of `CODES`.
    """
    _spoken.set(code)
    if code != ENGLISH:
        # A terminal that has no such letters shows a mark for each, and the command goes on.
        for stream in (sys.stdout, sys.stderr):
            if reconfigure := getattr(stream, "reconfigure", None):
                reconfigure(errors="replace")
        logging.getLogger("boxreach").addFilter(_translate)


def _translate(record: logging.LogRecord) -> bool:
    """Say in the language that is spoken the one thing that compilation has to tell."""
    if record.module == "compilation":
        record.msg, record.args = say("compiling"), ()
    return True


def find_language(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> str:
    """Return the language that a command line asks for, without reading its options.

    Parameters
    ----------
    arguments
        Of the command line, without the name of the program.
    environment
        Its variables.

    Returns
    -------
    str
        One of `CODES`: English where none is asked for, or one that there is not.

    Examples
    --------
    >>> find_language(["--language", "ar", "run", "plan.toml"], {})
    'ar'
    >>> find_language(["run", "--language", "ar"], {"BOXREACH_LANGUAGE": "kmr"})
    'kmr'
    """
    asked = environment.get(_VARIABLE, ENGLISH)
    words = iter(arguments)
    for word in words:
        name, joined, code = word.partition("=")
        if not word.startswith("-"):  # the name of a command, behind which the option does not go
            break
        if name == _OPTION:
            asked = code if joined else next(words, ENGLISH)
    return asked if asked in CODES else ENGLISH


LANGUAGE = click.option(
    _OPTION,
    type=click.Choice(CODES),
    default=ENGLISH,
    envvar=_VARIABLE,
    show_envvar=True,
    is_eager=True,
    expose_value=False,
    callback=_choose,
    help="Language of what the terminal says.",
)
"""The option of all commands, before their name."""


def spoken() -> str:
    """Return the code of the language that was chosen."""
    return _spoken.get()


def say(key: str, **values: Any) -> str:
    """Return the words of a key in the chosen language, values put in.

    Parameters
    ----------
    key
        A table of ``terminal.toml`` or ``common.toml``.
    **values
        What stands in its braces; their formats are those of the words.

    Examples
    --------
    >>> say("nothing_wrong")
    'nothing is wrong'
    """
    from boxreach.languages import words  # noqa: PLC0415 - keeps --help quick

    said = words("terminal", spoken())[key]
    return said.format(**values) if values else said


def say_known(key: str, otherwise: str) -> str:
    """Return the words of a key where there are any, and else what is given."""
    from boxreach.languages import words  # noqa: PLC0415 - keeps --help quick

    return words("terminal", spoken()).get(key, otherwise)


def translate(text: str) -> str:
    """Return what the library says in English, in the chosen language.

    Examples
    --------
    >>> translate("the file is empty")
    'the file is empty'
    """
    if spoken() == ENGLISH:
        return text
    from boxreach.languages import messages  # noqa: PLC0415 - keeps --help quick

    return messages.translate(text, spoken())


def pick(texts: dict[str, Any], prefix: str = "") -> str:
    """Return that of texts by language which is spoken here, and else the first of them.

    Examples
    --------
    >>> pick({"ar": "طريق", "en": "road"})
    'road'
    >>> pick({"name": "Mosul", "name_ar": "الموصل"}, "name")
    'Mosul'
    """
    own = texts.get(f"{prefix}_{spoken()}" if prefix else spoken())
    return str(own or (texts[prefix] if prefix else next(iter(texts.values()))))
