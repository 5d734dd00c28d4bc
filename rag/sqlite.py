"""One SQLite file: a connection that threads share, its transactions, and errors in plain words."""

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

    def __init__(self, path: Path, schema: str, *, patience: float = 10.0) -> None:
        """Open the file and create what it lacks.

        Args:
            path: the file.
            schema: statements that create tables and indexes where they do not exist.
            patience: seconds to wait for other processes that are writing.
        """
        self.path = path
        self.lock = threading.RLock()
        with self.explained():
            self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self.connection.execute(f"PRAGMA busy_timeout = {int(1000 * patience)}")
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.execute("PRAGMA foreign_keys = ON")
            self.connection.executescript(schema)

    @abstractmethod
    def explained(self) -> AbstractContextManager[None]:
        """Return a context in which SQLite's errors become those of the project."""

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
