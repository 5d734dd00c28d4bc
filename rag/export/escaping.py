"""Text of articles, people and models as Markdown that forms none: no heading, list, link or HTML."""

import re
from html import escape

from rag.export.rows import Source as RowSource
from rag.text import written_date
from rag.types import Citation, Source

_MARK = re.compile(r"(\[\d{1,4}\])(?![(:])")  # before these two it could begin a link
_SPECIAL = re.compile(r"[\\`*_\[\]#~]")
_OPENS = re.compile(r"^(?:(\d{1,9})([.)])|([-+=]))")  # a list, a rule or the line under a heading
_ADDRESS = re.compile(r":(?=//)|(?<=\bwww)\.", re.I)  # of which readers make links by themselves
_WEB = re.compile(r"https?://[^\s<>]+", re.I)
_NOT_IN_LINKS = {ord(each): f"%{ord(each):02X}" for each in "[]`\\\"'"}


def source(of: Citation | Source | RowSource) -> str:
    """Title, paper, day and address of an article, in one line."""
    about = (of.publisher, written_date(of.published))
    title = f"**{escaped(of.title)}**" if of.title else ""
    return ", ".join(filter(None, (title, *map(escaped, about), link(of.url))))


def link(url: str) -> str:
    """A web address as a link, any other as text."""
    return f"<{url.translate(_NOT_IN_LINKS)}>" if _WEB.fullmatch(url) else escaped(url)


def with_marks(text: str) -> str:
    """A text whose citation marks stay what they are."""
    pieces = _MARK.split(" ".join(text.split()))
    return _OPENS.sub(
        _defused,
        "".join(piece if place % 2 else _inline(piece) for place, piece in enumerate(pieces)),
    )


def escaped(text: str) -> str:
    """A text as one line that may stand anywhere."""
    return _OPENS.sub(_defused, _inline(" ".join(text.split())))


def _inline(text: str) -> str:
    # As entities, for not every reader of Markdown knows a backslash before them.
    plain = _SPECIAL.sub(r"\\\g<0>", escape(text, quote=False))
    return _ADDRESS.sub(lambda found: f"&#{ord(found.group())};", plain)


def _defused(opening: re.Match[str]) -> str:
    return f"{opening[1] or ''}\\{opening[2] or opening[3]}"
