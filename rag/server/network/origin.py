"""Requests that come in the name of another server or from another page, and headers against both.

A server on the loopback address can be reached by every page that the browser has open: by a form
or script of a foreign page, or by a foreign name that is made to point at 127.0.0.1 (DNS
rebinding). So a request must name this server as its host, and must not come from another origin.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

# The types of ASGI, https://asgi.readthedocs.io/en/latest/specs/main.html
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SEAL = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


def foreign(
    headers: Mapping[bytes, str],
    *,
    hosts: Collection[str] | None,
    public: Collection[str] = (),
    opened: bool = False,
) -> tuple[int, str] | None:
    """The status and reason with which a foreign request is turned away; None: it is none.

    Args:
        headers: of the request, names in lower case.
        hosts: ``host:port`` under which this server may be asked, in lower case; None: any.
        public: names that it also has, which requests may come from as well.
        opened: whether this may be a link on another page that is followed.
    """
    host = headers.get(b"host", "").lower()
    if hosts is not None and host not in hosts and host not in public:
        return 421, "This server does not go by that name."
    origin = headers.get(b"origin")
    if origin is not None and _netloc(origin) not in {host, *public}:
        return 403, "Requests from other pages are refused."
    if headers.get(b"sec-fetch-site") in {"cross-site", "same-site"} and not opened:
        return 403, "Requests from other pages are refused."
    return None


def sealed(send: Send, seal: Iterable[tuple[bytes, bytes]]) -> Send:
    """A ``send`` that puts these headers on an answer, in place of what it has of those names."""
    seal = tuple(seal)
    ours = {key for key, _ in seal}

    async def send_sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
            message = {**message, "headers": [*kept, *seal]}
        await send(message)

    return send_sealed


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
