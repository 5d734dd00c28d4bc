"""Find where one article denies another: pairs of sentences that differ in a negation."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from rag.check import Checker
from rag.llm.portions import excerpt
from rag.summarizing.digest.disagree import SAYING
from rag.summarizing.digest.reading import Reading, Statement, papers_differ
from rag.text import as_article
from rag.text.terms import NEGATORS, alike

_SAME = 0.7  # minimum Jaccard similarity of the words of both sentences
_LEAST = 5  # minimum number of shared words
_COMPARED = 200  # maximum sentences compared with a denying one, from the newest articles
_LONGEST = 40  # maximum words of a sentence
# Different sources or conditions may both be right.
_OPEN = re.compile(
    rf"{SAYING}|[\"“”‘?]|\b(?:if|whether|unless|could|may|might|would|should|deny|denies|denied|only"
    r"|until|yet|still|but)\b",
    re.I,
)
_Frame = tuple[date, frozenset[str], frozenset[str]]


def denials(readings: Sequence[Reading], checker: Checker) -> Iterator[tuple[Statement, Statement]]:
    """Yield pairs of same-day sentences, one denying the other, each in at most one pair.

    Args:
        readings: the articles of a story, oldest first.
        checker: parses pairs that differ in little but a negation, to see what is negated.
    """
    flat = list(filter(_flat, (each for reading in readings for each in reading.statements)))
    saying: dict[_Frame, list[int]] = {}
    for place, each in enumerate(flat):
        if each.day and not _negated(each):
            saying.setdefault(_frame(each, each.day), []).append(place)
    used = set[int]()
    for place, denying in enumerate(flat):
        if not denying.day or not _negated(denying):
            continue
        near = [n for n in saying.get(_frame(denying, denying.day), ()) if n not in used]
        for other in near[-_COMPARED:]:
            if _opposed(denying, flat[other], checker):
                used.add(other)
                yield flat[min(place, other)], flat[max(place, other)]
                break


def _flat(statement: Statement) -> bool:
    """Return whether a sentence states something as a fact, in not too many words."""
    return not _OPEN.search(statement.text) and len(statement.text.split()) <= _LONGEST


def _frame(statement: Statement, day: date) -> _Frame:
    """Return what a sentence must share with one that denies it: day, names and figures."""
    return day, statement.terms.names, statement.terms.numbers


def _negated(statement: Statement) -> bool:
    words = statement.terms.folded
    return bool(words & NEGATORS) or any(word.endswith("n't") for word in words)


def _opposed(denying: Statement, saying: Statement, checker: Checker) -> bool:
    one, other = denying.terms.stems, saying.terms.stems
    if (
        len(one & other) < _LEAST
        or alike(one, other) < _SAME
        or not papers_differ(denying.article, saying.article)
        or denying.article.id == saying.article.id
    ):
        return False
    alone = as_article(saying.text)
    shown = excerpt(alone, 1, 0, len(alone.text))
    # It is a "doubt" where the denied word is no verb: "is not open".
    return bool(checker.evidence(denying.text, (shown,)).kinds & {"denial", "doubt"})
