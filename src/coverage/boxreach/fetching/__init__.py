"""A country's public data in a folder, with a plan that runs on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import boxreach
from boxreach.arguments import require_path
from boxreach.errors import BoxreachError
from boxreach.exports import output_folder
from boxreach.fetching.folder import CONTENTS, require_untouched
from boxreach.fetching.preparation import Delivery, prepare
from boxreach.routing import Progress
from boxreach.sources.downloads.cache import Cache, Kept
from boxreach.sources.downloads.catalogue import read_catalogue
from boxreach.sources.downloads.connection import Connection, Patience
from boxreach.sources.downloads.countries import find_country
from boxreach.sources.downloads.offers import Offer, Offers, find_offers
from boxreach.sources.downloads.transfer import download

_ROOM = 1.5
"""What is made of the files takes less room than half of theirs."""


@dataclass(frozen=True)
class Fetched:
    """What came of a fetch.

    Attributes
    ----------
    offers
        What there is of the country, on which terms.
    plan
        The plan that was written; None where nothing was downloaded.
    """

    offers: Offers
    plan: Path | None


def fetch(
    country: str,
    folder: str | Path = "data",
    *,
    catalogue: str | Path | None = None,
    cache: str | Path | None = None,
    terrain: bool = True,
    dry_run: bool = False,
    show: Callable[[Offers], None] | None = None,
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> Fetched:
    """Download roads, people, areas and heights of a country, and write a plan for them.

    Parameters
    ----------
    country
        Its name in English, Arabic or Sorani, or its code: ``"iraq"``, ``"IQ"``, ``"IRQ"``.
    folder
        Where the files are to be. What an earlier fetch wrote there is replaced as a whole, unless
        somebody changed it or put something there.
    catalogue
        A file that says who offers what; None is the one that is shipped.
    cache
        The folder where downloads are kept, whole and in part; None is the user's own.
    terrain
        Whether heights are wanted; they are most of what is to be downloaded.
    dry_run
        Whether it is only looked up what there is.
    show
        Hears what there is before any of it is downloaded, and may raise to stop.
    patience
        How long servers are waited for.
    progress
        Hears how far it is.

    Returns
    -------
    Fetched
        What there is, and the plan.

    Raises
    ------
    InputError
        If there is no such country, the catalogue is faulty, or the folder holds something else.
    BoxreachError
        If something cannot be downloaded. What has come is kept, and the same call goes on there.

    Examples
    --------
    >>> fetch("Irak")
    Traceback (most recent call last):
    boxreach.errors.InputError: 'Irak' is no country; did you mean Iraq?
    """
    of, listed, folder = find_country(country), read_catalogue(catalogue), require_path(folder)
    if not terrain:
        listed = listed.model_copy(update={"terrain": None})
    if not dry_run:
        require_untouched(folder)
    tell = progress or (lambda _what, _done, _total: None)
    connection = Connection(f"boxreach/{boxreach.__version__}", patience)
    try:
        offers = find_offers(connection, listed, of, tell=tell)
        if show is not None:
            show(offers)
        if dry_run:
            return Fetched(offers, None)
        kept = Cache(None if cache is None else require_path(cache, "cache"))
        with output_folder(folder, CONTENTS) as unfinished, kept.alone():
            files = _download(connection, kept, offers, tell)
            prepare(Delivery(offers, files, listed), unfinished, tell)
    finally:
        connection.close()
    return Fetched(offers, folder / "plan.toml")


def _download(
    connection: Connection, cache: Cache, offers: Offers, tell: Progress
) -> list[tuple[Offer, Kept]]:
    """Return what was offered, in the cache, after making sure that there is room for it."""
    coming = sum(_missing_bytes(cache, one) for one in offers.files)
    if (needed := int(coming * _ROOM)) > (free := cache.free_bytes()):
        what = f"{needed:,} bytes are needed in {cache.folder}, and {free:,} are free"
        raise BoxreachError(f"{what}; make room, or name another folder with --cache")
    files: list[tuple[Offer, Kept]] = []
    for role in dict.fromkeys(one.role for one in offers.files):
        of_role = offers.of(role)
        total, before = sum(one.size_bytes or 0 for one in of_role), 0
        for one in of_role:
            kept = download(
                connection,
                cache,
                one.wanted,
                lambda have, before=before, role=role, total=total: tell(  # type: ignore[misc]
                    role, before + have, max(total, before + have)
                ),
            )
            files.append((one, kept))
            before += kept.measured.size_bytes
    return files


def _missing_bytes(cache: Cache, offer: Offer) -> int:
    """Return how many bytes of a file have to come still, as far as that is known."""
    address = offer.wanted.address
    there = cache.stated(address)
    if there is not None and there.is_same(offer.wanted.stated):
        return 0
    return max((offer.size_bytes or 0) - cache.part(address).size_bytes(), 0)
