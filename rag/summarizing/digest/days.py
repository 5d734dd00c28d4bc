"""Find the day a news sentence is about: a date or weekday in it, else its publication date."""

import re
from collections.abc import Iterator
from datetime import date

from rag.check.days import Day, days

# A day after one of these is not the day of the event: "after a summit on 17 December".
_BEARING = re.compile(
    r"\b(?:after|ago|before|by|ever|following|from|last|since|till|to|until)\s+(?:\w+\s+){0,6}$"
    r"|\b(?:which|who|whom|whose|where|when|that)\b[^,]*$",
    re.I,
)
_COMING = re.compile(
    r"\b(?:will|shall|would|due|expected?s?|plan(?:s|ned)?|scheduled|set to|is to|are to|next|ahead"
    r"|hopes?|could|may|might|should|'ll|tomorrow|later|upcoming|coming|going to)\b"
)  # case-sensitive: "May" is a month
_PAST = re.compile(
    r"\b(?:had|ago|previously|earlier|(?:last|that|in|until|since) (?:week|month|year|season|\d{4}))\b",
    re.I,
)
# The week of "flies to Berlin on Friday" is unknown; for a past event it is the latest such day.
_DONE = re.compile(
    r"\b(?:was|were|had|met|said|told|went|came|began|took|held|gave|sent|left|fell|rose|won|lost|beat"
    r"|struck|hit|made|led|spoke|saw|\w{2,}ed)\b"
)
_NEAR = 3  # maximum days back for a weekday; pages that are updated mention later ones


def looks_ahead(sentence: str) -> bool:
    """Return whether a sentence is about the future as of its writing."""
    return _COMING.search(sentence) is not None


def day_of(sentence: str, published: date | None) -> date | None:
    """Return the day a sentence is about: the only past day it names, else the day of publication.

    None if neither is known, and if the sentence names several days or refers to an earlier time
    without a date: the day is then uncertain.
    """
    if looks_ahead(sentence):
        return published
    named = set(_named(sentence, published))
    if len(named) > 1 or None in named:
        return None
    day = next(iter(named), published)
    if day is None or (published is not None and day > published):
        return published
    return day


def _named(sentence: str, published: date | None) -> Iterator[date | None]:
    """Yield each day that a sentence names; None for one unresolvable or of another event."""
    found = [each for each in days(sentence, published) if not _is_period(each)]
    for each in found:
        own = not _BEARING.search(sentence[: each.start])
        yield _resolved(each, sentence, published) if own else None
    if not any(each.exact for each in found) and _PAST.search(sentence):
        yield None


def _is_period(day: Day) -> bool:
    """Return whether it is a week, a month or a year."""
    return any(first != last for first, last in day.spans)


def _resolved(day: Day, sentence: str, published: date | None) -> date | None:
    """Return the one day that is meant: of a date the nearest, of a weekday the latest."""
    firsts = [first for first, _ in day.spans]
    if published is None:
        return firsts[0] if firsts else None
    if day.exact:
        return min(firsts, key=lambda each: abs((each - published).days), default=None)
    past = [each for each in firsts if each <= published]
    if len(past) != 1:
        return None
    near = (published - past[0]).days <= _NEAR and _DONE.search(sentence)
    return past[0] if near or past[0] == published else None
