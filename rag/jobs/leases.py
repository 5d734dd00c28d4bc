"""Leases of workers on a job table: numbered OS file locks, which a process loses when it dies.

Items claimed by a killed process are thus known to be free at once, without a timeout, and items
claimed by a living process are never taken from it, however long it takes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import JobProblem

if TYPE_CHECKING:
    from filelock import BaseFileLock

_MOST = 256  # leases per table


class Lease:
    """A number held exclusively at this table until ``close`` or the end of the process."""

    def __init__(self, folder: Path, forget: Callable[[int], None]) -> None:
        """Acquire the lowest free number.

        Args:
            folder: folder of the lock files.
            forget: called with the number before it is used, to release claims of a dead process
                that held the number before.

        Raises:
            JobProblem: if no number is free.
        """
        for number in range(1, _MOST + 1):
            lock = _taken(folder, number)
            if lock:
                self.number, self._lock = number, lock
                break
        else:
            raise JobProblem(f"{_MOST} processes are working on {folder.parent} already.")
        forget(self.number)

    def __enter__(self) -> "Lease":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the number; calling it twice is safe."""
        self._lock.release()


def forget_if_dead(folder: Path, number: int, forget: Callable[[int], None]) -> None:
    """Call ``forget(number)`` if no living process holds the number."""
    lock = _taken(folder, number)
    if lock:
        try:
            forget(number)
        finally:
            lock.release()


def _taken(folder: Path, number: int) -> "BaseFileLock | None":
    """Take the lock of a number, if it is free.

    Its file stays when it is released: else two processes could lock different files.
    """
    from filelock import FileLock, Timeout

    # Threads that share a lease may acquire and release it in different threads.
    lock = FileLock(folder / f"{number}.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    return lock
