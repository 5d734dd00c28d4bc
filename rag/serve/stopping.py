"""A language model whose work can be stopped at its next token from another thread."""

import threading
from collections.abc import Generator as Stream
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from rag.generate import Generator, Usage
from rag.types import Message

_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)


class Stopped(Exception):
    """The work of this thread is not wanted any more."""


@contextmanager
def stopped_by(stop: threading.Event) -> Iterator[None]:
    """What this thread asks of a model within ends with :class:`Stopped` once ``stop`` is set."""
    token = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(token)


class Stoppable:
    """A generator that looks before each token whether its thread's work is still wanted."""

    def __init__(self, generator: Generator) -> None:
        """Stand before ``generator``."""
        self._generator = generator

    @property
    def identity(self) -> str:
        """That of the generator; so are the others."""
        return self._generator.identity

    @property
    def context_length(self) -> int:
        """See :class:`rag.generate.Generator`."""
        return self._generator.context_length

    @property
    def usage(self) -> Usage:
        """See :class:`rag.generate.Generator`."""
        return self._generator.usage

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """See :class:`rag.generate.Generator`.

        Raises:
            Stopped: if the work is not wanted any more.
        """
        _look()
        pieces = self._generator.stream(
            messages, max_tokens=max_tokens, temperature=temperature, seed=seed, stop=stop
        )
        try:
            for piece in pieces:
                _look()
                yield piece
        finally:
            if isinstance(pieces, Stream):
                pieces.close()

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """See :class:`rag.generate.Generator`."""
        _look()
        return self._generator.first_token(messages)

    def count_tokens(self, text: str) -> int:
        """See :class:`rag.generate.Generator`."""
        return self._generator.count_tokens(text)

    def load(self) -> None:
        """See :class:`rag.generate.Generator`."""
        self._generator.load()

    def close(self) -> None:
        """See :class:`rag.generate.Generator`."""
        self._generator.close()


def _look() -> None:
    stop = _stop.get()
    if stop is not None and stop.is_set():
        raise Stopped
