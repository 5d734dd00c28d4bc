"""Citation marks and quotes: pure functions that map drafts and passages to citations."""

import re
from collections.abc import Iterator, Sequence

from rag.text import sentences
from rag.types import Article, ArticleField, Citation, Claim, Passage

# [1], [1, 2], [1-3], [^1], [Source 1], 【1】, 【1†title】; white space before a mark is included.
_MARK = re.compile(
    r"[\[【]\s{0,3}(?:sources?\s{0,3})?\^?(\d{1,3}(?:\s{0,3}(?:[,;&–-]|and)\s{0,3}\d{1,3})*)"
    r"(?:†[^\]】\n]{0,80})?\s{0,3}[\]】]",
    re.I,
)
_SPACE = r"(?<![^\S\n])[^\S\n]*"  # tried once per run of spaces, not once per space
_MARKS = re.compile(
    rf"{_SPACE}{_MARK.pattern}(?:[^\S\n]{{0,3}}[,;–-]?[^\S\n]{{0,3}}{_MARK.pattern})*", re.I
)
# A draft that was cut off, or is still growing, may end inside a mark.
_OPEN_MARK = re.compile(r"[\[【]\s{0,3}(?:sources?\s{0,3})?[\d,;&\s]{0,20}$", re.I)
# The prompt's own source tag, copied by a small model.
_TAG = re.compile(
    rf"{_SPACE}</?(?:source|article)\b(?:[^\S\n]{{0,3}}\d{{1,3}})?(?:[^<>\n]{{0,200}}>)?"
)
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")


def split_claims(draft: str) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the sentences of a draft without citation marks, each with the numbers that it cites.

    A mark after the full stop, or alone on the next line, belongs to the sentence before it; a mark
    at the start of a line, to the sentence after it.
    """
    plain, marks = _without_marks(_TAG.sub("", _OPEN_MARK.sub("", draft)))
    start = 0
    for first, end in _lines(plain):
        text = _BULLET.sub("", plain[first:end])
        cited = [numbers for place, numbers in marks if start < place <= end]
        start = end
        if any(letter.isalnum() for letter in text):
            yield text, frozenset[int]().union(*cited)


def _without_marks(draft: str) -> tuple[str, list[tuple[int, frozenset[int]]]]:
    """Return the draft without marks, and the position of each mark in it with its numbers."""
    plain, marks, position = "", list[tuple[int, frozenset[int]]](), 0
    for found in _MARKS.finditer(draft):
        plain += draft[position : found.start()]
        position = found.end()
        after = draft[position : position + 1]
        begins_line = plain[-1:] in {"", "\n"} and draft[position:].partition("\n")[0].strip()
        place = len(plain) + 1 if begins_line else len(plain.rstrip())
        cited = (re.findall(r"\d+", mark.group(1)) for mark in _MARK.finditer(found.group()))
        marks.append((place, frozenset(int(number) for numbers in cited for number in numbers)))
        if after.isalnum() and plain:
            plain += " "
    return plain + draft[position:], marks


def _lines(plain: str) -> Iterator[tuple[int, int]]:
    position = 0
    for line in plain.split("\n"):
        bullet = _BULLET.match(line)
        skipped = bullet.end() if bullet else 0
        for start, end in sentences(line[skipped:]):
            yield position + skipped + start, position + skipped + end
        position += len(line) + 1


def citation(passage: Passage, start: int, end: int) -> Citation:
    """Cite ``passage.chunk.text[start:end]``; the result has offsets in the article."""
    first, last = passage.chunk.start + start, passage.chunk.start + end
    return quotation(passage.article, passage.number, first, last)


def quotation(
    article: Article, number: int, start: int, end: int, field: ArticleField = "text"
) -> Citation:
    """Cite characters ``start`` to ``end`` of an article's text or title as source ``number``."""
    whole = article.title if field == "title" else article.text
    return Citation(
        number=number,
        article_id=article.id,
        url=article.url,
        title=article.title,
        publisher=article.publisher,
        published=article.published,
        quote=whole[start:end],
        start=start,
        end=end,
        field=field,
    )


def marked(claims: Sequence[Claim]) -> str:
    """Return the claims as running text, each followed by its marks: ``They met. [1][3]``."""
    return " ".join(
        " ".join(filter(None, (claim.text, "".join(f"[{n}]" for n in numbers(claim.citations)))))
        for claim in claims
    )


def numbers(citations: Sequence[Citation]) -> tuple[int, ...]:
    """Return the distinct source numbers in order of citation."""
    return tuple(dict.fromkeys(citation.number for citation in citations))


def distinct(claims: Sequence[Claim]) -> tuple[Citation, ...]:
    """Return all citations of the claims, each once, in order of appearance."""
    return tuple(dict.fromkeys(citation for claim in claims for citation in claim.citations))
