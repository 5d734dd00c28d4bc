"""``/digest``: the main stories of many articles, written in one request."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from rag.server.api.errors import documented
from rag.server.api.schemas import (
    ArticleFilters,
    ArticleId,
    CitationReply,
    ClaimReply,
    DisagreementReply,
    PublicUrl,
    Question,
    Reply,
    TimingReply,
    WholeNumber,
)
from rag.server.api.service import UseService, router
from rag.types import Length

routes = router("News", 429, 503, 504)


class DigestRequest(ArticleFilters):
    """Which articles: those of `article_ids`, those about `query`, or all that pass the filters."""

    query: Question = ""
    article_ids: list[ArticleId] = Field([], max_length=500)
    stories: Annotated[int, Field(strict=True, ge=1, le=50), WholeNumber] | None = Field(
        None, description="Maximum number of stories; default: the setting `digest.stories`."
    )
    length: Length = "medium"

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.query and self.article_ids:
            raise ValueError("expected query or article_ids, not both")
        return self


class SourceReply(Reply):
    """An article of a story, and those that say the same in the same words."""

    number: int
    article_id: str
    url: PublicUrl
    title: str
    publisher: str
    published: date | None
    copies: list["SourceReply"]


class EventReply(Reply):
    """A sentence of a story with its day."""

    day: date
    claim: ClaimReply


class StoryReply(Reply):
    """What several articles report about one event."""

    headline: ClaimReply
    text: str = Field(description="The sentences with their citation marks.")
    claims: list[ClaimReply]
    citations: list[CitationReply]
    sources: list[SourceReply] = Field(description="Its articles, oldest first.")
    timeline: list[EventReply] = Field(description="What changed, oldest first.")
    disagreements: list[DisagreementReply]


class DigestReply(Reply):
    """The stories, the most important first."""

    query: str
    stories: list[StoryReply]
    articles: int = Field(description="Number of articles that were read.")
    copies: int = Field(description="How many of them repeat others in the same words.")
    found: int = Field(description="Number of stories in them.")
    matching: int = Field(description="Number of articles that matched, read or not.")
    model: str = Field(description="The language model.")
    timing: TimingReply


@routes.post("/digest", responses=documented(404))
async def digest(asked: DigestRequest, service: UseService) -> DigestReply:
    """Write the main stories of many articles; `serve.timeout` limits how long that may take."""
    if asked.query:
        service.check_question(asked.query, "query")
    filters = asked.filters()
    found = await service.model.result(
        lambda: service.news.digest(
            asked.query,
            article_ids=asked.article_ids,
            filters=filters,
            stories=asked.stories,
            length=asked.length,
        )
    )
    service.metrics.model(found.timing)
    return DigestReply.model_validate(found)
