"""The kind of answer a question expects: a name, a number, a time, or any new words."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from rag.text.terms import DAYS, MONTHS, Terms

_TIMES = DAYS.union(
    MONTHS,
    "today yesterday tomorrow tonight day days week weeks month months year years hours".split(),
)
_NUMBERS = re.compile(
    r"\bhow (?:many|much|long|old|far|big|high|large|fast|often|tall)\b"
    r"|\b(?:what|which) (?:percentage|percent|share|number|amount|age|price)\b",
    re.I,
)
_WHEN = re.compile(r"\bwhen\b|\b(?:what|which) (?:day|date|year|month|week|time)\b", re.I)
_NAMES = re.compile(r"\b(?:who|whom|whose|where|which|what)\b", re.I)


@dataclass(frozen=True, slots=True)
class Expected:
    """The kinds of words a question asks for; none for "why", "how" or yes/no questions."""

    names: bool = False
    numbers: bool = False
    times: bool = False

    def among(self, sentence: Terms, asked: Collection[str]) -> bool:
        """Return whether a sentence has such a word that is not in the question (``asked``)."""
        return any(
            (self.numbers and bool(token.number))
            or (self.times and (bool(token.number) or token.folded in _TIMES))
            or (self.names and token.name and token.folded not in _TIMES)
            for token in sentence.tokens
            if token.folded not in asked
        )


def expected(question: str) -> Expected:
    """Return what a question asks for, by its question word."""
    if _NUMBERS.search(question):
        return Expected(numbers=True)
    if _WHEN.search(question):
        return Expected(times=True)
    return Expected(names=bool(_NAMES.search(question)))
