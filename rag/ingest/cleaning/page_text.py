"""Find the article in the plain text of a whole page, with its menus, captions and buttons.

Such text comes from select-all and copy in a browser, or from a converter that keeps every word of
the page. The author's wording stays unchanged: lines are kept or dropped whole.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from rag.ingest.cleaning import boilerplate, dates, function_words, single_line
from rag.ingest.cleaning.author_names import split_names
from rag.ingest.cleaning.cleaned import Cleaned
from rag.ingest.cleaning.line_scores import Line, article_lines, read, scores

_ENDLESS = 1500  # characters; a page mainly of longer lines counts as a single line
_NEAR = 3  # maximum distance in lines between repeats of a caption
_CAPTION_WORDS = 8
_NOTE = re.compile(r"\([^()]{3,80}\)")
_ABOVE = 40  # lines above the article that may contain its headline
_TITLE_WORDS = (4, 32)
_BESIDE = 4  # lines around headline and article's start that may contain byline and date
_PAGE_EVIDENCE = 2.5  # in lines of certain boilerplate or their equivalent
_STANDFIRST_REACH = 6  # lines below the headline
_MASTHEAD = 6  # lines at the top that may contain the name of the site
_NAME = re.compile(r"[^\W\d_]\w{2,}(?: (?:&|\w[\w'’.-]*)){1,4}")
# Lines about the site, and words that are on many sites but do not distinguish one.
_OF_SITE = re.compile(r"©|\b(?:app|copyright|cookies|member|newsletter|subscribe|support)\b", re.I)
_SECTIONS = frozenset(
    "art arts business culture daily east health latest life live local middle money more national"
    " news north opinion politics science south sport sports tech today top travel video weather"
    " weekly west world".split()
)
_CONTROLS = frozenset(
    "account all created discover follow get home join log login main menu more my navigation read"
    " search sign sites skip subscribe support toggle view watch your".split()
)
_STUB = 4  # words in a menu entry
_FUNCTION = function_words.FUNCTION_WORDS


class PageText:
    """The text of a page split into scored lines. Call ``is_dump`` before ``clean``."""

    def __init__(self, text: str) -> None:
        endless = sum(len(line) for line in text.split("\n") if len(line) > _ENDLESS)
        self.broken = endless < len(text) / 2
        if self.broken:
            spans = [
                found.span() for found in re.finditer(r"[^\n]+", text) if found.group().strip()
            ]
        else:
            spans = single_line.pieces(text)
        raw = [text[start:end] for start, end in spans]
        known = {line: read(line) for line in set(raw)}  # menu entries repeat
        self.lines = [known[line] for line in raw]
        odds = scores(self.lines, self.broken)
        body = _without_captions(self.lines, article_lines(self.lines, odds))
        self.article_lines = _with_note(self.lines, body) if self.broken else body
        self._lead = single_line.headline(text) if not self.broken else ""

    def is_dump(self) -> bool:
        """Return whether the text is a whole page, rather than an already clean article.

        Decides by evidence of boilerplate, not by what the scorer would drop: a clean article may
        be a list.
        """
        texts = [line.text for line in self.lines]
        sure = sum(line.boilerplate for line in self.lines)
        hints = sum(line.hints for line in self.lines)
        copies = len(texts) - len(set(texts))
        if self.broken:
            short = sum(line.words <= _STUB and not line.ends for line in self.lines)
            shape = 4 * short / max(1, len(texts))
        else:
            shape = 3 * (len(self._lead.split()) >= _STUB)
        return sure + hints / 5 + min(copies, 5) / 5 + shape >= _PAGE_EVIDENCE

    def clean(self) -> Cleaned:
        """Extract the article from the page; its text is empty if there is none."""
        title = self._headline()
        body = [index for index in self.article_lines if index > title or title < 0]
        name = self._lead or (self.lines[title].text if title >= 0 else "")
        body = [index for index in body if self.lines[index].text != name]
        body = self._standfirst(title, body) + body
        authors, published = self._signature(title, body)
        return Cleaned(
            name,
            self._join(body),
            publisher=self._masthead(title),
            authors=authors,
            published=published,
        )

    def _masthead(self, title: int) -> str:
        """Return the name of the site: a line at the top that a line about the site repeats.

        That line has all of it, or "the" before one of its words: "Download the Gazette app".
        """
        inside = set(self.article_lines)
        others = (line for place, line in enumerate(self.lines) if place not in inside)
        site = [line.text for line in others if _OF_SITE.search(line.text)]
        for line in self.lines[: min(max(0, title), _MASTHEAD)]:
            parts = [part for part in line.text.split() if part.lower() not in _FUNCTION]
            if (
                not _NAME.fullmatch(line.text)
                or any(
                    part.lower() in _CONTROLS or not part[0].isupper()
                    for part in parts
                    if part != "&"
                )
                or all(part.lower() in _SECTIONS for part in parts)
            ):
                continue
            short = "|".join(part.capitalize() for part in parts if part.lower() not in _SECTIONS)
            named = re.compile(rf"(?i:\b{re.escape(line.text)}\b)|\b[Tt]he (?:{short})\b")
            if any(text != line.text and named.search(text) for text in site):
                return _in_title_case(line.text)
        return ""

    def _standfirst(self, title: int, body: Sequence[int]) -> list[int]:
        """Return sentences below the headline that captions or bylines separate from the rest."""
        if title < 0 or not body or not self.broken:
            return []
        between = range(title + 1, min(body[0], title + 1 + _STANDFIRST_REACH))
        lines = self.lines
        return [
            index
            for index in between
            if lines[index].prose
            and not (lines[index].boilerplate or lines[index].credit or lines[index].bullet)
            and not (lines[index].hints or _has_twin(lines, index))
        ]

    def _join(self, body: Sequence[int]) -> str:
        """Join lines as paragraphs; adjacent pieces of a single-line page form one paragraph."""
        text = ""
        for place, index in enumerate(body):
            touching = not self.broken and place and body[place - 1] == index - 1
            text += (" " if touching else "\n\n") + self.lines[index].text
        return text.strip()

    def _headline(self) -> int:
        """Return the index of the headline's line, or -1."""
        if not self.article_lines:
            return -1
        first = self.article_lines[0]
        known = Counter(
            word.lower()
            for index in self.article_lines
            for word in re.findall(r"\w+", self.lines[index].text)
        )
        best, best_index = 0.0, -1
        for index in range(max(0, first - _ABOVE), min(first + 2, len(self.lines))):
            line = self.lines[index]
            if (index in self.article_lines and line.prose) or _has_twin(self.lines, index):
                continue
            value = _likeness(line, known) - 0.02 * abs(first - index)
            if value > best:
                best, best_index = value, index
        return best_index

    def _signature(self, title: int, body: Sequence[int]) -> tuple[tuple[str, ...], date | None]:
        """Return authors and date from bylines near the headline and the article's start."""
        first, *more = body or [0]
        low = max(0, min(title if title >= 0 else first, first) - _BESIDE)
        high = min(more[0] if more else first, first + _ABOVE) + _BESIDE
        authors: tuple[str, ...] = ()
        published: date | None = None
        for line in self.lines[low:high]:
            if not authors and (names := boilerplate.byline(line.text)):
                authors = split_names(names)
            if not published and line.words < 20 and boilerplate.dates_article(line.text):
                published = dates.parse(line.text)
        return authors, published


