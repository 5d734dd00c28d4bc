"""An answer as the chunks of a stream of OpenAI's API.

While the model reads and writes, the stream reports it in an extension field of the chunk. Text is
sent only once it can no longer change. Even a verified sentence can: while the answer is uncertain,
more passages are read, and the better of two answers is returned. So the text is sent once the
answer is final: the short answer first, then sentence by sentence.
"""

import time
import uuid
from collections.abc import Iterator
from typing import Literal

from rag import Answer, Checked, Claim, Draft, Found
from rag.server.api import sse
from rag.server.api.openai import (
    CachedTokens,
    ChunkChoice,
    CompletionChunk,
    Delta,
    StreamState,
    Usage,
)
from rag.server.api.schemas import Evidence

Event = Found | Draft | Checked | Answer


class Chunks:
    """The chunks of one answer."""

    def __init__(self, model: str, *, with_usage: bool) -> None:
        """Start an empty stream; ``with_usage`` adds a final chunk with the token counts."""
        self._model, self._with_usage = model, with_usage
        self._id, self._created = new_id(), int(time.time())
        self._passages = 0
        self._state: StreamState | None = None

    @property
    def first(self) -> str:
        """The chunk that opens the stream."""
        return self._chunk(Delta(role="assistant", content=""))

    def of(self, event: Event) -> Iterator[str]:
        """Yield the chunks that an event adds."""
        if isinstance(event, Answer):
            for words in text_pieces(event.text, event.claims):
                yield self._chunk(Delta(content=words))
            evidence = Evidence.model_validate(event)
            yield self._chunk(Delta(newsrag=evidence), finish_reason="stop")
            if self._with_usage:
                yield self._chunk(None, usage=usage(event))
            return
        if isinstance(event, Found):
            self._passages = len(event.passages)
        state = StreamState(
            state="reading" if isinstance(event, Found) else "writing", passages=self._passages
        )
        if state != self._state:
            self._state = state
            yield self._chunk(Delta(), newsrag=state)

    def _chunk(
        self,
        delta: Delta | None,
        *,
        finish_reason: Literal["stop"] | None = None,
        usage: Usage | None = None,
        newsrag: StreamState | None = None,
    ) -> str:
        choices = (
            [ChunkChoice(delta=delta, finish_reason=finish_reason)] if delta is not None else []
        )
        chunk = CompletionChunk(
            id=self._id,
            created=self._created,
            model=self._model,
            choices=choices,
            usage=usage,
            newsrag=newsrag,
        )
        return sse.event(chunk)


def new_id() -> str:
    """Return a new id for an answer."""
    return f"chatcmpl-{uuid.uuid4().hex}"


def usage(answer: Answer) -> Usage:
    """Return the token usage of an answer."""
    spent = answer.timing
    return Usage(
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.output_tokens,
        total_tokens=spent.prompt_tokens + spent.output_tokens,
        prompt_tokens_details=CachedTokens(cached_tokens=spent.cached_tokens),
    )


def text_pieces(text: str, claims: tuple[Claim, ...]) -> Iterator[str]:
    """Split a text before each sentence; the pieces concatenate to the text."""
    start = position = 0
    for claim in claims:
        found = text.find(claim.text, position)
        if found < 0:
            continue
        position = found + len(claim.text)
        if found > start:
            yield text[start:found]
            start = found
    if text[start:]:
        yield text[start:]
