"""The articles, chunks, full text and vectors of an index in one SQLite file: the source of truth.

Layout of ``news.sqlite`` (format 1): ``articles``; ``sources`` (the raw body as it was found,
zlib); ``chunks`` with offsets and the vector as little-endian float32; ``chunk_text``, an FTS5
table over chunk text, title and publisher with date, so that BM25 is updated incrementally;
``meta``. Row ids of chunks are never reused, so a stale vector file cannot name a wrong chunk.
"""

import json
import sqlite3
import threading
import unicodedata
import weakref
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.errors import IndexProblem
from rag.text import written_date
from rag.types import Article, Chunk, Filters, Order, Page

FORMAT = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS articles (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
    publisher TEXT NOT NULL, authors TEXT NOT NULL, published TEXT, language TEXT NOT NULL,
    fetched TEXT);
CREATE INDEX IF NOT EXISTS article_url ON articles (url);
CREATE INDEX IF NOT EXISTS article_published ON articles (published);
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
"""
# The stems of chunk_text and how many chunks contain each, derived from it: none of it is stored.
_VOCABULARY = """
CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, chunk_text, row);
"""
_COLUMNS = "id, url, title, text, publisher, authors, published, language, fetched"
# Unknown values sort last in every order.
_ORDERS: Mapping[Order, str] = {
    "newest": "published IS NULL, published DESC",
    "oldest": "published IS NULL, published",
    "title": "title = '', casefold(title)",
    "publisher": "publisher = '', casefold(publisher), published IS NULL, published DESC",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One article ready to be stored: ``vectors`` is float32 (len(chunks), dim), unit length."""

    article: Article
    page: Page
    chunks: tuple[Chunk, ...]
    vectors: npt.NDArray[np.float32]


