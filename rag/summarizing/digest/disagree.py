"""Find contradictions: sentences about the same thing on the same day that cannot both be right.

A false contradiction is worse than a missed one, so a pair must pass every test: both count the
same noun and share most words, at least one side has no names of its own, and neither article
contains the other's figure. A figure of a later day is a change, not a contradiction.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rag.summarizing.digest.figures import Figure
from rag.summarizing.digest.reading import Reading, Statement, papers_differ
from rag.text.terms import DAYS, MONTHS, STOPWORDS, Token, plain
from rag.types import Article

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
_ANYTHING = frozenset("peopl person men women children case".split())
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
    """A figure of a sentence, with what decides whether it is comparable with another.

    ``words`` are the words of its clause; ``near`` the last word before the figure and the first
    after it; ``names`` the names among the words; ``own`` the names without those of whoever says
    it; ``span`` what the clause says about the period over which it counts.
    """

    statement: Statement
    figure: Figure
    words: frozenset[str]
    near: frozenset[str]
    names: frozenset[str]
    own: frozenset[str]
    span: frozenset[str]

    @property
    def article(self) -> Article:
        """The article of its sentence."""
        return self.statement.article

    @property
    def day(self) -> date | None:
        """The day of its sentence."""
        return self.statement.day


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


def contradictions(readings: Iterable[Reading]) -> tuple[Pair, ...]:
    """Return pairs of contradicting facts from different articles, the most similar first.

    Each sentence is in at most one pair. Facts without a known day are skipped.

    Args:
        readings: articles about one thing, oldest first.
    """
    by_id = {reading.article.id: reading for reading in readings}
    kinds: dict[str, list[Fact]] = {}
    for fact in (fact for reading in by_id.values() for fact in _facts(reading)):
        kinds.setdefault(fact.figure.kind, []).append(fact)
    found = [pair for same in kinds.values() for pair in _pairs(same[-_FACTS:])]
    found.sort(key=lambda pair: -pair.likeness)
    used = set[Statement]()
    chosen: list[Pair] = []
    for pair in found:
        pairing = {pair.one.statement, pair.other.statement}
        if not pairing & used and not (
            _has(by_id[pair.one.article.id], pair.other.figure)
            or _has(by_id[pair.other.article.id], pair.one.figure)
        ):
            used |= pairing
            chosen.append(pair)
    return tuple(chosen)


def _has(reading: Reading, figure: Figure) -> bool:
    """Return whether an article has a compatible figure too, which rules out a contradiction."""
    return not all(each.contradicts(figure) for each in reading.figures.get(figure.kind, ()))


def _facts(reading: Reading) -> Iterator[Fact]:
    """Yield the facts of an article whose day is known."""
    before: Sequence[Token] = ()
    for statement in reading.statements:
        counted = Counter(figure.kind for figure in statement.figures)
        for figure in statement.figures:
            # With two figures for one noun it is unclear which is which.
            if counted[figure.kind] == 1 and _comparable(statement):
                yield _Clause(statement, figure, reading).fact(before)
        before = statement.terms.tokens


def _comparable(statement: Statement) -> bool:
    short = len(statement.text.split()) <= _LONGEST
    return short and not _HOURLY.search(statement.text) and statement.day is not None


class _Clause:
    """The clause of a sentence that contains a figure."""

    def __init__(self, statement: Statement, figure: Figure, reading: Reading) -> None:
        tokens = statement.terms.tokens
        text, place = plain(statement.text), tokens[figure.first].start
        borders = [found.span() for found in _CLAUSE.finditer(text)]
        self.start = max((end for _, end in borders if end <= place), default=0)
        self.end = min((start for start, _ in borders if start > place), default=len(text))
        self.text = text[self.start : self.end]
        self.tokens = [token for token in tokens if self.start <= token.start < self.end]
        self.statement, self.figure, self.named = statement, figure, reading.names

    def fact(self, before: Sequence[Token]) -> Fact:
        """Return the fact; ``before`` are the words of the preceding sentence."""
        counted = self.statement.terms.tokens[self.figure.last].stem
        content = [each for each in self.tokens if _is_content_word(each) and each.stem != counted]
        names = self._names(self.tokens)
        if self.figure.time and self.tokens[0].folded in _LEANS:
            names |= self._names(before)  # "Their talks lasted": the sentence before says whose
        reporting = [found.span() for found in _SAID.finditer(self.text)]
        own = [
            t for t in self.tokens if not any(a <= t.start - self.start < b for a, b in reporting)
        ]
        return Fact(
            self.statement,
            self.figure,
            words=frozenset(map(self._key, content)) | names,
            near=self._near(content),
            names=names,
            own=self._names(own),
            span=frozenset(map(str.casefold, _SPAN.findall(self.text))),
        )

    def _near(self, content: Sequence[Token]) -> frozenset[str]:
        """Return the non-name words next to the figure: what happened to those who are counted."""
        place = self.statement.terms.tokens[self.figure.first].start
        words = [each for each in content if each.folded not in _HEDGES and not self._is_name(each)]
        before = [token.stem for token in words if token.start < place][-1:]
        after = [token.stem for token in words if token.start > place][:1]
        return frozenset(_DEEDS.get(stem, stem) for stem in before + after)

    def _names(self, tokens: Sequence[Token]) -> frozenset[str]:
        return frozenset(
            self._key(each) for each in tokens if self._is_name(each) and _is_content_word(each)
        )

    def _is_name(self, token: Token) -> bool:
        """Return whether a word is a name; a capital at the start of a sentence is no evidence."""
        return token.name or (token.start == 0 and token.folded in self.named)

    def _key(self, token: Token) -> str:
        """Return the form in which a word is compared."""
        capital = token.start == 0 and self.statement.text[:1].isupper()
        return token.folded[:_PREFIX] if capital or self._is_name(token) else token.stem


def _is_content_word(token: Token) -> bool:
    return not token.number and token.folded not in STOPWORDS and token.folded not in _TIMES


def _pairs(facts: Sequence[Fact]) -> Iterator[Pair]:
    """Yield the contradicting pairs among facts of one kind."""
    for place, one in enumerate(facts):
        for other in facts[place + 1 :]:
            if (
                one.article.id != other.article.id
                and one.figure.contradicts(other.figure)
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
    if one.figure.time:
        met = one.words & _MEETING and other.words & _MEETING
        called = _CALL & (one.words ^ other.words)
        return share if met and not called and len(names) >= _NAMES else 0.0
    anything = one.figure.general or one.figure.kind in _ANYTHING
    if anything and not one.near & other.near:
        return 0.0
    enough = share >= _SHARED and len(both) >= _LEAST and bool(both - names)
    return share if enough else 0.0
