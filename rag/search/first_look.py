"""Find the sentences of passages that share most with a question: a first look, without a model."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from rag.search.ranking import by_sentence
from rag.text.citations import citation
from rag.text.statements import states
from rag.text.terms import repeats
from rag.types import Citation, Passage

_MOST = 5
_PER_ARTICLE = 2
_LEAST = 0.1  # least share of a question that counts as near
_CLOSE = 0.5  # least share relative to the best sentence's; below it, only a stray word is shared


def nearest_sentences(
    question: str, passages: Sequence[Passage], *, alone: str = ""
) -> tuple[Citation, ...]:
    """Return the sentences that share most with a question, best first; there may be none.

    At most two come from one article, and none repeats another. The articles are numbered from 1,
    in the order in which they first appear.

    Args:
        question: as the reader asked it.
        passages: where to search, best first.
        alone: the question together with the questions it refers to. Its words count too, and
            those of the question itself twice, so that a follow-up is not answered with the turn
            before it.
    """
    texts = {place: passage.chunk.text for place, passage in enumerate(passages)}
    shares = defaultdict[tuple[int, tuple[int, int]], float](float)
    for asked in (question, alone or question):
        for place, span, share in by_sentence(asked, texts):
            if states(texts[place][slice(*span)]):  # unlike "Why are eggs so expensive?"
                shares[place, span] += share
    floor = max(2 * _LEAST, _CLOSE * max(shares.values(), default=0.0))
    found: list[Citation] = []
    # Ties keep the order of the passages.
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
