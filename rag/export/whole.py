"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to be written, which then takes its place: synced, and in one step.

    Whoever reads ``path`` meanwhile sees what was there before. Where the writing raises, that
    stays as it was.
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
