"""Find the time that a question refers to: "since Monday", "last month", "in 2022". English.

News reports a day on that day or a little later, so a window ends some days after the named time.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rag.text import written_date
from rag.text.terms import MONTHS
from rag.types import Filters

_DAY = timedelta(days=1)
_WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
_NUMBERS = tuple("zero one two three four five six seven eight nine ten eleven twelve".split())
_AHEAD = re.compile(
    r"\b(?:will|shall|going to|next|upcoming|planned|due|expected|tomorrow)\b", re.I
)
_MONTH = "|".join(MONTHS)
_WEEKDAY = "|".join(_WEEKDAYS)
_LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365}
_AGO = r"(?P<count>\d{1,3}|an?|" + "|".join(_NUMBERS[1:]) + r")?\s*(?P<unit>day|week|month|year)s?"


@dataclass(frozen=True, slots=True)
class Window:
    """The publication dates of articles on the time that a question refers to.

    ``until`` is None if the window ends today. A ``strict`` window excludes all other articles if
    the index has articles that recent; otherwise a window only prefers the articles within it.
    """

    since: date
    until: date | None
    strict: bool

    def __str__(self) -> str:
        """Return, for example, ``articles since Monday 17 January 2022``.

        If the window is not strict, ``preferably`` comes first; an end is written ``from ... to
        ...``.
        """
        articles = "articles" if self.strict else "preferably articles"
        if self.until is None:
            return f"{articles} since {written_date(self.since)}"
        return f"{articles} from {written_date(self.since)} to {written_date(self.until)}"

    def admits(self, day: date | None) -> bool:
        """Return whether a day lies in the window; an unknown one does not."""
        return day is not None and self.since <= day and (self.until is None or day <= self.until)


def time_window(question: str, today: date) -> Window | None:
    """Return the window that a question refers to, as of ``today``; None if there is none.

    Future events are reported before they happen, so questions about the future get no strict
    window, and no weekday: "Who will they meet on Monday?" does not ask about last Monday.
    """
    ahead = bool(_AHEAD.search(question))
    for pattern, reading in _READINGS:
        if found := pattern.search(question):
            try:
                window = reading(found, today)
            except (OverflowError, ValueError):  # the year 0, or 999 years ago
                return None
            if window is None or window.since > today or (ahead and window.until is not None):
                continue
            return Window(window.since, window.until, window.strict and not ahead)
    return None


def windowed(
    filters: Filters, window: Window | None, newest: date | None
) -> tuple[Filters, Window | None]:
    """Return the filters with a strict window applied, and the window if it only prefers.

    Dates in the filters take precedence. A strict window that begins after the newest article of an
    index would exclude everything, so it is ignored.
    """
    if window is None or filters.since or filters.until:
        return filters, None
    if not window.strict:
        return filters, window
    if newest is None or newest < window.since:
        return filters, None
    return replace(filters, since=window.since, until=window.until), None


def _since(found: re.Match[str], today: date) -> Window | None:
    start = _start(found.group("when"), today)
    return Window(start, None, True) if start else None


def _start(when: str, today: date) -> date | None:
    """Return the first day of the time that follows "since"."""
    words = when.casefold().replace(",", " ").split()
    last = words[0] == "last"
    unit = words[-1]
    if unit in _WEEKDAYS:
        return _weekday(unit, today)
    if unit == "yesterday":
        return today - _DAY
    if unit in ("week", "month", "year"):
        return _period(unit, today, back=1 if last else 0)[0]
    numbers = [int(word) for word in words if word.isdecimal()]
    year = next((number for number in numbers if number > 31), None)
    day = next((number for number in numbers if number <= 31), 1)
    month = next((MONTHS.index(word) + 1 for word in words if word in MONTHS), None)
    if month is None:
        return date(year, 1, 1) if year else None
    return _latest(month, day, year, today)


def _latest(month: int, day: int, year: int | None, today: date) -> date:
    """Return that day in the given year, or else its latest occurrence not after today."""
    start = date(year or today.year, month, day)
    return start if year or start <= today else start.replace(year=today.year - 1)


def _weekday(name: str, today: date) -> date:
    """Return the latest such weekday before today."""
    return today - _DAY * ((today.weekday() - _WEEKDAYS.index(name) - 1) % 7 + 1)


def _period(unit: str, today: date, *, back: int) -> tuple[date, date]:
    """Return first and last day of the week (from Monday), month or year, ``back`` of them ago."""
    if unit == "week":
        first = today - _DAY * (today.weekday() + 7 * back)
        return first, first + 6 * _DAY
    if unit == "year":
        return date(today.year - back, 1, 1), date(today.year - back, 12, 31)
    year, month = divmod(12 * today.year + today.month - 1 - back, 12)
    return date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])


def _this(found: re.Match[str], today: date) -> Window:
    unit = found.group("unit").casefold()
    first, _ = _period(unit, today, back=0)
    # On a Monday, people say "this week" of the past seven days.
    return Window(min(first, today - 3 * _DAY) if unit == "week" else first, None, False)


def _last(found: re.Match[str], today: date) -> Window:
    unit = found.group("unit").casefold()
    first, last = _period(unit, today, back=1)
    return Window(first, last + {"week": 2, "month": 7, "year": 31}[unit] * _DAY, False)


def _ago(found: re.Match[str], today: date) -> Window | None:
    if not found.group("count"):
        return None
    day = _back(found, today)
    slack = (today - day) // 6
    return Window(day - slack, day + max(2 * _DAY, slack), False)


def _back(found: re.Match[str], today: date) -> date:
    count = (found.group("count") or "1").casefold()
    number = _NUMBERS.index(count) if count in _NUMBERS else 1
    many = int(count) if count.isdecimal() else number
    return today - many * _LENGTHS[found.group("unit").casefold()] * _DAY


def _on(found: re.Match[str], today: date) -> Window:
    day = _weekday(found.group("day").casefold(), today)
    return Window(day, day + 2 * _DAY, False)


def _in_month(found: re.Match[str], today: date) -> Window:
    year = int(found.group("year")) if found.group("year") else None
    first = _latest(MONTHS.index(found.group("month").casefold()) + 1, 1, year, today)
    return Window(first, first + (monthrange(first.year, first.month)[1] + 6) * _DAY, False)


def _in_year(found: re.Match[str], today: date) -> Window:
    year = int(found.group("year"))
    return Window(date(year, 1, 1), date(year + 1, 1, 31), False)


_SINCE = (
    rf"(?:last )?(?:{_WEEKDAY}|week|month|year)|yesterday"
    r"|the (?:start|beginning) of the (?:week|month|year)"
    rf"|(?:\d{{1,2}} )?(?:{_MONTH})(?: \d{{1,2}})?(?:,? \d{{4}})?|(?:19|20)\d\d"
)
_Reading = Callable[[re.Match[str], date], Window | None]
# The first matching pattern is used.
_READINGS: tuple[tuple[re.Pattern[str], _Reading], ...] = tuple(
    (re.compile(rf"\b{pattern}\b", re.I), reading)
    for pattern, reading in (
        (rf"since (?P<when>{_SINCE})", _since),
        (
            rf"(?:in|over|during|within) the (?:last|past) {_AGO}",
            lambda found, today: Window(_back(found, today), None, True),
        ),
        (rf"{_AGO} ago", _ago),
        (r"this (?P<unit>week|month|year)", _this),
        (r"(?:last|the previous) (?P<unit>week|month|year)", _last),
        (rf"(?:on|last) (?P<day>{_WEEKDAY})", _on),
        (rf"(?:in|during|last) (?P<month>{_MONTH})(?:,? (?P<year>(?:19|20)\d\d))?", _in_month),
        (r"(?:in|during) (?P<year>(?:19|20)\d\d)", _in_year),
        (
            r"(?:today|tonight|this (?:morning|afternoon|evening))",
            lambda _, today: Window(today, None, True),
        ),
        (r"(?:yesterday|last night)", lambda _, today: Window(today - _DAY, None, True)),
    )
)
