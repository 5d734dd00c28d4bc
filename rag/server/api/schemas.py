"""Request and reply models shared by API operations.

Replies are built from the library's values: ``Reply.model_validate(value)`` reads the attributes
that a model names. Offsets count Unicode code points; the end is exclusive.
"""

import re
from datetime import date
from math import isfinite
from typing import Annotated

from pydantic import AfterValidator, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from rag.server.api.errors import ApiError
from rag.types import AnswerStatus, ArticleField, Filters, Span, Verdict

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _written_out(value: object) -> object:
    """Accept only written-out dates; pydantic would read a number as seconds."""
    if value is not None and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise ValueError("expected a day such as 2022-01-18")
    return value


def _without_point(value: object) -> object:
    """Convert a whole float to int: JSON has one number type. Strings and booleans stay invalid."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _finite(score: float) -> float | None:
    """Return the rounded score, or None if it is not finite and so not valid JSON."""
    return round(score, 6) if isfinite(score) else None


def public_url(url: str) -> str:
    """Return a URL that clients may see; empty for files of this machine."""
    return url if url.startswith(("http://", "https://")) else ""


Day = Annotated[date, BeforeValidator(_written_out)]
WholeNumber = BeforeValidator(_without_point)
PublicUrl = Annotated[str, AfterValidator(public_url)]
Rounded = Annotated[float, AfterValidator(lambda value: round(value, 4))]
Visible = Annotated[str, Field(min_length=1, pattern=r"\S")]
Title = Annotated[str, Field(max_length=1000)]
Publisher = Annotated[str, Field(max_length=500)]
ArticleId = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{16}$", description="Id of an article.", examples=["e3a0c1b2d4f56789"]
    ),
]
Question = Annotated[
    Visible,
    Field(
        max_length=100_000,  # the setting answer.question_characters sets the real limit
        description="At most as long as the setting `answer.question_characters`.",
        examples=["Who will Blinken meet in Berlin?"],
    ),
]


class Strict(BaseModel):
    """Base of requests: an unknown field is an error, since it may be misspelt."""

    model_config = ConfigDict(extra="forbid", str_max_length=1_000_000)


class ArticleFilters(Strict):
    """Which articles may be used; without any field, all."""

    since: Day | None = Field(
        default=None, description="First day, inclusive.", examples=["2022-01-18"]
    )
    until: Day | None = Field(
        default=None, description="Last day, inclusive.", examples=["2022-01-31"]
    )
    as_of: Day | None = Field(
        default=None,
        description="Ignore articles later than this day, and prefer those of the week before.",
    )
    publishers: list[Publisher] = Field(
        default=[], max_length=50, description="Only these publishers; `CNN` is `cnn.com`."
    )
    articles: list[ArticleId] = Field(
        default=[], max_length=500, description="Only these articles, by id."
    )

    def filters(self) -> Filters:
        """Convert to the library's type. Raises ApiError if the range of days is empty."""
        if self.since and self.until and self.since > self.until:
            raise ApiError("no_such_days", param="since", since=self.since, until=self.until)
        return Filters(self.since, self.until, self.publishers, self.as_of, self.articles)


class Reply(BaseModel):
    """Base of replies, which are built from the library's values."""

    model_config = ConfigDict(from_attributes=True)


class CitationReply(Reply):
    """A quote: characters `start` to `end` of the text, or the title, of an article."""

    number: int = Field(description="The citation mark in the text: 1 for `[1]`.", examples=[1])
    article_id: str
    url: PublicUrl = Field(description="Web address; empty if the article is a local file.")
    title: str
    publisher: str
    published: date | None
    quote: str = Field(description="The exact words of the article.")
    start: int = Field(description="Start of the quote, in characters (Unicode code points).")
    end: int = Field(description="End of the quote, exclusive.")
    field: ArticleField = Field(description="The field of the article that the quote is from.")


class ClaimReply(Reply):
    """A checked sentence, or the short answer."""

    text: str
    status: Verdict = Field(description="Whether quotes support all of it, part of it, or none.")
    unbacked: list[Span] = Field(description="The words that no quote supports.")
    reason: str = Field(description="Why it is not supported; otherwise empty.")
    score: Rounded = Field(description="Probability that the sources support all of it, 0 to 1.")
    citations: list[CitationReply]


class DisagreementReply(Reply):
    """A figure of another article that differs from the answer."""

    about: list[str] = Field(description="The figure in the answer, and the other one.")
    quotes: list[CitationReply] = Field(description="The sentences with these figures.")
    changed: bool = Field(description="The reports are of different days: both may be right.")


class Evidence(Reply):
    """An answer's status, citations and checked sentences."""

    citations: list[CitationReply] = Field(description="Each quote once, in order of appearance.")
    claims: list[ClaimReply] = Field(description="The short answer and every sentence.")
    short: str = Field(description="The answer in a few words; empty in a refusal.")
    status: AnswerStatus = Field(
        description="`answered`: quotes support all of it; `unsure`: some words are unsupported or"
        " the confidence is low; `refused`: the articles do not answer the question."
    )
    refused: bool = Field(description="Whether the articles do not answer the question.")
    confidence: Rounded = Field(description="Probability that the answer is right, 0 to 1.")
    nearest: list[CitationReply] = Field(description="The sentences nearest to the question.")
    disagreements: list[DisagreementReply] = Field(
        description="Figures of other articles that differ from the answer."
    )
    draft: str = Field(description="What the model wrote, unchecked; unsupported in a refusal.")


class PassageReply(Reply):
    """A passage of an article."""

    number: int = Field(description="The number of the article in citations.")
    article_id: str = Field(validation_alias=AliasPath("article", "id"))
    url: PublicUrl = Field(validation_alias=AliasPath("article", "url"))
    title: str = Field(validation_alias=AliasPath("article", "title"))
    publisher: str = Field(validation_alias=AliasPath("article", "publisher"))
    published: date | None = Field(validation_alias=AliasPath("article", "published"))
    start: int = Field(validation_alias=AliasPath("chunk", "start"))
    end: int = Field(validation_alias=AliasPath("chunk", "end"))
    text: str = Field(validation_alias=AliasPath("chunk", "text"))
    score: Annotated[float | None, BeforeValidator(_finite)] = Field(
        description="Relevance to the question; comparable only within one reply."
    )


class ArticleLine(Reply):
    """An article without its text."""

    id: str
    url: PublicUrl = Field(description="Web address; empty if the article is a local file.")
    title: str
    publisher: str
    authors: list[str]
    published: date | None
    language: str = Field(description="ISO 639-1 code; empty if unknown.")
    characters: Annotated[int, BeforeValidator(len)] = Field(
        validation_alias="text", description="Length of the text."
    )


class TimingReply(Reply):
    """Time spent per step, in seconds, and token counts of the model."""

    retrieve: Rounded
    first_token: Rounded
    generate: Rounded
    verify: Rounded
    probe: Rounded
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
