"""Answers and summaries as Markdown for people, in which no article writes any Markdown itself."""

import re
from collections.abc import Sequence
from html import escape

from rag.text import written_date
from rag.types import Answer, Citation, Summary

_MARK = re.compile(r"(\[\d{1,4}\])(?![(:])")  # before these two it could begin a link
_SPECIAL = re.compile(r"[\\`*_\[\]#~]")
_OPENS = re.compile(r"^(?:(\d{1,9})([.)])|([-+=]))")  # a list, a rule or the line under a heading
_ADDRESS = re.compile(r":(?=//)|(?<=\bwww)\.", re.I)  # of which readers make links by themselves
_WEB = re.compile(r"https?://[^\s<>]+", re.I)
_NOT_IN_LINKS = {ord(each): f"%{ord(each):02X}" for each in "[]`\\\"'"}


def as_markdown(value: Answer | Summary | Sequence[Answer]) -> str:
    """Question, text and sources as Markdown; several answers one below the other.

    Sources are listed by the numbers of their marks, each with its quotes. Whatever articles and
    models wrote is escaped: it forms no heading, list, link or HTML.
    """
    if isinstance(value, Answer):
        return _page(value.question, value.text, value.citations)
    if isinstance(value, Summary):
        return _page(_subject(value), value.text, value.citations)
    return "\n".join(map(as_markdown, value))


def _subject(summary: Summary) -> str:
    titles = {citation.title for citation in summary.citations}
    if len(summary.article_ids) == 1 and len(titles) == 1:
        return titles.pop()
    return f"Summary of {len(summary.article_ids)} articles"


def _page(heading: str, text: str, citations: Sequence[Citation]) -> str:
    parts = [f"# {escaped(heading)}", with_marks(text)]
    if citations:
        parts.append("**Sources**")
    quotes: dict[int, dict[str, Citation]] = {}
    for citation in sorted(citations, key=lambda each: each.number):
        quotes.setdefault(citation.number, {}).setdefault(citation.quote, citation)
    for number, cited in quotes.items():
        parts.append(f"- [{number}] {_source(next(iter(cited.values())))}")
        parts += [f"  > {escaped(quote)}" for quote in cited]
    return "\n\n".join(parts) + "\n"


def _source(citation: Citation) -> str:
    about = (citation.publisher, written_date(citation.published))
    title = f"**{escaped(citation.title)}**" if citation.title else ""
    return ", ".join(filter(None, (title, *map(escaped, about), link(citation.url))))


def link(url: str) -> str:
    """A web address as a link, any other as text."""
    return f"<{url.translate(_NOT_IN_LINKS)}>" if _WEB.fullmatch(url) else escaped(url)


def with_marks(text: str) -> str:
    """A text as one line in which nothing but its marks, such as ``[1]``, stays as it is."""
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
