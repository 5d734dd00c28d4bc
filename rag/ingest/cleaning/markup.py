"""Distinguish markup from text, and strip tags from an HTML fragment."""

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
    """Return whether an undeclared text is HTML: it opens like a page, or contains many tags."""
    start = text[:_LOOKED_AT]
    if _STRUCTURE.match(start.lstrip()):
        return True
    return len(_STRUCTURE.findall(start)) >= 3 and len(_TAG.findall(start)) >= 6


def strip_tags(markup: str) -> str:
    """Return the text of an HTML fragment, one line per block, with entities resolved."""
    if "<" not in markup and "&" not in markup:
        return markup
    return unescape(_TAG.sub("", _BLOCK_END.sub("\n", without_spans(markup))))


def without_spans(markup: str) -> str:
    """Drop comments, scripts and styles; an unclosed one extends to the end."""
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
    """Drop lone surrogates, which JSON may contain but UTF-8 cannot encode."""
    return text.encode("utf-8", "ignore").decode("utf-8")
