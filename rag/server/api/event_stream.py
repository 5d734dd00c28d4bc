"""An answer as a stream of server-sent events.

While the model reads and writes, the stream reports it in an extension field of the chunk. Text is
sent only once it can no longer change. Even a verified sentence can: while the answer is uncertain,
more passages are read, and the better of two answers is returned. So the text is sent once the
answer is final: the short answer first, then sentence by sentence.
"""

import json
import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from typing import Literal

from rag import Answer, Checked, Claim, Draft, Found, News
from rag.server.api.errors import api_error_of
from rag.server.api.openai import (
    CachedTokens,
    Delta,
    Piece,
    PieceChoice,
    Sources,
    State,
    Usage,
)
from rag.server.api.schemas import CitationReply, ClaimReply, DisagreementReply

Event = Found | Draft | Checked | Answer
_DONE = "data: [DONE]\n\n"


class EventStream:
    """The stream of one answer."""

    def __init__(self, news: News, *, with_usage: bool) -> None:
        """Start an empty stream; ``with_usage`` adds a final chunk with the token counts."""
        self._id, self._created = name(), int(time.time())
        self._model = news.generator.identity
        self._with_usage = with_usage
        self._passages = 0
        self._state: State | None = None

    async def pieces(
        self, first: Event, rest: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[str, None]:
        """Yield each event as text; errors go into the stream, as the status is already sent."""
        yield self._event(Delta(role="assistant", content=""))
        try:
            for piece in self._told(first):
                yield piece
            async for event in rest:
                for piece in self._told(event):
                    yield piece
        except Exception as error:  # noqa: BLE001 - told to the client, and in the log
            yield _sent(json.dumps(api_error_of(error).body(), ensure_ascii=False))
            return
        finally:
            await rest.aclose()
        yield _DONE

    def _told(self, event: Event) -> Iterator[str]:
        match event:
            case Found(passages):
                self._passages = len(passages)
                yield from self._doing("reading")
            case Draft() | Checked():
                yield from self._doing("writing")
            case Answer():
                yield from self._ending(event)

    def _doing(self, what: Literal["reading", "writing"]) -> Iterator[str]:
        now = State(state=what, passages=self._passages)
        if now != self._state:
            self._state = now
            yield self._event(Delta(), doing=now)

    def _ending(self, answer: Answer) -> Iterator[str]:
        for words in _sentences(answer.text, answer.claims):
            yield self._event(Delta(content=words))
        yield self._event(Delta(newsrag=sources(answer)), last=True)
        if self._with_usage:
            yield self._piece([], spent=usage(answer))

    def _event(self, delta: Delta, *, last: bool = False, doing: State | None = None) -> str:
        choice = PieceChoice(delta=delta, finish_reason="stop" if last else None)
        return self._piece([choice], doing=doing)

    def _piece(
        self,
        choices: list[PieceChoice],
        *,
        spent: Usage | None = None,
        doing: State | None = None,
    ) -> str:
        piece = Piece(
            id=self._id,
            created=self._created,
            model=self._model,
            choices=choices,
            usage=spent,
            newsrag=doing,
        )
        return _sent(piece.model_dump_json())


def name() -> str:
    """Return a new id for an answer."""
    return f"chatcmpl-{uuid.uuid4().hex}"


def sources(answer: Answer) -> Sources:
    """Return the evidence for an answer."""
    return Sources(
        citations=list(map(CitationReply.of, answer.citations)),
        claims=list(map(ClaimReply.of, answer.claims)),
        short=answer.short,
        status=answer.status,
        refused=answer.refused,
        confidence=round(answer.confidence, 4),
        nearest=list(map(CitationReply.of, answer.nearest)),
        disagreements=list(map(DisagreementReply.of, answer.disagreements)),
        draft=answer.draft,
    )


def usage(answer: Answer) -> Usage:
    """Return the token usage of an answer."""
    spent = answer.timing
    return Usage(
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.output_tokens,
        total_tokens=spent.prompt_tokens + spent.output_tokens,
        prompt_tokens_details=CachedTokens(cached_tokens=spent.cached_tokens),
    )


def _sentences(text: str, claims: tuple[Claim, ...]) -> Iterator[str]:
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


def _sent(data: str) -> str:
    """Format a server-sent event."""
    return f"data: {data}\n\n"
