"""Fetch one web page from a checked address, completely or not at all.

The connection goes to exactly the address that was checked (:mod:`.checked_network`), and each
redirect passes the same checks. Proxy settings in the environment are ignored: behind a proxy, the
address could not be checked. Custom certificates are found through ``SSL_CERT_FILE`` or
``SSL_CERT_DIR``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from rag.errors import FetchError
from rag.ingest.encoding import to_utf8
from rag.ingest.sources.checked_network import CheckedNetwork, Resolve, system_resolve
from rag.ingest.sources.formats import Kind, kind_of
from rag.ingest.sources.origin import both_sizes, without_secrets
from rag.ingest.sources.request import get

if TYPE_CHECKING:
    import httpx

_MOVED = (301, 302, 303, 307, 308)
_TYPES: dict[Kind, str] = {
    "html": "text/html application/xhtml+xml",
    "markdown": "text/markdown text/x-markdown",
    "json": "application/json text/json application/ld+json application/feed+json",
    "jsonl": "application/x-ndjson application/ndjson application/jsonl application/x-jsonlines",
    "csv": "text/csv application/csv",
    "tsv": "text/tab-separated-values",
}
_KINDS = {mime: kind for kind, mimes in _TYPES.items() for mime in mimes.split()}
# Types that servers give to unknown files: the address or the bytes reveal more.
_VAGUE = frozenset(
    " text/plain application/octet-stream binary/octet-stream application/gzip "
    "application/x-gzip".split(" ")
)
# A whole page may take this many times the maximum wait for one step.
_PATIENCE = 3
_HOST = re.compile(rb"[0-9a-z._-]+|[0-9a-f:.]+(%[0-9a-z]+)?", re.IGNORECASE)
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Landing:
    """The final response of a web address: the address after redirects, and the bytes.

    ``kind`` is ``None`` if neither the server nor the address reveals the format.
    """

    url: str
    body: bytes
    kind: Kind | None
    fetched: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for fetching a page.

    ``timeout`` is the maximum wait in seconds for any one step; the whole page takes at most three
    times as long, not counting name resolution. ``max_bytes`` is the maximum page size,
    uncompressed. ``resolve`` turns names into addresses.
    """

    timeout: float = 20.0
    max_bytes: int = 20_000_000
    max_redirects: int = 5
    allow_private: bool = False
    resolve: Resolve = system_resolve


def read(url: str, limits: Limits) -> Landing:
    """Fetch one web page.

    Raises:
        FetchError: The page is unavailable or must not be requested; the message says why.
    """
    until = time.monotonic() + _PATIENCE * limits.timeout
    way = [_checked(url)]
    while len(way) <= limits.max_redirects + 1:
        try:
            answer = _ask(way[-1], limits, until)
        except FetchError as error:
            if len(way) == 1:
                raise
            raise FetchError(f"{way[0]} redirects, and {error}") from error
        if isinstance(answer, Landing):
            return answer
        way.append(_target(way[-1], answer))
        if way[-1] in way[:-1]:
            raise FetchError(
                f"{way[0]} redirects in a circle ({' -> '.join(map(str, way))}), as pages behind a "
                "login or consent form do; save it in a browser and add the file"
            )
    raise FetchError(
        f"{way[0]} redirects more than {limits.max_redirects} times, at last to {way[-1]}; give "
        "the final address"
    )


def _checked(url: str) -> httpx.URL:
    import httpx

    shown = without_secrets(url)
    try:
        found = httpx.URL(url).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(f"{shown} is not a web address ({error})") from error
    if found.scheme not in ("http", "https"):
        raise FetchError(f"{shown} has the scheme {found.scheme!r}; only http and https are read")
    if not found.host:
        raise FetchError(
            f"{shown} names no host; expected an address like https://example.org/news"
        )
    if not _HOST.fullmatch(found.raw_host) or (found.port or 1) > _LAST_PORT:
        raise FetchError(f"{shown} is not a web address (its host or port is invalid)")
    if found.userinfo:
        raise FetchError(
            f"{shown} contains a user name or password, which would end up in the index; save the "
            "page in a browser and add the file"
        )
    return found


def _target(here: httpx.URL, location: str) -> httpx.URL:
    import httpx

    try:
        return _checked(str(here.join(location)))
    except FetchError as error:
        raise FetchError(f"{here} redirects to an address that is not followed: {error}") from error
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(f"{here} redirects to something that is not a web address") from error


def _ask(url: httpx.URL, limits: Limits, until: float) -> Landing | str:
    """Return the page or the target of its redirect."""
    network = CheckedNetwork(str(url), until, limits.allow_private, limits.resolve)
    with get(url, network, limits.timeout) as response:
        return _answer(url, response, limits.max_bytes)


def _answer(url: httpx.URL, response: httpx.Response, max_bytes: int) -> Landing | str:
    status = response.status_code
    if status in _MOVED:
        if location := response.headers.get("location", ""):
            return str(location)
        raise FetchError(f"{url} redirects ({status}) without an address")
    if status != HTTPStatus.OK:
        raise FetchError(f"{url} answered {_status_text(status)}; {_advice(status)}")
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind = _KINDS.get(content_type)
    if kind is None and content_type not in _VAGUE:
        raise FetchError(
            f"{url} sent {content_type}, which is not an article as text; expected HTML, plain text, "
            "JSON or CSV"
        )
    body = b"".join(_blocks(url, response, max_bytes))
    if not body.strip():
        raise FetchError(f"{url} sent an empty page; check the address in a browser")
    body = to_utf8(body, response.charset_encoding)
    return Landing(str(url), body, kind or kind_of(url.path), datetime.now(UTC))


def _blocks(url: httpx.URL, response: httpx.Response, max_bytes: int) -> Iterator[bytes]:
    # One layer of gzip expands a block to 64 MB at most; several layers are a gzip bomb.
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise FetchError(f"{url} sent the encoding {encoding}, which was not requested")
    length = response.headers.get("content-length", "")
    size = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0
    taken = 0
    for block in response.iter_bytes():
        taken += len(block)
        if max(taken, size) > max_bytes:
            seen, limit = both_sizes(max(taken, size), max_bytes)
            raise FetchError(
                f"{url} is {seen}{'' if size > max_bytes else ' or more'}, the limit for one page "
                f"is {limit}; save it and add the part you need, or raise fetch.max_megabytes"
            )
        yield block


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _advice(status: int) -> str:
    if status in (401, 402, 403, 407, 451):
        return "it does not give the page to programs; save it in a browser and add the file"
    if status in (404, 410):
        return "check the address"
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "try later"
    return "save the page in a browser and add the file"
