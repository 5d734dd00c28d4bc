"""An article from HTML: trafilatura finds the text, the page's own metadata names it."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from rag.errors import ExtractError
from rag.extract import dates, furniture, metadata, wording
from rag.extract.cleaned import MIN_WORDS, Cleaned, require_words
from rag.extract.lines import count_words
from rag.text import normalise

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_MARKUP = re.compile(r"<(?:!doctype html|html|head|body|article|div|p|table|meta)\b[^>]*>", re.I)
_TAG = re.compile(r"</?[a-z][a-z0-9]*\b[^<>]*>", re.I)
_BLOCK_END = re.compile(r"<(?:br\s*/?|/p|/div|/h\d|/li|/blockquote|/tr)\s*>", re.I)
_UNSEEN = re.compile(r"<(script|style|noscript|template)\b.*?</\1\s*>|<!--.*?-->", re.I | re.S)
_FULLER = 1.5  # a body stated in JSON-LD replaces a text found with this many times fewer words


def smells(text: str) -> bool:
    """Whether a text that does not say so is HTML: it opens like a page, or is full of tags."""
    start = text[:2000].lstrip()
    if _MARKUP.match(start):
        return True
    return len(_MARKUP.findall(text[:50_000])) >= 3 and len(_TAG.findall(text[:50_000])) >= 6


def clean(source: str) -> Cleaned:
    """The article of an HTML page.

    Raises:
        ExtractError: the page is no HTML, or holds too few words.
    """
    import trafilatura  # noqa: PLC0415 - heavy: lxml, justext, dateparser

    tree = trafilatura.load_html(source)
    if tree is None:
        raise ExtractError("the page could not be read as HTML; save its text as a .txt file instead")
    stated = metadata.read(tree)
    found = _body(tree, source, stated.body)
    require_words(found)
    title = stated.title or _first_heading(tree)
    text = without_furniture(found, title)
    require_words(text)
    return Cleaned(
        title,
        text,
        publisher=stated.site,
        authors=stated.authors,
        published=dates.parse(stated.published),
        language=stated.language or wording.language(text),
        url=stated.canonical,
    )


def _body(tree: HtmlElement, source: str, stated: str) -> str:
    import trafilatura  # noqa: PLC0415

    # Precision first: what trafilatura then misses it seldom misses alone.
    found = trafilatura.extract(tree, favor_precision=True, include_comments=False) or ""
    if count_words(found) < MIN_WORDS:
        found = trafilatura.extract(source, favor_recall=True, include_comments=False) or found
    stated = strip_tags(stated)
    if count_words(stated) > _FULLER * count_words(found):
        return stated
    return found


def without_furniture(text: str, title: str) -> str:
    """Paragraphs joined by blank lines, the title's repetition and sure furniture left out."""
    paragraphs = [line.strip() for line in normalise(text).split("\n") if line.strip()]
    same = title.casefold()
    return "\n\n".join(
        paragraph
        for place, paragraph in enumerate(paragraphs)
        if not (furniture.is_furniture(paragraph) or (place < 3 and paragraph.casefold() == same))
    )


def strip_tags(markup: str) -> str:
    """The text of a fragment of HTML, a line for each block, entities resolved."""
    if "<" not in markup and "&" not in markup:
        return markup
    text = _BLOCK_END.sub("\n", _UNSEEN.sub("", markup))
    return unescape(_TAG.sub("", text))


def _first_heading(tree: HtmlElement) -> str:
    return next((" ".join(h.text_content().split()) for h in tree.iter("h1", "h2")), "")


