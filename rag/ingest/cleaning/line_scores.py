"""Score how much each line of a page looks like an article paragraph, and find the article's run.

Each line gets a logistic score from a few named features; the article is the stretch of lines with
the largest sum (Pasternack and Roth 2009, "Extracting article text from the web with maximum
subsequence segmentation"). The weights were fitted offline by logistic regression on labelled news
pages, one column for pages with line breaks, one for the pieces of pages without.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from rag.ingest.cleaning import boilerplate
from rag.ingest.cleaning.function_words import FUNCTION_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_BULLET = re.compile(r"\s*(?:[*+•·▪–-]|o)(?:\s+|$)")
_SENTENCE_END = re.compile(r"[.!?…。！？:][\"'”’»)\]]*$")
_LIST_SHAPE = re.compile(r"[|»›→]|\s[/·•>]\s|\.\.\.?$")
_ENDING = 12  # final characters searched for a full stop and closing quotes
_LONG = 60  # words; more add nothing to a line's score
# (number of neighbouring lines, words of prose that give the full feature value)
_NEAR = ((1, 20), (3, 60), (8, 120))

# feature: (weight on pages with line breaks, weight on pages without)
WEIGHTS: dict[str, tuple[float, float]] = {
    "bias": (-2.9, -2.8),
    "length": (0.9, 0.0),  # words, up to _LONG
    "sentence_end": (1.1, 1.5),
    "function_words": (0.0, 1.6),  # fraction of words
    "capitals": (-1.1, -2.2),  # fraction of words after the first
    "boilerplate": (-1.3, -1.1),  # the lexicon is certain
    "hints": (-2.3, -2.9),  # boilerplate words, scaled down by length
    "credit": (-1.3, -1.9),
    "dateline": (-1.6, -1.3),  # only a date or byline
    "list_shape": (-1.9, -1.8),
    "clauses": (0.5, 0.6),  # commas and quotation marks
    "before_1": (0.9, 0.5),  # prose in neighbouring lines, see _NEAR
    "after_1": (1.1, 0.4),
    "before_3": (0.8, 0.6),
    "after_3": (0.4, 0.3),
    "before_8": (0.7, 0.0),
    "after_8": (0.9, 1.3),
}
SURENESS = 4.0  # log-odds are clipped here
_KEEP = -1.0  # a line within the run stays if its log-odds exceed this
_GAP = 80.0  # maximum cost of a stretch of boilerplate within the article
_SIZE_POWER = 0.8  # exponent on the words that weight a line; below 1 damps long lines


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page with its measurements.

    ``words`` counts approximate words, also in scripts without spaces; ``look`` contains the
    features of the line by itself, in the order of ``WEIGHTS``.
    """

    text: str
    words: int
    bullet: bool
    ends: bool
    boilerplate: bool
    credit: bool
    hints: int
    look: tuple[float, ...]

    @property
    def aside(self) -> bool:
        """Whether the line interrupts the article without ending it."""
        return self.boilerplate or (self.credit and not self.ends)

    @property
    def prose(self) -> bool:
        """Whether the line reads like a sentence: at least 8 words and final punctuation."""
        return self.ends and self.words >= 8


def read(raw: str) -> Line:
    """Measure one line, which may begin with blanks and a bullet."""
    mark = _BULLET.match(raw)
    text = (raw[mark.end() :] if mark else raw).strip()
    tokens = _WORD.findall(text)
    words = len(tokens) + _wide(text)
    ends = bool(_SENTENCE_END.search(text[-_ENDING:]))
    sure, credit = boilerplate.is_boilerplate(text), boilerplate.is_credit(text)
    hints = boilerplate.hints(text)
    count = max(1, len(tokens))
    look = (
        1.0,
        min(words, _LONG) / _LONG,
        float(ends),
        len([token for token in tokens if token in FUNCTION_WORDS]) / count,
        len([token for token in tokens[1:] if token[0].isupper()]) / count,
        float(sure),
        min(3, hints) / (1 + words / 20),
        float(credit),
        float(boilerplate.is_date_line(text) or bool(boilerplate.byline(text))),
        float(bool(_LIST_SHAPE.search(text))),
        min(3, text.count(", ") + text.count("“") + text.count('"')) / 3,
    )
    return Line(text, words, bool(mark), ends, sure, credit, hints, look)


def count_words(text: str) -> int:
    """Count words; in scripts without spaces, two characters count as about one word."""
    return len(_WORD.findall(text)) + _wide(text)


def _wide(text: str) -> int:
    return 0 if text.isascii() else len(_WIDE.findall(text)) // 2


def features(lines: Sequence[Line]) -> list[tuple[float, ...]]:
    """Return one row per line, in the order of ``WEIGHTS``; each value is between 0 and 3."""
    solid: list[int] = []  # words of prose per line, without asides
    places = []
    for line in lines:
        places.append(len(solid))
        if not line.aside:
            solid.append(line.words if line.prose else 0)
    sums = list(accumulate(solid, initial=0))
    last = len(solid)
    rows = []
    for line, place in zip(lines, places, strict=True):
        next_place = place if line.aside else place + 1
        around: list[float] = []
        for reach, full in _NEAR:
            before = sums[place] - sums[max(0, place - reach)]
            after = sums[min(last, next_place + reach)] - sums[next_place]
            around += (min(1.0, before / full), min(1.0, after / full))
        rows.append((*line.look, *around))
    return rows


def scores(lines: Sequence[Line], broken: bool) -> list[float]:
    """Return the log-odds that each line belongs to the article, within ±``SURENESS``.

    ``broken`` says whether the page had line breaks, rather than being cut into pieces.
    """
    weights = [pair[0 if broken else 1] for pair in WEIGHTS.values()]
    return [max(-SURENESS, min(SURENESS, sum(map(mul, weights, row)))) for row in features(lines)]


def main_run(lines: Sequence[Line], odds: Sequence[float]) -> tuple[int, int]:
    """Return the (start, end) of the stretch of lines with the highest size-weighted score sum."""
    gains = [
        odd * min(1 + line.words, _LONG) ** _SIZE_POWER
        for line, odd in zip(lines, odds, strict=True)
    ]
    _cap_gaps(gains)
    best = current = 0.0
    start = best_start = best_end = 0
    for index, gain in enumerate(gains):
        if current <= 0:
            current, start = 0.0, index
        current += gain
        if current > best:
            best, best_start, best_end = current, start, index + 1
    return best_start, best_end


def _cap_gaps(gains: list[float]) -> None:
    index = 0
    while index < len(gains):
        end = index
        while end < len(gains) and gains[end] < 0:
            end += 1
        cost = -sum(gains[index:end])
        if cost > _GAP:
            gains[index:end] = [gain * _GAP / cost for gain in gains[index:end]]
        index = max(end, index + 1)


def article_lines(lines: Sequence[Line], odds: Sequence[float]) -> list[int]:
    """Return the indices of the lines that are article text, in order."""
    start, end = main_run(lines, odds)
    return [index for index in range(start, end) if odds[index] > _KEEP]
