"""Who works on a table: numbered locks of the system, which a process loses when it dies.

So what a killed process had claimed is known to be free at once, without waiting for a time to
run out, and what a living one has claimed is never taken from it, however long it takes.
"""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from rag.errors import JobProblem

_MOST = 256  # processes at one table


class Lease:
    """A number that nobody else at this table has while we live; release it with ``close``."""

    def __init__(self, folder: Path, forget: Callable[[int], None]) -> None:
        """Take the lowest number that is free.

        Args:
            folder: where the lock files are kept.
            forget: called with our number before it is used: it gives up what somebody who had
                the number before, and is dead, had claimed.
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
        """Give the number back; closing twice is fine."""
        self._lock.give_back()


def forget_if_dead(folder: Path, number: int, forget: Callable[[int], None]) -> bool:
    """Call ``forget(number)`` if nobody alive has the number; whether that was so."""
    lock = _lock(folder, number)
    if not lock.take():
        return False
    try:
        forget(number)
    finally:
        lock.give_back()
    return True


class _Lock:
    """One lock file. It stays when it is given back: removing it would split those who wait."""

    def __init__(self, path: Path) -> None:
        from filelock import FileLock

        # Taken by one thread and given back by another, as threads of one lease may.
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