class Store:
    """A thread-safe connection to one ``news.sqlite``."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises IndexProblem if it is not a usable database."""
        self.path = path
        self._lock = threading.RLock()
        with _explained(path):
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA busy_timeout = 10000")
            # SQLite's own lower() handles only ASCII.
            self._db.create_function("casefold", 1, str.casefold, deterministic=True)
            self._db.executescript(_SCHEMA + _VOCABULARY)
        # Whoever drops it while others still read need not wait for them.
        weakref.finalize(self, self._db.close).atexit = False

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run an atomic transaction; the generation goes up by one when it commits."""
        with self._lock, _explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.set_meta("generation", str(self.generation() + 1))
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock, _explained(self.path):
            return self._db.execute(sql, tuple(values)).fetchall()

    def meta(self, key: str) -> str | None:
        """Return the value of a key of the meta table."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Set a key of the meta table."""
        self._rows("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def generation(self) -> int:
        """Return how many write transactions this index has seen."""
        return int(self.meta("generation") or 0)

    def insert(self, entry: Entry) -> None:
        """Store an article with its chunks; call inside a transaction."""
        article, page = entry.article, entry.page
        self._rows(
            f"INSERT INTO articles ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                article.id,
                article.url,
                article.title,
                article.text,
                article.publisher,
                json.dumps(article.authors, ensure_ascii=False),
                article.published.isoformat() if article.published else None,
                article.language,
                article.fetched.isoformat() if article.fetched else None,
            ),
        )
        self._rows(
            "INSERT INTO sources VALUES (?, ?, ?)",
            (article.id, page.content_type, zlib.compress(page.body)),
        )
        about = f"{article.publisher} {written_date(article.published)}"
        for chunk, vector in zip(entry.chunks, entry.vectors, strict=True):
            with self._lock:
                row = self._db.execute(
                    "INSERT INTO chunks (article_id, position, start, end, vector)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (
                        article.id,
                        chunk.order,
                        chunk.start,
                        chunk.end,
                        vector.astype("<f4").tobytes(),
                    ),
                ).lastrowid
            self._rows(
                "INSERT INTO chunk_text (rowid, text, title, about) VALUES (?, ?, ?, ?)",
                (row, chunk.text, article.title, about),
            )

    def remove(self, article_id: str) -> None:
        """Delete an article with everything that belongs to it; call inside a transaction."""
        self._rows(
            "DELETE FROM chunk_text WHERE rowid IN (SELECT number FROM chunks WHERE article_id = ?)",
            (article_id,),
        )
        self._rows("DELETE FROM articles WHERE id = ?", (article_id,))

    def article(self, article_id: str) -> Article | None:
        """Return the article with this id or a unique id prefix of 4 or more characters."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM articles WHERE id >= ? AND id < ? LIMIT 2",  # noqa: S608
            (article_id, article_id + "\U0010ffff"),
        )
        exact = [row for row in rows if row[0] == article_id]
        rows = exact or (rows if len(rows) == 1 and len(article_id) >= 4 else [])
        return _article(rows[0]) if rows else None

    def article_id_at(self, url: str) -> str | None:
        """Return the id of the article at this address."""
        rows = self._rows("SELECT id FROM articles WHERE url = ? LIMIT 1", (url,))
        return str(rows[0][0]) if rows else None

    def source(self, article_id: str) -> bytes | None:
        """Return the raw body that the article was extracted from."""
        rows = self._rows("SELECT body FROM sources WHERE article_id = ?", (article_id,))
        return zlib.decompress(rows[0][0]) if rows and isinstance(rows[0][0], bytes) else None

    def pages(self) -> Iterator[tuple[Article, Page]]:
        """Yield every article with its source page, a row at a time, in insertion order."""
        for (rowid,) in self._rows("SELECT rowid FROM articles ORDER BY rowid"):
            rows = self._rows(
                f"SELECT {_COLUMNS}, content_type, body FROM articles"  # noqa: S608
                " JOIN sources ON article_id = id WHERE articles.rowid = ?",
                (rowid,),
            )
            for row in rows:
                article = _article(row[:9])
                body = zlib.decompress(row[10]) if isinstance(row[10], bytes) else b""
                fetched = article.fetched or datetime.now().astimezone()
                yield article, Page(article.url, body, str(row[9]), fetched)

    def articles(
        self,
        *,
        filters: Filters,
        query: str = "",
        order: Order = "newest",
        limit: int | None = None,
        offset: int = 0,
    ) -> tuple[Article, ...]:
        """Return articles in order; ``query`` is searched in title and publisher, ignoring case."""
        where, values = _listed(filters, query)
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM articles WHERE {where}"  # noqa: S608
            f" ORDER BY {_ORDERS[order]}, rowid LIMIT ? OFFSET ?",
            (*values, -1 if limit is None else limit, offset),
        )
        return tuple(_article(row) for row in rows)

    def count(self, *, filters: Filters, query: str = "") -> int:
        """Return how many articles :meth:`articles` would list without a limit."""
        where, values = _listed(filters, query)
        ((found,),) = self._rows(f"SELECT count(*) FROM articles WHERE {where}", values)  # noqa: S608
        return int(str(found))

    def counts(self) -> tuple[int, int]:
        """Return (articles, chunks)."""
        ((articles, chunks),) = self._rows(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM chunks)"
        )
        return int(str(articles)), int(str(chunks))

    def publishers(self) -> tuple[str, ...]:
        """Return the distinct publishers, in alphabetical order."""
        rows = self._rows(
            "SELECT DISTINCT publisher FROM articles WHERE publisher <> '' ORDER BY 1 COLLATE NOCASE"
        )
        return tuple(str(row[0]) for row in rows)

    def admitted(self, filters: Filters) -> npt.NDArray[np.int64] | None:
        """Return the numbers of the chunks the filters admit, ascending; None without a filter."""
        if filters == Filters():
            return None
        where, values = _conditions(filters)
        # Uses the index over chunks, because the rows of chunks are long.
        rows = self._rows(
            "SELECT number FROM chunks WHERE article_id IN"  # noqa: S608
            f" (SELECT id FROM articles WHERE {where})",
            values,
        )
        return np.sort(np.array([row[0] for row in rows], dtype=np.int64))

    def search(
        self, match: str, *, weights: tuple[float, float, float], filters: Filters, limit: int
    ) -> list[tuple[int, float]]:
        """Return (chunk number, BM25) best first, higher is better.

        ``match`` is an FTS5 expression; ``weights`` are those of text, title and about.
        """
        where, values = _conditions(filters)
        # Without a filter the articles are not joined, which is twice as fast.
        joined = (
            ""
            if filters == Filters()
            else " JOIN chunks ON chunks.number = chunk_text.rowid JOIN articles ON article_id = id"
        )
        rows = self._rows(
            "SELECT chunk_text.rowid, -bm25(chunk_text, ?, ?, ?) AS score"  # noqa: S608
            f" FROM chunk_text{joined} WHERE chunk_text MATCH ? AND {where}"
            " ORDER BY score DESC, chunk_text.rowid LIMIT ?",
            (*weights, match, *values, limit),
        )
        return [(int(str(number)), float(str(score))) for number, score in rows]

    def holds(self, word: str) -> bool:
        """Return whether a chunk, its title or publisher contains any form of this word."""
        match = '"' + word.replace('"', "") + '"'
        return bool(
            self._rows("SELECT 1 FROM chunk_text WHERE chunk_text MATCH ? LIMIT 1", (match,))
        )

    def vocabulary(self, beginning: str) -> dict[str, int]:
        """Return the FTS5 stems with this prefix, each with the number of chunks containing it."""
        rows = self._rows(
            "SELECT term, doc FROM vocabulary WHERE term >= ? AND term < ?",
            (beginning, beginning + "\U0010ffff"),
        )
        return {str(stem): int(str(count)) for stem, count in rows}

    def chunks(self, numbers: Sequence[int]) -> dict[int, tuple[Chunk, Article]]:
        """Return the chunks with these numbers and their articles; missing numbers are left out."""
        found: dict[int, tuple[Chunk, Article]] = {}
        articles: dict[str, Article] = {}
        for number in numbers:
            for row in self._rows(
                "SELECT article_id, position, start, end FROM chunks WHERE number = ?", (number,)
            ):
                article_id = str(row[0])
                article = articles.get(article_id) or self.article(article_id)
                if article is None:
                    continue
                articles[article_id] = article
                found[number] = (_chunk(article, row[1:]), article)
        return found

    def cut(self, article: Article) -> tuple[Chunk, ...]:
        """Return the chunks of an article in text order."""
        rows = self._rows(
            "SELECT position, start, end FROM chunks WHERE article_id = ? ORDER BY position",
            (article.id,),
        )
        return tuple(_chunk(article, row) for row in rows)

    def origins(self, numbers: Sequence[int]) -> dict[int, tuple[str, date | None]]:
        """Return article id and date of each of these chunks; missing numbers are left out."""
        rows = self._rows(
            "SELECT number, article_id, published FROM json_each(?) JOIN chunks ON number = value"
            " JOIN articles ON article_id = articles.id",
            (json.dumps(list(numbers)),),
        )
        return {
            int(str(number)): (str(article), date.fromisoformat(str(day)) if day else None)
            for number, article, day in rows
        }

    def newest(self) -> date | None:
        """Return the latest publication date; None if no article has one."""
        ((day,),) = self._rows("SELECT max(published) FROM articles")
        return date.fromisoformat(str(day)) if day else None

    def vectors(
        self, dimension: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
        """Yield batches of (numbers (n,), vectors (n, dimension)) over all chunks, by number.

        Raises:
            IndexProblem: if a stored vector has another dimension.
        """
        last = 0
        while rows := self._rows(
            "SELECT number, vector FROM chunks WHERE number > ? ORDER BY number LIMIT 4096", (last,)
        ):
            blobs = [row[1] for row in rows if isinstance(row[1], bytes)]
            if any(len(blob) != 4 * dimension for blob in blobs):
                raise IndexProblem(
                    f"a vector in {self.path} is not of {dimension} dimensions."
                    " Build the vectors again with: rag index rebuild --embed"
                )
            numbers = np.array([row[0] for row in rows], dtype=np.int64)
            yield numbers, np.frombuffer(b"".join(blobs), dtype="<f4").reshape(-1, dimension)
            last = int(numbers[-1])

    def vectors_of(
        self, article_ids: Sequence[str], dimension: int
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Return the chunk vectors of these articles, each (chunks, dimension), in text order."""
        rows = self._rows(
            "SELECT article_id, vector FROM json_each(?) JOIN chunks ON article_id = value"
            " ORDER BY article_id, position",
            (json.dumps(list(article_ids)),),
        )
        found: dict[str, list[bytes]] = {}
        for article, vector in rows:
            if isinstance(vector, bytes):
                found.setdefault(str(article), []).append(vector)
        return {
            article: np.frombuffer(b"".join(blobs), dtype="<f4").reshape(-1, dimension)
            for article, blobs in found.items()
        }

    def check(self) -> str:
        """Return the result of SQLite's quick integrity check, ``ok`` if all is well."""
        return str(self._rows("PRAGMA quick_check(1)")[0][0])


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into one-line messages for people."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        if "closed" not in str(error):
            raise
        raise IndexProblem(f"the index {path.parent} has been closed; open it again.") from error
    except UnicodeEncodeError as error:
        raise IndexProblem(
            f"{path} cannot be asked for text that is no valid Unicode; type it again."
        ) from error
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            advice = "free some space and run the same command again; nothing stored was lost"
        elif "locked" in str(error) or "busy" in str(error):
            advice = "another process is writing to it; try again in a moment"
        elif "readonly" in str(error) or "unable to open" in str(error):
            advice = "check that the folder exists and that you may write to it"
        else:
            advice = "check the file with: rag index info"
        raise IndexProblem(f"SQLite could not use {path}: {error}; {advice}.") from error
    except sqlite3.DatabaseError as error:
        raise IndexProblem(
            f"{path} is not a sound SQLite file ({error}). Put back a copy, or delete the folder"
            " and run rag ingest again."
        ) from error


