"""Clean a text that is already an article: plain text or Markdown, perhaps with front matter."""

import re
from datetime import date
from itertools import pairwise

from rag.ingest.cleaning import boilerplate, dates
from rag.ingest.cleaning.author_names import split_names
from rag.ingest.cleaning.cleaned import Cleaned
from rag.ingest.cleaning.line_scores import read
from rag.ingest.cleaning.markup import without_spans

_FRONT = re.compile(r"\A\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"^([A-Za-z_][\w .-]{0,40}):[ \t]*(.*(?:\n[ \t]+-? ?.*|\n- .*)*)", re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_UNDERLINED = re.compile(r"\A\s*(\S[^\n]*)\n=+[ \t]*\n")
# No pattern matches past the next mark of its kind, so hostile text costs no more than long text.
_MARKS = (
    (re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)"), ""),  # images
    (re.compile(r"\[([^\[\]\n]+)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)?\)"), r"\1"),  # links
    (re.compile(r"\[([^\[\]\n]+)\]\[[^\[\]\n]*\]"), r"\1"),
    (re.compile(r"^ {0,3}\[[^\[\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE), ""),  # link targets
    (re.compile(r"<(https?://[^<>\s]+)>"), r"\1"),
    (re.compile(r"^ {0,3}([*_-])(?:[ \t]*\1){2,}[ \t]*$", re.MULTILINE), ""),  # horizontal rules
    (re.compile(r"^ {0,3}> ?", re.MULTILINE), ""),
    (re.compile(r"^ {0,3}#{1,6}[ \t]+(\S.*)$", re.MULTILINE), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]+)(?<=\S)_(?!\w)"), r"\1"),
    (re.compile(r"\*\*(?=\S)([^*\n]+)(?<=\S)\*\*"), r"\1"),
    (re.compile(r"(?<!\w)__(?=\S)([^_\n]+)(?<=\S)__(?!\w)"), r"\1"),
    (re.compile(r"`([^`\n]+)`"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!>-])"), r"\1"),
)
_SHORTEST_WRAP, _LONGEST_WRAP = 45, 100  # characters at which emails and old files wrap
_HEADER = 6  # lines that may contain title, byline and date
_TITLE_WORDS = 32
_SIGNATURE_WORDS = 20


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the ``key: value`` lines between two ``---`` lines, and the text after them."""
    found = _FRONT.match(text)
    if not found:
        return {}, text
    pairs = {key.strip().lower(): _value(value) for key, value in _PAIR.findall(found[1])}
    return (pairs, text[found.end() :]) if pairs else ({}, text)


def _value(raw: str) -> str:
    raw = re.sub(r"(?<!\s)\s*\n\s*-?\s*", ", ", raw.strip()).strip(", ")
    raw = raw[1:-1] if raw[:1] == "[" and raw[-1:] == "]" else raw
    return re.sub(r"^([\"'])(.*)\1$", r"\2", raw.strip())


def markdown(text: str) -> Cleaned:
    """Extract the article of a Markdown text: its first heading is the title; markup is removed."""
    heading = _HEADING.search(text) if not _UNDERLINED.match(text) else None
    title = ""
    if underlined := _UNDERLINED.match(text):
        title, text = underlined[1], text[underlined.end() :]
    elif heading and not read(text[: heading.start()]).prose:
        title = heading[1].rstrip(" \t#") or heading[1]
        text = text[: heading.start()] + text[heading.end() :]
    bare = _without_marks(text)
    if not title:
        return clean(bare)
    return signed(_without_marks(title).strip(), clean(bare, titled=False).text.split("\n\n"))


def _without_marks(text: str) -> str:
    text = without_spans(text)
    for pattern, instead in _MARKS:
        text = pattern.sub(instead, text)
    return text


def clean(text: str, *, titled: bool = True) -> Cleaned:
    """Extract an article from clean text: only title, byline and date are taken from its top.

    Byline and date are taken only below a headline. Lines that are certainly boilerplate
    ("Advertisement") are dropped. ``titled`` says whether the first line may be a headline.
    """
    lines = [line for line in _unwrapped(text) if line and not boilerplate.is_boilerplate(line)]
    title = ""
    if titled and len(lines) > 1 and _is_headline(lines[0], lines[1]):
        title = lines.pop(0)
    return signed(title, lines) if title else Cleaned("", "\n\n".join(lines))


def signed(title: str, lines: list[str]) -> Cleaned:
    """Build an article from its paragraphs; take byline and date from the first few."""
    authors: tuple[str, ...] = ()
    published: date | None = None
    body = []
    for place, line in enumerate(lines):
        dated = (
            place < _HEADER
            and read(line).words < _SIGNATURE_WORDS
            and boilerplate.is_date_line(line)
        )
        names = boilerplate.byline(line) if place < _HEADER else ""
        day = dates.parse(line) if dated and not published else None
        if day and not boilerplate.dates_article(line):  # a caption, of no use without its picture
            continue
        if (names and not authors) or day:
            authors = authors or split_names(names)
            published = published or day
        else:
            body.append(line)
    return Cleaned(title, "\n\n".join(body), authors=authors, published=published)


def _is_headline(line: str, following: str) -> bool:
    measured = read(line)
    if (
        measured.bullet
        or not 2 <= measured.words <= _TITLE_WORDS
        or line.endswith((".", ",", ";", ":"))
    ):
        return False
    return len(following) > len(line) or not measured.ends


def _unwrapped(text: str) -> list[str]:
    """Split text into paragraphs, one per line; rejoin lines wrapped at a fixed width."""
    blocks = [block.split("\n") for block in re.split(r"\n[ \t]*\n", text)]
    inner = [len(line) for block in blocks for line in block[:-1]]
    cut = [
        first
        for block in blocks
        for first, second in pairwise(block)
        if not first.rstrip().endswith((".", "!", "?", ":", '"', "”")) and second[:1].islower()
    ]
    wrapped = (
        len(blocks) > 1
        and inner
        and len(cut) >= len(inner) / 3
        and _SHORTEST_WRAP <= sorted(inner)[len(inner) // 2] <= _LONGEST_WRAP
    )
    if wrapped:
        return [" ".join(line.strip() for line in block if line.strip()) for block in blocks]
    return [line.strip() for block in blocks for line in block]
