"""Language models behind one protocol: messages in, text out piece by piece.

``llamacpp`` runs GGUF files in this process, ``transformers`` any causal or sequence-to-sequence
model of the Hugging Face hub, ``openai`` calls an OpenAI-compatible server, ``scripted`` is the
deterministic fake. Import each from its own module, so that no engine is loaded for another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.types import Message

__all__ = ["LIKELIEST", "Generator", "Usage"]

LIKELIEST = 20  # reported first tokens; some servers refuse more


@dataclass(frozen=True, slots=True)
class Usage:
    """The cost of a stream, in tokens.

    ``cached_tokens`` are those of the prompt that were already in the cache. If an engine does not
    report usage, or the stream was stopped early, the figures are 0 or estimates.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0


class Generator(Protocol):
    """A language model that replies to a chat. All methods may be called by any thread."""

    @property
    def identity(self) -> str:
        """A short name of the model."""

    @property
    def context_length(self) -> int:
        """Tokens of prompt and output together that the model can hold."""

    @property
    def usage(self) -> Usage:
        """The cost of the last stream that ended in the calling thread (else in any)."""

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

        Temperature 0 always takes the likeliest token; ``seed`` matters only above 0. The reply
        ends before any of the texts in ``stop``. :mod:`rag.llm.cancelling` is asked first, and
        before each token.

        Raises:
            Cancelled: if whoever started the work has stopped it.
            ModelMissing: if the model is not on this machine.
            PromptTooLong: if the prompt does not fit the context.
            GenerateError: if the engine failed.
        """

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """Return the likeliest first tokens of the reply, about twenty, with their probabilities.

        This shows how sure the model is without generating a reply. Raises what ``stream`` raises.
        """

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the text takes in a prompt (an estimate for remote servers)."""

    def load(self) -> None:
        """Load now what the first ``stream`` would otherwise wait for. Safe to call again.

        Raises:
            ModelMissing: if the model is not on this machine.
            ModelError: if it cannot be loaded.
            GenerateError: if a server does not respond, or rejects the key.
        """

    def read_ahead(self, messages: Sequence[Message]) -> None:
        """Prefill the shared beginning of later chats, so that streams read only the rest.

        An engine without a prefix cache does nothing. Raises what ``stream`` raises.
        """

    def close(self) -> None:
        """Stop running streams and free the memory. A later ``stream`` loads again."""
