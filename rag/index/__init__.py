"""One folder is one index: SQLite is the source of truth, FAISS is derived from it.

Readers need no lock: SQLite's WAL gives each a consistent snapshot, and a reader adds to its
vectors what SQLite has of a newer generation. One writer at a time holds ``lock``; it writes the
vector file again only when that lacks much.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from rag.errors import EmbedderMismatch, IndexMissing, IndexProblem
from rag.files import replacing
from rag.index.chunks import ChunkTable, Entry
from rag.index.database import FORMAT
from rag.index.vectors import Vectors
from rag.index.writer_lock import writer_lock
from rag.types import Article, Filters, Status

__all__ = ["DATABASE", "Entry", "Index", "IndexInfo"]

DATABASE = "news.sqlite"
_FEW = 4096  # vectors that a reader adds to those of the file in a moment


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an index holds and was built with; ``vector_file`` is empty until one is written.

    ``publishers`` maps each name to its number of articles.
    """

    folder: Path
    articles: int
    chunks: int
    publishers: Mapping[str, int]
    first_day: date | None
    last_day: date | None
    embedder: str
    dimension: int
    chunk_words: int
    generation: int
    vector_file: str
    integrity: str
    bytes: int


class Index(ChunkTable):
    """An open index. Safe to use from several threads; close it or use it in a ``with``."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open an index, or create an empty one if there is none and ``create`` is true.

        Raises:
            IndexMissing: if there is none and ``create`` is false.
            IndexProblem: if it is damaged or of another format.
        """
        self.folder = folder
        path = folder / DATABASE
        if not (create or _size(path)):  # an empty file is what a full disk may leave
            raise _missing(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexProblem(
                f"the folder {folder} cannot be created: {error.strerror}."
            ) from error
        super().__init__(path)
        self._file = _identity(path)
        self._vectors: Vectors | None = None
        self._vectors_generation = -1
        self._vectors_file = ""
        self._loading = threading.Lock()
        found = self.meta("format") or FORMAT
        if found != FORMAT:
            self.close()
            raise IndexProblem(
                f"the index {folder} has format {found}, this version reads format {FORMAT}."
                " Build a new one with: rag ingest SOURCE --index NEW"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def bind(self, *, embedder: str, dimension: int, chunk_words: int) -> None:
        """Declare which embedder is in use; an index not yet bound records it as its own.

        Raises:
            EmbedderMismatch: if the index was built with another embedder or dimension.
        """
        if not self.meta("embedder"):
            with self.transaction():
                # Checked again, because another process may have bound it since.
                if not self.meta("embedder"):
                    self.set_meta("format", FORMAT)
                    self.set_meta("embedder", embedder)
                    self.set_meta("dimension", str(dimension))
                    self.set_meta("chunk_words", str(chunk_words))
        if (self.meta("embedder"), self.dimension) != (embedder, dimension):
            raise EmbedderMismatch(
                f"the index {self.folder} was built with the embedder"
                f" {self.meta('embedder')} ({self.dimension} dimensions), but {embedder}"
                f" ({dimension} dimensions) is in use. Use that profile again, or embed all"
                f" articles again with: rag index rebuild --embed --index {self.folder}"
            )

    @property
    def chunk_words(self) -> int:
        """Maximum number of words of a chunk; 0 before the index is bound to an embedder."""
        return int(self.meta("chunk_words") or 0)

    @property
    def in_place(self) -> bool:
        """Whether the opened database is still in its folder; it may be gone or replaced."""
        return self._file is not None and self._file == _identity(self.path) and not self.outdated

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

    def locked(self) -> AbstractContextManager[None]:
        """Hold the writer lock but leave the vector file alone; errors as in :meth:`writing`."""
        return writer_lock(self.folder)

    def status_of(self, article: Article) -> Status:
        """Return what adding this article would be: added, updated or unchanged.

        An address that the index knows is updated, even if its new text is that of another address;
        the latest address of a text is kept. An article to be added may be a copy of another, see
        :meth:`repeated_by`.
        """
        stored = self.article(article.id)
        if stored is not None and (stored.id, stored.url) == (article.id, article.url):
            return "unchanged" if _metadata(stored) == _metadata(article) else "updated"
        return "updated" if self.holds_address(article.url) else "added"

    def info(self) -> IndexInfo:
        """Return what the index holds; run SQLite's quick integrity check.

        Raises:
            IndexMissing: if its folder is gone.
        """
        articles, chunks = self.counts()
        first, last = self.span()
        return IndexInfo(
            folder=self.folder,
            articles=articles,
            chunks=chunks,
            publishers=self.publishers(),
            first_day=first,
            last_day=last,
            embedder=self.meta("embedder"),
            dimension=self.dimension,
            chunk_words=self.chunk_words,
            generation=self.generation,
            vector_file=self.meta("vectors").partition(" ")[0],
            integrity=str(self.rows("PRAGMA quick_check(1)")[0][0]),
            bytes=sum(map(_size, _listed(self.folder))),
        )

    def dense(
        self, query: npt.NDArray[np.float32], *, filters: Filters, limit: int
    ) -> list[tuple[int, float]]:
        """Return (chunk number, cosine) best first; ``query``: (dimension,), unit length."""
        return self.vectors().search(query, limit=limit, among=self.admitted(filters))

    def vectors(self) -> Vectors:
        """Return the newest generation's vectors: from memory or the file, and from SQLite."""
        with self._loading:
            generation = self.generation
            if self._vectors is None or self._vectors_generation != generation:
                recorded = self.meta("vectors")
                if self._vectors is None or self._vectors_file != recorded:
                    self._vectors = self.saved_vectors() or self._built_vectors()
                    self._vectors_file = recorded
                self._vectors = self._vectors.extended(self.stored_vectors(self._vectors.last))
                if len(self._vectors) != self.counts()[1]:
                    self._vectors = self._vectors.only(self.numbers())
                self._vectors_generation = generation
            return self._vectors

    def rebuild(self) -> int:
        """Rebuild the vector file from the stored vectors, without embedding; return how many."""
        with self.writing():
            self.forget_vector_file()
        return len(self.vectors())

    def forget_vector_file(self) -> None:
        """Have the vector file written again at the end of :meth:`writing`."""
        self.set_meta("vectors", "")

    def backup(self, path: Path) -> None:
        """Write a consistent copy of the database to a file, also while another process writes.

        Raises:
            IndexProblem: if the disk is full or the database is damaged.
            OSError: if the file cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside:
            beside.unlink(missing_ok=True)  # left by a copy that was killed
            self.rows("VACUUM INTO ?", (str(beside),))

    def saved_vectors(self) -> Vectors | None:
        """Return the vectors of the vector file; None if it is missing or damaged."""
        name, digest, *_ = [*self.meta("vectors").split(), "", ""]
        return Vectors.read(self.folder / name, digest=digest, dimension=self.dimension)

    def _built_vectors(self) -> Vectors:
        total = self.counts()[1]
        return Vectors.build(self.stored_vectors(), dimension=self.dimension, total=total)

    def _save_vectors(self) -> None:
        """Write the vector file, unless the present one lacks little enough to be extended."""
        if not self.dimension or not self.in_place or self._nearly_saved():
            return
        generation = self.generation
        vectors = self._built_vectors()
        name = f"vectors-{generation}.faiss"
        digest = vectors.write(self.folder / name)
        size = _size(self.folder / name)
        recorded = f"{name} {digest} {vectors.last} {len(vectors)} {size}"
        self.set_meta("vectors", recorded)
        with self._loading:
            self._vectors, self._vectors_file = vectors, recorded
            self._vectors_generation = generation
        for old in self.folder.glob("vectors-*.faiss"):
            if old.name != name:
                old.unlink(missing_ok=True)

    def _nearly_saved(self) -> bool:
        recorded = self.meta("vectors").split()
        if not recorded or not _size(self.folder / recorded[0]):
            return False
        if recorded[0] == f"vectors-{self.generation}.faiss":
            return True
        if len(recorded) == 2:  # written by an earlier release
            return False
        last, saved, size = map(int, recorded[2:])
        added = self.count_above(last)
        deleted = saved + added - self.counts()[1]
        few = max(_FEW, saved // 10)
        return added + deleted <= few and _size(self.folder / recorded[0]) == size


def _missing(folder: Path) -> IndexMissing:
    return IndexMissing(
        f"there is no index in {folder}. Create one with: rag ingest SOURCE --index {folder}"
    )


def _identity(path: Path) -> tuple[int, int] | None:
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


def _metadata(article: Article) -> tuple[object, ...]:
    return article.publisher, article.authors, article.published, article.language
