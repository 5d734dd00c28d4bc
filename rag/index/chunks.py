"""The chunks of an index: their places in the articles, full text and vectors."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.errors import IndexProblem
from rag.index.articles import ArticleTable, as_day, conditions
from rag.text import written_date
from rag.types import Article, Chunk, Filters, Page

_ALL = Filters()
_EDITED = "edited "  # before an address, as a key of the meta table
_BATCH = 4096  # vectors read at a time


@dataclass(frozen=True, slots=True)
class Entry:
    """One article ready to be stored: ``vectors`` is float32 (len(chunks), dim), unit length."""

    article: Article
    page: Page
    chunks: tuple[Chunk, ...]
    vectors: npt.NDArray[np.float32]


class ChunkTable(ArticleTable):
    """The table of chunks and the full-text index over it."""

    @property
    def dimension(self) -> int:
        """Length of a vector; 0 before the index is bound to an embedder."""
        return int(self.meta("dimension") or 0)

    def add(self, entries: Sequence[Entry]) -> None:
        """Store articles in one transaction; each replaces any article with its id or address.

        Raises:
            IndexProblem: if the disk is full or the database is damaged; nothing is stored then.
        """
        with self.transaction():
            for entry in entries:
                self._remove(entry.article.id)
                self._remove(self._article_id_at(entry.article.url))
                self._insert(entry)

    def delete(self, article_ids: Sequence[str]) -> None:
        """Delete articles with all that is stored for them, in one transaction."""
        with self.transaction():
            for article_id in article_ids:
                if article := self.article(article_id):
                    self.rows("DELETE FROM meta WHERE key = ?", (_EDITED + article.url,))
                self._remove(article_id)

    def edit(self, entry: Entry) -> None:
        """Replace an article whose title, publisher or date was edited, and remember these."""
        article = entry.article
        day = article.published.isoformat() if article.published else ""
        edits = json.dumps([article.title, article.publisher, day], ensure_ascii=False)
        with self.transaction():
            self._remove(article.id)
            self._insert(entry)
            self.set_meta(_EDITED + article.url, edits)

    def edited(self, article: Article) -> Article:
        """Return an article with the edits that are remembered of its address."""
        if not (edits := self.meta(_EDITED + article.url)):
            return article
        title, publisher, day = json.loads(edits)
        return replace(article, title=title, publisher=publisher, published=as_day(day))

    def copy_edits(self, other: "ChunkTable") -> None:
        """Take over what another index remembers of edited articles."""
        for key, value in other.rows(
            "SELECT key, value FROM meta WHERE key GLOB ?", (_EDITED + "*",)
        ):
            self.set_meta(key, value)

    def _insert(self, entry: Entry) -> None:
        article = entry.article
        self._insert_article(article, entry.page)
        about = f"{article.publisher} {written_date(article.published)}"
        for chunk, vector in zip(entry.chunks, entry.vectors, strict=True):
            ((number,),) = self.rows(
                "INSERT INTO chunks (article_id, position, start, end, vector)"
                " VALUES (?, ?, ?, ?, ?) RETURNING number",
                (article.id, chunk.order, chunk.start, chunk.end, vector.astype("<f4").tobytes()),
            )
            self.rows(
                "INSERT INTO chunk_text (rowid, text, title, about) VALUES (?, ?, ?, ?)",
                (number, chunk.text, article.title, about),
            )

    def _remove(self, article_id: str) -> None:
        self.rows(
            "DELETE FROM chunk_text WHERE rowid IN (SELECT number FROM chunks WHERE article_id = ?)",
            (article_id,),
        )
        self.rows("DELETE FROM articles WHERE id = ?", (article_id,))

    def counts(self) -> tuple[int, int]:
        """Return (articles, chunks)."""
        ((articles, chunks),) = self.rows(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM chunks)"
        )
        return articles, chunks

    def lexical(
        self,
        match: str,
        *,
        weights: tuple[float, float, float] = (1.0, 1.0, 1.0),
        filters: Filters = _ALL,
        limit: int,
    ) -> list[tuple[int, float]]:
        """Return (chunk number, BM25) best first, higher is better.

        ``match`` is an FTS5 expression; ``weights`` are those of text, title and publisher with
        date.
        """
        where, values = conditions(filters)
        # Without a filter the articles are not joined, which is twice as fast.
        joined = (
            ""
            if filters == _ALL
            else " JOIN chunks ON chunks.number = chunk_text.rowid JOIN articles ON article_id = id"
        )
        return self.rows(
            "SELECT chunk_text.rowid, -bm25(chunk_text, ?, ?, ?) AS score"  # noqa: S608
            f" FROM chunk_text{joined} WHERE chunk_text MATCH ? AND {where}"
            " ORDER BY score DESC, chunk_text.rowid LIMIT ?",
            (*weights, match, *values, limit),
        )

    def holds(self, word: str) -> bool:
        """Return whether a chunk, its title or publisher contains any form of this word."""
        match = '"' + word.replace('"', "") + '"'
        return bool(
            self.rows("SELECT 1 FROM chunk_text WHERE chunk_text MATCH ? LIMIT 1", (match,))
        )

    def vocabulary(self, beginning: str) -> dict[str, int]:
        """Return all stems with this prefix, each with the number of chunks that contain it."""
        rows = self.rows(
            "SELECT term, doc FROM vocabulary WHERE term >= ? AND term < ?",
            (beginning, beginning + "\U0010ffff"),
        )
        return dict(rows)

    def cut(self, article: Article) -> tuple[Chunk, ...]:
        """Return the chunks of an article in text order."""
        rows = self.rows(
            "SELECT position, start, end FROM chunks WHERE article_id = ? ORDER BY position",
            (article.id,),
        )
        return tuple(_chunk(article, *row) for row in rows)

    def chunks(self, numbers: Sequence[int]) -> dict[int, tuple[Chunk, Article]]:
        """Return the chunks with these numbers and their articles; missing numbers are left out."""
        rows = self._of_chunks("article_id, position, start, end", numbers)
        articles = {article_id: self.article(article_id) for _, article_id, *_ in rows}
        return {
            number: (_chunk(article, *place), article)
            for number, article_id, *place in rows
            if (article := articles[article_id])
        }

    def article_ids(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the article id of each of these chunks."""
        return dict(self._of_chunks("article_id", numbers))

    def days(self, numbers: Sequence[int]) -> dict[int, date | None]:
        """Return the publication date of the article of each of these chunks."""
        return {number: as_day(day) for number, day in self._of_chunks("published", numbers)}

    def _of_chunks(self, columns: str, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
        return self.rows(
            f"SELECT number, {columns} FROM json_each(?) JOIN chunks ON number = value"  # noqa: S608
            " JOIN articles ON article_id = articles.id ORDER BY json_each.key",
            (json.dumps(list(numbers)),),
        )

    def admitted(self, filters: Filters) -> npt.NDArray[np.int64] | None:
        """Return the numbers of the chunks the filters admit, ascending; None without a filter."""
        if filters == _ALL:
            return None
        where, values = conditions(filters)
        # Uses the index over chunks, because the rows of chunks are long.
        rows = self.rows(
            "SELECT number FROM chunks WHERE article_id IN"  # noqa: S608
            f" (SELECT id FROM articles WHERE {where})",
            values,
        )
        return np.sort(np.array([number for (number,) in rows], dtype=np.int64))

    def count_above(self, number: int) -> int:
        """Return how many chunks have a higher number than this."""
        return int(self.rows("SELECT count(*) FROM chunks WHERE number > ?", (number,))[0][0])

    def numbers(self) -> npt.NDArray[np.int64]:
        """Return the numbers of all chunks, shape (n,), in no order."""
        # Uses the index over chunks, because the rows of chunks are long.
        rows = self.rows("SELECT number FROM chunks INDEXED BY chunk_article")
        return np.array([number for (number,) in rows], dtype=np.int64)

    def stored_vectors(
        self, last: int = 0
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
        """Yield batches of (numbers (n,), vectors (n, dimension)) by number, of those above one.

        Raises:
            IndexProblem: if a stored vector has another dimension.
        """
        while rows := self.rows(
            "SELECT number, vector FROM chunks WHERE number > ? ORDER BY number LIMIT ?",
            (last, _BATCH),
        ):
            last = rows[-1][0]
            numbers = np.array([number for number, _ in rows], dtype=np.int64)
            yield numbers, self._matrix([vector for _, vector in rows])

    def vectors_of(self, article_ids: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """Return each article's vectors by id, float32 (chunks, dimension) in text order.

        Articles without chunks are left out.
        """
        rows = self.rows(
            "SELECT article_id, vector FROM json_each(?) JOIN chunks ON article_id = value"
            " ORDER BY article_id, position",
            (json.dumps(list(article_ids)),),
        )
        found: dict[str, list[bytes]] = {}
        for article_id, vector in rows:
            found.setdefault(article_id, []).append(vector)
        return {article_id: self._matrix(vectors) for article_id, vectors in found.items()}

    def _matrix(self, vectors: Sequence[bytes]) -> npt.NDArray[np.float32]:
        dimension = self.dimension
        if any(len(vector) != 4 * dimension for vector in vectors):
            raise IndexProblem(
                f"a vector in {self.path} does not have {dimension} dimensions."
                f" Repair it with: rag doctor --repair --index {self.path.parent}"
            )
        return np.frombuffer(b"".join(vectors), dtype="<f4").reshape(-1, dimension)


def _chunk(article: Article, order: int, start: int, end: int) -> Chunk:
    return Chunk(f"{article.id}:{order}", article.id, order, start, end, article.text[start:end])
