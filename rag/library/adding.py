"""Add articles to an index, from sources or from records in memory, or read them without it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Unpack

from rag.errors import ExtractError, SourceError
from rag.index import DATABASE, Index
from rag.ingest.cleaning import extract
from rag.ingest.cleaning.record import require_known
from rag.ingest.sources import fetch, gone, record_pages
from rag.library.ingesting import Intake, IntakeOptions, Progress
from rag.library.resources import Resources
from rag.types import Article, Failure, Filters, IngestReport, Page


class IngestMethods(Resources):
    """The methods of :class:`rag.News` that read sources."""

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
        publisher: str = "",
        published: date | None = None,
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
            publisher: that of articles whose source names none.
            published: the day of articles whose source names none.

        Raises:
            ConfigError: if ``fields`` names a field that articles do not have.
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
        return self._take(
            fetched,
            fields=fields,
            publisher=publisher,
            published=published,
            progress=progress,
            soon=soon,
            most_failures=most_failures,
        )

    def ingest_records(
        self,
        records: Iterable[Mapping[str, object]],
        *,
        name: str = "records",
        fields: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Add records, such as ``frame.to_dict("records")`` of a pandas DataFrame, to the index.

        Args:
            records: mappings with a text and, as far as known, title, url, publisher and so on.
            name: distinguishes records without an address of their own from those of other calls;
                a record with the same name and ``id`` replaces the one before.
            fields: as in :meth:`ingest`, as are the errors.
            progress: called with each outcome.
        """
        most = self.settings.fetch.max_megabytes * 1_000_000
        pages = record_pages(records, name, most)
        return self._take([(name, pages)], fields=fields, progress=progress)

    def _take(
        self,
        sources: Iterable[tuple[str, Iterable[Page | Failure]]],
        *,
        fields: Mapping[str, str] | None,
        **options: Unpack[IntakeOptions],
    ) -> IngestReport:
        """Store the articles of pages; an index that was made for nothing is removed again."""
        require_known(fields)
        # Building the embedder reports a missing model before a folder is created; its weights are
        # loaded for the first new article, so that a lock or nothing new is told at once.
        embedder, new = self.embedder, not (self.folder / DATABASE).exists()
        with self._writing(create=True, bind=True) as index:
            intake = Intake(index, embedder, fields=fields, **options)
            try:
                return intake.run(sources)
            finally:
                if new and not index.counts()[0]:
                    self._discard(index)

    def prune(self, folders: Iterable[str | Path]) -> tuple[Article, ...]:
        """Delete the articles of files that are no longer in these folders; return them.

        Only articles whose address is a file can be found to be gone, and a folder that does not
        exist, such as that of a disk that is not mounted, is left alone.

        Raises:
            IndexBusy: if another process is writing.
        """
        if not (self.folder / DATABASE).exists():
            return ()
        roots = [Path(folder).resolve() for folder in folders if Path(folder).is_dir()]
        with self._writing() as index:
            found = tuple(
                each for each in index.articles(filters=Filters()) if gone(each.url, roots)
            )
            if found:
                index.delete([article.id for article in found])
        return found

    def _discard(self, index: Index) -> None:
        """Remove the files of an index that nothing was stored in; its writer lock is held."""
        for ending in ("", "-wal", "-shm"):
            Path(f"{index.path}{ending}").unlink(missing_ok=True)
        with self._lock:
            self._forget_index()

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
        require_known(fields)
        for page in self._fetch(sources):
            if isinstance(page, Failure):
                yield page
                continue
            try:
                yield extract(page, fields=fields)
            except ExtractError as error:
                yield Failure(page.url, str(error))
