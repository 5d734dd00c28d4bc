"""A user's request for summaries, and the articles it covers."""

from dataclasses import dataclass
from typing import Literal

from app.formatting import count
from rag import News
from rag.errors import QuestionError
from rag.types import Article, Filters

MOST = 200  # articles in one request; for more, use the command line
EACH, TOGETHER, STORIES = "One summary per article", "One combined summary", "A digest of stories"
Length = Literal["short", "medium", "long"]


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """A request: the articles with these ids, or else all that match query and filters."""

    ids: tuple[str, ...]
    query: str
    filters: Filters
    length: Length
    how: str

    @property
    def subject(self) -> str:
        """The subject; empty if articles were chosen."""
        return "" if self.ids else self.query


@dataclass(frozen=True, slots=True)
class Chosen:
    """The articles that a request covers, and a note about the choice for the reader."""

    articles: tuple[Article, ...]
    note: str = ""


def chosen(news: News, request: SummaryRequest) -> Chosen:
    """Find the articles that a request covers.

    Raises:
        QuestionError: if the request is empty.
        ArticleUnknown: if one of its articles is gone.
    """
    filtered = request.filters != Filters()
    most = news.settings.digest.articles if request.how == STORIES else MOST
    if request.ids:
        notes = []
        if len(request.ids) > most:
            notes.append(f"Using the first {most:,} of {count(len(request.ids), 'article')}.")
        if request.query or filtered:
            notes.append("Using only the articles you chose; topic and filters are ignored.")
        articles = tuple(news.article(each) for each in request.ids[:most])
        return Chosen(articles, " ".join(notes))
    if request.query:
        found = news.matching(request.query, filters=request.filters, limit=most + 1)
        note = f"More than {count(most, 'article')} match; using the closest {most:,}."
        return Chosen(found[:most], note if len(found) > most else "")
    if filtered:
        total = news.count(filters=request.filters)
        note = f"Using the newest {most:,} of {count(total, 'article')}."
        articles = news.articles(filters=request.filters, limit=most)
        return Chosen(articles, note if total > most else "")
    raise QuestionError("choose articles, enter a topic, or set dates or publishers.")
