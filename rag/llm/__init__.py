"""Language models behind one protocol: messages in, text out piece by piece.

``llamacpp`` runs GGUF files in this process, ``transformers`` any causal or sequence-to-sequence
model of the hub, ``openai`` speaks to an OpenAI-compatible server, ``scripted`` is the
deterministic fake. Each is imported from its own module, so that no engine is loaded for another.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.types import Message

__all__ = ["LIKELIEST", "Generator", "LastUsage", "Usage"]

LIKELIEST = 20  # first tokens that are reported; more is refused by some servers


@dataclass(frozen=True, slots=True)
class Usage:
    """What a stream cost, in tokens.

    ``cached_tokens`` of the prompt had been read before. Where an engine cannot tell, or the stream
    was stopped early, the figures are 0 or estimates.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0


class Generator(Protocol):
    """A language model that writes an answer to a chat. All methods may be called by any thread."""

    @property
    def identity(self) -> str:
        """What answers, in a word or two: a model's name."""

    @property
    def context_length(self) -> int:
        """Tokens of prompt and output together that the model can hold."""

    @property
    def usage(self) -> Usage:
        """What the last stream cost that ended in the calling thread (else in any)."""

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the reply in pieces, none empty. Closing the iterator stops the engine.

        Temperature 0 always takes the likeliest token; ``seed`` counts above 0 only. The reply
        ends before any of the texts in ``stop``.

        Raises:
            ModelMissing: the model is not on this machine.
            PromptTooLong: the prompt does not fit the context.
            GenerateError: the engine failed.
        """

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """The likeliest first tokens of the reply, about twenty, each with its probability.

        It says how sure the model is without a word being written. Raises what ``stream`` raises.
        """

    def count_tokens(self, text: str) -> int:
        """How many tokens the text takes in a prompt (a close estimate for remote servers)."""

    def load(self) -> None:
        """Make ready now what the first ``stream`` would else wait for. Safe to call again."""

    def read_ahead(self, messages: Sequence[Message]) -> None:
        """Read how chats to come begin, so that their streams read only the rest; write nothing.

        An engine that keeps nothing between streams does nothing. Raises what ``stream`` raises.
        """

    def close(self) -> None:
        """Stop running streams and free the memory. A later ``stream`` loads again."""


class LastUsage:
    """Remembers what streams cost, so that parallel streams do not read each other's figures."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._last = Usage()

    def record(self, usage: Usage) -> None:
        """Note the cost of a stream that has just ended in this thread."""
        self._here.usage = self._last = usage

    def read(self) -> Usage:
        """The last of this thread, else the last of all."""
        usage: Usage = getattr(self._here, "usage", self._last)
        return usage
