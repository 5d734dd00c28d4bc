"""Near-identical articles: one agency's report in several papers counts once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.terms import DAYS, MONTHS, REPEAT, alike, terms
from rag.types import Article

_READ = 8000  # characters of an article that are compared; wire copies agree from the first on
_CUT = 0.9  # share of the shorter text's words in the longer one, which goes on where it was cut
_SAME_NUMBERS = 0.75  # of copies; articles of one mould, such as daily figures, differ in them


@dataclass(frozen=True, slots=True)
class Words:
    """What an article is compared by."""

    stems: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[str]


def words_of(article: Article) -> Words:
    """The words of an article's beginning, its title not among them: papers write their own."""
    # Not kept: the words of whole articles would push those of sentences out of the memory of terms.
    found = terms.__wrapped__(article.text[:_READ])
    return Words(found.stems, found.names - DAYS - frozenset(MONTHS), found.numbers)


def copies(one: Words, other: Words) -> bool:
    """Whether two articles tell the same in the same words, or one is the other cut short."""
    if min(len(one.numbers), len(other.numbers)) and not _numbers_agree(one, other):
        return False
    if alike(one.stems, other.stems) > REPEAT:
        return True
    fewer = min(len(one.stems), len(other.stems))
    return fewer > 40 and len(one.stems & other.stems) > _CUT * fewer


def _numbers_agree(one: Words, other: Words) -> bool:
    fewer = min(len(one.numbers), len(other.numbers))
    return len(one.numbers & other.numbers) >= _SAME_NUMBERS * fewer


def originals(articles: Sequence[Article], words: Sequence[Words]) -> list[list[int]]:
    """The places of the articles in groups of copies, in each the earliest and longest text first."""
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
