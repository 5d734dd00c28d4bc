"""Parse publication dates in the forms that pages and records use."""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

_MONTHS = {
    prefix: number
    for number, prefixes in enumerate(
        "jan ene gen|feb fév fev|mar mär mrt|apr avr abr|may mai mag mei|jun juin giu|"
        "jul juil lug|aug aoû ago|sep set|oct okt out ott|nov|dec déc dez dic".split("|"),
        start=1,
    )
    for prefix in prefixes.split()
}
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-/.]?)(\d\d?)\2(\d\d?)(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d\d?)([./-])(\d\d?)\2(\d{4})(?!\d)")
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d\d?)(?:st|nd|rd|th|º|er|\.)?[ -](?:de )?([^\W\d]{3,})\.?,?[ -](?:de )?(\d{4})(?!\d)"
)
_MONTH_DAY = re.compile(
    r"\b([^\W\d]{3,})\.? (\d\d?)(?:st|nd|rd|th)?,? (?:at [\d:apm. ]+,? )?(\d{4})(?!\d)"
)
_DIGITS = re.compile(r"(\d+)(?:\.\d*)?")
# A day, perhaps with the time, written without separators: 20220119, 2022011912, 20220119123000.
# Ten digits that begin with 10 to 18 are seconds since 1970.
_COMPACT = re.compile(
    r"(?!1[0-8]\d{8}\Z)(\d{4})(\d\d)(\d\d)(?:(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d)?)?)?"
)
_SECONDS, _MILLISECONDS = (9, 10), (12, 13)  # digits; fewer are of 1970 to 1973, before the web
_EARLIEST, _LATEST = 1600, 2100
_READ, _SHOWN = 200, 40  # characters of a stated date
_HUGE = 1e20
_NOTHING = frozenset("0 - none null nil nan nat n/a na unknown undated".split())


def parse(value: str | float | None) -> date | None:
    """Parse the calendar day in a value, as written (no time zone conversion), or ``None``.

    Parses ISO 8601, RFC 2822, seconds and milliseconds since 1970, days written as numbers
    (``20220119``), and common written dates in seven languages. Ambiguous dates such as
    ``3/4/2020``, which differ between London and Boston, and impossible dates give ``None``.
    """
    text = _as_text(value)
    if number := _DIGITS.fullmatch(text):
        return _number(number[1])
    return _numbers(text) or _words(text) or _mail(text)


def unread(value: str | float | None) -> str:
    """Return a stated date that :func:`parse` cannot read, shortened; empty if none is stated."""
    text = " ".join(_as_text(value).split())
    if not text or text.lower() in _NOTHING or parse(value):
        return ""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _as_text(value: str | float | None) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return value.strip()[:_READ]
    return f"{value:.0f}" if -_HUGE < value < _HUGE else "infinite"


def _number(digits: str) -> date | None:
    """Return the day of a number: written without separators, or counted from 1970."""
    if compact := _COMPACT.fullmatch(digits):
        day = _day(int(compact[1]), int(compact[2]), int(compact[3]))
        if day:
            return day
    if len(digits) in _SECONDS:
        return datetime.fromtimestamp(int(digits), UTC).date()
    if len(digits) in _MILLISECONDS:
        return datetime.fromtimestamp(int(digits) / 1000, UTC).date()
    return None


def _numbers(text: str) -> date | None:
    if found := _YEAR_FIRST.search(text):
        if not found[2] and len(found.group()) != len("20200131"):
            return None
        return _day(int(found[1]), int(found[3]), int(found[4]))
    if found := _DAY_FIRST.search(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        if found[2] == "." or first > 12 or first == second:
            return _day(year, second, first)
        return _day(year, first, second) if second > 12 else None
    return None


def _words(text: str) -> date | None:
    for pattern, day, month in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        for found in pattern.finditer(text):
            name = found[month].lower()
            number = _MONTHS.get(name[:4]) or _MONTHS.get(name[:3])
            if number:
                return _day(int(found[3]), number, int(found[day]))
    return None


def _mail(text: str) -> date | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _day(moment.year, moment.month, moment.day)


def _day(year: int, month: int, day: int) -> date | None:
    if not _EARLIEST <= year <= _LATEST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
