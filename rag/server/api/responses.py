"""``/v1/responses``: the index as a model of OpenAI's Responses API, beside its chat API.

See https://platform.openai.com/docs/api-reference/responses. Nothing is stored: a client sends the
earlier turns as ``input``. The evidence is in the field ``newsrag`` of the message.
"""

import time
import uuid
from collections.abc import Generator as Stream
from collections.abc import Iterator
from typing import Any, Literal

from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from rag import Answer
from rag.server.api.chat import check_model, turns_of
from rag.server.api.chunks import Event, text_pieces
from rag.server.api.errors import documented
from rag.server.api.openai import MODEL, CachedTokens, ResponseFormat
from rag.server.api.schemas import ArticleFilters, Evidence
from rag.server.api.service import UseService, router
from rag.server.api.sse import documented_stream, event, streamed

routes = router("OpenAI")


class InputText(BaseModel):
    """A part of a message; only text is supported."""

    type: Literal["input_text", "output_text"]
    text: str = Field(max_length=200_000)


class InputMessage(BaseModel):
    """A turn. Those of `system` and `developer` are accepted and ignored."""

    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[InputText] = Field(examples=["Who will Blinken meet in Berlin?"])


class TextOptions(BaseModel):
    """Only plain text is supported."""

    format: ResponseFormat | None = None


class ResponseRequest(BaseModel):
    """A question. Other fields of OpenAI's API are accepted and have no effect."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(MODEL, max_length=200, description="See `/v1/models`.", examples=[MODEL])
    input: str | list[InputMessage] = Field(
        min_length=1, max_length=200_000, description="A question, or turns that end with one."
    )
    stream: StrictBool | None = None
    previous_response_id: None = Field(None, description="Not supported: nothing is stored.")
    text: TextOptions | None = None
    tools: list[object] | None = Field(None, max_length=0, description="Not supported.")
    newsrag: ArticleFilters | None = Field(
        None, description="Extension: which articles may be used."
    )


class OutputText(BaseModel):
    """The answer's text."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[object] = []
    logprobs: list[object] = []


class OutputMessage(BaseModel):
    """The answer."""

    id: str
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    status: Literal["in_progress", "completed"]
    content: list[OutputText]
    newsrag: Evidence | None = Field(description="Extension: the evidence for the answer.")


class OutputTokens(BaseModel):
    """Tokens of reasoning, of which there are none."""

    reasoning_tokens: int = 0


class ResponseUsage(BaseModel):
    """Token counts, as the model counts them."""

    input_tokens: int
    input_tokens_details: CachedTokens
    output_tokens: int
    output_tokens_details: OutputTokens = OutputTokens()
    total_tokens: int


class ResponseReply(BaseModel):
    """An answer, complete or as far as it is."""

    id: str = Field(examples=["resp_1f0c"])
    object: Literal["response"] = "response"
    created_at: int
    status: Literal["in_progress", "completed"] = "in_progress"
    model: str
    output: list[OutputMessage] = []
    usage: ResponseUsage | None = None
    error: None = None
    incomplete_details: None = None
    parallel_tool_calls: bool = False
    tool_choice: Literal["none"] = "none"
    tools: list[Any] = []


@routes.post(
    "/v1/responses",
    response_model=ResponseReply,
    responses=documented(404, 429, 503, 504)
    | documented_stream("The answer; with `stream`, the server-sent events of OpenAI's API."),
)
async def respond(asked: ResponseRequest, service: UseService) -> ResponseReply | StreamingResponse:
    """Answer the last message from the articles, with a quote for every sentence."""
    check_model(asked.model, service)
    given = asked.input
    messages = [InputMessage(role="user", content=given)] if isinstance(given, str) else given
    question, turns = turns_of(messages, "input")
    service.check_question(question, "input")
    filters = (asked.newsrag or ArticleFilters()).filters()
    service.news.check(question)

    def work() -> Stream[Event, None, None]:
        return service.answering(question, turns, filters)

    reply = ResponseReply(
        id=_new_id("resp"), created_at=int(time.time()), model=service.news.generator.identity
    )
    if asked.stream:
        events = _Events(reply)
        return await streamed(service.model.values(work), events.of, opening=events.first)
    answer = await service.model.last(work)
    assert isinstance(answer, Answer), "a stream ends with its Answer"
    return _completed(reply, answer)


class _Events:
    """The events of a stream. Text is sent once it can no longer change, as in a chat."""

    def __init__(self, reply: ResponseReply) -> None:
        self._reply, self._number = reply, -1
        self.first = self._event("created", response=reply)

    def of(self, found: Event) -> Iterator[str]:
        """Yield the events that follow from one of the answer's."""
        if not isinstance(found, Answer):
            return
        done = _completed(self._reply, found)
        (message,) = done.output
        (text,) = message.content
        place = {"output_index": 0, "item_id": message.id, "content_index": 0}
        begun = message.model_copy(update={"status": "in_progress", "content": [], "newsrag": None})
        yield self._event("output_item.added", output_index=0, item=begun)
        yield self._event("content_part.added", **place, part=OutputText(text=""))
        for words in text_pieces(found.text, found.claims):
            yield self._event("output_text.delta", **place, delta=words, logprobs=[])
        yield self._event("output_text.done", **place, text=text.text, logprobs=[])
        yield self._event("content_part.done", **place, part=text)
        yield self._event("output_item.done", output_index=0, item=message)
        yield self._event("completed", response=done)

    def _event(self, name: str, **fields: object) -> str:
        self._number += 1
        kind = f"response.{name}"
        return event(_StreamEvent(type=kind, sequence_number=self._number, **fields), kind)


class _StreamEvent(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: str
    sequence_number: int


def _completed(reply: ResponseReply, answer: Answer) -> ResponseReply:
    spent = answer.timing
    message = OutputMessage(
        id=_new_id("msg"),
        status="completed",
        content=[OutputText(text=answer.text)],
        newsrag=Evidence.model_validate(answer),
    )
    usage = ResponseUsage(
        input_tokens=spent.prompt_tokens,
        input_tokens_details=CachedTokens(cached_tokens=spent.cached_tokens),
        output_tokens=spent.output_tokens,
        total_tokens=spent.prompt_tokens + spent.output_tokens,
    )
    done = {"status": "completed", "model": answer.model, "output": [message], "usage": usage}
    return reply.model_copy(update=done)


def _new_id(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex}"
