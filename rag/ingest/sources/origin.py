"""The origin of bytes, and how pages, failures and sizes are worded for the user."""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from rag.types import Failure, Page

_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Origin:
    """A file, web page or stream that is being turned into pages.

    ``name`` is what the user calls it (the path as given); ``url`` is the address of its pages.
    """

    name: str
    url: str
    fetched: datetime = field(default_factory=lambda: datetime.now(UTC))

    def page(self, body: bytes, content_type: str) -> Page:
        """Build the page of a whole document."""
        return Page(self.url, body, content_type, self.fetched)

    def record(self, value: Mapping[str, object], body: bytes, name: str) -> Page:
        """Build the page of one record; ``name`` distinguishes the records of a file."""
        url = f"{self.url}#{quote(name, safe='')}"
        return Page(url, body, "application/json", self.fetched, value)

    def failure(self, seen: str, line: int = 0) -> Failure:
        """Build a failure of this origin; ``seen`` continues its name, as in "is empty"."""
        name = one_line(self.name)
        if not line:
            return Failure(source=name, reason=f"{name} {one_line(seen)}")
        return Failure(source=f"{name}:{line}", reason=f"{name} line {line} {one_line(seen)}")


def one_line(text: str) -> str:
    """Make text safe to print: one line, no control or invisible characters, limited length.

    File names and server responses are untrusted; escape sequences must not reach a terminal.
    """
    text = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def without_secrets(url: str) -> str:
    """Return the address as it may be shown and saved, with any user name and password masked."""
    head, slashes, rest = url.partition("//")
    host, slash, path = rest.partition("/")
    _, at, bare = host.rpartition("@")
    return f"{head}{slashes}***@{bare}{slash}{path}" if at else url


def megabytes(size: int) -> str:
    """Format a number of bytes: ``1.4 MB``, ``9,800 bytes`` (1 MB = 1,000,000 bytes)."""
    if size < 100_000:
        return f"{size:,} bytes"
    return f"{size / 1_000_000:,.2f}".rstrip("0").rstrip(".") + " MB"


def both_sizes(size: int, limit: int) -> tuple[str, str]:
    """Format a size and the limit that it exceeds, so that the two strings always differ."""
    sizes = megabytes(size), megabytes(limit)
    return sizes if sizes[0] != sizes[1] else (f"{size:,} bytes", f"{limit:,} bytes")


def trouble(error: OSError | EOFError | zlib.error) -> str:
    """Describe an error of the system or of gzip, without error numbers or quoted names."""
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return f"is damaged gzip ({lowered(str(error))}); get a complete copy"
    if isinstance(error, PermissionError):
        return "cannot be read: permission denied; check who may read it"
    if isinstance(error, FileNotFoundError):
        return "does not exist; check the name (a web address begins with https://)"
    return f"cannot be read: {lowered(error.strerror or str(error))}"


def lowered(message: str) -> str:
    """Lower-case a foreign message's first letter to embed it; acronyms such as ``CRC`` stay."""
    return message[:1].lower() + message[1:] if message[1:2].islower() else message
