"""The queue before a scarce resource, such as the language model: first come, first served.

The page and the API both use it. A piece of work has its slot until it has ended, so that never more
than the allowed number compute; work that nobody waits for is asked to stop.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from rag.errors import RagError
from rag.llm.cancelling import cancelled_by


class QueueFull(RagError):
    """The queue is full: one more would wait too long."""


class Slot:
    """The place of one piece of work in a queue."""

    def __init__(self) -> None:
        """Start neither stopped nor abandoned."""
        self.stopped = threading.Event()  # the work ends at its next step

    def cancelling(self) -> AbstractContextManager[None]:
        """Make model calls inside raise Cancelled once this slot is stopped."""
        return cancelled_by(self.stopped.is_set)

    @property
    def abandoned(self) -> bool:
        """Whether nobody takes the results any more; an abandoned slot loses its place."""
        return False


_Slot = TypeVar("_Slot", bound=Slot)


class Queue(Generic[_Slot]):
    """Slots in the order in which they joined; the first ones are served."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        """Create an empty queue that serves ``at_once`` slots and lets ``waiting`` more wait."""
        self._at_once, self._most = at_once, at_once + waiting
        self._slots: list[_Slot] = []
        self._moved = threading.Condition()

    @property
    def working(self) -> int:
        """Number of slots that are served."""
        return min(len(self._slots), self._at_once)

    @property
    def waiting(self) -> int:
        """Number of slots that wait."""
        return len(self._slots) - self.working

    def check(self) -> None:
        """Raise QueueFull if nobody can join now."""
        with self._moved:
            self._check()

    def join(self, slot: _Slot) -> None:
        """Join at the end. Raises QueueFull if nobody can join now."""
        with self._moved:
            self._check()
            self._slots.append(slot)

    def leave(self, slot: _Slot) -> None:
        """Give up the place, when the work has ended or is no longer needed."""
        with self._moved:
            if slot in self._slots:
                self._slots.remove(slot)
            self._moved.notify_all()

    def ahead(self, slot: _Slot) -> int:
        """Return how many must end before this slot is served; 0 if it is."""
        with self._moved:
            return self._ahead(slot)

    def wait(self, slot: _Slot, seconds: float) -> bool:
        """Wait until the slot is served or stopped; return whether it is served."""
        with self._moved:
            self._moved.wait_for(lambda: slot.stopped.is_set() or not self._ahead(slot), seconds)
            return not (slot.stopped.is_set() or self._ahead(slot))

    def cancel(self, *slots: _Slot) -> None:
        """Ask the work of these slots to end at its next step."""
        with self._moved:
            for slot in slots:
                slot.stopped.set()
            self._moved.notify_all()

    def matching(self, condition: Callable[[_Slot], bool]) -> list[_Slot]:
        """Return the slots in the queue that satisfy a condition."""
        with self._moved:
            return list(filter(condition, self._slots))

    def _check(self) -> None:
        self._drop_abandoned()
        if (found := len(self._slots)) >= self._most:
            raise QueueFull(
                f"{found} requests are already waiting for the model; yours would be number"
                f" {found + 1}. Try again in a few minutes."
            )

    def _ahead(self, slot: _Slot) -> int:
        self._drop_abandoned()
        if slot not in self._slots:  # abandoned, but back again
            self._slots.append(slot)
        return max(0, self._slots.index(slot) - self._at_once + 1)

    def _drop_abandoned(self) -> None:
        self._slots = [each for each in self._slots if not each.abandoned]
