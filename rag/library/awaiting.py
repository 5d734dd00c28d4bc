"""Questions for ``async`` code: the model works in a thread, and stops when the task is cancelled."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from contextvars import copy_context
from typing import TypedDict, Unpack

from rag.library.answers import AnswerMethods
from rag.llm.cancelling import cancelled_by
from rag.types import Answer, Checked, Draft, Filters, Found

Event = Found | Draft | Checked | Answer


class AskOptions(TypedDict, total=False):
    """The arguments of :meth:`rag.News.stream` besides the question."""

    history: Sequence[Answer]
    filters: Filters | None
    k: int | None


class AsyncMethods(AnswerMethods):
    """Methods of :class:`rag.News` that are awaited."""

    async def stream_async(
        self, question: str, **options: Unpack[AskOptions]
    ) -> AsyncGenerator[Event, None]:
        """Yield the events of :meth:`stream`; closing the iterator stops the model."""
        stopped = threading.Event()
        events = self.stream(question, **options)

        def step() -> Event | None:
            with cancelled_by(stopped.is_set):
                return next(events, None)

        loop, worker = asyncio.get_running_loop(), ThreadPoolExecutor(1, "answer")
        try:
            while event := await loop.run_in_executor(worker, copy_context().run, step):
                yield event
        finally:
            stopped.set()
            worker.submit(events.close)  # after the step that is running
            worker.shutdown(wait=False)

    async def ask_async(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """Await the answer of :meth:`ask`; cancelling the task stops the model."""
        async with aclosing(self.stream_async(question, **options)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise AssertionError("a stream ends with its Answer")
