"""``/check``: check a text against the articles, sentence by sentence."""

from collections.abc import Generator as Stream
from collections.abc import Iterator
from typing import Self

from fastapi.responses import StreamingResponse
from pydantic import Field, StrictBool, model_validator

from rag.server.api.schemas import ArticleFilters, ClaimReply, Day, Reply, Strict, Title, Visible
from rag.server.api.service import UseService, router
from rag.server.api.sse import documented_stream, event, streamed
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

    stream: StrictBool = Field(False, description="Send each sentence as a server-sent event.")

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.sources and self.model_fields_set & ArticleFilters.model_fields.keys():
            raise ValueError("since, until, as_of, publishers and articles exclude sources")
        return self


class Note(Reply):
    """A remark on the language of a text; usually empty."""

    note: str


class CheckReply(Note):
    """The sentences of a text, in order."""

    claims: list[ClaimReply]


@routes.post(
    "/check",
    response_model=CheckReply,
    responses=documented_stream(
        "The sentences. With `stream`: an event `claim` for each, after an event `note` if there is"
        " one; or `error`."
    ),
)
async def check(asked: CheckRequest, service: UseService) -> CheckReply | StreamingResponse:
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

    if asked.stream:
        return await streamed(service.model.values(work), _newest, error="error")
    return await service.model.last(work)


def _newest(reply: CheckReply) -> Iterator[str]:
    """Yield the events of the latest sentence."""
    if reply.note and len(reply.claims) == 1:
        yield event(Note(note=reply.note), "note")
    yield event(reply.claims[-1], "claim")
