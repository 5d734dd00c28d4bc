"""Connection limits of a server: idle timeouts and the response to excess connections.

Uvicorn closes a connection that is idle after a response, but waits forever for a first request,
for the rest of a header, and for a client that does not read.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from rag.server.network.origin import Application, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Limits:
    """Connection limits.

    Attributes:
        patience: timeout in seconds for the whole header of a request to arrive, and for the client
            to read some part of a response.
        connections: maximum number of connections that are served.
        refused: how many more connections receive a refusal; any beyond these are closed at once.
    """

    patience: float = 30.0
    connections: int = 384
    refused: int = 128


USUAL = Limits()


async def too_many(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Refuse a connection above the limit with 503."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": b"Too many connections. Try again soon."})


def connection(limits: Limits, overloaded: Application) -> type[asyncio.Protocol]:
    """Build uvicorn's protocol class; ``overloaded`` answers connections above the limit."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Connection(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.timer = _IdleTimer(transport, limits.patience, self.waits)
            others = len(self.connections) - 1
            if others >= limits.connections + limits.refused:
                transport.abort()
            elif others >= limits.connections:
                self.app = cast("Any", overloaded)

        def waits(self) -> bool:
            answering = self.cycle is not None and not self.cycle.response_complete
            return answering and not self.flow.write_paused

        def on_response_complete(self) -> None:
            self.timer.begin()
            super().on_response_complete()

        def pause_writing(self) -> None:
            super().pause_writing()
            self.timer.begin()

        def connection_lost(self, exc: Exception | None) -> None:
            self.timer.end()
            super().connection_lost(exc)

    return Connection


class _IdleTimer:
    """Timer that aborts a connection whose client is idle when it is the client's turn."""

    def __init__(
        self, transport: asyncio.Transport, seconds: float, waits: Callable[[], bool]
    ) -> None:
        """Start the client's turn; ``waits`` says whether the client is waiting for the server."""
        self._transport, self._seconds, self._waits = transport, seconds, waits
        self._timer: asyncio.TimerHandle | None = None
        self.begin()

    def begin(self) -> None:
        """Start the client's turn to send a request or to read."""
        self._unread = float("inf")  # bytes at the last check
        self._check_later()

    def end(self) -> None:
        """Stop checking."""
        if self._timer is not None:
            self._timer.cancel()

    def _check_later(self) -> None:
        self.end()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._check)

    def _check(self) -> None:
        if self._waits():
            return
        unread = self._transport.get_write_buffer_size()
        if 0 < unread < self._unread:  # slow, but still reading
            self._unread = unread
            self._check_later()
        else:
            self._transport.abort()
