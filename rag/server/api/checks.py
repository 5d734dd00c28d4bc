"""``/check``: check a text against the articles, sentence by sentence."""

from collections.abc import Generator as Stream
from typing import Self

from pydantic import Field, model_validator

from rag.server.api.schemas import ArticleFilters, ClaimReply, Day, Reply, Strict, Title, Visible
from rag.server.api.service import UseService, router
from rag.text import as_article

routes = router("News", 429, 503, 504)


class SourceText(Strict):
    """A text to check against, which is not stored."""

    title: Title = ""
    text: Visible
    published: Day | None = Field(None, description="The day that words like “Monday” refer to.")


class CheckRequest(ArticleFilters):
    """A text, and what to check it against: articles of the index, or `sources`."""

    text: Visible = Field(
        description="The text to check; at most 500 sentences and 200,000 characters.",
        examples=["Blinken will meet Baerbock in Berlin on Thursday."],
    )
    sources: list[SourceText] | None = Field(
        None,
        min_length=1,
        max_length=20,
        description="Check only against these; by default, against the nearest articles.",
    )

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.sources and self.model_fields_set & ArticleFilters.model_fields.keys():
            raise ValueError("since, until, as_of and publishers cannot be combined with sources")
        return self


class CheckReply(Reply):
    """The sentences of a text, in order."""

    claims: list[ClaimReply]
    note: str = Field(description="A remark on the language of the text; usually empty.")


@routes.post("/check")
async def check(asked: CheckRequest, service: UseService) -> CheckReply:
    """Check a text: which sentences the articles support, with quotes, and which words not."""
    filters = asked.filters()
    sources = [
        as_article(each.text, title=each.title, published=each.published)
        for each in asked.sources or ()
    ]

    def work() -> Stream[CheckReply, None, None]:
        checking = service.news.checking(asked.text, sources=sources or None, filters=filters)
        reply = CheckReply(claims=[], note=checking.note)
        for claim in checking:
            reply.claims.append(ClaimReply.model_validate(claim))
            yield reply  # cancellation is checked between sentences

    return await service.model.last(work)
