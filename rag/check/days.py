"""Extract the days that a sentence names as date ranges, relative to the publication date."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rag.text.terms import MONTHS

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = "|".join((*MONTHS, *(month[:3] for month in MONTHS if len(month) > 4), "sept"))
_DATE = re.compile(
    rf"\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{_MONTH})\b\.?(?:,? (?P<y1>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH})\b\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,\d|\.\d|:\d)(?:,? (?P<y2>\d{{4}})\b)?"
    rf"|(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})\b)",
    re.I,
)
# "may" and "march" in lower case are ordinary words.
_NAMED = "|".join((*map(str.title, MONTHS), *(m for m in MONTHS if m not in {"may", "march"})))
_MONTHLY = re.compile(rf"\b(?P<month>{_NAMED})\b(?:,? (?P<year>(?:19|20)\d\d)\b)?")
_YEAR = re.compile(
    r"(?<![\d,.$£€-])\b(?P<year>(?:18|19|20)\d\d)\b(?![,.]\d|-\d|%| (?:people|men|women))"
)
_WEEKDAY = re.compile(
    r"\b(?:(?P<which>last|next|this|coming|previous)\s+)?(?P<day>mon|tues|wednes|thurs|fri|satur|sun)day(?P<many>s)?\b",
    re.I,
)
_NEAR = re.compile(
    r"\b(?:(?P<day>today|tonight|yesterday|tomorrow)"
    r"|(?P<which>last|next|this|previous|following) (?P<unit>week|month|year|weekend))\b",
    re.I,
)
_HALF_A_YEAR = 183
_FIRST, _LAST = date(2, 1, 1), date(9998, 1, 1)  # leaves room for a year before and after each day


@dataclass(frozen=True, slots=True)
class Day:
    """Words of a sentence, ``sentence[start:end]``, that name a day or a range of days.

    ``spans`` are the candidate ranges (first, last), one of which is meant. ``weekday`` is the day
    of the week, 0 for Monday, where the text names one. ``exact`` is true for a whole date.
    """

    start: int
    end: int
    spans: tuple[tuple[date, date], ...] = ()
    weekday: int | None = None
    exact: bool = False


def days(text: str, published: date | None) -> tuple[Day, ...]:
    """Return the days that a sentence names, in order.

    Args:
        text: the sentence.
        published: publication date of its article; without it a weekday has no date.
    """
    if published is not None and not _FIRST <= published <= _LAST:
        published = None
    found: list[Day] = []
    for each in _all(text, published):
        if not any(each.start < other.end and other.start < each.end for other in found):
            found.append(each)
    return tuple(sorted(found, key=lambda each: each.start))


def _all(text: str, published: date | None) -> Iterator[Day]:
    for found in _DATE.finditer(text):
        yield _dated(found, published)
    for found in _WEEKDAY.finditer(text):
        yield _weekday(found, published)
    for found in _NEAR.finditer(text):
        yield Day(found.start(), found.end(), _relative(found, published))
    for found in _MONTHLY.finditer(text):
        month = _month(found["month"])
        years = [int(found["year"])] if found["year"] else []
        if published and not years:
            years = [published.year - 1, published.year, published.year + 1]
        yield Day(found.start(), found.end(), tuple(_whole(year, month) for year in years))
    for found in _YEAR.finditer(text):
        year = int(found["year"])
        yield Day(found.start(), found.end(), ((date(year, 1, 1), date(year, 12, 31)),))


def _dated(found: re.Match[str], published: date | None) -> Day:
    if found["iso"]:
        year, month, day = map(int, found["iso"].split("-"))
    else:
        month = _month(found["m1"] or found["m2"])
        day, year = int(found["d1"] or found["d2"]), int(found["y1"] or found["y2"] or 0)
    years = [year] if year else []
    if published and not year:
        years = [published.year - 1, published.year, published.year + 1]
    spans = [(one, one) for y in years if (one := _day(y, month, day))]
    if not year and published:
        spans = [s for s in spans if abs((s[0] - published).days) <= _HALF_A_YEAR]
    return Day(found.start(), found.end(), tuple(spans), exact=True)


def _weekday(found: re.Match[str], published: date | None) -> Day:
    number = next(n for n, name in enumerate(_WEEK) if name.startswith(found["day"].lower()))
    spans: list[tuple[date, date]] = []
    if published and not found["many"]:
        back = (published.weekday() - number) % 7
        last, coming = published - timedelta(back), published + timedelta(7 - back)
        which = (found["which"] or "").lower()
        if which in {"last", "previous"}:
            spans = [(d, d) for d in (last - timedelta(7 * (back == 0)), last - timedelta(7))]
        elif which == "next":
            spans = [(d, d) for d in (coming, coming + timedelta(7))]
        else:
            spans = [(last, last), (coming, coming)]
    return Day(found.start(), found.end(), tuple(spans), number)


def _relative(found: re.Match[str], published: date | None) -> tuple[tuple[date, date], ...]:
    if published is None:
        return ()
    if found["day"]:
        step = {"yesterday": -1, "tomorrow": 1}.get(found["day"].lower(), 0)
        one = published + timedelta(step)
        return ((one, one),)
    step = {"last": -1, "previous": -1, "next": 1, "following": 1}.get(found["which"].lower(), 0)
    unit = found["unit"].lower()
    if unit.startswith("week"):
        monday = published - timedelta(published.weekday()) + timedelta(7 * step)
        return ((monday, monday + timedelta(6)),)
    if unit == "month":
        place = published.year * 12 + published.month - 1 + step
        return (_whole(place // 12, place % 12 + 1),)
    return ((date(published.year + step, 1, 1), date(published.year + step, 12, 31)),)


def same_day(stated: Day, claimed: Day) -> bool:
    """Return whether a source that names the first day may mean the second.

    A month or year contains its days: "on 26 September" supports "in September", but not the other
    way round.
    """
    if stated.weekday is not None and claimed.weekday is not None:
        return stated.weekday == claimed.weekday
    if not stated.spans or not claimed.spans:
        known = stated if stated.spans else claimed
        other = claimed if known is stated else stated
        if other.weekday is None:
            return False
        return any(
            first == last and first.weekday() == other.weekday for first, last in known.spans
        )
    return any(
        first <= start and end <= last
        for start, end in stated.spans
        for first, last in claimed.spans
    )


def _month(name: str) -> int:
    return next(n for n, full in enumerate(MONTHS, 1) if full.startswith(name[:3].lower()))


def _whole(year: int, month: int) -> tuple[date, date]:
    after = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), after - timedelta(1)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
