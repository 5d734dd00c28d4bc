"""A row of a batch: a summary of an article or an answer to a question, with its evidence.

The same row is a line of JSON, a row of CSV or Parquet, or a section of Markdown
(:mod:`rag.export.tables`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter

from rag.export.marks import without_unsupported
from rag.types import (
    Answer,
    AnswerStatus,
    Article,
    ArticleField,
    Citation,
    Claim,
    Span,
    Summary,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote from an article or from its title: ``article.text[start:end] == quote``."""

    article_id: str
    quote: str
    start: int
    end: int
    field: ArticleField = "text"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary or an answer with its quotes and its unsupported words."""

    text: str
    quotes: tuple[Quote, ...]
    status: Verdict = "supported"
    unbacked: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An article with the number by which an answer cites it."""

    number: int
    article_id: str
    url: str
    title: str
    publisher: str
    published: date | None


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """An article with its summary, or with the ``error`` that prevented one.

    ``config`` is equal for rows that were made in the same way; ``seconds`` is the time of the
    models and the check; tokens are counted by the generator.
    """

    id: str
    url: str
    title: str = ""
    publisher: str = ""
    published: date | None = None
    summary: str = ""
    claims: tuple[Sentence, ...] = ()
    model: str = ""
    config: str = ""
    seconds: float = 0.0
    prompt_tokens: int = 0
    output_tokens: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A question with its answer or refusal, or with the ``error`` that prevented one.

    ``short`` is the answer in a few words; with an error ``status`` is empty.
    """

    id: str
    question: str
    short: str = ""
    answer: str = ""
    status: AnswerStatus | Literal[""] = ""
    refused: bool = False
    confidence: float = 0.0
    claims: tuple[Sentence, ...] = ()
    sources: tuple[Source, ...] = ()
    model: str = ""
    config: str = ""
    seconds: float = 0.0
    prompt_tokens: int = 0
    output_tokens: int = 0
    error: str = ""


Row = TypeVar("Row", bound=SummaryRow | AnswerRow)
_ADAPTERS: dict[type, TypeAdapter[Any]] = {
    SummaryRow: TypeAdapter(SummaryRow),
    AnswerRow: TypeAdapter(AnswerRow),
}


def read_row(kind: type[Row], text: str) -> Row:
    """Read a row of this kind from the output of :func:`rag.export.as_json`."""
    row: Row = _ADAPTERS[kind].validate_json(text)
    return row


def summary_row(article: Article, summary: Summary, *, config: str = "") -> SummaryRow:
    """Build the row of an article and its summary."""
    return SummaryRow(
        id=article.id,
        url=article.url,
        title=article.title,
        publisher=article.publisher,
        published=article.published,
        summary=summary.text,
        claims=_quoted(without_unsupported(summary.claims)),
        model=summary.model,
        config=config,
        seconds=round(summary.timing.total, 3),
        prompt_tokens=summary.timing.prompt_tokens,
        output_tokens=summary.timing.output_tokens,
    )


def answer_row(question_id: str, answer: Answer, *, config: str) -> AnswerRow:
    """Build the row of a question and its answer."""
    return AnswerRow(
        id=question_id,
        question=answer.question,
        short=answer.short,
        answer=answer.text,
        status=answer.status,
        refused=answer.refused,
        confidence=round(answer.confidence, 4),
        claims=() if answer.refused else _quoted(answer.claims),
        sources=_sources(answer.citations),
        model=answer.model,
        config=config,
        seconds=round(answer.timing.total, 3),
        prompt_tokens=answer.timing.prompt_tokens,
        output_tokens=answer.timing.output_tokens,
    )


def _sources(citations: Sequence[Citation]) -> tuple[Source, ...]:
    found = (
        Source(c.number, c.article_id, c.url, c.title, c.publisher, c.published) for c in citations
    )
    return tuple(sorted(set(found), key=lambda source: (source.number, source.article_id)))


def _quoted(claims: Iterable[Claim]) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(each.text, tuple(map(_quote, each.citations)), each.status, each.unbacked)
        for each in claims
    )


def _quote(citation: Citation) -> Quote:
    place = citation.start, citation.end, citation.field
    return Quote(citation.article_id, citation.quote, *place)
