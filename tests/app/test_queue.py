"""The queue before the model: order, who is served, stops that reach what they should, and its end."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app import queue as queue_module
from app.queue import ModelQueue, QueueSlot
from rag.server.queue import Queue, QueueFull, Slot


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> ModelQueue:
    monkeypatch.setattr(queue_module, "_MOST", 2)
    return ModelQueue()


@pytest.fixture
def joined() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def first_place(queue: ModelQueue, slot: QueueSlot) -> int:
    return next(queue.places(slot), 0)


def test_places_count_who_is_before_and_the_first_ones_are_served() -> None:
    queue = Queue[Slot](at_once=2, waiting=2)
    slots = [Slot() for _ in range(4)]
    for slot in slots:
        queue.join(slot)
    assert [queue.ahead(slot) for slot in slots] == [0, 0, 1, 2]
    assert (queue.working, queue.waiting) == (2, 2)
    assert [queue.wait(slot, 0) for slot in slots] == [True, True, False, False]
    queue.leave(slots[0])
    queue.leave(slots[0])
    assert queue.wait(slots[2], 0)
    queue.cancel(slots[3])
    assert not queue.wait(slots[3], 60)
    assert (queue.working, queue.waiting) == (2, 1)


def test_who_comes_when_the_queue_is_full_is_refused_with_the_place(
    queue: ModelQueue, joined: ExitStack
) -> None:
    queue.check()
    for name in "ab":
        joined.enter_context(queue.slot(name, "question"))
    for join in (queue.check, lambda: joined.enter_context(queue.slot("c", "question"))):
        with pytest.raises(QueueFull, match=r"2 requests are already waiting .* number 3"):
            join()


def test_a_stop_ends_work_of_its_kind_alone(joined: ExitStack) -> None:
    queue = ModelQueue()
    asked = joined.enter_context(queue.slot("a", "question"))
    summed = joined.enter_context(queue.slot("a", "summaries"))
    other = joined.enter_context(queue.slot("b", "question"))
    queue.stop("a", "question")
    assert [each.stopped.is_set() for each in (asked, summed, other)] == [True, False, False]
    queue.stop("a")  # the page is left
    assert [each.stopped.is_set() for each in (asked, summed, other)] == [True, True, False]


def test_dropped_work_is_followed_by_new_work(queue: ModelQueue, joined: ExitStack) -> None:
    slot = joined.enter_context(queue.slot("a", "question"))
    queue.stop("a", "question")
    assert not slot.dropped
    queue.stop("a", "question", drop=True)
    assert slot.dropped
    assert not queue.followed(slot)
    joined.enter_context(queue.slot("a", "question"))
    assert queue.followed(slot)


def test_who_has_left_makes_room_and_who_comes_back_is_last(
    queue: ModelQueue, joined: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, waiting = (joined.enter_context(queue.slot(name, "question")) for name in "ab")
    updates = waiting.paced([1, 2])
    next(updates)  # and nobody takes the next one
    monkeypatch.setattr(queue_module, "_ABANDONED_AFTER", -1.0)
    third = joined.enter_context(queue.slot("c", "question"))
    assert first_place(queue, third) == 1
    next(updates)
    waiting._shown = None
    assert first_place(queue, waiting) == 2
    assert first_place(queue, served) == 0
