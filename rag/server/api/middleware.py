"""Middleware for every request: host and origin, token, size limit, and client disconnect.

An ASGI application that wraps another. It reads the body, within limits, before passing the request
on. When a client disconnects, the work for it is cancelled.
"""

import asyncio
import time
from collections.abc import Collection, Iterable
from contextlib import suppress

from rag.server.api.errors import SOON, ApiError, reply_to
from rag.server.api.metrics import Metrics
from rag.server.api.tokens import Tokens
from rag.server.network import SEAL, Application, Message, Receive, Scope, Send, foreign, sealed

OPEN = frozenset("/health /health/live /health/ready /docs /openapi.json".split())
_OPEN_BELOW = "/docs/"
_BODY_SECONDS = 30.0
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SEAL = (
    *SEAL,
    (b"content-security-policy", _POLICY.encode()),
    (b"cache-control", b"no-store"),
)
_CLOSE = ((b"connection", b"close"),)


class Front:
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
        await self._noted(self._answer, scope, receive, send)

    async def crowded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a connection above the limit."""
        what = f"As many connections are open as are answered. Try again in {SOON} seconds."
        refusal = ApiError(503, "too_many_connections", what, retry=SOON)
        await self._noted(reply_to(refusal), scope, receive, sealed(send, _CLOSE))

    async def _noted(self, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
        """Run ``app`` with the security headers added to its response, and count the request."""
        status, method = 0, scope["method"]
        start = time.perf_counter()
        if method == "HEAD":  # treated as GET; the server drops the body
            scope = {**scope, "method": "GET"}

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, sealed(noted, _SEAL))
        finally:
            self._metrics.request(scope, method, status, time.perf_counter() - start)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._admit(scope)
            body = await self._body(scope, receive)
        except ApiError as refusal:
            await reply_to(refusal)(scope, receive, send)
            return
        if body is None:
            return  # the client disconnected
        await _until_left(self._app, scope, body, receive, send)

    def _admit(self, scope: Scope) -> None:
        """Raise ApiError if the request is not admitted."""
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        opened = scope["method"] == "GET" and scope["path"] in OPEN
        refused = foreign(headers, hosts=self._hosts, opened=opened)
        if refused:
            status, reason = refused
            raise ApiError(status, "foreign", reason)
        path = scope["path"]
        if self._tokens is None or path in OPEN or path.startswith(_OPEN_BELOW):
            return
        kind, _, token = headers.get(b"authorization", "").partition(" ")
        if kind.lower() != "bearer" or not self._tokens.client(token.strip()):
            seen = "an unknown one" if token else "none"
            raise ApiError(
                401,
                "invalid_api_key",
                f"This server wants a bearer token, and {seen} was sent. Send the header"
                " 'Authorization: Bearer TOKEN'; a token is made with: rag tokens add NAME",
            )

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read the request body; None if the client disconnected before its end."""
        headers = dict(scope["headers"])
        size = headers.get(b"content-length", b"0")
        if size.isdigit() and int(size) > self._most:
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > self._most:  # a chunked body declares no size
                        raise self._too_large()
                    if not message.get("more_body"):
                        return bytes(body)
        except TimeoutError:
            what = f"The request was not whole after {_BODY_SECONDS:g} seconds. Send it again."
            raise ApiError(408, "too_slow", what) from None

    def _too_large(self) -> ApiError:
        return ApiError(
            413,
            "too_large",
            f"The request has more than {self._most:,} bytes, as many as are read. Send less, or"
            " raise serve.max_megabytes.",
        )


async def _until_left(
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
