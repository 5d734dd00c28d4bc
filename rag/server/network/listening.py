"""Listening sockets: their address, accepted host names, and reachability."""

import errno
import ipaddress
import socket
from dataclasses import dataclass
from typing import Any, Self

from rag.errors import ConfigError

_MOST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Listening:
    """A listening socket; a ``with`` block that fails closes it.

    Attributes:
        socket: the socket.
        url: the URL of the server for a program on this machine.
        hosts: the ``host:port`` names under which it may be requested; None: any, because other
            machines can reach it.
    """

    socket: socket.socket
    url: str
    hosts: frozenset[str] | None

    def close(self) -> None:
        """Stop listening."""
        self.socket.close()

    def __enter__(self) -> Self:
        """Enter the block that starts a server on the socket."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close the socket if no server was started on it."""
        if kind is not None:
            self.close()


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach the address."""
    address = str(_resolved(host, 0)[1][0]).partition("%")[0]
    return ipaddress.ip_address(address).is_loopback


def listen(host: str, port: int | None) -> Listening:
    """Open a listening socket; port None or 0 means any free port.

    Raises:
        ConfigError: if the host or port is not available.
    """
    port = port or 0
    if not 0 <= port <= _MOST_PORT:
        raise ConfigError(f"--port {port}: expected 1 to {_MOST_PORT}, or 0 for any free port.")
    family, place = _resolved(host, port)
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise ConfigError(_reason(error, host, port)) from error
    port = int(listening.getsockname()[1])
    hosts = names(host, port) if is_loopback(host) else None
    return Listening(listening, address(host, port), hosts)


def names(host: str, port: int) -> frozenset[str]:
    """Return the ``host:port`` names accepted by a server that only this machine can reach."""
    hosts = {"127.0.0.1", "localhost", "[::1]", _bracketed(host).lower()}
    return frozenset({f"{name}:{port}" for name in hosts} | (hosts if port == 80 else set()))


def address(host: str, port: int) -> str:
    """Return the URL of the server for a program on this machine."""
    anywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    return f"http://{'127.0.0.1' if anywhere else _bracketed(host)}:{port}/"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _resolved(host: str, port: int) -> tuple[int, tuple[Any, ...]]:
    """Resolve the family and address to bind, preferring IPv4 if a name has both."""
    try:
        if not host.strip():
            raise socket.gaierror
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise ConfigError(
            f"--host {host!r} is not an address of this machine. Expected: 127.0.0.1, which only this"
            " machine can reach, or 0.0.0.0 for all networks."
        ) from error
    family, _, _, _, place = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, place


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is in use by another program, perhaps another rag. Stop that one, or"
            f" choose another port: --port {port % _MOST_PORT + 1}, or --port 0 for any free port."
        )
    if error.errno == errno.EACCES:
        return f"you are not allowed to use port {port}. Choose one above 1023."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host} is not an address of this machine. Expected: 127.0.0.1, or 0.0.0.0."
    return f"cannot listen on {host}, port {port}: {error.strerror}."
