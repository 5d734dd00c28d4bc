"""State shared by the API operations: the library, its queues, and recent answers."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Generator as Stream
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from rag import Answer, Checked, Draft, Filters, Found, News
from rag.errors import RagError
from rag.export import saved
from rag.server.api.errors import ApiError
from rag.server.api.metrics import Metrics
from rag.server.api.queue import Queue
from rag.text import normalise
from rag.types import Timing

_KEPT = 500  # answers saved for follow-up questions
REMEMBERED = 4  # previous turns passed to the model with a question


class Chosen(Protocol):
    """The article filters of a request."""

    since: date | None
    until: date | None
    as_of: date | None
    publishers: list[str]


class Turns:
    """Recent answers, so that a follow-up builds on the evidence of its previous turn.

    Chat clients send questions and answers back as plain text. This text is the key under which the
    answer is looked up; the answer is then rebuilt from the current index. For an answer that is no
    longer saved, only its text is used, which is enough to resolve what a follow-up refers to.
    """

    def __init__(self) -> None:
        """Start with no answers."""
        self._saved: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, answer: Answer) -> None:
        """Save an answer; beyond the limit, the oldest is dropped."""
        key = _key(answer.question, answer.text)
        with self._lock:
            self._saved[key] = saved(answer)
            self._saved.move_to_end(key)
            while len(self._saved) > _KEPT:
                self._saved.popitem(last=False)

    def recall(self, news: News, turns: Sequence[tuple[str, str]]) -> tuple[Answer, ...]:
        """Convert the last turns, each a question and its answer text, to answers."""
        longest = news.settings.answer.question_characters
        read = [turn for turn in turns[-REMEMBERED:] if len(turn[0]) <= longest]
        return tuple(self._answer(news, *turn) for turn in read)

    def _answer(self, news: News, question: str, text: str) -> Answer:
        kept = self._saved.get(_key(question, text))
        if kept is not None:
            try:
                return news.recalled(kept)
            except RagError:
                pass  # fall back to its text
        return Answer(
            question=question,
            text=text,
            claims=(),
            citations=(),
            passages=(),
            status="answered",
            confidence=0.0,
            model="",
            timing=Timing(),
        )


@dataclass(frozen=True, slots=True)
class Service:
    """One server's library, and the queues for its limited resources.

    ``model`` is the queue for the language model, ``shelves`` for search, and ``pen`` for the
    single index writer.
    """

    news: News
    model: Queue
    shelves: Queue
    pen: Queue
    metrics: Metrics
    turns: Turns

    def close(self) -> None:
        """Stop all running work."""
        for line in (self.model, self.shelves, self.pen):
            line.close()

    def answering(
        self,
        question: str,
        turns: Sequence[tuple[str, str]],
        filters: Filters,
        *,
        k: int | None = None,
    ) -> Stream[Found | Draft | Checked | Answer, None, None]:
        """Yield the events of an answer and record its cost; run this in the model's queue."""
        history = self.turns.recall(self.news, turns)
        events = self.news.stream(question, history=history, filters=filters, k=k)
        with closing(events):
            for event in events:
                if isinstance(event, Answer):
                    self.turns.keep(event)
                    self.metrics.model(event.timing)
                    self.metrics.answer(event.status)
                yield event

    def check_question(self, question: str, param: str) -> None:
        """Raise ApiError if a question is too long or has no visible characters."""
        longest = self.news.settings.answer.question_characters
        if len(question) > longest:
            raise ApiError(
                400,
                "question_too_long",
                f"The question has {len(question):,} characters, at most {longest:,} are read. Ask"
                " something shorter; POST /summarize takes longer texts.",
                param=param,
            )
        if not normalise(question):
            what = "The question holds no letter that can be seen. Ask something, in plain words."
            raise ApiError(400, "question_unusable", what, param=param)


def filters_of(chosen: Chosen) -> Filters:
    """Return the filters of a request.

    Raises:
        ApiError: if the date range is empty.
    """
    if chosen.since and chosen.until and chosen.since > chosen.until:
        what = f"since {chosen.since} is after until {chosen.until}: no day is within. Turn them round."
        raise ApiError(400, "no_such_days", what, param="since")
    return Filters(
        since=chosen.since,
        until=chosen.until,
        publishers=tuple(chosen.publishers),
        as_of=chosen.as_of,
    )


def _key(question: str, text: str) -> str:
    return hashlib.sha256(f"{question.strip()}\0{text.strip()}".encode()).hexdigest()
