"""What an address says of its article, for a page that names no title."""

import re
from urllib.parse import urlsplit

_WORDS = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)+")  # capitals are those of a code, not of words
_ENDING = re.compile(r"\.[a-z]{2,5}$")


def title_of(url: str) -> str:
    """The words of a web address, ``Ford recall`` of ``.../2022/06/15/ford-recall/index.html``.

    Publishers write their headlines into addresses. The part of most words is taken; an address
    without two words joined by hyphens says nothing, and the title is empty.
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
