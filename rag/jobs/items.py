"""Data types of a job: input items, results, and status counts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One unit of work, as stored until it is processed.

    ``key`` identifies the item: two inputs are the same if they have the same keys in the same
    order. ``label`` is a readable name, and ``payload`` is the input of the work. An item with an
    ``error`` could not be read: it is not processed, and its row reports the error.
    """

    key: str
    label: str
    payload: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An item with its result. ``place`` counts from 0 in input order.

    ``state`` is waiting, claimed, done or failed; ``text`` is what the work returned, ``error`` is
    why it failed, and ``seconds`` is how long it took. ``payload`` is set for failed items and
    those returned by :meth:`Job.claim`; otherwise it is empty.
    """

    place: int
    key: str
    label: str
    payload: str
    state: str
    text: str
    error: str
    seconds: float

    @property
    def settled(self) -> bool:
        """Whether the item is done or failed."""
        return self.state in {"done", "failed"}


@dataclass(frozen=True, slots=True)
class Status:
    """Number of items of a job in each state, and whether it was cancelled or paused."""

    waiting: int = 0
    claimed: int = 0
    done: int = 0
    failed: int = 0
    cancelled: bool = False
    paused: bool = False

    @property
    def total(self) -> int:
        """Total number of items."""
        return self.waiting + self.claimed + self.settled

    @property
    def settled(self) -> int:
        """Number of items that are done or failed."""
        return self.done + self.failed

    @property
    def complete(self) -> bool:
        """Whether every item is done or failed."""
        return self.settled == self.total
