"""How much a line looks like a paragraph of an article: named features and their weights."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.extract import furniture
from rag.extract.wording import FUNCTION_WORDS

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_BULLET = re.compile(r"^\s*(?:[*+•·▪–-]|o)\s+|^\s*[*+•·▪-]$")
_SENTENCE_END = re.compile(r"[.!?…。！？:][\"'”’»)\]]*$")
_LIST_SHAPE = re.compile(r"\s[|/·•>»]\s|[|»›→]|\.\.\.?$")
_MANY_WORDS = 60  # beyond this a line is as long as a paragraph needs to be


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page. ``indent`` counts leading blanks, ``words`` in units of about a word."""

    text: str
    indent: int
    words: int
    bullet: bool


def read(raw: str) -> Line:
    """Measure one line, which still has its leading blanks."""
    mark = _BULLET.match(raw)
    text = raw[mark.end() :] if mark else raw
    # Scripts without spaces between words: two characters make about one word.
    words = len(_WORD.findall(text)) + len(_WIDE.findall(text)) // 2
    return Line(text.strip(), len(raw) - len(raw.lstrip()), words, bool(mark))


def features(line: Line, copies: int) -> list[float]:
    """The features of one line by itself, in the order of ``WEIGHTS``."""
    text = line.text
    tokens = _WORD.findall(text)
    count = max(1, len(tokens))
    small = sum(token in FUNCTION_WORDS for token in tokens) / count
    capital = sum(token[0].isupper() for token in tokens[1:]) / count
    ends = bool(_SENTENCE_END.search(text))
    return [
        1.0,
        min(line.words, _MANY_WORDS) / _MANY_WORDS,
        float(line.words < 5),
        float(line.words >= 20),
        float(ends),
        float(ends and line.words >= 8),
        small,
        capital,
        float(line.bullet),
        float(copies > 1),
        float(furniture.is_furniture(text)),
        min(3, furniture.furniture_hits(text)) / (1 + line.words / 20),
        float(furniture.is_credit(text)),
        float(furniture.is_date_line(text) or furniture.is_byline(text)),
        float(bool(_LIST_SHAPE.search(text))),
        sum(char.isdigit() for char in text) / max(1, len(text)),
        min(3, text.count(", ") + text.count("“") + text.count('"')) / 3,
    ]


def matrix(lines: Sequence[Line]) -> list[list[float]]:
    seen: dict[str, int] = {}
    for line in lines:
        seen[line.text] = seen.get(line.text, 0) + 1
    own = [features(line, seen[line.text]) for line in lines]
    # indents weighted by words of sentence-like lines
    mass: dict[int, int] = {}
    for line, f in zip(lines, own):
        if f[5]:
            mass[line.indent] = mass.get(line.indent, 0) + line.words
    total = max(1, sum(mass.values()))
    out = []
    good = [line.words * f[5] for line, f in zip(lines, own)]
    for i, (line, f) in enumerate(zip(lines, own)):
        before = [sum(good[max(0, i - k) : i]) for k in (1, 3, 8)]
        after = [sum(good[i + 1 : i + 1 + k]) for k in (1, 3, 8)]
        f2 = [
            mass.get(line.indent, 0) / total,
            min(1.0, before[0] / 20),
            min(1.0, after[0] / 20),
            min(1.0, before[1] / 60),
            min(1.0, after[1] / 60),
            min(1.0, before[2] / 120),
            min(1.0, after[2] / 120),
        ]
        out.append(f + f2)
    return out
