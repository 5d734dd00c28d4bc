"""``/v1``: the index as a model of OpenAI's API, so that its clients can query the news.

The last message is the question; the turns before it are the history. The evidence for the answer
is in the field ``newsrag`` of the message or, in a stream, of the message's last chunk.
"""

import time
from collections.abc import Generator as Stream
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path
from fastapi.responses import StreamingResponse

from rag import Answer
from rag.server.api.chunks import Chunks, Event, new_id, usage
from rag.server.api.errors import ApiError, documented
from rag.server.api.openai import (
    EMBEDDER,
    MODEL,
    ChatRequest,
    Choice,
    Completion,
    ModelCard,
    ModelList,
    ReplyMessage,
)
from rag.server.api.schemas import ArticleFilters, Evidence
from rag.server.api.service import Service, UseService, router
from rag.server.api.sse import documented_stream, event, streamed

routes = router("OpenAI")
_STARTED = int(time.time())


@routes.post(
    "/v1/chat/completions",
    response_model=Completion,
    responses=documented(404, 429, 503, 504)
    | documented_stream(
        "The answer; with `stream`, server-sent events with chunks of it.", "CompletionChunk"
    ),
)
async def complete(asked: ChatRequest, service: UseService) -> Completion | StreamingResponse:
    """Answer the last message from the articles, with a quote for every sentence."""
    check_model(asked.model, service)
    question, turns = turns_of(asked.messages, "messages")
    service.check_question(question, "messages")
    filters = (asked.newsrag or ArticleFilters()).filters()
    service.news.check(question)

    def work() -> Stream[Event, None, None]:
        return service.answering(question, turns, filters)

    if asked.stream:
        with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
        chunks = Chunks(service.news.generator.identity, with_usage=with_usage)
        values = service.model.values(work)
        return await streamed(values, chunks.of, opening=chunks.first, end=event("[DONE]"))
    answer = await service.model.last(work)
    assert isinstance(answer, Answer), "a stream ends with its Answer"
    return _completion(answer)


@routes.get("/v1/models")
async def models(service: UseService) -> ModelList:
    """List the index as a model, the language model behind it, and its embedder."""
    names = (*_models(service), EMBEDDER)
    return ModelList(data=[ModelCard(id=each, created=_STARTED) for each in names])


@routes.get("/v1/models/{name:path}", responses=documented(404))
async def model(name: Annotated[str, Path(max_length=200)], service: UseService) -> ModelCard:
    """Get one of the models."""
    if name != EMBEDDER:
        check_model(name, service)
    return ModelCard(id=name, created=_STARTED)


def _models(service: Service) -> tuple[str, ...]:
    return tuple(dict.fromkeys((MODEL, service.news.generator.identity)))


def check_model(name: str, service: Service) -> None:
    """Raise ApiError unless this is a model that answers."""
    known = _models(service)
    if name not in known:
        raise ApiError("model_not_found", param="model", name=name, known=" and ".join(known))


def turns_of(messages: Sequence[Any], param: str) -> tuple[str, list[tuple[str, str]]]:
    """Split a chat into its question and the previous turns, each a question and its answer.

    ``messages`` are those of either API; ``param`` is the field that they come from.

    Raises:
        ApiError: if the last message is not the user's.
    """
    if messages[-1].role != "user":
        raise ApiError("no_question", param=param, role=messages[-1].role)
    turns: list[tuple[str, str]] = []
    for message in messages[:-1]:
        if message.role == "user":
            turns.append((_text(message), ""))
        elif message.role == "assistant" and turns:
            question, answer = turns.pop()
            turns.append((question, answer + _text(message)))
    return _text(messages[-1]), turns


def _text(message: Any) -> str:
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    return "\n".join(part.text for part in message.content)


def _completion(answer: Answer) -> Completion:
    message = ReplyMessage(content=answer.text, newsrag=Evidence.model_validate(answer))
    return Completion(
        id=new_id(),
        created=int(time.time()),
        model=answer.model,
        choices=[Choice(message=message)],
        usage=usage(answer),
    )
