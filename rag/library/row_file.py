"""The output file of a batch: rows are appended as they come; it is complete after every run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic

from rag.errors import JobProblem
from rag.export import row_bytes, write_rows
from rag.export.rows import Row
from rag.files import replacing

Placed = Iterator[tuple[int, Row]]  # rows with their places, in input order


class RowFile(Generic[Row]):
    """A file of rows, written by one process at a time: the one that holds its lock.

    When a process becomes the writer, and when its run ends, the file is replaced atomically. In
    between, each row is appended in one write, except to Parquet, which cannot be appended to. A
    process killed during a write may leave half a row at the end; the next writer removes it.
    """

    def __init__(
        self, path: Path, kind: type[Row], lock: Path, rows: Callable[[], Placed[Row]]
    ) -> None:
        """Set up the file; ``rows`` iterates over all finished rows in input order."""
        from filelock import FileLock

        self._path, self._kind, self._rows = path, kind, rows
        self._ending = path.suffix.lower()
        self._lock = FileLock(lock, thread_local=False)
        self._next = 0  # the place after the last row in the file
        self._gaps = False  # whether earlier rows were not finished yet
        self._size = 0

    def write(self, *, last: int | None = None, wait: float = 0.0) -> None:
        """Write all rows, or those up to the place ``last``.

        Does nothing if another process remains the writer for ``wait`` seconds.
        """
        from filelock import Timeout

        if not self._lock.is_locked:
            try:
                self._lock.acquire(timeout=wait)
            except Timeout:
                return
        with self._explained(), replacing(self._path) as beside:
            write_rows(self._track(last), self._kind, beside, ending=self._ending)
        self._size = self._path.stat().st_size

    def _track(self, last: int | None) -> Iterator[Row]:
        """Iterate over the rows, noting the next place and whether any row is missing."""
        self._next, self._gaps = 0, False
        for place, row in self._rows():
            if last is not None and place > last:
                return
            self._gaps = self._gaps or place > self._next
            self._next = place + 1
            yield row

    def add(self, place: int, row: Row) -> None:
        """Append the row of a place unless the file has it; call this in input order."""
        if not self._lock.is_locked:
            self.write()  # become the writer if there is none any more
        elif place < self._next or self._ending == ".parquet":
            return
        elif self._gaps or self._size != self._actual_size():
            self.write(last=place)  # all rows up to here are finished by now
        else:
            with self._explained(), self._path.open("ab") as file:
                body = row_bytes(row, self._ending)
                file.write(body)
            self._next, self._size = place + 1, self._size + len(body)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an error of the disk into JobProblem."""
        try:
            yield
        except OSError as error:
            raise JobProblem(
                f"{self._path} could not be written: {error.strerror or error}. What is done is kept;"
                " run the same command again once that is fixed."
            ) from error

    def _actual_size(self) -> int:
        """Return the size of the file, or -1 if it was moved away."""
        return self._path.stat().st_size if self._path.exists() else -1

    def close(self, *, wait: float) -> None:
        """Write the complete file, see :meth:`write`, and release it; may be called twice."""
        try:
            self.write(wait=wait)
        finally:
            self._lock.release()
