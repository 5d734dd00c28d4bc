"""``/search``, ``/ask``, ``/summarize``: the Python API, one request per call."""

from collections.abc import Generator as Stream
from collections.abc import Iterator
from typing import Annotated, Self

from fastapi.responses import StreamingResponse
from pydantic import ConfigDict, Field, StrictBool, model_validator

from rag import Answer, Article, Checked, Draft, Found, Summary
from rag.server.api.errors import ApiError, documented
from rag.server.api.schemas import (
    ArticleFilters,
    ArticleId,
    CitationReply,
    ClaimReply,
    Evidence,
    PassageReply,
    Question,
    Reply,
    Strict,
    TimingReply,
    Title,
    Visible,
    WholeNumber,
)
from rag.server.api.service import UseService, router
from rag.server.api.sse import documented_stream, event, streamed
from rag.text import as_article
from rag.types import Length

routes = router("News", 429, 503, 504)
_Passages = Annotated[int, Field(strict=True, ge=1, le=50), WholeNumber]


class SearchRequest(ArticleFilters):
    """A search query."""

    query: Question
    k: _Passages = Field(6, description="Maximum number of passages.")


class SearchReply(Reply):
    """The passages nearest to a query, best first."""

    passages: list[PassageReply]


class Turn(Strict):
    """An earlier turn of the conversation."""

    question: Question
    answer: Annotated[str, Field(max_length=100_000)] = ""


class AskRequest(ArticleFilters):
    """A question."""

    question: Question
    history: list[Turn] = Field(
        [], max_length=100, description="The turns before the question, oldest first."
    )
    k: _Passages | None = Field(None, description="Maximum number of passages read at once.")
    stream: StrictBool = Field(False, description="Send the steps as server-sent events.")


class AskReply(Evidence):
    """An answer, or a refusal if the articles do not answer the question."""

    question: str
    text: str = Field(description="The answer with its citation marks, or the refusal.")
    passages: list[PassageReply] = Field(description="The passages that the model read.")
    model: str = Field(description="The language model.")
    timing: TimingReply


_ONE = ("article_ids", "query", "text")


class SummarizeRequest(ArticleFilters):
    """What to summarise: exactly one of `article_ids`, `query` and `text`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in _ONE]},
    )

    article_ids: list[ArticleId] = Field(
        [], min_length=1, max_length=20, description="Articles of the index."
    )
    query: Question = Field("", description="Summarise what the articles say about this.")
    text: Visible = Field("", description="A text to summarise, which is not stored.")
    title: Title = Field("", description="The title of `text`.")
    length: Length = "medium"

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set.intersection(_ONE)) != 1:
            raise ValueError("expected one of article_ids, query and text")
        return self


class SummarizeReply(Reply):
    """A summary, with quotes for every sentence."""

    text: str = Field(description="The summary with its citation marks.")
    article_ids: list[str]
    citations: list[CitationReply]
    claims: list[ClaimReply]
    model: str = Field(description="The language model.")
    timing: TimingReply


@routes.post("/search")
async def search(asked: SearchRequest, service: UseService) -> SearchReply:
    """Find the passages nearest to a query, without the language model."""
    service.check_question(asked.query, "query")
    filters = asked.filters()
    found = await service.search.result(
        lambda: service.news.search(asked.query, filters=filters, k=asked.k)
    )
    return SearchReply.model_validate({"passages": found})


@routes.post(
    "/ask",
    response_model=AskReply,
    responses=documented_stream(
        "The answer. With `stream`: events `found` (the passages that are read), `claim` (the short"
        " answer and each sentence, checked), and last `answer`, which alone is final; or `error`."
    ),
)
async def ask(asked: AskRequest, service: UseService) -> AskReply | StreamingResponse:
    """Answer a question from the articles, with quotes as evidence."""
    service.check_question(asked.question, "question")
    service.news.check(asked.question)
    turns = [(turn.question, turn.answer) for turn in asked.history]
    filters = asked.filters()

    def work() -> Stream[Found | Draft | Checked | Answer, None, None]:
        return service.answering(asked.question, turns, filters, k=asked.k)

    if asked.stream:
        return await streamed(service.model.values(work), _steps, error="error")
    answer = await service.model.last(work)
    assert isinstance(answer, Answer), "a stream ends with its Answer"
    return AskReply.model_validate(answer)


def _steps(step: Found | Draft | Checked | Answer) -> Iterator[str]:
    """Yield the events of a step; the model's unchecked words are not sent."""
    if isinstance(step, Found):
        yield event(SearchReply.model_validate(step), "found")
    elif isinstance(step, Checked):
        yield event(ClaimReply.model_validate(step.claim), "claim")
    elif isinstance(step, Answer):
        yield event(AskReply.model_validate(step), "answer")


@routes.post("/summarize", responses=documented(404))
async def summarize(asked: SummarizeRequest, service: UseService) -> SummarizeReply:
    """Summarise articles of the index, what they say about a query, or a given text."""
    if asked.query:
        service.check_question(asked.query, "query")
    filters = asked.filters()

    def work() -> Summary:
        chosen: str | Article | list[str] | None = None
        if asked.text:
            chosen = _article(asked.title, asked.text)
        elif asked.article_ids:
            chosen = asked.article_ids[0] if len(asked.article_ids) == 1 else asked.article_ids
        return service.news.summarize(
            chosen, query=asked.query, length=asked.length, filters=filters
        )

    summary = await service.model.result(work)
    service.metrics.model(summary.timing)
    return SummarizeReply.model_validate(summary)


def _article(title: str, text: str) -> Article:
    """Convert a text to an article that is not in the index."""
    article = as_article(text, title=title)
    if not article.text:
        raise ApiError("no_text", param="text")
    return article
