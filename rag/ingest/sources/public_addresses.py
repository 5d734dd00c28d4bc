"""Decide which network addresses may be requested: by default only public ones."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from rag.errors import FetchError

Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) -> the host's addresses as text, best first; raises ``OSError`` if it has none."""

# IPv6 addresses that a gateway translates to the IPv4 address in their last four bytes (RFC 6052).
_GATEWAY = IPv6Network("64:ff9b::/96")
_LOCAL_GATEWAY = IPv6Network("64:ff9b:1::/48")


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the distinct addresses of a host, best first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def admitted(
    url: str, host: str, port: int, *, allow_private: bool, resolve: Resolve
) -> Sequence[str]:
    """Return the addresses of a host, all of which may be requested.

    One refused address refuses the host: otherwise a name could hide ``127.0.0.1`` behind a
    public address and make the client fall back to it.

    Raises:
        FetchError: The host has no address, or one that is not public.
    """
    try:
        found = resolve(host, port)
    except socket.gaierror as error:
        said = error.strerror or str(error)
        raise FetchError(
            f"{url} cannot be found: there is no address for {host} ({said}); check the name, and "
            "that this machine is online"
        ) from error
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{url} cannot be found: {host} cannot be a host's name") from error
    if not found:
        raise FetchError(f"{url} cannot be found: there is no address for {host}")
    for address in found:
        if not allow_private and (kind := refusal(address)):
            raise FetchError(
                f"{url} resolves to {address}, {kind} address; pass --allow-private to fetch from "
                "your own network"
            )
    return found


def refusal(address: str) -> str:
    """Return why an address is not public, such as "a loopback"; empty for a public address."""
    try:
        ip = _inner(ip_address(address))
    except ValueError:
        return "an unreadable"
    kinds = (
        (ip.is_loopback, "a loopback"),
        (ip.is_link_local, "a link-local"),
        (ip.is_multicast, "a multicast"),
        (ip.is_unspecified, "an unspecified"),
        (ip.is_private, "a private"),
        (ip.is_reserved, "a reserved"),
        (not ip.is_global or ip in _LOCAL_GATEWAY, "a non-public"),
    )
    return next((name for holds, name in kinds if holds), "")


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address embedded in an IPv6 address, or the address itself."""
    if isinstance(ip, IPv6Address):
        if ip in _GATEWAY:
            return IPv4Address(int(ip) & 0xFFFFFFFF)
        teredo = ip.teredo
        return ip.ipv4_mapped or ip.sixtofour or (teredo[1] if teredo else None) or ip
    return ip
