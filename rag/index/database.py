"""The SQLite file of an index: its tables, transactions, and SQLite's errors in plain words.

Layout of ``news.sqlite`` (format 1): ``articles``; ``sources`` (the raw body as it was found,
zlib); ``chunks`` with offsets and the vector as little-endian float32; ``chunk_text``, an FTS5
table over chunk text, title and publisher with date, so that BM25 is updated incrementally;
``meta``. Row ids of chunks are never reused, so a stale vector file cannot name a wrong chunk.
"""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import IndexProblem
from rag.sqlite import SqliteFile
from rag.text.publishers import key

FORMAT = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS articles (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    publisher TEXT NOT NULL, authors TEXT NOT NULL, published TEXT, language TEXT NOT NULL,
    fetched TEXT);
CREATE INDEX IF NOT EXISTS article_url ON articles (url);
CREATE INDEX IF NOT EXISTS article_published ON articles (published);
CREATE INDEX IF NOT EXISTS article_length ON articles (length(text));
CREATE TABLE IF NOT EXISTS sources (
    article_id TEXT PRIMARY KEY REFERENCES articles ON DELETE CASCADE,
    content_type TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS chunks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id TEXT NOT NULL REFERENCES articles ON DELETE CASCADE,
    position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunk_article ON chunks (article_id);
CREATE VIRTUAL TABLE IF NOT EXISTS chunk_text USING fts5 (
    text, title, about, tokenize = 'porter unicode61 remove_diacritics 2');
-- The stems of chunk_text and how many chunks contain each, derived from it: nothing is stored.
CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, chunk_text, row);
"""
# What to do about an error of SQLite whose message contains one of the words; "" is in all.
_ADVICE = {
    ("full",): "free some space and run the same command again; nothing was lost",
    ("locked", "busy"): "another process is writing to it; try again in a moment",
    ("readonly", "unable to open"): "check that the folder exists and that you may write to it",
    ("",): "examine it with: rag doctor",
}


class Database(SqliteFile):
    """A thread-safe connection to one ``news.sqlite``."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises IndexProblem if it is not a usable database."""
        super().__init__(path, _SCHEMA, reading=True)
        # SQLite's own lower() handles only ASCII.
        self.connection.create_function("casefold", 1, str.casefold, deterministic=True)
        self.connection.create_function("publisher_key", 1, key, deterministic=True)
        # Whoever drops it while others still read need not wait for them.
        weakref.finalize(self, self.connection.close).atexit = False

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn SQLite's errors into one-line messages for people."""
        try:
            yield
        except sqlite3.ProgrammingError as error:
            if "closed" not in str(error):
                raise
            raise IndexProblem(
                f"the index {self.path.parent} has been closed; open it again."
            ) from error
        except UnicodeEncodeError as error:
            raise IndexProblem(
                f"{self.path} cannot be searched for text that is not valid Unicode; type it again."
            ) from error
        except sqlite3.OperationalError as error:
            seen = str(error)
            advice = next(
                text for words, text in _ADVICE.items() if any(word in seen for word in words)
            )
            raise IndexProblem(f"SQLite could not use {self.path}: {error}; {advice}.") from error
        except sqlite3.DatabaseError as error:
            raise IndexProblem(
                f"{self.path} is damaged or not an SQLite file ({error}). Examine it with rag doctor,"
                " restore a backup, or delete the folder and run rag ingest again."
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run an atomic transaction; the generation goes up by one when it commits."""
        with super().transaction():
            yield
            self.set_meta("generation", str(self.generation + 1))

    def meta(self, key: str) -> str:
        """Return the value of a key of the meta table, empty if it is not set."""
        rows = self.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else ""

    def set_meta(self, key: str, value: str) -> None:
        """Set a key of the meta table."""
        self.rows("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def generation(self) -> int:
        """Number of write transactions; results computed at another generation may be stale."""
        return int(self.meta("generation") or 0)
