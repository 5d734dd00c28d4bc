"""Read bytes forwards once: decompressed, recoded to UTF-8 if a BOM is found, and size-limited."""

import gzip
import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from rag.errors import SourceError
from rag.ingest.encoding import MARKS

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 65_536
# Maximum compression ratio: text reaches 10, tables of repeated rows 50, a gzip bomb 1000.
_TIGHTEST = 200
_GZIP = b"\x1f\x8b"


class _Reader(io.RawIOBase):
    """A stream over a function that returns the next n bytes; never closes what it reads from."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._read(len(view))
        view[: len(data)] = data
        return len(data)


def _buffered(read: Callable[[int], bytes]) -> io.BufferedReader:
    return io.BufferedReader(_Reader(read), BLOCK)


class _Gunzip:
    """Decompress gzip, but stop at a gzip bomb.

    A bomb yields more than ``free`` bytes and more than 200 times its compressed size.
    """

    def __init__(self, packed: io.BufferedReader, free: int) -> None:
        self._packed = packed
        self._free = free
        self._taken = 0
        self._given = 0
        self._file = gzip.GzipFile(fileobj=_buffered(self._take), mode="rb")

    def _take(self, size: int) -> bytes:
        data = self._packed.read(size)
        self._taken += len(data)
        return data

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._given += len(data)
        if self._given > self._free and self._given > _TIGHTEST * self._taken:
            raise SourceError(
                f"unpacks to more than {_TIGHTEST} times its size, as a gzip bomb does; "
                "if you trust it, unpack it yourself and add the result"
            )
        return data


def opened(raw: BinaryIO, max_bytes: int) -> io.BufferedReader:
    """Open the content of a byte stream; ``raw`` is read forwards only and never closed.

    Gzip is recognised by its first bytes, whatever the name. ``peek(BLOCK)`` before the first read
    returns up to ``BLOCK`` bytes. Reading raises ``OSError``, ``EOFError`` or ``zlib.error`` for
    damaged gzip, and :class:`~rag.errors.SourceError` for a gzip bomb.
    """
    stream = _buffered(raw.read)
    if stream.peek(len(_GZIP)).startswith(_GZIP):
        stream = _buffered(_Gunzip(stream, max_bytes).read)
    head = stream.peek(4)
    for mark, encoding in MARKS:
        if encoding != "utf-8-sig" and head.startswith(mark):
            return _recoded(stream, encoding)
    return stream


def _recoded(stream: io.BufferedReader, encoding: str) -> io.BufferedReader:
    text = io.TextIOWrapper(stream, encoding, "replace", newline="")
    # A character takes up to four bytes in UTF-8.
    return _buffered(lambda size: text.read(size // 4).encode("utf-8", "replace"))


def lines(stream: io.BufferedReader, limit: int) -> Iterator[bytes | None]:
    """Yield each line with its line ending; ``None`` replaces a line over ``limit`` bytes."""
    while line := stream.readline(limit + 2):
        if len(line.rstrip(b"\r\n")) <= limit:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(BLOCK)
        yield None
