"""Find the day a news sentence is about: a date or weekday in it, else its publication date."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from rag.text.terms import DAYS, MONTHS

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = "|".join(f"{month}|{month[:3]}" if len(month) > 4 else month for month in MONTHS) + "|sept"
_DATE = re.compile(
    rf"\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)? (?P<m1>{_MONTH})\b\.?(?:,? (?P<y1>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH})\b\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:,.]?\d)(?:,? (?P<y2>\d{{4}})\b)?)",
    re.I,
)
_WEEKDAY = re.compile(rf"\b({'|'.join(sorted(DAYS))})s?\b|\b(yesterday|today|tonight)\b", re.I)
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
_HALF_A_YEAR = 183


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
    days = set(_named(sentence, published))
    if len(days) > 1 or None in days:
        return None
    day = next(iter(days), published)
    if day is None or (published is not None and day > published):
        return published
    return day


def _named(sentence: str, published: date | None) -> Iterator[date | None]:
    """Yield each day that a sentence names; None for one unresolvable or of another event."""
    for found in _DATE.finditer(sentence):
        own = not _BEARING.search(sentence[: found.start()])
        yield _dated(found, published) if own else None
    for found in _WEEKDAY.finditer(sentence):
        own = not _BEARING.search(sentence[: found.start()])
        day = _weekday(found, published) if own and published else None
        near = day and published and (published - day).days <= _NEAR
        yield day if day == published or (near and _DONE.search(sentence)) else None
    if not _DATE.search(sentence) and _PAST.search(sentence):
        yield None


def _dated(found: re.Match[str], published: date | None) -> date | None:
    name = (found["m1"] or found["m2"]).casefold()
    month = next(n for n, full in enumerate(MONTHS, start=1) if full.startswith(name[:3]))
    day, year = int(found["d1"] or found["d2"]), found["y1"] or found["y2"]
    if year:
        return _day(int(year), month, day)
    if published is None:
        return None
    # News omits the year where it is obvious: the nearest such day is meant.
    near = (_day(published.year + step, month, day) for step in (-1, 0, 1))
    return min(
        (each for each in near if each and abs((each - published).days) <= _HALF_A_YEAR),
        key=lambda each: abs((each - published).days),
        default=None,
    )


def _weekday(found: re.Match[str], published: date) -> date:
    if found[2]:
        return published - timedelta(days=found[2].casefold() == "yesterday")
    back = (published.weekday() - _WEEK.index(found[1].casefold())) % 7
    return published - timedelta(days=back)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
