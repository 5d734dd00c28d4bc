"""The line before what few can use at once: first come, first served, and a bounded number waits.

Work runs in threads; the event loop only hands on what they bring. Work that nobody waits for any
more (its client has left, or its time is over) is stopped at the model's next token, and its place
is kept until it has ended: so no more than ``at_once`` ever compute. The threads are daemons, for
the end of the server is not to wait for an engine that does not answer.
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
    """What work brought."""

    value: _T


@dataclass(frozen=True, slots=True)
class _End:
    """Work is at its end."""

    error: Exception | None = None


class Queue:
    """Work in the order in which it came."""

    def __init__(
        self, *, at_once: int, waiting: int, patience: float, seconds: float, name: str
    ) -> None:
        """Nobody waits.

        Args:
            at_once: how many work.
            waiting: how many wait at most; who comes later is refused with 429.
            patience: seconds until a turn must have come.
            seconds: how long the work may take from then on.
            name: of the threads.
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
        """How many are at work."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._tasks) - self._running

    def close(self) -> None:
        """Stop what is at work at its next token, and take nothing on."""
        self._closed = True
        for stop in tuple(self._stops):
            stop.set()

    async def result(self, work: Callable[[], _T]) -> _T:
        """What ``work`` returns, when its turn has come.

        Raises:
            ApiError: 429 where too many wait, 503 where its turn does not come in time, 504 where
                the work takes too long.
        """

        def once() -> Stream[_T, None, None]:
            yield work()

        return await self.last(once)

    async def last(self, work: Callable[[], Stream[_T, None, None]]) -> _T:
        """The last piece that ``work`` yields; see :meth:`result`."""
        found: list[_T] = []
        async with aclosing(self.pieces(work)) as pieces:
            async for piece in pieces:
                found = [piece]
        return found[0]

    def pieces(self, work: Callable[[], Stream[_T, None, None]]) -> AsyncGenerator[_T, None]:
        """What ``work`` yields, piece by piece; see :meth:`result`. 429 is raised at once."""
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
                with suppress(RuntimeError):  # the event loop has ended meanwhile
                    loop.call_soon_threadsafe(turn.brought.put_nowait, piece)
                    if isinstance(piece, _End):
                        loop.call_soon_threadsafe(ended.set)

            # Not where the pieces are read: who does not read them holds the turn no longer.
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
        """Wait until it is this one's turn."""
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
        """Stop work whose time is over."""
        turn.stop.set()
        what = f"The work took more than {self._seconds:g} seconds and was stopped. Ask for less."
        turn.brought.put_nowait(_End(ApiError(504, "too_slow", what)))


class _Turn(Generic[_T]):
    """One piece of work, between the event loop and its thread."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.stop = threading.Event()
        self.brought: asyncio.Queue[_Piece[_T] | _End] = asyncio.Queue()


def _pump(
    work: Callable[[], Stream[_T, None, None]],
    stop: threading.Event,
    hand_on: Callable[[_Piece[_T] | _End], None],
) -> None:
    """Do the work in this thread, until it is done or not wanted any more."""
    end = _End()
    try:
        with stopped_by(stop), closing(work()) as pieces:
            for value in pieces:
                hand_on(_Piece(value))
                if stop.is_set():
                    raise Stopped
    except Stopped:
        end = _End(_closing())  # where its client has left, nobody hears it
    except Exception as error:  # noqa: BLE001 - raised again where the work was asked for
        end = _End(error)
    hand_on(end)


def _closing() -> ApiError:
    return ApiError(503, "closing", "The server is ending. Ask again when it is back.")
