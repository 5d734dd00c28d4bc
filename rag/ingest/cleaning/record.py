"""Extract an article from one JSON record of a feed, dump or table."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from rag.errors import ConfigError, ExtractError
from rag.ingest.cleaning import dates, html, markup, plain
from rag.ingest.cleaning.author_names import split_names
from rag.ingest.cleaning.cleaned import Cleaned
from rag.text import normalise

_KNOWN = {
    "text": "text body content article articlebody article_body article_text body_text story maintext "
    "full_text fulltext content_text content_html",
    "title": "title headline name heading article_title",
    "url": "url link source_url web_url weburl canonical_url article_url permalink uri",
    "publisher": "publisher source site outlet newspaper sitename site_name publication source_name "
    "domain source_domain",
    "authors": "authors author byline creator writer writers",
    "published": "published date publish_date date_published datepublished date_publish pubdate pub_date "
    "published_at publishedat publisheddate published_date publication_date datetime timestamp "
    "created_at time",
    "language": "language lang locale",
}
NAMES = {ours: tuple(theirs.split()) for ours, theirs in _KNOWN.items()}
_TELLING = ("name", "rendered", "value", "text", "content")  # JSON-LD, WordPress and others
_DEPTH = 4
_LONGEST_DATE = 40  # characters
_SHOWN_FIELDS = 12
_MARKUP_LEAST = 2


def parse(source: str) -> Mapping[str, object]:
    """Parse one JSON object.

    Raises:
        ExtractError: It is not one.
    """
    try:
        value = json.loads(source)
    except ValueError as error:
        raise ExtractError(f"the record is not valid JSON: {error}") from None
    except RecursionError:
        raise ExtractError("the record is nested too deeply, expected one flat object") from None
    if not isinstance(value, dict):
        kind = "list" if isinstance(value, list) else type(value).__name__
        raise ExtractError(f"the JSON record is a {kind}, expected an object with a text field")
    return value


def require_known(fields: Mapping[str, str] | None) -> None:
    """Raise ConfigError if ``fields`` has a name that is not one of this module's."""
    if unknown := sorted(set(fields or ()) - set(NAMES)):
        raise ConfigError(
            f"articles have no field {unknown[0]!r}; expected {', '.join(NAMES)}, as in"
            " --map text=body."
        )


def clean(record: Mapping[str, object], fields: Mapping[str, str] | None = None) -> Cleaned:
    """Extract the article from one record.

    ``fields`` maps this module's names (the keys of ``NAMES``) to the record's; dots reach into
    nested objects: ``{"text": "payload.body"}``. Fields not mapped are recognised by their usual
    names, ignoring case.

    Raises:
        ExtractError: No text in the record.
    """
    mapped = dict(fields or {})
    text = _string(_find(record, "text", mapped.get("text")))
    if not text:
        raise ExtractError(_no_text(record, mapped))
    named = described(record, mapped)
    return replace(named, text=_without_title(_body(text), named.title))


def described(record: Mapping[str, object], mapped: Mapping[str, str] | None = None) -> Cleaned:
    """Return what the record says about its article; the text is left empty."""
    mapped = mapped or {}
    found = {name: _find(record, name, mapped.get(name)) for name in NAMES if name != "text"}
    published = found["published"]
    stated = published if isinstance(published, int | float) else _string(published)
    return Cleaned(
        " ".join(markup.strip_tags(_string(found["title"])).split()),
        "",
        publisher=_site(found["publisher"]),
        authors=_authors(found["authors"]),
        published=dates.parse(stated),
        language=_language(_string(found["language"])),
        url=_string(found["url"]),
        unread_date=dates.unread(stated),
        date_field="" if stated else _date_field(record),
    )


def _date_field(record: Mapping[str, object]) -> str:
    """Return the first field of an unknown name whose text is a day; not a number, as of an id."""
    known = {name for names in NAMES.values() for name in names}
    for key, value in record.items():
        text = value if isinstance(value, str) and len(value) <= _LONGEST_DATE else ""
        if text and not text.isdigit() and key.lower() not in known and dates.parse(text):
            return key
    return ""


def _find(record: Mapping[str, object], name: str, mapped: str | None) -> object:
    if mapped:
        return record[mapped] if mapped in record else _reach(record, mapped)
    lower = {key.lower().replace("-", "_"): value for key, value in record.items()}
    # An empty field does not hide a non-empty one later in the list.
    return next(
        (lower[key] for key in NAMES[name] if lower.get(key) not in (None, "", [], {})), None
    )


def _reach(value: object, path: str) -> object:
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def _no_text(record: Mapping[str, object], mapped: dict[str, str]) -> str:
    names = [" ".join(str(key).split())[:40] for key in record]
    shown = ", ".join(names[:_SHOWN_FIELDS]) + (", ..." if len(names) > _SHOWN_FIELDS else "")
    if "text" in mapped:
        return (
            f"the JSON record has no text in {mapped['text']!r}; its fields are {shown or 'none'}"
        )
    empty = next((key for key in record if key.lower().replace("-", "_") in NAMES["text"]), None)
    if empty is not None:
        held = "null" if record[empty] is None else "empty or not text"
        return f"the text of the JSON record, its field {empty!r}, is {held}; leave the record out"
    return (
        f"the JSON record has no text field; its fields are {shown or 'none'}; "
        "name one with --map text=FIELD"
    )


def _body(text: str) -> str:
    if markup.smells(text) or text.count("</") >= _MARKUP_LEAST:
        try:
            return html.clean(text).text
        except ExtractError:
            pass
        text = markup.strip_tags(text)
    return plain.clean(normalise(text), titled=False).text


def _without_title(text: str, title: str) -> str:
    first, _, rest = text.partition("\n\n")
    return rest if title and rest and first.casefold() == title.casefold() else text


def _string(value: object, depth: int = _DEPTH) -> str:
    """Return the text of a string, of an object's main member, or of a list (as paragraphs)."""
    if isinstance(value, str):
        return markup.well_formed(value).strip()
    if depth and isinstance(value, dict):
        members = (_string(value.get(key), depth - 1) for key in _TELLING)
        return next((member for member in members if member), "")
    if depth and isinstance(value, list):
        return "\n\n".join(filter(None, (_string(item, depth - 1) for item in value)))
    return ""


def _site(value: object) -> str:
    name = " ".join(_string(value if not isinstance(value, list) else value[:1]).split())
    if "://" in name:
        return host(name)
    return name


def host(url: str) -> str:
    """Return the host name of a web address without ``www.``, or ''."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    name = parts.hostname if parts.scheme in {"http", "https"} else None
    return (name or "").removeprefix("www.")


def _authors(value: object) -> tuple[str, ...]:
    items = [_string(item) for item in (value if isinstance(value, list) else [value])]
    names: list[str] = []
    for item in items:
        # A table may contain a list as Python or JSON prints it: ['Ann Lee', "Bo O'Roe"]
        quoted = re.findall(r"'([^']+)'|\"([^\"]+)\"", item) if item.startswith("[") else []
        for name in [single or double for single, double in quoted] or [item.strip("[]")]:
            names += split_names(name)
    return tuple(dict.fromkeys(names))


def _language(value: str) -> str:
    found = re.match(r"([A-Za-z]{2})(?:[-_]|$)", value)
    return found[1].lower() if found else ""
