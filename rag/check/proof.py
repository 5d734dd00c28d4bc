"""Choose the smallest set of sentences that supports a claim, and find what it leaves out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.check.align import Laid, lay
from rag.check.compare import differences
from rag.check.compare_words import Difference
from rag.check.facts import LIGHT, Sentence
from rag.check.source import Source
from rag.text.terms import Terms

MOST_QUOTES = 3
_CANDIDATES = 10  # sentences that are compared word by word
_EACH = 3  # minimum per article, with at most four articles
_LINK = 0.25  # value of a pair of words that belong together in the sentence too
_CITED = 0.3  # value of an article that the claim cites
_AGAINST = 0.4  # cost of a contradiction, to choose among sentences that contain as much
_GAIN = 0.7  # minimum gain of another sentence, in words
_ELSEWHERE = 0.6  # factor on the gain of a sentence of another article
_FEW, _ASKED = (
    4,
    3.0,
)  # content words of a short answer; value of a sentence that contains its whole question
_NEXT = 1.3  # factor on the gain of a sentence next to a chosen one
_WEIGHTS = {"PROPN": 1.3, "NUM": 1.3, "VERB": 1.0, "NOUN": 1.0, "ADJ": 0.6, "ADV": 0.4}


@dataclass(frozen=True, slots=True)
class Proof:
    """The chosen sentences and what they support.

    ``laid`` pairs each with its source, best first. ``owner`` maps a position of the claim to the
    index of the sentence that proves it.
    """

    claim: Sentence
    laid: tuple[tuple[Source, Laid], ...]
    owner: Mapping[int, int]
    differences: frozenset[Difference]

    @property
    def missing(self) -> tuple[int, ...]:
        """The positions of the claim that no sentence supports."""
        return tuple(place for place in self.claim.content if place not in self.owner)


def weight(claim: Sentence, place: int) -> float:
    """Return how much a word of a claim counts."""
    if place in claim.quantities or place in claim.days or place in claim.names:
        return 1.3
    if claim.tokens[place].lemma in LIGHT:
        return 0.3
    return _WEIGHTS.get(claim.tokens[place].pos, 0.5)


def prove(
    claim: Sentence,
    about: Terms,
    sources: Sequence[Source],
    *,
    asked: Terms,
    preferred: frozenset[str],
) -> Proof:
    """Choose the quotes of a claim.

    Args:
        claim: the claim.
        about: its terms and those of its question, used to search for sentences.
        sources: the articles.
        asked: the terms of the question.
        preferred: ids of articles that the claim cites, preferred among equals.
    """
    pool = [(source, lay(claim, source, number)) for source, number in _candidates(about, sources)]
    if not pool:
        return Proof(claim, (), {}, frozenset())
    values = [_value(claim, source, laid, asked, preferred) for source, laid in pool]
    chosen = [max(range(len(pool)), key=lambda n: values[n])]
    while len(chosen) < MOST_QUOTES:
        gains = {n: _gain(claim, pool, chosen, n) for n in range(len(pool)) if n not in chosen}
        best = max(gains, key=lambda n: (gains[n], values[n]), default=None)
        if best is None or gains[best] < _GAIN:
            break
        chosen.append(best)
    laid = tuple(pool[n] for n in chosen)
    owner = _owners(claim, laid)
    found = frozenset[Difference]().union(
        *(
            differences(claim, source, each, {p for p, n in owner.items() if n == number})
            for number, (source, each) in enumerate(laid)
        )
    )
    return Proof(claim, laid, owner, _resolved(found, owner))


def _resolved(found: frozenset[Difference], owner: Mapping[int, int]) -> frozenset[Difference]:
    """Drop differences in figures that another sentence contains."""
    return frozenset(
        each for each in found if each.kind != "number" or not set(each.places) & set(owner)
    )


def _owners(claim: Sentence, laid: Sequence[tuple[Source, Laid]]) -> dict[int, int]:
    owner: dict[int, int] = {}
    for place in claim.content:
        holding = [
            (n, each.matches[place].worth)
            for n, (_, each) in enumerate(laid)
            if place in each.matches
        ]
        if holding:
            owner[place] = max(holding, key=lambda each: (round(each[1], 2), -each[0]))[0]
    return owner


def _candidates(about: Terms, sources: Sequence[Source]) -> list[tuple[Source, int]]:
    keys = about.stems | about.numbers
    ranked: list[tuple[float, int, Source, int]] = []
    for order, source in enumerate(sources):
        own = []
        for place in source.places:
            if source.states(place.number):
                held = keys & (place.terms.stems | place.terms.numbers)
                own.append(
                    (
                        sum(source.rarity[key] for key in held) + 0.01 * bool(held),
                        order,
                        source,
                        place.number,
                    )
                )
        own.sort(key=lambda each: (-each[0], each[3]))
        ranked += [
            (each[0] + 100 * (n < _EACH and len(sources) <= 4), *each[1:])
            for n, each in enumerate(own)
        ]
    ranked.sort(key=lambda each: (-each[0], each[1], each[3]))
    return [(source, number) for _, _, source, number in ranked[:_CANDIDATES]]


def _value(
    claim: Sentence, source: Source, laid: Laid, asked: Terms, preferred: frozenset[str]
) -> float:
    held = sum(weight(claim, place) * match.worth for place, match in laid.matches.items())
    links = sum(laid.linked(place, head) for place, (head, _) in claim.heads.items())
    against = len({each.kind for each in differences(claim, source, laid, set(laid.matches))})
    place = source.places[laid.number]
    about = len(asked.stems & place.terms.stems) / max(1, len(asked.stems))
    about *= _ASKED if len(claim.content) <= _FEW else 1.0
    length = (place.end - place.start) / 2000
    return (
        held
        + _LINK * links
        - _AGAINST * against
        + about
        + _CITED * (source.article.id in preferred)
        - length
        - 0.05 * (place.field == "title")
    )


def _gain(
    claim: Sentence, pool: Sequence[tuple[Source, Laid]], chosen: Sequence[int], n: int
) -> float:
    source, laid = pool[n]
    held: dict[int, float] = {}
    for each in chosen:
        for place, match in pool[each][1].matches.items():
            held[place] = max(held.get(place, 0.0), match.worth)
    gain = sum(
        weight(claim, place) * max(0.0, match.worth - held.get(place, 0.0))
        for place, match in laid.matches.items()
    )
    if all(source is not pool[each][0] for each in chosen):
        return gain * _ELSEWHERE
    beside = any(
        source is pool[each][0] and abs(pool[each][1].number - laid.number) == 1 for each in chosen
    )
    return gain * _NEXT if beside else gain
