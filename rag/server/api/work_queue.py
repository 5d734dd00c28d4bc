"""Run work in threads behind a queue, and bring its results to the event loop.

Work that nobody waits for any more (its client disconnected, or it timed out) is cancelled at the
model's next token. The threads are daemons, so that the end of the server does not wait for an
engine that does not respond.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from collections.abc import Generator as Stream
from contextlib import aclosing, closing, suppress
from typing import Generic, TypeVar

from rag.errors import Cancelled
from rag.llm.cancelling import check_cancelled
from rag.server.api.errors import ApiError
from rag.server.queue import Queue, QueueFull, Slot

_T = TypeVar("_T")


class _Task(Slot, Generic[_T]):
    """A piece of work, whose results go from its thread to the event loop.

    A result is a tuple with a value; the last one is an error, or None.
    """

    def __init__(self, work: Callable[[], Stream[_T, None, None]]) -> None:
        super().__init__()
        self.work = work
        self.results: asyncio.Queue[tuple[_T] | Exception | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def put(self, result: tuple[_T] | Exception | None) -> None:
        with suppress(RuntimeError):  # the event loop has ended already
            self._loop.call_soon_threadsafe(self.results.put_nowait, result)


class WorkQueue:
    """Runs so many pieces of work at once, and lets so many more wait for so long."""

    def __init__(
        self, *, at_once: int, waiting: int, patience: float, seconds: float, name: str
    ) -> None:
        """Create an empty queue.

        Args:
            at_once: maximum number of concurrent pieces of work.
            waiting: maximum number of waiting ones; further ones are refused with 429.
            patience: maximum wait for a turn, in seconds.
            seconds: maximum run time from then on.
            name: thread name.
        """
        self._queue = Queue[Slot](at_once=at_once, waiting=waiting)
        self._most, self._patience, self._seconds = waiting, patience, seconds
        self._name = name
        self._closed = False

    @property
    def working(self) -> int:
        """Number of pieces of work that run."""
        return self._queue.working

    @property
    def waiting(self) -> int:
        """Number of pieces of work that wait."""
        return self._queue.waiting

    def close(self) -> None:
        """Cancel all work at its next token, and accept no more."""
        self._closed = True
        self._queue.cancel(*self._queue.matching(lambda _: True))

    async def result(self, work: Callable[[], _T]) -> _T:
        """Run ``work`` when its turn comes and return its result.

        Raises:
            ApiError: 429 if too many wait, 503 if its turn does not come in time or the queue is
                closed, 504 if the work takes too long.
        """

        def once() -> Stream[_T, None, None]:
            yield work()

        return await self.last(once)

    async def last(self, work: Callable[[], Stream[_T, None, None]]) -> _T:
        """Run ``work`` and return the last value it yields; see :meth:`result`."""
        found: list[_T] = []
        async with aclosing(self.values(work)) as values:
            async for value in values:
                found = [value]
        return found[0]

    def values(self, work: Callable[[], Stream[_T, None, None]]) -> AsyncGenerator[_T, None]:
        """Run ``work`` and yield its values; see :meth:`result`. 429 is raised immediately."""
        if self._closed:
            raise ApiError("closing")
        task = _Task(work)
        try:
            self._queue.join(task)
        except QueueFull:
            raise ApiError("too_many_waiting", most=self._most) from None
        threading.Thread(target=self._run, args=[task], name=self._name, daemon=True).start()
        return self._results(task)

    async def _results(self, task: _Task[_T]) -> AsyncGenerator[_T, None]:
        try:
            while isinstance(found := await task.results.get(), tuple):
                yield found[0]
            if found is not None:
                raise found
        finally:
            self._queue.cancel(task)

    def _run(self, task: _Task[_T]) -> None:
        """Run the work in this thread, when its turn comes, until it is done or cancelled."""
        # The time limit is not left to the reader, so that a slow reader cannot occupy the model.
        timer = threading.Timer(self._seconds, self._give_up, [task])
        timer.daemon = True
        end: Exception | None = None
        try:
            if not self._queue.wait(task, self._patience) and not task.stopped.is_set():
                raise ApiError("turn_not_come", seconds=self._patience)
            timer.start()
            with task.cancelling(), closing(task.work()) as values:
                check_cancelled()
                for value in values:
                    task.put((value,))
                    check_cancelled()
        except Cancelled:
            end = ApiError("closing")  # if the client disconnected, nobody receives it
        except Exception as error:  # noqa: BLE001 - raised again where the result is awaited
            end = error
        finally:
            timer.cancel()
            self._queue.leave(task)
        task.put(end)

    def _give_up(self, task: _Task[_T]) -> None:
        """Cancel work that has timed out."""
        task.put(ApiError("too_slow", seconds=self._seconds))
        self._queue.cancel(task)
