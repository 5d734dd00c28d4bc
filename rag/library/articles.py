"""The articles of an index: ingest, read, list, delete, rebuild."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from rag.errors import ArticleUnknown, ExtractError, SourceError
from rag.index import IndexInfo
from rag.ingest.cleaning import extract
from rag.ingest.sources import fetch
from rag.library.ingesting import Intake, Progress
from rag.library.reembed import beside, discard_old, exchange, reembed
from rag.library.resources import Resources
from rag.suggestions import suggest
from rag.types import (
    Article,
    Failure,
    Filters,
    IngestReport,
    Order,
    Page,
)

_NEWEST = 200  # articles that starter questions are made from


class ArticleMethods(Resources):
    """What :class:`rag.News` does with articles."""

    def ingest(
        self,
        sources: str | Path | Iterable[str | Path],
        *,
        fields: Mapping[str, str] | None = None,
        allow_private: bool | None = None,
        stdin: BinaryIO | None = None,
        temporary: Path | None = None,
        progress: Progress | None = None,
        soon: bool = False,
        most_failures: int | None = None,
    ) -> IngestReport:
        """Read sources into the index: files, folders, web addresses, ``-`` for standard input.

        The report lists a bad source as an outcome; it never raises an exception. Ingesting the
        same sources again adds nothing and replaces what has changed since.

        Args:
            sources: one or several; see :func:`rag.ingest.sources.fetch`.
            fields: for records with unusual field names, our name to theirs: ``{"text": "corpo"}``.
            allow_private: whether addresses on this machine and its network may be requested.
            stdin: what ``-`` reads; None for the process's own.
            temporary: a folder that will be removed; its files are not named by their address
                there.
            progress: called with each outcome.
            soon: store in small batches, so that outcomes come every few seconds; a little slower.
            most_failures: after this many, the rest of a source is skipped and reported as such.

        Raises:
            IndexBusy: if another process is writing.
            IndexProblem: if the index cannot be written.
            EmbedderMismatch: if it was built with another embedder.
            ModelMissing: if the embedder's files are not on this machine.
        """
        if isinstance(sources, str | Path):
            sources = [sources]  # not its characters, of which "/" would be read as a folder
        fetched = (
            (
                name,
                self._fetch([name], stdin=stdin, allow_private=allow_private, temporary=temporary),
            )
            for name in map(str, sources)
        )
        embedder = self.embedder  # a missing model is reported before a folder is made
        self._open(create=True, bind=True)
        embedder.load()
        with self._writing(create=True, bind=True) as index:
            intake = Intake(
                index,
                embedder,
                fields=fields,
                progress=progress,
                soon=soon,
                most_failures=most_failures,
            )
            return intake.run(fetched)

    def _fetch(
        self,
        sources: Iterable[str],
        *,
        stdin: BinaryIO | None = None,
        allow_private: bool | None = None,
        temporary: Path | None = None,
    ) -> Iterator[Page | Failure]:
        limits = self.settings.fetch
        return fetch(
            sources,
            stdin=stdin,
            timeout=limits.timeout,
            max_bytes=limits.max_megabytes * 1_000_000,
            max_redirects=limits.max_redirects,
            allow_private=limits.allow_private if allow_private is None else allow_private,
            temporary=temporary,
        )

    def read(self, source: str) -> Article:
        """Clean one file or web address without storing it.

        Raises:
            SourceError: if it cannot be read, or does not hold exactly one article.
            ExtractError: if no article is found in it.
        """
        pages: list[Page] = []
        for page in islice(self._fetch([source]), 2):
            if isinstance(page, Failure):
                raise SourceError(page.reason)
            pages.append(page)
        if len(pages) != 1:
            raise SourceError(
                f"{source} holds {'several articles' if pages else 'nothing to read'}; expected one."
                " Ingest it, and summarise one by its id or several with --query."
            )
        return extract(pages[0])

    def articles_in(
        self, sources: Iterable[str], *, fields: Mapping[str, str] | None = None
    ) -> Iterator[Article | Failure]:
        """Clean the contents of sources without storing them; yield a Failure for unreadable ones.

        The arguments are those of :meth:`ingest`.
        """
        for page in self._fetch(sources):
            if isinstance(page, Failure):
                yield page
                continue
            try:
                yield extract(page, fields=fields)
            except ExtractError as error:
                yield Failure(page.url, str(error))

    def article(self, article_id: str) -> Article:
        """Return the article with this id or a unique id prefix of 4 or more characters.

        Raises:
            ArticleUnknown: if there is none.
        """
        found = self._open().article(article_id)
        if found is None:
            raise ArticleUnknown(
                f"the index {self.folder} holds no article {article_id!r}. List them with:"
                f" rag articles list --index {self.folder}"
            )
        return found

    def articles(
        self,
        *,
        filters: Filters | None = None,
        query: str = "",
        order: Order = "newest",
        limit: int | None = None,
        offset: int = 0,
    ) -> tuple[Article, ...]:
        """Return articles in the given order; ``query`` is searched in title and publisher.

        Raises:
            IndexMissing: if there is no index.
        """
        return self._open().articles(
            filters=filters or Filters(), query=query, order=order, limit=limit, offset=offset
        )

    def count(self, *, filters: Filters | None = None, query: str = "") -> int:
        """Count the articles that :meth:`articles` would list. Raises IndexMissing if no index."""
        return self._open().count(filters=filters or Filters(), query=query)

    def suggestions(self, count: int = 4) -> tuple[str, ...]:
        """Return starter questions made from the newest articles without a language model.

        See :func:`rag.suggestions.suggest`. They are cached until the index is written to.

        Raises:
            IndexMissing: if there is no index.
        """
        index = self._open()
        asked = (index.generation, count)
        known = self._suggested
        if known is None or known[0] != asked:
            known = asked, suggest(index.articles(filters=Filters(), limit=_NEWEST), count)
            self._suggested = known
        return known[1]

    def source(self, article_id: str) -> bytes:
        """Return the raw body that an article was extracted from.

        Raises:
            ArticleUnknown: if there is none.
        """
        return self._open().source(self.article(article_id).id) or b""

    def delete(self, article_ids: Sequence[str]) -> tuple[Article, ...]:
        """Delete articles and everything that belongs to them; return the deleted articles.

        Raises:
            ArticleUnknown: if one of them is unknown; nothing is deleted then.
        """
        articles = tuple(self.article(article_id) for article_id in article_ids)
        with self._writing() as index:
            index.delete([article.id for article in articles])
        return articles

    def info(self) -> IndexInfo:
        """Return what the index holds. Raises IndexMissing if there is none."""
        return self._open().info()

    def rebuild(self, *, embed: bool = False) -> int:
        """Rebuild the vector file from the stored vectors; return how many there are.

        With ``embed``, every article is chunked and embedded again with the current embedder into a
        folder beside the index; the complete folder then replaces the index and the number of its
        chunks is returned. If interrupted, the old index is unchanged, and calling this again
        resumes.
        """
        index = self._open()
        if not embed:
            return index.rebuild()
        with index.locked():
            words = self.settings.index.chunk_words
            chunks = reembed(index, beside(self.folder), embedder=self.embedder, chunk_words=words)
            with self._lock:
                self._forget_index()
                exchange(self.folder)
        discard_old(self.folder)
        return chunks
