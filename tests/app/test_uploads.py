"""Uploads: so many files, so many bytes, and what nobody reads goes."""

import asyncio
import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from app import uploads
from app.uploads import MOST_FILES, Uploads, together
from rag.server.network import Message, Receive, Scope, Send

BORDER = "----lamp"


def body(files: int) -> bytes:
    """What a browser sends of so many files."""
    one = f'--{BORDER}\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\na\r\n'
    return f"{one * files}--{BORDER}--\r\n".encode()


def sent(
    folder: Path, parts: Iterable[bytes], *, size: str | None, path: str = "/gradio_api/upload"
) -> int:
    """The status of the answer to a request, whose reader takes all of it."""
    left = list(parts)
    sent_back: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Message:
        part = left.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent_back.append(message)

    headers = [(b"content-type", f"multipart/form-data; boundary={BORDER}".encode())]
    if size is not None:
        headers.append((b"content-length", size.encode()))
    scope = {"type": "http", "path": path, "headers": headers}
    asyncio.run(Uploads(app, folder, megabytes=20)(scope, receive, send))
    return int(sent_back[0]["status"])


@pytest.mark.parametrize("step", [7, 100_000])
def test_the_number_of_files_is_limited(tmp_path: Path, step: int) -> None:
    def cut(files: int) -> list[bytes]:
        whole = body(files)
        return [whole[at : at + step] for at in range(0, len(whole), step)]

    assert sent(tmp_path, cut(MOST_FILES), size="9") == 200
    with pytest.raises(Exception, match=f"limit is {MOST_FILES} files"):
        sent(tmp_path, cut(MOST_FILES + 1), size="9")


@pytest.mark.parametrize(
    ("size", "status"),
    [
        (None, 411),
        ("many", 411),
        (str(200 * 1024**2), 200),
        (str(200 * 1024**2 + 1), 413),
    ],
)
def test_the_size_of_an_upload_is_declared_and_limited(
    tmp_path: Path, size: str | None, status: int
) -> None:
    assert sent(tmp_path, [body(1)], size=size) == status
    assert sent(tmp_path, [body(1)], size=size, path="/gradio_api/queue/join") == 200


def test_one_file_of_the_largest_size_is_always_allowed() -> None:
    assert together(20) == 200
    assert together(500) == 500


def test_waiting_uploads_are_limited_and_old_ones_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_MOST_WAITING", 10_000)
    old, fresh = tmp_path / "old" / "a.txt", tmp_path / "fresh" / "b.txt"
    for path in (old, fresh):
        path.parent.mkdir()
        path.write_bytes(b"x" * 9_000)
    assert sent(tmp_path, [body(1)], size="500") == 503
    day_ago = time.time() - 86_400
    os.utime(old, (day_ago, day_ago))
    assert sent(tmp_path, [body(1)], size="500") == 200
    assert not old.exists()
    assert fresh.exists()
    assert sent(tmp_path, [body(1)], size="1500") == 503
