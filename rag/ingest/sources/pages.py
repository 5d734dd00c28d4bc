"""Turn bytes into pages: one per document, or one per record."""

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from rag.errors import SourceError
from rag.ingest.sources.foreign import foreign
from rag.ingest.sources.formats import Kind, binary, json_layout, sniff
from rag.ingest.sources.json_records import json_document, json_lines
from rag.ingest.sources.origin import Origin, megabytes, trouble
from rag.ingest.sources.stream import BLOCK, opened
from rag.ingest.sources.tables import looks_like_table, table
from rag.types import Failure, Page

_MIME = {"text": "text/plain", "markdown": "text/markdown", "html": "text/html"}


def pages(
    raw: BinaryIO, kind: Kind | None, origin: Origin, max_bytes: int
) -> Iterator[Page | Failure]:
    """Yield the pages in a stream of bytes; every error becomes a failure.

    Args:
        raw: The bytes, plain or gzip. Read forwards once, not closed.
        kind: The format implied by the name; ``None`` to detect it from the bytes.
        origin: Names the pages and failures.
        max_bytes: Maximum size of a document or record, uncompressed.
    """
    try:
        yield from _pages(opened(raw, max_bytes), kind, origin, max_bytes)
    except SourceError as error:
        yield origin.failure(str(error))
    except (OSError, EOFError, zlib.error) as error:
        yield origin.failure(trouble(error))


def _pages(
    stream: io.BufferedReader, kind: Kind | None, origin: Origin, max_bytes: int
) -> Iterator[Page | Failure]:
    head = stream.peek(BLOCK)[:BLOCK]
    if not head:
        yield origin.failure("is empty")
        return
    if found := binary(head):
        yield origin.failure(f"contains {found}, not text; save the article as HTML or text first")
        return
    if kind in (None, "text", "html") and (found := foreign(head)):
        yield origin.failure(f"contains {found}, not an article; add the articles themselves")
        return
    if kind in (None, "text") and (separated := looks_like_table(head)):
        kind = separated
    kind = kind or sniff(head)
    if kind in ("json", "jsonl"):
        layout = json_layout(head, kind)
        read = json_lines if layout == "jsonl" else json_document
        yield from read(stream, origin, max_bytes)
    elif kind in ("csv", "tsv"):
        yield from table(stream, origin, max_bytes, tabs=kind == "tsv")
    else:
        yield _document(stream, _MIME[kind], origin, max_bytes)


def _document(
    stream: io.BufferedReader, content_type: str, origin: Origin, max_bytes: int
) -> Page | Failure:
    body = stream.read(max_bytes + 1)
    if len(body) > max_bytes:
        return origin.failure(
            f"is larger than {megabytes(max_bytes)}, the limit for one article; split it, or "
            "raise fetch.max_megabytes"
        )
    if not body.strip():
        return origin.failure("contains only white space")
    return origin.page(body, content_type)
