"""Work on a thread of its own: reported now and then, and ended when nobody takes the results."""

import threading
import time
from collections.abc import Generator

import pytest

from app.background import stepped, waited
from rag.llm.scripted import ScriptedGenerator
from rag.server.queue import Slot
from rag.types import Message


def test_steps_come_in_order_and_none_means_waiting() -> None:
    slow = threading.Event()

    def steps() -> Generator[str, None, None]:
        yield "one"
        slow.wait(10)
        yield "two"

    seen = list[str | None]()
    for step in stepped(steps(), Slot(), name="test"):
        seen.append(step)
        if step is None:
            slow.set()
    assert [step for step in seen if step] == ["one", "two"]
    assert None in seen


def test_an_error_of_a_step_is_raised() -> None:
    def steps() -> Generator[str, None, None]:
        yield "one"
        raise ValueError("no ink")

    results = stepped(steps(), Slot(), name="test")
    assert next(results) == "one"
    with pytest.raises(ValueError, match="no ink"):
        next(results)


def test_closing_ends_the_work_after_the_current_step() -> None:
    going, ended = threading.Event(), threading.Event()

    def steps() -> Generator[str, None, None]:
        try:
            yield "one"
            going.wait(10)
            yield "two"
            raise AssertionError("a step too many")
        finally:
            ended.set()

    results = stepped(steps(), Slot(), name="test")
    assert next(results) == "one"
    assert next(results) is None
    results.close()  # at once, though the second step is at work
    assert not ended.is_set()
    going.set()
    assert ended.wait(10)


def test_a_stopped_slot_ends_the_model_at_its_next_token_without_an_error() -> None:
    slot, said = Slot(), list[str]()

    def reply(_: object) -> str:
        return "one two three"

    def steps() -> Generator[str, None, None]:
        for piece in ScriptedGenerator(reply).stream([Message("user", "?")], max_tokens=9):
            said.append(piece)
            slot.stopped.set()
        yield "whole"

    assert [step for step in stepped(steps(), slot, name="test") if step] == []
    assert said == ["one"]
    assert list(stepped(steps(), slot, name="test")) == []


def test_a_stop_does_not_wait_for_what_is_being_loaded() -> None:
    loaded, slot = threading.Event(), Slot()
    threading.Timer(0.2, slot.stopped.set).start()
    begun = time.monotonic()
    waited(lambda: loaded.wait(60), slot, name="load")
    assert time.monotonic() - begun < 30
    loaded.set()


def test_what_fails_to_load_is_reported() -> None:
    with pytest.raises(ZeroDivisionError):
        waited(lambda: 1 / 0, Slot(), name="load")
