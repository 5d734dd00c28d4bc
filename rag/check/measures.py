"""Measure a claim against its source: a few numbers that separate true claims from false ones."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rag.check.pieces import Path, align
from rag.check.proof import Proof
from rag.check.wording import ArticleWords, Word, as_words, as_written, words_of
from rag.text.terms import terms

# Counts are capped, so that no single one decides about a long claim.
_MOST, _MOST_NUMBERS = 5.0, 2.0
_NEAR = 4  # maximum distance of two words in order that count as joined, for less than neighbors
_NEARLY = 0.8
_EMPTY_JOINT = 0.5
# A joint in a claim of five words must not weigh four times as much as in one of twenty.
_FREE_JOINTS = 10.0
_HE = ("he", "she", "it", "they")


def measured(sentence: str, proof: Proof) -> dict[str, float]:
    """Return the features of a claim against the article of its best quote, if it has one."""
    written = as_written(sentence)
    words = as_words(written)
    if not words or not proof.laid:
        return {}
    claimed, source = terms(written), words_of(proof.laid[0][0].article)
    # News may open a sentence with "he" where a claim opens with the name.
    spared = frozenset((claimed.subject | {claimed.opening}) & source.folded)
    return measure(words, source, spared)


def measure(
    claim: Sequence[Word], source: ArticleWords, spared: frozenset[str]
) -> dict[str, float]:
    """Return the features of a claim of at least one word, by name.

    - ``joined``: share of its adjacent word pairs that are adjacent in the source, or nearly;
    - ``held``: weighted share of its content words in the sentence that contains most of them;
    - ``replaced``: weighted share of its words in whose place the source has other content words;
    - ``figures``: count of its numbers that are not in the source;
    - ``negator``: one of its negators has no match in the source;
    - ``repeats``: content words that it repeats more often than any sentence of the source;
    - ``ending``: its last word has no match.

    Args:
        claim: its words.
        source: the source it is compared with.
        spared: folded words by which the claim names its subject and which the article contains; a
            "he" or "she" of the source may refer to them.
    """
    path = align(claim, source, spared)
    content = [i for i, word in enumerate(claim) if not word.empty]
    keys = [claim[i].key for i in content]
    holders = [_holders(claim[i], source, spared) for i in content]
    return {
        "joined": _joined(claim, source, spared),
        "held": _best_share(keys, holders, source),
        "replaced": _replaced(claim, path, source),
        "figures": min(_MOST_NUMBERS, sum(w.number and w.key not in source.places for w in claim)),
        "negator": float(any(w.denies and path[i] is None for i, w in enumerate(claim))),
        "repeats": min(_MOST, _repeats(keys, source)),
        "ending": float(path[-1] is None),
    }


def _holders(word: Word, source: ArticleWords, spared: frozenset[str]) -> frozenset[int]:
    """Return the sentences that contain a word, or a pronoun in its place."""
    found = source.holders.get(word.key, frozenset())
    return found | source.pronouns if word.folded in spared else found


def _joined(claim: Sequence[Word], source: ArticleWords, spared: frozenset[str]) -> float:
    found = total = _FREE_JOINTS
    for one, other in pairwise(claim):
        weight = _EMPTY_JOINT if one.empty or other.empty else 1.0
        total += weight
        if (one.key, other.key) in source.pairs or (
            one.folded in spared and any((he, other.key) in source.pairs for he in _HE)
        ):
            found += weight
        elif _near(one.key, other.key, source):
            found += _NEARLY * weight
    return found / total if claim[1:] or claim[0].key in source.places else 0.0


def _near(one: str, other: str, source: ArticleWords) -> bool:
    ends = set(source.places.get(other, ()))
    return bool(ends) and any(
        place + step in ends and source.sentence_of[place] == source.sentence_of[place + step]
        for place in source.places.get(one, ())
        for step in range(1, _NEAR + 1)
    )


def _best_share(
    keys: Sequence[str], holders: Sequence[frozenset[int]], source: ArticleWords
) -> float:
    total, found = 0.0, dict[int, float]()
    for key, numbers in zip(keys, holders, strict=True):
        weight = source.weight(key)
        total += weight
        for number in numbers:
            found[number] = found.get(number, 0.0) + weight
    return max(found.values(), default=0.0) / total if total else 1.0


def _repeats(keys: Sequence[str], source: ArticleWords) -> int:
    again = 0
    for key, times in Counter(keys).items():
        if times > 1:
            there = Counter(source.sentence_of[place] for place in source.places.get(key, ()))
            again += max(0, times - max(there.values(), default=1))
    return again


def _replaced(claim: Sequence[Word], path: Path, source: ArticleWords) -> float:
    """Return the weight share of missing words between matches that are as close in the source."""
    weights = [0.0 if word.empty else source.weight(word.key) for word in claim]
    total, found, last = sum(weights), 0.0, -1
    for i, place in enumerate(path):
        if place is None:
            continue
        before = path[last] if last >= 0 else None
        if before is not None and i - last > 1 and 1 < place - before <= i - last + 3:
            between = source.words[before + 1 : place]
            if any(not word.empty for word in between):
                found += sum(weights[last + 1 : i])
        last = i
    return found / total if total else 0.0
