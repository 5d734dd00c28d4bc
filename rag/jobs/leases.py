"""Worker leases on a job table: numbered OS file locks, which are released when a process dies.

Items claimed by a killed process are therefore free at once, without a timeout, and those of a
running process are never taken from it, however long it takes.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import JobProblem

if TYPE_CHECKING:
    from filelock import BaseFileLock

_MOST = 256  # leases per table


class Lease:
    """A number held exclusively until ``close`` or the end of the process."""

    def __init__(self, number: int, lock: "BaseFileLock") -> None:
        """See :func:`take` and :func:`take_any`."""
        self.number, self._lock = number, lock

    def __enter__(self) -> "Lease":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the number; may be called twice."""
        self._lock.release()


def take_any(folder: Path) -> Lease:
    """Acquire the lowest free number; ``folder`` holds the lock files. JobProblem if none is free."""
    for number in range(1, _MOST + 1):
        if lease := take(folder, number):
            return lease
    raise JobProblem(f"{_MOST} processes are already working on {folder.parent}.")


def take(folder: Path, number: int) -> Lease | None:
    """Acquire a number; None if a running process holds it.

    Its lock file is not deleted on release: two processes could then lock different files.
    """
    from filelock import FileLock, Timeout

    # Threads that share a lease may acquire and release it in different threads.
    lock = FileLock(folder / f"{number}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return Lease(number, lock)
