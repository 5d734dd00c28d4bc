"""Escape text of articles, people and models for Markdown: no heading, list, link or HTML."""

import re
from html import escape
from urllib.parse import unquote, urlsplit

from rag.export.rows import Source as RowSource
from rag.text import written_date
from rag.types import Citation, Source

_MARK = re.compile(r"(\[\d{1,4}\])(?![(:])")  # before these two characters it could begin a link
_SPECIAL = re.compile(r"[\\`*_\[\]#~]")
_OPENS = re.compile(r"^(?:(\d{1,9})([.)])|([-+=]))")  # a list, a rule or a heading underline
_ADDRESS = re.compile(r":(?=//)|(?<=\bwww)\.", re.I)  # what Markdown renderers turn into links
_WEB = re.compile(r"https?://[^\s<>]+", re.I)
_NOT_IN_LINKS = {ord(each): f"%{ord(each):02X}" for each in "[]`\\\"'"}


def source(of: Citation | Source | RowSource) -> str:
    """Return title, publisher, date and address of an article on one line."""
    about = (of.publisher, written_date(of.published))
    title = f"**{escaped(of.title)}**" if of.title else ""
    return ", ".join(filter(None, (title, *map(escaped, about), link(of.url))))


def link(url: str) -> str:
    """Return a web address as a link, any other address as escaped text."""
    return (
        f"<{url.translate(_NOT_IN_LINKS)}>"
        if _WEB.fullmatch(url)
        else escaped(file_name(url) or url)
    )


def file_name(url: str) -> str:
    """Return the bare name of a file or upload, without its folders; empty for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return unquote(parts.path).rsplit("/", 1)[-1] if parts.scheme in {"file", "upload"} else ""


def with_marks(text: str) -> str:
    """Escape a text but leave its citation marks as they are."""
    pieces = _MARK.split(" ".join(text.split()))
    return _OPENS.sub(
        _defused,
        "".join(piece if place % 2 else _inline(piece) for place, piece in enumerate(pieces)),
    )


def escaped(text: str) -> str:
    """Escape a text to one line that is safe anywhere."""
    return _OPENS.sub(_defused, _inline(" ".join(text.split())))


def _inline(text: str) -> str:
    # As entities, for not every Markdown renderer understands a backslash before them.
    plain = _SPECIAL.sub(r"\\\g<0>", escape(text, quote=False))
    return _ADDRESS.sub(lambda found: f"&#{ord(found.group())};", plain)


def _defused(opening: re.Match[str]) -> str:
    return f"{opening[1] or ''}\\{opening[2] or opening[3]}"
