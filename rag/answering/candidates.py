"""Sample several openings of an answer and let the model choose: its first may not be its best.

A small model opens "why" and "what did they say" with the first sentence that it has read. With
several samples before it (self-consistency, Wang et al. 2023), it chooses better than it writes.
Answers in a few words gain nothing from this (docs/results.md).
"""

from collections.abc import Sequence

from rag.answering.choices import letters
from rag.answering.question_form import asks_for_sentences
from rag.answering.reply import read_reply, short_answer
from rag.llm.progress import Writer
from rag.llm.prompts import preferred
from rag.text.terms import fold
from rag.types import Message

LONGEST = 40  # tokens of a sample
_TEMPERATURE = 0.8
_STOP = ("\n", "<source", "Question:")
_AGREED = 2  # samples that are enough if they agree


def best_opening(question: str, messages: Sequence[Message], writer: Writer, samples: int) -> str:
    """Return the opening that the model prefers among its samples; empty if they agree.

    It is empty, too, for a question that is answered in a few words.

    Args:
        question: as the reader asked it.
        messages: the prompt.
        writer: runs the prompt, and totals its cost.
        samples: at most this many; two are enough if they agree.
    """
    if not asks_for_sentences(question):
        return ""
    found: dict[str, list[str]] = {}
    for seed in range(1, samples + 1):
        drafts = writer.stream(messages, stop=_STOP, temperature=_TEMPERATURE, seed=seed)
        first = "".join(map(str, drafts)).strip()
        opening = short_answer(question, read_reply(first))
        found.setdefault(fold(opening).strip(" ."), []).append(opening)
        if seed == _AGREED and len(found) == 1:
            break
    openings = [same[0] for same in found.values()]
    if len(openings) < 2:
        return ""
    likely = letters(writer.generator.first_token(preferred(messages, openings)), len(openings))
    votes = map(len, found.values())
    return max(zip(likely, votes, openings, strict=True), key=lambda each: each[0] * each[1])[2]
