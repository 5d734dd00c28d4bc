"""State shared by the API operations: the library, its queues, and recent answers."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Generator as Stream
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from rag import Answer, Checked, Draft, Filters, Found, News
from rag.errors import RagError
from rag.export import saved
from rag.server.api.errors import ApiError, documented
from rag.server.api.metrics import Metrics
from rag.server.api.work_queue import WorkQueue
from rag.text import normalise
from rag.types import Timing

_MOST_ANSWERS = 500  # saved for follow-up questions
_MOST_TURNS = 4  # previous turns passed to the model with a question


class RecentAnswers:
    """Recent answers, so that a follow-up builds on the evidence of its previous turn.

    Chat clients send questions and answers back as plain text. This text is the key under which the
    answer is looked up; the answer is then rebuilt from the current index. For an answer that is no
    longer saved, only its text is used, which is enough to resolve what a follow-up refers to.
    """

    def __init__(self) -> None:
        """Start with no answers."""
        self._saved: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def save(self, answer: Answer) -> None:
        """Save an answer; beyond the limit, the oldest is dropped."""
        key = _key(answer.question, answer.text)
        with self._lock:
            self._saved[key] = saved(answer)
            self._saved.move_to_end(key)
            if len(self._saved) > _MOST_ANSWERS:
                self._saved.popitem(last=False)

    def recall(self, news: News, turns: Sequence[tuple[str, str]]) -> tuple[Answer, ...]:
        """Convert the last turns, each a question and its answer text, to answers."""
        longest = news.settings.answer.question_characters
        usable = [turn for turn in turns[-_MOST_TURNS:] if len(turn[0]) <= longest]
        return tuple(self._answer(news, *turn) for turn in usable)

    def _answer(self, news: News, question: str, text: str) -> Answer:
        known = self._saved.get(_key(question, text))
        if known is not None:
            try:
                return news.recalled(known)
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

    ``model`` is the queue for the language model, ``search`` for reading the index, and ``writer``
    for the single index writer.
    """

    news: News
    model: WorkQueue
    search: WorkQueue
    writer: WorkQueue
    metrics: Metrics
    recent: RecentAnswers

    def close(self) -> None:
        """Stop all running work."""
        for queue in (self.model, self.search, self.writer):
            queue.close()

    def answering(
        self,
        question: str,
        turns: Sequence[tuple[str, str]],
        filters: Filters,
        *,
        k: int | None = None,
    ) -> Stream[Found | Draft | Checked | Answer, None, None]:
        """Yield the events of an answer and record its cost; run this in the model's queue."""
        history = self.recent.recall(self.news, turns)
        with closing(self.news.stream(question, history=history, filters=filters, k=k)) as events:
            for event in events:
                if isinstance(event, Answer):
                    self.recent.save(event)
                    self.metrics.model(event.timing)
                    self.metrics.answer(event.status)
                yield event

    def check_question(self, question: str, param: str) -> None:
        """Raise ApiError if a question is too long or has no visible characters."""
        most = self.news.settings.answer.question_characters
        if len(question) > most:
            raise ApiError("question_too_long", param=param, length=len(question), most=most)
        if not normalise(question):
            raise ApiError("question_invisible", param=param)


def from_state(name: str) -> Any:
    """Return a dependency that takes a value from the state of the application."""

    def value(request: Request) -> object:
        return getattr(request.app.state, name)

    return Depends(value)


UseService = Annotated[Service, from_state("service")]  # a parameter of an operation


def router(tag: str, *statuses: int) -> APIRouter:
    """Return a router for operations that may also answer with these error statuses."""
    return APIRouter(tags=[tag], responses=documented(*statuses))


def _key(question: str, text: str) -> str:
    return hashlib.sha256(f"{question.strip()}\0{text.strip()}".encode()).hexdigest()
