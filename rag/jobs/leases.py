"""Leases of workers on a job table: numbered OS file locks, which a process loses when it dies.

Items claimed by a killed process are thus known to be free at once, without a timeout, and items
claimed by a living process are never taken from it, however long it takes.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import JobProblem

if TYPE_CHECKING:
    from filelock import BaseFileLock

_MOST = 256  # leases per table


class Lease:
    """A number held exclusively at a table until ``close`` or the end of the process."""

    def __init__(self, number: int, lock: "BaseFileLock") -> None:
        """See :func:`take` and :func:`take_any`."""
        self.number, self._lock = number, lock

    def __enter__(self) -> "Lease":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the number; calling it twice is safe."""
        self._lock.release()


def take_any(folder: Path) -> Lease:
    """Take the lowest free number; ``folder`` has the lock files. JobProblem if none is free."""
    for number in range(1, _MOST + 1):
        if lease := take(folder, number):
            return lease
    raise JobProblem(f"{_MOST} processes are working on {folder.parent} already.")


def take(folder: Path, number: int) -> Lease | None:
    """Take a number, unless a living process holds it.

    Its file stays when it is released: else two processes could lock different files.
    """
    from filelock import FileLock, Timeout

    # Threads that share a lease may acquire and release it in different threads.
    lock = FileLock(folder / f"{number}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return Lease(number, lock)
