"""The articles of an index: ingest, read, list, delete, rebuild."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from rag.errors import ArticleUnknown, ExtractError, IndexProblem, SourceError
from rag.index import DATABASE, Entry, IndexInfo
from rag.index.backup import restored
from rag.index.examination import examine, mend
from rag.ingest.cleaning import extract
from rag.ingest.sources import fetch
from rag.library.ingesting import Intake, Progress
from rag.library.reembed import beside, discard_old, embedded, exchange, reembed
from rag.library.resources import Resources
from rag.suggestions import suggest
from rag.types import (
    Article,
    Failure,
    Filters,
    Finding,
    IngestReport,
    Order,
    Page,
)

_NEWEST = 200  # articles from which starter questions are made


class ArticleMethods(Resources):
    """The methods of :class:`rag.News` that manage articles."""

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
        """Add sources to the index: files, folders, web addresses, ``-`` for standard input.

        A bad source never raises an exception; it is an outcome in the report. Ingesting the same
        sources again adds nothing and replaces articles that have changed.

        Args:
            sources: one or several; see :func:`rag.ingest.sources.fetch`.
            fields: maps our field names to those of records with other names: ``{"text": "corpo"}``.
            allow_private: whether addresses on this machine and its network may be requested.
            stdin: what ``-`` reads; None for the process's own.
            temporary: a folder that will be deleted; articles from its files do not keep their path as
                address.
            progress: called with each outcome.
            soon: store small batches, for outcomes every few seconds; slightly slower overall.
            most_failures: after this many failures the rest of a source is skipped, which is reported.

        Raises:
            IndexBusy: if another process is writing.
            IndexProblem: if the index cannot be written.
            EmbedderMismatch: if it was built with another embedder.
            ModelMissing: if the embedder's files are not on this machine.
        """
        if isinstance(sources, str | Path):
            sources = [sources]  # do not iterate over its characters: "/" would be read as a folder
        fetched = (
            (
                name,
                self._fetch([name], stdin=stdin, allow_private=allow_private, temporary=temporary),
            )
            for name in map(str, sources)
        )
        embedder = self.embedder  # report a missing model before creating a folder
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
            SourceError: if it cannot be read or does not contain exactly one article.
            ExtractError: if no article is found in it.
        """
        pages: list[Page] = []
        for page in islice(self._fetch([source]), 2):
            if isinstance(page, Failure):
                raise SourceError(page.reason)
            pages.append(page)
        if len(pages) != 1:
            raise SourceError(
                f"{source} contains {'several articles' if pages else 'nothing to read'}; expected one."
                " Ingest it, then summarise one article by its id or several with --query."
            )
        return extract(pages[0])

    def articles_in(
        self, sources: Iterable[str], *, fields: Mapping[str, str] | None = None
    ) -> Iterator[Article | Failure]:
        """Clean the articles in sources without storing them; yield a Failure for unreadable ones.

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
                f"the index {self.folder} has no article {article_id!r}. List its articles with:"
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
        """Return articles in the given order; ``query`` is searched in title, publisher and text.

        Raises:
            IndexMissing: if there is no index.
        """
        return self._open().articles(
            filters=filters or Filters(), query=query, order=order, limit=limit, offset=offset
        )

    def count(self, *, filters: Filters | None = None, query: str = "") -> int:
        """Count the articles that :meth:`articles` lists. Raises IndexMissing if there is no index."""
        return self._open().count(filters=filters or Filters(), query=query)

    def suggestions(self, count: int = 4) -> tuple[str, ...]:
        """Return starter questions made from the newest articles without a language model.

        See :func:`rag.suggestions.suggest`. They are cached until the index changes.

        Raises:
            IndexMissing: if there is no index.
        """
        index = self._open()
        key = (index.generation, count)
        known = self._suggested
        if known is None or known[0] != key:
            known = key, suggest(index.articles(filters=Filters(), limit=_NEWEST), count)
            self._suggested = known
        return known[1]

    def source(self, article_id: str) -> bytes:
        """Return the raw bytes from which an article was extracted.

        Raises:
            ArticleUnknown: if there is none.
        """
        return self._open().source(self.article(article_id).id) or b""

    def delete(self, article_ids: Sequence[str]) -> tuple[Article, ...]:
        """Delete articles with everything stored for them; return the deleted articles.

        Raises:
            ArticleUnknown: if one of them is unknown; then nothing is deleted.
        """
        articles = tuple(self.article(article_id) for article_id in article_ids)
        with self._writing() as index:
            index.delete([article.id for article in articles])
        return articles

    def info(self) -> IndexInfo:
        """Return statistics of the index. Raises IndexMissing if there is none."""
        return self._open().info()

    def examine(self, *, repair: bool = False) -> tuple[Finding, ...]:
        """Examine the index: database, passages, vectors, and whether they agree.

        Args:
            repair: whether to mend what can be mended without the original sources. Damage to the
                SQLite file itself cannot.

        Raises:
            IndexProblem: if it cannot be opened, or not written to be repaired.
            EmbedderMismatch: if articles must be embedded again, but not with this embedder.
        """
        found = examine(self._open())
        if not repair or not any(finding.problem for finding in found[1:]):
            return found
        again = any(finding.articles for finding in found)
        with self._writing(bind=again) as index:

            def made(article: Article) -> Entry:
                page = index.page(article)
                return embedded(article, page, self.embedder, index.chunk_words)

            mend(index, found, made)
        problems = {finding.part for finding in found if finding.problem}
        return tuple(
            replace(each, repaired=each.part in problems and not each.problem)
            for each in examine(index)
        )

    def backup(self, path: str | Path) -> Path:
        """Write a copy of the index to one file, also while another process writes to the index.

        Raises:
            IndexProblem: if there is no index, it is damaged, or the file cannot be written.
        """
        target = Path(path)
        try:
            self._open().backup(target)
        except OSError as error:
            raise IndexProblem(f"{target} cannot be written: {error.strerror or error}.") from error
        return target

    def restore(self, path: str | Path) -> int:
        """Fill an index that does not exist yet from a backup; return how many articles it holds.

        Raises:
            IndexProblem: if there already is an index, or the file is not an intact backup.
        """
        if (self.folder / DATABASE).exists():
            raise IndexProblem(
                f"there already is an index in {self.folder}. Restore into another: --index NEW"
            )
        restored(Path(path), self.folder)
        return self.info().articles

    def rebuild(self, *, embed: bool = False) -> int:
        """Rebuild the vector file from the stored vectors; return how many there are.

        With ``embed``, every article is chunked and embedded again with the current embedder into a
        folder beside the index; once complete, that folder replaces the index, and the number of
        its chunks is returned. After an interruption the old index is unchanged, and calling this
        again resumes.
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
