"""Retrieve the passages for a prompt: no duplicates, and a limit per article."""

from collections import Counter
from collections.abc import Callable, Sequence

from rag.index import Index
from rag.index.embedding import Embedder
from rag.llm.prompts import source_block
from rag.search.ranking import EQUAL, Weights, first_place, fused, in_one_sentence, rankings
from rag.search.reranking import Reranker, reranked
from rag.search.spelling import corrected
from rag.search.time_window import Window, windowed
from rag.text.terms import repeats
from rag.types import Article, Chunk, Filters, Passage

_POOL = 5  # candidates per requested chunk in each search, from which they are chosen by date


def retrieve(
    question: str,
    *,
    index: Index,
    embedder: Embedder,
    k: int = 6,
    per_article: int = 3,
    candidates: int = 60,
    weights: Weights = EQUAL,
    filters: Filters | None = None,
    window: Window | None = None,
    reranker: Reranker | None = None,
) -> tuple[Passage, ...]:
    """Return the best ``k`` passages for a question, best first, numbered from 1.

    Args:
        question: what to search for; it should make sense by itself.
        index: where to search.
        embedder: the one that the index was built with.
        k: at most this many passages.
        per_article: at most this many of them from one article.
        candidates: how many chunks each search contributes before fusion.
        weights: weights of the searches in the fusion.
        filters: which articles may be found; applied before any ranking is truncated.
        window: the time that the question refers to; ignored if the filters give dates.
        reranker: scores question and chunk together; its order replaces the fused one.
    """
    question = corrected(question, index=index)
    filters, preferred = windowed(filters or Filters(), window, index.span()[1])
    searches = rankings(question, index, embedder, weights, filters, candidates * _POOL, preferred)
    scores = fused(([n for n, _ in ranking[:candidates]], weight) for ranking, weight in searches)
    ranked = sorted(scores, key=lambda number: (-scores[number], number))[:candidates]
    found = index.chunks(ranked)
    texts = {number: found[number][0].text for number in ranked if number in found}
    if reranker is not None:
        scores = reranked(question, texts, reranker)
    else:
        for number, share in in_one_sentence(question, texts).items():
            scores[number] += first_place(weights.sentence) * share
    return _chosen([(*found[number], scores[number]) for number in texts], k, per_article)


def _chosen(
    found: Sequence[tuple[Chunk, Article, float]], k: int, per_article: int
) -> tuple[Passage, ...]:
    """Return the best ``k`` that repeat no better one, at most ``per_article`` of each article."""
    chosen = list[Passage]()
    taken = Counter[str]()
    for chunk, article, score in sorted(found, key=lambda each: -each[2]):
        if len(chosen) == k:
            break
        if taken[article.id] < per_article and not any(
            repeats(chunk.text, other.chunk.text) for other in chosen
        ):
            taken[article.id] += 1
            chosen.append(Passage(len(chosen) + 1, chunk, article, score))
    return tuple(chosen)


def within(
    passages: Sequence[Passage],
    *,
    tokens: int,
    count: Callable[[str], int],
    shown: Sequence[Passage] = (),
    fenced: bool = False,
) -> tuple[Passage, ...]:
    """Return the leading passages of at most ``tokens`` in a prompt; always at least one.

    The title of an article is counted once, with its first passage, or not at all if the prompt
    already has passages of it (``shown``). ``fenced`` counts the fence of its further passages too.
    """
    known = {passage.article.id for passage in shown}
    found = list[Passage]()
    for passage in passages:
        again = passage.article.id in known
        unfenced = again and not fenced
        tokens -= count(passage.chunk.text if unfenced else source_block(passage, known=again))
        known.add(passage.article.id)
        if found and tokens < 0:
            break
        found.append(passage)
    return tuple(found)
