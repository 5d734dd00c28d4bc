"""Extract clean articles from pages: HTML, plain text, page dumps, Markdown, records."""

from collections.abc import Callable, Mapping

from rag.errors import ExtractError
from rag.ingest.cleaning import boilerplate, function_words, html, markup, plain, record
from rag.ingest.cleaning.cleaned import MIN_RECORD_WORDS, MIN_WORDS, Cleaned, require_words
from rag.ingest.cleaning.line_scores import count_words
from rag.ingest.cleaning.page_text import PageText
from rag.ingest.cleaning.title_from_url import title_of
from rag.ingest.encoding import decode
from rag.text import content_id, normalise
from rag.types import Article, Page

__all__ = ["extract"]

_WEB = ("http://", "https://")
_JSON = "application/json"
_HTML = {"text/html", "application/xhtml+xml"}
_LONGEST_NAME = 300  # characters
_MARKDOWN = {"text/markdown", "text/x-markdown"}


def extract(
    page: Page,
    *,
    fields: Mapping[str, str] | None = None,
    note: Callable[[str], object] | None = None,
) -> Article:
    """Clean one page into an article; the author's wording stays, lines are kept or dropped whole.

    ``page.content_type`` may be HTML, plain text (a clean article, or the text of a whole page with
    its menus and captions), Markdown or a JSON record. ``fields`` maps the names text, title, url,
    publisher, authors, published and language to a record's own field names. ``note`` is called
    with one line about each statement of the page that cannot be read, and if the text seems to be
    only a notice, such as that of a cookie wall.

    Raises:
        ExtractError: The page is empty, binary or unreadable, contains too few words, or its
            record has no text.
    """
    cleaned, least = _cleaned(page, fields)
    article = _article(page, cleaned, least)
    if note and cleaned.unread_date and not article.published:
        note(f"the date {cleaned.unread_date!r} cannot be read and was left open")
    if note and cleaned.date_field and not article.published:
        field = " ".join(cleaned.date_field.split())
        note(f"it has no date; its field {field!r} holds one: --map published={field}")
    if note and boilerplate.is_notice(article.text):
        note("this seems to be only a notice of the site; the article may need a login")
    return article


def _cleaned(page: Page, fields: Mapping[str, str] | None) -> tuple[Cleaned, int]:
    """Return the parts of the article, and how many words it needs."""
    if not page.body.strip():
        raise ExtractError("the page is empty; expected the text of an article")
    if page.content_type == _JSON:
        value = page.record or record.parse(decode(page.body))
        return record.clean(value, fields), MIN_RECORD_WORDS
    source = decode(page.body)
    if page.content_type in _HTML and "<" in source:  # some servers label any text as HTML
        return html.clean(source), MIN_WORDS
    if page.content_type in _MARKDOWN:
        return _fronted(source, plain.markdown), MIN_RECORD_WORDS
    if markup.smells(source):
        return html.clean(source), MIN_WORDS
    return _fronted(source, _plain), MIN_RECORD_WORDS


def _plain(text: str) -> Cleaned:
    if text.startswith("# "):
        return plain.markdown(text)
    page = PageText(text)
    if page.is_dump():
        found = page.clean()
        if count_words(found.text) >= MIN_WORDS:
            return found
    return plain.clean(text)


def _fronted(source: str, clean: Callable[[str], Cleaned]) -> Cleaned:
    """Clean a text that may begin with front matter, whose values take precedence."""
    stated, text = plain.front_matter(source.replace("\r\n", "\n").removeprefix("\ufeff"))
    cleaned = clean(normalise(text))
    if not stated:
        return cleaned
    named = record.described(dict(stated))
    return Cleaned(
        named.title or cleaned.title,
        cleaned.text,
        publisher=named.publisher,
        authors=named.authors or cleaned.authors,
        published=named.published or cleaned.published,
        language=named.language,
        url=named.url,
        unread_date=named.unread_date,
    )


def _brief(name: str) -> str:
    """Put a title or publisher on one line, and truncate it if a page puts a whole text there."""
    line = " ".join(normalise(name).split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1].rstrip()}…"


def _article(page: Page, cleaned: Cleaned, least: int) -> Article:
    text = normalise(cleaned.text)
    require_words(text, least)
    # A record states its own address; a page's canonical link counts only for a saved copy.
    trusted = page.content_type == _JSON or not page.url.startswith(_WEB)
    url = cleaned.url if trusted and cleaned.url.startswith(_WEB) else page.url
    title = _brief(cleaned.title)
    if not title and url.startswith(_WEB):
        title = title_of(url)
    return Article(
        id=content_id(title, text),
        url=url,
        title=title,
        text=text,
        publisher=_brief(cleaned.publisher) or record.host(url),
        authors=cleaned.authors,
        published=cleaned.published,
        language=cleaned.language or function_words.language(text),
        fetched=page.fetched,
    )
