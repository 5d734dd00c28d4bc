"""One folder is one index: SQLite is the source of truth, FAISS is derived from it.

Readers need no lock: SQLite's WAL gives each a consistent snapshot, and a reader whose vectors
belong to an older generation reloads or rebuilds them. One writer at a time holds ``lock``.
"""

import json
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.errors import EmbedderMismatch, IndexBusy, IndexMissing, IndexProblem
from rag.index.store import FORMAT, Entry, Store
from rag.index.vectors import Vectors
from rag.types import Article, Chunk, Filters, Order, Page, Status

__all__ = ["Entry", "Index", "IndexInfo"]

_FILE = "news.sqlite"
_ALL = Filters()


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an index holds and was built with; ``vector_file`` is empty until one is written."""

    folder: Path
    articles: int
    chunks: int
    publishers: tuple[str, ...]
    embedder: str
    dimension: int
    chunk_words: int
    generation: int
    vector_file: str
    integrity: str
    bytes: int


class Index:
    """An open index. Safe to use from several threads; close it or use it in a ``with``."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open an index, or create an empty one if there is none and ``create`` is true.

        Raises:
            IndexMissing: if there is none and ``create`` is false.
            IndexProblem: if it is damaged or of another format.
        """
        self.folder = folder
        path = folder / _FILE
        if not path.is_file() and not create:
            raise _missing(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexProblem(f"the folder {folder} cannot be made: {error.strerror}.") from error
        self._store = Store(path)
        self._file = _file(path)
        self._vectors: Vectors | None = None
        self._generation = -1
        self._loading = threading.Lock()
        found = self._store.meta("format") or FORMAT
        if found != FORMAT:
            self._store.close()
            raise IndexProblem(
                f"the index {folder} has format {found}, this version reads format {FORMAT}."
                " Make it anew with: rag ingest SOURCE --index NEW"
            )

    def bind(self, *, embedder: str, dimension: int, chunk_words: int) -> None:
        """Declare which embedder is in use; an index not yet bound records it as its own.

        Raises:
            EmbedderMismatch: if the index was built with another embedder or dimension.
        """
        if self._store.meta("embedder") is None:
            with self._store.transaction():
                # Checked again, because another process may have bound it since.
                if self._store.meta("embedder") is None:
                    self._store.set_meta("format", FORMAT)
                    self._store.set_meta("embedder", embedder)
                    self._store.set_meta("dimension", str(dimension))
                    self._store.set_meta("chunk_words", str(chunk_words))
        if (self._store.meta("embedder"), self.dimension) != (embedder, dimension):
            raise EmbedderMismatch(
                f"the index {self.folder} was built with the embedder"
                f" {self._store.meta('embedder')} ({self.dimension} dimensions), but {embedder}"
                f" ({dimension} dimensions) is in use. Use that profile again, or embed all"
                f" articles anew with: rag index rebuild --embed --index {self.folder}"
            )

    @property
    def dimension(self) -> int:
        """Length of a vector; 0 before the index is bound to an embedder."""
        return int(self._store.meta("dimension") or 0)

    @property
    def generation(self) -> int:
        """Number of write transactions; results computed at another generation may be stale."""
        return self._store.generation()

    @property
    def chunk_words(self) -> int:
        """Maximum number of words of a chunk; 0 before the index is bound to an embedder."""
        return int(self._store.meta("chunk_words") or 0)

    @property
    def in_place(self) -> bool:
        """Whether the opened database is still in its folder; it may be gone or replaced."""
        return self._file is not None and self._file == _file(self.folder / _FILE)

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; closing twice is fine."""
        self._store.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer lock; on exit, update the vector file.

        Raises:
            IndexBusy: if another process holds it; the message says which.
        """
        with self.locked():
            try:
                yield
            finally:
                self._save_vectors()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the writer lock but leave the vector file alone; errors as in :meth:`writing`."""
        from filelock import FileLock, Timeout

        holder = self.folder / "lock.json"
        lock = FileLock(self.folder / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout as error:
            raise IndexBusy(
                f"the index {self.folder} is being written by {_held_by(holder)}."
                " Wait until it has finished, then run the same command again."
            ) from error
        except OSError as error:
            raise IndexProblem(
                f"the index {self.folder} cannot be written: {error.strerror or error}."
                " Check that you may write to its folder."
            ) from error
        try:
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            note = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
            holder.write_text(json.dumps(note), encoding="utf-8")
            yield
        except OSError as error:
            raise IndexProblem(
                f"the index {self.folder} could not be written: {error.strerror or error}."
                " What was stored before is safe; run the same command again once that is mended."
            ) from error
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    def status_of(self, article: Article) -> Status:
        """Return what adding this article would be: added, updated, unchanged or duplicate."""
        stored = self._store.article(article.id)
        if stored is not None and stored.id == article.id:
            if stored.url != article.url:
                return "duplicate"
            return "unchanged" if _same(stored, article) else "updated"
        return "updated" if self._store.article_id_at(article.url) else "added"

    def add(self, entries: Sequence[Entry]) -> None:
        """Store articles in one transaction; each replaces any article with its id or address.

        Raises:
            IndexProblem: if the disk is full or the database is damaged; nothing is stored then.
        """
        with self._store.transaction():
            for entry in entries:
                self._store.remove(entry.article.id)
                replaced = self._store.article_id_at(entry.article.url)
                if replaced:
                    self._store.remove(replaced)
                self._store.insert(entry)

    def delete(self, article_ids: Sequence[str]) -> None:
        """Delete articles with their chunks, vectors and raw sources, in one transaction."""
        with self._store.transaction():
            for article_id in article_ids:
                self._store.remove(article_id)

    def article(self, article_id: str) -> Article | None:
        """Return the article with this id or a unique id prefix of 4 or more characters."""
        return self._store.article(article_id)

    def articles(
        self,
        *,
        filters: Filters,
        query: str = "",
        order: Order = "newest",
        limit: int | None = None,
        offset: int = 0,
    ) -> tuple[Article, ...]:
        """Return articles in the given order; ``query`` is searched in title and publisher."""
        return self._store.articles(
            filters=filters, query=query, order=order, limit=limit, offset=offset
        )

    def count(self, *, filters: Filters, query: str = "") -> int:
        """Return how many articles :meth:`articles` would list without a limit."""
        return self._store.count(filters=filters, query=query)

    def cut(self, article: Article) -> tuple[Chunk, ...]:
        """Return the chunks of an article in text order."""
        return self._store.cut(article)

    def source(self, article_id: str) -> bytes | None:
        """Return the raw body that an article was extracted from."""
        return self._store.source(article_id)

    def holds(self, word: str) -> bool:
        """Return whether a chunk, its title or publisher contains any form of this word."""
        return self._store.holds(word)

    def vocabulary(self, beginning: str) -> dict[str, int]:
        """Return all stems with this prefix, each with the number of chunks that contain it."""
        return self._store.vocabulary(beginning)

    def lexical(
        self,
        match: str,
        *,
        weights: tuple[float, float, float] = (1.0, 1.0, 1.0),
        filters: Filters = _ALL,
        limit: int,
    ) -> list[tuple[int, float]]:
        """Return (chunk number, BM25) best first; ``match`` is an FTS5 expression."""
        return self._store.search(match, weights=weights, filters=filters, limit=limit)

    def dense(
        self, query: npt.NDArray[np.float32], *, filters: Filters, limit: int
    ) -> list[tuple[int, float]]:
        """Return (chunk number, cosine) best first; ``query``: (dimension,), unit length."""
        among = self._store.admitted(filters)
        return self.vectors().search(query, limit=limit, among=among)

    def chunks(self, numbers: Sequence[int]) -> dict[int, tuple[Chunk, Article]]:
        """Return the chunks with these numbers and their articles."""
        return self._store.chunks(numbers)

    def vectors_of(self, article_ids: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """Return each article's vectors by id, float32 (chunks, dimension) in text order.

        Articles without chunks are left out.
        """
        return self._store.vectors_of(article_ids, self.dimension)

    def article_ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the article id of each of these chunks."""
        return {number: article for number, (article, _) in self._store.origins(numbers).items()}

    def days(self, numbers: Sequence[int]) -> dict[int, date | None]:
        """Return the publication date of the article of each of these chunks."""
        return {number: day for number, (_, day) in self._store.origins(numbers).items()}

    def newest(self) -> date | None:
        """Return the latest publication date; None if no article has one."""
        return self._store.newest()

    def pages(self) -> Iterator[tuple[Article, Page]]:
        """Yield every article with its raw page."""
        return self._store.pages()

    def info(self) -> IndexInfo:
        """Return what the index holds; run SQLite's quick integrity check.

        Raises:
            IndexMissing: if its folder is gone.
        """
        articles, chunks = self._store.counts()
        return IndexInfo(
            folder=self.folder,
            articles=articles,
            chunks=chunks,
            publishers=self._store.publishers(),
            embedder=self._store.meta("embedder") or "",
            dimension=self.dimension,
            chunk_words=self.chunk_words,
            generation=self._store.generation(),
            vector_file=(self._store.meta("vectors") or "").partition(" ")[0],
            integrity=self._store.check(),
            bytes=sum(map(_size, _listed(self.folder))),
        )

    def rebuild(self) -> int:
        """Rebuild the vector file from the stored vectors, without embedding; return how many."""
        with self.writing():
            self._vectors, self._generation = None, -1
            self._store.set_meta("vectors", "")
        return len(self.vectors())

    def vectors(self) -> Vectors:
        """Return the newest generation's vectors from memory, from the file, or from the store."""
        with self._loading:
            generation = self._store.generation()
            if self._vectors is None or self._generation != generation:
                self._vectors = self._read(generation) or self._build()
                self._generation = generation
            return self._vectors

    def _read(self, generation: int) -> Vectors | None:
        name, _, digest = (self._store.meta("vectors") or "").partition(" ")
        if name != f"vectors-{generation}.faiss":
            return None
        return Vectors.read(self.folder / name, digest=digest, dimension=self.dimension)

    def _build(self) -> Vectors:
        _, total = self._store.counts()
        return Vectors.build(
            self._store.vectors(self.dimension), dimension=self.dimension, total=total
        )

    def _save_vectors(self) -> None:
        if not self.dimension or not self.in_place:
            return
        vectors = self.vectors()
        name = f"vectors-{self._generation}.faiss"
        if (self._store.meta("vectors") or "").partition(" ")[0] == name:
            return
        digest = vectors.write(self.folder / name)
        self._store.set_meta("vectors", f"{name} {digest}")
        for old in self.folder.glob("vectors-*.faiss"):
            if old.name != name:
                old.unlink(missing_ok=True)


def _missing(folder: Path) -> IndexMissing:
    return IndexMissing(
        f"there is no index in {folder}. Make one with: rag ingest SOURCE --index {folder}"
    )


def _file(path: Path) -> tuple[int, int] | None:
    """Return the identity of the file at this path, whatever its name; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError as error:
        raise _missing(folder) from error


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:  # a writer has replaced it with a newer one
        return 0


def _same(one: Article, other: Article) -> bool:
    return (one.publisher, one.authors, one.published, one.language) == (
        other.publisher,
        other.authors,
        other.published,
        other.language,
    )


def _held_by(holder: Path) -> str:
    try:
        note = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {note['process']} on {note['host']} since {note['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
