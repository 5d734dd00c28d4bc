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
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")
_EARLIEST, _LATEST = 1600, 2100
_MILLISECONDS = 1e11  # a larger number cannot be seconds


def parse(value: str | float | None) -> date | None:
    """Parse the calendar day in a value, as written (no time zone conversion), or ``None``.

    Parses ISO 8601, RFC 2822, seconds and milliseconds since 1970, and common written dates in
    seven languages. Ambiguous dates such as ``3/4/2020``, which differ between London and Boston,
    and impossible dates give ``None``.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float) or _EPOCH.fullmatch(value.strip()):
        return _epoch(value if isinstance(value, int | float) else float(value))
    text = value.strip()[:200]
    return _numbers(text) or _words(text) or _mail(text)


def _epoch(seconds: float) -> date | None:
    if not 0 < abs(seconds) < 1e14:  # also rejects NaN and infinity
        return None
    try:
        moment = datetime.fromtimestamp(
            seconds / 1000 if abs(seconds) > _MILLISECONDS else seconds, UTC
        )
    except (ValueError, OverflowError, OSError):
        return None
    return _day(moment.year, moment.month, moment.day)


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
