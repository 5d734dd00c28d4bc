"""Extract figures with what they count, as ranges that can be compared."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import floor, inf, log10

from rag.text.terms import STOPWORDS, Token, plain, stem, terms

_SECONDS = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2629800,
    "year": 31557600,
}  # fmt: skip
_MONEY = frozenset("$ £ € ¥".split())
_MONEY_WORDS = {"dollar": "$", "euro": "€", "pound": "£", "yen": "¥"}
_PLURALS = frozenset("people men women children police personnel staff cattle sheep".split())
_SCALES = frozenset("hundred thousand million billion trillion m mn bn tn k".split())
# After these a figure counts something other than the same noun without them, or nothing.
_APART = frozenset(
    "another further additional extra other remaining first last next past every per each age "
    "aged article page room flight number top no of the these those".split()
)
_NO_NOUNS = frozenset(
    "olds others times ones thirds quarters halves news versus goods series".split()
)
_ABOUT = frozenset("about around some roughly approximately estimated circa almost nearly".split())
_LEAST = re.compile(r"(?:more than|over|at least|upwards of|exceed\w*|above|beyond)\s*\W?$", re.I)
_MOST = re.compile(r"(?:up to|at most|less than|fewer than|under|below|no more than)\s*\W?$", re.I)
_RANGE = re.compile(r"\d[\d.,]*\s*(?:to|or|and|-|–|—)\s*\W?$")
_ROUNDING = 0.15  # relative tolerance of a figure with "about"
_ENORMOUS = 1e15  # from here on it is not a plausible figure in news
_FAR = 3  # words after a figure in which its noun is searched


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure and what it counts.

    ``kind`` is the stem of a noun, ``seconds``, ``percent`` or money. The true value lies between
    ``low`` and ``high``: "about 100", "at least 100". ``words`` is the figure as written; ``first``
    and ``last`` are token indexes in the sentence.
    """

    value: float
    kind: str
    low: float
    high: float
    words: str
    first: int
    last: int

    @property
    def time(self) -> bool:
        """Whether it is a duration."""
        return self.kind == "seconds"

    def contradicts(self, other: "Quantity") -> bool:
        """Return whether both cannot be right about the same thing."""
        return self.kind == other.kind and (self.high < other.low or other.high < self.low)


def quantities(sentence: str) -> tuple[Quantity, ...]:
    """Return the figures of a sentence for which it is clear what they count."""
    text, tokens = plain(sentence), terms(sentence).tokens
    found = (_quantity(text, tokens, place) for place, token in enumerate(tokens) if token.number)
    return tuple(each for each in found if each)


def _quantity(text: str, tokens: Sequence[Token], place: int) -> Quantity | None:
    token = tokens[place]
    before = text[max(0, token.start - 30) : token.start]
    previous = tokens[place - 1].folded if place else ""
    value = float(token.number)
    if not value < _ENORMOUS:
        return None
    joined = bool(before) and before[-1] in "-–/:"
    if joined or previous in _APART or _RANGE.search(before):
        return None
    after = place + 1
    scaled = after < len(tokens) and tokens[after].folded in _SCALES
    after += scaled
    noun = _noun(text, tokens, after)
    money = before[-1:] if before[-1:] in _MONEY else ""
    last = after - 1
    if money:
        kind = money
    elif noun is None:
        return None
    else:
        kind, last = _kind(tokens[noun].folded), noun
        if kind in _SECONDS:
            value, kind = value * _SECONDS[kind], "seconds"
    low, high = _meant(value, before, previous)
    words = text[token.start - bool(money) : tokens[last].end]
    return Quantity(value, kind, low, high, words, place, last)


def _kind(word: str) -> str:
    one = word.removesuffix("s")
    if one in _SECONDS or word == "percent":
        return word if word == "percent" else one
    return _MONEY_WORDS.get(one) or stem(word)


def _noun(text: str, tokens: Sequence[Token], after: int) -> int | None:
    """Return the index of the plural that a figure counts: "troops" in "100,000 Russian troops"."""
    near = range(after, min(after + _FAR, len(tokens)))
    joined = takewhile(
        lambda n: text[tokens[n - 1].end : tokens[n].start].strip(" ") in {"", "-"}, near
    )
    for n in joined:
        token = tokens[n]
        if token.number or (token.folded in STOPWORDS and not token.name):
            return None
        if token.folded == "percent" or token.folded in _PLURALS:
            return n
        if token.folded.endswith("s") and not token.folded.endswith(("ss", "us", "is")):
            return None if token.folded in _NO_NOUNS or token.name else n
    return None


def _meant(value: float, before: str, previous: str) -> tuple[float, float]:
    if _LEAST.search(before):
        return value, inf
    if _MOST.search(before):
        return 0.0, value
    # 127,000 may be 127,400: it is rounded to its last nonzero digit, at least to two digits.
    digits = max(2, len(f"{value:.15g}".partition("e")[0].replace(".", "").strip("0")))
    unit = 10 ** (floor(log10(value)) - digits + 1) if value else 0.0
    rounded = value >= 100 or value != floor(value)
    off = max(unit / 2 if rounded else 0.0, _ROUNDING * value * (previous in _ABOUT))
    return value - off, value + off
