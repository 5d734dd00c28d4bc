"""Split an article into runs of whole sentences, small enough to retrieve and to read."""

import re
from collections.abc import Iterator

from rag.text import sentences, written_date
from rag.types import Article, Chunk

# What counts as a word: scripts without spaces count by character, overlong tokens in pieces.
_UNIT = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\s\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,40}"
)

_TRIES = 20  # more runs than the fewest that are tried; of a text of 24,000 words, a tenth

_Span = tuple[int, int, int]  # start, end, words


def chunk(article: Article, *, words: int = 120) -> tuple[Chunk, ...]:
    """Split ``article.text`` into chunks of at most ``words`` words of whole sentences.

    The chunks are of nearly equal length, do not overlap, and keep the order of the text;
    ``article.text[c.start:c.end] == c.text``. A single sentence longer than ``words`` is split
    between words. An empty text gives no chunk.

    Raises:
        ValueError: if ``words`` is below 1.
    """
    if words < 1:
        raise ValueError(f"a chunk needs at least 1 word, got words={words}")
    spans = tuple(_spans(article.text, words))
    if not spans:
        return ()
    # Equal shares instead of full chunks and a short rest: a chunk of six words retrieves badly.
    # They may be a tenth shorter than necessary, but not each as short as one long sentence asks.
    total, fewest = sum(span[2] for span in spans), _fewest(spans, words)
    most = fewest + min(fewest // 10, _TRIES)
    shared = (_share(spans, total / runs) for runs in range(fewest, most + 1))
    fitting = (runs for runs in shared if max(run[2] for run in runs) <= words)
    runs = next(fitting, None) or _fill(spans, words)
    return tuple(
        Chunk(
            id=f"{article.id}:{order}",
            article_id=article.id,
            order=order,
            start=start,
            end=end,
            text=article.text[start:end],
        )
        for order, (start, end, _) in enumerate(runs)
    )


def _spans(text: str, words: int) -> Iterator[_Span]:
    for start, end in sentences(text):
        units = [start + unit.end() for unit in _UNIT.finditer(text[start:end])]
        for first in range(0, len(units), words):
            last = min(first + words, len(units)) - 1
            begin = start if first == 0 else units[first - 1]
            while text[begin].isspace():
                begin += 1
            yield begin, units[last], last - first + 1


def _fewest(spans: tuple[_Span, ...], words: int) -> int:
    """Return the least number of runs of at most ``words`` words."""
    runs, filled = 1, 0
    for _, _, count in spans:
        if filled + count > words:
            runs, filled = runs + 1, 0
        filled += count
    return runs


def _fill(spans: tuple[_Span, ...], words: int) -> list[_Span]:
    """Join spans into runs with the least sum of squares of the words that each falls short.

    Where one long sentence prevents equal shares, only the runs next to it become uneven.
    """
    # For each number of spans: the least sum, and where the last run begins.
    best = [(0, 0)]
    for end in range(1, len(spans) + 1):
        filled, found = 0, list[tuple[int, int]]()
        for begin in range(end - 1, -1, -1):
            filled += spans[begin][2]
            if filled > words:
                break
            found.append((best[begin][0] + (words - filled) ** 2, begin))
        best.append(min(found))
    runs = list[_Span]()
    end = len(spans)
    while end:
        begin = best[end][1]
        run = spans[begin:end]
        runs.append((run[0][0], run[-1][1], sum(count for _, _, count in run)))
        end = begin
    return runs[::-1]


def _share(spans: tuple[_Span, ...], share: float) -> list[_Span]:
    """Join spans into runs whose ends lie nearest to the multiples of ``share`` words."""
    runs = [spans[0]]
    seen = spans[0][2]
    for start, end, count in spans[1:]:
        if seen + count / 2 > share * len(runs):
            runs.append((start, end, count))
        else:
            first, _, filled = runs[-1]
            runs[-1] = (first, end, filled + count)
        seen += count
    return runs


def embedding_text(chunk: Chunk, article: Article) -> str:
    """Return the text to embed for a chunk: title, publisher and date before the chunk's text."""
    about = ", ".join(filter(None, (article.publisher, written_date(article.published))))
    return "\n".join(filter(None, (article.title, about, chunk.text)))
