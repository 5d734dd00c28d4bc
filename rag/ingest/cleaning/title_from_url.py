"""Derive an article's title from its address, for a page that names no title."""

import re
from urllib.parse import urlsplit

_WORDS = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)+")  # capitals belong to a code, not to words
_ENDING = re.compile(r"\.[a-z]{2,5}$")


def title_of(url: str) -> str:
    """Return the words of a web address: ``Ford recall`` for ``.../06/15/ford-recall/index.html``.

    Publishers write their headlines into addresses. The title is the path segment with the most
    words; it is empty if no segment has two words joined by hyphens or underscores.
    """
    try:
        parts = urlsplit(url).path.split("/")
    except ValueError:
        return ""
    named = (part for part in (_ENDING.sub("", part) for part in parts) if _WORDS.fullmatch(part))
    words = max((re.split(r"[-_]", part) for part in named), key=_letters, default=[])
    return " ".join(words).capitalize() if _letters(words) >= 2 else ""


def _letters(words: list[str]) -> int:
    return sum(len(word) > 1 and word.isalpha() for word in words)
