"""Network rules of a server: listening address, connections, host and origin checks.

The web page and the HTTP API both use this package.
"""

from rag.server.network.connection import Limits
from rag.server.network.listening import Listening, is_loopback, listen
from rag.server.network.origin import (
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
from rag.server.network.running import Running, Served, start

__all__ = [
    "SECURITY_HEADERS",
    "Application",
    "Limits",
    "Listening",
    "Message",
    "Receive",
    "Running",
    "Scope",
    "Send",
    "Served",
    "foreign",
    "headers_of",
    "is_loopback",
    "listen",
    "start",
    "with_headers",
]
