"""Middleware for every request: host and origin, token, size limit, and client disconnect.

An ASGI application that wraps another. It reads the body, within limits, before passing the request
on. When a client disconnects, the work for it is cancelled.
"""

import asyncio
import time
from collections.abc import Collection, Iterable
from contextlib import suppress

from rag.server.accounts import Tokens
from rag.server.api.error_handlers import response_of
from rag.server.api.errors import ApiError
from rag.server.api.metrics import Metrics
from rag.server.network import (
    SECURITY_HEADERS,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    foreign,
    headers_of,
    with_headers,
)

_OPEN = frozenset("/health /health/live /health/ready /docs /openapi.json".split())
_OPEN_BELOW = "/docs/"
_BODY_SECONDS = 30.0
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    *SECURITY_HEADERS,
    (b"content-security-policy", _POLICY.encode()),
    (b"cache-control", b"no-store"),
)
_CLOSE = ((b"connection", b"close"),)


class Middleware:
    """The outermost ASGI application of the server; see the module docstring."""

    def __init__(
        self,
        app: Application,
        *,
        metrics: Metrics,
        hosts: Collection[str] | None,
        tokens: Tokens | None,
        most_bytes: int,
    ) -> None:
        """Wrap ``app``.

        Args:
            app: handles the admitted requests.
            metrics: counts all requests.
            hosts: accepted ``host:port`` values; None accepts any.
            tokens: accepted tokens; None admits everybody.
            most_bytes: maximum size of a request body.
        """
        self._app, self._metrics = app, metrics
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._tokens, self._most = tokens, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or lifespan event."""
        if scope["type"] != "http":  # lifespan, handled by the application
            await self._app(scope, receive, send)
            return
        await self._counted(self._answer, scope, receive, send)

    async def overloaded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a connection above the limit."""
        refusal = response_of(ApiError("too_many_connections"))
        await self._counted(refusal, scope, receive, with_headers(send, _CLOSE))

    async def _counted(self, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
        """Run ``app`` with the security headers added to its response, and count the request."""
        status, method = 0, scope["method"]
        start = time.perf_counter()
        if method == "HEAD":  # treated as GET; the server drops the body
            scope = {**scope, "method": "GET"}

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, with_headers(noting_status, _HEADERS))
        finally:
            self._metrics.request(scope, method, status, time.perf_counter() - start)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._admit(scope)
            body = await self._body(scope, receive)
        except ApiError as error:
            await response_of(error)(scope, receive, send)
            return
        if body is None:
            return  # the client disconnected
        await _run_until_left(self._app, scope, body, receive, send)

    def _admit(self, scope: Scope) -> None:
        """Raise ApiError if the request is not admitted."""
        headers = headers_of(scope)
        path = scope["path"]
        opened = scope["method"] == "GET" and path in _OPEN
        refused = foreign(headers, hosts=self._hosts, opened=opened)
        if refused:
            status, reason = refused
            raise ApiError("foreign_name" if status == 421 else "foreign_page", reason=reason)
        if self._tokens is None or path in _OPEN or path.startswith(_OPEN_BELOW):
            return
        kind, _, token = headers.get(b"authorization", "").partition(" ")
        if kind.lower() != "bearer" or not self._tokens.client(token.strip()):
            raise ApiError("invalid_api_key", seen="an unknown one" if token else "none")

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the request body; None if the client disconnected before its end."""
        too_large = ApiError("too_large", most=self._most)
        headers = dict(scope["headers"])
        size = headers.get(b"content-length", b"0")
        if size.isdigit() and int(size) > self._most:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > self._most:  # a chunked body declares no size
                        raise too_large
                    if not message.get("more_body"):
                        return bytes(body)
        except TimeoutError:
            raise ApiError("body_late", seconds=_BODY_SECONDS) from None


async def _run_until_left(
    app: Application, scope: Scope, body: bytes, receive: Receive, send: Send
) -> None:
    """Run ``app`` on a request whose body is already read; cancel if the client disconnects."""
    left = asyncio.Event()
    waiting: Iterable[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def replayed() -> Message:
        for message in waiting:
            return message
        await left.wait()
        return {"type": "http.disconnect"}

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    answering = asyncio.ensure_future(app(scope, replayed, send))
    watching = asyncio.create_task(watch())
    try:
        await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        left.set()
        watching.cancel()
        if not answering.done():
            answering.cancel()
        # The error was already reported to the client and logged.
        with suppress(asyncio.CancelledError, Exception):
            await answering
