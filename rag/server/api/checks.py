"""``/check``: check a text against the articles, sentence by sentence."""

from collections.abc import Generator as Stream
from typing import Annotated, Self

from fastapi import FastAPI
from pydantic import BaseModel, Field, model_validator

from rag import Article
from rag.server.api.errors import documented
from rag.server.api.schemas import ClaimReply, Day, Strict, Within
from rag.server.api.service import Service, filters_of
from rag.text import as_article

_MOST_SOURCES = 20
_Text = Annotated[str, Field(min_length=1, pattern=r"\S")]


class SourceText(Strict):
    """A text that is not stored, to check against."""

    title: Annotated[str, Field(max_length=1000)] = ""
    text: _Text
    published: Day | None = Field(None, description="The day that its “Monday” is meant from.")

    @property
    def article(self) -> Article:
        """The text as an article that is not in the index."""
        return as_article(self.text, title=self.title, published=self.published)


class CheckRequest(Within):
    """A text, and what it is held against: articles of the index, or `sources`."""

    text: _Text = Field(
        description="What somebody wrote; at most 500 sentences and 200,000 characters.",
        examples=["Blinken will meet Baerbock in Berlin on Thursday."],
    )
    sources: list[SourceText] | None = Field(
        None,
        min_length=1,
        max_length=_MOST_SOURCES,
        description="Hold it against these alone; without them, against the nearest articles.",
    )

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.sources and self.model_fields_set & Within.model_fields.keys():
            raise ValueError("since, until, as_of and publishers do not go with sources")
        return self


class CheckReply(BaseModel):
    """The sentences of a text, in their order."""

    claims: list[ClaimReply]
    note: str = Field(description="What to know about the text's language; mostly empty.")


class Checks:
    """Check operation."""

    def __init__(self, service: Service) -> None:
        """Create the operation for one library."""
        self._service = service

    def install(self, app: FastAPI) -> None:
        """Register the route."""
        app.add_api_route(
            "/check",
            self.check,
            methods=["POST"],
            response_model=CheckReply,
            responses=documented(429, 503, 504),
            tags=["News"],
        )

    async def check(self, asked: CheckRequest) -> CheckReply:
        """Check a text: which sentences the articles support, with quotes, and which words not."""
        filters = filters_of(asked)
        sources = None if asked.sources is None else [each.article for each in asked.sources]

        def work() -> Stream[CheckReply, None, None]:
            checking = self._service.news.checking(asked.text, sources=sources, filters=filters)
            reply = CheckReply(claims=[], note=checking.note)
            for claim in checking:
                reply.claims.append(ClaimReply.of(claim))
                yield reply  # cancellation is checked between sentences

        return await self._service.model.last(work)
