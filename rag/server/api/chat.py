"""``/v1``: the index as a model of OpenAI's API, so that its clients can query the news.

The last message is the question; the turns before it are the history. The answer's sources are in
the field ``newsrag`` of the message or, in a stream, of the message's last chunk.
"""

import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import StreamingResponse

from rag import Answer
from rag.server.api.errors import ApiError, documented
from rag.server.api.event_stream import EventStream, name, sources, usage
from rag.server.api.openai import (
    MODEL,
    ChatMessage,
    ChatRequest,
    Choice,
    Completion,
    ModelCard,
    ModelList,
    ReplyMessage,
)
from rag.server.api.schemas import Within
from rag.server.api.service import Service, filters_of


class Chat:
    """Operations of ``/v1``."""

    def __init__(self, service: Service) -> None:
        """Create the operations for one library."""
        self._service = service
        self._since = int(time.time())

    def install(self, app: FastAPI) -> None:
        """Register the routes."""
        app.add_api_route(
            "/v1/chat/completions",
            self.complete,
            methods=["POST"],
            response_model=Completion,
            tags=["OpenAI"],
            responses={
                **documented(404, 429, 503, 504),
                200: {
                    "description": "The answer; with `stream`, server-sent events of pieces.",
                    "content": {
                        "text/event-stream": {"schema": {"$ref": "#/components/schemas/Piece"}}
                    },
                },
            },
        )
        app.add_api_route(
            "/v1/models",
            self.models,
            response_model=ModelList,
            responses=documented(),
            tags=["OpenAI"],
        )
        app.add_api_route(
            "/v1/models/{name:path}",
            self.model,
            response_model=ModelCard,
            responses=documented(404),
            tags=["OpenAI"],
        )

    async def models(self) -> ModelList:
        """Names that a request may give as its model: the index, and what writes the answers."""
        return ModelList(data=[ModelCard(id=name, created=self._since) for name in self._names()])

    async def model(self, name: Annotated[str, Path(max_length=200)]) -> ModelCard:
        """One of them."""
        self._check(name)
        return ModelCard(id=name, created=self._since)

    async def complete(self, asked: ChatRequest) -> Completion | StreamingResponse:
        """Answer the last message from the articles, every sentence with its quote."""
        self._check(asked.model)
        question, turns = _turns(asked.messages)
        self._service.check_question(question, "messages")
        filters = filters_of(asked.newsrag or Within())
        self._service.news.check(question)
        events = self._service.model.pieces(
            lambda: self._service.answering(question, turns, filters)
        )
        first = await anext(events)
        if asked.stream:
            options = asked.stream_options
            wanted = options is not None and bool(options.include_usage)
            stream = EventStream(self._service.news, with_usage=wanted).pieces(first, events)
            # Ask proxies not to buffer the response.
            headers = {"x-accel-buffering": "no"}
            return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Answer):
                    return _completion(event)
        raise AssertionError("a stream ends with its Answer")

    def _check(self, name: str) -> None:
        if name not in self._names():
            known = " and ".join(self._names())
            what = f"There is no model {name!r}. There are: {known}."
            raise ApiError(404, "model_not_found", what, param="model")

    def _names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((MODEL, self._service.news.generator.identity)))


def _turns(messages: Sequence[ChatMessage]) -> tuple[str, list[tuple[str, str]]]:
    """Split a chat into its question and the previous turns, each a question and its answer.

    Raises:
        ApiError: if the last message is not the user's.
    """
    if messages[-1].role != "user":
        what = f"The last message is of the {messages[-1].role}; wanted the user's question there."
        raise ApiError(400, "no_question", what, param="messages")
    turns: list[tuple[str, str]] = []
    for message in messages[:-1]:
        if message.role == "user":
            turns.append((_words(message), ""))
        elif message.role == "assistant" and turns:
            question, said = turns.pop()
            turns.append((question, said + _words(message)))
    return _words(messages[-1]), turns


def _words(message: ChatMessage) -> str:
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    return "\n".join(part.text for part in message.content)


def _completion(answer: Answer) -> Completion:
    message = ReplyMessage(content=answer.text, newsrag=sources(answer))
    return Completion(
        id=name(),
        created=int(time.time()),
        model=answer.model,
        choices=[Choice(message=message)],
        usage=usage(answer),
    )
