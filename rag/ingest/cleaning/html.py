"""Extract an article from HTML: trafilatura finds the text; title and facts come from metadata."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import TYPE_CHECKING

from rag.errors import ExtractError
from rag.ingest.cleaning import boilerplate, dates, function_words, metadata
from rag.ingest.cleaning.author_names import split_names
from rag.ingest.cleaning.cleaned import MIN_WORDS, Cleaned, require_words
from rag.ingest.cleaning.line_scores import count_words, read
from rag.ingest.cleaning.markup import strip_tags
from rag.text import normalise

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_TOP = 4  # paragraphs in which the header may be repeated
_LABEL_WORDS = 2  # in a section name
_MANY_TAGS = 5_000  # far more than an article has
# Elements that mean something while empty.
_TELLING = frozenset("meta link script time img source br hr title".split())
_LETTERS = 200  # of a joined paragraph, about
_INLINE = frozenset("a b em i small span strong time u".split())
_CAPTION = 200  # characters
_FULLER = 1.5  # a JSON-LD body replaces an extracted text if it has this many times its words


def clean(source: str) -> Cleaned:
    """Extract the article of an HTML page.

    Raises:
        ExtractError: The page is not HTML, or contains too few words.
    """
    import trafilatura
    from lxml.html import tostring

    tree = trafilatura.load_html(source)
    if tree is None and source.lstrip().startswith("<"):
        # HTML may begin with its title; the parser then returns only a part of it.
        tree = trafilatura.load_html(f"<!doctype html>{source}")
    if tree is None:
        raise ExtractError(
            "the page could not be read as HTML; save its text as a .txt file instead"
        )
    if len(tree.xpath("//*")) > _MANY_TAGS:
        _drop_empty(tree)
        _join_letters(tree)
        source = tostring(tree, encoding="unicode")
    stated = metadata.read(tree)
    authors, published = _signature(tree, stated)
    found = _body(tree, source, stated.body)
    require_words(found)
    title = stated.title or _first_heading(tree)
    text = without_boilerplate(found, title)
    require_words(text)
    return Cleaned(
        title,
        text,
        publisher=stated.site,
        authors=authors,
        published=published,
        language=stated.language or function_words.language(text),
        url=stated.canonical,
        unread_date=dates.unread(stated.published),
    )


def _signature(tree: HtmlElement, stated: metadata.Metadata) -> tuple[tuple[str, ...], date | None]:
    """Return authors and date from the metadata, or else as trafilatura finds them on the page."""
    authors, published = stated.authors, dates.parse(stated.published)
    if authors and published:
        return authors, published
    from lxml.etree import strip_elements  # type: ignore[import-untyped]
    from trafilatura.metadata import extract_metadata

    bare = deepcopy(tree)
    strip_elements(bare, "figure", "figcaption", with_tail=False)  # the day of a picture is not it
    _drop_captions(bare)
    shown = extract_metadata(bare)
    authors = authors or split_names((shown.author or "").replace(";", ","))
    guess = dates.parse(shown.date)
    # 1 January is the default if only a year, often that of the copyright, was found.
    return authors, published or (guess if guess and (guess.month, guess.day) != (1, 1) else None)


def _drop_captions(tree: HtmlElement) -> None:
    """Drop the lines of a page that date a picture."""
    lines: dict[HtmlElement, None] = {}
    for year in tree.xpath("//text()[contains(., '19') or contains(., '20')]"):
        line = year.getparent().getparent() if year.is_tail else year.getparent()
        lines[line] = None
        while line.tag in _INLINE and line.getparent() is not None:
            line = line.getparent()
            lines[line] = None
    for line in lines:
        text = " ".join(line.text_content().split())
        if len(text) <= _CAPTION and boilerplate.is_caption(text) and line is not tree:
            line.drop_tree()


def _drop_empty(tree: HtmlElement) -> None:
    """Drop elements without text, which a hostile page may have by the hundred thousand."""
    for element in reversed(tree.xpath("//*")):
        above = element.getparent()
        bare = (
            not len(element)
            and not (element.text or "").strip()
            and not (element.tail or "").strip()
        )
        if bare and above is not None and element.tag not in _TELLING:
            above.remove(element)


def _join_letters(tree: HtmlElement) -> None:
    """Join neighbouring paragraphs of a few letters, which a hostile page may have as many of."""
    run: HtmlElement | None = None
    for element in tree.xpath("//p[not(*) and text() and string-length() <= 3]"):
        if (
            run is None
            or element.getprevious() is not run
            or (run.tail or "").strip()
            or len(run.text) > _LETTERS
        ):
            run = element
        else:
            run.text = f"{run.text} {element.text}"
            element.drop_tree()


def _body(tree: HtmlElement, source: str, stated: str) -> str:
    import trafilatura

    # Precision first: text that this mode misses, the other modes mostly miss too.
    found = trafilatura.extract(tree, favor_precision=True, include_comments=False) or ""
    if count_words(found) < MIN_WORDS:
        found = trafilatura.extract(source, favor_recall=True, include_comments=False) or found
    stated = strip_tags(stated)
    # trafilatura falls back to the same JSON-LD body, but merges its paragraphs.
    same = stated.split() == found.split()
    if same or count_words(stated) > _FULLER * count_words(found):
        return stated
    return found


def without_boilerplate(text: str, title: str) -> str:
    """Join paragraphs by blank lines; drop certain boilerplate and repeats of the header."""
    paragraphs = [line.strip() for line in normalise(text).split("\n") if line.strip()]
    top = True
    kept = []
    for place, paragraph in enumerate(paragraphs):
        top = top and place < _TOP
        if boilerplate.is_boilerplate(paragraph) or (top and _is_header(paragraph, title)):
            continue
        top = top and not read(paragraph).prose
        kept.append(paragraph)
    return "\n\n".join(kept)


def _is_header(paragraph: str, title: str) -> bool:
    """Return whether a line above the first paragraph repeats headline, byline, date or section."""
    line = read(paragraph)
    return (
        paragraph.casefold() == title.casefold()
        or (line.words <= _LABEL_WORDS and not line.ends and not line.bullet)
        or bool(boilerplate.byline(paragraph))
        or (line.words < 20 and boilerplate.is_date_line(paragraph))
    )


def _first_heading(tree: HtmlElement) -> str:
    return next((" ".join(h.text_content().split()) for h in tree.iter("h1", "h2")), "")
