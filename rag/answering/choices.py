"""Rank the choices of a question by what the passages say."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from rag.llm import Generator
from rag.llm.prompts import choice_messages
from rag.types import Passage

MOST_CHOICES = len(ascii_uppercase)


def choose(
    question: str,
    choices: Sequence[str],
    passages: Sequence[Passage],
    *,
    generator: Generator,
) -> tuple[float, ...]:
    """Return the probability of each choice, shape (len(choices),), summing to 1.

    Models prefer some letters to others, so the choices are shown once in each rotation and the
    probabilities of their letters are averaged (Zheng et al. 2024). The rotations share all but the
    last lines of the prompt, so each is cheap if the engine has a prefix cache.

    Args:
        question: the question.
        choices: 2 to 26 choices.
        passages: what the model may read; without any, it relies on what it knows.
        generator: the model that chooses.

    Raises:
        ValueError: if there are fewer than 2 choices or more than 26.
        GenerateError: if the engine fails.
    """
    count = len(choices)
    if not 2 <= count <= MOST_CHOICES:
        raise ValueError(f"a question has 2 to {MOST_CHOICES} choices, got {count}")
    likely = [0.0] * count
    for turn in range(count):
        order = [(place + turn) % count for place in range(count)]
        shown = [choices[number] for number in order]
        found = letters(generator.first_token(choice_messages(question, shown, passages)), count)
        for number, probability in zip(order, found, strict=True):
            likely[number] += probability / count
    return tuple(likely)


def letters(tokens: Mapping[str, float], count: int) -> list[float]:
    """Return the probabilities of the first ``count`` letters, normalized to a sum of 1."""
    found = dict.fromkeys(ascii_uppercase[:count], 0.0)
    for token, probability in tokens.items():
        letter = token.strip(" (*[").rstrip(").:*]")
        if letter in found:
            found[letter] += probability
    whole = sum(found.values())
    return [value / whole if whole else 1 / count for value in found.values()]
