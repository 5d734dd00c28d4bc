"""Ingest articles into an index: extract, compare, chunk, embed and store them in batches."""

import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from rag.errors import ExtractError
from rag.index import Entry, Index
from rag.index.chunking import chunk, embedding_text
from rag.index.embedding import Embedder
from rag.ingest.cleaning import extract
from rag.types import Article, Chunk, Failure, IngestReport, Outcome, Page, Status

Progress = Callable[[Outcome], None]
# Chunks that are sorted by length and embedded together, then stored in one transaction.
_BATCH = 512
_SMALL = 32  # encoded in a second or two; a little slower per chunk


@dataclass(frozen=True, slots=True)
class _Taken:
    """An article of the current batch."""

    place: int
    article: Article
    page: Page
    chunks: tuple[Chunk, ...]
    status: Status


def ingest(
    sources: Iterable[tuple[str, Iterable[Page | Failure]]],
    *,
    index: Index,
    embedder: Embedder,
    fields: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    soon: bool = False,
    most_failures: int | None = None,
) -> IngestReport:
    """Ingest the pages of sources into an index; call with the index's writer lock held.

    If interrupted, what was stored stays stored; the same call again continues from there.

    Args:
        sources: the name of each, and its pages as :func:`rag.ingest.sources.fetch` yields them.
        index: bound to ``embedder``.
        embedder: encodes the chunks.
        fields: see :func:`rag.ingest.cleaning.extract`.
        progress: called with each outcome once it is final.
        soon: store in small batches, for an interactive user.
        most_failures: after this many, the rest of a source is skipped.

    Raises:
        IndexProblem: if the index cannot be written.
    """
    intake = _Intake(index, embedder, progress, _SMALL if soon else _BATCH)
    started = time.perf_counter()
    try:
        for name, pages in sources:
            intake.read(name, pages, fields, most_failures)
        intake.flush()
    finally:
        # After Ctrl-C: articles already extracted are worth the seconds it takes to store them.
        intake.flush()
    seconds = time.perf_counter() - started
    outcomes = tuple(intake.outcomes[place] for place in sorted(intake.outcomes))
    return IngestReport(outcomes, seconds, intake.encoding, intake.chunks)


class _Intake:
    """Collects articles into batches and records each one's outcome."""

    def __init__(
        self, index: Index, embedder: Embedder, progress: Progress | None, most_chunks: int
    ) -> None:
        self.index, self.embedder, self.progress = index, embedder, progress
        self.most_chunks = most_chunks  # per batch
        self.places = itertools.count()
        self.outcomes: dict[int, Outcome] = {}  # by the place of the page in the input
        self.batch: list[_Taken] = []
        self.chunks = 0
        self.encoding = 0.0

    def tell(self, place: int, outcome: Outcome) -> None:
        self.outcomes[place] = outcome
        if self.progress:
            self.progress(outcome)

    def read(
        self,
        name: str,
        pages: Iterable[Page | Failure],
        fields: Mapping[str, str] | None,
        most_failures: int | None,
    ) -> None:
        failures = 0
        for page in pages:
            failures += not self.receive(next(self.places), page, fields)
            if failures == most_failures:
                reason = f"{name} failed {failures:,} times; the rest of it was left out"
                self.tell(next(self.places), Outcome(name, "failed", reason=reason))
                return

    def receive(self, place: int, page: Page | Failure, fields: Mapping[str, str] | None) -> bool:
        """Return whether the page is an article."""
        if isinstance(page, Failure):
            self.tell(place, Outcome(page.source, "failed", reason=page.reason))
            return False
        try:
            article = extract(page, fields=fields)
        except ExtractError as error:
            self.tell(place, Outcome(page.url, "failed", reason=str(error)))
            return False
        self.take(place, page, article)
        return True

    def take(self, place: int, page: Page, article: Article) -> None:
        held = any(article.id == taken.article.id for taken in self.batch)
        if not held and any(article.url == taken.article.url for taken in self.batch):
            self.flush()  # the same address twice: the later article replaces the earlier
        status: Status = "duplicate" if held else self.index.status_of(article)
        if status in {"unchanged", "duplicate"}:
            self.tell(place, Outcome(page.url, status, article.id, article.title))
            return
        cut = chunk(article, words=self.index.chunk_words)
        self.batch.append(_Taken(place, article, page, cut, status))
        if sum(len(taken.chunks) for taken in self.batch) >= self.most_chunks:
            self.flush()

    def flush(self) -> None:
        if not self.batch:
            return
        batch, self.batch = self.batch, []
        texts = [embedding_text(part, taken.article) for taken in batch for part in taken.chunks]
        start = time.perf_counter()
        try:
            vectors = self.embedder.encode_documents(texts)
        except KeyboardInterrupt:
            self.batch = batch  # for the last flush; pressing Ctrl-C again discards it
            raise
        self.encoding += time.perf_counter() - start
        ends = np.cumsum([len(taken.chunks) for taken in batch])
        self.index.add(
            [
                Entry(
                    taken.article, taken.page, taken.chunks, vectors[end - len(taken.chunks) : end]
                )
                for taken, end in zip(batch, ends, strict=True)
            ]
        )
        self.chunks += len(texts)
        for taken in batch:
            article = taken.article
            outcome = Outcome(taken.page.url, taken.status, article.id, article.title)
            self.tell(taken.place, outcome)
