"""Articles on their way into an index: cleaned, compared, cut, embedded, stored batch by batch."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from rag.chunk import chunk, embedding_text
from rag.embed import Embedder
from rag.errors import ExtractError
from rag.extract import extract
from rag.index import Entry, Index
from rag.types import Article, Chunk, Failure, IngestReport, Outcome, Page, Status

Progress = Callable[[Outcome], None]
_BATCH = 512  # chunks that are sorted by length and embedded together, then stored in one transaction


@dataclass
class _Batch:
    articles: list[tuple[Article, Page, tuple[Chunk, ...], Status]] = field(default_factory=list)
    chunks: int = 0

    def holds(self, article: Article) -> bool:
        return any(article.id == other.id for other, *_ in self.articles)

    def touches(self, url: str) -> bool:
        return any(url == other.url for other, *_ in self.articles)


def ingest(
    pages: Iterable[Page | Failure],
    *,
    index: Index,
    embedder: Embedder,
    fields: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring pages into an index; call with the index's writer lock held.

    What was stored stays stored when this is interrupted: doing the same again goes on from there.

    Args:
        pages: as :func:`rag.fetch.fetch` yields them.
        index: bound to ``embedder``.
        embedder: encodes the chunks.
        fields: see :func:`rag.extract.extract`.
        progress: called with each outcome once it is final.

    Raises:
        IndexProblem: if the index cannot be written.
    """
    started, encoding = time.perf_counter(), 0.0
    outcomes: list[Outcome] = []
    batch, chunks = _Batch(), 0

    def tell(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if progress:
            progress(outcome)

    def flush() -> None:
        nonlocal encoding, chunks, batch
        if not batch.articles:
            return
        encoding += _store(batch, index, embedder)
        chunks += batch.chunks
        for article, page, _, status in batch.articles:
            tell(Outcome(page.url, status, article.id, article.title))
        batch = _Batch()

    try:
        for page, article in _extracted(pages, fields, tell):
            if batch.touches(article.url) and not batch.holds(article):
                flush()
            status: Status = "duplicate" if batch.holds(article) else index.status_of(article)
            if status in {"unchanged", "duplicate"}:
                tell(Outcome(page.url, status, article.id, article.title))
                continue
            cut = chunk(article, words=index.chunk_words)
            batch.articles.append((article, page, cut, status))
            batch.chunks += len(cut)
            if batch.chunks >= _BATCH:
                flush()
    except KeyboardInterrupt:
        flush()
        raise
    flush()
    seconds = time.perf_counter() - started
    return IngestReport(tuple(outcomes), seconds, encoding, chunks)


def _extracted(
    pages: Iterable[Page | Failure], fields: Mapping[str, str] | None, tell: Progress
) -> Iterator[tuple[Page, Article]]:
    for page in pages:
        if isinstance(page, Failure):
            tell(Outcome(page.source, "failed", reason=page.reason))
            continue
        try:
            yield page, extract(page, fields=fields)
        except ExtractError as error:
            tell(Outcome(page.url, "failed", reason=str(error)))


def _store(batch: _Batch, index: Index, embedder: Embedder) -> float:
    """Embed and store a batch; returns the seconds that the encoder took."""
    texts = [
        embedding_text(part, article) for article, _, cut, _ in batch.articles for part in cut
    ]
    start = time.perf_counter()
    vectors = embedder.encode_documents(texts)
    seconds = time.perf_counter() - start
    ends = np.cumsum([len(cut) for _, _, cut, _ in batch.articles])
    entries = [
        Entry(article, page, cut, vectors[end - len(cut) : end])
        for (article, page, cut, _), end in zip(batch.articles, ends, strict=True)
    ]
    index.add(entries)
    return seconds
