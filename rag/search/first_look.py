"""The sentences of passages that share most with a question: a first look, without a model."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from rag.search.ranking import by_sentence
from rag.text import asks
from rag.text.citations import citation
from rag.text.terms import repeats
from rag.types import Citation, Passage

_MOST = 5
_PER_ARTICLE = 2
_LEAST = 0.1  # share of a question that comes near it at all
_CLOSE = 0.5  # of the best sentence's share, below which a sentence has but a word of the question


def nearest_sentences(
    question: str, passages: Sequence[Passage], *, alone: str = ""
) -> tuple[Citation, ...]:
    """The sentences that share most with a question, best first; none where no sentence does.

    At most two of an article, and none that repeats another. The articles are numbered from 1, in
    the order in which they first appear.

    Args:
        question: as the reader asked it.
        passages: where to look, best first.
        alone: the question with those that it leans on. Its words count too, and those of the
            question itself twice, so that a follow-up is not answered with the turn before it.
    """
    texts = {place: passage.chunk.text for place, passage in enumerate(passages)}
    shares = defaultdict[tuple[int, tuple[int, int]], float](float)
    for asked in (question, alone or question):
        for place, span, share in by_sentence(asked, texts):
            if not asks(texts[place][slice(*span)]):  # "Why are eggs so expensive?" tells nothing
                shares[place, span] += share
    floor = max(2 * _LEAST, _CLOSE * max(shares.values(), default=0.0))
    found: list[Citation] = []
    # Equals keep the order of the passages.
    for (place, span), share in sorted(shares.items(), key=lambda each: -each[1]):
        if len(found) == _MOST or share < floor:
            break
        cited = citation(passages[place], *span)
        of_article = sum(cited.article_id == other.article_id for other in found)
        if of_article < _PER_ARTICLE and not any(repeats(cited.quote, o.quote) for o in found):
            found.append(cited)
    numbers = {cited.article_id: None for cited in found}
    order = {article_id: number for number, article_id in enumerate(numbers, start=1)}
    return tuple(replace(cited, number=order[cited.article_id]) for cited in found)
