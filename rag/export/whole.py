"""Atomic file writes: a file is written completely or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, which then replaces it: synced and atomically.

    Readers of ``path`` see the old content until then. If writing raises, the old content remains.
    """
    beside = path.with_name(path.name + ".part")
    try:
        yield beside
        with beside.open("r+b") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
