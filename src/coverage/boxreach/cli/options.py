"""Options that several commands have, and how their values are read."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from boxreach.errors import BoxreachError, InputError
from boxreach.text import show_controls

_SHORTHANDS = {
    "boxes": "propose.boxes",
    "posts": "posts.posts",
    "languages": "output.languages",
    "on": "network.on",
}

_PROCESSES_A_PROCESSOR = 8
"""Who asks for more has misspelt a number."""

_PHASES = {"boxes": "propose.phases", "posts": "posts.phases"}


def _value(text: str) -> object:
    """Read a flag's value as TOML, and as plain text where it is none, or more than one value."""
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return table["value"] if len(table) == 1 else text


def read_overrides(settings: Sequence[str], flags: dict[str, Any]) -> list[tuple[str, object]]:
    """Return the keys of a plan that flags override, with their values."""
    given: list[tuple[str, object]] = []
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting}: write it as --set section.key=value")
        _require_utf8(f"--set {key}", setting)
        given.append((key.strip(), _value(value)))
    for name, value in flags.items():
        if value is not None:
            given.append((_SHORTHANDS[name], value))
            phases = _PHASES.get(name)
            # Another number of sites does not fit the plan's phases: they go, unless set too.
            if phases is not None and phases not in dict(given):
                given.append((phases, None))
                if name == "boxes" and "propose.phase_moves" not in dict(given):
                    given.append(("propose.phase_moves", 0))
    return given


def _require_utf8(name: str, text: str) -> None:
    """Refuse what no file could hold: bytes of another encoding, as half a character each."""
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise click.UsageError(f"{show_controls(name)}: it is not UTF-8; type it in UTF-8")


def read_text(_context: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """Return the text of an option, which must be UTF-8."""
    if text is not None:
        _require_utf8(f"--{option.name}", text)
    return text


def split_names(
    _context: click.Context, _option: click.Parameter, names: str | None
) -> list[str] | None:
    """Return names that commas part."""
    return None if names is None else [name.strip() for name in names.split(",")]


def split_languages(
    context: click.Context, option: click.Parameter, codes: str | None
) -> list[str] | None:
    """Return the codes of languages, which must be known."""
    languages = split_names(context, option, codes)
    if languages is None:
        return None
    from boxreach.languages import check_languages  # noqa: PLC0415 - keeps --help quick

    try:
        check_languages(tuple(languages))
    except BoxreachError as error:
        raise click.BadParameter(str(error)) from error
    return languages


def _read_day(_context: click.Context, _option: click.Parameter, day: str | None) -> str | None:
    from boxreach.columns import iso_date  # noqa: PLC0415 - keeps --help quick

    if day is not None and iso_date(day) is None:
        raise click.BadParameter(f"{day!r} is no date; write it like 2026-03-31")
    return day and iso_date(day)


def _require_few(
    _context: click.Context, _option: click.Parameter, count: int | None
) -> int | None:
    """Refuse more processes than ever help: each takes memory of its own."""
    processors = os.cpu_count() or 1
    if count is not None and count > processors * _PROCESSES_A_PROCESSOR:
        said = f"{count} processes are asked for, and this machine has {processors} processors"
        raise click.BadParameter(f"{said}; give {processors}, or --scheduler for other machines")
    return count


ON = click.option("--on", metavar="DATE", callback=_read_day,
                   help="Day to plan for: closures hold from and until their dates.")  # fmt: skip


def run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all runs have."""
    for option in (
        click.option("--set", "settings", multiple=True, metavar="KEY=VALUE",
                     help="Override a key of the plan, e.g. --set reach.minutes=[10,20]."),
        click.option("--languages", metavar="CODES", callback=split_languages,
                     help="Languages of map and report: en,ar,ckb,kmr."),
        ON,
        click.option("--strict", is_flag=True, help="Write nothing if anything was assumed."),
        click.option("--progress/--no-progress", default=None,
                     help="Show a progress bar; by default only in a terminal."),
        click.option("--workers", type=click.IntRange(1), metavar="N", callback=_require_few,
                     help="Search by so many processes on this machine; needs Dask."),
        click.option("--scheduler", metavar="ADDRESS",
                     help="Search by the workers of this Dask scheduler, as tcp://10.0.0.1:8786."),
        click.option("-o", "--output", default="out", show_default=True, metavar="FOLDER",
                     type=click.Path(path_type=Path), help="Folder for the outputs."),
    ):  # fmt: skip
        command = option(command)
    return command


def _read_size(_context: click.Context, _option: click.Parameter, size: str | None) -> float | None:
    if size is None:
        return None
    from boxreach.cli.memory_limit import read_size_gb  # noqa: PLC0415 - keeps --help quick

    try:
        return read_size_gb(size)
    except InputError as error:
        raise click.BadParameter(str(error)) from error


MEMORY = click.option("--memory", "memory_gb", metavar="SIZE", callback=_read_size,
                       help="Memory that a proposal may take, as 4GB; what is more goes to the disk"
                       " of the outputs.")  # fmt: skip
PLAN = click.argument("plan_file", metavar="PLAN.TOML", type=click.Path(path_type=Path))
BOXES = click.option(
    "--boxes", type=click.IntRange(0), help="How many boxes to propose, in one phase."
)
POSTS = click.option(
    "--posts", type=click.IntRange(0), help="How many posts to propose, in one phase."
)
