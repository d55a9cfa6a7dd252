"""What a person sees of a fetch: what there is, how much of it has come, and what to do then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from boxreach.cli.speech import say, say_known, translate
from boxreach.errors import Fault
from boxreach.routing import Progress as Tell
from boxreach.sources.downloads.offers import Offer, Offers, Role

_ROLES: frozenset[str] = frozenset(get_args(Role))
_INDENT = " " * 24


def describe_offers(offers: Offers) -> list[str]:
    """Return lines that say what there is of a country, how much it is, and on which terms.

    Parameters
    ----------
    offers
        What there is.
    """
    country = offers.country
    lines = [f"{country.name} ({country.iso3})"]
    for role in dict.fromkeys(one.role for one in offers.files):
        lines += _describe_role(role, offers.of(role))
    unknown = sum(one.size_bytes is None for one in offers.files)
    more = f" {say('offer_unknown', count=unknown)}" if unknown else ""
    lines += [f"  {say('offer_together'):<11}{_size(offers.size_bytes):>10}{more}"]
    lines += [translate(f"  there is {one}") for one in offers.missing]
    # Servers wrote some of it: it is shown, and moves nothing on a terminal.
    return [str(Fault(one)) for one in lines]


def _describe_role(role: Role, files: list[Offer]) -> Iterator[str]:
    first, sizes = files[0], [one.size_bytes for one in files]
    known = [one for one in sizes if one is not None]
    size = _size(sum(known)) if known else say("offer_no_size")
    several = say("offer_files", count=len(files)) if len(files) > 1 else ""
    date = f"{translate(', ')}{first.date}" if first.date else ""
    yield f"  {say(f'offer_{role}'):<11}{size:>10} {translate(first.title)}{several}{date}"
    yield f"{_INDENT}{first.licence} ({first.licence_url})"
    yield f"{_INDENT}{first.credit}"


def _size(size_bytes: int) -> str:
    """Return a length as people say it.

    Examples
    --------
    >>> _size(214_300_000), _size(900)
    ('214.3 MB', '0.9 kB')
    """
    for unit, many in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= many:
            return f"{size_bytes / many:,.1f} {unit}"
    return f"{size_bytes / 1e3:,.1f} kB"


@contextmanager
def show_transfer(wanted: bool | None) -> Iterator[Tell]:
    """Give the callback that draws bars of bytes on standard error; off without a terminal."""
    console = Console(stderr=True)
    if not (console.is_terminal if wanted is None else wanted):
        yield lambda _what, _done, _total: None
        return
    columns = (
        TextColumn("{task.description:>16}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                shown = say_known(f"offer_{what.replace(' ', '_')}", what)
                tasks[what] = bars.add_task(shown, total=total, said="")
            sizes = {"done": _size(done), "total": _size(total)}
            said = say("offer_come", **sizes) if what in _ROLES else f"{done}/{total}"
            bars.update(tasks[what], completed=done, total=total, said=said)

        yield tell
