"""Rank chunks by each search, newer news first, and fuse the rankings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp2
from typing import TypeVar

from rag.index import Index
from rag.index.embedding import Embedder
from rag.search.time_window import Window
from rag.text import sentences
from rag.text.terms import ACRONYMS, STOPWORDS, rarity, share, terms
from rag.types import Filters

_RANK_OFFSET = 60  # the constant of the paper
_RECENT_DAYS = 7  # before the as-of date
_OLDER = 0.3  # factor on the score of older news then
_OUTSIDE = 0.5  # factor on the score of news outside the window of a question
_HALF_LIFE = 365.25  # days in which half of the decay has happened
_COLUMN_WEIGHTS = (1.0, 2.0, 0.5)  # BM25 of text, title, publisher with date

# Other spellings of a word, as FTS5 phrases; FTS5 reads "U.S." as two words.
_WRITTEN: dict[str, tuple[str, ...]] = {
    short.lower(): (" ".join(short.lower()), full) for full, short in ACRONYMS.items()
}
_WRITTEN["percent"] = ("per cent",)

_T = TypeVar("_T")
Ranking = Sequence[tuple[int, float]]  # (chunk number, score), best first


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the searches in the fusion; 0 switches one off.

    ``lexical`` is BM25, ``dense`` the search by vectors, ``sentence`` the share of the question in
    one sentence of a chunk. ``newer`` is the share of a score that decays over the years if no date
    is given.
    """

    lexical: float = 1.0
    dense: float = 1.0
    sentence: float = 1.0
    newer: float = 0.5


EQUAL = Weights()


def rankings(
    question: str,
    index: Index,
    embedder: Embedder,
    weights: Weights,
    filters: Filters,
    pool: int,
    window: Window | None = None,
) -> list[tuple[Ranking, float]]:
    """Return the rankings of BM25 and dense search, ``pool`` chunks each, with their weights.

    Scores are lowered for older news. With an as-of date, articles more than a week older count
    less; without one, articles older than the newest of the index lose up to the share ``newer``.
    Articles outside a ``window`` lose at least half.
    """
    found: list[tuple[Ranking, float]] = []
    if weights.lexical and (match := match_expression(question)):
        ranking = index.lexical(match, weights=_COLUMN_WEIGHTS, filters=filters, limit=pool)
        found.append((ranking, weights.lexical))
    if weights.dense:
        vector = embedder.encode_queries([question])[0]
        found.append((index.dense(vector, filters=filters, limit=pool), weights.dense))
    newest = filters.as_of or index.span()[1]
    if newest is None:
        return found
    age = _Age(newest, recent=filters.as_of is not None, newer=weights.newer, window=window)
    return [(_lowered(ranking, index, age), weight) for ranking, weight in found]


def match_expression(question: str) -> str:
    """Return the FTS5 expression for a question: any of its content words, quoted; may be empty.

    Acronyms count as words, whatever they spell, and are also searched spelled out and with points.
    """
    words = dict[str, None]()
    for token in terms(question).tokens:
        if token.name or token.folded not in STOPWORDS:
            words |= dict.fromkeys((token.folded, *_WRITTEN.get(token.folded, ())))
    return " OR ".join('"' + word.replace('"', "") + '"' for word in words)


def fused(orders: Iterable[tuple[Sequence[_T], float]]) -> dict[_T, float]:
    """Sum the weighted reciprocal ranks over the orders (Cormack, Clarke & Büttcher 2009)."""
    scores: dict[_T, float] = {}
    for order, weight in orders:
        for rank, one in enumerate(order, start=1):
            scores[one] = scores.get(one, 0.0) + weight / (_RANK_OFFSET + rank)
    return scores


def first_place(weight: float) -> float:
    """Return what the first rank of an order of this weight adds to a fused score."""
    return weight / (_RANK_OFFSET + 1)


def in_one_sentence(question: str, texts: Mapping[_T, str]) -> dict[_T, float]:
    """Return for each text the largest share of the question in one of its sentences, 0 to 1."""
    shares = dict.fromkeys(texts, 0.0)
    for key, _, held in by_sentence(question, texts):
        shares[key] = max(shares[key], held)
    return shares


def by_sentence(
    question: str, texts: Mapping[_T, str]
) -> Iterator[tuple[_T, tuple[int, int], float]]:
    """Yield each sentence as text key and (start, end), with its share of the question, 0 to 1.

    Words are weighted by how rare they are among these texts, so that what all of them are about
    decides nothing.
    """
    asked = terms(question).stems
    weights = rarity(asked, [terms(text).stems for text in texts.values()])
    for name, text in texts.items():
        for start, end in sentences(text):
            yield name, (start, end), share(terms(text[start:end]).stems & asked, weights)


@dataclass(frozen=True, slots=True)
class _Age:
    """How scores decrease with the age of an article, as of the day ``newest``.

    If ``recent``, news of a week counts fully and older news little. Otherwise the share ``newer``
    of a score decays over the years.
    """

    newest: date
    recent: bool
    newer: float
    window: Window | None

    def factor(self, published: date | None) -> float:
        """Return the factor on the score of an article published on a day, known or not."""
        if self.window is None:
            return self._by_age(published)
        return 1.0 if self.window.admits(published) else min(_OUTSIDE, self._by_age(published))

    def _by_age(self, published: date | None) -> float:
        if published is None:
            return _OLDER if self.recent else 1 - self.newer
        days = max(0, (self.newest - published).days)
        if self.recent:
            return 1.0 if days <= _RECENT_DAYS else _OLDER
        return 1 - self.newer * (1 - exp2(-days / _HALF_LIFE))


def _lowered(ranking: Ranking, index: Index, age: _Age) -> Ranking:
    """Return the ranking with the scores of older and undated news lowered."""
    days = index.days([number for number, _ in ranking])
    found = []
    for number, score in ranking:
        factor = age.factor(days.get(number))
        # A cosine may be negative, and a smaller factor would raise it.
        found.append((number, score * (factor if score > 0 else 2 - factor)))
    return sorted(found, key=lambda each: -each[1])
