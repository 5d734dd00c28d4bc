"""Ingest articles into an index: extract, compare, chunk, embed and store them in batches."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict, Unpack

import numpy as np

from rag.errors import ExtractError
from rag.index import Entry, Index
from rag.index.articles import is_copy
from rag.index.chunking import chunk, embedding_text
from rag.index.embedding import Embedder
from rag.ingest.cleaning import extract
from rag.types import Article, Chunk, Failure, IngestReport, Outcome, Page, Status

Progress = Callable[[Outcome], None]
# Chunks that are embedded together, sorted by length, and stored in one transaction.
_BATCH = 512
_SMALL = 32  # encoded in a second or two; a little slower per chunk


class IntakeOptions(TypedDict, total=False):
    """Options of :meth:`rag.News.ingest`."""

    progress: Progress | None
    soon: bool
    most_failures: int | None
    publisher: str
    published: date | None


@dataclass(frozen=True, slots=True)
class _Taken:
    """An article of the current batch."""

    place: int
    article: Article
    page: Page
    chunks: tuple[Chunk, ...]
    status: Status
    note: str


class Intake:
    """Collects the articles of sources into batches, stores them, and records each outcome.

    Hold the index's writer lock while using it. After an interruption, stored articles stay stored,
    and ingesting the same sources again continues from there.
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        *,
        fields: Mapping[str, str] | None = None,
        **options: Unpack[IntakeOptions],
    ) -> None:
        """See :meth:`rag.News.ingest`; ``index`` is bound to ``embedder``."""
        self.index, self.embedder, self.fields = index, embedder, fields
        self.progress = options.get("progress")
        self.most_failures = options.get("most_failures")
        self.most_chunks = _SMALL if options.get("soon") else _BATCH  # per batch
        self.publisher, self.published = options.get("publisher", ""), options.get("published")
        self.places = itertools.count()
        self.outcomes: dict[int, Outcome] = {}  # by position of the page in the input
        self.batch: list[_Taken] = []
        self.chunks = 0
        self.encoding = 0.0

    def run(self, sources: Iterable[tuple[str, Iterable[Page | Failure]]]) -> IngestReport:
        """Ingest the pages of each named source.

        Raises:
            IndexProblem: if the index cannot be written.
        """
        started = time.perf_counter()
        try:
            for name, pages in sources:
                self.read(name, pages)
            self.flush()
        finally:
            # After Ctrl-C too, store the articles already extracted: it takes only seconds.
            self.flush()
        seconds = time.perf_counter() - started
        outcomes = tuple(self.outcomes[place] for place in sorted(self.outcomes))
        return IngestReport(outcomes, seconds, self.encoding, self.chunks)

    def record(self, place: int, outcome: Outcome) -> None:
        """Record the outcome of a page."""
        self.outcomes[place] = outcome
        if self.progress:
            self.progress(outcome)

    def read(self, name: str, pages: Iterable[Page | Failure]) -> None:
        """Read the pages of a source; skip the rest of it after too many failures."""
        failures = 0
        for page in _to_its_end(name, pages):
            failures += not self.receive(next(self.places), page)
            if failures == self.most_failures:
                reason = f"{name} failed {failures:,} times; the rest of it was skipped"
                self.record(next(self.places), Outcome(name, "failed", reason=reason))
                return

    def receive(self, place: int, page: Page | Failure) -> bool:
        """Add the article of a page to the batch; return whether there was one."""
        if isinstance(page, Failure):
            self.record(place, Outcome(page.source, "failed", reason=page.reason))
            return False
        notes = list[str]()
        try:
            article = extract(page, fields=self.fields, note=notes.append)
        except ExtractError as error:
            self.record(place, Outcome(page.url, "failed", reason=str(error)))
            return False
        except Exception as error:  # noqa: BLE001 - a parser's bug costs this page, not the others
            self.record(place, Outcome(page.url, "failed", reason=_unforeseen(page.url, error)))
            return False
        article = replace(
            article,
            publisher=article.publisher or self.publisher,
            published=article.published or self.published,
        )
        self.take(place, page, self.index.edited(article), "; ".join(notes))
        return True

    def take(self, place: int, page: Page, article: Article, note: str) -> None:
        """Add an article to the batch, unless the index or the batch already contains it.

        ``note`` says what could not be read of its page.
        """
        held = self.held(article)
        status: Status = "added" if held else self.index.status_of(article)
        if status == "added" and (other := held or self.index.repeated_by(article)):
            reason = _same_text(page.url, other)
            self.record(place, Outcome(page.url, "duplicate", other.id, article.title, reason))
            return
        if status == "unchanged":
            self.record(place, Outcome(page.url, status, article.id, article.title))
            return
        cut = chunk(article, words=self.index.chunk_words)
        self.batch.append(_Taken(place, article, page, cut, status, note))
        if sum(len(taken.chunks) for taken in self.batch) >= self.most_chunks:
            self.flush()

    def held(self, article: Article) -> Article | None:
        """Return the article of the batch that this one repeats, or None.

        If this one replaces an article of the batch, or if only the index can tell, the batch is
        stored first.
        """
        articles = [taken.article for taken in self.batch]
        original = next((each for each in articles if is_copy(article, each)), None)
        same_address = next((each for each in articles if each.url == article.url), None)
        if same_address is not None:
            if same_address.id == article.id:
                return same_address
            self.flush()
            return None
        if original is not None and self.index.holds_address(article.url):
            self.flush()
            return None
        return original

    def flush(self) -> None:
        """Embed and store the articles of the batch."""
        if not self.batch:
            return
        batch, self.batch = self.batch, []
        texts = [embedding_text(part, taken.article) for taken in batch for part in taken.chunks]
        start = time.perf_counter()
        try:
            vectors = self.embedder.encode_documents(texts)
        except KeyboardInterrupt:
            self.batch = batch  # kept for the final flush; a second Ctrl-C discards it
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
            outcome = Outcome(taken.page.url, taken.status, article.id, article.title, taken.note)
            self.record(taken.place, outcome)


def _to_its_end(name: str, pages: Iterable[Page | Failure]) -> Iterator[Page | Failure]:
    """Yield the pages of a source; an error that no reader foresaw ends this source alone."""
    try:
        yield from pages
    except Exception as error:  # noqa: BLE001 - the other sources are still read
        yield Failure(name, _unforeseen(name, error))


def _same_text(name: str, other: Article) -> str:
    title = f"{other.title!r}, " if other.title else ""
    return f"{name} has the same text as {title}{other.url}"


def _unforeseen(name: str, error: Exception) -> str:
    seen = " ".join(f"{type(error).__name__} {error}".split())
    return f"{name} could not be read ({seen}); please report this, with the file"
