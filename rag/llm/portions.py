"""Cut articles into what one prompt holds: runs of whole paragraphs, and the openings of several."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from rag.llm.prompts import fence
from rag.text import paragraphs, sentences
from rag.types import Article, Chunk, Passage


def excerpt(article: Article, number: int, start: int, end: int, score: float = 1.0) -> Passage:
    """``article.text[start:end]`` as the passage of this number."""
    chunk = Chunk(f"{article.id}:{start}-{end}", article.id, 0, start, end, article.text[start:end])
    return Passage(number, chunk, article, score)


def parts(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of runs of at most ``tokens``, cut between paragraphs where that is possible."""
    start = end = filled = 0
    for first, last in _units(text, tokens, count):
        # As it will stand in the prompt, and two for the empty line before it.
        size = count(fence(text[first:last])) + 2
        if filled and filled + size > tokens:
            yield start, end
            start, filled = first, 0
        end, filled = last, filled + size
    if filled:
        yield start, end


def _units(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    """Paragraphs; the sentences of a paragraph that is too long; the pieces of such a sentence."""
    for start, end in paragraphs(text):
        if count(fence(text[start:end])) + 2 <= tokens:
            yield start, end
            continue
        for first, last in sentences(text[start:end]):
            yield from _pieces(text, start + first, start + last, tokens, count)


def _pieces(
    text: str, start: int, end: int, tokens: int, count: Callable[[str], int]
) -> Iterator[tuple[int, int]]:
    """Halve what is too long, at a space near the middle if there is one, until each piece fits."""
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
    """The opening paragraphs of each article, numbered, with an equal share of ``tokens`` each."""
    share = max(60, tokens // max(1, len(articles)))
    found = []
    for number, article in enumerate(articles, start=1):
        for start, end in islice(parts(article.text, share, count), 1):
            found.append(excerpt(article, number, start, end))
    return tuple(found)
