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
    """Check whether a request comes from a foreign host or origin.

    Args:
        headers: request headers, names in lower case.
        hosts: accepted ``host:port`` values of this server, in lower case; None accepts any.
        public: further names of this server, also accepted as origins.
        opened: whether the request may be a link followed from another page.

    Returns:
        The status and reason of the refusal, or None if the request is not foreign.
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
    """Wrap ``send`` to set these headers on a response, replacing any of the same name."""
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
