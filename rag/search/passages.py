"""Retrieve the passages for a prompt: no duplicates, and a limit per article."""

from collections import Counter
from collections.abc import Callable, Sequence

from rag.index import Index
from rag.index.embedding import Embedder
from rag.llm.prompts import source_block
from rag.search.ranking import first_place, fused, in_one_sentence, rankings
from rag.search.reranking import Reranker
from rag.search.spelling import corrected
from rag.search.time_window import Window, windowed
from rag.text.terms import repeats
from rag.types import Article, Chunk, Filters, Passage

_POOL = 5  # candidates per wanted chunk in each search, from which they are chosen by date


def retrieve(
    question: str,
    *,
    index: Index,
    embedder: Embedder,
    k: int = 6,
    per_article: int = 3,
    candidates: int = 60,
    lexical_weight: float = 1.0,
    dense_weight: float = 1.0,
    sentence_weight: float = 1.0,
    newer: float = 0.5,
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
        lexical_weight: weight of BM25 in the fusion; 0 switches it off.
        dense_weight: weight of the dense search; 0 switches it off.
        sentence_weight: weight of the share of the question in one sentence of the chunk.
        newer: share of a score that decays over the years if no date is given; 0 is off.
        filters: which articles may be found; applied before any ranking is truncated.
        window: the time that the question refers to (:func:`rag.search.time_window`); ignored
            if the filters give dates.
        reranker: scores question and chunk together; its order replaces the fused one.
    """
    question = corrected(question, index=index)
    filters, preferred = windowed(filters or Filters(), window, index.newest())
    searches = rankings(
        question,
        index=index,
        embedder=embedder,
        lexical_weight=lexical_weight,
        dense_weight=dense_weight,
        newer=newer,
        filters=filters,
        window=preferred,
        pool=candidates * _POOL,
    )
    together = fused(
        ([number for number, _ in ranking[:candidates]], weight) for ranking, weight in searches
    )
    ranked = sorted(together, key=lambda number: (-together[number], number))[:candidates]
    found = index.chunks(ranked)
    scores = {number: together[number] for number in ranked if number in found}
    for number, share in in_one_sentence(question, found).items():
        scores[number] += first_place(sentence_weight) * share
    if reranker is not None and scores:
        texts = [found[number][0].text for number in scores]
        scores = dict(zip(scores, map(float, reranker.score(question, texts)), strict=True))
    order = sorted(scores, key=lambda number: -scores[number])
    chosen = _choose([(*found[number], scores[number]) for number in order], k, per_article)
    return tuple(
        Passage(place, chunk, article, score)
        for place, (chunk, article, score) in enumerate(chosen, start=1)
    )


def within(
    passages: Sequence[Passage], *, tokens: int, count: Callable[[str], int]
) -> tuple[Passage, ...]:
    """Return the leading passages of at most ``tokens`` in a prompt; always at least one.

    The title of an article is counted once, with its first passage.
    """
    kept: list[Passage] = []
    headed = set[str]()
    for passage in passages:
        known = passage.article.id in headed
        tokens -= count(passage.chunk.text if known else source_block(passage))
        headed.add(passage.article.id)
        if kept and tokens < 0:
            break
        kept.append(passage)
    return tuple(kept)


def _choose(
    ranked: Sequence[tuple[Chunk, Article, float]], k: int, per_article: int
) -> list[tuple[Chunk, Article, float]]:
    chosen: list[tuple[Chunk, Article, float]] = []
    taken: Counter[str] = Counter()
    for chunk, article, score in ranked:
        if len(chosen) == k:
            break
        if taken[article.id] >= per_article or any(
            repeats(chunk.text, other.text) for other, *_ in chosen
        ):
            continue
        taken[article.id] += 1
        chosen.append((chunk, article, score))
    return chosen
