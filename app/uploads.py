"""Limits on browser uploads: number of files and bytes at once, and how long they stay.

Gradio accepts a thousand files in one request, and stores uploads until it exits.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

from app.guard import refuse
from rag.server.network import Application, Message, Receive, Scope, Send

MOST_FILES = 50  # in one upload
_MEGABYTES = 200  # in one upload, unless one file may have more
_MOST_WAITING = 1_000_000_000  # bytes waiting to be read, across all users
_LEAST = 4096  # bytes that even an empty file counts for
_MAX_AGE = 6 * 3600  # seconds after which unread uploads are deleted
_PATH = "/gradio_api/upload"
_BORDER = re.compile(rb'boundary="?([^";,\s]+)', re.I)


def together(megabytes: int) -> int:
    """Return the megabytes of one upload, where one file may have ``megabytes``."""
    return max(megabytes, _MEGABYTES)


class Uploads:
    """ASGI application in front of another; see the module."""

    def __init__(self, app: Application, folder: Path, *, megabytes: int) -> None:
        """Wrap ``app``, which puts files of at most ``megabytes`` each into ``folder``."""
        self._app, self._folder, self._megabytes = app, folder, together(megabytes)
        self._coming = 0  # bytes on their way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let allowed uploads and all other requests through."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != _PATH:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        size = int(length) if length.isdigit() else 0
        if refusal := await self._refusal(length, size):
            await refuse(send, *refusal)
            return
        self._coming += size
        try:
            border = _BORDER.search(headers.get(b"content-type", b""))
            counted = _counted(receive, b"--" + border[1]) if border else receive
            await self._app(scope, counted, send)
        finally:
            self._coming -= size

    async def _refusal(self, length: bytes, size: int) -> tuple[int, str] | None:
        if not length.isdigit():
            return 411, "The length of the upload is missing."
        if size > self._megabytes * 1024**2:  # a megabyte as Gradio counts it
            return 413, f"The limit is {self._megabytes} MB at a time."
        waiting = await asyncio.to_thread(self._waiting)
        if waiting + self._coming + size > _MOST_WAITING:
            return 503, "Too many uploads are waiting. Try again later."
        return None

    def _waiting(self) -> int:
        """Delete old uploads and return the bytes of the others."""
        since, total = time.time() - _MAX_AGE, 0
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):  # another ingestion has just read it
                state = path.stat()
                if state.st_mtime < since:
                    path.unlink()
                else:
                    total += max(_LEAST, state.st_size)
        return total

    def _files(self) -> Iterator[Path]:
        return (path for path in self._folder.rglob("*") if path.is_file())


def _counted(receive: Receive, border: bytes) -> Receive:
    """Return a ``receive`` that aborts an upload of too many files."""
    seen, tail = 0, b""

    async def counted() -> Message:
        nonlocal seen, tail
        message = await receive()
        body = tail + message.get("body", b"")
        seen += body.count(border)
        # A boundary may span two messages; the tail never contains a whole one, so none counts twice.
        tail = body[-(len(border) - 1) :]
        if seen > MOST_FILES + 1:  # one after each file, and one before the first
            from starlette.formparsers import MultiPartException

            # What Gradio's parser raises itself: it deletes what has arrived of the upload so far.
            raise MultiPartException(f"The limit is {MOST_FILES} files at a time.")
        return message

    return counted
