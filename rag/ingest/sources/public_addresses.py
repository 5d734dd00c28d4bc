"""Decide which network addresses are public."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# IPv6 addresses that a gateway translates to the IPv4 address in their last four bytes (RFC 6052).
_GATEWAY = IPv6Network("64:ff9b::/96")
_LOCAL_GATEWAY = IPv6Network("64:ff9b:1::/48")


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
