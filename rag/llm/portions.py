"""Cut articles to fit one prompt: runs of whole paragraphs, and the openings of several."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from rag.llm.prompts import fence
from rag.text import paragraphs, sentences
from rag.types import Article, Chunk, Passage


def excerpt(article: Article, number: int, start: int, end: int, score: float = 1.0) -> Passage:
    """Return ``article.text[start:end]`` as the passage with this number."""
    chunk = Chunk(f"{article.id}:{start}-{end}", article.id, 0, start, end, article.text[start:end])
    return Passage(number, chunk, article, score)


def parts(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of runs of at most ``tokens``, split between paragraphs if possible."""
    start = end = filled = 0
    for first, last in _units(text, tokens, count):
        # As it will appear in the prompt, plus two for the empty line before it.
        size = count(fence(text[first:last])) + 2
        if filled and filled + size > tokens:
            yield start, end
            start, filled = first, 0
        end, filled = last, filled + size
    if filled:
        yield start, end


def _units(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Yield paragraphs; an overlong paragraph's sentences; an overlong sentence's pieces."""
    for start, end in paragraphs(text):
        if count(fence(text[start:end])) + 2 <= tokens:
            yield start, end
            continue
        for first, last in sentences(text[start:end]):
            yield from _pieces(text, start + first, start + last, tokens, count)


def _pieces(
    text: str, start: int, end: int, tokens: int, count: Callable[[str], int]
) -> Iterator[tuple[int, int]]:
    """Halve overlong text, at a space near the middle if there is one, until each piece fits."""
    if end - start < 2 or count(fence(text[start:end])) + 2 <= tokens:
        yield start, end
        return
    middle = (start + end) // 2
    space = text.rfind(" ", (start + middle) // 2, middle)
    cut = space + 1 if space > 0 else middle
    yield from _pieces(text, start, cut, tokens, count)
    yield from _pieces(text, cut, end, tokens, count)


def lead_passages(
    articles: Sequence[Article], *, tokens: int, count: Callable[[str], int]
) -> tuple[Passage, ...]:
    """Return each article's opening paragraphs, numbered, with an equal share of ``tokens``."""
    share = max(60, tokens // max(1, len(articles)))
    found = []
    for number, article in enumerate(articles, start=1):
        for start, end in islice(parts(article.text, share, count), 1):
            found.append(excerpt(article, number, start, end))
    return tuple(found)
