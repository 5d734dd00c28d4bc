"""Text as the other rooms need it: normalised, hashed, cut into sentences and words. Floor 1."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import date

_ABBREVIATIONS = frozenset(
    "adm al apr assn aug ave blvd brig capt cf cmdr co col corp dec dept det dr drs e.g est etc feb "
    "fig fr ft gen gov hon i.e inc jan jr jul jun lt ltd maj mar messrs mr mrs ms mt no nov oct "
    "op pres prof rep rev sen sens sep sept sgt sr st supt u.k u.n u.s u.s.a univ viz vol vs".split()
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ENDS = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*(?=\s|$)|[。！？](?=\S)")
_LAST_WORD = re.compile(r"[^\s(\[\"“‘']+$")
_PARAGRAPH = re.compile(r"\n\s*\n")
_WORD = re.compile(r"\w+(?:[’'.,]\w+)*")
_SPACES = re.compile(r"[ \t\f\v\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
# Soft hyphens, zero-width characters, byte-order marks and directional marks.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def normalise(text: str) -> str:
    """Unicode NFC, plain line ends, one space between words, no invisible or control characters.

    Line breaks survive; lines are stripped, and more than one empty line becomes one.
    """
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"\r\n?|[\u2028\u2029\x85]", "\n", text)
    text = _CONTROL.sub("", _INVISIBLE.sub("", text))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def content_id(title: str, text: str) -> str:
    """The id of an article: 16 hexadecimal digits of the SHA-256 of its title and text."""
    return hashlib.sha256(f"{title}\n\n{text}".encode()).hexdigest()[:16]


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

    A sentence never crosses a paragraph border. Common English abbreviations, initials and
    decimal points do not end one.
    """
    for paragraph_start, paragraph_end in paragraphs(text):
        start = paragraph_start
        for end in _ENDS.finditer(text, paragraph_start, paragraph_end):
            if _is_border(text, start, end, paragraph_end):
                yield from _stripped(text, start, end.end())
                start = end.end()
        yield from _stripped(text, start, paragraph_end)


def _is_border(text: str, start: int, end: re.Match[str], limit: int) -> bool:
    rest = text[end.end() : limit].lstrip()
    if not rest:
        return True
    if end.group().startswith((".", "…")):
        if rest[0].islower():
            return False
        if end.group() == ".":
            last = _LAST_WORD.search(text[start : end.start()])
            word = last.group() if last else ""
            if word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper()):
                return False
    elif rest[0].islower() and end.group()[-1] in "\"'”’»)]":
        return False  # "Why?" he asked.
    return True


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if piece.strip():
        yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


def written_date(day: date | None) -> str:
    """A day in English words in any locale, ``Wednesday 19 January 2022``; empty for None."""
    if day is None:
        return ""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def words(text: str) -> list[str]:
    """The words of a text in order, with inner apostrophes, points and commas (``3.5``, ``U.S``)."""
    return _WORD.findall(text)
