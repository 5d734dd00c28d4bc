"""The token budget of a prompt: the passages of each round, and the chat history to keep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.answering import count_messages, prompt_messages
from rag.answering.follow_ups import is_follow_up
from rag.llm import Generator
from rag.llm.portions import excerpt
from rag.llm.prompts import source_block
from rag.search import within
from rag.types import Answer, Message, Passage

_ROOMY = 8  # share of a small context (1/8) that must be free for more passages
_MOST_CHAT = 2  # times the source tokens: upper limit for the passages of a whole chat


@dataclass(frozen=True, slots=True)
class PromptBudget:
    """Token limits for passages, in the first round and at most; ``max_tokens`` for the answer."""

    generator: Generator
    first_tokens: int
    source_tokens: int
    max_tokens: int

    def rounds(
        self, question: str, found: Sequence[Passage], history: Sequence[Answer]
    ) -> tuple[Iterator[tuple[Passage, ...]], tuple[Answer, ...]]:
        """Return the passages of each round, including earlier rounds', and the chat turns to keep.

        A follow-up keeps the passages of earlier turns, with their numbers, and appends new ones,
        so that the model rereads as little as possible. A change of subject or a full context
        starts a new chat. Refused turns are left out: there is nothing in them to continue.
        """
        before = tuple(turn for turn in history if not turn.refused and turn.passages)
        shown = _shown(before)
        if before and not self._continues(question, found, shown, before):
            before, shown = (), ()
        room = self._room(prompt_messages(question, shown, before, self.generator))
        return self._rounds(found, shown, room), before

    def leading(self, question: str, found: Sequence[Passage]) -> tuple[Passage, ...]:
        """Return the leading passages that fit into the prompt of the first question of a chat."""
        room = self._room(prompt_messages(question, (), (), self.generator))
        return self._fitting(found, (), min(self.source_tokens, room))

    def _continues(
        self,
        question: str,
        found: Sequence[Passage],
        shown: Sequence[Passage],
        before: Sequence[Answer],
    ) -> bool:
        articles = {passage.article.id for passage in shown}
        tokens = sum(map(self._tokens, shown)) + self.first_tokens
        near = found[: len(found) // 2 + 1] if is_follow_up(question) else found[:1]
        room = self._room(prompt_messages(question, shown, before, self.generator))
        return (
            any(passage.article.id in articles for passage in near)
            and tokens <= _MOST_CHAT * self.source_tokens
            and room >= min(self.first_tokens, self.generator.context_length // _ROOMY)
        )

    def _rounds(
        self, found: Sequence[Passage], shown: tuple[Passage, ...], room: int
    ) -> Iterator[tuple[Passage, ...]]:
        read: tuple[Passage, ...] | None = None
        for tokens in (self.first_tokens, self.source_tokens):
            # Passages shown earlier in the chat count as read: less relevant ones would mislead the model.
            leading = self._fitting(found, (), tokens)
            fresh = _numbered([part for each in leading for part in _unseen(each, shown)], shown)
            passages = (*shown, *(self._fitting(fresh, shown, room) if fresh else ()))
            if passages and passages != read:
                yield passages
            read = passages

    def _fitting(
        self, passages: Sequence[Passage], shown: Sequence[Passage], tokens: int
    ) -> tuple[Passage, ...]:
        """Return the leading passages of at most ``tokens``, but at least one; count titles once."""
        return within(
            passages,
            tokens=tokens,
            count=self.generator.count_tokens,
            shown=shown,
            fenced=True,
        )

    def _tokens(self, passage: Passage) -> int:
        return self.generator.count_tokens(source_block(passage, known=True))

    def _room(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens left after these messages and the answer."""
        used = count_messages(messages, self.generator) + self.max_tokens
        return self.generator.context_length - used


def _shown(turns: Sequence[Answer]) -> tuple[Passage, ...]:
    """Return the distinct passages of the turns, in the order in which the chat shows them."""
    return tuple({each.chunk.id: each for turn in turns for each in turn.passages}.values())


def _unseen(passage: Passage, shown: Sequence[Passage]) -> Iterator[Passage]:
    """Yield the parts of a passage that no shown passage contains."""
    article, start, end = passage.article, passage.chunk.start, passage.chunk.end
    seen = sorted(
        (max(start, each.chunk.start), min(end, each.chunk.end))
        for each in shown
        if each.article.id == article.id
    )
    for first, last in [(first, last) for first, last in seen if first < last] + [(end, end)]:
        text = article.text[start:first]
        if text.strip():
            start += len(text) - len(text.lstrip())
            yield excerpt(article, passage.number, start, start + len(text.strip()), passage.score)
        start = max(start, last)


def _numbered(fresh: Sequence[Passage], shown: Sequence[Passage]) -> tuple[Passage, ...]:
    """Give each passage its article's number in the chat, or the next free number."""
    numbers = {passage.article.id: passage.number for passage in shown}
    following = max(numbers.values(), default=0)
    found = []
    for passage in fresh:
        if passage.article.id not in numbers:
            following += 1
            numbers[passage.article.id] = following
        found.append(replace(passage, number=numbers[passage.article.id]))
    return tuple(found)