def _likeness(line: Line, known: Counter[str]) -> float:
    """Score a line as the headline of the article whose word counts are ``known``."""
    least, most = _TITLE_WORDS
    text = line.text
    if (
        not least <= line.words <= most
        or line.bullet
        or line.boilerplate
        or line.credit
        or text[0] in "(["
    ):
        return 0.0
    if boilerplate.is_date_line(text) or boilerplate.byline(text):
        return 0.0
    content = [word for word in re.findall(r"\w+", text.lower()) if word not in _FUNCTION]
    shared = sum(known[word] > 0 for word in content) / max(1, len(content))
    full_stop = text.endswith((".", ":", ",", ";"))
    return 2 * shared + min(line.words, 12) / 6 - 1.2 * full_stop - 1.0


def _without_captions(lines: Sequence[Line], indices: Sequence[int]) -> list[int]:
    """Drop certain boilerplate and captions, which credit a photographer or occur twice."""
    body: list[int] = []
    for index in indices:
        line = lines[index]
        again = line.prose and any(lines[before].text == line.text for before in body[-_NEAR:])
        credited = line.credit and not line.ends
        if not (again or credited or line.boilerplate or _has_twin(lines, index)):
            body.append(index)
    return body


def _has_twin(lines: Sequence[Line], index: int) -> bool:
    """Return whether a nearby line extends this line, or is a prefix of it.

    Captions do so: they occur once alone and once followed by the credit.
    """
    line = lines[index]
    return line.words >= _CAPTION_WORDS and any(
        other.words >= _CAPTION_WORDS
        and other.text != line.text
        and (other.text.startswith(line.text) or line.text.startswith(other.text))
        for other in lines[max(0, index - _NEAR) : index + _NEAR + 1]
    )


def _with_note(lines: Sequence[Line], body: list[int]) -> list[int]:
    """Add the author's note in parentheses that may follow the last paragraph."""
    after = body[-1] + 1 if body else len(lines)
    if after < len(lines) and _NOTE.fullmatch(lines[after].text) and not lines[after].credit:
        return [*body, after]
    return body


def _in_title_case(name: str) -> str:
    """Write a name in capitals as others are; an abbreviation in it stays."""
    if not name.isupper():
        return name
    words = [
        word if len(word) <= 3 and word.lower() not in _FUNCTION else word.capitalize()
        for word in name.split()
    ]
    return " ".join(words)
