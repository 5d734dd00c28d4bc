"""A language model wrapper whose work can be delayed, or cancelled at the next token."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Generator as Stream
from contextlib import contextmanager
from contextvars import ContextVar

from rag.llm import Generator, Usage
from rag.types import Message

_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)


class Stopped(Exception):
    """The work of this thread was cancelled."""


@contextmanager
def stopped_by(stop: threading.Event) -> Iterator[None]:
    """Make this thread's model calls inside raise :class:`Stopped` once ``stop`` is set."""
    token = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(token)


Look = Callable[[], None]


def look() -> None:
    """Raise :class:`Stopped` if the work of this thread was cancelled."""
    stop = _stop.get()
    if stop is not None and stop.is_set():
        raise Stopped


class CancellableGenerator:
    """A generator that checks for cancellation before each call and each token."""

    def __init__(
        self,
        generator: Generator,
        *,
        begin: Look = look,
        go_on: Look = look,
        spent: Callable[[Usage], object] = lambda _: None,
    ) -> None:
        """Wrap ``generator``.

        Args:
            generator: does the work.
            begin: called before each call; it may wait or raise.
            go_on: called before each token; it may raise.
            spent: called at the end of each stream with its usage.
        """
        self._generator, self._begin, self._go_on = generator, begin, go_on
        self._spent = spent

    @property
    def identity(self) -> str:
        """See :class:`rag.llm.Generator`."""
        return self._generator.identity

    @property
    def context_length(self) -> int:
        """See :class:`rag.llm.Generator`."""
        return self._generator.context_length

    @property
    def usage(self) -> Usage:
        """See :class:`rag.llm.Generator`."""
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
        """See :class:`rag.llm.Generator`; also raises what ``begin`` and ``go_on`` raise."""
        self._begin()
        before = self.usage
        pieces = self._generator.stream(
            messages, max_tokens=max_tokens, temperature=temperature, seed=seed, stop=stop
        )
        try:
            for piece in pieces:
                self._go_on()
                yield piece
        finally:
            if isinstance(pieces, Stream):
                pieces.close()
            if self.usage is not before:  # an engine that fails at once records no usage
                self._spent(self.usage)

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """See :class:`rag.llm.Generator`; also raises what ``begin`` raises."""
        self._begin()
        return self._generator.first_token(messages)

    def count_tokens(self, text: str) -> int:
        """See :class:`rag.llm.Generator`."""
        return self._generator.count_tokens(text)

    def load(self) -> None:
        """See :class:`rag.llm.Generator`."""
        self._generator.load()

    def read_ahead(self, messages: Sequence[Message]) -> None:
        """See :class:`rag.llm.Generator`."""
        self._generator.read_ahead(messages)

    def close(self) -> None:
        """See :class:`rag.llm.Generator`."""
        self._generator.close()
