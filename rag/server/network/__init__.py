"""The network rules of a server: where it listens, whom it lets in by name and origin, secrets in files.

The web page and the HTTP API both stand behind it.
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
