"""Web servers, asked with patience: what passes is tried again, what does not is said at once.

Redirects are followed here and not by the library that asks, so that every address on the way is
looked at. Proxies and certificates come from the environment, as requests reads it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeVar

import requests
from urllib3.exceptions import HTTPError, NameResolutionError
from urllib3.util import Retry

from boxreach.errors import BoxreachError
from boxreach.sources.downloads.addresses import host_of, require_address
from boxreach.text import show_controls

Done = TypeVar("Done")

PIECE_BYTES = 1 << 18
"""So many bytes of an answer are read at once, or as many as have come."""

_REDIRECTS = {301, 302, 303, 307, 308}
_REDIRECTS_AT_MOST = 8
_MISSING = {404, 410}
_PASSING = {408, 425, 429, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524}
_RANGE_REFUSED = 416
_UNREACHED_TRIES = 2

_OFFLINE = (
    "check the network; behind a proxy, set HTTPS_PROXY. What has come is kept, and the same"
    " command goes on from there"
)
_CERTIFICATE = (
    "nothing is taken from it. Where a proxy of your own network signs for others, name its"
    " certificate in REQUESTS_CA_BUNDLE"
)
_PROXY_LOGIN = "write it like HTTPS_PROXY=http://NAME:PASSWORD@proxy:3128"


@dataclass(frozen=True)
class Patience:
    """How long servers are waited for.

    Attributes
    ----------
    connect_s
        Seconds until one must answer the call.
    silent_s
        Seconds that one may say nothing.
    tries
        Tries in a row that bring nothing new, before it is given up.
    wait_s
        Seconds before the second try; doubled before each further.
    longest_wait_s
        Seconds that are waited at most; a server that asks for more is given up.
    """

    connect_s: float = 15.0
    silent_s: float = 60.0
    tries: int = 6
    wait_s: float = 1.0
    longest_wait_s: float = 120.0


class MissingError(BoxreachError):
    """A server does not have what it is asked for."""


class RefusedError(BoxreachError):
    """A server does not let one have what it is asked for, or not in this way."""


class PassingError(Exception):
    """Something that may go well next time.

    Attributes
    ----------
    wait_s
        How long the server asks to wait; None where it does not.
    tries
        After how many tries it will not go well; None for as many as patience has.
    """

    def __init__(self, what: str, *, wait_s: float | None = None, tries: int | None = None) -> None:
        super().__init__(what)
        self.wait_s = wait_s
        self.tries = tries


class _Session(requests.Session):
    """A session that looks at no redirect: the library would, even where it follows none."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        return None


