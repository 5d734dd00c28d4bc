"""Find the article in the plain text of a whole page: menus, captions, buttons and all.

Such a text comes from select-all and copy in a browser, or from a converter that keeps every word
of the page. The author's wording is left exactly as it stands: lines are kept or dropped whole.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from rag.extract import dates, furniture, oneline, wording
from rag.extract.cleaned import Cleaned
from rag.extract.lines import Line, kept, read, scores
from rag.extract.signature import split_names

_ENDLESS = 1500  # characters; a page mostly in lines longer than this counts as one line
_NEAR = 5  # lines apart at which one caption may stand twice
_ABOVE = 25  # lines above the article in which its headline may stand
_TITLE_WORDS = (3, 32)
_BESIDE = 4  # lines between headline and article's start that may hold byline and date
_FORCE_DUMP = 3  # lines of sure furniture that make a page of any text
_DUMP_SHARE = 0.25  # of the words outside the article
_FUNCTION = wording.FUNCTION_WORDS


class PageText:
    """A page's text cut into lines, each scored; asked first whether it is a page at all."""

    def __init__(self, text: str) -> None:
        endless = sum(len(line) for line in text.split("\n") if len(line) > _ENDLESS)
        self.broken = endless < len(text) / 2
        if self.broken:
            spans = [found.span() for found in re.finditer(r"[^\n]+", text) if found.group().strip()]
        else:
            spans = oneline.pieces(text)
        self.lines = [read(text[start:end]) for start, end in spans]
        odds = scores(self.lines, self.broken)
        self.kept = _without_captions(self.lines, kept(self.lines, odds))
        self._lead = oneline.headline(text) if not self.broken else ""

    def is_dump(self) -> bool:
        """Whether the text is a whole page, rather than an article that is clean already."""
        sure = sum(furniture.is_furniture(line.text) for line in self.lines)
        if sure >= _FORCE_DUMP:
            return True
        total = sum(line.words for line in self.lines)
        inside = sum(self.lines[index].words for index in self.kept)
        return bool(self._lead) or inside < (1 - _DUMP_SHARE) * total

    def clean(self) -> Cleaned:
        """The article in the page; its text is empty where there is none."""
        title = self._headline()
        body = [index for index in self.kept if index > title or title < 0]
        name = self._lead or (self.lines[title].text if title >= 0 else "")
        body = [index for index in body if self.lines[index].text != name]
        authors, published = self._signature(title, body[0] if body else 0)
        return Cleaned(name, self._join(body), authors=authors, published=published)

    def _join(self, body: Sequence[int]) -> str:
        """Lines become paragraphs; pieces of one line that touch stay one paragraph."""
        text = ""
        for place, index in enumerate(body):
            touching = not self.broken and place and body[place - 1] == index - 1
            text += (" " if touching else "\n\n") + self.lines[index].text
        return text.strip()

    def _headline(self) -> int:
        """The index of the line that is the headline, or -1."""
        if not self.kept:
            return -1
        first = self.kept[0]
        known = Counter(
            word.lower() for index in self.kept for word in re.findall(r"\w+", self.lines[index].text)
        )
        copies = Counter(line.text for line in self.lines)
        best, best_index = 0.0, -1
        for index in range(max(0, first - _ABOVE), min(first + 2, len(self.lines))):
            line = self.lines[index]
            value = _likeness(line, known, copies[line.text]) - 0.02 * abs(first - index)
            if value > best:
                best, best_index = value, index
        return best_index

    def _signature(self, title: int, first: int) -> tuple[tuple[str, ...], date | None]:
        """Authors and day from the bylines around the headline and the article's start."""
        low = max(0, min(title if title >= 0 else first, first) - _BESIDE)
        authors: tuple[str, ...] = ()
        published: date | None = None
        for line in self.lines[low : first + _BESIDE]:
            if not authors and (names := furniture.byline(line.text)):
                authors = split_names(names)
            if not published and line.words < 20 and furniture.is_date_line(line.text):
                published = dates.parse(line.text)
        return authors, published


def _likeness(line: Line, known: Counter[str], copies: int) -> float:
    """How much a line looks like the headline of the article whose words are ``known``."""
    least, most = _TITLE_WORDS
    text = line.text
    if not least <= line.words <= most or line.bullet or furniture.is_furniture(text):
        return 0.0
    if furniture.is_date_line(text) or furniture.byline(text) or furniture.is_credit(text):
        return 0.0
    content = [word for word in re.findall(r"\w+", text.lower()) if word not in _FUNCTION]
    shared = sum(known[word] > 0 for word in content) / max(1, len(content))
    full_stop = text.endswith((".", ":", ",", ";"))
    return 2 * shared + min(line.words, 10) / 10 + 0.4 * (copies > 1) - 1.2 * full_stop - 1.0


def _without_captions(lines: Sequence[Line], indices: Sequence[int]) -> list[int]:
    """Drop sure furniture, and captions that stand twice or name a photographer."""
    dropped = set()
    for place, index in enumerate(indices):
        line = lines[index]
        if furniture.is_furniture(line.text) or (furniture.is_credit(line.text) and not line.ends):
            dropped.add(index)
        for other in indices[place + 1 : place + 1 + _NEAR]:
            twin = lines[other]
            if line.words >= 8 and (twin.text.startswith(line.text) or line.text.startswith(twin.text)):
                if furniture.is_credit(twin.text) or furniture.is_credit(line.text):
                    dropped.add(index)
                if twin.words >= 8:
                    dropped.add(other)
    return [index for index in indices if index not in dropped]
