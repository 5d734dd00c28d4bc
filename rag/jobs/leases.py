"""Leases of workers on a job table: numbered OS file locks, which a process loses when it dies.

Items claimed by a killed process are thus known to be free at once, without a timeout, and items
claimed by a living process are never taken from it, however long it takes.
"""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from rag.errors import JobProblem

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
            lock = _lock(folder, number)
            if lock.take():
                self.number, self._lock = number, lock
                break
        else:
            raise JobProblem(f"{_MOST} processes are working on {folder.parent} already.")
        forget(self.number)

    def __enter__(self) -> "Lease":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the number; calling it twice is safe."""
        self._lock.give_back()


def forget_if_dead(folder: Path, number: int, forget: Callable[[int], None]) -> bool:
    """Call ``forget(number)`` if no living process holds the number; return whether it did."""
    lock = _lock(folder, number)
    if not lock.take():
        return False
    try:
        forget(number)
    finally:
        lock.give_back()
    return True


class _Lock:
    """A lock file, not deleted on release: else two processes could lock different files."""

    def __init__(self, path: Path) -> None:
        from filelock import FileLock

        # Threads that share a lease may acquire and release it in different threads.
        self._file = FileLock(path, thread_local=False)

    def take(self) -> bool:
        from filelock import Timeout

        try:
            self._file.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def give_back(self) -> None:
        self._file.release()


def _lock(folder: Path, number: int) -> _Lock:
    return _Lock(folder / f"{number}.lock")
