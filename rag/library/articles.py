"""The articles of an index: list, delete, examine, rebuild."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from rag.errors import ArticleUnknown, ConfigError, IndexProblem
from rag.index import DATABASE, Entry, IndexInfo
from rag.index.backup import restored
from rag.index.examination import examine, mend
from rag.library.adding import IngestMethods
from rag.library.reembed import beside, discard_old, embedded, exchange, reembed
from rag.suggestions import suggest
from rag.text import typed_date
from rag.types import (
    Article,
    Filters,
    Finding,
    Order,
)

MOST_TITLE = 300  # characters
_NEWEST = 200  # articles from which starter questions are made


class ArticleMethods(IngestMethods):
    """The methods of :class:`rag.News` that manage articles."""

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

    def edit(
        self,
        article_id: str,
        *,
        title: str | None = None,
        publisher: str | None = None,
        published: date | str | None = None,
    ) -> Article:
        """Correct the title, publisher or date of an article; return it as it is then.

        ``None`` leaves a value as it is, empty text removes it. The article keeps its id, and the edits
        also hold when its source is ingested again.

        Raises:
            ArticleUnknown: if there is none.
            ConfigError: if the date cannot be read.
        """
        before = self.article(article_id)
        changed = replace(
            before,
            title=before.title if title is None else " ".join(title.split())[:MOST_TITLE],
            publisher=before.publisher if publisher is None else " ".join(publisher.split()),
            published=before.published if published is None else _day(published),
        )
        if changed != before:
            with self._writing(bind=True) as index:
                page = index.page(before)
                index.edit(embedded(changed, page, self.embedder, index.chunk_words))
        return changed

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


def _day(given: date | str) -> date | None:
    """Return the day that was given; None for empty text."""
    if not isinstance(given, str):
        return Filters(since=given).since  # also of a datetime
    try:
        return typed_date(given) if given.strip() else None
    except ValueError as error:
        raise ConfigError(str(error)) from error
