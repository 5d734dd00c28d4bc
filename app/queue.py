"""The page's queue for the language model, in which each user sees how many are ahead.

Gradio's queue starts an event only when its turn comes, and sends the page no more than a number of
its own. Here each event starts at once and waits in this queue; an event whose browser has left is
skipped.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeVar

from rag.server.queue import Queue, Slot

_ABANDONED_AFTER = 20.0  # seconds without taking the next update
_UPDATE = 0.4  # seconds between two updates of a place in the queue
_MOST = 20  # waiting or being served; app.events.MODEL admits a few more, who get an error message
_T = TypeVar("_T")
Kind = Literal["question", "summaries", "check"]


class QueueSlot(Slot):
    """A place in the queue for one piece of work of one browser tab."""

    def __init__(self, session: str, kind: Kind) -> None:
        """Start neither stopped nor abandoned."""
        super().__init__()
        self.session, self.kind = session, kind
        self.dropped = False  # stopped, and nobody needs the result
        self._shown: float | None = None  # since when an update waits to be taken

    @property
    def abandoned(self) -> bool:
        """Whether the browser has left: it takes no more updates."""
        shown = self._shown
        return shown is not None and time.monotonic() - shown > _ABANDONED_AFTER

    def paced(self, updates: Iterable[_T]) -> Iterator[_T]:
        """Yield the updates, noting when one is not taken."""
        for update in updates:
            self._shown = time.monotonic()
            yield update
            self._shown = None


class ModelQueue(Queue[QueueSlot]):
    """Slots of browser tabs, of which the first is served."""

    def __init__(self) -> None:
        """Start with an empty queue."""
        super().__init__(at_once=1, waiting=_MOST - 1)

    @contextmanager
    def slot(self, session: str, kind: Kind) -> Iterator[QueueSlot]:
        """Join at the end; leave when the work is done, however it ends.

        Raises:
            QueueFull: if nobody can join now.
        """
        slot = QueueSlot(session, kind)
        self.join(slot)
        try:
            yield slot
        finally:
            self.leave(slot)

    def places(self, slot: QueueSlot) -> Iterator[int]:
        """Yield now and then how many are ahead, until this slot is served or stopped."""
        while not slot.stopped.is_set() and (ahead := self.ahead(slot)):
            yield ahead
            self.wait(slot, _UPDATE)

    def stop(self, session: str, kind: Kind | None = None, *, drop: bool = False) -> None:
        """Ask a browser tab's work, all of it or of one kind, to end at its next step."""
        slots = self.matching(lambda each: each.session == session and kind in {None, each.kind})
        for slot in slots:
            slot.dropped |= drop
        self.cancel(*slots)

    def busy(self, session: str, kind: Kind) -> bool:
        """Whether a browser tab has work of this kind in the queue."""
        return bool(self.matching(lambda each: (each.session, each.kind) == (session, kind)))

    def followed(self, slot: QueueSlot) -> bool:
        """Whether its browser tab has other work of this kind in the queue."""
        same = (slot.session, slot.kind)
        others = self.matching(lambda each: each is not slot and not each.dropped)
        return any((each.session, each.kind) == same for each in others)


def before(ahead: int) -> str:
    """Describe a place in the queue."""
    return f"{ahead} ahead of you"
