"""Read the sentences of an article once, for all comparisons of a story."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlsplit

from rag.summarizing.digest.days import day_of
from rag.summarizing.digest.figures import Figure, figures
from rag.text import sentences
from rag.text.terms import Terms, terms
from rag.types import Article

_READ = 12_000  # characters compared per article


@dataclass(frozen=True, eq=False)
class Statement:
    """A sentence of an article, ``article.text[start:end]``; analysed when first asked."""

    article: Article
    start: int
    end: int

    @cached_property
    def text(self) -> str:
        """The sentence."""
        return self.article.text[self.start : self.end]

    @cached_property
    def terms(self) -> Terms:
        """Its names, numbers and words."""
        return terms(self.text)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Its figures for which it is clear what they count."""
        return figures(self.text, self.terms.tokens)

    @cached_property
    def day(self) -> date | None:
        """The day it is about, if that is clear."""
        return day_of(self.text, self.article.published)


@dataclass(frozen=True, eq=False)
class Reading:
    """An article with the sentences of its first 12,000 characters."""

    article: Article
    statements: tuple[Statement, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in its sentences."""
        return frozenset[str]().union(*(each.terms.names for each in self.statements))

    @cached_property
    def figures(self) -> dict[str, list[Figure]]:
        """Its figures by what they count."""
        found: dict[str, list[Figure]] = {}
        for figure in (figure for each in self.statements for figure in each.figures):
            found.setdefault(figure.kind, []).append(figure)
        return found


def read(article: Article) -> Reading:
    """Split the beginning of an article into its sentences."""
    spans = sentences(article.text[:_READ])
    return Reading(article, tuple(Statement(article, start, end) for start, end in spans))


def papers_differ(one: Article, other: Article) -> bool:
    """Return whether two articles may come from different papers."""
    papers = [each.publisher.casefold() or urlsplit(each.url).hostname for each in (one, other)]
    return papers[0] != papers[1] or None in papers
