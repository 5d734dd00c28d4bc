"""Find contradictions in single words: quantifiers, figures, days, order, directions, names."""

from collections.abc import Iterator, Set
from dataclasses import dataclass

from rag.check.align import Laid
from rag.check.compare_quantities import same_number, states
from rag.check.days import same_day
from rag.check.facts import Sentence
from rag.check.source import Source

_EVERY = frozenset("all every each both whole entire everyone everybody".split())
_SOME = frozenset("some several few many most half part majority certain any minority".split())
_TITLES = frozenset(
    "president minister secretary mr mrs ms dr sir prime chief king queen prince princess judge "
    "senator general".split()
)
_ONLY = frozenset("only sole solely alone".split())
_ORDER = {
    "before": "after",
    "after": "before",
    "above": "below",
    "below": "above",
    "since": "until",
    "until": "since",
}
_UP = frozenset(
    "up rise increase climb grow gain jump surge soar raise higher more lift growth".split()
)
_DOWN = frozenset(
    "down fall drop decline decrease shrink sink slip plunge lower cut reduce less fewer lose loss".split()
)
_GOES = frozenset("be go come stand move edge".split())


@dataclass(frozen=True, slots=True)
class Difference:
    """A kind of contradiction, and the positions of the claim's words that it concerns."""

    kind: str
    places: tuple[int, ...] = ()


def word_differences(
    claim: Sentence, source: Source, laid: Laid, owned: Set[int]
) -> Iterator[Difference]:
    """Yield the contradictions; the arguments are those of :func:`rag.check.compare.differences`."""
    yield from _quantifiers(claim, laid)
    yield from _figures(claim, laid, owned)
    yield from _orders(claim, laid)
    yield from _directions(claim, laid)
    yield from _names(claim, source)
    yield from _choices(claim, laid)


def _quantifiers(claim: Sentence, laid: Laid) -> Iterator[Difference]:
    theirs = {token.lower for token in laid.sentence.tokens}
    for place, token in enumerate(claim.tokens):
        if token.lower in _EVERY and not theirs & _EVERY and theirs & _SOME:
            yield Difference("all", (place,))
        if token.lower in _ONLY and not theirs & _ONLY:
            yield Difference("only", (place,))
        # Superlatives: the second largest is not the largest.
        if token.tag in {"JJS", "RBS"} and place in laid.matches:
            target = laid.matches[place].target
            if _ranks(claim, place) != _ranks(laid.sentence, target):
                yield Difference("rank", (place,))


def _choices(claim: Sentence, laid: Laid) -> Iterator[Difference]:
    """Find one of two names that the source joins by "or": "A or B will win" does not support A."""
    if any(token.lower in {"or", "either", "may", "might", "could"} for token in claim.tokens):
        return
    tokens, met = laid.sentence.tokens, {match.target: p for p, match in laid.matches.items()}
    for place in laid.sentence.names:
        one = tokens[place].head
        others = any(token.head == one and token.lower == "or" for token in tokens)
        joined = others and tokens[place].dep == "conj" and one in laid.sentence.names
        if joined and (one in met) != (place in met):
            yield Difference("either", (met[one if one in met else place],))


def _ranks(sentence: Sentence, place: int) -> frozenset[float]:
    near = range(max(0, place - 2), place)
    return frozenset(
        sentence.quantities[n].value
        for n in near
        if n in sentence.quantities and sentence.quantities[n].ordinal
    )


def _figures(claim: Sentence, laid: Laid, owned: Set[int]) -> Iterator[Difference]:
    """Find the same figure with another unit, scale, order or bound, and another day instead."""
    for place, each in claim.quantities.items():
        if place not in claim.content:
            continue
        if place in laid.matches:
            target = laid.matches[place].target
            stated = laid.sentence.quantities.get(target)
            if stated and {stated.turn, each.turn} == {"from", "to"}:
                yield Difference("number", (place,))
            continue
        if any(
            same_number(stated, each) and not states(stated, each)
            for stated in laid.sentence.quantities.values()
        ):
            yield Difference("number", (place,))
    for place, day in claim.days.items():
        above = claim.heads.get(place, (place, ""))[0]
        others = laid.sentence.days.values()
        unmet = place in claim.content and place not in laid.matches and above in owned
        if unmet and others and not any(same_day(stated, day) for stated in others):
            yield Difference("day", (place,))


def _orders(claim: Sentence, laid: Laid) -> Iterator[Difference]:
    """Find swapped or reversed order words: before and after, above and below, since and until."""
    for later, mine, sooner in _ordered(claim):
        if later not in laid.matches or sooner not in laid.matches:
            continue
        one, other = laid.matches[later].target, laid.matches[sooner].target
        for theirs_later, theirs, theirs_sooner in _ordered(laid.sentence):
            if (theirs_later, theirs_sooner) == (one, other) and theirs == _ORDER[mine]:
                yield Difference("order", (later,))
            if (theirs_later, theirs_sooner) == (other, one) and theirs == mine:
                yield Difference("order", (later,))


def _ordered(sentence: Sentence) -> Iterator[tuple[int, str, int]]:
    """Yield each word that depends on another by an order word: dependent, order word and head."""
    for place, (head, relation) in sentence.heads.items():
        if relation in _ORDER:
            yield place, relation, head
            continue
        for mark, token in enumerate(sentence.tokens):
            if (
                token.head == place
                and mark != place
                and token.dep in {"mark", "prep"}
                and token.lower in _ORDER
            ):
                yield place, token.lower, head


def _directions(claim: Sentence, laid: Laid) -> Iterator[Difference]:
    mine, theirs = _direction(claim), _direction(laid.sentence)
    for sign, place in mine.items():
        if sign not in theirs and -sign in theirs and -sign not in mine:
            yield Difference("opposed", (place,))


def _direction(sentence: Sentence) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, token in enumerate(sentence.tokens):
        if token.lower in {"up", "down"}:
            if (
                token.dep in {"prt", "advmod", "acomp", "prep"}
                and sentence.tokens[token.head].lemma in _GOES
            ):
                found.setdefault(1 if token.lower == "up" else -1, place)
        elif (
            token.lemma in _UP and token.pos in {"VERB", "NOUN"} and "_" not in sentence.keys[place]
        ):
            found.setdefault(1, place)
        elif (
            token.lemma in _DOWN
            and token.pos in {"VERB", "NOUN"}
            and "_" not in sentence.keys[place]
        ):
            found.setdefault(-1, place)
    return found


def _names(claim: Sentence, source: Source) -> Iterator[Difference]:
    """Find mixed names: "Ada Brandt" where the article has Ada Quill and Otto Brandt."""
    for place in claim.names:
        after = place + 1
        one, other = claim.tokens[place], claim.tokens[after] if after < len(claim.tokens) else None
        if other is None or after not in claim.names or one.head != after:
            continue
        if one.lower in _TITLES or other.lower in _TITLES:
            continue
        if (
            source.has(one.text)
            and source.has(other.text)
            and not source.has_beside(one.text, other.text)
        ):
            yield Difference("name", (place, after))
