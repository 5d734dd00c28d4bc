"""Network rules of a server: listening address, connections, host and origin checks.

The web page and the HTTP API both use this package.
"""

from rag.server.network.connection import Limits
from rag.server.network.listening import address, is_loopback, listen, names
from rag.server.network.origin import (
    SECURITY_HEADERS,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    foreign,
    with_headers,
)
from rag.server.network.running import Running, start

__all__ = [
    "SECURITY_HEADERS",
    "Application",
    "Limits",
    "Message",
    "Receive",
    "Running",
    "Scope",
    "Send",
    "address",
    "foreign",
    "is_loopback",
    "listen",
    "names",
    "start",
    "with_headers",
]
