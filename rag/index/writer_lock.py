"""The lock that lets one process at a time write to an index."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rag.errors import IndexBusy, IndexProblem


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the writer lock of the index in ``folder``.

    Raises:
        IndexBusy: if another process holds it; the message says which.
        IndexProblem: if the folder cannot be written, now or while the lock is held.
    """
    from filelock import FileLock, Timeout

    holder = folder / "lock.json"
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise IndexBusy(
            f"the index {folder} is being written by {_described(holder)}."
            " Wait until it has finished, then run the same command again."
        ) from error
    except OSError as error:
        raise IndexProblem(
            f"the index {folder} cannot be written: {error.strerror or error}."
            " Check that you may write to its folder."
        ) from error
    try:
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        note = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
        holder.write_text(json.dumps(note), encoding="utf-8")
        yield
    except OSError as error:
        raise IndexProblem(
            f"the index {folder} could not be written: {error.strerror or error}."
            " Anything stored before is safe; run the same command again once that is fixed."
        ) from error
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _described(holder: Path) -> str:
    try:
        note = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {note['process']} on {note['host']} since {note['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
