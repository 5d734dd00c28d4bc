"""Connect only to addresses that were checked, and let no connection outlive its deadline.

Names are resolved here and the connection goes to one of exactly the addresses that were checked,
so a name cannot resolve differently in between (DNS rebinding). The deadline counts for the whole
page: a server that sends a byte now and then would never exceed a limit on each single wait.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore

from rag.errors import FetchError
from rag.ingest.sources.public_addresses import refusal

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) -> the host's addresses as text, best first; raises ``OSError`` if it has none."""

_ADDRESSES = 4  # of one host that are tried


def system_resolve(host: str, port: int) -> list[str]:
    """Ask the system for the distinct addresses of a host, best first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class CheckedNetwork(httpcore.NetworkBackend):
    """What :class:`httpcore.ConnectionPool` connects through, for one request.

    ``url`` names the page in messages; ``until`` is the deadline on the clock of
    ``time.monotonic``.
    """

    url: str
    until: float
    allow_private: bool
    resolve: Resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that accepts a connection.

        Raises:
            FetchError: The host has no address, or one that may not be requested.
        """
        failed: Exception | None = None
        for address in self._admitted(host, port)[:_ADDRESSES]:
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    address, port, _left(self.until, timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return _LimitedStream(stream, self.until)
        raise failed or FetchError(f"{self.url} cannot be found: there is no address for {host}")

    def _admitted(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, all of which may be requested.

        One refused address refuses the host: otherwise a name could hide ``127.0.0.1`` behind a
        public address that accepts no connection.
        """
        try:
            found = self.resolve(host, port)
        except socket.gaierror as error:
            raise FetchError(
                f"{self.url} cannot be found: there is no address for {host} "
                f"({error.strerror or error}); check the name, and that this machine is online"
            ) from error
        except (OSError, UnicodeError) as error:
            raise FetchError(
                f"{self.url} cannot be found: {host} cannot be a host's name"
            ) from error
        for address in found:
            if not self.allow_private and (kind := refusal(address)):
                raise FetchError(
                    f"{self.url} resolves to {address}, {kind} address; pass --allow-private to "
                    "fetch from your own network"
                )
        return found


class _LimitedStream(httpcore.NetworkStream):
    """A connection on which no wait extends past the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._until, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._until, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._until, timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return _LimitedStream(stream, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float, timeout: float | None) -> float:
    """Return the seconds to wait at most: ``timeout``, or fewer up to the deadline."""
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left if timeout is None else min(timeout, left)
