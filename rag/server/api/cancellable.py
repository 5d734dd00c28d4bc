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


Check = Callable[[], None]


def check_stopped() -> None:
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
        before_call: Check = check_stopped,
        before_token: Check = check_stopped,
        spent: Callable[[Usage], object] = lambda _: None,
    ) -> None:
        """Wrap ``generator``.

        Args:
            generator: does the work.
            before_call: called before each call; it may wait or raise.
            before_token: called before each token; it may raise.
            spent: called at the end of each stream with its usage.
        """
        self._generator, self._spent = generator, spent
        self._before_call, self._before_token = before_call, before_token
        # Nothing to cancel in these; see :class:`rag.llm.Generator`.
        self.count_tokens, self.load = generator.count_tokens, generator.load
        self.read_ahead, self.close = generator.read_ahead, generator.close

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
        """See :class:`rag.llm.Generator`; also raises what the checks raise."""
        self._before_call()
        before = self.usage
        pieces = self._generator.stream(
            messages, max_tokens=max_tokens, temperature=temperature, seed=seed, stop=stop
        )
        try:
            for piece in pieces:
                self._before_token()
                yield piece
        finally:
            if isinstance(pieces, Stream):
                pieces.close()
            if self.usage is not before:  # an engine that fails at once records no usage
                self._spent(self.usage)

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """See :class:`rag.llm.Generator`; also raises what ``before_call`` raises."""
        self._before_call()
        return self._generator.first_token(messages)
