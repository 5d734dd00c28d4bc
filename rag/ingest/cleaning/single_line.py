"""Cut a page without line breaks into pieces that can be scored like lines.

``get_text(" ")`` of an HTML library leaves a whole page on one line. Three signs show where one
block ended and the next began: sentence boundaries; the page's title, which comes first and is
repeated as the headline; and the change from capitalised words (menus, headlines, names) to running
text within what looks like one long sentence.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from rag import text as rag_text
from rag.ingest.cleaning.function_words import FUNCTION_WORDS

_TOKEN = re.compile(r"\S+")
# What directly precedes an article's first sentence: a time, a year, a button.
_MARK = re.compile(
    r"\b\d{1,2}[:.]\d\d\s*(?:[ap]\.?m\b\.?)?(?:\s*\(?(?:[A-Z]{2,4}|Uhr)\b\)?)?|\b(?:19|20)\d\d\b(?!\s*[-–])"
    r"|\b(?:ago|read|Share|Comments?|Print|Advertisement)\b"
)
_TITLE_REACH, _TITLE_WORDS = 1000, 40  # characters, words
_BLOCK = 20_000  # characters
_UNIT = 8  # words; a shorter sentence is not cut further
_MENU = 6.0  # score at which capitalised words (1 each) make a menu
_SMALL, _FUNCTION = -1.5, -2.0  # scores of a lower-case word and a lower-case function word
_OPENING = 6  # words before the turn in which the sentence after a menu may begin


def headline(text: str) -> str:
    """Return the page's title: the longest run of words at the start that occurs again, or ''."""
    tokens = list(_TOKEN.finditer(text, 0, _TITLE_REACH))[:_TITLE_WORDS]
    end = 0
    for token in tokens[2:]:
        if text.find(text[: token.end()], token.end()) < 0:
            break
        end = token.end()
    return text[:end].rstrip(" |-–—·:")


def pieces(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) of each piece in order, without surrounding white space."""
    cuts = {0, len(text)}
    if title := headline(text):
        for found in re.finditer(re.escape(title), text):
            cuts.update(found.span())
    cuts.update(found.end() for found in re.finditer(r"\n+", text))
    hard = sorted(cuts)
    at = 0
    for start, end in _sentences(text):
        while hard[at] <= start:
            at += 1
        left = start
        cuts.add(start)
        for right in (*_within(hard, at, end), end):
            cuts.update(_turn(text, left, right))
            left = right
    borders = sorted(cuts)
    spans = []
    for left, right in pairwise(borders):
        piece = text[left:right]
        if piece.strip():
            spans.append((left + len(piece) - len(piece.lstrip()), left + len(piece.rstrip())))
    return spans


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield sentences block by block: splitting one very long paragraph takes quadratic time."""
    start = 0
    while start < len(text):
        end = text.rfind(" ", start, start + _BLOCK) + 1 if start + _BLOCK < len(text) else 0
        end = end or start + _BLOCK
        for left, right in rag_text.sentences(text[start:end]):
            yield start + left, start + right
        start = end


def _within(hard: list[int], at: int, end: int) -> list[int]:
    stop = at
    while stop < len(hard) and hard[stop] < end:
        stop += 1
    return hard[at:stop]


def _turn(text: str, start: int, end: int) -> list[int]:
    """Return where a menu turns into running text, with the times and buttons before it, or []."""
    tokens = list(_TOKEN.finditer(text, start, end))
    if len(tokens) < _UNIT:
        return []
    best = score = 0.0
    turn = 0
    for index, token in enumerate(tokens, start=1):
        word = token.group()
        score += (_FUNCTION if word in FUNCTION_WORDS else _SMALL) if word[0].islower() else 1.0
        if score > best:
            best, turn = score, index
    if best < _MENU or turn == len(tokens):
        return []
    marks = [found.end() for found in _MARK.finditer(text, start, tokens[turn - 1].end())]
    nearest = tokens[max(0, turn - _UNIT)].start()
    cut = marks[-1] if marks and marks[-1] >= nearest else tokens[_opening(tokens, turn)].start()
    return [cut, *marks]


def _opening(tokens: list[re.Match[str]], turn: int) -> int:
    """Return the index of the first word of the sentence that turns lower-case at ``turn``."""
    for index in range(turn - 1, max(0, turn - _OPENING), -1):
        if tokens[index].group().lower() in FUNCTION_WORDS:
            return index
    return max(1, turn - 2)  # usually a two-word name
