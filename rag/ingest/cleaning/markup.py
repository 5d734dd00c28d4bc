"""Tell markup from text, and take tags off a fragment of HTML."""

import re
from html import unescape

_STRUCTURE = re.compile(
    r"<(?:!doctype html|html|head|body|article|div|p|table|meta)\b[^<>]*>", re.I
)
_TAG = re.compile(r"</?[a-z][a-z0-9]*\b[^<>]*>", re.I)
_BLOCK_END = re.compile(r"<(?:br ?/?|/p|/div|/h\d|/li|/blockquote|/tr)>", re.I)
_UNSEEN = re.compile(r"<(script|style|noscript|template)\b|<!--", re.I)
_LOOKED_AT = 50_000  # characters


def smells(text: str) -> bool:
    """Whether a text that does not say so is HTML: it opens like a page, or is full of tags."""
    start = text[:_LOOKED_AT]
    if _STRUCTURE.match(start.lstrip()):
        return True
    return len(_STRUCTURE.findall(start)) >= 3 and len(_TAG.findall(start)) >= 6


def strip_tags(markup: str) -> str:
    """The text of a fragment of HTML, a line for each block, entities resolved."""
    if "<" not in markup and "&" not in markup:
        return markup
    return unescape(_TAG.sub("", _BLOCK_END.sub("\n", without_spans(markup))))


def without_spans(markup: str) -> str:
    """Drop comments, scripts and styles; one that is never closed reaches to the end."""
    shown = []
    at = 0
    while found := _UNSEEN.search(markup, at):
        shown.append(markup[at : found.start()])
        close = re.compile(f"</{found[1]}[^>]*>" if found[1] else "-->", re.I)
        end = close.search(markup, found.end())
        if not end:
            return "".join(shown)
        at = end.end()
    return "".join([*shown, markup[at:]])


def well_formed(text: str) -> str:
    """Drop lone surrogates, which JSON may smuggle in and no UTF-8 can hold."""
    return text.encode("utf-8", "ignore").decode("utf-8")
