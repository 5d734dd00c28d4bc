"""Find the articles on a subject, each with its most relevant passage.

Unlike the passages for a prompt, these may be duplicates: two papers with the same agency report
are two results.
"""

from collections.abc import Sequence

from rag.index import Index
from rag.index.embedding import Embedder
from rag.search.ranking import EQUAL, Weights, fused, rankings
from rag.search.reranking import Reranker, reranked
from rag.search.spelling import corrected
from rag.text.terms import Terms, rarity, share, terms
from rag.types import Filters, Passage

_POOL = 1000  # chunks from each search, from which the articles are ranked
_RERANKED = 60  # articles whose best passages a reranker scores, at least
_MATCHES = 0.6  # share of a query from which an article is about it


def find(
    query: str,
    *,
    index: Index,
    embedder: Embedder,
    k: int = 10,
    weights: Weights = EQUAL,
    filters: Filters | None = None,
    reranker: Reranker | None = None,
) -> tuple[Passage, ...]:
    """Return the best ``k`` articles for a query, each as its best passage, numbered from 1.

    In each search an article is ranked by its best chunk, so that an article of many chunks does
    not fill the ranking. The arguments are those of :func:`rag.search.retrieve`.
    """
    query = corrected(query, index=index)
    found = rankings(query, index, embedder, weights, filters or Filters(), _POOL)
    orders = [([number for number, _ in ranking], weight) for ranking, weight in found]
    chunks = fused(orders)
    article_of = index.article_ids(list(chunks))
    best: dict[str, int] = {}
    for number in sorted(chunks, key=lambda number: (-chunks[number], number)):
        if number in article_of:
            best.setdefault(article_of[number], number)
    scores = fused(
        (list(dict.fromkeys(article_of[n] for n in order if n in article_of)), weight)
        for order, weight in orders
    )
    leading = sorted(scores, key=lambda article: -scores[article])
    leading = leading[: max(k, _RERANKED) if reranker else k]
    held = index.chunks([best[article] for article in leading])
    texts = {article: held[best[article]] for article in leading if best[article] in held}
    if reranker is not None:
        scores = reranked(query, {name: chunk.text for name, (chunk, _) in texts.items()}, reranker)
    order = sorted(texts, key=lambda article: -scores[article])[:k]
    return tuple(
        Passage(place, *texts[article], scores[article])
        for place, article in enumerate(order, start=1)
    )


def matching(query: str, found: Sequence[Passage]) -> tuple[Passage, ...]:
    """Return those of the found articles that are about the query, in their order.

    Title and passage together must contain most of the query's content words and numbers. A word
    weighs more the fewer of the found articles contain it; one that none contains weighs most. So
    "talks in Geneva" leaves out talks elsewhere, and a query on a subject missing from the index
    returns nothing.
    """
    held = [_words(terms(f"{each.article.title}\n{each.chunk.text}")) for each in found]
    weights = rarity(_words(terms(query)), held)
    shares = (share(weights.keys() & words, weights) for words in held)
    return tuple(each for each, part in zip(found, shares, strict=True) if part >= _MATCHES)


def any_word(query: str, found: Sequence[Passage]) -> bool:
    """Return whether a found passage or its title contains a content word of the query."""
    asked = _words(terms(query))
    return any(asked & _words(terms(f"{each.article.title}\n{each.chunk.text}")) for each in found)


def _words(text: Terms) -> frozenset[str]:
    return text.stems | text.numbers
