"""Citation marks and quotes: pure functions from what was shown to what may be cited. Floor 1."""

import re
from collections.abc import Iterator, Sequence

from rag.text import sentences
from rag.types import Citation, Claim, Passage

# [1], [1, 2], [1][2], 【1】, and the source's own tag copied by a small model.
_MARK = re.compile(
    r"\s*(?:\[|【)\s*(?:sources?\s*)?(\d{1,3}(?:\s*[,;&]\s*\d{1,3})*)\s*(?:\]|】)", re.I
)
_TAG = re.compile(r"\s*</?(?:source|article)\b[^>]*>?")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")


def split_claims(draft: str) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the sentences of a draft without their marks, each with the numbers that it cites.

    A mark after the full stop belongs to the sentence before it.
    """
    draft = _TAG.sub("", draft)
    # Brackets are taken out before the text is cut, so that no mark begins a sentence.
    pieces, marks, position, length = list[str](), list[tuple[int, frozenset[int]]](), 0, 0
    for mark in _MARK.finditer(draft):
        pieces.append(draft[position : mark.start()])
        length += mark.start() - position
        marks.append(
            (length, frozenset(int(number) for number in re.findall(r"\d+", mark.group(1))))
        )
        position = mark.end()
    plain = "".join([*pieces, draft[position:]])
    start = 0
    for _, end in _lines(plain):
        text = _BULLET.sub("", plain[start:end].strip()).strip()
        cited = [numbers for place, numbers in marks if start < place <= end]
        start = end
        if any(letter.isalnum() for letter in text):
            yield text, frozenset[int]().union(*cited)


def _lines(plain: str) -> Iterator[tuple[int, int]]:
    position = 0
    for line in plain.split("\n"):
        for start, end in sentences(line):
            yield position + start, position + end
        position += len(line) + 1


def citation(passage: Passage, start: int, end: int) -> Citation:
    """Cite ``passage.chunk.text[start:end]``; the offsets of the result are those of the article."""
    article = passage.article
    first, last = passage.chunk.start + start, passage.chunk.start + end
    return Citation(
        number=passage.number,
        article_id=article.id,
        url=article.url,
        title=article.title,
        publisher=article.publisher,
        published=article.published,
        quote=article.text[first:last],
        start=first,
        end=last,
    )


def marked(claims: Sequence[Claim]) -> str:
    """The supported claims as running text, each followed by its marks: ``They met. [1][3]``."""
    return " ".join(
        claim.text + " " + "".join(f"[{number}]" for number in numbers(claim.citations))
        for claim in claims
        if claim.supported
    )


def numbers(citations: Sequence[Citation]) -> tuple[int, ...]:
    """The distinct source numbers in the order in which they are cited."""
    return tuple(dict.fromkeys(citation.number for citation in citations))


def distinct(claims: Sequence[Claim]) -> tuple[Citation, ...]:
    """All citations of the supported claims, each once, in order of appearance."""
    found = (citation for claim in claims if claim.supported for citation in claim.citations)
    return tuple(dict.fromkeys(found))