class Connection:
    """Asks web servers.

    Parameters
    ----------
    agent
        Who asks.
    patience
        How long servers are waited for.
    """

    def __init__(self, agent: str, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._session = _Session()
        # Packed answers would not be the bytes whose number and sum servers tell.
        self._session.headers.update({"User-Agent": agent, "Accept-Encoding": "identity"})

    def close(self) -> None:
        """Let all servers go."""
        self._session.close()

    @contextmanager
    def ask(
        self,
        address: str,
        *,
        method: Literal["GET", "HEAD"] = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[requests.Response]:
        """Give the answer of a server, its content not yet read.

        Raises
        ------
        MissingError
            If it does not have that.
        PassingError
            If it does not answer, or not now.
        BoxreachError
            If it refuses, or sends one on to where nobody should go.
        """
        asked = address
        for _ in range(_REDIRECTS_AT_MOST + 1):
            answer = self._call(method, asked, headers or {})
            try:
                if answer.status_code not in _REDIRECTS:
                    _require_success(answer, asked)
                    yield answer
                    return
                asked = require_address(answer.headers.get("Location", ""), asked)
            finally:
                answer.close()
        what = f"{host_of(address)} sends one on more than {_REDIRECTS_AT_MOST} times"
        raise BoxreachError(f"{what} ({address}); check the address, or try again later")

    def _call(self, method: str, address: str, headers: Mapping[str, str]) -> requests.Response:
        host, patience = host_of(address), self.patience
        try:
            return self._session.request(
                method,
                address,
                headers=dict(headers),
                allow_redirects=False,
                stream=True,
                timeout=(patience.connect_s, patience.silent_s),
            )
        except requests.exceptions.SSLError as error:
            what = f"the certificate of {host} cannot be verified ({_reason(error)})"
            raise BoxreachError(f"{what}; {_CERTIFICATE}") from error
        except requests.exceptions.ProxyError as error:
            what = f"the proxy on the way to {host} cannot be used ({_reason(error)})"
            raise PassingError(what, tries=_UNREACHED_TRIES) from error
        except requests.exceptions.ReadTimeout as error:
            raise PassingError(f"{host} says nothing for {patience.silent_s:g} s") from error
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
            what = f"{host} cannot be reached ({_reason(error)})"
            raise PassingError(what, tries=_UNREACHED_TRIES) from error
        except (requests.exceptions.RequestException, HTTPError, ValueError) as error:
            what = f"{address[:200]!r} cannot be asked ({_reason(error)})"
            raise BoxreachError(f"{what}; check the catalogue and the proxy") from error

    def persist(self, attempt: Callable[[], Done], gained: Callable[[], int] = lambda: 0) -> Done:
        """Return what an attempt does, tried again as long as that may help.

        Parameters
        ----------
        attempt
            What may raise `PassingError`.
        gained
            How much is there; tries that add to it are not counted.
        """
        fruitless, most, patience = 0, gained(), self.patience
        while True:
            try:
                return attempt()
            except PassingError as error:
                now = gained()
                fruitless, most = (0, now) if now > most else (fruitless + 1, most)
                wait_s = error.wait_s
                if wait_s is None:
                    doubled_s = patience.wait_s * 2.0 ** max(fruitless - 1, 0)
                    wait_s = min(doubled_s, patience.longest_wait_s)
                if fruitless >= min(error.tries or patience.tries, patience.tries):
                    raise BoxreachError(f"{error}; {_OFFLINE}") from error
                if wait_s > patience.longest_wait_s:
                    what = f"{error}, and asks to wait {wait_s:,.0f} s"
                    raise BoxreachError(f"{what}; run the same command again then") from error
                time.sleep(wait_s)

    def read(self, address: str, *, at_most_bytes: int) -> bytes:
        """Return the whole of a short file.

        Raises
        ------
        BoxreachError
            If it cannot be had, or has more bytes.
        """

        def attempt() -> bytes:
            with self.ask(address) as answer:
                content = bytearray()
                for piece in pieces(answer, address):
                    content += piece
                    if len(content) > at_most_bytes:
                        what = f"{address} has more than {at_most_bytes:,} bytes"
                        raise BoxreachError(f"{what}, which is no list; check the catalogue")
                return bytes(content)

        return self.persist(attempt)


def pieces(answer: requests.Response, address: str) -> Iterator[bytes]:
    """Yield the content of an answer as it comes.

    Raises
    ------
    PassingError
        If it ends before its end.
    BoxreachError
        If it is packed.
    """
    packed = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in {"", "identity"}:
        what = f"{host_of(address)} sends {address} packed ({packed[:40]}), which was not asked for"
        raise BoxreachError(f"{what}; check the catalogue and the proxy")
    try:
        while piece := answer.raw.read1(PIECE_BYTES):
            yield piece
    except (HTTPError, OSError) as error:
        raise PassingError(f"{host_of(address)} broke off ({_reason(error)})") from error


def _require_success(answer: requests.Response, address: str) -> None:
    status, host = answer.status_code, host_of(address)
    if answer.ok or status == _RANGE_REFUSED:
        return
    if status in _MISSING:
        raise MissingError(f"{host} does not have {address} ({status}); check the catalogue")
    if status in _PASSING:
        raise PassingError(f"{host} answers {status}", wait_s=_asked_wait_s(answer))
    if status == 407:
        what = f"the proxy on the way to {host} asks for a name and a password"
        raise BoxreachError(f"{what}; {_PROXY_LOGIN}")
    what = f"{host} refuses {address} ({status})"
    raise RefusedError(f"{what}; look at the address in a browser, or name another catalogue")


def _asked_wait_s(answer: requests.Response) -> float | None:
    """Return the seconds that a server asks to wait, which it says as a number or as a time."""
    said = answer.headers.get("Retry-After")
    try:
        return None if said is None else float(Retry().parse_retry_after(said))
    except (HTTPError, ValueError, OverflowError):
        return None


def _reason(error: BaseException) -> str:
    """Return the innermost reason of an error, in one line."""
    told: BaseException = error
    seen: set[int] = set()
    while id(told) not in seen:
        seen.add(id(told))
        if isinstance(told, NameResolutionError):
            return "its name is not known"
        within = (getattr(told, "reason", None), *told.args[:1], told.__cause__)
        told = next((one for one in within if isinstance(one, BaseException)), told)
    said = getattr(told, "strerror", None) or str(told)
    return show_controls(" ".join(str(said).split()))[:160] or type(told).__name__
