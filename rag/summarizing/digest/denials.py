"""Find where one article denies another: pairs of sentences that differ in a negation."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rag.check.wording import denied
from rag.summarizing.digest.days import day_of
from rag.summarizing.digest.disagree import READ, SAYING, papers_differ
from rag.text import sentences
from rag.text.terms import Terms, alike, terms
from rag.types import Article

_SAME = 0.7  # minimum Jaccard similarity of the words of both sentences
_LEAST = 5  # minimum number of shared words
_COMPARED = 200  # maximum candidates compared with a denying sentence, from the newest articles
_LONGEST = 40  # maximum words of a sentence
# Different sources or conditions may both be right.
_OPEN = re.compile(
    rf"{SAYING}|[\"“”‘?]|\b(?:if|whether|unless|could|may|might|would|should|deny|denies|denied|only"
    r"|until|yet|still|but)\b",
    re.I,
)
_Frame = tuple[date | None, frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Told:
    """A flat statement of an article, ``article.text[start:end]``."""

    article: Article
    start: int
    end: int
    day: date | None
    terms: Terms
    denied: frozenset[str]


def denials(articles: Sequence[Article]) -> tuple[tuple[Told, Told], ...]:
    """Return pairs of same-day sentences, one denying the other, each in at most one pair."""
    told = [each for article in articles for each in _told(article)]
    saying: dict[tuple[_Frame, str], list[int]] = {}
    for place, each in enumerate(told):
        for stem in () if each.denied else each.terms.stems:
            saying.setdefault((_frame(each), stem), []).append(place)
    found: list[tuple[Told, Told]] = []
    used = set[int]()
    for place, denying in enumerate(told):
        near = {n for stem in denying.denied for n in saying.get((_frame(denying), stem), ())}
        for other in sorted(near - used)[-_COMPARED:]:
            if _opposed(denying, told[other]):
                used |= {place, other}
                first, last = sorted((place, other))
                found.append((told[first], told[last]))
                break
    return tuple(found)


def _frame(told: Told) -> _Frame:
    """Return what a sentence must share with one that denies it: day, names and figures."""
    return told.day, told.terms.names, told.terms.numbers


def _told(article: Article) -> Iterator[Told]:
    text = article.text[:READ]
    for start, end in sentences(text):
        sentence = text[start:end]
        if not _OPEN.search(sentence) and len(sentence.split()) <= _LONGEST:
            heard = terms(sentence)
            day = day_of(sentence, article.published)
            yield Told(article, start, end, day, heard, denied(heard))


def _opposed(denying: Told, saying: Told) -> bool:
    one, other = denying.terms.stems, saying.terms.stems
    return (
        denying.article.id != saying.article.id
        and denying.day is not None
        and len(one & other) >= _LEAST
        and alike(one, other) >= _SAME
        and papers_differ(denying.article, saying.article)
    )
