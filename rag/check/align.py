"""Align the words of a claim with the words of a sentence."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rag.check.compare_quantities import states
from rag.check.days import same_day
from rag.check.facts import PRONOUNS, Sentence
from rag.check.lexicon import Relation, relation
from rag.check.names import acronym, same_name
from rag.check.source import Source
from rag.text.terms import fold, stem

How = Literal["same", "family", "wider", "opposed", "called"]
_WORTH: dict[How, float] = {
    "same": 1.0,
    "called": 0.9,
    "family": 0.85,
    "wider": 0.65,
    "opposed": 0.6,
}
_SYNONYM = 0.85
_KINDS = {"NOUN": "n", "VERB": "v", "ADJ": "a", "ADV": "ra", "PROPN": "n"}
_LINKED = 0.3  # bonus for a candidate that is linked to the match of a neighbor
_MOST_CANDIDATES = 8
_MOST_WORDS = 80  # maximum content words of a claim that are compared
_FAR = 3  # maximum steps between two words of a sentence that belong together
_ANTECEDENTS = 4


@dataclass(frozen=True, slots=True)
class Match:
    """Where a word of a claim matches in a sentence, how well (0 to 1), and in which way."""

    target: int
    worth: float
    how: How


@dataclass(frozen=True, slots=True)
class Laid:
    """A claim aligned with a sentence of a source: the match of each position that has one."""

    number: int
    sentence: Sentence
    matches: Mapping[int, Match]

    def linked(self, one: int, other: int) -> bool:
        """Return whether two positions of the claim have matches that belong together."""
        return (
            one in self.matches
            and other in self.matches
            and steps(self.sentence, self.matches[one].target, self.matches[other].target) <= _FAR
        )


def lay(claim: Sentence, source: Source, number: int) -> Laid:
    """Align a claim with a sentence."""
    sentence = source.sentence(number)
    candidates = {
        place: found
        for place in claim.content[:_MOST_WORDS]
        if (
            found := sorted(
                _candidates(claim, place, source, number, sentence), key=lambda m: -m.worth
            )[:_MOST_CANDIDATES]
        )
    }
    chosen = {place: found[0] for place, found in candidates.items()}
    near = _neighbours(claim)
    for _ in range(2):
        for place, found in candidates.items():
            if len(found) > 1:
                around = [chosen[n].target for n in near.get(place, ()) if n in chosen]
                chosen[place] = max(
                    found,
                    key=lambda match: (
                        match.worth
                        + _LINKED
                        * sum(steps(sentence, match.target, target) < _FAR for target in around)
                    ),
                )
    return Laid(number, sentence, chosen)


def steps(sentence: Sentence, one: int, other: int) -> int:
    """Count the steps between two content words in the dependency parse; 9 if too far apart."""
    ups = {}
    current: int | None = one
    for step in range(_FAR + 2):
        if current is None:
            break
        ups[current] = step
        current = _up(sentence, current)
    current = other
    for step in range(_FAR + 2):
        if current is None:
            break
        if current in ups:
            return ups[current] + step
        current = _up(sentence, current)
    return 9


def _up(sentence: Sentence, place: int) -> int | None:
    if place in sentence.heads:
        return sentence.heads[place][0]
    above = sentence.tokens[place].head
    return above if above != place else None


def _neighbours(claim: Sentence) -> Mapping[int, list[int]]:
    near: dict[int, list[int]] = {}
    for place, (head, _) in claim.heads.items():
        near.setdefault(place, []).append(head)
        near.setdefault(head, []).append(place)
    return near


def _candidates(
    claim: Sentence, place: int, source: Source, number: int, sentence: Sentence
) -> Iterator[Match]:
    counted = [n for n in sentence.content if n in sentence.quantities]
    if place in claim.days:
        dated = (n for n in sentence.content if n in sentence.days)
        stating = [n for n in dated if same_day(sentence.days[n], claim.days[place])]
    elif place in claim.quantities:
        claimed = claim.quantities[place]
        stating = [n for n in counted if states(sentence.quantities[n], claimed)]
    else:
        yield from _words(claim, place, source, sentence)
        yield from _called(claim, place, source, number, sentence)
        return
    yield from (Match(n, 1.0, "same") for n in stating)


def _words(claim: Sentence, place: int, source: Source, sentence: Sentence) -> Iterator[Match]:
    token, name = claim.tokens[place], place in claim.names
    if name:
        yield from _spelled_out(claim, place, source, sentence)
    for n in sentence.content:
        other, named = sentence.tokens[n], n in sentence.names
        counts = n in sentence.quantities and not sentence.quantities[n].ordinal
        if n in sentence.days or counts:
            continue
        if (name or named) and same_name(token, other):
            yield Match(n, 1.0, "same")
        elif not (name and named) and not acronym(token.text) and not acronym(other.text):
            worth, how = _related(claim, place, sentence, n)
            if worth:
                yield Match(n, worth, how)


def _spelled_out(
    claim: Sentence, place: int, source: Source, sentence: Sentence
) -> Iterator[Match]:
    """Match an acronym with its spelled-out words, and spelled-out words with their acronym."""
    letters = acronym(claim.tokens[place].text)
    if letters and letters in sentence.initials:
        yield Match(sentence.initials[letters][-1], 1.0, "same")
    for short, places in claim.initials.items():
        if place not in places or len(short) < 2:
            continue
        # An acronym stands for the words that the article itself uses for it.
        words = source.words_of(short)
        if not words or fold(claim.tokens[place].text) in words:
            for n in sentence.names:
                if acronym(sentence.tokens[n].text) == short:
                    yield Match(n, 1.0, "same")


def _related(claim: Sentence, place: int, sentence: Sentence, n: int) -> tuple[float, How]:
    one, other = claim.keys[place], sentence.keys[n]
    plain, plainer = claim.tokens[place].lemma, sentence.tokens[n].lemma
    if one == other or claim.tokens[place].lower == sentence.tokens[n].lower:
        return 1.0, "same"
    kinds = _KINDS.get(claim.tokens[place].pos, "vnar")
    kinds = "".join(kind for kind in kinds if kind in _KINDS.get(sentence.tokens[n].pos, "vnar"))
    found: Relation = relation(one, other, kinds) or relation(plain, plainer, kinds)
    if one != plain or other != plainer:  # "turned down" is not "turned"
        found = relation(one, other, kinds) or ("wider" if plain == plainer else found)
    if found == "opposed":
        return _WORTH["opposed"], "opposed"
    if found == "" and stem(fold(plain)) == stem(fold(plainer)):
        return _WORTH["family"], "family"
    if found == "":
        return 0.0, "same"
    return (_SYNONYM, "same") if found == "same" else (_WORTH[found], found)


def _called(
    claim: Sentence, place: int, source: Source, number: int, sentence: Sentence
) -> Iterator[Match]:
    """Match a pronoun, title or kind in one text with what it refers to in the other."""
    token, name = claim.tokens[place], place in claim.names
    known = source.descriptions()
    for n, other in enumerate(sentence.tokens):
        if other.lower in PRONOUNS and other.lower not in {
            "that",
            "which",
            "whose",
            "who",
            "whom",
            "we",
            "our",
            "us",
            "i",
            "my",
        }:
            before = [(s, p) for s, p in source.antecedents(number) if s is not sentence or p < n]
            names = [(s, p) for s, p in before if p in s.names][:_ANTECEDENTS]
            if name and any(same_name(token, s.tokens[p]) for s, p in names):
                yield Match(n, _WORTH["called"], "called")
            elif (
                not name
                and token.pos == "NOUN"
                and any(_related(claim, place, s, p)[0] > 0.8 for s, p in before[:_ANTECEDENTS])
            ):
                yield Match(n, _WORTH["called"] - 0.1, "called")
        elif name and n in sentence.content and n not in sentence.names:
            if other.pos == "NOUN" and known.get(fold(token.text), Counter())[other.lemma]:
                yield Match(n, _WORTH["called"] - 0.1, "called")
        elif not name and n in sentence.names and token.pos in {"NOUN", "ADJ"}:
            words = known.get(fold(other.text), ())
            if any(relation(word, token.lemma) == "same" for word in words):
                yield Match(n, _WORTH["called"] - 0.1, "called")
