"""Network rules of a server: listening address, host and origin checks, and secret files.

The web page and the HTTP API both use this package.
"""

from rag.server.network.connection import Limits
from rag.server.network.listening import address, is_loopback, listen, names
from rag.server.network.origin import (
    SEAL,
    Application,
    Message,
    Receive,
    Scope,
    Send,
    foreign,
    sealed,
)
from rag.server.network.running import Running, start
from rag.server.network.secret_file import check_name, read_lines, warning, write_lines

__all__ = [
    "SEAL",
    "Application",
    "Limits",
    "Message",
    "Receive",
    "Running",
    "Scope",
    "Send",
    "address",
    "check_name",
    "foreign",
    "is_loopback",
    "listen",
    "names",
    "read_lines",
    "sealed",
    "start",
    "warning",
    "write_lines",
]
