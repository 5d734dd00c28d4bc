"""Read a page's own metadata: JSON-LD, Open Graph and other ``<meta>`` tags, ``<time>``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from rag.ingest.cleaning.author_names import split_names
from rag.ingest.cleaning.markup import well_formed

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_ARTICLE = re.compile(r"(?:Article|Posting|Report|Review|Recipe)$")
# Names of ``<meta>`` tags, the most reliable first.
_TITLES = (
    "dc:title dcterm:title og:title twitter:title weibo:article:title parsely-title title".split()
)
_AUTHORS = (
    "dc:creator dcterm:creator author article:author parsely-author byl sailthru.author".split()
)
_DATES = (
    "article:published_time og:published_time datepublished dc:date dcterm:created date pubdate "
    "publishdate publish-date parsely-pub-date sailthru.date cxenseparse:recs:publishtime "
    "dc.date.issued".split()
)
_SITES = "og:site_name application-name dc:publisher twitter:site_name".split()
_SEPARATOR = re.compile(r"\s+(?:[|»·•\\/]|[-–—])\s+|\s+_\s?|\s*[|]\s*")
_MAX_JSON = 2_000_000  # characters
_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Metadata:
    """Metadata as the page states it, not yet parsed; '' or () if absent."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    site: str = ""
    language: str = ""
    canonical: str = ""
    body: str = ""


def read(tree: HtmlElement) -> Metadata:
    """Collect the metadata of a parsed page, preferring the most deliberate statement."""
    linked = _linked(tree)
    tags = _tags(tree)
    site = _name(linked.get("publisher")) or _first(tags, _SITES)
    stated = _string(linked.get("headline")) or _first(tags, _TITLES)
    shown = _clean(tree.findtext(".//title") or "")
    return Metadata(
        title=plain_title(stated or shown, site, _headings(tree)),
        authors=_names(linked.get("author")) or _authors(tree, tags),
        published=_string(linked.get("datePublished")) or _first(tags, _DATES) or _time(tree),
        site=_first(tags, _SITES) or site,
        language=_language(tree, tags),
        canonical=_canonical(tree, tags),
        body=_string(linked.get("articleBody"), keep_lines=True),
    )


def plain_title(title: str, site: str, headings: tuple[str, ...] = ()) -> str:
    """Return the headline without the site's name, split off at a separator.

    A part is removed only if it names the site, or if the rest is a heading of the page.
    """
    parts = [part for part in _SEPARATOR.split(title) if part]
    if len(parts) < 2:
        return title
    for heading in headings:
        if len(heading) > 10 and heading != title and title.startswith(heading):
            return heading
    known = _letters(site)
    if known and (_letters(parts[-1]) in known or known in _letters(parts[-1])):
        return title[: title.rindex(parts[-1])].rstrip(" |»·•\\/-–—_")
    if known and _letters(parts[0]) == known:
        return title[len(parts[0]) :].lstrip(" |»·•\\/-–—_")
    return title


def _letters(text: str) -> str:
    return re.sub(r"\W|^the\b|\.(?:com|org|net)$", "", text.lower())


def _linked(tree: HtmlElement) -> dict[str, object]:
    """Return the JSON-LD node of the article, or an empty one."""
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        source = (script.text or "").strip()
        if not source or len(source) > _MAX_JSON:
            continue
        try:
            value = json.loads(source, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _nodes(value, _DEPTH):
            kinds = node.get("@type")
            if any(
                _ARTICLE.search(str(kind))
                for kind in (kinds if isinstance(kinds, list) else [kinds])
            ):
                return node
    return {}


def _nodes(value: object, depth: int) -> Iterator[dict[str, object]]:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item, depth - 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _nodes(value.get(key), depth - 1)


def _tags(tree: HtmlElement) -> dict[str, list[str]]:
    """Return ``<meta>`` contents by lower-case name; ``dc.title`` and ``dc:title`` are one name."""
    found: dict[str, list[str]] = {}
    for tag in tree.iter("meta"):
        content = _clean(tag.get("content") or "")
        names = " ".join(tag.get(key) or "" for key in ("property", "name", "itemprop"))
        for name in names.lower().split() if content else ():
            found.setdefault(
                re.sub(r"^(dc|dcterms?)[.:]", lambda m: m[1].rstrip("s") + ":", name), []
            ).append(content)
    return found


def _first(tags: dict[str, list[str]], names: Sequence[str]) -> str:
    return next((tags[name][0] for name in names if name in tags), "")


def _authors(tree: HtmlElement, tags: dict[str, list[str]]) -> tuple[str, ...]:
    for name in _AUTHORS:
        found = [value for value in tags.get(name, ()) if "://" not in value]
        if found:
            return tuple(dict.fromkeys(part for value in found for part in split_names(value)))
    for path in (
        "//*[contains(@itemprop,'author')]//*[@itemprop='name']",
        "//*[contains(@itemprop,'author')]",
        "//a[@rel='author']",
    ):
        shown = [_clean(element.text_content()) for element in tree.xpath(path)]
        named = [name for text in shown if 3 < len(text) < 100 for name in split_names(text)]
        if named:
            return tuple(dict.fromkeys(named))
    return ()


def _names(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    named = [
        part for item in values if "://" not in _name(item) for part in split_names(_name(item))
    ]
    return tuple(dict.fromkeys(named))


def _name(value: object) -> str:
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, dict):
        value = value.get("name")
    return _string(value)


def _string(value: object, *, keep_lines: bool = False) -> str:
    if not isinstance(value, str):
        return ""
    value = well_formed(value)
    return unescape(value).strip() if keep_lines else _clean(value)


def _clean(text: str) -> str:
    return " ".join(unescape(text).split())


def _headings(tree: HtmlElement) -> tuple[str, ...]:
    return tuple(_clean(heading.text_content()) for heading in tree.iter("h1", "h2"))


def _time(tree: HtmlElement) -> str:
    for element in tree.iter("time"):
        if next(element.iterancestors("figure", "figcaption"), None) is not None:
            continue  # the day of a picture
        stated = element.get("datetime") or _clean(element.text_content())
        if re.search(r"\d{4}", stated):
            return str(stated)
    return ""


def _language(tree: HtmlElement, tags: dict[str, list[str]]) -> str:
    stated = tree.get("lang") or next(iter(tree.xpath("//html/@lang")), "")
    stated = stated or _first(tags, ("og:locale", "content-language", "language"))
    code = re.match(r"[a-zA-Z]{2}(?![a-zA-Z])", stated)
    return code[0].lower() if code else ""


def _canonical(tree: HtmlElement, tags: dict[str, list[str]]) -> str:
    links = [*tree.xpath("//link[@rel='canonical']/@href"), *tags.get("og:url", ())]
    return next(
        (link.strip() for link in links if re.match(r"https?://[^\s/]+\.[^\s]+", link.strip())), ""
    )
