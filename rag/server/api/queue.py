"""A bounded first-in, first-out queue for a resource with limited concurrency.

Work runs in threads; the event loop only forwards its results. Work that nobody waits for any more
(its client disconnected, or it timed out) is cancelled at the model's next token, and its slot
stays occupied until it has ended, so that no more than ``at_once`` ever compute. The threads are
daemons, so that server shutdown does not wait for an engine that does not respond.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from collections.abc import Generator as Stream
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from rag.server.api.cancellable import Stopped, stopped_by
from rag.server.api.errors import SOON, ApiError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Piece(Generic[_T]):
    """One result of the work."""

    value: _T


@dataclass(frozen=True, slots=True)
class _End:
    """End of the work."""

    error: Exception | None = None


class Queue:
    """First-in, first-out queue of work."""

    def __init__(
        self, *, at_once: int, waiting: int, patience: float, seconds: float, name: str
    ) -> None:
        """Create an empty queue.

        Args:
            at_once: maximum number of concurrent tasks.
            waiting: maximum number of waiting tasks; further ones are refused with 429.
            patience: maximum wait for a turn, in seconds.
            seconds: maximum run time from then on.
            name: thread name.
        """
        self._free = asyncio.Semaphore(at_once)
        self._at_once, self._most = at_once, waiting
        self._patience, self._seconds = patience, seconds
        self._name = name
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops: set[threading.Event] = set()
        self._running = 0

    @property
    def working(self) -> int:
        """Number of running tasks."""
        return self._running

    @property
    def waiting(self) -> int:
        """Number of waiting tasks."""
        return len(self._tasks) - self._running

    def close(self) -> None:
        """Cancel running tasks at their next token, and accept no more."""
        self._closed = True
        for stop in tuple(self._stops):
            stop.set()

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
        async with aclosing(self.pieces(work)) as pieces:
            async for piece in pieces:
                found = [piece]
        return found[0]

    def pieces(self, work: Callable[[], Stream[_T, None, None]]) -> AsyncGenerator[_T, None]:
        """Run ``work`` and yield its values; see :meth:`result`. 429 is raised immediately."""
        if self._closed:
            raise _closing()
        if len(self._tasks) >= self._at_once + self._most:
            raise ApiError(
                429,
                "too_many_waiting",
                f"{self._most} requests wait already, as many as may. Try again in {SOON} seconds.",
                retry=SOON,
            )
        turn = _Turn[_T]()
        task = asyncio.create_task(self._work(work, turn))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return self._brought(turn, task)

    async def _work(self, work: Callable[[], Stream[_T, None, None]], turn: "_Turn[_T]") -> None:
        async with self._free:
            turn.begun.set()
            self._running += 1
            self._stops.add(turn.stop)
            loop = asyncio.get_running_loop()
            ended = asyncio.Event()

            def hand_on(piece: _Piece[_T] | _End) -> None:
                with suppress(RuntimeError):  # the event loop has already ended
                    loop.call_soon_threadsafe(turn.brought.put_nowait, piece)
                    if isinstance(piece, _End):
                        loop.call_soon_threadsafe(ended.set)

            # The timeout is here, not in the reader, so that a slow reader cannot hold the slot.
            clock = loop.call_later(self._seconds, self._give_up, turn)
            try:
                threading.Thread(
                    target=_pump, args=[work, turn.stop, hand_on], name=self._name, daemon=True
                ).start()
                await ended.wait()
            finally:
                clock.cancel()
                self._stops.discard(turn.stop)
                self._running -= 1

    async def _brought(
        self, turn: "_Turn[_T]", task: asyncio.Task[None]
    ) -> AsyncGenerator[_T, None]:
        try:
            await self._come(turn)
            while True:
                piece = await turn.brought.get()
                if isinstance(piece, _Piece):
                    yield piece.value
                elif piece.error is not None:
                    raise piece.error
                else:
                    return
        finally:
            turn.stop.set()
            if not turn.begun.is_set():
                task.cancel()

    async def _come(self, turn: "_Turn[_T]") -> None:
        """Wait for the turn."""
        try:
            async with asyncio.timeout(self._patience):
                await turn.begun.wait()
        except TimeoutError:
            what = (
                f"Its turn did not come within {self._patience:g} seconds. Try again in {SOON}"
                " seconds."
            )
            raise ApiError(503, "turn_not_come", what, retry=SOON) from None

    def _give_up(self, turn: "_Turn[_T]") -> None:
        """Cancel work that has timed out."""
        turn.stop.set()
        what = f"The work took more than {self._seconds:g} seconds and was stopped. Ask for less."
        turn.brought.put_nowait(_End(ApiError(504, "too_slow", what)))


class _Turn(Generic[_T]):
    """State of one task, shared by the event loop and its thread."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.stop = threading.Event()
        self.brought: asyncio.Queue[_Piece[_T] | _End] = asyncio.Queue()


def _pump(
    work: Callable[[], Stream[_T, None, None]],
    stop: threading.Event,
    hand_on: Callable[[_Piece[_T] | _End], None],
) -> None:
    """Run the work in this thread until it is done or cancelled."""
    end = _End()
    try:
        with stopped_by(stop), closing(work()) as pieces:
            for value in pieces:
                hand_on(_Piece(value))
                if stop.is_set():
                    raise Stopped
    except Stopped:
        end = _End(_closing())  # if the client disconnected, nobody receives it
    except Exception as error:  # noqa: BLE001 - raised again where the work was asked for
        end = _End(error)
    hand_on(end)


def _closing() -> ApiError:
    return ApiError(503, "closing", "The server is ending. Ask again when it is back.")
