"""Request and reply models shared by API operations.

Offsets count Unicode code points; the end is exclusive.
"""

import re
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rag.types import (
    Article,
    ArticleField,
    Citation,
    Claim,
    Disagreement,
    Passage,
    Span,
    Timing,
    Verdict,
)

_MOST_PUBLISHERS = 50
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
ArticleId = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{16}$", description="An article's id.", examples=["e3a0c1b2d4f56789"]),
]
Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100_000,  # the setting answer.question_characters sets the real limit
        pattern=r"\S",
        description="In plain words; at most `answer.question_characters` of the settings.",
        examples=["Who will Blinken meet in Berlin?"],
    ),
]


def _written(value: object) -> object:
    """Accept only written-out dates; pydantic would read a number as seconds."""
    if value is not None and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("wanted a day such as 2022-01-18")
    return value


Day = Annotated[date, BeforeValidator(_written)]


def _pointless(value: object) -> object:
    """Convert a whole float to int: JSON has one number type. Strings and booleans stay invalid."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(_pointless)


class Strict(BaseModel):
    """Base of requests: an unknown field is an error, since it may be misspelt."""

    model_config = ConfigDict(extra="forbid", str_max_length=1_000_000)


class Within(Strict):
    """Which articles may be used; without any field, all."""

    since: Day | None = Field(
        default=None, description="First day, inclusive.", examples=["2022-01-18"]
    )
    until: Day | None = Field(
        default=None, description="Last day, inclusive.", examples=["2022-01-31"]
    )
    as_of: Day | None = Field(
        default=None, description="Read the news as it stood on this day: the latest first."
    )
    publishers: list[Annotated[str, Field(max_length=200)]] = Field(
        default=[],
        max_length=_MOST_PUBLISHERS,
        description="Only these publishers; upper and lower case are the same.",
    )


class CitationReply(BaseModel):
    """Words of an article that prove a sentence: its text, or title, from `start` to `end`."""

    number: int = Field(description="The mark in the text: `[1]`.", examples=[1])
    article_id: str
    url: str = Field(description="On the web; empty where the article is a file of the server.")
    title: str
    publisher: str
    published: date | None
    quote: str = Field(description="Word for word as it stands in the article.")
    start: int = Field(description="Where it begins, in characters (Unicode code points).")
    end: int = Field(description="Where it ends, exclusive.")
    field: ArticleField = Field(description="Which part of the article it is cut from.")

    @classmethod
    def of(cls, citation: Citation) -> Self:
        """Convert from the library's type."""
        return cls(
            number=citation.number,
            article_id=citation.article_id,
            url=public(citation.url),
            title=citation.title,
            publisher=citation.publisher,
            published=citation.published,
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            field=citation.field,
        )


class SpanReply(BaseModel):
    """Words of a sentence: its text from `start` to `end`."""

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, span: Span) -> Self:
        """Convert from the library's type."""
        return cls(start=span.start, end=span.end, text=span.text)


class ClaimReply(BaseModel):
    """One sentence that the model wrote, or the answer in a few words, as it was checked."""

    text: str
    status: Verdict = Field(description="Whether quotes state all of it, some of it, or none.")
    unbacked: list[SpanReply] = Field(description="The words that no quote proves.")
    reason: str = Field(description="Why it is not supported; else empty.")
    score: float = Field(description="Probability that the sources support all of it, 0 to 1.")
    citations: list[CitationReply]

    @classmethod
    def of(cls, claim: Claim) -> Self:
        """Convert from the library's type."""
        return cls(
            text=claim.text,
            status=claim.status,
            unbacked=list(map(SpanReply.of, claim.unbacked)),
            reason=claim.reason,
            score=round(claim.score, 4),
            citations=list(map(CitationReply.of, claim.citations)),
        )


class DisagreementReply(BaseModel):
    """What another article tells otherwise than the answer."""

    about: list[str] = Field(description="The figure of the answer, and the other one.")
    quotes: list[CitationReply] = Field(description="The sentences that tell them.")
    changed: bool = Field(description="They are of different days, so that both may be right.")

    @classmethod
    def of(cls, found: Disagreement) -> Self:
        """Convert from the library's type."""
        quotes = list(map(CitationReply.of, found.quotes))
        return cls(about=list(found.about), quotes=quotes, changed=found.changed)


class PassageReply(BaseModel):
    """A piece of an article that was found."""

    number: int
    article_id: str
    url: str
    title: str
    publisher: str
    published: date | None
    start: int
    end: int
    text: str
    score: float | None

    @classmethod
    def of(cls, passage: Passage) -> Self:
        """Convert from the library's type."""
        article, chunk = passage.article, passage.chunk
        return cls(
            number=passage.number,
            article_id=article.id,
            url=public(article.url),
            title=article.title,
            publisher=article.publisher,
            published=article.published,
            start=chunk.start,
            end=chunk.end,
            text=chunk.text,
            score=finite(passage.score),
        )


class ArticleLine(BaseModel):
    """An article without its text."""

    id: str
    url: str
    title: str
    publisher: str
    authors: list[str]
    published: date | None
    language: str = Field(description="ISO 639-1, empty where it is not known.")
    characters: int = Field(description="Length of the text.")

    @classmethod
    def of(cls, article: Article) -> Self:
        """Convert from the library's type."""
        return cls(
            id=article.id,
            url=public(article.url),
            title=article.title,
            publisher=article.publisher,
            authors=list(article.authors),
            published=article.published,
            language=article.language,
            characters=len(article.text),
        )


class Seconds(BaseModel):
    """Where the time went, in seconds, and what the model read and wrote, in tokens."""

    retrieve: float
    first_token: float
    generate: float
    verify: float
    probe: float
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int

    @classmethod
    def of(cls, timing: Timing) -> Self:
        """Convert from the library's type."""
        return cls(
            retrieve=round(timing.retrieve, 4),
            first_token=round(timing.first_token, 4),
            generate=round(timing.generate, 4),
            verify=round(timing.verify, 4),
            probe=round(timing.probe, 4),
            prompt_tokens=timing.prompt_tokens,
            cached_tokens=timing.cached_tokens,
            output_tokens=timing.output_tokens,
        )


def finite(score: float) -> float | None:
    """Return the rounded score, or None if it is not finite and so not valid JSON."""
    return round(score, 6) if abs(score) < float("inf") else None


def public(url: str) -> str:
    """Return a URL that clients may see; empty for files of this machine."""
    return url if url.startswith(("http://", "https://")) else ""
