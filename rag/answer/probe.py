"""Short things that the model is asked about a prompt that it has read.

An engine with a prefix cache reads only what is new, so each takes a fraction of a second.
"""

import re
from collections.abc import Mapping, Sequence

from rag.answer.bare import bare
from rag.cite import split_claims
from rag.generate import Generator
from rag.prompts import BRIEFLY, REFUSAL, YES_OR_NO, instructed
from rag.types import Message

_FEW_TOKENS = 24
REFUSES = re.compile(
    rf"{REFUSAL}|\b(?:articles?|sources?|texts?|passages?|information)\s+(?:\w+\s+){{0,3}}"
    r"(?:do|does|did)(?:n['’]t| not)\s+(?:\w+\s+)?"
    r"(?:say|state|mention|specify|provide|contain|give|include|tell|answer)"
    r"|\b(?:is|are|was|were) not (?:\w+\s+)?(?:mentioned|stated|specified|provided|given|said)\b"
    r"|\bno (?:\w+ )?(?:information|mention)\b",
    re.I,
)


def few_words(question: str, messages: Sequence[Message], generator: Generator) -> str:
    """The answer alone: the first line of what the model says, without marks and full stop.

    What it repeats from the question is taken off: see :func:`rag.answer.bare.bare`.
    """
    chat = instructed(messages, BRIEFLY)
    said = "".join(generator.stream(chat, max_tokens=_FEW_TOKENS))
    first = next(split_claims(said.strip().partition("\n")[0]), ("", frozenset[int]()))[0]
    return "" if REFUSES.search(first) else bare(question, first.strip().removesuffix("."))


def yes_or_no(messages: Sequence[Message], generator: Generator) -> str:
    """The answer to a question that wants one of these."""
    likely = yes(instructed(messages, YES_OR_NO), generator)
    return "No" if likely is not None and likely < 0.5 else "Yes"


def yes(messages: Sequence[Message], generator: Generator) -> float | None:
    """The probability of yes against no; None where the engine tells neither."""
    likely = generator.first_token(messages)
    yes, no = (_share(likely, word) for word in ("yes", "no"))
    return yes / (yes + no) if yes + no else None


def refusing(messages: Sequence[Message], draft: str, generator: Generator) -> float:
    """The probability that the reply begins with a refusal; by what was written if untold."""
    if likely := generator.first_token(messages):
        return _share(likely, REFUSAL.split()[0])
    return float(bool(REFUSES.search(draft)))


def _share(likely: Mapping[str, float], word: str) -> float:
    return sum(p for token, p in likely.items() if token.strip().casefold() == word.casefold())
