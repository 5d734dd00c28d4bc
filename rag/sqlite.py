"""One SQLite file: a connection that threads share, its transactions, and errors in plain words."""

import os
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any


class SqliteFile(ABC):
    """A thread-safe connection to an SQLite file, created if it does not exist.

    Subclasses say in :meth:`explained` what SQLite's errors mean for their users.
    """

    def __init__(
        self, path: Path, schema: str, *, patience: float = 10.0, reading: bool = False
    ) -> None:
        """Open the file and create what it lacks.

        Args:
            path: the file.
            schema: statements that create tables and indexes where they do not exist.
            patience: seconds to wait for other processes that are writing.
            reading: whether a file that may not be written is opened to be read.
        """
        self.path = path
        self.lock = threading.RLock()
        writable = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
        self.read_only = read_only = reading and path.is_file() and not writable
        # SQLite's WAL needs files beside this one, unless the file is declared not to change.
        self._unchanging = read_only and not self._wal.exists()
        self._changed = path.stat().st_mtime_ns if read_only else 0
        mode = ("ro&immutable=1" if self._unchanging else "ro") if read_only else "rwc"
        with self.explained():
            self.connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                check_same_thread=False,
                isolation_level=None,
            )
            self.connection.execute(f"PRAGMA busy_timeout = {int(1000 * patience)}")
            if not read_only:
                self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.connection.executescript(schema)

    @abstractmethod
    def explained(self) -> AbstractContextManager[None]:
        """Return a context in which SQLite's errors become those of the project."""

    @property
    def _wal(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    @property
    def outdated(self) -> bool:
        """Whether a file that was opened as one that does not change has been written after all."""
        if not self._unchanging:
            return False
        try:
            return self._wal.exists() or self.path.stat().st_mtime_ns != self._changed
        except OSError:  # it is gone
            return True

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        with self.lock:
            self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run an atomic transaction: all of it is stored, or nothing."""
        with self.lock, self.explained():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Execute a statement and return its rows."""
        with self.lock, self.explained():
            return self.connection.execute(sql, tuple(values)).fetchall()
