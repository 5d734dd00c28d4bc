"""Checks that reject foreign hosts and origins, and security headers for responses.

Every page open in the browser can reach a server on the loopback address: through a form or script
of a foreign page, or through a foreign name that resolves to 127.0.0.1 (DNS rebinding). A request
must therefore name this server as its host and must not come from another origin.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

# ASGI types: https://asgi.readthedocs.io/en/latest/specs/main.html
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


def headers_of(scope: Scope) -> dict[bytes, str]:
    """Return the headers of a request, names in lower case."""
    return {name: value.decode("latin-1") for name, value in scope["headers"]}


def foreign(
    headers: Mapping[bytes, str], *, hosts: Collection[str] | None, opened: bool = False
) -> tuple[int, str] | None:
    """Check whether a request comes from a foreign host or origin.

    Args:
        headers: request headers, names in lower case.
        hosts: accepted ``host:port`` values of this server, in lower case; None accepts any.
        opened: whether the request may be a link followed from another page.

    Returns:
        The status and reason of the refusal, or None if the request is not foreign.
    """
    host = headers.get(b"host", "").lower()
    if hosts is not None and host not in hosts:
        return 421, "This server does not have that name."
    origin = headers.get(b"origin")
    linked = headers.get(b"sec-fetch-site") in {"cross-site", "same-site"} and not opened
    if linked or (origin is not None and _netloc(origin) != host):
        return 403, "Requests from other pages are refused."
    return None


def with_headers(send: Send, headers: Iterable[tuple[bytes, bytes]]) -> Send:
    """Wrap ``send`` to set these headers on a response, replacing any of the same name."""
    ours = tuple(headers)
    names = {name for name, _ in ours}

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            theirs = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
            message = {**message, "headers": [*theirs, *ours]}
        await send(message)

    return wrapped


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
