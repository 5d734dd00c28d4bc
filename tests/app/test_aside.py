"""Work beside the page: it is heard of now and then, and ends when nobody listens."""

import threading
from collections.abc import Generator

import pytest

from app.background import stepped


def test_steps_come_in_their_order_and_none_is_waiting() -> None:
    slow = threading.Event()

    def steps() -> Generator[str, None, None]:
        yield "one"
        slow.wait(10)
        yield "two"

    seen = list[str | None]()
    for step in stepped(steps(), name="test"):
        seen.append(step)
        if step is None:
            slow.set()
    assert [step for step in seen if step] == ["one", "two"]
    assert None in seen


def test_what_a_step_raises_comes_through() -> None:
    def steps() -> Generator[str, None, None]:
        yield "one"
        raise ValueError("no ink")

    listened = stepped(steps(), name="test")
    assert next(listened) == "one"
    with pytest.raises(ValueError, match="no ink"):
        next(listened)


def test_who_stops_listening_ends_the_work_after_the_step_at_work() -> None:
    going, ended = threading.Event(), threading.Event()

    def steps() -> Generator[str, None, None]:
        try:
            yield "one"
            going.wait(10)
            yield "two"
            raise AssertionError("a step too many")
        finally:
            ended.set()

    listened = stepped(steps(), name="test")
    assert next(listened) == "one"
    assert next(listened) is None
    listened.close()  # at once, though the second step is at work
    assert not ended.is_set()
    going.set()
    assert ended.wait(10)
