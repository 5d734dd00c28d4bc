"""The door of a server: where it listens, whom it lets in by name and origin, secrets in files. Floor 1.

The web page and the HTTP API both stand behind it.
"""

from rag.door.connection import Limits
from rag.door.listening import address, is_loopback, listen, names
from rag.door.origin import SEAL, Application, Message, Receive, Scope, Send, foreign, sealed
from rag.door.running import Running, start
from rag.door.secret_file import check_name, read_lines, warning, write_lines

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
