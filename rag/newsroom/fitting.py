"""What one prompt holds: the passages that fit it, and the chat that it goes on from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answer import count_messages
from rag.generate import Generator
from rag.newsroom.looks import Look
from rag.prompts import answer_messages
from rag.retrieve import within
from rag.types import Answer, Message, Passage

_FOLLOW_UP_SHARE = 0.5  # of the source tokens may be added by a follow-up question


@dataclass(frozen=True, slots=True)
class Fitting:
    """How much there is room for; ``max_tokens`` are kept free for the answer."""

    generator: Generator
    source_tokens: int
    max_tokens: int

    def arranged(self, question: str, found: Sequence[Passage], history: Sequence[Answer]) -> Look:
        """Fit passages and history into the prompt so that as little as possible is read anew.

        A follow-up keeps the passages of the turn before, with their numbers, and appends what is
        new; a change of subject, or a full context, begins a new prompt.
        """
        shown = history[-1].passages if history else ()
        known = {passage.chunk.id: passage for passage in shown}
        if any(passage.chunk.id in known for passage in found):
            new = [passage for passage in found if passage.chunk.id not in known]
            first = max(passage.number for passage in shown) + 1
            fits = [
                passage
                for passage in self._within(new, int(self.source_tokens * _FOLLOW_UP_SHARE))
                if found.index(passage) < len(found) / 2
            ]
            numbered = (replace(p, number=n) for n, p in enumerate(fits, start=first))
            passages = (*shown, *numbered)
            if self._room(answer_messages(question, passages, history)) >= 0:
                return passages, tuple(history)
        return self.leading(question, found), ()

    def leading(self, question: str, found: Sequence[Passage]) -> tuple[Passage, ...]:
        """The leading passages that a first question leaves room for."""
        room = self._room(answer_messages(question, (), ()))
        return self._within(found, min(self.source_tokens, room))

    def _room(self, messages: Sequence[Message]) -> int:
        """The tokens that are left beside these messages and the answer."""
        used = count_messages(messages, self.generator) + self.max_tokens
        return self.generator.context_length - used

    def _within(self, passages: Sequence[Passage], tokens: int) -> tuple[Passage, ...]:
        return within(passages, tokens=tokens, count=self.generator.count_tokens)
