"""Find what the figures of a sentence count, as ranges of values that can be compared."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import floor, inf, log10

from rag.check.quantities import Quantity, quantities
from rag.text.terms import STOPWORDS, Token, plain, stem

_PLURALS = frozenset("people men women children police personnel staff cattle sheep".split())
# After these a figure counts something other than the same noun without them, or nothing.
_APART = frozenset(
    "another further additional extra other remaining first last next past every per each age aged "
    "article page room flight number top no of the these those beyond exceed exceeds exceeded".split()
)
_NO_NOUNS = frozenset(
    "olds others times ones thirds quarters halves news versus goods series".split()
)
# A part of a range, a date or a code, or the same in another unit in parentheses.
_JOINED = re.compile(r"(?:\d[.,]*\s*(?:to|or|and|-|–|—)\s*|[-–/:(])\Z")
_RANGE = re.compile(r"\s*(?:to|or|and|-|–|—)\s*\d")
# A unit in the singular describes something else: "the 20-year-old", "a 50-mile road".
_SINGULAR = re.compile(r"[a-z]{4}(?<!s)(?<!percent)(?<!feet)\Z", re.I)
_CONVERTED = frozenset("m m/h g l ha deg degF".split())
_CONVERSION = 0.05  # relative tolerance of measures, which papers convert and round
_ROUNDING = 0.15  # relative tolerance of a figure with "about" or "nearly"
_ENORMOUS = 1e15  # from here on it is not a plausible figure in news
_FAR = 3  # words after a figure in which its noun is searched


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and what it counts.

    ``kind`` is the stem of a noun or a unit of :mod:`rag.check.quantities`. The true value lies
    between ``low`` and ``high``: "about 100", "at least 100". ``words`` is the figure as written;
    ``first`` and ``last`` are token indexes in the sentence.
    """

    kind: str
    low: float
    high: float
    words: str
    first: int
    last: int

    @property
    def time(self) -> bool:
        """Whether it is a duration."""
        return self.kind in {"s", "mo"}

    @property
    def general(self) -> bool:
        """Whether it is money or a share, which anything can have."""
        return self.kind == "%" or self.kind.isupper()

    def contradicts(self, other: "Figure") -> bool:
        """Return whether both cannot be right about the same thing."""
        return self.kind == other.kind and (self.high < other.low or other.high < self.low)


def figures(sentence: str, tokens: Sequence[Token]) -> tuple[Figure, ...]:
    """Return the figures of a sentence, with these tokens, for which it is clear what they count."""
    if not any(token.number for token in tokens):
        return ()
    text = plain(sentence)
    found = (_figure(text, tokens, each) for each in quantities(text))
    return tuple(each for each in found if each)


def _figure(text: str, tokens: Sequence[Token], found: Quantity) -> Figure | None:
    if found.ordinal or found.second is not None or found.unit == "part" or found.value < 0:
        return None
    first = next(n for n, token in enumerate(tokens) if token.end > found.start)
    apart = first and tokens[first - 1].folded in _APART
    joined = _JOINED.search(text[: found.start]) or _RANGE.match(text, found.end)
    if apart or joined or not found.value < _ENORMOUS:
        return None
    after = next((n for n, token in enumerate(tokens) if token.start >= found.end), len(tokens))
    last, kind = after - 1, found.unit
    if not kind:
        noun = _noun(text, tokens, after)
        if noun is None:
            return None
        last, kind = noun, stem(tokens[noun].folded)
    elif not kind.isupper() and _SINGULAR.search(text[found.start : found.end]):
        return None
    words = text[found.start : max(found.end, tokens[last].end)]
    return Figure(kind, *_possible(found), words.rstrip("."), first, last)


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
        if token.folded in _PLURALS:
            return n
        if token.folded.endswith("s") and not token.folded.endswith(("ss", "us", "is")):
            return None if token.folded in _NO_NOUNS or token.name else n
    return None


def _possible(found: Quantity) -> tuple[float, float]:
    """Return the least and the greatest value that a figure may mean."""
    value = found.value
    if found.bound in {"least", "over"}:
        return value, inf
    if found.bound == "most":
        return -inf, value
    # 127,000 may be 127,400: it is rounded to its last nonzero digit, at least to two digits.
    digits = max(2, len(f"{value:.15g}".partition("e")[0].replace(".", "").strip("0")))
    unit = 10 ** (floor(log10(value)) - digits + 1) if value else 0.0
    off = unit / 2 if value >= 100 or value != floor(value) else 0.0
    if found.bound in {"about", "under"}:
        off = max(off, _ROUNDING * value)
    elif found.unit in _CONVERTED:
        off = max(off, _CONVERSION * value)
    return value - off, value + off
