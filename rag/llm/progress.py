"""Call a generator several times for one result, and total the time, tokens and prompts."""

import time
from collections.abc import Callable, Sequence
from collections.abc import Generator as Stream
from dataclasses import dataclass, field, replace

from rag.llm import Generator
from rag.types import Draft, Message, Timing

Progress = Callable[[int, int], None]
_MARKS = 50  # tokens that a chat template may put around the messages


@dataclass(slots=True)
class Writer:
    """Runs prompts on a generator; ``max_tokens`` is the length at which each reply is cut off.

    ``progress`` is called with (prompts done, prompts known so far), and again for each piece that
    the model writes. An exception it raises ends the reply and propagates.
    """

    generator: Generator
    max_tokens: int
    progress: Progress | None = None
    done: int = 0
    known: int = 1
    timing: Timing = field(default_factory=Timing)

    @property
    def room(self) -> int:
        """Tokens that a prompt may have."""
        return self.generator.context_length - self.max_tokens - _MARKS

    def tokens(self, messages: Sequence[Message]) -> int:
        """Return how many tokens these messages take."""
        return sum(self.generator.count_tokens(message.content) for message in messages)

    def write(self, messages: Sequence[Message]) -> str:
        """Return the whole reply. Raises GenerateError if the engine fails."""
        pieces = self.stream(messages)
        while True:
            try:
                next(pieces)
            except StopIteration as end:
                return str(end.value)

    def stream(self, messages: Sequence[Message]) -> Stream[Draft, None, str]:
        """Yield the reply in pieces and return it whole. Closing the iterator stops the engine."""
        start, first, text = time.perf_counter(), 0.0, ""
        self.tell()
        pieces = self.generator.stream(messages, max_tokens=self.max_tokens)
        try:
            for piece in pieces:
                first = first or time.perf_counter() - start
                text += piece
                self.tell()
                yield Draft(piece)
        finally:
            if isinstance(pieces, Stream):  # at once, because the engine generates until then
                pieces.close()
        self.done += 1
        usage = self.generator.usage
        self.timing = replace(
            self.timing,
            first_token=self.timing.first_token or first,
            generate=self.timing.generate + time.perf_counter() - start,
            prompt_tokens=self.timing.prompt_tokens + usage.prompt_tokens,
            cached_tokens=self.timing.cached_tokens + usage.cached_tokens,
            output_tokens=self.timing.output_tokens + usage.output_tokens,
        )
        return text

    def tell(self) -> None:
        """Report progress."""
        if self.progress:
            self.progress(self.done, max(self.done, self.known))
