"""``/search``, ``/ask``, ``/summarize``: the Python API, one request per call."""

from typing import Annotated, Literal, Self

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rag import Answer, Article, Summary
from rag.server.api.errors import ApiError, documented
from rag.server.api.schemas import (
    ArticleId,
    CitationReply,
    ClaimReply,
    DisagreementReply,
    PassageReply,
    Question,
    Seconds,
    Strict,
    Whole,
    Within,
)
from rag.server.api.service import Service, filters_of
from rag.text import as_article
from rag.types import AnswerStatus

_MOST_ARTICLES = 20
_MOST_TURNS = 100
_Passages = Annotated[int, Field(strict=True, ge=1, le=50), Whole]


class SearchRequest(Within):
    """What to look for."""

    query: Question
    k: _Passages = Field(6, description="How many passages at most.")


class SearchReply(BaseModel):
    """The passages nearest to a query, best first; no language model has read them."""

    passages: list[PassageReply]


class Turn(Strict):
    """A turn of the conversation before the question."""

    question: Question
    answer: Annotated[str, Field(max_length=100_000)] = ""


class AskRequest(Within):
    """A question."""

    question: Question
    history: list[Turn] = Field(
        [], max_length=_MOST_TURNS, description="The turns before it, oldest first."
    )
    k: _Passages | None = Field(None, description="How many passages are read at once at most.")


class AskReply(BaseModel):
    """An answer; without an answer in the articles, a refusal."""

    question: str
    text: str = Field(description="The answer with its marks, or the refusal.")
    short: str = Field(description="The answer in a few words; empty in a refusal.")
    status: AnswerStatus = Field(
        description="Whether quotes state all of it, it is less sure, or the articles do not say."
    )
    refused: bool
    confidence: float = Field(description="Probability that the answer is right, 0 to 1.")
    citations: list[CitationReply]
    claims: list[ClaimReply] = Field(description="The short answer and every sentence.")
    nearest: list[CitationReply] = Field(description="The sentences nearest to the question.")
    disagreements: list[DisagreementReply] = Field(description="Other figures of other articles.")
    draft: str = Field(description="What the model wrote; in a refusal it is unproven.")
    passages: list[PassageReply] = Field(description="What the model has read.")
    model: str
    timing: Seconds

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Convert from the library's type."""
        return cls(
            question=answer.question,
            text=answer.text,
            short=answer.short,
            status=answer.status,
            refused=answer.refused,
            confidence=round(answer.confidence, 4),
            citations=list(map(CitationReply.of, answer.citations)),
            claims=list(map(ClaimReply.of, answer.claims)),
            nearest=list(map(CitationReply.of, answer.nearest)),
            disagreements=list(map(DisagreementReply.of, answer.disagreements)),
            draft=answer.draft,
            passages=list(map(PassageReply.of, answer.passages)),
            model=answer.model,
            timing=Seconds.of(answer.timing),
        )


_ONE = ("article_ids", "query", "text")


class SummarizeRequest(Within):
    """What to summarise: one of `article_ids`, `query` and `text`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [name]} for name in _ONE]},
    )

    article_ids: list[ArticleId] = Field(
        [], min_length=1, max_length=_MOST_ARTICLES, description="Articles of the index."
    )
    query: Question = Field("", description="What the articles say about this.")
    text: Annotated[str, Field(min_length=1, pattern=r"\S")] = Field(
        "", description="A text that is not stored."
    )
    title: Annotated[str, Field(max_length=1000)] = Field("", description="Of the text.")
    length: Literal["short", "medium", "long"] = "medium"

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set.intersection(_ONE)) != 1:
            raise ValueError("wanted one of article_ids, query and text")
        return self


class SummarizeReply(BaseModel):
    """A summary, every sentence of it with its quote."""

    text: str
    article_ids: list[str]
    citations: list[CitationReply]
    claims: list[ClaimReply]
    model: str
    timing: Seconds

    @classmethod
    def of(cls, summary: Summary) -> Self:
        """Convert from the library's type."""
        return cls(
            text=summary.text,
            article_ids=list(summary.article_ids),
            citations=list(map(CitationReply.of, summary.citations)),
            claims=list(map(ClaimReply.of, summary.claims)),
            model=summary.model,
            timing=Seconds.of(summary.timing),
        )


class Questions:
    """Search, question and summary operations."""

    def __init__(self, service: Service) -> None:
        """Create the operations for one library."""
        self._service = service

    def install(self, app: FastAPI) -> None:
        """Register the routes."""
        for path, operation, reply, statuses in (
            ("/search", self.search, SearchReply, (429, 503, 504)),
            ("/ask", self.ask, AskReply, (429, 503, 504)),
            ("/summarize", self.summarize, SummarizeReply, (404, 429, 503, 504)),
        ):
            app.add_api_route(
                path,
                operation,
                methods=["POST"],
                response_model=reply,
                responses=documented(*statuses),
                tags=["News"],
            )

    async def search(self, asked: SearchRequest) -> SearchReply:
        """The passages nearest to a query, at once, without the language model."""
        self._service.check_question(asked.query, "query")
        filters = filters_of(asked)
        found = await self._service.shelves.result(
            lambda: self._service.news.search(asked.query, filters=filters, k=asked.k)
        )
        return SearchReply(passages=list(map(PassageReply.of, found)))

    async def ask(self, asked: AskRequest) -> AskReply:
        """Answer a question from the articles, with the quotes that prove it."""
        self._service.check_question(asked.question, "question")
        self._service.news.check(asked.question)
        turns = [(turn.question, turn.answer) for turn in asked.history]
        filters = filters_of(asked)
        answer = await self._service.model.last(
            lambda: self._service.answering(asked.question, turns, filters, k=asked.k)
        )
        assert isinstance(answer, Answer), "a stream ends with its Answer"
        return AskReply.of(answer)

    async def summarize(self, asked: SummarizeRequest) -> SummarizeReply:
        """Summarise articles of the index, what they say about a query, or a text."""
        if asked.query:
            self._service.check_question(asked.query, "query")
        filters = filters_of(asked)
        news = self._service.news

        def work() -> Summary:
            if asked.text:
                return news.summarize(_article(asked.title, asked.text), length=asked.length)
            if asked.query:
                return news.summarize(query=asked.query, length=asked.length, filters=filters)
            ids = asked.article_ids
            whole = ids[0] if len(ids) == 1 else ids
            return news.summarize(whole, length=asked.length)

        summary = await self._service.model.result(work)
        self._service.metrics.model(summary.timing)
        return SummarizeReply.of(summary)


def _article(title: str, text: str) -> Article:
    """Convert a text to an article that is not in the index."""
    article = as_article(text, title=title)
    if not article.text:
        raise ApiError(400, "no_text", "The text holds no letter that can be seen.", param="text")
    return article
