"""What the engines share: a name, a context length, the cost of streams, OpenAI's chat chunks."""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Generator as Stream
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from math import exp
from typing import Any

from rag.errors import GenerateError
from rag.llm import LIKELIEST, Usage
from rag.llm.cancelling import begin_call, check_cancelled
from rag.types import Message

Chunk = Mapping[str, Any]  # a chunk of OpenAI's chat completions, as JSON


def as_dicts(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return messages as servers and chat templates expect them."""
    return [{"role": each.role, "content": each.content} for each in messages]


class Engine:
    """The part of :class:`rag.llm.Generator` that most engines implement in the same way."""

    def __init__(self, identity: str, context_length: int) -> None:
        """Store name and context length."""
        self._identity = identity
        self._context_length = context_length
        self._local = threading.local()
        self._last = Usage()

    @property
    def identity(self) -> str:
        """A short name of the model."""
        return self._identity

    @property
    def context_length(self) -> int:
        """Tokens of prompt and output together that the model can hold."""
        return self._context_length

    @property
    def usage(self) -> Usage:
        """The cost of the last stream that ended in the calling thread (else in any)."""
        usage: Usage = getattr(self._local, "usage", self._last)
        return usage

    def _record(self, usage: Usage) -> None:
        """Record the cost of a stream that ends in this thread; parallel streams do not mix."""
        self._local.usage = self._last = usage

    def load(self) -> None:
        """Do nothing: there is nothing to load."""

    def read_ahead(self, messages: Sequence[Message]) -> None:
        """Do nothing: this engine has no prefix cache that could be filled in advance."""

    def close(self) -> None:
        """Do nothing: there is nothing to free."""


class ChatEngine(Engine, ABC):
    """An engine that takes requests of OpenAI's chat API and answers with the chunks of that API.

    Pieces and likelihoods are read here; subclasses send requests, and read costs.
    """

    @abstractmethod
    def _chunks(self, request: Mapping[str, object]) -> Iterator[Chunk]:
        """Send a request and yield the chunks of the reply. Closing the iterator stops it."""

    @abstractmethod
    def _cost(self, chunk: Chunk) -> Usage | None:
        """Return the cost of the stream so far, if this chunk reports it."""

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the reply in pieces; see :class:`rag.llm.Generator`."""
        request = _request(messages, max_tokens) | {"temperature": temperature, "seed": seed}
        if stop:
            request["stop"] = list(stop)
        with closing(self._pieces(request)) as pieces:
            for piece, _ in pieces:
                if piece:
                    yield piece

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """Return the likeliest first tokens with probabilities; see :class:`rag.llm.Generator`.

        If no log-probabilities are reported, the token that was written gets probability 1.
        """
        asked = {"logprobs": True, "top_logprobs": LIKELIEST}
        pieces = list(self._pieces(_request(messages, 1) | asked))
        written = [piece for piece, _ in pieces if piece]
        reported = (likely for _, likely in pieces if likely)
        return next(reported, dict.fromkeys(written[:1], 1.0))

    def _pieces(self, request: Mapping[str, object]) -> Stream[tuple[str, dict[str, float]]]:
        """Yield each chunk's piece of the reply, and the likeliest tokens at its place if known."""
        begin_call()
        cost, written = Usage(), 0
        chunks = self._chunks(request)
        try:
            for chunk in chunks:
                check_cancelled()
                try:
                    piece, cost = _piece(chunk), self._cost(chunk) or cost
                except (TypeError, AttributeError, ValueError, OverflowError) as error:
                    raise self._malformed(chunk) from error
                written += bool(piece)
                yield piece, _likelihoods(chunk)
        finally:
            if isinstance(chunks, Stream):
                chunks.close()
            self._record(replace(cost, output_tokens=cost.output_tokens or written))

    def _malformed(self, chunk: Chunk) -> GenerateError:
        return GenerateError(
            f"{self._identity} answered {json.dumps(chunk)[:80]}, not in OpenAI's format"
        )


def _request(messages: Sequence[Message], max_tokens: int) -> dict[str, object]:
    return {
        "messages": as_dicts(messages),
        "max_tokens": max_tokens,
        "temperature": 0.0,
        "stream": True,
    }


def _piece(chunk: Chunk) -> str:
    choices = chunk.get("choices") or ()
    return "".join((each.get("delta") or {}).get("content") or "" for each in choices)


def _likelihoods(chunk: Chunk) -> dict[str, float]:
    """Return the likeliest tokens at the place of the piece; empty if they are not reported."""
    try:
        place = chunk["choices"][0]["logprobs"]["content"][0]
        return {str(each["token"]): exp(each["logprob"]) for each in place["top_logprobs"]}
    except (TypeError, AttributeError, LookupError, OverflowError):
        return {}