def _conditions(filters: Filters) -> tuple[str, list[object]]:
    parts, values = ["1"], list[object]()
    if filters.since:
        parts.append("published >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        parts.append("published <= ?")
        values.append(filters.until.isoformat())
    if filters.as_of:
        parts.append("(published IS NULL OR published <= ?)")
        values.append(filters.as_of.isoformat())
    if filters.publishers:
        marks = ", ".join("?" * len(filters.publishers))
        parts.append(f"casefold(publisher) IN ({marks})")
        values.extend(_folded(name) for name in filters.publishers)
    return " AND ".join(parts), values


def _listed(filters: Filters, query: str) -> tuple[str, list[object]]:
    where, values = _conditions(filters)
    if query:
        where += (
            " AND (casefold(title) LIKE ? ESCAPE '\\' OR casefold(publisher) LIKE ? ESCAPE '\\')"
        )
        escaped = _folded(query).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values += [f"%{escaped}%"] * 2
    return where, values


def _folded(typed: str) -> str:
    """Normalise typed text as stored text is compared: composed (NFC) and case-folded."""
    return unicodedata.normalize("NFC", typed).casefold()


def _chunk(article: Article, row: Sequence[object]) -> Chunk:
    order, start, end = (int(str(value)) for value in row)
    return Chunk(f"{article.id}:{order}", article.id, order, start, end, article.text[start:end])


def _article(row: Sequence[object]) -> Article:
    published, fetched = row[6], row[8]
    return Article(
        id=str(row[0]),
        url=str(row[1]),
        title=str(row[2]),
        text=str(row[3]),
        publisher=str(row[4]),
        authors=tuple(json.loads(str(row[5]))),
        published=date.fromisoformat(str(published)) if published else None,
        language=str(row[7]),
        fetched=datetime.fromisoformat(str(fetched)) if fetched else None,
    )
