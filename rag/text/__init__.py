"""Text processing for the other packages: normalization, hashing, sentence and word splitting."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from rag.types import Article

_ABBREVIATIONS = frozenset(
    "adm al assn ave blvd brig capt cf cmdr col det dr drs e.g est fr ft gen gov hon i.e lt maj "
    "messrs mr mrs ms mt pres prof rep rev sen sens sgt st supt univ v viz vs".split()
)
_BEFORE_NUMBERS = frozenset(
    "apr aug dec feb fig jan jul jun mar no nov oct op sep sept vol".split()
)
# These may also end a sentence, if the next one opens with a word of _OPENERS.
_LAST_OR_NOT = frozenset(
    "ariz bros calif co conn corp dept etc fla inc jr ltd minn neb nev okla sr tenn tex wis wyo".split()
)
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]")  # U.S, D.C, Ph.D, p.m
_OPENERS = re.compile(
    r"(?:A|An|And|As|At|But|He|Her|His|However|I|If|In|It|Its|On|She|So|That|The|Their|There|These"
    r"|They|This|Those|We|What|When|While|Who|You)\s"
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
# Agency markers before the first sentence, or what is left of them:
# "(AP) — ", "(CNN Business) ", "— ".
_AGENCY = re.compile(
    r"(?:\((?:[A-Z]{2,5}(?: [A-Z][a-z]+)?|Reuters|Bloomberg|Xinhua)\)\s*(?:[–—-]+\s*)?|[–—]+\s+)"
    r"(?=[\"“]?[A-Z0-9])"
)
# Match only at the first of a run of periods, so that long runs take linear time.
_ENDS = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?=\s|$)|(?<![。！？])[。！？]++[.!?…]*+[\"'”’»)\]」』）】》]*+"
)
_LAST_WORD = re.compile(r"[^\s(\[\"“‘']+$")
_NOT_SPACE = re.compile(r"\S")
_PARAGRAPH = re.compile(r"\n\s*\n")
_WORD = re.compile(r"\w+(?:[’'.,]\w+)*")
_SPACES = re.compile(r"[ \t\f\v\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
# Soft hyphens, zero-width characters, byte-order, directional and annotation marks, and the tags
# of plane 14, which models read and people do not see.
_INVISIBLE = re.compile(
    r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Unpaired surrogates, which JSON may contain, can be neither hashed nor stored.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def normalise(text: str) -> str:
    """Normalize to Unicode NFC, plain line ends, single spaces, no invisible or control characters.

    Line breaks survive; lines are stripped, and several empty lines become one.
    """
    text = re.sub(r"\r\n?|[\u2028\u2029\x85]", "\n", text)
    # Compose last, as an invisible character may separate a letter from its accent.
    text = unicodedata.normalize("NFC", _CONTROL.sub("", _INVISIBLE.sub("", text)))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def content_id(title: str, text: str) -> str:
    """Return the id of an article: 16 hexadecimal digits of the SHA-256 of its title and text."""
    return hashlib.sha256(f"{title}\n\n{text}".encode()).hexdigest()[:16]


def as_article(text: str, *, title: str = "", published: date | None = None) -> Article:
    """Wrap a text as an article that is in no index and has no URL."""
    title, text = normalise(title), normalise(text)
    return Article(content_id(title, text), "", title, text, published=published)


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each paragraph; paragraphs are separated by empty lines."""
    start = 0
    for gap in _PARAGRAPH.finditer(text):
        if text[start : gap.start()].strip():
            yield start, gap.start()
        start = gap.end()
    if text[start:].strip():
        yield start, len(text)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each sentence, stripped of surrounding white space.

    A sentence never crosses a paragraph boundary. Common English abbreviations, initials and
    decimal points do not end one. A preceding agency marker is excluded.
    """
    for paragraph_start, paragraph_end in paragraphs(text):
        start = paragraph_start
        for end in _ENDS.finditer(text, paragraph_start, paragraph_end):
            if _is_border(text, start, end, paragraph_end):
                yield from _stripped(text, start, end.end())
                start = end.end()
        yield from _stripped(text, start, paragraph_end)


def _is_border(text: str, start: int, end: re.Match[str], limit: int) -> bool:
    following = _NOT_SPACE.search(text, end.end(), limit)
    rest = text[following.start() : following.start() + 20] if following else ""
    if not rest:
        return True
    if end.group().startswith((".", "…")):
        if rest[0].islower():
            return False
        if end.group() == ".":
            last = _LAST_WORD.search(text[max(start, end.start() - 20) : end.start()])
            word = last.group() if last else ""
            if word.lower() in _BEFORE_NUMBERS:
                return not rest[0].isdecimal()
            if word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper()):
                return False
            if word.lower() in _LAST_OR_NOT or _DOTTED.fullmatch(word):
                return bool(_OPENERS.match(rest))
    elif rest[0].islower() and end.group()[-1] in "\"'”’»)]":
        return False  # "Why?" he asked.
    return True


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if not piece.strip():
        return
    first, last = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
    agency = _AGENCY.match(text, first, last)
    yield agency.end() if agency else first, last


def written_date(day: date | None) -> str:
    """Format a day in English in any locale, ``Wednesday 19 January 2022``; empty for None."""
    if day is None:
        return ""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def typed_date(text: str) -> date:
    """Read a day as people type it: ``2022-01-19``, ``19/01/2022``, ``19 Jan 2022``.

    Raises:
        ValueError: if it is none, or may be two; the message says what is expected.
    """
    typed = text.strip()
    try:
        days = _in_numbers(typed) or _in_words(typed) or [date.fromisoformat(typed[:10])]
    except ValueError as error:
        raise ValueError(f"{text[:30]!r} is not a valid date. Use YYYY-MM-DD.") from error
    if len(days) > 1:
        names = " or ".join(f"{day.day} {MONTHS[day.month - 1]}" for day in days)
        raise ValueError(f"{typed!r} may be {names}. Use YYYY-MM-DD.")
    return days[0]


def _in_numbers(typed: str) -> list[date]:
    """Read day and month before the year, in either order unless there are periods between."""
    if not (found := re.fullmatch(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})", typed)):
        return []
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    orders = dict.fromkeys(
        [(second, first), (second, first) if found[2] == "." else (first, second)]
    )
    days = []
    for month, day in orders:
        with suppress(ValueError):
            days.append(date(year, month, day))
    return days


def _in_words(typed: str) -> list[date]:
    """Read a day with the name of its month, or at least its first three letters."""
    plain = " ".join(re.split(r"[\s.,]+", typed.lower()))
    found = re.fullmatch(r"(?:(\d{1,2}) )?([a-z]{3,9}) (?:(\d{1,2}) )?(\d{4})", plain)
    if not found or bool(found[1]) == bool(found[3]):
        return []
    day, year = int(found[1] or found[3]), int(found[4])
    names = (name.lower() for name in MONTHS)
    return [date(year, n, day) for n, name in enumerate(names, 1) if name.startswith(found[2])]


def words(text: str) -> list[str]:
    """Return the words in order, with inner apostrophes, periods and commas (``3.5``, ``U.S``)."""
    return _WORD.findall(text)
