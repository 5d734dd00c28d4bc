"""Who did it to whom: two names of a claim that its source has the other way round."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rag.terms import Terms
from rag.verify.source import Source, Word

# What two do to each other may be told either way round, and a passive turns them round.
_EITHER_WAY = frozenset("and or by with versus between meet met marri wed talk speak spoke".split())
_EITHER_WAY |= frozenset("join face".split())
_FAR_IN_CLAIM, _FAR_IN_SOURCE = 8, 10  # words between two names


def swapped(claim: Terms, words: Sequence[Word], source: Source) -> bool:
    """Whether "A beat B" is said of what the source has as "B beat A", and never otherwise.

    Args:
        claim: a sentence.
        words: its words, one for each of the claim's tokens.
        source: what it is held against.
    """
    return any(_turned(*three, source) for three in dict.fromkeys(_threes(claim, words)))


def _threes(claim: Terms, words: Sequence[Word]) -> Iterator[tuple[str, str, str]]:
    """The keys of two names and of a word between them that is no name."""
    names = [place for place, token in enumerate(claim.tokens) if token.name]
    for first in names:
        for last in _within(names, first, first + _FAR_IN_CLAIM):
            between = words[first + 1 : last]
            if words[first].key != words[last].key and not any(
                {word.key, word.folded} & _EITHER_WAY for word in between
            ):
                for place in range(first + 1, last):
                    word = words[place]
                    if not (word.empty or word.number or claim.tokens[place].name):
                        yield words[first].key, word.key, words[last].key


def _turned(one: str, deed: str, other: str, source: Source) -> bool:
    holders = (source.holders.get(key, frozenset()) for key in (one, deed, other))
    together = frozenset.intersection(*holders)
    return (
        bool(together)
        and any(_in_turn(other, deed, one, number, source) for number in together)
        and not any(_stands(one, deed, other, number, source) for number in together)
    )


def _stands(one: str, deed: str, other: str, number: int, source: Source) -> bool:
    """Whether a sentence holds the three in this order, however far apart."""
    first, middle, last = (_places(key, number, source) for key in (one, deed, other))
    return any(min(first) < place < max(last) for place in middle)


def _in_turn(one: str, deed: str, other: str, number: int, source: Source) -> bool:
    """Whether a sentence holds the three in this order, near to each other and with no passive."""
    firsts, middles, lasts = (_places(key, number, source) for key in (one, deed, other))
    return any(
        not any(word.folded in {"by", "and"} for word in source.words[first:last])
        for first in firsts
        for middle in _within(middles, first, first + _FAR_IN_SOURCE)
        for last in _within(lasts, middle, first + _FAR_IN_SOURCE)
    )


def _within(places: Sequence[int], after: int, upto: int) -> Sequence[int]:
    """Those of some rising places that lie behind one and not beyond another."""
    return places[bisect_right(places, after) : bisect_right(places, upto)]


def _places(key: str, number: int, source: Source) -> list[int]:
    return [place for place in source.places[key] if source.sentence_of[place] == number]
