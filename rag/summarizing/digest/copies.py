"""Detect near-duplicate articles: one agency report in several papers counts once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from rag.text.terms import DAYS, MONTHS, REPEAT, alike, plain, terms
from rag.types import Article

_READ = 8000  # characters compared per article; wire copies agree from the first character
_CUT = 0.9  # share of the shorter text's words in the longer one, for truncated copies
# Minimum figure overlap of copies; templated articles, such as daily figures, differ in them.
_SAME_FIGURES = 0.75
# What a paper adds to an agency report and what counts nothing: times, phone numbers, codes.
_HOUR = r"(?:[01]?\d|2[0-3])"
_ADDED = re.compile(
    rf"\b{_HOUR}(?::[0-5]\d){{1,2}}\b"
    rf"|\b{_HOUR}(?:\.[0-5]\d)?\s?(?:[ap]\.?m\b|(?-i:GMT|UTC|BST|[CEMPW][DES][DES]?T)\b)"
    rf"|\bat {_HOUR}\.[0-5]\d\b(?!\s*(?!on\b)\w)"
    r"|(?:\+|\b0|\(0)\d[\d ()-]{6,}\d\b"
    r"|\b(?:1[-.])?\d{3}[-.]\d{3}[-.]\d{4}\b|\b\d{3}-\d{4}\b"
    r"|\b[^\W\d_]+\d+\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Words:
    """Features for comparing articles; ``figures`` are the numbers that may be counts."""

    stems: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]
    figures: frozenset[str]


@lru_cache(maxsize=512)
def words_of(article: Article) -> Words:
    """Return the features of an article's beginning, without its title: papers write their own."""
    # Bypass the cache: the terms of whole articles would evict those of sentences.
    found = terms.__wrapped__(article.text[:_READ])
    names = found.names - DAYS - frozenset(MONTHS)
    left = _ADDED.sub(lambda added: " " * len(added[0]), plain(article.text[:_READ]))
    figures = frozenset(t.number for t in found.tokens if t.number and left[t.start] != " ")
    return Words(found.stems, names, found.numbers, figures)


def copies(one: Words, other: Words) -> bool:
    """Return whether two articles use the same words or one is a truncated copy of the other."""
    if min(len(one.figures), len(other.figures)) and not _figures_agree(one, other):
        return False
    if alike(one.stems, other.stems) > REPEAT:
        return True
    fewer = min(len(one.stems), len(other.stems))
    return fewer > 40 and len(one.stems & other.stems) > _CUT * fewer


def _figures_agree(one: Words, other: Words) -> bool:
    fewer = min(len(one.figures), len(other.figures))
    return len(one.figures & other.figures) >= _SAME_FIGURES * fewer


def originals(articles: Sequence[Article], words: Sequence[Words]) -> list[list[int]]:
    """Group the indexes of copies; each group starts with the earliest article, ties by length."""
    order = sorted(range(len(articles)), key=lambda place: _age(articles[place]))
    groups: list[list[int]] = []
    for place in order:
        own = next((g for g in groups if copies(words[g[0]], words[place])), None)
        if own is None:
            groups.append([place])
        else:
            own.append(place)
    return groups


def _age(article: Article) -> tuple[date, int]:
    return article.published or date.max, -len(article.text)
