"""Turn sources into pages: files, folders, standard input and web addresses.

Reads .html .htm .xhtml .txt .text .md .markdown as one page each, and .json .jsonl .ndjson .csv
.tsv as one page per record, each also with .gz. JSON Lines and CSV are read line by line, so files
may be larger than memory. A record's address is that of its file, with the record's own ``id``,
``guid`` or ``uuid`` as fragment, or else a hash of the record; reordering a file therefore changes
no address.

Web pages are requested only when they are named, only over http and https, and by default only
from public addresses (:mod:`rag.ingest.sources.web`). Proxy settings in the environment are
ignored.
"""

import csv
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from rag.errors import FetchError
from rag.ingest.sources.files import gone, local, standard_input, walk
from rag.ingest.sources.formats import kind_of
from rag.ingest.sources.json_records import record_pages
from rag.ingest.sources.origin import Origin, one_line, without_secrets
from rag.ingest.sources.pages import pages
from rag.types import Failure, Page

__all__ = ["count", "fetch", "gone", "record_pages"]

_ADDRESS = re.compile(
    r"\s*([a-z][a-z0-9+.-]*)://|\s*(mailto|javascript|data|about):", re.IGNORECASE
)
# Formats of which a file holds many articles.
_ROWS = ("jsonl", "csv", "tsv")


def fetch(
    sources: Iterable[str],
    *,
    stdin: BinaryIO | None = None,
    timeout: float = 20.0,
    max_bytes: int = 20_000_000,
    max_redirects: int = 5,
    allow_private: bool = False,
    temporary: Path | None = None,
) -> Iterator[Page | Failure]:
    """Yield the pages of every source in order, and a failure for whatever cannot be read.

    There is one ``Page`` per document or record, and one ``Failure`` per source, file, line or row
    that could not be read, whose reason is one line. A bad source raises nothing.

    Args:
        sources: Files, folders (read recursively, sorted by name), http(s) or file addresses, and
            ``-`` for standard input.
        stdin: The stream for ``-``; ``None`` for the process's own. Not closed.
        timeout: Maximum wait in seconds for any one step on the web; three times that for a page.
        max_bytes: Maximum size of a document or record, uncompressed; ten times that for a JSON
            document. JSON Lines and CSV files may be of any length.
        max_redirects: Maximum number of redirects to follow for a web address.
        allow_private: Whether loopback, private and other non-public addresses may be requested.
        temporary: A folder that will be deleted, such as that of uploads. Pages of files in it
            get the address ``upload:`` plus their path in it, not an address that leads nowhere.
    """
    for source in sources:
        match _scheme(source):
            case "-":
                yield from standard_input(stdin or sys.stdin.buffer, max_bytes)
            case "http" | "https":
                url = source.strip()
                yield from _web_page(url, timeout, max_bytes, max_redirects, allow_private)
            case "" | "file":
                yield from _local(source, max_bytes, temporary)
            case scheme:
                yield Origin(source, "").failure(
                    f"has the scheme {scheme!r}; only http, https and file addresses are read"
                )


def count(sources: Iterable[str]) -> int | None:
    """Estimate from names how many items :func:`fetch` will yield, for a progress bar.

    Lists folders and counts the rows of JSON Lines, CSV and TSV, but sends no request: a web
    address, a document and a JSON file count as one. Returns ``None`` where that would be far off:
    if the sources include standard input, or a table that cannot be read.
    """
    total = 0
    for source in sources:
        scheme = _scheme(source)
        path = _path(source) if scheme in ("", "file") else None
        if isinstance(path, Path) and _is_folder(path):
            found: list[Path | Failure] = list(walk(source, path))
        else:
            found = [path] if isinstance(path, Path) else []
        try:
            total += max(1, sum(map(_items, found)))
        except (OSError, EOFError, ValueError, zlib.error, csv.Error):
            return None
        if scheme == "-":
            return None
    return total


def _items(found: Path | Failure) -> int:
    """Return how many pages a file gives: one, or the number of its rows."""
    kind = kind_of(found.name) if isinstance(found, Path) else None
    if isinstance(found, Failure) or kind not in _ROWS or not found.is_file():
        return 1
    with (gzip.open if found.name.endswith(".gz") else open)(found, "rb") as stream:
        if kind == "jsonl":
            return sum(1 for line in stream if not line.isspace())
        # Cells may hold line ends. Latin-1 reads any bytes, which is enough to count rows.
        rows = csv.reader(io.TextIOWrapper(stream, "latin-1", newline=""))
        return max(0, sum(map(bool, rows)) - 1)


def _scheme(source: str) -> str:
    if source == "-":
        return source
    address = _ADDRESS.match(source)
    return (address[1] or address[2]).lower() if address else ""


def _path(source: str) -> Path | Failure:
    if not source.strip():
        return Failure(source, "the name is empty; expected a file, folder or web address")
    if not _scheme(source):
        return Path(source)
    try:
        address = urlsplit(source.strip())
    except ValueError as error:
        return Origin(source, "").failure(f"is not an address ({error})")
    if address.netloc not in ("", "localhost"):
        return Origin(source, "").failure("names another machine; expected file:///path")
    from urllib.request import url2pathname  # takes 20 ms, and file addresses are rare

    return Path(url2pathname(address.path))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _local(source: str, max_bytes: int, temporary: Path | None) -> Iterator[Page | Failure]:
    path = _path(source)
    if isinstance(path, Failure):
        yield path
    else:
        yield from local(source, path, max_bytes, temporary)


def _web_page(
    url: str, timeout: float, max_bytes: int, max_redirects: int, allow_private: bool
) -> Iterator[Page | Failure]:
    from rag.ingest.sources.web import Limits, read  # loads httpx, which files do not need

    name = without_secrets(url)
    try:
        landing = read(url, Limits(timeout, max_bytes, max_redirects, allow_private))
    except FetchError as error:
        yield Failure(one_line(name), one_line(str(error)))
        return
    origin = Origin(name, landing.url, landing.fetched)
    yield from pages(io.BytesIO(landing.body), landing.kind, origin, max_bytes)
