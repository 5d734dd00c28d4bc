"""A scripted language model with preset replies, for tests, demonstrations and documentation."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from rag.errors import GenerateError
from rag.llm import Usage
from rag.llm.cancelling import begin_call, check_cancelled
from rag.llm.engine import Engine
from rag.llm.stop_texts import cut_at
from rag.types import Message

_WORD = re.compile(r"\s*\S+\s*$|\s*\S+|\s+")


class ScriptedGenerator(Engine):
    """Replies word by word with preset texts in turn, or with a function of the messages.

    ``history`` holds the messages of every stream that was begun, oldest first, without samples.
    """

    def __init__(
        self,
        replies: Sequence[str] | Callable[[Sequence[Message]], str],
        *,
        identity: str = "scripted",
        context_length: int = 4096,
    ) -> None:
        """Set the script; nothing is generated yet.

        Args:
            replies: a list of texts, one per stream, or a function of the messages.
            identity: the name of the model.
            context_length: the context length it claims, in tokens.
        """
        super().__init__(identity, context_length)
        self._replies = [replies] if isinstance(replies, str) else replies
        self.history: list[tuple[Message, ...]] = []

    def count_tokens(self, text: str) -> int:
        """Count four tokens for three words, about the ratio of English."""
        return len(text.split()) * 4 // 3

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """Return the first word of a function's reply with probability 1; nothing for a list."""
        begin_call()
        if not callable(self._replies):
            return {}
        words = _WORD.findall(self._replies(messages))[:1]
        return {word.strip(): 1.0 for word in words}

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the next reply word by word, at most ``max_tokens`` words.

        A sample, at a temperature above 0, repeats the next reply, and leaves it the next one.

        Raises:
            GenerateError: if the script has no more replies.
        """
        begin_call()
        words = _WORD.findall(self._reply(messages))[:max_tokens]
        if not temperature:
            self.history.append(tuple(messages))
        written: list[str] = []
        try:
            for piece in cut_at(words, stop):
                check_cancelled()
                written.append(piece)
                yield piece
        finally:
            asked = sum(self.count_tokens(each.content) for each in messages)
            self._record(Usage(asked, 0, self.count_tokens("".join(written))))

    def _reply(self, messages: Sequence[Message]) -> str:
        if callable(self._replies):
            return self._replies(messages)
        if len(self.history) >= len(self._replies):
            raise GenerateError(
                f"the script has {len(self._replies)} replies and was asked "
                f"{len(self.history) + 1} times; give it more replies, or a function"
            )
        return self._replies[len(self.history)]
