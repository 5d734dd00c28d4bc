"""Which quotes state a claim: the smallest set of sentences, and what of the claim is left over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.check.align import Laid, lay
from rag.check.compare import Difference, differences
from rag.check.facts import LIGHT, Sentence
from rag.check.source import Source
from rag.text.terms import Terms

MOST_QUOTES = 3
_CANDIDATES = 10  # sentences that are compared word by word
_EACH = 3  # of each article, at least
_LINK = 0.25  # what a pair of words that stand together there too is worth
_CITED = 0.3  # what it is worth that the claim cites the article
_AGAINST = 0.4  # what a contradiction costs among sentences that hold as much
_GAIN = 0.7  # what another sentence must add, in words
_ELSEWHERE = 0.6  # of its gain, where it is of another article
_FEW, _ASKED = (
    4,
    3.0,
)  # words of a short answer, and what all of its question in a sentence is worth
_NEXT = 1.3  # times its gain, where it stands beside one that is chosen
_WEIGHTS = {"PROPN": 1.3, "NUM": 1.3, "VERB": 1.0, "NOUN": 1.0, "ADJ": 0.6, "ADV": 0.4}


@dataclass(frozen=True, slots=True)
class Proof:
    """The chosen sentences of sources and what they hold.

    ``laid`` are they with their sources, the best first; ``owner`` tells which
    of them proves a place of the claim.
    """

    claim: Sentence
    laid: tuple[tuple[Source, Laid], ...]
    owner: Mapping[int, int]
    differences: frozenset[Difference]

    @property
    def missing(self) -> tuple[int, ...]:
        """The places of the claim that no sentence holds."""
        return tuple(place for place in self.claim.content if place not in self.owner)


def weight(claim: Sentence, place: int) -> float:
    """How much a word of a claim counts."""
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
        about: its terms and those of its question, by which sentences are looked for.
        sources: the articles.
        asked: the terms of the question.
        preferred: ids of articles that the claim cites, chosen among equals.
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
    """Without the figures that another sentence does hold."""
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
            if not source.asks(place.number):
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
