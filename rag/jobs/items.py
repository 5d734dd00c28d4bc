"""What a job is made of: items that go in, results that come out, and how far it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be done, as it is stored until then.

    ``key`` is equal where the thing is: two inputs are the same if their keys are, in order.
    ``label`` names it to people, ``payload`` is what the work is given. With an ``error`` there
    is nothing to do: it could not be read, and its row says so.
    """

    key: str
    label: str
    payload: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """An item with what came of it. ``place`` counts from 0 in input order.

    ``state`` is waiting, claimed, done or failed; ``text`` is what the work has returned,
    ``error`` why it could not; ``seconds`` is how long it took. ``payload`` is there for items that
    are to be done and for those that failed.
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
        """Whether there is nothing left to do."""
        return self.state in {"done", "failed"}


@dataclass(frozen=True, slots=True)
class Status:
    """How many items of a job are in which state, and whether it was cancelled."""

    waiting: int = 0
    claimed: int = 0
    done: int = 0
    failed: int = 0
    cancelled: bool = False

    @property
    def total(self) -> int:
        """All items."""
        return self.waiting + self.claimed + self.settled

    @property
    def settled(self) -> int:
        """The items with which nothing is left to do."""
        return self.done + self.failed

    @property
    def complete(self) -> bool:
        """Whether all are settled."""
        return self.settled == self.total
