"""Find the passages that a question should be answered from. Floor 3.

BM25 and dense search each score the chunks that the filters admit. The scores are brought to one
scale and added (Bruch, Gai & Ingber 2023 find such a convex combination better than a fusion of
ranks); to that is added how much of the question stands together in a single sentence of the
chunk, for that is where news answers it, and part of what the next best chunk of the same article
scores. Where the news is read as of a day, what is older than a week counts less. A cross-encoder
may reorder the result, repeats are left out, and no article takes more than its share of places.
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

_RECENT_DAYS = 7  # before the day as of which the news is read
_OLDER = 0.3  # what a chunk of older news counts then
_SECOND_CHUNK = 0.4  # what the next best chunk of its article adds to a chunk's score
_POOL = 5  # candidates of each search for every one asked for, from which those are chosen by day
_SENTENCE = 0.5  # what the whole question in one sentence counts, where the best BM25 counts 1
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
    limit = candidates * _POOL if filters.as_of else candidates
    fused: Counter[int] = Counter()
    if lexical_weight and (match := match_expression(question)):
        ranking = index.lexical(match, weights=_COLUMN_WEIGHTS, filters=filters, limit=limit)
        _add(fused, ranking, lexical_weight)
    if dense_weight:
        vector = embedder.encode_queries([question])[0]
        _add(fused, index.dense(vector, filters=filters, limit=limit), dense_weight)
    if filters.as_of:
        for number, (_, article) in index.chunks(list(fused)).items():
            fused[number] *= _recency(article.published, filters.as_of)  # type: ignore[assignment]
    ranked = sorted(fused, key=lambda number: (-fused[number], number))[:candidates]
    found = index.chunks(ranked)
    for number, share in _in_one_sentence(question, found).items():
        recency = _recency(found[number][1].published, filters.as_of)
        fused[number] += sentence_weight * _SENTENCE * share * recency  # type: ignore[assignment]
    scores = _with_article({number: float(fused[number]) for number in ranked}, found)
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
    """Add the scores of one search, of which the best counts ``weight``."""
    best = max((score for _, score in ranking), default=0.0)
    for number, score in ranking:
        if best > 0 and score > 0:
            fused[number] += weight * score / best  # type: ignore[assignment]


def _recency(published: date | None, as_of: date | None) -> float:
    if as_of is None or (published is not None and (as_of - published).days <= _RECENT_DAYS):
        return 1.0
    return _OLDER


def _with_article(
    scores: Mapping[int, float], found: Mapping[int, tuple[Chunk, Article]]
) -> dict[int, float]:
    """Each chunk's score with a share of that of the best other chunk of its article."""
    best: dict[str, list[float]] = {}
    for number in scores.keys() & found.keys():
        best.setdefault(found[number][1].id, []).append(scores[number])
    for each in best.values():
        each.sort(reverse=True)
    total = {}
    for number, score in scores.items():
        if number in found:
            others = best[found[number][1].id]
            other = others[1:2] if score == others[0] else others[:1]
            total[number] = score + _SECOND_CHUNK * sum(other)
    return total


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
