"""Find the passages that a question should be answered from. Floor 3.

BM25 and dense search each rank the chunks that the filters admit. The two rankings are fused by
reciprocal rank (Cormack, Clarke & Büttcher 2009); to that is added how much of the question stands
together in a single sentence of the chunk, for that is where news answers it. Where the news is
read as of a day, what is older than a week counts less in both searches. A cross-encoder may
reorder the result, repeats are left out, and no article takes more than its share of places.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import log1p

from rag.embed import Embedder
from rag.index import Index
from rag.prompts import source_block
from rag.rerank import Reranker
from rag.terms import STOPWORDS, terms
from rag.text import sentences
from rag.types import Article, Chunk, Filters, Passage

_RANK_OFFSET = 60  # the constant of the paper
_RECENT_DAYS = 7  # before the day as of which the news is read
_OLDER = 0.3  # what the score of older news counts then
_POOL = 5  # candidates of each search for every one wanted, from which those are chosen by day
_REPEAT = 0.8  # share of equal stems from which two passages tell the same in the same words
_COLUMN_WEIGHTS = (1.0, 2.0, 0.5)  # BM25 of text, title, publisher with date


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
    filters: Filters | None = None,
    reranker: Reranker | None = None,
) -> tuple[Passage, ...]:
    """The best ``k`` passages for a question, best first, numbered from 1.

    Args:
        question: what to look for; it should make sense by itself.
        index: where to look.
        embedder: the one that the index was built with.
        k: how many passages at most.
        per_article: how many of them one article may take.
        candidates: how many chunks each search contributes before fusion.
        lexical_weight: weight of BM25 in the fusion; 0 switches it off.
        dense_weight: weight of the dense search; 0 switches it off.
        sentence_weight: weight of how much of the question stands in one sentence of the chunk.
        filters: which articles may be found; applied before any ranking is cut.
        reranker: scores question and chunk together; its order replaces the fused one.
    """
    filters = filters or Filters()
    pool = candidates * _POOL if filters.as_of else candidates
    fused: Counter[int] = Counter()
    if lexical_weight and (match := match_expression(question)):
        ranking = index.lexical(match, weights=_COLUMN_WEIGHTS, filters=filters, limit=pool)
        _add(fused, _recent_first(ranking, index, filters.as_of)[:candidates], lexical_weight)
    if dense_weight:
        vector = embedder.encode_queries([question])[0]
        ranking = index.dense(vector, filters=filters, limit=pool)
        _add(fused, _recent_first(ranking, index, filters.as_of)[:candidates], dense_weight)
    ranked = sorted(fused, key=lambda number: (-fused[number], number))[:candidates]
    found = index.chunks(ranked)
    for number, share in _in_one_sentence(question, found).items():
        fused[number] += sentence_weight * share / (_RANK_OFFSET + 1)  # type: ignore[assignment]
    scores = {number: float(fused[number]) for number in ranked if number in found}
    if reranker is not None and scores:
        texts = [found[number][0].text for number in scores]
        scores = dict(zip(scores, map(float, reranker.score(question, texts)), strict=True))
    order = sorted(scores, key=lambda number: -scores[number])
    chosen = _choose([(*found[number], scores[number]) for number in order], k, per_article)
    return tuple(
        Passage(place, chunk, article, score)
        for place, (chunk, article, score) in enumerate(chosen, start=1)
    )


def match_expression(question: str) -> str:
    """The FTS5 expression for a question: any of its content words, each quoted; may be empty."""
    tokens = terms(question).tokens
    words = dict.fromkeys(token.folded for token in tokens if token.folded not in STOPWORDS)
    return " OR ".join('"' + word.replace('"', "") + '"' for word in words)


def within(
    passages: Sequence[Passage], *, tokens: int, count: Callable[[str], int]
) -> tuple[Passage, ...]:
    """The leading passages that come to at most ``tokens`` in a prompt; always at least one."""
    kept: list[Passage] = []
    for passage in passages:
        tokens -= count(source_block(passage))
        if kept and tokens < 0:
            break
        kept.append(passage)
    return tuple(kept)


def _in_one_sentence(question: str, found: Mapping[int, tuple[Chunk, Article]]) -> dict[int, float]:
    """For each chunk the largest share of the question that stands in one of its sentences, 0 to 1.

    Words are weighted by how rare they are among these chunks, so that what all of them are
    about decides nothing.
    """
    asked = terms(question).stems
    held = {number: terms(chunk.text).stems for number, (chunk, _) in found.items()}
    weights = {
        stem: log1p(len(held) / (1 + sum(stem in stems for stems in held.values())))
        for stem in asked
    }
    whole = sum(weights.values()) or 1.0
    shares = {}
    for number, (chunk, _) in found.items():
        each = (terms(chunk.text[a:b]).stems & asked for a, b in sentences(chunk.text))
        shares[number] = (
            max((sum(map(weights.__getitem__, stems)) for stems in each), default=0.0) / whole
        )
    return shares


def _add(fused: Counter[int], ranking: Sequence[tuple[int, float]], weight: float) -> None:
    for rank, (number, _) in enumerate(ranking, start=1):
        fused[number] += weight / (_RANK_OFFSET + rank)  # type: ignore[assignment]


def _recent_first(
    ranking: list[tuple[int, float]], index: Index, as_of: date | None
) -> list[tuple[int, float]]:
    """The ranking with the scores of older and undated news lowered; as it is without a day."""
    if as_of is None:
        return ranking
    found = index.chunks([number for number, _ in ranking])
    weighed = []
    for number, score in ranking:
        published = found[number][1].published if number in found else None
        recent = published is not None and (as_of - published).days <= _RECENT_DAYS
        weighed.append((number, score if recent else score * _OLDER))
    return sorted(weighed, key=lambda each: -each[1])


def _choose(
    ranked: Sequence[tuple[Chunk, Article, float]], k: int, per_article: int
) -> list[tuple[Chunk, Article, float]]:
    chosen: list[tuple[Chunk, Article, float]] = []
    taken: Counter[str] = Counter()
    for chunk, article, score in ranked:
        if len(chosen) == k:
            break
        if taken[article.id] >= per_article or any(_repeats(chunk, other) for other, *_ in chosen):
            continue
        taken[article.id] += 1
        chosen.append((chunk, article, score))
    return chosen


def _repeats(chunk: Chunk, other: Chunk) -> bool:
    one, two = terms(chunk.text).stems, terms(other.text).stems
    return len(one & two) > _REPEAT * max(1, len(one | two))
