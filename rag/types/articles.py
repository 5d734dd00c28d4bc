"""Articles and their parts, citations of them, and the outcome of ingesting them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape
from typing import Literal


@dataclass(frozen=True, slots=True)
class Page:
    """One document as fetched, before any extraction.

    ``url`` is the web address, or a ``file:`` URI for local files. A record of a JSONL, JSON or
    CSV file is a page of its own with ``content_type`` ``application/json`` and the record's
    id or hash as URL fragment; ``record`` is its value, so that the body need not be parsed again.
    ``content_type`` is a bare lower-case MIME type.
    """

    url: str
    body: bytes
    content_type: str
    fetched: datetime
    record: Mapping[str, object] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Article:
    """A cleaned news article. ``text`` is paragraphs joined by a blank line, without boilerplate.

    ``id`` is the hash of title and text (:func:`rag.text.content_id`), so equal content has an
    equal id wherever it was found; an article that was edited keeps the id it had. Unknown metadata
    is an empty string, tuple or ``None``. ``published`` is a calendar day, ``language`` an ISO 639-1
    code.
    """

    id: str
    url: str
    title: str
    text: str
    publisher: str = ""
    authors: tuple[str, ...] = ()
    published: date | None = None
    language: str = ""
    fetched: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one article: ``article.text[start:end] == text``, always."""

    id: str
    article_id: str
    order: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved part of an article, and its article's number in prompts and citations.

    Numbers count from 1; passages of one article share its number. ``chunk`` may be a whole chunk
    of the index or a run of sentences cut from one.
    """

    number: int
    chunk: Chunk
    article: Article
    score: float


ArticleField = Literal["text", "title"]  # the field of an article that a quote is taken from


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of an article that support a claim: ``article.text[start:end] == quote``, always.

    If ``field`` is ``"title"``, the quote is taken from the article's title instead.
    """

    number: int
    article_id: str
    url: str
    title: str
    publisher: str
    published: date | None
    quote: str
    start: int
    end: int
    field: ArticleField = "text"

    def _repr_html_(self) -> str:
        """Return the quote for notebooks, with its article; only a web address becomes a link."""
        day = self.published.isoformat() if self.published else ""
        title = escape(self.title or self.url)
        if self.url.startswith(("https://", "http://")):
            title = f'<a href="{escape(self.url)}">{title}</a>'
        about = ", ".join(filter(None, (title, escape(self.publisher), day)))
        return f"[{self.number}] “{escape(self.quote)}”<br><small>{about}</small>"


@dataclass(frozen=True, slots=True)
class Failure:
    """A source or record that could not become an article, with a human-readable reason."""

    source: str
    reason: str


Status = Literal["added", "updated", "unchanged", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of ingesting one source or record.

    ``reason`` is one line: why it failed, which article a duplicate repeats, or what is wrong
    with an article that was added or updated. ``article_id`` of a duplicate is that article's.
    """

    source: str
    status: Status
    article_id: str = ""
    title: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All outcomes of one ingest, in input order, with total seconds and encoder seconds."""

    outcomes: tuple[Outcome, ...] = ()
    seconds: float = 0.0
    encoder_seconds: float = 0.0
    chunks: int = 0

    def count(self, status: Status) -> int:
        """Return how many outcomes have this status."""
        return sum(outcome.status == status for outcome in self.outcomes)
