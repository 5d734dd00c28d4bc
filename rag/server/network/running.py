"""Run an ASGI application in its own thread."""

import asyncio
import logging
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from rag.errors import ConfigError
from rag.server.network.connection import USUAL, Limits, connection, too_many
from rag.server.network.listening import Listening
from rag.server.network.origin import Application

if TYPE_CHECKING:
    from uvicorn import Server

_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_IDLE_SECONDS = 5  # after a response


@dataclass(frozen=True, slots=True)
class Running:
    """A server and its thread."""

    _server: "Server" = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    def join(self) -> None:
        """Block until the server ends."""
        while self._thread.is_alive():
            self._thread.join(0.5)  # a longer wait would not notice Ctrl-C

    def stop(self) -> None:
        """Stop the server and its open requests; calling it twice is safe."""
        # Streams cut off now are not errors.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)


@dataclass(frozen=True)
class Served(ABC):
    """An application that is being served.

    Attributes:
        url: its URL for a program on this machine.
    """

    url: str
    _running: Running = field(repr=False)

    def wait(self) -> None:
        """Serve until Ctrl-C, then close."""
        try:
            self._running.join()
        except KeyboardInterrupt:
            pass
        finally:
            self.close()

    @abstractmethod
    def close(self) -> None:
        """Stop serving and close what was served; calling it twice is safe."""


def start(
    application: Application,
    listening: Listening,
    *,
    name: str,
    limits: Limits = USUAL,
    overloaded: Application = too_many,
) -> Running:
    """Serve an application on a listening socket.

    Args:
        application: the ASGI application.
        listening: see :func:`rag.server.network.listen`; closed with the server.
        name: thread name.
        limits: connection limits.
        overloaded: application that answers connections above the limit.

    Raises:
        ConfigError: if the server does not start.
    """
    server = _server(application, connection(limits, overloaded))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening.socket]}, name=name, daemon=True
    )
    thread.start()
    end = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            server.should_exit = True
            raise ConfigError(
                f"the {name} server did not start; run again with RAG_DEBUG=1 for details."
            )
        time.sleep(0.01)
    return Running(server, thread)


def _server(application: Application, protocol: type[asyncio.Protocol]) -> "Server":
    import uvicorn

    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return uvicorn.Server(
        uvicorn.Config(
            cast("Any", application),
            http=protocol,
            log_config=None,
            log_level="error",
            access_log=False,
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=1,
        )
    )
