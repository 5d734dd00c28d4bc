"""Find contradictions: sentences about the same thing on the same day that cannot both be right.

A false contradiction is worse than a missed one, so a pair must pass every test: both count the
same noun and share most words, at least one side has no names of its own, and neither article
contains the other's figure. A figure of a later day is a change, not a contradiction.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from urllib.parse import urlsplit

from rag.summarizing.digest.days import day_of
from rag.summarizing.digest.quantities import Quantity, quantities
from rag.text import sentences
from rag.text.terms import DAYS, MONTHS, STOPWORDS, Token, terms
from rag.types import Article

READ = 12_000  # characters compared per article
_LONGEST = 60  # maximum words of a compared sentence
_PREFIX = 5  # letters compared, so that "Russia" and "Russian" match
_SHARED = 0.6  # minimum share of the shorter side's words, without the counted noun
_LEAST = 3  # minimum number of shared words
_FACTS = 200  # facts compared per noun, those of the newest articles
_NAMES = 2  # minimum shared names of two facts about the duration of a meeting
_CLAUSE = re.compile(r";\s+|,\s+(?:and|but|while|whereas|although|though)\s+", re.I)
SAYING = (
    r"\b(?:said|says|say|told|estimated?s?|report(?:s|ed)|confirmed|announced|believed?s?"
    r"|claim(?:s|ed)|according to)\b"
)
_SAID = re.compile(
    rf"^.{{0,80}}?{SAYING}(?:\s+on\s+\w+)?(?:\s+that)?\s+|,[^,]{{0,80}}{SAYING}[^,]*$", re.I
)
_HOURLY = re.compile(r"\bas of\b|\d [ap]\.?m\b", re.I)  # true only at that hour
_LEANS = frozenset("they their it its he his she her this these both the".split())
_ANYTHING = frozenset("peopl person men women children percent $ £ € ¥ case".split())
_MEETING = frozenset("meet met talk convers session discuss spoke sat negoti summit".split())
_CALL = frozenset("phone telephon call video".split())
_SPAN = re.compile(
    r"\b(?:since|so far|total|altogether|overall|combined|record|average|annual|a (?:day|week|month|year))\b",
    re.I,
)
_HEDGES = frozenset("least most nearly almost roughly around approximately estimated".split())
_DEEDS = dict.fromkeys("die dead death deadli fatal kill".split(), "kill")
_DEEDS |= dict.fromkeys("hurt injur injuri wound".split(), "hurt")
_TIMES = DAYS | frozenset(MONTHS)


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure of an article; ``article.text[start:end]`` is its sentence.

    ``words`` are the words of its clause; ``near`` the last word before the figure and the first
    after it; ``names`` the names among the words; ``own`` the names without those of whoever says
    it; ``span`` what the clause says about the period over which it counts.
    """

    article: Article
    start: int
    end: int
    day: date | None
    quantity: Quantity
    words: frozenset[str]
    near: frozenset[str]
    names: frozenset[str]
    own: frozenset[str]
    span: frozenset[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two facts that cannot both be right at one moment, the earlier day first."""

    one: Fact
    other: Fact
    likeness: float

    @property
    def at_once(self) -> bool:
        """Whether both facts are of the same day; if not, the later one is news."""
        return self.one.day == self.other.day


def contradictions(articles: Sequence[Article]) -> tuple[Pair, ...]:
    """Return pairs of contradicting facts from different articles, the most similar first.

    Each sentence is in at most one pair. Facts without a known day are skipped.

    Args:
        articles: articles of one story, oldest first.
    """
    facts = [fact for article in articles for fact in facts_of(article) if fact.day]
    kinds: dict[str, list[Fact]] = {}
    for fact in facts:
        kinds.setdefault(fact.quantity.kind, []).append(fact)
    found = [pair for same in kinds.values() for pair in _pairs(same[-_FACTS:])]
    found.sort(key=lambda pair: -pair.likeness)
    holds = cache(_all_quantities)
    used = set[tuple[str, int]]()
    kept = []
    for pair in found:
        places = {(each.article.id, each.start) for each in (pair.one, pair.other)}
        if (
            not places & used
            and not _holds(holds(pair.one.article), pair.other.quantity)
            and not _holds(holds(pair.other.article), pair.one.quantity)
        ):
            used |= places
            kept.append(pair)
    return tuple(kept)


def facts_of(article: Article) -> Iterator[Fact]:
    """Yield the figures of an article for which it is clear what they count."""
    text = article.text[:READ]
    named = terms.__wrapped__(text).names
    before = ""
    for start, end in sentences(text):
        sentence = text[start:end]
        counted = Counter(quantity.kind for quantity in quantities(sentence))
        if counted and len(sentence.split()) <= _LONGEST and not _HOURLY.search(sentence):
            day = day_of(sentence, article.published)
            for clause in _CLAUSE.split(sentence):
                for quantity in quantities(clause):
                    # With two figures for one noun it is unclear which is which.
                    if counted[quantity.kind] == 1:
                        heard = _Heard(clause, before, named)
                        yield heard.fact(article, start, end, day, quantity)
        before = sentence


@dataclass(frozen=True, slots=True)
class _Heard:
    """A clause with the sentence before it and the names in its article."""

    clause: str
    before: str
    named: frozenset[str]

    def fact(
        self, article: Article, start: int, end: int, day: date | None, quantity: Quantity
    ) -> Fact:
        """Build the fact for a figure of the clause."""
        tokens = terms(self.clause).tokens
        counted = tokens[quantity.last].stem
        content = [token for token in tokens if _tells(token) and token.stem != counted]
        names = self.names(self.clause)
        if quantity.time and tokens[0].folded in _LEANS:
            names |= self.names(self.before)  # "Their talks lasted": the sentence before says whose
        words = frozenset(map(self.key, content)) | names
        own = self.names(_SAID.sub("", self.clause))
        span = frozenset(map(str.casefold, _SPAN.findall(self.clause)))
        near = self.near(content, tokens[quantity.first].start)
        return Fact(article, start, end, day, quantity, words, near, names, own, span)

    def near(self, content: Sequence[Token], place: int) -> frozenset[str]:
        """Return the non-name words next to the figure: what happened to those who are counted."""
        told = [
            token for token in content if token.folded not in _HEDGES and not self.names_one(token)
        ]
        before = [token.stem for token in told if token.start < place][-1:]
        after = [token.stem for token in told if token.start > place][:1]
        return frozenset(_DEEDS.get(stem, stem) for stem in before + after)

    def names(self, text: str) -> frozenset[str]:
        """Return the names of a text, each truncated to its first letters."""
        tokens = terms(text).tokens
        return frozenset(self.key(each) for each in tokens if self.names_one(each) and _tells(each))

    def names_one(self, token: Token) -> bool:
        """Return whether a word is a name; a capital at the start of a sentence is no evidence."""
        return token.name or (token.start == 0 and token.folded in self.named)

    def key(self, token: Token) -> str:
        """Return the form in which a word is compared."""
        capital = token.start == 0 and self.clause[:1].isupper()
        return token.folded[:_PREFIX] if capital or self.names_one(token) else token.stem


def _tells(token: Token) -> bool:
    return not token.number and token.folded not in STOPWORDS and token.folded not in _TIMES


def _pairs(facts: Sequence[Fact]) -> Iterator[Pair]:
    """Yield the contradicting pairs among facts of one kind."""
    for place, one in enumerate(facts):
        for other in facts[place + 1 :]:
            if (
                one.article.id != other.article.id
                and one.quantity.contradicts(other.quantity)
                and (likeness := _likeness(one, other))
                and (one.day != other.day or papers_differ(one.article, other.article))
            ):
                first, last = sorted((one, other), key=_when)
                yield Pair(first, last, likeness)


def _when(fact: Fact) -> tuple[date, date]:
    return fact.day or date.min, fact.article.published or date.min


def _likeness(one: Fact, other: Fact) -> float:
    """Return how surely two facts concern the same thing, 0 to 1; 0 if not surely enough."""
    both = one.words & other.words
    names = one.names & other.names
    if (one.own - other.names) and (other.own - one.names):
        return 0.0  # each side has a person or place of its own
    if one.span != other.span:
        return 0.0  # they count over different periods
    share = len(both) / max(1, min(len(one.words), len(other.words)))
    if one.quantity.time:
        met = one.words & _MEETING and other.words & _MEETING
        called = _CALL & (one.words ^ other.words)
        return share if met and not called and len(names) >= _NAMES else 0.0
    if one.quantity.kind in _ANYTHING and not one.near & other.near:
        return 0.0
    enough = share >= _SHARED and len(both) >= _LEAST and bool(both - names)
    return share if enough else 0.0


def _all_quantities(article: Article) -> Mapping[str, Sequence[Quantity]]:
    """Group the figures of an article by what they count."""
    text, found = article.text[:READ], dict[str, list[Quantity]]()
    for each in (each for a, b in sentences(text) for each in quantities(text[a:b])):
        found.setdefault(each.kind, []).append(each)
    return found


def _holds(figures: Mapping[str, Sequence[Quantity]], quantity: Quantity) -> bool:
    """Return whether an article has a compatible figure too, which rules out a contradiction."""
    return not all(each.contradicts(quantity) for each in figures.get(quantity.kind, ()))


def papers_differ(one: Article, other: Article) -> bool:
    """Return whether two articles may come from different papers."""
    papers = [each.publisher.casefold() or urlsplit(each.url).hostname for each in (one, other)]
    return papers[0] != papers[1] or None in papers
