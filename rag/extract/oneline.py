"""Cut a page without line breaks into pieces that can be scored like lines.

A whole page on one line is what ``get_text(" ")`` of an HTML library leaves. Three things betray
where one block ended and the next began: the ends of sentences; the page's title, which comes
first and is repeated as headline; and the change from capitalised words (menus, headlines, names)
to running text within what looks like one long sentence.
"""

import re

from rag import text as rag_text
from rag.extract.wording import FUNCTION_WORDS

_TOKEN = re.compile(r"\S+")
_CLOCK = re.compile(
    r"\b\d{1,2}[:.]\d{2}\s*(?:[ap]\.?m\.?)?(?:\s*\(?(?:[A-Z]{2,4}|Uhr)\b\)?)?|\b(?:19|20)\d{2}\b(?!\s*[-–])|\b(?:ago|read)\b|\b(?:Share|Comments?|Print|Advertisement)\b",
)
_LONGEST_TITLE = 40  # words
_LONG_UNIT = 8  # words; shorter sentences are not split further


def headline(text: str) -> str:
    """The longest run of words at the very start that occurs again: the page's title, or ''."""
    tokens = list(_TOKEN.finditer(text, 0, 1000))[:_LONGEST_TITLE]
    found = ""
    for token in tokens[2:]:
        candidate = text[: token.end()]
        if text.find(candidate, token.end()) < 0:
            break
        found = candidate
    return found.rstrip(" |-–—·:")


def pieces(text: str) -> list[tuple[int, int]]:
    """The (start, end) of each piece of the text, in order, white space between them left out."""
    cuts = {0, len(text)}
    title = headline(text)
    if title:
        at = 0
        while (at := text.find(title, at)) >= 0:
            cuts.update((at, at + len(title)))
            at += len(title)
    cuts.update(match.end() for match in re.finditer(r"\n+", text))
    for start, end in rag_text.sentences(text):
        cuts.add(start)
        inner = sorted(cut for cut in cuts if start < cut < end)
        for left, right in zip([start, *inner], [*inner, end], strict=True):
            cuts.update(_turn(text, left, right))
    borders = sorted(cuts)
    spans = []
    for left, right in zip(borders, borders[1:]):
        piece = text[left:right]
        if piece.strip():
            spans.append((left + len(piece) - len(piece.lstrip()), left + len(piece.rstrip())))
    return spans


def _turn(text: str, start: int, end: int) -> list[int]:
    """Where capitalised words turn into running text: at most one cut, plus clock times before it."""
    tokens = list(_TOKEN.finditer(text, start, end))
    if len(tokens) < _LONG_UNIT:
        return []
    best = score = 0.0
    turn = 0
    for index, token in enumerate(tokens):
        word = token.group()
        if word[0].islower():
            score -= 2.0 if word in FUNCTION_WORDS else 1.5
        else:
            score += 1.0
        if score > best:
            best, turn = score, index + 1
    if best < 6 or turn >= len(tokens):
        return [] 
    anchors = [m.end() for m in _CLOCK.finditer(text, start, tokens[turn - 1].end())]
    first = turn
    for back in range(1, min(6, turn)):
        index = turn - back
        if tokens[index].group().lower() in FUNCTION_WORDS and tokens[index].group()[0].isupper():
            first = index
            break
    else:
        first = max(1, turn - 2)
    cut = tokens[first].start()
    if anchors and tokens[max(0, turn - 8)].start() <= anchors[-1] <= tokens[turn].start():
        cut = anchors[-1]
    return [cut, *anchors]
