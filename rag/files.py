"""Atomic file writes: a file is written completely or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, which then replaces it: synced and atomically.

    Readers of ``path`` see the old content until then. If writing raises, the old content remains.

    Args:
        path: the file to write.
        mode: its permissions from the first byte on, such as 0o600 for a secret; by default those
            of any new file.

    Raises:
        OSError: if the file cannot be written.
    """
    beside = path.with_name(path.name + ".part")
    if mode is not None:  # a name that nobody else can have opened before
        beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        yield beside
        sync(beside)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
