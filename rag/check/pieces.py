"""Align the words of a claim with its source in as few and as long pieces as possible.

A supported claim is mostly copied from its source: in a few long pieces, in order, from one
sentence. Dynamic programming (Viterbi 1967) finds the cheapest alignment. The costs are round
numbers set by hand: fitted ones did no better on unseen articles.
"""

from collections.abc import Sequence

from rag.check.wording import ArticleWords, Word

_BEGIN = 0.5
_SKIP, _SKIPPED_WORD, _MOST_SKIPPED = 0.4, 0.04, 15
_BACK = 1.0
_NEXT_SENTENCE = 1.3
_ELSEWHERE = 1.8
_MISSING, _MISSING_EMPTY = 1.2, 0.25
_REACH = 6  # consecutive words of a claim that may be missing before the alignment starts again
_MOST_PLACES = 14
_NEAR = 10

Path = tuple[int | None, ...]


def align(claim: Sequence[Word], source: ArticleWords, spared: frozenset[str]) -> Path:
    """Return the source position of each word of the claim, None for a missing one.

    Args:
        claim: the words of the claim.
        source: the source to align with.
        spared: folded words that may be missing at the cost of a function word.
    """
    places = _candidates(claim, source)
    missing = [0.0]
    for word in claim:
        cheap = word.empty or word.folded in spared
        missing.append(missing[-1] + (_MISSING_EMPTY if cheap else _MISSING))
    # best[i][p]: minimum cost of words 0 to i with word i at p, and the previous word and position.
    best: list[dict[int, tuple[float, tuple[int, int] | None]]] = []
    for i in range(len(claim)):
        best.append({})
        for place in places[i]:
            cost: float = missing[i] + _BEGIN
            before: tuple[int, int] | None = None
            for j in range(max(0, i - _REACH), i):
                left_out = missing[i] - missing[j + 1]
                for last, (spent, _) in best[j].items():
                    total = spent + left_out + _step(last, place, i - j, source)
                    if total < cost:
                        cost, before = total, (j, last)
            best[i][place] = cost, before
    return _cheapest(best, missing)


def _cheapest(
    best: Sequence[dict[int, tuple[float, tuple[int, int] | None]]], missing: Sequence[float]
) -> Path:
    path: list[int | None] = [None] * len(best)
    cost, last = missing[-1], None
    for i, ways in enumerate(best):
        for place, (spent, _) in ways.items():
            if spent + missing[-1] - missing[i + 1] < cost:
                cost, last = spent + missing[-1] - missing[i + 1], (i, place)
    while last is not None:
        i, place = last
        path[i] = place
        last = best[i][place][1]
    return tuple(path)


def _step(last: int, place: int, words: int, source: ArticleWords) -> float:
    """Return the cost of moving from ``last`` to ``place`` over ``words`` words of the claim."""
    if last == place:
        return _ELSEWHERE
    apart = abs(source.sentence_of[place] - source.sentence_of[last])
    if apart:
        return _NEXT_SENTENCE if apart == 1 else _ELSEWHERE
    if place - last == words:
        return 0.0
    if place > last:
        return _SKIP + _SKIPPED_WORD * min(place - last, _MOST_SKIPPED)
    return _BACK


def _candidates(claim: Sequence[Word], source: ArticleWords) -> list[Sequence[int]]:
    """Return candidate positions per word; a function word only next to a word of the claim."""
    content = {word.key for word in claim if not word.empty}
    found: list[Sequence[int]] = []
    for i, word in enumerate(claim):
        before = claim[i - 1].key if i else ""
        after = claim[i + 1].key if i + 1 < len(claim) else ""
        places: Sequence[int] = source.places.get(word.key, ())
        if word.empty:
            places = [place for place in places if _beside(source, place, before, after)]
        if len(places) > _MOST_PLACES:
            near = {
                place: 3 * _beside(source, place, before, after)
                + sum(
                    other.key in content
                    for other in source.words[max(0, place - _NEAR) : place + _NEAR + 1]
                )
                for place in places
            }
            places = sorted(places, key=lambda place: -near[place])[:_MOST_PLACES]
        found.append(places)
    return found


def _beside(source: ArticleWords, place: int, before: str, after: str) -> int:
    """Count the neighbors of a position, 0 to 2, that are also neighbors in the claim."""
    last = source.words[place - 1].key if place else ""
    following = source.words[place + 1].key if place + 1 < len(source.words) else ""
    return bool(before and last == before) + bool(after and following == after)
