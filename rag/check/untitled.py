"""Check words that may be a title without using titles, since a title always supports itself."""

from collections.abc import Sequence
from dataclasses import replace

from rag.check import Checker
from rag.types import Claim, Passage


def check_by_text(words: str, passages: Sequence[Passage], *, checker: Checker) -> Claim:
    """Check the words as a claim against the texts of the articles, ignoring their titles.

    The arguments are those of :meth:`rag.check.Checker.check`.
    """
    titles = {passage.article.id: passage.article.title for passage in passages}
    plain = [replace(passage, article=replace(passage.article, title="")) for passage in passages]
    claim = checker.check(words, plain)
    quotes = (replace(quote, title=titles[quote.article_id]) for quote in claim.citations)
    return replace(claim, citations=tuple(quotes))
