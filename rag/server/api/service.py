"""What the operations of the API share: the library, the lines before it, what was said lately."""

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

_KEPT = 500  # answers that a follow-up may go on from
REMEMBERED = 4  # turns before a question that the model is told of


class Chosen(Protocol):
    """Which articles a request may use."""

    since: date | None
    until: date | None
    as_of: date | None
    publishers: list[str]


class Turns:
    """Answers given lately, so that a follow-up goes on from what its turn before has shown.

    Clients of a chat send back questions and answers as plain text. By these the answer is found
    again, and built anew from the index as it is now. One that is not known any more is taken as
    its words alone, which is enough to look up what a follow-up leans on.
    """

    def __init__(self) -> None:
        """Nothing was said."""
        self._saved: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, answer: Answer) -> None:
        """Remember an answer; the oldest one is forgotten for it."""
        key = _key(answer.question, answer.text)
        with self._lock:
            self._saved[key] = saved(answer)
            self._saved.move_to_end(key)
            while len(self._saved) > _KEPT:
                self._saved.popitem(last=False)

    def recall(self, news: News, turns: Sequence[tuple[str, str]]) -> tuple[Answer, ...]:
        """The last turns, each a question and its answer, as answers."""
        longest = news.settings.answer.question_characters
        read = [turn for turn in turns[-REMEMBERED:] if len(turn[0]) <= longest]
        return tuple(self._answer(news, *turn) for turn in read)

    def _answer(self, news: News, question: str, text: str) -> Answer:
        kept = self._saved.get(_key(question, text))
        if kept is not None:
            try:
                return news.recalled(kept)
            except RagError:
                pass  # its words will do
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
    """One server's library, and the lines before what few can use at once.

    ``model`` is the line before the language model, ``shelves`` that before the search, ``pen``
    that before the index's one writer.
    """

    news: News
    model: Queue
    shelves: Queue
    pen: Queue
    metrics: Metrics
    turns: Turns

    def close(self) -> None:
        """Stop what is at work."""
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
        """The events of an answer; what it cost is counted. For the model's line."""
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
        """Raise ApiError where a question is longer than is read, or nothing of it can be seen."""
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
    """The filters of a request.

    Raises:
        ApiError: if no day can be within them.
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
