"""Queue for the language model: first come, first served, and each user sees their place.

Gradio's queue starts an event only when its turn comes, and sends the page no more than a number of
its own. Here each event starts at once and waits in this queue, so that the page can show how many
are ahead; an event whose browser has left is skipped.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

from rag.errors import RagError

_LEFT_AFTER = 20.0  # seconds without taking the next update, after which a user counts as gone
_LOOK = 0.4  # seconds between two checks of the queue
_MOST = 20  # waiting or being served; app.events.MODEL admits a few more, to be told so
_T = TypeVar("_T")
Kind = Literal["question", "summaries", "check"]


class LineFull(RagError):
    """The queue is full: one more request would wait too long."""


class QueueSlot:
    """A place in the queue for one piece of work of one browser tab."""

    def __init__(self, session: str, kind: Kind) -> None:
        """Start neither stopped nor left."""
        self.session, self.kind = session, kind
        self.stopped = threading.Event()
        self.dropped = False  # stopped, and nobody wants the result
        self._shown: float | None = None  # since when an update waits to be taken

    @property
    def left(self) -> bool:
        """Whether nobody takes the updates any more."""
        shown = self._shown
        return shown is not None and time.monotonic() - shown > _LEFT_AFTER

    def paced(self, pictures: Iterable[_T]) -> Iterator[_T]:
        """Yield the pictures, noting when one is not taken."""
        for picture in pictures:
            self._shown = time.monotonic()
            yield picture
            self._shown = None


class Line:
    """Slots in order; the first is being served."""

    def __init__(self) -> None:
        """Start with an empty queue."""
        self._tickets: list[QueueSlot] = []
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)

    @contextmanager
    def slot(self, session: str, kind: Kind) -> Iterator[QueueSlot]:
        """Join at the end; leave when the work is done, however it ends.

        Raises:
            LineFull: if nobody can join now.
        """
        slot = QueueSlot(session, kind)
        with self._lock:
            self._check()
            self._tickets.append(slot)
        try:
            yield slot
        finally:
            self._leave(slot)

    def check(self) -> None:
        """Raise LineFull if nobody can join now."""
        with self._lock:
            self._check()

    def places(self, slot: QueueSlot) -> Iterator[int]:
        """Yield now and then how many are ahead, until this slot is first or stopped."""
        while not slot.stopped.is_set() and (ahead := self._ahead(slot)):
            yield ahead
            with self._lock:
                self._moved.wait(_LOOK)

    def stop(self, session: str, kind: Kind | None = None, *, drop: bool = False) -> None:
        """Ask a browser tab's work, all of it or of one kind, to end at its next step."""
        with self._lock:
            for slot in self._tickets:
                if slot.session == session and kind in {None, slot.kind}:
                    slot.dropped |= drop
                    slot.stopped.set()
            self._moved.notify_all()

    def followed(self, slot: QueueSlot) -> bool:
        """Whether its browser tab has other work of this kind in the queue."""
        with self._lock:
            return any(
                each is not slot
                and not each.dropped
                and (each.session, each.kind) == (slot.session, slot.kind)
                for each in self._tickets
            )

    def _check(self) -> None:
        self._pass_over()
        if len(self._tickets) >= _MOST:
            raise LineFull(
                f"{len(self._tickets)} are waiting for the model already: yours would be number"
                f" {len(self._tickets) + 1}. Ask again in a few minutes."
            )

    def _ahead(self, slot: QueueSlot) -> int:
        with self._lock:
            self._pass_over()
            if slot not in self._tickets:  # a slot taken for gone rejoins at the end
                self._tickets.append(slot)
            return self._tickets.index(slot)

    def _pass_over(self) -> None:
        """Drop the slots of users who have left."""
        self._tickets = [each for each in self._tickets if not each.left]

    def _leave(self, slot: QueueSlot) -> None:
        with self._lock:
            if slot in self._tickets:
                self._tickets.remove(slot)
            self._moved.notify_all()


def before(ahead: int) -> str:
    """Describe a place in the queue."""
    return "1 is before you" if ahead == 1 else f"{ahead} are before you"
