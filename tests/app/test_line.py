"""The line before the model: order, stops that reach what they should, and an end to its length."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app import queue as line_room
from app.queue import Line, LineFull, QueueSlot


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def joined() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def first_place(line: Line, slot: QueueSlot) -> int:
    return next(line.places(slot), 0)


def test_each_is_told_how_many_are_before(line: Line, joined: ExitStack) -> None:
    tickets = [joined.enter_context(line.slot(name, "question")) for name in "abc"]
    assert [first_place(line, slot) for slot in tickets] == [0, 1, 2]


def test_a_stop_ends_work_of_its_kind_alone(line: Line, joined: ExitStack) -> None:
    asked = joined.enter_context(line.slot("a", "question"))
    summed = joined.enter_context(line.slot("a", "summaries"))
    other = joined.enter_context(line.slot("b", "question"))
    line.stop("a", "question")
    assert [each.stopped.is_set() for each in (asked, summed, other)] == [True, False, False]
    line.stop("a")  # the page is left
    assert [each.stopped.is_set() for each in (asked, summed, other)] == [True, True, False]


def test_what_is_dropped_is_known_as_that(line: Line, joined: ExitStack) -> None:
    slot = joined.enter_context(line.slot("a", "question"))
    line.stop("a", "question")
    assert not slot.dropped
    line.stop("a", "question", drop=True)
    assert slot.dropped
    assert not line.followed(slot)
    joined.enter_context(line.slot("a", "question"))
    assert line.followed(slot)


def test_who_comes_when_the_line_is_full_is_told_the_place(
    line: Line, joined: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_room, "_MOST", 2)
    line.check()
    for name in "ab":
        joined.enter_context(line.slot(name, "question"))
    for join in (line.check, lambda: joined.enter_context(line.slot("c", "question"))):
        with pytest.raises(LineFull, match=r"2 are waiting .* number 3"):
            join()


def test_who_has_left_makes_room_and_who_comes_back_stands_at_the_end(
    line: Line, joined: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_room, "_MOST", 2)
    served, waiting = (joined.enter_context(line.slot(name, "question")) for name in "ab")
    pictures = waiting.paced([1, 2])
    next(pictures)  # and nobody takes the next one
    monkeypatch.setattr(line_room, "_LEFT_AFTER", -1.0)
    third = joined.enter_context(line.slot("c", "question"))
    assert first_place(line, third) == 1
    next(pictures)
    waiting._shown = None
    assert first_place(line, waiting) == 2
    assert first_place(line, served) == 0
