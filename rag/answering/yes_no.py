"""Ask the model questions with two answers about a prompt that it has read.

An engine with a prefix cache processes only the new tokens, so each takes a fraction of a second.
"""

from collections.abc import Mapping, Sequence

from rag.llm import Generator
from rag.types import Message


def yes(messages: Sequence[Message], generator: Generator) -> float | None:
    """Return the probability of yes against no; None if the engine reports neither."""
    return _against(messages, generator, "yes", "no")


def first_of_two(messages: Sequence[Message], generator: Generator) -> float | None:
    """Return the probability of A against B; None if the engine reports neither."""
    return _against(messages, generator, "a", "b")


def _against(
    messages: Sequence[Message], generator: Generator, word: str, other: str
) -> float | None:
    likely = generator.first_token(messages)
    share, rest = _share(likely, word), _share(likely, other)
    return share / (share + rest) if share + rest else None


def _share(likely: Mapping[str, float], word: str) -> float:
    return sum(p for token, p in likely.items() if token.strip().casefold() == word)
