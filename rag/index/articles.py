"""The articles of an index and the raw pages they were extracted from."""

import json
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from rag.index.database import Database
from rag.text import words
from rag.text.publishers import key
from rag.text.terms import containment
from rag.types import Article, Filters, Order, Page

_OWN_TITLE = 0.5  # minimum share of a title's words that its text contains
_COLUMNS = "id, url, title, text, publisher, authors, published, language, fetched"
# Unknown values sort last in every order.
_ORDERS: Mapping[Order, str] = {
    "newest": "published IS NULL, published DESC",
    "oldest": "published IS NULL, published",
    "added": "articles.rowid DESC",
    "undated": "published IS NOT NULL, articles.rowid DESC",
    "title": "title = '', casefold(title)",
    "-title": "title = '', casefold(title) DESC",
    "publisher": "publisher = '', casefold(publisher), published IS NULL, published DESC",
    "-publisher": "publisher = '', casefold(publisher) DESC, published IS NULL, published DESC",
}


class ArticleTable(Database):
    """The table of articles, and that of their sources."""

    def _insert_article(self, article: Article, page: Page) -> None:
        self.rows(
            f"INSERT INTO articles ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                *(article.id, article.url, article.title, article.text, article.publisher),
                json.dumps(article.authors, ensure_ascii=False),
                article.published.isoformat() if article.published else None,
                article.language,
                article.fetched.isoformat() if article.fetched else None,
            ),
        )
        self.rows(
            "INSERT INTO sources VALUES (?, ?, ?)",
            (article.id, page.content_type, zlib.compress(page.body)),
        )

    def article(self, article_id: str) -> Article | None:
        """Return the article with this id or a unique id prefix of 4 or more characters."""
        rows = self.rows(
            f"SELECT {_COLUMNS} FROM articles WHERE id >= ? AND id < ? LIMIT 2",  # noqa: S608
            (article_id, article_id + "\U0010ffff"),
        )
        exact = [row for row in rows if row[0] == article_id]
        rows = exact or (rows if len(rows) == 1 and len(article_id) >= 4 else [])
        return _article(rows[0]) if rows else None

    def _article_id_at(self, url: str) -> str:
        """Return the id of the article at this address, or ''."""
        rows = self.rows("SELECT id FROM articles WHERE url = ? LIMIT 1", (url,))
        return str(rows[0][0]) if rows else ""

    def holds_address(self, url: str) -> bool:
        """Return whether an article has this address."""
        return bool(self._article_id_at(url))

    def repeated_by(self, article: Article) -> Article | None:
        """Return a stored article that this one is a copy of (:func:`is_copy`), or None."""
        # There is an index over the length; an index over the text would be as large as the texts.
        # The plus keeps SQLite from putting the text into length(text), which that index is over.
        rows = self.rows(
            f"SELECT {_COLUMNS} FROM articles WHERE length(text) = ? AND +text = ?",  # noqa: S608
            (len(article.text), article.text),
        )
        return next((each for each in map(_article, rows) if is_copy(article, each)), None)

    def source(self, article_id: str) -> bytes | None:
        """Return the raw body that an article was extracted from; None if it is damaged."""
        stored = self._stored_page(article_id)
        return stored[1] if stored else None

    def page(self, article: Article) -> Page:
        """Return the raw page of an article, or its text if that page is missing or damaged."""
        stored = self._stored_page(article.id)
        content_type, body = stored or ("text/plain", article.text.encode())
        fetched = article.fetched or datetime.now().astimezone()
        return Page(article.url, body, content_type, fetched)

    def _stored_page(self, article_id: str) -> tuple[str, bytes] | None:
        rows = self.rows(
            "SELECT content_type, body FROM sources WHERE article_id = ?", (article_id,)
        )
        try:
            return (rows[0][0], zlib.decompress(rows[0][1])) if rows else None
        except zlib.error:
            return None

    def pages(self) -> Iterator[tuple[Article, Page]]:
        """Yield every article with its raw page, one row at a time, in insertion order."""
        for (article_id,) in self.rows("SELECT id FROM articles ORDER BY rowid"):
            if article := self.article(article_id):
                yield article, self.page(article)

    def articles(
        self,
        *,
        filters: Filters,
        query: str = "",
        order: Order = "newest",
        limit: int | None = None,
        offset: int = 0,
    ) -> tuple[Article, ...]:
        """Return articles in order that contain ``query``.

        It is a part of their title or publisher, or words that one of their passages has.
        """
        where, values = _listed(filters, query)
        rows = self.rows(
            f"SELECT {_COLUMNS} FROM articles WHERE {where}"  # noqa: S608
            f" ORDER BY {_ORDERS[order]}, rowid LIMIT ? OFFSET ?",
            (*values, -1 if limit is None else limit, offset),
        )
        return tuple(_article(row) for row in rows)

    def count(self, *, filters: Filters, query: str = "") -> int:
        """Return how many articles :meth:`articles` would list without a limit."""
        where, values = _listed(filters, query)
        ((found,),) = self.rows(f"SELECT count(*) FROM articles WHERE {where}", values)  # noqa: S608
        return int(found)

    def publishers(self) -> dict[str, int]:
        """Return the publishers in alphabetical order, each with its number of articles."""
        rows = self.rows(
            "SELECT publisher, count(*) FROM articles WHERE publisher <> ''"
            " GROUP BY publisher ORDER BY 1 COLLATE NOCASE"
        )
        return dict(rows)

    def span(self) -> tuple[date | None, date | None]:
        """Return the first and last publication date; None if no article has one."""
        ((first, last),) = self.rows(  # two lookups in the index over the days, not a scan of it
            "SELECT (SELECT min(published) FROM articles), (SELECT max(published) FROM articles)"
        )
        return as_day(first), as_day(last)


