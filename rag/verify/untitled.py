"""Check words that may be a title: a title always says what it says."""

from collections.abc import Sequence
from dataclasses import replace

from rag.types import Claim, Passage
from rag.verify import SUPPORT, check


def check_by_text(
    words: str,
    passages: Sequence[Passage],
    *,
    cited: frozenset[int] = frozenset(),
    support: float = SUPPORT,
) -> Claim:
    """The words as a claim that the texts of the passages must bear out, and no title of theirs.

    The arguments are those of :func:`rag.verify.check`.
    """
    titles = {passage.article.id: passage.article.title for passage in passages}
    plain = [replace(passage, article=replace(passage.article, title="")) for passage in passages]
    claim = check(words, plain, cited=cited, support=support)
    quotes = (replace(quote, title=titles[quote.article_id]) for quote in claim.citations)
    return replace(claim, citations=tuple(quotes))
