"""Call a generator several times for one result, and total the time, tokens and prompts."""

import time
from collections.abc import Callable, Sequence
from collections.abc import Generator as Stream
from dataclasses import astuple, dataclass, field, replace
from operator import add

from rag.llm import Generator, Usage
from rag.llm.cancelling import count_cost
from rag.types import Draft, Message, Timing

Progress = Callable[[int, int], None]
Drafted = Callable[[str], object]
_MARKS = 50  # tokens that a chat template may put around the messages


@dataclass(slots=True)
class Writer:
    """Runs prompts on a generator; ``max_tokens`` is the length at which each reply is cut off.

    ``progress`` is called with (prompts done, prompts known so far), and again for each piece that
    the model writes. An exception it raises ends the reply and propagates. ``drafted`` is called with
    each piece itself.
    """

    generator: Generator
    max_tokens: int
    progress: Progress | None = None
    drafted: Drafted | None = None
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
        return "".join(map(str, self.stream(messages)))

    def stream(
        self,
        messages: Sequence[Message],
        *,
        stop: Sequence[str] = (),
        temperature: float = 0.0,
        seed: int = 0,
    ) -> Stream[Draft, None, str]:
        """Yield the reply in pieces and return it whole; it ends before any text in ``stop``.

        ``temperature`` and ``seed`` are those of the engine. Closing the iterator stops it.
        """
        start, first, text = time.perf_counter(), 0.0, ""
        before = self.generator.usage
        self.report()
        pieces = self.generator.stream(
            messages, max_tokens=self.max_tokens, temperature=temperature, seed=seed, stop=stop
        )
        try:
            for piece in pieces:
                first = first or time.perf_counter() - start
                text += piece
                self.report()
                if self.drafted:
                    self.drafted(piece)
                yield Draft(piece)
        finally:
            if isinstance(pieces, Stream):  # at once, because the engine generates until then
                pieces.close()
            usage = self.generator.usage
            if usage is before:  # an engine that fails at once records none
                usage = Usage()
            count_cost(usage)
            spent = Timing(
                first_token=first,
                generate=time.perf_counter() - start,
                prompt_tokens=usage.prompt_tokens,
                cached_tokens=usage.cached_tokens,
                output_tokens=usage.output_tokens,
            )
            self.timing = total(self.timing, spent)
        self.done += 1
        return text

    def report(self) -> None:
        """Report progress."""
        if self.progress:
            self.progress(self.done, max(self.done, self.known))


def total(one: Timing, two: Timing) -> Timing:
    """Sum two timings; the time to the first token is that of the first reply."""
    sums = Timing(*map(add, astuple(one), astuple(two)))
    return replace(sums, first_token=one.first_token or two.first_token)
