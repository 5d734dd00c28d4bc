"""Where one article denies what another says: two sentences that are the same but for a "not"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rag.digest.days import day_of
from rag.digest.disagree import READ, SAYING, papers_differ
from rag.terms import Terms, alike, terms
from rag.text import sentences
from rag.types import Article
from rag.verify.source import denied

_SAME = 0.7  # of the words of both sentences together
_LEAST = 5  # words that both share
_LONGEST = 40  # words of a sentence
# Who says so, or on what condition, may differ: then both may be right.
_OPEN = re.compile(
    rf"{SAYING}|[\"“”‘?]|\b(?:if|whether|unless|could|may|might|would|should|deny|denies|denied|only"
    r"|until|yet|still|but)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of an article, ``article.text[start:end]``, that says something flatly."""

    article: Article
    start: int
    end: int
    day: date | None
    terms: Terms
    denied: frozenset[str]


def denials(articles: Sequence[Article]) -> tuple[tuple[Told, Told], ...]:
    """Pairs of sentences of one day, of which one denies what the other says; each is in one pair."""
    told = [each for article in articles for each in _told(article)]
    found: list[tuple[Told, Told]] = []
    used = set[int]()
    for place, denying in enumerate(told):
        if not denying.denied:
            continue
        for other, saying in enumerate(told):
            if not used & {place, other} and _opposed(denying, saying):
                used |= {place, other}
                found.append((denying, saying) if place < other else (saying, denying))
    return tuple(found)


def _told(article: Article) -> Iterator[Told]:
    text = article.text[:READ]
    for start, end in sentences(text):
        sentence = text[start:end]
        if not _OPEN.search(sentence) and len(sentence.split()) <= _LONGEST:
            heard = terms(sentence)
            day = day_of(sentence, article.published)
            yield Told(article, start, end, day, heard, denied(heard))


def _opposed(denying: Told, saying: Told) -> bool:
    one, other = denying.terms, saying.terms
    return (
        denying.article.id != saying.article.id
        and not saying.denied
        and denying.day is not None
        and denying.day == saying.day
        and bool(denying.denied & other.stems)
        and one.names == other.names
        and one.numbers == other.numbers
        and len(one.stems & other.stems) >= _LEAST
        and alike(one.stems, other.stems) >= _SAME
        and papers_differ(denying.article, saying.article)
    )
