"""Which addresses may be asked, and where a server may send one on to."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from boxreach.errors import BoxreachError

_SCHEMES = {"http", "https"}


def require_address(address: str, asked: str = "") -> str:
    """Return an address that a server named, or raise if nobody should follow it.

    Parameters
    ----------
    address
        As the server gave it; it may be relative to `asked`.
    asked
        The address that was asked.

    Raises
    ------
    BoxreachError
        If it leads anywhere but to a web server, or from https to http.

    Examples
    --------
    >>> require_address("/b.tif", "https://example.org/a.tif")
    'https://example.org/b.tif'
    >>> require_address("file:///etc/passwd", "https://example.org/a.tif")
    Traceback (most recent call last):
    boxreach.errors.BoxreachError: https://example.org/a.tif leads to 'file:///etc/passwd', \
which is no address of a web server; nothing is taken from there
    """
    try:
        there = urljoin(asked, address.strip())
        parts = urlsplit(there)
        followed = parts.scheme in _SCHEMES and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        followed, there = False, address
    if not followed:
        what = f"{asked} leads to {address[:200]!r}, which is no address of a web server"
        raise BoxreachError(f"{what}; nothing is taken from there")
    if urlsplit(asked).scheme == "https" and parts.scheme == "http":
        what = f"{asked} leads to {there[:200]!r}, where nothing is kept from being altered"
        raise BoxreachError(f"{what} (http after https); nothing is taken from there")
    return there


def host_of(address: str) -> str:
    """Return the server of an address, as messages call it.

    Examples
    --------
    >>> host_of("https://example.org/a.tif")
    'example.org'
    >>> host_of("https://somebody:secret@example.org:8080/a.tif")
    'example.org:8080'
    """
    return urlsplit(address).netloc.rpartition("@")[2]  # no password in a message