def conditions(filters: Filters) -> tuple[str, list[object]]:
    """Return what the filters admit, as an SQL condition on ``articles`` and its values."""
    parts, values = ["1"], list[object]()
    if filters.since:
        parts.append("published >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        parts.append("published <= ?")
        values.append(filters.until.isoformat())
    if filters.as_of:
        parts.append("(published IS NULL OR published <= ?)")
        values.append(filters.as_of.isoformat())
    if filters.publishers:
        marks = ", ".join("?" * len(filters.publishers))
        parts.append(f"publisher_key(publisher) IN ({marks})")
        values.extend(map(key, filters.publishers))
    if filters.articles:
        parts.append("articles.id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filters.articles))
    return " AND ".join(parts), values


def as_day(stored: str | None) -> date | None:
    """Return a stored date."""
    return date.fromisoformat(stored) if stored else None


def _listed(filters: Filters, query: str) -> tuple[str, list[object]]:
    where, values = conditions(filters)
    if query:
        where += (
            " AND (casefold(title) LIKE ? ESCAPE '\\' OR casefold(publisher) LIKE ? ESCAPE '\\'"
            " OR id IN (SELECT article_id FROM chunk_text JOIN chunks ON number = chunk_text.rowid"
            " WHERE chunk_text MATCH ?))"
        )
        escaped = _folded(query).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        begins = " ".join(f'"{word}"*' for word in words(query))  # the last one may be half typed
        values += [f"%{escaped}%", f"%{escaped}%", begins or '""']
    return where, values


def _folded(typed: str) -> str:
    """Normalise typed text as stored text is compared: composed (NFC) and case-folded."""
    return unicodedata.normalize("NFC", typed).casefold()


def is_copy(article: Article, other: Article) -> bool:
    """Return whether two articles are one: they have the same text, and a title of that text.

    A site may put the same notice in the place of many articles ("Please register to continue").
    Its pages have titles without the words of the notice, and these titles tell them apart.
    """
    return article.text == other.text and (
        article.title in {"", other.title} or containment(article.title, article.text) >= _OWN_TITLE
    )


def _article(row: Sequence[Any]) -> Article:
    article_id, url, title, text, publisher, authors, published, language, fetched = row
    return Article(
        id=article_id,
        url=url,
        title=title,
        text=text,
        publisher=publisher,
        authors=tuple(json.loads(authors)),
        published=as_day(published),
        language=language,
        fetched=datetime.fromisoformat(fetched) if fetched else None,
    )
